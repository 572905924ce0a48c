"""A right answer that is the package's own function, however it is wrapped, is told so; others pass."""

import functools

import pytest
import torch

from capsule_tutor import checks, functional
from capsule_tutor.checks.borrowed import borrowed
from capsule_tutor.functional import margin_loss as an_alias

LOSS = checks.find("margin_loss")


def helper(*args, **kwargs):
    return functional.margin_loss(*args, **kwargs)


def by_attribute(lengths, target, *rest, **named):
    return functional.margin_loss(lengths, target, *rest, **named)


def by_alias(*args, **kwargs):
    return an_alias(*args, **kwargs)


def by_helper(*args, **kwargs):
    return helper(*args, **kwargs)


def by_local_import(*args, **kwargs):
    from capsule_tutor.functional import margin_loss

    return margin_loss(*args, **kwargs)


def by_module_import(*args, **kwargs):
    import capsule_tutor.functional as caps

    ours = caps.margin_loss
    return (lambda: ours(*args, **kwargs))()


BORROWED = [by_attribute, by_alias, by_helper, by_local_import, by_module_import, functools.partial(an_alias)]
BORROWED += [lambda *args, **kwargs: an_alias(*args, **kwargs)]


pytestmark = pytest.mark.usefixtures("own_progress")


@pytest.mark.parametrize("answer", BORROWED, ids=lambda f: getattr(f, "__name__", "partial"))
def test_wrapped_function_of_the_package_is_recognised(answer):
    assert borrowed(answer, [functional.margin_loss]) is functional.margin_loss
    status, said, _ = LOSS.verdict(answer)
    assert status == "not attempted"
    assert "package's own `margin_loss`" in said


def test_handing_in_the_package_function_itself_is_told_and_not_recorded(capsys):
    assert LOSS(functional.margin_loss) is functional.margin_loss
    said = capsys.readouterr().out
    assert "not attempted" in said
    assert "package's own `margin_loss`" in said
    assert "passed" not in checks.standing("05").splitlines()[0]


def test_answer_that_builds_on_other_functions_is_nobody_elses():
    def capsule_loss(v, target, image, decoder):
        drawn = decoder(functional.mask_capsules(v, target))
        return functional.margin_loss(functional.lengths(v), target) + functional.reconstruction_loss(drawn, image)

    assert borrowed(capsule_loss, [checks.find("capsule_loss").reference]) is None
    assert checks.find("capsule_loss").verdict(capsule_loss)[0] == "passed"


def test_autograd_is_no_slope_found_on_paper():
    def slope(n):
        n = n if n.requires_grad else n.detach().requires_grad_()
        return torch.autograd.grad((n**2 / (1 + n**2)).sum(), n, create_graph=True)[0]

    status, said, _ = checks.find("squash_slope").verdict(slope)
    assert status == "not yet"
    assert "autograd found them" in said


def test_list_is_read_as_a_tuple():
    exercise = checks.find("runner_up")
    answer = lambda v: list(exercise.right[0](v))  # noqa: E731
    assert exercise.verdict(answer)[0] == "passed"


def test_a_parameter_hides_a_global_of_its_name():
    """The name of a parameter may be that of something borrowed; the parameter is called, nothing else."""
    scope = {"loss": functional.margin_loss}
    exec("def mine(loss, target):\n    return (lambda loss: loss.sum())(loss) + target.sum()", scope)
    assert borrowed(scope["mine"], [functional.margin_loss]) is None
    exec("def mine(lengths, target, f=loss):\n    return f(lengths, target)", scope)
    assert borrowed(scope["mine"], [functional.margin_loss]) is functional.margin_loss
