"""
A first augmentation
====================

Few patients die, and in some groups hardly any: a model trained on such rows finds the
deaths of no group. Here a generator adds rows until the classes are even in every
group.
"""

# %%
# The cohort is simulated. A third of it is held out, real and untouched.

from sklearn.model_selection import train_test_split

from fairsample.datasets import make_icu_cohort

cohort = make_icu_cohort(n_patients=4500, random_state=0)
columns = ["gender", "age", "insurance", "n_visits", "heart_failure", "diabetes"]
columns += ["kidney_disease", "sepsis", "respiratory_failure", "vasopressor"]
X, X_test, y, y_test = train_test_split(
    cohort.table[columns],
    cohort.target,
    test_size=1 / 3,
    stratify=cohort.target,
    random_state=0,
)

# %%
# The plan ``"groups"`` brings, in every group, each class to the size of that group's
# largest. Real rows come back first and as they were.

from fairsample import FairSynthResampler

resampler = FairSynthResampler("gender", sampling_strategy="groups", random_state=0)
X_resampled, y_resampled = resampler.fit_resample(X, y)
print(f"{len(X):,} real rows, {resampler.synthetic_mask_.sum():,} synthetic ones")

# %%

from fairsample.plots import CellBalanceDisplay

display = CellBalanceDisplay.from_groups(
    y_resampled, resampler.sensitive_features_, resampler.synthetic_mask_
)

# %%
# What is it worth? The same model, trained on real rows and on both, is tested on the
# real rows that were held out.

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline

from fairsample import VisitVectorizer
from fairsample.metrics import disparate_impact, worst_group_tpr

scores = {}
for name, rows in {"real": (X, y), "augmented": (X_resampled, y_resampled)}.items():
    model = make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=2000))
    predicted = model.fit(*rows).predict(X_test)
    groups = {"sensitive_features": X_test["gender"]}
    scores[name] = {
        "balanced accuracy": balanced_accuracy_score(y_test, predicted),
        "worst group's TPR": worst_group_tpr(y_test, predicted, **groups),
        "disparate impact": disparate_impact(y_test, predicted, **groups),
    }
pd.DataFrame(scores).round(2)

# %%
# Resampling moves outcome rates: the model's probabilities are no longer risks, see
# :ref:`calibration`.
