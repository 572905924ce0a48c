"""What grading found, as a table for a gradebook and as a page for a person."""

import csv
import html
import io
from datetime import datetime

from capsule_tutor import files
from capsule_tutor.grading import grader

_MARKS = {"passed": "✓", "not yet": "✗", "not attempted": "○"}


def as_csv(report: "grader.Report") -> str:
    """A row per student: points of every exercise, what was lost by coming late, the sum, of how many; the unread."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["student", *(exercise.id for exercise in report.exercises), "late", "total", "of", "not read"])
    for student in report.students:
        got = (f"{student.points[exercise.id]:g}" for exercise in report.exercises)
        late, unread = f"-{student.lost:.0%}", files.table_cell("; ".join(student.problems))
        rows.writerow([files.table_cell(student.name), *got, late, f"{student.total:g}", report.of, unread])
    return out.getvalue()


def as_html(report: "grader.Report") -> str:
    """One page, in one file: the table, what was said to each answer, and which answers resemble each other."""
    heads = "".join(f"<th scope=col>{exercise.id}<br>{grader.points(exercise)}</th>" for exercise in report.exercises)
    rows = "\n".join(_row(student, report) for student in report.students)
    said = "\n".join(_said(student) for student in report.students)
    partial = "by parts: shape, values, gradient, edge cases" if report.partial else "all or nothing for each exercise"
    return _PAGE.format(
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        of=report.of,
        heads=heads,
        rows=rows,
        said=said,
        pairs=_pairs(report),
        sandbox=html.escape(report.sandbox),
        seed=report.seed,
        partial=partial,
    )


def _row(student: "grader.Student", report: "grader.Report") -> str:
    cells = []
    for exercise in report.exercises:
        status = student.verdicts[exercise.id].status
        mark, points = _MARKS[status], f"{student.points[exercise.id]:g}"
        cells.append(f'<td class="{status.replace(" ", "-")}" title="{status}">{mark} {points}</td>')
    late = f" (−{student.lost:.0%}, late)" if student.lost else ""
    name = html.escape(student.name)
    return f"<tr><th scope=row>{name}</th>{''.join(cells)}<td>{student.total:g}{late}</td></tr>"


def _said(student: "grader.Student") -> str:
    lines = [f"<li>{html.escape(problem)}</li>" for problem in student.problems]
    for id_, verdict in student.verdicts.items():
        if verdict.status != "passed":
            lines.append(f"<li>{_MARKS[verdict.status]} <b>{id_}</b>: {html.escape(verdict.sentence)}</li>")
    return f"<h3>{html.escape(student.name)}</h3>\n<ul>{''.join(lines)}</ul>" if lines else ""


def _pairs(report: "grader.Report") -> str:
    if not report.pairs:
        return "<p>Among the answers that are long enough to compare, no two are nearly the same.</p>"
    rows = "".join(
        f"<tr><td>{pair.exercise}</td><td>{html.escape(pair.one)}</td><td>{html.escape(pair.other)}</td>"
        f"<td>{pair.similarity:.0%}</td></tr>"
        for pair in report.pairs[:200]
    )
    return f"<table><tr><th>exercise</th><th>one</th><th>other</th><th>in common</th></tr>{rows}</table>"


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Capsule Tutor: grades</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a }}
table {{ border-collapse: collapse }}
th, td {{ border: 1px solid #767676; padding: .3rem .6rem; text-align: left; vertical-align: top }}
.passed {{ background: #d9f0e6 }}
.not-yet {{ background: #fbe3d6 }}
@media print {{ body {{ margin: 0; max-width: none; font-size: 11px }} h3 {{ break-after: avoid }} }}
</style>
<h1>Grades</h1>
<p>{when} · {of} points in all, {partial}. ✓ passed, ✗ not yet, ○ not attempted.</p>
<table>
<tr><th scope=col>student</th>{heads}<th scope=col>total</th></tr>
{rows}
</table>
<h2>What was said</h2>
{said}
<h2>Answers that are nearly the same</h2>
<p>A hint for a conversation, never a score: a short exercise has few right answers, and the solutions are public.</p>
{pairs}
<h2>How it was graded</h2>
<p>{sandbox}.</p>
<p>Secret inputs: <code>--seed {seed}</code> gives the same ones again.</p>
</html>
"""
