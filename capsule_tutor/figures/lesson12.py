"""Pictures of lesson 12 alone."""

from capsule_tutor.figures import BLACK, BLUE, COLOURS, LINES, ORANGE, PAPER, SKY, VERMILION, show


def coloured(pair):
    """Two drawings (2, h, w) in one: the first in orange, the second in blue, white where both have ink. → (h, w, 3)"""
    import torch
    from matplotlib.colors import to_rgb

    inks = torch.tensor([to_rgb(ORANGE), to_rgb(SKY)])  # (2, 3)
    return torch.einsum("khw,kc->hwc", torch.as_tensor(pair).detach().float().cpu(), inks).clamp(0, 1)


def segmented(images, rows: dict, titles: list[str], alt: str) -> None:
    """Images (n, h, w) in grey, and below them rows of two-colour pictures. rows: name → pairs (n, 2, h, w)"""
    import matplotlib.pyplot as plt

    n = len(images)
    figure, all_axes = plt.subplots(
        1 + len(rows), n, figsize=(1.25 * n + 0.6, 1.35 * (1 + len(rows)) + 0.2), squeeze=False, layout="constrained"
    )
    for axes, image, title in zip(all_axes[0], images, titles, strict=True):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, fontsize=9)
    for line, pairs in zip(all_axes[1:], rows.values(), strict=True):
        for axes, pair in zip(line, pairs, strict=True):
            axes.imshow(coloured(pair))
    for line, name in zip(all_axes, ["image", *rows], strict=True):
        line[0].set_ylabel(name, fontsize=9)
    for axes in all_axes.flat:
        axes.set(xticks=[], yticks=[])
    show(figure, alt)


def credit(points: dict, alt: str) -> None:
    """Which exact-pair accuracies a per-digit one leaves room for. points: name → (per digit, exact), in per cent"""
    import matplotlib.pyplot as plt
    import torch

    figure, axes = plt.subplots(figsize=(5.6, 4.4), layout="constrained")
    h = torch.linspace(0, 100, 101)
    axes.fill_between(h, (2 * h - 100).clamp(min=0), h, color=SKY, alpha=0.35, label="possible")
    axes.plot(h, h**2 / 100, "--", color=BLUE, linewidth=2, label="digits found independently: the square")
    for number, (name, (x, y)) in enumerate(points.items()):
        axes.plot(x, y, "os^D"[number % 4], color=VERMILION, markersize=7)
        place = {"xytext": (8, 6), "ha": "left"} if x < 60 else {"xytext": (-9, 3), "ha": "right"}
        axes.annotate(name, (x, y), textcoords="offset points", bbox=PAPER, **place)
    axes.set(xlabel="digits found (%), half credit", ylabel="pairs found (%), exact", xlim=(0, 101), ylim=(-1, 101))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    show(figure, alt)


def lengths(panels: dict, titles: list[str], alt: str) -> None:
    """Ten lengths as bars, a row of charts for each panel. panels: name → (n, 10); titles: one for each column"""
    import matplotlib.pyplot as plt

    first = next(iter(panels.values()))
    size = (3.1 * len(first), 1.9 * len(panels) + 0.2)
    figure, all_axes = plt.subplots(len(panels), len(first), figsize=size, squeeze=False, layout="constrained")
    for line, (name, table) in zip(all_axes, panels.items(), strict=True):
        for axes, title, row in zip(line, titles, table, strict=True):
            axes.bar(range(len(row)), row, color=BLUE)
            axes.set(ylim=(0, 1.05), xticks=range(len(row)), title=title)
            axes.grid(axis="y", alpha=0.3)
            axes.set_axisbelow(True)
        line[0].set_ylabel(name)
    for axes in all_axes[-1]:
        axes.set_xlabel("class")
    show(figure, alt)


def longer(groups: dict, alt: str) -> None:
    """Late validation errors, told apart by colour and by stroke. groups: name → for each run its (million pairs, %)"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
    for number, (name, runs) in enumerate(groups.items()):
        style = {"linestyle": LINES[number], "color": COLOURS[number], "linewidth": 1.4}
        for run, points in enumerate(runs):
            axes.plot(*zip(*points, strict=True), label=None if run else name, **style)
    axes.set(xlabel="million pairs seen", ylabel="validation pairs wrong (%)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9)
    show(figure, alt)


def apart(distances, lengths: dict, found: list[float], alt: str, trained: int = 8) -> None:
    """The share of pairs found over the distance of two digits, and below it mean lengths. lengths: name → values"""
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(6, 5), sharex=True, layout="constrained")
    above.plot(distances, found, "o-", color=BLACK, linewidth=2)
    for (name, values), style, colour in zip(lengths.items(), ("o-", "s--"), (BLUE, VERMILION), strict=True):
        below.plot(distances, values, style, color=colour, linewidth=2, label=name)
    for axes, ylabel in ((above, "share of pairs found"), (below, "mean length")):
        axes.axvspan(trained, max(distances), color="0.9", zorder=0)
        axes.set(ylim=(0, 1), ylabel=ylabel)
        axes.grid(alpha=0.3)
    above.text(trained + 0.2, 0.9, "farther apart than in training", fontsize=9)
    below.legend(loc="lower left", ncols=2)
    below.set(xlabel="distance (pixels)")
    show(figure, alt)


def whose(images, maps: dict, titles: list[str], alt: str, label: str) -> None:
    """Pairs (n, 2, H, W) in two colours, and below them maps of places, above 0 the first digit's.

    maps: name → (n, h, w)
    """
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap

    n = len(images)
    size = (1.4 * n + 1.2, 1.5 * (1 + len(maps)) + 0.2)
    figure, all_axes = plt.subplots(1 + len(maps), n, figsize=size, squeeze=False, layout="constrained")
    for axes, pair, title in zip(all_axes[0], images, titles, strict=True):
        axes.imshow(coloured(pair))
        axes.set_title(title, fontsize=9)
    between = LinearSegmentedColormap.from_list("whose", [BLUE, "#f7f7f7", VERMILION], 41)
    for line, table in zip(all_axes[1:], maps.values(), strict=True):
        most = float(table.abs().max())
        for axes, places in zip(line, table, strict=True):
            drawn = axes.imshow(places, cmap=between, vmin=-most, vmax=most)
        figure.colorbar(drawn, ax=line.tolist(), label=label, shrink=0.9, ticks=[-most, 0, most]).ax.set_yticklabels(
            [f"second {most:.2f}", "0", f"first {most:.2f}"]
        )
    for line, name in zip(all_axes, ["digits", *maps], strict=True):
        line[0].set_ylabel(name, fontsize=9)
    for axes in all_axes.flat:
        axes.set(xticks=[], yticks=[])
    show(figure, alt)
