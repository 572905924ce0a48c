"""Test your own capsule network: the museum's tests, run on the parts that you hand in.

    from capsule_tutor.museum import suite

    for result in suite(model, images, route=my_routing, squash=my_squash, margin_loss=my_loss):
        print(result)

Under pytest each test is one line of its report:

    @pytest.mark.parametrize("result", suite(model, images, route=my_routing), ids=lambda r: r.test)
    def test_capsule_network(result):
        result.check()
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

# What can be handed in, and the signature under which it is called. Wrap yours in a lambda if it differs.
PARTS = {
    "model": "images (b, …) → v (b, j, z), one vector for each class",
    "children": "images (b, …) → u (b, i, d), the primary capsules of the model",
    "draw": "v (b, j, z), index (b,) → drawings (b, …) of the capsules `index`, from the decoder",
    "loss": "images (b, …), labels (b,) → scalar, the whole loss of the model in training",
    "route": "u_hat (b, i, j, z), iterations → v (b, j, z) and couplings c (b, i, j)",
    "squash": "s (…, z) → v (…, z)",
    "first_weights": "i, j, d, z → weight (i, j, d, z), as a new layer has it",
    "primary_capsules": "features (b, types·d, h, w), d → u (b, i, d), squashed",
    "margin_loss": "lengths (b, j), target (b,) → scalar",
    "reconstruction_loss": "drawn (b, pixels), image (b, pixels) → scalar",
    "decoder_input": "v (b, j, z), target (b,) → what the decoder gets in training (b, …)",
    "perturb": "v (b, j, z), delta (z,), index (b,) → what the decoder gets (b, j·z)",
    "knob": "v (b, j, z), label (b,), delta (z,) → what the decoder gets (b, j·z) and the lengths shown (b, j)",
    "layer": "u (b, i, d), weight (i, j, d, z) → v (b, j, z)",
    "capsule_layer": "i, j, d, z → nn.Module, without bias",
    "block": "x, mean, variance → normalised activations: Efficient-CapsNet's block after its convolution",
    "group_norm": "x (b, h, w, c), groups → the same shape",
    "pixels": "raw (b, 1, h, w) uint8 → what the decoder is to draw",
    "prepare": "images, training, generator → images as the model sees them",
    "partners": "labels (b,), generator → (b,), the number of the digit that each is paired with",
    "attack": "model, images (b, …), labels (b,), eps, steps → images (b, …); model gives (b, j)",
    "choose_epoch": "validation errors, test errors → the number of the epoch to keep",
    "load": "network, path → None, with the weights of the file in the network",
    "keep_best": "log, save → None; calls save(row) for every row of the log that is the best so far",
}  # fmt: skip


class Result(NamedTuple):
    """What one test said. `outcome` is "passed", "failed" or "not applicable"; `exhibit` is a number, or None."""

    part: str
    test: str
    outcome: str
    sentence: str = ""
    exhibit: int | None = None

    def __str__(self) -> str:
        mark = {"passed": "✓", "failed": "✗"}.get(self.outcome, "○")
        return f"{mark} {self.part}: {self.sentence if self.outcome == 'failed' else self.test}"

    def check(self) -> None:
        """Under pytest: fail if the test failed, skip if its part was not handed in."""
        if self.outcome == "not applicable":
            import pytest

            pytest.skip(self.sentence)
        assert self.outcome == "passed", self.sentence


def suite(model: Callable | None = None, images: Tensor | None = None, **parts: Callable) -> list[Result]:
    """Run every test of the museum on what is handed in; the tests of all other parts are "not applicable".

    model    any callable of `PARTS["model"]`; a Module is tested in evaluation mode, and is afterwards as it was
    images   at least three different ones, as the model takes them; needed, with the model, for children, draw and loss
    parts    further parts under the names and with the signatures of PARTS
    Raises TypeError for a part that the museum does not know, ValueError if model or images are missing.
    """
    from capsule_tutor.museum import exhibits, network

    parts = {name: part for name, part in {"model": model, **parts}.items() if part is not None}
    if unknown := parts.keys() - PARTS:
        raise TypeError(f"the museum has no tests for {', '.join(sorted(unknown))}; it knows {', '.join(PARTS)}")
    if parts.keys() & network.PARTS and (model is None or images is None or len(images) < 3):
        raise ValueError("hand in the model and at least three different images, as it takes them")
    tests = [(part, sentence, None, finds) for part, sentence, finds in network.TESTS]
    tests += [(exhibit.part, exhibit.test, exhibit.number, exhibit.finds) for exhibit in exhibits()]
    tests.sort(key=lambda test: list(PARTS).index(test[0]))
    with _as_it_was(model):
        return [_result(*test, parts, (images, model) if test[0] in network.PARTS else ()) for test in tests]


def _result(part: str, test: str, exhibit: int | None, finds: Callable, parts: dict, context: tuple) -> Result:
    if part not in parts:
        return Result(part, test, "not applicable", f"Hand in `{part}` to run it.", exhibit)
    try:
        said = finds(parts[part], *context)
    except Exception as error:  # whatever it is, it is what the test found
        said = f"it raised {type(error).__name__}: {' '.join(str(error).split())}"
    return Result(part, test, "failed" if said else "passed", said or "", exhibit)


@contextlib.contextmanager
def _as_it_was(model: Callable | None) -> Iterator[None]:
    """In evaluation mode, and nobody else's random numbers disturbed."""
    training = [module for module in model.modules() if module.training] if isinstance(model, nn.Module) else []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            for module in training:
                module.training = False
            yield
        finally:
            for module in training:
                module.training = True
