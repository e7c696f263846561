import numpy as np

from fairsample.datasets.icu_codes import (
    _COMMON_DIAGNOSES,
    _COMMON_MEDICATIONS,
    _DIAGNOSES,
    _MEDICATIONS,
    _VASOPRESSORS,
    visit_lists,
)
from fairsample.datasets.icu_mechanisms import (
    CONDITIONS,
    draw_confounders,
    draw_mediators,
)


def test_every_condition_has_codes_and_no_code_has_two_meanings():
    names = {condition.name for condition in CONDITIONS}
    for codes, common in (
        (_DIAGNOSES, [_COMMON_DIAGNOSES]),
        (_MEDICATIONS, [_COMMON_MEDICATIONS, _VASOPRESSORS]),
    ):
        assert set(codes) == names
        every = " ".join([*codes.values(), *common]).split()
        assert len(every) == len(set(every))


def test_codes_come_back_in_another_visit():
    rng = np.random.default_rng(0)
    white = np.zeros(1500, dtype=int)
    mediators = draw_mediators(white, draw_confounders(white, rng), rng)
    visits = visit_lists(white, mediators, rng)
    assert [len(patient) for patient in visits] == mediators.n_visits.tolist()

    def share_repeated(pairs):
        kept = [len(set(a) & set(b)) / max(len(a), 1) for a, b in pairs]
        return np.mean(kept)

    several = [patient for patient in visits if len(patient) > 1]
    own = share_repeated([patient[:2] for patient in several])
    others = share_repeated(
        [(a[0], b[1]) for a, b in zip(several, several[1:], strict=False)]
    )
    assert own > 1.3 * others
