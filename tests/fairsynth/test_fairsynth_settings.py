"""Settings of FairSynth: refused early where wrong, honoured where right."""

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import LRScheduler

from fairsample import FairSynthResampler, GroupRandomOverSampler

TINY = {"max_epochs": 1, "fairness_epochs": 2, "embedding": 8, "hidden": 16}
pytestmark = pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")


@pytest.fixture
def rows():
    rng = np.random.RandomState(0)
    race = rng.choice(["A", "B"], 200)
    X = pd.DataFrame({"race": race, "age": rng.randint(20, 90, 200)})
    return X, pd.Series(rng.choice(["died", "lived"], 200, p=[0.4, 0.6]), name="y")


def tiny(**settings):
    return FairSynthResampler("race", random_state=0, **{**TINY, **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_heads": 3}, "embedding=8 is not a multiple of n_heads=3"),
        ({"embedding": None, "n_heads": 7}, "n_heads=7 does not divide 64"),
        ({"device": "gpu"}, "device='gpu' cannot be used"),
        ({"pos_label": "dead"}, "pos_label='dead' is none of"),
        ({"objective": lambda p, g, y: 1.0}, "objective returned 1.0"),
        ({"objective": lambda p, g, y: p.sum() * torch.nan}, "has to be finite"),
    ],
)
def test_wrong_settings_are_refused_before_training(rows, settings, message):
    resampler = tiny(**settings)
    with pytest.raises(ValueError, match=message):
        resampler.fit(*rows)
    assert not hasattr(resampler, "net_")


@pytest.mark.parametrize("pos_label", ["died", "lived"])
def test_labels_of_an_objective_are_of_the_positive_class(rows, pos_label):
    shares = []

    def objective(probabilities, groups, labels):
        shares.append(labels.float().mean().item())
        return probabilities.mean()

    tiny(objective=objective, pos_label=pos_label).fit(*rows)
    seen = np.mean(shares[1:])  # the first call is the check
    assert seen == pytest.approx((rows[1] == pos_label).mean(), abs=0.1)


def test_a_scheduler_of_the_callers_works_in_both_phases(rows):
    steps = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1)
    assert len(tiny(callbacks=[steps]).fit(*rows).net_.history) == 3


def test_callbacks_see_the_training_whatever_the_memory_holds(rows, tmp_path):
    tiny(memory=str(tmp_path)).fit(*rows)
    seen = []

    class Epochs(LRScheduler):
        def __init__(self):
            pass

        def initialize(self):
            return self

        def on_train_begin(self, net, **kwargs):
            pass

        def on_epoch_end(self, net, **kwargs):
            seen.append(len(net.history))

        def on_batch_end(self, net, training, **kwargs):
            pass

    tiny(memory=str(tmp_path), callbacks=[Epochs()]).fit(*rows)
    assert len(seen) == 3


def test_memory_gives_the_same_rows(rows, tmp_path):
    plain = tiny().fit_resample(*rows)[0]
    for _ in range(2):
        kept = tiny(memory=str(tmp_path)).fit_resample(*rows)[0]
        pd.testing.assert_frame_equal(kept, plain)


def test_what_was_set_after_fit_does_not_change_what_is_saved(rows, tmp_path):
    fitted = tiny().fit(*rows)
    fitted.set_params(hidden=32, embedding=16, n_layers=1).save(tmp_path / "saved")
    loaded = FairSynthResampler.load(tmp_path / "saved")
    pd.testing.assert_frame_equal(loaded.sample(20)[0], fitted.sample(20)[0])


def test_columns_fixed_by_the_group_stay_so_however_coarse_the_bins(rows):
    X, y = rows
    X = X.assign(code=X["race"].map({"A": 10.5, "B": 20.25}))
    drawn, _ = tiny(max_levels=2, n_bins=2).fit(X, y).sample(300)
    assert (drawn["code"] == drawn["race"].map({"A": 10.5, "B": 20.25})).all()


def test_visits_without_a_code_are_visits(rows):
    X, y = rows
    X = X.assign(visits=pd.Series([[[]] * (1 + i % 3) for i in range(200)]))
    drawn, _ = tiny().fit(X, y).sample(50)
    assert {
        code for cell in drawn["visits"] for visit in cell for code in visit
    } == set()
    assert {len(cell) for cell in drawn["visits"]} <= {1, 2, 3}


def test_visits_in_arrow_come_back_in_arrow(rows):
    pa = pytest.importorskip("pyarrow")
    X, y = rows
    dtype = pd.ArrowDtype(pa.list_(pa.list_(pa.string())))
    cells = [[["DX:1", "DX:2"], ["DX:1"]] if i % 2 else [["DX:3"]] for i in range(200)]
    X = X.assign(visits=pd.Series(cells, dtype=dtype))
    for resampler in (tiny(), GroupRandomOverSampler("race", random_state=0)):
        resampled, _ = resampler.fit_resample(X, y)
        assert resampled["visits"].dtype == dtype
        assert len(resampled) > len(X)


@pytest.mark.parametrize("cell", [[], None, "abc", [[1, 2]], [None]])
def test_copying_samplers_refuse_bad_visit_cells_too(rows, cell):
    X, y = rows
    visits = pd.Series([[["DX:1"]]] * 200)
    visits[7] = cell
    with pytest.raises(ValueError, match="'visits'"):
        GroupRandomOverSampler("race").fit_resample(X.assign(visits=visits), y)
