import numpy as np
import pandas as pd
import pytest
from resamplers import mixed_frame
from scripted_noise import ScriptedNoise

from fairsample.encoding import TableEncoder
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.columns import release_columns
from fairsample.flip.conforming import conform
from fairsample.flip.domain import TableDomain
from fairsample.flip.noisy_counts import joint_multiplier
from fairsample.flip.secure_noise import SecureNoise

DECLARED = {
    "int": {"bounds": [0, 90]},
    "float32": {"bounds": [-3, 3]},
    "race": {"categories": ["A", "B", "C", "never"]},
    "Int64": {"bounds": [0, 5], "missing": True},
    "str": {"categories": ["x", "y", "z"], "missing": True},
    "object": {"categories": ["u", "v"], "missing": True},
    "ordered": {"categories": ["low", "mid", "high", "never"], "missing": True},
    "unordered": {"categories": [10, 30], "missing": True},
    "datetime": {"bounds": ["2019-01-01", "2024-01-01"], "missing": True},
    "sex": {"categories": ["F", "M"], "missing": False},
}


def released(frame, domain, noise=None, multipliers=3.0, **options):
    options.setdefault("ledger", PrivacyLedger(1e-5))
    options.setdefault("random_state", 0)
    return release_columns(
        frame,
        TableDomain(domain),
        noise_multipliers=multipliers,
        noise=noise or ScriptedNoise(),
        **options,
    )


def gains(n=30_000, seed=0):
    """Nine zeros in ten, a cap, and amounts that rarely recur."""
    rng = np.random.RandomState(seed)
    amounts = np.rint(rng.lognormal(8, 1, n)).astype(np.int64) % 99_999
    values = np.where(rng.rand(n) < 0.9, 0, amounts)
    values[:300] = 99_999
    return pd.DataFrame({"gain": rng.permutation(values)})


def distance_of(first, second):
    shares = first.value_counts(normalize=True, dropna=False)
    others = second.value_counts(normalize=True, dropna=False)
    return shares.subtract(others, fill_value=0).abs().sum() / 2


def ks_distance(first, second):
    at = np.unique(np.concatenate([first, second]))
    below = [
        np.searchsorted(np.sort(x), at, side="right") / len(x) for x in (first, second)
    ]
    return np.abs(below[0] - below[1]).max()


def test_the_sketch_has_the_dtypes_and_columns_of_conforming_rows():
    frame, _ = mixed_frame()
    sketch, domain = released(frame, DECLARED, SecureNoise(), n_rows_sketch=2000)
    conforming = conform(frame, domain)
    assert sketch.dtypes.equals(conforming.dtypes)
    assert sketch.columns.equals(frame.columns)
    assert sketch.index.equals(pd.RangeIndex(2000))
    pd.testing.assert_frame_equal(conform(sketch, domain), sketch)


@pytest.mark.parametrize("multiplier", [0.5, 50.0, 5000.0])
def test_an_encoder_of_the_sketch_knows_all_conforming_rows(multiplier):
    frame, y = mixed_frame()
    table = frame.assign(outcome=y)
    declared = DECLARED | {"outcome": {"categories": ["died", "lived", "unknown"]}}
    sketch, domain = released(table, declared, SecureNoise(), multiplier)
    encoder = TableEncoder(n_bins=16).fit(sketch)
    codes = encoder.transform(conform(table, domain))
    assert (codes < np.array(encoder.block_sizes_)).all()
    strange = table.iloc[:3].assign(race="never", sex=[None, "F", "?"], int=10**9)
    for name in frame.columns.drop(["int", "bool", "race", "sex"]):
        strange[name] = strange[name].mask([True] * 3)
    encoder.transform(conform(strange, domain))


def test_without_noise_the_distributions_are_those_of_the_rows():
    frame, _ = mixed_frame()
    frame = pd.concat([frame] * 20)
    sketch, domain = released(frame, DECLARED, n_rows_sketch=len(frame))
    conforming = conform(frame, domain)
    for name in frame.columns.drop(["float32", "datetime"]):
        assert distance_of(conforming[name], sketch[name]) < 0.01, name
    for name in ("float32", "datetime"):
        present = [x[name].dropna().to_numpy() for x in (conforming, sketch)]
        assert ks_distance(*present) < 0.02, name


def test_columns_of_the_sketch_do_not_depend_on_each_other():
    sex = np.array(["F", "M"] * 5000)
    frame = pd.DataFrame({"sex": sex, "tall": sex == "M"})
    sketch, _ = released(frame, {"sex": {"categories": ["F", "M"]}})
    share = sketch["tall"].groupby(sketch["sex"]).mean()
    assert abs(share["F"] - share["M"]) < 0.05


def test_frequent_values_are_found_and_have_their_share():
    frame = gains().assign(paid=True)
    sketch, _ = released(frame, {"gain": {"bounds": [0, 99_999]}}, SecureNoise(), 10.0)
    for value in (0, 99_999):
        share = (frame["gain"] == value).mean()
        assert (sketch["gain"] == value).mean() == pytest.approx(share, abs=0.003)
    assert ks_distance(frame["gain"], sketch["gain"]) < 0.02


def test_noise_below_the_threshold_invents_no_frequent_value():
    frame = pd.DataFrame({"id": np.arange(3000)})
    sketch, _ = released(frame, {"id": {"bounds": [0, 9999]}}, SecureNoise(), 10.0)
    assert sketch["id"].value_counts().max() < 5


def test_what_is_found_out_is_declared_afterwards():
    frame = pd.DataFrame(
        {
            "dose": np.round(np.random.RandomState(0).uniform(0, 9, 5000), 1),
            "sex": ["F", None] * 2500,
            "town": ["x"] * 5000,
        }
    )
    declared = {
        "dose": {"bounds": [0, 9]},
        "sex": {"categories": ["F", "M"]},
        "town": {"categories": ["x", "y"]},
    }
    _, domain = released(frame, declared, SecureNoise(), 5.0)
    assert domain["dose"].step == 0.1
    assert (domain["dose"].missing, domain["sex"].missing) == (False, True)
    assert domain["town"].missing is False
    assert domain == TableDomain(domain.to_json())


def test_the_ledger_is_charged_once_for_all_columns_before_any_noise_is_drawn():
    frame, _ = mixed_frame()
    ledger = PrivacyLedger(1e-5)

    class Watched(ScriptedNoise):
        def normal(self, shape, std):
            assert len(ledger.mechanisms) == 1
            return super().normal(shape, std)

    multipliers = np.linspace(4, 9, frame.shape[1])
    noise = Watched()
    released(frame, DECLARED, noise, multipliers, ledger=ledger)
    (mechanism,) = ledger.mechanisms
    assert mechanism.noise_multiplier == pytest.approx(joint_multiplier(multipliers))
    assert 0 < mechanism.delta < 1e-5
    spent = joint_multiplier([std for _, std in noise.asked])
    assert spent == pytest.approx(mechanism.noise_multiplier)


@pytest.mark.parametrize(
    "name, declaration, n_tables",
    [
        ("int", {"bounds": [0, 90]}, 1),
        ("int", {"bounds": [0, 9000]}, 2),
        ("float32", {"bounds": [-3, 3], "step": 0.1}, 1),
        ("float32", {"bounds": [-3, 3]}, 3),
        ("datetime", {"bounds": ["2019", "2024"], "step": "1D"}, 2),
        ("race", {"categories": ["A"]}, 1),
    ],
)
def test_each_columns_tables_cost_its_noise_multiplier(name, declaration, n_tables):
    frame, _ = mixed_frame()
    noise, ledger = ScriptedNoise(), PrivacyLedger(1e-5)
    released(frame[[name]], {name: declaration}, noise, 7.0, ledger=ledger)
    assert len(noise.asked) == n_tables
    assert joint_multiplier([std for _, std in noise.asked]) == pytest.approx(7.0)
    assert (ledger.mechanisms[0].delta > 0) == (n_tables > 1)


def test_delta_is_charged_only_where_values_are_listed():
    frame, _ = mixed_frame()
    ledger = PrivacyLedger(1e-5)
    released(
        frame[["race", "int"]], {n: DECLARED[n] for n in ("race", "int")}, ledger=ledger
    )
    assert ledger.mechanisms[0].delta == 0


def test_the_noise_does_not_come_from_the_random_state():
    frame, _ = mixed_frame()
    state = np.random.RandomState(0)
    first, _ = released(frame, DECLARED, SecureNoise(), random_state=0)
    second, _ = released(frame, DECLARED, SecureNoise(), random_state=0)
    assert not first.equals(second)
    scripted = [
        released(frame, DECLARED, ScriptedNoise(1), random_state=0)[0] for _ in "ab"
    ]
    pd.testing.assert_frame_equal(*scripted)
    other, _ = released(frame, DECLARED, ScriptedNoise(1), random_state=state)
    pd.testing.assert_frame_equal(other, scripted[0])


@pytest.mark.parametrize(
    "outlier",
    [
        {"race": "a secret", "str": "another", "int": 10**12},
        {"float32": np.inf, "sex": "none", "ordered": None},
        {"unordered": None, "datetime": pd.Timestamp("1700-01-01"), "int": -(10**9)},
    ],
)
def test_one_strange_row_more_leaves_schema_and_domain_as_they_are(outlier):
    frame, _ = mixed_frame()
    row = frame.iloc[[0]].astype(object).assign(**outlier)
    strange = pd.concat([frame.astype(object), row])
    dtypes = frame.dtypes.drop(["ordered", "unordered", "sex"])
    categories = {
        name: pd.CategoricalDtype(pd.unique(strange[name].dropna()), name == "ordered")
        for name in ("ordered", "unordered", "sex")
    }
    strange = strange.astype(dtypes.to_dict() | categories)
    declared = DECLARED | {
        "float32": {"bounds": [-3, 3], "step": 0.001, "missing": True},
        "race": {"categories": ["A", "B", "C"], "missing": False},
        "boolean": {"missing": True},
        "datetime": DECLARED["datetime"] | {"step": "1D"},
    }
    without = released(frame, declared, SecureNoise(), n_rows_sketch=900)
    with_row = released(strange, declared, SecureNoise(), n_rows_sketch=900)
    assert without[1] == with_row[1]
    assert without[0].dtypes.equals(with_row[0].dtypes)
    for name in frame.columns.drop(["int", "Int64", "float32", "datetime"]):
        assert set(without[0][name].dropna()) == set(with_row[0][name].dropna())


def test_a_table_may_be_empty_and_the_caller_keeps_their_rows():
    frame, _ = mixed_frame()
    before = frame.copy(deep=True)
    sketch, _ = released(frame.iloc[:0], DECLARED, SecureNoise())
    assert sketch.dtypes["int"] == frame.dtypes["int"] and len(sketch) >= 100
    released(frame, DECLARED, SecureNoise())
    pd.testing.assert_frame_equal(frame, before)


def test_the_number_of_rows_is_noisy_unless_it_is_given():
    frame = pd.DataFrame({"sex": ["F", "M"] * 1000})
    declared = {"sex": {"categories": ["F", "M"]}}
    sizes = {len(released(frame, declared, SecureNoise(), 20.0)[0]) for _ in range(10)}
    assert len(sizes) > 1 and abs(np.mean(list(sizes)) - 2000) < 150
    assert len(released(frame, declared, n_rows_sketch=1234)[0]) == 1234


@pytest.mark.parametrize(
    "multipliers, message",
    [
        ([1.0, 2.0], "one for each of the 1 columns"),
        (0.0, "positive and finite"),
        ([np.nan], "positive and finite"),
        (-3.0, "positive and finite"),
    ],
)
def test_wrong_noise_multipliers_are_refused_before_anything_is_spent(
    multipliers, message
):
    ledger = PrivacyLedger(1e-5)
    with pytest.raises(ValueError, match=message):
        released(
            pd.DataFrame({"a": [True]}), {}, multipliers=multipliers, ledger=ledger
        )
    assert not ledger.mechanisms


def test_an_undeclared_column_is_refused_before_anything_is_spent():
    ledger = PrivacyLedger(1e-5)
    with pytest.raises(ValueError, match="'town'"):
        released(pd.DataFrame({"town": ["x"]}), {}, ledger=ledger)
    assert not ledger.mechanisms
