"""Lesson 15: the exercises on whether routing matters. Swapped couplings, entropy, power, a verdict."""

ORDER = ("swapped_lengths", "coupling_entropy", "runs_needed", "verdict")

PREDICTIONS = {
    "15-uniform": {
        "a": "The votes come from trained weights, and these know the digits already. Look: equal shares hardly change "
        "anything.",
        "b": "That is what happens if the learned prior is left in: the two were trained together. Without it, equal "
        "shares cost hardly anything.",
        "c": "Yes. The votes alone know the digit. But this network was trained WITH its routing; section 3 asks about "
        "one that was not.",
    },
    "15-whose": {
        "a": "So one might think after the equal shares. But equal shares are neutral, and these are not: they favour "
        "the votes for 7.",
        "b": "Yes. Where votes and couplings disagree, the couplings are stronger. Both carry the class.",
        "c": "It is not noise: nearly all answers belong to one of the two images. Look which.",
    },
    "15-worlds": {
        "a": "That a trained network can do without its couplings says little about one that is trained without them.",
        "b": "Yes. Where a child has to choose between parents, as on two digits, routing helps; elsewhere it may not.",
        "c": "On single digits there is nothing to divide: every pixel belongs to the one digit that is there.",
    },
    "15-paper": {
        "a": "They differ by eight images of 10,000, with one run each. The counts scatter by five or six, and the "
        "seeds come on top (lesson 10).",
        "b": "No evidence of a difference is not evidence of none. One run each could not show equality either.",
        "c": "Yes. It is a single pair of runs: no spread, so no interval, so no verdict.",
    },
}
