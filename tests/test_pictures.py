"""A person's own digit: what is read from photographs and drawings, and what is said where nothing can be."""

import io
import subprocess
import sys
import tracemalloc
import zlib
from functools import cache

import numpy as np
import photographs
import pytest
import torch
from patience import HUNG
from PIL import Image
from torch.nn.functional import interpolate

import capsule_tutor as caps
from capsule_tutor import data, pretrained

NETWORK = "efficient-capsnet-mnist"
TWO = "two or more digits"


@cache
def network():
    return caps.load(NETWORK)


def first(label):
    """The first test digit with this label, (1, 28, 28)."""
    split = data.digits("test")
    return split.images[(split.labels == label).nonzero()[0, 0]]


def grey(ink):
    """Dark ink on light paper, (h, w) uint8."""
    return (230 - 200 * ink).byte().numpy()


def drawn(image, size=280, margin=0, polarity=1):
    """An image (1, 28, 28) as a person would have it: large, on wider paper, ink dark (−1) or light (1)."""
    large = interpolate(image[None], size=(size, size), mode="bilinear")[0, 0]
    paper = torch.nn.functional.pad(large, (margin, 3 * margin, 2 * margin, margin))
    return paper if polarity == 1 else 0.9 - 0.7 * paper


def apart(one, other):
    """Mean difference of two images, whichever way the rounding to whole pixels has placed them."""
    moves = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    return min((one.roll(move, dims=(2, 3)) - other).abs().mean().item() for move in moves)


@pytest.mark.parametrize(("size", "margin", "polarity"), [(28, 0, 1), (280, 0, -1), (90, 5, 1), (600, 200, -1)])
def test_size_place_and_polarity_of_a_drawing_do_not_matter(size, margin, polarity):
    images = data.digits("test").images[:3]
    plain = [data.prepare(drawn(image)) for image in images]
    for image, expected in zip(images, plain, strict=True):
        found = data.prepare(drawn(image, size, margin, polarity))
        assert found.shape == (1, 1, 28, 28)
        assert 0 <= found.min() <= found.max() <= 1
        assert apart(found, expected) < 0.04
        assert apart(plain[0], plain[1]) > 0.08  # what two different digits are apart


def test_a_prepared_drawing_lies_as_mnist_does():
    ink = data.prepare(drawn(data.digits("test").images[0], 300, 40, -1))[0, 0]
    rows, columns = (ink > 0.5).any(dim=1).nonzero(), (ink > 0.5).any(dim=0).nonzero()
    assert max(rows.max() - rows.min(), columns.max() - columns.min()) + 1 in (19, 20)
    at = torch.arange(28.0)
    for axis in (0, 1):
        assert abs((ink.sum(dim=axis) @ at / ink.sum()).item() - 14) <= 0.51


# ---- files


def read(content, path):
    """(lengths (10,), "") or (None, what was said) of a file's content."""
    path.write_bytes(content)
    try:
        return network().lengths(data.read_picture(path))[0].detach(), ""
    except data.DataError as error:
        said = str(error)
    assert len(said.splitlines()) == 1
    return None, said


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "I;16", "1"])
def test_pictures_of_every_kind_are_read(mode, tmp_path):
    image = data.digits("test").images[3]
    grey = (drawn(image, 200, 20, -1) * 255).byte().numpy()
    if mode == "I;16":
        picture = Image.fromarray(grey.astype("uint16") * 257)
    elif mode in ("RGBA", "LA"):  # dark ink on nothing at all
        ink = Image.fromarray(255 - grey).point(lambda value: 0 if value < 80 else value)
        picture = Image.merge("LA", (Image.new("L", ink.size, 0), ink)).convert(mode)
    else:
        picture = Image.fromarray(grey).convert(mode, dither=Image.Dither.NONE)
    picture.save(tmp_path / "digit.png")
    read = data.read_picture(tmp_path / "digit.png")
    assert apart(read, data.prepare(drawn(image))) < 0.05


def test_light_ink_on_nothing_is_ink(tmp_path):
    ink = Image.fromarray((drawn(data.digits("test").images[3], 200, 20) * 255).byte().numpy())
    Image.merge("LA", (Image.new("L", ink.size, 255), ink)).save(tmp_path / "digit.png")
    read = data.read_picture(tmp_path / "digit.png")
    assert apart(read, data.prepare(drawn(data.digits("test").images[3]))) < 0.05


def test_pictures_that_cannot_be_read_are_one_line(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("L", (50, 50), 200).save(tmp_path / "empty.png")
    Image.new("L", (50, 50), 200).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    for name, says in {
        "missing.png": "is not there",
        "text.png": "is not a picture",
        "empty.png": "nothing on the paper",
        "half.png": "could not be read|is not a picture",
        ".": "is a folder",
    }.items():
        with pytest.raises(data.DataError, match=says) as error:
            data.read_picture(tmp_path / name)
        assert "\n" not in str(error.value)


def test_the_first_picture_of_a_film_counts_and_is_named(tmp_path):
    digit, blank = (Image.fromarray(grey(ink)) for ink in (drawn(first(3), 200, 20), torch.zeros(240, 240)))
    for ending in ("gif", "tiff"):
        digit.save(tmp_path / f"a.{ending}", save_all=True, append_images=[blank])
        assert data.read_picture(tmp_path / f"a.{ending}").max() == 1
        blank.save(tmp_path / f"b.{ending}", save_all=True, append_images=[digit])
        with pytest.raises(data.DataError, match="of its 2 pictures, only the first was looked at"):
            data.read_picture(tmp_path / f"b.{ending}")


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("transparent", [False, True])
def test_deep_grey_is_read_whatever_its_range(bits, transparent, tmp_path):
    ink = drawn(first(3), 200, 20)
    picture = Image.fromarray(((0.9 - 0.7 * ink) * (2**bits - 1)).numpy().astype("uint16"))
    picture.save(tmp_path / "deep.png", **({"transparency": int(0.9 * (2**bits - 1))} if transparent else {}))
    assert apart(data.read_picture(tmp_path / "deep.png"), data.prepare(ink)) < 0.05


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (255, 220, 0), (120, 120, 120)])
def test_where_all_but_the_ink_is_transparent_its_shape_counts(colour, tmp_path):
    ink = drawn(first(3), 200, 20)
    picture = Image.new("RGB", ink.shape[::-1], colour)
    picture.putalpha(Image.fromarray((255 * ink).byte().numpy()))
    picture.save(tmp_path / "ink.png")
    assert apart(data.read_picture(tmp_path / "ink.png"), data.prepare(ink)) < 0.05


def test_an_opaque_card_in_a_transparent_picture_is_paper(tmp_path):
    card = Image.new("RGBA", (500, 500))
    card.paste(Image.fromarray(grey(drawn(first(3), 280, 10))), (50, 50))
    card.save(tmp_path / "card.png")
    assert apart(data.read_picture(tmp_path / "card.png"), data.prepare(drawn(first(3)))) < 0.05


@pytest.mark.parametrize("orientation", [0, *range(1, 9), 9, 77, "damaged"])
def test_the_picture_is_turned_as_the_camera_was_held(orientation, tmp_path):
    """Values that EXIF does not know, and a block that cannot be read, turn nothing."""
    upright = grey(drawn(first(3), 200, 20))
    stored = {
        2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.T,
        6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, -1),
    }.get(orientation, upright)  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation if orientation != "damaged" else 1
    notes = exif.tobytes() if orientation != "damaged" else b"Exif\0\0MM\0*\xff\xff\xff\xff"
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "held.jpg", exif=notes, quality=95)
    assert apart(data.read_picture(tmp_path / "held.jpg"), data.prepare(drawn(first(3)))) < 0.05


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "webp", "dds", "jp2", "avif"])
def test_a_damaged_file_is_a_picture_or_one_line(ending, tmp_path):
    try:
        Image.fromarray(grey(drawn(first(3), 28))).convert("RGB").save(tmp_path / f"whole.{ending}")
    except (KeyError, OSError):
        pytest.skip(f"this Pillow writes no {ending}")
    whole = (tmp_path / f"whole.{ending}").read_bytes()
    generator = np.random.default_rng(0)
    damaged = [whole[: int(share * len(whole))] for share in (0, 0.02, 0.5, 0.95)]
    for _ in range(5):
        content = bytearray(whole)
        for n in generator.integers(0, min(len(whole), 400), 3):
            content[n] = generator.integers(256)
        damaged.append(bytes(content))
    for content in damaged:
        (tmp_path / f"damaged.{ending}").write_bytes(content)
        lengths, said = read(content, tmp_path / f"damaged.{ending}")
        assert (lengths is None) == bool(said)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.4\n%%EOF\n", "a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "an HEIC photograph"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"", "it is empty"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(content, says, tmp_path):
    (tmp_path / "digit.png").write_bytes(content)
    with pytest.raises(data.DataError, match=says):
        data.read_picture(tmp_path / "digit.png")


def test_an_address_is_called_one():
    with pytest.raises(data.DataError, match=r"^https://example.org/7.png is an address"):
        data.read_picture("https://example.org/7.png")


def predict(*arguments, **how):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "capsule_tutor", "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=HUNG, **how)


def test_standard_input_is_read(tmp_path):
    file = io.BytesIO()
    Image.fromarray(grey(drawn(first(3), 200, 20))).save(file, "png")
    done = predict("-", cwd=tmp_path, input=file.getvalue())
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"3. In digit-read.png" in done.stdout
    assert b"standard input is not a picture" in predict("-", cwd=tmp_path, input=b"").stderr


# In kilobytes. On Linux getrusage would count what the process of these tests had when it started this one.
PEAK = """
import re, resource, sys
from pathlib import Path
from capsule_tutor import data
data.read_picture(sys.argv[1])
if sys.platform == "linux":
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**10)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process needed")
def test_a_hundred_megapixels_take_less_than_a_gigabyte(tmp_path):
    large = Image.fromarray(grey(drawn(first(3), 200, 20))).resize((12_000, 9_000), Image.Resampling.NEAREST)
    large.save(tmp_path / "large.png", compress_level=1)  # a JPEG is unpacked at an eighth of its size
    command = [sys.executable, "-c", PEAK, str(tmp_path / "large.png")]
    done = subprocess.run(command, capture_output=True, timeout=HUNG, check=True)
    assert done.stderr == b""
    assert int(done.stdout) / 2**10 < 1000  # megabytes


def test_of_a_film_the_beginning_alone_is_read(tmp_path):
    with (tmp_path / "film.mp4").open("wb") as film:
        film.write(b"\0\0\0\x18ftypmp42")
        film.truncate(100_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(data.DataError, match=r"\(it is a film\)"):
            data.read_picture(tmp_path / "film.mp4")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 1, 28, 28), (28,)])
def test_tensors_that_are_no_picture_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(h, w\) or \(h, w, 3\)"):
        data.prepare(torch.ones(shape))


# ---- photographs


@pytest.fixture(scope="module")
def clear():
    """Three digits that the network reads rightly and surely as they are: images (3, 28, 28), labels."""
    split = data.digits("test")
    lengths = network().lengths(split.images).detach()
    sure = (lengths.argmax(dim=1) == split.labels) & (lengths.max(dim=1).values > 0.95)
    chosen = torch.stack([((split.labels == label) & sure).nonzero()[0, 0] for label in (2, 4, 5)])
    return split.images[chosen, 0].numpy(), split.labels[chosen].tolist()


def generator(*numbers):
    return np.random.default_rng([zlib.crc32(str(number).encode()) for number in numbers])


@pytest.mark.parametrize("nuisance", photographs.NUISANCES)
def test_a_photograph_is_read_whatever_disturbs_it(nuisance, clear, tmp_path):
    """The first answer is right, and at least one of three photographs gets an answer."""
    for n, (image, label) in enumerate(zip(*clear, strict=True)):
        lengths, _ = read(photographs.NUISANCES[nuisance](image, generator(nuisance, n)), tmp_path / "p.jpg")
        if lengths is not None and not pretrained.doubt(NETWORK, lengths):
            assert lengths.argmax().item() == label
            return
    pytest.fail("every photograph was refused or in doubt")


@pytest.mark.parametrize("nuisance", photographs.EMPTY)
def test_without_a_digit_there_is_no_answer(nuisance, tmp_path):
    lengths, _ = read(photographs.EMPTY[nuisance](None, generator(nuisance)), tmp_path / "p.jpg")
    assert lengths is None or pretrained.doubt(NETWORK, lengths)


@pytest.mark.parametrize("nuisance", photographs.SEVERAL)
def test_two_digits_are_found_as_two(nuisance, clear, tmp_path):
    _, said = read(photographs.SEVERAL[nuisance](clear[0][:2], generator(nuisance, 0)), tmp_path / "p.jpg")
    assert TWO in said


@pytest.mark.parametrize("margins", [(0, 0, 0, 0), (0, 40, 0, 40), (30, 0, 0, 0)])
def test_a_picture_cropped_to_its_digit_is_read(margins, clear, tmp_path):
    for image, label in zip(*clear, strict=True):
        ink = photographs.cropped(photographs.stroke(image, 300))
        left, right, top, bottom = margins
        file = io.BytesIO()
        Image.fromarray(grey(torch.from_numpy(np.pad(ink, ((top, bottom), (left, right)))))).save(file, "png")
        lengths, said = read(file.getvalue(), tmp_path / "p.png")
        assert not said
        assert lengths.argmax().item() == label


@pytest.mark.parametrize("shape", [(1, 1), (1, 28), (28, 1), (3, 2000), (2000, 3), (9, 9)])
@pytest.mark.parametrize("noise", [0, 90])
def test_pictures_of_odd_shapes_are_read_or_refused(shape, noise, tmp_path):
    pixels = generator(*shape).normal(150, noise, (*shape, 3)).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    lengths, said = read(file.getvalue(), tmp_path / "p.png")
    assert (lengths is None) == bool(said)


# ---- drawings, whose paper is known


def test_a_thin_stroke_has_full_ink():
    ink = torch.zeros(300, 300)
    ink[50:250, 149:152] = 1  # 3 of 200 pixels: a third of one once it is 20 high
    found = data.place(ink)[0, 0]
    assert found.max() == 1
    assert (found > 0.5).any(dim=1).sum() == 20


def test_an_empty_canvas_is_said():
    with pytest.raises(data.DataError, match="draw a digit"):
        data.place(torch.zeros(280, 280))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 5, 3)])
def test_a_picture_without_pixels_is_told(shape):
    with pytest.raises(data.DataError, match=r"the picture of \d×\d pixels is empty; choose one with a digit"):
        data.prepare(torch.zeros(shape))
