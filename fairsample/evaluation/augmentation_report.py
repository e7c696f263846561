"""AugmentationReport: what synthetic rows are, and what they are worth, on one page."""

import shutil
import warnings
from functools import partial
from pathlib import Path
from secrets import token_hex

import pandas as pd
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from tqdm import tqdm

from fairsample.evaluation.augmented_table import AugmentedTable
from fairsample.evaluation.report_cells import cells_section, replaces_real_rows
from fairsample.evaluation.report_columns import columns_section
from fairsample.evaluation.report_effects import effects_section
from fairsample.evaluation.report_models import models_section
from fairsample.evaluation.report_page import (
    report_fragment,
    report_page,
    write_whole,
)
from fairsample.evaluation.report_privacy import ledger_section, nearest_section
from fairsample.evaluation.report_records import records_section
from fairsample.evaluation.report_section import FINDING
from fairsample.evaluation.resampled_rows import ResampledRows
from fairsample.validation import DataWarning

__all__ = ["AugmentationReport"]

_TOLD = (UndefinedMetricWarning, DataWarning, ConvergenceWarning)
_NOT_UNSEEN = (
    "No test rows were given: models are tested on a third of the real rows, which the "
    "generator has seen. What synthetic rows are worth looks better than it is. Hold "
    "rows out before anything is generated, and give them as test."
)


class AugmentationReport:
    """What synthetic rows are, and what they are worth, on one page.

    The page holds what has to be known first, in words; the rows of every group and
    class before and after; models trained on real rows, with synthetic ones and on
    these alone, with their fairness, tested on real rows; causal effects; the agreement
    of columns, pairs of columns, visits and codes; copies of real rows; and what a
    private run has spent. A section that does not apply is left out, and one that
    cannot be made is named among the warnings.

    A plan adds rows to some groups and classes only. Columns, codes and pairs are
    therefore compared on as many real as synthetic rows of each group and class, and
    what other real rows reach stands beside them. Large tables are cut down for the
    slow measures, and the page says so.

    A report is one run on one split: before you choose a method, compare several by
    :func:`compare_augmentations`. It reads real rows and holds their figures: it is not
    private, whatever the synthetic rows are.

    Parameters
    ----------
    real : tuple of (X, y) or DataFrame
        Real rows, those that the generator has seen.
    synthetic : tuple of (X, y) or DataFrame
        Synthetic rows, with the same columns in any order.
    target : str, default=None
        The column of the outcome, where tables are given; else what y is called.
    sensitive_features : str, int, list, callable or array-like of values
        Columns of X, or a value for each real row, then for each synthetic one, then
        for each test row. Missing values are a group.
    test : tuple of (X, y) or DataFrame, default=None
        Real rows that the generator has not seen. Without them a third of the real rows
        is held out from the models, and the report says what that is worth.
    models : dict of str to classifier, default=None
        Name -> classifier that takes X as it is. None stands for logistic regression
        and gradient boosting behind a :class:`~fairsample.VisitVectorizer`.
    fairness_model : StandardFairnessModel, default=None
        The roles of the columns, for causal effects.
    resampler : resampler, default=None
        The fitted resampler that wrote the synthetic rows: its plan, its measured
        effects and its ledger are told.
    ledger : DataFrame, default=None
        What a private run has spent, as a `ledger_`. None takes the resampler's.
    pos_label : object, default=None
        The class that counts as positive. None stands for the second of two sorted
        classes, and for the rarest of more.
    title : str, default=None
        What the report is called.
    seed : int, default=0
        Of everything that is drawn: the same seed gives the same report.
    n_boot : int, default=300
        Resamples for each interval.
    verbose : int, default=0
        1 shows progress.

    Attributes
    ----------
    sections_ : list of ReportSection
        What was found, in the order of the page.
    tables_ : dict of str to DataFrame
        The tables of the page, as numbers.
    warnings_ : list of str
        What has to be known first.

    Raises
    ------
    ValueError
        When tables differ in their columns, lengths differ, an outcome is missing,
        constant or of an unknown class, or no sensitive features reach the groups.

    See Also
    --------
    compare_augmentations : Several methods, over several splits.
    fairsample.plots : The pictures, one by one.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from fairsample import GroupRandomOverSampler
    >>> from fairsample.evaluation import AugmentationReport
    >>> X = pd.DataFrame({"sex": ["F", "M", "M"] * 60, "dose": np.arange(180) % 17})
    >>> y = pd.Series((X["dose"] > 11).astype(int), name="died")
    >>> resampler = GroupRandomOverSampler("sex", random_state=0)
    >>> report = AugmentationReport.from_resampled(
    ...     resampler,
    ...     *resampler.fit_resample(X, y),
    ...     models={"tree": DecisionTreeClassifier(max_depth=2)},
    ...     n_boot=20,
    ... )
    >>> report.tables_["cells"]["synthetic"].tolist()
    [0, 26, 0, 54]
    >>> report.to_frame().columns.tolist()
    ['section', 'item', 'metric', 'real', 'synthetic', 'low', 'high']
    """

    def __init__(
        self,
        real,
        synthetic,
        *,
        target=None,
        sensitive_features,
        test=None,
        models=None,
        fairness_model=None,
        resampler=None,
        ledger=None,
        pos_label=None,
        title=None,
        seed=0,
        n_boot=300,
        verbose=0,
    ):
        table = AugmentedTable.read(
            real,
            synthetic,
            sensitive_features=sensitive_features,
            test=test,
            target=target,
            pos_label=pos_label,
            seed=seed,
        )
        if ledger is None:
            ledger = getattr(resampler, "ledger_", None)
        sections = {
            "groups and classes": partial(cells_section, table, resampler),
            "models": partial(
                models_section,
                table,
                replaced=replaces_real_rows(resampler),
                models=models,
                seed=seed,
                n_boot=n_boot,
                verbose=verbose,
            ),
            "causal effects": partial(
                effects_section,
                table,
                fairness_model=fairness_model,
                resampler=resampler,
                seed=seed,
            ),
            "columns": partial(columns_section, table, seed=seed),
            "records": partial(records_section, table, seed=seed),
            "copies": partial(nearest_section, table, seed=seed),
            "the privacy budget": partial(ledger_section, ledger, resampler),
        }
        self.title = title or "Augmentation report"
        self._lead = _lead(table, resampler)
        self.sections_ = []
        self.warnings_ = [] if table.test_is_unseen else [_NOT_UNSEEN]
        progress = tqdm(sections.items(), disable=not verbose)
        for name, make in progress:
            progress.set_description(name)
            self._add(name, make)

    @classmethod
    def from_resampled(
        cls,
        resampler,
        X_resampled,
        y_resampled,
        *,
        real=None,
        sensitive_features=None,
        test=None,
        **params,
    ):
        """Report on what a resampler has just returned.

        Parameters
        ----------
        resampler : resampler
            A fitted resampler of this package; `fit_resample` was its last call.
        X_resampled, y_resampled : array-like of n_rows rows
            What `fit_resample` returned.
        real : tuple of (X, y), default=None
            The rows that were fitted. They have to be given where the result is wholly
            synthetic, as under an epsilon; else they are in the result.
        sensitive_features : str, list, callable or array-like of values, default=None
            As the class has them. None takes the resampler's, which are columns of X,
            or values; of values those of `real` and `test` rows have to be given, too.
        test : tuple of (X, y) or DataFrame, default=None
            As the class has it.
        **params
            All other parameters of the class.

        Returns
        -------
        AugmentationReport

        Raises
        ------
        ValueError
            When the rows are not those of the resampler's last result, none of them is
            synthetic, or real rows or sensitive features are nowhere to be found.
        """
        rows = ResampledRows.read(
            resampler, X_resampled, y_resampled, real, sensitive_features, test
        )
        if params.get("target") is None:
            params["target"] = resampler.cell_counts_.columns.name
        return cls(
            rows.real,
            rows.synthetic,
            sensitive_features=rows.sensitive_features,
            test=test,
            resampler=resampler,
            **params,
        )

    @property
    def tables_(self):
        """The tables of the page, by name."""
        return {
            table.name: table.frame.copy()
            for section in self.sections_
            for table in section.tables
        }

    def to_frame(self):
        """Put every figure of the report in one long table.

        Returns
        -------
        DataFrame of shape (n_figures, 7)
            `section`, `item` (a cell, model, effect, column, pair or code), `metric`,
            the value for `real` and for `synthetic` rows, NaN where there is none, and
            the ends `low` and `high` of the 95 % interval of the latter (of the former
            where it stands alone). Of models `real` is training on real rows and
            `synthetic` on what the item says; of agreement `real` is what other real
            rows reach.
        """
        findings = [one for section in self.sections_ for one in section.findings]
        return pd.DataFrame(findings, columns=list(FINDING))

    def write_html(self, path):
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file, which is replaced. It needs no other file and no network.

        Raises
        ------
        ValueError
            If it is a folder.
        FileNotFoundError
            If its folder is not there.
        """
        write_whole(path, report_page(*self._parts()))

    def save(self, folder):
        """Write the page, its tables and its pictures, all of them or none.

        Parameters
        ----------
        folder : str or path
            A new or empty folder. It holds ``report.html``, ``report.csv`` (what
            `to_frame` returns), a CSV file for each table and a PNG for each picture.

        Raises
        ------
        ValueError
            If it is a file, or a folder that holds something.
        """
        folder = Path(folder).absolute()
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ValueError(f"{str(folder)!r} holds something. Name a new folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = folder.with_name(f".{folder.name}-{token_hex(4)}")
        aside.mkdir()
        try:
            self.write_html(aside / "report.html")
            self.to_frame().to_csv(aside / "report.csv", index=False)
            for name, table in self.tables_.items():
                table.to_csv(aside / f"{_file_name(name)}.csv")
            for section in self.sections_:
                for figure in section.figures:
                    name = f"{_file_name(figure.name)}.png"
                    (aside / name).write_bytes(figure.png)
            if folder.exists():
                folder.rmdir()
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def __repr__(self):
        """Say it in words."""
        headlines = [line for section in self.sections_ for line in section.headlines]
        return "\n".join(
            [
                self.title,
                *self._lead,
                *(f"  {what}: {value}" for what, value in headlines),
                *(f"! {warning}" for warning in self.warnings_),
                "write_html(path) writes the page, to_frame() gives every figure.",
            ]
        )

    def _repr_html_(self):
        """Show the page in a notebook."""
        return report_fragment(*self._parts())

    def _parts(self):
        from fairsample import __version__

        foot = f"Made with fairsample {__version__}."
        return self.title, self._lead, self.sections_, self.warnings_, foot

    def _add(self, name, make):
        """Add a section; one that cannot be made, and what it warns of, is told."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                section = make()
            except ValueError as error:
                section = None
                self.warnings_.append(f"The section on {name} is left out: {error}.")
            except Exception as error:
                section = None
                self.warnings_.append(
                    f"The section on {name} could not be made: "
                    f"{type(error).__name__}: {error}"
                )
        if section is not None:
            self.sections_.append(section)
            self.warnings_ += section.warnings
        told = [str(one.message) for one in caught if issubclass(one.category, _TOLD)]
        self.warnings_ += [text.splitlines()[0] for text in told]
        self.warnings_ = list(dict.fromkeys(self.warnings_))


def _lead(table, resampler):
    writer = "" if resampler is None else f", written by {type(resampler).__name__}"
    tests = f"{len(table.test):,} real test rows" if table.test_is_unseen else "No rows"
    sensitive = ", ".join(map(str, table.groups.names))
    return [
        f"{len(table.real):,} real rows and {len(table.synthetic):,} synthetic ones"
        f"{writer}. {tests} that the generator has not seen.",
        f"Outcome {table.target}, of {len(table.classes)} classes; "
        f"{len(table.groups)} groups by {sensitive}.",
    ]


def _file_name(name):
    kept = "".join(one if one.isalnum() or one in "_-" else "_" for one in name)
    return kept.strip("_") or "table"
