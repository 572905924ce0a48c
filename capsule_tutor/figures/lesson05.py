"""Pictures of lessons 05 and 07."""

from capsule_tutor.figures import BLACK, COLOURS, LINES, show

SIGNATURES = {  # where the margin loss of ten classes stays, and why (the table of lesson 05)
    "3.645: all lengths 1": 3.645,
    "0.81: all lengths 0": 0.81,
    "0.64: softmax of equal lengths": 0.64,
    "0.524: the same answer to all": 0.524,
    "0.446: softmax at its best": 0.446,
}


def logs(ys: dict, alt: str, levels: dict | None = None, every: int = 1, ylabel: str = "margin loss") -> None:
    """Losses over training steps, on a log scale. ys: name → a loss for every few steps; levels: label → a loss."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.6, 4.8 if levels else 3.8))
    for number, (label, y) in enumerate(ys.items()):
        style = {"linewidth": 2} if number < 4 else {"linewidth": 1, "marker": "o", "markersize": 4}  # a fifth style
        axes.plot(range(0, every * len(y), every), y, LINES[number % 4], color=COLOURS[number], label=label, **style)
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


def two_losses(alt: str, classes: int = 10, kept: int = 3) -> None:
    """From the poses to the loss: lengths and margin loss above, mask, decoder and reconstruction loss below."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9.6, 4.2), layout="constrained")

    def box(x: float, y: float, text: str, edge: str = BLACK) -> None:
        style = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": edge}
        axes.text(x, y, text, ha="center", va="center", fontsize=11, bbox=style)

    def arrow(start: tuple, end: tuple, colour: str) -> None:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})

    def rows(left: float, bottom: float, lit: set) -> None:
        for row in range(classes):
            colour = (COLOURS[0] if row == kept else "#888888") if row in lit else "white"
            place = (left, bottom + 0.2 * (classes - 1 - row))
            axes.add_patch(plt.Rectangle(place, 0.9, 0.2, facecolor=colour, edgecolor="#555555", linewidth=0.8))

    rows(0, 1.0, set(range(classes)))
    axes.text(0.45, 3.15, "poses v\n(b, j, z)", ha="center", va="bottom", fontsize=11)
    upper, lower = COLOURS[1], COLOURS[0]
    arrow((1.05, 2.5), (2.2, 3.4), upper)
    box(2.95, 3.5, "all lengths\n(b, j)", upper)
    arrow((3.75, 3.5), (7.15, 3.5), upper)
    axes.text(5.4, 3.6, "against the target", ha="center", va="bottom", fontsize=11)
    box(8.1, 3.5, "margin loss", upper)
    arrow((1.05, 1.6), (2.3, 0.95), lower)
    axes.text(1.75, 1.4, "mask", color=lower, ha="left", va="bottom", fontsize=11)
    box(0.9, 0.15, "target")
    arrow((1.15, 0.42), (1.6, 1.15), lower)
    rows(2.5, 0.0, {kept})
    axes.text(
        2.95,
        -0.1,
        "one pose kept: in training that of\nthe target, later the longest",
        ha="center",
        va="top",
        fontsize=9,
    )
    arrow((3.6, 1.0), (4.35, 1.0), lower)
    box(5.0, 1.0, "decoder", lower)
    arrow((5.65, 1.0), (7.0, 1.0), lower)
    axes.text(6.3, 1.1, "drawing", color=lower, ha="center", va="bottom", fontsize=11)
    box(8.1, 1.0, "reconstruction\nloss", lower)
    box(8.1, -0.35, "image")
    arrow((8.1, -0.05), (8.1, 0.5), lower)
    arrow((8.1, 3.1), (8.1, 2.6), upper)
    arrow((8.1, 1.5), (8.1, 1.95), lower)
    box(8.1, 2.28, "sum: the loss")
    axes.set(xlim=(-0.3, 9.4), ylim=(-0.75, 4.0))
    axes.axis("off")
    show(figure, alt)
