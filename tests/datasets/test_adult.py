import pytest

from fairsample.datasets import adult, fetch_adult

ROW = b"39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, "
ROW += b"Not-in-family, White, Male, 2174, 0, 40, ?, "


@pytest.fixture
def two_files(put_file, monkeypatch):
    train = ROW + b"<=50K\n" + ROW + b">50K\n\n"
    test = b"|1x3 Cross validator\n" + ROW + b">50K.\n" + ROW + b"<=50K.\n\n"
    files = {
        "train": put_file(adult.FILES["train"], train),
        "test": put_file(adult.FILES["test"], test),
    }
    monkeypatch.setattr(adult, "FILES", files)


@pytest.mark.usefixtures("two_files")
@pytest.mark.parametrize(
    ("subset", "expected"),
    [("train", [0, 1]), ("test", [1, 0]), ("all", [0, 1, 1, 0])],
)
def test_subsets_and_labels_with_a_full_stop(tmp_path, subset, expected):
    X, y = fetch_adult(subset=subset, data_home=tmp_path, return_X_y=True)
    assert y.tolist() == expected
    assert X.index.tolist() == list(range(len(expected)))
    assert set(X["native_country"]) == {"?"}
    assert set(X["workclass"]) == {"State-gov"}


@pytest.mark.usefixtures("two_files")
def test_weights_are_kept_on_demand(tmp_path):
    without = fetch_adult(data_home=tmp_path).data
    kept = fetch_adult(data_home=tmp_path, drop_weights=False).data
    assert kept.columns.tolist().index("fnlwgt") == 2
    assert kept.drop(columns="fnlwgt").equals(without)


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize(
    ("subset", "n_rows", "n_positive"),
    [("train", 32561, 7841), ("test", 16281, 3846), ("all", 48842, 11687)],
)
def test_published_counts(subset, n_rows, n_positive):
    X, y = fetch_adult(subset=subset, return_X_y=True)
    assert len(X) == n_rows
    assert y.sum() == n_positive


def test_unknown_subset_is_refused():
    with pytest.raises(ValueError, match="'subset' parameter"):
        fetch_adult(subset="validation")
