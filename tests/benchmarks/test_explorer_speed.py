"""What a slider of the explorer waits for in the kernel. From key to picture: tests/browser."""

import statistics
import time

import torch

from capsule_tutor import data
from capsule_tutor.theatre import explorer, page


def test_a_tick_in_the_kernel(benchmark, report):
    answer, seconds = explorer(images=data.digits("test")).answer, []
    seen = answer({"what": "look", "network": "efficient-capsnet-mnist", "place": 0})
    pose = seen["v"][seen["lengths"].argmax()]

    def turn(z, by):
        start = time.perf_counter()
        moved = (pose + by * torch.nn.functional.one_hot(torch.tensor(z), 16)).tolist()
        page.packed(answer({"what": "tick", "network": "efficient-capsnet-mnist", "j": 2, "pose": moved}))
        seconds.append(time.perf_counter() - start)

    benchmark.pedantic(lambda: [turn(n % 16, (-0.1, 0.1)[n // 16 % 2]) for n in range(320)], rounds=1)
    report("explorer: a tick in the kernel, median", 1000 * statistics.median(seconds), 2, "ms")
