# %% [markdown] id="title"
# # Reproduce
#
# One claim of a paper, registered before the first run. Copy this notebook and change the copy. It runs as it is in about a minute, with a
# claim that is only there to show how it goes: one epoch on the digits of scikit-learn decides nothing.
#
# **The claim**, with its source (paper, table, or sentence): …
#
# **If it holds here I expect to see** … **If it does not,** …

# %% [markdown] id="power"
# ## Milestone 2 · The registration
#
# Before you write it: which difference would matter to you, and how many seeds see it? (lesson 15, `runs_needed`) Both recipes should differ in one
# thing alone, have the same number of parameters, and be trained with the same care. Let somebody else, a teacher or a friend, name the seeds: a
# seed whose result you know is no prediction.

# %% id="settings"
from dataclasses import replace
from pathlib import Path

from capsule_tutor import models, registration, training

RUNS = Path("runs")
CLAIM = Path("claim.json")

first = replace(training.RECIPES["efficient-capsnet-fast"], data="digits", epochs=1, batch_size=32)
second = replace(first, model="dense")
for name, recipe in {"first": first, "second": second}.items():
    print(f"{name:7} {models.count_parameters(recipe.network()):,} parameters")

# %% id="register"
if not CLAIM.exists():
    written = registration.register(
        claim="routing reads digits better than a dense layer of the same size",
        source="an example, of no paper",
        arms={"routed": first, "dense": second},
        seeds=(0, 1),
        margin=1.0,
    )
    registration.write(written, CLAIM)
claim = registration.read(CLAIM)  # from now on, what is written counts
print(claim.claim)
print(claim.rule)
print("fingerprint:", claim.fingerprint)

# %% [markdown] id="send"
# Send `claim.json` today to the person who named the seeds. A fingerprint can be written into a recipe later; a date in somebody else's
# hands cannot be changed.
#
# ## Milestones 3 and 4 · All promised runs, and no other
#
# Interrupt and go on as you like: a run that was begun is finished, not repeated.

# %% id="train"
folders = []
for arm in claim.arms:
    for seed in claim.seeds:
        folders.append(training.trained(registration.bound(claim, arm), RUNS, arm, seed))
        print(f"{arm}, seed {seed}: finished")

# %% id="decide"
said, (mean, low, high) = registration.decide(claim, folders)
print(f"{said}: {mean:+.2f} points, from {low:+.2f} to {high:+.2f}")

# %% [markdown] id="hand-in"
# ## Milestone 5 · Hand in
#
# Hand in `claim.json`, the folders of all runs, one report for each arm over all its promised seeds (`capsule-tutor report runs/routed-…`, with every
# folder of the arm), and one page in your own words: the claim, the verdict in the
# words of the rule, the interval, what is different from the paper, and what you would register next. "Cannot tell" is a result. So is "the contrary".
