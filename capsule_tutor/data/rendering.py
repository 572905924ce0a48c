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

# Where a lamp is as seen from the toy (x, y, z), its strength, and the light that comes from everywhere.
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
    corners = torch.cat([mesh.vertices[mesh.faces].float(), mesh.normals], dim=2).unbind(dim=1)  # 3 of (m, 6)
    seen = sum(w[:, None] * part.index_select(0, hits.face) for w, part in zip(hits.weights, corners, strict=True))
    row, column = hits.place // (SIZE * FINE), hits.place % (SIZE * FINE)
    pixel = row // FINE * SIZE + column // FINE
    sums, count = torch.zeros(len(place) * SIZE**2, 6).index_add_(0, pixel, seen), torch.bincount(pixel)
    pixel = count.nonzero().flatten()
    count = count.index_select(0, pixel).float()
    point, normal = (sums.index_select(0, pixel) / count[:, None]).split(3, dim=1)  # (h, 3) each
    to_eye = _unit(place.float().index_select(0, pixel // SIZE**2) - point)
    toy = _toy_light(point, _unit(normal), to_eye, lights, heights, floor)  # (l, h)

    # Where the toy covers a part of a pixel, the rest is the ground.
    image = _ground_light(place.float(), basis.float(), lights, heights, floor).flatten()  # (l·v·SIZE²,)
    at = (torch.arange(len(lamps))[:, None] * len(place) * SIZE**2 + pixel).flatten()
    image.index_copy_(0, at, torch.lerp(image.index_select(0, at), toy.flatten(), (count / FINE**2).repeat(len(lamps))))
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
    # From corners on a grid of 1/64 every machine finds the same samples: all that follows is ordinary arithmetic.
    x, y = ((64 * part).round() / 64 for part in (x, y))
    x, y, z = (part.float().index_select(1, faces.flatten()).view(-1, 3) for part in (x, y, z))  # (v·m, 3)
    x01, x02, y01, y02, z01, z02 = (part[:, k] - part[:, 0] for part in (x, y, z) for k in (1, 2))
    area = x01 * y02 - x02 * y01
    shown = (area < 0).nonzero().flatten()  # y points down: a face that looks at us is clockwise in these numbers
    triangle, row, begin, end = _lines(x.index_select(0, shown), y.index_select(0, shown), side)
    triangle = shown.index_select(0, triangle)

    # Along a line z grows evenly. Of all samples in one place, the largest key has the largest z.
    by_x, by_y = (z01 * y02 - z02 * y01) / area, (z02 * x01 - z01 * x02) / area
    x0, y0, z0, by_x, by_y = (part.index_select(0, triangle) for part in (x[:, 0], y[:, 0], z[:, 0], by_x, by_y))
    right, down = begin + 0.5 - x0, row + 0.5 - y0
    z0 = z0 + right * by_x + down * by_y
    first = (triangle // len(faces) * side + row) * side + begin
    line, step = _spread(end - begin)
    place = first.index_select(0, line) + step
    z = z0.index_select(0, line) + step * by_x.index_select(0, line)
    key = (z * 2**24).long() << 36 | torch.arange(len(line))
    best = torch.zeros(len(x) // len(faces) * side**2, dtype=torch.int64).scatter_reduce_(0, place, key, "amax")

    place = best.nonzero().flatten()
    sample = best.index_select(0, place) & (2**36 - 1)
    line, step, z = (part.index_select(0, sample) for part in (line, step, z))
    right, down, face = (part.index_select(0, line) for part in (right, down, triangle))
    right = right + step
    x01, x02, y01, y02, area = (part.index_select(0, face) for part in (x01, x02, y01, y02, area))
    one, two = (right * y02 - down * x02) / area, (down * x01 - right * y01) / area
    return Hits(place, face % len(faces), (1 - one - two, one, two), z)


def _lines(x: Tensor, y: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The rows of samples that triangles (m, 3) meet: each one's triangle, its row, its first column and that after it.

    The middle corner cuts a triangle into an upper and a lower part. Through both goes the long side, from the highest
    corner to the lowest; across from it is one short side. Sides are measured from above, so that two triangles find
    the same numbers for a side that they share: no gap is left between them, and no sample belongs to both.
    """
    order = y.argsort(dim=1)
    (x0, x1, x2), (y0, y1, y2) = (part.gather(1, order).unbind(dim=1) for part in (x, y))
    top, bottom = torch.cat([y0, y1]), torch.cat([y1, y2])
    top, bottom = (part.sub(0.5).ceil().clamp(0, side).int() for part in (top, bottom))
    part, step = _spread((bottom - top).clamp(min=0))
    row = top.index_select(0, part) + step
    triangle = part % len(x)
    level = row + 0.5
    long = _cut(x0, y0, x2, y2, triangle, level)
    short = _cut(torch.cat([x0, x1]), torch.cat([y0, y1]), torch.cat([x1, x2]), torch.cat([y1, y2]), part, level)
    begin, end = (cut.sub(0.5).ceil().clamp(0, side).int() for cut in (long.minimum(short), long.maximum(short)))
    return triangle, row, begin, end


def _cut(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor, chosen: Tensor, level: Tensor) -> Tensor:
    """Where the chosen ones of the sides from (x0, y0) down to (x1, y1) are at this height."""
    slope = (x1 - x0) / (y1 - y0).clamp(min=1 / 64)
    x0, y0, slope = (part.index_select(0, chosen) for part in (x0, y0, slope))
    return x0 + (level - y0) * slope


def _spread(counts: Tensor) -> tuple[Tensor, Tensor]:
    """counts (n,) int32 → for each of counts.sum() things: who owns it, and its number with that owner."""
    owner = torch.repeat_interleave(counts)
    first = counts.cumsum(0, dtype=torch.int32) - counts
    return owner, torch.arange(len(owner), dtype=torch.int32) - first.index_select(0, owner)


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
