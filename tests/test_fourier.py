"""The convolution through frequencies against PyTorch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from capsule_tutor import fourier, layers, models


def assert_both_ways_agree(monkeypatch, images, weight, stride):
    """Results and all gradients, through frequencies and by the sliding sum."""
    leaves = [x.requires_grad_() for x in (images, weight, torch.randn(len(weight)))]
    answers = []
    for direct in (False, True):
        monkeypatch.setattr(fourier, "_direct", lambda *_, direct=direct: direct)
        y = fourier.convolve(*leaves, stride)
        torch.manual_seed(1)
        answers.append((y, *torch.autograd.grad(y, leaves, torch.randn(y.shape))))
    for through, sliding in zip(*answers, strict=True):
        torch.testing.assert_close(through, sliding, rtol=1e-4, atol=1e-4)


@settings(deadline=None, max_examples=40)
@given(
    b=st.integers(1, 4),
    c=st.integers(1, 3),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 4),
    more=st.tuples(st.integers(0, 7), st.integers(0, 7)),
    seed=st.integers(0, 10),
)
def test_equals_the_sliding_sum_with_every_gradient(b, c, kernel, stride, more, seed):
    torch.manual_seed(seed)
    images, weight = torch.randn(b, c, kernel + more[0], kernel + more[1]), torch.randn(5, c, kernel, kernel)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert_both_ways_agree(monkeypatch, images, weight, stride)


def test_more_images_than_go_through_at_once(monkeypatch):
    monkeypatch.setattr(fourier, "AT_ONCE", 3)
    torch.manual_seed(0)
    assert_both_ways_agree(monkeypatch, torch.randn(7, 2, 8, 9), torch.randn(5, 2, 3, 3), 2)


@pytest.mark.parametrize(("images", "through"), [(1, False), (128, True)])
def test_capsnet_goes_through_frequencies_where_that_is_less_work(monkeypatch, images, through):
    went, transforms = [], fourier.transforms
    monkeypatch.setattr(fourier, "transforms", lambda *sizes: went.append(sizes) or transforms(*sizes))
    torch.manual_seed(0)
    primary = fourier.through_frequencies(models.capsnet(decoder=False)).encoder[2].requires_grad_(False)
    assert isinstance(primary, layers.PrimaryCapsules)
    x = torch.rand(images, 256, 20, 20)
    features = nn.functional.conv2d(x, primary.convolution.weight, primary.convolution.bias, 2)
    expected = layers.functional.squash(layers.primary_capsules(features, 8))
    torch.testing.assert_close(primary(x), expected, rtol=1e-4, atol=1e-5)
    assert went == ([(10, 10, 5)] if through else [])


@pytest.mark.parametrize("what", ["float64", "bfloat16", "autocast"])
def test_other_precisions_take_the_sliding_sum(what):
    x, weight = torch.empty(128, 256, 20, 20), torch.empty(256, 256, 9, 9)
    assert not fourier._direct(x, weight, 2)
    if what == "autocast":
        with torch.autocast("cpu", torch.bfloat16):
            assert fourier._direct(x, weight, 2)
    else:
        assert fourier._direct(x.to(getattr(torch, what)), weight, 2)


def test_the_cache_may_be_filled_in_inference_mode():
    fourier.transforms.cache_clear()
    with torch.inference_mode():
        fourier.transforms(4, 4, 2)
    (fourier.transforms(4, 4, 2)[0] @ torch.ones(16, 3, requires_grad=True)).sum().backward()
    assert not any(matrix.is_inference() for matrix in fourier.transforms(4, 4, 2))


def test_a_kernel_larger_than_the_image_is_refused_as_ever():
    with pytest.raises(RuntimeError, match=r"[Kk]ernel size"):
        fourier.convolve(torch.rand(2, 1, 4, 4), torch.rand(3, 1, 5, 5), torch.rand(3))


def test_only_the_way_of_a_network_changes():
    torch.manual_seed(0)
    network = models.efficient_capsnet()
    names, images = list(network.state_dict()), torch.rand(2, 1, 28, 28)
    before = network.eval()(images)
    assert fourier.through_frequencies(network) is network
    assert list(network.state_dict()) == names
    assert torch.equal(network(images), before)  # 3×3 filters gain nothing, and go the direct way as before
    grouped = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d) and layer.groups > 1]
    assert grouped
    assert not any(isinstance(layer, fourier.Convolution) for layer in grouped)


@pytest.mark.parametrize(
    ("kernel", "options"),
    [
        (3, {"dilation": 2}),
        (3, {"stride": (2, 1)}),
        ((9, 5), {}),
        ((5, 9), {}),
        (3, {"padding": 1}),
        (3, {"groups": 2}),
    ],
)
def test_a_convolution_that_is_not_plain_stays_as_it_is(monkeypatch, kernel, options):
    torch.manual_seed(0)
    convolution, images = nn.Conv2d(2, 4, kernel, **options), torch.rand(2, 2, 12, 12)
    network = nn.Sequential(convolution, nn.AdaptiveAvgPool2d(1))  # whatever its size, a map has a mean
    before = network(images)
    assert type(fourier.through_frequencies(network)[0]) is nn.Conv2d
    monkeypatch.setattr(fourier, "_direct", lambda *_: False)
    assert torch.equal(network(images), before)
