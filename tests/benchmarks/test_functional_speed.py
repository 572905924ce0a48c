"""What the equations cost: time and memory of routing against the textbook version, and the import.

python -m pytest tests/benchmarks

Run it on a quiet machine. Medians; both sides alternate within one run, so that a slow moment strikes both.
"""

import statistics
import subprocess
import sys
import time

import pytest
import torch

import capsule_tutor as caps

SHAPE = (128, 1152, 10, 16)  # (b, i, j, z): CapsNet on MNIST, float32, 94 MB of votes
ITERATIONS = 3


def textbook_routing(u_hat, iterations=3):
    """Routing as most published implementations write it: multiply with broadcasting, then sum."""

    def squash(s):
        square = (s**2).sum(dim=-1, keepdim=True)
        return square / (1 + square) * s / (square + 1e-8).sqrt()

    logits = torch.zeros(*u_hat.shape[:3], 1)  # (b, i, j, 1)
    for iteration in range(iterations):
        c = logits.softmax(dim=2)  # (b, i, j, 1)
        v = squash((c * u_hat).sum(dim=1, keepdim=True))  # (b, 1, j, z)
        if iteration < iterations - 1:
            logits = logits + (u_hat * v).sum(dim=-1, keepdim=True)
    return v.squeeze(1), c.squeeze(3)


def forward_and_backward(route, u_hat):
    u_hat.grad = None
    v, _ = route(u_hat, ITERATIONS)
    v.square().sum().backward()


def make_votes():
    generator = torch.Generator().manual_seed(0)
    return (0.1 * torch.randn(SHAPE, generator=generator)).requires_grad_()


def seconds(function, timer=time.perf_counter):
    start = timer()
    function()
    return timer() - start


def compare_with_the_textbook(benchmark, report, what, timer=time.perf_counter):
    u_hat = make_votes()
    torch.testing.assert_close(caps.dynamic_routing(u_hat), textbook_routing(u_hat), rtol=1e-4, atol=1e-5)
    textbook = []

    def one_round_of_the_textbook():
        textbook.append(seconds(lambda: forward_and_backward(textbook_routing, u_hat), timer))

    # pytest-benchmark calls setup before each of its rounds: ours and the textbook's alternate.
    benchmark.pedantic(
        lambda: forward_and_backward(caps.dynamic_routing, u_hat),
        setup=one_round_of_the_textbook,
        rounds=9,
        warmup_rounds=1,
    )
    ours, baseline = benchmark.stats.stats.median, statistics.median(textbook[1:])
    benchmark.extra_info["textbook_median_s"] = baseline
    benchmark.extra_info["ours_over_textbook"] = ours / baseline
    report(f"dynamic routing, forward + backward, {what}", ours, baseline, "s")


def test_dynamic_routing_time(benchmark, report):
    # Many short parallel steps wait for each other: on a busy machine this ratio says little.
    compare_with_the_textbook(benchmark, report, "time")


@pytest.mark.benchmark(timer=time.process_time)
def test_dynamic_routing_time_on_one_thread(benchmark, report):
    # Processor time of one thread: other processes hardly touch it.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        compare_with_the_textbook(benchmark, report, "1 thread, CPU time", time.process_time)
    finally:
        torch.set_num_threads(threads)


# Growth of the peak resident memory, in MiB. From /proc, because ru_maxrss of a child counts its parent's peak too.
MEMORY_PROGRAM = """
import re, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import torch
import test_functional_speed as bench

def status(field):
    return int(re.search(field + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))[1]) / 1024

route = bench.textbook_routing if {name!r} == "textbook" else bench.caps.dynamic_routing
bench.forward_and_backward(route, torch.zeros(1, 2, 3, 4, requires_grad=True))  # libraries loaded, threads up
u_hat = bench.make_votes()
before = status("VmRSS")
bench.forward_and_backward(route, u_hat)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_dynamic_routing_memory(benchmark, request, report):
    ours, textbook = [], []

    def measure(name, into):
        into.append(float(python(MEMORY_PROGRAM.format(folder=str(request.path.parent), name=name))))

    # The times in pytest-benchmark's table are those of whole processes; the memory is in extra_info.
    benchmark.pedantic(lambda: measure("ours", ours), setup=lambda: measure("textbook", textbook), rounds=3)
    medians = {"ours_mib": statistics.median(ours), "textbook_mib": statistics.median(textbook)}
    benchmark.extra_info.update(medians, ours_over_textbook=medians["ours_mib"] / medians["textbook_mib"])
    report("dynamic routing, forward + backward, memory", *medians.values(), "MiB")


def test_import_time(benchmark, report):
    torch_alone = []

    def import_torch():
        torch_alone.append(seconds(lambda: python("import torch")))

    benchmark.pedantic(lambda: python("import capsule_tutor"), setup=import_torch, rounds=7, warmup_rounds=1)
    ours, baseline = benchmark.stats.stats.median, statistics.median(torch_alone[1:])
    benchmark.extra_info["torch_median_s"] = baseline
    benchmark.extra_info["ours_over_torch"] = ours / baseline
    report("import capsule_tutor against import torch", ours, baseline, "s")


def python(program):
    """What a fresh Python prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
