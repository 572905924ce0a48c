"""A file is written whole or not at all."""

import pytest

from capsule_tutor import files
from capsule_tutor.files import write_atomically


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "log.csv"
    for text in ("old", "new"):
        write_atomically(path, lambda temporary, text=text: temporary.write_text(text))
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("problem", [OSError("No space left on device"), KeyboardInterrupt()])
def test_whatever_interrupts_it_the_old_file_stays_and_no_other(tmp_path, problem):
    path = tmp_path / "log.csv"
    path.write_text("old")

    def half(temporary):
        temporary.write_text("ne")
        raise problem

    with pytest.raises(type(problem)):
        write_atomically(path, half)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("old")
    seen = []

    def write(temporary):
        temporary.write_text("new")
        seen.append(path.read_text(encoding="utf-8"))

    write_atomically(path, write)
    assert seen == ["old"]


def test_a_file_has_the_usual_rights(tmp_path):
    """A teacher may have to read it; a temporary file of the library can be read by its owner alone."""
    usual, path = tmp_path / "usual", tmp_path / "log.csv"
    usual.touch()
    write_atomically(path, lambda temporary: temporary.write_text("new"))
    assert path.stat().st_mode == usual.stat().st_mode


def test_a_folder_is_not_taken_for_a_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: name a file in it"):
        files.write_text(tmp_path, "text")
