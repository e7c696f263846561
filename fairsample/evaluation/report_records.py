"""The section of a report on records with visits."""

import numpy as np
import pandas as pd

from fairsample.encoding.visit_cells import flatten_visits
from fairsample.evaluation.plain_table import visit_lengths
from fairsample.evaluation.report_columns import rows_alike
from fairsample.evaluation.report_columns_drawing import draw_columns
from fairsample.evaluation.report_section import ReportSection
from fairsample.messages import quote
from fairsample.metrics.fidelity import code_prevalence, record_fidelity

__all__ = ["records_section"]

_R2 = {
    "r2_codes": "R2 of codes",
    "r2_visit_pairs": "R2 of pairs within a visit",
    "r2_consecutive_pairs": "R2 of pairs over two visits",
}
_LENGTHS = {"visits_per_record": "visits", "codes_per_visit": "codes a visit"}
_EXPECTED = 20  # synthetic visits with a code, none of which is no chance
_POOR = 0.2  # below what real records reach


def records_section(table, *, seed=0):
    """Compare the visits of synthetic records with those of real ones.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    seed : int, default=0
        What draws records.

    Returns
    -------
    ReportSection or None
        None where there are no visits.
    """
    visits = table.columns_of_visits()
    if not visits:
        return None
    section = ReportSection("records", "Records and codes")
    parts = rows_alike(table, section, seed)
    for name in visits:
        prefix = f"{name}: " if len(visits) > 1 else ""
        prevalence = _compare(section, [part.X[name] for part in parts], prefix)
        _warn_of_lost_codes(section, prevalence, table.synthetic.X[name], prefix)
    return section


def _compare(section, records, prefix):
    held_out, train, synthetic = records
    found = {
        "real": record_fidelity(held_out, train),
        "synthetic": record_fidelity(held_out, synthetic),
    }
    rows = {
        word: {side: getattr(one, measure) for side, one in found.items()}
        for measure, word in _R2.items()
    }
    for measure, word in _LENGTHS.items():
        for at, moment in enumerate(("mean", "standard deviation")):
            rows[f"{word}, {moment}"] = {
                "real": getattr(found["real"], f"real_{measure}")[at],
                "synthetic": getattr(found["synthetic"], f"synthetic_{measure}")[at],
            }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    section.add_table(
        f"{prefix}records", f"{prefix}Codes, pairs of codes and lengths", frame
    )
    for measure, row in rows.items():
        section.find(f"{prefix}visits", measure, **row)
    section.headlines.append(
        (
            f"{prefix}R2 of codes (real records)",
            "{synthetic:.3f} ({real:.3f})".format(**rows["R2 of codes"]),
        )
    )
    poor = [
        word
        for word in _R2.values()
        if rows[word]["real"] - rows[word]["synthetic"] > _POOR
    ]
    if poor:
        section.warnings.append(
            f"{prefix}Synthetic records follow real ones poorly: {', '.join(poor)}."
        )
    prevalence = _compare_codes(section, held_out, synthetic, prefix)
    section.draw(
        f"{prefix}code_prevalence",
        "Share of synthetic visits that hold each code, against that of real visits.",
        lambda: _draw_codes(held_out, synthetic),
    )
    lengths = [visit_lengths(flatten_visits(one)) for one in (held_out, synthetic)]
    section.draw(
        f"{prefix}lengths",
        "Distributions of visits a patient and of codes a visit, real and synthetic.",
        lambda: draw_columns(*lengths, list(lengths[0])),
    )
    return prevalence


def _compare_codes(section, held_out, synthetic, prefix):
    frame = pd.DataFrame(
        {"real": code_prevalence(held_out), "synthetic": code_prevalence(synthetic)}
    )
    frame = frame.fillna(0.0).rename_axis("code")
    frame["difference"] = frame["synthetic"] - frame["real"]
    order = np.argsort(-frame["difference"].abs().to_numpy(), kind="stable")
    frame = frame.iloc[order]
    section.add_table(
        f"{prefix}codes",
        f"{prefix}Share of visits with each code, largest difference first",
        frame,
        shown=frame.iloc[:100],
    )
    for code, row in zip(frame.index, frame.itertuples(), strict=True):
        section.find(
            f"{prefix}{code}", "prevalence", real=row.real, synthetic=row.synthetic
        )
    return frame["real"]


def _warn_of_lost_codes(section, prevalence, synthetic, prefix):
    flat = flatten_visits(synthetic)
    expected = prevalence * (len(flat.visit_ptr) - 1)
    lost = expected.index[expected >= _EXPECTED].difference(flat.codes, sort=False)
    if len(lost):
        section.warnings.append(
            f"{prefix}Codes of real records that no synthetic record has, though "
            f"{_EXPECTED} visits or more ought to: {quote(lost)}."
        )


def _draw_codes(held_out, synthetic):
    from fairsample.plots import CodePrevalenceDisplay

    return CodePrevalenceDisplay.from_records(held_out, synthetic).figure_
