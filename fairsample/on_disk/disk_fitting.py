"""How a resampler is fitted to a table on disk."""

from contextlib import closing
from functools import partial

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data
from tqdm import tqdm

from fairsample.groups import resolve_groups, selected_columns
from fairsample.messages import quote
from fairsample.on_disk.disk_rows import DiskRows
from fairsample.on_disk.table_on_disk import TableOnDisk, is_on_disk
from fairsample.on_disk.table_scan import scan_table
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm
from fairsample.validation import warn_of_uninformative

__all__ = ["FittedOnDisk"]


class FittedOnDisk:
    """Let a resampler learn from a table on disk, if it knows how.

    A resampler that does defines ``_learn_on_disk(rows)``, which takes `DiskRows`.
    """

    _learn_on_disk = None

    _in_memory_only = ()  # parameters that have to be None then

    def _refuse_on_disk(self, X):
        """Refuse a table on disk where rows are needed in memory."""
        if not is_on_disk(X):
            return
        if self._learn_on_disk is not None:
            raise ValueError(
                "fit_resample gives the real rows back, and those of a table on disk "
                "may not fit into memory. Call fit, and then sample_to_parquet."
            )
        raise ValueError(
            f"{type(self).__name__} learns from tables in memory. FairSynthResampler "
            "takes a table on disk; or draw rows of it, as "
            "fairsample.datasets.TableOnDisk(source).draw(100_000)."
        )

    def _refuse_in_memory_only(self):
        for name in self._in_memory_only:
            if getattr(self, name) is not None:
                raise ValueError(
                    f"{name}= needs all rows in memory. Leave it out, or fit to rows "
                    "drawn by fairsample.datasets.TableOnDisk(source).draw(100_000)."
                )

    def _fit_on_disk(self, X, y, sensitive_features):
        """Fit to the table X, where y and sensitive_features are names of columns."""
        if self._learn_on_disk is None:
            self._refuse_on_disk(X)
        self._refuse_in_memory_only()
        table = TableOnDisk.of(X)
        scan = self._scan(table, y, sensitive_features)
        rows = self._settle_scan(scan, sensitive_features)
        with closing(rows):
            self._learn_on_disk(rows)
        self._remember_result(np.empty(0, dtype=np.intp), n_synthetic=0)
        return self

    def _scan(self, table, y, sensitive_features):
        if not isinstance(y, str) or y not in table.names:
            raise ValueError(
                f"y={y!r}: of a table on disk the target is the name of a column, one "
                f"of {quote(table.names, limit=50)}."
            )
        features = table.features(y)
        if y in features:
            raise ValueError(f"columns= names {y!r}, the target, as a feature, too.")
        if sensitive_features is not None:
            sensitive = _column_names(sensitive_features)
            table.check_names(sensitive)
        elif callable(self.sensitive_features):
            raise ValueError(
                "sensitive_features is a callable, which a table on disk is not given "
                "to. Name columns."
            )
        else:
            frame = pd.DataFrame(columns=features)
            sensitive = selected_columns(frame, self.sensitive_features)
        return scan_table(table, features, y, sensitive, self._progress("reading"))

    def _settle_scan(self, scan, sensitive_features):
        """Set all fitted attributes but the generator's: DiskRows."""
        # As often as sklearn wants it, which warns of classes that do not recur.
        targets = np.tile(np.arange(len(scan.target)), 3)
        self._target_form, label = TargetForm.read(scan.target.iloc[targets])
        self.classes_ = self._target_form.classes
        if len(self.classes_) < 2:
            raise ValueError(
                f"Column {scan.target.name!r}, the target, has one class only, "
                f"{self.classes_[0]!r}. Take rows of another class, too."
            )
        validate_data(self, X=scan.template, reset=True, skip_check_array=True)
        self._table_form, _ = TableForm.read(scan.template)
        groups = resolve_groups(
            scan.examples,
            selector=self.sensitive_features,
            values=None if sensitive_features is None else scan.sensitive,
            missing=self.missing_sensitive,
            n_alike=scan.counts.sum(axis=1),
        )
        warn_of_uninformative(scan.uninformative())
        rows = DiskRows(
            scan, groups, label[: len(scan.target)], self._progress("coding")
        )
        of_classes = rows.counts.sum(axis=0)
        y = np.repeat(self.classes_, of_classes)
        self._plan_cells(scan.examples, groups, rows.counts, y)
        return rows

    def _progress(self, what):
        verbose = getattr(self, "verbose", 0)
        return partial(tqdm, desc=what, unit=" pieces", disable=not verbose)


def _column_names(sensitive_features):
    names = sensitive_features
    names = [names] if isinstance(names, str) else list(names)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "sensitive_features: of a table on disk these are names of columns, as "
            "'race' or ['race', 'sex']."
        )
    return names
