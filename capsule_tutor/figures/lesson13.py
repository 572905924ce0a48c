"""Pictures of lesson 13 alone."""

from capsule_tutor.figures import COLOURS, LINES, show


def error_curves(panels: dict, ylabel: str, alt: str, t: float = 2.776, columns: int = 3) -> None:
    """The mean over the seeds, with its 95 % interval. panels: label of the x axis → (x, {arm: errors (k, len(x))})"""
    import matplotlib.pyplot as plt

    rows, columns = -(-len(panels) // columns), min(columns, len(panels))
    figure, all_axes = plt.subplots(
        rows, columns, figsize=(3.4 * columns, 2.7 * rows + 0.4), squeeze=False, layout="constrained"
    )
    for axes in all_axes.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (xlabel, (x, arms)) in zip(all_axes.flat, panels.items(), strict=False):
        shift = 0.012 * (max(x) - min(x))  # so that bars beside each other do not hide each other
        for number, (arm, errors) in enumerate(arms.items()):
            places = [place + (number - 1) * shift for place in x]
            half = t * errors.std(dim=0) / len(errors) ** 0.5
            style = {"color": COLOURS[number], "linestyle": LINES[number], "marker": "os^D"[number], "markersize": 4}
            axes.errorbar(places, errors.mean(dim=0), half, label=arm, capsize=2, linewidth=1.6, **style)
        axes.set(xlabel=xlabel, xticks=list(x))
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    for row in all_axes:
        row[0].set_ylabel(ylabel)
    all_axes[0, 0].legend(fontsize=9)
    show(figure, alt)


def piles(groups: dict, xlabel: str, alt: str, bins: int = 16) -> None:
    """How often which number, one outline per group. groups: name → numbers (n,)"""
    import matplotlib.pyplot as plt

    low, high = min(float(g.min()) for g in groups.values()), max(float(g.max()) for g in groups.values())
    edges = [low + (high - low) * n / bins for n in range(bins + 1)]
    figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for number, (name, numbers) in enumerate(groups.items()):
        style = {"color": COLOURS[number], "linestyle": LINES[number], "linewidth": 2}
        axes.hist(numbers.tolist(), edges, histtype="step", label=name, **style)
    axes.set(xlabel=xlabel, ylabel="images")
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=len(groups), frameon=False)
    show(figure, alt)
