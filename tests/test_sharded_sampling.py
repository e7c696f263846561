"""Tables drawn shard by shard: killed runs, folders of others, names and types."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from fairsample import GroupRandomOverSampler

parquet = pytest.importorskip("pyarrow.parquet")

X = pd.DataFrame({"sex": ["F", "M", "M"] * 40, "age": range(120)})
Y = pd.Series([0, 1, 1, 0] * 30, name="died")


@pytest.fixture
def copies():
    return GroupRandomOverSampler("sex", random_state=0).fit(X, Y)


def draw(resampler, folder, n_samples=50, **changes):
    asked = {"rows_per_shard": 10, "random_state": 3} | changes
    return resampler.sample_to_parquet(n_samples, folder, **asked)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}


class TestRun:
    """What a run leaves in its folder, and how it goes on."""

    def test_killed_in_the_middle_of_writing(self, copies, tmp_path):
        draw(copies, tmp_path / "whole")
        copies.save(tmp_path / "saved")
        program = (
            "import os, sys\n"
            "import pyarrow.parquet as parquet\n"
            "from fairsample import GroupRandomOverSampler\n"
            "write = parquet.write_table\n"
            "def killed(table, path, **options):\n"
            "    if 'part-00002' in str(path):\n"
            "        path.write_bytes(b'PAR1 and half a tab')\n"
            "        os._exit(9)\n"
            "    write(table, path, **options)\n"
            "parquet.write_table = killed\n"
            "GroupRandomOverSampler.load(sys.argv[1]).sample_to_parquet(\n"
            "    50, sys.argv[2], rows_per_shard=10, random_state=3)\n"
        )
        folder = tmp_path / "killed"
        command = [sys.executable, "-c", program, str(tmp_path / "saved"), str(folder)]
        assert subprocess.run(command, check=False).returncode == 9
        assert list(contents(folder)) == ["part-00000.parquet", "part-00001.parquet"]
        assert len(pd.read_parquet(folder)) == 20
        before = [(folder / name).stat().st_mtime_ns for name in contents(folder)]
        draw(copies, folder)
        after = [(folder / name).stat().st_mtime_ns for name in contents(folder)]
        assert after[:2] == before
        assert contents(folder) == contents(tmp_path / "whole")
        assert {path.name[0] for path in folder.iterdir()} == {"p", "_"}

    def test_number_of_processes(self, copies, tmp_path):
        draw(copies, tmp_path / "one", n_jobs=1)
        draw(copies, tmp_path / "two", n_jobs=2)
        assert len(contents(tmp_path / "one")) == 5
        assert contents(tmp_path / "one") == contents(tmp_path / "two")

    def test_without_a_seed_the_folder_keeps_one(self, copies, tmp_path):
        draw(copies, tmp_path / "a", random_state=None)
        draw(copies, tmp_path / "b", random_state=None)
        whole = contents(tmp_path / "a")
        assert whole != contents(tmp_path / "b")
        (tmp_path / "a" / "part-00003.parquet").unlink()
        state = copies.random_state_.get_state()[2]
        draw(copies, tmp_path / "a", random_state=None)
        assert contents(tmp_path / "a") == whole
        assert copies.random_state_.get_state()[2] == state

    def test_random_state_instance_is_one_seed(self, copies, tmp_path):
        for folder in ("a", "b"):
            draw(copies, tmp_path / folder, random_state=np.random.RandomState(5))
        assert contents(tmp_path / "a") == contents(tmp_path / "b")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"random_state": 4}, "random_state is 3, not 4"),
            ({"rows_per_shard": 20}, "rows_per_shard is 10, not 20"),
            ({"n_samples": 60}, "n_samples is 50, not 60"),
            ({"conditions": {"sex": "F"}}, "conditions are others"),
        ],
    )
    def test_folder_of_another_run(self, copies, tmp_path, changes, message):
        draw(copies, tmp_path)
        before = contents(tmp_path)
        with pytest.raises(ValueError, match=f"{message}.*Name another folder"):
            draw(copies, tmp_path, **changes)
        assert contents(tmp_path) == before

    def test_folder_of_another_fit(self, copies, tmp_path):
        draw(copies, tmp_path)
        other = GroupRandomOverSampler("sex", random_state=0).fit(X[1:], Y[1:])
        with pytest.raises(ValueError, match="fitted otherwise"):
            draw(other, tmp_path)

    def test_folder_of_another_version(self, copies, tmp_path):
        draw(copies, tmp_path)
        manifest = tmp_path / "_manifest.json"
        content = json.loads(manifest.read_text())
        content["versions"]["pyarrow"] = "1.0"
        manifest.write_text(json.dumps(content))
        with pytest.raises(ValueError, match=r"versions is .*'pyarrow': '1.0'"):
            draw(copies, tmp_path)

    def test_files_of_others(self, copies, tmp_path):
        (tmp_path / "mine.csv").write_text("a")
        with pytest.raises(ValueError, match=r"files of others: 'mine.csv'"):
            draw(copies, tmp_path)
        with pytest.raises(ValueError, match=r"mine.csv' is a file"):
            draw(copies, tmp_path / "mine.csv")
        (tmp_path / "strange").mkdir()
        (tmp_path / "strange" / "_manifest.json").write_text("[]")
        with pytest.raises(ValueError, match="does not describe shards"):
            draw(copies, tmp_path / "strange")

    def test_fault_in_a_shard_leaves_the_others(self, copies, tmp_path, monkeypatch):
        write = parquet.write_table

        def faulty(table, path, **options):
            if "part-00003" in str(path):
                raise OSError("No space left on device")
            write(table, path, **options)

        monkeypatch.setattr(parquet, "write_table", faulty)
        with pytest.raises(OSError, match="No space left"):
            draw(copies, tmp_path)
        assert len(contents(tmp_path)) == 3

    def test_progress_over_shards(self, copies, tmp_path, capsys):
        draw(copies, tmp_path, verbose=1)
        assert "5/5" in capsys.readouterr().err
        draw(copies, tmp_path / "quiet")
        assert not capsys.readouterr().err


class TestInput:
    """What is refused before any work."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"rows_per_shard": 0}, "rows_per_shard=0"),
            ({"rows_per_shard": 2.5}, "rows_per_shard=2.5"),
            ({"n_samples": -1}, "n_samples=-1"),
            ({"engine": "spark"}, "'local', 'dask', 'ray'"),
            ({"conditions": {"sex": "X"}}, "sex='X'"),
            ({"conditions": pd.DataFrame({"sex": ["F"]})}, "1 rows and n_samples=50"),
            ({"random_state": "x"}, "'x' cannot be used to seed"),
        ],
    )
    def test_bad_values(self, copies, tmp_path, changes, message):
        with pytest.raises(ValueError, match=message):
            draw(copies, tmp_path / "new", **changes)
        assert not (tmp_path / "new").exists()

    def test_dask_without_a_cluster(self, copies, tmp_path):
        pytest.importorskip("distributed")
        with pytest.raises(ValueError, match="finds no cluster"):
            draw(copies, tmp_path / "new", engine="dask")
        assert not (tmp_path / "new").exists()

    def test_ray_that_is_not_installed(self, copies, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "ray", None)
        with pytest.raises(ImportError, match="pip install ray"):
            draw(copies, tmp_path / "new", engine="ray")

    def test_intervals_are_refused(self, tmp_path):
        binned = X.assign(age=pd.cut(X["age"], 3))
        copies = GroupRandomOverSampler("sex").fit(binned, Y)
        with pytest.raises(ValueError, match=r"'age' \(category\).*astype\(str\)"):
            draw(copies, tmp_path / "new")
        assert not (tmp_path / "new").exists()

    def test_mixed_types_are_refused(self, tmp_path):
        mixed = X.assign(age=[1, "old"] * 60)
        copies = GroupRandomOverSampler("sex").fit(mixed, Y)
        with pytest.raises(ValueError, match=r"'age' \(object\).*before the fit"):
            draw(copies, tmp_path / "new")

    def test_target_named_like_a_column(self, tmp_path):
        copies = GroupRandomOverSampler("sex").fit(X, Y.rename("age"))
        with pytest.raises(ValueError, match=r"called 'age'.*Rename"):
            draw(copies, tmp_path / "new")


class TestTable:
    """The columns of the shards."""

    def test_number_of_rows(self, copies, tmp_path):
        copies.sample_to_parquet(None, tmp_path / "all")
        assert len(pd.read_parquet(tmp_path / "all")) == 120
        conditions = pd.DataFrame({"died": [0, 1] * 10})
        copies.sample_to_parquet(None, tmp_path / "frame", conditions=conditions)
        assert pd.read_parquet(tmp_path / "frame")["died"].tolist() == [0, 1] * 10
        (path,) = copies.sample_to_parquet(0, tmp_path / "none")
        assert pd.read_parquet(path).shape == (0, 3)

    @pytest.mark.parametrize(
        ("values", "names"),
        [
            (pd.Series(["a", "b"] * 60), ["sensitive_features"]),
            (pd.Series(["a", "b"] * 60, name="race"), ["race"]),
            (pd.Series(["a", "b"] * 60, name="sex"), ["sensitive_sex"]),
            (pd.Series(["a", "b"] * 60, name="died"), ["sensitive_died"]),
            (
                X.assign(age=X["age"] % 2),
                ["sensitive_sex", "sensitive_age"],
            ),
        ],
    )
    def test_sensitive_values_of_the_call(self, tmp_path, values, names):
        copies = GroupRandomOverSampler(random_state=0)
        copies.fit(X, Y, sensitive_features=values)
        (path,) = copies.sample_to_parquet(30, tmp_path, random_state=3)
        drawn = pd.read_parquet(path)
        assert list(drawn) == ["sex", "age", *names, "died"]
        stream = np.random.RandomState(
            np.random.MT19937(np.random.SeedSequence(3, spawn_key=(0,)))
        )
        copies.sample(30, random_state=stream)
        expected = pd.DataFrame(copies.sensitive_features_).to_numpy()
        np.testing.assert_array_equal(drawn[names].to_numpy(), expected)

    @pytest.mark.parametrize(
        "column",
        [
            pd.Series([[["DX:1", "RX:2"], []], [["DX:3"]]] * 60),
            pd.Series([True, None, False] * 40, dtype=object),
            pd.Series(pd.arrays.SparseArray([0, 0, 1] * 40)),
            pd.Series([None] * 119 + ["rare"], dtype=object),
            pd.Series(pd.date_range("2020", periods=120, tz="Europe/Berlin", unit="s")),
            pd.Series(pd.timedelta_range("1h", periods=120)),
            pd.Series(pd.period_range("2000", periods=120, freq="M")),
            pd.Series([1, None, 3] * 40, dtype="UInt8"),
            pd.Series(range(120), dtype="float16"),
        ],
        ids=lambda column: str(column.dtype),
    )
    def test_types_of_columns(self, tmp_path, column):
        table = X.assign(column=column)
        copies = GroupRandomOverSampler("sex", random_state=0).fit(table, Y)
        paths = draw(copies, tmp_path)
        schemas = [parquet.read_schema(path) for path in paths]
        assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
        drawn = pd.read_parquet(tmp_path)
        expected = column.iloc[drawn["age"]].reset_index(drop=True)
        kept = drawn["column"]
        if column.dtype != object:
            kept = kept.astype(column.dtype)
            pd.testing.assert_series_equal(kept, expected, check_names=False)
        else:
            lists = [json.dumps(_plain(cell)) for cell in kept]
            assert lists == [json.dumps(_plain(cell)) for cell in expected]

    def test_arrays_have_numbers_as_names(self, tmp_path):
        copies = GroupRandomOverSampler(0, random_state=0)
        copies.fit(np.column_stack([X["age"] % 2, X["age"] / 2]), Y.to_numpy())
        draw(copies, tmp_path)
        drawn = pd.read_parquet(tmp_path)
        assert list(drawn) == ["0", "1", "y"]
        assert drawn["1"].isin(X["age"] / 2).all()

    def test_one_hot_target(self, tmp_path):
        copies = GroupRandomOverSampler("sex", random_state=0)
        copies.fit(X, pd.get_dummies(Y).to_numpy())
        draw(copies, tmp_path)
        drawn = pd.read_parquet(tmp_path)
        assert (drawn["y_0"] ^ drawn["y_1"]).all()
        assert (drawn["y_1"].to_numpy() == Y.iloc[drawn["age"]].to_numpy()).all()


def _plain(cell):
    if isinstance(cell, np.ndarray | list):
        return [_plain(item) for item in cell]
    return None if pd.isna(cell) else cell
