# %% [markdown] id="title"
# # 04 · Dynamic routing
#
# **You will be able to**
#
# - route three children's votes to two parents on paper, and check it with code;
# - write the loop of dynamic routing for a whole batch, gradients and all;
# - say over which axis the softmax runs, and what a network with the wrong one loses, though it may train;
# - predict what more iterations do to couplings and lengths;
# - write the test that finds a wrong axis from votes and outputs alone.
#
# **Minutes:** 90, and 25 more for two appendices · **Prerequisites:** lesson 02 (squash), lesson 03 (votes); softmax.

# %% [markdown] id="hook"
# ## Whom would you believe?
#
# Three children have voted for two parents, A ($j=0$) and B ($j=1$). Every vote says: "if you are there, parent, then
# this is your pose". Poses have two numbers here (their axis is $z$), so a vote is an arrow in the parent's plane. In
# the picture a circle of radius 1 is dotted. A vote may leave it. A parent's own pose $v_j$, which we are going to
# compute, may not: squash keeps it inside, and its length says how sure the parent is that it is there.

# %% id="setup"
import torch

from capsule_tutor import checks, data, figures
from capsule_tutor.figures import lesson04 as pictures
from capsule_tutor.functional import squash

votes_for_A = torch.tensor([[2.0, 1.0], [2.0, 0.0], [-2.0, -1.0]])  # (i=3, z=2)
votes_for_B = torch.tensor([[-2.0, 1.0], [1.0, 2.0], [1.0, -1.0]])  # (i=3, z=2)
u_hat = torch.stack([votes_for_A, votes_for_B], dim=1).unsqueeze(0)  # (b=1, i=3, j=2, z=2)
print("votes u_hat:", tuple(u_hat.shape), "for (b, i, j, z)")

# %% id="hook-picture"
pictures.routing(
    {"": (u_hat[0], None, None)},
    alt="Two planes with three arrows each. For parent A, children 0 and 1 point right, close together, and child 2 "
    "points the opposite way. For parent B the three arrows point in three different directions.",
)

# %% [markdown] id="hook-question"
# For A, children 0 and 1 tell nearly the same story and child 2 tells the opposite. For B, everybody says something else.
#
# Which parent is there? In which pose? And child 2: how much should A listen to it?
#
# A dense or convolutional layer cannot ask this. Its weights are fixed after training, whatever the votes. Here we want
# weights that depend on the votes themselves, and are found again for every image. They are called **couplings** $c_{ij}$: the share of
# child $i$ that goes to parent $j$. Sabour, Frosst and Hinton (2017) find them by a short negotiation.

# %% [markdown] id="first-round"
# ## Iteration one: believe everybody the same
#
# At the start nothing is known. Each child gives half of itself to A and half to B: $c_{ij} = \frac12$. A parent adds up
# what it hears, and squashes:
#
# $$s_j = \sum_i c_{ij}\,\hat u_{j|i} \qquad\qquad v_j = \mathrm{squash}(s_j)$$
#
# ($\hat u_{j|i}$ is the vote for parent $j$ of child $i$.) Take a pencil:
#
# $$s_A = \tfrac12(2,1) + \tfrac12(2,0) + \tfrac12(-2,-1) = (1, 0) \qquad
# s_B = \tfrac12(-2,1) + \tfrac12(1,2) + \tfrac12(1,-1) = (0, 1)$$
#
# Both have length 1, and squash makes 1 into $\frac12$ (lesson 02). So $v_A = (0.5,\,0)$ and $v_B = (0,\,0.5)$.

# %% id="first-round-loop"
c = torch.full((1, 3, 2), 0.5)  # (b, i, j)
for j, name in enumerate("AB"):
    s_j = torch.zeros(2)  # (z,)
    for i in range(3):
        s_j += c[0, i, j] * u_hat[0, i, j]
    print(f"s_{name} = {s_j.tolist()}   v_{name} = {squash(s_j).round(decimals=2).tolist()}")

# %% [markdown] id="first-round-read"
# A tie: both lengths are 0.5. A sum with equal shares does notice agreement: votes that agree add up, and votes that
# disagree cancel. But it cannot turn an outlier down. A's enemy cancels one of its two friends, and the rest is just as
# long as what is left at B. (We chose the numbers so. Without child 2, A would be ahead: the cell after the exercise
# computes it.) Keep this in mind: **in the first iteration agreement makes a sum longer. From the second on it also
# decides who is heard.**
#
# First the sum, for a batch. The loop over $i$ and $j$ becomes one product and one sum.
#
# {{ exercise 04-parent-poses }}


# %% id="parent-poses"
def parent_poses(c, u_hat):
    """The weighted votes, added up. c (b, i, j), u_hat (b, i, j, z) → s (b, j, z), not squashed"""
    ### BEGIN SOLUTION
    # s_j = Σ_i c_ij û_{j|i}
    weighted = c[..., None] * u_hat  # (b, i, j, z)
    return weighted.sum(dim=1)  # (b, j, z)
    ### END SOLUTION


parent_poses = checks.parent_poses(parent_poses)

# %% id="first-round-batch"
v = squash(parent_poses(c, u_hat))  # (b, j, z)
print("v_A, v_B:", [[round(x, 2) for x in row] for row in v[0].tolist()])
v_two = squash(parent_poses(c[:, :2], u_hat[:, :2]))  # (b, j, z)
print("without child 2: ‖v_A‖, ‖v_B‖ =", [round(x, 2) for x in v_two[0].norm(dim=-1).tolist()])

# %% [markdown] id="agreement-idea"
# ## Who agrees?
#
# Now each child looks at what each parent made of all votes, and asks: *is that what I said?* The measure is the dot
# product $a_{ij} = \hat u_{j|i} \cdot v_j$: large when a long vote points along a long $v_j$, zero at a right angle, negative when
# it points away. By hand, with $v_A = (0.5, 0)$ and $v_B = (0, 0.5)$:
#
# | | vote for A | $a_{iA}$ | vote for B | $a_{iB}$ |
# |---|---|---|---|---|
# | child 0 | (2, 1) | **1** | (−2, 1) | 0.5 |
# | child 1 | (2, 0) | **1** | (1, 2) | **1** |
# | child 2 | (−2, −1) | −1 | (1, −1) | **−0.5** |
#
# Bold is the parent that a child agrees with more, or disagrees with less. There are six numbers, one per pair: child 0 feels at
# home with A, child 1 cannot decide, child 2 is at odds with both.
#
# {{ exercise 04-agreement }}


# %% id="agreement"
def agreement(u_hat, v):
    """Dot product of every vote with its parent's output. u_hat (b, i, j, z), v (b, j, z) → (b, i, j)"""
    ### BEGIN SOLUTION
    # a_ij = û_{j|i} · v_j
    return torch.einsum("bijz,bjz->bij", u_hat, v)
    ### END SOLUTION


agreement = checks.agreement(agreement)

# %% id="agreement-try"
a = agreement(u_hat, v)  # (b, i, j)
for i in range(3):
    print(f"child {i} agrees with A by {a[0, i, 0].item():4.1f}, with B by {a[0, i, 1].item():4.1f}")

# %% [markdown] id="coupling-idea"
# ## Each child has one unit to give
#
# From agreements to couplings. The idea behind them: a part belongs to one whole, as a nose belongs to one face, but we
# do not yet know to which. So **each child owns exactly one unit and divides it among the parents**, by how far it leans to
# each: $\sum_j c_{ij} = 1$. The way to turn any numbers into shares is a softmax, over the parents $j$:
#
# $$c_{ij} = \frac{e^{b_{ij}}}{\sum_k e^{b_{ik}}}$$
#
# The $b_{ij}$ are the routing logits. (The letter is the paper's and has nothing to do with the batch axis $b$. In code
# we write `logits`.) They start at 0, which gave us $\frac12$ each. After iteration one $a_{ij}$ is added to $b_{ij}$. All
# $b_{ij}$ were 0, so now they are the six numbers above.
#
# Child 0, by hand: $e^{1} \approx 2.72$ and $e^{0.5} \approx 1.65$, so A gets $2.72 / 4.37 \approx 0.62$.

# %% [markdown] id="predict-outlier-text"
# **Predict before you run.** Child 2 agrees with neither: −1 with A, −0.5 with B. How much of its unit does A get?
#
# - **a** 0.38, as much as child 0 leaves for B
# - **b** less than 0.2: it disagrees with A twice as much as with B
# - **c** 0.5: it is at odds with both

# %% id="predict-outlier"
### BEGIN SOLUTION
# stub: checks.predict("04-outlier")
checks.predict("04-outlier", "a")
### END SOLUTION

# %% [markdown] id="exercise-coupling"
# {{ exercise 04-coupling }}


# %% id="coupling"
def coupling(logits):
    """Each child divides one unit among the parents. logits (b, i, j) → c (b, i, j)"""
    ### BEGIN SOLUTION
    # c_ij = e^{b_ij} / Σ_k e^{b_ik}, k over the parents
    return torch.softmax(logits, dim=2)
    ### END SOLUTION


coupling = checks.coupling(coupling)

# %% id="coupling-try"
c = coupling(a)  # (b, i, j)
for i in range(3):
    to_A, to_B = c[0, i].tolist()
    print(f"child {i} gives {to_A:.2f} to A and {to_B:.2f} to B")

# %% [markdown] id="coupling-read"
# Child 1 is as undecided as before. Child 2 sends more to B, not because B is right, but because A is worse. A softmax
# knows differences only, and it has no "none of them", so a child that agrees with nobody still gives its unit to
# somebody. (For CIFAR-10 the authors added a place for "none": `leaky=True` in their released code.)

# %% [markdown] id="again"
# ## Again, and again
#
# With the new couplings the parents add up again, the children compare again, and the new agreement is **added** to the
# logits: $b_{ij} \leftarrow b_{ij} + \hat u_{j|i}\cdot v_j$. So the logits are a running total of agreement. The votes themselves never
# change. Three rounds:

# %% id="three-rounds"
logits = torch.zeros(1, 3, 2)  # (b, i, j)
rounds = {}
for k in (1, 2, 3):
    c = coupling(logits)
    v = squash(parent_poses(c, u_hat))
    new = agreement(u_hat, v)  # (b, i, j)
    logits = logits + new
    rounds[f"iteration {k}"] = (u_hat[0], v[0], c[0])
    shares = ", ".join(f"{x:.2f}" for x in c[0, :, 0].tolist())
    n_A, n_B = v[0].norm(dim=-1).tolist()
    print(f"iteration {k}: the children give A {shares};  ‖v_A‖ = {n_A:.2f}, ‖v_B‖ = {n_B:.2f}")
    print(f"             child 1 then agrees with A by {new[0, 1, 0].item():.2f}, with B by {new[0, 1, 1].item():.2f}")

# %% id="three-rounds-picture"
pictures.routing(
    rounds,
    alt="Three iterations side by side. For A, child 0's arrow gets wider, and at the end child 1's, too; child 2's gets "
    "thin. The output grows from 0.50 to 0.70 to 0.89 and turns to a place between the arrows of children 0 and 1. For B "
    "the outputs have length 0.50, 0.41 and 0.50. Child 2's arrow gets wide, and at the end the others are thinner.",
)

# %% [markdown] id="three-rounds-read"
# Follow A, in the upper row. Its output gets longer and turns to a place between its two friends. So they agree more,
# so they give more, so the output grows. After three rounds A says "I am here", with 0.89. The tie is broken, and no
# weight was trained for it.
#
# Follow child 1. It could not decide until the *others* moved. In iteration 2 child 0 leaned towards A and child 2 away from it, so
# A's output got longer: child 1's agreement with A rose from 1 to 1.37. Its agreement with B fell from 1 to 0.92, because
# B's output got shorter. That settled it.
#
# And B? In the lower row it loses the friends of A, and child 2 moves in.

# %% [markdown] id="predict-more-text"
# **Predict before you run.** The negotiation goes on to ten iterations. What happens to the length of $v_B$, the parent
# whose votes never agreed?
#
# - **a** it falls towards 0
# - **b** it stays near 0.5
# - **c** it rises

# %% id="predict-more"
### BEGIN SOLUTION
# stub: checks.predict("04-more-iterations")
checks.predict("04-more-iterations", "c")
### END SOLUTION

# %% id="ten-rounds"
logits, grown, couplings = torch.zeros(1, 3, 2), [], {}
for k in range(1, 11):
    c = coupling(logits)
    v = squash(parent_poses(c, u_hat))
    logits = logits + agreement(u_hat, v)
    grown.append(v[0].norm(dim=-1))  # (j,)
    if k in (1, 2, 3, 10):
        couplings[f"iteration {k}"] = c[0]
grown = torch.stack(grown)  # (10, j)
print("after ten iterations: ‖v_A‖, ‖v_B‖ =", [round(n, 3) for n in grown[-1].tolist()])

# %% id="ten-rounds-couplings"
figures.heatmaps(
    couplings,
    xlabel="parent j",
    ylabel="child i",
    alt="Couplings at iterations 1, 2, 3 and 10. At 1 all are 0.50. At 3, children 0 and 1 give 0.88 and 0.61 to parent 0, child 2 gives 0.86 to "
    "parent 1. At 10 these three numbers are 1.00.",
)

# %% id="ten-rounds-grown"
figures.curves(
    range(1, 11),
    {"parent A": grown[:, 0], "parent B": grown[:, 1]},
    xlabel="iteration",
    ylabel="length of v",
    alt="The length of A's output rises from 0.5 to 0.94. B's falls from 0.5 to 0.41 at iteration 2, then rises to 0.67.",
)

# %% [markdown] id="ten-rounds-read"
# In the end every child has decided, and you can check the result in your head. A hears $(2,1)+(2,0) = (4,1)$, whose
# squared length is 17, so its length is $17/18 \approx 0.944$. B hears child 2 alone, $(1,-1)$, squared length 2, so
# $2/3 \approx 0.667$.
#
# B has become *more* sure, out of one vote that nobody else supports. Child 2 had to give its unit to somebody, B's
# output turned towards it, and now it "agrees" with what is hardly more than itself. Two lessons:
#
# - **More iterations are not more truth.** They make the couplings more decided, whatever they decide.
# - A child's own vote is part of the $v_j$ that it is compared with. With three children this weighs a lot. With many it
#   weighs less, but only as long as the parent hears many of them.

# %% [markdown] id="loop"
# ## The loop
#
# Our cell with three rounds wrote new logits three times.
#
# **Predict.** How many of these updates had a part in the last $v$?
#
# - **a** 3
# - **b** 2
# - **c** 1

# %% id="predict-updates"
### BEGIN SOLUTION
# stub: checks.predict("04-updates")
checks.predict("04-updates", "b")
### END SOLUTION

# %% [markdown] id="loop-intro"
# The loop is a cycle, and the votes are the same each time:

# %% id="cycle-picture"
pictures.cycle(
    alt="A cycle of four boxes. From the logits b, which are 0 at first, a softmax over the parents leads to the couplings c; "
    "weighing and adding up over the children leads to the sums s; squash leads to the poses v; and adding the agreement of "
    "votes and poses leads back to the logits. The votes, in the middle, take part in the sums and in the agreement.",
)

# %% [markdown] id="loop-code"
# Now the whole procedure in plain loops, for one image. It is procedure 1 of the paper, without its update after the
# last $v$.


# %% id="route-one"
def route_one(u_hat, iterations):
    """u_hat (i, j, z) of one image → v (j, z) and c (i, j)"""
    children, parents = range(u_hat.shape[0]), range(u_hat.shape[1])
    logits = [[torch.tensor(0.0) for j in parents] for i in children]
    for iteration in range(iterations):
        c = [torch.softmax(torch.stack(logits[i]), dim=0) for i in children]  # (j,) per child
        s = [sum(c[i][j] * u_hat[i, j] for i in children) for j in parents]  # (z,) per parent
        v = [squash(s[j]) for j in parents]
        if iteration < iterations - 1:
            logits = [[logits[i][j] + u_hat[i, j] @ v[j] for j in parents] for i in children]
    return torch.stack(v), torch.stack(c)


v_one, c_one = route_one(u_hat[0], iterations=3)
print(
    f"couplings against those of iteration 3: largest difference {(c_one - rounds['iteration 3'][2]).abs().max():.3f}"
)

# %% [markdown] id="exercise-routing"
# ## Your turn: the whole of it
#
# Besides the batch, one thing is new. A `bias` of shape $(j, z)$ may be given, as in the authors' released code: it is
# added to $s$ before every squash.
#
# Make new logits in each round (`logits = logits + …`), leave `u_hat` as it is, and detach nothing: the gradient must
# flow through the couplings, too.
#
# {{ exercise 04-dynamic-routing }}


# %% id="dynamic-routing"
def dynamic_routing(u_hat, iterations=3, bias=None):
    """Routing by agreement, for a batch.

    u_hat    (b, i, j, z)   votes
    bias     (j, z)         added to s before every squash, or None
    returns  v (b, j, z) and c (b, i, j), the couplings that made v
    """
    logits = u_hat.new_zeros(u_hat.shape[:3])  # (b, i, j), zeros of u_hat's dtype
    ### BEGIN SOLUTION
    for turn in range(iterations):
        # c_i: = softmax of b_i: over the parents j
        c = torch.softmax(logits, dim=2)  # (b, i, j)
        # s_j = Σ_i c_ij û_{j|i}
        s = torch.einsum("bij,bijz->bjz", c, u_hat)  # (b, j, z)
        v = squash(s if bias is None else s + bias)  # (b, j, z)
        if turn < iterations - 1:
            # b_ij ← b_ij + û_{j|i} · v_j
            logits = logits + torch.einsum("bijz,bjz->bij", u_hat, v)  # (b, i, j)
    return v, c
    ### END SOLUTION


mine = dynamic_routing  # kept as you wrote it, for the stage below
dynamic_routing = checks.dynamic_routing(dynamic_routing)

# %% [markdown] id="equality"
# The batch against the loop, image by image, on random votes with sizes that all differ:

# %% id="equality-code"
torch.manual_seed(0)
many = torch.randn(4, 7, 3, 5)  # (b, i, j, z)
v, c = dynamic_routing(many)
for b in range(4):
    v_one, c_one = route_one(many[b], iterations=3)
    off_v, off_c = (v[b] - v_one).abs().max(), (c[b] - c_one).abs().max()
    print(f"image {b}: largest difference of v {off_v:.3f}, of c {off_c:.3f}")

# %% [markdown] id="real"
# ## On real digits
#
# Eight digits, and a capsule layer as in lesson 03: 8 types of 8-D primary capsules on a 5×5 grid, 200 children. Ten
# parents, one per class, with 6-D poses. **Nothing is trained.** All weights are random, from a fixed seed.

# %% id="real-setup"
from capsule_tutor.functional import votes
from capsule_tutor.layers import PrimaryCapsules

torch.manual_seed(0)
images, labels = (part[:8] for part in data.digits("train"))
primary = PrimaryCapsules(channels=1, types=8, d=8, kernel=9, stride=4)  # convolution, cut, squash
with torch.no_grad():  # in float64: iterations let rounding errors grow, and yours differ from ours
    u = primary.double()(images.double())  # (b, i, d)
weight = torch.randn(200, 10, 8, 6).double()  # (i, j, d, z), standard deviation 1
u_hat_digits = votes(u, weight)  # (b, i, j, z)
v, c = dynamic_routing(u_hat_digits)
print("u", tuple(u.shape), "  v", tuple(v.shape), "  c", tuple(c.shape))
print(f"vote weights, the same for every image: {weight.numel()}    couplings, found for every image: {c[0].numel()}")

# %% id="real-picture"
figures.images(
    images[:4],
    titles=[str(n) for n in labels[:4].tolist()],
    alt="Four of the eight handwritten digits, each with its label above it: 2, 8, 6 and 6.",
)

# %% [markdown] id="entropy-idea"
# Couplings are not parameters: routing runs at test time exactly as in training.
#
# How decided is a child? Its ten couplings are a distribution, and the measure is its **entropy**
# $-\sum_j c_{ij}\log_2 c_{ij}$, in bits. Undecided among all ten: $\log_2 10 \approx 3.32$ bits. Undecided between two:
# 1 bit. Decided: 0.


# %% id="entropy"
def entropy(c):
    """(b, i, j) → (b, i), in bits"""
    return -(c * c.clamp(min=1e-12).log2()).sum(dim=2)


for k in (1, 3, 10):
    in_bits = entropy(dynamic_routing(u_hat, k)[1])[0].tolist()  # (i,)
    print(f"toy, {k:2d} iterations:", ", ".join(f"child {i} {x:.2f}" for i, x in enumerate(in_bits)))

# %% [markdown] id="predict-random-text"
# **Predict before you run.** Random weights with standard deviation 1, ten iterations. How long are the ten parents' outputs?
#
# - **a** all short: nothing has been learned, so nothing is found
# - **b** one long, nine short: routing picks a winner
# - **c** all long

# %% id="predict-random"
### BEGIN SOLUTION
# stub: checks.predict("04-random-network")
checks.predict("04-random-network", "c")
### END SOLUTION

# %% id="sweep"
counts, bits, mean_length = (1, 2, 3, 5, 10), {}, {}
for std in (0.1, 1.0, 3.0):
    results = [dynamic_routing(votes(u, std * weight), k) for k in counts]
    bits[f"std {std}"] = [entropy(c).mean().item() for _, c in results]
    mean_length[f"std {std}"] = [v.norm(dim=-1).mean().item() for v, _ in results]
print("iterations         ", "".join(f"{k:7d}" for k in counts))
for name in bits:
    print(f"{name}  entropy   ", "".join(f"{x:7.2f}" for x in bits[name]))
    print("         mean length", "".join(f"{x:7.2f}" for x in mean_length[name]))
lengths = dynamic_routing(votes(u, weight), 10)[0].norm(dim=-1)  # (b, j)
print(f"std 1.0, ten iterations: the shortest of {lengths.numel()} outputs has length {lengths.min().item():.2f}")

# %% id="sweep-picture"
figures.curves(
    counts,
    bits,
    xlabel="iterations",
    ylabel="mean entropy of a child (bits)",
    alt="Entropy of the couplings against iterations, for three sizes of weights. For 0.1 it stays at 3.3 bits. For 1 it "
    "falls to 1.9 bits at ten iterations, for 3 to 1.0.",
)

# %% [markdown] id="sweep-read"
# Read both rows of each pair.
#
# - **Small weights** (0.1): the votes are short, $v$ is short, and their dot product is next to nothing. The couplings
#   hardly leave their equal shares. Our layers start near it, too (appendix of lesson 03). With children as fresh as these,
#   the mean length is 0.01 after one iteration and after ten. For routing to do more, training has to make the votes longer.
# - **Large weights** (1, 3): entropy falls with every iteration. The couplings **polarise**. At standard deviation 1
#   the mean falls to 1.94 bits, about as undecided as among four parents ($\log_2 4 = 2$). The mean length doubles on
#   the way, to 0.98, in a network that has never seen a label, and none of the 80 outputs is short: the shortest has
#   length 0.94. At 3 the mean length is 0.88 after *one* iteration, before anybody has compared anything:
#   two hundred long votes make a long sum.
#
# So neither decided couplings nor long outputs prove that something was recognised.
#
# Here are 20 children of the second image, with standard deviation 1. Find a child that is undecided after 3 iterations
# and decided after 10, and one that is still undecided. Does one column win all of the children?

# %% id="polarise-picture"
shares = {k: dynamic_routing(u_hat_digits, k)[1][1, :20] for k in (3, 10)}  # (i=20, j) each
figures.heatmaps(
    {f"{k} iterations": c for k, c in shares.items()},
    xlabel="parent j",
    ylabel="child i",
    scale="coupling c",
    height=4.2,
    alt="Couplings of 20 children and ten parents. At 3 iterations most are between 0.05 and 0.2, and the largest is 0.6. "
    "At 10, 12 of the 20 children have one entry above a half, most of these near 1. Children 0, 4, 5, 10 and 15 have no "
    "entry above 0.25.",
)
for k, c in shares.items():
    largest, winner = c.max(dim=1)
    chosen = winner[largest > 0.5].tolist()
    print(f"{k:2d} iterations: {len(chosen):2d} of 20 give more than half to one parent: {sorted(set(chosen))}")

# %% [markdown] id="theatre-text"
# Child 3 decides late, and child 0 is still undecided. No column wins all of the children (last line).
#
# ### Your function on the stage
#
# The same, live, if a kernel is running. **Your** `dynamic_routing` plays; if the check has not passed it yet, the reference plays
# beside it, on the same votes. Press play, or step through the iterations with the arrow keys.
#
# - *two of three agree* is the toy that you worked out by hand. Compare.
# - *two friends, one enemy*: drag the enemy's vote for A (the head of its arrow) towards the friends, slowly. Where does it change sides?
# - *a real digit*: the votes of sixteen children, from a network that was trained with another routing (lessons 08 and
#   09). Yours now gathers them, and the longest parent is the answer. Can you find an image whose answer after ten
#   iterations differs from the one after the first? Such images are rare: start with *only misread images*.
#
# <details><summary>What we found</summary>
#
# The enemy stays with B until its arrow leans well to the friends' side. Two of the misread digits get another answer:
# the 1 and the first 0.
#
# </details>

# %% id="theatre"
from capsule_tutor.theatre import theatre

theatre(mine, against=dynamic_routing)

# %% [markdown] id="honest"
# Is this good for anything, then? The papers disagree:
#
# - Sabour et al. (2017), MNIST, test error with 1 and with 3 iterations (mean ± standard deviation of three trainings):
#   0.29 ± 0.011 % and 0.25 ± 0.005 % with a reconstruction loss, 0.34 ± 0.032 % and 0.35 ± 0.036 % without.
# - The same paper, two overlapping digits (MultiMNIST), with the reconstruction loss: test error 7.5 % with 1
#   iteration, 5.2 % with 3.
# - Hinton et al. (2018), another routing (EM) on photographs of toys (smallNORB): test error 9.7, 2.2, 1.8 and 3.9 %
#   with 1, 2, 3 and 5 iterations.
# - Paik et al. (2019): five routing algorithms often did worse than uniform or random couplings.
# - Gu and Tresp (2020): routing helped neither generalisation nor robustness to affine transformations.
#
# On MNIST three iterations made four fewer mistakes in 10,000 with a reconstruction loss, and one more without. The
# four are more than the trainings differ among themselves, so on these images they may be real. On others a count of 25
# moves by about five (its square root), and without a list of what each network misread nobody can say how much of that
# the two share. So MNIST does not decide it. On harder images some saw a large gain (no spread is quoted here), and
# others none or a loss. All can be true: a procedure may do exactly what it says, and a network may not need it. Lesson
# 15 measures what it is worth in the networks of this course.

# %% [markdown] id="wrong-axis"
# ## The wrong axis
#
# One of the most common mistakes in the public capsule code that we read is a softmax over the *children*: it is in the
# code of cezannec, gram-ai, higgsfield, jindongwang, labml and timomernick. It runs without an error message, and it
# may train, too. Here are both axes, with the agreements of round one:

# %% id="wrong-axis-sums"
right, wrong = torch.softmax(a, dim=2), torch.softmax(a, dim=1)  # (b, i, j)
for name, c in (("over parents ", right), ("over children", wrong)):
    per_child = [round(x, 2) for x in c[0].sum(dim=1).tolist()]
    per_parent = [round(x, 2) for x in c[0].sum(dim=0).tolist()]
    print(f"softmax {name}: the children give {per_child}, the parents get {per_parent}")

# %% id="wrong-axis-picture"
figures.heatmaps(
    {"over parents: rows sum to 1": right[0], "over children: columns sum to 1": wrong[0]},
    xlabel="parent j",
    ylabel="child i",
    alt="Two tables of couplings. Left, each row of two numbers sums to 1. Right, each column of three numbers sums to 1.",
)

# %% [markdown] id="wrong-axis-why"
# On the right, child 1 gives 1.01 in all, a little more than it has, and child 2 gives only 0.19. Each parent makes its
# own weighted mean of the votes and does not know of the other.
#
# ### Your turn: the test
#
# With the couplings in hand, one line finds it: *the couplings of a child sum to 1 over the parents*. (Let the test ask
# for the parents and not for an axis by its number. In a layout $(b, j, i)$ axis 1 holds the parents, in ours it holds
# the children. So an axis number copied from one program into another may become this mistake.)
#
# But many layers return $v$ alone. Can you tell the two axes apart by the poses? The check runs your test on four right
# routings, where it must stay silent, and on six broken ones, which it must catch.
#
# {{ exercise 04-competition-test }}


# %% id="competition-test"
def competition_test(route):
    """Silent where parents compete for the children, an AssertionError where a parent does not notice the others.

    route   u_hat (b, i, j, z), iterations → v (b, j, z)
    """
    ### BEGIN SOLUTION
    votes = 2 * torch.randn(2, 5, 3, 6)  # (b, i, j, z)
    for courted in range(3):
        other = votes.clone()
        other[:, :, courted] = 3.0  # all children agree on this parent now; the votes for the others stay
        moved = (route(other, 3) - route(votes, 3)).abs().amax(dim=(0, 2))  # (j,)
        assert moved.min() > 1e-3, f"a parent does not notice that the children have turned to parent {courted}"
    ### END SOLUTION


competition_test = checks.competition_test(competition_test)

# %% [markdown] id="competition-read"
# Under the right axis a parent that explains the children better takes them away from the others: parents **compete** for
# parts. Under the wrong one the others notice nothing.
#
# So something is lost, and it is what routing was for: a part belongs to one whole. What is left? Each parent still
# weighs its votes, and a gradient reaches every vote weight, so the network can learn. But a parent has one unit in
# all, as you saw above: its sum is never longer than its longest vote. So the first weights may matter. All six codes
# draw them with standard deviation 1. Lesson 07 trains such networks: with both mistakes it cannot see a cost. With the
# wrong axis alone, and a standard deviation of 0.1, the network makes many more mistakes than a healthy one. The bound
# may be why, but that study did not look inside.

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# You know the wrong axis. Here are two more mistakes.
#
# **Logits shared by the batch.** The code of FixCaps, higgsfield, jindongwang, laubonghaudoi and timomernick keeps one table
# of logits of shape $(i, j)$ for the whole batch, and updates it with the sum or the mean of all images' agreements. Then an
# image is routed by its neighbours:


# %% id="wild-batch"
def route_with_shared_logits(u_hat, iterations=3):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        c = torch.softmax(logits, dim=2)
        v = squash(parent_poses(c, u_hat))
        logits = logits + agreement(u_hat, v).mean(dim=0, keepdim=True)
    return v, c


for name, route in (("one table per image", dynamic_routing), ("one table per batch", route_with_shared_logits)):
    v_alone, v_in_company = route(u_hat_digits[:1])[0], route(u_hat_digits)[0]  # (b, j, z)
    alone, in_company = v_alone[0], v_in_company[0]  # the first image's poses (j, z)
    fit = torch.cosine_similarity(alone, in_company, dim=1).min().item()
    print(f"{name}: smallest cosine between the first image's poses alone and in company {fit:.2f}")

# %% [markdown] id="wild-batch-read"
# The test: *the output of an image alone equals its output in a batch.*
#
# **Too many updates.** There are three kinds.
#
# 1. You know the update after the last $v$ from procedure 1. labml and laubonghaudoi have it, too. It is wasted work
#    and nothing worse, as long as a layer returns $v$ alone (as these two do), or $v$ with the couplings that made it.
# 2. After this update the softmax is taken once more. Then the couplings that are returned are not the ones that made
#    $v$. (We have not met it in public code.)
# 3. The loop comes after a first round, as in adambielski's code, so "3 iterations" are four.
#
# One test finds kinds 2 and 3, as long as the logits start at 0: *with one iteration every coupling is 1 over the
# number of parents*. (adambielski's start at a table that is learned, so a trained layer of this sort fails even if it
# counts rightly. Where a layer returns $v$ alone, the test is: with one iteration and $n$ parents,
# $v_j = \mathrm{squash}\big(\frac1n \sum_i \hat u_{j|i}\big)$.) Here is kind 2, and the test of it:


# %% id="wild-late"
def route_with_late_couplings(u_hat, iterations=3):
    logits = u_hat.new_zeros(u_hat.shape[:3])
    for _ in range(iterations):
        v = squash(parent_poses(torch.softmax(logits, dim=2), u_hat))
        logits = logits + agreement(u_hat, v)
    return v, torch.softmax(logits, dim=2)


for name, route in (("dynamic_routing     ", dynamic_routing), ("with late couplings ", route_with_late_couplings)):
    _, c = route(u_hat, 1)
    print(name, "couplings for A after one iteration:", [round(x, 2) for x in c[0, :, 0].tolist()])

# %% [markdown] id="recap"
# ## In your own words
#
# Put the pencil down and say, to a friend who knows softmax:
#
# 1. what a child owns, what it compares, and over which axis the softmax runs;
# 2. why the first round leaves A and B equal here, and what the second round can do that the first cannot;
# 3. where the outlier's unit goes, and why B got longer in the end;
# 4. what more iterations do to the entropy, and why that proves nothing;
# 5. what the wrong axis still does well, and what it has lost.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) a child owns one unit; it compares its vote with the parent's output by a dot product; the softmax runs
# over the parents; (2) with equal weights A's enemy cancels one of its friends, and the two sums happen to be equally
# long; the second round turns the enemy down, with shares that came from agreement;
# (3) to the parent that disagrees less, since it must go somewhere; that parent then turns to it and is pleased with an
# agreement of one; (4) it falls if the votes are long enough, and it does so in a random network, too; (5) each parent finds the
# votes that agree, but parents no longer compete for a child.
# <!-- END SOLUTION -->

# %% [markdown] id="sixteen-text"
# ## Appendix · Sure without agreement
#
# Ten random parents got sure. Is that because votes with 6 numbers agree by chance? Lesson 03 said that random votes
# with 16 numbers practically never agree, and asked whether their sum can be long all the same. (Two votes agree if
# their cosine is above 0.9, as there.) We count the pairs that agree, once for votes of 16 numbers and once for votes
# of 6, and route those of 16. The last two columns say how well the votes agree with $v$: the mean cosine over all
# votes, and the mean in which each vote counts by its share.

# %% id="sixteen"
weight_16 = torch.randn(200, 10, 8, 16, generator=torch.Generator().manual_seed(1)).double()  # (i, j, d, z=16)
longer = votes(u, weight_16)  # (b, i, j, z=16)
one, other = torch.triu_indices(200, 200, 1)  # every pair of children, once
for z, some in ((16, longer), (6, u_hat_digits)):
    close = torch.cosine_similarity(some[:, one], some[:, other], dim=-1) > 0.9  # (b, pairs, j)
    share = 100 * close.double().mean().item()
    print(f"{z:2d} numbers: pairs for the same parent that agree: {share:.2f} %, {close.sum()} of {close.numel()}")
for k in (1, 3, 10):
    v, c = dynamic_routing(longer, k)
    fit = torch.cosine_similarity(longer, v.unsqueeze(1), dim=-1)  # (b, i, j)
    weighted = (c * fit).sum() / c.sum()
    print(
        f"iterations {k:2d}: entropy {entropy(c).mean().item():.2f}, mean length {v.norm(dim=-1).mean().item():.2f}, "
        f"cosine of all votes {fit.mean().item():.2f}, weighted {weighted.item():.2f}"
    )

# %% [markdown] id="sixteen-read"
# With 16 numbers not one of 1,592,000 pairs agrees (first line, one draw of the weights), and the parents get sure all
# the same. **No two votes need agree** in this sense. A vote that leans a little towards $v$ earns a larger share, and
# that turns $v$ further towards this vote. The votes as a whole fit $v$ no better than before. (The mean of 0.06 after
# one iteration is about what each vote finds of itself in the sum: with 200 unrelated votes of equal length one expects
# $1/\sqrt{200} \approx 0.07$.) But each child gives its unit where it leans most, and that makes the sum long. Before
# you trust a long sum, ask how long it is in a random network.

# %% [markdown] id="gradients"
# ## Appendix · Gradients: through the negotiation, or not
#
# *(For those who write a layer of their own. The next lesson does without it.)*
#
# The loss pulls at $v$. The pull reaches a vote in two ways: directly, through the last sum, and by way of the couplings,
# through all earlier rounds: *a better vote is also believed more*. The authors' released code lets gradients take both
# paths. The other choice treats the couplings as given and cuts the second way, by finding them without recording a gradient
# (`torch.no_grad()`):


# %% id="two-ways"
def all_iterations(u_hat, iterations):
    return dynamic_routing(u_hat, iterations)[0]


def last_iteration_only(u_hat, iterations):
    with torch.no_grad():
        _, c = dynamic_routing(u_hat, iterations)
    return squash(parent_poses(c, u_hat))


off = (all_iterations(u_hat_digits, 3) - last_iteration_only(u_hat_digits, 3)).abs().max()
print(f"the two outputs: largest difference {off:.3f}")

# %% [markdown] id="compare-idea"
# The outputs are the same, the gradients are not. We ask for the gradient that would make the *true* class's parent longer,
# with respect to all vote weights, and compare the two: the cosine of the angle between them, and the length of the cut
# gradient as a share of the full one. The five columns are 1, 2, 3, 5 and 10 iterations.
#
# **Predict before you run.** Vote weights with standard deviation 1, three iterations. How long is the cut gradient?
#
# - **a** about a quarter of the full one
# - **b** nine tenths of the full one
# - **c** as long as the full one: the outputs are the same

# %% id="predict-cut"
### BEGIN SOLUTION
# stub: checks.predict("04-cut-gradient")
checks.predict("04-cut-gradient", "a")
### END SOLUTION


# %% id="compare"
def gradient(route, iterations, std):
    w = (std * weight).requires_grad_()
    v = route(votes(u, w), iterations)  # (b, j, z)
    length_of_truth = v[torch.arange(8), labels].norm(dim=-1)  # (b,)
    return torch.autograd.grad(length_of_truth.sum(), w)[0].flatten()


cosines = {}
for std in (0.1, 1.0, 3.0):
    pairs = [(gradient(all_iterations, k, std), gradient(last_iteration_only, k, std)) for k in counts]
    cosines[f"std {std}"] = [torch.cosine_similarity(x, y, dim=0).item() for x, y in pairs]
    ratio = [(y.norm() / x.norm()).item() for x, y in pairs]
    print(f"std {std}: cosine      ", "".join(f"{x:6.2f}" for x in cosines[f"std {std}"]))
    print("         length      ", "".join(f"{x:6.2f}" for x in ratio))

# %% [markdown] id="compare-read"
# - With one iteration the two are identical: there is no earlier round.
# - With small weights they stay nearly so. The dot products are next to nothing, so a small change of a vote hardly
#   changes a coupling: at ten iterations the cut gradient is still 0.95 times as long as the full one.
# - With large weights the second way dominates. A small change of a long vote changes its coupling a lot, even where
#   the couplings are still nearly equal. So at standard deviation 1 and three iterations (mean entropy 3.21 of 3.32
#   bits) the cut gradient is a quarter as long as the full one. At standard deviation 3 and ten iterations it also
#   points elsewhere.
#
# What does each cost? The full gradient must remember every round until backward has passed, the cut one only the last:


# %% tags=["nbval-ignore-output"] id="memory"
def remembered(route, iterations):
    """Bytes kept for backward, in units of the votes' own size."""
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    v_in = u_hat_digits.clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _out = route(v_in, iterations)
    return sum(kept.values()) / v_in.untyped_storage().nbytes()


for k in (1, 3, 10):
    full, last = remembered(all_iterations, k), remembered(last_iteration_only, k)
    print(f"iterations {k:2d}: all {full:.1f} × the votes, last only {last:.1f} ×")

# %% [markdown] id="memory-read"
# (The exact numbers depend on how your `dynamic_routing` multiplies.) Why the jump after the first iteration? There the
# couplings are constants, and the gradient of $c\,\hat u$ with respect to the votes needs $c$ alone. From the second on
# the couplings have a gradient, too, and that one needs the votes, which must now be kept. Neither way is a bug. But
# know which one you run: adding or removing one `.detach()` changes the gradient, and no output of the forward pass
# shows it. This is why the check of `dynamic_routing` compares gradients. (What the cut does to training is not
# measured here.)

# %% id="board"
checks.board("04")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829: procedure 1 and
#   table 1.
# - G. Hinton, S. Sabour, N. Frosst, *Matrix capsules with EM routing*, ICLR 2018: table 1.
# - I. Paik, T. Kwak, I. Kim, *Capsule Networks Need an Improved Routing Algorithm*, ACML 2019.
# - J. Gu, V. Tresp, *Improving the Robustness of Capsule Networks to Image Affine Transformations*, CVPR 2020, arXiv
#   1911.07968.
#
# **Next:** every parent has a length now, but nobody has told the network which parent should be long. [Lesson
# 05](05_losses.ipynb) makes a loss that does.
