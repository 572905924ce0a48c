"""Lesson 16: the exercises of the capstone. A front for any size, a split that does not leak, a promise, a claim."""

ORDER = ("held_out", "decide", "flaws", "front_cost")

PREDICTIONS = {
    "16-colour": {
        "a": "By chance a class may well have a few more reddish things. That could help with a few pictures at most: "
        "where whole things are held out, below, it cannot be told from luck.",
        "b": "Yes. It knows no shape at all. It recognises the things, and each thing has its class.",
        "c": "The light changes from picture to picture, even of one thing, and the cell above divides it out. What is "
        "left is the colour of the paper.",
    },
    "16-where": {
        "a": "Its kernels are 5×5, but each reads a single map: 224 numbers with biases and normalisation, the fewest "
        "of all. A filter is used at every place of the map and stored once.",
        "b": "They are depthwise: one filter of 9×9 for each of 40 channels, 3,280 numbers with biases. Convolution 4 "
        "has 5,880, and the votes a few more.",
        "c": "Yes: 5 capsules × 10 classes × 8 × 16, and the prior: 6,450. No number there is used twice for an image.",
        "d": "Nearly: 16 × 9 weights for each of 40 maps, with biases and normalisation 5,880. The votes have 6,450.",
    },
    "16-sixth": {
        "a": "One more run does more than add its value: the spread is divided by √6, and Student's t is smaller, too.",
        "b": "The one at +0.6 makes the spread large, and five are few: the interval of the five reaches beyond 0.",
        "c": "Yes: −1.44 to +0.24 for five, and −1.296 to −0.004 for six. But six are not what was promised. Where "
        "there is no difference, and a sixth is trained only if five find none, about 7 of 100 such experiments find "
        "one, not 5 (we simulated them). Report the five, and the sixth beside them, as what it is.",
    },
}
