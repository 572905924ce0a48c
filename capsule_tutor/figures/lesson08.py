"""Pictures of lesson 08 alone."""

from capsule_tutor.figures import COLOURS, LINES, show


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
