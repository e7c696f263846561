"""What releases took of a budget."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from fairsample import FlipResampler  # noqa: E402
from fairsample.flip.budget import PrivacyLedger  # noqa: E402
from fairsample.flip.mechanism import Mechanism  # noqa: E402
from fairsample.plots import PrivacyLedgerDisplay  # noqa: E402

from_ledger = PrivacyLedgerDisplay.from_ledger

SPENT = pd.DataFrame(
    {
        "release": ["cells", "columns", "pairs"],
        "reads": ["rows of each cell", "each column", "every pair of columns"],
        "epsilon so far": [0.25, 0.75, 1.5],
    }
)
OF_GROUPS = pd.DataFrame(
    {
        "release": ["cells", "steps", "steps", "more steps", "more steps", "end"],
        "group": [None, "F", "M", "F", "M", None],
        "epsilon so far": [0.25, 1.0, 0.5, 1.25, 1.0, 1.5],
    }
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def spans(bars):
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]


def texts_of(labels):
    return [label.get_text() for label in labels]


def test_each_bar_begins_where_the_one_before_ended():
    display = from_ledger(SPENT)
    assert spans(display.bars_) == [(0, 0.25), (0.25, 0.75), (0.75, 1.5)]
    assert spans(display.earlier_bars_) == [(0, 0), (0, 0.25), (0, 0.75)]
    assert texts_of(display.value_labels_) == [
        "+0.250 → 0.250",
        "+0.500 → 0.750",
        "+0.750 → 1.500",
    ]
    assert texts_of(display.ax_.get_yticklabels()) == ["cells", "columns", "pairs"]
    assert texts_of(display.ax_.get_yticklabels(minor=True)) == SPENT["reads"].tolist()
    assert display.ax_.yaxis_inverted()


def test_groups_go_on_from_what_their_own_rows_had_spent():
    display = from_ledger(OF_GROUPS)
    assert display.steps_["before"].tolist() == [0, 0.25, 0.25, 1.0, 0.5, 1.25]
    assert display.steps_["number"].tolist() == [0, 1, 1, 2, 2, 3]
    parts = texts_of(display.ax_.get_yticklabels(minor=True))
    assert parts == ["", "F", "M", "F", "M", ""]
    names = texts_of(display.ax_.get_yticklabels())
    assert names == ["cells", "steps", "more steps", "end"]


def test_the_same_release_about_the_same_group_is_another_one():
    twice = OF_GROUPS.iloc[[1, 2, 1, 2]].assign(**{"epsilon so far": [1, 1, 2, 2.0]})
    display = from_ledger(twice)
    assert display.steps_["number"].tolist() == [0, 0, 1, 1]
    assert display.steps_["before"].tolist() == [0, 0, 1, 1]


def test_bars_of_one_release_stand_nearer_to_each_other():
    middles = [bar.get_y() for bar in from_ledger(OF_GROUPS).bars_]
    gaps = np.diff(middles)
    assert (gaps > 0).all()
    assert gaps[[1, 3]] == pytest.approx(1)
    assert gaps[[0, 2, 4]] == pytest.approx(1.4)


def test_the_budget_is_in_view():
    display = from_ledger(SPENT, budget=4.0)
    assert display.budget_line_.get_xdata() == [4.0, 4.0]
    assert display.ax_.get_xlim()[1] > 4
    assert "budget ε = 4" in texts_of(display.ax_.texts)
    beyond = from_ledger(SPENT, budget=0.5)
    assert beyond.ax_.get_xlim()[1] > 1.5
    assert from_ledger(SPENT).budget_line_ is None


def test_ledgers_and_their_frames_look_the_same():
    ledger = PrivacyLedger(delta=1e-6)
    ledger.add(Mechanism("counts", "rows of each cell", 10.0))
    rates = {("F", "A"): (0.02, 4.0), ("M", "A"): (0.01, 4.0)}
    ledger.add(Mechanism("steps", "gradients", n_steps=50, groups=rates))
    display = from_ledger(ledger)
    assert display.ax_.get_xlabel() == "ε so far at δ = 1e-06"
    assert display.steps_["so far"].max() == pytest.approx(ledger.epsilon())
    parts = texts_of(display.ax_.get_yticklabels(minor=True))
    assert parts == ["rows of each cell", "F, A", "M, A"]
    of_frame = from_ledger(ledger.to_frame())
    pd.testing.assert_frame_equal(of_frame.steps_, display.steps_)
    assert of_frame.ax_.get_xlabel() == "ε so far"


def test_what_a_resampler_has_spent():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"sex": ["F", "M"] * 60, "age": rng.uniform(20, 90, 120)})
    y = pd.Series(rng.integers(0, 2, 120), name="died")
    domain = {
        "sex": {"categories": ["F", "M"]},
        "died": {"categories": [0, 1]},
        "age": {"bounds": [20, 90]},
    }
    resampler = FlipResampler("sex", epsilon=3.0, domain=domain, max_iter=2)
    with pytest.raises(NotFittedError):
        PrivacyLedgerDisplay.from_resampler(resampler)
    display = PrivacyLedgerDisplay.from_resampler(resampler.fit(X, y))
    assert display.steps_["so far"].iloc[-1] == pytest.approx(resampler.epsilon_)
    assert display.budget_line_.get_xdata()[0] == 3.0
    assert display.ax_.get_xlabel() == "ε so far at δ = 1e-05"
    exact = FlipResampler("sex", epsilon=None, max_iter=2).fit(X, y)
    with pytest.raises(ValueError, match="no privacy"):
        PrivacyLedgerDisplay.from_resampler(exact)


@pytest.mark.parametrize("n_groups", [1, 12])
def test_texts_do_not_cover_each_other(n_groups):
    name = "Native Hawaiian or Other Pacific Islander"
    ledger = pd.DataFrame(
        {
            "release": ["counts of everything there is"] + ["steps"] * n_groups,
            "reads": ["ranges and categories of '$age', '$insurance' and of 12 more"]
            * (n_groups + 1),
            "group": [None] + [f"{name}, {number}" for number in range(n_groups)],
            "epsilon so far": np.linspace(0.5, 2, n_groups + 1),
        }
    )
    display = from_ledger(ledger, budget=2.0)
    display.figure_.canvas.draw()
    ax = display.ax_
    texts = [*ax.texts, *ax.get_yticklabels(), *ax.get_yticklabels(minor=True)]
    boxes = [text.get_window_extent() for text in [*texts, ax.xaxis.label]]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
    figure = display.figure_.bbox
    assert all(figure.x0 <= box.x0 and box.x1 <= figure.x1 for box in boxes)
    assert all(figure.y0 <= box.y0 and box.y1 <= figure.y1 for box in boxes)
    assert not any(text.get_parse_math() for text in ax.get_yticklabels(minor=True))


def test_axes_of_the_caller_and_frame_as_it_was():
    before = OF_GROUPS.copy()
    figure, ax = plt.subplots()
    display = PrivacyLedgerDisplay(OF_GROUPS)
    assert display.plot(ax, values=False, bar_kw={"color": "k"}) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.value_labels_ == []
    assert display.bars_[0].get_facecolor() == (0, 0, 0, 1)
    assert display.plot().ax_ is not ax
    pd.testing.assert_frame_equal(OF_GROUPS, before)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no column 'epsilon so far'"):
        from_ledger(SPENT.drop(columns="epsilon so far"))
    with pytest.raises(ValueError, match="nothing was released"):
        from_ledger(PrivacyLedger(delta=1e-5))
    with pytest.raises(ValueError, match="'pairs' is no number"):
        from_ledger(SPENT.assign(**{"epsilon so far": [0.1, 0.2, np.inf]}))
