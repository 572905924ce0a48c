"""The best epoch is chosen on the test set.

The test error wavers from epoch to epoch by more than the networks differ. Its minimum over a hundred epochs is partly
luck, and the luck is reported as skill. Choose on images that are held out from training, and read the test set once.

Seen in: EscVM, XifengGuo (adambielski and gram-ai save every epoch, but the test set steers their learning rate).
Symptom: a published error that nobody reproduces; the same network on new images is worse.
"""

PART = "choose_epoch"
TEST = "Another test set does not change which epoch is chosen."


def wrong(validation: list[float], test: list[float]) -> int:
    return min(range(len(test)), key=test.__getitem__)


def right(validation: list[float], test: list[float]) -> int:
    return min(range(len(validation)), key=validation.__getitem__)


def finds(choose_epoch) -> str | None:
    validation = [0.9, 0.5, 0.4, 0.45]  # error in % after each epoch
    chosen = {choose_epoch(validation, test) for test in ([0.8, 0.6, 0.5, 0.4], [0.8, 0.3, 0.5, 0.6])}
    if len(chosen) > 1:
        return "with other test errors another epoch is chosen: the test set guides the choice"
    return None
