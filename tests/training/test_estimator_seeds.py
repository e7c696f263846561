"""Seeds are drawn from the caller's stream, and reach every part of a clone."""

import numpy as np
import pytest
from resamplers import numpy_state
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from fairsample.training.estimator_seeds import (
    clone_with_one_seed,
    clone_with_own_seeds,
    draw_seed,
    stream_of,
)


class TestDrawSeed:
    def test_a_number_gives_one_seed(self):
        assert draw_seed(5) == draw_seed(5)
        assert len({draw_seed(number) for number in range(50)}) == 50

    def test_a_stream_advances_by_one_draw(self):
        stream = np.random.RandomState(0)
        first, second = draw_seed(stream), draw_seed(stream)
        assert first != second
        expected = np.random.RandomState(0)
        expected.randint(2**31 - 1, size=2)
        assert stream.randint(1000) == expected.randint(1000)

    def test_seeds_are_plain_and_fit_numpy_and_torch(self):
        seeds = [draw_seed(np.random.RandomState(number)) for number in range(200)]
        assert {type(seed) for seed in seeds} == {int}
        assert min(seeds) >= 0
        assert 2**30 < max(seeds) <= 2**31 - 2

    def test_none_is_a_new_stream_and_not_numpys_own(self):
        before = numpy_state()
        assert draw_seed(None) != draw_seed(None)
        assert numpy_state() == before


def test_a_stream_is_the_callers_own():
    stream = np.random.RandomState(0)
    assert stream_of(stream) is stream
    assert stream_of(7).randint(1000) == np.random.RandomState(7).randint(1000)


def test_no_stream_is_never_the_global_one():
    before = numpy_state()
    assert stream_of(None).randint(2**31 - 1) != stream_of(None).randint(2**31 - 1)
    assert numpy_state() == before


@pytest.fixture
def model():
    return make_pipeline(
        PCA(), BaggingClassifier(DecisionTreeClassifier(random_state=3))
    )


def seeds_of(estimator):
    return {
        name: value
        for name, value in estimator.get_params().items()
        if name.endswith("random_state")
    }


BAGGING, PCA_SEED = "baggingclassifier__random_state", "pca__random_state"
TREE = "baggingclassifier__estimator__random_state"


def test_one_seed_goes_everywhere_whatever_was_there(model):
    found = seeds_of(clone_with_one_seed(model, 9))
    assert found == {BAGGING: 9, TREE: 9, PCA_SEED: 9}


def test_own_seeds_go_where_none_was_in_the_order_of_names(model):
    stream = np.random.RandomState(0)
    first, second = draw_seed(stream), draw_seed(stream)
    found = seeds_of(clone_with_own_seeds(model, np.random.RandomState(0)))
    assert found == {BAGGING: first, TREE: 3, PCA_SEED: second}


@pytest.mark.parametrize("clone", [clone_with_one_seed, clone_with_own_seeds])
def test_the_original_stays_as_it_is(model, clone):
    assert clone(model, 1) is not model
    assert seeds_of(model) == {BAGGING: None, TREE: 3, PCA_SEED: None}


@pytest.mark.parametrize("clone", [clone_with_one_seed, clone_with_own_seeds])
def test_what_is_not_random_draws_nothing(clone):
    stream = np.random.RandomState(0)
    clone(make_pipeline("passthrough"), stream)
    assert stream.randint(1000) == np.random.RandomState(0).randint(1000)
