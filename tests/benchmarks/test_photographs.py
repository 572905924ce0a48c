"""What disturbs a photograph, and what the shipped networks still read: the same 100 digits with every nuisance.

python -m pytest tests/benchmarks/test_photographs.py          an hour of one core; one row is a minute: -k "ruled"

A row counts, for each network, right answers, doubts (the picture was refused, or `predict` would say "No answer"),
wrong answers, and among these the sure ones: length above 0.8. The digits are MNIST's test images if they are there.
"""

import zlib

import numpy as np
import photographs
import pytest

from capsule_tutor import data, pretrained

COUNT = 100
ROWS = {**photographs.NUISANCES, **photographs.EMPTY, **photographs.SEVERAL}
NETWORKS = {name: pretrained.load(name) for name in pretrained.NAMES if pretrained.recipe(name).data == "mnist"}


@pytest.fixture(scope="module")
def digits():
    return data.mnist("test") if data.has_mnist() else data.digits("test")


def photographed(row, digits, n):
    """The photograph (bytes) of digit n, and its label; None where no single digit is on it."""
    generator = np.random.default_rng([zlib.crc32(row.encode()), n])
    if row in photographs.SEVERAL:
        pair = digits.images[[n, n + 1], 0]
        return photographs.SEVERAL[row](pair.numpy(), generator), None
    picture = ROWS[row](digits.images[n, 0].numpy(), generator)
    return picture, None if row in photographs.EMPTY else digits.labels[n].item()


def outcome(name, image, label):
    if image is None:
        return "doubt"
    lengths = NETWORKS[name].lengths(image)[0].detach()
    if pretrained.doubt(name, lengths):
        return "doubt"
    if lengths.argmax().item() == label:
        return "right"
    return "sure" if lengths.max() > 0.8 else "wrong"


@pytest.mark.parametrize("row", ROWS)
def test_photographs(row, digits, benchmark, tmp_path, capsys):
    made = [photographed(row, digits, n) for n in range(COUNT)]

    def read(picture):
        (tmp_path / "photograph.jpg").write_bytes(picture)
        try:
            return data.read_picture(tmp_path / "photograph.jpg")
        except data.DataError:
            return None

    images = benchmark.pedantic(lambda: [read(picture) for picture, _ in made], rounds=1)
    table = {}
    for name in NETWORKS:
        found = [outcome(name, image, label) for image, (_, label) in zip(images, made, strict=True)]
        right, doubt, sure = (found.count(what) for what in ("right", "doubt", "sure"))
        table[name] = (right, doubt, COUNT - right - doubt, sure)
    with capsys.disabled():
        columns = "   ".join(f"{name} {' '.join(f'{n:3}' for n in counts)}" for name, counts in table.items())
        print(f"\n{row:22} right, doubt, wrong, sure: {columns}")
    right, doubt, _, sure = table["efficient-capsnet-mnist"]
    assert right + doubt >= 0.97 * COUNT
    assert sure <= 0.01 * COUNT
