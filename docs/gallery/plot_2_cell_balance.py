"""
Who is in the data, and what a plan adds
========================================

:class:`~fairsample.plots.CellBalanceDisplay` counts the rows of each group and class,
real ones and synthetic ones. Two sensitive columns make intersectional groups.
"""

from fairsample import GroupRandomOverSampler
from fairsample.datasets import make_icu_cohort
from fairsample.plots import CellBalanceDisplay

cohort = make_icu_cohort(n_patients=18_000, random_state=0)
X = cohort.table[["ethnicity", "gender", "age"]]
resampler = GroupRandomOverSampler(["ethnicity", "gender"], random_state=0)

# %%
# A fitted resampler knows its plan before a row is made. The default, ``"auto"``, gives
# each class as many rows as the largest class has, where it is least even:

resampler.fit(X, cohort.target)
display = CellBalanceDisplay.from_resampler(resampler)

# %%
# ``"cells"`` makes all cells as large as the largest. On a logarithmic axis small cells
# can be seen beside large ones; the figures to the right say how much of a cell would
# be made up:

resampler.set_params(sampling_strategy="cells").fit(X, cohort.target)
display = CellBalanceDisplay.from_resampler(resampler, log=True)
