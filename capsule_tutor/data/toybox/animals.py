"""Four-legged animals."""

from functools import partial

from capsule_tutor.data.toybox.shapes import Part, ball, both, limb, loft, towards


def animal(
    body: tuple,
    leg: float,
    neck: tuple,
    head: tuple,
    thick: float = 0.06,
    stance: tuple = (0.1, -0.08, -0.06, 0.1),
    chest: float = 1.0,
    belly: float = 1.0,
    snout: float = 0.6,
    ears: tuple = (0.04, 0.09, 0.03),
    lop: bool = False,
    horns: tuple = (),
    trunk: tuple = (),
    mane: float = 0.0,
    humps: tuple = (),
    plates: int = 0,
    tail: tuple = ((-0.1, -0.3),),
    tuft: float = 0.0,
) -> list[Part]:
    """An animal, from its measures.

    body          half length, half height, half width; chest and belly: shares of the usual
    leg, thick    a leg's length, its radius; stance: how far each foot is before its hip
    neck, head    length, degrees upwards, radius; snout: the share of the head's radius at the nose
    ears          half sizes; lop: they hang
    horns, trunk  points from the head, from the nose; a horn's radius
    humps         (where on the back, radius)
    tail          points from the rump; tuft: the radius of its end
    """
    long, high, wide = body
    y = leg + 0.75 * high
    front = ((0.45, chest), (0.78, 0.88 * chest), (0.94, 0.6 * chest), (1, 0.3 * chest))
    shape = ((-1, 0.3), (-0.94, 0.62), (-0.78, 0.9), (-0.5, 1), (0, belly), *front)
    parts = [loft("x", [(x * long, y, 0, share * high, share * wide) for x, share in shape])]

    for x, side, swing in zip((0.68, 0.68, -0.7, -0.7), (1, -1, 1, -1), stance, strict=True):
        z = side * (wide - 0.9 * thick)
        hip, foot = (x * long, y, z), (x * long + swing, 0.5 * thick, z)
        knee = (x * long + 0.5 * swing + (0.03 if x > 0 else -0.05), 0.5 * leg, z)
        parts += [limb([hip, knee, foot], [1.7 * thick, thick, 0.8 * thick])]
        parts += [ball((foot[0] + 0.3 * thick, 0.4 * thick, z), (1.25 * thick, 0.5 * thick, thick))]

    length, angle, radius = neck
    root = (0.72 * long, y + 0.3 * high * chest)
    forward, up = towards(angle, length + 0.1 * long)
    top = (root[0] + forward, root[1] + up)
    middle = ((root[0] + top[0]) / 2, (root[1] + top[1]) / 2, 0)
    parts += [limb([(*root, 0), middle, (*top, 0)], [min(1.7 * radius, 0.8 * high * chest), 1.2 * radius, radius])]

    length, angle, radius = head
    forward, up = towards(angle, length)
    nose = (top[0] + forward, top[1] + up, 0)
    face = (top[0] + 0.35 * forward, top[1] + 0.35 * up, 0)
    parts += [limb([(*top, 0), face, nose], [radius, 0.95 * radius, snout * radius])]
    eye = (face[0] + 0.3 * radius, face[1] + 0.6 * radius, 0.62 * radius)
    if lop:
        ear = (top[0], top[1] - 0.5 * ears[1], radius + 0.3 * ears[2])
    else:
        ear = (top[0] - 0.2 * radius, top[1] + 0.75 * radius + 0.5 * ears[1], 0.75 * radius)
    parts += both(ball(eye, (0.025, 0.025, 0.02), 8), ball(ear, ears))
    for thickness, points in horns:
        radii = [*[thickness] * (len(points) - 1), 0.4 * thickness]
        parts += both(limb([(top[0] + x, top[1] + y, z) for x, y, z in points], radii))
    if trunk:
        radii = [snout * radius * (1 - 0.15 * k) for k in range(len(trunk) + 1)]
        parts += [limb([(nose[0] + x, nose[1] + y, 0) for x, y in ((0, 0), *trunk)], radii)]
    if mane:
        at = ((root[0] + 2 * top[0]) / 3, (root[1] + 2 * top[1]) / 3, 0)
        parts += [ball(at, (0.75 * mane, 1.1 * mane, mane))]

    parts += [ball((x * long, y + 0.75 * high, 0), (radius, 1.3 * radius, 0.8 * radius)) for x, radius in humps]
    for k in range(plates):
        x, size = long * (1.6 * k / (plates - 1) - 0.85), 0.2 - 0.03 * abs(k - (plates - 1) / 2)
        rows = [(y + 0.75 * high, 0, x, 0.035, size / 2), (y + high + size, 0, x - 0.04, 0.012, 0.02)]
        parts += [loft("y", rows, points=8)]
    points = [(-0.93 * long, y + 0.45 * high, 0), *((x - long, y + 0.3 * high + up, 0) for x, up in tail)]
    parts += [limb(points, [0.6 * thick] + [0.35 * thick] * len(tail))]
    return parts + ([ball(points[-1], (tuft, 1.4 * tuft, tuft))] if tuft else [])


ANIMALS = {
    "elephant": partial(
        animal, body=(0.52, 0.32, 0.26), leg=0.48, thick=0.11, neck=(0.12, 20, 0.17), head=(0.2, -30, 0.19), snout=0.5,
        ears=(0.05, 0.24, 0.2), lop=True, trunk=((0.08, -0.2), (0.1, -0.42), (0.2, -0.5)), tail=((-0.06, -0.25),),
        horns=((0.035, [(0.1, -0.14, 0.1), (0.3, -0.24, 0.12), (0.38, -0.2, 0.12)]),),
    ),
    "lion": partial(
        animal, body=(0.52, 0.18, 0.16), leg=0.36, thick=0.065, stance=(0.16, -0.12, -0.14, 0.1), chest=1.15,
        neck=(0.18, 40, 0.11), head=(0.18, -20, 0.12), snout=0.75, mane=0.25, tail=((-0.2, -0.15), (-0.38, 0)),
        tuft=0.06,
    ),
    "camel": partial(
        animal, body=(0.5, 0.22, 0.19), leg=0.46, thick=0.06, neck=(0.4, 35, 0.08), head=(0.24, -10, 0.09),
        humps=((-0.4, 0.17), (0.3, 0.17)), ears=(0.02, 0.05, 0.02), tail=((-0.05, -0.25),), tuft=0.03,
    ),
    "pig": partial(
        animal, body=(0.5, 0.27, 0.25), leg=0.2, thick=0.065, belly=1.08, neck=(0.08, 0, 0.17), head=(0.24, -12, 0.17),
        snout=0.55, ears=(0.03, 0.1, 0.08), tail=((-0.08, 0.06), (-0.05, 0.12)),
    ),
    "horse": partial(
        animal, body=(0.5, 0.2, 0.17), leg=0.52, thick=0.055, stance=(0.18, -0.1, -0.16, 0.12), belly=0.92,
        neck=(0.4, 55, 0.085), head=(0.28, -35, 0.09), tail=((-0.1, -0.1), (-0.14, -0.4)), tuft=0.06,
    ),
    "giraffe": partial(
        animal, body=(0.38, 0.2, 0.16), leg=0.62, thick=0.05, neck=(0.65, 60, 0.07), head=(0.2, -25, 0.08), chest=1.1,
        horns=((0.02, [(-0.02, 0.06, 0.03), (-0.03, 0.17, 0.04)]),), tail=((-0.05, -0.3),),
    ),
    "rhinoceros": partial(
        animal, body=(0.58, 0.32, 0.28), leg=0.3, thick=0.1, neck=(0.1, -5, 0.2), head=(0.36, -25, 0.17), snout=0.75,
        horns=((0.06, [(0.3, -0.02, 0), (0.36, 0.22, 0)]), (0.05, [(0.16, 0.1, 0), (0.18, 0.2, 0)])),
        ears=(0.03, 0.07, 0.03), tail=((-0.04, -0.25),),
    ),
    "dachshund": partial(
        animal, body=(0.6, 0.16, 0.15), leg=0.18, thick=0.05, neck=(0.18, 55, 0.08), head=(0.28, -15, 0.1), snout=0.5,
        ears=(0.05, 0.13, 0.03), lop=True, tail=((-0.2, 0.1), (-0.36, 0.24)),
    ),
    "dinosaur": partial(
        animal, body=(0.5, 0.28, 0.2), leg=0.26, thick=0.075, chest=0.8, neck=(0.3, -10, 0.08), head=(0.16, -10, 0.075),
        plates=6, ears=(0.01, 0.01, 0.01), tail=((-0.3, -0.08), (-0.6, -0.2), (-0.75, -0.16)),
    ),
    "cow": partial(
        animal, body=(0.56, 0.26, 0.23), leg=0.38, thick=0.062, neck=(0.2, 25, 0.12), head=(0.26, -40, 0.11), snout=0.8,
        horns=((0.03, [(0, 0.08, 0.08), (0.02, 0.12, 0.18), (0.05, 0.22, 0.2)]),), ears=(0.03, 0.04, 0.1), lop=True,
        tail=((-0.06, -0.1), (-0.08, -0.45)), tuft=0.04,
    ),
}  # fmt: skip
