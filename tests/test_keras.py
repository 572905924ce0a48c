"""The authors' Keras files: the same numbers come out of our networks as of a forward pass in NumPy."""

import h5py
import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from typer.testing import CliRunner

import capsule_tutor as caps
from capsule_tutor import cli, keras, pretrained

FRONTS = {
    "efficient-capsnet-mnist": ((28, 28, 1), ((5, 1, 32), (3, 1, 64), (3, 1, 64), (3, 2, 128)), (9, 1), 10),
    "efficient-capsnet-multimnist": ((36, 36, 1), ((5, 1, 32), (3, 1, 64), (3, 2, 64), (3, 2, 128)), (5, 2), 10),
    "efficient-capsnet-smallnorb": ((48, 48, 2), ((7, 2, 32), (3, 1, 64), (3, 1, 64), (3, 2, 128)), (8, 1), 5),
}


# ---- the layout of the files, with random numbers in it: (layer, name, array), in Keras's order


def efficient(kind, numbers):
    (h, w, before), front, (kernel, _), classes = FRONTS[kind]
    norb, said, stored = kind.endswith("smallnorb"), [], []
    for n, (k, _, channels) in enumerate(front):
        said += [(f"conv2d_{n}", "kernel", numbers(k, k, before, channels) / k / before**0.5)]
        said += [(f"conv2d_{n}", "bias", 0.1 * numbers(channels))]
        layer = f"instance_normalization_{n}" if norb else f"batch_normalization_{n}"
        said += [(layer, "gamma", 1 + 0.1 * numbers(channels)), (layer, "beta", 0.1 * numbers(channels))]
        if not norb:  # Keras lists what is not trained at the end
            stored += [(layer, "moving_mean", 0.1 * numbers(channels))]
            stored += [(layer, "moving_variance", 1 + 0.1 * np.abs(numbers(channels)))]
        before = channels
    said += [("conv2d_8", "kernel", 0.1 * numbers(kernel, kernel, 1, 128)), ("conv2d_8", "bias", numbers(128))]
    said += [("fc_caps", "W", numbers(classes, 16, 8, 16)), ("fc_caps", "b", 0.1 * numbers(classes, 16, 1))]
    drawing = [("dense", (classes * 16, 64)), ("conv2d", (3, 3, 1, 64)), ("conv2d_1", (3, 3, 64, 128)),
               ("conv2d_2", (3, 3, 128, 128)), ("conv2d_3", (3, 3, 128, 2))]  # fmt: skip
    if not norb:
        drawing = [("dense", (classes * 16, 512)), ("dense_1", (512, 1024)), ("dense_2", (1024, h * w))]
    return said + stored, decoder(drawing, numbers)


def capsnet(_, numbers):
    said = [("conv2d", "kernel", 0.1 * numbers(9, 9, 1, 256)), ("conv2d", "bias", 0.1 * numbers(256))]
    said += [("primary_caps", "kernel", 0.1 * numbers(9, 9, 256, 256)), ("primary_caps", "biases", numbers(32, 8))]
    said += [("digit_caps", "W", 0.2 * numbers(1152, 8, 160)), ("digit_caps", "biases", 0.1 * numbers(10, 16))]
    return said, decoder([("dense", (160, 512)), ("dense_1", (512, 1024)), ("dense_2", (1024, 784))], numbers)


def decoder(shapes, numbers):
    layers = ((name, shape, np.prod(shape[:-1]) ** -0.5) for name, shape in shapes)
    return [
        part
        for name, shape, scale in layers
        for part in ((name, "kernel", scale * numbers(*shape)), (name, "bias", 0.1 * numbers(shape[-1])))
    ]


def write(path, encoder, drawing):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"input_1", b"Efficient_CapsNet", b"mask", b"Generator"]
        for group, weights in (("input_1", []), ("Efficient_CapsNet", encoder), ("mask", []), ("Generator", drawing)):
            names = [f"{layer}/{name}:0" for layer, name, _ in weights]
            made = file.create_group(group)
            made.attrs["weight_names"] = np.array(names, dtype="S") if names else np.array([])
            for name, (_, _, value) in zip(names, weights, strict=True):
                made[name] = value.astype(np.float32)


# ---- the forward pass of the published code in NumPy, float64, channels last


def convolve(x, kernel, stride):
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]  # (b, h, w, c, k, k)
    return np.einsum("bhwckl,klco->bhwo", windows, kernel, optimize=True)


def squash(s):
    n = np.linalg.norm(s, axis=-1, keepdims=True)
    return (1 - np.exp(-n)) * s / n


def published_efficient(kind, x, encoder):
    _, front, (kernel, _stride), _classes = FRONTS[kind]
    got = {}
    for _, name, value in encoder:
        got.setdefault(name, []).append(value)
    for n, (_, step, _) in enumerate(front):
        x = convolve(x, got["kernel"][n], step) + got["bias"][n]
        x = np.maximum(x, 0.3 * x if kind.endswith("smallnorb") else 0)
        mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
        if "moving_mean" in got:
            mean, variance = got["moving_mean"][n], got["moving_variance"][n]
        x = got["gamma"][n] * (x - mean) / np.sqrt(variance + 1e-3) + got["beta"][n]
    x = x[:, :kernel, :kernel]
    x = np.einsum("bklo,klo->bo", x, got["kernel"][4][:, :, 0]) + got["bias"][4]  # one filter per channel
    u = np.einsum("bnd,jndz->bjnz", squash(x.reshape(-1, 16, 8)), got["W"][0])
    logits = np.einsum("bjnz,bjkz->bjn", u, u) / 4
    c = np.exp(logits - logits.max(1, keepdims=True))
    c = c / c.sum(1, keepdims=True) + got["b"][0][..., 0]
    return squash(np.einsum("bjnz,bjn->bjz", u, c))


def published_capsnet(_, x, encoder):
    conv, bias, primary, biases, weight, digit = (value for *_, value in encoder)
    x = np.maximum(convolve(x, conv, 1) + bias, 0)
    x = convolve(x, primary, 2).reshape(len(x), 6, 6, 32, 8) / 32 + biases
    rational = lambda s: (lambda n: n / (1 + n**2) * s)(np.linalg.norm(s, axis=-1, keepdims=True))  # noqa: E731
    u = np.einsum("bnd,ndk->bnk", rational(x).reshape(len(x), 1152, 8), weight).reshape(len(x), 1152, 10, 16)
    logits = np.zeros(u.shape[:3])
    for step in range(3):
        c = np.exp(logits - logits.max(2, keepdims=True))
        v = rational(np.einsum("bnj,bnjz->bjz", c / c.sum(2, keepdims=True), u) + digit)
        logits = logits + (np.einsum("bnjz,bjz->bnj", u, v) if step < 2 else 0)
    return v


@pytest.fixture
def numbers():
    stream = np.random.RandomState(0)
    return lambda *shape: stream.standard_normal(shape).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("kind", keras.KINDS)
def test_the_same_capsules_come_out(kind, numbers, tmp_path):
    make, published = (capsnet, published_capsnet) if kind == "capsnet-mnist" else (efficient, published_efficient)
    encoder, drawing = make(kind, numbers)
    write(tmp_path / "theirs.h5", encoder, drawing)
    network = keras.read(tmp_path / "theirs.h5", kind).double()
    c, h, w = network.shape
    images = np.random.RandomState(1).uniform(size=(3, h, w, c))
    v = network(torch.from_numpy(images).permute(0, 3, 1, 2)).detach()
    torch.testing.assert_close(v, torch.from_numpy(published(kind, images, encoder)), rtol=1e-6, atol=1e-7)
    assert v.std(dim=0).mean() > 1e-3
    if not kind.endswith("smallnorb"):  # (its decoder is compared layer by layer below)
        x = np.where(np.arange(10)[:, None] == 4, v.numpy()[:1], 0).reshape(1, 160)
        for step in range(3):
            x = x @ drawing[2 * step][2] + drawing[2 * step + 1][2]
            x = np.maximum(x, 0) if step < 2 else 1 / (1 + np.exp(-x))
        drawn = network.decode(v[:1], torch.tensor([4])).detach()
        torch.testing.assert_close(drawn, torch.from_numpy(x).view(1, 1, h, w), rtol=1e-6, atol=1e-7)


def test_the_norb_decoder_gets_its_weights_in_order(numbers, tmp_path):
    encoder, drawing = efficient("efficient-capsnet-smallnorb", numbers)
    write(tmp_path / "theirs.h5", encoder, drawing)
    decoder = keras.read(tmp_path / "theirs.h5", "efficient-capsnet-smallnorb").decoder
    ours = list(decoder.parameters())
    assert len(ours) == len(drawing)
    for parameter, (_, _, value) in zip(ours, drawing, strict=True):
        assert parameter.detach().sum().item() == pytest.approx(value.sum(), rel=1e-3, abs=1e-4)
        assert parameter.shape[0] == value.shape[-1]


def test_photographs_are_prepared_as_the_released_code_prepares_them():
    """Standardised over all, then two thirds of the size by weights written out, then the inner 48×48."""
    photographs = np.random.default_rng(0).random((5, 2, 96, 96))
    standard = (photographs - photographs.mean((0, 2, 3), keepdims=True)) / photographs.std((0, 2, 3), keepdims=True)
    weights = np.zeros((64, 96))
    for pixel in range(64):  # its middle is at 1.5 (pixel + 1/2) − 1/2 of the larger picture
        at = 1.5 * (pixel + 0.5) - 0.5
        weights[pixel, int(at)], weights[pixel, int(at) + 1] = 1 - at % 1, at % 1
    wanted = (weights @ standard @ weights.T)[:, :, 8:56, 8:56]
    found = keras.prepared(torch.from_numpy(photographs), "efficient-capsnet-smallnorb")
    torch.testing.assert_close(found, torch.from_numpy(wanted))


def test_digits_are_prepared_as_the_released_code_prepares_them():
    digits, pairs = torch.rand(3, 1, 28, 28), torch.rand(3, 1, 36, 36)
    for kind in ("efficient-capsnet-mnist", "capsnet-mnist"):
        torch.testing.assert_close(keras.prepared(digits, kind), (255 * digits) / 256)
    assert torch.equal(keras.prepared(pairs, "efficient-capsnet-multimnist"), pairs)


@pytest.mark.parametrize(
    ("kind", "images", "told"),
    [
        ("mnist", torch.rand(2, 1, 28, 28), "there is no kind 'mnist'"),
        ("capsnet-mnist", torch.rand(2, 28, 28), r"\(n, 1, 28, 28\) in \[0, 1\], not from torch.float32 \(2, 28, 28\)"),
        ("efficient-capsnet-smallnorb", torch.zeros(2, 2, 96, 96, dtype=torch.uint8), "not from torch.uint8"),
    ],
)
def test_images_that_cannot_be_prepared_are_named(kind, images, told):
    with pytest.raises(keras.KerasError, match=told):
        keras.prepared(images, kind)


def test_imported_weights_load_by_their_path(numbers, tmp_path):
    theirs, ours = tmp_path / "theirs.h5", tmp_path / "ours.safetensors"
    write(theirs, *efficient("efficient-capsnet-mnist", numbers))
    run = lambda *arguments: CliRunner().invoke(cli.app, ["import", *map(str, arguments)])  # noqa: E731
    result = run(theirs, "--as", "efficient-capsnet-mnist", "--out", ours)
    assert result.exit_code == 0, result.output
    images = torch.rand(2, 1, 28, 28)
    assert torch.equal(caps.load(ours)(images), keras.read(theirs, "efficient-capsnet-mnist")(images))
    for arguments, says in (
        (
            (theirs, "--as", "capsnet-mnist"),
            r"is not a file for capsnet-mnist: a kernel of shape (256, 1, 9, 9) should come next",
        ),
        ((theirs, "--as", "capsnet"), "choose one of efficient-capsnet-mnist"),
        ((tmp_path / "nothing.h5", "--as", "capsnet-mnist"), "is not there"),
        ((theirs, "--as", "efficient-capsnet-mnist", "--out", tmp_path / "no" / "x.safetensors"), "cannot be written"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert says in " ".join(result.output.split())
        assert "Traceback" not in result.output


@pytest.mark.parametrize("damage", ["half", "text", "no names", "extra"])
def test_damaged_files_end_in_one_line(damage, numbers, tmp_path):
    path, kind = tmp_path / "theirs.h5", "efficient-capsnet-mnist"
    encoder, drawing = efficient(kind, numbers)
    write(path, encoder + ([("fc_caps_1", "b", np.zeros((10, 16, 1)))] if damage == "extra" else []), drawing)
    if damage == "half":
        path.write_bytes(path.read_bytes()[:200_000])
    elif damage == "text":
        path.write_text("<html>404</html>")
    elif damage == "no names":
        with h5py.File(path, "a") as file:
            del file.attrs["layer_names"]
    with pytest.raises(keras.KerasError) as error:
        keras.read(path, kind)
    assert "\n" not in str(error.value)
    assert ("left over" if damage == "extra" else "not a whole Keras weights file") in str(error.value)


@pytest.mark.parametrize("content", [b"", b"nothing", None])
def test_a_path_without_a_network_is_told(content, tmp_path):
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(pretrained.WeightsError, match=r"is not there|is not a network that"):
        caps.load(path)
