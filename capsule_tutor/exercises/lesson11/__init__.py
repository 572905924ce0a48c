"""Lesson 11: the exercises on what a dimension of a pose draws. One capsule moved, the whole grid, a correlation."""

ORDER = ("perturb", "tweak_grid", "correlation")

PREDICTIONS = {
    "11-zero": {
        "the image": "The decoder has never seen this image. It draws from one pose of a few numbers, and what those "
        "do not hold is lost: compare the middle column with the image.",
        "the reconstruction": "Yes: delta is added, and adding 0 leaves the pose as it was. The middle column is what "
        "the decoder draws from the untouched capsule, in every row.",
        "black": "It would be near it if delta took the place of the pose. But delta is added, and 0 changes nothing.",
    },
    "11-same": {
        "yes": "The paper gives them names, such as stroke thickness. But it named them afterwards, by looking at one "
        "network. Nothing in the loss prefers one basis of the pose: turn a class's pose, and squash and its length "
        "stay as they are, while the decoder learns to read the turned pose. Another seed may turn it otherwise.",
        "no": "Right: nothing forces them to. Nothing in the loss prefers one basis of the pose: turn a class's pose, "
        "and squash and its length stay as they are, while the decoder learns to read the turned pose. Another seed "
        "may turn it otherwise.",
    },
    "11-which": {
        "the true class": "In training, yes: there the label chose the capsule. But a network that reads a new image "
        "has no label. What it believes it sees is its longest capsule.",
        "the longest capsule": "Yes: the network has no label, and its longest capsule is what it believes it sees. "
        "Moving the true class's capsule shows something else: what the network would have drawn, had it been right.",
    },
}
