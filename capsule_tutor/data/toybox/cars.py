"""Cars."""

from functools import partial

from capsule_tutor.data.toybox.shapes import Part, ball, both, box, disc, limb, loft, tilted, wheels


def car(
    profile: tuple,
    cabin: tuple | None = None,
    axles: tuple = (0.44, -0.44),
    width: float = 0.26,
    track: float = 0.24,
    radius: float = 0.12,
    tyre: float = 0.05,
    square: float = 4.5,
    extras: tuple = (),
) -> list[Part]:
    """A car, from its measures.

    profile   the body from the front to the back: (x, bottom, top) of each section
    cabin     x of the windscreen's foot, the roof's front and back, the rear window's foot; y of the feet, of the roof
    axles     the x of each; track: how far the wheels are from the middle
    extras    further parts
    """
    last = len(profile) - 1
    rows = [
        (x, (low + high) / 2, 0, (high - low) / 2, width * (0.93 if k in (0, last) else 1))
        for k, (x, low, high) in enumerate(profile)
    ]
    parts = [loft("x", rows, square, 0.25)]
    if cabin:
        foot_front, roof_front, roof_back, foot_back, foot, roof = cabin
        rows = []
        for share, wide in ((-0.2, 0.9), (0, 0.9), (0.8, 0.8), (1, 0.7)):
            lean = max(0, share)
            front, back = foot_front + lean * (roof_front - foot_front), foot_back + lean * (roof_back - foot_back)
            rows += [(foot + share * (roof - foot), 0, (front + back) / 2, wide * width, (front - back) / 2)]
        parts += [loft("y", rows, 5.5)]
    parts += wheels(axles, track, radius, tyre)
    x, low, high = profile[0]
    parts += both(ball((x - 0.005, (low + high) / 2 + 0.03, 0.65 * width), (0.03, 0.035, 0.045), 8))  # lamps
    return [*parts, *extras]


def bumpers(front: float, back: float, y: float) -> list[Part]:
    return [box((front + 0.02, y, 0), (0.03, 0.03, 0.26)), box((back - 0.02, y, 0), (0.03, 0.03, 0.26))]


def spoiler(x: float, y: float) -> list[Part]:
    return [box((x, y + 0.13, 0), (0.07, 0.015, 0.28)), *both(box((x, y + 0.05, 0.17), (0.03, 0.08, 0.015)))]


def seats(*places: tuple) -> list[Part]:
    return both(*(box((x, y, 0.11), (0.04, 0.1, 0.08), 0.4) for x, y in places))


def pane(x: float, y: float, tall: float, lean: float, wide: float = 0.21) -> Part:
    return tilted(box((x, y + tall, 0), (0.012, tall, wide)), x, y, lean)


def roll_bar(x: float, y: float) -> Part:
    points = [(x, y, -0.21), (x, y + 0.28, -0.18), (x, y + 0.28, 0.18), (x, y, 0.21)]
    return limb(points, [0.02] * 4)


def roof_rack(front: float, back: float, y: float) -> list[Part]:
    rails = both(limb([(front, y + 0.05, 0.13), (back, y + 0.05, 0.13)], [0.015, 0.015]))
    return [*rails, box(((front + back) / 2, y + 0.07, 0), (0.15, 0.06, 0.12))]


def racing_parts() -> list[Part]:
    axles = [limb([(x, 0.15, -0.27), (x, 0.15, 0.27)], [0.025, 0.025]) for x in (0.46, -0.44)]
    pipes = both(limb([(0.3, 0.24, 0.2), (-0.5, 0.22, 0.21)], [0.025, 0.025]))
    fairing = ball((-0.36, 0.36, 0), (0.22, 0.12, 0.08))
    return [*axles, *pipes, fairing, ball((-0.14, 0.44, 0), (0.08, 0.09, 0.075)), pane(0.04, 0.34, 0.06, 30, 0.12)]


CARS = {
    "beetle": partial(
        car,
        profile=((0.6, 0.12, 0.2), (0.5, 0.09, 0.3), (0.3, 0.08, 0.36), (-0.3, 0.08, 0.38), (-0.5, 0.09, 0.3),
                 (-0.62, 0.12, 0.18)),
        cabin=(0.28, 0.1, -0.2, -0.55, 0.3, 0.58), axles=(0.4, -0.4), radius=0.13, square=3,
        extras=(*both(*(ball((x, 0.15, 0.22), (0.19, 0.13, 0.08)) for x in (0.4, -0.4))), *bumpers(0.62, -0.62, 0.15)),
    ),
    "convertible": partial(
        car, profile=((0.72, 0.1, 0.22), (0.6, 0.08, 0.28), (0.2, 0.08, 0.32), (-0.5, 0.08, 0.32), (-0.7, 0.1, 0.26)),
        extras=(*seats((-0.12, 0.38), (-0.42, 0.36)), pane(0.17, 0.3, 0.1, 25)),
    ),
    "limousine": partial(
        car, profile=((0.9, 0.1, 0.24), (0.78, 0.08, 0.29), (0.4, 0.08, 0.32), (-0.62, 0.08, 0.32), (-0.88, 0.1, 0.3)),
        cabin=(0.48, 0.28, -0.42, -0.64, 0.32, 0.54), axles=(0.58, -0.58),
    ),
    "police car": partial(
        car,
        profile=((0.76, 0.1, 0.26), (0.64, 0.08, 0.3), (0.24, 0.08, 0.32), (-0.44, 0.08, 0.32), (-0.76, 0.1, 0.29)),
        cabin=(0.34, 0.14, -0.24, -0.44, 0.32, 0.5), axles=(0.48, -0.48),
        extras=(box((-0.05, 0.53, 0), (0.04, 0.035, 0.14), 0.5), *bumpers(0.76, -0.76, 0.14)),
    ),
    "saloon": partial(
        car, profile=((0.72, 0.1, 0.24), (0.6, 0.08, 0.29), (0.2, 0.08, 0.32), (-0.4, 0.08, 0.32), (-0.7, 0.1, 0.3)),
        cabin=(0.3, 0.08, -0.25, -0.48, 0.32, 0.52),
    ),
    "sports car": partial(
        car, profile=((0.78, 0.08, 0.15), (0.6, 0.07, 0.22), (0.25, 0.07, 0.27), (-0.4, 0.07, 0.31), (-0.72, 0.1, 0.3)),
        cabin=(0.28, 0, -0.22, -0.6, 0.27, 0.43), axles=(0.48, -0.46), width=0.28, track=0.26,
        extras=spoiler(-0.66, 0.3),
    ),
    "hatchback": partial(
        car, profile=((0.56, 0.1, 0.25), (0.46, 0.08, 0.3), (0.2, 0.08, 0.34), (-0.4, 0.08, 0.35), (-0.52, 0.1, 0.33)),
        cabin=(0.28, 0.06, -0.36, -0.5, 0.34, 0.56), axles=(0.36, -0.36),
    ),
    "jeep": partial(
        car,
        profile=((0.6, 0.14, 0.32), (0.54, 0.12, 0.36), (0.1, 0.12, 0.38), (-0.5, 0.12, 0.38), (-0.56, 0.14, 0.38)),
        axles=(0.38, -0.38), radius=0.14, square=6,
        extras=(pane(0.12, 0.33, 0.12, 8), roll_bar(-0.3, 0.33), disc("x", (-0.61, 0.28, 0), 0.12, 0.045),
                 *seats((-0.1, 0.42))),
    ),
    "estate": partial(
        car, profile=((0.74, 0.1, 0.25), (0.62, 0.08, 0.3), (0.2, 0.08, 0.33), (-0.6, 0.08, 0.34), (-0.74, 0.1, 0.32)),
        cabin=(0.3, 0.1, -0.62, -0.72, 0.33, 0.54), axles=(0.46, -0.46), extras=roof_rack(0.07, -0.59, 0.54),
    ),
    "racing car": partial(
        car,
        profile=((0.72, 0.14, 0.26), (0.64, 0.1, 0.32), (0.2, 0.08, 0.38), (-0.2, 0.08, 0.38), (-0.55, 0.1, 0.35),
                 (-0.7, 0.16, 0.26)),
        width=0.2, axles=(0.46, -0.44), track=0.27, radius=0.15, tyre=0.06, square=3, extras=racing_parts(),
    ),
}  # fmt: skip
