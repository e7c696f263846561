"""Private results have the form of X and y, whatever that is."""

import numpy as np
import pandas as pd
import pytest
from declared_frame import DOMAIN, declared_frame, private

pytestmark = pytest.mark.filterwarnings(
    "ignore::fairsample.flip.releases_of_rows.PrivacyWarning"
)

N = 600
CODES = {0: {"categories": [0, 1]}, 1: {"bounds": [0, 8]}, 2: {"bounds": [0, 8]}}


@pytest.fixture(scope="module")
def mixed():
    """X and y of all dtypes, and what a private fit makes of them."""
    X, y = declared_frame()
    resampler = private()
    return X, y, resampler, *resampler.fit_resample(X, y)


@pytest.fixture(scope="module")
def codes():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randint(0, 2, N), rng.randint(0, 9, (N, 2))])
    return X, (rng.rand(N) < 0.3).astype(int)


def resample(X, y, columns=0, domain=CODES, target=(0, 1), name="y", **parameters):
    domain = {**domain, name: {"categories": list(target)}}
    resampler = private(columns, domain=domain, preprocess_epsilon=0, **parameters)
    return resampler, *resampler.fit_resample(X, y)


class TestMixedFrame:
    """Columns of all dtypes with a declared domain."""

    def test_columns_dtypes_and_index(self, mixed):
        X, y, _, X_private, y_private = mixed
        pd.testing.assert_index_equal(X_private.columns, X.columns)
        same = X.columns.drop(["ordered", "unordered", "sex"])
        pd.testing.assert_series_equal(X_private[same].dtypes, X[same].dtypes)
        index = pd.RangeIndex(len(X_private))
        pd.testing.assert_index_equal(X_private.index, index, exact=True)
        pd.testing.assert_index_equal(y_private.index, index, exact=True)
        assert y_private.dtype == y.dtype
        assert y_private.name == "outcome"

    def test_categories_are_those_declared_in_their_order(self, mixed):
        X, _, _, X_private, _ = mixed
        for name in ("ordered", "unordered", "sex"):
            found = X_private[name].cat
            assert found.categories.tolist() == DOMAIN[name]["categories"]
            assert found.categories.dtype == X[name].cat.categories.dtype
            assert found.ordered == X[name].cat.ordered

    def test_values_are_of_the_domain(self, mixed):
        X_private = mixed[3]
        for name, declared in DOMAIN.items():
            if name == "outcome":
                continue
            values = X_private[name].dropna()
            assert len(values)
            if "bounds" in declared:
                low, high = declared["bounds"]
                assert values.between(low, high).all(), name
            else:
                assert set(values) <= set(declared["categories"]), name
        midnight = X_private["datetime"].dropna().dt.normalize()
        assert (X_private["datetime"].dropna() == midnight).all()
        assert set(X_private["bool"]) == {False, True}

    def test_missing_values_where_there_are_any(self, mixed):
        X, _, _, X_private, _ = mixed
        shares = X_private.isna().mean()
        wanted = X.isna().mean()
        assert shares["int"] == shares["bool"] == 0
        assert (shares[wanted > 0] > 0.02).all()
        assert (np.abs(shares - wanted) < 0.07).all()

    def test_real_columns_lie_about_where_they_were(self, mixed):
        X, _, _, X_private, _ = mixed
        for name in ("int", "Int64"):
            assert abs(X_private[name].mean() - X[name].mean()) < 0.15 * X[name].std()
        found = X_private["str"].value_counts(normalize=True)
        assert (np.abs(found - 1 / 3) < 0.1).all()

    def test_real_rows_are_no_part_of_it(self, mixed):
        X, _, resampler, X_private, _ = mixed
        assert resampler.synthetic_mask_.all()
        assert not set(X_private["float32"].dropna()) & set(X["float32"].dropna())

    def test_caller_data(self, mixed):
        X, y = declared_frame()
        pd.testing.assert_frame_equal(mixed[0], X)
        pd.testing.assert_series_equal(mixed[1], y)

    def test_schema_names_what_is_not_sensitive(self, mixed):
        X, _, resampler, *_ = mixed
        names = [column.name for column in resampler.schema_.columns]
        assert names == list(X.columns.drop("race"))

    def test_samples(self, mixed):
        X, _, resampler, *_ = mixed
        drawn, classes = resampler.sample(30, random_state=0)
        pd.testing.assert_series_equal(drawn.dtypes, mixed[3].dtypes)
        assert classes.dtype == mixed[1].dtype
        empty, none = resampler.sample(0)
        assert empty.shape == (0, X.shape[1])
        assert len(none) == 0


class TestSensitiveDtypes:
    """Groups are of the dtype of their column."""

    @pytest.mark.parametrize(
        ("dtype", "values"),
        [
            ("int64", [0, 1]),
            ("float64", [0.0, 1.0]),
            ("Int64", [0, 1]),
            ("bool", [False, True]),
            ("boolean", [False, True]),
            ("str", ["F", "M"]),
            ("object", ["F", "M"]),
            ("category", ["M", "F"]),
        ],
    )
    @pytest.mark.parametrize("missing", [False, True])
    def test_values_come_back(self, codes, dtype, values, missing):
        X, y = codes
        frame = pd.DataFrame(X, columns=list("abc"))
        frame["a"] = pd.Series([values[one] for one in X[:, 0]]).astype(dtype)
        may_be_missing = dtype not in ("int64", "bool")
        if missing and may_be_missing:
            frame.loc[::5, "a"] = None
        domain = {"a": {"categories": values}, "b": CODES[1], "c": CODES[2]}
        if dtype in ("bool", "boolean"):
            del domain["a"]
        resampler, found, _ = resample(
            frame,
            y,
            "a",
            domain,
            missing_sensitive="group" if missing else "error",
        )
        has_group = missing and may_be_missing
        assert resampler.groups_ == sorted(values) + ["missing"] * has_group
        if dtype == "category":
            assert found["a"].cat.categories.tolist() == values
        else:
            assert found["a"].dtype == frame["a"].dtype
        assert set(found["a"].dropna()) == set(values)
        told = resampler.sensitive_features_
        assert (told == "missing").tolist() == found["a"].isna().tolist()
        if has_group:
            assert abs(found["a"].isna().mean() - 0.2) < 0.1

    def test_a_category_that_is_called_missing_stays_a_value(self, codes):
        X, y = codes
        frame = pd.DataFrame(X, columns=list("abc"))
        frame["a"] = np.where(X[:, 0], "missing", "known")
        domain = {"a": {"categories": ["known", "missing"]}, "b": CODES[1]}
        _, found, _ = resample(frame, y, "a", domain | {"c": CODES[2]})
        assert set(found["a"]) == {"known", "missing"}


class TestArrays:
    """Arrays of numbers have column numbers for names."""

    @pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int64", "bool"])
    def test_array(self, codes, dtype):
        X, y = codes
        domain = {} if dtype == "bool" else CODES
        _, found, classes = resample(X.astype(dtype), y, domain=domain)
        assert type(found) is np.ndarray
        assert found.dtype == dtype
        assert found.shape == (len(classes), 3)
        assert set(found[:, 0]) == {0, 1}
        if dtype != "bool":
            assert found[:, 1:].min() >= 0
            assert found[:, 1:].max() <= 8
            assert len(np.unique(found[:, 1])) > 5

    @pytest.mark.parametrize("form", [np.ndarray.tolist, lambda X: X.astype(object)])
    def test_no_dtypes_that_are_public(self, codes, form):
        X, y = codes
        with pytest.raises(ValueError, match="Give a DataFrame, or an array of numb"):
            resample(form(X), y)

    def test_sparse_columns(self, codes):
        X, y = codes
        dtype = pd.SparseDtype(float, 0)
        frame = pd.DataFrame(X, columns=list("abc"), dtype=dtype)
        domain = dict(zip("abc", CODES.values(), strict=True))
        _, found, _ = resample(frame, y, "a", domain)
        pd.testing.assert_series_equal(found.dtypes, frame.dtypes)

    def test_times(self, codes):
        X, y = codes
        frame = pd.DataFrame(
            {
                "a": X[:, 0],
                "zoned": pd.Timestamp("2020-01-01", tz="Europe/Vienna")
                + pd.to_timedelta(X[:, 1], unit="D"),
                "stay": pd.to_timedelta(X[:, 2], unit="h"),
            }
        )
        domain = {
            "a": CODES[0],
            "zoned": {"bounds": ["2020-01-01", "2020-01-09"]},
            "stay": {"bounds": ["0h", "8h"]},
        }
        _, found, _ = resample(frame, y, "a", domain)
        pd.testing.assert_series_equal(found.dtypes, frame.dtypes)
        assert found["stay"].max() <= pd.Timedelta("8h")


class TestTargets:
    """Classes are in the form of y, and all that were declared are there."""

    @pytest.mark.parametrize(
        "form",
        [
            lambda y: y.astype(np.int8),
            lambda y: y.astype(bool),
            lambda y: y.astype(float),
            lambda y: np.where(y, "yes", "no"),
            lambda y: y.reshape(-1, 1),
            lambda y: y.tolist(),
            lambda y: np.where(y, "yes", "no").tolist(),
            lambda y: pd.Series(y, name="died", index=np.arange(N) * 2),
            lambda y: pd.Series(y, dtype="Int64"),
            lambda y: pd.Series(y, dtype="boolean"),
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype="str"),
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype=object),
            lambda y: pd.Series(np.where(y, "yes", "no"), dtype="category"),
            lambda y: pd.DataFrame({"died": y}),
            lambda y: pd.DataFrame({"died": np.where(y, "b", "a")}, dtype="category"),
        ],
    )
    def test_form(self, codes, form):
        X, y = codes
        given = form(y)
        labels = sorted(set(np.asarray(given).ravel().tolist()))
        name = "died" if hasattr(given, "columns") else getattr(given, "name", None)
        name = name or "y"
        resampler, rows, resampled = resample(X, given, target=labels, name=name)
        _, sampled = resampler.sample(60, random_state=0)
        _, of_one_class = resampler.sample(5, conditions={name: labels[1]})
        for found in (resampled, sampled):
            assert type(found) is type(given)
            if isinstance(given, pd.Series):
                assert (found.dtype, found.name) == (given.dtype, given.name)
            elif isinstance(given, pd.DataFrame):
                pd.testing.assert_series_equal(found.dtypes, given.dtypes)
            elif isinstance(given, np.ndarray):
                assert found.dtype == given.dtype
            assert set(np.asarray(found).ravel().tolist()) == set(labels)
        assert len(rows) == len(resampled)
        assert set(np.asarray(of_one_class).ravel().tolist()) == {labels[1]}
        assert resampler.classes_.tolist() == labels

    def test_ordered_classes_keep_their_order(self, codes):
        X, y = codes
        dtype = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
        grade = np.array(["low", "mid", "high"])[X[:, 1] % 3]
        given = pd.Series(grade, dtype=dtype, name="grade")
        declared = ["low", "mid", "high"]
        resampler, _, found = resample(X, given, target=declared, name="grade")
        assert found.dtype == dtype
        assert resampler.classes_.tolist() == ["high", "low", "mid"]
        assert found.value_counts(normalize=True).min() > 0.25

    def test_a_class_that_nobody_has(self, codes):
        X, y = codes
        resampler, _, found = resample(
            X, y, target=[0, 1, 2], sampling_strategy="proportional"
        )
        assert resampler.classes_.tolist() == [0, 1, 2]
        assert (found == 2).sum() < 120
        assert resampler.cell_counts_[2].sum() < 60

    def test_one_hot(self, codes):
        X, y = codes
        with pytest.raises(ValueError, match=r"y has 2 columns.*y\.argmax\(axis=1\)"):
            resample(X, np.eye(2)[y])
