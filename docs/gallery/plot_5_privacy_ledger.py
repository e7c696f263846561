"""
What a private table has cost
=============================

Under an epsilon, whatever FLIP learns of the rows is released with noise and entered
into a ledger. :class:`~fairsample.plots.PrivacyLedgerDisplay` draws it.
"""

from fairsample import FlipResampler
from fairsample.datasets import make_icu_cohort
from fairsample.plots import PrivacyLedgerDisplay

cohort = make_icu_cohort(n_patients=4000, random_state=0)
X = cohort.table[["gender", "age", "insurance", "n_visits", "sepsis", "vasopressor"]]

# %%
# What is public of the columns is declared; finding out the rest is paid for.

resampler = FlipResampler(
    "gender",
    epsilon=2.0,
    delta=1e-5,
    domain={
        "age": {"bounds": [18, 100]},
        "gender": {"categories": ["F", "M"]},
        "died": {"categories": [0, 1]},
    },
)
X_private, y_private = resampler.fit_resample(X, cohort.target)

# %%
# Each bar ends at the epsilon of everything released until then. Epsilons do not add
# up: what comes late costs less than it would alone.

display = PrivacyLedgerDisplay.from_resampler(resampler)

# %%
# The table behind it:

resampler.ledger_.drop(columns="reads").round(3)

# %%
# Real rows are no part of the result, and their counts are known with noise only:

from fairsample.plots import CellBalanceDisplay

display = CellBalanceDisplay.from_resampler(resampler)
