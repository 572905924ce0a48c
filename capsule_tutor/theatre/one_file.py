"""The theatre as one HTML file that needs no Python, no network and no installation."""

import json
from pathlib import Path

from capsule_tutor import __version__, files, pretrained
from capsule_tutor.theatre import offline, page

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Capsule Tutor</title>
<style>
{style}
</style>
</head>
<body class="theatre-file">
<footer><small>{made_of}</small></footer>
<script type="application/json" id="data">{data}</script>
<script type="module">
{script}
modules.file.file(document.body, JSON.parse(document.getElementById("data").textContent));
</script>
</body>
</html>
"""


def export(path: Path) -> int:
    """Write the scenes of single digits with weights, examples and program into one file. Returns its size in bytes.

    The examples are embedded digits of the test split, for these may be passed on: of each class the first few, and
    all that the network misreads. Raises OSError if the file cannot be written.
    """
    errors = [
        f"{name}, test error {pretrained.card(name)['test_error']['shipped']:.2f} %"
        for name in (offline.NETWORK, offline.LARGE)
    ]
    made_of = (
        f"Capsule Tutor {__version__}. Networks, trained on MNIST: {'; '.join(errors)}. Digits: E. Alpaydin and "
        "C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI Machine Learning Repository (CC BY 4.0), "
        "drawn as MNIST draws its own."
    )
    data = json.dumps(offline.digits())
    html = _PAGE.format(style=page.style(), made_of=made_of, data=data, script=page.script("file"))
    files.write_text(path, html)
    return path.stat().st_size
