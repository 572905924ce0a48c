"""Lesson 09: Efficient-CapsNet, its counts, its depthwise capsules and what a port must get right."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- how many parameters a convolution has ----------------------------------------------------------------


def parameters_of_convolution(
    channels_in: int, channels_out: int, kernel: int, groups: int = 1, bias: bool = True
) -> int:
    """Weights and biases of a convolution whose filters read channels_in / groups maps each."""
    # out · (in/groups) · k², and one bias per filter
    weights = channels_out * (channels_in // groups) * kernel**2
    return weights + (channels_out if bias else 0)


def _convolution_cases() -> list[Case]:
    return [
        case("the toy, 6 maps in, 4 out, kernel 3", 6, 4, 3),
        case("the same in 2 groups", 6, 4, 3, groups=2),
        case("one filter per channel, 5 maps", 5, 5, 7, groups=5),
        case("two filters per channel", 4, 8, 3, groups=4),
        case("6 maps in, 10 out", 6, 10, 5, groups=2, bias=False),
        case("one map in, 3 out", 1, 3, 2),
        case("a kernel of one pixel", 3, 7, 1, bias=False),
    ]


def _whole(item: Case, value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    return f"the result is {value!r}; a count is an int: divide with //."


def groups_ignored(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * channels_in * kernel**2 + channels_out * bias


def divided_on_both_sides(channels_in, channels_out, kernel, groups=1, bias=True):
    return (channels_out // groups) * (channels_in // groups) * kernel**2 + channels_out * bias


def one_group_alone(channels_in, channels_out, kernel, groups=1, bias=True):
    return (channels_out // groups) * (channels_in // groups) * kernel**2 + channels_out // groups * bias


def biases_divided_too(channels_in, channels_out, kernel, groups=1, bias=True):
    return (channels_out * channels_in * kernel**2 + channels_out * bias) // groups


def multiplied_by_groups(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * channels_in * groups * kernel**2 + channels_out * bias


def kernel_side(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel + channels_out * bias


def kernel_doubled(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel * 2 + channels_out * bias


def biases_forgotten(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel**2


def always_a_bias(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel**2 + channels_out


def one_bias_for_all(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel**2 + bias


def one_bias_per_group(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel**2 + groups * bias


def a_bias_per_map_read(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * (kernel**2 + bias)


def a_bias_per_channel_in(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * (channels_in // groups) * kernel**2 + channels_in * bias


def one_filter_per_group(channels_in, channels_out, kernel, groups=1, bias=True):
    return groups * (channels_in // groups) * kernel**2 + channels_out * bias


def filters_that_read_one_map(channels_in, channels_out, kernel, groups=1, bias=True):
    return channels_out * kernel**2 + channels_out * bias


PARAMETERS_OF_CONVOLUTION = Exercise(
    id="09-parameters-of-convolution",
    goal=(
        "Write `parameters_of_convolution(channels_in, channels_out, kernel, groups=1, bias=True)`: how many numbers a "
        "convolution with square kernels stores, as an int. With `groups`, the channels are cut into that many equal "
        "parts, and the filters of a part read the maps of that part alone."
    ),
    reference=parameters_of_convolution,
    oracle=oracles.parameters_of_convolution,
    axes=("",),
    cases=_convolution_cases,
    properties=(_whole,),
    mutants=(
        Mutant(
            groups_ignored,
            "You let every filter read all the maps. With groups it reads the maps of its own group only: "
            "channels_in / groups.",
        ),
        Mutant(
            divided_on_both_sides,
            "You divided inputs and outputs by groups. That is the weights of ONE group, and there are `groups` of "
            "them. Or simpler: there are channels_out filters in all, whatever the groups.",
        ),
        Mutant(
            one_group_alone,
            "That is one group, with its weights and its biases. There are `groups` of them.",
        ),
        Mutant(
            biases_divided_too,
            "You divided the biases by groups, too. Every filter has its own, and there are channels_out filters.",
        ),
        Mutant(
            multiplied_by_groups,
            "You multiplied by groups. More groups mean fewer weights, since each filter reads fewer maps: divide.",
        ),
        Mutant(kernel_side, "You counted `kernel` weights per map. A square kernel has kernel² of them."),
        Mutant(kernel_doubled, "You doubled the kernel's side. Its area is kernel ** 2: did you write `*` for `**`?"),
        Mutant(biases_forgotten, "You forgot the biases: if `bias` is true, each of the channels_out filters has one."),
        Mutant(always_a_bias, "You count biases even where `bias` is False."),
        Mutant(one_bias_for_all, "You gave the whole layer one bias. Each of the channels_out filters has its own."),
        Mutant(
            one_bias_per_group,
            "You gave each group one bias. A bias belongs to a filter, and there are channels_out filters, whatever "
            "the groups.",
        ),
        Mutant(
            a_bias_per_map_read,
            "You gave a filter one bias for every map that it reads. It adds up all its products first, then one bias.",
        ),
        Mutant(
            a_bias_per_channel_in,
            "You counted a bias per map that comes in. A bias belongs to a filter, and there is one per map that goes "
            "out.",
        ),
        Mutant(
            one_filter_per_group,
            "You counted one filter per group. There are channels_out filters, shared out among the groups.",
        ),
        Mutant(
            filters_that_read_one_map,
            "Your filters read one map each. That is so only if there are as many groups as maps; in general a filter "
            "reads channels_in / groups maps.",
        ),
    ),
    hints=(
        "Ask for one filter first: how many maps does it read, how many numbers per map, how many biases has it?",
        "A filter reads channels_in / groups maps, with kernel² weights each. There are channels_out filters, whatever "
        "the groups, and each has at most one bias.",
        "`weights = channels_out * (channels_in // groups) * kernel**2`; add `channels_out` if there is a bias.",
    ),
    minutes=5,
    difficulty=1,
    importance=4,
    gradient=False,
)


# --- depthwise capsules -----------------------------------------------------------------------------------


def depthwise_capsules(features: Tensor, weight: Tensor, bias: Tensor, d: int) -> Tensor:
    """features (b, i·d, h, w), weight (i·d, 1, h, w), bias (i·d,) → u (b, i, d), with lengths below 1"""
    # s_c = Σ_hw features_chw · weight_chw + bias_c: every channel with a filter of its own
    s = torch.einsum("bchw,chw->bc", features, weight[:, 0]) + bias  # (b, i·d)
    # u_i = (1 − e^{−‖s_i‖}) s_i/‖s_i‖, where s_i is the next d of these numbers
    return functional.exponential_squash(s.reshape(len(s), -1, d))


def _depthwise(b, i, d, h, w, seed=0, scale=0.4):
    parts = numbers(b, i * d, h, w, seed=seed), numbers(i * d, 1, h, w, seed=seed + 1, scale=scale)
    return *parts, numbers(i * d, seed=seed + 2, scale=0.5), d


def _depthwise_cases() -> list[Case]:
    features, weight, bias, d = _depthwise(2, 5, 4, 3, 7)
    silent = features.clone()
    silent[0] = 0
    return [
        case("two images, 20 maps of 3×7, d=4", features, weight, bias, d),
        case("one image", *_depthwise(1, 3, 2, 4, 5, seed=10)),
        case("a black image, without biases", silent, weight, torch.zeros(20), d),
        case("maps that make one capsule only", *_depthwise(3, 1, 6, 2, 4, seed=20)),
        case("huge features", 1e3 * features, weight, bias, d),
        case("float64 features", *(x.double() for x in _depthwise(2, 2, 3, 4, 5, seed=30)[:3]), 3),
    ]


def _shorter_than_one(item: Case, value: Tensor) -> str | None:
    longest = value.double().norm(dim=2).max().item()
    return f"the longest capsule has length {longest:.4g}; squash never exceeds 1." if longest > 1.0001 else None


def _one_filter_per_channel(features, weight, bias):
    return (features * weight[:, 0]).sum(dim=(2, 3)) + bias


def _cut(s, d):
    return s.reshape(len(s), -1, d)


def _squashed(s, d):
    return functional.exponential_squash(_cut(s, d))


def no_groups(features, weight, bias, d):
    return _squashed(conv2d(features, weight, bias).flatten(1), d)


def groups_of_d_channels(features, weight, bias, d):
    return _squashed(conv2d(features, weight, bias, groups=len(weight) // d).flatten(1), d)


def every_filter_reads_all_channels(features, weight, bias, d):
    return _squashed(torch.einsum("bkhw,chw->bc", features, weight[:, 0]) + bias, d)


def as_many_groups_as_d(features, weight, bias, d):
    return _squashed(conv2d(features, weight, bias, groups=d).flatten(1), d)


def groups_typed_in(features, weight, bias, d):
    return _squashed(conv2d(features, weight, bias, groups=128).flatten(1), d)


def weight_with_its_axis_of_one(features, weight, bias, d):
    return _squashed((features * weight).sum(dim=(2, 3)) + bias, d)


def weight_with_its_axis_of_one_reshaped_by_features(features, weight, bias, d):
    s = (features * weight).sum(dim=(2, 3)) + bias
    return functional.exponential_squash(s.reshape(len(features), -1, d))


def weight_with_its_axis_of_one_reshaped_to_numbers(features, weight, bias, d):
    s = (features * weight).sum(dim=(2, 3)) + bias
    return functional.exponential_squash(s.reshape(len(features), features.shape[1] // d, d))


def summed_over_channels_and_rows(features, weight, bias, d):
    return _squashed((features * weight[:, 0]).sum(dim=(1, 2)) + bias, d)


def one_filter_for_all(features, weight, bias, d):
    return _squashed((features * weight[0, 0]).sum(dim=(2, 3)) + bias, d)


def filters_turned_round(features, weight, bias, d):
    return _squashed(_one_filter_per_channel(features, weight.flip(2, 3), bias), d)


def bias_left_out(features, weight, bias, d):
    return _squashed((features * weight[:, 0]).sum(dim=(2, 3)), d)


def bias_at_every_pixel(features, weight, bias, d):
    return _squashed((features * weight[:, 0] + bias[:, None, None]).sum(dim=(2, 3)), d)


def mean_over_the_map(features, weight, bias, d):
    return _squashed((features * weight[:, 0]).mean(dim=(2, 3)) + bias, d)


def squash_of_2017(features, weight, bias, d):
    return functional.squash(_cut(_one_filter_per_channel(features, weight, bias), d))


def not_squashed(features, weight, bias, d):
    return _cut(_one_filter_per_channel(features, weight, bias), d)


def squashed_before_the_cut(features, weight, bias, d):
    return _cut(functional.exponential_squash(_one_filter_per_channel(features, weight, bias)), d)


def squashed_over_the_capsules(features, weight, bias, d):
    return functional.exponential_squash(_cut(_one_filter_per_channel(features, weight, bias), d), dim=1)


def relu_before_squash(features, weight, bias, d):
    return _squashed(_one_filter_per_channel(features, weight, bias).relu(), d)


def every_ith_channel(features, weight, bias, d):
    s = _one_filter_per_channel(features, weight, bias)
    return functional.exponential_squash(s.reshape(len(s), d, -1).transpose(1, 2))


def d_capsules_of_i_numbers(features, weight, bias, d):
    s = _one_filter_per_channel(features, weight, bias)
    return functional.exponential_squash(s.reshape(len(s), d, -1))


def sixteen_and_eight_typed_in(features, weight, bias, d):
    s = _one_filter_per_channel(features, weight, bias)
    return functional.exponential_squash(s.reshape(len(s), 16, 8))


def batch_of_one_squeezed(features, weight, bias, d):
    s = conv2d(features, weight, bias, groups=len(weight)).squeeze()
    return functional.exponential_squash(s.reshape(len(s), -1, d))


def batch_in_one_row(features, weight, bias, d):
    s = _one_filter_per_channel(features, weight, bias)
    return functional.exponential_squash(s.reshape(-1, d))


def padded_convolution(features, weight, bias, d):
    padding = weight.shape[2] // 2, weight.shape[3] // 2
    return _squashed(conv2d(features, weight, bias, groups=len(weight), padding=padding), d)


def filters_without_gradient(features, weight, bias, d):
    return _squashed(_one_filter_per_channel(features, weight.detach(), bias), d)


DEPTHWISE_CAPSULES = Exercise(
    id="09-depthwise-capsules",
    goal=(
        "Write `depthwise_capsules(features, weight, bias, d)`: features (b, i·d, h, w) and one filter per channel, "
        "(i·d, 1, h, w), as large as the map, give one number per channel. Add the bias (i·d,), let each d adjacent "
        "channels be a capsule, and squash with `functional.exponential_squash`: u (b, i, d). With or without "
        "`conv2d`."
    ),
    reference=depthwise_capsules,
    oracle=oracles.depthwise_capsules,
    axes=("b i d",),
    cases=_depthwise_cases,
    properties=(_shorter_than_one,),
    mutants=(
        Mutant(
            no_groups,
            "You called conv2d without `groups`, so it wants filters that read all channels. One filter per channel is "
            "`groups=` the number of channels.",
        ),
        Mutant(
            groups_of_d_channels,
            "You made one group per capsule. Its d channels do not read each other, either: one group per channel.",
        ),
        Mutant(
            as_many_groups_as_d,
            "You made d groups. d is how many numbers one capsule has; a depthwise convolution has as many groups as "
            "channels.",
        ),
        Mutant(
            groups_typed_in,
            "You typed in 128 groups. That fits MNIST's network only: take the number of channels from the features.",
        ),
        Mutant(
            weight_with_its_axis_of_one,
            "You multiplied the features by `weight` as it is stored, (i·d, 1, h, w). Its axis of size 1 pushes the "
            "channels onto the axis of the batch: take it away with `weight[:, 0]`, (i·d, h, w).",
        ),
        Mutant(
            weight_with_its_axis_of_one_reshaped_by_features,
            "You multiplied the features by `weight` as it is stored, (i·d, 1, h, w), so that its channels meet the "
            "batch. Take its axis of size 1 away with `weight[:, 0]`, (i·d, h, w).",
        ),
        Mutant(
            weight_with_its_axis_of_one_reshaped_to_numbers,
            "You multiplied (b, i·d, h, w) by `weight` as it is stored, (i·d, 1, h, w): lined up from the right, its "
            "channels stand below the batch. `weight[:, 0]` is (i·d, h, w) and fits.",
        ),
        Mutant(
            summed_over_channels_and_rows,
            "You summed over axes 1 and 2, channels and rows. In (b, i·d, h, w) the map is the axes 2 and 3, and every "
            "channel must keep a number of its own.",
        ),
        Mutant(
            every_filter_reads_all_channels,
            "You let every filter read all channels and add them up, as in an ordinary convolution. Filter c reads "
            "channel c and no other: use the same letter for both in the einsum.",
        ),
        Mutant(
            one_filter_for_all,
            "You used the first filter for every channel. Each channel has a filter of its own, `weight[c, 0]`.",
        ),
        Mutant(
            filters_turned_round,
            "You turned the filters round. In mathematics a convolution does, in deep learning nobody does: multiply "
            "entry by entry as they stand.",
        ),
        Mutant(bias_left_out, "You left out the bias: one number per channel, added after the sum over the map."),
        Mutant(
            bias_at_every_pixel,
            "You added the bias at every pixel, so it counts h·w times. Add it once, after the sum over the map.",
        ),
        Mutant(mean_over_the_map, "You took the mean over the map. A convolution sums its products."),
        Mutant(squash_of_2017, "You used the squash of 2017. This network has the exponential one."),
        Mutant(not_squashed, "You did not squash: a capsule's length must say how sure it is, from 0 to 1."),
        Mutant(
            squashed_before_the_cut,
            "You squashed all channels as ONE vector and cut it afterwards. Cut first: each capsule has a length.",
        ),
        Mutant(
            squashed_over_the_capsules,
            "You squashed along the axis of the capsules, i. A capsule's vector lies along d, the last axis.",
        ),
        Mutant(
            relu_before_squash,
            "You cut off negative numbers before squashing. This layer is linear: a pose may point in any direction.",
        ),
        Mutant(
            every_ith_channel,
            "You took every i-th channel for one capsule. Neighbours belong together: channels 0 to d−1 are the first "
            "capsule, the next d the second.",
        ),
        Mutant(
            d_capsules_of_i_numbers,
            "You cut the channels into d capsules. d is how many numbers ONE capsule has: (b, i, d).",
        ),
        Mutant(
            sixteen_and_eight_typed_in,
            "You typed in 16 capsules of 8 numbers. That fits MNIST only: let reshape find i (`-1`), and use d.",
        ),
        Mutant(
            batch_of_one_squeezed,
            "You called squeeze() without an axis. With one image in the batch it removes the batch, too: use "
            "`flatten(1)`.",
        ),
        Mutant(
            batch_in_one_row,
            "You lost the batch: the capsules of all images stand in one list. Keep the first axis, (b, i, d).",
        ),
        Mutant(
            padded_convolution,
            "You padded the convolution. Without padding the filter fits into the map exactly once, as it should.",
        ),
        Mutant(
            filters_without_gradient,
            "The values are right, but no gradient reaches the filters: look for .detach(), .data or torch.no_grad().",
        ),
    ),
    hints=(
        "First one number per channel, (b, i·d): channel times its own filter, entry by entry, summed over the map. "
        "Then cut, then squash.",
        "`weight[:, 0]` is (i·d, h, w) and multiplies the features as it stands. Or conv2d does it, with as many "
        "groups as channels, and leaves maps of 1×1.",
        "`s = (features * weight[:, 0]).sum(dim=(2, 3)) + bias`, then "
        "`functional.exponential_squash(s.reshape(len(s), -1, d))`.",
    ),
    minutes=10,
    difficulty=3,
    importance=5,
)


# --- one block of the front, as it is after training ------------------------------------------------------


def front_block(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    statistics: tuple[Tensor, Tensor],
    scale: Tensor,
    shift: Tensor,
    stride: int = 1,
    eps: float = 1e-3,
) -> Tensor:
    """Convolution, ReLU, batch normalisation with the stored (mean, variance). x (b, in, h, w) → (b, out, h', w')"""
    mean, variance = statistics
    # y = max(0, weight ∗ x + bias)
    y = conv2d(x, weight, bias, stride=stride).relu()
    # scale · (y − mean)/√(variance + eps) + shift, one of each per channel
    mean, variance, scale, shift = (part[:, None, None] for part in (mean, variance, scale, shift))
    return scale * (y - mean) / (variance + eps).sqrt() + shift


def _block(out=5, channels=3, kernel=(2, 3), seed=0):
    return (
        numbers(out, channels, *kernel, seed=seed, scale=0.4),
        numbers(out, seed=seed + 1, scale=0.5),
        (numbers(out, seed=seed + 2).abs(), numbers(out, seed=seed + 3).abs() + 0.1),
        numbers(out, seed=seed + 4, scale=0.3) + 1,
        numbers(out, seed=seed + 5),
    )


def _block_cases() -> list[Case]:
    weight, bias, (mean, variance), scale, shift = _block()
    variance = variance.clone()
    variance[1], variance[3] = 0.0, 2e-4
    quiet = weight, bias, (mean, variance), scale, shift
    weight, bias, (mean, variance), scale, shift = _block(seed=30)
    double = *(part.double() for part in (weight, bias)), (mean.double(), variance.double()), scale.double()
    return [
        case("two images of 3 maps, 4×6", numbers(2, 3, 4, 6), *_block()),
        case("two images of 3 maps, 5×7", numbers(2, 3, 5, 7, seed=9), *_block(seed=10), stride=2),
        case("one image", numbers(1, 3, 3, 5, seed=8), *_block(seed=20)),
        case("channels that hardly vary", numbers(1, 3, 3, 5, seed=7), *quiet),
        case("another eps", numbers(1, 3, 3, 5, seed=7), *quiet, eps=0.1),
        case("float64 maps", numbers(1, 3, 3, 5, seed=6).double(), *double, shift.double()),
    ]


def _per_channel(*parts):
    return tuple(part[:, None, None] for part in parts)


def _normalised(y, statistics, scale, shift, eps):
    mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
    return scale * (y - mean) / (variance + eps).sqrt() + shift


def _rectified(x, weight, bias, stride):
    return conv2d(x, weight, bias, stride=stride).relu()


def normalised_before_relu(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, eps).relu()


def normalised_before_the_convolution(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _rectified(_normalised(x, statistics, scale, shift, eps), weight, bias, stride)


def relu_left_out(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, eps)


def relu_twice(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, eps).relu()


def eps_of_another_library(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 1e-5)


def eps_typed_in(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 1e-3)


def eps_left_out(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 0.0)


def eps_outside_the_root(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
    return scale * (y - mean) / (variance.sqrt() + eps) + shift


def divided_by_the_variance(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
    return scale * (y - mean) / (variance + eps) + shift


def root_over_the_fraction(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
    return scale * ((y - mean) / (variance + eps)).sqrt() + shift


def eps_added_in_place(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    mean, variance = statistics
    variance += eps
    return _normalised(_rectified(x, weight, bias, stride), (mean, variance), scale, shift, 0.0)


def mean_not_subtracted(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), 0 * statistics, scale, shift, eps)


def statistics_of_the_batch(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    return _normalised(y, (y.mean(dim=(0, 2, 3)), y.var(dim=(0, 2, 3), unbiased=False)), scale, shift, eps)


def unbiased_statistics_of_the_batch(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    return _normalised(y, (y.mean(dim=(0, 2, 3)), y.var(dim=(0, 2, 3))), scale, shift, eps)


def statistics_of_each_image(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    y = _rectified(x, weight, bias, stride)
    own_mean, own_variance = y.mean(dim=(2, 3), keepdim=True), y.var(dim=(2, 3), unbiased=False, keepdim=True)
    scale, shift = _per_channel(scale, shift)
    return scale * (y - own_mean) / (own_variance + eps).sqrt() + shift


def scale_left_out(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, 1 + 0 * scale, shift, eps)


def shift_left_out(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, 0 * shift, eps)


def scale_and_shift_left_out(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, 1 + 0 * scale, 0 * shift, eps)


def scale_and_shift_exchanged(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, shift, scale, eps)


def shifted_before_scaled(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, stride), statistics, scale, scale * shift, eps)


def stride_ignored(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, bias, 1), statistics, scale, shift, eps)


def convolution_without_bias(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    return _normalised(_rectified(x, weight, None, stride), statistics, scale, shift, eps)


def padded_block(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    padding = weight.shape[2] // 2, weight.shape[3] // 2
    y = conv2d(x, weight, bias, stride=stride, padding=padding).relu()
    return _normalised(y, statistics, scale, shift, eps)


def statistics_along_the_width(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    mean, variance = statistics
    return scale * (_rectified(x, weight, bias, stride) - mean) / (variance + eps).sqrt() + shift


def _statistics_changed(item: Case, value: Tensor) -> str | None:
    (before,) = (fresh for fresh in _block_cases() if fresh.says == item.says)
    for name, now, then in zip(("mean", "variance"), item.args[3], before.args[3], strict=True):
        if not torch.equal(now, then):
            return (
                f"it changed the stored {name} in place. It belongs to the network, and the next call would find "
                f"another one: make a new tensor instead of `{name} += …` and the like."
            )
    return None


def _a_layer_of_its_own(item: Case, value: Tensor) -> str | None:
    """What torch's BatchNorm2d does if it is not told the statistics, or not told that training is over."""
    x, weight, bias, _, scale, shift = (part if isinstance(part, tuple) else part.double() for part in item.args)
    y = conv2d(x, weight, bias, stride=item.kwargs.get("stride", 1)).relu()
    value, (scale, shift) = value.double(), _per_channel(scale, shift)
    if torch.allclose(value, y, rtol=2e-3, atol=1e-5):
        return (
            "the result is the ReLU's, as good as unchanged. A new BatchNorm2d has mean 0, variance 1, scale 1 and "
            "shift 0 until you give it the stored ones; or do without the layer, it is one line."
        )
    # Of a batch normalised by its own statistics, every channel has mean 0, before scale and shift.
    for part, missing in (((value - shift) / scale, ""), (value, ", without scale and shift")):
        if part.mean(dim=(0, 2, 3)).abs().max() < 1e-4:
            return (
                f"each channel is normalised by this batch's own mean{missing}, as in training (a BatchNorm2d without "
                ".eval()?). In evaluation the stored statistics are used."
            )
    return None


FRONT_BLOCK = Exercise(
    id="09-front-block",
    goal=(
        "Write `front_block(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3)`: convolution without "
        "padding, ReLU, batch normalisation in evaluation, with the stored `statistics`, a pair (mean, variance). "
        "These two, `scale` and `shift` are (out,), one number per channel."
    ),
    reference=front_block,
    oracle=oracles.front_block,
    axes=("b out h' w'",),
    cases=_block_cases,
    properties=(_statistics_changed, _a_layer_of_its_own),
    mutants=(
        Mutant(
            normalised_before_relu,
            "You normalised before the ReLU. Many networks do, but these weights and statistics were learned with the "
            "order convolution, ReLU, normalisation.",
        ),
        Mutant(
            normalised_before_the_convolution,
            "You normalised what comes in. The statistics belong to what comes out: convolution, ReLU, normalisation.",
        ),
        Mutant(relu_left_out, "You left out the ReLU between convolution and normalisation."),
        Mutant(
            relu_twice,
            "You applied a second ReLU at the end. After the normalisation negative numbers are meant to stay.",
        ),
        Mutant(
            eps_of_another_library,
            "Your eps is 1e-5, PyTorch's default. This network was made with 1e-3, Keras's: pass `eps` on. Where a "
            "channel hardly varies, the difference is large.",
        ),
        Mutant(eps_typed_in, "You always use 1e-3. The function is told its `eps`."),
        Mutant(
            eps_left_out,
            "You left out eps. Where a channel's variance is 0 you divide by zero: √(variance + eps).",
        ),
        Mutant(
            eps_outside_the_root,
            "You added eps to the root. It belongs to the variance, inside the root: √(variance + eps).",
        ),
        Mutant(
            divided_by_the_variance,
            "You divided by the variance. Divide by the standard deviation, its root, so that the result varies by 1.",
        ),
        Mutant(
            root_over_the_fraction,
            "You took the root of the whole fraction: where y lies below the mean there is none, hence the NaNs. The "
            "root is for √(variance + eps) alone.",
        ),
        Mutant(
            eps_added_in_place,
            "You wrote `variance += eps`, which changes the caller's tensor: each call adds eps once more, to the "
            "network's own statistics. Write `variance + eps`.",
        ),
        Mutant(mean_not_subtracted, "You did not subtract the mean."),
        Mutant(
            statistics_of_the_batch,
            "You normalised with the mean and variance of this batch, as in training (training=True?). In evaluation "
            "the stored ones are used, or an image's result would depend on its companions.",
        ),
        Mutant(
            unbiased_statistics_of_the_batch,
            "You normalised with mean and variance of this batch (and divided by n − 1). In evaluation the stored ones "
            "are used, or an image's result would depend on its companions.",
        ),
        Mutant(
            statistics_of_each_image,
            "You normalised each image by its own mean and variance. That is instance normalisation; here the stored "
            "statistics are used, the same for every image.",
        ),
        Mutant(scale_left_out, "You left out the learned scale. Multiply by it after the division."),
        Mutant(shift_left_out, "You left out the learned shift. Add it at the end."),
        Mutant(
            scale_and_shift_left_out,
            "You normalised, and stopped there. The learned scale and shift come last: scale · (…) + shift.",
        ),
        Mutant(
            scale_and_shift_exchanged,
            "You exchanged scale and shift: multiply by `scale`, then add `shift`.",
        ),
        Mutant(
            shifted_before_scaled,
            "You added the shift before you multiplied by the scale. First scale, then shift.",
        ),
        Mutant(stride_ignored, "Your convolution always moves by one pixel: pass `stride` on to it."),
        Mutant(
            convolution_without_bias,
            "Your convolution has no bias. It can be spared where a normalisation follows at once, which would "
            "subtract it again; here a ReLU stands between.",
        ),
        Mutant(padded_block, "You padded the convolution. This network never pads: its maps shrink."),
        Mutant(
            statistics_along_the_width,
            "The four vectors lined up with the last axis, the width. They belong to the channels, axis 1: give them "
            "the shape (out, 1, 1) with `[:, None, None]`.",
        ),
    ),
    hints=(
        "Three steps in this order: convolution (with its bias and stride), ReLU, normalisation. Only the last needs "
        "thought: it has one mean, variance, scale and shift per channel.",
        "`(y - mean) / sqrt(variance + eps)`, then times scale, plus shift. A vector (out,) lines up with axis 1 of "
        "(b, out, h, w) as `mean[:, None, None]`.",
        "`y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).relu()`, then "
        "`scale[:, None, None] * (y - mean[:, None, None]) / (variance[:, None, None] + eps).sqrt()`, and the shift in "
        "the same shape.",
    ),
    minutes=10,
    difficulty=3,
    importance=4,
)


EXERCISES = (PARAMETERS_OF_CONVOLUTION, DEPTHWISE_CAPSULES, FRONT_BLOCK)

QUESTIONS = {
    "09-one-pixel": {
        "a": "Yes. Channel 42 feeds number 42 and nothing else, and that number belongs to one capsule.",
        "b": "All the others would move if filters read all channels, as in an ordinary convolution. Here filter c "
        "reads channel c. Run the next cell.",
        "c": "You may be thinking of the d = 8 channels of a capsule. They share a capsule, but they do not read each "
        "other. Run the next cell.",
    },
    "09-missing": {
        "a": "A tempting thought, and a mistake seen in public code. But there are 16 · 10 couplings, they are "
        "computed anew for every image, and nothing of them is stored.",
        "b": "Yes: 2 · (32 + 64 + 64 + 128) = 576 numbers that are learned.",
        "c": "The number fits: 2 · 288 = 576 of these, too. But nothing learns them. They are kept, not trained, and "
        "not counted as parameters.",
    },
    "09-multiplications": {
        "a": "That would be so if every weight were used equally often. A filter is used once per place of its map. "
        "Run the next cell.",
        "b": "Yes. Its few filters work on large maps.",
        "c": "You expected its large maps to cost more than they do. CapsNet's primary convolution alone "
        "costs several times as much. Run the next cell.",
    },
    "09-stale": {
        "a": "The usual suspect: the training images learned by heart. Then no change of statistics alone could help. "
        "The next cells test it.",
        "b": "Shifted images are harder, so this would make the training error the larger one. It is the smaller.",
        "c": "Yes. Training and evaluation normalise with different numbers. The next cells test it.",
    },
}
