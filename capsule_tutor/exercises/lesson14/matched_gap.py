"""Repair `broken_gap` into `matched_gap(a, b)`: the gap, novel − familiar, of two networks at the same validation
error. a and b are (3, epochs), errors in per cent: row 0 validation (familiar viewpoints), row 1 test familiar, row 2
test novel. The rule: the target is the lowest validation error that BOTH reach, which is the larger of their two
minima. Each network is read at its first epoch whose validation error is at most the target. Return two floats, (gap
of a, gap of b)."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "Say in one sentence each how `broken_gap` stops a and how it stops b. Which of the two sentences speaks of the "
    "test? What should both sentences be?",
    "One target for both, from row 0 alone: `max` of two `min`. Then the same three lines for a and for b, so a small "
    "function inside is worth its line.",
    "The first epoch that is good enough: `int((errors[0] <= target).nonzero()[0])`. The gap there is row 2 minus "
    "row 1.",
)
GRADIENT = False


def matched_gap(a: Tensor, b: Tensor) -> tuple[float, float]:
    """a, b (3, epochs): validation, familiar and novel error in % → novel − familiar of each, at the same validation
    error"""
    target = max(a[0].min(), b[0].min())

    def gap(errors: Tensor) -> float:
        epoch = int((errors[0] <= target).nonzero()[0])
        return (errors[2, epoch] - errors[1, epoch]).item()

    return gap(a), gap(b)


reference = matched_gap


def oracle(a, b):
    lowest = []
    for errors in (a, b):
        best = float("inf")
        for value in errors[0].tolist():
            best = value if value < best else best
        lowest.append(best)
    target, gaps = lowest[0] if lowest[0] > lowest[1] else lowest[1], []
    for errors in (a, b):
        for validation, familiar, novel in zip(*errors.tolist(), strict=True):
            if validation <= target:
                gaps.append(novel - familiar)
                break
    return tuple(gaps)


def _run(epochs: int, seed: int, level: float) -> Tensor:
    """Errors that fall, not without relapses, and differ between the three rows."""
    t = torch.arange(epochs) / epochs
    rows = [scale * (60 * (1 - t) ** 2 + level) for scale in (1.0, 1.1, 1.4)]
    return torch.stack(rows) + 4 * uniform(3, epochs, seed=seed)


def cases():
    drawn = torch.tensor([[30.0, 20.0, 12.0, 9.0, 10.0], [31.0, 22.0, 14.0, 8.0, 11.0], [60.0, 48.0, 41.0, 33.0, 35.0]])
    other = torch.tensor(
        [[25.0, 12.0, 8.5, 7.0, 8.0, 14.0], [27.0, 9.0, 10.0, 6.0, 9.5, 12.0], [55.0, 44.0, 39.0, 36.0, 37.0, 47.0]]
    )
    return [
        case("5 epochs against 6", drawn, other),
        case("6 epochs against 5", other, drawn),
        case("two runs of 12 epochs, a the better one", _run(12, 1, 5.0), _run(12, 2, 12.0)),
        case("20 epochs against 8, b the better one", _run(20, 3, 15.0), _run(8, 4, 2.0)),
        case("the same run twice", _run(9, 5, 6.0), _run(9, 5, 6.0)),
        case(
            "a run that reads novel views better, at the target",
            torch.tensor([[20.0, 11.0, 10.0], [21.0, 14.0, 12.0], [30.0, 12.0, 15.0]]),
            torch.tensor([[18.0, 11.5], [17.0, 12.0], [33.0, 25.0]]),
        ),
        case(
            "a run that is first within a point of the target",
            torch.tensor([[20.0, 9.5, 9.0], [21.0, 11.0, 10.0], [50.0, 40.0, 33.0]]),
            torch.tensor([[18.0, 8.0], [19.0, 9.0], [45.0, 30.0]]),
        ),
        case("a single epoch against 7", torch.tensor([[14.0], [13.0], [30.0]]), _run(7, 6, 4.0)),
    ]


def more_cases():
    return [case("other runs", _run(10 + n, 30 + n, 4.0 + 3 * n), _run(16 - n, 40 + n, 11.0 - 2 * n)) for n in range(4)]


def _at(errors, epoch):
    return (errors[2, epoch] - errors[1, epoch]).item()


def _first(errors, target):
    return int((errors[0] <= target).nonzero()[0])


def _target(a, b):
    return max(a[0].min(), b[0].min())


class right:
    def as_tensors(a, b):
        """A tensor of one number is that number."""
        return tuple(torch.tensor(gap) for gap in matched_gap(a, b))

    def by_loop(a, b):
        target, gaps = max(min(a[0].tolist()), min(b[0].tolist())), []
        for errors in (a, b):
            validation, familiar, novel = errors.tolist()
            epoch = next(k for k, error in enumerate(validation) if error <= target)
            gaps.append(novel[epoch] - familiar[epoch])
        return tuple(gaps)

    def by_argmax(a, b):
        target = torch.maximum(a[0].amin(), b[0].amin())
        epochs = [(errors[0] <= target).int().argmax() for errors in (a, b)]
        return tuple(float(e[2, k] - e[1, k]) for e, k in zip((a, b), epochs, strict=True))


class wrong:
    def as_it_was(a, b):
        """That is still `broken_gap`: a is read at its end, and b where its TEST error is the same. Give both the same
        rule, from row 0."""
        stop = int((b[1] - a[1, -1]).abs().argmin())
        return _at(a, -1), _at(b, stop)

    def both_stopped_on_the_test(a, b):
        """Both follow the same rule now, but it reads row 1, the test. Test errors may choose nothing: stop by
        validation, row 0."""
        target = max(a[1].min(), b[1].min())
        return tuple(_at(e, int((e[1] <= target).nonzero()[0])) for e in (a, b))

    def one_at_its_end(a, b):
        """You still read a at its end and stop only b. A network that is trained for longer is another network: stop
        both by the same rule."""
        stop = int((b[0] - a[0, -1]).abs().argmin())
        return _at(a, -1), _at(b, stop)

    def only_b_by_the_rule(a, b):
        """You stop b by the rule and read a at its last epoch. Read both where they first reach the target."""
        return _at(a, -1), _at(b, _first(b, _target(a, b)))

    def columns_for_rows(a, b):
        """You read both networks at their FIRST epoch. Does your comparison go the wrong way? It is `<=`. Or did you
        take `a[:, 0]`, the three errors of the first epoch, for row 0, `a[0]`, the validation errors of all?"""
        target = max(a[:, 0].min(), b[:, 0].min())
        return tuple(_at(e, int((e[:, 0] <= target).nonzero()[0])) for e in (a, b))

    def smaller_of_the_maxima(a, b):
        """Your target is made of the two largest validation errors, which networks have before they have learned. Take
        the minimum of each, and of these two the larger one."""
        target = min(a[0].max(), b[0].max())
        return tuple(_at(e, _first(e, target)) for e in (a, b))

    def both_at_their_end(a, b):
        """You read both at their last epoch. That is the converged comparison, which we also want; here the familiar
        errors should match."""
        return _at(a, -1), _at(b, -1)

    def each_at_its_best(a, b):
        """You read each network at an epoch that its own errors choose, its best one perhaps. Then their validation
        errors differ, and the better one has more to lose: take one target for both."""
        return _at(a, int(a[0].argmin())), _at(b, int(b[0].argmin()))

    def nearest_for_first(a, b):
        """You take the epoch that is nearest to the target. The rule says the FIRST that is at most the target: a
        nearest one may be above it, or a later relapse."""
        target = _target(a, b)
        return tuple(_at(e, int((e[0] - target).abs().argmin())) for e in (a, b))

    def the_smaller_minimum(a, b):
        """Your target is the smaller of the two minima. The other network never gets there: take the larger one, which
        both reach."""
        target = min(a[0].min(), b[0].min())
        return tuple(_at(e, _first(e, target)) for e in (a, b))

    def last_that_is_good_enough(a, b):
        """You take the last epoch that is good enough. After the first one a network goes on learning, and the match is
        gone: `nonzero()[0]`, not `[-1]`."""
        target = _target(a, b)
        return tuple(_at(e, int((e[0] <= target).nonzero()[-1])) for e in (a, b))

    def from_the_last_epochs(a, b):
        """Your target is the larger of the two LAST validation errors. A network may have been better before: the
        target is the lowest that both reach, the larger of the two minima."""
        target = max(a[0, -1], b[0, -1])
        return tuple(_at(e, _first(e, target)) for e in (a, b))

    def one_epoch_for_both(a, b):
        """You wait until BOTH are good enough, and read both at that epoch. The faster one has gone on learning by
        then: each has an epoch of its own."""
        epoch = max(_first(e, _target(a, b)) for e in (a, b))
        return tuple(_at(e, min(epoch, e.shape[1] - 1)) for e in (a, b))

    def below_for_at_most(a, b):
        """You ask for less than the target. The network that sets it reaches it exactly, in one epoch: <=."""
        target = _target(a, b)
        return tuple(_at(e, int((e[0] < target).nonzero()[0])) for e in (a, b))

    def novel_without_familiar(a, b):
        """You return the novel errors. The gap is novel − familiar, row 2 minus row 1."""
        target = _target(a, b)
        return tuple(e[2, _first(e, target)].item() for e in (a, b))

    def against_validation(a, b):
        """You subtract the validation error, row 0. It is measured on other toys: novel and familiar are rows 2 and 1,
        of the same test toys."""
        target = _target(a, b)
        return tuple((e[2, _first(e, target)] - e[0, _first(e, target)]).item() for e in (a, b))

    def familiar_minus_novel(a, b):
        """Your gaps have the wrong sign: novel minus familiar, so that a loss is positive."""
        return tuple(-gap for gap in matched_gap(a, b))

    def difference_of_the_gaps(a, b):
        """You return the difference of the two gaps. Return both, (gap of a, gap of b)."""
        gap_a, gap_b = matched_gap(a, b)
        return gap_a - gap_b

    def exchanged(a, b):
        """The two gaps are exchanged: a first."""
        gap_a, gap_b = matched_gap(a, b)
        return gap_b, gap_a

    def same_epoch_for_both(a, b):
        """You read both at the same epoch number. Equally long is not equally good: each has an epoch of its own."""
        epoch = min(_first(a, _target(a, b)), b.shape[1] - 1)
        return _at(a, epoch), _at(b, epoch)
