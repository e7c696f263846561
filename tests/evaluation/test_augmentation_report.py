import sys
from html import escape

import numpy as np
import pandas as pd
import pytest
from report_rows import QUICK, draw_patients, draw_records
from resamplers import numpy_state

from fairsample import GroupRandomOverSampler
from fairsample.evaluation import (
    AugmentationReport,
    augmentation_report,
    report_columns,
    report_section,
)

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

REAL, SYNTHETIC, TEST = (
    draw_patients(n, seed) for n, seed in ((400, 0), (200, 1), (300, 2))
)


def report_of(real=REAL, synthetic=SYNTHETIC, **params):
    params = {
        "sensitive_features": "sex",
        "test": TEST,
        "models": QUICK,
        "n_boot": 20,
    } | params
    return AugmentationReport(real, synthetic, **params)


@pytest.fixture(scope="module")
def report():
    return report_of()


@pytest.fixture
def undrawn(monkeypatch):
    """Leave pictures out, and the slowest of the metrics."""
    monkeypatch.setattr(report_section.ReportSection, "draw", lambda *args: None)
    monkeypatch.setattr(
        report_columns, "classifier_two_sample_test", lambda *args, **kwargs: 0.5
    )


def keys(report):
    return [section.key for section in report.sections_]


def test_sections_are_those_that_apply(report, undrawn):
    assert keys(report) == ["cells", "models", "columns", "nearest"]
    records = report_of(draw_records(300, 0), draw_records(200, 1), test=None)
    assert keys(records) == ["cells", "models", "records", "nearest"]
    assert not [w for w in report.warnings_ if "could not be" in w]
    assert not [w for w in records.warnings_ if "could not be" in w]


def test_the_long_table_has_every_figure(report):
    frame = report.to_frame()
    assert frame.columns.tolist() == list(augmentation_report.FINDING)
    assert frame["section"].unique().tolist() == keys(report)
    assert not frame[["section", "item", "metric"]].duplicated().any()
    assert (frame["low"] <= frame["high"])[frame["low"].notna()].all()


def test_the_same_seed_gives_the_same_page(report, tmp_path):
    again = report_of()
    for name, one in {"a": report, "b": again}.items():
        one.write_html(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_seed_gives_other_figures(report, undrawn):
    assert not report.to_frame().equals(report_of(seed=1).to_frame())


def test_data_and_random_state_are_left_alone(undrawn):
    before = [X.copy() for X, _ in (REAL, SYNTHETIC, TEST)]
    state = numpy_state()
    report_of()
    assert numpy_state() == state
    for (X, _), old in zip((REAL, SYNTHETIC, TEST), before, strict=True):
        pd.testing.assert_frame_equal(X, old)


def test_no_figure_stays_open(report):
    import matplotlib.pyplot as plt

    plt.close("all")
    report_of()
    assert plt.get_fignums() == []
    assert [f.name for s in report.sections_ for f in s.figures] == [
        "cell_balance",
        "models",
        "columns",
    ]


def test_a_section_that_fails_is_told_and_the_others_stay(monkeypatch, undrawn):
    def fail(*args, **kwargs):
        raise RuntimeError("odd data")

    monkeypatch.setattr(augmentation_report, "columns_section", fail)
    report = report_of()
    assert keys(report) == ["cells", "models", "nearest"]
    assert (
        "The section on columns could not be made: RuntimeError: odd data"
        in report.warnings_
    )


def test_there_is_a_report_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    report = report_of()
    assert not [figure for section in report.sections_ for figure in section.figures]
    assert len([w for w in report.warnings_ if "Install matplotlib" in w]) == 1
    assert keys(report) == ["cells", "models", "columns", "nearest"]


def test_without_test_rows_the_report_says_what_that_is_worth(report, undrawn):
    seen = report_of(test=None)
    assert "the generator has seen" in seen.warnings_[0]
    assert not [w for w in report.warnings_ if "No test rows" in w]


def test_it_says_it_in_words(undrawn):
    report = report_of(title="Ward 7", test=None)
    text = repr(report)
    assert text.startswith("Ward 7\n400 real rows and 200 synthetic ones")
    assert "! No test rows were given" in text
    assert "<h1>Ward 7</h1>" in report._repr_html_()


def test_everything_is_saved_or_nothing(report, tmp_path, monkeypatch):
    folder = tmp_path / "saved"
    report.save(folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "report.html",
        "report.csv",
        *(f"{name}.csv" for name in report.tables_),
        *("cell_balance.png", "models.png", "columns.png"),
    }
    assert (folder / "models.png").read_bytes().startswith(b"\x89PNG")
    stored = pd.read_csv(folder / "report.csv")
    assert stored["real"].equals(report.to_frame()["real"])
    cells = pd.read_csv(folder / "cells.csv", index_col=["group", "died"])
    pd.testing.assert_frame_equal(cells, report.tables_["cells"])
    with pytest.raises(ValueError, match="holds something"):
        report.save(folder)
    monkeypatch.setattr(AugmentationReport, "to_frame", None)
    with pytest.raises(TypeError):
        report.save(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_an_empty_folder_is_filled(report, tmp_path):
    report.save(tmp_path)
    assert (tmp_path / "report.html").is_file()


def test_names_of_columns_groups_and_models_do_not_run(tmp_path):
    evil = "<script>alert(1)</script>"
    rows = [
        (
            X.rename(columns={"dose": evil}).assign(sex=X["sex"] + evil, c="$x^"),
            y.map({0: evil, 1: "$"}).rename(evil),
        )
        for X, y in (REAL, SYNTHETIC)
    ]
    report = report_of(
        *rows, test=None, title=evil, models={evil: QUICK["logit"]}, pos_label=evil
    )
    path = tmp_path / "page.html"
    report.write_html(path)
    page = path.read_text()
    assert "<script" not in page
    assert escape(evil) in page
    assert len(report.sections_) == 4
    assert not [w for w in report.warnings_ if "could not be" in w]
    report.save(tmp_path / "all")


def test_odd_columns_are_no_obstacle():
    rng = np.random.default_rng(0)

    def odd(rows):
        X, y = rows
        n = len(X)
        return X.assign(
            dose=X["dose"].where(rng.random(n) < 0.8),
            stage=pd.Categorical(rng.choice(["I", "II"], n), categories=["II", "I"]),
            count=pd.array(rng.integers(0, 40, n), dtype="Int16"),
            flag=pd.array(rng.random(n) < 0.5, dtype="boolean"),
            day=pd.to_datetime(rng.integers(18000, 18090, n), unit="D"),
            empty=np.nan,
            unit="mg",
            text=[f"note {i}" for i in range(n)],
        ), y

    report = report_of(
        odd(REAL),
        odd(SYNTHETIC),
        test=odd(TEST),
        models={"logit": QUICK["logit"]},
    )
    assert keys(report) == ["cells", "models", "columns", "nearest"]
    assert not [w for w in report.warnings_ if "could not be" in w]
    told = " ".join(report.warnings_)
    assert "'unit', 'empty'" in told
    assert "'text'" in told


def test_what_a_resampler_has_returned(undrawn):
    X, y = REAL
    resampler = GroupRandomOverSampler("sex", random_state=0)
    resampled = resampler.fit_resample(X, y)
    report = AugmentationReport.from_resampled(
        resampler, *resampled, test=TEST, models=QUICK, n_boot=20
    )
    cells = report.tables_["cells"]
    counts = resampler.cell_counts_.to_numpy().ravel()
    assert cells["real"].tolist() == counts.tolist()
    assert cells["planned"].tolist() == list(resampler.rows_owed_.values())
    assert cells["synthetic"].tolist() == list(resampler.rows_owed_.values())
    assert cells.index.names == ["group", "died"]
    assert "written by GroupRandomOverSampler" in repr(report)
    assert (
        report.to_frame().set_index(["item", "metric"])["synthetic"][
            "synthetic rows", "exact copies of real rows"
        ]
        == 1.0
    )


def test_groups_that_are_no_columns(undrawn):
    X, y = REAL[0].drop(columns="sex"), REAL[1]
    resampler = GroupRandomOverSampler(random_state=0)
    resampled = resampler.fit_resample(X, y, sensitive_features=REAL[0]["sex"])
    quick = {"models": QUICK, "n_boot": 20}
    report = AugmentationReport.from_resampled(resampler, *resampled, **quick)
    counts = resampler.cell_counts_.to_numpy().ravel()
    assert report.tables_["cells"]["real"].tolist() == counts.tolist()
    X_test = TEST[0].drop(columns="sex")
    with pytest.raises(ValueError, match="are values, and no columns of X"):
        AugmentationReport.from_resampled(
            resampler, *resampled, test=(X_test, TEST[1]), **quick
        )
    values = [*resampler.sensitive_features_, *TEST[0]["sex"]]
    AugmentationReport.from_resampled(
        resampler,
        *resampled,
        test=(X_test, TEST[1]),
        sensitive_features=np.array(values),
        **quick,
    )


def test_arrays(undrawn):
    X, y = REAL[0][["dose"]].to_numpy(), REAL[1].to_numpy()
    X = np.column_stack([X, REAL[0]["sex"] == "F"])
    resampler = GroupRandomOverSampler([1], random_state=0)
    resampled = resampler.fit_resample(X, y)
    report = AugmentationReport.from_resampled(
        resampler, *resampled, models=QUICK, n_boot=20
    )
    assert keys(report) == ["cells", "models", "columns", "nearest"]
    assert report.tables_["columns"].index.tolist() == ["x0"]


def test_results_that_are_not_the_last_one_are_refused():
    resampler = GroupRandomOverSampler("sex", random_state=0)
    X, y = resampler.fit_resample(*REAL)
    with pytest.raises(ValueError, match="the last result of the resampler"):
        AugmentationReport.from_resampled(resampler, X[:-1], y[:-1])
    resampler.fit(*REAL)
    with pytest.raises(ValueError, match="added no rows"):
        AugmentationReport.from_resampled(resampler, *REAL)
    with pytest.raises(ValueError, match="real=\\(X, y\\)"):
        AugmentationReport.from_resampled(resampler, *resampler.sample(50))
