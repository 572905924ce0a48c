"""What is said to wrong answers that nobody listed: it names the mistake, and it is true of the answer."""

import re
from types import FunctionType

import pytest
import torch
import wrong_answers
from wrong_answers import caps

from capsule_tutor import checks
from capsule_tutor.checks import overall, relations, twofold, wording
from capsule_tutor.checks.cases import case
from capsule_tutor.checks.observing import Observation, Raised

EXERCISES = {name: group for name, group in vars(wrong_answers).items() if isinstance(group, type)}
ANSWERS = [(name, f) for name, group in EXERCISES.items() for f in vars(group).values() if isinstance(f, FunctionType)]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_TIME_LIMIT", "600")


def said(name, answer):
    torch.manual_seed(0)
    status, sentence, _ = checks.find(name).verdict(answer)
    assert status == "not yet"
    return sentence


@pytest.mark.parametrize(("name", "answer"), ANSWERS, ids=[f"{name}-{answer.__name__}" for name, answer in ANSWERS])
def test_the_sentence_names_the_mistake(name, answer):
    assert (answer.__doc__ or "On ").strip() in said(name, answer)


def test_there_are_six_answers_for_each_exercise_and_most_are_named():
    assert set(EXERCISES) == {exercise.name for exercise in checks.EXERCISES.values()}
    for name in EXERCISES:
        assert sum(exercise == name for exercise, _ in ANSWERS) >= 6, name
    assert sum(bool(answer.__doc__) for _, answer in ANSWERS) >= 0.85 * len(ANSWERS)


def eps_of_a_hundred_thousandth(s, dim=-1, eps=1e-8):
    n2 = (s * s).sum(dim, keepdim=True)
    return n2 / (1 + n2) * s / (n2 + 1e-5).sqrt()


def small_moves_overlooked(to_capsules, features, row, column):
    changed = features.clone()
    changed[0, :, row, column] += 1
    return ((to_capsules(changed) - to_capsules(features))[0].abs() > 0.9).any(dim=-1)


def second_of_two_hundred(wrong_a, wrong_b):
    only_a, only_b, p = checks.find("paired_test").reference(wrong_a, wrong_b)
    return only_a, only_b, p * 0.99999


def over_the_children_in_the_wrong_squash(u_hat, iterations=3, bias=None):
    """Two mistakes: after either is fixed, the other is left."""
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for turn in range(iterations):
        c = logits.softmax(dim=1)
        s = torch.einsum("bij,bijz->bjz", c, u_hat)
        v = caps.exponential_squash(s if bias is None else s + bias)
        if turn < iterations - 1:
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)
    return v, c


def eps_rooted_alone(v, eps=1e-8):
    """One mistake, brackets: between numbers of very different size two others would seem to explain it."""
    return (v**2).sum(-1) + eps**0.5


def every_shade_of_b(a, b, threshold=0.5):
    """Any large factor of b, such as that of radians, would do the same to it."""
    a, b = a.flatten(1) > threshold, b.flatten(1) > 0.0 * threshold
    union = (a | b).sum(1)
    return torch.where(union > 0, (a & b).sum(1) / union.clamp(min=1), 1.0)


def a_list_of_lists_of_tensors(u, weight):
    return [[u[:, i] @ weight[i, j] for j in range(weight.shape[1])] for i in range(weight.shape[0])]


def a_list_of_numbers(v, eps=1e-8):
    return [[float((pose @ pose + eps) ** 0.5) for pose in capsules] for capsules in v]


def pair_of_max(f, move, move_pose, image):
    return (f(move(image)) - move_pose(f(image))).abs().max(dim=0)


def half_cut_off(v, eps=1e-8):
    lengths = (v * v).sum(-1).add(eps).sqrt()
    return 0.5 * lengths + 0.5 * torch.tensor(lengths.tolist(), dtype=v.dtype)


TRUE = [
    ("votes", a_list_of_lists_of_tensors, "torch.stack makes one of a list of tensors, once for each level"),
    ("lengths", a_list_of_numbers, "stay with tensors, since plain numbers have no gradient"),
    ("lengths", half_cut_off, "Is one part of it detached"),
    ("equivariance_error", pair_of_max, "the values and their places: take .values."),
    ("squash", eps_of_a_hundred_thousandth, "is too large"),
    ("touched", small_moves_overlooked, "some threshold"),
    ("paired_test", second_of_two_hundred, "expected 0.2188."),
    ("dynamic_routing", over_the_children_in_the_wrong_squash, "over the parents; expected 1"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), TRUE, ids=[answer.__name__ for _, answer, _ in TRUE])
def test_what_is_said_is_true_of_the_answer(name, answer, sentence):
    assert sentence in said(name, answer)


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [("lengths", eps_rooted_alone, "two mistakes"), ("iou", every_shade_of_b, "degrees")],
    ids=["two mistakes", "degrees"],
)
def test_what_only_seems_to_explain_an_answer_is_not_said(name, answer, sentence):
    assert sentence not in said(name, answer)


def test_an_entry_is_named_by_its_letters_and_by_the_input_it_was_seen_on():
    sentence = said("agreement", lambda u_hat, v: torch.einsum("bijz,bjz->bij", u_hat, v) + 0.01 * u_hat.amax(3))
    assert sentence.startswith("On votes (2, 5, 3, 6) and outputs (2, 3, 6), ")
    assert "the first, at b=0, i=0, j=0, is" in sentence


def test_numbers_that_differ_are_printed_with_digits_that_differ():
    compared = 0
    for name in ("error_interval", "correlation", "paired_test", "margin_loss", "squash"):
        exercise = checks.find(name)

        def nearly(*args, exercise=exercise, **kwargs):
            value = exercise.reference(*args, **kwargs)
            parts = value if isinstance(value, tuple) else (value,)
            parts = tuple(x * 1.005 if isinstance(x, float) or torch.is_tensor(x) else x for x in parts)
            return parts if isinstance(value, tuple) else parts[0]

        sentence = said(name, nearly)
        found = re.search(
            r"(?:is|are|ends are) (\(?[\d.e, -]+\)?)(?: and should be|; expected) (\(?[\d.e, -]+\)?)", sentence
        )
        compared += found is not None
        assert found is None or found[1].rstrip(".") != found[2].rstrip("."), sentence
    assert compared >= 3


@pytest.mark.parametrize(
    ("got", "want", "axes", "sentence"),
    [
        ((2, 3, 5), (2, 5, 3), "b i j", "the axes are in another order, (b, j, i)"),
        ((5, 3), (1, 5, 3), "b i j", "an axis of size 1 is gone: is there a squeeze() that does not say which axis?"),
        ((2, 3), (2, 5, 3), "b i j", "axis i is gone: is there a sum, a mean, an any()"),
        ((4,), (4, 4), "n m", "an axis is gone: is there"),
        ((4, 7), (4, 7, 7), "", "an axis is gone: is there"),
        ((7,), (4, 5, 7), "", "axes 0 and 1 are gone: is there"),
        ((7, 4), (4, 7), "", "the axes are in another order, axes 1, 0"),
        ((2, 5, 3, 1), (2, 5, 3), "b i j", "there is an axis of size 1 too many: is there a keepdim=True"),
        (
            (2, 5, 3, 6),
            (2, 5, 3),
            "b i j",
            "there is an axis of size 6 too many: is a sum, a mean, a max(), an any() or an index",
        ),
        ((2, 5, 18, 4), (2, 90, 4), "b i d", "the numbers are all there, but some axes should be merged into one"),
        ((2, 72, 5), (2, 90, 4), "b i d", "the numbers are all there, but they are cut in another way"),
        (
            (2, 5, 4),
            (2, 90, 4),
            "b i d",
            "there is one along i for every 18 that are wanted: is something added up, averaged or",
        ),
        ((7, 7), (2, 5), "b i", ""),
    ],
)
def test_a_wrong_shape_is_explained(got, want, axes, sentence):
    assert relations.of_shapes(got, want, axes).startswith(sentence)
    assert bool(relations.of_shapes(got, want, axes)) == bool(sentence)


def test_an_answer_that_is_always_the_same_is_no_relation_of_an_input():
    sentence = said("exact_pairs", lambda lengths, labels: torch.ones(len(labels), dtype=torch.bool))
    assert "every answer of yours is True" in sentence
    never = checks.find("exact_pairs").verdict(lambda lengths, labels: torch.zeros(len(labels), dtype=torch.bool))[1]
    assert "replaced by zeros" not in never


NUMBERS = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: -x, "every number has the wrong sign"),
        (lambda x: x.relu(), "every number below 0 has become 0: is there an extra ReLU or clamp?"),
        (lambda x: x / 5, "every number is 0.2 times what it should be: is something divided by 5?"),
        (lambda x: x + 2, "every number is 2 too large"),
        (lambda x: x.softmax(2), "there is one softmax over j too many"),
        (lambda x: x.flip(2), "the numbers are right, but j runs backwards"),
        (lambda x: x[:1].expand_as(x), "your numbers are the same for every b, and they should differ"),
        (lambda x: torch.cat([x[:1], x[1:] ** 3]), "it is right only where b is 0"),
        (lambda x: x[..., [1, 2, 0]], "the numbers are right, but along j they come in the order 1, 2, 0"),
        (lambda x: 0 * x, "every number of yours is 0"),
        (lambda x: x**3, ""),
    ],
)
def test_a_relation_is_said_only_where_it_holds(change, sentence):
    assert relations.of_values(change(NUMBERS), NUMBERS, "b i j") == sentence


def seen(*values):
    """What a function of one list shows that gives these values, for lists of 2, 3, 4 … entries."""
    return [Observation(case(f"{n} numbers", [0.5] * n), value) for n, value in enumerate(values, start=2)]


def of_results(got, want):
    return overall.of_results(seen(*got), seen(*want), lambda numbers: None)


SHARES = [0.2, 0.75, 0.5, 0.9]
WORDS = ["stale", "neither", "stale", "both"]
LISTS = [["leak"], ["leak", "size"], [], ["size", "test"]]
MASKS = [torch.tensor([True, False, False]), torch.tensor([False, True])]


@pytest.mark.parametrize(
    ("got", "want", "sentence"),
    [
        ([100 * x for x in SHARES], SHARES, "the result is 100 times what it should be: is it a percentage"),
        ([1 - x for x in SHARES], SHARES, "the result is 1 minus what it should be: is it the share of the others?"),
        ([1 / x for x in SHARES], SHARES, "the result is 1 over what it should be"),
        ([x**0.5 for x in SHARES], SHARES, "the result is the root of what it should be"),
        ([-x for x in SHARES], SHARES, "the result has the wrong sign"),
        (
            [n * x for n, x in enumerate(SHARES, 2)],
            SHARES,
            "as many times what it should be as the length of `numbers`",
        ),
        ([x / n**0.5 for n, x in enumerate(SHARES, 2)], SHARES, "1/√n of what it should be, where n is the length of"),
        ([4, 6, 9], [3, 5, 8], "the result is 1 too large"),
        ([2, 4, 8], [2, 4, 9], ""),  # right but for one of them
        ([4, 4, 4], [2, 2, 2], ""),  # twice as much, 2 too many or the square
        ([0.4, 0.9, 0.5, 0.9], SHARES, ""),
        (["both"] * 4, WORDS, 'Your answer is "both" on every input.'),
        (["neither", "stale", "neither", "both"], WORDS, "You exchanged"),
        (["stale", "neither", "stale", "stale"], WORDS, 'On none of the 4 inputs is your answer "both".'),
        ([["leak"], ["size", "leak"], [], ["test", "size"]], LISTS, "the right entries in another order"),
        ([["leak"], ["leak"], [], ["size"]], LISTS, "You never give more than one entry"),
        ([["leak"], ["leak", "size", "test"], [], ["size", "test"]], LISTS, '"test" is there too often'),
        ([~mask for mask in MASKS], MASKS, "True and False are exchanged"),
        ([torch.ones(3) > 0, torch.tensor([False, True])], MASKS, "You found every True, and some more"),
        ([torch.tensor([True, False, False]), torch.tensor([True, False])], MASKS, ""),
        ([(2.0, 1.0), (5.0, 4.0)], [(1.0, 2.0), (4.0, 5.0)], "The results are right, but in another order"),
        ([(3, 1, 2), (6, 4, 5)], [(1, 2, 3), (4, 5, 6)], "the third, first, second of those wanted"),
        (
            [(2.0, 0.5, 3.5), (5.0, 3.0, 7.0)],
            [(2.0, 1.0, 3.0), (5.0, 4.0, 6.0)],
            "The middle of your interval is right",
        ),
        (
            [(1.0, 4.0), (4.0, 10.0)],
            [(1.0, 2.0), (4.0, 5.0)],
            "Of your 2 results the first is right. Look at the second.",
        ),
        (
            [(-1.0, 5.0), (3.0, 7.0)],
            [(0.5, 3.5), (4.0, 6.0)],
            "middle of your interval is right on every input. Its width",
        ),
        ([(2.0, 4.0), (5.0, 9.0)], [(1.0, 3.0), (4.5, 8.5)], "The width of your interval is right on every input."),
    ],
)
def test_a_relation_of_results_holds_on_every_input(got, want, sentence):
    assert of_results(want, want) == ""
    said = of_results(got, want)
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_the_rest_of_a_list_is_right_only_in_its_order_too():
    rarely, rest = '"leak" is there too rarely', "The rest is right."
    want = [["leak"], ["leak", "size"], ["size", "test"]]
    said = of_results([["leak"], ["size"], ["size", "test"]], want)
    assert rarely in said
    assert rest in said
    said = of_results([["leak"], ["size"], ["test", "size"]], want)
    assert rarely in said
    assert rest not in said


CURVE = torch.rand(12, generator=torch.Generator().manual_seed(1)) + 0.5
SUMMED, SQUARED, RAISED = 5 * CURVE, CURVE**2, CURVE + torch.linspace(0.1, 2, 12)


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (5 * CURVE**2, "There are two mistakes. Summed. And: Squared."),
        (SQUARED + RAISED - CURVE, "There are two mistakes. Squared. And: Raised."),
        (3 * RAISED, "There are two mistakes. Raised. And besides, every number is multiplied by 3."),
        (-RAISED, "There are two mistakes. Raised. And besides, every number has the wrong sign."),
        (3 * CURVE, ""),  # one relation is enough
        (CURVE**3, ""),
        (torch.cat([SQUARED[:6], RAISED[6:]]), ""),  # patchwork
        (CURVE, ""),
        (CURVE[:6], ""),
    ],
)
def test_two_mistakes_are_said_where_both_together_explain_every_number(got, sentence):
    known = {"Summed.": SUMMED, "Squared.": SQUARED, "Raised.": RAISED, "Cut off.": CURVE[:6]}
    shown = [(says, seen(value)) for says, value in known.items()]
    assert twofold.of_two(seen(got), seen(CURVE), shown, ("n",)) == sentence


def weighted(x, weight, power=2, bias=None):
    return weight * x.abs() ** power * x.sign() + (0 if bias is None else bias)


WEIGHTED = [
    case("one", NUMBERS[0], 3.0),
    case("two", NUMBERS[1], 1.5, power=3),
    case("three", NUMBERS[0] + 1, 0.5, bias=NUMBERS[1][:1, :1]),
]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            lambda x, weight, power=2, bias=None: weighted(x, weight, 2, bias),
            "right if `power` is always its default, 2",
        ),
        (lambda x, weight, power=2, bias=None: weighted(x, 1.5, power, bias), "right if `weight` is always 1.5"),
        (lambda x, weight, power=2, bias=None: weighted(x, weight, power), "right without `bias`"),
        (lambda x, weight, power=2, bias=None: weighted(x, weight**2, power, bias), "The power of `weight`"),
        (lambda x, weight, power=2, bias=None: weighted(x, weight, power + 1, bias), "if `power` were larger by 1"),
        (lambda x, weight, power=2, bias=None: weighted(x.relu(), weight, power, bias), "if `x` was cut off at 0"),
        (lambda x, weight, power=2, bias=None: weighted(x, weight, power, bias) + x.mean() ** 3, ""),
        (lambda x, weight, power=2, bias=None: weighted(x, weight**3, power, bias), ""),
    ],
)
def test_what_an_answer_does_with_its_inputs_is_said_where_it_holds_on_all(answer, sentence):
    shown = [answer(*item.args, **item.kwargs) for item in WEIGHTED]
    right = [weighted(*item.args, **item.kwargs) for item in WEIGHTED]

    assert any(not torch.allclose(a, b) for a, b in zip(shown, right, strict=True))

    def explains(others):
        results = [weighted(*other.args, **other.kwargs) for other in others]
        return all(a.shape == b.shape and torch.allclose(a, b) for a, b in zip(shown, results, strict=True))

    told = relations.of_inputs(WEIGHTED, weighted, explains, exact=True)
    assert sentence in told
    assert bool(told) == bool(sentence)


def test_exchanged_inputs_are_said():
    cases = [case(f"{n}", NUMBERS[0], NUMBERS[1] + n) for n in range(3)]

    def explains(others):
        return all(torch.equal(a.args[0], b.args[1]) for a, b in zip(cases, others, strict=True))

    told = relations.of_inputs(cases, lambda start, end: start - end, explains, exact=True)
    assert told == "Your answer is right if `start` and `end` are exchanged."


def test_an_answer_that_keeps_something_or_throws_dice_is_told_so():
    def keeps(u_hat, v, calls=[]):  # noqa: B006
        calls.append(1)
        return torch.einsum("bijz,bjz->bij", u_hat, v) * (1 if len(calls) < 9 else 2)

    cases = len(checks.find("agreement").cases())
    assert cases < 9
    keeps.__defaults__[0].extend([1] * (8 - cases))
    assert "does it keep something from one call to the next?" in said("agreement", keeps)

    def dice(u_hat, v):
        return torch.einsum("bijz,bjz->bij", u_hat, v) + 0.1 * torch.rand(u_hat.shape[:3])

    assert "is there something random in it" in said("agreement", dice)


def test_class_numbers_that_differ_by_the_same_are_no_relation():
    got, want = torch.tensor([1, 3, 2]), torch.tensor([0, 2, 1])
    assert relations.of_values(got, want, "b") == ""
    assert relations.of_values(got.float(), want.float(), "b") == "every number is 1 too large"


def test_the_words_of_torch_are_explained():
    error = Raised("RuntimeError", "grad can be implicitly created only for scalar outputs", "loss.backward()")
    assert wording.described(error).endswith("want one number: take the sum first.")
    assert wording.described(Raised("Strange", "'test'")) == "Strange: 'test'."
