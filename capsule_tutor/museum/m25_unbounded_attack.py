"""An attack without a ball, a clip, or an end.

It follows the gradient until the answer changes. Nothing keeps the pixels between 0 and 1, nothing keeps the picture
near the one it began with, and if the gradient is zero, as the margin loss's is for a sure answer, it runs for ever.
In the end every network is "fooled", by things that are no longer pictures.

Seen in: InnerPeace-Wu.
Symptom: pixels below 0 or above 1; a program that never ends.
"""

from collections.abc import Callable

import torch
from torch import Tensor

PART = "attack"
TEST = "Attacked pixels lie in [0, 1] and within eps of the image, and the attack comes to an end."


def _climb(model: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> Tensor:
    """The sign of the gradient of the wrong classes' scores minus the true class's, per pixel."""
    images = images.detach().requires_grad_()
    scores = model(images)  # (b, j)
    true = scores.gather(1, labels[:, None]).sum()
    return torch.autograd.grad(scores.sum() - 2 * true, images)[0].sign()


def wrong(model: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor, eps: float, steps: int) -> Tensor:
    attacked = images
    while (model(attacked).argmax(dim=1) == labels).any():
        attacked = attacked + eps / 4 * _climb(model, attacked, labels)
    return attacked


def right(model: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor, eps: float, steps: int) -> Tensor:
    attacked = images
    for _ in range(steps):
        attacked = attacked + eps / 4 * _climb(model, attacked, labels)
        # back into the ball around the image, and into the range of pixels
        attacked = (images + (attacked - images).clamp(-eps, eps)).clamp(0, 1)
    return attacked


def finds(attack) -> str | None:
    calls, eps, steps = [], 0.2, 10
    images, labels = torch.tensor([0.1, 0.5, 0.95]).expand(2, 1, 4, 3).contiguous(), torch.tensor([0, 0])

    def stubborn(pixels: Tensor) -> Tensor:
        """Says 0 until the mean pixel is above 3, which no picture reaches."""
        calls.append(1)
        if len(calls) > 20 * steps:
            raise TimeoutError
        mean = pixels.flatten(1).mean(dim=1)  # (b,)
        return torch.stack([3 - mean, mean - 3], dim=1)

    try:
        attacked = attack(stubborn, images, labels, eps, steps)
    except TimeoutError:
        return f"after {20 * steps} looks at the network, with {steps} steps allowed, the attack is still running"
    if attacked.min() < 0 or attacked.max() > 1:
        return f"attacked pixels run from {attacked.min():.2f} to {attacked.max():.2f}; a picture's lie in [0, 1]"
    farthest = (attacked - images).abs().max().item()
    if farthest > eps + 1e-6:
        return f"a pixel was moved by {farthest:.2f}, with {eps} allowed"
    if len(calls) > 4 * steps:
        return f"the network was asked {len(calls)} times, with {steps} steps allowed"
    return None
