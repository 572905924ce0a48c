"""What training costs: whole networks against textbook versions, the machine's peak, and the time to an accuracy.

python -m pytest tests/benchmarks/test_training_speed.py

Run it on a quiet machine. Textbook means what most published PyTorch implementations do: float32, votes by
broadcasting, permuted einsums, every pair of children compared. Ours is the training step of `capsule-tutor train`.
"""

import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from test_functional_speed import seconds, textbook_routing
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from capsule_tutor import augment, data, functional, models, training

BATCH = 100


# ---- the textbook's networks


def textbook_squash(s):
    square = (s**2).sum(dim=-1, keepdim=True)
    return square / (1 + square) * s / (square + 1e-8).sqrt()


class TextbookCapsNet(nn.Module):
    """Sabour 2017 as a tutorial writes it; the same 8.2 million parameters."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 256, 9), nn.Conv2d(256, 256, 9, stride=2)
        self.weight = nn.Parameter(0.1 * torch.randn(1, 1152, 10, 16, 8))
        self.decoder = models.capsnet().decoder

    def forward(self, images, labels):
        features = self.second(self.first(images).relu())
        u = features.view(-1, 32, 8, 6, 6).permute(0, 1, 3, 4, 2).reshape(-1, 1152, 8)
        u = textbook_squash(u)[:, :, None, :, None]  # (b, i, 1, d, 1)
        u_hat = torch.matmul(self.weight, u).squeeze(4)  # (b, i, j, z)
        v, _ = textbook_routing(u_hat)
        one = nn.functional.one_hot(labels, 10).float().unsqueeze(2)
        return v, self.decoder((v * one).flatten(1))


class TextbookEfficientCapsNet(nn.Module):
    """Mazzia 2021, formula by formula: votes and the n × n products by permuted einsums."""

    def __init__(self):
        super().__init__()
        model = models.efficient_capsnet()
        self.front, self.depthwise, self.decoder = model.encoder[0], model.encoder[1].convolution, model.decoder
        self.weight = nn.Parameter(model.encoder[2].weight.detach().permute(1, 0, 2, 3).contiguous())  # (j, i, d, z)
        self.prior = nn.Parameter(torch.zeros(10, 16, 1))

    @staticmethod
    def squash(s):
        norm = (s.square().sum(dim=-1, keepdim=True) + 1e-8).sqrt()
        return (1 - torch.exp(-norm)) * s / norm

    def forward(self, images, labels):
        u = self.squash(self.depthwise(self.front(images)).view(-1, 16, 8))
        u_hat = torch.einsum("...ji,kjiz->...kjz", u, self.weight)  # (b, j, i, z)
        a = torch.einsum("...ij,...kj->...ik", u_hat, u_hat) / 16**0.5  # (b, j, i, i)
        c = a.sum(dim=-1, keepdim=True).softmax(dim=1) + self.prior
        v = self.squash((c * u_hat).sum(dim=-2))
        one = nn.functional.one_hot(labels, 10).float().unsqueeze(2)
        return v, self.decoder((v * one).flatten(1))


def textbook_step(network, optimiser, images, labels):
    images = augment.shift(images, torch.Generator().manual_seed(0))
    v, reconstruction = network(images, labels)
    length = (v**2).sum(dim=-1).sqrt()
    present = nn.functional.one_hot(labels, 10).float()
    margin = present * (0.9 - length).clamp(min=0) ** 2 + 0.5 * (1 - present) * (length - 0.1).clamp(min=0) ** 2
    loss = margin.sum(dim=1).mean() + 0.392 * nn.functional.mse_loss(reconstruction, images.flatten(1))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


# ---- throughput


def our_step(name, images, labels):
    """One step of the loop in `training.train`, the fastest way, ready to be called. → the step and the way"""
    recipe = replace(training.RECIPES[f"{name}-fast"], batch_size=BATCH)
    training.keep_memory()  # the textbook, in the same process, has it, too
    batch = data.Batch(images, labels)
    run, place = training._new(recipe, 0, "cpu"), training.Place(Path(), "cpu")
    run.way = training._fastest(training._ways("auto", 0, "cpu"), recipe, data.Split(images, labels), BATCH, place)
    network = training._parallel(run.model, place)
    run.model.train()
    return lambda: training._step(run, network, batch, 0, 1), run.way


def matrix_peak(dtype, side=2048):
    """The fastest matrix product that this machine shows, in operations per second."""
    a, b = torch.randn(side, side).to(dtype), torch.randn(side, side).to(dtype)
    return 2 * side**3 / min(seconds(lambda: a @ b) for _ in range(9))


@pytest.mark.parametrize(
    ("name", "textbook"),
    [("capsnet", TextbookCapsNet), ("efficient-capsnet", TextbookEfficientCapsNet), ("convnet", None)],
)
def test_training_throughput(benchmark, report, name, textbook):
    images, labels = torch.rand(BATCH, 1, 28, 28), torch.randint(0, 10, (BATCH,))
    (step, way), theirs = our_step(name, images, labels), []
    if textbook:
        network = textbook()
        assert models.count_parameters(network) == models.count_parameters(models.MODELS[name]())
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)

    def one_step_of_the_textbook():
        if textbook:
            theirs.append(seconds(lambda: textbook_step(network, optimiser, images, labels)))

    benchmark.pedantic(step, setup=one_step_of_the_textbook, rounds=9, warmup_rounds=2)
    ours = BATCH / benchmark.stats.stats.median
    if textbook:
        report(f"{name}: training images per second", ours, BATCH / statistics.median(theirs[2:]), "/s")
    with FlopCounterMode(display=False) as counter:
        step()
    dtype = torch.bfloat16 if way.bfloat16 else torch.float32
    achieved = counter.get_total_flops() / benchmark.stats.stats.median
    benchmark.extra_info["images_per_second"] = ours
    report(f"{name}: operations, beside the {dtype} matrix peak", achieved / 1e9, matrix_peak(dtype) / 1e9, "G/s")


# ---- routing and the number of children


def pairwise_attention(u_hat):
    """Self-attention routing with its n × n products written out."""
    a = torch.einsum("bijz,bkjz->bjik", u_hat, u_hat).sum(dim=3) / u_hat.shape[3] ** 0.5  # (b, j, i)
    v = (a.softmax(dim=1).unsqueeze(3) * u_hat.transpose(1, 2)).sum(dim=2)
    return TextbookEfficientCapsNet.squash(v)


@pytest.mark.parametrize("children", [64, 256, 1024, 4096])
def test_routing_and_the_number_of_children(benchmark, report, children):
    u_hat, dynamic, pairs = 0.1 * torch.randn(2, children, 10, 16), [], []
    expected = pairwise_attention(u_hat)
    torch.testing.assert_close(functional.self_attention_routing(u_hat)[0], expected, rtol=1e-3, atol=1e-4)

    def the_others():
        pairs.append(seconds(lambda: pairwise_attention(u_hat)))
        dynamic.append(seconds(lambda: functional.dynamic_routing(u_hat)))

    benchmark.pedantic(lambda: functional.self_attention_routing(u_hat), setup=the_others, rounds=9, warmup_rounds=2)
    ours = 1e3 * benchmark.stats.stats.median
    report(f"self-attention routing, {children} children, beside n × n", ours, 1e3 * statistics.median(pairs[2:]), "ms")
    report(f"… beside dynamic routing, {children} children", ours, 1e3 * statistics.median(dynamic[2:]), "ms")


# ---- time to an accuracy


@pytest.mark.skipif(not data.has_mnist(), reason="needs MNIST: set CAPSULE_TUTOR_DATA or call data.mnist() once")
@pytest.mark.parametrize(("accuracy", "epochs", "batch_size", "limit"), [(99.0, 1, 64, 240), (99.5, 8, 128, 600)])
def test_time_to_accuracy(benchmark, report, tmp_path, accuracy, epochs, batch_size, limit):
    """From a cold start, data loading and validation included, to the first epoch whose test accuracy is reached."""
    recipe = replace(training.RECIPES["efficient-capsnet-fast"], epochs=epochs, batch_size=batch_size)
    training.keep_memory()  # as the command does
    result = {}

    def run():
        result.update(training.train(recipe, tmp_path))

    start = time.perf_counter()
    benchmark.pedantic(run, rounds=1)
    report(f"efficient-capsnet to {accuracy} %, beside its limit", time.perf_counter() - start, limit, "s")
    benchmark.extra_info["test_accuracy"] = 100 - result["test_error"]
    assert 100 - result["test_error"] >= accuracy
