"""Augmentation: what training does to a batch of images before it shows them, all at once and on their device.

Every function takes images (b, c, h, w) with pixels in [0, 1] and a generator on their device, and returns new images
of the same shape. AUGMENTATIONS names those that a recipe may ask for.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn


def shift(images: Tensor, generator: torch.Generator, pixels: int = 2, enters: str = "constant") -> Tensor:
    """Move every image by its own −pixels … pixels, along both axes. (b, c, h, w)

    What enters is black, or, with `enters` "replicate", the border again.
    """
    b, _, h, w = images.shape
    padded = nn.functional.pad(images, (pixels,) * 4, enters)
    offset = torch.randint(0, 2 * pixels + 1, (2, b, 1), generator=generator, device=images.device)
    rows = offset[0] + torch.arange(h, device=images.device)  # (b, h)
    columns = offset[1] + torch.arange(w, device=images.device)  # (b, w)
    image = torch.arange(b, device=images.device)[:, None, None]
    # Indexing with (b, h, w) in places 0, 2, 3 puts the channels last.
    return padded[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def affine(images: Tensor, generator: torch.Generator) -> Tensor:
    """Turn each image by up to 10°, stretch both axes by up to 10 %, shear by 0.1, move by 2 pixels. (b, c, h, w)"""
    b, _, h, w = images.shape
    u = 2 * torch.rand(6, b, generator=generator, device=images.device) - 1  # (6, b) in (−1, 1)
    turn, shear = math.radians(10) * u[0], 0.1 * u[1]
    wide, high = 1 + 0.1 * u[2], 1 + 0.1 * u[3]
    cos, sin = turn.cos(), turn.sin()
    # Where an output pixel comes from: turned, sheared, stretched; a move of 2 pixels is 4/w of half the image.
    rows = [cos * wide, (shear * cos - sin) * high, 4 / w * u[4], sin * wide, (shear * sin + cos) * high, 4 / h * u[5]]
    return _affine(images, torch.stack(rows, dim=1))


def lit(images: Tensor, generator: torch.Generator) -> Tensor:
    """Other light on the same toys: contrast × 0.7 … 1.3 about the mean, brightness ± 0.15, moved by ± 2 pixels.

    What enters repeats the border. Both eyes of a stereo pair change alike. (b, c, h, w)
    """
    u = 2 * torch.rand(2, len(images), 1, 1, 1, generator=generator, device=images.device) - 1
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = ((images - mean) * (1 + 0.3 * u[0]) + mean + 0.15 * u[1]).clamp(0, 1)
    return shift(images, generator, 2, "replicate")


def mazzia(images: Tensor, generator: torch.Generator) -> Tensor:
    """Efficient-CapsNet's augmentation, in the order of its released code: rotate, shift, squish, erase. (b, c, h, w)

    Half of the images are turned by whole degrees, 30° · N(0, 0.33) cut off at ±30°, about pixel (h/2, w/2); each is
    moved inside its free margin by a half-normal share, narrowed by 1 to 7 pixels (half-normal, too: 2.4 on average)
    and loses one patch of 4×4 pixels, whose first corner is in 4 … 22 along both axes.
    """
    b, _, h, w = images.shape
    device = images.device
    normal = lambda: 0.33 * torch.randn(b, generator=generator, device=device)  # noqa: E731
    uniform = lambda: torch.rand(b, generator=generator, device=device)  # noqa: E731

    degrees = (30 * normal().clamp(-1, 1)).trunc() * (uniform() < 0.5)
    angle = torch.deg2rad(degrees)
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros(b, device=device), torch.ones(b, device=device)
    # About pixel (h/2, w/2), which is half a pixel beyond the middle: in grid_sample's units, (1/w, 1/h).
    from_x, from_y = (1 - cos) / w + sin / h, (1 - cos) / h - sin / w
    images = _affine(images, torch.stack([cos, -sin, from_x, sin, cos, from_y], dim=1))

    # Free margins in pixels, before the first and after the last ink, for columns and rows.
    move = []
    for ink in ((images > 0.05).any(dim=2).any(dim=1), (images > 0.05).any(dim=3).any(dim=1)):  # (b, w), (b, h)
        before, after = ink.float().argmax(dim=1), ink.flip(1).float().argmax(dim=1)
        share, forward = normal().abs().clamp(max=1), uniform() < 0.5
        move.append(torch.where(forward, share * after, -share * before).round())
    pixels = 1 + (7 * normal().abs().clamp(max=0.9999)).floor()
    narrow = w / (w - pixels)
    # grid_sample asks where an output pixel comes from, in units of half the image.
    from_x, from_y = -2 * move[0] / w, -2 * move[1] / h
    images = _affine(images, torch.stack([narrow, zero, from_x, zero, one, from_y], dim=1))

    row, column = (torch.randint(4, h - 5, (b, 1), generator=generator, device=device) for _ in range(2))
    rows, columns = torch.arange(h, device=device), torch.arange(w, device=device)
    in_rows, in_columns = (rows >= row) & (rows < row + 4), (columns >= column) & (columns < column + 4)
    return images * ~(in_rows[:, None, :, None] & in_columns[:, None, None, :])


def _affine(images: Tensor, theta: Tensor) -> Tensor:
    grid = nn.functional.affine_grid(theta.view(-1, 2, 3).to(images), list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, align_corners=False).clamp(0, 1)


AUGMENTATIONS: dict[str, Callable] = {
    "none": lambda images, _: images,
    "shift": shift,
    "affine": affine,
    "mazzia": mazzia,
    "lit": lit,
}
