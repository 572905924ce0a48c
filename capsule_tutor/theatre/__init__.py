"""The theatre: live scenes. Watch routing, dial a squash, turn the knobs of a capsule.

One set of JavaScript modules draws them, in a notebook, in the exported file and on the site. In a notebook Python
computes every number; elsewhere the page does.
"""

from importlib import import_module

# No module may bear the name of a function here: importing it would put the module in the place of the function.
_HOMES = {
    "explorer": "explore",
    "export": "one_file",
    "network_map": "map",
    "pull_apart": "apart",
    "squash_dial": "dial",
    "theatre": "routing",
    "turntable": "table",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"capsule_tutor.theatre.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
