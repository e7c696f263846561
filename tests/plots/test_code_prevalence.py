"""Codes of synthetic records against those of real ones."""

import numpy as np
import pandas as pd
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from fairsample.datasets import make_icu_cohort  # noqa: E402
from fairsample.metrics import record_fidelity  # noqa: E402
from fairsample.plots import CodePrevalenceDisplay  # noqa: E402
from fairsample.plots.palette import PALETTE  # noqa: E402

REAL = [[["DX:1", "RX:a"], ["DX:1"]], [["DX:1", "DX:2"], ["LAB:k:0"]]]
SYNTHETIC = [[["DX:1"], ["DX:1", "RX:a"]], [["DX:1", "RX:b"], ["LAB:k:0", "DX:1"]]]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def shares(pairs, codes=None):
    codes = codes or [f"DX:{number}" for number in range(len(pairs))]
    return pd.DataFrame(pairs, index=codes, columns=["real", "synthetic"])


def places(collection):
    return np.asarray(collection.get_offsets()).tolist()


def many_codes(n_codes=300, seed=0):
    rng = np.random.default_rng(seed)
    real = rng.beta(0.5, 8, n_codes).clip(1e-4)
    synthetic = (real * rng.lognormal(0, 0.4, n_codes)).clip(1e-4, 1)
    codes = [f"RX:potassium chloride 20 meq tablet {n}" for n in range(n_codes)]
    return shares(np.column_stack([real, synthetic]), codes)


def test_points_are_shares_of_visits():
    display = CodePrevalenceDisplay.from_records(REAL, SYNTHETIC)
    assert places(display.points_["DX"]) == [[0.75, 1.0]]
    assert places(display.points_["RX"]) == [[0.25, 0.25]]
    assert places(display.points_["LAB"]) == [[0.25, 0.25]]
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"


def test_codes_of_one_side_stand_on_the_border_of_the_other():
    display = CodePrevalenceDisplay.from_records(REAL, SYNTHETIC)
    ((x, y),) = places(display.absent_["synthetic"])  # DX:2
    assert x == 0.25
    assert 0 < y < 0.25
    ((other_x, other_y),) = places(display.absent_["real"])  # RX:b
    assert other_y == 0.25
    assert other_x == y
    low, high = display.ax_.get_xlim()
    assert low < y < high
    shade, _ = display.ax_.patches
    assert low <= shade.get_x() < y < shade.get_x() + shade.get_width() < 0.25
    shown = {text.get_text() for text in display.ax_.texts}
    assert {"not in real records", "not in synthetic records"} <= shown
    border = [collection.get_facecolors() for collection in display.absent_.values()]
    assert all(colors.size == 0 for colors in border)  # open points


def test_without_absent_codes_there_is_no_border():
    display = CodePrevalenceDisplay.from_records(REAL, REAL)
    assert all(places(found) == [] for found in display.absent_.values())
    assert len(display.ax_.texts) == 0
    assert display.r2_ == 1.0


def test_r2_is_that_of_record_fidelity():
    visits = make_icu_cohort(n_patients=400, random_state=0).data["visits"]
    real, synthetic = visits[:300], visits[300:]
    display = CodePrevalenceDisplay.from_records(real, synthetic)
    assert display.r2_ == pytest.approx(record_fidelity(real, synthetic).r2_codes)
    title = display.ax_.get_legend().get_title().get_text()
    assert title == f"R² = {display.r2_:.3f}"


def test_undefined_r2_is_not_shown():
    display = CodePrevalenceDisplay(shares([[0.5, 0.4], [0.5, 0.3]])).plot()
    assert np.isnan(display.r2_)
    assert display.ax_.get_legend().get_title().get_text() == ""


def test_each_prefix_has_a_colour_and_a_marker_of_its_own():
    codes = [f"{prefix}:{n}" for n in range(9) for prefix in "ABCDEFGHI"[: n + 1]]
    codes = [*codes, "fall", "burn"]
    display = CodePrevalenceDisplay(shares([[0.2, 0.3]] * len(codes), codes)).plot()
    counts = {name: len(places(found)) for name, found in display.points_.items()}
    assert counts == {"A": 9, "B": 8, "C": 7, "D": 6, "others": 8, "E": 5, "F": 4}
    colors = {tuple(found.get_facecolors()[0]) for found in display.points_.values()}
    shapes = {str(f.get_paths()[0].vertices) for f in display.points_.values()}
    assert len(colors) == len(shapes) == len(PALETTE) == 7
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend[:2] == ["A (9)", "B (8)"]


def test_codes_without_prefixes():
    display = CodePrevalenceDisplay(shares([[0.2, 0.3]] * 2, ["fall", "burn"])).plot()
    assert list(display.points_) == ["codes"]


def test_codes_farthest_apart_are_named_in_that_order():
    frame = shares([[0.9, 0.88], [0.01, 0.0], [0.3, 0.1], [0.2, 0.2], [0.02, 0.05]])
    display = CodePrevalenceDisplay(frame).plot(n_labels=3)
    labels = [label.get_text() for label in display.code_labels_]
    assert labels == ["DX:2", "DX:1", "DX:4"]
    assert display.code_labels_[0].xy == pytest.approx((0.3, 0.1))
    everything = CodePrevalenceDisplay(frame).plot(n_labels=99).code_labels_
    assert len(everything) == 4  # DX:3 is where it should be
    assert CodePrevalenceDisplay(frame).plot(n_labels=0).code_labels_ == []


def test_labels_do_not_cover_each_other_and_stay_inside():
    display = CodePrevalenceDisplay(many_codes()).plot(n_labels=10)
    display.figure_.canvas.draw()
    ax = display.ax_
    extent = matplotlib.text.Text.get_window_extent
    boxes = [extent(label) for label in display.code_labels_]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1
        assert ax.bbox.y0 <= box.y0 and box.y1 <= ax.bbox.y1
    figure = display.figure_.bbox
    for text in (ax.xaxis.label, ax.yaxis.label, *ax.get_legend().get_texts()):
        box = text.get_window_extent()
        assert figure.x0 <= box.x0 and box.x1 <= figure.x1
        assert figure.y0 <= box.y0 and box.y1 <= figure.y1


def test_long_names_are_ended_early_and_dollars_are_no_mathematics():
    frame = shares([[0.2, 0.3]], ["RX:$x_{$ of a very long name indeed, 20 mg"])
    display = CodePrevalenceDisplay(frame).plot()
    display.figure_.canvas.draw()
    (label,) = display.code_labels_
    assert label.get_text().startswith("RX:$x_{$ of")
    assert label.get_text().endswith("…")
    assert not label.get_parse_math()


def test_many_points_are_pixels():
    few = CodePrevalenceDisplay(many_codes(50)).plot(n_labels=0)
    many = CodePrevalenceDisplay(many_codes(1500)).plot(n_labels=0)
    assert not few.points_["RX"].get_rasterized()
    assert many.points_["RX"].get_rasterized()


def test_axes_and_styles_of_the_caller():
    figure, ax = plt.subplots()
    frame = shares([[0.5, 0.4], [0.1, 0.3]])
    before = frame.copy()
    display = CodePrevalenceDisplay(frame)
    assert display.plot(ax, scatter_kw={"color": "k", "alpha": 1}) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.points_["DX"].get_facecolors()[0].tolist() == [0, 0, 0, 1]
    assert display.plot().ax_ is not ax
    pd.testing.assert_frame_equal(frame, before)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no code"):
        CodePrevalenceDisplay.from_records([[[]]], [[[]]])
    with pytest.raises(ValueError, match=r"'DX:1'.*\[0.1, 1.2\]"):
        CodePrevalenceDisplay(shares([[0.5, 0.4], [0.1, 1.2]])).plot()
    with pytest.raises(ValueError, match="'DX:0'"):
        CodePrevalenceDisplay(shares([[np.nan, 0.4]])).plot()
    with pytest.raises(ValueError, match="at least one visit"):
        CodePrevalenceDisplay.from_records(REAL, [[]])
