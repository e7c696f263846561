"""Rows for R': of the right cells, from the right rows, those that are believed."""

import copy

import numpy as np
import pandas as pd
import pytest
from small_cohort import TINY, make_cohort

from fairsample import FairSynthResampler
from fairsample.fairsynth import row_supply
from fairsample.fairsynth.candidates import COPIES, Candidate
from fairsample.fairsynth.generator import RecordGenerator
from fairsample.fairsynth.generator_recipe import (
    GeneratorOptions,
    GeneratorRecipe,
    GeneratorSeeds,
)
from fairsample.fairsynth.row_supply import RowSupply, most_believed
from fairsample.fairsynth.training_rows import TrainingRows

N_ROWS = 120
GENERATED = Candidate("generated")
OWED = np.array([[5, 0], [0, 12], [3, 4], [0, 1]])
GROUP, LABEL = np.divmod(np.repeat(np.arange(OWED.size), OWED.ravel()), 2)


@pytest.fixture(scope="module")
def real():
    """Rows of four groups; the patient's number is a column of no use."""
    X, y = make_cohort(N_ROWS)
    group = pd.factorize(X["race"], sort=True)[0]
    counts = np.bincount(group * 2 + y, minlength=8).reshape(4, 2)
    return TrainingRows(
        X.assign(patient=np.arange(len(X))), y.to_numpy(), group, counts
    )


@pytest.fixture(scope="module")
def recipe():
    options = GeneratorOptions.of(FairSynthResampler(**{**TINY, "max_epochs": 1}))
    return GeneratorRecipe(options, 10, GeneratorSeeds(1, 2, 3), "disparate_impact", 1)


@pytest.fixture(scope="module")
def supply(real, recipe):
    return RowSupply(real, recipe)


class FakeGenerator:
    """Draws rows that say which was drawn first, and remembers how it was asked."""

    def __init__(self):
        self.asked = []

    def draw(self, group, label, random_state, temperature=1.0):
        self.asked.append((group, label, temperature))
        return pd.DataFrame({"group": group, "y": label, "nth": np.arange(len(group))})


@pytest.fixture
def fake_supply(real, recipe, monkeypatch):
    supply = RowSupply(real, recipe, temperature=0.5)
    generator = FakeGenerator()
    monkeypatch.setattr(supply, "generator", lambda penalty=0.0: generator)
    supply.asked = generator.asked
    return supply


class TestCopies:
    def test_are_real_rows_of_their_cells(self, supply, real):
        rows = supply.rows(COPIES, OWED, np.random.RandomState(0))
        assert rows.index.equals(pd.RangeIndex(len(GROUP)))
        originals = real.X.iloc[rows["patient"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, originals)
        assert (real.group[rows["patient"]] == GROUP).all()
        assert (real.y[rows["patient"]] == LABEL).all()

    def test_all_rows_of_a_cell_can_be_copied(self, supply, real):
        owed = np.zeros_like(OWED)
        owed[2, 1] = 2000
        rows = supply.rows(COPIES, owed, np.random.RandomState(0))
        cell = np.flatnonzero((real.group == 2) & (real.y == 1))
        assert set(rows["patient"]) == set(cell)
        assert rows["patient"].value_counts().max() < 3 * 2000 / len(cell)

    def test_need_no_generator(self, supply, monkeypatch):
        monkeypatch.setattr(supply, "generator", None)
        monkeypatch.setattr(supply, "belief", None)
        assert len(supply.rows(COPIES, OWED, np.random.RandomState(0))) == 25


class TestMostBelieved:
    def test_known_value(self):
        belief = np.array([0.1, 0.9, 0.5, 0.3, 0.8, 0.7])
        cells = np.array([0, 0, 0, 2, 2, 3])
        kept = most_believed(belief, cells, np.array([2, 0, 1, 1]))
        assert kept.tolist() == [1, 2, 4, 5]

    def test_ties_go_to_the_first(self):
        kept = most_believed(np.ones(6), np.repeat([0, 1], 3), np.array([2, 1]))
        assert kept.tolist() == [0, 1, 3]

    @pytest.mark.parametrize("seed", range(5))
    def test_nobody_left_out_is_believed_more(self, seed):
        rng = np.random.RandomState(seed)
        drawn = rng.randint(0, 9, 12)
        owed = np.array([rng.randint(0, n + 1) for n in drawn])
        cells, belief = np.repeat(np.arange(12), drawn), rng.rand(drawn.sum()).round(1)
        kept = most_believed(belief, cells, owed)
        assert (np.diff(kept) > 0).all()
        assert (np.bincount(cells[kept], minlength=12) == owed).all()
        left_out = np.setdiff1d(np.arange(len(cells)), kept)
        for cell in np.unique(cells):
            of_kept = belief[kept[cells[kept] == cell]]
            of_left_out = belief[left_out[cells[left_out] == cell]]
            assert of_kept.min(initial=1) >= of_left_out.max(initial=0)


class TestSelection:
    def test_least_believed_rows_are_thrown_away(self, fake_supply, monkeypatch):
        monkeypatch.setattr(fake_supply, "belief", lambda rows, label: -rows["nth"])
        owed = np.array([[9, 0], [0, 18], [0, 0], [1, 0]])
        rows = fake_supply.rows(GENERATED._replace(dropped=0.1), owed, None)
        assert rows["nth"].tolist() == [*range(9), *range(10, 28), 30]
        assert rows.index.equals(pd.RangeIndex(28))
        assert rows["group"].tolist() == [0] * 9 + [1] * 18 + [3]

    @pytest.mark.parametrize("dropped", [0.0, 0.1, 0.25, 0.9])
    def test_gives_as_many_as_are_owed(self, fake_supply, monkeypatch, dropped):
        monkeypatch.setattr(fake_supply, "belief", lambda rows, label: label * 1.0)
        rows = fake_supply.rows(GENERATED._replace(dropped=dropped), OWED, None)
        assert rows["group"].tolist() == GROUP.tolist()
        assert rows["y"].tolist() == LABEL.tolist()
        n_drawn = len(fake_supply.asked[0][0])
        assert n_drawn >= OWED.sum() / (1 - dropped)
        assert n_drawn < OWED.sum() / (1 - dropped) + OWED.size

    def test_nothing_is_judged_where_nothing_is_dropped(self, fake_supply, monkeypatch):
        monkeypatch.setattr(fake_supply, "belief", None)
        assert len(fake_supply.rows(GENERATED, OWED, None)) == OWED.sum()

    def test_temperatures_multiply(self, fake_supply):
        fake_supply.rows(GENERATED._replace(temperature=0.8), OWED, None)
        assert fake_supply.asked[0][2] == pytest.approx(0.4)


class TestBelief:
    @pytest.fixture
    def telling(self, recipe):
        """A dose that tells the class; group 1 has ten times more of class 0."""
        rng = np.random.RandomState(0)
        group = np.repeat([0, 1], [400, 440])
        y = np.append(np.repeat([0, 1], 200), np.repeat([0, 1], [400, 40]))
        dose = rng.normal(size=len(y)) + 2.0 * y
        counts = np.array([[200, 200], [400, 40]])
        X = pd.DataFrame({"dose": dose, "sex": np.array(["F", "M"])[group]})
        return RowSupply(TrainingRows(X, y, group, counts), recipe)

    def test_is_the_chance_of_the_rows_own_class(self, telling):
        rows = pd.DataFrame({"dose": [3.0, 3.0, -1.0, -1.0], "sex": list("FFFF")})
        belief = telling.belief(rows, np.array([1, 0, 1, 0]))
        assert belief[[0, 3]].min() > 0.85
        assert belief[[0, 2]] + belief[[1, 3]] == pytest.approx([1, 1])

    def test_classes_count_evenly_within_each_group(self, telling):
        """Half-way between the classes neither is believed more, in either group."""
        rows = pd.DataFrame({"dose": [1.0, 1.0], "sex": ["F", "M"]})
        belief = telling.belief(rows, np.array([1, 1]))
        assert belief == pytest.approx([0.5, 0.5], abs=0.1)

    def test_of_classes_that_are_not_in_the_rows(self, recipe):
        """Class 1 of three has no row in this part of the data."""
        y = np.repeat([0, 2], 30)
        X = pd.DataFrame({"dose": y + np.random.RandomState(0).rand(60)})
        counts = np.array([[30, 0, 30]])
        supply = RowSupply(TrainingRows(X, y, np.zeros(60, dtype=int), counts), recipe)
        belief = supply.belief(X, y)
        assert belief.min() > 0.5


class TestGenerated:
    def test_rows_are_of_the_cells_owed(self, supply, real):
        rows = supply.rows(GENERATED, OWED, np.random.RandomState(0))
        assert (rows["race"] == np.array(["A", "B", "C", "D"])[GROUP]).all()
        assert rows.dtypes.equals(real.X.dtypes)
        assert rows.index.equals(pd.RangeIndex(len(GROUP)))

    def test_same_stream_same_rows(self, supply):
        for candidate in (COPIES, GENERATED, GENERATED._replace(dropped=0.25)):
            one, same, other = (
                supply.rows(candidate, OWED, np.random.RandomState(seed))
                for seed in (0, 0, 1)
            )
            pd.testing.assert_frame_equal(one, same)
            assert not one.equals(other)

    def test_penalty_leaves_the_plain_generator_as_it_was(self, real, recipe):
        supply = RowSupply(real, recipe)
        plain = supply.generator()
        before = copy.deepcopy(plain.state()["net"])
        tuned = supply.generator(1.0)
        assert tuned is not plain
        assert supply.generator() is plain
        assert supply.generator(1.0) is tuned
        assert weights(plain.state()) == weights({"net": before})
        assert weights(tuned.state()) != weights({"net": before})

    def test_penalty_is_that_of_the_candidate(self, supply):
        plain, tuned = (
            supply.rows(
                GENERATED._replace(penalty=penalty), OWED, np.random.RandomState(0)
            )
            for penalty in (0.0, 1.0)
        )
        assert not plain.equals(tuned)

    def test_penalty_is_that_of_the_generator_alone(self, supply, real, recipe):
        """Order does not matter: the plain one is trained first in any case."""
        alone = RecordGenerator.fit(real, recipe).fine_tune(real, recipe, 1.0)
        assert weights(alone.state()) == weights(supply.generator(1.0).state())
        late = RowSupply(real, recipe)
        assert weights(late.generator(1.0).state()) == weights(alone.state())
        assert weights(late.generator().state()) == weights(supply.generator().state())

    def test_only_its_own_rows_are_learned_from(self, real, recipe, monkeypatch):
        """Neither the generator nor the reference model sees any others."""
        own = real.take(np.arange(0, N_ROWS, 2))
        seen = []
        fit, vectorizer = RecordGenerator.fit, row_supply.VisitVectorizer

        class Vectorizer(vectorizer):
            def fit_transform(self, X, y=None):
                seen.append(set(X["patient"]))
                return super().fit_transform(X, y)

        def fit_generator(rows, recipe, **training):
            seen.append(set(rows.X["patient"]))
            return fit(rows, recipe, **training)

        monkeypatch.setattr(row_supply, "VisitVectorizer", Vectorizer)
        monkeypatch.setattr(RecordGenerator, "fit", fit_generator)
        supply = RowSupply(own, recipe)
        candidate = GENERATED._replace(dropped=0.25, penalty=1.0)
        supply.rows(candidate, OWED, np.random.RandomState(0))
        supply.rows(candidate, OWED, np.random.RandomState(1))
        assert seen == [set(range(0, N_ROWS, 2))] * 2
        copies = supply.rows(COPIES, OWED, np.random.RandomState(0))
        assert set(copies["patient"]) <= set(range(0, N_ROWS, 2))


def weights(state):
    """What a net has learned, to compare bit for bit."""
    return repr(sorted(_leaves(state["net"])))


def _leaves(value, name=""):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{name}.{key}")
    elif hasattr(value, "tobytes"):
        yield name, value.tobytes()
