"""Write `ensemble_wrong(lengths, label)`: average the lengths over the networks, let the longest class win, and return
True for every image that is then wrong."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform, whole

EFFORT = {"minutes": 4, "difficulty": 1, "importance": 4}
HINTS = (
    "Average what the networks know, not what they say in the end.",
    "The axes are (seed, n, j): a mean over axis 0 leaves (n, j), an argmax over the classes leaves (n,).",
    "`mean = lengths.mean(dim=0)`, `said = mean.argmax(dim=1)`; compare `said` with `label` by !=.",
)
AXES = ("n",)
GRADIENT = False


def ensemble_wrong(lengths: Tensor, label: Tensor) -> Tensor:
    """Which images the mean of several networks gets wrong. lengths (seed, n, j), label (n,) → (n,) bool"""
    # the class of image n is argmax_j Σ_seed ‖v_j‖ / seeds
    return lengths.mean(dim=0).argmax(dim=1) != label


reference = ensemble_wrong


def oracle(lengths, label):
    wrong = []
    for n, true in enumerate(label.tolist()):
        totals = [sum(float(network[n, j]) for network in lengths.detach()) for j in range(lengths.shape[2])]
        wrong.append(totals.index(max(totals)) != true)
    return torch.tensor(wrong)


def _sure(seeds: int, n: int, j: int, seed: int) -> tuple[Tensor, Tensor]:
    """Lengths of networks that are mostly right, by a narrow lead."""
    label = whole(j, n, seed=seed)
    lead = 0.35 * torch.nn.functional.one_hot(label, j)
    return uniform(seeds, n, j, seed=seed + 1) * 0.6 + lead, label


def cases():
    toy = torch.tensor([[[0.6, 0.5, 0.0]], [[0.0, 0.5, 0.6]], [[0.7, 0.6, 0.1]]])
    sure = torch.tensor([[[0.9, 0.2]], [[0.3, 0.7]], [[0.25, 0.65]]])  # (3, 1, 2): mean 0.483 and 0.517
    return [
        case("3 networks, 40 images, 5 classes", *_sure(3, 40, 5, 0)),
        case("three networks that are wrong in different ways", toy, torch.tensor([1])),
        case("one sure network against two that are less sure", sure, torch.tensor([1])),
        case("4 networks that guess", uniform(4, 30, 6, seed=2), whole(6, 30, seed=3)),
        case("one network alone", *_sure(1, 9, 4, 4)),
        case("float64", *(x.double() if x.is_floating_point() else x for x in _sure(2, 25, 7, 5))),
    ]


def _all_right_stays_right(item, value):
    lengths, label = item.args
    surely = (lengths.argmax(dim=2) == label).all(dim=0)
    if surely.any() and value.bool()[surely].all():
        return "you call every image wrong that all networks get right. Is it == where != is wanted?"
    lost = bool((value.bool() & surely).any())
    return (
        "you call an image wrong that every single network gets right. The mean runs over the networks, dim=0; then "
        "comes the argmax (not argmin) over the classes, dim=1 of what is left."
        if lost
        else None
    )


properties = (_all_right_stays_right,)


def _majority(said: Tensor) -> Tensor:
    return said.mode(dim=0).values


class right:
    def by_sum(lengths, label):
        return lengths.sum(dim=0).argmax(dim=-1).ne(label)

    def by_loop(lengths, label):
        wrong = []
        for n in range(len(label)):
            mean = sum(network[n] for network in lengths) / len(lengths)
            wrong.append(bool(mean.argmax() != label[n]))
        return torch.tensor(wrong)

    def by_einsum(lengths, label):
        said = torch.einsum("snj->nj", lengths).max(dim=1).indices
        return ~(said == label)


class wrong:
    def majority_vote(lengths, label):
        """You let the networks vote. A vote forgets how sure each one was: average the lengths first, then take the
        longest class."""
        return _majority(lengths.argmax(dim=2)) != label

    def mean_of_the_classes(lengths, label):
        """You averaged the class numbers. Half of the networks saying 3 and half saying 5 does not make it a 4: average
        lengths."""
        return lengths.argmax(dim=2).float().mean(dim=0).round().long() != label

    def most_certain_network(lengths, label):
        """You took the longest capsule of any network, so one overconfident network overrules all the others. Take the
        mean."""
        return lengths.amax(dim=0).argmax(dim=1) != label

    def least_certain_network(lengths, label):
        """You took each class's shortest length, so one network can veto what all the others saw. Take the mean."""
        return lengths.amin(dim=0).argmax(dim=1) != label

    def shortest_class(lengths, label):
        """You took the shortest capsule, argmin. The class that the ensemble says is the longest one: argmax."""
        return lengths.mean(dim=0).argmin(dim=1) != label

    def first_network(lengths, label):
        """That is the first network alone. Is the `return` inside a loop over the networks? The seeds are along axis 0:
        average over it."""
        return lengths[0].argmax(dim=1) != label

    def last_network(lengths, label):
        """That is the last network alone. Does a loop overwrite what the others say? The seeds are along axis 0:
        average over it."""
        return lengths[-1].argmax(dim=1) != label

    def product_of_lengths(lengths, label):
        """You multiplied the lengths (or averaged logarithms). One length near 0 then vetoes the rest. Take the plain
        mean."""
        return lengths.prod(dim=0).argmax(dim=1) != label

    def softmax_first(lengths, label):
        """You put the lengths through a softmax first. They already say how present a class is (lesson 05): average
        them as they are."""
        return lengths.softmax(dim=2).mean(dim=0).argmax(dim=1) != label

    def shares_first(lengths, label):
        """You brought each network's lengths to a common size first. Did you divide them by their sum? A length is no
        share: a network that sees little of any class should say little. Average the lengths as they are."""
        return (lengths / lengths.sum(dim=2, keepdim=True)).mean(dim=0).argmax(dim=1) != label

    def median_of_lengths(lengths, label):
        """You took the median, which listens to the middle network only, and to the lower one of two. Take the mean."""
        return lengths.median(dim=0).values.argmax(dim=1) != label

    def right_not_wrong(lengths, label):
        """You return True where the ensemble is right. True is for wrong: != instead of ==."""
        return lengths.mean(dim=0).argmax(dim=1) == label

    def any_network_wrong(lengths, label):
        """You mark an image that any network gets wrong. Average first: the ensemble can be right on it."""
        return (lengths.argmax(dim=2) != label).any(dim=0)

    def every_network_wrong(lengths, label):
        """You mark only images that all networks get wrong. The ensemble can be wrong on others, and right on these."""
        return (lengths.argmax(dim=2) != label).all(dim=0)

    def each_network_on_its_own(lengths, label):
        """You judge each network on its own, (seed, n). Average over the seeds first, so that one answer per image is
        left."""
        return lengths.argmax(dim=2) != label

    def mean_over_the_images(lengths, label):
        """You averaged over axis 1, the images. The seeds are along axis 0 of (seed, n, j)."""
        return lengths.mean(dim=1).argmax(dim=1) != label

    def counted(lengths, label):
        """You return how many are wrong. Which ones, one True or False for each image, is what is wanted."""
        return (lengths.mean(dim=0).argmax(dim=1) != label).sum()

    def argmax_without_an_axis(lengths, label):
        """Your argmax finds one place in the whole table, which is compared with every label. Is the axis missing?
        Every image needs its own class: `argmax(dim=1)`."""
        return lengths.mean(dim=0).argmax() != label

    def argmax_over_the_images(lengths, label):
        """After the mean the axes are (n, j), and your argmax runs over the images. Classes are along dim=1."""
        return lengths.mean(dim=0).argmax(dim=0) != label

    def mean_over_the_classes(lengths, label):
        """You averaged over axis 2, the classes; then your argmax asks which network was loudest. The mean is over the
        networks, axis 0, and the argmax over the classes."""
        return lengths.mean(dim=2).argmax(dim=0) != label

    def both_axes_one_too_far(lengths, label):
        """You averaged over axis 2, the classes, and took the argmax over the images. In (seed, n, j) the mean is over
        axis 0; in the (n, j) that is left, the argmax is over axis 1."""
        return lengths.mean(dim=2).argmax(dim=1) != label

    def lengths_for_classes(lengths, label):
        """Every image is wrong to you: what you compare with `label` are not classes but lengths, say, or places of
        images. Average over the networks, dim=0; then ask of each image WHICH class is the longest: argmax (not max),
        dim=1."""
        return lengths.mean(dim=0).amax(dim=1) != label

    def pair_compared_with_the_labels(lengths, label):
        """Your result is a plain True, whatever comes in. Did Python compare two things as wholes? Is one of them the
        pair that `max(dim=1)` gives, lengths and places? Use its `.indices`, or argmax. Is one a list? Make a tensor of
        it. Or did you write `is not`? That never looks at the entries: write `!=`."""
        return lengths.mean(dim=0).max(dim=1) != label

    def vote_on_being_wrong(lengths, label):
        """You ask whether more than half of the networks are wrong. That is a vote: the mean of lengths can be right
        when most are wrong, and wrong when most are right. Average lengths, not verdicts."""
        return (lengths.argmax(dim=2) != label).float().mean(dim=0) > 0.5

    def count_of_wrong(lengths, label):
        """You return how many are wrong. Return which ones: a bool for every image."""
        return int(ensemble_wrong(lengths, label).sum())

    def share_of_wrong(lengths, label):
        """You return the share of wrong images. Return which ones: a bool for every image."""
        return ensemble_wrong(lengths, label).float().mean()

    def predicted_classes(lengths, label):
        """You return the classes that the ensemble says. Compare them with `label`: !=."""
        return lengths.mean(dim=0).argmax(dim=1)

    def shorter_than_a_half(lengths, label):
        """You call an image wrong if its true capsule is shorter than 0.5. It is wrong if another class is longer:
        compare the argmax with the label."""
        return lengths.mean(dim=0)[torch.arange(len(label)), label] < 0.5

    def mean_of_the_squares(lengths, label):
        """You averaged the squared lengths, as a norm over the networks does, so a long one counts for more. Average
        the lengths themselves."""
        return lengths.square().mean(dim=0).argmax(dim=1) != label

    def weighted_by_certainty(lengths, label):
        """One sure network overrules two that agree. Do you let a network count for more, the longer its longest
        capsule is? Take the plain mean: every network counts the same."""
        return (lengths.amax(dim=2, keepdim=True) * lengths).sum(dim=0).argmax(dim=1) != label
