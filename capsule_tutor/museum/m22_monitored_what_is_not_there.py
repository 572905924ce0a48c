"""The checkpoint waits for a metric that does not exist.

"Save when this number improves", and the log calls that number something else. What is never there never improves, so
nothing is ever saved. A warning may go by once per epoch, among the progress bars.

Seen in: EscVM (while it trains the original CapsNet).
Symptom: after the night the folder is empty.
"""

from collections.abc import Callable

PART = "keep_best"
TEST = "After a training in which the error fell, the best epoch has been saved."


def wrong(log: list[dict], save: Callable[[dict], None]) -> None:
    best = float("inf")
    for row in log:
        if row.get("val_error", best) < best:
            best = row["val_error"]
            save(row)


def right(log: list[dict], save: Callable[[dict], None]) -> None:
    best = float("inf")
    for row in log:
        if row["validation_error"] < best:
            best = row["validation_error"]
            save(row)


def finds(keep_best) -> str | None:
    saved, log = [], [{"epoch": epoch, "validation_error": error} for epoch, error in enumerate((0.9, 0.5, 0.7))]
    keep_best(log, saved.append)
    if not saved:
        return "the error fell from 0.9 to 0.5, and nothing was saved"
    if saved[-1] != log[1]:
        return f"epoch {saved[-1]['epoch']} was saved last; the best was epoch 1"
    return None
