"""Training loses nothing: killed anywhere it resumes to the same bits, and what goes wrong is one line."""

import csv
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from patience import HUNG, watch
from safetensors.torch import load_file

from capsule_tutor import augment, data, files, training

ROOT = Path(__file__).parents[1]
SMALL = replace(training.RECIPES["efficient-capsnet-small"], epochs=3, batch_size=8, schedule="epochs", decay=0.9)

# A run in a process of its own, so that it can be killed. Arguments: folder, model, --resume.
RUN = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, "tests")
from test_training import SMALL, few, training
torch.set_num_threads(1)
def tick(epoch, step, steps): print(epoch * steps + step, flush=True)
try:
    training.train(SMALL, Path(sys.argv[1]), device="cpu", precision="float32", load=few, tick=tick,
                   resume="--resume" in sys.argv)
except KeyboardInterrupt:
    sys.exit(130)
"""


def few(split):
    images, labels = data.digits(split)
    return data.Split(images[:32], labels[:32])


def run(out, *options, kill_after=None, with_signal=None):
    """Start the run; after step number `kill_after` send it a signal. → exit status"""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(out), *options], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    for line in process.stdout:
        if kill_after is not None and int(line) >= kill_after:
            process.send_signal(with_signal)
            process.stdout.read()
            break
    return process.wait(120)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    assert run(out) == 0
    return load_file(out / "weights.safetensors")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("step", [6, 11])
def test_killed_and_resumed_gives_the_same_bits(step, tmp_path, undisturbed):
    """4 steps an epoch: in the second epoch and just before the end."""
    assert run(tmp_path, kill_after=step, with_signal=signal.SIGKILL) == -signal.SIGKILL
    assert run(tmp_path, "--resume") == 0
    again = load_file(tmp_path / "weights.safetensors")
    assert again.keys() == undisturbed.keys()
    assert all(torch.equal(again[name], undisturbed[name]) for name in again)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_saves_and_resumes_to_the_same_bits(tmp_path, undisturbed):
    assert run(tmp_path, kill_after=2, with_signal=signal.SIGINT) == 130
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert 4 * state["epoch"] + state["step"] >= 2
    assert run(tmp_path, "--resume") == 0
    again = load_file(tmp_path / "weights.safetensors")
    assert all(torch.equal(again[name], undisturbed[name]) for name in again)


def test_ctrl_c_in_the_last_step_of_an_epoch_resumes_to_the_same_bits(tmp_path, undisturbed):
    def tick(epoch, step, steps):
        if step == steps:
            signal.raise_signal(signal.SIGINT)

    wish = {"device": "cpu", "precision": "float32", "threads": 1, "load": few}
    with pytest.raises(KeyboardInterrupt):
        training.train(SMALL, tmp_path, tick=tick, **wish)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["epoch"], state["step"]) == (0, 4)
    training.train(SMALL, tmp_path, resume=True, **wish)
    again = load_file(tmp_path / "weights.safetensors")
    assert all(torch.equal(again[name], undisturbed[name]) for name in again)


def test_ctrl_c_while_validation_images_are_read_loses_no_epoch(tmp_path, monkeypatch):
    def interrupted(*_args):
        signal.raise_signal(signal.SIGINT)
        return 50.0

    monkeypatch.setattr(training, "error", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.train(SMALL, tmp_path, device="cpu", load=few)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["epoch"], state["log"][-1]["validation_error"]) == (1, 50.0)


def test_a_run_of_another_kind_of_device_goes_on(tmp_path):
    training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    state["generator"] = state["generator"][:16]  # a GPU's is as short
    state["recipe"] = asdict(SMALL)
    torch.save(state, tmp_path / "checkpoint.pt")
    assert training.train(SMALL, tmp_path, device="cpu", load=few, resume=True)["epochs"] == SMALL.epochs


def test_a_run_leaves_log_weights_and_result(tmp_path):
    rows = []
    result = training.train(SMALL, tmp_path, device="cpu", load=few, say=rows.append)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["rate"] == pytest.approx(SMALL.rate * 0.9**2)
    log = (tmp_path / "log.csv").read_text(encoding="utf-8").splitlines()
    assert log[0] == "epoch,loss,train_error,validation_error,rate,seconds"
    assert len(log) == 4
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == json.loads(json.dumps(result))
    model = SMALL.network()
    model.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert training.error(model, few("test")) == pytest.approx(result["test_error"], abs=2)


def test_the_test_split_is_read_once_and_last(tmp_path):
    asked = []

    def load(split):
        asked.append(split)
        return few(split)

    training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=load, say=lambda row: asked.append("epoch"))
    assert asked == ["train", "validation", "epoch", "test"]


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_file(tmp_path):
    def poisoned(split):
        images, labels = few(split)
        return data.Split(images * float("nan") if split == "train" else images, labels)

    with pytest.raises(training.TrainingError, match=r"no longer finite in epoch 1\. Continue with"):
        training.train(SMALL, tmp_path / "bad", device="cpu", load=poisoned)
    assert not (tmp_path / "bad" / "checkpoint.pt").exists()

    def stop_after_the_first(row):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        training.train(SMALL, tmp_path / "good", device="cpu", load=few, say=stop_after_the_first)
    kept = (tmp_path / "good" / "checkpoint.pt").read_bytes()
    with pytest.raises(training.TrainingError, match=r"finite in epoch 2; .*checkpoint.pt holds the last good state\."):
        training.train(SMALL, tmp_path / "good", device="cpu", load=poisoned, resume=True)
    assert (tmp_path / "good" / "checkpoint.pt").read_bytes() == kept

    def impatient(*_step):
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(training.TrainingError, match="finite in epoch 2"):  # and Ctrl-C does not save it either
        training.train(SMALL, tmp_path / "good", device="cpu", load=poisoned, resume=True, tick=impatient)
    assert (tmp_path / "good" / "checkpoint.pt").read_bytes() == kept


def test_a_full_disk_keeps_the_last_good_file(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    rows = []

    def fill_after_first(row):
        rows.append(row)
        monkeypatch.setattr(training.files.os, "fsync", full)

    with pytest.raises(training.TrainingError, match=r"checkpoint.pt cannot be written .*No space left.*--resume"):
        training.train(SMALL, tmp_path, device="cpu", load=few, say=fill_after_first)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["epoch"] == 1
    assert {p.name for p in tmp_path.iterdir()} - {".lock"} == {"checkpoint.pt", "log.csv"}


BAD_CHECKPOINTS = {
    "empty": (b"", "is damaged"),
    "text": (b"this is no checkpoint", "is damaged"),
    "truncated": (None, "is damaged"),
    "foreign": ({"weights": torch.ones(2)}, "is not a checkpoint of this version"),
}


@pytest.mark.parametrize("kind", BAD_CHECKPOINTS)
def test_bad_checkpoints_are_one_line(kind, tmp_path):
    content, says = BAD_CHECKPOINTS[kind]
    path = tmp_path / "checkpoint.pt"
    if kind == "truncated":
        training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few)
        path.write_bytes(path.read_bytes()[:1000])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    before = path.read_bytes()
    with pytest.raises(training.TrainingError, match=says) as error:
        training.train(SMALL, tmp_path, device="cpu", load=few, resume=True)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("device", ["abacus", "meta", "vulkan", "cuda:99", ""])
def test_a_device_that_is_not_there_is_one_short_line(device, tmp_path):
    with pytest.raises(training.TrainingError) as told:
        training.train(SMALL, tmp_path / "run", device=device, load=few)
    assert str(told.value).startswith(f"device {device!r} cannot be used")
    assert str(told.value).endswith("choose --device cpu")
    assert len(str(told.value)) < 200
    assert "\n" not in str(told.value)
    assert not (tmp_path / "run").exists()


def test_wrong_wishes_are_one_line(tmp_path):
    training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few)
    for options, says in [
        ({}, "already holds a run: add --resume"),
        ({"threads": -1}, "threads is -1; a training needs at least 1"),
        ({"resume": True, "seed": 7}, "is of another recipe or seed"),
        ({"precision": "int3"}, "precision is 'int3'; choose"),
    ]:
        with pytest.raises(training.TrainingError, match=says):
            training.train(replace(SMALL, epochs=1), tmp_path, **{"device": "cpu", "load": few, **options})
    with pytest.raises(training.TrainingError, match="nothing to resume"):
        training.train(SMALL, tmp_path / "empty", device="cpu", load=few, resume=True)
    for change, says in [
        ({"schedule": "cosine"}, "there is no schedule 'cosine'; there are: one-cycle, steps, epochs"),
        ({"augmentation": "afine"}, "there is no augmentation 'afine'; there are: "),
    ]:
        with pytest.raises(training.TrainingError, match=says):
            training.train(replace(SMALL, **change), tmp_path / "misspelt", device="cpu", load=few)
    with pytest.raises(data.DataError, match="there is no data set 'mnsit'; there are: "):
        training.train(replace(SMALL, data="mnsit"), tmp_path / "misspelt", device="cpu")
    says = r"images of digits have shape \(1, 28, 28\), the network takes \(1, 36, 36\); choose a recipe for them"
    with pytest.raises(training.TrainingError, match=says):
        training.train(replace(training.RECIPES["dense-multimnist"], data="digits"), tmp_path / "other", device="cpu")
    (tmp_path / "file").touch()
    with pytest.raises(training.TrainingError, match=r"file cannot be created \(.*\); choose another --out"):
        training.train(SMALL, tmp_path / "file", device="cpu", load=few)
    with pytest.raises(training.TrainingError, match=r"1 channel \(grey\) or 3 \(colours\), not 2"):
        training.for_folder(training.RECIPES["dense-fast"], tmp_path, (2, 64, 64))


def test_one_training_at_a_time_in_a_folder(tmp_path):
    with (
        files.alone(tmp_path / ".lock"),
        pytest.raises(training.TrainingError, match=r"another process is training in .* now; choose another --out"),
    ):
        training.train(SMALL, tmp_path, device="cpu", load=few)
    assert training.train(SMALL, tmp_path, device="cpu", load=few)["epochs"] == SMALL.epochs


def test_a_full_disk_at_the_very_end_loses_nothing(tmp_path, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(files, "write_text", full)
        with pytest.raises(training.TrainingError, match=r"No space left on device.*continue with --resume"):
            training.train(SMALL, tmp_path, device="cpu", load=few)
    assert training.train(SMALL, tmp_path, device="cpu", load=few, resume=True)["epochs"] == SMALL.epochs


@pytest.mark.parametrize(
    ("asked", "local", "device"),
    [("cpu", "1", "cpu"), ("auto", "1", "cuda:1"), ("cuda", "1", "cuda:1"), ("cuda:0", "1", "cuda:0")],
)
def test_torchrun_gives_every_process_its_own_gpu(monkeypatch, asked, local, device):
    monkeypatch.setattr(training.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(training.torch, "ones", lambda *size, device: torch.zeros(1))
    monkeypatch.setenv("LOCAL_RANK", local)
    assert training.usable(asked) == device


def test_a_gpu_that_is_not_nvidia_s_is_not_called_a_processor():
    assert training.hardware("mps").startswith("mps, ")


def test_a_resumed_run_has_one_log_and_one_clock(tmp_path):
    def stop(row):
        if row["epoch"] == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        training.train(SMALL, tmp_path, device="cpu", load=few, say=stop)
    spent = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["seconds"]
    training.train(SMALL, tmp_path, device="cpu", load=few, resume=True)
    assert [row["epoch"] for row in training.read_log(tmp_path / "log.csv")] == [1, 2, 3]
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["seconds"] > spent


def test_a_preempted_run_is_saved_and_signals_are_put_back(tmp_path):
    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)]

    def tick(epoch, step, steps):
        if step == 2:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        training.train(SMALL, tmp_path, device="cpu", load=few, tick=tick)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 2
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)] == before


def test_one_cycle_rises_for_three_tenths_and_falls_to_nothing():
    recipe = replace(SMALL, schedule="one-cycle", epochs=10, floor=0.0)
    rate = [training.learning_rate(recipe, step, 10) / recipe.rate for step in range(101)]
    assert (rate[0], rate[15], rate[30]) == (pytest.approx(1 / 25), pytest.approx(0.52), pytest.approx(1))
    assert (rate[65], rate[100]) == (pytest.approx(0.5), pytest.approx(0, abs=1e-12))
    assert rate[:31] == sorted(rate[:31])
    assert rate[30:] == sorted(rate[30:], reverse=True)
    soon = [training.learning_rate(replace(recipe, rise=0.05), step, 10) / recipe.rate for step in range(101)]
    assert (soon[0], soon[5], soon[100]) == (pytest.approx(1 / 25), 1, pytest.approx(0, abs=1e-12))
    assert soon[5:] == sorted(soon[5:], reverse=True)


def test_no_gradient_is_longer_than_a_recipe_allows(tmp_path, monkeypatch):
    lengths = []

    class Watched(torch.optim.Adam):
        def step(self, *arguments, **named):
            gradients = [weight.grad for group in self.param_groups for weight in group["params"]]
            lengths.append(torch.nn.utils.get_total_norm(gradients).item())
            return super().step(*arguments, **named)

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    for name, clip in (("as they are", 0.0), ("clipped", 0.01)):
        training.train(replace(SMALL, epochs=1, clip=clip), tmp_path / name, load=few, precision="float32", threads=1)
    as_they_are, clipped = lengths[:4], lengths[4:]
    assert min(as_they_are) > 0.02
    assert clipped == [pytest.approx(0.01, rel=1e-3)] * 4


@pytest.mark.parametrize("schedule", training.SCHEDULES)
def test_the_rate_never_falls_below_its_floor(schedule):
    recipe = replace(SMALL, schedule=schedule, decay=0.1, floor=0.3 * SMALL.rate, epochs=20)
    rates = [training.learning_rate(recipe, step, 4) for step in range(80)]
    assert min(rates) == recipe.floor < max(rates)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_freed_memory_stays_with_the_process():
    """Else CapsNet's step would fetch its 1.5 GB from the kernel every time, page by page."""
    script = (
        "import resource, torch\nfrom capsule_tutor import training\ntraining.keep_memory()\n"
        "def faults():\n    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    torch.ones(50_000_000)\n    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "print(min(faults() for _ in range(6)))\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=HUNG)
    assert int(answer.stdout) < 2000  # 200 MB are 48,828 pages; now and then a small object breaks the kept block


def test_two_processes_train_as_one(tmp_path):
    """torchrun, gloo, two processes with half of each batch, against one with the whole. (CapsNet has no BatchNorm.)"""
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, torch\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from capsule_tutor import data, training\ntorch.set_num_threads(1)\n"
        "def few(split):\n    images, labels = data.digits(split)\n    return data.Split(images[:32], labels[:32])\n"
        "recipe = replace(training.RECIPES['capsnet-fast'], epochs=1, batch_size=16, schedule='epochs')\n"
        "training.train(recipe, Path(sys.argv[1]), device='cpu', precision='float32', load=few)\n"
    )
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run([*torchrun, str(script), str(tmp_path / "two")], check=True, cwd=ROOT, timeout=HUNG)
    subprocess.run([sys.executable, str(script), str(tmp_path / "one")], check=True, cwd=ROOT, timeout=HUNG)
    two, one = (load_file(tmp_path / name / "weights.safetensors") for name in ("two", "one"))
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-3, atol=2e-4, msg=name)


@pytest.mark.parametrize("name", ["shift", "affine", "mazzia"])
def test_augmentation_is_repeatable_and_stays_an_image(name):
    images = data.digits("train").images[:64]
    change = augment.AUGMENTATIONS[name]
    first, again = (change(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == images.shape
    assert 0 <= first.min() <= first.max() <= 1
    assert not torch.equal(first, images)


@pytest.mark.parametrize("name", augment.AUGMENTATIONS)
def test_augmentation_keeps_the_precision_of_its_images(name):
    images, change = data.digits("train").images[:8], augment.AUGMENTATIONS[name]
    exact = change(images.double(), torch.Generator().manual_seed(3))
    assert exact.dtype == torch.float64
    torch.testing.assert_close(exact.float(), change(images, torch.Generator().manual_seed(3)), atol=1e-4, rtol=0)


def test_shift_moves_by_at_most_two_whole_pixels():
    image = torch.zeros(200, 1, 28, 28)
    image[:, :, 10, 12] = 1
    moved = augment.shift(image, torch.Generator().manual_seed(0))
    _, _, rows, columns = moved.nonzero(as_tuple=True)
    assert len(rows) == 200
    assert set(rows.tolist()) == {8, 9, 10, 11, 12}
    assert set(columns.tolist()) == {10, 11, 12, 13, 14}


def test_affine_moves_every_image_differently_and_by_little():
    image = torch.zeros(300, 1, 28, 28)
    image[:, :, 13:15, 13:15] = 1
    moved = augment.affine(image, torch.Generator().manual_seed(0))[:, 0]
    at = torch.arange(28.0) - 13.5
    ink = moved.sum(dim=(1, 2))
    places = torch.stack([(moved.sum(dim=1) @ at) / ink, (moved.sum(dim=2) @ at) / ink])  # (2, b) columns, rows
    assert places.abs().max() <= 2.5  # two pixels, stretched by a tenth
    assert (places.std(dim=1) - 2 / 3**0.5).abs().max() < 0.15  # uniform on ±2
    assert ink.min() > 3
    assert ink.max() < 6  # four pixels of ink, stretched by 0.9² to 1.1²


def test_mazzia_erases_a_patch_of_sixteen_pixels():
    moved = augment.mazzia(torch.ones(50, 1, 28, 28), torch.Generator().manual_seed(0))
    inner = moved[:, 0, 13:15, 13:15]  # inked whatever the turn, unless erased
    assert ((inner < 0.5).flatten(1).any(dim=1).float().mean() < 0.3).item()
    assert all((image == 0).sum() >= 16 for image in moved)


def cli(*arguments, **options):
    command = [sys.executable, "-m", "capsule_tutor", "train", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **options)


def test_the_command_trains_refuses_and_resumes(tmp_path):
    wish = ["efficient-capsnet-small", "--data", "digits", "--epochs", 1, "--device", "cpu", "--out", tmp_path / "run"]
    out, err = cli(*wish).communicate(timeout=HUNG)
    assert "test error" in out, err
    out, err = cli(*wish).communicate(timeout=HUNG)
    assert "already holds a run: add --resume" in err
    assert err.count("\n") == 1
    (tmp_path / "run" / "checkpoint.pt").unlink()  # the largest file, which a finished run no longer needs
    out, err = cli(*wish).communicate(timeout=HUNG)
    assert "already holds a finished run: choose another --out" in err
    out, err = cli("no-such-recipe").communicate(timeout=HUNG)
    assert "There is no recipe 'no-such-recipe'. There are: capsnet-paper" in err
    out, err = cli("list").communicate(timeout=HUNG)
    assert all(name in out for name in training.RECIPES)


def test_wishes_that_contradict_each_other_are_refused(tmp_path):
    _, err = cli("dense-fast", "--data", "digits", "--pictures", tmp_path).communicate(timeout=HUNG)
    assert err.strip() == "Images come from --data or from --pictures: leave one of them out."
    inside = data.example_folder(tmp_path / "shapes") / "runs" / "first"
    _, err = cli("dense-fast", "--pictures", tmp_path / "shapes", "--out", inside).communicate(timeout=HUNG)
    assert "where it would become a class of pictures; choose another --out" in err


def test_a_training_of_a_few_steps_is_announced(tmp_path):
    data.example_folder(tmp_path / "shapes")
    wish = ["dense-fast", "--pictures", tmp_path / "shapes", "--out", tmp_path / "run", "--device", "nowhere"]
    out, err = cli(*wish).communicate(timeout=HUNG)
    says = "144 pictures in batches of 128 make 15 steps in 15 epochs, too few to learn much; stop, and add "
    assert out.strip() == f"{says}--batch-size 16 --epochs 34"
    assert "device 'nowhere' cannot be used" in err
    for own in (["--epochs", 2], ["--batch-size", 64], ["--resume"]):  # they know what they want, or have begun
        assert cli(*wish, *own).communicate(timeout=HUNG)[0].strip() == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_on_the_command_line_saves_and_exits_130(tmp_path):
    wish = ["efficient-capsnet-small", "--data", "digits", "--epochs", 500, "--device", "cpu"]
    process = cli(*wish, "--out", tmp_path / "run")
    for saved in watch((tmp_path / "run" / "checkpoint.pt").exists, lambda _: "no checkpoint"):
        if saved:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=HUNG)
    assert process.returncode == 130
    typed = f"capsule-tutor train efficient-capsnet-small --data digits --epochs 500 --device cpu --out {tmp_path}/run"
    assert f"Stopped and saved. Continue with: {typed} --resume" in err
    assert "Traceback" not in err


def test_events_for_tensorboard_hold_the_log(tmp_path):
    wish = ["efficient-capsnet-small", "--data", "digits", "--epochs", 2, "--device", "cpu", "--tensorboard"]
    _, err = cli(*wish, "--out", tmp_path / "run").communicate(timeout=HUNG)
    assert "Traceback" not in err
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    with (tmp_path / "run" / "log.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                written = {event.step: event.value for event in events.Scalars(name)}
                assert written[int(row["epoch"])] == pytest.approx(float(value), rel=1e-5)


# ---- the fastest way


def test_what_is_left_open_is_timed_and_the_fastest_is_taken(tmp_path, monkeypatch):
    ways = [training.Way("float32", 2), training.Way("float32", 1), training.Way("bfloat16", 1)]
    monkeypatch.setattr(training, "_ways", lambda *_: ways)
    used, step = [], training._step

    def slow_unless_one_thread_and_float32(run, *rest):
        used.append(run.way)
        assert torch.get_num_threads() == run.way.threads
        time.sleep(0 if run.way == ways[1] else 0.3)
        step(run, *rest)

    monkeypatch.setattr(training, "_step", slow_unless_one_thread_and_float32)
    before = torch.get_num_threads()
    result = training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few)
    assert set(used[:-4]) == set(ways)
    assert set(used[-4:]) == {ways[1]}
    assert result["precision"] == "float32"
    assert "1 thread," in result["device"]
    assert torch.get_num_threads() == before


def test_timing_the_ways_changes_nothing_in_the_run(tmp_path, monkeypatch):
    one, two = training.Way("float32", 1), training.Way("float32", 1)
    for name, ways in (("timed", [one, training.Way("bfloat16", 1)]), ("given", [two])):
        monkeypatch.setattr(training, "_ways", lambda *_, ways=ways: ways)
        monkeypatch.setattr(training, "_fastest", fastest_but_float32(training._fastest))
        training.train(replace(SMALL, epochs=1), tmp_path / name, device="cpu", load=few)
    timed, given = (load_file(tmp_path / name / "weights.safetensors") for name in ("timed", "given"))
    assert all(torch.equal(timed[key], given[key]) for key in given)


def fastest_but_float32(fastest):
    """Times them all, and takes the first, whichever it is that wins."""

    def choose(ways, *rest):
        assert fastest(ways, *rest) in ways
        return ways[0]

    return choose


def test_a_resumed_run_keeps_its_way(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_ways", lambda *_: [training.Way("float32", 1)])
    training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few)
    monkeypatch.setattr(training, "_ways", lambda *_: [training.Way("float32", 2), training.Way("float32", 1)])
    monkeypatch.setattr(training, "_fastest", lambda *_: pytest.fail("timed again"))
    training.train(replace(SMALL, epochs=1), tmp_path, device="cpu", load=few, resume=True)


def test_only_fast_ways_are_tried(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    monkeypatch.setattr(training, "_has_bfloat16_units", lambda: False)
    assert training._ways("auto", 0, "cpu") == [("float32", 4), ("float32", 1)]
    assert training._ways("bfloat16", 2, "cpu") == [("bfloat16", 2)]
    monkeypatch.setattr(training, "_has_bfloat16_units", lambda: True)
    assert training._ways("auto", 1, "cpu") == [("float32", 1), ("bfloat16", 1)]
    with pytest.raises(training.TrainingError, match="choose auto, float32 or bfloat16"):
        training._ways("half", 0, "cpu")


# ---- recipes


@pytest.mark.parametrize("name", training.RECIPES)
def test_a_recipe_builds_a_network_for_its_data(name):
    recipe = training.RECIPES[name]
    assert recipe.data in data.SETS
    assert recipe.augmentation in augment.AUGMENTATIONS
    assert training.Recipe(**json.loads(json.dumps(asdict(recipe)))).network().shape == recipe.network().shape


def test_the_published_number_of_steps():
    capsnet = training.RECIPES["capsnet-paper"]
    steps = 55_000 // capsnet.batch_size
    assert 300_000 <= capsnet.epochs * steps < 301_000
    assert training.learning_rate(capsnet, 2000, steps) == pytest.approx(0.96e-3)
    assert training.learning_rate(capsnet, 1000, steps) == pytest.approx(0.96**0.5 * 1e-3)
    assert training.learning_rate(capsnet, 10**7, steps) == 1e-6


def test_data_of_another_size_are_refused_at_once(tmp_path):
    with pytest.raises(training.TrainingError, match=r"images of multidigits have shape \(1, 36, 36\), the network"):
        training.train(replace(SMALL, data="multidigits"), tmp_path, device="cpu")


def test_mazzia_squishes_by_a_half_normal_number_of_pixels():
    """1 + floor(7 · |N(0, 0.33)|): 2.37 pixels on average, most often 1, at most 7."""
    white = augment.mazzia(torch.ones(4000, 1, 28, 28), torch.Generator().manual_seed(0))  # nowhere to move to
    squished = 28 - (white.sum(dim=(1, 2, 3)) + 16) / 28  # 16 pixels are erased
    whole = (
        squished[(squished - squished.round()).abs() < 1e-3].round().long()
    )  # the others lost corners as they turned
    assert len(whole) > 2000
    assert whole.float().mean().item() == pytest.approx(2.37, abs=0.1)
    assert (whole.min(), whole.max(), whole.mode().values) == (1, 7, 1)


def test_affine_turns_and_shears_by_what_it_says(monkeypatch):
    seen, real = [], augment._affine
    monkeypatch.setattr(augment, "_affine", lambda images, rows: seen.append(rows) or real(images, rows))
    augment.affine(torch.zeros(4000, 1, 28, 28), torch.Generator().manual_seed(0))
    a = seen[0].view(-1, 2, 3)[:, :, :2]  # turn · shear · stretch: its first column is (cos, sin) · wide
    turn, wide = torch.rad2deg(torch.atan2(a[:, 1, 0], a[:, 0, 0])), a[:, :, 0].norm(dim=1)
    shear = (a[:, :, 0] * a[:, :, 1]).sum(dim=1) / torch.linalg.det(a)
    for value, most in ((turn, 10), (shear, 0.1), (wide - 1, 0.1)):
        assert value.abs().max() == pytest.approx(most, rel=0.02)
        assert value.std() == pytest.approx(most / 3**0.5, rel=0.05)  # uniform


def test_other_light_has_the_contrast_and_brightness_it_says():
    image = torch.full((2000, 2, 16, 16), 0.5)
    image[..., :8] = 0.6
    lit = augment.lit(image, torch.Generator().manual_seed(0))
    spread = (lit.amax(dim=(2, 3)) - lit.amin(dim=(2, 3))) / 0.1  # (n, eyes)
    assert torch.allclose(spread[:, 0], spread[:, 1], atol=1e-4)
    assert (spread.min(), spread.max()) == (pytest.approx(0.7, abs=0.01), pytest.approx(1.3, abs=0.01))
    middle = (lit.amax(dim=(1, 2, 3)) + lit.amin(dim=(1, 2, 3))) / 2 - 0.55
    assert (middle.min(), middle.max()) == (pytest.approx(-0.15, abs=0.01), pytest.approx(0.15, abs=0.01))


def test_mazzia_moves_within_the_free_margin():
    dot = torch.zeros(2000, 1, 28, 28)
    dot[..., 13:15, 13:15] = 1
    rows = augment.mazzia(dot, torch.Generator().manual_seed(0))[:, 0].sum(dim=2)
    kept = rows.sum(dim=1) > 3.5  # neither erased nor turned
    middle = rows @ torch.arange(28.0) / rows.sum(dim=1)
    assert 3 < (middle[kept] - 13.5).std() < 6  # 13 · half-normal(0.33) either way
