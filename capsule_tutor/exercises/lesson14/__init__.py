"""Lesson 14: the exercises on viewpoints. Honest splits, fair comparisons, and the angle that a pose holds."""

ORDER = ("split_views", "leak_test", "matched_gap", "gap_interval", "angle_between", "read_angle")

PREDICTIONS = {
    "14-pixels": {
             "A turn does move many pixels. But the toy fills only the middle of the picture. Which of the three "
             "changes reaches every pixel?",
        "b": "That is what a classifier would wish for. But a toy fills only the middle of the picture, and its table is "
        "the same. Which of the three changes reaches every pixel?",
        "c": "Yes: the lamp reaches every pixel, the empty table, too. By its pixels a toy is nearer to a stranger in "
        "its own light than to itself in another.",
    },
    "14-novel": {
        "a": "You expected a viewpoint to be a detail. The pictures of section 1 say otherwise, and nobody has told the "
        "network which of their differences are details.",
        "b": "You expected part of the skill to carry over. Some does, to the next 20°. Further away little is left.",
        "c": "Yes. Above 50 %, where guessing makes 80 %: from behind, the network knows next to nothing about toys that "
        "it knows well from the front.",
    },
    "14-continue": {
        "a": "That would be the promise come true. Compare the two columns below.",
        "b": "See the second column below, and hold it against 90°.",
        "c": "See the second column below.",
    },
}
