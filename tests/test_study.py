"""Studies: every arm with every seed, nothing trained twice, nothing lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from torch import nn
from typer.testing import CliRunner

import capsule_tutor as caps
from capsule_tutor import cli, data, study, training

ROOT = Path(__file__).parents[1]
QUICK = replace(training.RECIPES["convnet-fast"], epochs=2, batch_size=32, data="few")
TINY = study.Study(
    "Does anything change?",
    {"slow": QUICK, "fast": replace(QUICK, rate=6e-3)},
    seeds=(0, 1),
    measure=lambda network, recipe: {"bias": network.encoder[3].bias.sum().item()},
)


def few(split):
    return data.Split(*(part[:64] for part in data.digits(split)))


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "FOLDER", tmp_path / "studies")
    monkeypatch.setitem(study.STUDIES, "tiny", TINY)
    monkeypatch.setitem(data.SETS, "few", few)
    return tmp_path / "runs"


def test_every_arm_with_every_seed_once(tiny, monkeypatch):
    trained, train = [], training.train
    monkeypatch.setattr(training, "train", lambda *a, **k: trained.append(a) or train(*a, **k))
    rows = []
    finished = study.run("tiny", tiny, "cpu", say=lambda what, row: rows.append((what, row["epoch"])))
    runs = finished["runs"]
    assert [(entry["arm"], entry["seed"]) for entry in runs] == [("slow", 0), ("slow", 1), ("fast", 0), ("fast", 1)]
    assert rows[:2] == [("slow, seed 0", 1), ("slow, seed 0", 2)]
    assert len(trained) == 4
    assert all(training.Recipe(**entry["recipe"]) == TINY.arms[entry["arm"]] for entry in runs)
    assert len({entry["measured"]["bias"] for entry in runs}) == 4
    assert all(len(entry["log"]) == 2 for entry in runs)
    assert {(entry["version"], entry["torch"]) for entry in runs} == {(caps.__version__, torch.__version__)}
    assert study.errors("tiny") == {
        arm: [entry["test_error"] for entry in runs if entry["arm"] == arm] for arm in TINY.arms
    }
    assert json.loads((study.FOLDER / "tiny.json").read_text(encoding="utf-8")) == finished
    assert not list((tiny / "tiny").iterdir())  # a finished run leaves no folder
    study.run("tiny", tiny, "cpu")
    assert len(trained) == 4


def test_networks_asked_together_wait_for_the_last_seed(tiny, monkeypatch):
    """The mean of the lengths of all seeds, once; until then no network is let go of."""
    some = lambda split: data.Split(*(part[:512] for part in data.digits(split)))  # noqa: E731
    monkeypatch.setitem(data.SETS, "some", some)
    arms = {"slow": replace(QUICK, epochs=3, data="some"), "fast": QUICK}
    monkeypatch.setitem(study.STUDIES, "tiny", study.Study("And together?", arms, seeds=(0, 1, 2), together=True))
    with FileLock(tiny / "tiny" / "fast-1" / "lock"):  # another process trains it
        assert "together" not in study.run("tiny", tiny, "cpu")
    networks = [caps.load(str(tiny / "tiny" / f"slow-{seed}")) for seed in (0, 1, 2)]
    images, labels = some("test")
    with torch.inference_mode():
        lengths = torch.stack([network(images).norm(dim=-1) for network in networks])  # (seed, n, j)
    done = study.run("tiny", tiny, "cpu")
    wrong = lambda said: 100 * (said.argmax(dim=1) != labels).float().mean().item()  # noqa: E731
    assert done["together"]["slow"]["test_error"] == pytest.approx(wrong(lengths.mean(dim=0)))
    assert wrong(lengths.mean(dim=0)) not in [wrong(alone) for alone in lengths]  # which tells them apart
    assert set(done["together"]) == {"slow", "fast"}
    assert set(done["together"]["fast"]) == {"validation_error", "test_error"}
    assert not (tiny / "tiny").exists()
    assert study.run("tiny", tiny, "cpu") == done  # nothing is left to ask


def finished(tiny, *runs):
    study.FOLDER.mkdir()
    entries = [{"arm": arm, "seed": seed, "test_error": error} for arm, seed, error in runs]
    (study.FOLDER / "tiny.json").write_text(json.dumps({"runs": entries}))


def test_errors_of_a_study_that_was_cut_short_are_pairs_all_the_same(tiny):
    finished(tiny, ("slow", 2, 0.2), ("slow", 0, 0.0), ("fast", 0, 1.0), ("fast", 1, 1.1), ("fast", 2, 1.2))
    assert study.errors("tiny") == {"slow": [0.0, 0.2], "fast": [1.0, 1.2]}


def test_errors_without_one_pair_are_refused(tiny):
    finished(tiny, ("slow", 0, 0.0), ("fast", 1, 1.1))
    with pytest.raises(
        study.StudyError, match="no seed of study tiny is finished in every arm; go on with it: capsule"
    ):
        study.errors("tiny")


def test_errors_of_a_study_without_a_run_of_some_arm_are_refused(tiny):
    for runs in ([], [("slow", 0, 0.0)]):
        shutil.rmtree(study.FOLDER, ignore_errors=True)
        finished(tiny, *runs)
        with pytest.raises(study.StudyError, match="no seed of study tiny is finished in every arm"):
            study.errors("tiny")


def test_a_run_that_is_no_longer_declared_is_named_before_anything_is_trained(tiny, monkeypatch):
    finished(tiny, ("old name", 0, 0.0))
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(
        study.StudyError, match=r"tiny.json has a run that the study does not have, old name 0: take it out"
    ):
        study.run("tiny", tiny, "cpu")


def test_networks_that_are_gone_cannot_be_asked_together(tiny, monkeypatch):
    monkeypatch.setitem(study.STUDIES, "tiny", replace(TINY, together=True, seeds=(0,)))
    finished(tiny, ("slow", 0, 0.0), ("fast", 0, 1.0))
    with pytest.raises(study.StudyError, match="the networks of tiny must all be there to be asked together"):
        study.run("tiny", tiny, "cpu")


def test_what_another_process_trains_is_left_to_it(tiny):
    folder = tiny / "tiny" / "slow-1"
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        finished = study.run("tiny", tiny, "cpu")
    assert [(entry["arm"], entry["seed"]) for entry in finished["runs"]] == [("slow", 0), ("fast", 0), ("fast", 1)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_study_goes_on_where_it_was(tiny):
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, 'tests'); import test_study\n"
        "from capsule_tutor import data, study\n"
        "data.SETS['few'] = test_study.few\n"
        "study.FOLDER = Path(sys.argv[2]); study.STUDIES['tiny'] = test_study.TINY\n"
        "study.run('tiny', Path(sys.argv[1]), 'cpu', say=lambda what, row: print(what, row['epoch'], flush=True))\n"
    )

    def start():
        command = [sys.executable, "-c", code, str(tiny), str(study.FOLDER)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    with start() as first:
        for line in first.stdout:
            if line == "fast, seed 0 1\n":
                first.send_signal(signal.SIGKILL)
                break
    with start() as second:
        said = second.stdout.read().splitlines()
    assert said == [f"{arm}, seed {seed} {epoch}" for arm, seed, epoch in
                    [("fast", 0, 2), ("slow", 1, 1), ("slow", 1, 2), ("fast", 1, 1), ("fast", 1, 2)]]  # fmt: skip
    assert len(study.results("tiny")["runs"]) == 4


def test_the_command_checks_a_run_and_says_what_is_missing(tiny):
    run = lambda *arguments: CliRunner().invoke(cli.app, ["study", *map(str, arguments)])  # noqa: E731
    missing = run("tiny", "--check", "--out", tiny)
    assert missing.exit_code == 1
    assert "has no results yet" in missing.output
    assert "choose one of" in run("tinny").output
    study.run("tiny", tiny, "cpu")
    stored = min(study.results("tiny")["runs"], key=lambda entry: entry["seconds"])
    checked = run("tiny", "--check", "--out", tiny, "--device", "cpu")
    assert checked.exit_code == 0, checked.output
    both = f"test_error {stored['test_error']:.2f} %, on file {stored['test_error']:.2f} %"
    assert both in checked.output
    assert "tiny " in run("list").output


def test_a_study_that_only_measures_is_checked_by_its_numbers(monkeypatch):
    stored = {"arm": "CapsNet", "seed": 0, "seconds": 1.0, "hardware": "then", "wrong": {"uniform": {"all": 3}}}
    again = stored | {"wrong": {"uniform": {"all": 4}}, "hardware": "now"}
    monkeypatch.setattr(study, "repeat", lambda *_: (stored, again))
    checked = CliRunner().invoke(cli.app, ["study", "couplings", "--check"])
    assert checked.exit_code == 0, checked.output
    assert "CapsNet, seed 0: wrong, uniform, all 4, on file 3" in checked.output


def test_an_arm_may_measure_for_itself(tiny, monkeypatch):
    asked = []

    def arm(seed, say):
        asked.append(seed)
        say({"epoch": 1})
        return {"found": 10 * seed, "seconds": 0.1}

    monkeypatch.setitem(study.STUDIES, "tiny", study.Study("How much?", {"ten": arm}, seeds=(0, 3)))
    rows = []
    finished = study.run("tiny", tiny, "cpu", say=lambda what, row: rows.append((what, row)))
    assert [(entry["arm"], entry["seed"], entry["found"]) for entry in finished["runs"]] == [
        ("ten", 0, 0),
        ("ten", 3, 30),
    ]
    assert rows == [("ten, seed 0", {"epoch": 1}), ("ten, seed 3", {"epoch": 1})]
    study.run("tiny", tiny, "cpu")
    assert asked == [0, 3]


def test_the_list_says_what_is_done(tiny):
    finished(tiny, ("slow", 0, 1.0), ("slow", 1, 1.1), ("fast", 0, 1.2))
    listed = CliRunner().invoke(cli.app, ["study", "list"]).output.splitlines()
    assert len(listed) == len(study.STUDIES)
    assert [line.split() for line in listed if "tiny" in line] == [
        ["tiny", "3", "of", "4", "runs", *TINY.question.split()]
    ]
    assert len({line.index(" runs  ") for line in listed}) == 1


def test_a_study_has_a_question_and_enough_seeds():
    for name, declared in study.STUDIES.items():
        trained = [arm for arm in declared.arms.values() if isinstance(arm, training.Recipe)]
        assert len(declared.seeds) >= {"capsnet": 2, "pairs": 1}.get(name, 5) or not trained  # hours a seed
        assert declared.arms
        assert declared.question.endswith("?")


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: study.errors("couplings"), "of study couplings have no 'test_error' for each seed; they have other"),
        (lambda: study.measured("controls", "test_error"), "they have test_error, validation_error"),
        (lambda: study.errors("controls", "train"), "have no 'train_error' for each seed; they have "),
        (lambda: study.measured("robustness", "typo"), "have no 'typo' for each seed; they have affine, "),
    ],
)
def test_what_a_study_did_not_measure_is_a_line(ask, says):
    with pytest.raises(study.StudyError, match=says):
        ask()


# What the arms of a study are compared in. Of the others there is one arm, or none that is trained.
VARIES = {
    "controls": {"model", "note"},
    "attacks": {"model", "note"},
    "robustness": {"model"},
    "loss-ratio": {"reconstruction"},
    "viewpoints": {"model", "data", "epochs"},
    "depth": {"layers", "iterations", "gain"},
    "pairs": {"rate", "rise", "clip", "epochs"},
}


@pytest.mark.parametrize("name", study.STUDIES)
def test_the_arms_of_a_study_differ_in_what_it_asks(name):
    arms = [asdict(arm) for arm in study.STUDIES[name].arms.values() if isinstance(arm, training.Recipe)]
    arms = [{**arm, **arm["options"], "options": None} for arm in arms]
    differ = {key for key in set().union(*arms) if len({repr(arm.get(key)) for arm in arms}) > 1}
    assert differ == VARIES.get(name, {"model", "routing"} if name.startswith("routing-") else set())


def test_viewpoints_are_measured_from_the_side_that_is_named(monkeypatch):
    right = {
        ("test", "familiar azimuths"): 9,
        ("test", "novel azimuths"): 7,
        ("train", "familiar azimuths"): 5,
        ("train", "novel azimuths"): 3,
    }

    def toys(split, viewpoints):  # ten, of which so many are of class 0
        labels = (torch.arange(10) >= right[split, viewpoints]).long()
        return data.Views(torch.zeros(10, 2, 4, 4), labels, torch.zeros(10, 4, dtype=torch.long))

    class SaysZero(nn.Linear):
        def lengths(self, images):
            return torch.tensor([[1.0, 0.0]]).expand(len(images), 2)

    monkeypatch.setattr(study, "_toys", toys)
    recipe = training.Recipe("dense", 1, 1, 0.1, "epochs", data="toys-azimuths")
    assert study._viewpoints(SaysZero(1, 1), recipe) == pytest.approx(
        {"familiar": 10, "novel": 30, "seen familiar": 50, "seen novel": 70}
    )


@pytest.mark.parametrize("path", sorted((ROOT / "capsule_tutor" / "studies").glob("*.json")), ids=lambda p: p.stem)
def test_result_files_are_small_and_belong_to_a_declared_study(path):
    declared, finished = study.STUDIES[path.stem], study.results(path.stem)
    assert finished["question"] == declared.question
    assert path.stat().st_size < 400_000
    planned = {(arm, seed) for arm in declared.arms for seed in declared.seeds}
    runs = {(entry["arm"], entry["seed"]) for entry in finished["runs"]}
    assert runs == planned
    for entry in finished["runs"]:
        recipe = declared.arms[entry["arm"]]
        if isinstance(recipe, training.Recipe):
            # Tuples are lists in a file, and what a recipe has learned to say since then is at its default.
            followed, wanted = (json.dumps(asdict(one)) for one in (training.Recipe(**entry["recipe"]), recipe))
            assert followed == wanted
            assert entry["log"][-1]["epoch"] == recipe.epochs
        assert entry["hardware"]
