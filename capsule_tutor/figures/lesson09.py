"""Pictures of lesson 09 alone."""

from capsule_tutor.figures import COLOURS, show, text_on


def channels(maps, filters, alt: str) -> None:
    """Maps and their filters (c, h, w), whole numbers; what has the same colour is multiplied."""
    import matplotlib.pyplot as plt

    count, h, w = maps.shape
    pairs = [
        (f"{name} {c}", c, tables[c]) for c in range(count) for name, tables in (("map", maps), ("filter", filters))
    ]
    figure, all_axes = plt.subplots(1, len(pairs), figsize=(1.7 * len(pairs), 2.1), layout="constrained")
    for axes, (title, c, table) in zip(all_axes, pairs, strict=True):
        patch = {"facecolor": COLOURS[c], "edgecolor": "white", "linewidth": 2}
        for row in range(h):
            for column in range(w):
                axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, **patch))
                number = f"{int(table[row, column])}".replace("-", "−")
                axes.text(column, row, number, ha="center", va="center", color=text_on(COLOURS[c]), fontsize=11)
        axes.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5), title=title, xlabel="column w", ylabel="row h")
        axes.set(xticks=range(w), yticks=range(h), aspect="equal")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    show(figure, alt)


def rows(pictures: dict, alt: str) -> None:
    """Grey pictures in rows, with the row's name before it. pictures: name → (n, 1, 28, 28) from 0 to 1"""
    import matplotlib.pyplot as plt

    columns = max(map(len, pictures.values()))
    size = (0.95 * columns + 1.6, 1.0 * len(pictures))
    figure, all_axes = plt.subplots(len(pictures), columns, figsize=size, squeeze=False, layout="constrained")
    for line, (name, images) in zip(all_axes, pictures.items(), strict=True):
        for axes, image in zip(line, images, strict=True):
            axes.imshow(image[0], cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    show(figure, alt)


def give_or_take(label: str, estimates: dict, alt: str) -> None:
    """Differences with their give-or-take, beside a line at zero. estimates: name → (difference, give or take)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.4, 0.5 * len(estimates) + 1.1), layout="constrained")
    axes.axvline(0, color="black", linewidth=1)
    for row, (value, give) in enumerate(estimates.values()):
        axes.errorbar(
            value, row, xerr=give, color=COLOURS[row], capsize=6, linewidth=2, markersize=7, fmt="os^D"[row % 4]
        )
    axes.set(xlabel=label, yticks=range(len(estimates)), yticklabels=list(estimates))
    axes.set_ylim(len(estimates) - 0.4, -0.6)  # the first on top
    axes.grid(axis="x", alpha=0.3)
    show(figure, alt)
