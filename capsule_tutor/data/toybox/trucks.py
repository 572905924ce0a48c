"""Trucks."""

from functools import partial

from capsule_tutor.data.toybox.shapes import Part, ball, both, box, disc, limb, loft, tilted, towards, wheels

FRONT = 0.75  # the x of every bumper


def truck(
    cab: tuple,
    load: tuple,
    axles: tuple,
    bonnet: tuple | None = None,
    sleeper: float = 0.0,
    stacks: bool = False,
    width: float = 0.22,
    radius: float = 0.11,
    deck: float = 0.2,
    back: float = -0.75,
) -> list[Part]:
    """A truck, from its measures.

    cab     length, height, how far the roof's front is behind the windscreen's foot; sleeper: a berth's height
    bonnet  length, height; without one the cab is over the engine; stacks: two exhausts
    load    a function of the deck's front, back, height and half width, and what else it needs
    axles   the x of each; radius: of a wheel; deck: its height; back: where it ends
    """
    length, tall, slant = cab
    front = FRONT - (bonnet[0] if bonnet else 0)
    rear = front - length
    middle, half = (front + rear) / 2, length / 2
    rows = [(deck - 0.05, 0, middle, width, half), (deck + 0.5 * tall, 0, middle, width, half)]
    parts = [loft("y", [*rows, (deck + tall, 0, middle - slant / 2, 0.93 * width, half - slant / 2)], 7, 0.2)]
    parts += [box(((FRONT + back) / 2, deck - 0.02, 0), ((FRONT - back) / 2 - 0.03, 0.045, 0.7 * width))]  # frame
    parts += [box((FRONT + 0.01, deck - 0.05, 0), (0.03, 0.05, width), 0.4)]  # bumper
    parts += both(ball((FRONT + 0.005, deck + 0.07, 0.7 * width), (0.03, 0.04, 0.04), 8))  # lamps
    if bonnet:
        long, high = bonnet
        at = (front + long / 2 - 0.03, deck + high / 2 - 0.04, 0)
        parts += [box(at, (long / 2 + 0.03, high / 2 + 0.02, 0.78 * width), 0.3)]
        parts += both(box((0.55, deck + 0.03, 0.85 * width), (0.13, 0.05, 0.06), 0.4))  # mudguards
    if sleeper:
        parts += [box((rear - 0.05, deck + sleeper / 2, 0), (0.08, sleeper / 2, 0.97 * width))]
    if stacks:
        points = [(rear - 0.03, y, 0.9 * width) for y in (deck, deck + tall + 0.16)]
        parts += both(limb(points, [0.028, 0.024]))
    parts += wheels(axles, width - 0.02, radius, 0.055)
    kind, *options = load
    return parts + kind(rear - 0.04, back, deck + 0.03, width, *options)


def boxed(front: float, back: float, y: float, w: float, height: float) -> list[Part]:
    return [box(((front + back) / 2, y + height / 2, 0), ((front - back) / 2, height / 2, 1.06 * w), 0.12, 12)]


def open_box(front: float, back: float, y: float, w: float, height: float) -> list[Part]:
    middle, half, up = (front + back) / 2, (front - back) / 2, y + height / 2
    floor, ends = box((middle, y, 0), (half, 0.03, w)), [box((x, up, 0), (0.02, height / 2, w)) for x in (front, back)]
    return [floor, *ends, *both(box((middle, up, w), (half, height / 2, 0.02)))]


def tipper(front: float, back: float, y: float, w: float, angle: float) -> list[Part]:
    roof = box((front + 0.1, y + 0.27, 0), (0.13, 0.02, w))
    return [tilted(part, back, y, angle) for part in [*open_box(front, back, y + 0.04, w, 0.2), roof]]


def covered(front: float, back: float, y: float, w: float) -> list[Part]:
    rows = [(x, y + 0.14, 0, 0.28, 0.98 * w) for x in (back + 0.02, front - 0.02)]
    return [*open_box(front, back, y, w, 0.12), loft("x", rows, 2.8, 0.15)]


def tank(front: float, back: float, y: float, w: float) -> list[Part]:
    shape = [(back, 0.6), (back + 0.05, 0.95), (back + 0.1, 1), (front - 0.1, 1), (front - 0.05, 0.95), (front, 0.6)]
    lids = [disc("y", (front + share * (back - front), y + 0.36, 0), 0.07, 0.03) for share in (0.25, 0.5, 0.75)]
    return [loft("x", [(x, y + 0.17, 0, 0.18 * share, w * share) for x, share in shape]), *lids]


def drum(front: float, back: float, y: float, w: float) -> list[Part]:
    shape = ((back - 0.02, 0.09), (back + 0.14, 0.16), (back + 0.42, 0.25), (front - 0.14, 0.22), (front - 0.02, 0.1))
    rows = [(x, y + 0.24, 0, radius, radius) for x, radius in shape]
    return [tilted(loft("x", rows), front, y, -8), box((back + 0.03, y + 0.12, 0), (0.06, 0.14, 0.5 * w))]


def logs(front: float, back: float, y: float, w: float) -> list[Part]:
    parts = [box(((front + back) / 2, y, 0), ((front - back) / 2, 0.03, w))]
    for k, (up, z) in enumerate(((0, -0.15), (0, 0), (0, 0.15), (0.13, -0.075), (0.13, 0.075), (0.25, 0))):
        parts += [limb([(back + 0.02 * k, y + 0.1 + up, z), (front - 0.03 * k, y + 0.1 + up, z)], [0.07, 0.08])]
    stakes = (limb([(x, y, w), (x, y + 0.3, w)], [0.02, 0.02]) for x in (back + 0.15, front - 0.15))
    return parts + both(*stakes)


def ladder(front: float, back: float, y: float, w: float) -> list[Part]:
    foot, forward, up = (back + 0.1, y + 0.34), front - back + 0.35, 0.18
    rail = limb([(*foot, 0.07), (foot[0] + forward, foot[1] + up, 0.06)], [0.02, 0.02])
    rungs = [(foot[0] + k / 7 * forward, foot[1] + k / 7 * up) for k in range(1, 8)]
    body = box(((front + back) / 2, y + 0.12, 0), ((front - back) / 2, 0.13, w))
    turret = disc("y", (back + 0.25, y + 0.27, 0), 0.13, 0.05)
    return [body, turret, *both(rail), *(limb([(*rung, -0.07), (*rung, 0.07)], [0.014, 0.014]) for rung in rungs)]


def crane(front: float, back: float, y: float, w: float, angle: float, length: float) -> list[Part]:
    backward, up = towards(angle, length)
    foot = (front - 0.15, y + 0.25, 0)
    tip = (foot[0] - backward, foot[1] + up, 0)
    hook = (tip[0], tip[1] - 0.3, 0)
    flat = box(((front + back) / 2, y, 0), ((front - back) / 2, 0.04, w))
    house = box((front - 0.22, y + 0.17, 0), (0.16, 0.15, 0.75 * w))
    arm, rope = limb([foot, tip], [0.06, 0.04]), limb([tip, hook], [0.012, 0.012])
    return [flat, house, arm, rope, ball(hook, (0.05, 0.05, 0.05), 8)]


TRUCKS = {
    "tanker": partial(truck, cab=(0.3, 0.4, 0.04), load=(tank,), axles=(0.52, -0.3, -0.56), back=-0.8, stacks=True),
    "pickup": partial(
        truck, cab=(0.42, 0.34, 0.16), load=(open_box, 0.16), axles=(0.5, -0.45), bonnet=(0.32, 0.2), deck=0.17,
        back=-0.7, radius=0.12,
    ),
    "container truck": partial(
        truck, cab=(0.28, 0.42, 0.03), load=(boxed, 0.46), axles=(0.55, 0.2, -0.55, -0.78), back=-1, sleeper=0.4,
        radius=0.1,
    ),
    "mixer": partial(truck, cab=(0.32, 0.36, 0.05), load=(drum,), axles=(0.5, -0.25, -0.5), radius=0.12),
    "box van": partial(truck, cab=(0.34, 0.34, 0.06), load=(boxed, 0.5), axles=(0.5, -0.45), deck=0.18),
    "crane": partial(truck, cab=(0.32, 0.32, 0.05), load=(crane, 14, 0.85), axles=(0.5, -0.3, -0.55), radius=0.12),
    "timber truck": partial(
        truck, cab=(0.3, 0.42, 0.08), load=(logs,), axles=(0.55, -0.3, -0.6), bonnet=(0.3, 0.24), back=-0.9,
        stacks=True,
    ),
    "tipper": partial(truck, cab=(0.3, 0.36, 0.05), load=(tipper, 12), axles=(0.5, -0.28, -0.52), radius=0.13),
    "fire engine": partial(truck, cab=(0.36, 0.34, 0.05), load=(ladder,), axles=(0.48, -0.5), back=-0.85),
    "army truck": partial(
        truck, cab=(0.3, 0.34, 0.04), load=(covered,), axles=(0.52, -0.28, -0.56), bonnet=(0.3, 0.2), radius=0.14,
        deck=0.24,
    ),
}  # fmt: skip
