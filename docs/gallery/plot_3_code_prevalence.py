"""
Do synthetic records hold the codes that real ones do?
======================================================

:class:`~fairsample.plots.CodePrevalenceDisplay` draws the share of visits that hold a
code, in synthetic records against real ones.
"""

from sklearn.model_selection import train_test_split

from fairsample import FairSynthResampler
from fairsample.datasets import make_icu_cohort
from fairsample.plots import CodePrevalenceDisplay

cohort = make_icu_cohort(n_patients=1000, random_state=0)
X, X_held_out, y, _ = train_test_split(
    cohort.data, cohort.target, test_size=0.5, random_state=0
)

# %%
# The generator is the plain one, trained for a few epochs only, so that this page is
# quick.

resampler = FairSynthResampler(
    "gender", fairness_weight=0.0, max_epochs=6, random_state=0
).fit(X, y)
X_synthetic, _ = resampler.sample(500)

# %%
# Synthetic records are compared with real ones that trained nothing. Codes that one
# side lacks stand on the border, and the codes that are farthest apart have names:

display = CodePrevalenceDisplay.from_records(
    X_held_out["visits"], X_synthetic["visits"]
)

# %%
# A figure means something beside another: as far as this, the real records that trained
# the generator are from those that did not.

display = CodePrevalenceDisplay.from_records(X_held_out["visits"], X["visits"])
