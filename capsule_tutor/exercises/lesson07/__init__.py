"""Lesson 07: the bug museum. Hear the log, find it, fix it, write the test that catches it."""

ORDER = ("influence", "fixed_routing", "sums_test", "companions_test", "perturb_test", "routing_test")

PREDICTIONS = {
    "07-costly": {
        "a": "Yes: four of seventeen, and only one costs much. For the other thirteen, five runs cannot tell a cost "
        "from 0. Three of these gave exactly the errors of the healthy network.",
        "b": "You expected a mistake in every second equation to be felt. But for thirteen of the seventeen, five runs "
        "cannot tell a cost from 0.",
        "c": "You expected wrong equations to give wrong answers. But for thirteen of the seventeen, five runs cannot "
        "tell a cost from 0.",
    },
    "07-log": {
        "a": "You looked at the start, and there the two are alike: with tiny weights, too, the mean of the first ten "
        "steps is near 0.7. The end tells them apart. Tiny weights grow, and their five logs end between 0.112 and "
        "0.124. Something keeps this one up.",
        "b": "Without its square the loss begins at 0.9 and can fall to 0. Something keeps this one up.",
        "c": "Yes. Ten equal shares are 0.1 each, and (0.9 − 0.1)² is 0.64; the reconstruction adds about 0.09 at the "
        "start. The best share is 0.232, and (0.9 − 0.232)² is 0.446. A has not got there: at its end the margin loss "
        "is about 0.50 and still falling. That the log ends near 0.524 does not mean one answer for all. It is only "
        "passing through.",
    },
    "07-silent": {
        "a": "You expected a mistake to show as a slow log. But five healthy logs begin between 0.566 and 0.612, and "
        "so do both of these.",
        "b": "Yes. One of them is healthy, and the other cuts its capsules from eight neighbouring pixels. The ill one "
        "even ends a little lower, and nobody would call that ill.",
        "c": "You expected the ill one to end higher. It ends a little lower, and nobody would call that ill.",
    },
    "07-axis-fixed": {
        "a": "Yes. Over the parents the shares that a parent gets sum to 14.4, and no longer to 1. With weights of "
        "standard deviation 1 every sum is long, every length is nearly 1, and nine classes of ten are wrong "
        "about it.",
        "b": "You expected silence. But the sums get longer, not shorter: each parent now hears fourteen times as "
        "much.",
        "c": "You expected it to go on as before. That is how it began while the two mistakes held each other.",
    },
    "07-square": {
        "a": "Yes. One iteration makes all couplings 1/4, and four of them are 1 along either axis. Choose sizes that"
        " all differ, and more than one iteration.",
        "b": "You expected the mistake to show in any table. But there are as many children as parents, and one "
        "iteration makes every entry 1/4: rows and columns both sum to 1.",
        "c": "You expected the dice to decide. But after one iteration the couplings do not depend on the votes.",
    },
}
