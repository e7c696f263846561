"""Several processes train one net: the curve of a single process."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from fairsample import FairSynthResampler, FlipResampler
from fairsample.predictors import VisitTransformerClassifier
from fairsample.training.device import check_device, usable_device
from fairsample.training.records import RecordBatch, Records
from fairsample.training.shared_steps import SharedSteps

needs_accelerate = pytest.mark.skipif(
    importlib.util.find_spec("accelerate") is None, reason="needs accelerate"
)

PROGRAM = """
import json, os, sys, warnings
import numpy as np, pandas as pd, torch
from accelerate import Accelerator, PartialState
from fairsample import CausalLLMResampler, FairSynthResampler, FlipResampler
from fairsample.datasets import make_icu_cohort
from fairsample.training.device import this_process
from fairsample.training.records import RecordBatch
from fairsample.training.shared_steps import SharedSteps

rank = int(os.environ.get("RANK", 0))
rng = np.random.RandomState(0)
male = rng.rand(301) < 0.4
X = pd.DataFrame({"male": male.astype(int), "dose": rng.normal(size=301)})
y = pd.Series((rng.rand(301) < np.where(male, 0.5, 0.3)).astype(int), name="died")
warnings.simplefilter("ignore")


def fairsynth(**options):
    own = {"max_epochs": 3, "fairness_epochs": 1, "dropout": 0.0, "random_state": 0}
    model = FairSynthResampler("male", device="accelerate", **own | options)
    return model.fit(X, y)


def curve(model):
    net, rows = model.net_, model.sample(20, random_state=0)[0]
    history = net.history
    return {
        "train": history[:, "train_loss"],
        "valid": [row.get("valid_loss") for row in history],
        "weights": float(sum(w.double().abs().sum() for w in net.module_.parameters())),
        "rows": rows["dose"].tolist(),
    }


told = {"rank": rank, "plain": curve(fairsynth(fairness_weight=0))}
if sys.argv[1] != "plain":
    told["fair"] = curve(fairsynth())
    cohort = make_icu_cohort(n_patients=80, random_state=0)
    patients = FairSynthResampler(
        "ethnicity", max_epochs=2, device="accelerate", random_state=0
    ).fit(cohort.data, cohort.target)
    told["visits"] = patients.net_.history[:, "train_loss"]
    flip = FlipResampler("male", network=True, epsilon=None, max_epochs=2,
                         device="accelerate", random_state=0)
    told["flip"] = curve(flip.fit(X, y))
    causal = CausalLLMResampler("male", llm="scratch", device="accelerate",
                                random_state=0)
    told["rows of causal"] = causal.fit(X, y).sample(20)[0]["dose"].tolist()
    try:
        fairsynth(random_state=rank + (sys.argv[1] == "half"))
    except ValueError as error:
        told["refused"] = str(error)
    batch = RecordBatch(torch.arange(14).reshape(7, 2))
    net = torch.nn.Linear(2, 1)
    torch.nn.init.ones_(net.weight), torch.nn.init.zeros_(net.bias)

    def loss(part):
        return net(part.columns.float()).square().mean()

    whole = torch.autograd.grad(loss(batch), [*net.parameters()])
    steps = SharedSteps(this_process())
    part, weight = steps.share(batch, 7)
    steps.backward(weight * loss(part), net.parameters())
    told["gradients"] = [w.grad.flatten().tolist() for w in net.parameters()]
    told["of the whole"] = [g.flatten().tolist() for g in whole]

    outer = Accelerator(gradient_accumulation_steps=4)
    this_process()
    told["steps gathered"] = outer.gradient_accumulation_steps
    try:
        own = slice(rank, 300, 2)
        FairSynthResampler("male", device="accelerate", random_state=0).fit(
            X[own], y[own]
        )
    except ValueError as error:
        told["other rows"] = str(error)
    PartialState().wait_for_everyone()
print("TOLD " + json.dumps(told), flush=True)
PartialState().destroy_process_group()
"""


def told_by(program, processes, what="plain", **environment):
    """Run the program under torch's launcher: what each process tells, by rank."""
    command = ["-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes)]
    found = subprocess.run(
        [sys.executable, *command, program, what],
        env={
            **os.environ,
            "ACCELERATE_USE_CPU": "true",
            "OMP_NUM_THREADS": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert not found.returncode, (found.returncode, found.stdout, found.stderr)
    _, *told = found.stdout.split("TOLD ")
    return sorted((json.loads(one) for one in told), key=lambda one: one["rank"])


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("launched") / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture(scope="module")
def of_one(program):
    return told_by(program, 1)[0]["plain"]


@pytest.fixture(scope="module")
def of_two(program):
    return told_by(program, 2, "all")


@needs_accelerate
class TestProcesses:
    def test_curve_is_that_of_one_process(self, of_one, of_two):
        for name in ("train", "valid"):
            found = of_two[0]["plain"][name]
            np.testing.assert_allclose(found, of_one[name], rtol=1e-5)
        assert of_one["train"][0] > of_one["train"][-1]

    def test_processes_have_one_net(self, of_two):
        first, second = of_two
        assert (first.pop("rank"), second.pop("rank")) == (0, 1)
        assert first == second

    def test_gradients_are_those_of_the_whole_batch(self, of_two):
        for found, whole in zip(
            of_two[0]["gradients"], of_two[0]["of the whole"], strict=True
        ):
            np.testing.assert_allclose(found, whole, rtol=1e-6)

    def test_other_seeds_and_other_rows_are_refused(self, of_two):
        for what in ("refused", "other rows"):
            assert "an integer as random_state" in of_two[0][what]

    def test_settings_of_the_caller_stay(self, of_two):
        assert of_two[0]["steps gathered"] == 4

    def test_half_the_precision(self, program, of_one):
        (found,) = told_by(program, 1, "half", ACCELERATE_MIXED_PRECISION="bf16")
        curve = found["plain"]["train"]
        np.testing.assert_allclose(curve, of_one["train"], rtol=0.02)
        assert curve != of_one["train"]
        assert np.isfinite([*found["visits"], *found["flip"]["train"]]).all()


@pytest.fixture
def histories():
    """Five patients with 1 to 3 visits of up to 4 codes."""
    rng = np.random.RandomState(0)
    n_visits = torch.tensor([1, 3, 2, 1, 3])
    n_codes = torch.as_tensor(rng.randint(0, 5, int(n_visits.sum())))
    borders = [torch.cat([torch.zeros(1, dtype=int), n.cumsum(0)]) for n in (n_codes,)]
    codes = torch.as_tensor(rng.randint(0, 9, int(n_codes.sum())))
    patient_ptr = torch.cat([torch.zeros(1, dtype=int), n_visits.cumsum(0)])
    columns = torch.as_tensor(rng.randint(0, 3, (5, 4)))
    return Records(columns, codes, borders[0], patient_ptr)


@pytest.mark.parametrize("first", [0, 1])
def test_every_second_record(histories, first):
    whole = histories.batch(torch.arange(5))
    found, expected = whole.every(first, 2), histories.batch(torch.arange(first, 5, 2))
    for name, tensor in vars(expected).items():
        assert getattr(found, name).equal(tensor), name


class OneOfThree:
    """What `SharedSteps` asks of an accelerator."""

    num_processes = 3

    def __init__(self, process_index):
        self.process_index = process_index


@pytest.mark.parametrize("n_rows", [2, 3, 7, 8])
def test_shares_weigh_as_the_whole(n_rows):
    batch = RecordBatch(torch.arange(n_rows)[:, None])
    shares = [SharedSteps(OneOfThree(k)).share(batch, n_rows) for k in range(3)]
    mean = sum(part.columns.double().mean() * w for part, w in shares) / 3
    assert mean == pytest.approx((n_rows - 1) / 2)
    if n_rows > 2:
        assert sum(len(part) for part, _ in shares) == n_rows


class TestDevice:
    @needs_accelerate
    def test_downstream_is_refused(self):
        X, y = make_classification(random_state=0)
        model = FairSynthResampler(
            [0], downstream=LogisticRegression(), device="accelerate"
        )
        with pytest.raises(ValueError, match="with downstream="):
            model.fit(np.where(X > 0, 1.0, 0.0) + X * [0, *[1] * 19], y)

    @needs_accelerate
    def test_one_process_only(self):
        X, y = make_classification(random_state=0)
        private = FlipResampler([0], epsilon=2.0, device="accelerate")
        with pytest.raises(ValueError, match="trained in one process"):
            private.fit(X, y)
        with pytest.raises(ValueError, match="trained in one process"):
            VisitTransformerClassifier(device="accelerate").fit(X, y)

    def test_accelerate_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "accelerate", None)
        with pytest.raises(ImportError, match="fairsample-synth\\[scale\\]"):
            check_device("accelerate", shared=True)

    def test_a_device_of_another_machine(self):
        assert usable_device("cpu") == "cpu"
        assert usable_device("cuda:99") == "auto"
