"""The ledger against a second accountant, per group, and against published values."""

import copy
import json
import pickle

import numpy as np
import pytest

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.privacy_curves import ORDERS, gaussian_epsilon

DELTA = 1e-5
COUNTS = Mechanism("counts", "rows of each group", 10.0)
PAIRS = Mechanism("pair tables", "counts of all pairs", 2.5)
LISTS = Mechanism("lists", "frequent values", 8.0, delta=2e-6)
STEPS = Mechanism("VAE", "gradients", 4.92, sample_rate=0.0265, n_steps=2000)
BY_SEX = {"F": (0.0265, 4.92), "M": (0.0131, 4.92)}
STEPS_BY_SEX = Mechanism("VAE", "gradients", n_steps=2000, groups=BY_SEX)


def ledger_of(*mechanisms, delta=DELTA, order=None):
    ledger = PrivacyLedger(delta, order=order)
    for mechanism in mechanisms:
        ledger.add(mechanism)
    return ledger


def second_accountant(kind, mechanisms):
    """Compose the same mechanisms with dp-accounting."""
    dp_accounting = pytest.importorskip("dp_accounting")
    if kind == "rdp":
        accountant = dp_accounting.rdp.RdpAccountant(ORDERS.tolist())
    else:
        accountant = dp_accounting.pld.PLDAccountant(value_discretization_interval=1e-3)
    for each in mechanisms:
        event = dp_accounting.GaussianDpEvent(each.noise_multiplier)
        if each.sample_rate < 1:
            event = dp_accounting.PoissonSampledDpEvent(each.sample_rate, event)
        accountant.compose(event, each.n_steps)
    return accountant


MIXES = {
    "counts and steps": [COUNTS, STEPS],
    "two stages": [
        Mechanism("VAE", "gradients", 3.3, sample_rate=0.02, n_steps=1000),
        Mechanism("diffusion", "gradients", 1.1, sample_rate=0.004, n_steps=1000),
    ],
    "few noisy steps": [Mechanism("a", "rows", 0.7, sample_rate=0.1, n_steps=5)],
    "large rates": [Mechanism("a", "rows", 12.0, sample_rate=0.4, n_steps=300), PAIRS],
}


@pytest.mark.parametrize("mix", MIXES)
def test_total_is_that_of_the_second_accountant(mix):
    ours = ledger_of(*MIXES[mix]).epsilon()
    theirs = second_accountant("rdp", MIXES[mix]).get_epsilon(DELTA)
    assert ours == pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("mix", ["counts and steps", "two stages", "few noisy steps"])
def test_total_is_above_the_privacy_loss_distribution(mix):
    ours = ledger_of(*MIXES[mix]).epsilon()
    tight = second_accountant("pld", MIXES[mix]).get_epsilon(DELTA)
    assert tight <= ours <= 1.3 * tight


def test_groups_are_accounted_each_on_its_own():
    ledger = ledger_of(COUNTS, STEPS_BY_SEX)
    for group, epsilon in ledger.epsilon_by_group().items():
        seen = [COUNTS, STEPS_BY_SEX.for_group(group)]
        theirs = second_accountant("rdp", seen).get_epsilon(DELTA)
        assert epsilon == pytest.approx(theirs, rel=1e-3)


def test_gaussians_alone_are_converted_exactly():
    mechanisms = [COUNTS, PAIRS, Mechanism("more", "rows", 6.0, n_steps=4)]
    ours = ledger_of(*mechanisms).epsilon()
    tight = second_accountant("pld", mechanisms).get_epsilon(DELTA)
    by_curve = second_accountant("rdp", mechanisms).get_epsilon(DELTA)
    assert ours == pytest.approx(tight, rel=1e-3)
    assert ours < 0.95 * by_curve
    assert ours == gaussian_epsilon(0.01 + 0.16 + 4 / 36, DELTA)


def test_a_sampled_step_ends_the_exact_conversion():
    almost_nothing = Mechanism("a", "rows", 500.0, sample_rate=0.001)
    ours = ledger_of(PAIRS, almost_nothing).epsilon()
    assert ours == pytest.approx(
        second_accountant("rdp", [PAIRS]).get_epsilon(DELTA), rel=1e-3
    )
    assert ours > ledger_of(PAIRS).epsilon()


def test_published_values():
    opacus_readme = Mechanism("a", "rows", 2.0, sample_rate=0.035, n_steps=2000)
    assert ledger_of(opacus_readme).epsilon() == pytest.approx(3.94, abs=0.005)


@pytest.mark.parametrize(
    "rates, claimed, truth",
    [
        ({"M": 0.01305, "F": 0.0265}, 1.0, {"M": 0.72, "F": 1.57}),
        (
            {"a": 0.004, "b": 0.037, "c": 0.112, "d": 0.364, "e": 0.432},
            1.0,
            {"a": 0.21, "b": 2.23, "c": 8.0, "d": 35.4, "e": 44.7},
        ),
    ],
)
def test_a_pooled_rate_hides_what_small_groups_pay(rates, claimed, truth):
    noise = 3.30  # what a pooled rate of 512 / 29276 asks for
    pooled = Mechanism("VAE", "gradients", noise, 512 / 29276, 2000)
    groups = {group: (rate, noise) for group, rate in rates.items()}
    ledger = ledger_of(Mechanism("VAE", "gradients", n_steps=2000, groups=groups))
    assert ledger_of(pooled).epsilon() == pytest.approx(claimed, rel=0.01)
    assert ledger.epsilon_by_group() == pytest.approx(truth, rel=0.05)
    assert ledger.epsilon() == max(ledger.epsilon_by_group().values())


def test_the_group_that_pays_most_decides_the_total_not_each_curve():
    crossing = {"often": (0.03, 6.0), "unprotected": (0.002, 0.8)}
    ledger = ledger_of(Mechanism("a", "rows", n_steps=500, groups=crossing))
    alone = [ledger.for_group(group).epsilon() for group in crossing]
    assert ledger.epsilon() == max(alone)
    assert (ledger.rdp() >= ledger.rdp("often")).all()
    assert (ledger.rdp() >= ledger.rdp("unprotected")).all()


def test_deltas_of_thresholds_are_taken_off_before_the_conversion():
    ledger = ledger_of(PAIRS, LISTS)
    assert ledger.remaining_delta == pytest.approx(8e-6, rel=1e-12)
    unthresholded = Mechanism("lists", "frequent values", 8.0)
    assert ledger.epsilon() == ledger_of(PAIRS, unthresholded, delta=8e-6).epsilon()
    assert ledger.epsilon() > ledger_of(PAIRS, unthresholded).epsilon()
    sampled, unthresholded = ledger_of(STEPS, LISTS), [STEPS, unthresholded]
    assert sampled.epsilon() == ledger_of(*unthresholded, delta=8e-6).epsilon()
    assert sampled.epsilon() > ledger_of(*unthresholded).epsilon()


def test_deltas_may_not_use_up_the_budget():
    ledger = ledger_of(*[LISTS] * 4)
    with pytest.raises(ValueError, match="'lists' has a delta of 2e-06, and of the"):
        ledger.add(LISTS)
    assert ledger.mechanisms == (LISTS,) * 4
    with pytest.raises(ValueError, match="larger delta"):
        PrivacyLedger(1e-6).add(LISTS)


def test_the_order_of_entries_does_not_matter():
    entries = [COUNTS, LISTS, STEPS_BY_SEX, PAIRS]
    forwards, backwards = ledger_of(*entries), ledger_of(*entries[::-1])
    assert forwards.epsilon() == pytest.approx(backwards.epsilon(), rel=1e-12)
    assert forwards.epsilon_by_group() == pytest.approx(backwards.epsilon_by_group())


def test_every_look_costs():
    ledger, spent = PrivacyLedger(DELTA), [0.0]
    for mechanism in (COUNTS, COUNTS, LISTS, PAIRS, STEPS_BY_SEX, STEPS, COUNTS):
        spent.append(ledger.add(mechanism).epsilon())
    assert (np.diff(spent) > 0).all()


def test_an_empty_ledger_spends_nothing():
    ledger = PrivacyLedger(DELTA)
    assert ledger.epsilon() == 0
    assert ledger.epsilon_by_group() == {} == ledger_of(COUNTS).epsilon_by_group()
    assert ledger.to_frame().empty


def test_groups_of_mechanisms_must_be_the_same():
    ledger = ledger_of(STEPS_BY_SEX)
    by_race = Mechanism("diffusion", "latents", groups={"w": (0.1, 2), "b": (0.1, 2)})
    with pytest.raises(ValueError, match="'diffusion' is about the groups 'w', 'b'"):
        ledger.add(by_race)
    assert len(ledger.mechanisms) == 1
    other_way = Mechanism("a", "rows", groups={"M": (0.1, 2.0), "F": (0.2, 2.0)})
    assert ledger.add(other_way).groups == ["F", "M"]
    with pytest.raises(ValueError, match="says nothing of the group 'X'"):
        ledger.for_group("X")


@pytest.mark.parametrize("delta", [0, 1, -1e-5, 2, np.nan])
def test_delta_must_be_a_probability(delta):
    with pytest.raises(ValueError, match=r"delta must be in \(0, 1\)"):
        PrivacyLedger(delta)


@pytest.mark.parametrize("order", [1.0, 0.5, 2.15, 1000, np.nan])
def test_order_must_be_one_of_the_grid(order):
    with pytest.raises(ValueError, match="order must be one of the orders"):
        PrivacyLedger(DELTA, order=order)


def test_a_fixed_order_bounds_the_total():
    plan = ledger_of(COUNTS, STEPS_BY_SEX)
    best = plan.best_order()
    at_best = ledger_of(COUNTS, STEPS_BY_SEX, order=best)
    elsewhere = ledger_of(COUNTS, STEPS_BY_SEX, order=best + 5)
    assert at_best.epsilon() == plan.epsilon() < elsewhere.epsilon()
    assert at_best.copy().order == at_best.for_group("F").order == best
    curve = plan.rdp("F")[best + 5 == ORDERS][0]
    converted = curve + (
        np.log(1 / DELTA) + (best + 4) * np.log1p(-1 / (best + 5)) - np.log(best + 5)
    ) / (best + 4)
    assert elsewhere.epsilon() == pytest.approx(converted, rel=1e-9)


def test_a_copy_goes_its_own_way():
    ledger = ledger_of(COUNTS)
    copied = ledger.copy().add(PAIRS)
    assert ledger.mechanisms == (COUNTS,)
    assert copied.mechanisms == (COUNTS, PAIRS)


@pytest.mark.parametrize("order", [None, 12])
def test_json_pickle_and_deepcopy_bring_it_back(order):
    ledger = ledger_of(COUNTS, LISTS, STEPS_BY_SEX, order=order)
    written = json.loads(json.dumps(ledger.to_json(), allow_nan=False))
    for again in (
        PrivacyLedger.from_json(written),
        pickle.loads(pickle.dumps(ledger)),
        copy.deepcopy(ledger),
    ):
        assert again.mechanisms == ledger.mechanisms
        assert (again.delta, again.order) == (ledger.delta, ledger.order)
        assert again.epsilon_by_group() == ledger.epsilon_by_group()


def test_the_table_says_everything():
    ledger = ledger_of(COUNTS, LISTS, STEPS_BY_SEX)
    table = ledger.to_frame()
    assert table["release"].tolist() == ["counts", "lists", "VAE", "VAE"]
    assert table["group"].isna().tolist() == [True, True, False, False]
    assert table["group"].tolist()[2:] == ["F", "M"]
    assert table["sampling rate"].tolist() == [1, 1, 0.0265, 0.0131]
    assert table["noise multiplier"].tolist() == [10, 8, 4.92, 4.92]
    assert table["steps"].tolist() == [1, 1, 2000, 2000]
    assert table["delta"].tolist() == [0, 2e-6, 0, 0]
    by_group = ledger.epsilon_by_group()
    assert table["epsilon so far"].tolist()[2:] == [by_group["F"], by_group["M"]]
    assert table["epsilon alone"][1] == ledger_of(LISTS).epsilon()
    assert table["epsilon so far"][1] == ledger_of(COUNTS, LISTS).epsilon()
    assert (table["epsilon alone"] <= table["epsilon so far"]).all()
    assert "group" not in ledger_of(COUNTS, PAIRS).to_frame()


def test_it_says_how_much_is_in_it():
    assert repr(ledger_of(COUNTS, order=8)) == (
        "PrivacyLedger(delta=1e-05, order=8) with 1 mechanisms"
    )
