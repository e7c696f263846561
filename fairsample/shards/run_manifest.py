"""What the shards of a folder were drawn from: the same run goes on, no other one."""

import json
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version

import numpy as np

from fairsample import __version__
from fairsample.messages import quote
from fairsample.whole_files import whole_files

__all__ = ["RunManifest", "open_run"]

MANIFEST = "_manifest.json"  # what begins with _ or . is no part of a Parquet folder
FORMAT = "fairsample shards"
_DRAWING = ("numpy", "pandas", "torch", "pyarrow")  # their versions shape the bytes


def _versions_here():
    return {"fairsample": __version__} | {name: version(name) for name in _DRAWING}


@dataclass(frozen=True)
class RunManifest:
    """All that the bytes of the shards depend on.

    Parameters
    ----------
    n_samples : int
        Rows in all.
    rows_per_shard : int
        Rows of each shard but the last.
    random_state : int
        With the number of a shard, the seed of its rows.
    conditions : str or None
        Digest of what holds in the rows.
    resampler : str
        Class of the resampler.
    fit : str
        Digest of what was fitted.
    versions : dict of str to str
        Of what draws and writes.

    Examples
    --------
    >>> from fairsample.shards import RunManifest
    >>> run = RunManifest(25, 10, 0, None, "FlipResampler", "9f86d081")
    >>> run.shards()
    [range(0, 10), range(10, 20), range(20, 25)]
    >>> run.file_name(2)
    'part-00002.parquet'
    """

    n_samples: int
    rows_per_shard: int
    random_state: int | None
    conditions: str | None
    resampler: str
    fit: str
    versions: dict = field(default_factory=_versions_here)

    def shards(self):
        """List the rows of each shard: list of range; one without rows for none."""
        starts = range(0, max(self.n_samples, 1), self.rows_per_shard)
        return [
            range(start, min(start + self.rows_per_shard, self.n_samples))
            for start in starts
        ]

    def file_name(self, number):
        """Name the file of a shard."""
        return f"part-{number:05d}.parquet"

    def stream(self, number):
        """Make what draws a shard, whatever else was drawn: RandomState."""
        seeds = np.random.SeedSequence(self.random_state, spawn_key=(number,))
        return np.random.RandomState(np.random.MT19937(seeds))


def open_run(folder, run, draw_seed):
    """Begin a run in a folder, or go on with the one that was begun there.

    Parameters
    ----------
    folder : Path
        Where the shards are; it is made if need be.
    run : RunManifest
        The run; its `random_state` is None if the folder, or else `draw_seed`, is to
        say it.
    draw_seed : callable
        Gives the seed of a new run.

    Returns
    -------
    RunManifest
        With its seed, and written in the folder.

    Raises
    ------
    ValueError
        If the folder holds another run, or files of others.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.shards import RunManifest, open_run
    >>> run = RunManifest(25, 10, None, None, "FlipResampler", "9f86d081")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     begun = open_run(Path(folder), run, draw_seed=lambda: 7)
    ...     again = open_run(Path(folder), run, draw_seed=lambda: 8)
    >>> begun.random_state, again.random_state
    (7, 7)
    """
    found = _read(folder)
    if found is None:
        if run.random_state is None:
            run = replace(run, random_state=draw_seed())
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"format": FORMAT, **asdict(run)}, indent=2)
        with whole_files(folder / MANIFEST) as (aside,):
            aside.write_text(text, encoding="utf-8")
        return run
    if run.random_state is None:
        run = replace(run, random_state=found["random_state"])
    _refuse_another_run(folder, found, run)
    for left_by_a_killed_run in folder.glob(".*-part-*.parquet"):
        left_by_a_killed_run.unlink()
    return run


def _read(folder):
    """Return what is known of the run in a folder, None if none was begun."""
    if folder.is_file():
        raise ValueError(f"{str(folder)!r} is a file; name a folder for the shards.")
    if not (folder / MANIFEST).is_file():
        others = folder.exists() and [
            path.name for path in folder.iterdir() if not path.name.startswith(".")
        ]
        if others:
            raise ValueError(
                f"{str(folder)!r} holds files of others: {quote(sorted(others))}. Name "
                "a new or an empty folder for the shards."
            )
        return None
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise ValueError(
            f"{str(folder / MANIFEST)!r} does not describe shards of fairsample. Name "
            "another folder."
        )
    return found


def _refuse_another_run(folder, found, run):
    wanted = asdict(run)
    differing = [name for name in wanted if found.get(name) != wanted[name]]
    if not differing:
        return
    told = "; ".join(_difference(n, found.get(n), wanted[n]) for n in differing)
    raise ValueError(
        f"{str(folder)!r} holds shards of another run: {told}. Name another folder, "
        "or delete this one to draw it anew."
    )


def _difference(name, there, here):
    if name == "fit":
        return "its resampler was fitted otherwise (load the one that was saved)"
    if name == "conditions":
        return "its conditions are others"
    return f"its {name} is {there!r}, not {here!r}"
