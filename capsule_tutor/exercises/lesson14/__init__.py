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
        "a": "You expected much of the skill to carry over. Some does, where the pictures look alike. From the side "
        "little is left.",
        "b": "Yes. More than half is wrong, where guessing makes 80 %, on toys that the network names quite well from "
        "the front.",
        "c": "You expected a viewpoint to be a detail. The pictures of section 1 say otherwise, and nobody has told "
        "the network which of their differences are details.",
    },
    "14-continue": {
        "a": "That would be the promise come true. Compare the two columns below.",
        "b": "You expected something to carry over. Hold the second column below against 90°.",
        "c": "Yes. See the second column below.",
    },
}
