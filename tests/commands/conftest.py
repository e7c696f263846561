"""Small tables in files, and the command line run in this process."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fairsample.commands import main
from fairsample.datasets import make_icu_cohort


@pytest.fixture
def run(capsys):
    """Run a command line; give the status, the output and the lines of errors."""

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return SimpleNamespace(status=status, out=said.out, err=said.err.splitlines())

    return run


@pytest.fixture
def patients():
    cohort = make_icu_cohort(n_patients=400, random_state=0)
    frame = cohort.table[["age", "gender", "ethnicity", "insurance"]].copy()
    frame.insert(2, "died", cohort.target)
    return frame


@pytest.fixture
def table(patients, tmp_path):
    path = tmp_path / "patients.csv"
    patients.to_csv(path, index=False)
    return path


@pytest.fixture
def records(tmp_path):
    """Patients with visits, in Parquet."""
    cohort = make_icu_cohort(n_patients=300, random_state=0)
    path = tmp_path / "records.parquet"
    cohort.data.assign(died=cohort.target).to_parquet(path)
    return path


@pytest.fixture
def admissions(tmp_path):
    """A table whose outcome depends on the department alone, which women choose."""
    rng = np.random.default_rng(0)
    gender = rng.choice(["F", "M"], 2000)
    hard = rng.random(2000) < np.where(gender == "F", 0.7, 0.3)
    admitted = (rng.random(2000) < np.where(hard, 0.2, 0.6)).astype(int)
    path = tmp_path / "admissions.csv"
    frame = pd.DataFrame({"gender": gender, "hard": hard, "admitted": admitted})
    frame.to_csv(path, index=False)
    return path
