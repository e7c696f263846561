"""The main job: what fair synthetic rows do for a model, on embedded patients."""

import tempfile
import warnings
from pathlib import Path

from imblearn.over_sampling import RandomOverSampler
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairsample import FairSynthResampler, GroupRandomOverSampler, VisitVectorizer
from fairsample.base import DataWarning
from fairsample.datasets import make_icu_cohort
from fairsample.evaluation import (
    AugmentationReport,
    SyntheticOnly,
    compare_augmentations,
    summarize,
)
from fairsample.plots import FairnessFrontierDisplay

__all__ = ["run_demo"]

COHORT = "Simulated intensive-care cohort: no row is a patient"
FAIRNESS_WEIGHTS = (0.0, 0.5, 1.0)
METRICS = [
    "disparate_impact",
    "worst_group_tpr",
    "f1",
    "balanced_accuracy",
    "roc_auc",
]


def run_demo(
    folder="fairsample-demo", *, n_patients=5000, seeds=range(3), verbose=True
):
    """Compare augmentations on simulated patients and write what came out.

    A logistic regression on vectorised visits predicts death; it is trained on real
    rows alone, on copied rows, on plain synthetic rows, and on real rows + FairSynth
    rows for several fairness weights, and tested on real rows.

    Parameters
    ----------
    folder : str or path, default="fairsample-demo"
        Where ``comparison.csv``, ``comparison.md``, ``frontier.png``,
        ``augmented.parquet`` and ``report.html`` are written; made if it is not there.
    n_patients : int, default=3500
        Patients to train on; three times as many are tested on, so that the rates of
        small groups can be told from chance. See
        :func:`~fairsample.datasets.make_icu_cohort`.
    seeds : iterable of int, default=range(3)
        One split and one run for each.
    verbose : bool, default=True
        Show progress and print the table.

    Returns
    -------
    DataFrame
        See :func:`~fairsample.evaluation.compare_augmentations`.
    """
    folder, seeds = Path(folder), list(seeds)
    folder.mkdir(parents=True, exist_ok=True)
    cohort = make_icu_cohort(4 * n_patients, random_state=0)
    with tempfile.TemporaryDirectory() as memory, warnings.catch_warnings():
        # small groups are the point of the cohort; the table says what is left out
        warnings.simplefilter("ignore", DataWarning)
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        comparison = compare_augmentations(
            make_pipeline(VisitVectorizer(min_df=5), logistic_regression()),
            cohort.data,
            cohort.target,
            sensitive_features=cohort.sensitive,
            augmenters=augmenters(memory),
            metrics=METRICS,
            test_size=0.75,
            seeds=seeds,
            verbose=int(verbose),
        )
        write_records(fair_synth(1.0, memory), n_patients, folder)
    table = write_comparison(comparison, folder)
    if verbose:
        trained = f"Trained on {n_patients} patients, tested on {3 * n_patients}"
        print(f"\n{table}\n{trained}, {len(seeds)} split(s).")
        print(f"Table, picture, augmented records, report: {folder.resolve()}")
    return comparison


def logistic_regression():
    """Give the predictor, strongly regularised: there are more codes than deaths."""
    return LogisticRegression(C=0.02, max_iter=1000)


def fair_synth(fairness_weight, memory, sampling_strategy="groups"):
    """Give a resampler that trains in seconds on a few thousand patients."""
    return FairSynthResampler(
        "ethnicity",
        sampling_strategy=sampling_strategy,
        fairness_weight=fairness_weight,
        max_epochs=8,
        fairness_epochs=2,
        memory=memory,
        random_state=0,
    )


def augmenters(memory):
    """Give the rivals and FairSynth for each fairness weight."""
    rivals = {
        "real rows": None,
        "real + copies": RandomOverSampler(),
        "real + copies within groups": GroupRandomOverSampler("ethnicity"),
        "synthetic rows only": SyntheticOnly(fair_synth(0.0, memory, "proportional")),
    }
    ours = {
        f"real + FairSynth λ={weight:g}": fair_synth(weight, memory)
        for weight in FAIRNESS_WEIGHTS
    }
    return {**rivals, **ours}


def write_comparison(comparison, folder):
    """Write the table and the picture; give the table as Markdown."""
    comparison.assign(cohort=COHORT).to_csv(folder / "comparison.csv", index=False)
    table = f"{COHORT}\n\n{summarize(comparison, bold=True).to_markdown()}\n"
    (folder / "comparison.md").write_text(table, encoding="utf-8")
    display = FairnessFrontierDisplay.from_comparison(
        comparison, utility="balanced_accuracy", fairness="disparate_impact"
    )
    display.ax_.set_title(COHORT)
    display.figure_.savefig(folder / "frontier.png", dpi=150, bbox_inches="tight")
    return table


def write_records(resampler, n_patients, folder):
    """Write a cohort with its synthetic rows, marked by a column, and a report."""
    cohort, unseen = (make_icu_cohort(n_patients, random_state=seed) for seed in (1, 2))
    X, y = resampler.fit_resample(cohort.data, cohort.target)
    marks = {"synthetic": resampler.synthetic_mask_, "cohort": COHORT}
    X.assign(died=y, **marks).to_parquet(folder / "augmented.parquet")
    report = AugmentationReport.from_resampled(
        resampler, X, y, test=(unseen.data, unseen.target), title=COHORT
    )
    report.write_html(folder / "report.html")
