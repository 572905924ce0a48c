"""Write the verdict, `why_worse(batch, stored)`: why does a network do badly on new images? You get four errors of one
network, in per cent, as two pairs (training images, new images): `batch` with each of the two sets normalised by its
own statistics, `stored` with the stored ones. Nothing is augmented. Return "stale" if the stored statistics are to
blame, "overfitted" if the network knows the training images better than new ones of the same kind, "both", or
"neither". A difference counts if it is larger than 5 points. (Whether the statistics are stale may be judged on either
kind of images.)"""

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 7, "difficulty": 3, "importance": 5}
HINTS = (
    "Two questions, and each has its own answer. For stale statistics find two errors of the same images. For "
    "overfitting find one error of old and one of new images, and let no stale number play a part.",
    "For the statistics compare on the same images, old or new: they nearly always agree. For the images compare the "
    "two errors whose statistics cannot be stale: each set has its own.",
    "`stale = stored[0] - batch[0] > 5`, and the other question compares the two numbers of one pair: which pair? "
    "Then four cases are left to name.",
)
GRADIENT = False


def why_worse(batch: tuple[float, float], stored: tuple[float, float]) -> str:
    """The verdict, "stale", "overfitted", "both" or "neither", on errors in per cent (training images, new images)."""
    stale = stored[0] - batch[0] > 5  # the same images, other statistics
    overfitted = batch[1] - batch[0] > 5  # other images, each set with its own statistics: none is stale
    return "both" if stale and overfitted else "stale" if stale else "overfitted" if overfitted else "neither"


reference = why_worse


def oracle(batch, stored):
    names = {(False, False): "neither", (True, False): "stale", (False, True): "overfitted", (True, True): "both"}
    return names[min(s - b for b, s in zip(batch, stored, strict=True)) > 5, batch[1] > batch[0] + 5]


def cases():
    networks = {
        "a good network": ((1.0, 2.0), (1.0, 2.5)),
        "a network that is bad with the stored statistics, on old and new images": ((1.0, 2.0), (21.0, 22.0)),
        "a network that is bad on new images, whatever the statistics": ((1.0, 20.0), (1.5, 21.0)),
        "a network with both gaps": ((1.0, 20.0), (30.0, 45.0)),
        "a network that is good nowhere but on training images with the batch's statistics": (
            (2.0, 20.0),
            (88.0, 89.0),
        ),
        "a network whose stored statistics harm the new images most": ((1.0, 5.0), (11.0, 31.0)),
        "a network whose stored statistics harm the new images a little more": ((1.0, 2.0), (10.0, 18.0)),
        "a network with both gaps, the larger one between old and new images": ((1.0, 41.0), (11.0, 51.0)),
        "a network whose stored statistics harm old and new images alike": ((4.0, 4.0), (20.0, 20.0)),
        "a network that is bad everywhere": ((30.0, 32.0), (31.0, 33.0)),
        "a network that was trained too little, and whose statistics are no good": ((12.0, 13.0), (40.0, 41.0)),
        "a network whose errors are small, and eight times as large on new images": ((0.5, 4.0), (0.5, 4.0)),
        "a network whose errors are small, and larger with the stored statistics": ((0.5, 1.0), (3.0, 3.5)),
        "a network that does worse with the batch's statistics": ((40.0, 42.0), (10.0, 12.0)),
        "a network whose new images are the easier ones": ((20.0, 8.0), (21.0, 9.0)),
        "a network with 5 points between old and new images, no more": ((1.0, 6.0), (1.5, 6.5)),
        "a network with 5 points between the statistics, no more": ((1.0, 2.0), (6.0, 7.0)),
    }
    return [case(says, *pairs) for says, pairs in networks.items()]


def _named(stale: bool, overfitted: bool) -> str:
    return ("neither", "overfitted", "stale", "both")[2 * bool(stale) + bool(overfitted)]


class right:
    def on_new_images(batch, stored):
        reasons = [
            name for name, gap in (("stale", stored[1] - batch[1]), ("overfitted", batch[1] - batch[0])) if gap > 5
        ]
        return "both" if len(reasons) == 2 else reasons[0] if reasons else "neither"

    def by_a_table(batch, stored):
        return [["neither", "overfitted"], ["stale", "both"]][stored[0] > batch[0] + 5][batch[1] > batch[0] + 5]


class wrong:
    def from_five_points_on(batch, stored):
        """You count a difference of exactly 5 points. It counts if it is larger than 5: `>`, not `>=`."""
        return _named(stored[0] - batch[0] >= 5, batch[1] - batch[0] >= 5)

    def two_things_changed_for_overfitting(batch, stored):
        """For overfitting you compare new images with the stored statistics to training images with the batch's. Two
        things differ there: the images, and whether the statistics can be stale. Stay in the pair where they cannot."""
        return _named(stored[0] - batch[0] > 5, stored[1] - batch[0] > 5)

    def two_things_changed_for_stale(batch, stored):
        """For stale statistics you compare new images with the stored ones to training images with the batch's. Two
        things differ there: keep the images, and change the statistics alone."""
        return _named(stored[1] - batch[0] > 5, batch[1] - batch[0] > 5)

    def other_two_things_changed_for_overfitting(batch, stored):
        """For overfitting you compare new images with the batch's statistics to training images with the stored ones.
        If the stored ones are stale, the training images look bad, too, and the gap is hidden. Stay in the pair that
        cannot be stale."""
        return _named(stored[0] - batch[0] > 5, batch[1] - stored[0] > 5)

    def other_two_things_changed_for_stale(batch, stored):
        """For stale statistics you compare training images with the stored ones to new images with the batch's. Where
        the network is overfitted, its new images are bad, too, and the gap is hidden. Keep the images, and change the
        statistics alone."""
        return _named(stored[0] - batch[1] > 5, batch[1] - batch[0] > 5)

    def a_gap_of_gaps(batch, stored):
        """You compare the gap of one pair with the gap of the other. Stale statistics can make old and new images bad
        alike, and then both gaps are small: compare the same images, stored with batch."""
        return _named((stored[1] - stored[0]) - (batch[1] - batch[0]) > 5, batch[1] - batch[0] > 5)

    def overfitting_by_other_statistics(batch, stored):
        """For overfitting you compare the new images with themselves: what differs is the statistics. Compare new
        images with training images, each set with its own statistics."""
        return _named(stored[0] - batch[0] > 5, stored[1] - batch[1] > 5)

    def signs_turned(batch, stored):
        """You subtract the wrong way round. The worse error is the larger one: stored − batch, new − training."""
        return _named(batch[0] - stored[0] > 5, batch[0] - batch[1] > 5)

    def levels_on_both_sides(batch, stored):
        """You ask on which side of 5 % each error is. From 12 % to 40 % both are above, and the statistics cost 28
        points: subtract two errors."""
        return _named(stored[1] > 5 and batch[1] < 5, batch[1] > 5 and batch[0] < 5)

    def from_five_points_on_with_the_stored_pair(batch, stored):
        """You look for overfitting with the stored statistics; look at the pair that cannot be stale. And a difference
        counts if it is larger than 5: `>`, not `>=`."""
        return _named(stored[0] - batch[0] >= 5, stored[1] - stored[0] >= 5)

    def two_things_changed(batch, stored):
        """You compare training images with the batch's statistics to new images with the stored ones. Two things differ
        there, so a gap says nothing about either: change one."""
        return "overfitted" if stored[1] - batch[0] > 5 else "neither"

    def overfitting_by_the_stored_pair(batch, stored):
        """You look for overfitting with the stored statistics. If those are stale, both errors can be so bad that no
        gap is left between them: look at the pair that cannot be stale."""
        return _named(stored[0] - batch[0] > 5, stored[1] - stored[0] > 5)

    def stale_by_new_images_of_one_pair(batch, stored):
        """You call the statistics stale where the stored pair has a gap. Its two errors have the same statistics: they
        differ in the images. Compare the two pairs on the same images."""
        return _named(stored[1] - stored[0] > 5, batch[1] - batch[0] > 5)

    def overfitting_by_either_pair(batch, stored):
        """You look for overfitting in both pairs. In the stored one a gap proves nothing: stale statistics can harm
        new images more than old ones. Look at the pair that cannot be stale, and at no other."""
        return _named(stored[0] - batch[0] > 5, max(batch[1] - batch[0], stored[1] - stored[0]) > 5)

    def overfitting_by_both_pairs(batch, stored):
        """You call it overfitting only where both pairs have a gap. Stale statistics can make old and new images so bad
        that the stored pair has none: look at the pair that cannot be stale, and at no other."""
        return _named(stored[0] - batch[0] > 5, min(batch[1] - batch[0], stored[1] - stored[0]) > 5)

    def overfitting_averaged(batch, stored):
        """You average the gaps of both pairs. The stored pair may be stale, and stale statistics can harm new images
        more than old ones: for overfitting, look at the pair that cannot be stale, and at no other."""
        return _named(stored[0] - batch[0] > 5, (batch[1] - batch[0] + stored[1] - stored[0]) / 2 > 5)

    def the_larger_gap_alone(batch, stored):
        """You name the larger of two gaps. A network can have both: ask each question on its own."""
        stale, overfitted = stored[0] - batch[0], batch[1] - batch[0]
        return "neither" if max(stale, overfitted) <= 5 else "stale" if stale > overfitted else "overfitted"

    def five_per_cent_of_an_error(batch, stored):
        """You count a difference of 5 per cent OF the error. Points are differences: from 20 % to 22 % is 2 points, and
        more than 5 of them count."""
        return _named(stored[0] > 1.05 * batch[0], batch[1] > 1.05 * batch[0])

    def levels_of_new_images(batch, stored):
        """You ask whether the new images' errors are above 5 %, and compare them with nothing. A network that was
        trained too little is bad everywhere, and neither stale nor overfitted: subtract two errors."""
        return _named(stored[1] > 5, batch[1] > 5)

    def levels_of_new_images_and_one_reason(batch, stored):
        """You ask whether the new images' errors are above 5 %, and stop at the first reason. Subtract two errors, once
        for each question: a network can have both, or be bad everywhere."""
        return "overfitted" if batch[1] > 5 else "stale" if stored[1] > 5 else "neither"

    def levels_for_gaps(batch, stored):
        """You ask whether an error is above 5 %, and compare it with no other. A network that was trained too little is
        bad everywhere, and neither stale nor overfitted: subtract two errors."""
        return _named(stored[0] > 5, batch[1] > 5)

    def differences_without_sign(batch, stored):
        """You take the size of the differences, whatever their sign. Stored statistics that do better are not stale,
        and new images that are easier are not overfitting."""
        return _named(abs(stored[0] - batch[0]) > 5, abs(batch[1] - batch[0]) > 5)

    def ratios(batch, stored):
        """You divide the errors. From 0.5 % to 4 % is eight times as much, and 3.5 points: a difference counts in
        points."""
        return _named(stored[0] > 2 * batch[0], batch[1] > 2 * batch[0])

    def stale_and_no_more(batch, stored):
        """You stop at the first reason, stale statistics. A network can have both: ask about both before you ask about
        one alone, or ask the second question whatever the first one gave."""
        return "stale" if stored[0] - batch[0] > 5 else "overfitted" if batch[1] - batch[0] > 5 else "neither"

    def overfitted_and_no_more(batch, stored):
        """You stop at the first reason, overfitting. A network can have both: ask about both before you ask about one
        alone, or ask the second question whatever the first one gave."""
        return "overfitted" if batch[1] - batch[0] > 5 else "stale" if stored[0] - batch[0] > 5 else "neither"

    def names_exchanged(batch, stored):
        """Your "stale" is what "overfitted" should be, and the other way round. Did you exchange the names, or read the
        pairs otherwise? Each pair has one kind of statistics: (training images, new images)."""
        return _named(batch[1] - batch[0] > 5, stored[0] - batch[0] > 5)

    def shares_for_per_cent(batch, stored):
        """You count even the smallest differences. A difference counts if it is larger than 5 points, and the errors
        are in per cent: is the 5 missing, or is it 0.05?"""
        return _named(stored[0] - batch[0] > 0.05, batch[1] - batch[0] > 0.05)

    def new_images_alone(batch, stored):
        """You never say "overfitted" or "both". Ask two questions: besides stale statistics there is a gap between
        training images and new ones, in the pair that cannot be stale."""
        return "stale" if stored[1] - batch[1] > 5 else "neither"

    def old_and_new_alone(batch, stored):
        """You never say "stale" or "both". Ask two questions: besides overfitting there are stale statistics, a gap
        between the stored statistics and the batch's, on the same images."""
        return "overfitted" if batch[1] - batch[0] > 5 else "neither"

    def two_bools(batch, stored):
        """You return two answers. Give them one name: "both", "stale", "overfitted" or "neither"."""
        return stored[0] - batch[0] > 5, batch[1] - batch[0] > 5
