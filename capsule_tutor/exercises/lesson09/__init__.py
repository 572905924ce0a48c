"""Lesson 09: Efficient-CapsNet, its counts, its depthwise capsules and what a port must get right."""

ORDER = ("parameters_of_convolution", "depthwise_capsules", "front_block", "why_worse")

PREDICTIONS = {
    "09-one-pixel": {
        "a": "Yes. Channel 42 feeds number 42 and nothing else, and that number belongs to one capsule. A pixel of the "
        "image reaches all maps, through the convolutions before.",
        "b": "All would move with the map's pixel if filters read all channels, as in an ordinary convolution. Here "
        "filter c reads channel c. Run the next cell.",
        "c": "You may be thinking of the d = 8 channels of a capsule. They share a capsule, but they do not read each "
        "other. Run the next cell.",
    },
    "09-missing": {
        "a": "A tempting thought, and a mistake seen in public code. But there are 16 · 10 couplings, they are "
        "computed again for every image, and nothing of them is stored.",
        "b": "Yes: 2 · (32 + 64 + 64 + 128) = 576 numbers that are learned.",
        "c": "The number fits: 2 · 288 = 576 of these, too. But nothing learns them. They are kept, not trained, and "
        "not counted as parameters.",
    },
    "09-multiplications": {
        "a": "That would be so if every weight were used equally often. A filter is used once per place of its map. "
        "Run the next cell.",
        "b": "Yes. Its few filters work on large maps.",
        "c": "You expected its large maps to cost more than they do. CapsNet's primary convolution alone "
        "costs several times as much. Run the next cell.",
    },
    "09-stale": {
        "a": "The usual suspect: the training images were memorised. Then no change of statistics alone could help. "
        "The next cells test it.",
        "b": "A good suspect. But the shifts go from −2 to 2 pixels, so unshifted images are inside the range that it "
        "learned from. The next cells test it.",
        "c": "Yes. Training and evaluation normalise with different numbers. The next cells test it.",
    },
    "09-control": {
        "a": "The pooling network lacks the depthwise capsules, too, and both of these two networks have them. So a "
        "gap to it need not be the routing's.",
        "b": "You trusted the routing to be good for a little at least. On these test images five seeds show nothing. "
        "Look at the validation line, too.",
        "c": "Yes. On the test images the interval of the five differences holds zero. The gap to the pooling network "
        "has other reasons.",
    },
}
