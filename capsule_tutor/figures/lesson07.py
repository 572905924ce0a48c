"""Pictures of lesson 07 alone."""

from capsule_tutor.figures import BLUE, VERMILION, show


def effects(rows: dict[str, tuple[float, float, bool]], xlabel: str, alt: str) -> None:
    """An interval per row about the line at 0. rows: name → (mean, half the width, whether nothing at all differs)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9.8, 0.27 * len(rows) + 0.9), layout="constrained")
    axes.axvline(0, color="0.4", linewidth=1)
    for place, (mean, half, equal) in enumerate(rows.values()):
        style = {"marker": "o", "color": BLUE, "label": "interval contains 0"}
        if abs(mean) > half:
            style = {"marker": "s", "color": VERMILION, "label": "interval misses 0"}
        if equal:
            axes.plot(mean, place, marker="D", markerfacecolor="none", color=BLUE)
            axes.text(0.25, place, "same errors as healthy", va="center", fontsize=9)
        else:  # caps taller than the mark: a narrow interval is not hidden behind it
            axes.errorbar(mean, place, xerr=half, capsize=5, markersize=5, **style)
    marks = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(marks.values(), marks.keys(), loc="lower right")
    axes.set(xlabel=xlabel, yticks=range(len(rows)), yticklabels=list(rows))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    show(figure, alt)


def who_hears_whom(maps: dict, alt: str) -> None:
    """Lit where an output moves when an input changes. maps: question → (right, wrong), two tables of bool (n, m)"""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    figure, grid = plt.subplots(2, len(maps), figsize=(2.6 * len(maps), 5.6), squeeze=False, layout="constrained")
    for column, (question, tables) in zip(grid.T, maps.items(), strict=True):
        for axes, which, table in zip(column, ("right", "wrong"), tables, strict=True):
            n, m = table.shape
            axes.pcolormesh(table, cmap="cividis", vmin=0, vmax=1, edgecolors="0.6", linewidth=0.5)
            axes.set(xlim=(0, m), ylim=(n, 0), aspect="equal", title=f"{question}, {which}")
            for axis, length in ((axes.xaxis, m), (axes.yaxis, n)):
                places = [int(t) for t in MaxNLocator(6, integer=True).tick_values(0, length - 1) if 0 <= t < length]
                axis.set_ticks([place + 0.5 for place in places], [str(place) for place in places])
    figure.get_layout_engine().set(hspace=0.06)  # room between the ticks of one row and the titles of the next
    figure.supxlabel("which output moves (yellow)", fontsize=10)
    figure.supylabel("which input was changed", fontsize=10)
    show(figure, alt)
