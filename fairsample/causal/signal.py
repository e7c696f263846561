"""Whether written rows still hold what real rows teach."""

from warnings import warn

import numpy as np

from fairsample.causal.curated_pool import TILTED
from fairsample.causal.effect_cases import effect_cases
from fairsample.metrics.table_classifiers import train_on_synthetic_auc
from fairsample.training.estimator_seeds import draw_seed
from fairsample.validation import DataWarning

__all__ = ["measure_utility", "warn_of_lost_signal"]

_LEAST_DROP = 0.02  # of the area under the curve: less is no loss to speak of
_VANISHED = 0.5


def measure_utility(real, written, held_out, outcome, random_state):
    """Measure what a model learns from real rows and what from written ones.

    Parameters
    ----------
    real, written, held_out : DataFrame
        Rows to train on, and real rows to test on.
    outcome : str
        The column to predict.
    random_state : RandomState
        Seeds the models.

    Returns
    -------
    dict of str to float
        Areas under the ROC curve, "real" and "synthetic", and the standard error "se"
        of the former on so many rows [1]_; empty if the held-out rows have one class.

    References
    ----------
    .. [1] J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a
       receiver operating characteristic (ROC) curve", Radiology 143(1), 1982.
    """
    if held_out[outcome].nunique() < 2:
        return {}
    seed = draw_seed(random_state)
    areas = {
        name: train_on_synthetic_auc(held_out, rows, target=outcome, random_state=seed)
        for name, rows in (("real", real), ("synthetic", written))
    }
    counts = held_out[outcome].value_counts().to_numpy()
    return {**areas, "se": _standard_error(areas["real"], counts.max(), counts.min())}


def _standard_error(area, n_one, n_other):
    both, twice = area / (2 - area), 2 * area**2 / (1 + area)
    spread = (n_one - 1) * (both - area**2) + (n_other - 1) * (twice - area**2)
    return float(np.sqrt((area * (1 - area) + spread) / (n_one * n_other)))


def warn_of_lost_signal(real, synthetic, utility, settings):
    """Warn where effects vanished together with the signal.

    Parameters
    ----------
    real, synthetic : CausalEffects, CausalEffectsByCase or None
        The effects of real and of chosen rows.
    utility : dict of str to float
        From `measure_utility`.
    settings : CausalSettings
        What was to be removed.
    """
    lost = []
    if utility:
        drop = utility["real"] - utility["synthetic"]
        if drop > max(_LEAST_DROP, 2 * utility["se"]):
            lost.append(
                f"models trained on written rows reach an area under the ROC curve of "
                f"{utility['synthetic']:.3f} on unseen real rows, on real rows "
                f"{utility['real']:.3f}"
            )
    lost += _vanished(real, synthetic, settings)
    if lost:
        warn(
            "The written rows have lost signal: "
            + "; ".join(lost)
            + ". What they have less of an effect for that reason is not fairness. Fit "
            "more rows, or try another llm.",
            DataWarning,
            stacklevel=6,
        )


def _vanished(real, synthetic, settings):
    """Name effects that were to stay, are there in real rows, and are gone."""
    written = effect_cases(synthetic)
    gone = []
    for case, effects in effect_cases(real).items():
        for name in TILTED if case in written else ():
            kept = settings.left(name) * getattr(effects, name).value
            found = getattr(written[case], name).value
            told = abs(kept) > 2 * getattr(effects, name).se
            if settings.left(name) == 1 and told and found / kept < _VANISHED:
                of_case = "" if case is None else f" ({case})"
                name = f"{name} effect{of_case}"
                gone.append(f"the {name} is {found:.3g}, not {kept:.3g}")
    return gone
