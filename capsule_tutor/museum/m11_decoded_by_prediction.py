"""The decoder's mask follows the prediction in training.

In training the decoder should get the capsule of the true class. With the longest one instead, the drawing of a 3 is
asked of the capsule that said 8: in the first epochs, when most answers are wrong, every capsule learns to draw
everything.

Seen in: cezannec, higgsfield, labml, zsoltkebel.
Symptom: none after some epochs. Early drawings are a blur, and capsules carry traces of other classes.
"""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "decoder_input"
TEST = "In training, a wrong capsule that becomes the longest does not change what the decoder gets."


def wrong(v: Tensor, target: Tensor) -> Tensor:
    return functional.mask_capsules(v, functional.lengths(v).argmax(dim=1))


def right(v: Tensor, target: Tensor) -> Tensor:
    return functional.mask_capsules(v, target)


def finds(decoder_input) -> str | None:
    v, target = 0.1 * numbers(2, 3, 6), torch.tensor([0, 1])
    louder = v.clone()
    louder[:, 2] *= 10  # class 2 is not there
    if not torch.equal(decoder_input(louder, target), decoder_input(v, target)):
        return "a wrong capsule became the longest, and the decoder got something else: it follows the prediction"
    return None
