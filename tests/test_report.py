"""`capsule-tutor report` and `leaderboard`: what a page counts, what an entry may say, and how boards are merged."""

import ast
import csv
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import html5lib
import nbformat
import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from capsule_tutor import cli, data, leaderboard, models, pretrained, report, show, training
from capsule_tutor.theatre import explorer

SHAPE = (3, 16, 16)
NARROW = replace(
    training.RECIPES["efficient-capsnet-fast"], epochs=1, batch_size=32, options={"channels": (8, 8, 8, 16)}
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of pictures, and two runs of one epoch on it, "a-0" and "a-1"."""
    folder = tmp_path_factory.mktemp("report")
    recipe = training.for_folder(NARROW, data.example_folder(folder / "shapes"), SHAPE)
    for seed in (0, 1):
        training.train(recipe, folder / f"a-{seed}", seed, device="cpu", precision="float32", threads=1)
    return folder


@pytest.fixture(scope="module")
def found(place):
    return report.measure([str(place / "a-0")])


@pytest.fixture(scope="module")
def both(place):
    return report.measure([str(place / "a-0"), str(place / "a-1")])


def run(*arguments):
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


# ---- a recipe for a folder


def test_a_recipe_for_a_folder_says_everything_that_a_run_needs(place):
    recipe = training.Recipe(**pretrained.result(place / "a-0")["recipe"])
    assert recipe.options["classes"] == 3
    assert recipe.reconstruction == pytest.approx(784 / (3 * 16 * 16))
    # The toys' 0.170 is for 4,608 pixels.
    toys = training.for_folder(training.RECIPES["dense-toys"], place / "shapes", SHAPE)
    assert toys.reconstruction == pytest.approx(784 / (3 * 16 * 16), rel=2e-3)
    assert recipe.data.endswith("shapes/")
    assert recipe.split("test").classes == ("disc", "square", "triangle")
    assert pretrained.load(str(place / "a-0")).shape == SHAPE


def test_a_folder_with_the_name_of_a_data_set_is_still_a_folder(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(place / "shapes", tmp_path / "toys")
    assert training.for_folder(NARROW, "toys", SHAPE).split("test").images.shape[1:] == SHAPE


def test_a_folder_is_known_by_its_pictures_and_their_names(place, tmp_path):
    before = data.pictures_of(place / "shapes")
    assert data.pictures_of(shutil.copytree(place / "shapes", tmp_path / "copy")) == before
    (tmp_path / "copy" / "disc" / "disc 0").rename(tmp_path / "copy" / "disc" / "cup")  # which may change its side
    assert data.pictures_of(tmp_path / "copy") != before
    with pytest.raises(data.DataError, match="is not there; name a folder"):
        data.pictures_of(tmp_path / "none")


def test_a_changed_recipe_or_picture_makes_another_run(place, tmp_path):
    own, runs = shutil.copytree(place / "shapes", tmp_path / "own"), tmp_path / "runs"
    few = replace(NARROW, batch_size=128)
    how = {"device": "cpu", "precision": "float32", "threads": 1}
    first = training.for_folder(few, own, SHAPE)
    folder = training.trained(first, runs, "own", **how)
    weights = report.weights_of(folder)
    assert training.trained(first, runs, "own", **how) == folder
    assert report.weights_of(folder) == weights
    (own / "disc" / "disc 0" / "0.png").unlink()
    for do in (lambda: training.trained(first, runs, "own", seed=1, **how), lambda: report.measure([folder])):
        with pytest.raises(data.DataError, match=r"own/ are no longer those of this recipe; make it again, and train$"):
            do()
    second = training.for_folder(few, own, SHAPE)
    other = training.trained(second, runs, "own", seed=1, **how)
    assert Path(other).name.rsplit("-", 2)[1] != Path(folder).name.rsplit("-", 2)[1]
    said = run("report", folder, other)
    assert said.exit_code == 1
    assert "follow different recipes" in said.output
    assert said.output.strip().count("\n") == 0
    names = {recipe.fingerprint for recipe in (first, second, replace(first, rate=1e-4))}
    assert len(names | {training.for_folder(few, own, (1, 16, 16)).fingerprint}) == 4


def test_a_network_of_ones_own_is_reported_with_its_code(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from capsule_tutor import models\nmodels.MODELS['mine'] = models.efficient_capsnet\n", encoding="utf-8"
    )
    Path("broken.py").write_text("import\n", encoding="utf-8")
    shutil.copytree(place / "a-0", "run")
    made = json.loads(Path("run/result.json").read_text(encoding="utf-8"))
    made["recipe"]["model"] = "mine"
    Path("run/result.json").write_text(json.dumps(made), encoding="utf-8")
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    for wish in (("report", "run"), ("show", "run", "--tweak")):
        said = run(*wish)
        assert said.exit_code == 1
        assert "there is no model 'mine' here; import the file that enters it in models.MODELS first" in said.output
        assert said.output.strip().count("\n") == 0
    for file, says in {"broken.py": "SyntaxError", "none.py": "FileNotFoundError"}.items():
        said = run("report", "run", "--code", file)
        assert f"{file} cannot be run ({says}" in said.output
        assert said.output.strip().count("\n") == 0
    assert run("report", "run", "--who", "ada", "--code", "mine.py").exit_code == 0
    del models.MODELS["mine"]
    board = run("leaderboard", ".", "--recount", "--out", "merged.json")
    assert board.exit_code == 0
    assert "1 seed  (not counted: there is no model 'mine' here; name its file: --code FILE)" in board.output
    assert "not counted again: run: there is no model 'mine' here" in board.output
    assert len(leaderboard.read(Path("merged.json"))) == 1
    cells = nbformat.read("run-report.ipynb", as_version=4).cells
    assert "pretrained.run_code('mine.py')\n" in cells[1].source
    exec(cells[1].source, {})  # what a fresh kernel begins with
    del models.MODELS["mine"]
    assert run("report", place / "a-0", "--who", "bob").exit_code == 0
    with_code = run("leaderboard", "leaderboard.json", "--code", "mine.py")
    assert with_code.exit_code == 0
    assert "not counted" not in with_code.output
    assert all(f"  {who} " in with_code.output for who in ("ada", "bob"))


def test_of_two_networks_of_ones_own_each_brings_its_file_and_one_uncounted_is_not_ranked_by_size(
    found, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    honest = leaderboard.entry(found, "eve") | {"images": 10_000}
    for run_ in honest["runs"]:
        run_["wrong"] = 50
    for who in ("ada", "bo"):
        Path(f"{who}.py").write_text(
            f"from capsule_tutor import models\nmodels.MODELS[{who!r}] = models.MODELS[{honest['recipe']['model']!r}]\n"
        )
    entries = [honest | {"recipe": honest["recipe"] | {"data": "mnist"}}]
    for number, who in enumerate(("ada", "bo")):
        runs = [run_ | {"weights": f"{number}{run_['weights'][1:]}"} for run_ in honest["runs"]]
        entries.append(entries[0] | {"who": who, "runs": runs, "recipe": entries[0]["recipe"] | {"model": who}})
    small = entries[1] | {"parameters": 7}
    assert [one["who"] for one in leaderboard.ranked([small, entries[0]])] == ["eve", "ada"]
    assert leaderboard.as_csv([small]).splitlines()[1].split(",")[5:7] == ["7", "no"]
    leaderboard.write(Path("all.json"), entries)
    result = run("leaderboard", "all.json", "--code", "ada.py", "--code", "bo.py")
    assert result.exit_code == 0, result.output
    assert "not counted" not in result.output


def test_what_does_not_go_with_pictures_is_a_line(place):
    with pytest.raises(training.TrainingError, match="capsnet cannot take pictures of your own; choose"):
        training.for_folder(training.RECIPES["capsnet-fast"], place / "shapes", SHAPE)
    with pytest.raises(training.TrainingError, match="a square of 12 to 208 pixels does; choose another --shape"):
        training.for_folder(NARROW, place / "shapes", (3, 9, 9))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 12, 12), (3, 64, 64), (2, 97, 97), (3, 208, 208)])
def test_a_plan_counts_what_is_built(shape):
    layers, channels = models.fitting(shape), (8, 16, 24, 40)
    with torch.device("meta"):
        network = models.efficient_capsnet(7, shape, channels=channels, layers=layers)
        control = models.dense(7, shape, layers=layers)
    stages = models.plan(7, shape, layers, channels)
    assert sum(stage.parameters for stage in stages) == models.count_parameters(network)
    assert stages[3].shape == (40, *[models.map_sides(shape[1], layers)[-1]] * 2)
    wide = models.plan(7, shape, layers)
    assert sum(stage.parameters for stage in wide) == models.count_parameters(control)


def test_the_published_fronts_are_found_again():
    for shape in ((1, 28, 28), (1, 40, 40)):
        assert models.fitting(shape) == models._FRONTS[shape][0]
    for side in (11, 209):
        with pytest.raises(ValueError, match="do not fit; a square of 12 to 208 pixels does"):
            models.fitting((3, side, side))
    with pytest.raises(ValueError, match="convolution 2 is 9 pixels wide, and its map only 4"):
        models.plan(3, (3, 8, 8), ((5, 1), (9, 1), (3, 1), (3, 1)))


# ---- what is counted


def test_mistakes_are_counted_on_the_test_split(place, found):
    recipe = pretrained.recipe(str(place / "a-0"))
    test = recipe.split("test")
    error = training.error(pretrained.load(str(place / "a-0")), test)
    assert int(found.runs[0].wrong.sum()) == round(error * len(test.labels) / 100)
    assert found.answers.shape == (48, 1)
    assert sum(found.parameters.values()) == models.count_parameters(found.network)


def test_confusions_hold_every_image(found):
    counts = report.confusions(found.shown.labels, found.answers, 3)
    assert counts.sum() == 48
    assert counts.sum() - counts.trace() == found.runs[0].wrong.sum()
    assert counts.sum(dim=1).tolist() == [16, 16, 16]


def test_confusions_of_two_classes_in_one_image():
    labels, answers = torch.tensor([[1, 3], [0, 2], [2, 3]]), torch.tensor([[1, 3], [1, 3], [0, 3]])
    counts = report.confusions(labels, answers, 4)
    assert {(a, b) for a, b in counts.nonzero().tolist()} == {(1, 1), (3, 3), (0, 1), (2, 3), (2, 0)}
    assert counts[3, 3] == 2


def test_intervals_are_those_of_lesson_ten():
    low, high = report.interval(25, 10_000)
    assert (low, high) == (pytest.approx(0.169, abs=1e-3), pytest.approx(0.369, abs=1e-3))
    assert report.interval(0, 20)[0] == 0
    mean, low, high = report.over_seeds([1.0, 2.0, 3.0])
    assert (mean, low, high) == (2.0, pytest.approx(2 - 4.303 / 3**0.5, abs=1e-3), pytest.approx(4.484, abs=1e-3))


def test_the_interval_by_things_counts_the_spread_within_classes():
    apart = {"disc": [20.0, 30.0, 40.0], "square": [50.0, 60.0, 70.0]}  # 10 within each class, whatever lies between
    half = 2.776 * (6 * 10**2) ** 0.5 / 6  # t for six things less two means
    assert report.over_things(apart) == pytest.approx((45, 45 - half, 45 + half), abs=0.01)
    assert report.over_things({"disc": [0.0, 50.0], "square": [100.0, 50.0]}) == (50, 0, 100)
    with pytest.raises(ValueError, match="a class has a single thing"):
        report.over_things({"disc": [0.0, 50.0], "square": [50.0]})
    with pytest.raises(ValueError, match="come out alike"):
        report.over_things({"disc": [0.0, 0.0], "square": [50.0, 50.0]})


def test_several_seeds_show_the_one_that_validation_prefers(both):
    assert len(both.runs) == 2
    assert both.runs[both.best].validation_error == min(one.validation_error for one in both.runs)
    assert "Over 2 seeds" in report.error(both)
    few = [one._replace(wrong=torch.arange(48) < n) for n, one in enumerate(both.runs)]  # none wrong, and 1 of 48
    assert report.over_seeds([0.0, 100 / 48])[1] < 0
    assert "95 % interval of the mean 0.00 to " in report.error(both._replace(runs=few)), "no error rate is negative"
    with pytest.raises(pretrained.WeightsError, match="follow different recipes"):
        report.measure(["efficient-capsnet-toys", "dense-toys"])


def test_one_run_is_no_two_seeds(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(place / "a-0", "copy")
    for names in ([place / "a-0", place / "a-0"], [place / "a-1", place / "a-0", "copy"]):
        said = run("report", *names)
        assert said.exit_code == 1
        assert "hold the same weights; name each run once" in said.output.replace("\n", " ")
        assert not Path("leaderboard.json").exists()
    weights = load_file("copy/weights.safetensors")
    save_file({name: weight + 1e-7 for name, weight in weights.items()}, "copy/weights.safetensors")
    with pytest.raises(pretrained.WeightsError, match="have one seed"):
        report.measure([str(place / "a-0"), "copy"])


# ---- the page


class _Loaded(HTMLParser):
    """Everything that a page would ask for."""

    def __init__(self):
        super().__init__()
        self.asked, self.pictures = [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.asked += [attributes[name] for name in ("src", "href", "srcset", "data") if attributes.get(name)]
        if tag == "img":
            self.pictures.append(attributes.get("alt", ""))
        assert tag not in ("script", "link", "iframe", "object")


def test_a_page_is_valid_complete_and_asks_for_nothing(found, both):
    for one in (found, both):
        page = report.page(one)
        html5lib.HTMLParser(strict=True).parse(page)
        read = _Loaded()
        read.feed(page)
        assert read.asked
        assert all(address.startswith("data:image/png;base64,") for address in read.asked)
        assert "url(" not in page
        assert "@import" not in page
        assert all(len(alt) >= 35 for alt in read.pictures)
        for part in report.PARTS:
            assert f"<h2>{part}</h2>" in page
        wrong = int(one.runs[one.best].wrong.sum())
        assert f"{wrong} of 48 test images are misread" in page
        assert page.count("<figure>") == min(wrong, report.MOST)
        assert len(read.pictures) == 3 * min(wrong, report.MOST) + 1


def test_names_of_classes_and_files_cannot_break_a_page(place, tmp_path):
    nasty = tmp_path / "<script>alert(1)<"
    shutil.copytree(place / "shapes", nasty)
    (nasty / "disc").rename(nasty / 'a "&<b>')
    recipe = training.for_folder(NARROW, nasty, SHAPE)
    training.train(recipe, tmp_path / "run", device="cpu", precision="float32", threads=1)
    page = report.page(report.measure([str(tmp_path / "run")]))
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<script" not in page
    assert "<b>" not in page


def test_a_perfect_network_and_one_without_a_decoder(found):
    perfect = found._replace(runs=[found.runs[0]._replace(wrong=torch.zeros(48, dtype=torch.bool))])
    assert report.mistakes(perfect) == "<p>No test image is misread.</p>"
    blind = found._replace(network=models.CapsuleNetwork(found.network.encoder, None, SHAPE))
    assert "this network has no decoder" in report.mistakes(blind)
    assert report.mistakes(blind).count("<img") == min(int(found.runs[0].wrong.sum()), report.MOST)
    assert "explorer" not in nbformat.writes(report.notebook(blind, ["a-0"]))


def test_the_notebook_holds_the_same_and_the_code_for_it(place, found):
    names = [str(place / "a-0")]
    notebook = report.notebook(found, names)
    nbformat.validate(notebook)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert len(outputs) == len(report.PARTS)
    namespace = {}
    exec(notebook.cells[1].source, namespace)
    code = next(cell.source for cell in notebook.cells if '"Confusion"' in cell.source)
    shown = next(o.data["text/html"] for o in outputs if o.data["text/plain"].startswith("[Confusion"))
    assert eval(code, namespace).data == shown


def test_a_page_takes_no_other_notebook_away_and_its_own_runs_where_it_lies(place, tmp_path, found):
    (tmp_path / "mine.ipynb").write_text("my work")
    with pytest.raises(FileExistsError, match=r"mine\.ipynb is not a report"):
        report.write(found, [str(place / "a-0")], tmp_path / "mine.html")
    assert (tmp_path / "mine.ipynb").read_text(encoding="utf-8") == "my work"
    _, beside = report.write(found, [str(place / "a-0")], tmp_path / "page.html")
    report.write(found, [str(place / "a-0")], tmp_path / "page.html")
    (code,) = [cell.source for cell in nbformat.read(beside, 4).cells if "report.measure" in cell.source]
    (run_,) = ast.literal_eval(code.partition("measure(")[2].removesuffix(")"))
    assert (tmp_path / run_).resolve() == (place / "a-0").resolve()


# ---- the command


def test_the_command_writes_page_notebook_and_entry(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("report", place / "a-0", place / "a-1", "--who", "ada")
    assert result.exit_code == 0, result.output
    (page,) = tmp_path.glob("*-report.html")
    assert page.with_suffix(".ipynb").is_file()
    (entry,) = leaderboard.read(tmp_path / "leaderboard.json")
    assert entry["who"] == "ada"
    assert [one["seed"] for one in entry["runs"]] == [0, 1]
    assert "/" not in entry["recipe"]["data"]
    run("report", place / "a-0", place / "a-1", "--who", "ada")
    assert len(leaderboard.read(tmp_path / "leaderboard.json")) == 1
    run("report", place / "a-0", "--who", "ada", "--out", "other.html")
    assert len(leaderboard.read(tmp_path / "leaderboard.json")) == 2


def test_what_cannot_be_reported_is_a_line(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    shutil.copytree(place / "a-0", tmp_path / "cut")
    (tmp_path / "cut" / "weights.safetensors").write_bytes(b"nothing")
    shutil.copytree(place / "a-0", tmp_path / "no-log")
    (tmp_path / "no-log" / "log.csv").unlink()
    (tmp_path / "leaderboard.json").write_text("[]")
    for name, says in {
        "empty": "holds no run; name another folder",
        "nobody": "there are no weights 'nobody'",
        "cut": "holds no run that can be read",
        "no-log": "log.csv is missing or damaged",
        place / "a-0": "is not a Capsule Tutor leaderboard",
    }.items():
        result = run("report", name)
        assert result.exit_code == 1
        assert says in result.output
        assert result.output.strip().count("\n") == 0, result.output
    gone = tmp_path / "gone"
    shutil.copytree(place / "a-0", gone)
    text = json.loads((gone / "result.json").read_text(encoding="utf-8"))
    text["recipe"]["data"] = "moved away/"
    (gone / "result.json").write_text(json.dumps(text))
    assert "moved away is not there; name a folder" in run("report", gone).output


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("q.ipynb", "would hold the notebook in place of the page; name the page q.html"),
        (".", "is a f"),
        ("gone/q.html", "there is no folder gone; choose another --out"),
    ],
)
def test_a_page_where_none_can_be_is_a_line_before_anything_is_read(out, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "measure", lambda *_: pytest.fail("read all test images first"))
    said = run("report", "a-0", "--out", out)
    assert said.exit_code == 1
    assert says in said.output
    assert said.output.strip().count("\n") == 0, said.output
    assert not list(tmp_path.iterdir())


def test_a_run_on_pictures_is_shown_and_explored(place, tmp_path):
    for look in show.LOOKS:
        result = run("show", place / "a-0", f"--{look}", "--out", tmp_path / f"{look}.png")
        assert result.exit_code == 0, result.output
    network = pretrained.load(str(place / "a-0"))
    assert show.images_for(network, str(place / "a-0")).classes == ("disc", "square", "triangle")
    answer = explorer(str(place / "a-0")).answer
    assert answer({"what": "programme"})["labels"] == [(0, "disc"), (1, "square"), (2, "triangle")]
    looked = answer({"what": "look", "network": str(place / "a-0"), "place": 0})
    assert looked["lengths"].shape == (3,)


# ---- the leaderboard


@pytest.fixture
def entry(found):
    return leaderboard.entry(found, "ada")


def test_an_entry_of_a_report_is_sound(entry):
    assert leaderboard.checked(json.loads(json.dumps(entry))) == entry
    assert leaderboard.error(entry) == pytest.approx(100 * entry["runs"][0]["wrong"] / 48)


_RUN = {"seed": 0, "wrong": 1, "validation_error": 1.0, "weights": "x"}
WRONG = {
    "fewer parameters": ({"parameters": 9_000}, "says 9,000 parameters; its recipe builds"),
    "an error by hand": ({"error": 0.1}, "also says 'error'"),
    "fewer than none": ({"runs": [_RUN | {"wrong": -1}]}, "-1 wrong of 48"),
    "more than all": ({"runs": [_RUN | {"wrong": 49}]}, "49 wrong of 48"),
    "no runs": ({"runs": []}, "has no images or no runs"),
    "no images": ({"images": 0}, "has no images or no runs"),
    "half a run": ({"runs": [{"seed": 0}]}, "a run without seed, wrong"),
    "one run twice": (
        {"runs": [_RUN | {"seed": n} for n in (0, 1)]},
        "counts the same weights twice",
    ),
    "words for a number": ({"images": "48"}, "has no valid 'images'"),
    "a recipe of nothing": ({"recipe": {"model": "magic", "data": "mnist"}}, "a recipe that builds no network"),
    "a recipe for no data": (
        {"recipe": {"model": "dense", "epochs": 1, "batch_size": 1, "rate": 1.0, "schedule": ""}},
        "has no valid 'data' in its recipe",
    ),
    "a recipe of no model": ({"recipe": {"model": ["dense"], "data": "mnist"}}, "has no valid 'model' in its recipe"),
    "a network too large to be built": (
        {"recipe": {"model": "efficient-capsnet", "epochs": 1, "batch_size": 1, "rate": 1.0, "schedule": "",
                    "data": "mnist", "options": {"channels": [8, 8, 8, 8_000_000]}}},
        "its recipe builds",
    ),
}  # fmt: skip


@pytest.mark.parametrize("harm", WRONG)
def test_an_entry_that_does_not_add_up_is_refused(entry, harm):
    change, says = WRONG[harm]
    with pytest.raises(leaderboard.BoardError) as raised:
        leaderboard.checked(entry | change)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_exam_is_known_by_images_and_labels():
    images, labels = torch.rand(3, 1, 4, 4), torch.tensor([0, 1, 2])
    assert report.exam(images.clone(), labels.clone()) == report.exam(images, labels)
    assert report.exam(images.flip(0), labels) != report.exam(images, labels)
    assert report.exam(images, labels.flip(0)) != report.exam(images, labels)


def test_what_is_not_sound_is_not_added(entry, tmp_path):
    board = tmp_path / "leaderboard.json"
    leaderboard.add(board, entry)
    with pytest.raises(leaderboard.BoardError, match="counts the same weights twice"):
        leaderboard.add(board, entry | {"runs": entry["runs"] * 2})
    assert leaderboard.read(board) == [entry]


def test_an_entry_is_a_dictionary_with_a_name():
    for nothing in (None, [], {}, {"name": 3}):
        with pytest.raises(leaderboard.BoardError, match="is not what `capsule-tutor report` writes"):
            leaderboard.checked(nothing)


def test_parameters_of_every_model_can_be_counted_again():
    for name, recipe in training.RECIPES.items():
        one = {"recipe": json.loads(json.dumps(vars(recipe)))}
        assert leaderboard._parameters(one, name) == models.count_parameters(recipe.network())


def _of(entry, who, wrong, weights, date="2030-01-01", parameters=None, **changes):
    made = entry | {"who": who, "date": date, "runs": [entry["runs"][0] | {"wrong": wrong, "weights": weights}]}
    return made | ({"parameters": parameters} if parameters else {}) | changes


def test_merging_keeps_the_newest_of_each_run_and_ranks_by_error(entry):
    old, new = _of(entry, "ada", 9, "a", "2030-01-01"), _of(entry, "ada", 8, "a", "2030-02-01")
    other, better = _of(entry, "bob", 5, "b"), _of(entry, "ada", 3, "c")
    for order in ([old, new, other, better], [better, new, old, other]):
        assert leaderboard.merged(order) == [better, other, new]
    merged = leaderboard.merged([old, new, other, better])
    assert leaderboard.merged([*merged, *merged]) == merged


def test_on_mnist_the_smallest_that_is_good_enough_comes_first(entry):
    mnist = {"images": 10_000, "recipe": entry["recipe"] | {"data": "mnist"}}
    large = _of(entry, "a", 10, "a", parameters=160_000, **mnist)
    small = _of(entry, "b", 60, "b", parameters=15_000, **mnist)
    tiny = _of(entry, "c", 61, "c", parameters=5_000, **mnist)
    assert [one["who"] for one in leaderboard.ranked([large, tiny, small])] == ["b", "a", "c"]


def test_other_test_images_are_another_table(entry):
    other = _of(entry, "bob", 0, "b", exam="0" * 16)
    lines = leaderboard.lines(leaderboard.merged([entry, other]))
    assert sum("48 test images" in line for line in lines) == 2


def test_a_class_is_merged_by_the_names_of_its_folders(entry, tmp_path):
    nameless = entry | {"who": ""}
    for who in ("ada", "bob"):
        (tmp_path / "class" / who).mkdir(parents=True)
        leaderboard.write(tmp_path / "class" / who / "leaderboard.json", [nameless])
    (tmp_path / "class" / "bob" / "progress.json").write_text('{"exercises": {}}')
    (tmp_path / "class" / "eve").mkdir()
    leaderboard.write(tmp_path / "class" / "eve" / "leaderboard.json", [entry | {"parameters": 1}])
    out, table = tmp_path / "merged.json", tmp_path / "merged.csv"
    result = run("leaderboard", tmp_path / "class", "--out", out, "--csv", table)
    assert result.exit_code == 1
    assert "says 1 parameters; its recipe builds" in result.output
    assert [one["who"] for one in leaderboard.read(out)] == ["ada", "bob"]
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["who"] for row in rows] == ["ada", "bob"]
    assert float(rows[0]["error in %"]) == pytest.approx(leaderboard.error(entry), abs=1e-3)
    assert run("leaderboard", out, "--out", tmp_path / "again.json").exit_code == 0
    assert (tmp_path / "again.json").read_text(encoding="utf-8") == out.read_text(encoding="utf-8")


def test_one_bad_entry_takes_no_other_with_it(entry, tmp_path):
    board = tmp_path / "leaderboard.json"
    nameless = {key: value for key, value in entry["recipe"].items() if key != "data"}
    leaderboard.write(board, [entry | {"parameters": 1}, entry, entry | {"recipe": nameless}])
    entries, problems = leaderboard.collect([board])
    assert entries == [entry]
    assert [problem.startswith(f"{board}: the entry of 'a-0' ") for problem in problems] == [True, True]
    with pytest.raises(leaderboard.BoardError, match="says 1 parameters"):
        leaderboard.read(board)


def test_a_place_without_boards_is_a_line(tmp_path):
    assert "There are no entries here" in run("leaderboard", tmp_path).output
    result = run("leaderboard", tmp_path / "none.json")
    assert result.exit_code == 1
    assert "none.json is not there" in result.output


def test_mistakes_are_counted_again_from_the_weights(place, entry, tmp_path):
    assert leaderboard.recounted(entry, [place]) == "counted again"
    assert leaderboard.recounted(entry, [tmp_path]) == "not counted again: the weights of seed 0 are not here"
    flattered = entry | {"runs": [entry["runs"][0] | {"wrong": entry["runs"][0]["wrong"] - 3}]}
    with pytest.raises(leaderboard.BoardError, match="wrong, seed 0; counted:"):
        leaderboard.recounted(flattered, [place])
    other = entry | {"exam": "0" * 16}
    assert leaderboard.recounted(other, [place]) == "not counted again: its test images are not here"
    leaderboard.write(place / "leaderboard.json", [flattered])
    result = run("leaderboard", place, "--recount")
    assert result.exit_code == 1
    assert re.search(r"rejected: 'a-0' of ada says \d+ wrong", result.output)
    (place / "leaderboard.json").unlink()


def test_recipe_parameters_and_images_are_counted_again(place, entry):
    other = {"recipe": entry["recipe"] | {"epochs": 9, "rate": 1.0}}
    for change, says in (
        (other, "says another recipe than that of its run, seed 0: they differ in epochs, rate"),
        ({"parameters": 19_386}, "says 19,386 parameters; counted: "),
        ({"images": 4_800}, "says 4,800 test images; counted: 48"),
    ):
        with pytest.raises(leaderboard.BoardError, match=says):
            leaderboard.recounted(entry | change, [place])
    earlier = {key: value for key, value in entry["recipe"].items() if key != "note"}  # before there were notes
    assert leaderboard.recounted(entry | {"recipe": earlier}, [place]) == "counted again"


def test_a_run_that_cannot_be_counted_again_stops_no_other(place, entry, tmp_path):
    shutil.copytree(place / "a-0", tmp_path / "a-0")
    made = json.loads((tmp_path / "a-0" / "result.json").read_text(encoding="utf-8"))
    made["recipe"]["data"] = "moved away/"
    (tmp_path / "a-0" / "result.json").write_text(json.dumps(made))
    assert leaderboard.recounted(entry, [tmp_path]).startswith("not counted again: moved away is not there")
