"""What rendering costs: a whole toy, which the data set needs fifty times, and one picture, which a slider needs."""

import time
from importlib import import_module

from capsule_tutor import data
from capsule_tutor.data.toybox import toy_mesh


def test_rendering(benchmark, report):
    rendered = import_module("capsule_tutor.data.toys")._rendered
    toys = [(instance, label) for label, instance in enumerate((4, 3, 1, 0, 8))]
    for instance, label in toys:
        toy_mesh(label, instance)
    start = time.process_time()
    benchmark.pedantic(lambda: [rendered(instance, label, 48) for instance, label in toys], rounds=1)
    report("toys: all 48,600 pairs, from five of fifty toys, CPU", 10 * (time.process_time() - start), 60, "s")

    seconds = []
    for azimuth in range(100):
        start = time.perf_counter()
        data.toy(azimuth % 5, 0, azimuth, 35)
        seconds.append(time.perf_counter() - start)
    report("toys: one picture for a slider, median", 1000 * sorted(seconds)[50], 20, "ms")
