"""A real server on loopback, whose models know neither schemas nor the table."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import torch
from tiny_checkpoint import byte_level_tokenizer, dependent_rows

from fairsample.causal import OpenAICompatible
from fairsample.training.seeding import seeded

SUFFIX = "\n<answer>\n"
ANSWER = json.dumps(
    {
        "rows": [
            {"age": 30, "group": "A", "ill": "no"},
            {"age": 31, "group": "B", "ill": "perhaps"},
            {"age": 32, "group": "B", "ill": "yes"},
            {"age": 3200, "group": "A", "ill": "no"},
            {"age": 34, "group": "A", "ill": "yes"},
        ]
    }
)


def save_parrot(folder, n_steps):
    """Save a model that reads its last words only, and learned one answer to them."""
    from transformers import MistralConfig, MistralForCausalLM

    tokenizer = byte_level_tokenizer([ANSWER + SUFFIX] * 2, vocab_size=400)
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['content'] }}{% endfor %}" + SUFFIX
    )
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        sliding_window=24,
        max_position_embeddings=2**15,
        bos_token_id=0,
        eos_token_id=0,
    )
    taught = torch.tensor([*tokenizer(SUFFIX + ANSWER)["input_ids"], 0])
    with seeded(0):
        model = MistralForCausalLM(config)
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        for _ in range(n_steps):
            before = torch.randint(1, len(tokenizer), (4, 32))
            tokens = torch.cat([before, taught.expand(4, -1)], dim=1)
            labels = tokens.clone()
            labels[:, : before.shape[1]] = -100
            loss = model(input_ids=tokens, labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """`transformers serve` on a free port, stopped in the end whatever happens."""
    pytest.importorskip("fastapi", reason="needs transformers[serving]")
    pytest.importorskip("uvicorn", reason="needs transformers[serving]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_healthy(url, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text())


def asked(address, model, **parameters):
    rows = dependent_rows()
    options = {"max_tokens": 160, **parameters.pop("request_options", {})}
    backend = OpenAICompatible(
        address,
        model=model,
        api_key_env=None,
        allow_data_egress=True,
        n_examples=4,
        concurrency=1,
        n_retries=1,
        backoff=0.01,
        temperature=0.01,
        request_options=options,
        **parameters,
    )
    return backend.fit(rows, list(rows), random_state=0)


@pytest.mark.slow
def test_a_model_that_talks_nonsense(address, tmp_path):
    model = save_parrot(tmp_path, n_steps=0)
    backend = asked(address, model, max_requests=7, rows_per_request=4)
    with pytest.warns(RuntimeWarning, match="8 of 8 rows are missing: the budget"):
        written = backend.sample(None, 8, random_state=0)
    assert len(written) == 0
    assert (written.dtypes == dependent_rows().dtypes).all()
    assert backend.n_requests_ == 7
    assert backend.rejected_ == {"unreadable answer": 7 * 4}
    assert backend.response_format_ == "text"  # the server took the others, too


@pytest.mark.slow
@pytest.mark.parametrize("response_format", ["json_schema", "text"])
def test_a_model_that_writes_some_rows(address, tmp_path, response_format):
    """The server takes a schema and does not follow it: every row is looked at."""
    model = save_parrot(tmp_path, n_steps=150)
    backend = asked(
        address,
        model,
        max_requests=12,
        rows_per_request=5,
        response_format=response_format,
    )
    written = backend.sample(None, 6, random_state=0)
    assert list(written.index) == list(range(6))
    assert (written.dtypes == dependent_rows().dtypes).all()
    assert set(written.itertuples(index=False, name=None)) == {
        (30, "A", "no"),
        (32, "B", "yes"),
        (34, "A", "yes"),
    }
    assert backend.rejected_["unknown category"] == 3
    assert backend.rejected_["outside the range"] == 3
    assert backend.n_requests_ == 3


@pytest.mark.slow
def test_the_budget_of_tokens_ends_it(address, tmp_path):
    model = save_parrot(tmp_path, n_steps=150)
    one = asked(address, model, rows_per_request=5)
    one.sample(None, 3, random_state=0)
    budget = int(2.5 * one.n_tokens_)
    backend = asked(address, model, rows_per_request=5, max_total_tokens=budget)
    with pytest.warns(RuntimeWarning, match="of 40 rows are missing"):
        written = backend.sample(None, 40, random_state=0)
    assert 3 <= len(written) <= 6
    assert backend.n_tokens_ <= budget
