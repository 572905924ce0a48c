"""Write `front_block(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3)`: convolution without padding,
ReLU, batch normalisation in evaluation, with the stored `statistics`, a pair (mean, variance). These two, `scale` and
`shift` are (out,), one number per channel. Leave `statistics` as they are, and let gradients flow: the block may be
trained further."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 4}
HINTS = (
    "Three steps in this order: convolution (with its bias and stride), ReLU, normalisation. Only the last needs "
    "thought: it has one mean, variance, scale and shift per channel.",
    "`(y - mean) / sqrt(variance + eps)`, then times scale, plus shift. A vector (out,) lines up with axis 1 of "
    "(b, out, h, w) as `mean[:, None, None]`.",
    "`y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).relu()`, then "
    "`(y - mean[:, None, None]) / (... + eps).sqrt()`: is eps added to the variance or to its root? Scale and shift "
    "need the two extra axes, too.",
)
AXES = ("b out h' w'",)


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


reference = front_block


def oracle(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
    mean, variance = (part.double() for part in statistics)
    out, _, high, wide = weight.shape
    rows = range(0, x.shape[2] - high + 1, stride)
    columns = range(0, x.shape[3] - wide + 1, stride)

    def at(image: Tensor, c: int, row: int, column: int) -> Tensor:
        seen = (image[:, row : row + high, column : column + wide] * weight[c]).sum() + bias[c]
        seen = seen if seen > 0 else 0 * seen
        return scale[c] * (seen - mean[c]) / torch.sqrt(variance[c] + eps) + shift[c]

    return grid([[[[at(image, c, r, k) for k in columns] for r in rows] for c in range(out)] for image in x])


def _block(out=5, channels=3, kernel=(2, 3), seed=0):
    return (
        numbers(out, channels, *kernel, seed=seed, scale=0.4),
        numbers(out, seed=seed + 1, scale=0.5),
        (numbers(out, seed=seed + 2).abs(), numbers(out, seed=seed + 3).abs() + 0.1),
        numbers(out, seed=seed + 4, scale=0.3) + 1,
        numbers(out, seed=seed + 5),
    )


def cases():
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


def _a_layer_of_its_own(item, value):
    """What torch's BatchNorm2d does if it is not told the statistics, or not told that training is over."""
    x, weight, bias, _, scale, shift = (part if isinstance(part, tuple) else part.double() for part in item.args)
    y = conv2d(x, weight, bias, stride=item.kwargs.get("stride", 1)).relu()
    value, (scale, shift) = value.double(), _per_channel(scale, shift)
    if torch.allclose(value, y, rtol=2e-3, atol=1e-5):
        return (
            "the result is the ReLU's, as good as unchanged. Is the normalisation missing? Or is it a new BatchNorm2d? "
            "That has mean 0, variance 1, scale 1 and shift 0 until you give it the stored ones."
        )
    # Of a batch normalised by its own statistics, every channel has mean 0, before scale and shift.
    for part, missing in (((value - shift) / scale, ""), (value, ", without scale and shift")):
        if part.mean(dim=(0, 2, 3)).abs().max() < 1e-4:
            return (
                f"each channel is normalised by this batch's own mean{missing}, as in training (a BatchNorm2d without "
                ".eval()?). In evaluation the stored statistics are used."
            )
    return None


properties = (_a_layer_of_its_own,)


def _normalised(y, statistics, scale, shift, eps):
    mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
    return scale * (y - mean) / (variance + eps).sqrt() + shift


def _rectified(x, weight, bias, stride):
    return conv2d(x, weight, bias, stride=stride).relu()


class right:
    def by_torch(x, weight, bias, statistics, scale, shift, stride, eps):
        y = torch.relu(torch.nn.functional.conv2d(x, weight, bias, stride))
        return torch.nn.functional.batch_norm(y, *statistics, scale, shift, False, 0.01, eps)

    def by_one_factor(x, weight, bias, statistics, scale, shift, stride, eps):
        y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).clamp(min=0)
        mean, variance = statistics
        factor = scale / torch.sqrt(variance + eps)
        return y * factor.view(1, -1, 1, 1) + (shift - mean * factor).view(1, -1, 1, 1)

    def by_unfold(x, weight, bias, statistics, scale, shift, stride, eps):
        high, wide = weight.shape[2:]
        windows = x.unfold(2, high, stride).unfold(3, wide, stride)  # (b, in, h', w', high, wide)
        y = torch.einsum("bchwkl,ockl->bhwo", windows, weight) + bias  # channels last: vectors line up as they are
        y = torch.relu(y)
        y = (y - statistics[0]) * (statistics[1] + eps) ** -0.5
        return (y * scale + shift).permute(0, 3, 1, 2)

    def by_torchs_layer(x, weight, bias, statistics, scale, shift, stride, eps):
        y = torch.nn.functional.conv2d(x, weight, bias, stride=stride).relu()
        layer = torch.nn.BatchNorm2d(len(scale), eps=eps, affine=False, dtype=x.dtype).eval()
        layer.running_mean, layer.running_var = statistics
        return layer(y) * scale[:, None, None] + shift[:, None, None]


class wrong:
    def normalised_before_relu(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised before the ReLU. Many networks do, but these weights and statistics were learned with the
        order convolution, ReLU, normalisation."""
        return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, eps).relu()

    def normalised_before_the_convolution(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised what comes in. The statistics belong to what comes out: convolution, ReLU, normalisation."""
        return _rectified(_normalised(x, statistics, scale, shift, eps), weight, bias, stride)

    def relu_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You left out the ReLU between convolution and normalisation."""
        return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, eps)

    def relu_before_the_convolution(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your ReLU comes before the convolution. It belongs after it: convolution, ReLU, normalisation."""
        return _normalised(conv2d(x.relu(), weight, bias, stride=stride), statistics, scale, shift, eps)

    def relu_twice(x, weight, bias, statistics, scale, shift, stride, eps):
        """A ReLU comes last, and one before the normalisation. Only the first is wanted: after the normalisation
        negative numbers are meant to stay."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, eps).relu()

    def eps_of_another_library(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your eps is 1e-5, PyTorch's default. This network was made with 1e-3, Keras's: pass it on by name,
        `eps=eps`. Where a channel hardly varies, the difference is large."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 1e-5)

    def eps_typed_in(x, weight, bias, statistics, scale, shift, stride, eps):
        """You always use 1e-3. The function is told its `eps`."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 1e-3)

    def eps_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You left out eps. Where a channel's variance is 0 you divide by zero: √(variance + eps)."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, shift, 0.0)

    def eps_outside_the_root(x, weight, bias, statistics, scale, shift, stride, eps):
        """You added eps to the root. It belongs to the variance, inside the root: √(variance + eps)."""
        y = _rectified(x, weight, bias, stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return scale * (y - mean) / (variance.sqrt() + eps) + shift

    def divided_by_the_variance(x, weight, bias, statistics, scale, shift, stride, eps):
        """You divided by the variance. Divide by the standard deviation, its root, so that the result varies by 1."""
        y = _rectified(x, weight, bias, stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return scale * (y - mean) / (variance + eps) + shift

    def variance_for_deviation(x, weight, bias, statistics, scale, shift, stride, eps):
        """You squared the variance under the root, as if it were a standard deviation. What is stored is the variance
        itself: √(variance + eps)."""
        mean, variance = statistics
        return _normalised(_rectified(x, weight, bias, stride), (mean, variance**2), scale, shift, eps)

    def root_over_the_fraction(x, weight, bias, statistics, scale, shift, stride, eps):
        """You took the root of the whole fraction: where y is below the mean there is none, hence the NaNs. The root
        is for √(variance + eps) alone."""
        y = _rectified(x, weight, bias, stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return scale * ((y - mean) / (variance + eps)).sqrt() + shift

    def mean_and_variance_exchanged(x, weight, bias, statistics, scale, shift, stride, eps):
        """You took the variance for the mean, and the mean for the variance. The pair is (mean, variance): subtract the
        first, divide by the root of the second."""
        mean, variance = statistics
        return _normalised(_rectified(x, weight, bias, stride), (variance, mean), scale, shift, eps)

    def mean_not_subtracted(x, weight, bias, statistics, scale, shift, stride, eps):
        """You did not subtract the mean. It comes first: (y − mean)/√(variance + eps)."""
        mean, variance = statistics
        return _normalised(_rectified(x, weight, bias, stride), (0 * mean, variance), scale, shift, eps)

    def statistics_of_the_batch(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised with the mean and variance of this batch, as in training (training=True?). In evaluation the
        stored ones are used, or an image's result would depend on its companions."""
        y = _rectified(x, weight, bias, stride)
        return _normalised(y, (y.mean(dim=(0, 2, 3)), y.var(dim=(0, 2, 3), unbiased=False)), scale, shift, eps)

    def unbiased_statistics_of_the_batch(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised with mean and variance of this batch (and divided by n − 1). In evaluation the stored ones are
        used, or an image's result would depend on its companions."""
        y = _rectified(x, weight, bias, stride)
        return _normalised(y, (y.mean(dim=(0, 2, 3)), y.var(dim=(0, 2, 3))), scale, shift, eps)

    def statistics_of_each_image(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised each image by its own mean and variance. That is instance normalisation; here the stored
        statistics are used, the same for every image."""
        y = _rectified(x, weight, bias, stride)
        own_mean, own_variance = y.mean(dim=(2, 3), keepdim=True), y.var(dim=(2, 3), unbiased=False, keepdim=True)
        scale, shift = _per_channel(scale, shift)
        return scale * (y - own_mean) / (own_variance + eps).sqrt() + shift

    def scale_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You left out the learned scale. Multiply by it after the division."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, torch.ones_like(scale), shift, eps)

    def shift_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You left out the learned shift. Add it at the end."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, torch.zeros_like(shift), eps)

    def scale_and_shift_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You normalised, and stopped there. The learned scale and shift come last: scale · (…) + shift."""
        ones, zeros = torch.ones_like(scale), torch.zeros_like(shift)
        return _normalised(_rectified(x, weight, bias, stride), statistics, ones, zeros, eps)

    def scale_and_shift_exchanged(x, weight, bias, statistics, scale, shift, stride, eps):
        """You exchanged scale and shift: multiply by `scale`, then add `shift`."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, shift, scale, eps)

    def shifted_before_scaled(x, weight, bias, statistics, scale, shift, stride, eps):
        """You added the shift before you multiplied by the scale. First scale, then shift."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, scale * shift, eps)

    def scaled_before_the_normalisation(x, weight, bias, statistics, scale, shift, stride, eps):
        """Scale and shift come before your normalisation. The learned ones come last: scale · (y − mean)/√(…) +
        shift."""
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return (scale * _rectified(x, weight, bias, stride) + shift - mean) / (variance + eps).sqrt()

    def stride_ignored(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your convolution always moves by one pixel: pass `stride` on to it."""
        return _normalised(_rectified(x, weight, bias, 1), statistics, scale, shift, eps)

    def convolution_without_bias(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your convolution has no bias. It can be spared where a normalisation follows at once, which would subtract it
        again; here a ReLU is between."""
        return _normalised(_rectified(x, weight, None, stride), statistics, scale, shift, eps)

    def padded_block(x, weight, bias, statistics, scale, shift, stride, eps):
        """You padded the convolution. This network never pads: its maps shrink."""
        padding = weight.shape[2] // 2, weight.shape[3] // 2
        y = conv2d(x, weight, bias, stride=stride, padding=padding).relu()
        return _normalised(y, statistics, scale, shift, eps)

    def statistics_along_the_width(x, weight, bias, statistics, scale, shift, stride, eps):
        """A vector (out,) lined up with the last axis, the width. All four belong to the channels, axis 1: give them
        the shape (out, 1, 1) with `[:, None, None]`."""
        mean, variance = statistics
        return scale * (_rectified(x, weight, bias, stride) - mean) / (variance + eps).sqrt() + shift

    def divided_by_the_squared_variance(x, weight, bias, statistics, scale, shift, stride, eps):
        """You squared the variance. Divide by its root, √(variance + eps)."""
        y = _rectified(x, weight, bias, stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return scale * (y - mean) / (variance + eps) ** 2 + shift

    def mean_added(x, weight, bias, statistics, scale, shift, stride, eps):
        """You added the mean. Subtract it."""
        mean, variance = statistics
        return _normalised(_rectified(x, weight, bias, stride), (-mean, variance), scale, shift, eps)

    def shift_subtracted(x, weight, bias, statistics, scale, shift, stride, eps):
        """You subtracted the shift. Add it."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, scale, -shift, eps)

    def leaky_relu(x, weight, bias, statistics, scale, shift, stride, eps):
        """You used a leaky ReLU. MNIST's network has the plain one."""
        y = torch.nn.functional.leaky_relu(conv2d(x, weight, bias, stride=stride))
        return _normalised(y, statistics, scale, shift, eps)

    def divided_by_the_scale(x, weight, bias, statistics, scale, shift, stride, eps):
        """You divided by the learned scale. Multiply by it."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, 1 / scale, shift, eps)

    def relu_last_and_eps_of_another_library(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your ReLU comes last; the order is convolution, ReLU, normalisation. And your eps is 1e-5, PyTorch's default:
        pass `eps` on."""
        return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, 1e-5).relu()

    def relu_last_and_stride_ignored(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your ReLU comes last; the order is convolution, ReLU, normalisation. And pass `stride` on to the
        convolution."""
        return _normalised(conv2d(x, weight, bias), statistics, scale, shift, eps).relu()

    def sigmoid_for_relu(x, weight, bias, statistics, scale, shift, stride, eps):
        """You put a sigmoid where the ReLU belongs."""
        return _normalised(conv2d(x, weight, bias, stride=stride).sigmoid(), statistics, scale, shift, eps)

    def negative_part_for_relu(x, weight, bias, statistics, scale, shift, stride, eps):
        """You kept the negative numbers and set the positive ones to 0. A ReLU does the opposite, max(0, y): as a clamp
        it is `clamp(min=0)`."""
        return _normalised(conv2d(x, weight, bias, stride=stride).clamp(max=0), statistics, scale, shift, eps)

    def eps_after_the_fraction(x, weight, bias, statistics, scale, shift, stride, eps):
        """You added eps to the quotient, after the division. It belongs to the variance, inside the root: √(variance +
        eps)."""
        y = _rectified(x, weight, bias, stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return scale * ((y - mean) / variance.sqrt() + eps) + shift

    def relu_and_eps_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You left out the ReLU between convolution and normalisation. And you left out eps: √(variance + eps)."""
        return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, 0.0)

    def relu_last_and_eps_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your ReLU comes last; the order is convolution, ReLU, normalisation. And you left out eps:
        √(variance + eps)."""
        return _normalised(conv2d(x, weight, bias, stride=stride), statistics, scale, shift, 0.0).relu()

    def relu_last_and_eps_outside_the_root(x, weight, bias, statistics, scale, shift, stride, eps):
        """Your ReLU comes last; the order is convolution, ReLU, normalisation. And eps belongs to the variance, inside
        the root: √(variance + eps)."""
        y = conv2d(x, weight, bias, stride=stride)
        mean, variance, scale, shift = _per_channel(*statistics, scale, shift)
        return (scale * (y - mean) / (variance.sqrt() + eps) + shift).relu()

    def scale_and_shift_exchanged_and_eps_left_out(x, weight, bias, statistics, scale, shift, stride, eps):
        """You exchanged scale and shift: multiply by `scale`, then add `shift`. And you left out eps:
        √(variance + eps)."""
        return _normalised(_rectified(x, weight, bias, stride), statistics, shift, scale, 0.0)
