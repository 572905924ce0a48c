"""Capsule Tutor: capsule networks, from the squash function to trained networks.

import capsule_tutor as caps
v, c = caps.dynamic_routing(caps.votes(u, weight))
network = caps.load("efficient-capsnet-mnist")
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capsule_tutor.functional import (
        dynamic_routing,
        exponential_squash,
        lengths,
        margin_loss,
        mask_capsules,
        perturb,
        reconstruction_loss,
        self_attention_routing,
        squash,
        votes,
    )
    from capsule_tutor.pretrained import load

__version__ = "0.1.0"

__all__ = [
    "dynamic_routing",
    "exponential_squash",
    "lengths",
    "load",
    "margin_loss",
    "mask_capsules",
    "perturb",
    "reconstruction_loss",
    "self_attention_routing",
    "squash",
    "votes",
]


def __getattr__(name: str) -> object:
    # Torch is imported on first use, so that the command line is quick and can report a torch that is broken.
    if name in __all__:
        from capsule_tutor import functional, pretrained

        return pretrained.load if name == "load" else getattr(functional, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
