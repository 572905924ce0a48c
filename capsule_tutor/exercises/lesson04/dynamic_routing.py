"""Write `dynamic_routing(u_hat, iterations=3, bias=None)` for a whole batch and return `(v, c)`: the parents' outputs v
(b, j, z) and c (b, i, j), the couplings that made them. The logits start at 0; `iterations` counts the softmaxes; a
bias (j, z), if there is one, is added to s before every squash. You may call coupling, parent_poses, agreement and
squash. Let gradients flow through everything."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson02.squash import oracle as slow_squash
from capsule_tutor.exercises.lesson04.agreement import agreement
from capsule_tutor.exercises.lesson04.agreement import wrong as wrong_agreement
from capsule_tutor.exercises.lesson04.coupling import coupling, shares_sum_to_one
from capsule_tutor.exercises.lesson04.parent_poses import parent_poses
from capsule_tutor.exercises.loops import per_image, softmax
from capsule_tutor.exercises.properties import shorter_than_one

EFFORT = {"minutes": 15, "difficulty": 4, "importance": 5}
HINTS = (
    "It is the loop of route_one with your three functions in it: couple, sum, squash, and measure agreement.",
    "Inside `for iteration in range(iterations)`: c from the logits, s from c and the votes, the bias if there "
    "is one, v. Add the agreement to the logits, except after the last v.",
    "`c = coupling(logits)`, `s = parent_poses(c, u_hat)`, `v = squash(s if bias is None else s + bias)`; then the "
    "logits, `if iteration < ...:`. Return the v and the c of the last time round.",
)
AXES = ("b j z", "b i j")

reference = functional.dynamic_routing
ALSO_TAKEN_OUT = ("functional:_route",)


def oracle(u_hat, iterations=3, bias=None):
    return per_image(_route_one, u_hat, iterations, bias)


def _route_one(u_hat: Tensor, iterations: int, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    children, parents = range(u_hat.shape[0]), range(u_hat.shape[1])
    logits = [[u_hat.new_zeros(()) for _ in parents] for _ in children]
    for _ in range(iterations):
        c = [softmax(torch.stack(row)) for row in logits]
        s = [sum(c[i][j] * u_hat[i, j] for i in children) + (0 if bias is None else bias[j]) for j in parents]
        v = [slow_squash(s_j) for s_j in s]
        logits = [[logits[i][j] + u_hat[i, j] @ v[j] for j in parents] for i in children]
    return torch.stack(v), torch.stack(c)


def cases():
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("the same votes", numbers(2, 5, 3, 6), iterations=1),
        case("the same votes", numbers(2, 5, 3, 6), iterations=2),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("other votes", numbers(2, 5, 3, 6, seed=2), iterations=3, bias=numbers(3, 6, seed=12)),
        case("votes of length about 20", numbers(2, 5, 3, 6, seed=3, scale=8.0), iterations=2, atol=1e-4),
        case("votes of zero", torch.zeros(2, 5, 3, 6)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
        case("float64 votes", numbers(2, 5, 3, 6, seed=5).double(), iterations=1),
    ]


def _couplings_not_shares(item, value):
    return shares_sum_to_one(item, value[1])


def _not_uniform_at_first(item, value):
    c = value[1]
    if item.kwargs.get("iterations") != 1 or (c - 1 / c.shape[2]).abs().max() < 1e-4:
        return None
    return "no agreement has been measured yet, so every coupling should be 1 over the number of parents."


def _other_outputs(s, c, bias, iterations):
    """(what is said, the v that it gives) for each mistake that may be made with the sum s."""
    plus = 0 if bias is None else bias
    for name, n in (("children", c.shape[1]), ("parents", c.shape[2])):
        if n > 1:
            says = f"s is divided by the number of {name}. s is a plain sum: s_j = Σ_i c_ij û_ij."
            yield says, functional.squash(s / n + plus)
    says = "s is divided by Σ_i c_ij, which makes it a weighted mean. s is a plain sum: s_j = Σ_i c_ij û_ij."
    yield says, functional.squash(s / c.sum(1).unsqueeze(2) + plus)
    yield "v is squashed twice. Once is enough: v = squash(s).", functional.squash(functional.squash(s + plus))
    if bias is not None:
        yield "the last s holds no bias. Add it to s in every iteration.", functional.squash(s)
        for n in range(2, iterations + 1):
            says = f"the last s holds the bias {n} times. In every iteration, add it once to the new s."
            yield says, functional.squash(s + n * bias)


def _other_couplings(item, value):
    u_hat, bias, (v, c) = item.args[0], item.kwargs.get("bias"), value
    s = parent_poses(c, u_hat)
    made = functional.squash(s if bias is None else s + bias)
    if torch.allclose(made, v, rtol=1e-2, atol=1e-3):
        return None
    formula = "squash(Σ_i c_ij û_ij)" if bias is None else "squash(Σ_i c_ij û_ij + bias)"
    for says, other in _other_outputs(s, c, bias, item.kwargs.get("iterations", 3)):
        if torch.allclose(other, v, rtol=1e-3, atol=1e-4):
            return says
    if torch.allclose(reference(*item.args, **item.kwargs)[1], c, rtol=1e-3, atol=1e-4):
        return (
            f"c is right, but v is not {formula} with this c. Does v come from the last iteration, and is its s "
            "squashed exactly once, with `squash`?"
        )
    return (
        f"v is not {formula} with the c that you return. Is s another sum? Is it squashed exactly once, with `squash`? "
        "Or is c not the one that made v? Look at how s is built, and return v and c of the last iteration."
    )


properties = (_couplings_not_shares, shorter_than_one, _not_uniform_at_first, _other_couplings)


def _loop(
    u_hat,
    iterations,
    bias,
    *,
    axis=2,
    updates=None,
    squash=functional.squash,
    measure=agreement,
    heard=parent_poses,
    accumulate=True,
    bias_until_last=True,
):
    """The right loop with one thing changed. `updates`: after how many iterations the logits are updated."""
    updates = iterations - 1 if updates is None else updates
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for iteration in range(iterations):
        c = logits.softmax(dim=axis)
        s = heard(c, u_hat)
        if bias is not None and (bias_until_last or iteration == iterations - 1):
            s = s + bias
        v = squash(s)
        if iteration < updates:
            a = measure(u_hat, v)
            logits = logits + a if accumulate else a
    return v, c, logits


def _squash(s):
    n = torch.linalg.vector_norm(s, dim=-1, keepdim=True)
    return s * n / (1 + n * n)


class right:
    def by_parts(u_hat, iterations, bias):
        logits = torch.zeros(u_hat.shape[:3], dtype=u_hat.dtype)
        for iteration in range(iterations):
            c = torch.nn.Softmax(dim=2)(logits)
            s = (c[..., None] * u_hat).sum(dim=1)
            if bias is not None:
                s = s + bias
            v = _squash(s)
            if iteration < iterations - 1:
                logits = logits + (u_hat * v.unsqueeze(1)).sum(dim=3)
        return v, c

    def with_a_wasted_update(u_hat, iterations, bias):
        bias = 0 if bias is None else bias
        logits = torch.zeros_like(u_hat[..., 0])
        while iterations:
            c = logits.softmax(-1)
            v = _squash(torch.einsum("bij,bijz->bjz", c, u_hat) + bias)
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
            iterations -= 1
        return v, c

    def image_by_image(u_hat, iterations, bias):
        images = []
        for votes in u_hat:  # (i, j, z)
            c = torch.full_like(votes[..., 0], 1 / votes.shape[1])
            logits, turn = 0, 1
            while True:
                s = (c[..., None] * votes).sum(0)
                v = _squash(s if bias is None else s + bias)
                if turn == iterations:
                    break
                logits = logits + (votes * v).sum(-1)
                c = torch.softmax(logits, dim=1)
                turn += 1
            images.append((v, c))
        return torch.stack([v for v, _ in images]), torch.stack([c for _, c in images])


class wrong:
    def softmax_over_children(u_hat, iterations, bias):
        """You normalised the couplings over the children. Each child has one unit to divide among the PARENTS: softmax
        over axis 2 of (b, i, j)."""
        return _loop(u_hat, iterations, bias, axis=1)[:2]

    def logits_shared_by_the_batch(u_hat, iterations, bias):
        """You averaged the agreement over the batch: now an image's output depends on its neighbours. Keep logits of
        shape (b, i, j), one table per image."""
        return _loop(u_hat, iterations, bias, measure=wrong_agreement.shared_by_the_batch)[:2]

    def logits_shared_by_the_children(u_hat, iterations, bias):
        """You added up the agreement of all children, so that they all have the same couplings. Each child i has a row
        of its own: the logits are (b, i, j), and only z is summed in the agreement."""
        return _loop(u_hat, iterations, bias, measure=lambda u, v: agreement(u, v).sum(1, keepdim=True))[:2]

    def one_iteration_too_many(u_hat, iterations, bias):
        """You ran one iteration too many: `iterations` counts the softmaxes, so iterations=1 means uniform couplings
        and one squash."""
        return _loop(u_hat, iterations + 1, bias)[:2]

    def one_iteration_too_few(u_hat, iterations, bias):
        """Your loop runs one time too few; with iterations=1 it never runs at all. Loop range(iterations) times and
        skip only the last update."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations - 1):
            c = coupling(logits)
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            logits = logits + agreement(u_hat, v)
        return v, c

    def one_update_too_few(u_hat, iterations, bias):
        """There is one update too few: what you return comes from the iteration before the last. Between n iterations
        are n − 1 updates."""
        return _loop(u_hat, iterations, bias, updates=iterations - 2)[:2]

    def couplings_of_the_next_iteration(u_hat, iterations, bias):
        """You updated the logits once more after the last v, and returned couplings that no v was made with. Return the
        c that made v."""
        v, _, logits = _loop(u_hat, iterations, bias, updates=iterations)
        return v, coupling(logits)

    def logits_replaced(u_hat, iterations, bias):
        """You replace the logits by the newest agreement. They are a running total: b_ij ← b_ij + û·v."""
        return _loop(u_hat, iterations, bias, accumulate=False)[:2]

    def mean_over_children(u_hat, iterations, bias):
        """You divided s by the number of children, a mean. s is a plain sum: the couplings are the weights already, and
        many children together may make a long s."""
        n = u_hat.shape[1]
        return _loop(u_hat, iterations, bias, heard=lambda c, u: parent_poses(c, u) / n)[:2]

    def agreement_with_s(u_hat, iterations, bias):
        """You compared the votes with s, the sum before squash. Compare them with v: its length, below 1, says how sure
        the parent is."""
        v, c, _ = _loop(u_hat, iterations, bias, squash=lambda s: s)
        return functional.squash(v), c

    def agreement_before_the_bias(u_hat, iterations, bias):
        """You compared the votes with s as it was before bias and squash. Compare them with v, the finished output."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = coupling(logits)
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            logits = logits + agreement(u_hat, s)
        return v, c

    def cosine_inside_the_loop(u_hat, iterations, bias):
        """You measured agreement by the cosine, which forgets both lengths. Add the plain dot product to the logits."""
        return _loop(u_hat, iterations, bias, measure=wrong_agreement.cosine)[:2]

    def votes_squashed(u_hat, iterations, bias):
        """You squashed the votes before you routed them. Only the weighted sum is squashed: v = squash(s)."""
        return _loop(functional.squash(u_hat), iterations, bias)[:2]

    def votes_squashed_in_the_sum(u_hat, iterations, bias):
        """You squashed every vote before adding it. The votes go into the sum as they are, and the sum is squashed."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = coupling(logits)
            s = parent_poses(c, functional.squash(u_hat))
            v = functional.squash(s if bias is None else s + bias)
            logits = logits + agreement(u_hat, v)
        return v, c

    def truth_of_a_tensor(u_hat, iterations, bias):
        """You ask whether a tensor is true, as `if bias` and `bias or 0` do. A tensor of several numbers is neither
        true nor false: ask `if bias is not None`."""
        return _loop(u_hat, iterations, bias if bias else None)[:2]

    def never_squashed(u_hat, iterations, bias):
        """You never squash: v is s, and its length can be anything. v = squash(s)."""
        return _loop(u_hat, iterations, bias, squash=lambda s: s)[:2]

    def squash_over_parents(u_hat, iterations, bias):
        """You squashed along the parents (axis 1). A vector of (b, j, z) is along z, the last axis."""
        return _loop(u_hat, iterations, bias, squash=lambda s: functional.squash(s, dim=1))[:2]

    def bias_always_added(u_hat, iterations, bias):
        """You add `bias` without asking whether there is one. Where none is given, `bias` is None: add it only
        `if bias is not None`."""
        return _loop(u_hat, iterations, None, squash=lambda s: functional.squash(s + bias))[:2]

    def bias_ignored(u_hat, iterations, bias):
        """You ignore `bias`: when it is given, add it to s before squash."""
        return _loop(u_hat, iterations, None)[:2]

    def bias_after_squash(u_hat, iterations, bias):
        """You add the bias after squash, so lengths may exceed 1. Add it to s, then squash."""
        add = functional.squash if bias is None else lambda s: functional.squash(s) + bias
        return _loop(u_hat, iterations, None, squash=add)[:2]

    def bias_only_at_the_end(u_hat, iterations, bias):
        """You add the bias in the last iteration only. It belongs to s in every iteration, so that agreement is
        measured with the same kind of v."""
        return _loop(u_hat, iterations, bias, bias_until_last=False)[:2]

    def bias_on_every_vote(u_hat, iterations, bias):
        """You added the bias to every vote, so it enters the agreement and is weighted by the couplings. Add it once,
        to s."""
        return _loop(u_hat if bias is None else u_hat + bias, iterations, None)[:2]

    def logits_returned(u_hat, iterations, bias):
        """You returned the logits as second result. The couplings are wanted: the softmax of the logits over the
        parents."""
        v, _, logits = _loop(u_hat, iterations, bias)
        return v, logits

    def outputs_exchanged(u_hat, iterations, bias):
        """You returned (c, v). The order is `return v, c`."""
        v, c, _ = _loop(u_hat, iterations, bias)
        return c, v

    def couplings_detached(u_hat, iterations, bias):
        """The values are right, but you cut the gradient through the couplings: a `detach`, a `no_grad` or a `.data`
        does that. It is a choice some make, weighed at the end of this lesson; here let it flow through every
        iteration."""
        _, c, _ = _loop(u_hat.detach(), iterations, None if bias is None else bias.detach())
        s = parent_poses(c, u_hat)
        return functional.squash(s if bias is None else s + bias), c

    def couplings_stay_uniform(u_hat, iterations, bias):
        """Your couplings stay uniform. Four ways to get that: logits that are never updated, or set to 0 in every
        round; a softmax that is taken once, before the loop; a `return` inside it."""
        return _loop(u_hat, iterations, bias, updates=0)[:2]

    def iterations_ignored(u_hat, iterations, bias):
        """You always run 3 iterations. Use the parameter `iterations`."""
        return _loop(u_hat, 3, bias)[:2]

    def votes_overwritten(u_hat, iterations, bias):
        """You overwrite u_hat with the weighted votes (`*=`), so the next iteration weighs them a second time. Keep
        u_hat as it came."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = coupling(logits)
            u_hat *= c.unsqueeze(3)
            s = u_hat.sum(1)
            v = functional.squash(s if bias is None else s + bias)
            logits = logits + agreement(u_hat, v)
        return v, c

    def votes_weighted_again(u_hat, iterations, bias):
        """You give the weighted votes the name of the votes, so that the next iteration weighs them a second time. The
        votes stay as they are in all iterations: use another name."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        for _ in range(iterations):
            c = coupling(logits)
            u_hat = c.unsqueeze(3) * u_hat
            s = u_hat.sum(1)
            v = functional.squash(s if bias is None else s + bias)
            logits = logits + agreement(u_hat, v)
        return v, c

    def couplings_of_one_at_first(u_hat, iterations, bias):
        """In the first iteration your couplings are 1, so each child gives a whole unit to every parent. Begin with the
        softmax of logits that are 0."""
        logits = u_hat.new_zeros(u_hat.shape[:3])
        c = torch.ones_like(logits)
        for iteration in range(iterations):
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            if iteration < iterations - 1:
                logits = logits + agreement(u_hat, v)
                c = coupling(logits)
        return v, c

    def agreement_subtracted(u_hat, iterations, bias):
        """You subtracted the agreement, so children flee the parents that they agree with. Add it to the logits."""
        return _loop(u_hat, iterations, bias, measure=lambda u, v: -agreement(u, v))[:2]

    def logits_multiplied_by_the_agreement(u_hat, iterations, bias):
        """You multiplied the logits by the agreement. They are a running total that starts at 0: add."""
        logits = u_hat.new_ones(u_hat.shape[:3])
        for iteration in range(iterations):
            c = coupling(logits)
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            if iteration < iterations - 1:
                logits = logits * agreement(u_hat, v)
        return v, c

    def softmax_left_out(u_hat, iterations, bias):
        """You used the logits themselves as couplings. Between them is a softmax over the parents, in every
        iteration."""
        logits = torch.full_like(u_hat[..., 0], 1 / u_hat.shape[2])
        for iteration in range(iterations):
            c = logits
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            if iteration < iterations - 1:
                logits = logits + agreement(u_hat, v)
        return v, c

    def agreement_added_to_the_couplings(u_hat, iterations, bias):
        """You add the agreement to the couplings, and take the softmax of that. Do logits and couplings share one name?
        The agreement is added to the logits, and each new c is the softmax of these."""
        c = torch.full_like(u_hat[..., 0], 1 / u_hat.shape[2])
        for iteration in range(iterations):
            s = parent_poses(c, u_hat)
            v = functional.squash(s if bias is None else s + bias)
            if iteration < iterations - 1:
                c = coupling(c + agreement(u_hat, v))
        return v, c

    def squash_of_2021(u_hat, iterations, bias):
        """You used the exponential squash. Dynamic routing has the one of Sabour 2017: functional.squash."""
        return _loop(u_hat, iterations, bias, squash=functional.exponential_squash)[:2]

    def half_of_the_agreement(u_hat, iterations, bias):
        """You added half of the agreement. Add all of it: b_ij ← b_ij + û·v."""
        return _loop(u_hat, iterations, bias, measure=lambda u, v: agreement(u, v) / 2)[:2]

    def agreement_without_its_sign(u_hat, iterations, bias):
        """You added the agreement without its sign, so a child goes to parents that it disagrees with, too. Leave out
        abs()."""
        return _loop(u_hat, iterations, bias, measure=lambda u, v: agreement(u, v).abs())[:2]
