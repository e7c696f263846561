import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

from fairsample.encoding import TableEncoder

PARIS = "Europe/Paris"


def decoded(encoder, frame, seed=0):
    codes = encoder.transform(frame)
    return encoder.inverse_transform(codes, np.random.RandomState(seed))


def mixed_frame(rng, n):
    """Columns of every kind, some of them with missing values."""
    day = pd.Timestamp("2020-01-01")
    frame = pd.DataFrame(
        {
            "income": np.where(rng.random_sample(n) < 0.4, 0, rng.lognormal(8, 2, n)),
            "visits": rng.poisson(3, n),
            "charge": np.round(rng.gamma(2, 500, n), 2),
            "score": rng.normal(size=n).astype(np.float32),
            "steps": pd.array(rng.randint(-5000, 5000, n), dtype="Int32"),
            "sex": rng.choice(["F", "M"], n),
            "stage": pd.Categorical.from_codes(
                rng.randint(0, 3, n), ["I", "II", "III", "IV"], ordered=True
            ),
            "smoker": pd.array(rng.random_sample(n) < 0.3, dtype="boolean"),
            "alive": rng.random_sample(n) < 0.7,
            "admitted": day + pd.to_timedelta(rng.randint(0, 2000, n), unit="D"),
            "seen": (day + pd.to_timedelta(rng.randint(0, 9**8, n), unit="s")),
            "stay": pd.to_timedelta(rng.randint(0, 90_000, n), unit="min"),
            "city": [f"city {i}" for i in rng.zipf(1.3, n) % 2000],
            "patient": [f"patient {i}" for i in range(n)],
            7: 3.0,
        }
    )
    frame["seen"] = frame["seen"].dt.tz_localize(
        PARIS, ambiguous="NaT", nonexistent="NaT"
    )
    for name in ["income", "score", "steps", "sex", "stage", "smoker", "stay", "city"]:
        frame.loc[rng.random_sample(n) < 0.15, name] = None
    return frame


@pytest.mark.parametrize("seed", range(4))
def test_invariants_of_mixed_frames(seed):
    rng = np.random.RandomState(seed)
    frame = mixed_frame(rng, [30, 300, 2000, 5000][seed])
    frame.index = rng.permutation(len(frame))
    before = frame.copy(deep=True)
    encoder = TableEncoder().fit(frame)
    codes = encoder.transform(frame)
    again = encoder.inverse_transform(codes, np.random.RandomState(seed))

    assert codes.dtype == np.int64 and codes.flags.c_contiguous
    assert (codes.max(axis=0) == np.array(encoder.block_sizes_) - 1).all()
    assert (codes.min(axis=0) == 0).all()
    assert encoder.columns_ == frame.columns.tolist() == again.columns.tolist()
    pd.testing.assert_series_equal(again.dtypes, frame.dtypes)
    np.testing.assert_array_equal(again.isna(), frame.isna())
    np.testing.assert_array_equal(encoder.transform(again), codes)
    pd.testing.assert_frame_equal(frame, before)
    for name in ["sex", "stage", "smoker", "alive", "city", "patient"]:
        assert set(again[name].dropna()) <= set(frame[name].dropna())
    for name in ["income", "charge", "score", "steps", "admitted", "seen", "stay"]:
        assert again[name].min() >= frame[name].min()
        assert again[name].max() <= frame[name].max()
    assert (again["admitted"] == again["admitted"].dt.normalize()).all()
    assert (again["charge"] == again["charge"].round(2)).all()
    assert (again["seen"].dropna().dt.microsecond == 0).all()
    assert (again["stay"].dropna().dt.seconds % 60 == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_any_codes_give_values_that_encode_to_them(seed):
    rng = np.random.RandomState(seed)
    encoder = TableEncoder().fit(mixed_frame(rng, 1500))
    codes = (rng.random_sample((4000, 15)) * encoder.block_sizes_).astype(int)
    frame = encoder.inverse_transform(codes, rng)
    np.testing.assert_array_equal(encoder.transform(frame), codes)


def test_distributions_are_kept():
    frame = mixed_frame(np.random.RandomState(0), 20_000)
    again = decoded(TableEncoder().fit(frame), frame)
    for name in ["income", "charge", "score"]:
        real, drawn = frame[name].dropna(), again[name].dropna()
        assert ks_2samp(real, drawn).statistic < 0.005
        assert (drawn == 0).mean() == pytest.approx((real == 0).mean(), abs=0.001)


def test_json_draws_the_very_same_frame():
    frame = mixed_frame(np.random.RandomState(0), 3000)
    encoder = TableEncoder(max_levels=50, n_bins=40, max_categories=20).fit(frame)
    again = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    pd.testing.assert_frame_equal(decoded(again, frame), decoded(encoder, frame))
    assert again.schema_ == encoder.schema_
    assert again.to_json() == encoder.to_json()
    assert not decoded(encoder, frame, 1)["charge"].equals(
        decoded(encoder, frame, 2)["charge"]
    )


def test_level_values_ascend_with_the_level_and_are_centred():
    frame = mixed_frame(np.random.RandomState(0), 3000)
    encoder = TableEncoder().fit(frame)
    codes = encoder.transform(frame)
    for j, name in enumerate(encoder.columns_):
        scores = encoder.level_values_[j]
        if name in {"sex", "city", "patient"}:
            assert scores is None
            continue
        assert len(scores) == encoder.block_sizes_[j]
        if frame[name].isna().any():
            assert np.isnan(scores[-1])
            scores = scores[:-1]
        assert np.isfinite(scores).all() and (np.diff(scores) > 0).all()
        present = codes[frame[name].notna().to_numpy(), j]
        if name not in {"smoker", "alive", "stage", "income"}:
            assert abs(scores[present].mean()) < 0.05
    steps = encoder.level_values_[encoder.columns_.index("steps")]
    assert np.nanstd(steps) == pytest.approx(1, abs=0.1)


def test_rare_categories_are_drawn_in_proportion():
    values = np.repeat(["a", "b", "c", "d"], [400, 30, 10, 300])
    encoder = TableEncoder(max_categories=2).fit(pd.DataFrame({"x": values}))
    assert encoder.block_sizes_ == [3]
    drawn = encoder.inverse_transform(np.full((4000, 1), 2), np.random.RandomState(0))[
        "x"
    ].value_counts(normalize=True)
    assert set(drawn.index) == {"b", "c"}
    assert drawn["b"] == pytest.approx(0.75, abs=0.03)


def test_ordered_categories_are_never_pooled():
    levels = list(range(600))
    frame = pd.DataFrame({"x": pd.Categorical(levels, categories=levels, ordered=True)})
    assert TableEncoder().fit(frame).block_sizes_ == [600]


def test_columns_may_come_in_another_order_and_another_dtype():
    frame = pd.DataFrame(
        {"n": [1, 2, 5], "s": ["a", "b", "b"], "t": pd.to_datetime(["2024"] * 3)}
    )
    encoder = TableEncoder().fit(frame)
    other = pd.DataFrame(
        {
            "t": frame["t"].dt.as_unit("s"),
            "s": frame["s"].astype("category"),
            "n": frame["n"].astype(object),
        }
    )
    np.testing.assert_array_equal(encoder.transform(other), encoder.transform(frame))
    np.testing.assert_array_equal(
        encoder.transform(frame.assign(n=[-3.5, 2.6, 99.0]))[:, 0], [0, 1, 2]
    )


def test_no_rows_pass_both_ways():
    frame = mixed_frame(np.random.RandomState(0), 200)
    encoder = TableEncoder().fit(frame)
    codes = encoder.transform(frame.iloc[:0])
    assert codes.shape == (0, 15)
    again = encoder.inverse_transform(codes, np.random.RandomState(0))
    assert again.shape == (0, 15)
    pd.testing.assert_series_equal(again.dtypes, frame.dtypes)


def test_views_and_read_only_codes_are_taken():
    frame = mixed_frame(np.random.RandomState(0), 300)
    encoder = TableEncoder().fit(frame)
    codes = encoder.transform(frame)
    expected = encoder.inverse_transform(codes, np.random.RandomState(0))
    narrow = np.asfortranarray(codes.astype(np.int16))
    narrow.flags.writeable = False
    again = encoder.inverse_transform(narrow, np.random.RandomState(0))
    pd.testing.assert_frame_equal(again, expected)


def test_global_random_state_is_untouched():
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    frame = mixed_frame(np.random.RandomState(0), 300)
    decoded(TableEncoder().fit(frame), frame)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"s": ["a", "z"]}, "'s' holds 'z', a category that did not occur"),
        ({"s": [None, "a"]}, "'s' has missing values, and had none"),
        ({"n": [None, 1]}, "'n' has missing values, and had none"),
        ({"n": ["x", 1]}, "'n' was fitted on numbers and holds 'x'"),
        ({"n": [np.inf, 1]}, "'n' holds infinite values"),
        ({"t": pd.to_datetime(["2024"] * 2, utc=True)}, "'t' was fitted as datetime64"),
        ({"t": [1, 2]}, "'t' was fitted as datetime64"),
        ({"b": [None, True]}, "'b' has missing values, and had none"),
        ({"b": ["True", "False"]}, "'b' holds 'True', a category"),
        ({"extra": [1, 2]}, r"absent \[\], unknown \['extra'\]"),
    ],
)
def test_other_frames_are_refused(other, message):
    frame = pd.DataFrame(
        {
            "n": [1, 2],
            "s": ["a", "b"],
            "t": pd.to_datetime(["2024", "2025"]),
            "b": [True, False],
        }
    )
    encoder = TableEncoder().fit(frame)
    with pytest.raises(ValueError, match=message):
        encoder.transform(frame.assign(**other))
    with pytest.raises(ValueError, match=r"absent \['b'\], unknown \[\]"):
        encoder.transform(frame.drop(columns="b"))


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([[0, 2]], "'s' run from 0 to 1"),
        ([[-1, 0]], "'n' run from 0 to 2"),
        ([[0.0, 1.0]], "integers, not float64"),
        ([[0]], r"shape \(n, 2\) are needed, not \(1, 1\)"),
        ([0, 1], r"not \(2,\)"),
    ],
)
def test_codes_outside_their_blocks_are_refused(codes, message):
    encoder = TableEncoder().fit(pd.DataFrame({"n": [1, 2, 3], "s": ["a", "b", "b"]}))
    with pytest.raises(ValueError, match=message):
        encoder.inverse_transform(np.array(codes), np.random.RandomState(0))


def test_an_encoder_that_was_not_fitted_says_so():
    with pytest.raises(ValueError, match="not fitted"):
        TableEncoder().transform(pd.DataFrame({"a": [1]}))
    with pytest.raises(ValueError, match="not fitted"):
        TableEncoder().inverse_transform(np.zeros((1, 1), int), np.random.RandomState())


@pytest.mark.parametrize("name", ["max_levels", "n_bins", "max_categories"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is at least 1"):
        TableEncoder(**{name: 0}).fit(pd.DataFrame({"a": ["x"]}))


_PRINT_ENCODER = """
import json
import numpy as np
import pandas as pd
from fairsample.encoding import TableEncoder
words = np.random.RandomState(0).choice([*"abcdefgh", 1, 2.5, None, b"x"], 300)
frame = pd.DataFrame({"o": words, "s": list(map(str, words))})
frame["c"] = frame["s"].astype("category")
encoder = TableEncoder(max_categories=5).fit(frame)
print(json.dumps(encoder.to_json()), encoder.transform(frame).tolist())
"""


def test_codes_do_not_depend_on_the_hash_seed():
    printed = {
        subprocess.run(
            [sys.executable, "-c", _PRINT_ENCODER],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1 and printed != {b""}
