"""Meshes to stereo pictures: a turntable, two cameras, one lamp at a time; a z-buffer in torch alone.

The room's axes: x towards the cameras, y up, z to the side that the cameras see on their left. The toy's centre is at
the origin, and no part of it is further than 1 from there.
"""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from capsule_tutor.data.toybox.shapes import Mesh

SIZE = 96  # pixels of a picture
FINE = 2  # samples of a pixel, along each axis
DISTANCE, FOCUS = 5.0, 205.0  # of the cameras: from the toy's centre; in pixels
EYES = (2.5, -2.5)  # degrees around the turntable: the left eye, the right eye
MAP, REACH = 160, 2.4  # a shadow's map: samples along each axis, and half its side in the room

# Where a lamp stands as seen from the toy (x, y, z), its strength, and the light that comes from everywhere.
LAMPS = (
    ((0.50, 0.75, 0.45), 0.62, 0.34),
    ((0.35, 0.70, -0.65), 0.66, 0.27),
    ((0.15, 1.00, 0.05), 0.50, 0.42),
    ((-0.55, 0.75, 0.35), 0.60, 0.30),
    ((0.75, 0.60, 0.10), 0.44, 0.28),
    ((-0.30, 0.80, -0.60), 0.70, 0.34),
)
TOY, GROUND = 0.72, 0.95  # the share of the light that each sends back


def turned(mesh: Mesh, azimuth: float) -> Mesh:
    """The mesh after a turn of the table, in degrees, anticlockwise from above."""
    a = math.radians(azimuth)
    turn = torch.tensor([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]], dtype=torch.float64)
    return Mesh(mesh.vertices @ turn, mesh.faces, mesh.normals @ turn.float())


def render(mesh: Mesh, elevations: tuple[float, ...], lamps: tuple[int, ...]) -> Tensor:
    """A mesh on its ground, seen from several heights in several lightings. → (elevations, lamps, 2, 96, 96) uint8"""
    place, basis = zip(*(_camera(elevation, eye) for elevation in elevations for eye in EYES), strict=True)
    place, basis = torch.stack(place), torch.stack(basis)  # (v, 3), (v, 3, 3)
    lights = Lights(*(torch.tensor(part) for part in zip(*(LAMPS[lamp] for lamp in lamps), strict=True)))
    floor = mesh.vertices[:, 1].min().item()
    heights = _heights(mesh, lights, floor)

    right, down, away = ((mesh.vertices - place[:, None]) @ basis).unbind(dim=2)  # (v, n) each
    x, y = (FINE * (FOCUS * part / away + SIZE / 2) for part in (right, down))
    hits = _rasterise(x, y, DISTANCE / away, mesh.faces, SIZE * FINE)
    # The mean point and normal of a pixel's samples, so that edges are smooth.
    corners = torch.cat([mesh.vertices[mesh.faces].float(), mesh.normals], dim=2)  # (m, 3, 6)
    corners = corners.flatten(1).index_select(0, hits.face)  # (s, 18)
    means = torch.ones(len(corners), 7)
    means[:, :6] = sum(weight[:, None] * corners[:, 6 * k : 6 * k + 6] for k, weight in enumerate(hits.weights))
    row, column = hits.place // (SIZE * FINE), hits.place % (SIZE * FINE)
    means = torch.zeros(len(place) * SIZE**2, 7).index_add_(0, row // FINE * SIZE + column // FINE, means)
    pixel = means[:, 6].nonzero().flatten()
    means = means.index_select(0, pixel)
    point, normal, _ = (means / means[:, 6:]).split((3, 3, 1), dim=1)
    cover = means[:, 6] / FINE**2
    to_eye = _unit(place.float().index_select(0, pixel // SIZE**2) - point)
    toy = _toy_light(point, _unit(normal), to_eye, lights, heights, floor)  # (l, h)

    # Where the toy covers a part of a pixel, the rest is the ground.
    image = _ground_light(place.float(), basis.float(), lights, heights, floor).flatten()  # (l·v·SIZE²,)
    at = (torch.arange(len(lamps))[:, None] * len(place) * SIZE**2 + pixel).flatten()
    image.index_copy_(0, at, torch.lerp(image.index_select(0, at), toy.flatten(), cover.repeat(len(lamps))))
    pixels = image.clamp_(0, 1).mul_(255).round_().to(torch.uint8)
    return pixels.view(len(lamps), len(elevations), 2, SIZE, SIZE).transpose(0, 1)


@cache
def _camera(elevation: float, eye: float) -> tuple[Tensor, Tensor]:
    """Where a camera is (3,), and its basis (3, 3), whose columns are right, down, away."""
    e, a = math.radians(elevation), math.radians(eye)
    away = torch.tensor([-math.cos(e) * math.cos(a), -math.sin(e), -math.cos(e) * math.sin(a)], dtype=torch.float64)
    right = torch.tensor([math.sin(a), 0.0, -math.cos(a)], dtype=torch.float64)
    return -DISTANCE * away, torch.stack([right, torch.linalg.cross(away, right), away], dim=1)


# --- geometry: which samples a mesh covers ------------------------------------------------------------------


class Hits(NamedTuple):
    """The samples that see the mesh: their places (s,) among v·side², the faces, the weights of their corners, z."""

    place: Tensor
    face: Tensor
    weights: tuple[Tensor, Tensor, Tensor]
    z: Tensor


def _rasterise(x: Tensor, y: Tensor, z: Tensor, faces: Tensor, side: int) -> Hits:
    """The z-buffer: in each place of v pictures of side² samples, the face whose z is largest. Vertices (v, n)."""
    views = len(x)
    # From corners on a grid of 1/64 every machine finds the same samples: all that follows is ordinary arithmetic.
    x, y = ((64 * part).round() / 64 for part in (x, y))
    corners = faces.flatten()
    x, y, z = (part.float().index_select(1, corners).view(-1, 3) for part in (x, y, z))  # (v·m, 3)
    x01, x02, y01, y02 = (part[:, k] - part[:, 0] for part in (x, y) for k in (1, 2))
    area = x01 * y02 - x02 * y01
    top, bottom = (part.sub(0.5).ceil().clamp(0, side).long() for part in (y.amin(dim=1), y.amax(dim=1)))
    # y points down: a face that looks at us is seen clockwise by these numbers.
    shown = ((area < 0) & (bottom > top)).nonzero().flatten()
    x, y, z, top, bottom = (part.index_select(0, shown) for part in (x, y, z, top, bottom))

    owner, row, begin, end = _lines(x, y, top, bottom, side)
    # Along a line z grows evenly. Of all samples in one place, the largest key has the largest z.
    x01, x02, y01, y02, z01, z02 = (part[:, k] - part[:, 0] for part in (x, y, z) for k in (1, 2))
    area = x01 * y02 - x02 * y01
    by_x, by_y = (z01 * y02 - z02 * y01) / area, (z02 * x01 - z01 * x02) / area
    by_x, by_y, x, y, z = (part.index_select(0, owner) for part in (by_x, by_y, x[:, 0], y[:, 0], z[:, 0]))
    right, down = begin + 0.5 - x, row + 0.5 - y
    z = z + right * by_x + down * by_y
    view = shown.index_select(0, owner) // len(faces)
    place = (view * side + row) * side + begin
    line, step = _spread((end - begin).clamp(min=0))
    place = place.index_select(0, line) + step
    z = z.index_select(0, line) + step * by_x.index_select(0, line)
    key = (z * 2**24).long() << 36 | torch.arange(len(line))
    best = torch.zeros(views * side**2, dtype=torch.int64).scatter_reduce_(0, place, key, "amax")
    place = best.nonzero().flatten()
    sample = best.index_select(0, place) & (2**36 - 1)
    line, step = line.index_select(0, sample), step.index_select(0, sample)
    right, down, face = right.index_select(0, line) + step, down.index_select(0, line), owner.index_select(0, line)
    x01, x02, y01, y02, area, face = (part.index_select(0, face) for part in (x01, x02, y01, y02, area, shown))
    one, two = (right * y02 - down * x02) / area, (down * x01 - right * y01) / area
    return Hits(place, face % len(faces), (1 - one - two, one, two), z.index_select(0, sample))


def _lines(x: Tensor, y: Tensor, top: Tensor, bottom: Tensor, side: int) -> tuple[Tensor, ...]:
    """For each row of samples from `top` to `bottom` in triangles (m, 3): whose it is, the row, its begin, its end."""
    owner, step = _spread(bottom - top)
    row = top.index_select(0, owner) + step
    # A side that two faces share is measured from the same end, so that no gap is left.
    after = [1, 2, 0]
    falling = y <= y[:, after]
    x0, y0 = torch.where(falling, x, x[:, after]), torch.where(falling, y, y[:, after])
    x1, y1 = torch.where(falling, x[:, after], x), torch.where(falling, y[:, after], y)
    slope = (x1 - x0) / (y1 - y0).clamp(min=1 / 64)
    x0, y0, y1, slope = (part.index_select(0, owner) for part in (x0, y0, y1, slope))
    level = row[:, None] + 0.5
    met = (y0 <= level) & (level < y1)  # two of the three sides
    cut = x0 + (level - y0) * slope
    begin, end = torch.where(met, cut, torch.inf).amin(dim=1), torch.where(met, cut, -torch.inf).amax(dim=1)
    begin, end = (part.sub(0.5).ceil().clamp(0, side).long() for part in (begin, end))
    return owner, row, begin, end


def _spread(counts: Tensor) -> tuple[Tensor, Tensor]:
    """counts (n,) → for each of counts.sum() things: who owns it, and its number with that owner."""
    owner = torch.repeat_interleave(counts)
    return owner, torch.arange(len(owner)) - (counts.cumsum(0) - counts).index_select(0, owner)


# --- light --------------------------------------------------------------------------------------------------


class Lights(NamedTuple):
    """Where each lamp is (l, 3), how strong it is (l,), and the light from everywhere (l,)."""

    place: Tensor
    strength: Tensor
    ambient: Tensor


def _unit(vectors: Tensor) -> Tensor:
    return vectors / ((vectors * vectors).sum(dim=-1, keepdim=True) + 1e-12).sqrt()


def _heights(mesh: Mesh, lights: Lights, floor: float) -> Tensor:
    """As each lamp sees the ground: how high above it is the toy that hides each place, or 0. (l, MAP, MAP)"""
    height = mesh.vertices[:, 1] - floor
    slope = lights.place / lights.place[:, 1:2]
    x, z = (_map_place(mesh.vertices[:, k], height, slope[:, k, None]) for k in (0, 2))  # (l, n) each
    hits = _rasterise(x, z, height.expand_as(x) + 1e-3, mesh.faces, MAP)
    return torch.zeros(len(x) * MAP**2).index_copy_(0, hits.place, hits.z).view(-1, MAP, MAP)


def _map_place(at: Tensor, height: Tensor, slope: Tensor) -> Tensor:
    """Where the shadow of a point falls, in samples of the map."""
    return ((at - height * slope) / REACH + 1) * (MAP / 2)


def _toy_light(point: Tensor, normal: Tensor, to_eye: Tensor, lights: Lights, heights: Tensor, floor: float) -> Tensor:
    """What comes from points (h, 3) of the toy. → (l, h)"""
    lamp = _unit(lights.place)
    facing, eye_facing = lamp @ normal.T, (normal * to_eye).sum(dim=1)
    # Blinn 1977: how nearly the normal halves the way between lamp and eye.
    shine = ((facing + eye_facing) / (2 + 2 * lamp @ to_eye.T).sqrt()).clamp(min=0)
    shine = (((shine**2) ** 2) ** 2) ** 3
    point = point + 0.04 * normal  # a surface does not shade itself
    height = point[:, 1] - floor
    slope = lights.place / lights.place[:, 1:2]
    x, z = (_map_place(point[:, k], height, slope[:, k, None]).sub(0.5).clamp(0, MAP - 1.001) for k in (0, 2))
    column, row = x.long(), z.long()
    x, z = x - column, z - row
    at = ((torch.arange(len(lamp))[:, None] * MAP + row) * MAP + column).flatten()
    free = [
        (heights.flatten().index_select(0, at + beside).view_as(x) <= height + 0.01).float()
        for beside in (0, 1, MAP, MAP + 1)
    ]
    lit = torch.lerp(torch.lerp(free[0], free[1], x), torch.lerp(free[2], free[3], x), z)
    # Less of the sky is seen from below, and near the ground.
    sky = (0.75 + 0.25 * normal[:, 1]) * (1 - 0.4 / (1 + 6 * height.clamp(min=0)) ** 2)
    strength, ambient = lights.strength[:, None], lights.ambient[:, None]
    return TOY * ambient * sky + strength * lit * (TOY * facing.clamp(min=0) + 0.18 * shine)


def _ground_light(place: Tensor, basis: Tensor, lights: Lights, heights: Tensor, floor: float) -> Tensor:
    """What comes from the ground to each camera, the toy's shadow on it. → (l, v, SIZE, SIZE)"""
    step = (torch.arange(SIZE) + 0.5 - SIZE / 2) / FOCUS
    right, down, away = basis[..., None, None].unbind(dim=2)  # (v, 3, 1, 1) each
    ray = away + right * step + down * step[:, None]  # (v, 3, SIZE, SIZE)
    place = place[..., None, None]
    hit = place + (floor - place[:, 1:2]) / ray[:, 1:2].clamp(max=-1e-3) * ray  # above the horizon: very far
    grid = torch.stack([hit[:, 0], hit[:, 2]], dim=3) / REACH  # (v, SIZE, SIZE, 2)
    shadow = (heights > 0).float()
    for side in ((2, 2), (0, 0, 2, 2)) * 2:  # twice the mean of 5×5
        wide = pad(shadow, side)
        shadow = sum(wide.narrow(3 - len(side) // 2, k, MAP) for k in range(5)) / 5
    up = GROUND * lights.strength * lights.place[:, 1] / lights.place.norm(dim=1)  # (l,)
    shadow = shadow * up[:, None, None]
    shadow = grid_sample(shadow.expand(len(grid), -1, -1, -1), grid, align_corners=False).transpose(0, 1)
    return (GROUND * lights.ambient + up)[:, None, None, None] - shadow
