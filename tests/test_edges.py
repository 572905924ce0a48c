"""The library at its edges: odd dtypes, empty batches, strange sizes, and tools that trace instead of running."""

import copy
import io
import sys
import warnings
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import functional_call, grad, vmap
from typer.testing import CliRunner

import capsule_tutor as caps
from capsule_tutor import checks, cli, data, functional, models, pretrained, training
from capsule_tutor.data.multimnist import PairMaker

NETWORKS = ("capsnet-mnist", "efficient-capsnet-mnist", "convnet-mnist")


# ---- where a check prints


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_a_check_prints_whatever_letters_standard_output_has(encoding, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    checks.squash(lambda s, dim=-1: s)
    checks.predict("no such question", "a")
    out.flush()
    written = out.buffer.getvalue().decode(encoding)
    assert "? 02-squash: not yet." in written
    assert "There is no question" in written


# ---- dtypes


@pytest.mark.parametrize("routing", [functional.dynamic_routing, functional.self_attention_routing])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_long_votes_that_agree_stay_finite_in_half_precision(routing, dtype):
    u_hat = torch.full((1, 1152, 10, 16), 60.0, dtype=dtype)
    u_hat[:, :, 1:] *= 0.5
    v, c = routing(u_hat.requires_grad_())
    expected, couplings = routing(u_hat.detach().double())
    assert v.dtype == c.dtype == dtype
    torch.testing.assert_close(v.double(), expected, atol=0.01, rtol=0)
    torch.testing.assert_close(c.double(), couplings, atol=0.01, rtol=0)
    v.sum().backward()
    assert u_hat.grad.isfinite().all()


@pytest.mark.parametrize("routing", [functional.dynamic_routing, functional.self_attention_routing])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_long_votes_that_agree_stay_finite_under_autocast_to_float16(routing, dtype):
    generator = torch.Generator().manual_seed(0)
    shared, own = torch.randn(2, 1, 10, 16, generator=generator), torch.randn(2, 1152, 10, 16, generator=generator)
    for factor in (3, 100):
        u_hat = (factor * shared + 0.3 * own).to(dtype).requires_grad_()
        with torch.autocast("cpu", torch.float16):
            v, c = routing(u_hat)
        expected, couplings = routing(u_hat.detach())
        assert torch.equal(v, expected)
        assert torch.equal(c, couplings)
        v.sum().backward()
        assert u_hat.grad.isfinite().all()


@pytest.mark.parametrize("routing", [functional.dynamic_routing, functional.self_attention_routing])
def test_routing_under_autocast_to_float16_is_one_graph_and_needs_no_device(routing):
    def route(u_hat):
        with torch.autocast("cpu", torch.float16):
            return routing(u_hat)

    assert torch._dynamo.explain(route)(torch.rand(2, 5, 3, 4)).graph_break_count == 0
    assert routing(torch.rand(2, 5, 3, 4, device="meta"))[0].shape == (2, 3, 4)


def test_a_large_difference_stays_finite_in_float16():
    drawing, image = torch.full((2, 1, 28, 28), 300.0).half(), torch.zeros(2, 1, 28, 28).half()
    loss = functional.reconstruction_loss(drawing, image)
    assert loss.dtype == torch.float16
    assert loss.item() == pytest.approx(0.0005 * 784 * 300**2, rel=1e-3)


def test_loading_disturbs_nothing_and_is_disturbed_by_nothing():
    before = torch.get_rng_state()
    try:
        torch.set_default_dtype(torch.float64)
        network = caps.load("efficient-capsnet-mnist")
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())
    assert torch.equal(torch.get_rng_state(), before)
    with torch.device("meta"):
        assert next(caps.load("efficient-capsnet-mnist").parameters()).device.type == "cpu"


# ---- sizes


@pytest.mark.parametrize("name", NETWORKS)
def test_no_images_at_all(name):
    network, none = caps.load(name), torch.zeros(0, 1, 28, 28)
    assert network.predict(none).shape == (0,)
    assert network.lengths(none).shape == (0, 10)
    assert network.reconstruct(none).shape == (0, 1, 28, 28)


def test_a_mean_over_no_images_is_refused():
    with pytest.raises(ValueError, match=r"lengths has shape \(0, 10\); a mean needs at least one image \(axis b\)"):
        functional.margin_loss(torch.zeros(0, 10), torch.zeros(0, dtype=torch.long))
    with pytest.raises(ValueError, match="at least one image"):
        functional.reconstruction_loss(torch.zeros(0, 784), torch.zeros(0, 1, 28, 28))


@pytest.mark.parametrize("build", [models.capsnet, models.efficient_capsnet, models.dense, models.convnet])
@pytest.mark.parametrize("shape", [(28, 28), 28, (1, 28, 0), (1, 28.0, 28), (1, 28, 28, 1), "28"])
def test_shapes_that_are_none_are_refused_at_once(build, shape):
    with pytest.raises(ValueError, match="shape is"):
        build(shape=shape)
    with pytest.raises(ValueError, match="classes is 0"):
        build(0)


def test_a_list_is_a_shape_and_a_rectangle_is_an_image():
    network = models.capsnet(3, [2, 20, 30])
    assert network.reconstruct(torch.rand(2, 2, 20, 30)).shape == (2, 2, 20, 30)
    assert models.efficient_capsnet(shape=[1, 28, 28]).shape == (1, 28, 28)
    with pytest.raises(ValueError, match=r"\(1, 16, 28\); two 9×9 convolutions need images of at least 17×17"):
        models.capsnet(shape=(1, 16, 28))


# ---- pixels


@pytest.mark.parametrize("change", [lambda x: 255 * x, lambda x: (x - 0.13) / 0.31, lambda x: x * torch.nan])
def test_pixels_of_another_scale_are_refused(change):
    images = data.digits("test").images[:8]
    for ask in (caps.load("convnet-mnist").predict, caps.load("convnet-mnist").reconstruct):
        with pytest.raises(ValueError, match="expected paper 0 and ink 1: divide bytes by 255"):
            ask(change(images))


def test_dark_on_light_is_warned_of_and_noise_is_not():
    images, network = data.digits("test").images[:8], caps.load("convnet-mnist")
    with pytest.warns(UserWarning, match="dark on light paper; .* try 1 - images"):
        network.predict(1 - images)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network.predict(images + 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0)))
        network.predict(torch.zeros(1, 1, 28, 28))


# ---- torch.func, torch.compile, ONNX


def test_per_sample_gradients_and_masks_under_vmap():
    lengths, target, v = torch.rand(4, 10), torch.arange(4), torch.rand(4, 10, 16)
    loss = lambda a, b: functional.margin_loss(a[None], b[None])  # noqa: E731
    found = vmap(grad(loss))(lengths, target)
    for n in range(4):
        leaf = lengths[n].clone().requires_grad_()
        loss(leaf, target[n]).backward()
        torch.testing.assert_close(found[n], leaf.grad)
    masked = vmap(lambda a, b: functional.mask_capsules(a[None], b[None])[0])(v, target)
    torch.testing.assert_close(masked, functional.mask_capsules(v, target))
    moved = vmap(lambda a: functional.perturb(a[None], torch.ones(16))[0])(v)
    torch.testing.assert_close(moved, functional.perturb(v, torch.ones(16)))


@pytest.mark.parametrize("model", ["capsnet", "efficient-capsnet", "dense", "convnet"])
def test_a_step_of_training_is_one_graph(model):
    """Forward, both losses and the count of right answers, without a break in which Python would take over."""
    recipe = training.RECIPES[f"{model}-fast"]
    network = training._Trained(recipe.network())

    def step(images, labels):
        v, drawing = network(images, labels.unsqueeze(1))
        lengths = functional.lengths(v)
        loss = functional.margin_loss(lengths, labels) + functional.reconstruction_loss(drawing, images)
        return loss, training.exactly_right(lengths, labels).sum()

    found = torch._dynamo.explain(step)(torch.rand(2, 1, 28, 28), torch.tensor([1, 2]))
    assert (found.graph_count, found.graph_break_count) == (1, 0), found.break_reasons


@pytest.mark.parametrize("recipe", ["capsnet-fast", "efficient-capsnet-paper", "dense-multimnist", "convnet-fast"])
def test_no_step_waits_for_a_gpu(recipe, monkeypatch):
    """On pretended CUDA tensors a look at a value, or a tensor on the wrong device, raises."""
    followed = training.RECIPES[recipe]
    network = training._Trained(followed.network())
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    idle = SimpleNamespace(zero_grad=lambda **_: None, step=lambda: None)
    monkeypatch.setattr(torch.Tensor, "backward", lambda loss: None)  # which needs a real GPU
    with FakeTensorMode(), torch.device("cuda"):
        weights = {name: torch.empty(shape) for name, shape in shapes.items()}
        singles = data.Split(torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,)))
        split = singles
        if followed.data == "multimnist":
            split = PairMaker(*singles, 4, torch.arange(64), torch.zeros(10).long(), torch.full((10,), 6))
        run = training.Run(followed, 0, network, idle, None, torch.zeros(3), training.Way("float32", 1))
        training._step(run, partial(called, network, weights), split.batch(torch.arange(16), None), 0, 1)
        assert run.totals.device.type == "cuda"


def called(network, weights, *given):
    return functional_call(network, weights, given)


def test_a_look_at_a_gpu_would_be_seen():
    with FakeTensorMode(), torch.device("cuda"):
        found = torch.rand(3).max()
        with pytest.raises(RuntimeError):
            found.item()


def test_a_network_that_onnx_changes_is_not_written(tmp_path, monkeypatch):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession
    monkeypatch.setattr(
        session, "run", lambda self, *given, run=session.run: [found + 1 for found in run(self, *given)]
    )
    with pytest.raises(pretrained.WeightsError, match=r"would differ from efficient-capsnet-mnist by 1\.0e"):
        pretrained.export_onnx("efficient-capsnet-mnist", tmp_path / "network.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["capsnet-mnist", "efficient-capsnet-mnist"])
def test_onnx_says_the_same_for_any_number_of_images(name, tmp_path):
    path = tmp_path / "network.onnx"
    assert pretrained.export_onnx(name, path) <= 1e-5
    onnxruntime = pytest.importorskip("onnxruntime")
    images = data.digits("test").images[:7]
    lengths = onnxruntime.InferenceSession(str(path)).run(["lengths"], {"images": images.numpy()})[0]
    torch.testing.assert_close(torch.from_numpy(lengths), caps.load(name).lengths(images).detach(), atol=1e-5, rtol=0)


def test_the_export_command_speaks_in_lines(tmp_path):
    run = lambda *arguments: CliRunner().invoke(cli.app, ["export", *map(str, arguments)])  # noqa: E731
    assert "choose one of" in run("capsnet").output
    result = run("convnet-mnist", "--onnx", tmp_path / "missing" / "x.onnx")
    assert result.exit_code == 1
    assert "cannot be written" in result.output
    result = run("convnet-mnist", "--onnx", tmp_path / "x.onnx")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "x.onnx").stat().st_size > 1e6


def test_a_copy_of_a_network_is_a_network():
    network = caps.load("efficient-capsnet-mnist")
    images = data.digits("test").images[:4]
    assert torch.equal(copy.deepcopy(network)(images), network(images))
