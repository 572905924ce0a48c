"""The data: what comes out, that it never changes, and what is said when it cannot be had."""

import gzip
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from capsule_tutor import data
from capsule_tutor.data.digits import FILE as DIGITS
from capsule_tutor.data.mnist import FILES

SIZES = {"train": 1200, "validation": 297, "test": 300, "all": 1797}
MNIST_SIZES = {"train": 55_000, "validation": 5_000, "test": 10_000}


def fingerprint(split):
    return hashlib.sha256(split.images.numpy().tobytes() + split.labels.numpy().tobytes()).hexdigest()


def centres(images):
    """Rows and columns of the centres of mass, (n, 2) in pixels."""
    at = torch.arange(28.0)
    ink = images[:, 0]
    total = ink.sum(dim=(1, 2))
    return torch.stack([ink.sum(dim=2) @ at / total, ink.sum(dim=1) @ at / total], dim=1)


# ---------------------------------------------------------------- digits


@pytest.mark.parametrize("split", SIZES)
def test_digits_look_like_mnist_to_a_program(split):
    images, labels = data.digits(split)
    assert images.shape == (SIZES[split], 1, 28, 28)
    assert labels.shape == (SIZES[split],)
    assert images.dtype == torch.float32
    assert labels.dtype == torch.int64
    assert images.min() == 0
    assert images.max() == 1
    assert torch.equal((images * 255).round() / 255, images)  # whole grey levels
    assert set(labels.tolist()) == set(range(10))


def test_digits_share_no_image_and_leave_none_out():
    def keys(split):
        return [(image.numpy().tobytes(), int(label)) for image, label in zip(*data.digits(split), strict=True)]

    parts = keys("train") + keys("validation") + keys("test")
    assert sorted(parts) == sorted(keys("all"))
    assert len(set(keys("all"))) == 1797  # no two images are equal, so the line above proves them disjoint


@pytest.mark.parametrize("split", SIZES)
def test_digits_hold_every_class_in_its_proportion(split):
    share = torch.bincount(data.digits(split).labels, minlength=10) / SIZES[split]
    overall = torch.bincount(data.digits("all").labels) / 1797
    assert (share - overall).abs().max() < 1.5 / SIZES[split]


def test_digits_are_those_of_scikit_learn_in_its_order():
    from sklearn.datasets import load_digits

    with np.load(DIGITS) as ours:
        assert (ours["images"] == load_digits().images).all()
        assert (ours["labels"] == load_digits().target).all()
    assert data.digits("all").labels.tolist() == load_digits().target.tolist()


def test_digits_are_shuffled():
    assert len(set(data.digits("test").labels[:20].tolist())) > 5


@pytest.mark.parametrize("split", SIZES)
def test_digits_are_equal_on_every_call(split):
    assert fingerprint(data.digits(split)) == fingerprint(data.digits(split))


def test_digits_are_equal_in_every_process():
    program = (
        "from capsule_tutor import data; import hashlib; s = data.digits('test');"
        "print(hashlib.sha256(s.images.numpy().tobytes() + s.labels.numpy().tobytes()).hexdigest())"
    )
    fresh = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert fresh.stdout.strip() == fingerprint(data.digits("test"))


def test_the_splits_are_the_ones_that_were_published():
    # Shipped weights were trained on them: if this fails, a test image may have become a training image.
    images, labels = data.digits("test")
    assert labels[:20].tolist() == [2, 5, 6, 8, 4, 7, 1, 0, 9, 6, 1, 2, 3, 7, 5, 8, 9, 0, 4, 2]
    assert images[:5].sum(dim=(1, 2, 3)).tolist() == pytest.approx([120.9, 86.0, 106.7, 141.9, 93.2], abs=0.1)


def test_changing_digits_in_place_does_not_poison_the_next_call():
    before = fingerprint(data.digits())
    images, labels = data.digits()
    images.zero_()
    labels.fill_(7)
    assert fingerprint(data.digits()) == before


def test_digits_are_centred_in_a_20_by_20_box_as_mnist_is():
    images = data.digits("all").images
    assert (centres(images) - 14).abs().max() <= 0.51  # rounding to 255 grey levels moves it a little
    ink = images[:, 0] > 0
    for axis in (1, 2):
        lines = ink.any(dim=axis).float()
        span = 28 - lines.argmax(dim=1) - lines.flip(1).argmax(dim=1)
        assert span.max() <= 20
    # Stroke weight like MNIST's (0.130), and a good part of it fully black (MNIST: 0.39): not a blur.
    assert images.mean() == pytest.approx(0.130, abs=0.01)
    assert 0.25 < ((images > 0.98).sum() / (images > 0.02).sum()) < 0.45


@pytest.mark.parametrize(("load", "choices"), [(data.digits, SIZES), (data.mnist, MNIST_SIZES)])
def test_an_unknown_split_is_told_the_choices(load, choices):
    with pytest.raises(ValueError) as error:
        load("valid")
    assert all(repr(name) in str(error.value) for name in ("valid", *choices))


# ---------------------------------------------------------------- MNIST


@pytest.fixture
def copied_mnist(real_mnist, tmp_path, monkeypatch):
    """A folder with copies of the real files, any of which a test may damage. → its MNIST/raw"""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(real_mnist / "MNIST" / "raw" / name, raw / name)
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    return raw


@pytest.mark.mnist
@pytest.mark.parametrize("split", MNIST_SIZES)
def test_mnist(real_mnist, split):
    assert data.has_mnist()
    images, labels = data.mnist(split)
    assert images.shape == (MNIST_SIZES[split], 1, 28, 28)
    assert labels.shape == (MNIST_SIZES[split],)
    assert images.dtype == torch.float32
    assert labels.dtype == torch.int64
    assert images.min() == 0
    assert images.max() == 1
    assert (torch.bincount(labels) / len(labels)).min() > 0.08


@pytest.mark.mnist
def test_all_60000_digits_are_the_training_and_the_validation_images(real_mnist):
    every, train, validation = data.mnist_all("train"), data.mnist("train"), data.mnist("validation")
    assert len(every.labels) == 60_000
    assert torch.equal(every.images[:55_000], train.images)
    assert torch.equal(every.images[55_000:], validation.images)
    assert torch.equal(every.labels, torch.cat([train.labels, validation.labels]))
    for split in ("validation", "test"):
        assert torch.equal(data.mnist_all(split).labels, data.mnist(split).labels)


@pytest.mark.mnist
def test_mnist_is_what_torchvision_reads(real_mnist):
    train = torchvision.datasets.MNIST(real_mnist, train=True)
    test = torchvision.datasets.MNIST(real_mnist, train=False)
    for split, source, part in (
        ("train", train, slice(55_000)),
        ("validation", train, slice(55_000, None)),
        ("test", test, slice(None)),
    ):
        images, labels = data.mnist(split)
        assert torch.equal((images[:, 0] * 255).round().byte(), source.data[part])
        assert torch.equal(labels, source.targets[part])


@pytest.mark.mnist
def test_our_digits_keep_the_centre_of_mnist(real_mnist):
    mnist, ours = centres(data.mnist("test").images), centres(data.digits("all").images)
    assert (mnist.mean(dim=0) - ours.mean(dim=0)).abs().max() < 0.05


@pytest.mark.mnist
@pytest.mark.parametrize("damage", ["one byte", "cut short", "empty"])
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_damaged_file_is_named(copied_mnist, name, damage):
    path = copied_mnist / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"one byte": content, "cut short": content[: len(content) // 2], "empty": b""}[damage])
    with pytest.raises(data.DataError) as error:
        data.mnist("test")
    says(error, str(path), "delete this file", "data.digits()")
    assert len(data.mnist("train").labels) == 55_000  # the other files are as good as before


@pytest.mark.mnist
def test_a_file_that_cannot_be_opened_is_named(copied_mnist, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(data.DataError) as error:
        data.mnist("test")
    says(error, str(copied_mnist / "t10k-images-idx3-ubyte"), "PermissionError", "CAPSULE_TUTOR_DATA")


def says(error, *parts):
    """One line, at most a paragraph, that holds all parts."""
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 900
    for part in parts:
        assert part in message


# ---------------------------------------------------------------- downloads, from a mirror of our own


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves files that have MNIST's names and shapes, with all pixels 0."""

    def do_HEAD(self):
        self.answer(b"")

    def do_GET(self):
        content = self.server.files[self.path.strip("/")]
        self.server.asked.append(self.path.strip("/"))
        self.answer(content[: len(content) // 2] if self.server.cut else content, announced=len(content))

    def answer(self, content, announced=0):
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def blank_files():
    def labels(n):
        return b"\0\0\x08\x01" + n.to_bytes(4, "big") + bytes(k % 10 for k in range(n))

    def images(n):
        return b"\0\0\x08\x03" + b"".join(k.to_bytes(4, "big") for k in (n, 28, 28)) + bytes(n * 784)

    return {
        "train-images-idx3-ubyte": images(60_000),
        "train-labels-idx1-ubyte": labels(60_000),
        "t10k-images-idx3-ubyte": images(10_000),
        "t10k-labels-idx1-ubyte": labels(10_000),
    }


@pytest.fixture
def mirror(blank_files, tmp_path, monkeypatch):
    """torchvision downloads from this server into an empty folder; `mirror.cut` makes it hang up half-way."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.files = {f"{name}.gz": gzip.compress(content, 1) for name, content in blank_files.items()}
    server.cut, server.asked, server.folder = False, [], tmp_path / "new" / "folder"
    threading.Thread(target=server.serve_forever, daemon=True).start()

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(server.folder))
    for name, content in blank_files.items():
        monkeypatch.setitem(FILES, name, md5(content))
    dataset = torchvision.datasets.MNIST
    monkeypatch.setattr(dataset, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(dataset, "resources", [(name, md5(content)) for name, content in server.files.items()])
    yield server
    server.shutdown()
    server.server_close()


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def left_behind(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_mnist_is_downloaded_once(mirror):
    assert not data.has_mnist()
    assert data.mnist("test").labels[:3].tolist() == [0, 1, 2]
    assert data.has_mnist()
    assert left_behind(mirror.folder) == sorted(FILES)
    assert set(mirror.asked) == set(mirror.files)
    mirror.asked.clear()
    assert data.mnist("train").images.shape == (55_000, 1, 28, 28)
    assert mirror.asked == []


def test_a_connection_that_breaks_leaves_nothing_and_the_next_call_succeeds(mirror):
    mirror.cut = True
    with pytest.raises(data.DataError) as error:
        data.mnist("test")
    says(error, "could not be downloaded", str(mirror.folder), "call again")
    assert left_behind(mirror.folder) == []
    mirror.cut = False
    assert len(data.mnist("test").labels) == 10_000


def test_an_interrupted_download_leaves_nothing_and_the_next_call_succeeds(mirror, monkeypatch):
    def interrupted(dataset):
        raw = Path(dataset.raw_folder)
        raw.mkdir(parents=True)
        for name in FILES:
            (raw / name).write_bytes(b"half a file")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(torchvision.datasets.MNIST, "download", interrupted)
        with pytest.raises(KeyboardInterrupt):
            data.mnist("test")
    assert left_behind(mirror.folder) == []
    assert len(data.mnist("test").labels) == 10_000


def test_a_deleted_file_is_fetched_again_and_the_others_stay(mirror):
    data.mnist("test")
    raw = mirror.folder / "MNIST" / "raw"
    (raw / "t10k-labels-idx1-ubyte").unlink()
    (raw / "t10k-images-idx3-ubyte").write_bytes(b"mine")
    assert not data.has_mnist()
    with pytest.raises(data.DataError, match=r"t10k-images-idx3-ubyte is damaged"):
        data.mnist("test")
    assert (raw / "t10k-images-idx3-ubyte").read_bytes() == b"mine"
    assert len(data.mnist("train").labels) == 55_000


def test_a_mirror_that_serves_other_files_is_not_believed(mirror, monkeypatch):
    monkeypatch.setitem(FILES, "t10k-images-idx3-ubyte", "0" * 32)
    with pytest.raises(data.DataError, match="damaged"):
        data.mnist("test")


@pytest.mark.parametrize("problem", [urllib.error.URLError("no network"), TimeoutError("timed out"), EOFError()])
def test_offline(mirror, monkeypatch, problem):
    def download(dataset):
        raise problem

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", download)
    with pytest.raises(data.DataError) as error:
        data.mnist()
    says(error, str(mirror.folder), type(problem).__name__, str(problem), "CAPSULE_TUTOR_DATA", "data.digits()")
    assert len(data.digits().labels) == 1200


def test_nobody_answers(mirror, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/", "http://127.0.0.1:10/"])
    with pytest.raises(data.DataError) as error:
        data.mnist()
    says(error, "could not be downloaded", "CAPSULE_TUTOR_DATA", "data.digits()")


def test_a_folder_that_cannot_be_made(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path / "file"))
    with pytest.raises(data.DataError) as error:
        data.mnist()
    says(error, str(tmp_path / "file"), "can be written", "CAPSULE_TUTOR_DATA")


def test_a_folder_that_cannot_be_written(mirror):
    mirror.folder.mkdir(parents=True)
    mirror.folder.chmod(0o500)
    if os.access(mirror.folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(data.DataError) as error:
        data.mnist()
    mirror.folder.chmod(0o700)
    says(error, str(mirror.folder), "PermissionError", "can be written")


def test_the_time_limit_of_other_connections_is_left_alone(mirror):
    before = socket.getdefaulttimeout()
    data.mnist("test")
    assert socket.getdefaulttimeout() == before


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("MNIST/raw", "t10k-images.idx3-ubyte"),  # as others publish them
        ("MNIST/raw", "train-labels-idx1-ubyte.gz"),
        ("", "train-images-idx3-ubyte"),  # one folder too high, or the folder given is one too low
    ],
)
def test_files_under_other_names_are_named_and_nothing_is_left_behind(monkeypatch, tmp_path, place, name):
    def download(dataset):
        raise OSError("no connection")

    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / name).write_bytes(b"")
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(tmp_path))
    monkeypatch.setattr(torchvision.datasets.MNIST, "download", download)
    with pytest.raises(data.DataError) as error:
        data.mnist()
    says(error, f"found in {tmp_path / place}: {name}, but wanted in {tmp_path / 'MNIST' / 'raw'}: {next(iter(FILES))}")
    assert sorted(tmp_path.rglob("*")) == before


def test_where_mnist_lives(monkeypatch):
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", "~/somewhere")
    assert data.mnist_folder() == Path.home() / "somewhere"
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", "")
    in_the_cache = data.mnist_folder()
    assert "capsule-tutor" in str(in_the_cache)
    monkeypatch.delenv("CAPSULE_TUTOR_DATA")
    assert data.mnist_folder() == in_the_cache


@pytest.mark.parametrize("setting", ["", "~/mine"])
def test_a_user_without_a_home_is_told_so_and_has_no_mnist(monkeypatch, setting):
    """As in a container that runs under a number without a name. No folder may be called ~."""

    def none(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", none)
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", setting)
    assert not data.has_mnist()
    with pytest.raises(
        data.DataError, match="this user has no home folder that could hold MNIST; set CAPSULE_TUTOR_DATA"
    ):
        data.mnist("test")
