import sys

import numpy as np
import pandas as pd
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from drawn_points import bar_lengths, xy  # noqa: E402

from fairsample.plots import FairnessFrontierDisplay  # noqa: E402

POINTS = {
    "real": ([0.60, 0.62], [0.30, 0.40]),
    "FairSynth λ=1": ([0.70, 0.72], [0.80, 0.90]),
    "FairSynth λ=0": ([0.74, 0.76], [0.50, 0.60]),
    "FairSynth λ=0.5": ([0.73, 0.73], [0.70, 0.72]),
    "copies": ([0.71, 0.69], [np.nan, 0.65]),
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def comparison():
    records = [
        (augmenter, seed, metric, value)
        for augmenter, (utilities, fairnesses) in POINTS.items()
        for metric, values in [
            ("balanced_accuracy", utilities),
            ("disparate_impact", fairnesses),
            ("f1", [0.5, 0.5]),
        ]
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(records, columns=["augmenter", "seed", "metric", "value"])


def test_frontier_joins_the_means_in_the_order_of_the_weights(comparison):
    display = FairnessFrontierDisplay.from_comparison(comparison)
    np.testing.assert_allclose(
        xy(display.frontier_), [[0.75, 0.55], [0.73, 0.71], [0.71, 0.85]]
    )
    assert display.frontier.index.tolist() == [0, 0.5, 1]
    assert [label.get_text() for label in display.weight_labels_] == [
        "λ=0",
        "λ=0.5",
        "λ=1",
    ]
    np.testing.assert_allclose(
        [label.xy for label in display.weight_labels_], xy(display.frontier_)
    )


def test_bars_are_standard_deviations(comparison):
    display = FairnessFrontierDisplay.from_comparison(comparison)
    utility_bars, fairness_bars = bar_lengths(display.frontier_)
    sd = np.sqrt(2) * 0.01
    np.testing.assert_allclose(utility_bars, [sd, 0, sd], atol=1e-12)
    np.testing.assert_allclose(fairness_bars, [5 * sd, sd, 5 * sd], atol=1e-12)


def test_rivals_are_labelled_points_in_their_order(comparison):
    display = FairnessFrontierDisplay.from_comparison(comparison)
    assert list(display.rivals_) == ["real", "copies"]
    np.testing.assert_allclose(xy(display.rivals_["real"]), [[0.61, 0.35]])
    np.testing.assert_allclose(xy(display.rivals_["copies"]), [[0.70, 0.65]])
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert set(legend) == {"real", "copies", "FairSynth"}
    points = [container.lines[0] for container in display.rivals_.values()]
    assert len({point.get_color() for point in points}) == 2
    assert len({point.get_marker() for point in points}) == 2
    assert {point.get_linestyle() for point in points} == {"None"}


def test_weights_given(comparison):
    display = FairnessFrontierDisplay.from_comparison(
        comparison, fairness_weights={"copies": 3, "real": 1}, utility="f1"
    )
    assert display.frontier.index.tolist() == [1, 3]
    assert len(display.rivals_) == 3
    assert display.ax_.get_xlabel().startswith("f1 ")
    assert display.ax_.get_ylabel().startswith("disparate impact ")


def test_no_weights_at_all(comparison):
    rivals = comparison[~comparison["augmenter"].str.contains("λ")]
    display = FairnessFrontierDisplay.from_comparison(rivals)
    assert display.frontier_ is None
    assert display.weight_labels_ == []
    assert list(display.rivals_) == ["real", "copies"]


def test_single_seed_has_bars_of_no_length(comparison):
    display = FairnessFrontierDisplay.from_comparison(
        comparison[comparison["seed"] == 1]
    )
    assert np.max(bar_lengths(display.frontier_)) == 0


def test_axes_and_styles_of_the_caller(comparison):
    figure, ax = plt.subplots()
    display = FairnessFrontierDisplay.from_comparison(
        comparison,
        ax=ax,
        name="ours",
        frontier_kw={"color": "k", "linestyle": ":"},
        rival_kw={"markersize": 3},
    )
    assert display.ax_ is ax
    assert display.figure_ is figure
    line = display.frontier_.lines[0]
    assert (line.get_color(), line.get_linestyle()) == ("k", ":")
    assert display.frontier_.get_label() == "ours"
    assert display.rivals_["real"].lines[0].get_markersize() == 3


def test_display_can_be_drawn_again(comparison):
    display = FairnessFrontierDisplay.from_comparison(comparison)
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
    assert len(display.weight_labels_) == 3


def test_more_rivals_than_colors():
    columns = ["utility", "utility_sd", "fairness", "fairness_sd"]
    rivals = pd.DataFrame(0.5, index=[f"rival {i}" for i in range(20)], columns=columns)
    display = FairnessFrontierDisplay(rivals.iloc[:0], rivals=rivals).plot()
    styles = {
        (point.lines[0].get_color(), point.lines[0].get_marker())
        for point in display.rivals_.values()
    }
    assert len(styles) == 20


def test_comparison_is_left_alone(comparison):
    before = comparison.copy()
    FairnessFrontierDisplay.from_comparison(comparison)
    pd.testing.assert_frame_equal(comparison, before)


def test_unknown_metric(comparison):
    with pytest.raises(ValueError, match=r"no metric \['kindness'\]"):
        FairnessFrontierDisplay.from_comparison(comparison, utility="kindness")


def test_unknown_augmenter(comparison):
    with pytest.raises(ValueError, match=r"fairness_weights names \['x'\]"):
        FairnessFrontierDisplay.from_comparison(comparison, fairness_weights={"x": 1})


def test_matplotlib_is_imported_on_plotting_only():
    import subprocess

    code = "import sys, fairsample.plots; print('matplotlib' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


def test_labels_of_near_points_do_not_cover_each_other():
    frontier = pd.DataFrame(
        [[0.690, 0, 0.655, 0], [0.6835, 0, 0.705, 0], [0.684, 0, 0.714, 0]],
        index=[0.0, 0.5, 1.0],
        columns=["utility", "utility_sd", "fairness", "fairness_sd"],
    )
    rivals = frontier.iloc[:1].assign(utility=0.58, fairness=0.15).set_axis(["real"])
    display = FairnessFrontierDisplay(frontier, rivals=rivals).plot()
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.weight_labels_]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
