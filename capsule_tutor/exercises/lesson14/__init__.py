"""Lesson 14: the exercises on viewpoints. Honest splits, fair comparisons, and the angle that a pose holds."""

ORDER = ("split_views", "leak_test", "matched_gap", "gap_interval", "angle_between", "read_angle")

PREDICTIONS = {
    "14-pixels": {
        "a": "Yes. The lamp reaches every pixel, the empty table, too. By its pixels a toy is nearer to a stranger in "
        "its own light than to itself in another.",
        "b": "A turn does move many pixels. But a toy fills only the middle of the picture. Which of the three changes "
        "reaches every pixel?",
        "c": "That is what a classifier would wish for. But a toy fills only the middle of the picture, and its table "
        "stays. Which of the three changes reaches every pixel?",
    },
    "14-novel": {
        "a": "You expected much of the skill to carry over. Some does, above all from behind. From the side little "
        "is left.",
        "b": "Yes. About half are wrong, where guessing makes 80 %. Whether that is much, you will see beside the "
        "nearest pixels.",
        "c": "You expected a viewpoint to be a detail. The pictures of section 1 say otherwise, and nobody has told "
        "the network which of their differences are details.",
    },
    "14-continue": {
        "a": "That would be the promise come true. But nothing in the training asked for it, and a linear function "
        "that suits the front need not suit what it has never been fitted to.",
        "b": "You expected something to carry over. From behind this capsule looks to the reader like something from "
        "the front. Compare it with numbers that do turn.",
        "c": "Yes, or more. But do not conclude from it alone that nothing turns: compare it with numbers that do, "
        "with noise.",
    },
}
