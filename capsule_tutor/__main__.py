"""`python -m capsule_tutor` is `capsule-tutor`."""

import sys

try:
    from capsule_tutor.cli import main
except ImportError as error:  # an installation that was interrupted
    sys.exit(f"{error.name} is missing. Fix it: {sys.executable} -m pip install -e .[lab]")

main()
