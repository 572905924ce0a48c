"""Pictures of lesson 07 alone."""

from capsule_tutor.figures import BLUE, VERMILION, show


def effects(rows: dict, healthy: list[float], xlabel: str, alt: str) -> None:
    """One dot per run on a log scale, a row per mistake; the grey band spans the healthy runs. rows: name → numbers"""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.2, 0.27 * len(rows) + 0.9), layout="constrained")
    low = min(min(healthy), min(v for values in rows.values() for v in values))
    floor = max(low, 0.1)
    axes.axvspan(max(min(healthy), floor), max(healthy), color="0.85", zorder=0)
    for place, values in enumerate(rows.values()):
        outside = min(values) > max(healthy)
        style = {"marker": "s", "color": VERMILION} if outside else {"marker": "o", "color": BLUE}
        axes.plot([max(v, floor) for v in values], [place] * len(values), linestyle="none", alpha=0.8, **style)
    axes.set(xscale="log", xlabel=xlabel, yticks=range(len(rows)), yticklabels=list(rows))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if floor / 1.3 <= t <= 130]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", alpha=0.3)
    show(figure, alt)


def who_hears_whom(maps: dict, alt: str) -> None:
    """Lit where output l moves when input k changes. maps: title → bool (n, m)"""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    figure, all_axes = plt.subplots(1, len(maps), figsize=(2.9 * len(maps), 3), squeeze=False, layout="constrained")
    for axes, (title, table) in zip(all_axes[0], maps.items(), strict=True):
        n, m = table.shape
        axes.pcolormesh(table, cmap="cividis", vmin=0, vmax=1, edgecolors="0.6", linewidth=0.5)
        axes.set(xlim=(0, m), ylim=(n, 0), aspect="equal", title=title, xlabel="output l", ylabel="input k")
        for axis, length in ((axes.xaxis, m), (axes.yaxis, n)):
            places = [int(t) for t in MaxNLocator(6, integer=True).tick_values(0, length - 1) if 0 <= t < length]
            axis.set_ticks([place + 0.5 for place in places], [str(place) for place in places])
    show(figure, alt)
