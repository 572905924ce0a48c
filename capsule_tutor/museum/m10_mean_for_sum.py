"""The mean of the squared pixel differences, weighted as if it were their sum.

The weight 0.0005 belongs to a sum over 784 pixels. With the mean, which is what `mse_loss` gives, the drawing counts
784 times less, and the network is trained as if it had no decoder. (Adam makes nearly ordinary steps of the
decoder's tiny gradients, so it still learns to draw, only not as well. What is lost is their pull on the capsules.)

Seen in: akhdanfadh, higgsfield, labml, zsoltkebel (784 times too weak), adambielski (78 times).
Symptom: the reconstruction part of the loss is some millionths.
"""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

PART = "reconstruction_loss"
TEST = "A white drawing of a black image of 28×28 pixels costs 0.392."


def wrong(drawn: Tensor, image: Tensor) -> Tensor:
    return 0.0005 * mse_loss(drawn.flatten(1), image.flatten(1))


def right(drawn: Tensor, image: Tensor) -> Tensor:
    # 0.0005 · Σ_pixels (drawn − image)², mean over the batch
    return 0.0005 * mse_loss(drawn.flatten(1), image.flatten(1), reduction="sum") / len(image)


def finds(reconstruction_loss) -> str | None:
    black = torch.zeros(2, 784)
    cost = reconstruction_loss(1 - black, black).item()
    if not abs(cost - 0.392) < 1e-3:
        return f"a white drawing of a black image costs {cost:.3g}; 0.0005 times the sum over 784 pixels is 0.392"
    return None
