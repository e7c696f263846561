"""A fit that spends a privacy budget and keeps nothing but what it bought."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_memory

from fairsample.flip.domain import TableDomain
from fairsample.flip.generator import FlipGenerator
from fairsample.flip.private_input import PrivateInput, warn_of_outside
from fairsample.flip.private_phase import release_privately
from fairsample.flip.public_forms import (
    public_table_form,
    public_target_form,
    require_public_dtypes,
    without_categories,
)
from fairsample.flip.releases_of_rows import note_release
from fairsample.random_stream import private_stream
from fairsample.training.device import check_device, choose_device
from fairsample.validation import refuse_visits

__all__ = ["PrivatelyFitted"]


class PrivatelyFitted:
    """The part of `FlipResampler` that reads private rows."""

    def _fit_privately(self, X, y, sensitive_features):
        """Spend the budget; of the rows, nothing but what was released is kept."""
        self._refuse_what_is_not_private()
        check_device(self.device)
        frame = self._check_table(X)
        require_public_dtypes(self._table_form)
        self._table_form = without_categories(self._table_form)
        refuse_visits(frame, "FlipResampler")
        self.random_state_ = private_stream(self.random_state)
        private = PrivateInput.read(
            frame,
            y,
            selector=self._selector(X),
            values=sensitive_features,
            missing=self.missing_sensitive,
        )
        release = check_memory(self.memory).cache(release_privately, ignore=["verbose"])
        table = release(
            private,
            domain=TableDomain(self.domain),
            epsilon=self.epsilon,
            delta=self.delta,
            preprocess_epsilon=self.preprocess_epsilon,
            engine=self.private_engine,
            balance_groups=self.balance_groups,
            device=choose_device(self.device),
            verbose=self.verbose,
        )
        note_release(private, table.ledger, table.number)
        warn_of_outside(table.outside)
        self._set_private_cells(table, y)
        engine, network = table.generator, None
        if engine is not None:
            engine = engine.with_independence(self._independence)
        elif private.frame.shape[1]:
            engine = self._fit_tables(table.release)
        if self.network and engine is not None:
            cells = np.arange(self.cell_counts_.size)
            cells = np.repeat(cells, self.cell_counts_.to_numpy().ravel())
            group, label = np.divmod(cells, self.cell_counts_.shape[1])
            drawn = engine.draw(group, label, self.random_state_)
            network = self._network_options().train(drawn, group, label)
        self._set_generator(FlipGenerator(engine, network, table.ledger))

    def _refuse_what_is_not_private(self):
        if self.output == "augment":
            raise ValueError(
                f"output='augment' puts the real rows into the result, and epsilon="
                f"{self.epsilon} promises that nobody sees them. Take output='auto', "
                "or epsilon=None for rows without a guarantee."
            )
        if (self.preprocess_epsilon or 0) >= self.epsilon:
            raise ValueError(
                f"preprocess_epsilon={self.preprocess_epsilon} is a part of epsilon="
                f"{self.epsilon} and leaves nothing of it. Give less, None for a tenth "
                "of epsilon, or a larger epsilon."
            )
        if self.balance_groups and self.private_engine != "dp-sgd":
            raise ValueError(
                "balance_groups=True balances the steps of private_engine='dp-sgd'; "
                f"private_engine={self.private_engine!r} takes none. Balance what is "
                "drawn, by sampling_strategy."
            )
        if callable(self.sampling_strategy):
            raise ValueError(
                "sampling_strategy is a callable that would see the classes of all "
                "rows, which has no price in epsilon. Give a name or a dict of counts."
            )

    def _set_private_cells(self, table, y):
        """Set groups, classes, counts and plan from what was released."""
        labels = table.classes
        *_, of_target = table.categories.values()
        self._target_form = public_target_form(y, labels, of_target)
        self.classes_ = self._target_form.classes
        self._table_form, self._sensitive_rows = public_table_form(
            self._table_form, table.template, table.groups, table.categories
        )
        self._groups, self.groups_ = table.groups, table.groups.labels
        self.cell_counts_ = pd.DataFrame(
            np.rint(table.cell_counts).astype(int),
            index=table.groups.index,
            columns=pd.Index(self._target_form.labels, name=self._target_form.name),
        )
        of_classes = self.cell_counts_.to_numpy().sum(axis=0)
        if np.count_nonzero(of_classes) < 2:
            raise ValueError(
                f"The noise of epsilon={self.epsilon} leaves rows of one class only. "
                "Raise epsilon, or take more rows."
            )
        self._set_plan(np.repeat(self.classes_, of_classes))
