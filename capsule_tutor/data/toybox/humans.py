"""Human figures."""

from collections.abc import Callable
from functools import partial

from capsule_tutor.data.toybox.shapes import Part, ball, box, disc, limb, loft, tilted, towards


def human(
    legs: tuple = ((8, 0), (-8, 0)),
    arms: tuple = ((10, 12, 15), (-10, 12, 15)),
    girth: float = 1.0,
    head: float = 0.13,
    skirt: tuple | None = None,
    hat: Callable | None = None,
    holds: tuple = (),
    lean: float = 0.0,
) -> list[Part]:
    """A figure, from its pose; the right side comes first.

    legs    degrees of the thigh forwards, of the knee
    arms    degrees of the arm forwards, sideways, of the elbow
    girth   a share of the usual; head: the radius
    skirt   half the width of its hem, and how much of the leg it leaves bare
    hat     a function of the head's place and radius; holds: functions of both hands; lean: degrees forwards
    """
    hip, chest, w, d = 0.52, 0.9, 0.17 * girth, 0.11 * girth
    torso = ((0, 0.85, 0.95), (0.08, 0.9, 1), (0.2, 0.82, 0.88), (0.32, 1, 1), (0.4, 0.92, 0.85), (0.44, 0.5, 0.5))
    upper = [loft("y", [(hip + y, 0, 0, w * wide, d * deep) for y, wide, deep in torso], square=2.4)]

    hands = []
    for side, (swing, out, bend) in zip((1, -1), arms, strict=True):
        shoulder = (0, chest - 0.02, side * (w + 0.02))
        elbow = _step(shoulder, swing, 0.2, side * out)
        hands += [_step(elbow, swing + bend, 0.2, 0.6 * side * out)]
        upper += [limb([shoulder, elbow, hands[-1]], [0.06 * girth, 0.05 * girth, 0.04 * girth])]
        upper += [ball(hands[-1], (0.05, 0.055, 0.05), 8)]
    top = chest + 0.14 + 0.9 * head
    upper += [limb([(0, chest, 0), (0, top - 0.3 * head, 0)], [0.065 * girth, 0.055])]
    upper += [ball((0, top, 0), (0.95 * head, 1.15 * head, 0.85 * head))]
    upper += [ball((0.9 * head, top - 0.1 * head, 0), (0.03, 0.035, 0.025), 8)]  # a nose
    upper += hat(top, head) if hat else []
    upper += [part for held in holds for part in held(hands[0], hands[1], w, d)]
    parts = [tilted(part, 0, hip, -lean) for part in upper]

    for side, (swing, bend) in zip((1, -1), legs, strict=True):
        z = side * 0.55 * w
        knee = _step((0, hip, z), swing, 0.26)
        foot = _step(knee, swing - bend, 0.26)
        parts += [limb([(0, hip + 0.03, z), knee, foot], [0.08 * girth, 0.063 * girth, 0.05 * girth])]
        parts += [box((foot[0] + 0.045, foot[1] - 0.03, z), (0.11, 0.04, 0.055), bevel=0.6, square=3)]
    if skirt:
        wide, bare = skirt
        hem, waist = hip * bare, hip + 0.12
        middle = ((hem + hip) / 2, (wide + w) / 2, 0.45 * wide + 0.6 * d)
        shape = ((hem, wide, 0.9 * wide), middle, (waist, 0.86 * w, 0.95 * d))
        parts += [loft("y", [(y, 0, 0, a, b) for y, a, b in shape])]
    return parts


def _step(start: tuple, swing: float, length: float, out: float = 0) -> tuple:
    """From a joint to the next one: `swing` degrees forwards from hanging down, `out` degrees to the side."""
    flat, aside = towards(out, length)
    forward, up = towards(swing - 90, flat)
    return start[0] + forward, start[1] + up, start[2] + aside


def _rings(y: float, *rows: tuple) -> Part:
    return loft("y", [(y + up, 0, 0, radius, radius) for up, radius in rows])


def broad_hat(y: float, r: float) -> list[Part]:
    y += 0.55 * r
    return [_rings(y, (0, 2 * r), (0.03, 2 * r)), _rings(y, (0, r), (0.9 * r, 0.85 * r), (r, 0.6 * r))]


def cap(y: float, r: float) -> list[Part]:
    return [ball((0, y + 0.45 * r, 0), (1.05 * r, 0.85 * r, r)), ball((r, y + 0.4 * r, 0), (0.8 * r, 0.025, 0.7 * r))]


def space_helmet(y: float, r: float) -> list[Part]:
    return [ball((0, y, 0), (1.45 * r, 1.5 * r, 1.4 * r))]


def pointed_hat(y: float, r: float) -> list[Part]:
    return [_rings(y + 0.5 * r, (0, 1.1 * r), (2.6 * r, 0.1 * r))]


def bun(y: float, r: float) -> list[Part]:
    hair, knot = ((-0.2 * r, y + 0.2 * r, 0), (r, 1.1 * r, r)), ((-0.6 * r, y + 1.2 * r, 0), (0.5 * r,) * 3)
    return [ball(*hair), ball(*knot)]


def plumed_helmet(y: float, r: float) -> list[Part]:
    plume = [(0, y + 1.2 * r, 0), (-0.7 * r, y + 1.9 * r, 0), (-1.7 * r, y + 1.3 * r, 0)]
    return [ball((0, y + 0.3 * r, 0), (1.05 * r, 1.05 * r, r)), limb(plume, [0.3 * r, 0.4 * r, 0.2 * r])]


def shield(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    return [disc("x", (left[0] + 0.06, left[1], left[2]), 0.2, 0.025)]


def sword(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    x, y, z = right
    return [limb([(x - 0.04, y - 0.05, z), (x + 0.3, y + 0.4, z)], [0.025, 0.015])]


def staff(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    x, y, z = right
    return [limb([(x, y - 0.55, z), (x, y + 0.5, z)], [0.022, 0.022])]


def bow(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    x, y, z = left
    points = [(x - 0.14, y + 0.38, z), (x, y + 0.2, z), (x + 0.03, y, z), (x, y - 0.2, z), (x - 0.14, y - 0.38, z)]
    return [limb(points, [0.015, 0.022, 0.025, 0.022, 0.015])]


def crate(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    return [box((right[0] + 0.06, right[1] + 0.05, 0), (0.13, 0.14, 0.2))]


def pack(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    return [box((-d - 0.09, 0.8, 0), (0.1, 0.2, 0.85 * w), 0.4, 4)]


def cape(right: tuple, left: tuple, w: float, d: float) -> list[Part]:
    shape = ((0.25, -d - 0.16, 1.5 * w), (0.54, -d - 0.06, 1.2 * w), (0.93, -0.6 * d, 0.9 * w))
    return [loft("y", [(y, 0, x, wide, 0.03) for y, x, wide in shape], 3)]


HUMANS = {
    "cowboy": partial(human, legs=((6, 0), (-4, 0)), arms=((35, 25, 50), (5, 30, 60)), girth=1.05, hat=broad_hat),
    "astronaut": partial(
        human, legs=((14, 8), (-10, 6)), arms=((25, 30, 30), (15, 35, 30)), girth=1.45, hat=space_helmet, holds=(pack,),
    ),
    "soldier": partial(human, legs=((4, 0), (-4, 0)), arms=((40, 10, 60), (0, 8, 5)), hat=cap, holds=(staff,)),
    "knight": partial(
        human, legs=((12, 4), (-14, 4)), arms=((55, 15, 30), (45, 20, 45)), girth=1.2, hat=plumed_helmet,
        holds=(shield, sword),
    ),
    "walker": partial(human, legs=((24, 4), (-20, 12)), arms=((-25, 8, 20), (28, 8, 20))),
    "archer": partial(
        human, legs=((20, 8), (-24, 6)), arms=((80, 30, -60), (88, 4, 0)), girth=0.95, hat=pointed_hat, holds=(bow,),
    ),
    "runner": partial(human, legs=((62, 75), (-38, 45)), arms=((-55, 8, 85), (50, 8, 85)), girth=0.9, lean=14),
    "dancer": partial(
        human, legs=((35, 0), (-5, 0)), arms=((165, 25, 10), (150, 40, 20)), girth=0.85, skirt=(0.36, 0.65), hat=bun,
    ),
    "wizard": partial(
        human, arms=((75, 15, 20), (10, 15, 40)), skirt=(0.27, 0.02), hat=pointed_hat, holds=(staff, cape),
    ),
    "porter": partial(
        human, legs=((15, 6), (-15, 8)), arms=((35, 4, 55), (35, 4, 55)), hat=cap, holds=(crate,), lean=-4,
    ),
}  # fmt: skip
