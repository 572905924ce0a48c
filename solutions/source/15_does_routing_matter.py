# %% [markdown] id="title"
# # 15 · Does routing matter?
#
# **You will be able to**
#
# - tell two questions apart: what a trained network does with other couplings, and what a network does that was trained
#   without them;
# - swap the couplings of a trained network and count, with a paired test, who changes sides;
# - measure how undecided children are, and say why that is no proof in either direction;
# - say before a study how many runs it needs, and after it what it has and has not shown;
# - give a verdict with its interval and its limits, whichever way it comes out.
#
# **Minutes:** 80, and 50 more from *The same ladder, with 10,000 test digits* on, in a second sitting, and 20 for the
# appendix · **Prerequisites:** lessons 04 and 08 (both routings), 09 (Efficient-CapsNet and its control), 10 (paired
# tests, intervals over seeds) and 12 (pairs). Lessons 13 and 14 help.

# %% [markdown] id="hook"
# ## What they say
#
# Routing is what capsule networks are famous for. Is it what makes them work? Here is some of what has been published:
#
# | who | what was compared | what came out |
# |---|---|---|
# | Sabour 2017, table 1 | MNIST, 1 or 3 iterations, without reconstruction | 0.34 ± 0.032 and 0.35 ± 0.036 % |
# | Sabour 2017, table 1 | the same with reconstruction | 0.29 ± 0.011 and 0.25 ± 0.005 % |
# | Sabour 2017, table 1 | two overlapping digits, 1 or 3 iterations | 7.5 and 5.2 % |
# | Hinton 2018, table 1 | smallNORB, EM routing with 1, 2, 3 and 5 iterations | 9.7, 2.2, 1.8 and 3.9 % |
# | Paik 2019 | five routing algorithms against uniform and random couplings | often worse than those |
# | Gu and Tresp 2020 | affNIST: CapsNet, and a network without routing that shares one vote matrix | 79 and 93.2 % right |
# | Mitterreiter 2023 | couplings of deep capsule networks | they are nearly static, and capsules starve |
#
# (± is over three trainings.) Most of these train a network for each way of routing; the last one looks inside trained
# networks. Two questions hide behind the one in the title, and an answer to one is easily taken for an answer to the
# other:
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
# Lesson 12 swapped the couplings of a network that reads pairs. Here are single digits. First the votes of lesson 08
# again: three children, two parents.
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
# So in the toy the routing decides. Write the function that does this for any votes and any couplings.
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
toy = torch.tensor([[[[2.0, 1.0], [-2.0, 1.0]], [[2.0, 0.0], [1.0, 2.0]], [[-2.0, -1.0], [1.0, -1.0]]]])  # (1, 3, 2, 2)
own = functional.self_attention_routing(toy)[1]
for name, c in {"equal": torch.full((3, 2), 0.5), "its own": own, "the other way round": 1 - own}.items():
    A, B = swapped_lengths(toy, c)[0].tolist()
    print(f"{name:20} length of A {A:.3f}, of B {B:.3f}")

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
# **Predict before you run.** As trained the network gets 11 of the 300 wrong. Now every child gives each parent the
# same share, 1/10. We leave out the learned prior, too: it is about −0.1 everywhere, so of 1/10 plus the prior little
# would be left, and mostly the prior's own unevenness. How many are wrong now?
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
answers = {}
for name in ("as trained", "no prior", "uniform, no prior", "random, no prior"):
    c = tampering.COUPLINGS[name](route)
    answers[name] = swapped_lengths(route.u_hat, c).argmax(dim=1)
    wrong, before = answers[name] != digits.labels, answers["as trained"] != digits.labels
    sides = f"{int((wrong & ~before).sum())} only here, {int((before & ~wrong).sum())} only as trained"
    print(f"{name:20} {int(wrong.sum()):3d} of {len(wrong)} wrong: {sides}")

# %% [markdown] id="swaps-read"
# (*No prior*: its own couplings, without the prior. *Random*: random shares, for each image and child.)
#
# Equal shares for everybody: five more are wrong and one is right again. Six disagreements are too few to tell
# ($p = 14/64 = 0.22$, lesson 10). So the votes alone know the digit, nearly always. Random shares are not neutral: they
# favour a few votes at random, and 31 more are wrong. So couplings do matter: bad ones do harm.

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
own_shares = tampering.COUPLINGS["no prior"](route)  # (b, i, j)
own_class = answers["as trained"]
others = own_class.roll(1)  # what the owner of the couplings was read as
conflict = others != own_class
parts = [k / 10 for k in range(11)]
says = {"of the votes": [], "of the couplings": []}  # per cent of the answers that have this class
for part in parts:
    c = part * own_shares.roll(1, 0) + (1 - part) / j  # the rest are equal shares
    said = swapped_lengths(route.u_hat, c).argmax(dim=1)[conflict]
    for shares, of in zip(says.values(), (own_class, others), strict=True):
        shares.append(100 * (said == of[conflict]).float().mean().item())
for k in (10, 7, 5):
    votes, couplings = (shares[k] for shares in says.values())
    print(
        f"{parts[k]} of the other's couplings: the class of the votes {votes:.0f} %, of the couplings {couplings:.0f} %"
    )

# %% id="whose-picture"
figures.curves(
    parts,
    {f"the class {whose}": shares for whose, shares in says.items()},
    xlabel="part of the other image's couplings, the rest equal shares",
    ylabel="answers (%)",
    alt="Two lines over the part of the couplings that are another image's, from 0 to 1: "
    + "; ".join(
        f"answers with the class {whose} go from {shares[0]:.0f} to {shares[-1]:.0f} %"
        for whose, shares in says.items()
    )
    + "; the two lines cross close to 0.7",
)

# %% id="whose-alone"
alone = own_shares.sum(dim=1).argmax(dim=1)  # (b,) the parent with the largest shares; no vote counts
print(f"the couplings alone, without votes: {int((alone != digits.labels).sum())} of {len(alone)} wrong")

twin = torch.arange(len(own_class))
for digit in range(10):
    places = (own_class == digit).nonzero()[:, 0]
    twin[places] = places.roll(1)  # another image that was READ as the same digit
wrong = swapped_lengths(route.u_hat, own_shares[twin]).argmax(dim=1) != digits.labels
print(f"couplings of another image that was read as the same digit: {int(wrong.sum())} of {len(wrong)} wrong")

# %% [markdown] id="whose-read"
# **With the couplings of an image of another class it mostly fails.** For the couplings carry the class, too: asked
# alone they are nearly as good as the network, and with those of another image that was read as the same digit no more
# are wrong than before. Where votes and couplings disagree, the couplings win, unless they are diluted; at three tenths
# of equal shares both are about as strong. Think of two people who always give the same answer. Ask either alone and
# you get the answer. Give one of them a false script and the two no longer agree.
#
# So routing *could* decide. On single digits it mostly repeats what the votes have decided already, so taking it away
# costs little. "It works without" does not say "it has no influence" (lesson 12).

# %% [markdown] id="mnist"
# ### All of MNIST
#
# With 300 digits one sees large effects only. So all 10,000 test images were gathered with each coupling, and the
# counts are on file, also for 10,000 pairs of overlapping digits and the network that was trained on pairs (lesson 12).
# Beside each count: how many are wrong *only* with these couplings, and how many *only* as trained. From these two
# numbers lesson 10 made a paired test.
#
# (*Another image's* keeps the learned prior, which takes an even share away, so that a misfit weighs more.)


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
for name, run in swapped.items():
    own = run["wrong"]["as trained"]["all"]
    print(f"{name}, as trained: {own:,} of {run['images']:,} wrong")
    for coupling in ("uniform, no prior", "another image's"):
        print(f"   {coupling:20} {told(run['wrong'][coupling])}")
    more, fewer = (run["wrong"]["uniform, no prior"][which] for which in ("only here", "only as trained"))
    # d = more − fewer, and its 95 % interval is d ± 1.96 √(more + fewer − d²/n)
    d = more - fewer
    half = 1.96 * (more + fewer - d**2 / run["images"]) ** 0.5
    low, high = (100 * end / own for end in (d - half, d + half))
    print(f"   equal shares change the errors by {100 * d / own:+.0f} % ({low:+.0f} to {high:+.0f})")

# %% [markdown] id="mnist-read"
# **One digit:** with equal shares Efficient-CapsNet gets 34 wrong in place of 41. It may be an improvement; a harm of
# more than a tenth is excluded. (For CapsNet it is not quite.) **Two digits:** on MNIST's pairs this network *does*
# need its routing. Equal shares cost 291 pairs, 2.9 points, and that is no luck. (In other handwriting lesson 12 saw no
# sign of a cost.) So equal shares will not do there. Whether one good table for all images would, these swaps do not
# say. Our guess: with two digits a child may belong to one or to the other.

# %% [markdown] id="entropy"
# ## 2 · What couplings look like
#
# If equal shares do no great harm, are the network's own perhaps nearly equal? The **entropy** of the shares measures
# how undecided a child is:
#
# $$H_i = -\sum_j c_{ij}\,\ln c_{ij}$$
#
# Equal shares of $J$ parents have the largest value, $\ln J$. A child that gave everything to one parent has 0. We
# divide by $\ln J$, so that 1 always means "undecided".
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
capsnet = tampering.routing(caps.load("capsnet-mnist").requires_grad_(False), digits.images[:100])
c = tampering.COUPLINGS["no prior"](capsnet)
print(f"CapsNet: entropy {coupling_entropy(c).item():.4f}, largest share on average {c.amax(dim=2).mean().item():.2f}")
another = c.roll(1, 0)
children = torch.randperm(c.shape[1], generator=torch.Generator().manual_seed(0))
swaps = {"its own": c, "another image's": another, "another image's, children mixed up": another[:, children]}
for whose, swap in swaps.items():
    # gather is the sum of swapped_lengths, and CapsNet's bias
    wrong = capsnet.gather(swap).norm(dim=2).argmax(1) != digits.labels[:100]
    print(f"   {whose:34} {int(wrong.sum()):2d} of {len(wrong)} wrong")

print("Efficient-CapsNet, on MNIST's 10,000 test images:")
filed = swapped["efficient-capsnet-mnist"]
for name in ("4 times sharper", "as trained", "uniform, no prior"):
    print(f"   {name:20} entropy {filed['entropy'][name]:.2f}, {filed['wrong'][name]['all']} wrong")

# %% [markdown] id="entropies-read"
# Equal shares would be 0.1 each, and in CapsNet the largest of a child's ten shares is 0.11 on average. Does this mean that its couplings cannot matter? **No.**
# The couplings of another image have the same entropy, and with them 89 of 100 answers are wrong. Hand these same couplings to the wrong
# children: the entropy is still the same, and only 1 of 100 is wrong. Over 1,152 children tiny shifts add up if they point the same way, and cancel if not.
#
# And the other way round: the children of Efficient-CapsNet are more decided, at 0.83. Make their shares sharper or make them equal, so that the entropy is
# 0.27 or 1, and the network is wrong on 35 and 34 images in place of 41. **So a low entropy does not say that couplings are needed, and a high one does not say
# that they cannot matter.**

# %% [markdown] id="trained-without"
# ## 3 · Trained without
#
# Now the second question. We build a **ladder**: the same network on every rung, with nearly the same number of
# parameters, and on the lower rungs no routing at all. Only the last layer changes; the front, the sixteen primary
# capsules and the decoder are those of Efficient-CapsNet.
#
# | rung | couplings | for each image? |
# |---|---|---|
# | attention | computed, plus a learned prior: as published | yes |
# | attention, no prior | computed (160 parameters fewer) | yes |
# | dynamic, 10 … 2 | routing by agreement with so many iterations; CapsNet's squash, longer first votes, a bias | yes |
# | dynamic, 1 | equal; squash, first votes and bias as in the row above | no |
# | static | learned, then the same for all images | no |
# | random | drawn once before training and frozen | no |
# | dense | none: one linear layer | no |
#
# Look at the last four. Where couplings are the same for every image, votes and couplings together are *one linear map*
# and a squash. So these four are one family. They differ in biases, in starting weights, in how far a training step
# moves the map, and in the kind of squash: we call this *the family's other differences*. **Whatever separates these
# four cannot come from routing.** So where a routed rung differs from dense by no more than these four differ among
# themselves, routing need not be the reason.
#
# Each rung is trained on the 1,200 digits of scikit-learn with five seeds. **Few images, on purpose.** If routing is
# good for anything here, it should be where data are scarce: that is what capsules are praised for.
#
# ### How many runs?
#
# Before the training one should work out, from a pilot, how many seeds are needed. (We borrow the spread from the study
# itself.) Seeds scatter. The $n$ differences between two rungs, seed by seed, have a mean with standard error
# $\text{spread}/\sqrt n$. How large must a true difference be if four of five such studies are to find it, at the usual
# level of 5 %? This share, 80 %, is called the **power**. The difference must be about 2.8 standard errors: 1.96 for
# the level (lesson 10), and 0.84 for the power.
#
# These two numbers hold for *many* seeds. With few, the interval takes $t$ instead of 1.96, so this is a first estimate
# and a little too small. The cell below the exercise tries out how much.
#
# {{ exercise 15-runs-needed }}


# %% id="runs-needed"
def runs_needed(difference, spread):
    """A first estimate of the seeds for a power of 80 % at a level of 5 %. Both in the same unit → n ≥ 2"""
    ### BEGIN SOLUTION
    # difference ≥ (z_{0.975} + z_{0.80}) · spread/√n
    n = math.ceil((2.8 * spread / abs(difference)) ** 2)
    return max(2, n)
    ### END SOLUTION


runs_needed = checks.runs_needed(runs_needed)

# %% id="power"
errors = {arm: torch.tensor(values) for arm, values in study.errors("routing-digits").items()}
scatter = {arm: (e - errors["dense"]).std().item() for arm, e in errors.items() if arm != "dense"}
spread, seeds = sorted(scatter.values())[len(scatter) // 2], len(errors["dense"])
T = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)  # for 2, 3, … 10 runs, from lesson 10


def found(difference, spread, n):
    """The share of 20,000 invented studies with n seeds whose 95 % interval excludes 0, in steps of 5 %"""
    d = difference + spread * torch.randn(20_000, n, generator=torch.Generator().manual_seed(0))
    return 5 * round(20 * (d.mean(dim=1).abs() > T[n - 2] * d.std(dim=1) / n**0.5).float().mean().item())


print(f"the difference of one seed scatters by {spread:.2f} points (median over the rungs)")
for difference in (2.0, 1.0, 0.1):
    print(f"   to see {difference:.1f} points, first estimate: {runs_needed(difference, spread):4d} seeds")
for n in (3, 4, 5):
    print(f"   tried out: {n} seeds find 2.0 points in {found(2.0, spread, n)} % of the studies")
print(f"rung by rung, what {seeds} seeds find of 2.0 points:")
for arm, s in scatter.items():
    print(f"   {arm:20} scatters by {s:.2f}: found in {found(2.0, s, seeds):3d} % of the studies")

# %% [markdown] id="power-read"
# The estimate is two seeds short: three find two points in fewer than half of the studies, and it takes five. And five
# are enough only for a rung that scatters no more than the median. *Attention*, the published design, scatters more
# than twice as much in these five seeds: with that spread a true harm of two points would be missed in four of five
# studies. (A spread from five seeds is a rough guess itself. The true one may be anything from about 0.6 times to
# nearly 3 times as large.)
#
# ### The ladder
#
# The table shows for each rung its mean errors on the 300 test digits, on the 297 validation digits and on the training
# digits. (The training errors were counted while the last epoch learned, on altered images.) Then comes the mean
# difference to the dense control with its 95 % interval, paired by seed, on each of the first two.


# %% id="ladder"
def interval(a, b):
    """Mean of a − b in points, paired by seed, and the two ends of its 95 % interval"""
    d = torch.as_tensor(a) - torch.as_tensor(b)
    half = T[len(d) - 2] * d.std().item() / len(d) ** 0.5
    return d.mean().item(), d.mean().item() - half, d.mean().item() + half


def training_errors(name):
    """A study's errors on the training images, counted while the last epoch learned: arm → one for each seed"""
    runs = study.results(name)["runs"]
    return {run["arm"]: [r["log"][-1]["train_error"] for r in runs if r["arm"] == run["arm"]] for run in runs}


validation = {arm: torch.tensor(values) for arm, values in study.errors("routing-digits", "validation").items()}
fitted = training_errors("routing-digits")
print(f"{'':20} {'test':>5} {'valid.':>6} {'train':>5}   {'test, minus dense':24}   validation, minus dense")
for arm in errors:
    row = f"{arm:20} {errors[arm].mean():5.2f} {validation[arm].mean():6.2f} {sum(fitted[arm]) / seeds:5.2f}"
    if arm != "dense":
        for e in (errors, validation):
            row += "   {:+.2f} ({:+.2f} to {:+.2f})".format(*interval(e[arm], e["dense"]))
    print(row)
ties = [int((e == e.max()).sum()) for arm, e in errors.items() if arm != "dense" and e[0] == e.max()]
shared = sum(count > 1 for count in ties)
print(
    f"seed 0 is the worst of the five on {len(ties)} of {len(errors) - 1} rungs, {shared} of them shared with another seed"
)
print("attention on the test digits, seed by seed:", *(f"{e:.2f}" for e in errors["attention"].tolist()))

# %% [markdown] id="verdict-text"
# ### Four verdicts
#
# An interval can say four things, and the most popular mistake is to know only two. "It contains 0" does **not** mean "there
# is no difference". It means that the runs have not shown one, and a study with two runs hardly ever shows anything. To claim
# *equality* you must say first which difference would matter to you. Only an interval that is wholly within that margin is
# evidence for "it makes no difference".
#
# **Our margin is a tenth of the control's errors, for every table of this lesson.** It is a convention, and nothing proves it: a tenth is about the smallest
# gain for which we would put up with a slower layer. You may change `MARGIN` below and run on; a verdict that hangs on it is worth
# knowing. (We registered it nowhere before the trainings. Lesson 16 shows how one does that.)
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

# %% [markdown] id="verdicts-text"
# Each routed rung meets two controls: dense, and its *neighbour*, the nearest rung with the same couplings for every
# image (*static* for attention, *one iteration* for dynamic routing). There are two sets of images, and *both* pools
# them. That makes 36 verdicts.

# %% id="verdicts"
MARGIN = 10  # per cent of the control's errors. What would matter to you?


def per_cent(a, b):
    """`interval` in per cent of the mean of b: mean, low, high"""
    return [100 * x / torch.as_tensor(b).mean().item() for x in interval(a, b)]


def in_words(low, high):
    """Your verdict on an interval in per cent, in words that also fit two rungs without routing"""
    said = verdict(low, high, MARGIN)
    return said.replace("routing helps", "fewer errors").replace("routing hurts", "more errors")


both = {arm: (300 * errors[arm] + 297 * validation[arm]) / 597 for arm in errors}
NEIGHBOUR = {"attention": "static", "attention, no prior": "static"}  # the nearest rung with couplings alike for all
NEIGHBOUR |= {f"dynamic, {n}": "dynamic, 1" for n in (2, 3, 5, 10)}
for digits_of, e in {"test": errors, "validation": validation, "both": both}.items():
    for which, control in {"dense": dict.fromkeys(NEIGHBOUR, "dense"), "its neighbour": NEIGHBOUR}.items():
        said = {arm: in_words(*per_cent(e[arm], e[control[arm]])[1:]) for arm in NEIGHBOUR}
        rest = [f", {arm}: {sentence}" for arm, sentence in said.items() if sentence != "cannot tell"]
        print(f"{digits_of:10} minus {which:14} cannot tell: {len(said) - len(rest)} of {len(said)}{''.join(rest)}")

# %% id="ladder-picture"
for digits_of, e in (("test", errors), ("validation", validation)):
    to_dense = {arm: interval(e[arm], e["dense"]) for arm in errors if arm != "dense"}
    pictures.ladder(
        to_dense,
        MARGIN / 100 * e["dense"].mean().item(),
        xlabel=f"{digits_of} digits: error minus that of dense (points)",
        alt=f"One bar for each rung, the 95 % interval of its difference to dense on the {digits_of} digits",
    )

# %% [markdown] id="verdicts-read"
# Nearly everywhere the verdict is "cannot tell". Take it literally, and hold both sides to it.
#
# - *Against routing* one might say that on the test digits the dense layer has the lowest mean. On the validation
#   digits it has not: five rungs have a lower one, and the interval of *dynamic, 10* is below 0. On both together it
#   holds 0 again.
# - *For routing* one might say that three of these verdicts say "fewer errors", and none "more errors". But all three
#   need the validation digits, and of 36 intervals one or two miss the truth on average.
# - *One training carries much of this.* With seed 0 attention errs on 7.0 % of the test digits, with the other four
#   seeds on 0.3 to 1.7 %. Nobody may leave a run out because it spoils the mean. But attention's mean, its spread and
#   its power above hang on that run, and our invented studies assume differences without such outliers. Seed 0 is the
#   worst on seven of the nine rungs, once shared, so the nine are not independent witnesses, either.
# - *The family without routing* is as far apart as the rest on the test digits: *dynamic 1*, *static* and *random* are
#   0.6 to 1.5 points above dense, *attention* 1.6.
# - *The test has a floor.* Dense errs on 0.60 %, two of 300 images. No rung can be a point better, but each can be
#   points worse: the test digits can show harm and hardly help. And a tenth of that is a fifth of *one image*: "no
#   difference that matters" was out of reach from the start.
#
# More seeds would help, or a test that scatters less: more images.
#
# ### The same ladder, with 10,000 test digits
#
# (A good place for a break. With a new kernel, choose *Run All Above Selected Cell* before you go on.)
#
# Here is the ladder once more: a twentieth of MNIST to learn from (2,750 images, twenty epochs, five seeds), all of
# MNIST's test digits to be judged by. Seven rungs were affordable. The controls are the same two; static, random and
# one iteration are compared with dense alone.


# %% id="few"
def compared(name, *more, on=None):
    """A study's rungs beside their controls, and `more` pairs of rungs, printed in points.

    on   what was measured and is compared; the errors on test images if nothing is named
    → "rung − control" → mean, low, high, in per cent of the control's errors
    """
    tested = {arm: torch.tensor(e) for arm, e in (study.measured(name, on) if on else study.errors(name)).items()}
    learned, differences = training_errors(name), {}

    def row(arm, control):
        mean, low, high = interval(tested[arm], tested[control])
        share = differences[f"{arm} − {control}"] = per_cent(tested[arm], tested[control])
        said = in_words(*share[1:])
        if said.startswith("no difference") and low * high > 0:  # below the margin, and yet not 0
            said += f", though {'fewer' if high < 0 else 'more'}"
        places = 2 if abs(low) > 0.005 and abs(high) > 0.005 else 3  # an end so close to 0 needs one more
        return f"{mean:+.{places}f} ({low:+.{places}f} to {high:+.{places}f}), {share[0]:+.0f} %: {said}"

    for arm, e in tested.items():
        print(f"{arm:20} {e.mean():5.2f} (training {sum(learned[arm]) / len(e):5.2f})")
        for control in dict.fromkeys(["dense", NEIGHBOUR.get(arm, "dense")] if arm != "dense" else []):
            print(f"   − {control:16} {row(arm, control)}")
    for arm, control in more:
        print(f"{arm} − {control}: {row(arm, control)}")
    return differences


in_percent = {"a twentieth of MNIST": compared("routing-few", ("attention, no prior", "dynamic, 1"))}

# %% id="few-start"
torch.manual_seed(0)
first = {"dense": caps.models.dense().encoder[3].weight}
for rung, routing in {"static": "static", "random": "random", "dynamic, 1": 1}.items():
    layer = caps.models.efficient_capsnet(routing=routing).encoder[2]
    c = layer.logits.softmax(dim=1)[..., None, None] if routing != 1 else 1 / 10  # (i, j, 1, 1)
    first[rung] = c * layer.weight  # (i, j, d, z)
for rung, weight in first.items():
    ratio = first["dense"].std() / weight.std()
    print(f"{rung:10} first weights times couplings: ± {weight.std():.4f}, dense ÷ this = {ratio:.0f}")

# %% id="few-picture"
pictures.ladder(
    in_percent["a twentieth of MNIST"],
    MARGIN,
    xlabel="test errors minus those of the control, in per cent of the latter",
    alt="One bar for each rung and control, the 95 % interval of their difference on 10,000 test digits",
)

# %% [markdown] id="few-read"
# These intervals are narrow enough to see something, and it is not what one expects.
#
# - *Every rung beats dense*, by a sixth to a third of its errors. Had we trained attention and dense alone, this
#   section would say that routing removes a fifth of them.
# - *But so do static, random and one iteration*, which have the same couplings for every image. Static and random even
#   have dense's squash. But all three start with much smaller weights (see the list). And as every vote is
#   multiplied by a coupling of about 1/10, each step of training moves their map less, too. That may be why; nobody has
#   tried it here.
# - *Against the nearest rung without routing:* attention as published, cannot tell. Without its prior, fewer errors
#   than static; but static has learned couplings in the place of a prior, so two things differ. Three iterations, more
#   errors than one. (The validation images show neither of these two: see the end of this section.)
# - *The family without routing is spread from 0.96 to 1.33 %*, further than any routed rung is from its nearest rung
#   without. And one iteration cannot be told from the best of all rungs.
#
# So here the popular control flatters routing. **A control should differ in one thing**, and "dense" differs in two at
# least: the couplings and the start.
#
# ### The same ladder, with all training digits
#
# That was a twentieth of MNIST. Here are all 55,000 training digits, each seen twice, and five rungs with five seeds.
#
# **Predict before you run.** Dense has twenty times as many digits to learn from. By the means, what becomes of the
# lead that the other rungs had?
#
# - **a** it is gone, or nearly
# - **b** each of them still makes at least a tenth fewer errors than dense
# - **c** only the routed rungs keep it

# %% id="predict-all"
### BEGIN SOLUTION
# stub: checks.predict("15-all")
checks.predict("15-all", "b")
### END SOLUTION

# %% id="all"
to_static = (("dynamic, 3", "static"), ("dynamic, 1", "static"))
in_percent["all of MNIST, two epochs"] = compared("routing-mnist", *to_static)

# %% [markdown] id="all-read"
# Much as before, at half of the errors. By the means every rung leads dense by 15 to 22 %; static's interval only just
# includes 0. It still takes no routing: one iteration leads by a fifth, and three are not shown to make fewer errors
# than one. Take "cannot tell" literally here, too: attention may be as much as a quarter better than static, or a
# little worse.

# %% [markdown] id="worlds-text"
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
# The worlds differ in how hard they are, so we divide by the error of the dense layer: what share of its errors disappears?
#
# **Predict before you run.** The toys get two rows, one for the familiar side and one for new sides. In which of the five rows is the whole interval below 0?
#
# - **a** two digits alone
# - **b** two digits, moved digits, and toys from new sides
# - **c** all but MNIST

# %% id="predict-worlds"
### BEGIN SOLUTION
# stub: checks.predict("15-worlds")
checks.predict("15-worlds", "b")
### END SOLUTION


# %% id="worlds-errors"
def on_card(name):
    """A shipped network's errors: on test pairs and on training pairs, one for each seed"""
    seeds = pretrained.card(name)["seeds"]
    return [seed["test_error"] for seed in seeds], [seed["log"][-1]["train_error"] for seed in seeds]


worlds = {}  # where → errors of routed and dense on test images, and on training images
for where, name, tested in (
    ("MNIST", "controls", study.errors("controls")),
    ("moved digits", "robustness", study.measured("robustness", "affine")),
):
    worlds[where] = [(of["routed"], of["dense"]) for of in (tested, training_errors(name))]
pairs = on_card("efficient-capsnet-multimnist"), on_card("dense-multimnist")
worlds["two digits"] = list(zip(*pairs, strict=True))
for side in ("familiar", "novel"):
    worlds[f"toys, {side}"] = [
        (of["routed, azimuths, 60 epochs"], of["dense, azimuths, 60 epochs"])
        for of in (study.measured("viewpoints", side), training_errors("viewpoints"))
    ]

# %% id="worlds"
relative = {}
print("mean errors: test (training)                              routed minus dense, in per cent of the dense error")
for where, ((routed, dense), trained) in worlds.items():
    mean_of = [sum(e) / len(e) for e in (routed, dense, *trained)]
    row = f"{where}, {len(routed)} seeds"
    relative[row] = per_cent(routed, dense)
    print(
        f"{row:23} routed {mean_of[0]:5.2f} ({mean_of[2]:5.2f})  dense {mean_of[1]:5.2f} ({mean_of[3]:5.2f})   "
        "{:+5.1f} ({:+5.1f} to {:+5.1f})  ".format(*relative[row])
        + in_words(*relative[row][1:])
    )

# %% id="worlds-picture"
pictures.ladder(
    relative,
    MARGIN,
    xlabel="routed minus dense, in per cent of the dense error",
    alt="One bar for each of five tests, the 95 % interval of the difference between routed and dense in per cent of the dense error",
)

# %% id="budgets"
IMAGES = {"mnist": 55_000, "shifted": 55_000, "multimnist": 55_000, "toys-azimuths": 4_860, "toys": 14_580}  # an epoch


def recipe(name, arm="attention"):
    return next(run["recipe"] for run in study.results(name)["runs"] if run["arm"] == arm)


budgets = {
    "MNIST, above": recipe("controls", "routed"),
    "MNIST, ladder": recipe("routing-mnist"),
    "moved digits, above": recipe("robustness", "routed"),
    "moved digits, ladder": recipe("routing-shifted"),
    "two digits, above": pretrained.card("efficient-capsnet-multimnist")["recipe"],
    "two digits, ladder": recipe("routing-multimnist"),
    "toys, above": recipe("viewpoints", "routed, azimuths, 60 epochs"),
    "toys, ladder": recipe("routing-toys"),
}
for where, of in budgets.items():
    seen, batch = of["epochs"] * IMAGES[of["data"]], of["batch_size"]
    print(f"{where:20} {seen:9,} images in batches of {batch:3}, about {round(seen / batch, -2):6,.0f} steps")

# %% [markdown] id="worlds-read"
# So it depends on the question, for the same design, trained in each world from the beginning. (The list below the
# picture shows the budgets, those of this table and those of the ladders.)
#
# - *Two digits on top of each other:* 23 % fewer errors (21 to 25).
# - *Digits that were turned as never before:* 22 % fewer, and the interval is wider. Two digits in one picture cannot
#   be the reason. Nor need it be the turning: of digits that were only moved it also misreads 23 % fewer (lesson 13).
# - *MNIST, tested like trained:* cannot tell on the test images. From 23 % fewer errors to 11 % more, all is still
#   possible. (On the validation images the routed network wins, but the recipe was chosen with these: lesson 10.) In
#   the ladder above, attention led by a fifth. Here, after longer training, the interval holds 0, and it holds that
#   fifth, too. So the lead may have been one of speed, or it may have stayed.
# - *Toys:* from the familiar side the routed network is worse, from new sides better. Both intervals are equally clear
#   of 0. (From new *elevations* it is not shown to be better.) After 5 epochs instead of 60 it is worse on *both*;
#   lesson 14 compares the gaps.
#
# Of five such intervals at least one would miss in about one case of four, if they were independent (the two rows of
# toys are not). But two digits is no borderline case: there, the network with attention *is* better.
#
# ### Five rungs, two digits
#
# Is it the *routing* that makes it better? On a twentieth of MNIST everything beat dense, even the rungs that route
# nothing. So here are five rungs of the ladder on two digits, with five seeds each. It is early, as the list of budgets
# shows: all of them would still learn much. A seed shows every rung the same pairs in the same order.
#
# **Predict before you run.** The couplings of *static* are learned, and no image changes them. How many pairs does it
# get wrong?
#
# - **a** about as many as dense
# - **b** about as many as attention
# - **c** a number halfway between the two

# %% id="predict-pairs"
### BEGIN SOLUTION
# stub: checks.predict("15-pairs")
checks.predict("15-pairs", "a")
### END SOLUTION

# %% id="pairs"
in_percent["two digits, 110,000 pairs"] = compared("routing-multimnist", ("attention", "dynamic, 1"), *to_static)

# %% id="pairs-picture"
pictures.ladder(
    in_percent["two digits, 110,000 pairs"],
    MARGIN,
    xlabel="pairs wrong minus those of the control, in per cent of the latter",
    alt="One bar for each rung and control, the 95 % interval of their difference on 10,000 pairs of digits",
)

# %% [markdown] id="pairs-read"
# **Both routed rungs make fewer errors than all three that route nothing, and none of these six intervals holds 0.**
# Whether the gain matters is another question. Against *one iteration*, the best of the three, both intervals are
# wholly inside our margin of a tenth: fewer errors, and by our own rule no difference that matters.
#
# - *Attention makes a tenth fewer errors than static,* just at our margin. The two start with the same votes and have
#   the same squash. They differ in two things: an image may change attention's couplings, and these may be negative and
#   need not sum to 1, because the prior is added after the softmax (lesson 08). Static's are positive and sum to 1. The
#   rung between them, attention without its prior, was not trained on pairs.
# - *Three iterations make 6 % fewer than one.* These two differ in nothing but the agreement. Sabour's 5.2 against
#   7.5 % is nearly a third.
# - *The family is spread over 2.0 points*, as one iteration beats dense by as much. (Which of the family's other
#   differences does it, nobody has tried here.) That is more than attention or three iterations gain over one iteration
#   (1.0 and 1.7), and less than attention gains over static, its nearest rung (2.9).
# - *Against dense, attention's lead did not fade with training:* it is 10 % here, and it was 23 % after forty times the
#   pairs, in larger batches and with three seeds. So nothing here says that it is a lead of speed alone. Whether the
#   leads over static and one iteration grow, too, nobody has tried.
#
# Two limits. After 110,000 pairs all rungs are still learning: the training errors, which are means over the second and
# last epoch, are even higher than the test errors, and they rank the rungs in the same order. So this is about what a
# network has learned *by then*. And it is about pairs.
#
# ### Five rungs, moved digits and toys
#
# Attention beat dense on digits turned as never before, too. Is that the routing again? The same five rungs, five seeds
# each: *moved digits*, each seen once, and tested on 10,000 that were also turned, stretched and sheared; and *toys*,
# all sides of 15 toys, each picture seen four times, tested on 25 toys that nobody has trained on.
#
# **Predict before you run.** On turned digits attention makes fewer errors than dense. Where is *static*?
#
# - **a** at dense, as on pairs
# - **b** at attention
# - **c** halfway between the two

# %% id="predict-moved"
### BEGIN SOLUTION
# stub: checks.predict("15-moved")
checks.predict("15-moved", "b")
### END SOLUTION

# %% id="moved"
print("MOVED DIGITS, tested on digits that were also turned, stretched and sheared")
in_percent["turned digits"] = compared("routing-shifted", *to_static, on="affine")
print("\nTOYS, tested on other toys")
in_percent["new toys"] = compared("routing-toys", *to_static)

# %% id="moved-picture"
pictures.ladder(
    in_percent["turned digits"],
    MARGIN,
    xlabel="turned digits: errors minus those of the control, in per cent of the latter",
    alt="One bar for each rung and control, the 95 % interval of their difference on 10,000 turned digits",
)
pictures.ladder(
    in_percent["new toys"],
    MARGIN,
    xlabel="new toys: errors minus those of the control, in per cent of the latter",
    alt="One bar for each rung and control, the 95 % interval of their difference on toys that nobody has trained on",
)

# %% [markdown] id="moved-read"
# **With a single object in the picture the four rungs rise and fall together against dense.** And two of the four route
# nothing.
#
# - *Turned digits:* every rung beats dense, by 15 to 22 % of its errors (attention's interval only just). By the means
#   static does nearly as well as attention, and one iteration nearly as well as three; in both cases the interval holds
#   0, and we cannot tell.
# - *New toys:* every rung is *worse* than dense, by a sixth to a third of its errors. Static and attention have many
#   more training errors than dense, so they may have learned less in four epochs. Three iterations have as few as
#   dense, and are worse on new toys all the same. Between three iterations and one there is no difference that matters.
#   Three iterations make 13 % fewer errors than static. One iteration makes 12 % fewer than static, too. (On the ten
#   toys for validation neither is found: both intervals hold 0.)
# - So attention wins against dense or loses to it, and **it takes no routing to do either**. The 22 % of the table
#   above may well be of this kind. Only on two digits do both routed rungs beat *all* that route nothing.
#
# It is early here, too (see the budgets). What five rungs would say at the end of such a training: **we do not know.**
#
# ### All of it, once more
#
# Two of these comparisons come nearest to the question: three iterations against one, which differ in the agreement
# alone, and attention against static, which differ in the prior, too. Here they are side by side, in per cent of the
# control's errors.
#
# One thing is missing so far. These five ladders were judged by their test images alone, and an interval over seeds
# holds the images fixed (lesson 10). So the same networks now read their validation images, too, and every verdict that
# changes is printed. (No rung was chosen with these images. But the recipe was tuned on MNIST's, and with attention:
# they may flatter it. Turned digits are left out, because moved digits for validation are not turned.)

# %% id="ladder-summary"
two = ("attention − static", "dynamic, 3 − dynamic, 1")
STUDY = {"a twentieth of MNIST": "routing-few", "all of MNIST, two epochs": "routing-mnist"}
STUDY |= {"two digits, 110,000 pairs": "routing-multimnist", "new toys": "routing-toys"}
again = {}  # the same comparisons as in in_percent, on the validation images
for where, name in STUDY.items():
    e = study.errors(name, "validation")
    again[where] = {which: per_cent(*(e[arm] for arm in which.split(" − "))) for which in in_percent[where]}

for half, of in (("test", in_percent), ("validation", again)):
    print(f"{half + ', per cent':26}" + "".join(f"{which:34}" for which in two).rstrip())
    for where, differences in of.items():
        row = ""
        for mean, low, high in (differences[which] for which in two):
            row += f"{f'{mean:+.0f} ({low:+.0f} to {high:+.0f}): {in_words(low, high)}':34}"
        print(f"{where:26}{row.rstrip()}")
for which in (*two, "attention − dynamic, 1", "dynamic, 3 − static", "attention − dense"):
    ends = (
        "{:+5.1f} ({:+.1f} to {:+.1f})".format(*of["two digits, 110,000 pairs"][which]) for of in (in_percent, again)
    )
    print("two digits {:24} test {}, validation {}".format(which, *ends))
changed = 0
for where, differences in again.items():
    for which, (mean, low, high) in differences.items():
        was, now = in_words(*in_percent[where][which][1:]), in_words(low, high)
        if was != now:
            print(f"CHANGED {where} | {which}: {was} → {mean:+.1f} ({low:+.1f} to {high:+.1f}), {now}")
            changed += 1
print(f"changed: {changed} of {sum(map(len, again.values()))}")

# %% [markdown] id="ladder-summary-read"
# (*Changed*: the verdict on the test images → the one on the validation images. All others are the same on both.)
#
# **What the test pairs showed, the validation pairs show, too:** attention makes fewer errors than static, and three
# iterations make fewer than one, though by less than our margin. The four gains over the rungs without routing are
# smaller there, each by a fifth to a third, and attention's lead over dense is within our margin.
#
# - *A twentieth of MNIST:* three iterations are not shown to make more errors than one, and attention without its prior
#   is not shown to make fewer than static: both intervals hold 0 now. Random and one iteration beat dense on both
#   halves, static on the test images only. So both halves show that it takes no routing to beat dense.
# - *All of MNIST:* here the validation images show more. Three iterations make fewer errors than static, and so does
#   one.
# - *New toys:* neither three iterations nor one is shown to make fewer errors than static. By its mean attention makes
#   *more* errors than static on these ten toys, and fewer on the 25 of the test.
#
# No verdict is "fewer errors" on one half and "more errors" on the other. And there are at most half as many validation
# images, so they may see less. But a verdict that one half gives and the other does not has one witness only, and of
# the 35 verdicts on these four ladders ten depend on the half.

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# - **The control differs in more than the routing.** The 93.2 % on affNIST (Gu and Tresp 2020) belong to a network that
#   has no routing *and* shares one vote matrix among its primary capsules: which of the two helped? Lesson 09 tells of
#   a control of ours that pooled, while the capsules did not.
# - **A small difference on the test set is read as a reason.** With the decoder three iterations were four images of
#   10,000 better than one, without it one image worse (Sabour 2017, table 1; the paper gives other reasons for its
#   three). The four are more than its three seeds scatter. But a spread over seeds holds the images fixed, and on other
#   images such a count moves by five (lesson 10). Whoever chooses between such settings by their test errors is partly
#   reporting luck.

# %% [markdown] id="both-sides"
# ## Your verdict
#
# Write a few sentences: what *these* studies show about routing on digits, with an interval; what they cannot show; and
# which experiment would change your mind.
#
# <details><summary>Ours, to compare</summary>
#
# On two overlapping digits, after 110,000 pairs, routing saves some errors. Three iterations make 6 % fewer than one (4
# to 8) and attention makes 4 % fewer than one (2 to 6): both are less than the tenth that we said would matter. Against
# learned couplings that no image changes attention makes 10 % fewer (9 to 11) and three iterations 12 % fewer (10 to
# 13). Neither of these two comparisons is about routing alone: attention differs in its prior, too, and three
# iterations in squash and start. Only the last interval is wholly beyond a tenth. On the validation pairs all four
# gains are found again, each smaller by a fifth to a third, and none of them is wholly beyond
# a tenth.
#
# Against a dense network of equal size attention's lead on pairs did not fade with training: 10 % (9 to 12) at that
# point, and 23 % (21 to 25, three seeds) after 4.4 million pairs, in larger batches. Whether the leads over static and
# one iteration grow, too, nobody has tried.
#
# With a single object in the picture we cannot say that routing helps. On MNIST, on a twentieth of it and on turned
# digits networks without routing beat the dense one, too, and on new toys they lose to it, too. On a twentieth of MNIST
# attention without its prior makes fewer errors than static, and three iterations make more than one, but on its
# validation images both intervals hold 0. Of attention as published we cannot tell there. On all of MNIST and on turned
# digits we cannot tell of any routed network, against its nearest rung without routing. On new toys three iterations
# and one make no difference that matters.
#
# Three iterations differ from one in nothing but the agreement. In one capsule layer they make fewer errors in one
# place, on pairs, more in one, on a twentieth of MNIST (on its test images only), and elsewhere we cannot tell or it
# does not matter. (With two and three layers they make fewer: see the appendix and its limits.)
#
# This would change our minds: the same five rungs, trained until the training errors stop falling. If the routed ones
# then lead by more than a tenth, routing matters more than we say. If the lead is gone, it was one of speed.
#
# </details>

# %% [markdown] id="iterations"
# ## Appendix · How often, whose tree, how deep
#
# Three more questions about routing, with what we have on file. For dynamic routing there is one more swap at test time: the number of
# iterations. Our CapsNet was trained with three.

# %% id="iterations-table"
counts = swapped["capsnet-mnist"]
for n in (1, 2, 3, 5, 10):
    coupling, name = f"dynamic, {n}", f"{n} iteration{'s' * (n > 1)}:"
    print(f"{name:14} {told(counts['wrong'][coupling])}, entropy {counts['entropy'][coupling]:.3f}")

# %% [markdown] id="trees-text"
# Five and ten iterations make six and nine more mistakes than three ($p$ = 0.070 and 0.078). That is weak evidence of harm, and none of equality.
#
# ### Whose tree?
#
# The famous promise is a **parse tree**: each child belongs to one parent, and the tree shows how the image is made. Then two images of
# the same class should have similar trees. With one digit in the picture that shows little: every part belongs to that digit, so a
# *correct* tree is nothing but the answer, written once for each child. Two digits can tell a tree from an answer: some children should
# prefer one digit and some the other.


# %% id="trees"
def same_tree(c):
    """Of any two images, the share of children with the same favourite. c (b, i, j) → (b, b)"""
    favourite = c.argmax(dim=2)  # (b, i)
    return (favourite[:, None] == favourite[None]).float().mean(dim=2)


labels = digits.labels[:100]
same = labels[:, None] == labels[None]  # (b, b)
different = ~same
same.fill_diagonal_(False)
for name, of in {"Efficient-CapsNet": tampering.routing(network, digits.images[:100]), "CapsNet": capsnet}.items():
    c = tampering.COUPLINGS["no prior"](of)
    within, between = (100 * same_tree(c)[mask].mean().item() for mask in (same, different))
    answer = of.gather(c).norm(dim=2).argmax(dim=1)  # (b,)
    favoured = 100 * (c.argmax(dim=2) == answer[:, None]).float().mean().item()
    print(
        f"{name:17} same favourite: {within:.0f} % in a class, {between:.0f} % between; it is the answer: {favoured:.0f} %"
    )

pairs = data.multidigits("test", count=300)
two = tampering.routing(caps.load("efficient-capsnet-multimnist").requires_grad_(False), pairs.images)
said = two.gather(tampering.COUPLINGS["as trained"](two)).norm(dim=2).topk(2, dim=1).indices  # (b, 2) its two answers
favourite = tampering.COUPLINGS["no prior"](two).argmax(dim=2)  # (b, i)
parts = (favourite[:, None] == said[..., None]).float().mean(dim=2)  # (b, 2)
first, second = (100 * parts.mean(dim=0)).tolist()
smaller = 100 * parts.min(dim=1).values.mean().item()
print(f"two digits: the favourite is the first answer for {first:.0f} %, the second for {second:.0f} %")
print(f"            the smaller of an image's two shares: {smaller:.0f} % on average")

# %% [markdown] id="depth"
# Within a class children agree far more. In CapsNet fewer than half of the children favour the answer that the network gives. And with two digits
# the children of one image do divide themselves: the smaller of the two shares is a quarter of them on average, which is more than one answer written sixteen times. (Another quarter favours
# neither.) Whether a child goes to the digit whose strokes it sees is a further question, and nobody has asked it here.
#
# ### How deep?
#
# "Parts into objects" asks for capsules *on* capsules. So here is a small CapsNet with one, two and three capsule layers, routed (three
# iterations) and with equal couplings (one iteration), five seeds and eight epochs each. Squash makes short vectors much shorter, so a
# second and a third layer may fall silent before training begins. Therefore the first vote weights come in two sizes: *gain* is how long
# $s$ is, compared with $u$, under equal couplings.
#
# **Predict before you run.** Gain 2 makes the first votes twice as long as gain 1. What becomes of routed networks with two and three layers?
#
# - **a** most of them have learned nothing after eight epochs
# - **b** nothing: training finds the right lengths in any case
# - **c** they learn faster: there is more to agree on

# %% id="predict-depth"
### BEGIN SOLUTION
# stub: checks.predict("15-depth")
checks.predict("15-depth", "a")
### END SOLUTION

# %% id="depth-table"
depth, trained = study.errors("depth"), training_errors("depth")
for layers in (1, 2, 3):
    for way in ("routed", "uniform"):
        row = f"{layers} layer{'s' * (layers > 1):1} {way:8}"
        for gain in (1, 2):
            arm = f"{layers}, {way}, gain {gain}.0"
            mean, worst, fit = sum(depth[arm]) / 5, max(depth[arm]), sum(trained[arm]) / 5
            row += f"  gain {gain}: test {mean:5.1f} % (worst {worst:4.1f}), training {fit:4.1f} %"
        print(row)

# %% id="depth-picture"
pictures.depth(
    {
        f"gain {gain}": {way: [depth[f"{n}, {way}, gain {gain}.0"] for n in (1, 2, 3)] for way in ("routed", "uniform")}
        for gain in (1, 2)
    },
    alt="Two panels, gain 1 and gain 2: test error on a log scale over one, two and three capsule layers, five dots for routed and "
    "five for uniform couplings. With gain 1 the routed dots are below the uniform ones for three layers and mostly for two; with gain 2 nearly all "
    "routed dots of two and three layers are at 90.",
)

# %% [markdown] id="depth-read"
# With the larger first votes, routed networks of two and three layers **have not learned** after eight epochs, 9 runs of 10. Deep networks with equal couplings have learned, all of them. Our guess
# at the reason: a routed layer multiplies what it is given. Early on a strong vote wins all of its child, whether it is right or not, and a
# child that has been won by one parent sends the others nothing.
#
# So each way gets the gain that suits it, chosen on the *validation* digits, and only then are they compared, by the standard of section 3:

# %% id="depth-verdict"
chosen = {arm: sum(values) for arm, values in study.errors("depth", "validation").items()}
best = {
    (layers, way): min((f"{layers}, {way}, gain {gain}" for gain in (1.0, 2.0)), key=chosen.get)
    for layers in (1, 2, 3)
    for way in ("routed", "uniform")
}
for layers, other in ((1, 1), (2, 2), (3, 3), (2, 1), (3, 1)):
    routed, control = depth[best[layers, "routed"]], depth[best[other, "uniform"]]
    fits = [sum(trained[best[n, way]]) / 5 for n, way in ((layers, "routed"), (other, "uniform"))]
    print(
        "{} routed − {} uniform {:+.2f} ({:+.2f} to {:+.2f}), ".format(layers, other, *interval(routed, control))
        + f"training {fits[0]:.1f} and {fits[1]:.1f} %: {in_words(*per_cent(routed, control)[1:])}"
    )

# %% [markdown] id="depth-verdict-read"
# At equal depth and equal epochs two and three routed layers make fewer errors than as many uniform ones, by 1.13 and 0.33 points, a third of a
# point being **one image** of 300. Both intervals end close to 0, and with three layers much hangs on the gain that suits the uniform ones. Depth
# itself is not shown to buy anything: against a *single* uniform layer two routed ones are not found better, and three are found worse, as narrowly.
#
# Nor is it evidence for parts and wholes. Deep uniform networks fit the *training* digits worse, too, as dense did on two digits:
# they may only be slower, and eight epochs end too soon for them. The control that is missing trains both ways longer.

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
# (3) how evenly children divide their unit; not whether they divide it correctly, nor whether it matters; (4) with few runs the interval may
# hold 0 although there is a difference that matters; equality needs an interval wholly within a margin that was named beforehand; (5)
# everything but the one thing that is compared: parameters, front, data, seeds, the way of choosing.
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
# - M. Mitterreiter, M. Koch, J. Giesen, S. Laue, *Why Capsule Neural Networks Do Not Scale: Challenging the Dynamic
#   Parse-Tree Assumption*, AAAI 2023, arXiv 2301.01583.
#
# **Next:** [Capstone](16_capstone.ipynb): a project of your own, with a rubric.
