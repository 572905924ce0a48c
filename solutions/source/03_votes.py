# %% [markdown] id="title"
# # 03 · Votes
#
# **You will be able to**
#
# - explain what a vote is, and why votes that agree are evidence for a whole;
# - compute votes by hand, by loops and with one `einsum`, and say what each of its letters does;
# - cut feature maps into primary capsules without falling into the reshape trap;
# - write the test that finds this trap wherever features are cut into capsules;
# - say where the number 1152 comes from, and what it costs.
#
# **Minutes:** 70, and 15 more for two appendices · **Prerequisites:** lesson 02 (squash); matrix products; what a convolution does.

# %% [markdown] id="hook"
# ## Two witnesses
#
# You see a nose and nothing else, and still you could say how the whole face is turned: a nose points down, a face goes up from
# chin to forehead, about three noses long. A mouth alone tells you, too: the face is at a right angle to it, one and a half
# mouths long.
#
# Each part is a witness for the face. If two witnesses who have not talked to each other tell the same story, you believe
# it. The poses of the parts are arrows: the direction is how the part is turned, the length is how large it is.
#
# In lessons 01 and 02 the length of a capsule said how sure it is that its thing is there. In this toy all parts are there, so here
# the length tells the size instead. From *Where the children come from* on, it means presence again. A child of length 0 then
# gives a vote of length 0: whoever sees nothing says nothing, to any parent.

# %% id="setup"
import torch

from capsule_tutor import checks, figures
from capsule_tutor.figures import lesson03 as pictures

nose = torch.tensor([0.0, -1.0])  # from the bridge to the tip: down, length 1
mouth = torch.tensor([2.0, 0.0])  # from its left end to its right end: length 2

# %% [markdown] id="matrices-intro"
# How a part sits in its face can be written as a matrix, one for each part. Poses are rows in this course, so the pose is to the left
# of its matrix, and row $k$ of the matrix says where the $k$-th unit arrow goes. The nose: turn round and make it three times
# as long. The mouth: a quarter turn to the left, one and a half times as long.

# %% id="matrices"
nose_to_face = torch.tensor([[-3.0, 0.0], [0.0, -3.0]])
mouth_to_face = torch.tensor([[0.0, 1.5], [-1.5, 0.0]])


def rounded(vote):
    return [round(x, 1) + 0.0 for x in vote.tolist()]  # + 0.0 because −0.0 + 0.0 is 0.0


print("the nose's opinion of the face: ", rounded(nose @ nose_to_face))
print("the mouth's opinion of the face:", rounded(mouth @ mouth_to_face))

# %% [markdown] id="vote-word"
# Both say $(0, 3)$: a face that points straight up and has length 3. Such an opinion is called a **vote**. A mirror would
# do for the mouth, too: $\left(\begin{smallmatrix}0&1.5\\1.5&0\end{smallmatrix}\right)$ also takes $(2, 0)$ to $(0, 3)$.
#
# Now the whole face is tilted by 30° to the left, and the three matrices stay as they are.
#
# **Predict before you run.** Which of them vote for a face that is tilted by 30°?
#
# - **a** none: they were made for an upright face
# - **b** all three: what is right upright is right tilted
# - **c** nose and mouth, but not the mouth with the mirror

# %% id="predict-tilted"
### BEGIN SOLUTION
# stub: checks.predict("03-tilted")
checks.predict("03-tilted", "c")
### END SOLUTION


# %% id="tilted"
def turned(arrow, degrees):
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cos, sin = angle.cos(), angle.sin()
    return arrow @ torch.stack([torch.stack([cos, sin]), torch.stack([-sin, cos])])


print("the tilted nose votes ", rounded(turned(nose, 30) @ nose_to_face))
print("the tilted mouth votes", rounded(turned(mouth, 30) @ mouth_to_face))
mirror = torch.tensor([[0.0, 1.5], [1.5, 0.0]])
print("with the mirror        ", rounded(turned(mouth, 30) @ mirror))
print("(0, 3) tilted by 30° is", rounded(turned(torch.tensor([0.0, 3.0]), 30)))

# %% [markdown] id="picture-intro"
# The mirror turns the vote the wrong way. On the right of the picture we cheat: only the mouth turns, by 70° to the right. Both
# parts are still there, and a detector that ticks off parts would be content. (The dotted circle only frames the face. The nose's
# votes are drawn thick only so that you can see both.)

# %% id="picture-faces"
nose_at, mouth_at = torch.tensor([0.0, 0.3]), torch.tensor([0.0, -1.1])  # only for the drawing


def witnesses(nose_turn, mouth_turn):
    n, m = turned(nose, nose_turn), turned(mouth, mouth_turn)
    return {
        "nose": (turned(nose_at, nose_turn), n, n @ nose_to_face),
        "mouth": (turned(mouth_at, nose_turn), m, m @ mouth_to_face),
    }


pictures.faces(
    {
        "upright": witnesses(0, 0),
        "all tilted by 30°": witnesses(30, 30),
        "only the mouth turned, by 70°": witnesses(0, -70),
    },
    alt="Three faces, each with a nose arrow and a mouth arrow, and below them the votes. Upright: both votes end at the "
    "same point straight above. Tilted: both end at the same point, tilted by 30 degrees. With only the mouth turned, "
    "the two votes point 70 degrees apart.",
)

# %% [markdown] id="picture-read"
# That is the idea of capsules in one picture. **The matrix holds how a part is placed in its whole. When the face turns, all
# poses change and no matrix does.** And when the parts do not fit together, the votes say so.
#
# There are two caveats. First, it works only if turning the part and then voting gives the same as voting and then turning the
# whole. For our arrows that is $RW = WR$: a turn $R$ and the matrix may change places. Turns and enlargements in the plane allow
# that, and a mirror does not. Where child and parent have poses of different sizes, 8 and 16 numbers in CapsNet, it is
# $RW = WR'$, where $R'$ is what the same turn does to the pose of the parent. Nothing in a network enforces either: the network must
# *learn* poses for which one matrix per pair is enough.
#
# Second, our arrows know turn and size only, so a mouth on the forehead would go unnoticed. With four numbers, place and arrow, a
# 4×4 matrix votes for the place as well.
#
# How much is an agreement worth? That depends on how often it happens by chance.
#
# **Predict before you run.** Draw two votes at random, with 16 numbers each and every direction equally likely. How often do
# they point nearly the same way, less than 26° apart (a cosine above 0.9)?
#
# - **a** practically never
# - **b** once in a hundred times
# - **c** once in ten times

# %% id="predict-chance"
### BEGIN SOLUTION
# stub: checks.predict("03-chance")
checks.predict("03-chance", "a")
### END SOLUTION

# %% id="chance"
torch.manual_seed(0)
angle = torch.linspace(0, torch.pi, 100_001, dtype=torch.float64)
for z in (2, 4, 8, 16):
    one, other = torch.randn(2, 100_000, z)
    close = torch.cosine_similarity(one, other, dim=-1) > 0.9  # less than 26° apart
    density = angle.sin() ** (z - 2)  # how frequent: directions at it form a circle, sphere, … of radius sin(angle)
    exact = (density[angle.cos() > 0.9].sum() / density.sum()).item()
    print(f"{z:2d} numbers: {close.float().mean().item():8.3%} of pairs agree, in theory {exact:10.5%}")
pairs = 1152 * 1151 // 2
print(f"1152 votes for one parent: we expect {exact * pairs:.1f} of {pairs:,} pairs to agree by chance")
close = torch.cosine_similarity(one + 2, other + 2, dim=-1) > 0.9  # `one` and `other` still have 16 numbers
print(f"16 numbers, and 2 added to each: {close.float().mean().item():.1%} of pairs agree")

# %% [markdown] id="chance-read"
# In the plane, agreement is cheap. With 16 numbers, as in CapsNet's upper capsules, *independent* votes practically never
# agree: even among all pairs of votes for one parent we expect less than one such pair. When two particular votes do agree, chance is a
# poor explanation. The face is one reason. Another is whatever the votes have in common that has nothing to do with the face: in
# the last line we added 2 to every number, and 6.7 % of the pairs agree. (Equal poses are not enough for that: further down,
# random matrices spread even these.)
#
# And a parent does not look at pairs: it adds up *all* its votes. Can such a sum be long although no two of its votes agree? The
# first appendix measures sums of random votes, and an appendix of lesson 04 looks inside. Here we make the votes.

# %% [markdown] id="by-hand"
# ## One child, one parent
#
# A lower capsule is called a **child** $i$, an upper one a **parent** $j$. The child's pose $u_i$ is a row of $d$ numbers,
# the parent's has $z$ numbers, and every pair has a matrix $W_{ij}$ of shape $(d, z)$. The vote is a row times a matrix:
#
# $$\hat u_{j|i} = u_i\,W_{ij}$$
#
# (The paper writes $W_{ij}u_i$, with columns. Its $W_{ij}$ is ours transposed.)
#
# Read $\hat u_{j|i}$ as "the pose of $j$, if one asks $i$". Let us do it by hand, for a mouth with the pose $(2, 1)$. Each entry
# of $u_i$ says how much of the row with the same number goes into the vote. (In code, `d` counts these entries, since $d$ is the
# name of their axis.)

# %% id="by-hand-rows"
u_i = torch.tensor([2.0, 1.0])
W_ij = mouth_to_face
vote = torch.zeros(2)
for d in range(2):
    print(f"{u_i[d].item():g} times row {d}, {W_ij[d].tolist()}")
    vote += u_i[d] * W_ij[d]
print("sum:     ", vote.tolist())
print("u_i @ W: ", (u_i @ W_ij).tolist())

# %% [markdown] id="three-by-two"
# ## Three children, two parents
#
# We add a brow, and draw all three a little inexactly. And there is a second parent: next to the face ($j=0$) a boat
# ($j=1$). Noses have no place in boats, but nobody tells the network: **every child votes for every parent**, and we need
# $3 \cdot 2$ matrices. For the boat we chose three whose votes disagree.

# %% id="three-by-two-code"
u = torch.tensor([[[-0.1, -1.0], [2.0, 0.2], [0.9, 0.0]]])  # (b=1, i=3, d=2): nose, mouth, brow
brow_to_face = torch.tensor([[0.0, 3.0], [-3.0, 0.0]])
for_face = torch.stack([nose_to_face, mouth_to_face, brow_to_face])  # (i=3, d=2, z=2)
for_boat = torch.tensor([[[1.0, 0.0], [0.0, -1.0]], [[1.0, 0.5], [-1.0, 0.0]], [[0.0, -2.0], [1.0, 0.0]]])
weight = torch.stack([for_face, for_boat], dim=1)  # (i, j, d, z)
print("weight:", tuple(weight.shape), "for (i, j, d, z)")

# %% [markdown] id="loop-intro"
# The loop is the definition, once for every image $b$:

# %% id="loop"
u_hat = u.new_zeros(1, 3, 2, 2)  # (b, i, j, z), zeros of u's dtype
for b in range(1):
    for i in range(3):
        for j in range(2):
            for d in range(2):
                u_hat[b, i, j] += u[b, i, d] * weight[i, j, d]  # (z,): so much of row d
children = ("nose", "mouth", "brow")
for i, child in enumerate(children):
    print(f"{child:5s} votes {rounded(u_hat[0, i, 0])} for the face, {rounded(u_hat[0, i, 1])} for the boat")

# %% id="loop-picture"
figures.arrows(
    {
        title: {child: u_hat[0, i : i + 1, j] for i, child in enumerate(children)}
        for j, title in enumerate(("votes for the face (j=0)", "votes for the boat (j=1)"))
    },
    limit=3.6,
    named=True,
    alt="Left, the votes of nose, mouth and brow for the face: three arrows close together, pointing up. Right, their "
    "votes for the boat: three arrows in three different directions. The name of the child is at the tip of each arrow.",
)

# %% [markdown] id="einsum"
# ## Letter by letter
#
# (You know einsum? Go on at its four slips, below.) A loop over 1152 children is slow. `einsum` does the same in one call, and
# its text *is* the loop. For one image:
#
# `torch.einsum("id,ijdz->ijz", u[0], weight)`
#
# | letter | where it is | what it does |
# |---|---|---|
# | `i` | u, weight, output | a loop that fills: child $i$ meets *its own* matrices |
# | `j` | weight, output | a loop that fills: one vote per parent |
# | `z` | weight, output | a loop that fills: the entries of the vote |
# | `d` | u, weight, **not** output | a loop that adds: the `+=` above |
#
# The same letter in two inputs means "step together".

# %% id="einsum-equal"
at_once = torch.einsum("id,ijdz->ijz", u[0], weight)  # (i, j, z)
print(f"against the loop: the largest difference is {(at_once - u_hat[0]).abs().max():.3f}")

# %% [markdown] id="predict-dropped-text"
# **Predict before you run.** Somebody loses a letter and writes `"id,ijdz->jz"`. What happens?
#
# - **a** the votes of all children are added up
# - **b** an error: i is in both inputs and not in the output
# - **c** the votes of the first child come out

# %% id="predict-dropped"
### BEGIN SOLUTION
# stub: checks.predict("03-dropped")
checks.predict("03-dropped", "a")
### END SOLUTION

# %% [markdown] id="variants-intro"
# You need only one more rule: **a letter that is missing in the output is summed.**
#
# Below you see the right line and four slips, on sizes that all differ ($i=5, j=3, d=4, z=6$). Which of the slips does the
# shape give away?

# %% id="variants"
torch.manual_seed(0)
one_image, W = torch.randn(5, 4), torch.randn(5, 3, 4, 6)
slips = {
    "id,ijdz->ijz": "right",
    "id,ijdz->jz": "i dropped: children summed",
    "id,ijdz->ijdz": "d kept: multiplied, not summed",
    "kd,ijdz->ijz": "u's child got another letter",
    "id,ijzd->ijz": "d and z exchanged",
}
for text, what in slips.items():
    try:
        shape = tuple(torch.einsum(text, one_image, W).shape)
    except RuntimeError:
        shape = "refused"
    print(f"{text:14s} {what:31s} {shape}")

# %% [markdown] id="variants-read"
# Look at the line with `kd`: the shape is right and the votes are nonsense. `k` and `i` no longer step together, and `k` is
# missing in the output, so all five poses are added up before they meet a matrix. The last line, with d and z exchanged, was
# refused only because 4 is not 6. In a layer with $d = z$ it would have gone unnoticed.
#
# **Shapes catch many slips, values more.** So the checks of this course compare with a slow loop. Where there are a batch and a
# gradient, they also test a batch of 1 and the gradient.

# %% [markdown] id="exercise-votes"
# ## Your turn: votes
#
# Before you write it, say for each of the five letters b, i, j, d and z whether its loop fills or adds.
#
# {{ exercise 03-votes }}


# %% id="votes"
def votes(u, weight):
    """Every child's vote for every parent.

    u       (b, i, d)      poses of the children
    weight  (i, j, d, z)   one matrix per pair
    returns (b, i, j, z)
    """
    ### BEGIN SOLUTION
    # û_{bijz} = Σ_d u_{bid} W_{ijdz}
    return torch.einsum("bid,ijdz->bijz", u, weight)
    ### END SOLUTION


votes = checks.votes(votes)

# %% id="votes-equal"
difference = (votes(u, weight) - u_hat).abs().max()
print(f"nose, mouth and brow, against the loop: the largest difference is {difference:.3f}")

# %% [markdown] id="children"
# ## Where the children come from
#
# So far the poses came from nowhere. In CapsNet they are cut out of feature maps. A convolution gives a tensor
# $(b, \text{channels}, h, w)$, and we *declare* that channels belong together: the first $d$ channels are the pose entries
# of the first **type** of capsule, the next $d$ those of the second, and so on. What one type says at one place is one
# capsule:
#
# > A primary capsule is made of its $d$ channels **at one place**.
#
# A toy makes it visible: 2 types with 3-D poses are 6 channels, on a 2×2 grid. We fill them with numbers that tell their
# own story. 213 means: type **2**, pose entry **1**, place **3**.
#
# The toy's types, pose entries and places count from 1, so that its numbers are easy to read. Everything else counts from 0, as
# code does: capsules, channels, rows and columns. So the toy's first capsule is capsule 0, and its place 1 is row 0, column 0.

# %% id="telling"
features = torch.zeros(1, 6, 2, 2)  # (b, types·d, h, w)
for t in range(2):
    for d in range(3):
        for place in range(4):
            features[0, 3 * t + d, place // 2, place % 2] = 100 * (t + 1) + 10 * (d + 1) + (place + 1)
print(features[0].flatten(1).long(), "one row per channel, one column per place")

# %% id="cut-picture"
pictures.cut(
    features[0],
    d=3,
    places=(0, 3),
    alt="Six sheets of two by two places, one for each channel. The first three form type 1; their cells at place 1, 111, 121 and "
    "131, are coloured, and an arrow leads to capsule 0, which holds these three numbers. From the last three sheets the cells "
    "at place 4 become capsule 7: 214, 224, 234.",
)

# %% [markdown] id="trap"
# All numbers of a capsule end in the same digit: they come from one place. We need eight such capsules,
# $(b, i, d) = (1, 8, 3)$. The tensor holds 24 numbers, and $8 \cdot 3 = 24$. The obvious idea is to ask for that shape.
# Public code often writes it as `view(b, -1, d)`, so we call it the **bare view**: a `view`, or a `reshape`, which does the same here,
# with no `permute` before it.


# %% id="trap-code"
def bare_view(features, d):
    return features.reshape(len(features), -1, d)


print(bare_view(features, 3)[0, :3].long(), "the first three of", tuple(bare_view(features, 3).shape))

# %% [markdown] id="trap-read"
# No error, the right shape, and wrong. The first "capsule" is 111, 112, 113: *one* pose entry at *three* places.
# `reshape` reads the numbers in the order of their indices, the last axis fastest, and cuts that row into groups. Here the
# last axes are those of the places. So first the pose axis must be brought to the end. That is what `permute` is for. (It moves
# nothing in memory. It only puts the axes in another order, so the `reshape` after it has to copy. A `view` in its place cannot copy
# and would stop with an error.)

# %% [markdown] id="exercise-primary"
# ## Your turn: cut capsules
#
# {{ exercise 03-primary-capsules }}


# %% id="primary-capsules"
def primary_capsules(features, d):
    """Cut feature maps into capsules. (b, types·d, h, w) → (b, i, d) with i = types·h·w"""
    b, channels, h, w = features.shape
    ### BEGIN SOLUTION
    split = features.reshape(b, channels // d, d, h, w)  # (b, types, d, h, w)
    moved = split.permute(0, 1, 3, 4, 2)  # (b, types, h, w, d)
    return moved.reshape(b, -1, d)  # (b, i, d)
    ### END SOLUTION


primary_capsules = checks.primary_capsules(primary_capsules)


# %% id="primary-picture"
figures.blocks(
    {"with permute": primary_capsules(features, 3)[0], "bare view": bare_view(features, 3)[0]},
    group=lambda number: number % 10 - 1,
    groups=[f"place {n}" for n in range(1, 5)],
    columns="entry of the capsule",
    rows="capsule i",
    alt="Two tables of 8 capsules with 3 numbers each, coloured by the place the number came from. With permute every row "
    "has one colour. In the bare view every row mixes three places.",
)

# %% [markdown] id="primary-read"
# Left, every capsule has one colour: one place. Right, every capsule mixes three places, and none has the three entries of a pose.
# Capsules are numbered type by type, and within a type place by place.
#
# A layer of primary capsules is three steps: a convolution, this cut, squash. The filters of the convolution are shared by all
# places, as always. The vote matrices are **not**: capsules 0 and 1 are of the same type, and still each has its own $W_{ij}$.
# When an image is shifted by one place (2 pixels, the strides multiplied), its poses move on to the neighbouring place, as they
# are, except at the border. At the new place they meet the neighbour's $W$. So the network recognises the same stroke next door, since
# the filters are shared, but what it has learned about how that stroke *votes* does not help there: it must be learned place by
# place.
#
# Remember what was in bold below the faces: "When the face turns, all poses change and no matrix does." There the nose was one
# child, wherever it was. Here a child stays at its place: when a face turns, its nose moves on to another child, which has another
# matrix. So the network has the property of our toy only as far as training makes the matrices of one type alike at all places.

# %% [markdown] id="locality"
# ## The locality test
#
# In the toy's 24 numbers you can see the mistake. In the 9,216 that CapsNet cuts into capsules ($256 \cdot 6 \cdot 6$) nobody sees
# it. There is a neat test that never asks what a value should be: *change the features at one place, and see which capsules move.*
#
# **Predict before you run.** All six channels change at place 1 of our toy. How many of the eight capsules move
# in the **bare view**?
#
# - **a** 2, one per type
# - **b** 6
# - **c** all 8

# %% id="predict-bare"
### BEGIN SOLUTION
# stub: checks.predict("03-bare-view")
checks.predict("03-bare-view", "b")
### END SOLUTION

# %% [markdown] id="exercise-touched"
# {{ exercise 03-touched }}


# %% id="touched"
def touched(to_capsules, features, row, column):
    """Which capsules of image 0 move when all channels of image 0 change at one place?

    to_capsules   a function: features (b, channels, h, w) → capsules (b, i, d)
    returns       bool (i,)
    """
    ### BEGIN SOLUTION
    changed = features.clone()
    changed[0, :, row, column] += 1
    moved = to_capsules(changed) != to_capsules(features)  # (b, i, d)
    return moved[0].any(dim=-1)  # (i,)
    ### END SOLUTION


touched = checks.touched(touched)

# %% id="touched-toy"
for name, cut in {"with permute": primary_capsules, "bare view": bare_view}.items():
    moved = touched(lambda f, cut=cut: cut(f, 3), features, 0, 0)  # (i,)
    print(f"{name:12s} {moved.sum().item()} capsules move: {moved.nonzero().flatten().tolist()}")

# %% [markdown] id="touched-read"
# Compare with the picture: 0 and 4 are the blue rows on the left; on the right, six rows hold some blue. The correct
# number is always the number of types. In the bare view it is the number of channels, if a map has at least $d$ places. (With
# one place, both cuts are the same.) At CapsNet's size the gap is wider:

# %% id="touched-large"
large = torch.randn(1, 256, 6, 6)  # 32 types · 8-D on a 6×6 grid
for name, cut in {"with permute": primary_capsules, "bare view": bare_view}.items():
    moved = touched(lambda f, cut=cut: cut(f, 8), large, 2, 3)
    print(f"{name:12s} {moved.sum().item():3d} of {len(moved)} capsules move")

# %% [markdown] id="receptive"
# In other people's code the cut is often inside a layer, behind its convolution. Test the cut alone, or, where nothing is
# padded, hand the whole layer to `touched` and choose row 0 and column 0 of its input: only one window of the convolution covers that
# corner, so again one capsule per type should move. Behind a ReLU it may be fewer. More is a mistake.
#
# Counting has blind spots. It cannot tell *which* numbers of a place went into a capsule, nor in what order the capsules are
# numbered. A cut that splits the channels as (d, types) passes, and so does one that takes columns before rows.
#
# ### What a capsule sees
#
# Now look from the other end. Which pixels of the *image* can one capsule see? Autograd knows. We send a digit through two *fresh*
# (not trained) convolutions (kernels 9 and 9, strides 1 and 2, as in CapsNet, with fewer channels) and ask for the gradient of one
# capsule with respect to the image. Here a pixel with gradient 0 is out of sight. (Behind many silent ReLUs it need not be.) The picture shows the
# square root, so that faint pixels are seen, too, and a dot is the middle of a window.

# %% id="receptive-code"
from capsule_tutor import data

image = data.digits("train").images[:1]  # (1, 1, 28, 28)
torch.manual_seed(0)
first, second = torch.nn.Conv2d(1, 16, 9), torch.nn.Conv2d(16, 4 * 8, 9, stride=2)  # 4 types · 8-D


def sight(cut, capsule):
    """How strongly each pixel moves this capsule, summed over its entries. → (28, 28)"""
    pixels = image.clone().requires_grad_()
    u = cut(second(first(pixels).relu()), 8)  # (1, i, d)
    return sum(torch.autograd.grad(entry, pixels, retain_graph=True)[0].abs() for entry in u[0, capsule])[0, 0]


capsule = (0 * 6 + 2) * 6 + 3  # type 0, row 2, column 3 of the 6×6 grid
seen = {"with permute": sight(primary_capsules, capsule), "bare view": sight(bare_view, capsule)}
numbers = range(8 * capsule, 8 * capsule + 8)  # which numbers the bare view takes: each channel has 36
for name, gradient in seen.items():
    height, width = (gradient.sum(dim=axis).count_nonzero().item() for axis in (1, 0))
    print(f"{name:12s} capsule {capsule} sees {height} rows, {width} columns, {gradient.count_nonzero()} pixels")
print("bare view: its eight entries come from channel", *{number // 36 for number in numbers})

# %% id="receptive-picture"
pictures.sight(
    {name: (gradient / gradient.max()).sqrt() for name, gradient in seen.items()},
    windows={"with permute": [(2, 3)], "bare view": [divmod(number % 36, 6) for number in numbers]},
    alt="Two heat maps of the image. With permute, capsule 15 sees one square of 17 by 17 pixels, rows 4 to 20 and columns "
    "6 to 22. In the bare view it sees nearly the whole width, 27 columns, and 19 rows: it has eight windows, six in a "
    "row and two below, each with a dot in its middle, the first and the last outlined.",
)

# %% [markdown] id="receptive-read"
# With permute the capsule looks through one window. It covers 9 rows of the map between the two convolutions. The first of these
# rows sees 9 rows of pixels, and each of the other eight adds one: 9 + 8 = 17. In the bare view the capsule's eight entries look
# through eight windows that overlap: six in a row, each two pixels further right, which together cover 27 of the 28 columns, and two
# more, two pixels lower, at the left. Its numbers are the answers of one filter at eight places. A pose is made of the answers of
# eight filters at one place.
#
# With permute, neighbours in a row share 15 of their 17 columns, and types at one place share the whole window. As witnesses they
# are far from independent, so take the chance figures above as a toy.

# %% [markdown] id="count"
# ## What is 1152?
#
# Follow the side length of the image through the layers. A kernel of size $k$ fits into a row of $n$ pixels wherever its first
# pixel is at $0, s, 2s, \dots$ and its last one is still inside. Just list the places:

# %% id="count-list"
print("28 pixels, kernel 9, stride 1:", len(range(0, 28 - 9 + 1, 1)), "places")
print("20 pixels, kernel 9, stride 2:", len(range(0, 20 - 9 + 1, 2)), "places, at", list(range(0, 20 - 9 + 1, 2)))
print("capsules: 6 · 6 places · 32 types =", 6 * 6 * 32)

# %% [markdown] id="count-formula"
# How many places are in such a list? Find a formula: count the steps from the first place to the last, then the places. Try it on
# $n=20, k=9, s=2$. There the last place is 10, and there are 6 places.
#
# {{ exercise 03-capsule-count }}


# %% id="capsule-count"
def capsule_count(size, kernels, strides, types):
    """How many primary capsules a stack of convolutions without padding makes of a (size, size) image. → int"""
    ### BEGIN SOLUTION
    for kernel, stride in zip(kernels, strides, strict=True):
        # n ← ⌊(n − k)/s⌋ + 1
        size = (size - kernel) // stride + 1
    return types * size**2
    ### END SOLUTION


capsule_count = checks.capsule_count(capsule_count)

# %% [markdown] id="count-formula-read"
# The last place is $\lfloor (n-k)/s \rfloor$ steps from the first, rounded down because a kernel that hangs over the edge does not
# count. And there is one place more than there are steps:
#
# $$n' = \left\lfloor \frac{n-k}{s} \right\rfloor + 1$$

# %% id="count-others"
print("CapsNet on MNIST, 28×28:              ", capsule_count(28, (9, 9), (1, 2), 32))
print("CapsNet on MultiMNIST, 36×36:         ", capsule_count(36, (9, 9), (1, 2), 32))
print("Efficient-CapsNet on MNIST, 28×28:    ", capsule_count(28, (5, 3, 3, 3, 9), (1, 1, 1, 2, 1), 16))

# %% [markdown] id="count-others-read"
# The third is no slip: the last kernel of Efficient-CapsNet (2021) covers all that is left, so its grid has one place, with one
# capsule per type. Does the first number hold with real convolutions, and what does it cost?
#
# **Predict before you run.** CapsNet has a first convolution (kernel 9, to 256 channels), a second one (kernel 9, from 256 to
# 256 channels), and one vote matrix for each pair of its 1152 children (8 numbers each) and ten parents (one per digit, 16 numbers
# each). Where are most of its weights?
#
# - **a** in the second convolution
# - **b** in the vote matrices
# - **c** in equal parts in both

# %% id="predict-weights"
### BEGIN SOLUTION
# stub: checks.predict("03-weights")
checks.predict("03-weights", "a")
### END SOLUTION

# %% id="cost"
torch.manual_seed(0)
conv1, conv2 = torch.nn.Conv2d(1, 256, 9), torch.nn.Conv2d(256, 32 * 8, 9, stride=2)
with torch.no_grad():
    fresh = primary_capsules(conv2(conv1(data.digits("train").images[:8]).relu()), 8)  # (b, i, d), not yet squashed
parts = {"first convolution": conv1, "second convolution": conv2}
parameters = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
parameters["vote matrices"] = 1152 * 10 * 8 * 16
print("capsules:", tuple(fresh.shape))
for name, number in parameters.items():
    print(f"{name:20s}{number:10,d}")
print(f"{'all together':20s}{sum(parameters.values()):10,d}")

# %% [markdown] id="cost-read"
# That is the whole encoder of CapsNet, 6.8 million weights. The $1152 \cdot 10$ vote matrices hold 1,474,560 of them, a little
# more than a fifth. Most of the others, 5.3 million, are in the second convolution.
#
# And the memory? The matrices are the same for every image, but each image has votes of its own, so their memory grows with the
# batch. The feature maps grow with it, too, but even the largest of them is smaller:

# %% id="memory"
per_image = 1152 * 10 * 16 * 4  # one float32 has 4 bytes
print(f"votes of one image {per_image / 1e6:.2f} MB, of a batch of 128 {128 * per_image / 1e6:.0f} MB")
print(f"first feature map  {256 * 20 * 20 * 4 / 1e6:.2f} MB per image")
print(f"vote matrices      {parameters['vote matrices'] * 4 / 1e6:.2f} MB, whatever the batch")

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# Here are three slips from public code. Training runs through with each of them (the third needs batches of more than one
# image).
#
# **The bare view** (XifengGuo's PyTorch code, ethanleet, higgsfield, jindongwang). You know it by now. Why does nobody notice?
# The mix-up is always the same, and each capsule has matrices of its own, which may learn around it. (Lesson 07 trains such a
# network.) What is lost is the meaning: the eight numbers are no longer eight answers about the same window. The score of a trained
# network need not show this. Your locality test does.
#
# **A ReLU before squash** (ageron, bourdakos1, naturomics), once more. In lesson 01 you saw what it does to a pose: every
# number below 0 is lost. So no two poses can be further apart than 90°. What does it do to the votes? We follow *one* child and
# *one* parent over 2000 poses:

# %% id="wild-relu"
fresh_weight = torch.randn(1152, 1, 8, 16, generator=torch.Generator().manual_seed(0))
poses = torch.randn(2000, 8, generator=torch.Generator().manual_seed(1))  # of one child, in 2000 images


def widest(arrows):
    """The largest angle between any two of (n, d), in degrees."""
    directions = torch.nn.functional.normalize(arrows, dim=-1)
    return torch.rad2deg((directions @ directions.T).min().acos()).item()


for name, some in {"without ReLU": poses, "with ReLU": poses.relu()}.items():
    print(f"{name:12s} poses up to {widest(some):3.0f}° apart, votes up to {widest(some @ fresh_weight[0, 0]):3.0f}°")
equal = torch.nn.functional.normalize(votes(torch.ones(1, 1152, 8), fresh_weight)[0, :, 0], dim=-1)  # (i, z)
agree = ((equal @ equal.T).triu(1) > 0.9).sum()
print(f"1152 children, all with the same pose: {agree} of {pairs:,} pairs of votes agree")

# %% [markdown] id="wild-relu-read"
# The child loses directions in which it could vote. The votes of one image need not show it: each child has a random matrix of its
# own, and these matrices spread even equal poses (last line). The one-line test, on a batch of primary capsules:
# `assert (u < 0).any()`. Where it fails, look for a ReLU.
#
# **A squeeze too many** (cezannec, gram-ai, naturomics). A product leaves axes of size 1 behind, and somebody calls `squeeze()`
# without saying which. In training a batch usually has many images, and all is well. Then a user tries one:


# %% id="wild-squeeze"
def squeezed_votes(u, weight):
    return (u[:, :, None, None, :] @ weight).squeeze()


for b in (2, 1):
    print(f"batch of {b}:", tuple(squeezed_votes(torch.randn(b, 5, 4), torch.randn(5, 3, 4, 6)).shape))

# %% [markdown] id="wild-squeeze-read"
# The axis b is gone, and every `dim=2` that follows points at the wrong axis: an error, with luck. The one-line test: *run
# everything once with a batch of 1 and once with a batch of 2*. The checks of `votes` did.

# %% [markdown] id="recap"
# ## In your own words
#
# Tell a friend who knows convolutional networks:
#
# 1. what a vote is, why its matrix need not know how the face is turned, and what changes when a child is tied to its place;
# 2. which letter of the votes is summed, and how one sees it in the text of the einsum;
# 3. what a bare `view` puts into one capsule, and how to find out in three lines;
# 4. where 1152 comes from, and how 10, 8 and 16 make 1.5 million weights of it.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) it is a child's opinion of the parent's pose, child pose times matrix; the matrix holds how part and whole are placed
# relative to each other, and when the face turns, both turn; where children are tied to places, the part moves on to another
# child with another matrix, so its votes turn with the face only as far as training makes the matrices of one type alike;
# (2) it is d, which is missing after the arrow; (3) it puts in numbers that are next to each other in memory: neighbouring
# places of one channel, and sometimes the end of one channel and the beginning of the next; change one place and count the
# capsules that move: one per type is right; (4) the side goes 28 → 20 → 6, and 6 · 6 · 32 = 1152; each of the 1152 has ten
# matrices of 8 × 16, and 1152 · 10 · 8 · 16 is about 1.5 million.
# <!-- END SOLUTION -->

# %% [markdown] id="size"
# ## Appendix · How large should the first weights be?
#
# *(The two appendices are about details that matter when you build a layer of your own. Lesson 04 needs one number from them: the
# first vote weights of our CapsNet are drawn with a standard deviation of 0.1.)*
#
# A parent adds up its votes to a sum $s_j$, and squash turns this sum into its output. Lesson 04 will let each child decide how much
# of its vote a parent gets. Before anything is known the shares are equal, a tenth for each of ten parents:
# $s_j = \frac{1}{10} \sum_i \hat u_{j|i}$. The votes themselves are random at the start, so adding them is a random walk. After $n$
# steps you are about $\sqrt n$ steps from home. Each of the 16 entries of a vote is a sum $\sum_d u_d W_{dz}$, of size
# $\text{std} \cdot \lVert u\rVert$, so the vote is about $\sqrt{16}$ times as long, and
#
# $$\lVert s_j\rVert \approx \tfrac{1}{10} \cdot \sqrt{1152} \cdot \text{std} \cdot 4 \cdot \lVert u\rVert$$
#
# **Predict before you run.** The entries of the vote matrices are drawn with standard deviation 1 (`torch.randn`, as it comes) and
# the children are sure, with length 0.9. How long are the ten parents?
#
# - **a** about 0.5: undecided
# - **b** about 0.99: all ten certain
# - **c** about 0: random votes cancel

# %% id="predict-std"
### BEGIN SOLUTION
# stub: checks.predict("03-std")
checks.predict("03-std", "b")
### END SOLUTION

# %% [markdown] id="size-intro"
# We measure it with two kinds of children: those that a fresh network makes of digits, and sure ones. The last two columns say what follows:
# how steep squash is there (lesson 02), and where the loss of lesson 05 begins.

# %% id="size-code"
from capsule_tutor import functional as caps

torch.manual_seed(0)
sure = 0.9 * torch.nn.functional.normalize(torch.randn(8, 1152, 8), dim=-1)  # (b, i, d), any direction
labels = data.digits("train").labels[:8].repeat(10)
sums = {}
print("children   ‖u‖    std    ‖s‖ expected  measured    ‖v‖   slope of squash   loss")
for kind, some in {"fresh": caps.squash(fresh), "sure": sure}.items():
    length = some.square().sum(dim=-1).mean().sqrt().item()  # root of the mean square, as for steps of a random walk
    draws = [caps.votes(some, torch.randn(1152, 10, 8, 16)).sum(dim=1) / 10 for _ in range(10)]  # (b, j, z) for std 1
    sums[kind] = torch.cat(draws)  # (10·b, j, z)
    for std in (1.0, 0.1, 0.01):
        s = std * sums[kind]  # weights that are ten times smaller give sums that are ten times smaller
        v, n = caps.squash(s).norm(dim=-1), s.norm(dim=-1).mean().item()
        expected, slope = 0.1 * 1152**0.5 * std * 4 * length, 2 * n / (1 + n**2) ** 2
        loss = caps.margin_loss(v, labels).item()
        row = f"{kind:8s}  {length:4.2f}  {std:5.2f}  {expected:12.3f}  {n:8.3f}  {v.mean():5.2f}"
        print(f"{row}  {slope:15.2f}  {loss:5.2f}")

# %% id="size-picture"
powers = torch.logspace(-3, 1, 81)
pictures.lengths(
    powers,
    {f"{kind} children": [caps.squash(p * s).norm(dim=-1).mean() for p in powers] for kind, s in sums.items()},
    marks=(0.01, 0.1, 1),
    xlabel="std of the first weights",
    ylabel="mean length of the parents",
    alt="Two S-shaped curves over the standard deviation on a logarithmic axis. At 0.01 the parents of fresh and of sure "
    "children are near 0. At 0.1 those of fresh children are near 0 and those of sure ones near a half. At 1 those of "
    "sure children are near 1.",
)

# %% [markdown] id="size-read"
# Averaged over ten draws, the random walk is nearly right. Here are the three starts, before anything was learned:
#
# - **std 1**: on average a parent's length says "probably there" with fresh children (0.75) and "certainly there" with sure ones
#   (0.99), though nothing has been learned. The loss of lesson 05 (last column) begins high: with silent parents it would be 0.81.
# - **std 0.01**: no parent is there, and with fresh children the slope is 0.04: this is the flat corner of lesson 02.
# - **std 0.1**: the parents are short with fresh children and undecided with sure ones. Our CapsNet starts close to this: as in
#   the authors' code, numbers beyond ±0.2 are drawn again, so its weights are a little smaller.
#
# A small slope alone does not tell you how slowly a network will train: that depends on the optimiser, too. In lesson 05 you will
# train from a much smaller start, from a much larger one, and from this one.
#
# There is one thing more. The sum grows with the square root of the number of children, so for sums of the same length a layer with
# sixteen children needs larger first weights than one with 1152.

# %% [markdown] id="floor"
# ## Appendix · What the floor throws away
#
# In the second convolution $\lfloor (20-9)/2 \rfloor = \lfloor 5.5 \rfloor = 5$. The half step that is rounded off is one row and one
# column of the 20×20 map, which no window reaches. What does that cost in the image? Count for each pixel how many of the 36 places
# see it:

# %% id="floor-code"
watchers = torch.zeros(28, 28)
for row in range(6):
    for column in range(6):
        watchers[2 * row : 2 * row + 17, 2 * column : 2 * column + 17] += 1  # 17×17 pixels, two further each time
print("most watched pixel:", int(watchers.max()), "of 36 places;  top left corner:", int(watchers[0, 0]))
print("last row:", int(watchers[27].max()), "  last column:", int(watchers[:, 27].max()))
ink = data.digits("train").images[:, 0, watchers == 0].amax(dim=1) > 0  # (n,): is there ink where nobody looks?
print("digits with ink where nobody looks:", ink.sum().item(), "of", len(ink))

# %% id="floor-picture"
figures.heatmaps(
    {"places that see a pixel (white: none)": watchers.masked_fill(watchers == 0, torch.nan)},
    xlabel="pixel column",
    ylabel="pixel row",
    vmax=36,
    alt="A heat map of 28 by 28 pixels. Pixels in the middle are seen by all 36 places, those towards the border by fewer, "
    "and the last row and the last column, white, by none.",
)

# %% [markdown] id="floor-read"
# The top left corner is watched by one place, and the last row and column, with the other three corners, by **nobody**. Centred
# digits hardly reach that far, so it costs next to nothing here. With images of your own, count first.

# %% id="board"
checks.board("03")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829: equation 2 (votes)
#   and section 4 (the sizes).
# - G. Hinton, A. Krizhevsky, S. Wang, *Transforming Auto-encoders*, ICANN 2011: where capsules with poses come from.
# - V. Mazzia, F. Salvetti, M. Chiaberge, *Efficient-CapsNet: capsule network with self-attention routing*, Scientific
#   Reports 11:14634, 2021: sixteen primary capsules.
#
# **Next:** in [lesson 04](04_dynamic_routing.ipynb) the votes are counted. Children send them where other children agree:
# dynamic routing.
