"""Lines over the epochs of training."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from fairsample import (  # noqa: E402
    FairSynthResampler,
    FlipResampler,
    GroupRandomOverSampler,
    VisitTransformerClassifier,
)
from fairsample.datasets import make_icu_cohort  # noqa: E402
from fairsample.plots import TrainingHistoryDisplay  # noqa: E402

from_history = TrainingHistoryDisplay.from_history
from_resampler = TrainingHistoryDisplay.from_resampler

PENALTIES = [(4.0, 10), (1.0, 30)]  # of two batches, and their rows


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def noted(n_epochs=4, fair_from=3):
    """A history as skorch keeps it; the penalty is noted of batches only."""
    epochs = []
    for number in range(1, n_epochs + 1):
        batches = [
            {"train_loss": 9.0, "train_batch_size": size, "event_lr": 0.1}
            | ({"train_penalty": penalty} if number >= fair_from else {})
            for penalty, size in PENALTIES
        ]
        epochs.append(
            {
                "epoch": number,
                "dur": 0.3,
                "train_batch_count": 2,
                "train_loss": np.float64(1 / number),
                "train_loss_best": True,
                "valid_loss": 2 / number,
                "event_lr": 0.1,
                "f1": 0.5,
                "batches": batches,
            }
        )
    return epochs


def drawn(display):
    return {name: line.get_ydata().tolist() for name, line in display.lines_.items()}


def test_every_term_of_every_epoch_is_drawn_and_nothing_else():
    display = from_history(noted())
    values = drawn(display)
    assert list(values) == ["train_loss", "valid_loss", "f1", "train_penalty"]
    assert values["train_loss"] == [1, 1 / 2, 1 / 3, 1 / 4]
    assert values["valid_loss"] == [2, 1, 2 / 3, 1 / 2]
    assert values["f1"] == [0.5] * 4
    x = display.lines_["train_loss"].get_xdata()
    assert x.tolist() == [1, 2, 3, 4]


def test_values_of_batches_are_means_over_rows():
    penalty = drawn(from_history(noted()))["train_penalty"]
    assert np.isnan(penalty[:2]).all()
    assert penalty[2:] == [1.75, 1.75]  # (4 * 10 + 1 * 30) / 40


def test_a_panel_for_each_term():
    display = from_history(noted())
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "f1", "penalty"]
    assert display.ax_ is display.axes_[0]
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["training rows", "validation rows"]
    lines = display.lines_
    styles = {lines[n].get_linestyle() for n in ("train_loss", "valid_loss")}
    assert len(styles) == 2
    assert display.axes_[-1].get_xlabel() == "epoch"


def test_terms_can_be_chosen():
    display = TrainingHistoryDisplay(from_history(noted()).history)
    assert list(display.plot(terms="loss").lines_) == ["train_loss", "valid_loss"]
    assert list(display.plot(terms=["penalty", "f1"]).lines_) == ["train_penalty", "f1"]
    with pytest.raises(ValueError, match="no term 'accuracy'; its terms are 'loss'"):
        display.plot(terms=["accuracy"])


def test_epochs_under_a_fairness_term_are_shaded():
    display = from_history(noted(), fair_from=3)
    assert len(display.phases_) == 3
    for shade in display.phases_:
        assert shade.get_x() == 2.5
        assert shade.get_x() + shade.get_width() == 4.5
    assert [text.get_text() for text in display.ax_.texts] == ["with the fairness term"]
    assert from_history(noted()).phases_ == []


def test_few_epochs_have_markers_and_many_have_none():
    assert from_history(noted(1)).lines_["train_loss"].get_markersize() > 0
    assert from_history(noted(50)).lines_["train_loss"].get_markersize() == 0


@pytest.fixture(scope="module")
def cohort():
    return make_icu_cohort(n_patients=120, random_state=0)


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_fairsynth_is_shaded_where_the_fairness_term_begins(cohort, tmp_path):
    X = cohort.table[["ethnicity", "age"]]
    settings = {"max_epochs": 2, "fairness_epochs": 3, "random_state": 0}
    resampler = FairSynthResampler("ethnicity", **settings).fit(X, cohort.target)
    display = from_resampler(resampler)
    assert len(display.history) == 5
    assert display.fair_from == 3
    expected = [epoch["valid_loss"] for epoch in resampler.net_.history]
    assert drawn(display)["valid_loss"] == expected
    plain = FairSynthResampler("ethnicity", fairness_weight=0, **settings)
    assert from_resampler(plain.fit(X, cohort.target)).fair_from is None


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_other_nets(cohort):
    classifier = VisitTransformerClassifier(max_epochs=2, random_state=0)
    display = from_resampler(classifier.fit(cohort.data, cohort.target))
    assert {"train_loss", "valid_loss"} <= set(display.lines_)
    assert display.fair_from is None
    X = cohort.table[["gender", "age"]]
    network = {"epsilon": None, "network": True, "max_epochs": 1, "random_state": 0}
    flip = FlipResampler("gender", **network).fit(X, cohort.target)
    display = from_resampler(flip)
    assert list(display.lines_) == ["train_loss"]
    assert 1 < display.fair_from <= len(display.history)


class WithBackend(GroupRandomOverSampler):
    """A resampler whose language model has noted its training."""

    def use(self, backend):
        self.backend_ = backend
        return self


def test_language_models(cohort):
    class FineTuned:
        history_ = noted()

    class Scratch:
        class net_:
            history, max_epochs = noted(), 4

    for backend in (FineTuned(), Scratch()):
        display = from_resampler(WithBackend("gender").use(backend))
        assert drawn(display)["train_loss"] == [1, 1 / 2, 1 / 3, 1 / 4]
        assert display.fair_from is None


def test_axes_and_styles_of_the_caller():
    history = noted()
    before = copy.deepcopy(history)
    figure, axes = plt.subplots(3)
    display = from_history(history, ax=axes, line_kw={"color": "k"})
    assert list(display.axes_) == list(axes)
    assert display.figure_ is figure
    assert display.lines_["f1"].get_color() == "k"
    assert history == before
    _, ax = plt.subplots()
    assert from_history(history, ax=ax, terms=["loss"]).ax_ is ax
    with pytest.raises(ValueError, match="3 terms, .* and ax has 1"):
        from_history(history, ax=ax)


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_what_cannot_be_drawn_is_refused(cohort):
    with pytest.raises(ValueError, match="has not been trained"):
        from_history([])
    with pytest.raises(ValueError, match="no value of any epoch"):
        from_history([{"epoch": 1, "dur": 0.1}])
    resampler = GroupRandomOverSampler("gender", random_state=0)
    with pytest.raises(NotFittedError):
        from_resampler(resampler)
    resampler.fit(cohort.data, cohort.target)
    with pytest.raises(ValueError, match="GroupRandomOverSampler has trained no net"):
        from_resampler(resampler)


def test_dollars_are_no_mathematics():
    frame = pd.DataFrame({"$x_{$": [1.0, 2.0]})
    display = TrainingHistoryDisplay(frame).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_ylabel() == "$x {$"
