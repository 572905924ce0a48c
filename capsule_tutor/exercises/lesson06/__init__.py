"""Lesson 06: CapsNet, its parameters, its wiring, its drawings and its doubts."""

ORDER = ("capsnet_parameters", "capsnet_forward", "steps_alike", "runner_up", "draw_all")

PREDICTIONS = {
    "06-where": {
        "a": "More. Each of its 256 filters reads 9·9·256 = 20,736 numbers. That makes 5.3 million of 8.2.",
        "b": "Yes: 256 filters, each of which reads 9·9·256 = 20,736 numbers. That makes 5.3 million of 8.2.",
        "c": "Less: vote matrices and decoder have 1.5 and 1.4 million, more than a third together. Nine tenths "
        "and more is its share of the multiplications, as you will see below.",
    },
    "06-larger-image": {
        "a": "Yes: a 10×10 grid has 3200 children instead of 1152, and each brings matrices of its own.",
        "b": "A convolution slides the same filters over a larger image: more places, more work, not one weight more.",
        "c": "The decoder does grow: 512 more pixels, each read from 1024 numbers. Another part grows by five times as "
        "much.",
    },
    "06-wire": {
        "a": "It looks harmless, and it sets every negative entry of a pose to zero. The matrices have never seen such "
        "children. Run the next cells.",
        "b": "The numbers are all there, but each capsule holds neighbouring places of one channel: none of the "
        "children is one that the matrices know. Run the next cells.",
        "c": "Yes: it makes all ten sums shorter, by the same factor at first, and the score looks only at which is "
        "the longest. Run the next cells, and look at the lengths.",
    },
    "06-nothing": {
        "a": "That is how long they are before training. The shipped network's are not. Run the next cell.",
        "b": "Training makes them longer on a black image, too, and by more than that. Run the next cell.",
        "c": "Yes: half of them are longer than 0.8, with nothing to see.",
    },
    "06-misread": {
        "a": "Yes: all that reaches the decoder is capsule 3, a pose that the matrices of the 3 have made, in the seat "
        "of the 3.",
        "b": "The decoder draws what it gets, and capsule 9 is set to zero before that. Below you see what it would "
        "have drawn.",
        "c": "Both capsules may be long. But all except the longest are set to zero before the decoder sees them.",
    },
    "06-abroad": {
        "a": "Yes. What it learned from 13 people's digits, scanned in one way, is enough for about two thirds of "
        "MNIST's, and not for 95 of 100.",
        "b": "You took the score for a property of the network. It is one of the network *and* of the images: on "
        "these, about a third is misread.",
        "c": "The right direction, and it is worse still: about a third. Neither its training nor its score at home "
        "told how much it would be.",
    },
    "06-half": {
        "a": "Yes. Each filter adds up 20,736 products, and nothing makes up for it: the children are long, their "
        "votes add up, and nearly every class seems to be there.",
        "b": "That is the other half: PyTorch's small start *with* the division. Here the weights are large, and each "
        "filter adds up 20,736 products.",
        "c": "Squash keeps them below 1, and that is all: look at the parents and at the loss. Nearly every class "
        "seems to be there.",
    },
}
