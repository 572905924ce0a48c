"""Tests wait for states, not for times: a busy machine is slow, and slow is no bug."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

HUNG = 300  # seconds without any change after which a test calls something hung: no single thing here takes so long


def watch(look: Callable[[], Any], otherwise: Callable[[Any], str]) -> Iterator[Any]:
    """What `look()` sees, again and again. The test fails with `otherwise(seen)` when it does not change any more."""
    last, since = None, time.monotonic()
    while True:
        seen = look()
        if seen != last:
            last, since = seen, time.monotonic()
        elif time.monotonic() - since > HUNG:
            pytest.fail(otherwise(seen))
        yield seen
        time.sleep(0.05)
