"""Write `depthwise_capsules(features, weight, bias, d)`: features (b, i·d, h, w) and one filter per channel, (i·d, 1,
h, w), as large as the map, give one number per channel. Add the bias (i·d,), let each d adjacent channels be a capsule,
and squash with `functional.exponential_squash`: u (b, i, d). With or without `conv2d`."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson02.exponential_squash import oracle as slow_exponential_squash
from capsule_tutor.exercises.loops import grid
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "First one number per channel, (b, i·d): channel times its own filter, entry by entry, summed over the map. "
    "Then cut, then squash.",
    "`weight[:, 0]` is (i·d, h, w) and multiplies the features as it is. Or conv2d does it, with as many "
    "groups as channels, and leaves maps of 1×1.",
    "`s = (features * weight[:, 0]).sum(dim=(2, 3)) + bias` is (b, i·d). How do neighbours become (b, i, d), and which "
    "squash of `functional` comes last?",
)
AXES = ("b i d",)


def depthwise_capsules(features: Tensor, weight: Tensor, bias: Tensor, d: int) -> Tensor:
    """features (b, i·d, h, w), weight (i·d, 1, h, w), bias (i·d,) → u (b, i, d), with lengths below 1"""
    # s_c = Σ_hw features_chw · weight_chw + bias_c: every channel with a filter of its own
    s = torch.einsum("bchw,chw->bc", features, weight[:, 0]) + bias  # (b, i·d)
    # u_i = (1 − e^{−‖s_i‖}) s_i/‖s_i‖, where s_i is the next d of these numbers
    return functional.exponential_squash(s.reshape(len(s), -1, d))


reference = depthwise_capsules
ALSO_TAKEN_OUT = ("layers:DepthwiseCapsules.forward",)


def oracle(features, weight, bias, d):
    capsules = []
    for image in features:
        s = [(image[c] * weight[c, 0]).sum() + bias[c] for c in range(len(bias))]
        capsules.append([slow_exponential_squash(torch.stack(s[first : first + d])) for first in range(0, len(s), d)])
    return grid(capsules)


def _depthwise(b, i, d, h, w, seed=0, scale=0.4):
    parts = numbers(b, i * d, h, w, seed=seed), numbers(i * d, 1, h, w, seed=seed + 1, scale=scale)
    return *parts, numbers(i * d, seed=seed + 2, scale=0.5), d


def cases():
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


properties = (shorter_than_one,)


def _cut(s, d):
    return s.reshape(len(s), -1, d)


def _squashed(s, d):
    return functional.exponential_squash(_cut(s, d))


def _one_filter_per_channel(features, weight, bias):
    return (features * weight[:, 0]).sum(dim=(2, 3)) + bias


class right:
    def by_conv2d(features, weight, bias, d):
        s = torch.nn.functional.conv2d(features, weight, bias, groups=features.shape[1])  # (b, i·d, 1, 1)
        s = s.view(features.shape[0], -1, d)
        n = (s.pow(2).sum(-1, keepdim=True) + 1e-8).sqrt()
        return (1 - torch.exp(-n)) * s / n

    def by_einsum(features, weight, bias, d):
        s = torch.einsum("bchw,cxhw->bc", features, weight) + bias
        s = s.unflatten(1, (-1, d))
        return functional.exponential_squash(s, dim=2)

    def by_a_loop(features, weight, bias, d):
        columns = []
        for c in range(features.shape[1]):
            columns.append((features[:, c] * weight[c, 0]).flatten(1).sum(1) + bias[c])
        s = torch.stack(columns, dim=1).reshape(features.shape[0], features.shape[1] // d, d)
        n = torch.sqrt((s * s).sum(2, keepdim=True) + 1e-8)
        return s / n - torch.exp(-n) * s / n


class wrong:
    def no_groups(features, weight, bias, d):
        """You called conv2d without `groups`, so it wants filters that read all channels. One filter per channel is
        `groups=` the number of channels."""
        return _squashed(conv2d(features, weight, bias).flatten(1), d)

    def groups_of_d_channels(features, weight, bias, d):
        """You made one group per capsule. Its d channels do not read each other, either: one group per channel."""
        return _squashed(conv2d(features, weight, bias, groups=len(weight) // d).flatten(1), d)

    def as_many_groups_as_d(features, weight, bias, d):
        """You made d groups. d is how many numbers one capsule has; a depthwise convolution has as many groups as
        channels."""
        return _squashed(conv2d(features, weight, bias, groups=d).flatten(1), d)

    def groups_typed_in(features, weight, bias, d):
        """You typed in 128 groups. That fits MNIST's network only: take the number of channels from the features."""
        return _squashed(conv2d(features, weight, bias, groups=128).flatten(1), d)

    def weight_with_its_axis_of_one(features, weight, bias, d):
        """You multiplied the features by `weight` as it is stored, (i·d, 1, h, w). Its axis of size 1 pushes the
        channels onto the axis of the batch: take it away with `weight[:, 0]`, (i·d, h, w)."""
        return _squashed((features * weight).sum(dim=(2, 3)) + bias, d)

    def weight_with_its_axis_of_one_reshaped_by_features(features, weight, bias, d):
        """You multiplied the features by `weight` as it is stored, (i·d, 1, h, w), so that its channels meet the batch.
        Take its axis of size 1 away with `weight[:, 0]`, (i·d, h, w)."""
        s = (features * weight).sum(dim=(2, 3)) + bias
        return functional.exponential_squash(s.reshape(len(features), -1, d))

    def weight_with_its_axis_of_one_reshaped_to_numbers(features, weight, bias, d):
        """You multiplied (b, i·d, h, w) by `weight` as it is stored, (i·d, 1, h, w): lined up from the right, its
        channels are below the batch. `weight[:, 0]` is (i·d, h, w) and fits."""
        s = (features * weight).sum(dim=(2, 3)) + bias
        return functional.exponential_squash(s.reshape(len(features), features.shape[1] // d, d))

    def summed_over_channels_and_rows(features, weight, bias, d):
        """You summed over axes 1 and 2, channels and rows. In (b, i·d, h, w) the map is the axes 2 and 3, and every
        channel must keep a number of its own."""
        return _squashed((features * weight[:, 0]).sum(dim=(1, 2)) + bias, d)

    def every_filter_reads_all_channels(features, weight, bias, d):
        """Every filter of yours reads all channels and adds them up, as in an ordinary convolution. Filter c reads
        channel c and no other: in an einsum, use the same letter for both."""
        return _squashed(torch.einsum("bkhw,chw->bc", features, weight[:, 0]) + bias, d)

    def one_filter_for_all(features, weight, bias, d):
        """You used the first filter for every channel. Each channel has a filter of its own, `weight[c, 0]`."""
        return _squashed((features * weight[0, 0]).sum(dim=(2, 3)) + bias, d)

    def filters_turned_round(features, weight, bias, d):
        """You turned the filters round. In mathematics a convolution does, in deep learning nobody does: multiply entry
        by entry as they are."""
        return _squashed(_one_filter_per_channel(features, weight.flip(2, 3), bias), d)

    def bias_left_out(features, weight, bias, d):
        """You left out the bias: one number per channel, added after the sum over the map."""
        return _squashed((features * weight[:, 0]).sum(dim=(2, 3)), d)

    def bias_at_every_pixel(features, weight, bias, d):
        """You added the bias at every pixel, so it counts h·w times. Add it once, after the sum over the map."""
        return _squashed((features * weight[:, 0] + bias[:, None, None]).sum(dim=(2, 3)), d)

    def mean_over_the_map(features, weight, bias, d):
        """You took the mean over the map. A convolution sums its products."""
        return _squashed((features * weight[:, 0]).mean(dim=(2, 3)) + bias, d)

    def squash_of_2017(features, weight, bias, d):
        """You used the squash of 2017. This network has the exponential one."""
        return functional.squash(_cut(_one_filter_per_channel(features, weight, bias), d))

    def bias_after_squash(features, weight, bias, d):
        """You added the bias after squash, so that lengths may exceed 1. It belongs to the sum: add it first."""
        s = (features * weight[:, 0]).sum(dim=(2, 3))
        return _squashed(s, d) + bias.view(-1, d)

    def squashed_twice(features, weight, bias, d):
        """You squashed twice. Each squash makes a vector shorter: once is enough."""
        return functional.exponential_squash(_squashed(_one_filter_per_channel(features, weight, bias), d))

    def not_squashed(features, weight, bias, d):
        """You did not squash: a capsule's length must say how sure it is, from 0 to 1."""
        return _cut(_one_filter_per_channel(features, weight, bias), d)

    def squashed_before_the_cut(features, weight, bias, d):
        """You squashed all channels of an image as ONE vector. Each capsule has a length of its own: cut first, then
        squash along d, the last axis."""
        return _cut(functional.exponential_squash(_one_filter_per_channel(features, weight, bias)), d)

    def squashed_over_the_capsules(features, weight, bias, d):
        """You squashed along the axis of the capsules, i. A capsule's vector is along d, the last axis."""
        return functional.exponential_squash(_cut(_one_filter_per_channel(features, weight, bias), d), dim=1)

    def relu_before_squash(features, weight, bias, d):
        """You cut off negative numbers before squashing. This layer is linear: a pose may point in any direction."""
        return _squashed(_one_filter_per_channel(features, weight, bias).relu(), d)

    def every_ith_channel(features, weight, bias, d):
        """You took every i-th channel for one capsule. Neighbours belong together: channels 0 to d−1 are the first
        capsule, the next d the second."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.exponential_squash(s.reshape(len(s), d, -1).transpose(1, 2))

    def d_capsules_of_i_numbers(features, weight, bias, d):
        """You cut the channels into d capsules. d is how many numbers ONE capsule has: (b, i, d)."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.exponential_squash(s.reshape(len(s), d, -1))

    def sixteen_and_eight_typed_in(features, weight, bias, d):
        """You typed in 16 capsules of 8 numbers. That fits MNIST only: let reshape find i (`-1`), and use d."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.exponential_squash(s.reshape(len(s), 16, 8))

    def eight_typed_in(features, weight, bias, d):
        """You cut into capsules of 8 numbers. That fits MNIST only: the function is told its `d`."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.exponential_squash(s.reshape(len(s), -1, 8))

    def channels_summed_too(features, weight, bias, d):
        """You summed over the channels, too. Every channel keeps a number of its own: sum over the map, `dim=(2, 3)`,
        and leave axis 1."""
        return _squashed((features * weight[:, 0]).sum(dim=(1, 2, 3)) + bias, d)

    def unit_vectors(features, weight, bias, d):
        """You divided each capsule by its length, so that all lengths are 1. That keeps the direction and throws away
        how sure a capsule is: squash is (1 − e^{−‖s‖}) times this unit vector."""
        return torch.nn.functional.normalize(_cut(_one_filter_per_channel(features, weight, bias), d), dim=-1)

    def batch_of_one_squeezed(features, weight, bias, d):
        """You called squeeze() without an axis. With one image in the batch it removes the batch, too: use
        `flatten(1)`."""
        s = conv2d(features, weight, bias, groups=len(weight)).squeeze()
        return functional.exponential_squash(s.reshape(len(s), -1, d))

    def batch_in_one_row(features, weight, bias, d):
        """The axis of the batch is lost: the capsules of all images are in one list. Keep the first axis, (b, i, d)."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.exponential_squash(s.reshape(-1, d))

    def padded_convolution(features, weight, bias, d):
        """You padded the convolution. Without padding the filter fits into the map exactly once, as it should."""
        padding = weight.shape[2] // 2, weight.shape[3] // 2
        return _squashed(conv2d(features, weight, bias, groups=len(weight), padding=padding), d)

    def largest_for_sum(features, weight, bias, d):
        """You took the largest product. A convolution sums its products over the map."""
        return _squashed((features * weight[:, 0]).amax(dim=(2, 3)) + bias, d)

    def bias_subtracted(features, weight, bias, d):
        """You subtracted the bias. Add it."""
        return _squashed((features * weight[:, 0]).sum(dim=(2, 3)) - bias, d)

    def bias_multiplied(features, weight, bias, d):
        """You multiplied by the bias. Add it."""
        return _squashed((features * weight[:, 0]).sum(dim=(2, 3)) * bias, d)

    def filters_transposed(features, weight, bias, d):
        """You exchanged rows and columns of the filters. Multiply entry by entry as they are."""
        turned = weight[:, 0].transpose(1, 2).reshape(weight[:, 0].shape)
        return _squashed((features * turned).sum(dim=(2, 3)) + bias, d)

    def squash_of_2017_without_bias(features, weight, bias, d):
        """You left out the bias: one number per channel. And this network has the exponential squash, not that of
        2017."""
        return functional.squash(_cut((features * weight[:, 0]).sum(dim=(2, 3)), d))

    def mean_and_every_ith_channel(features, weight, bias, d):
        """You took the mean over the map; a convolution sums. And neighbours belong together: channels 0 to d−1 are the
        first capsule."""
        s = (features * weight[:, 0]).mean(dim=(2, 3)) + bias
        return functional.exponential_squash(s.reshape(len(s), d, -1).transpose(1, 2))

    def squash_of_2017_and_every_ith_channel(features, weight, bias, d):
        """You took every i-th channel for one capsule; neighbours belong together: channels 0 to d−1 are the first
        capsule. And this network has the exponential squash, not that of 2017."""
        s = _one_filter_per_channel(features, weight, bias)
        return functional.squash(s.reshape(len(s), d, -1).transpose(1, 2))

    def padded_and_averaged(features, weight, bias, d):
        """You padded the convolution and took the mean of what it gives. Without padding the filter fits into the map
        exactly once, and one number comes out: no mean is needed."""
        h, w = weight.shape[2:]
        # what padding="same" does, which warns where a side is even
        padded = torch.nn.functional.pad(features, ((w - 1) // 2, w // 2, (h - 1) // 2, h // 2))
        return _squashed(conv2d(padded, weight, bias, groups=len(weight)).mean(dim=(2, 3)), d)

    def bias_left_out_and_every_ith_channel(features, weight, bias, d):
        """You left out the bias: one number per channel. And neighbours belong together: channels 0 to d−1 are the
        first capsule, the next d the second."""
        s = (features * weight[:, 0]).sum(dim=(2, 3))
        return functional.exponential_squash(s.reshape(len(s), d, -1).transpose(1, 2))

    def squash_of_2017_and_bias_after_it(features, weight, bias, d):
        """You added the bias after squash, so that lengths may exceed 1: add it to the sum. And this network has the
        exponential squash, not that of 2017."""
        return functional.squash(_cut((features * weight[:, 0]).sum(dim=(2, 3)), d)) + bias.view(-1, d)

    def batch_summed_too(features, weight, bias, d):
        """You summed over the batch, too: all images became one. Sum over the map alone, `dim=(2, 3)`, and each image
        keeps its capsules: (b, i, d)."""
        return _squashed((features * weight[:, 0]).sum(dim=(0, 2, 3))[None] + bias, d)
