"""Write `iou(a, b, threshold=0.5)`: how well do two pictures agree about where the ink is? A pixel has ink where it is
brighter than `threshold`. Of the pixels that have ink in a or in b, give the share that have it in both: intersection
over union. a and b (n, 1, h, w) → (n,). Where neither has any ink the two agree: 1."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 6, "difficulty": 2, "importance": 4}
HINTS = (
    "Two masks first, of bools. Then two counts for every picture, and a quotient.",
    "`&` is “and”, `|` is “or” for tensors of bools. Flatten each picture and count along axis 1. Where the union is "
    "empty, there is 0/0.",
    "`a, b = a.flatten(1) > threshold, ...`; `both = (a & b).sum(dim=1)`; `either = ...`; "
    "`torch.where(either > 0, both / either, ...)`.",
)
AXES = ("n",)
GRADIENT = False


def iou(a: Tensor, b: Tensor, threshold: float = 0.5) -> Tensor:
    """Intersection over union of the inked pixels. a, b (n, 1, h, w) → (n,), 1 where both are empty"""
    a, b = a.flatten(1) > threshold, b.flatten(1) > threshold
    both, either = (a & b).sum(dim=1), (a | b).sum(dim=1)
    # IoU = |A ∩ B| / |A ∪ B|
    return torch.where(either > 0, both / either.clamp(min=1), 1.0)


reference = iou


def oracle(a, b, threshold=0.5):
    shares = []
    for one, other in zip(a.flatten(1).tolist(), b.flatten(1).tolist(), strict=True):
        inked = [(x > threshold, y > threshold) for x, y in zip(one, other, strict=True)]
        both, either = sum(x and y for x, y in inked), sum(x or y for x, y in inked)
        shares.append(both / either if either else 1.0)
    return torch.tensor(shares)


def cases():
    a, b = uniform(6, 1, 5, 7), uniform(6, 1, 5, 7, seed=1)
    part = torch.zeros(1, 1, 4, 6)
    part[..., :2, :3] = 0.9
    whole = torch.zeros(1, 1, 4, 6)
    whole[..., :3, :4], whole[..., 0, 1:3] = 0.75, 1.0
    empty = torch.zeros(2, 1, 3, 4)
    return [
        case("six pictures of 5×7 pixels", a, b),
        case("a digit inside a larger one", part, whole),
        case("a larger one around a digit", whole, part),
        case("another threshold", a, b, threshold=0.2),
        case("pictures that do not meet", part, part.flip(2, 3)),
        case("pixels that are exactly as bright as the threshold", whole, whole.flip(3), threshold=0.75),
        case("empty pictures", empty, empty),
        case("an empty picture and one with ink", part * 0, part),
        case("a picture with ink and an empty one", part, part * 0),
        case("a picture and itself", b[:2], b[:2]),
    ]


def _a_share(item, value):
    strange = value[~((value >= 0) & (value <= 1 + 1e-6))]
    return f"an IoU is {strange[0].item():.4g}; it is a share, from 0 to 1." if len(strange) else None


properties = (_a_share,)


def _masks(a: Tensor, b: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    return a.flatten(1) > threshold, b.flatten(1) > threshold


def _counts(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Of two masks, how many pixels are in both, and how many in either."""
    return (a & b).sum(1), (a | b).sum(1)


def _over(both: Tensor, below: Tensor) -> Tensor:
    return torch.where(below > 0, both / below.clamp(min=1), 1.0)


class right:
    def in_a_loop(a, b, threshold):
        shares = []
        for one, other in zip(a > threshold, b > threshold, strict=True):
            either = (one | other).sum().item()
            shares.append((one & other).sum().item() / either if either else 1.0)
        return torch.tensor(shares)

    def by_minimum_and_maximum(a, b, threshold):
        a, b = (a > threshold).float().flatten(1), (b > threshold).float().flatten(1)
        both, either = torch.minimum(a, b).sum(1), torch.maximum(a, b).sum(1)
        return (both / either).nan_to_num(1.0)

    def by_counts(a, b, threshold):
        a, b = _masks(a, b, threshold)
        both = (a & b).sum(1)
        return _over(both, a.sum(1) + b.sum(1) - both)


class wrong:
    def dice(a, b, threshold):
        """This is 2|A ∩ B| / (|A| + |B|), the Dice coefficient. It has its uses, but it is larger: divide the
        intersection by the union."""
        a, b = _masks(a, b, threshold)
        return _over(2 * (a & b).sum(1), a.sum(1) + b.sum(1))

    def union_counted_twice(a, b, threshold):
        """You divided by |A| + |B|, where a pixel with ink in both counts twice, so two equal pictures get ½. In the
        union A ∪ B it counts once."""
        a, b = _masks(a, b, threshold)
        return _over((a & b).sum(1), a.sum(1) + b.sum(1))

    def divided_by_the_exclusive_or(a, b, threshold):
        """You divided by the pixels with ink in exactly one of the two, which `^` and `!=` give. The union has those
        with ink in both as well: `|`."""
        a, b = _masks(a, b, threshold)
        return _over((a & b).sum(1), (a ^ b).sum(1))

    def share_of_the_first(a, b, threshold):
        """You divided by the ink of a alone. Then a tiny a inside a large b is perfect: divide by what has ink in a OR
        in b."""
        a, b = _masks(a, b, threshold)
        return _over((a & b).sum(1), a.sum(1))

    def share_of_the_second(a, b, threshold):
        """You divided by the ink of b alone. Then an a that is black all over is perfect: divide by what has ink in a
        OR in b."""
        a, b = _masks(a, b, threshold)
        return _over((a & b).sum(1), b.sum(1))

    def paper_counts_too(a, b, threshold):
        """You count the empty paper as agreement. It is most of the picture, and so everything looks alike: only pixels
        with ink in a or in b count."""
        a, b = _masks(a, b, threshold)
        return (a == b).float().mean(dim=1)

    def divided_by_all_pixels(a, b, threshold):
        """You divided by the number of pixels. Divide by the pixels with ink in a or in b."""
        a, b = _masks(a, b, threshold)
        return (a & b).float().mean(dim=1)

    def not_thresholded(a, b, threshold):
        """You took the grey values themselves. It is a question of where there is ink: compare with `threshold`
        first."""
        both, either = torch.minimum(a, b).flatten(1).sum(1), torch.maximum(a, b).flatten(1).sum(1)
        return torch.where(either > 0, both / either.clamp(min=1e-9), 1.0)

    def soft_product(a, b, threshold):
        """You multiplied grey values, a soft IoU. It is a question of where there is ink: compare with `threshold`
        first."""
        a, b = a.flatten(1), b.flatten(1)
        both = (a * b).sum(1)
        return _over(both, a.sum(1) + b.sum(1) - both)

    def as_bright_as_the_threshold(a, b, threshold):
        """You took `>=`. A pixel has ink where it is brighter than the threshold: `>`."""
        a, b = a.flatten(1) >= threshold, b.flatten(1) >= threshold
        return _over((a & b).sum(1), (a | b).sum(1))

    def smoothed(a, b, threshold):
        """You added 1 above and below, to avoid 0/0. That is done in losses, but it makes every share a little too
        large: look for the empty union itself."""
        a, b = _masks(a, b, threshold)
        return ((a & b).sum(1) + 1) / ((a | b).sum(1) + 1)

    def threshold_typed_in(a, b, threshold):
        """You typed in 0.5. Use `threshold`."""
        return iou(a, b)

    def threshold_for_a_alone(a, b, threshold):
        """Your threshold reaches a alone: in b you take every pixel that is brighter than 0. Compare both with
        `threshold`."""
        return _over(*_counts(a.flatten(1) > threshold, b.flatten(1) > 0))

    def threshold_for_b_alone(a, b, threshold):
        """Your threshold reaches b alone: in a you take every pixel that is brighter than 0. Compare both with
        `threshold`."""
        return _over(*_counts(a.flatten(1) > 0, b.flatten(1) > threshold))

    def nan_where_empty(a, b, threshold):
        """Two empty pictures give 0/0, and NaN spoils every mean after it. They agree: 1."""
        a, b = _masks(a, b, threshold)
        return (a & b).sum(1) / (a | b).sum(1)

    def zero_where_empty(a, b, threshold):
        """You give two empty pictures 0. Neither has ink, so they agree about it: 1."""
        a, b = _masks(a, b, threshold)
        return (a & b).sum(1) / (a | b).sum(1).clamp(min=1)

    def almost_one_over_the_union(a, b, threshold):
        """You added 1 to the union, to avoid 0/0. It makes every share a little too small, and gives two empty pictures
        0: look for the empty union itself."""
        a, b = _masks(a, b, threshold)
        return (a & b).sum(1) / ((a | b).sum(1) + 1)

    def one_number(a, b, threshold):
        """You counted over the whole batch. Each pair of pictures has an IoU of its own: flatten from axis 1, sum along
        axis 1."""
        a, b = a > threshold, b > threshold
        return _over((a & b).sum(), (a | b).sum())

    def one_number_or_nan(a, b, threshold):
        """You counted the ink of the whole batch together. Give each pair of pictures its own IoU: flatten from axis 1,
        and sum along axis 1. Then look after the pairs without ink, where it is 0/0."""
        a, b = a > threshold, b > threshold
        return (a & b).sum() / (a | b).sum()

    def brackets_forgotten(a, b, threshold):
        """`&` binds more tightly than `>`, so Python reads `a > (threshold & b) > threshold`. Put each comparison in
        brackets: `(a > threshold) & (b > threshold)`."""
        a, b = a.flatten(1), b.flatten(1)
        return (a > threshold & b > threshold).sum(dim=1)  # which raises

    def one_where_a_is_empty(a, b, threshold):
        """You give 1 wherever a has no ink. The two agree if b has none, either: ask whether the union is empty."""
        a, b = _masks(a, b, threshold)
        return torch.where(a.any(dim=1), (a & b).sum(1) / (a | b).sum(1).clamp(min=1), 1.0)

    def one_where_b_is_empty(a, b, threshold):
        """You give 1 wherever b has no ink. The two agree if a has none, either: ask whether the union is empty."""
        a, b = _masks(a, b, threshold)
        return torch.where(b.any(dim=1), (a & b).sum(1) / (a | b).sum(1).clamp(min=1), 1.0)

    def one_where_they_do_not_meet(a, b, threshold):
        """You give 1 wherever no pixel has ink in both. Two digits that do not meet agree nowhere, 0; 1 is for two
        empty pictures: ask whether the union is empty, not the intersection."""
        a, b = _masks(a, b, threshold)
        both = (a & b).sum(1)
        return torch.where(both > 0, both / (a | b).sum(1).clamp(min=1), 1.0)

    def upside_down(a, b, threshold):
        """You divided the union by the intersection. The larger one belongs below."""
        a, b = _masks(a, b, threshold)
        return (a | b).sum(1) / (a & b).sum(1).clamp(min=1)
