"""Lesson 11: the exercises on what a dimension of a pose draws. One capsule moved, the whole grid, a correlation."""

ORDER = ("perturb", "tweak_grid", "correlation", "what_they_share")

PREDICTIONS = {
    "11-zero": {
        "the image": "The decoder has never seen this image. It draws from one pose of a few numbers, and what those "
        "do not hold is lost: the explorer of section 2 shows image and drawing.",
        "the reconstruction": "Yes: delta is added, and adding 0 leaves the pose as it was. The middle column is what "
        "the decoder draws from the untouched capsule, in every row.",
        "black": "It would be near it if delta took the place of the pose. But delta is added, and 0 changes nothing.",
    },
    "11-same": {
        "yes": "The paper gives them names, such as stroke thickness. But it named them afterwards, by looking at one "
        "network. Nothing in the loss prefers one basis of the pose: rotate a class's pose, and squash and its length "
        "stay as they are, while the decoder learns to read the rotated pose. Another seed may rotate it otherwise.",
        "no": "Right: nothing forces them to. Whether training prefers axes all the same, the appendix asks.",
    },
    "11-which": {
        "the true class": "In training, yes: there the label chose the capsule. But a network that reads a new image "
        "has no label. What it believes it sees is its longest capsule.",
        "the longest capsule": "Yes: the network has no label, and its longest capsule is what it believes it sees. "
        "Moving the true class's capsule shows something else: what the network would have drawn, had it been right.",
    },
    "11-chance": {
        "a": "There is nothing to find, and whoever looks 96 times still finds something: each look has one chance in "
        "twenty to be fooled.",
        "b": "Yes: one in twenty. That is what 95 % means, and why 96 looks ask for more.",
        "c": "That would be one in four. An interval of 95 % misses one time in twenty.",
    },
    "11-classes": {
        "a": "You took it for the meaning of the dimension. But every class has vote matrices and decoder columns of "
        "its own, and nothing ties its dimension to that of another class.",
        "b": "Yes. It does something else to each: nothing ties a dimension of one class to the same number in "
        "another.",
        "c": "Each class has sixteen numbers of its own, and this one is used there as well. But for what is another "
        "matter.",
    },
    "11-answer": {
        "a": "Then an axis would have x to itself. But the direction along which the pose answers is not an axis.",
        "b": "It is spread, though not evenly: a random direction has some large components and many small ones, and "
        "so has this one.",
        "c": "Yes. The pose moves along a direction, and that has components in many dimensions, some large and some "
        "small.",
    },
    "11-width": {
        "a": "Most classes do have a dimension that is largely width. The question is whether that takes more than "
        "chance.",
        "b": "Most classes do have one. But of sixteen random rows the widest is largely width, too.",
        "c": "Right: the best of sixteen random rows is as wide. What chance can do as well is no evidence, and no "
        "refutation either.",
    },
}
