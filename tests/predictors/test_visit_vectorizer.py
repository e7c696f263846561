import copy
import io
import pickle
from collections import Counter
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.utils.estimator_checks import estimator_checks_generator

from fairsample.predictors import VisitVectorizer

VISITS = [
    [["a", "b", "b"], ["c"]],
    [["a"], [], ["a", "d"]],
    [["c"], []],
]


@pytest.fixture
def records():
    return pd.DataFrame(
        {"race": ["A", "B", "A"], "visits": VISITS, "age": [30, 40, 50]},
        index=[7, 5, 3],
    )


def _frame(vectorizer, X):
    return pd.DataFrame(
        vectorizer.transform(X).toarray(), columns=vectorizer.get_feature_names_out()
    )


def _random_records(seed, n=40):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "visits": [
                [
                    rng.choice(list("abcdefghij"), rng.integers(0, 5)).tolist()
                    for _ in range(rng.integers(1, 5))
                ]
                for _ in range(n)
            ]
        }
    )


def test_counts_of_history_and_last_visit(records):
    vectorizer = VisitVectorizer(remainder="drop").fit(records)
    counts = _frame(vectorizer, records)
    assert counts.columns.tolist() == [
        f"visits__{block}__{code}" for block in ("history", "last") for code in "abcd"
    ]
    assert counts.to_numpy().tolist() == [
        [1, 2, 1, 0, 0, 0, 1, 0],
        [2, 0, 0, 1, 1, 0, 0, 1],
        [0, 0, 1, 0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_equals_counting_with_loops(seed):
    X, unseen = _random_records(seed), _random_records(seed + 10)
    vectorizer = VisitVectorizer().fit(X)
    counts = _frame(vectorizer, unseen)
    for row, history in enumerate(unseen["visits"]):
        expected = {
            "history": Counter(chain.from_iterable(history)),
            "last": Counter(history[-1]),
        }
        for block, codes in expected.items():
            for code in vectorizer.vocabulary_["visits"]:
                assert counts.loc[row, f"visits__{block}__{code}"] == codes[code]


def test_binary(records):
    counts = _frame(VisitVectorizer(remainder="drop").fit(records), records)
    flags = _frame(VisitVectorizer(remainder="drop", binary=True).fit(records), records)
    pd.testing.assert_frame_equal(flags, (counts > 0).astype(float))


def test_blocks_keep_their_order(records):
    vectorizer = VisitVectorizer(blocks=["last", "history"], remainder="drop")
    both = vectorizer.fit_transform(records).toarray()
    alone = VisitVectorizer(blocks=["last"], remainder="drop").fit_transform(records)
    assert (both[:, :4] == alone.toarray()).all()
    assert alone.shape == (3, 4)


@pytest.mark.parametrize(
    ("min_df", "kept"),
    [(1, "abcd"), (2, "ac"), (0.5, "ac"), (2 / 3, "ac"), (0.9, ""), (0.0, "abcd")],
)
def test_min_df_counts_patients(records, min_df, kept):
    vectorizer = VisitVectorizer(min_df=min_df, remainder="drop").fit(records)
    assert vectorizer.vocabulary_["visits"].tolist() == list(kept)
    assert vectorizer.transform(records).shape == (3, 2 * len(kept))


def test_unseen_codes_are_ignored(records):
    vectorizer = VisitVectorizer(remainder="drop").fit(records)
    new = pd.DataFrame({"race": ["A"], "visits": [[["zzz", "a"], ["zzz"]]], "age": [1]})
    assert vectorizer.transform(new).toarray().tolist() == [[1, 0, 0, 0, 0, 0, 0, 0]]


def test_other_columns_are_encoded_after_the_counts(records):
    vectorizer = VisitVectorizer(blocks=["last"]).fit(records)
    encoded = _frame(vectorizer, records)
    assert encoded.columns.tolist()[4:] == ["age", "race_A", "race_B"]
    assert encoded["race_A"].tolist() == [1, 0, 1]
    assert encoded["age"].mean() == pytest.approx(0)


def test_remainder_transformer(records):
    vectorizer = VisitVectorizer(blocks=["last"], remainder=OrdinalEncoder())
    encoded = _frame(vectorizer.fit(records), records)
    assert encoded["race"].tolist() == [0, 1, 0]
    assert encoded["age"].tolist() == [0, 1, 2]
    assert vectorizer.remainder_ is not vectorizer.remainder
    assert "age__categories" not in vectorizer.get_params()


def test_several_visit_columns_found_or_named(records):
    records = records.assign(drugs=[[["x"]], [["y"], ["x"]], [[]]])
    found = VisitVectorizer(remainder="drop", blocks=["history"]).fit(records)
    assert found.visits_ == ["visits", "drugs"]
    assert found.get_feature_names_out().tolist()[-2:] == [
        "drugs__history__x",
        "drugs__history__y",
    ]
    named = VisitVectorizer(visits="drugs", remainder="drop").fit(records)
    assert named.visits_ == ["drugs"]
    assert named.transform(records).shape == (3, 4)


def test_frame_without_visits(records):
    X = records.drop(columns="visits")
    assert VisitVectorizer().fit_transform(X).shape == (3, 3)
    with pytest.raises(ValueError, match="no visit column"):
        VisitVectorizer(remainder="drop").fit(X)


def test_numeric_array():
    X = np.array([[1.0, np.nan], [3.0, 4.0]])
    vectorizer = VisitVectorizer().fit(X)
    assert vectorizer.get_feature_names_out().tolist() == [
        "x0",
        "x1",
        "missingindicator_x1",
    ]
    assert np.isfinite(vectorizer.transform(X).toarray()).all()


def test_output_is_csr_and_row_order_is_kept(records):
    vectorizer = VisitVectorizer().fit(records)
    matrix = vectorizer.transform(records)
    assert isinstance(matrix, sp.csr_matrix)
    reverse = vectorizer.transform(records.iloc[::-1])
    assert (matrix.toarray()[::-1] == reverse.toarray()).all()


def test_parquet_and_tuples_give_the_same(records):
    pytest.importorskip("pyarrow")
    buffer = io.BytesIO()
    records.to_parquet(buffer)
    buffer.seek(0)
    vectorizer = VisitVectorizer().fit(records)
    expected = vectorizer.transform(records).toarray()
    assert (vectorizer.transform(pd.read_parquet(buffer)).toarray() == expected).all()
    tuples = records.assign(
        visits=[tuple(map(tuple, patient)) for patient in records["visits"]]
    )
    assert (VisitVectorizer().fit_transform(tuples).toarray() == expected).all()


def test_patients_without_any_code():
    X = pd.DataFrame({"visits": [[[]], [[], []]], "age": [1, 2]})
    assert VisitVectorizer().fit_transform(X).shape == (2, 1)


def test_pipeline_and_search_on_records():
    X = _random_records(0, n=90)
    X["site"] = np.where(np.arange(90) % 2, "x", "y")
    y = np.array([any("a" in visit for visit in patient) for patient in X["visits"]])
    model = make_pipeline(VisitVectorizer(), LogisticRegression())
    assert model.fit(X[:60], y[:60]).score(X[60:], y[60:]) > 0.9
    search = GridSearchCV(
        model,
        {"visitvectorizer__min_df": [1, 30], "visitvectorizer__blocks": [("last",)]},
        cv=2,
        error_score="raise",
    )
    assert search.fit(X, y).best_score_ > 0.5


class TestBadInput:
    def test_cell(self, records):
        records["visits"] = pd.Series(
            [[["a"]], ["a"], [["a"]]], index=records.index, dtype=object
        )
        with pytest.raises(ValueError, match=r"Column 'visits', row 1 \(index 5\)"):
            VisitVectorizer().fit(records)

    def test_cell_in_transform(self, records):
        vectorizer = VisitVectorizer().fit(records)
        records["visits"] = pd.Series(
            [[["a"]], [["a"]], None], index=records.index, dtype=object
        )
        with pytest.raises(ValueError, match=r"row 2 .*visits are missing"):
            vectorizer.transform(records)

    def test_absent_column(self, records):
        with pytest.raises(ValueError, match=r"visits names \['events'\]"):
            VisitVectorizer(visits="events").fit(records)
        vectorizer = VisitVectorizer().fit(records)
        with pytest.raises(ValueError, match="feature names"):
            vectorizer.transform(records.drop(columns="visits"))

    def test_named_column_without_visits(self, records):
        with pytest.raises(ValueError, match=r"Column 'race', row 0 .*no list"):
            VisitVectorizer(visits="race").fit(records)

    def test_duplicate_columns(self, records):
        doubled = pd.concat([records, records], axis=1)
        with pytest.raises(ValueError, match="more than one column called"):
            VisitVectorizer().fit(doubled)

    @pytest.mark.parametrize("blocks", [["first"], [], ["last", "last"]])
    def test_blocks(self, blocks, records):
        with pytest.raises(ValueError, match="blocks must be"):
            VisitVectorizer(blocks=blocks).fit(records)

    def test_unfitted(self, records):
        with pytest.raises(NotFittedError):
            VisitVectorizer().transform(records)


def test_caller_keeps_their_records(records):
    before = copy.deepcopy(records)
    VisitVectorizer(binary=True).fit_transform(records)
    pd.testing.assert_frame_equal(records, before)


def test_clone_and_pickle(records):
    vectorizer = VisitVectorizer(min_df=2, blocks=["last"]).fit(records)
    expected = vectorizer.transform(records).toarray()
    back = pickle.loads(pickle.dumps(vectorizer))
    assert (back.transform(records).toarray() == expected).all()
    assert (clone(vectorizer).fit_transform(records).toarray() == expected).all()


@pytest.mark.parametrize(
    ("estimator", "check"), list(estimator_checks_generator(VisitVectorizer()))
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
