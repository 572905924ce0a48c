"""A wrong path to the weights, and an exception that nobody hears.

Loading fails, the `except` goes on with a shrug, and the network that is scored is the one with its first, random
weights.

Seen in: EscVM.
Symptom: an accuracy of about 10 %, and a search for the cause in the network, where it is not.
"""

import tempfile
from pathlib import Path

import torch
from torch import nn

PART = "load"
TEST = "A file that is not there raises an error, and one that is there is loaded."


def wrong(network: nn.Module, path: Path) -> None:
    try:  # noqa: SIM105
        network.load_state_dict(torch.load(path, weights_only=True))
    except Exception:
        pass  # the first, random weights it is, then


def right(network: nn.Module, path: Path) -> None:
    network.load_state_dict(torch.load(path, weights_only=True))


def finds(load) -> str | None:
    with torch.random.fork_rng(devices=[]), tempfile.TemporaryDirectory() as folder:
        trained, new, path = nn.Linear(3, 2), nn.Linear(3, 2), Path(folder, "weights.pt")
        torch.save(trained.state_dict(), path)
        load(new, path)
        if not torch.equal(new.weight, trained.weight):
            return "the weights in the file are not those of the network after loading"
        try:
            load(new, Path(folder, "weihgts.pt"))
        except Exception:
            return None
    return "a file that is not there raises nothing: the network goes on with the weights that it has"
