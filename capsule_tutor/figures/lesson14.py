"""Pictures of lesson 14: toys from every side."""

from capsule_tutor.figures import COLOURS, LINES, show


def toys(rows: dict, alt: str, steps: tuple = (), xlabel: str = "", cell: int = 72) -> None:
    """Toys in rows without gaps, in 64 greys. rows: name → pictures (n, h, w) in [0, 1], the same n in each.

    `steps` names the columns; `cell` is a picture's width on the screen in pixels.
    """
    import matplotlib.pyplot as plt
    import torch

    pictures = torch.stack([torch.stack(list(row)) for row in rows.values()])  # (r, n, h, w)
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
    figure.legend(fontsize=9, loc="outside lower center", ncols=len(errors) + 1, frameon=False)
    show(figure, alt)


def novel_over_familiar(panels: dict, lengths: tuple, alt: str) -> None:
    """Novel over familiar error in %, a dot for each run and a line through the means of each length of training.

    The first network's dots are filled, the others' are hollow.

    panels: title → {network: (lengths, seeds, 2)}, familiar and novel error; `lengths` in epochs. Along a grey line the
    gap, novel − familiar, is the same.
    """
    import matplotlib.pyplot as plt
    import torch

    figure, all_axes = plt.subplots(
        1, len(panels), figsize=(4.4 * len(panels), 4), squeeze=False, sharex=True, sharey=True, layout="constrained"
    )
    every = torch.cat([torch.as_tensor(errors).reshape(-1, 2) for ways in panels.values() for errors in ways.values()])
    (left, bottom), (right, top) = (every.amin(dim=0) - 1.5).tolist(), (every.amax(dim=0) + 1.5).tolist()
    for axes, (title, ways) in zip(all_axes[0], panels.items(), strict=True):
        for gap in range(0, 100, 5):
            if bottom + 1 < right + gap and left + gap < top - 1:
                axes.plot([left, right], [left + gap, right + gap], color="#767676", linewidth=0.8)
                x = min(right, top - gap) - 0.3
                axes.annotate(f"gap {gap}", (x, x + gap), ha="right", va="top", fontsize=9, color="#404040")
        for number, (network, errors) in enumerate(ways.items()):
            middles = torch.as_tensor(errors).mean(dim=1)  # (lengths, 2)
            style = {"color": COLOURS[number], "linestyle": LINES[number], "linewidth": 2}
            face = COLOURS[number] if number == 0 else "white"
            axes.plot(*middles.T, **style)
            axes.plot([], [], marker="o", markerfacecolor=face, label=network, **style)
            for n in range(len(lengths)):
                shape = {"marker": "os^D"[n % 4], "markersize": 6, "alpha": 0.75, "linestyle": "none"}
                axes.plot(*errors[n].T, color=COLOURS[number], markerfacecolor=face, **shape)
        for n, epochs in enumerate(lengths):
            axes.plot([], [], "os^D"[n % 4], color="#595959", label=f"{epochs} epochs")
        axes.set(xlabel="familiar error (%)", title=title, xlim=(left, right), ylim=(bottom, top))
    all_axes[0, 0].set_ylabel("novel error (%)")
    figure.legend(*all_axes[0, 0].get_legend_handles_labels(), fontsize=9, loc="outside lower center", ncols=5)
    show(figure, alt)
