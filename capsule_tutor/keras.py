"""The weights that the authors of Efficient-CapsNet published, read into our networks.

Their repository, EscVM/Efficient-CapsNet (Apache 2.0), holds Keras files: `bin/efficient_capsnet_MNIST.h5`,
`…_MULTIMNIST.h5`, `…_SMALLNORB.h5` and `original_capsnet_MNIST.h5`. Keras puts channels last, stores a convolution as
(h, w, in, out) and a dense layer as (in, out); the numbers are otherwise the same.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from capsule_tutor import layers, models

# What a file may be read as → which of our networks that is.
KINDS = {
    "efficient-capsnet-mnist": ("efficient-capsnet", {}),
    "efficient-capsnet-multimnist": ("efficient-capsnet", {"shape": (1, 36, 36)}),
    "efficient-capsnet-smallnorb": ("efficient-capsnet", {"classes": 5, "shape": (2, 48, 48)}),
    "capsnet-mnist": ("capsnet", {"released": True}),
}


class KerasError(RuntimeError):
    """The file is not what it should be; the message says what was found and what to do next."""


def read(path: Path, kind: str) -> models.CapsuleNetwork:
    """The network in a Keras file, in evaluation mode. `kind` is one of KINDS.

    Raises KerasError for a file that is missing, damaged or of another network, and ImportError without h5py.
    """
    model, options = _known(kind)
    network, found = models.MODELS[model](**options), _arrays(Path(path))
    for part, is_decoder in ((network.encoder, False), (network.decoder, True)):
        for ours, name, turned in _plan(part):
            theirs = found.get((is_decoder, name))
            value = turned(theirs.pop(0)) if theirs else None
            if value is None or value.shape != ours.shape:
                has = "no more" if value is None else f"one of shape {tuple(value.shape)}"
                raise KerasError(
                    f"{path} is not a file for {kind}: a {name} of shape {tuple(ours.shape)} should come next, and it "
                    f"has {has}; read it as one of {', '.join(KINDS)}"
                )
            ours.data.copy_(value)
    left = sorted({name for (_, name), theirs in found.items() if theirs})
    if left:
        raise KerasError(f"{path} holds more than a {kind}: {', '.join(left)} are left over; read it as another kind")
    return network.eval()


def prepared(images: Tensor, kind: str) -> Tensor:
    """Images as the released code shows them to the network of `kind`, whose weights expect them so.

    images   in [0, 1]: digits (n, 1, 28, 28), pairs (n, 1, 36, 36), or all photographs (n, 2, 96, 96) of one half of
             smallNORB, as `data.smallnorb("test", size=96)` has them
    Digits were divided by 256. Photographs are standardised, each eye by the mean and the standard deviation of all
    that are given, so that each image knows about the others; then scaled to 64×64, of which the network sees the
    inner 48×48. utils/pre_process_mnist.py and utils/pre_process_smallnorb.py in the authors' repository.
    Raises KerasError for an unknown kind or images of another size.
    """
    photographs = kind == "efficient-capsnet-smallnorb"
    shape = _known(kind)[1].get("shape", (1, 28, 28)) if not photographs else (2, 96, 96)
    if tuple(images.shape[1:]) != shape or not images.is_floating_point():
        wanted, found = f"(n, {', '.join(map(str, shape))}) in [0, 1]", f"{images.dtype} {tuple(images.shape)}"
        raise KerasError(f"{kind} is prepared from float images {wanted}, not from {found}")
    if not photographs:
        return images if kind == "efficient-capsnet-multimnist" else images * (255 / 256)
    spread, mean = torch.std_mean(images, dim=(0, 2, 3), correction=0, keepdim=True)
    scaled = nn.functional.interpolate((images - mean) / spread, size=(64, 64), mode="bilinear")
    return scaled[:, :, 8:-8, 8:-8]  # (n, 2, 48, 48)


def _known(kind: str) -> tuple[str, dict]:
    if kind not in KINDS:
        raise KerasError(f"there is no kind {kind!r}; choose one of {', '.join(KINDS)}")
    return KINDS[kind]


def _arrays(path: Path) -> dict[tuple[bool, str], list[Tensor]]:
    """(whether it is the decoder's, its name in its layer) → all such arrays, in the order of the layers."""
    import h5py

    found: dict[tuple[bool, str], list[Tensor]] = {}
    try:
        with h5py.File(path) as file:
            root = file.get("model_weights", file)  # of a whole model, or of weights alone
            for group in root.attrs["layer_names"]:
                for name in root[_text(group)].attrs["weight_names"]:
                    kind = _text(name).split("/")[-1].split(":")[0]
                    value = torch.from_numpy(root[_text(group)][_text(name)][()]).float()
                    found.setdefault((_text(group) == "Generator", kind), []).append(value)
    except FileNotFoundError:
        raise KerasError(f"{path} is not there; name one of the authors' .h5 files") from None
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as problem:
        what = " ".join(str(problem).split())[:120]
        raise KerasError(f"{path} is not a whole Keras weights file ({what}); download it again") from None
    return found


def _plan(part: nn.Module) -> Iterator[tuple[Tensor, str, Callable[[Tensor], Tensor]]]:
    """(our tensor, Keras's name for it, how to turn its axes into ours), in the order of the layers."""
    bias_of = {layer.convolution: "biases" for layer in part.modules() if isinstance(layer, layers.PrimaryCapsules)}
    for layer in part.modules():
        if isinstance(layer, nn.Conv2d):
            yield layer.weight, "kernel", lambda x: x.permute(3, 2, 0, 1) if x.ndim == 4 else x  # (out, in, h, w)
            yield layer.bias, bias_of.get(layer, "bias"), torch.Tensor.flatten
        elif isinstance(layer, nn.Linear):
            yield layer.weight, "kernel", lambda x: x.T if x.ndim == 2 else x  # (out, in)
            yield layer.bias, "bias", _keep
        elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d):
            yield layer.weight, "gamma", _keep
            yield layer.bias, "beta", _keep
            if isinstance(layer, nn.BatchNorm2d):
                yield layer.running_mean, "moving_mean", _keep
                yield layer.running_var, "moving_variance", _keep
        elif isinstance(layer, layers.AttentionCapsules):
            yield layer.weight, "W", lambda x: x.transpose(0, 1) if x.ndim == 4 else x  # (j, i, d, z) → (i, j, d, z)
            yield layer.prior, "b", lambda x: x[..., 0].T if x.ndim == 3 else x  # (j, i, 1) → (i, j)
        elif isinstance(layer, layers.RoutedCapsules):
            yield layer.weight, "W", _place_last
            yield layer.bias, "biases", _keep


def _keep(x: Tensor) -> Tensor:
    return x


def _place_last(weight: Tensor) -> Tensor:
    """CapsNet's votes: Keras counts children by place, then type; we by type, then place. (i, d, j·z) → (i, j, d, z)"""
    if weight.shape != (6 * 6 * 32, 8, 10 * 16):
        return weight
    # (row, column, type, d, j, z) → (type, row, column, j, d, z)
    return weight.reshape(6, 6, 32, 8, 10, 16).permute(2, 0, 1, 4, 3, 5).flatten(0, 2)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
