"""Pictures of lesson 03 alone."""

from capsule_tutor.figures import COLOURS, LINES, show, text_on


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
        down = parts["nose"][1] / parts["nose"][1].norm()  # the chin is where the nose points
        above.text(*(2.5 * down).tolist(), "chin", ha="center", va="center", fontsize=9)
        above.set(xlim=(-3.4, 3.4), ylim=(-2.9, 2.4), aspect="equal", title=title, xticks=[], yticks=[])
        below.set(xlim=(-3.4, 3.4), ylim=(-0.8, 3.6), aspect="equal", xlabel="x", xticks=range(-3, 4), yticks=range(4))
        below.grid(alpha=0.3)
    all_axes[0, 0].set_ylabel("what is seen")
    all_axes[1, 0].set_ylabel("votes for the face: y")
    all_axes[0, 0].legend(loc="upper left", fontsize=9)
    show(figure, alt)


def cut(features, d: int, places: tuple[int, ...], alt: str) -> None:
    """Feature maps (types·d, h, w) as a stack of sheets, and beside each type the capsule at one of its places.

    `places` has one place for each type, counted along the rows; a place has the colour that it has in `blocks`.
    """
    import matplotlib.pyplot as plt

    channels, h, w = features.shape
    figure, axes = plt.subplots(figsize=(7.2, 0.62 * channels + 0.6), layout="constrained")
    slant, rise = 0.45, 0.36  # a sheet is seen from the front, lying

    def corner(sheet, row, column):  # of a cell; the first channel is on top, its first row behind
        return column + slant * (h - row), -1.15 * sheet + rise * (h - row)

    for sheet in range(channels):
        kind, entry = divmod(sheet, d)
        for row in range(h):
            for column in range(w):
                steps = ((0, 0), (0, 1), (1, 1), (1, 0))
                cell = [corner(sheet, row + down, column + right) for down, right in steps]
                chosen = row * w + column == places[kind]
                face = COLOURS[places[kind]] if chosen else "#F2F2F2"
                axes.add_patch(plt.Polygon(cell, facecolor=face, edgecolor="#555555", linewidth=1))
                x, y = (sum(point[k] for point in cell) / 4 for k in (0, 1))
                text = {"ha": "center", "va": "center", "fontsize": 9, "color": text_on(face) if chosen else "#444444"}
                axes.text(x, y, f"{int(features[sheet, row, column])}", **text)
        axes.text(-0.15, corner(sheet, h, 0)[1] + 0.1, f"channel [{sheet}]", ha="right", fontsize=9)
        if entry == d // 2:
            place = places[kind]
            capsule = kind * h * w + place
            pose = features.reshape(-1, d, h * w)[kind, :, place].tolist()
            y = corner(sheet, h, 0)[1] + 0.35
            start = {"arrowstyle": "-|>", "color": COLOURS[place], "linewidth": 2}
            axes.annotate("", (w + 3.1, y), (w + 1.3, y), arrowprops=start)
            for k, number in enumerate(pose):
                box = plt.Rectangle((w + 3.3 + 0.9 * k, y - 0.33), 0.9, 0.66, color=COLOURS[place], ec="white")
                axes.add_patch(box)
                style = {"ha": "center", "va": "center", "color": text_on(COLOURS[place]), "fontsize": 11}
                axes.text(w + 3.75 + 0.9 * k, y, f"{int(number)}", **style)
            axes.text(w + 3.3, y + 0.55, f"type {kind + 1} at place {place + 1}: capsule [{capsule}]", fontsize=10)
    axes.set(xlim=(-1.6, w + 3.5 + 0.9 * d + 0.6), ylim=(-1.15 * channels + 1.0, rise * h + 0.25))
    axes.axis("off")
    show(figure, alt)


def sight(maps: dict, windows: dict, alt: str) -> None:
    """How strongly each pixel (28, 28) moves a capsule, 0 to 1. windows: the same titles → places (row, column) of its
    windows of 17×17 pixels, two apart: each has a dot in its middle, the first and the last are outlined."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, len(maps), figsize=(7.4, 3.4), squeeze=False, layout="constrained")
    for axes, (title, table) in zip(all_axes[0], maps.items(), strict=True):
        drawn = axes.imshow(table, cmap="cividis", vmin=0, vmax=1)
        for number, (row, column) in enumerate(windows[title]):
            if number in (0, len(windows[title]) - 1):
                corner = (2 * column - 0.5, 2 * row - 0.5)
                for colour, width in (("black", 3.2), ("white", 1.4)):  # to be seen on every colour
                    axes.add_patch(plt.Rectangle(corner, 17, 17, fill=False, edgecolor=colour, linewidth=width))
            axes.plot(2 * column + 8, 2 * row + 8, "o", color="white", markeredgecolor="black", markersize=5)
        axes.set(title=title, xlabel="pixel column", ylabel="pixel row")
    figure.colorbar(drawn, ax=all_axes[0].tolist(), label="√gradient, 1 = largest of the panel")
    show(figure, alt)


def lengths(x, ys: dict, marks: tuple[float, ...], xlabel: str, ylabel: str, alt: str) -> None:
    """Curves y(x) over a log axis, with upright lines at `marks`. ys: label → y"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    for mark in marks:
        axes.axvline(mark, color="0.4", linestyle=":", linewidth=1.5)
        axes.text(mark, 1.02, f"std {mark:g}", ha="center", transform=axes.get_xaxis_transform(), fontsize=9)
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(x, y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2)
    ticks = (0.001, 0.01, 0.1, 1, 10)
    axes.set(xscale="log", xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    show(figure, alt)
