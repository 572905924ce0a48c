"""Images to learn from, one file per data set: its source, its licence, its checksum.

A data set is a function from a split's name to a `Split`: images (n, c, h, w), float32 from 0 (paper) to 1 (ink), and
labels (n,), int64; or to `Views`, which also say from where each picture was taken. Every call returns fresh tensors:
changing them in place changes nothing for the next caller.
"""

from functools import partial

from capsule_tutor.data.affine import TRANSFORM, affine, shifted, transformed
from capsule_tutor.data.digits import digits
from capsule_tutor.data.folders import Pictures, classes_of, example_folder, folder, pictures_of
from capsule_tutor.data.mnist import has_mnist, mnist, mnist_all, mnist_few, mnist_folder
from capsule_tutor.data.multimnist import multidigits, multimnist, pair_maker
from capsule_tutor.data.pictures import place, prepare, read_picture
from capsule_tutor.data.smallnorb import has_smallnorb, smallnorb
from capsule_tutor.data.splits import Batch, DataError, Split
from capsule_tutor.data.toys import toy, toy_name, toys
from capsule_tutor.data.views import Views

__all__ = [
    "SETS",
    "TRANSFORM",
    "Batch",
    "DataError",
    "Pictures",
    "Split",
    "Views",
    "affine",
    "classes_of",
    "digits",
    "example_folder",
    "folder",
    "has_mnist",
    "has_smallnorb",
    "mnist",
    "mnist_all",
    "mnist_few",
    "mnist_folder",
    "multidigits",
    "multimnist",
    "pair_maker",
    "pictures_of",
    "place",
    "prepare",
    "read_picture",
    "shifted",
    "smallnorb",
    "toy",
    "toy_name",
    "toys",
    "transformed",
]

# What a recipe may name. Each is a function of "train", "validation" or "test" and gives images and labels; what it
# gives for "train" has `batch` and `to`, too.
SETS = {
    "digits": digits,
    "mnist": mnist,
    "mnist-all": mnist_all,
    "mnist-few": mnist_few,
    "multidigits": multidigits,
    "multimnist": multimnist,
    "shifted": shifted,
    "shifted-digits": partial(shifted, digits=digits),
    "smallnorb": smallnorb,
    "toys": toys,
    "toys-azimuths": partial(toys, viewpoints="familiar azimuths"),
    "toys-elevations": partial(toys, viewpoints="familiar elevations"),
}
