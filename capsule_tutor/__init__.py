"""Capsule Tutor: capsule networks, from the squash function to trained networks.

import capsule_tutor as caps
v, c = caps.dynamic_routing(caps.votes(u, weight))
"""

from capsule_tutor.functional import (
    dynamic_routing,
    exponential_squash,
    lengths,
    margin_loss,
    mask_capsules,
    reconstruction_loss,
    self_attention_routing,
    squash,
    votes,
)

__version__ = "0.1.0"

__all__ = [
    "dynamic_routing",
    "exponential_squash",
    "lengths",
    "margin_loss",
    "mask_capsules",
    "reconstruction_loss",
    "self_attention_routing",
    "squash",
    "votes",
]
