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
        "b": "A quarter would be right if each digit were right or wrong on its own, by the toss of a coin. Here one "
        "of the two is always right and the other never.",
        "c": "You expect a half to stay a half. But half of the digits right can mean every pair half right, and then "
        "no pair is right.",
    },
    "12-control": {
        "a": "Yes. The difference is more than ten times what the seeds vary by, and all three seeds agree. The next "
        "cells show it, and what it does not prove.",
        "b": "A control of the same size, trained in the same way, may well keep up. On these pairs it does not: look "
        "at the next cells.",
        "c": "A fair suspicion, and for differences of a tenth of a point it would be right. Look at how large this "
        "one is, and how little the seeds vary.",
    },
    "12-off": {
        "a": "You expect a parent to drown in the other digit's strokes. But a parent hears *votes*, and each pair of "
        "child and parent has a matrix of its own: strokes that say nothing to a parent can be voted to nothing.",
        "b": "The votes do know most of it. If they knew it all, the control, which has one linear layer in their "
        "place, could be as good. Look at the second row.",
        "c": "Yes. With equal couplings votes and sum are one linear layer, which is what the control has. Most of the "
        "lead is gone, and most pairs are still right.",
    },
    "12-absent": {
        "a": "You trust the length: a capsule of an absent digit is short, and a short vector should draw nothing. But "
        "no drawing of an absent digit was ever compared with anything in training.",
        "b": "A sensible middle: a short capsule, a faint drawing. But what does a decoder draw of *nothing*? Look at "
        "the last line of the next cell.",
        "c": "Yes. In training only digits that were there had to draw, so the decoder has never learned to leave a "
        "picture empty.",
    },
    "12-apart": {
        "a": "For us it would be so. The network finds fewer again from some distance on. Look at the upper curve.",
        "b": "Yes. Up to some distance more pairs are found, then fewer again. The text below looks for the reason.",
        "c": "Some digits are harder than others, but here the same digits are moved, and only the distance changes. "
        "Look at the upper curve.",
    },
}
