"""Lesson 02: squash."""

ORDER = ("squash", "squash_slope", "exponential_squash", "squash_test")

PREDICTIONS = {
    "02-length-one": {
        "a": "A vector of length 1 would keep its length only if squash merely clipped. Run the next cell.",
        "b": "Yes: 1²/(1+1²) = 1/2. A length of 1 going in is “undecided”.",
        "c": "0.73 is the sigmoid of 1, a good guess for a scalar neuron. Squash is another curve: run the next cell.",
    },
    "02-steepest": {
        "a": "A sigmoid is steepest at 0. Squash is flat there: its curve begins like n². Look at the next picture.",
        "b": "Yes, at 1/√3 ≈ 0.577, where the new length is 1/4. The next picture shows it.",
        "c": "At 1 the curve is already bending over. Look at the next picture.",
    },
    "02-zero": {
        "a": "Yes: 0/0 is NaN, and NaN times anything is NaN.",
        "b": "0 would be the sensible answer, but the computer does not simplify n²·s/n before it divides.",
        "c": "No exception: 0/0 is a legal floating-point operation. That is what makes it dangerous.",
    },
}
