"""Write `parameters_of_convolution(channels_in, channels_out, kernel, groups=1, bias=True)`: how many numbers a
convolution with square kernels stores, as an int. With `groups`, the channels are cut into that many equal parts, and
the filters of a part read the maps of that part alone."""

import torch

from capsule_tutor.checks.cases import case, dice
from capsule_tutor.exercises.properties import whole_number

EFFORT = {"minutes": 5, "difficulty": 1, "importance": 4}
HINTS = (
    "Ask for one filter first: how many maps does it read, how many numbers per map, how many biases does it have?",
    "A filter reads channels_in / groups maps, with kernel² weights each. There are channels_out filters, whatever "
    "the groups, and each has at most one bias.",
    "`weights = channels_out * (...) * kernel**2`: what does one filter read? And how many biases "
    "do channels_out filters have?",
)
GRADIENT = False


def parameters_of_convolution(
    channels_in: int, channels_out: int, kernel: int, groups: int = 1, bias: bool = True
) -> int:
    """Weights and biases of a convolution whose filters read channels_in / groups maps each."""
    # out · (in/groups) · k², and one bias per filter
    weights = channels_out * (channels_in // groups) * kernel**2
    return weights + (channels_out if bias else 0)


reference = parameters_of_convolution


def oracle(channels_in, channels_out, kernel, groups=1, bias=True):
    count = 0
    for out in range(channels_out):
        for channel in range(channels_in):
            if channel * groups // channels_in == out * groups // channels_out:  # of the same group
                count += kernel * kernel
        count += 1 if bias else 0
    return count


def cases():
    return [
        case("the toy, 6 maps in, 4 out, kernel 3", 6, 4, 3),
        case("6 maps in, 4 out, kernel 3", 6, 4, 3, groups=2),
        case("one filter per channel, 5 maps", 5, 5, 7, groups=5),
        case("two filters per channel", 4, 8, 3, groups=4),
        case("6 maps in, 10 out", 6, 10, 5, groups=2, bias=False),
        case("one map in, 3 out", 1, 3, 2),
        case("a kernel of one pixel", 3, 7, 1, bias=False),
    ]


def more_cases():
    found = []
    for n in range(4):
        groups, kernel = dice(1, 4, seed=n), dice(1, 7, seed=n + 10)
        ins, outs = groups * dice(1, 5, seed=n + 20), groups * dice(1, 5, seed=n + 30)
        found.append(case(f"{ins} maps in, {outs} out", ins, outs, kernel, groups=groups, bias=n % 2 == 0))
    return found


properties = (whole_number,)


class right:
    def by_one_filter(channels_in, channels_out, kernel, groups, bias):
        one_filter = kernel * kernel * channels_in // groups
        if bias:
            one_filter += 1
        return channels_out * one_filter

    def group_by_group(channels_in, channels_out, kernel, groups, bias):
        total = 0
        for _ in range(groups):
            total += (channels_in // groups) * (channels_out // groups) * kernel**2
        return total + bias * channels_out

    def asked_of_torch(channels_in, channels_out, kernel, groups, bias):
        layer = torch.nn.Conv2d(channels_in, channels_out, kernel, groups=groups, bias=bias)
        return sum(p.numel() for p in layer.parameters())


class wrong:
    def groups_ignored(channels_in, channels_out, kernel, groups, bias):
        """You let every filter read all the maps. With groups it reads the maps of its own group only: channels_in /
        groups."""
        return channels_out * channels_in * kernel**2 + channels_out * bias

    def divided_on_both_sides(channels_in, channels_out, kernel, groups, bias):
        """You divided inputs and outputs by groups. That is the weights of ONE group, and there are `groups` of them.
        Or simpler: there are channels_out filters in all, whatever the groups."""
        return (channels_out // groups) * (channels_in // groups) * kernel**2 + channels_out * bias

    def one_group_alone(channels_in, channels_out, kernel, groups, bias):
        """That is one group, with its weights and its biases. There are `groups` of them."""
        return (channels_out // groups) * (channels_in // groups) * kernel**2 + channels_out // groups * bias

    def biases_divided_too(channels_in, channels_out, kernel, groups, bias):
        """You divided the biases by groups, too. Every filter has its own, and there are channels_out filters."""
        return (channels_out * channels_in * kernel**2 + channels_out * bias) // groups

    def multiplied_by_groups(channels_in, channels_out, kernel, groups, bias):
        """You multiplied by groups. More groups mean fewer weights, since each filter reads fewer maps: divide."""
        return channels_out * channels_in * groups * kernel**2 + channels_out * bias

    def kernel_side(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` weights per map. A square kernel has kernel² of them."""
        return channels_out * (channels_in // groups) * kernel + channels_out * bias

    def kernel_doubled(channels_in, channels_out, kernel, groups, bias):
        """You counted 2 · kernel weights per map. A square kernel has kernel ** 2 of them: did you write `*` for
        `**`?"""
        return channels_out * (channels_in // groups) * kernel * 2 + channels_out * bias

    def biases_forgotten(channels_in, channels_out, kernel, groups, bias):
        """You forgot the biases: if `bias` is true, each of the channels_out filters has one."""
        return channels_out * (channels_in // groups) * kernel**2

    def always_a_bias(channels_in, channels_out, kernel, groups, bias):
        """You count biases even where `bias` is False."""
        return channels_out * (channels_in // groups) * kernel**2 + channels_out

    def one_bias_for_all(channels_in, channels_out, kernel, groups, bias):
        """You gave the whole layer one bias. Each of the channels_out filters has its own."""
        return channels_out * (channels_in // groups) * kernel**2 + bias

    def one_bias_always(channels_in, channels_out, kernel, groups, bias):
        """You added 1 for the biases: one for the whole layer, even where `bias` is False. If `bias` is true, each of
        the channels_out filters has its own."""
        return channels_out * (channels_in // groups) * kernel**2 + 1

    def all_or_nothing(channels_in, channels_out, kernel, groups, bias):
        """Without biases your count is 0, but the weights are still there. Is there a factor `bias` on everything, or
        an `if bias else 0` that reaches too far? It is for the channels_out biases alone: put brackets around them."""
        return (channels_out * (channels_in // groups) * kernel**2 + channels_out) * bias

    def groups_counted_twice(channels_in, channels_out, kernel, groups, bias):
        """You counted all the filters and biases once for every group. There are channels_out filters in all, whatever
        the groups, and each has channels_in / groups · kernel² weights: the groups are in that already."""
        return channels_out * (channels_in // groups * kernel**2 + bias) * groups

    def one_bias_per_group(channels_in, channels_out, kernel, groups, bias):
        """You gave each group one bias. A bias belongs to a filter, and there are channels_out filters, whatever the
        groups."""
        return channels_out * (channels_in // groups) * kernel**2 + groups * bias

    def a_bias_per_map_read(channels_in, channels_out, kernel, groups, bias):
        """You gave a filter one bias for every map that it reads. It adds up all its products first, then one bias."""
        return channels_out * (channels_in // groups) * (kernel**2 + bias)

    def a_bias_per_channel_in(channels_in, channels_out, kernel, groups, bias):
        """You counted a bias per map that comes in. A bias belongs to a filter, and there is one per map that goes out.
        Are channels_in and channels_out exchanged?"""
        return channels_out * (channels_in // groups) * kernel**2 + channels_in * bias

    def one_filter_per_group(channels_in, channels_out, kernel, groups, bias):
        """You counted one filter per group. There are channels_out filters, shared out among the groups."""
        return groups * (channels_in // groups) * kernel**2 + channels_out * bias

    def filters_that_read_one_map(channels_in, channels_out, kernel, groups, bias):
        """Your filters read one map each. That is so only if there are as many groups as maps; in general a filter
        reads channels_in / groups maps."""
        return channels_out * kernel**2 + channels_out * bias

    def one_map_as_soon_as_there_are_groups(channels_in, channels_out, kernel, groups, bias):
        """You let a filter read one map as soon as there are groups. That is the depthwise case, with as many groups as
        maps; 2 groups of 6 maps have 3 maps each: channels_in / groups."""
        return channels_out * (channels_in if groups == 1 else 1) * kernel**2 + channels_out * bias

    def one_filter_per_map_as_soon_as_there_are_groups(channels_in, channels_out, kernel, groups, bias):
        """As soon as there are groups, your weights are those of one filter for each map that comes in. That is the
        depthwise case, with as many groups as maps. There are channels_out filters, and each reads channels_in / groups
        maps."""
        if groups == 1:
            return channels_out * channels_in * kernel**2 + channels_out * bias
        return channels_in * kernel**2 + channels_out * bias

    def a_bias_for_every_row_of_the_kernel(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` biases per filter. A filter adds one number at the end: one bias."""
        return channels_out * (channels_in // groups) * kernel**2 + channels_out * kernel * bias

    def side_and_no_groups(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` weights per map; a square kernel has kernel² of them. And with groups a filter reads
        channels_in / groups maps."""
        return channels_out * channels_in * kernel + channels_out * bias

    def side_and_biases_of_the_maps_read(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` weights per map; a square kernel has kernel² of them. And a bias belongs to a filter:
        one per map that goes out."""
        return channels_out * (channels_in // groups) * kernel + channels_in * bias

    def side_no_groups_and_biases_of_the_maps_read(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` weights per map; a square kernel has kernel² of them. With groups a filter reads
        channels_in / groups maps. And a bias belongs to a filter: one per map that goes out."""
        return channels_out * channels_in * kernel + channels_in * bias

    def groups_ignored_and_biases_forgotten(channels_in, channels_out, kernel, groups, bias):
        """You count no biases: if `bias` is true, each of the channels_out filters has one. And your weights are those
        of filters that read all the maps: with groups, each of the channels_out filters reads channels_in / groups of
        them."""
        return channels_out * channels_in * kernel**2

    def always_depthwise(channels_in, channels_out, kernel, groups, bias):
        """You counted one filter per map that comes in, which is right for a depthwise convolution alone. There are
        channels_out filters, and each reads channels_in / groups maps."""
        return channels_in * kernel**2 + channels_in * bias

    def groups_subtracted(channels_in, channels_out, kernel, groups, bias):
        """You subtracted the groups. A filter reads channels_in / groups maps: divide."""
        return channels_out * (channels_in - groups + 1) * kernel**2 + channels_out * bias

    def kernel_cubed(channels_in, channels_out, kernel, groups, bias):
        """You counted kernel³ weights per map. A square kernel has kernel² of them."""
        return channels_out * (channels_in // groups) * kernel**3 + channels_out * bias

    def outputs_for_inputs(channels_in, channels_out, kernel, groups, bias):
        """You let a filter read channels_out / groups maps. It reads maps that come in: channels_in / groups."""
        return channels_out**2 // groups * kernel**2 + channels_out * bias

    def side_and_biases_divided_too(channels_in, channels_out, kernel, groups, bias):
        """You counted `kernel` weights per map; a square kernel has kernel² of them. And you divided the biases by
        groups, too: every filter has its own."""
        return channels_out * (channels_in * kernel + bias) // groups
