"""Lesson 15: the exercises on whether routing matters. Swapped couplings, entropy, power, a verdict."""

ORDER = ("swapped_lengths", "coupling_entropy", "runs_needed", "verdict")

PREDICTIONS = {
    "15-uniform": {
        "a": "The votes come from trained weights, and these know the digits already. Look: equal shares change few "
        "answers.",
        "b": "Several times 11 would be 30 or more, as with random shares. Equal ones stress no vote, and cost little.",
        "c": "Yes. The votes alone know the digit. But this network was trained WITH its routing; section 3 asks about "
        "one that was not.",
    },
    "15-whose": {
        "a": "So one might think after the equal shares. But equal shares are neutral, and these are not: they favour "
        "the votes for 7.",
        "b": "Yes, mostly. Both carry the class, and where they disagree, the couplings are stronger, unless diluted.",
        "c": "It is not noise: nearly all answers belong to one of the two images. Look which.",
    },
    "15-worlds": {
        "a": "Two digits are the clearest case, and not the only one: look at digits turned as never before, and at "
        "toys from new sides.",
        "b": "Yes. On MNIST's test images the interval holds 0, and on toys from the familiar side it is wholly above.",
        "c": "You are right about MNIST. But on toys from the familiar side the routed network makes MORE errors.",
    },
    "15-all": {
        "a": "That would make sense: what the others begin with, dense could learn by now. After two epochs it has "
        "not.",
        "b": "Yes, 15 to 22 per cent of them. And one iteration, which routes nothing, has a lead of a fifth, too.",
        "c": "One iteration routes nothing, and its lead is a fifth of dense's errors, as that of three is.",
    },
    "15-pairs": {
        "a": "Yes. Where no image changes them, even learned ones gain nothing that matters. Attention gains a tenth.",
        "b": "So it was on a twentieth of MNIST, by the means. On two digits attention makes a tenth fewer errors.",
        "c": "There is a rung about there, one iteration. Static is no better than dense.",
    },
    "15-moved": {
        "a": "So it was on pairs. Here, by the means, static gains nearly all that attention gains, though no image "
        "changes its couplings.",
        "b": "Yes, by the means: they are 0.05 points apart, give or take 0.7. What beats dense here needs no routing.",
        "c": "Look at the two means: static has 0.70 of the 0.75 points that attention is better than dense.",
    },
    "15-depth": {
        "a": "Yes, nine of ten, and with equal couplings none. Our guess: a strong vote wins its child before anything "
        "is learned.",
        "b": "For equal couplings that is so. Our guess: routed layers multiply what they are given, and do not get "
        "that far.",
        "c": "Nine of ten learn nothing. Our guess: there is more to agree on, right or wrong; the first strong vote "
        "wins its child, and the others get nothing.",
    },
}
