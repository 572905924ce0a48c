"""Finish `capsnet_parameters(side=28, channels=256, types=32, d=8, classes=10, z=16)`: the numbers of parameters of the
four parts, as four ints. Grid and first convolution are given. The decoder has three dense layers, j·z → 512 → 1024 →
side². Vote matrices have no bias. Fill in all three before you run the cell: they are checked together."""

from inspect import signature

import torch
from torch import nn

from capsule_tutor.checks.cases import case, dice
from capsule_tutor.exercises.lesson03.capsule_count import oracle as slow_capsule_count

EFFORT = {"minutes": 10, "difficulty": 2, "importance": 4}
HINTS = (
    "For each part ask: how many outputs are there, and how many numbers does each output read? Then: what is shared?",
    "Primary: types·d filters, each reads 9·9·channels numbers and has a bias. Votes: types·grid² children times "
    "`classes` parents, a d·z matrix per pair. Decoder: in·out + out for each of the three layers.",
    "`primary = 81 * channels * ... + ...`: weights, and one bias per filter. `votes` is a product of five numbers and "
    "has no bias. The decoder's first layer is `classes * z * 512 + 512`; two more follow.",
)
GRADIENT = False


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


reference = capsnet_parameters


def oracle(side=28, channels=256, types=32, d=8, classes=10, z=16):
    first = _of_layer(read=9 * 9, outputs=channels)
    primary = _of_layer(read=9 * 9 * channels, outputs=types * d)
    children = slow_capsule_count(side, (9, 9), (1, 2), types)
    votes = sum(d * z for _ in range(children) for _ in range(classes))
    sizes = (classes * z, 512, 1024, side * side)
    decoder = sum(_of_layer(sizes[n], sizes[n + 1]) for n in range(3))
    return first, primary, votes, decoder


def _of_layer(read: int, outputs: int) -> int:
    return sum(read + 1 for _ in range(outputs))  # one weight for each number that it reads, and a bias


def cases():
    return [
        case("the network of the paper"),
        case("images of 36×36 pixels", side=36),
        case("a thin network", channels=32, types=4),
        case("images of 33×33 pixels", side=33, channels=20, types=3),
        case("other poses and classes", d=6, classes=7, z=11),
    ]


def more_cases():
    return [
        case(
            "a network of other sizes",
            side=dice(17, 40, seed=n),
            channels=dice(2, 50, seed=n + 10),
            types=dice(1, 9, seed=n + 20),
            d=dice(2, 12, seed=n + 30),
            classes=dice(2, 12, seed=n + 40),
            z=dice(2, 20, seed=n + 50),
        )
        for n in range(3)
    ]


_PARTS = ("first convolution", "primary capsules", "vote matrices", "decoder")


def _which_part(item, value):
    for part, got, want in zip(_PARTS, value, capsnet_parameters(**item.kwargs), strict=True):
        whole = isinstance(got, int) and not isinstance(got, bool)
        if not whole:
            return f"the number for the {part} is {got!r}; a count is an int: divide with //."
        if got != want:
            why = _slip(_PARTS.index(part), got, item.kwargs) or "The parts before it are right."
            return f"your number for the {part} is {got:,}; expected {want:,}. {why}"
    return None


def _slip(part: int, number: int, sizes: dict) -> str:
    """What is said of the mistake that gives this number for this part, also where other parts are wrong as well."""
    sizes = {name: p.default for name, p in signature(capsnet_parameters).parameters.items()} | sizes
    slips = (slip for slip in vars(wrong).values() if callable(slip))
    return next((" ".join(slip.__doc__.split()) for slip in slips if slip(**sizes)[part] == number), "")


properties = (_which_part,)


def _counted(side, channels, types, d, classes, z, **other):
    """The right four numbers, with some of them replaced."""
    first, primary, votes, decoder = capsnet_parameters(side, channels, types, d, classes, z)
    return tuple(({"first": first, "primary": primary, "votes": votes, "decoder": decoder} | other).values())


def _grid(side):
    return (side - 17) // 2 + 1


def _decoder(inputs, pixels):
    return inputs * 512 + 512 + 512 * 1024 + 1024 + 1024 * pixels + pixels


class right:
    def of_modules(side, channels, types, d, classes, z):
        def numel(module):
            return sum(p.numel() for p in module.parameters())

        with torch.device("meta"):
            children = types * ((side - 17) // 2 + 1) ** 2
            first, primary = nn.Conv2d(1, channels, 9), nn.Conv2d(channels, types * d, 9, stride=2)
            weight = torch.empty(children, classes, d, z)
            decoder = nn.Sequential(nn.Linear(classes * z, 512), nn.Linear(512, 1024), nn.Linear(1024, side**2))
        return numel(first), numel(primary), weight.numel(), numel(decoder)

    def by_helpers(side, channels, types, d, classes, z):
        def convolution(k, before, after):
            return (k * k * before + 1) * after

        def dense(before, after):
            return (before + 1) * after

        grid = len(range(0, side - 8 - 9 + 1, 2))
        decoder = dense(classes * z, 512) + dense(512, 1024) + dense(1024, side * side)
        return (
            convolution(9, 1, channels),
            convolution(9, channels, types * d),
            types * grid * grid * classes * d * z,
            decoder,
        )


class wrong:
    def one_filter_per_type(side, channels, types, d, classes, z):
        """You gave the primary convolution one filter per type. A type's pose has d numbers, and each of them is a
        channel with a filter of its own: types·d filters."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * types + types)

    def channels_for_filters(side, channels, types, d, classes, z):
        """You counted `channels` filters in the primary convolution. It reads that many maps, and in the paper it makes
        as many; but what it makes are types·d."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * channels + channels)

    def filters_of_the_paper(side, channels, types, d, classes, z):
        """You counted 256 primary filters, as the paper has them. There are types·d, and here both may be others."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * 256 + 256)

    def filters_that_read_one_map(side, channels, types, d, classes, z):
        """Your primary filters read one map only. A filter of the second convolution reads all `channels` maps that the
        first one made: 9·9·channels weights each."""
        return _counted(side, channels, types, d, classes, z, primary=81 * types * d + types * d)

    def kernel_side_for_its_area(side, channels, types, d, classes, z):
        """You counted 9 weights for a kernel of 9×9. It has 81 per map that it reads."""
        return _counted(side, channels, types, d, classes, z, primary=9 * channels * types * d + types * d)

    def primary_biases_forgotten(side, channels, types, d, classes, z):
        """Your primary convolution has no biases. Each of its types·d filters has one."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d)

    def a_bias_per_type(side, channels, types, d, classes, z):
        """Your weights are right, but you gave one bias to each type. Biases belong to filters, and each type has d of
        these: types·d biases."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d + types)

    def a_bias_at_every_place(side, channels, types, d, classes, z):
        """You gave the primary capsules a bias at every place of the grid. A convolution shares its biases over all
        places, as it does its weights: one per filter."""
        primary = 81 * channels * types * d + types * d * _grid(side) ** 2
        return _counted(side, channels, types, d, classes, z, primary=primary)

    def filters_of_their_own_at_every_place(side, channels, types, d, classes, z):
        """You counted the primary filters once per place of the grid. A convolution slides the same filters over all
        places; only the vote matrices are not shared."""
        primary = (81 * channels * types * d + types * d) * _grid(side) ** 2
        return _counted(side, channels, types, d, classes, z, primary=primary)

    def matrices_shared_by_the_places(side, channels, types, d, classes, z):
        """You let all places of a type share their vote matrices. In CapsNet each of the types·grid² children has
        matrices of its own."""
        return _counted(side, channels, types, d, classes, z, votes=types * classes * d * z)

    def channels_for_types(side, channels, types, d, classes, z):
        """You counted channels·grid² children. A capsule takes d channels of the second convolution: there are
        types·grid²."""
        return _counted(side, channels, types, d, classes, z, votes=channels * _grid(side) ** 2 * classes * d * z)

    def grid_of_the_first_maps(side, channels, types, d, classes, z):
        """You counted the children on the grid of the first convolution, (side − 8)² places. They are on the grid of
        the second one, grid² places, and `grid` is given."""
        return _counted(side, channels, types, d, classes, z, votes=types * (side - 8) ** 2 * classes * d * z)

    def grid_not_squared(side, channels, types, d, classes, z):
        """Your grid has one row. It has grid·grid places, each with one capsule per type."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) * classes * d * z)

    def children_typed_in(side, channels, types, d, classes, z):
        """Your number of children does not follow the image. Is 1152 typed in, or 36 places? That is right for 28×28
        images and 32 types only: there are types·grid² children."""
        return _counted(side, channels, types, d, classes, z, votes=1152 * classes * d * z)

    def one_matrix_per_child(side, channels, types, d, classes, z):
        """You counted one matrix per child. A child votes for every parent with another matrix: one per PAIR."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * d * z)

    def vectors_for_matrices(side, channels, types, d, classes, z):
        """You gave each pair d numbers. Its matrix takes d numbers to z others: it has d·z."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * d)

    def votes_for_matrices(side, channels, types, d, classes, z):
        """You counted z numbers for every pair, as many as a vote has. Votes are computed again for each image. A
        parameter is what is learned and stored: the d·z numbers of the pair's matrix."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * z)

    def couplings_counted(side, channels, types, d, classes, z):
        """You counted one number too many for every pair: its coupling c_ij, or a bias? Routing computes the couplings
        again for every image, and a vote has no bias: only the d·z numbers are learned."""
        votes = types * _grid(side) ** 2 * classes * (d * z + 1)
        return _counted(side, channels, types, d, classes, z, votes=votes)

    def a_bias_for_every_vote(side, channels, types, d, classes, z):
        """You gave every vote a bias of z numbers. A vote is u_i W_ij and nothing more."""
        votes = types * _grid(side) ** 2 * classes * (d * z + z)
        return _counted(side, channels, types, d, classes, z, votes=votes)

    def bias_inside_the_routing(side, channels, types, d, classes, z):
        """You counted a bias of z numbers per parent. The authors' released code has it, 160 numbers; the paper, and
        this exercise, do not."""
        votes = types * _grid(side) ** 2 * classes * d * z + classes * z
        return _counted(side, channels, types, d, classes, z, votes=votes)

    def decoder_of_one_pose(side, channels, types, d, classes, z):
        """Your decoder reads one bare pose of z numbers, so it could not know which class it draws. It reads all
        classes·z numbers, of which all but one pose are zero. In the paper's network 73,728 weights are missing."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(z, side**2))

    def inputs_of_the_paper(side, channels, types, d, classes, z):
        """Your decoder reads 160 numbers, whatever the capsules are. Are they typed in? It reads classes·z."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(160, side**2))

    def decoder_of_lengths(side, channels, types, d, classes, z):
        """Your decoder reads one number per class. It reads the whole poses: classes·z numbers."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes, side**2))

    def decoder_biases_forgotten(side, channels, types, d, classes, z):
        """Your dense layers have no biases. Each of the 512, 1024 and side² outputs has one."""
        decoder = classes * z * 512 + 512 * 1024 + 1024 * side**2
        return _counted(side, channels, types, d, classes, z, decoder=decoder)

    def last_biases_forgotten(side, channels, types, d, classes, z):
        """Your decoder lacks the biases of its last layer. Each of the side² pixels has one."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes * z, side**2) - side**2)

    def a_bias_per_dense_layer(side, channels, types, d, classes, z):
        """You gave each dense layer one bias. Every output has its own: 512, 1024 and side² of them."""
        decoder = classes * z * 512 + 1 + 512 * 1024 + 1 + 1024 * side**2 + 1
        return _counted(side, channels, types, d, classes, z, decoder=decoder)

    def decoder_draws_784_pixels(side, channels, types, d, classes, z):
        """Your decoder draws 784 pixels, whatever the image has. Are they typed in? It should draw side² of them."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes * z, 784))

    def decoder_draws_one_row(side, channels, types, d, classes, z):
        """Your decoder draws `side` pixels, one row of the image. It draws side·side of them."""
        return _counted(side, channels, types, d, classes, z, decoder=_decoder(classes * z, side))

    def middle_layer_forgotten(side, channels, types, d, classes, z):
        """The decoder has three layers, and yours lacks the middle one, from 512 to 1024."""
        decoder = classes * z * 512 + 512 + 1024 * side**2 + side**2
        return _counted(side, channels, types, d, classes, z, decoder=decoder)

    def last_layer_forgotten(side, channels, types, d, classes, z):
        """The decoder has three layers, and yours lacks the last one, from 1024 to the side² pixels."""
        decoder = classes * z * 512 + 512 + 512 * 1024 + 1024
        return _counted(side, channels, types, d, classes, z, decoder=decoder)

    def decoder_per_class(side, channels, types, d, classes, z):
        """You built a decoder for each class. There is one for all, which reads the poses of all the classes."""
        return _counted(side, channels, types, d, classes, z, decoder=classes * _decoder(z, side**2))

    def one_bias_for_all_filters(side, channels, types, d, classes, z):
        """You gave the primary convolution one bias. Each of its types·d filters has one."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d + 1)

    def a_bias_per_map_read(side, channels, types, d, classes, z):
        """You gave the primary convolution a bias for every map that it reads. Biases belong to what comes out: types·d
        of them."""
        return _counted(side, channels, types, d, classes, z, primary=81 * channels * types * d + channels)

    def squared_d(side, channels, types, d, classes, z):
        """Your matrices are d × d. A vote has z numbers: they are d × z."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * d * d)

    def d_plus_z(side, channels, types, d, classes, z):
        """You gave each pair d + z numbers. A matrix that takes d numbers to z others has d·z."""
        return _counted(side, channels, types, d, classes, z, votes=types * _grid(side) ** 2 * classes * (d + z))
