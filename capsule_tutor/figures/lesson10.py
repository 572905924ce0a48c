"""Pictures of lesson 10 alone."""

from capsule_tutor.figures import BLACK, BLUE, COLOURS, VERMILION, show, text_on


def squares(panels: dict, alt: str, side: int = 100) -> None:
    """side² images as a square, row by row, dots for some of them. panels: title → {group: their numbers}"""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(3.3 * len(panels), 3.9), squeeze=False, layout="constrained"
    )
    looks = ((VERMILION, "o"), (BLUE, "s"), (BLACK, "^"))
    named: dict = {}
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        for rank, ((colour, marker), (group, places)) in enumerate(zip(looks, groups.items(), strict=False)):
            x, y = [int(n) % side for n in places], [int(n) // side for n in places]
            named[group] = axes.scatter(x, y, s=16, color=colour, marker=marker, zorder=3 - rank)  # the first on top
        axes.set(
            xlim=(-1.5, side + 0.5), ylim=(side + 0.5, -1.5), aspect="equal", xticks=[], yticks=[], facecolor="#f4f4f4"
        )
        axes.set_title(title, fontsize=11)
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, frameon=False)
    show(figure, alt)


def intervals(groups: dict, xlabel: str, alt: str) -> None:
    """One bar from low to high per row, a dot where the value is. groups: name → {row: (low, value, high)}"""
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
            colour = "black" if diagonal else text_on(drawn.cmap(drawn.norm(number))[:3])
            if number:
                axes.text(column, row, number, ha="center", va="center", color=colour, fontsize=9)
    axes.set(xlabel="said", ylabel="true", xticks=range(classes), yticks=range(classes))
    figure.colorbar(drawn, label="images, wrong ones only")
    show(figure, alt)
