"""
How training went
=================

:class:`~fairsample.plots.TrainingHistoryDisplay` draws what the net of a resampler or
of a classifier noted, epoch by epoch.
"""

from fairsample import FairSynthResampler
from fairsample.datasets import make_icu_cohort
from fairsample.plots import TrainingHistoryDisplay

cohort = make_icu_cohort(n_patients=1500, random_state=0)
X = cohort.table[["gender", "age", "insurance", "n_visits", "sepsis", "vasopressor"]]

# %%
# FairSynth first learns the rows, then goes on under its fairness term: on batches in
# which all groups and classes are equally frequent, so that losses before and after
# are not to be compared.

resampler = FairSynthResampler("gender", random_state=0).fit(X, cohort.target)
display = TrainingHistoryDisplay.from_resampler(resampler)

# %%
# Whatever a callback of skorch notes has a panel of its own. Here it is how much worse
# the validation rows fare than those that are trained on.

from skorch.callbacks import Callback


class Overfitting(Callback):
    """Note the distance between the two losses."""

    def on_epoch_end(self, net, **kwargs):
        losses = net.history[-1]
        net.history.record("overfitting", losses["valid_loss"] - losses["train_loss"])


resampler.set_params(callbacks=[Overfitting()], fairness_weight=0.0, max_epochs=12)
display = TrainingHistoryDisplay.from_resampler(resampler.fit(X, cohort.target))
