"""Tests of a whole network, and of routing: what holds for every right one, whatever its layers are.

A test takes the part that was handed in; those of PARTS also get images (b, …) and the model. It returns None, or a
sentence that says what is wrong.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from capsule_tutor import functional
from capsule_tutor.museum.inputs import numbers

PARTS = frozenset({"model", "children", "draw", "loss"})  # whose tests need the model and images
CLOSE = 1e-4  # what rounding may do to a length


def is_one_vector_for_each_class(model: Callable, images: Tensor, _: Callable) -> str | None:
    v = model(images)
    if v.ndim != 3 or len(v) != len(images):
        return f"{len(images)} images give {tuple(v.shape)}; expected (b, j, z) with b = {len(images)}"
    return None


def takes_a_batch_of_one(model: Callable, images: Tensor, _: Callable) -> str | None:
    alone, together = model(images[:1]), model(images)[:1]
    if alone.shape != together.shape:
        return f"a batch of one gives {tuple(alone.shape)} instead of {tuple(together.shape)}: look for a squeeze()"
    if (alone - together).abs().max() > CLOSE:
        return "an image gives other capsules alone than in a batch"
    return None


def keeps_images_apart(model: Callable, images: Tensor, _: Callable) -> str | None:
    others = images.clone()
    others[1:] = torch.rand_like(others[1:])
    moved = (model(others)[0] - model(images)[0]).abs().max().item()
    return f"all other images changed, and image 0 moved by {moved:.2g}" if moved > CLOSE else None


def tells_images_apart(model: Callable, images: Tensor, _: Callable) -> str | None:
    v = model(images)
    spread = (v - v[:1]).abs().max().item()
    return "all images give the same capsules: it is a constant" if spread < 1e-6 else None


def stays_shorter_than_one(model: Callable, images: Tensor, _: Callable) -> str | None:
    longest = model(images).norm(dim=2).max().item()
    return None if longest <= 1 + CLOSE else f"a capsule is {longest:.2f} long"


def does_not_shout_or_whisper(model: Callable, images: Tensor, _: Callable) -> str | None:
    mean = model(images).norm(dim=2).mean().item()
    if mean > 0.9:
        return f"the mean length is {mean:.2f}, every class is there in every image: are the first weights too large?"
    return None if mean > 1e-3 else f"the mean length is {mean:.1g}, no class is ever there: are the weights too small?"


def survives_a_black_image(model: Callable, images: Tensor, _: Callable) -> str | None:
    black = torch.zeros_like(images[:2]).requires_grad_()
    v = model(black)
    if not v.isfinite().all():
        return "the capsules of a black image are not finite"
    (gradient,) = torch.autograd.grad(functional.lengths(v).sum(), black)
    return None if gradient.isfinite().all() else "the gradient at a black image is not finite: look for a missing eps"


def says_the_same_twice(model: Callable, images: Tensor, _: Callable) -> str | None:
    moved = (model(images) - model(images)).abs().max().item()
    return f"the same images give capsules that differ by {moved:.2g}" if moved > 1e-6 else None


def leaves_the_images_alone(model: Callable, images: Tensor, _: Callable) -> str | None:
    given = images.clone()
    model(given)
    return None if torch.equal(given, images) else "the images are not what they were: look for `+=` and relu_()"


def child_is_at_one_place(children: Callable, images: Tensor, _: Callable) -> str | None:
    # Squash multiplies all numbers of a capsule by one factor. So in a capsule that is cut from d neighbouring places
    # of one channel, a change at one place changes one ratio and leaves the other d − 1 alike, whatever else the image
    # shows. On one image a right capsule may do so, too, where a ReLU before it is shut; hence 16 of them.
    brightness = torch.linspace(0.1, 1, 16).view(-1, *[1] * (images.ndim - 1))
    before = torch.rand(16, *images.shape[1:]).mul(brightness).to(images)
    after = before.clone()
    after[..., 0, 0] = 1 - after[..., 0, 0].round()  # as far as a pixel can go
    ratio = children(after) / children(before)  # (16, i, d)
    off = (ratio - ratio.median(dim=2, keepdim=True).values).abs()
    touched = (off > 1e-3).any(dim=2).any(dim=0)  # (i,)
    never = (off < 1e-5).all(dim=0)  # (i, d)
    if touched.any() and never[touched].float().mean() > 0.5:
        return f"one pixel moved {touched.sum()} children, most numbers of each stayed: cut from neighbouring places"
    return None


def child_points_anywhere(children: Callable, images: Tensor, _: Callable) -> str | None:
    return None if (children(images) < 0).any() else "no number of a child is negative: is there a ReLU before squash?"


def child_is_shorter_than_one(children: Callable, images: Tensor, _: Callable) -> str | None:
    longest = children(images).norm(dim=2).max().item()
    return None if longest <= 1 + CLOSE else f"a child is {longest:.2f} long: it was not squashed"


def draws_the_chosen_capsule_alone(draw: Callable, images: Tensor, model: Callable) -> str | None:
    v, index = _capsules(model, images)
    others = v + numbers(*v.shape).to(v)
    others[range(len(v)), index] = v[range(len(v)), index]
    moved = (draw(others, index) - draw(v, index)).abs().max().item()
    return f"the other capsules changed, and a pixel of the drawing moved by {moved:.2g}" if moved > CLOSE else None


def draws_the_class(draw: Callable, images: Tensor, model: Callable) -> str | None:
    v, index = _capsules(model, images)
    same = v[:, :1].expand_as(v)  # every class has the same pose
    if torch.equal(draw(same, index), draw(same, (index + 1) % v.shape[1])):
        return "one pose is drawn alike for two classes: the decoder does not know the class"
    return None


def can_draw_what_it_should(draw: Callable, images: Tensor, model: Callable) -> str | None:
    v, index = _capsules(model, images)
    drawn = draw(50 * v, index)
    bounded = drawn.min() >= 0 and drawn.max() <= 1
    if bounded and (images.min() < 0 or images.max() > 1):
        return f"pixels run from {images.min():.2f} to {images.max():.2f}, drawings from 0 to 1"
    return None


def _capsules(model: Callable, images: Tensor) -> tuple[Tensor, Tensor]:
    v = model(images).detach()
    return v, torch.arange(len(v), device=v.device) % v.shape[1]


def teaches_every_parameter(loss: Callable, images: Tensor, model: Callable) -> str | None:
    if not isinstance(model, nn.Module):
        return None
    names, parameters = zip(*((n, p) for n, p in model.named_parameters() if p.requires_grad), strict=True)
    labels = torch.arange(len(images), device=images.device) % model(images).shape[1]
    gradients = torch.autograd.grad(loss(images, labels), parameters, allow_unused=True)
    unused = [name for name, gradient in zip(names, gradients, strict=True) if gradient is None]
    return f"no gradient reaches {', '.join(unused)}" if unused else None


def turns_with_its_votes(route: Callable) -> str | None:
    u_hat = numbers(2, 5, 3, 6)
    if route(torch.zeros_like(u_hat), 3)[0].any():
        return None  # a bias: this layer can tell u from −u, and means to
    v, c = route(u_hat, 3)
    turned, same = route(-u_hat, 3)
    if (v + turned).abs().max() > CLOSE or (c - same).abs().max() > CLOSE:
        return "the signs of the votes were flipped and the poses did not flip with them"
    return None


def pose_is_shorter_than_one(route: Callable) -> str | None:
    longest = route(10 * numbers(2, 5, 3, 6), 3)[0].norm(dim=2).max().item()
    return None if longest <= 1 + CLOSE else f"a pose is {longest:.2f} long: it was not squashed"


def pose_points_where_its_votes_do(route: Callable) -> str | None:
    u_hat = numbers(2, 5, 3, 6)
    if route(torch.zeros_like(u_hat), 3)[0].any():
        return None  # a bias turns every pose
    v, c = route(u_hat, 3)
    # s_j = Σ_i c_ij û_{j|i}
    s = torch.einsum("bij,bijz->bjz", c, u_hat)
    if torch.cosine_similarity(s, v, dim=2).min() < 0.999:
        return "a pose does not point where its votes do, weighted by the couplings: do they belong together?"
    return None


def couplings_follow_agreement(route: Callable) -> str | None:
    u_hat = 2 * numbers(2, 5, 3, 6)
    for iterations in range(1, 6):
        (v, c), (_, later) = route(u_hat, iterations), route(u_hat, iterations + 1)
        agreement = torch.einsum("bijz,bjz->bij", u_hat, v)
        # Logits that grow by k times the agreement, k > 0, shift a softmax towards it: Σ_j Δc_ij a_ij ≥ 0.
        if ((later - c) * agreement).sum(dim=2).min() < -CLOSE:
            return f"after iteration {iterations} a child turns away from the parents that agree with it"
    return None


def survives_votes_of_zero(route: Callable) -> str | None:
    u_hat = torch.zeros(2, 5, 3, 6, requires_grad=True)
    v = route(u_hat, 3)[0]
    if not v.isfinite().all():
        return "votes of zero give poses that are not finite"
    (gradient,) = torch.autograd.grad(v.sum(), u_hat)
    return None if gradient.isfinite().all() else "the gradient at votes of zero is not finite: look for a missing eps"


def knows_no_order_of_children(route: Callable) -> str | None:
    u_hat, order = numbers(2, 5, 3, 6), torch.tensor([3, 0, 4, 1, 2])
    (v, c), (shuffled, reordered) = route(u_hat, 3), route(u_hat[:, order], 3)
    if (v - shuffled).abs().max() > CLOSE or (c[:, order] - reordered).abs().max() > CLOSE:
        return "the children were shuffled and the parents changed"
    return None


TESTS = (
    ("model", "It gives one vector for each image and class.", is_one_vector_for_each_class),
    ("model", "A batch of one gives what the same image gives in a larger batch.", takes_a_batch_of_one),
    ("model", "What an image gets does not depend on its companions in the batch.", keeps_images_apart),
    ("model", "Different images give different capsules.", tells_images_apart),
    ("model", "No capsule is longer than 1.", stays_shorter_than_one),
    ("model", "Neither every class is there nor none.", does_not_shout_or_whisper),
    ("model", "A black image gives finite capsules and gradients.", survives_a_black_image),
    ("model", "Evaluating twice gives the same numbers.", says_the_same_twice),
    ("model", "It leaves its input as it was.", leaves_the_images_alone),
    ("children", "One pixel changes all numbers of a child or none.", child_is_at_one_place),
    ("children", "A child may point anywhere: some of its numbers are negative.", child_points_anywhere),
    ("children", "No child is longer than 1.", child_is_shorter_than_one),
    ("draw", "Only the chosen capsule is drawn: the others may change.", draws_the_chosen_capsule_alone),
    ("draw", "The same pose in another class is drawn differently.", draws_the_class),
    ("draw", "The darkest and the brightest pixel can be drawn.", can_draw_what_it_should),
    ("loss", "Every parameter gets a gradient.", teaches_every_parameter),
    ("route", "Votes with their signs flipped give flipped poses and the same couplings.", turns_with_its_votes),
    ("route", "The order of the children does not matter.", knows_no_order_of_children),
    ("route", "No pose is longer than 1.", pose_is_shorter_than_one),
    ("route", "A pose points where its weighted votes do.", pose_points_where_its_votes_do),
    ("route", "In every iteration a child turns to the parents that agree with it.", couplings_follow_agreement),
    ("route", "Votes of zero give finite poses and gradients.", survives_votes_of_zero),
)  # fmt: skip
