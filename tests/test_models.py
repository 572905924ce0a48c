"""Whole networks have the parameters that the papers count, one interface, and poses that can be decoded."""

import pytest
import torch

from capsule_tutor import data, functional, layers, models
from capsule_tutor.layers import RoutedCapsules

COUNTS = [
    (models.capsnet, {}, 6_804_224, 1_411_344),
    (models.capsnet, {"released": True}, 6_804_224 + 160, 1_411_344),
    (models.capsnet, {"shape": (1, 36, 36)}, None, None),
    (models.efficient_capsnet, {}, 161_824, 1_411_344),
    (models.efficient_capsnet, {"shape": (1, 36, 36)}, 154_656, None),
    (models.efficient_capsnet, {"shape": (2, 48, 48), "classes": 5}, 151_664, 229_570),
    *((models.efficient_capsnet, {"routing": way}, 161_824, None) for way in ("static", "random", 1, 3)),
    (models.efficient_capsnet, {"routing": "no prior"}, 161_664, None),
    (models.dense, {}, 161_824, 1_411_344),
    (models.dense, {"shape": [1, 36, 36]}, 154_656, None),  # as JSON gives it
    (models.dense, {"shape": (2, 48, 48), "classes": 5}, 151_664, 229_570),
    (models.convnet, {}, 151_328, 1_411_344),
]


@pytest.mark.parametrize(("build", "options", "encoder", "decoder"), COUNTS)
def test_parameters_and_interface(build, options, encoder, decoder):
    torch.manual_seed(0)
    model = build(**options).eval()
    assert encoder is None or models.count_parameters(model.encoder) == encoder
    assert decoder is None or models.count_parameters(model.decoder) == decoder
    images, classes = torch.rand(2, *model.shape), options.get("classes", 10)
    v = model(images)
    assert v.shape == (2, classes, 16)
    assert torch.equal(model.lengths(images), functional.lengths(v))
    assert (model.lengths(images) < 1).all()
    assert torch.equal(model.predict(images), model.lengths(images).argmax(dim=1))
    drawn = model.reconstruct(images)
    assert drawn.shape == images.shape
    assert torch.equal(drawn, model.decode(v, model.predict(images)))
    assert ((drawn >= 0) & (drawn <= 1)).all()
    assert not torch.equal(
        model.reconstruct(images, torch.tensor([0, 1])), model.reconstruct(images, torch.tensor([1, 0]))
    )


def test_multimnist_capsnet_has_the_published_size():
    assert models.count_parameters(models.capsnet(shape=(1, 36, 36))) == 11_361_808


@pytest.mark.parametrize("build", [models.capsnet, models.efficient_capsnet, models.dense, models.convnet])
def test_one_image_alone_is_the_same_as_in_company(build):
    torch.manual_seed(0)
    model = build().eval()
    images = torch.rand(3, 1, 28, 28)
    torch.testing.assert_close(model(images[:1]), model(images)[:1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("build", [models.capsnet, models.efficient_capsnet, models.dense, models.convnet])
def test_every_parameter_gets_a_gradient(build):
    torch.manual_seed(0)
    model = build()
    images, labels = torch.rand(4, 1, 28, 28), torch.tensor([0, 1, 2, 3])
    v = model(images)
    loss = functional.margin_loss(functional.lengths(v), labels)
    (loss + functional.reconstruction_loss(model.decode(v, labels), images)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_initial_weights_are_those_of_the_released_code():
    torch.manual_seed(0)
    network = models.capsnet(released=True)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            std = 0.05 if layer is network.encoder[0] else 0.1
            assert layer.weight.abs().max() <= 2 * std
            assert layer.weight.std().item() == pytest.approx(0.88 * std, rel=0.05)  # cut off at two deviations
            assert (layer.bias == 0.1).all()
    for build in (models.efficient_capsnet, models.convnet):
        first, _, second, _, last, _ = build().decoder
        assert first.weight.var().item() == pytest.approx(2 / 160, rel=0.05)
        assert second.weight.var().item() == pytest.approx(2 / 512, rel=0.05)
        assert last.weight.var().item() == pytest.approx(2 / (1024 + 784), rel=0.05)
        assert not any(layer.bias.any() for layer in (first, second, last))


def test_released_divides_before_the_bias():
    torch.manual_seed(0)
    layer = models.capsnet(released=True).encoder[2]
    features = torch.rand(1, 256, 20, 20)
    convolution = layer.convolution
    by_hand = torch.nn.functional.conv2d(features, convolution.weight, stride=2) / 32 + convolution.bias.view(-1, 1, 1)
    expected = functional.squash(by_hand.view(1, 32, 8, 36).transpose(2, 3).reshape(1, 1152, 8))
    torch.testing.assert_close(layer(features), expected, rtol=1e-4, atol=1e-5)
    # It is a softmax over the types, of equal logits: a thin network has fewer of them.
    assert models.capsnet(types=4, maps=32, released=True).encoder[2].divide == 4


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"images has shape \(2, 28, 28\); expected \(b, 1, 28, 28\)"):
        models.efficient_capsnet()(torch.rand(2, 28, 28))
    with pytest.raises(ValueError, match="Efficient-CapsNet is built for"):
        models.efficient_capsnet(shape=(3, 32, 32))
    with pytest.raises(ValueError, match="built without a decoder"):
        models.convnet(decoder=False).reconstruct(torch.rand(1, 1, 28, 28))
    with pytest.raises(ValueError, match="iterations, maps and types are 0, 256 and 32; each needs at least 1"):
        models.capsnet(iterations=0)
    with pytest.raises(ValueError, match="the pooling network is built for"):
        models.convnet(5, (2, 48, 48))
    with pytest.raises(ValueError, match=r"features has shape \(2, 8, 3\); expected 4 axes \(b, c, h, w\)"):
        layers.primary_capsules(torch.rand(2, 8, 3), 8)


@pytest.mark.parametrize("build", [models.efficient_capsnet, models.dense])
@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 36, 36), (2, 48, 48)])
def test_no_network_is_a_constant(build, shape):
    """Instance normalisation before a global mean would leave nothing of the image."""
    torch.manual_seed(0)
    said = build(5, shape).eval()(torch.rand(8, *shape))
    assert said.std(dim=0).mean() > 0.005 * said.abs().mean()


def test_static_couplings_are_those_of_no_image_and_learned_or_not():
    torch.manual_seed(0)
    static, random = (models.efficient_capsnet(routing=way).encoder[2] for way in ("static", "random"))
    u = torch.randn(2, 16, 8)
    uniform = functional.exponential_squash(functional.votes(u, static.weight).sum(dim=1) / 10)
    torch.testing.assert_close(static(u), uniform)  # equal at the start
    static(u).sum().backward()
    assert static.logits.grad.abs().max() > 0
    assert "logits" not in dict(random.named_parameters())
    assert "logits" in random.state_dict()
    assert random.logits.std() > 0.5
    with pytest.raises(ValueError, match="routing is 'agreement'; choose one of attention, no prior, static, random"):
        models.efficient_capsnet(routing="agreement")


def test_one_dynamic_iteration_is_a_dense_layer():
    """With equal couplings, votes and their sum are one linear layer, so that only more iterations can route."""
    torch.manual_seed(0)
    layer = models.efficient_capsnet(routing=1).encoder[2]
    u = torch.randn(3, 16, 8)
    matrix = layer.weight.permute(0, 2, 1, 3).reshape(128, 160) / 10
    s = (u.flatten(1) @ matrix).view(3, 10, 16) + layer.bias
    torch.testing.assert_close(layer(u), functional.squash(s))


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_a_deep_capsnet_starts_awake_in_every_layer(layers, iterations):
    """With CapsNet's first weights the poses of three layers vanish, and their gradients with them."""
    torch.manual_seed(0)
    network = models.deep_capsnet(layers=layers, iterations=iterations, decoder=False)
    assert sum(isinstance(layer, RoutedCapsules) for layer in network.encoder) == layers
    lengths = functional.lengths(network(data.digits("test").images[:8]))
    assert lengths.shape == (8, 10)
    assert 0.05 < lengths.mean() < 0.95
    functional.margin_loss(lengths, torch.arange(8)).backward()
    assert all(parameter.grad.abs().mean() > 1e-6 for parameter in network.encoder.parameters())


def test_fewer_channels_make_a_smaller_network_of_the_same_kind():
    small = models.efficient_capsnet(channels=(8, 16, 16, 40), decoder=False)
    assert models.count_parameters(small) == 19_386
    assert small(torch.rand(2, 1, 28, 28)).shape == (2, 10, 16)
    with pytest.raises(ValueError, match="multiple of 8"):
        models.efficient_capsnet(channels=(8, 16, 16, 36))


@pytest.mark.parametrize("build", [models.efficient_capsnet, models.dense])
def test_our_own_shape_of_40_by_40_pixels(build):
    network = build(shape=(1, 40, 40))
    assert models.count_parameters(network.encoder) == 157_728
    v = network(torch.rand(2, 1, 40, 40))
    assert v.shape == (2, 10, 16)
    assert network.decode(v).shape == (2, 1, 40, 40)


def test_depthwise_filters_stay_in_float32_where_the_rest_is_bfloat16():
    torch.manual_seed(0)
    model, kept = models.efficient_capsnet(decoder=False), []
    model.encoder[1].convolution.register_forward_hook(lambda layer, given, maps: kept.append((given[0], maps)))
    with torch.autocast("cpu", torch.bfloat16):
        model(torch.rand(2, 1, 28, 28))
    (given, maps), front = kept[0], model.encoder[0][-3]
    assert given.dtype == maps.dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        assert front(torch.rand(1, 64, 20, 20)).dtype == torch.bfloat16
    model.bfloat16()
    assert model.encoder[1](torch.rand(2, 128, 9, 9)).shape == (2, 16, 8)
    assert kept[1][1].dtype == torch.bfloat16


@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 48, 48), (3, 48, 48)])
@pytest.mark.parametrize("decoder", [True, False])
def test_a_plan_has_the_decoder_of_the_network(shape, decoder):
    layers = models.fitting(shape)
    stages = models.plan(5, shape, layers, decoder=decoder)
    network = models.efficient_capsnet(5, shape, decoder=decoder, layers=layers)
    assert sum(stage.parameters for stage in stages) == models.count_parameters(network)


@pytest.mark.parametrize("channels", [(8, 8, 8, 12), (0, 8, 8, 8), (8, 8, 8, 0), (8, 8, -8, 8), (8, 8, 8)])
def test_channels_that_make_no_capsules_are_refused_by_network_and_plan(channels):
    layers = models.fitting((1, 28, 28))
    with pytest.raises(ValueError, match="expected four numbers above 0, the last of them a multiple of 8"):
        models.efficient_capsnet(channels=channels)
    with pytest.raises(ValueError, match="expected four numbers above 0, the last of them a multiple of 8"):
        models.plan(10, (1, 28, 28), layers, channels)


@pytest.mark.parametrize("last", [(3, 0), (0, 1), (3, -1)])
def test_kernels_and_strides_are_at_least_one(last):
    layers = [[5, 1], [3, 1], [3, 1], list(last)]
    for build in (models.efficient_capsnet, models.dense):
        with pytest.raises(ValueError, match="kernels and strides must be at least 1"):
            build(10, (1, 28, 28), layers=layers)


def test_the_gain_of_a_deep_capsnet_is_what_its_docstring_says():
    torch.manual_seed(0)
    network = models.deep_capsnet(layers=2, iterations=1, gain=2.0, decoder=False)
    for routed in network.encoder[3:]:
        i, j, d, _ = routed.weight.shape
        u = functional.squash(torch.randn(200, i, d))
        s = functional.votes(u, routed.weight).sum(dim=1) / j  # equal couplings
        ratio = (s.square().sum(dim=-1).mean() / u.square().sum(dim=-1).mean()).sqrt()
        assert ratio.item() == pytest.approx(0.88 * 2.0, rel=0.02)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (
            torch.zeros(1, 1, 28, 28, dtype=torch.float64),
            r"float64, and the network has float32; hand it images.float\(\)",
        ),
        (torch.zeros(1, 1, 28, 28, dtype=torch.uint8), r"hand it images.float\(\) / 255"),
    ],
)
def test_images_as_numpy_has_them_are_a_sentence(images, says):
    with pytest.raises(ValueError, match=says):
        models.dense()(images)
    models.dense().double()(torch.zeros(1, 1, 28, 28, dtype=torch.float64))
