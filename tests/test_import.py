import subprocess
import sys

import pytest

import fairsample

HEAVY = ("torch", "skorch", "opacus", "sklearn", "imblearn", "pandas", "scipy")


def heavy_modules_after(statement):
    """Run a statement in a fresh interpreter; list the heavy modules it loaded."""
    listing = f"print(*[name for name in {HEAVY} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; {listing}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    assert heavy_modules_after("import fairsample; fairsample.__version__") == []


def test_asking_for_a_name_loads_what_it_needs():
    loaded = heavy_modules_after("import fairsample; fairsample.FairSynthResampler")
    assert {"torch", "skorch", "sklearn", "pandas"} <= set(loaded)


def test_classical_samplers_and_metrics_need_no_torch():
    loaded = heavy_modules_after(
        "import fairsample.metrics, fairsample.datasets;"
        "from fairsample import GroupRandomOverSampler, VisitVectorizer"
    )
    assert not {"torch", "skorch", "opacus"} & set(loaded)


@pytest.mark.parametrize("name", fairsample.__all__)
def test_public_names_resolve(name):
    value = getattr(fairsample, name)
    assert name == "__version__" or value.__name__ == name


def test_dir_lists_the_public_names():
    assert set(fairsample.__all__) <= set(dir(fairsample))


def test_unknown_names_raise():
    with pytest.raises(AttributeError, match="has no attribute 'FairSynthesiser'"):
        fairsample.FairSynthesiser  # noqa: B018
