"""Fifty toys, ten of each class: each is a row of a table, from which its class's builder makes parts."""

from functools import cache

from capsule_tutor.data.toybox.airplanes import AIRPLANES
from capsule_tutor.data.toybox.animals import ANIMALS
from capsule_tutor.data.toybox.cars import CARS
from capsule_tutor.data.toybox.humans import HUMANS
from capsule_tutor.data.toybox.shapes import Mesh, mesh
from capsule_tutor.data.toybox.trucks import TRUCKS

CLASSES = (ANIMALS, HUMANS, AIRPLANES, TRUCKS, CARS)
NAMES = tuple(tuple(table) for table in CLASSES)  # NAMES[class][instance]


@cache
def toy_mesh(label: int, instance: int) -> Mesh:
    """The mesh of one toy, as it is at azimuth 0."""
    return mesh(CLASSES[label][NAMES[label][instance]]())
