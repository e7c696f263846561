"""Searches, comparisons, feedback and shards on joblib's backends: the same numbers."""

import copy
import os
import threading
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import cpu_count, parallel_config
from joblib.externals.loky import get_reusable_executor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.parallel import Parallel, delayed

from fairsample import FairSynthResampler, GroupRandomOverSampler
from fairsample.evaluation import compare_augmentations
from fairsample.training.threads import threads_of_worker

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning"),
    # A task's closure, with the real rows in it, is larger than Dask likes.
    pytest.mark.filterwarnings("ignore:Sending large graph:UserWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of one thread each."""
    with (
        mock.patch.dict(os.environ),  # Dask leaves OMP_NUM_THREADS=1 in it
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
        ) as started,
        distributed.Client(started),
    ):
        yield started


@pytest.fixture
def on_dask(cluster):
    """Let the cluster run what joblib spreads."""
    with parallel_config(backend="dask"):
        yield


@pytest.fixture
def on_loky():
    """Let two processes of this machine, new ones, run what joblib spreads."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    with parallel_config(backend="loky", n_jobs=2):
        yield


each_backend = pytest.mark.parametrize("backend", ["on_loky", "on_dask"])


@pytest.fixture(scope="module")
def table():
    rng = np.random.RandomState(0)
    male = rng.choice(2, 160, p=[0.4, 0.6])
    y = (rng.rand(160) < np.where(male, 0.5, 0.3)).astype(int)
    X = pd.DataFrame({"male": male, "dose": rng.normal(size=160) + y})
    return X, pd.Series(y, name="died")


def fairsynth(**parameters):
    own = {"max_epochs": 1, "fairness_epochs": 1, "random_state": 0}
    return FairSynthResampler("male", **{**own, **parameters})


def search(table, **parameters):
    from imblearn.pipeline import make_pipeline

    pipeline = make_pipeline(fairsynth(**parameters), LogisticRegression())
    grid = {"fairsynthresampler__fairness_weight": [0.0, 1.0]}
    found = GridSearchCV(pipeline, grid, cv=2).fit(*table)
    scores = pd.DataFrame(found.cv_results_).filter(like="test_score")
    return scores, found.predict_proba(table[0])


def feedback(table):
    resampler = fairsynth(
        downstream=LogisticRegression(), feedback_folds=2, feedback_rounds=2
    ).set_params(max_downstream_fits=2 * 13)
    X, y = resampler.fit_resample(*table)
    return resampler.feedback_history_, X.assign(died=y)


def test_search_over_fairness_weight(table, on_dask):
    scores, probabilities = search(table)
    with parallel_config(n_jobs=1, backend="sequential"):
        expected_scores, expected = search(table)
    pd.testing.assert_frame_equal(scores, expected_scores)
    np.testing.assert_array_equal(probabilities, expected)


def test_comparison(table, on_dask):
    def compare(**where):
        compared = compare_augmentations(
            LogisticRegression(),
            *table,
            sensitive_features="male",
            augmenters={"copies": GroupRandomOverSampler("male"), "ours": fairsynth()},
            metrics=["balanced_accuracy", "roc_auc"],
            seeds=[0, 1],
            min_group_size=5,
            min_class_size=2,
            **where,
        )
        return compared.drop(columns="seconds")

    pd.testing.assert_frame_equal(compare(), compare(n_jobs=1))


class TestFeedback:
    """The fits of all candidates and folds, spread."""

    @pytest.fixture(scope="class")
    @classmethod
    def expected(cls, table):
        return feedback(table)

    @each_backend
    def test_same_choice_and_rows(self, table, backend, expected, request):
        request.getfixturevalue(backend)
        history, rows = feedback(table)
        pd.testing.assert_frame_equal(history, expected[0])
        pd.testing.assert_frame_equal(rows, expected[1])

    def test_with_a_memory(self, table, on_dask, expected, tmp_path):
        for _ in range(2):
            resampler = fairsynth(
                downstream=LogisticRegression(),
                feedback_folds=2,
                feedback_rounds=2,
                max_downstream_fits=2 * 13,
                memory=str(tmp_path),
            ).fit(*table)
            pd.testing.assert_frame_equal(resampler.feedback_history_, expected[0])

    def test_bar_goes_on(self, table, on_dask, capfd):
        fairsynth(
            downstream=LogisticRegression(),
            feedback_folds=2,
            max_downstream_fits=6,
            verbose=1,
        ).fit(*table)
        assert "6fit" in capfd.readouterr().err

    def test_inside_a_search(self, table, on_dask):
        own = {
            "downstream": LogisticRegression(),
            "feedback_folds": 2,
            "max_downstream_fits": 6,
        }
        scores, probabilities = search(table, **own)
        with parallel_config(n_jobs=1, backend="sequential"):
            expected_scores, expected = search(table, **own)
        pd.testing.assert_frame_equal(scores, expected_scores)
        np.testing.assert_array_equal(probabilities, expected)


class TestShards:
    def test_same_bytes(self, table, cluster, tmp_path):
        pytest.importorskip("pyarrow")
        resampler = fairsynth().fit(*table)
        resampler.sample_to_parquet(
            50, tmp_path / "here", rows_per_shard=20, random_state=3
        )
        paths = resampler.sample_to_parquet(
            50, tmp_path / "there", rows_per_shard=20, random_state=3, engine="dask"
        )
        for path in paths:
            here = tmp_path / "here" / path.name
            assert path.read_bytes() == here.read_bytes()

    def test_cluster_is_used(self, table, cluster, tmp_path, monkeypatch):
        """Nothing is drawn in this process."""
        pytest.importorskip("pyarrow")
        resampler = GroupRandomOverSampler("male").fit(*table)
        monkeypatch.setattr(GroupRandomOverSampler, "_draw", None)
        paths = resampler.sample_to_parquet(9, tmp_path, engine="dask")
        assert len(pd.read_parquet(paths[0])) == 9


def threads(_):
    from fairsample.training.seeding import seeded

    with seeded(0):
        return torch.get_num_threads()


class TestThreads:
    """No worker takes the cores of another."""

    @each_backend
    def test_processes_have_their_own_limits(self, backend, request):
        request.getfixturevalue(backend)
        found = Parallel()(delayed(threads)(number) for number in range(4))
        assert max(found) <= max(cpu_count() // 2, 1)

    def test_inner_limits_of_joblib_stay(self):
        n_threads = min(2, cpu_count())
        with parallel_config("loky", n_jobs=2, inner_max_num_threads=n_threads):
            found = Parallel()(delayed(threads)(number) for number in range(2))
        assert found == [n_threads] * 2

    @pytest.fixture
    def two_threads(self):
        """What torch takes by itself on two cores."""
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        yield
        torch.set_num_threads(before)

    def test_threads_share_the_cores(self, two_threads):
        with parallel_config(backend="threading", n_jobs=2):
            found = Parallel()(delayed(threads)(number) for number in range(4))
        assert found == [1] * 4
        assert torch.get_num_threads() == 2

    def test_threads_of_a_dask_worker_share_the_cores(self, two_threads):
        with (
            distributed.LocalCluster(
                n_workers=1,
                threads_per_worker=2 * cpu_count(),
                processes=False,
                dashboard_address=":0",
            ) as started,
            distributed.Client(started, set_as_default=False) as client,
        ):
            assert client.submit(threads_of_worker).result() == 1
            assert client.submit(threads, 0).result() == 1

    def test_a_thread_of_the_user_is_left_alone(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(threads_of_worker()))
        thread.start()
        thread.join()
        assert found == [None]

    def test_rows_are_the_same_in_threads(self, table):
        """Torch's global generators are one for all threads."""
        resampler = fairsynth()
        with parallel_config(backend="threading", n_jobs=3):
            fits = Parallel()(delayed(_rows)(resampler, table) for _ in range(6))
        for rows in fits:
            pd.testing.assert_frame_equal(rows, _rows(resampler, table))


def _rows(resampler, table):
    return copy.deepcopy(resampler).fit_resample(*table)[0]
