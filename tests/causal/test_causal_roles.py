import numpy as np
import pandas as pd
import pytest

from fairsample import StandardFairnessModel
from fairsample.base import DataWarning
from fairsample.causal.roles import check_pathways, model_for_table
from fairsample.groups import resolve_groups


def table(groups=("a", "b", "b", "c", "c", "c")):
    n = len(groups) * 10
    X = pd.DataFrame({"sex": np.resize(list(groups), n), "age": np.arange(n)})
    return X, resolve_groups(X, selector="sex")


class TestPathways:
    @pytest.mark.parametrize(
        ("pathways", "necessity", "cut"),
        [
            ("direct", (), ("direct",)),
            (["spurious", "direct"], (), ("direct", "spurious")),
            (("direct", "direct"), (), ("direct",)),
            (("direct", "indirect"), "direct", ("indirect",)),
            (("direct",), ["spurious"], ("direct",)),
        ],
    )
    def test_what_is_removed_in_causal_order(self, pathways, necessity, cut):
        assert check_pathways(pathways, necessity, 1.0) == cut

    def test_nothing_need_be_removed_of_nothing(self):
        assert check_pathways((), (), 0.0) == ()
        assert check_pathways("direct", "direct", 0.0) == ()

    @pytest.mark.parametrize(
        ("pathways", "necessity", "message"),
        [
            (("total",), (), "pathways names 'total'; pathways are 'direct'"),
            ("direct", ("ett",), "business_necessity names 'ett'"),
            ("direct", "direct", "fairness_weight=0.25 has nothing to remove"),
        ],
    )
    def test_refused(self, pathways, necessity, message):
        with pytest.raises(ValueError, match=message):
            check_pathways(pathways, necessity, 0.25)


class TestAssumedModel:
    def test_largest_group_is_the_baseline_of_all_others(self):
        X, groups = table()
        with pytest.warns(DataWarning, match="largest group, 'c', as the baseline"):
            model = model_for_table(None, X, groups)
        assert model == StandardFairnessModel(
            sensitive="sex", mediators=["age"], baseline="c", comparison="rest"
        )

    def test_of_two_groups_the_other_is_named(self):
        X, groups = table("aab")
        with pytest.warns(DataWarning, match="No fairness_model"):
            model = model_for_table(None, X, groups)
        assert (model.baseline, model.comparison) == ("a", ("b",))

    def test_values_get_a_name_that_no_column_has(self):
        X, _ = table()
        groups = resolve_groups(X, values=X["sex"].rename("age"))
        with pytest.warns(DataWarning, match=r"sensitive='age_'"):
            model = model_for_table(None, X.drop(columns="sex"), groups)
        assert model.sensitive == "age_"
        assert model.mediators == ("age",)


class TestStatedModel:
    def test_comes_back_as_it_is(self):
        X, groups = table()
        model = StandardFairnessModel(
            sensitive="sex", confounders=["age"], baseline="a", comparison="each"
        )
        assert model_for_table(model, X, groups) is model

    @pytest.mark.parametrize(
        ("roles", "message"),
        [
            ({"sensitive": "age", "mediators": ["sex"]}, "are 'sex', and.*'age'"),
            ({"sensitive": "sex"}, "without a role in fairness_model: 'age'"),
            (
                {"sensitive": "sex", "mediators": ["age"], "baseline": "z"},
                "'z', which is no level",
            ),
            ({"sensitive": "sex", "mediators": ["age"]}, "more than two levels"),
        ],
    )
    def test_refused(self, roles, message):
        X, groups = table()
        with pytest.raises(ValueError, match=message):
            model_for_table(StandardFairnessModel(**roles), X, groups)
