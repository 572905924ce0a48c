"""Write `tweak_grid(v, deltas, decode)`: for one image, v (1, j, z), a picture for each dimension k and each of the
deltas (n,). Picture [k, t] is what `decode` draws from the longest capsule with deltas[t] added to dimension k alone,
all other dimensions as they were. `decode` turns (m, j·z) into pictures (m, p); the result is (z, n, p). `perturb` does
the rest."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.lesson11.perturb import chosen, keep_one, longest, telling, three_lengths
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 4}
HINTS = (
    "Two loops: over the z dimensions, and over the n deltas. Each round makes one picture, from the same v.",
    "What `perturb` adds has z numbers. For picture [k, t] all are 0 but number k, which is deltas[t]; make those "
    "zeros afresh every time.",
    "`step = torch.zeros(z)`, `step[k] = deltas[t]`, `picture = decode(perturb(v, step))[0]`. Gather the pictures "
    "of a row in a list, `torch.stack(row)`, and stack the rows in the same way.",
)
AXES = ("z n p",)
GRADIENT = False


def _rows(v: Tensor, deltas: Tensor, decode, count: int) -> Tensor:
    rows = []
    for k in range(count):
        step = torch.zeros(v.shape[2], dtype=v.dtype)
        step[k] = 1
        # v + deltas[t] · e_k, one picture for each t
        rows.append(decode(torch.cat([functional.perturb(v, amount * step) for amount in deltas])))  # (n, p)
    return torch.stack(rows)


def tweak_grid(v: Tensor, deltas: Tensor, decode) -> Tensor:
    """What does each dimension draw? v (1, j, z), deltas (n,), decode: (m, j·z) → (m, p) → (z, n, p)

    Picture [k, t] is that of the longest capsule with deltas[t] added to dimension k alone.
    """
    return _rows(v, deltas, decode, v.shape[2])


reference = tweak_grid


def oracle(v, deltas, decode):
    def alone(k: int, amount: Tensor) -> Tensor:
        flat = []
        for j, pose in enumerate(v[0]):
            for d, x in enumerate(pose):
                moved = x + amount if d == k else x
                flat.append(moved if j == longest else torch.zeros_like(x))
        return torch.stack(flat)

    size = [float(sum(x * x for x in pose)) for pose in v[0]]
    longest = size.index(max(size))
    return grid([[decode(alone(k, amount).unsqueeze(0))[0] for amount in deltas] for k in range(v.shape[2])])


def _decoder(inputs: int, pixels: int):
    weight = 2 * numbers(inputs, pixels, seed=9)

    def decode(masked):
        return torch.sigmoid(masked @ weight.to(masked.dtype) - 0.5)

    return decode


def cases():
    v, _ = telling()
    decode = _decoder(12, 7)
    other = functional.squash(numbers(1, 3, 5, seed=3))
    return [
        case("v of shape (1, 3, 4) and 6 deltas", v[:1], torch.linspace(-0.5, 0.5, 6), decode),
        case("deltas that are not in order", v[1:], torch.tensor([0.25, -0.4, 0.0, 0.1, -0.1]), decode),
        case("deltas so large that another capsule would become the longest", v[:1], torch.tensor([-1, 1.5]), decode),
        case("v of shape (1, 3, 5) and 2 deltas", other, torch.tensor([-0.2, 0.3]), _decoder(15, 8)),
        case("v of shape (1, 5, 2)", numbers(1, 5, 2, seed=8), torch.tensor([-0.25, 0.1, 0.25]), _decoder(10, 4)),
        case("a single delta", v[1:], torch.tensor([0.25]), decode),
        case("a longest pose with zeros in it", three_lengths(), torch.tensor([-0.25, 0.0, 0.25]), decode),
    ]


def _middle_is_the_reconstruction(item, value):
    v, deltas, decode = item.args
    untouched = decode(functional.mask_capsules(v))[0]
    for t, amount in enumerate(deltas.tolist()):
        if amount == 0 and not torch.allclose(value[:, t], untouched.expand_as(value[:, t]), rtol=1e-3, atol=1e-5):
            return f"delta {t} is 0, so [:, {t}] should be the reconstruction in every row; it is not."
    return None


properties = (_middle_is_the_reconstruction,)


def _steps(v: Tensor, deltas: Tensor) -> Tensor:
    """What is added to the pose, for all pictures of the grid: (z, n, z)"""
    return torch.einsum("t,kz->ktz", deltas, torch.eye(v.shape[2], dtype=v.dtype))


def _drawn(v: Tensor, steps: Tensor, decode, index: Tensor | None = None) -> Tensor:
    index = chosen(v, index)
    return torch.stack([decode(torch.cat([functional.perturb(v, s, index) for s in row])) for row in steps])


def _set(v: Tensor, deltas: Tensor, decode, every: bool, again: bool, fresh: bool) -> Tensor:
    """Entries set, not added: of every capsule or of the longest; which may be chosen again; in a fresh copy of v."""
    index, u, rows = longest(v), v.clone(), []
    for k in range(v.shape[2]):
        row = []
        for amount in deltas:
            u = v.clone() if fresh else u
            u[0, slice(None) if every else index, k] = amount
            row.append(decode(functional.mask_capsules(u, None if again else index))[0])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _drawn_all(poses: list[list[Tensor]], decode) -> Tensor:
    """poses[k][t] (1, j, z) as they are, without a mask."""
    return torch.stack([decode(torch.cat([pose.flatten(1) for pose in row])) for row in poses])


class right:
    def in_two_loops(v, deltas, decode):
        rows = []
        for k in range(v.shape[2]):
            row = []
            for t in range(len(deltas)):
                step = torch.zeros(v.shape[2])
                step[k] = deltas[t]
                row.append(decode(functional.perturb(v, step))[0])
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def with_plain_numbers(v, deltas, decode):
        z, pictures = v.shape[2], []
        for k in range(z):
            for amount in deltas.tolist():
                pictures.append(decode(functional.perturb(v, torch.tensor([amount * (d == k) for d in range(z)]))))
        return torch.cat(pictures).view(z, len(deltas), -1)

    def all_at_once(v, deltas, decode):
        """One call of the decoder for the whole grid."""
        (_, j, z), n = v.shape, len(deltas)
        best = v.norm(dim=2).argmax()
        poses = v[0, best] + deltas.view(1, n, 1) * torch.eye(z, dtype=v.dtype).unsqueeze(1)  # (z, n, z)
        masked = v.new_zeros(z * n, j, z)
        masked[:, best] = poses.reshape(z * n, z)
        return decode(masked.flatten(1)).view(z, n, -1)

    def on_a_copy(v, deltas, decode):
        masked = functional.mask_capsules(v)[0].detach()
        first = int(functional.lengths(v).argmax()) * v.shape[2]
        grid = []
        for k in range(v.shape[2]):
            moved = masked.repeat(len(deltas), 1)
            moved[:, first + k] += deltas.detach()
            grid.append(decode(moved))
        return torch.stack(grid)

    def into_zeros(v, deltas, decode):
        z, n = v.shape[2], len(deltas)
        grid = torch.zeros(z, n, decode(functional.mask_capsules(v)).shape[1])
        for k in range(z):
            for t in range(n):
                step = torch.zeros(z)
                step[k] = deltas[t]
                grid[k, t] = decode(functional.perturb(v, step))
        return grid


class wrong:
    def entry_set_not_added(v, deltas, decode):
        """You set dimension k to deltas[t]. Add it to what is there: a delta of 0 must give the reconstruction."""
        pose = v[0, longest(v)[0]]
        steps = _steps(v, deltas) - torch.diag(pose).unsqueeze(1)
        return _drawn(v, steps, decode)

    def set_in_every_capsule_then_masked(v, deltas, decode):
        """You set dimension k of every capsule to deltas[t], and chose the longest afterwards. Choose by the untouched
        v, and add to what is there: a delta of 0 must give the reconstruction."""
        return _set(v, deltas, decode, every=True, again=True, fresh=True)

    def set_then_masked_again(v, deltas, decode):
        """You set dimension k to deltas[t], and then the longest was chosen again. Choose once, from the untouched v,
        and add to what is there: a delta of 0 must give the reconstruction."""
        return _set(v, deltas, decode, every=False, again=True, fresh=True)

    def set_in_one_copy(v, deltas, decode):
        """You set dimension k to deltas[t], and all in one copy, where the earlier dimensions stay set. Begin from v
        for every picture, and add to what is there: a delta of 0 must give the reconstruction."""
        return _set(v, deltas, decode, every=False, again=False, fresh=False)

    def set_in_every_capsule_of_one_copy(v, deltas, decode):
        """You set dimension k of every capsule to deltas[t], all in one copy, and chose the longest afterwards. Begin
        from v for every picture, choose by the untouched v, and add to what is there."""
        return _set(v, deltas, decode, every=True, again=True, fresh=False)

    def set_in_one_copy_then_masked_again(v, deltas, decode):
        """You set dimension k to deltas[t], all in one copy, and then the longest was chosen again. Begin from v for
        every picture, choose by the untouched v, and add to what is there."""
        return _set(v, deltas, decode, every=False, again=True, fresh=False)

    def set_in_every_slot_after_the_mask(v, deltas, decode):
        """You set dimension k to deltas[t] in the places of all classes, masked ones too. Add it to what is there, in
        the longest capsule alone."""
        rows = []
        for k in range(v.shape[2]):
            masked = (v * keep_one(v, None)).repeat(len(deltas), 1, 1)  # (n, j, z)
            masked[:, :, k] = deltas.unsqueeze(1)
            rows.append(decode(masked.flatten(1)))
        return torch.stack(rows)

    def earlier_dimensions_stay_moved(v, deltas, decode):
        """Your earlier dimensions stay moved: in row k all dimensions before k still hold the last delta. Begin with
        fresh zeros for every k."""
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
        """Your deltas add up along a row: picture t has all the deltas up to t. Begin from the same pose for every
        picture."""
        return _drawn(v, _steps(v, deltas.cumsum(0)), decode)

    def steps_add_up_everywhere(v, deltas, decode):
        """Your steps add up over the whole grid: every picture begins where the last one ended. Begin each from the
        untouched pose, with fresh zeros."""
        steps = _steps(v, deltas)
        return _drawn(v, steps.flatten(0, 1).cumsum(0).view_as(steps), decode)

    def added_to_v_in_place(v, deltas, decode):
        """You add to v itself, so every picture begins where the last one ended, and v is changed afterwards. Leave v
        alone and give `perturb` a delta."""
        index, rows = longest(v), []
        for k in range(v.shape[2]):
            row = []
            for amount in deltas:
                v[0, index[0], k] += amount
                row.append(decode(functional.mask_capsules(v, index))[0])
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def deltas_first(v, deltas, decode):
        """Your grid is (n, z, p): the deltas run down and the dimensions across. Let k be the outer loop."""
        return tweak_grid(v, deltas, decode).transpose(0, 1)

    def deltas_first_then_reshaped(v, deltas, decode):
        """The shape is (z, n, p), but your pictures come in the order (n, z). A reshape only counts the pictures
        again: transpose, or let k be the outer loop."""
        grid = tweak_grid(v, deltas, decode)
        return grid.transpose(0, 1).reshape(grid.shape)

    def all_dimensions_at_once(v, deltas, decode):
        """You added deltas[t] to all the dimensions at once, so all your rows are alike. Only dimension k moves: a
        delta of zeros with a single number in it."""
        return _drawn(v, deltas.view(1, -1, 1).expand(v.shape[2], -1, v.shape[2]), decode)

    def all_capsules_moved_then_masked(v, deltas, decode):
        """You added to every capsule and looked for the longest afterwards. A large delta makes another class the
        longest: choose by the untouched v."""
        return _drawn_all(
            [[functional.mask_capsules(v + s) for s in row] for row in _steps(v, deltas)],
            decode,
        )

    def longest_chosen_again(v, deltas, decode):
        """You moved the right capsule, but then the longest was chosen again, and a capsule that became shorter lost
        its place. Choose once, from the untouched v."""
        moved = [[v + s * keep_one(v, None) for s in row] for row in _steps(v, deltas)]
        return _drawn_all([[functional.mask_capsules(pose) for pose in row] for row in moved], decode)

    def first_delta_only(v, deltas, decode):
        """All pictures of your rows are alike: only the first delta is used. Picture [k, t] takes deltas[t]."""
        return tweak_grid(v, deltas[:1].expand(len(deltas)), decode)

    def deltas_of_its_own(v, deltas, decode):
        """You made deltas of your own, from −0.25 to 0.25. Use the deltas that are given: they may be any numbers."""
        return tweak_grid(v, torch.linspace(-0.25, 0.25, len(deltas)), decode)

    def eleven_deltas_of_its_own(v, deltas, decode):
        """You made eleven deltas of your own, from −0.25 to 0.25. Use the deltas that are given: there may be any
        number of them."""
        return tweak_grid(v, torch.linspace(-0.25, 0.25, 11), decode)

    def number_of_the_step(v, deltas, decode):
        """You added t, the number of the step. Add deltas[t]."""
        return tweak_grid(v, torch.arange(len(deltas), dtype=v.dtype), decode)

    def deltas_sorted(v, deltas, decode):
        """You sorted the deltas. Picture [k, t] belongs to deltas[t], in the order given."""
        return tweak_grid(v, deltas.sort().values, decode)

    def deltas_scaled_by_the_length(v, deltas, decode):
        """You multiplied the deltas by the capsule's length. They are added as they are."""
        return tweak_grid(v, deltas * functional.lengths(v).max(), decode)

    def deltas_scaled_by_the_entry(v, deltas, decode):
        """Your change is a share of the entry: deltas[t] times what is there. A dimension near 0 would never move. Add
        deltas[t] itself."""
        return _drawn(v, _steps(v, deltas) * v[0, longest(v)[0]], decode)

    def rest_not_masked(v, deltas, decode):
        """You moved the right capsule, but the other classes are still there. The decoder was trained with zeros in
        their place: mask them."""
        return _drawn_all([[v + s * keep_one(v, None) for s in row] for row in _steps(v, deltas)], decode)

    def all_moved_and_none_masked(v, deltas, decode):
        """You moved all the capsules and masked none. Keep only the longest one; `perturb` does it."""
        return _drawn_all([[v + s for s in row] for row in _steps(v, deltas)], decode)

    def masked_capsules_moved_too(v, deltas, decode):
        """You added after masking, to all the classes: the masked capsules are no longer zero. Add to the longest
        capsule alone."""
        return _drawn_all([[v * keep_one(v, None) + s for s in row] for row in _steps(v, deltas)], decode)

    def place_in_the_flat_vector(v, deltas, decode):
        """You moved place k of the flat vector (j·z). That is dimension k of capsule 0, whichever capsule was kept.
        Move the kept pose before it is flattened."""
        masked, rows = functional.mask_capsules(v), []
        for k in range(v.shape[2]):
            moved = masked.repeat(len(deltas), 1)
            moved[:, k] = moved[:, k] + deltas
            rows.append(decode(moved))
        return torch.stack(rows)

    def every_place_of_the_flat_vector(v, deltas, decode):
        """Your grid has a row for every place of the flat vector, j·z of them. Its rows should be the z dimensions of
        the capsule that is kept. All the other places stay 0."""
        masked, rows = functional.mask_capsules(v), []
        for k in range(masked.shape[1]):
            moved = masked.repeat(len(deltas), 1)
            moved[:, k] = moved[:, k] + deltas
            rows.append(decode(moved))
        return torch.stack(rows)

    def capsule_zero(v, deltas, decode):
        """You kept and moved capsule 0. The longest capsule is wanted."""
        return _drawn(v, _steps(v, deltas), decode, torch.zeros(1).long())

    def shortest_capsule(v, deltas, decode):
        """You kept and moved the shortest capsule. Did you write argmin for argmax?"""
        return _drawn(v, _steps(v, deltas), decode, functional.lengths(v).argmin(1))

    def largest_sum(v, deltas, decode):
        """You kept and moved the capsule with the largest SUM of entries. A pose may be negative: the length takes the
        squares."""
        return _drawn(v, _steps(v, deltas), decode, v.sum(2).argmax(1))

    def largest_sum_of_absolute_values(v, deltas, decode):
        """You added up the absolute values of a pose. The length takes the squares, and may be larger in another
        capsule."""
        return _drawn(v, _steps(v, deltas), decode, v.abs().sum(2).argmax(1))

    def largest_entry(v, deltas, decode):
        """You kept and moved the capsule with the largest single ENTRY. The length is that of the whole pose."""
        return _drawn(v, _steps(v, deltas), decode, v.amax(2).argmax(1))

    def largest_absolute_entry(v, deltas, decode):
        """You kept and moved the capsule with the largest single entry, its sign aside. The length is that of the whole
        pose."""
        return _drawn(v, _steps(v, deltas), decode, v.abs().amax(2).argmax(1))

    def deltas_subtracted(v, deltas, decode):
        """You subtracted the deltas, so your rows run backwards. Add them."""
        return tweak_grid(v, -deltas, decode)

    def difference_from_the_reconstruction(v, deltas, decode):
        """You return what changed against the reconstruction. The pictures themselves are wanted."""
        return tweak_grid(v, deltas, decode) - decode(functional.mask_capsules(v))

    def one_axis_too_many(v, deltas, decode):
        """There is an axis of size 1 too many, (z, n, 1, p): decode gives (1, p) for one image. Take its row [0]."""
        return tweak_grid(v, deltas, decode).unsqueeze(2)

    def one_long_list(v, deltas, decode):
        """Your pictures are in one long list, (z·n, p), and in the right order. Give it its rows: (z, n, p)."""
        return tweak_grid(v, deltas, decode).flatten(0, 1)

    def dimensions_and_deltas_in_pairs(v, deltas, decode):
        """You took dimensions and deltas in pairs, as `zip` does. Every dimension meets every delta: write two loops,
        one inside the other."""
        steps = _steps(v, deltas)
        pairs = [steps[n, n] for n in range(min(v.shape[2], len(deltas)))]
        return torch.cat([decode(functional.perturb(v, step)) for step in pairs])

    def classes_for_dimensions(v, deltas, decode):
        """You run over the classes: v.shape[1] is j. The rows of the grid are the dimensions, v.shape[2] of them."""
        return _rows(v, deltas, decode, v.shape[1])

    def sixteen_typed_in(v, deltas, decode):
        """You typed in sixteen dimensions. There are v.shape[2] of them."""
        for k in range(16):
            step = torch.zeros(v.shape[2], dtype=v.dtype)
            step[k] = 1
        return tweak_grid(v, deltas, decode)

    def not_decoded(v, deltas, decode):
        """You return what the decoder should read, not what it draws. Call `decode` on it."""
        return tweak_grid(v, deltas, lambda masked: masked)

    def last_dimension_only(v, deltas, decode):
        """You return the pictures of the last dimension alone. Collect a row for every dimension: (z, n, p)."""
        return tweak_grid(v, deltas, decode)[-1]

    def squashed_again(v, deltas, decode):
        """You squashed the moved pose. v has been through squash; the delta is added after it, and nothing follows."""
        moved = [[functional.squash(v + s) * keep_one(v, None) for s in row] for row in _steps(v, deltas)]
        return _drawn_all(moved, decode)

    def set_to_minus_delta(v, deltas, decode):
        """You set dimension k of every capsule to −deltas[t]. Add deltas[t] to what is there, in the longest capsule
        alone."""
        return _set(v, -deltas, decode, every=True, again=True, fresh=True)

    def one_row_for_all(v, deltas, decode):
        """Your row grows from dimension to dimension, so no two rows are as long. Begin an empty one for every k."""
        row, rows = [], []
        for k in range(v.shape[2]):
            for amount in deltas:
                step = torch.zeros(v.shape[2], dtype=v.dtype)
                step[k] = amount
                row.append(decode(functional.perturb(v, step))[0])
            rows.append(torch.stack(row))
        return torch.stack(rows)

    def rows_not_stacked(v, deltas, decode):
        """You stack the rows, and each of them is still a list. Stack the pictures of a row first: torch.stack(row)."""
        return torch.stack([list(row) for row in tweak_grid(v, deltas, decode)])
