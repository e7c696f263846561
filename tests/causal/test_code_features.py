import numpy as np
import pandas as pd

from fairsample.causal.code_features import CodeFeatures
from fairsample.encoding import TableEncoder


def fitted(rows):
    encoder = TableEncoder().fit(rows)
    codes = encoder.transform(rows)
    return CodeFeatures.of(encoder, codes), codes


def test_ordered_column_is_its_normal_score_and_whether_it_is_missing():
    dose = pd.Series(np.arange(100.0)).mask(np.arange(100) % 10 == 0)
    features, codes = fitted(pd.DataFrame({"dose": dose}))
    read = features.read(codes)
    assert read.shape == (100, 2)
    np.testing.assert_array_equal(read[:, 1], dose.isna())
    known = dose.notna().to_numpy()
    assert (np.diff(read[known, 0]) >= 0).all()
    assert len(np.unique(read[known, 0])) > 5
    assert abs(read[known, 0].mean()) < 0.05
    assert (read[~known, 0] == 0).all()


def test_complete_column_has_no_indicator_of_missing_values():
    features, codes = fitted(pd.DataFrame({"dose": np.arange(50.0)}))
    assert features.read(codes).shape == (50, 1)


def test_category_has_one_indicator_each():
    rows = pd.DataFrame({"unit": list("abcab")})
    features, codes = fitted(rows)
    np.testing.assert_array_equal(
        features.read(codes), pd.get_dummies(rows["unit"]).to_numpy(dtype=float)
    )


def test_rarest_of_many_categories_share_the_zero():
    common = np.repeat([f"c{i:02}" for i in range(30)], 5)
    rows = pd.DataFrame({"unit": np.append(common, ["rare", "seldom"])})
    features, codes = fitted(rows)
    read = features.read(codes)
    assert read.shape == (152, 30)
    np.testing.assert_array_equal(read.sum(axis=1), np.append(np.ones(150), [0, 0]))


def test_columns_stand_side_by_side_and_only_those_given_are_read():
    rows = pd.DataFrame({"unit": list("abcab") * 9, "dose": np.arange(45.0)})
    features, codes = fitted(rows)
    whole = features.read(codes)
    assert whole.shape == (45, 4)
    np.testing.assert_array_equal(features.read(codes[:, :1]), whole[:, :3])


def test_nothing_given_is_an_intercept():
    features, codes = fitted(pd.DataFrame({"dose": np.arange(45.0)}))
    assert features.read(codes[:, :0]).tolist() == [[1.0]] * 45
