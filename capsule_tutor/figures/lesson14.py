"""Pictures of lesson 14: toys from every side."""

from capsule_tutor.figures import COLOURS, LINES, show


def toys(rows: dict, alt: str, steps: tuple = (), xlabel: str = "", cell: int = 72) -> None:
    """Toys in rows without gaps, in 64 greys. rows: name → pictures (n, h, w) in [0, 1], the same n in each.

    `steps` names the columns; `cell` is a picture's width on the screen in pixels.
    """
    import matplotlib.pyplot as plt
    import torch

    pictures = torch.stack([torch.as_tensor(row) for row in rows.values()])  # (r, n, h, w)
    r, n, h, w = pictures.shape
    sheet = pictures.permute(0, 2, 1, 3).reshape(r * h, n * w)
    figure, axes = plt.subplots(figsize=(n * cell / 90, r * cell * h / w / 90), layout="constrained")
    axes.imshow((63 * sheet).round() / 63, cmap="gray", vmin=0, vmax=1)
    axes.set_xticks([w * k + w / 2 for k in range(len(steps))], steps, fontsize=8)
    axes.set_yticks([h * k + h / 2 for k in range(r)], rows, fontsize=9)
    axes.tick_params(length=0)
    axes.set_xlabel(xlabel, fontsize=10)
    for side in axes.spines.values():
        side.set_visible(False)
    show(figure, alt)


def errors_by_angle(angles, errors: dict, familiar, xlabel: str, alt: str) -> None:
    """Error in % at each angle, one line per network, the angles that it has learned from shaded.

    angles (n,) in degrees, evenly spaced; familiar (n,) bool; errors: network → (n,), or (seeds, n) for a range
    """
    import matplotlib.pyplot as plt
    import torch

    angles = torch.as_tensor(angles)
    half = (angles[1] - angles[0]).item() / 2
    figure, axes = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for angle in angles[torch.as_tensor(familiar)].tolist():
        axes.axvspan(angle - half, angle + half, color="#DDDDDD", linewidth=0)
    for number, (label, error) in enumerate(errors.items()):
        error = torch.atleast_2d(torch.as_tensor(error))  # (seeds, n)
        style = {"color": COLOURS[number], "linestyle": LINES[number % 4]}
        axes.plot(angles, error.mean(dim=0), marker="o", markersize=4, linewidth=2, label=label, **style)
        if len(error) > 1:
            axes.fill_between(
                angles, error.amin(dim=0), error.amax(dim=0), color=COLOURS[number], alpha=0.2, linewidth=0
            )
    axes.plot([], [], color="#DDDDDD", linewidth=8, label="learned from")
    axes.set(
        xlabel=xlabel, ylabel="error (%)", ylim=(0, None), xlim=(angles[0] - half, angles[-1] + half), xticks=angles
    )
    axes.tick_params(axis="x", labelsize=8, rotation=0 if len(angles) < 12 else 45)
    axes.grid(alpha=0.3, axis="y")
    axes.legend(fontsize=9)
    show(figure, alt)
