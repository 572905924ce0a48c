"""Write `primary_capsules(features, d)`: (b, types·d, h, w) → (b, i, d). Channels 0 … d−1 belong to
type 0, the next d to type 1, and so on; a capsule is what its d channels say at ONE place. Capsules are numbered type
by type, then row by row. Do not squash."""

import torch

from capsule_tutor import functional, layers
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 8, "difficulty": 3, "importance": 5}
HINTS = (
    "Do it in three steps: split the channel axis in two, bring the pose to the end, merge what is in between.",
    "The first step gives (b, types, d, h, w). For the second, say where each axis of (b, types, h, w, d) was "
    "before: permute wants those five numbers.",
    "`features.reshape(b, channels // d, d, h, w)`; then `.permute(0, 1, ...)`, after which d, axis 2 so far, is "
    "the last; `.reshape(b, -1, d)` merges the rest.",
)
AXES = ("b i d",)

reference = layers.primary_capsules


def oracle(features, d):
    b, types, h, w = len(features), features.shape[1] // d, *features.shape[2:]
    places = [(t, row, column) for t in range(types) for row in range(h) for column in range(w)]
    return grid([[features[n, t * d : t * d + d, row, column] for t, row, column in places] for n in range(b)])


def cases():
    return [
        case("5 types of 4-D capsules on a 3×6 grid", numbers(2, 20, 3, 6), 4),
        case("2 types of 3-D capsules on a 5×4 grid", numbers(3, 6, 5, 4, seed=1), 3),
        case("a batch of 1", numbers(1, 20, 3, 6, seed=2), 4),
        case("a single type", numbers(2, 4, 3, 6, seed=3), 4),
        case("a grid of one place", numbers(2, 20, 1, 1, seed=4), 4),
        case("1-D capsules", numbers(2, 5, 3, 6, seed=5), 1),
        case("float64 features", numbers(2, 20, 3, 6, seed=6).double(), 4),
    ]


def _where_they_come_from(item, value):
    """Each number is in the features once, so it tells the channel and the place that it comes from."""
    features, d = item.args
    if torch.allclose(value, layers.primary_capsules(features, d), atol=1e-5):
        return None
    places = features[0, 0].numel()
    origin = {number: divmod(n, places) for n, number in enumerate(features[0].flatten().tolist())}
    came = [[origin.get(number) for number in capsule] for capsule in value[0].tolist()]  # (channel, place)
    found = {pair for capsule in came for pair in capsule}
    if None in found:
        everywhere = set(features.flatten().tolist())
        if all(number in everywhere for capsule in value[0].tolist() for number in capsule):
            return "image 0 of your result holds numbers of another image. Is b the first axis in every reshape?"
        return "the numbers themselves have changed; this function only puts them in another order."
    if len(found) < len(origin):
        return "some numbers are there twice, and others are not: which channels does a type take, and at which places?"
    for n, capsule in enumerate(came):
        at = {place for _, place in capsule}
        if len(at) > 1:
            return (
                f"capsule {n} holds numbers of {len(at)} places, and a capsule is what its channels say at ONE place. "
                "Is d the last axis when you merge the others? permute gives back a new tensor: keep it."
            )
    said, channels = [], [channel for channel, _ in came[0]]
    if channels[0] // d != channels[-1] // d:
        said.append(f"capsule 0 takes channels {channels}, and those of a type are neighbours: split (types, d)")
    elif channels != sorted(channels):
        said.append("the numbers inside a capsule are in another order than their channels")
    if came != sorted(came, key=min):
        said.append("the capsules belong in another order, type by type, and within a type row by row: (types, h, w)")
    return "; and ".join(said) + "." if said else None


properties = (_where_they_come_from,)


class right:
    def by_loops(features, d):
        _, channels, h, w = features.shape
        capsules = []
        for t in range(channels // d):
            for row in range(h):
                for column in range(w):
                    capsules.append(features[:, t * d : (t + 1) * d, row, column])
        return torch.stack(capsules, dim=1)

    def by_chunks(features, d):
        types = features.split(d, dim=1)
        return torch.cat([part.flatten(2).transpose(1, 2) for part in types], dim=1)

    def by_unflatten(features, d):
        return features.unflatten(1, (-1, d)).movedim(2, -1).flatten(1, 3)

    def by_contiguous_view(features, d):
        b, channels, h, w = features.shape
        moved = features.view(b, channels // d, d, h * w).transpose(2, 3).contiguous()
        return moved.view(b, channels // d * h * w, d)


class wrong:
    def bare_view(features, d):
        """You cut the row of numbers as it is in memory, so a capsule is made of neighbouring places, mostly of one
        channel. Bring d to the last axis with permute before you merge the others, and keep what permute returns."""
        return features.reshape(features.shape[0], -1, d)

    def channels_interleaved(features, d):
        """You take every n-th channel for one capsule (n types): split the channel axis as (types, d), not (d, types),
        since the d channels of a type are neighbours."""
        b, channels, h, w = features.shape
        return features.reshape(b, d, channels // d * h * w).transpose(1, 2)

    def channels_interleaved_and_columns_first(features, d):
        """Two slips: split the channel axis as (types, d), not (d, types), and let the rows h come before the columns
        w."""
        return wrong.channels_interleaved(features.transpose(2, 3), d)

    def types_moved_last(features, d):
        """You moved the types to the last axis. The last axis is the inside of a capsule: it must be d."""
        b, channels, h, w = features.shape
        return features.reshape(b, channels // d, d, h, w).permute(0, 2, 3, 4, 1).reshape(b, -1, d)

    def place_by_place(features, d):
        """Your capsules are right, but they are numbered place by place. Here the types come first: (types, h, w)."""
        return features.permute(0, 2, 3, 1).reshape(features.shape[0], -1, d)

    def columns_before_rows(features, d):
        """You number the capsules of a type column by column: h comes before w."""
        return layers.primary_capsules(features.transpose(2, 3), d)

    def place_by_place_and_columns_first(features, d):
        """Two slips: the types come before the places, and the rows h before the columns w."""
        return wrong.place_by_place(features.transpose(2, 3), d)

    def interleaved_and_place_by_place(features, d):
        """Two slips: split the channel axis as (types, d), not (d, types), and let the types come before the places."""
        b, channels, h, w = features.shape
        return features.reshape(b, d, channels // d, h * w).permute(0, 3, 2, 1).reshape(b, -1, d)

    def types_overlap(features, d):
        """Your types overlap: you begin type t at channel t. It begins at channel t·d, after those of the others."""
        starts = range(features.shape[1] // d)
        return torch.cat([features[:, t : t + d].flatten(2).transpose(1, 2) for t in starts], dim=1)

    def d_taken_for_types(features, d):
        """You took d for the number of types. d is how many numbers a capsule holds; there are channels // d types."""
        return layers.primary_capsules(features, features.shape[1] // d)

    def one_capsule_per_type(features, d):
        """You made one capsule of each type, a mean over the grid. There is one at every place: i = types·h·w."""
        return features.unflatten(1, (-1, d)).mean(dim=(3, 4))

    def batch_flattened(features, d):
        """You merged the images of the batch into one long list of capsules: keep axis b, give (b, i, d)."""
        return layers.primary_capsules(features, d).reshape(-1, d)

    def batch_of_one_squeezed(features, d):
        """Axes of size 1 disappear from your result, as after a squeeze() that does not say which: a batch of 1 loses
        its b, and your code would break on a single image."""
        return layers.primary_capsules(features, d).squeeze()

    def view_after_permute(features, d):
        """After permute the numbers are no longer in a row in memory, and view refuses. The last step must be reshape,
        which copies where it has to."""
        b, channels, h, w = features.shape
        return features.view(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2).view(b, -1, d)

    def inverse_permutation(features, d):
        """Your last axis is h, not d. permute asks, place by place, which old axis comes there, and not where each old
        one goes: d was axis 2, so the last number is 2."""
        b, channels, h, w = features.shape
        return features.reshape(b, channels // d, d, h, w).permute(0, 1, 4, 2, 3).reshape(b, -1, d)

    def only_the_first_type(features, d):
        """You use the first d channels only. All types become capsules: i = types·h·w."""
        return layers.primary_capsules(features[:, :d], d)

    def types_not_merged(features, d):
        """The axes are in the right order, but (types, h, w) are still three: merge them into one axis i."""
        b, channels, h, w = features.shape
        return features.reshape(b, channels // d, d, h, w).permute(0, 1, 3, 4, 2)

    def places_merged_alone(features, d):
        """You merged h and w, and types and places are still two axes: merge them all into one axis i."""
        return features.unflatten(1, (-1, d)).flatten(3).transpose(2, 3)

    def squashed_capsules(features, d):
        """You squashed as well. This function only re-orders; the layer squashes afterwards."""
        return functional.squash(layers.primary_capsules(features, d))

    def relu_on_capsules(features, d):
        """You cut off the negative numbers. A pose may point anywhere: there is no ReLU on a capsule."""
        return layers.primary_capsules(features, d).relu()
