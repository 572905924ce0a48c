"""Pictures of lesson 16."""

from capsule_tutor.figures import show


def colours(pictures, titles: list[str], alt: str, columns: int = 6) -> None:
    """Pictures in colour, in rows of `columns`. pictures (n, 3, h, w) from 0 to 1"""
    import matplotlib.pyplot as plt

    rows = -(-len(pictures) // columns)
    figure, all_axes = plt.subplots(rows, columns, figsize=(1.3 * columns, 1.5 * rows), squeeze=False)
    for axes in all_axes.flat:
        axes.axis("off")
    for axes, picture, title in zip(all_axes.flat, pictures, titles, strict=False):
        axes.imshow(picture.permute(1, 2, 0))
        axes.set_title(title, fontsize=9)
    show(figure, alt)
