"""Write `honest_score(validation, test)`: for every run, the test error at the epoch with the lowest validation error.
Where epochs tie, the earliest counts. The answer has the dtype of `test`."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 5, "difficulty": 2, "importance": 5}
HINTS = (
    "Two steps: where is validation lowest, for each run? And what does test say at that place?",
    "`validation.argmin(dim=1)` names the epochs and takes the earliest of a tie. To look up one column per row, "
    "use gather or index with two lists: the rows and the columns.",
    "`chosen = validation.argmin(dim=1)`; return `test` indexed with `[torch.arange(len(test)), chosen]`.",
)
AXES = ("run",)
GRADIENT = False


def honest_score(validation: Tensor, test: Tensor) -> Tensor:
    """The test error of the epoch that validation chooses. validation, test (run, epoch) → (run,)

    For every run the epoch with the lowest validation error, the earliest of a tie; the test errors choose nothing. The
    answer has the dtype of `test`.
    """
    # score_r = test[r, e_r] with e_r = argmin_e validation[r, e]
    chosen = validation.argmin(dim=1, keepdim=True)  # (run, 1)
    return test.gather(1, chosen).squeeze(1)


reference = honest_score


def oracle(validation, test):
    scores = []
    for by_epoch, tested in zip(validation, test, strict=True):
        best = 0
        for epoch, value in enumerate(by_epoch):
            if value < by_epoch[best]:
                best = epoch
        scores.append(tested[best])
    return torch.stack(scores)


def cases():
    drawn = torch.tensor([[9.0, 4.0, 5.0, 4.0, 6.0], [3.0, 3.0, 3.0, 7.0, 8.0]])
    falling = torch.tensor([[40.0, 33.0, 37.0, 31.0, 35.0], [52.0, 29.0, 30.0, 41.0, 28.0]])
    return [
        case("2 runs of 5 epochs with equal lowest errors", drawn, falling),
        case("3 runs of 7 epochs", numbers(3, 7).abs(), numbers(3, 7, seed=1).abs()),
        case("a single run of 6 epochs", numbers(1, 6, seed=2).abs(), numbers(1, 6, seed=3).abs()),
        case("4 runs of a single epoch", numbers(4, 1, seed=4).abs(), numbers(4, 1, seed=5).abs()),
        case("float64", numbers(5, 3, seed=6).abs().double(), numbers(5, 3, seed=7).abs().double()),
    ]


class right:
    def by_loop(validation, test):
        best = [row.tolist().index(min(row.tolist())) for row in validation]
        return torch.stack([test[run, epoch] for run, epoch in enumerate(best)])

    def by_the_places_of_min(validation, test):
        return test[range(len(test)), validation.min(dim=1).indices]

    def by_two_indices(validation, test):
        return test[torch.arange(len(test)), validation.argmin(dim=1)]

    def by_one_hot(validation, test):
        chosen = torch.nn.functional.one_hot(validation.argmin(1), validation.shape[1]).to(test.dtype)
        return (chosen * test).sum(dim=1)


class wrong:
    def best_on_the_test_split(validation, test):
        """You took the lowest test error. That lets the test split choose, and a number that was chosen for being low
        is too low. Choose with validation, then look at test."""
        return test.min(dim=1).values

    def last_epoch(validation, test):
        """You took the last epoch. That is honest, too, and what our recipes do; here validation is to choose."""
        return test[:, -1]

    def validation_error_itself(validation, test):
        """You return the lowest validation error. It was chosen for being low, so it flatters: return the TEST error
        there."""
        return validation.min(dim=1).values

    def worst_validation(validation, test):
        """You took the epoch with the highest validation error. Errors are better when low: take the lowest, as argmin
        does."""
        return test.gather(1, validation.argmax(dim=1, keepdim=True)).squeeze(1)

    def latest_at_a_draw(validation, test):
        """Where epochs tie, you take the latest. Is there a <= where < is meant? Take the earliest: nothing speaks for
        more."""
        last = validation.shape[1] - 1 - validation.flip(1).argmin(dim=1, keepdim=True)
        return test.gather(1, last).squeeze(1)

    def best_test_at_a_draw(validation, test):
        """Where epochs tie, you let the test error decide. Even among equals it may choose nothing: take the
        earliest."""
        draws = validation == validation.min(dim=1, keepdim=True).values
        return test.masked_fill(~draws, float("inf")).min(dim=1).values

    def one_epoch_for_all_runs(validation, test):
        """You chose one epoch for all runs, from their mean. Every run has a best epoch of its own: argmin along axis
        1."""
        return test[:, validation.mean(dim=0).argmin()]

    def flat_argmin(validation, test):
        """Your argmin has no axis, so it found one place in the whole table. Every run needs its own: dim=1."""
        return test.flatten()[validation.argmin()].expand(len(test))

    def flat_argmin_alone(validation, test):
        """You return one number for all runs: the test error at the lowest place of the whole table. Has the argmin no
        axis? Every run needs an epoch of its own: dim=1."""
        return test.flatten()[validation.argmin()]

    def epoch_of_the_lowest_place(validation, test):
        """You found the lowest place of the whole table, and gave its epoch to every run. Has the argmin no axis? Every
        run has a best epoch of its own: dim=1."""
        return test[:, validation.argmin() % test.shape[1]]

    def best_over_both(validation, test):
        """You chose with validation and test together. As soon as test has a say, its number is no longer a test."""
        return test.gather(1, (validation + test).argmin(dim=1, keepdim=True)).squeeze(1)

    def number_of_the_epoch(validation, test):
        """You return the number of the chosen epoch. Return the test error found there."""
        return validation.argmin(dim=1)

    def every_choice_for_every_run(validation, test):
        """Every run gets the choices of all runs: that is a (run, run) table, as `test[:, chosen]` makes it. Pair them:
        gather, or `test[torch.arange(len(test)), chosen]`."""
        return test[:, validation.argmin(dim=1)]

    def epochs_as_rows(validation, test):
        """`test[chosen]` picks rows, which are runs, by numbers of epochs. Say which row each column is for:
        `test[torch.arange(len(test)), chosen]`."""
        return test[validation.argmin(dim=1)]

    def epochs_as_rows_within_bounds(validation, test):
        """You pick rows, which are runs, by numbers of epochs. Say which row each column is for:
        `test[torch.arange(len(test)), chosen]`."""
        return test[validation.argmin(dim=1) % len(test)]

    def every_epoch_left(validation, test):
        """You return all epochs of every run. Validation chooses one of them: one number for each run."""
        return test

    def best_test_until_then(validation, test):
        """You took the lowest test error UP TO the chosen epoch. That lets the test split choose among those before:
        read it once, at the chosen epoch."""
        return test.cummin(dim=1).values.gather(1, validation.argmin(dim=1, keepdim=True)).squeeze(1)

    def mean_at_a_draw(validation, test):
        """Where epochs tie, you average their test errors. Only one epoch's network is reported: take the earliest."""
        draws = (validation == validation.min(dim=1, keepdim=True).values).to(test.dtype)
        return (draws * test).sum(dim=1) / draws.sum(dim=1)

    def roles_exchanged_and_axis_left_over(validation, test):
        """There are two mistakes. The test split chooses, and validation is reported: exchange the two. And an axis of
        size 1 is left over: end with .squeeze(1)."""
        return validation.gather(1, test.argmin(dim=1, keepdim=True))

    def one_choice_for_each_epoch(validation, test):
        """Your argmin runs over the runs, so it has one answer for every EPOCH. Every run needs one: argmin(dim=1), and
        then one column for each row."""
        return test[:, validation.argmin(dim=0) % test.shape[1]]

    def across_the_runs(validation, test):
        """You chose the best run of every epoch. Choose the best epoch of every run: dim=1."""
        return test.gather(0, validation.argmin(dim=0, keepdim=True)).squeeze(0)

    def mean_of_the_runs(validation, test):
        """You return the mean of all runs. Return one score per run; means come later."""
        return honest_score(validation, test).mean()

    def mean_over_epochs(validation, test):
        """You took the mean over all epochs. Validation chooses one epoch of each run."""
        return test.mean(dim=1)

    def min_as_an_index(validation, test):
        """`validation.min(dim=1)` gives two things, the lowest errors and their places. An index needs the places: add
        `.indices`, or use argmin."""
        return test[torch.arange(len(test)), validation.min(dim=1)]

    def min_handed_to_gather(validation, test):
        """`validation.min(…)` gives two things, the lowest errors and their places. gather needs the places: add
        `.indices`, or use argmin."""
        return test.gather(1, validation.min(dim=1, keepdim=True)).squeeze(1)

    def errors_as_an_index(validation, test):
        """An index holds places, and you gave the lowest errors themselves. Take the `.indices` of the minimum, or
        argmin."""
        return test[torch.arange(len(test)), validation.min(dim=1).values]

    def gather_without_keepdim(validation, test):
        """gather wants an index with as many axes as the table: (run, 1). Say `argmin(dim=1, keepdim=True)`, and
        squeeze the answer."""
        return test.gather(1, validation.argmin(dim=1))

    def axis_left_over(validation, test):
        """There is an axis of size 1 left over: end with .squeeze(1), so that the shape is (run,)."""
        return test.gather(1, validation.argmin(dim=1, keepdim=True))

    def best_test_of_the_three_best(validation, test):
        """You let the test error choose among the best epochs of validation. It may choose nothing: take the one epoch
        with the lowest validation error."""
        best = validation.topk(min(3, validation.shape[1]), dim=1, largest=False).indices
        return test.gather(1, best).min(dim=1).values

    def roles_exchanged(validation, test):
        """You exchanged the two: the test split chooses, and validation is reported. Choose with validation, report
        test."""
        return honest_score(test, validation)

    def first_epoch(validation, test):
        """You took the first epoch of every run. Validation chooses one: argmin along axis 1."""
        return test[:, 0]

    def mean_of_both_splits(validation, test):
        """You averaged validation and test error. The validation error was chosen for being low: report test alone."""
        chosen = validation.argmin(dim=1, keepdim=True)
        return (test.gather(1, chosen) + validation.gather(1, chosen)).squeeze(1) / 2

    def median_over_epochs(validation, test):
        """You took the median over all epochs. Validation chooses one epoch of each run."""
        return test.median(dim=1).values

    def lowest_of_all_runs(validation, test):
        """You took the lowest test error of all runs. Test may choose nothing, and every run has a score of its own."""
        return test.min().expand(len(test))

    def epoch_after(validation, test):
        """You take the epoch after the one that validation chooses. Epochs are counted from 0, as argmin does."""
        chosen = (validation.argmin(dim=1, keepdim=True) + 1).clamp(max=test.shape[1] - 1)
        return test.gather(1, chosen).squeeze(1)

    def stopped_at_the_first_rise(validation, test):
        """You stop where the validation error rises for the first time. It may fall again, and lower: look at all the
        epochs of a run."""
        scores = []
        for by_epoch, tested in zip(validation, test, strict=True):
            epoch = 0
            while epoch + 1 < len(by_epoch) and by_epoch[epoch + 1] < by_epoch[epoch]:
                epoch += 1
            scores.append(tested[epoch])
        return torch.stack(scores)

    def highest_test_error(validation, test):
        """You took the highest test error. Validation chooses the epoch, whatever the test error is there."""
        return test.amax(dim=1)
