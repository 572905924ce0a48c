"""What brings a scene into a page: its JavaScript in one piece, and a widget that answers its questions."""

import re
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from capsule_tutor import frontend

FOLDER = Path(__file__).parent / "js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)


def style() -> str:
    """The style of all scenes."""
    return (FOLDER / "theatre.css").read_text(encoding="utf-8")


def script(*names: str) -> str:
    """The named modules and all that they import as one piece of JavaScript: `modules.name` is what each exports."""
    parts, done = ["const modules = {};"], set()

    def add(name: str) -> None:
        if name in done:
            return
        done.add(name)
        source = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for _, needed in _IMPORT.findall(source):
            add(needed)
        body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = modules.\2;", source))
        exports = ", ".join(_EXPORT.findall(source))
        parts.append(f"modules.{name} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();")

    for name in names:
        add(name)
    return "\n".join(parts)


def widget(scene: str, answer: Callable[[dict], dict], says: str) -> object:
    """A scene in a notebook. `answer` gets each question of the page and returns what it shows; tensors may be in it.

    A ValueError of `answer` is shown as a line. `says` is what a page without a kernel shows.
    """
    import anywidget
    from IPython.display import display

    class Scene(anywidget.AnyWidget):
        _esm = f"{script(scene, 'notebook')}\nexport default modules.notebook.widget(modules.{scene}.{scene});"
        _css = style()

        def __repr__(self) -> str:
            return says

        def _repr_mimebundle_(self, **asked: object) -> object:
            if frontend.page():
                display(frontend.asleep("Does the picture not move?", "theatre"), raw=True)
            return super()._repr_mimebundle_(**asked)

        def reply(self, _widget: object, asked: dict, sent: list) -> None:
            question = asked["question"] | {name: bytes(sent[n]) for n, name in enumerate(asked["bytes"])}
            try:
                content, buffers = packed(answer(question))
                self.send({"id": asked["id"], "reply": content}, buffers)
            except ValueError as error:
                self.send({"id": asked["id"], "error": str(error)})
            except BaseException as error:  # an interrupt, too: the page would wait for ever
                self.send({"id": asked["id"], "error": f"{type(error).__name__}: {error}"})
                raise

    made = Scene()
    made.on_msg(made.reply)
    made.answer = answer  # for programs that ask without a page
    return made


def packed(content: object) -> tuple[object, list[bytes]]:
    """Every tensor in nested dicts and lists becomes {"floats": n}, the n-th of the buffers. Flat, in float32."""
    buffers: list[bytes] = []

    def pack(value: object) -> object:
        if isinstance(value, Tensor):
            buffers.append(value.detach().to("cpu", torch.float32).contiguous().numpy().tobytes())
            return {"floats": len(buffers) - 1}
        if isinstance(value, dict):
            return {name: pack(part) for name, part in value.items()}
        return [pack(part) for part in value] if isinstance(value, list | tuple) else value

    return pack(content), buffers
