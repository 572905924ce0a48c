"""Progress survives damage, read-only homes, newer versions and two notebooks at once."""

import json
import subprocess
import sys

import pytest

from capsule_tutor.checks import progress


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(progress, "_memory", {})
    monkeypatch.setattr(progress, "_said", set())
    return tmp_path / "home"


def test_passed_stays_passed_and_attempts_count(home):
    for status in ("not yet", "passed", "not yet"):
        progress.record("02-squash", status)
    record = progress.load()["02-squash"]
    assert record["status"] == "passed"
    assert record["attempts"] == 3
    assert record["first_passed"] <= record["last"]
    assert {path.name for path in home.iterdir()} <= {"progress.json", "progress.lock"}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"version": 1}', b'{"version": 1, "exercises": 3}']
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
    assert (home / "progress.json").read_text() == newer
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


def test_notebooks_writing_at_once_lose_no_attempt(home):
    code = (
        "from capsule_tutor.checks import progress\nfor n in range(25): progress.record('0%d-x' % (n % 3), 'not yet')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert sum(record["attempts"] for record in progress.load().values()) == 75
