"""Draw causal_effects.png: Berkeley's effects, kept and without the direct one."""

from pathlib import Path

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.datasets import load_berkeley
from fairsample.plots import CausalEffectsDisplay

X, y = load_berkeley(return_X_y=True)
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
display.figure_.savefig(Path(__file__).with_suffix(".png"), dpi=110)
