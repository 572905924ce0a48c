"""Pictures of lesson 03 alone."""

from capsule_tutor.figures import COLOURS, show


def faces(panels: dict, alt: str) -> None:
    """Parts of a face above, their votes for it below. panels: title → {part: (centre, arrow, vote)}, all 2-D."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        2, len(panels), figsize=(2.9 * len(panels), 4.4), squeeze=False, sharey="row", layout="constrained"
    )
    for (above, below), (title, parts) in zip(all_axes.T, panels.items(), strict=True):
        for number, (part, (centre, arrow, vote)) in enumerate(parts.items()):
            colour = {"color": COLOURS[number], "shrinkA": 0, "shrinkB": 0}
            tail, head = ([float(centre[k] + side * arrow[k] / 2) for k in (0, 1)] for side in (-1, 1))
            above.annotate("", head, tail, arrowprops={"arrowstyle": "-|>", "linewidth": 2.5, **colour})
            # The first votes are thick, the last is thin: of two that coincide, both can be seen.
            broad = len(parts) - number
            shape = {"arrowstyle": "-|>", "linewidth": 4 * broad - 2, "mutation_scale": 14 * broad, **colour}
            below.annotate("", [float(x) for x in vote], (0, 0), arrowprops=shape)
            above.plot([], [], label=part, color=COLOURS[number], linewidth=2.5)
        above.add_patch(plt.Circle((0, 0), 2.1, fill=False, linestyle=":", color="grey"))
        above.set(xlim=(-3.4, 3.4), ylim=(-2.4, 2.4), aspect="equal", title=title, xticks=[], yticks=[])
        below.set(xlim=(-3.4, 3.4), ylim=(-0.8, 3.6), aspect="equal", xlabel="x", xticks=range(-3, 4), yticks=range(4))
        below.grid(alpha=0.3)
    all_axes[0, 0].set_ylabel("what is seen")
    all_axes[1, 0].set_ylabel("votes for the face: y")
    all_axes[0, 0].legend(loc="upper left", fontsize=9)
    show(figure, alt)
