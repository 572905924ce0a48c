"""The turntable: one of fifty toys from any side, in six lightings, as two eyes see it."""

from torch import Tensor

from capsule_tutor.data.rendering import LAMPS
from capsule_tutor.data.toybox import NAMES
from capsule_tutor.data.toys import ELEVATIONS, toy
from capsule_tutor.data.views import CLASSES
from capsule_tutor.theatre import page

# What is first on the table: a car, from a familiar side.
FIRST = {"label": 4, "instance": 4, "azimuth": 30, "elevation": 30, "light": 0}


def turntable() -> object:
    """A toy, and sliders for azimuth, elevation and light. Returns a widget: put it last in a cell."""
    return page.widget("turntable", answer, "[theatre: the turntable, live]")


def answer(question: dict) -> dict[str, object | Tensor]:
    """What the turntable shows. question: {"what": "programme"} or {"what": "toy"} with what `FIRST` names

    Raises ValueError if there is no such toy or viewpoint.
    """
    if question["what"] == "programme":
        return {
            "classes": CLASSES,
            "names": NAMES,
            "elevations": [ELEVATIONS[0], ELEVATIONS[-1]],
            "lights": len(LAMPS),
            "first": FIRST,
        }
    return {"eyes": toy(*(question[name] for name in FIRST))}
