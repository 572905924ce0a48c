"""Primary capsules cut by `view` without `permute`.

After the convolution the pose of a capsule lies across channels: its eight numbers are the ones that eight channels
have at one place. `view(b, -1, 8)` reads memory as it comes and takes eight neighbouring places of one channel. The
shape is right, and the mix-up is always the same, so the layers above learn around it.

Seen in: XifengGuo (PyTorch), ethanleet, higgsfield, jindongwang.
Symptom: none in the shapes. A capsule sees a strip of the image, and its numbers are no pose.
"""

from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PART = "primary_capsules"
TEST = "Changing one place of the feature maps moves one capsule of each type, and no other."


def wrong(features: Tensor, d: int) -> Tensor:
    return functional.squash(features.reshape(len(features), -1, d))


def right(features: Tensor, d: int) -> Tensor:
    b, channels, h, w = features.shape
    by_type = features.reshape(b, channels // d, d, h, w)
    return functional.squash(by_type.permute(0, 1, 3, 4, 2).reshape(b, -1, d))


def finds(primary_capsules) -> str | None:
    features = numbers(2, 12, 5, 3)  # three types of 4-D capsules
    changed = features.clone()
    changed[0, :, 1, 2] += 1
    moved = (primary_capsules(changed, 4) != primary_capsules(features, 4)).any(dim=2)[0].sum().item()
    if moved != 3:
        return f"one place of the feature maps moved {moved} capsules, with 3 types: a capsule is cut across places"
    return None
