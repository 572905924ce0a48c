"""Photographs that a person might take of a digit on paper, made from a 28×28 image of one.

`NUISANCES` maps what disturbs the picture to a function (digit (28, 28) from 0 to 1, generator) → a JPEG file's bytes.
`EMPTY` and `SEVERAL` are pictures that hold no digit, or more than one: here the right answer is to refuse.
Size, place, pen and light are drawn at random within what the name allows; one generator gives one picture.
"""

import io
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

PAPER, PEN, PENCIL, BLUE, DESK = (235, 232, 225), (40, 40, 45), (150, 150, 150), (50, 75, 165), (95, 65, 42)
GREY_BLUE = (140, 150, 170)


# ---- the ink


def stroke(digit, side, width=None):
    """Ink 0…1 of a digit (28, 28), enlarged to side × side. `width` redraws it with a pen, as a share of its height."""
    if width is not None:
        return _redrawn(digit, side, width)
    large = Image.fromarray((digit * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    large = np.asarray(large.filter(ImageFilter.GaussianBlur(side / 120)), dtype=float) / 255
    return np.clip((large - 0.3) / 0.4, 0, 1)


def _redrawn(digit, side, width):
    """The digit's middle line, drawn with a round pen."""
    line = _thinned(stroke(digit, 112) > 0.5)
    height = np.ptp(np.nonzero(line)[0]) + 1
    # Distance from the middle line, smoothed by enlarging; the pen reaches half its width.
    far = ndimage.zoom(ndimage.distance_transform_edt(~line), side / 112, order=1, mode="nearest") * side / 112
    return np.clip(0.5 + (max(width * height * side / 112, 1.2) / 2 - far), 0, 1)


AROUND = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))  # clockwise from the pixel above


def _thinned(mask):
    """Zhang and Suen's thinning: border pixels go in turns until lines of one pixel are left."""
    mask = np.pad(mask, 1)
    while True:
        before = mask.sum()
        for turn in (0, 1):
            n = [np.roll(mask, move, (0, 1)) for move in AROUND]
            around = sum(x.astype(int) for x in n)
            changes = sum((~a & b).astype(int) for a, b in zip(n, n[1:] + n[:1], strict=True))
            up, right, down, left = n[0], n[2], n[4], n[6]
            one, other = (right & down, up) if turn == 0 else (up & left, right)
            free = ~(one & other) & ~(one & (left if turn == 0 else down))
            mask = mask & ~((around >= 2) & (around <= 6) & (changes == 1) & free)
        if mask.sum() == before:
            return mask[1:-1, 1:-1]


# ---- the photograph


def photograph(
    digit, rng, shape=None, share=(0.35, 0.7), middle=0.25, turn=3, width=None, paper=PAPER, pen=PEN,
    printed=None, above=None, light=None, grain=3, quality=88, broken=None,
):  # fmt: skip
    """A JPEG file's bytes. Lengths are shares of the shorter side.

    share   of the picture's shorter side that the digit's box takes, from … to
    middle  how far from the centre the digit may be, at most, of the free room
    turn    degrees to either side; printed and above draw on the sheet before and after the pen
    light   (h, w, rng) → (h, w), what the light is multiplied with; grain is the sensor's noise, quality the JPEG's
    """
    h, w = shape or [(600, 800), (800, 600), (480, 640), (540, 960), (640, 480)][rng.integers(5)]
    side = int(min(h, w) * rng.uniform(*share) * 1.4)  # a digit takes 20 of its 28 pixels
    ink = stroke(digit, side, width)
    if broken is not None:
        ink = broken(ink, rng)
    angle = rng.uniform(-turn, turn) if turn < 10 else turn * rng.choice((-1, 1))
    ink = ndimage.rotate(ink, angle, order=1, reshape=True)
    ink = cropped(np.clip(ink, 0, 1))
    sheet = np.ones((h, w, 3), np.float32) * np.array(paper, np.float32)
    if printed is not None:
        sheet = printed(sheet, rng)
    pen = np.array(pen) * rng.uniform(0.85, 1.1)
    free = np.array([h, w]) - ink.shape
    y, x = (free / 2 * (1 + rng.uniform(-middle, middle, 2))).clip(0, free).astype(int)
    part = np.s_[y : y + ink.shape[0], x : x + ink.shape[1]]
    sheet[part] = sheet[part] * (1 - ink[..., None]) + ink[..., None] * pen
    if above is not None:
        sheet = above(sheet, rng)
    if light is not None:
        sheet = sheet * light(*sheet.shape[:2], rng)[..., None]
    sheet = ndimage.gaussian_filter(sheet.astype(np.float32), (0.7, 0.7, 0), truncate=2)  # no lens is sharper
    sheet += grain * rng.standard_normal(sheet.shape, np.float32)
    file = io.BytesIO()
    Image.fromarray(sheet.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def cropped(ink):
    rows, columns = np.nonzero((ink > 0.3).any(axis=1))[0], np.nonzero((ink > 0.3).any(axis=0))[0]
    if len(rows) == 0:
        return ink[:1, :1]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _painted(sheet, paint, blur=0.0):
    """`paint(draw, w, h)` on a copy of the sheet."""
    picture = Image.fromarray(sheet.clip(0, 255).astype(np.uint8))
    paint(ImageDraw.Draw(picture), sheet.shape[1], sheet.shape[0])
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture, np.float32)


# ---- light: (h, w, rng) → (h, w)


def _across(h, w, rng):
    """0 … 1 across the picture in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    yy, xx = np.mgrid[0:h, 0:w]
    ramp = np.cos(angle) * xx + np.sin(angle) * yy
    return (ramp - ramp.min()) / np.ptp(ramp)


def falling(h, w, rng, low):
    return 1 - (1 - low) * _across(h, w, rng)


def hand(h, w, rng, depth=0.5):
    """The shadow of a hand or head over a part of the picture."""
    ramp = _across(h, w, rng)
    wave = 0.06 * np.sin(2 * np.pi * (_across(h, w, rng) * rng.uniform(1, 3)))
    return 1 - depth / (1 + np.exp(-(ramp + wave - rng.uniform(0.35, 0.65)) / rng.uniform(0.01, 0.06)))


def arm(h, w, rng, depth=0.45):
    """A band of shadow across the picture."""
    ramp, middle, half = _across(h, w, rng), rng.uniform(0.25, 0.75), rng.uniform(0.06, 0.15)
    return 1 - depth / (1 + np.exp((abs(ramp - middle) - half) / rng.uniform(0.008, 0.03)))


def vignette(h, w, rng, depth=0.65):
    yy, xx = np.mgrid[0:h, 0:w]
    return 1 - depth * (((yy / h - 0.5) ** 2 + (xx / w - 0.5) ** 2) * 2)


def lamp(h, w, rng):
    """A spot of light on one side."""
    yy, xx = np.mgrid[0:h, 0:w]
    y, x = rng.uniform(0.2, 0.8) * h, rng.uniform(0.2, 0.8) * w
    return 0.35 + 0.75 * np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / (0.5 * max(h, w)) ** 2)


# ---- what is printed on the paper


def lines(sheet, rng, pitch=0.075, colour=(150, 175, 215), width=2, rows=True, columns=False, tilt=1.5, margin=False):
    """Rulings or squares; pitch as a share of the shorter side, tilt in degrees at most."""
    h, w = sheet.shape[:2]
    step = pitch * min(h, w) * rng.uniform(0.85, 1.2)
    slope = np.tan(np.radians(rng.uniform(-tilt, tilt)))
    thick = max(1, round(width * min(h, w) / 600))

    def paint(draw, w, h):
        if rows:
            for y in np.arange(-0.2 * h + rng.uniform(0, step), 1.2 * h, step):
                draw.line([(0, y), (w, y + slope * w)], fill=colour, width=thick)
        if columns:
            for x in np.arange(-0.2 * w + rng.uniform(0, step), 1.2 * w, step):
                draw.line([(x, 0), (x - slope * h, h)], fill=colour, width=thick)
        if margin:
            x = w * (rng.uniform(0.08, 0.18) if rng.random() < 0.5 else rng.uniform(0.82, 0.92))
            draw.line([(x, 0), (x - slope * h, h)], fill=(215, 60, 70), width=thick + 1)

    return _painted(sheet, paint)


def squares(sheet, rng, pitch=0.05, **how):
    return lines(sheet, rng, pitch, columns=True, **how)


red_margin = partial(lines, rows=False, margin=True)


def frame(sheet, rng, colour=(60, 60, 60), round_=False):
    """A box round the place for the digit."""
    h, w = sheet.shape[:2]
    half = 0.47 * min(h, w)
    box = [w / 2 - half, h / 2 - half, w / 2 + half, h / 2 + half]
    thick = max(2, min(h, w) // 150)

    def paint(draw, w, h):
        (draw.ellipse if round_ else draw.rectangle)(box, outline=colour, width=thick)

    return _painted(sheet, paint)


def cells(sheet, rng):
    """A form with a box for each digit; ours goes into the middle one."""
    h, w = sheet.shape[:2]
    half, thick = 0.33 * min(h, w), max(2, min(h, w) // 200)

    def paint(draw, w, h):
        for k in range(-2, 3):
            draw.rectangle([w / 2 + (2 * k - 1) * half, h / 2 - half, w / 2 + (2 * k + 1) * half, h / 2 + half],
                           outline=(90, 90, 90), width=thick)  # fmt: skip

    return _painted(sheet, paint)


def text(sheet, rng):
    """Lines of print above and below."""
    h, w = sheet.shape[:2]
    size = 0.03 * min(h, w)

    def paint(draw, w, h):
        words = "Write one digit here, as large as you like, and send us a photograph of it."
        for y in (0.05 * h, 0.93 * h):
            draw.text((0.04 * w, y), words[: int(1.7 * w / size)], fill=(50, 50, 50), font_size=size)

    return _painted(sheet, paint)


# ---- what is on, beside or before the paper


def speck(sheet, rng, count=1, size=0.008):
    r = max(2, size * sheet.shape[1] / 2)

    def paint(draw, w, h):
        for _ in range(count):
            x, y = rng.uniform(0.03, 0.15) * w, rng.uniform(0.03, 0.97) * h
            if rng.random() < 0.5:
                x = w - x
            draw.ellipse([x - r, y - r, x + r, y + r], fill=(50, 50, 50))

    return _painted(sheet, paint)


def crumbs(sheet, rng, count=40):
    def paint(draw, w, h):
        for _ in range(count):
            x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.001, 0.004) * min(h, w)
            draw.ellipse([x - r, y - r, x + r, y + r], fill=tuple([int(rng.uniform(40, 140))] * 3))

    return _painted(sheet, paint)


def desk(sheet, rng, sides=1, colour=DESK, wood=False):
    """The desk shows at `sides` sides of the sheet; its edges are a little askew."""
    h, w = sheet.shape[:2]
    ground = np.ones_like(sheet) * np.array(colour, dtype=float)
    if wood:
        yy, xx = np.mgrid[0:h, 0:w]
        streaks = ndimage.gaussian_filter(rng.normal(0, 1, (h, w)), (1, 9))
        grain = np.sin(yy / h * 60 + 3 * np.sin(xx / w * 7)) + 6 * streaks
        ground *= 1 + 0.12 * grain[..., None]
    mask = Image.new("L", (w, h), 255)
    draw = ImageDraw.Draw(mask)
    for side in rng.permutation(4)[:sides]:
        a, b = rng.uniform(0.03, 0.11, 2)
        draw.polygon(
            [
                [(0, 0), (a * w, 0), (b * w, h), (0, h)],
                [(w, 0), (w - a * w, 0), (w - b * w, h), (w, h)],
                [(0, 0), (w, 0), (w, a * h), (0, b * h)],
                [(0, h), (w, h), (w, h - a * h), (0, h - b * h)],
            ][side],
            fill=0,
        )
    mask = np.asarray(mask, dtype=float)[..., None] / 255
    return sheet * mask + ground * (1 - mask)


def warped(sheet, rng, colour=DESK, strength=0.12):
    """The sheet seen askew, desk all round."""
    h, w = sheet.shape[:2]
    corners = np.array([(0, 0), (0, h), (w, h), (w, 0)], dtype=float)
    seen = corners + rng.uniform(-strength, strength / 3, (4, 2)) * (w, h) * np.sign(corners - (w / 2, h / 2))
    rows = []  # eight equations for the eight numbers that take `seen` to `corners`
    for (x, y), (u, v) in zip(seen, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    numbers = np.linalg.solve(np.array(rows), corners.flatten())
    picture = Image.fromarray(sheet.clip(0, 255).astype(np.uint8))
    how = {"resample": Image.Resampling.BICUBIC, "fillcolor": colour}
    return np.asarray(picture.transform((w, h), Image.Transform.PERSPECTIVE, numbers, **how), dtype=float)


def note(sheet, rng, colour=(250, 225, 90), ground=(225, 222, 215)):
    """A sticky note on a pale desk: what is written on it lies within."""
    h, w = sheet.shape[:2]
    mask = Image.new("L", (w, h), 0)
    a = rng.uniform(0.02, 0.12, 8)
    corners = [(a[0], a[1]), (1 - a[2], a[3]), (1 - a[4], 1 - a[5]), (a[6], 1 - a[7])]
    ImageDraw.Draw(mask).polygon([(x * w, y * h) for x, y in corners], fill=255)
    mask = np.asarray(mask, dtype=float)[..., None] / 255
    on_note = sheet * np.array(colour) / np.array(PAPER)
    return on_note * mask + (1 - mask) * np.array(ground)


def finger(sheet, rng):
    """A finger holds the sheet at a corner."""
    h, w = sheet.shape[:2]
    x, y = rng.choice((0, 1)) * w, rng.choice((0, 1)) * h
    mask = Image.new("L", (w, h), 0)
    long, wide = 0.3 * min(h, w), 0.07 * min(h, w)
    towards = np.array([w / 2 - x, h / 2 - y]) / np.hypot(w / 2 - x, h / 2 - y)
    ImageDraw.Draw(mask).line([(x, y), (x + towards[0] * long, y + towards[1] * long)], fill=255, width=int(2 * wide))
    tip = (x + towards[0] * long, y + towards[1] * long)
    ImageDraw.Draw(mask).ellipse([tip[0] - wide, tip[1] - wide, tip[0] + wide, tip[1] + wide], fill=255)
    mask = ndimage.gaussian_filter(np.asarray(mask, dtype=float) / 255, 2)[..., None]
    shadow = ndimage.gaussian_filter(ndimage.shift(mask, (wide / 3, wide / 3, 0), order=0), (wide / 4, wide / 4, 0))
    return sheet * (1 - 0.4 * shadow * (1 - mask)) * (1 - mask) + mask * np.array((200, 150, 125))


def dust(sheet, rng):
    """What a sponge leaves on a blackboard: pale smears and grains of chalk."""
    h, w = sheet.shape[:2]
    smear = ndimage.gaussian_filter(rng.normal(0, 1, (h, w)), (h / 60, w / 6))
    grains = ndimage.gaussian_filter((rng.random((h, w)) > 0.9993) * 1.0, 0.8) * 6
    return sheet + (14 * smear / smear.std() + 60 * grains.clip(0, 1))[..., None]


def chalk(ink, rng):
    """Chalk skips over the board's pores."""
    pores = ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), 1.2)
    return ink * (pores > -0.9 * pores.std())


def gaps(ink, rng):
    """The pen failed twice: the stroke is interrupted by half its own width."""
    ink = ink.copy()
    rows, columns = np.nonzero(ink > 0.5)
    far = ndimage.distance_transform_edt(ink > 0.5)
    stroke = 4 * far[ink > 0.5].mean()
    for n in rng.integers(0, len(rows), 2):
        yy, xx = np.mgrid[0 : ink.shape[0], 0 : ink.shape[1]]
        angle = rng.uniform(0, np.pi)
        across = abs(np.cos(angle) * (xx - columns[n]) + np.sin(angle) * (yy - rows[n]))
        near = np.hypot(yy - rows[n], xx - columns[n]) < 2 * stroke
        ink[(across < 0.25 * stroke) & near] = 0
    return ink


NUISANCES = {
    "plain": photograph,
    # named by the people who use it
    "light to 50 %": partial(photograph, light=partial(falling, low=0.5)),
    "light to 30 %": partial(photograph, light=partial(falling, low=0.3)),
    "hand's shadow": partial(photograph, light=hand),
    "vignette": partial(photograph, light=vignette),
    "noise": partial(photograph, grain=25),
    "pencil": partial(photograph, pen=PENCIL),
    "blue": partial(photograph, pen=BLUE),
    "off-centre": partial(photograph, share=(0.2, 0.35), middle=0.95),
    "small": partial(photograph, share=(0.07, 0.12)),
    "large": partial(photograph, share=(0.85, 0.95), turn=0),
    "15° turned": partial(photograph, turn=15),
    "thin": partial(photograph, width=1 / 30),
    "thick": partial(photograph, width=1 / 5),
    "speck": partial(photograph, above=speck),
    "desk on one side": partial(photograph, above=desk),
    "desk all round": partial(photograph, above=partial(desk, sides=4), share=(0.35, 0.6)),
    "ruled": partial(photograph, printed=lines),
    "squared": partial(photograph, printed=squares),
    "red margin": partial(photograph, printed=red_margin, share=(0.35, 0.6)),
    "frame": partial(photograph, printed=frame, share=(0.35, 0.55)),
    # their relatives
    "arm's shadow": partial(photograph, light=arm),
    "lamp": partial(photograph, light=lamp),
    "thin pencil": partial(photograph, pen=PENCIL, width=1 / 25),
    "red on green": partial(photograph, pen=(200, 30, 30), paper=(60, 120, 70)),
    "crumbs": partial(photograph, above=crumbs),
    "gaps": partial(photograph, broken=gaps),
    "dark ruling": partial(photograph, printed=partial(lines, pitch=0.1, colour=(100, 105, 120), width=2)),
    "dark squares, pencil": partial(photograph, pen=PENCIL, printed=partial(squares, pitch=0.08, colour=GREY_BLUE)),
    "ruled, turned": partial(photograph, printed=partial(lines, tilt=12, colour=(110, 140, 200))),
    "form": partial(photograph, printed=cells, share=(0.3, 0.45), middle=0.05),
    "ring": partial(photograph, printed=partial(frame, round_=True), share=(0.3, 0.5), middle=0.05),
    "print near": partial(photograph, printed=text, share=(0.35, 0.55)),
    "finger": partial(photograph, above=finger, share=(0.35, 0.55)),
    "askew": partial(photograph, above=warped, share=(0.35, 0.5)),
    "wooden desk": partial(photograph, above=partial(desk, sides=3, wood=True), share=(0.35, 0.55)),
    "sticky note": partial(photograph, above=note, share=(0.3, 0.5)),
    "blackboard": partial(photograph, paper=(52, 66, 58), pen=(215, 215, 205), printed=dust, broken=chalk),
    "light on dark": partial(photograph, paper=(20, 20, 25), pen=(225, 225, 225)),
    # several at once
    "desk, light to 50 %": partial(photograph, above=desk, light=partial(falling, low=0.5), share=(0.35, 0.55)),
    "squared, askew, hand": partial(photograph, printed=squares, above=warped, light=hand, share=(0.35, 0.5)),
    "margin, desk, thin": partial(photograph, width=1 / 25, printed=red_margin, above=desk, share=(0.35, 0.5)),
}  # fmt: skip


# ---- no digit, or more than one


def empty(digit, rng, **how):
    return photograph(np.zeros((28, 28)), rng, **how)


def pair(digits, rng, stacked=False, gap=0.15, **how):
    """Two digits (2, 28, 28), side by side or one above the other, on one picture."""
    one, other = (np.pad(cropped(digits[k]), 1) for k in (0, 1))
    if stacked:
        one, other = one.T, other.T
    h = max(len(one), len(other))
    room = np.zeros((h, max(1, round(gap * 20))))
    middle = [np.pad(d, (((h - len(d)) // 2, h - len(d) - (h - len(d)) // 2), (0, 0))) for d in (one, other)]
    both_ = np.concatenate([middle[0], room, middle[1]], axis=1)
    side = max(both_.shape)
    both_ = np.pad(both_, [((side - n) // 2, side - n - (side - n) // 2) for n in both_.shape])
    both_ = Image.fromarray((255 * (both_.T if stacked else both_)).astype(np.uint8)).resize((112, 112))
    both_ = np.asarray(both_, float) / 255
    return photograph(both_, rng, **how)


EMPTY = {
    "blank": empty,
    "blank, light to 30 %": partial(empty, light=partial(falling, low=0.3)),
    "blank, hand": partial(empty, light=hand),
    "blank, noise": partial(empty, grain=25),
    "blank, ruled": partial(empty, printed=partial(lines, margin=True)),
    "blank, squared": partial(empty, printed=squares),
    "blank, desk": partial(empty, above=partial(desk, sides=2)),
    "blank, askew": partial(empty, above=warped),
    "blank, crumbs": partial(empty, above=crumbs),
    "blank, blackboard": partial(empty, paper=(52, 66, 58), printed=dust),
    "blank, print": partial(empty, printed=text),
    "blank, frame": partial(empty, printed=frame),
}
SEVERAL = {
    "two, side by side": partial(pair, share=(0.5, 0.7)),
    "two, close": partial(pair, gap=0.05, share=(0.5, 0.7)),
    "two, far": partial(pair, gap=0.8, share=(0.6, 0.7)),
    "two, stacked": partial(pair, stacked=True, share=(0.5, 0.7)),
    "two, shadow": partial(pair, share=(0.5, 0.7), light=hand),
    "two, ruled": partial(pair, share=(0.5, 0.7), printed=lines),
}
