# %% [markdown] id="title"
# # Your own data
#
# Copy this notebook, give the copy a name, and change it wherever you like. It runs as it is, on paper shapes, in about a minute.
#
# **Your question**, in one sentence that can fail: …
#
# **What would answer it with *no*:** …

# %% [markdown] id="collect"
# ## Milestone 2 · The pictures
#
# One folder for each class. Pictures of one thing (one mug, one person, one day) go into a folder of their own inside it. Ten
# things of each class are a beginning, thirty are better than ten times as many pictures of three.

# %% id="settings"
from dataclasses import replace
from pathlib import Path

from IPython.display import HTML

from capsule_tutor import data, figures, models, pretrained, report, training
from capsule_tutor.theatre import explorer

PLACE = Path("my pictures")  # your folder, beside this notebook
SHAPE = (3, 32, 32)  # 3 is colour, 1 is grey; larger images cost time
EPOCHS = 3  # enough to see that everything works; 40 to learn
RUNS = Path("runs")

if not PLACE.is_dir():
    PLACE = data.example_folder("paper shapes")
    print("There is no folder of yours yet; these are paper shapes.")

# %% id="look"
for name in ("train", "validation", "test"):
    part = data.folder(PLACE, name, SHAPE)
    counts = part.labels.bincount(minlength=len(part.classes)).tolist()
    print(f"{name:10}", ", ".join(f"{count} {which}" for which, count in zip(part.classes, counts, strict=True)))

# %% [markdown] id="sides"
# Is anything on both sides that should not be: a person, a place, a background, a camera? Write down what your test cannot show: …
#
# ## Milestone 3 · One short run
#
# First the network, on paper.

# %% id="plan"
classes = data.classes_of(PLACE)
stages = models.plan(len(classes), SHAPE, models.fitting(SHAPE))
figures.bars(
    {"parameters": {stage.name: stage.parameters for stage in stages}},
    log=True,
    alt="Bars for the parameters of each stage of the network, on a log scale, from the first convolution to the decoder.",
)

# %% id="train"
recipe = training.for_folder(
    replace(training.RECIPES["efficient-capsnet-fast"], epochs=EPOCHS, batch_size=16), PLACE, SHAPE
)
control = training.for_folder(replace(training.RECIPES["dense-fast"], epochs=EPOCHS, batch_size=16), PLACE, SHAPE)


def say(row):
    """How far it is"""
    print(f"epoch {row['epoch']}: {row['validation_error']:.0f} % of the validation pictures are wrong")


# The folder is named after the recipe, too: change a picture, SHAPE or EPOCHS, and another run is trained.
run = training.trained(recipe, RUNS, PLACE.name, seed=0, say=say)
print(run)

# %% id="report"
found = report.measure([run])
HTML(report.parts(found, *report.PARTS))

# %% [markdown] id="things-text"
# The report's interval counts pictures. Where a thing has several pictures, hand in the interval by things as well, and say how many things
# your test has.

# %% id="things"
things, shares = {}, {}
paths = data.folder(PLACE, "test", SHAPE).paths
for path, wrong in zip(paths, found.runs[found.best].wrong.tolist(), strict=True):
    things.setdefault(Path(path).parts[:2], []).append(wrong)  # (class, thing) → its pictures
for (which, _), shots in things.items():
    shares.setdefault(which, []).append(100 * sum(shots) / len(shots))  # class → per cent wrong of each of its things
print(len(things), "things in the test")
try:
    mean, low, high = report.over_things(shares)
    print(f"of a thing's pictures {mean:.0f} % are wrong; 95 % interval by things: {low:.0f} to {high:.0f} %")
except ValueError as problem:
    print(f"no interval by things: {problem}")

# %% [markdown] id="mistakes"
# Look at the mistakes before you change anything. What do they have in common? Which picture would test your explanation? …

# %% id="explorer"
explorer(run)

# %% [markdown] id="all"
# ## Milestone 4 · All runs
#
# Several seeds, and the control without routing, which is of the same size: take `SEEDS = range(5)` when everything works.

# %% id="seeds"
SEEDS = range(1)
runs = [training.trained(recipe, RUNS, PLACE.name, seed, say=say) for seed in SEEDS]
if len(SEEDS) > 1:  # the control, paired seed by seed
    controls = [training.trained(control, RUNS, f"{PLACE.name}-dense", seed, say=say) for seed in SEEDS]
    routed, dense = ([pretrained.result(Path(one))["test_error"] for one in arm] for arm in (runs, controls))
    differences = [a - b for a, b in zip(routed, dense, strict=True)]
    print("routed minus dense, in points: {:+.1f}, from {:+.1f} to {:+.1f}".format(*report.over_seeds(differences)))

# %% [markdown] id="hand-in"
# ## Milestone 5 · Hand in
#
# In a terminal, `capsule-tutor report runs/… --who "your name"` with the folders of all seeds (of one recipe: their names agree up to the last number). It writes the page, the notebook, and
# the entry in `leaderboard.json`. Add one page in your own words: the question, the answer with its interval by things, the difference
# to the control with its interval, what failed, what the test does not show.
