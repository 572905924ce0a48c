"""Lesson 01: the length of a capsule, a pose measured by hand, and what equivariance means."""

ORDER = ("lengths", "pose", "equivariance_error", "pose_test")

PREDICTIONS = {
    "01-max-pool": {
        "a": "Yes. The best match is found at another place, and the maximum does not ask where. Run the next cell.",
        "b": "You think of a detector that sits in one place. This one looks everywhere and keeps the best score.",
        "c": "You expect the shift to leave a trace. It would, in the map of scores; the maximum wipes it out.",
    },
    "01-parts": {
        "a": "You feel that a broken digit must break the features. But each only asks: is there such a stroke?",
        "b": "You expect misplaced parts to cost something. No feature here knows about places, so nothing changes.",
        "c": "Yes: each feature looks for its stroke everywhere, and every stroke is still there.",
    },
    "01-shear": {
        "a": "Yes: cov(x, y)/var(y) grows by k·var(y)/var(y) = k. The digit has no say in it.",
        "b": "You think of how far the top moves, which does depend on the height. The slant is counted per row.",
        "c": "You think of the slant as shape. It is pose: the same 4 leans now, and the number should say so.",
    },
    "01-half-covered": {
        "a": "You see a 4 that has not moved. The measurement sees ink, and more than half of it is gone.",
        "b": "The place is right. But the slant is worked out from ink, too, and more than half of it is gone.",
        "c": "Yes: both are worked out from the ink that is left. The slant even changes its sign.",
    },
    "01-faint": {
        "a": "Yes: the ink says how surely, the lean says how, and the lean of faint ink is the same.",
        "b": "You think of the neuron's template, which is still the same. But the match is a sum of ink, and there is "
        "less of it.",
        "c": "You expect the one to pull at the other. The slant is a ratio: 0.4 times the ink in the "
        "numerator, and 0.4 times the ink in the denominator.",
    },
}
