"""Lesson 04: dynamic routing and its three parts."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers

# --- parent poses -----------------------------------------------------------------------------------------


def parent_poses(c: Tensor, u_hat: Tensor) -> Tensor:
    """What each parent hears: the votes, weighted by the couplings. c (b, i, j), u_hat (b, i, j, z) → s (b, j, z)"""
    # s_j = Σ_i c_ij û_{j|i}
    return torch.einsum("bij,bijz->bjz", c, u_hat)


def _shares(*shape: int, seed: int = 0) -> Tensor:
    return numbers(*shape, seed=seed).softmax(dim=-1)


def _poses_cases() -> list[Case]:
    undecided = torch.full((2, 5, 3), 1 / 3)
    decided = torch.nn.functional.one_hot(torch.tensor([[0, 1, 2, 0, 1], [2, 2, 0, 1, 0]]), 3).float()
    return [
        case("couplings (2, 5, 3) and votes (2, 5, 3, 6)", _shares(2, 5, 3), numbers(2, 5, 3, 6)),
        case("uniform couplings", undecided, numbers(2, 5, 3, 6, seed=1)),
        case("couplings of 0 and 1", decided, numbers(2, 5, 3, 6, seed=2)),
        case("a batch of 1", _shares(1, 4, 2, seed=3), numbers(1, 4, 2, 3, seed=3)),
        case("votes of zero", _shares(2, 5, 3, seed=4), torch.zeros(2, 5, 3, 6)),
        case("votes of length about 1000", _shares(2, 5, 3), numbers(2, 5, 3, 6, seed=5, scale=400.0), atol=1e-2),
        case("float64", _shares(2, 5, 3, seed=6).double(), numbers(2, 5, 3, 6, seed=6).double()),
    ]


def mean_over_children(c, u_hat):
    return (c.unsqueeze(3) * u_hat).mean(1)


def summed_over_parents(c, u_hat):
    return (c.unsqueeze(3) * u_hat).sum(2)


def summed_over_the_pose(c, u_hat):
    return (c.unsqueeze(3) * u_hat).sum(3)


def couplings_ignored(c, u_hat):
    return u_hat.sum(1)


def divided_by_the_couplings(c, u_hat):
    return parent_poses(c, u_hat) / c.sum(1).unsqueeze(2)


def couplings_of_the_first_child(c, u_hat):
    return (c[:, :1].unsqueeze(3) * u_hat).sum(1)


def batch_summed_away(c, u_hat):
    return torch.einsum("bij,bijz->jz", c, u_hat)


def nothing_summed(c, u_hat):
    return c.unsqueeze(3) * u_hat


def child_axis_kept(c, u_hat):
    return (c.unsqueeze(3) * u_hat).sum(1, keepdim=True)


def coupling_not_lined_up(c, u_hat):
    return (c * u_hat).sum(1)


def softmax_once_more(c, u_hat):
    return parent_poses(c.softmax(dim=2), u_hat)


def squashed_already(c, u_hat):
    return functional.squash(parent_poses(c, u_hat))


def votes_changed_in_place(c, u_hat):
    u_hat *= c.unsqueeze(3)
    return u_hat.sum(1)


PARENT_POSES = Exercise(
    id="04-parent-poses",
    goal=(
        "Fill in `parent_poses(c, u_hat)`: for each parent j the sum over the children i of coupling times vote, "
        "s_j = Σ_i c_ij û_{j|i}. c is (b, i, j), u_hat is (b, i, j, z), the result is (b, j, z) and not squashed."
    ),
    reference=parent_poses,
    oracle=oracles.parent_poses,
    axes=("b j z",),
    cases=_poses_cases,
    mutants=(
        Mutant(
            mean_over_children,
            "You took the mean over the children. s is a plain sum: the couplings are the weights already, and "
            "many children together may make a long s.",
        ),
        Mutant(
            summed_over_parents,
            "You summed over the parents (axis 2), so you got one vector per child. A parent hears all children: "
            "sum over i, axis 1.",
        ),
        Mutant(
            summed_over_the_pose,
            "You summed over z, the numbers of a pose, and the vectors are gone. Sum over the children, axis 1.",
        ),
        Mutant(
            couplings_ignored,
            "You added the votes as if every coupling were 1. Multiply each vote by its coupling first.",
        ),
        Mutant(
            divided_by_the_couplings,
            "You divided by Σ_i c_ij, a weighted mean. Then a parent chosen by one child counts as much as one "
            "chosen by a hundred, and 0/0 waits where nobody chooses it. Do not divide.",
        ),
        Mutant(
            couplings_of_the_first_child,
            "You used the couplings of child 0 for every child. Each child i has its own row c[:, i].",
        ),
        Mutant(batch_summed_away, "You summed over the batch as well: the images were mixed. Axis b must survive."),
        Mutant(
            nothing_summed,
            "You weighted the votes and did not add them up: axis i is still there. Sum over the children, axis 1.",
        ),
        Mutant(
            child_axis_kept,
            "You kept the summed axis with size 1: (b, 1, j, z). A parent has no child axis, so no keepdim here.",
        ),
        Mutant(
            coupling_not_lined_up,
            "You multiplied (b, i, j) by (b, i, j, z), and broadcasting lines axes up from the right: j met z. "
            "Give c a last axis of size 1, c[..., None].",
        ),
        Mutant(
            softmax_once_more,
            "You took a softmax of c. The couplings come in ready: a second softmax makes them nearly uniform.",
        ),
        Mutant(squashed_already, "You squashed the sum. That is the next step, v = squash(s); here s itself is asked."),
        Mutant(
            votes_changed_in_place,
            "You changed u_hat in place (`*=`). The next iteration needs the votes as they were: make a new tensor.",
        ),
    ),
    hints=(
        "Two steps: give every vote its weight, then let each parent add up what it hears.",
        "c lacks the axis z. `c[..., None]` has the shape (b, i, j, 1) and multiplies u_hat. The children are axis 1.",
        "`weighted = c[..., None] * u_hat`, then `.sum(dim=...)` with the number of the children's axis. Or one einsum "
        "`bij,bijz->...`, where i is missing in the output.",
    ),
    minutes=5,
    difficulty=2,
    importance=4,
)


# --- agreement --------------------------------------------------------------------------------------------


def agreement(u_hat: Tensor, v: Tensor) -> Tensor:
    """How well each vote fits its parent's output. u_hat (b, i, j, z), v (b, j, z) → (b, i, j)"""
    # a_ij = û_{j|i} · v_j
    return torch.einsum("bijz,bjz->bij", u_hat, v)


def _agreement_cases() -> list[Case]:
    v = functional.squash(numbers(2, 3, 6, seed=10))
    return [
        case("votes (2, 5, 3, 6) and outputs (2, 3, 6)", numbers(2, 5, 3, 6), v),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1), functional.squash(numbers(1, 2, 3, seed=11))),
        case("votes of zero", torch.zeros(2, 5, 3, 6), v),
        case("outputs of zero", numbers(2, 5, 3, 6, seed=2), torch.zeros(2, 3, 6)),
        case("votes of length about 100", numbers(2, 5, 3, 6, seed=3, scale=40.0), v, atol=1e-3),
        case("float64", numbers(2, 5, 3, 6, seed=4).double(), v.double()),
    ]


def shared_by_the_batch(u_hat, v):
    return agreement(u_hat, v).mean(0, keepdim=True).expand(u_hat.shape[:3])


def batch_axis_lost(u_hat, v):
    return torch.einsum("bijz,bjz->ij", u_hat, v)


def cosine(u_hat, v):
    return torch.cosine_similarity(u_hat, v.unsqueeze(1), dim=3)


def votes_normalised(u_hat, v):
    return agreement(torch.nn.functional.normalize(u_hat, dim=3), v)


def negative_distance(u_hat, v):
    return -(u_hat - v.unsqueeze(1)).square().sum(3)


def minus_the_distance(u_hat, v):
    return -(u_hat - v.unsqueeze(1)).norm(dim=3)


def plain_distance(u_hat, v):
    return (u_hat - v.unsqueeze(1)).norm(dim=3)


def children_summed(u_hat, v):
    return torch.einsum("bijz,bjz->bj", u_hat, v)


def products_not_summed(u_hat, v):
    return u_hat * v.unsqueeze(1)


def mean_of_products(u_hat, v):
    return (u_hat * v.unsqueeze(1)).mean(3)


def output_not_lined_up(u_hat, v):
    return (u_hat * v).sum(3)


def all_parents_at_once(u_hat, v):
    return torch.einsum("bijz,bkz->bij", u_hat, v)


def divided_by_root_z(u_hat, v):
    return agreement(u_hat, v) / u_hat.shape[3] ** 0.5


def softmax_included(u_hat, v):
    return agreement(u_hat, v).softmax(dim=2)


AGREEMENT = Exercise(
    id="04-agreement",
    goal=(
        "Write `agreement(u_hat, v)`: one number per image, child and parent, the dot product of the child's vote "
        "with the parent's output, û_{j|i} · v_j. u_hat is (b, i, j, z), v is (b, j, z), the result is (b, i, j)."
    ),
    reference=agreement,
    oracle=oracles.agreement,
    axes=("b i j",),
    cases=_agreement_cases,
    mutants=(
        Mutant(
            shared_by_the_batch,
            "You averaged the agreement over the batch, so an image is routed by the votes of its neighbours. "
            "Every image keeps its own (i, j) table.",
        ),
        Mutant(batch_axis_lost, "You summed over the batch: axis b is gone. Every image has its own agreement."),
        Mutant(
            cosine,
            "You measured the cosine, which forgets both lengths. Here they count: a long vote and a sure parent "
            "agree more strongly. Take the plain dot product.",
        ),
        Mutant(
            votes_normalised,
            "You made every vote a unit vector first. A long vote comes from a sure child and shall weigh more: "
            "leave the lengths alone.",
        ),
        Mutant(
            negative_distance,
            "You took minus the squared distance. A reasonable measure, but v is shorter than 1 and the votes are "
            "not, so long right votes would be punished. Here it is the dot product.",
        ),
        Mutant(
            minus_the_distance,
            "You took minus the distance. A distance also asks that the vote be as short as v, and v is always shorter "
            "than 1. The dot product asks whether the vote points along v, and how strongly.",
        ),
        Mutant(
            plain_distance,
            "You took the distance: it is large where vote and output disagree, so the trust would go to the wrong "
            "children. The dot product is large where they agree.",
        ),
        Mutant(
            children_summed,
            "You summed over the children, so every child would get the same number. Each child i agrees or "
            "disagrees for itself.",
        ),
        Mutant(products_not_summed, "You multiplied entry by entry and stopped: a dot product also sums, here over z."),
        Mutant(mean_of_products, "You took the mean over z. A dot product is the sum of the products."),
        Mutant(
            output_not_lined_up,
            "You multiplied (b, i, j, z) by (b, j, z) as they are; broadcasting lines axes up from the right, so b "
            "met i. Give v a child axis of size 1: v.unsqueeze(1).",
        ),
        Mutant(
            all_parents_at_once,
            "You compared each vote with all parents together. A vote for parent j meets v_j only: use the letter j "
            "in both tensors.",
        ),
        Mutant(
            divided_by_root_z,
            "You divided by √z, as attention does. Dynamic routing takes the dot product as it is.",
        ),
        Mutant(
            softmax_included,
            "You took a softmax: these are couplings. The raw agreement is asked, to be added to the logits.",
        ),
    ),
    hints=(
        "All children of a parent are compared with the same v_j. The only axis that disappears is z.",
        "v lacks the axis i. `v.unsqueeze(1)` has the shape (b, 1, j, z) and multiplies u_hat; then sum over z.",
        "`(u_hat * v.unsqueeze(1)).sum(dim=...)` with the number of the axis z. Or one einsum `bijz,bjz->...`, where "
        "z is missing in the output.",
    ),
    minutes=5,
    difficulty=2,
    importance=4,
)


# --- coupling ---------------------------------------------------------------------------------------------


def coupling(logits: Tensor) -> Tensor:
    """Each child divides one unit among the parents. logits (b, i, j) → c (b, i, j)"""
    # c_ij = e^{b_ij} / Σ_k e^{b_ik}, k over the parents
    return logits.softmax(dim=2)


def _coupling_cases() -> list[Case]:
    huge = numbers(2, 5, 3, seed=2)
    huge[0, 1] += 1000.0
    return [
        case("logits (2, 5, 3)", numbers(2, 5, 3)),
        case("logits of 0", torch.zeros(2, 5, 3)),
        case("a batch of 1", numbers(1, 4, 2, seed=1)),
        case("logits of which one child's are about 1000", huge),
        case("logits between about -20 and 20", numbers(2, 5, 3, seed=3, scale=8.0)),
        case("float64", numbers(2, 5, 3, seed=4).double()),
    ]


def _not_shares(item: Case, value: Tensor) -> str | None:
    sums = value.double().sum(2)
    if value.min() < 0:
        return f"there is a coupling of {value.min().item():.4g}; a child cannot send a negative share."
    worst = sums.flatten()[(sums - 1).abs().argmax()].item()
    return (
        f"the couplings of a child sum to {worst:.4g} over the parents; expected 1." if abs(worst - 1) > 1e-4 else None
    )


def over_the_children(logits):
    return logits.softmax(dim=1)


def over_the_batch(logits):
    return logits.softmax(dim=0)


def over_a_whole_image(logits):
    return logits.flatten(1).softmax(dim=1).view_as(logits)


def over_everything(logits):
    return logits.flatten().softmax(dim=0).view_as(logits)


def sigmoid(logits):
    return logits.sigmoid()


def exp_of_the_raw_logits(logits):
    e = logits.exp()
    return e / e.sum(2, keepdim=True)


def one_maximum_for_all(logits):
    e = (logits - logits.max()).exp()
    return e / e.sum(2, keepdim=True)


def divided_without_exp(logits):
    return logits / logits.sum(2, keepdim=True)


def not_divided(logits):
    return (logits - logits.amax(2, keepdim=True)).exp()


def parent_axis_lost(logits):
    e = (logits - logits.amax(2, keepdim=True)).exp()
    return e / e.sum(2)


def logarithm_of_the_couplings(logits):
    return logits.log_softmax(dim=2)


def winner_takes_all(logits):
    return torch.nn.functional.one_hot(logits.argmax(2), logits.shape[2]).to(logits.dtype)


def logits_changed_in_place(logits):
    logits -= logits.amax(2, keepdim=True)
    return logits.softmax(dim=2)


COUPLING = Exercise(
    id="04-coupling",
    goal=(
        "Write `coupling(logits)`: every child divides one unit among the parents by a softmax. Logits and couplings "
        "are (b, i, j). torch.softmax is allowed. Logits of 1000 must not harm it."
    ),
    reference=coupling,
    oracle=oracles.coupling,
    axes=("b i j",),
    cases=_coupling_cases,
    properties=(_not_shares,),
    mutants=(
        Mutant(
            over_the_children,
            "You normalised over the children (axis 1): each parent divides its attention. It is the child that has "
            "one unit to give: the shares of a child must sum to 1 over the parents, axis 2.",
        ),
        Mutant(
            over_the_batch,
            "You normalised over the batch (axis 0), so images compete with each other. The shares of one child in "
            "one image sum to 1 over the parents, axis 2.",
        ),
        Mutant(
            over_a_whole_image,
            "You took one softmax over all children and parents of an image: one unit for all of them. Every child "
            "has a unit of its own.",
        ),
        Mutant(
            over_everything,
            "You took one softmax over the whole tensor, images included. Every child of every image has one unit.",
        ),
        Mutant(
            sigmoid,
            "You took a sigmoid of each logit, so a child may send a whole unit to every parent. A softmax makes "
            "the parents compete for it.",
        ),
        Mutant(
            exp_of_the_raw_logits,
            "The formula is right, but e^1000 is infinite and inf/inf is NaN. Subtract each child's largest logit "
            "first, or use torch.softmax, which does.",
        ),
        Mutant(
            one_maximum_for_all,
            "You subtracted the one largest logit of the whole tensor: a child far below it gets e^−1000 = 0 "
            "everywhere, and 0/0. Subtract each child's own maximum (amax over axis 2, keepdim=True).",
        ),
        Mutant(
            divided_without_exp,
            "You divided the logits by their sum. Logits may be negative or sum to 0: take e^logit first.",
        ),
        Mutant(not_divided, "You took the exponentials and did not divide by their sum over the parents."),
        Mutant(parent_axis_lost, "The sum lost its axis and no longer lines up with the logits: pass keepdim=True."),
        Mutant(
            logarithm_of_the_couplings,
            "You took log_softmax, the logarithm of the couplings: these are negative. Use softmax.",
        ),
        Mutant(
            winner_takes_all,
            "You let each child choose one parent outright (argmax). No gradient passes through that, and an "
            "undecided child must be able to stay undecided. Use softmax.",
        ),
        Mutant(
            logits_changed_in_place,
            "You changed the logits in place (`-=`). They are kept for the next iteration: make a new tensor.",
        ),
    ),
    hints=(
        "Who owns the unit that is divided? The entries that must sum to 1 lie along one axis only.",
        "A child i owns it and divides it among the parents j, so the sum runs over j, the last axis.",
        "`torch.softmax(logits, dim=...)` with the axis of the parents in (b, i, j), counted from 0.",
    ),
    minutes=4,
    difficulty=1,
    importance=5,
)


# --- dynamic routing --------------------------------------------------------------------------------------


def _routing_cases() -> list[Case]:
    return [
        case("votes (2, 5, 3, 6)", numbers(2, 5, 3, 6)),
        case("the same votes", numbers(2, 5, 3, 6), iterations=1),
        case("the same votes", numbers(2, 5, 3, 6), iterations=2),
        case("a batch of 1", numbers(1, 4, 2, 3, seed=1)),
        case("other votes", numbers(2, 5, 3, 6, seed=2), iterations=3, bias=numbers(3, 6, seed=12)),
        case("votes of length about 20", numbers(2, 5, 3, 6, seed=3, scale=8.0), iterations=2, atol=1e-4),
        case("votes of zero", torch.zeros(2, 5, 3, 6)),
        case("float64 votes", numbers(2, 5, 3, 6, seed=4).double()),
    ]


def _couplings_not_shares(item: Case, value: tuple) -> str | None:
    return _not_shares(item, value[1])


def _too_long(item: Case, value: tuple) -> str | None:
    longest = value[0].double().norm(dim=2).max().item()
    return f"a parent has length {longest:.4g}; after squash none exceeds 1." if longest > 1.0001 else None


def _not_uniform_at_first(item: Case, value: tuple) -> str | None:
    c = value[1]
    if item.kwargs.get("iterations") != 1 or (c - 1 / c.shape[2]).abs().max() < 1e-4:
        return None
    return "no agreement has been measured yet, so every coupling should be 1/j, the same for all parents."


def _other_couplings(item: Case, value: tuple) -> str | None:
    u_hat, bias, (v, c) = item.args[0], item.kwargs.get("bias"), value
    s = parent_poses(c, u_hat)
    made = functional.squash(s if bias is None else s + bias)
    if torch.allclose(made, v, rtol=1e-2, atol=1e-3):
        return None
    return "v is not squash(Σ_i c_ij û_ij + bias) with the c that you return: return the couplings that made v."


def _loop(
    u_hat,
    iterations,
    bias,
    *,
    axis=2,
    updates=None,
    squash=functional.squash,
    measure=agreement,
    accumulate=True,
    bias_until_last=True,
):
    """The right loop with one thing changed. `updates`: after how many iterations the logits are updated."""
    updates = iterations - 1 if updates is None else updates
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for iteration in range(iterations):
        c = logits.softmax(dim=axis)
        s = parent_poses(c, u_hat)
        if bias is not None and (bias_until_last or iteration == iterations - 1):
            s = s + bias
        v = squash(s)
        if iteration < updates:
            a = measure(u_hat, v)
            logits = logits + a if accumulate else a
    return v, c, logits


def softmax_over_children(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, axis=1)[:2]


def logits_shared_by_the_batch(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, measure=shared_by_the_batch)[:2]


def one_iteration_too_many(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations + 1, bias)[:2]


def one_iteration_too_few(u_hat, iterations=3, bias=None):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations - 1):
        c = coupling(logits)
        s = parent_poses(c, u_hat)
        v = functional.squash(s if bias is None else s + bias)
        logits = logits + agreement(u_hat, v)
    return v, c


def one_update_too_few(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, updates=iterations - 2)[:2]


def couplings_of_the_next_iteration(u_hat, iterations=3, bias=None):
    v, _, logits = _loop(u_hat, iterations, bias, updates=iterations)
    return v, coupling(logits)


def logits_replaced(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, accumulate=False)[:2]


def agreement_with_s(u_hat, iterations=3, bias=None):
    v, c, _ = _loop(u_hat, iterations, bias, squash=lambda s: s)
    return functional.squash(v), c


def agreement_before_the_bias(u_hat, iterations=3, bias=None):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = coupling(logits)
        s = parent_poses(c, u_hat)
        v = functional.squash(s if bias is None else s + bias)
        logits = logits + agreement(u_hat, s)
    return v, c


def cosine_inside_the_loop(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, measure=cosine)[:2]


def votes_squashed(u_hat, iterations=3, bias=None):
    return _loop(functional.squash(u_hat), iterations, bias)[:2]


def votes_squashed_in_the_sum(u_hat, iterations=3, bias=None):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = coupling(logits)
        s = parent_poses(c, functional.squash(u_hat))
        v = functional.squash(s if bias is None else s + bias)
        logits = logits + agreement(u_hat, v)
    return v, c


def truth_of_a_tensor(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias if bias else None)[:2]


def never_squashed(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, squash=lambda s: s)[:2]


def squash_over_parents(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, squash=lambda s: functional.squash(s, dim=1))[:2]


def bias_ignored(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, None)[:2]


def bias_after_squash(u_hat, iterations=3, bias=None):
    add = functional.squash if bias is None else lambda s: functional.squash(s) + bias
    return _loop(u_hat, iterations, None, squash=add)[:2]


def bias_only_at_the_end(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, bias_until_last=False)[:2]


def bias_on_every_vote(u_hat, iterations=3, bias=None):
    return _loop(u_hat if bias is None else u_hat + bias, iterations, None)[:2]


def logits_returned(u_hat, iterations=3, bias=None):
    v, _, logits = _loop(u_hat, iterations, bias)
    return v, logits


def only_v_returned(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias)[0]


def outputs_exchanged(u_hat, iterations=3, bias=None):
    v, c, _ = _loop(u_hat, iterations, bias)
    return c, v


def everything_detached(u_hat, iterations=3, bias=None):
    with torch.no_grad():
        return _loop(u_hat, iterations, bias)[:2]


def couplings_detached(u_hat, iterations=3, bias=None):
    _, c, _ = _loop(u_hat.detach(), iterations, None if bias is None else bias.detach())
    s = parent_poses(c, u_hat)
    return functional.squash(s if bias is None else s + bias), c


def couplings_stay_uniform(u_hat, iterations=3, bias=None):
    return _loop(u_hat, iterations, bias, updates=0)[:2]


def iterations_ignored(u_hat, iterations=3, bias=None):
    return _loop(u_hat, 3, bias)[:2]


def votes_overwritten(u_hat, iterations=3, bias=None):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = coupling(logits)
        u_hat *= c.unsqueeze(3)
        s = u_hat.sum(1)
        v = functional.squash(s if bias is None else s + bias)
        logits = logits + agreement(u_hat, v)
    return v, c


DYNAMIC_ROUTING = Exercise(
    id="04-dynamic-routing",
    goal=(
        "Write `dynamic_routing(u_hat, iterations=3, bias=None)` for a whole batch and return `(v, c)`: the parents' "
        "outputs v (b, j, z) and c (b, i, j), the couplings that made them. The logits start at 0; `iterations` "
        "counts the softmaxes; a bias (j, z), if there is one, is added to s before every squash. "
        "You may call coupling, parent_poses, agreement and squash. Let gradients flow through everything."
    ),
    reference=functional.dynamic_routing,
    oracle=oracles.dynamic_routing,
    axes=("b j z", "b i j"),
    cases=_routing_cases,
    properties=(_couplings_not_shares, _too_long, _not_uniform_at_first, _other_couplings),
    mutants=(
        Mutant(
            softmax_over_children,
            "You normalised the couplings over the children. Each child has one unit to divide among the PARENTS: "
            "softmax over axis 2 of (b, i, j).",
        ),
        Mutant(
            logits_shared_by_the_batch,
            "You averaged the agreement over the batch: now an image's output depends on its neighbours. Keep "
            "logits of shape (b, i, j), one table per image.",
        ),
        Mutant(
            one_iteration_too_many,
            "You ran one iteration too many: `iterations` counts the softmaxes, so iterations=1 means uniform "
            "couplings and one squash.",
        ),
        Mutant(
            one_iteration_too_few,
            "Your loop runs one time too few; with iterations=1 it never runs at all. Loop range(iterations) times "
            "and skip only the last update.",
        ),
        Mutant(
            one_update_too_few,
            "You skip two updates instead of one, so your last iteration repeats the one before. Between n "
            "iterations lie n − 1 updates.",
        ),
        Mutant(
            couplings_of_the_next_iteration,
            "You updated the logits once more after the last v, and returned couplings that no v was made with. "
            "Return the c that made v.",
        ),
        Mutant(
            logits_replaced,
            "You replace the logits by the newest agreement. They are a running total: b_ij ← b_ij + û·v.",
        ),
        Mutant(
            agreement_with_s,
            "You compared the votes with s, the sum before squash. Compare them with v: its length, below 1, says "
            "how sure the parent is.",
        ),
        Mutant(
            agreement_before_the_bias,
            "You compared the votes with s as it was before bias and squash. Compare them with v, the finished output.",
        ),
        Mutant(
            cosine_inside_the_loop,
            "You measured agreement by the cosine, which forgets both lengths. Add the plain dot product to the "
            "logits.",
        ),
        Mutant(
            votes_squashed,
            "You squashed the votes before you routed them. Only the weighted sum is squashed: v = squash(s).",
        ),
        Mutant(
            votes_squashed_in_the_sum,
            "You squashed every vote before adding it. The votes go into the sum as they are, and the sum is squashed.",
        ),
        Mutant(
            truth_of_a_tensor,
            "You wrote `if bias`. A tensor of several numbers is neither true nor false: ask `if bias is not None`.",
        ),
        Mutant(never_squashed, "You never squash: v is s, and its length can be anything. v = squash(s)."),
        Mutant(
            squash_over_parents,
            "You squashed along the parents (axis 1). A vector of (b, j, z) lies along z, the last axis.",
        ),
        Mutant(bias_ignored, "You ignore `bias`: when it is given, add it to s before squash."),
        Mutant(
            bias_after_squash,
            "You add the bias after squash, so lengths may exceed 1. Add it to s, then squash.",
        ),
        Mutant(
            bias_only_at_the_end,
            "You add the bias in the last iteration only. It belongs to s in every iteration, so that agreement "
            "is measured with the same kind of v.",
        ),
        Mutant(
            bias_on_every_vote,
            "You added the bias to every vote, so it enters the agreement and is weighted by the couplings. Add it "
            "once, to s.",
        ),
        Mutant(
            logits_returned,
            "You returned the logits as second result. The couplings are asked: their softmax over the parents.",
        ),
        Mutant(only_v_returned, "You returned v alone. Return both, `return v, c`."),
        Mutant(outputs_exchanged, "You returned (c, v). The order is `return v, c`."),
        Mutant(
            everything_detached,
            "The values are right, but no gradient flows: you run the whole loop under torch.no_grad() or on "
            "detached votes, so nothing below could learn.",
        ),
        Mutant(
            couplings_detached,
            "The values are right, but you cut the gradient through the couplings (a detach inside the loop). That "
            "is a choice some make, weighed at the end of this lesson; here let it flow through every iteration.",
        ),
        Mutant(
            couplings_stay_uniform,
            "Your couplings stay uniform: the logits are never updated, or the softmax is taken once before the loop.",
        ),
        Mutant(iterations_ignored, "You always run 3 iterations. Use the parameter `iterations`."),
        Mutant(
            votes_overwritten,
            "You overwrite u_hat with the weighted votes (`*=`), so the next iteration weighs them a second time. "
            "Keep u_hat as it came.",
        ),
    ),
    hints=(
        "It is the loop of route_one with your three functions in it: couple, sum, squash, and measure agreement.",
        "Inside `for iteration in range(iterations)`: c from the logits, s from c and the votes, the bias if there "
        "is one, v. Add the agreement to the logits, except after the last v.",
        "`c = coupling(logits)`, `s = parent_poses(c, u_hat)`, `v = squash(s if bias is None else s + bias)`, then "
        "`if iteration < iterations - 1: logits = logits + agreement(u_hat, v)`. Return v and c.",
    ),
    minutes=15,
    difficulty=4,
    importance=5,
)

EXERCISES = (PARENT_POSES, AGREEMENT, COUPLING, DYNAMIC_ROUTING)

QUESTIONS = {
    "04-outlier": {
        "a": "Yes. A softmax sees differences only: −0.5 is less bad than −1, so the larger share goes to B.",
        "b": "You thought it may hold its unit back. It cannot: its shares sum to 1, however little it agrees.",
        "c": "You treated both negative numbers as one “no”. A softmax sees their difference, and that is not 0.",
    },
    "04-updates": {
        "a": "You counted one update per iteration. The third comes after the last v, and changes nothing in it.",
        "b": "Yes: between three iterations lie two updates. The third is thrown away, so the next loop leaves it out.",
        "c": "You may have thought of the first iteration alone. Each new c needs a fresh look at the last v.",
    },
    "04-more-iterations": {
        "a": "You expected the parent without agreement to fade, and at iteration 2 it does. Then child 2 "
        "arrives, and has nowhere else to go. Look at the next picture.",
        "b": "You expected it to settle where it stood. But the logits keep growing, so the couplings keep moving.",
        "c": "Yes. Once child 2 has given B its whole unit, B believes it: one vote of length √2 squashes to 2/3.",
    },
    "04-random-network": {
        "a": "You thought: nothing learned, nothing found. But a sum of votes always leans some way, and routing "
        "strengthens what leans along.",
        "b": "You expected one winner. But there are 200 units to hand out, enough for every parent to grow on.",
        "c": "Yes. No two votes need agree: v is a sum of the votes, a vote that leans a little towards it earns a "
        "larger share, and that turns v further towards it.",
    },
}
