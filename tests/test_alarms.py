"""An exercise whose answer is a test: scored on right code and on mutants, and never able to end the lesson."""

import time
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from capsule_tutor.checks import alarms
from capsule_tutor.checks.cases import Case
from capsule_tutor.checks.exercise import Exercise, Mutant


def plain(x: Tensor) -> Tensor:
    return x + x


def rounded(x: Tensor) -> Tensor:
    return 2 * x * (1 + 2e-7)


def squared(x: Tensor) -> Tensor:
    return x * x


def of_the_first(x: Tensor) -> Tensor:
    return torch.cat([2 * x[:1], x[1:]])


def crashes(x: Tensor) -> Tensor:
    raise RuntimeError("no")


def the_package_s_own(double):
    x = torch.rand(4) + 3
    assert torch.allclose(double(x), 2 * x)


def double_test(double):
    x = torch.rand(5) + 3
    assert torch.allclose(double(x), 2 * x)


def too_strict(double):
    x = torch.rand(4) + 3
    assert torch.equal(double(x), 2 * x)


CODE = {
    rounded: "a right double that rounds",
    plain: "a right double",
    squared: "a square.",
    of_the_first: "a double of the first number.",
    crashes: "code that crashes.",
}
EXERCISE = Exercise(
    lesson="98",
    name="double_test",
    goal="Write a test.",
    hints=("a", "b", "c"),
    minutes=1,
    difficulty=1,
    importance=1,
    reference=the_package_s_own,
    oracle=lambda code, *_: alarms.SILENT if code in (plain, rounded) else alarms.ALARM,
    cases=lambda: [Case(says, (code, 1, None if "right" in says else 0)) for code, says in CODE.items()],
    mutants=(Mutant(too_strict, "Allow for rounding."),),
    gradient=False,
    test=True,
)


pytestmark = pytest.mark.usefixtures("own_progress")


def verdict(test):
    return EXERCISE.verdict(test)[:2]


def test_all_caught_and_no_false_alarm(capsys):
    assert verdict(double_test) == ("passed", "Caught 3 of 3, no false alarm.")
    assert EXERCISE(double_test) is double_test
    assert "✓ 98-double-test: passed. Caught 3 of 3, no false alarm." in capsys.readouterr().out


def test_an_exception_is_an_alarm_too():
    def by_testing_tools(double):
        torch.testing.assert_close(double(torch.ones(3)), torch.full((3,), 2.0))
        if double(torch.tensor([3.0, 4.0]))[1] < 7:
            raise ValueError("not twice")

    assert verdict(by_testing_tools) == ("passed", "Caught 3 of 3, no false alarm.")


def test_what_is_let_pass_is_named():
    def two_only(double):
        assert torch.allclose(double(torch.tensor([2.0])), torch.tensor([4.0]))

    assert verdict(two_only) == ("not yet", "Caught 1 of 3, no false alarm. It lets pass a square.")
    assert EXERCISE(two_only) is the_package_s_own, "the lesson goes on with the reference"


def test_a_false_alarm_comes_first_and_is_named():
    def first_and_strict(double):
        assert double(torch.tensor([3.3]))[0] == 6.6

    said = "Caught 2 of 3, 1 false alarm. On a right double that rounds, this line gives an alarm: "
    said += "`assert double(torch.tensor([3.3]))[0] == 6.6`. It asks by == or torch.equal: does it allow for rounding? "
    said += "Is what it demands true of every right one, on the input that you give it?"
    missed = " It lets pass a double of the first number."
    assert verdict(first_and_strict) == ("not yet", said + missed), "what it misses is said in the same breath"


def test_a_known_weakness_is_told_its_own_sentence():
    line = "On a right double that rounds, this line gives an alarm: `assert torch.equal(double(x), 2 * x)`."
    assert verdict(too_strict) == ("not yet", f"Caught 3 of 3, 1 false alarm. {line} Allow for rounding.")


def test_a_bug_in_the_test_is_shown():
    def misspelt(double):
        assert torch.allcloze(double(torch.ones(2)), torch.ones(2))

    status, sentence = verdict(misspelt)
    assert status == "not yet"
    assert "On a right double that rounds, your test raised AttributeError: module 'torch' has no attribute" in sentence
    assert sentence.startswith("It judges nothing yet: it ends in an error, on right code, too."), "no praise for that"
    status, sentence = verdict(lambda: None)
    assert "takes 0 positional arguments but 1 was given" in sentence


def test_a_test_that_can_never_raise_an_alarm_is_told_why():
    def bare(double):
        torch.allclose(double(torch.ones(2)), torch.full((2,), 2.0))

    def swallowed(double):
        try:
            assert torch.allclose(double(torch.ones(2)), torch.full((2,), 2.0))
        except Exception as error:
            print(error)

    without_a_crash = replace(EXERCISE, cases=lambda: EXERCISE.cases()[:4])
    says = "Caught 0 of 2, no false alarm. Your test lets everything pass"
    assert without_a_crash.verdict(bare)[1].startswith(f"{says}. It has no `assert`")
    assert without_a_crash.verdict(swallowed)[1].startswith(f"{says}: its `except` swallows")


def test_a_test_that_returns_is_told_how_a_test_speaks():
    status, sentence = verdict(lambda double: torch.allclose(double(torch.ones(2)), torch.full((2,), 2.0)))
    assert status == "not yet"
    assert "Your test returned a bool (True). A test is silent when all is well, and speaks up with `assert" in sentence


def stub(double):
    raise NotImplementedError


def half_filled(double):
    x = torch.ones(2)
    assert double(x) + ... == 2 * x


def returns_the_gap(double):
    return ...


@pytest.mark.parametrize("unwritten", [stub, half_filled, returns_the_gap])
def test_what_is_not_written_yet_is_not_attempted(unwritten):
    assert verdict(unwritten)[0] == "not attempted"


def test_every_implementation_meets_the_same_dice(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_APART", "0")  # what a fork appends to a list stays there
    seen = []

    def looks(double):
        seen.append(torch.rand(3).tolist())
        double_test(double)

    state = torch.random.get_rng_state()
    assert verdict(looks)[0] == "passed"
    assert len(seen) == 5
    assert all(numbers == seen[0] for numbers in seen)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_test_cannot_end_the_lesson(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "1")

    def endless(double):
        while True:
            time.sleep(0.01)

    said = verdict(endless)[1]
    assert "did not finish within 1 s for all 5 implementations: it was on number 1, a right double that rounds" in said

    def leaves(double):
        exit()

    assert verdict(leaves)[0] == "not yet"


def test_a_rule_that_is_nearly_always_true_is_a_false_alarm():
    def growing(double):
        x = torch.randn(3)
        assert torch.allclose(double(x), 2 * x)
        assert x.max() > 0, "true of seven draws in eight, and of the first"

    assert alarms.watched(growing)(plain) == alarms.SILENT
    with pytest.raises(alarms.RareFalseAlarm):
        alarms.watched(growing)(plain, 20)
    with pytest.raises(alarms.FalseAlarm):
        alarms.watched(growing)(squared, 20)


def test_broken_code_must_be_caught_nearly_every_time():
    def often(share):
        def at_times(double):
            if torch.rand(()) < share:
                double_test(double)

        return alarms.watched(at_times)

    assert often(1.0)(squared, 10, 2) == alarms.ALARM
    assert often(0.9)(squared, 10, 2) == alarms.ALARM, "bad luck is forgiven twice"
    assert often(0.5)(squared, 10, 2) == alarms.SOMETIMES
    assert often(0.0)(squared, 10, 2) == alarms.SILENT
    assert alarms.watched(lambda double: double)(squared, 10, 2) == "returned a function"


def test_what_is_caught_at_times_is_said_to_be():
    def at_times(double):
        if torch.rand(()) < 0.5:
            double_test(double)

    cases = [Case(says, (code, 10, None if "right" in says else 2)) for code, says in CODE.items()]
    exercise = replace(EXERCISE, cases=lambda: cases)
    said = "Caught 0 of 3, no false alarm. With some random numbers it lets pass a square."
    assert exercise.verdict(at_times)[:2] == ("not yet", said)
