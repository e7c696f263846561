"""A chat endpoint on loopback that writes rows of the table it is told of, or errs."""

import json
import random
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = re.compile(r"<table_data>\n(.*)\n</table_data>\Z", re.DOTALL)
HTTP_FAULTS = ("429", "500", "stall", "hang up", "no json body")
CONTENT_FAULTS = {
    "truncated": lambda text, rows: text[: len(text) // 2],
    "nonsense": lambda text, rows: "I would rather write a poem. [1, 2",
    "fenced": lambda text, rows: f"<think>[{{}}]</think> Here:\n```json\n{text}\n```",
    "short": lambda text, rows: json.dumps({"rows": rows[: len(rows) // 2]}),
    "duplicates": lambda text, rows: json.dumps({"rows": rows[:1] + rows[:-1]}),
    "surplus": lambda text, rows: json.dumps({"rows": rows + rows}),
    "other fields": lambda text, rows: json.dumps(
        {"rows": [{**rows[0], "note": "?"}, *rows[1:]]}
    ),
    "other values": lambda text, rows: json.dumps(
        {"rows": [dict.fromkeys(rows[0], "no such value"), *rows[1:]]}
    ),
    "far numbers": lambda text, rows: re.sub(
        r": \d+(\.\d+)?", ": 1e999", text, count=1
    ),
}


def block_of(body):
    """Read the data block of a request."""
    return json.loads(BLOCK.search(body["messages"][-1]["content"]).group(1))


def write_rows(data, draw):
    """Write the rows of a request, every cell by itself."""
    rows = []
    columns = {column["name"]: column for column in data["columns"]}
    for number in range(1, data["n_rows"] + 1):
        row = {}
        for name in data["write"]:
            column = columns.get(name)
            if column is None:
                row[name] = number
            elif "values" in column:
                row[name] = draw.choice(column["values"])
            elif column["kind"] == "numeric":
                row[name] = round(draw.uniform(*column["range"]), column["decimals"])
                row[name] = row[name] if column["decimals"] else int(row[name])
            else:
                row[name] = draw.choice(column["range"])
            if column and column.get("may_be_null") and draw.random() < 0.2:
                row[name] = None
        rows.append(row)
    return rows


class StubServer(ThreadingHTTPServer):
    """Answers until it is closed; `bodies` are the requests that arrived."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.faults = {}  # name of a fault -> probability
        self.formats = {"json_schema", "json_object", "text"}
        self.ignored = set()  # formats that are taken, and answered in prose
        self.write_rows = write_rows
        self.on_request = lambda body: None
        self.usage = {"prompt_tokens": 60, "completion_tokens": 40, "total_tokens": 100}
        self.bodies, self.authorizations = [], []
        self.happened, self.sent = Counter(), Counter()
        self.lock, self.closing = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that has left is no error here."""

    def next_fault(self, body):
        """Draw a fault by the request's own seed: order of arrival does not matter."""
        with self.lock:
            self.bodies.append(body)
            key = json.dumps(body, sort_keys=True)
            self.sent[key] += 1
            draw = random.Random(f"{body['seed']} {self.sent[key]}")
            for fault, probability in self.faults.items():
                if draw.random() < probability:
                    self.happened[fault] += 1
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.authorizations.append(self.headers["Authorization"])
        server.on_request(body)
        fault = server.next_fault(body)
        format_asked = body.get("response_format", {"type": "text"})["type"]
        if format_asked not in server.formats:
            return self._reply(400, {"error": {"message": "no such response_format"}})
        if fault == "429":
            error = {"error": {"message": "slow down"}}
            return self._reply(429, error, {"Retry-After": "0.01"})
        if fault == "500":
            return self._reply(500, {"error": {"message": "out of order"}})
        if fault == "stall":
            return server.closing.wait(5)
        if fault == "hang up":
            return self.connection.close()
        if fault == "no json body":
            return self._send(200, b'{"choices": [{"mess')
        rows = server.write_rows(block_of(body), random.Random(body["seed"]))
        text = json.dumps({"rows": rows})
        if format_asked in server.ignored:
            fault = "nonsense"
        text = CONTENT_FAULTS.get(fault, lambda text, rows: text)(text, rows)
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        answer = {"id": "1", "object": "chat.completion", "choices": choices}
        return self._reply(200, answer | {"usage": server.usage})

    def _reply(self, status, answer, headers=None):
        self._send(status, json.dumps(answer).encode(), headers)

    def _send(self, status, content, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
