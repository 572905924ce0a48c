"""Settings for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is not a bug; and a green run in CI must not be luck, so there the examples are fixed.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")


def mnist_on_this_machine():
    beside_the_checkout = Path(__file__).resolve().parents[2] / "shared" / "data"
    for folder in (os.environ.get("CAPSULE_TUTOR_DATA"), beside_the_checkout):
        if folder and (Path(folder) / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file():
            return Path(folder)
    return None


@pytest.fixture
def real_mnist(monkeypatch):
    folder = mnist_on_this_machine()
    if folder is None:
        pytest.skip("the MNIST files are neither in CAPSULE_TUTOR_DATA nor in ../shared/data")
    monkeypatch.setenv("CAPSULE_TUTOR_DATA", str(folder))
    return folder
