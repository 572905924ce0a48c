"""The equations against slow independent loops, their invariants, their gradients and their error messages."""

import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from capsule_tutor import checks
from capsule_tutor import functional as F

# Every dimension differs, so that any slip of an axis shows.
B, I, J, D, Z = 2, 5, 3, 4, 6
PIXELS = 7

DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
# One call of every function: name → (function, shapes of its float inputs, further arguments by name)
IDS = torch.tensor([2, 0])
CALLS = {
    "squash": ("squash", [(B, I, D)], {}),
    "squash dim 1": ("squash", [(B, I, D)], {"dim": 1}),
    "exponential_squash": ("exponential_squash", [(B, I, D)], {}),
    "exponential_squash dim 0": ("exponential_squash", [(B, I, D)], {"dim": 0}),
    "votes": ("votes", [(B, I, D), (I, J, D, Z)], {}),
    "dynamic_routing": ("dynamic_routing", [(B, I, J, Z)], {}),
    "dynamic_routing once": ("dynamic_routing", [(B, I, J, Z)], {"iterations": 1}),
    "dynamic_routing bias": ("dynamic_routing", [(B, I, J, Z), (J, Z)], {"iterations": 2}),
    "self_attention_routing": ("self_attention_routing", [(B, I, J, Z)], {}),
    "self_attention_routing prior": ("self_attention_routing", [(B, I, J, Z), (I, J)], {}),
    "lengths": ("lengths", [(B, J, Z)], {}),
    "margin_loss ids": ("margin_loss", [(B, J)], {"target": IDS}),
    "margin_loss multi-hot": ("margin_loss", [(B, J)], {"target": torch.tensor([[1, 0, 1], [0, 0, 0]])}),
    "margin_loss numbers": (
        "margin_loss",
        [(B, J)],
        {"target": IDS, "m_plus": 0.8, "m_minus": 0.3, "absent_weight": 0.25},
    ),
    "reconstruction_loss": ("reconstruction_loss", [(B, 1, PIXELS), (B, 1, PIXELS)], {}),
    "mask_capsules": ("mask_capsules", [(B, J, Z)], {"index": IDS}),
    "mask_capsules longest": ("mask_capsules", [(B, J, Z)], {}),
}
# The exercises' oracles: slow loops, written from the papers' formulas without `functional`
ORACLES = SimpleNamespace(**{name: checks.find(name).oracle for name, *_ in CALLS.values()})
# Position of a function's second float input among its parameters, where it is not the next one
KEYWORD = {"dynamic_routing": "bias", "self_attention_routing": "prior"}
every_call = pytest.mark.parametrize("call", CALLS)


def make_inputs(call, scale=1.0, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = CALLS[call][1]
    return [(scale * torch.randn(s, generator=generator, dtype=torch.float64)).to(dtype) for s in shapes]


def run(call, inputs, module=F):
    """The function's outputs as a tuple."""
    name, _, options = CALLS[call]
    positional, options = list(inputs), dict(options)
    if name in KEYWORD and len(inputs) == 2:
        options[KEYWORD[name]] = positional.pop()
    out = getattr(module, name)(*positional, **options)
    return out if isinstance(out, tuple) else (out,)


def random_votes(b=B, i=I, j=J, z=Z, scale=1.0, seed=0, dtype=torch.float64):
    return scale * torch.randn(b, i, j, z, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# ---------------------------------------------------------------- values


@every_call
@pytest.mark.parametrize("scale", [0.0, 1e-6, 0.3, 1.0, 10.0, 1e6])
def test_agrees_with_the_slow_loops(call, scale):
    inputs = make_inputs(call, scale)
    for ours, theirs in zip(run(call, inputs), run(call, inputs, ORACLES), strict=True):
        assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


@every_call
def test_agrees_with_the_slow_loops_for_one_image(call):
    name, _, options = CALLS[call]
    inputs = [x[:1] if len(x) == B else x for x in make_inputs(call)]
    options = {key: x[:1] if isinstance(x, torch.Tensor) else x for key, x in options.items()}
    if name in KEYWORD and len(inputs) == 2:
        options[KEYWORD[name]] = inputs.pop()
    ours = getattr(F, name)(*inputs, **options)
    assert_close(ours, getattr(ORACLES, name)(*inputs, **options), rtol=1e-9, atol=1e-12)


@every_call
def test_agrees_with_the_slow_loops_in_float32(call):
    inputs = make_inputs(call, dtype=torch.float32)
    exact = run(call, [x.double() for x in inputs], ORACLES)
    for ours, theirs in zip(run(call, inputs), exact, strict=True):
        assert_close(ours.double(), theirs, rtol=1e-4, atol=1e-5)


@every_call
def test_leaves_its_inputs_alone(call):
    inputs = make_inputs(call)
    before = [x.clone() for x in inputs]
    run(call, inputs)
    assert all(torch.equal(x, y) for x, y in zip(inputs, before, strict=True))


@every_call
def test_takes_inputs_in_any_memory_layout(call):
    inputs = make_inputs(call)
    strided = [x.movedim(0, -1).contiguous().movedim(-1, 0) for x in inputs]  # same values, other strides
    assert any(not x.is_contiguous() for x in strided)
    assert_close(run(call, strided), run(call, inputs), rtol=1e-12, atol=1e-12)


@every_call
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
def test_keeps_the_dtype_and_stays_finite(call, dtype, scale):
    inputs = [x.requires_grad_() for x in make_inputs(call, scale, dtype)]
    out = run(call, inputs)
    assert [x.dtype for x in out] == [dtype] * len(out)
    assert all(x.isfinite().all() for x in out)
    sum(x.sum() for x in out).backward()
    assert all(x.grad.isfinite().all() for x in inputs)
    assert [x.grad.dtype for x in inputs] == [dtype] * len(inputs)


@every_call
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_stays_finite_for_huge_inputs(call, dtype):
    inputs = [x.requires_grad_() for x in make_inputs(call, 1e6, dtype)]
    out = run(call, inputs)
    assert all(x.isfinite().all() for x in out)
    sum(x.sum() for x in out).backward()
    assert all(x.grad.isfinite().all() for x in inputs)


@pytest.mark.parametrize("route", [F.dynamic_routing, F.self_attention_routing])
def test_many_children_that_agree_do_not_overflow_float16(route):
    # Σ_k⟨û_i, û_k⟩/√z = 1152 · 16 · 4² / 4 = 73,728; float16 ends at 65,504
    v, c = route(torch.full((1, 1152, J, 16), 4.0, dtype=torch.float16))
    assert v.isfinite().all()
    assert_close(c, torch.full_like(c, 1 / J))


# ---------------------------------------------------------------- gradients


@every_call
@pytest.mark.parametrize("scale", [0.0, 1e-6, 1.0])
def test_gradient(call, scale):
    if call == "mask_capsules longest" and scale == 0.0:
        pytest.skip("which capsule is longest jumps where all are zero")
    inputs = [x.requires_grad_() for x in make_inputs(call, scale)]
    # Everything that eps does happens below ‖s‖ = √eps = 1e-4: steps and tolerance lie well below that.
    assert gradcheck(lambda *x: run(call, x), inputs, eps=1e-7, atol=1e-7, rtol=1e-4)


@every_call
def test_gradient_for_huge_inputs(call):
    # Slopes are tiny out there: take the gradient with respect to x in f(10⁶ x).
    x = [x.requires_grad_() for x in make_inputs(call)]
    if CALLS[call][0].endswith("loss"):
        # a quadratic of 10⁶ is 10¹²: compare it in its own units
        assert gradcheck(lambda *x: run(call, [1e6 * y for y in x])[0] / 1e12, x, eps=1e-6, atol=1e-6)
    else:
        assert gradcheck(lambda *x: run(call, [1e6 * y for y in x]), x, eps=1e-7, atol=1e-5, rtol=1e-4)


def test_gradient_flows_through_every_iteration():
    def slope(iterations):
        u_hat = random_votes().requires_grad_()
        F.dynamic_routing(u_hat, iterations)[0].sum().backward()
        return u_hat.grad

    # With the couplings held fixed, the gradient would miss a term.
    u_hat = random_votes().requires_grad_()
    c = F.dynamic_routing(u_hat, 3)[1].detach()
    F.squash(torch.einsum("bij,bijz->bjz", c, u_hat)).sum().backward()
    assert not torch.allclose(slope(3), u_hat.grad, atol=1e-3)
    assert not torch.allclose(slope(3), slope(2), atol=1e-3)


# ---------------------------------------------------------------- what squashing means

vectors = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8).map(lambda x: torch.tensor(x).double())
both_squashes = pytest.mark.parametrize("squash", [F.squash, F.exponential_squash])


@both_squashes
@given(s=vectors)
def test_squash_gives_a_length_below_one_and_keeps_the_direction(squash, s):
    v = squash(s)
    # float64 cannot tell 1 − e^{−40} from 1
    assert v.norm() < 1 if squash is F.squash else v.norm() <= 1 + 1e-15
    norm = s.norm()
    if norm > 1e-3:
        assert_close(v / v.norm(), s / norm, rtol=1e-9, atol=1e-12)


@both_squashes
@given(s=vectors, factor=st.floats(1.01, 100))
def test_a_longer_vector_stays_longer(squash, s, factor):
    if s.norm() > 30 and squash is F.exponential_squash:
        s = s / s.norm() * 30 / factor  # beyond this its length is 1 to the last bit
    assert squash(factor * s).norm() >= squash(s).norm()
    if s.norm() > 1e-3 and squash is F.squash:
        assert squash(factor * s).norm() > squash(s).norm()


@both_squashes
@given(s=vectors, seed=st.integers(0, 1000))
def test_squash_commutes_with_rotation(squash, s, seed):
    generator = torch.Generator().manual_seed(seed)
    rotation, _ = torch.linalg.qr(torch.randn(len(s), len(s), generator=generator, dtype=torch.float64))
    assert_close(squash(rotation @ s), rotation @ squash(s), rtol=1e-9, atol=1e-9)


@both_squashes
@pytest.mark.parametrize("scale", [1e4, 1e10, 1e20, 1e30])
def test_huge_vectors_get_length_one_in_float32(squash, scale):
    v = squash(torch.tensor([3.0, -4.0]) * scale)
    assert_close(v, torch.tensor([0.6, -0.8]))
    assert v.norm() <= 1 + 1e-6


def test_squash_by_hand():
    # ‖(3, 4)‖ = 5: 25/26 · (0.6, 0.8)
    assert_close(F.squash(torch.tensor([3.0, 4.0])), torch.tensor([0.6, 0.8]) * 25 / 26)
    assert_close(F.exponential_squash(torch.tensor([3.0, 4.0])), torch.tensor([0.6, 0.8]) * (1 - math.exp(-5)))
    assert torch.equal(F.squash(torch.zeros(4)), torch.zeros(4))


def test_slopes_at_zero_differ():
    # Near zero squash shrinks a vector to nothing, ‖v‖ ≈ ‖s‖²; the exponential squash leaves it, ‖v‖ ≈ ‖s‖.
    s = torch.tensor([0.006, 0.008], dtype=torch.float64)
    assert F.squash(s).norm() == pytest.approx(1e-4, rel=1e-3)
    assert F.exponential_squash(s).norm() == pytest.approx(1e-2, rel=1e-2)


# ---------------------------------------------------------------- what routing means

routings = pytest.mark.parametrize(
    "route",
    [F.dynamic_routing, lambda u: F.dynamic_routing(u, 1), F.self_attention_routing],
    ids=["dynamic", "dynamic once", "self-attention"],
)
shapes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 4), st.integers(1, 5))
scales = st.sampled_from([1e-3, 0.1, 1.0, 10.0])


@routings
@settings(max_examples=30)
@given(shape=shapes, scale=scales, seed=st.integers(0, 1000))
def test_routing_invariants(route, shape, scale, seed):
    u_hat = random_votes(*shape, scale=scale, seed=seed)
    b, i, j, z = shape
    v, c = route(u_hat)
    assert v.shape == (b, j, z)
    assert c.shape == (b, i, j)
    assert (c >= 0).all()
    assert_close(c.sum(dim=2), torch.ones(b, i, dtype=torch.float64))  # over the parents
    assert (F.lengths(v, eps=1e-30) < 1 + 1e-12).all()

    # The couplings handed back are the ones that made v.
    squash = F.exponential_squash if route is F.self_attention_routing else F.squash
    assert_close(squash(torch.einsum("bij,bijz->bjz", c, u_hat)), v)

    # An image's output does not depend on its companions in the batch.
    for k in range(b):
        assert_close(route(u_hat[k : k + 1]), (v[k : k + 1], c[k : k + 1]), rtol=1e-9, atol=1e-12)

    # Children have no order; parents are told apart only by their votes.
    generator = torch.Generator().manual_seed(seed)
    children, parents = torch.randperm(i, generator=generator), torch.randperm(j, generator=generator)
    assert_close(route(u_hat[:, children]), (v, c[:, children]), rtol=1e-9, atol=1e-12)
    assert_close(route(u_hat[:, :, parents]), (v[:, parents], c[:, :, parents]), rtol=1e-9, atol=1e-12)

    # There is no preferred direction in the space of poses.
    rotation, _ = torch.linalg.qr(torch.randn(z, z, generator=generator, dtype=torch.float64))
    assert_close(route(u_hat @ rotation), (v @ rotation, c), rtol=1e-7, atol=1e-9)


def test_one_iteration_couples_uniformly():
    u_hat = random_votes()
    v, c = F.dynamic_routing(u_hat, iterations=1)
    assert_close(c, torch.full((B, I, J), 1 / J, dtype=torch.float64))
    assert_close(v, F.squash(u_hat.mean(dim=1) * I / J))


def test_routing_favours_the_parent_on_which_the_votes_agree():
    u_hat = random_votes(1, 20, 3, 4)
    u_hat[:, :, 1] = torch.tensor([1.0, -1.0, 1.0, -1.0])
    couplings = [F.dynamic_routing(u_hat, iterations)[1][0, :, 1].mean() for iterations in (1, 2, 3)]
    assert couplings[0] < couplings[1] < couplings[2]
    assert F.self_attention_routing(u_hat)[1][0, :, 1].mean() > couplings[0]


def test_bias_is_added_before_every_squash():
    u_hat, bias = torch.zeros(B, I, J, Z).double(), torch.randn(J, Z).double()
    assert_close(F.dynamic_routing(u_hat, bias=bias)[0], F.squash(bias).expand(B, J, Z))


def test_prior_is_added_after_the_softmax():
    u_hat, prior = random_votes(), torch.randn(I, J).double()
    _, without = F.self_attention_routing(u_hat)
    _, with_prior = F.self_attention_routing(u_hat, prior)
    assert_close(with_prior, without + prior)


def test_self_attention_is_one_step_of_agreement():
    """Within each parent, its logits are proportional to those after one dynamic step from uniform couplings."""
    u_hat = random_votes()
    attention = torch.einsum("bijz,bjz->bij", u_hat, u_hat.sum(dim=1)) / math.sqrt(Z)
    assert_close(F.self_attention_routing(u_hat)[1], attention.softmax(dim=2))
    v, _ = F.dynamic_routing(u_hat, iterations=1)
    agreement = torch.einsum("bijz,bjz->bij", u_hat, v)
    assert_close(F.dynamic_routing(u_hat, iterations=2)[1], agreement.softmax(dim=2))
    ratio = attention / agreement  # (b, i, j)
    assert_close(ratio, ratio[:, :1].expand_as(ratio), rtol=1e-6, atol=0)  # the same for every child


def test_steps_of_dynamic_routing_are_what_fewer_iterations_return():
    u_hat = random_votes()
    v, c = F.dynamic_routing_steps(u_hat, 5)
    for k in range(5):
        assert_close((v[k], c[k]), F.dynamic_routing(u_hat, k + 1))


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that is made."""

    seen = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        out = operation(*args, **(kwargs or {}))
        made = out if isinstance(out, tuple) else [out]
        self.seen = max([self.seen, *(x.numel() for x in made if torch.is_tensor(x))])
        return out


def test_self_attention_needs_no_matrix_of_pairs():
    u_hat = random_votes(1, 500, 2, 3)
    with Largest() as largest:
        F.self_attention_routing(u_hat)
    assert 1_000 < largest.seen <= u_hat.numel()


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("images", [1, 2, 3, 7, 100])
def test_routing_in_parts_equals_routing_at_once(monkeypatch, iterations, images):
    u_hat = random_votes(b=7).requires_grad_()
    bias = torch.randn(J, Z, dtype=torch.float64, requires_grad=True)
    at_once = F.dynamic_routing(u_hat, iterations, bias)
    slopes = torch.autograd.grad(at_once[0].square().sum(), [u_hat, bias])
    monkeypatch.setattr(F, "_VOTE_BYTES_IN_CACHE", images * I * J * Z * 8)
    parts = F.dynamic_routing(u_hat, iterations, bias)
    assert_close(parts, at_once)
    assert_close(torch.autograd.grad(parts[0].square().sum(), [u_hat, bias]), slopes)


def test_a_batch_larger_than_the_cache():
    u_hat = random_votes(40, 300, 10, 16, dtype=torch.float32)  # 7.7 MB
    assert F._images_in_cache(u_hat) < 40
    v, c = F.dynamic_routing(u_hat)
    for k in (0, 20, 21, 22, 39):
        assert_close(F.dynamic_routing(u_hat[k : k + 1]), (v[k : k + 1], c[k : k + 1]), rtol=1e-4, atol=1e-5)


# ---------------------------------------------------------------- losses and the mask


def test_margin_loss_has_the_known_signatures():
    target = torch.arange(10)
    assert F.margin_loss(torch.zeros(10, 10), target) == pytest.approx(0.81)
    assert F.margin_loss(torch.ones(10, 10), target) == pytest.approx(3.645)
    perfect = torch.eye(10) * 0.8 + 0.1
    assert F.margin_loss(perfect, target) == 0


def test_margin_loss_of_softmaxed_lengths_cannot_fall_below_its_floor():
    # Lengths lie between 0 and 1; softmax cannot then give the right class more than e/(e + 9) = 0.232.
    best = torch.eye(10).softmax(dim=1)
    assert best.max() == pytest.approx(0.232, abs=5e-4)
    assert F.margin_loss(best, torch.arange(10)) == pytest.approx(0.446, abs=5e-4)


def test_margin_loss_takes_ids_and_multi_hot_alike():
    lengths = torch.rand(B, J)
    one_hot = torch.nn.functional.one_hot(IDS, J)
    expected = F.margin_loss(lengths, IDS)
    for target in (one_hot, one_hot.bool(), one_hot.float(), IDS.int(), IDS.to(torch.uint8)):
        assert_close(F.margin_loss(lengths, target), expected)


def test_margin_loss_refuses_a_class_that_is_there_twice():
    twice = torch.tensor([[2.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="target has entries from 0 to 2; multi-hot entries are 0 or 1"):
        F.margin_loss(torch.tensor([[0.95, 0.05, 0.0]]), twice)


def test_margin_loss_stops_pushing_beyond_the_margins():
    lengths = torch.tensor([[0.95, 0.05, 0.0]], requires_grad=True)
    F.margin_loss(lengths, torch.tensor([0])).backward()
    assert torch.equal(lengths.grad, torch.zeros(1, 3))


def test_reconstruction_loss_is_a_sum_over_pixels_and_a_mean_over_images():
    black, white = torch.zeros(3, 1, 28, 28), torch.ones(3, 1, 28, 28)
    assert F.reconstruction_loss(black, white) == pytest.approx(0.392)
    assert F.reconstruction_loss(black.flatten(1), white) == pytest.approx(0.392)


def test_mask_keeps_the_chosen_capsule_where_it_was():
    v = torch.randn(B, J, Z)
    masked = F.mask_capsules(v, IDS).view(B, J, Z)
    for b, kept in enumerate(IDS.tolist()):
        for j in range(J):
            assert torch.equal(masked[b, j], v[b, j] if j == kept else torch.zeros(Z))


def test_mask_without_an_index_keeps_the_longest():
    v = torch.randn(B, J, Z)
    v[0, 1] *= 100
    v[1, 2] *= 100
    assert torch.equal(F.mask_capsules(v), F.mask_capsules(v, torch.tensor([1, 2])))


def test_what_is_masked_is_zero_whatever_it_was():
    v = torch.tensor([[[1.0, -2.0], [torch.nan, torch.inf], [-3.0, 4.0]]], requires_grad=True)
    masked = F.mask_capsules(v, torch.tensor([0]))
    assert torch.equal(masked, torch.tensor([[1.0, -2.0, 0.0, 0.0, 0.0, 0.0]]))
    masked.sum().backward()
    assert torch.equal(v.grad, torch.tensor([[[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]))


# ---------------------------------------------------------------- empty batches and wrong inputs


def test_an_empty_batch_gives_an_empty_answer():
    assert F.squash(torch.zeros(0, D)).shape == (0, D)
    assert F.lengths(torch.zeros(0, J, Z)).shape == (0, J)
    assert F.votes(torch.zeros(0, I, D), torch.zeros(I, J, D, Z)).shape == (0, I, J, Z)
    assert F.mask_capsules(torch.zeros(0, J, Z)).shape == (0, J * Z)
    for route in (F.dynamic_routing, F.self_attention_routing):
        v, c = route(torch.zeros(0, I, J, Z))
        assert v.shape == (0, J, Z)
        assert c.shape == (0, I, J)


WRONG = {
    "votes: image instead of capsules": (F.votes, [(B, D), (I, J, D, Z)], r"u has shape .* \(b, i, d\)"),
    "votes: weight without parents": (F.votes, [(B, I, D), (I, D, Z)], r"weight .* \(i, j, d, z\)"),
    "votes: other children": (F.votes, [(B, I, D), (I + 1, J, D, Z)], r"weight .* axis 0 \(i\) should be 5"),
    "votes: other pose": (F.votes, [(B, I, D), (I, J, D + 1, Z)], r"weight .* axis 2 \(d\) should be 4"),
    "dynamic: no batch": (F.dynamic_routing, [(I, J, Z)], r"u_hat .* \(b, i, j, z\)"),
    "self-attention: no batch": (F.self_attention_routing, [(I, J, Z)], r"u_hat .* \(b, i, j, z\)"),
    "margin: no batch": (F.margin_loss, [(J,), (B,)], r"lengths .* \(b, j\)"),
    "margin: three axes": (F.margin_loss, [(B, J, Z), (B,)], r"lengths .* \(b, j\)"),
    "margin: other classes": (F.margin_loss, [(B, J), (B, J + 1)], r"target .* axis 1 \(j\) should be 3"),
    "margin: other batch": (F.margin_loss, [(B, J), (B + 1, J)], r"target .* axis 0 \(b\) should be 2"),
    "margin: three target axes": (F.margin_loss, [(B, J), (B, J, 1)], r"target .* \(b, j\)"),
    "reconstruction: batch": (F.reconstruction_loss, [(B, 6), (B + 1, 4)], r"axis b"),
    "reconstruction: pixels": (F.reconstruction_loss, [(B, 6), (B, 7)], r"pixels per image"),
    "reconstruction: no pixels": (
        F.reconstruction_loss,
        [(B,), (B,)],
        r"both need axis b and at least one axis",
    ),
    "reconstruction: no axis": (F.reconstruction_loss, [(), ()], r"both need axis b and at least one axis of pixels"),
    "reconstruction: one without pixels": (F.reconstruction_loss, [(B, 1), (B,)], r"image \(2,\); both need axis b"),
    "mask: no capsules": (F.mask_capsules, [(B, Z)], r"v has shape .* \(b, j, z\)"),
    "mask: no parents": (F.mask_capsules, [(B, 0, Z)], r"v has shape .* axis 1 \(j\) is empty"),
    "self-attention: no poses": (F.self_attention_routing, [(B, I, J, 0)], r"u_hat .* axis 3 \(z\) is empty"),
    "squash: no vectors": (F.squash, [(B, 0)], r"shape \(2, 0\) has no vectors: axis -1 is empty"),
    "lengths: no vectors": (F.lengths, [(B, J, 0)], r"shape \(2, 3, 0\) has no vectors: axis -1 is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_shape_is_named(case):
    function, sizes, message = WRONG[case]
    with pytest.raises(ValueError, match=message):
        function(*[torch.zeros(size) for size in sizes])


@pytest.mark.parametrize("shape", [(J,), (J, Z + 1), (J + 1, Z), (1, J, Z)])
def test_a_wrong_bias_is_named(shape):
    with pytest.raises(ValueError, match=r"bias has shape .*(j|z)"):
        F.dynamic_routing(random_votes(), bias=torch.zeros(shape).double())


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((J,), r"expected 2 axes \(i, j\)"),
        ((I, J + 1), rf"axis 1 \(j\) should be {J}"),
        ((I + 1, J), rf"axis 0 \(i\) should be {I}"),
        ((I, J, 1), r"expected 2 axes \(i, j\)"),
    ],
)
def test_a_wrong_prior_is_named(shape, says):
    with pytest.raises(ValueError, match=rf"prior has shape .*{says}"):
        F.self_attention_routing(random_votes(), prior=torch.zeros(shape).double())


@pytest.mark.parametrize("iterations", [0, -1])
def test_routing_needs_an_iteration(iterations):
    with pytest.raises(ValueError, match=f"iterations is {iterations}"):
        F.dynamic_routing(random_votes(), iterations=iterations)


def mask_lengths(v, index):
    return F.mask_capsules(v.unsqueeze(2), index)


@pytest.mark.parametrize(("function", "name"), [(F.margin_loss, "target"), (mask_lengths, "index")])
@pytest.mark.parametrize("ids", [[0, J], [-1, 0], [99, 0]])
def test_class_ids_out_of_range_are_named(function, name, ids):
    with pytest.raises(ValueError, match=f"{name} holds ids from {min(ids)} to {max(ids)}; .*axis j.* 0 to 2"):
        function(torch.zeros(B, J), torch.tensor(ids))


@pytest.mark.parametrize(("function", "name"), [(F.margin_loss, "target"), (mask_lengths, "index")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bool, torch.complex64], ids=str)
def test_class_ids_are_integers(function, name, dtype):
    with pytest.raises(ValueError, match=f"{name} holds {dtype}; class ids are integers"):
        function(torch.zeros(B, J), torch.zeros(B, dtype=dtype))


@pytest.mark.parametrize(("function", "name"), [(F.margin_loss, "target"), (mask_lengths, "index")])
def test_class_ids_of_another_batch_are_named(function, name):
    with pytest.raises(ValueError, match=rf"{name} .*axis 0 \(b\) should be 2"):
        function(torch.zeros(B, J), torch.zeros(B + 1, dtype=torch.long))


def test_perturb_by_nothing_is_masking():
    v = torch.randn(5, J, Z)
    for index in (None, torch.tensor([1, 2, 0, 1, 2])):
        assert torch.equal(F.perturb(v, torch.zeros(Z), index), F.mask_capsules(v, index))


def test_perturb_adds_to_one_capsule_and_leaves_the_others_zero():
    v, delta = torch.randn(2, 3, 4), torch.randn(2, 4)
    moved = F.perturb(v, delta, torch.tensor([2, 0])).view(2, 3, 4)
    assert_close(moved[0, 2], v[0, 2] + delta[0])
    assert_close(moved[1, 0], v[1, 0] + delta[1])
    assert not moved[0, :2].any()
    assert not moved[1, 1:].any()
    assert_close(F.perturb(v, delta[0]), torch.cat([F.perturb(v[b : b + 1], delta[0]) for b in (0, 1)]))
    with pytest.raises(ValueError, match=r"delta has shape \(3,\)"):
        F.perturb(v, torch.zeros(3))
