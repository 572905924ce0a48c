"""Pictures of lesson 15."""

from capsule_tutor.figures import BLUE, COLOURS, LINES, VERMILION, show


def ladder(rungs: dict, margin: float, xlabel: str, alt: str) -> None:
    """Differences to a control with their intervals, 0 and the margin. rungs: name → (mean, low, high)

    `alt` says what the bars are; how they are drawn, and their numbers, follow.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 0.38 * len(rungs) + 1.1), layout="constrained")
    axes.axvspan(-margin, margin, color="0.9", label="too small to matter")
    for colour, what in ((VERMILION, "the interval leaves out 0"), (BLUE, "it holds 0")):
        axes.plot([], [], "o-", color=colour, linewidth=2.5, label=what)
    for row, (mean, low, high) in enumerate(rungs.values()):
        colour = VERMILION if low > 0 or high < 0 else BLUE  # the side of 0 says so, too
        axes.plot([low, high], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt")
        axes.plot(mean, row, "o", color=colour, markersize=7)
    axes.axvline(0, color="black", linewidth=1)
    axes.set(xlabel=xlabel, yticks=range(len(rungs)), yticklabels=list(rungs))
    axes.set_ylim(len(rungs) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    figure.legend(fontsize=9, loc="outside lower center", ncols=3, frameon=False)
    bars = "; ".join(f"{name} {mean:+.2f} ({low:+.2f} to {high:+.2f})" for name, (mean, low, high) in rungs.items())
    show(figure, f"{alt}, with a dot at the mean, a line at zero and the margin in grey: {bars}")


def depth(panels: dict, alt: str) -> None:
    """Errors over the number of capsule layers, a dot for each run. panels: title → {way: [errors of each depth]}"""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(3.6 * len(panels), 3.3), sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (title, ways) in zip(all_axes[0], panels.items(), strict=True):
        for number, (way, depths) in enumerate(ways.items()):
            side, style = 0.1 * (2 * number - 1), {"color": COLOURS[number], "marker": "os"[number]}
            means = [sum(errors) / len(errors) for errors in depths]
            axes.plot([n + side for n in range(1, len(depths) + 1)], means, LINES[number], color=style["color"])
            for n, errors in enumerate(depths, start=1):
                label = way if n == 1 else None
                axes.plot([n + side] * len(errors), errors, linestyle="none", alpha=0.7, label=label, **style)
        axes.set(title=title, xlabel="capsule layers", xticks=range(1, len(depths) + 1), yscale="log")
        axes.set_yticks([0.5, 1, 2, 5, 10, 20, 50, 90], ["0.5", "1", "2", "5", "10", "20", "50", "90"])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    all_axes[0, 0].set_ylabel("test error (%)")
    all_axes[0, 0].legend()
    show(figure, alt)
