"""
Effects that are kept, and one that is removed
==============================================

:class:`~fairsample.plots.CausalEffectsDisplay` takes a difference between two groups
apart: into what comes directly, through mediators, and from common causes. Berkeley
admitted fewer women than men in 1973, though within departments they fared as well:
women applied where few are admitted.
"""

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.datasets import load_berkeley
from fairsample.plots import CausalEffectsDisplay

X, y = load_berkeley(return_X_y=True)

# %%
# The fairness model is stated, not found. ``llm="chain"`` writes rows without a
# language model; λ = 1 removes the direct effect from them, λ = 0 keeps it.

resampler = CausalLLMResampler(
    fairness_model=StandardFairnessModel(
        sensitive="gender",
        mediators=["department"],
        outcome="admitted",
        baseline="Male",
        comparison="Female",
    ),
    llm="chain",
    random_state=0,
)
sides = {}
for weight in [0, 1]:
    resampler.set_params(fairness_weight=weight).fit(X, y)
    sides[f"written, λ = {weight}"] = resampler.effects_synthetic_
display = CausalEffectsDisplay.from_effects(resampler.effects_real_, others=sides)
