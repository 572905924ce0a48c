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
                place = {"ha": "center", "va": "bottom" if y > 0 else "top", "color": COLOURS[i], "fontsize": 9}
                axes.annotate(label, (x, y), (0, 4 if y > 0 else -4), textcoords="offset points", **place)
            if v is not None:
                x, y = v[j].tolist()
                style = {"arrowstyle": "-|>", "linewidth": 3, "color": BLACK, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (x, y), (0, 0), arrowprops=style, zorder=5)
            heard = "" if v is None else f", ‖v‖ = {float((v[j] ** 2).sum()) ** 0.5:.2f}"
            axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="z = 0", ylabel="z = 1")
            axes.set_title(f"{title}: parent {parent}{heard}" if title else f"parent {parent}{heard}", fontsize=9)
            axes.set(xticks=range(-3, 4), yticks=range(-3, 4))
            axes.grid(alpha=0.3)
    show(figure, alt)
