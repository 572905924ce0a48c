"""The toys: what a picture shows, that every view is there once, and that what is rendered is kept whole or not."""

import json
import math
import os
import subprocess
import sys
from importlib import import_module
from itertools import product

import numpy as np
import platformdirs
import pytest
import torch

from capsule_tutor import data
from capsule_tutor.data import rendering
from capsule_tutor.data.rendering import render, turned
from capsule_tutor.data.toybox import NAMES, shapes, toy_mesh
from capsule_tutor.data.views import INSTANCES, halve

module = import_module("capsule_tutor.data.toys")  # `data.toys` is the function
ALL_TOYS = [pytest.param(label, k, id=NAMES[label][k]) for label in range(5) for k in range(10)]
LAMPS = tuple(range(6))


def picture(parts, azimuth=0.0, elevation=30.0, lamps=(0,)):
    """(lamps, 2, 96, 96) in float."""
    return render(turned(shapes.mesh(parts), azimuth), (elevation,), lamps)[0].float()


def silhouette(monkeypatch, mesh, azimuth=0.0, elevation=30.0, lamps=(0,)):
    """Where the toy is, (lamps, 2, 96, 96): its ground is made black."""
    monkeypatch.setattr(rendering, "GROUND", 0.0)
    return render(turned(mesh, azimuth), (elevation,), lamps)[0] > 0


def middle(mask):
    """Mean row and column of a mask (96, 96)."""
    return [places.float().mean().item() for places in mask.nonzero(as_tuple=True)]


# ---------------------------------------------------------------- one picture


def test_a_toy_is_two_pictures_of_whole_grey_levels():
    large, small = data.toy(2, 3, 40, 35, 1), data.toy(2, 3, 40, 35, 1, size=48)
    assert large.shape == (2, 96, 96)
    assert small.shape == (2, 48, 48)
    assert large.dtype == small.dtype == torch.float32
    assert 0 <= large.min() < large.max() <= 1
    levels = (large * 255).round().byte()
    assert torch.equal(levels.float() / 255, large)
    assert torch.equal(halve(levels).float() / 255, small)


def test_a_full_turn_changes_nothing_and_a_small_one_something():
    for label in range(5):
        one = data.toy(label, 4, 75)
        assert (one - data.toy(label, 4, 75 + 360)).abs().max() <= 1 / 255
        assert (one - data.toy(label, 4, 75 - 720)).abs().max() <= 1 / 255
        assert (one - data.toy(label, 4, 85)).abs().mean() > 1 / 255


def test_at_0_a_toy_looks_at_us_and_the_table_turns_anticlockwise(monkeypatch):
    body = shapes.box((0, 0, 0), (1, 0.05, 0.1))
    head = shapes.ball((1, 0, 0), (0.3, 0.3, 0.3))
    where = {}
    for azimuth in (0, 90, 180, 270):
        with monkeypatch.context() as patch:
            where[azimuth] = middle(silhouette(patch, shapes.mesh([body, head]), azimuth)[0, 0])
    assert where[0][0] > 50 > 46 > where[180][0]  # near us is lower in the picture
    assert where[90][1] > 50 > 46 > where[270][1]  # after a quarter of a turn it looks to the right


def test_what_is_near_is_further_right_for_the_left_eye(monkeypatch):
    near, far = (shapes.ball((x, 0, 0), (0.2, 0.2, 0.2)) for x in (1, -1))
    left, right = silhouette(monkeypatch, shapes.mesh([near, far]))[0]
    assert middle(left[52:])[1] - middle(right[52:])[1] > 2
    assert middle(left[:44])[1] - middle(right[:44])[1] < -2


def test_a_higher_camera_sees_a_lower_figure(monkeypatch):
    tall = []
    for elevation in (30, 50, 70):
        with monkeypatch.context() as patch:
            rows = silhouette(patch, toy_mesh(1, 0), 0, elevation)[0, 0].any(dim=1)
        tall.append(rows.sum().item())
    assert tall[0] > tall[1] + 5 > tall[2] + 10


@pytest.mark.parametrize("label", range(5))
def test_light_changes_the_shading_but_not_the_outline(monkeypatch, label):
    mesh = toy_mesh(label, 7)
    lit = render(turned(mesh, 50), (40.0,), LAMPS)[0]
    outline = silhouette(monkeypatch, mesh, 50, 40.0, LAMPS)
    assert (outline == outline[:1]).all()
    seen = lit[:, outline[0]].float()
    for one, other in product(range(6), range(6)):
        if one < other:
            shading = seen[one] - seen[one].mean() - (seen[other] - seen[other].mean())
            assert shading.abs().mean() > 3  # not brighter or darker as a whole, but another shading


def test_the_shadow_falls_away_from_the_lamp():
    ball = [shapes.ball((0, 0, 0), (1, 1, 1)), shapes.box((0, -2, 0), (0.1, 1.2, 0.1))]  # on a stalk
    for lamp, (at, _, _) in enumerate(rendering.LAMPS):
        image = picture(ball, 0, 50, lamps=(lamp,))[0, 0]
        left, right = image[40:90, :30].min(), image[40:90, 66:].min()
        if abs(at[2]) > 0.3:
            assert (left < right - 10) == (at[2] < 0), lamp  # z is to our left


def test_half_a_sphere_is_brighter_towards_the_lamp():
    ball = [shapes.ball((0, 0, 0), (1, 1, 1), points=24)]
    for lamp, (at, _, _) in enumerate(rendering.LAMPS):
        image = picture(ball, 0, 40, lamps=(lamp,))[0, 0]
        left, right = image[35:60, 20:40].mean(), image[35:60, 56:76].mean()
        if abs(at[2]) > 0.3:
            assert (left > right + 10) == (at[2] > 0), lamp


# ---------------------------------------------------------------- no pin-holes


@pytest.mark.parametrize("parts", [
    [shapes.ball((0, 0, 0), (1, 0.4, 0.6))],
    [shapes.box((0, 0, 0), (1, 0.3, 0.5), bevel=0.01, square=40)],
    [shapes.limb([(0, 0, 0), (1, 0.2, 0.3)], [0.2, 0.1])],
    [shapes.disc("z", (0, 0, 0), 1, 0.1)],
], ids=["ball", "box", "limb", "disc"])  # fmt: skip
def test_a_convex_body_has_no_hole_and_no_crack(monkeypatch, parts):
    for azimuth in torch.linspace(0, 360, 13)[:-1] + 3.21:
        for mask in silhouette(monkeypatch, shapes.mesh(parts), azimuth.item(), 30 + azimuth.item() / 9)[0]:
            for row in [*mask, *mask.T]:
                places = row.nonzero()
                if len(places):
                    assert places[-1] - places[0] + 1 == len(places)


def test_a_body_covers_as_many_pixels_as_geometry_says(monkeypatch):
    ball = shapes.mesh([shapes.ball((0, 0, 0), (1, 1, 1), points=40)])
    radius = rendering.FOCUS * math.tan(math.asin(1 / rendering.DISTANCE))
    area = silhouette(monkeypatch, ball)[0, 0].sum().item()
    # A ball of 40 by 7 flat faces is a little smaller; pixels that are covered in part are counted.
    assert 0.93 < area / (math.pi * radius**2) < 1.03


@pytest.mark.parametrize(("label", "instance"), ALL_TOYS)
def test_every_mesh_is_closed_and_stands_in_the_picture(monkeypatch, label, instance):
    vertices, faces, normals = toy_mesh(label, instance)
    assert vertices.norm(dim=1).max() == pytest.approx(1)
    assert torch.isfinite(normals).all()
    assert (normals.norm(dim=2) - 1).abs().max() < 1e-5
    # Each edge is passed once in either direction: a closed surface, turned outwards everywhere.
    edges = {tuple(edge) for k in range(3) for edge in faces[:, [k, (k + 1) % 3]].tolist()}
    assert len(edges) == 3 * len(faces)
    assert {edge[::-1] for edge in edges} == edges
    mask = silhouette(monkeypatch, toy_mesh(label, instance), 70)[0]
    assert not mask[:, [0, -1]].any()
    assert not mask[:, :, [0, -1]].any()
    assert 300 < mask[0].sum() < 5000


def test_every_toy_has_a_name_of_its_own():
    assert [len(table) for table in NAMES] == [10] * 5
    assert len({name for table in NAMES for name in table}) == 50
    assert data.toy_name(0, 5) == NAMES[0][5] == "giraffe"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": 5, "instance": 0}, "label goes from 0 to 4"),
        ({"label": 0, "instance": 10}, "instance from 0 to 9"),
        ({"label": 0, "instance": 0, "light": 6}, "choose 0 to 5"),
        ({"label": 0, "instance": 0, "elevation": 90}, "between 0 and 90"),
        ({"label": 0, "instance": 0, "azimuth": math.nan}, "azimuth is nan"),
        ({"label": 0, "instance": 0, "size": 28}, "48 or 96"),
    ],
)
def test_toys_that_do_not_exist(options, says):
    with pytest.raises(ValueError, match=says):
        data.toy(**options)


# ---------------------------------------------------------------- the same everywhere


def test_pictures_are_those_of_this_version():
    """If this fails on purpose, raise `VERSION` in toys.py, and take over the numbers that it prints."""
    version, expected = 1, [
        [194, 186, 194, 194, 180, 146, 145, 180, 189, 143, 86, 132, 194, 193, 177, 183],
        [175, 161, 172, 175, 175, 108, 138, 174, 101, 104, 148, 175, 150, 136, 167, 175],
        [221, 221, 221, 221, 221, 197, 207, 215, 217, 176, 172, 221, 219, 220, 221, 221],
        [182, 181, 182, 182, 176, 96, 152, 182, 179, 89, 70, 143, 182, 178, 115, 114],
        [134, 134, 134, 134, 128, 109, 124, 134, 131, 114, 109, 122, 134, 134, 124, 133],
    ]  # fmt: skip
    blocks = [(255 * data.toy(k, k, 40, 35, k, 48)[0]).view(4, 12, 4, 12).mean(dim=(1, 3)) for k in range(5)]
    found = torch.stack(blocks).flatten(1).round().int()
    print(found.tolist())
    assert version == module.VERSION
    assert (found - torch.tensor(expected)).abs().max() <= 1


def test_another_processor_sees_the_same():
    code = (
        "import json, torch; from capsule_tutor import data\n"
        "print(json.dumps([(data.toy(c, c, 20 * c, 35, c) * 255).int().tolist() for c in range(5)]))"
    )
    here = [(data.toy(c, c, 20 * c, 35, c) * 255).int() for c in range(5)]
    environment = {**os.environ, "ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1"}
    there = json.loads(
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
    )
    for one, other in zip(here, there, strict=True):
        assert (one - torch.tensor(other)).abs().max() <= 1


# ---------------------------------------------------------------- all views


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Toys that are grey all over, by their number, in a folder of their own. `quick.rendered` lists them."""

    def grey(instance, label, size):
        grey.rendered.append((instance, label))
        if len(grey.rendered) == grey.interrupt:
            raise KeyboardInterrupt
        pixels = torch.full((972, 2, size, size), 10 * instance + label, dtype=torch.uint8)
        pixels[:, 1, 0, 0] = torch.arange(972) % 256
        return pixels

    grey.rendered, grey.interrupt, grey.folder = [], None, tmp_path / "data"
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(grey.folder))
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda _: tmp_path / "cache")
    monkeypatch.setattr(module, "_rendered", grey)
    return grey


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


SIZES = {"train": 14_580, "validation": 9_720, "train+validation": 24_300, "test": 24_300}


@pytest.mark.parametrize("split", SIZES)
def test_every_view_is_there_once(quick, split):
    views = data.toys(split, dtype=torch.uint8)
    assert views.images.shape == (SIZES[split], 2, 48, 48)
    rows = torch.cat([views.labels[:, None], views.info], dim=1).tolist()
    expected = product(range(5), INSTANCES[split], range(9), range(0, 36, 2), range(6))
    assert sorted(rows) == sorted(map(list, expected))
    # Pictures, labels and info belong together.
    assert torch.equal(views.images[:, 0, 5, 5].long(), 10 * views.info[:, 0] + views.labels)
    number = (views.info[:, 2] // 2 * 9 + views.info[:, 1]) * 6 + views.info[:, 3]
    assert torch.equal(views.images[:, 1, 0, 0].long(), number % 256)
    assert views.labels[:10].tolist() == [0, 1, 2, 3, 4] * 2


def test_a_batch_for_training_is_float_whatever_is_kept(quick):
    chosen = torch.tensor([7, 3])
    batches = [data.toys("train", dtype=dtype).to("cpu").batch(chosen, None) for dtype in (torch.uint8, torch.float32)]
    assert batches[0].images.dtype == torch.float32
    assert torch.equal(batches[0].images, batches[1].images)
    assert batches[0].labels.tolist() == [2, 3]
    assert data.SETS["toys"] is data.toys


def test_no_toy_is_in_two_splits(quick):
    held = {
        split: {
            (label, k) for label, k in zip(*(part.tolist() for part in (views.labels, views.info[:, 0])), strict=True)
        }
        for split in ("train", "validation", "test")
        for views in [data.toys(split, "familiar elevations", dtype=torch.uint8)]
    }
    assert sorted(map(len, held.values())) == [10, 15, 25]
    assert len(set.union(*held.values())) == 50


@pytest.mark.parametrize(
    ("viewpoints", "count", "degrees"),
    [
        ("familiar azimuths", 14_580 // 3, {300, 320, 340, 0, 20, 40}),
        ("novel azimuths", 14_580 * 2 // 3, set(range(60, 300, 20))),
        ("familiar elevations", 14_580 // 3, {30, 35, 40}),
        ("novel elevations", 14_580 * 2 // 3, {45, 50, 55, 60, 65, 70}),
    ],
)
def test_viewpoints(quick, viewpoints, count, degrees):
    views = data.toys("train", viewpoints)
    assert views.images.shape == (count, 2, 48, 48)
    assert views.images.dtype == torch.float32
    assert views.images.max() <= 1
    assert set((views.azimuth if "azimuths" in viewpoints else views.elevation).tolist()) == degrees


@pytest.mark.parametrize(
    ("options", "choices"),
    [({"split": "all"}, "'validation'"), ({"viewpoints": "novel"}, "'novel azimuths'"), ({"size": 28}, "48")],
)
def test_unknown_options_list_the_choices(quick, options, choices):
    with pytest.raises(ValueError, match=choices):
        data.toys(**options)
    assert quick.rendered == []


def test_a_view_of_the_set_is_the_toy_seen_from_there(monkeypatch):
    monkeypatch.setattr(module, "AZIMUTHS", (20, 200))
    pixels = module._rendered(5, 3, 48).view(2, 9, 6, 2, 48, 48)
    for a, e, light in ((0, 0, 0), (1, 8, 5), (0, 4, 2)):
        seen = (data.toy(3, 5, (20, 200)[a], 30 + 5 * e, light, 48) * 255).round()
        assert (seen - pixels[a, e, light]).abs().max() <= 1


# ---------------------------------------------------------------- kept toys


def test_a_second_call_renders_nothing_and_changes_nothing(quick, capsys):
    first = data.toys("validation")
    assert len(quick.rendered) == 10
    assert "10 of 10 toys" in capsys.readouterr().err
    again = data.toys("validation")
    assert len(quick.rendered) == 10
    assert capsys.readouterr().err == ""
    assert torch.equal(first.images, again.images)
    again.images.zero_()
    assert torch.equal(first.images, data.toys("validation").images)
    data.toys("train+validation", dtype=torch.uint8)
    assert len(quick.rendered) == 25  # those of the validation split are not rendered again
    assert len(files(quick.folder)) == 25


def test_each_toy_is_reported(quick):
    heard = []
    data.toys("validation", tick=lambda *row: heard.append(row))
    assert heard == [(k, 10) for k in range(1, 11)]


def test_after_an_interruption_the_rest_is_rendered(quick):
    quick.interrupt = 4
    with pytest.raises(KeyboardInterrupt):
        data.toys("validation")
    assert len(files(quick.folder)) == 3
    data.toys("validation")
    assert len(quick.rendered) == 4 + 7
    assert not [name for name in files(quick.folder) if name.startswith(".")]


def test_an_interruption_while_writing_leaves_nothing(quick, monkeypatch):
    def broken(file, **_):
        file.write(b"half a file")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", broken)
        with pytest.raises(KeyboardInterrupt):
            data.toys("validation")
    assert files(quick.folder) == []


def test_a_damaged_file_is_rendered_again(quick):
    whole = data.toys("validation", "familiar elevations", dtype=torch.uint8).images
    path = next(quick.folder.rglob("car-9.npz"))
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    for count, damaged in enumerate((flipped, content[:-100], b"", b"text", (96, 96), "images"), start=11):
        if isinstance(damaged, bytes):
            path.write_bytes(damaged)
        elif isinstance(damaged, tuple):
            np.savez(path, pixels=np.zeros((972, 2, *damaged), np.uint8))
        else:
            np.savez(path, **{damaged: np.zeros((972, 2, 48, 48), np.uint8)})
        assert torch.equal(data.toys("validation", "familiar elevations", dtype=torch.uint8).images, whole)
        assert len(quick.rendered) == count
        assert quick.rendered[-1] == (9, 4)
    data.toys("validation", "familiar elevations")
    assert len(quick.rendered) == count


def test_toys_of_another_version_or_size_are_not_read(quick, monkeypatch):
    data.toys("validation")
    data.toys("validation", size=96, dtype=torch.uint8)
    assert len(quick.rendered) == 20
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    data.toys("validation")
    assert len(quick.rendered) == 30


def test_where_the_data_folder_cannot_be_written_the_cache_folder_serves(quick, tmp_path):
    quick.folder.write_text("a file, not a folder")
    data.toys("validation")
    assert len(files(tmp_path / "cache")) == 10
    data.toys("validation")
    assert len(quick.rendered) == 10


def test_where_nothing_can_be_written_toys_are_rendered(quick, tmp_path):
    quick.folder.write_text("a file, not a folder")
    (tmp_path / "cache").write_text("nor this")
    for count in (10, 20):
        assert len(data.toys("validation").labels) == 9720
        assert len(quick.rendered) == count
