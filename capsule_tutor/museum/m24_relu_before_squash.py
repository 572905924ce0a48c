"""A ReLU before squash.

After a convolution the hand types a ReLU by itself. But a pose may point anywhere, and after a ReLU it points into one
of 2⁸ = 256 corners: no number of it is ever negative, and no two capsules differ by more than a right angle. The
related slip is no squash at all on the primary capsules.

Seen in: ageron, bourdakos1, naturomics; without squash in zsoltkebel.
Symptom: none in the accuracy. No entry of a primary capsule is below zero.
"""

from torch import Tensor

from capsule_tutor import functional, layers
from capsule_tutor.museum.inputs import numbers

PART = "primary_capsules"
TEST = "Features turned around give capsules turned around, and none is longer than 1."


def wrong(features: Tensor, d: int) -> Tensor:
    return functional.squash(layers.primary_capsules(features.relu(), d))


def right(features: Tensor, d: int) -> Tensor:
    return functional.squash(layers.primary_capsules(features, d))


def finds(primary_capsules) -> str | None:
    features = 3 * numbers(2, 12, 5, 3)
    u, turned = primary_capsules(features, 4), primary_capsules(-features, 4)
    if not (u < 0).any():
        return "no number of a capsule is negative: there is a ReLU before squash"
    if not (u + turned).abs().max() < 1e-5:
        return "features turned around do not turn the capsules around"
    longest = u.norm(dim=2).max().item()
    if not longest <= 1.0001:
        return f"a primary capsule is {longest:.2f} long: it was not squashed"
    return None
