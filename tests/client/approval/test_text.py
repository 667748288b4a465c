"""What a person reads before approving."""

import datetime
from functools import partial

import numpy as np
import pytest

from client.approval import text
from server.planning import feasibility_of
from shared.contract.foreseen import Foreseen
from shared.contract.registry import exchange_of
from shared.contract.schedule import schedule
from shared.federation import dropout
from shared.step import Step
from tests.least_study import least_study

study = partial(
    least_study,
    ("north", "south", "west", "east"),
    governance={"ethics": "vote 12/26", "data_use": "none", "expires": datetime.date(2099, 1, 1)},
    evaluation={"leave_one_site_out": False},
)


LEAVING_OUT = study(
    evaluation={"leave_one_site_out": True},
    privacy={"site_sums": "derivable"},
    federation={"sites": ("north", "south", "west", "east"), "dropout": "continue"},
)

EVERYTHING = study(
    evaluation={"leave_one_site_out": True},
    privacy={"site_sums": "derivable"},
    imaging={"sequences": ["dce"]},
    maps=[{"name": "wash_in"}],
    radiomics={"habitats": {"maps": ["wash_in"]}},
    comparators={"clinical": [{"column": "age", "kind": "continuous"}]},
    stability={},
)
"""A study that has every exchange."""


def variant(**harmonization):
    content = LEAVING_OUT.model_dump()
    content["federation"]["dropout"] = "wait"
    covariates = ({"column": "age", "kind": "continuous"},)
    return LEAVING_OUT.model_validate({**content, "harmonization": {"covariates": covariates, **harmonization}})


SHUFFLING = study(
    evaluation={"leave_one_site_out": False, "permutations": 20},
    model={"penalties": 5, "l1_ratio": 1.0},
    selection={"shortlist": 10},
    privacy={"site_sums": "derivable"},
)

NUMBER = study(
    question={
        "endpoint": {"kind": "continuous", "column": "score", "plausible": (0, 100)},
        "patients": "simulated",
    },
    model={"kind": "linear"},
    harmonization={"missing": "impute"},
    privacy={"site_sums": "derivable"},
)
BOOSTED = study(
    evaluation={"leave_one_site_out": False, "permutations": 5},
    model={"kind": "boosting"},
    privacy={"site_sums": "derivable"},
)

VARIANTS = (
    LEAVING_OUT,
    variant(method="covbat", transform="power"),
    variant(batch="scanner", joined=("A",), missing="impute", transform="rank"),
    variant(reference_site="north", missing="impute"),
    variant(probe={}),
    SHUFFLING,
    BOOSTED,
    NUMBER,
)


def test_everything_in_the_contract_is_listed_where_a_study_has_it_and_nothing_else():
    """A quantity that is added to the contract shows here without being written twice."""
    for one in (feasibility_of(LEAVING_OUT), EVERYTHING, *VARIANTS):
        said = [left.what for left in text.leaves(one)]
        steps = list(schedule(one).steps)
        steps += [Step.AGREE, Step.DISCLOSE] if dropout.times(one) else []
        agreed = [
            left.words
            for exchange in map(exchange_of, steps)
            for left in (*exchange.texts, *Foreseen(one).leaving(exchange))
        ]
        assert said == agreed
    hidden = [one.what for one in text.leaves(study())]
    assert "how many of this site's patients score in each range" in {
        one.what for one in text.leaves(LEAVING_OUT)
    } - set(hidden)


def test_every_quantity_of_harmonization_belongs_to_some_study():
    said = {one.what for study in (EVERYTHING, *VARIANTS) for one in text.leaves(study)}
    for step in (Step.DESCRIBE, Step.TRANSFORM, Step.HARMONIZE, Step.COVARIANCE, Step.MOMENTS):
        assert {one.words for one in exchange_of(step).quantities} <= said


def test_a_study_says_what_its_harmonization_does_beside():
    said = " ".join(text.computed(VARIANTS[2]))
    assert "transformed by ranks" in said
    assert "the sums over such a scanner's patients are decoded" in said
    assert "Patients who lack features stay" in said
    assert "100 times chance deals" in " ".join(text.computed(VARIANTS[4]))
    assert "CovBat" in " ".join(text.computed(VARIANTS[1]))


def test_what_is_masked_is_said_to_be_and_only_then():
    ways = {one.what: one.how for one in text.leaves(study())}
    assert ways["sum of a feature"] == "as part of the sum over all sites"
    assert ways["number of patients who enter the study"] == "readable by the coordinator"
    clear = text.leaves(study(privacy={"masked": False}))
    assert {one.how for one in clear} == {"readable by the coordinator"}


def test_the_number_of_exchanges_counts_every_step_and_every_iteration():
    assert text.exchanges(study(training={"max_iterations": 12})) == 21


@pytest.mark.slow
def test_a_study_that_gives_sites_away_says_so_first():
    own = np.full((5, 2, 2), 3)
    first = text.concluded(LEAVING_OUT, "north", own)[0]
    assert "write: the sums of north can be concluded" in first
    hidden = text.concluded(study(), "north", own[:, :, :1])
    assert "at least 4 sites. If the coordinator and 3 of them" in hidden[0]
    assert "the patients at north, 30 of them" in hidden[1]
    assert "not known yet" in text.concluded(study(), "north", None)[1]


def test_the_study_is_told_in_sentences_with_its_own_settings():
    said = " ".join(text.computed(LEAVING_OUT))
    for part in ("vote 12/26", "zero against low", "simulated patients", "5 folds", "never saw it", "2099-01-01"):
        assert part in said
    assert "ComBat" not in " ".join(text.computed(study(harmonization={"method": "none"})))


def test_the_difference_names_each_changed_setting_with_both_values():
    assert "no version" in text.difference(None, study())[0]
    assert "very version" in text.difference(study(), study())[0]
    changed = study(version=2, training={"max_iterations": 20}, federation={"sites": ("north", "south", "west")})
    assert text.difference(study(), changed) == [
        "federation.sites[4]: east → not there",
        "training.max_iterations: 30 → 20",
        "version: 1 → 2",
    ]


def network(site_sums="hidden", strategy="fedavg", **changes):
    return study(
        harmonization={"method": "none"},
        privacy={"site_sums": site_sums},
        imaging={"sequences": ["dce"]},
        network={
            "input": {"channels": ["early"]},
            "architecture": {"name": "small_cnn"},
            "strategy": {"name": strategy},
            **changes,
        },
    )


def test_a_network_says_what_leaves_in_a_round_and_what_it_may_tell():
    said = " ".join(text.computed(network()))
    assert "A network (small_cnn) is trained on crops of the lesion" in said
    assert "THE COORDINATOR READS" not in said
    steps = dict.fromkeys(one.step for one in text.leaves(network()))
    assert list(steps) == ["enroll", "inventory", "training-weights", "round (up to 20 times)", "threshold", "evaluate"]
    (concluded,) = [one for one in text.concluded(network(), "north", None) if "inverted" in one]
    assert "as trained on the patients of all sites together" in concluded


def test_a_network_whose_sums_or_changes_are_a_single_sites_says_whose_images_could_be_told():
    for asked in (network("derivable"), network(strategy="median")):
        (concluded,) = [one for one in text.concluded(asked, "north", None) if "inverted" in one]
        assert "as trained on this site's own patients" in concluded
    assert "THE COORDINATOR READS THIS SITE'S OWN CHANGES" in " ".join(text.computed(network(strategy="krum")))


def test_noise_on_a_networks_changes_is_told_as_the_bound():
    asked = network(differential_privacy={"epsilon": 3, "noise_multiplier": 1.1})
    said = " ".join(text.concluded(asked, "north", None))
    assert "epsilon at most 3 at delta" in said
    assert "inverted" not in said


def test_control_variates_and_variables_are_listed_where_a_network_has_them():
    def listed(asked):
        return " ".join(one.what for one in text.leaves(asked))

    assert "control variate" not in listed(network())
    assert "control variate" in listed(network(strategy="scaffold"))
    assert "clinical variable or feature" not in listed(network())


def test_shuffles_of_the_labels_are_told_with_the_sums_that_they_decode():
    told = " ".join(text.computed(SHUFFLING))
    assert "20 times the labels are shuffled within this site" in told
    assert f"{20 * 5 * 5} sums over groups that chance draws" in told
