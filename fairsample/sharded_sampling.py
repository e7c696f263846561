"""Draw more rows than fit into memory: shard by shard, each into a Parquet file."""

import copy
import warnings
from functools import partial
from numbers import Integral
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from fairsample.conditions import count_samples, draw_cells
from fairsample.training.estimator_seeds import draw_seed

__all__ = ["ShardedSampling"]

N_EXAMPLES = 100  # rows that tell what object columns hold


class ShardedSampling:
    """Let a resampler draw into a folder of Parquet files.

    A shard is drawn from a seed of its own, with one thread, whichever process draws
    it: the rows depend neither on the number of workers nor on what was drawn before.
    """

    _of_last_result = ("random_state_", "sensitive_features_", "synthetic_mask_")

    def sample_to_parquet(
        self,
        n_samples,
        folder,
        *,
        rows_per_shard=100_000,
        engine="local",
        n_jobs=None,
        conditions=None,
        random_state=None,
        verbose=0,
    ):
        """Draw synthetic rows into a folder of Parquet files, shard by shard.

        A run that was killed is finished by the same call, from the same fit: the
        shards that are there stay, and the others come out as they would have, byte
        for byte. A shard appears whole or not at all. The rows are other ones than
        `sample` draws from the same seed, and do not depend on `engine` and `n_jobs`,
        but on `rows_per_shard`. They are the same on machines of one kind.

        The files hold the columns of X, those of the sensitive features where these
        were given at call time, and the target's ("y" if it has no name).

        Parameters
        ----------
        n_samples : int or None
            The number of rows; None stands for as many as were fitted, or as
            `conditions` has.
        folder : str or path
            A new folder, an empty one, or one in which this run was begun.
        rows_per_shard : int, default=100_000
            Rows of each file but the last. A worker holds one shard in memory.
        engine : {"local", "dask", "ray"}, default="local"
            What the shards are spread by: processes of this machine, or the cluster
            that a Dask client or Ray is connected to. Its workers write to `folder`,
            which has to be on a disk that they share.
        n_jobs : int, default=None
            Shards drawn at a time, as in scikit-learn. None stands for 1 with the
            "local" engine, and for all workers with others.
        conditions : dict or DataFrame, default=None
            What holds in every row, or a frame with one row for each sample, as in
            `sample`.
        random_state : int, RandomState instance or None, default=None
            What draws. None draws a seed from the resampler's own stream and keeps it
            in the folder: the same call there goes on with it.
        verbose : int, default=0
            1 shows a progress bar over shards.

        Returns
        -------
        paths : list of path
            The files, in the order of the rows. A folder of them is read as one table
            by ``pandas.read_parquet(folder)``.

        Raises
        ------
        NotFittedError
            If the resampler is not fitted.
        ValueError
            If `folder` holds another run or files of others, no real row meets a
            condition, a column holds what Parquet cannot keep, or no cluster is there.
        ImportError
            If pyarrow or the engine is not installed.

        See Also
        --------
        sample : Rows in memory.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> from fairsample import GroupRandomOverSampler
        >>> X = pd.DataFrame({"sex": ["F", "M"] * 60, "age": range(120)})
        >>> resampler = GroupRandomOverSampler("sex").fit(X, list(X["age"] > 40))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = resampler.sample_to_parquet(25, folder, rows_per_shard=10)
        ...     drawn = pd.read_parquet(folder)
        >>> [path.name for path in paths]
        ['part-00000.parquet', 'part-00001.parquet', 'part-00002.parquet']
        >>> drawn.shape
        (25, 3)
        """
        check_is_fitted(self, "cell_counts_")
        _check_pyarrow()
        from fairsample.shards import ShardWriter, open_run, run_on_engine
        from fairsample.shards.engines import check_engine

        check_engine(engine)
        n_samples = count_samples(n_samples, conditions, self.cell_counts_)
        _check_conditions(self, n_samples, conditions)
        run = _plan_run(self, n_samples, rows_per_shard, conditions, random_state)
        table, folder = _shard_table(self), Path(folder).absolute()
        run = open_run(folder, run, partial(draw_seed, self.random_state_))
        shards = run.shards()
        paths = [folder / run.file_name(number) for number in range(len(shards))]
        missing = [number for number, path in enumerate(paths) if not path.exists()]
        written = run_on_engine(
            engine,
            ShardWriter(_quiet(self), table, run, folder).write,
            ((number, _cut(conditions, shards[number])) for number in missing),
            n_jobs=n_jobs,
        )
        progress = tqdm(
            written,
            desc="sampling",
            unit="shard",
            total=len(paths),
            initial=len(paths) - len(missing),
            disable=not verbose,
        )
        for _ in progress:
            pass
        return paths


def _check_pyarrow():
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Parquet needs pyarrow: pip install 'fairsample-synth[readers]'"
        ) from error


def _check_conditions(resampler, n_samples, conditions):
    """Refuse, before any work, what some shard could not meet."""
    n_rows = n_samples if isinstance(conditions, pd.DataFrame) else min(n_samples, 1)
    draw_cells(resampler, n_rows, conditions, np.random.RandomState(0))


def _plan_run(resampler, n_samples, rows_per_shard, conditions, random_state):
    """Describe the run; without `random_state` its seed stays open."""
    from fairsample.shards import RunManifest, digest_of_conditions, digest_of_fit

    if not isinstance(rows_per_shard, Integral) or rows_per_shard < 1:
        raise ValueError(
            f"rows_per_shard={rows_per_shard!r}: a whole number above 0 is expected."
        )
    if isinstance(random_state, np.random.RandomState):
        random_state = draw_seed(random_state)
    elif random_state is not None:
        check_random_state(random_state)
        random_state = int(random_state)
    return RunManifest(
        n_samples,
        int(rows_per_shard),
        random_state,
        digest_of_conditions(conditions),
        type(resampler).__qualname__,
        digest_of_fit(resampler),
    )


def _shard_table(resampler):
    """Find the columns and types of the shards."""
    from fairsample.shards import ShardTable
    from fairsample.shards.shard_table import object_columns

    template, groups = resampler._table_form.template, resampler._groups
    examples = resampler._sensitive_rows
    untold = object_columns(template, groups)
    if untold:
        stream = np.random.RandomState(0)
        group, label = draw_cells(resampler, N_EXAMPLES, None, stream)
        with warnings.catch_warnings(action="ignore"):  # they come with the shards
            drawn = resampler._draw_rows(group, label, stream, resampler._draw)
        examples = pd.concat([examples.reset_index(drop=True), drawn[untold]], axis=1)
    return ShardTable(template, groups, resampler._target_form, examples)


def _quiet(resampler):
    """Copy a resampler, so that one bar is shown and its last result stays."""
    resampler = copy.copy(resampler)
    if hasattr(resampler, "verbose"):
        resampler.verbose = 0
    return resampler


def _cut(conditions, rows):
    if isinstance(conditions, pd.DataFrame):
        return conditions.iloc[rows.start : rows.stop]
    return conditions
