"""Choose the tool, `right_tool(about, networks, seeds, lists)`, with which a claim about errors can be judged. `about`
is "weights" (these trained networks, as they are) or "recipe" (what its runs give on average on these test images);
`networks` says how many are in the claim, 1 or 2 that are compared; `seeds` how many runs there are of each recipe;
`lists` whether it is known which images each network got wrong. Without lists only the counts are known, and they are
too close for the worst case of section 4. Return "Wilson", "paired test", "t over seeds", or "none" if none of the
three can judge the claim."""

from capsule_tutor.checks.cases import case

EFFORT = {"minutes": 10, "difficulty": 3, "importance": 5}
HINTS = (
    "Each tool lets one thing vary and holds the others fixed: the table at the end of section 3 says which. Choose "
    "the tool that varies what the claim leaves open.",
    "A claim about weights leaves the images open, one about a recipe the seed. Then ask what the tool needs to work "
    "at all: one run has no spread, and counts do not say who was wrong where.",
    'Begin with `if about == "recipe":` and decide by `seeds`; for weights decide by `networks`, and for two of them '
    "by `lists`.",
)
GRADIENT = False


def right_tool(about: str, networks: int, seeds: int, lists: bool) -> str:
    """The tool that can judge a claim about test errors: "Wilson", "paired test", "t over seeds" or "none"."""
    if about == "recipe":
        return "t over seeds" if seeds > 1 else "none"
    if networks == 1:
        return "Wilson"
    return "paired test" if lists else "none"


reference = right_tool


def oracle(about, networks, seeds, lists):
    table = {
        ("weights", 1): ("Wilson", "Wilson"),
        ("weights", 2): ("none", "paired test"),
        ("recipe", 1): ("none", "t over seeds"),
        ("recipe", 2): ("none", "t over seeds"),
    }
    return table[about, networks][bool(lists) if about == "weights" else seeds >= 2]


def cases():
    routed = "“routed runs get fewer of these 10,000 wrong”"
    claims = (
        ("“the network that we ship makes fewer than 0.5 % errors on such images”", "weights", 1, 1, False),
        (
            "“the run, of five, that validation chose makes fewer than 0.5 % errors on such images”",
            "weights",
            1,
            5,
            True,
        ),
        ("“of these two downloads the first reads MNIST better”; both come with their answers", "weights", 2, 1, True),
        ("“of these two downloads the first reads MNIST better”; five runs of each exist", "weights", 2, 5, True),
        ("“network A of that table beats network B”; there are two percentages, 0.25 and 0.35", "weights", 2, 1, False),
        (
            "“our network beats theirs”; of theirs there is the mean of three percentages, close to ours",
            "weights",
            2,
            3,
            False,
        ),
        ("“our recipe gets 0.4 % of these images wrong”, after one run", "recipe", 1, 1, True),
        ("“our recipe gets 0.4 % of these images wrong”, after three runs", "recipe", 1, 3, False),
        (f"{routed}; one run with and one without, and all answers", "recipe", 2, 1, True),
        (f"{routed}; five runs with and five without, and all answers", "recipe", 2, 5, True),
        (f"{routed}; five percentages with and five without", "recipe", 2, 5, False),
        (f"{routed}; two runs with and two without", "recipe", 2, 2, False),
        (f"{routed}; one percentage with and one without", "recipe", 2, 1, False),
    )
    return [case(f"the claim {says}", *given) for says, *given in claims]


class right:
    def by_what_is_open(about, networks, seeds, lists):
        if about == "weights" and networks == 2 and lists:
            return "paired test"
        if about == "weights" and networks == 1:
            return "Wilson"
        if about == "recipe" and seeds >= 2:
            return "t over seeds"
        return "none"

    def by_match(about, networks, seeds, lists):
        match about, networks, lists:
            case "weights", 1, _:
                return "Wilson"
            case "weights", 2, True:
                return "paired test"
            case "recipe", _, _ if seeds != 1:
                return "t over seeds"
        return "none"


class wrong:
    def paired_whenever_it_runs(about, networks, seeds, lists):
        """You take the paired test wherever it can be computed. It judges two sets of weights: another seed of the same
        two recipes is another pair, so a claim about recipes needs several runs."""
        return "paired test" if networks == 2 and lists else right_tool(about, networks, seeds, lists)

    def paired_for_single_runs(about, networks, seeds, lists):
        """From one run of each recipe you judge the recipes, by the paired test. It says which of these two networks is
        better. Whether the next two would be, one run cannot say."""
        alone = about == "recipe" and networks == 2 and seeds == 1 and lists
        return "paired test" if alone else right_tool(about, networks, seeds, lists)

    def two_wilson_bars(about, networks, seeds, lists):
        """You compare two networks by two separate bars. That bars overlap does not mean "no difference": the images
        are the same, and a count does not say who was wrong where. Without the lists nothing here can judge it."""
        return "Wilson" if about == "weights" and not lists else right_tool(about, networks, seeds, lists)

    def paired_without_lists(about, networks, seeds, lists):
        """You take the paired test where only counts are known. It needs the images on which exactly one network is
        wrong."""
        return "paired test" if about == "weights" and networks == 2 else right_tool(about, networks, seeds, lists)

    def t_from_one_run(about, networks, seeds, lists):
        """You take t over seeds where there is one run. One run has no spread: the honest answer is "none"."""
        return "t over seeds" if about == "recipe" else right_tool(about, networks, seeds, lists)

    def wilson_for_a_single_run(about, networks, seeds, lists):
        """From one run you judge the recipe by Wilson's interval. It holds the weights fixed: it knows nothing about
        other seeds."""
        if about == "recipe" and seeds == 1 and networks == 1:
            return "Wilson"
        return right_tool(about, networks, seeds, lists)

    def wilson_for_one_run_of_each(about, networks, seeds, lists):
        """Where there is one run, you judge the recipe by Wilson's interval. It holds the weights fixed and lets the
        images vary. Another run has other weights, and one run cannot say how other."""
        return "Wilson" if about == "recipe" and seeds == 1 else right_tool(about, networks, seeds, lists)

    def runs_before_the_claim(about, networks, seeds, lists):
        """You take t over seeds wherever there are several runs, and do not look at what the claim is about. Begin with
        `about`: for a claim about weights, other runs of the recipe change nothing."""
        if seeds > 1:
            return "t over seeds"
        return "paired test" if networks == 2 and lists else "Wilson" if networks == 1 else "none"

    def claim_never_asked(about, networks, seeds, lists):
        """You never seem to ask what the claim is about: weights and recipes get the same tools. Begin with `about`.
        For weights, other runs change nothing; for a recipe, the images of one run do not help."""
        if networks == 1:
            return "Wilson"
        return "paired test" if lists else "t over seeds" if seeds > 1 else "none"

    def lists_before_the_claim(about, networks, seeds, lists):
        """You let lists and the number of runs decide, whatever the claim is about. Begin with `about`: a recipe leaves
        the seed open, and asks for several runs; weights leave the images open, and other runs change nothing."""
        if lists and networks == 2:
            return "paired test"
        return "t over seeds" if seeds > 1 else "Wilson" if networks == 1 else "none"

    def wilson_needs_lists(about, networks, seeds, lists):
        """For one network you want to know which images it got wrong. Wilson's interval needs only how many."""
        tool = right_tool(about, networks, seeds, lists)
        return "none" if tool == "Wilson" and not lists else tool

    def as_many_runs_as_networks(about, networks, seeds, lists):
        """For a claim about one recipe, one run is enough to you. `seeds` counts the runs of EACH recipe, and a spread
        takes two of them, for one recipe as for two."""
        if about == "recipe":
            return "t over seeds" if seeds >= networks else "none"
        return right_tool(about, networks, seeds, lists)

    def nothing_for_none(about, networks, seeds, lists):
        """You return None, or nothing, where none of the three can judge the claim. The answer is a word like the
        others: "none", in quotes."""
        tool = right_tool(about, networks, seeds, lists)
        return None if tool == "none" else tool

    def by_the_number_of_runs(about, networks, seeds, lists):
        """You choose by how many runs there are. What counts is what the claim is about: a claim about one trained
        network is one about its weights, however many other runs there are."""
        return "t over seeds" if seeds > 1 else right_tool(about, networks, seeds, lists)

    def wilson_for_all_weights(about, networks, seeds, lists):
        """You take Wilson's interval for two networks, too. They read the same images: where it is known who was wrong
        where, the paired test sees much more than two bars."""
        return "Wilson" if about == "weights" else right_tool(about, networks, seeds, lists)

    def three_runs_at_least(about, networks, seeds, lists):
        """You turn two runs away. Two are few, but they have a spread, and a t of 12.71 pays for it."""
        if about == "recipe" and seeds < 3:
            return "none"
        return right_tool(about, networks, seeds, lists)

    def paired_for_one(about, networks, seeds, lists):
        """You take the paired test for a claim about one network. A pair takes two."""
        return "paired test" if about == "weights" and lists else right_tool(about, networks, seeds, lists)

    def what_is_open_exchanged(about, networks, seeds, lists):
        """You exchanged the two: a claim about weights leaves the images open, one about a recipe leaves the seed
        open."""
        return right_tool("weights" if about == "recipe" else "recipe", networks, seeds, lists)

    def one_network_first(about, networks, seeds, lists):
        """You give every claim about one network or one recipe to Wilson. Do you look at the number of networks first?
        Begin with `about`: “our recipe gets 0.4 %” leaves the seed open."""
        return "Wilson" if networks == 1 else right_tool(about, networks, seeds, lists)

    def seeds_for_two_weights(about, networks, seeds, lists):
        """Where the lists are missing you compare two sets of weights by t over seeds. Other runs of their recipes are
        other networks: of these two they say nothing."""
        if about == "weights" and networks == 2 and not lists and seeds > 1:
            return "t over seeds"
        return right_tool(about, networks, seeds, lists)

    def recipes_need_lists(about, networks, seeds, lists):
        """You ask for lists before you compare two recipes. t over seeds takes one error of each run: it does not
        matter which images were wrong."""
        if about == "recipe" and networks == 2 and not lists:
            return "none"
        return right_tool(about, networks, seeds, lists)

    def recipes_paired_by_lists(about, networks, seeds, lists):
        """You compare two recipes by the paired test where there are lists. It holds the weights fixed. Several runs of
        each have a spread over the seeds, which is what a claim about recipes leaves open: t over seeds."""
        if about == "recipe" and networks == 2 and lists and seeds > 1:
            return "paired test"
        return right_tool(about, networks, seeds, lists)

    def none_for_a_chosen_run(about, networks, seeds, lists):
        """You turn down one network that was chosen among several runs. Validation chose it, so the test images chose
        nothing, and Wilson's interval may judge it on them."""
        if about == "weights" and networks == 1 and seeds > 1:
            return "none"
        return right_tool(about, networks, seeds, lists)

    def t_for_a_chosen_run(about, networks, seeds, lists):
        """You take t over seeds for one network that was chosen among several runs. The claim is about that one alone:
        the other runs are other networks, and of its weights they say nothing. What the claim leaves open is the
        images, and Wilson's interval lets them vary."""
        if about == "weights" and networks == 1 and seeds > 1:
            return "t over seeds"
        return right_tool(about, networks, seeds, lists)

    def three_runs_and_two_bars(about, networks, seeds, lists):
        """There are two mistakes. You turn two runs away, and they have a spread. And you compare two networks by two
        separate bars: without the lists nothing here can judge close counts."""
        if about == "recipe":
            return "t over seeds" if seeds > 2 else "none"
        return "paired test" if networks == 2 and lists else "Wilson"

    def welch_by_name(about, networks, seeds, lists):
        """You call it Welch's test. Here all that looks at the spread of seeds is called "t over seeds"."""
        tool = right_tool(about, networks, seeds, lists)
        return "Welch" if tool == "t over seeds" and networks == 2 else tool
