"""Lesson 13: robustness. Errors with intervals, attacks inside a ball, and the gradient that is not there."""

ORDER = ("paired_interval", "fgsm", "masked_share", "pgd", "attack_test")

PREDICTIONS = {
    "13-affine": {
        "a": "You expected poses to take care of it. But nobody has shown the network a turned digit, and its filters "
        "are those of upright ones.",
        "b": "Yes. What it never saw costs it, and nearly all of the digits are still read.",
        "c": "In 2017 it was 21 % for capsules. But those were other images, after another training: an error on one "
        "set of images says nothing about another.",
    },
    "13-worst": {
        "a": "A turn by 40° is what a person would call the hardest of the three. Compare it with the others below.",
        "b": "A rim of ink is more than you would think, and costs three times what such a turn does. Yet another one "
        "is far worse.",
        "c": "Yes, and by how much! A person hardly notices it. Perhaps it is because in training a pixel of paper was "
        "always exactly 0.",
    },
    "13-noise": {
        "a": "You expected knowledge to do better than a coin, as it should. Look closely at the next cell.",
        "b": "Yes, strange as it is. So the fault is not with the network. What did the enemy do wrong?",
        "c": "You expected a large step to make them equal. They are far apart, and the wrong way round.",
    },
    "13-unbounded": {
        "a": "So it should be: anything may become anything. But where there is no gradient there is no first step, "
        "and the size of the ball does not matter.",
        "b": "Guessing would be what is left if all digits were attacked. Some have no gradient, at their start and so "
        "for ever.",
        "c": "Yes: about the share that has no gradient where the attack begins. That anything survives an attack "
        "without any limit is the clearest alarm.",
    },
    "13-detect": {
        "a": "You expected that without an enemy nothing happens. The answer is mostly the same, but the numbers of "
        "the capsule are not, and the drawing is made of those.",
        "b": "Yes. So most of what it hears is not an enemy. Is it the grain of the picture? The second table of the "
        "next cell knows.",
        "c": "Not quite: an enemy disturbs the capsules more than a coin does. But you are right not to trust the AUC.",
    },
}
