"""What a person would measure on a drawn digit: thickness, slant, width, height, position. In pixels.

Used to ask what a capsule's dimensions mean: with numbers, not with eyes alone. All functions take images (n, 1, h, w)
with ink from 0 to 1 and give one number per image; an empty image gives NaN, for it has none of these properties.
"""

import torch
from torch import Tensor

__all__ = ["PROPERTIES", "measure"]

PROPERTIES = ("thickness", "slant", "width", "height", "x", "y")


def measure(images: Tensor) -> Tensor:
    """All properties of each image. images (n, 1, h, w) → (n, 6), in the order of PROPERTIES

    thickness   of the strokes, in pixels: twice the ink over the length of its outline
    slant       how far the ink leans to the right per pixel upwards; 0 is upright, 1 is 45°
    width       of the ink in pixels, slant taken out; height likewise: twice √3 times the standard deviation, which
                is the side of a uniform box
    x, y        the centre of the ink in pixels from the centre of the image; y grows upwards
    Raises ValueError for another shape.
    """
    if images.ndim != 4 or images.shape[1] != 1:
        raise ValueError(f"images has shape {tuple(images.shape)}; expected (n, 1, h, w)")
    ink = images[:, 0].double()  # (n, h, w)
    _, h, w = ink.shape
    at_x = torch.arange(w, dtype=ink.dtype, device=ink.device) - (w - 1) / 2
    at_y = (h - 1) / 2 - torch.arange(h, dtype=ink.dtype, device=ink.device)
    mass = ink.sum(dim=(1, 2))
    mass = torch.where(mass > 0, mass, torch.nan)
    columns, rows = ink.sum(dim=1), ink.sum(dim=2)  # (n, w), (n, h)
    x, y = columns @ at_x / mass, rows @ at_y / mass
    # Second central moments: μ_xx = Σ ink (x − x̄)² / Σ ink, and so on
    xx = columns @ at_x**2 / mass - x**2
    yy = rows @ at_y**2 / mass - y**2
    xy = torch.einsum("nhw,h,w->n", ink, at_y, at_x) / mass - x * y
    # The shear that makes the ink upright: slant = μ_xy/μ_yy. What is left of the width has variance μ_xx − slant μ_xy.
    slant = xy / yy.clamp(min=1e-12)
    width, height = (12 * (xx - slant * xy).clamp(min=0)).sqrt(), (12 * yy).sqrt()
    # A stroke of width t and length l has l·t of ink and an outline of 2 l: t = 2 ink/outline.
    thickness = 2 * mass / _outline(ink)
    return torch.stack([thickness, slant, width, height, x, y], dim=1)


def _outline(ink: Tensor) -> Tensor:
    """Length of the outline, in pixels: the total variation Σ ‖∇ ink‖. (n, h, w) → (n,)"""
    padded = torch.nn.functional.pad(ink, (1, 1, 1, 1))
    down = padded[:, 1:, :-1] - padded[:, :-1, :-1]
    right = padded[:, :-1, 1:] - padded[:, :-1, :-1]
    return (down**2 + right**2).sqrt().sum(dim=(1, 2))
