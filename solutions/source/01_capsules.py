# %% [markdown] id="title"
# # 01 · Capsules
#
# **You will be able to**
#
# - say what a neuron with only one number for an answer forgets, and watch pooling forget it;
# - read the two answers of a capsule: its length (*is it there?*) and its direction (*how?*);
# - measure the pose of a real digit by hand and in code;
# - write down equivariance as a test, and run it on any feature;
# - say what a hand-made pose cannot do.
#
# **Minutes:** 85 · **Prerequisites:** PyTorch tensors and broadcasting; what a convolution and a gradient are; mean,
# variance and covariance; multiplying by a 2×2 matrix.

# %% [markdown] id="hook"
# ## Where did the 4 go?
#
# Here is a handwritten digit, and the same digit in another place.

# %% id="setup"
import torch

from capsule_tutor import checks, data
from capsule_tutor.figures import lesson01 as pictures

digits = data.digits()  # images (b, 1, 28, 28), brightness between 0 and 1
four = digits.images[24, 0]  # one of them, (28, 28)
moved = four.roll((3, -5), dims=(0, 1))  # 3 rows down, 5 columns to the left

pictures.posed(
    [four, moved],
    poses=None,
    titles=["a 4", "the same 4"],
    alt="A handwritten 4 in the middle of a black square, and the same 4 further down and to the left.",
)

# %% [markdown] id="neuron-intro"
# (The digit is real. 1,797 handwritten ones come with this course, and this lesson uses 1,200 of them. Their scans were
# reduced to 8×8 pixels. Here they are enlarged again, to 20×20, sharpened, and placed on a black square of 28×28, so that
# the centre of mass is at (14, 14), to half a pixel.)
#
# A classic network turns such an image into numbers, one per neuron. Here is a neuron that asks *is there a 4?* in the
# plainest way: lay a picture of the digit over every place of the image, and keep the best match. Keeping the best of
# many places is called **max-pooling**. (Ours keeps the best of *all* places, which is global max-pooling. In most networks
# each maximum is over a small window, often 2×2.)

# %% id="neuron"
template = four[4:24, 6:22]  # the part of the image that holds ink


def neuron(images):
    """Is there a 4 like ours? images (b, h, w) → scores (b,), 1 for our 4"""
    scores = torch.conv2d(images.unsqueeze(1), template[None, None])  # (b, 1, 9, 13): one score per place
    return scores.amax(dim=(1, 2, 3)) / template.square().sum()


# %% [markdown] id="predict-max-pool"
# **Predict before you run.** The neuron gives our 4 the score 1. What does it give the moved 4?
#
# - **a** 1 again
# - **b** almost 0: the 4 is no longer where the neuron looks
# - **c** a bit less than 1, because of the shift

# %% id="predict-max-pool-answer"
### BEGIN SOLUTION
# stub: checks.predict("01-max-pool")
checks.predict("01-max-pool", "a")
### END SOLUTION

# %% id="neuron-run"
three = digits.images[25, 0]
score = neuron(torch.stack([four, moved, three, torch.zeros(28, 28)]))
for name, value in zip(("the 4", "the moved 4", "a 3", "nothing"), score.tolist(), strict=True):
    print(f"{name:12s} {value:.2f}")
others = neuron(digits.images[digits.labels != 4, 0])
print(f"all digits that are not a 4: {others.mean():.2f} on average, {others.max():.2f} at most")

# %% [markdown] id="invariance"
# The first two scores are equal. The feature does not change when the digit is shifted: it is **invariant** to shifts.
# For the question *what is it?* that is a virtue. (It is a crude neuron: a 3 gets half a point for being made of ink, and
# of all digits that are not a 4, the one that fits best gets far more, as the last line shows.)
#
# But now answer another question from the score alone: *where is it?* You cannot. The map of scores still held the
# answer, and the maximum threw it away. Does that matter, if all you want is to name the digit?

# %% [markdown] id="parts-intro"
# ## A bag of parts
#
# It matters because things are made of parts. A face with its eyes below its mouth has all the right parts.
#
# Cut our 4 into quarters and lay them out twice: in order, and exchanged crosswise. (The gap between them is there to
# keep the experiment clean: no 3×3 window will ever see two quarters at once.)

# %% id="parts"
quarters = [template[:10, :8], template[:10, 8:], template[10:, :8], template[10:, 8:]]


def lay_out(parts):
    """Four quarters (10, 8) → one picture (24, 20), with black around each."""
    tiles = [torch.nn.functional.pad(part, (1, 1, 1, 1)) for part in parts]  # (12, 10) each
    return torch.cat([torch.cat(tiles[:2], dim=1), torch.cat(tiles[2:], dim=1)])


uncut = torch.nn.functional.pad(template, (2, 2, 2, 2))  # (24, 20), to compare
in_order = lay_out(quarters)
exchanged = lay_out([quarters[n] for n in (3, 2, 1, 0)])  # both diagonals change places

# %% id="parts-picture"
pictures.posed(
    [uncut, in_order, exchanged],
    poses=None,
    titles=["uncut", "in order", "exchanged"],
    alt="Left, a 4. In the middle its quarters, pulled apart a little. Right, the same quarters with top left and bottom "
    "right exchanged, and top right and bottom left: a meaningless heap of strokes.",
)

# %% [markdown] id="bag-intro"
# Our features are four detectors of short strokes. Each is slid over the whole picture and pooled to one number.

# %% id="bag"
flat = torch.tensor([[-1.0, -1, -1], [2, 2, 2], [-1, -1, -1]])
diagonal = 3 * torch.eye(3) - 1
strokes = torch.stack([flat, flat.T, diagonal, diagonal.flip(1)]).unsqueeze(1)  # (4, 1, 3, 3): — | \ /


def stroke_maps(images):
    """How well each stroke fits at each place. (b, h, w) → (b, 4, h, w)"""
    return torch.conv2d(images.unsqueeze(1), strokes, padding=1).relu()


def bag(images, pool=torch.amax):
    """Is there such a stroke anywhere? (b, h, w) → (b, 4). pool: torch.amax, or torch.sum"""
    return pool(stroke_maps(images), dim=(2, 3))


# %% [markdown] id="predict-parts"
# **Predict before you run.** How different are the features of *in order* and *exchanged*?
#
# - **a** very: one is a 4, the other is rubbish
# - **b** a little
# - **c** not at all

# %% id="predict-parts-answer"
### BEGIN SOLUTION
# stub: checks.predict("01-parts")
checks.predict("01-parts", "c")
### END SOLUTION

# %% id="bag-run"
for name, picture in {"in order": in_order, "exchanged": exchanged, "uncut": uncut}.items():
    strongest, total = (bag(picture[None], pool)[0].numpy().round(1) for pool in (torch.amax, torch.sum))
    print(f"{name:10s} max {strongest}   sum {total}")
maps = stroke_maps(torch.stack([in_order, exchanged]))  # (2, 4, 24, 20)
small = torch.nn.functional.max_pool2d(maps, 4)  # (2, 4, 6, 5)
print(f"in order and exchanged, pooled over 4×4 windows: they differ by up to {(small[0] - small[1]).abs().max():.1f}")

# %% id="bag-picture"
pictures.posed(
    [in_order, exchanged, *(maps[:, 1] / maps[:, 1].max())],
    poses=None,
    titles=["in order", "exchanged", "map of |, in order", "map of |, exchanged"],
    alt="The 4 in quarters, in order and exchanged, and for each the map of the upright stroke. The two maps hold the same "
    "bright spots, along strokes and edges that run from top to bottom, but the spots have changed places with their quarters.",
)

# %% [markdown] id="bag-read"
# The first two rows are equal, feature by feature, whether pooled by the maximum or by the sum (which is global average
# pooling, up to a constant factor). To the bag, rubbish and this 4 in quarters are the same.
#
# The third row is the control. The cut does leave a trace: where a stroke now ends against black, a window sees an edge
# that was not there. So a bag notices what happens inside one window, and nothing beyond it.
#
# To be fair: the small windows of most networks leave a small map, and such a map tells the two pictures apart (last
# line). Each of these poolings drops the *where* inside its window. Our bag drops all of it.
#
# So we want features that keep both answers: the same **what**, and a **where** that changes as the thing moves.

# %% [markdown] id="capsule-idea"
# ## One vector, two answers
#
# A **capsule** is a group of neurons that speak about one kind of thing. Think of it as one neuron that outputs a vector
# instead of one number. This vector is meant to answer twice:
#
# - its **length** says how sure the capsule is that the thing is there;
# - its **direction** says how: where, how large, how turned, how slanted. All this together is called the **pose**.
#
# A capsule may speak about a stroke or about a whole digit. Those for parts are the *children*, those for
# wholes their *parents*. That gives five letters for the whole course. (This lesson needs $b$, $j$ and $z$.)
#
# | letter | counts | in CapsNet, which reads digits ([lesson 06](06_capsnet.ipynb)) |
# |---|---|---|
# | $b$ | images in the batch | as many as you like |
# | $i$ | child capsules | 1152 |
# | $j$ | parent capsules | 10, one per digit |
# | $d$ | numbers in a child's vector | 8 |
# | $z$ | numbers in a parent's vector | 16 |
#
# So the children of a batch form a tensor $u$ of shape $(b, i, d)$, the parents one of shape $(b, j, z)$, called $v$.
#
# By hand: one image, three parents, two numbers each. $v_0 = (0.54, 0.72)$ has the length
# $\sqrt{0.2916 + 0.5184} = \sqrt{0.81} = 0.9$. And the others?

# %% id="length-loop"
v = torch.tensor([[[0.54, 0.72], [-0.3, 0.4], [0.0, 0.0]]])  # (b=1, j=3, z=2)
for j, vector in enumerate(v[0].tolist()):
    squared = 0.0
    for number in vector:
        squared += number * number
    print(f"capsule {j}: length {squared**0.5:.2f}")

# %% [markdown] id="length-read"
# The first thing is almost certainly there, the second perhaps, the third not at all. The minus sign of the second belongs
# to its pose and does nothing to its length.

# %% [markdown] id="how-checks-work"
# ## Your turn
#
# As the [start](00_start.ipynb) said, a check answers ✓, ✗ or ○, and the lesson goes on in any case. What you pass is remembered, and
# `checks.board()` lists it.

# %% [markdown] id="exercise-lengths"
# {{ exercise 01-lengths }}
#
# Run the cell as it is first, to see what is said to an empty answer. Then write your line. Then, if you like, be wrong on
# purpose: return `v.abs().sum(dim=-1)`. (What eps is for, you will see at the end of the lesson.)
#
# <!-- BEGIN SOLUTION -->
# (This is the solved notebook, where every answer is filled in and every check says *passed*.)
# <!-- END SOLUTION -->


# %% id="lengths"
def lengths(v, eps=1e-8):
    """How surely each capsule's thing is there. v (…, z) → (…)"""
    ### BEGIN SOLUTION
    # ‖v‖ = √(Σ_z v_z²)
    return ((v * v).sum(dim=-1) + eps).sqrt()
    ### END SOLUTION


lengths = checks.lengths(lengths)

# %% id="lengths-run"
print("v (b, j, z):", tuple(v.shape), "→ lengths (b, j):", tuple(lengths(v).shape))
print("as the loop says:", [round(length, 2) for length in lengths(v)[0].tolist()])

# %% [markdown] id="pose-intro"
# ## A pose, measured by hand
#
# Length was the easy half. What could a pose be, as numbers? A trained capsule invents its own. We begin with one that
# can be worked out on paper, from where the ink is:
#
# - $\bar x$, the mean column of the ink, and $\bar y$, its mean row: **where**;
# - the **slant**: how many columns the ink moves to the right for each row downwards.
#
# Each pixel counts as much as it is bright. Rows are counted from the top, as in every image tensor, so $y$ grows
# *downwards*, and a digit that leans to the right, like /, has a negative slant.

# %% [markdown] id="toy-by-hand"
# Here are the five lit pixels of a 5×5 picture, one per line of the table below. The mass is the sum of the ink, 4. So
# $\bar x = 12/4 = 3$ and $\bar y = 8/4 = 2$, and the last four columns need these two means:
#
# | $x$ | $y$ | ink | ink·$x$ | ink·$y$ | $x-\bar x$ | $y-\bar y$ | ink·$(x-\bar x)(y-\bar y)$ | ink·$(y-\bar y)^2$ |
# |---|---|---|---|---|---|---|---|---|
# | 3 | 1 | 0.5 | 1.5 | 0.5 | 0 | −1 | 0 | 0.5 |
# | 4 | 1 | 1 | 4 | 1 | 1 | −1 | −1 | 1 |
# | 3 | 2 | 1 | 3 | 2 | 0 | 0 | 0 | 0 |
# | 2 | 3 | 1 | 2 | 3 | −1 | 1 | −1 | 1 |
# | 3 | 3 | 0.5 | 1.5 | 1.5 | 0 | 1 | 0 | 0.5 |
# | | | **4** | **12** | **8** | | | **−2** | **3** |
#
# The slant is the covariance of $x$ and $y$ over the variance of $y$, which is the slope of the line that fits best
# when $x$ is predicted from $y$. Both are means over the ink, so the mass cancels: $-2/3 \approx -0.67$. (In the pictures a
# cross marks the mean place, and the line through it has this slope. Its length only makes it easy to see.)

# %% id="pose-loop"
toy = torch.zeros(5, 5)
toy[1, 3], toy[1, 4], toy[2, 3], toy[3, 2], toy[3, 3] = 0.5, 1, 1, 1, 0.5


def pose_by_loop(picture):
    """The pose of one picture (h, w) with some ink in it: three numbers."""
    lit = [(x, y, ink) for y, row in enumerate(picture.tolist()) for x, ink in enumerate(row)]
    mass = sum(ink for _, _, ink in lit)
    mean_x = sum(ink * x for x, _, ink in lit) / mass
    mean_y = sum(ink * y for _, y, ink in lit) / mass
    covariance = sum(ink * (x - mean_x) * (y - mean_y) for x, y, ink in lit) / mass
    variance = sum(ink * (y - mean_y) ** 2 for _, y, ink in lit) / mass
    return mean_x, mean_y, covariance / variance


print("pose of the toy: x {:.2f}, y {:.2f}, slant {:.2f}".format(*pose_by_loop(toy)))

# %% id="toy-picture"
pictures.posed(
    [toy],
    [pose_by_loop(toy)],
    titles=["the toy"],
    alt="A 5 by 5 picture with five lit pixels that form a rough slash. A cross marks the mean place at column 3, row 2; "
    "a line through it leans to the right.",
)

# %% [markdown] id="exercise-pose"
# This is easy to read, and far too slow: it visits one pixel after the other, in one image. Now do it for a whole batch at
# once. Replace each `...` in the cell; the comment beside it says which shape belongs there. (The three numbers are a pose
# only, and not yet a capsule: the length of this vector says nothing about presence. At the end of the lesson we put the
# slant and a presence together in one vector.)
#
# {{ exercise 01-pose }}


# %% id="pose"
def pose(image, eps=1e-8):
    """Where the ink is and how it leans. image (b, h, w) → (b, 3): mean column x, mean row y, slant"""
    h, w = image.shape[1:]
    ### BEGIN SOLUTION
    # stub: x = ...  # (w,)       the column of every pixel
    # stub: y = ...  # (h, 1)     the row of every pixel
    # stub: mass = ...  # (b,)    the ink of every image, plus eps
    # stub: mean_x = ...  # (b,)
    # stub: mean_y = ...  # (b,)
    # stub: dx = ...  # (b, 1, w)  how far each pixel is to the right of the mean
    # stub: dy = ...  # (b, h, 1)  how far below
    # stub: covariance = ...  # (b,)
    # stub: variance = ...  # (b,)
    # stub: return ...  # (b, 3)
    x = torch.arange(w, dtype=image.dtype)  # (w,)
    y = torch.arange(h, dtype=image.dtype)[:, None]  # (h, 1)
    mass = image.sum(dim=(1, 2)) + eps  # (b,)
    # x̄ = Σ ink·x / Σ ink, ȳ = Σ ink·y / Σ ink
    mean_x = (image * x).sum(dim=(1, 2)) / mass
    mean_y = (image * y).sum(dim=(1, 2)) / mass
    dx = x - mean_x[:, None, None]  # (b, 1, w)
    dy = y - mean_y[:, None, None]  # (b, h, 1)
    # slant = cov(x, y) / var(y)
    covariance = (image * dx * dy).sum(dim=(1, 2)) / mass
    variance = (image * dy * dy).sum(dim=(1, 2)) / mass
    return torch.stack([mean_x, mean_y, covariance / (variance + eps)], dim=1)
    ### END SOLUTION


pose = checks.pose(pose)

# %% id="pose-equal"
some = digits.images[:100, 0]  # (b=100, 28, 28)
by_loop = torch.tensor([pose_by_loop(picture) for picture in some])
print(f"100 digits, loop against tensors: the largest difference is {(pose(some) - by_loop).abs().max():.3f}")
print(tuple(some.shape), "became", tuple(pose(some).shape))

# %% [markdown] id="parts-again"
# Remember the two pictures that the bag could not tell apart. Give every quarter a pose of its own:


# %% id="parts-poses"
def alone(n, order):
    """Quarter n in its place of the layout, the other three left black."""
    return lay_out([quarters[k] if k == n else torch.zeros(10, 8) for k in order])


before = torch.stack([alone(n, order=(0, 1, 2, 3)) for n in range(4)])
after = torch.stack([alone(n, order=(3, 2, 1, 0)) for n in range(4)])
print("              in order: x, y, slant    exchanged: x, y, slant")
for n, (p, q) in enumerate(zip(pose(before).tolist(), pose(after).tolist(), strict=True)):
    print(f"quarter {n}:" + "".join("{:14.1f}{:6.1f}{:6.2f}".format(*numbers) for numbers in (p, q)))

# %% [markdown] id="parts-poses-read"
# The same four parts have the same four slants, at four other places. A layer above that hears these poses, and not
# only "there are such parts", can say: this is no 4. That is the plan of the whole course. The children report
# poses, and the parents check whether they fit together.
#
# (We cheated in one respect: we cut the quarters out, so that each pose saw its own ink only. Nobody does this for a network,
# and we come back to it at the end.)

# %% [markdown] id="moves-intro"
# ## Moving a real digit
#
# All our digits are centred. So, to see what a pose is worth, we move one ourselves, by known amounts. A shift by whole
# pixels is exact: `roll` moves the rows and columns. (What leaves on one side comes back on the other, so we stay within
# the black margin.)
#
# For the rest, a matrix $A$ says where a pixel at offset $p$ from the middle of the image goes: to $A\,p$. It is
# easy to trip over the next step. `grid_sample` asks the question backwards: *from where do I fetch this pixel?* So we build
# its grid (with `affine_grid`) from $A^{-1}$.
#
# You may skip the code of the next two cells. The picture below shows what the moves do.


# %% id="moves"
def shift(images, dx, dy):
    return images.roll((dy, dx), dims=(1, 2))  # rows move by dy, columns by dx


def affine(images, matrix):
    """Move what is at offset p from the middle to matrix @ p, p = (x, y). images (b, n, n)"""
    b, h, w = images.shape
    fetch_from = torch.cat([torch.linalg.inv(torch.tensor(matrix)), torch.zeros(2, 1)], dim=1)  # (2, 3)
    grid = torch.nn.functional.affine_grid(fetch_from.expand(b, 2, 3), (b, 1, h, w), align_corners=True)
    return torch.nn.functional.grid_sample(images.unsqueeze(1), grid, align_corners=True).squeeze(1)


# %% id="matrices"
def shear(images, k):
    return affine(images, [[1.0, k], [0.0, 1.0]])  # each row moves right by k per row below the middle


def scale(images, a):
    return affine(images, [[a, 0.0], [0.0, a]])


def rotate(images, degrees):
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    cos, sin = angle.cos().item(), angle.sin().item()
    return affine(images, [[cos, -sin], [sin, cos]])  # clockwise, since y points down


# %% [markdown] id="predict-shear"
# **Predict before you run.** A shear by 0.5 pushes each row of the digit to the right by half a column more than the
# row above it, so that its top leans to the left. By how much does the slant change?
#
# - **a** by 0.5, for every digit
# - **b** by 0.5 times the height of the digit
# - **c** not at all: it is still the same 4

# %% id="predict-shear-answer"
### BEGIN SOLUTION
# stub: checks.predict("01-shear")
checks.predict("01-shear", "a")
### END SOLUTION

# %% id="moves-run"
one = four.unsqueeze(0)  # (b=1, 28, 28)
versions = {
    "as it is": one,
    "shift (4, −3)": shift(one, 4, -3),
    "shear 0.5": shear(one, 0.5),
    "scale 0.7": scale(one, 0.7),
}
poses = pose(torch.cat(list(versions.values())))  # (b=4, 3)
for name, p in zip(versions, poses.tolist(), strict=True):
    print(f"{name:14s} x {p[0]:5.2f}   y {p[1]:5.2f}   slant {p[2]:5.2f}")

# %% id="moves-picture"
pictures.posed(
    [version[0] for version in versions.values()],
    poses,
    titles=list(versions),
    alt="The same 4 four times, with a cross at its mean place and a line along its slant: as it is; shifted right and up, "
    "cross and line with it; sheared, the line now leaning left; smaller, with a shorter line.",
)

# %% [markdown] id="moves-read"
# The shift added exactly 4 and −3 and left the slant alone. The shear added 0.5 to
# the slant. Here is why: it moves a pixel to $x' = x + k\,(y - m)$, with $m$ the middle row, so that
# $\mathrm{cov}(x', y) = \mathrm{cov}(x, y) + k\,\mathrm{var}(y)$. Divided by the variance, that is the old slant plus
# $k$. It also moved $\bar x$, from 14.44 to 14.82: the mean of the ink is 0.77 rows below the middle row, 13.5, and was
# carried along by half of that. The smaller digit kept its slant, nearly.
#
# (A slant is not quite the lean that you see: the long right-hand stroke of this 4 leans further to the right than its line,
# because all ink pulls, the crossbar too.)

# %% [markdown] id="equivariance"
# ## Equivariance
#
# The pose *changes*, and we can say in advance how. That has a name.
#
# Let $T$ move an image $I$, and let $T'$ be a rule that moves a pose. A feature $f$ is **equivariant** if measuring the
# moved image and moving the measured pose give the same:
#
# $$f(T\,I) = T' f(I)$$
#
# In code, $T$ is `move` and $T'$ is `move_pose`.
#
# It is **invariant** if $f(T\,I) = f(I)$: the special case in which $T'$ does nothing. In a picture, equivariance means
# that both ways round the square lead to the same place (orange: move, then measure; blue: measure, then move the pose):

# %% id="square"
pictures.commuting_square(
    four,
    shift(one, 4, -3)[0],
    "x {:.2f}, y {:.2f}\nslant {:.2f}".format(*poses[0]),
    "x {:.2f}, y {:.2f}\nslant {:.2f}".format(*poses[1]),
    alt="A square. Top left the digit, top right the shifted digit, below each its pose. One way leads right by 'move' and "
    "down by 'f', the other down by 'f' and right by 'move_pose'; both end at the pose of the shifted digit.",
)

# %% [markdown] id="exercise-equivariance"
# {{ exercise 01-equivariance-error }}


# %% id="equivariance-error"
def equivariance_error(f, move, move_pose, image):
    """The largest difference between the two ways round the square: a tensor with one number.

    f           function: images (b, h, w) → features (b, …)
    move        function: images → moved images
    move_pose   function: features → what the features of the moved images ought to be
    image       a batch of images (b, h, w)
    """
    ### BEGIN SOLUTION
    # max | f(T I) − T′ f(I) |
    return (f(move(image)) - move_pose(f(image))).abs().max()
    ### END SOLUTION


equivariance_error = checks.equivariance_error(equivariance_error)

# %% [markdown] id="rules-intro"
# And here are the rules that a pose should obey, in code. The middle of a 28×28 image is at 13.5.


# %% id="rules"
def nothing(features):
    return features


def shift_rule(p):
    return p + torch.tensor([4.0, -3.0, 0.0])


def shear_rule(p, k=0.5, middle=13.5):
    x, y, slant = p.unbind(dim=1)
    return torch.stack([x + k * (y - middle), y, slant + k], dim=1)


def scale_rule(p, a=0.7, middle=13.5):
    x, y, slant = p.unbind(dim=1)
    return torch.stack([middle + a * (x - middle), middle + a * (y - middle), slant], dim=1)


# %% id="errors"
def place(images):
    return pose(images)[:, :2]


def slant(images):
    return pose(images)[:, 2:]


moves = {
    "shift (4, −3)": (lambda images: shift(images, 4, -3), shift_rule),
    "shear 0.5": (lambda images: shear(images, 0.5), shear_rule),
    "scale 0.7": (lambda images: scale(images, 0.7), scale_rule),
}


def bag_sum(images):
    return bag(images, torch.sum)


print("Our pose, with its rule:")
for name, (move, rule) in moves.items():
    print(f"{name:14s} error {equivariance_error(pose, move, rule, one):.2f}")
worst = (pose(scale(some, 0.7)) - scale_rule(pose(some))).abs().amax(dim=0)  # (3,)
print("scale 0.7, the worst of 100 digits: {:.2f} of a column, {:.2f} of a row, slant {:.2f}".format(*worst.tolist()))

# %% [markdown] id="features-intro"
# For the neuron and the two bags we have no rules. So we ask how far they are from *invariant*: the rule is that nothing
# changes. (The slant has its rules. It is in the table to compare.)

# %% id="features"
features = (slant, neuron, bag, bag_sum)
print("rule: nothing changes   slant  neuron  bag, max  bag, sum")
line = "{:20s}{:9.2f}{:8.2f}{:10.2f}{:10.2f}".format
for name, (move, _) in moves.items():
    print(line(name, *(equivariance_error(f, move, nothing, one) for f in features)))
print(line("between digits", *(f(some).std(dim=0).max() for f in features)))  # from one of 100 digits to another

# %% [markdown] id="errors-read"
# In the second table each feature has its own unit. So compare an error with the last row of its column, and not with
# its neighbours. The last row says how much the feature differs from digit to digit: it is the standard deviation over
# 100 digits (for a bag, that of the stroke for which it is largest).
#
# - **Our pose** is equivariant: to this shift and this shear up to rounding, and to scaling up to what the resampled
#   pixels cost. The error mixes pixels and slants, so the last line of the first table shows each alone, for the worst
#   of 100 digits: 0.18 of a row, where our 4 is 20 rows high, and 0.01 of slant. The pose is not invariant, and must
#   not be. (The slant is invariant to shifts, and nearly to scaling.)
# - **The pooled features** are invariant to shifts, and to nothing else here. A sheared or a smaller digit changes them.
#
# A question before you go on: which numbers would a feature get in the second table if it always answers 7? And is it any
# good?
#
# <details><summary>The answer</summary>
#
# It would get 0.00 in every row. The first three rows make it look perfect, and the last gives it away: it is the same for all
# digits. An error of 0 says that a feature follows its rule. It does not say that the feature tells you anything. (The
# neuron, too, has an error of 0 for the shift, and it has forgotten where the digit is.)
#
# </details>
#
# Here is one more error, so that convolution gets its due. *Before* pooling, the maps of strokes follow a shift perfectly:

# %% id="maps"
move = moves["shift (4, −3)"][0]
shift_the_map = equivariance_error(stroke_maps, move, lambda maps: maps.roll((-3, 4), dims=(2, 3)), one)
print(f"stroke maps, rule 'shift the map': error {shift_the_map:.3f}")

# %% [markdown] id="maps-read"
# A convolution keeps the *where* as a place in a map (*place coding*). Pooling loses it: a little with every window, and all
# of it when the window is the whole map. A capsule can write the *where* into its numbers instead (*rate coding*). The same
# choice exists for slants and sizes: a convolution needs one map for each slant, as for / and \\ above, where a capsule
# needs one number. Real capsule networks mix the two: their first capsules are still laid out in a grid, and higher up the
# *where* is meant to move into the numbers.

# %% [markdown] id="exercise-pose-test"
# ## A test that needs no answers
#
# The first table compared our pose with its rules. Now turn it around: somebody hands you *their* function `pose`, and you
# know neither its code nor the right numbers. What you know is what a correct one must do when the image changes.
# Several later lessons ask you for a test like this.
#
# The answer to this exercise is a test. The check runs it on correct functions and on broken ones, and counts what it
# catches and where it cries wolf.
#
# {{ exercise 01-pose-test }}


# %% id="pose-test"
def pose_test(pose):
    """Silent for every right pose, an AssertionError for a broken one. pose: images (b, h, w) → (b, 3)"""
    image = torch.zeros(2, 12, 14)
    image[:, 3:7, 4:9] = torch.rand(2, 4, 5)  # some ink, and black around it
    before = pose(image)  # (b=2, 3)
    ### BEGIN SOLUTION
    moved = pose(image.roll((3, 2), dims=(1, 2)))  # 3 rows down, 2 columns to the right
    assert torch.allclose(moved, before + torch.tensor([2.0, 3.0, 0.0]), atol=1e-3), "it does not follow a shift"
    assert torch.allclose(pose(0.5 * image), before, atol=1e-3), "it depends on the brightness"
    ### END SOLUTION


pose_test = checks.pose_test(pose_test)

# %% [markdown] id="enough"
# ## How many numbers does a pose need?
#
# The rotation is missing from the table. Try to write its rule. For $\bar x$ and $\bar y$ it
# is easy: they turn about the middle of the image. For the slant it is impossible, and two bars show why. (A lying bar has
# slant 0, too: its ink moves neither left nor right from row to row.)

# %% id="bars"
bars = torch.zeros(2, 28, 28)
bars[0, 6:22, 13:15] = 1  # upright
bars[1, 13:15, 6:22] = 1  # lying
turned = rotate(bars, 30)
for name, p, q in zip(("upright", "lying"), pose(bars).tolist(), pose(turned).tolist(), strict=True):
    at_first = f"x {p[0]:.1f}, y {p[1]:.1f}, slant {p[2]:z.2f}"  # z: 0.00, never −0.00
    print(f"{name:8s} bar: {at_first}; after 30° clockwise: slant {q[2]:5.2f}")

# %% id="bars-picture"
pictures.posed(
    torch.cat([bars, turned]),
    pose(torch.cat([bars, turned])),
    titles=["upright", "lying", "upright, 30°", "lying, 30°"],
    alt="An upright and a lying bar, both with a vertical slant line and the cross in the same place; the line of the lying bar "
    "is short. Rotated by 30 degrees, one has a line that leans right, the other a line that leans far to the left.",
)


# %% id="bars-place"
def place_rule(p, degrees=30, middle=13.5):
    angle = torch.deg2rad(torch.tensor(float(degrees)))
    x, y = (p - middle).unbind(dim=1)
    return middle + torch.stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y], dim=1)


off = equivariance_error(place, lambda images: rotate(images, 30), place_rule, one)
print(f"the place of the 4, with its rule: error {off:.2f} pixels")

# %% [markdown] id="bars-read"
# The two bars have the same pose before the move and different slants after it. A rule sees the pose
# and nothing else, and from one pose it would have to make two. So the slant, with only $\bar x$ and $\bar y$ beside it, cannot be
# equivariant to rotations. The place alone can, as the last cell shows: the mean of the ink turns about the middle of the image
# as every pixel does.
#
# More numbers would help the slant: with $\mathrm{var}(x)$, $\mathrm{var}(y)$ and $\mathrm{cov}(x,y)$, all three, in a
# matrix $C$, there is a rule for a rotation $R$: the new matrix is $R\,C\,R^\top$. What a pose must hold depends on the
# moves that it should survive. The parents in CapsNet get 16 numbers, and nobody tells them what each is for.

# %% [markdown] id="breaks"
# ## Where a hand-made pose breaks
#
# So far there has been one whole digit in the image, on black. Now something black covers the lower half of our 4.
#
# **Predict before you run.** What pose do we measure for the half that can still be seen?
#
# - **a** the same as for the whole 4
# - **b** another place, further up, and the same slant
# - **c** another place, and another slant as well

# %% id="predict-half-answer"
### BEGIN SOLUTION
# stub: checks.predict("01-half-covered")
checks.predict("01-half-covered", "c")
### END SOLUTION

# %% id="breaks-run"
covered = four.clone()
covered[14:] = 0
crowd = torch.cat([four, three], dim=1)  # (28, 56): a second digit beside the first
crowd_pose, four_pose, covered_pose = pose(crowd[None])[0], pose(four[None])[0], pose(covered[None])[0]
column = round(crowd_pose[0].item())
print("whole 4:      y {1:.1f}, slant {2:.2f}".format(*four_pose))
print("half covered: y {1:.1f}, slant {2:.2f},".format(*covered_pose), f"{covered.sum() / four.sum():.0%} of the ink")
print(f"a 4 and a 3:  the cross is in column {column}, which holds {crowd[:, column].sum().item():.1f} ink")

# %% id="breaks-picture"
pictures.posed(
    [crowd, covered],
    [crowd_pose, covered_pose],
    titles=["two digits", "half covered"],
    columns=2,
    alt="A 4 and a 3 side by side, with the cross in the black gap between them. And a 4 whose lower half is missing, with "
    "the cross too high and a line that leans left instead of right.",
)

# %% [markdown] id="breaks-read"
# The half-covered digit reports a move that never happened, and a lean the other way. For two digits the pose is that of
# neither: the cross is in the black gap between them.
#
# Our measurement takes in all ink at once, and it cannot decide which ink belongs to what. Capsule networks begin with many
# windows that are smaller than the image (17×17 pixels in CapsNet), so that each takes in less foreign ink, and they *learn*
# what to measure there. One question is left, and it will occupy much of this course: **which parts belong together?**

# %% [markdown] id="build"
# ## A capsule, built by hand
#
# Before we let networks learn them, put presence and pose together once: a capsule for "our 4" with $z = 2$ numbers. They
# have room for a length and *one* number of pose. For the *how* the capsule measures the slant. For the *what* it shears the
# digit until it has the slant of our 4, and then asks the neuron. From the slant we make a vector of length 1 that points
# from the foot of the digit to its top, and multiply it by the neuron's score. We draw it as an arrow: its length is the
# presence, and its direction the lean.

# %% id="capsule"
own_slant = pose(one)[0, 2].item()


def four_capsule(images):
    """images (b, h, w) → vectors (b, z=2): length = is our 4 there?, direction = which way its top leans"""
    vectors = []
    for image in images.split(1):  # (1, h, w)
        slant = pose(image)[0, 2].item()
        presence = neuron(shear(image, own_slant - slant))  # how well it fits once it leans as ours does
        axis = torch.tensor([-slant, 1.0])  # to the right and up, from the foot of the digit to its top
        vectors.append(presence * axis / axis.norm())
    return torch.stack(vectors)


# %% id="capsule-run"
cases = {
    "our 4": one,
    "leaning left": shear(one, 0.5),
    "leaning right": shear(one, -0.4),
    "in faint ink": 0.4 * one,
    "moved": shift(one, 4, -3),
    "a 3": three[None],
    "nothing": torch.zeros(1, 28, 28),
}

# %% [markdown] id="predict-faint"
# **Predict before you run.** The 4 in faint ink has 0.4 times the brightness of ours. What becomes of its arrow?
#
# - **a** it gets shorter and does not turn
# - **b** it stays as it is
# - **c** it gets shorter, and turns

# %% id="predict-faint-answer"
### BEGIN SOLUTION
# stub: checks.predict("01-faint")
checks.predict("01-faint", "a")
### END SOLUTION

# %% id="capsule-answers"
arrows = four_capsule(torch.cat(list(cases.values())))  # (b=7, z=2); the last, of nothing, has no arrow
bare = neuron(torch.cat(list(cases.values())))  # (b=7,)
lean = torch.rad2deg(torch.atan2(arrows[:, 0], arrows[:, 1]))  # degrees from upright, to the right
for name, length, degrees, score in zip(cases, lengths(arrows), lean, bare, strict=True):
    said = f"lean {degrees:4.0f}°" if length > 0.01 else "no lean"
    print(f"{name:14s} length {length:.2f}   {said:10s}   (the bare neuron said {score:.2f})")
for k in (0.5, -0.4):
    back = neuron(shear(shear(one, k), -k)).item()
    print(f"sheared by {k:4.1f} and back by as much: the bare neuron says {back:.2f}")

# %% id="capsule-picture"
pictures.pictures_and_arrows(
    [picture[0] for picture in cases.values()][:6],
    arrows[:6].tolist(),
    titles=list(cases)[:6],
    alt="Six digits, and an arrow below each. Our 4, and the same 4 moved: an arrow that ends at the unit circle, almost "
    "upright. Leaning left and right: nearly as long, turned left and right. Faint ink: less than half as long, not "
    "turned. A 3: half as long, turned a little to the left.",
)

# %% [markdown] id="capsule-read"
# Leaning turns the arrow and hardly shortens it. Fading shortens it and does not turn it. When we made the digit lean,
# the bare neuron lost about a third of its score. The capsule lost only a twentieth, because its picture was resampled
# twice: undoing our shears exactly costs as much (last two lines). Nobody had told it how far we sheared the digit.
# **For this 4, sheared by us, knowing how it leans lets us undo the lean.** Does it help with the other 4s of our set?

# %% id="capsule-control"
images, labels = digits.images[:, 0], digits.labels
other = (labels == 4) & (torch.arange(len(images)) != 24)  # the 4s but ours
tries = torch.stack([neuron(shear(images, k / 10)) for k in range(-6, 7)])  # (13, b)
scores = {
    "bare neuron": neuron(images),
    "slightly blurred": neuron((images + images.roll(1, dims=2)) / 2),  # as resampling blurs
    "best of 13 shears": tries.amax(dim=0),
    "capsule": lengths(four_capsule(images)),
}
for name, score in scores.items():
    fours, rest = score[other], score[labels != 4]
    above = (fours[:, None] > rest).float().mean()  # of all pairs of a 4 and another digit
    print(
        f"{name:19s} 4s {fours.mean():.2f}, the rest {rest.mean():.2f}; the 4 scores higher in {above:.0%} of all pairs"
    )
gain = scores["best of 13 shears"] - scores["bare neuron"]
print(f"\nwhat the best shear gains: 4s {gain[other].mean():.4f}, the rest {gain[labels != 4].mean():.4f}")
undo = own_slant - slant(images)[other]
print(f"the capsule shears these 4s by {undo.abs().mean():.2f} on average")

# %% [markdown] id="capsule-control-read"
# Not here. Take all pairs of a 4 and a digit that is not a 4. With this one template, the neuron gives the 4 the higher score
# in 96 % of them, and the capsule, which contains that neuron, in 92 %. Part of the drop may be mere blur: a slight one costs
# the neuron a point (second row). And for these 4s there is little to undo (last line): 0.11 on average, against the 0.5 and
# 0.4 that we gave ours. In the third row each digit gets the shear that suits it best. (No shear is one of the 13, so
# nobody can lose. It is also the only one that does not blur.) The other 4s gain less than 0.001 on average, the other
# digits 0.03. What separates these 4s from ours is mostly not a shear.
#
# Besides, the length of our capsule reflects brightness as much as certainty: the capsule is less sure of our own 4 in faint
# ink (0.40) than of the 3 (0.55). In the lessons to come, the length gets a limit (02), capsules tell each other what they
# expect (03), and those that agree are heard (04).

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# Here are two mistakes from public code that you can now recognise. (The names, here and in later lessons, are those of
# GitHub accounts. Some mistakes have been fixed since.)
#
# **A root of zero.** The root that gives a length is also in most code for *squash*, the function of lesson 02 that
# gives the length its limit. In the squash of cezannec, EscVM, InnerPeace-Wu, Sarasra and adambielski there was no eps,
# or it was outside the root. At a zero vector the root then has the right value and no usable gradient. (Such a squash
# also divides by the root, and with no eps anywhere that is 0/0 even on the way forward.)


# %% id="wild-root"
def lengths_without_eps(v):
    return (v * v).sum(dim=-1).sqrt()


for name, function in (("without eps", lengths_without_eps), ("lengths", lengths)):
    two = torch.tensor([[0.6, 0.8], [0.0, 0.0]], requires_grad=True)  # one capsule that is there, one that is not
    function(two).sum().backward()
    gradient = [[round(number, 2) for number in row] for row in two.grad.tolist()]
    print(f"{name:13s} gradient {gradient}")

# %% [markdown] id="wild-root-read"
# The slope of $\sqrt{x}$ at 0 is infinite. The chain rule multiplies it by the slopes of the squares, $2v$, which are 0 at a
# zero vector, and infinity times 0 is NaN. One capsule that is exactly zero can turn the gradient of every weight that feeds
# it into NaN. (Lesson 02 shows which layers have such capsules.)
# The price of eps is small: the zero vector gets the length $\sqrt{10^{-8}} = 0.0001$. (`v.norm(dim=-1)` needs none: PyTorch
# gives it the gradient 0 there.) The test that finds the mistake: *call backward at a zero vector and look for NaN*.
#
# **A ReLU on the numbers of a capsule** is in the code of ageron, bourdakos1 and naturomics. Many people put one after every
# layer out of habit. A score that says "how much" loses little that way, but a direction loses every number below 0:

# %% id="wild-relu"
cut = arrows.relu()  # the vectors of our own capsule
lean_after = torch.rad2deg(torch.atan2(cut[:, 0], cut[:, 1]))
for n, name in enumerate(list(cases)[:3]):
    print(
        f"{name:14s} lean {lean[n]:4.0f}° → {lean_after[n]:3.0f}°   length {lengths(arrows)[n]:.2f} → {lengths(cut)[n]:.2f}"
    )

# %% [markdown] id="wild-relu-read"
# For a digit that leans right nothing changes. The digit that leaned to the left is now reported upright, and with a
# shorter length. In the code named here the ReLU is on the children, with 8 numbers each. Their space has $2^8 = 256$
# "quadrants". One of them has no negative number, and it is all that the ReLU leaves. A network that is trained with the
# ReLU can learn to make do with it, so nothing crashes and the mistake goes unnoticed. The test that finds it: *over a
# batch, some entry of some capsule must be negative*.

# %% [markdown] id="recap"
# ## In your own words
#
# Explain to a friend who knows convolutional networks:
#
# 1. what max-pooling is good for, and what it costs;
# 2. the difference between invariant and equivariant, with the 4 as the example;
# 3. why $\mathrm{cov}(x,y)/\mathrm{var}(y)$ follows a rule under shears, and why no such rule exists under rotations;
# 4. what the length and the direction of a capsule's vector say;
# 5. why we cannot simply keep the hand-made pose.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) It makes a feature indifferent to shifts, and it forgets where the feature was, so that parts can change
# places unnoticed. (2) Invariant: the score of the 4 is the same wherever it is. Equivariant: when the 4 moves by 4, the
# number moves by 4. (3) A shear by k adds exactly k to it; two bars with the same slant have different slants after the same
# rotation. (4) Is it there, and how. (5) It lumps all ink together, so a second digit or a covered half ruins it.
# <!-- END SOLUTION -->

# %% id="board"
checks.board("01")

# %% [markdown] id="further"
# **Further reading**
#
# - G. Hinton, A. Krizhevsky, S. Wang, *Transforming Auto-encoders*, ICANN 2011: where capsules begin, and why they should be
#   "equivariant" rather than invariant.
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829: the abstract and
#   section 1, on length and direction.
# - M.-K. Hu, *Visual Pattern Recognition by Moment Invariants*, IRE Transactions on Information Theory 8, 1962: moments of the
#   ink, up to the third order, combined so that they do *not* change when the figure is moved, scaled or rotated (invariance,
#   where this lesson wants equivariance).
#
# **Next:** in [lesson 02](02_squash.ipynb) the length of a capsule gets a limit of 1, without its direction noticing: squash.
