"""FlipResampler: results, plans, refusals."""

import copy
from collections import OrderedDict

import numpy as np
import pandas as pd
import pytest
from declared_frame import DOMAIN_OF_FEW as DOMAIN
from declared_frame import FEW, cells, domain_of, few_columns, owed, private
from imblearn.utils.estimator_checks import check_param_validation
from resamplers import digest, mixed_frame, numpy_state, torch_state

from fairsample import FlipResampler
from fairsample.base import DataWarning
from fairsample.flip.releases_of_rows import PrivacyWarning

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairsample.flip.releases_of_rows.PrivacyWarning"
)


@pytest.fixture(scope="module")
def table():
    return few_columns()


@pytest.fixture(scope="module")
def fitted_once(table):
    resampler = private(domain=DOMAIN)
    return resampler, resampler.fit_resample(*table)


@pytest.fixture
def fitted(fitted_once):
    return copy.deepcopy(fitted_once[0])


class TestWithoutEpsilon:
    """Exact counts: real rows stay, unless a synthetic table is asked for."""

    def fit(self, **parameters):
        parameters = {"max_iter": 3, "random_state": 0} | parameters
        resampler = FlipResampler("race", epsilon=None, **parameters)
        X, y = mixed_frame()
        return resampler, X[FEW], y, *resampler.fit_resample(X[FEW], y)

    @pytest.mark.parametrize("output", ["auto", "augment"])
    def test_rows_are_added(self, output):
        resampler, X, y, X_more, y_more = self.fit(output=output)
        pd.testing.assert_frame_equal(X_more.iloc[:400], X.reset_index(drop=True))
        assert y_more[:400].tolist() == y.tolist()
        assert resampler.synthetic_mask_.sum() == len(X_more) - 400 > 0
        assert not hasattr(resampler, "epsilon_")
        assert not hasattr(resampler, "ledger_")

    def test_a_synthetic_table(self):
        resampler, X, y, X_made, y_made = self.fit(output="synthetic")
        wanted = pd.crosstab(X["race"], y).to_numpy()
        np.testing.assert_array_equal(resampler.cell_counts_, wanted)
        np.testing.assert_array_equal(
            cells(resampler, y_made), wanted + owed(resampler)
        )
        assert resampler.synthetic_mask_.all()
        assert not X_made.iloc[:400].equals(X.reset_index(drop=True))
        pd.testing.assert_series_equal(X_made.dtypes, X.dtypes)

    def test_cells_of_a_synthetic_table_are_shuffled(self):
        *_, y_made = self.fit(output="synthetic")
        changes = np.mean(y_made.to_numpy()[1:] != y_made.to_numpy()[:-1])
        assert changes > 0.3

    @pytest.mark.parametrize("weight", [0.0, 4.0, 400.0])
    def test_weight_makes_samples_independent_of_the_group(self, weight):
        X, y = mixed_frame()
        y = y.where(X["race"] != "A", "died")
        resampler = FlipResampler(
            "race", epsilon=None, max_iter=1, fairness_weight=weight, random_state=0
        )
        with pytest.warns(DataWarning, match=r"without a row: \('A', 'lived'\)"):
            resampler.fit(X[FEW], y)
        _, drawn = resampler.sample(6000, random_state=0)
        found = cells(resampler, drawn)
        counts = resampler.cell_counts_.to_numpy()
        assert found[0, 1] == 0
        share = found[1:, 0] / found[1:].sum(axis=1)
        if weight == 0:
            np.testing.assert_allclose(found / 6000, counts / 400, atol=0.03)
        else:
            assert abs(share[0] - share[1]) < 0.05
            assert abs(share.mean() - counts[:, 0].sum() / 400) < 0.05

    def test_same_seed_same_rows(self):
        first, again, other = (
            self.fit(output="synthetic", random_state=seed)[-2:] for seed in (0, 0, 1)
        )
        assert digest(first) == digest(again) != digest(other)


class TestPrivateResult:
    """Rows are all synthetic, as many as the noisy plan says."""

    def test_every_cell_has_its_noisy_count_and_what_it_is_owed(self, fitted_once):
        resampler, (_, y) = fitted_once
        np.testing.assert_array_equal(
            cells(resampler, y), resampler.cell_counts_ + owed(resampler)
        )
        assert owed(resampler).sum() > 0

    def test_counts_are_noisy_and_near(self, table, fitted_once):
        resampler, _ = fitted_once
        wanted = pd.crosstab(table[0]["race"], table[1])
        difference = np.abs(resampler.cell_counts_.to_numpy() - wanted.to_numpy())
        assert difference.max() < 30
        again = private(domain=DOMAIN).fit(*table)
        assert not np.array_equal(again.cell_counts_, resampler.cell_counts_)

    def test_everything_is_described(self, table, fitted_once):
        resampler, (X, _) = fitted_once
        assert resampler.groups_ == ["A", "B", "C"]
        assert resampler.classes_.tolist() == ["died", "lived"]
        assert resampler.n_features_in_ == len(FEW)
        assert resampler.feature_names_in_.tolist() == FEW
        assert resampler.synthetic_mask_.tolist() == [True] * len(X)
        assert resampler.sensitive_features_.tolist() == X["race"].tolist()
        assert isinstance(resampler.rows_owed_, OrderedDict)
        assert resampler.cell_counts_.index.name == "race"
        assert resampler.cell_counts_.columns.name == "outcome"

    def test_budget(self, fitted_once):
        resampler, _ = fitted_once
        assert 0.98 * 20 < resampler.epsilon_ <= 20
        assert resampler.epsilon_by_group_ == dict.fromkeys(
            resampler.groups_, resampler.epsilon_
        )
        assert isinstance(resampler.ledger_, pd.DataFrame)
        assert list(resampler.ledger_["release"])[-1] == "pairs"

    def test_finding_the_domain_out_is_part_of_the_budget(self, table):
        resampler = private(domain=None, epsilon=8.0).fit(*table)
        assert resampler.ledger_["release"].iloc[0] == "domain"
        assert resampler.ledger_["epsilon so far"].iloc[0] <= 0.8
        assert resampler.epsilon_ <= 8.0
        assert resampler.groups_ == ["A", "B", "C"]

    def test_fit_draws_nothing(self, table):
        resampler = private(domain=DOMAIN).fit(*table)
        assert len(resampler.synthetic_mask_) == 0
        assert len(resampler.sensitive_features_) == 0
        assert resampler.sensitive_features_.name == "race"
        assert len(resampler.sample(7)[0]) == 7

    def test_caller_data_and_random_state(self, table):
        X, y = table
        X_before, y_before = X.copy(), y.copy()
        before = numpy_state(), torch_state()
        private(domain=DOMAIN).fit_resample(X, y)
        assert (numpy_state(), torch_state()) == before
        pd.testing.assert_frame_equal(X, X_before)
        pd.testing.assert_series_equal(y, y_before)

    def test_weight_takes_the_group_out_of_the_rows(self, table):
        X, y = table
        X = X.assign(str=np.where(X["race"] == "A", "x", "y"))
        gaps = []
        for weight in (0.0, 4.0):
            resampler = private(
                domain=DOMAIN, epsilon=200.0, fairness_weight=weight, max_iter=80
            )
            found, _ = resampler.fit_resample(X, y)
            of_group = found["str"].eq("x").groupby(found["race"].to_numpy()).mean()
            gaps.append(of_group["A"] - of_group["B"])
        assert gaps[0] > 0.8
        assert abs(gaps[1]) < 0.15


class TestPlans:
    """Plans rest on noisy counts."""

    @pytest.mark.parametrize(
        "strategy",
        ["groups", "cells", "parity", "proportional", "minority", "not majority"],
    )
    def test_names(self, table, strategy):
        resampler = private(domain=DOMAIN, sampling_strategy=strategy)
        _, y = resampler.fit_resample(*table)
        final = cells(resampler, y)
        np.testing.assert_array_equal(final, resampler.cell_counts_ + owed(resampler))
        if strategy == "cells":
            assert np.ptp(final) == 0
        elif strategy == "groups":
            np.testing.assert_array_equal(final[:, 0], final[:, 1])
        elif strategy == "parity":
            shares = final[:, 0] / final.sum(axis=1)
            assert np.ptp(shares) < 0.01
        elif strategy == "proportional":
            assert owed(resampler).sum() == resampler.cell_counts_.to_numpy().sum()
        else:
            assert np.ptp(final.sum(axis=0)) == 0

    def test_class_counts(self, table):
        resampler = private(domain=DOMAIN, sampling_strategy={"died": 3000})
        _, y = resampler.fit_resample(*table)
        assert (y == "died").sum() == 3000

    def test_intersectional_cells(self, table):
        strategy = {(("F", "C"), "died"): 2500, (("M", "A"), "lived"): 2600}
        resampler = private(["sex", "race"], domain=DOMAIN, sampling_strategy=strategy)
        X, y = resampler.fit_resample(*table)
        assert ((X["sex"] == "F") & (X["race"] == "C") & (y == "died")).sum() == 2500
        assert ((X["sex"] == "M") & (X["race"] == "A") & (y == "lived")).sum() == 2600
        assert len(resampler.groups_) == 6
        assert sum(resampler.rows_owed_.values()) == len(X) - (
            resampler.cell_counts_.to_numpy().sum()
        )

    def test_number_of_rows(self, table):
        resampler = private(domain=DOMAIN, n_synthetic=77)
        X, _ = resampler.fit_resample(*table)
        assert sum(resampler.rows_owed_.values()) == 77
        assert len(X) == resampler.cell_counts_.to_numpy().sum() + 77

    def test_several_classes(self, table):
        X, _ = table
        y = pd.Series(np.arange(len(X)) % 7 // 3, name="outcome")
        domain = DOMAIN | {"outcome": {"categories": [0, 1, 2]}}
        resampler = private(domain=domain, sampling_strategy="cells")
        _, found = resampler.fit_resample(X, y)
        assert set(found) == {0, 1, 2}
        assert found.value_counts().nunique() == 1

    def test_noise_that_leaves_one_class(self, table):
        X, y = table[0].iloc[:60], table[1].iloc[:60]
        with pytest.raises(ValueError, match="epsilon=0.0001 leaves rows of one class"):
            for _ in range(60):  # which one, chance decides
                private(domain=DOMAIN, epsilon=1e-4, max_iter=1).fit(X, y)


class TestRefusals:
    """What has no guarantee is refused before a row is read."""

    @pytest.fixture(autouse=True)
    def _never_release(self, monkeypatch):
        def release(*args, **options):
            raise AssertionError("rows were released")

        monkeypatch.setattr("fairsample.flip.private_fit.release_privately", release)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"output": "augment"}, "output='augment' puts the real rows"),
            ({"sampling_strategy": lambda y: {}}, "sampling_strategy is a callable"),
            ({"columns": lambda X: X["race"]}, "sensitive_features is a callable"),
            ({"columns": None}, "No sensitive features were given"),
            ({"columns": "town"}, "'town', which X does not have"),
            ({"device": "cuda:99"}, "cuda"),
        ],
    )
    def test_parameters(self, table, parameters, message):
        with pytest.raises(ValueError, match=message):
            private(**{"domain": DOMAIN} | parameters).fit_resample(*table)

    def test_missing_groups(self, table):
        X, y = table
        X = X.assign(race=X["race"].mask(X["race"] == "C"))
        with pytest.raises(ValueError, match="missing_sensitive='group'"):
            private(domain=DOMAIN).fit(X, y)

    def test_visits(self, table):
        X, y = table
        X = X.assign(visits=[[["a"], ["b"]]] * len(X))
        with pytest.raises(ValueError, match="'visits' hold visits"):
            private(domain=DOMAIN).fit(X, y)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("epsilon", 0),
            ("epsilon", -1.0),
            ("delta", 0.0),
            ("delta", 1.0),
            ("preprocess_epsilon", -0.1),
            ("fairness_weight", -1.0),
            ("private_engine", "sgd"),
            ("output", "both"),
            ("max_iter", 0),
            ("domain", 3),
            ("network", "yes"),
            ("callbacks", "progress"),
        ],
    )
    def test_parameter_values(self, table, name, value):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            private(**{"domain": DOMAIN, name: value}).fit(*table)


class TestDomainFaults:
    """What is not declared, or declared wrongly, is named."""

    def test_undeclared_columns_without_a_budget_for_them(self, table):
        resampler = private(domain=domain_of("race", "sex"), preprocess_epsilon=0)
        with pytest.raises(ValueError, match="Nothing is declared.*'str'"):
            resampler.fit(*table)

    def test_columns_that_x_does_not_have(self, table):
        domain = DOMAIN | {"height": {"bounds": [0, 3]}}
        with pytest.raises(ValueError, match="declares 'height'"):
            private(domain=domain).fit(*table)

    @pytest.mark.parametrize("name", ["race", "outcome"])
    def test_one_group_or_class(self, table, name):
        domain = DOMAIN | {name: {"categories": ["A" if name == "race" else "died"]}}
        with pytest.raises(ValueError, match=f"'{name}' ha(s|ve) one (group|class)"):
            private(domain=domain).fit(*table)

    def test_values_outside_are_told_of(self, table):
        domain = DOMAIN | {"str": {"categories": ["x", "y"]}}
        with pytest.warns(DataWarning, match=r"'str' \(about \d+\)"):
            found, _ = private(domain=domain).fit_resample(*table)
        assert set(found["str"].dropna()) == {"x", "y"}


@pytest.mark.filterwarnings("default::fairsample.flip.releases_of_rows.PrivacyWarning")
def test_the_same_rows_again_are_paid_again(table, monkeypatch):
    monkeypatch.setattr("fairsample.flip.releases_of_rows._paid", {})
    X, y = table
    private(domain=DOMAIN).fit(X, y)
    with pytest.warns(PrivacyWarning, match="released 2 times.*memory="):
        private(domain=DOMAIN, fairness_weight=1.0).fit(X, y)


def test_parameters_are_validated():
    check_param_validation("FlipResampler", private(0, domain=None))
