"""Pictures of lesson 08 alone."""

from capsule_tutor.figures import BLUE, VERMILION, show


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
        plt.Line2D([], [], color=BLUE, linewidth=2, label="vote (the number: its product with the sum)"),
        plt.Line2D([], [], color=VERMILION, linewidth=7, label="sum of all votes"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    show(figure, alt)
