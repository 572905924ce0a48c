"""Pictures of lesson 11 alone."""

from capsule_tutor.figures import BLUE, SKY, VERMILION, show


def grids(
    panels: dict,
    alt: str,
    xlabel: str = "",
    ylabel: str = "",
    columns: int = 1,
    steps: tuple = (),
    names: tuple = (),
    cell: int = 28,
    upright: bool = False,
) -> None:
    """Drawings (rows, columns, h, w) in [0, 1], put together without gaps, in 6 greys. panels: title → drawings

    There are `columns` panels side by side; `steps` names all columns, or the first, middle and last one; `names` names
    the rows, which are numbered otherwise; `cell` is a drawing's width on the screen in pixels; `upright` draws a thin
    line through the middle of each drawing.
    """
    import matplotlib.pyplot as plt
    import torch

    rows, across, h, w = next(iter(panels.values())).shape
    lines = -(-len(panels) // columns)
    size = ((across * cell / 90 + 0.45) * columns, (rows * cell * h / w / 90 + 0.45) * lines + 0.2)
    figure, all_axes = plt.subplots(lines, columns, figsize=size, squeeze=False, layout="constrained")
    for axes, (title, drawings) in zip(all_axes.flat, panels.items(), strict=True):
        sheet = torch.as_tensor(drawings).detach().permute(0, 2, 1, 3).reshape(rows * h, across * w)
        axes.imshow((5 * sheet).round() / 5, cmap="gray", vmin=0, vmax=1, interpolation="nearest")  # small files
        for column in range(across if upright else 0):
            axes.axvline(w * column + (w - 1) / 2, color=VERMILION, lw=0.9)
        places = range(across) if len(steps) == across else (0, across // 2, across - 1) if steps else ()
        axes.set_xticks([w * place + w / 2 for place in places], steps, fontsize=8)
        named = names or (range(rows) if rows > 1 else ())
        axes.set_yticks([h * row + h / 2 for row in range(len(named))], named, fontsize=9 if cell > 20 else 7)
        axes.tick_params(length=0)
        axes.set_title(title, fontsize=10)
    if len(panels) == 1:  # under the picture itself, and not under its row names, too
        axes.set_xlabel(xlabel, fontsize=10)
        axes.set_ylabel(ylabel, fontsize=10)
    else:
        figure.supxlabel(xlabel, fontsize=10)
        figure.supylabel(ylabel, fontsize=10)
    show(figure, alt)


def two_frames(points, degrees: float, names: tuple, alt: str) -> None:
    """One cloud of points (n, 2) in its own axes and in axes that are turned. One point is marked in both.

    `names` are those of the two axes on the left, then of the two on the right.
    """
    import math

    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, 2, figsize=(8, 3.9), sharex=True, sharey=True, layout="constrained")
    marked = points[points.norm(dim=1).argsort()[len(points) * 4 // 5]]
    reach = 1.1 * points.norm(dim=1).max().item()
    for axes, turn, named, title in zip(
        all_axes, (0, degrees), (names[:2], names[2:]), ("these axes", "other axes"), strict=True
    ):
        angle = math.radians(turn)
        axes.scatter(*points.T, s=18, color=SKY, edgecolors=BLUE, linewidths=0.5)
        first = points.new_tensor([math.cos(angle), math.sin(angle)])
        second = points.new_tensor([-math.sin(angle), math.cos(angle)])
        for direction in (first, second):
            axes.plot(*zip((-2 * reach * direction).tolist(), (2 * reach * direction).tolist(), strict=True), "k", lw=1)
            foot = (marked @ direction) * direction
            axes.plot(*zip(foot.tolist(), marked.tolist(), strict=True), "--", color=VERMILION)
        for direction, name, slope in zip((first, second), named, (turn, turn + 90), strict=True):
            over = slope > 90  # the name would be upside down
            at, side = (0.98 * reach * direction).tolist(), "left" if over else "right"
            axes.text(*at, name, rotation=slope - 180 * over, rotation_mode="anchor", ha=side, va="bottom", fontsize=9)
        axes.plot(*marked.tolist(), "D", color=VERMILION, markersize=8)
        here = f"({marked @ first:.2f}, {marked @ second:.2f})".replace("-", "−")
        axes.set(title=f"{title}: {here}, distance {marked.norm():.2f}", aspect="equal", xticks=[], yticks=[])
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    show(figure, alt)
