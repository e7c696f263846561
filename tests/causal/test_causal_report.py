from types import SimpleNamespace

import pytest
from made_up_effects import effects_of

from fairsample.causal.report import CausalReport
from fairsample.metrics import CausalEffectsByCase, equivalence


def fitted(**changes):
    real = effects_of([0.3, 0.1, 0.15, 0.05], 0.01)
    written = effects_of([0.2, 0.0, 0.15, 0.05], 0.005)
    given = {
        "removed_share_": 1.0,
        "removed_pathways_": ("direct",),
        "effects_real_": real,
        "effects_synthetic_": written,
        "equivalence_": equivalence(written, written, margin=0.05),
        "backend_name_": "chain",
        "held_out_loss_": {},
        "utility_": {},
        "effective_share_": 0.873,
        "rejected_": {},
    }
    return SimpleNamespace(**{**given, **changes})


def test_effects_stand_beside_each_other():
    table = CausalReport.of(fitted()).to_frame()
    assert list(table) == [
        "real",
        "real se",
        "synthetic",
        "synthetic se",
        "target",
        "verdict",
    ]
    assert table.loc["direct", ["real", "synthetic", "target"]].tolist() == [0.1, 0, 0]
    assert list(table.index) == ["total_variation", "direct", "indirect", "spurious"]


def test_notes_are_in_words():
    text = repr(
        CausalReport.of(
            fitted(
                held_out_loss_={"scratch": 5.25, "chain": 4.5},
                utility_={"real": 0.8, "synthetic": 0.79, "se": 0.02},
                rejected_={"<copy>": 3, "range": 1},
            )
        )
    )
    assert "Written by chain." in text
    assert "scratch 5.25, chain 4.50" in text
    assert "0.800 after training on real rows (standard error 0.020), 0.790" in text
    assert "an effective sample of 87 %" in text
    assert "Rejected rows: <copy>: 3, range: 1." in text


@pytest.mark.parametrize(
    ("changes", "heading"),
    [
        ({}, "100 % of the direct effect is to be removed"),
        (
            {"removed_share_": 0.5, "removed_pathways_": ("direct", "spurious")},
            "50 % of the direct and spurious effects are to be removed",
        ),
        (
            {"removed_share_": 0.0, "removed_pathways_": ()},
            "All effects of the sensitive attribute are to stay",
        ),
        (
            {
                "effects_real_": None,
                "effects_synthetic_": None,
                "equivalence_": None,
            },
            "No effect of the sensitive attribute could be measured or held",
        ),
    ],
)
def test_heading_says_what_was_asked_for(changes, heading):
    assert CausalReport.of(fitted(**changes)).heading == heading


def test_cases_are_told_apart():
    both = CausalEffectsByCase(
        {name: effects_of([0.3, 0.1, 0.15, 0.05], 0.01) for name in ("A", "B")}
    )
    report = CausalReport.of(
        fitted(
            effects_real_=both,
            effects_synthetic_=both,
            equivalence_=equivalence(both, both, margin=0.05),
        )
    )
    assert list(report.to_frame().index)[3:5] == ["A: spurious", "B: total_variation"]


def test_html_is_escaped():
    html = CausalReport.of(fitted(rejected_={"<copy>": 3}))._repr_html_()
    assert "&lt;copy&gt;" in html
    assert "<copy>" not in html
    assert "<table" in html
