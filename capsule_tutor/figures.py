"""Static pictures: every one colour-blind-safe, labelled, and with a text for those who cannot see it."""

import base64
import html
import io

# Okabe and Ito's palette, told apart with every common colour vision.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)


def show(figure, alt: str) -> None:
    """Draw a matplotlib figure in the notebook with its alternative text, and close it.

    As HTML, because JupyterLab gives a plain PNG output no alternative text. Raises ValueError without `alt`.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if len(alt) < 20:
        raise ValueError(f"alt is {alt!r}; say in a sentence what the picture shows, for those who cannot see it")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    png = _in_few_colours(png)
    source = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    image = f'<img alt="{html.escape(alt)}" src="{source}" style="max-width: 100%">'
    display({"text/html": image, "text/plain": f"[Figure: {alt}]"}, raw=True)


def _in_few_colours(png: io.BytesIO) -> io.BytesIO:
    """128 colours are plenty for lines and maps, and make a notebook half as large."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(png).convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return small


COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
LINES = ("-", "--", ":", "-.")


def save_pictures(pictures: list, path, scale: int = 10) -> None:
    """Grey pictures side by side in one file, ink black on white paper. Each (h, w) from 0 to 1.

    Raises OSError or ValueError if Pillow cannot write there.
    """
    import numpy as np
    from PIL import Image

    rows = [
        np.pad(255 - np.asarray(p.detach() * 255).round().astype("uint8"), 1, constant_values=128) for p in pictures
    ]
    sheet = Image.fromarray(np.concatenate(rows, axis=1))
    sheet.resize((sheet.width * scale, sheet.height * scale), Image.Resampling.NEAREST).save(path)


def curves(x, ys: dict, xlabel: str, ylabel: str, alt: str, marks: dict | None = None) -> None:
    """Lines y(x), told apart by colour and by stroke. ys: label → y; marks: label → (x, y), points to point out."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4))
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(x, y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2)
    for label, (mark_x, mark_y) in (marks or {}).items():
        axes.plot(mark_x, mark_y, "o", color=BLACK, zorder=3)
        axes.annotate(label, (mark_x, mark_y), textcoords="offset points", xytext=(6, 8))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend()
    show(figure, alt)


def arrows(panels: dict, alt: str, limit: float = 1.5, circle: bool = True) -> None:
    """Vectors in the plane. panels: title → {label: (n, 2) vectors}; `circle` draws the unit circle."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 3.6), squeeze=False)
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        if circle:
            axes.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
        for number, vectors in enumerate(groups.values()):
            for x, y in vectors:
                style = {"color": COLOURS[number], "alpha": 0.9, "zorder": 3 + number}
                axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "linewidth": 2, **style})
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=title)
        axes.grid(alpha=0.3)
        if len(groups) > 1:
            handles = [plt.Line2D([], [], color=COLOURS[n], linewidth=2, label=g) for n, g in enumerate(groups)]
            axes.legend(handles=handles, loc="upper left")
    show(figure, alt)


def images(pictures, alt: str, titles: list[str] | None = None, columns: int = 10) -> None:
    """Grey pictures with values in [0, 1], (n, 28, 28) or (n, 1, 28, 28), in rows of `columns`."""
    import matplotlib.pyplot as plt

    pictures = [p.reshape(p.shape[-2:]) for p in pictures]
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, all_axes = plt.subplots(rows, columns, figsize=(1.2 * columns, 1.35 * rows), squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for number, (axes, picture) in enumerate(zip(all_axes.flat, pictures, strict=False)):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(titles[number] if titles else "", fontsize=9)
    show(figure, alt)


def grids(
    panels: dict,
    alt: str,
    xlabel: str = "",
    ylabel: str = "",
    columns: int = 1,
    steps: tuple = (),
    names: tuple = (),
    cell: int = 28,
) -> None:
    """Drawings (rows, columns, h, w) in [0, 1], put together without gaps, in 6 greys. panels: title → drawings

    `columns` panels stand side by side; `steps` names all columns, or the first, middle and last one; `names` names
    the rows, which else are numbered; `cell` is a drawing's width on the screen in pixels.
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
        places = range(across) if len(steps) == across else (0, across // 2, across - 1) if steps else ()
        axes.set_xticks([w * place + w / 2 for place in places], steps, fontsize=8)
        named = names or (range(rows) if rows > 1 else ())
        axes.set_yticks([h * row + h / 2 for row in range(len(named))], named, fontsize=9 if cell > 20 else 7)
        axes.tick_params(length=0)
        axes.set_title(title, fontsize=10)
    figure.supxlabel(xlabel, fontsize=10)
    figure.supylabel(ylabel, fontsize=10)
    show(figure, alt)


def heatmaps(
    tables: dict, xlabel: str, ylabel: str, alt: str, vmin: float = 0, vmax: float = 1, around_zero: bool = False
) -> None:
    """Tables (rows, columns) side by side on one colour scale, small ones with numbers. tables: title → table

    `around_zero`: from −vmax (blue) over 0 (white) to vmax (red), in 41 steps that can be found on the bar.
    """
    import matplotlib.pyplot as plt

    if around_zero:
        vmin = -vmax
    colours = plt.get_cmap("RdBu_r", 41) if around_zero else "cividis"

    figure, all_axes = plt.subplots(
        1, len(tables), figsize=(2.9 * len(tables) + 0.8, 3.0), squeeze=False, layout="constrained"
    )
    for axes, (title, table) in zip(all_axes[0], tables.items(), strict=True):
        drawn = axes.imshow(table, cmap=colours, vmin=vmin, vmax=vmax, aspect="auto")
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        rows, columns = table.shape
        if rows * columns <= 60:
            axes.set(xticks=range(columns), yticks=range(rows))
            for row in range(rows):
                for column in range(columns):
                    value = float(table[row, column])
                    dark = abs(value) > 0.6 * vmax if around_zero else value < (vmin + vmax) / 2
                    colour = "white" if dark else "black"
                    axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
    figure.colorbar(drawn, ax=all_axes[0].tolist())
    show(figure, alt)


def posed(pictures, poses, alt: str, titles: list[str] | None = None, columns: int = 5) -> None:
    """Grey pictures (n, h, w) with their poses (n, 3) drawn in: a cross at (mean x, mean y), a line along the slant.

    `poses` None draws the pictures alone.
    """
    import matplotlib.pyplot as plt

    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    size = 2.1 if columns > 3 else 2.7
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
            x, y, slant, reach = *map(float, poses[number]), 0.4 * h
            axes.plot([x - slant * reach, x + slant * reach], [y - reach, y + reach], color=SKY, linewidth=2)
            axes.plot(x, y, "X", color=VERMILION, markeredgecolor="white", markersize=10)
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5), xticks=(0, w - 1), yticks=(0, h - 1))
        axes.set_xlabel("x (column)", fontsize=9, labelpad=-6)
        axes.set_title(titles[number] if titles else "", fontsize=10)
    for axes in all_axes[:, 0]:
        axes.set_ylabel("y (row)", fontsize=9, labelpad=-6)
    show(figure, alt)


def commuting_square(image, moved, pose: str, moved_pose: str, alt: str) -> None:
    """Two ways from a picture to the pose of the moved picture: move, then measure; or measure, then move the pose."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.9))
    for left, picture in ((0.0, image), (7.0, moved)):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=(left, left + 3, 3, 6))
    for x, text in ((1.5, pose), (8.5, moved_pose)):
        axes.text(x, 0.4, text, ha="center", va="center", fontsize=11, bbox={"boxstyle": "round", "facecolor": "white"})
    ways = {"move": ((3.3, 4.5), (6.7, 4.5), VERMILION), "f": ((8.5, 2.8), (8.5, 1.2), VERMILION)}
    ways |= {" f": ((1.5, 2.8), (1.5, 1.2), BLUE), "move_pose": ((3.5, 0.4), (6.5, 0.4), BLUE)}
    for label, (start, end, colour) in ways.items():
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        across = start[1] == end[1]
        x, y = ((start[0] + end[0]) / 2, end[1] + 0.15) if across else (end[0] + 0.25, 2.0)
        centred = {"ha": "center", "va": "bottom"} if across else {"ha": "left", "va": "center"}
        axes.text(x, y, label.strip(), color=colour, fontsize=12, family="monospace", **centred)
    axes.set(xlim=(-0.9, 10.9), ylim=(-0.4, 6.2), aspect="equal")
    axes.axis("off")
    show(figure, alt)


def faces(panels: dict, alt: str) -> None:
    """Parts of a face above, their votes for it below. panels: title → {part: (centre, arrow, vote)}, all 2-D."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        2, len(panels), figsize=(2.9 * len(panels), 4.4), squeeze=False, sharey="row", layout="constrained"
    )
    for (above, below), (title, parts) in zip(all_axes.T, panels.items(), strict=True):
        for number, (part, (centre, arrow, vote)) in enumerate(parts.items()):
            colour = {"color": COLOURS[number], "shrinkA": 0, "shrinkB": 0}
            tail, head = ([float(centre[k] + side * arrow[k] / 2) for k in (0, 1)] for side in (-1, 1))
            above.annotate("", head, tail, arrowprops={"arrowstyle": "-|>", "linewidth": 2.5, **colour})
            # The first votes are thick, the last is thin: of two that coincide, both can be seen.
            broad = len(parts) - number
            shape = {"arrowstyle": "-|>", "linewidth": 4 * broad - 2, "mutation_scale": 14 * broad, **colour}
            below.annotate("", [float(x) for x in vote], (0, 0), arrowprops=shape)
            above.plot([], [], label=part, color=COLOURS[number], linewidth=2.5)
        above.add_patch(plt.Circle((0, 0), 2.1, fill=False, linestyle=":", color="grey"))
        above.set(xlim=(-3.4, 3.4), ylim=(-2.4, 2.4), aspect="equal", title=title, xticks=[], yticks=[])
        below.set(xlim=(-3.4, 3.4), ylim=(-0.8, 3.6), aspect="equal", xlabel="x", xticks=range(-3, 4), yticks=range(4))
        below.grid(alpha=0.3)
    all_axes[0, 0].set_ylabel("what is seen")
    all_axes[1, 0].set_ylabel("votes for the face: y")
    all_axes[0, 0].legend(loc="upper left", fontsize=9)
    show(figure, alt)


def blocks(panels: dict, group, alt: str, columns: str, rows: str, groups: list[str]) -> None:
    """Small tables of whole numbers, each cell coloured by `group(number)`, an index into the names `groups`."""
    import matplotlib.pyplot as plt

    count, width = (max(table.shape[axis] for table in panels.values()) for axis in (0, 1))
    size = ((0.75 * width + 0.9) * len(panels), 0.4 * count + 1.3)
    figure, all_axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, layout="constrained")
    for axes, (title, table) in zip(all_axes[0], panels.items(), strict=True):
        for row, line in enumerate(table.tolist()):
            for column, number in enumerate(line):
                colour = COLOURS[group(int(number))]
                patch = plt.Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=2)
                axes.add_patch(patch)
                text = "black" if colour in (ORANGE, SKY, YELLOW, PURPLE) else "white"
                axes.text(column, row, f"{int(number)}", ha="center", va="center", color=text, fontsize=11)
        h, w = table.shape
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5), title=title, xlabel=columns, ylabel=rows)
        axes.set(xticks=range(w), yticks=range(h))
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[n]) for n in range(len(groups))]
    figure.legend(handles, groups, loc="outside lower center", ncols=len(groups), frameon=False)
    show(figure, alt)


def pictures_and_arrows(pictures, vectors, alt: str, titles: list[str]) -> None:
    """Grey pictures (n, h, w), and below each its vector (n, 2) in the plane, with the unit circle."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        2, len(pictures), figsize=(1.8 * len(pictures), 4), squeeze=False, sharey="row", layout="constrained"
    )
    for (upper, lower), picture, (x, y), title in zip(all_axes.T, pictures, vectors, titles, strict=True):
        upper.imshow(picture, cmap="gray", vmin=0, vmax=1)
        upper.axis("off")
        upper.set_title(title, fontsize=11)
        lower.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
        lower.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "linewidth": 2.5, "color": BLUE})
        lower.plot(0, 0, "o", color=BLACK, markersize=4)
        lower.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        lower.set_xlabel("first number", fontsize=9)
        lower.grid(alpha=0.3)
    all_axes[1, 0].set_ylabel("second number", fontsize=9)
    show(figure, alt)


def routing(steps: dict, alt: str, parents: tuple[str, ...] = ("A", "B"), limit: float = 3.4) -> None:
    """Two-dimensional votes, one plane per parent. steps: title → (u_hat (i, j, 2), v (j, 2), c (i, j))

    v and c may be None. The width of a vote's arrow is its coupling, which its label gives; v is black. One step
    is drawn in a row; several stand side by side, one row per parent. The dotted circle has radius 1.
    """
    import matplotlib.pyplot as plt

    rows, columns = (1, len(parents)) if len(steps) == 1 else (len(parents), len(steps))
    figure, all_axes = plt.subplots(rows, columns, figsize=(2.7 * columns, 2.8 * rows), layout="constrained")
    planes = all_axes.reshape(len(parents), len(steps))
    for column, (title, (u_hat, v, c)) in enumerate(steps.items()):
        for j, parent in enumerate(parents):
            axes = planes[j, column]
            axes.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
            for i, (x, y) in enumerate(u_hat[:, j].tolist()):
                share = None if c is None else float(c[i, j])
                width = 2 if share is None else 0.6 + 6 * share
                style = {"arrowstyle": "-|>", "linewidth": width, "color": COLOURS[i], "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (x, y), (0, 0), arrowprops=style)
                label = f"child {i}" if share is None else f"child {i}\nc = {share:.2f}"
                place = {"ha": "center", "va": "bottom" if y > 0 else "top", "color": COLOURS[i], "fontsize": 9}
                axes.annotate(label, (x, y), (0, 4 if y > 0 else -4), textcoords="offset points", **place)
            if v is not None:
                x, y = v[j].tolist()
                style = {"arrowstyle": "-|>", "linewidth": 3, "color": BLACK, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (x, y), (0, 0), arrowprops=style, zorder=5)
            heard = "" if v is None else f", ‖v‖ = {float((v[j] ** 2).sum()) ** 0.5:.2f}"
            axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="z = 0", ylabel="z = 1")
            axes.set_title(f"{title}: parent {parent}{heard}" if title else f"parent {parent}{heard}", fontsize=9)
            axes.set(xticks=range(-3, 4), yticks=range(-3, 4))
            axes.grid(alpha=0.3)
    show(figure, alt)


def logs(ys: dict, alt: str, levels: dict | None = None) -> None:
    """Losses over training steps, on a log scale. ys: name → loss per step; levels: label → a loss to compare with."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.6, 3.8))
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2)
    for label, level in (levels or {}).items():
        axes.axhline(level, color="grey", linewidth=1, zorder=0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate(label, (1, level), xytext=(5, 0), va="center", fontsize=9, **place)
    axes.set(xlabel="training step", ylabel="margin loss", yscale="log", ylim=(0.07, 5))
    ticks = (0.1, 0.2, 0.5, 1, 2, 4)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(title="network", ncols=2)
    show(figure, alt)


def dots(panels: dict, alt: str, limits: dict | None = None) -> None:
    """One dot per run and a line at their mean. panels: label of the axis → {group: one number per run}

    limits: label of the axis → (lowest, highest), where the range of the numbers alone would exaggerate.
    """
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(3.3 * len(panels), 3.2), squeeze=False, layout="constrained"
    )
    for axes, (label, groups) in zip(all_axes[0], panels.items(), strict=True):
        for number, values in enumerate(groups.values()):
            colour = COLOURS[number]
            axes.plot([number - 0.25, number + 0.25], [sum(values) / len(values)] * 2, color=colour, linewidth=2)
            places = [number + 0.1 * (run - (len(values) - 1) / 2) for run in range(len(values))]
            axes.plot(places, values, "o", color=colour, markersize=7, alpha=0.8)
        axes.set(ylabel=label, xlim=(-0.6, len(groups) - 0.4), xticks=range(len(groups)), xticklabels=list(groups))
        axes.margins(y=0.25)
        axes.set_ylim((limits or {}).get(label))
        axes.grid(axis="y", alpha=0.3)
    show(figure, alt)


def squares(panels: dict, alt: str, side: int = 100) -> None:
    """side² images as a square, row by row, dots for some of them. panels: title → {group: their numbers}"""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(3.3 * len(panels), 3.9), squeeze=False, layout="constrained"
    )
    looks = ((VERMILION, "o"), (BLUE, "s"), (BLACK, "^"))
    named: dict = {}
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        for (colour, marker), (group, places) in zip(looks, groups.items(), strict=False):
            x, y = [int(n) % side for n in places], [int(n) // side for n in places]
            named[group] = axes.scatter(x, y, s=16, color=colour, marker=marker)
        axes.set(
            xlim=(-1.5, side + 0.5), ylim=(side + 0.5, -1.5), aspect="equal", xticks=[], yticks=[], facecolor="#f4f4f4"
        )
        axes.set_title(title, fontsize=11)
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, frameon=False)
    show(figure, alt)


def runs(panels: dict, xlabel: str, ylabel: str, alt: str) -> None:
    """Errors of several runs, on a log scale. panels: title → {group: one (x, y) for each of its runs}"""
    import matplotlib.pyplot as plt

    size = (min(12.5, 4.0 * len(panels) + 1.6), 3.6)
    figure, all_axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, sharey=True, layout="constrained")
    values = [float(v) for groups in panels.values() for lines in groups.values() for _, y in lines for v in y]
    low, high = max(0.02, min(values)) / 1.4, max(values) * 1.4
    ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= t <= high]
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        for number, (group, lines) in enumerate(groups.items()):
            style = {"color": COLOURS[number], "marker": "os^D"[number % 4], "markersize": 4, "linewidth": 1.5}
            for run, (x, y) in enumerate(lines):
                label = group if run == 0 else None
                shown = [max(float(v), low) for v in y]
                axes.plot(x, shown, LINES[number % 4], label=label, alpha=0.8, **style)
        axes.set(xlabel=xlabel, yscale="log", ylim=(low, high), title=title)
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    all_axes[0, 0].set_ylabel(ylabel)
    show(figure, alt)


def intervals(groups: dict, xlabel: str, alt: str) -> None:
    """One bar from low to high per row, a dot where the value lies. groups: name → {row: (low, value, high)}"""
    import matplotlib.pyplot as plt

    rows = [(row, number, bar) for number, bars in enumerate(groups.values()) for row, bar in bars.items()]
    figure, axes = plt.subplots(figsize=(7.6, 0.34 * len(rows) + 1.2), layout="constrained")
    for place, (_, number, (low, value, high)) in enumerate(rows):
        axes.plot([low, high], [place, place], color=COLOURS[number], linewidth=2.5, solid_capstyle="butt")
        axes.plot(value, place, "os^D"[number % 4], color=COLOURS[number], markersize=7)
    for number, name in enumerate(groups):
        axes.plot([], [], "os^D"[number % 4], color=COLOURS[number], label=name, linestyle="-")
    axes.set(
        xlabel=xlabel, yticks=range(len(rows)), yticklabels=[row for row, *_ in rows], ylim=(len(rows) - 0.4, -0.6)
    )
    axes.grid(axis="x", alpha=0.3)
    if len(groups) > 1:
        axes.legend(fontsize=9)
    show(figure, alt)


def confusion(table, alt: str) -> None:
    """Whole numbers (true class, said class); the diagonal is written but not coloured, as it would hide the rest."""
    import matplotlib.pyplot as plt

    classes = len(table)
    wrong = [[0 if row == column else int(table[row, column]) for column in range(classes)] for row in range(classes)]
    most = max(1, max(map(max, wrong)))
    figure, axes = plt.subplots(figsize=(6.2, 4.9), layout="constrained")
    drawn = axes.imshow(wrong, cmap="cividis", vmin=0, vmax=most)
    for row in range(classes):
        for column in range(classes):
            number, diagonal = int(table[row, column]), row == column
            if diagonal:
                axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor="white", edgecolor="grey"))
            colour = "black" if diagonal or number > most / 2 else "white"
            if number:
                axes.text(column, row, number, ha="center", va="center", color=colour, fontsize=9)
    axes.set(xlabel="said", ylabel="true", xticks=range(classes), yticks=range(classes))
    figure.colorbar(drawn, label="images, wrong ones only")
    show(figure, alt)


def growth(x, panels: dict, xlabel: str, alt: str) -> None:
    """How things grow, both axes in powers. panels: label of the y axis → {label: y}; a y may end before x does."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(4.2 * len(panels), 3.4), squeeze=False, layout="constrained"
    )
    for axes, (ylabel, ys) in zip(all_axes[0], panels.items(), strict=True):
        for number, (label, y) in enumerate(ys.items()):
            style = {"color": COLOURS[number], "marker": "os^D"[number % 4], "markersize": 5, "linewidth": 2}
            axes.plot(x[: len(y)], y, LINES[number % 4], label=label, **style)
        axes.set(xlabel=xlabel, ylabel=ylabel, xscale="log", yscale="log")
        axes.set_xticks(x, [f"{n:g}" for n in x])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    show(figure, alt)


def bars(panels: dict, alt: str, log: bool = False) -> None:
    """Horizontal bars with their numbers written beside them. panels: label of the axis → {name: number}"""
    import matplotlib.pyplot as plt

    rows = max(map(len, panels.values()))
    size = (4.2 * len(panels) + 1.2, 0.42 * rows + 0.9)
    figure, all_axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, sharey=True, layout="constrained")
    for number, (axes, (label, groups)) in enumerate(zip(all_axes[0], panels.items(), strict=True)):
        drawn = axes.barh(range(len(groups)), list(groups.values()), color=COLOURS[number], height=0.65)
        axes.bar_label(drawn, [f"{value:,}" for value in groups.values()], padding=4, fontsize=9)
        axes.set(xlabel=label, yticks=range(len(groups)), yticklabels=list(groups))
        if log:
            axes.set(xscale="log", xlim=(min(groups.values()) / 3, max(groups.values()) * 12))
        else:
            axes.set_xlim(0, max(groups.values()) * 1.3)
            axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    all_axes[0, 0].invert_yaxis()  # sharey: once turns them all
    show(figure, alt)
