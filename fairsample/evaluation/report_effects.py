"""The section of a report on causal effects of the sensitive attribute."""

import numpy as np
import pandas as pd

from fairsample.causal.effect_cases import effect_cases, have_same_cases
from fairsample.evaluation.report_section import ReportSection
from fairsample.metrics.causal import causal_effects

__all__ = ["effects_section"]

_PARTS = ("direct", "indirect", "spurious")
_SHOWN = ("total_variation", *_PARTS)
_STANDARD_ERRORS = 3
_MOST_ROWS = 10_000
_MOST_DRAWN = 6  # contrasts and classes, each a picture


def effects_section(table, *, fairness_model=None, resampler=None, seed=0):
    """Compare the effects of real rows with those of synthetic ones.

    A resampler that has measured both is believed: it did so before its plan selected
    rows by their outcome, which changes effects.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    fairness_model : StandardFairnessModel, default=None
        The roles of the columns.
    resampler : resampler, default=None
        What wrote the rows.
    seed : int, default=0
        Of estimation.

    Returns
    -------
    ReportSection or None
        None where there is neither a model nor a measurement.
    """
    section = ReportSection("effects", "Causal effects")
    measured = getattr(resampler, "effects_real_", None)
    if measured is not None:
        real, synthetic = measured, resampler.effects_synthetic_
        report = resampler.report()
        section.text += [f"{report.heading}.", *report.notes]
        section.text.append(
            "Synthetic effects are those of rows in the world's own proportions, "
            "before the plan selected any by their outcome."
        )
    elif fairness_model is not None:
        real, synthetic = _measure(table, section, fairness_model, seed)
    else:
        return None
    section.text.append(
        "Effects are what they are called only if the model of causes is right, which "
        "rows cannot tell. The total is the sum of the direct, the indirect and the "
        "spurious effect."
    )
    if synthetic is not None and not have_same_cases(real, synthetic):
        section.warnings.append(
            "Synthetic rows lack a group or class whose effects real rows have; their "
            "effects are left out."
        )
        synthetic = None
    real, synthetic = effect_cases(real), effect_cases(synthetic)
    _show(section, real, synthetic)
    _warn_of_changes(
        section, real, synthetic, getattr(resampler, "removed_pathways_", ())
    )
    return section


def _measure(table, section, fairness_model, seed):
    options = {"model": fairness_model, "natural": False, "random_state": seed}
    if len(table.classes) == 2:
        options |= {"outcome_type": "binary", "pos_label": table.pos_label}
    else:
        options["outcome_type"] = "multiclass"
    sides = {"real": table.some(table.real, _MOST_ROWS, seed)}
    counts, wanted = table.cell_counts(table.synthetic), table.cell_counts(table.real)
    if (counts[wanted > 0] == 0).any():
        section.warnings.append(
            "Effects of the synthetic rows cannot be measured: some group has none of "
            "a class. Draw rows in the world's proportions "
            "(sampling_strategy='proportional', or sample)."
        )
    else:
        sides["synthetic"] = _in_proportion(table, seed)
    if max(map(len, sides.values())) == _MOST_ROWS:
        section.text.append(f"Effects are measured on {_MOST_ROWS:,} rows at most.")
    found = {}
    for side, part in sides.items():
        if not set(fairness_model.sensitive_columns) <= set(part.X.columns):
            options["sensitive_features"] = table.sensitive(part)
        found[side] = causal_effects(part.X, table.y(part), **options)
    return found["real"], found.get("synthetic")


def _in_proportion(table, seed):
    """Draw synthetic rows whose cells have the real rows' proportions."""
    part = table.synthetic
    counts = table.cell_counts(part).ravel()
    wanted = table.cell_counts(table.real).ravel()
    scale = np.min(counts[wanted > 0] / wanted[wanted > 0])
    n_rows = np.floor(wanted * min(scale, _MOST_ROWS / wanted.sum())).astype(int)
    cell = table.cell_of(part)
    order = np.random.RandomState(seed).permutation(len(part))
    rank = pd.Series(cell[order]).groupby(cell[order]).cumcount().to_numpy()
    return part.take(order[rank < n_rows[cell[order]]])


def _show(section, real, synthetic):
    rows, shown = {}, {}
    for case, effects in real.items():
        name = "" if case is None else f"{case}: "
        for effect in _SHOWN:
            of_real = getattr(effects, effect)
            other = getattr(synthetic[case], effect) if synthetic else None
            low, high = (of_real if other is None else other).ci
            found = {
                "real": of_real.value,
                "synthetic": np.nan if other is None else other.value,
            }
            item = f"{name}{effect.replace('_', ' ')}"
            section.find(item, "effect", **found, low=low, high=high)
            rows[item] = found
            shown[item] = {"real": _in_words(of_real), "synthetic": _in_words(other)}
    section.add_table(
        "effects",
        "Effects, with 95 % intervals",
        *(
            pd.DataFrame.from_dict(one, orient="index").rename_axis("effect")
            for one in (rows, shown)
        ),
    )
    for number, (case, effects) in enumerate(list(real.items())[:_MOST_DRAWN]):
        of_synthetic = synthetic[case] if synthetic else None
        section.draw(
            f"effects_{number}" if len(real) > 1 else "effects",
            "The effects of the table below, as steps from nothing to the total.",
            lambda real=effects, other=of_synthetic: _draw(real, other),
        )


def _warn_of_changes(section, real, synthetic, removed):
    """Tell of effects that were to stay, and are others than chance explains."""
    for case, effects in synthetic.items():
        for effect in _PARTS:
            of_real, other = getattr(real[case], effect), getattr(effects, effect)
            chance = _STANDARD_ERRORS * np.hypot(of_real.se, other.se)
            if effect in removed or abs(of_real.value - other.value) <= chance:
                continue
            section.warnings.append(
                f"{'' if case is None else f'{case}: '}the {effect} effect of "
                f"synthetic rows is {other.value:+.3f}, and that of real ones "
                f"{of_real.value:+.3f}, further apart than chance explains."
            )


def _in_words(effect):
    if effect is None:
        return "\N{EN DASH}"
    return "{:+.3f} [{:+.3f}, {:+.3f}]".format(effect.value, *effect.ci)


def _draw(real, synthetic):
    from fairsample.plots import CausalEffectsDisplay

    return CausalEffectsDisplay.from_effects(real, synthetic).figure_
