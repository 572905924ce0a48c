"""Pre-registration: what can be promised, how runs are bound to it, and when nothing is decided."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from capsule_tutor import cli, data, pretrained, registration, training

FIRST = replace(training.RECIPES["efficient-capsnet-fast"], data="digits", epochs=2)
ARMS = {"routed": FIRST, "dense": replace(FIRST, model="dense")}


@pytest.fixture
def claim():
    return registration.register("routing is better", "a paper, table 1", ARMS, (0, 1, 2), 0.5)


def finished(folder, recipe, seed, error):
    """What a finished run leaves, without the training."""
    folder.mkdir(parents=True)
    result = {"recipe": registration._plain(recipe), "seed": seed, "test_error": error}
    (folder / "result.json").write_text(json.dumps(result))
    return folder


@pytest.fixture
def runs(claim, tmp_path):
    errors = {"routed": (1.0, 2.0, 3.1), "dense": (2.1, 3.0, 4.0)}
    return [
        finished(tmp_path / f"{arm}-{seed}", registration.bound(claim, arm), seed, errors[arm][seed])
        for arm in ARMS
        for seed in claim.seeds
    ]


def test_what_is_written_is_read_and_keeps_its_fingerprint(claim, tmp_path):
    path = tmp_path / "claim.json"
    registration.write(claim, path)
    assert registration.read(path) == claim
    assert registration.read(path).fingerprint == claim.fingerprint
    registration.write(claim, path)
    with pytest.raises(registration.RegistrationError, match="holds another registration; keep it"):
        registration.write(replace(claim, margin=0.4), path)


@pytest.mark.parametrize(
    "change", [{"margin": 0.51}, {"seeds": (0, 1, 3)}, {"claim": "routing is better "}, {"source": "another"}]
)
def test_another_comma_is_another_fingerprint(claim, change):
    assert replace(claim, **change).fingerprint != claim.fingerprint


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"arms": {"routed": FIRST}}, "has two different arms; there are 1"),
        ({"arms": {"a": FIRST, "b": FIRST}}, "two different arms"),
        ({"arms": {"a": FIRST, "b": replace(FIRST, note="the same in other words")}}, "two different arms"),
        ({"seeds": (0,)}, "at least 2"),
        ({"seeds": (0, 1, 1)}, "all of them different"),
        ({"seeds": "12"}, "needs whole numbers"),
        ({"seeds": (False, True)}, "needs whole numbers"),
        ({"margin": 0}, "say above 0 how many points"),
        ({"margin": "0.1"}, "say above 0 how many points"),
        ({"margin": float("inf")}, "say above 0 how many points"),
        ({"claim": " "}, "write the claim itself"),
    ],
)
def test_what_could_decide_nothing_is_refused(change, says):
    given = {"claim": "c", "source": "s", "arms": ARMS, "seeds": (0, 1), "margin": 0.1} | change
    with pytest.raises(registration.RegistrationError, match=says):
        registration.register(**given)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"claim": "x"}', '{"claim": 1, "source": 2, "arms": 3, "seeds": 4}'])
def test_a_damaged_registration_is_a_line(text, tmp_path):
    (tmp_path / "claim.json").write_text(text)
    with pytest.raises(registration.RegistrationError, match="is not a registration"):
        registration.read(tmp_path / "claim.json")
    with pytest.raises(registration.RegistrationError, match="is not there; write the registration first"):
        registration.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"measure": "tset_error"}, "measure is 'tset_error'; expected 'test_error'"),
        ({"rule": "wholly below 0.2 it is 'as claimed'"}, "its rule is not what its arms, seeds and margin give"),
        ({"margin": 0.2}, "its rule is not what its arms, seeds and margin give"),  # which the rule names
        ({"seeds": "12"}, "needs whole numbers, such as 0, 1, 2"),
        ({"margin": float("inf")}, "margin is inf; say above 0"),
    ],
)
def test_a_file_that_could_decide_nothing_is_named_with_the_reason(claim, change, says, tmp_path):
    path = tmp_path / "claim.json"
    path.write_text(json.dumps(json.loads(claim.text) | change))
    with pytest.raises(registration.RegistrationError) as raised:
        registration.read(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert says in str(raised.value)


def test_a_file_that_is_no_text_is_kept(claim, tmp_path):
    path = tmp_path / "claim.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(registration.RegistrationError, match="holds something else; keep it"):
        registration.write(claim, path)
    assert path.read_bytes() == b"\xff\xfe"


def test_the_rule_decides(claim, runs):
    said, (mean, low, high) = registration.decide(claim, reversed(runs))
    assert said == "as claimed"
    assert mean == pytest.approx(-1.0)
    assert low < mean < high < 0


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.4, 0.3, "no difference that matters"),
        (-0.4, -0.1, "no difference that matters"),
        (-0.9, -0.1, "as claimed"),
        (0.1, 0.9, "the contrary"),
        (-0.9, 0.4, "cannot tell"),
    ],
)
def test_every_verdict_of_lesson_fifteen(low, high, said):
    assert registration.verdict(low, high, 0.5) == said


def test_runs_that_were_not_promised_decide_nothing(claim, runs, tmp_path):
    routed = registration.bound(claim, "routed")
    for folders, says in (
        (runs[:-1], "1 of the promised runs are missing, the first is dense, seed 2"),
        ([*runs, finished(tmp_path / "x", routed, 7, 0.1)], "has seed 7, which was not registered"),
        ([*runs, finished(tmp_path / "y", routed, 0, 0.1)], "routed with seed 0 is there twice"),
        ([finished(tmp_path / "z", FIRST, 0, 0.1), *runs[1:]], "does not carry this registration"),
        (
            [finished(tmp_path / "w", replace(routed, epochs=9), 0, 0.1), *runs[1:]],
            "follows neither recipe",
        ),
    ):
        with pytest.raises(registration.RegistrationError, match=says):
            registration.decide(claim, folders)
    earlier = registration.bound(replace(claim, margin=9.0), "routed")
    with pytest.raises(registration.RegistrationError, match="does not carry this registration"):
        registration.decide(claim, [finished(tmp_path / "v", earlier, 0, 0.1), *runs[1:]])
    with pytest.raises(pretrained.WeightsError, match="holds no run; name another folder"):
        registration.decide(claim, [tmp_path])


def test_a_trained_run_carries_the_fingerprint_from_its_first_step(claim, tmp_path, monkeypatch):
    few = data.digits("validation")
    monkeypatch.setitem(data.SETS, "digits", lambda split: data.Split(few.images[:64], few.labels[:64]))
    small = replace(FIRST, epochs=1, batch_size=32, options={"channels": (8, 8, 8, 8), "decoder": False})
    claim = registration.register("c", "s", {"a": small, "b": replace(small, rate=1e-3)}, (0, 1), 1.0)
    path = tmp_path / "claim.json"
    registration.write(claim, path)
    wish = ["train", "a", "--registered", str(path), "--device", "cpu", "--threads", "1", "--precision", "float32"]
    result = CliRunner().invoke(cli.app, [*wish, "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    left = pretrained.result(tmp_path / "run")
    assert left["recipe"] == registration._plain(registration.bound(claim, "a"))
    changed = CliRunner().invoke(cli.app, [*wish, "--epochs", "3", "--out", str(tmp_path / "run2")])
    assert "A registered recipe cannot be changed" in changed.output
    seed = CliRunner().invoke(cli.app, [*wish, "--seed", "7", "--out", str(tmp_path / "run4")])
    assert "Seed 7 is not registered; choose one of" in seed.output
    nobody = CliRunner().invoke(cli.app, ["train", "c", "--registered", str(path), "--out", str(tmp_path / "run3")])
    assert "there is no arm 'c'; there are a, b" in nobody.output
