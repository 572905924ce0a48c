# %% [markdown] id="title"
# # 11 · Dimension perturbation
#
# **You will be able to**
#
# - turn one number of a capsule and draw what it does, without the three usual slips;
# - measure an effect on drawings, with an interval, and keep its size apart from its certainty;
# - tell which of 96 correlations you may believe;
# - test whether a dimension has a meaning of its own, or only directions have;
# - check equivariance: move a real image, and see whether the pose answers.
#
# **Minutes:** 75 · **Prerequisites:** lessons 05 (mask, decoder) and 06 (CapsNet). Lesson 09 helps.

# %% [markdown] id="hook"
# ## What are the sixteen numbers?
#
# A capsule's length says *whether* a digit is there. Its sixteen numbers are supposed to say *how*. In 2017 Sabour, Frosst
# and Hinton turned single numbers and looked at what the decoder drew. Their figure 4 gives names to six of them: scale and
# thickness, localized part, stroke thickness, localized skew, width and translation, localized part.
#
# Here are three numbers of one capsule, each turned from −0.25 to 0.25. Write down a name for each row, before you go on.

# %% id="setup"
import torch

import capsule_tutor as caps
from capsule_tutor import checks, data, figures, functional, layers, models
from capsule_tutor.functional import lengths
from capsule_tutor.measure import PROPERTIES, measure

torch.set_num_threads(1)  # one core is enough for this lesson
torch.set_grad_enabled(False)  # we look at trained networks; only one section trains
network = caps.load("efficient-capsnet-mnist")
splits = [data.digits(name) for name in ("validation", "test")]
images, labels = (torch.cat(parts) for parts in zip(*splits, strict=True))  # (n, 1, 28, 28), (n,)
capsules = torch.cat([network(part) for part in images.split(100)])  # v (n, j, z)
print("images:", len(images), " capsules:", tuple(capsules.shape))

# %% id="hook-picture"
deltas = torch.linspace(-0.25, 0.25, 11)  # steps of 0.05
four = int((labels == 4).nonzero()[0])  # the first 4
rows = torch.zeros(3, 11, 16)  # (row, step, z)
for row, k in enumerate((9, 7, 3)):
    rows[row, :, k] = deltas
v = capsules[[four] * 33]  # (33, j, z)
drawn = network.decoder(functional.perturb(v, rows.flatten(0, 1))).view(3, 11, 28, 28)
figures.grids(
    {"dimensions 9, 7 and 3": drawn},
    xlabel="added to the dimension",
    ylabel="row",
    steps=(-0.25, 0, 0.25),
    cell=42,
    alt="Three rows of eleven drawings of one digit 4. In each row one of the capsule's numbers goes from −0.25 to 0.25; the "
    "middle column is the same in all rows, and away from it the rows change in different ways.",
)

# %% [markdown] id="hook-question"
# Names come easily. But a name is a claim, and it can be tested: would *another* 4 move in the same way? A 7? Another network? Does the
# number do one thing, or a bit of everything? In this lesson you make the picture, and then you replace the eye by a ruler.

# %% [markdown] id="toy"
# ## 1 · Turn one knob, by hand
#
# Three capsules of two numbers, and a decoder for the head: the first pixel is the sum of all first numbers that it gets, the second
# pixel the sum of all second numbers.

# %% id="toy-code"
toy = torch.tensor([[[0.1, 0.0], [0.6, -0.2], [0.0, 0.3]]])  # v (b=1, j=3, z=2)


def toy_decoder(masked):  # (m, j·z = 6) → (m, 2)
    return masked.view(-1, 3, 2).sum(dim=1)


masked = functional.mask_capsules(toy)  # (b, j·z): capsule 1 is the longest
print("masked ", [round(x, 2) for x in masked[0].tolist()])
print("drawing", [round(x, 2) for x in toy_decoder(masked)[0].tolist()])

# %% [markdown] id="toy-text"
# Turn the second number by +0.1. On paper: the kept pose $(0.6, -0.2)$ becomes $(0.6, -0.1)$, four slots stay zero, and the drawing
# is $(0.6, -0.1)$.
#
# Public code has two other ways to do it. The first **sets** the number to 0.1. The second adds 0.1 to the second number of
# *every* capsule, after the mask. Work out both drawings; then run.

# %% id="toy-ways"
delta = torch.tensor([0.0, 0.1])  # (z,)
added, put, everywhere = (masked.view(3, 2).clone() for _ in range(3))  # (j, z)
added[1] += delta
put[1, 1] = 0.1
everywhere += delta
for way, slots in (("add", added), ("set", put), ("add to all slots", everywhere)):
    print(f"{way:17s} slots {[round(x, 2) for x in slots.flatten().tolist()]}", end="  ")
    print("drawing", [round(x, 2) for x in toy_decoder(slots.flatten())[0].tolist()])

# %% [markdown] id="toy-read"
# All three draw something, and all three drawings move when the knob is turned. Nothing crashes. What tells them apart is the
# knob's *middle*: turn it to 0.
#
# **Predict before you run.** The right way, with a delta of zeros. What does the decoder draw?
#
# - **the image**
# - **the reconstruction**
# - **black**

# %% id="predict-zero"
### BEGIN SOLUTION
# stub: guess = "?"  # "the image", "the reconstruction" or "black"
guess = "the reconstruction"
### END SOLUTION
checks.predict("11-zero", guess)

# %% [markdown] id="exercise-perturb"
# ## Your turn: perturb
#
# {{ exercise 11-perturb }}


# %% id="perturb"
def perturb(v, delta, index=None):
    """Keep one capsule per image and move it.

    v         (b, j, z)
    delta     (z,), added to the kept pose
    index     (b,) which capsule to keep; None keeps the longest
    returns   (b, j·z), zeros for all other capsules
    """
    ### BEGIN SOLUTION
    if index is None:
        index = functional.lengths(v).argmax(dim=1)
    keep = torch.nn.functional.one_hot(index, v.shape[1]).to(v.dtype)  # (b, j)
    return ((v + delta) * keep.unsqueeze(2)).flatten(1)
    ### END SOLUTION


perturb = checks.perturb(perturb)

# %% id="perturb-try"
zero = torch.zeros(16)
nothing = perturb(capsules, zero)  # (n, j·z)
turned = perturb(capsules, zero.index_fill(0, torch.tensor(9), 0.25))
print("delta 0 gives what the mask gives:", torch.equal(nothing, functional.mask_capsules(capsules)))
print("numbers that differ, per image:", (nothing != turned).sum(dim=1).unique().tolist())

# %% [markdown] id="predict-which-text"
# **Predict before you run.** A tool shows a visitor's own digit, and the network misreads it. Which capsule should the knobs turn, if
# the picture is to show what the network *believes*?
#
# - **the true class**
# - **the longest capsule**

# %% id="predict-which"
### BEGIN SOLUTION
# stub: guess = "?"  # "the true class" or "the longest capsule"
guess = "the longest capsule"
### END SOLUTION
checks.predict("11-which", guess)

# %% id="which"
said = lengths(capsules).argmax(dim=1)  # (n,)
wrong = (said != labels).nonzero().squeeze(1)
print(f"here the choice matters for {len(wrong)} of {len(labels)} images")
shown = wrong[:4]
by_said, by_truth = (network.decoder(perturb(capsules[shown], zero, who[shown])) for who in (said, labels))
print("true classes:   ", labels[shown].tolist())
print("longest capsule:", said[shown].tolist())

# %% id="which-picture"
figures.grids(
    {"": torch.stack([images[shown].flatten(1), by_said, by_truth]).view(3, 4, 28, 28)},
    xlabel="row 0: image, row 1: longest capsule, row 2: true class",
    ylabel="row",
    cell=70,
    alt="Three rows of four. Above, images that the network misreads; in the middle what the longest capsule draws; below what "
    "the capsule of the true class draws.",
)

# %% [markdown] id="which-read"
# Turning the knobs of the true class answers another question: how *would* this be drawn, had the network known? We will need
# this too, when we compare images of one class. Just say which of the two you do. A visitor's digit has no true class that anyone could look up.

# %% [markdown] id="grid"
# ## 2 · The grid of the paper
#
# Sixteen dimensions, eleven steps each: 176 drawings from one image. The encoder runs once, since the pose is turned behind it.
#
# {{ exercise 11-tweak-grid }}


# %% id="tweak-grid"
def tweak_grid(v, deltas, decode):
    """Every dimension of the longest capsule, alone, by every step.

    v         (1, j, z), of one image
    deltas    (n,)
    decode    (m, j·z) → (m, p)
    returns   (z, n, p)
    """
    ### BEGIN SOLUTION
    z, n = v.shape[2], len(deltas)
    moves = torch.eye(z, dtype=v.dtype)[:, None] * deltas[None, :, None]  # (z, n, z)
    masked = [functional.perturb(v, move) for move in moves.flatten(0, 1)]  # z·n times (1, j·z)
    return decode(torch.cat(masked)).unflatten(0, (z, n))
    ### END SOLUTION


tweak_grid = checks.tweak_grid(tweak_grid)

# %% id="grid-one"
grid = tweak_grid(capsules[four][None], deltas, network.decoder)  # (z, n, p)
print("grid", tuple(grid.shape))
middle = network.decoder(functional.mask_capsules(capsules[four][None]))  # (1, p)
print("the middle column is the reconstruction:", torch.allclose(grid[:, 5], middle.expand(16, -1), atol=1e-6))

# %% id="grid-one-picture"
figures.grids(
    {f"a {labels[four]}": grid.view(16, 11, 28, 28)},
    xlabel="added to the dimension",
    ylabel="dimension z",
    steps=(-0.25, 0, 0.25),
    alt="A grid of 16 rows and 11 columns of drawings of one 4. Each row turns one dimension from −0.25 to 0.25. The middle column is "
    "the same drawing sixteen times.",
)

# %% [markdown] id="grid-read"
# Which rows would you call "thickness"? Which "slant"? Are there rows that hardly change? Rows of which the two ends
# differ in more than one way? Keep your notes for section 3.
#
# Now one image of every class. Pick one row number, and follow it through the ten grids.

# %% id="grid-all"
panels = {}
for digit in range(10):
    first = int(((labels == digit) & (said == digit)).nonzero()[0])
    pictures = tweak_grid(capsules[first][None], deltas, network.decoder).view(16, 11, 28, 28)
    panels[f"class {digit}"] = torch.nn.functional.avg_pool2d(pictures, 2)  # a quarter of the pixels: small is enough

# %% id="grid-all-picture"
figures.grids(
    panels,
    xlabel="added to the dimension, −0.25 to 0.25",
    ylabel="dimension z",
    columns=5,
    cell=13,
    alt="Ten small grids, one for each class from 0 to 9, each with 16 rows, one per dimension, and 11 columns, from −0.25 to "
    "0.25. The middle column of each shows its digit as reconstructed.",
)

# %% [markdown] id="explorer"
# ### With your own hands
#
# The explorer does the same with sliders, live. (It needs a running kernel. Read on a web page, the cell below shows nothing; the grids
# above are its still pictures.) Try: the sweep; the mode *set*; a misclassified image; a drawing of your own. Every slider starts at its
# middle, and the bars below the pictures are the lengths *after* the turn.

# %% tags=["nbval-ignore-output"] id="explorer-show"
from capsule_tutor.widgets import explorer

view = explorer("efficient-capsnet-mnist", data.digits("test"))
view

# %% [markdown] id="measure"
# ## 3 · A ruler instead of an eye
#
# The package has a ruler: `measure` gives six numbers for each picture, from moments of its ink: thickness of the strokes, slant, width,
# height, and the centre's place x and y. All are in pixels but slant, which is pixels to the right per pixel up.

# %% id="measure-try"
reconstructions = network.decode(capsules, labels)  # the true class's capsule, (n, 1, 28, 28)
ruler = measure(reconstructions)  # (n, property)
print("of the first 4:  ", {p: round(x, 2) for p, x in zip(PROPERTIES, ruler[four].tolist(), strict=True)})
spread = ruler[labels == 4].std(dim=0)  # how much the 4s differ anyway, (property,)
print("spread of all 4s:", {p: round(x, 2) for p, x in zip(PROPERTIES, spread.tolist(), strict=True)})

# %% [markdown] id="lines-text"
# Does dimension 9 move the centre of *every* 4? Five of them, turned step by step:

# %% id="lines-picture"
fours = (labels == 4).nonzero().squeeze(1)  # (m,)


def drawn_moved(net, v, index, k, step):
    """The ruler on drawings with `step` added to dimension k. v (n, j, z), step a number or (n,) → (n, property)"""
    delta = torch.zeros(len(v), v.shape[2])
    delta[:, k] = step
    return measure(net.decoder(functional.perturb(v, delta, index)).view(-1, 1, 28, 28))


line = torch.stack([drawn_moved(network, capsules[fours], labels[fours], 9, d) for d in deltas])  # (step, m, property)
figures.curves(
    deltas,
    {f"image {n}": line[:, n, 5] for n in range(5)},
    xlabel="added to dimension 9",
    ylabel="centre y of the drawing (pixels)",
    alt="Five lines, one for each of five images of a 4: the height of the drawing's centre over what is added to dimension 9.",
)

# %% [markdown] id="correlation-text"
# One number for "do they go together" is Pearson's correlation $r$: multiply the deviations of $x$ and $y$ from their means,
# add up, and divide by what the lengths of the two lists of deviations allow at most. $r$ lies between −1 and 1, and
#
# $$\operatorname{atanh} r \;\pm\; \frac{1.96}{\sqrt{n-3}}, \qquad \text{then } \tanh \text{ of both ends}$$
#
# is its 95 % interval (Fisher 1921). It holds for $n$ **independent** pairs.
#
# {{ exercise 11-correlation }}


# %% id="correlation"
def correlation(x, y):
    """Pearson's r and Fisher's 95 % interval. x (n,), y (n,) → (r, low, high), numbers"""
    ### BEGIN SOLUTION
    x, y = x.double() - x.double().mean(), y.double() - y.double().mean()
    r = (x @ y / (x.norm() * y.norm())).clamp(-1, 1)
    half = 1.96 / (len(x) - 3) ** 0.5
    low, high = torch.tanh(torch.atanh(r) - half), torch.tanh(torch.atanh(r) + half)
    return r.item(), low.item(), high.item()
    ### END SOLUTION


correlation = checks.correlation(correlation)

# %% [markdown] id="trap"
# ### Eleven steps are not eleven images
#
# The trap: put all steps of all images on one heap. 60 images with 11 steps look like 660 points, and the interval shrinks. But the eleven drawings of one
# image share everything else about that image: they are not independent. With 110 steps the interval would shrink further, and nobody would have seen another 4.
#
# Our way: **each image gets one delta of its own**, drawn at random between −0.25 and 0.25. Then $n$ is the number of images.

# %% id="trap-run"
torch.manual_seed(0)
heap_x, heap_y = deltas.repeat_interleave(len(fours)), line[:, :, 5].flatten()
one = torch.rand(len(fours)) * 0.5 - 0.25  # (m,), one delta per image
once = drawn_moved(network, capsules[fours], labels[fours], 9, one)  # (m, property)
for name, x, y in (("all steps on a heap", heap_x, heap_y), ("one delta per image", one, once[:, 5])):
    r, low, high = correlation(x, y)
    print(f"{name}: n = {len(x):3d}, r = {r:.2f}, interval {low:.2f} to {high:.2f}, width {high - low:.2f}")

# %% [markdown] id="trap-read"
# Compare the widths. The first is made up of nothing but repetition. (Even our way is not beyond reproach: 13 people wrote these digits, and two 4s of one
# person are not quite strangers. An honest interval is wider still, and we cannot say by how much, since the data do not tell who wrote what.)

# %% [markdown] id="table"
# ### All 96 of them
#
# Sixteen dimensions, six properties, one class. `responses` gives each image its own delta for each dimension. Two correlations are of
# interest: of the delta with the property *as drawn*, and with its *change* against the same image's own reconstruction. The first asks:
# is the knob felt among all the ways in which 4s differ anyway? The second: does it push every 4 the same way?


# %% id="table-code"
def responses(net, v, index):
    """One random delta per image and dimension. v (n, j, z) → deltas (n, z), drawn and change (n, z, property)"""
    torch.manual_seed(1)
    given = torch.rand(len(v), v.shape[2]) * 0.5 - 0.25
    before = measure(net.decode(v, index))
    drawn = torch.stack([drawn_moved(net, v, index, k, given[:, k]) for k in range(v.shape[2])], dim=1)
    return given, drawn, drawn - before[:, None]


def table_of(given, values):
    """(n, z), (n, z, property) → r, low, high, stacked: (3, z, property)"""
    z, p = values.shape[1:]
    cells = [[correlation(given[:, k], values[:, k, q]) for q in range(p)] for k in range(z)]
    return torch.tensor(cells).permute(2, 0, 1)


given, drawn4, change4 = responses(network, capsules[fours], labels[fours])
as_drawn, as_change = table_of(given, drawn4), table_of(given, change4)

# %% id="table-best"
for name, table in (("as drawn", as_drawn), ("as change", as_change)):
    for q, prop in enumerate(PROPERTIES):
        k = int(table[0, :, q].abs().argmax())
        r, low, high = table[:, k, q].tolist()
        print(f"{name:9s} {prop:9s} strongest: dimension {k:2d}, r = {r:5.2f} ({low:5.2f} to {high:5.2f})")

# %% id="table-show"
from matplotlib import pyplot


def show_tables(tables, alt, label, most=1.0, numbers=False):
    """tables: title → (z, property)"""
    figure, every = pyplot.subplots(1, len(tables), figsize=(4.2 * len(tables), 5), squeeze=False, layout="constrained")
    for axes, (title, table) in zip(every[0], tables.items(), strict=True):
        drawn = axes.imshow(table, cmap=pyplot.get_cmap("RdBu_r", 41), vmin=-most, vmax=most, aspect="auto")
        axes.set_xticks(range(len(PROPERTIES)), PROPERTIES, rotation=30)
        axes.set(title=title, ylabel="dimension z", yticks=range(16))
        for (k, q), value in [((k, q), table[k, q].item()) for k in range(16) for q in range(6) if numbers]:
            colour = "white" if abs(value) > 0.6 * most else "black"
            axes.text(q, k, f"{value:.1f}", ha="center", va="center", fontsize=8, color=colour)
    figure.colorbar(drawn, ax=every[0].tolist(), label=label)
    figures.show(figure, alt)


# %% id="table-picture"
show_tables(
    {"class 4, as drawn": as_drawn[0], "class 4, change": as_change[0]},
    label="correlation with the delta",
    alt="Two tables of 16 dimensions by 6 properties, coloured by correlation with the delta: left with the property of the drawing, right with "
    f"its change. Cells beyond ±0.5: left {int((as_drawn[0].abs() > 0.5).sum())} of 96, right {int((as_change[0].abs() > 0.5).sum())}.",
)

# %% [markdown] id="chance-text"
# ### How many would chance give?
#
# We have looked 96 times. Of 96 intervals that hold with 95 %, about $0.05 \cdot 96 \approx 5$ miss the truth by bad luck. The control: shuffle the deltas
# among the images, so that no knob has anything to do with its drawing. And the remedy (Bonferroni): ask for $1 - 0.05/96$ instead of
# 95 %, so that a *whole table* without any effect shows a false one in 5 % of cases only. That takes 3.47 standard errors instead of 1.96.

# %% id="chance"
torch.manual_seed(2)
shuffled = table_of(given[torch.randperm(len(given))], drawn4)
surprise = (len(fours) - 3) ** 0.5
for name, table in (("as drawn", as_drawn), ("as change", as_change), ("shuffled deltas", shuffled)):
    away = (torch.atanh(table[0]).abs() * surprise).flatten()  # standard errors from 0
    counts = [int((away > limit).sum()) for limit in (1.96, 3.47)]
    print(
        f"{name:15s}: {counts[0]:2d} of 96 beyond 1.96, {counts[1]:2d} beyond 3.47; largest |r| {table[0].abs().max():.2f}"
    )

# %% [markdown] id="chance-read"
# Start at the bottom. *Shuffled*: this much a table shows where there is nothing to see. What lies beyond 1.96 there is the luck of looking often, and the stricter
# limit is there to silence it. *As change*: what the knobs do to an image's own reconstruction. *As drawn*: how much of that stands out of the variety of 4s.
#
# The striking thing is how *many* are left. We looked for the one property of a dimension and the one dimension of a property, and found nearly all of them tied to nearly all.
#
# ### Certain is not the same as large
#
# $r$ tells how *reliable* an effect is. How *large* is it? Take the change per full turn (0.25) and measure it in units of how much the 4s differ
# anyway. An effect of 1 moves a typical 4 as far as two typical 4s are apart.


# %% id="slopes"
def slopes(net, v, index):
    """Change of each property per unit of each dimension, between −0.25 and 0.25. v (n, j, z) → (n, z, property)"""
    ends = [[drawn_moved(net, v, index, k, end) for end in (-0.25, 0.25)] for k in range(v.shape[2])]
    return torch.stack([(high - low) / 0.5 for low, high in ends], dim=1)


slope = slopes(network, capsules, labels)  # (n, z, property), every image and its true class
turn4 = 0.25 * slope[fours].mean(dim=0) / spread  # (z, property)
k, q = divmod(int(turn4.abs().argmax()), 6)
print(f"largest: dimension {k} on {PROPERTIES[q]}, {turn4[k, q]:.1f} spreads per turn")
print(f"median of all 96: {turn4.abs().median():.2f} spreads; below a tenth: {(turn4.abs() < 0.1).sum()} of 96")
own = capsules[fours, 4]  # (m, z)
natural = slope[fours].mean(dim=0) * own.std(dim=0)[:, None] / spread  # a turn as far as two 4s differ
print(f"how much the 4s differ in a dimension, median: {own.std(dim=0).median():.2f} (a full turn is 0.25)")
print(f"median effect of such a natural turn: {natural.abs().median():.2f} spreads")

# %% id="slopes-picture"
show_tables(
    {"class 4": turn4},
    label="change per turn of 0.25, in spreads of the 4s",
    most=3.0,
    numbers=True,
    alt="A table of 16 dimensions by 6 properties for class 4: by how many spreads of the 4s a turn of 0.25 changes the property. "
    "The cells differ widely in strength and in sign.",
)

# %% [markdown] id="slopes-read"
# Two things to take home. A correlation is not an effect: in the table of $r$ a knob that moves every 4 by a hair may look like one that turns it over. And compare the full turn of 0.25 with
# how much the 4s differ by themselves in a dimension. If 0.25 is several times that, then the ends of the famous grid show drawings that **no real 4** of ours would ask for. The grid is a
# caricature: good for seeing, bad for saying how much.

# %% [markdown] id="names"
# ### Do the names hold?
#
# A dimension called "thickness" should move thickness, and the other five properties much less. For every class and every dimension:
# how many properties does it move with certainty (3.47 standard errors of the mean slope), and what share of its total effect is on its strongest one?


# %% id="names-run"
def of_classes(values, number):
    """`number`, such as torch.mean, of the values (n, …) of each class → (class, …)"""
    return torch.stack([number(values[labels == digit], dim=0) for digit in range(10)])


def strongest_share(mean):
    """Mean slopes (class, z, property) → how much of each dimension's total effect is on one property (class, z)"""
    effect = (mean / spreads[:, None]).square()
    return effect.amax(dim=2) / effect.sum(dim=2)


spreads = of_classes(ruler, torch.std)  # (class, property)
mean = of_classes(slope, torch.mean)  # (class, z, property)
error = of_classes(slope, torch.std) / labels.bincount()[:, None, None] ** 0.5
moved = (mean.abs() > 3.47 * error).sum(dim=2)  # (class, z)
print("properties moved by a dimension → how many of the 160 do:", dict(enumerate(moved.flatten().bincount().tolist())))
share = strongest_share(mean)
print(f"share of the strongest property, median of 160: {share.median():.0%}; above 90 %: {(share > 0.9).sum()}")

# %% [markdown] id="names-read"
# So "dimension 9 is the position" is a caption, not a finding: as a rule a dimension moves several properties at once. The few with a share above 90 % would deserve a name, by this ruler.
# And the ruler is ours. It has no word for a "localized part", such as the tail of a 2. A dimension that it finds mixed may do
# *one* thing that we did not think of. What we can say: few of them are any of *our six* things alone.

# %% [markdown] id="classes"
# ## 4 · Does a dimension keep its meaning?
#
# Dimension 9 moves the centre of a 4 up or down. Does the same dimension do the same to the other classes? Let $k$'s **profile** in a class be
# its six effects. If $k$ has a meaning of its own, its profiles in two classes point the same way, and their cosine is near 1.

# %% id="classes-run"
turns = 0.25 * mean / spreads[:, None]  # (class, z, property)
print("dimension 9 on y, classes 0 to 9:", [round(x, 1) for x in turns[:, 9, 5].tolist()])
profiles = turns.permute(1, 0, 2)  # (z, class, property): does a dimension have one profile?
unit = profiles / profiles.norm(dim=2, keepdim=True)
cosines = unit @ unit.transpose(1, 2)  # (z, class, class)
pairs = cosines[:, torch.ones(10, 10).triu(1) > 0]  # (z, 45)
print(f"cosine of one dimension's profiles in two classes: mean {pairs.mean():.2f}, spread {pairs.std():.2f}")
mixed = torch.einsum("acp,bdp->abcd", unit, unit)[~torch.eye(16, dtype=torch.bool)]  # different dimensions
print(
    f"of two different dimensions' profiles:             mean {mixed[:, ~torch.eye(10, dtype=torch.bool)].mean():.2f}"
)

# %% id="classes-picture"
figures.heatmaps(
    {"effect on y": turns[:, :6, 5]},
    xlabel="dimension z (0 to 5)",
    ylabel="class",
    vmax=3.0,
    around_zero=True,
    alt="A table, ten classes by the first six dimensions: how far a turn of 0.25 moves the drawing's centre up, in spreads of the class. "
    "Down a column, signs and strengths change from class to class.",
)

# %% [markdown] id="classes-read"
# A mean cosine near 0, and no nearer to 1 than that of two *different* dimensions: knowing what dimension $k$ does to one class tells nothing about what it does to another. No wonder. Each class has vote matrices of
# its own and its own 16 columns of the decoder's first layer, and no term of the loss ties dimension $k$ of one class to dimension $k$ of
# another. Sabour's figure 4 shows each name with *one* digit, and that is how it must be read.

# %% [markdown] id="axes"
# ## 5 · Axes or directions?
#
# Within one class, is there at least something special about the sixteen *axes*? For a property $p$, the sixteen mean slopes form a vector $g$, and turning the pose
# along $g$ changes $p$ fastest. If an axis had $p$ to itself, then $g$ would lie along that axis: the largest $g_k^2$ would make up all of $\sum_k g_k^2$. The control
# is a direction that knows of no axes: a random one.

# %% id="axes-run"
torch.manual_seed(3)
random = torch.randn(20_000, 16).square()
chance = random.amax(dim=1) / random.sum(dim=1)
low, high = chance.quantile(0.025).item(), chance.quantile(0.975).item()
best = mean.square().amax(dim=1) / mean.square().sum(dim=1)  # (class, property)
print(f"share of the best axis, mean of 60: {best.mean():.2f}; random directions: {chance.mean():.2f}")
inside = ((best >= low) & (best <= high)).double().mean().item()
print(f"inside the middle 95 % of random directions ({low:.2f} to {high:.2f}): {inside:.0%}")

# %% [markdown] id="axes-read"
# The axes are no better than chance: the directions that draw thickness, slant and place lie in the sixteen dimensions as if thrown there at random. So any axis that you look
# at has a bit of everything, and that is what the grid showed.
#
# One can even *prove* that nothing asks for these axes. Take any rotation $Q$ of the sixteen dimensions. Multiply all vote matrices by it, and rotate the decoder's first
# layer along.

# %% id="rotate"
from copy import deepcopy

torch.manual_seed(4)
Q = torch.linalg.qr(torch.randn(16, 16))[0]  # (z, z), a rotation
twin = deepcopy(network)
twin.encoder[2].weight.data = network.encoder[2].weight @ Q  # (i, j, d, z)
twin.decoder[0].weight.data = network.decoder[0].weight @ torch.block_diag(*[Q] * 10)  # (512, j·z)
v, v_twin = network(images[:50]), twin(images[:50])
print("the same lengths: ", torch.allclose(lengths(v), lengths(v_twin), atol=1e-4))
print("the same drawings:", torch.allclose(network.decode(v), twin.decode(v_twin), atol=1e-3))
print("the same poses:   ", torch.allclose(v, v_twin, atol=1e-1))

# %% [markdown] id="rotate-read"
# Two networks with the same lengths, the same drawings and so **the same loss on every image**, and with different axes. Squash, agreement and length know angles and lengths only, and the decoder's first
# layer undoes the rotation. What the loss cannot see, training cannot look for. (Adam works number by number and can see axes a little. If it prefers any, the effect was too small for the test above.)
#
# Methods that do ask for axes put something in the loss that a rotation would change: the β-VAE (Higgins 2017) is the best known. Without such a term, meaningful axes
# should not be expected, not even with very much data (Locatello 2019).

# %% [markdown] id="networks"
# ## 6 · Two networks
#
# **Predict before you run.** Two networks, trained alike on the same images with two seeds. Will dimension 9 of one class mean the same in both?
#
# - **yes**
# - **no**

# %% id="predict-same"
### BEGIN SOLUTION
# stub: guess = "?"  # "yes" or "no"
guess = "no"
### END SOLUTION
checks.predict("11-same", guess)

# %% [markdown] id="match-text"
# Perhaps the number 9 is an accident, and it is dimension 12 over there. So: does CapsNet, trained on the same MNIST, have the same dimensions in another order? Two networks read the same images. For each dimension of the first, look for the dimension of
# the second whose values go along best, over the images of a class. Controls: the second network in *rotated* axes; and its images *shuffled*, which shows how high the best of 16 gets by luck.


# %% id="match-code"
def correlations(a, b):
    """a (n, z), b (n, z) → (z, z), each column of a with each of b"""
    a, b = a - a.mean(dim=0), b - b.mean(dim=0)
    return (a / a.norm(dim=0)).T @ (b / b.norm(dim=0))


def explained(a, b):
    """Share of a's variance in the second half of the images that a linear map of b, fitted on the first, explains."""
    half, b = len(a) // 2, torch.cat([b, torch.ones(len(b), 1)], dim=1)
    first = b[:half]
    fit = torch.linalg.solve(first.T @ first + 0.01 * torch.eye(17), first.T @ a[:half])  # ridge: few images
    return 1 - (a[half:] - b[half:] @ fit).square().sum() / (a[half:] - a[:half].mean(dim=0)).square().sum()


# %% id="match-run-code"
def match(a, b):
    """Poses of the true class, (n, z) each → four numbers, means over the ten classes"""
    torch.manual_seed(5)
    rows = []
    for digit in range(10):
        x, y = a[labels == digit], b[labels == digit]
        turned, mixed = y @ Q, y[torch.randperm(len(y))]
        best = [correlations(x, other).abs().amax(dim=1).mean() for other in (y, turned, mixed)]
        rows.append([*best, explained(x, y)])
    return torch.tensor(rows).mean(dim=0).tolist()


def poses(v):
    return v[torch.arange(len(v)), labels]  # (n, z), of the true class


# %% id="match-run"
capsnet = caps.load("capsnet-mnist")
capsnet_v = torch.cat([capsnet(part) for part in images.split(100)])  # (n, j, z)
as_is, rotated, by_luck, linear = match(poses(capsules), poses(capsnet_v))
print(f"best partner, mean |r|: as it is {as_is:.2f}, in rotated axes {rotated:.2f}, images shuffled {by_luck:.2f}")
print(f"all 16 together explain {linear:.0%} of the variance on images not used for the fit")

# %% [markdown] id="match-read"
# Read it from the right. *Shuffled*: so high is luck. *As it is*: far above luck, and one might write "the networks found the same dimensions". But *rotated*: with axes that were never trained, the best partners are
# about as good. What the two networks share is a **space**, and the last line says how much of it; the axes in it are not shared.
#
# And CapsNet's own axes, with the tests of sections 3 and 5:

# %% id="capsnet-axes"
capsnet_slope = slopes(capsnet, capsnet_v, labels)  # (n, z, property)


def axis_share(s):
    """How much of Σ g² lies on the best axis: mean over classes and properties. s (n, z, property)"""
    g = of_classes(s, torch.mean).square()  # (class, z, property)
    return (g.amax(dim=1) / g.sum(dim=1)).mean().item()


print(f"share of the best axis: CapsNet {axis_share(capsnet_slope):.2f}, random directions {chance.mean():.2f}")
share = strongest_share(of_classes(capsnet_slope, torch.mean))
print(f"share of the strongest property, median of 160: {share.median():.0%}; above 90 %: {(share > 0.9).sum()}")

# %% [markdown] id="seeds"
# This is the network of the paper, and its dimensions are as mixed as the others. The names of figure 4 are good descriptions of *single pictures*.
#
# ### And two seeds of one network?
#
# The same network, the same data, the same recipe, another die. Two small CapsNets (72 children) on the 1,200 offline training digits, some ten seconds each.

# %% id="seeds-code"
train = data.digits("train")


def small_capsnet(seed, epochs=8):
    torch.manual_seed(seed)
    primary = layers.PrimaryCapsules(32, 8, 8, kernel=5, stride=2)
    front = (torch.nn.Conv2d(1, 32, 9, stride=2), torch.nn.ReLU(), primary)
    decoder = models.capsnet().decoder
    net = models.CapsuleNetwork(
        torch.nn.Sequential(*front, layers.RoutedCapsules(72, 10, 8, 16, 3)), decoder, (1, 28, 28)
    )
    adam = torch.optim.Adam(net.parameters(), 0.002)
    for _ in range(epochs):
        for part in torch.randperm(1200).split(50):
            x, y = train.images[part], train.labels[part]
            v = net(x)
            # ten times the paper's weight on the drawing: there are few images and little time
            loss = functional.margin_loss(lengths(v), y) + 10 * functional.reconstruction_loss(net.decode(v, y), x)
            adam.zero_grad()
            loss.backward()
            adam.step()
    return net.eval()


# %% tags=["nbval-ignore-output"] id="seeds-run"
with torch.enable_grad():
    seeds = [small_capsnet(seed) for seed in (0, 1)]
seed_v = [torch.cat([net(part) for part in images.split(100)]) for net in seeds]
same, turned, luck, together = match(*(poses(v) for v in seed_v))
print(f"best partner, mean |r|: as it is {same:.2f}, in rotated axes {turned:.2f}, images shuffled {luck:.2f}")
print(f"all 16 together explain {together:.0%}")
seed_slopes = [slopes(net, v, labels) for net, v in zip(seeds, seed_v, strict=True)]
print("share of the best axis:", [round(axis_share(s), 2) for s in seed_slopes])

# %% id="seeds-claims"
for seed, net in enumerate(seeds):
    print(f"seed {seed}: less than 8 % wrong:", ((net.predict(images) != labels).double().mean() < 0.08).item())
print("partners are far better than luck:               ", same > 2 * luck)
print("trained axes match better than rotated, by > 0.05:", same - turned > 0.05)
print("one explains more than half of the other:        ", together > 0.5)
print("share of the best axis below 0.5 in both:        ", max(map(axis_share, seed_slopes)) < 0.5)
y_of = [of_classes(s, torch.mean)[:, :, 5] for s in seed_slopes]  # (class, z)
alike = torch.nn.functional.cosine_similarity(*y_of, dim=1).mean().item()
print("turning k moves y alike in both (cosine > 0.5):   ", alike > 0.5)

# %% [markdown] id="seeds-read"
# Another seed, the same space, other axes. (One caution: if the share of the best axis that your run printed lies a little above the random one, the axes of these young networks are not *entirely*
# without preference. Below a half, most of every property still lies off its best axis.) So whoever publishes "dimension 5 is the thickness" has said something about one class of one network from one seed. (These two were trained for seconds;
# the two shipped networks above, trained in full on MNIST, give the same picture.)

# %% [markdown] id="equivariance"
# ## 7 · Move the image, not the knob
#
# So far we asked the decoder. Now the **encoder**: move a real image in a known way, and see what the pose does. Lesson 01 called it equivariance: the output should *answer* a transform of the input. Three transforms:
# a shift to the right by −2 to 2 pixels, a rotation, and a thicker pen.


# %% id="moved-code"
def rotate(x, degrees):
    """Counterclockwise. (n, 1, h, w) → the same"""
    c, s = torch.tensor(degrees).deg2rad().cos(), torch.tensor(degrees).deg2rad().sin()
    theta = torch.stack([torch.stack([c, s * -1, c * 0]), torch.stack([s, c, c * 0])])  # (2, 3)
    where = torch.nn.functional.affine_grid(theta.expand(len(x), 2, 3), x.shape, align_corners=False)
    return torch.nn.functional.grid_sample(x, where, align_corners=False)


def thicken(x, share):
    """share 0 is the image, 1 the image with a pen one pixel broader on each side."""
    return (1 - share) * x + share * torch.nn.functional.max_pool2d(x, 3, stride=1, padding=1)


moves = {
    "shift (pixels)": (lambda x, t: x.roll(t, dims=3), (-2, -1, 0, 1, 2)),
    "rotate (degrees)": (lambda x, t: rotate(x, float(t)), (-20, -10, 0, 10, 20)),
    "thicken (share)": (thicken, (0.0, 0.25, 0.5, 0.75, 1.0)),
}

# %% id="moved-picture"
one_image = images[four][None]
figures.grids(
    {
        f"{name}: from {steps[0]} to {steps[-1]}": torch.stack([move(one_image, t)[0, 0] for t in steps])[None]
        for name, (move, steps) in moves.items()
    },
    xlabel="step",
    ylabel="",
    cell=70,
    alt="One image of a 4, moved: in the first row from two pixels to the left to two pixels to the right, in the second rotated from 20 degrees clockwise to "
    "20 counterclockwise, in the third with a thicker and thicker pen.",
)

# %% id="answers-run"
x4, index4 = images[fours], labels[fours]


def answers(net, move, steps):
    """How the pose of capsule 4, and the ruler on its drawing, follow a transform → (step, m, z), (step, m, property)"""
    v = [net(move(x4, t)) for t in steps]
    return torch.stack([u[:, 4] for u in v]), torch.stack([measure(net.decode(u, index4)) for u in v])


followed = {name: answers(network, *how) for name, how in moves.items()}
for (name, (pose, ruled)), prop in zip(followed.items(), ("x", "slant", "thickness"), strict=True):
    q, longest = PROPERTIES.index(prop), lengths(pose).mean(dim=1)  # (step,)
    print(f"{name:17s} {prop} of the drawing: {[round(a, 2) for a in ruled[:, :, q].mean(dim=1).tolist()]}")
    print(f"{'':17s} length of the capsule: {[round(a, 2) for a in longest.tolist()]}")

# %% [markdown] id="answers-read"
# The drawing follows the image, and the capsule stays long as far as the network can follow. (Where the length falls, the network is leaving what it has been trained on.) This is what a capsule promises: *whether* stays, *how* answers.
#
# Which dimensions answer? Let $e$ be the mean change of the pose per pixel of shift, sixteen numbers from the **encoder**. And $g$, from section 5, is the change of the drawing's $x$ per unit of each dimension: sixteen
# numbers from the **decoder**. If both speak of the same thing, then $\sum_k e_k\,g_k$, the chain rule, is how far the drawing should move when the image moves by one pixel: 1.

# %% id="chain"
pose = followed["shift (pixels)"][0]  # (step, m, z)
e = (pose[3] - pose[1]).mean(dim=0).double() / 2  # (z,), per pixel, between −1 and 1
g = mean[4, :, PROPERTIES.index("x")]  # (z,)
parts = e * g
print(f"chain rule: {parts.sum():.2f} pixels of drawing per pixel of image")
print(f"cosine of e and g: {torch.nn.functional.cosine_similarity(e, g, dim=0):.2f}")
torch.manual_seed(6)
directions = torch.nn.functional.normalize(torch.randn(20_000, 16, dtype=torch.double), dim=1)
print(f"random direction against g, 95 % within ±{(directions @ (g / g.norm())).abs().quantile(0.95):.2f}")
order = parts.abs().argsort(descending=True)
needed = int((parts[order].cumsum(0) >= 0.9 * parts.sum()).nonzero()[0]) + 1
print(f"dimensions needed for 90 % of the answer: {needed} of 16, the first: {order[:3].tolist()}")

# %% id="chain-picture"
figure, axes = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
axes.bar([k - 0.2 for k in range(16)], e / e.norm(), width=0.4, color=figures.BLUE, label="e: the encoder answers")
axes.bar(
    [k + 0.2 for k in range(16)],
    g / g.norm(),
    width=0.4,
    color=figures.ORANGE,
    label="g: the decoder draws",
    hatch="//",
)
axes.axhline(0, color="black", linewidth=0.8)
axes.set(xlabel="dimension z", ylabel="share of the vector (length 1)", xticks=range(16))
axes.legend(fontsize=9, loc="upper left")
figures.show(
    figure,
    "Two bars for each of the 16 dimensions of capsule 4: how it answers a shift of the image to the right, and how it moves the drawing to the "
    f"right. Cosine of the two: {torch.nn.functional.cosine_similarity(e, g, dim=0):.2f}. Many dimensions take part.",
)

# %% [markdown] id="chain-read"
# Compare the cosine with the random one: encoder and decoder agree on the *direction* of a shift, better than any accident. And it is a direction: several dimensions share the work, none has it alone. So the capsule does
# hold the place of the digit, as promised. It does not hold it in *a number*.
#
# Rotation and pen, in the same way: is the direction in which the pose answers the one that draws that change?

# %% id="chain-others"
for (name, (pose, _)), prop in zip(followed.items(), ("x", "slant", "thickness"), strict=True):
    first, last = (1, 3) if name != "thicken (share)" else (0, 2)
    answer = (pose[last] - pose[first]).mean(dim=0).double()  # (z,)
    g = mean[4, :, PROPERTIES.index(prop)]
    print(f"{name:17s} against {prop:9s}: cosine {torch.nn.functional.cosine_similarity(answer, g, dim=0):5.2f}")

# %% [markdown] id="chain-others-read"
# (A rotation counterclockwise leans a digit to the *left*, so its cosine with the slant should be negative.) A cosine within the random range printed above means that the two do not
# speak of the same thing: a thicker pen may change more of a pose than what draws thickness.
#
# The shift, for all classes and for CapsNet:

# %% id="chain-all"
for name, net, s in (("Efficient-CapsNet", network, slope), ("CapsNet", capsnet, capsnet_slope)):
    right, left = (torch.cat([net(p.roll(t, dims=3)) for p in images.split(100)]) for t in (1, -1))
    step = ((right - left) / 2)[torch.arange(len(labels)), labels].double()  # (n, z)
    rows = []
    for digit in range(10):
        here = labels == digit
        e, g = step[here].mean(dim=0), s[here].mean(dim=0)[:, PROPERTIES.index("x")]
        rows.append([(e @ g).item(), torch.nn.functional.cosine_similarity(e, g, dim=0).item()])
    (low, low_cosine), (high, high_cosine) = (torch.tensor(rows).sort(dim=0).values[k].tolist() for k in (0, -1))
    print(
        f"{name:18s} chain rule {low:.2f} to {high:.2f} pixels per pixel, cosine {low_cosine:.2f} to {high_cosine:.2f}"
    )

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# | mistake | what one sees | the test |
# |---|---|---|
# | the number is **set**, not added | a plausible row of drawings | delta 0 must give the reconstruction |
# | delta is added to **all ten** capsules, behind the mask | plausible, a little odd | count the slots that are not zero: at most 16 |
# | the **true class** is turned in a tool that says "what the network sees" | fine, until the network is wrong | use a misread image |
# | the **length bars never move**, as they show the pose before the turn | knobs that seem to leave the evidence alone | turn until $\|v\|$ must change |
# | the **encoder runs at every tick** | a slider that stutters | count the encoder's calls: one per image |
# | knobs turned **far beyond** ±0.25 | wild pictures with bold names | compare with how far real poses go |
#
# The first five are in public widgets and tutorials that we read; the sixth needs only a wider slider. The first two, on the real network:

# %% id="wild-slots"
delta = zero.index_fill(0, torch.tensor(9), 0.0)  # delta 0 on dimension 9
v, right = capsules[fours], network.decode(capsules[fours], index4)
put = v.clone()
put[:, :, 9] = delta[9]  # "set"
spoilt = functional.mask_capsules(v, index4).view(-1, 10, 16) + 0.1 * torch.eye(16)[9]  # all ten, by 0.1
clean = functional.perturb(v, 0.1 * torch.eye(16)[9], index4)
print(f"set to 0: largest change of a pixel {(network.decode(put, index4) - right).abs().max():.2f}; should be 0")
print(
    "slots filled, all ten:",
    (spoilt != 0).flatten(1).sum(dim=1).max().item(),
    " clean:",
    (clean != 0).sum(dim=1).max().item(),
)
noise = (network.decoder(spoilt.flatten(1)) - network.decoder(clean)).abs().amax(dim=1)  # (m,)
print(f"what nine foreign slots add to the drawing: up to {noise.max():.2f} in a pixel")

# %% [markdown] id="wild-far"
# And the last. A capsule is shorter than 1, always: squash sees to that. Add 2 to one number and the pose is one that no image can produce. The decoder draws all the same, and its sigmoid goes to black and white:

# %% id="wild-far-run"
far = torch.tensor([0.0, 0.25, 0.5, 1.0, 2.0, 4.0])
for step in far.tolist():
    moved_v = v[:, 4] + step * torch.eye(16)[9]  # (m, z)
    pixels = network.decoder(functional.perturb(v, step * torch.eye(16)[9], index4))
    flat = ((pixels < 0.01) | (pixels > 0.99)).double().mean().item()
    print(f"+{step:4.2f}: pose of length {lengths(moved_v).mean():.2f}, pixels below 0.01 or above 0.99: {flat:.0%}")

# %% id="wild-far-picture"
masked = torch.cat([functional.perturb(v[:1], step * torch.eye(16)[9], index4[:1]) for step in far])
figures.grids(
    {"added to dimension 9: 0, 0.25, 0.5, 1, 2, 4": network.decoder(masked).view(1, 6, 28, 28)},
    xlabel="step",
    ylabel="",
    cell=70,
    alt="Six drawings of one capsule 4 with 0, 0.25, 0.5, 1, 2 and 4 added to dimension 9. The further to the right, the further "
    "the pose is from any that an image could produce.",
)

# %% [markdown] id="recap"
# ## In your own words
#
# Close the notebook and tell a friend who has just written "dimension 5 is the stroke thickness":
#
# 1. which test shows that a knob adds and does not set, and that nine capsules stay silent;
# 2. why eleven steps of sixty images are not 660 observations;
# 3. why a correlation of 0.9 may be a tiny effect, and why the largest of 96 needs a stricter interval;
# 4. what happens to the axes if vote matrices and decoder are rotated together, and what follows for names;
# 5. in what sense a capsule nevertheless knows where its digit is.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) delta 0 must give the reconstruction, and at most 16 slots may differ from zero; (2) the steps of one image share
# everything but the step, and more steps bring no new handwriting; (3) r says how surely, the slope says how much; looking often finds something by luck; (4) they
# turn, and neither lengths nor drawings nor loss notice: the axes are an accident of the seed, the space is not; (5) shift the image and the pose moves along a direction,
# and this is the direction that shifts the drawing.
# <!-- END SOLUTION -->

# %% id="board"
checks.board("11")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Sabour, N. Frosst, G. Hinton, *Dynamic Routing Between Capsules*, NeurIPS 2017, arXiv 1710.09829: section 5.1 and figure 4, the named dimensions.
# - R. A. Fisher, *On the "probable error" of a coefficient of correlation deduced from a small sample*, Metron 1, 1921: the interval.
# - I. Higgins and others, *β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, ICLR 2017: a loss that prefers axes.
# - F. Locatello and others, *Challenging Common Assumptions in the Unsupervised Learning of Disentangled Representations*, ICML 2019, arXiv 1811.12359:
#   why axes with a meaning do not come by themselves.
#
# **Next:** one capsule at a time was easy. Lesson 12 (planned) puts two digits on top of each other, MultiMNIST, and lets each capsule draw its own.
