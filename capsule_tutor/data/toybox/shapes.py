"""What toys are made of: lofts, limbs, balls, boxes, discs and wheels, put together as one mesh.

A toy looks along x, y is up, z is to its right. Lengths are free: `mesh` centres a toy and scales it.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

Part = tuple[Tensor, Tensor]  # vertices (n, 3) float64, faces (m, 3)


class Mesh(NamedTuple):
    """vertices (n, 3) float64; faces (m, 3), anticlockwise from outside; normals (m, 3, 3) float32, one per corner."""

    vertices: Tensor
    faces: Tensor
    normals: Tensor


def mesh(parts: list[Part]) -> Mesh:
    """All parts as one, the middle of its extent at the origin and its furthest vertex at 1."""
    starts = torch.tensor([0, *(len(vertices) for vertices, _ in parts)]).cumsum(0).tolist()
    vertices = torch.cat([vertices for vertices, _ in parts])
    vertices = vertices - (vertices.amin(dim=0) + vertices.amax(dim=0)) / 2
    vertices = vertices / vertices.norm(dim=1).max()
    faces = torch.cat([faces + start for (_, faces), start in zip(parts, starts, strict=False)])
    return Mesh(vertices, faces, torch.cat([_normals(*part) for part in parts]).float())


def _normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """For each corner of a face, the mean of the faces around it that are turned from it by less than 50°. (m, 3, 3)"""
    one, two, three = vertices[faces].unbind(dim=1)
    normals = torch.linalg.cross(two - one, three - one, dim=1)  # as long as the face is large
    unit = normalize(normals, dim=1)
    smooth = unit @ unit.T > math.cos(math.radians(50))  # (m, m)
    around = torch.zeros(len(vertices), len(faces), dtype=torch.bool)  # which faces a vertex is a corner of
    around[faces.flatten(), torch.arange(len(faces)).repeat_interleave(3)] = True
    weights = around[faces] & smooth[:, None]  # (m, 3, m)
    return normalize(weights.double() @ normals, dim=2)


def loft(axis: str, rows: list, square: float = 2, bevel: float = 0, points: int = 16) -> Part:
    """A skin over rings along an axis, closed by a flat end on each side.

    A row is (where along the axis, centre u, centre v, half size u, half size v), where u and v are the next two of
    x, y, z, x, y. `square` is 2 for ellipses and more for rectangles with round corners; `bevel` takes this share of
    the smaller half size off the edges of both ends.
    """
    rows = [list(map(float, row)) for row in rows]
    if bevel:
        for end, beside in ((0, 1), (-1, -2)):
            at, u, v, a, b = rows[end]
            inwards = rows[beside][0] - at
            cut = min(bevel * min(a, b), 0.45 * abs(inwards))
            rows[end][0] += math.copysign(cut, inwards)
            rows.insert(0 if end == 0 else len(rows), [at, u, v, a - cut, b - cut])
    angle = (torch.arange(points, dtype=torch.float64) + 0.5) * (2 * math.pi / points)
    cos, sin = (part.sign() * part.abs() ** (2 / square) for part in (angle.cos(), angle.sin()))
    at, u, v, a, b = torch.tensor(rows, dtype=torch.float64)[:, :, None].unbind(dim=1)  # (r, 1) each
    rings = torch.stack([at.expand(-1, points), u + a * cos, v + b * sin], dim=2)
    return _skin(rings.roll("xyz".index(axis), dims=2))


def limb(points: list, radii: list) -> Part:
    """A tube through points, as thick there as the radii say, with round ends."""
    at, r = torch.tensor(points, dtype=torch.float64), torch.tensor(radii, dtype=torch.float64)[:, None]
    along = normalize(torch.cat([at[1:2] - at[:1], at[2:] - at[:-2], at[-1:] - at[-2:-1]]), dim=1)
    # Round ends: rings of 0.8 and 0.3 of the radius, 0.6 and 0.95 of it further out.
    out, share = torch.tensor([[0.95, 0.6], [0.31, 0.8]], dtype=torch.float64)[:, :, None]
    at = torch.cat([at[0] - out * r[0] * along[0], at, at[-1] + out.flip(0) * r[-1] * along[-1]])
    along = torch.cat([along[:1], along[:1], along, along[-1:], along[-1:]])
    r = torch.cat([share * r[0], r, share.flip(0) * r[-1]])
    aside = torch.tensor([0.0, 0.0, 1.0] if along[:, 2].abs().max() < 0.9 else [1.0, 0.0, 0.0], dtype=torch.float64)
    up = normalize(torch.linalg.cross(aside.expand_as(along), along, dim=1), dim=1)
    aside = torch.linalg.cross(along, up, dim=1)
    angle = torch.arange(10, dtype=torch.float64)[:, None] * (2 * math.pi / 10)
    return _skin(at[:, None] + r[:, None] * (angle.cos() * up[:, None] + angle.sin() * aside[:, None]))


def _skin(rings: Tensor) -> Part:
    """rings (r, k, 3) → a closed mesh, anticlockwise from outside."""
    r, k, _ = rings.shape
    vertices = torch.cat([rings.flatten(0, 1), rings[0].mean(dim=0)[None], rings[-1].mean(dim=0)[None]])
    ring, now = torch.arange(r - 1)[:, None] * k, torch.arange(k)
    after = (now + 1) % k
    a, b, c, d = ((ring + part).flatten() for part in (now, after, k + after, k + now))
    first, last = torch.full_like(now, r * k), torch.full_like(now, r * k + 1)
    triangles = ((a, b, c), (a, c, d), (first, after, now), (last, (r - 1) * k + now, (r - 1) * k + after))
    faces = torch.cat([torch.stack(corners, dim=1) for corners in triangles])
    one, two, three = vertices[faces].unbind(dim=1)
    outwards = (torch.linalg.cross(one, two, dim=1) * three).sum() > 0  # six times the volume
    return vertices, faces if outwards else faces.flip(1)


def ball(at: tuple, sizes: tuple, points: int = 12) -> Part:
    """An ellipsoid with these half sizes."""
    (x, y, z), (a, b, c) = at, sizes
    angles = [math.pi * (k + 0.5) / 7 for k in range(7)]
    return loft("y", [(y - b * math.cos(t), z, x, c * math.sin(t), a * math.sin(t)) for t in angles], points=points)


def box(at: tuple, half: tuple, bevel: float = 0.25, square: float = 7) -> Part:
    """A box with these half sizes, its edges rounded off."""
    (x, y, z), (a, b, c) = at, half
    return loft("x", [(x - a, y, z, b, c), (x + a, y, z, b, c)], square, bevel)


def disc(axis: str, at: tuple, radius: float, half: float) -> Part:
    """A short cylinder along an axis, its rim rounded off."""
    k = "xyz".index(axis)
    middle, u, v = at[k], at[(k + 1) % 3], at[(k + 2) % 3]
    rows = [(middle + side, u, v, radius, radius) for side in (-half, half)]
    return loft(axis, rows, bevel=0.15)


def wheels(places: tuple, z: float, radius: float, half: float) -> list[Part]:
    """A pair of wheels at each x, standing on the ground, with sunken hubs."""
    outline = [(0.45, 0.45), (1, 0.55), (1, 0.85), (0.55, 1)]
    outline += [(-depth, r) for depth, r in reversed(outline)]
    rows = [[(z + depth * half, x, radius, r * radius, r * radius) for depth, r in outline] for x in places]
    return both(*(loft("z", each, points=12) for each in rows))


def both(*parts: Part) -> list[Part]:
    """Each part, and its mirror image on the other side."""
    mirror = torch.tensor([1, 1, -1], dtype=torch.float64)
    return [*parts, *((vertices * mirror, faces.flip(1)) for vertices, faces in parts)]


def tilted(part: Part, x: float, y: float, angle: float) -> Part:
    """The part turned about the point (x, y), front upwards, in degrees."""
    a = math.radians(angle)
    turn = torch.tensor([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]], dtype=torch.float64)
    middle = torch.tensor([x, y], dtype=torch.float64)
    vertices, faces = part
    return torch.cat([(vertices[:, :2] - middle) @ turn + middle, vertices[:, 2:]], dim=1), faces


def towards(angle: float, length: float) -> tuple[float, float]:
    """The step (x, y) of this length, so many degrees above the horizon."""
    return length * math.cos(math.radians(angle)), length * math.sin(math.radians(angle))
