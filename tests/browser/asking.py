"""Questions to JavaScript that answers in Python's place, or that asks Python without a kernel, and to axe-core."""

import base64

import torch
from axe_playwright_python.sync_playwright import Axe

from capsule_tutor.theatre import page as pages

ANSWER = """async (question) => {
  if (question.ink) question.ink = new Uint8Array(question.ink);
  const all = (value) => Object.fromEntries(Object.entries(value).map(([n, v]) => [n, plain(v)]));
  const text = (list) => {  // base64 is there ten times as soon as numbers are
    const bytes = new Uint8Array(list.buffer, list.byteOffset, list.byteLength), parts = [];
    for (let n = 0; n < bytes.length; n += 8192) parts.push(String.fromCharCode(...bytes.subarray(n, n + 8192)));
    return btoa(parts.join("")); };
  const plain = (value) => value instanceof Float32Array ? { floats: text(value) }
    : Array.isArray(value) ? value.map(plain) : value && typeof value === "object" ? all(value) : value;
  return plain(await (%s)(question)); }"""


def asked(page, ask: str, question: dict) -> dict:
    """What `ask`, an expression of JavaScript, answers; lists of floats as tensors."""

    def tensors(value):
        if isinstance(value, dict):
            if "floats" in value:
                return torch.frombuffer(bytearray(base64.b64decode(value["floats"])), dtype=torch.float32)
            return {n: tensors(part) for n, part in value.items()}
        return [tensors(part) for part in value] if isinstance(value, list) else value

    return tensors(page.evaluate(ANSWER % ask, question))


SHOW = """async (scene) => {
  let hear;
  const send = async ({ id, question, bytes }, _, buffers) => {
    const sent = buffers.map((buffer) => Array.from(new Uint8Array(buffer)));
    const { reply, floats } = await python(question, bytes, sent);
    hear({ id, reply }, floats.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)));
  };
  const model = { on: (_, listen) => { hear = listen; }, off: () => {}, send };
  await modules.notebook.widget(modules[scene][scene]).render({ model, el: document.querySelector("main") });
}"""


def show(page, scene: str, answer) -> None:
    """A scene in an empty page, by the script of a notebook: `answer` is what Python answers it."""

    def python(question, names, sent):
        question |= {name: bytes(numbers) for name, numbers in zip(names, sent, strict=True)}
        reply, buffers = pages.packed(answer(question))
        return {"reply": reply, "floats": [base64.b64encode(buffer).decode() for buffer in buffers]}

    page.set_content(
        f"<!doctype html><html lang=en><title>A scene</title><style>{pages.style()}</style><main><h1>A scene</h1>"
    )
    page.expose_function("python", python)
    page.add_script_tag(content=pages.script(scene, "notebook"))
    page.evaluate(SHOW, scene)
    page.wait_for_selector(f".{scene}[data-settled=true]")


def barriers(page) -> list[str]:
    """What axe-core finds that would shut people out: its name and where."""
    # All rows of a table are alike.
    found = Axe().run(page, {"exclude": [".numbers tr:nth-child(n+3)"]}, {"resultTypes": ["violations"]}).response
    assert found["passes"]
    return [f"{rule['id']}: {node['html']}" for rule in found["violations"] for node in rule["nodes"]]


def assert_alike(ours, torchs, where=""):
    """Nested answers are equal, floats to 1e-3."""
    if isinstance(torchs, dict):
        assert set(ours) == set(torchs), where
        for name in torchs:
            assert_alike(ours[name], torchs[name], f"{where}.{name}")
    elif isinstance(torchs, list | tuple):
        assert len(ours) == len(torchs), where
        for n, (a, b) in enumerate(zip(ours, torchs, strict=True)):
            assert_alike(a, b, f"{where}[{n}]")
    elif isinstance(torchs, torch.Tensor | float):
        a = torch.as_tensor(ours, dtype=torch.float32).flatten()
        b = torch.as_tensor(torchs, dtype=torch.float32).flatten()
        torch.testing.assert_close(a, b, rtol=0, atol=1e-3, equal_nan=True, msg=lambda text: f"{where}: {text}")
    else:
        assert ours == torchs, where
