"""Pictures of lesson 08 alone."""

from capsule_tutor.figures import BLUE, COLOURS, LINES, VERMILION, show


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


def votes_and_sum(panels: dict, alt: str) -> None:
    """Votes in the plane, and each one's product with the sum of all. panels: title → votes (i, 2)"""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(4.2 * len(panels), 3.6), squeeze=False, sharey=True, layout="constrained"
    )
    arrow = {"arrowstyle": "-|>", "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0}
    for axes, (title, votes) in zip(all_axes[0], panels.items(), strict=True):
        total = votes.sum(dim=0)  # (2,)
        # Wide and first, so that a vote along the sum is seen on top of it.
        axes.annotate("", total.tolist(), (0, 0), arrowprops={"color": VERMILION, "linewidth": 7, **arrow})
        for child, vote in enumerate(votes):
            axes.annotate("", vote.tolist(), (0, 0), arrowprops={"color": BLUE, "linewidth": 2, **arrow})
            side = 1 if vote[0] > 0 else -1
            place = {"xytext": (6 * side, 4 if vote[1] >= 0 else -4), "textcoords": "offset points"}
            align = {"ha": "left" if side > 0 else "right", "va": "bottom" if vote[1] >= 0 else "top"}
            axes.annotate(f"child {child}: {vote @ total:.0f}".replace("-", "−"), vote.tolist(), **place, **align)
        axes.set(title=title, xlim=(-4.4, 4.4), ylim=(-2.6, 3.2), aspect="equal", xlabel="first number of a vote")
        axes.grid(alpha=0.3)
    all_axes[0, 0].set_ylabel("second number of a vote")
    handles = [
        plt.Line2D([], [], color=BLUE, linewidth=2, label="vote, with its product with the sum"),
        plt.Line2D([], [], color=VERMILION, linewidth=7, label="sum of all votes"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    show(figure, alt)
