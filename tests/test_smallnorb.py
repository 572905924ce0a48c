"""smallNORB: read from files that these tests write in its format, and what is said about files that are wrong."""

import gzip
import os
import shutil
from itertools import product

import numpy as np
import pytest
import torch

from capsule_tutor import data
from capsule_tutor.data.smallnorb import HALVES, SOURCE
from capsule_tutor.data.views import INSTANCES, VIEWPOINTS, halve

IMAGE = 2 * 96 * 96
HEADERS = {  # written from the format's description, not from the reader
    "dat": b"\x55\x4c\x3d\x1e" + np.array([4, 24_300, 2, 96, 96], "<i4").tobytes(),
    "cat": b"\x54\x4c\x3d\x1e" + np.array([1, 24_300, 1, 1], "<i4").tobytes(),
    "info": b"\x54\x4c\x3d\x1e" + np.array([2, 24_300, 4, 1], "<i4").tobytes(),
}


def rows(half):
    """(24300, 5): class, instance, elevation, azimuth, lighting, shuffled as in the original."""
    every = np.array(list(product(range(5), INSTANCES[half], range(9), range(0, 36, 2), range(6))), "<i4")
    return every[np.random.RandomState(len(half)).permutation(len(every))]


def image(row):
    """A picture (2, 96, 96) that tells which row of the table it belongs to, in four places of each eye."""
    picture = np.zeros((2, 96, 96), np.uint8)
    picture[0, :4, :4] = 5 + 50 * row[0]
    picture[0, 90:, :4] = 10 + row[1]
    picture[1, :4, 90:] = 20 + row[3]
    picture[1, 50, 60:64] = 10 * row[2], 20 * row[2] + 1, row[4], 0
    return picture


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """All six files. Every hundredth picture is drawn; the others are holes in the file, read as zeros."""
    folder = tmp_path_factory.mktemp("smallnorb")
    for half, prefix in HALVES.items():
        table = rows(half)
        (folder / f"{prefix}-cat.mat").write_bytes(HEADERS["cat"] + table[:, 0].tobytes())
        (folder / f"{prefix}-info.mat").write_bytes(HEADERS["info"] + table[:, 1:].tobytes())
        with (folder / f"{prefix}-dat.mat").open("wb") as file:
            file.write(HEADERS["dat"])
            for place in range(0, 24_300, 100):
                file.seek(24 + place * IMAGE)
                file.write(image(table[place]).tobytes())
            file.truncate(24 + 24_300 * IMAGE)
    return folder


@pytest.fixture
def files(original, tmp_path, monkeypatch):
    """The same in a subfolder of their own, where a test may damage them: `files("test", "cat")` is a path."""
    folder = tmp_path / "smallNORB"
    folder.mkdir()
    for path in original.iterdir():
        (os.link if "-dat" in path.name else shutil.copyfile)(path, folder / path.name)
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    return lambda half, kind: folder / f"{HALVES[half]}-{kind}.mat"


def replace(path, content):
    path.unlink()  # never write through a hard link
    path.write_bytes(content)


def says(error, *parts):
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 600
    for part in parts:
        assert str(part) in message, message


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("split", "viewpoints", "count"),
    [
        ("train", "all", 5 * 3 * 972),
        ("validation", "novel azimuths", 5 * 2 * 12 * 9 * 6),
        ("test", "familiar elevations", 5 * 5 * 3 * 18 * 6),
    ],
)
def test_pictures_labels_and_info_belong_together(files, split, viewpoints, count):
    views = data.smallnorb(split, viewpoints, size=96, dtype=torch.uint8)
    assert views.images.shape == (count, 2, 96, 96)
    assert views.labels.shape == (count,)
    assert views.info.shape == (count, 4)
    assert views.images.dtype == torch.uint8
    assert views.labels.dtype == views.info.dtype == torch.int64
    drawn = views.images.flatten(1).any(dim=1).nonzero().flatten()
    assert len(drawn) > 20
    for n in drawn.tolist():
        row = [views.labels[n].item(), *views.info[n].tolist()]
        assert np.array_equal(views.images[n].numpy(), image(row))


def test_48_pixels_are_the_mean_of_four_each_and_floats_go_to_1(files):
    large = data.smallnorb("validation", "familiar azimuths", size=96, dtype=torch.uint8)
    small = data.smallnorb("validation", "familiar azimuths")
    assert small.images.shape == (5 * 2 * 6 * 9 * 6, 2, 48, 48)
    assert small.images.dtype == torch.float32
    mean = torch.nn.functional.avg_pool2d(large.images.float(), 2)
    assert (small.images * 255 - mean).abs().max() <= 0.5 + 1e-4
    assert mean.max() / 255 == pytest.approx(small.images.max().item(), abs=0.01)
    assert torch.equal(small.info, large.info)


def test_halving_rounds_to_the_nearest_grey_level_and_does_not_overflow():
    four = torch.tensor([[[255, 255], [255, 255]], [[1, 0], [0, 0]], [[1, 1], [0, 0]], [[3, 1], [2, 1]]])
    assert halve(four.byte()).flatten().tolist() == [255, 0, 1, 2]


def test_degrees(files):
    views = data.smallnorb("test", size=48, dtype=torch.uint8)
    assert sorted(set(views.elevation.tolist())) == list(range(30, 75, 5))
    assert sorted(set(views.azimuth.tolist())) == list(range(0, 360, 20))
    assert sorted(set(data.smallnorb("train", "familiar azimuths").azimuth.tolist())) == [0, 20, 40, 300, 320, 340]
    assert sorted(set(data.smallnorb("train", "familiar elevations").elevation.tolist())) == [30, 35, 40]


def test_packed_files_are_read_alike(files):
    plain = data.smallnorb("validation", "familiar azimuths", dtype=torch.uint8)
    for kind in HEADERS:
        path = files("train+validation", kind)
        with gzip.open(f"{path}.gz", "wb", compresslevel=1) as packed, path.open("rb") as file:
            shutil.copyfileobj(file, packed, 1 << 20)
        path.unlink()
    assert data.has_smallnorb()
    for one, other in zip(plain, data.smallnorb("validation", "familiar azimuths", dtype=torch.uint8), strict=True):
        assert torch.equal(one, other)
    content = (path := path.with_name(f"{path.name}.gz")).read_bytes()  # info
    for damaged in (content[: len(content) // 2], content[:100] + b"\0" + content[101:], b"not packed"):
        replace(path, damaged)
        with pytest.raises(data.DataError) as error:
            data.smallnorb("validation")
        says(error, path, "could not be read", SOURCE)


@pytest.mark.parametrize("folder", [".", "SmallNORB", "smallnorb"])
def test_other_folders_will_do(original, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    assert not data.has_smallnorb()
    (tmp_path / folder).mkdir(exist_ok=True)
    for path in original.iterdir():
        os.link(path, tmp_path / folder / path.name)
    assert data.has_smallnorb()


# ---------------------------------------------------------------- the splits


def test_splits_share_no_instance_and_viewpoints_no_view():
    assert sorted(INSTANCES["train"] + INSTANCES["validation"]) == list(INSTANCES["train+validation"])
    assert sorted(INSTANCES["train+validation"] + INSTANCES["test"]) == list(range(10))
    info = torch.from_numpy(rows("test")[:, 1:].astype(np.int64))
    for axis in ("azimuths", "elevations"):
        familiar, novel = (VIEWPOINTS[f"{which} {axis}"](info) for which in ("familiar", "novel"))
        assert torch.equal(familiar, ~novel)
        assert familiar.float().mean() == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ({"split": "all"}, "'validation'"),
        ({"viewpoints": "azimuth"}, "'novel azimuths'"),
        ({"size": 32}, "48 or 96"),
        ({"dtype": torch.float16}, "torch.uint8"),
    ],
)
def test_unknown_options_list_the_choices_even_without_files(options, choices, tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=choices):
        data.smallnorb(**options)


# ---------------------------------------------------------------- files that are wrong


@pytest.mark.parametrize("kind", HEADERS)
def test_a_missing_file_is_named_with_where_to_get_it_and_where_to_put_it(files, kind):
    path = files("test", kind)
    path.unlink()
    assert not data.has_smallnorb()
    with pytest.raises(data.DataError) as error:
        data.smallnorb("test")
    says(error, path.name, path.parent, SOURCE, "research", "data.toys()")
    assert len(data.smallnorb("train", "familiar azimuths").labels) == 4860  # the other half is as good as before


@pytest.mark.parametrize("kind", ["cat", "info"])
@pytest.mark.parametrize("damage", ["cut short", "empty", "longer", "foreign", "one row"])
def test_a_damaged_file_is_named(files, kind, damage):
    path = files("test", kind)
    content = path.read_bytes()
    expected = {
        "cut short": (content[:-1], "cut short"),
        "empty": (b"", "begins with"),
        "longer": (content + b"\0", "longer"),
        "foreign": (b"\x89PNG" + content, "begins with 89504e47"),
        "one row": (content[:-4] + b"\1\0\0\0" if content[-4] != 1 else content[:-4] + b"\0\0\0\0", "fit together"),
    }
    replaced, words = expected[damage]
    replace(path, replaced)
    with pytest.raises(data.DataError) as error:
        data.smallnorb("test")
    says(error, path.parent, words, SOURCE)


def test_pictures_cut_short_or_too_many_are_noticed(files):
    path = files("test", "dat")
    size = path.stat().st_size
    path.unlink()
    for length, words in ((24 + 5000 * IMAGE, "cut short"), (size + 1, "longer")):
        with path.open("wb") as file:
            file.write(HEADERS["dat"])
            file.truncate(length)
        with pytest.raises(data.DataError) as error:
            data.smallnorb("test", dtype=torch.uint8)
        says(error, path, words, SOURCE)


def test_swapped_files_are_noticed(files):
    train, test = (files(half, "info") for half in HALVES)
    one, other = train.read_bytes(), test.read_bytes()
    replace(train, other)
    replace(test, one)
    with pytest.raises(data.DataError) as error:
        data.smallnorb("test")
    says(error, test, "holds the instances 4, 6, 7, 8, 9, expected 0, 1, 2, 3, 5")

    replace(test, other)
    replace(files("test", "cat"), other)
    with pytest.raises(data.DataError) as error:
        data.smallnorb("test")
    says(error, files("test", "cat"), "begins with 544c3d1e02000000", "expected 544c3d1e01000000")


def test_a_file_that_may_not_be_read(files):
    path = files("test", "cat")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(data.DataError) as error:
        data.smallnorb("test")
    says(error, path, "PermissionError")
