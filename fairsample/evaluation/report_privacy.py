"""The sections of a report on copies of real rows, and on the privacy budget."""

import numpy as np
import pandas as pd

from fairsample.evaluation.plain_table import histories_as_text, plain_tables
from fairsample.evaluation.report_section import ReportSection
from fairsample.metrics.privacy import membership_inference_auc, nearest_record_shares
from fairsample.metrics.table_columns import read_columns

__all__ = ["ledger_section", "nearest_section"]

_MOST_ROWS = 5000
_MANY_COPIES = 0.01  # of the synthetic rows, beyond what unseen rows explain
_STANDARD_ERRORS = 3
_NEARER = 0.05  # synthetic rows share neighbours, and err more than that many would
_LARGE_EPSILON = 10


def nearest_section(table, *, seed=0):
    """Look for synthetic rows that are copies of real ones, or too near to them.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    seed : int, default=0
        What draws rows.

    Returns
    -------
    ReportSection
    """
    section = ReportSection("nearest", "Copies and nearest records")
    section.text.append(
        "None of this is a proof of privacy: it finds copies, and nothing subtler. "
        "What bounds the risk of every row is differential privacy in the generator."
    )
    synthetic = table.some(table.synthetic, _MOST_ROWS, seed)
    copies = _copies(table.real, synthetic, table.columns_of_visits())
    section.find("synthetic rows", "exact copies of real rows", synthetic=copies)
    rows = {"exact copies of real rows": copies}
    if table.test_is_unseen:
        rows |= _nearest(section, table, synthetic, seed)
    else:
        section.text.append(
            "Without test rows that the generator has not seen it cannot be told "
            "whether synthetic rows are nearer to those that it has."
        )
        if copies > _MANY_COPIES:
            section.warnings.append(
                f"{100 * copies:.1f} % of the synthetic rows are exact copies of real "
                "rows. Where columns are few and coarse some are so by chance; test "
                "rows would tell."
            )
    frame = pd.DataFrame({"value": rows}).rename_axis("measure")
    section.add_table("nearest", "Copies and nearest records", frame)
    return section


def _copies(real, synthetic, visits):
    """Give the share of synthetic rows that equal a real one, visits included."""
    columns = read_columns(
        real=histories_as_text(real.X, visits),
        synthetic=histories_as_text(synthetic.X, visits),
    )
    of_real, of_synthetic = (
        pd.util.hash_pandas_object(
            pd.DataFrame(np.column_stack([one.values[side] for one in columns])),
            index=False,
        )
        for side in (0, 1)
    )
    return float(of_synthetic.isin(of_real).mean())


def _nearest(section, table, synthetic, seed):
    visits = table.columns_of_visits()
    as_many = min(len(table.train), len(table.test))
    seen, unseen = (
        _copies(table.some(part, as_many, seed), synthetic, visits)
        for part in (table.train, table.test)
    )
    parts = [table.some(table.train, _MOST_ROWS, seed)]
    parts += [table.some(table.test, _MOST_ROWS, seed), synthetic]
    frames = plain_tables(*(one.X for one in parts), visits=visits)
    drawn = {"max_rows": _MOST_ROWS, "random_state": seed}
    shares = nearest_record_shares(*frames, **drawn)
    attack = membership_inference_auc(*frames, **drawn)
    chance = 0.5 + max(_NEARER, _STANDARD_ERRORS * 0.5 / np.sqrt(len(synthetic)))
    nearer = shares["nearer_to_train"]
    section.find("synthetic rows", "nearer to training rows", synthetic=nearer)
    section.find("synthetic rows", "equal to training rows", synthetic=seen)
    section.find("synthetic rows", "equal to unseen rows", synthetic=unseen)
    section.find(
        "membership inference",
        "auc",
        synthetic=attack["auc"],
        low=attack["low"],
        high=attack["high"],
    )
    section.headlines.append(("Nearer to training rows (chance 0.5)", f"{nearer:.3f}"))
    if nearer > chance:
        section.warnings.append(
            f"{100 * nearer:.1f} % of the synthetic rows are nearer to a row that the "
            "generator has seen than to one that it has not: it has memorised some."
        )
    if seen - unseen > _MANY_COPIES:
        section.warnings.append(
            f"{100 * seen:.1f} % of the synthetic rows equal one of {as_many:,} real "
            f"rows that the generator has seen, and {100 * unseen:.1f} % one of as "
            "many that it has not."
        )
    if attack["low"] > 0.5:
        section.warnings.append(
            "Who was among the training rows can be told from the synthetic ones, "
            f"better than by chance: an AUC of {attack['auc']:.3f} "
            f"[{attack['low']:.3f}, {attack['high']:.3f}]."
        )
    return {
        "nearer to a training than to an unseen row (0.5 by chance)": nearer,
        f"equal to one of {as_many:,} training rows": seen,
        "equal to one of as many unseen rows": unseen,
        "membership inference, AUC (0.5 by chance)": attack["auc"],
    }


def ledger_section(ledger, resampler=None):
    """Tell what a private run has spent, and on what.

    Parameters
    ----------
    ledger : DataFrame or None
        As a private resampler's `ledger_`.
    resampler : resampler, default=None
        Its `epsilon`, `epsilon_` and `delta` are told, where it has them.

    Returns
    -------
    ReportSection or None
        None without a ledger.
    """
    if ledger is None:
        return None
    section = ReportSection("ledger", "Privacy budget")
    spent = getattr(resampler, "epsilon_", None)
    if spent is None:
        spent = float(ledger["epsilon so far"].max())
    delta = getattr(resampler, "delta", None)
    at_delta = "" if delta is None else f" at a delta of {delta:g}"
    section.text.append(
        f"Everything that read real rows is worth an epsilon of {spent:.3g}{at_delta}, "
        "for one row added or removed."
    )
    section.headlines.append(("Epsilon spent", f"{spent:.3g}{at_delta}"))
    for name, so_far, alone in zip(
        ledger["release"],
        ledger["epsilon so far"],
        ledger["epsilon alone"],
        strict=True,
    ):
        section.find(name, "epsilon alone", synthetic=alone)
        section.find(name, "epsilon so far", synthetic=so_far)
    section.add_table("ledger", "Every release", ledger.set_index("release"))
    section.draw(
        "ledger",
        "Epsilon so far after each release of the table below.",
        lambda: _draw_ledger(ledger, resampler),
    )
    section.warnings.append(
        "The synthetic rows are private; this report is not, for it reads the real "
        "rows without noise. Hand out the rows, and keep the report."
    )
    if spent > _LARGE_EPSILON:
        section.warnings.append(
            f"An epsilon of {spent:.3g} promises little: above {_LARGE_EPSILON} the "
            "bound on what a row can give away is loose."
        )
    return section


def _draw_ledger(ledger, resampler):
    from fairsample.plots import PrivacyLedgerDisplay

    if hasattr(resampler, "ledger_"):
        return PrivacyLedgerDisplay.from_resampler(resampler).figure_
    return PrivacyLedgerDisplay.from_ledger(ledger).figure_
