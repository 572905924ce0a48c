"""The explorer as one HTML file that needs no Python, no network and no installation."""

import base64
import json
from pathlib import Path

import torch
from torch import Tensor

from capsule_tutor import __version__, data, pretrained
from capsule_tutor.widgets import scene

NETWORK = "efficient-capsnet-mnist"  # small enough to travel, and all of it: encoder and decoder


def export(path: Path, images_per_class: int = 4) -> int:
    """Write the explorer with weights, examples and program inside. Returns its size in bytes.

    The examples are embedded digits of the test split, for these may be passed on: of each class the first few, and
    all that the network misreads. Raises OSError if the file cannot be written.
    """
    network, split = pretrained.load(NETWORK), data.digits("test")
    with torch.inference_mode():
        read = torch.cat([network.predict(part) for part in split.images.split(100)])
    chosen = [
        place for j in range(10) for place in (split.labels == j).nonzero().squeeze(1)[:images_per_class].tolist()
    ]
    chosen = sorted({*chosen, *(read != split.labels).nonzero().squeeze(1).tolist()})
    content = {
        "network": NETWORK,
        "controls": scene.CONTROLS,
        "colours": scene.COLOURS,
        "weights": {n: _half(t) for n, t in network.state_dict().items() if t.is_floating_point()},
        "examples": [
            {
                "place": place,
                "label": split.labels[place].item(),
                "image": _text((255 * split.images[place]).round().to(torch.uint8)),
            }
            for place in chosen
        ],
    }
    card = pretrained.card(NETWORK)
    made_of = (
        f"Capsule Tutor {__version__}. Network: {NETWORK}, trained on MNIST, test error "
        f"{card['test_error']['shipped']:.2f} %. Digits: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten "
        "Digits (1998), UCI Machine Learning Repository, in the copy of scikit-learn, drawn as MNIST draws its own."
    )
    template = (Path(__file__).parent / "explorer.html").read_text(encoding="utf-8")
    html = template.replace("MADE_OF", made_of).replace("__DATA__", json.dumps(content))
    path.write_text(html, encoding="utf-8")
    return path.stat().st_size


def _half(tensor: Tensor) -> str:
    return _text(tensor.half())


def _text(tensor: Tensor) -> str:
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()
