"""The skorch net that trains a classifier under a penalty on causal effects."""

from fairsample.predictors.patient_net import PatientNet

__all__ = ["CausallyFairNet"]


class CausallyFairNet(PatientNet):
    """Train a module on `Patients`: nats of the class, and a penalty.

    Parameters
    ----------
    module : type
        Its arguments are given as ``module__...``.
    **kwargs : dict
        What `PatientNet` takes.
    """

    def initialize(self):
        """Initialise everything; a new net has no penalty."""
        self.penalty_ = None
        return super().initialize()

    def fit_under(self, penalty, patients):
        """Train from the start under a penalty, and forget the penalty and its rows.

        Parameters
        ----------
        penalty : CausalPenalty or None
            Added to the loss.
        patients : Patients
            Training rows.

        Returns
        -------
        self : CausallyFairNet
        """
        self.initialize()
        self.penalty_ = penalty
        try:
            return self.partial_fit(patients, None)
        finally:
            self.penalty_ = None

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a patient's class, plus the penalty."""
        loss = super().get_loss(y_pred, y_true, X=X, training=training)
        if self.penalty_ is None:
            return loss
        if training:
            return loss + self.penalty_(self.module_)
        return loss + self.penalty_.fairness_weight * self.penalty_.distance(
            self.module_
        )
