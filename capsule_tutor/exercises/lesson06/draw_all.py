"""Write `draw_all(v, decoder)`: what would each class draw? For every image, decode each of its capsules alone, as if
its class had won. v is (b, j, z), `decoder` takes (n, j·z) to (n, pixels) for any n; return (b, j, pixels). Do not
change v in place."""

import torch
from torch import Tensor

from capsule_tutor import functional
from capsule_tutor.checks.cases import case, numbers
from capsule_tutor.exercises.loops import grid

EFFORT = {"minutes": 7, "difficulty": 2, "importance": 3}
HINTS = (
    "You wrote the mask in lesson 05: `functional.mask_capsules(v, index)` keeps one class per image. Here every "
    "class has its turn.",
    "Loop over the classes k. The index wants one class per image: `torch.full((b,), k)`. Collect the drawings "
    "(b, pixels) in a list and stack them along a new axis 1.",
    "`[decoder(functional.mask_capsules(v, ...)) for k in range(v.shape[1])]` is a list of j drawings, each (b, "
    "pixels). Stacked along which dim do they become (b, j, pixels)?",
)
AXES = ("b j pixel",)


def draw_all(v: Tensor, decoder) -> Tensor:
    """What each capsule would draw alone. v (b, j, z), decoder from (n, j·z) to (n, pixels) → (b, j, pixels)"""
    b, j, _ = v.shape
    classes = torch.arange(j, device=v.device)
    # drawing j of image b = decoder(capsules of b, all but j set to zero)
    return torch.stack([decoder(functional.mask_capsules(v, k.expand(b))) for k in classes], dim=1)


reference = draw_all


def oracle(v, decoder):
    def alone(image: Tensor, chosen: int) -> Tensor:
        return torch.cat([pose if j == chosen else torch.zeros_like(pose) for j, pose in enumerate(image)])

    return grid([[decoder(alone(image, j).unsqueeze(0))[0] for j in range(len(image))] for image in v])


def _misfed(given: Tensor, j: int, z: int) -> str:
    says = f"the decoder takes (n, j·z) = (n, {j * z}), and it was given {tuple(given.shape)}"
    if given.ndim < 3 or given.shape[-2:] != (j, z):
        return f"{says}: bare poses" if given.shape[-1] == z else says
    masked = ((given != 0).any(-1).sum(-1) <= 1).all()
    return f"{says}: {'masked capsules' if masked else 'all capsules'} whose axes j and z are not yet flattened"


def _decoder_of(j: int, z: int, pixels: int):
    """A decoder of one layer, which refuses with a sentence what it cannot read: torch speaks of mat1 and mat2."""
    weight, bias = numbers(j * z, pixels, seed=9), numbers(pixels, seed=8)

    def decoder(masked):
        if masked.shape[-1] != j * z:
            raise ValueError(_misfed(masked, j, z))
        return (masked @ weight.to(masked.dtype) + bias.to(masked.dtype)).sigmoid()

    return decoder


def cases():
    v = functional.squash(numbers(2, 3, 6))
    v[1] = v[1].flip(0)  # the lengths ascend in one image and descend in the other
    silent = functional.squash(numbers(2, 3, 6, seed=3))
    silent[1, 2] = 0
    return [
        case("two images of three classes", v, _decoder_of(3, 6, 7)),
        case("as many images as classes", functional.squash(numbers(4, 4, 2, seed=1)), _decoder_of(4, 2, 5)),
        case("a batch of 1", functional.squash(numbers(1, 5, 3, seed=2)), _decoder_of(5, 3, 4)),
        case("a batch in which one capsule is the zero vector", silent, _decoder_of(3, 6, 7)),
        case("float64 capsules", v.double(), _decoder_of(3, 6, 7)),
    ]


def _alone(v: Tensor) -> Tensor:
    """(b, j, z) → (b, j, j, z): all but one capsule zero."""
    return v[:, :, None, :] * torch.eye(v.shape[1], dtype=v.dtype)[None, :, :, None]


class right:
    def by_eye(v, decoder):
        b, j, z = v.shape
        alone = v.unsqueeze(1) * torch.eye(j, dtype=v.dtype).reshape(1, j, j, 1)
        return decoder(alone.reshape(b * j, j * z)).reshape(b, j, -1)

    def in_a_loop(v, decoder):
        pictures = []
        for k in range(v.shape[1]):
            masked = torch.zeros_like(v)
            masked[:, k] = v[:, k]
            pictures.append(decoder(masked.flatten(1)))
        return torch.stack(pictures, 1)

    def all_at_once(v, decoder):
        alone = v[:, None] * torch.eye(v.shape[1], dtype=v.dtype)[None, :, :, None]
        return decoder(alone.flatten(2))  # (b, j, j·z): dense layers take any axes in front

    def image_by_image(v, decoder):
        return torch.stack(
            [
                torch.cat([decoder(functional.mask_capsules(x[None], torch.tensor([k]))) for k in range(len(x))])
                for x in v
            ]
        )


class wrong:
    def one_index_for_each_class(v, decoder):
        """Your index has an entry for each class. One for each IMAGE is wanted, all of them k:
        `torch.full((len(v),), k)`."""
        j = v.shape[1]
        return torch.stack([decoder(functional.mask_capsules(v, torch.full((j,), k))) for k in range(j)], dim=1)

    def nothing_masked(v, decoder):
        """You gave the decoder all capsules at once, so all classes draw the same. For drawing j, set all the others to
        zero."""
        return decoder(v.flatten(1))[:, None].expand(-1, v.shape[1], -1)

    def always_the_longest(v, decoder):
        """All your drawings of an image are the same, that of its longest capsule, which mask_capsules keeps where it
        gets no index. Tell it which class to keep."""
        return decoder(functional.mask_capsules(v))[:, None].expand(-1, v.shape[1], -1)

    def all_in_the_first_seat(v, decoder):
        """You put every pose into the place of class 0. The decoder knows a class by its place: leave each pose where
        it is and set the others to zero."""
        first = torch.zeros_like(_alone(v))
        first[:, :, 0] = v
        return decoder(first.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)

    def pose_in_every_seat(v, decoder):
        """You repeated a pose in the places of all classes. It belongs into its own, with zeros in the others."""
        return decoder(v.repeat(1, 1, v.shape[1]).flatten(0, 1)).reshape(*v.shape[:2], -1)

    def all_but_one(v, decoder):
        """You set capsule j to zero and kept the others. It is the other way round."""
        others = v[:, None] - _alone(v)
        return decoder(others.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)

    def last_class_alone(v, decoder):
        """You return one drawing, that of the last class. Does every round of the loop begin the list again? Make it
        empty before the loop, and append to it."""
        return draw_all(v, decoder)[:, -1:]

    def classes_before_images(v, decoder):
        """Your result is (j, b, pixels). `torch.stack` puts its new axis first; it takes a dim."""
        return draw_all(v, decoder).transpose(0, 1)

    def classes_in_one_row(v, decoder):
        """The drawings of an image are joined into one long row, (b, j·pixels). Is there a torch.cat, which adds no
        axis, or a flatten after torch.stack? The axis j should stay."""
        return draw_all(v, decoder).flatten(1)

    def longest_and_classes_before_images(v, decoder):
        """There are two mistakes. All your drawings of an image are the same, that of its longest capsule: tell
        mask_capsules which class to keep. And your result is (j, b, pixels): `torch.stack` puts its new axis first, and
        takes a dim."""
        return wrong.always_the_longest(v, decoder).transpose(0, 1)

    def images_and_classes_mixed(v, decoder):
        """The shape is right, and images and classes are mixed: the classes came first, and you reshaped. A reshape
        moves nothing (lesson 03). Stack along dim=1, or transpose."""
        return draw_all(v, decoder).transpose(0, 1).reshape(*v.shape[:2], -1)

    def copies_in_another_order_than_the_classes(v, decoder):
        """The copies of the images and the classes do not go together. Did you repeat the whole batch j times, as
        `v.repeat(j, 1, 1)` does, while the classes are 0, 1, 2, 0, 1, 2 and so on? You want j copies of
        each image, one after the other: `v.repeat_interleave(j, dim=0)`."""
        b, j, _ = v.shape
        copies, classes = v.repeat(j, 1, 1), torch.arange(j).repeat(b)
        return decoder(functional.mask_capsules(copies, classes)).reshape(b, j, -1)

    def one_long_list(v, decoder):
        """Your drawings are in one list, (b·j, pixels). Give it its two axes: (b, j, pixels)."""
        return draw_all(v, decoder).flatten(0, 1)

    def one_long_list_class_by_class(v, decoder):
        """Your drawings are in one list, (j·b, pixels), class by class. Does torch.cat join them? It adds no axis, and
        torch.stack does: along dim=1, which makes (b, j, pixels)."""
        return draw_all(v, decoder).transpose(0, 1).flatten(0, 1)

    def stretched_to_length_one(v, decoder):
        """You stretched the capsules to length 1 before drawing. Draw what the network said, faint or not."""
        return draw_all(v / functional.lengths(v).unsqueeze(2), decoder)

    def poses_interleaved(v, decoder):
        """The poses are torn apart: your flat vector runs through the classes first. Flatten (j, z) in this order."""
        masked = _alone(v).transpose(2, 3)
        return decoder(masked.flatten(0, 1).flatten(1)).reshape(*v.shape[:2], -1)

    def lengths_for_poses(v, decoder):
        """You gave the decoder lengths. They say whether a digit is there; how it looks is in the pose."""
        return draw_all(functional.lengths(v).unsqueeze(2).expand_as(v), decoder)

    def zeroed_in_place(v, decoder):
        """You wrote the zeros into v itself. After the first drawing nothing is left for the second: make a masked copy
        for each."""
        drawn = []
        for k in range(v.shape[1]):
            for other in range(v.shape[1]):
                if other != k:
                    v[:, other] = 0
            drawn.append(decoder(v.flatten(1)))
        return torch.stack(drawn, dim=1)

    def one_more_in_every_round(v, decoder):
        """Your capsule j is drawn together with those before it. Are the zeros made once, before the loop, and filled
        further in every round? Take new ones for each class."""
        drawn, kept = [], torch.zeros_like(v)
        for k in range(v.shape[1]):
            kept[:, k] = v[:, k]
            drawn.append(decoder(kept.flatten(1)))
        return torch.stack(drawn, dim=1)

    def ten_classes_typed_in(v, decoder):
        """You ask for a class that is not there. Are ten typed in, or do you count from 1? The classes are 0 …
        v.shape[1] − 1."""
        classes = torch.arange(10)
        return torch.stack([decoder(functional.mask_capsules(v, k.expand(len(v)))) for k in classes], dim=1)

    def bare_poses(v, decoder):
        """You gave the decoder bare poses, z numbers each. It takes j·z: the pose in its place, zeros in the others."""
        return torch.stack([decoder(v[:, k]) for k in range(v.shape[1])], dim=1)

    def capsules_as_they_are(v, decoder):
        """You gave the decoder v as it is, (b, j, z). It takes (b, j·z), one class at a time: set all the others to
        zero, and flatten."""
        return decoder(v)

    def masks_not_flattened(v, decoder):
        """The masks are right, but the decoder takes (b, j·z), and yours are still (b, j, z): a `.flatten(1)` is
        missing."""
        classes = torch.arange(v.shape[1])
        masked = [functional.mask_capsules(v, k.expand(len(v))).view(v.shape) for k in classes]
        return torch.stack([decoder(m) for m in masked], dim=1)

    def all_masks_not_flattened(v, decoder):
        """The masks are right, but they are still (b, j, j, z), and the decoder takes rows of j·z numbers: flatten the
        last two axes."""
        return decoder(_alone(v))

    def class_as_a_bare_number(v, decoder):
        """You gave mask_capsules a bare number. It wants one class per image, a tensor (b,): `torch.full((len(v),),
        k)`."""
        return torch.stack([decoder(functional.mask_capsules(v, k)) for k in range(v.shape[1])], dim=1)

    def images_counted_for_classes(v, decoder):
        """You loop over range(len(v)), the images. There is one drawing per class: range(v.shape[1])."""
        classes = torch.arange(len(v))
        return torch.stack([decoder(functional.mask_capsules(v, k.expand(len(v)))) for k in classes], dim=1)

    def image_number_for_class(v, decoder):
        """You kept class 0 of image 0, class 1 of image 1 and so on. Every image is drawn once per class."""
        keep = torch.arange(len(v)) % v.shape[1]
        return decoder(functional.mask_capsules(v, keep))[:, None].expand(-1, v.shape[1], -1)

    def class_counted_on_with_the_images(v, decoder):
        """Drawing k is of class k in the first image only: your index counts on with the images, k, k + 1 and so on.
        All the images of drawing k keep class k: `torch.full((len(v),), k)`."""
        b, j, _ = v.shape
        seats = torch.arange(b)
        keeps = [functional.mask_capsules(v, (seats + k) % j) for k in range(j)]
        return torch.stack([decoder(masked) for masked in keeps], dim=1)

    def first_image_alone(v, decoder):
        """You drew the first image only. There are v.shape[0] of them."""
        return draw_all(v[:1], decoder)[0]

    def masked_capsules_returned(v, decoder):
        """The masks are right. Now hand them to the decoder."""
        return _alone(v).flatten(2)

    def weighted_by_the_lengths(v, decoder):
        """You multiplied the drawings by the lengths. Draw what the decoder draws: nothing follows it."""
        return draw_all(v, decoder) * functional.lengths(v).unsqueeze(2)

    def squashed_once_more(v, decoder):
        """You squashed v first. It has been through squash already: hand it to the mask as it is."""
        return draw_all(functional.squash(v), decoder)

    def brightened(v, decoder):
        """You divided each drawing by its brightest pixel. Return what the decoder draws, faint or not."""
        drawn = draw_all(v, decoder)
        return drawn / drawn.amax(2, keepdim=True)

    def rounded_to_black_and_white(v, decoder):
        """You rounded the pixels to 0 and 1. Return what the decoder draws."""
        return draw_all(v, decoder).round()
