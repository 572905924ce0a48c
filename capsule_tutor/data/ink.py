"""The ink of one handwritten digit on a photograph: what was written, and what is paper, shadow, ruling or desk.

All is measured on a copy whose longer side has SIDE pixels. Contrast is the ink's distance from the paper around it,
as a share of the paper's brightness: a shadow that halves the light halves both, and the share stays.
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from torch import Tensor, from_numpy
from torch.nn.functional import interpolate

from capsule_tutor.data.splits import DataError

SIDE = 320  # pixels: a pen's stroke keeps two or three of them, and all below takes a tenth of a second
WINDOWS = (1 / 8, 1 / 3)  # of the longer side: wider than most strokes, and wider than the thickest
FAINTEST = 0.06  # contrast: less is the paper's grain
ALL = np.ones((3, 3), bool)  # neighbours across corners count
STRAIGHT = np.radians([*np.arange(-20, 20, 0.5), *np.arange(70, 110, 0.5)])  # the directions that ruling has

Box = tuple[slice, slice]


class Look(NamedTuple):
    """The picture with its light taken out, (h, w) each: for ink that is darker than its paper, or for lighter.

    contrast  what stands out from the paper around it
    outside   where the paper ends: the picture's border, and where the ground's brightness jumps
    plane     the picture itself, on contrast's scale
    lines     where a long thin straight line runs: ruling, margin, crease
    """

    contrast: np.ndarray
    outside: np.ndarray
    plane: np.ndarray
    lines: np.ndarray


class Part(NamedTuple):
    """What stands out in one piece: its box, its pixels within the box, their contrast."""

    box: Box
    mask: np.ndarray
    strength: float  # the contrast that a quarter of its pixels exceed
    amount: float  # the sum of its contrast

    @property
    def height(self) -> int:
        return self.mask.shape[0]

    @property
    def size(self) -> int:
        return max(self.mask.shape)


class Digit(NamedTuple):
    """What may be a digit: its pixels (h, w) among the picture's contrast, its box, and whether there is another."""

    contrast: np.ndarray
    mask: np.ndarray
    box: Box
    several: bool

    @property
    def weight(self) -> float:
        """Its size in pixels, less where it is pale."""
        return self.mask.sum() * min(1, _upper(self.contrast[self.mask]))


def find_ink(picture: Tensor) -> Tensor:
    """One digit's ink from 0 to 1, somewhere in (h, w) of this function's choice. picture (h, w, c), brightness from 0

    Raises DataError where there is no digit, or more than one.
    """
    if not picture.numel():
        raise DataError(
            f"the picture of {picture.shape[0]}×{picture.shape[1]} pixels is empty; choose one with a digit"
        )
    small = _fitted(picture)
    if not (found := _found(small)):
        return from_numpy(_cropped(small))
    ink, box = found
    size, scale = max(side.stop - side.start for side in box), max(picture.shape[:2]) / max(small.shape[:2])
    if size < 0.3 * SIDE and scale > 1:  # look closer at a small digit: at a part of the picture that it fills
        margin = 0.7 * size
        part = (slice(max(0, int((s.start - margin) * scale)), int((s.stop + margin) * scale)) for s in box)
        with contextlib.suppress(DataError):  # if it cannot be told from paper without more of the paper
            ink, _ = _found(_fitted(picture[tuple(part)])) or found
    return from_numpy(ink)


def _fitted(picture: Tensor) -> np.ndarray:
    """(h, w, c) with about SIDE pixels on its longer side: means of many, or each one repeated."""
    longer = max(picture.shape[:2])
    if longer <= SIDE:
        return picture.repeat_interleave(SIDE // longer, 0).repeat_interleave(SIDE // longer, 1).numpy()
    size = [max(1, round(side * SIDE / longer)) for side in picture.shape[:2]]
    return interpolate(picture.permute(2, 0, 1)[None], size=size, mode="area")[0].permute(1, 2, 0).numpy()


def _cropped(picture: np.ndarray) -> np.ndarray:
    """A digit's ink from 0 to 1, (h, w), where the picture (h, w, c) was cropped so that it touches the border."""
    nothing = DataError("there is nothing on the paper; the picture needs a digit, darker or lighter than its ground")
    sides = picture[0], picture[-1], picture[:, 0], picture[:, -1]  # (n, c) each
    paper = np.median(np.concatenate(sides), axis=0)
    if any((abs(side - paper).max(axis=1) > 0.15 * picture.max()).mean() > 0.97 for side in sides):
        raise nothing  # what lies along a whole side is a desk
    h, w, _ = picture.shape
    margin = max(h, w) // 5
    sheet = np.tile(paper.astype(picture.dtype), (h + 2 * margin, w + 2 * margin, 1))
    sheet[margin:-margin, margin:-margin] = picture
    found = _found(sheet)
    # Nobody crops to less: what is small comes in from outside, as a finger.
    if not found or max(side.stop - side.start for side in found[1]) < 0.6 * min(h, w):
        raise nothing
    return found[0]


def _found(picture: np.ndarray) -> tuple[np.ndarray, Box] | None:
    """A digit's ink from 0 to 1, (h, w), and the box that it fills. picture (h, w, c), SIDE pixels long"""
    picture = picture / max(ndimage.uniform_filter(picture, (3, 3, 1)).max(), 1e-6)
    dark, light = (_digit(picture, dark) for dark in (True, False))
    if not dark and not light:
        return None
    best = dark or light
    # The hole of a dark 0 is a light thing, and that of a light 0 a dark one: the ink is what lies around.
    if dark and light and (_encloses(light, dark) or (not _encloses(dark, light) and light.weight > dark.weight)):
        best = light
    if best.several:
        raise DataError("there are two or more digits in the picture; show one alone")
    # The rim of a stroke has less than half of its ink, so it lies just outside of the mask.
    ink = best.contrast * ndimage.binary_dilation(best.mask, ALL) / _upper(best.contrast[best.mask])
    # Below a third of full ink lie shadows and grains; MNIST's strokes fade over a pixel or two, no more.
    return ((ink - 0.3) / 0.5).clip(0, 1), best.box


def _digit(picture: np.ndarray, dark: bool) -> Digit | None:
    """What may be a digit in ink that is darker, or lighter, than its paper."""
    narrow, wide = (_seen(_look(picture, max(3, int(w * max(picture.shape)) | 1), dark)) for w in WINDOWS)
    if not narrow or not wide:
        return _together(*(narrow or wide)) if narrow or wide else None
    # The narrow window tells ink from shadows. But of a stroke that is wider than itself it shows ends and corners
    # alone, paler than they are; and what is as strong and larger is not in shadow.
    (_, part, _), (look, larger, _) = narrow, wide
    too_narrow = _upper(look.contrast[part.box][part.mask]) > 2 * part.strength
    better = too_narrow or (larger.amount > 1.5 * part.amount and larger.strength > 0.7 * part.strength)
    return _together(*(wide if better else narrow))


def _seen(whole: Look) -> tuple[Look, Part, list[Part]] | None:
    """A look, the main part of the digit that it shows, and all parts."""
    # Only where ruling is as dark as the pen must it go first, for the digit's own thin strokes suffer, too.
    for look in (whole, _without_lines(whole)):
        parts = list(_parts(look))
        if main := _main(parts, look):
            return look, main, parts
    return None


def _look(picture: np.ndarray, window: int, dark: bool) -> Look:
    """Take the light out of a picture (h, w, 3). `window` is odd, in pixels.

    The ground is the morphological closing (for light ink the opening): it fills whatever is narrower than the window
    and leaves slopes, sharp edges of shadows and convex sheets of paper as they are.
    """
    # Any colour of ink takes some primary colour from white paper, any colour of chalk adds some to the board.
    plane = ndimage.gaussian_filter(picture.min(axis=2) if dark else picture.max(axis=2), 0.7)
    first, second = ndimage.maximum_filter, ndimage.minimum_filter
    if not dark:
        first, second = second, first
    half = window // 2
    wide = np.pad(plane, half, mode="edge")  # a desk at the border goes on outside, and so it is wide
    ground = second(first(wide, window, mode="nearest"), window, mode="nearest")[half:-half, half:-half]
    scale = ground + 0.1  # in the dark, noise would be contrast
    contrast = (ground - plane if dark else plane - ground) / scale
    contrast -= np.median(contrast)  # most of a picture is paper; noise lifts its closing
    outside = _change(ground, 2) > 0.3 * (ndimage.maximum_filter(ground, 5) + 0.1)  # no soft shadow falls that fast
    outside[[0, -1]] = outside[:, [0, -1]] = True
    return Look(contrast, outside, plane / scale, _lines(contrast))


def _change(plane: np.ndarray, reach: int) -> np.ndarray:
    """How much the values differ within `reach` pixels of each pixel."""
    return ndimage.maximum_filter(plane, 2 * reach + 1) - ndimage.minimum_filter(plane, 2 * reach + 1)


def _lowest(contrast: np.ndarray) -> float:
    """The contrast from which something may stand out: six standard deviations of the noise, robustly."""
    return max(FAINTEST, 6 * 1.4826 * float(np.median(abs(contrast))))


def _upper(values: np.ndarray) -> float:
    """The third quartile: full ink, whatever the soft rims of strokes and the pores of chalk."""
    place = int(0.75 * (len(values) - 1))
    return float(np.partition(values, place)[place])


# ---- lines: Hough's transform of what is thin


def _lines(contrast: np.ndarray) -> np.ndarray:
    """Where thin straight lines run that are longer than half of the picture's shorter side, (h, w) bool."""
    h, w = contrast.shape
    stands_out = contrast > _lowest(contrast)
    thin = stands_out & (ndimage.grey_opening(stands_out.astype(np.uint8), 6) == 0)  # no square of six fits in
    y, x = np.nonzero(thin)
    on = np.zeros(len(y), bool)
    for angle in STRAIGHT:
        # How far each pixel lies from the line through the corner: those of one line all have one distance.
        far = (y * np.cos(angle) - x * np.sin(angle) + h + w).round().astype(int)
        count = np.bincount(far, minlength=2 * (h + w))
        long = count[1:] + count[:-1] > 0.5 * min(h, w)  # half of a line may fall to the next distance
        on |= (np.append(long, False) | np.append(False, long))[far]
    lines = np.zeros((h, w), bool)
    lines[y[on], x[on]] = True
    return ndimage.binary_dilation(lines, ALL)


def _without_lines(look: Look) -> Look:
    """Where lines run, only what is wider than they stays, as a stroke that crosses one."""
    return look._replace(contrast=np.where(look.lines, ndimage.grey_opening(look.contrast, (6, 6)), look.contrast))


# ---- parts


def _parts(look: Look) -> Iterator[Part]:
    """All that stands out in one piece and is not joined to the outside.

    What hangs together with the outside is tried again with a higher threshold, until a part comes off or nothing is
    left: so a digit leaves its paler ruling behind.
    """
    contrast = look.contrast

    def descend(box: Box, mask: np.ndarray, level: float, joined: float) -> Iterator[Part]:
        """`joined`: the last level at which this was one with the outside."""
        for own_box, own in _pieces(mask, box):
            values, higher = contrast[own_box], 1.25 * level
            if (own & look.outside[own_box]).any():
                yield from descend(own_box, own & (values > higher), higher, level)
                continue
            # Half of its own ink, a little less for pale spots: shadows and rulings that hang on it fall off.
            for part_box, part in _pieces(own & (values > 0.45 * _upper(values[own])), own_box):
                inside = contrast[part_box][part]
                made = Part(part_box, part, _upper(inside), float(inside.sum()))
                # A ruling that noise has cut in pieces is hardly stronger than where it was whole; and ruling it is.
                if made.strength > 1.5 * joined and look.lines[part_box][part].mean() < 0.5:
                    yield made

    level = _lowest(contrast)
    yield from descend((slice(0, None), slice(0, None)), contrast > level, level, 0)


def _pieces(mask: np.ndarray, box: Box) -> Iterator[tuple[Box, np.ndarray]]:
    """The connected pieces of a mask that lies in `box`, each with its own box; without those of a few pixels."""
    labels, _ = ndimage.label(mask, ALL)
    for n, place in enumerate(ndimage.find_objects(labels), 1):
        piece = labels[place] == n
        if max(piece.shape) > 4 and piece.sum() > 4:
            start = [slice(b.start + p.start, b.start + p.stop) for b, p in zip(box, place, strict=True)]
            yield tuple(start), piece


def _main(parts: list[Part], look: Look) -> Part | None:
    """The largest part that a person can have written as a digit."""
    least = 0.03 * max(look.contrast.shape)  # a digit of fewer pixels is a speck
    # No digit of MNIST is wider than twice its height; words are.
    kept = [part for part in parts if part.height > least and part.mask.shape[1] <= 2 * part.height]
    kept = [part for part in kept if _written(part, look)]
    # What holds another such part is a frame or a ring round it.
    kept = [part for part in kept if not any(_frames(part, other) for other in kept)]
    # Among parts of similar size, the pale ones are stains.
    large = max((part.size for part in kept), default=0)
    strongest = max((part.strength for part in kept if part.size > 0.4 * large), default=0)
    return max((p for p in kept if p.strength > 0.5 * strongest), key=lambda p: p.amount, default=None)


def _written(part: Part, look: Look) -> bool:
    """Whether the part has what strokes of a pen have, and no desk, finger, stain or shadow."""
    stroke = 2 * ndimage.distance_transform_edt(np.pad(part.mask, 1)).max()
    return (
        part.strength > 2 * FAINTEST
        and stroke < 0.6 * part.size  # of 1,000 MNIST digits, one is more of a blob than that
        and _sharp(part, look, max(3, int(stroke / 6))) > 0.75  # out of focus, thick strokes have wide rims
        and _alone(part, look) > 0.6
    )


def _sharp(part: Part, look: Look, reach: int) -> float:
    """The share of the part's outline where the picture has an edge no wider than `reach` pixels: a shadow has none."""
    whole = ndimage.binary_closing(np.pad(part.mask, 2), ALL)  # the pores of chalk are no outline
    outline = (whole & ~ndimage.binary_erosion(whole, ALL))[2:-2, 2:-2] & part.mask
    rows, columns = part.box
    top, left = max(0, rows.start - reach), max(0, columns.start - reach)  # what lies around has its say in the edges
    change = _change(look.plane[top : rows.stop + reach, left : columns.stop + reach], reach)
    own = change[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return (own[outline] > 0.5 * part.strength).mean()


def _alone(part: Part, look: Look) -> float:
    """The share of a rectangle around the part that is paper: a hole in something has none around."""
    h, w = look.contrast.shape
    margin = max(3, round(0.12 * part.size))
    rows, columns = part.box
    top, bottom, left, right = rows.start - margin, rows.stop + margin, columns.start - margin, columns.stop + margin
    down, across = slice(max(top, 0), bottom), slice(max(left, 0), right)
    sides = [look.contrast[y, across] for y in (top, bottom) if 0 <= y < h]
    sides += [look.contrast[down, x] for x in (left, right) if 0 <= x < w]
    return (np.concatenate([*sides, [0]]) < 0.4 * part.strength).mean()


def _encloses(one: Part | Digit, other: Part | Digit) -> bool:
    return all(a.start <= b.start and b.stop <= a.stop for a, b in zip(one.box, other.box, strict=True))


def _frames(part: Part, other: Part) -> bool:
    """Whether `part` is a frame round `other`, which is no speck in the hole of a 0."""
    substantial = (
        other.size > 0.2 * part.size and other.amount > 0.1 * part.amount and other.strength > 0.5 * part.strength
    )
    return substantial and other is not part and _encloses(part, other)


# ---- one digit, or two


def _together(look: Look, main: Part, parts: list[Part]) -> Digit:
    """The digit of which `main` is one part."""
    mask = np.zeros(look.contrast.shape, bool)
    mask[main.box] |= main.mask
    rest = [part for part in parts if part is not main and part.strength > 0.5 * main.strength]
    rest = [part for part in rest if not _encloses(part, main)]
    # Where a pen or a lens was weak, a quarter of the ink may hold a digit together.
    pale, _ = ndimage.label(look.contrast > 0.25 * main.strength, ALL)
    joined = True
    while joined:
        far = ndimage.distance_transform_edt(~mask) - 1  # from what belongs to the digit already
        linked = np.isin(pale, pale[mask])
        joined = [p for p in rest if _belongs(p, main, far[p.box][p.mask].min(), linked[p.box][p.mask].any())]
        for part in joined:
            mask[part.box] |= part.mask
        rest = [part for part in rest if not any(part is other for other in joined)]
    several = any(_equal(part, main) and _written(part, look) for part in rest)
    return Digit(look.contrast, mask, ndimage.find_objects(mask.astype(int))[0], several)


def _equal(part: Part, main: Part) -> bool:
    """Whether the part could as well be the digit that was meant."""
    return part.size > 0.5 * main.size and part.amount > 0.25 * main.amount and part.strength > 0.6 * main.strength


def _belongs(part: Part, main: Part, gap: float, linked: bool) -> bool:
    """Whether the part, `gap` pixels away, is one more piece of the digit. `linked`: pale ink leads there.

    In MNIST the pieces of one digit lie within 8 % of its size, as in a 4 of two strokes; only bars lie farther away,
    up to 20 %, as that of a 5. Two digits that are written side by side keep a larger distance, and they are thinner.
    """
    boxes = zip(part.box, main.box, strict=True)
    size = max(max(a.stop, b.stop) - min(a.start, b.start) for a, b in boxes)
    bar = part.height < 0.5 * main.height and part.amount > 0.05 * main.amount
    reach = 0.2 if bar else 0.12 if linked else 0.08
    return gap < reach * size or gap < 0.5 * min(_stroke(part), _stroke(main))


def _stroke(part: Part) -> float:
    """The strokes' width: in a ribbon, the pixels' mean distance from its rims is a quarter of its width."""
    return 4 * ndimage.distance_transform_edt(np.pad(part.mask, 1))[1:-1, 1:-1][part.mask].mean()
