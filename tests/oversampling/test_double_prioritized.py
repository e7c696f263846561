import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import (
    estimator_checks_generator as imblearn_checks,
)
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    estimator_checks_generator as sklearn_checks,
)

from fairsample.oversampling import DoublePrioritizedSampler
from fairsample.oversampling.double_prioritized import rows_with_copies


@pytest.fixture
def cohort():
    """Counts: White 60/20, Black 30/10, Asian 8/2 (alive/expired)."""
    rng = np.random.default_rng(0)
    cells = [
        ("White", "alive", 60),
        ("White", "expired", 20),
        ("Black", "alive", 30),
        ("Black", "expired", 10),
        ("Asian", "alive", 18),
        ("Asian", "expired", 11),
    ]
    frame = pd.DataFrame(
        [(race, outcome) for race, outcome, n in cells for _ in range(n)],
        columns=["race", "outcome"],
    ).sample(frac=1, random_state=0)
    frame["age"] = rng.normal(size=len(frame))
    frame["visits"] = [[[f"DX:{i}"]] for i in range(len(frame))]
    return frame.drop(columns="outcome"), frame["outcome"]


def _counts(X, y):
    return pd.crosstab(X["race"], y.to_numpy()).stack().to_dict()


@pytest.mark.parametrize("units", [1, 2, 7])
def test_only_exact_copies_of_the_groups_minority_class(units, cohort):
    X, y = cohort
    sampler = DoublePrioritizedSampler("race", group="Black", units=units)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    target = np.flatnonzero((X["race"] == "Black") & (y == "expired"))
    expected = [*range(len(X)), *np.tile(target, units - 1)]
    assert sampler.sample_indices_.tolist() == expected
    pd.testing.assert_frame_equal(X_resampled, X.iloc[expected].reset_index(drop=True))
    pd.testing.assert_series_equal(y_resampled, y.iloc[expected].reset_index(drop=True))
    assert sampler.synthetic_mask_.sum() == 10 * (units - 1)
    assert sampler.rows_owed_["Black", "expired"] == 10 * (units - 1)
    assert sampler.sampling_strategy_ == {"alive": 0, "expired": 10 * (units - 1)}


def test_minority_is_the_globally_rarer_class_even_where_the_group_differs(cohort):
    X, y = cohort
    y = y.where(X["race"] != "Asian", y.map({"alive": "expired", "expired": "alive"}))
    sampler = DoublePrioritizedSampler("race", group="Asian", units=2).fit(X, y)
    assert sampler.rows_owed_["Asian", "expired"] == 18
    assert sum(sampler.rows_owed_.values()) == 18


@pytest.mark.parametrize(
    ("target_class", "added"),
    [
        ("alive", {("Asian", "alive"): 36}),
        ("all", {("Asian", "alive"): 36, ("Asian", "expired"): 22}),
    ],
)
def test_target_class(target_class, added, cohort):
    X, y = cohort
    sampler = DoublePrioritizedSampler(
        "race", group="Asian", units=3, target_class=target_class
    )
    before, after = _counts(X, y), _counts(*sampler.fit_resample(X, y))
    assert after == {cell: n + added.get(cell, 0) for cell, n in before.items()}


@pytest.mark.parametrize(
    ("units", "target_class", "expected"),
    [
        (2, "minority", {("Black", "expired"): 20}),
        (9, "minority", {("Black", "expired"): 20}),
        (
            2,
            "all",
            {("Black", "expired"): 20, ("Black", "alive"): 60, ("Asian", "alive"): 36},
        ),
        (
            9,
            "all",
            {("Black", "expired"): 20, ("Black", "alive"): 60, ("Asian", "alive"): 54},
        ),
    ],
)
def test_all_minorities_grow_towards_the_largest_group(
    units, target_class, expected, cohort
):
    X, y = cohort
    sampler = DoublePrioritizedSampler("race", units=units, target_class=target_class)
    before, after = _counts(X, y), _counts(*sampler.fit_resample(X, y))
    assert after == {**before, **expected}
    assert sampler.units_.loc["White"].tolist() == [1, 1]


@pytest.mark.filterwarnings("ignore:Groups and classes with fewer")
def test_intersectional_group_and_values_at_call_time(cohort):
    X, y = cohort
    values = pd.DataFrame({"race": X["race"], "old": X["age"] > 0})
    sampler = DoublePrioritizedSampler(group=("Black", True), units=3)
    X_resampled, _ = sampler.fit_resample(X, y, sensitive_features=values)
    copies = X_resampled[sampler.synthetic_mask_]
    n_target = ((X["race"] == "Black") & (X["age"] > 0) & (y == "expired")).sum()
    assert len(copies) == 2 * n_target > 0
    assert (copies["race"] == "Black").all()
    assert (copies["age"] > 0).all()


def test_cell_without_rows_is_owed_nothing(cohort):
    X, y = cohort
    keep = ~((X["race"] == "Asian") & (y == "expired"))
    sampler = DoublePrioritizedSampler("race", group="Asian", units=4)
    with pytest.warns(UserWarning, match="without a row"):
        X_resampled, _ = sampler.fit_resample(X[keep], y[keep])
    assert len(X_resampled) == keep.sum()


def test_sample_draws_real_rows_at_random(cohort):
    X, y = cohort
    sampler = DoublePrioritizedSampler("race", group="Black", random_state=0).fit(X, y)
    drawn, labels = sampler.sample(300)
    again, _ = sampler.sample(300)
    assert not drawn.equals(again)
    assert drawn["age"].isin(X["age"]).all()
    assert (labels == "expired").mean() == pytest.approx(
        (y == "expired").mean(), abs=0.1
    )


def test_no_randomness_at_all(cohort):
    results = []
    for seed in (None, 0, 1):
        sampler = DoublePrioritizedSampler("race", group="Black", random_state=seed)
        results.append(sampler.fit_resample(*cohort)[0])
    pd.testing.assert_frame_equal(results[0], results[1])
    pd.testing.assert_frame_equal(results[0], results[2])


def test_pipeline_with_routing(cohort):
    X, y = cohort
    X = X[["age"]]
    model = make_pipeline(
        DoublePrioritizedSampler(group="Black", units=5),
        DecisionTreeClassifier(max_depth=2, random_state=0),
    )
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(X, y, sensitive_features=cohort[0]["race"])
    n_rows = model[-1].tree_.n_node_samples[0]
    assert n_rows == len(X) + 4 * 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"group": "Martian"}, r"group='Martian' is none of the groups 'Asian', "),
        ({"target_class": "unknown"}, "target_class='unknown' is none of the classes"),
        ({"units": 0}, "'units' parameter"),
        ({"units": 1.5}, "'units' parameter"),
    ],
)
def test_bad_parameters(arguments, message, cohort):
    with pytest.raises(ValueError, match=message):
        DoublePrioritizedSampler("race", **arguments).fit_resample(*cohort)


def test_no_groups(cohort):
    with pytest.raises(ValueError, match="No sensitive features were given"):
        DoublePrioritizedSampler(group="Black").fit_resample(*cohort)


def test_clone_and_pickle(cohort):
    sampler = DoublePrioritizedSampler("race", group="Black", units=3)
    expected = sampler.fit_resample(*cohort)[0]
    for copy in (clone(sampler), pickle.loads(pickle.dumps(sampler))):
        pd.testing.assert_frame_equal(copy.fit_resample(*cohort)[0], expected)


def test_rows_with_copies():
    assert rows_with_copies(np.array([1, 1])).tolist() == [0, 1]
    assert rows_with_copies(np.array([2, 1, 4])).tolist() == [0, 1, 2, 0, 2, 2, 2]


def _first_column_high(X):
    column = np.asarray(X)[:, 0]
    if column.dtype == object:
        return pd.factorize(column)[0] % 2
    return column > np.nanmedian(column)


_BALANCING = {
    "check_samplers_fit_resample": "copies a whole cell and does not balance classes",
    "check_samplers_sampling_strategy_fit_resample": "has no sampling_strategy",
}


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(
            estimator,
            check,
            marks=pytest.mark.xfail(reason=_BALANCING[check.func.__name__])
            if check.func.__name__ in _BALANCING
            else [],
        )
        for generator in (imblearn_checks, sklearn_checks)
        for estimator, check in generator(
            DoublePrioritizedSampler(_first_column_high, random_state=0)
        )
    ],
)
def test_estimator_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)
