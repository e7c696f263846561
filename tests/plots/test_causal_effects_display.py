"""Waterfalls of effects."""

import numpy as np
import pandas as pd
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from made_up_effects import NAMES, effects_of, made_up  # noqa: E402

from fairsample.plots import CausalEffectsDisplay  # noqa: E402

from_effects = CausalEffectsDisplay.from_effects

REAL = effects_of([-0.14, 0.07, -0.22, 0.01], [0.014, 0.016, 0.011, 0.002])
SYNTHETIC = effects_of([-0.12, 0.06, -0.20, 0.02], [0.010, 0.012, 0.008, 0.002])
REMOVED = effects_of([-0.19, 0.0, -0.21, 0.02], [0.010, 0.012, 0.008, 0.002])


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def spans(bars):
    """Start and end of each bar, by its width: (n_bars, 2)."""
    return np.array([[bar.get_x(), bar.get_x() + bar.get_width()] for bar in bars])


def boxes_of(display, texts):
    display.figure_.canvas.draw()
    return [text.get_window_extent() for text in texts]


def assert_apart(boxes):
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


def all_texts(display):
    ax = display.ax_
    values = [text for side in display.value_labels_.values() for text in side]
    texts = [*values, *ax.get_yticklabels(), ax.xaxis.label]
    texts += ax.get_legend().get_texts() if ax.get_legend() else []
    return [text for text in texts if text.get_text()]


def test_steps_lead_to_the_total():
    display = from_effects(REAL)
    np.testing.assert_allclose(
        spans(display.bars_["real"]),
        [[0, -0.14], [0, 0.07], [0.07, -0.15], [-0.15, -0.14]],
        atol=1e-12,
    )
    labels = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert labels == ["total variation", "direct", "indirect", "spurious"]
    low, high = display.ax_.get_ylim()
    assert low > high  # the total is on top


def test_intervals_stand_around_the_ends():
    display = from_effects(REAL)
    (bars,) = display.intervals_["real"].lines[2]
    found = [segment[:, 0] for segment in bars.get_segments()]
    ends = np.array([-0.14, 0.07, -0.15, -0.14])
    reach = 1.959964 * np.array([0.014, 0.016, 0.011, 0.002])
    expected = np.column_stack([ends - reach, ends + reach])
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_figures_are_those_of_effects_not_of_steps():
    display = from_effects(REAL, SYNTHETIC)
    texts = [label.get_text() for label in display.value_labels_["real"]]
    assert texts == [
        "−0.140 [−0.167, −0.113]",
        "+0.070 [+0.039, +0.101]",
        "−0.220 [−0.242, −0.198]",
        "+0.010 [+0.006, +0.014]",
    ]
    assert display.value_labels_["synthetic"][1].get_text().startswith("+0.060 [")


@pytest.mark.parametrize(
    "scale, shown", [(1e5, "−14,000 [−16,744, −11,256]"), (1e-3, "−0.000140 [")]
)
def test_figures_suit_the_unit_of_the_outcome(scale, shown):
    values = scale * np.array([-0.14, 0.07, -0.22, 0.01])
    display = from_effects(effects_of(values, scale * 0.014))
    assert display.value_labels_["real"][0].get_text().startswith(shown)


def test_sides_stand_beside_each_other():
    display = from_effects(REAL, SYNTHETIC, others={"direct removed": REMOVED})
    names = ["real", "synthetic", "direct removed"]
    assert list(display.bars_) == names
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == names
    edges = np.array(
        [
            [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars]
            for bars in display.bars_.values()
        ]
    )  # (side, effect, edge)
    in_order = edges.transpose(1, 0, 2).ravel()
    assert (np.diff(in_order) > 0).all()
    first_bars = [bars[0] for bars in display.bars_.values()]
    assert len({bar.get_facecolor() for bar in first_bars}) == 3
    assert len({bar.get_hatch() for bar in first_bars}) == 3
    np.testing.assert_allclose(spans(display.bars_["direct removed"])[1], 0, atol=1e-12)


def test_one_side_needs_no_legend():
    assert from_effects(REAL).ax_.get_legend() is None


def test_what_is_compared_is_named():
    ax = from_effects(REAL).ax_
    assert ax.get_title(loc="left") == "F against M"
    assert ax.get_xlabel() == "effect on admitted, with 95 % intervals"


def test_book_signs_are_turned_so_that_steps_add_up():
    values, ses = [-0.14, 0.07, 0.22, -0.01], [0.014, 0.016, 0.011, 0.002]
    book = effects_of(values, ses, sign="book")
    display = from_effects(book)
    np.testing.assert_allclose(
        spans(display.bars_["real"]), spans(from_effects(REAL).bars_["real"])
    )
    assert display.effects.loc[("real", "indirect")].tolist() == pytest.approx(
        [-0.22, -0.22 - 1.959964 * 0.011, -0.22 + 1.959964 * 0.011]
    )


@pytest.mark.parametrize("n_others", [0, 1, 4])
def test_texts_do_not_cover_each_other(n_others):
    others = {f"weight {number}": REMOVED for number in range(n_others)}
    display = from_effects(REAL, SYNTHETIC, others=others)
    boxes = boxes_of(display, all_texts(display))
    assert_apart(boxes)
    figure = display.figure_.bbox
    assert all(figure.containsx(b.x0) and figure.containsx(b.x1) for b in boxes)
    assert all(figure.containsy(b.y0) and figure.containsy(b.y1) for b in boxes)


@pytest.mark.parametrize("height", [2.4, 4.0])
def test_texts_do_not_cover_each_other_in_small_axes(height):
    figure, axes = plt.subplots(1, 2, figsize=(11, height), layout="constrained")
    displays = [
        from_effects(REAL, SYNTHETIC, others={"removed": REMOVED}, ax=ax) for ax in axes
    ]
    texts = [text for display in displays for text in all_texts(display)]
    assert_apart(boxes_of(displays[0], texts))


def test_figures_can_be_left_out():
    display = from_effects(REAL, SYNTHETIC, values=False)
    assert display.value_labels_ == {}
    assert len(display.ax_.texts) == 0


def test_undefined_interval_is_not_drawn():
    unknown = effects_of([-0.14, 0.07, -0.22, 0.01], np.nan)
    display = from_effects(unknown)
    (bars,) = display.intervals_["real"].lines[2]
    np.testing.assert_allclose(
        [np.ptp(segment[:, 0]) for segment in bars.get_segments()], 0
    )
    assert display.value_labels_["real"][0].get_text() == "−0.140"


def test_axes_and_styles_of_the_caller():
    figure, ax = plt.subplots()
    display = from_effects(REAL, ax=ax, bar_kw={"color": "k", "hatch": None})
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.bars_["real"][0].get_facecolor() == (0, 0, 0, 1)


def test_display_can_be_drawn_again_and_leaves_its_frame_alone():
    display = from_effects(REAL, SYNTHETIC)
    before, first = display.effects.copy(), display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
    assert list(display.bars_) == ["real", "synthetic"]
    pd.testing.assert_frame_equal(display.effects, before)


def test_frame_in_any_order():
    frame = from_effects(REAL).effects
    display = CausalEffectsDisplay(frame.iloc[::-1]).plot()
    np.testing.assert_allclose(
        spans(display.bars_["real"]), spans(from_effects(REAL).bars_["real"])
    )
    assert display.ax_.get_title(loc="left") == ""


def test_contrasts_that_differ():
    other = effects_of([0, 0, 0, 0], 0.1, contrast="M against F")
    with pytest.raises(ValueError, match="compares 'F against M', 'synthetic' 'M ag"):
        from_effects(REAL, other)


def test_effects_that_are_not_there():
    partial = made_up({name: getattr(REAL, name) for name in NAMES[:3]})
    with pytest.raises(ValueError, match="'real' has no effect 'spurious'"):
        from_effects(partial)
    with pytest.raises(ValueError, match=r"choose one, as effects\[case\]"):
        from_effects({"Black": REAL})
