"""Private rows in forms that tell nothing of them."""

import numpy as np
import pandas as pd
import pytest

from fairsample.base import DataWarning
from fairsample.flip.domain import TableDomain
from fairsample.flip.private_input import PrivateInput, warn_of_outside
from fairsample.flip.public_forms import (
    public_groups,
    public_table_form,
    public_target_form,
)
from fairsample.groups import Groups
from fairsample.table_form import TableForm
from fairsample.validation import refuse_visits


def table():
    X = pd.DataFrame(
        {
            "sex": ["F", "M", "F", "M"],
            "age": [30, 40, 50, 60],
            "old": [False, False, True, True],
        },
        index=[7, 5, 3, 1],
    )
    return X, pd.Series([1, 0, 1, 0], name="died", index=[9, 8, 7, 6])


class TestReading:
    """Rows are split into what is learned and the cell that each is in."""

    def test_columns(self):
        X, y = table()
        private = PrivateInput.read(X, y, selector=["old", "sex"])
        assert private.sensitive_columns == ("old", "sex")
        assert list(private.frame) == ["age"]
        assert list(private.cells) == ["old", "sex", "died"]
        assert private.cells["sex"].tolist() == ["F", "M", "F", "M"]
        assert private.cells["died"].tolist() == [1, 0, 1, 0]
        assert private.frame.index.tolist() == [0, 1, 2, 3]

    def test_values_win_over_the_selector(self):
        X, y = table()
        private = PrivateInput.read(X, y, selector="old", values=[1, 2, 2, 1])
        assert private.sensitive_columns == ()
        assert list(private.frame) == ["sex", "age", "old"]
        assert private.cells["sensitive_features"].tolist() == [1, 2, 2, 1]

    @pytest.mark.parametrize(
        ("y", "name"),
        [
            ([0, 1, 0, 1], "y"),
            (np.array([[0], [1], [0], [1]]), "y"),
            (pd.DataFrame({"died": [0, 1, 0, 1]}), "died"),
            (pd.Series(["b", "a", "b", "a"], name="z"), "z"),
        ],
    )
    def test_name_of_the_target(self, y, name):
        private = PrivateInput.read(table()[0], y, selector="sex")
        assert private.cells.columns[-1] == name
        assert private.cells[name].nunique() == 2

    def test_rows_are_not_changed_and_not_shown(self):
        X, y = table()
        private = PrivateInput.read(X, y, selector="sex", missing="group")
        assert repr(private) == "PrivateInput(...)"
        pd.testing.assert_frame_equal(X, table()[0])
        pd.testing.assert_series_equal(y, table()[1])

    def test_order_of_an_ordered_column_stays(self):
        X, y = table()
        order = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
        X["dose"] = pd.Series(["mid", None, "low", "high"], index=X.index, dtype=order)
        private = PrivateInput.read(X, y, selector="dose", missing="group")
        assert private.cells["dose"].tolist() == ["mid", "missing", "low", "high"]
        categories = private.cells["dose"].cat.categories
        assert categories.tolist() == ["low", "mid", "high", "missing"]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"selector": lambda X: X["sex"]}, "sensitive_features is a callable"),
            ({"selector": None}, "No sensitive features were given"),
            ({"selector": "race"}, "'race', which X does not have"),
            ({"values": [1, 2]}, "inconsistent numbers of samples"),
            ({"values": [1, None, 2, 1]}, "'sensitive_features' have missing values"),
            (
                {"values": pd.DataFrame({"age": list("abab"), "new": list("aabb")})},
                "'age' names both",
            ),
            ({"y": [0, 1]}, "inconsistent numbers of samples"),
            ({"y": [0, 1, None, 1]}, "y has missing values"),
            ({"y": pd.Series([0, 1, 0, 1], name="age")}, "'age' names both"),
            ({"y": np.eye(2)[[0, 1, 0, 1]]}, r"y has 2 columns.*argmax\(axis=1\)"),
            ({"y": pd.DataFrame(np.eye(2)[[0, 1, 0, 1]])}, "y has 2 columns"),
        ],
    )
    def test_faults(self, options, message):
        X, y = table()
        options = {"selector": "sex", "y": y} | options
        with pytest.raises(ValueError, match=message):
            PrivateInput.read(X, **options)


class TestKnownDomain:
    """What dtypes tell of groups and classes needs no declaration."""

    def known(self, domain=None, missing="error", **columns):
        X, y = table()
        private = PrivateInput.read(
            X.assign(**columns), y, selector=["old", "sex"], missing=missing
        )
        return private.known_domain(domain)

    def test_booleans(self):
        assert self.known()["old"].categories == (False, True)
        nullable = pd.array([True, None, False, True], dtype="boolean")
        known = self.known(old=nullable, missing="group")
        assert known["old"].categories == (False, True, "missing")

    def test_other_columns_are_as_they_were_declared(self):
        domain = {"sex": {"categories": ["F", "M"]}, "age": {"bounds": [0, 99]}}
        known = self.known(domain)
        assert known["age"] == TableDomain(domain)["age"]
        assert known["sex"].categories == ("F", "M")
        assert "died" not in known

    def test_missing_values_are_a_group_where_the_dtype_has_them(self):
        domain = {"sex": {"categories": ["F", "M"]}, "died": {"categories": [0, 1]}}
        known = self.known(domain, missing="group")
        assert known["sex"].categories == ("F", "M", "missing")
        assert known["old"].categories == (False, True)
        assert known["died"].categories == (0, 1)

    def test_bounds_of_a_group(self):
        with pytest.raises(ValueError, match=r"'sex'.*declare its categories"):
            self.known({"sex": {"bounds": [0, 1]}})


class TestPublicGroups:
    """Every combination of declared values is a group, whether it occurs or not."""

    def test_one_feature(self):
        groups, codes = public_groups([np.array([1, 0])], [["F", "M"]], ("sex",), ())
        assert groups.labels == ["F", "M"]
        assert codes.tolist() == [1, 0]
        assert len(groups.codes) == 0

    def test_combinations(self):
        codes_of = [np.array([1, 0, 1]), np.array([2, 0, 0])]
        labels_of = [["F", "M"], [1, 2, 3]]
        groups, codes = public_groups(codes_of, labels_of, ("sex", "age"), ())
        assert len(groups) == 6
        assert [groups.labels[code] for code in codes] == [("M", 3), ("F", 1), ("M", 1)]

    def test_values_of_several_types(self):
        groups, _ = public_groups(
            [np.array([0])], [[False, True, "missing"]], ("old",), ("old",)
        )
        assert groups.labels == [False, True, "missing"]
        assert [type(label) for label in groups.labels] == [bool, bool, str]


class TestForms:
    """Examples of declared values in the caller's form."""

    def test_categories_of_the_target_are_the_declared_ones(self):
        y = pd.Series(["mid", "secret"], dtype="category", name="dose")
        ordered = y.astype(pd.CategoricalDtype(["secret", "mid"], ordered=True))
        labels, declared = ["high", "low", "mid"], ("low", "mid", "high")
        for given in (ordered, ordered.to_frame()):
            form = public_target_form(given, labels, declared)
            written = form.write(np.array([0, 1, 2]))
            written = written if given is ordered else written["dose"]
            assert written.tolist() == labels
            assert written.cat.categories.tolist() == list(declared)
            assert written.cat.ordered
            assert form.name == "dose"
            assert form.classes.tolist() == labels

    def test_table(self):
        X = pd.DataFrame(
            {
                "age": [1],
                "dose": pd.Categorical(["mid"], ["mid", "secret"], ordered=True),
                "sex": ["F"],
            }
        )
        form, frame = TableForm.read(X)
        labels = [("high", "F"), ("low", "F"), ("missing", "F")]
        groups = Groups(np.empty(0, int), labels, ("dose", "sex"), ("dose", "sex"))
        found, rows = public_table_form(
            form,
            frame[["age"]].iloc[:0],
            groups,
            {"dose": ("low", "high"), "sex": ("F", "M")},
        )
        assert list(found.template) == ["age", "dose", "sex"]
        assert len(found.template) == 0
        assert found.template["dose"].cat.categories.tolist() == ["low", "high"]
        assert found.template["dose"].cat.ordered
        assert rows["dose"].tolist()[:2] == ["high", "low"]
        assert rows["dose"].isna().tolist() == [False, False, True]
        assert rows["sex"].tolist() == ["F"] * 3

    def test_a_value_that_is_called_missing(self):
        X = pd.DataFrame({"sex": ["missing", "F"]})
        groups = Groups(np.empty(0, int), ["F", "missing"], ("sex",), ("sex",))
        _, rows = public_table_form(
            TableForm.read(X)[0], X[[]], groups, {"sex": ("F", "missing")}
        )
        assert rows["sex"].tolist() == ["F", "missing"]


def test_visits_are_refused_by_name():
    frame = pd.DataFrame({"age": [1, 2], "stays": [[["a"]], [["b"], ["c"]]]})
    refuse_visits(frame[["age"]], "FlipResampler")
    with pytest.raises(ValueError, match=r"'stays' hold visits.*VisitVectorizer"):
        refuse_visits(frame, "FlipResampler")


def test_values_outside_are_told_in_round_numbers():
    warn_of_outside({})
    with pytest.warns(DataWarning, match=r"'age' \(about 12\), 'sex' \(about 40\)"):
        warn_of_outside({"age": 12.3, "sex": 39.8})
