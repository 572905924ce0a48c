"""Write `capsule_count(size, kernels, strides, types)`: how many primary capsules come out of a stack of convolutions
without padding on a square image? `kernels` and `strides` are tuples, one number per convolution; every kernel fits.
Return an int: (28, (9, 9), (1, 2), 32) gives 1152."""

from math import ceil, prod

import torch

from capsule_tutor.checks.cases import case, dice
from capsule_tutor.exercises.properties import whole_number

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 3}
HINTS = (
    "Follow the side of the image through the convolutions, one after the other. Only at the end count capsules.",
    "One convolution turns n into ⌊(n − k)/s⌋ + 1. In Python // rounds down.",
    "Loop over `zip(kernels, strides)` with `size = ...`, the formula with `//`; then one capsule of every type at "
    "each place of the last grid. How many places has it?",
)
GRADIENT = False


def capsule_count(size: int, kernels: tuple[int, ...], strides: tuple[int, ...], types: int) -> int:
    """How many primary capsules a stack of convolutions without padding makes of a (size, size) image."""
    for kernel, stride in zip(kernels, strides, strict=True):
        # n ← ⌊(n − k)/s⌋ + 1
        size = (size - kernel) // stride + 1
    return types * size**2


reference = capsule_count


def oracle(size, kernels, strides, types):
    for kernel, stride in zip(kernels, strides, strict=True):
        size = len([start for start in range(0, size, stride) if start + kernel <= size])
    return types * size * size


def cases():
    return [
        case("size 28, kernels (9, 9), strides (1, 2), 32 types", 28, (9, 9), (1, 2), 32),
        case("size 36, kernels (9, 9), strides (1, 2), 32 types", 36, (9, 9), (1, 2), 32),
        case("size 11, kernels (3,), strides (3,), 5 types", 11, (3,), (3,), 5),
        case("size 10, kernels (4,), strides (3,), 1 type", 10, (4,), (3,), 1),
        case("size 29, kernels (5, 3, 4), strides (2, 1, 3), 6 types", 29, (5, 3, 4), (2, 1, 3), 6),
        case("size 7, kernels (7,), strides (1,), 4 types", 7, (7,), (1,), 4),
    ]


def more_cases():
    stacks = [(dice(20, 40, n), (dice(2, 5, n + 10), dice(1, 4, n + 20)), dice(1, 3, n + 30), n) for n in range(4)]
    return [
        case(f"size {size}, kernels {kernels}, strides {(1, stride)}", size, kernels, (1, stride), dice(1, 9, n + 40))
        for size, kernels, stride, n in stacks
    ]


properties = (whole_number,)


def _stack(size, kernels, strides, types, after):
    for kernel, stride in zip(kernels, strides, strict=True):
        size = after(size, kernel, stride)
    return types * size**2


class right:
    def by_places(size, kernels, strides, types):
        for k, s in zip(kernels, strides, strict=True):
            size = len(range(0, size - k + 1, s))
        return types * size * size

    def by_recursion(size, kernels, strides, types):
        if not kernels:
            return types * size**2
        size = 1 + (size - kernels[0]) // strides[0]
        return right.by_recursion(size, kernels[1:], strides[1:], types)

    def by_torch(size, kernels, strides, types):
        image = torch.zeros(1, 1, size, size)
        for k, s in zip(kernels, strides, strict=True):
            image = torch.nn.functional.max_pool2d(image, k, s)
        return types * image.numel()


class wrong:
    def same_padding(size, kernels, strides, types):
        """You count every start of a kernel, as if the image were padded. Here the kernel must fit inside: n − k comes
        first."""
        return _stack(size, kernels, strides, types, lambda n, k, s: ceil(n / s))

    def plus_one_forgotten(size, kernels, strides, types):
        """You count the steps between the places. Places are one more than steps, like fence posts: + 1."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n - k) // s)

    def plus_one_too_early(size, kernels, strides, types):
        """You have the 1 inside the division. It stands for the first place, which needs no step: ⌊(n − k)/s⌋ + 1."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n - k + 1) // s)

    def plus_one_at_the_end(size, kernels, strides, types):
        """You add the 1 only once, at the end. Every convolution has one place more than it has steps, so
        each needs a 1 of its own: ⌊(n − k)/s⌋ + 1."""
        for kernel, stride in zip(kernels, strides, strict=True):
            size = (size - kernel) // stride
        return types * (size + 1) ** 2

    def stride_forgotten(size, kernels, strides, types):
        """You let every kernel move by 1. It moves by its stride: divide n − k by s."""
        return _stack(size, kernels, strides, types, lambda n, k, s: n - k + 1)

    def rounded_up(size, kernels, strides, types):
        """You round up: a kernel that would hang over the edge is not counted. Use //, which rounds down."""
        return _stack(size, kernels, strides, types, lambda n, k, s: ceil((n - k) / s) + 1)

    def not_rounded(size, kernels, strides, types):
        """You count fractions of a place. A kernel fits or it does not: divide with //."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n - k) / s + 1)

    def rounded_to_the_nearest(size, kernels, strides, types):
        """You round to the nearest number. A kernel that hangs over the edge by one pixel does not fit: use //."""
        return _stack(size, kernels, strides, types, lambda n, k, s: round((n - k) / s + 1))

    def steps_rounded_to_the_nearest(size, kernels, strides, types):
        """You round the steps to the nearest number. A kernel that hangs over the edge does not fit: use //."""
        return _stack(size, kernels, strides, types, lambda n, k, s: round((n - k) / s) + 1)

    def last_start_one_too_early(size, kernels, strides, types):
        """Your last kernel starts one pixel too early. It may start at n − k itself, where `range(n - k)` has stopped
        already: take off k and no more."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n - k - 1) // s + 1)

    def rounded_only_at_the_end(size, kernels, strides, types):
        """You carry fractions from one convolution to the next and round at the end. Every output is a whole number of
        places: use // at each step."""
        return int(wrong.not_rounded(size, kernels, strides, types))

    def stride_before_kernel(size, kernels, strides, types):
        """You divide n by the stride before you take off the kernel. First n − k, then divide."""
        return _stack(size, kernels, strides, types, lambda n, k, s: n // s - k + 1)

    def brackets_forgotten(size, kernels, strides, types):
        """Python divides before it subtracts, so you divided the kernel alone: write (n − k) in brackets."""
        return _stack(size, kernels, strides, types, lambda n, k, s: n - k // s + 1)

    def strides_at_the_end(size, kernels, strides, types):
        """You take off all kernels first and divide at the end. After a stride the image is smaller, and the next
        kernel counts in its pixels: one convolution after the other."""
        return types * ((size - sum(k - 1 for k in kernels) - 1) // prod(strides) + 1) ** 2

    def strides_one_by_one_at_the_end(size, kernels, strides, types):
        """You take off all kernels first, and all strides divide afterwards. A convolution does both before the next
        one begins: one loop over `zip(kernels, strides)`, with ⌊(n − k)/s⌋ + 1 in it."""
        for kernel in kernels:
            size = size - kernel + 1
        for stride in strides:
            size //= stride
        return types * size**2

    def every_kernel_with_every_stride(size, kernels, strides, types):
        """With two convolutions you count as if there were four. Is a loop over the strides inside one over the
        kernels? They belong in pairs: `zip(kernels, strides)`."""
        stack = [(kernel, stride) for kernel in kernels for stride in strides]
        return capsule_count(size, [kernel for kernel, _ in stack], [stride for _, stride in stack], types)

    def two_convolutions_typed_in(size, kernels, strides, types):
        """You typed in two convolutions, as CapsNet has. There may be one, or five: loop over
        `zip(kernels, strides)`."""
        for n in (0, 1):
            size = (size - kernels[n]) // strides[n] + 1
        return types * size**2

    def two_convolutions_unpacked(size, kernels, strides, types):
        """You unpack two convolutions, as CapsNet has. There may be one, or five: loop over `zip(kernels, strides)`."""
        k1, k2 = kernels
        s1, s2 = strides
        return types * (((size - k1) // s1 + 1 - k2) // s2 + 1) ** 2

    def only_the_first_convolution(size, kernels, strides, types):
        """You stop after the first convolution. Is there a `return` inside the loop, or are `kernels[0]` and
        `strides[0]` all that you use?"""
        return capsule_count(size, kernels[:1], strides[:1], types)

    def only_the_last_convolution(size, kernels, strides, types):
        """You use only the last convolution. Each one works on the output of the one before: update n in the loop."""
        return capsule_count(size, kernels[-1:], strides[-1:], types)

    def last_convolution_left_out(size, kernels, strides, types):
        """You leave out the last convolution. Does your loop end one round too early? `range(n)` stops before n
        already. A loop over `zip(kernels, strides)` goes through all of them."""
        return capsule_count(size, kernels[:-1], strides[:-1], types)

    def not_squared(size, kernels, strides, types):
        """You counted one row of places. The grid is square: n times n."""
        return types * round(capsule_count(size, kernels, strides, 1) ** 0.5)

    def types_forgotten(size, kernels, strides, types):
        """You counted the places. At each of them sits one capsule of every type."""
        return capsule_count(size, kernels, strides, 1)

    def eight_numbers_counted(size, kernels, strides, types):
        """You multiplied by 8, the numbers in one capsule. A capsule counts once, however many numbers it holds."""
        return 8 * capsule_count(size, kernels, strides, types)

    def counted_at_every_layer(size, kernels, strides, types):
        """You added capsules after every convolution. They are cut from the last map alone: count after the loop."""
        return sum(capsule_count(size, kernels[:n], strides[:n], types) for n in range(1, len(kernels) + 1))

    def types_at_every_layer(size, kernels, strides, types):
        """You multiplied by the types after every convolution. The types belong to the last map: multiply once, after
        the loop."""
        return types ** len(kernels) * capsule_count(size, kernels, strides, 1)

    def types_squared(size, kernels, strides, types):
        """You squared the types as well. Only the side of the grid is squared: types · n²."""
        return types**2 * capsule_count(size, kernels, strides, 1)

    def padded_by_half_a_kernel(size, kernels, strides, types):
        """You count as if half a kernel were added on each side. Here nothing is padded: the kernel must fit inside."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n + 2 * (k // 2) - k) // s + 1)

    def plus_one_forgotten_and_not_squared(size, kernels, strides, types):
        """You count the steps between the places; places are one more, + 1. And the grid is square: n times n at the
        end."""
        for kernel, stride in zip(kernels, strides, strict=True):
            size = (size - kernel) // stride
        return types * size

    def plus_one_twice(size, kernels, strides, types):
        """You count one place too many in every row: ⌊(n − k)/s⌋ + 1 holds the first place already."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n - k) // s + 2)

    def kernels_and_strides_exchanged(size, kernels, strides, types):
        """You exchanged kernels and strides: take the kernel off first, n − k, then divide by the stride."""
        return capsule_count(size, strides, kernels, types)

    def kernels_and_strides_exchanged_and_not_squared(size, kernels, strides, types):
        """You exchanged kernels and strides: take the kernel off first, n − k, then divide by the stride. And the grid
        is square: n times n at the end."""
        return wrong.not_squared(size, strides, kernels, types)

    def number_of_the_paper(size, kernels, strides, types):
        """You return 1152 whatever you are given. That is right for the paper's network alone: count with the
        arguments."""
        return 1152

    def doubled_not_squared(size, kernels, strides, types):
        """You doubled the side of the grid. Its area is side ** 2: did you write `*` for `**`?"""
        return 2 * types * round(capsule_count(size, kernels, strides, 1) ** 0.5)

    def one_place_too_few(size, kernels, strides, types):
        """Your last grid has one row and one column too few. Is there a 1 taken off at the end, or does the last
        convolution lack its + 1? All its places count: types · n²."""
        return types * (round(capsule_count(size, kernels, strides, 1) ** 0.5) - 1) ** 2

    def kernel_added(size, kernels, strides, types):
        """You added the kernel to the side. Nothing is padded, so it takes pixels away: n − k."""
        return _stack(size, kernels, strides, types, lambda n, k, s: (n + k) // s + 1)
