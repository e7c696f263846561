"""What every resampler promises about its result."""

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from imblearn.utils.estimator_checks import (
    estimator_checks_generator as imblearn_checks,
)
from resamplers import (
    N_ROWS,
    RESAMPLERS,
    by_name,
    digest,
    digests,
    each_resampler,
    effects_are_not_at_issue,
    numpy_state,
    tolerate_data_warnings,
)
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    estimator_checks_generator as sklearn_checks,
)

pytestmark = effects_are_not_at_issue


def _checks(generator):
    for prototype in RESAMPLERS:
        for resampler, check in list(generator(prototype)):
            name = getattr(check, "func", check).__name__
            yield pytest.param(
                resampler, check, id=f"{type(prototype).__name__}-{name}"
            )


@tolerate_data_warnings
@pytest.mark.parametrize(("resampler", "check"), list(_checks(imblearn_checks)))
def test_imblearn_checks(resampler, check):
    check(resampler)


@tolerate_data_warnings
@pytest.mark.parametrize(("resampler", "check"), list(_checks(sklearn_checks)))
def test_sklearn_checks(resampler, check):
    check(resampler)


@tolerate_data_warnings
@each_resampler
def test_parameters_are_validated(prototype):
    check_param_validation(type(prototype).__name__, prototype)


@tolerate_data_warnings
@each_resampler
def test_column_names_are_kept(prototype):
    check_dataframe_column_names_consistency(type(prototype).__name__, prototype)


@each_resampler
def test_is_an_over_sampler(prototype):
    assert isinstance(prototype, BaseOverSampler)


class TestResult:
    """What comes back from fit_resample on a frame of mixed columns."""

    def test_columns_dtypes_and_index(self, run):
        pd.testing.assert_index_equal(run.X_resampled.columns, run.X.columns)
        pd.testing.assert_series_equal(run.X_resampled.dtypes, run.X.dtypes)
        n_rows = N_ROWS + sum(run.resampler.rows_owed_.values())
        expected = pd.RangeIndex(n_rows)
        pd.testing.assert_index_equal(run.X_resampled.index, expected, exact=True)
        pd.testing.assert_index_equal(run.y_resampled.index, expected, exact=True)
        assert run.y_resampled.dtype == run.y.dtype
        assert run.y_resampled.name == "outcome"

    def test_real_rows_first_and_unchanged(self, run):
        pd.testing.assert_frame_equal(
            run.X_resampled.iloc[:N_ROWS], run.X_before.reset_index(drop=True)
        )
        pd.testing.assert_series_equal(
            run.y_resampled.iloc[:N_ROWS], run.y_before.reset_index(drop=True)
        )

    def test_caller_data_and_random_state_are_untouched(self, run):
        pd.testing.assert_frame_equal(run.X, run.X_before)
        pd.testing.assert_series_equal(run.y, run.y_before)
        (numpy_before, torch_before), (numpy_after, torch_after) = (
            run.random_state,
            run.random_state_after,
        )
        assert numpy_before == numpy_after
        if torch_before is not None:
            assert torch_before == torch_after

    def test_every_cell_gets_what_it_is_owed(self, run):
        resampler = run.resampler
        final = pd.crosstab(
            run.X_resampled["race"], run.y_resampled, dropna=False
        ).to_numpy()
        owed = np.reshape(list(resampler.rows_owed_.values()), final.shape)
        assert owed.sum() > 0
        np.testing.assert_array_equal(final, resampler.cell_counts_ + owed)
        assert list(resampler.sampling_strategy_.values()) == [
            owed[:, list(resampler.classes_).index(label)].sum()
            for label in resampler.sampling_strategy_
        ]

    def test_cells_are_described(self, run):
        resampler = run.resampler
        assert resampler.groups_ == ["A", "B", "C"]
        assert resampler.classes_.tolist() == ["died", "lived"]
        expected = pd.crosstab(run.X["race"], run.y)
        pd.testing.assert_frame_equal(
            resampler.cell_counts_,
            expected,
            check_index_type=False,
            check_column_type=False,
            check_categorical=False,
            check_dtype=False,
        )
        assert list(resampler.rows_owed_) == [
            (group, label) for group in "ABC" for label in ("died", "lived")
        ]

    def test_rows_are_marked_and_their_groups_told(self, run):
        resampler = run.resampler
        assert resampler.synthetic_mask_.dtype == bool
        assert resampler.synthetic_mask_.tolist() == [
            row >= N_ROWS for row in range(len(run.X_resampled))
        ]
        pd.testing.assert_series_equal(
            resampler.sensitive_features_,
            run.X_resampled["race"],
            check_dtype=False,
        )

    def test_only_values_that_could_occur(self, run):
        for name, drawn in run.synthetic.items():
            real = run.X[name]
            if not real.isna().any():
                assert not drawn.isna().any(), name
            if name == "datetime":
                assert drawn.dropna().between(real.min(), real.max()).all()
                assert (drawn.dropna() == drawn.dropna().dt.normalize()).all()
            elif name in ("int", "Int64", "float32"):
                assert drawn.dropna().between(real.min(), real.max()).all(), name
            else:
                assert set(drawn.dropna()) <= set(real.dropna()), name

    def test_missing_values_are_drawn_too(self, run):
        with_missing = run.X.columns[run.X.isna().any()]
        assert len(with_missing) == 8
        assert run.synthetic[with_missing].isna().any().any()

    def test_columns_are_counted_and_named(self, run):
        assert run.resampler.n_features_in_ == run.X.shape[1]
        assert run.resampler.feature_names_in_.tolist() == list(run.X.columns)


class TestReproducibility:
    """The same seed gives the same rows, wherever it runs."""

    def test_across_processes(self):
        here = digests()
        folder = Path(__file__).parent
        code = (
            f"import json, sys; sys.path[:0] = {[str(folder), str(folder.parent)]!r}; "
            "import resamplers; print(json.dumps(resamplers.digests()))"
        )
        for hash_seed in ("1", "2"):
            found = subprocess.run(
                [sys.executable, "-c", code],
                env={**os.environ, "PYTHONHASHSEED": hash_seed},
                capture_output=True,
                text=True,
                check=True,
            )
            assert json.loads(found.stdout.splitlines()[-1]) == here

    def test_refit_and_clone(self, run):
        once = digest((run.X_resampled, run.y_resampled))
        resampler = clone(run.resampler)
        assert digest(resampler.fit_resample(run.X, run.y)) == once
        assert digest(resampler.fit_resample(run.X, run.y)) == once

    def test_another_seed_gives_other_rows(self, run):
        resampler = by_name(run.prototype, random_state=1)
        X, _ = resampler.fit_resample(run.X, run.y)
        assert not X.equals(run.X_resampled)

    def test_seed_none_leaves_numpy_alone(self, run):
        state = numpy_state()
        by_name(run.prototype, random_state=None).fit_resample(run.X, run.y)
        assert numpy_state() == state

    def test_random_state_instance_goes_on(self, run):
        def run_twice():
            resampler = by_name(run.prototype)
            resampler.random_state = np.random.RandomState(3)
            return [digest(resampler.fit_resample(run.X, run.y)) for _ in range(2)]

        first, second = run_twice()
        assert first != second
        assert run_twice() == [first, second]

    def test_pickle_and_deepcopy_go_on_alike(self, fitted):
        pickled = pickle.loads(pickle.dumps(fitted))
        copied = copy.deepcopy(fitted)
        expected = digest(fitted.sample(20))
        assert digest(pickled.sample(20)) == expected
        assert digest(copied.sample(20)) == expected
        assert pickled.rows_owed_ == fitted.rows_owed_

    def test_set_params_then_refit(self, run):
        resampler = copy.deepcopy(run.resampler)
        resampler.set_params(sampling_strategy="cells", sensitive_features="sex")
        X, y = resampler.fit_resample(run.X, run.y)
        assert resampler.groups_ == ["F", "M"]
        assert np.ptp(pd.crosstab(X["sex"], y).to_numpy()) == 0
