"""Lesson 16: the exercises of the capstone. A front for any size, a split that does not leak, a promise, a claim."""

ORDER = ("held_out", "decide", "flaws", "front_cost")

PREDICTIONS = {
    "16-colour": {
        "a": "That is what it should get, for a colour says nothing about a shape. But all 48 pictures show a thing "
        "that is in the training part too, and a thing is known by its colour.",
        "b": "Yes. It knows no shape at all. It recognises the things, and each thing has its class.",
        "c": "A few things look alike in their colour, so some are mixed up. But how does it know any?",
    },
    "16-where": {
        "a": "Its kernels are 5×5, but each reads a single map: 224 numbers with biases and normalisation, the fewest "
        "of all. A filter is used at every place of the map and stored once.",
        "b": "They are depthwise: one filter of 9×9 for each of 40 channels, 3,280 numbers with biases. Convolution 4 "
        "has 5,880, and the votes a few more.",
        "c": "Yes: 5 capsules × 10 classes × 8 × 16, and the prior. No number there is used twice for an image.",
    },
    "16-sixth": {
        "a": "Yes. Whatever the reason, somebody looked at a result and then chose which runs count. Report the "
        "five promised ones, and the sixth beside them, as what it is.",
        "b": "Six are more than five. But it is trained because of what the five have said, and would not have "
        "been otherwise: the interval no longer holds in 95 of 100 cases. Without any difference, about 7 of 100 such "
        "experiments find one, not 5. After the exercise you see what it does here.",
        "c": "A run that went wrong by a mistake in the code is a reason for a new registration. A run with a bad "
        "score is a result.",
    },
}
