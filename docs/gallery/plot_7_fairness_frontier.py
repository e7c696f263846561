"""
What fairness costs
===================

:class:`~fairsample.plots.FairnessFrontierDisplay` draws utility against fairness as the
fairness weight λ grows. Better is up and to the right.
"""

import tempfile

from imblearn.pipeline import make_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from fairsample import FairSynthResampler, VisitVectorizer
from fairsample.datasets import make_icu_cohort
from fairsample.plots import FairnessFrontierDisplay

cohort = make_icu_cohort(n_patients=3000, random_state=0)
columns = ["ethnicity", "gender", "age", "insurance", "n_visits", "sepsis"]
X = cohort.table[[*columns, "vasopressor", "respiratory_failure"]]
is_white = X["ethnicity"] == "White"
X = X.assign(ethnicity=X["ethnicity"].where(is_white, "Others"))

# %%
# λ is a parameter of a pipeline like any other. With a memory the plain generator,
# which does not depend on λ, is trained once for each fold. Epochs are few, so that
# this page is quick.

model = make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=1000))
with tempfile.TemporaryDirectory() as folder:
    resampler = FairSynthResampler(
        "ethnicity",
        sampling_strategy="cells",
        max_epochs=6,
        fairness_epochs=1,
        memory=folder,
        random_state=0,
    )
    display = FairnessFrontierDisplay.from_estimator(
        make_pipeline(resampler, *(step for _, step in model.steps)),
        X,
        cohort.target,
        fairness_weights=[0.0, 0.5, 1.0],
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        rivals={"real rows": model},
    )

# %%
# Bars are one standard deviation over folds. Where they are as long as the way from one
# weight to the next, these folds cannot tell the two apart: see :ref:`weight-grid`.
