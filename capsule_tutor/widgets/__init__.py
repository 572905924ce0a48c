"""Live widgets: turn the knobs of a capsule, watch routing, dial a squash. Each loads what it needs on first use."""

from importlib import import_module

# No module may bear the name of a function here: importing it would put the module in the place of the function.
_HOMES = {"explorer": "explore", "export": "one_file", "microscope": "routing", "squash_dial": "dial"}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"capsule_tutor.widgets.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
