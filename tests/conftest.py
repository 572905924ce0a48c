"""Settings for all tests."""

import os

from hypothesis import settings

# A busy machine is not a bug; and a green run in CI must not be luck, so there the examples are fixed.
settings.register_profile("here", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("here")
