# %% [markdown] id="title"
# # 08 · Self-attention routing
#
# **You will be able to**
#
# - turn the routing formula of Efficient-CapsNet into code, from a loop to a whole batch;
# - bring its cost down from $n^2$ to $n$, and measure both;
# - compute what separates its logits from those of one step of dynamic routing, and measure on real votes what this
#   changes;
# - say what a prior does that is added after the softmax, and why a coupling may be negative;
# - say what happens to both routings when every pose changes its sign.
#
# **Minutes:** 80, and 20 more from *When all signs change* on, in a second sitting · **Prerequisites:** lesson 02 (both
# squashes), lesson 04 (dynamic routing), lesson 05 (margin loss), lesson 07 (test of the sums).

# %% [markdown] id="hook"
# ## Can one look replace a negotiation?
#
# Here are the three children and two parents (0 is A, 1 is B) of lesson 04 again, with the same votes. Three of the tables below are
# couplings that you know: dynamic routing with one, two and three iterations. The fourth was made without any round: each child
# looked once at all votes. We call it *one look*.

# %% id="setup"
import torch

from capsule_tutor import checks, data, figures, functional
from capsule_tutor.figures import lesson08 as pictures
from capsule_tutor.functional import exponential_squash, lengths, squash

votes_for_A = torch.tensor([[2.0, 1.0], [2.0, 0.0], [-2.0, -1.0]])  # (i=3, z=2)
votes_for_B = torch.tensor([[-2.0, 1.0], [1.0, 2.0], [1.0, -1.0]])  # (i=3, z=2)
u_hat = torch.stack([votes_for_A, votes_for_B], dim=1).unsqueeze(0)  # (b=1, i=3, j=2, z=2)

# %% id="hook-picture"
figures.heatmaps(
    {f"{r} iteration{'s' * (r > 1)}": functional.dynamic_routing(u_hat, r)[1][0] for r in (1, 2, 3)}
    | {"one look": functional.self_attention_routing(u_hat)[1][0]},
    xlabel="parent j",
    ylabel="child i",
    alt="Four tables of couplings for three children and two parents. With one iteration all are 0.50. With two, the "
    "children give parent 0 the shares 0.62, 0.50, 0.38; with three 0.88, 0.61, 0.14; with one look 0.80, 0.50, 0.20.",
)

# %% [markdown] id="hook-question"
# The new table leans the same way as the one of two iterations, only further. Chance? This is the routing of
# Efficient-CapsNet (Mazzia, Salvetti and Chiaberge 2021), the network of the next lesson. In this one you will
# get from the second table to the fourth, and back.

# %% [markdown] id="formula"
# ## Everybody looks at everybody
#
# In dynamic routing a child compares its vote with $v_j$, what the parent made of all votes. But $v_j$ needs couplings, and
# couplings need $v_j$: hence the rounds. The new idea breaks the circle. Compare the votes **with each other**:
#
# $$a_{ij} \;=\; \frac{1}{\sqrt z}\;\sum_k \hat u_{j|i}\cdot \hat u_{j|k}$$
#
# The new letter $k$ runs over all children, $i$ itself included. Only votes for the same parent meet: $j$ is the same
# on both sides. And $\sqrt z$? A dot product adds up $z$ products. With independent random numbers around 0, of
# standard deviation 1, such a sum has the standard deviation $\sqrt z$, and the division makes it 1, however large $z$
# is. (Two equal votes still gain: their product is about $z$, and $z/\sqrt z = \sqrt z$.) The lengths of the votes stay
# in: with votes twice as long the logits are four times as large.
#
# Take a pencil. The votes for A are $(2,1)$, $(2,0)$ and $(-2,-1)$, and these are all their dot products:
#
# | A | $k=0$ | $k=1$ | $k=2$ | sum |
# |---|---|---|---|---|
# | child 0 | 5 | 4 | −5 | **4** |
# | child 1 | 4 | 4 | −4 | **4** |
# | child 2 | −5 | −4 | 5 | **−4** |
#
# Do the same for B, whose votes are $(-2,1)$, $(1,2)$, $(1,-1)$.
#
# <details><summary>The sums for B</summary>
#
# | B | $k=0$ | $k=1$ | $k=2$ | sum |
# |---|---|---|---|---|
# | child 0 | 5 | 0 | −3 | **2** |
# | child 1 | 0 | 5 | −1 | **4** |
# | child 2 | −3 | −1 | 2 | **−2** |
#
# </details>
#
# A loop finds the same numbers:


# %% id="loop"
def logits_by_loop(u_hat):
    """One image: u_hat (i, j, z) → a (i, j)"""
    children, parents, z = u_hat.shape
    a = torch.zeros(children, parents)
    for i in range(children):
        for j in range(parents):
            for k in range(children):
                a[i, j] += u_hat[i, j] @ u_hat[k, j]
    return a / z**0.5


a_loop = logits_by_loop(u_hat[0])  # (i, j)
print("before the division by √2, for A:", (a_loop[:, 0] * 2**0.5).round().tolist())
print("                           for B:", (a_loop[:, 1] * 2**0.5).round().tolist())

# %% [markdown] id="table-text"
# For a batch, an einsum makes all dot products at once. In it the second child needs a letter of its own, $k$, and a sum over
# $k$ does the rest:

# %% id="table"
table = torch.einsum("bijz,bkjz->bijk", u_hat, u_hat)  # (b, i, j, k)
a_table = table.sum(dim=3) / 2**0.5  # (b, i, j)
again = "the logits of the loop" if torch.allclose(a_table[0], a_loop) else "DIFFERENT logits"
print("table", tuple(table.shape), "for (b, i, j, k); its sums over k are", again)

# %% [markdown] id="table-read"
# Mind the diagonal of your tables: each child agrees with itself, by the squared length of its vote. Among three children this
# weighs a lot. Child 1's sum for B is 4, and 5 of it comes from the child itself: the others add 0 and −1.
#
# A softmax over the parents turns the logits into shares. Child 0: $a_{0A} = 4/\sqrt2 \approx 2.83$ and
# $a_{0B} = 2/\sqrt2 \approx 1.41$, so A gets $\frac{1}{1+e^{-1.41}} \approx 0.80$: the number in the fourth table above.

# %% [markdown] id="predict-table"
# ## What the table costs
#
# **Predict before you run.** CapsNet has 1152 children and ten parents of size 16. For a batch of 128 images the votes
# take 94 MB, with four bytes per number. How much does the table of all pairs take?
#
# - **a** about as much
# - **b** about 1 GB
# - **c** about 7 GB

# %% id="predict-table-answer"
### BEGIN SOLUTION
# stub: checks.predict("08-table")
checks.predict("08-table", "c")
### END SOLUTION

# %% id="table-bytes"
for name, children in (("Efficient-CapsNet", 16), ("CapsNet", 1152)):
    votes_mb, table_mb = (4 * 128 * 10 * children * per / 1e6 for per in (16, children))
    print(f"{name:17s} {children:5d} children: votes {votes_mb:6.1f} MB, table {table_mb:8.1f} MB")

# %% [markdown] id="exercise-logits"
# With sixteen children nobody cares: the table is as large as the votes. With 1152 it nearly fills a graphics card of 8 GB. Twice the
# children mean four times the table: $O(n^2)$.
#
# Now look at a row of your table on paper: three products, one sum. Is there a way to the last column that never writes the
# columns before it?
#
# {{ exercise 08-attention-logits }}


# %% id="attention-logits"
def attention_logits(u_hat):
    """How well each vote fits all votes for the same parent. u_hat (b, i, j, z) → a (b, i, j)"""
    ### BEGIN SOLUTION
    # a_ij = Σ_k ⟨û_{j|i}, û_{j|k}⟩ / √z = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
    total = u_hat.sum(dim=1)  # (b, j, z)
    return torch.einsum("bijz,bjz->bij", u_hat, total) / u_hat.shape[3] ** 0.5
    ### END SOLUTION


attention_logits = checks.attention_logits(attention_logits)

# %% [markdown] id="identity"
# The left vector is the same in all terms, so it can be pulled out:
#
# $$\sum_k \hat u_{j|i}\cdot\hat u_{j|k} \;=\; \hat u_{j|i}\cdot\sum_k \hat u_{j|k}$$
#
# For A: the votes add up to $(2,0)$, and $(2,1)\cdot(2,0) = 4$. The same 4, and no table. Asking everybody one by one is
# the same as asking their sum once.

# %% id="identity-picture"
pictures.votes_and_sum(
    {"for A": votes_for_A, "for B": votes_for_B},
    alt="Two panels. For A the votes (2, 1) and (2, 0) of children 0 and 1 point to the right, as does the wide sum (2, 0) of all, and child 2's "
    "vote points to the left; beside them are the products with the sum, 4, 4 and −4. For B the sum is (0, 2), upwards; the products are 2, 4 "
    "and −2.",
)

# %% [markdown] id="spy-text"
# A vote that goes along with the sum gets a large product, one across it gets none, one against it a negative one.
#
# Did your function go this way? The check compared values. This little spy looks at sizes: it watches every torch call
# and remembers the largest tensor that came out.


# %% id="spy"
class Largest(torch.overrides.TorchFunctionMode):
    size = 0  # how many numbers the largest tensor held

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.size = max(self.size, result.numel())
        return result


def logits_by_table(u_hat):
    return torch.einsum("bijz,bkjz->bijk", u_hat, u_hat).sum(dim=3) / u_hat.shape[3] ** 0.5


# %% id="spy-run"
def largest(route, children):
    spied = torch.randn(1, children, 10, 16, generator=torch.Generator().manual_seed(0))  # (b, i, j, z)
    with Largest() as spy:
        route(spied)
    return spy.size


for name, route in (("all pairs", logits_by_table), ("attention_logits", attention_logits)):
    times = largest(route, 1024) / largest(route, 512)
    print(f"{name:17s} twice the children, {times:.0f} times the numbers in the largest new tensor")

# %% [markdown] id="spy-read"
# Twice means that the memory is $O(n)$, four times that it is $O(n^2)$. If your line says 4 times, the check passed you and your function
# still builds a table: the identity is worth one more try. (A loop over the children can get past the spy, too, and it needs $O(n^2)$ time. The
# clock below finds it.)
#
# The authors' released code, which is written in TensorFlow, has one einsum; in our letters it is `bijz,bkjz->bij`. Does torch build the
# table for that? The spy cannot see inside an einsum, but the clock can. Your numbers will differ from ours.

# %% tags=["nbval-ignore-output"] id="clock"
from time import perf_counter


def milliseconds(route, n):
    """The best of three calls"""
    x, best = torch.randn(1, n, 10, 16), float("inf")  # (b, i, j, z)
    for _ in range(3):
        start = perf_counter()
        route(x)
        best = min(best, 1000 * (perf_counter() - start))
    return best


def one_einsum(u_hat):
    return torch.einsum("bijz,bkjz->bij", u_hat, u_hat) / u_hat.shape[3] ** 0.5


for name, route in (("all pairs", logits_by_table), ("one einsum", one_einsum), ("attention_logits", attention_logits)):
    print(f"{name:17s}", ", ".join(f"{n} children {milliseconds(route, n):.2f} ms" for n in (16, 64, 256, 1024)))

# %% [markdown] id="clock-read"
# Each step has four times the children, and so 16 times the numbers for all pairs and 4 times for the sum. The clock may show less where
# the fixed cost of a call dominates, as it does for the sum, and more where a large table no longer fits the processor's cache. In our
# run the one einsum is about as fast as the sum and far from the table, so torch cannot be building one: it must add up over $k$ first.
# And with the sixteen children of Efficient-CapsNet? Look at your first column before you praise a method for its $O(n)$.

# %% [markdown] id="bridge"
# ## A bridge
#
# So what does a child look at? At $\sum_k \hat u_{j|k}$, all votes for $j$, added up. You have met this vector. In round one of
# dynamic routing every coupling is $1/J$, with $J$ the number of parents, and the parent hears
#
# $$s_j = \frac1J \sum_k \hat u_{j|k} \qquad v_j = \mathrm{squash}(s_j) \qquad b_{ij} = \hat u_{j|i}\cdot v_j$$
#
# where $b_{ij}$ are the logits **after one step**: those that make the couplings of iteration 2. ($b$ with two indices is lesson
# 04's letter for logits, and has nothing to do with the batch.) On our toy:


# %% id="bridge-toy"
def logits_after_one_step(u_hat):
    """Dynamic routing's logits after one step. u_hat (b, i, j, z) → (b, i, j)"""
    v = squash(u_hat.sum(dim=1) / u_hat.shape[2])  # (b, j, z)
    return torch.einsum("bijz,bjz->bij", u_hat, v)


a, b_logits = attention_logits(u_hat), logits_after_one_step(u_hat)
print("attention a:      ", [[round(x, 2) for x in row] for row in a[0].tolist()])
print("after one step b: ", [[round(x, 2) for x in row] for row in b_logits[0].tolist()])
print("b / a:            ", [[round(x, 3) for x in row] for row in (b_logits / a)[0].tolist()])

# %% [markdown] id="predict-factor"
# The same number, six times. So $b$ is $a$ on a smaller scale, and this explains the tables at the top: a softmax of $b$ gives
# the second, a softmax of $a$ the fourth.
#
# **Predict before you run.** The next cell takes random votes: two images, five children, three parents. What will $b/a$ be? (It
# prints the first three children.)
#
# - **a** 0.354 everywhere again
# - **b** one number per image and parent, the same for all children
# - **c** a different number for every image, child and parent

# %% id="predict-factor-answer"
### BEGIN SOLUTION
# stub: checks.predict("08-factor")
checks.predict("08-factor", "b")
### END SOLUTION

# %% id="bridge-random"
torch.manual_seed(0)
many = torch.randn(2, 5, 3, 6)  # (b, i, j, z)
ratio = logits_after_one_step(many) / attention_logits(many)  # (b, i, j)
for b in range(2):
    for i in range(3):
        print(f"image {b}, child {i}:", ", ".join(f"j={j} {x:.3f}" for j, x in enumerate(ratio[b, i].tolist())))

# %% [markdown] id="exercise-factor"
# Read down the columns of an image: the child does not matter. Both numbers are dot products of the *same vote* with vectors
# of the *same direction*. Only the lengths of these two vectors differ, and they belong to the parent. Which factor is it?
#
# You will need the squash of 2017 once more: with $n = \lVert s\rVert$ it is
# $\mathrm{squash}(s) = \frac{n^2}{1+n^2}\cdot\frac{s}{n}$. (This $n$ is a length. In $O(n^2)$ it counts children.)
#
# {{ exercise 08-agreement-factor }}


# %% id="agreement-factor"
def agreement_factor(u_hat):
    """The f with b_ij = f_j · a_ij. u_hat (b, i, j, z) → (b, j)"""
    parents, z = u_hat.shape[2:]
    ### BEGIN SOLUTION
    # stub: s = ...  # (b, j, z): what the parents hear in round one
    # stub: n = ...  # (b, j): its length
    # stub: return ...  # (b, j)
    s = u_hat.sum(dim=1) / parents  # (b, j, z)
    n = lengths(s)  # (b, j)
    # f_j = √z/J · n_j / (1 + n_j²)
    return z**0.5 / parents * n / (1 + n**2)
    ### END SOLUTION


agreement_factor = checks.agreement_factor(agreement_factor)

# %% [markdown] id="factor-formula"
# <details><summary>The factor, when you have found yours</summary>
#
# $$b_{ij} \;=\; f_j\; a_{ij} \qquad\text{with}\qquad f_j = \frac{\sqrt z}{J}\cdot\frac{n_j}{1+n_j^2}, \qquad n_j = \lVert s_j\rVert$$
#
# In the toy both sums have length 2, so $n = 1$ and $f = \frac{\sqrt2}{2}\cdot\frac12 \approx 0.354$, for both parents.
#
# </details>
#
# Do not take our word for it. With this factor the logits are equal on random votes, and so is everything that follows
# from them:

# %% id="bridge-proof"
f = agreement_factor(many)  # (b, j)
scaled = f.unsqueeze(1) * attention_logits(many)  # (b, i, j)
v_2, c_2 = functional.dynamic_routing(many, iterations=2)
c_scaled = scaled.softmax(dim=2)
v_scaled = squash(torch.einsum("bij,bijz->bjz", c_scaled, many))
for what, ours, theirs in (
    ("logits after one step", scaled, logits_after_one_step(many)),
    ("couplings of iteration 2", c_scaled, c_2),
    ("outputs of iteration 2", v_scaled, v_2),
):
    print(f"{what:25s}", "the same numbers" if torch.allclose(ours, theirs, atol=1e-5) else "DIFFERENT numbers")

# %% [markdown] id="bridge-meaning"
# **Self-attention routing is the second iteration of dynamic routing, with the logits of each parent on another scale.** (And
# with another squash at the end, and a prior: we come to these.) One
# condition is hidden in it: dynamic routing has no bias on $s$ here. The bias of the released code (lesson 04) turns $v_j$ away from the sum,
# and then there is no such factor.
#
# How far apart are the two scales? We take real votes: 300 of our digits, seen by the shipped Efficient-CapsNet, with
# sixteen children, ten parents and $z = 16$. (It was trained on MNIST, and our digits come from elsewhere: 8×8 pixels,
# enlarged and centred in the way of MNIST. So all lengths below are those of these votes; on MNIST they may differ.
# Blocks 0 and 1 of the network make the sixteen children, and block 2 routes them: lesson 09 builds it.)

# %% id="digits"
from capsule_tutor import pretrained

network = pretrained.load("efficient-capsnet-mnist")
layer = network.encoder[2]  # weight (i, j, d, z) and prior (i, j)
images, labels = data.digits("test")
truth = torch.nn.functional.one_hot(labels, 10).bool()  # (b, j)
with torch.no_grad():
    u = network.encoder[:2](images)  # (b, i=16, d=8)
    u_hat_digits = functional.votes(u, layer.weight)  # (b, i=16, j=10, z=16)

n, f = lengths(u_hat_digits.sum(dim=1) / 10), agreement_factor(u_hat_digits)  # (b, j)
typical = {}
for name, who in (("true class", truth), ("the others", ~truth)):
    typical[name] = n[who].mean().item(), f[who].mean().item()
    print(f"{name}: n {typical[name][0]:.2f}, factor {typical[name][1]:.2f}, on average")
print(f"the largest n of all: {n.max().item():.2f}")

# %% id="factor-picture"
figures.curves(
    x := torch.linspace(0, 5, 101),
    {
        "digits: z = 16, J = 10": 16**0.5 / 10 * x / (1 + x**2),
        "our toy: z = 2, J = 2": 2**0.5 / 2 * x / (1 + x**2),
    },
    xlabel="n, the length of s in round one",
    ylabel="factor f = b / a",
    marks=typical,
    alt="The factor between the two kinds of logits over the length n of s, for the digits and for the toy. Both curves rise "
    "from 0 to a peak at n = 1, of 0.2 and of 0.35, then fall slowly. The true class is at the peak, the others are left of it.",
)

# %% [markdown] id="factor-read"
# $n/(1+n^2)$ is never above $\frac12$, so $f$ is never above $\frac{\sqrt z}{2J} = 0.2$. This holds for all votes and all weights:
#
# - **One look speaks at least five times as loudly** as one step of dynamic routing does in such a network.
# - **Left of the peak** are the weak sums, such as those of an absent class. There the squash makes $v$ far shorter than $s$, and
#   $f$ goes to 0 with $n$, so towards weak parents the difference is even larger: with a factor of 0.09 one look is about eleven
#   times as loud.
# - **Right of the peak** the factor falls again. At $n = 1$, $v$ has half of its full length of 1; the farther right, the less it has
#   left to grow, while attention's sum goes on growing. On these 300 digits no $n$ is above 1.24, just beyond the peak.

# %% [markdown] id="crowd"
# ### Where they can part
#
# Within one parent the factor changes nothing in the order: who agrees best with A by $a$ does so by $b$. But a child's shares
# compare A *with* B, and there the factors differ. A toy that we built for it: child 0 whispers for A, where two others shout. For B
# it speaks up, and the others cancel.

# %% id="crowd-toy"
crowd_A = torch.tensor([[1.0, 0.0], [4.0, 0.0], [4.0, 0.0]])  # adds up to (9, 0)
crowd_B = torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])  # adds up to (2, 0)
crowd = torch.stack([crowd_A, crowd_B], dim=1).unsqueeze(0)  # (b=1, i=3, j=2, z=2)
print("factors for A and B:", [round(x, 2) for x in agreement_factor(crowd)[0].tolist()])
for name, logits in (("attention ", attention_logits(crowd)), ("one step  ", logits_after_one_step(crowd))):
    to_A, to_B = logits[0, 0].tolist()
    print(f"{name} child 0: logits {to_A:.2f} and {to_B:.2f}, so A gets {logits.softmax(dim=2)[0, 0, 0].item():.2f}")
times = [(x[0, 0, 0] / x[0, 0, 1]).item() for x in (attention_logits(crowd / 5), logits_after_one_step(crowd / 5))]
print(
    f"all votes a fifth as long: child 0's logit for A is {times[0]:.2f} times its logit for B, {times[1]:.2f} in one step"
)

# %% [markdown] id="crowd-read"
# Attention is swept along by the crowd: $1\cdot 9$ beats $2 \cdot 2$. Dynamic routing gives child 0 a $v_A$ no longer
# than 1, whatever the crowd, and the child stays undecided. The farther to the right of the peak, the more it is
# attention alone that asks *how large is the crowd?*
#
# To the left it is the other way round: there the length of $v$, $\frac{n^2}{1+n^2}$, grows faster than $n$, so dynamic routing minds the
# size of a crowd *more*. The last line shows it. With short votes both parents are left of the peak; attention's logits keep their ratio
# of 9 to 4, and in one step of dynamic routing A is further ahead.
#
# So much for a toy. Back to the 300 digits, most of whose parents are on the left. We undo the factor only roughly: every logit of one step
# is multiplied by the same number, 5, which is $1/f$ at the peak. Then comes a softmax, as always.
#
# **Predict before you run.** How far are these couplings from those of one look?
#
# - **a** far: most children turn to another parent
# - **b** near: they differ by less than 0.01 on average
# - **c** nowhere: they are the same numbers

# %% id="predict-louder"
### BEGIN SOLUTION
# stub: checks.predict("08-louder")
checks.predict("08-louder", "b")
### END SOLUTION

# %% id="louder"
a, b_logits = attention_logits(u_hat_digits), logits_after_one_step(u_hat_digits)  # (b, i, j)
shares, loud = a.softmax(dim=2), (5 * b_logits).softmax(dim=2)
gap = (loud - shares).abs()
print(f"couplings differ by {gap.mean().item():.3f} on average, by {gap.max().item():.2f} at most")
of_truth = truth.unsqueeze(1).expand_as(a)  # (b, i, j)
print(
    f"the size of a: {a[of_truth].abs().mean():.1f} for the true class, {a[~of_truth].abs().mean():.1f} for the others"
)


def verdicts(c):
    """The longest parent of each image. A squash changes no order, so s is enough, and never rounds two lengths to 1."""
    return lengths(torch.einsum("bij,bijz->bjz", c, u_hat_digits)).argmax(dim=1)  # (b)


print(f"changed verdicts: {(verdicts(loud) != verdicts(shares)).sum().item()} of {len(labels)}")
even = torch.full_like(shares, 0.1)
print(f"for comparison: one look and 0.1 everywhere differ by {(shares - even).abs().mean().item():.3f} on average,")
print(f"and 0.1 everywhere changes {(verdicts(even) != verdicts(shares)).sum().item()} verdicts")

# %% [markdown] id="louder-read"
# On these votes one look is very nearly one step of dynamic routing, five times as loud: compare the first average with
# the one under *for comparison*, which says how much one look does at all. The factors do differ, but only where it
# hardly shows: the true class has nearly the factor $\frac15$, and the others have small logits on either scale. The
# two can part; on these digits they have no occasion. (The verdicts alone would prove less: a verdict asks only which
# parent is the longest. The last line is their control, without any routing.)
#
# These votes are short. What does one look say about votes that are noise, short ones and long ones, from 16 children and from 1152?

# %% id="noise"
short = u_hat_digits.norm(dim=-1).mean().item()
for count in (16, 1152):
    random = torch.randn(8, count, 10, 16, generator=torch.Generator().manual_seed(0))  # (b, i, j, z), of length 4
    for length, votes_now in ((4.0, random), (short, random * short / 4)):
        a_noise = attention_logits(votes_now)  # (b, i, j)
        largest_share = a_noise.softmax(dim=2).amax(dim=2).mean().item()
        print(f"{count:4d} children, noise of length {length:.1f}: ", end="")
        print(f"standard deviation of a {a_noise.std().item():5.2f}, largest share {largest_share:.2f} on average")

# %% [markdown] id="noise-read"
# An even share is 0.10. With 1152 children and long votes one look is nearly certain, of nothing. The formula does not
# divide by the number of children. A sum of 72 times as many random votes is about $\sqrt{72} \approx 8.5$ times as
# long, and the logits grow with it. Halve the length of the votes, and the logits are a quarter: for noise, sixteen
# times fewer children do the same. Votes as short as our network's keep even 1152 children fairly even (0.22), and with
# sixteen children the shares are almost even (0.11). Votes that agree add up like the number of children itself, so for
# them this number matters more.

# %% [markdown] id="attention"
# ## Is this attention?
#
# The name promises queries, keys and values. Let us be exact. Ordinary self-attention (Vaswani et al. 2017), with the votes for A
# as its tokens and without learned maps, would do this:

# %% id="attention-code"
tokens = votes_for_A  # (i=3, z=2)
weights = (tokens @ tokens.T / 2**0.5).softmax(dim=1)  # (i, k): over the children k
mixed = weights @ tokens  # (i, z)
print("sums of the rows of weights, over k:", [round(total, 2) for total in weights.sum(dim=1).tolist()])
print("out comes one vector per child:", tuple(mixed.shape))

# %% [markdown] id="attention-table"
# | | self-attention of a transformer | self-attention routing |
# |---|---|---|
# | compared | query of $i$ with key of $k$ | vote of $i$ with vote of $k$, for the same $j$ |
# | learned maps | $W_Q, W_K, W_V$, shared by all positions | the vote matrices $W_{ij}$, which are there anyway |
# | order | softmax of the table, then a sum over $k$ | **sum over $k$, then a softmax** |
# | softmax over | $k$, the senders | $j$, the receivers |
# | result | one vector per child | one vector per parent |
#
# What they share: weights that are computed again for every input, from scaled dot products. What is missing are separate queries, keys and
# values: the vote plays all three parts. (Nearer relatives have a softmax over the receivers, too: see *Further reading*.)
#
# Ordinary attention costs $O(n^2)$, a burden on long texts. Could a transformer use your identity, and save the $n^2$ dot products?
#
# <details><summary>Our answer</summary>
#
# Not with its softmax, which is between the table and the sum. The dot product is linear, the exponential is not:
# $\sum_k e^{x_k}$ is not $e^{\sum_k x_k}$. (One can compute the table piece by piece and never keep it. That saves
# memory, but each of the $n^2$ entries is still computed.) Replace the exponential $e^{q\cdot k_m}$ ($k_m$ is a key
# here) by a product of features, $\phi(q)\cdot\phi(k_m)$, and a cousin of your identity works:
# $\sum_m \left(\phi(q)\cdot\phi(k_m)\right) v_m$ is $\phi(q)$ times *one* matrix, which is summed up once for all queries. That
# is the idea of *linear attention* (Katharopoulos et al. 2020).
#
# </details>

# %% [markdown] id="prior"
# ## A standing opinion
#
# The last piece. After the softmax a learned number is added to every share, the **prior** $p_{ij}$ (the paper
# calls it $b$):
#
# $$c_{ij} = \underbrace{\mathrm{softmax}_j(a_{ij})}_{\text{this image}} + \underbrace{p_{ij}}_{\text{all images}}
# \qquad s_j = \sum_i c_{ij}\,\hat u_{j|i} \qquad v_j = \left(1 - e^{-\lVert s_j\rVert}\right)\frac{s_j}{\lVert s_j\rVert}$$
#
# It is trained like a weight and is the same for every image: the part of a coupling that no image changes. And it is
# added *after* the softmax. So a child no longer gives one unit. It gives $1 + \sum_j p_{ij}$. Nothing keeps a coupling
# above 0, so a vote may even be *subtracted*.
#
# {{ exercise 08-self-attention-routing }}


# %% id="self-attention-routing"
def self_attention_routing(u_hat, prior=None):
    """One look at all votes, then a learned prior.

    u_hat    (b, i, j, z)   votes
    prior    (i, j)         added to the shares, or None
    returns  v (b, j, z) and c (b, i, j), the couplings that made v
    """
    ### BEGIN SOLUTION
    # a_ij = ⟨û_{j|i}, Σ_k û_{j|k}⟩ / √z
    logits = torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / u_hat.shape[3] ** 0.5
    # c_i: = softmax of a_i: over the parents j, then + prior
    c = torch.softmax(logits, dim=2)  # (b, i, j)
    if prior is not None:
        c = c + prior
    # s_j = Σ_i c_ij û_{j|i}
    s = torch.einsum("bij,bijz->bjz", c, u_hat)  # (b, j, z)
    return exponential_squash(s), c
    ### END SOLUTION


self_attention_routing = checks.self_attention_routing(self_attention_routing)

# %% id="toy-routed"
v, c = self_attention_routing(u_hat)
print("couplings for A: ", [round(x, 2) for x in c[0, :, 0].tolist()], " the fourth table of the beginning")
print("‖v_A‖, ‖v_B‖:    ", [round(x, 2) for x in lengths(v)[0].tolist()])

# %% [markdown] id="which-prior"
# What could such a prior be good for? Think of a child that cannot decide. It gives $\frac1J$ to each parent, and with ten
# parents and sixteen such children every $s_j$ is a tenth of a sum of sixteen votes. These are not silent parents, and the margin
# loss wants the absent ones shorter than 0.1. A softmax cannot say "none of them": lesson 04 complained about that.
#
# Now add a prior of $-\frac1J$. The undecided child gives exactly 0 to everybody. Where a parent has more than an even
# share, the child's vote for it is added; where it has less, the vote is subtracted. Would one number do, then? On the 300
# digits we try constants, and compare with the prior that
# training has found, from a start at 0:

# %% id="sweep"
prior = layer.prior.detach()  # (i, j)


def loss(p):
    return functional.margin_loss(lengths(self_attention_routing(u_hat_digits, p)[0]), labels).item()


constants = torch.linspace(-0.2, 0, 21)
losses = [loss(torch.full((16, 10), p.item())) for p in constants]
mean, learned_loss = prior.mean().item(), loss(prior)
print(f"learned prior {tuple(prior.shape)}: mean {mean:.2f}, from {prior.min().item():.2f} to {prior.max().item():.2f}")
print(f"margin loss: learned {learned_loss:.3f}, its mean everywhere {loss(torch.full((16, 10), mean)):.3f}")
print(f"             −1/J everywhere {losses[10]:.3f}, no prior {losses[-1]:.3f}")

# %% id="sweep-picture"
figures.curves(
    10 * constants,
    {"one constant everywhere": losses, "the learned prior": [learned_loss] * len(losses)},
    xlabel="constant prior, in units of 1/J",
    ylabel="margin loss on 300 digits",
    marks={"−1/J": (-1, losses[10])},
    alt="The margin loss over a prior that is the same for all children and parents. The curve is a valley, high at minus "
    "2/J and at 0. Its bottom is just left of minus 1/J, and touches the line of the learned prior's loss.",
)


# %% [markdown] id="prior-read"
# A valley, with its bottom near $-1/J$, and training ended there: one number everywhere, the mean, has the same loss as the learned
# prior. (These votes grew up with this prior.)
#
# So much for the loss. Now the answers, with three priors: none, the learned one, and $-0.1$ everywhere.
#
# **Predict before you run.** We take the prior out of this trained network and show it 300 digits. How many of its answers change?
#
# - **a** a handful
# - **b** about one in ten
# - **c** about half: it was trained with its prior

# %% id="predict-prior"
### BEGIN SOLUTION
# stub: checks.predict("08-prior")
checks.predict("08-prior", "a")
### END SOLUTION


# %% id="prior-worth"
def report(name, c):
    n = lengths(exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat_digits)))  # (b, j)
    right = 100 * (verdicts(c) == labels).float().mean().item()
    print(f"{name:28s} the true class {n[truth].mean().item():.2f}, the others {n[~truth].mean().item():.2f}", end="")
    print(f", {right:.0f} % right")


c_digits = self_attention_routing(u_hat_digits, prior)[1]  # (b, i, j)
print("mean lengths")
for name, c in (("no prior", shares), ("learned", c_digits), ("−0.1 everywhere", shares - 0.1)):
    report(name, c)
changed = (verdicts(shares) != verdicts(c_digits)).sum().item()
print(f"images on which the learned prior changes the verdict: {changed} of {len(labels)}")
s = torch.einsum("bij,bijz->bjz", shares, u_hat_digits)  # (b, j, z): without a prior
S = u_hat_digits.sum(dim=1) / 10  # (b, j, z): the sum of round one
of_others = {name: lengths(x)[~truth].mean().item() for name, x in (("s", s), ("S", S), ("s − S", s - S))}
print("the others before the squash:", ", ".join(f"‖{name}‖ = {n:.2f}" for name, n in of_others.items()))
print(f"couplings below 0: {100 * (c_digits < 0).float().mean().item():.0f} %")
print(f"what a child gives in all, on average: {c_digits.sum(dim=2).mean().item():.2f}")

# %% [markdown] id="prior-worth-read"
# The margin loss wants the absent classes below 0.1. Without a prior they are 0.21 long on average, with it 0.07. For a
# prior of $-1/J$ you can see how. It subtracts $S_j = \frac1J\sum_i \hat u_{j|i}$, the sum of round one. The $s_j$ of
# an absent class is mostly this sum, so little is left.
#
# **On these digits one constant, $-0.1$ for everybody, does nearly all of the learned prior's work**, and the *answers*
# hardly need either: taking the learned one out changes 2 of 300. In this trained network the prior serves the loss. (A
# network that is trained without a prior may find another way: lesson 15 trains some.)
#
# And mind the last two lines. **These couplings are not probabilities**: they may be negative, and a child gives
# $1 + \sum_j p_{ij}$ in all, whatever the image shows. Where that is below 0, it takes away more than it gives. So a picture of
# them is no map of "where the network looks".

# %% [markdown] id="side"
# ## Both, on the same votes
#
# One digit, its votes, and three ways to couple. First as pictures:

# %% id="side-picture"
shown = {
    "one look, no prior": shares[0],
    "one look, with prior": c_digits[0],
    "dynamic, 3 iterations": functional.dynamic_routing(u_hat_digits[:1], 3)[1][0],
}
figures.heatmaps(
    shown,
    xlabel="parent j (digit)",
    ylabel="child i",
    vmax=0.4,
    around_zero=True,
    scale="coupling c",
    alt=f"Couplings of sixteen children and ten parents for one image of a {labels[0].item()}, made in three ways, on one "
    "scale from minus 0.4 to 0.4. Each row is a child, each column a digit; red couplings are positive, blue ones, with a "
    "minus sign, negative; white is 0. One look without a prior: for most children the true digit's column is dark red, "
    "and all else is pale red or white. With the prior: the column stays, and most other cells are pale blue or white. "
    "Dynamic routing with three iterations: the column is mostly a paler red, and all else is nearly one pale red.",
)

# %% [markdown] id="side-question"
# (The even share, 0.1, is pale red and says nothing about the image; from 0.4 up all is the same dark red. A minus sign
# marks what is blue.)
#
# Then in numbers, over all 300 images: how decided the children are (the entropy of lesson 04, in bits; undecided among ten is
# 3.32), and the mean lengths that come out, of the true class and of the others. The two routings differ in couplings *and* in the squash at the
# end, so each row has both squashes. (Inside dynamic routing it is the old one in both columns. With the prior, couplings are no shares
# and have no entropy.)


# %% id="side-numbers"
def entropy(c):
    """(b, i, j) → mean over images and children, in bits"""
    return -(c * c.clamp(min=1e-12).log2()).sum(dim=2).mean().item()


def both(c):
    """The mean lengths of the true class and of the others: a pair with the squash of 2017, one with the exponential"""
    s = torch.einsum("bij,bijz->bjz", c, u_hat_digits)  # (b, j, z)
    old, new = lengths(squash(s)), lengths(exponential_squash(s))  # (b, j) each
    return [(n[truth].mean().item(), n[~truth].mean().item()) for n in (old, new)]


rounds = {r: functional.dynamic_routing(u_hat_digits, r)[1] for r in range(1, 21)}  # iterations → c (b, i, j)
print(f"{'couplings by':22s} {'bits':7s} {'2017':13s} exponential")
print(f"{'':30s} {'true, others':13s} true, others")
rows = {f"dynamic {r}": rounds[r] for r in (1, 2, 3, 10)} | {"one look": shares, "one look, with prior": c_digits}
for name, c in rows.items():
    bits = "–" if c is c_digits else f"{entropy(c):.2f}"
    old, new = both(c)
    print(f"{name:22s} {bits:7s} {old[0]:.2f} {old[1]:.2f}     {new[0]:.2f} {new[1]:.2f}")

# %% id="side-verdict"
more = [r for r, c in rounds.items() if entropy(c) < entropy(shares)]
print("dynamic routing is more decided than one look", f"after {more[0]} iterations" if more else "not even after 20")
changed = (verdicts(rounds[1]) != verdicts(rounds[10])).sum().item()
print(f"images on which ten iterations change the verdict of one: {changed} of {len(labels)}")
mistakes = [(verdicts(rounds[r]) != labels).sum().item() for r in (1, 10)]
print(f"wrong verdicts: {mistakes[0]} with one iteration, {mistakes[1]} with ten")

# %% [markdown] id="side-read"
# How to read this:
#
# - **Bits.** One look is more decided than the first rounds, as it speaks five times as loudly. But it is far from decided, and more
#   rounds overtake it: the first line below the table says after how many.
# - **Down a column** you see the couplings at work: they lengthen the true class. The others change little, until there are many
#   rounds or a prior.
# - **Along a row** you see the squash: the old one silences the others. A sum of length 0.24, their average in round one, leaves the
#   exponential squash with $1 - e^{-0.24} \approx 0.21$ and the old one with $0.058/1.058 \approx 0.05$. (The table has 0.06, since there
#   each length is squashed before the mean is taken.) The flat foot of the old squash hushes weak parents for free (and their
#   gradients, lesson 02). In this network the new one leaves that to the prior.
# - **Verdicts.** With one iteration nothing is routed: every coupling is 0.1. Ten iterations change 8 answers of 300. That is few
#   beside 300, and not few beside the mistakes: 15 with one iteration, 11 with ten. Does routing help, then? Eight changes are too few
#   to tell help from luck. Paik, Kwak and Kim (2019) found that routing rarely changes the prediction.
#
# A fair warning: these votes were *trained* for one look with a prior. Dynamic routing plays away from home here.
# Lesson 15 trains a network for each routing, and says what else differs between them.

# %% [markdown] id="theatre-text"
# ### On one stage
#
# Live, if a kernel is running: dynamic routing, one look (with the prior and without it) and uniform couplings, on the same
# votes. Choose *a real digit* and step through the iterations: how many does dynamic routing need until its lines look like those
# beside it? Then show the *numbers*, and see what the prior does to them. Without a kernel, look at the three
# coloured tables above: they have the couplings of one image.

# %% id="theatre"
from capsule_tutor.theatre import theatre

theatre()

# %% [markdown] id="sign"
# ## When all signs change
#
# **Predict before you run.** All children flip the sign of their poses, $u \to -u$, so every vote becomes its opposite. What
# happens to the lengths of the parents?
#
# - **a** they shrink: now everybody disagrees
# - **b** they change, in a way that depends on the votes
# - **c** nothing

# %% id="predict-sign"
### BEGIN SOLUTION
# stub: checks.predict("08-sign")
checks.predict("08-sign", "c")
### END SOLUTION

# %% id="sign-test"
bias = 0.1 * torch.randn(10, 16, generator=torch.Generator().manual_seed(0))  # (j, z)
ways = {
    "one look": lambda x: self_attention_routing(x)[0],
    "one look with the prior": lambda x: self_attention_routing(x, prior)[0],
    "dynamic, 3 iterations": lambda x: functional.dynamic_routing(x)[0],
    "dynamic with a bias on s": lambda x: functional.dynamic_routing(x, bias=bias)[0],
}
for name, way in ways.items():
    v, turned = way(u_hat_digits), way(-u_hat_digits)
    same = "the same" if torch.allclose(lengths(v), lengths(turned), atol=1e-5) else "different"
    opposite = "flipped" if torch.allclose(turned, -v, atol=1e-5) else "a different vector"
    print(f"{name:25s} the lengths are {same}, v is {opposite}")

# %% [markdown] id="sign-why"
# Follow the signs. The logits are *products of two votes*: minus times minus, $a$ stays as it is, and so do the couplings.
# Then $s \to -s$, $v \to -v$, and the length does not notice. In dynamic routing $v \to -v$ meets $\hat u \to -\hat u$, so
# $\hat u\cdot v$ is unchanged in every round.
#
# The prior does not help. It is added to a coupling, and couplings are the same in both worlds. What helps is a bias on $s$,
# as in the released code of CapsNet (lesson 04): $-s + \beta$ is not the opposite of $s + \beta$.
#
# Peer, Stabinger and Rodríguez-Sánchez (arXiv 1905.08744) proved it for dynamic and EM routing, and drew the consequence: such a
# capsule network cannot learn the sign of a single number. Let us try. One child, one number; class 0 is negative, class 1
# is positive.


# %% id="sign-learner"
def learn_the_sign(route, extra):
    """Train 60 steps → the percentage right on numbers and their opposites. `extra`: where the prior or bias starts"""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(64, 1, 1, generator=generator) + 0.2  # (b, i=1, d=1), all positive
    x, target = torch.cat([x, -x]), torch.cat([torch.ones(64), torch.zeros(64)]).long()
    weight = torch.randn(1, 2, 1, 2, generator=generator).requires_grad_()  # (i, j, d, z)
    extra = extra.clone().requires_grad_()
    optimiser = torch.optim.Adam([weight, extra], lr=0.05)
    for _ in range(60):
        n = lengths(route(functional.votes(x, weight), extra))  # (b, j)
        optimiser.zero_grad()
        functional.margin_loss(n, target).backward()
        optimiser.step()
    return 100 * (n.argmax(dim=1) == target).float().mean().item()


# %% id="sign-run"
one_look = learn_the_sign(lambda x, p: self_attention_routing(x, p)[0], torch.zeros(1, 2))
dynamic = learn_the_sign(lambda x, _: functional.dynamic_routing(x)[0], torch.zeros(2, 2))
with_bias = learn_the_sign(lambda x, extra: functional.dynamic_routing(x, bias=extra)[0], torch.zeros(2, 2))
print(f"one look, learned prior: {one_look:.0f} % right")
print(f"dynamic routing:         {dynamic:.0f} % right")
print(f"dynamic, learned bias:   {with_bias:.0f} % right")
points = torch.nn.functional.normalize(u.flatten(1), dim=1)  # (b, i·d): all poses of an image as one vector
print(f"cosine of all poses of two digits: never below {(points @ points.T).min().item():.1f}, and u and −u have −1")

# %% [markdown] id="sign-read"
# Exactly half, however long it trains: $x$ and $-x$ get the same verdict, and one of the two is wrong. Would it confuse two digits? Only if
# their poses were opposite *in all children at once*, and the last line shows that no two of these come near that. But Peer et al. report that
# it harms the training of deep stacks of capsule layers, and wherever the sign *is* the message, it is a wall.

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# **The softmax over the children.** Lesson 04 told you who has it in dynamic routing: six implementations that many people copy.
# Here it is an even easier slip: a transformer's softmax does run over the senders.
#
# **The prior in the wrong place.** "Prior" sounds like Bayes, and then it belongs in the logits, before the softmax. Or somebody
# remembers that couplings must sum to 1, and renormalises them. (We know of no public code with these two slips, but they are easily made.) All three run without
# complaint:


# %% id="wild-routes"
def plus(x, prior):
    return x if prior is None else x + prior


def finish(c, u_hat):
    return exponential_squash(torch.einsum("bij,bijz->bjz", c, u_hat)), c


def over_children(u_hat, prior=None):
    return finish(plus(attention_logits(u_hat).softmax(dim=1), prior), u_hat)


def prior_first(u_hat, prior=None):
    return finish(plus(attention_logits(u_hat), prior).softmax(dim=2), u_hat)


def sum_made_one(u_hat, prior=None):
    c = plus(attention_logits(u_hat).softmax(dim=2), prior)
    return finish(c / c.sum(dim=2, keepdim=True), u_hat)


# %% [markdown] id="exercise-test"
# You already have a test for the axis: the test of the sums from lesson 07. (Run it with a prior of zeros: with any
# other, the couplings of a *correct* route need not sum to 1.) Now write one for the prior. Again it needs no reference
# and no trained network. Let this one ask a single thing, so that a route that is wrong elsewhere still passes: then a
# failure says *where* to look. You get the route as a function.
#
# {{ exercise 08-prior-comes-last }}


# %% id="prior-comes-last"
def prior_comes_last(route):
    """route(u_hat, prior) → (v, c). True if the prior is added to what the softmax gives, otherwise False"""
    ### BEGIN SOLUTION
    u_hat, prior = torch.randn(2, 5, 3, 6), torch.randn(5, 3)
    shares = route(u_hat, torch.zeros(5, 3))[1]
    # c_ij = softmax_j(a_ij) + p_ij, whatever the votes
    return torch.allclose(route(u_hat, prior)[1], shares + prior, atol=1e-4)
    ### END SOLUTION


prior_comes_last = checks.prior_comes_last(prior_comes_last)

# %% id="wild-run"
routes = {
    "as it should be": self_attention_routing,
    "softmax over children": over_children,
    "prior before the softmax": prior_first,
    "couplings made to sum to 1": sum_made_one,
}
for name, route in routes.items():
    c_toy = route(torch.randn(2, 5, 3, 6), torch.zeros(5, 3))[1]  # (b, i, j)
    to_one = "yes" if torch.allclose(c_toy.sum(dim=2), torch.ones(2, 5), atol=1e-4) else "no"
    last = "yes" if prior_comes_last(route) else "no"
    print(f"{name:27s} prior comes last: {last:4} shares sum to 1 over parents: {to_one}")

# %% [markdown] id="wild-two"
# Two tests, and each finds what the other misses: the wrong axis adds its prior in the right place. (Why should the prior have many different
# numbers? With 0.3 everywhere a route that adds only the *mean* of its prior would pass.) And what would you have
# seen without tests? The same four in the trained network. (A slip shows here if it costs at least 3 of 100 images.
# As before, the longest is sought before the squash.)

# %% id="wild-effect"
right = {}
for name, route in routes.items():
    v, c = route(u_hat_digits, prior)
    report(name, c)
    right[name] = (verdicts(c) == labels).float().mean().item()
    n = lengths(v)  # (b, j)
    first, second = n.topk(2, dim=1).values.unbind(dim=1)  # (b) each
    tied = (first - second < 0.001).sum().item()
    if tied > 100:
        print(f"{'':28s} and the two longest within 0.001 of each other on {tied} of {len(labels)} images")
        few = (n.argmax(dim=1) == labels).float().mean().item() < 0.75
        print(f"{'':28s} after the squash the longest is right on", "fewer than 3 of 4" if few else "3 of 4 or more")
seen = [name for name in routes if right[name] <= right["as it should be"] - 0.03]
print("the percentage shows:", ", ".join(seen) or "none of the three")

# %% [markdown] id="wild-read"
# One of the three slips shows in the percentage. The other two show in the lengths, if you read them. Couplings made to
# sum to 1 mostly keep the order *before* the squash. After it nearly every class is 1.00 long, and an argmax of such
# lengths picks by rounding.
#
# Why? Look at what a child gives, and at one number that is added to all:

# %% id="wild-constants"
given = 1 + prior.sum(dim=1)  # (i): what the couplings of a child sum to, whatever the image
print(f"with its prior a child gives from {given.min().item():.2f} to {given.max().item():.2f} in all")
print("−0.1 to all, in the logits: ", end="")
alike = (attention_logits(u_hat_digits) - 0.1).softmax(dim=2)  # (b, i, j)
print("no share changes" if torch.allclose(alike, shares, atol=1e-5) else "shares change")
for name, route in (("−0.2 to all, at the end", self_attention_routing), ("and made to sum to 1", sum_made_one)):
    report(name, route(u_hat_digits, torch.full((16, 10), -0.2))[1])

# %% [markdown] id="wild-why"
# **Before the softmax.** Compare the lengths in its row with those of "no prior" above, and then read the line on the
# logits: what is added to all logits of a child alike cancels in a softmax. The nearer a learned prior is to one
# constant, the less it does there.
#
# **Made to sum to 1.** With such a prior a child's couplings add up to little, on average to $-0.14$. To divide by a negative number
# flips the signs of this child. If all children are divided by the same number, the order of the classes stays as it was: with $-0.2$
# everywhere each sum is $-1$, and the last two rows are alike ($u$ and $-u$ again). If only some flip, children that agreed now pull
# against each other. And a sum near 0 blows its child up, so the lengths go to 1.
#
# And this network was trained without slips. Training *with* a slip may hide it, if something else makes up for it: in lesson 07 the wrong
# axis together with large vote weights cost nothing that we could see. Then the percentage says even less.

# %% [markdown] id="recap"
# ## In your own words
#
# Tell a friend who knows transformers:
#
# 1. what a child compares its vote with, and why no table of pairs is needed;
# 2. what separates the logits of one look from those after one step of dynamic routing, and what does not;
# 3. when the two can disagree about a child, and whether they do on digits;
# 4. why it is called attention, and what is missing;
# 5. what a prior of $-1/J$ does to a child that cannot decide;
# 6. why a bias sees the sign of a pose and a prior does not;
# 7. what we have seen of whether one look can replace the negotiation, and what only training can tell.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) with all votes for the same parent; a sum of dot products with one vote is one dot product with the sum;
# (2) a factor per image and parent, √z/J · n/(1+n²), at most √z/(2J); it does not depend on the child; (3) when their parents' sums
# have very different lengths: far beyond n = 1 attention counts the crowd and v hardly grows, below n = 1 the squash hushes a weak sum
# and attention does not; on these digits it hardly shows; (4) its weights come from scaled dot products, again for every
# input; no Q, K, V, and the softmax comes after the sum and runs over the parents; (5) it takes exactly the even share
# away, so the child is silent; (6) flipping all votes leaves couplings alone, prior included, and flips s; a bias on s does
# not flip with it; (7) it *is* the negotiation, stopped at its second softmax and turned up, and on these votes its answers are those of
# one step turned up five times; what happens when votes are trained for each routing is the question of lesson 15.
# <!-- END SOLUTION -->

# %% id="board"
checks.board("08")

# %% [markdown] id="further"
# **Further reading**
#
# - V. Mazzia, F. Salvetti, M. Chiaberge, *Efficient-CapsNet: capsule network with self-attention routing*, Scientific
#   Reports 11:14634, 2021: the routing of this lesson. Paper and code disagree about the root. The text divides by the root of
#   the other dimension, $\sqrt d$, the children's; its released code divides by $\sqrt{16}$, and 16 is $z$. A dot product of votes
#   has $z$ terms, so we follow the code.
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829.
# - D. Peer, S. Stabinger, A. Rodríguez-Sánchez, *Limitation of capsule networks*, arXiv 1905.08744: u and −u.
# - I. Paik, T. Kwak, I. Kim, *Capsule Networks Need an Improved Routing Algorithm*, ACML 2019.
# - A. Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, arXiv 1706.03762.
# - G. Hinton, S. Sabour, N. Frosst, *Matrix capsules with EM routing*, ICLR 2018: they
#   compare routing with attention in the opposite direction.
# - Y.-H. H. Tsai, N. Srivastava, H. Goh, R. Salakhutdinov, *Capsules with Inverted Dot-Product Attention Routing*, ICLR 2020, arXiv
#   2002.04764: a routing that they call inverted dot-product attention.
# - F. De Sousa Ribeiro et al., *Learning with Capsules: A Survey*, 2022, arXiv 2206.02664: the whole story.
# - F. Locatello et al., *Object-Centric Learning with Slot Attention*, NeurIPS 2020, arXiv 2006.15055: the same
#   softmax, over receivers, for objects.
# - A. Katharopoulos et al., *Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention*, ICML 2020,
#   arXiv 2006.16236.
#
# **Next:** [lesson 09](09_efficient_capsnet.ipynb) builds Efficient-CapsNet around this routing, counts its parameters, and asks how fair the famous
# comparison is.
