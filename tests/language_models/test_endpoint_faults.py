"""Rows from an endpoint that fails, refuses, or answers nonsense."""

import pandas as pd
import pytest
from endpoint_tables import (
    ORDER,
    assert_rows_of_the_table,
    backend_for,
    fitted,
    mixed_rows,
)
from stub_server import CONTENT_FAULTS, HTTP_FAULTS, block_of

FORMATS = ["json_schema", "json_object", "text"]
FAULTS = [*HTTP_FAULTS, *CONTENT_FAULTS]


@pytest.fixture
def impatient(server):
    """Parameters under which a stall is noticed soon."""
    return {"timeout": 0.5, "max_requests": 400}


class TestFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_all_rows_arrive_none_malformed(self, server, impatient, fault):
        """Half of the answers are faulty; the rows are as many as were asked for."""
        server.faults = {fault: 0.3 if fault == "stall" else 0.5}
        backend = fitted(server, **impatient, rows_per_request=5)
        written = backend.sample(None, 60, random_state=2)
        assert server.happened[fault] > 0
        assert len(written) == 60
        assert_rows_of_the_table(written, mixed_rows())

    def test_five_percent_of_every_fault(self, server, impatient):
        server.faults = dict.fromkeys(FAULTS, 0.05)
        backend = fitted(server, **impatient, rows_per_request=5)
        rows = mixed_rows()
        whole = backend.sample(None, 250, random_state=1)
        prefixes = whole[ORDER[:3]]
        staged = backend.sample(prefixes, 250, random_state=2)
        assert set(server.happened) == set(FAULTS)
        for written in (whole, staged):
            assert written.index.tolist() == list(range(250))
            assert_rows_of_the_table(written, rows)
        pd.testing.assert_frame_equal(staged[ORDER[:3]], prefixes)

    def test_reasons_are_counted(self, server):
        server.faults = {"other values": 0.5, "short": 0.5}
        backend = fitted(server)
        backend.sample(None, 60, random_state=0)
        n = server.happened
        assert backend.rejected_ == {
            "value of another type": n["other values"],
            "not written": backend.rejected_["not written"],
        }
        assert backend.rejected_["not written"] >= n["short"]

    def test_waits_as_long_as_the_server_wants(self, server, monkeypatch):
        from fairsample.language_models.retries import RetrySchedule

        waits = []
        wait = RetrySchedule.wait

        def seen(self, attempt, headers, jitter):
            waits.append((attempt, headers["retry-after"]))
            return wait(self, attempt, headers, jitter)

        monkeypatch.setattr(RetrySchedule, "wait", seen)
        server.faults = {"429": 0.5}
        fitted(server).sample(None, 50, random_state=0)
        assert len(waits) == server.happened["429"] > 0
        assert {wanted for _, wanted in waits} == {"0.01"}

    def test_two_rows_of_one_number_are_both_doubtful(self, server):
        """The first row's number is on the second, too: neither is believed."""
        usual, answers = server.write_rows, []

        def misnumber(data, draw):
            rows = usual(data, draw)
            if not answers:
                rows[1]["row"] = 1
            answers.append(rows)
            return rows

        server.write_rows = misnumber
        backend = fitted(server)
        backend.sample(mixed_rows(10)[ORDER[:3]], 10, random_state=0)
        assert block_of(server.bodies[1])["n_rows"] == 2
        assert backend.rejected_["number written twice"] == 2


class TestResponseFormats:
    @pytest.mark.parametrize(
        "formats, taken",
        [
            ({"json_schema", "json_object", "text"}, "json_schema"),
            ({"json_object", "text"}, "json_object"),
            ({"text"}, "text"),
        ],
    )
    def test_strictest_that_the_server_takes(self, server, formats, taken):
        server.formats = formats
        backend = fitted(server, concurrency=1)
        written = backend.sample(None, 30, random_state=0)
        assert_rows_of_the_table(written, mixed_rows())
        assert backend.response_format_ == taken
        asked = [b.get("response_format", {"type": "text"}) for b in server.bodies]
        tried = ("json_schema", "json_object", "text")
        tried = tried[: tried.index(taken) + 1]
        assert [form["type"] for form in asked] == [*tried, taken, taken]
        with_schema = "answer_schema" in block_of(server.bodies[-1])
        assert with_schema == (taken != "json_schema")

    def test_is_remembered_by_the_backend_and_by_the_cache(self, server, tmp_path):
        server.formats = {"text"}
        backend = fitted(server, cache_dir=str(tmp_path), concurrency=1)
        backend.sample(None, 10, random_state=0)
        assert len(server.bodies) == 3
        backend.sample(None, 10, random_state=1)
        assert len(server.bodies) == 4
        again = fitted(server, cache_dir=str(tmp_path), concurrency=1)
        again.sample(None, 10, random_state=2)
        assert len(server.bodies) == 5

    @pytest.mark.parametrize("concurrency", [1, 4])
    @pytest.mark.parametrize(
        "formats, ignored, taken",
        [
            (FORMATS, FORMATS[:1], "json_object"),
            (FORMATS, FORMATS[:2], "text"),
            (FORMATS[::2], FORMATS[:1], "text"),
            (FORMATS[1:], FORMATS[1:2], "text"),
        ],
    )
    def test_formats_that_are_taken_and_not_followed(
        self, server, tmp_path, formats, ignored, taken, concurrency
    ):
        """After three answers that cannot be read; asked again, at no cost."""
        server.formats, server.ignored = set(formats), set(ignored)
        wanted = {"cache_dir": str(tmp_path), "concurrency": concurrency}
        backend = fitted(server, **wanted)
        first = backend.sample(None, 60, random_state=0)
        assert_rows_of_the_table(first, mixed_rows())
        assert len(first) == 60
        assert backend.response_format_ == taken
        asked = [b.get("response_format", {"type": "text"}) for b in server.bodies]
        for form in ignored:
            n = sum(one["type"] == form for one in asked)
            assert 3 <= n <= 3 + concurrency - 1
        n = len(server.bodies)
        again = fitted(server, **wanted)
        pd.testing.assert_frame_equal(again.sample(None, 60, random_state=0), first)
        assert len(server.bodies) == n
        assert backend.sample(None, 10, random_state=1).shape[0] == 10
        assert len(server.bodies) == n + 1

    def test_fields_of_its_own_are_no_format_either(self, server):
        usual = server.write_rows
        server.write_rows = lambda data, draw: [
            row if "answer_schema" in data else {"column": "age", "value": row["age"]}
            for row in usual(data, draw)
        ]
        backend = fitted(server, concurrency=1)
        assert len(backend.sample(None, 20, random_state=0)) == 20
        assert backend.response_format_ == "json_object"
        assert backend.rejected_ == {"other fields than asked for": 30}

    def test_a_readable_answer_in_between_is_enough(self, server):
        """Every third answer can be read: it is the model that errs."""
        usual = server.write_rows
        server.write_rows = lambda data, draw: (
            usual(data, draw) if len(server.bodies) % 3 == 0 else []
        )
        server.on_request = lambda body: server.faults.update(
            nonsense=float(len(server.bodies) % 3 != 2)
        )
        backend = fitted(server, concurrency=1)
        assert len(backend.sample(None, 40, random_state=0)) == 40
        assert backend.rejected_["unreadable answer"] >= 80
        assert backend.response_format_ == "json_schema"

    def test_every_form_is_said_in_words(self, server):
        server.formats = set()
        with pytest.raises(ConnectionError):
            fitted(server).sample(mixed_rows(2)[["age"]], 2, random_state=0)
        forms = {
            b.get("response_format", {"type": "text"})["type"]: b for b in server.bodies
        }
        assert set(forms) == set(FORMATS)
        for form, body in forms.items():
            (row,) = block_of(body)["answer_form"]["rows"]
            assert list(row) == block_of(body)["write"]
            assert row["row"] == "integer" and row["stay"] == "number"
            assert row["pain"] == "integer or null"
            assert '{"rows": [...]}' in body["messages"][0]["content"]
            assert ("answer_schema" in block_of(body)) == (form != "json_schema")

    def test_schema_is_strict_and_portable(self, server):
        fitted(server).sample(mixed_rows(2)[["age"]], 2, random_state=0)
        form = server.bodies[0]["response_format"]["json_schema"]
        assert form["strict"] is True
        row = form["schema"]["properties"]["rows"]["items"]
        assert list(row["properties"]) == row["required"] == ["row", *ORDER[1:]]
        assert row["additionalProperties"] is False
        assert row["properties"]["ward"] == {"type": "string", "enum": ["z", "y", "x"]}
        assert row["properties"]["pain"] == {"type": ["integer", "null"]}
        assert row["properties"]["stay"] == {"type": "number"}
        assert row["properties"]["born"] == {"type": "string"}

    def test_server_that_takes_nothing(self, server):
        server.formats = set()
        with pytest.raises(ConnectionError, match="status 400: .*response_format"):
            fitted(server).sample(None, 30, random_state=0)


class TestBudget:
    def test_nonsense_for_ever_ends_with_the_budget(self, server):
        server.faults = {"nonsense": 1}
        backend = fitted(server, max_requests=7)
        with pytest.warns(RuntimeWarning, match="30 of 30 rows .*7 requests") as told:
            written = backend.sample(None, 30, random_state=0)
        assert "unreadable answer" in str(told[0].message)
        assert len(server.bodies) == 7
        assert len(written) == 0
        assert written.dtypes.to_dict() == mixed_rows()[ORDER].dtypes.to_dict()

    def test_gives_what_it_has(self, server):
        backend = fitted(server, max_requests=3)
        with pytest.warns(RuntimeWarning, match="20 of 50 rows are missing"):
            written = backend.sample(mixed_rows(50)[["age"]], 50, random_state=0)
        assert written.index.tolist() == list(range(30))
        assert_rows_of_the_table(written, mixed_rows())

    def test_is_for_all_calls_from_fit_on(self, server):
        backend = fitted(server, max_requests=3)
        backend.sample(None, 20, random_state=0)
        with pytest.warns(RuntimeWarning, match="10 of 20"):
            backend.sample(None, 20, random_state=1)
        assert (backend.n_requests_, backend.n_tokens_) == (3, 300)
        backend.fit(mixed_rows(), ORDER).sample(None, 20, random_state=0)
        assert backend.n_requests_ == 2

    def test_tokens(self, server):
        server.usage = {"total_tokens": 4000}
        backend = fitted(server, max_total_tokens=10_000, concurrency=1)
        with pytest.warns(RuntimeWarning, match="rows are missing.*at most 1000 and"):
            written = backend.sample(None, 100, random_state=0)
        assert 0 < len(written) < 100
        assert backend.n_tokens_ == 4000 * len(server.bodies) <= 10_000

    def test_server_that_counts_no_tokens(self, server):
        server.usage = None
        backend = fitted(server)
        backend.sample(None, 10, random_state=0)
        said = len(server.bodies[0]["messages"][-1]["content"])
        assert backend.n_tokens_ > said / 4

    def test_failed_attempts_count(self, server):
        server.faults = {"500": 1}
        with pytest.warns(RuntimeWarning, match="4 requests"):
            fitted(server, max_requests=4).sample(None, 10, random_state=0)
        assert len(server.bodies) == 4


class TestNobodyThere:
    def test_is_an_error_if_nothing_came(self, server):
        server.faults = {"500": 1}
        backend = fitted(server, n_retries=1, concurrency=2)
        with pytest.raises(ConnectionError, match="does not answer: status 500"):
            backend.sample(None, 1000, random_state=0)
        assert len(server.bodies) < 12

    def test_closed_port(self, server):
        backend = backend_for(server, n_retries=0)
        backend.set_params(base_url="http://127.0.0.1:9/v1").fit(mixed_rows(), ORDER)
        with pytest.raises(ConnectionError, match="127.0.0.1:9"):
            backend.sample(None, 10, random_state=0)

    def test_rows_that_came_before_are_kept(self, server):
        def break_down(body):
            if len(server.bodies) >= 2:
                server.faults = {"500": 1}

        server.on_request = break_down
        backend = fitted(server, n_retries=0, concurrency=1)
        with pytest.warns(RuntimeWarning, match="30 of 50 rows .* status 500"):
            assert len(backend.sample(None, 50, random_state=0)) == 20

    def test_stall_beyond_the_timeout(self, server):
        server.faults = {"stall": 1}
        backend = fitted(server, timeout=0.05, n_retries=0)
        with pytest.raises(ConnectionError, match=r"no answer within 0\.05 seconds"):
            backend.sample(None, 10, random_state=0)


def test_progress_bar(server, capsys):
    fitted(server, verbose=1).sample(None, 20, random_state=0)
    assert "20/20" in capsys.readouterr().err
