# %% [markdown] id="title"
# # Capsule Tutor: start here
#
# You will build capsule networks yourself, from the squash function to dynamic routing and beyond, in notebooks that check
# every step you take. A capsule is a group of neurons whose activity says two things at once: *whether* something is there,
# and *how* it is placed.
#
# **Begin with {{ first }}**, or choose a lesson in the table. They build on each other.

# %% [markdown] id="lessons"
# ## The lessons
#
# {{ lessons }}

# %% [markdown] id="so-far-text" tags=["notebook-only"]
# ## How far you are
#
# Click into the next cell and press **Shift + Enter**: this is how you run every cell of the course. It shows what you have passed, and
# what comes next. Come back and run it again whenever you like.

# %% id="so-far" tags=["nbval-ignore-output", "notebook-only"]
from capsule_tutor import checks

checks.overview()

# %% [markdown] id="network-text"
# ## Where you are going
#
# This is the CapsNet of 2017, trained, at work on a digit. Run the cell, choose another digit, and click a stage to see what is in
# it and which lesson builds it. You need not understand it yet: lessons 02 to 06 of the course build every part and put them together.

# %% id="network"
from capsule_tutor.theatre import network_map

network_map("capsnet-mnist")

# %% [markdown] id="how"
# ## How a lesson works, in one minute
#
# - **Exercises.** You replace `raise NotImplementedError("your turn")` by your answer and run the cell. Its last line asks the check, and the
#   check answers in one line: **✓ passed**, **✗ not yet** and why, or **○ not attempted**.
# - **A wrong answer does not break a lesson.** Where your answer is missing or wrong, the lesson goes on with the right one. An answer
#   that loops for ever is stopped after five seconds. (On Windows and macOS a single call that never returns, or a crash, costs a restart of the
#   kernel.) Only a cell that Python cannot read (`SyntaxError`) has to be repaired first.
# - **Hints.** Between the task and its cell, three hints are folded: the direction, the key idea, nearly the code. Open one, try again,
#   then open the next.
# - **Guesses.** *Predict before you run* comes with a card of buttons. Your first guess is recorded, and only then do you see the answer
#   and the reason. Guesses are never graded. A wrong one is often worth the most, because you will remember it.
# - **Solutions** of the same name are in the folder `solutions`, if your copy of the course has one.

# %% [markdown] id="trouble" tags=["notebook-only"]
# ## When something does not work
#
# | what you see | what to do |
# |---|---|
# | `NameError`, or a result that makes no sense | Menu *Kernel → Restart Kernel and Run All Cells…*: cells were run in another order than they are written |
# | `[*]` beside a cell for much longer than the lesson says, or for two minutes where it says nothing | Menu *Kernel → Interrupt Kernel*; if that does not help, *Restart Kernel* |
# | a card, a slider or a picture of the theatre does not show, or says that its model is not found | Choose *Run → Run All Above Selected Cell* in the menu, and then run its cell again: pictures that you can click, or that move, work only while the notebook's kernel is running |
# | an error that is not about your own code | Run the next cell: the doctor says what is missing on this machine, and the command that fixes it |
# | you want a lesson as it was | Rename yours. Then, in a terminal in the folder of the course and with the lesson's number, type `.venv/bin/capsule-tutor build 02` (Windows: `.venv\Scripts\capsule-tutor build 02`; with conda: `capsule-tutor build 02`). Where you installed the package alone, type `capsule-tutor start .` Where a teacher gave you a ZIP file, take the lesson from it again |

# %% id="doctor" tags=["nbval-ignore-output", "notebook-only"]
from capsule_tutor import doctor

broken = [need for need in doctor.findings() if not (need["ok"] or need["optional"])]
for need in broken:
    print(f"{need['name']}: {need['detail']}\n  Fix it in a terminal: {need['fix']}")
print(f"The doctor found {len(broken) or 'nothing'} to fix.")

# %% [markdown] id="next"
# **Next:** {{ first }}. Keep a pencil beside you.
