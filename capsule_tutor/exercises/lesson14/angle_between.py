"""Write `angle_between(a, b)`: the smaller of the two angles between directions a and b, in degrees, from 0 to 180. a
and b are tensors of degrees of the same shape; 350° and 10° are 20° apart, and 370° is 10°."""

import torch
from torch import Tensor

from capsule_tutor.checks.cases import case, uniform

EFFORT = {"minutes": 4, "difficulty": 2, "importance": 4}
HINTS = (
    "On a circle there are two ways from a to b. One of them is (a − b) after whole turns are taken away. Which is "
    "the other?",
    "`(a - b) % 360` is between 0 and 360. The two ways add up to 360: take the shorter.",
    "`turn = (a - b) % 360`, then the elementwise minimum (`torch.minimum`) of it and of what is left of a whole turn.",
)
GRADIENT = False


def angle_between(a: Tensor, b: Tensor) -> Tensor:
    """Degrees (…) and degrees (…) → the angle between them, (…) from 0 to 180"""
    turn = (a - b) % 360
    return torch.minimum(turn, 360 - turn)


reference = angle_between


def oracle(a, b):
    angles = []
    for x, y in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True):
        angles.append(min(abs(x - y + 360 * turns) for turns in range(-6, 7)))
    return torch.tensor(angles, dtype=a.dtype).view(a.shape)


def cases():
    table = (
        torch.tensor([[350.0, 10.0, 0.0], [90.0, 300.0, 10.0]]),
        torch.tensor([[10.0, 350.0, 180.0], [50.0, 60.0, 10.0]]),
    )
    return [
        case("a table of six pairs that begins with 350 and 10", *table, atol=1e-3),
        case("7 pairs between 0 and 360", 360 * uniform(7, seed=1), 360 * uniform(7, seed=2), atol=1e-3),
        case(
            "the three pairs (730, 0), (−20, 350) and (1000, 30)",
            torch.tensor([730.0, -20, 1000]),
            torch.tensor([0.0, 350, 30]),
            atol=1e-3,
        ),
        case("one pair in float64", torch.tensor([200.0]).double(), torch.tensor([-100.0]).double(), atol=1e-3),
    ]


def _from_0_to_180(item, value):
    outside = value[(value < -1e-3) | (value > 180.001)]
    return f"among your angles is {outside[0]:.4g}. The smaller of two is between 0 and 180." if len(outside) else None


properties = (_from_0_to_180,)


class right:
    def by_wrapping(a, b):
        return ((a - b + 180) % 360 - 180).abs()

    def by_folding(a, b):
        return 180 - (((a - b) % 360) - 180).abs()

    def on_the_circle(a, b):
        turn = torch.deg2rad(a - b)
        return torch.rad2deg(torch.atan2(turn.sin(), turn.cos())).abs()


class wrong:
    def plain_difference(a, b):
        """You take |a − b|. From 350° to 10° that is 340°, the long way round: a circle has a shorter one."""
        return (a - b).abs()

    def one_way_round(a, b):
        """You count in one direction only, from 0 to 360. From 10° to 350° it is 20°, backwards: take the smaller of
        the two ways."""
        return (a - b) % 360

    def with_a_sign(a, b):
        """Your angles have a sign. Which way round is not the question: take the absolute value."""
        return (a - b + 180) % 360 - 180

    def half_a_turn_is_nothing(a, b):
        """None of your angles is above 90: front and back are the same direction to you. A remainder by 180 does that,
        and so does the sine without the cosine. A whole turn is 360."""
        turn = (a - b) % 180
        return torch.minimum(turn, 180 - turn)

    def without_whole_turns(a, b):
        """You forgot that degrees may go beyond a whole turn, as 370° or −20° do. Take the remainder by 360 first."""
        turn = (a - b).abs()
        return torch.minimum(turn, (360 - turn).abs())

    def whole_turns_below_zero(a, b):
        """You forgot that degrees may go beyond a whole turn, as 730° does. 360 − |a − b| is then below 0. Take the
        remainder by 360 first."""
        turn = (a - b).abs()
        return torch.minimum(turn, 360 - turn)

    def sign_kept_by_fmod(a, b):
        """You took `fmod`, whose remainder has the sign of a − b. With `%` it is between 0 and 360, as the two ways
        round are."""
        turn = torch.fmod(a - b, 360)
        return torch.minimum(turn, 360 - turn)

    def cut_at_180(a, b):
        """You cut |a − b| off at 180. 350° and 10° are 20° apart, not 180: when one way round is longer than half a
        turn, the other is 360 minus it."""
        return (a - b).abs().clamp(max=180)

    def remainder_cut_at_180(a, b):
        """You cut the remainder off at 180. 350° and 10° are 20° apart, not 180: where one way round is longer than
        half a turn, take the other, 360 minus it."""
        return ((a - b) % 360).clamp(max=180)

    def remainder_by_180(a, b):
        """You take the remainder by 180. That folds the back onto the front: take it by 360, and then the smaller of
        the two ways round."""
        return (a - b) % 180

    def size_by_180(a, b):
        """You take the remainder of |a − b| by 180. That folds the back onto the front: take it by 360, and then the
        smaller of the two ways round."""
        return (a - b).abs() % 180

    def in_radians(a, b):
        """Your angles are in radians. Degrees come in, and degrees should come out."""
        return torch.deg2rad(angle_between(a, b))

    def the_longer_way(a, b):
        """You take the longer of the two ways: minimum, not maximum."""
        turn = (a - b) % 360
        return torch.maximum(turn, 360 - turn)

    def mean_of_all(a, b):
        """You return one number for all pairs. Return an angle for each; means come later."""
        return angle_between(a, b).mean()

    def smallest_of_all(a, b):
        """You return one number, the smallest of all. `.min()` looks at all entries; `torch.minimum(x, y)` takes the
        smaller of two for each."""
        return angle_between(a, b).min()

    def cosine_of_degrees(a, b):
        """You took the cosine of degrees. `cos` wants radians: `torch.deg2rad(a - b)` first, and back at the end."""
        return torch.rad2deg(torch.acos(torch.cos(a - b)))

    def remainder_by_2_pi(a, b):
        """You treat degrees as radians. Did you take them `% (2 * torch.pi)`? In degrees a whole turn is 360. Or did
        you take their `cos`? It wants radians: use `torch.deg2rad` before it, and `torch.rad2deg` at the end."""
        turn = (a - b) % (2 * torch.pi)
        return torch.minimum(turn, 2 * torch.pi - turn)

    def minus_from_180(a, b):
        """You compare (a − b) % 360 with 180 minus it. The two ways round add up to a whole turn: 360 minus it."""
        turn = (a - b) % 360
        return torch.minimum(turn, 180 - turn)

    def cosine(a, b):
        """You return the cosine of the angle. The angle itself is wanted, in degrees."""
        return torch.deg2rad(a - b).cos()

    def folded_at_180(a, b):
        """You subtract from 180 where it should be from 360: the two ways together are a whole turn."""
        turn = (a - b) % 360
        return torch.minimum(turn, (180 - turn).abs())

    def added(a, b):
        """You add the two. The angle between them is a difference."""
        turn = (a + b) % 360
        return torch.minimum(turn, 360 - turn)
