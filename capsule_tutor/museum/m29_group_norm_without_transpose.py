"""Group normalisation whose `reshape` should have been a transpose.

Statistics belong to a group of channels. With the channels last, a reshape to (groups, channels of a group, …) does
not move them there: it cuts the picture into strips, and each "group" is a mixture of all channels at some places. The
shape is right.

Seen in: an old version of tensorflow-addons, which Efficient-CapsNet's smallNORB network uses (issue 751 there).
Symptom: with the authors' weights 2 of 12 toys are named correctly; with the transpose in its place 12 of 12.
"""

from torch import Tensor

from capsule_tutor.museum.inputs import numbers

PART = "group_norm"
TEST = "Changing the channels of one group leaves the other groups as they are."


def _standardised(x: Tensor) -> Tensor:
    """(b, groups, n) → the same, each row with mean 0 and variance 1"""
    return (x - x.mean(dim=2, keepdim=True)) / (x.var(dim=2, correction=0, keepdim=True) + 1e-3).sqrt()


def wrong(x: Tensor, groups: int) -> Tensor:
    return _standardised(x.reshape(len(x), groups, -1)).view_as(x)  # (b, h, w, c)


def right(x: Tensor, groups: int) -> Tensor:
    b, h, w, c = x.shape
    first = x.permute(0, 3, 1, 2)  # (b, c, h, w)
    return _standardised(first.reshape(b, groups, -1)).view(b, c, h, w).permute(0, 2, 3, 1)


def finds(group_norm) -> str | None:
    x = numbers(2, 3, 5, 6)  # (b, h, w, c), two groups of three channels
    changed = x.clone()
    changed[..., :3] *= 10
    moved = (group_norm(changed, 2) - group_norm(x, 2))[..., 3:].abs().max().item()
    if not moved < 1e-4:
        return f"channels of group 0 were changed, and group 1 moved by {moved:.2g}: the statistics mix the groups"
    return None
