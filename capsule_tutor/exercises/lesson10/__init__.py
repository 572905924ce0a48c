"""Lesson 10: the exercises on full training. Intervals, paired networks, the choice of an epoch, ensembles."""

ORDER = ("error_interval", "paired_test", "right_tool", "honest_score", "ensemble_wrong")

PREDICTIONS = {
    "10-which-is-better": {
        "a": "Yes. The two counts alone cannot tell. What is missing is whether the dots are on the same images; "
        "section 4 uses it.",
        "b": "That is what two separate error bars suggest, and they overlap. But the two networks read the same "
        "images, and this changes everything: keep the question until section 4.",
        "c": "The counts do differ by ten. But how far would they differ if both networks were equally good? Read on: "
        "chance alone moves such a count by five or six.",
    },
    "10-zero-wrong": {
        "a": "Then a test with one image, read rightly, would prove a perfect network. No mistake in 10,000 images "
        "only shows that mistakes are rare. How rare?",
        "b": "One image in 10,000 seems natural. But a network that makes one mistake in 10,000 on average gets "
        "through without any in 37 of 100 tests (1/e). So 0 wrong does not rule out rates well above it.",
        "c": "Yes: nearly four in 10,000. A network with a true rate of 0.03 % still has a chance of 5 in 100 to show "
        "no mistake at all (e⁻³).",
    },
    "10-best-epoch": {
        "a": "All fifty are equally good, that is true of the networks. Their counts differ by luck, and the minimum "
        "picks the luckiest. Look at the table.",
        "b": "One image is less than the luck of a single epoch, which is about 3 images here. The luckiest of fifty "
        "is luckier than that.",
        "c": "Yes: the luckiest of fifty is more than two standard deviations below the mean. Nothing has been "
        "learned, and the number has improved.",
    },
    "10-all-wrong": {
        "a": "That is so for a vote: nobody speaks for the right class. A mean of lengths hears second choices, too. "
        "Compute the three sums.",
        "b": "Yes: if it is everybody's second choice and their first choices differ. Compute the three sums below.",
    },
}
