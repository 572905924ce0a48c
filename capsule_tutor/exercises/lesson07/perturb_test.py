"""Write a test, `perturb_test(perturb)`: the chosen capsule is moved by delta, all others are zero, and v itself
stays as it is. `perturb(v, delta, index)` takes v (b, j, z), delta (z,) and index (b,), the chosen capsule of each
image, and gives the decoder's input (b, j·z). Silent when that is so, `assert` when not."""

import torch

from capsule_tutor import functional
from capsule_tutor.museum import exhibit

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 4}
HINTS = (
    "The task says three things, and each asks for a check of its own. Which input hides one of them?",
    "With delta = 0 nothing is added anywhere, so the masked slots look right. With a delta that is not zero compare "
    "the chosen slot with v + delta, and look at all others. Clone v first, and compare v with the clone afterwards.",
    "`before = v.clone()`, then `slots = perturb(v, delta, index).view_as(v)`. For each image b, `slots[b, index[b]]` "
    "should be `before[b, index[b]] + delta`, and after setting that slot to zero nothing should be left. And "
    "`torch.equal(v, before)`.",
)


def perturb_test(perturb):
    v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
    before = v.clone()
    for by in (delta, torch.zeros(6)):
        slots = perturb(v, by, index).view(v.shape).clone()
        for b, k in enumerate(index.tolist()):
            assert torch.allclose(slots[b, k], before[b, k] + by, atol=1e-5), f"image {b}: capsule {k} is not v + delta"
            slots[b, k] = 0
        assert not slots.any(), "a masked capsule is not zero"
    assert torch.equal(v, before), "v was changed"


reference = perturb_test


def _kept(v, pose, index):
    """Zeros but for `pose` (b, z) in the slot `index`. → (b, j·z)"""
    slots = torch.zeros_like(v)
    slots[range(len(v)), index] = pose
    return slots.flatten(1)


def _chosen(v, index):
    return v[range(len(v)), index]


class sound:
    def as_in_the_package(v, delta, index):
        """the package's own perturbation"""
        return functional.perturb(v, delta, index)

    def rounded(v, delta, index):
        """a right perturbation that rounds in the seventh digit"""
        return _kept(v, (_chosen(v, index) + delta) * (1 + 2e-7), index)

    def slot_by_slot(v, delta, index):
        """a right perturbation, written slot by slot"""
        return _kept(v, _chosen(v, index) + delta, index)


class broken:
    def added_after_masking(v, delta, index):
        """a delta that reaches all capsules, masked or not. Do you look at the masked ones, when delta is not zero?"""
        return exhibit(14).wrong(v, delta, index)

    def set_instead_of_added(v, delta, index):
        """a delta that replaces the pose instead of being added to it."""
        return exhibit(15).wrong(v, delta, index)

    def nothing_masked(v, delta, index):
        """a perturbation that leaves all other capsules where they are."""
        moved = v.clone()
        moved[range(len(v)), index] += delta
        return moved.flatten(1)

    def longest_instead_of_chosen(v, delta, index):
        """a perturbation of the longest capsule, whatever `index` says. Do you compare every image? And does one of
        them choose a capsule that is not the longest, whatever the random numbers are?"""
        return functional.perturb(v, delta)

    def first_index_for_all(v, delta, index):
        """a perturbation that uses the first number of `index` for all images. Do your images choose different
        capsules?"""
        return functional.perturb(v, delta, index[:1].expand_as(index))

    def always_the_first_capsule(v, delta, index):
        """a perturbation of capsule 0, whatever `index` says. Does an image choose another one?"""
        return functional.perturb(v, delta, torch.zeros_like(index))

    def taken_away(v, delta, index):
        """a delta that is subtracted."""
        return functional.perturb(v, -delta, index)

    def in_reverse_order(v, delta, index):
        """a perturbation that hands out the chosen pose in reverse order. Do you compare its numbers one by one, or a
        length or a sum of them?"""
        return _kept(v, (_chosen(v, index) + delta).flip(1), index)

    def first_number_alone(v, delta, index):
        """a delta of which only the first number is used."""
        only = torch.zeros_like(delta)
        only[0] = delta[0]
        return functional.perturb(v, only, index)

    def changes_its_input(v, delta, index):
        """a perturbation that changes v itself. Call it twice, or compare v with a clone from before."""
        v[range(len(v)), index] += delta
        return functional.mask_capsules(v, index)

    def masks_its_input(v, delta, index):
        """a perturbation that sets the other capsules of v itself to zero. Do you look at all of v afterwards? A second
        name for v is not a copy: take `v.clone()`."""
        v.copy_(functional.mask_capsules(v, index).view_as(v))
        return functional.perturb(v, delta, index)


class right:
    def against_a_table(perturb):
        v, delta, index = torch.randn(2, 3, 5), torch.tensor([0.1, -0.2, 0.3, 0.4, -0.5]), torch.tensor([1, 0])
        v[:, 2] *= 10  # the longest is nobody's choice
        given = v.clone()
        expected = torch.zeros(2, 3, 5)
        expected[0, 1], expected[1, 0] = v[0, 1] + delta, v[1, 0] + delta
        torch.testing.assert_close(perturb(given, delta, index), expected.flatten(1), atol=1e-5, rtol=1e-5)
        assert torch.equal(given, v)

    def twice(perturb):
        v, delta = torch.randn(4, 3, 6), torch.full((6,), 0.25)
        before = v.clone()
        for k in range(3):
            index = torch.tensor([k, 0, 1, 2])
            want = torch.zeros(4, 3, 6)
            want[range(4), index] = before[range(4), index] + delta
            for _ in range(2):
                assert torch.allclose(perturb(v, delta, index).reshape(4, 3, 6), want, atol=1e-4)


class wrong:
    def delta_zero_alone(perturb):
        """Your test seems to use a delta of zero only. Then nothing is added anywhere, and what reaches the masked
        capsules does not show: use another delta as well."""
        v, index = torch.randn(3, 4, 6), torch.tensor([2, 0, 3])
        assert torch.allclose(perturb(v, torch.zeros(6), index), functional.mask_capsules(v, index), atol=1e-5)

    def masked_slots_alone(perturb):
        """Your test looks at the masked capsules only. Look at the chosen one, too: it should be v + delta."""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        slots = perturb(v.clone(), delta, index).view(3, 4, 6)
        slots[range(3), index] = 0
        assert not slots.any()

    def chosen_slot_alone(perturb):
        """Your test looks at the chosen capsule only. Look at the others, too: they should be zero."""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        slots = perturb(v.clone(), delta, index).view(3, 4, 6)
        assert torch.allclose(slots[range(3), index], v[range(3), index] + delta, atol=1e-5)

    def chosen_slot_and_v_alone(perturb):
        """Your test looks at the chosen capsule and at v. Look at the other capsules, too: they should be zero."""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        given = v.clone()
        slots = perturb(given, delta, index).view(3, 4, 6)
        assert torch.allclose(slots[range(3), index], v[range(3), index] + delta, atol=1e-5)
        assert torch.equal(given, v)

    def always_the_longest(perturb):
        """All images of your test choose the same capsule, and it is the longest one: code that always takes the
        longest passes. Choose different ones, and make another one longer."""
        v, delta = torch.randn(3, 4, 6), torch.randn(6)
        v[:, 1] *= 10
        given, index = v.clone(), torch.tensor([1, 1, 1])
        want = torch.zeros(3, 4, 6)
        want[:, 1] = v[:, 1] + delta
        assert torch.allclose(perturb(given, delta, index), want.flatten(1), atol=1e-5)
        assert torch.equal(given, v)

    def input_not_looked_at(perturb):
        """Your test does not notice that v itself is changed. Does it look at v afterwards? `before = v` is only a
        second name: compare v with a `v.clone()` from before the call."""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        want = torch.zeros(3, 4, 6)
        want[range(3), index] = v[range(3), index] + delta
        assert torch.allclose(perturb(v, delta, index), want.flatten(1), atol=1e-5)

    def expected_from_v_afterwards(perturb):
        """Your test does not notice that the OTHER capsules of v are set to zero. Do you read what you expect from v
        after the call, look at the chosen capsule alone, or only call twice? Compare all of v with a `v.clone()` from
        before."""
        v, delta, index = torch.randn(2, 3, 4), torch.randn(4), torch.tensor([2, 0])
        slots = perturb(v, delta, index).view(2, 3, 4).clone()
        assert torch.allclose(slots[range(2), index], v[range(2), index] + delta, atol=1e-5)
        slots[range(2), index] = 0
        assert not slots.any()

    def one_capsule_for_all(perturb):
        """All images of your test choose the same capsule, so code that reads one number of `index`, or none, passes:
        let them choose different ones, not only capsule 0."""
        v, delta, index = torch.randn(2, 3, 4), torch.randn(4), torch.tensor([0, 0])
        before, want = v.clone(), torch.zeros(2, 3, 4)
        want[range(2), index] = v[range(2), index] + delta
        assert torch.allclose(perturb(v, delta, index).view(2, 3, 4), want, atol=1e-5)
        assert torch.equal(v, before)

    def others_as_they_were(perturb):
        """Your test demands that the other capsules stay as they are in v. In what `perturb` gives they should be zero:
        the decoder draws the chosen one alone."""
        v, delta, index = torch.randn(2, 3, 4), torch.randn(4), torch.tensor([2, 0])
        want = v.clone()
        want[range(2), index] += delta
        assert torch.allclose(perturb(v, delta, index).view(2, 3, 4), want, atol=1e-5)

    def others_added_up(perturb):
        """With some random numbers, capsules that should be zero are not, and your test is silent. Do you add them up,
        where plus and minus cancel, or allow whatever is below 0? Ask every number: `not slots.any()`."""
        v, delta, index = torch.randn(2, 3, 4), torch.randn(4), torch.tensor([2, 0])
        before = v.clone()
        slots = perturb(v, delta, index).view(2, 3, 4)
        assert torch.allclose(slots[range(2), index], before[range(2), index] + delta, atol=1e-5)
        for b in range(2):
            assert slots[b].sum() - slots[b, index[b]].sum() < 1e-5
        assert torch.equal(v, before)

    def equal_bits(perturb):
        """Your test demands equal bits, or nearly. Two right ways may differ in the last digit: allow for rounding, as
        `torch.allclose(…, atol=1e-5)` does."""
        v, delta, index = torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])
        given, want = v.clone(), torch.zeros(3, 4, 6)
        want[range(3), index] = v[range(3), index] + delta
        assert (perturb(given, delta, index) == want.flatten(1)).all()
        assert torch.equal(given, v)

    def shape_alone(perturb):
        """Your test lets everything pass. Does an `assert` look at the numbers? The shape is right in all of these. And
        `assert (condition, "text")` is always true: leave out the brackets."""
        assert perturb(torch.randn(3, 4, 6), torch.randn(6), torch.tensor([2, 0, 3])).shape == (3, 24)
