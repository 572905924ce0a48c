"""Lesson 05: the losses, the mask, and the loss that trains a capsule network."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, one_hot

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers


def _between_0_and_1(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


# --- margin loss ------------------------------------------------------------------------------------------


def _margin_cases() -> list[Case]:
    zeros = torch.zeros(2, 10)
    both = torch.tensor([[0, 1, 0, 1, 0], [1, 0, 0, 0, 0]])
    return [
        case("lengths of shape (2, 3) and class ids", _between_0_and_1(2, 3), torch.tensor([2, 0])),
        case("lengths of shape (2, 5) and two classes in one image", _between_0_and_1(2, 5, seed=1), both),
        case("an image without any of the classes", _between_0_and_1(1, 3, seed=2), torch.zeros(1, 3).long()),
        case("ten classes, all lengths 0", zeros, torch.tensor([4, 7])),
        case("ten classes, all lengths 1", zeros + 1, torch.tensor([4, 7])),
        case("a batch of 1", _between_0_and_1(1, 4, seed=3), torch.tensor([3])),
        case("lengths that need no more change", torch.tensor([[0.95, 0.05, 0.0]]), torch.tensor([0])),
        case(
            "other margins",
            _between_0_and_1(3, 4, seed=4),
            torch.tensor([1, 3, 0]),
            m_plus=0.7,
            m_minus=0.3,
            absent_weight=0.25,
        ),
        case("float64 lengths", _between_0_and_1(2, 3, seed=5).double(), torch.tensor([1, 2])),
    ]


def _negative(item: Case, value: Tensor) -> str | None:
    return f"the loss is {value.item():.4g}; a sum of squares is never negative." if value.item() < -1e-6 else None


def _not_done(item: Case, value: Tensor) -> str | None:
    done = item.says == "lengths that need no more change"
    return f"the loss is {value.item():.4g} and should be 0." if done and value.item() > 1e-6 else None


def _rows(target: Tensor, lengths: Tensor) -> Tensor:
    target = one_hot(target, lengths.shape[1]) if target.ndim == 1 else target
    return target.to(lengths.dtype)


def _hinges(lengths: Tensor, m_plus: float, m_minus: float) -> tuple[Tensor, Tensor]:
    return (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)


def not_squared(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return (present * short + absent_weight * (1 - present) * long).sum(1).mean()


def hinge_on_the_sum_of_absent_lengths(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, _ = _hinges(lengths, m_plus, m_minus)
    long = (((1 - present) * lengths).sum(1) - m_minus).clamp(min=0)
    return ((present * short**2).sum(1) + absent_weight * long**2).mean()


def softmax_first(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths.softmax(1), target, m_plus, m_minus, absent_weight)


def absent_weight_forgotten(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target, m_plus, m_minus, 1.0)


def absent_weight_on_the_present(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return (absent_weight * present * short**2 + (1 - present) * long**2).sum(1).mean()


def absent_weight_on_both(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return absent_weight * functional.margin_loss(lengths, target, m_plus, m_minus, 1.0)


def margins_exchanged(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target, m_minus, m_plus, absent_weight)


def roles_exchanged(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, 1 - _rows(target, lengths), m_plus, m_minus, absent_weight)


def mean_over_the_classes(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) / lengths.shape[1]


def sum_over_the_batch(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight) * len(lengths)


def one_loss_per_image(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1)


def one_loss_per_class(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return present * short**2 + absent_weight * (1 - present) * long**2


def no_clamp(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = m_plus - lengths, lengths - m_minus
    return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()


def first_present_class_only(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    target = target if target.ndim == 1 else target.argmax(1)
    return functional.margin_loss(lengths, target, m_plus, m_minus, absent_weight)


def absent_mask_forgotten(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return (present * short**2 + absent_weight * long**2).sum(1).mean()


def present_mask_forgotten(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    present = _rows(target, lengths)
    short, long = _hinges(lengths, m_plus, m_minus)
    return (short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()


def absent_classes_forgotten(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target, m_plus, m_minus, 0.0)


def margins_typed_in(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
    return functional.margin_loss(lengths, target)


MARGIN_LOSS = Exercise(
    id="05-margin-loss",
    goal=(
        "Finish `margin_loss(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5)`: the two squared hinges, "
        "summed over the classes, averaged over the batch. `target` is either class ids (b,) or rows T (b, j) of 0 and "
        "1; the first lines turn ids into rows for you."
    ),
    reference=functional.margin_loss,
    oracle=oracles.margin_loss,
    axes=("",),
    cases=_margin_cases,
    properties=(_negative, _not_done),
    mutants=(
        Mutant(
            not_squared,
            "You did not square the hinges. With ten classes your loss is 0.9 for all-zero lengths; it should be 0.81, "
            "and a nearly right length should be pulled less than a very wrong one.",
        ),
        Mutant(
            hinge_on_the_sum_of_absent_lengths,
            "You summed the lengths of the absent classes and took one hinge of the sum. Each class has a hinge of its "
            "own: nine lengths of 0.09 are all fine. Hinge and square first, sum last.",
        ),
        Mutant(
            softmax_first,
            "You took a softmax of the lengths. They are probabilities already, each on its own, and a softmax of ten "
            "numbers between 0 and 1 never exceeds 0.232. Use the lengths as they are.",
        ),
        Mutant(
            absent_weight_forgotten,
            "You forgot `absent_weight`: the hinge of an absent class counts half, or nine absent classes shout down "
            "the present one.",
        ),
        Mutant(
            absent_weight_on_the_present,
            "You multiplied the present class by `absent_weight`. It belongs to the absent ones.",
        ),
        Mutant(
            absent_weight_on_both,
            "You multiplied both terms by `absent_weight`. It belongs to the absent classes alone.",
        ),
        Mutant(
            margins_exchanged,
            "You exchanged the margins: a present class should be longer than m_plus, an absent one shorter than "
            "m_minus.",
        ),
        Mutant(
            roles_exchanged,
            "You exchanged present and absent: your loss asks the right class to be short and the others to be long. "
            "T goes with m_plus, 1 − T with m_minus.",
        ),
        Mutant(
            mean_over_the_classes,
            "You averaged over the classes. They are summed; only the images of the batch are averaged.",
        ),
        Mutant(
            sum_over_the_batch,
            "You summed over the images, so twice the batch gives twice the loss. Sum over the classes, then take the "
            "mean over the batch.",
        ),
        Mutant(
            one_loss_per_image,
            "You return one loss per image. backward needs a single number: take the mean over the batch.",
        ),
        Mutant(
            one_loss_per_class,
            "You return the table (b, j) of all the terms. Sum over the classes (dim=1), then take the mean.",
        ),
        Mutant(
            no_clamp,
            "You punish lengths that are already right, too: a length of 0.95 for a present class should cost nothing. "
            "Clamp the difference at 0 before you square; after the square it is too late, as no square is negative.",
        ),
        Mutant(
            first_present_class_only,
            "You reduced rows of T to one class id. An image may hold two of the classes; use every 1 in its row.",
        ),
        Mutant(
            absent_mask_forgotten,
            "You punish the present class for being long, too. Multiply the second hinge by 1 − T.",
        ),
        Mutant(
            present_mask_forgotten,
            "You ask every class to be long. Multiply the first hinge by T.",
        ),
        Mutant(
            absent_classes_forgotten,
            "Your absent classes cost nothing, so a network that makes every capsule long would be perfect. Add the "
            "second hinge.",
        ),
        Mutant(
            margins_typed_in,
            "You typed 0.9, 0.1 and 0.5 into the formula. Use the arguments m_plus, m_minus and absent_weight.",
        ),
    ),
    hints=(
        "Make two tables of shape (b, j): how far each length falls below m_plus, and how far it rises above m_minus. "
        "Where there is nothing to complain about, the entry is 0.",
        "`.clamp(min=0)` is the hinge; square after it. `present` picks the first table where T is 1, and "
        "`1 - present` the second where T is 0.",
        "`too_short = (m_plus - lengths).clamp(min=0) ** 2`, `too_long` likewise from `lengths - m_minus`. Add "
        "`present * too_short` and `absent_weight * (1 - present) * too_long`, then `.sum(dim=1).mean()`.",
    ),
    minutes=10,
    difficulty=2,
    importance=5,
)


# --- reconstruction loss ----------------------------------------------------------------------------------


def _reconstruction_cases() -> list[Case]:
    flat, images = _between_0_and_1(2, 35, seed=1), _between_0_and_1(2, 1, 5, 7, seed=2)
    grey = torch.full((1, 1, 4, 6), 0.5)
    return [
        case("two images of shape (2, 1, 5, 7)", _between_0_and_1(2, 1, 5, 7), images),
        case("a flat reconstruction (2, 35) of images (2, 1, 5, 7)", flat, images),
        case("images of another size, (3, 12)", _between_0_and_1(3, 12, seed=3), _between_0_and_1(3, 12, seed=4)),
        case("one grey image against a black one", grey, torch.zeros_like(grey)),
        case("float64 images", _between_0_and_1(2, 8, seed=5).double(), _between_0_and_1(2, 8, seed=6).double()),
    ]


def mean_for_sum(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().mean()


def factor_forgotten(reconstruction, image):
    return (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean()


def plain_mean_squared_error(reconstruction, image):
    return (reconstruction.flatten(1) - image.flatten(1)).square().mean()


def factor_of_28_by_28(reconstruction, image):
    return 0.392 * (reconstruction.flatten(1) - image.flatten(1)).square().mean()


def summed_over_the_batch(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum()


def absolute_difference(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).abs().sum(1).mean()


def root_of_the_sum(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).sqrt().mean()


def square_of_the_sum(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).sum(1).square().mean()


def last_axis_only(reconstruction, image):
    return 0.0005 * (reconstruction.view_as(image) - image).square().sum(-1).mean()


def shapes_as_they_come(reconstruction, image):
    return 0.0005 * (reconstruction - image).square().sum() / len(image)


def image_pressed_into_one_row(reconstruction, image):
    return 0.0005 * (reconstruction.flatten(1) - image.flatten()).square().sum(1).mean()


def half_the_square(reconstruction, image):
    return 0.5 * 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).square().sum(1).mean()


def cross_entropy_of_pixels(reconstruction, image):
    per_pixel = binary_cross_entropy(reconstruction.flatten(1), image.flatten(1), reduction="none")
    return 0.0005 * per_pixel.sum(1).mean()


def reconstruction_detached(reconstruction, image):
    return functional.reconstruction_loss(reconstruction.detach(), image)


RECONSTRUCTION_LOSS = Exercise(
    id="05-reconstruction-loss",
    goal=(
        "Write `reconstruction_loss(reconstruction, image)`: 0.0005 × the sum of the squared pixel differences of an "
        "image, averaged over the batch. The reconstruction may be flat, (b, pixels), while the images are "
        "(b, 1, height, width), of any size."
    ),
    reference=functional.reconstruction_loss,
    oracle=oracles.reconstruction_loss,
    axes=("",),
    cases=_reconstruction_cases,
    mutants=(
        Mutant(
            mean_for_sum,
            "You multiplied the MEAN over the pixels by 0.0005. The 0.0005 is for their sum: on 28×28 images your loss "
            "is 784 times too weak.",
        ),
        Mutant(
            factor_forgotten,
            "You forgot the factor 0.0005. Unscaled, the pixels drown the margin loss.",
        ),
        Mutant(
            plain_mean_squared_error,
            "This is the plain mean squared error. The paper's weight is 0.0005 times the SUM over the pixels.",
        ),
        Mutant(
            factor_of_28_by_28,
            "0.392 × the mean equals 0.0005 × the sum on 28×28 images only (0.0005 · 784). Other images have another "
            "number of pixels; use the sum.",
        ),
        Mutant(
            summed_over_the_batch,
            "You summed over the images as well, so a larger batch gives a larger loss. Sum over the pixels, then take "
            "the mean over the batch.",
        ),
        Mutant(absolute_difference, "You took absolute differences. This loss squares them."),
        Mutant(root_of_the_sum, "You took the root of the sum: a distance. This loss is the squared distance."),
        Mutant(
            square_of_the_sum,
            "You squared the sum of the differences, where one pixel too bright cancels one too dark. Square each "
            "difference, then sum.",
        ),
        Mutant(
            last_axis_only,
            "You summed over the last axis alone, the pixels of one row, and averaged over the rows. Flatten each "
            "image to (b, pixels) before you sum.",
        ),
        Mutant(
            shapes_as_they_come,
            "You subtracted the tensors as they came: a flat (b, pixels) does not line up with (b, 1, height, width). "
            "Flatten both from axis 1 on.",
        ),
        Mutant(
            image_pressed_into_one_row,
            "You flattened the images without keeping the batch axis, so that they became one long row. Use "
            "`.flatten(1)`, which starts at axis 1.",
        ),
        Mutant(half_the_square, "You halved the squares. There is no ½ in this loss: 0.0005 × the sum, no more."),
        Mutant(
            cross_entropy_of_pixels,
            "You took the cross-entropy of the pixels. It is used elsewhere; this loss is the squared difference.",
        ),
        Mutant(
            reconstruction_detached,
            "The value is right, but the reconstruction is cut off from the gradient: neither decoder nor capsules "
            "would learn. Look for .detach(), .item() or .data.",
        ),
    ),
    hints=(
        "Bring both tensors to the shape (b, pixels), then there is one difference per pixel.",
        "`.flatten(1)` keeps axis b and joins all the others. Square, sum over axis 1, then average over the batch.",
        "`difference = reconstruction.flatten(1) - image.flatten(1)`; return 0.0005 times "
        "`(difference**2).sum(dim=1).mean()`.",
    ),
    minutes=5,
    difficulty=1,
    importance=4,
)


# --- masking ----------------------------------------------------------------------------------------------


def _mask_cases() -> list[Case]:
    # The longest capsule is neither that with the largest entry, nor that with the largest sum, nor number 0.
    telling = torch.tensor(
        [
            [[0.1, 0.1, 0.0, 0.1], [0.0, 0.9, 0.0, 0.0], [-0.6, 0.6, -0.6, 0.6]],
            [[0.2, 0.2, 0.3, 0.3], [-0.7, -0.7, 0.1, -0.1], [0.5, 0.0, 0.0, 0.0]],
        ]
    )
    return [
        case("v of shape (2, 3, 6) and index (2, 0)", numbers(2, 3, 6), torch.tensor([2, 0])),
        case("v of shape (2, 3, 4) without an index", telling),
        case("a batch of 1", numbers(1, 5, 3, seed=1), torch.tensor([3])),
        case("v of shape (3, 4, 5) and index (1, 1, 2)", numbers(3, 4, 5, seed=2), torch.tensor([1, 1, 2])),
        case("a zero vector that is to be kept", torch.zeros(1, 3, 2), torch.tensor([1])),
        case("huge vectors without an index", numbers(2, 3, 4, seed=3, scale=500.0)),
        case("float64 capsules", numbers(2, 3, 6, seed=4).double(), torch.tensor([1, 2])),
    ]


def _more_than_one_kept(item: Case, value: Tensor) -> str | None:
    kept = value.reshape(item.args[0].shape).ne(0).any(dim=2).sum(dim=1).max().item()
    return f"{kept} capsules of one image are not zero; only one may be." if kept > 1 else None


def _index(v: Tensor, index: Tensor | None) -> Tensor:
    return functional.lengths(v).argmax(1) if index is None else index


def _keep(v: Tensor, index: Tensor | None) -> Tensor:
    return one_hot(_index(v, index), v.shape[1]).to(v.dtype).unsqueeze(2)


def always_the_longest(v, index=None):
    return functional.mask_capsules(v)


def largest_entry(v, index=None):
    return functional.mask_capsules(v, v.amax(2).argmax(1) if index is None else index)


def largest_absolute_entry(v, index=None):
    return functional.mask_capsules(v, v.abs().amax(2).argmax(1) if index is None else index)


def largest_sum(v, index=None):
    return functional.mask_capsules(v, v.sum(2).argmax(1) if index is None else index)


def shortest(v, index=None):
    return functional.mask_capsules(v, functional.lengths(v).argmin(1) if index is None else index)


def class_zero_when_unknown(v, index=None):
    return functional.mask_capsules(v, torch.zeros(len(v)).long() if index is None else index)


def nothing_masked_when_unknown(v, index=None):
    return v.flatten(1) if index is None else functional.mask_capsules(v, index)


def chosen_pose_alone(v, index=None):
    return v[torch.arange(len(v)), _index(v, index)]


def id_as_a_factor(v, index=None):
    return (v * _index(v, index).view(-1, 1, 1).to(v.dtype)).flatten(1)


def mask_along_z(v, index=None):
    return (v * one_hot(_index(v, index), v.shape[2]).to(v.dtype).unsqueeze(1)).flatten(1)


def poses_interleaved(v, index=None):
    return (v * _keep(v, index)).transpose(1, 2).flatten(1)


def not_flattened(v, index=None):
    return v * _keep(v, index)


def chosen_removed(v, index=None):
    return (v * (1 - _keep(v, index))).flatten(1)


def every_class_of_the_batch(v, index=None):
    index, out = _index(v, index), torch.zeros_like(v)
    out[:, index] = v[:, index]
    return out.flatten(1)


def zeroed_in_place(v, index=None):
    keep = _keep(v, index)
    v *= keep
    return v.flatten(1)


def ten_classes_typed_in(v, index=None):
    return (v * one_hot(_index(v, index), 10).to(v.dtype).unsqueeze(2)).flatten(1)


MASK_CAPSULES = Exercise(
    id="05-mask-capsules",
    goal=(
        "Write `mask_capsules(v, index=None)`: keep the capsule `index[b]` of each image, put zeros in the place of "
        "the others, and flatten (b, j, z) to (b, j·z). Without an index, keep the longest capsule of each image. "
        "Leave v as it is."
    ),
    reference=functional.mask_capsules,
    oracle=oracles.mask_capsules,
    axes=("",),
    cases=_mask_cases,
    properties=(_more_than_one_kept,),
    mutants=(
        Mutant(
            always_the_longest,
            "You keep the longest capsule even where an index is given. In training the index is the true class, and "
            "an untrained network's longest capsule is mostly another one.",
        ),
        Mutant(
            largest_entry,
            "Without an index you keep the capsule that holds the largest single number. The longest one counts, and a "
            "length takes all the entries, negative ones too.",
        ),
        Mutant(
            largest_absolute_entry,
            "Without an index you judge a capsule by its one largest entry (in size). A length takes all its entries: "
            "sum their squares.",
        ),
        Mutant(
            largest_sum,
            "Without an index you keep the capsule with the largest SUM of entries. A pose may be negative: sum the "
            "squares instead.",
        ),
        Mutant(shortest, "Without an index you keep the shortest capsule. Did you write argmin for argmax?"),
        Mutant(
            class_zero_when_unknown,
            "Without an index you keep capsule 0 of every image. Find the longest one of each image.",
        ),
        Mutant(
            nothing_masked_when_unknown,
            "Without an index you mask nothing. Find the longest capsule of each image and zero the others.",
        ),
        Mutant(
            chosen_pose_alone,
            "You return the chosen pose alone, (b, z). Where it stood among the classes is lost, so the decoder cannot "
            "know a 3 from an 8. Keep the zeros of the others: (b, j·z).",
        ),
        Mutant(
            id_as_a_factor,
            "You multiplied the capsules by the class id itself. Make a row of 0 and 1 of it first (one_hot).",
        ),
        Mutant(
            mask_along_z,
            "Your mask lies along the pose axis z: it keeps one number of every capsule. It belongs to axis j.",
        ),
        Mutant(
            poses_interleaved,
            "The poses are torn apart: your flat vector runs through the classes first. Flatten (b, j, z) in that "
            "order, so that each pose stays together.",
        ),
        Mutant(not_flattened, "The mask is right. Flatten it to (b, j·z), which a linear layer can take."),
        Mutant(chosen_removed, "You zeroed the chosen capsule and kept the others. It is the other way round."),
        Mutant(
            every_class_of_the_batch,
            "You keep, in every image, the classes of all images of the batch: `[:, index]` picks them everywhere. "
            "Pair each image with its own index, with one_hot or with torch.arange(len(v)).",
        ),
        Mutant(
            zeroed_in_place,
            "You wrote the zeros into v itself, so the margin loss would see masked capsules, too. Multiply into a new "
            "tensor.",
        ),
        Mutant(ten_classes_typed_in, "You typed in ten classes. There are v.shape[1] of them."),
    ),
    hints=(
        "Multiply v by a mask that is 1 for one capsule of each image and 0 for the others.",
        "`torch.nn.functional.one_hot(index, j)` is (b, j). One more axis at its end, and it lines up with v (b, j, "
        "z). The longest capsule has the largest sum of squares along z.",
        "If index is None: `index = (v * v).sum(dim=2).argmax(dim=1)`. Then `keep = one_hot(index, v.shape[1])`, and "
        "return `(v * keep.unsqueeze(2)).flatten(1)`.",
    ),
    minutes=8,
    difficulty=2,
    importance=4,
)


# --- the whole loss ---------------------------------------------------------------------------------------


def capsule_loss(v: Tensor, target: Tensor, image: Tensor, decoder) -> Tensor:
    """The loss of one step. v (b, j, z), target (b,), image (b, 1, h, w), decoder: (b, j·z) → (b, h·w) → scalar"""
    # L = margin loss of all lengths + 0.0005 Σ (reconstruction from the TRUE class's capsule − image)²
    reconstruction = decoder(functional.mask_capsules(v, target))
    return functional.margin_loss(functional.lengths(v), target) + functional.reconstruction_loss(reconstruction, image)


def _linear_decoder(inputs: int, pixels: int):
    weight = 3 * numbers(inputs, pixels, seed=9)

    def decoder(masked):
        return masked @ weight.to(masked.dtype)

    return decoder


def _capsule_loss_cases() -> list[Case]:
    v = functional.squash(numbers(2, 3, 6))
    worst, best = functional.lengths(v).argmin(1), functional.lengths(v).argmax(1)
    images, decoder = _between_0_and_1(2, 1, 5, 7), _linear_decoder(18, 35)
    other = functional.squash(numbers(3, 4, 2, seed=3, scale=0.5))
    return [
        case("two images that the network takes for something else", v, worst, images, decoder),
        case("two images that it gets right", v, best, images, decoder),
        case(
            "three images of four classes",
            other,
            torch.tensor([3, 0, 2]),
            images.new_ones(3, 1, 2, 4),
            _linear_decoder(8, 8),
        ),
        case("a batch of 1", v[:1], best[:1], images[:1], decoder),
        case("float64 capsules", v.double(), worst, images.double(), decoder),
    ]


def _parts(v, target, image, decoder, masked=None):
    masked = functional.mask_capsules(v, target) if masked is None else masked
    margin = functional.margin_loss(functional.lengths(v), target)
    return margin, functional.reconstruction_loss(decoder(masked), image)


def masked_by_the_prediction(v, target, image, decoder):
    return sum(_parts(v, target, image, decoder, functional.mask_capsules(v)))


def nothing_masked(v, target, image, decoder):
    return sum(_parts(v, target, image, decoder, v.flatten(1)))


def decoder_fed_one_pose(v, target, image, decoder):
    return sum(_parts(v, target, image, decoder, v[torch.arange(len(v)), target]))


def margin_alone(v, target, image, decoder):
    return _parts(v, target, image, decoder)[0]


def reconstruction_alone(v, target, image, decoder):
    return _parts(v, target, image, decoder)[1]


def weighted_twice(v, target, image, decoder):
    margin, reconstruction = _parts(v, target, image, decoder)
    return margin + 0.0005 * reconstruction


def capsules_cut_off_from_the_decoder(v, target, image, decoder):
    return sum(_parts(v, target, image, decoder, functional.mask_capsules(v, target).detach()))


def margin_of_masked_capsules(v, target, image, decoder):
    masked = functional.mask_capsules(v, target)
    margin = functional.margin_loss(functional.lengths(masked.view_as(v)), target)
    return margin + functional.reconstruction_loss(decoder(masked), image)


def softmax_of_the_lengths(v, target, image, decoder):
    margin = functional.margin_loss(functional.lengths(v).softmax(1), target)
    return margin + _parts(v, target, image, decoder)[1]


def squared_lengths(v, target, image, decoder):
    return functional.margin_loss((v * v).sum(2), target) + _parts(v, target, image, decoder)[1]


def sums_for_lengths(v, target, image, decoder):
    return functional.margin_loss(v.sum(2), target) + _parts(v, target, image, decoder)[1]


def reconstruction_subtracted(v, target, image, decoder):
    margin, reconstruction = _parts(v, target, image, decoder)
    return margin - reconstruction


CAPSULE_LOSS = Exercise(
    id="05-capsule-loss",
    goal=(
        "Write `capsule_loss(v, target, image, decoder)`, what one training step minimises: the margin loss of all the "
        "lengths, plus the reconstruction loss of what the decoder draws from the capsule of the true class. `decoder` "
        "is a function from (b, j·z) to (b, pixels)."
    ),
    reference=capsule_loss,
    oracle=oracles.capsule_loss,
    axes=("",),
    cases=_capsule_loss_cases,
    properties=(_negative,),
    mutants=(
        Mutant(
            masked_by_the_prediction,
            "You let the network's own guess choose the capsule that is decoded. In training the class is known: pass "
            "`target` to mask_capsules, or wrong capsules learn to draw.",
        ),
        Mutant(
            nothing_masked,
            "You gave all the capsules to the decoder. It would read the class from any of them; mask all but the true "
            "class.",
        ),
        Mutant(
            decoder_fed_one_pose,
            "You gave the decoder one bare pose, (b, z). It expects (b, j·z), with zeros for the other classes: their "
            "place says which class this is.",
        ),
        Mutant(
            margin_alone,
            "Your loss holds no reconstruction, so nothing teaches the decoder. Add the second loss.",
        ),
        Mutant(
            reconstruction_alone,
            "Your loss holds no margin loss, so nothing teaches the lengths. Add it.",
        ),
        Mutant(
            weighted_twice,
            "You multiplied the reconstruction loss by 0.0005. That factor is already inside it.",
        ),
        Mutant(
            capsules_cut_off_from_the_decoder,
            "The value is right, but the reconstruction sends no gradient into the capsules: only the decoder would "
            "learn. Look for .detach() before the decoder.",
        ),
        Mutant(
            margin_of_masked_capsules,
            "You took the lengths after masking. The absent classes are zero there, whatever the network said: take "
            "the lengths of v itself.",
        ),
        Mutant(
            softmax_of_the_lengths,
            "You took a softmax of the lengths before the margin loss. They are probabilities already; use them as "
            "they are.",
        ),
        Mutant(
            squared_lengths,
            "You forgot the root: the margin loss wants lengths, not squared lengths.",
        ),
        Mutant(
            sums_for_lengths,
            "You summed the entries of a pose. Its length is the root of the sum of squares: `lengths(v)`.",
        ),
        Mutant(
            reconstruction_subtracted,
            "You subtracted the reconstruction loss: the network would learn to draw badly. Add it.",
        ),
    ),
    hints=(
        "Two losses, added: one of the lengths of all the capsules, one of the picture that a single capsule makes.",
        "The first: `margin_loss` of `lengths(v)`. The second: mask v by `target`, decode, compare with `image`.",
        "`reconstruction = decoder(mask_capsules(v, target))`, and the sum of `margin_loss(lengths(v), target)` and "
        "`reconstruction_loss(…)` of those two pictures.",
    ),
    minutes=6,
    difficulty=2,
    importance=5,
)

EXERCISES = (MARGIN_LOSS, RECONSTRUCTION_LOSS, MASK_CAPSULES, CAPSULE_LOSS)

QUESTIONS = {
    "05-softmax-best": {
        "a": "Surely it should. But softmax looks at differences, and lengths never differ by more than 1. Run the "
        "next cell.",
        "b": "A fair guess for two classes, where it is 0.73. Here nine others share the rest. Run the next cell.",
        "c": "Yes: e¹/(e¹ + 9·e⁰) = 0.232. A network that is right beyond doubt is told that it is 23 % sure.",
    },
    "05-all-zero": {
        "a": "The absent classes cost nothing, that is true. But the present one should be 0.9 long, and it is 0.",
        "b": "Yes: the one present class costs 0.9², the nine absent ones nothing.",
        "c": "0.9 is how much is missing. The hinge is squared: 0.9².",
    },
    "05-log": {
        "a": "That is what a log looks like when all lengths are 1, at 3.645. Look for a way to get 0.90 from lengths "
        "near 0.",
        "b": "Yes: lengths near 0 cost 0.9² = 0.81, and 0.9 without the square. A healthy log starts near 0.81.",
        "c": "A softmax makes every length about 0.1 at the start, and (0.9 − 0.1)² is 0.64. This log starts higher.",
    },
    "05-other-size": {
        "a": "On 28×28 images they are. 0.392 is 0.0005 · 784, and 36×36 images have more pixels than 784.",
        "b": "Yes: the right factor is 0.0005 · 1296 = 0.648, and 0.392 is 60 % of it.",
        "c": "The mean divides by the number of pixels, so its factor has to grow with them. 0.392 does not.",
    },
}
