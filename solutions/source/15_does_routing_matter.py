# %% [markdown] id="title"
# # 15 · Does routing matter?
#
# **You will be able to**
#
# - tell two questions apart that papers confuse: what a trained network does with other couplings, and what a network does that
#   was trained without them;
# - swap the couplings of a trained network and count, with a paired test, who changes sides;
# - measure how undecided children are, and say why a decided child is no proof;
# - say before a study how many runs it needs, and after it what it has and has not shown;
# - give a verdict with its interval and its limits, whichever way it comes out.
#
# **Minutes:** 75 · **Prerequisites:** lessons 04 and 08 (both routings), 10 (paired tests, intervals over seeds).

# %% [markdown] id="hook"
# ## What they say
#
# Routing is what capsule networks are famous for. Is it what makes them work? Here is what has been published:
#
# | who | what was compared | what came out |
# |---|---|---|
# | Sabour 2017, table 1 | MNIST, 1 or 3 iterations, without reconstruction | 0.34 and 0.35 % |
# | Sabour 2017, table 1 | the same with reconstruction | 0.29 and 0.25 % |
# | Sabour 2017, table 1 | two overlapping digits, 1 or 3 iterations | 7.5 and 5.2 % |
# | Hinton 2018, table 1 | smallNORB, EM routing with 1, 2, 3 and 5 iterations | 9.7, 2.2, 1.8 and 3.9 % |
# | Paik 2019 | five routing algorithms against uniform and random couplings | often worse than those |
# | Gu and Tresp 2020 | affNIST, with routing and without | 79 % right with it, 93.2 % without |
# | Mitterreiter 2023 | couplings of deep capsule networks | they are nearly static, and capsules starve |
#
# They cannot all be about the same thing. Two questions hide behind the one in the title:
#
# - **At test time.** A network was trained *with* routing. Does it need it to answer?
# - **In training.** A network was trained *without* routing, otherwise alike. Is it worse?
#
# A person who learned to ride with stabilisers may ride without them. That does not say whether they helped.

# %% id="setup"
import math

import torch

import capsule_tutor as caps
from capsule_tutor import checks, data, figures, functional, pretrained, study, tampering
from capsule_tutor.figures import lesson15 as pictures
from capsule_tutor.functional import exponential_squash

torch.set_num_threads(1)  # networks this small gain little from more threads
digits = data.digits("test")
# Nothing is trained in this lesson: the long trainings are on file.
network = caps.load("efficient-capsnet-mnist").requires_grad_(False)

# %% [markdown] id="toy"
# ## 1 · Other couplings, the same votes
#
# The votes of lesson 08 again: three children, two parents.
#
# | | child 0 | child 1 | child 2 | sum |
# |---|---|---|---|---|
# | votes for A | (2, 1) | (2, 0) | (−2, −1) | (2, 0) |
# | votes for B | (−2, 1) | (1, 2) | (1, −1) | (0, 2) |
#
# Let every child give half to A and half to B. Take a pencil: how long are $s_A$ and $s_B$?
#
# <details><summary>Answer</summary>
#
# $s_A = (1, 0)$ and $s_B = (0, 1)$. They are equally long. With equal couplings, this toy cannot decide.
#
# </details>
#
# And with the couplings that self-attention finds, (0.8, 0.2), (0.5, 0.5), (0.2, 0.8)?
#
# <details><summary>Answer</summary>
#
# $s_A = 0.8\,(2,1) + 0.5\,(2,0) + 0.2\,(-2,-1) = (2.2, 0.6)$, of length 2.28.
# $s_B = 0.2\,(-2,1) + 0.5\,(1,2) + 0.8\,(1,-1) = (0.9, 0.4)$, of length 0.98. Now A has won.
#
# </details>
#
# So in the toy the routing decides. Write the function that does this for any votes and any couplings. It is all we need to
# question a trained network.
#
# {{ exercise 15-swapped-lengths }}


# %% id="swapped-lengths"
def swapped_lengths(u_hat, c, squash=exponential_squash):
    """The lengths of the parents with couplings c. u_hat (b, i, j, z), c (b, i, j) or (i, j) → (b, j)"""
    ### BEGIN SOLUTION
    # s_j = Σ_i c_ij û_{j|i}
    s = (c[..., None] * u_hat).sum(dim=1)  # (b, j, z)
    return functional.lengths(squash(s))
    ### END SOLUTION


swapped_lengths = checks.swapped_lengths(swapped_lengths)

# %% id="toy-swapped"
toy = torch.tensor([[[2.0, 1.0], [-2.0, 1.0]], [[2.0, 0.0], [1.0, 2.0]], [[-2.0, -1.0], [1.0, -1.0]]])[
    None
]  # (1, 3, 2, 2)
own = functional.self_attention_routing(toy)[1]
for name, c in {"equal": torch.full((3, 2), 0.5), "its own": own, "the other way round": 1 - own}.items():
    A, B = swapped_lengths(toy, c)[0].tolist()
    print(f"{name:20} length of A {A:.3f}, of B {B:.3f}")

# %% [markdown] id="theatre-text"
# ### On one stage
#
# Live, if a kernel is running: the same votes under dynamic routing, self-attention and equal shares (*uniform*). Start with *two of
# three agree*, the toy above. Only *uniform* cannot choose. Then *a real digit*, with the votes of a trained network: do the panels
# still differ about the winner? In 8 of these 300 digits they do. Three of the eight are a 4: can you find one?

# %% id="theatre"
from capsule_tutor.theatre import theatre

theatre()

# %% [markdown] id="trained"
# ### A trained network
#
# Now count. `tampering.routing` runs a network up to its votes, and `tampering.COUPLINGS` holds couplings to put in their place.
# Nothing is trained, so a difference in the answers is due to the couplings alone.
#
# The network is Efficient-CapsNet, trained on MNIST with self-attention routing. We show it the 300 test digits of
# scikit-learn, written by strangers.

# %% id="trained-votes"
route = tampering.routing(network, digits.images)
b, i, j, z = route.u_hat.shape
print(f"votes: {b} images, {i} children, {j} parents, {z} numbers each")

# %% [markdown] id="predict-uniform-text"
# **Predict before you run.** As trained the network gets 11 of the 300 wrong. Now every child gives each parent the same share,
# 1/10, and the learned prior is left out. How many are wrong now?
#
# - **a** nearly all: without routing the votes mean nothing
# - **b** several times as many
# - **c** about as many as before

# %% id="predict-uniform"
### BEGIN SOLUTION
# stub: checks.predict("15-uniform")
checks.predict("15-uniform", "c")
### END SOLUTION

# %% id="swaps"
SWAPS = ("as trained", "no prior", "uniform, no prior", "4 times sharper", "random, no prior", "another image's")
answers = {}
for name in SWAPS:
    c = tampering.COUPLINGS[name](route)
    answers[name] = swapped_lengths(route.u_hat, c).argmax(dim=1)
    wrong = answers[name] != digits.labels
    print(f"{name:20} {int(wrong.sum()):3d} of {len(wrong)} wrong")

# %% [markdown] id="swaps-read"
# (*Sharper*: the logits times 4. *Random*: shares drawn by lot, for each image and child. *Another image's*: of the digit before it.)
#
# Equal shares for everybody: four more are wrong, too few to tell from luck. So the votes alone know the digit, nearly always.
# But look at the last row. **With another image's couplings it fails.** If couplings did not matter, why would wrong ones hurt?

# %% [markdown] id="predict-whose-text"
# **Predict before you run.** An image of a 3 is gathered with the couplings of an image of a 7. What does the network say?
#
# - **a** mostly 3: the votes are those of a 3
# - **b** mostly 7: the couplings are those of a 7
# - **c** anything: the two together are noise

# %% id="predict-whose"
### BEGIN SOLUTION
# stub: checks.predict("15-whose")
checks.predict("15-whose", "b")
### END SOLUTION

# %% id="whose"
own_shares = tampering.COUPLINGS["no prior"](route)
others = answers["as trained"].roll(1)  # what the owner of the couplings was read as
conflict = others != answers["as trained"]
mixtures = {
    "all of the other's": own_shares.roll(1, 0),
    "half, and half equal shares": (own_shares.roll(1, 0) + 1 / j) / 2,
}
for name, c in mixtures.items():
    said = swapped_lengths(route.u_hat, c).argmax(dim=1)[conflict]
    votes, couplings = ((said == of[conflict]).float().mean().item() for of in (answers["as trained"], others))
    print(f"{name:28} the class of the votes {100 * votes:.0f} %, of the couplings {100 * couplings:.0f} %")

same = torch.arange(len(digits.labels))
for digit in range(10):
    places = (digits.labels == digit).nonzero()[:, 0]
    same[places] = places.roll(1)  # another image of the same class
wrong = swapped_lengths(route.u_hat, own_shares[same]).argmax(dim=1) != digits.labels
print(f"couplings of another image of the same class: {int(wrong.sum())} of {len(wrong)} wrong")

# %% [markdown] id="whose-read"
# The couplings carry the class, too: those of another image *of the same class* do no harm at all. Where votes and couplings
# disagree, the couplings win, unless they are diluted: half mixed with equal shares, and the votes win. Think of two people
# who always say the same. Ask one alone and you get the answer. Give one of them a false script and the two no longer agree.
#
# So routing *could* decide. On single digits it mostly repeats what the votes have decided already, so taking it away costs little.
# **"It works without" and "it has no influence" are two different statements.**

# %% [markdown] id="mnist"
# ### All of MNIST
#
# 300 digits see large effects. For small ones, all 10,000 test images were gathered with each coupling, and the counts are
# on file, also for 10,000 pairs of overlapping digits and the network that was trained on pairs (lesson 12). Beside each count: how
# many are wrong *only* with these couplings, and how many *only* as trained. From these two numbers lesson 10 made a paired test.
#
# *Prior alone*: no shares, only what was learned. *Wrong axis*: the softmax over the children (exhibit 1 of the bug museum).


# %% id="mnist-table"
def paired(only_a, only_b):
    """McNemar's test, counted exactly: p for two networks that disagree on these images"""
    m, fewer = only_a + only_b, min(only_a, only_b)
    return min(1.0, 2 * sum(math.comb(m, h) for h in range(fewer + 1)) / 2**m)


def told(count):
    p = paired(count["only here"], count["only as trained"])
    said = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{count['all']:5,} wrong, +{count['only here']:,} −{count['only as trained']}, {said}"


swapped = {run["arm"]: run for run in study.results("couplings")["runs"]}
SHOWN = ("no prior", "prior alone", "uniform, no prior", "uniform", "random, no prior", "another image's", "wrong axis")
shown = {name: [k for k in SHOWN if "efficient" in name or "prior" not in k or "," in k] for name in swapped}
for name, run in swapped.items():
    print(f"{name}, as trained: {run['wrong']['as trained']['all']:,} of {run['images']:,} wrong")
    for coupling in shown[name]:
        print(f"   {coupling:20} {told(run['wrong'][coupling])}")

# %% id="mnist-picture"
pictures.swaps(
    {
        name: {coupling: run["wrong"][coupling]["all"] for coupling in ("as trained", *shown[name])}
        for name, run in swapped.items()
    },
    rows=("as trained", *SHOWN),
    xlabel="wrong of 10,000 test images or pairs",
    alt="Marks on a log scale, one row for each coupling, one shape and colour for each of three networks. As trained, without prior, "
    "with the prior alone and with equal couplings without prior the two networks for single digits are between 30 and 50; the network "
    "for pairs is at 1,219 as trained and at about 1,510 with the prior alone or with equal couplings. Another image's couplings are far "
    "to the right for all three.",
)

# %% [markdown] id="mnist-read"
# **One digit:** equal shares without prior are wrong about as often as the network's own, and the test finds no difference. **Two
# digits:** the trained network *does* need its routing. Equal shares cost 291 pairs, 2.9 points, and that is no luck. There a child
# may belong to one digit or to the other.
#
# Two oddities of CapsNet: its shares hardly differ from 0.1. A softmax over the wrong axis keeps them nearly equal, so nothing happens. Random ones
# are another matter: its 1,152 votes nearly cancel, and what chance leaves over is as large as what they agree on.
#
# And *uniform* with the prior left in, 1,036 wrong? "The equal shares are drowned by the prior" would be a guess. Try other shares beside it:

# %% id="cancel"
print(f"the prior: {route.prior.mean().item():.2f} on average")
for share in (0.0, 0.05, 0.1, 0.15, 0.2):
    wrong = swapped_lengths(route.u_hat, route.prior.squeeze(0) + share).argmax(dim=1) != digits.labels
    print(f"prior + {share:.2f}: {int(wrong.sum()):3d} of {len(wrong)} wrong")

# %% [markdown] id="cancel-read"
# The prior is *negative*, about −0.11, so a share of 0.1 **cancels** it, and next to nothing is left of the votes. More or less than
# that and all is well: only the direction of $s$ turns round, not its length. So this row says nothing about routing. Parts
# that were trained together should be taken out together. Otherwise you measure an accident of the mixture.

# %% [markdown] id="iterations"
# ### How often?
#
# For dynamic routing there is one more swap: the number of iterations. Our CapsNet was trained with three.

# %% id="iterations-table"
capsnet = swapped["capsnet-mnist"]
for n in (1, 2, 3, 5, 10):
    print(
        f"{n:2d} iterations: {told(capsnet['wrong'][f'dynamic, {n}'])}, entropy {capsnet['entropy'][f'dynamic, {n}']:.3f}"
    )

# %% [markdown] id="entropy"
# ## 2 · What couplings look like
#
# The number of iterations hardly matters here, not even ten ($p$ = 0.078 is no evidence, and no proof of equality). The last column is the
# **entropy** of the shares, a measure of how undecided a child is:
#
# $$H_i = -\sum_j c_{ij}\,\ln c_{ij}$$
#
# Equal shares of $J$ parents have the largest value, $\ln J$. A child that gave everything to one parent has 0. We divide by
# $\ln J$, so that 1 always means "undecided".
#
# {{ exercise 15-coupling-entropy }}


# %% id="coupling-entropy"
def coupling_entropy(c):
    """Mean entropy of the children's shares, as a part of the largest possible. c (b, i, j) → ()"""
    ### BEGIN SOLUTION
    # H_i = −Σ_j c_ij ln c_ij
    h = torch.special.entr(c).sum(dim=2)  # (b, i)
    return h.mean() / math.log(c.shape[2])
    ### END SOLUTION


coupling_entropy = checks.coupling_entropy(coupling_entropy)

# %% id="entropies"
routes = {
    "Efficient-CapsNet": tampering.routing(network, digits.images[:100]),
    "CapsNet": tampering.routing(caps.load("capsnet-mnist").requires_grad_(False), digits.images[:100]),
}
shares = {name: tampering.COUPLINGS["no prior"](r) for name, r in routes.items()}
lots = torch.Generator().manual_seed(0)
for name, c in shares.items():
    print(
        f"{name}: entropy {coupling_entropy(c).item():.3f}, largest share on average {c.amax(dim=2).mean().item():.2f}"
    )
    places = torch.rand(c.shape, generator=lots).argsort(dim=2)
    for whose, swap in {
        "its own": c,
        "another image's": c.roll(1, 0),
        "its own, each child's shares mixed up": c.gather(2, places),
    }.items():
        wrong = routes[name].gather(swap).norm(dim=2).argmax(1) != digits.labels[:100]
        print(f"   {whose:38} {int(wrong.sum()):2d} of 100 wrong")

# %% [markdown] id="entropies-read"
# Equal shares would be 0.1 each, and CapsNet's largest is 0.11. Does this mean that its couplings cannot matter? **No.** Another image's
# have the same entropy and ruin it. Mix up each child's shares, again with the same entropy, and nothing happens. So entropy does not
# say whether couplings can matter: over 1,152 children tiny shifts add up if they point the same way, and cancel if they do not.
#
# Is a decided child a good child? Not as such. The famous promise is a **parse tree**: each child belongs to one parent, and
# the tree shows how the image is made. Then two images of the same class should have similar trees, and two of different
# classes should not. Measure it: for two images, the share of children with the same favourite parent.


# %% id="trees"
def same_tree(c):
    """Of any two images, the share of children with the same favourite. c (b, i, j) → (b, b)"""
    favourite = c.argmax(dim=2)  # (b, i)
    return (favourite[:, None] == favourite[None]).float().mean(dim=2)


alike = digits.labels[:, None] == digits.labels[None]  # (b, b)
different = ~alike
alike.fill_diagonal_(False)
n = 100
for name, c in shares.items():
    agreement = same_tree(c)
    within, between = (agreement[mask[:n, :n]].mean().item() for mask in (alike, different))
    print(f"{name:18} same class {100 * within:.0f} %, different classes {100 * between:.0f} %")

# %% id="trees-picture"
order = digits.labels[:100].argsort(stable=True)
figures.heatmaps(
    {name: same_tree(c[order]) for name, c in shares.items()},
    xlabel="image, sorted by class",
    ylabel="image, sorted by class",
    alt="Two square maps of 100 by 100 images sorted by class, the share of children with the same favourite parent. Squares "
    "along the diagonal, pairs of the same class, are brighter than the rest, clearly so for Efficient-CapsNet.",
)

# %% [markdown] id="trees-read"
# (An image has the same tree as itself, so the diagonal is 1.) Efficient-CapsNet's trees know the class: children agree far more within a class. But with
# one digit in the picture every part belongs to that digit, so a *correct* tree is nothing but the answer, written sixteen times.
# One digit cannot tell a tree from an answer. Two can: there, some children should prefer one digit and some the other.

# %% id="one-parent"
for name, c in shares.items():
    answer = routes[name].gather(c).norm(dim=2).argmax(1)  # (b,)
    share = (c.argmax(dim=2) == answer[:, None]).float().mean().item()
    print(f"{name:18} children whose favourite is the answer: {100 * share:.0f} %")

pairs = data.multidigits("test", count=300)
two = tampering.routing(caps.load("efficient-capsnet-multimnist").requires_grad_(False), pairs.images)
said = two.gather(tampering.COUPLINGS["as trained"](two)).norm(dim=2).topk(2, dim=1).indices  # (b, 2) its two answers
favourite = tampering.COUPLINGS["no prior"](two).argmax(dim=2)  # (b, i)
parts = (favourite[:, None] == said[..., None]).float().mean(dim=2)  # (b, 2)
first, second = (100 * parts.mean(dim=0)).tolist()
print(f"two digits: the favourite is the first answer for {first:.0f} %, the second for {second:.0f} %")
print(
    f"pairs with at least 3 of 16 children for each: {100 * (parts.amin(dim=1) > 2.5 / 16).float().mean().item():.0f} %"
)

# %% [markdown] id="one-parent-read"
# With two digits the children of Efficient-CapsNet *do* divide themselves between the two answers. That is more than one answer
# written sixteen times. Whether a child goes to the digit whose strokes it sees is a further question, and nobody has asked it here.

# %% [markdown] id="trained-without"
# ## 3 · Trained without
#
# Now the second question. We build a **ladder**: one network, one number of parameters, and less and less routing on the
# rungs. Only the last layer changes; the front, the sixteen primary capsules and the decoder are those of Efficient-CapsNet.
#
# | rung | couplings |
# |---|---|
# | attention | computed for each image, plus a learned prior: as published |
# | attention, no prior | computed for each image (160 parameters fewer) |
# | dynamic, 10 … 1 | routing by agreement with so many iterations; 1 means equal couplings |
# | static | learned, then the same for all images |
# | random | drawn once before training and frozen |
# | dense | no couplings at all: one linear layer |
#
# *Dense* is the control, since it has no couplings to argue about. Each rung is trained on the 1,200 digits of scikit-learn with five seeds. **Few images, on purpose.** If routing is good
# for anything here, it should be where data are scarce: that is what capsules are praised for.
#
# ### How many runs?
#
# First think, then train. Seeds scatter. The $n$ differences between two rungs, seed by seed, have a mean with standard error
# $\text{spread}/\sqrt n$. To see a true difference at the usual level of 5 % in four of five studies, it should be 2.8
# standard errors large: 1.96 for the level, and 0.84 so that more than half of the studies find it (lesson 10 has the 1.96).
#
# {{ exercise 15-runs-needed }}


# %% id="runs-needed"
def runs_needed(difference, spread):
    """Seeds for a power of 80 % at a level of 5 %, both sides. difference and spread in the same unit → n ≥ 2"""
    ### BEGIN SOLUTION
    # stub: n = ...  # difference ≥ 2.8 · spread/√n, solved for n and rounded up
    # stub: return ...  # and at least 2
    # difference ≥ (z_{0.975} + z_{0.80}) · spread/√n
    n = math.ceil((2.8 * spread / abs(difference)) ** 2)
    return max(2, n)
    ### END SOLUTION


runs_needed = checks.runs_needed(runs_needed)

# %% id="power"
errors = {arm: torch.tensor(values) for arm, values in study.errors("routing-digits").items()}
spread = torch.stack([(e - errors["dense"]).std() for arm, e in errors.items() if arm != "dense"]).median().item()
seeds = len(errors["dense"])
print(f"{seeds} seeds; one difference scatters by {spread:.2f} points (median over the rungs)")
for difference in (2.0, 1.0, 0.5, 0.1):
    print(f"to see {difference:.1f} points: {runs_needed(difference, spread):4d} seeds")
print(f"what {seeds} seeds can see: {2.8 * spread / seeds**0.5:.2f} points")

T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)  # for 2, 3, … 10 runs, from lesson 10


def found(difference, n):
    """The share of 20,000 invented studies with n seeds whose 95 % interval excludes 0"""
    d = difference + spread * torch.randn(20_000, n, generator=torch.Generator().manual_seed(0))
    return (d.mean(dim=1).abs() > T[n - 2] * d.std(dim=1) / n**0.5).float().mean().item()


print("tried out:")
for difference, n in ((2.0, runs_needed(2.0, spread)), (2.8 * spread / seeds**0.5, seeds), (2.0, seeds)):
    print(
        f"   {difference:.2f} points, {n} seeds: found in about {5 * round(20 * found(difference, n))} % of the studies"
    )

# %% [markdown] id="power-read"
# The formula says *at least*. It takes 1.96, as for many seeds, and with few $t$ is larger (2.78 for five). Tried out, its three seeds find two
# points in fewer than half of the studies, and five find them in four of five. Remember that: **this study sees two points.**
#
# ### The ladder
#
# For each rung: its mean error, and the mean difference to the dense control with its 95 % interval, paired by seed.


# %% id="ladder"
def interval(a, b):
    """Mean of a − b in points, paired by seed, and the two ends of its 95 % interval"""
    d = torch.as_tensor(a) - torch.as_tensor(b)
    half = T[len(d) - 2] * d.std().item() / len(d) ** 0.5
    return d.mean().item(), d.mean().item() - half, d.mean().item() + half


to_dense = {arm: interval(e, errors["dense"]) for arm, e in errors.items() if arm != "dense"}
for arm, e in errors.items():
    if arm == "dense":
        print(f"{arm:20} error {e.mean().item():.2f} %")
    else:
        mean, low, high = to_dense[arm]
        print(f"{arm:20} error {e.mean().item():.2f} %   minus dense {mean:+.2f}, from {low:+.2f} to {high:+.2f}")

# %% id="ladder-picture"
pictures.ladder(
    to_dense,
    xlabel="error minus that of the dense control (points)",
    alt="One horizontal bar for each rung of the ladder, the 95 % interval of its difference to the dense control, with a dot at "
    "the mean and a line at zero: " + "; ".join(f"{arm} {mean:+.2f}" for arm, (mean, _, _) in to_dense.items()),
)

# %% [markdown] id="verdict-text"
# ### Four verdicts
#
# An interval can say four things, and the most popular mistake is to know only two. "It contains 0" does **not** mean "there
# is no difference". It means that the runs have not shown one, and a study with two runs never shows anything. To claim
# *equality* you must say first which difference would matter to you. Only an interval that is wholly within that margin is
# evidence for "it makes no difference".
#
# {{ exercise 15-verdict }}


# %% id="verdict"
def verdict(low, high, margin):
    """What an interval of (error with routing − error of the control) says, if `margin` is what would matter."""
    ### BEGIN SOLUTION
    if -margin < low and high < margin:
        return "no difference that matters"
    if high < 0:
        return "routing helps"
    return "routing hurts" if low > 0 else "cannot tell"
    ### END SOLUTION


verdict = checks.verdict(verdict)

# %% id="verdicts"
MARGIN = 1.0  # points: three of 300 images. Is that what would matter to you?
said = [verdict(low, high, MARGIN) for _, low, high in to_dense.values()]
for sentence in sorted(set(said)):
    print(f"minus dense: {sentence}, {said.count(sentence)} of {len(said)} rungs")
print("minus equal couplings (dynamic, 1):")
for arm in ("attention", "attention, no prior", "dynamic, 3", "dynamic, 10"):
    mean, low, high = interval(errors[arm], errors["dynamic, 1"])
    print(f"   {arm:20} {mean:+.2f} from {low:+.2f} to {high:+.2f}   {verdict(low, high, MARGIN)}")

# %% [markdown] id="verdicts-read"
# "Cannot tell", thirteen times, also where routed is compared with equal couplings. Take it literally. The study has *not* shown that
# routing makes no difference: a margin of one point is smaller than what five seeds can see here. Nor has it shown that the dense layer is best, although its mean is the
# lowest. The seeds scatter more than the rungs: one unlucky start of *attention* (7 % wrong) moves its mean by more than a point.
#
# What would help? More seeds, as you have computed, or a test that scatters less: more images. Both cost hours. They have been
# spent, though not on all nine rungs, but on the two that matter most.
#
# ### Two rungs, four worlds
#
# *Attention*, as published, against the dense layer of the same size, trained alike and paired by seed:
#
# | where | trained on | tested on |
# |---|---|---|
# | MNIST | 55,000 digits, turned, stretched and sheared a little | 10,000 other digits |
# | moved digits | 55,000 digits that were only moved, 40×40 pixels | 2,000 others, also turned, stretched and sheared |
# | two digits | 4.4 million pairs of overlapping digits | 10,000 pairs: both digits right, or the pair is wrong |
# | toys | pictures of 15 toys, seen from the front (lesson 14) | 25 other toys from there, and from sides never seen |
#
# The worlds differ in how hard they are, so we also divide by the error of the dense layer: how many of its errors go?
#
# **Predict before you run.** In how many of the five rows of the next table is the whole interval below 0?
#
# - **a** in none: the couplings of section 1 were dispensable, after all
# - **b** in some
# - **c** in all

# %% id="predict-worlds"
### BEGIN SOLUTION
# stub: checks.predict("15-worlds")
checks.predict("15-worlds", "b")
### END SOLUTION


# %% id="worlds"
def measured(name, what):
    """A study's runs as arm → what was measured, one number for each seed"""
    runs = study.results(name)["runs"]
    return {run["arm"]: [r["measured"][what] for r in runs if r["arm"] == run["arm"]] for run in runs}


def card_errors(name):
    return [seed["test_error"] for seed in pretrained.card(name)["seeds"]]


controls, moved = study.errors("controls"), measured("robustness", "affine")
sides = {what: measured("viewpoints", what) for what in ("familiar", "novel")}
worlds = {
    "MNIST": (controls["routed"], controls["dense"]),
    "moved digits": (moved["routed"], moved["dense"]),
    "two digits": (card_errors("efficient-capsnet-multimnist"), card_errors("dense-multimnist")),
}
for what, side in sides.items():
    worlds[f"toys, {what}"] = side["routed, azimuths, 60 epochs"], side["dense, azimuths, 60 epochs"]

relative = {}
for where, (routed, dense) in worlds.items():
    mean, low, high = interval(routed, dense)
    errors_of = [sum(e) / len(e) for e in (routed, dense)]
    relative[where] = tuple(100 * x / errors_of[1] for x in (mean, low, high))
    print(
        f"{where:15} routed {errors_of[0]:5.2f} %, dense {errors_of[1]:5.2f} %, {len(routed)} seeds: {mean:+.2f} "
        "points, of the dense error {:+.1f} % from {:+.1f} to {:+.1f}".format(*relative[where])
    )

# %% id="worlds-picture"
pictures.ladder(
    relative,
    xlabel="routed minus dense, in percent of the dense error (orange: 0 is outside)",
    alt="One bar for each of five tests, the 95 % interval of the difference between routed and dense in percent of the dense "
    "error, with a dot at the mean and a line at zero: "
    + "; ".join(f"{where} {mean:+.0f}" for where, (mean, _, _) in relative.items()),
)

# %% [markdown] id="worlds-read"
# So it depends on the question, for the same design, trained in each world from the beginning:
#
# - *Two digits on top of each other:* 23 % of the errors go, within two points of it. This is also where Sabour 2017 found a difference, and
#   where the trained network of section 1 needed its couplings.
# - *Digits that were turned as never before:* 22 % go, and the interval is wider. "Whose pixel is this?" cannot be the reason: there is one digit.
# - *One digit, tested like trained:* within your margin of one point, but that margin is a poor one here, with 0.4 points to win. From a
#   quarter fewer errors to a tenth more, all is still possible.
# - *Toys:* from the familiar side routing is a little worse, from new sides better. After 5 epochs instead of 60 it is worse on *both*
#   (lesson 14 looks at that with care).
#
# One warning: of five intervals of 95 %, about one such table in four has one that misses the truth. But two digits is no
# borderline case.

# %% [markdown] id="depth"
# ## 4 · Where routing should matter most
#
# One capsule layer on top of a convolutional network is hardly a hierarchy. "Parts into objects" asks for capsules *on*
# capsules. So here is a small CapsNet with one, two and three capsule layers, routed (three iterations) and with equal
# couplings (one iteration), five seeds and eight epochs each.
#
# One more thing is varied: the size of the first vote weights. Squash makes short vectors much shorter, so a second and
# a third layer may fall silent before training begins. *Gain* is how long $s$ is, compared with $u$, under equal couplings.

# %% id="depth-table"
depth = {arm: torch.tensor(values) for arm, values in study.errors("depth").items()}
logs = {run["arm"]: [] for run in study.results("depth")["runs"]}
for run in study.results("depth")["runs"]:
    logs[run["arm"]].append(run["log"][-1]["train_error"])
print("test error (%), mean of five seeds and the worst of them; at last on the training digits, mean")
for layers in (1, 2, 3):
    for way in ("routed", "uniform"):
        row = [depth[f"{layers}, {way}, gain {gain}"] for gain in (1.0, 2.0)]
        said = "   ".join(
            f"gain {g}: {e.mean().item():5.1f} ({e.max().item():4.1f}) "
            f"train {sum(logs[f'{layers}, {way}, gain {g}.0']) / 5:4.1f}"
            for g, e in zip((1, 2), row, strict=True)
        )
        print(f"{layers} layer{'s' * (layers > 1):1} {way:8} {said}")

# %% id="depth-picture"
pictures.depth(
    {
        f"gain {gain}": {
            way: [depth[f"{n}, {way}, gain {gain}.0"].tolist() for n in (1, 2, 3)] for way in ("routed", "uniform")
        }
        for gain in (1, 2)
    },
    alt="Two panels, gain 1 and gain 2: test error on a log scale over one, two and three capsule layers, five dots for routed and "
    "five for uniform couplings. With gain 1 the routed dots are below the uniform ones for two and three layers; with gain 2 nearly all routed dots of two and three layers are at 90.",
)

# %% [markdown] id="depth-read"
# The right column is a surprise: with the larger first votes, routed networks of two and three layers **never learn**, 9 runs of
# 10; they do no better than guessing. Equal couplings do not mind. A routed layer multiplies what it is given:
# early on a strong vote wins all of its child, whether it is right or not, and a child that has been won by one parent sends
# the others nothing. That is our guess at the reason. With gain 1 alone we would never have seen it.
#
# So each way gets the gain that suits it, chosen on the *validation* digits, and only then are the two compared:

# %% id="depth-verdict"
validation = {arm: sum(values) for arm, values in study.errors("depth", "validation").items()}
best = {
    (layers, way): min((f"{layers}, {way}, gain {gain}" for gain in (1.0, 2.0)), key=validation.get)
    for layers in (1, 2, 3)
    for way in ("routed", "uniform")
}
for layers, other in ((1, 1), (2, 2), (3, 3), (2, 1), (3, 1)):
    mean, low, high = interval(depth[best[layers, "routed"]], depth[best[other, "uniform"]])
    said = verdict(low, high, MARGIN) if layers == other else "more layers, too: not a question of routing alone"
    print(f"{layers} routed − {other} uniform {mean:+.2f} from {low:+.2f} to {high:+.2f}: {said}")

# %% [markdown] id="depth-verdict-read"
# At equal depth and equal epochs, two routed layers beat two uniform ones, only just; with three the difference is a third of a point, **one image** of
# 300, within your margin. And depth itself bought nothing: neither deep routed network is found better than a
# single uniform layer.
#
# Nor is it evidence for parts and wholes. Look at the last column above: deep uniform networks fit the *training* digits worse, too. They
# may only be slower, and eight epochs end too soon for them. The control that is missing trains both ways longer.

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# - **The control differs in more than the routing.** "CapsNet against a CNN of the same accuracy class" compares two networks,
#   not a mechanism. Our own control was wrong in this way once: it pooled, which the capsules did not (lesson 09).
# - **The number of iterations was chosen on the test set.** With the decoder three iterations were four images of 10,000 better than
#   one, without it one image worse (Sabour 2017, table 1). Choose the best of such settings on the test set, and part of what you report is
#   luck (lesson 10).
# - **"Not significant" is sold as "equal".** You have just written the cure.
# - **A part is removed that others were trained beside.** *Uniform* with the prior left in was 25 times worse, because 0.1 and the
#   prior cancel. That is not evidence for routing.
# - **Couplings are drawn as an explanation.** On pictures with one object a tree cannot be told from the answer.
#
# **Predict before you run.** A paper reports: "with routing 0.30 %, without 0.38 %, one run each, 10,000 test images". What does
# that show?
#
# - **a** that routing helps
# - **b** that routing makes no difference
# - **c** neither

# %% id="predict-paper"
### BEGIN SOLUTION
# stub: checks.predict("15-paper")
checks.predict("15-paper", "c")
### END SOLUTION

# %% [markdown] id="both-sides"
# ## Both sides
#
# **For.** EM routing on smallNORB errs on 9.7 % with one iteration and on 1.8 % with three (Hinton 2018, table 1), and CapsNet on two
# overlapping digits on 7.5 and 5.2 % (Sabour 2017, table 1). There the question "whose pixel is this?" actually has an answer. Our own two-digit network loses
# 2.9 points with equal shares.
#
# **Against.** Paik 2019 finds that routing polarises the couplings and rarely changes an answer. Gu and Tresp 2020 reach 93.2 % on
# affNIST *without* it, where CapsNet had 79 %. Mitterreiter 2023 finds no parse trees, couplings that are nearly static, and capsules
# that starve as networks get deeper. In Renzulli 2022 (arXiv 2204.01298) static trees cost nothing.
#
# **Neither.** Most differences that are published are smaller than what the number of their runs can see.
#
# ### Your verdict
#
# Write three sentences: what *these* studies show about routing on digits, with an interval; what they cannot show; and which
# experiment would change your mind.
#
# <details><summary>Ours, to compare</summary>
#
# On single digits, trained and tested alike, we found no difference, but from 23 % fewer errors to 11 % more is possible. On two overlapping digits
# routing removed 23 % of the errors (21 to 25), 12.3 instead of 16.0 %, at equal size, three seeds each, and the trained network
# needs its couplings there; on digits turned as never before it removed 22 % (14 to 30). About deep capsule networks we cannot say anything yet. Nor can we say that it is *agreement* that
# does it: our ladder with all rungs was too small to tell attention from couplings that are the same for every image. Ten rungs on two
# digits, ten seeds each, would change our minds, in either direction.
#
# </details>

# %% [markdown] id="recap"
# ## In your own words
#
# Close the notebook and say, to a friend who believes in routing, and to one who does not:
#
# 1. which two questions are mixed in "does routing matter?";
# 2. how a network can work without its couplings and fail with wrong ones;
# 3. what coupling entropy measures, and what it does not;
# 4. why an interval that holds 0 is not evidence of equality, and what is;
# 5. what has to be equal in a control.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) whether a network trained with routing needs it to answer, and whether one trained without is worse; (2) with one digit the
# class is in the votes and in the couplings: take one away and the other still says it, swap one and they contradict each other;
# (3) how evenly children divide their unit; not whether they divide it rightly, nor whether it matters; (4) few runs hold 0 whatever is true; equality needs
# an interval wholly within a margin that was named beforehand; (5) everything but the one thing that is compared: parameters, front,
# data, seeds, the way of choosing.
# <!-- END SOLUTION -->

# %% id="board"
checks.board("15")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829.
# - G. Hinton, S. Sabour, N. Frosst, *Matrix Capsules with EM Routing*, ICLR 2018.
# - I. Paik, T. Kwak, I. Kim, *Capsule Networks Need an Improved Routing Algorithm*, ACML 2019, arXiv 1907.13327.
# - J. Gu, V. Tresp, *Improving the Robustness of Capsule Networks to Image Affine Transformations*, CVPR 2020, arXiv 1911.07968.
# - M. Mitterreiter, M. Koch, J. Giesen, S. Laue, *Why Capsule Neural Networks Do Not Scale*, AAAI 2023, arXiv 2301.01583.
#
# **Next:** [Capstone](16_capstone.ipynb): a project of your own, with a rubric.
