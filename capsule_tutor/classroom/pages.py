"""The HTML pages of this folder, from Jinja templates beside this file."""

from pathlib import Path


def render(template: str, **values: object) -> str:
    """The page as text; every value is escaped. Raises ImportError where Jinja is not installed."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    return environment.get_template(template).render(**values)
