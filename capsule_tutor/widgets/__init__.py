"""Live widgets: turn the knobs of a capsule, watch routing, dial a squash. Each loads what it needs on first use."""

__all__ = ["explorer", "export"]


def __getattr__(name: str) -> object:
    if name == "explorer":
        from capsule_tutor.widgets.explorer import explorer

        return explorer
    if name == "export":
        from capsule_tutor.widgets.export import export

        return export
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
