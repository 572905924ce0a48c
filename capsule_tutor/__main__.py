"""`python -m capsule_tutor` is `capsule-tutor`."""

from capsule_tutor.cli import main

main()
