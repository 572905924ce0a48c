"""A lint for lessons: what every learner's notebook and every solution must have, and must not."""

import base64
import io
import json
import re
import tokenize
from pathlib import Path

import pytest

from capsule_tutor import authoring, checks, course
from capsule_tutor.checks import guesses

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "solutions" / "source").glob("*.py"))
STEMS = [lesson.stem for lesson in course.LESSONS]
MAX_BYTES = 300 * 1024
READ = (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def notebook(place, stem):
    return json.loads((ROOT / place / f"{stem}.ipynb").read_text(encoding="utf-8"))


def texts(place, stem, kind=("markdown", "code")):
    return ["".join(cell["source"]) for cell in notebook(place, stem)["cells"] if cell["cell_type"] in kind]


def outputs(stem):
    return [output for cell in notebook("solutions", stem)["cells"] for output in cell.get("outputs", [])]


def test_the_course_lists_the_lessons_that_there_are():
    assert [path.stem for path in SOURCES] == [course.START.stem, *STEMS]
    assert [lesson.number for lesson in course.LESSONS] == [f"{n:02d}" for n in range(1, len(course.LESSONS) + 1)]


@pytest.mark.parametrize("stem", STEMS)
def test_title_objectives_minutes_prerequisites(stem):
    title = texts("lessons", stem)[0]
    lesson = course.find(stem)
    assert title.startswith(f"# {lesson.number} · {lesson.title}")
    able = title.split("**You will be able to**")[1].split("**Minutes:**")[0]
    assert 3 <= len(re.findall(r"^- ", able, re.MULTILINE)) <= 5
    assert int(re.search(r"\*\*Minutes:\*\* (\d+)", title)[1]) == lesson.minutes
    assert 40 <= lesson.minutes <= 90
    assert re.search(r"\*\*Prerequisites:\*\* \S.{5,}", title)


@pytest.mark.parametrize("stem", STEMS)
def test_every_part_is_there(stem):
    text = "\n".join(texts("lessons", stem))
    for part in ("Predict before you run", "goes wrong in the wild", "In your own words", "**Further reading**"):
        assert part in text, part
    assert f'checks.board("{stem[:2]}")' in text


@pytest.mark.parametrize("stem", [course.START.stem, *STEMS])
def test_what_comes_next_is_a_link(stem):
    following = next((one for one in course.LESSONS if one.number > stem[:2]), None)
    told = texts("lessons", stem)[-1].split("**Next:**")[1]
    if following:
        assert f"]({following.stem}.ipynb)" in told


@pytest.mark.parametrize("stem", [course.START.stem, *STEMS])
def test_links_between_lessons_lead_somewhere(stem):
    for target in re.findall(r"\]\(([\w./-]+\.ipynb)\)", "\n".join(texts("lessons", stem, ("markdown",)))):
        assert (ROOT / "lessons" / target).is_file(), target


def test_the_front_door_knows_every_lesson_and_gives_nothing_away():
    door = "\n".join(texts("lessons", course.START.stem))
    assert course.table() in door
    for lesson in course.LESSONS:
        assert f"({lesson.stem}.ipynb)" in door
    assert all(not cell.get("outputs") for cell in notebook("lessons", course.START.stem)["cells"])


@pytest.mark.parametrize("stem", STEMS)
def test_every_exercise_is_told_and_checked_with_its_three_hints(stem):
    lesson, markdown = "\n".join(texts("lessons", stem)), "\n".join(texts("lessons", stem, ("markdown",)))
    exercises = [e for e in checks.EXERCISES.values() if e.lesson == stem[:2]]
    assert exercises
    for exercise in exercises:
        assert f"{exercise.name} = checks.{exercise.name}({exercise.name})" in lesson
        assert markdown.count(f"**Exercise {exercise.id}**") == 1
        for hint in exercise.hints:
            assert hint in markdown
    assert markdown.count("<summary>Hint") == 3 * len(exercises)
    asked = re.findall(r"^(\w+) = checks\.\1\(\1\)$", lesson, re.MULTILINE)
    assert asked == [exercise.name for exercise in exercises], (
        "the lesson's order is ORDER in its exercises' __init__.py"
    )


@pytest.mark.parametrize("stem", STEMS)
def test_questions_asked_and_questions_answered_are_the_same(stem):
    asked = re.findall(r'checks\.predict\("([^"]+)"', "\n".join(texts("lessons", stem)))
    assert sorted(asked) == sorted(id_ for id_ in checks.QUESTIONS if id_.startswith(stem[:2]))
    assert len(asked) >= 2
    # Nothing that a cell prints before a button is pressed is an answer.
    assert asked == re.findall(r'^checks\.predict\("([^"]+)"\)$', "\n".join(texts("lessons", stem)), re.MULTILINE)
    solved = re.findall(r'checks\.predict\("([^"]+)", "([^"]+)"\)', "\n".join(texts("solutions", stem)))
    assert dict(solved) == {id_: guesses.right(checks.QUESTIONS[id_]) for id_ in asked}


def test_right_guesses_are_spread_evenly_over_the_choices():
    """Whoever always presses the same button is right about one time in three."""
    right = [guesses.right(question) for question in checks.QUESTIONS.values() if tuple(question) == ("a", "b", "c")]
    assert len(right) >= 0.8 * len(checks.QUESTIONS)
    for choice in "abc":
        assert 0.25 <= right.count(choice) / len(right) <= 0.42, (choice, right.count(choice), len(right))


def solution_lines(stem):
    """Lines that a learner must not see, as the source has them between its markers."""
    source = (ROOT / "solutions" / "source" / f"{stem}.py").read_text(encoding="utf-8")
    regions = re.findall(rf"{authoring.BEGIN}\n(.*?){authoring.END}", source, re.DOTALL)
    regions += re.findall(r"<!-- BEGIN SOLUTION -->\n(.*?)# <!-- END", source, re.DOTALL)
    lines = {line.strip().removeprefix("# ") for region in regions for line in region.splitlines()}
    return {line for line in lines if len(line) > 12 and not line.startswith(authoring.STUB.removeprefix("# "))}


@pytest.mark.parametrize("stem", STEMS)
def test_no_solution_text_in_a_lesson(stem):
    forbidden = solution_lines(stem)
    assert forbidden
    for cell in notebook("lessons", stem)["cells"]:
        text = "".join(cell["source"])
        assert "SOLUTION" not in text
        if cell["cell_type"] == "code":
            leaked = forbidden & {line.strip().removeprefix("# ") for line in text.splitlines()}
            assert not leaked, f"cell {cell['id']} gives away {leaked}"


@pytest.mark.parametrize("stem", STEMS)
def test_a_lesson_holds_no_outputs(stem):
    for cell in notebook("lessons", stem)["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("place", ["lessons", "solutions"])
def test_ids_and_size(stem, place):
    made = notebook(place, stem)
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", id_) for id_ in ids)
    assert (ROOT / place / f"{stem}.ipynb").stat().st_size <= MAX_BYTES
    assert "widgets" not in made["metadata"]


@pytest.mark.parametrize("stem", STEMS)
def test_cells_are_short(stem):
    for cell in notebook("lessons", stem)["cells"]:
        lines = "".join(cell["source"]).splitlines()
        limit = 30 if cell["cell_type"] == "code" else 60
        assert len(lines) <= limit, f"cell {cell['id']} has {len(lines)} lines"


@pytest.mark.parametrize("stem", STEMS)
def test_no_shell_magic_or_flicker(stem):
    code = "\n".join(texts("lessons", stem, ("code",)))
    for pattern in (r"^\s*[!%]\w", r"clear_output", r"tqdm", r"plt\.show", r"/tmp|/home|C:\\\\"):
        assert not re.search(pattern, code, re.MULTILINE), pattern


@pytest.mark.parametrize("stem", STEMS)
def test_every_image_has_alternative_text(stem):
    for text in texts("lessons", stem, ("markdown",)):
        assert not re.search(r"!\[\s*\]\(", text), "a markdown image without alternative text"
        assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", text))
    pictures = 0
    for output in outputs(stem):
        data = output.get("data", {})
        assert not any(kind.startswith("image/") for kind in data), "draw with figures.show: it asks for alt text"
        for tag in re.findall(r"<img[^>]*>", "".join(data.get("text/html", ""))):
            alt = re.search(r'alt="([^"]*)"', tag)
            assert alt
            assert len(alt[1]) >= 40, alt[1]
            pictures += 1
    assert pictures >= 3


@pytest.mark.parametrize("stem", STEMS)
def test_pictures_fit_on_a_page(stem):
    for output in outputs(stem):
        for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", "".join(output.get("data", {}).get("text/html", ""))):
            png = base64.b64decode(data)
            width = int.from_bytes(png[16:20], "big")
            assert width <= 1200, f"a picture is {width} pixels wide"


@pytest.mark.parametrize("stem", STEMS)
def test_solutions_ran_to_their_end_without_complaint(stem):
    cells = [cell for cell in notebook("solutions", stem)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", f"cell {cell['id']} warns: {''.join(output['text'])[:200]}"
    said = "".join("".join(output.get("text", "")) for output in outputs(stem))
    assert "not yet" not in said
    assert "not attempted" not in said
    assert not re.search(r"/(tmp|root|home|work|Users)/| at 0x[0-9a-f]{6}", said), "a path or an address in an output"


@pytest.mark.parametrize("stem", STEMS)
def test_what_was_found_is_said(stem):
    """ "the same: True" leaves the reader to find out what it means: say what is the same, or that it is not."""
    for output in outputs(stem):
        for line in "".join(output.get("text", "")).splitlines():
            assert not re.search(r"\b(True|False)\b", line), line


@pytest.mark.parametrize("stem", STEMS)
def test_most_cells_are_compared(stem):
    """nbval skips cells that are not executed and those tagged to be ignored: both must stay rare."""
    cells = [cell for cell in notebook("solutions", stem)["cells"] if cell["cell_type"] == "code"]
    ignored = [
        c for c in cells if "nbval-ignore-output" in c["metadata"].get("tags", []) or "NBVAL" in "".join(c["source"])
    ]
    assert len(ignored) <= 3
    talking = [cell for cell in cells if cell["outputs"] and cell not in ignored]
    assert len(talking) >= 0.6 * len(cells)


def test_the_map_in_the_readme_is_true():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert course.table("lessons/") in readme
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / target).exists(), f"the README links to {target}"


# What a native teacher would not say aloud → what they would.
GERMAN = {
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again",
    r"\bshall\b": "should, or will",
    r"\bat a draw\b": "where they tie",
    r"\bor else\b|, else\b": "otherwise",
    r"\b(is|are|was|were) asked\b(?! about)": "is wanted",
    r"\b(lies|lie)\b": "is, or runs",
    r"\bstands?\b(?! (for|out|still|up|it))|\bstood\b": "is",
}
PROSE = [
    *SOURCES,
    ROOT / "README.md",
    ROOT / "TEACHING.md",
    *sorted((ROOT / "capsule_tutor" / "exercises").rglob("*.py")),
    *(
        ROOT / "capsule_tutor" / f"{name}.py"
        for name in ("functional", "layers", "models", "training", "study", "measure")
    ),
]


def prose(path):
    """The lines of a file that people read: markdown, comments, docstrings and strings, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text.splitlines()
    said = [token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type in READ]
    return "\n".join(said).splitlines()


@pytest.mark.parametrize("path", PROSE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_words_are_those_of_a_native_teacher(path):
    for line in prose(path):
        for pattern, better in GERMAN.items():
            found = re.search(pattern, line)
            assert not found, f"{found[0]!r}: say {better!r} in {line.strip()[:120]!r}"


@pytest.mark.parametrize("stem", STEMS)
def test_no_more_than_twelve_cells_without_a_part_for_the_learner(stem):
    """Between two exercises, guesses or widgets there is not more to read than a person reads in one go."""
    waiting = longest = 0
    for cell in notebook("lessons", stem)["cells"]:
        source = "".join(cell["source"])
        active = re.search(
            r"(checks\.\w+|explorer|theatre|microscope|squash_dial|pull_apart|turntable|network_map)\(", source
        )
        waiting = 0 if active else waiting + 1
        longest = max(longest, waiting)
    assert longest <= 12, f"{longest} cells without anything to do"
