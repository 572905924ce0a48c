"""Write `diagnosis(losses)`: it reads a log. `losses` is a list of floats, the margin loss of ten classes at each step.
It returns one of six words: "lengths 0", "lengths 1", "no square" (lengths 0 or 1, and the square is missing),
"softmax" (one before the loss, at either of its levels), "same answer" (to every image) or "healthy" (no signature).
Judge by where the log *stays*, over its last ten steps or so. Batches differ, so that a log goes up and
down by a few hundredths: how close is close is your choice."""

import math

from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 12, "difficulty": 3, "importance": 5}
HINTS = (
    "Seven levels mean something, and each means one word. Which seven? And what tells a log that stays at a level "
    "from one that crosses it?",
    "Put the levels and their words in a list or a dict. A log stays at a level if *all* of its last ten losses are "
    "close to it. The closest two levels are 0.446 and 0.524, and the logs of the check go up and down by about "
    "0.02.",
    '`for level, word in ((0.81, "lengths 0"), (0.9, "no square"), ...):` and in it `if all(abs(loss - level) < ... '
    "for loss in losses[-10:]): return word`. What is left when no level fits?",
)
GRADIENT = False
LEVELS = (
    (0.81, "lengths 0"),
    (3.645, "lengths 1"),
    (0.9, "no square"),
    (4.05, "no square"),
    (0.64, "softmax"),
    (0.446, "softmax"),
    (0.524, "same answer"),
)
WORDS = {"healthy", *dict(LEVELS).values()}


def diagnosis(losses: list[float]) -> str:
    """What is wrong with a network, heard in its log."""
    for level, word in LEVELS:
        if all(abs(loss - level) < 0.04 for loss in losses[-10:]):
            return word
    return "healthy"


reference = diagnosis


def oracle(losses):
    last = losses[-10:]
    near = [word for level, word in LEVELS if max(last) < level + 0.04 and min(last) > level - 0.04]
    return near[0] if near else "healthy"


def _log(*levels: float, seed: int = 0, tremble: float = 0.02) -> list[float]:
    """60 losses that go through `levels` in equal times and stay at the last of them for half of the log."""
    falling = 30
    pairs = len(levels) - 1
    made = []
    for step in range(falling):
        part = step * pairs / falling
        k = min(int(part), pairs - 1) if pairs else 0
        ahead = levels[min(k + 1, pairs)]
        made.append(levels[k] + (part - k) * (ahead - levels[k]))
    made += [levels[-1]] * 30
    noise = (tremble * (2 * uniform(60, seed=seed) - 1)).tolist()
    return [max(0.0, round(loss + by, 4)) for loss, by in zip(made, noise, strict=True)]


def cases():
    healthy = _log(0.81, 0.3, 0.08, seed=5)
    return [
        case("a log that stays at 0.81", _log(0.81)),
        case("a log that stays at 3.645", _log(3.645, seed=1)),
        case("a log that stays at 0.64", _log(0.64, seed=2)),
        case("a log that sinks from 0.64 to 0.45 and stays there", _log(0.64, 0.5, 0.456, seed=3, tremble=0.01)),
        case("a log that stays at 0.524", _log(0.524, seed=12)),
        case("a log that stays at 0.9", _log(0.9, seed=4)),
        case("a log that stays at 4.05", _log(4.05, seed=9)),
        case("a log that falls from 0.81 to 0.08", healthy),
        case("a log that falls to 0.08 and ends with one bad batch, 0.81", [*healthy[:-1], 0.81]),
        case("a log that is falling, at 0.02 a step, and is just passing 0.446", _falling()),
        case("a log that is falling, at 0.03 a step, and is just passing 0.446", _falling(0.03)),
        case("a log that is falling, at 0.03 a step, and has just come to 0.64", _falling(0.03, 0.775)),
        case("a log that is falling, at 0.025 a step, from 0.66 to 0.43", _falling(0.025, 0.545)[30:]),
        case("a log that is falling, at 0.014 a step, from 0.55 past 0.524 to 0.42", _falling(0.014, 0.473)),
        # six of its last ten losses are near 0.64, and no seven
        case("a log that is falling, at 0.013 a step, and has come to 0.61", _falling(0.013, 0.667)),
        case("a log that stays at 0.81 for thirty steps and then falls to 0.1", _late()),
        case("a log that stays at 1.3", _log(1.3, seed=8)),
        case("a log that begins at 3.6 and stays at 0.81", _log(3.645, 0.81, seed=10)),
    ]


def _falling(slope=0.02, middle=0.45):
    """40 losses that fall by `slope` a step; the last ten have `middle` for their mean."""
    tremble = (0.005 * (2 * uniform(40, seed=6) - 1)).tolist()
    return [round(middle + slope * (34.5 - step) + by, 4) for step, by in enumerate(tremble)]


def _late():
    return [*_log(0.81, seed=7)[:30], *_log(0.81, 0.1, seed=11)]


def _one_of_the_words(item, value):
    known = ", ".join(f'"{word}"' for word in sorted(WORDS))
    return None if value in WORDS else f"your answer is {value!r}. The words are {known}: compare letter by letter."


properties = (_one_of_the_words,)


def _word(losses, tolerance=0.04, levels=LEVELS, of=all):
    for level, word in levels:
        if of(abs(loss - level) < tolerance for loss in losses):
            return word
    return "healthy"


class right:
    def by_mean_and_spread(losses):
        last = losses[-12:]
        if max(last) - min(last) > 0.06:
            return "healthy"
        mean = sum(last) / len(last)
        words = {0.81: "lengths 0", 3.645: "lengths 1", 0.64: "softmax", 0.446: "softmax"}
        words |= {0.9: "no square", 4.05: "no square", 0.524: "same answer"}
        nearest = min(words, key=lambda level: abs(level - mean))
        return words[nearest] if math.isclose(nearest, mean, abs_tol=0.04) else "healthy"

    def by_intervals(losses):
        low, high = min(losses[-8:]), max(losses[-8:])
        words = ["lengths 0", "lengths 1", "softmax", "softmax", "no square", "no square", "same answer"]
        intervals = [(0.77, 0.85), (3.6, 3.7), (0.6, 0.68), (0.42, 0.48), (0.86, 0.94), (4.0, 4.1), (0.48, 0.56)]
        fits = [word for word, (least, most) in zip(words, intervals, strict=True) if least < low and high < most]
        return [*fits, "healthy"][0]


class wrong:
    def where_it_begins(losses):
        """You read where the log begins, its first losses. A healthy one begins at 0.81, too: what counts is where it
        stays, at the end."""
        return _word(losses[:1])

    def first_ten(losses):
        """You read the first losses of the log, or its largest ones (is there a sort?). A healthy log has losses of
        0.81 there, too. What counts is where it stays: read the last ten, `losses[-10:]`, in the order in which they
        come."""
        return _word(losses[:10])

    def first_ten_and_no_log_at_4(losses):
        """You read the first losses of the log; what counts is where it stays, at the end: `losses[-10:]`. And you know
        0.9 and not 4.05: the square can be missing where all lengths are 1, too."""
        return _word(losses[:10], levels=[row for row in LEVELS if row[0] != 4.05])

    def last_loss_alone(losses):
        """Your answer depends on the last loss alone. One bad batch, or a log that is just passing, looks like a
        signature then. Is a word overwritten in a loop? Ask for several losses in a row."""
        return _word(losses[-1:])

    def three_of_the_end(losses):
        """A log that falls by 0.025 a step gets a name from you, though it stays nowhere: only three losses or so are
        near one level. Do you look at fewer than ten? Ask that *all* of the last ten are close."""
        return _word(losses[-3:])

    def five_of_the_end(losses):
        """A log that falls by 0.013 a step gets a name from you, though it stays nowhere: only six losses or so are
        near one level. Do you look at fewer than ten, or is your “close” too wide? Ask that *all* of the last ten are
        within about 0.04 of the level."""
        return _word(losses[-5:])

    def mean_of_everything(losses):
        """You judge by the mean of the whole log, its beginning included. A log that falls has any mean on its way:
        read the end alone."""
        return _word([sum(losses) / len(losses)])

    def mean_of_the_end(losses):
        """You judge by one number of the last losses, such as their mean. A log that is still falling has a mean, too,
        and stays nowhere: ask that each of them is close, or how far they are apart."""
        return _word([sum(losses[-10:]) / 10])

    def lowest_of_the_end(losses):
        """A log that is falling gets a name from you as soon as it comes near a level. Do you judge by the lowest loss
        of the end, or by too few? Ask that *all* of the last ten are close."""
        return _word([min(losses[-10:])])

    def highest_of_the_end(losses):
        """One bad batch at the end decides for you. Do you judge by the highest of the last losses? Ask that *all* of
        them are close to the level."""
        return _word([max(losses[-10:])])

    def one_level_for_each_word(losses):
        """You know one level of "no square" and "softmax", and each has two. Are the words the keys of a dict? A dict
        keeps the last value of each key alone: let the levels be the keys."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[0] not in (0.9, 0.64)])

    def a_band_for_the_softmax(losses):
        """You call everything from 0.446 to 0.64 a softmax. A log that stays at 0.524 is between them and means
        something else; a log that falls through the band has no signature. Ask for each level by itself."""
        return "softmax" if all(0.42 < loss < 0.67 for loss in losses[-10:]) else _word(losses[-10:])

    def a_band_around_the_same_answer(losses):
        """You call everything from 0.446 to 0.64 a softmax, but for 0.524. A log that falls through this band stays
        nowhere and has no signature: ask for each level by itself."""
        return (
            "softmax"
            if _word(losses[-10:]) == "healthy" and all(0.42 < x < 0.67 for x in losses[-10:])
            else _word(losses[-10:])
        )

    def each_near_a_level_of_its_own(losses):
        """You ask whether each of the last losses is close to some level. A log that falls past two levels is close to
        one of them all the time, and stays at neither: ask for ONE level that all of them are close to."""
        return _word(losses[-1:]) if all(_word([loss]) != "healthy" for loss in losses[-10:]) else "healthy"

    def nearest_level_of_a_flat_log(losses):
        """You ask only whether the log is flat, and then take the nearest level, however far. A healthy log that is
        flat at 0.08 is near to none: ask how far it is, too."""
        return "healthy" if max(losses[-10:]) - min(losses[-10:]) > 0.1 else wrong.nearest_level_in_any_case(losses)

    def below_is_close(losses):
        """For you every loss below a level is close to it. Do you compare `loss - level` with its sign? Take abs(loss -
        level)."""
        return next((word for level, word in LEVELS if all(loss - level < 0.04 for loss in losses[-10:])), "healthy")

    def above_is_close(losses):
        """For you every loss above a level is close to it. Do you compare `level - loss` with its sign? Take abs(loss -
        level)."""
        return next((word for level, word in LEVELS if all(level - loss < 0.04 for loss in losses[-10:])), "healthy")

    def healthy_if_it_fell(losses):
        """You call healthy whatever ends lower than it began. A softmax sinks from 0.64 to 0.446 and is ill all the
        same: look only at where the log stays."""
        return "healthy" if losses[-1] < losses[0] - 0.05 else _word(losses[-1:])

    def crossed_somewhere(losses):
        """You take a level for a signature if the log meets it anywhere. Every healthy log crosses 0.64 and 0.446 on
        its way down: does it *stay* there?"""
        return _word(losses, of=any)

    def one_of_the_last(losses):
        """You ask whether *any* of the last losses is close to a level. One bad batch is enough for that: ask for
        all."""
        return _word(losses[-10:], of=any)

    def first_that_is_close(losses):
        """You answer at the first loss that is near any level, and a healthy log passes several on its way down. Is a
        `return` inside a loop over the losses? Ask of each level whether *all* of the last ten are close."""
        return next((word for word in (_word([loss]) for loss in losses) if word != "healthy"), "healthy")

    def first_close_one_of_the_last(losses):
        """One of the last ten losses near a level is enough for you, the first. Is a `return` inside a loop over the
        losses? Ask of each level whether *all* of them are close."""
        return wrong.first_that_is_close(losses[-10:])

    def last_close_one_of_the_last(losses):
        """You keep a word once a loss has been near its level, even if its neighbours are far. One bad batch is enough
        for that: ask of each level whether *all* of the last ten are close."""
        return next((word for word in (_word([loss]) for loss in losses[:-11:-1]) if word != "healthy"), "healthy")

    def first_level_alone(losses):
        """You know "lengths 0" and "healthy", and no other word. Does the loop end in its first round, with a `return
        "healthy"` inside it? That belongs after the loop, when no level fits."""
        return _word(losses[-10:], levels=LEVELS[:1])

    def ever_stayed(losses):
        """You ask whether the log ever stayed at a level, somewhere on its way. A healthy one may wait at 0.81 before
        it falls: what counts is its end."""
        tens = [losses[k : k + 10] for k in range(len(losses) - 9)]
        return next((word for level, word in LEVELS if any(_word(ten, levels=[(level, word)]) == word for ten in tens)),
                    "healthy")  # fmt: skip

    def all_but_the_last_ten(losses):
        """You read losses other than the last ten, and only the last ten count. `losses[10:]` is all but the first ten,
        `losses[:-10]` is all but the last ten, and `losses[-10:]` is the last ten."""
        return _word(losses[:-10])

    def tenth_from_the_end(losses):
        """You read a single loss, the tenth from the end. `losses[-10]` is one number; all of the last ten are
        `losses[-10:]`."""
        return _word(losses[-10:-9])

    def a_word_for_every_band(losses):
        """You give a word to everything between two levels. A log may stay between them, or fall through, and then it
        has no signature: ask that all of the last ten are close to the level itself."""
        bands = ((3.9, "no square"), (3.5, "lengths 1"), (0.85, "no square"), (0.75, "lengths 0"), (0.58, "softmax"))
        mean = sum(losses[-10:]) / 10
        return next((word for low, word in (*bands, (0.49, "same answer"), (0.42, "softmax")) if mean > low), "healthy")

    def the_whole_log(losses):
        """You ask that the whole log stays at a level, or you call healthy whatever has fallen. A softmax begins at
        0.64 and sinks to 0.446, and dead networks may begin elsewhere: look at the end."""
        return _word(losses)

    def too_wide(losses):
        """Your “close” is too wide: 0.446 and 0.524 are only 0.08 apart, 0.81 and 0.9 only 0.09, and a loss is close to
        both then. Take about 0.04."""
        return _word(losses[-10:], 0.12)

    def wide_enough_for_a_fall(losses):
        """A log that falls by 0.02 a step is near a level for ten steps, and stays nowhere. Is your “close” too wide,
        or do you look at fewer than ten? Take about 0.04."""
        return _word(losses[-10:], 0.1)

    def too_narrow(losses):
        """Your “close” is too narrow, or it is an `==`: batches differ, and a log goes up and down by 0.02
        around its level. Take about 0.04."""
        return _word(losses[-10:], 0.005)

    def rounded_to_one_place(losses):
        """A log that stays at 3.645 or at 0.64 is healthy for you. Do you round before you compare? Losses that are
        close may round to different numbers: 3.64 becomes 3.6, and 3.66 becomes 3.7. Ask how far apart loss and level
        are, abs(loss - level)."""
        return next((word for level, word in LEVELS if all(round(x, 1) == round(level, 1) for x in losses[-10:])),
                    "healthy")  # fmt: skip

    def equal(losses):
        """You compare with `==`, or look for the level in the list. A measured loss is never exactly 0.81: ask how far
        apart they are."""
        return next((word for level, word in LEVELS if losses[-1] == level), "healthy")

    def no_log_without_its_square(losses):
        """You have no word for 0.9 and 4.05. These are 0.9² and 4.5 · 0.9² without their square."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[1] != "no square"])

    def small_without_its_square_alone(losses):
        """You know 0.9 and not 4.05: the square can be missing where all lengths are 1, too, 9 · 0.5 · 0.9."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[0] != 4.05])

    def large_without_its_square_alone(losses):
        """You know 4.05 and not 0.9: the square can be missing where all lengths are 0, too, 0.9 for the one class that
        is there."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[0] != 0.9])

    def same_answer_forgotten(losses):
        """You have no word for 0.524, the loss of a network that gives the same answer to every image."""
        return _word(losses[-10:], levels=LEVELS[:-1])

    def softmax_at_its_best_forgotten(losses):
        """You know the softmax at 0.64 only. One that learns sinks to 0.446 and no lower."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[0] != 0.446])

    def softmax_that_does_not_learn_forgotten(losses):
        """You know the softmax at 0.446 only. One that does not learn stays at 0.64, the loss of ten equal shares."""
        return _word(losses[-10:], levels=[row for row in LEVELS if row[0] != 0.64])

    def nearest_level_in_any_case(losses):
        """You take the nearest level in any case, so that nobody is ever healthy. If no level is close, say
        "healthy"."""
        mean = sum(losses[-10:]) / 10
        return min(LEVELS, key=lambda row: abs(row[0] - mean))[1]
