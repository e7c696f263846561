"""Which levels are compared."""

import numpy as np
import pandas as pd
import pytest

from fairsample.causal import StandardFairnessModel
from fairsample.groups import resolve_groups


def model(**changes):
    given = {"sensitive": "race", "baseline": "White", "comparison": "Black"}
    return StandardFairnessModel(**{**given, **changes})


def sides(fairness_model, levels, **options):
    return [
        (contrast.baseline, contrast.comparisons)
        for contrast in fairness_model.contrasts(levels, **options)
    ]


class TestContrasts:
    def test_two_levels_need_nothing_named(self):
        plain = StandardFairnessModel(sensitive="sex")
        assert sides(plain, ["M", "F"]) == [("F", ("M",))]
        assert sides(plain, [True, False]) == [(False, (True,))]
        assert sides(plain, np.array([1, 0])) == [(0, (1,))]

    def test_two_levels_with_one_named(self):
        assert sides(model(comparison=None), ["Black", "White"]) == [
            ("White", ("Black",))
        ]
        assert sides(model(baseline=None), ["Black", "White"]) == [
            ("White", ("Black",))
        ]

    @pytest.mark.parametrize("comparison", ["each", "rest"])
    def test_two_levels_and_a_word_for_several(self, comparison):
        either = StandardFairnessModel(sensitive="sex", comparison=comparison)
        (contrast,) = either.contrasts(["F", "M"])
        assert (contrast.baseline, contrast.comparisons) == ("F", ("M",))
        assert contrast.name == "M against F"

    def test_levels_of_a_category_are_not_taken_in_their_order(self):
        sex = pd.Series(pd.Categorical(["M", "F", "M"], categories=["M", "F"]))
        groups = resolve_groups(sex.to_frame("sex"), selector="sex")
        plain = StandardFairnessModel(sensitive="sex")
        assert sides(plain, groups.labels) == sides(plain, sex.cat.categories)

    LEVELS = ("Asian", "Black", "White")

    @pytest.mark.parametrize(
        "comparison, expected",
        [
            ("Black", [("White", ("Black",))]),
            (["Black", "Asian"], [("White", ("Black",)), ("White", ("Asian",))]),
            ("each", [("White", ("Asian",)), ("White", ("Black",))]),
            ("rest", [("White", ("Asian", "Black"))]),
        ],
    )
    def test_more_levels(self, comparison, expected):
        assert sides(model(comparison=comparison), self.LEVELS) == expected

    def test_names(self):
        names = [
            contrast.name
            for comparison in ("each", "rest")
            for contrast in model(comparison=comparison).contrasts(self.LEVELS)
        ]
        assert names == [
            "Asian against White",
            "Black against White",
            "all others against White",
        ]

    def test_intersectional_levels(self):
        levels = [("Black", "F"), ("Black", "M"), ("White", "F"), ("White", "M")]
        several = {"sensitive": ["race", "sex"]}
        one = model(**several, baseline=("White", "M"), comparison=("Black", "F"))
        (contrast,) = one.contrasts(levels)
        assert contrast.name == "Black, F against White, M"
        assert contrast.comparisons == (("Black", "F"),)
        two = model(**several, baseline=["White", "M"], comparison=levels[:2])
        assert sides(two, levels) == [
            (("White", "M"), (("Black", "F"),)),
            (("White", "M"), (("Black", "M"),)),
        ]

    @pytest.mark.parametrize(
        "changes",
        [
            {"baseline": None, "comparison": None},
            {"comparison": None},
            {"baseline": None},
            {"baseline": None, "comparison": "each"},
            {"baseline": None, "comparison": "rest"},
        ],
    )
    def test_more_than_two_levels_and_not_enough_named(self, changes):
        with pytest.raises(ValueError) as caught:
            model(**changes).contrasts(self.LEVELS, counts=[31, 3175, 2103])
        message = str(caught.value)
        assert "'race' has more than two levels" in message
        assert "'Asian' (31 rows), 'Black' (3,175 rows), 'White' (2,103 r" in message
        assert "'rest' for all others pooled" in message
        largest = "Black" if changes.get("baseline", 1) is None else "White"
        assert f"baseline='{largest}' with comparison='Asian'" in message

    def test_many_levels_are_not_all_listed(self):
        plain = StandardFairnessModel(sensitive="city")
        with pytest.raises(ValueError, match="'9'|9 .1 rows. and 90 more"):
            plain.contrasts(range(100), counts=[1] * 100)

    @pytest.mark.parametrize(
        "changes, unknown",
        [
            ({"baseline": "white"}, "'white'"),
            ({"comparison": ["Black", "Asien"]}, "'Asien'"),
            ({"baseline": None, "comparison": "black"}, "'black'"),
            ({"baseline": 1, "comparison": "rest"}, "1"),
        ],
    )
    def test_unknown_level(self, changes, unknown):
        with pytest.raises(
            ValueError, match=f"name {unknown}, which is no level.*'Asian', 'Black', 'W"
        ):
            model(**changes).contrasts(self.LEVELS)

    def test_one_level(self):
        with pytest.raises(ValueError, match="'race' has one level only, 'White'"):
            model().contrasts(["White"])

    def test_both_of_two_levels(self):
        both = StandardFairnessModel(sensitive="sex", comparison=["F", "M"])
        with pytest.raises(ValueError, match="names both levels of 'sex', 'F', 'M'"):
            both.contrasts(["F", "M"])

    def test_level_that_is_called_rest(self):
        levels = ["Black", "White", "rest"]
        with pytest.raises(ValueError, match=r"Write \['rest'\] for the level"):
            model(comparison="rest").contrasts(levels)
        assert sides(model(comparison=["rest"]), levels) == [("White", ("rest",))]

    @pytest.mark.parametrize(
        "changes, message",
        [
            ({"comparison": "White"}, "'White' is both the baseline and a comparison"),
            ({"comparison": ["Black", "Black"]}, "names a level twice: 'Black', 'Bl"),
            ({"comparison": []}, "comparison is empty"),
            ({"baseline": ("White", "M")}, "a level of 'race' is one value"),
            (
                {"sensitive": ["race", "job"]},
                "baseline has 'White'; a level of 'race', 'job' is a tuple of 2",
            ),
        ],
    )
    def test_levels_that_make_no_sense(self, changes, message):
        with pytest.raises(ValueError, match=message):
            model(**changes)
