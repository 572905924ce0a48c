"""Pictures of lesson 04 alone."""

from capsule_tutor.figures import BLACK, COLOURS, show


def routing(steps: dict, alt: str, parents: tuple[str, ...] = ("A", "B"), limit: float = 3.4) -> None:
    """Two-dimensional votes, one plane per parent. steps: title → (u_hat (i, j, 2), v (j, 2), c (i, j))

    v and c may be None. The width of a vote's arrow is its coupling, which its label gives; v is black. One step
    is drawn in a row; several are side by side, one row per parent. The dotted circle has radius 1.
    """
    import matplotlib.pyplot as plt

    rows, columns = (1, len(parents)) if len(steps) == 1 else (len(parents), len(steps))
    figure, all_axes = plt.subplots(rows, columns, figsize=(2.7 * columns, 2.8 * rows), layout="constrained")
    planes = all_axes.reshape(len(parents), len(steps))
    for column, (title, (u_hat, v, c)) in enumerate(steps.items()):
        for j, parent in enumerate(parents):
            axes = planes[j, column]
            axes.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
            for i, (x, y) in enumerate(u_hat[:, j].tolist()):
                share = None if c is None else float(c[i, j])
                width = 2 if share is None else 0.6 + 6 * share
                style = {"arrowstyle": "-|>", "linewidth": width, "color": COLOURS[i], "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (x, y), (0, 0), arrowprops=style)
                label = f"child {i}" if share is None else f"child {i}\nc = {share:.2f}"
                place = {"ha": "center", "va": "bottom" if y > 0 else "top", "fontsize": 9}
                axes.annotate(label, (x, y), (0, 4 if y > 0 else -4), textcoords="offset points", **place)
            if v is not None:
                x, y = v[j].tolist()
                for colour, width in (("white", 7), (BLACK, 3)):  # a white rim, so that it is seen on the votes
                    style = {"arrowstyle": "-|>", "linewidth": width, "color": colour, "shrinkA": 0, "shrinkB": 0}
                    axes.annotate("", (x, y), (0, 0), arrowprops=style, zorder=5)
            heard = "" if v is None else f", ‖v‖ = {float((v[j] ** 2).sum()) ** 0.5:.2f}"
            axes.set(xlabel="number 0 of the pose", ylabel="number 1 of the pose")
            axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
            axes.set_title(f"{title}: parent {parent}{heard}" if title else f"parent {parent}{heard}", fontsize=9)
            axes.set(xticks=range(-3, 4), yticks=range(-3, 4))
            axes.grid(alpha=0.3)
    if v is not None:
        figure.supxlabel("coloured: a child's vote, as wide as its coupling c · black: the parent's pose v", fontsize=9)
    show(figure, alt)


def cycle(alt: str) -> None:
    """One iteration of dynamic routing as a cycle: boxes hold tensors, arrows are what is done to them."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.2, 4.4))
    boxes = {
        "logits $b_{ij}$\n(b, i, j), at first 0": (0, 3),
        "couplings $c_{ij}$\n(b, i, j)": (6, 3),
        "sums $s_j$\n(b, j, z)": (6, 0),
        "poses $v_j$\n(b, j, z)": (0, 0),
        "votes $\\hat u_{j|i}$\n(b, i, j, z)": (3, 1.5),
    }
    for text, place in boxes.items():
        fixed = text.startswith("votes")
        box = {"boxstyle": "round,pad=0.5", "facecolor": "#F2F2F2" if fixed else "white", "edgecolor": BLACK}
        axes.text(*place, text, ha="center", va="center", fontsize=11, bbox=box)
    steps = [  # from, to, what is done, where that is written
        ((1.35, 3), (4.95, 3), "softmax over the parents $j$", (3.1, 3.12), "center", "bottom"),
        ((6, 2.5), (6, 0.5), "weigh and add up\nover the children $i$", (6.15, 1.5), "left", "center"),
        ((5.2, 0), (0.95, 0), "squash", (3.1, -0.12), "center", "top"),
        ((0, 0.5), (0, 2.5), "add the agreement\n$\\hat u_{j|i} \\cdot v_j$", (-0.15, 1.5), "right", "center"),
    ]
    for start, end, label, place, ha, va in steps:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": COLOURS[0], "linewidth": 2.5})
        axes.text(*place, label, ha=ha, va=va, color=COLOURS[0], fontsize=11)
    for end in ((5.85, 1.5), (0.15, 1.5)):  # the votes take part in two of the steps
        start = (3.95, 1.5) if end[0] > 3 else (2.05, 1.5)
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#555555", "linestyle": "--"})
    axes.set(xlim=(-2.1, 8.2), ylim=(-0.7, 3.7))
    axes.axis("off")
    show(figure, alt)
