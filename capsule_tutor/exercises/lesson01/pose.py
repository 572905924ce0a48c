"""Write `pose(image, eps=1e-8)` for a whole batch: images (b, h, w) become poses (b, 3), each with the mean column, the
mean row and the slant cov(x, y)/var(y), weighted by brightness. No loops. `eps` is added to what you divide by, so that
an empty image has the pose (0, 0, 0)."""

import itertools

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, numbers

EFFORT = {"minutes": 12, "difficulty": 3, "importance": 4}
HINTS = (
    "Do what the loop does, with tensors that hold the column and the row of every pixel.",
    "`x = torch.arange(w, dtype=image.dtype)` has shape (w,), y the shape (h, 1): both broadcast against "
    "(b, h, w). Every sum is over dim=(1, 2).",
    "`mean_x = (image * x).sum(dim=(1, 2)) / mass`, likewise mean_y; `dx = x - mean_x[:, None, None]`, likewise "
    "dy. The covariance is the mean of `dx * dy` over the ink, the variance that of ...; stack the three along dim=1.",
)
AXES = ("b z",)
GRADIENT = False  # a measurement; at an empty image its slope depends on where exactly eps is


def _columns_and_rows(image: Tensor) -> tuple[Tensor, Tensor]:
    """x (w,) and y (h, 1): both line up with (b, h, w)."""
    h, w = image.shape[1:]
    return torch.arange(w, dtype=image.dtype), torch.arange(h, dtype=image.dtype)[:, None]


def pose(image: Tensor, eps: float = 1e-8) -> Tensor:
    """Where the ink is and how it leans. image (b, h, w) → (b, 3): mean column x, mean row y, slant

    The slant says by how many columns the ink moves to the right per row downwards. `eps` makes it 0 where
    there is no ink, or ink in one row only.
    """
    x, y = _columns_and_rows(image)
    mass = image.sum(dim=(1, 2)) + eps  # (b,)
    # x̄ = Σ ink·x / Σ ink, ȳ = Σ ink·y / Σ ink
    mean_x = (image * x).sum(dim=(1, 2)) / mass
    mean_y = (image * y).sum(dim=(1, 2)) / mass
    dx = x - mean_x[:, None, None]  # (b, 1, w)
    dy = y - mean_y[:, None, None]  # (b, h, 1)
    # slant = cov(x, y) / var(y)
    covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
    variance = (image * dy * dy).sum(dim=(1, 2)) / mass
    return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)


reference = pose


def oracle(image, eps=1e-8):
    rows = []
    for picture in image:
        lit = [(x, y, ink) for y, row in enumerate(picture) for x, ink in enumerate(row)]
        mass = sum(ink for _, _, ink in lit) + eps
        mean_x = sum(x * ink for x, _, ink in lit) / mass
        mean_y = sum(y * ink for _, y, ink in lit) / mass
        covariance = sum((x - mean_x) * (y - mean_y) * ink for x, y, ink in lit) / mass
        variance = sum((y - mean_y) ** 2 * ink for _, y, ink in lit) / mass
        rows.append(torch.stack([mean_x, mean_y, covariance / (variance + eps)]))
    return torch.stack(rows)


def _toy() -> Tensor:
    """The 5×5 picture of the lesson."""
    picture = torch.zeros(5, 5)
    picture[1] = torch.tensor([0, 0, 0, 0.5, 1])
    picture[2, 3] = 1
    picture[3] = torch.tensor([0, 0, 1, 0.5, 0])
    return picture


def cases():
    dash = torch.zeros(1, 5, 7)
    dash[0, 3, 1:5] = 1
    return [
        case("images of shape (b=2, h=5, w=6)", numbers(2, 5, 6).abs()),
        case("the 5×5 picture worked by hand", _toy()[None]),
        case("a batch of 1, higher than wide", numbers(1, 7, 4, seed=1).abs()),
        case("an image with brightnesses up to 255", 255 * numbers(2, 5, 6, seed=2).sigmoid()),
        case("an empty image, whose pose should be (0, 0, 0)", torch.zeros(1, 5, 6)),
        case("a horizontal dash, whose slant should be 0", dash),
        case("float64 images", numbers(2, 5, 6, seed=3).abs().double()),
    ]


def _inside_the_image(item, value):
    _, h, w = item.args[0].shape
    for name, mean, size in (("mean x", value[:, 0], w), ("mean y", value[:, 1], h)):
        if bool((mean < -0.01).any() or (mean > size - 0.99).any()):
            return f"{name} is outside the image: counted from the first, number 0, it is between 0 and {size - 1}."
    return None


# What may be summed for the slant: ink·dx·dy over ink·dy² is right.
_SUMS = {
    "ink·dy²": lambda ink, dx, dy: ink * dy * dy,
    "ink·dx·dy": lambda ink, dx, dy: ink * dx * dy,
    "ink·dx": lambda ink, dx, dy: ink * dx,
    "ink·dx²": lambda ink, dx, dy: ink * dx * dx,
    "ink·|dy|": lambda ink, dx, dy: ink * dy.abs(),
    "dx·dy (no ink)": lambda ink, dx, dy: (dx * dy).expand_as(ink),
    "dy² (no ink)": lambda ink, dx, dy: (dy * dy).expand_as(ink),
}


def _slant_is_cov_over_var(item, value):
    image = item.args[0]
    if value.shape != (len(image), 3):
        return None
    if bool((value[:, 2].abs() > 1e3).any()):
        return (
            "the slant is huge. Is what you divide by nearly 0? The mean of dy over the ink always is: in the variance "
            "dy is squared. And is the covariance a mean?"
        )
    x, y = _columns_and_rows(image)
    mean_x, mean_y, slant = pose(image).unbind(dim=1)
    if torch.allclose(value[:, 2], slant, atol=1e-4):
        return None
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    sums = {says: of(image, dx, dy).sum(dim=(1, 2)) for says, of in _SUMS.items()}
    if not sums["ink·dy²"].all():
        return None  # without ink, or with ink in one row only, the quotients tell nothing apart
    for (b, bottom), (a, top) in itertools.product(sums.items(), repeat=2):
        if torch.allclose(value[:, 2], top / bottom, atol=1e-4):
            return f"your slant is the sum of {a} over the sum of {b}; it should be Σ ink·dx·dy over Σ ink·dy²."
    return None


def _each_mean_alone(item, value):
    image = item.args[0]
    if not image.any():
        return None
    _, h, w = image.shape
    mean_x, mean_y, _ = pose(image).unbind(dim=1)
    for got, mean, size, name, line, grows in (
        (value[:, 0], mean_x, w, "mean x", "column", "x grows to the right"),
        (value[:, 1], mean_y, h, "mean y", "row", "y grows downwards"),
    ):
        if torch.allclose(got, mean, rtol=1e-3, atol=1e-4):
            continue
        if torch.allclose(got, mean + 1, atol=1e-4):
            return f"{name} is 1 too large. The first {line} should be number 0, as everywhere in Python."
        if torch.allclose(got, size - 1 - mean, atol=1e-4):
            return f"{name} is counted from the wrong end: (0, 0) is the top left pixel, and {grows}."
    return None


properties = (_inside_the_image, _each_mean_alone, _slant_is_cov_over_var)


def _moments(image: Tensor, x: Tensor, y: Tensor, mass: Tensor) -> tuple[Tensor, ...]:
    """Mean x, mean y, cov(x, y), var(x), var(y), each (b,), for mutants that spoil one ingredient."""

    def mean(values: Tensor) -> Tensor:
        return (image * values).sum(dim=(1, 2)) / mass

    mean_x, mean_y = mean(x), mean(y)
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    return mean_x, mean_y, mean(dx * dy), mean(dx * dx), mean(dy * dy)


def _pose_of(image: Tensor, x: Tensor, y: Tensor, mass: Tensor, eps: float) -> Tensor:
    mean_x, mean_y, covariance, _, variance = _moments(image, x, y, mass)
    return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)


def _pose_about(image: Tensor, mean_x: Tensor, mean_y: Tensor, eps: float) -> Tensor:
    """A pose with these means (b,), right or wrong, and the slant about them."""
    x, y = _columns_and_rows(image)
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    slant = (image * dx * dy).sum(dim=(1, 2)) / ((image * dy * dy).sum(dim=(1, 2)) + eps)
    return torch.stack([mean_x, mean_y, slant], dim=1)


def _slant_about(image: Tensor, x: float, y: float, eps: float) -> Tensor:
    """The right place, and the slant about the point (x, y)."""
    about = _pose_about(image, image.new_full((len(image),), x), image.new_full((len(image),), y), eps)
    return torch.cat([pose(image, eps)[:, :2], about[:, 2:]], dim=1)


def _mass(image: Tensor, eps: float) -> Tensor:
    return image.sum(dim=(1, 2)) + eps


class right:
    def by_loop(image, eps):
        poses = []
        for picture in image:
            h, w = picture.shape
            rows, columns = picture.sum(dim=1), picture.sum(dim=0)
            mass = picture.sum() + eps
            mean_x = sum(x * columns[x] for x in range(w)) / mass
            mean_y = sum(y * rows[y] for y in range(h)) / mass
            covariance = sum((x - mean_x) * (y - mean_y) * picture[y, x] for y in range(h) for x in range(w))
            variance = sum((y - mean_y) ** 2 * rows[y] for y in range(h))
            poses.append(torch.stack([mean_x, mean_y, covariance / (variance + eps)]))
        return torch.stack(poses)

    def by_einsum(image, eps=1e-6):
        h, w = image.shape[1:]
        x, y = torch.arange(w).to(image), torch.arange(h).to(image)
        share = image / image.sum(dim=(1, 2), keepdim=True).clamp(min=eps)
        mean_x, mean_y = torch.einsum("bhw,w->b", share, x), torch.einsum("bhw,h->b", share, y)
        dx, dy = x - mean_x[:, None], y - mean_y[:, None]
        covariance = torch.einsum("bhw,bw,bh->b", share, dx, dy)
        return torch.stack((mean_x, mean_y, covariance / (torch.einsum("bhw,bh->b", share, dy * dy) + eps)), dim=-1)

    def by_mean_of_products(image, eps):
        """cov(x, y) = mean of xy − mean x · mean y."""
        h, w = image.shape[-2:]
        y, x = torch.meshgrid(torch.arange(h).to(image), torch.arange(w).to(image), indexing="ij")
        mass = image.sum((1, 2)) + eps

        def mean(values):
            return (image * values).sum((1, 2)) / mass

        slant = (mean(x * y) - mean(x) * mean(y)) / (mean(y * y) - mean(y) ** 2 + eps)
        return torch.stack([mean(x), mean(y), slant]).T


class wrong:
    def x_and_y_exchanged(image, eps):
        """You exchanged x and y. The mean column, x, comes first; in (b, h, w) the columns are the LAST axis."""
        return pose(image, eps)[:, [1, 0, 2]]

    def exchanged_throughout(image, eps):
        """You exchanged x and y throughout, in the slant as well. x is the column: in (b, h, w) the columns are the
        LAST axis, and the slant divides by var(y), the variance of the rows."""
        return pose(image.transpose(1, 2), eps)

    def one_mean_for_the_batch(image, eps):
        """You took one mean place for the whole batch. Every image has its own: keep the axis b."""
        mean_x, mean_y, slant = pose(image, eps).unbind(dim=1)
        return torch.stack([mean_x.mean().expand_as(mean_x), mean_y.mean().expand_as(mean_y), slant], dim=1)

    def variance_not_divided(image, eps):
        """Your slant is divided by the mass once more than it should be. Is the variance a sum, or the covariance
        divided twice? Both are means over the ink: divide each by the mass, once."""
        mass = _mass(image, eps)
        mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), mass)
        return torch.stack([mean_x, mean_y, covariance / (variance * mass + eps)], dim=1)

    def not_divided_by_the_mass(image, eps):
        """You summed place times ink and stopped. A mean is that sum divided by the mass, otherwise twice as bright is
        twice as far."""
        x, y = _columns_and_rows(image)
        return _pose_of(image, x, y, torch.ones(len(image), dtype=image.dtype), eps)

    def every_lit_pixel_the_same(image, eps):
        """You count every lit pixel the same. Weigh it by its brightness, otherwise a grey edge pulls like a stroke."""
        return pose((image > 0).to(image.dtype), eps)

    def divided_by_lit_pixels(image, eps):
        """You divided by the number of lit pixels. The weights are the ink: divide by the sum of their brightness."""
        return _pose_of(image, *_columns_and_rows(image), _mass((image > 0).to(image.dtype), eps), eps)

    def divided_by_all_pixels(image, eps):
        """You divided by the number of pixels (.mean does). The weights are the ink: divide by the mass, their sum."""
        return _pose_of(image, *_columns_and_rows(image), _mass(torch.ones_like(image), eps), eps)

    def one_mass_for_the_batch(image, eps):
        """You divided by the mass of the whole batch, so an image's pose depends on its companions. Sum over dim=(1, 2)
        only."""
        return _pose_of(image, *_columns_and_rows(image), image.sum() + eps, eps)

    def one_mass_without_eps(image, eps):
        """image.sum() adds up the ink of the whole batch, and an empty image gives 0/0. Every image has a mass of its
        own, image.sum(dim=(1, 2)) + eps."""
        return _pose_of(image, *_columns_and_rows(image), image.sum(), eps)

    def counted_from_one(image, eps):
        """You number rows and columns from 1. The first of each is number 0, as everywhere in Python."""
        x, y = _columns_and_rows(image)
        return _pose_of(image, x + 1, y + 1, _mass(image, eps), eps)

    def stretched_to_the_size(image, eps):
        """Your columns run from 0 to w, and your rows from 0 to h, in steps that are larger than 1: `torch.linspace(0,
        w, w)` ends with w itself. The last column is number w − 1, as in `torch.arange(w)`."""
        x, y = _columns_and_rows(image)
        h, w = image.shape[1:]
        return _pose_of(image, x * w / (w - 1), y * h / (h - 1), _mass(image, eps), eps)

    def y_upwards(image, eps):
        """You let y grow upwards, as in geometry. In an image, row 0 is at the top and y grows downwards."""
        x, y = _columns_and_rows(image)
        return _pose_of(image, x, image.shape[1] - 1 - y, _mass(image, eps), eps)

    def measured_from_the_middle(image, eps):
        """You measure from the middle of the image. Here the place (0, 0) is the top left pixel."""
        x, y = _columns_and_rows(image)
        h, w = image.shape[1:]
        return _pose_of(image, x - (w - 1) / 2, y - (h - 1) / 2, _mass(image, eps), eps)

    def slant_about_the_middle(image, eps):
        """You measured dx and dy from the middle of the image, so that a mere shift changes the slant. Measure from
        the mean of the ink: mean_x and mean_y."""
        return _slant_about(image, *[(size - 1) / 2 for size in image.shape[:0:-1]], eps)

    def slant_about_half_the_size(image, eps):
        """You measured dx and dy from w/2 and h/2, so that a mere shift changes the slant. Measure from the mean of the
        ink: mean_x and mean_y."""
        return _slant_about(image, *[size / 2 for size in image.shape[:0:-1]], eps)

    def ink_forgotten_in_the_variance(image, eps):
        """In the slant your variance counts all pixels alike, with ink or without. It is a mean over the ink, as the
        covariance is: weigh dy² with the image."""
        x, y = _columns_and_rows(image)
        mean_x, mean_y, covariance, *_ = _moments(image, x, y, _mass(image, eps))
        variance = ((y - mean_y[:, None, None]) ** 2).mean(dim=(1, 2))
        return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)

    def ink_forgotten_in_the_means(image, eps):
        """Your means forget the ink: they add the columns and the rows as they are, and divide by the mass. Multiply by
        the image first: (image * x)."""
        x, y = (place.expand_as(image).sum(dim=(1, 2)) / _mass(image, eps) for place in _columns_and_rows(image))
        return _pose_about(image, x, y, eps)

    def middle_for_the_means(image, eps):
        """Your means forget the ink: they are the middle of the image, whatever is in it. Weigh x and y by the
        brightness: (image * x)."""
        x, y = (place.mean().expand(len(image)) for place in _columns_and_rows(image))
        return _pose_about(image, x, y, eps)

    def fractions_of_the_size(image, eps):
        """You return fractions of the image's size. x and y are wanted in pixels, so that a shift by 3 adds 3."""
        x, y = _columns_and_rows(image)
        h, w = image.shape[1:]
        return _pose_of(image, x / (w - 1), y / (h - 1), _mass(image, eps), eps)

    def brightest_pixel(image, eps):
        """You return the place of the brightest pixel. One pixel is not the digit: take the mean over all the ink."""
        place = image.flatten(1).argmax(dim=1)
        x, y = place % image.shape[2], place // image.shape[2]
        return torch.stack([x.to(image.dtype), y.to(image.dtype), pose(image, eps)[:, 2]], dim=1)

    def rows_per_column(image, eps):
        """You divided by var(x): that is rows per column. A slant in columns per row divides by var(y)."""
        mean_x, mean_y, covariance, variance_x, _ = _moments(image, *_columns_and_rows(image), _mass(image, eps))
        return torch.stack([mean_x, mean_y, covariance / (variance_x + eps)], dim=1)

    def covariance_not_divided(image, eps):
        """Your slant is too large by the factor `mass`. Is the covariance a sum, or the variance divided twice? Both
        are means over the ink: divide each by the mass, once."""
        mass = _mass(image, eps)
        mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), mass)
        return torch.stack([mean_x, mean_y, covariance * mass / (variance + eps)], dim=1)

    def covariance_alone(image, eps):
        """You return cov(x, y) itself, which grows with the digit. Divide it by var(y) to get columns per row."""
        mean_x, mean_y, covariance, _, _ = _moments(image, *_columns_and_rows(image), _mass(image, eps))
        return torch.stack([mean_x, mean_y, covariance], dim=1)

    def correlation(image, eps):
        """You return the correlation: divided by both spreads, it is at most 1. Divide by var(y) alone."""
        mean_x, mean_y, covariance, variance_x, variance = _moments(image, *_columns_and_rows(image), _mass(image, eps))
        return torch.stack([mean_x, mean_y, covariance / (variance_x * variance + eps).sqrt()], dim=1)

    def divided_by_the_spread(image, eps):
        """You divided by the spread of y, the root of var(y), so that the slant is in pixels. Leave out the root."""
        mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), _mass(image, eps))
        return torch.stack([mean_x, mean_y, covariance / (variance.sqrt() + eps)], dim=1)

    def means_not_taken_off(image, eps):
        """You used x and y themselves in the slant, so that a mere shift changes it. Subtract the means first."""
        x, y = _columns_and_rows(image)
        mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
        slant = (image * x * y).sum(dim=(1, 2)) / ((image * y * y).sum(dim=(1, 2)) + eps)
        return torch.stack([mean_x, mean_y, slant], dim=1)

    def covariance_unweighted(image, eps):
        """Your slant forgets the ink: it is a property of the image's frame. Weigh dx·dy and dy² by brightness."""
        x, y = _columns_and_rows(image)
        mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
        dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
        slant = (dx * dy).sum(dim=(1, 2)) / ((dy * dy).expand_as(image).sum(dim=(1, 2)) + eps)
        return torch.stack([mean_x, mean_y, slant], dim=1)

    def angle_in_radians(image, eps):
        """You return an angle. The slant is its tangent, cov/var: a shear adds to the tangent, not to the angle."""
        mean_x, mean_y, slant = pose(image, eps).unbind(dim=1)
        return torch.stack([mean_x, mean_y, slant.atan()], dim=1)

    def slant_with_the_other_sign(image, eps):
        """Your slant has the wrong sign. Are both differences taken the same way round, x − mean_x and y − mean_y? (y
        grows downwards here, so a digit that leans right, like /, is negative.)"""
        return pose(image, eps) * torch.tensor([1, 1, -1])

    def slant_without_a_sign(image, eps):
        """Your slant has lost its sign, so that leaning left and leaning right look the same. Leave out what drops it,
        such as an abs."""
        mean_x, mean_y, slant = pose(image, eps).unbind(dim=1)
        return torch.stack([mean_x, mean_y, slant.abs()], dim=1)

    def eps_on_top_as_well(image, eps):
        """Your slant is 1 where there is no ink, or ink in one row only, and it should be 0. Is it eps over eps there?
        Add eps to what you divide by, and not to the covariance."""
        mean_x, mean_y, covariance, _, variance = _moments(image, *_columns_and_rows(image), _mass(image, eps))
        return torch.stack([mean_x, mean_y, (covariance + eps) / (variance + eps)], dim=1)

    def no_eps(image, eps):
        """An empty image has mass 0, and 0/0 is NaN; so is the slant where all ink is in one row. Add eps to the mass
        and to the variance before you divide."""
        return _pose_of(image, *_columns_and_rows(image), image.sum(dim=(1, 2)), 0.0)

    def no_eps_in_the_mass(image, eps):
        """Only the mass lacks its eps: in an empty image it is 0, and 0/0 is NaN. Add eps to it before you divide."""
        return _pose_of(image, *_columns_and_rows(image), image.sum(dim=(1, 2)), eps)

    def no_eps_under_the_covariance(image, eps):
        """The mass is safe, but without ink, or with ink in one row only, the variance is 0: 0/0 is NaN. Add eps to it
        before you divide."""
        return _pose_of(image, *_columns_and_rows(image), _mass(image, eps), 0.0)

    def columns_numbered_by_the_height(image, eps):
        """Something as long as the image is high runs along the columns. Are h and w exchanged? The columns run along
        the width, x = 0 … w − 1, the rows along h."""
        h, w = image.shape[1:]
        x, y = torch.arange(h, dtype=image.dtype), torch.arange(w, dtype=image.dtype)[:, None]
        return _pose_of(image, x, y, _mass(image, eps), eps)

    def rows_laid_along_the_columns(image, eps):
        """Your y has shape (h,), which lines up with the columns. Stand it up: y[:, None] has shape (h, 1)."""
        x, y = _columns_and_rows(image)
        return _pose_of(image, x, y.squeeze(1), _mass(image, eps), eps)

    def means_without_axes(image, eps):
        """The means have shape (b,) and do not line up with pixels. Give them two axes: mean_x[:, None, None]."""
        x, y = _columns_and_rows(image)
        mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
        dx, dy = x - mean_x, y - mean_y
        slant = (image * dx * dy).sum(dim=(1, 2)) / ((image * dy * dy).sum(dim=(1, 2)) + eps)
        return torch.stack([mean_x, mean_y, slant], dim=1)

    def means_one_axis_short(image, eps):
        """mean_x[:, None] has shape (b, 1), one axis short of (b, h, w). It needs two: mean_x[:, None, None]."""
        x, y = _columns_and_rows(image)
        mean_x, mean_y, _ = pose(image, eps).unbind(dim=1)
        dx, dy = x - mean_x[:, None], y - mean_y[:, None]
        slant = (image * dx * dy).sum(dim=(1, 2)) / ((image * dy * dy).sum(dim=(1, 2)) + eps)
        return torch.stack([mean_x, mean_y, slant], dim=1)

    def stacked_the_other_way(image, eps):
        """Your result is (3, b). Join the three along dim=1, so that every image has a row: (b, 3)."""
        return pose(image, eps).T

    def joined_end_to_end(image, eps):
        """Your three are joined end to end: (3·b,). Did you use torch.cat? It makes no new axis; torch.stack(…, dim=1)
        does."""
        return torch.cat(pose(image, eps).unbind(dim=1))

    def joined_along_axis_1(image, eps):
        """Something works along axis 1 of a tensor (b,), which has only axis 0. Is it torch.cat, at the end? torch.cat
        joins along an axis that is already there, and torch.stack makes a new one."""
        return torch.cat(pose(image, eps).unbind(dim=1), dim=1)

    def three_tensors(image, eps):
        """You return three tensors. Make one of them: torch.stack([…], dim=1)."""
        return pose(image, eps).unbind(dim=1)
