"""Rows of the language model: valid, in the proportions learned, from any prefix."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal
from resamplers import mixed_frame, numpy_state, torch_state
from sklearn.base import clone

from fairsample.causal import ScratchLanguageModel
from fairsample.encoding.json_values import value_from_json, value_to_json
from fairsample.language_models.causal_transformer import CausalTransformer
from fairsample.language_models.language_model_plan import LanguageModelPlan

QUICK = {"embedding": 8, "n_heads": 2, "n_layers": 1, "max_epochs": 1}
ORDER = ["region", "sex", "ill"]
P_ILL = {("N", "F"): 0.9, ("N", "M"): 0.5, ("S", "F"): 0.2, ("S", "M"): 0.4}


def known_table(n=4000, seed=0):
    """Sex depends on the region, illness on both, as an interaction."""
    rng = np.random.RandomState(seed)
    region = np.where(rng.rand(n) < 0.3, "N", "S")
    sex = np.where(rng.rand(n) < np.where(region == "N", 0.7, 0.4), "F", "M")
    p = pd.Series(P_ILL)[list(zip(region, sex, strict=True))].to_numpy()
    ill = np.where(rng.rand(n) < p, "yes", "no")
    return pd.DataFrame({"region": region, "sex": sex, "ill": ill})


def awkward_table():
    """A column of every type, one all missing, one constant, one with a zone."""
    X, y = mixed_frame()
    zoned = X["datetime"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    return X.assign(
        nothing=np.nan, constant="same", zoned=zoned, outcome=y.astype(str)
    ).reset_index(drop=True)


@pytest.fixture(scope="module")
def known():
    """What was learned of the known table, and the table."""
    rows = known_table()
    model = ScratchLanguageModel(embedding=16, max_epochs=8)
    return model.fit(rows, ORDER, random_state=0), rows


@pytest.fixture(scope="module")
def awkward():
    """A model of the awkward table, hardly trained, and the table."""
    rows = awkward_table()
    model = ScratchLanguageModel(**QUICK)
    return model.fit(rows, list(rows.columns), random_state=0), rows


def test_the_joint_distribution_is_learned(known):
    model, rows = known
    written = model.sample(None, 20_000, random_state=0)
    found = written.value_counts(normalize=True).sort_index()
    expected = rows.value_counts(normalize=True).sort_index()
    assert found.index.equals(expected.index)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("region, sex", P_ILL)
def test_conditional_frequencies_are_those_of_the_prefix(known, region, sex):
    model, rows = known
    prefix = pd.DataFrame({"region": [region] * 5000, "sex": [sex] * 5000})
    written = model.sample(prefix, 5000, random_state=1)
    of_cell = rows[(rows["region"] == region) & (rows["sex"] == sex)]
    expected = (of_cell["ill"] == "yes").mean()
    assert (written["ill"] == "yes").mean() == pytest.approx(expected, abs=0.05)


def test_log_loss_is_the_entropy_where_all_is_learned(known):
    model, _ = known
    rows = known_table(seed=1)
    shares = rows.value_counts(normalize=True)
    entropy = -(shares * np.log(shares)).sum()
    losses = model.log_loss(rows)
    assert losses.shape == (len(rows),)
    assert losses.mean() == pytest.approx(entropy, abs=0.02)


def test_log_loss_adds_up_over_columns(known):
    model, rows = known
    by_column = model.log_loss(rows[:50], by_column=True)
    assert by_column.shape == (50, 3)
    assert (by_column > 0).all()
    np.testing.assert_allclose(by_column.sum(1), model.log_loss(rows[:50]))
    last = model.log_loss(rows[:50], n_given=2)
    np.testing.assert_allclose(last, by_column[:, 2])


def test_log_loss_is_minus_the_log_of_what_is_written(known):
    model, _ = known
    row = pd.DataFrame({"region": ["N"], "sex": ["F"], "ill": ["yes"]})
    written = model.sample(None, 20_000, random_state=2)
    share = (written == row.loc[0]).all(axis=1).mean()
    assert np.exp(-model.log_loss(row)[0]) == pytest.approx(share, abs=0.015)


def test_rows_have_columns_dtypes_and_known_values(awkward):
    model, rows = awkward
    written = model.sample(None, 300, random_state=0)
    assert written.dtypes.equals(rows.dtypes)
    assert written.index.equals(pd.RangeIndex(300))
    assert written["nothing"].isna().all()
    assert set(written["constant"]) == {"same"}
    for name in ("race", "object", "str", "ordered", "boolean", "Int64", "outcome"):
        assert set(written[name].dropna()) <= set(rows[name].dropna())
    for name in ("int", "float32", "datetime", "zoned"):
        present = written[name].dropna()
        assert present.between(rows[name].min(), rows[name].max()).all()
    model.encoder_.transform(written)
    assert model.rejected_ == {}


@pytest.mark.parametrize("n_given", [0, 1, 6, 14, 16])
def test_prefixes_are_kept(awkward, n_given):
    model, rows = awkward
    prefix = rows.iloc[:40, :n_given].set_axis(range(40, 80))
    before = prefix.copy(deep=True)
    written = model.sample(prefix, 40, random_state=0)
    assert list(written.columns) == model.order_
    assert_frame_equal(
        written.iloc[:, :n_given],
        prefix.reset_index(drop=True),
        check_column_type=False,
    )
    assert written.dtypes.equals(rows.dtypes)
    assert_frame_equal(prefix, before)


def test_rows_end_with_the_last_column_wanted(awkward):
    model, rows = awkward
    written = model.sample(rows[["int"]], len(rows), until="Int64", random_state=0)
    assert list(written.columns) == list(rows.columns[:4])
    assert written["int"].equals(rows["int"])
    whole = model.sample(rows[["int"]], len(rows), random_state=0)
    assert_frame_equal(
        model.sample(whole.iloc[:, :4], len(rows), until="Int64"), whole.iloc[:, :4]
    )


def test_a_prefix_without_columns_is_no_prefix(known):
    model, _ = known
    empty = pd.DataFrame(index=range(30))
    assert_frame_equal(
        model.sample(empty, 30, random_state=3), model.sample(None, 30, random_state=3)
    )


def test_no_rows_are_a_frame_all_the_same(awkward):
    model, rows = awkward
    written = model.sample(None, 0, random_state=0)
    assert written.shape == (0, rows.shape[1])
    assert written.dtypes.equals(rows.dtypes)
    assert model.log_loss(rows[:0]).shape == (0,)


def test_same_seed_same_rows(known):
    model, rows = known
    streams = numpy_state(), torch_state()
    again = clone(model).fit(rows, ORDER, random_state=0)
    first, second, other = (
        m.sample(None, 200, random_state=seed)
        for m, seed in ((model, 5), (again, 5), (model, 6))
    )
    assert_frame_equal(first, second)
    assert not first.equals(other)
    assert not model.sample(None, 200).equals(model.sample(None, 200))
    stream = np.random.RandomState(0)
    drawn = [model.sample(None, 200, random_state=stream) for _ in range(2)]
    assert not drawn[0].equals(drawn[1])
    assert (numpy_state(), torch_state()) == streams


def test_rows_do_not_depend_on_being_written_in_parts(known, monkeypatch):
    model, rows = known
    prefix = rows[["region", "sex"]]
    whole = model.log_loss(rows)
    monkeypatch.setattr(
        "fairsample.language_models.scratch_language_model.TOKENS_AT_ONCE", 100
    )
    written = model.sample(prefix, len(rows), random_state=0)
    assert_frame_equal(written[["region", "sex"]], prefix)
    found = (written["ill"] == "yes").groupby([rows["region"], rows["sex"]]).mean()
    expected = (rows["ill"] == "yes").groupby([rows["region"], rows["sex"]]).mean()
    np.testing.assert_allclose(found, expected, atol=0.06)
    np.testing.assert_allclose(model.log_loss(rows), whole, rtol=1e-4)


def test_the_order_of_writing_is_the_order_given(known):
    _, rows = known
    order = ["ill", "region", "sex"]
    before = rows.copy(deep=True)
    model = ScratchLanguageModel(**QUICK).fit(rows, order, random_state=0)
    assert list(model.sample(None, 5, random_state=0).columns) == order
    assert_frame_equal(rows, before)


@pytest.mark.parametrize("which", ["known", "awkward"])
def test_state_round_trip(which, request):
    model, rows = request.getfixturevalue(which)
    arrays = {}
    stored = value_to_json(model.state(), arrays, "backend")
    loaded = ScratchLanguageModel.from_state(value_from_json(stored, arrays))
    prefix = rows[model.order_[:2]]
    for given in (None, prefix):
        assert_frame_equal(
            loaded.sample(given, len(rows), random_state=1),
            model.sample(given, len(rows), random_state=1),
        )
    np.testing.assert_array_equal(loaded.log_loss(rows), model.log_loss(rows))
    assert loaded.get_params() == model.get_params()
    assert loaded.net_.history == model.net_.history
    assert value_to_json(loaded.state(), {}, "backend") == stored


def test_pickle_round_trip(known):
    model, _ = known
    loaded = pickle.loads(pickle.dumps(model))
    assert_frame_equal(
        loaded.sample(None, 20, random_state=0), model.sample(None, 20, random_state=0)
    )


def test_training_stops_before_it_overfits():
    rng = np.random.RandomState(0)
    noise = pd.DataFrame(rng.choice(list("abcdefgh"), size=(650, 5))).add_prefix("c")
    rows, held_out = noise[:150], noise[150:]
    losses = []
    for validation_fraction in (0.2, 0.0):
        model = ScratchLanguageModel(
            max_epochs=60, validation_fraction=validation_fraction
        )
        model.fit(rows, list(rows.columns), random_state=0)
        losses.append(model.log_loss(held_out).mean())
    assert losses[0] < 5 * np.log(8) + 0.4
    assert losses[1] > 5 * np.log(8) + 1.0


def test_nothing_is_held_out_where_that_is_asked_for(known):
    _, rows = known
    model = ScratchLanguageModel(validation_fraction=0, **QUICK)
    model.fit(rows[:100], ORDER, random_state=0)
    assert "valid_loss" not in model.net_.history[-1]


def test_sizes_are_those_asked_for(known):
    _, rows = known
    model = ScratchLanguageModel(batch_size=50, dropout=0.3, **QUICK)
    model.fit(rows[:100], ORDER, random_state=0)
    module = model.net_.module_
    assert isinstance(module, CausalTransformer)
    assert module.first.shape == (8,)
    assert len(module.decoder.blocks) == 1
    assert module.decoder.dropout.p == 0.3
    assert (model.net_.batch_size, model.net_.max_epochs) == (50, 1)


@pytest.mark.parametrize("n_rows", [1, 2, 30, 1000, 100_000, 10_000_000])
def test_plans_of_any_table_are_sound(n_rows):
    plan = LanguageModelPlan().settled(n_rows)
    assert plan.embedding % plan.n_heads == 0
    assert plan.batch_size >= 1
    assert 1 <= plan.max_epochs <= 20


def test_a_single_row_is_written_again():
    row = pd.DataFrame({"sex": ["F"], "age": [30], "ill": [True]})
    model = ScratchLanguageModel(**QUICK).fit(row, ["sex", "age", "ill"])
    assert_frame_equal(model.sample(None, 3), row.loc[[0] * 3].reset_index(drop=True))


@pytest.mark.parametrize(
    "prefix, message",
    [
        ({"region": ["W"]}, "'region' holds 'W'"),
        ({"region": [None]}, "'region' has missing values"),
        ({"sex": ["F"]}, "prefixes has the columns 'sex'"),
        ({"sex": ["F"], "region": ["N"]}, "in order, of 'region', 'sex', 'ill'"),
        ({"region": ["N"], "age": [3]}, "prefixes has the columns 'region', 'age'"),
        ({"region": ["N", "N"]}, "n=1 rows"),
    ],
)
def test_prefixes_that_cannot_be_continued_are_refused(known, prefix, message):
    model, _ = known
    with pytest.raises(ValueError, match=message):
        model.sample(pd.DataFrame(prefix), 1)


def test_prefixes_beyond_the_last_column_are_refused(known):
    model, rows = known
    with pytest.raises(ValueError, match="columns 'region', 'sex'; it may have"):
        model.sample(rows[["region", "sex"]], len(rows), until="region")
    with pytest.raises(ValueError, match="until='age' is none of"):
        model.sample(None, 5, until="age")


@pytest.mark.parametrize(
    "order", [["region", "sex"], [*ORDER, "age"], ["region", "region", "ill"]]
)
def test_orders_that_do_not_name_every_column_are_refused(known, order):
    _, rows = known
    with pytest.raises(ValueError, match="order names"):
        ScratchLanguageModel().fit(rows, order)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"embedding": 0}, "'embedding' parameter"),
        ({"embedding": 10}, "n_heads=4 does not divide embedding=10"),
        ({"n_heads": 7}, "n_heads=7 does not divide embedding=64"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"learning_rate": 0.0}, "'learning_rate' parameter"),
        ({"device": "abacus"}, "device='abacus' cannot be used"),
    ],
)
def test_parameters_out_of_range_are_refused(known, parameters, message):
    _, rows = known
    with pytest.raises(ValueError, match=message):
        ScratchLanguageModel(**parameters).fit(rows, ORDER)


def test_gpu_or_cpu_is_chosen_by_what_is_there(known):
    model, _ = known
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert model.net_.device == expected
