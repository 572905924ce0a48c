"""Pictures of lesson 15."""

from capsule_tutor.figures import BLUE, VERMILION, show


def ladder(rungs: dict, margin: float, xlabel: str, alt: str) -> None:
    """Differences to a control with their intervals, 0 and the margin. rungs: name → (mean, low, high)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 0.38 * len(rungs) + 1.1), layout="constrained")
    axes.axvspan(-margin, margin, color="0.9")
    for row, (mean, low, high) in enumerate(rungs.values()):
        colour = VERMILION if low > 0 or high < 0 else BLUE  # the side of 0 says so, too
        axes.plot([low, high], [row, row], color=colour, linewidth=2.5, solid_capstyle="butt")
        axes.plot(mean, row, "o", color=colour, markersize=7)
    axes.axvline(0, color="black", linewidth=1)
    axes.set(xlabel=xlabel, yticks=range(len(rungs)), yticklabels=list(rungs))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    show(figure, alt)
