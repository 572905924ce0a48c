# %% [markdown] id="title"
# # 16 · Capstone
#
# **You will be able to**
#
# - turn your own pictures into a data set whose test is honest;
# - choose a capsule network for square images of 12 to 208 pixels, in grey or colour, and read off what each stage costs;
# - report on a network so that others can check every number;
# - promise a comparison before you run it, keep the promise, and judge whether others have kept theirs.
#
# **Minutes:** 80, 15 more for the appendix, and then your project · **Prerequisites:** lessons 09 (Efficient-CapsNet), 10 and 15 (intervals, paired tests,
# verdicts).

# %% [markdown] id="hook"
# ## Three tracks
#
# A friend sends you a line: *"99.6 %, with half the parameters!"* What do you have to know before you believe it?
#
# This lesson has the tools. Then you choose a track, copy its notebook, and begin.
#
# | track | the question | you hand in | begin with |
# |---|---|---|---|
# | **your own data** | Can a capsule network learn *your* pictures? | report, folder of the run, what the test does not show | [own_data.ipynb](projects/own_data.ipynb) |
# | **small** | How few parameters are enough to read 99.4 % of MNIST? | report over five seeds, entry on the leaderboard, what did not work | [small.ipynb](projects/small.ipynb) |
# | **reproduce** | Does a claim of a paper hold here? | registration, report, verdict, whichever way it comes out | [reproduce.ipynb](projects/reproduce.ipynb) |
#
# **Milestones** of all three: (1) a question of one sentence, and what would answer it with *no*; (2) data, a count of the parameters, or a
# registration, before any training; (3) one short run, to the end, with a report; (4) all runs; (5) the report, and one page of your own words. A
# rubric is at the end.

# %% id="setup"
import statistics
import tempfile
from dataclasses import replace
from math import sqrt
from pathlib import Path

import torch
from IPython.display import HTML
from PIL import Image

from capsule_tutor import checks, data, figures, leaderboard, models, registration, report, study, training

torch.set_num_threads(1)
workshop = Path(tempfile.mkdtemp())  # what this lesson makes goes there, and may be thrown away

# %% [markdown] id="folder"
# ## 1 · Your own data
#
# A folder is a data set. It holds one folder for each class, and in each of these are the pictures. Where you took several
# pictures of **one thing**, give the thing a folder of its own: `leaves/oak/tree in the park/1.jpg`. You will see why.
#
# We do not have your pictures, so we cut some out of paper: discs, squares and triangles, twenty of each. Each thing
# has a colour and is photographed four times.

# %% id="folder-make"
place = data.example_folder(workshop / "shapes")
SHAPE = (3, 28, 28)  # channels, height, width: any photograph is cut to a square and scaled
train = data.folder(place, "train", SHAPE)
print("classes:", ", ".join(train.classes))
for split in ("train", "validation", "test"):
    part = data.folder(place, split, SHAPE)
    print(f"{split:10} {len(part.images):3d} pictures, {len({Path(path).parent for path in part.paths})} things")

# %% id="folder-picture"
figures.images(
    train.images[::12],
    titles=[train.classes[label] for label in train.labels[::12]],
    columns=6,
    alt="Twelve small colour pictures of paper shapes on a dark ground, four discs, four squares and four triangles. Colours, "
    "sizes and turns differ.",
)

# %% [markdown] id="damaged"
# Real folders are never clean. The loader refuses what it cannot use and names the file. But a picture that is another one turned,
# or saved again, it does **not** see: that is for your eyes.

# %% id="damaged-run"
broken = data.example_folder(workshop / "broken")
thing, other = broken / "disc" / "disc 0", broken / "square" / "square 3"


def complaint():
    """What the loader says, without the folder that this lesson happens to use"""
    try:
        data.folder(broken, "train", SHAPE)
    except data.DataError as error:
        return str(error).replace(str(broken), "shapes").replace("\\", "/")


for file, content in ((thing / "notes.txt", b"call Ada"), (other / "twice.png", (thing / "0.png").read_bytes())):
    file.write_bytes(content)
    print(complaint())
    file.unlink()
with Image.open(thing / "0.png") as picture:
    picture.rotate(90).save(other / "turned.png")
print("the same picture, turned, in another class:", complaint() or "no complaint")

# %% [markdown] id="leak"
# ### No thing on both sides
#
# A colleague has split the 240 pictures in one line: every fifth one is for the test. And here is a "network" that is no
# network at all. It looks at a picture's **colour**, finds the training picture whose colour is nearest, and gives that
# one's class. Colours were drawn at random and say nothing about shapes.

# %% id="leak-make"
parts = [data.folder(place, split, SHAPE) for split in ("train", "validation", "test")]
images, labels = (torch.cat([getattr(part, what) for part in parts]) for what in ("images", "labels"))
names = [str(Path(path).parent) for part in parts for path in part.paths]  # "disc/disc 7"
things = torch.tensor([sorted(set(names)).index(name) for name in names])  # (n,) which thing is on the picture

colour = images.amax(dim=(2, 3))  # (n, 3) the paper is lighter than the ground
colour = colour / colour.sum(dim=1, keepdim=True)  # whatever the light


def wrong_by_colour(test, labels=labels):
    """How many test pictures get the wrong class from the training picture of the nearest colour. test (n,) bool"""
    nearest = torch.cdist(colour[test], colour[~test]).argmin(dim=1)
    return int((labels[~test][nearest] != labels[test]).sum()), int(test.sum())


# %% [markdown] id="predict-colour-text"
# **Predict before you run.** Guessing would get 32 of the 48 test pictures wrong. The nearest colour does far better. Why?
#
# - **a** there are only 60 colours, and by chance some of them are more frequent in one class
# - **b** each test picture shows a thing of which other pictures are in the training part
# - **c** pictures that were taken in the same light have similar colours

# %% id="predict-colour"
### BEGIN SOLUTION
# stub: checks.predict("16-colour")
checks.predict("16-colour", "b")
### END SOLUTION

# %% id="leak-count"
every_fifth = torch.arange(len(labels)) % 5 == 0
print("every fifth picture: {} of {} wrong".format(*wrong_by_colour(every_fifth)))

# %% [markdown] id="held-out-text"
# It has a perfect score and no idea of a shape. Each test picture shows a thing with other pictures in the training
# part. The colour tells *which thing* it is, and so its class. Photographs of one patient or one street leak in the
# same way, and so do pages by one writer.
#
# {{ exercise 16-held-out }}


# %% id="held-out"
def held_out(labels, things):
    """labels (n,) and things (n,), the number of the thing that each picture shows → (n,) bool, True for the test"""
    ### BEGIN SOLUTION
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for j in labels.unique():
        own = things[labels == j].unique()
        chosen |= torch.isin(things, own[-max(1, len(own) // 5) :])
    return chosen
    ### END SOLUTION


held_out = checks.held_out(held_out)

# %% id="held-out-count"
print("every fifth picture:   {} of {} wrong".format(*wrong_by_colour(every_fifth)))
ours, of = wrong_by_colour(held_out(labels, things))
print(f"whole things held out: {ours} of {of} wrong")

dice, counts = torch.Generator().manual_seed(0), []
of_thing = torch.zeros(60, dtype=torch.long).scatter(0, things, labels)  # its class
for _ in range(300):
    dealt = of_thing[torch.randperm(60, generator=dice)][things]  # (n,) classes dealt out to the things at random
    counts.append(wrong_by_colour(held_out(dealt, things), dealt)[0])
print(f"classes dealt out at random: {statistics.mean(counts):.0f}, standard deviation {statistics.stdev(counts):.0f}")
print(f"as low as ours, or lower: {sum(count <= ours for count in counts)} of {len(counts)} deals")

# %% [markdown] id="held-out-read"
# That is four fewer than guessing would get wrong. Is that still the leak? It cannot be: no thing is on both sides, and
# we drew the colours at random. It is chance: where the classes are dealt out at random, many of the deals give a count
# as low as ours. With your own pictures you do not know where the colours come from; then twelve things are too few to
# tell. (`data.folder` takes other test things than you, chosen by their names, so that adding a thing hardly moves the
# others.)

# %% [markdown] id="plan"
# ### A network for your images
#
# Efficient-CapsNet was published for three sizes. Its depthwise filters are as large as the last map, or nearly so, and
# for any other size somebody has to find kernels and strides that leave a sensible map. `models.fitting` keeps the
# kernels published for MNIST and proposes strides, `models.plan` counts every stage, and
# `models.efficient_capsnet(classes, shape, layers=…)` builds them. Which stage pays for colour, and which for size?

# %% id="plan-table"
for shape in ((1, 28, 28), (3, 28, 28), (3, 32, 32), (3, 64, 64), (3, 128, 128)):
    *front, primary, votes, decoder = models.plan(3, shape, models.fitting(shape))
    side = front[-1].shape[-1]
    print(
        f"{shape!s:13} last map {side}×{side}, parameters: front {sum(stage.parameters for stage in front):,}, "
        f"capsules {primary.parameters + votes.parameters:,}, decoder {decoder.parameters:,}"
    )

# %% [markdown] id="plan-read"
# Colour adds a little to the first convolution. Size adds nothing to the front, whose filters are used at every place.
# (It costs time there, though.) The capsules follow the last map, which the proposed strides keep between 2×2 and
# 11×11: from 28 to 32 pixels they become dearer, from 32 to 64 cheaper. The decoder pays for both, since it has about
# 1,000 weights for every number that it draws, and half a million before that. If your machine is small, choose a
# smaller `SHAPE`: the loader scales every picture to it.
#
# ### Train, and report
#
# `training.for_folder` makes a recipe for a folder. It sets classes and layers, changes the light instead of turning the pictures, and the more
# numbers an image has, the less weight the reconstruction gets. With narrow layers and twelve epochs the result is poor: here you learn to
# read a report.

# %% id="train"
fast = training.RECIPES["efficient-capsnet-fast"]
narrow = replace(fast, epochs=12, batch_size=16, options={"channels": (8, 16, 16, 40)})
recipe = training.for_folder(narrow, place, SHAPE)
run = workshop / "shapes-0"
if not (run / "result.json").exists():
    training.train(recipe, run, seed=0, device="cpu", precision="float32", threads=1)
found = report.measure([str(run)])
print(f"{sum(found.parameters.values()):,} parameters, {len(found.answers)} test pictures")
for says, one in {"here": narrow, "as the recipe is": fast}.items():
    print(f"{says}: {one.epochs} epochs, steps in each: {len(train.images) // one.batch_size}")

# %% [markdown] id="report-text"
# `capsule-tutor report RUN` writes one page, the same page again as a notebook, and an entry for a leaderboard. Here are
# four parts of the page. **Look at the mistakes first.** In each group of three: the picture, what the capsule of the
# *answer* drew, and what the capsule of the *truth* drew. After so few epochs every capsule draws a blurred ball,
# whatever the shape.

# %% id="report-mistakes" tags=["nbval-ignore-output"]
HTML(report.parts(found, "Error", "Mistakes", "Confusion", "Card"))

# %% id="report-things" tags=["nbval-ignore-output"]
wrong = found.runs[0].wrong.long().reshape(3, 16)  # (class, picture), the four pictures of a thing in a row
counts = wrong.reshape(3, 4, 4).sum(dim=2)  # (class, thing)
print("pictures wrong of four, thing by thing:", dict(zip(train.classes, counts.tolist(), strict=True)))

dice = torch.Generator().manual_seed(0)
for says, groups in {"among all pictures": 1, "within each class": 3}.items():
    places = torch.rand(2000, groups, 48 // groups, generator=dice).argsort(dim=2)  # (deal, group, picture)
    dealt = wrong.reshape(groups, -1).expand_as(places).gather(2, places)
    uneven = dealt.reshape(2000, 12, 4).sum(dim=2).square().sum(dim=1)  # large where few things have most of them
    as_uneven = int((uneven >= counts.square().sum()).sum())
    print(f"mistakes dealt out at random {says}: as uneven, or more so, in {as_uneven} of 2000 deals")

low, high = report.interval(int(counts.sum()), 48)
# The split puts four things of each class into the test, so only the spread within a class is chance.
per_cent = dict(zip(train.classes, (25 * counts).tolist(), strict=True))  # of four pictures
try:
    _, least, most = report.over_things(per_cent)
    by_things = f"{least:.0f} to {most:.0f} %"
except ValueError as problem:  # as where a network says the same of every picture
    by_things = f"none, {problem}"
print(f"by pictures: {low:.0f} to {high:.0f} %; by things: {by_things}")

# %% [markdown] id="witnesses-read"
# The interval by pictures is wide, and it may still be too narrow: it counts 48 pictures as 48 witnesses, but four
# pictures of one thing need not be four independent ones. Look how uneven the counts are. (They are our machine's. On
# another processor read your own in the same way.) One cause is plain: our network calls most pictures triangles, so
# all triangles are right. But look at the squares: the four that are right are four pictures of **one** square.
# Mistakes dealt out within each class are hardly ever as uneven as ours.
#
# So count things, not pictures, whenever several pictures show one thing. The last interval counts things, by Student's
# t (lesson 10) on the shares of twelve: `report.over_things` makes it. It is rough, and where the things of each class
# come out alike, there is none. To halve it you need about four times as many **things**. More pictures of the same
# ones help less, and not at all if all pictures of a thing go the same way.
#
# With a folder of yours it takes three commands. Set epochs and batch yourself: the recipe's are made for MNIST, and
# make one step an epoch of our pictures. The third command draws what each dimension of a capsule changes:
#
# ```
# capsule-tutor train efficient-capsnet-fast --pictures leaves --shape 3 32 32 --epochs 40 --batch-size 16 --out runs/leaves
# capsule-tutor report runs/leaves --who "your name"
# capsule-tutor show runs/leaves --tweak
# ```
#
# In a notebook, `from capsule_tutor.theatre import explorer` and `explorer("runs/leaves")` let you turn the knobs.

# %% [markdown] id="small"
# ## 2 · Small
#
# The task: as few parameters as possible that still read **99.4 %** of MNIST's test digits, as the mean of five seeds. One network is on file.

# %% id="small-study"
runs = study.results("small")["runs"]
errors = [run["test_error"] for run in runs]
mean, low, high = report.over_seeds(errors)
print(f"{runs[0]['arm']}: right on average {100 - mean:.2f} % of 10,000 digits, {len(errors)} seeds")
print(f"95 % interval of the mean: {100 - high:.2f} to {100 - low:.2f} %")

# %% [markdown] id="predict-where-text"
# **Predict before you run.** It has four convolutions of 8, 16, 16 and 40 maps, five primary capsules, and ten classes. Which single stage
# has the most parameters?
#
# - **a** the first convolution: its kernels are the largest of the four
# - **b** the primary capsules: their filters are 9×9
# - **c** the votes
# - **d** the last convolution: 40 maps, each from 16 others

# %% id="predict-where"
### BEGIN SOLUTION
# stub: checks.predict("16-where")
checks.predict("16-where", "c")
### END SOLUTION

# %% id="small-plan"
small = models.plan(10, (1, 28, 28), models.fitting((1, 28, 28)), (8, 16, 16, 40), decoder=False)
figures.bars(
    {"parameters": {stage.name: stage.parameters for stage in small}},
    alt="Bars for the six stages of the small network: " + "; ".join(f"{s.name} {s.parameters:,}" for s in small),
)
print(f"together {sum(stage.parameters for stage in small):,}")

# %% [markdown] id="small-read"
# Every large bar suggests an idea. The votes (6,450) shrink with fewer or shorter capsules, or with one matrix that
# several children share. Convolution 4 (5,880) shrinks if it is split into a depthwise and a 1×1 convolution. The
# primary capsules (3,280) shrink with a smaller last map. A decoder's loss may help the training, but the board counts
# all that the recipe builds, and a decoder has more than a million parameters. Try one idea at a time, and choose on
# the **validation** images.
#
# ### A leaderboard that nobody types
#
# Each report adds an entry to `leaderboard.json`: how many images of which test were wrong, for each seed, with the
# recipe and the fingerprints of the weights. `capsule-tutor leaderboard FOLDER` merges the entries of a class. It counts
# the parameters again from the recipe (of a network of your own only with `--code mine.py`), and with `--recount` the
# mistakes from the weights.

# %% id="board"
mine = leaderboard.entry(found, who="you")
print("sound:", leaderboard.checked(mine)["name"])
for change in ({"parameters": 9_000}, {"error": 0.1}, {"runs": [mine["runs"][0] | {"wrong": -3}]}):
    try:
        leaderboard.checked(mine | change)
    except leaderboard.BoardError as error:
        print("refused:", str(error).replace(f"{mine['parameters']:,}", "…"))

# %% [markdown] id="board-read"
# It is no fortress. `--recount` catches whoever edits a count, if the weights are there (it lets a difference of two
# images pass, since another processor may read them differently). It does not catch anybody who trains ten seeds and
# hands in the best five, or the best one (one seed is ranked as five are), or who tries twenty widths and reads the
# test error of each. The board stops slips; for the rest it needs your word, or a registration.

# %% [markdown] id="reproduce"
# ## 3 · Reproduce
#
# "We compared A with B, and A was better." Was that the question *before* the runs? If a network disappoints, there
# is always a reason to try another learning rate, one more seed, another measure, until one of them says what one hoped. The cure is
# to **write it down first**: claim, source, both recipes, seeds, a difference too small to matter, and the rule that will decide.

# %% id="register" tags=["nbval-ignore-output"]
claim = registration.register(
    claim="self-attention routing reads MNIST better than a dense layer of the same size",
    source="our own, for practice; lesson 15 has such runs in the row MNIST of its table",
    arms={"routed": training.RECIPES["efficient-capsnet-fast"], "dense": training.RECIPES["dense-fast"]},
    seeds=range(5),
    margin=0.1,
)
registration.write(claim, workshop / "claim.json")
print(claim.rule)
print("fingerprint:", claim.fingerprint)
print("in the recipe:", registration.bound(claim, "routed").note)

# %% [markdown] id="register-read"
# The **fingerprint** is made of the whole text of `claim.json`: claim, source, both recipes, seeds, margin, rule, and what is measured. Change a
# comma and it is another one. The program writes the rule from the arms, seeds and margin, and refuses a file that holds another. Each run carries
# the fingerprint in its recipe, from the first step on. That protects from **slips**: a run forgotten, one too many, a margin or a rule that moves
# afterwards.
#
# It does not protect from cheating: anybody can look at the runs first, register afterwards, and run the same seeds
# again. Two things together help. Let somebody else name the seeds, so that you have hardly run them already; and send
# that person the text, who then holds its date. *Ours is a bad example:* the runs of lesson 15 were known.
#
# **Predict before you run.** Five seeds were promised. The differences, claimed minus control in points of error, are −0.9, −0.8, −1.0, −0.9
# and +0.6. Somebody trains a sixth seed and gets −0.9 again; all six runs carry the fingerprint, and none is left out. The margin is 0.1. What would
# the rule say of the five, and what of the six, had six been promised?
#
# - **a** "cannot tell" both times: one more run cannot outweigh the +0.6
# - **b** "as claimed" both times: all but one are clearly below 0
# - **c** "cannot tell" of the five, "as claimed" of the six

# %% id="predict-sixth"
### BEGIN SOLUTION
# stub: checks.predict("16-sixth")
checks.predict("16-sixth", "c")
### END SOLUTION

# %% [markdown] id="decide-text"
# Now write the part that keeps the promise. `registration.verdict` is the `verdict` of lesson 15 in other words: "as claimed", "the contrary",
# "no difference that matters", "cannot tell".
#
# {{ exercise 16-decide }}


# %% id="decide"
def decide(runs, seeds, fingerprint, margin, t):
    """runs [(arm, seed, error, registered), …], arm "claimed" or "control" → the verdict, or "not as promised"."""
    ### BEGIN SOLUTION
    promised = sorted((arm, seed) for arm in ("claimed", "control") for seed in seeds)
    if sorted((arm, seed) for arm, seed, _, _ in runs) != promised:
        return "not as promised"
    if any(registered != fingerprint for _, _, _, registered in runs):
        return "not as promised"
    errors = {(arm, seed): error for arm, seed, error, _ in runs}
    d = [errors["claimed", seed] - errors["control", seed] for seed in seeds]
    # mean ± t s/√n
    half = t * statistics.stdev(d) / sqrt(len(d))
    return registration.verdict(statistics.mean(d) - half, statistics.mean(d) + half, margin)
    ### END SOLUTION


decide = checks.decide(decide)

# %% [markdown] id="decide-try"
# First the six seeds of the question. Then the runs of lesson 15, which were trained before our text was written and
# do not carry its fingerprint: what would the rule *have* said, with our margin and with others?

# %% id="decide-run"
T5, T6 = 2.78, 2.57  # Student's t for five pairs and for six (lesson 10)
differences = (-0.9, -0.8, -1.0, -0.9, 0.6, -0.9)
for n in (5, 6):
    print("{} seeds: mean {:+.3f}, 95 % interval {:+.3f} to {:+.3f}".format(n, *report.over_seeds(differences[:n])))
six = [
    (arm, seed, error, "f")
    for seed, difference in enumerate(differences)
    for arm, error in (("claimed", 2 + difference), ("control", 2.0))
]
print(f"the five that were promised: {decide(six[:10], range(5), 'f', 0.1, T5)}")
print(f"six, where five were promised: {decide(six, range(5), 'f', 0.1, T6)}")
print(f"had six been promised: {decide(six, range(6), 'f', 0.1, T6)}")

# %% id="decide-stored"
stored = study.errors("controls")
d = [routed - dense for routed, dense in zip(stored["routed"], stored["dense"], strict=True)]
print("routed minus dense, in points: mean {:+.2f}, 95 % interval {:+.2f} to {:+.2f}".format(*report.over_seeds(d)))
for says, carries in {"without the fingerprint": "", "with it": claim.fingerprint}.items():
    runs = [
        ("claimed" if arm == "routed" else "control", seed, error, carries)
        for arm, errors in stored.items()
        for seed, error in enumerate(errors)
    ]
    print(f"{says}: {decide(runs, claim.seeds, claim.fingerprint, claim.margin, T5)}")
tenth = statistics.mean(stored["dense"]) / 10  # of the control's errors: the margin of lesson 15
for margin in (0.08, tenth):
    print(f"with it, margin {margin:.2f}: {decide(runs, claim.seeds, claim.fingerprint, margin, T5)}")

# %% [markdown] id="decide-read"
# Whoever may add a seed, or choose the margin afterwards, can tip the verdict. The sixth seed moved the upper end of
# the interval just below 0, and it was trained because of what the five had said.
#
# Our margin did the same to the second set of runs. Lesson 15 said "cannot tell" of them: its margin was a tenth of the
# dense layer's errors, 0.04 points. Ours is 0.1 points, about a quarter of these errors, and the verdict changes. The
# interval has not moved.
#
# Registering does not make a result better. It tells the reader what the question was before the answer was known.
# `capsule-tutor train routed --registered claim.json --seed 0` trains one of the promised runs, and
# `registration.decide(claim, folders)` asks your function's questions of the folders of all runs, and whether each
# followed its recipe. Where yours returns "not as promised", it stops and names a run that is missing, or one that
# nobody promised.

# %% [markdown] id="judge"
# ## 4 · Believe it?
#
# Back to the line of your friend. First the last exercise: a reader of claims.
#
# {{ exercise 16-flaws }}


# %% id="flaws"
def flaws(claim):
    """dict of parameters (ours, theirs), chosen_by, shared_things, seeds, low, high, margin, says → sorted list"""
    ### BEGIN SOLUTION
    found, (ours, theirs) = [], claim["parameters"]
    low, high, margin = claim["low"], claim["high"], claim["margin"]
    if abs(ours - theirs) > max(ours, theirs) / 20:
        found.append("another size")
    if claim["chosen_by"] == "test":
        found.append("chosen on the test")
    if claim["shared_things"] > 0:
        found.append("leak")
    if claim["seeds"] < 2:
        found.append("one seed")
    better_is_too_much = claim["says"] == "better" and high >= 0
    equal_is_too_much = claim["says"] == "equal" and not (-margin < low and high < margin)
    if better_is_too_much or equal_is_too_much:
        found.append("says too much")
    return sorted(found)
    ### END SOLUTION


flaws = checks.flaws(flaws)

# %% [markdown] id="friend"
# *"99.6 %, with half the parameters!"* You ask, and your friend answers: the epoch was chosen "where the test was
# best"; one run; of 10,000 digits 40 are wrong, against the other network's 42. The line may mean fewer errors, or as
# few.

# %% id="flaws-run"
# Both read the same images, so a paired test would be right, but your friend kept no list of mistakes (lesson 10). These are
# bounds: whichever images were wrong, an interval over images is no wider. They say nothing about seeds.
ours, theirs = report.interval(40, 10_000), report.interval(42, 10_000)
friend = {
    "parameters": (1, 2),  # only the ratio was told
    "chosen_by": "test",
    "shared_things": 0,  # MNIST's writers are not those of the training part
    "seeds": 1,
    "low": ours[0] - theirs[1],
    "high": ours[1] - theirs[0],
    "margin": 0.1,
}
print("difference in points, at the widest: {low:+.2f} to {high:+.2f}".format(**friend))
for says in ("better", "equal"):
    print(f"read as {says!r}:", ", ".join(flaws(friend | {"says": says})))

# %% [markdown] id="flaws-read"
# Is "another size" fair here? A smaller network that does better would be a *stronger* claim. The function reports that
# they differ; what that means is for you to say. Read either way, what is left of the line is "cannot tell": one run
# and two mistakes fewer show nothing.
#
# Did you notice that `flaws` never asks about the margin where somebody says "better"? "Better" and "no difference that
# matters" can both fit one interval: −0.09 to −0.01 is wholly below 0, and wholly within a margin of 0.1. `flaws` lets
# "better" pass there, because the interval bears it; `decide` says the more useful sentence. Whoever claims "better"
# should add by how much.

# %% [markdown] id="wild"
# ## What goes wrong in the wild
#
# - **The same thing is on both sides.** The score is too good, and says little about new things. Split by thing,
#   patient, writer, day. A survey found leaks of this and other kinds in 17 fields and 294 papers (Kapoor and Narayanan
#   2023).
# - **Augmented first, split afterwards.** Then a picture and its own turned copy are on both sides.
# - **All pictures of one class come from one camera.** The network reads the camera. No split helps; only other pictures do.
# - **Chosen on the test.** Five widths, three rates, ten seeds: the best of 150 may be luck (lesson 10).
# - **A negative result goes into the drawer.** Then the next person tries it again. Hand it in: here it earns full marks.

# %% [markdown] id="front-cost-text"
# ## Appendix · Count a front, and read on
#
# Images of another size need another front. How large is the last map that it leaves, and what does it cost?
# (Compare with `models.plan`.)
#
# {{ exercise 16-front-cost }}


# %% id="front-cost"
def front_cost(shape, layers, channels):
    """shape (c, h, h), layers ((kernel, stride), …), channels (maps, …) → side of the last map, parameters"""
    ### BEGIN SOLUTION
    before, side, parameters = shape[0], shape[1], 0
    for (kernel, stride), width in zip(layers, channels, strict=True):
        side = (side - kernel) // stride + 1 if kernel <= side else 0
        parameters += width * (before * kernel**2 + 1 + 2)  # bias, and scale and shift of the normalisation
        before = width
    return side, parameters
    ### END SOLUTION


front_cost = checks.front_cost(front_cost)

# %% id="front-cost-table"
for shape in ((1, 28, 28), (3, 64, 64), (3, 128, 128)):
    layers = models.fitting(shape)
    side, parameters = front_cost(shape, layers, (32, 64, 64, 128))
    print(f"{shape!s:13} strides {[stride for _, stride in layers]}: last map {side}×{side}, {parameters:,} parameters")

# %% [markdown] id="literature"
# ### What has been written since 2022
#
# Read them with `flaws` in hand. Of each we say what its authors claim, and of some what we would ask; none scales routing to ImageNet.
#
# - **A map of the field.** *Learning with Capsules: A Survey* (Ribeiro and others 2022, arXiv 2206.02664) sets routing beside attention and lists
#   the open problems. Begin there if you look for a claim.
# - **Do they scale?** Mitterreiter and others 2023 (arXiv 2301.01583) argue that CapsNets have no parse trees, that
#   many capsules starve because gradients vanish, and that they most likely do not scale. Everett and others 2023
#   (arXiv 2305.11178) find the same in more recent architectures. In our study of depth (appendix of lesson 15) two and
#   three routed layers made fewer errors at eight epochs than as many layers with equal couplings, each with the start
#   that suits it. That may be a question of speed.
# - **Another way to train.** Masked Capsule Autoencoders (Everett and others, TMLR 2025, arXiv 2403.04724) pretrain on
#   masked images, and report a "9% improvement" on Imagenette over their baseline. Ask: points, or a share of what? The
#   comparison is with capsules, not with the best that there is.
# - **Can they be read?** Tawalbeh and Oramas 2023 (arXiv 2305.05349) find representations less disentangled, and less tied to parts and wholes, than is
#   usually said. Renzulli and others 2022 (arXiv 2204.01298) call the parse trees of CapsNets extremely heterogeneous. They train, with pruning, towards trees
#   that vary less, and report that static trees then cost no accuracy. ParseCaps
#   (Geng and others 2024, arXiv 2411.01564) ties each dimension to a named concept in medical images: a good question for *reproduce*.
# - **Are they robust?** RobCaps (Marchisio and others 2023, arXiv 2304.03973) finds CapsNets somewhat more robust than a CNN with a similar number of parameters, and
#   that dynamic routing contributes little to it. Lesson 13 says how blind an attack can be: ask which one was used.
# - **Smaller.** OrthCaps (Geng and others, CVPR 2024, arXiv 2403.13351) claims to be the smallest, with 110,000 parameters. Our *small* network has less
#   than a fifth of that. Ask whether the two count the same parts and read the same data.
# - **A relative, a little older.** GLOM (Hinton 2021, arXiv 2102.12627) keeps the aim, wholes made of parts, but no longer sets groups of neurons
#   aside for one kind of part. Its first sentence says that it does not describe a working system.

# %% [markdown] id="recap"
# ## In your own words
#
# Close the notebook and tell a friend who is about to begin a project:
#
# 1. why pictures of one thing must stay together, and what else "one thing" can be;
# 2. what happens to the parameters if images get twice as large, and where;
# 3. what an interval over images says, and what one over seeds says;
# 4. what the fingerprint of a registration protects from, and what it cannot;
# 5. which track is yours, and which result would change your mind.
#
# <!-- BEGIN SOLUTION -->
# Our words: (1) the network recognises a thing by anything, so the test must show things it has never seen; a thing may be
# a person, a place, a day; (2) the front keeps its parameters, because each filter is used at every place; the depthwise filters grow or shrink with
# the last map, and the decoder grows with the pixels; (3) an interval over images says what this trained network would do on other images of
# this kind; one over seeds says what the recipe gives on average, on these same test images; (4) it protects from slips: a run too few or too
# many, a rule that moves; it does not stop somebody who registers afterwards, against whom seeds and a date in other hands help; (5) this is yours to say.
# <!-- END SOLUTION -->

# %% [markdown] id="rubric"
# **Rubric**, for you and for your teacher:
#
# | | not yet | sound | excellent |
# |---|---|---|---|
# | question | "try capsules on …" | one sentence that can fail | says beforehand which result would change your mind |
# | data | pictures, somehow split | nothing and nobody is on both sides | says what the test cannot show |
# | evidence | one run | seeds, an interval, a control of equal size | paired, and as many runs as the question needs |
# | mistakes | a number | looked at, with what was drawn | one explanation, tested |
# | honesty | best of many | says how it was chosen | reports what failed, too |

# %% id="progress"
checks.board("16")

# %% [markdown] id="further"
# **Further reading**
#
# - S. Kapoor, A. Narayanan, *Leakage and the Reproducibility Crisis in Machine-Learning-Based Science*, Patterns 2023.
# - M. Mitterreiter, M. Koch, J. Giesen, S. Laue, *Why Capsule Neural Networks Do Not Scale: Challenging the Dynamic
#   Parse-Tree Assumption*, AAAI 2023, arXiv 2301.01583.
# - and what the appendix names.
#
# **Next:** nothing that we have written. Choose a track: [your own data](projects/own_data.ipynb), [small](projects/small.ipynb) or
# [reproduce](projects/reproduce.ipynb).
