"""Write a test, `companions_test(network)`: what an image gets does not depend on its companions in the batch, nor on
how many there are. `network` takes images (b, 1, 8, 8) and gives v (b, 3, 4). Silent when that is so, `assert` when
not."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import numbers
from capsule_tutor.museum import exhibit

EFFORT = {"minutes": 7, "difficulty": 3, "importance": 5}
HINTS = (
    "An experiment again: the same image in two batches. How small can a batch be?",
    "Compare every image alone, as a batch of one, with itself in a batch of several. Allow for rounding.",
    "For each k: `alone = network(images[k : k + 1])`; its shape should be (1, 3, 4), and its numbers those of "
    "`network(images)[k : k + 1]`.",
)


def companions_test(network):
    images = torch.rand(4, 1, 8, 8)
    together = network(images)
    for k in range(len(images)):
        alone = network(images[k : k + 1])
        assert alone.shape == (1, *together.shape[1:]), f"a batch of one gives {tuple(alone.shape)}"
        assert torch.allclose(alone[0], together[k], atol=1e-4), f"image {k} gets something else alone"


reference = companions_test

_SEEN, _WEIGHT = numbers(64, 5 * 4, seed=1), numbers(5, 3, 4, 4, seed=2)


def _votes(images: Tensor) -> Tensor:
    u = functional.squash((images.flatten(1) @ _SEEN).view(-1, 5, 4))
    return functional.votes(u, _WEIGHT)


def _network(images: Tensor) -> Tensor:
    return functional.dynamic_routing(_votes(images))[0]


class sound:
    def rounded_otherwise(images):
        """a right network that rounds otherwise in larger batches, in the sixth digit"""
        return _network(images) * (1 + 1e-6 * len(images))

    def plain(images):
        """a right network"""
        return _network(images)

    def wants_four_axes(images):
        """a right network that takes images (b, 1, 8, 8) and nothing else"""
        _b, _, _h, _w = images.shape
        return _network(images)

    def one_by_one(images):
        """a right network that takes its images one by one"""
        return torch.cat([_network(image[None]) for image in images])


class broken:
    def shared_logits(images):
        """a network whose images share their routing logits. Are there others in your batch, and different ones?"""
        return exhibit(13).wrong(_votes(images))[0]

    def centred_by_the_batch(images):
        """a network that subtracts the mean image of the batch, as batch normalisation does in training mode."""
        return _network(images - images.mean(dim=0))

    def last_hears_first(images):
        """a network in which the last image hears the first, and all others are right. Do you look at every image?"""
        v = _network(images)
        return torch.cat([v[:-1], v[-1:] + 0.1 * v[:1] * (len(v) > 1)])

    def right_neighbour(images):
        """a network in which every image hears its neighbour."""
        v = _network(images)
        return v + 0.1 * v.roll(1, dims=0)

    def counts_the_images(images):
        """a network whose poses shrink with the number of images. Are your two batches of different size?"""
        v = _network(images)
        return v * 4 / (3 + len(v))

    def squeezed(images):
        """a network that squeezes a batch of one: (3, 4) instead of (1, 3, 4). Do you try a batch of one, and ask for
        its shape? A comparison of numbers broadcasts."""
        return _network(images).squeeze()


class right:
    def alone_against_together(network):
        images = torch.randn(3, 1, 8, 8)
        alone = [network(image[None]) for image in images]
        assert all(v.ndim == 3 for v in alone)
        assert torch.allclose(torch.cat(alone), network(images), atol=1e-3)

    def by_testing_tools(network):
        images = torch.rand(5, 1, 8, 8)
        together = network(images)
        for k in range(5):
            torch.testing.assert_close(network(images[k : k + 1]), together[k : k + 1], atol=1e-4, rtol=1e-4)


class wrong:
    def exactly_equal(network):
        """Your test allows for no rounding, or for too little. In another batch the sums may be taken in another order,
        and the last digits differ: use `torch.allclose(…, atol=1e-4)`."""
        images = torch.rand(4, 1, 8, 8)
        for k in range(4):
            assert torch.equal(network(images[k : k + 1]), network(images)[k : k + 1])

    def only_shuffled(network):
        """Your test only changes the order of the batch. Everybody still has the same companions, so whatever all of
        them share stays: change who is there, or how many."""
        images, order = torch.rand(4, 1, 8, 8), torch.tensor([2, 0, 3, 1])
        assert torch.allclose(network(images[order]), network(images)[order], atol=1e-4)

    def first_image_alone(network):
        """Your test does not notice when the LAST image of a batch hears another one. Does it look at the first image
        only, or leave the loop early? Look at every image."""
        images = torch.rand(4, 1, 8, 8)
        alone = network(images[:1])
        assert alone.shape == (1, 3, 4)
        assert torch.allclose(alone[0], network(images)[0], atol=1e-4)

    def same_image_everywhere(network):
        """Of the numbers, your test notices only how many images there are. Are its images copies of one, or the
        companions copies of the batch? Equal ones have nothing to tell: use different ones, and a batch of one."""
        images = torch.rand(1, 1, 8, 8).expand(4, 1, 8, 8)
        assert torch.allclose(network(images)[:1], network(images[:1]), atol=1e-4)

    def without_the_batch_axis(network):
        """A right network fails on what you hand it: images without a batch axis, it seems. An index `images[k]` and a
        loop over the images take that axis away. A batch of one is `images[k : k + 1]`."""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            assert torch.allclose(network(images[k])[0], together[k], atol=1e-4)

    def copies_and_their_shape(network):
        """Your test notices a wrong shape, and how many images there are; no more. Are its images copies of one?
        Companions that are equal have nothing to tell: use different ones."""
        images = torch.rand(1, 1, 8, 8).repeat(4, 1, 1, 1)
        alone = network(images[:1])
        assert alone.shape == (1, 3, 4)
        assert torch.allclose(alone, network(images)[:1], atol=1e-4)

    def shape_of_a_batch_of_one(network):
        """Your test notices a wrong shape, and no wrong number. Does it compare any numbers, and are its images random?
        Is its tolerance far smaller than a pose, as atol=1e-4 is? What an image gets alone should also be what it gets
        in company."""
        assert network(torch.rand(1, 1, 8, 8)).shape == (1, 3, 4)

    def asked_twice(network):
        """Your test finds none of these. Does its `assert` compare the same batch twice? That finds randomness, not
        company. Are all images alike, or black? Then none has anything to hear. Or is it `assert (…, "…")`? With those
        brackets it is always true."""
        images = torch.rand(4, 1, 8, 8)
        assert torch.allclose(network(images), network(images), atol=1e-4)

    def batches_of_one_size(network):
        """Poses that shrink as the batch grows pass your test. Do you change the companions and keep their number, or
        compare directions only? Compare numbers with those of a batch of one: some code breaks there, or counts."""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            others = torch.rand(4, 1, 8, 8)
            others[k] = images[k]
            assert torch.allclose(network(others)[k], together[k], atol=1e-4)

    def never_a_batch_of_one(network):
        """Your test misses a squeezed batch of one, and a network in which each image hears its neighbour. Is your
        smallest batch two images, with the same neighbour as before? Try one image: an axis of size 1 is what a
        `squeeze()` removes. Or do you compare means or sums? Then compare number by number, and ask for the shape."""
        images = torch.rand(4, 1, 8, 8)
        together = network(images)
        for k in range(4):
            pair = torch.stack([images[k], images[k - 1]])
            assert torch.allclose(network(pair)[0], together[k], atol=1e-4)
            assert torch.allclose(network(pair.flip(0))[1], together[k], atol=1e-4)

    def returned(network):
        """Your test returned a bool. A test is silent when all is well, and speaks up with `assert condition, "what is
        wrong"`; whoever runs it does not look at what it returns."""
        images = torch.rand(4, 1, 8, 8)
        return torch.allclose(network(images[:1])[0], network(images)[0], atol=1e-4)
