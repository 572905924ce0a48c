"""Lesson 11: the exercises on what a dimension of a pose draws. One capsule moved, the whole grid, a correlation."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from capsule_tutor import functional
from capsule_tutor.checks import oracles
from capsule_tutor.checks.engine import Case, Exercise, Mutant, case, numbers, told_apart

# --- one capsule moved ------------------------------------------------------------------------------------


def _telling() -> tuple[Tensor, Tensor]:
    """(v, delta): the longest capsule has neither the largest sum nor number 0, and is another in v + delta."""
    v = torch.tensor(
        [
            [[0.1, 0.1, 0.0, 0.1], [0.0, 0.9, 0.0, 0.0], [-0.6, 0.6, -0.6, 0.6]],
            [[0.2, 0.2, 0.3, 0.3], [-0.7, -0.7, 0.1, -0.1], [0.5, 0.0, 0.0, 0.0]],
        ]
    )
    return v, torch.tensor([0.4, 0.2, 0.5, -0.3])


def _three_lengths() -> Tensor:
    """Capsule 0 has the largest sum of absolute values, capsule 1 the largest length, capsule 2 the largest entry."""
    return torch.tensor([[[0.4, 0.4, 0.4, -0.4], [0.0, 0.8, 0.0, 0.4], [0.1, -0.2, 0.82, 0.0]]])


def _perturb_cases() -> list[Case]:
    v, delta = _telling()
    return [
        case("v of shape (2, 3, 6) and index (2, 0)", numbers(2, 3, 6), numbers(6, seed=1), torch.tensor([2, 0])),
        case("v of shape (2, 3, 4) without an index, where v + delta has another longest capsule", v, delta),
        case("delta = 0 in all dimensions", v, torch.zeros(4), torch.tensor([1, 2])),
        case("a delta of 0.25 in one dimension alone", v, torch.tensor([0.0, 0.0, 0.25, 0.0])),
        case("a longest pose with zeros in it", _three_lengths(), delta),
        case("a batch of 1", numbers(1, 5, 3, seed=2), numbers(3, seed=3), torch.tensor([3])),
        case(
            "v of shape (3, 4, 5) and index (1, 1, 2)",
            numbers(3, 4, 5, seed=4),
            numbers(5, seed=5),
            torch.tensor([1, 1, 2]),
        ),
        case("a zero vector that is to be moved", torch.zeros(1, 3, 2), torch.tensor([0.5, -0.2]), torch.tensor([1])),
        case(
            "float64 capsules",
            numbers(2, 3, 6, seed=6).double(),
            numbers(6, seed=7).double(),
            torch.tensor([1, 2]),
        ),
    ]


def _more_than_one_kept(item: Case, value: Tensor) -> str | None:
    kept = value.reshape(item.args[0].shape).ne(0).any(dim=2).sum(dim=1).max().item()
    return f"{kept} capsules of one image are not zero; only one may be." if kept > 1 else None


def _mask_where_nothing_moves(item: Case, value: Tensor) -> str | None:
    v, delta, *index = item.args
    off = not delta.any() and not torch.allclose(value, functional.mask_capsules(v, *index))
    return "nothing moves, and yet it is not what mask_capsules gives." if off else None


def _longest(v: Tensor) -> Tensor:
    return functional.lengths(v).argmax(1)


def _index(v: Tensor, index: Tensor | None) -> Tensor:
    return _longest(v) if index is None else index


def _keep(v: Tensor, index: Tensor | None) -> Tensor:
    return one_hot(_index(v, index), v.shape[1]).to(v.dtype).unsqueeze(2)  # (b, j, 1)


def delta_in_every_slot(v, delta, index=None):
    return (v * _keep(v, index) + delta).flatten(1)


def set_not_added(v, delta, index=None):
    return (delta * _keep(v, index)).flatten(1)


def zeros_not_moved(v, delta, index=None):
    masked = functional.mask_capsules(v, index).view_as(v)
    return torch.where(masked != 0, masked + delta, masked).flatten(1)


def set_where_delta_is_not_zero(v, delta, index=None):
    return (torch.where(delta != 0, delta, v) * _keep(v, index)).flatten(1)


def longest_after_the_change(v, delta, index=None):
    return functional.mask_capsules(v + delta, index)


def one_class_for_the_whole_batch(v, delta, index=None):
    return functional.perturb(v, delta, _index(v, index)[:1].expand(len(v)))


def every_class_of_the_batch(v, delta, index=None):
    index, out = _index(v, index), torch.zeros_like(v)
    out[:, index] = v[:, index] + delta
    return out.flatten(1)


def scaled_by_the_length(v, delta, index=None):
    return ((v + delta * functional.lengths(v).unsqueeze(2)) * _keep(v, index)).flatten(1)


def multiplied(v, delta, index=None):
    return (v * delta * _keep(v, index)).flatten(1)


def multiplied_by_one_plus_delta(v, delta, index=None):
    return (v * (1 + delta) * _keep(v, index)).flatten(1)


def index_ignored(v, delta, index=None):
    return functional.perturb(v, delta)


def shortest_kept(v, delta, index=None):
    return functional.perturb(v, delta, functional.lengths(v).argmin(1) if index is None else index)


def largest_sum_kept(v, delta, index=None):
    return functional.perturb(v, delta, v.sum(2).argmax(1) if index is None else index)


def largest_sum_of_absolute_values_kept(v, delta, index=None):
    return functional.perturb(v, delta, v.abs().sum(2).argmax(1) if index is None else index)


def largest_entry_kept(v, delta, index=None):
    return functional.perturb(v, delta, v.amax(2).argmax(1) if index is None else index)


def largest_absolute_entry_kept(v, delta, index=None):
    return functional.perturb(v, delta, v.abs().amax(2).argmax(1) if index is None else index)


def class_zero_when_unknown(v, delta, index=None):
    return functional.perturb(v, delta, torch.zeros(len(v)).long() if index is None else index)


def not_flattened(v, delta, index=None):
    return (v + delta) * _keep(v, index)


def poses_interleaved(v, delta, index=None):
    return ((v + delta) * _keep(v, index)).transpose(1, 2).flatten(1)


def kept_pose_alone(v, delta, index=None):
    return v[torch.arange(len(v)), _index(v, index)] + delta


def delta_subtracted(v, delta, index=None):
    return functional.perturb(v, -delta, index)


def delta_forgotten(v, delta, index=None):
    return functional.mask_capsules(v, index)


def others_left_as_they_are(v, delta, index=None):
    return (v + delta * _keep(v, index)).flatten(1)


def everything_moved_and_nothing_masked(v, delta, index=None):
    return (v + delta).flatten(1)


def brought_back_to_its_length(v, delta, index=None):
    moved = v + delta
    moved = moved * functional.lengths(v).unsqueeze(2) / functional.lengths(moved).unsqueeze(2)
    return (moved * _keep(v, index)).flatten(1)


def squashed_again(v, delta, index=None):
    return (functional.squash(v + delta) * _keep(v, index)).flatten(1)


def added_in_place(v, delta, index=None):
    index = _index(v, index)
    v += delta
    return functional.mask_capsules(v, index)


PERTURB = Exercise(
    id="11-perturb",
    goal=(
        "Write `perturb(v, delta, index=None)`: keep the capsule `index[b]` of each image, add `delta` (z,) to its "
        "pose, put zeros in the place of all others, and flatten (b, j, z) to (b, j·z) for the decoder. Without an "
        "index, keep the capsule that is the longest in v. With delta = 0 it is `mask_capsules(v, index)`. Leave v as "
        "it is."
    ),
    reference=functional.perturb,
    oracle=oracles.perturb,
    axes=("",),
    cases=_perturb_cases,
    properties=(_more_than_one_kept, _mask_where_nothing_moves),
    gradient=False,  # nobody learns through a moved pose
    mutants=(
        Mutant(
            delta_in_every_slot,
            "You added delta after masking, so all the masked capsules hold delta, too. The decoder was trained with "
            "zeros there: add first, mask afterwards.",
        ),
        Mutant(
            set_not_added,
            "You put delta in the place of the pose. It is ADDED: the picture should change a little, from what this "
            "image's own pose draws.",
        ),
        Mutant(
            zeros_not_moved,
            "You moved only the entries that are not 0 after the mask. The kept pose may hold a 0 of its own, and it "
            "moves, too: let the index decide, not the values.",
        ),
        Mutant(
            set_where_delta_is_not_zero,
            "You replaced the entries of the pose where delta is not 0. Delta says how far to move from the entry, not "
            "where to: add it.",
        ),
        Mutant(
            longest_after_the_change,
            "Without an index you took the longest capsule of v + delta. The change can make another class the "
            "longest: choose by v itself, before anything is added.",
        ),
        Mutant(
            one_class_for_the_whole_batch,
            "You keep the first image's class in every image. Each image has a capsule of its own to keep.",
        ),
        Mutant(
            every_class_of_the_batch,
            "You keep, in every image, the classes of all images of the batch: `[:, index]` picks them everywhere. "
            "Pair each image with its own index, with mask_capsules or with torch.arange(len(v)).",
        ),
        Mutant(
            scaled_by_the_length,
            "You multiplied delta by the capsule's length. It is added as it is, to short and long capsules alike.",
        ),
        Mutant(multiplied, "You multiplied the pose by delta. Add it: with delta = 0 the pose stays as it was."),
        Mutant(
            multiplied_by_one_plus_delta,
            "You multiplied the pose by 1 + delta. An entry of 0 would then never move. Add delta.",
        ),
        Mutant(
            index_ignored,
            "You keep the longest capsule even where an index is given. Look for the longest only if index is None.",
        ),
        Mutant(shortest_kept, "Without an index you keep the shortest capsule. Did you write argmin for argmax?"),
        Mutant(
            largest_sum_kept,
            "Without an index you keep the capsule with the largest SUM of entries. A pose may be negative: the length "
            "takes the squares.",
        ),
        Mutant(
            largest_sum_of_absolute_values_kept,
            "Without an index you added up the absolute values of a pose. The length takes the squares, and may be "
            "larger in another capsule.",
        ),
        Mutant(
            largest_entry_kept,
            "Without an index you keep the capsule with the largest single ENTRY. The length is that of the whole "
            "pose.",
        ),
        Mutant(
            largest_absolute_entry_kept,
            "Without an index you keep the capsule with the largest single entry, its sign aside. The length is that "
            "of the whole pose.",
        ),
        Mutant(
            class_zero_when_unknown,
            "Without an index you keep capsule 0 of every image. Find the longest one of each image.",
        ),
        Mutant(not_flattened, "The poses are right. Flatten (b, j, z) to (b, j·z), which the decoder reads."),
        Mutant(
            poses_interleaved,
            "The poses are torn apart: your flat vector runs through the classes first. Flatten (b, j, z) in that "
            "order, so that each pose stays together.",
        ),
        Mutant(
            kept_pose_alone,
            "You return the moved pose alone, (b, z). The decoder needs its place among the classes: keep the zeros of "
            "the others, (b, j·z).",
        ),
        Mutant(delta_subtracted, "You subtracted delta. Add it."),
        Mutant(delta_forgotten, "You masked, but nothing moved: delta is not used. Add it to the kept pose."),
        Mutant(
            others_left_as_they_are,
            "You moved the right capsule, but the others are still there. Put zeros in their place.",
        ),
        Mutant(
            everything_moved_and_nothing_masked,
            "You moved every capsule and masked none. One capsule of each image is kept; the others are zeros.",
        ),
        Mutant(
            brought_back_to_its_length,
            "You brought the moved pose back to its old length, and so changed its other entries, too. Only add: the "
            "length may change.",
        ),
        Mutant(
            squashed_again,
            "You squashed the moved pose. v has been through squash; delta is added after it, and nothing follows.",
        ),
        Mutant(
            added_in_place,
            "You added delta within v itself, so the next call would begin from capsules that have moved already. Make "
            "a new tensor: `v + delta`, or write into torch.zeros_like(v).",
        ),
    ),
    hints=(
        "You have `mask_capsules` already. Decide first which capsule is to be kept, then move, then mask.",
        "`v + delta` moves every capsule: delta (z,) lines up with the last axis of v (b, j, z). The mask then removes "
        "all but one. Without an index, ask for the longest capsule BEFORE you add.",
        "If index is None: `index = lengths(v).argmax(dim=1)`. Then return `mask_capsules(v + delta, index)`.",
    ),
    minutes=10,
    difficulty=2,
    importance=5,
)


# --- the grid of pictures ---------------------------------------------------------------------------------


def tweak_grid(v: Tensor, deltas: Tensor, decode) -> Tensor:
    """What does each dimension draw? v (1, j, z), deltas (n,), decode: (m, j·z) → (m, p) → (z, n, p)

    Picture [k, t] is that of the longest capsule with deltas[t] added to dimension k alone.
    """
    return _rows(v, deltas, decode, v.shape[2])


def _rows(v: Tensor, deltas: Tensor, decode, count: int) -> Tensor:
    rows = []
    for k in range(count):
        step = torch.zeros(v.shape[2], dtype=v.dtype)
        step[k] = 1
        # v + deltas[t] · e_k, one picture for each t
        rows.append(decode(torch.cat([functional.perturb(v, amount * step) for amount in deltas])))  # (n, p)
    return torch.stack(rows)


def _decoder(inputs: int, pixels: int):
    weight = 2 * numbers(inputs, pixels, seed=9)

    def decode(masked):
        return torch.sigmoid(masked @ weight.to(masked.dtype) - 0.5)

    return decode


def _tweak_cases() -> list[Case]:
    v, _ = _telling()
    decode = _decoder(12, 7)
    other = functional.squash(numbers(1, 3, 5, seed=3))
    return [
        case("v of shape (1, 3, 4) and 6 deltas", v[:1], torch.linspace(-0.5, 0.5, 6), decode),
        case("deltas that are not in order", v[1:], torch.tensor([0.25, -0.4, 0.0, 0.1, -0.1]), decode),
        case("deltas so large that another capsule would become the longest", v[:1], torch.tensor([-1, 1.5]), decode),
        case("v of shape (1, 3, 5) and 2 deltas", other, torch.tensor([-0.2, 0.3]), _decoder(15, 8)),
        case("v of shape (1, 5, 2)", numbers(1, 5, 2, seed=8), torch.tensor([-0.25, 0.1, 0.25]), _decoder(10, 4)),
        case("a single delta", v[1:], torch.tensor([0.25]), decode),
        case("a longest pose with zeros in it", _three_lengths(), torch.tensor([-0.25, 0.0, 0.25]), decode),
    ]


def _middle_is_the_reconstruction(item: Case, value: Tensor) -> str | None:
    v, deltas, decode = item.args
    untouched = decode(functional.mask_capsules(v))[0]
    for t, amount in enumerate(deltas.tolist()):
        if amount == 0 and not torch.allclose(value[:, t], untouched.expand_as(value[:, t]), rtol=1e-3, atol=1e-5):
            return f"delta {t} is 0, so [:, {t}] should be the reconstruction in every row; it is not."
    return None


def _steps(v: Tensor, deltas: Tensor) -> Tensor:
    """What is added to the pose, for all pictures of the grid: (z, n, z)"""
    return torch.einsum("t,kz->ktz", deltas, torch.eye(v.shape[2], dtype=v.dtype))


def _drawn(v: Tensor, steps: Tensor, decode, index: Tensor | None = None) -> Tensor:
    index = _index(v, index)
    return torch.stack([decode(torch.cat([functional.perturb(v, s, index) for s in row])) for row in steps])


def _drawn_all(poses: list[list[Tensor]], decode) -> Tensor:
    """poses[k][t] (1, j, z) as they are, without a mask."""
    return torch.stack([decode(torch.cat([pose.flatten(1) for pose in row])) for row in poses])


def entry_set_not_added(v, deltas, decode):
    pose = v[0, _longest(v)[0]]
    steps = _steps(v, deltas) - torch.diag(pose).unsqueeze(1)
    return _drawn(v, steps, decode)


def _set(v: Tensor, deltas: Tensor, decode, every: bool, again: bool, fresh: bool) -> Tensor:
    """Entries set, not added: of every capsule or of the longest; which may be chosen again; in a fresh copy of v."""
    index, u, rows = _longest(v), v.clone(), []
    for k in range(v.shape[2]):
        row = []
        for amount in deltas:
            u = v.clone() if fresh else u
            u[0, slice(None) if every else index, k] = amount
            row.append(decode(functional.mask_capsules(u, None if again else index))[0])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def set_in_every_capsule_then_masked(v, deltas, decode):
    return _set(v, deltas, decode, every=True, again=True, fresh=True)


def set_then_masked_again(v, deltas, decode):
    return _set(v, deltas, decode, every=False, again=True, fresh=True)


def set_in_one_copy(v, deltas, decode):
    return _set(v, deltas, decode, every=False, again=False, fresh=False)


def set_in_every_capsule_of_one_copy(v, deltas, decode):
    return _set(v, deltas, decode, every=True, again=True, fresh=False)


def set_in_one_copy_then_masked_again(v, deltas, decode):
    return _set(v, deltas, decode, every=False, again=True, fresh=False)


def set_in_every_slot_after_the_mask(v, deltas, decode):
    rows = []
    for k in range(v.shape[2]):
        masked = (v * _keep(v, None)).repeat(len(deltas), 1, 1)  # (n, j, z)
        masked[:, :, k] = deltas.unsqueeze(1)
        rows.append(decode(masked.flatten(1)))
    return torch.stack(rows)


def earlier_dimensions_stay_moved(v, deltas, decode):
    step, steps = torch.zeros(v.shape[2], dtype=v.dtype), []
    for k in range(v.shape[2]):
        row = []
        for amount in deltas:
            step = step.clone()
            step[k] = amount
            row.append(step)
        steps.append(torch.stack(row))
    return _drawn(v, torch.stack(steps), decode)


def deltas_add_up_in_a_row(v, deltas, decode):
    return _drawn(v, _steps(v, deltas.cumsum(0)), decode)


def steps_add_up_everywhere(v, deltas, decode):
    steps = _steps(v, deltas)
    return _drawn(v, steps.flatten(0, 1).cumsum(0).view_as(steps), decode)


def added_to_v_in_place(v, deltas, decode):
    index, rows = _longest(v), []
    for k in range(v.shape[2]):
        row = []
        for amount in deltas:
            v[0, index[0], k] += amount
            row.append(decode(functional.mask_capsules(v, index))[0])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def deltas_first(v, deltas, decode):
    return tweak_grid(v, deltas, decode).transpose(0, 1)


def deltas_first_then_reshaped(v, deltas, decode):
    grid = tweak_grid(v, deltas, decode)
    return grid.transpose(0, 1).reshape(grid.shape)


def all_dimensions_at_once(v, deltas, decode):
    return _drawn(v, deltas.view(1, -1, 1).expand(v.shape[2], -1, v.shape[2]), decode)


def all_capsules_moved_then_masked(v, deltas, decode):
    return _drawn_all(
        [[functional.mask_capsules(v + s) for s in row] for row in _steps(v, deltas)],
        decode,
    )


def longest_chosen_again(v, deltas, decode):
    moved = [[v + s * _keep(v, None) for s in row] for row in _steps(v, deltas)]
    return _drawn_all([[functional.mask_capsules(pose) for pose in row] for row in moved], decode)


def first_delta_only(v, deltas, decode):
    return tweak_grid(v, deltas[:1].expand(len(deltas)), decode)


def deltas_of_its_own(v, deltas, decode):
    return tweak_grid(v, torch.linspace(-0.25, 0.25, len(deltas)), decode)


def eleven_deltas_of_its_own(v, deltas, decode):
    return tweak_grid(v, torch.linspace(-0.25, 0.25, 11), decode)


def deltas_sorted(v, deltas, decode):
    return tweak_grid(v, deltas.sort().values, decode)


def deltas_scaled_by_the_length(v, deltas, decode):
    return tweak_grid(v, deltas * functional.lengths(v).max(), decode)


def deltas_scaled_by_the_entry(v, deltas, decode):
    return _drawn(v, _steps(v, deltas) * v[0, _longest(v)[0]], decode)


def rest_not_masked(v, deltas, decode):
    return _drawn_all([[v + s * _keep(v, None) for s in row] for row in _steps(v, deltas)], decode)


def all_moved_and_none_masked(v, deltas, decode):
    return _drawn_all([[v + s for s in row] for row in _steps(v, deltas)], decode)


def masked_capsules_moved_too(v, deltas, decode):
    return _drawn_all([[v * _keep(v, None) + s for s in row] for row in _steps(v, deltas)], decode)


def place_in_the_flat_vector(v, deltas, decode):
    masked, rows = functional.mask_capsules(v), []
    for k in range(v.shape[2]):
        moved = masked.repeat(len(deltas), 1)
        moved[:, k] = moved[:, k] + deltas
        rows.append(decode(moved))
    return torch.stack(rows)


def capsule_zero(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, torch.zeros(1).long())


def shortest_capsule(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, functional.lengths(v).argmin(1))


def largest_sum(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, v.sum(2).argmax(1))


def largest_sum_of_absolute_values(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, v.abs().sum(2).argmax(1))


def largest_entry(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, v.amax(2).argmax(1))


def largest_absolute_entry(v, deltas, decode):
    return _drawn(v, _steps(v, deltas), decode, v.abs().amax(2).argmax(1))


def deltas_subtracted(v, deltas, decode):
    return tweak_grid(v, -deltas, decode)


def difference_from_the_reconstruction(v, deltas, decode):
    return tweak_grid(v, deltas, decode) - decode(functional.mask_capsules(v))


def one_axis_too_many(v, deltas, decode):
    return tweak_grid(v, deltas, decode).unsqueeze(2)


def one_long_list(v, deltas, decode):
    return tweak_grid(v, deltas, decode).flatten(0, 1)


def classes_for_dimensions(v, deltas, decode):
    return _rows(v, deltas, decode, v.shape[1])


def sixteen_typed_in(v, deltas, decode):
    for k in range(16):
        step = torch.zeros(v.shape[2], dtype=v.dtype)
        step[k] = 1
    return tweak_grid(v, deltas, decode)


def not_decoded(v, deltas, decode):
    return tweak_grid(v, deltas, lambda masked: masked)


def last_dimension_only(v, deltas, decode):
    return tweak_grid(v, deltas, decode)[-1]


TWEAK_GRID = Exercise(
    id="11-tweak-grid",
    goal=(
        "Write `tweak_grid(v, deltas, decode)`: for one image, v (1, j, z), a picture for each dimension k and each "
        "of the deltas (n,). Picture [k, t] is what `decode` draws from the longest capsule with deltas[t] added to "
        "dimension k alone, all other dimensions as they were. `decode` turns (m, j·z) into pictures (m, p); the "
        "result is (z, n, p). `perturb` does the rest."
    ),
    reference=tweak_grid,
    oracle=oracles.tweak_grid,
    axes=("z n p",),
    cases=_tweak_cases,
    properties=(_middle_is_the_reconstruction,),
    gradient=False,
    mutants=(
        Mutant(
            entry_set_not_added,
            "You set dimension k to deltas[t]. Add it to what is there: a delta of 0 must give the reconstruction.",
        ),
        Mutant(
            set_in_every_capsule_then_masked,
            "You set dimension k of every capsule to deltas[t], and chose the longest afterwards. Choose by the "
            "untouched v, and add to what is there: a delta of 0 must give the reconstruction.",
        ),
        Mutant(
            set_then_masked_again,
            "You set dimension k to deltas[t], and then the longest was chosen again. Choose once, from the untouched "
            "v, and add to what is there: a delta of 0 must give the reconstruction.",
        ),
        Mutant(
            set_in_one_copy,
            "You set dimension k to deltas[t], and all in one copy, where the earlier dimensions stay set. Begin from "
            "v for every picture, and add to what is there: a delta of 0 must give the reconstruction.",
        ),
        Mutant(
            set_in_every_capsule_of_one_copy,
            "You set dimension k of every capsule to deltas[t], all in one copy, and chose the longest afterwards. "
            "Begin from v for every picture, choose by the untouched v, and add to what is there.",
        ),
        Mutant(
            set_in_one_copy_then_masked_again,
            "You set dimension k to deltas[t], all in one copy, and then the longest was chosen again. Begin from v "
            "for every picture, choose by the untouched v, and add to what is there.",
        ),
        Mutant(
            set_in_every_slot_after_the_mask,
            "You set dimension k to deltas[t] in the places of all classes, masked ones too. Add it to what is there, "
            "in the longest capsule alone.",
        ),
        Mutant(
            earlier_dimensions_stay_moved,
            "Your earlier dimensions stay moved: in row k all dimensions before k still hold the last delta. Begin "
            "with fresh zeros for every k.",
        ),
        Mutant(
            deltas_add_up_in_a_row,
            "Your deltas add up along a row: picture t has all the deltas up to t. Begin from the same pose for every "
            "picture.",
        ),
        Mutant(
            steps_add_up_everywhere,
            "Your steps add up over the whole grid: every picture begins where the last one ended. Begin each from the "
            "untouched pose, with fresh zeros.",
        ),
        Mutant(
            added_to_v_in_place,
            "You add to v itself, so every picture begins where the last one ended, and v is changed afterwards. Leave "
            "v alone and give `perturb` a delta.",
        ),
        Mutant(
            deltas_first,
            "Your grid is (n, z, p): the deltas run down and the dimensions across. Let k be the outer loop.",
        ),
        Mutant(
            deltas_first_then_reshaped,
            "The shape is (z, n, p), but your pictures come in the order (n, z). A reshape only counts the pictures "
            "off anew: transpose, or let k be the outer loop.",
        ),
        Mutant(
            all_dimensions_at_once,
            "You added deltas[t] to all the dimensions at once, so all your rows are alike. Only dimension k moves: a "
            "delta of zeros with a single number in it.",
        ),
        Mutant(
            all_capsules_moved_then_masked,
            "You added to every capsule and looked for the longest afterwards. A large delta makes another class the "
            "longest: choose by the untouched v.",
        ),
        Mutant(
            longest_chosen_again,
            "You moved the right capsule, but then the longest was chosen again, and a capsule that became shorter "
            "lost its place. Choose once, from the untouched v.",
        ),
        Mutant(
            first_delta_only,
            "All pictures of your rows are alike: only the first delta is used. Picture [k, t] takes deltas[t].",
        ),
        Mutant(
            deltas_of_its_own,
            "You made deltas of your own, from −0.25 to 0.25. Use the deltas that are given: they may be any numbers.",
        ),
        Mutant(
            eleven_deltas_of_its_own,
            "You made eleven deltas of your own, from −0.25 to 0.25. Use the deltas that are given: there may be any "
            "number of them.",
        ),
        Mutant(deltas_sorted, "You sorted the deltas. Picture [k, t] belongs to deltas[t], in the order given."),
        Mutant(
            deltas_scaled_by_the_length,
            "You multiplied the deltas by the capsule's length. They are added as they are.",
        ),
        Mutant(
            deltas_scaled_by_the_entry,
            "Your change is a share of the entry: deltas[t] times what is there. A dimension near 0 would never move. "
            "Add deltas[t] itself.",
        ),
        Mutant(
            rest_not_masked,
            "You moved the right capsule, but the other classes are still there. The decoder was trained with zeros in "
            "their place: mask them.",
        ),
        Mutant(
            all_moved_and_none_masked,
            "You moved all the capsules and masked none. Keep only the longest one; `perturb` does it.",
        ),
        Mutant(
            masked_capsules_moved_too,
            "You added after masking, to all the classes: the masked capsules are no longer zero. Add to the longest "
            "capsule alone.",
        ),
        Mutant(
            place_in_the_flat_vector,
            "You moved place k of the flat vector (j·z). That is dimension k of capsule 0, whichever capsule was kept. "
            "Move the kept pose before it is flattened.",
        ),
        Mutant(capsule_zero, "You kept and moved capsule 0. The longest capsule is asked for."),
        Mutant(shortest_capsule, "You kept and moved the shortest capsule. Did you write argmin for argmax?"),
        Mutant(
            largest_sum,
            "You kept and moved the capsule with the largest SUM of entries. A pose may be negative: the length takes "
            "the squares.",
        ),
        Mutant(
            largest_sum_of_absolute_values,
            "You added up the absolute values of a pose. The length takes the squares, and may be larger in another "
            "capsule.",
        ),
        Mutant(
            largest_entry,
            "You kept and moved the capsule with the largest single ENTRY. The length is that of the whole pose.",
        ),
        Mutant(
            largest_absolute_entry,
            "You kept and moved the capsule with the largest single entry, its sign aside. The length is that of the "
            "whole pose.",
        ),
        Mutant(deltas_subtracted, "You subtracted the deltas, so your rows run backwards. Add them."),
        Mutant(
            difference_from_the_reconstruction,
            "You return what changed against the reconstruction. The pictures themselves are asked for.",
        ),
        Mutant(
            one_axis_too_many,
            "There is an axis of size 1 too many, (z, n, 1, p): decode gives (1, p) for one image. Take its row [0].",
        ),
        Mutant(
            one_long_list,
            "Your pictures are in one long list, (z·n, p), and in the right order. Give it its rows: (z, n, p).",
        ),
        Mutant(
            classes_for_dimensions,
            "You run over the classes: v.shape[1] is j. The rows of the grid are the dimensions, v.shape[2] of them.",
        ),
        Mutant(
            sixteen_typed_in,
            "You typed in sixteen dimensions. There are v.shape[2] of them.",
        ),
        Mutant(not_decoded, "You return what the decoder should read, not what it draws. Call `decode` on it."),
        Mutant(
            last_dimension_only,
            "You return the pictures of the last dimension alone. Collect a row for every dimension: (z, n, p).",
        ),
    ),
    hints=(
        "Two loops: over the z dimensions, and over the n deltas. Each round makes one picture, from the same v.",
        "What `perturb` adds has z numbers. For picture [k, t] all are 0 but number k, which is deltas[t]; make those "
        "zeros afresh every time.",
        "`step = torch.zeros(z)`, `step[k] = deltas[t]`, `picture = decode(perturb(v, step))[0]`. Gather the pictures "
        "of a row in a list, `torch.stack(row)`, and stack the rows in the same way.",
    ),
    minutes=15,
    difficulty=3,
    importance=4,
)


# --- correlation ------------------------------------------------------------------------------------------


def correlation(x: Tensor, y: Tensor) -> tuple[float, float, float]:
    """Pearson's r of x (n,) and y (n,), and the two ends of its 95 % interval (Fisher) → (r, low, high)"""
    dx, dy = x - x.mean(), y - y.mean()
    # r = Σ dx dy / √(Σ dx² Σ dy²)
    r = (dx * dy).sum() / (dx.square().sum() * dy.square().sum()).sqrt()
    # tanh(atanh r ± 1.96/√(n − 3))
    middle, half = r.atanh(), 1.96 / (len(x) - 3) ** 0.5
    return r.item(), (middle - half).tanh().item(), (middle + half).tanh().item()


def _related(n: int, share: float, seed: int, shift: float = 0.2) -> tuple[Tensor, Tensor]:
    """Two series with a common part, y the smaller, around means that are not 0."""
    common, own = numbers(n, seed=seed), numbers(n, seed=seed + 100)
    x = 0.6 * common + shift
    return x, 0.3 * (share * common + (1 - abs(share)) * own) - shift / 2


def _correlation_cases() -> list[Case]:
    pairs = {
        "30 pairs that rise together": _related(30, 0.6, seed=1),
        "25 pairs, one falls where the other rises": _related(25, -0.6, seed=2),
        "40 pairs with little in common": _related(40, 0.05, seed=3),
        "200 pairs": _related(200, 0.4, seed=4),
        "only 4 pairs": (torch.tensor([0.1, 0.4, 0.5, 0.9]), torch.tensor([0.2, 0.0, 0.5, 0.4])),
        "12 pairs around other means": _related(12, 0.5, seed=5, shift=-0.4),
        "float64 pairs": tuple(part.double() for part in _related(15, -0.4, seed=6)),
    }
    # 1.959964 for 1.96 is right, too: with 4 pairs it moves an end by 0.00004
    return [case(says, *xy, atol=1e-4) for says, xy in pairs.items()]


def _from_minus_1_to_1(item: Case, value: tuple) -> str | None:
    for name, got in zip(("r", "low", "high"), value, strict=True):
        if not -1 <= got <= 1:
            return f"{name} is {got:.4g}; a correlation lies between −1 and 1."
    return None


def _r_inside(item: Case, value: tuple) -> str | None:
    r, low, high = value
    return None if low < r < high else f"r is {r:.4g}, outside its own interval ({low:.4g}, {high:.4g})."


def _r_itself(item: Case, value: tuple) -> str | None:
    want = correlation(*item.args)[0]
    if abs(value[0] - want) < item.atol:
        return None
    return "r is {}; expected {}.".format(*told_apart(value[0], want))


def _ends(item: Case, value: tuple) -> str | None:
    _, low, high = correlation(*item.args)
    if abs(value[1] - low) < item.atol and abs(value[2] - high) < item.atol:
        return None
    return "r is right, but its interval is {}; expected {}.".format(*told_apart(tuple(value[1:]), (low, high)))


def _sums(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Σ dx dy, Σ dx², Σ dy²"""
    dx, dy = x - x.mean(), y - y.mean()
    return (dx * dy).sum(), dx.square().sum(), dy.square().sum()


def _with_interval(r: Tensor, n: int, half: float | None = None) -> tuple[float, float, float]:
    half = 1.96 / (n - 3) ** 0.5 if half is None else half
    return float(r), float(torch.tanh(torch.atanh(r) - half)), float(torch.tanh(torch.atanh(r) + half))


def _r(x: Tensor, y: Tensor) -> Tensor:
    both, of_x, of_y = _sums(x, y)
    return both / (of_x * of_y).sqrt()


def _from_to(r: Tensor, low: Tensor, high: Tensor) -> tuple[float, float, float]:
    return float(r), float(low), float(high)


def sum_of_products_for_r(x, y):
    return _with_interval(_sums(x, y)[0], len(x))


def covariance_for_r(x, y):
    return _with_interval(_sums(x, y)[0] / len(x), len(x))


def sample_covariance_for_r(x, y):
    return _with_interval(_sums(x, y)[0] / (len(x) - 1), len(x))


def divided_by_n_and_by_n_minus_one(x, y):
    return _with_interval(_r(x, y) * (len(x) - 1) / len(x), len(x))


def divided_by_n_minus_one_and_by_n(x, y):
    return _with_interval(_r(x, y) * len(x) / (len(x) - 1), len(x))


def products_summed_not_averaged(x, y):
    return _with_interval(_r(x, y) * (len(x) - 1), len(x))


def means_not_subtracted(x, y):
    return _with_interval((x * y).sum() / (x.square().sum() * y.square().sum()).sqrt(), len(x))


def means_subtracted_in_the_product_only(x, y):
    return _with_interval(_sums(x, y)[0] / (x.square().sum() * y.square().sum()).sqrt(), len(x))


def product_without_its_means(x, y):
    return _with_interval((x * y).mean() / (x.std(correction=0) * y.std(correction=0)), len(x))


def variances_for_deviations(x, y):
    both, of_x, of_y = _sums(x, y)
    n = len(x)
    return _with_interval((both / n) / ((of_x / n) * (of_y / n)), n)


def root_of_the_sums_forgotten(x, y):
    both, of_x, of_y = _sums(x, y)
    return _with_interval(both / (of_x * of_y), len(x))


def r_squared(x, y):
    return _with_interval(_r(x, y) ** 2, len(x))


def sign_lost(x, y):
    return _with_interval(_r(x, y).abs(), len(x))


def slope(x, y):
    both, of_x, _ = _sums(x, y)
    return _with_interval(both / of_x, len(x))


def ranks(x, y):
    return _with_interval(_r(*(part.argsort().argsort().to(part.dtype) for part in (x, y))), len(x))


def root_of_n(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 / len(x) ** 0.5)


def root_of_n_minus_one(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 1) ** 0.5)


def root_of_n_minus_two(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 2) ** 0.5)


def brackets_forgotten(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 / len(x) ** 0.5 - 3)


def root_forgotten(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 / (len(x) - 3))


def times_the_root(x, y):
    return _with_interval(_r(x, y), len(x), 1.96 * (len(x) - 3) ** 0.5)


def ninety_percent(x, y):
    return _with_interval(_r(x, y), len(x), 1.645 / (len(x) - 3) ** 0.5)


def ninety_nine_percent(x, y):
    return _with_interval(_r(x, y), len(x), 2.576 / (len(x) - 3) ** 0.5)


def one_standard_error(x, y):
    return _with_interval(_r(x, y), len(x), 1 / (len(x) - 3) ** 0.5)


def symmetric_about_r(x, y):
    r, half = _r(x, y), 1.96 * (1 - _r(x, y) ** 2) / len(x) ** 0.5
    return _from_to(r, r - half, r + half)


def added_to_r_itself(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return _from_to(r, r - half, r + half)


def not_brought_back(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return _from_to(r, r.atanh() - half, r.atanh() + half)


def tanh_without_atanh(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return _from_to(r, (r - half).tanh(), (r + half).tanh())


def there_and_back_exchanged(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return _from_to(r, (r.tanh() - half).atanh(), (r.tanh() + half).atanh())


def arc_tangent(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return _from_to(r, (r.atan() - half).tan(), (r.atan() + half).tan())


def fishers_z_for_r(x, y):
    _, low, high = correlation(x, y)
    return float(_r(x, y).atanh()), low, high


def high_first(x, y):
    r, low, high = correlation(x, y)
    return r, high, low


def half_of_the_width(x, y):
    r, low, high = correlation(x, y)
    return r, (high - low) / 2


def tensors_for_floats(x, y):
    r, half = _r(x, y), 1.96 / (len(x) - 3) ** 0.5
    return r, (r.atanh() - half).tanh(), (r.atanh() + half).tanh()


def means_subtracted_in_place(x, y):
    x -= x.mean()
    y -= y.mean()
    return correlation(x, y)


CORRELATION = Exercise(
    id="11-correlation",
    goal=(
        "Write `correlation(x, y)` for x (n,) and y (n,): Pearson's r, and the ends of its 95 % interval by Fisher's "
        "way: atanh r ± 1.96/√(n − 3), brought back with tanh. Return three Python floats, (r, low, high). Leave x and "
        "y as they are."
    ),
    reference=correlation,
    oracle=oracles.correlation,
    axes=("", "", ""),
    cases=_correlation_cases,
    properties=(_from_minus_1_to_1, _r_inside, _r_itself, _ends),
    gradient=False,
    mutants=(
        Mutant(
            sum_of_products_for_r,
            "Your r is the bare sum of the products. It grows with n and with the units of x and y: divide by the root "
            "of Σ dx² · Σ dy².",
        ),
        Mutant(
            covariance_for_r,
            "Your r is the covariance. In other units it would be another number: divide it by both standard "
            "deviations.",
        ),
        Mutant(
            sample_covariance_for_r,
            "Your r is the covariance (with n − 1). In other units it would be another number: divide it by both "
            "standard deviations.",
        ),
        Mutant(
            divided_by_n_and_by_n_minus_one,
            "You averaged the products over n, but .std() divides by n − 1, so r is too small by (n − 1)/n. Use the "
            "same divisor in both, or sums in both.",
        ),
        Mutant(
            divided_by_n_minus_one_and_by_n,
            "You divided the products by n − 1, but the squares by n, so r is too large by n/(n − 1). Use the same "
            "divisor in both, or sums in both.",
        ),
        Mutant(
            products_summed_not_averaged,
            "You divided the SUM of the products by two standard deviations, which are averages. Divide the sum by "
            "n − 1, or use sums of squares below the line.",
        ),
        Mutant(
            means_not_subtracted,
            "You forgot to subtract the means: this is the cosine of two vectors, and two series far above 0 would "
            "always look related.",
        ),
        Mutant(
            means_subtracted_in_the_product_only,
            "You subtracted the means above the line but not below it. The squares are of x − mean and y − mean, too.",
        ),
        Mutant(
            product_without_its_means,
            "You subtracted no means above the line: the covariance is the mean of (x − mean)(y − mean), not that of "
            "x y.",
        ),
        Mutant(
            variances_for_deviations,
            "You divided by both variances. Divide by both standard deviations: a root is missing.",
        ),
        Mutant(
            root_of_the_sums_forgotten,
            "You divided by Σ dx² · Σ dy² itself. Divide by its root, else r depends on n and on the units.",
        ),
        Mutant(r_squared, "This is r², the share of explained variance. It has lost its sign; r is asked for."),
        Mutant(sign_lost, "You lost the sign of r. Where y falls as x rises, r is negative."),
        Mutant(
            slope,
            "This is the slope of y on x: you divided by the variance of x alone. It depends on the units of y; r "
            "divides by the standard deviations of both.",
        ),
        Mutant(
            ranks,
            "This is the correlation of the ranks (Spearman's). Pearson's r takes the values themselves.",
        ),
        Mutant(
            root_of_n,
            "You divided by √n. The standard error of Fisher's atanh r is 1/√(n − 3); with few pairs that is far more.",
        ),
        Mutant(root_of_n_minus_one, "You divided by √(n − 1). The standard error of atanh r is 1/√(n − 3)."),
        Mutant(root_of_n_minus_two, "You divided by √(n − 2). The standard error of atanh r is 1/√(n − 3)."),
        Mutant(
            brackets_forgotten,
            "The 3 is subtracted too late: brackets are missing. It is √(n − 3), not √n with 3 subtracted from the "
            "quotient.",
        ),
        Mutant(root_forgotten, "You divided by n − 3. A root is missing: 1.96/√(n − 3)."),
        Mutant(times_the_root, "You multiplied by √(n − 3), so more pairs would make r less certain. Divide."),
        Mutant(ninety_percent, "1.645 gives the 90 % interval. For 95 % it is 1.96."),
        Mutant(ninety_nine_percent, "2.576 gives the 99 % interval. For 95 % it is 1.96."),
        Mutant(one_standard_error, "You went one standard error to each side. For 95 % it is 1.96 of them."),
        Mutant(
            symmetric_about_r,
            "You took r ± 1.96 (1 − r²)/√n, the same distance to both sides. Near ±1 there is no room for that: go "
            "through atanh and tanh.",
        ),
        Mutant(
            added_to_r_itself,
            "You added 1.96/√(n − 3) to r itself. That is the error of atanh r: take atanh first, then tanh of both "
            "ends.",
        ),
        Mutant(
            not_brought_back,
            "Your ends are still those of atanh r. Bring them back with tanh, so that they lie between −1 and 1.",
        ),
        Mutant(
            tanh_without_atanh,
            "You took tanh at the end, but no atanh at the beginning. The step of 1.96/√(n − 3) goes from atanh r.",
        ),
        Mutant(
            there_and_back_exchanged,
            "You exchanged the two: first atanh of r, then tanh of both ends.",
        ),
        Mutant(arc_tangent, "You took the arc tangent, atan. Fisher's is the hyperbolic one: atanh, and tanh back."),
        Mutant(fishers_z_for_r, "The interval is right, but your first number is atanh r. Return r itself."),
        Mutant(high_first, "Your ends are right, but exchanged: low comes first."),
        Mutant(half_of_the_width, "You return r and half of a width. The interval is not symmetric: return both ends."),
        Mutant(
            tensors_for_floats,
            "The numbers are right. Return them as Python floats: `r.item()`, and so on.",
        ),
        Mutant(
            means_subtracted_in_place,
            "You subtracted the means from x and y themselves (`-=`), so the caller's data are changed. Write "
            "`dx = x - x.mean()`.",
        ),
    ),
    hints=(
        "First r: subtract both means, multiply, and divide by what makes the result the same in all units. Then the "
        "interval, which is not symmetric about r.",
        "With dx = x − mean and dy = y − mean: r = Σ dx dy / √(Σ dx² · Σ dy²). The step of 1.96/√(n − 3) is taken to "
        "both sides of atanh r, and tanh brings both ends back.",
        "`r = (dx * dy).sum() / (dx.square().sum() * dy.square().sum()).sqrt()`, `half = 1.96 / (len(x) - 3) ** 0.5`, "
        "`low = torch.tanh(torch.atanh(r) - half)`, high likewise with plus; `.item()` of all three.",
    ),
    minutes=12,
    difficulty=3,
    importance=3,
)

EXERCISES = (PERTURB, TWEAK_GRID, CORRELATION)

QUESTIONS = {
    "11-zero": {
        "the image": "The decoder has never seen this image. It draws from one pose of a few numbers, and what those "
        "do not hold is lost: compare the middle column with the image.",
        "the reconstruction": "Yes: delta is added, and adding 0 leaves the pose as it was. The middle column is what "
        "the decoder draws from the untouched capsule, in every row.",
        "black": "It would be near it if delta took the place of the pose. But delta is added, and 0 changes nothing.",
    },
    "11-same": {
        "yes": "The paper gives them names, such as stroke thickness. But it named them afterwards, by looking at one "
        "network. Nothing in the loss prefers one basis of the pose: turn a class's pose, and squash and its length "
        "stay as they are, while the decoder learns to read the turned pose. Another seed may turn it otherwise.",
        "no": "Right: nothing forces them to. Nothing in the loss prefers one basis of the pose: turn a class's pose, "
        "and squash and its length stay as they are, while the decoder learns to read the turned pose. Another seed "
        "may turn it otherwise.",
    },
    "11-which": {
        "the true class": "In training, yes: there the label chose the capsule. But a network that reads a new image "
        "has no label. What it believes it sees is its longest capsule.",
        "the longest capsule": "Yes: the network has no label, and its longest capsule is what it believes it sees. "
        "Moving the true class's capsule shows something else: what the network would have drawn, had it been right.",
    },
}
