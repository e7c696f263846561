"""What every resampler promises about tables drawn shard by shard."""

import copy

import numpy as np
import pandas as pd
import pytest
from another_process import run_elsewhere
from resamplers import by_name, digest, effects_are_not_at_issue
from sklearn.exceptions import NotFittedError

from fairsample.shards import digest_of_fit

pytest.importorskip("pyarrow")
pytestmark = effects_are_not_at_issue


def contents(paths):
    return {path.name: path.read_bytes() for path in paths}


def draw(resampler, folder, **changes):
    asked = {"rows_per_shard": 20, "random_state": 3} | changes
    return resampler.sample_to_parquet(50, folder, **asked)


def test_unfitted(run, tmp_path):
    with pytest.raises(NotFittedError):
        draw(by_name(run.prototype), tmp_path)
    assert not list(tmp_path.iterdir())


def test_rows_are_those_of_sample(run, fitted, tmp_path):
    paths = draw(fitted, tmp_path)
    assert [path.name for path in paths] == [f"part-0000{k}.parquet" for k in range(3)]
    dtypes = run.X.dtypes.to_dict() | {"outcome": run.y.dtype}
    for number, path in enumerate(paths):
        seeds = np.random.SeedSequence(3, spawn_key=(number,))
        stream = np.random.RandomState(np.random.MT19937(seeds))
        X, y = fitted.sample(20 if number < 2 else 10, random_state=stream)
        found = pd.read_parquet(path).astype(dtypes)
        found["object"] = found["object"].replace({np.nan: None})  # Parquet has one
        pd.testing.assert_frame_equal(found, X.assign(outcome=y))


def test_shards_do_not_depend_on_those_before(fitted, tmp_path):
    whole = contents(draw(fitted, tmp_path))
    (tmp_path / "part-00001.parquet").unlink()
    before = (tmp_path / "part-00000.parquet").stat()
    assert contents(draw(copy.deepcopy(fitted), tmp_path)) == whole
    after = (tmp_path / "part-00000.parquet").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_all_schemas_are_the_same(fitted, tmp_path):
    from pyarrow import parquet

    schemas = [parquet.read_schema(path) for path in draw(fitted, tmp_path)]
    assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    assert len(pd.read_parquet(tmp_path)) == 50


def test_fitted_resampler_stays_as_it_was(fitted, tmp_path):
    other = copy.deepcopy(fitted)
    draw(fitted, tmp_path)
    np.testing.assert_array_equal(fitted.synthetic_mask_, other.synthetic_mask_)
    pd.testing.assert_series_equal(
        fitted.sensitive_features_, other.sensitive_features_
    )
    assert digest(fitted.sample(20)) == digest(other.sample(20))


def test_conditions(fitted, tmp_path):
    asked = {"race": "B", "outcome": "died"}
    draw(fitted, tmp_path / "dict", conditions=asked)
    drawn = pd.read_parquet(tmp_path / "dict")
    assert drawn["race"].eq("B").all()
    assert drawn["outcome"].eq("died").all()
    frame = pd.DataFrame({"race": list("ABCCB") * 10}).set_axis(np.arange(50) * 2)
    draw(fitted, tmp_path / "frame", conditions=frame)
    drawn = pd.read_parquet(tmp_path / "frame")
    assert drawn["race"].tolist() == frame["race"].tolist()


def test_fit_is_known_again(run, fitted, tmp_path):
    there = digest_of_fit(fitted)
    fitted.sample(5)
    fitted.sample_to_parquet(5, tmp_path / "shards")
    assert digest_of_fit(fitted) == there
    fitted.save(tmp_path / "saved")
    assert digest_of_fit(type(fitted).load(tmp_path / "saved")) == there
    assert digest_of_fit(by_name(run.prototype).fit(run.X, run.y)) == there
    assert digest_of_fit(by_name(run.prototype).fit(run.X[10:], run.y[10:])) != there


PROGRAM = """
import json, sys
from pathlib import Path
from resamplers import RESAMPLERS, by_name, mixed_frame
X, y = mixed_frame()
for prototype in RESAMPLERS:
    folder = Path(sys.argv[1]) / type(prototype).__name__
    by_name(prototype).fit(X, y).sample_to_parquet(
        50, folder, rows_per_shard=20, random_state=3
    )
print(json.dumps("done"))
"""


@pytest.fixture(scope="module")
def drawn_elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    assert run_elsewhere(PROGRAM, folder) == "done"
    return folder


def test_same_bytes_from_a_fit_in_another_process(
    run, fitted, drawn_elsewhere, tmp_path
):
    there = drawn_elsewhere / type(run.prototype).__name__
    here = contents(draw(fitted, tmp_path))
    assert here == contents(sorted(there.glob("part-*")))
    draw(fitted, there)  # and the run there is known as the same
