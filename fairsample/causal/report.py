"""What became of every effect, and at what price."""

from dataclasses import dataclass
from html import escape

import pandas as pd

from fairsample.causal.curated_pool import TILTED
from fairsample.causal.effect_cases import effect_cases

__all__ = ["CausalReport"]

_SHOWN = ("total_variation", *TILTED)


@dataclass(frozen=True)
class CausalReport:
    """Effects of real and of written rows, what they cost, and who wrote.

    Parameters
    ----------
    heading : str
        What was asked for.
    effects : DataFrame
        By effect: `real` and `synthetic` with standard errors, the `target`, and the
        `verdict` on whether it is met.
    notes : list of str
        Utility, rejected rows, weights and writer, in words.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.causal.report import CausalReport
    >>> effects = pd.DataFrame({"real": [0.1], "synthetic": [0.02]}, index=["direct"])
    >>> CausalReport("All of the direct effect removed", effects, ["Written by chain."])
    All of the direct effect removed
            real  synthetic
    direct   0.1       0.02
    Written by chain.
    """

    heading: str
    effects: pd.DataFrame
    notes: list

    @classmethod
    def of(cls, resampler):
        """Make the report of a fitted `CausalLLMResampler`."""
        return cls(_heading(resampler), _effects(resampler), _notes(resampler))

    def to_frame(self):
        """Return the table of effects, a copy."""
        return self.effects.copy()

    def __repr__(self):
        """Say it in words."""
        tables = []
        if len(self.effects):
            tables = [self.effects.to_string(float_format="{:.4g}".format)]
        return "\n".join([self.heading, *tables, *self.notes])

    def _repr_html_(self):
        notes = "<br>".join(map(escape, self.notes))
        table = ""
        if len(self.effects):
            table = self.effects.to_html(float_format="{:.4g}".format)
        return f"<div><p><b>{escape(self.heading)}</b></p>{table}<p>{notes}</p></div>"


def _heading(resampler):
    share = resampler.removed_share_
    cut = resampler.removed_pathways_
    if resampler.effects_real_ is None:
        return "No effect of the sensitive attribute could be measured or held"
    if not share or not cut:
        return "All effects of the sensitive attribute are to stay"
    named = f"{' and '.join(cut)} {'effect is' if len(cut) == 1 else 'effects are'}"
    return f"{share:.0%} of the {named} to be removed".replace("%", " %")


def _effects(resampler):
    """Put real and written effects beside each other."""
    written = effect_cases(resampler.effects_synthetic_)
    rows = {}
    for case, real in effect_cases(resampler.effects_real_).items():
        for name in _SHOWN:
            one = getattr(real, name)
            row = {"real": one.value, "real se": one.se}
            if case in written:
                other = getattr(written[case], name)
                row |= {"synthetic": other.value, "synthetic se": other.se}
            rows[name if case is None else f"{case}: {name}"] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    if resampler.equivalence_ is not None:
        compared = resampler.equivalence_.to_frame()
        table["target"] = compared["real"].to_numpy()
        table["verdict"] = compared["verdict"].to_numpy()
    return table


def _notes(resampler):
    notes = [f"Written by {resampler.backend_name_}."]
    if resampler.held_out_loss_:
        losses = resampler.held_out_loss_.items()
        compared = ", ".join(f"{name} {loss:.2f}" for name, loss in losses)
        notes.append(f"Nats of an unseen outcome: {compared}.")
    if resampler.utility_:
        notes.append(
            "Area under the ROC curve on unseen real rows: {real:.3f} after training "
            "on real rows (standard error {se:.3f}), {synthetic:.3f} on written "
            "ones.".format(**resampler.utility_)
        )
    notes.append(
        "Rows were chosen by weights that leave an effective sample of "
        f"{100 * resampler.effective_share_:.0f} %."
    )
    dropped = ", ".join(f"{reason}: {n}" for reason, n in resampler.rejected_.items())
    return [*notes, f"Rejected rows: {dropped}."] if dropped else notes
