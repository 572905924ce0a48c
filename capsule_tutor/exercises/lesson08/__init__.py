"""Lesson 08: self-attention routing, and what it has in common with dynamic routing."""

ORDER = ("attention_logits", "agreement_factor", "self_attention_routing", "prior_comes_last")

PREDICTIONS = {
    "08-table": {
        "a": "You may have thought of one number per vote. But the table has one per pair of votes: 1152 per child "
        "and parent, where the vote itself has 16. Run the next cell.",
        "b": "The right direction, and still too small. Per child and parent there are 1152 numbers in place of 16: 72 "
        "times the votes.",
        "c": "Yes: per child and parent 1152 numbers in place of 16, so 72 times 94 MB.",
    },
    "08-factor": {
        "a": "You took the toy for the rule. There both sums happen to have the same length; random votes do not do "
        "you this favour.",
        "b": "Yes. The vote is the same in both dot products, so it cancels; what is left belongs to image and parent.",
        "c": "You expected the child to matter. But its vote is in both numbers, and the vectors that it meets "
        "point the same way. Divide, and the child is gone.",
    },
    "08-louder": {
        "a": "You took the toy for the rule. It was built so that the two part; in these votes the parents with a "
        "small factor have small logits as well.",
        "b": "Yes. Why they are so near, you will read below the numbers.",
        "c": "Nearly, but they would be the same numbers only if every factor were 1/5. The weak parents have a "
        "smaller one.",
    },
    "08-sign": {
        "a": "You thought of one child that flips while the others stay. Here all flip together, and two "
        "opposite votes agree with each other as well as before.",
        "b": "You expected some change, as in any ordinary layer. Follow the minus signs through the logits: they come "
        "in pairs.",
        "c": "Yes. Every logit is a product of two votes, so the signs cancel; v flips and keeps its length.",
    },
    "08-prior": {
        "a": "Yes. With the prior the absent classes are much shorter and the true class only a little, so the order "
        "at the top hardly changes.",
        "b": "You expected what was learned to matter for the answers. It matters for the lengths of the absent "
        "classes, and an answer asks only which class is the longest.",
        "c": "You expected a trained part to be needed. But with the prior the absent classes are much shorter and the "
        "true class only a little, so the longest nearly always stays the longest.",
    },
}
