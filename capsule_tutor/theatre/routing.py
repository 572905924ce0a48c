"""Routing on a stage: any routing, played iteration by iteration, on toys, on a real digit or on your own votes."""

import inspect
import math
from collections.abc import Callable, Mapping
from functools import cache, partial

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.layers import AttentionCapsules
from capsule_tutor.theatre import explore, page
from capsule_tutor.theatre.gallery import Gallery, loaded, own_images

ITERATIONS = 10
MOST_CHILDREN = 40  # more lines than this are a wall
REAL, OWN = "a real digit", "your votes"

TOYS = {
    # The three children and two parents of lesson 04: two agree about A, nobody about B.
    "two of three agree": [[[2, 1], [-2, 1]], [[2, 0], [1, 2]], [[-2, -1], [1, -1]]],
    "two friends, one enemy": [[[2, 1], [0, 2]], [[2, 0], [0, -2]], [[-2, -0.5], [2, 0]]],
    "a crowd and a whisper": [[[1, 0], [2, 0]], [[2.5, 0], [0, 1]], [[2.5, 0], [0, -1]]],
}

# What each algorithm does with the votes, under its name on the stage.
RULES = {
    "dynamic routing": "Logits begin at 0 and change by û·v after each iteration. A softmax over the parents "
    "turns them into shares.",
    "self-attention": "No iterations: each vote times all votes for the same parent, over √z. A softmax over the "
    "parents turns this into shares. The exponential squash gives larger lengths.",
    "self-attention with prior": "The same; then a prior is added to each share: learned in training, the same for "
    "every image, it lets a child favour or avoid a parent whatever the votes say. So shares may be negative, and "
    "their sum Σ need not be 1.",
    "uniform": "Every child gives every parent the same share, whatever the votes: dynamic routing's first iteration.",
}


def theatre(
    yours: Callable | None = None,
    against: Callable | None = None,
    *,
    votes: Tensor | None = None,
    network: str = "efficient-capsnet-mnist",
) -> object:
    """Routing, live: scrub through the iterations, drag the votes of a toy. Returns a widget: put it last in a cell.

    Alone it plays dynamic routing, self-attention routing and uniform couplings side by side on the same votes.
    `yours` plays your own function instead, beside `against` if there is one: a function of votes (b, i, j, z) that
    returns v (b, j, z) and c (b, i, j). One with a parameter `iterations` is played step by step.
    `votes` (i, j, z) or (1, i, j, z) are played besides the toys and the digits, which get the votes of `network`.
    Raises ValueError for votes of another shape or with too many children to be drawn, and for a network without
    self-attention routing.
    """
    if not isinstance(loaded(network).encoder[-1], AttentionCapsules):
        raise ValueError(f"network is {network!r}, which has no self-attention routing; choose an Efficient-CapsNet")
    own = None if votes is None else _own(votes)
    functions = _chosen(yours, against)
    told = partial(answer, functions=functions, own=own, network=network)
    return page.widget("routing", told, "[theatre: routing, live]")


def answer(question: dict, functions: dict[str, Callable], own: Tensor | None, network: str) -> dict:
    """What the stage shows. question: {"what": "programme"} or {"what": "play", "name", "digit", "votes", "sizes"}"""
    if question["what"] == "programme":
        return _programme(own, network)
    if question["what"] != "play":  # the chooser's
        return explore.answer(question | {"network": network}, [network], _shown(network))
    image = prior = None
    if question["name"] == REAL:
        image, says, u_hat, prior = _digit(network, question["digit"])
    elif "votes" in question:
        u_hat = torch.tensor(question["votes"], dtype=torch.float32).view(question["sizes"])
    else:
        u_hat = own if question["name"] == OWN else torch.tensor(TOYS[question["name"]], dtype=torch.float32)
    shown = play(u_hat, functions or _algorithms(prior), prior)
    if image is not None:
        shown |= {"image": image, "place": question["digit"], "says": says}
    return shown


def play(u_hat: Tensor, functions: dict[str, Callable], prior: Tensor | None = None) -> dict:
    """What each function makes of the same votes, at each of its steps. u_hat (i, j, z), prior (i, j)"""
    i, j, z = u_hat.shape
    return {
        "sizes": [i, j, z],
        "votes": u_hat,
        "parents": [chr(ord("A") + n) for n in range(j)] if z == 2 and j <= 3 else [str(n) for n in range(j)],
        "draggable": z == 2 and j <= 3,
        "limit": limit(u_hat),
        "ways": [way(name, function, u_hat, prior) for name, function in functions.items()],
    }


def limit(u_hat: Tensor) -> float:
    """How far the plane of a parent reaches, so that no vote is cut off: at least 2.6, in steps of 0.2."""
    if u_hat.shape[2] == 2 and u_hat.shape[1] <= 3:  # drawn by their coordinates; others by their lengths
        return max(2.6, _above(u_hat.abs().max().item()))
    return max(1.0, _above(u_hat.norm(dim=2).max().item()))


def _above(x: float) -> float:
    """The next multiple of 0.2; what float32 makes of 3.4 is 3.4."""
    return 0.2 * math.ceil(x / 0.2 - 1e-5)


def way(name: str, function: Callable, u_hat: Tensor, prior: Tensor | None = None) -> dict:
    """One function's steps: c (k, i, j), v (k, j, z), lengths (k, j), agreement (k, i, j), entropy (k,), in bits.

    "logits" says how the page gets them from these, or is "": what a learner's function keeps inside nobody can see.
    Where the function fails there is "problem", a line for people, instead.
    """
    try:
        with torch.no_grad():
            v, c = _steps(function, u_hat.unsqueeze(0), prior)
    except Exception as error:  # whatever a learner's function does is shown on the stage, and ends no lesson
        told = f"it raised {type(error).__name__}" + (f": {error}" if str(error) else "")
        return {"name": name, "steps": 0, "problem": str(error) if type(error) is _Unplayable else told + "."}
    shares = (c >= 0).all(dim=(1, 2)) & ((c.sum(dim=2) - 1).abs() < 1e-3).all(dim=1)  # (k,)
    # −Σ_j c_ij log₂ c_ij, the mean over the children
    entropy = torch.special.entr(c).sum(dim=2).mean(dim=1) / math.log(2)  # (k,)
    return {
        "name": name,
        "prior": prior is not None and "prior" in _parameters(function),
        "logits": next((how for known, how in LOGITS if known is function), ""),
        "steps": len(c),
        "c": c,
        "v": v,
        "lengths": functional.lengths(v),
        "agreement": (u_hat * v.unsqueeze(1)).sum(dim=3),
        "entropy": entropy.where(shares, torch.nan),
    }


class _Unplayable(Exception):
    """What a function returned is no v and c."""


def _steps(function: Callable, votes: Tensor, prior: Tensor | None) -> tuple[Tensor, Tensor]:
    """What a function makes of votes (1, i, j, z) at each of its steps: v (k, j, z) and c (k, i, j)."""
    if function is functional.dynamic_routing:  # all steps at once, so that the lines keep up with a hand
        v, c = (x[:, 0] for x in functional.dynamic_routing_steps(votes, ITERATIONS))
        return _finite("v", v), _finite("c", c)
    takes = _parameters(function)
    if "iterations" in takes:
        steps = [function(votes.clone(), iterations=k) for k in range(1, ITERATIONS + 1)]
    else:
        steps = [function(votes.clone(), prior) if prior is not None and "prior" in takes else function(votes.clone())]
    v, c = zip(*[_right_shape(returned, votes) for returned in steps], strict=True)
    return _finite("v", torch.cat(v)), _finite("c", torch.cat(c))


def _parameters(function: Callable) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin has no signature to read
        return {}


def _right_shape(returned: object, votes: Tensor) -> tuple[Tensor, Tensor]:
    _, i, j, z = votes.shape
    if returned is None or returned is ...:
        raise _Unplayable("it returns nothing yet.")
    if not (isinstance(returned, tuple) and len(returned) == 2 and all(isinstance(x, Tensor) for x in returned)):
        raise _Unplayable(f"it returned {type(returned).__name__}; the stage needs two tensors, v and c.")
    wants = (("v", "b, j, z", (1, j, z)), ("c", "b, i, j", (1, i, j)))
    for tensor, (name, letters, wanted) in zip(returned, wants, strict=True):
        if tensor.shape != wanted:
            raise _Unplayable(f"its {name} has shape {tuple(tensor.shape)}; expected ({letters}) = {wanted}.")
    return returned[0].float(), returned[1].float()


def _finite(name: str, tensor: Tensor) -> Tensor:
    if not torch.isfinite(tensor).all():
        raise _Unplayable(f"its {name} holds numbers that are not finite.")
    return tensor


def _algorithms(prior: Tensor | None) -> dict[str, Callable]:
    known = {
        "dynamic routing": functional.dynamic_routing,
        "self-attention": _without_prior,
        "self-attention with prior": functional.self_attention_routing,
        "uniform": _uniform,
    }
    return known if prior is not None else {name: f for name, f in known.items() if "prior" not in name}


def _without_prior(u_hat: Tensor) -> tuple[Tensor, Tensor]:
    return functional.self_attention_routing(u_hat)


def _uniform(u_hat: Tensor) -> tuple[Tensor, Tensor]:
    return functional.dynamic_routing(u_hat, 1)


# What the softmax makes shares of: sums of the agreements of all iterations before, or products of the votes.
LOGITS = [
    (functional.dynamic_routing, "sums"),
    (_uniform, "sums"),
    (functional.self_attention_routing, "products"),
    (_without_prior, "products"),
]


def _chosen(yours: Callable | None, against: Callable | None) -> dict[str, Callable]:
    """Titles and functions; one panel where both are the same."""
    if yours is None:
        return {} if against is None else {_name(against): against}
    if against is None or against is yours:
        return {_name(yours): yours}
    return {f"yours: {_name(yours)}": yours, f"beside it: {_name(against)}": against}


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _own(votes: Tensor) -> Tensor:
    if votes.ndim == 4 and votes.shape[0] == 1:
        votes = votes[0]
    if votes.ndim != 3:
        raise ValueError(f"votes has shape {tuple(votes.shape)}; expected (i, j, z), or (1, i, j, z) for one image")
    if votes.shape[0] > MOST_CHILDREN:
        raise ValueError(
            f"votes has {votes.shape[0]} children (axis i); the stage shows {MOST_CHILDREN}: "
            f"choose some, for example votes[:{MOST_CHILDREN}]"
        )
    if not votes.numel() or not votes.isfinite().all():
        raise ValueError("votes are empty or not all finite numbers; look at them before they are played")
    return votes.detach().float()


def _programme(own: Tensor | None, network: str) -> dict:
    return {
        "plays": [*([OWN] if own is not None else []), *TOYS, REAL],
        "real": [REAL, *([OWN] if own is not None and own.shape[2] != 2 else [])],
        "digits": REAL,
        "iterations": ITERATIONS,
        "rules": RULES,
        "labels": explore.labels(_shown(network)),
        "shape": list(loaded(network).shape),
    }


@cache
def _shown(network: str) -> Gallery:
    return own_images(network)


def _digit(network: str, place: int) -> tuple[Tensor, str, Tensor, Tensor]:
    """image (h, c·w), what it is, its votes (i, j, z) and the prior (i, j) of the network's routing."""
    shown = _shown(network)
    front, primary, routing = loaded(network).encoder
    with torch.no_grad():
        u = primary(front(shown.images[place][None]))
        u_hat = functional.votes(u, routing.weight)[0]
    return shown.sheet(shown.images[place]), shown.says(shown.labels[place].tolist()), u_hat, routing.prior
