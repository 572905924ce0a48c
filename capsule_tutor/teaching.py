"""The commands for those who teach, as `capsule-tutor nbgrader`. TEACHING.md says how to use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from capsule_tutor import files
from capsule_tutor.doctor import missing, stop

app = typer.Typer()

CODE = Annotated[
    Path | None, typer.Option("--code", help="A Python file that is run first: it enters networks in models.MODELS.")
]
LESSONS = Annotated[list[str], typer.Argument(help='Lessons by number, as "02 04".')]


@contextmanager
def _refusing(extra: str, *expected: type[Exception]) -> Iterator[None]:
    """What a person can put right ends a command with one line. `extra` holds what the command imports."""
    try:
        yield
    except ImportError as error:
        raise missing(error, extra) from None
    except expected as error:
        raise stop(str(error.args[0] if isinstance(error, KeyError) else error)) from None


@app.command()
def nbgrader(
    lessons: LESSONS,
    out: Annotated[Path, typer.Option(help="The course folder; made if it is not there.")] = Path("course"),
    hints: Annotated[
        int,
        typer.Option(min=0, max=3, help="How many hints to leave over each exercise; the third is nearly the answer."),
    ] = 3,
) -> None:
    """Make nbgrader assignments of lessons: answers and checks in cells of their own, with points."""
    from capsule_tutor import authoring
    from capsule_tutor.classroom import assignments

    with _refusing("teach", authoring.AuthoringError, KeyError, OSError):
        assignments.write(out, lessons, hints, say=typer.echo)
    place = f'"{out}"' if " " in str(out) else out
    typer.echo(f"Next:\n  cd {place}\n  nbgrader generate_assignment {_stem(lessons[0])}")


def _stem(lesson: str) -> str:
    from capsule_tutor import course

    return course.find(lesson).stem


@app.command()
def handout(
    lessons: LESSONS,
    out: Annotated[Path, typer.Option(help="The ZIP file to write.")] = Path("class.zip"),
) -> None:
    """Put lessons and all that they need into one ZIP file for a class, without the solved notebooks."""
    from capsule_tutor import authoring
    from capsule_tutor.classroom import handout as handouts

    with _refusing("author", authoring.AuthoringError, KeyError, OSError):
        names = handouts.write(out, lessons)
    typer.echo(f"{out}: {len(names)} files, {out.stat().st_size / 1e6:.0f} MB. Its README.md says how to begin.")


@app.command()
def slides(
    lesson: Annotated[str, typer.Argument(help='A lesson by number ("04").')],
    out: Annotated[Path | None, typer.Option(help="Where to write.  \\[default: NN_name.slides.html]")] = None,
) -> None:
    """Make a deck of a lesson: one file for the lecture hall, without network; printed, it is a handout."""
    from capsule_tutor import authoring, course
    from capsule_tutor.classroom import slides as decks

    with _refusing("teach", authoring.AuthoringError, KeyError, OSError):
        known = course.find(lesson)
        path = out or Path(f"{known.stem}.slides.html")
        count = decks.write(known, path)
    typer.echo(f"{path}: {count} slides. Open it in any browser: → next heading, ↓ more of it, Esc overview.")
    typer.echo("Print it (Ctrl-P) and it is a handout.")


@app.command()
def site(
    out: Annotated[Path, typer.Option(help="The folder to write; made if it is not there.")] = Path("site"),
) -> None:
    """Build the course as web pages: to read without installing anything, answers folded, the theatre alive."""
    from capsule_tutor import authoring
    from capsule_tutor import site as pages

    typer.echo("Building the site; this takes about a minute.")
    with _refusing("site", authoring.AuthoringError, pages.SiteError, OSError):
        count = len(pages.build(out))
    typer.echo(f"{count} pages. Open {out / 'index.html'} in any browser, or publish the folder.")


@app.command()
def misconceptions(
    lessons: Annotated[list[str] | None, typer.Argument(help='Lessons by number, as "02 04"; otherwise all.')] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As a table for a spreadsheet.")] = False,
    html: Annotated[bool, typer.Option("--html", help="As a page to print or to send.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Print every mistake that a check knows by name, with what it says, by lesson."""
    from capsule_tutor.classroom import misconceptions as known

    if csv and html:
        raise stop("Choose --csv or --html, not both.")
    write = known.as_csv if csv else known.as_html if html else known.as_text
    with _refusing("teach", OSError, KeyError):
        text = write(known.of(lessons or ()))
        if out:
            files.write_text(out, text)
    typer.echo(f"wrote {out}" if out else text.rstrip("\n"))


@app.command("class-report")
def class_report(
    folder: Annotated[Path, typer.Argument(help="Everybody's progress.json and the table of `grade --csv`.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("class.html"),
) -> None:
    """Turn a class's progress and grades into one page: who is where, common mistakes, what took long."""
    from capsule_tutor.classroom import report

    with _refusing("teach", report.ReportError, OSError):
        learners = report.read(folder, say=lambda line: typer.echo(line, err=True))
        files.write_text(out, report.as_html(learners))
    typer.echo(f"{out}: {len(learners)} learner{'s' * (len(learners) != 1)}")


@app.command()
def leaderboard(
    places: Annotated[list[Path], typer.Argument(help="Leaderboard files, or folders of them.")],
    out: Annotated[Path | None, typer.Option(help="Write the merged board here, to be merged again.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write it as a table for a spreadsheet.")] = None,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count mistakes again, from the runs in these folders.")
    ] = False,
    code: Annotated[
        list[Path] | None,
        typer.Option("--code", help="A Python file that enters networks in models.MODELS; it may be given repeatedly."),
    ] = None,
) -> None:
    """Merge leaderboards of a class, after checking every entry."""
    from capsule_tutor import data, pretrained
    from capsule_tutor import leaderboard as boards

    with _refusing("lab", boards.BoardError, pretrained.WeightsError, data.DataError, OSError):
        for file in code or ():
            pretrained.run_code(file)
        entries, problems = boards.collect(places)
        for line in boards.lines(entries):
            typer.echo(line)
        for one in entries if recount else ():
            try:
                typer.echo(f"{one['who']}, {one['name']}: {boards.recounted(one, places)}")
            except boards.BoardError as problem:
                problems.append(str(problem))
        if out:
            boards.write(out, entries)
        if csv:
            files.write_text(csv, boards.as_csv(entries))
    for problem in problems:
        typer.echo(f"rejected: {problem}", err=True)
    if problems or not entries:
        raise stop("Some entries are not valid." if problems else "There are no entries here.")
