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
        "b": "That is more than you would think for sixteen pixels. Yet another one is far worse.",
        "c": "Yes, and by how much! A person hardly notices it. But no network here was ever shown paper that is not "
        "quite black.",
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
        "c": "Yes: about the share that has no gradient where the attack begins. Something that survives every attack "
        "without any limit is the clearest alarm.",
    },
    "13-detect": {
        "a": "The answer is mostly right, and so is the digit that is drawn. But a drawing is smooth: it has no noise, "
        "and each pixel that differs adds to the error.",
        "b": "Yes. The drawing has no noise in it, so noise alone is a difference. Most of what the detector hears is "
        "that.",
        "c": "Not quite: the attacked ones have the wrong digit drawn on top. But you are right not to trust the AUC.",
    },
}
