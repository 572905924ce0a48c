"""What a slider of the explorer waits for in the kernel. From key to picture: tests/browser."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from capsule_tutor import data
from capsule_tutor.widgets import explorer


def test_a_tick_in_the_kernel(benchmark, report):
    seconds = []

    def turn(slider, value):
        start = time.perf_counter()
        slider.value = value
        seconds.append(time.perf_counter() - start)

    async def kernel():
        # As in a kernel there is a loop, so that the encoder waits for the slider to rest.
        sliders = explorer(images=data.digits("test")).explorer.sliders
        for slider in sliders:
            slider.value = 0.05  # once, so that all is loaded
        seconds.clear()
        for n in range(320):
            turn(sliders[n % 16], (-0.1, 0.1)[n // 16 % 2])
            if n % 16 == 0:
                await asyncio.sleep(0)

    # In a thread: a browser that another test has opened keeps a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        benchmark.pedantic(lambda: pool.submit(asyncio.run, kernel()).result(), rounds=1)
    seconds.sort()
    report("explorer: a tick in the kernel, median", 1000 * seconds[160], 2, "ms")
    report("explorer: a tick in the kernel, 95th percentile", 1000 * seconds[304], 5, "ms")
