# %% [markdown] id="title"
# # 02 · Squash
#
# **You will be able to**
#
# - say why a capsule needs a squashing function of its own, and choose one;
# - write `squash` so that it works on any axis and survives the zero vector;
# - predict where its gradient is strong, weak and absent;
# - compare it with the exponential squash of a later network;
# - write a test that catches ten broken squashes and is silent for right ones, though their curves differ.
#
# **Minutes:** 65 · **Prerequisites:** lesson 01 (length and pose of a capsule); derivatives of one variable; PyTorch
# tensors.

# %% [markdown] id="hook"
# ## A vector that must say two things
#
# A capsule's output is a vector. Its *direction* tells the pose of a thing: where it is, how it is turned. Its *length*
# tells how sure the capsule is that the thing is there at all. We want to read it as we read a probability: a number between 0
# and 1.
#
# But a layer computes sums, and the vector that comes out may have any length. We call this vector $s$, and the output that
# we make of it $v$. Here is $s$ for three capsules, with two numbers each:

# %% id="setup"
import torch

from capsule_tutor import checks, data, figures

s = torch.tensor([[0.3, 0.1], [0.6, 1.2], [-3.0, 1.0]])  # (i=3, d=2)
print("lengths:", s.norm(dim=-1))

# %% [markdown] id="sigmoid-idea"
# Two of them are too long, one of them more than three times as long as it may be. How would you bring them below 1?
#
# The reflex of anyone who has built a network is a sigmoid or a tanh on every number. Let us try, and look at the
# direction of each vector (its angle, in degrees) before and after.


# %% id="sigmoid-try"
def angle(vectors):
    return torch.rad2deg(torch.atan2(vectors[:, 1], vectors[:, 0]))


print("angles before:     ", angle(s).round())
print("after a sigmoid:   ", angle(s.sigmoid()).round())
print("after a tanh:      ", angle(s.tanh()).round())
sizes = torch.tensor([[0.1], [2.0], [4.0]])  # the third capsule, three times: shorter and longer, never turned
print("the third at lengths 0.1, 2 and 4, after a tanh:", angle((sizes * s[2] / s[2].norm()).tanh()).round())

# %% [markdown] id="sigmoid-verdict"
# The sigmoid sends every vector into the same quarter of the plane: the third capsule pointed to the left (162°) and
# now points steeply up. The tanh hardly touches the first vector. But it bends the second and the third towards a
# diagonal, and the longer a vector is, the more it bends (the last line shows this for the third). Nor is the result
# always short enough: two numbers near 1 make a length of 1.4. A pose that changes when the confidence changes is no
# pose. **Whatever we do must act on the length alone.**

# %% [markdown] id="derive"
# ## Choosing the new length
#
# Take a vector apart into length times direction, $s = \lVert s\rVert \cdot \frac{s}{\lVert s\rVert}$. The second factor
# is the unit vector: we keep it. We replace the first by some $g(\lVert s\rVert)$. It should meet three conditions:
#
# 1. $g(n) < 1$ for every length $n$, and $g(n) \to 1$ for long vectors ("certainly there");
# 2. $g(n) \to 0$ for short ones ("not there");
# 3. in between it rises steadily, is smooth, and costs little.
#
# $\frac{x}{1+x}$ rises from 0 towards 1. What should $x$ be? With $x = n$ all three hold, and with many others: from here on it
# is a choice. Take $x = n^2$: it presses short vectors down further, so that weak capsules fall nearly silent. (This has a price,
# which we will look at.) It gives equation 1 of Sabour, Frosst and Hinton (2017):
#
# $$v \;=\; \underbrace{\frac{\lVert s\rVert^2}{1+\lVert s\rVert^2}}_{\text{new length}}\;
# \underbrace{\frac{s}{\lVert s\rVert}}_{\text{direction}}$$

# %% [markdown] id="predict-one"
# **Predict before you run.** A vector of length exactly 1 goes in. How long is it when it comes out?
#
# - **a** 1: it already is a good length
# - **b** 0.5
# - **c** 0.73

# %% id="predict-one-answer"
### BEGIN SOLUTION
# stub: checks.predict("02-length-one")
checks.predict("02-length-one", "b")
### END SOLUTION

# %% id="table"
for n in (0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 10.0):
    print(f"length {n:4.1f}  →  {n**2 / (1 + n**2):.3f}")

# %% [markdown] id="table-read"
# Read each row as the capsule's opinion: up to a length of 0.5 it says "hardly", at 1 it is undecided, and at 3 it says
# 0.9. The loss of lesson 05 will want a length of at least 0.9 from the capsule whose class is in the image, so the
# length of its input must be at least 3. A length is a score and no probability: the loss is content with 0.9 for yes
# and 0.1 for no, so a length of 0.9 does not mean that nine of ten such answers are right.

# %% [markdown] id="unit-vector"
# ## By hand first
#
# Let us do one vector slowly. $s = (3, 4)$ has $\lVert s\rVert^2 = 9 + 16 = 25$, so its length is 5, its direction
# $(0.6, 0.8)$, and its new length is $25/26 \approx 0.962$:

# %% id="by-hand"
one = torch.tensor([3.0, 4.0])
n2 = (one * one).sum()  # ‖s‖²
direction = one / n2.sqrt()  # s/‖s‖
new_length = n2 / (1 + n2)
print("‖s‖² =", n2.item(), "  direction =", direction)
print("new length =", round(new_length.item(), 3), "  v =", new_length * direction)

# %% [markdown] id="exercise-squash"
# ## Your turn: squash
#
# The cell above does it for one vector. Yours must do it for many, along any axis, and at zero.
#
# With many vectors the sum runs along one axis only, and its result must still line up with `s`. If `s` has shape (3, 2), then
# `(s * s).sum(dim=-1, keepdim=True)` has shape (3, 1): one number for each row, and `s` can be divided by it. Without
# `keepdim` the shape is (3,), and the division fails. (If `s` were (3, 3), it would not fail: each column would be divided by
# the number that belongs to a row.)
#
# Near the end of lesson 01 you met the root of zero. The same root is in here, so put eps in the same place, under it.
#
# {{ exercise 02-squash }}


# %% id="squash"
def squash(s, dim=-1, eps=1e-8):
    """Shrink every vector to a length below 1 and keep its direction.

    s     any shape; the vectors are along axis `dim`
    eps   a tiny number that keeps the gradient at the zero vector finite
    """
    ### BEGIN SOLUTION
    # v = ‖s‖²/(1 + ‖s‖²) · s/‖s‖
    n2 = (s * s).sum(dim, keepdim=True)
    return n2 / (1 + n2) * s / (n2 + eps).sqrt()
    ### END SOLUTION


squash = checks.squash(squash)

# %% [markdown] id="picture-intro"
# Here are the same three capsules before and after. The dotted circle has radius 1. Before, two arrows leave it.
# Afterwards none does. The printed angles are the old ones. (The shortest vector is now shorter than its arrow head.)

# %% id="picture"
print("angles after squash:", angle(squash(s)).round())
figures.arrows(
    {"before": {"s": s.tolist()}, "after": {"squash(s)": squash(s).tolist()}},
    limit=3.3,
    alt="Three arrows before and after squash. Each keeps its direction; the longest, far outside the unit circle "
    "before, ends just inside it, and of the shortest only the arrow head is left.",
)

# %% [markdown] id="gradient"
# ## What the gradient can see
#
# A network learns through slopes. Think of the new length $g(n)$ as a curve over $n$; each row of the table above is one of its
# points. Where the curve is flat, a push at $s$ hardly changes the length of $v$. Where is it steepest?
#
# **Predict before you run.**
#
# - **a** at length 0, as a sigmoid is
# - **b** at a length a bit above 0.5
# - **c** at length 1, where the output is 0.5

# %% id="predict-steepest-answer"
### BEGIN SOLUTION
# stub: checks.predict("02-steepest")
checks.predict("02-steepest", "b")
### END SOLUTION

# %% [markdown] id="exercise-slope"
# {{ exercise 02-squash-slope }}


# %% id="squash-slope"
def squash_slope(n):
    """g′(n) for g(n) = n²/(1 + n²). n: lengths, any shape → slopes, the same shape."""
    ### BEGIN SOLUTION
    # g = 1 − 1/(1 + n²), so g′ = 2n / (1 + n²)²
    return 2 * n / (1 + n**2) ** 2
    ### END SOLUTION


squash_slope = checks.squash_slope(squash_slope)

# %% [markdown] id="slope-autograd"
# Never trust a derivative that you have not compared with another one. Autograd is the other one:

# %% id="slope-compare"
n = torch.linspace(0, 4, 401, requires_grad=True)
new_length = squash(n.unsqueeze(1)).squeeze(1)  # vectors with one entry: their length is that entry
(slope,) = torch.autograd.grad(new_length.sum(), n)
print(f"autograd's slope against yours: the largest difference is {(slope - squash_slope(n)).abs().max():.3f}")
steepest = n[slope.argmax()].item()
print(f"steepest at length {steepest:.2f}, where the slope is {slope.max().item():.2f}")

# %% id="slope-picture"
lengths = n.detach()
figures.curves(
    lengths,
    {"new length g(n)": new_length.detach(), "slope g′(n)": squash_slope(n).detach()},
    xlabel="length n of s",
    ylabel="g(n), g′(n)",
    marks={
        "steepest here": (steepest, squash(torch.tensor([steepest])).item(), (8, -14)),  # the word: right and below
        f"slope {slope.max().item():.2f}": (steepest, slope.max().item()),
    },
    alt="The new length rises from 0 in an S shape towards 1, steepest where its height is a quarter. Its slope "
    "starts at 0, peaks at 0.65 near length 0.58, and is nearly 0 again beyond length 3.",
)

# %% [markdown] id="slope-across"
# That is the slope *along* the vector: push at its tip to make it longer, and this is how much longer $v$ gets. But a
# vector can also be pushed *across*, so that it turns. Autograd knows both slopes. Its *Jacobian* has a row for each
# number of $v$ and a column for each number of $s$, and here $s$ points along the first axis. (The text below explains
# *turns*.)

# %% id="slope-both"
for length in (0.1, 1.0, 3.0, 10.0):
    jacobian = torch.autograd.functional.jacobian(squash, torch.tensor([length, 0.0]))  # (2, 2)
    along, across = jacobian[0, 0], jacobian[1, 1]
    print(f"length {length:4.1f}:  along {along:.3f}   across {across:.3f}   turns {across / length:.3f}")

# %% [markdown] id="slope-meaning"
# Across, the slope is $g(n)/n$: a vector turns as a whole, so its tip moves in proportion to its length. But the pose
# is the angle, and the same move of the tip turns a long vector less. Call $p$ the gradient of the loss at $v$, across
# it. By the chain rule the gradient at $s$ is $p$ times the slope, $p\,g(n)/n$. A step of gradient descent moves the
# tip of $s$ by this much, times the learning rate. Since $s$ has length $n$, a small step turns it, and $v$ with it, by
# $\frac{p\,g(n)}{n^2} = \frac{p}{1+n^2}$, times the learning rate: the last column, for $p = 1$. Two ends matter later:
#
# - **Long vectors**: a capsule that is sure hardly changes its length. It still turns, and at length 3 its tip moves
#   five times more readily across than along. But it turns stiffly: under the same pull, ten times less at length 3
#   than a very short vector, and about a hundred times less at length 10.
# - **Short vectors**: both slopes go to *zero*, where a sigmoid would be steepest. Such a capsule turns easily, because
#   so short a vector needs little push, but under plain gradient descent it hardly becomes longer. If the initial
#   weights of a capsule layer are too small, all its capsules start like this, and very little gradient reaches the
#   layers below. We call this the **flat corner** of squash, the left end of the picture above. At the exact zero there
#   is no gradient at all: such a vector can grow only if other places or other images change the weights that make it,
#   and where its input is zero, too, and there is no bias, not even then. (In lesson 05 the flat corner is one cause of
#   a loss that stays at 0.81.)

# %% [markdown] id="zero"
# ## The zero vector
#
# Let a window without a bias look at an empty corner of an image, and its capsule is exactly zero.
#
# **Predict before you run.** Type the formula as it is, new length times direction, without `eps`. What does it return for the
# zero vector?
#
# - **a** NaN
# - **b** 0, since the new length is 0
# - **c** it raises a ZeroDivisionError

# %% id="predict-zero-answer"
### BEGIN SOLUTION
# stub: checks.predict("02-zero")
checks.predict("02-zero", "a")
### END SOLUTION


# %% id="zero-try"
def squash_without_eps(s):
    n2 = (s * s).sum(-1, keepdim=True)
    return n2 / (1 + n2) * (s / n2.sqrt())


zero = torch.zeros(1, 2)
print("without eps:", squash_without_eps(zero))

# %% [markdown] id="zero-outside"
# So people add eps. The obvious place is the division: divide by `n2.sqrt() + eps`. The output is then a clean 0. And the
# gradient? Guess it for both places of eps before you run the next cell:


# %% id="zero-gradient"
def squash_eps_outside(s, eps=1e-8):
    n2 = (s * s).sum(-1, keepdim=True)
    return n2 / (1 + n2) * s / (n2.sqrt() + eps)


for name, function in (("eps outside the root", squash_eps_outside), ("squash", squash)):
    zero = torch.zeros(1, 2, requires_grad=True)
    value = function(zero)
    value.sum().backward()
    print(f"{name:22s} value {value.tolist()}  gradient {zero.grad.tolist()}")

# %% [markdown] id="zero-why"
# With eps outside, the value is fine and the gradient is NaN. The slope of $\sqrt{x}$ at $x=0$ is infinite, and the chain rule
# multiplies this infinity by two zeros: by the numerator of the fraction, which contains $s$, and by $2s$, the derivative of
# $\lVert s\rVert^2$. Infinity times zero is NaN. One such capsule in one image makes the weights that feed it NaN at the next
# step (even where their input is 0, since NaN times 0 is NaN), and after the next forward pass the loss is NaN, too. With
# **eps inside the root**, $\sqrt{n^2+\varepsilon}$ has a finite slope everywhere.
#
# The trap is in the root, not in the curve: whoever writes the root of a sum of squares with no eps under it falls into
# it, whatever $g$ is. Some curves need no such root: $g(n) = n/\sqrt{1+n^2}$ gives $v = s/\sqrt{1+\lVert s\rVert^2}$.
#
# How often does it happen? That depends on the weights that feed the capsule. Here they are untrained and look at the image
# directly:

# %% id="zero-where"
for bias in (False, True):
    window = torch.nn.Conv2d(1, 8, 5, bias=bias)  # 8 numbers at each place of the image: one capsule
    zeros = (window(data.digits().images[:200]) == 0).all(dim=1)  # (b, h, w)
    print(
        f"5×5 window, {'with a bias: ' if bias else 'without bias:'} {zeros.float().mean():4.0%} of capsules are zero"
    )

# %% [markdown] id="zero-where-read"
# Without a bias nearly half of the capsules are zero: the window sees no ink there. With PyTorch's random biases the share is 0 %.
# (Biases that start at 0 are no help at the first step.)
#
# Two things can save a careless squash. A ReLU just before it passes a gradient of 0 wherever its input was not positive,
# and so keeps the NaN from the weights (though it makes zero vectors of its own). And `torch.norm` and
# `torch.linalg.vector_norm` have by definition the gradient 0 at the zero vector, so with them eps may stay outside the
# root; the check accepts that. (In float16, $10^{-8}$ is rounded to 0: compute the squash in float32.)
#
# So zero vectors need not be rare where there is no bias, and a clean value proves nothing. (CapsNet, lesson 06, has
# biases. But one zero vector is enough.) This is why the check gave you a batch with a zero vector in it, and looked at
# the gradient.

# %% [markdown] id="exponential"
# ## Another squash
#
# Xi, Bing and Jin (2017) also keep the direction but use a different length. Efficient-CapsNet (Mazzia, Salvetti, Chiaberge 2021;
# lesson 09) took it over:
#
# $$v \;=\; \left(1 - e^{-\lVert s\rVert}\right)\,\frac{s}{\lVert s\rVert}$$
#
# {{ exercise 02-exponential-squash }}


# %% id="exponential-squash"
def exponential_squash(s, dim=-1, eps=1e-8):
    """Give every vector the length 1 − e^{−‖s‖} and keep its direction. Shapes as in squash."""
    ### BEGIN SOLUTION
    # v = (1 − e^{−‖s‖}) · s/‖s‖
    n = ((s * s).sum(dim, keepdim=True) + eps).sqrt()
    return (1 - torch.exp(-n)) * s / n
    ### END SOLUTION


exponential_squash = checks.exponential_squash(exponential_squash)

# %% id="exponential-picture"
figures.curves(
    lengths,
    {
        "squash (Sabour 2017)": squash(lengths.unsqueeze(1)).squeeze(1),
        "exponential squash (Xi 2017)": exponential_squash(lengths.unsqueeze(1)).squeeze(1),
    },
    xlabel="length of s",
    ylabel="length of v",
    alt="Two curves from 0 towards 1. The exponential squash rises at once with slope 1 and stays above Sabour's "
    "squash, which starts flat.",
)

# %% id="exponential-small"
for length in (0.01, 0.1, 1.0, 3.0):
    vector = torch.tensor([[length, 0.0]])
    old, new = squash(vector).norm().item(), exponential_squash(vector).norm().item()
    print(f"length {length:4.2f}:  squash {old:.5f}   exponential {new:.5f}   ratio {new / old:6.1f}")

# %% [markdown] id="exponential-read"
# For weak capsules the difference is large: at length 0.01 the exponential squash gives a vector a hundred times
# longer, and at 0 its slope is 1 instead of 0. So a weak capsule should get out of the flat corner sooner. Does it? We
# let both start with a vector of length 0.01 and pull its new length towards 0.9, with plain gradient descent (SGD) and
# with Adam:


# %% id="corner"
def steps_to_half(function, optimiser):
    """Steps of an optimiser until a vector of length 0.01 comes out longer than 0.5."""
    vector = torch.tensor([0.01, 0.0], requires_grad=True)
    optimiser = optimiser([vector], lr=0.1)
    for step in range(1000):
        if function(vector).norm() > 0.5:
            return step
        optimiser.zero_grad()
        ((0.9 - function(vector).norm()) ** 2).backward()
        optimiser.step()


for optimiser in (torch.optim.SGD, torch.optim.Adam):
    steps = steps_to_half(squash, optimiser), steps_to_half(exponential_squash, optimiser)
    print(f"{optimiser.__name__:4s} steps: squash {steps[0]:2d}   exponential {steps[1]:2d}")

# %% [markdown] id="corner-read"
# Yes: with plain gradient descent it takes 9 steps instead of 22. Adam divides each gradient by its own recent size, so
# that most of the lead is gone: 8 instead of 11. (This is one free vector at one learning rate. Nothing here says that
# a network ends up better.)
#
# The exponential curve is above the other one for every $n > 0$: there $e^n > 1 + n^2$, so
# $1 - \frac{1}{e^n} > 1 - \frac{1}{1+n^2}$. For the same $s$ its capsules are longer, whether they are right or wrong.
# Neither curve is "the right one": they are two choices of $g$.

# %% [markdown] id="dial-intro"
# ### The dial
#
# If a kernel is running, turn a vector yourself: drag its arrow, or click a slider and press the arrow keys. Each plane
# shows $s$ and what one of your two functions makes of it. At which length do they differ most? (The cell below the
# dial answers.) Then move the slider *angle*: neither new length changes, because $g$ sees the length alone.

# %% id="dial"
from capsule_tutor.theatre import squash_dial

squash_dial(squash, exponential_squash)

# %% id="dial-answer"
gap = (exponential_squash(lengths.unsqueeze(1)) - squash(lengths.unsqueeze(1))).squeeze(1)
print(f"they differ most at length {lengths[gap.argmax()].item():.2f}, by {gap.max().item():.2f}")

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# Here are two mistakes from public code. A network may train with either of them, and nothing raises an error.
#
# **The wrong axis.** Code that multiplies capsules by matrices often keeps them as columns, in tensors of shape
# $(b, j, z, 1)$. The numbers of a pose are then along the last axis but one, and along the last axis every number is a vector
# of its own. The code of bourdakos1, higgsfield and jindongwang squashes along such an axis of size 1. Each number
# lands between −1 and 1, a capsule of $z$ numbers may be almost $\sqrt z$ long, and it turns:

# %% id="wild-axis"
capsules = torch.full((1, 8, 1), 2.0)  # one capsule with an 8-D pose, as a column
wrong = squash(capsules)  # the last axis has size 1: each number is squashed alone
right = squash(capsules, dim=1)
print(f"length after the wrong axis {wrong.norm().item():.3f}, after the right one {right.norm().item():.3f}")
turned = squash(s[:1].unsqueeze(-1)).squeeze(-1)  # our first capsule, (0.3, 0.1)
print(f"angle before {angle(s[:1]).item():.0f}°, after the wrong axis {angle(turned).item():.0f}°")

# %% [markdown] id="wild-axis-read"
# The length is above 2, which no squash allows. One line finds it: *no length after squash reaches 1*, asked of vectors
# that are long.
#
# **The missing or misplaced eps** (cezannec, EscVM, InnerPeace-Wu, Sarasra, adambielski) you know from lesson 01. A
# network with such a squash trains until some vector is exactly zero and no ReLU hides it. Then the loss becomes NaN
# "for no reason".

# %% [markdown] id="exercise-squash-test"
# ## Your turn: the test
#
# Somebody sends you a squash. Its curve may be one of the two above, or a third. Is it right? You cannot compare it
# with yours. But you know what every squash *here* should do.
#
# The check runs your test on right code and on broken code, and counts.
#
# {{ exercise 02-squash-test }}


# %% id="squash-test"
def squash_test(squash):
    """Silent for a right squash(s, dim=-1), though its curve may be new; an AssertionError for a broken one."""
    ### BEGIN SOLUTION
    s = 3 * torch.randn(5, 4, 3).clamp(-1.5, 1.5)  # four numbers of at most 4.5: no length above 9
    for dim in (1, -1):
        v = squash(s, dim=dim)
        assert (v.norm(dim=dim) < 1).all(), "a length reaches 1"
        assert torch.cosine_similarity(s, v, dim=dim).min() > 0.999, "a direction has changed"
    zero = torch.zeros(2, 3, requires_grad=True)
    out = squash(zero)
    out.sum().backward()
    assert out.isfinite().all(), "the zero vector gives NaN"
    assert squash(0.001 * s).norm(dim=-1).max() < 0.1, "almost nothing becomes something"
    assert zero.grad.isfinite().all(), "its gradient is NaN"
    ### END SOLUTION


squash_test = checks.squash_test(squash_test)

# %% [markdown] id="squash-test-read"
# A test may catch ten of ten and ask for all five properties, and still let a mistake pass: `0.5 * squash(s, dim=dim)`
# can never say "certainly there". Condition 1 at the beginning of this lesson has a second half, $g(n) \to 1$ for long
# vectors, and none of the five asks for it. A sixth could: a vector of length 9 comes out longer than 0.5. (The 9 and
# the 0.5 are a choice, as the 0.01 and the 0.1 of the task were. A right curve that rises very slowly, or very steeply,
# would fail.) A test finds only what somebody thought of.

# %% [markdown] id="recap"
# ## In your own words
#
# Without looking back, explain to a friend who knows sigmoids:
#
# 1. why squashing each number on its own destroys what a capsule is for;
# 2. what comes out for inputs of length 0, 1 and 3;
# 3. what a very long and a very short capsule can still learn;
# 4. why eps goes inside the root.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) it bends the direction, and the direction is the pose; (2) 0, 0.5 and 0.9; (3) a sure capsule hardly
# changes its length and turns stiffly; a very short one turns easily, but grows slowly and passes little gradient on; (4) the
# slope of the root at 0 is infinite, and infinity times 0 is NaN in the gradient even where the value is fine.
# <!-- END SOLUTION -->

# %% id="board"
checks.board("02")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829: equation 1.
# - E. Xi, S. Bing, Y. Jin, *Capsule Network Performance on Complex Data*, 2017, arXiv 1712.03480: the exponential squash.
# - V. Mazzia, F. Salvetti, M. Chiaberge, *Efficient-CapsNet: capsule network with self-attention routing*, Scientific
#   Reports 11:14634, 2021: equation 2, the same squash.
#
# **Next:** in [lesson 03](03_votes.ipynb) the vectors start to talk. Each capsule will predict the pose of every capsule above it: votes.
