"""Pictures of lesson 13 alone."""

from capsule_tutor.figures import COLOURS, LINES, images, show


def error_curves(panels: dict, ylabel: str, alt: str, columns: int = 3) -> None:
    """The mean over the seeds, with its 95 % interval, all panels on one logarithmic scale, where a factor is a step.

    panels: label of the x axis → (x, {arm: errors in per cent (k, len(x))}); x holds numbers, or names side by side,
    whose points no line joins
    """
    import matplotlib.pyplot as plt
    from scipy.stats import t

    rows, columns = -(-len(panels) // columns), min(columns, len(panels))
    size = (3.4 * columns, 2.9 * rows + 0.4)
    figure, all_axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey=True, layout="constrained")
    for axes in all_axes.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (xlabel, (x, arms)) in zip(all_axes.flat, panels.items(), strict=False):
        named = isinstance(x[0], str)
        at = range(len(x)) if named else x
        shift = 0.016 * (max(at) - min(at))  # so that bars beside each other do not hide each other
        for number, (arm, errors) in enumerate(arms.items()):
            half = t.ppf(0.975, len(errors) - 1) * errors.std(dim=0) / len(errors) ** 0.5
            style = {"color": COLOURS[number], "linestyle": "" if named else LINES[number], "marker": "os^D"[number]}
            places = [place + (number - 1) * shift for place in at]
            axes.errorbar(places, errors.mean(dim=0), half, label=arm, capsize=2, linewidth=1.6, markersize=4, **style)
        axes.set(xlabel=xlabel, yscale="log", ylim=(0.4, 110))
        axes.set_xticks(at, x)
        axes.set_yticks([0.5, 1, 2, 5, 10, 20, 50, 100], ["0.5", "1", "2", "5", "10", "20", "50", "100"])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    for row in all_axes:
        row[0].set_ylabel(ylabel)
    all_axes[0, 0].legend(fontsize=9)
    show(figure, alt)


def falling(x, ys: dict, floor: tuple, xlabel: str, ylabel: str, alt: str) -> None:
    """Lines y(x) above a level that they may fall to. ys: label → y; floor: (its name, its height)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4))
    name, height = floor
    axes.axhline(height, color="0.4", linewidth=1)
    axes.annotate(name, (min(x), height), textcoords="offset points", xytext=(0, 4), color="0.3")
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(x, y, LINES[number], color=COLOURS[number], label=label, linewidth=2)
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    show(figure, alt)


def attacked_digits(clean, attacked: dict, predict, alt: str, times: int = 5) -> None:
    """Clean digits, attacked ones with what is read in them, and the last change enlarged.

    clean (n, 1, h, w), attacked: eps → (n, 1, h, w), predict: (n, 1, h, w) → labels (n,)
    """
    pictures, titles = [*clean], [f"clean → {digit}" for digit in predict(clean).tolist()]
    for eps, changed in attacked.items():
        pictures += [*changed]
        titles += [f"eps {eps} → {digit}" for digit in predict(changed).tolist()]
    pictures += [*(0.5 + times * (changed - clean)).clamp(0, 1)]  # grey where nothing changes
    titles += [f"change × {times}"] * len(clean)
    images(pictures, alt, titles, columns=len(clean))


def passing(groups: dict, threshold: float, xlabel: str, ylabel: str, alt: str) -> None:
    """How many per cent of each group are below each threshold, and a line at one. groups: name → numbers (n,)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for number, (name, numbers) in enumerate(groups.items()):
        style = {"color": COLOURS[number], "linestyle": LINES[number], "linewidth": 2}
        axes.ecdf(numbers.tolist(), label=name, **style)
    axes.axvline(threshold, color="0.4", linewidth=1)
    axes.annotate("95 % of clean", (threshold, 0.04), textcoords="offset points", xytext=(5, 0), color="0.3")
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, None), yticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_yticklabels(["0", "25", "50", "75", "100"])
    axes.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=len(groups), frameon=False)
    show(figure, alt)
