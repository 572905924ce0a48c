"""A trained network on one page: its error with an interval, mistakes with what was drawn, confusion, curves, card.

    found = report.measure(["runs/small-0"])
    Path("small.html").write_text(report.page(found))

Every number is counted when the page is made, from the weights and the test images. A page asks nothing of the network.
"""

import base64
import hashlib
import html
import io
import os
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from capsule_tutor import data, figures, fourier, functional, models, pretrained, training
from capsule_tutor.theatre.gallery import Gallery, gallery, longest

MOST = 24  # mistakes that are shown


class Trained(NamedTuple):
    """One run: its seed, its log, the validation error that its training ended with, and what was counted now.

    wrong (n,) bool, of the test images; weights is the SHA-256 of its file.
    """

    seed: int
    log: list[dict]
    validation_error: float
    seconds: float
    wrong: Tensor
    weights: str


class Found(NamedTuple):
    """All that a page tells. The images are the test split's; the capsules v (n, j, z) are those of the best run.

    The best run is the one with the lowest validation error, the first of them where they tie.
    """

    name: str
    recipe: training.Recipe
    network: models.CapsuleNetwork
    shown: Gallery
    v: Tensor
    runs: list[Trained]
    best: int
    hardware: str
    version: str

    @property
    def parameters(self) -> dict[str, int]:
        """Of encoder and decoder, counted."""
        network = self.network
        counted = {"encoder": models.count_parameters(network.encoder)}
        return counted | ({"decoder": models.count_parameters(network.decoder)} if network.decoder else {})

    @property
    def answers(self) -> Tensor:
        """What the best run reads in each test image. (n, k)"""
        return longest(functional.lengths(self.v), self.shown.labels.shape[1])


def measure(names: list[str], tick: Callable[[int], None] = lambda images: None) -> Found:
    """Count what a shipped network, or runs of one recipe with different seeds, get wrong on the recipe's test images.

    `tick` hears how many images are done. Raises WeightsError for what is no finished run, for runs of different
    recipes or for one run or seed twice, and DataError if the test images are not available.
    """
    recipes = [pretrained.recipe(name) for name in names]
    if any(one != recipes[0] for one in recipes):
        raise pretrained.WeightsError(f"{' and '.join(names)} follow different recipes; report on each of them alone")
    networks = [fourier.through_frequencies(pretrained.load(name)) for name in names]
    weights = [weights_of(name) for name in names]
    for n, name in enumerate(names):
        if (first := weights.index(weights[n])) < n:  # one run is no two seeds: their interval would have no width
            raise pretrained.WeightsError(f"{names[first]} and {name} hold the same weights; name each run once")
    split = recipes[0].split("test")
    shown, runs, said = gallery(split)._replace(name=None), [], []
    for name, network, sha256 in zip(names, networks, weights, strict=True):
        v = pretrained.capsules(network, split.images, tick)
        wrong = ~training.exactly_right(functional.lengths(v), split.labels)
        said.append(v)
        runs.append(Trained(*_known(name), wrong, sha256))
    if len({run.seed for run in runs}) < len(runs):
        raise pretrained.WeightsError(f"two of {' and '.join(names)} have one seed; report on runs with different ones")
    best = min(range(len(runs)), key=lambda n: runs[n].validation_error)
    made = pretrained.card(names[best]) if names[best] in pretrained.NAMES else pretrained.result(Path(names[best]))
    name = names[best] if names[best] in pretrained.NAMES else Path(names[best]).resolve().name
    hardware, network = made.get("hardware") or made.get("device", ""), pretrained.load(names[best])
    return Found(name, recipes[0], network, shown, said[best], runs, best, hardware, made["version"])


def weights_of(name: str) -> str:
    """The SHA-256 of a shipped network's file, or of that in a run's folder."""
    if name in pretrained.NAMES:
        return pretrained.card(name)["sha256"]
    return hashlib.sha256((Path(name) / "weights.safetensors").read_bytes()).hexdigest()


def exam(images: Tensor, labels: Tensor) -> str:
    """Sixteen digits that tell test splits apart: whoever has the same has read the same images."""
    pixels = (images * 255).round().to(torch.uint8).contiguous().numpy().tobytes()
    return hashlib.sha256(pixels + labels.contiguous().numpy().tobytes()).hexdigest()[:16]


def interval(wrong: int, images: int) -> tuple[float, float]:
    """Wilson's 95 % interval for an error, in per cent (lesson 10)."""
    from scipy.stats import binomtest

    ends = binomtest(wrong, images).proportion_ci(method="wilson")
    return 100 * ends.low, 100 * ends.high


def over_seeds(errors: list[float]) -> tuple[float, float, float]:
    """Mean of two or more runs and the ends of its 95 % interval, by Student's t (lesson 10)."""
    from scipy.stats import t

    mean, n = statistics.mean(errors), len(errors)
    half = t.ppf(0.975, n - 1) * statistics.stdev(errors) / n**0.5
    return mean, mean - half, mean + half


def over_things(shares: dict[str, list[float]]) -> tuple[float, float, float]:
    """Mean error of the things in a test and the ends of its 95 % interval, by Student's t (lesson 16).

    shares: class → of each of its things, how many per cent of the pictures are wrong. How many things of each class
    are in the test is fixed by the split, so only the spread within a class is chance. Raises ValueError where the
    things say nothing about that spread.
    """
    from scipy.stats import t

    every = [share for own in shares.values() for share in own]
    if min(map(len, shares.values())) < 2:
        raise ValueError("a class has a single thing in the test")
    if all(len(set(own)) == 1 for own in shares.values()):
        raise ValueError("all things of a class come out alike, which says nothing about their spread")
    spread = sum(len(own) * statistics.variance(own) for own in shares.values()) ** 0.5 / len(every)
    mean, half = statistics.mean(every), t.ppf(0.975, len(every) - len(shares)) * spread
    return mean, max(0.0, mean - half), min(100.0, mean + half)


# ---- the parts of a page, each a piece of HTML


def error(found: Found) -> str:
    """How many test images are misread, with the interval, and over the seeds if there are several."""
    images, run = len(found.shown.labels), found.runs[found.best]
    wrong = int(run.wrong.sum())
    low, high = interval(wrong, images)
    said = [
        f"<p><strong>{wrong} of {images:,} test images are misread: {100 * wrong / images:.2f} %.</strong> The 95 % "
        f"interval is {low:.2f} to {high:.2f} %. It says what other images of this kind might give. It does not say "
        "what another seed would give.</p>"
    ]
    if len(found.runs) > 1:
        mean, low, high = over_seeds([100 * one.wrong.double().mean().item() for one in found.runs])
        low, high = max(low, 0.0), min(high, 100.0)
        said.append(
            f"<p>Over {len(found.runs)} seeds: {mean:.2f} % on average, 95 % interval of the mean {low:.2f} to "
            f"{high:.2f} %. Shown here is seed {run.seed}, which has the lowest validation error.</p>"
        )
        rows = [(str(one.seed), f"{one.validation_error:.2f} %", str(int(one.wrong.sum()))) for one in found.runs]
        said.append(_table(("seed", "validation error", f"wrong of {images:,}"), rows))
    return "\n".join(said)


def card(found: Found) -> str:
    """How the network was made: model, data, recipe, seeds, parameters, fingerprints."""
    recipe, run = found.recipe, found.runs[found.best]
    counted = " + ".join(f"{count:,} ({part})" for part, count in found.parameters.items())
    options = ", ".join(f"{name} {value}" for name, value in recipe.options.items())
    minutes = run.seconds / 60
    rows = {
        "network": recipe.model + (f" with {options}" if options else ""),
        "parameters, counted": counted,
        "data": f"{recipe.data if recipe.data in data.SETS else Path(recipe.data).name}; classes: "
        + ", ".join(found.shown.classes[: found.v.shape[1]]),
        "recipe": f"{recipe.epochs} epochs, batch {recipe.batch_size}, rate {recipe.rate:g}, {recipe.schedule}, "
        f"augmentation {recipe.augmentation}, reconstruction × {recipe.reconstruction:.3g}",
        "note": recipe.note,
        "seeds": ", ".join(str(one.seed) for one in found.runs),
        "trained": f"{minutes:.1f} minutes on {found.hardware}, with version {found.version}",
        "weights": f"SHA-256 {run.weights[:16]}",
        "test images": f"{len(found.shown.labels):,}, fingerprint {exam(found.shown.images, found.shown.labels)}",
        "made": date.today().isoformat(),
    }
    cells = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in rows.items()
        if value
    )
    return _wide("the card", f"<table><tbody>{cells}</tbody></table>")


def curves(found: Found) -> str:
    """Training and validation error over the epochs, one line for each seed, on a log scale."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    seen = []
    for number, (what, label) in enumerate((("train_error", "training"), ("validation_error", "validation"))):
        for run in found.runs:
            x, y = [row["epoch"] for row in run.log], [max(row[what], 0.02) for row in run.log]
            seen += y
            style = {"color": figures.COLOURS[number], "marker": "os"[number], "markersize": 4, "linewidth": 1.5}
            axes.plot(x, y, figures.LINES[number], label=label if run is found.runs[0] else None, **style)
    axes.set(xlabel="epoch", ylabel="error (%)", yscale="log")
    low, high = min(seen) / 1.4, max(seen) * 1.4
    ticks = [tick for tick in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= tick <= high]
    axes.set(ylim=(low, high))
    ticks = ticks or [round(min(seen), 2)]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    log = found.runs[found.best].log
    train, validation = ([row[what] for row in log] for what in ("train_error", "validation_error"))
    alt = (
        f"Errors over {len(log)} epochs on a log scale. Training goes from {train[0]:.1f} to {train[-1]:.2f} %, "
        f"validation from {validation[0]:.1f} to {validation[-1]:.2f} %."
    )
    return figures.as_html(figure, alt)


def confusion(found: Found) -> str:
    """Which class was read as which: rows are true, columns read; and the most frequent confusions in words."""
    shown, j = found.shown, found.v.shape[1]
    counts = confusions(shown.labels, found.answers, j)
    pairs = Counter({(a, b): int(counts[a, b]) for a in range(j) for b in range(j) if a != b and counts[a, b]})
    told = ", ".join(f"{shown.classes[a]} as {shown.classes[b]} ({n} ×)" for (a, b), n in pairs.most_common(3))
    most = max(pairs.values(), default=1)
    head = "".join(f'<th scope="col">{html.escape(shown.classes[b])}</th>' for b in range(j))
    body = []
    for a in range(j):
        cells = []
        for b in range(j):
            n = int(counts[a, b])
            shade = f' style="--share: {40 * n / most:.0f}%"' if a != b and n else ""
            kind = "right" if a == b else "wrong" if n else "none"
            cells.append(f'<td class="{kind}"{shade}>{n or "·"}</td>')
        body.append(f'<tr><th scope="row">{html.escape(shown.classes[a])}</th>{"".join(cells)}</tr>')
    said = f"Most frequent: {html.escape(told)}." if told else "Nothing was confused."
    table = f"<thead><tr><td>true \\ read</td>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f"<p>Rows say what is there, columns what was read. {said}</p>" + _wide(
        "the confusions", f'<table class="confusion">{table}</table>'
    )


def confusions(labels: Tensor, answers: Tensor, classes: int) -> Tensor:
    """How often class a was read as class b. labels, answers (n, k), in rising order → (a, b)

    Of two classes in one image those that were found count on the diagonal; the rest are confusions, in rising order.
    """
    counts = torch.zeros(classes, classes, dtype=torch.long)
    for true, read in zip(labels.tolist(), answers.tolist(), strict=True):
        for j in set(true) & set(read):
            counts[j, j] += 1
        for a, b in zip(sorted(set(true) - set(read)), sorted(set(read) - set(true)), strict=False):
            counts[a, b] += 1
    return counts


def mistakes(found: Found) -> str:
    """Misread images, the surest mistakes first: each with what the capsules of the answer and of the truth drew."""
    wrong = found.runs[found.best].wrong.nonzero()[:, 0]
    if not len(wrong):
        return "<p>No test image is misread.</p>"
    lengths, labels, answers = functional.lengths(found.v), found.shown.labels, found.answers
    # How much longer the capsules of the answer are than those of the truth: nothing to choose by hand.
    lead = lengths.gather(1, answers).sum(dim=1) - lengths.gather(1, labels).sum(dim=1)
    order = wrong[lead[wrong].argsort(descending=True, stable=True)][:MOST]
    figures_ = [_mistake(found, place) for place in order.tolist()]
    what = "image, drawn as read, drawn as what it is" if found.network.decoder else "this network has no decoder"
    more = f"The {len(order)} surest of {len(wrong)}" if len(wrong) > len(order) else f"All {len(wrong)}"
    return (
        f'<p>{more}, the surest first; from left to right: {what}.</p><div class="mistakes">{"".join(figures_)}</div>'
    )


def _mistake(found: Found, place: int) -> str:
    shown, true, read = found.shown, found.shown.labels[place], found.answers[place]
    says, as_ = shown.says(true.tolist()), shown.names(read.tolist())
    pictures = [_img(shown, shown.images[place], f"test image {place}, which is {says} and was read as {as_}")]
    if found.network.decoder:
        for classes in (read, true):
            picture, name = _drawn(found, place, classes), shown.names(classes.tolist())
            pictures.append(_img(shown, picture, f"what the capsule of {name} drew for test image {place}"))
    return (
        f"<figure>{''.join(pictures)}<figcaption>{html.escape(says)}, read as {html.escape(as_)}</figcaption></figure>"
    )


def _drawn(found: Found, place: int, classes: Tensor) -> Tensor:
    """What the capsules of some classes draw, laid over each other. classes (k,) → (c, h, w)"""
    v = found.v[place][None].expand(len(classes), -1, -1)
    with torch.inference_mode():
        return found.network.decode(v, classes).sum(dim=0).clamp(0, 1)


def _img(shown: Gallery, image: Tensor, alt: str) -> str:
    """An image (c, h, w) in a page: in colour, or its channels side by side, ink dark on light paper."""
    from PIL import Image

    if len(image) == 3:
        pixels, mode = image.permute(1, 2, 0), "RGB"
    else:
        pixels, mode = torch.cat(image.unbind(0), dim=1), "L"
        pixels = pixels if shown.photo else 1 - pixels
    png = io.BytesIO()
    Image.fromarray((pixels * 255).round().to(torch.uint8).contiguous().numpy(), mode).save(png, "png")
    source = base64.b64encode(png.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{source}">'


def _wide(name: str, table: str) -> str:
    """A table that may be wider than a telephone: it scrolls by itself, also by keyboard."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{name}">{table}</div>'


def _table(head: tuple, rows: list[tuple]) -> str:
    cells = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


PARTS: dict[str, Callable[[Found], str]] = {
    "Error": error,
    "Mistakes": mistakes,
    "Confusion": confusion,
    "Learning curves": curves,
    "Card": card,
}


# ---- the page and the notebook

# What the parts look like, in a page or in a notebook, light or dark: all but one colour follow from that of the text.
STYLE = """
.report { --line: color-mix(in srgb, currentColor 50%, transparent); --mark: #d55e00;
  --quiet: color-mix(in srgb, currentColor 75%, transparent); overflow-wrap: anywhere; }
.report table { border-collapse: collapse; }
.report th, .report td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; }
.report th { overflow-wrap: normal; } .report .wide { overflow-x: auto; }
.report .confusion td, .report .confusion th { text-align: center; min-width: 2rem; overflow-wrap: normal; }
.report .confusion .none { color: var(--quiet); } .report .confusion .right { border-width: 2px; }
.report .confusion .wrong { font-weight: bold;
  background: color-mix(in srgb, var(--mark) var(--share), transparent); }
.report .mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: .8rem; }
.report figure { margin: 0; } .report figcaption { font-size: .9rem; color: var(--quiet); }
.report figure img { display: inline; width: 4.2rem; image-rendering: pixelated; border: 1px solid var(--line);
  margin: 0 2px 0 0; }
.report > img, .report section > img { background: #fff; padding: .5rem; border-radius: .3rem; box-sizing: border-box; }
@media (max-width: 30rem) {
  .report .mistakes { grid-template-columns: 1fr 1fr; } .report figure img { width: 3.2rem; }
}
@media print {
  .report figure, .report tr { break-inside: avoid; } .report .wide { overflow: visible; }
  .report figure img { width: 3.2rem; }
}
"""
_PAGE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #181818; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2rem; }
@page { size: A4; margin: 14mm; }
@media print {
  :root { --ink: #000; --paper: #fff; }
  body { font-size: 9.5pt; margin: 0; max-width: none; } h2 { margin-top: 1rem; break-after: avoid; }
}
"""


def parts(found: Found, *names: str) -> str:
    """Some of PARTS as one piece of HTML with its style, for a notebook: `HTML(report.parts(found, "Error"))`."""
    return f'<style>{STYLE}</style><div class="report">{"".join(PARTS[name](found) for name in names)}</div>'


def page(found: Found) -> str:
    """The whole page as HTML: one file, nothing in it is loaded from elsewhere."""
    title = f"Report: {found.name}"
    sections = "\n".join(f"<section><h2>{name}</h2>\n{part(found)}\n</section>" for name, part in PARTS.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{html.escape(title)}</title>
<style>{_PAGE}{STYLE}</style>
</head>
<body>
<main class="report">
<h1>{html.escape(title)}</h1>
{sections}
</main>
<footer>Counted and drawn by Capsule Tutor.</footer>
</body>
</html>
"""


def notebook(found: Found, names: list[str], code: str = ""):
    """The same as a notebook: each part with the code that makes it, to go on from, and the explorer at its end.

    `names`, and `code`, a file that enters the network in `models.MODELS`, are as seen from the notebook's folder.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    modules, first = ("pretrained, report", f"pretrained.run_code({code!r})\n") if code else ("report", "")
    imports = f"from IPython.display import HTML\n\nfrom capsule_tutor import {modules}"
    begin = f"{imports}\n\n{first}found = report.measure({names!r})"
    cells = [new_markdown_cell(f"# Report: {found.name}"), new_code_cell(begin)]
    for name in PARTS:
        shown = {"text/html": parts(found, name), "text/plain": f"[{name} of {found.name}]"}
        output = new_output("execute_result", shown, execution_count=1)
        code = f'HTML(report.parts(found, "{name}"))'
        cells += [new_markdown_cell(f"## {name}"), new_code_cell(code, outputs=[output], execution_count=1)]
    if found.network.decoder:
        live = f"from capsule_tutor.theatre import explorer\n\nexplorer({names[found.best]!r})"
        cells += [new_markdown_cell("## What each number of a capsule does"), new_code_cell(live)]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    made = new_notebook(cells=cells)
    made.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return made


def write(found: Found, names: list[str], out: Path, code: Path | None = None) -> list[Path]:
    """Write the page to `out` and the notebook beside it, which runs `code` first; returns both paths.

    Raises OSError if they cannot be written, and what `refuse` raises.
    """
    import nbformat

    from capsule_tutor import files

    refuse(out)
    beside = out.with_suffix(".ipynb")
    files.write_text(out, page(found))
    # Jupyter runs a notebook in its own folder.
    there = [name if name in pretrained.NAMES else _seen_from(out.parent, name) for name in names]
    made = notebook(found, there, _seen_from(out.parent, code) if code else "")
    files.write_text(beside, nbformat.writes(made, indent=1) + "\n")
    return [out, beside]


def _seen_from(folder: Path, path: Path | str) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def refuse(out: Path) -> None:
    """Raise OSError if no page can be written to `out`: better before the test images are read than after."""
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder; name a file for the page, such as {out / 'report.html'}")
    if out.suffix.lower() == ".ipynb":
        raise OSError(f"{out} would hold the notebook in place of the page; name the page {out.with_suffix('.html')}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent}")
    beside = out.with_suffix(".ipynb")
    if beside.exists() and "report.measure(" not in beside.read_text(encoding="utf-8", errors="replace"):
        raise FileExistsError(f"{beside} is not a report, and would be lost: name another page")


def _known(name: str) -> tuple[int, list[dict], float, float]:
    """Seed, log, validation error and seconds of a run, or of the seed that is shipped."""
    if name in pretrained.NAMES:
        made = pretrained.card(name)
        seed = next(one for one in made["seeds"] if one["seed"] == made["shipped_seed"])
        return seed["seed"], seed["log"], seed["validation_error"], seed["seconds"]
    result, folder = pretrained.result(Path(name)), Path(name)
    try:
        log = training.read_log(folder / "log.csv")
    except (OSError, ValueError, TypeError):
        raise pretrained.WeightsError(f"{folder / 'log.csv'} is missing or damaged; train the run again") from None
    if missing := {"seed", "validation_error", "seconds"} - result.keys():
        raise pretrained.WeightsError(f"{folder / 'result.json'} has no {min(missing)!r}; train the run again")
    return result["seed"], log, result["validation_error"], result["seconds"]
