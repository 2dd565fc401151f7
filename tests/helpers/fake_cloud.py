"""Owns a small cloud for tests: real HTTP, the real wire, real signatures, and mishaps on demand."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.protocol import (
    AUTH_SCHEME,
    CHAIN_START,
    JWT_AUDIENCE,
    OPS_PER_PUSH_MAX,
    PUSH_BYTES_MAX,
    Operation,
    body_digest,
    chain_hash,
    enroll_proof_message,
    tally_digest,
)

Mishap = Callable[["Exchange"], bool]  # true: it answered (or cut); false: go on as usual


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(self, request: BaseHTTPRequestHandler, cloud: FakeCloud, body: bytes) -> None:
        self.request = request
        self.cloud = cloud
        self.body = body
        self.path = urlsplit(request.path).path
        self.query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}

    def answer(self, status: int, fields: Any, headers: dict[str, str] | None = None) -> None:
        raw = fields if isinstance(fields, bytes) else json.dumps(fields, ensure_ascii=False).encode()
        self.request.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            **(headers or {}),
        }.items():
            self.request.send_header(name, value)
        self.request.end_headers()
        self.request.wfile.write(raw)

    def cut(self) -> None:
        """The line goes dead."""
        self.request.close_connection = True
        with contextlib.suppress(OSError):
            self.request.connection.shutdown(socket.SHUT_RDWR)


class FakeCloud:
    """Keeps operations and feed rows as the wire demands; ``mishaps`` come first, one a request to their path."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.public_keys: dict[str, bytes] = {}
        self.seen_jti: set[str] = set()
        self.ops: list[tuple[Operation, str, dict[str, Any]]] = []
        self.earlier_ops: list[tuple[Operation, str, dict[str, Any]]] = []
        self.rows: list[dict[str, Any]] = []
        self.generation = 1
        self.mishaps: dict[str, list[Mishap]] = {}
        self.calls: list[str] = []
        self.pushed_sizes: list[int] = []
        self.encodings: list[str | None] = []
        self.clock_offset_ms = 0
        self.check_time = False
        self.greet = True
        self.keep_s = 0.05
        self.result_for: Callable[[Operation], dict[str, Any]] = lambda _op: {"status": "applied"}
        self.codes: dict[str, dict[str, Any]] = {}
        self.members: list[dict[str, Any]] = []  # by rising look-up
        self.uploads: dict[str, dict[str, Any]] = {}
        self.ending = False
        self.base_url = ""

    # What tests do to it

    def mishap(self, path: str, *mishaps: Mishap) -> None:
        with self.lock:
            self.mishaps.setdefault(path, []).extend(mishaps)

    def publish(self, kind: str, body: dict[str, Any], feed: str = "store") -> None:
        with self.changed:
            n = 1 + sum(row["feed"] == feed for row in self.rows)
            self.rows.append({"feed": feed, "n": n, "kind": kind, "body": body})
            self.changed.notify_all()

    def poke(self) -> None:
        """Streams look at the state of things now."""
        with self.changed:
            self.changed.notify_all()

    def forget_ops_after(self, seq: int) -> None:
        """The cloud is restored from an old backup: a new generation, the tail is lost."""
        with self.changed:
            del self.ops[seq:]
            self.generation += 1
            self.changed.notify_all()

    def op_ids(self) -> list[str]:
        with self.lock:
            return [op.op_id for op, _hash, _result in self.ops]

    # The wire

    def serve(self, exchange: Exchange) -> None:
        with self.lock:
            self.calls.append(exchange.path)
            queue = self.mishaps.get(exchange.path)
            mishap = queue.pop(0) if queue else None
        if mishap is not None and mishap(exchange):
            return
        if exchange.path == "/v1/enrollments/redeem":
            self._redeem(exchange)
        elif (refusal := self._refusal(exchange)) is not None:
            exchange.answer(401, {**refusal, "server_time_ms": self.now_ms()})
        elif exchange.path == "/v1/sync/push":
            self._push(exchange)
        elif exchange.path == "/v1/sync/epoch":
            self._epoch(exchange)
        elif exchange.path == "/v1/sync/pull":
            self._pull(exchange)
        elif exchange.path == "/v1/sync/stream":
            self._stream(exchange)
        elif exchange.path == "/v1/sync/snapshot":
            self._snapshot(exchange)
        elif exchange.path == "/v1/sync/tally":
            self._tally(exchange)
        elif exchange.path == "/v1/sync/bulk":
            self._bulk(exchange)
        else:
            exchange.answer(404, {"code": "not_found", "message": ""})

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.clock_offset_ms

    def _refusal(self, exchange: Exchange) -> dict[str, Any] | None:
        scheme, _, token = exchange.request.headers.get("Authorization", "").partition(" ")
        try:
            device = jwt.decode(token, options={"verify_signature": False})["iss"]
            key = Ed25519PublicKey.from_public_bytes(self.public_keys[device])
            claims = jwt.decode(token, key, algorithms=["EdDSA"], audience=JWT_AUDIENCE, options={"verify_iat": False})
        except (jwt.PyJWTError, KeyError):
            return {"code": "bad_signature", "message": ""}
        sent = (exchange.request.command, exchange.request.path, body_digest(exchange.body))
        if scheme != AUTH_SCHEME or (claims["htm"], claims["htu"], claims["bdg"]) != sent:
            return {"code": "bad_signature", "message": ""}
        if self.check_time and abs(claims["iat"] * 1000 - self.now_ms()) > 300_000:
            return {"code": "skew", "message": ""}
        with self.lock:
            if claims["jti"] in self.seen_jti:
                return {"code": "replayed", "message": ""}
            self.seen_jti.add(claims["jti"])
        return None

    def _push(self, exchange: Exchange) -> None:
        encoding = exchange.request.headers.get("Content-Encoding")
        raw = gzip.decompress(exchange.body) if encoding == "gzip" else exchange.body
        fields = json.loads(raw)
        with self.lock:
            self.encodings.append(encoding)
            self.pushed_sizes.append(len(fields["ops"]))
        if len(raw) > PUSH_BYTES_MAX or len(fields["ops"]) > OPS_PER_PUSH_MAX:
            exchange.answer(413, {"code": "too_large", "message": ""})
            return
        exchange.answer(200, self.book(fields))

    def book(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Takes a batch as the protocol says and returns the answer."""
        with self.lock:
            results: list[dict[str, Any]] = []
            ops = [Operation.from_wire(raw) for raw in fields["ops"]]
            previous = fields["prev_hash"]
            for op in ops:
                digest = chain_hash(previous, op)
                previous = digest
                if op.seq > len(self.ops) + 1:
                    break
                if op.seq == len(self.ops) + 1:
                    expected = self.ops[-1][1] if self.ops else CHAIN_START
                    assert chain_hash(expected, op) == digest, "the chain does not fit"
                    result = {"seq": op.seq, "op_id": op.op_id, "code": None, "body": None, **self.result_for(op)}
                    if result["status"] == "retry":
                        results.append(result)
                        break
                    self.ops.append((op, digest, result))
                known = self.ops[op.seq - 1]
                fork = {"seq": op.seq, "op_id": op.op_id, "status": "forked", "code": None, "body": None}
                results.append(known[2] if known[1] == digest else fork)
            else:
                assert previous == fields["last_hash"], "last_hash does not fit"
            return {
                "results": results,
                "expected_seq": len(self.ops) + 1,
                "generation": self.generation,
                "server_time_ms": self.now_ms(),
            }

    def _epoch(self, exchange: Exchange) -> None:
        """The chain so far is history; the next one begins at 1."""
        after = json.loads(exchange.body)["after"]
        with self.lock:
            last_seq = len(self.ops)
            self.earlier_ops += self.ops
            self.ops = []
        exchange.answer(200, {"epoch": after + 1, "last_seq": last_seq, "server_time_ms": self.now_ms()})

    def cursor_now(self) -> str:
        """Behind the newest rows."""
        ends = [sum(row["feed"] == feed for row in self.rows) for feed in ("store", "brand")]
        return f"{self.generation}.{ends[0]}.{ends[1]}"

    def snapshot_lines(self, after: str = "") -> list[bytes]:
        """All rows as what is held (they are whole projections), then the members behind ``after``."""
        begin = {"cursor": self.cursor_now(), "generation": self.generation, "server_time_ms": self.now_ms()}
        lines = [("begin", {**begin, "after": after})]
        lines += [(row["kind"], row["body"]) for row in self.rows if f"{row['kind']}_id" in row["body"]]
        lines += [("member", member) for member in self.members if member["lookup"] > after]
        lines.append(("end", {"rows": len(lines) - 1}))
        return [json.dumps({"kind": kind, "body": body}).encode() + b"\n" for kind, body in lines]

    def _snapshot(self, exchange: Exchange) -> None:
        with self.lock:
            raw = b"".join(self.snapshot_lines(exchange.query.get("after", "")))
        exchange.answer(200, raw, {"Content-Type": "application/x-ndjson"})

    def _tally(self, exchange: Exchange) -> None:
        with self.lock:
            newest = {(row["kind"], row["body"].get(f"{row['kind']}_id")): row["body"] for row in self.rows}
            requests, orders = (
                [(kind, ident, body["version"]) for (kind, ident), body in newest.items() if kind == wanted and ident]
                for wanted in ("request", "order")
            )
            requests = [one for one in requests if newest["request", one[1]]["state"] in ("requested", "seen")]
            first = next((code["policy"]["version"] for code in self.codes.values() if "policy" in code), 0)
            policy = newest.get(("policy", None), {"version": first})["version"]
            fields = {
                "requests": len(requests),
                "orders": len(orders),
                "policy_version": policy,
                "digest": tally_digest([*requests, *orders, ("policy", "policy", policy)]),
                "orders_from_ms": 0,
                "cursor": self.cursor_now(),
                "generation": self.generation,
                "server_time_ms": self.now_ms(),
            }
        exchange.answer(200, fields)

    def _bulk(self, exchange: Exchange) -> None:
        packed = exchange.request.headers.get("Content-Encoding") == "gzip"
        items = json.loads(gzip.decompress(exchange.body) if packed else exchange.body)["items"]
        with self.lock:
            fresh = {item["id"]: item for item in items if item["id"] not in self.uploads}
            self.uploads.update(fresh)
        exchange.answer(200, {"kept": len(fresh), "known": len(items) - len(fresh)})

    def _after(self, cursor: str) -> list[dict[str, Any]] | None:
        generation, store_n, brand_n = (int(part) for part in cursor.split("."))
        reached = {"store": store_n, "brand": brand_n}
        if generation != self.generation:
            return None
        return [row for row in self.rows if row["n"] > reached[row["feed"]]]

    def _advance(self, cursor: str, row: dict[str, Any]) -> str:
        generation, store_n, brand_n = cursor.split(".")
        return f"{generation}.{row['n']}.{brand_n}" if row["feed"] == "store" else f"{generation}.{store_n}.{row['n']}"

    def _pull(self, exchange: Exchange) -> None:
        cursor, limit = exchange.query["cursor"], int(exchange.query["limit"])
        with self.changed:
            if int(exchange.query["wait_ms"]):
                self.changed.wait_for(lambda: self.ending or bool(self._after(cursor)), timeout=0.2)
            rows = self._after(cursor)
            if rows is None:
                exchange.answer(410, {"code": "cursor_reset", "message": ""})
                return
            page = rows[:limit]
            for row in page:
                cursor = self._advance(cursor, row)
            fields = {
                "rows": page,
                "cursor": cursor,
                "has_more": len(rows) > limit,
                "generation": self.generation,
                "server_time_ms": self.now_ms(),
            }
        exchange.answer(200, fields)

    def _stream(self, exchange: Exchange) -> None:
        exchange.request.send_response(200)
        exchange.request.send_header("Content-Type", "text/event-stream")
        exchange.request.send_header("Connection", "close")
        exchange.request.end_headers()
        exchange.request.close_connection = True
        cursor = exchange.query["cursor"]
        out = exchange.request.wfile
        with self.changed:
            hello = {"server_time_ms": self.now_ms(), "generation": self.generation}
        if self.greet:
            out.write(f"event: hello\ndata: {json.dumps(hello)}\n\n".encode())
        with contextlib.suppress(OSError):
            while not self.ending:
                with self.changed:
                    rows = self._after(cursor)
                    if rows == []:
                        self.changed.wait(timeout=self.keep_s)
                        rows = self._after(cursor)
                if rows is None:
                    out.write(b"event: reset\ndata: {}\n\n")
                    return
                for row in rows:
                    cursor = self._advance(cursor, row)
                    text = json.dumps(row, ensure_ascii=False)
                    out.write(f"event: row\nid: {cursor}\ndata: {text}\n\n".encode())
                if not rows:
                    out.write(b": keep\n\n")
                out.flush()

    def _redeem(self, exchange: Exchange) -> None:
        fields = json.loads(exchange.body)
        code, public = fields["code"], fields["public_key"]
        raw_key = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
        proof = base64.urlsafe_b64decode(fields["proof"] + "=" * (-len(fields["proof"]) % 4))
        Ed25519PublicKey.from_public_bytes(raw_key).verify(proof, enroll_proof_message(code, public))
        with self.lock:
            answer = self.codes.get(code)
            if answer is None or answer.setdefault("used_by", raw_key) != raw_key:
                exchange.answer(404, {"code": "code_unknown", "message": ""})
                return
            self.public_keys[answer["device_id"]] = raw_key
        exchange.answer(201, {name: value for name, value in answer.items() if name != "used_by"})


@contextmanager
def running(cloud: FakeCloud) -> Iterator[FakeCloud]:
    """Listens on a free loopback port until the block ends; no thread and no socket is left behind."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with contextlib.suppress(OSError):
                cloud.serve(Exchange(self, cloud, body))

        do_GET = do_POST = _any  # noqa: N815

        def log_message(self, *_args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True
        connections: set[socket.socket]

        def process_request(self, request: Any, address: Any) -> None:
            self.connections.add(request)
            super().process_request(request, address)

        def shutdown_request(self, request: Any) -> None:
            self.connections.discard(request)
            super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), Handler)
    server.connections = set()
    cloud.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), name="fake-cloud")
    thread.start()
    try:
        yield cloud
    finally:
        cloud.ending = True
        cloud.poke()
        server.shutdown()
        thread.join()
        for connection in list(server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()


# Mishaps


def status(code: int, fields: Any = None, headers: dict[str, str] | None = None) -> Mishap:
    """Answers with this instead."""

    def act(exchange: Exchange) -> bool:
        body = {"code": f"scripted_{code}", "message": ""} if fields is None else fields
        exchange.answer(code, body, headers)
        return True

    return act


def html_page(exchange: Exchange) -> bool:
    """A captive portal: 200 and a page."""
    exchange.answer(200, b"<html>log in</html>", {"Content-Type": "text/html"})
    return True


def cut_before_answer(exchange: Exchange) -> bool:
    """The request arrives and the line goes dead."""
    exchange.cut()
    return True


def cut_mid_body(exchange: Exchange) -> bool:
    """Half an answer."""
    exchange.request.send_response(200)
    exchange.request.send_header("Content-Type", "application/json")
    exchange.request.send_header("Content-Length", "1000")
    exchange.request.end_headers()
    exchange.request.wfile.write(b'{"results": [')
    exchange.request.wfile.flush()
    exchange.cut()
    return True


def lose_reply(exchange: Exchange) -> bool:
    """The batch is booked, its answer never arrives."""
    raw = exchange.body
    if exchange.request.headers.get("Content-Encoding") == "gzip":
        raw = gzip.decompress(raw)
    exchange.cloud.book(json.loads(raw))
    exchange.cut()
    return True


def hang(exchange: Exchange) -> bool:
    """Never answers while the cloud runs."""
    with exchange.cloud.changed:
        exchange.cloud.changed.wait_for(lambda: exchange.cloud.ending, timeout=30)
    exchange.cut()
    return True
