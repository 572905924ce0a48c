"""Pictures of lesson 01 alone."""

from capsule_tutor.figures import BLACK, BLUE, SKY, VERMILION, show


def posed(pictures, poses, alt: str, titles: list[str] | None = None, columns: int = 5) -> None:
    """Grey pictures (n, h, w) with their poses (n, 3) drawn in: a cross at (mean x, mean y), a line along the slant.

    The line reaches twice the standard deviation of the ink's rows up and down, and an eighth of the height at least.
    `poses` None draws the pictures alone.
    """
    import matplotlib.pyplot as plt
    import torch

    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    size = 2.3 if columns > 3 else 2.7
    widths = [picture.shape[1] / pictures[0].shape[0] for picture in pictures[:columns]]
    figure, all_axes = plt.subplots(
        rows,
        columns,
        figsize=(size * sum(widths), size * 1.15 * rows),
        width_ratios=widths,
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    for axes in all_axes.flat[len(pictures) :]:
        axes.axis("off")
    for number, (axes, picture) in enumerate(zip(all_axes.flat, pictures, strict=False)):
        h, w = picture.shape
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        if poses is not None:
            x, y, slant = map(float, poses[number])
            ink = picture.sum(dim=1)  # (h,)
            spread = ((torch.arange(h) - y).square() @ ink / ink.sum()).sqrt().item()
            reach = max(2 * spread, h / 8)
            line = [x - slant * reach, x + slant * reach], [y - reach, y + reach]
            axes.plot(*line, color=BLACK, linewidth=4)  # an edge, to stand out from white strokes
            axes.plot(*line, color=SKY, linewidth=2)
            axes.plot(x, y, "X", color=VERMILION, markeredgecolor="white", markersize=10)
        every = max(h, w) <= 8  # a tick per pixel, where one would count them
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))
        axes.set(xticks=range(w) if every else (0, w - 1), yticks=range(h) if every else (0, h - 1))
        axes.set_title(titles[number] if titles else "", fontsize=10)
    for axes in all_axes[:, 0]:
        axes.set_xlabel("x (column)", fontsize=9, labelpad=2 if every else -6)
        axes.set_ylabel("y (row)", fontsize=9, labelpad=2 if every else -6)
    show(figure, alt)


def commuting_square(image, moved, pose: str, moved_pose: str, alt: str) -> None:
    """Two ways from a picture to the pose of the moved picture: move, then measure; or measure, then move the pose."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.9))
    for left, picture in ((0.0, image), (7.0, moved)):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=(left, left + 3, 3, 6))
    for x, text in ((1.5, pose), (8.5, moved_pose)):
        style = {"ha": "center", "va": "center", "bbox": {"boxstyle": "round", "facecolor": "white"}}
        axes.text(x, 0.4, text.replace("-", "−"), fontsize=11, **style)
    ways = {"move": ((3.3, 4.5), (6.7, 4.5), VERMILION), "f": ((8.5, 2.8), (8.5, 1.2), VERMILION)}
    ways |= {" f": ((1.5, 2.8), (1.5, 1.2), BLUE), "move_pose": ((3.5, 0.4), (6.5, 0.4), BLUE)}
    for label, (start, end, colour) in ways.items():
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        across = start[1] == end[1]
        x, y = ((start[0] + end[0]) / 2, end[1] + 0.15) if across else (end[0] + 0.25, 2.0)
        centred = {"ha": "center", "va": "bottom"} if across else {"ha": "left", "va": "center"}
        axes.text(x, y, label.strip(), fontsize=12, family="monospace", **centred)
    axes.set(xlim=(-0.9, 10.9), ylim=(-0.4, 6.2), aspect="equal")
    axes.axis("off")
    show(figure, alt)


def pictures_and_arrows(pictures, vectors, alt: str, titles: list[str]) -> None:
    """Grey pictures (n, h, w), and below each its vector (n, 2) in the plane, with the unit circle and its lean."""
    import math

    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        2, len(pictures), figsize=(1.8 * len(pictures), 4), squeeze=False, sharey="row", layout="constrained"
    )
    for (upper, lower), picture, (x, y), title in zip(all_axes.T, pictures, vectors, titles, strict=True):
        upper.imshow(picture, cmap="gray", vmin=0, vmax=1)
        upper.axis("off")
        upper.set_title(title, fontsize=11)
        lower.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
        lower.annotate(
            "",
            (x, y),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "linewidth": 2.5, "color": BLUE, "shrinkA": 0, "shrinkB": 0},
        )
        lower.plot(0, 0, "o", color=BLACK, markersize=4)
        lower.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        lean = f"{math.degrees(math.atan2(x, y)):.0f}°".replace("-", "−")
        lower.set_xlabel(f"right\nlean {lean}", fontsize=9)
        lower.grid(alpha=0.3)
    all_axes[1, 0].set_ylabel("up", fontsize=9)
    show(figure, alt)
