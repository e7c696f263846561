from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fairsample.causal import ConditionalChain
from fairsample.encoding.json_values import value_from_json, value_to_json

ORDER = ["age", "group", "dose", "unit", "ill"]


def some_rows(n=2000, seed=0):
    rng = np.random.RandomState(seed)
    age = rng.normal(50, 10, n).round(1)
    group = np.where(rng.random_sample(n) < 1 / (1 + np.exp((50 - age) / 10)), "B", "A")
    dose = 2.0 + (group == "B") + 0.05 * (age - 50) + 0.5 * rng.standard_normal(n)
    unit = rng.choice(["x", "y", "z"], n, p=[0.5, 0.3, 0.2])
    odds = 1 / (1 + np.exp(2.5 - dose - 0.8 * (group == "B")))
    rows = pd.DataFrame({"age": age, "group": group, "dose": dose, "unit": unit})
    rows["dose"] = rows["dose"].mask(rng.random_sample(n) < 0.2 * (group == "B"))
    return rows.assign(ill=np.where(rng.random_sample(n) < odds, "yes", "no"))


@pytest.fixture(scope="module")
def chain():
    return ConditionalChain().fit(some_rows(), ORDER, random_state=0)


@pytest.fixture(scope="module")
def written(chain):
    return chain.sample(None, 8000, random_state=0)


def test_rows_have_columns_dtypes_and_values_of_the_real_ones(written):
    real = some_rows()
    assert list(written) == ORDER
    assert (written.dtypes == real[ORDER].dtypes).all()
    assert written["age"].between(real["age"].min(), real["age"].max()).all()
    assert set(written["unit"]) == {"x", "y", "z"}
    assert (written["age"] * 10 % 1).round(6).isin([0, 1]).all()


def test_marginals_are_those_of_the_real_rows(written):
    real = some_rows()
    for name in ("age", "dose"):
        at = [0.1, 0.5, 0.9]
        expected = real[name].quantile(at)
        np.testing.assert_allclose(
            written[name].quantile(at), expected, atol=0.15 * real[name].std()
        )
    share = real["unit"].value_counts(normalize=True)
    found = written["unit"].value_counts(normalize=True)
    np.testing.assert_allclose(found[share.index], share, atol=0.03)


def test_each_column_goes_on_from_those_before_it(written):
    real = some_rows()
    for rows in (real, written):
        means = rows.groupby("group")["dose"].mean()
        rows.attrs["gap"] = means["B"] - means["A"]
        rows.attrs["slope"] = rows["age"].corr(rows["dose"])
        rows.attrs["missing"] = rows.loc[rows["group"] == "B", "dose"].isna().mean()
        rows.attrs["none"] = rows.loc[rows["group"] == "A", "dose"].isna().mean()
    for name in ("gap", "slope", "missing", "none"):
        assert written.attrs[name] == pytest.approx(real.attrs[name], abs=0.1), name


def test_direct_dependence_of_the_outcome_is_kept(written):
    gaps = []
    for rows in (some_rows(), written):
        alike = rows[rows["dose"].between(2.2, 2.8)]
        ill = (alike["ill"] == "yes").groupby(alike["group"]).mean()
        gaps.append(ill["B"] - ill["A"])
    assert gaps[0] > 0.15
    assert gaps[1] == pytest.approx(gaps[0], abs=0.08)


def test_prefixes_stay_and_are_gone_on_from(chain):
    age = np.append(np.linspace(35, 45, 500), np.linspace(55, 65, 500))
    prefixes = pd.DataFrame({"age": age, "group": "B"})
    rows = chain.sample(prefixes, 1000, random_state=0)
    pd.testing.assert_frame_equal(rows[["age", "group"]], prefixes, check_dtype=False)
    dose = rows["dose"].to_numpy()
    assert np.nanmean(dose[500:]) - np.nanmean(dose[:500]) == pytest.approx(1, abs=0.25)


def test_until_stops_after_a_column(chain):
    rows = chain.sample(None, 5, until="dose", random_state=0)
    assert list(rows) == ["age", "group", "dose"]
    whole = chain.sample(rows, 5, random_state=0)
    pd.testing.assert_frame_equal(whole[["age", "group", "dose"]], rows)


def test_one_column_at_a_time_is_as_likely_as_all_at_once(chain, written):
    rows, stream = None, np.random.RandomState(5)
    for name in ORDER:
        rows = chain.sample(rows, 8000, until=name, random_state=stream)
    share = (rows["ill"] == "yes").mean()
    assert share == pytest.approx((written["ill"] == "yes").mean(), abs=0.03)


def test_a_group_that_never_was_is_refused(chain):
    with pytest.raises(ValueError, match="'group'"):
        chain.sample(pd.DataFrame({"age": [40.0], "group": ["C"]}), 1)


def test_loss_tells_rows_of_the_world_from_shuffled_ones(chain):
    unseen = some_rows(seed=1)
    rng = np.random.RandomState(0)
    shuffled = unseen.apply(lambda column: column.iloc[rng.permutation(2000)].values)
    own, other = chain.log_loss(unseen), chain.log_loss(shuffled)
    assert own.shape == (2000,)
    assert np.isfinite(own).all()
    assert own.mean() < other.mean() - 0.3


def test_loss_of_a_known_category_is_its_entropy():
    rng = np.random.RandomState(0)
    rows = pd.DataFrame({"a": rng.choice(["u", "v"], 4000, p=[0.2, 0.8])})
    chain = ConditionalChain().fit(rows, ["a"], random_state=0)
    entropy = -(0.2 * np.log(0.2) + 0.8 * np.log(0.8))
    assert chain.log_loss(rows).mean() == pytest.approx(entropy, abs=0.03)


def test_same_seed_same_rows_and_callers_streams_are_left_alone(chain):
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    one, again, other = (chain.sample(None, 50, random_state=s) for s in (0, 0, 1))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_columns_of_all_kinds():
    n = 60
    rng = np.random.RandomState(0)
    rows = pd.DataFrame(
        {
            "never": pd.Series([None] * n, dtype="float64"),
            "always": ["same"] * n,
            "when": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(0, 99, n), "D"),
            "whole": pd.Series(rng.randint(0, 30, n), dtype="Int64").mask(
                rng.rand(n) < 0.2
            ),
            "flag": rng.rand(n) < 0.5,
            "kind": pd.Categorical(
                rng.choice(["a", "b"], n), categories=["b", "a", "c"]
            ),
        }
    )
    chain = ConditionalChain().fit(rows, list(rows), random_state=0)
    found = chain.sample(None, 40, random_state=0)
    assert (found.dtypes == rows.dtypes).all()
    assert found["never"].isna().all()
    assert (found["always"] == "same").all()
    assert chain.log_loss(rows).shape == (n,)


@pytest.mark.parametrize("n", [2, 5, 12])
def test_very_few_rows(n):
    rows = some_rows(n)
    found = ConditionalChain().fit(rows, ORDER, random_state=0).sample(None, 30)
    assert len(found) == 30


def test_state_goes_through_json_and_back(chain):
    state = chain.state()
    estimators = state.pop("estimators")
    arrays = {}
    stored = value_to_json(state, arrays, "chain")
    again = ConditionalChain.from_state(
        value_from_json(stored, arrays) | {"estimators": estimators}
    )
    pd.testing.assert_frame_equal(
        again.sample(None, 50, random_state=3), chain.sample(None, 50, random_state=3)
    )


def test_unfitted_and_wrong_settings_are_refused():
    with pytest.raises(NotFittedError):
        ConditionalChain().sample(None, 1)
    with pytest.raises(ValueError, match="n_near"):
        ConditionalChain(0).fit(some_rows(10), ORDER)
    assert clone(ConditionalChain(5)).n_near == 5


class TestFewParents:
    @pytest.fixture(scope="class")
    @classmethod
    def few(cls):
        context = SimpleNamespace(sensitive="group")
        chain = ConditionalChain(most_parents=1)
        return chain.fit(some_rows(), ORDER, context=context, random_state=0)

    def test_sensitive_column_is_one_of_them(self, few):
        assert [p.tolist() for p in few.parents_] == [[], [0], [1], [1], [0, 1, 2, 3]]

    def test_rows_still_go_on_from_them(self, few):
        written, real = few.sample(None, 8000, random_state=0), some_rows()
        for rows in (real, written):
            means = rows.groupby("group")["dose"].mean()
            assert means["B"] - means["A"] == pytest.approx(1.25, abs=0.25)

    def test_come_back_with_what_was_learned(self, few):
        loaded = ConditionalChain.from_state(few.state())
        expected = few.sample(None, 50, random_state=1)
        pd.testing.assert_frame_equal(loaded.sample(None, 50, random_state=1), expected)
