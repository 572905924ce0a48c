"""Lesson 05: the losses, the mask, and the loss that trains a capsule network."""

ORDER = ("margin_loss", "diagnosis", "reconstruction_loss", "mask_capsules", "capsule_loss")

PREDICTIONS = {
    "05-softmax-best": {
        "a": "Surely it should. But softmax looks at differences, and lengths never differ by more than 1. Run the "
        "next cell.",
        "b": "A fair guess for two classes, where it is 0.73. Here nine others share the rest. Run the next cell.",
        "c": "Yes. The true class gets e¹ = 2.718 parts, and each of the nine others e⁰ = 1.",
    },
    "05-all-zero": {
        "a": "The absent classes cost nothing, that is true. But the present one should be 0.9 long, and it is 0.",
        "b": "Yes: the one present class costs 0.9², the nine absent ones nothing.",
        "c": "0.9 is how much is missing. The hinge is squared: 0.9².",
    },
    "05-log": {
        "a": "Yes: lengths near 0 cost 0.9² = 0.81, and 0.9 without the square.",
        "b": "That is what a log looks like when all lengths are 1, at 3.645. Look for a way to get 0.90 from lengths "
        "near 0.",
        "c": "A softmax makes every length about 0.1 at the start, and (0.9 − 0.1)² is 0.64. This log starts higher.",
    },
    "05-other-size": {
        "a": "On 28×28 images they are. 0.392 is 0.0005 · 784, and 36×36 images have more pixels than 784.",
        "b": "Yes: the right factor is 0.0005 · 1296 = 0.648, and 0.392 is 60 % of it.",
        "c": "The mean divides by the number of pixels, so its factor has to grow with them. 0.392 does not.",
    },
    "05-control": {
        "a": "Yes. Equal couplings add up votes, too, and training makes votes that add up.",
        "b": "You expect routing to carry the accuracy. On digits as easy as these the votes do it alone.",
        "c": "You think of the first step. But the vote weights learn with equal couplings, too.",
    },
    "05-three-mistakes": {
        "a": "You expect a mistake to show. But a softmax keeps the order of the lengths, and the other two act on the "
        "drawing. Run the next cell.",
        "b": "Not twenty points. Whether the mistakes cost one or none, a single run cannot tell. Run the next cell.",
        "c": "Yes. A softmax keeps the order of the lengths, and the other two act on the drawing.",
    },
    "05-sum-or-mean": {
        "a": "Yes. A step of SGD is the rate times the gradient, so it is 784 times shorter with the mean. Adam "
        "divides by the gradient's own size (plus 1e-8), so most of the 784 cancels.",
        "b": "Adam divides every gradient by its own recent size, plus 1e-8. So the 784 is above and below the line, "
        "and most of it cancels.",
        "c": "It has no rival here, that is right. But a step of SGD is the rate times the gradient, and that is 784 "
        "times smaller.",
    },
}
