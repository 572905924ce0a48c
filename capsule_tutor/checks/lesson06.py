"""Lesson 06: CapsNet, its parameters, its wiring, its drawings and its doubts."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from capsule_tutor import functional, layers
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- how many parameters ----------------------------------------------------------------------------------


def capsnet_parameters(
    side: int = 28, channels: int = 256, types: int = 32, d: int = 8, classes: int = 10, z: int = 16
) -> tuple[int, int, int, int]:
    """The parameters of first convolution, primary capsules, vote matrices and decoder for (side, side) images."""
    grid = ((side - 8) - 9) // 2 + 1
    first = 9 * 9 * channels + channels
    # convolution, k × k: k² · in · out weights and out biases
    primary = 9 * 9 * channels * (types * d) + types * d
    # one (d, z) matrix for every pair (i, j)
    votes = (types * grid**2) * classes * (d * z)
    # dense: in · out weights and out biases
    decoder = (classes * z * 512 + 512) + (512 * 1024 + 1024) + (1024 * side**2 + side**2)
    return first, primary, votes, decoder


def _parameter_cases() -> list[Case]:
    return [
        case("the network of the paper"),
        case("images of 36×36 pixels", side=36),
        case("a thin network", channels=32, types=4),
        case("images of 33×33 pixels", side=33, channels=20, types=3),
        case("other poses and classes", d=6, classes=7, z=11),
    ]


_PARTS = ("first convolution", "primary capsules", "vote matrices", "decoder")


def _which_part(item: Case, value: tuple) -> str | None:
    for part, got, want in zip(_PARTS, value, capsnet_parameters(**item.kwargs), strict=True):
        whole = isinstance(got, int) and not isinstance(got, bool)
        if not whole:
            return f"the number for the {part} is {got!r}; a count is an int: divide with //."
        if got != want:
            return f"your number for the {part} is {got:,}; expected {want:,}. The parts before it are right."
    return None


def _counted(side, channels, types, d, classes, z, **other):
    """The right four numbers, with some of them replaced."""
    first, primary, votes, decoder = capsnet_parameters(side, channels, types, d, classes, z)
    return tuple(({"first": first, "primary": primary, "votes": votes, "decoder": decoder} | other).values())


def _grid(side):
    return (side - 17) // 2 + 1


def one_filter_per_type(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, primary=81 * channels * types + types)


def filters_that_read_one_map(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, primary=81 * types * d + types * d)


def kernel_side_for_its_area(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, primary=9 * channels * types * d + types * d)


def a_bias_per_type(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d + types)


def primary_biases_forgotten(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d)


def a_bias_at_every_place(side=28, channels=256, types=32, d=8, classes=10, z=16):
    primary = 81 * channels * types * d + types * d * _grid(side) ** 2
    return _counted(side, channels, types, d, classes, z, primary=primary)


def filters_of_their_own_at_every_place(side=28, channels=256, types=32, d=8, classes=10, z=16):
    primary = (81 * channels * types * d + types * d) * _grid(side) ** 2
    return _counted(side, channels, types, d, classes, z, primary=primary)


def matrices_shared_by_the_places(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=types * classes * d * z)


def grid_not_squared(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) * classes * d * z)


def children_typed_in(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=1152 * classes * d * z)


def one_matrix_per_child(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * d * z)


def vectors_for_matrices(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * d)


def votes_for_matrices(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * z)


def couplings_counted(side=28, channels=256, types=32, d=8, classes=10, z=16):
    votes = types * _grid(side) ** 2 * classes * (d * z + 1)
    return _counted(side, channels, types, d, classes, z, votes=votes)


def a_bias_for_every_vote(side=28, channels=256, types=32, d=8, classes=10, z=16):
    votes = types * _grid(side) ** 2 * classes * (d * z + z)
    return _counted(side, channels, types, d, classes, z, votes=votes)


def bias_inside_the_routing(side=28, channels=256, types=32, d=8, classes=10, z=16):
    votes = types * _grid(side) ** 2 * classes * d * z + classes * z
    return _counted(side, channels, types, d, classes, z, votes=votes)


def _decoder(inputs, pixels):
    return inputs * 512 + 512 + 512 * 1024 + 1024 + 1024 * pixels + pixels


def decoder_of_one_pose(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, decoder=_decoder(z, side**2))


def decoder_of_lengths(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes, side**2))


def decoder_biases_forgotten(side=28, channels=256, types=32, d=8, classes=10, z=16):
    decoder = classes * z * 512 + 512 * 1024 + 1024 * side**2
    return _counted(side, channels, types, d, classes, z, decoder=decoder)


def decoder_draws_784_pixels(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes * z, 784))


def decoder_draws_one_row(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes * z, side))


def middle_layer_forgotten(side=28, channels=256, types=32, d=8, classes=10, z=16):
    decoder = classes * z * 512 + 512 + 1024 * side**2 + side**2
    return _counted(side, channels, types, d, classes, z, decoder=decoder)


def decoder_per_class(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return _counted(side, channels, types, d, classes, z, decoder=classes * _decoder(z, side**2))


def total_returned(side=28, channels=256, types=32, d=8, classes=10, z=16):
    return sum(capsnet_parameters(side, channels, types, d, classes, z))


CAPSNET_PARAMETERS = Exercise(
    id="06-capsnet-parameters",
    goal=(
        "Finish `capsnet_parameters(side=28, channels=256, types=32, d=8, classes=10, z=16)`: the numbers of "
        "parameters of the four parts, as four ints. Grid and first convolution are given. The decoder has three "
        "dense layers, j·z → 512 → 1024 → side². Vote matrices have no bias. Fill in all three before you run "
        "the cell: they are checked together."
    ),
    reference=capsnet_parameters,
    oracle=oracles.capsnet_parameters,
    axes=("", "", "", ""),
    cases=_parameter_cases,
    properties=(_which_part,),
    mutants=(
        Mutant(
            one_filter_per_type,
            "You gave the primary convolution one filter per type. A type's pose has d numbers, and each of them is a "
            "channel with a filter of its own: types·d filters.",
        ),
        Mutant(
            filters_that_read_one_map,
            "Your primary filters look at one map only. A filter of the second convolution reads all `channels` maps "
            "that the first one made: 9·9·channels weights each.",
        ),
        Mutant(
            kernel_side_for_its_area,
            "You counted 9 weights for a kernel of 9×9. It has 81 per map that it reads.",
        ),
        Mutant(
            primary_biases_forgotten,
            "Your primary convolution has no biases. Each of its types·d filters has one.",
        ),
        Mutant(
            a_bias_per_type,
            "Your weights are right, but you gave one bias to each type. Biases belong to filters, and each type has "
            "d of these: types·d biases.",
        ),
        Mutant(
            a_bias_at_every_place,
            "You gave the primary capsules a bias at every place of the grid. A convolution shares its biases over "
            "all places, as it does its weights: one per filter.",
        ),
        Mutant(
            filters_of_their_own_at_every_place,
            "You counted the primary filters once per place of the grid. A convolution slides the same filters over "
            "all places; only the vote matrices are not shared.",
        ),
        Mutant(
            matrices_shared_by_the_places,
            "You let all places of a type share their vote matrices. In CapsNet each of the types·grid² children has "
            "matrices of its own.",
        ),
        Mutant(
            grid_not_squared,
            "Your grid has one row. It has grid·grid places, each with one capsule per type.",
        ),
        Mutant(
            children_typed_in,
            "You typed in 1152 children. That is right for 28×28 images and 32 types only: use types and grid.",
        ),
        Mutant(
            one_matrix_per_child,
            "You counted one matrix per child. A child votes for every parent with another matrix: one per PAIR.",
        ),
        Mutant(
            vectors_for_matrices,
            "You gave each pair d numbers. Its matrix takes d numbers to z others: it has d·z.",
        ),
        Mutant(
            votes_for_matrices,
            "You counted the votes, z numbers for every pair. They are computed anew for each image. A parameter is "
            "what is learned and stored: the d·z numbers of the pair's matrix.",
        ),
        Mutant(
            couplings_counted,
            "You counted the couplings c_ij, one per pair, among the parameters. Routing computes them anew for every "
            "image; nothing of them is learned or stored.",
        ),
        Mutant(
            a_bias_for_every_vote,
            "You gave every vote a bias of z numbers. A vote is u_i W_ij and nothing more.",
        ),
        Mutant(
            bias_inside_the_routing,
            "You counted a bias of z numbers per parent. The authors' released code has it, 160 numbers; the paper, "
            "and this exercise, do not.",
        ),
        Mutant(
            decoder_of_one_pose,
            "Your decoder reads one bare pose of z numbers, so it could not know which class it draws. It reads all "
            "classes·z numbers, of which all but one pose are zero. In the paper's network 73,728 weights are missing.",
        ),
        Mutant(
            decoder_of_lengths,
            "Your decoder reads one number per class. It reads the whole poses: classes·z numbers.",
        ),
        Mutant(
            decoder_biases_forgotten,
            "Your dense layers have no biases. Each of the 512, 1024 and side² outputs has one.",
        ),
        Mutant(
            decoder_draws_784_pixels,
            "You typed in 784 pixels. The decoder draws as many as the image has: side².",
        ),
        Mutant(
            decoder_draws_one_row,
            "Your decoder draws `side` pixels, one row of the image. It draws side·side of them.",
        ),
        Mutant(
            middle_layer_forgotten,
            "The decoder has three layers, and yours lacks the middle one, from 512 to 1024.",
        ),
        Mutant(
            decoder_per_class,
            "You built a decoder for each class. There is one for all, which reads the poses of all the classes.",
        ),
        Mutant(
            total_returned,
            "You return the total. Return the four numbers, `first, primary, votes, decoder`: we want to see where "
            "they sit.",
        ),
    ),
    hints=(
        "For each part ask: how many outputs are there, and how many numbers does each output read? Then: what is "
        "shared?",
        "Primary: types·d filters, each reads 9·9·channels numbers and has a bias. Votes: types·grid² children times "
        "`classes` parents, a d·z matrix per pair. Decoder: in·out + out for each of the three layers.",
        "`primary = 81 * channels * types * d + types * d`; `votes = types * grid**2 * classes * d * z`; the decoder's "
        "first layer is `classes * z * 512 + 512`, its last `1024 * side**2 + side**2`, and one lies between them.",
    ),
    minutes=10,
    difficulty=2,
    importance=4,
    gradient=False,
)


# --- the encoder ------------------------------------------------------------------------------------------


def capsnet_forward(
    images: Tensor,
    first_weight: Tensor,
    first_bias: Tensor,
    primary_weight: Tensor,
    primary_bias: Tensor,
    vote_weight: Tensor,
    iterations: int = 3,
) -> Tensor:
    """CapsNet's encoder. images (b, 1, h, w), vote_weight (i, j, d, z) → v (b, j, z)"""
    # x = max(0, first ∗ images)
    x = conv2d(images, first_weight, first_bias).relu()  # (b, channels, h', w')
    features = conv2d(x, primary_weight, primary_bias, stride=2)  # (b, types·d, h'', w'')
    # u_i = squash(the d channels of one type at one place)
    u = functional.squash(layers.primary_capsules(features, vote_weight.shape[2]))  # (b, i, d)
    # û_{j|i} = u_i W_ij, then routing by agreement
    v, _ = functional.dynamic_routing(functional.votes(u, vote_weight), iterations)
    return v


def _network(seed=0, channels=3, types=2, d=4, j=3, z=5, places=6):
    return (
        numbers(channels, 1, 3, 3, seed=seed + 1, scale=0.7),
        numbers(channels, seed=seed + 2, scale=0.3),
        numbers(types * d, channels, 3, 3, seed=seed + 3, scale=0.4),
        numbers(types * d, seed=seed + 4, scale=0.4),
        numbers(types * places, j, d, z, seed=seed + 5, scale=1.2),
    )


def _pixels(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def _forward_cases() -> list[Case]:
    weights = _network()
    first, _, primary, _, votes = weights
    no_biases = (first, torch.zeros(3), primary, torch.zeros(8), votes)
    return [
        # 7×9 pixels → 5×7 → 2×3 places, 2 types: 12 children
        case("two images of 7×9 pixels", _pixels(2, 1, 7, 9), *weights),
        case("one image", _pixels(1, 1, 7, 9, seed=1), *weights),
        case("two images", _pixels(2, 1, 7, 9, seed=2), *weights, iterations=1),
        case("a black image, without biases", torch.zeros(1, 1, 7, 9), *no_biases),
        case("float64 images", _pixels(1, 1, 7, 9, seed=3).double(), *(w.double() for w in _network(seed=10))),
    ]


def _lengths_below_one(item: Case, value: Tensor) -> str | None:
    longest = value.double().norm(dim=2).max().item()
    return f"the longest capsule has length {longest:.4g}; squash never exceeds 1." if longest > 1.0001 else None


def _wired(
    images,
    weights,
    iterations,
    between=torch.relu,
    before=lambda features: features,
    cut=layers.primary_capsules,
    squash=functional.squash,
    route=functional.dynamic_routing,
    stride=(1, 2),
    padding=0,
):
    """The encoder with some of its parts replaced."""
    first_weight, first_bias, primary_weight, primary_bias, vote_weight = weights
    x = between(conv2d(images, first_weight, first_bias, stride=stride[0], padding=padding))
    features = conv2d(x, primary_weight, primary_bias, stride=stride[1], padding=padding)
    u = squash(cut(before(features), vote_weight.shape[2]))
    return route(functional.votes(u, vote_weight), iterations)[0]


def relu_before_the_cut(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, before=torch.relu)


def primaries_not_squashed(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, squash=lambda u: u)


def first_relu_forgotten(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, between=lambda x: x)


def squash_for_the_first_relu(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, between=lambda x: functional.squash(x, 1))


def sigmoid_for_the_first_relu(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, between=torch.sigmoid)


def bare_view(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, cut=lambda f, d: f.reshape(len(f), -1, d))


def neighbours_in_the_last_axis(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, cut=lambda f, d: f.permute(0, 2, 3, 1).reshape(len(f), -1, d))


def every_types_th_channel(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight

    def cut(f, d):
        b, channels, h, w = f.shape
        return f.reshape(b, d, channels // d, h, w).permute(0, 2, 3, 4, 1).reshape(b, -1, d)

    return _wired(images, weights, iterations, cut=cut)


def _cut_into(d, images, weights, iterations):
    return _wired(images, weights, iterations, cut=lambda f, _: layers.primary_capsules(f, d))


def pose_size_typed_in(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _cut_into(8, images, weights, iterations)


def z_for_d(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _cut_into(vote_weight.shape[-1], images, weights, iterations)


def classes_for_d(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _cut_into(vote_weight.shape[1], images, weights, iterations)


def squashed_over_the_children(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, squash=lambda u: functional.squash(u, 1))


def squashed_along_a_row_of_the_map(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, before=functional.squash, squash=lambda u: u)


def squashed_over_all_channels(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, before=lambda f: functional.squash(f, 1), squash=lambda u: u)


def stride_one_twice(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, stride=(1, 1))


def stride_two_twice(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, stride=(2, 2))


def strides_exchanged(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, stride=(2, 1))


def images_padded(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, padding=1)


def biases_forgotten(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, None, primary_weight, None, vote_weight
    return _wired(images, weights, iterations)


def primary_bias_left_out(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, None, vote_weight
    return _wired(images, weights, iterations)


def iterations_typed_in(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, 3)


def no_routing(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, 1)


def one_iteration_too_many(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations + 1)


def votes_summed(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, route=lambda u_hat, k: (functional.squash(u_hat.sum(1)), None))


def votes_averaged(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return _wired(images, weights, iterations, route=lambda u_hat, k: (functional.squash(u_hat.mean(1)), None))


def couplings_over_the_children(
    images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3
):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight

    def route(u_hat, iterations):
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for turn in range(iterations):
            v = functional.squash(torch.einsum("bij,bijz->bjz", logits.softmax(1), u_hat))
            if turn < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, None

    return _wired(images, weights, iterations, route=route)


def squashed_once_too_often(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return functional.squash(_wired(images, weights, iterations))


def lengths_returned(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    weights = first_weight, first_bias, primary_weight, primary_bias, vote_weight
    return functional.lengths(_wired(images, weights, iterations))


def couplings_returned_too(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
    x = conv2d(images, first_weight, first_bias).relu()
    features = conv2d(x, primary_weight, primary_bias, stride=2)
    u = functional.squash(layers.primary_capsules(features, vote_weight.shape[2]))
    return functional.dynamic_routing(functional.votes(u, vote_weight), iterations)


CAPSNET_FORWARD = Exercise(
    id="06-capsnet-forward",
    goal=(
        "Write the encoder of CapsNet as a function: `capsnet_forward(images, first_weight, first_bias, "
        "primary_weight, primary_bias, vote_weight, iterations=3)` takes images (b, 1, h, w) to capsules v (b, j, z). "
        "All weights are handed in; `vote_weight` is (i, j, d, z). Strides are 1 and 2, nothing is padded."
    ),
    reference=capsnet_forward,
    oracle=oracles.capsnet_forward,
    axes=("b j z",),
    cases=_forward_cases,
    properties=(_lengths_below_one,),
    mutants=(
        Mutant(
            relu_before_the_cut,
            "You put a ReLU behind the primary convolution, too. A pose may point anywhere, and this keeps only those "
            "without a negative entry. There is one ReLU in the encoder, behind the first convolution.",
        ),
        Mutant(
            primaries_not_squashed,
            "Your primary capsules are not squashed, so their lengths are no presences and a loud child outvotes all "
            "the others. Squash u before it votes.",
        ),
        Mutant(
            first_relu_forgotten,
            "You forgot the ReLU between the two convolutions. Without it the two are one linear map.",
        ),
        Mutant(
            squash_for_the_first_relu,
            "You squashed the maps of the first convolution. They are no capsules yet: an ordinary ReLU stands there.",
        ),
        Mutant(
            sigmoid_for_the_first_relu,
            "You put a sigmoid between the two convolutions. CapsNet has a ReLU there.",
        ),
        Mutant(
            bare_view,
            "You cut the capsules with a bare view: each holds neighbouring places of one channel (lesson 03). Move "
            "the pose axis to the end first, or use layers.primary_capsules.",
        ),
        Mutant(
            neighbours_in_the_last_axis,
            "Your capsules are whole, but you numbered them place by place. The vote matrices count type by type, and "
            "within a type place by place: each capsule got another one's matrices. layers.primary_capsules does it.",
        ),
        Mutant(
            every_types_th_channel,
            "You collected each pose from channels that lie far apart. The first d channels are type 0, the next d "
            "type 1: split the channels into (types, d), in this order.",
        ),
        Mutant(
            pose_size_typed_in,
            "You typed in d = 8, the number of the paper's network; here the poses have another. Read it from "
            "vote_weight.shape[2].",
        ),
        Mutant(
            z_for_d,
            "You read the children's pose size from the last axis of vote_weight. That is z, the size of the parents' "
            "poses. The axes are (i, j, d, z): d is vote_weight.shape[2].",
        ),
        Mutant(
            classes_for_d,
            "You read the children's pose size from axis 1 of vote_weight. That is j, the number of classes. The axes "
            "are (i, j, d, z): d is vote_weight.shape[2].",
        ),
        Mutant(
            squashed_over_the_children,
            "You squashed u along its axis 1, over all the children. A vector to be squashed is one child's pose: it "
            "lies in the last axis.",
        ),
        Mutant(
            squashed_along_a_row_of_the_map,
            "You squashed the maps before cutting them, along a row of the map. A vector to be squashed is one "
            "capsule's pose: cut first, then squash.",
        ),
        Mutant(
            squashed_over_all_channels,
            "You squashed all the channels of a place as one vector, so the types at one place share one length. Cut "
            "first, then squash each capsule on its own.",
        ),
        Mutant(
            stride_one_twice,
            "Both your convolutions move by one pixel, which makes too many capsules for the vote matrices. The second "
            "has stride 2.",
        ),
        Mutant(
            stride_two_twice,
            "Both your convolutions move by two pixels, which leaves too few capsules for the vote matrices. The first "
            "has stride 1.",
        ),
        Mutant(
            strides_exchanged,
            "You exchanged the strides, which leaves too few capsules for the vote matrices. The first convolution "
            "has stride 1, the second stride 2.",
        ),
        Mutant(
            images_padded,
            "You padded the images, which makes too many capsules for the vote matrices. Nothing is padded in CapsNet.",
        ),
        Mutant(biases_forgotten, "You left out the biases of the convolutions. Hand them to conv2d after the weight."),
        Mutant(
            primary_bias_left_out,
            "You left out the bias of the second convolution. Hand it to conv2d after the weight.",
        ),
        Mutant(
            iterations_typed_in,
            "You always route three times. Hand `iterations` on to the routing.",
        ),
        Mutant(
            no_routing,
            "Your couplings are never updated: you route once, whatever `iterations` says. Hand it on to the routing.",
        ),
        Mutant(
            one_iteration_too_many,
            "You route once more than you were asked to. `iterations` counts the softmaxes.",
        ),
        Mutant(
            votes_summed,
            "You added up the votes without any couplings. The children's shares come from the routing.",
        ),
        Mutant(
            votes_averaged,
            "You averaged the votes over the children, without any couplings. How much each child counts comes from "
            "the routing.",
        ),
        Mutant(
            couplings_over_the_children,
            "Your softmax runs over the children. Each child divides its unit among the parents (lesson 04).",
        ),
        Mutant(
            squashed_once_too_often,
            "You squashed v once more. The routing returns it squashed: a second time makes every capsule shorter.",
        ),
        Mutant(lengths_returned, "You return the lengths. The decoder needs the whole capsules: return v (b, j, z)."),
        Mutant(
            couplings_returned_too,
            "You return v and the couplings. Take the two apart and return v alone.",
        ),
    ),
    hints=(
        "Five lines, in the order of the table above: convolution and ReLU; convolution; cut and squash; votes; "
        "routing. The package has a function for each.",
        "`torch.conv2d(x, weight, bias, stride=…)` is the convolution. d, which `layers.primary_capsules(features, "
        "d)` wants to know, is an axis of vote_weight. The routing returns two things.",
        "`x = torch.conv2d(images, first_weight, first_bias).relu()`; `features = torch.conv2d(x, primary_weight, …)` "
        "with the other bias, `stride=2` and no ReLU; `u = functional.squash(layers.primary_capsules(features, "
        "vote_weight.shape[2]))`; `v, _ = functional.dynamic_routing(functional.votes(u, vote_weight), iterations)`.",
    ),
    minutes=12,
    difficulty=3,
    importance=5,
)


# --- the longest and the second longest --------------------------------------------------------------------


def runner_up(v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The class of the longest capsule, of the second longest, and by how much they differ. v (b, j, z) → 3 × (b,)"""
    longest, classes = functional.lengths(v).topk(2, dim=1)  # (b, 2)
    # gap = ‖v_first‖ − ‖v_second‖
    return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]


def _runner_up_cases() -> list[Case]:
    # In each image, the orders by length, by largest entry, by largest size of an entry and by sum all differ.
    faint = [0.1, 0.0, -0.1, 0.0]
    telling = torch.tensor(
        [
            [[0.5, 0.5, 0.5, 0.0], [0.8, 0.0, 0.0, 0.0], [-0.7, 0.3, -0.3, -0.3], faint, [0.3, 0.3, 0.3, 0.3]],
            [[0.1, 0.1, 0.1, 0.2], [-0.6, -0.6, -0.1, 0.1], [0.0, 0.0, 0.7, 0.0], [0.2, 0.4, 0.3, 0.4], faint],
            [faint, [0.3, 0.3, 0.3, 0.3], [-0.7, 0.3, -0.3, -0.3], [0.5, 0.5, 0.5, 0.0], [0.8, 0.0, 0.0, 0.0]],
        ]
    )
    absent = functional.squash(numbers(2, 4, 3, seed=2))
    absent[:, 0] = 0
    return [
        case("capsules of shape (3, 5, 4)", telling),
        case("capsules of shape (3, 5, 2)", functional.squash(numbers(3, 5, 2, seed=1))),
        case("a batch of 1", functional.squash(numbers(1, 6, 3, seed=7))),
        case("capsules of which class 0 is the zero vector", absent),
        case("two classes", functional.squash(numbers(3, 2, 5, seed=4))),
        case("float64 capsules", functional.squash(numbers(2, 4, 6, seed=5).double())),
    ]


def _gap_is_not_negative(item: Case, value: tuple) -> str | None:
    return "a gap is negative: the longest capsule is never shorter." if (value[2] < 0).any() else None


def _two_different_classes(item: Case, value: tuple) -> str | None:
    same = bool((value[0] == value[1]).any())
    return "winner and runner-up are the same class in one of the images." if same else None


def _top(score: Tensor, like: Tensor, dim: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Winner and runner-up by some score, with the gap between the lengths."""
    order, n = score.argsort(dim=dim, descending=True), functional.lengths(like)
    first, second = order[:, 0], order[:, 1]
    at = torch.arange(len(like))
    return first, second, n[at, first] - n[at, second]


def by_the_largest_entry(v):
    return _top(v.amax(2), v)


def by_the_size_of_one_entry(v):
    return _top(v.abs().amax(2), v)


def by_the_sum_of_entries(v):
    return _top(v.sum(2), v)


def lengths_over_the_classes(v):
    two, classes = v.norm(dim=1).topk(2, dim=1)
    return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]


def rows_for_columns(v):
    two, classes = functional.lengths(v).topk(2, dim=1)
    return classes[0], classes[1], two[0] - two[1]


def shortest_for_runner_up(v):
    n = functional.lengths(v)
    return n.argmax(1), n.argmin(1), n.amax(1) - n.amin(1)


def the_two_shortest(v):
    n = functional.lengths(v)
    two, classes = n.topk(2, dim=1, largest=False)
    return classes[:, 0], classes[:, 1], two[:, 1] - two[:, 0]


def gap_of_squares(v):
    two, classes = (v * v).sum(2).topk(2, dim=1)
    return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]


def gap_turned_round(v):
    first, second, gap = runner_up(v)
    return first, second, -gap


def runner_up_first(v):
    first, second, gap = runner_up(v)
    return second, first, gap


def lengths_for_classes(v):
    two = functional.lengths(v).topk(2, dim=1).values
    return two[:, 0], two[:, 1], two[:, 0] - two[:, 1]


def ratio_for_gap(v):
    two, classes = functional.lengths(v).topk(2, dim=1)
    return classes[:, 0], classes[:, 1], two[:, 0] / two[:, 1]


def length_of_the_winner(v):
    two, classes = functional.lengths(v).topk(2, dim=1)
    return classes[:, 0], classes[:, 1], two[:, 0]


def gap_to_the_shortest(v):
    n = functional.lengths(v)
    first, second, _ = runner_up(v)
    return first, second, n.amax(1) - n.amin(1)


def gap_to_the_mean_of_the_others(v):
    n = functional.lengths(v)
    first, second, _ = runner_up(v)
    return first, second, n.amax(1) - (n.sum(1) - n.amax(1)) / (n.shape[1] - 1)


def gap_after_a_softmax(v):
    two, classes = functional.lengths(v).softmax(1).topk(2, dim=1)
    return classes[:, 0], classes[:, 1], two[:, 0] - two[:, 1]


def gap_of_class_numbers(v):
    classes = functional.lengths(v).topk(2, dim=1).indices
    return classes[:, 0], classes[:, 1], (classes[:, 0] - classes[:, 1]).to(v.dtype)


def distance_between_the_poses(v):
    first, second, _ = runner_up(v)
    at = torch.arange(len(v))
    return first, second, (v[at, first] - v[at, second]).norm(dim=1)


def first_image_only(v):
    first, second, gap = runner_up(v)
    return first[0], second[0], gap[0]


def two_columns_returned(v):
    return functional.lengths(v).topk(2, dim=1).indices


RUNNER_UP = Exercise(
    id="06-runner-up",
    goal=(
        "Write `runner_up(v)`: for capsules v (b, j, z) return three tensors (b,): the class of the longest capsule, "
        "the class of the second longest, and the gap, the longest length minus the second."
    ),
    reference=runner_up,
    oracle=oracles.runner_up,
    axes=("b", "b", "b"),
    cases=_runner_up_cases,
    properties=(_two_different_classes, _gap_is_not_negative),
    mutants=(
        Mutant(
            by_the_largest_entry,
            "You rank the capsules by their largest single number. The length counts, and it takes all entries.",
        ),
        Mutant(
            by_the_size_of_one_entry,
            "You rank the capsules by the size of their one largest entry. A length takes all of them: use "
            "functional.lengths.",
        ),
        Mutant(
            by_the_sum_of_entries,
            "You rank the capsules by the sum of their entries, where negative ones count against the others. Use the "
            "length.",
        ),
        Mutant(
            lengths_over_the_classes,
            "Your lengths run over the classes (dim=1). A capsule's vector lies in the last axis, z: use "
            "functional.lengths, or dim=2.",
        ),
        Mutant(
            rows_for_columns,
            "You took the rows of topk's tables for its columns. They are (b, 2): `[0]` is the first image, `[:, 0]` "
            "the winner of every image.",
        ),
        Mutant(
            shortest_for_runner_up,
            "Your runner-up is the shortest capsule of all. It is the second longest: topk(2), or a sort.",
        ),
        Mutant(
            the_two_shortest,
            "You found the two shortest capsules. sort and argsort begin with the smallest: descending=True.",
        ),
        Mutant(gap_of_squares, "Your gap is one of squared lengths. Take the roots first."),
        Mutant(
            gap_turned_round, "You subtracted the longest from the second. The gap is the longest minus the second."
        ),
        Mutant(runner_up_first, "You exchanged the two: the winner comes first, then the runner-up."),
        Mutant(
            lengths_for_classes,
            "You return the two lengths in the place of the two classes. topk and sort return both: values, then "
            "indices.",
        ),
        Mutant(ratio_for_gap, "You divided the two lengths. The gap is their difference."),
        Mutant(
            length_of_the_winner,
            "You return the winner's length as gap. Two capsules can be long at once: subtract the second.",
        ),
        Mutant(gap_to_the_shortest, "You subtracted the shortest length. The gap is to the second longest."),
        Mutant(
            gap_to_the_mean_of_the_others,
            "You subtracted the mean of all the others. One serious rival is lost in it: subtract the second longest.",
        ),
        Mutant(
            gap_after_a_softmax,
            "You took a softmax of the lengths first. They are probabilities already, each on its own (lesson 05).",
        ),
        Mutant(
            gap_of_class_numbers,
            "You subtracted the class numbers. The gap is between their lengths: topk returns these, too.",
        ),
        Mutant(
            distance_between_the_poses,
            "Your gap is the distance between the two poses. We compare how sure they are: their lengths.",
        ),
        Mutant(first_image_only, "You return the first image's answer only. There is one for each image of the batch."),
        Mutant(
            two_columns_returned,
            "You return both classes in one table, without the gap. Return three tensors (b,).",
        ),
    ),
    hints=(
        "One function of torch finds the largest k numbers along an axis, and where they stand.",
        "`functional.lengths(v)` is (b, j). `.topk(2, dim=1)` returns values and indices, both (b, 2), largest first.",
        "`longest, classes = functional.lengths(v).topk(2, dim=1)`; then the columns `classes[:, 0]`, `classes[:, 1]`, "
        "and the difference of the two columns of `longest`.",
    ),
    minutes=5,
    difficulty=1,
    importance=3,
)


# --- what every class would draw ----------------------------------------------------------------------------


def draw_all(v: Tensor, decoder) -> Tensor:
    """What each capsule would draw alone. v (b, j, z), decoder from (n, j·z) to (n, pixels) → (b, j, pixels)"""
    b, j, _ = v.shape
    classes = torch.arange(j, device=v.device)
    # drawing j of image b = decoder(capsules of b, all but j set to zero)
    return torch.stack([decoder(functional.mask_capsules(v, k.expand(b))) for k in classes], dim=1)


def _decoder_of(j: int, z: int, pixels: int):
    """A decoder of one layer, which refuses with a sentence what it cannot read: torch speaks of mat1 and mat2."""
    weight, bias = numbers(j * z, pixels, seed=9), numbers(pixels, seed=8)

    def decoder(masked):
        if masked.shape[-1] != j * z:
            raise ValueError(_misfed(masked, j, z))
        return (masked @ weight.to(masked.dtype) + bias.to(masked.dtype)).sigmoid()

    return decoder


def _misfed(given: Tensor, j: int, z: int) -> str:
    says = f"the decoder takes (n, j·z) = (n, {j * z}), and it was given {tuple(given.shape)}"
    if given.ndim < 3 or given.shape[-2:] != (j, z):
        return f"{says}: bare poses" if given.shape[-1] == z else says
    masked = ((given != 0).any(-1).sum(-1) <= 1).all()
    return f"{says}: {'masked capsules' if masked else 'all capsules'} whose axes j and z are not yet flattened"


def _draw_cases() -> list[Case]:
    v = functional.squash(numbers(2, 3, 6))
    silent = functional.squash(numbers(2, 3, 6, seed=3))
    silent[1, 2] = 0
    return [
        case("two images of three classes", v, _decoder_of(3, 6, 7)),
        case("as many images as classes", functional.squash(numbers(4, 4, 2, seed=1)), _decoder_of(4, 2, 5)),
        case("a batch of 1", functional.squash(numbers(1, 5, 3, seed=2)), _decoder_of(5, 3, 4)),
        case("a batch in which one capsule is the zero vector", silent, _decoder_of(3, 6, 7)),
        case("float64 capsules", v.double(), _decoder_of(3, 6, 7)),
    ]


def _alone(v: Tensor) -> Tensor:
    """(b, j, z) → (b, j, j, z): all but one capsule zero."""
    return v[:, :, None, :] * torch.eye(v.shape[1], dtype=v.dtype)[None, :, :, None]


def nothing_masked(v, decoder):
    return decoder(v.flatten(1))[:, None].expand(-1, v.shape[1], -1)


def always_the_longest(v, decoder):
    return decoder(functional.mask_capsules(v))[:, None].expand(-1, v.shape[1], -1)


def all_in_the_first_seat(v, decoder):
    first = torch.zeros_like(_alone(v))
    first[:, :, 0] = v
    return decoder(first.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)


def pose_in_every_seat(v, decoder):
    return decoder(v.repeat(1, 1, v.shape[1]).flatten(0, 1)).reshape(*v.shape[:2], -1)


def all_but_one(v, decoder):
    others = v[:, None] - _alone(v)
    return decoder(others.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)


def classes_before_images(v, decoder):
    return draw_all(v, decoder).transpose(0, 1)


def images_and_classes_mixed(v, decoder):
    return draw_all(v, decoder).transpose(0, 1).reshape(*v.shape[:2], -1)


def one_long_list(v, decoder):
    return draw_all(v, decoder).flatten(0, 1)


def stretched_to_length_one(v, decoder):
    return draw_all(v / functional.lengths(v).unsqueeze(2), decoder)


def poses_interleaved(v, decoder):
    masked = _alone(v).transpose(2, 3)
    return decoder(masked.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)


def lengths_for_poses(v, decoder):
    return draw_all(functional.lengths(v).unsqueeze(2).expand_as(v), decoder)


def drawn_without_gradient(v, decoder):
    return draw_all(v.detach(), decoder)


def zeroed_in_place(v, decoder):
    drawn = []
    for k in range(v.shape[1]):
        for other in range(v.shape[1]):
            if other != k:
                v[:, other] = 0
        drawn.append(decoder(v.flatten(1)))
    return torch.stack(drawn, dim=1)


def ten_classes_typed_in(v, decoder):
    classes = torch.arange(10)
    return torch.stack([decoder(functional.mask_capsules(v, k.expand(len(v)))) for k in classes], dim=1)


def bare_poses(v, decoder):
    return torch.stack([decoder(v[:, k]) for k in range(v.shape[1])], dim=1)


def capsules_as_they_are(v, decoder):
    return decoder(v)


def masks_not_flattened(v, decoder):
    classes = torch.arange(v.shape[1])
    masked = [functional.mask_capsules(v, k.expand(len(v))).view(v.shape) for k in classes]
    return torch.stack([decoder(m) for m in masked], dim=1)


def all_masks_not_flattened(v, decoder):
    return decoder(_alone(v))


def class_as_a_bare_number(v, decoder):
    return torch.stack([decoder(functional.mask_capsules(v, k)) for k in range(v.shape[1])], dim=1)


def image_number_for_class(v, decoder):
    keep = torch.arange(len(v)) % v.shape[1]
    return decoder(functional.mask_capsules(v, keep))[:, None].expand(-1, v.shape[1], -1)


def first_image_alone(v, decoder):
    return draw_all(v[:1], decoder)[0]


def masked_capsules_returned(v, decoder):
    return _alone(v).flatten(2)


DRAW_ALL = Exercise(
    id="06-draw-all",
    goal=(
        "Write `draw_all(v, decoder)`: what would each class draw? For every image, decode each of its capsules alone, "
        "as if its class had won. v is (b, j, z), `decoder` takes (n, j·z) to (n, pixels) for any n; return "
        "(b, j, pixels). Leave v as it is."
    ),
    reference=draw_all,
    oracle=oracles.draw_all,
    axes=("b j pixel",),
    cases=_draw_cases,
    mutants=(
        Mutant(
            nothing_masked,
            "You gave the decoder all capsules at once, so all classes draw the same. For drawing j, set all the "
            "others to zero.",
        ),
        Mutant(
            always_the_longest,
            "All your drawings of an image are the same, that of its longest capsule: mask_capsules without an index "
            "keeps it. Tell it which class to keep.",
        ),
        Mutant(
            all_in_the_first_seat,
            "You put every pose into the place of class 0. The decoder knows a class by its place: leave each pose "
            "where it stands and set the others to zero.",
        ),
        Mutant(
            pose_in_every_seat,
            "You repeated a pose in the places of all classes. It belongs into its own, with zeros in the others.",
        ),
        Mutant(all_but_one, "You set capsule j to zero and kept the others. It is the other way round."),
        Mutant(
            classes_before_images,
            "Your result is (j, b, pixels). `torch.stack` puts its new axis first; it takes a dim.",
        ),
        Mutant(
            images_and_classes_mixed,
            "The shape is right, and images and classes are mixed: you had (j, b, pixels) and reshaped it. A reshape "
            "moves nothing (lesson 03). Stack along dim=1, or transpose.",
        ),
        Mutant(one_long_list, "Your drawings stand in one list, (b·j, pixels). Give it its two axes: (b, j, pixels)."),
        Mutant(
            stretched_to_length_one,
            "You stretched the capsules to length 1 before drawing. Draw what the network said, faint or not.",
        ),
        Mutant(
            poses_interleaved,
            "The poses are torn apart: your flat vector runs through the classes first. Flatten (j, z) in this order.",
        ),
        Mutant(
            lengths_for_poses,
            "You gave the decoder lengths. They say whether a digit is there; how it looks is in the pose.",
        ),
        Mutant(
            drawn_without_gradient,
            "The values are right, but no gradient comes back to v. Look for .detach(), .data or torch.no_grad(): the "
            "caller decides about gradients.",
        ),
        Mutant(
            zeroed_in_place,
            "You wrote the zeros into v itself. After the first drawing nothing is left for the second: make a masked "
            "copy for each.",
        ),
        Mutant(ten_classes_typed_in, "You typed in ten classes. There are v.shape[1] of them."),
        Mutant(
            bare_poses,
            "You gave the decoder bare poses, z numbers each. It takes j·z: the pose in its place, zeros in the "
            "others.",
        ),
        Mutant(
            capsules_as_they_are,
            "You gave the decoder v as it is, (b, j, z). It takes (b, j·z), one class at a time: set all the others "
            "to zero, and flatten.",
        ),
        Mutant(
            masks_not_flattened,
            "The masks are right, but the decoder takes (b, j·z), and yours are still (b, j, z): a `.flatten(1)` is "
            "missing.",
        ),
        Mutant(
            all_masks_not_flattened,
            "The masks are right, but they are still (b, j, j, z), and the decoder takes rows of j·z numbers: flatten "
            "the last two axes.",
        ),
        Mutant(
            class_as_a_bare_number,
            "You gave mask_capsules a bare number. It wants one class per image, a tensor (b,): "
            "`torch.full((len(v),), k)`.",
        ),
        Mutant(
            image_number_for_class,
            "You kept class 0 of image 0, class 1 of image 1 and so on. Every image is drawn once per class.",
        ),
        Mutant(first_image_alone, "You drew the first image only. There are v.shape[0] of them."),
        Mutant(masked_capsules_returned, "The masks are right. Now hand them to the decoder."),
    ),
    hints=(
        "You wrote the mask in lesson 05: `functional.mask_capsules(v, index)` keeps one class per image. Here every "
        "class has its turn.",
        "Loop over the classes k. The index wants one class per image: `torch.full((b,), k)`. Collect the drawings "
        "(b, pixels) in a list and stack them along a new axis 1.",
        "`drawings = [decoder(functional.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])]`, "
        "then `torch.stack(drawings, dim=1)`.",
    ),
    minutes=7,
    difficulty=2,
    importance=3,
)

EXERCISES = (CAPSNET_PARAMETERS, CAPSNET_FORWARD, RUNNER_UP, DRAW_ALL)

QUESTIONS = {
    "06-where": {
        "a": "More. Each of its 256 filters reads 9·9·256 = 20,736 numbers. That makes 5.3 million of 8.2.",
        "b": "Yes: 256 filters, each of which reads 9·9·256 = 20,736 numbers. That makes 5.3 million of 8.2.",
        "c": "Less: vote matrices and decoder have 1.5 and 1.4 million, more than a third together. Nine tenths "
        "and more is its share of the work, as you will see below.",
    },
    "06-larger-image": {
        "a": "A convolution slides the same filters over a larger image: more places, more work, not one weight more.",
        "b": "Yes: a 10×10 grid has 3200 children instead of 1152, and each brings matrices of its own.",
        "c": "The decoder does grow: 512 more pixels, each read from 1024 numbers. Another part grows by five times as "
        "much.",
    },
    "06-wire": {
        "a": "It looks harmless, and it sets every negative entry of a pose to zero, about half of them. The matrices "
        "have never seen such children. Run the next cells.",
        "b": "The numbers are all there, but each capsule holds neighbouring places of one channel: none of the "
        "children is one that the matrices know. Run the next cells.",
        "c": "Yes: it makes all ten sums shorter, by the same factor at first, and the score looks only at which is "
        "the longest. Run the next cells, and look at the lengths.",
    },
    "06-misread": {
        "a": "It would draw the 4 from capsule 4. But the capsule of the 4 is set to zero, and the decoder sees "
        "capsule 9 alone.",
        "b": "Yes: all that reaches the decoder is one pose in the seat of the 9, and from that seat it has learned to "
        "draw nines.",
        "c": "Both capsules may be long. But all except the longest are set to zero before the decoder sees them.",
    },
}
