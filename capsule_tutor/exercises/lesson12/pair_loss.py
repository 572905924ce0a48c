"""Write `pair_loss(v, labels, drawings, decoder)`, what one training step on two digits minimises: the margin loss of
all lengths with both classes present, plus two reconstruction losses. Each of the two capsules draws ALONE, through the
same decoder, and its drawing is held against its own digit. labels (b, 2), drawings (b, 2, 1, h, w) with digit k of an
image at [:, k], decoder from (b, j·z) to (b, h·w). Return one number."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers, uniform
from capsule_tutor.exercises.lesson01.lengths import oracle as slow_lengths
from capsule_tutor.exercises.lesson05.capsule_loss import linear_decoder
from capsule_tutor.exercises.lesson05.margin_loss import never_negative
from capsule_tutor.exercises.lesson05.margin_loss import oracle as slow_margin_loss
from capsule_tutor.exercises.lesson05.mask_capsules import oracle as slow_mask_capsules
from capsule_tutor.exercises.lesson05.reconstruction_loss import oracle as slow_reconstruction_loss

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "Three losses, added: one of the lengths, and one for each of the two drawings. What did one image with one digit "
    "need, in lesson 05? Do its second half twice.",
    "`margin_loss` takes rows T as well as class ids. For digit k, `mask_capsules(v, labels[:, k])` keeps its capsule, "
    "the decoder draws it, and `drawings[:, k]` is what it should have drawn.",
    "`loss = margin_loss(lengths(v), two_hot(labels, v.shape[1]))`; then, for k in (0, 1), add "
    "`reconstruction_loss(decoder(...), drawings[:, k])`.",
)


def pair_loss(v: Tensor, labels: Tensor, drawings: Tensor, decoder) -> Tensor:
    """The loss of one step on pairs. v (b, j, z), labels (b, 2), drawings (b, 2, 1, h, w) → scalar

    Sabour 2017, section 6: two reconstructions through one decoder, each against its own digit.
    """
    lengths = functional.lengths(v)
    present = torch.zeros_like(lengths).scatter_(1, labels, 1.0)  # (b, j)
    # L = margin loss + Σ_k 0.0005 Σ (drawing of capsule label_k − digit k)²
    loss = functional.margin_loss(lengths, present)
    for k in range(2):
        drawn = decoder(functional.mask_capsules(v, labels[:, k]))
        loss = loss + functional.reconstruction_loss(drawn, drawings[:, k])
    return loss


reference = pair_loss


def oracle(v, labels, drawings, decoder):
    rows = torch.tensor([[float(j in row) for j in range(v.shape[1])] for row in labels.tolist()])
    first, second = (
        slow_reconstruction_loss(decoder(slow_mask_capsules(v, labels[:, k])), drawings[:, k]) for k in (0, 1)
    )
    return slow_margin_loss(slow_lengths(v), rows) + first + second


def cases():
    v = functional.squash(2 * numbers(3, 5, 6))
    labels = torch.tensor([[4, 0], [1, 2], [3, 1]])
    drawings, decoder = uniform(3, 2, 1, 5, 7), linear_decoder(30, 35)
    small = functional.squash(numbers(2, 4, 3, seed=3, scale=0.5))
    worst = small.norm(dim=2).topk(2, largest=False).indices
    return [
        case("three pairs of five classes", v, labels, drawings, decoder),
        case("the same with their digits in the other order", v, labels.flip(1), drawings.flip(1), decoder),
        case(
            "two pairs whose digits have the shortest capsules",
            small,
            worst,
            uniform(2, 2, 1, 3, 4, seed=4),
            linear_decoder(12, 12),
        ),
        case("a batch of 1", v[:1], labels[:1], drawings[:1], decoder),
        case("float64 capsules", v.double(), labels, drawings.double(), decoder),
    ]


properties = (never_negative,)


def _rows(v: Tensor, labels: Tensor) -> Tensor:
    return torch.zeros(v.shape[:2], dtype=v.dtype).scatter_(1, labels, 1.0)


def _margin(v: Tensor, labels: Tensor) -> Tensor:
    return functional.margin_loss(functional.lengths(v), _rows(v, labels))


def _drawn(v: Tensor, labels: Tensor, decoder) -> list[Tensor]:
    return [decoder(functional.mask_capsules(v, labels[:, k])) for k in (0, 1)]


def _drawn_together(v: Tensor, labels: Tensor, decoder) -> Tensor:
    return decoder((v * _rows(v, labels).unsqueeze(2)).flatten(1))


def _each(drawn: list[Tensor], drawings: Tensor) -> Tensor:
    return sum(functional.reconstruction_loss(one, drawings[:, k]) for k, one in enumerate(drawn))


class right:
    def all_drawings_in_one_batch(v, labels, drawings, decoder):
        twice = v.repeat_interleave(2, dim=0)  # (2b, j, z): image 0 twice, image 1 twice, …
        drawn = decoder(functional.mask_capsules(twice, labels.flatten()))
        # The mean over 2b drawings, times 2, is the sum for an image.
        return _margin(v, labels) + 2 * functional.reconstruction_loss(drawn, drawings.flatten(0, 1))

    def by_hand(v, labels, drawings, decoder):
        lengths, present = v.norm(dim=2), _rows(v, labels)
        hinges = present * (0.9 - lengths).relu() ** 2 + 0.5 * (1 - present) * (lengths - 0.1).relu() ** 2
        squares = [
            (decoder((v * torch.eye(v.shape[1], dtype=v.dtype)[labels[:, k]].unsqueeze(2)).flatten(1)) - digit) ** 2
            for k, digit in enumerate(drawings.flatten(2).unbind(dim=1))
        ]
        return hinges.sum(1).mean() + 0.0005 * sum(squares).sum(1).mean()

    def side_by_side(v, labels, drawings, decoder):
        pair = torch.cat(_drawn(v, labels, decoder), dim=1)  # (b, 2·h·w)
        return _margin(v, labels) + functional.reconstruction_loss(pair, drawings.flatten(1))


class wrong:
    def against_the_whole_image(v, labels, drawings, decoder):
        """You hold both drawings against the image with both digits. Then nothing asks a capsule to leave the other
        digit out: hold each against its own, drawings[:, k]."""
        image = drawings.sum(dim=1).clamp(max=1)
        return _margin(v, labels) + sum(
            functional.reconstruction_loss(one, image) for one in _drawn(v, labels, decoder)
        )

    def both_capsules_at_once(v, labels, drawings, decoder):
        """You let both capsules draw one picture together. Each draws alone, with the other one masked, and is held
        against its own digit."""
        both = _drawn_together(v, labels, decoder)
        return _margin(v, labels) + functional.reconstruction_loss(both, drawings.sum(dim=1).clamp(max=1))

    def one_picture_against_each(v, labels, drawings, decoder):
        """You keep both capsules and let them draw one picture, which is then held against each digit. Each capsule
        draws alone: keep labels[:, k], and hold that drawing against drawings[:, k]."""
        return _margin(v, labels) + _each([_drawn_together(v, labels, decoder)] * 2, drawings)

    def both_labels_to_the_mask(v, labels, drawings, decoder):
        """`mask_capsules` keeps one class per image, and you hand it two. Each capsule draws alone: call it once with
        `labels[:, 0]` and once with `labels[:, 1]`."""
        drawn = decoder(functional.mask_capsules(v, labels))  # which raises
        return _margin(v, labels) + functional.reconstruction_loss(drawn, drawings.sum(dim=1))

    def nothing_masked(v, labels, drawings, decoder):
        """You gave the decoder all capsules, v.flatten(1), and so both drawings are the same. Each digit's capsule
        draws alone: mask_capsules(v, labels[:, k]) sets the others to zero."""
        return _margin(v, labels) + _each([decoder(v.flatten(1))] * 2, drawings)

    def sum_of_the_drawings(v, labels, drawings, decoder):
        """You add the two drawings and compare with the sum. Then one capsule may draw what the other leaves out: hold
        each drawing against its own digit."""
        return _margin(v, labels) + functional.reconstruction_loss(sum(_drawn(v, labels, decoder)), drawings.sum(dim=1))

    def digits_exchanged(v, labels, drawings, decoder):
        """You hold each drawing against the other digit. Capsule labels[:, k] should draw drawings[:, k]."""
        return _margin(v, labels) + _each(_drawn(v, labels.flip(1), decoder), drawings)

    def first_digit_alone(v, labels, drawings, decoder):
        """You ask for a drawing of the first digit alone. The second capsule draws, too."""
        first = functional.reconstruction_loss(_drawn(v, labels, decoder)[0], drawings[:, 0])
        return _margin(v, labels) + first

    def second_digit_alone(v, labels, drawings, decoder):
        """Only the drawing of the second digit counts. Is the first one's loss written over in the loop? Add both."""
        second = functional.reconstruction_loss(_drawn(v, labels, decoder)[1], drawings[:, 1])
        return _margin(v, labels) + second

    def drawings_of_one_image(v, labels, drawings, decoder):
        """`drawings[k]` is image k with both its digits. Digit k of every image is `drawings[:, k]`."""
        loss = _margin(v, labels)
        for k, drawn in enumerate(_drawn(v, labels, decoder)):
            loss = loss + functional.reconstruction_loss(drawn, drawings[k])
        return loss

    def labels_of_one_image(v, labels, drawings, decoder):
        """`labels[k]` holds the two classes of image k. Class k of every image is `labels[:, k]`."""
        loss = _margin(v, labels)
        for k in (0, 1):
            drawn = decoder(functional.mask_capsules(v, labels[k]))
            loss = loss + functional.reconstruction_loss(drawn, drawings[:, k])
        return loss

    def drawings_laid_over(v, labels, drawings, decoder):
        """You laid the two drawings over each other, cut off at 1, and compared with the image. Then it does not matter
        which capsule drew what: each drawing has a loss of its own, against its own digit."""
        both = sum(_drawn(v, labels, decoder)).clamp(max=1)
        return _margin(v, labels) + functional.reconstruction_loss(both, drawings.sum(dim=1).clamp(max=1))

    def two_longest_draw(v, labels, drawings, decoder):
        """You let the two longest capsules draw. In training the true classes draw, whatever the lengths say;
        otherwise a mistake is trained to look like the digit."""
        longest = functional.lengths(v).topk(2).indices
        return _margin(v, labels) + _each(_drawn(v, longest, decoder), drawings)

    def longest_draws(v, labels, drawings, decoder):
        """You let the longest capsule draw twice: mask_capsules without an index keeps it. Tell it which class to keep,
        labels[:, k]."""
        return _margin(v, labels) + _each([decoder(functional.mask_capsules(v))] * 2, drawings)

    def mean_of_the_drawings(v, labels, drawings, decoder):
        """You took the mean of the two reconstruction losses. An image has two drawings, and their losses are added."""
        return _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings) / 2

    def margin_of_the_first(v, labels, drawings, decoder):
        """Your margin loss knows the first digit alone, so the second one is punished for being there. Use rows T with
        two ones."""
        margin = functional.margin_loss(functional.lengths(v), labels[:, 0])
        return margin + _each(_drawn(v, labels, decoder), drawings)

    def margin_of_the_second(v, labels, drawings, decoder):
        """Your margin loss knows the second digit alone, so the first one is punished for being there. Is it
        overwritten in a loop? Compute it once, with rows T that have two ones."""
        margin = functional.margin_loss(functional.lengths(v), labels[:, 1])
        return margin + _each(_drawn(v, labels, decoder), drawings)

    def margin_in_every_round(v, labels, drawings, decoder):
        """Your margin loss counts twice. Is it inside the loop over the two digits? It is one loss, with two ones in T,
        and comes before the loop."""
        return 2 * _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings)

    def two_margin_losses(v, labels, drawings, decoder):
        """You added a margin loss for each digit. Each then calls the other digit absent, and the two pull against each
        other: one margin loss, with two ones in T."""
        lengths = functional.lengths(v)
        margin = sum(functional.margin_loss(lengths, labels[:, k]) for k in (0, 1))
        return margin + _each(_drawn(v, labels, decoder), drawings)

    def half_a_target(v, labels, drawings, decoder):
        """Your T gives each digit one half, as a softmax would want it. Both digits are there, each for itself: T is 1
        for both."""
        margin = functional.margin_loss(functional.lengths(v), _rows(v, labels) / 2)
        return margin + _each(_drawn(v, labels, decoder), drawings)

    def margin_forgotten(v, labels, drawings, decoder):
        """You forgot the margin loss of the lengths. Drawings alone do not say which digits are there."""
        return _each(_drawn(v, labels, decoder), drawings)

    def drawings_forgotten(v, labels, drawings, decoder):
        """The margin loss is right. What is missing beside it, or far too small, are the two reconstruction losses."""
        return _margin(v, labels)

    def mean_over_the_pixels(v, labels, drawings, decoder):
        """You averaged over the pixels. The paper's weight of 0.0005 is for their sum, as in reconstruction_loss."""
        drawn = _drawn(v, labels, decoder)
        squares = sum((one - drawings[:, k].flatten(1)).square().mean() for k, one in enumerate(drawn))
        return _margin(v, labels) + 0.0005 * squares

    def mean_of_the_squares(v, labels, drawings, decoder):
        """You took the plain mean of the squares. The paper's loss is 0.0005 times their sum over the pixels: that is
        what reconstruction_loss computes."""
        drawn = _drawn(v, labels, decoder)
        return _margin(v, labels) + sum(
            (one - drawings[:, k].flatten(1)).square().mean() for k, one in enumerate(drawn)
        )

    def without_the_weight(v, labels, drawings, decoder):
        """You left out the weight of the drawings, 0.0005, and they drown the margin loss. `reconstruction_loss` has it
        in it."""
        return _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings) / 0.0005

    def summed_over_the_batch(v, labels, drawings, decoder):
        """You summed the losses of the drawings over the batch. Sum over the pixels of a drawing, take the mean over
        the images."""
        return _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings) * len(v)

    def summed_without_the_weight(v, labels, drawings, decoder):
        """You summed the squares over the batch, too. Sum over the pixels of a drawing, take the mean over the images,
        and weigh it with 0.0005, as reconstruction_loss does."""
        return _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings) * len(v) / 0.0005

    def drawings_cut_off(v, labels, drawings, decoder):
        """The value is right, but no gradient flows back through the drawings. Look for .detach(), .item() or
        torch.no_grad() around the decoder or its losses."""
        return _margin(v, labels) + _each(_drawn(v, labels, decoder), drawings).detach()

    def one_loss_for_each_image(v, labels, drawings, decoder):
        """You return one loss per image. backward needs a single number: take the mean over the batch."""
        lengths, present = functional.lengths(v), _rows(v, labels)
        hinges = present * (0.9 - lengths).relu() ** 2 + 0.5 * (1 - present) * (lengths - 0.1).relu() ** 2
        pair = torch.cat(_drawn(v, labels, decoder), dim=1) - drawings.flatten(1)
        return hinges.sum(1) + 0.0005 * pair.square().sum(1)
