"""Authoring: one source per lesson → the learner's notebook and the executed solution."""

from capsule_tutor.authoring.notebooks import AuthoringError, build, learner_notebook, solution_notebook

__all__ = ["AuthoringError", "build", "learner_notebook", "solution_notebook"]
