"""Lesson 12: two digits at once. What is right, how it is measured, and which pixels belong to whom."""

ORDER = ("two_hot", "exact_pairs", "pairs_test", "pair_loss", "iou")

PREDICTIONS = {
    "12-softmax": {
        "a": "You want 1 for both. But the shares of a softmax sum to 1: where one is 1, the other is 0.",
        "b": "You want it to choose one. Half of its answer would be right, and the cross-entropy of the other digit "
        "without a limit.",
        "c": "Yes. The two shares sum to 1 at most, so half each is the best. That is also what a network says that "
        "hesitates between two readings of a single digit: the two cannot be told apart.",
    },
    "12-half": {
        "a": "Yes. One digit of every pair is half of the digits, and no pair at all.",
        "b": "A quarter would be right if each digit were right or wrong on its own, by the toss of a coin. Here one of "
        "the two is always right and the other never.",
        "c": "You expect a half to stay a half. But half of the digits right can mean every pair half right, and then "
        "no pair is right.",
    },
    "12-control": {
        "a": "CONTROL A",
        "b": "Yes. CONTROL B",
        "c": "CONTROL C",
    },
    "12-off": {
        "a": "You expect a parent to drown in the other digit's strokes. But a parent hears *votes*, and each pair of "
        "child and parent has a matrix of its own: strokes that say nothing to a parent can be voted to nothing.",
        "b": "Yes. The matrices of the votes have learned to tell the digits apart, and the couplings of this network "
        "hardly move.",
        "c": "That is what the maps suggest: the couplings know whose ink it is. But to know it is one thing, and to "
        "make a difference another. Look at how far they move.",
    },
    "12-absent": {
        "a": "You trust the length: a capsule of an absent digit is short, and a short vector should draw nothing. The "
        "length was trained, but no drawing of an absent digit was ever asked for. Look at the numbers.",
        "b": "Yes, mostly. A short vector tells the decoder little, and what it draws then is faint. But “faint” is "
        "not “empty”, and no part of the loss asked for it: look at the numbers.",
        "c": "A full drawing would mean that the decoder looks at the class alone. It gets sixteen numbers, and here "
        "all of them are near 0. Look at the numbers.",
    },
}
