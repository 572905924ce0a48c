"""Write `front_cost(shape, layers, channels)` for a front of convolutions without padding. `shape` is (c, h, h);
`layers` holds (kernel, stride) of each convolution and `channels` how many maps it gives. Return two whole numbers: the
side of the last map, and the parameters of all convolutions with their biases and of the normalisation after each,
which has two numbers for each map. If a kernel is larger than its map, the side is 0 and stays so; the filters after it
count all the same."""

import torch

from capsule_tutor.checks.cases import case, dice

EFFORT = {"minutes": 8, "difficulty": 2, "importance": 4}
HINTS = (
    "Go through the convolutions one by one. Two things change on the way: the side, and how many maps come in.",
    "A convolution makes (side − kernel) // stride + 1 of a side. A filter reads all maps that come in: before · "
    "kernel² weights and one bias. What is `before` for colour?",
    "In the loop: `parameters += width * (before * kernel**2 + …)`, where … is one bias and the two numbers of the "
    "normalisation; then `before = width`. Where kernel > side, the side becomes 0 and stays 0.",
)
GRADIENT = False


def front_cost(shape: tuple, layers: tuple, channels: tuple) -> tuple[int, int]:
    """shape (c, h, h), layers ((kernel, stride), …), channels (maps, …) → side of the last map, parameters"""
    before, side, parameters = shape[0], shape[1], 0
    for (kernel, stride), width in zip(layers, channels, strict=True):
        side = (side - kernel) // stride + 1 if kernel <= side else 0
        parameters += width * (before * kernel**2 + 1 + 2)
        before = width
    return side, parameters


reference = front_cost


def oracle(shape, layers, channels):
    modules, before = [], shape[0]
    for (kernel, stride), width in zip(layers, channels, strict=True):
        modules += [torch.nn.Conv2d(before, width, kernel, stride), torch.nn.BatchNorm2d(width)]
        before = width
    front = torch.nn.Sequential(*modules).eval()
    parameters = sum(parameter.numel() for parameter in front.parameters())
    try:
        with torch.no_grad():
            return front(torch.zeros(1, *shape)).shape[-1], parameters
    except RuntimeError:  # a kernel that does not fit
        return 0, parameters


_PUBLISHED = ((5, 1), (3, 1), (3, 1), (3, 2))


def cases():
    return [
        case("grey images of 28×28 and the published front", (1, 28, 28), _PUBLISHED, (32, 64, 64, 128)),
        case("colour, 33×33", (3, 33, 33), ((5, 1), (3, 2), (3, 2)), (8, 12, 20)),
        case("a single convolution of 1×1", (2, 7, 7), ((1, 1),), (5,)),
        case("strides that leave a rest", (3, 50, 50), ((7, 3), (4, 2)), (6, 10)),
        case("a kernel that just fits", (1, 9, 9), ((5, 1), (5, 2)), (4, 3)),
        case("a kernel that is too large", (3, 8, 8), ((5, 1), (7, 1)), (4, 6)),
        case(
            "one that is too large in the middle, by less than its stride",
            (3, 8, 8),
            ((5, 1), (5, 2), (1, 1)),
            (4, 6, 7),
        ),
    ]


def more_cases():
    found = []
    for n in range(4):
        layers = tuple((dice(1, 5, seed=n + k), dice(1, 3, seed=n + k + 10)) for k in range(3))
        channels = tuple(dice(2, 20, seed=n + k + 20) for k in range(3))
        side = dice(20, 60, seed=n + 40)
        found.append(case(f"{side}×{side} in colour", (3, side, side), layers, channels))
    return found


class right:
    def asked_of_torch(shape, layers, channels):
        with torch.device("meta"):
            inputs = [shape[0], *channels[:-1]]
            convolutions = [torch.nn.Conv2d(i, o, *layer) for i, o, layer in zip(inputs, channels, layers, strict=True)]
        side = shape[1]
        for kernel, stride in layers:
            side = 0 if side < kernel else 1 + (side - kernel) // stride
        return side, sum(p.numel() for c in convolutions for p in c.parameters()) + 2 * sum(channels)

    def step_by_step(shape, layers, channels):
        side, maps, total = shape[2], shape[0], 0
        for n in range(len(layers)):
            kernel, stride = layers[n]
            total = total + maps * channels[n] * kernel * kernel  # weights
            total = total + channels[n]  # biases
            total = total + channels[n] + channels[n]  # normalisation
            maps = channels[n]
            side = max(0, (side - kernel + stride) // stride)
        return side, total


def _cost(shape, layers, channels, of_filter, of_side, first=None):
    before, side, parameters = shape[0] if first is None else first, shape[1], 0
    for (kernel, stride), width in zip(layers, channels, strict=True):
        side = of_side(side, kernel, stride) if kernel <= side else 0
        parameters += width * of_filter(before, kernel)
        before = width
    return side, parameters


def _side(side, kernel, stride):
    return (side - kernel) // stride + 1


def _filter(before, kernel):
    return before * kernel**2 + 3


class wrong:
    def normalisation_of_what_comes_in(shape, layers, channels):
        """You count the normalisation for the maps that come in. It follows the convolution: two numbers for each map
        that the convolution gives."""
        side, parameters = _cost(shape, layers, channels, lambda before, kernel: before * kernel**2 + 1, _side)
        return side, parameters + 2 * sum((shape[0], *channels[:-1]))

    def no_normalisation(shape, layers, channels):
        """Your count leaves the normalisation out: two numbers for each map, a scale and a shift."""
        return _cost(shape, layers, channels, lambda before, k: before * k**2 + 1, _side)

    def one_number_too_few(shape, layers, channels):
        """Your count lacks one number for each map. There are three: the bias of its filter, and scale and shift of
        the normalisation."""
        return _cost(shape, layers, channels, lambda before, k: before * k**2 + 2, _side)

    def running_statistics_counted(shape, layers, channels):
        """You counted the running mean and variance. They are measured, not learned, and are not parameters."""
        return _cost(shape, layers, channels, lambda before, k: before * k**2 + 5, _side)

    def always_grey(shape, layers, channels):
        """Your first convolution reads one map. In colour it reads three: begin with `shape[0]`."""
        return _cost(shape, layers, channels, _filter, _side, first=1)

    def always_in_colour(shape, layers, channels):
        """Your first convolution reads three maps. In grey it reads one: begin with `shape[0]`."""
        return _cost(shape, layers, channels, _filter, _side, first=3)

    def every_place_counted(shape, layers, channels):
        """You count the weights of a filter once for each place of the map. It uses the same weights at every place, so
        as parameters they are counted once."""
        before, side, parameters = shape[0], shape[1], 0
        for (kernel, stride), width in zip(layers, channels, strict=True):
            side = _side(side, kernel, stride) if kernel <= side else 0
            parameters += width * (before * kernel**2 * side**2 + 3)
            before = width
        return side, parameters

    def one_map_for_each_filter(shape, layers, channels):
        """Your filters read one map each, as the depthwise ones do. A filter here reads all maps that come in."""
        return _cost(shape, layers, channels, lambda before, k: k**2 + 3, _side)

    def extras_for_each_map_read(shape, layers, channels):
        """You count bias and normalisation once for each map that comes IN. They belong to the maps that go out: width
        · (before · kernel² + 3)."""
        return _cost(shape, layers, channels, lambda before, k: before * (k**2 + 3), _side)

    def extras_for_each_layer(shape, layers, channels):
        """You count bias and normalisation once for a whole convolution. Each of its maps has them: the + 3 is inside
        the bracket, width · (before · kernel² + 3)."""
        side, parameters = _cost(shape, layers, channels, lambda before, k: before * k**2, _side)
        return side, parameters + 3 * len(layers)

    def channels_at_the_end(shape, layers, channels):
        """You read the shape as (h, h, c). Here the channels come first: `shape[0]` maps of side `shape[1]`."""
        return front_cost((shape[2], shape[0], shape[0]), layers, channels)

    def kernel_not_squared(shape, layers, channels):
        """You wrote kernel for kernel². A filter of 5×5 has 25 weights for each map that it reads."""
        return _cost(shape, layers, channels, lambda before, k: before * k + 3, _side)

    def padded(shape, layers, channels):
        """Your maps are as large as with padding. Without it, a kernel must be inside: (side − kernel) // stride +
        1."""
        return _cost(shape, layers, channels, _filter, lambda side, k, stride: -(-side // stride))

    def steps_rounded_up(shape, layers, channels):
        """You rounded the number of steps up. A step that would lead out of the map is not made: the side is (side −
        kernel) // stride + 1."""
        return _cost(shape, layers, channels, _filter, lambda side, k, stride: -(-(side - k) // stride) + 1)

    def one_forgotten(shape, layers, channels):
        """Your sides lack the + 1. A kernel of 5 has one place on a map of 5: (5 − 5) // 1 + 1."""
        return _cost(shape, layers, channels, _filter, lambda side, k, stride: (side - k) // stride)

    def strides_forgotten(shape, layers, channels):
        """Your sides leave out the stride. In steps of 2, about half of the places are used."""
        return _cost(shape, layers, channels, _filter, lambda side, k, stride: side - k + 1)

    def never_too_large(shape, layers, channels):
        """You never ask whether the kernel fits. Where it does not, the side is 0, and so it stays."""
        before, side, parameters = shape[0], shape[1], 0
        for (kernel, stride), width in zip(layers, channels, strict=True):
            side = (side - kernel) // stride + 1
            parameters += width * _filter(before, kernel)
            before = width
        return side, parameters

    def side_without_the_plus_at_the_end(shape, layers, channels):
        """The SIDE is wrong: (side − kernel + 1) // stride is one short where steps go up. Divide first, then + 1."""
        return _cost(shape, layers, channels, _filter, lambda side, k, stride: (side - k + 1) // stride)

    def stride_and_kernel_exchanged(shape, layers, channels):
        """You took kernel and stride the other way round. Each layer is (kernel, stride)."""
        return front_cost(shape, tuple((kernel, stride) for stride, kernel in layers), channels)

    def not_counted_after_zero(shape, layers, channels):
        """Your PARAMETERS stop where a kernel does not fit. The side is 0 then, but all filters have their numbers."""
        before, side, parameters = shape[0], shape[1], 0
        for (kernel, stride), width in zip(layers, channels, strict=True):
            if kernel > side:
                return 0, parameters
            side = _side(side, kernel, stride)
            parameters += width * _filter(before, kernel)
            before = width
        return side, parameters

    def before_stays(shape, layers, channels):
        """Your filters always read the maps of the image. From the second convolution on they read those of the one
        before: `before = width` at the end of the loop."""
        return _cost(shape, layers, [shape[0]] * len(layers), _filter, _side)[0], sum(
            width * _filter(shape[0], kernel) for (kernel, _), width in zip(layers, channels, strict=True)
        )

    def width_too_early(shape, layers, channels):
        """Each of your convolutions reads as many maps as it gives. It should read the maps of the one before it, and
        the first should read those of the image: `before = width` comes at the END of the loop, after the count."""
        side, _ = front_cost(shape, layers, channels)
        return side, sum(width * _filter(width, kernel) for (kernel, _), width in zip(layers, channels, strict=True))

    def normalised_at_the_end(shape, layers, channels):
        """You counted the normalisation of the last map alone. There is one after each convolution."""
        side, parameters = _cost(shape, layers, channels, lambda before, k: before * k**2 + 1, _side)
        return side, parameters + 2 * channels[-1]

    def just_fitting_refused(shape, layers, channels):
        """A kernel as large as its map still fits, in one place. The side is 0 only where it is larger."""
        before, side, parameters = shape[0], shape[1], 0
        for (kernel, stride), width in zip(layers, channels, strict=True):
            side = _side(side, kernel, stride) if kernel < side else 0
            parameters += width * _filter(before, kernel)
            before = width
        return side, parameters

    def parameters_first(shape, layers, channels):
        """You return the parameters first. The side comes first, then the parameters."""
        return front_cost(shape, layers, channels)[::-1]
