"""Live widgets: turn the knobs of a capsule, watch routing, dial a squash. Each loads what it needs on first use."""

# No module here may bear the name of a function: importing it would put the module in the place of the function.

__all__ = ["explorer", "export"]


def __getattr__(name: str) -> object:
    if name == "explorer":
        from capsule_tutor.widgets.explore import explorer

        return explorer
    if name == "export":
        from capsule_tutor.widgets.one_file import export

        return export
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
