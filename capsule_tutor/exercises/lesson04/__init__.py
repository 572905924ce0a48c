"""Lesson 04: dynamic routing and its three parts."""

ORDER = ("parent_poses", "agreement", "coupling", "dynamic_routing", "competition_test")

PREDICTIONS = {
    "04-outlier": {
        "a": "Yes. A softmax sees differences only. Child 2 prefers B by 0.5, just as child 0 prefers A by 0.5.",
        "b": "You compared by ratio: −1 is twice −0.5. A softmax sees the difference, 0.5, and e^0.5 is about 1.65: B "
        "gets 1.65 times as much as A.",
        "c": "You treated both negative numbers as one “no”. A softmax sees their difference, and that is not 0.",
    },
    "04-updates": {
        "a": "You counted one update per iteration. The third comes after the last v, and changes nothing in it.",
        "b": "Yes: between three iterations are two updates. The third is thrown away, so the next loop leaves it out.",
        "c": "You may have thought of the first iteration alone. Each new c needs a fresh look at the last v.",
    },
    "04-more-iterations": {
        "a": "You expected the parent without agreement to fade, and at iteration 2 it does. Then child 2 "
        "arrives, and has nowhere else to go. Look at the next picture.",
        "b": "You expected it to settle where it was. But after three iterations nothing has settled: child 2 has "
        "given B 0.86 of its unit, and will give the rest.",
        "c": "Yes. Once child 2 has given B its whole unit, B believes it: one vote of length √2 squashes to 2/3.",
    },
    "04-random-network": {
        "a": "You thought: nothing learned, nothing found. But a sum of votes always leans some way, and routing "
        "strengthens what leans along.",
        "b": "You expected one winner. But there are 200 units to hand out, enough for every parent to grow on.",
        "c": "Yes. v is a sum of the votes. A vote that leans a little towards it earns a larger share, and that "
        "turns v further towards this vote. Does it need votes that agree? An appendix looks.",
    },
    "04-cut-gradient": {
        "a": "Yes. Most of the pull goes through the couplings: a vote that fits better is also believed more.",
        "b": "You expect the couplings to matter little, and after three iterations they are still nearly equal. But "
        "with votes as long as these they respond strongly to a small change of a vote.",
        "c": "The outputs are the same, and so is the way through the last sum. The way through the couplings is cut.",
    },
}
