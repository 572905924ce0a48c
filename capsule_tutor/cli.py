"""The command line: `capsule-tutor --help`."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """A hands-on course on capsule networks that checks your every step."""


def main() -> None:
    app()
