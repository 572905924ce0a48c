"""Wrong answers of the kind that readers write, one class for each exercise.

A docstring holds words that the check must say; none means that no sentence names this mistake yet, and that what is
said about its numbers must do. Most were written before the checks named them; some hold two mistakes at once.
"""


# ruff: noqa: B007, B905, E731, PT018, RUF059, SIM114

import math
import statistics
from math import comb

import torch
import torch.nn.functional as F

from capsule_tutor import functional as caps
from capsule_tutor import layers, registration


class squash:
    def squared_after_the_sum(s, dim=-1, eps=1e-8):
        """You squared the sum of the entries"""
        n2 = s.sum(dim, keepdim=True).square()
        return n2 / (1 + n2) * s / torch.sqrt(n2 + eps)

    def if_a_tensor_is_zero(s, dim=-1, eps=1e-8):
        """You ask many lengths for one yes or no"""
        n2 = (s * s).sum(dim, keepdim=True)
        if n2 == 0:
            return torch.zeros_like(s)
        return n2 / (1 + n2) * s / n2.sqrt()

    def largest_in_python(s, dim=-1, eps=1e-8):
        """You ask many lengths for one yes or no"""
        n2 = (s * s).sum(dim, keepdim=True)
        return n2 / (1 + n2) * s / max(n2, eps) ** 0.5

    def norm_of_dim(s, dim=-1, eps=1e-8):
        """takes dim for p"""
        n = s.norm(dim, keepdim=True)
        return n**2 / (1 + n**2) * s / (n + eps)

    def softmax_of_the_vector(s, dim=-1, eps=1e-8):
        """You took a softmax of each vector"""
        return torch.softmax(s, dim=dim)

    def clipped_at_one(s, dim=-1, eps=1e-8):
        """You cut long vectors off at length 1 and leave the short ones as they are"""
        n = s.norm(dim=dim, keepdim=True)
        return s / n.clamp(min=1)

    def one_plus_inside_the_root(s, dim=-1, eps=1e-8):
        """Your new length is ‖s‖²/√(1+‖s‖²), which grows without end"""
        n2 = (s * s).sum(dim, keepdim=True)
        return s * (n2 / (1 + n2 + eps)).sqrt()

    def over_one_plus_n(s, dim=-1, eps=1e-8):
        """You scale by ‖s‖/(1+‖s‖)"""
        n = s.norm(dim=dim, keepdim=True)
        return s / (1 + n)

    def absolute_sum_for_length(s, dim=-1, eps=1e-8):
        """You took the sum of the absolute values for the length"""
        n = s.abs().sum(dim, keepdim=True) + eps
        return n**2 / (1 + n**2) * s / n

    def sigmoid_of_the_length(s, dim=-1, eps=1e-8):
        """Your new length is a sigmoid of ‖s‖, which is ½ where ‖s‖ is 0. It should be 0"""
        n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
        return torch.sigmoid(n) * s / n

    def python_loop_last_axis_only(s, dim=-1, eps=1e-8):
        """You always use the last axis"""
        n2 = (s**2).sum(-1, keepdim=True)
        return n2 / (1 + n2) * s / torch.sqrt(n2)

    def mean_and_no_keepdim(s, dim=-1, eps=1e-8):
        """You took the mean of the squares"""
        n2 = (s * s).mean(dim)
        return n2 / (1 + n2) * s / (n2 + eps).sqrt()

    def relu_and_no_eps(s, dim=-1, eps=1e-8):
        """You cut off negative numbers before squashing"""
        s = s.relu()
        n2 = (s * s).sum(dim, keepdim=True)
        return n2 / (1 + n2) * s / n2.sqrt()


class squash_test:
    def cosine_abs(squash):
        """Do you ask for a cosine near 1, or for its size alone"""
        s = 5 * torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
        assert (squash(s).norm(dim=-1) < 1).all()
        assert squash(torch.tensor([[0.01, 0.0]])).norm() < 0.1
        assert torch.cosine_similarity(s, squash(s), dim=-1).abs().min() > 0.999
        assert torch.cosine_similarity(s, squash(s, dim=0), dim=0).abs().min() > 0.999
        zero = torch.zeros(2, 3, requires_grad=True)
        out = squash(zero)
        out.sum().backward()
        assert out.isfinite().all() and zero.grad.isfinite().all()

    def a_pair_is_true(squash):
        """a pair is always true"""
        condition = (squash(3 * torch.randn(4, 5, 6)).norm(dim=-1) < 1).all()
        pair = (condition, "too long")
        assert pair

    def one_squash_is_the_measure(squash):
        """On the exponential squash, a right one with another curve, this line gives an alarm: `assert"""
        s = torch.randn(3, 4, 5)
        n2 = (s * s).sum(1, keepdim=True)
        assert torch.allclose(squash(s, dim=1), n2 / (1 + n2) * s / n2.sqrt(), atol=1e-3)

    def at_most_one(squash):
        """Do you ask for less than 1, or for at most 1?"""
        v = squash(torch.randn(10, 8) * 5)
        assert v.norm(dim=-1).max() <= 1

    def angle_of_one_vector(squash):
        """Your test looks at directions only"""
        s = torch.tensor([[3.0, -4.0, 1.0]])
        v = squash(s)
        assert torch.allclose(F.normalize(v, dim=-1), F.normalize(s, dim=-1), atol=1e-4)

    def sum_of_ones(squash):
        """It lets pass"""
        assert squash(torch.ones(2, 3)).norm(dim=-1).max() < 1

    def no_nan_anywhere(squash):
        """It lets pass"""
        assert not squash(torch.zeros(4, 3)).isnan().any()

    def forgotten_backward(squash):
        """The value may be fine where the gradient is NaN"""
        for dim in (0, 1):
            s = torch.randn(6, 5) * 3
            v = squash(s, dim=dim)
            assert (v.norm(dim=dim) < 1).all()
            assert F.cosine_similarity(s, v, dim=dim).min() > 0.99
        assert torch.isfinite(squash(torch.zeros(2, 4))).all()
        assert squash(torch.full((1, 4), 0.005)).norm() < 0.1

    def lengths_by_equality(squash):
        """Your test fails on everything"""
        s = torch.randn(4, 3)
        assert (squash(s).norm(dim=1) == s.norm(dim=1)).all()

    def tells_its_verdict(squash):
        """Your test returned a bool"""
        return not squash(torch.zeros(1, 3)).isnan().any().item()


class squash_slope:
    def power_of_a_power(n):
        """Your denominator is 1 + n⁴"""
        return 2 * n / (1 + n**2**2)

    def sign_and_factor(n):
        """Your slope is negative"""
        return -n / (1 + n**2) ** 2

    def power_three(n):
        """Your denominator has the power 3. In the quotient rule it is squared"""
        return 2 * n / (1 + n**2) ** 3

    def one_minus(n):
        """That is g(n)"""
        return 1 - 1 / (1 + n**2)

    def slope_at_one_n(n):
        """You wrote 1 + n in the denominator"""
        return 2 * n / (1 + n) ** 2

    def slope_of_n_over_one_plus_n(n):
        """That is the slope of n/(1 + n)"""
        return 1 / (1 + n) ** 2

    def two_n_squared(n):
        """You have n² on top"""
        return 2 * n**2 / (1 + n**2) ** 2

    def forward_difference(n):
        """the slope is nearly right"""
        h = 1e-4
        g = lambda n: n**2 / (1 + n**2)
        return (g(n + h) - g(n)) / h

    def brackets_lost(n):
        """You left out the brackets"""
        return 2 * n / 1 + n**2**2


class exponential_squash:
    def after_squash(s, dim=-1, eps=1e-8):
        """Your exponent holds the length after squash"""
        v = caps.squash(s, dim)
        n = ((v * v).sum(dim, keepdim=True) + eps).sqrt()
        return (1 - torch.exp(-n)) * v / n

    def expm1(s, dim=-1, eps=1e-8):
        """Your length is e^(−‖s‖) − 1"""
        n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
        return torch.expm1(-n) * s / n

    def one_minus_e_to_minus_s_norm_no_direction_times_s(s, dim=-1, eps=1e-8):
        """You scale s itself"""
        n = s.norm(dim=dim, keepdim=True)
        return s * (1 - torch.exp(-n))

    def exp_of_positive_over(s, dim=-1, eps=1e-8):
        """Your new length is 1 − 1/(1+‖s‖) = ‖s‖/(1+‖s‖)"""
        n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
        return (1 - 1 / (1 + n)) * s / n

    def two_to_the_minus_n(s, dim=-1, eps=1e-8):
        """You took 2 to the power of −‖s‖. The base is e"""
        n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
        return (1 - 2 ** (-n)) * s / n

    def mean_for_sum(s, dim=-1, eps=1e-8):
        """You took the mean of the squares"""
        n = ((s * s).mean(dim, keepdim=True) + eps).sqrt()
        return (1 - torch.exp(-n)) * s / n

    def whole_tensor(s, dim=-1, eps=1e-8):
        """You took one length for the whole tensor"""
        n = s.norm()
        return (1 - torch.exp(-n)) * s / (n + eps)

    def relu_first(s, dim=-1, eps=1e-8):
        """You cut off negative numbers before squashing"""
        s = s.relu()
        n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
        return (1 - torch.exp(-n)) * s / n

    def unit_vector_only(s, dim=-1, eps=1e-8):
        """Every vector comes out with length 1. Multiply by the new length"""
        return s / ((s * s).sum(dim, keepdim=True) + eps).sqrt()

    def squared_and_dim_ignored(s, dim=-1, eps=1e-8):
        """The exponent holds ‖s‖², but the formula has ‖s‖: this squash starts with slope"""
        n2 = (s * s).sum(-1, keepdim=True)
        return (1 - torch.exp(-n2)) * s / (n2 + eps).sqrt()

    def divided_by_n_squared(s, dim=-1, eps=1e-8):
        """You divide s by ‖s‖², not ‖s‖: take the square root to get a unit vector"""
        n2 = (s * s).sum(dim, keepdim=True) + eps
        return (1 - torch.exp(-n2.sqrt())) * s / n2


class votes:
    def first_image_for_all(u, weight):
        """Every image gets the votes of image 0"""
        one = torch.einsum("id,ijdz->ijz", u[0], weight)
        return one[None].expand(u.shape[0], -1, -1, -1)

    def unsqueeze_in_place(u, weight):
        """with the underscore it writes into"""
        return (u.unsqueeze_(2).unsqueeze_(2) @ weight).squeeze(-2)

    def tensordot_over_d(u, weight):
        """Every child meets the matrices of every other child"""
        return torch.tensordot(u, weight, dims=([2], [2]))

    def lists_on_the_way(u, weight):
        """takes u's dtype. And no gradient flows back to `u`"""
        return torch.tensor([[[(child @ w).tolist() for w in ws] for child, ws in zip(image, weight)] for image in u])

    def einsum_b_and_i_swapped(u, weight):
        """You read u as (i"""
        return torch.einsum("ibd,ijdz->bijz", u, weight)

    def u_repeated_no_sum(u, weight):
        """You multiplied and did not add"""
        return u[:, :, None, :, None] * weight

    def softmaxed(u, weight):
        """there is one softmax over j too many"""
        return torch.einsum("bid,ijdz->bijz", u, weight).softmax(dim=2)

    def relu_votes(u, weight):
        """every number below 0 has become 0: is there an extra ReLU or clamp"""
        return torch.einsum("bid,ijdz->bijz", u, weight).relu()

    def matmul_squeeze_all(u, weight):
        """`squeeze()` should be `squeeze(-2)`"""
        return (u[:, :, None, None, :] @ weight).squeeze()

    def axes_z_before_j(u, weight):
        """The axes are in another order, (b, i, z, j)"""
        return torch.einsum("bid,ijdz->bizj", u, weight)

    def divided_by_children(u, weight):
        """every number is"""
        return torch.einsum("bid,ijdz->bijz", u, weight) / u.shape[1]

    def squashed_u(u, weight):
        """You squashed u before it votes"""
        return torch.einsum("bid,ijdz->bijz", caps.squash(u), weight)

    def return_inside_the_loop(u, weight):
        """the votes of image 1 are all 0"""
        out = u.new_zeros(len(u), *weight.shape[:2], weight.shape[3])
        for b in range(len(u)):
            for i in range(u.shape[1]):
                out[b, i] = u[b, i] @ weight[i]
            return out

    def transposed_and_summed(u, weight):
        """it raised RuntimeError"""
        return torch.einsum("bid,ijzd->bjz", u, weight)

    def as_float(u, weight):
        """they come out as float32 whatever comes in"""
        return torch.einsum("bid,ijdz->bijz", u.float(), weight.float())

    def poses_added_first(u, weight):
        """Every child votes with the sum of all the poses"""
        return torch.einsum("bd,ijdz->bijz", u.sum(1), weight)


class primary_capsules:
    def square_only(features, d):
        """`reshape(b, channels // d, d, h, w)`"""
        b, channels, h, w = features.shape
        return features.reshape(b, channels // d, d, h, h).permute(0, 1, 3, 4, 2).reshape(b, -1, d)

    def permute_then_wrong_merge(features, d):
        """Your capsules are right"""
        b, c, h, w = features.shape
        return features.permute(0, 2, 3, 1).reshape(b, -1, d)

    def bare_view_typed(features, d):
        """You cut the row of numbers as it is in memory"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d * h * w, d)

    def d_types_swapped_names(features, d):
        """You take every n-th channel for one capsule (n types)"""
        b, c, h, w = features.shape
        return features.reshape(b, d, c // d, h, w).permute(0, 2, 3, 4, 1).reshape(b, -1, d)

    def transposed_result(features, d):
        """The axes are in another order, (b, d, i)"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d, d, h, w).permute(0, 1, 3, 4, 2).reshape(b, d, -1)

    def width_first(features, d):
        """You number the capsules of a type column by column"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d, d, h, w).permute(0, 1, 4, 3, 2).reshape(b, -1, d)

    def pixels_as_capsules(features, d):
        """You use the first d channels only"""
        b, c, h, w = features.shape
        return features.flatten(2).transpose(1, 2)[:, :, :d]

    def no_permute_five_axes(features, d):
        """You cut the row of numbers as it is in memory"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d, d, h, w).reshape(b, -1, d)

    def places_before_types(features, d):
        """Your capsules are right"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d, d, h, w).permute(0, 3, 4, 1, 2).reshape(b, -1, d)

    def two_slips(features, d):
        """split (types, d); and the capsules belong in another order"""
        b, c, h, w = features.shape
        return features.reshape(b, d, c // d, h, w).permute(0, 4, 3, 2, 1).reshape(b, -1, d)

    def types_and_d_exchanged_and_merged(features, d):
        """holds numbers of 4 places"""
        b, c, h, w = features.shape
        return features.reshape(b, c // d, d, h, w).transpose(1, 2).reshape(b, -1, d)

    def normalised(features, d):
        """the numbers themselves have changed"""
        b, c, h, w = features.shape
        out = features.reshape(b, c // d, d, h, w).permute(0, 1, 3, 4, 2).reshape(b, -1, d)
        return F.normalize(out, dim=-1)


class touched:
    def one_call(to_capsules, features, row, column):
        """your batch is not the one that you"""
        bump = torch.zeros_like(features[:1])
        bump[:, :, row, column] = 1
        before, after = to_capsules(torch.cat([features[:1], features[:1] + bump]))
        return (after - before).abs().amax(dim=-1) > 0

    def threshold(to_capsules, features, row, column):
        """you missed some that moved a little"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        return ((to_capsules(changed) - to_capsules(features))[0].abs() > 0.5).any(dim=-1)

    def allclose_per_capsule_all(to_capsules, features, row, column):
        """You ask whether ALL entries of a capsule moved"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        a, b = to_capsules(features)[0], to_capsules(changed)[0]
        return torch.tensor([bool((x != y).all()) for x, y in zip(a, b)])

    def row_only_first_channel(to_capsules, features, row, column):
        """Only the first type can move, as if one channel changed"""
        changed = features.clone()
        changed[0, 0, row, column] += 5
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def changes_all_images_and_any_batch(to_capsules, features, row, column):
        """You change all images"""
        changed = features.clone()
        changed[:, :, row, column] += 1
        return (to_capsules(changed) != to_capsules(features)).any(-1).any(0)

    def random_noise_everywhere(to_capsules, features, row, column):
        """Do you change every place at once"""
        changed = features + torch.randn_like(features)
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def float_result(to_capsules, features, row, column):
        """the dtype is float32; expected bool"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        return (to_capsules(changed) - to_capsules(features))[0].abs().sum(-1)

    def list_of_bools(to_capsules, features, row, column):
        """it returned a list"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        return (to_capsules(changed) != to_capsules(features))[0].any(-1).tolist()

    def negated_place(to_capsules, features, row, column):
        """Where the features are zero already you find nothing"""
        changed = features.clone()
        changed[0, :, row, column] = -changed[0, :, row, column]
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def alias_not_clone(to_capsules, features, row, column):
        """it changed its input `features` in place"""
        changed = features
        changed[0, :, row, column] += 1
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def tiny_step(to_capsules, features, row, column):
        """lost beside large features"""
        changed = features.clone()
        changed[0, :, row, column] += 1e-6
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def threshold_of_a_thousandth(to_capsules, features, row, column):
        """you missed some that moved by very little"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        return ((to_capsules(changed) - to_capsules(features))[0].abs() > 1e-3).any(-1)

    def capsules_changed_by_hand(to_capsules, features, row, column):
        """or the capsules by hand?"""
        after = to_capsules(features).clone()
        after[0, :, 0] += 1
        return (after != to_capsules(features))[0].any(-1)

    def cloned_in_every_round(to_capsules, features, row, column):
        """Is `features.clone()` inside a loop"""
        for channel in range(features.shape[1]):
            changed = features.clone()
            changed[0, channel, row, column] += 1
        return (to_capsules(changed) != to_capsules(features))[0].any(-1)

    def sums_before_and_after(to_capsules, features, row, column):
        """Differences that cancel get past you"""
        changed = features.clone()
        changed[0, :, row, column] += 1
        return (to_capsules(changed).sum(-1) != to_capsules(features).sum(-1))[0]


class capsule_count:
    def kernels_then_strides(size, kernels, strides, types):
        """You take off all kernels first, and all strides divide afterwards"""
        for k in kernels:
            size -= k - 1
        for s in strides:
            size = size // s
        return types * size * size

    def a_loop_in_a_loop(size, kernels, strides, types):
        """With two convolutions you count as if there were four"""
        for k in kernels:
            for s in strides:
                size = (size - k) // s + 1
        return types * size * size

    def padded_by_half(size, kernels, strides, types):
        """You count as if half a kernel were added on each side"""
        for k, s in zip(kernels, strides):
            size = (size + 2 * (k // 2) - k) // s + 1
        return types * size**2

    def stride_ignored_in_second(size, kernels, strides, types):
        """You let every kernel move by 1. It moves by its stride"""
        for k, s in zip(kernels, strides):
            size = size - k + 1
        return types * size**2

    def off_by_one_and_not_squared(size, kernels, strides, types):
        """You count the steps between the places"""
        for k, s in zip(kernels, strides):
            size = (size - k) // s
        return types * size

    def float_division_int(size, kernels, strides, types):
        """You count one place too many in every row"""
        for k, s in zip(kernels, strides):
            size = int((size - k) / s + 1) + 1
        return types * size**2

    def strides_and_kernels_swapped(size, kernels, strides, types):
        """You exchanged kernels and strides"""
        for k, s in zip(strides, kernels):
            size = (size - k) // s + 1
        return types * size**2

    def types_times_side(size, kernels, strides, types):
        """You squared the types as well"""
        for k, s in zip(kernels, strides):
            size = (size - k) // s + 1
        return (types * size) ** 2

    def typed_in(size, kernels, strides, types):
        """You return 1152 whatever you are given"""
        return 1152

    def two_n(size, kernels, strides, types):
        """You doubled the side of the grid"""
        for k, s in zip(kernels, strides):
            size = (size - k) // s + 1
        return types * size * 2

    def range_stops_early(size, kernels, strides, types):
        """Your last kernel starts one pixel too early"""
        for k, s in zip(kernels, strides):
            size = len(range(0, size - k, s))
        return types * size**2

    def no_loop(size, kernels, strides, types):
        """or are `kernels[0]` and `strides[0]` all that you use?"""
        return types * ((size - kernels[0]) // strides[0] + 1) ** 2


class parent_poses:
    def letters_i_in_c(c, u_hat):
        """You gave the parents of c another letter than those of the votes"""
        return torch.einsum("bik,bijz->bjz", c, u_hat)

    def max_over_children(c, u_hat):
        """You took the largest weighted vote"""
        return (c[..., None] * u_hat).amax(dim=1)

    def couplings_added(c, u_hat):
        """You added the couplings to the votes"""
        return (c[..., None] + u_hat).sum(dim=1)

    def children_axis_minus_two(c, u_hat):
        """You summed over the parents (axis 2)"""
        return (c[..., None] * u_hat).sum(dim=-2)

    def matmul_wrong(c, u_hat):
        """it raised RuntimeError"""
        return c @ u_hat

    def couplings_squared(c, u_hat):
        """You weighted every vote twice"""
        return (c[..., None] ** 2 * u_hat).sum(1)

    def mean_and_squash(c, u_hat):
        """You squashed"""
        return caps.squash((c[..., None] * u_hat).mean(1))

    def divided_by_children(c, u_hat):
        """You took the mean over the children"""
        return (c[..., None] * u_hat).sum(1) / c.shape[1]

    def detached(c, u_hat):
        """no gradient flows back to `c`"""
        return (c.detach()[..., None] * u_hat).sum(1)


class agreement:
    def dot_of_normalised_v(u_hat, v):
        """You made v a unit vector first"""
        return (u_hat * F.normalize(v, dim=-1)[:, None]).sum(-1)

    def squashed_votes(u_hat, v):
        """You squashed the votes before comparing"""
        return (caps.squash(u_hat) * v[:, None]).sum(-1)

    def expanded_wrong_axis(u_hat, v):
        """You wrote v.unsqueeze(2)"""
        return (u_hat * v[:, :, None]).sum(-1)

    def sum_over_j(u_hat, v):
        """the shape is (2, 5, 6)"""
        return (u_hat * v[:, None]).sum(2)

    def absolute(u_hat, v):
        """every number has lost its sign"""
        return (u_hat * v[:, None]).sum(-1).abs()

    def squared_sum(u_hat, v):
        """You squared the products before adding them"""
        return ((u_hat * v[:, None]) ** 2).sum(-1)

    def sigmoid_of_dot(u_hat, v):
        """every number has been through a sigmoid"""
        return (u_hat * v[:, None]).sum(-1).sigmoid()

    def relu_of_dot(u_hat, v):
        """every number below 0 has become 0: is there an extra ReLU or clamp"""
        return (u_hat * v[:, None]).sum(-1).relu()

    def detach_v(u_hat, v):
        """no gradient flows back to `v`"""
        return (u_hat * v.detach()[:, None]).sum(-1)

    def mean_and_transposed(u_hat, v):
        """The axes are in another order, (b, j, i)"""
        return (u_hat * v[:, None]).mean(-1).transpose(1, 2)

    def length_of_the_vote_alone(u_hat, v):
        """and left out v"""
        return u_hat.norm(dim=-1)


class coupling:
    def softmax_default_minus_two(logits):
        """You normalised over the children (axis 1)"""
        return torch.softmax(logits, dim=-2)

    def temperature(logits):
        """You divided the logits by a root before the softmax"""
        return torch.softmax(logits / logits.shape[2] ** 0.5, dim=2)

    def uniform_always(logits):
        """What you return would be right if `logits` was replaced by zeros first"""
        return torch.full_like(logits, 1 / logits.shape[2])

    def normalised_by_abs(logits):
        """You divided absolute values by their sum"""
        return logits.abs() / logits.abs().sum(2, keepdim=True)

    def softmax_twice(logits):
        """`.softmax(2)` should go. With that, your answer is right."""
        return logits.softmax(2).softmax(2)

    def relu_share(logits):
        """the couplings of a child sum to 0 over the parents"""
        r = logits.relu()
        return r / (r.sum(2, keepdim=True) + 1e-8)

    def softmin(logits):
        """You took the softmax of −logits"""
        return (-logits).softmax(2)

    def softmax_over_children_and_parents(logits):
        """You took a softmax over the children first"""
        return logits.softmax(1).softmax(2)

    def exp_over_all(logits):
        """You took one softmax over the whole tensor"""
        e = (logits - logits.amax()).exp()
        return e / e.sum()

    def squared_share(logits):
        """You divided squares by their sum"""
        return logits**2 / (logits**2).sum(2, keepdim=True)

    def cut_off_at_fifty(logits):
        """You cut large logits off"""
        e = logits.clamp(max=50).exp()
        return e / e.sum(dim=2, keepdim=True)

    def no_axis_given(logits):
        """which `F.softmax` takes if no `dim` is given"""
        return F.softmax(logits, dim=0)


class competition_test:
    def own_votes(route):
        """It should be the votes for one parent"""
        votes = torch.randn(2, 6, 3, 4)
        other = votes.clone()
        other[:, :, 1] *= 3
        assert not torch.allclose(route(votes, 3)[:, 1], route(other, 3)[:, 1], atol=1e-3)

    def all_votes(route):
        """It should be the votes for one parent"""
        assert not torch.allclose(route(torch.randn(2, 6, 3, 4), 3), route(torch.randn(2, 6, 3, 4), 3), atol=1e-3)

    def in_the_first_iteration(route):
        """In the first the couplings are all alike"""
        votes = torch.randn(1, 6, 2, 4)
        other = votes.clone()
        other[:, :, 1] += 5
        assert (route(votes, 1)[:, 0] - route(other, 1)[:, 0]).norm() > 0.01

    def two_parents_one_way(route):
        """A routing in which one parent hears nobody gets past your test"""
        votes = 2 * torch.randn(1, 6, 2, 4)
        other = votes.clone()
        other[:, :, 0] = 2.0
        assert (route(votes, 3)[:, 1] - route(other, 3)[:, 1]).norm() > 0.001

    def not_equal(route):
        """Your test asks for any difference at all"""
        votes = 2 * torch.randn(2, 5, 3, 6)
        for j in range(3):
            other = votes.clone()
            other[:, :, j] = 1.0
            for k in {0, 1, 2} - {j}:
                assert not torch.equal(route(votes, 3)[:, k], route(other, 3)[:, k])

    def should_stay(route):
        """in a right routing the others do move"""
        votes = 2 * torch.randn(2, 5, 3, 6)
        other = votes.clone()
        other[:, :, 2] = 3.0
        assert torch.allclose(route(votes, 3)[:, :2], route(other, 3)[:, :2], atol=1e-4)

    def looks_at_the_length(route):
        """Your test lets everything pass"""
        assert (route(torch.randn(2, 5, 3, 6), 3).norm(dim=2) < 1).all()


class dynamic_routing:
    def s_over_children(u_hat, iterations=3, bias=None):
        """You divided s by the number of children"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat) / u_hat.shape[1]
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def s_over_parents(u_hat, iterations=3, bias=None):
        """s is divided by the number of parents"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat) / u_hat.shape[2]
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def returns_v_only(u_hat, iterations=3, bias=None):
        """it returned one value, a Tensor"""
        return caps.dynamic_routing(u_hat, iterations, bias)[0] + 0

    def exponential_squash_used(u_hat, iterations=3, bias=None):
        """You used the exponential squash"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            v = caps.exponential_squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def logits_random(u_hat, iterations=3, bias=None):
        logits = torch.randn(u_hat.shape[:3], dtype=u_hat.dtype)
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def logits_ones(u_hat, iterations=3, bias=None):
        """You used the logits themselves as couplings"""
        logits = u_hat.new_ones(u_hat.shape[:3]) / u_hat.shape[2]
        for k in range(iterations):
            s = torch.einsum("bij,bijz->bjz", logits, u_hat)
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, logits

    def no_grad_all(u_hat, iterations=3, bias=None):
        """no gradient flows back to `u_hat`"""
        with torch.no_grad():
            logits = u_hat.new_zeros(u_hat.shape[:3])
            for k in range(iterations):
                c = logits.softmax(2)
                s = torch.einsum("bij,bijz->bjz", c, u_hat)
                v = caps.squash(s if bias is None else s + bias)
                if k < iterations - 1:
                    logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def softmax_children_and_late_update(u_hat, iterations=3, bias=None):
        """the couplings of a child sum to"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(1)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            v = caps.squash(s if bias is None else s + bias)
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, logits.softmax(1)

    def logits_multiplied(u_hat, iterations=3, bias=None):
        """You multiplied the logits by the agreement"""
        logits = u_hat.new_ones(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits * torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def agreement_subtracted(u_hat, iterations=3, bias=None):
        """You subtracted the agreement"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = torch.einsum("bij,bijz->bjz", c, u_hat)
            v = caps.squash(s if bias is None else s + bias)
            if k < iterations - 1:
                logits = logits - torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def bias_dropped_and_mean(u_hat, iterations=3, bias=None):
        """You divided s by the number of children"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for k in range(iterations):
            c = logits.softmax(2)
            s = (c[..., None] * u_hat).mean(1)
            v = caps.squash(s)
            if k < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c


def _rows(target, lengths):
    t = F.one_hot(target, lengths.shape[1]) if target.ndim == 1 else target
    return t.to(lengths.dtype)

    def zeros_in_every_round(u_hat, iterations=3, bias=None):
        """or set to 0 in every round"""
        for _ in range(iterations):
            logits = u_hat.new_zeros(u_hat.shape[:3])
            c = torch.softmax(logits, dim=2)
            s = (c[..., None] * u_hat).sum(dim=1)
            v = caps.squash(s if bias is None else s + bias)
            logits = logits + (u_hat * v.unsqueeze(1)).sum(dim=-1)
        return v, c

    def weighs_the_weighted(u_hat, iterations=3, bias=None):
        """You give the weighted votes the name of the votes"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = torch.softmax(logits, dim=2)
            u_hat = c[..., None] * u_hat
            s = u_hat.sum(dim=1)
            v = caps.squash(s if bias is None else s + bias)
            logits = logits + (u_hat * v.unsqueeze(1)).sum(dim=-1)
        return v, c

    def ones_at_first(u_hat, iterations=3, bias=None):
        """In the first iteration your couplings are 1"""
        c = torch.ones_like(u_hat[..., 0])
        logits = torch.zeros_like(c)
        for _ in range(iterations - 1):
            s = (c[..., None] * u_hat).sum(dim=1)
            v = caps.squash(s if bias is None else s + bias)
            logits = logits + (u_hat * v.unsqueeze(1)).sum(dim=-1)
            c = torch.softmax(logits, dim=2)
        s = (c[..., None] * u_hat).sum(dim=1)
        return caps.squash(s if bias is None else s + bias), c


class margin_loss:
    def one_minus_m_plus(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """`m_minus` is handed in, and you take no notice of it"""
        present = F.one_hot(target, lengths.shape[1]) if target.ndim == 1 else target
        short, long = (m_plus - lengths).clamp(min=0), (lengths - (1 - m_plus)).clamp(min=0)
        return (present * short**2 + absent_weight * (1 - present) * long**2).sum(1).mean()

    def in_place(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """with the underscore"""
        if target.ndim == 1:
            target = torch.nn.functional.one_hot(target, lengths.shape[1])
        present = target.to(lengths.dtype)
        too_short = (m_plus - lengths).clamp(min=0) ** 2
        too_long = lengths.sub_(m_minus).clamp(min=0) ** 2
        return (present * too_short + absent_weight * (1 - present) * too_long).sum(dim=1).mean()

    def clamp_binds_first(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """do the brackets end before it"""
        if target.ndim == 1:
            target = torch.nn.functional.one_hot(target, lengths.shape[1])
        present = target.to(lengths.dtype)
        too_short = (m_plus - lengths.clamp(min=0)) ** 2
        too_long = (lengths - m_minus).clamp(min=0) ** 2
        return (present * too_short + absent_weight * (1 - present) * too_long).sum(dim=1).mean()

    def tables_the_wrong_way_round(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You exchanged the two tables"""
        T = _rows(target, lengths)
        short, long = F.relu(m_plus - lengths) ** 2, F.relu(lengths - m_minus) ** 2
        return (T * long + absent_weight * (1 - T) * short).sum(1).mean()

    def absent_ones_averaged(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You averaged over the absent classes"""
        T = _rows(target, lengths)
        short, long = F.relu(m_plus - lengths) ** 2, F.relu(lengths - m_minus) ** 2
        return ((T * short).sum(1) + absent_weight * ((1 - T) * long).sum(1) / (1 - T).sum(1)).mean()

    def over_all_that_are_there(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You divided by the number of classes that are there"""
        T = _rows(target, lengths)
        short, long = F.relu(m_plus - lengths) ** 2, F.relu(lengths - m_minus) ** 2
        return (T * short + absent_weight * (1 - T) * long).sum() / T.sum()

    def squared_before_clamp(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You punish lengths that are already right"""
        T = _rows(target, lengths)
        short, long = ((m_plus - lengths) ** 2).clamp(min=0), ((lengths - m_minus) ** 2).clamp(min=0)
        return (T * short + absent_weight * (1 - T) * long).sum(1).mean()

    def mean_of_everything(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """Your loss is divided by the number of classes"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return (T * short**2 + absent_weight * (1 - T) * long**2).mean()

    def sum_of_everything(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You summed over the images"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return (T * short**2 + absent_weight * (1 - T) * long**2).sum()

    def clamp_max(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """Both your hinges point the wrong way"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(max=0), (lengths - m_minus).clamp(max=0)
        return (T * short**2 + absent_weight * (1 - T) * long**2).sum(1).mean()

    def weight_on_wrong_side_and_unsquared(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You did not square the hinges"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return (absent_weight * T * short + (1 - T) * long).sum(1).mean()

    def absolute_differences(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You took absolute differences"""
        T = _rows(target, lengths)
        return (T * (m_plus - lengths).abs() + absent_weight * (1 - T) * (lengths - m_minus).abs()).sum(1).mean()

    def bce(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You took the binary cross-entropy"""
        return F.binary_cross_entropy(lengths.clamp(1e-6, 1 - 1e-6), _rows(target, lengths))

    def half_on_both_inside(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You squared the sum of the hinges"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return ((T * short + absent_weight * (1 - T) * long).sum(1) ** 2).mean()

    def no_clamp_and_mean(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """You punish lengths that are already right"""
        T = _rows(target, lengths)
        return (T * (m_plus - lengths) ** 2 + absent_weight * (1 - T) * (lengths - m_minus) ** 2).mean()

    def detached(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """no gradient flows back to `lengths`"""
        T = _rows(target, lengths)
        short, long = (m_plus - lengths).clamp(min=0), (lengths - m_minus).clamp(min=0)
        return torch.tensor(
            (T * short**2 + absent_weight * (1 - T) * long**2).sum(1).mean().item(), dtype=lengths.dtype
        )

    def asked_of_a_table(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """as Python's `max` and `if` do"""
        T = _rows(target, lengths)
        short = m_plus - lengths
        if short < 0:
            short = 0 * short
        return (T * short**2 + absent_weight * (1 - T) * F.relu(lengths - m_minus) ** 2).sum(1).mean()

    def second_not_squared(lengths, target, m_plus=0.9, m_minus=0.1, absent_weight=0.5):
        """The hinge of the absent classes is not squared"""
        T = _rows(target, lengths)
        short, long = F.relu(m_plus - lengths), F.relu(lengths - m_minus)
        return (T * short**2 + absent_weight * (1 - T) * long).sum(1).mean()


class diagnosis:
    def each_near_some_level(losses):
        """close to one of them all the time, and stays at neither"""
        levels = {0.81: "lengths 0", 3.645: "lengths 1", 0.9: "no square", 4.05: "no square"}
        levels |= {0.64: "softmax", 0.446: "softmax", 0.524: "same answer"}
        near = [[word for level, word in levels.items() if abs(loss - level) < 0.04] for loss in losses[-10:]]
        return near[-1][0] if all(near) else "healthy"

    def pops_in_place(losses):
        """Leave it as it is, and make a new one"""
        while len(losses) > 10:
            losses.pop(0)
        for level, word in (
            (0.81, "lengths 0"),
            (3.645, "lengths 1"),
            (0.9, "no square"),
            (4.05, "no square"),
            (0.64, "softmax"),
            (0.446, "softmax"),
            (0.524, "same answer"),
        ):
            if all(abs(loss - level) < 0.035 for loss in losses):
                return word
        return "healthy"

    def by_the_first(losses):
        """You read where the log begins"""
        for level, word in ((0.81, "lengths 0"), (3.645, "lengths 1"), (0.64, "softmax"), (0.446, "softmax")):
            if abs(losses[0] - level) < 0.04:
                return word
        if abs(losses[0] - 0.524) < 0.04:
            return "same answer"
        return "no square" if abs(losses[0] - 0.9) < 0.04 or abs(losses[0] - 4.05) < 0.04 else "healthy"

    def by_the_last(losses):
        """Your answer depends on the last loss alone"""
        last = losses[-1]
        if abs(last - 0.81) < 0.04:
            return "lengths 0"
        if abs(last - 3.645) < 0.1:
            return "lengths 1"
        if abs(last - 0.64) < 0.04 or abs(last - 0.446) < 0.04:
            return "softmax"
        if abs(last - 0.524) < 0.04:
            return "same answer"
        return "no square" if abs(last - 0.9) < 0.04 or abs(last - 4.05) < 0.1 else "healthy"

    def rounded_to_two_places(losses):
        """On a log that"""
        words = {0.81: "lengths 0", 3.65: "lengths 1", 0.64: "softmax", 0.45: "softmax", 0.9: "no square"}
        return words.get(round(sum(losses[-10:]) / 10, 2), "healthy")

    def in_the_list(losses):
        """Your “close” is too narrow, or it is an `==`"""
        if 0.81 in losses[:-1]:
            return "lengths 0"
        return "lengths 1" if 3.645 in losses else "healthy"

    def by_the_mean_of_the_last_ten(losses):
        """A log that is still falling has a mean, too"""
        mean = sum(losses[-10:]) / 10
        near = lambda *levels: any(abs(mean - level) < 0.04 for level in levels)
        if near(0.64, 0.446):
            return "softmax"
        if near(0.9, 4.05, 0.524):
            return "same answer" if mean < 0.6 else "no square"
        return "lengths 0" if near(0.81) else "lengths 1" if near(3.645) else "healthy"

    def healthy_for_want_of_a_square(losses):
        """You have no word for 0.9 and 4.05"""
        last = losses[-10:]
        if all(0.77 < loss < 0.85 for loss in last):
            return "lengths 0"
        if all(3.6 < loss < 3.7 for loss in last):
            return "lengths 1"
        if all(0.6 < loss < 0.68 for loss in last) or all(0.42 < loss < 0.48 for loss in last):
            return "softmax"
        return "same answer" if all(0.48 < loss < 0.56 for loss in last) else "healthy"

    def other_words(losses):
        """On a log that stays at 0.81, your answer is 'dead'. The words are"""
        return "dead" if all(abs(loss - 0.81) < 0.04 for loss in losses[-10:]) else "alive"

    def lowest_of_the_last_ten(losses):
        """Do you judge by the lowest loss of the end"""
        words = {"lengths 0": (0.81,), "lengths 1": (3.645,), "softmax": (0.64, 0.446), "no square": (0.9, 4.05)}
        words["same answer"] = (0.524,)
        low = min(losses[-10:])
        return next((word for word, at in words.items() if any(abs(low - level) < 0.04 for level in at)), "healthy")

    def all_between_the_two(losses):
        """You call everything from 0.446 to 0.64 a softmax. A log that stays at 0.524"""
        words = {0.81: "lengths 0", 3.645: "lengths 1", 0.9: "no square", 4.05: "no square"}
        for level, word in words.items():
            if all(abs(loss - level) < 0.04 for loss in losses[-10:]):
                return word
        return "softmax" if all(0.43 < loss < 0.67 for loss in losses[-10:]) else "healthy"

    def flat_and_nearest(losses):
        """You ask only whether the log is flat"""
        levels = {0.81: "lengths 0", 3.645: "lengths 1", 0.64: "softmax", 0.446: "softmax", 0.9: "no square"}
        levels |= {4.05: "no square", 0.524: "same answer"}
        low, high = min(losses[-10:]), max(losses[-10:])
        return "healthy" if high - low > 0.09 else levels[min(levels, key=lambda level: abs(level - low))]

    def at_the_first_that_is_close(losses):
        """Is a `return` inside a loop over the losses?"""
        words = {0.81: "lengths 0", 3.645: "lengths 1", 0.9: "no square", 4.05: "no square", 0.64: "softmax"}
        words |= {0.446: "softmax", 0.524: "same answer"}
        for loss in losses:
            for level, word in words.items():
                if abs(loss - level) < 0.04:
                    return word
        return "healthy"

    def median_of_the_last_ten(losses):
        """You judge by one number of the last losses, such as their mean"""
        words = {0.81: "lengths 0", 3.645: "lengths 1", 0.9: "no square", 4.05: "no square", 0.64: "softmax"}
        words |= {0.446: "softmax", 0.524: "same answer"}
        median = sorted(losses[-10:])[5]
        return next((word for level, word in words.items() if abs(median - level) < 0.04), "healthy")


class reconstruction_loss:
    def mse_loss_as_is(reconstruction, image):
        """You multiplied the MEAN over the pixels by"""
        return 0.0005 * F.mse_loss(reconstruction.view_as(image), image)

    def sum_reduction(reconstruction, image):
        """You summed over the images as well"""
        return 0.0005 * F.mse_loss(reconstruction.view_as(image), image, reduction="sum")

    def five_thousandths(reconstruction, image):
        """Is the factor 0.005?"""
        return 0.005 * ((reconstruction.flatten(1) - image.flatten(1)) ** 2).sum(1).mean()

    def batch_in_the_denominator_twice(reconstruction, image):
        """Your loss is divided by the number of images twice"""
        return 0.0005 * ((reconstruction.flatten(1) - image.flatten(1)) ** 2).sum(1).mean() / len(image)

    def per_image_list(reconstruction, image):
        """`.mean(0)` is missing"""
        return 0.0005 * ((reconstruction.flatten(1) - image.flatten(1)) ** 2).sum(1)

    def huber(reconstruction, image):
        """Is there a ½, as in smooth_l1_loss"""
        return 0.0005 * F.smooth_l1_loss(reconstruction.flatten(1), image.flatten(1), reduction="sum") / len(image)

    def factor_of_36(reconstruction, image):
        """0.648 × the mean"""
        return 0.648 * F.mse_loss(reconstruction.flatten(1), image.flatten(1))

    def mean_and_no_factor_and_abs(reconstruction, image):
        """This is the mean absolute difference"""
        return (reconstruction.flatten(1) - image.flatten(1)).abs().mean()

    def no_square(reconstruction, image):
        """You summed the differences without squaring them"""
        return 0.0005 * (reconstruction.flatten(1) - image.flatten(1)).sum(1).mean()


class mask_capsules:
    def no_index_or_a_false_one(v, index=None):
        """Class 0 is a class"""
        if index is None or not index.any():
            index = v.norm(dim=2).argmax(dim=1)
        return (v * F.one_hot(index, v.shape[1])[:, :, None]).flatten(1)

    def as_long_as_the_longest_of_all(v, index=None):
        """nothing is kept at b=1"""
        n = v.norm(dim=2)
        keep = n == n.max() if index is None else F.one_hot(index, v.shape[1])
        return (v * keep[:, :, None]).flatten(1)

    def argmax_of_a_pose_number(v, index=None):
        """Then argmax counts pose numbers"""
        index = v.square().sum(dim=1).argmax(dim=1) if index is None else index
        return (v * F.one_hot(index, v.shape[1]).unsqueeze(-1)).flatten(1)

    def topk_values(v, index=None):
        """it is right only where b is 1. 5 of 24 entries differ"""
        index = caps.lengths(v).max(dim=1).values.long() if index is None else index
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).flatten(1)

    def argmax_over_batch(v, index=None):
        """it is right only where b is 1"""
        index = caps.lengths(v).argmax(dim=0)[: len(v)] if index is None else index
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).flatten(1)

    def threshold_half(v, index=None):
        """Without an index you keep every capsule that is long enough"""
        if index is None:
            return (v * (caps.lengths(v) > 0.5)[..., None]).flatten(1)
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).flatten(1)

    def view_wrong_order(v, index=None):
        """The poses are torn apart"""
        index = caps.lengths(v).argmax(1) if index is None else index
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return torch.einsum("bjz,bj->bzj", v, keep).flatten(1)

    def in_place(v, index=None):
        """it changed its input `v` in place"""
        index = caps.lengths(v).argmax(1) if index is None else index
        for b in range(len(v)):
            for j in range(v.shape[1]):
                if j != index[b]:
                    v[b, j] = 0
        return v.flatten(1)

    def normalised_pose(v, index=None):
        """You stretched the kept pose to length 1. Only mask"""
        index = caps.lengths(v).argmax(1) if index is None else index
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return F.normalize((v * keep[..., None]).flatten(1), dim=1)

    def index_plus_one(v, index=None):
        """You keep the capsule after the one that is wanted"""
        index = caps.lengths(v).argmax(1) if index is None else index
        keep = F.one_hot((index + 1) % v.shape[1], v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).flatten(1)

    def if_not_index(v, index=None):
        """You ask whether `index` is true (`index or …`"""
        if not index:
            index = caps.lengths(v).argmax(1)
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).flatten(1)

    def sum_over_classes(v, index=None):
        """You return the chosen pose alone"""
        index = caps.lengths(v).argmax(1) if index is None else index
        keep = F.one_hot(index, v.shape[1]).to(v.dtype)
        return (v * keep[..., None]).sum(1)

    def longest_always_and_not_flattened(v, index=None):
        """the shape is (2, 3, 6)"""
        keep = F.one_hot(caps.lengths(v).argmax(1), v.shape[1]).to(v.dtype)
        return v * keep[..., None]

    def no_unsqueeze(v, index=None):
        """Your mask does not line up with v"""
        index = caps.lengths(v).argmax(1) if index is None else index
        return (v * F.one_hot(index, v.shape[1])).flatten(1)


class capsule_loss:
    def decoder_gets_target(v, target, image, decoder):
        """Does a bracket close too early"""
        return caps.margin_loss(caps.lengths(v), target) + caps.reconstruction_loss(
            decoder(caps.mask_capsules(v), target), image
        )

    def mean_times_0392(v, target, image, decoder):
        """You took 0.392 × the mean for the second loss"""
        drawn = decoder(caps.mask_capsules(v, target)).view_as(image)
        return caps.margin_loss(caps.lengths(v), target) + 0.392 * F.mse_loss(drawn, image)

    def draws_from_the_image(v, target, image, decoder):
        """You gave the image to the decoder"""
        return caps.margin_loss(caps.lengths(v), target) + caps.reconstruction_loss(decoder(image), image)

    def decoder_no_grad(v, target, image, decoder):
        """The value is right"""
        with torch.no_grad():
            drawn = decoder(caps.mask_capsules(v, target))
        return caps.margin_loss(caps.lengths(v), target) + caps.reconstruction_loss(drawn, image)

    def averaged_losses(v, target, image, decoder):
        """You took half of the two losses"""
        a = caps.margin_loss(caps.lengths(v), target)
        b = caps.reconstruction_loss(decoder(caps.mask_capsules(v, target)), image)
        return (a + b) / 2

    def multiplied_losses(v, target, image, decoder):
        """You multiplied the two losses"""
        a = caps.margin_loss(caps.lengths(v), target)
        b = caps.reconstruction_loss(decoder(caps.mask_capsules(v, target)), image)
        return a * b

    def swapped_arguments(v, target, image, decoder):
        """it raised ValueError"""
        a = caps.margin_loss(caps.lengths(v), target)
        return a + caps.reconstruction_loss(image, v)

    def both_returned(v, target, image, decoder):
        """it returned 2 values"""
        a = caps.margin_loss(caps.lengths(v), target)
        b = caps.reconstruction_loss(decoder(caps.mask_capsules(v, target)), image)
        return a, b

    def item_of_reconstruction(v, target, image, decoder):
        """The value is right"""
        a = caps.margin_loss(caps.lengths(v), target)
        return a + caps.reconstruction_loss(decoder(caps.mask_capsules(v, target)), image).item()

    def squared_lengths_and_prediction(v, target, image, decoder):
        """Your margin loss gets squared lengths"""
        a = caps.margin_loss((v * v).sum(2), target)
        return a + caps.reconstruction_loss(decoder(caps.mask_capsules(v)), image)

    def prediction_as_target(v, target, image, decoder):
        """Your margin loss takes the network's own answer for the truth"""
        said = caps.lengths(v).argmax(1)
        return caps.margin_loss(caps.lengths(v), said) + caps.reconstruction_loss(
            decoder(caps.mask_capsules(v, target)), image
        )

    def lengths_detached(v, target, image, decoder):
        """The value is right"""
        return caps.margin_loss(caps.lengths(v).detach(), target) + caps.reconstruction_loss(
            decoder(caps.mask_capsules(v, target)), image
        )

    def masked_and_not_flattened(v, target, image, decoder):
        """and flattened to (b, j·z)"""
        masked = v * F.one_hot(target, v.shape[1]).unsqueeze(2)
        return caps.margin_loss(caps.lengths(v), target) + caps.reconstruction_loss(decoder(masked), image)


class capsnet_forward:
    def bias_as_stride(images, first_weight, first_bias, primary_weight, primary_bias, vote_weight, iterations=3):
        """is something else where the bias belongs"""
        x = torch.conv2d(images, first_weight, first_bias).relu()
        x = torch.conv2d(x, primary_weight, 2)
        u = caps.squash(layers.primary_capsules(x, vote_weight.shape[2]))
        v, _ = caps.dynamic_routing(caps.votes(u, vote_weight), iterations)
        return v

    def batchnorm_between(images, fw, fb, pw, pb, vw, iterations=3):
        """You normalised the maps between the convolutions"""
        x = torch.conv2d(images, fw, fb).relu()
        x = (x - x.mean(dim=(0, 2, 3), keepdim=True)) / (x.var(dim=(0, 2, 3), keepdim=True) + 1e-5).sqrt()
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]

    def tuple_returned(images, fw, fb, pw, pb, vw, iterations=3):
        """You return both results of the routing"""
        x = torch.conv2d(images, fw, fb).relu()
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)

    def attention_routing(images, fw, fb, pw, pb, vw, iterations=3):
        """You used self-attention routing"""
        x = torch.conv2d(images, fw, fb).relu()
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.self_attention_routing(caps.votes(u, vw))[0]

    def biases_swapped(images, fw, fb, pw, pb, vw, iterations=3):
        """You added the first bias after the ReLU. It belongs to the convolution"""
        x = torch.conv2d(images, fw).relu() + fb[:, None, None]
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]

    def leaky(images, fw, fb, pw, pb, vw, iterations=3):
        """You used a leaky ReLU between the convolutions"""
        x = F.leaky_relu(torch.conv2d(images, fw, fb))
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]

    def votes_before_squash(images, fw, fb, pw, pb, vw, iterations=3):
        """You squashed the votes"""
        x = torch.conv2d(images, fw, fb).relu()
        f = torch.conv2d(x, pw, pb, stride=2)
        u_hat = caps.squash(caps.votes(layers.primary_capsules(f, vw.shape[2]), vw))
        return caps.dynamic_routing(u_hat, iterations)[0]

    def no_first_bias(images, fw, fb, pw, pb, vw, iterations=3):
        """You left out the bias of the first convolution"""
        x = torch.conv2d(images, fw).relu()
        f = torch.conv2d(x, pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]

    def two_mistakes(images, fw, fb, pw, pb, vw, iterations=3):
        """Your ReLU is behind the second convolution"""
        x = torch.conv2d(images, fw, fb)
        f = torch.conv2d(x, pw, pb, stride=2).relu()
        u = caps.squash(layers.primary_capsules(f, vw.shape[2]))
        return caps.dynamic_routing(caps.votes(u, vw), 3)[0]

    def votes_hat_squashed_and_relu(images, fw, fb, pw, pb, vw, iterations=3):
        """You put a ReLU behind the primary convolution"""
        x = torch.conv2d(images, fw, fb).relu()
        f = torch.conv2d(x, pw, pb, stride=2).relu()
        u = layers.primary_capsules(f, vw.shape[2])
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]

    def all_channels_for_d(images, fw, fb, pw, pb, vw, iterations=3):
        """or are these all the channels, types·d?"""
        f = torch.conv2d(torch.conv2d(images, fw, fb).relu(), pw, pb, stride=2)
        u = caps.squash(layers.primary_capsules(f, f.shape[1]))
        return caps.dynamic_routing(caps.votes(u, vw), iterations)[0]


class capsnet_parameters:
    def no_primary_bias_and_one_row(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """There are two mistakes. Your primary convolution has no biases"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d,
            types * grid * classes * d * z,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def decoder_pixels_side(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """Your decoder draws `side` pixels"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d + types * d,
            types * grid**2 * classes * d * z,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side + side,
        )

    def two_parts_with_a_slip_each(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """Your primary filters read one map only"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * types * d + types * d,
            types * grid**2 * classes * (d * z + z),
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def total(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """it returned one value, an int (5329664)"""
        return 81 * channels + channels + 81 * channels * types * d + types * d

    def votes_of_square_d(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """Your matrices are d × d"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d + types * d,
            types * grid**2 * classes * d * d,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def votes_added(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """You gave each pair d + z numbers"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d + types * d,
            types * grid**2 * classes * (d + z),
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def primary_d_forgotten_in_both(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """There are two mistakes. You gave the primary convolution one filter per type"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types + types,
            types * grid**2 * classes * z,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def one_bias(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """You gave the primary convolution one bias"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d + 1,
            types * grid**2 * classes * d * z,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )

    def bias_of_channels(side=28, channels=256, types=32, d=8, classes=10, z=16):
        """You gave the primary convolution a bias for every map that it reads"""
        grid = ((side - 8) - 9) // 2 + 1
        return (
            81 * channels + channels,
            81 * channels * types * d + channels,
            types * grid**2 * classes * d * z,
            classes * z * 512 + 512 + 512 * 1024 + 1024 + 1024 * side**2 + side**2,
        )


class runner_up:
    def topk_of_poses(v):
        """You ranked v itself"""
        longest, classes = v.topk(2, dim=1)
        return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]

    def values_for_classes(v):
        """gives the values first"""
        classes, longest = caps.lengths(v).topk(2, dim=1)
        return classes[:, 0], classes[:, 1], longest[:, 0] - longest[:, 1]

    def dim_0(v):
        """You looked for the two longest among the images"""
        n, k = v.norm(dim=2).topk(2, dim=0)
        return k[0], k[1], n[0] - n[1]

    def sorted_ascending(v):
        """You found the two shortest capsules"""
        n = caps.lengths(v)
        order = n.argsort(1)
        return order[:, 0], order[:, 1], n.gather(1, order)[:, 1] - n.gather(1, order)[:, 0]

    def gap_relative(v):
        """You divided the gap by the winner's length"""
        n, c = caps.lengths(v).topk(2, dim=1)
        return c[:, 0], c[:, 1], (n[:, 0] - n[:, 1]) / n[:, 0]

    def gap_absolute_of_rows(v):
        """it returned 2 values"""
        n, c = caps.lengths(v).topk(2)
        return c, n

    def topk_over_batch(v):
        """the shape of your first result is (5,)"""
        n, c = caps.lengths(v).topk(2, dim=0) if len(v) > 1 else caps.lengths(v).topk(2, dim=1)
        return c[0], c[1], n[0] - n[1]

    def gap_summed(v):
        """`.mean()` should go"""
        n, c = caps.lengths(v).topk(2, dim=1)
        return c[:, 0], c[:, 1], (n[:, 0] - n[:, 1]).mean()

    def third(v):
        """Your runner-up is the third longest"""
        n, c = caps.lengths(v).topk(min(3, v.shape[1]), dim=1)
        return c[:, 0], c[:, -1], n[:, 0] - n[:, -1]

    def squared_lengths_and_swapped(v):
        """You exchanged the two"""
        n, c = (v * v).sum(2).topk(2, dim=1)
        return c[:, 1], c[:, 0], n[:, 0] - n[:, 1]

    def one_based(v):
        """Every number is 1 too large"""
        n, c = caps.lengths(v).topk(2, dim=1)
        return c[:, 0] + 1, c[:, 1] + 1, n[:, 0] - n[:, 1]

    def keepdim(v):
        """There is an axis of size 1 too many"""
        n, c = caps.lengths(v).topk(2, dim=1)
        return c[:, :1], c[:, 1:], n[:, :1] - n[:, 1:]

    def kthvalue(v):
        """Your runner-up is the second SHORTEST capsule"""
        n = caps.lengths(v)
        second, where = n.kthvalue(2, dim=1)
        return n.argmax(1), where, n.amax(1) - second


class draw_all:
    def full_of_length_j(v, decoder):
        """One for each IMAGE is wanted"""
        j = v.shape[1]
        return torch.stack([decoder(caps.mask_capsules(v, torch.full((j,), k))) for k in range(j)], dim=1)

    def the_same_zeros_in_every_round(v, decoder):
        """Your capsule j is drawn together with those before it"""
        drawings, alone = [], torch.zeros_like(v)
        for j in range(v.shape[1]):
            alone[:, j] = v[:, j]
            drawings.append(decoder(alone.flatten(1)))
        return torch.stack(drawings, dim=1)

    def stacked_in_front(v, decoder):
        """Your result is (j"""
        return torch.stack([decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])])

    def concatenated(v, decoder):
        """Is there a torch.cat, which adds no axis"""
        return torch.cat([decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])], dim=1)

    def one_too_few(v, decoder):
        """the shape is (2, 2, 7)"""
        return torch.stack(
            [decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1] - 1)], dim=1
        )

    def index_of_one(v, decoder):
        """it raised ValueError"""
        return torch.stack([decoder(caps.mask_capsules(v, torch.tensor([k]))) for k in range(v.shape[1])], dim=1)

    def weighted_by_length(v, decoder):
        """You multiplied the drawings by the lengths"""
        drawn = torch.stack(
            [decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])], dim=1
        )
        return drawn * caps.lengths(v)[..., None]

    def z_loop(v, decoder):
        """it raised ValueError"""
        return torch.stack([decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[2])], dim=1)

    def mean_over_images(v, decoder):
        """Axis b is gone"""
        return torch.stack(
            [decoder(caps.mask_capsules(v, torch.full((len(v),), k))).mean(0) for k in range(v.shape[1])]
        )

    def no_grad(v, decoder):
        """no gradient flows back to `v`"""
        with torch.no_grad():
            return torch.stack(
                [decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])], dim=1
            )

    def squashed_before(v, decoder):
        """You squashed v first"""
        v = caps.squash(v)
        return torch.stack([decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])], dim=1)

    def counted_from_one(v, decoder):
        """or do you count from 1?"""
        b, j, _ = v.shape
        return torch.stack([decoder(caps.mask_capsules(v, torch.full((b,), k))) for k in range(1, j + 1)], dim=1)

    def one_below_the_other(v, decoder):
        """class by class. Does torch.cat join them?"""
        return torch.cat([decoder(caps.mask_capsules(v, torch.full((len(v),), k))) for k in range(v.shape[1])])


class sums_test:
    def half_is_near_enough(route):
        """a routing that loses a twentieth of every unit"""
        _, c = route(torch.randn(2, 5, 3, 4), 3)
        assert ((c.sum(2) - 1).abs() < 0.5).all()

    def total(route):
        """Do you take a total, or a mean, instead of asking every child?"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(), torch.tensor(10.0), atol=1e-3)

    def largest_sum(route):
        """Do you look at some children, or at the largest sum, only?"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        assert abs(c.sum(dim=2).max() - 1) < 1e-4

    def all_but_the_last(route):
        """Couplings of the last child that sum to 0 pass your test"""
        _, c = route(torch.randn(2, 5, 3, 6), 3)
        for i in range(4):
            assert torch.allclose(c[:, i].sum(dim=1), torch.ones(2), atol=1e-4)

    def votes_of_zero(route):
        """Or are all votes alike?"""
        _, c = route(torch.zeros(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)

    def square_total(route):
        """Your table has as many children as parents"""
        _, c = route(torch.randn(2, 4, 4, 6), 3)
        assert torch.allclose(c.sum(), torch.tensor(8.0), atol=1e-4)

    def lengths_of_v(route):
        """Do you add up c, the second thing that `route` gives?"""
        v, _ = route(torch.randn(2, 5, 3, 6), 3)
        assert torch.allclose(v.norm(dim=2).sum(dim=1), torch.ones(2), atol=1e-4)


class companions_test:
    def shape_not_asked(network):
        """Do you try a batch of one, and ask for its shape?"""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            assert torch.allclose(network(images[k : k + 1]), together[k], atol=1e-4)

    def all_but_the_last(network):
        """or leave the loop early?"""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(3):
            alone = network(images[k : k + 1])
            assert alone.shape == (1, 3, 4)
            assert torch.allclose(alone[0], together[k], atol=1e-4)

    def image_by_image(network):
        """and a loop over the images take that axis away"""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k, image in enumerate(images):
            assert torch.allclose(network(image)[0], together[k], atol=1e-4)

    def doubled(network):
        """or the companions copies of the batch?"""
        images = torch.rand(4, 1, 8, 8)
        assert torch.allclose(network(torch.cat([images, images]))[0], network(images)[0], atol=1e-4)

    def black_images(network):
        """Does it compare any numbers, and are its images random?"""
        images = torch.zeros(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            alone = network(images[k : k + 1])
            assert alone.shape == (1, 3, 4)
            assert torch.allclose(alone[0], together[k], atol=1e-4)

    def directions(network):
        """or compare directions only?"""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            alone = network(images[k : k + 1])
            assert torch.cosine_similarity(alone, together[k : k + 1], dim=-1).min() > 0.9999

    def a_hundred_millionth(network):
        """Your test allows for no rounding, or for too little"""
        images = torch.rand(4, 1, 8, 8)
        for k in range(4):
            alone = network(images[k : k + 1])
            assert alone.shape == (1, 3, 4)
            assert (alone - network(images)[k : k + 1]).abs().max() < 1e-8


def _moved(v, delta, index):
    want = torch.zeros_like(v)
    want[range(len(v)), index] = v[range(len(v)), index] + delta
    return want.flatten(1)


class perturb_test:
    def lengths_compared(perturb):
        """hands out the chosen pose in reverse order"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        before, want = v.clone(), torch.zeros(3, 4)
        want[torch.arange(3), index] = (v[torch.arange(3), index] + delta).norm(dim=1)
        assert torch.allclose(perturb(v, delta, index).view(3, 4, 6).norm(dim=2), want, atol=1e-5)
        assert torch.equal(v, before)

    def second_name(perturb):
        """`before = v` is only a second name"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        want, before = _moved(v, delta, index), v
        assert torch.allclose(perturb(v, delta, index), want, atol=1e-5)
        assert torch.equal(v, before)

    def twice(perturb):
        """or only call twice?"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        want = _moved(v, delta, index)
        for _ in range(2):
            assert torch.allclose(perturb(v, delta, index), want, atol=1e-5)

    def chosen_of_v(perturb):
        """look at the chosen capsule alone"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        want, before = _moved(v, delta, index), v.clone()
        assert torch.allclose(perturb(v, delta, index), want, atol=1e-5)
        assert torch.equal(v[range(3), index], before[range(3), index])

    def sum_without_abs(perturb):
        """or allow whatever is below 0?"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        before = v.clone()
        slots = perturb(v, delta, index).view(3, 4, 6).clone()
        assert torch.allclose(slots[range(3), index], before[range(3), index] + delta, atol=1e-5)
        slots[range(3), index] = 0
        assert slots.sum() < 1e-5
        assert torch.equal(v, before)

    def tuples(perturb):
        """Your test lets everything pass"""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        right = torch.allclose(perturb(v, delta, index), _moved(v, delta, index), atol=1e-5)
        assert [right, "the pose is not moved"]

    def one_image(perturb):
        """With some random numbers it lets pass a perturbation of the longest capsule"""
        v, delta, index = torch.randn(1, 4, 6), torch.randn(6), torch.tensor([0])
        want, before = _moved(v, delta, index), v.clone()
        assert torch.allclose(perturb(v, delta, index), want, atol=1e-5)
        assert torch.equal(v, before)


class attention_logits:
    def cosine_to_mean(u_hat):
        """You took the cosine between each vote and the sum"""
        return F.cosine_similarity(u_hat, u_hat.mean(1, keepdim=True), dim=3)

    def sum_over_dim_two(u_hat):
        """You compared a child's vote with its own votes for the other parents (a sum"""
        total = u_hat.sum(2, keepdim=True)
        return (u_hat * total).sum(-1) / u_hat.shape[3] ** 0.5

    def z_root_missing_and_mean(u_hat):
        """There are two mistakes. You forgot to divide by √z"""
        return (u_hat * u_hat.mean(1, keepdim=True)).sum(-1)

    def max_of_pairs(u_hat):
        """the logits of a parent"""
        return torch.einsum("bijz,bkjz->bijk", u_hat, u_hat).amax(-1) / u_hat.shape[3] ** 0.5

    def z_is_axis_minus_two(u_hat):
        """You divided by the root of the number of parents"""
        return (u_hat * u_hat.sum(1, keepdim=True)).sum(-1) / u_hat.shape[-2] ** 0.5

    def exponent_wrong(u_hat):
        """every logit is"""
        return (u_hat * u_hat.sum(1, keepdim=True)).sum(-1) / u_hat.shape[-1] ** 2

    def keepdim_left(u_hat):
        """should be `sum(-1)`"""
        return (u_hat * u_hat.sum(1, keepdim=True)).sum(-1, keepdim=True) / u_hat.shape[-1] ** 0.5

    def root_of_the_toy(u_hat):
        """You divided by √2, as we did for the toy"""
        return (u_hat * u_hat.sum(1, keepdim=True)).sum(-1) / 2**0.5

    def mean_over_children_and_z(u_hat):
        """There are two mistakes. You divided by z"""
        return (u_hat * u_hat.mean(1, keepdim=True)).mean(-1)

    def unit_sum(u_hat):
        """There are two mistakes. You forgot to divide by √z"""
        return (u_hat * F.normalize(u_hat.sum(1, keepdim=True), dim=-1)).sum(-1)

    def vote_cut_off(u_hat):
        """half of the gradient is missing"""
        return (u_hat.detach() * u_hat.sum(1, keepdim=True)).sum(-1) / u_hat.shape[-1] ** 0.5

    def half_of_z(u_hat):
        """You divided by half of z. One way to get this: `z ** 1 / 2`"""
        return (u_hat * u_hat.sum(1, keepdim=True)).sum(-1) / (u_hat.shape[-1] ** 1 / 2)

    def squared_total(u_hat):
        """You compared the sum with itself"""
        t = u_hat.sum(1, keepdim=True)
        return (t * t).sum(-1).expand(u_hat.shape[:3]) / u_hat.shape[-1] ** 0.5

    def mean_over_z(u_hat):
        """You divided by z"""
        return (u_hat * u_hat.sum(1, keepdim=True)).mean(-1)

    def table_for_parents(u_hat):
        """You compared a child's vote with its own votes for the other parents (a sum"""
        return torch.einsum("bijz,bikz->bij", u_hat, u_hat) / u_hat.shape[3] ** 0.5


class agreement_factor:
    def inverse_root(u_hat):
        """Your constant is J/√z, upside down"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return j / z**0.5 * n / (1 + n**2)

    def squared_length(u_hat):
        """Your n is the squared length of s"""
        j, z = u_hat.shape[2:]
        n = (u_hat.sum(1) / j).square().sum(-1)
        return z**0.5 / j * n / (1 + n**2)

    def half_of_z(u_hat):
        """You multiplied by half of z"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return z**1 / 2 / j * n / (1 + n**2)

    def len_for_lengths(u_hat):
        """You took `len(s)`, which is the number of images"""
        j, z = u_hat.shape[2:]
        n = len(u_hat.sum(1) / j)
        return z**0.5 / j * n / (1 + n**2)

    def n_squared_top_no_j(u_hat):
        """a factor is"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return z**0.5 * n**2 / (1 + n**2)

    def half(u_hat):
        """every number is"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return z**0.5 / (2 * j) * n / (1 + n**2)

    def brackets(u_hat):
        """a factor is"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return z**0.5 / j * n / 1 + n**2

    def root_over_both(u_hat):
        """a factor is"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return (z / j) ** 0.5 * n / (1 + n**2)

    def j_squared(u_hat):
        """every number is"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1) / j)
        return z**0.5 / j**2 * n / (1 + n**2)

    def length_of_v_over_sum(u_hat):
        """Right for all votes but those of zero"""
        j, z = u_hat.shape[2:]
        s = u_hat.sum(1) / j
        v = caps.squash(s)
        return caps.lengths(v) / caps.lengths(s) * z**0.5 / j

    def n_of_mean(u_hat):
        """You took the mean over the children"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.mean(1))
        return z**0.5 / j * n / (1 + n**2)

    def mean_vote_over_j(u_hat):
        """with n the length of the mean vote of the children"""
        n = caps.lengths(u_hat.mean(1))
        return n / (1 + n**2) / u_hat.shape[2]

    def no_constants_no_j(u_hat):
        """with n the length of Σ û"""
        j, z = u_hat.shape[2:]
        n = caps.lengths(u_hat.sum(1))
        return n / (1 + n**2)


class self_attention_routing:
    def prior_none_added_zero_then_softmax(u_hat, prior=None):
        """You added the prior to the logits"""
        a = caps_logits(u_hat)
        c = (a + (0 if prior is None else prior)).softmax(2)
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def double_root(u_hat, prior=None):
        """Your logits are divided by z in all"""
        a = caps_logits(u_hat) / u_hat.shape[3] ** 0.5
        c = a.softmax(2)
        c = c if prior is None else c + prior
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def root_of_softmax_scaling(u_hat, prior=None):
        """the couplings of a child sum to"""
        a = caps_logits(u_hat)
        c = a.softmax(2) / u_hat.shape[3] ** 0.5
        c = c if prior is None else c + prior
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def v_only(u_hat, prior=None):
        """it returned one value, a Tensor"""
        c = caps_logits(u_hat).softmax(2)
        c = c if prior is None else c + prior
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat))

    def prior_transposed(u_hat, prior=None):
        """it raised RuntimeError"""
        c = caps_logits(u_hat).softmax(2)
        c = c if prior is None else c + prior.T
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def softmax_in_the_table(u_hat, prior=None):
        """the number of children"""
        table = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat) / u_hat.shape[3] ** 0.5
        c = table.softmax(2).sum(3)
        c = c if prior is None else c + prior
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def squash_2017_and_children(u_hat, prior=None):
        """the couplings sum to 1 over the children (axis 1)"""
        c = caps_logits(u_hat).softmax(1)
        c = c if prior is None else c + prior
        return caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def prior_softmaxed(u_hat, prior=None):
        """`.softmax(1)` should go. With that, your answer is right."""
        c = caps_logits(u_hat).softmax(2)
        c = c if prior is None else c + prior.softmax(1)
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def renormalised_and_root_missing(u_hat, prior=None):
        """Your logits lack the division by √z"""
        a = torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(1))
        c = a.softmax(2)
        c = c if prior is None else (c + prior) / (c + prior).sum(2, keepdim=True)
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c

    def prior_or_zero(u_hat, prior=None):
        """You wrote `if prior`"""
        prior = prior or 0
        c = caps_logits(u_hat).softmax(2) + prior
        return caps.exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def caps_logits(u_hat):
    return torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(1)) / u_hat.shape[3] ** 0.5


class prior_comes_last:
    def whole_result(route):
        """take the one that you mean"""
        u_hat, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return torch.allclose(route(u_hat, prior) - route(u_hat, torch.zeros(5, 3)), prior, atol=1e-4)

    def fresh_votes(route):
        """No route passes your test"""
        prior = torch.randn(5, 3)
        a, b = route(torch.randn(2, 5, 3, 6), prior)[1], route(torch.randn(2, 5, 3, 6), 0 * prior)[1]
        return torch.allclose(a - b, prior, atol=1e-4)

    def v_compared(route):
        """No route passes your test"""
        u, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return torch.allclose(route(u, prior)[0], route(u, 0 * prior)[0] + prior.sum(), atol=1e-4)

    def loose(route):
        """Every route passes your test"""
        u, prior = torch.randn(2, 5, 3, 6), 0.001 * torch.randn(5, 3)
        return torch.allclose(route(u, prior)[1], route(u, 0 * prior)[1] + prior, atol=0.01)

    def half_is_near_enough(route):
        """A route that adds nine tenths of the prior gets past you"""
        generator = torch.Generator().manual_seed(3)
        u, prior = torch.randn(2, 5, 3, 6, generator=generator), torch.randn(5, 3, generator=generator)
        return torch.allclose(route(u, prior)[1], route(u, 0 * prior)[1] + prior, atol=0.5)

    def constant_changes(route):
        """You ask only whether a constant prior changes anything"""
        u, prior = torch.randn(2, 5, 3, 6), torch.full((5, 3), 0.1)
        return not torch.allclose(route(u, prior)[1], route(u, 0 * prior)[1])

    def minus_one_below_zero(route):
        """You ask whether a prior of −1 makes a coupling negative"""
        return bool((route(torch.randn(2, 5, 3, 6), -torch.ones(5, 3))[1] < 0).any())

    def returns_tensor(route):
        """it returned a Tensor"""
        u, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return ((route(u, prior)[1] - route(u, 0 * prior)[1] - prior).abs() < 1e-4).all()

    def sum_check(route):
        """A route that adds its prior to the wrong entries"""
        u, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return torch.allclose(route(u, prior)[1].sum(), route(u, 0 * prior)[1].sum() + 2 * prior.sum(), atol=1e-3)

    def ones_prior(route):
        """Your prior is one number everywhere"""
        u, prior = torch.randn(2, 5, 3, 6), torch.ones(5, 3)
        return torch.allclose(route(u, prior)[1], route(u, 0 * prior)[1] + 1, atol=1e-4)

    def strict_equality(route):
        """You compare rounded numbers with == or torch.equal"""
        u, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return bool((route(u, prior)[1] == route(u, 0 * prior)[1] + prior).all())

    def a_child_alone(route):
        """With several images, children and parents"""
        u, prior = torch.randn(1, 1, 2, 2), torch.tensor([[-0.1, 0.7]])
        return torch.allclose(route(u, prior)[1], route(0 * u, 0 * prior)[1] + prior, atol=1)

    def constant_sum(route):
        """all of them one positive number"""
        return torch.allclose(
            route(torch.randn(2, 5, 3, 6), torch.ones(5, 3))[1].sum(2), torch.full((2, 5), 4.0), atol=1e-4
        )

    def below_zero(route):
        """Many wrong routes have negative couplings"""
        torch.manual_seed(0)
        return bool((route(torch.randn(2, 5, 3, 6), torch.randn(5, 3))[1] < 0).any())

    def prior_without_batch(route):
        """it raised ValueError"""
        u, prior = torch.randn(5, 3, 6), torch.randn(5, 3)
        return torch.allclose(route(u, prior)[1], route(u, 0 * prior)[1] + prior, atol=1e-4)

    def subtract_and_abs(route):
        """You compare sizes without signs"""
        u, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
        return bool(((route(u, prior)[1] - route(u, 0 * prior)[1]).abs() - prior.abs()).abs().max() < 1e-4)


class parameters_of_convolution:
    def bias_times_kernel(channels_in, channels_out, kernel, groups=1, bias=True):
        """You counted `kernel` biases per filter"""
        return channels_out * (channels_in // groups) * kernel**2 + channels_out * kernel * bias

    def true_division(channels_in, channels_out, kernel, groups=1, bias=True):
        """the result is"""
        return channels_out * channels_in / groups * kernel**2 + channels_out * bias

    def kernel_side_and_no_groups(channels_in, channels_out, kernel, groups=1, bias=True):
        """You counted `kernel` weights per map"""
        return channels_out * channels_in * kernel + channels_out * bias

    def times_groups_squared(channels_in, channels_out, kernel, groups=1, bias=True):
        """You divided inputs and outputs by groups"""
        return channels_out * channels_in // groups**2 * kernel**2 + channels_out * bias

    def bias_per_in_and_no_square(channels_in, channels_out, kernel, groups=1, bias=True):
        """You counted `kernel` weights per map"""
        return channels_out * (channels_in // groups) * kernel + channels_in * bias

    def depthwise_always(channels_in, channels_out, kernel, groups=1, bias=True):
        """You counted one filter per map that comes in"""
        return channels_in * kernel**2 + channels_in * bias

    def condition_reaches_the_weights(channels_in, channels_out, kernel, groups=1, bias=True):
        """an `if bias else 0` that reaches too far"""
        weights = channels_out * (channels_in // groups) * kernel**2
        return weights + channels_out if bias else 0

    def in_and_out_exchanged(channels_in, channels_out, kernel, groups=1, bias=True):
        """Are channels_in and channels_out exchanged?"""
        return channels_in * (channels_out // groups) * kernel**2 + channels_in * bias


class depthwise_capsules:
    def relu_after(features, weight, bias, d):
        """every number below 0 has become 0: is there an extra ReLU or clamp"""
        s = (features * weight[:, 0]).sum((2, 3)) + bias
        return caps.exponential_squash(s.reshape(len(s), -1, d)).relu()

    def maximum_for_sum(features, weight, bias, d):
        """You took the largest product"""
        s = (features * weight[:, 0]).amax((2, 3)) + bias
        return caps.exponential_squash(s.reshape(len(s), -1, d))

    def bias_subtracted(features, weight, bias, d):
        """You subtracted the bias"""
        s = (features * weight[:, 0]).sum((2, 3)) - bias
        return caps.exponential_squash(s.reshape(len(s), -1, d))

    def bias_multiplied(features, weight, bias, d):
        """You multiplied by the bias"""
        s = (features * weight[:, 0]).sum((2, 3)) * bias
        return caps.exponential_squash(s.reshape(len(s), -1, d))

    def weight_transposed(features, weight, bias, d):
        """You exchanged rows and columns of the filters"""
        s = (features * weight.transpose(2, 3)[:, 0].reshape(weight[:, 0].shape)).sum((2, 3)) + bias
        return caps.exponential_squash(s.reshape(len(s), -1, d))

    def squash_2017_no_bias(features, weight, bias, d):
        """You left out the bias"""
        s = (features * weight[:, 0]).sum((2, 3))
        return caps.squash(s.reshape(len(s), -1, d))

    def transposed_result(features, weight, bias, d):
        """The axes are in another order, (b, d, i)"""
        s = (features * weight[:, 0]).sum((2, 3)) + bias
        return caps.exponential_squash(s.reshape(len(s), -1, d)).transpose(1, 2)

    def conv_not_squeezed(features, weight, bias, d):
        """`reshape(len(s), -1, d, 1)` should be"""
        s = F.conv2d(features, weight, bias, groups=len(weight))
        return caps.exponential_squash(s.reshape(len(s), -1, d, 1))

    def averaged_and_interleaved(features, weight, bias, d):
        """You took the mean over the map"""
        s = (features * weight[:, 0]).mean((2, 3)) + bias
        return caps.exponential_squash(s.reshape(len(s), d, -1).transpose(1, 2))

    def norm_of_all_capsules(features, weight, bias, d):
        """You squashed all channels of an image as ONE vector"""
        s = (features * weight[:, 0]).sum((2, 3)) + bias
        s = s.reshape(len(s), -1, d)
        n = s.norm(dim=(1, 2), keepdim=True)
        return (1 - torch.exp(-n)) * s / n


class front_block:
    def stride_positional(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """take the tuple apart first"""
        y = F.conv2d(x, weight, bias, stride=stride).relu()
        return F.batch_norm(y, statistics, scale, shift, eps=eps)

    def no_scale(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You normalised, and stopped there."""
        mean, variance = statistics
        y = F.conv2d(x, weight, bias, stride=stride).relu()
        return (y - mean[:, None, None]) / (variance[:, None, None] + eps).sqrt()

    def std_stored(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You squared the variance"""
        m, v = statistics
        y = F.conv2d(x, weight, bias, stride).relu()
        f = lambda a: a[:, None, None]
        return f(scale) * (y - f(m)) / (f(v) + eps) ** 2 + f(shift)

    def bn_training_true(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You normalised with the mean and variance of this batch"""
        m, v = (s.clone() for s in statistics)
        y = F.conv2d(x, weight, bias, stride).relu()
        return F.batch_norm(y, m, v, scale, shift, training=True, eps=eps)

    def mean_added(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You added the mean"""
        m, v = statistics
        y = F.conv2d(x, weight, bias, stride).relu()
        f = lambda a: a[:, None, None]
        return f(scale) * (y + f(m)) / (f(v) + eps).sqrt() + f(shift)

    def shift_subtracted(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You subtracted the shift"""
        m, v = statistics
        y = F.conv2d(x, weight, bias, stride).relu()
        f = lambda a: a[:, None, None]
        return f(scale) * (y - f(m)) / (f(v) + eps).sqrt() - f(shift)

    def leaky(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You used a leaky ReLU. MNIST's network has the plain one"""
        m, v = statistics
        y = F.leaky_relu(F.conv2d(x, weight, bias, stride))
        f = lambda a: a[:, None, None]
        return f(scale) * (y - f(m)) / (f(v) + eps).sqrt() + f(shift)

    def default_eps_of_batch_norm(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """Your eps is 1e-5, PyTorch's default"""
        m, v = statistics
        return F.batch_norm(F.conv2d(x, weight, bias, stride).relu(), m, v, scale, shift)

    def relu_last_and_eps_default(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """Your ReLU comes last"""
        m, v = statistics
        return F.batch_norm(F.conv2d(x, weight, bias, stride), m, v, scale, shift).relu()

    def divided_by_scale(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You divided by the learned scale"""
        m, v = statistics
        y = F.conv2d(x, weight, bias, stride).relu()
        f = lambda a: a[:, None, None]
        return (y - f(m)) / (f(v) + eps).sqrt() / f(scale) + f(shift)

    def stride_and_order(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """Your ReLU comes last"""
        m, v = statistics
        return F.batch_norm(F.conv2d(x, weight, bias), m, v, scale, shift, eps=eps).relu()

    def mean_not_subtracted(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """You did not subtract the mean"""
        m, v = statistics
        f = lambda a: a[:, None, None]
        return F.conv2d(x, weight, bias, stride).relu() / (f(v) + eps).sqrt() * f(scale) + f(shift)

    def not_normalised(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """Is the normalisation missing?"""
        return F.conv2d(x, weight, bias, stride).relu()

    def scale_and_shift_first(x, weight, bias, statistics, scale, shift, stride=1, eps=1e-3):
        """Scale and shift come before your normalisation"""
        m, v = statistics
        f = lambda a: a[:, None, None]
        return (f(scale) * F.conv2d(x, weight, bias, stride).relu() + f(shift) - f(m)) / (f(v) + eps).sqrt()


def _ends(a, b, c):
    root = (b**2 - 4 * a * c) ** 0.5
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


class error_interval:
    def rule_of_three(wrong, n, z=1.96):
        """That is the bar of before"""
        share = wrong / n
        if wrong == 0:
            return 0.0, 3 / n
        half = z * (share * (1 - share) / n) ** 0.5
        return max(0.0, share - half), min(1.0, share + half)

    def torch_sqrt(wrong, n, z=1.96):
        """Where a plain number is right, math has such functions"""
        share = wrong / n
        a, b, c = 1 + z**2 / n, -(2 * share + z**2 / n), share**2
        root = torch.sqrt(b**2 - 4 * a * c)
        return (-b - root) / (2 * a), (-b + root) / (2 * a)

    def a_minus_and_c(wrong, n, z=1.96):
        """There are two mistakes. In a the sign of z²/n is wrong"""
        s = wrong / n
        return _ends(1 - z**2 / n, -(2 * s + z**2 / n), s)

    def share_missing_in_b(wrong, n, z=1.96):
        """In b the share is missing"""
        s = wrong / n
        return _ends(1 + z**2 / n, -(2 + z**2 / n), s**2)

    def b_doubled(wrong, n, z=1.96):
        """In b you doubled z²/n as well"""
        s = wrong / n
        return _ends(1 + z**2 / n, -2 * (s + z**2 / n), s**2)

    def wrong_for_share(wrong, n, z=1.96):
        """Your share is the number of wrong images"""
        return _ends(1 + z**2 / n, -(2 * wrong + z**2 / n), wrong**2)

    def root_n(wrong, n, z=1.96):
        """You divided z² by √n"""
        s = wrong / n
        return _ends(1 + z**2 / n**0.5, -(2 * s + z**2 / n**0.5), s**2)

    def three_digits(wrong, n, z=1.96):
        """You rounded to three places"""
        s = wrong / n
        lo, hi = _ends(1 + z**2 / n, -(2 * s + z**2 / n), s**2)
        return round(lo, 3), round(hi, 3)

    def a_alone(wrong, n, z=1.96):
        """You set the left side to 0: its only root is the share"""
        s = wrong / n
        return _ends(1, -2 * s, s**2)

    def c_divided(wrong, n, z=1.96):
        """You divided c by n"""
        s = wrong / n
        return _ends(1 + z**2 / n, -(2 * s + z**2 / n), s**2 / n)

    def z_of_two(wrong, n, z=1.96):
        """You typed in 2 for z"""
        s = wrong / n
        return _ends(1 + 4 / n, -(2 * s + 4 / n), s**2)

    def brought_to_the_right(wrong, n, z=1.96):
        """If you brought all to the right side"""
        s = wrong / n
        return _ends(-1 - z**2 / n, 2 * s + z**2 / n, -(s**2))

    def terms_of_b_multiplied(wrong, n, z=1.96):
        """In b the two terms are multiplied"""
        s = wrong / n
        return _ends(1 + z**2 / n, -2 * s * z**2 / n, s**2)

    def twice_z(wrong, n, z=1.96):
        """Did you write `*` for `**`?"""
        s = wrong / n
        return _ends(1 + z * 2 / n, -(2 * s + z * 2 / n), s**2)


class paired_test:
    def tensor_power(wrong_a, wrong_b):
        """Is m a tensor?"""
        m = (wrong_a ^ wrong_b).sum()
        only_a = int((wrong_a & ~wrong_b).sum())
        only_b = int((wrong_b & ~wrong_a).sum())
        p = 2 * sum(comb(int(m), k) for k in range(min(only_a, only_b) + 1)) / 2**m
        return only_a, only_b, min(1.0, float(p))

    def missing_power(wrong_a, wrong_b):
        """Your p is always 1. Either the sum runs too far (the tail of uneven splits ends"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, 2 * sum(comb(m, h) for h in range(f + 1)))

    def no_double_and_short(wrong_a, wrong_b):
        """Your sum stops one too early"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, sum(comb(m, h) for h in range(f)) / 2**m)

    def two_times_m(wrong_a, wrong_b):
        """You divided by 2·m"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, 2 * sum(comb(m, h) for h in range(f + 1)) / (2 * m or 1))

    def comb_swapped(wrong_a, wrong_b):
        """You wrote comb(k"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, 2 * sum(comb(h, m) for h in range(f + 1)) / 2**m)

    def larger_and_one_sided(wrong_a, wrong_b):
        """You sum up to the larger count"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, max(a, b)
        return a, b, sum(comb(m, h) for h in range(f + 1)) / 2**m

    def xor_both(wrong_a, wrong_b):
        """You count disagreements and agreements"""
        a, b = int((wrong_a != wrong_b).sum()), int((wrong_a == wrong_b).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, 2 * sum(comb(m, h) for h in range(f + 1)) / 2**m)

    def power_of_n(wrong_a, wrong_b):
        """You divided by 2 to the power of n"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, f = a + b, min(a, b)
        return a, b, min(1.0, 2 * sum(comb(m, h) for h in range(f + 1)) / 2 ** len(wrong_a))

    def upper_only(wrong_a, wrong_b):
        """You sum from A's count upwards"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m = a + b
        return a, b, sum(comb(m, h) for h in range(a, m + 1)) / 2**m

    def all_of_b_and_half_a_tail(wrong_a, wrong_b):
        """which is how many B gets wrong, alone or with A"""
        a, b = int((wrong_a & ~wrong_b).sum()), int(wrong_b.sum())
        return a, b, sum(comb(a + b, h) for h in range(min(a, b) + 1)) / 2 ** (a + b)

    def observed_coin(wrong_a, wrong_b):
        """or your coin is not fair"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m, q = a + b, min(a, b) / (a + b) if a + b else 0.5
        return a, b, min(1.0, 2 * sum(comb(m, k) * q**k * (1 - q) ** (m - k) for k in range(min(a, b) + 1)))

    def up_to_b(wrong_a, wrong_b):
        """You sum up to B's count"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        return a, b, min(1.0, 2 * sum(comb(a + b, h) for h in range(b + 1)) / 2 ** (a + b))

    def half_times_m(wrong_a, wrong_b):
        """as `/ 2 * m` does"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        return a, b, min(1.0, 2 * sum(comb(a + b, h) for h in range(min(a, b) + 1)) / 2 * (a + b))

    def more_uneven_ones(wrong_a, wrong_b):
        """>= does, and > does not"""
        a, b = int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
        m = a + b
        return a, b, sum(comb(m, k) for k in range(m + 1) if abs(2 * k - m) > abs(a - b)) / 2**m


class honest_score:
    def list_of_floats(validation, test):
        """torch.tensor makes one of such a list"""
        return [float(t[v.argmin()]) for v, t in zip(validation, test)]

    def no_dim(validation, test):
        """You found the lowest place of the whole table"""
        chosen = validation.argmin() % validation.shape[1]
        return test[:, chosen]

    def rows_by_epochs(validation, test):
        """picks rows, which are runs, by numbers of epochs"""
        return test[validation.argmin(dim=1)]

    def lowest_until_the_chosen_epoch(validation, test):
        """You took the lowest test error UP TO the chosen epoch"""
        best = validation.argmin(dim=1).tolist()
        return torch.stack([row[: epoch + 1].min() for row, epoch in zip(test, best)])

    def best_test_of_three(validation, test):
        """You let the test error choose among the best epochs of validation"""
        idx = validation.topk(min(3, validation.shape[1]), dim=1, largest=False).indices
        return test.gather(1, idx).min(1).values

    def argmin_of_test(validation, test):
        """You exchanged the two"""
        return validation.gather(1, test.argmin(1, keepdim=True)).squeeze(1)

    def mean_at_best(validation, test):
        """You return the mean of all runs"""
        return test.gather(1, validation.argmin(1, keepdim=True)).mean()

    def argsort_last(validation, test):
        """You took the epoch with the highest validation error"""
        return test.gather(1, validation.argsort(1)[:, -1:]).squeeze(1)

    def first_epoch(validation, test):
        """You took the first epoch"""
        return test[:, 0]

    def average_of_both(validation, test):
        """You averaged validation and test error"""
        c = validation.argmin(1, keepdim=True)
        return (test.gather(1, c) + validation.gather(1, c)).squeeze(1) / 2

    def smoothed(validation, test):
        """You took the median over all epochs"""
        return test.median(1).values

    def global_min_test(validation, test):
        """You took the lowest test error of all runs"""
        return test.min().expand(len(test))

    def lowest_place_of_all(validation, test):
        """You return one number for all runs"""
        return test.flatten()[validation.argmin()]


class ensemble_wrong:
    def argmin_mean(lengths, label):
        """You took the shortest capsule"""
        return lengths.mean(0).argmin(1) != label

    def mean_of_last_axis(lengths, label):
        """You averaged over axis 2, the classes"""
        return lengths.mean(-1).argmax(0) != label

    def threshold(lengths, label):
        """You call an image wrong if its true capsule is shorter than"""
        m = lengths.mean(0)
        return m[torch.arange(len(label)), label] < 0.5

    def sum_equal(lengths, label):
        """You return True where the ensemble is right"""
        return lengths.sum(0).argmax(1) == label

    def squared_mean(lengths, label):
        """You averaged the squared lengths"""
        return (lengths**2).mean(0).argmax(1) != label

    def vote_and_equal(lengths, label):
        """Is it == where != is wanted?"""
        return lengths.argmax(2).mode(0).values == label

    def indices(lengths, label):
        """the shape is (0, 1)"""
        return (lengths.mean(0).argmax(1) != label).nonzero()

    def list_result(lengths, label):
        """it returned a list"""
        return [bool(lengths[:, n].mean(0).argmax() != label[n]) for n in range(len(label))]

    def std(lengths, label):
        """you call an image wrong that every single network gets right"""
        return lengths.std(0, unbiased=False).argmax(1) != label


class perturb:
    def entry_largest_abs(v, delta, index=None):
        """Without an index you keep the capsule with the largest single entry"""
        index = v.abs().amax(2).argmax(1) if index is None else index
        return caps.mask_capsules(v + delta, index)

    def norm_dim_one(v, delta, index=None):
        """Without an index your lengths run over the classes (dim=1)"""
        index = v.norm(dim=1).argmax(dim=1) if index is None else index
        return caps.mask_capsules(v + delta, index.clamp(max=v.shape[1] - 1))

    def if_not_index(v, delta, index=None):
        """You ask whether `index` is true (`if not index`"""
        if not index:
            index = caps.lengths(v).argmax(1)
        return caps.mask_capsules(v + delta, index)

    def length_kept(v, delta, index=None):
        """You brought the moved pose back to its old length"""
        n = caps.lengths(v)
        index = n.argmax(1) if index is None else index
        w = v + delta
        w = w / caps.lengths(w)[..., None] * n[..., None]
        return caps.mask_capsules(w, index)

    def half_delta(v, delta, index=None):
        """You added half of delta"""
        index = caps.lengths(v).argmax(1) if index is None else index
        return caps.mask_capsules(v + delta / 2, index)

    def added_twice(v, delta, index=None):
        """You added delta twice"""
        index = caps.lengths(v).argmax(1) if index is None else index
        return caps.mask_capsules(v + delta + delta, index)

    def set_and_longest_after(v, delta, index=None):
        """You put delta in the place of every pose"""
        w = delta.expand_as(v)
        return caps.mask_capsules(w, index)

    def added_after_and_ignored(v, delta, index=None):
        """You added delta after masking"""
        masked = caps.mask_capsules(v).view(v.shape)
        return (masked + delta).flatten(1)

    def in_place(v, delta, index=None):
        """it changed its input `v` in place"""
        index = caps.lengths(v).argmax(1) if index is None else index
        v += delta
        return caps.mask_capsules(v, index)


class correlation:
    def n_minus_three_inside(x, y):
        """The 3 is subtracted too late"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        half = 1.96 / math.sqrt(len(x)) - 3
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def two_for_196(x, y):
        """You went two standard errors to each side"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        half = 2 / math.sqrt(len(x) - 3)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def std_of_population_and_root_n(x, y):
        """You averaged the products over n"""
        dx, dy = x - x.mean(), y - y.mean()
        r = ((dx * dy).mean() / (x.std() * y.std())).item()
        half = 1.96 / math.sqrt(len(x))
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def matrix(x, y):
        """You took the diagonal of the matrix"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 0].clamp(max=0.999).item()
        half = 1.96 / math.sqrt(len(x) - 3)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def half_width(x, y):
        """You halved the step"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        half = 1.96 / math.sqrt(len(x) - 3) / 2
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def covariance_and_symmetric(x, y):
        """Your r is the covariance"""
        r = torch.cov(torch.stack([x, y]))[0, 1].item()
        half = 1.96 / math.sqrt(len(x) - 3)
        return r, r - half, r + half

    def mean_only_of_x(x, y):
        """You subtracted the mean of x"""
        dx = x - x.mean()
        r = ((dx * y).sum() / (dx.norm() * y.norm())).item()
        half = 1.96 / math.sqrt(len(x) - 3)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def log_for_atanh(x, y):
        """atanh r is HALF the logarithm of (1 + r)/(1 − r)"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        z, half = math.log((1 + r) / (1 - r)), 1.96 / math.sqrt(len(x) - 3)
        return r, math.tanh(z - half), math.tanh(z + half)

    def squares_multiplied_pair_by_pair(x, y):
        """You summed the products of the squares"""
        dx, dy = x - x.mean(), y - y.mean()
        r = ((dx * dy).sum() / (dx.square() * dy.square()).sum().sqrt()).item()
        half = 1.96 / math.sqrt(len(x) - 3)
        z = torch.tensor(r).atanh().item()
        return r, math.tanh(z - half), math.tanh(z + half)

    def summed_then_multiplied(x, y):
        """deviations from the mean sum to 0"""
        dx, dy = x - x.mean(), y - y.mean()
        r = (dx.sum() * dy.sum() / (dx.square().sum() * dy.square().sum()).sqrt()).item()
        half = 1.96 / math.sqrt(len(x) - 3)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def squares_of_the_sums(x, y):
        """you divide by nearly 0"""
        dx, dy = x - x.mean(), y - y.mean()
        r = (dx * dy).sum() / (dx.sum().square() * dy.sum().square()).sqrt()
        half = 1.96 / math.sqrt(len(x) - 3)
        return r.item(), (r.atanh() - half).tanh().item(), (r.atanh() + half).tanh().item()

    def power_before_minus(x, y):
        """You took the root of 3 alone"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        half = 1.96 / (len(x) - 3**0.5)
        return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

    def root_of_n_and_no_way_back(x, y):
        """You divided by √n where it is √(n − 3), and your ends are still those of atanh r"""
        r = torch.corrcoef(torch.stack([x, y]))[0, 1].item()
        half = 1.96 / len(x) ** 0.5
        return r, math.atanh(r) - half, math.atanh(r) + half


class tweak_grid:
    def one_row(v, deltas, decode):
        """Your row grows from dimension to dimension"""
        rows, row = [], []
        for k in range(v.shape[2]):
            for t in deltas:
                step = torch.zeros(v.shape[2])
                step[k] = t
                row.append(decode(caps.perturb(v, step))[0])
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def list_of_lists_stacked(v, deltas, decode):
        """each of them is still a list"""
        rows = []
        for k in range(v.shape[2]):
            row = []
            for t in deltas:
                step = torch.zeros(v.shape[2])
                step[k] = t
                row.append(decode(caps.perturb(v, step))[0])
            rows.append(row)
        return torch.stack(rows)

    def classes_loop(v, deltas, decode):
        """the shape is (3, 6, 7)"""
        out = []
        for k in range(v.shape[1]):
            row = []
            for t in deltas:
                step = torch.zeros(v.shape[2])
                step[k % v.shape[2]] = t
                row.append(decode(caps.perturb(v, step))[0])
            out.append(torch.stack(row))
        return torch.stack(out)

    def shared_zeros(v, deltas, decode):
        """Your earlier dimensions stay moved"""
        step, out = torch.zeros(v.shape[2]), []
        for k in range(v.shape[2]):
            row = []
            for t in deltas:
                step[k] = t
                row.append(decode(caps.perturb(v, step))[0])
            out.append(torch.stack(row))
        return torch.stack(out)

    def axis_kept(v, deltas, decode):
        """There is an axis of size 1 too many"""
        out = []
        for k in range(v.shape[2]):
            row = []
            for t in deltas:
                step = torch.zeros(v.shape[2])
                step[k] = t
                row.append(decode(caps.perturb(v, step)))
            out.append(torch.stack(row))
        return torch.stack(out)

    def lists(v, deltas, decode):
        """it returned a list"""
        return [[decode(caps.perturb(v, torch.eye(v.shape[2])[k] * t))[0] for t in deltas] for k in range(v.shape[2])]

    def set_and_minus(v, deltas, decode):
        """You set dimension k of every capsule to −deltas[t]. Add deltas[t] to what is"""
        w, out = v.clone(), []
        for k in range(v.shape[2]):
            row = []
            for t in deltas:
                w = v.clone()
                w[0, :, k] = -t
                row.append(decode(caps.mask_capsules(w))[0])
            out.append(torch.stack(row))
        return torch.stack(out)

    def one_delta_per_row(v, deltas, decode):
        """All pictures of your rows are alike"""
        out = []
        for k in range(v.shape[2]):
            step = torch.zeros(v.shape[2])
            step[k] = deltas[0]
            out.append(decode(caps.perturb(v, step)).expand(len(deltas), -1))
        return torch.stack(out)

    def transposed(v, deltas, decode):
        """Your grid is (n"""
        rows = []
        for t in deltas:
            row = []
            for k in range(v.shape[2]):
                step = torch.zeros(v.shape[2])
                step[k] = t
                row.append(decode(caps.perturb(v, step))[0])
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def all_numbers(v, deltas, decode):
        """You added deltas[t] to all the dimensions at once"""
        return torch.stack(
            [
                torch.stack([decode(caps.perturb(v, torch.full((v.shape[2],), float(t))))[0] for t in deltas])
                for _ in range(v.shape[2])
            ]
        )

    def squashed(v, deltas, decode):
        """You squashed the moved pose"""
        out = []
        for k in range(v.shape[2]):
            row = []
            for t in deltas:
                step = torch.zeros(v.shape[2])
                step[k] = t
                row.append(decode(caps.mask_capsules(caps.squash(v + step), caps.lengths(v).argmax(1)))[0])
            out.append(torch.stack(row))
        return torch.stack(out)


class steps_alike:
    def cosine_of_the_two(ours, theirs, x):
        """compare directions alone"""
        a = b = x
        for n, (our, their) in enumerate(zip(ours, theirs)):
            a, b = our(a), their(b)
            if a.shape != b.shape or not F.cosine_similarity(a.flatten(), b.flatten(), dim=0) > 1 - 1e-6:
                return n
        return len(ours)

    def flattened(ours, theirs, x):
        """You compare how many entries there are"""
        a = b = x
        for n, (our, their) in enumerate(zip(ours, theirs)):
            a, b = our(a), their(b)
            if a.numel() != b.numel() or not (a.ravel() - b.ravel()).abs().max() <= 1e-3 * b.abs().max():
                return n
        return len(ours)

    def ours_alone(ours, theirs, x):
        """the largest entry of OURS"""
        a, b = x, x
        for n in range(len(ours)):
            a, b = ours[n](a), theirs[n](b)
            if a.shape != b.shape or not (a - b).abs().max() <= 1e-3 * a.abs().max():
                return n
        return len(ours)

    def empties_the_lists(ours, theirs, x):
        """Leave it as it is, and make a new one"""
        a, b, n = x, x, 0
        while ours:
            a, b = ours.pop(0)(a), theirs.pop(0)(b)
            if a.shape != b.shape or not torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max().item()):
                return n
            n += 1
        return n

    def whole_networks(ours, theirs, x):
        """say all or none"""
        a, b = x, x
        for mine, yours in zip(ours, theirs):
            a, b = mine(a), yours(b)
        alike = a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max().item())
        return len(ours) if alike else 0

    def equal_of_torch(ours, theirs, x):
        """You demand equal bits"""
        a, b = x, x
        for k in range(len(ours)):
            a, b = ours[k](a), theirs[k](b)
            if not torch.equal(a, b):
                return k
        return len(ours)

    def default_allclose(ours, theirs, x):
        """a fixed tolerance of that size lets any wire pass"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape or not torch.allclose(a, b, atol=1e-3, rtol=1e-2):
                return k
        return len(ours)

    def difference_above_the_limit(ours, theirs, x):
        """NaN gets past you"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape:
                return k
            if (a - b).abs().max() > 1e-3 * b.abs().max():
                return k
        return len(ours)

    def allclose_with_its_own_rtol(ours, theirs, x):
        """allow a thousandth of the largest entry of theirs"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape or not torch.allclose(a, b, atol=1e-3):
                return k
        return len(ours)

    def both_fed_by_theirs(ours, theirs, x):
        """You give both steps the same input"""
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(x), g(x)
            if a.shape != b.shape or not torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()):
                return k
            x = b
        return len(ours)

    def both_fed_by_ours(ours, theirs, x):
        """You give both steps the same input"""
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(x), g(x)
            if a.shape != b.shape or not torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()):
                return k
            x = a
        return len(ours)

    def large_difference_whatever_the_shape(ours, theirs, x):
        """ask for the shape first. And NaN gets past you"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if (a - b).abs().max() > 1e-3 * b.abs().max():
                return k
        return len(ours)

    def large_difference_with_its_sign(ours, theirs, x):
        """take `.abs()` first. And NaN gets past you"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape or (a - b).max() > 1e-3 * b.abs().max():
                return k
        return len(ours)

    def large_difference_with_its_sign_whatever_the_shape(ours, theirs, x):
        """There are four mistakes. You never compare the shapes"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if (a - b).max() > 1e-3:
                return k
        return len(ours)

    def mean_difference_is_large(ours, theirs, x):
        """You take the mean difference, in which one wrong entry drowns"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape or (a - b).abs().mean() > 1e-3 * b.abs().max():
                return k
        return len(ours)

    def every_step_gets_x_and_counts(ours, theirs, x):
        """You give x to every step, and you count all"""
        pairs = [(f(x), g(x)) for f, g in zip(ours, theirs)]
        return sum(a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()) for a, b in pairs)

    def number_of_the_wrong_step(ours, theirs, x):
        """You return the number of the wrong step, counted from 1"""
        a, b = x, x
        for k, (f, g) in enumerate(zip(ours, theirs), start=1):
            a, b = f(a), g(b)
            if a.shape != b.shape or not torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()):
                return k
        return len(ours)

    def no_break(ours, theirs, x):
        """You count all steps that agree"""
        a, b, n = x, x, 0
        for f, g in zip(ours, theirs):
            a, b = f(a), g(b)
            if a.shape == b.shape and torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()):
                n += 1
        return n

    def each_step_gets_x(ours, theirs, x):
        """You give x to every step"""
        n = 0
        for f, g in zip(ours, theirs):
            try:
                a, b = f(x), g(x)
            except RuntimeError:
                break
            if a.shape != b.shape or not torch.allclose(a, b, rtol=0, atol=1e-3 * b.abs().max()):
                break
            n += 1
        return n

    def size_of_the_largest(ours, theirs, x):
        """What you allow depends on `b.max()`"""
        a = b = x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(b)
            if a.shape != b.shape or not (a - b).abs().max() <= 1e-3 * b.max().abs():
                return k
        return len(ours)

    def theirs_on_x(ours, theirs, x):
        """or does one of the lists get x again in every step?"""
        a = x
        for k, (f, g) in enumerate(zip(ours, theirs)):
            a, b = f(a), g(x)
            if a.shape != b.shape or not (a - b).abs().max() <= 1e-3 * b.abs().max():
                return k
        return len(ours)


class why_worse:
    def other_words(batch, stored):
        """none of the answers that are wanted"""
        stale = stored[0] - batch[0] > 5
        over = batch[1] - batch[0] > 5
        return "both" if stale and over else "stale" if stale else "overfit" if over else "neither"

    def gap_of_the_stored_pair(batch, stored):
        """You look for overfitting with the stored statistics"""
        stale, over = stored[0] - batch[0] > 5, stored[1] - stored[0] > 5
        if stale and over:
            return "both"
        return "stale" if stale else "overfitted" if over else "neither"

    def absolute(batch, stored):
        """You take the size of the differences"""
        stale, over = abs(stored[0] - batch[0]) > 5, abs(batch[1] - batch[0]) > 5
        return {(1, 1): "both", (1, 0): "stale", (0, 1): "overfitted", (0, 0): "neither"}[stale, over]

    def elif_for_if(batch, stored):
        """You stop at the first reason, stale statistics"""
        if stored[1] - batch[1] > 5:
            return "stale"
        if batch[1] - batch[0] > 5:
            return "overfitted"
        return "neither"

    def twice_as_many(batch, stored):
        """You divide the errors"""
        stale, over = stored[0] / batch[0] > 2, batch[1] / batch[0] > 2
        return "both" if stale and over else "stale" if stale else "overfitted" if over else "neither"

    def bad_is_bad(batch, stored):
        """You ask whether an error is above 5 %"""
        stale, over = stored[0] > 5, batch[1] > 5
        return "both" if stale and over else "stale" if stale else "overfitted" if over else "neither"

    def other_names(batch, stored):
        """Did you exchange the names"""
        stale, over = stored[0] - batch[0] > 5, batch[1] - batch[0] > 5
        return "both" if stale and over else "overfitted" if stale else "stale" if over else "neither"

    def any_difference(batch, stored):
        """is the 5 missing"""
        stale, over = stored[0] > batch[0], batch[1] > batch[0]
        return "both" if stale and over else "stale" if stale else "overfitted" if over else "neither"

    def stale_on_training_images_and_no_more(batch, stored):
        """You never say "overfitted" or "both\""""
        return "stale" if stored[0] - batch[0] > 5 else "neither"

    def overfitted_or_not(batch, stored):
        """You never say "stale" or "both\""""
        return "overfitted" if batch[1] - batch[0] > 5 else "neither"


class right_tool:
    def recipes_by_lists(about, networks, seeds, lists):
        """You ask for lists before you compare two recipes"""
        if networks == 2 and not lists:
            return "none"
        if about == "recipe":
            return "t over seeds" if seeds > 1 else "none"
        return "paired test" if networks == 2 else "Wilson"

    def lists_mean_paired(about, networks, seeds, lists):
        """You let lists and the number of runs decide"""
        if lists and networks == 2:
            return "paired test"
        if seeds > 1:
            return "t over seeds"
        return "Wilson" if networks == 1 else "none"

    def seeds_mean_t(about, networks, seeds, lists):
        """You choose by how many runs there are"""
        if seeds > 1:
            return "t over seeds"
        if about == "recipe":
            return "none"
        return "Wilson" if networks == 1 else "paired test" if lists else "none"

    def wilson_for_one_network(about, networks, seeds, lists):
        """Do you look at the number of networks first?"""
        if networks == 1:
            return "Wilson"
        if about == "recipe":
            return "t over seeds" if seeds > 1 else "none"
        return "paired test" if lists else "none"

    def a_recipe_is_t(about, networks, seeds, lists):
        """You take t over seeds where there is one run"""
        if about == "recipe":
            return "t over seeds"
        return "Wilson" if networks == 1 else "paired test" if lists else "none"

    def three_at_least(about, networks, seeds, lists):
        """You turn two runs away"""
        if about == "recipe":
            return "t over seeds" if seeds >= 3 else "none"
        return "Wilson" if networks == 1 else "paired test" if lists else "none"

    def wilson_where_counts_are(about, networks, seeds, lists):
        """You compare two networks by two separate bars"""
        if about == "recipe":
            return "t over seeds" if seeds > 1 else "none"
        return "paired test" if lists and networks == 2 else "Wilson"

    def one_recipe_one_run(about, networks, seeds, lists):
        """For a claim about one recipe, one run is enough to you"""
        if about == "recipe":
            return "t over seeds" if networks == 1 or seeds > 1 else "none"
        return "Wilson" if networks == 1 else "paired test" if lists else "none"

    def about_ignored(about, networks, seeds, lists):
        """You never seem to ask what the claim is about"""
        if networks == 1:
            return "Wilson"
        if lists:
            return "paired test"
        return "t over seeds" if seeds > 1 else "none"


class what_they_share:
    def axes_first(as_is, rotated, shuffled):
        """You ask about the axes first"""
        if as_is > rotated.max():
            return "axes"
        if as_is > shuffled.max():
            return "a space"
        return "nothing"

    def above_the_means(as_is, rotated, shuffled):
        """You compare with the mean of a control"""
        if as_is < shuffled.mean():
            return "nothing"
        if as_is < rotated.mean():
            return "a space"
        return "axes"

    def quantiles(as_is, rotated, shuffled):
        """You compare with a quantile of a control"""
        if as_is <= shuffled.quantile(0.95):
            return "nothing"
        return "axes" if as_is > rotated.quantile(0.95) else "a space"

    def five_per_cent_more(as_is, rotated, shuffled):
        if as_is <= 1.05 * shuffled.max():
            return "nothing"
        return "axes" if as_is > 1.05 * rotated.max() else "a space"

    def five_per_cent_of_the_tries(as_is, rotated, shuffled):
        """You let a few tries of a control, 5 % of them, do better"""
        if (shuffled >= as_is).float().mean() >= 0.05:
            return "nothing"
        return "axes" if (rotated >= as_is).float().mean() < 0.05 else "a space"

    def axes_or_nothing(as_is, rotated, shuffled):
        """You ask for both controls at once"""
        if as_is > rotated.max() and as_is > shuffled.max():
            return "axes"
        return "nothing"

    def wrong_way_round(as_is, rotated, shuffled):
        """Both of your comparisons go the wrong way"""
        if as_is >= shuffled.max():
            return "nothing"
        return "axes" if as_is < rotated.max() else "a space"

    def above_luck_is_axes(as_is, rotated, shuffled):
        """You call axes shared that are better than luck"""
        return "axes" if as_is > shuffled.max() else "nothing"

    def never_nothing(as_is, rotated, shuffled):
        """You never ask about luck"""
        return "axes" if (as_is > rotated).all() else "a space"


LENGTHS = torch.tensor(
    [
        [0.9, 0.1, 0.8, 0.0],
        [0.1, 0.9, 0.2, 0.8],
        [0.4, 0.3, 0.1, 0.0],
        [0.0, 0.1, 0.8, 0.9],
        [0.1, 0.9, 0.2, 0.8],
    ]
)
PAIRS = torch.tensor([[2, 0], [0, 1], [0, 1], [0, 1], [1, 3]])


def two_hot_rows(labels, v):
    return torch.zeros(len(labels), v.shape[1]).scatter_(1, labels, 1.0)


class two_hot:
    def wrong_axis(labels, classes):
        """`scatter_(0, labels, 1.0)` should be `scatter_(1, labels, 1.0)`"""
        return torch.zeros(len(labels), classes).scatter_(0, labels, 1.0)

    def rows_by_labels(labels, classes):
        """`T[labels]` names rows of T"""
        t = torch.zeros(len(labels), classes)
        t[labels] = 1
        return t

    def scatter_labels(labels, classes):
        """At each class that is there you wrote its number"""
        return torch.zeros(len(labels), classes).scatter_(1, labels, labels.float())

    def half(labels, classes):
        """Your rows sum to 1"""
        return F.one_hot(labels, classes).float().mean(dim=1)

    def not_in_place(labels, classes):
        """what it gives is thrown away"""
        t = torch.zeros(len(labels), classes)
        t.scatter(1, labels, 1.0)
        return t

    def scatter_args(labels, classes):
        """two of them are exchanged"""
        return torch.zeros(len(labels), classes).scatter_(labels, 1, 1.0)


class exact_pairs:
    def any(lengths, labels):
        """You count an image as right where one"""
        return (lengths.topk(2, dim=1).indices.sort(dim=1).values == labels.sort(dim=1).values).any(dim=1)

    def sort_indices(lengths, labels):
        """You compared which place each class had"""
        return (lengths.topk(2, dim=1).indices.sort(dim=1).indices == labels.sort(dim=1).indices).all(dim=1)

    def threshold(lengths, labels):
        """You take all capsules above 0.5"""
        target = torch.zeros_like(lengths).scatter(1, labels, 1.0).bool()
        return ((lengths > 0.5) == target).all(dim=1)

    def topk_axis0(lengths, labels):
        """You took `topk` along axis 0"""
        said = lengths.topk(2, dim=0).indices.sort(dim=0).values.T
        return (said == labels.sort(dim=1).values).all(dim=1)

    def topk_tuple(lengths, labels):
        """`topk` gives two tensors at once"""
        said = lengths.topk(2, dim=1).sort(dim=1).values
        return (said == labels.sort(dim=1).values).all(dim=1)

    def python_and(lengths, labels):
        """entry by entry it is `|`"""
        said = lengths.topk(2, dim=1).indices
        return (said == labels).all(dim=1) or (said == labels.flip(1)).all(dim=1)


class pairs_test:
    def no_assert(measure):
        """It has no `assert`: say"""
        abs(float(measure(LENGTHS, PAIRS)) - 0.6) < 1e-4  # noqa: B015

    def only_half_right(measure):
        """labels come in the other order"""
        l = torch.tensor([[0.9, 0.8, 0.1, 0.0], [0.9, 0.1, 0.8, 0.0]])
        y = torch.tensor([[0, 1], [0, 1]])
        assert abs(float(measure(l, y)) - 0.5) < 1e-4
        for n, want in enumerate((1, 0)):
            assert abs(float(measure(l[n : n + 1], y[n : n + 1])) - want) < 1e-4

    def per_cent(measure):
        """a share of the *images*"""
        assert abs(float(measure(LENGTHS, PAIRS)) - 60) < 1e-4

    def python_lists(measure):
        """You hand Python lists"""
        assert abs(float(measure([[0.9, 0.1, 0.8, 0.0]], [[2, 0]])) - 1) < 1e-4

    def float_labels(measure):
        """`.float()` should go"""
        assert abs(float(measure(LENGTHS, PAIRS.float())) - 0.6) < 1e-4

    def try_except(measure):
        """its `except` swallows what `assert` raises"""
        try:
            assert abs(float(measure(LENGTHS, PAIRS)) - 0.6) < 1e-4
        except AssertionError:
            print("not exact pairs")


class pair_loss:
    def axis0(v, labels, drawings, decoder):
        """`drawings[k]` is image k"""
        loss = caps.margin_loss(caps.lengths(v), two_hot_rows(labels, v))
        for k in (0, 1):
            loss = loss + caps.reconstruction_loss(decoder(caps.mask_capsules(v, labels[:, k])), drawings[k])
        return loss

    def labels_axis0(v, labels, drawings, decoder):
        """`labels[k]` holds the two classes of image k"""
        loss = caps.margin_loss(caps.lengths(v), two_hot_rows(labels, v))
        for k in (0, 1):
            loss = loss + caps.reconstruction_loss(decoder(caps.mask_capsules(v, labels[k])), drawings[:, k])
        return loss

    def overwrites(v, labels, drawings, decoder):
        """Only the drawing of the second digit counts"""
        loss = caps.margin_loss(caps.lengths(v), two_hot_rows(labels, v))
        for k in (0, 1):
            drawn = caps.reconstruction_loss(decoder(caps.mask_capsules(v, labels[:, k])), drawings[:, k])
        return loss + drawn

    def return_in_loop(v, labels, drawings, decoder):
        """You ask for a drawing of the first digit alone"""
        loss = caps.margin_loss(caps.lengths(v), two_hot_rows(labels, v))
        for k in (0, 1):
            loss = loss + caps.reconstruction_loss(decoder(caps.mask_capsules(v, labels[:, k])), drawings[:, k])
            return loss

    def one_drawing_of_sum(v, labels, drawings, decoder):
        """You laid the two drawings over each other"""
        loss = caps.margin_loss(caps.lengths(v), two_hot_rows(labels, v))
        both = sum(decoder(caps.mask_capsules(v, labels[:, k])) for k in (0, 1)).clamp(max=1)
        return loss + caps.reconstruction_loss(both, drawings.sum(dim=1).clamp(max=1))

    def ten_and_unnormalised(v, labels, drawings, decoder):
        """There are two mistakes. You hold each drawing"""
        loss = caps.margin_loss(caps.lengths(v), labels[:, 0])
        for k in (0, 1):
            loss = loss + caps.reconstruction_loss(decoder(caps.mask_capsules(v, labels[:, k])), drawings[:, 1 - k])
        return loss


class iou:
    def batch(a, b, threshold=0.5):
        """You counted the ink of the whole batch"""
        a, b = a > threshold, b > threshold
        return (a & b).sum() / (a | b).sum()

    def over_a(a, b, threshold=0.5):
        """You divided by the ink of a alone"""
        a, b = a.flatten(1) > threshold, b.flatten(1) > threshold
        return torch.where(a.sum(1) > 0, (a & b).sum(dim=1) / a.sum(dim=1), 1.0)

    def integer_division(a, b, threshold=0.5):
        """the rest of the division is lost"""
        a, b = a.flatten(1) > threshold, b.flatten(1) > threshold
        both, either = (a & b).sum(dim=1), (a | b).sum(dim=1)
        return torch.where(either > 0, both // either.clamp(min=1), 1).float()

    def precedence(a, b, threshold=0.5):
        """`&` binds more tightly"""
        a, b = a.flatten(1), b.flatten(1)
        both, either = (a > threshold & b > threshold).sum(dim=1), ((a > threshold) | (b > threshold)).sum(dim=1)
        return torch.where(either > 0, both / either, 1.0)

    def nan_to_num_zero(a, b, threshold=0.5):
        """You give two empty pictures 0"""
        a, b = a.flatten(1) > threshold, b.flatten(1) > threshold
        return ((a & b).sum(dim=1) / (a | b).sum(dim=1)).nan_to_num()

    def empty_either(a, b, threshold=0.5):
        """You give 1 wherever a has no ink"""
        a, b = a.flatten(1) > threshold, b.flatten(1) > threshold
        both, either = (a & b).sum(dim=1), (a | b).sum(dim=1)
        return torch.where(a.any(dim=1), both / either, 1.0)


def _gradient(objective, images):
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(x).sum(), x)[0]


class masked_share:
    def largest_without_abs(objective, images):
        """You ask whether the LARGEST slope is 0"""
        return (_gradient(objective, images).flatten(1).max(dim=1).values == 0).float().mean().item()

    def sum_in_place_of_all(objective, images):
        """Those that rise cancel those that fall"""
        return (_gradient(objective, images).flatten(1).sum(dim=1) == 0).float().mean().item()

    def whole_division(objective, images):
        """`//` rounds down"""
        return (_gradient(objective, images).flatten(1) == 0).all(dim=1).sum().item() // len(images)

    def share_of_the_pixels(objective, images):
        """You count pixels"""
        return (_gradient(objective, images) == 0).double().mean().item()

    def whole_batch(objective, images):
        """Your share is 1 or 0, and nothing between"""
        return float(_gradient(objective, images).abs().max() == 0)

    def close_to_zero(objective, images):
        """The sign of 1e-20 is as large as the sign of 1"""
        flat = _gradient(objective, images).flatten(1)
        return torch.isclose(flat, torch.zeros_like(flat)).all(dim=1).float().mean().item()


class pgd:
    def eps_steps(objective, images, eps, steps, step):
        """exchanged"""
        attacked = images.detach().clone()
        for _ in range(steps):
            x = attacked.clone().requires_grad_()
            gradient = torch.autograd.grad(objective(x).sum(), x)[0]
            attacked = attacked + eps * gradient.sign()
            attacked = (images + (attacked - images).clamp(-step, step)).clamp(0, 1)
        return attacked

    def clamps_the_picture(objective, images, eps, steps, step):
        """You clamp the picture itself"""
        x = images.clone()
        for _ in range(steps):
            x = (x + step * _gradient(objective, x).sign()).clamp(-eps, eps).clamp(0, 1)
        return x

    def forgets_the_images(objective, images, eps, steps, step):
        """and go on with the difference"""
        x = images.clone()
        for _ in range(steps):
            x = (x + step * _gradient(objective, x).sign() - images).clamp(-eps, eps).clamp(0, 1)
        return x

    def each_step_from_the_start(objective, images, eps, steps, step):
        """begins at `images` and not where the last one ended"""
        x = images.clone()
        for _ in range(steps):
            x = images + (step * _gradient(objective, x).sign()).clamp(-eps, eps)
            x = x.clamp(0, 1)
        return x

    def step_over_steps(objective, images, eps, steps, step):
        """`/ steps` should go. With that, your answer is right."""
        x = images.clone()
        for _ in range(steps):
            x = x + step / steps * _gradient(objective, x).sign()
            x = (images + (x - images).clamp(-eps, eps)).clamp(0, 1)
        return x

    def range_after_the_loop(objective, images, eps, steps, step):
        """You clip to the range of ink only once"""
        x = images.clone()
        for _ in range(steps):
            x = images + (x + step * _gradient(objective, x).sign() - images).clamp(-eps, eps)
        return x.clamp(0, 1)

    def grad_of_a_result(objective, images, eps, steps, step):
        """From the second step on your picture is the result of a computation"""
        x = images.clone().requires_grad_(True)
        for _ in range(steps):
            objective(x).sum().backward()
            x = x + step * x.grad.sign()
            x = (images + (x - images).clamp(-eps, eps)).clamp(0, 1)
        return x


class attack_test:
    def no_abs_again(attack):
        """Does a pixel that went down count"""
        images = torch.rand(3, 1, 6, 5)
        images[:, 0, 0] = 0.0
        images[:, 0, 1] = 1.0
        before = images.clone()

        def objective(x):
            return -x.square().sum(dim=(1, 2, 3))

        attacked = attack(objective, images, 0.1, 20)
        assert (attacked - before).max() <= 0.1 + 1e-5, "left the ball"
        assert attacked.min() >= -1e-5 and attacked.max() <= 1 + 1e-5, "left the range"
        assert torch.equal(images, before), "changed its input"

    def one_number_for_the_batch(attack):
        """Your objective gives one number for the whole batch"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(), images, 0.1, 20)
        assert (attacked - before).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)

    def no_sum_at_all(attack):
        """objective(images) has the shape (3, 1, 6, 5)"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: weight * x, images, 0.1, 20)
        assert (attacked - before).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)

    def any_pixel_in_the_ball(attack):
        """Do you ask EVERY pixel"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, 0.1, 20)
        assert ((attacked - before).abs() <= 0.1 + 1e-5).any()
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)

    def no_abs(attack):
        """Your test asks only how far ink went up"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, 0.1, 20)
        assert (attacked - before).max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)

    def mean_way(attack):
        """Your test looks at the mean distance"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, 0.1, 20)
        assert (attacked - before).abs().mean() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)

    def wants_another_picture(attack):
        """An attack may find nothing"""
        images, weight = (3 * torch.rand(3, 1, 6, 5) - 1).clamp(0, 1), torch.randn(1, 6, 5)
        before = images.clone()
        attacked = attack(lambda x: (weight * x).sum(dim=(1, 2, 3)), images, 0.1, 20)
        assert (attacked - before).abs().max() <= 0.1 + 1e-5
        assert attacked.min() >= -1e-5
        assert attacked.max() <= 1 + 1e-5
        assert torch.equal(images, before)
        assert not torch.equal(attacked, before)


def masks_of(info, a, b, f):
    front = torch.isin(info[:, 2], f)
    return torch.isin(info[:, 0], a), torch.isin(info[:, 0], b), front


def all_views(classes=5):
    rows = torch.cartesian_prod(torch.arange(classes), torch.arange(10), 2 * torch.arange(18))
    z = torch.zeros(len(rows), dtype=torch.long)
    return rows, rows[:, 0], torch.stack([rows[:, 1], z, rows[:, 2], z], dim=1)


def gap_at(e, n):
    return (e[2, n] - e[1, n]).item()


def around(d, half):
    m = d.mean()
    return m.item(), (m - half).item(), (m + half).item()


def paired(a, b):
    return (a[:, 1] - a[:, 0]) - (b[:, 1] - b[:, 0])


def with_ones(x):
    return torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)


class split_views:
    def equality(info, train_toys, test_toys, familiar):
        """`==` compares a column with one value"""
        front = info[:, 2] == familiar
        a, b = info[:, 0] == train_toys, info[:, 0] == test_toys
        return a & front, b & front, b & ~front

    def isin_swapped(info, train_toys, test_toys, familiar):
        """two arguments in the wrong order"""
        front = torch.isin(familiar, info[:, 2])
        a, b = torch.isin(train_toys, info[:, 0]), torch.isin(test_toys, info[:, 0])
        return a & front, b & front, b & ~front

    def range(info, train_toys, test_toys, familiar):
        """That is a list, not a range"""
        front = (info[:, 2] >= familiar.min()) & (info[:, 2] <= familiar.max())
        a, b = torch.isin(info[:, 0], train_toys), torch.isin(info[:, 0], test_toys)
        return a & front, b & front, b & ~front

    def minus(info, train_toys, test_toys, familiar):
        """`~` turns them round"""
        a, b, front = masks_of(info, train_toys, test_toys, familiar)
        return a & front, b & front, b & -front

    def familiar_train(info, train_toys, test_toys, familiar):
        """Your familiar test holds training toys from novel sides"""
        a, b, front = masks_of(info, train_toys, test_toys, familiar)
        return a & front, a & ~front, b & ~front

    def rows(info, train_toys, test_toys, familiar):
        """`info[2]` is row 2"""
        front = torch.isin(info[2], familiar)
        a, b = torch.isin(info[0], train_toys), torch.isin(info[0], test_toys)
        return a & front, b & front, b & ~front


class leak_test:
    def tensors_in_sets(split):
        """Do your sets hold tensors?"""
        rows, labels, info = all_views()
        train, test = split(labels, info)
        assert not set(rows[train][:, :2]) & set(rows[test][:, :2])
        assert not set(info[train][:, 2]) & set(info[test][:, 2])
        assert set(labels[train].tolist()) == set(labels[test].tolist()) == set(range(5))

    def azimuth_column_1(split):
        """Which column of `info` do you take"""
        rows, labels, info = all_views()
        train, test = split(labels, info)
        assert set(map(tuple, rows[train][:, :2].tolist())).isdisjoint(map(tuple, rows[test][:, :2].tolist()))
        assert set(info[train][:, 1].tolist()).isdisjoint(info[test][:, 1].tolist())
        assert set(labels[train].tolist()) == set(labels[test].tolist())

    def classes_disjoint(split):
        """Does it want the classes of the two halves to be apart?"""
        rows, labels, info = all_views()
        train, test = split(labels, info)
        assert set(map(tuple, rows[train][:, :2].tolist())).isdisjoint(map(tuple, rows[test][:, :2].tolist()))
        assert set(info[train][:, 2].tolist()).isdisjoint(info[test][:, 2].tolist())
        assert set(labels[train].tolist()).isdisjoint(labels[test].tolist())

    def one_class(split):
        """Does your table hold only one?"""
        rows, labels, info = all_views(1)
        train, test = split(labels, info)
        assert set(map(tuple, rows[train][:, :2].tolist())).isdisjoint(map(tuple, rows[test][:, :2].tolist()))
        assert set(info[train][:, 2].tolist()).isdisjoint(info[test][:, 2].tolist())
        assert set(labels[train].tolist()) == set(labels[test].tolist())

    def one_toy_azimuth(split):
        """Your test asks whether the same VIEW"""
        rows, labels, info = all_views()
        train, test = split(labels, info)
        assert set(map(tuple, rows[train].tolist())).isdisjoint(map(tuple, rows[test].tolist()))
        assert set(labels[train].tolist()) == set(labels[test].tolist()) == set(range(5))

    def joined_by_or(split):
        """three conditions joined by `or`"""
        rows, labels, info = all_views()
        train, test = split(labels, info)
        a = set(map(tuple, rows[train][:, :2].tolist())).isdisjoint(map(tuple, rows[test][:, :2].tolist()))
        b = set(info[train][:, 2].tolist()).isdisjoint(info[test][:, 2].tolist())
        c = set(labels[train].tolist()) == set(labels[test].tolist()) == set(range(5))
        assert a or b or c


class matched_gap:
    def strict(a, b):
        """You ask for less than the target"""
        target = max(a[0].min(), b[0].min())
        return tuple(gap_at(e, int((e[0] < target).nonzero()[0])) for e in (a, b))

    def only_b(a, b):
        """You stop b by the rule and read a at its last epoch"""
        target = max(a[0].min(), b[0].min())
        return gap_at(a, -1), gap_at(b, int((b[0] <= target).nonzero()[0]))

    def novel_minus_validation(a, b):
        """You subtract the validation error"""
        target = max(a[0].min(), b[0].min())
        out = []
        for e in (a, b):
            n = int((e[0] <= target).nonzero()[0])
            out.append((e[2, n] - e[0, n]).item())
        return tuple(out)

    def argmax_bool(a, b):
        """Does your comparison go the wrong way?"""
        target = max(a[0].min(), b[0].min())
        return tuple(gap_at(e, int((e[0] >= target).nonzero()[0])) for e in (a, b))

    def columns(a, b):
        """You read both networks at their FIRST epoch"""
        target = max(a[:, 0].min(), b[:, 0].min())
        return tuple(gap_at(e, int((e[:, 0] <= target).nonzero()[0])) for e in (a, b))

    def max_of_rows(a, b):
        """the two largest validation errors"""
        target = min(a[0].max(), b[0].max())
        return tuple(gap_at(e, int((e[0] <= target).nonzero()[0])) for e in (a, b))


class gap_interval:
    def low_mean_high(a, b, t=2.776):
        """the order of lesson 13"""
        d = (a[:, 1] - a[:, 0]) - (b[:, 1] - b[:, 0])
        half = t * d.std() / len(d) ** 0.5
        return (d.mean() - half).item(), d.mean().item(), (d.mean() + half).item()

    def unpaired(a, b, t=2.776):
        """as strangers"""
        x, y = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]
        return around(x - y, t * ((x.var() + y.var()) / len(x)).sqrt())

    def rows(a, b, t=2.776):
        """`a[1] - a[0]` should be `a[:, 1] - a[:, 0]`"""
        d = (a[1] - a[0]) - (b[1] - b[0])
        return around(d, t * d.std() / len(d) ** 0.5)

    def familiar_minus_novel(a, b, t=2.776):
        """Or familiar − novel within the runs?"""
        d = -paired(a, b)
        return around(d, t * d.std() / len(d) ** 0.5)

    def numel(a, b, t=2.776):
        """another name is meant"""
        d = paired(a, b)
        return around(d, t * d.std() / a.numel() ** 0.5)

    def half_width(a, b, t=2.776):
        """You return half of the width where the two ends belong"""
        d = paired(a, b)
        half = t * d.std() / len(d) ** 0.5
        return d.mean().item(), half.item(), half.item()

    def plus_gap(a, b, t=2.776):
        """the sign is wrong"""
        d = a[:, 1] - a[:, 0] - b[:, 1] - b[:, 0]
        return around(d, t * d.std() / len(d) ** 0.5)


class angle_between:
    def mod_180(a, b):
        """You take the remainder by 180"""
        return (a - b) % 180

    def torch_min(a, b):
        """You return one number, the smallest of all"""
        d = (a - b) % 360
        return torch.stack([d, 360 - d]).min()

    def acos_degrees(a, b):
        """You took the cosine of degrees"""
        return torch.acos(torch.cos(a - b)) * 180 / math.pi

    def minus_from_180(a, b):
        """360 minus it"""
        d = (a - b) % 360
        return torch.minimum(d, 180 - d)

    def fmod(a, b):
        """You took `fmod`"""
        d = torch.fmod(a - b, 360)
        return torch.minimum(d, 360 - d)

    def minimum_dim(a, b):
        """should be `amin(dim=0)`"""
        d = (a - b) % 360
        return torch.stack([d, 360 - d]).min(dim=0)


class read_angle:
    def atan2_swapped(poses, degrees, new):
        """You gave atan2 the cosine first"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (with_ones(new) @ torch.linalg.lstsq(with_ones(poses), t).solution).T
        return torch.rad2deg(torch.atan2(c, s)) % 360

    def radians_out(poses, degrees, new):
        """atan2 gives radians"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (with_ones(new) @ torch.linalg.lstsq(with_ones(poses), t).solution).T
        return torch.atan2(s, c) % 360

    def no_solution(poses, degrees, new):
        """its `.solution`"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (with_ones(new) @ torch.linalg.lstsq(with_ones(poses), t)).T
        return torch.rad2deg(torch.atan2(s, c)) % 360

    def ones_in_one(poses, degrees, new):
        """Give `new` its column of ones, too"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (new @ torch.linalg.lstsq(with_ones(poses), t).solution).T
        return torch.rad2deg(torch.atan2(s, c)) % 360

    def reads_poses(poses, degrees, new):
        """the poses that you fitted"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (with_ones(poses) @ torch.linalg.lstsq(with_ones(poses), t).solution).T
        return torch.rad2deg(torch.atan2(s, c)) % 360

    def mod_radians(poses, degrees, new):
        """You took degrees `% (2π)`"""
        r = torch.deg2rad(degrees)
        t = torch.stack([r.sin(), r.cos()], dim=1)
        s, c = (with_ones(new) @ torch.linalg.lstsq(with_ones(poses), t).solution).T
        return torch.rad2deg(torch.atan2(s, c)) % (2 * math.pi)


class influence:
    def clone_outside(function, x):
        """In turn k all rows up to k are changed"""
        before = function(x)
        changed = x.clone()
        rows = []
        for k in range(len(x)):
            changed[k] = torch.randn_like(changed[k])
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(rows)

    def transposed(function, x):
        """Your table is (m"""
        before = function(x)
        columns = []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = torch.randn_like(changed[k])
            columns.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(columns, dim=1)

    def plus_one(function, x):
        """You add the same number to all numbers of x[k]"""
        before = function(x)
        rows = []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] += 1
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(rows)

    def in_place(function, x):
        """On a routing whose images are apart, it changed its input `x` in place"""
        before = function(x).clone()
        table = torch.zeros(len(x), len(before), dtype=torch.bool)
        for k in range(len(x)):
            x[k] = torch.randn_like(x[k])
            table[k] = (function(x) != before).reshape(len(before), -1).any(dim=1)
        return table

    def random_factor(function, x):
        """With inputs that are all zero you find nothing"""
        before, rows = function(x), []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = changed[k] * torch.rand_like(changed[k])
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
        return torch.stack(rows)

    def return_in_loop(function, x):
        """Your table has one row"""
        before, rows = function(x), []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] = torch.randn_like(changed[k])
            rows.append((function(changed) != before).reshape(len(before), -1).any(dim=1))
            return torch.stack(rows)


class fixed_routing:
    def children(u_hat, iterations=3):
        """the softmax runs over the children"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for n in range(iterations):
            c = torch.softmax(logits, dim=1)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if n < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def still_mean(u_hat, iterations=3):
        """the images share their logits"""
        b, i, j, _ = u_hat.shape
        logits = torch.zeros(b, i, j, dtype=u_hat.dtype)
        for n in range(iterations):
            c = torch.softmax(logits, dim=2)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            if n < iterations - 1:
                logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v).mean(dim=0)
        return v, c

    def one_too_many(u_hat, iterations=3):
        """it computes one softmax more than `iterations` says"""
        b, i, j, _ = u_hat.shape
        logits = torch.zeros(b, i, j, dtype=u_hat.dtype)
        for _ in range(iterations):
            c = torch.softmax(logits, dim=-1)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        c = torch.softmax(logits, dim=-1)
        v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
        return v, c

    def late_c(u_hat, iterations=3):
        """Your v is right"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            v = caps.squash(torch.einsum("bij,bijz->bjz", logits.softmax(2), u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, logits.softmax(2)

    def first_turn_missing(u_hat, iterations=3):
        """`- 1` should go"""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations - 1):
            c = torch.softmax(logits, dim=2)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def return_in_loop(u_hat, iterations=3):
        """Every coupling stays 1/j"""
        logits = torch.zeros(u_hat.shape[:3], dtype=u_hat.dtype)
        for _ in range(iterations):
            c = torch.softmax(logits, dim=2)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
            return v, c

    def zeros_plus(u_hat, iterations=3):
        """Your logits hold the last agreement alone"""
        b, i, j, _ = u_hat.shape
        start = torch.zeros(b, i, j, dtype=u_hat.dtype)
        logits = start
        for _ in range(iterations):
            c = torch.softmax(logits, dim=2)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = start + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def einsum_ij(u_hat, iterations=3):
        """You add up the agreements of all images where it was their mean"""
        b, i, j, _ = u_hat.shape
        logits = torch.zeros(i, j, dtype=u_hat.dtype)
        for _ in range(iterations):
            c = torch.softmax(logits, dim=1).expand(b, i, j)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->ij", u_hat, v)
        return v, c

    def dim0_kept(u_hat, iterations=3):
        """Your softmax runs over the images (axis 0)"""
        b, i, j, _ = u_hat.shape
        logits = torch.zeros(b, i, j, dtype=u_hat.dtype)
        for _ in range(iterations):
            c = torch.softmax(logits, dim=0)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c

    def range_minus_one(u_hat, iterations=3):
        """`- 1` should go"""
        b, i, j, _ = u_hat.shape
        logits = torch.zeros(b, i, j, dtype=u_hat.dtype)
        for _ in range(iterations - 1):
            c = torch.softmax(logits, dim=2)
            v = caps.squash(torch.einsum("bij,bijz->bjz", c, u_hat))
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
        return v, c


class swapped_lengths:
    def four_axes(u_hat, c, squash=caps.exponential_squash):
        """You count three axes of c before the new one"""
        s = (c[:, :, :, None] * u_hat).sum(dim=1)
        return caps.lengths(squash(s))

    def over_parents(u_hat, c, squash=caps.exponential_squash):
        """You added up over the parents"""
        s = (c[..., None] * u_hat).sum(dim=2)
        return caps.lengths(squash(s))

    def softmax(u_hat, c, squash=caps.exponential_squash):
        """You sent c through a softmax"""
        c = c.softmax(dim=-1)
        s = torch.einsum("...ij,...ijz->...jz", c, u_hat)
        return caps.lengths(squash(s))

    def own_squash(u_hat, c, squash=caps.exponential_squash):
        """You always use the exponential squash"""
        s = (c.unsqueeze(-1) * u_hat).sum(dim=1)
        return caps.lengths(caps.exponential_squash(s))

    def squash_votes(u_hat, c, squash=caps.exponential_squash):
        """You squashed every vote and then added up"""
        s = (c[..., None] * squash(u_hat)).sum(dim=1)
        return caps.lengths(s)

    def einsum_b(u_hat, c, squash=caps.exponential_squash):
        """Your einsum wants three axes of c"""
        return caps.lengths(squash(torch.einsum("bij,bijz->bjz", c, u_hat)))

    def no_axis(u_hat, c, squash=caps.exponential_squash):
        """`c * u_hat` should be `c.unsqueeze(-1) * u_hat`"""
        return caps.lengths(squash((c * u_hat).sum(dim=1)))

    def uniform_softmax(u_hat, c, squash=caps.exponential_squash):
        """You gave each parent the same share"""
        c = torch.zeros_like(u_hat[..., 0]).softmax(dim=2)
        return caps.lengths(squash((c[..., None] * u_hat).sum(dim=1)))

    def normalised(u_hat, c, squash=caps.exponential_squash):
        """You divided s by what each parent received"""
        s = (c[..., None] * u_hat).sum(1) / c.sum(-2)[..., None]
        return caps.lengths(squash(s))

    def squash_before(u_hat, c, squash=caps.exponential_squash):
        """You squashed the votes with their couplings"""
        return caps.lengths(squash(c[..., None] * u_hat).sum(1))


class coupling_entropy:
    def nan(c):
        """A share of 0 gives NaN: 0 · ln 0 is 0 · (−∞) for torch"""
        h = -(c * c.log()).sum(dim=2)
        return h.mean() / math.log(c.shape[2])

    def over_children(c):
        """You treated each parent's column as the shares"""
        h = torch.special.entr(c).sum(dim=1)
        return h.mean() / math.log(c.shape[1])

    def mean_everything(c):
        """You took the mean over the parents"""
        return torch.special.entr(c).mean() / math.log(c.shape[-1])

    def no_minus(c):
        """The minus is missing"""
        h = torch.xlogy(c, c).sum(dim=-1)
        return h.mean() / math.log(c.shape[-1])

    def of_mean(c):
        """You averaged the couplings first"""
        share = c.mean(dim=(0, 1))
        return torch.special.entr(share).sum() / math.log(c.shape[2])

    def mean_everywhere(c):
        """Your result is the entropy divided by J. Did you divide by J, or take the mean"""
        return torch.special.entr(c).mean()

    def nan_to_num(c):
        """The number at which you cut off the logarithm is so large that it changes the"""
        return -(c * torch.log(c.clamp(min=0.01))).sum(-1).mean() / math.log(c.shape[-1])

    def log_of_sum(c):
        """You divided by the logarithm of the number of images"""
        return torch.special.entr(c).sum(dim=2).mean() / math.log(len(c))

    def j_of_children(c):
        """You divided by the logarithm of the number of children"""
        return -(c * (c + 1e-12).log()).sum(-1).mean() / math.log(c.shape[1])

    def minus_lost(c):
        """You added up over the children as well"""
        return -(c * (c + 1e-12).log()).sum(dim=(1, 2)).mean() / math.log(c.shape[2])

    def log10(c):
        """`log10()` should be `log()`"""
        return -(c * (c + 1e-12).log10()).sum(-1).mean() / math.log(c.shape[-1])


class runs_needed:
    def not_squared(difference, spread):
        """You forgot to square"""
        return max(2, math.ceil(2.8 * spread / difference))

    def rounded(difference, spread):
        """You rounded to the nearest whole number"""
        return max(2, round((2.8 * spread / difference) ** 2))

    def only_level(difference, spread):
        """You took 1.96 alone"""
        return max(2, math.ceil((1.96 * spread / difference) ** 2))

    def min_for_max(difference, spread):
        """You return the SMALLER of n and 2"""
        return min(2, math.ceil((2.8 * spread / difference) ** 2))

    def strict_search(difference, spread):
        """Where the number comes out whole"""
        n = 2
        while 2.8 * spread / n**0.5 >= abs(difference):
            n += 1
        return n

    def spread_not_squared(difference, spread):
        """You did not square the spread"""
        return max(2, math.ceil(2.8**2 * spread / difference**2))

    def if_negative(difference, spread):
        """For a negative difference you return 2"""
        if difference <= 0:
            return 2
        return max(2, math.ceil((2.8 * spread / difference) ** 2))

    def xor(difference, spread):
        """`2.8 * spread / abs(difference) * 2` should be `(2.8 * spread /"""
        return max(2, math.ceil((2.8 * spread / abs(difference)) * 2))

    def floor_plus_max(difference, spread):
        """You rounded down before you squared"""
        return max(2, int(2.8 * spread / abs(difference)) ** 2)

    def only_196(difference, spread):
        """There are two mistakes. You took 1.96 alone"""
        return max(2, math.ceil((1.96 * spread / abs(difference)) ** 2 + 0.84))

    def round_half(difference, spread):
        """You rounded down"""
        return max(2, int((2.8 * spread) ** 2 // difference**2))


class verdict:
    def zero_inside(low, high, margin):
        """You call it "no difference that matters" whenever the interval contains 0"""
        if low < 0 < high:
            return "no difference that matters"
        if high < 0:
            return "routing helps"
        if low > 0:
            return "routing hurts"
        return "cannot tell"

    def margin_last(low, high, margin):
        """You let the side of 0 decide about an interval that is wholly within the margin"""
        if high < 0:
            return "routing helps"
        if low > 0:
            return "routing hurts"
        if -margin < low and high < margin:
            return "no difference that matters"
        return "cannot tell"

    def sign(low, high, margin):
        """You exchanged "helps" and "hurts". The numbers are differences of ERRORS: below"""
        if -margin < low and high < margin:
            return "no difference that matters"
        if low > 0:
            return "routing helps"
        if high < 0:
            return "routing hurts"
        return "cannot tell"

    def one_end(low, high, margin):
        """You never say "cannot tell". An interval that holds 0 and reaches beyond the"""
        if -margin < low and high < margin:
            return "no difference that matters"
        if low < 0:
            return "routing helps"
        if high > 0:
            return "routing hurts"
        return "cannot tell"

    def middle(low, high, margin):
        """letter by letter"""
        if -margin < low and high < margin:
            return "No difference that matters"
        return "routing helps" if high < 0 else "routing hurts" if low > 0 else "cannot tell"

    def sides_first_then_or(low, high, margin):
        """Two things: the margin comes first"""
        if high < 0:
            return "routing helps"
        if low > 0:
            return "routing hurts"
        if low > -margin or high < margin:
            return "no difference that matters"
        return "cannot tell"

    def abs_width(low, high, margin):
        """You compared the WIDTH of the interval with the margin"""
        if abs(high - low) < margin:
            return "no difference that matters"
        return "routing helps" if high < 0 else "routing hurts" if low > 0 else "cannot tell"


class held_out:
    def minus_zero(labels, things):
        """A class of fewer than five things goes WHOLLY into the test"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-(len(own) // 5) :])
        return test

    def pictures(labels, things):
        """You sort a class's pictures by their things, and take a fifth of the PICTURES"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            rows = (labels == j).nonzero().squeeze(1)
            rows = rows[things[rows].argsort(stable=True)]
            test[rows[-max(1, len(rows) // 5) :]] = True
        return test

    def all_classes_together(labels, things):
        """You take a fifth of all things"""
        own = things.unique()
        return torch.isin(things, own[-max(1, len(own) // 5) :])

    def lowest(labels, things):
        """You took the things with the lowest numbers"""
        test = torch.zeros_like(labels, dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test = test | torch.isin(things, own[: max(1, len(own) // 5)])
        return test

    def training(labels, things):
        """Your mask is True for the training pictures"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-max(1, len(own) // 5) :])
        return ~test

    def up(labels, things):
        """You rounded the fifth up"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-math.ceil(len(own) / 5) :])
        return test

    def overwrites(labels, things):
        """Only your last class has pictures in the test"""
        for j in labels.unique():
            own = things[labels == j].unique()
            test = torch.isin(things, own[-max(1, len(own) // 5) :])
        return test

    def counts_pictures(labels, things):
        """You took as many things as a fifth of the PICTURES. It is a fifth of the"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            mask = labels == j
            own = things[mask].unique()
            test |= torch.isin(things, own[-max(1, int(mask.sum()) // 5) :])
        return test

    def swapped(labels, things):
        """`isin(own[-max(1, len(own) // 5):], things)` should be `isin(things,"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(own[-max(1, len(own) // 5) :], things)
        return test

    def float(labels, things):
        """`len(own) / 5` should be `len(own) // 5`"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-max(1, len(own) / 5) :])
        return test

    def numbers(labels, things):
        """`.nonzero()` should go"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-max(1, len(own) // 5) :])
        return test.nonzero().flatten()

    def min(labels, things):
        """`min(1, len(own) // 5)` should be `max(1, len(own) // 5)`"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[-min(1, len(own) // 5) :])
        return test

    def no_unique(labels, things):
        """You look for a class's highest things among its last PICTURES. Pictures come in"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j]
            test |= torch.isin(things, own[-max(1, len(own) // 5) :])
        return test

    def lowest_and_up(labels, things):
        """There are two mistakes: you took the things with the lowest numbers"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test |= torch.isin(things, own[: math.ceil(len(own) / 5)])
        return test

    def every_fifth(labels, things):
        """You took every fifth number"""
        return things % 5 == 0

    def collects_with_and(labels, things):
        """You put nothing into the test"""
        test = torch.zeros(len(labels), dtype=torch.bool)
        for j in labels.unique():
            own = things[labels == j].unique()
            test &= torch.isin(things, own[-max(1, len(own) // 5) :])
        return test


class decide:
    def set(runs, seeds, fingerprint, margin, t):
        """Where a run is there twice"""
        there = {(arm, seed) for arm, seed, _, _ in runs}
        if there != {(arm, seed) for arm in ("claimed", "control") for seed in seeds}:
            return "not as promised"
        if any(registered != fingerprint for *_, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [errors["claimed", s] - errors["control", s] for s in seeds]
        mean, half = statistics.mean(d), t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(mean - half, mean + half, margin)

    def one_fingerprint(runs, seeds, fingerprint, margin, t):
        """`any((run[3] == fingerprint for run in runs))` should be `all("""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
            return "not as promised"
        if not any(run[3] == fingerprint for run in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [errors["claimed", s] - errors["control", s] for s in seeds]
        mean, half = statistics.mean(d), t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(mean - half, mean + half, margin)

    def list_order(runs, seeds, fingerprint, margin, t):
        """You paired the runs in the order in which they come"""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised or any(run[3] != fingerprint for run in runs):
            return "not as promised"
        ours = [error for arm, _, error, _ in runs if arm == "claimed"]
        theirs = [error for arm, _, error, _ in runs if arm == "control"]
        d = [x - y for x, y in zip(ours, theirs)]
        mean, half = statistics.mean(d), t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(mean - half, mean + half, margin)

    def no_control(runs, seeds, fingerprint, margin, t):
        """You hold only the claimed arm to its promise"""
        if sorted(seed for arm, seed, _, _ in runs if arm == "claimed") != sorted(seeds):
            return "not as promised"
        if any(registered != fingerprint for _, _, _, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [errors["claimed", s] - errors["control", s] for s in seeds]
        mean = statistics.mean(d)
        half = t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(mean - half, mean + half, margin)

    def margin_first(runs, seeds, fingerprint, margin, t):
        """You handed the margin to `registration.verdict` first"""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
            return "not as promised"
        if any(registered != fingerprint for _, _, _, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [errors["claimed", s] - errors["control", s] for s in seeds]
        mean = statistics.mean(d)
        half = t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(margin, mean - half, mean + half)

    def half_of_half(runs, seeds, fingerprint, margin, t):
        """Your interval is half as wide as it should be"""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
            return "not as promised"
        if any(registered != fingerprint for _, _, _, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [errors["claimed", s] - errors["control", s] for s in seeds]
        mean = statistics.mean(d)
        half = t * statistics.stdev(d) / math.sqrt(len(d)) / 2
        return registration.verdict(mean - half, mean + half, margin)

    def mean_only(runs, seeds, fingerprint, margin, t):
        """You judged the mean alone"""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
            return "not as promised"
        if any(registered != fingerprint for _, _, _, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        mean = statistics.mean(errors["claimed", s] - errors["control", s] for s in seeds)
        return registration.verdict(mean, mean, margin)

    def absolute(runs, seeds, fingerprint, margin, t):
        """`abs(errors['claimed', s] - errors['control', s])` should be `errors['claimed',"""
        promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
        if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
            return "not as promised"
        if any(registered != fingerprint for _, _, _, registered in runs):
            return "not as promised"
        errors = {(arm, seed): error for arm, seed, error, _ in runs}
        d = [abs(errors["claimed", s] - errors["control", s]) for s in seeds]
        mean = statistics.mean(d)
        half = t * statistics.stdev(d) / math.sqrt(len(d))
        return registration.verdict(mean - half, mean + half, margin)


class flaws:
    def elif_chain(claim):
        """You never give more than one entry"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        elif claim["chosen_by"] == "test":
            found.append("chosen on the test")
        elif claim["shared_things"] > 0:
            found.append("leak")
        elif claim["seeds"] == 1:
            found.append("one seed")
        elif claim["says"] == "better" and claim["high"] >= 0:
            found.append("says too much")
        elif claim["says"] == "equal" and (claim["low"] < -claim["margin"] or claim["high"] > claim["margin"]):
            found.append("says too much")
        return sorted(found)

    def equal_holds_zero(claim):
        """You let "equal" pass wherever the interval holds 0"""
        ours, theirs = claim["parameters"]
        low, high = claim["low"], claim["high"]
        tests = {
            "another size": abs(ours - theirs) > max(ours, theirs) / 20,
            "chosen on the test": claim["chosen_by"] == "test",
            "leak": claim["shared_things"] > 0,
            "one seed": claim["seeds"] == 1,
            "says too much": (claim["says"] == "better" and high >= 0)
            or (claim["says"] == "equal" and not low <= 0 <= high),
        }
        return sorted(name for name, found in tests.items() if found)

    def cannot_tell(claim):
        """You judge "cannot tell" as if it said "equal". Is that what your `else` does"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better":
            if claim["high"] >= 0:
                found.append("says too much")
        elif not (-claim["margin"] < claim["low"] and claim["high"] < claim["margin"]):
            found.append("says too much")
        return sorted(found)

    def set(claim):
        """On a sound claim, it returned a set; expected a list"""
        ours, theirs = claim["parameters"]
        found = set()
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.add("another size")
        if claim["chosen_by"] == "test":
            found.add("chosen on the test")
        if claim["shared_things"] > 0:
            found.add("leak")
        if claim["seeds"] < 2:
            found.add("one seed")
        if claim["says"] == "better" and claim["high"] >= 0:
            found.add("says too much")
        if claim["says"] == "equal" and not (-claim["margin"] < claim["low"] and claim["high"] < claim["margin"]):
            found.add("says too much")
        return found

    def sort_in_place(claim):
        """`.sort()` should go"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better" and claim["high"] >= 0:
            found.append("says too much")
        if claim["says"] == "equal" and not (-claim["margin"] < claim["low"] and claim["high"] < claim["margin"]):
            found.append("says too much")
        return found.sort()

    def beyond_margin(claim):
        """For "better" you allow everything below +margin"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better" and claim["high"] >= claim["margin"]:
            found.append("says too much")
        if claim["says"] == "equal" and not (-claim["margin"] < claim["low"] and claim["high"] < claim["margin"]):
            found.append("says too much")
        return sorted(found)

    def equal_forgotten(claim):
        """You never blame "equal". It says too much"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better" and claim["high"] >= 0:
            found.append("says too much")
        return sorted(found)

    def twenty(claim):
        """You let sizes differ by more than a twentieth of the larger one"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) * 0.2:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better" and claim["high"] >= 0:
            found.append("says too much")
        if claim["says"] == "equal" and not (-claim["margin"] < claim["low"] and claim["high"] < claim["margin"]):
            found.append("says too much")
        return sorted(found)

    def precedence(claim):
        """For "equal" you blame only what is below −margin"""
        ours, theirs = claim["parameters"]
        found = []
        if abs(ours - theirs) > max(ours, theirs) / 20:
            found.append("another size")
        if claim["chosen_by"] == "test":
            found.append("chosen on the test")
        if claim["shared_things"] > 0:
            found.append("leak")
        if claim["seeds"] < 2:
            found.append("one seed")
        if claim["says"] == "better" and claim["high"] >= 0:
            found.append("says too much")
        if claim["says"] == "equal" and not (-claim["margin"] < claim["low"]) and claim["high"] < claim["margin"]:
            found.append("says too much")
        return sorted(found)


class front_cost:
    def grey(shape, layers, channels):
        """Your first convolution reads one map"""
        side, before, total = shape[1], 1, 0
        for (kernel, stride), width in zip(layers, channels):
            total += width * (before * kernel**2 + 3)
            side = (side - kernel) // stride + 1 if kernel <= side else 0
            before = width
        return side, total

    def stops(shape, layers, channels):
        """Your PARAMETERS stop where a kernel does not fit"""
        before, side, _ = shape
        total = 0
        for (kernel, stride), width in zip(layers, channels):
            if kernel > side:
                return 0, total
            side = (side - kernel) // stride + 1
            total += width * (before * kernel * kernel + 3)
            before = width
        return side, total

    def true_division(shape, layers, channels):
        """`(side - kernel) / stride` should be `(side - kernel) // stride`"""
        before, side, _ = shape
        total = 0
        for (kernel, stride), width in zip(layers, channels):
            side = (side - kernel) / stride + 1 if kernel <= side else 0
            total += width * (before * kernel**2 + 1 + 2)
            before = width
        return side, total

    def norm_once(shape, layers, channels):
        """Your count leaves the normalisation out"""
        before, side, _ = shape
        total = 0
        for (kernel, stride), width in zip(layers, channels):
            side = (side - kernel) // stride + 1 if side >= kernel else 0
            total += width * before * kernel**2 + width
            before = width
        return side, total

    def bias_by_before(shape, layers, channels):
        """You count bias and normalisation once for each map that comes IN. They belong"""
        side, total, before = shape[1], 0, shape[0]
        for (kernel, stride), width in zip(layers, channels, strict=True):
            total += width * before * (kernel**2 + 3)
            side = 0 if kernel > side else (side - kernel) // stride + 1
            before = width
        return side, total

    def depthwise(shape, layers, channels):
        """Your filters read one map each"""
        side, total = shape[1], 0
        for (kernel, stride), width in zip(layers, channels, strict=True):
            total += width * (kernel**2 + 3)
            side = 0 if kernel > side else (side - kernel) // stride + 1
        return side, total

    def side_that_is_a_float(shape, layers, channels):
        """`(side - kernel) / stride` should be `(side - kernel) // stride`"""
        before, side, _ = shape
        parameters = 0
        for (kernel, stride), width in zip(layers, channels):
            parameters += width * (before * kernel**2 + 3)
            side = (side - kernel) / stride + 1 if kernel <= side else 0
            before = width
        return side, parameters

    def hwc(shape, layers, channels):
        """You read the shape as (h"""
        side, _, before = shape
        parameters = 0
        for (kernel, stride), width in zip(layers, channels):
            parameters += width * (before * kernel**2 + 3)
            side = (side - kernel) // stride + 1 if kernel <= side else 0
            before = width
        return side, parameters

    def last_only(shape, layers, channels):
        """it is inside the loop, and ends it in the first round"""
        before, side, _ = shape
        parameters = 0
        for (kernel, stride), width in zip(layers, channels):
            parameters += width * (before * kernel**2 + 3)
            side = (side - kernel) // stride + 1 if kernel <= side else 0
            before = width
            return side, parameters

    def assigns(shape, layers, channels):
        """every round overwrites what the one before it gave"""
        before, side, _ = shape
        parameters = 0
        for (kernel, stride), width in zip(layers, channels):
            parameters = width * (before * kernel**2 + 3)
            side = (side - kernel) // stride + 1 if kernel <= side else 0
            before = width
        return side, parameters


class lengths:
    def eps_outside(v, eps=1e-8):
        """The values are right"""
        return (v * v).sum(dim=-1).sqrt() + eps

    def keepdim(v, eps=1e-8):
        """Your lengths still carry an axis of size 1"""
        return ((v**2).sum(-1, keepdim=True) + eps).sqrt()

    def rms(v, eps=1e-8):
        """You took the mean of the squares"""
        return torch.sqrt(torch.mean(v**2, dim=-1) + eps)

    def axis_1(v, eps=1e-8):
        """You summed along axis 1"""
        return (v.pow(2).sum(1) + eps).sqrt()

    def half_by_division(v, eps=1e-8):
        """You return half of the squared length"""
        return ((v * v).sum(-1) + eps) / 2

    def abs_in_place(v, eps=1e-8):
        """`.abs_()` should go"""
        v.abs_()
        return ((v * v).sum(-1) + eps).sqrt()

    def root_before_sum(v, eps=1e-8):
        """You add up the sizes of the entries"""
        return (v * v).sqrt().sum(-1)

    def abs_of_sum(v, eps=1e-8):
        """Your result is the size of the SUM of the entries"""
        return v.sum(-1).abs() + eps

    def norm_plus_eps(v, eps=1e-8):
        """With a large eps your lengths are not √(Σ v² + eps)"""
        return v.norm(dim=-1) + eps

    def axis_1_no_eps(v, eps=1e-8):
        """There are two mistakes. You summed along axis 1"""
        return (v * v).sum(1).sqrt()

    def eps_to_v(v, eps=1e-8):
        """You add eps to the entries before you square them"""
        return ((v + eps) ** 2).sum(-1).sqrt()


class pose:
    def x_y_exchanged(image, eps=1e-8):
        """You exchanged x and y throughout"""
        h, w = image.shape[1:]
        x = torch.arange(h, dtype=image.dtype)[:, None]
        y = torch.arange(w, dtype=image.dtype)
        mass = image.sum(dim=(1, 2)) + eps
        mean_x = (image * x).sum(dim=(1, 2)) / mass
        mean_y = (image * y).sum(dim=(1, 2)) / mass
        dx = x - mean_x[:, None, None]
        dy = y - mean_y[:, None, None]
        covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
        variance = (image * dy**2).sum(dim=(1, 2)) / mass
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def variance_of_x(image, eps=1e-8):
        """You divided by var(x)"""
        h, w = image.shape[1:]
        x = torch.arange(w, dtype=image.dtype)
        y = torch.arange(h, dtype=image.dtype)[:, None]
        mass = image.sum(dim=(1, 2)) + eps
        mean_x = (image * x).sum(dim=(1, 2)) / mass
        mean_y = (image * y).sum(dim=(1, 2)) / mass
        dx = x - mean_x[:, None, None]
        dy = y - mean_y[:, None, None]
        covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
        variance = (image * dx * dx).sum(dim=(1, 2)) / mass
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def variance_not_weighted(image, eps=1e-8):
        """In the slant your variance counts all pixels alike"""
        h, w = image.shape[1:]
        x = torch.arange(w, dtype=image.dtype)
        y = torch.arange(h, dtype=image.dtype)[:, None]
        mass = image.sum(dim=(1, 2)) + eps
        mean_x = (image * x).sum(dim=(1, 2)) / mass
        mean_y = (image * y).sum(dim=(1, 2)) / mass
        dx = x - mean_x[:, None, None]
        dy = y - mean_y[:, None, None]
        covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
        variance = (dy**2).mean(dim=(1, 2))
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def mean_not_unsqueezed(image, eps=1e-8):
        """The means have shape (b,) and do not line up with pixels"""
        h, w = image.shape[1:]
        x = torch.arange(w, dtype=image.dtype)
        y = torch.arange(h, dtype=image.dtype).view(h, 1)
        mass = image.sum(dim=(1, 2)) + eps
        mean_x = (image * x).sum(dim=(1, 2)) / mass
        mean_y = (image * y).sum(dim=(1, 2)) / mass
        dx = x - mean_x
        dy = y - mean_y
        covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
        variance = (image * dy**2).sum(dim=(1, 2)) / mass
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def one_mass_for_batch(image, eps=1e-8):
        """You divided by the mass of the whole batch"""
        h, w = image.shape[1:]
        x = torch.arange(w, dtype=image.dtype)
        y = torch.arange(h, dtype=image.dtype)[:, None]
        mass = image.sum() + eps
        mean_x = (image * x).sum(dim=(1, 2)) / mass
        mean_y = (image * y).sum(dim=(1, 2)) / mass
        dx = x - mean_x[:, None, None]
        dy = y - mean_y[:, None, None]
        covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
        variance = (image * dy**2).sum(dim=(1, 2)) / mass
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def x_by_the_height_alone(image, eps=1e-8):
        """Something as long as the image is high runs along the columns"""
        b, h, w = image.shape
        x, y = torch.arange(h, dtype=image.dtype), torch.arange(h, dtype=image.dtype)[:, None]
        mass = image.sum(dim=(1, 2)) + eps
        mx, my = (image * x).sum(dim=(1, 2)) / mass, (image * y).sum(dim=(1, 2)) / mass
        dx, dy = x - mx[:, None, None], y - my[:, None, None]
        cov = (image * dx * dy).sum(dim=(1, 2)) / mass
        var = (image * dy * dy).sum(dim=(1, 2)) / mass
        return torch.stack([mx, my, cov / (var + eps)], dim=1)


class equivariance_error:
    def no_abs(f, move, move_pose, image):
        """You forgot the absolute value"""
        return (f(move(image)) - move_pose(f(image))).max()

    def moved_twice(f, move, move_pose, image):
        """You moved the image on both sides"""
        moved = move(image)
        return (f(moved) - move_pose(f(moved))).abs().max()

    def invariance(f, move, move_pose, image):
        """You compare with f(image) itself"""
        return torch.max(torch.abs(f(move(image)) - f(image)))

    def norm(f, move, move_pose, image):
        """You took the root of the summed squares"""
        return torch.norm(f(move(image)) - move_pose(f(image)))

    def other_order_max(f, move, move_pose, image):
        """`max()` should be `abs().max()`"""
        return (move_pose(f(image)) - f(move(image))).max()

    def amax_of_axis_1(f, move, move_pose, image):
        """You return one error per image"""
        return (f(move(image)) - move_pose(f(image))).abs().max(dim=1).values

    def relu(f, move, move_pose, image):
        """`relu()` should be `abs()`"""
        return (f(move(image)) - move_pose(f(image))).relu().max()

    def item(f, move, move_pose, image):
        """`.item()` should go"""
        return (f(move(image)) - move_pose(f(image))).abs().max().item()


class pose_test:
    def dx_dy_swapped(pose):
        """Your test fails on every right pose, and is silent on one that gives the row first"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
        before = pose(image)
        moved = image.roll((3, 2), dims=(1, 2))
        assert torch.allclose(pose(moved), before + torch.tensor([3.0, 2.0, 0.0]), atol=1e-3)
        assert torch.allclose(pose(0.5 * image), before, atol=1e-3)

    def same_shift(pose):
        """Whoever exchanges x and y is not found by your test"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
        before = pose(image)
        moved = image.roll((2, 2), dims=(1, 2))
        assert torch.allclose(pose(moved), before + torch.tensor([2.0, 2.0, 0.0]), atol=1e-3)
        assert torch.allclose(pose(0.5 * image), before, atol=1e-3)

    def returns_bool(pose):
        """Your test returned a bool"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
        before = pose(image)
        moved = image.roll((3, 2), dims=(1, 2))
        same = torch.allclose(pose(moved), before + torch.tensor([2.0, 3.0, 0.0]), atol=1e-3)
        return same and torch.allclose(pose(0.5 * image), before, atol=1e-3)

    def absolute_numbers(pose):
        """On a right pose that counts columns and rows from 1, this line gives an alarm"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = 1.0
        before = pose(image)
        assert torch.allclose(before, torch.tensor([[6.0, 4.5, 0.0]]).expand(2, 3), atol=1e-3)
        moved = image.roll((3, 2), dims=(1, 2))
        assert torch.allclose(pose(moved), before + torch.tensor([2.0, 3.0, 0.0]), atol=1e-3)
        assert torch.allclose(pose(0.5 * image), before, atol=1e-3)

    def no_fainter(pose):
        """finds no pose that depends on the brightness"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
        before = pose(image)
        for dy in (0, 1, 3):
            for dx in (0, 2, 4):
                after = pose(image.roll((dy, dx), dims=(1, 2)))
                assert torch.allclose(after, before + torch.tensor([dx, dy, 0.0]), atol=1e-3)

    def fainter_alone(pose):
        """lets pass even a pose that never moves"""
        image = torch.zeros(2, 12, 14)
        image[:, 3:7, 4:9] = torch.rand(2, 4, 5)
        assert torch.allclose(pose(0.5 * image), pose(image), atol=1e-3)


class paired_interval:
    def first_minus_second(first, second, t=2.776):
        """You subtract second from first"""
        d = first - second
        half = t * d.std() / len(d) ** 0.5
        return (d.mean() - half).item(), d.mean().item(), (d.mean() + half).item()

    def unpaired(first, second, t=2.776):
        """You take the spread of each group by itself"""
        k = len(first)
        mean = (second.mean() - first.mean()).item()
        half = t * ((first.var() + second.var()) / k).sqrt().item()
        return mean - half, mean, mean + half

    def no_root(first, second, t=2.776):
        """You divide by k"""
        g = second - first
        h = t * g.std() / len(g)
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def no_sqrt_at_all(first, second, t=2.776):
        """Your interval is that of a single run"""
        g = second - first
        h = t * g.std()
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def population(first, second, t=2.776):
        """Your standard deviation divides by k"""
        g = second - first
        h = t * g.std(correction=0) / len(g) ** 0.5
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def t_ignored(first, second, t=2.776):
        """You use 1.96"""
        g = second - first
        h = 1.96 * g.std() / len(g) ** 0.5
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def order(first, second, t=2.776):
        """`(g.mean().item(), (g.mean() - h).item(), (g.mean() + h).item())` should be"""
        g = second - first
        h = t * g.std() / len(g) ** 0.5
        return g.mean().item(), (g.mean() - h).item(), (g.mean() + h).item()

    def hard5(first, second, t=2.776):
        """You divide by √5"""
        g = second - first
        h = t * g.std() / math.sqrt(5)
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def variance(first, second, t=2.776):
        """`var()` should be `std()`"""
        g = second - first
        h = t * g.var() / len(g) ** 0.5
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def noreturn(first, second, t=2.776):
        """On five seeds that go up and down together, it returned None"""
        g = second - first
        h = t * g.std() / len(g) ** 0.5
        print(g.mean() - h, g.mean(), g.mean() + h)

    def wrongarg(first, second, t=2.776):
        """`std(ddof=1)` should be `std()`"""
        g = second - first
        h = t * g.std(ddof=1) / len(g) ** 0.5
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()

    def percent(first, second, t=2.776):
        """You divide by the first error"""
        g = (second - first) / first * 100
        h = t * g.std() / len(g) ** 0.5
        return (g.mean() - h).item(), g.mean().item(), (g.mean() + h).item()


class fgsm:
    def no_sign(objective, images, eps):
        """You move by eps times the gradient"""
        x = images.detach().clone().requires_grad_()
        g = torch.autograd.grad(objective(x).sum(), x)[0]
        return (images + eps * g).clamp(0, 1)

    def down(objective, images, eps):
        """You subtract the step"""
        x = images.detach().clone().requires_grad_()
        g = torch.autograd.grad(objective(x).sum(), x)[0]
        return (images - eps * g.sign()).clamp(0, 1)

    def backward_of_vector(objective, images, eps):
        """`objective` gives one number for each image"""
        x = images.detach().clone().requires_grad_()
        objective(x).backward()
        return (images + eps * x.grad.sign()).clamp(0, 1)

    def zero_goes_up(objective, images, eps):
        """Where the gradient is zero your pixels go up"""
        x = images.detach().clone().requires_grad_()
        g = torch.autograd.grad(objective(x).sum(), x)[0]
        return torch.where(g >= 0, images + eps, images - eps).clamp(0, 1)

    def noclamp(objective, images, eps):
        """Some of your pixels are below 0 or above 1"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).sum(), x)
        return images + eps * g.sign()

    def requires_grad_on_input(objective, images, eps):
        """On a slope that is the same everywhere (eps=0.1), it"""
        images.requires_grad_(True)
        objective(images).sum().backward()
        return (images + eps * images.grad.sign()).clamp(0, 1).detach()

    def nosum(objective, images, eps):
        """`objective` gives one number for each image"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x), x)
        return (images + eps * g.sign()).clamp(0, 1)

    def tuple(objective, images, eps):
        """`[0]` is missing behind"""
        x = images.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(objective(x).sum(), x)
        return (images + eps * g.sign()).clamp(0, 1)

    def clamp_eps(objective, images, eps):
        """You clip the picture to (−eps"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).sum(), x)
        return (images + eps * g.sign()).clamp(-eps, eps)

    def alias_detach(objective, images, eps):
        """`detach()` should be `clone()`"""
        x = images.detach().requires_grad_(True)
        objective(x).sum().backward()
        x.data += eps * x.grad.sign()
        return x.detach().clamp(0, 1)

    def strict(objective, images, eps):
        """Where the gradient is zero your pixels move nevertheless"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).sum(), x)
        return (images + torch.where(g > 0, eps, -eps)).clamp(0, 1)

    def max_instead(objective, images, eps):
        """Only one image of your batch is attacked"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).max(), x)
        return (images + eps * g.sign()).clamp(0, 1)

    def l2(objective, images, eps):
        """You divide the gradient by its length"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).sum(), x)
        n = g.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
        return (images + eps * g / n).clamp(0, 1)

    def only_change(objective, images, eps):
        """You return the step alone"""
        x = images.detach().clone().requires_grad_(True)
        (g,) = torch.autograd.grad(objective(x).sum(), x)
        return (eps * g.sign()).clamp(0, 1)


class routing_test:
    def sums_and_positive(route):
        """That is one property of a routing"""
        v, c = route(torch.randn(2, 5, 3, 6), 3)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)
        assert (c >= 0).all()

    def shapes_alone(route):
        """All of these mistakes have the right shapes: assert something about the numbers"""
        v, c = route(torch.randn(2, 5, 3, 6), 3)
        assert v.shape == (2, 3, 6)
        assert c.shape == (2, 5, 3)

    def uniform_first_alone(route):
        """What do a child's couplings sum to at the end?"""
        _, first = route(torch.randn(2, 5, 3, 6), 1)
        assert torch.allclose(first, torch.full_like(first, 1 / 3), atol=1e-4)

    def squash_of_s(route):
        """On a right routing with the exponential squash, this line gives an alarm"""
        u_hat = torch.randn(2, 5, 3, 6)
        v, c = route(u_hat, 3)
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        assert torch.allclose(c.sum(dim=2), torch.ones(2, 5), atol=1e-4)
        assert torch.allclose(caps.squash(s), v, atol=1e-4)

    def reference_numbers(route):
        """Right routings with another squash or smaller steps fail your test"""
        u_hat = 2 * torch.randn(2, 5, 3, 6)
        for votes in (u_hat, u_hat * 0):
            for turns in (1, 3):
                for got, want in zip(route(votes, turns), caps.dynamic_routing(votes, turns)):
                    assert torch.allclose(got, want, atol=1e-4)

    def winner_grows_without_zeros(route):
        """On every right one, this line gives an alarm"""
        u_hat, order = 2 * torch.randn(2, 5, 3, 6), torch.tensor([3, 0, 4, 1, 2])
        v, c = route(u_hat, 3)
        close = lambda x, y: torch.allclose(x, y, atol=1e-4)
        assert close(c.sum(dim=2), torch.ones(2, 5))
        _, first = route(u_hat, 1)
        assert close(first, torch.full_like(first, 1 / 3))
        assert not close(first, c)
        assert v.norm(dim=2).max() < 1.0001
        assert close(route(u_hat[:1], 3)[0], v[:1])
        assert close(route(u_hat[:, order], 3)[0], v)
        flipped, same = route(-u_hat, 3)
        assert close(flipped, -v)
        assert close(same, c)
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        assert torch.cosine_similarity(s, v, dim=2).min() > 0.999
        for n in (1, 4):
            (_, a), (_, b) = route(u_hat, n), route(u_hat, n + 1)
            assert (b.amax(2) >= a.amax(2) - 1e-4).all()
