"""Repairs: the small change with which a wrong answer is right is found by trying, and is named; nothing else is."""

import ast
import contextlib
import inspect
import linecache

import pytest
import torch

from capsule_tutor import checks
from capsule_tutor.checks import exercise, repairs
from capsule_tutor.checks.cases import case
from capsule_tutor.checks.observing import Observation

ROWS = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
INPUTS = [(ROWS, 2), (ROWS + 1, 3), (2 * ROWS.abs(), 5)]


def right(x, power=2):
    total = x.new_zeros(len(x))
    for column in range(x.shape[1]):
        total = total + x[:, column].abs() ** power
    return (total / x.shape[1]) ** (1 / power)


def score(function):
    """How many of the inputs come out right. No exception is caught but those that a change may cause."""
    good = 0
    for x, power in INPUTS:
        try:
            value = function(x.clone(), power)
        except Exception:
            return 0, ""
        wanted = right(x, power)
        good += isinstance(value, torch.Tensor) and value.shape == wanted.shape and torch.allclose(value, wanted)
    return good / len(INPUTS), ""


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    monkeypatch.setattr(repairs, "SECONDS", 60)


def found(answer, score):
    source = repairs.read(answer)
    return repairs.found(source, source.changes(), score)


def thrown_away(x, power=2):
    x = x + 0
    x.abs()
    total = (x**power).sum(1)
    return (total / x.shape[1]) ** (1 / power)


def returned_in_the_loop(x, power=2):
    total = x.new_zeros(len(x))
    for column in range(x.shape[1]):
        total = total + x[:, column].abs() ** power
        return (total / x.shape[1]) ** (1 / power)


def overwritten(x, power=2):
    total = x.new_zeros(len(x))
    for column in range(x.shape[1]):
        total = x[:, column].abs() ** power
    return (total / x.shape[1]) ** (1 / power)


def over_the_rows(x, power=2):
    return (x.abs() ** power).mean(dim=0) ** (1 / power)


def summed(x, power=2):
    return (x.abs() ** power).sum(dim=1) ** (1 / power)


def typed_in(x, power=2):
    return (x.abs() ** 3).mean(dim=1) ** (1 / power)


def one_too_few(x, power=2):
    total = x.new_zeros(len(x))
    for column in range(x.shape[1] - 1):
        total = total + x[:, column].abs() ** power
    return (total / x.shape[1]) ** (1 / power)


def without_brackets(x, power=2):
    total = (x.abs() ** power).sum(1)
    return (total / x.shape[1]) ** 1 / power


def no_abs(x, power=2):
    total = (x**power).sum(1)
    return (total / x.shape[1]) ** (1 / power)


def doubled(x, power=2):
    return 2 * (x.abs() ** power).mean(1) ** (1 / power)


def sum_before_the_power(x, power=2):
    return (x.abs().mean(1) ** power) ** (1 / power)


def with_letters(x, power=2):
    return (torch.einsum("ij->j", x.abs() ** power) / x.shape[1]) ** (1 / power)


def dice(x, power=2):
    return x.sin().sum(1) * 0.77 + power


def two_slips(x, power=2):
    return (x.abs() ** power).sum(dim=0) ** (1 / power)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (returned_in_the_loop, "return (total / x.shape[1]) ** (1 / power)`: it is inside the loop"),
        (overwritten, "every round overwrites what the one before it gave"),
        (over_the_rows, "`mean(dim=0)` should be `mean(dim=-1)`: another axis is meant"),
        (summed, "`sum(dim=1)` should be `mean(dim=1)`"),
        (typed_in, "should be `abs() ** power`: a number is typed in"),
        (one_too_few, "`- 1` should go"),
        (no_abs, "`.abs()` is missing behind `x ** power`"),
        (doubled, "`2 *` should go"),
        (sum_before_the_power, "`(x.abs() ** power).mean(1)`: the power comes before the mean"),
        (with_letters, "should be `einsum('ji->j', x.abs() ** power)`"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_the_change_that_makes_it_right_is_named(answer, sentence):
    said = found(answer, score)
    assert sentence in said
    assert said.endswith("With that, your answer is right.")


def test_a_result_that_is_thrown_away_is_named_with_its_line():
    source = repairs.read(thrown_away)
    assert repairs.found(source, source.kept(), score) == (
        "Look at the line `x.abs()`: it leaves `x` as it is, and what it gives is thrown away. Keep it: `x = x.abs()`. "
        "With that, your answer is right."
    )
    assert not list(repairs.read(summed).kept())


def test_nothing_is_said_where_no_change_makes_it_right():
    assert found(dice, score) == ""


def test_what_has_no_source_to_change_is_left_alone():
    assert repairs.read(lambda x, power=2: x) is None
    assert repairs.read(torch.softmax) is None
    assert repairs.read(None) is None


def test_two_slips_are_named_where_both_together_make_it_right():
    def closer(function):
        with contextlib.suppress(Exception):
            return max(score(function)[0], 0.1 * (function(ROWS, 2).shape == (4,))), ""
        return 0.0, ""

    said = found(two_slips, closer)
    assert said.startswith("There are two mistakes. ")
    assert "`sum(dim=0)`" in said
    assert "mean" in said


def test_a_known_mistake_and_a_slip_are_named_together():
    def one_of_them(function):
        with contextlib.suppress(Exception):
            value = function(ROWS, 2)
            added = value.shape == (4,) and torch.allclose(value, summed(ROWS))
            return (0.4, "You added.") if added else (0.1, "")
        return 0.0, ""

    assert found(two_slips, one_of_them).startswith("There are two mistakes. You added. And: In the line")


def test_the_search_ends_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(repairs, "SECONDS", 0.0)
    assert found(summed, score) == ""


def test_a_changed_answer_sees_what_the_answer_sees():
    factor = 3

    def scaled(x, power=2):
        return factor * x.abs().sum(dim=0) / power

    def as_meant(function):
        with contextlib.suppress(Exception):
            value = function(ROWS)
            return float(value.shape == (4,) and torch.allclose(value, factor * ROWS.abs().sum(1) / 2)), ""
        return 0.0, ""

    assert "`sum(dim=0)` should be `sum(dim=-1)`" in found(scaled, as_meant)


def test_every_row_of_the_tables_is_python_and_changes_something():
    for written, meant, why in (*repairs._SLIPS, *repairs._REWRITTEN):
        node = repairs._parsed(written)
        bound = {}
        assert repairs._matches(node, node, bound), written
        assert repairs._filled(repairs._parsed(meant), bound) is not node
        assert written != meant
        assert why


def test_a_check_says_what_would_make_the_answer_right(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path))

    def votes(u, weight):
        out = u.new_zeros(len(u), u.shape[1], weight.shape[1], weight.shape[3])
        for b in range(len(u)):
            for i in range(u.shape[1]):
                for j in range(weight.shape[1]):
                    out[b, i, j] = u[b, i] @ weight[i, j] + 3
        return out

    status, sentence, _ = checks.find("votes").verdict(votes)
    assert status == "not yet"
    assert "`+ 3` should go. With that, your answer is right." in sentence


def test_beside_a_repair_nothing_is_left_to_ask(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path))

    def flaws(claim):
        return checks.find("flaws").reference(claim).sort()

    status, sentence, _ = checks.find("flaws").verdict(flaws)
    assert status == "not yet"
    assert repairs.RIGHT in sentence
    assert "a list's .sort() changes the list itself, and returns None" in sentence
    assert "?" not in sentence


@pytest.mark.parametrize(
    ("values", "much"),
    [
        ([torch.tensor([0.1, 0.2, 0.3])], True),
        ([0.25, 0.5, 0.75], True),
        ([0.5, 0.5, 0.5], False),
        ([torch.tensor([1, 2, 3, 4])], False),
        ([["leak"], ["leak", "size"], [], ["size"]], False),
        (["better", "equal", "cannot tell"], False),
    ],
)
def test_only_floats_are_never_alike_by_chance(values, much):
    seen = [Observation(case("one"), value=value) for value in values]
    assert exercise._says_much(seen) is much


@pytest.mark.filterwarnings("ignore:assertion is always true")
def test_brackets_that_make_an_assert_always_true_are_named():
    source = repairs.read(defined('def moved_test(move):\n    assert (move(1) != 1, "it stays")\n'))
    (change,) = source.kept()
    assert "a pair in brackets is always true" in source.said(change)
    with pytest.raises(AssertionError, match="it stays"):
        source.changed(change)(lambda x: x)


def test_one_change_that_makes_all_right_is_said_before_two_mistakes_that_explain_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path))

    def attention_logits(u_hat):
        table = torch.einsum("bijz,bkjz->bikj", u_hat, u_hat)
        return table.sum(dim=2) / u_hat.shape[-1] ** 1 / 2

    status, sentence, _ = checks.find("attention_logits").verdict(attention_logits)
    assert status == "not yet"
    assert "Python takes the power before it divides" in sentence
    assert "two mistakes" not in sentence


def test_what_is_added_is_shown_in_its_place_where_it_binds_to_a_part():
    assert (
        repairs._difference("wrong ** 2 / n", "wrong ** 2 / n ** 2")
        == "`wrong ** 2 / n` should be `wrong ** 2 / n ** 2`"
    )
    assert repairs._difference("x.sum(1)", "x.sum(1) + 1") == "`+ 1` is missing behind `x.sum(1)`"
    assert repairs._difference("a * b", "(a * b) ** 2") == "`** 2` is missing behind `a * b`"


def test_a_change_that_is_right_by_chance_is_not_right():
    votes = checks.find("votes")
    known = [item.args[0] for item in votes.cases()]

    def by_heart(u, weight):
        seen = any(torch.equal(u, other) for other in known if other.shape == u.shape)
        return votes.reference(u, weight) + float(not seen)

    assert votes.questions._score(votes.reference, 0)[0] == 1
    assert votes.verdict(by_heart)[0] == "passed"
    assert votes.questions._score(by_heart, 0)[0] < 1


@pytest.mark.parametrize(
    ("line", "never"),
    [
        ("torch.allclose(x, y, atol=0.01)", {"0.02", "0.005", "torch.allclose(x, y)"}),
        ("x[:n]", {"n ** 2", "2 * n"}),
        ("1024 * n", {"1023", "1025"}),
    ],
)
def test_some_changes_are_never_meant(line, never):
    source = repairs.read(defined(f"def answer(x, y, n):\n    return {line}\n"))
    changed = {ast.unparse(change.after) for change in source.changes() if change.after is not None}
    assert changed
    assert not never & changed


def defined(text):
    """The function of a module with this text, which inspect can read."""
    name = f"<answer {len(linecache.cache)}>"
    linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
    names = {}
    exec(compile(text, name, "exec"), names)
    return next(value for value in names.values() if inspect.isfunction(value))
