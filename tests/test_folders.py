"""A folder of a person's own pictures: what is read from it, how it is split, and what is said where it is no good."""

import os
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from capsule_tutor import data

SHAPE = (3, 16, 16)


def picture(path: Path, colour=(200, 40, 90), size=(40, 30), spot=0, **options):
    """A picture with a white spot, whose place makes it another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    image.putpixel((spot % size[0], spot // size[0] % size[1]), (255, 255, 255))
    image.paste((10, 10, 10), (12, 8, 28, 22))
    image.save(path, **options)
    return path


@pytest.fixture
def place(tmp_path):
    """Two classes: "cup" has five things of two pictures, "mug" four pictures of a thing each."""
    for thing in range(5):
        for shot in range(2):
            picture(
                tmp_path / "p" / "cup" / f"cup {thing}" / f"{shot}.png", (90, 10 * thing, 200), spot=2 * thing + shot
            )
    for thing in range(4):
        picture(tmp_path / "p" / "mug" / f"{thing}.jpg", (20 * thing, 200, 30), spot=100 + thing)
    return tmp_path / "p"


def test_every_picture_is_in_one_split_and_things_stay_together(place):
    parts = {split: data.folder(place, split, SHAPE) for split in ("train", "validation", "test")}
    paths = [path for part in parts.values() for path in part.paths]
    assert len(paths) == len(set(paths)) == 14
    things = [{Path(path).parent.name for path in part.paths if "cup " in path} for part in parts.values()]
    assert sum(map(len, things)) == 5
    for part in parts.values():
        assert part.classes == ("cup", "mug")
        assert set(part.labels.tolist()) == {0, 1}
        assert part.images.shape == (len(part.labels), *SHAPE)
        assert part.images.dtype == torch.float32
        assert 0 <= part.images.min() <= part.images.max() <= 1
        assert all(path.startswith(part.classes[label]) for path, label in zip(part.paths, part.labels, strict=True))


def test_the_split_does_not_change_with_the_place_or_the_order_of_the_disk(place, tmp_path):
    before = data.folder(place, "test", SHAPE).paths
    place.rename(tmp_path / "elsewhere")
    assert data.folder(tmp_path / "elsewhere", "test", SHAPE).paths == before


def test_the_middle_square_is_scaled_and_colours_stay(tmp_path):
    image = Image.new("RGB", (90, 30), (255, 0, 0))
    image.paste((0, 0, 255), (30, 0, 60, 30))  # the middle is blue
    image.putpixel((45, 15), (255, 255, 255))
    for name in "abc":
        for number in range(3):
            image.putpixel((number, ord(name) % 30), (1, 2, 3))  # outside of the middle
            (tmp_path / "p" / name).mkdir(parents=True, exist_ok=True)
            image.save(tmp_path / "p" / name / f"{number}.png")
    first = data.folder(tmp_path / "p", "train", SHAPE).images[0]
    torch.testing.assert_close(first[:, 0, 0], torch.tensor([0.0, 0.0, 1.0]))


def test_light_grey_pictures_become_ink_all_or_none(tmp_path):
    for name in "ab":
        for number in range(5):
            picture(tmp_path / "p" / name / f"{number}.png", (240, 240, 240), spot=40 * number + ord(name))
    images = data.folder(tmp_path / "p", "train", (1, 16, 16)).images
    assert images[:, :, 0].max() < 0.2  # paper
    assert images[:, :, 8, 8].min() > 0.8  # ink


def test_what_the_system_leaves_is_passed_over(place):
    (place / ".DS_Store").write_bytes(b"x")
    (place / "cup" / "Thumbs.db").write_bytes(b"x")
    (place / "cup" / "cup 1" / ".hidden").write_bytes(b"x")
    assert len(data.folder(place, "train", SHAPE).images)


def test_a_changed_picture_is_read_again(place):
    path = place / data.folder(place, "train", SHAPE).paths[0]
    before = data.folder(place, "train", SHAPE).images[0]
    picture(path, (255, 255, 0), spot=7)
    os.utime(path, ns=(1, 1))
    assert not torch.equal(data.folder(place, "train", SHAPE).images[0], before)


def test_changing_what_was_given_changes_nothing_for_the_next(place):
    data.folder(place, "train", SHAPE).images.zero_()
    assert data.folder(place, "train", SHAPE).images.max() > 0


def _cut(place):
    path = place / "mug" / "1.jpg"
    path.write_bytes(path.read_bytes()[:300])


def _pdf(place):
    (place / "mug" / "scan.png").write_bytes(b"%PDF-1.7 and so on")


def _file(place):
    place.rename(place.with_name("elsewhere"))
    place.write_text("x")


HOSTILE = {
    "there is none": (lambda place: place.rename(place.with_name("gone")), "is not there; name a folder"),
    "it is a file": (_file, "is a file; name a folder"),
    "no classes": (lambda place: [(place / n).rename(place.with_name(n)) for n in ("cup", "mug")], "holds 0 classes"),
    "one class": (lambda place: (place / "mug").rename(place.with_name("mug")), "holds 1 class;"),
    "an empty class": (lambda place: (place / "pan").mkdir(), "pan is empty; put the pictures of this class there"),
    "empty things": (lambda place: (place / "pan" / "a").mkdir(parents=True), "pan is empty"),
    "two things": (lambda place: [(place / f"mug/{n}.jpg").unlink() for n in (0, 1)], "mug holds 2; at least 3"),
    "no class": (lambda place: picture(place / "stray.png"), "stray.png is in no class; put every picture"),
    "too deep": (lambda place: (place / "cup" / "cup 1" / "more").mkdir(), "more is too deep; a class holds pictures"),
    "an empty file": (lambda place: (place / "mug/x.png").write_bytes(b""), "x.png is not a picture that can be"),
    "a text": (lambda place: (place / "mug/notes.txt").write_text("hello"), "notes.txt is not a picture that can be"),
    "a document": (_pdf, "scan.png is not a picture that can be read (it is a PDF)"),
    "cut off": (_cut, "1.jpg could not be read"),
    "one colour": (lambda place: Image.new("RGB", (9, 9), "red").save(place / "mug/r.png"), "r.png is all of one"),
    "a dot": (lambda place: picture(place / "mug" / "dot.png", size=(40, 3)), "dot.png has only 40×3 pixels"),
    "twice": (
        lambda place: (place / "cup" / "cup 9.png").write_bytes((place / "cup" / "cup 0" / "0.png").read_bytes()),
        "are the same picture; delete one",
    ),
    "in two classes": (
        lambda place: (place / "mug" / "9.png").write_bytes((place / "cup" / "cup 0" / "0.png").read_bytes()),
        "are the same picture; delete one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("harm", HOSTILE)
def test_what_is_wrong_is_said_in_one_line_with_the_name(place, harm, split):
    spoil, says = HOSTILE[harm]
    spoil(place)
    with pytest.raises(data.DataError) as raised:
        data.folder(place, split, SHAPE)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert str(place) in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_what_may_not_be_read_is_a_line(place):
    (place / "mug" / "1.jpg").chmod(0)
    with pytest.raises(data.DataError, match=r"1\.jpg cannot be read"):
        data.folder(place, "train", SHAPE)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_a_link_into_itself_ends(place):
    (place / "cup" / "cup 1" / "again").symlink_to(place)
    with pytest.raises(data.DataError, match="too deep"):
        data.folder(place, "train", SHAPE)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
@pytest.mark.parametrize("to", ["gone.jpg", "9.jpg"])
def test_a_link_to_nothing_or_to_itself_is_a_line(place, to):
    (place / "mug" / "9.jpg").symlink_to(place / "mug" / to)
    for read in (lambda: data.folder(place, "train", SHAPE), lambda: data.pictures_of(place)):
        with pytest.raises(data.DataError, match=r"9\.jpg cannot be read \(.*\); allow reading it, or delete it"):
            read()


def test_more_than_memory_holds_is_refused_before_it_is_read(place):
    with pytest.raises(data.DataError, match="pictures scaled to 6000×6000 need 6 GB; choose a smaller shape"):
        data.folder(place, "train", (3, 6000, 6000))


def test_shapes_and_splits_that_cannot_be(place):
    for shape in ((2, 16, 16), (3, 16, 20), (3, 16), (3, 0, 0)):
        with pytest.raises(ValueError, match=r"expected \(1, h, h\) for grey"):
            data.folder(place, "train", shape)
    with pytest.raises(ValueError, match="split is 'all'"):
        data.folder(place, "all", SHAPE)


def test_transparent_deep_and_turned_pictures_are_read(tmp_path):
    for name in "ab":
        for number in range(3):
            picture(tmp_path / "p" / name / f"{number}.png", spot=number + 50 * (name == "b"))
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.paste((255, 0, 0, 255), (5, 5, 30, 30))
    clear.save(tmp_path / "p" / "a" / "clear.png")
    deep = torch.arange(1600).view(40, 40).mul(40).to(torch.int32).numpy().astype("uint16")
    Image.fromarray(deep).save(tmp_path / "p" / "b" / "deep.png")
    for split in ("train", "validation", "test"):
        images = data.folder(tmp_path / "p", split, SHAPE).images
        assert 0 <= images.min() <= images.max() <= 1


def test_the_example_is_the_same_every_time(tmp_path):
    first, second = (data.folder(data.example_folder(tmp_path / name), "test", SHAPE) for name in "ab")
    assert first.classes == ("disc", "square", "triangle")
    assert torch.equal(first.images, second.images)
    assert first.paths == second.paths


def test_files_are_taken_by_name_however_the_disk_lists_them(place, monkeypatch):
    before, listed = data.folder(place, "train", SHAPE), Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: iter(sorted(listed(path), reverse=True)))
    assert data.folder(place, "train", SHAPE).paths == before.paths
    assert list(before.paths) == sorted(before.paths)  # here class names sort as labels do
