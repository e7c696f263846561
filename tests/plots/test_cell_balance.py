"""Bars of group and class."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from fairsample import FlipResampler, GroupRandomOverSampler  # noqa: E402
from fairsample.plots import CellBalanceDisplay  # noqa: E402

COUNTS = {("F", 0): 40, ("F", 1): 12, ("M", 0): 60, ("M", 1): 20}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def rows_of(counts, seed=0):
    cells = [cell for cell, n_rows in counts.items() for _ in range(n_rows)]
    frame = pd.DataFrame(cells, columns=["sex", "died"])
    frame["age"] = np.random.default_rng(seed).uniform(20, 90, len(frame))
    frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    return frame[["sex", "age"]], frame["died"]


def spans(bars):
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]


def texts_of(labels):
    return [label.get_text() for label in labels]


def tables(real, synthetic, n_groups=None):
    n_groups = n_groups or len(real)
    index = [f"group {number}" for number in range(n_groups)]
    return (
        pd.DataFrame(table, index=index, columns=["no", "yes"])
        for table in (real, synthetic)
    )


@pytest.fixture
def resampler():
    return GroupRandomOverSampler("sex", sampling_strategy="cells", random_state=0)


def test_bars_are_stacked_cell_by_cell(resampler):
    display = CellBalanceDisplay.from_resampler(resampler.fit(*rows_of(COUNTS)))
    assert spans(display.real_bars_) == [(0, 40), (0, 12), (0, 60), (0, 20)]
    assert spans(display.synthetic_bars_) == [(40, 60), (12, 60), (60, 60), (20, 60)]
    heights = [bar.get_y() for bar in display.real_bars_]
    assert heights == sorted(heights)
    assert heights == [bar.get_y() for bar in display.synthetic_bars_]
    top, bottom = sorted(display.ax_.get_ylim())
    assert display.ax_.yaxis_inverted()
    assert top < min(heights) < max(heights) < bottom


def test_names_stand_beside_their_cells(resampler):
    ax = CellBalanceDisplay.from_resampler(resampler.fit(*rows_of(COUNTS))).ax_
    assert texts_of(ax.get_yticklabels()) == ["F", "M"]
    assert texts_of(ax.get_yticklabels(minor=True)) == ["0", "1", "0", "1"]
    assert ax.get_ylabel() == "sex, died"


def test_plan_and_result_look_the_same(resampler):
    X, y = resampler.fit_resample(*rows_of(COUNTS))
    planned = CellBalanceDisplay.from_resampler(resampler)
    found = CellBalanceDisplay.from_groups(
        y, resampler.sensitive_features_, resampler.synthetic_mask_
    )
    pd.testing.assert_frame_equal(found.real, planned.real)
    pd.testing.assert_frame_equal(found.synthetic, planned.synthetic)
    assert texts_of(found.value_labels_) == ["40 + 20", "12 + 48", "60", "20 + 40"]


def test_cells_of_a_group_that_is_synthetic_only():
    display = CellBalanceDisplay.from_groups(
        pd.Series(["no", "yes", "no"], name="died"),
        pd.DataFrame({"sex": ["F", "F", "M"], "race": ["A", None, "A"]}),
        [False, False, True],
    )
    assert display.real.index.tolist() == [("F", "A"), ("F", "missing"), ("M", "A")]
    assert display.real.to_numpy().tolist() == [[1, 0], [0, 1], [0, 0]]
    assert display.synthetic.to_numpy().tolist() == [[0, 0], [0, 0], [1, 0]]
    assert display.ax_.get_ylabel() == "sex, race, died"
    names = texts_of(display.ax_.get_yticklabels())
    assert names == ["F, A", "F, missing", "M, A"]


def test_whole_synthetic_tables_stand_beside_the_real_ones():
    X, y = rows_of(COUNTS)
    domain = {
        "sex": {"categories": ["F", "M"]},
        "died": {"categories": [0, 1]},
        "age": {"bounds": [20, 90]},
    }
    resampler = FlipResampler("sex", epsilon=2.0, domain=domain, max_iter=2)
    _, y_private = resampler.fit_resample(X, y)
    display = CellBalanceDisplay.from_resampler(resampler)
    assert all(start == 0 for start, _ in spans(display.synthetic_bars_))
    assert [end for _, end in spans(display.real_bars_)] == (
        resampler.cell_counts_.to_numpy().ravel().tolist()
    )
    assert display.synthetic.to_numpy().sum() == len(y_private)
    real, synthetic = display.real_bars_[0], display.synthetic_bars_[0]
    assert real.get_y() + real.get_height() <= synthetic.get_y() + 1e-9
    assert "→" in display.value_labels_[0].get_text()


def test_an_output_that_leaves_real_rows_out_has_none():
    X, y = rows_of(COUNTS)
    resampler = FlipResampler("sex", epsilon=None, output="synthetic", max_iter=2)
    assert CellBalanceDisplay.from_resampler(resampler.fit(X, y)).replaced
    resampler.set_params(output="auto").fit(X, y)
    assert not CellBalanceDisplay.from_resampler(resampler).replaced


@pytest.mark.parametrize("log", [False, True])
def test_every_bar_is_in_view(log):
    real, synthetic = tables([[100_000, 1], [3, 0]], [[0, 70_000], [5, 0]])
    ax = CellBalanceDisplay(real, synthetic).plot(log=log).ax_
    low, high = ax.get_xlim()
    assert ax.get_xscale() == ("log" if log else "linear")
    assert low < 1 < 100_000 < high
    assert low > 0 or not log


def test_figures_have_thousands_and_no_zero_terms():
    real, synthetic = tables([[100_000, 1], [3, 0]], [[0, 70_000], [5, 0]])
    labels = CellBalanceDisplay(real, synthetic).plot().value_labels_
    assert texts_of(labels) == ["100,000", "1 + 70,000", "3 + 5", "0"]
    bare = CellBalanceDisplay(real, synthetic).plot(values=False)
    assert bare.value_labels_ == []
    assert len(bare.ax_.texts) == 0


def test_many_groups_are_joined_from_the_smallest_on():
    sizes = np.array([5, 90, 1, 70, 2, 80])
    real, synthetic = tables(np.column_stack([sizes, sizes]), np.zeros((6, 2)), 6)
    display = CellBalanceDisplay(real, synthetic).plot(max_groups=4)
    names = texts_of(display.ax_.get_yticklabels())
    assert names == ["group 1", "group 3", "group 5", "3 smaller groups"]
    ends = [end for _, end in spans(display.real_bars_)]
    assert ends == [90, 90, 70, 70, 80, 80, 8, 8]
    kept = CellBalanceDisplay(real, synthetic).plot(max_groups=6)
    assert len(kept.real_bars_) == 12


@pytest.mark.parametrize("n_groups, n_classes", [(2, 2), (25, 2), (4, 7), (12, 3)])
def test_texts_do_not_cover_each_other(n_groups, n_classes):
    index = pd.Index(
        [f"Native Hawaiian or Other Pacific Islander {n}" for n in range(n_groups)]
    )
    real = pd.DataFrame(
        np.full((n_groups, n_classes), 12_345),
        index=index,
        columns=[f"between {n} and {n + 1}" for n in range(n_classes)],
    )
    display = CellBalanceDisplay(real, real).plot()
    ax = display.ax_
    display.figure_.canvas.draw()
    texts = [*display.value_labels_, *ax.get_yticklabels(minor=True)]
    texts += [*ax.get_yticklabels(), *ax.get_legend().get_texts(), ax.xaxis.label]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
    figure = display.figure_.bbox
    assert all(figure.x0 <= box.x0 and box.x1 <= figure.x1 for box in boxes)
    assert all(figure.y0 <= box.y0 and box.y1 <= figure.y1 for box in boxes)


def test_dollars_are_no_mathematics():
    real, synthetic = tables([[1, 2]], [[0, 1]])
    real.columns = pd.Index(["<=$50K", ">$50K"], name="$ and _{$")
    real.index = pd.Index(["$a_{$"], name="x")
    display = CellBalanceDisplay(real, synthetic).plot()
    display.figure_.canvas.draw()
    minor = display.ax_.get_yticklabels(minor=True)
    assert not any(label.get_parse_math() for label in minor)
    assert texts_of(display.ax_.get_yticklabels()) == ["$a_{$"]


def test_real_and_synthetic_are_told_apart_without_colour(resampler):
    display = CellBalanceDisplay.from_resampler(resampler.fit(*rows_of(COUNTS)))
    assert display.real_bars_[0].get_hatch() is None
    assert display.synthetic_bars_[0].get_hatch()
    assert texts_of(display.ax_.get_legend().get_texts()) == ["real", "synthetic"]


def test_axes_of_the_caller_and_frames_as_they_were():
    real, synthetic = tables([[4, 2], [3, 1]], [[0, 2], [1, 3]])
    before = real.copy(), synthetic.copy()
    figure, ax = plt.subplots()
    display = CellBalanceDisplay(real, synthetic)
    assert display.plot(ax, bar_kw={"color": "k"}) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.real_bars_[0].get_facecolor() == (0, 0, 0, 1)
    assert display.plot().ax_ is not ax
    pd.testing.assert_frame_equal(real, before[0])
    pd.testing.assert_frame_equal(synthetic, before[1])


def test_what_cannot_be_drawn_is_refused(resampler):
    from_groups = CellBalanceDisplay.from_groups
    with pytest.raises(NotFittedError):
        CellBalanceDisplay.from_resampler(resampler)
    with pytest.raises(ValueError, match="inconsistent"):
        from_groups([0, 1, 0], ["F", "M", "F"], [True, False])
    with pytest.raises(ValueError, match="True for synthetic"):
        from_groups([0, 1, 0], ["F", "M", "F"], [1, 0, 2])
    with pytest.raises(ValueError, match="continuous"):
        from_groups([0.1, 1.3, 0.2], ["F", "M", "F"], [True, False, False])
    with pytest.raises(ValueError, match="the same cells"):
        real, synthetic = tables([[4, 2], [3, 1]], [[0, 2], [1, 3]])
        CellBalanceDisplay(real, synthetic.iloc[:1]).plot()
