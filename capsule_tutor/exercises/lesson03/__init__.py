"""Lesson 03: votes."""

ORDER = ("votes", "primary_capsules", "touched", "capsule_count")

PREDICTIONS = {
    "03-tilted": {
        "a": "You treat the matrices as if they remembered an upright face. Those of nose and mouth hold only how a "
        "part sits in its whole, which a tilt does not change. Look at the middle of the next picture.",
        "b": "One upright face cannot tell the two matrices of the mouth apart. A tilt can: to turn and then mirror is "
        "not to mirror and then turn, and the mirrored vote turns the wrong way.",
        "c": "Yes: nose, mouth and face turn together, and two turns may be done in either order. A turn and a mirror "
        "may not: the mirrored vote turns the wrong way.",
    },
    "03-dropped": {
        "a": "Yes. A letter that is missing in the output is a loop that adds, and i is missing.",
        "b": "You expect einsum to complain. It does not: dropping a letter is a legal way to ask for a sum.",
        "c": "You think of indexing, where a missing axis means a choice. In einsum it means a sum over that axis.",
    },
    "03-bare-view": {
        "a": "That would be right for capsules that keep to one place: one per type. The bare view does not.",
        "b": "Yes: six numbers changed, one in each channel, and in the row that is cut they are four "
        "apart: in six different groups of three.",
        "c": "Six numbers have changed, and one number is in one capsule. They cannot touch eight.",
    },
    "03-std": {
        "a": "You expect each capsule to be undecided. But one vote has a length of about 4 · 0.9 = 3.6, and the sum "
        "of 1152 is about √1152 ≈ 34 times as long. A tenth of that is 12, and squash makes it 0.99.",
        "b": "Yes: every parent gets a long sum of votes that agree on nothing, and squash turns long into “certain”.",
        "c": "You expect random votes to cancel. They do in the mean, but a random walk of 1152 steps ends about "
        "√1152 ≈ 34 steps from home. A step is about 4 · 0.9 = 3.6 long. A tenth of 34 · 3.6 is 12, and squash makes "
        "it 0.99.",
    },
    "03-chance": {
        "a": "Yes: fewer than one pair in a million. With 16 numbers most directions are not far from a right angle to "
        "a given one.",
        "b": "A good guess for about five numbers. With each further number there are more ways to differ.",
        "c": "You think of the plane, where it is one in seven. With 16 numbers there are many more ways to differ.",
    },
    "03-weights": {
        "a": "Yes: 9 · 9 · 256 · 256 is 5.3 million. The vote matrices are 1152 · 10 · 8 · 16, 1.5 million.",
        "b": "1152 · 10 matrices sound like the most. But they are small, 8 × 16: multiply both out.",
        "c": "Multiply both out: 9 · 9 · 256 · 256 against 1152 · 10 · 8 · 16.",
    },
}
