"""Airplanes."""

import math
from functools import partial
from itertools import product

from capsule_tutor.data.toybox.shapes import Part, ball, both, box, disc, limb, loft


def airplane(
    hull: tuple,
    wings: tuple,
    tail: tuple,
    fin: tuple,
    nose: float = 0.35,
    droop: float = 0.0,
    square: float = 2.0,
    twin_fins: float = 0.0,
    engines: tuple = (),
    propellers: tuple = (),
    canopy: tuple | None = None,
    gear: float = 0.12,
    floats: bool = False,
) -> list[Part]:
    """An airplane, from its measures.

    hull        half length, radius; nose: how blunt, 0 to 1; droop: how far it hangs; square: 2 for a round hull
    wings       each (x, y, half span, chord at the root, at the tip, degrees swept back, degrees upwards)
    tail        half span, chord, degrees swept back, y; fin: height, chord, degrees swept back
    twin_fins   how far each of two fins is from the middle, or 0 for one
    engines     each (x, y, z, radius, half length), one on either side; propellers: each (x, y, z, radius)
    canopy      x, half length; gear: how long its legs are; floats: instead of wheels
    """
    long, r = hull
    front = ((1, 0.12, -droop), (0.93, 0.33 + 0.5 * nose, -0.7 * droop), (0.75, 0.95, -0.2 * droop))
    shape = (*front, (0.4, 1, 0), (-0.3, 1, 0), (-0.7, 0.62, 0.25), (-0.95, 0.3, 0.5), (-1, 0.15, 0.55))
    parts = [loft("x", [(x * long, up * r, 0, share * r, share * r) for x, share, up in shape], square)]

    for wing in wings:
        parts += _plates(*wing)
    if len(wings) == 2:  # a biplane's struts
        (low_x, low, span, *_), (high_x, high, *_) = wings
        for share, dx in product((0.3, 0.75), (-0.07, 0.07)):
            points = [(low_x + dx, low, share * span), (high_x + dx, high, share * span)]
            parts += both(limb(points, [0.013, 0.013]))
    span, chord, sweep, y = tail
    parts += _plates(0.7 * chord - long, y + 0.3 * r, span, chord, 0.6 * chord, sweep, 0) if span else []
    parts += both(_fin(long, r, *fin, twin_fins)) if twin_fins else [_fin(long, r, *fin, 0)]

    for x, y, z, radius, half in engines:
        shape = ((1, 0.8), (0.9, 1), (-0.2, 1), (-1, 0.6))
        rows = [(x + at * half, y, z, share * radius, share * radius) for at, share in shape]
        pylon = box((x - 0.4 * half, y + radius, z), (0.6 * half, 0.5 * (abs(y) + radius), 0.012), 0.2)
        parts += both(loft("x", rows, points=12), pylon)
    for x, y, z, radius in propellers:
        blades = [box((x, y, z), half, 0.3, 3) for half in ((0.012, radius, 0.03), (0.012, 0.03, radius))]
        spinner = ball((x, y, z), (0.07, 0.05, 0.05), 8)
        parts += both(*blades, spinner) if z else [*blades, spinner]
    if canopy:
        x, size = canopy
        parts += [ball((x, 0.8 * r, 0), (size, 0.75 * r, 0.62 * r))]
    ground = -r - gear
    if floats:
        shape = ((0.52, 0.3, 0.03), (0.44, 0.8, 0), (0.1, 1, -0.01), (-0.2, 0.7, 0.02), (-0.3, 0.3, 0.04))
        parts += both(loft("x", [(x, ground + up, 0.2, 0.08 * s, 0.08 * s) for x, s, up in shape], 3))
        parts += both(*(limb([(x, -0.3 * r, 0.06), (x, ground, 0.2)], [0.02, 0.02]) for x in (-0.05, 0.3)))
    else:
        parts += _wheel(0.7 * long, 0, r, ground)
        parts += both(*_wheel(-0.05, 0.14, r, ground))
    return parts


def _plates(x: float, y: float, span: float, root: float, tip: float, sweep: float, rise: float) -> list[Part]:
    """A wing on either side, a tenth as thick as it is deep."""
    back, up = math.tan(math.radians(sweep)), math.tan(math.radians(rise))
    chords = ((0, root), (0.93 * span, tip + 0.07 * (root - tip)), (span, 0.7 * tip))
    return both(loft("z", [(z, x - z * back, y + z * up, chord / 2, chord / 20) for z, chord in chords], 2.6))


def _fin(long: float, r: float, tall: float, chord: float, sweep: float, z: float) -> Part:
    lean = math.tan(math.radians(sweep))
    chords = ((0.2 * r, chord), (r + 0.85 * tall, 0.65 * chord), (r + tall, 0.4 * chord))
    return loft("y", [(y, z, 0.75 * chord - long - y * lean, 0.022, size / 2) for y, size in chords], 2.6, points=12)


def _wheel(x: float, z: float, r: float, ground: float) -> list[Part]:
    return [limb([(x, -0.5 * r, 0.6 * z), (x, ground, z)], [0.02, 0.016]), disc("z", (x, ground, z), 0.055, 0.025)]


AIRPLANES = {
    "jumbo": partial(
        airplane, hull=(0.85, 0.13), wings=((0.15, -0.05, 0.8, 0.34, 0.1, 35, 6),), tail=(0.32, 0.18, 35, 0.03),
        fin=(0.28, 0.26, 40), engines=((0.14, -0.15, 0.28, 0.055, 0.1), (-0.06, -0.13, 0.52, 0.05, 0.09)),
        canopy=(0.5, 0.25),
    ),
    "biplane": partial(
        airplane, hull=(0.5, 0.1), nose=0.9,
        wings=((0.16, -0.06, 0.58, 0.2, 0.2, 0, 2), (0.2, 0.24, 0.6, 0.2, 0.2, 0, 0)), tail=(0.2, 0.14, 5, 0),
        fin=(0.12, 0.14, 10), propellers=((0.54, 0, 0, 0.2),), gear=0.16, canopy=(-0.08, 0.09),
    ),
    "glider": partial(
        airplane, hull=(0.55, 0.085), wings=((0.12, 0.06, 0.92, 0.19, 0.09, 1, 4),), tail=(0.24, 0.12, 5, 0.22),
        fin=(0.18, 0.15, 15), canopy=(0.3, 0.17), gear=0.02,
    ),
    "warbird": partial(
        airplane, hull=(0.56, 0.09), nose=0.5, wings=((0.12, -0.05, 0.6, 0.26, 0.12, 6, 6),),
        tail=(0.22, 0.13, 8, 0.02), fin=(0.15, 0.16, 20), propellers=((0.6, 0, 0, 0.2),), gear=0.12, canopy=(0, 0.15),
    ),
    "airliner": partial(
        airplane, hull=(0.8, 0.1), wings=((0.12, -0.03, 0.72, 0.28, 0.1, 28, 5),), tail=(0.28, 0.16, 30, 0.03),
        fin=(0.24, 0.22, 38), engines=((0.12, -0.11, 0.26, 0.055, 0.11),),
    ),
    "transport": partial(
        airplane, hull=(0.72, 0.14), nose=0.9, square=2.5, wings=((0.1, 0.14, 0.78, 0.24, 0.14, 4, 0),),
        tail=(0.3, 0.16, 8, 0.12), fin=(0.26, 0.24, 25),
        engines=((0.22, 0.1, 0.25, 0.05, 0.13), (0.2, 0.1, 0.48, 0.05, 0.12)),
        propellers=((0.36, 0.1, 0.25, 0.12), (0.33, 0.1, 0.48, 0.12)), gear=0.05,
    ),
    "trainer": partial(
        airplane, hull=(0.52, 0.1), nose=0.8, wings=((0.1, 0.1, 0.66, 0.2, 0.17, 1, 2),), tail=(0.22, 0.13, 5, 0.02),
        fin=(0.18, 0.15, 25), propellers=((0.56, 0, 0, 0.17),), gear=0.14, canopy=(0.06, 0.2),
    ),
    "jet fighter": partial(
        airplane, hull=(0.75, 0.09), nose=0.1, wings=((-0.1, 0, 0.42, 0.62, 0.12, 42, 0),), tail=(0.22, 0.2, 35, 0),
        fin=(0.2, 0.22, 35), twin_fins=0.12, canopy=(0.34, 0.17), gear=0.1,
    ),
    "seaplane": partial(
        airplane, hull=(0.56, 0.1), nose=0.8, wings=((0.12, 0.16, 0.7, 0.2, 0.18, 0, 1),), tail=(0.24, 0.14, 4, 0.05),
        fin=(0.2, 0.18, 20), propellers=((0.6, 0, 0, 0.17),), floats=True, canopy=(0.2, 0.14),
    ),
    "delta": partial(
        airplane, hull=(0.75, 0.09), nose=0, droop=0.3, wings=((-0.08, -0.01, 0.52, 0.9, 0.06, 45, 0),),
        tail=(0, 0.1, 0, 0), fin=(0.22, 0.34, 50), engines=((-0.35, -0.08, 0.17, 0.05, 0.16),), gear=0.14,
    ),
}  # fmt: skip
