"""Static pictures of every kind of lesson: colour-blind-safe, labelled, with a text for those who cannot see.

A picture that one lesson needs is in `lessonNN.py` beside this file; lesson NN imports it as `pictures`, and the few
later lessons that draw it again by the module's name.
"""

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
# The first five stand out from white by 3:1 or more, as lines and bars must; the last three do on dark ground.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, BLACK, ORANGE, SKY, YELLOW)
LINES = ("-", "--", ":", "-.")
PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}  # under a word that a line may run behind


def show(figure, alt: str) -> None:
    """Draw a matplotlib figure in the notebook with its alternative text, and close it.

    As HTML, because JupyterLab gives a plain PNG output no alternative text; the PNG goes with it for front ends that
    drop HTML. Raises ValueError without `alt`.
    """
    from IPython.display import display

    png = _png(figure, alt)
    display({"text/html": _image(png, alt), "image/png": png, "text/plain": f"[Figure: {alt}]"}, raw=True)


def as_html(figure, alt: str) -> str:
    """A matplotlib figure as an image with its alternative text, for a page; closes it. Raises ValueError as `show`."""
    return _image(_png(figure, alt), alt)


def _image(png: str, alt: str) -> str:
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}" style="max-width: 100%">'


def _png(figure, alt: str) -> str:
    """The figure in base64."""
    import matplotlib.pyplot as plt

    if len(alt) < 20:
        raise ValueError(f"alt is {alt!r}; say in a sentence what the picture shows, for those who cannot see it")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    return base64.b64encode(_in_few_colours(png).getvalue()).decode()


def _in_few_colours(png: io.BytesIO) -> io.BytesIO:
    """128 colours are plenty for lines and maps, and make a notebook half as large."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(png).convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return small


def contrast(one, other) -> float:
    """The contrast of two colours as WCAG 2.2 defines it, from 1 to 21. Text needs 4.5, what is drawn needs 3."""
    from matplotlib.colors import to_rgb

    def luminance(colour) -> float:
        linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_on(colour) -> str:
    """ "black" or "white", whichever stands out more from a colour: by 4.5:1 or more, whatever the colour is."""
    return max(("black", "white"), key=lambda ink: contrast(ink, colour))


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
    """Lines y(x), told apart by colour and by stroke. ys: label → y; marks: label → (x, y), points to point out.

    A third entry (right, up) in a mark moves its word, in points.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4))
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(x, y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2)
    for label, (mark_x, mark_y, *moved) in (marks or {}).items():
        axes.plot(mark_x, mark_y, "o", color=BLACK, zorder=3)
        xytext = moved[0] if moved else (6, 8)
        axes.annotate(label, (mark_x, mark_y), textcoords="offset points", xytext=xytext, bbox=PAPER)
    axes.margins(y=0.12 if marks else 0.05)  # room for the word at the highest mark
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend()
    show(figure, alt)


def arrows(panels: dict, alt: str, limit: float = 1.5, named: bool = False) -> None:
    """Vectors in the plane. panels: title → {label: (n, 2) vectors}

    The unit circle is dotted, and a legend has the labels; if `named`, each tip has its label, and there is no circle.
    """
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 3.6), squeeze=False)
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        if not named:
            axes.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
        for number, (label, vectors) in enumerate(groups.items()):
            for x, y in vectors:
                style = {"color": COLOURS[number], "alpha": 0.9, "zorder": 3 + number, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "linewidth": 2, **style})
                if named:
                    _at_tip(axes, float(x), float(y), label)
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=title, xlabel="x")
        axes.grid(alpha=0.3)
        if len(groups) > 1 and not named:
            handles = [plt.Line2D([], [], color=COLOURS[n], linewidth=2, label=g) for n, g in enumerate(groups)]
            axes.legend(handles=handles, loc="upper left")
    all_axes[0, 0].set_ylabel("y")
    show(figure, alt)


def _at_tip(axes, x: float, y: float, label: str) -> None:
    """An upright arrow has its label above or below the tip, others beside it."""
    if abs(x) < abs(y) / 20:
        axes.annotate(label, (x, y), (0, 15 if y > 0 else -12), textcoords="offset points", ha="center", va="center")
    else:
        ha, right = ("left", 6) if x > 0 else ("right", -6)
        axes.annotate(label, (x, y), (right, 0), textcoords="offset points", ha=ha, va="center")


def images(pictures, alt: str, titles: list[str] | None = None, columns: int = 10, size: float = 1.2) -> None:
    """Pictures with values in [0, 1], grey (n, h, w) or (n, 1, h, w), or in colours (n, 3, h, w).

    They are in rows of `columns`, `size` inches each.
    """
    import matplotlib.pyplot as plt

    pictures = [p.permute(1, 2, 0) if p.ndim == 3 and len(p) == 3 else p.reshape(p.shape[-2:]) for p in pictures]
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, -(-len(pictures) // columns))
    figure, all_axes = plt.subplots(rows, columns, figsize=(size * columns, (size + 0.15) * rows), squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for number, (axes, picture) in enumerate(zip(all_axes.flat, pictures, strict=False)):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(titles[number] if titles else "", fontsize=9)
    show(figure, alt)


def heatmaps(
    tables: dict,
    xlabel: str,
    ylabel: str,
    alt: str,
    vmin: float = 0,
    vmax: float = 1,
    around_zero: bool = False,
    scale: str = "",
    height: float = 3.0,
) -> None:
    """Tables (rows, columns) side by side on one colour scale, small ones with numbers. tables: title → table

    A side of at most 20 cells has each of them numbered. The picture is `height` inches high.
    The scale, which `scale` names, is drawn beside them unless every entry is written down.
    `around_zero`: from −vmax (blue, with a minus sign) over 0 (white) to vmax (red), in 41 steps of the bar.
    """
    import matplotlib.pyplot as plt

    if around_zero:
        vmin = -vmax
    colours = plt.get_cmap("RdBu_r", 41) if around_zero else "cividis"

    figure, all_axes = plt.subplots(
        1, len(tables), figsize=(2.9 * len(tables) + 0.8, height), squeeze=False, layout="constrained"
    )
    for axes, (title, table) in zip(all_axes[0], tables.items(), strict=True):
        drawn = axes.imshow(table, cmap=colours, vmin=vmin, vmax=vmax, aspect="auto")
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        rows, columns = table.shape
        small = rows * columns <= 60
        if columns <= 20:
            axes.set_xticks(range(columns))
        if rows <= 20:
            axes.set_yticks(range(rows))
            width = 1.5 if small else 0.8
            axes.hlines([row - 0.5 for row in range(1, rows)], -0.5, columns - 0.5, color="white", linewidth=width)
        if small:
            axes.vlines([column - 0.5 for column in range(1, columns)], -0.5, rows - 0.5, color="white", linewidth=1.5)
            for row in range(rows):
                for column in range(columns):
                    value = float(table[row, column])
                    colour = text_on(drawn.cmap(drawn.norm(value))[:3])
                    axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
        elif around_zero:  # pale blue and pale red print as the same grey
            for row, column in (table < vmin / 41).nonzero().tolist():
                axes.text(column, row, "−", ha="center", va="center", fontsize=8)
    if any(table.shape[0] * table.shape[1] > 60 for table in tables.values()):
        figure.colorbar(drawn, ax=all_axes[0].tolist(), label=scale)
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
                style = {"ha": "center", "va": "center", "color": text_on(colour), "fontsize": 11}
                axes.text(column, row, f"{int(number)}", **style)
        h, w = table.shape
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5), title=title, xlabel=columns, ylabel=rows)
        axes.set(xticks=range(w), yticks=range(h))
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[n]) for n in range(len(groups))]
    figure.legend(handles, groups, loc="outside lower center", ncols=len(groups), frameon=False)
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


def bars(panels: dict, alt: str, log: bool = False) -> None:
    """Horizontal bars with their numbers written beside them. panels: label of the axis → {name: number}"""
    import matplotlib.pyplot as plt

    rows = max(map(len, panels.values()))
    size = (4.2 * len(panels) + 1.2, 0.42 * rows + 0.9)
    values = [value for groups in panels.values() for value in groups.values()]
    figure, all_axes = plt.subplots(1, len(panels), figsize=size, squeeze=False, sharey=True, layout="constrained")
    for number, (axes, (label, groups)) in enumerate(zip(all_axes[0], panels.items(), strict=True)):
        drawn = axes.barh(range(len(groups)), list(groups.values()), color=COLOURS[number], height=0.65)
        axes.bar_label(drawn, [f"{value:,}" for value in groups.values()], padding=4, fontsize=9)
        axes.set(xlabel=label, yticks=range(len(groups)), yticklabels=list(groups))
        if log:  # where a bar begins says nothing, so all panels begin with the same number
            axes.set(xscale="log", xlim=(min(values) / 3, max(values) * 12))
        else:
            axes.set_xlim(0, max(groups.values()) * 1.3)
            axes.locator_params(axis="x", nbins=5)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    all_axes[0, 0].invert_yaxis()  # sharey: once turns them all
    show(figure, alt)
