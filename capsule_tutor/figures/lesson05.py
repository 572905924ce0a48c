"""Pictures of lessons 05 and 07."""

from capsule_tutor.figures import COLOURS, LINES, show


def logs(ys: dict, alt: str, levels: dict | None = None, every: int = 1, ylabel: str = "margin loss") -> None:
    """Losses over training steps, on a log scale. ys: name → a loss for every few steps; levels: label → a loss."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.6, 3.8))
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(
            range(0, every * len(y), every), y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2
        )
    for label, level in (levels or {}).items():
        axes.axhline(level, color="grey", linewidth=1, zorder=0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate(label, (1, level), xytext=(5, 0), va="center", fontsize=9, **place)
    axes.set(xlabel="training step", ylabel=ylabel, yscale="log", ylim=(0.07, 5))
    ticks = (0.1, 0.2, 0.5, 1, 2, 4)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(title="network", ncols=2)
    show(figure, alt)
