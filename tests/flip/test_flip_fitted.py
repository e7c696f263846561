"""FlipResampler after its fit: groups, samples, copies, further fits."""

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from declared_frame import DOMAIN_OF_FEW as DOMAIN
from declared_frame import FEW, cells, domain_of, few_columns, private
from resamplers import digest
from sklearn.base import clone
from small_table import TINY

from fairsample import FlipResampler, TableDomain

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


class TestGroups:
    """Groups are all that were declared."""

    def test_several_sensitive_columns(self, table):
        resampler = private(["sex", "race"], domain=DOMAIN)
        X, _ = resampler.fit_resample(*table)
        assert resampler.groups_ == [(s, r) for s in "FM" for r in "ABC"]
        groups = resampler.sensitive_features_
        assert groups["sex"].tolist() == X["sex"].tolist()
        assert groups["race"].tolist() == X["race"].tolist()
        drawn, _ = resampler.sample(9, conditions={"sex": "F", "race": "C"})
        assert drawn["sex"].eq("F").all()
        assert drawn["race"].eq("C").all()

    @pytest.mark.parametrize(
        "form", [pd.Series, pd.DataFrame, pd.Series.to_numpy, pd.Series.tolist]
    )
    def test_values_at_call_time(self, table, form):
        X, y = table
        values = form(X["race"])
        named = isinstance(values, pd.Series | pd.DataFrame)
        name = "race" if named else "sensitive_features"
        domain = domain_of("sex", "str") | {name: DOMAIN["race"]}
        resampler = private(None, domain=domain)
        found, _ = resampler.fit_resample(
            X.drop(columns="race"), y, sensitive_features=values
        )
        assert list(found) == ["sex", "str", "bool"]
        assert resampler.sensitive_features_.name == name
        assert set(resampler.sensitive_features_) == {"A", "B", "C"}
        resampler.sample(5, conditions={name: "B", "outcome": "died"})
        assert resampler.sensitive_features_.tolist() == ["B"] * 5

    def test_missing_values_as_a_group(self, table):
        X, y = table
        X = X.assign(race=X["race"].mask(X["race"] == "C"))
        domain = DOMAIN | {"race": {"categories": ["A", "B"]}}
        resampler = private(domain=domain, missing_sensitive="group")
        found, _ = resampler.fit_resample(X, y)
        assert resampler.groups_ == ["A", "B", "missing"]
        told = resampler.sensitive_features_
        assert (told == "missing").tolist() == found["race"].isna().tolist()
        assert abs((told == "missing").mean() - 0.3) < 0.1
        drawn, _ = resampler.sample(5, conditions={"race": "missing"})
        assert drawn["race"].isna().all()

    def test_a_group_that_does_not_occur(self, table):
        domain = DOMAIN | {"race": {"categories": ["A", "B", "C", "Q"]}}
        resampler = private(domain=domain).fit(*table)
        assert resampler.groups_ == ["A", "B", "C", "Q"]
        assert resampler.cell_counts_.loc["Q"].sum() < 60

    @pytest.mark.parametrize("epsilon", [None, 20.0])
    def test_nothing_but_the_sensitive_column(self, table, epsilon):
        X, y = table
        resampler = private(domain=domain_of("race"), epsilon=epsilon)
        found, classes = resampler.fit_resample(X[["race"]], y)
        assert list(found) == ["race"]
        assert len(found) == len(classes) > len(X) - 100
        assert not hasattr(resampler, "schema_")
        drawn, _ = resampler.sample(6, conditions={"race": "B"})
        assert drawn["race"].tolist() == ["B"] * 6


class TestSample:
    """Samples come from the release, and cost nothing."""

    def test_proportions(self, table):
        resampler = private(domain=DOMAIN, fairness_weight=0.0).fit(*table)
        _, y = resampler.sample(8000, random_state=0)
        counts = resampler.cell_counts_.to_numpy()
        found = cells(resampler, y) / 8000
        np.testing.assert_allclose(found, counts / counts.sum(), atol=0.025)

    def test_weight_makes_classes_independent_of_the_group(self, fitted):
        _, y = fitted.sample(8000, random_state=0)
        found = cells(fitted, y)
        shares = found[:, 0] / found.sum(axis=1)
        assert np.ptp(shares) < 0.06
        counts = fitted.cell_counts_.to_numpy()
        real = counts[:, 0] / counts.sum(axis=1)
        assert np.ptp(real) > 0.08

    def test_as_many_as_were_counted(self, fitted):
        assert len(fitted.sample()[0]) == fitted.cell_counts_.to_numpy().sum()

    def test_conditions_row_by_row(self, fitted):
        wanted = pd.DataFrame(
            {"outcome": ["died", "lived", "died"] * 5, "race": list("CBA") * 5}
        )
        X, y = fitted.sample(conditions=wanted)
        assert X["race"].tolist() == wanted["race"].tolist()
        assert y.tolist() == wanted["outcome"].tolist()

    def test_nothing_is_paid(self, fitted):
        epsilon, n_releases = fitted.epsilon_, len(fitted.ledger_)
        fitted.sample(500)
        assert (fitted.epsilon_, len(fitted.ledger_)) == (epsilon, n_releases)

    def test_seeds(self, fitted):
        first, second = digest(fitted.sample(30)), digest(fitted.sample(30))
        assert first != second
        seeded = digest(fitted.sample(30, random_state=5))
        assert digest(fitted.sample(30, random_state=5)) == seeded


class TestCopies:
    """Copies draw the same rows, and read no row again."""

    @pytest.mark.parametrize(
        "copied", [copy.deepcopy, lambda fitted: pickle.loads(pickle.dumps(fitted))]
    )
    def test_copies_go_on_alike(self, fitted, copied):
        other = copied(fitted)
        assert digest(other.sample(20)) == digest(fitted.sample(20))
        assert other.epsilon_ == fitted.epsilon_
        pd.testing.assert_frame_equal(other.ledger_, fitted.ledger_)

    def test_saved_and_loaded(self, fitted, tmp_path):
        fitted.save(tmp_path / "saved")
        loaded = FlipResampler.load(tmp_path / "saved")
        assert loaded.get_params() == fitted.get_params()
        assert vars(loaded).keys() == vars(fitted).keys()
        assert digest(loaded.sample(20)) == digest(fitted.sample(20))
        assert loaded.epsilon_ == fitted.epsilon_
        assert loaded.epsilon_by_group_ == fitted.epsilon_by_group_
        assert loaded.schema_ == fitted.schema_
        pd.testing.assert_frame_equal(loaded.ledger_, fitted.ledger_)
        pd.testing.assert_frame_equal(loaded.cell_counts_, fitted.cell_counts_)

    @pytest.mark.parametrize("domain", [TableDomain(DOMAIN), DOMAIN])
    def test_domains_are_saved(self, domain, tmp_path):
        private(domain=domain).save(tmp_path / "saved")
        loaded = FlipResampler.load(tmp_path / "saved")
        assert TableDomain(loaded.domain) == TableDomain(domain)
        assert type(loaded.domain) is type(domain)

    def test_clone_is_not_fitted(self, fitted):
        cloned = clone(fitted)
        assert repr(cloned.get_params()) == repr(fitted.get_params())
        assert not hasattr(cloned, "cell_counts_")
        assert not hasattr(cloned, "ledger_")

    def test_domain_from_a_file(self, table, tmp_path):
        path = tmp_path / "domain.json"
        path.write_text(json.dumps(TableDomain(DOMAIN).to_json()))
        for domain in (path, str(path), TableDomain(DOMAIN), path.read_text()):
            resampler = private(domain=domain, preprocess_epsilon=0).fit(*table)
            assert resampler.groups_ == ["A", "B", "C"]


class TestRefit:
    """Nothing of a former fit is left."""

    def test_other_columns(self, table, fitted):
        X, y = table
        fitted.set_params(sensitive_features="sex", sampling_strategy="cells")
        _, found = fitted.fit_resample(X, y)
        assert fitted.groups_ == ["F", "M"]
        assert np.ptp(cells(fitted, found)) == 0

    def test_without_privacy_after_with(self, table, fitted):
        fitted.set_params(epsilon=None).fit(*table)
        wanted = private(domain=DOMAIN, epsilon=None).fit(*table)
        assert vars(fitted).keys() == vars(wanted).keys()
        pd.testing.assert_frame_equal(fitted.cell_counts_, wanted.cell_counts_)
        for name in ("epsilon_", "epsilon_by_group_", "ledger_", "net_"):
            assert not hasattr(fitted, name)

    def test_with_privacy_after_without(self, table, fitted):
        resampler = private(domain=DOMAIN, epsilon=None)
        resampler.fit_resample(*table)
        resampler.set_params(epsilon=20.0).fit(*table)
        assert vars(resampler).keys() == vars(fitted).keys()
        assert resampler.epsilon_ <= 20.0

    def test_no_columns_after_some(self, table, fitted):
        X, y = table
        fitted.set_params(domain=domain_of("race")).fit(X[["race"]], y)
        assert not hasattr(fitted, "schema_")


@pytest.mark.parametrize("epsilon", [None, 20.0])
class TestNetwork:
    """Rows may come from a network on top of the engine."""

    @pytest.fixture(autouse=True)
    def _tiny(self, monkeypatch):
        monkeypatch.setattr(
            "fairsample.flip.generator.NetworkSettings", lambda **options: TINY
        )

    def fit(self, table, epsilon):
        X, y = table[0].iloc[:500], table[1].iloc[:500]
        resampler = private(domain=DOMAIN, epsilon=epsilon, network=True)
        return resampler, resampler.fit_resample(X, y)

    def test_rows_and_copies(self, table, epsilon, tmp_path):
        resampler, (X, _) = self.fit(table, epsilon)
        pd.testing.assert_index_equal(X.columns, pd.Index(FEW))
        assert resampler.net_.history
        assert hasattr(resampler, "ledger_") == (epsilon is not None)
        resampler.save(tmp_path / "saved")
        loaded = FlipResampler.load(tmp_path / "saved")
        drawn = digest(resampler.sample(20, random_state=0))
        assert digest(loaded.sample(20, random_state=0)) == drawn
        assert vars(loaded).keys() == vars(resampler).keys()
        without = copy.deepcopy(resampler)
        without._generator.network = None
        if epsilon is not None:
            assert digest(without.sample(20, random_state=0)) != drawn

    def test_no_network_after_one(self, table, epsilon):
        resampler, _ = self.fit(table, epsilon)
        resampler.set_params(network=False).fit(*table)
        assert not hasattr(resampler, "net_")
