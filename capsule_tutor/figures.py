"""Static pictures: every one colour-blind-safe, labelled, and with a text for those who cannot see it."""

import base64
import html
import io

# Okabe and Ito's palette, told apart with every common colour vision.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)


def show(figure, alt: str) -> None:
    """Draw a matplotlib figure in the notebook with its alternative text, and close it.

    As HTML, because JupyterLab gives a plain PNG output no alternative text. Raises ValueError without `alt`.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if len(alt) < 20:
        raise ValueError(f"alt is {alt!r}; say in a sentence what the picture shows, for those who cannot see it")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=90, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    source = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    image = f'<img alt="{html.escape(alt)}" src="{source}" style="max-width: 100%">'
    display({"text/html": image, "text/plain": f"[Figure: {alt}]"}, raw=True)


COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
LINES = ("-", "--", ":", "-.")


def curves(x, ys: dict, xlabel: str, ylabel: str, alt: str, marks: dict | None = None) -> None:
    """Lines y(x), told apart by colour and by stroke. ys: label → y; marks: label → (x, y), points to point out."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.4))
    for number, (label, y) in enumerate(ys.items()):
        axes.plot(x, y, LINES[number % 4], color=COLOURS[number], label=label, linewidth=2)
    for label, (mark_x, mark_y) in (marks or {}).items():
        axes.plot(mark_x, mark_y, "o", color=BLACK, zorder=3)
        axes.annotate(label, (mark_x, mark_y), textcoords="offset points", xytext=(8, -12))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend()
    show(figure, alt)


def arrows(panels: dict, alt: str, limit: float = 1.5, circle: bool = True) -> None:
    """Vectors in the plane. panels: title → {label: (n, 2) vectors}; `circle` draws the unit circle."""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 3.6), squeeze=False)
    for axes, (title, groups) in zip(all_axes[0], panels.items(), strict=True):
        if circle:
            axes.add_patch(plt.Circle((0, 0), 1, fill=False, linestyle=":", color="grey"))
        for number, (label, vectors) in enumerate(groups.items()):
            for row, (x, y) in enumerate(vectors):
                style = {"color": COLOURS[number], "alpha": 0.9, "zorder": 3 + number}
                axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "linewidth": 2, **style})
                axes.plot(x, y, ".", markersize=1, label=label if row == 0 else None, **style)
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", title=title)
        axes.grid(alpha=0.3)
        if len(groups) > 1:
            handles = [plt.Line2D([], [], color=COLOURS[n], linewidth=2, label=g) for n, g in enumerate(groups)]
            axes.legend(handles=handles, loc="upper left")
    show(figure, alt)


def images(pictures, alt: str, titles: list[str] | None = None, columns: int = 10) -> None:
    """Grey pictures with values in [0, 1], (n, 28, 28) or (n, 1, 28, 28), in rows of `columns`."""
    import matplotlib.pyplot as plt

    pictures = [p.reshape(p.shape[-2:]) for p in pictures]
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, all_axes = plt.subplots(rows, columns, figsize=(1.2 * columns, 1.35 * rows), squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for number, (axes, picture) in enumerate(zip(all_axes.flat, pictures, strict=False)):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_title(titles[number] if titles else "", fontsize=9)
    show(figure, alt)


def heatmaps(tables: dict, xlabel: str, ylabel: str, alt: str, vmin: float = 0, vmax: float = 1) -> None:
    """Tables (rows, columns) side by side on one colour scale, small ones with numbers. tables: title → table"""
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        1, len(tables), figsize=(3.2 * len(tables) + 0.8, 3.2), squeeze=False, layout="constrained"
    )
    for axes, (title, table) in zip(all_axes[0], tables.items(), strict=True):
        drawn = axes.imshow(table, cmap="cividis", vmin=vmin, vmax=vmax, aspect="auto")
        axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
        rows, columns = table.shape
        if rows * columns <= 60:
            axes.set(xticks=range(columns), yticks=range(rows))
            for row in range(rows):
                for column in range(columns):
                    value = float(table[row, column])
                    colour = "white" if value < (vmin + vmax) / 2 else "black"
                    axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
    figure.colorbar(drawn, ax=all_axes[0].tolist())
    show(figure, alt)
