"""Write `votes(u, weight)`: every child i of every image b votes for every parent j, û_{j|i} = u_i W_ij. `u` is (b, i,
d), `weight` is (i, j, d, z), the votes are (b, i, j, z). Loops are allowed."""

import torch

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Start from the worked line for one image. What does it need for a whole batch?",
    "Every letter of the output is a loop that fills a place; a letter that is missing there is a loop that adds. "
    "The images of a batch are filled, not added.",
    'In `torch.einsum("…,…->…", u, weight)` write one letter per axis: `bid` for u, `ijdz` for weight, and the '
    "shape that you want after the arrow.",
)
AXES = ("b i j z",)

reference = functional.votes


def oracle(u, weight):
    b, i, j = range(u.shape[0]), range(u.shape[1]), range(weight.shape[1])
    return grid([[[u[n, k] @ weight[k, p] for p in j] for k in i] for n in b])


def cases():
    silent = numbers(2, 5, 4, seed=8)
    silent[:, 1] = 0
    return [
        case("u (b=2, i=5, d=4) and weight (i=5, j=3, d=4, z=6)", numbers(2, 5, 4), numbers(5, 3, 4, 6, seed=1)),
        case("a weight whose d and z are both 4", numbers(2, 5, 4, seed=2), numbers(5, 3, 4, 4, seed=3)),
        case("a batch of 1", numbers(1, 5, 4, seed=4), numbers(5, 3, 4, 6, seed=5)),
        case("one child and two parents", numbers(3, 1, 4, seed=6), numbers(1, 2, 4, 6, seed=7)),
        case("a batch in which child 1 is the zero vector", silent, numbers(5, 3, 4, 6, seed=9)),
        case("huge poses", numbers(2, 5, 4, seed=10, scale=1e4), numbers(5, 3, 4, 6, seed=11), atol=0.1),
        case("float64 tensors", numbers(2, 5, 4, seed=12).double(), numbers(5, 3, 4, 6, seed=13).double()),
    ]


def _silent_child_votes_zero(item, value):
    silent = (item.args[0] == 0).all(dim=2)  # (b, i)
    loud = bool(silent.any()) and value[silent].abs().max() > 0
    return "a child whose pose is zero gives votes that are not: a vote is u_i W_ij and nothing more." if loud else None


def _nobody_is_left_out(item, value):
    u = item.args[0]
    silent = (u == 0).all(dim=2)[:, :, None].expand(value.shape[:3])  # (b, i, j)
    given = (value != 0).any(dim=3) | silent
    if not given.any():
        return "every vote is 0."
    for axis, one in enumerate(("of image", "of child", "for parent")):
        others = [n for n in range(3) if n != axis]
        none = [str(n) for n, some in enumerate(given.amax(dim=others).tolist()) if not some]
        if none:
            return (
                f"the votes {one} {' and '.join(none)} are all 0. Does a loop end too early, at "
                "a `return` inside it or at a range that is typed in?"
            )
    return None


properties = (_silent_child_votes_zero, _nobody_is_left_out)


class right:
    def by_loops(u, weight):
        (b, i, d), j, z = u.shape, weight.shape[1], weight.shape[3]
        u_hat = torch.zeros(b, i, j, z, dtype=u.dtype)
        for n in range(b):
            for child in range(i):
                for parent in range(j):
                    for k in range(d):
                        u_hat[n, child, parent] += u[n, child, k] * weight[child, parent, k]
        return u_hat

    def by_matmul(u, weight):
        return (u[:, :, None, None, :] @ weight).squeeze(-2)

    def by_broadcast(u, weight):
        return (u.unsqueeze(2).unsqueeze(-1) * weight.unsqueeze(0)).sum(dim=3)

    def child_by_child(u, weight):
        return torch.stack([torch.tensordot(u[:, i], weight[i], dims=([1], [1])) for i in range(u.shape[1])], dim=1)


class wrong:
    def first_image_for_all(u, weight):
        """Every image gets the votes of image 0. Is there a `[0]`, or a loop that stops after the first image? Let the
        batch run along: `bid,ijdz->bijz`."""
        return torch.einsum("id,ijdz->ijz", u[0], weight).expand(len(u), -1, -1, -1)

    def transposed_weight(u, weight):
        """You multiply by the transposed matrix: W_ij is (d, z), so d is its first axis and z its second."""
        return torch.einsum("bid,ijzd->bijz", u, weight)

    def plain_matmul(u, weight):
        """You wrote `u @ weight`. It lines u's children up as rows of ONE matrix, but each child has matrices of its
        own: give u the axes (b, i, 1, 1, d) first, or use einsum."""
        return u @ weight

    def transposed_by_matmul(u, weight):
        """You transposed the matrices before the product. Each W_ij is (d, z) already, ready for the row u_i."""
        return (u[:, :, None, None, :] @ weight.transpose(2, 3)).squeeze(3)

    def reshaped_without_a_transpose(u, weight):
        """Your matrices are mixed up. Is there a reshape that is meant to bring d in front of j? It moves no axis, and
        only cuts the numbers in another way. Use `weight.transpose(1, 2)`, or einsum."""
        i, j, d, z = weight.shape
        return (u.unsqueeze(2) @ weight.reshape(i, d, j * z)).reshape(len(u), i, j, z)

    def one_axis_too_few(u, weight):
        """You gave u one new axis, and matmul still matches the children of u with the parents of weight. It needs two:
        (b, i, 1, 1, d), one for j and one to make u_i a row."""
        return u.unsqueeze(2) @ weight

    def parents_first_in_weight(u, weight):
        """You read weight as (j, i, d, z). In this course the child comes first: (i, j, d, z)."""
        return torch.einsum("bid,jidz->bijz", u, weight)

    def parents_first_in_a_loop(u, weight):
        """You read weight as (j, i, d, z). In this course the child comes first: `weight[i, j]`."""
        b, i, j = range(u.shape[0]), range(u.shape[1]), range(weight.shape[1])
        return torch.stack([torch.stack([torch.stack([u[n, c] @ weight[p, c] for p in j]) for c in i]) for n in b])

    def matrix_in_front(u, weight):
        """You put the matrix in front, as the paper does with columns. Poses are rows here, u_i W_ij: give u the axes
        (b, i, 1, 1, d) and write it in front."""
        return (weight @ u[:, :, None, :, None]).squeeze(-1)

    def one_matrix_for_all_children(u, weight):
        """You give every child the matrices of child 0. A nose and a mouth need different ones: `weight` has an axis i,
        and it must line up with that of u."""
        return torch.einsum("bid,jdz->bijz", u, weight[0])

    def first_child_for_all(u, weight):
        """In your votes child 0 speaks for everybody: each child votes with its own pose, u[b, i]."""
        return functional.votes(u[:, :1].expand_as(u), weight)

    def one_parent_for_all(u, weight):
        """Every parent gets the votes for parent 0. Each has its own matrices, weight[:, j]: the letter j belongs to
        `weight` and to the result."""
        return functional.votes(u, weight[:, :1].expand_as(weight))

    def children_in_a_letter_of_their_own(u, weight):
        """Every child votes with the sum of all the poses. In einsum that is what two letters for the children do: the
        same i belongs to u and to weight."""
        return torch.einsum("bkd,ijdz->bijz", u, weight)

    def summed_over_children(u, weight):
        """You added the votes of all children. That comes later, when each has its weight (routing): keep axis i."""
        return torch.einsum("bid,ijdz->bjz", u, weight)

    def summed_over_parents(u, weight):
        """You added up what a child says about different parents. Each parent gets a vote of its own: keep axis j."""
        return torch.einsum("bid,ijdz->biz", u, weight)

    def summed_over_images(u, weight):
        """You added the votes of different images. The images of a batch know nothing of each other: keep axis b."""
        return torch.einsum("bid,ijdz->ijz", u, weight)

    def not_summed_over_d(u, weight):
        """You multiplied and did not add: a row vector times a matrix is a sum over d, and d must be gone."""
        return torch.einsum("bid,ijdz->bijdz", u, weight)

    def mean_over_d(u, weight):
        """Your votes are divided by d. A matrix product is the sum over d, not the mean."""
        return functional.votes(u, weight) / u.shape[2]

    def divided_by_root_d(u, weight):
        """Every vote is half of what it should be. Did you divide by √d, which is 2 here? A vote is the matrix product
        as it is."""
        return functional.votes(u, weight) / u.shape[2] ** 0.5

    def overwritten_instead_of_added(u, weight):
        """Only the last d is in your votes. If there is a loop over d, add to the vote inside it (`+=`) instead of
        overwriting it: d is summed."""
        return u[:, :, -1, None, None] * weight[:, :, -1]

    def parents_before_children(u, weight):
        """Your votes come out as (b, j, i, z). Children first: (b, i, j, z)."""
        return torch.einsum("bid,ijdz->bjiz", u, weight)

    def squashed_votes(u, weight):
        """You squashed the votes. A vote is an opinion about a pose, not yet a capsule: squash comes after the sum."""
        return functional.squash(functional.votes(u, weight))

    def one_image_line(u, weight):
        """That is the line for one image, and u holds a batch: put b in front of u's letters and of the output's."""
        return torch.einsum("id,ijdz->ijz", u, weight)

    def zeros_in_float32(u, weight):
        """The values are right, but they come out as float32 whatever comes in, so float64 is rounded. Are there zeros
        made without a dtype, or a `.float()`? `u.new_zeros(…)` takes u's dtype."""
        u_hat = torch.zeros(u.shape[0], *weight.shape[:2], weight.shape[3])
        u_hat += functional.votes(u, weight)
        return u_hat

    def squashed_children(u, weight):
        """You squashed u before it votes. The poses come in ready: a vote is u_i W_ij and nothing more."""
        return functional.votes(functional.squash(u), weight)

    def axes_b_and_i_exchanged(u, weight):
        """You read u as (i, b, d). The batch comes first: `bid,ijdz->bijz`."""
        return torch.einsum("ibd,ijdz->bijz", u, weight)

    def children_of_both_kept(u, weight):
        """Every child meets the matrices of every other child: (b, i, i, j, z). tensordot over d alone does so, and two
        letters for the children do. The same i belongs to u and to weight: `bid,ijdz->bijz`."""
        return torch.tensordot(u, weight, dims=([2], [2]))
