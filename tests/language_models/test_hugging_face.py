import copy
import datetime
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from resamplers import numpy_state, torch_state
from safetensors import numpy as safetensors
from sklearn.base import clone
from tiny_checkpoint import dependent_rows, mixed_rows, save_tiny_checkpoint

from fairsample.causal import HuggingFaceLM
from fairsample.encoding.json_values import value_from_json, value_to_json
from fairsample.language_models.constrained_writing import write_values


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def mixed_checkpoint(tmp_path_factory):
    return save_tiny_checkpoint(tmp_path_factory.mktemp("mixed"), mixed_rows())


@pytest.fixture(scope="module")
def dependent_checkpoint(tmp_path_factory):
    return save_tiny_checkpoint(tmp_path_factory.mktemp("few"), dependent_rows())


@pytest.fixture(scope="module")
def unlearned(mixed_checkpoint):
    """Random weights, hardly trained, that must not be changed."""
    rows = mixed_rows()
    model = HuggingFaceLM(
        mixed_checkpoint, max_epochs=1, learning_rate=1e-9, max_levels=20
    )
    return model.fit(rows, list(rows), random_state=0)


@pytest.fixture(scope="module")
def learned(dependent_checkpoint):
    """Fine-tuned until it knows that the group decides, not to be changed."""
    rows = dependent_rows()
    model = HuggingFaceLM(
        dependent_checkpoint, max_epochs=12, batch_size=8, learning_rate=5e-3
    )
    return model.fit(rows, list(rows), random_state=0)


def test_every_row_of_random_weights_is_one_of_the_table(unlearned):
    rows = mixed_rows()
    written = unlearned.sample(None, 300, random_state=0)
    assert list(written.index) == list(range(300))
    assert unlearned.rejected_ == {}
    assert (written.dtypes == rows.dtypes).all()
    lines = unlearned.rows_.text.lines(written)  # refuses what is none of the table
    assert [list(json.loads(line)) for line in lines] == [list(rows)] * 300
    for name in ("age", "weight", "risk", "seen", "stay"):
        assert written[name].dropna().between(rows[name].min(), rows[name].max()).all()
    for name in ("note", "stage", "group", "ill", "smokes", "children"):
        assert set(written[name].dropna()) <= set(rows[name].dropna())
    with_missing = written.columns[written.isna().any()]
    assert set(with_missing) == {"weight", "seen", "children", "note"}


@pytest.mark.parametrize("n_given", [0, 1, 7, 11])
def test_prefixes_are_kept(unlearned, n_given):
    rows = mixed_rows(seed=1).iloc[::-1, :n_given].head(30)
    written = unlearned.sample(rows, 30, random_state=0)
    given = written.iloc[:, :n_given]
    pd.testing.assert_frame_equal(given, rows.reset_index(drop=True))
    assert list(written) == list(mixed_rows())


def test_writing_stops_after_until(unlearned):
    written = unlearned.sample(None, 5, until="stay", random_state=0)
    assert list(written) == ["age", "weight", "risk", "seen", "stay"]
    rows = mixed_rows().head(5)
    same = unlearned.sample(rows[["age"]], 5, until="age", random_state=0)
    pd.testing.assert_frame_equal(same, rows[["age"]])


def test_numbers_that_never_occurred_may_be_given(unlearned):
    prefixes = pd.DataFrame({"age": [3, 1000]})
    written = unlearned.sample(prefixes, 2, random_state=0)
    assert written["age"].tolist() == [3, 1000]


def test_prefixes_of_dates_as_objects_stay_objects(dependent_checkpoint):
    rows = dependent_rows(40)
    rows.insert(0, "born", [datetime.date(1990, 1, 1 + i % 3) for i in range(40)])
    model = HuggingFaceLM(dependent_checkpoint, max_epochs=1)
    model.fit(rows, list(rows), random_state=0)
    written = model.sample(rows[["born"]], 40, random_state=0)
    pd.testing.assert_series_equal(written["born"], rows["born"])
    assert (
        model.sample(None, 3, random_state=0)["born"].map(type).eq(datetime.date).all()
    )


def test_no_rows(unlearned):
    written = unlearned.sample(None, 0, random_state=0)
    assert (written.dtypes == mixed_rows().dtypes).all()
    assert len(written) == 0


@pytest.mark.parametrize(
    ("prefixes", "options", "message"),
    [
        (pd.DataFrame({"age": [3]}), {}, "shape \\(1, 1\\)"),
        (pd.DataFrame({"weight": [3.0, 4.0]}), {}, "not the first ones"),
        (None, {"until": "height"}, "until='height' is none of"),
        (mixed_rows(2).iloc[:, :3], {"until": "age"}, "no column after `until`"),
        (mixed_rows(2).iloc[:, :7].assign(note="new"), {}, "'new', a category"),
    ],
)
def test_prefixes_that_cannot_be_continued(unlearned, prefixes, options, message):
    with pytest.raises(ValueError, match=message):
        unlearned.sample(prefixes, 2, **options)


def test_the_dependency_is_learned(learned):
    losses = [epoch["valid_loss"] for epoch in learned.history_]
    # the age (5 ages) and the group are free, the outcome is not
    assert min(losses) < np.log(5) + np.log(2) + 0.3
    written = learned.sample(None, 400, random_state=0)
    expected = np.where(written["group"] == "A", "no", "yes")
    assert (written["ill"] == expected).mean() > 0.97
    assert abs((written["group"] == "A").mean() - 0.5) < 0.1
    assert written["age"].value_counts(normalize=True).between(0.1, 0.3).all()


def test_a_changed_group_changes_the_outcome(learned):
    prefixes = dependent_rows(60)[["age", "group"]].assign(group="A")
    assert (learned.sample(prefixes, 60, random_state=0)["ill"] == "no").mean() > 0.95
    prefixes["group"] = "B"
    assert (learned.sample(prefixes, 60, random_state=0)["ill"] == "yes").mean() > 0.95


def test_rows_written_together_are_those_written_alone(unlearned):
    """Padding, positions and the cache tell nothing of other rows."""
    prefixes = mixed_rows(12).iloc[:, :4]
    sure = copy.deepcopy(unlearned).set_params(temperature=1e-6)
    together = sure.sample(prefixes, 12, random_state=0).drop(columns="risk")
    alone = sure.set_params(rows_per_batch=1).sample(prefixes, 12, random_state=0)
    pd.testing.assert_frame_equal(together, alone.drop(columns="risk"))


def test_cached_writing_is_what_the_whole_line_says(unlearned):
    """The surest token each time, by reading the line anew without a cache."""
    rows, model = unlearned.rows_, unlearned.model_
    tokens, texts = rows.opening(), []
    for position in range(len(unlearned.order_)):
        tokens += rows.key(position) if position else []
        state = rows.start(position)
        tokens += state.forced
        while not state.is_complete:
            with torch.no_grad():
                logits = model(torch.tensor([tokens])).logits[0, -1].numpy()
            logits = np.where(state.allowed, logits, -np.inf)
            token = int(logits.argmax())
            state = state.after(token)
            tokens += [token, *state.forced]
        texts.append(rows.value_of(position, state))
    generator = torch.Generator().manual_seed(0)
    written, _ = write_values(
        model, rows, [], 3, len(texts), temperature=1e-6, generator=generator
    )
    assert [column[2] for column in written] == texts


def test_seeds(dependent_checkpoint):
    rows = dependent_rows(60)
    recipe = HuggingFaceLM(dependent_checkpoint, max_epochs=1, learning_rate=1e-3)
    before = numpy_state(), torch_state()
    one, other = (clone(recipe).fit(rows, list(rows), random_state=0) for _ in range(2))
    first = one.sample(None, 20, random_state=1)
    assert str((numpy_state(), torch_state())) == str(before)
    assert one.history_[0]["train_loss"] == other.history_[0]["train_loss"]
    pd.testing.assert_frame_equal(first, other.sample(None, 20, random_state=1))
    assert not first.equals(one.sample(None, 20, random_state=2))
    stream = np.random.RandomState(0)
    twice = [one.sample(None, 20, random_state=stream) for _ in range(2)]
    assert not twice[0].equals(twice[1])


def test_the_rows_are_not_changed(dependent_checkpoint):
    rows = dependent_rows(40)
    before = rows.copy(deep=True)
    model = HuggingFaceLM(dependent_checkpoint, max_epochs=1, validation_fraction=0)
    model.fit(rows, ["ill", "group", "age"], random_state=0)
    model.sample(rows[["ill"]], 40, random_state=0)
    pd.testing.assert_frame_equal(rows, before)
    assert model.order_ == ["ill", "group", "age"]
    assert "valid_loss" not in model.history_[0]


@pytest.mark.parametrize("lora", [4, {"r": 2, "target_modules": ["c_attn"]}])
def test_adapters_are_merged(dependent_checkpoint, lora):
    rows = dependent_rows()
    model = HuggingFaceLM(
        dependent_checkpoint, lora=lora, learning_rate=1e-2, max_epochs=2
    ).fit(rows, list(rows), random_state=0)
    assert type(model.model_).__name__ == "GPT2LMHeadModel"
    losses = [epoch["valid_loss"] for epoch in model.history_]
    assert losses[1] < losses[0] - 0.1
    plain = safetensors.load_file(dependent_checkpoint / "model.safetensors")
    weights = model.model_.state_dict()
    assert (
        (weights["transformer.wte.weight"].numpy() == plain["wte.weight"]).all()
        if ("wte.weight" in plain)
        else True
    )
    assert len(model.sample(None, 10, random_state=0)) == 10


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_write_the_same(learned, copied):
    expected = learned.sample(None, 10, random_state=3)  # makes llguidance's handles
    again = copied(learned)
    pd.testing.assert_frame_equal(again.sample(None, 10, random_state=3), expected)


def test_state_round_trip_without_the_folder(tmp_path):
    rows = mixed_rows(40)
    folder = save_tiny_checkpoint(tmp_path / "checkpoint", rows, width=16)
    model = HuggingFaceLM(folder, max_epochs=1, temperature=0.7)
    model.fit(rows, list(rows), random_state=0)
    arrays = {}
    stored = json.loads(json.dumps(value_to_json(model.state(), arrays, "state")))
    arrays = safetensors.load(safetensors.save(arrays))
    shutil.rmtree(folder)
    before = str(torch_state())
    again = HuggingFaceLM.from_state(value_from_json(stored, arrays))
    assert str(torch_state()) == before
    assert again.temperature == 0.7
    assert again.order_ == model.order_
    expected = model.sample(rows.iloc[:, :2], 40, random_state=0)
    pd.testing.assert_frame_equal(
        again.sample(rows.iloc[:, :2], 40, random_state=0), expected
    )


def test_folders_that_are_no_checkpoints(tmp_path, mixed_checkpoint):
    rows = dependent_rows(20)

    def refusal(folder):
        with pytest.raises(ValueError) as refused:
            HuggingFaceLM(folder).fit(rows, list(rows))
        return str(refused.value)

    assert "is no folder" in refusal(tmp_path / "absent")
    assert "is no folder" in refusal("a/b/c")
    (tmp_path / "file").write_text("text")
    assert "is no folder" in refusal(str(tmp_path / "file"))
    folder = tmp_path / "empty"
    folder.mkdir()
    message = refusal(folder)
    assert str(folder) in message
    assert "no configuration (config.json)" in message
    shutil.copy(mixed_checkpoint / "config.json", folder)
    assert "no weights (model.safetensors or" in refusal(folder)
    (folder / "model.safetensors").write_bytes(b"no weights")
    assert "no tokenizer (tokenizer.json or" in refusal(folder)
    shutil.copy(mixed_checkpoint / "tokenizer.json", folder)
    shutil.copy(mixed_checkpoint / "tokenizer_config.json", folder)
    message = refusal(folder)
    assert str(folder) in message
    assert "cannot be loaded as a causal language model" in message
    assert "no-such-model" in refusal("nobody/no-such-model")


def test_a_row_that_is_longer_than_the_model_reads(tmp_path):
    rows = mixed_rows(20)
    folder = save_tiny_checkpoint(tmp_path, rows, n_positions=40)
    with pytest.raises(ValueError, match="reads at most 40. Drop columns"):
        HuggingFaceLM(folder).fit(rows, list(rows))


def test_a_written_row_that_outgrows_the_model_is_counted(unlearned):
    model = copy.deepcopy(unlearned)
    long_notes = model.sample(None, 60, random_state=0)
    lengths = [len(model.rows_.rows(long_notes.loc[[i]]).tokens[0]) for i in range(60)]
    model.model_.config.max_position_embeddings = int(np.median(lengths))
    kept = model.sample(None, 60, random_state=0)
    (reason, n_rejected), *others = model.rejected_.items()
    assert not others
    assert reason == "longer than the model can read"
    assert 0 < n_rejected == 60 - len(kept) < 60
    assert set(kept.index) < set(range(60))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_epochs": 0}, "'max_epochs'"),
        ({"lora": 0}, "'lora'"),
        ({"temperature": 0}, "'temperature'"),
        ({"dtype": "int8"}, "'dtype'"),
        ({"device": "abacus"}, "device='abacus'"),
    ],
)
def test_bad_parameters(mixed_checkpoint, parameters, message):
    rows = dependent_rows(20)
    with pytest.raises(ValueError, match=message):
        HuggingFaceLM(mixed_checkpoint, **parameters).fit(rows, list(rows))


def test_a_missing_package_is_named(mixed_checkpoint, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    rows = dependent_rows(20)
    with pytest.raises(ImportError, match=r"peft .*fairsample-synth\[llm\]"):
        HuggingFaceLM(mixed_checkpoint, lora=2).fit(rows, list(rows))


def test_the_class_can_be_had_without_transformers():
    code = (
        "import sys; from fairsample.causal import HuggingFaceLM; HuggingFaceLM('x'); "
        "sys.exit(any(m in sys.modules for m in ('transformers', 'llguidance')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
