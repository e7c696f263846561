"""Rows drawn from the tables of a release."""

import numpy as np
import pandas as pd
import pytest
from known_table import DOMAIN, known_rows
from resamplers import numpy_state

from fairsample.flip import table_generator, table_release
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.table_generator import TableGenerator
from fairsample.flip.table_release import count_table, release_table

N_DRAWN = 12_000
STEPS, FEW_STEPS = 300, 120


@pytest.fixture(scope="module")
def rows():
    return known_rows(1500)


@pytest.fixture(scope="module")
def release(rows):
    return count_table(rows)


@pytest.fixture(scope="module")
def generator(release):
    return TableGenerator.fit(release, n_steps=STEPS, seed=0)


@pytest.fixture(scope="module")
def independent(release):
    return TableGenerator.fit(release, independence=1.0, n_steps=FEW_STEPS, seed=0)


def draw_like(rows, generator, seed=0):
    """Rows in the cells' proportions: frame, group, label."""
    rng = np.random.RandomState(seed)
    chosen = rng.randint(0, len(rows.label), N_DRAWN)
    group, label = rows.group[chosen], rows.label[chosen]
    return generator.draw(group, label, rng), group, label


@pytest.fixture(scope="module")
def drawn(rows, generator):
    return draw_like(rows, generator)


@pytest.fixture(scope="module")
def drawn_independent(rows, independent):
    return draw_like(rows, independent)


def shares(column, *given):
    """Shares of each value in each combination of what is given, as an array."""
    return pd.crosstab(list(given), column, normalize="index").to_numpy()


class TestKnownTable:
    """Rows follow what was counted."""

    def test_columns_and_dtypes(self, rows, drawn):
        frame, *_ = drawn
        assert len(frame) == N_DRAWN
        pd.testing.assert_series_equal(frame.dtypes, rows.frame.dtypes)
        pd.testing.assert_index_equal(frame.index, pd.RangeIndex(N_DRAWN))

    @pytest.mark.parametrize("name", ["club", "shirt", "age", "score"])
    def test_columns_within_each_class(self, rows, drawn, name):
        frame, _, label = drawn
        for c in (0, 1):
            real, found = rows.frame[name][rows.label == c], frame[name][label == c]
            assert abs(found.isna().mean() - real.isna().mean()) < 0.03
            if name in ("club", "shirt"):
                difference = found.value_counts(normalize=True).sub(
                    real.value_counts(normalize=True), fill_value=0
                )
                assert difference.abs().max() < 0.03
            else:
                levels = np.linspace(0.05, 0.95, 19)
                spread = np.abs(found.quantile(levels) - real.quantile(levels))
                assert spread.max() < 0.15 * real.std()

    def test_pairs_within_each_class(self, rows, drawn):
        frame, _, label = drawn
        found = shares(frame["shirt"], label, frame["club"])
        wanted = shares(rows.frame["shirt"], rows.label, rows.frame["club"])
        np.testing.assert_allclose(found, wanted, atol=0.06)
        assert np.ptp(wanted[:, 0]) > 0.5
        for c in (0, 1):
            real, made = rows.frame[rows.label == c], frame[label == c]
            wanted = real["age"].corr(real["score"])
            assert abs(made["age"].corr(made["score"]) - wanted) < 0.15
            assert wanted > 0.5

    def test_shares_of_each_group_within_each_class(self, rows, drawn):
        frame, group, label = drawn
        found = shares(frame["club"], label, group)
        wanted = shares(rows.frame["club"], rows.label, rows.group)
        np.testing.assert_allclose(found, wanted, atol=0.06)
        assert np.ptp(wanted[:3, 0]) > 0.5

    @pytest.mark.parametrize(("group", "label"), [(0, 1), (2, 0)])
    def test_a_cell_that_is_asked_for_alone(self, rows, generator, group, label):
        n = 3000
        frame = generator.draw(
            np.full(n, group), np.full(n, label), np.random.RandomState(0)
        )
        in_cell = (rows.group == group) & (rows.label == label)
        wanted = rows.frame["club"][in_cell].value_counts(normalize=True).sort_index()
        found = frame["club"].value_counts(normalize=True).sort_index()
        np.testing.assert_allclose(found, wanted, atol=0.06)
        assert abs(frame["age"].mean() - rows.frame["age"][in_cell].mean()) < 2

    def test_rows_come_in_the_order_of_their_cells(self, generator):
        label = np.tile([0, 1], 1500)
        group = np.tile([0, 0, 1, 1, 2, 2], 500)
        frame = generator.draw(group, label, np.random.RandomState(0))
        assert frame["age"][label == 1].mean() - frame["age"][label == 0].mean() > 15
        own = frame["club"].to_numpy() == np.array(["x", "y", "z"])[group]
        assert own.mean() > 0.7

    def test_merged_codes_are_split_as_in_the_class(self, rows, monkeypatch):
        monkeypatch.setattr(table_release, "MOST_MERGED", 2)
        generator = TableGenerator.fit(count_table(rows), n_steps=30, seed=0)
        frame, _, label = draw_like(rows, generator)
        for c in (0, 1):
            real, found = rows.frame["age"][rows.label == c], frame["age"][label == c]
            levels = np.linspace(0.1, 0.9, 9)
            spread = np.abs(found.quantile(levels) - real.quantile(levels))
            assert spread.max() < 2.5
        assert generator.merged[2].n_codes == 2

    def test_many_rows_are_drawn_in_parts(self, rows, generator, monkeypatch):
        monkeypatch.setattr(table_generator, "ROWS_AT_ONCE", 1000)
        frame, group, label = draw_like(rows, generator)
        found = shares(frame["club"], label, group)
        wanted = shares(rows.frame["club"], rows.label, rows.group)
        np.testing.assert_allclose(found, wanted, atol=0.06)

    def test_no_rows(self, rows, generator):
        nothing = np.empty(0, dtype=int)
        frame = generator.draw(nothing, nothing, np.random.RandomState(0))
        assert frame.shape == (0, 4)
        pd.testing.assert_series_equal(frame.dtypes, rows.frame.dtypes)


class TestIndependence:
    """The group tells nothing of a column that the class does not."""

    def test_of_every_column_within_each_class(self, drawn_independent):
        frame, group, label = drawn_independent
        for name in ("club", "shirt"):
            found = shares(frame[name], label, group)
            for of_class in (found[:3], found[3:]):
                assert np.ptp(of_class, axis=0).max() < 0.08
        age = frame["age"].groupby([label, group]).mean().to_numpy()
        assert np.ptp(age[:3]) < 3
        assert np.ptp(age[3:]) < 3

    def test_the_rest_stays(self, rows, drawn_independent):
        frame, _, label = drawn_independent
        found = shares(frame["shirt"], label, frame["club"])
        wanted = shares(rows.frame["shirt"], rows.label, rows.frame["club"])
        np.testing.assert_allclose(found, wanted, atol=0.06)
        np.testing.assert_allclose(
            shares(frame["club"], label),
            shares(rows.frame["club"], rows.label),
            atol=0.03,
        )

    def test_a_share_of_it(self, rows, release, drawn, drawn_independent):
        half = TableGenerator.fit(release, independence=0.5, n_steps=FEW_STEPS, seed=0)

        def dependence(frame, group, label):
            return np.ptp(shares(frame["club"], label, group)[:3], axis=0).mean()

        found = dependence(*draw_like(rows, half))
        assert abs(found - dependence(*drawn) / 2) < 0.1
        assert dependence(*drawn_independent) + 0.1 < found < dependence(*drawn) - 0.1


class TestNoise:
    """A release with noise is fitted as well."""

    def test_little_noise_changes_little(self, rows):
        release = release_table(rows, DOMAIN, epsilon=50.0, ledger=PrivacyLedger(1e-5))
        generator = TableGenerator.fit(release, seed=0)
        frame, group, label = draw_like(rows, generator)
        found = shares(frame["club"], label, group)
        wanted = shares(rows.frame["club"], rows.label, rows.group)
        np.testing.assert_allclose(found, wanted, atol=0.12)

    def test_noise_alone_makes_values_of_the_domain(self, rows):
        release = release_table(rows, DOMAIN, epsilon=0.01, ledger=PrivacyLedger(1e-5))
        frame, *_ = draw_like(rows, TableGenerator.fit(release, n_steps=5, seed=0))
        assert set(frame["club"]) <= {"x", "y", "z"}
        assert frame["age"].between(0, 100).all()
        assert frame["score"].dropna().between(-5, 5).all()


class TestReproducibility:
    """Seeds decide, and nothing else does."""

    def test_the_same_seed_draws_the_same_rows(self, rows, generator, drawn):
        before = numpy_state()
        again, *_ = draw_like(rows, generator)
        assert numpy_state() == before
        pd.testing.assert_frame_equal(again, drawn[0])
        other, *_ = draw_like(rows, generator, seed=1)
        assert not other.equals(drawn[0])

    def test_fits_of_one_seed_are_the_same(self, release):
        first, again, other = (
            TableGenerator.fit(release, n_steps=3, seed=seed) for seed in (0, 0, 1)
        )
        for one, two, three in zip(
            first.soft_rows, again.soft_rows, other.soft_rows, strict=True
        ):
            np.testing.assert_array_equal(one, two)
            assert not np.array_equal(one, three)

    def test_state(self, rows, generator, drawn):
        again = TableGenerator.from_state(generator.state())
        assert again.encoder.to_json() == generator.encoder.to_json()
        frame, *_ = draw_like(rows, again)
        pd.testing.assert_frame_equal(frame, drawn[0])
