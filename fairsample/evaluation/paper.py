"""The augmentations that the papers compare, and their honest rivals."""

from sklearn.base import clone

__all__ = ["paper_arms"]


def paper_arms(
    sensitive_features=None,
    *,
    generator=None,
    fairness_weight=None,
    units=20,
    has_visits=False,
):
    """Make the arms of the FairSynth paper, and two rivals that it does not have.

    Copying within groups costs nothing and is hard to beat; SMOTENC is what most people
    would try first.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The sensitive columns of X; None leaves it to :func:`compare_augmentations` to
        hand them over.
    generator : resampler, default=None
        The last arm: a resampler with `fairness_weight` and `sampling_strategy`. None
        stands for a :class:`~fairsample.FairSynthResampler` that evens the classes
        within every group. Given a `memory`, it trains the plain generator once for
        both of its arms.
    fairness_weight : float, default=None
        Its λ; None leaves it as it is.
    units : int, default=20
        At most how often double prioritized sampling has a row.
    has_visits : bool, default=False
        Whether there are visit columns, between which SMOTENC cannot go: that arm is
        left out.

    Returns
    -------
    dict of str to resampler or None
        ``"real"``, ``"real + synthetic"`` (the generator without fairness, in the
        data's proportions), ``"real + oversampling"`` (double prioritized), ``"real +
        copies within groups"``, ``"real + SMOTENC"`` and ``"real + FairSynth"``.

    See Also
    --------
    compare_augmentations : What to give them to.

    References
    ----------
    .. [1] Bin Tarek, Poulain and Beheshti, "Fairness-Optimized Synthetic EHR
       Generation for Arbitrary Downstream Predictive Tasks", 2024, section 5.

    Examples
    --------
    >>> from fairsample.evaluation import paper_arms
    >>> arms = paper_arms("race", fairness_weight=1.2, has_visits=True)
    >>> list(arms)
    ['real', 'real + synthetic', 'real + oversampling', 'real + copies within groups',
     'real + FairSynth']
    >>> arms["real + FairSynth"].fairness_weight
    1.2
    """
    # Late, since the samplers use this room's splits, and torch takes its time.
    from fairsample.oversampling import (
        DoublePrioritizedSampler,
        FrameSMOTENC,
        GroupRandomOverSampler,
    )

    if generator is None:
        from fairsample.fairsynth import FairSynthResampler

        generator = FairSynthResampler(sampling_strategy="groups")
    generator = clone(generator)
    if sensitive_features is not None:
        generator.set_params(sensitive_features=sensitive_features)
    if fairness_weight is not None:
        generator.set_params(fairness_weight=fairness_weight)
    plain = clone(generator).set_params(
        fairness_weight=0.0, sampling_strategy="proportional"
    )
    if "downstream" in plain.get_params(deep=False):
        plain.set_params(downstream=None)
    arms = {
        "real": None,
        "real + synthetic": plain,
        "real + oversampling": DoublePrioritizedSampler(
            sensitive_features, units=units
        ),
        "real + copies within groups": GroupRandomOverSampler(sensitive_features),
        "real + SMOTENC": FrameSMOTENC(),
        "real + FairSynth": generator,
    }
    if has_visits:
        del arms["real + SMOTENC"]
    return arms
