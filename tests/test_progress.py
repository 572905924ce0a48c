"""Progress survives damage, read-only homes, newer versions and two notebooks at once."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from capsule_tutor import frontend
from capsule_tutor.checks import progress, wording


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_guessed", {})
    monkeypatch.setattr(progress, "_said", set())
    monkeypatch.setattr(progress, "_lockless", set())
    return tmp_path / "home"


def test_passed_stays_passed_and_attempts_count(home):
    for status in ("not yet", "passed", "not yet"):
        progress.record("02-squash", status)
    record = progress.load()["02-squash"]
    assert record["status"] == "passed"
    assert record["attempts"] == 3
    assert record["first_passed"] <= record["last"]
    assert {path.name for path in home.iterdir()} <= {"progress.json", "progress.lock"}


def test_the_first_guess_is_kept_beside_the_exercises(home):
    progress.record("02-squash", "passed")
    for choice in "bca":
        progress.guess("02-zero", choice)
    progress.record("02-squash", "not yet")
    assert progress.guesses() == {"02-zero": "b"}
    assert progress.load()["02-squash"]["attempts"] == 2


def test_guesses_that_cannot_be_saved_are_kept_in_memory(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "file" / "home"))
    progress.guess("02-zero", "b")
    progress.guess("02-zero", "a")
    assert progress.guesses() == {"02-zero": "b"}
    assert capsys.readouterr().out.count("Progress cannot be saved") == 1


def test_a_page_of_jupyterlab_is_known_by_its_notebook(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lessons/02_squash.ipynb")
    assert frontend.page() is None  # as a test is no notebook
    monkeypatch.setattr(frontend, "in_notebook", lambda: True)
    assert frontend.page() == Path("lessons/02_squash.ipynb")
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert frontend.page() is None


def test_a_solved_notebook_is_nobodys_attempt(home, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(frontend, "page", lambda: tmp_path / "solutions" / "02_squash.ipynb")
    monkeypatch.setattr(wording, "say", print)
    progress.guess("02-zero", "b")
    assert progress.guesses() == {"02-zero": "b"}, "somebody's own folder may have that name"
    (home / "progress.json").unlink()
    (tmp_path / "solutions" / "source").mkdir(parents=True)
    progress.record("02-squash", "passed")
    progress.guess("02-zero", "a")
    assert (progress.load()["02-squash"]["status"], progress.guesses()) == ("passed", {"02-zero": "a"})
    assert capsys.readouterr().out.count("This notebook is solved, so nothing in it counts") == 1
    monkeypatch.setattr(frontend, "page", lambda: Path("lessons/02_squash.ipynb"))
    assert not (home / "progress.json").exists()
    progress.record("02-squash", "not yet")
    assert (home / "progress.json").exists()


def test_guesses_that_are_not_made_are_not_wrong(home):
    questions = {"02-zero": "a", "02-one": "b", "02-steepest": "b"}
    progress.guess("02-zero", "a")
    progress.guess("02-one", "c")
    assert progress.board([], questions=questions).splitlines()[-1] == "guesses: 1 right, 1 wrong, 1 not made"
    progress.guess("02-steepest", "b")
    assert progress.board([], questions=questions).splitlines()[-1] == "2 of 3 guesses right"


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"version": 1}', b'{"version": 1, "exercises": 3}', b"[" * 100_000],
    ids=lambda damage: repr(damage[:20]),
)
def test_a_damaged_file_is_kept_aside_and_said_once(home, damage, capsys):
    home.mkdir()
    (home / "progress.json").write_bytes(damage)
    progress.record("02-squash", "passed")
    progress.record("02-squash", "passed")
    assert (home / "progress.damaged-1.json").read_bytes() == damage
    assert progress.load()["02-squash"]["attempts"] == 2
    assert capsys.readouterr().out.count("The progress file was damaged") == 1


def test_a_second_damage_does_not_overwrite_the_first(home):
    home.mkdir()
    for content in (b"first", b"second"):
        (home / "progress.json").write_bytes(content)
        progress.load()
    assert (home / "progress.damaged-1.json").read_bytes() == b"first"
    assert (home / "progress.damaged-2.json").read_bytes() == b"second"


def test_a_newer_file_is_read_and_left_alone(home, capsys):
    home.mkdir()
    newer = json.dumps({"version": 99, "exercises": {"02-squash": {"status": "passed"}}})
    (home / "progress.json").write_text(newer)
    progress.record("03-votes", "passed")
    assert (home / "progress.json").read_text(encoding="utf-8") == newer
    assert {id_: record["status"] for id_, record in progress.load().items()} == {
        "02-squash": "passed",
        "03-votes": "passed",
    }
    assert "newer" in capsys.readouterr().out


def test_a_home_that_cannot_be_written_keeps_progress_in_memory(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "file" / "home"))
    progress.record("02-squash", "not yet")
    progress.record("02-squash", "passed")
    assert progress.load()["02-squash"]["status"] == "passed"
    assert progress.load()["02-squash"]["attempts"] == 2
    out = capsys.readouterr().out
    assert out.count("Progress cannot be saved") == 1
    assert "CAPSULE_TUTOR_HOME" in out


def test_a_full_disk_loses_nothing(home, monkeypatch, capsys):
    progress.record("02-squash", "passed")
    before = (home / "progress.json").read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    progress.record("03-votes", "passed")
    assert (home / "progress.json").read_bytes() == before
    assert set(progress.load()) == {"02-squash", "03-votes"}
    assert "No space left on device" in capsys.readouterr().out
    assert {path.name for path in home.iterdir()} <= {"progress.json", "progress.lock"}


def test_what_could_not_be_saved_is_saved_with_the_next_attempt(home, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        progress.record("02-squash", "not yet")
    progress.record("02-squash", "passed")
    assert progress.load()["02-squash"]["status"] == "passed"
    assert progress.load()["02-squash"]["attempts"] == 2


def test_notebooks_writing_at_once_lose_no_attempt(home):
    code = (
        "from capsule_tutor.checks import progress\nfor n in range(25): progress.record('0%d-x' % (n % 3), 'not yet')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert sum(record["attempts"] for record in progress.load().values()) == 75


# ---- edited by hand


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_that_an_editor_has_saved_is_read(home, encoding):
    home.mkdir()
    text = json.dumps({"version": 1, "exercises": {"02-squash": {"status": "passed", "attempts": 3}}})
    (home / "progress.json").write_text(text, encoding=encoding)
    progress.record("02-squash", "not yet")
    assert progress.load()["02-squash"]["status"] == "passed"
    assert progress.load()["02-squash"]["attempts"] == 4


@pytest.mark.parametrize(
    ("edited", "read"),
    [
        ({"status": "passed"}, ("passed", 0)),
        ({"status": "passed", "attempts": "many", "first_passed": 5, "last": []}, ("passed", 0)),
        ({"status": "not yet", "attempts": -1, "mine": "a note"}, ("not yet", 0)),
        ({"status": "done", "attempts": 1}, None),
        ({"attempts": 1}, None),
        ("passed", None),
        (None, None),
    ],
)
def test_of_an_edited_record_what_makes_sense_is_read(home, edited, read):
    home.mkdir()
    exercises = {"02-squash": edited, "03-votes": {"status": "passed", "attempts": 2}}
    (home / "progress.json").write_text(json.dumps({"version": 1, "exercises": exercises}))
    found = progress.load().get("02-squash")
    assert (found and (found["status"], found["attempts"])) == read
    progress.record("02-squash", "not yet")
    assert progress.load()["02-squash"]["attempts"] == 1
    assert progress.load()["03-votes"]["attempts"] == 2


def test_a_file_that_cannot_be_read_is_not_overwritten(home, monkeypatch, capsys):
    progress.record("02-squash", "passed")
    with monkeypatch.context() as patch:

        def refuse(path):
            raise PermissionError(errno.EACCES, "Permission denied")

        patch.setattr(Path, "read_bytes", refuse)
        progress.record("03-votes", "passed")
        assert set(progress.load()) == {"03-votes"}
    assert set(progress.load()) == {"02-squash", "03-votes"}
    assert "cannot be read" in capsys.readouterr().out


def test_a_folder_in_the_place_of_the_file_is_left_alone(home, capsys):
    (home / "progress.json").mkdir(parents=True)
    progress.record("03-votes", "passed")
    assert progress.load()["03-votes"]["status"] == "passed"
    assert (home / "progress.json").is_dir()
    assert capsys.readouterr().out.count("cannot be saved") == 1


# ---- strange homes


def test_a_tilde_in_the_setting_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", "~/mine")
    progress.record("02-squash", "passed")
    assert (tmp_path / "mine" / "progress.json").is_file()


@pytest.mark.parametrize("setting", [None, "~/mine", "~nobody-of-this-name/mine"])
def test_without_a_home_progress_is_kept_in_memory(tmp_path, monkeypatch, capsys, setting):
    """As in a container that runs under a number without a name. No folder may be called ~."""
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "CAPSULE_TUTOR_HOME"):
        monkeypatch.delenv(name, raising=False)

    def none(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", lambda path: none(path) if str(path).startswith("~") else path)
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_args, **_options: Path("~/.local/share/capsule-tutor"))
    monkeypatch.chdir(tmp_path)
    if setting:
        monkeypatch.setenv("CAPSULE_TUTOR_HOME", setting)
    progress.record("02-squash", "passed")
    assert progress.load()["02-squash"]["status"] == "passed"
    assert not list(tmp_path.iterdir())
    out = capsys.readouterr().out
    assert "Progress cannot be saved (this user has no home folder)" in out
    assert "Set CAPSULE_TUTOR_HOME" in out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks in another way")
def test_how_filelock_locks_is_no_news_for_a_learner(home, monkeypatch, recwarn):
    import fcntl

    def missing(_file, _operation):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", missing)
    progress.record("02-squash", "passed")
    assert set(json.loads((home / "progress.json").read_text(encoding="utf-8"))["exercises"]) == {"02-squash"}
    assert not [str(warning.message) for warning in recwarn if "flock" in str(warning.message)]


@pytest.mark.parametrize(
    "problem",
    [NotImplementedError("no flock here"), OSError(errno.ENOLCK, "No locks available"), filelock.Timeout("x")],
)
def test_where_nothing_can_be_locked_progress_is_saved_all_the_same(home, monkeypatch, problem):
    """Old releases of filelock raise the first, new ones the second; both wait in vain for some file systems."""
    asked = []

    def acquire(*_args, **_options):
        asked.append(1)
        raise problem

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)
    progress.record("02-squash", "passed")
    progress.record("03-votes", "passed")
    assert set(json.loads((home / "progress.json").read_text(encoding="utf-8"))["exercises"]) == {
        "02-squash",
        "03-votes",
    }
    assert len(asked) == 1  # a second wait would be as long
