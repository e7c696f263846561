"""The section of a report on models, trained with and without synthetic rows."""

import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tqdm import tqdm

from fairsample.evaluation.remembered_predictions import RememberedPredictions
from fairsample.evaluation.report_cells import cell_name
from fairsample.evaluation.report_models_drawing import draw_scores
from fairsample.evaluation.report_section import ReportSection
from fairsample.metrics.bootstrap import BootstrapInterval, bootstrap_interval
from fairsample.metrics.group_rates import group_rates
from fairsample.predictors.visit_vectorizer import VisitVectorizer
from fairsample.training.estimator_seeds import clone_with_one_seed

__all__ = ["default_models", "models_section"]

METRICS = {
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "disparate_impact": "disparate impact",
    "worst_group_tpr": "worst group TPR",
    "worst_group_recall": "worst group recall",
}
REAL, BOTH, SYNTHETIC = "real", "real + synthetic", "synthetic"
_MIN_GROUP_SIZE = 50  # as compare_augmentations has them
_MIN_CLASS_SIZE = 10
_MOST_ROWS = 40_000  # that a model is trained on
_SHARE_OF_PATIENTS = 0.01  # that have a code which boosting looks at
_LARGE_LOSS = 0.02
_LOST_SIGNAL = 0.05
_WIDE = 0.25


def default_models():
    """Make the models of a report: a linear one and boosted trees, for any table."""
    return {
        "logistic regression": make_pipeline(
            VisitVectorizer(), LogisticRegression(max_iter=1000)
        ),
        "gradient boosting": make_pipeline(
            VisitVectorizer(blocks=["history"], min_df=_SHARE_OF_PATIENTS),
            FunctionTransformer(_dense, accept_sparse=True),
            HistGradientBoostingClassifier(),
        ),
    }


def models_section(
    table, *, replaced=False, models=None, seed=0, n_boot=300, verbose=0
):
    """Train models on real and on synthetic rows, and test them on real ones.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    replaced : bool, default=False
        Whether synthetic rows stand in the place of the real ones.
    models : dict of str to classifier, default=None
        The models; None for those of `default_models`.
    seed : int, default=0
        Of models and resamples.
    n_boot : int, default=300
        Resamples for an interval.
    verbose : int, default=0
        1 shows progress.

    Returns
    -------
    ReportSection
    """
    section = ReportSection("models", "Models and their fairness")
    models = default_models() if models is None else models
    training = _training_parts(table, section, replaced, seed)
    scores, rates = {}, {}
    for name, model in tqdm(models.items(), desc="models", disable=not verbose):
        predicted = {}
        for rows, part in training.items():
            try:
                fitted = clone_with_one_seed(model, seed).fit(part.X, table.y(part))
                predicted[rows] = _Predictions.of(fitted, table)
            except Exception as error:
                section.warnings.append(
                    f"{name} could not be trained on {rows} rows and applied: "
                    f"{type(error).__name__}: {error}"
                )
        with warnings.catch_warnings():  # small groups are told of once, below
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            for rows, made in predicted.items():
                scores[name, rows] = made.intervals(n_boot, seed)
                rates[name, rows] = made.group_rates()
            _warn_of_changes(section, name, predicted, scores, n_boot, seed)
    _describe(section, table, training)
    if scores:
        _show(section, scores, rates)
        _warn_of_width(section, scores)
    _warn_of_groups(section, table)
    return section


def _dense(counts):
    return counts.toarray()


def _training_parts(table, section, replaced, seed):
    """Give the rows to train on by name, large tables cut down."""
    parts = {
        REAL: table.train,
        BOTH: table.train.followed_by(table.synthetic),
        SYNTHETIC: table.synthetic,
    }
    if replaced:
        parts.pop(BOTH)
    if len(np.unique(table.synthetic.label)) < 2:
        parts.pop(SYNTHETIC)
        section.text.append(
            "Synthetic rows are of one class, so that no model can be trained on them "
            "alone."
        )
    if max(map(len, parts.values())) > _MOST_ROWS:
        section.text.append(
            f"Each model is trained on {_MOST_ROWS:,} rows at most, drawn in their own "
            "proportions."
        )
    return {name: table.some(part, _MOST_ROWS, seed) for name, part in parts.items()}


class _Predictions:
    """What a fitted model says of the test rows."""

    def __init__(self, table, labels, scores):
        self.y, self.labels = table.y(table.test), labels
        self.positive = (self.y == table.pos_label).astype(int)
        self.predicted = (labels == table.pos_label).astype(int)
        names = [cell_name(group) for group in table.groups.labels]
        self.groups = pd.Series(np.array(names, dtype=object)[table.test.group])
        self.ranks = None
        if scores is not None:
            self.ranks = np.unique(scores, return_inverse=True)[1].reshape(-1)

    @classmethod
    def of(cls, model, table):
        """Predict the test rows."""
        told = RememberedPredictions(model, table.test.X)
        labels, scores = np.asarray(told.predict(None)), None
        position = np.flatnonzero(np.asarray(model.classes_) == table.pos_label)
        if hasattr(model, "predict_proba") and len(position):
            scores = told.predict_proba(None)[:, position[0]]
        elif hasattr(model, "decision_function") and len(model.classes_) == 2:
            scores = told.decision_function(None) * (1 if position[0] else -1)
        return cls(table, labels, scores)

    def intervals(self, n_boot, seed):
        """Give an interval for each metric."""
        drawn = {
            "sensitive_features": self.groups,
            "n_resamples": n_boot,
            "random_state": seed,
        }
        found = {
            "auc": BootstrapInterval(np.nan, np.nan, np.nan, 0.95),
            "balanced_accuracy": bootstrap_interval(
                _balanced_accuracy, self.y, self.labels, **drawn
            ),
        }
        if self.ranks is not None and 0 < self.positive.mean() < 1:
            found["auc"] = bootstrap_interval(
                _ranked_auc, self.positive, self.ranks, **drawn
            )
        for metric in list(METRICS)[2:]:
            found[metric] = self.fairness(metric, **drawn)
        return found

    def fairness(self, metric, **drawn):
        """Give the interval of a fairness metric, or of the change of it."""
        sizes = {"min_group_size": _MIN_GROUP_SIZE}
        if metric != "disparate_impact":
            sizes["min_class_size"] = _MIN_CLASS_SIZE
        return bootstrap_interval(
            metric, self.positive, self.predicted, **sizes, **drawn
        )

    def group_rates(self):
        """Give the rates of every group."""
        return group_rates(
            self.positive,
            self.predicted,
            sensitive_features=self.groups.rename("group"),
        )


def _ranked_auc(is_positive, rank, sensitive_features=None):
    """Area under the ROC curve of ranks, ties counted half."""
    n_ranks = rank.max() + 1
    positive = np.bincount(rank[is_positive == 1], minlength=n_ranks)
    negative = np.bincount(rank[is_positive == 0], minlength=n_ranks)
    if not positive.sum() or not negative.sum():
        return np.nan
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / (positive.sum() * negative.sum()))


def _balanced_accuracy(y_true, y_pred, sensitive_features=None):
    """Mean recall of the classes that there are."""
    return float(
        np.mean([np.mean(y_pred[y_true == one] == one) for one in np.unique(y_true)])
    )


def _describe(section, table, training):
    trained_on = {
        REAL: f"on {len(table.train):,} real rows",
        BOTH: f"on these with the {len(table.synthetic):,} synthetic ones",
        SYNTHETIC: "on synthetic ones alone",
    }
    whose = (
        f"{len(table.test):,} real test rows that the generator has not seen"
        if table.test_is_unseen
        else f"{len(table.test):,} real rows held out from the models, though not from "
        "the generator"
    )
    section.text.append(
        f"Models are trained {', '.join(trained_on[rows] for rows in training)}, and "
        f"tested on {whose}. Intervals are of 95 %, by resampling test rows within "
        "groups; another training set could change more. The positive class is "
        f"{table.pos_label}."
    )
    section.text.append(
        f"Fairness is that of groups with {_MIN_GROUP_SIZE} test rows, and "
        f"{_MIN_CLASS_SIZE} of the class: disparate impact is the lowest selection "
        "rate over the highest, 1 is equal; the worst group's rates are better if "
        "higher. Trained on synthetic rows alone, a model learns the shares of classes "
        "that the plan has."
    )


def _show(section, scores, rates):
    values = {
        key: {METRICS[metric]: one.estimate for metric, one in found.items()}
        for key, found in scores.items()
    }
    shown = {
        key: {METRICS[metric]: _in_words(one) for metric, one in found.items()}
        for key, found in scores.items()
    }
    names = ["model", "trained on"]
    section.add_table(
        "models",
        "Scores on real test rows, with 95 % intervals",
        *(
            pd.DataFrame.from_dict(rows, orient="index").rename_axis(index=names)
            for rows in (values, shown)
        ),
    )
    section.draw(
        "models",
        "The scores of the table below, with their intervals, a panel for each metric.",
        lambda: draw_scores(scores, METRICS),
    )
    for (model, rows), found in scores.items():
        for metric, one in found.items():
            real = scores.get((model, REAL), {}).get(metric)
            section.find(
                f"{model}, trained on {rows}",
                metric,
                real=np.nan if real is None else real.estimate,
                synthetic=np.nan if rows == REAL else one.estimate,
                low=one.low,
                high=one.high,
            )
    for name in dict.fromkeys(model for model, _ in scores):
        _show_groups(section, name, rates)
    _show_headlines(section, scores)


def _show_groups(section, name, rates):
    """Put the rates of groups beside each other, by what was trained on."""
    of_model = {rows: one for (model, rows), one in rates.items() if model == name}
    first = next(iter(of_model.values()))
    frame = first[["n", "n_positive"]].rename(columns={"n_positive": "positive"})
    words = {"selection_rate": "selected", "tpr": "TPR", "tnr": "TNR"}
    for rate, word in words.items():
        for rows, one in of_model.items():
            if rows != SYNTHETIC:
                frame[f"{word}, {rows}"] = one[rate]
    section.add_table(
        f"groups_{name.replace(' ', '_')}",
        f"Rates of each group under {name}",
        frame,
    )


def _show_headlines(section, scores):
    name = next(iter(scores))[0]
    with_synthetic = BOTH if (name, BOTH) in scores else SYNTHETIC
    for metric in ("auc", "disparate_impact", "worst_group_tpr"):
        pair = [
            scores.get((name, rows), {}).get(metric) for rows in (REAL, with_synthetic)
        ]
        if None not in pair and not np.isnan([one.estimate for one in pair]).all():
            values = " → ".join(
                "\N{EN DASH}" if np.isnan(one.estimate) else f"{one.estimate:.3f}"
                for one in pair
            )
            section.headlines.append((f"{METRICS[metric]}, {name}", values))


def _in_words(one):
    if np.isnan(one.estimate):
        return "\N{EN DASH}"
    return f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _warn_of_changes(section, name, predicted, scores, n_boot, seed):
    if REAL not in predicted:
        return
    real = scores[name, REAL]["auc"].estimate
    for rows, largest, meaning in (
        (BOTH, _LARGE_LOSS, "The synthetic rows cost accuracy"),
        (SYNTHETIC, _LOST_SIGNAL, "The synthetic rows have lost signal"),
    ):
        if rows in predicted:
            loss = real - scores[name, rows]["auc"].estimate
            if loss > largest:
                section.warnings.append(
                    f"{meaning}: the AUC of {name} falls by {loss:.3f}, from "
                    f"{real:.3f} to {real - loss:.3f}, when trained on {rows} rows."
                )
    if BOTH not in predicted:
        return
    worse = []
    for metric in list(METRICS)[2:]:
        change = predicted[BOTH].fairness(
            metric,
            y_pred_other=predicted[REAL].predicted,
            sensitive_features=predicted[REAL].groups,
            n_resamples=n_boot,
            random_state=seed,
        )
        if change.estimate < 0 and change.excludes(0):
            worse.append(
                f"{METRICS[metric]} changes by {change.estimate:+.3f} "
                f"[{change.low:+.3f}, {change.high:+.3f}]"
            )
    if worse:
        section.warnings.append(
            f"{name} is less fair with the synthetic rows: {'; '.join(worse)}."
        )


def _warn_of_groups(section, table):
    """Name the groups that are too small for a fairness metric."""
    rows = table.cell_counts(table.test)
    positive = rows[:, table.classes.tolist().index(table.pos_label)]
    small = [
        f"{cell_name(group)} ({n:,} rows, {n_positive:,} of {table.pos_label})"
        for group, n, n_positive in zip(
            table.groups.labels, rows.sum(axis=1), positive, strict=True
        )
        if n < _MIN_GROUP_SIZE or n_positive < _MIN_CLASS_SIZE
    ]
    if small:
        section.warnings.append(
            "Fairness leaves out groups that are too small among the test rows, in all "
            f"or in the positive class: {'; '.join(small)}."
        )


def _warn_of_width(section, scores):
    wide = {
        METRICS[metric]
        for found in scores.values()
        for metric, one in found.items()
        if one.high - one.low > _WIDE
    }
    if wide:
        section.warnings.append(
            f"Intervals of {', '.join(sorted(wide))} are wider than {_WIDE}: so few "
            "test rows cannot tell whether fairness changes. Test on more rows."
        )
