import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.exceptions import NotFittedError

from fairsample.encoding import LabBins, VisitEncoder


def results(n=6000, seed=0):
    """A long table of four tests, in any order."""
    rng = np.random.RandomState(seed)
    parts = {
        "glucose": np.round(rng.gamma(4, 1.8, n), 1),
        "sodium": np.rint(rng.normal(140, 4, n)),
        "troponin": np.where(rng.rand(n) < 0.6, 0.01, rng.lognormal(-1, 1, n)),
        "stage": rng.choice([1, 2, 3.5], n),
    }
    table = pd.concat(
        [pd.DataFrame({"test": name, "value": v}) for name, v in parts.items()]
    )
    return table.sample(frac=1, random_state=rng)


@pytest.fixture(scope="module")
def table():
    return results()


@pytest.fixture(scope="module")
def labs(table):
    return LabBins().fit(table["test"], table["value"])


def redrawn(labs, table, seed=0):
    codes = labs.encode(table["test"], table["value"])
    return table.assign(code=codes, drawn=labs.draw(codes, random_state=seed))


def test_tests_get_few_bins_of_about_equal_mass(labs):
    n_values = labs.edges_.groupby("test")["n_values"]
    for name in ("glucose", "sodium"):
        of_test = n_values.get_group(name)
        assert 8 <= len(of_test) <= 12
        assert of_test.sum() == 6000
        assert of_test.between(300, 1200).all()


def test_a_detection_limit_gets_a_bin_of_its_own(labs):
    lowest = labs.edges_.loc["LAB:troponin:0"]
    assert (lowest["low"], lowest["high"]) == (0.01, 0.01)
    assert lowest["n_values"] > 3000
    assert 4 <= labs.edges_["test"].eq("troponin").sum() <= 12


def test_few_values_are_kept(labs, table):
    stages = labs.edges_[labs.edges_["test"] == "stage"]
    assert stages["low"].tolist() == stages["high"].tolist() == [1, 2, 3.5]
    of_stage = redrawn(labs, table).query("test == 'stage'")
    assert of_stage["drawn"].tolist() == of_stage["value"].tolist()


def test_edges_ascend_and_hold_all_values(labs, table):
    edges = labs.edges_
    for name, of_test in edges.groupby("test"):
        assert list(of_test.index) == [f"LAB:{name}:{i}" for i in range(len(of_test))]
        assert (of_test["low"] <= of_test["high"]).all()
        assert (of_test["high"].to_numpy()[:-1] < of_test["low"].to_numpy()[1:]).all()
        values = table.loc[table["test"] == name, "value"]
        assert of_test["low"].iloc[0] == values.min()
        assert of_test["high"].iloc[-1] == values.max()


def test_values_stay_in_their_bin_and_on_their_resolution(labs, table):
    table = redrawn(labs, table)
    edges = labs.edges_.loc[table["code"]]
    assert (table["drawn"].to_numpy() >= edges["low"].to_numpy()).all()
    assert (table["drawn"].to_numpy() <= edges["high"].to_numpy()).all()
    assert labs.encode(table["test"], table["drawn"]) == table["code"].tolist()
    drawn = table.set_index("test")["drawn"]
    assert (drawn["sodium"] % 1 == 0).all()
    np.testing.assert_array_equal(drawn["glucose"], drawn["glucose"].round(1))


def test_the_distribution_within_each_bin_is_kept(labs, table):
    for code, rows in redrawn(labs, table).groupby("code"):
        distance = ks_2samp(rows["value"], rows["drawn"], method="asymp").statistic
        assert distance < 1.95 * np.sqrt(2 / len(rows)), code


def test_a_flat_draw_within_bins_would_be_noticed(labs, table):
    """The bound above tells the kept distribution from a flat one."""
    rng = np.random.RandomState(0)
    edges = labs.edges_
    code = edges[edges["test"] == "troponin"].index[-1]
    values = redrawn(labs, table).query("code == @code")["value"]
    flat = rng.uniform(edges.loc[code, "low"], edges.loc[code, "high"], len(values))
    assert ks_2samp(values, flat).statistic > 1.95 * np.sqrt(2 / len(values))


def test_rows_come_back_through_a_visit_column(labs, table):
    rng = np.random.RandomState(1)
    table = redrawn(labs, table.head(900)).assign(
        patient=rng.randint(0, 60, 900), visit=rng.randint(0, 3, 900)
    )
    by_visit = table.groupby(["patient", "visit"])["code"].agg(
        lambda codes: sorted({*codes, "DX:428"})
    )
    visits = by_visit.groupby("patient").agg(list).rename("visits")
    encoder = VisitEncoder().fit(visits)
    again = encoder.inverse_transform(encoder.transform(visits))
    for before, after in zip(visits, again, strict=True):
        assert [set(visit) for visit in before] == [set(visit) for visit in after]
    codes = [code for visit in again.explode() for code in visit if labs.is_lab(code)]
    assert len(codes) == by_visit.map(len).sum() - len(by_visit)
    tests = [code.split(":")[1] for code in codes]
    assert labs.encode(tests, labs.draw(codes, random_state=0)) == codes


def test_forms_of_the_same_results(labs, table):
    by_name = {name: v.to_numpy() for name, v in table.groupby("test")["value"]}
    shuffled = table.sample(frac=1, random_state=7)
    for again in (
        LabBins().fit(by_name),
        LabBins().fit(dict(reversed(by_name.items()))),
        LabBins().fit(shuffled["test"].to_numpy(), shuffled["value"].tolist()),
        LabBins().fit(table["test"].astype("category"), table["value"]),
    ):
        assert again.to_json() == labs.to_json()


@pytest.mark.parametrize("dtype", ["float32", "Float32", "Float64", "object", "str"])
def test_dtypes_of_values(dtype):
    given = [7.2, 5.1, None, 7.2] if dtype != "str" else ["7.2", "5.1", None, "7.2"]
    values = pd.Series(given, dtype=dtype)
    labs = LabBins().fit(["glucose"] * 4, values)
    assert labs.edges_["low"].tolist() == [5.1, 7.2]
    codes = labs.encode(["glucose"] * 4, values)
    assert codes == ["LAB:glucose:1", "LAB:glucose:0", None, "LAB:glucose:1"]
    drawn = labs.draw(codes, random_state=0)
    np.testing.assert_array_equal(drawn, [7.2, 5.1, np.nan, 7.2])


def test_names_may_be_numbers_and_have_colons():
    labs = LabBins(prefix="MEAS").fit([50931, 50931, "a:b:1"], [1, 2, 3])
    codes = labs.encode([50931, "a:b:1"], [2, 3])
    assert codes == ["MEAS:50931:1", "MEAS:a:b:1:0"]
    assert labs.draw(codes).tolist() == [2, 3]


def test_values_beyond_get_the_outermost_bin(labs):
    codes = labs.encode(["sodium"] * 2, [-1e9, 1e9])
    edges = labs.edges_
    assert codes == list(edges[edges["test"] == "sodium"].index[[0, -1]])


def test_draws_depend_on_the_seed_alone(labs, table):
    codes = labs.encode(table["test"], table["value"])
    np.testing.assert_array_equal(labs.draw(codes, 3), labs.draw(codes, 3))
    assert (labs.draw(codes, 3) != labs.draw(codes, 4)).any()


def test_bins_come_back_from_json(labs, table):
    again = LabBins.from_json(json.loads(json.dumps(labs.to_json(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.edges_, labs.edges_)
    pd.testing.assert_frame_equal(redrawn(again, table), redrawn(labs, table))
    assert again.to_json() == labs.to_json()
    with pytest.raises(ValueError, match="were not there"):
        again.encode(["unheard of"], [1])


def test_nothing_changes_what_was_given(labs, table):
    before = table.copy()
    redrawn(labs, table)
    LabBins().fit(table["test"], table["value"])
    pd.testing.assert_frame_equal(table, before)


def test_no_results():
    labs = LabBins().fit([], [])
    assert labs.edges_.empty
    assert labs.encode([], []) == []
    assert labs.draw([]).tolist() == []
    assert labs.draw([None]).tolist() == pytest.approx([np.nan], nan_ok=True)


def test_tests_without_a_value_are_known():
    labs = LabBins().fit(["glucose", "ldl"], [5.1, None])
    assert labs.encode(["ldl"], [None]) == [None]
    assert list(labs.bins_) == ["glucose"]
    with pytest.raises(ValueError, match="had no value in fit: 'ldl'"):
        labs.encode(["ldl", "glucose"], [3, 5])


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        (["glucose", "ldl"], [1], "2 names and 1 values"),
        (["glucose", None], [1, 2], "1 results have no test name"),
        (["ldl", "glucose"], [1, np.inf], "'glucose' has the result .*inf"),
        (["ldl", "glucose"], [1, "high"], "'glucose' has the result 'high'"),
        (["ldl"], None, "one dict"),
        ({"ldl": [1]}, [1], "one dict"),
        ({"ldl": [1], "glucose": ["<0.1"]}, None, "'glucose' has the result '<0.1'"),
    ],
)
def test_what_are_no_results(names, values, message):
    with pytest.raises(ValueError, match=message):
        LabBins().fit(names, values)


def test_unknown_tests_are_named(labs):
    with pytest.raises(ValueError, match="were not there in fit: 'hb', 'ldl'. Drop"):
        labs.encode(["ldl", "glucose", "hb"], [None, 5, 3])


@pytest.mark.parametrize(
    "code",
    ["DX:428", "LAB:ldl:0", "LAB:glucose:99", "LAB:glucose:01", "glucose:1", ":", ""],
)
def test_codes_that_are_no_bins(labs, code):
    assert not labs.is_lab(code)
    with pytest.raises(ValueError, match=f"no bins: '{code}'"):
        labs.draw(["LAB:glucose:1", code])


@pytest.mark.parametrize("parameter", ["n_bins", "max_levels"])
def test_bins_need_a_number(parameter):
    with pytest.raises(ValueError, match=parameter):
        LabBins(**{parameter: 0}).fit(["ldl"], [1])


@pytest.mark.parametrize(
    "use",
    [
        lambda labs: labs.encode(["ldl"], [1]),
        lambda labs: labs.draw([]),
        lambda labs: labs.is_lab("LAB:ldl:0"),
        lambda labs: labs.to_json(),
        lambda labs: labs.edges_,
    ],
)
def test_unfitted(use):
    with pytest.raises(NotFittedError):
        use(LabBins())
