"""Private resamplers in pipelines, searches and other processes."""

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import pytest
import sklearn
from another_process import run_elsewhere
from declared_frame import declared_frame, domain_of, private
from imblearn.pipeline import Pipeline
from resamplers import digest
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from fairsample.flip import PrivacyWarning, private_phase

COLUMNS = ["sex", "str", "bool"]
DOMAIN = domain_of("race", "sex", "str")
WEIGHTS = [0.0, 1.0, 4.0]


@pytest.fixture(scope="module")
def table():
    X, y = declared_frame(3)
    return X[["race", *COLUMNS]], y


@pytest.fixture
def releases(monkeypatch):
    """How many rows were read in each private phase; no rows are known at first."""
    read = []
    release_table = private_phase.release_table

    def counted(rows, *args, **options):
        read.append(len(rows.frame))
        return release_table(rows, *args, **options)

    monkeypatch.setattr(private_phase, "release_table", counted)
    monkeypatch.setattr("fairsample.flip.releases_of_rows._paid", {})
    return read


def pipeline(selector, **parameters):
    encode = make_column_transformer((OneHotEncoder(), COLUMNS))
    return Pipeline(
        [
            ("fair", private(selector, domain=DOMAIN, **parameters)),
            ("encode", encode),
            ("model", DecisionTreeClassifier(max_depth=2, random_state=0)),
        ]
    )


def search(selector, **parameters):
    return GridSearchCV(
        pipeline(selector, **parameters),
        {"fair__fairness_weight": WEIGHTS},
        cv=3,
        error_score="raise",
    )


class TestMemory:
    """With a memory a set of rows is paid for once, whatever is done with it."""

    def test_a_grid_of_weights_reads_every_fold_once(self, table, releases, tmp_path):
        X, y = table
        found = search("race", memory=str(tmp_path)).fit(X, y)
        assert releases == [800, 800, 800, 1200]
        assert len(found.cv_results_["params"]) == 3
        assert found.best_estimator_["fair"].epsilon_ <= 20

    def test_without_memory_each_weight_pays(self, table, releases):
        X, y = table
        with pytest.warns(PrivacyWarning, match="released [23] times"):
            search("race").fit(X, y)
        assert releases == [800] * 9 + [1200]

    def test_everything_but_the_noise_is_free(self, table, releases, tmp_path):
        X, y = table
        made = [
            digest(
                private(domain=DOMAIN, memory=str(tmp_path), **changed).fit_resample(
                    X, y
                )
            )
            for changed in (
                {},
                {},
                {"random_state": 1},
                {"fairness_weight": 0.0},
                {"sampling_strategy": "cells"},
                {"max_iter": 5},
                {"n_synthetic": 9},
            )
        ]
        assert len(releases) == 1
        assert made[0] == made[1]
        assert len(set(made)) == 6

    @pytest.mark.parametrize(
        "changed",
        [
            {"epsilon": 10.0},
            {"delta": 1e-6},
            {"domain": DOMAIN | {"str": {"categories": ["z", "y", "x"]}}},
        ],
    )
    def test_another_release_is_paid_for(self, table, releases, tmp_path, changed):
        X, y = table
        options = {"domain": DOMAIN, "memory": str(tmp_path)}
        private(**options).fit(X, y)
        with pytest.warns(PrivacyWarning, match="released 2 times"):
            private(**options | changed).fit(X, y)
        assert len(releases) == 2

    def test_other_groups_are_paid_for(self, table, releases, tmp_path):
        X, y = table
        for column in ("race", "sex"):
            private(column, domain=DOMAIN, memory=str(tmp_path)).fit(X, y)
        assert len(releases) == 2

    def test_other_rows_are_paid_for_by_themselves(self, table, releases, tmp_path):
        X, y = table
        options = {"domain": DOMAIN, "memory": str(tmp_path)}
        private(**options).fit(X, y)
        private(**options).fit(X.iloc[1:], y.iloc[1:])
        assert releases == [1200, 1199]

    def test_rows_are_not_written_down(self, table, releases, tmp_path):
        X, y = table
        X = X.assign(str=X["str"].mask(np.arange(len(X)) == 3, "Rumpelstiltskin"))
        private(domain=DOMAIN, memory=str(tmp_path)).fit(X, y)
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert len(written) >= 2
        for path in written:
            assert b"Rumpelstiltskin" not in path.read_bytes()


class TestRouting:
    """Values at call time reach the resampler through a pipeline."""

    @pytest.fixture(autouse=True)
    def routing(self):
        with sklearn.config_context(enable_metadata_routing=True):
            yield

    def test_values_stand_for_the_column(self, table, releases, tmp_path):
        X, y = table
        race = X["race"]
        found = search(None, memory=str(tmp_path))
        found.fit(X[COLUMNS], y, sensitive_features=race)
        assert releases == [800, 800, 800, 1200]
        resampler = found.best_estimator_["fair"]
        assert resampler.groups_ == ["A", "B", "C"]
        assert set(resampler.sensitive_features_) == {"A", "B", "C"}
        assert found.predict(X[COLUMNS]).shape == (1200,)

    def test_a_column_and_values_of_one_name(self, table, releases):
        X, y = table
        fair = private(None, domain=DOMAIN).fit(X, y, sensitive_features=X["race"])
        assert fair.groups_ == ["A", "B", "C"]
        rows, _ = fair.sample(50, conditions={"race": "B"})
        assert set(rows["race"]) == {"B"}
        values = X["race"].rename("group")
        fair = private(None, domain=DOMAIN | {"group": DOMAIN["race"]})
        fair.fit(X, y, sensitive_features=values)
        assert fair.sensitive_features_.name == "group"


ELSEWHERE = """
import json, sys
from declared_frame import declared_frame, domain_of, private
from resamplers import digest
from fairsample import FlipResampler
X, y = declared_frame(3)
X = X[["race", "sex", "str", "bool"]]
domain = domain_of("race", "sex", "str")
fitted = private(domain=domain, memory=sys.argv[1])
loaded = FlipResampler.load(sys.argv[2])
found = [digest(fitted.fit_resample(X, y)), digest(fitted.sample(30))]
print(json.dumps([*found, digest(loaded.sample(30)), fitted.ledger_.to_csv()]))
"""


def test_another_process_makes_the_same_rows(table, monkeypatch, tmp_path):
    # A joblib that has seen another folder in this process would not write down here
    # which code the results are of.
    monkeypatch.setattr("joblib.memory._FUNCTION_HASHES", WeakKeyDictionary())
    monkeypatch.setattr("fairsample.flip.releases_of_rows._paid", {})
    X, y = table
    memory, folder = tmp_path / "memory", tmp_path / "saved"
    fitted = private(domain=DOMAIN, memory=str(memory))
    made = digest(fitted.fit_resample(X, y))
    fitted.save(folder)
    drawn = digest(fitted.sample(30))
    found = run_elsewhere(ELSEWHERE, memory, folder)
    assert found == [
        made,
        drawn,
        drawn,
        fitted.ledger_.to_csv(),
    ]


def test_rows_train_a_model(table):
    X, y = table
    y = pd.Series(np.where(X["str"] == "x", "died", "lived"), name="outcome")
    model = pipeline("race", epsilon=100.0, max_iter=30, fairness_weight=0.0)
    assert model.fit(X, y).score(X, y) > 0.9
