"""Lesson 10: the exercises on full training. Intervals, paired networks, the choice of an epoch, ensembles."""

ORDER = ("error_interval", "paired_test", "right_tool", "honest_score", "ensemble_wrong")

PREDICTIONS = {
    "10-which-is-better": {
        "a": "Yes. The two counts alone cannot tell. What is missing is whether they are the same images; "
        "section 4 uses it.",
        "b": "That is what two separate error bars suggest, and they overlap. But the two networks read the same "
        "images, and this changes everything: keep the question until section 4.",
        "c": "The counts do differ by ten. But how far would they differ if both networks were equally good? Read on: "
        "chance alone moves the difference of two such counts by seven or eight, if no image is wrong for both.",
    },
    "10-zero-wrong": {
        "a": "Then a test with one image, read correctly, would prove a perfect network. No mistake in 10,000 images "
        "only shows that mistakes are rare. How rare?",
        "b": "One image in 10,000 seems natural. But a network that makes one mistake in 10,000 on average gets "
        "through without any in 37 of 100 tests (1/e). So 0 wrong does not rule out rates well above it.",
        "c": "Yes: nearly four in 10,000. A network with a true rate of 0.038 % still shows no mistake in 2 of 100 "
        "tests (e⁻³·⁸), and at 2.5 of 100 to each side a 95 % interval ends.",
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
    "10-coins": {
        "a": "You took a distance of five images for a large one. The spread of such a count is 5.5: five below the "
        "mean is less than one spread.",
        "b": "Yes. 25 is about one spread below the mean of 30, and a bell curve has a sixth of its area beyond "
        "there, a little more with the 25 itself.",
        "c": "That would be so for 30 wrong or fewer. 25 is about one spread below.",
    },
    "10-t": {
        "a": "That is where it comes from: from a bell curve whose spread is *known*. Here it is guessed from three "
        "runs, and the guess is often too small.",
        "b": "Three runs that happen to be close together make a short bar around a wrong place. That happens more "
        "often than you think.",
        "c": "Yes. The spread is guessed from three runs, and it is often guessed too small.",
    },
    "10-every-seed": {
        "a": "Yes: 17. There is a core that fools all three, and each seed adds mistakes of its own.",
        "b": "There is such a core. But more than half of what a seed gets wrong, some other seed gets right.",
        "c": "They share more than chance would let them: 40 of 10,000 twice would share none. But not nearly all.",
    },
    "10-twenty": {
        "a": "It is what one hopes. Read the test line of both arms.",
        "b": "Yes. The squared error of a drawing falls by a third, and the test error is higher with every seed. "
        "Seed by seed its interval leaves out 0; as two groups it does not.",
        "c": "Adam evens out the size of a whole loss. Here two losses share one network, and how they share it is "
        "just what the weight says.",
    },
    "10-all-digits": {
        "a": "All five would have to stumble over the same images. They share many mistakes, not all.",
        "b": "Yes: 29. In section 6 the mean mostly got right what few seeds got wrong; what fooled all stayed wrong.",
        "c": "So few would be left if the seeds made their mistakes independently. Those of section 6 shared a core.",
    },
    "10-rank": {
        "a": "Look at the widest step, from 25 to 39 wrong: if no image is wrong for both, 64 coins fall as unevenly "
        "in one of ten throws.",
        "b": "Yes. Even the widest step, from 25 to 39 wrong, has p = 0.10 in the worst case. By these counts alone, "
        "the order of neighbours is not a result.",
        "c": "The best networks make the fewest mistakes, and few mistakes are what luck plays with: a count of 25 "
        "leaves room for true rates from 0.17 to 0.37 %.",
    },
}
