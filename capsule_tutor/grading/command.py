"""`capsule-tutor grade FOLDER --lessons 02 04`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from capsule_tutor import files
from capsule_tutor.doctor import stop


def grade(
    more: typer.Context,
    folder: Annotated[Path, typer.Argument(help="nbgrader's course, or any folder of notebooks.")],
    lessons: Annotated[
        list[str], typer.Option(help="Lessons to grade. The folder comes first: grade FOLDER --lessons 02 04.")
    ],
    without: Annotated[
        list[str] | None, typer.Option(help="An exercise to leave out, as what_they_share; it may be given repeatedly.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the points here, a row for each student.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page here: points, reasons, similar answers.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of the secret inputs; the same gives the same ones.  \\[default: a fresh one]"),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Points for the parts of an answer that are right.")
    ] = False,
    due: Annotated[
        datetime | None,
        typer.Option(help="When the work was due, as 2026-01-31T23:59:00; a day alone is its first moment."),
    ] = None,
    late: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of the points lost for each day begun after --due.")
    ] = 0,
    late_cap: Annotated[float, typer.Option(min=0, max=100, help="The most that lateness can cost, in percent.")] = 100,
    container: Annotated[str, typer.Option(help="Run answers in docker=IMAGE or podman=IMAGE instead.")] = "",
    seconds: Annotated[int, typer.Option(min=1, help="Processor time for each exercise.")] = 20,
) -> None:
    """Grade every exercise of submitted notebooks, each in a process of its own that knows no right answer."""
    from capsule_tutor.grading import grader, report, sandbox

    lateness = grader.Late(due, late / 100, late_cap / 100)
    limits = sandbox.Limits(seconds=seconds, patience=3 * seconds)
    numbers = [number for text in [*lessons, *more.args] for number in text.replace(",", " ").split()]
    if not folder.is_dir():
        raise stop(f"There is no folder {folder}. Name the folder first: capsule-tutor grade FOLDER --lessons 02 04.")
    if late and due is None:
        raise stop("--late needs --due, the time when the work was due.")
    if due and not late:
        raise stop("--due needs --late, the percent of the points lost for each day.")
    try:
        for path in filter(None, (csv, html)):  # hours before it is written
            files.check_place(path)
        found = grader.grade(
            folder, numbers, seed, partial, lateness, container, limits, say=typer.echo, without=without or ()
        )
        for path, text in ((csv, report.as_csv), (html, report.as_html)):
            if path is not None:
                files.write_text(path, text(found))
                typer.echo(f"wrote {path}")
    except (KeyError, OSError, sandbox.SandboxError) as error:
        raise stop(str(error.args[0]) if len(error.args) == 1 else str(error)) from None
    for pair in found.pairs[:10]:
        typer.echo(
            f"{pair.exercise}: {pair.one} and {pair.other} have {pair.similarity:.0%} in common: a hint, no score"
        )
