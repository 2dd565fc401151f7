"""Owns the simulated cloud machine: the real cloud on a disk that can crash, called without HTTP."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool
from starlette.responses import Response

from cloud_api.bootstrap import Cloud
from cloud_api.database import Database
from cloud_api.devices.auth import DeviceCall, SignedCall, authenticate, claim_nonce
from cloud_api.devices.epochs import renew
from cloud_api.errors import ApiError
from cloud_api.gateway import feeds, holding_routes, parked, push, routes
from cloud_api.gateway.apply import Applier
from cloud_api.gateway.hub import Hub
from cloud_api.gateway.operations import ReadOp
from cloud_api.http import PUSH_PATH, json_response, unzip
from cloud_api.ledger.expiry import expire_all
from cloud_api.ledger.facts import Outcome
from cloud_api.requests import counter_routes
from cloud_api.requests.sweeper import HOUSEKEEPING_EVERY_MS, sweep, tidy
from cloud_api.settings import Settings
from cloud_api.vault import Vault
from rules.requests import NO_ACK_EXPIRE_MS, SWEEP_GRACE_MS, UNREACHABLE_AFTER_MS
from simulation.agenda import Agenda
from simulation.disks import Disk, SimConnection
from simulation.outcomes import Crash, Violation
from simulation.seeded import SeededCloudIds
from sync.protocol import PULL_ROWS_MAX, PUSH_BYTES_MAX, Cursor, OpStatus
from sync.transport import ASK_PATH, BULK_PATH, EPOCH_PATH, SNAPSHOT_PATH, TALLY_PATH

JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}
SETTINGS = Settings("sqlite:///in-memory", Path("in-memory.keys"), sweeper=False)
_OVER = (
    "SELECT 1 FROM request WHERE (state = 'seen' AND deadline_ms <= ?) OR (state = 'requested' AND created_ms <= ?)"
    " OR (state = 'requested' AND unreachable_ms IS NULL AND created_ms <= ?) OR recovery_due_ms <= ? LIMIT 1"
)


@dataclass(frozen=True)
class Sent:
    """A request as it left a counter; sent twice it is the same bytes with the same nonce."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass
class Answered:
    """What the cloud answers; a stream's chunks come while it is read."""

    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes]
    streams: bool = False

    @staticmethod
    def whole(status: int, body: bytes, **headers: str) -> Answered:
        return Answered(status, {**JSON, **headers}, iter((body,)))


class Engines:
    """SQLAlchemy's engines outlive the simulated machines, because what they keep is compiled SQL and nothing else."""

    def __init__(self) -> None:
        self._conn: sqlite3.Connection | None = None
        self.writer = create_engine("sqlite://", creator=self._current, poolclass=StaticPool)
        self.reader = create_engine("sqlite://", creator=self._current, poolclass=StaticPool)
        for engine, begin in ((self.writer, "BEGIN IMMEDIATE"), (self.reader, "BEGIN")):
            _begin_with(engine, begin)

    def use(self, conn: sqlite3.Connection) -> None:
        """From now on this is the database."""
        self.writer.dispose()
        self.reader.dispose()
        self._conn = conn

    def _current(self) -> sqlite3.Connection:
        assert self._conn is not None
        return self._conn


def _begin_with(engine: Engine, statement: str) -> None:
    """Below the events, which would cost more than the statement."""

    def begin(raw: Any) -> None:
        raw.execute(statement)

    engine.dialect.do_begin = begin  # type: ignore[assignment]


def start_cloud(
    conn: SimConnection, engines: Engines, vault: Vault, clock: Callable[[], int], rng: random.Random
) -> Cloud:
    """The real cloud on what is durable, which ``conn`` has just opened."""
    conn.execute("PRAGMA foreign_keys = ON")
    engines.use(conn)
    ids = SeededCloudIds(clock, rng)
    database = Database(
        SETTINGS.database_url,
        clock=clock,
        ids=ids,
        write_feeds=feeds.write_published,
        engines=(engines.writer, engines.reader),
    )
    return Cloud(SETTINGS, clock, ids, vault, database, Hub())


class Stumbling(Applier):
    """What books operations in a version of the cloud that has a bug."""

    def apply(self, run: Sequence[ReadOp]) -> list[Outcome]:
        if any(crc32(op.op_id.encode()) % 3 == 0 for op in run):
            raise RuntimeError("a bug of this version")
        return super().apply(run)


class CloudMachine:
    """Up or down. ``serve`` answers like the HTTP routes, which it calls behind their door."""

    def __init__(self, agenda: Agenda, disk: Disk, engines: Engines, vault: Vault, rng: random.Random) -> None:
        self.disk = disk
        self.crashes = 0
        self.on_crash: Callable[[], None] = lambda: None
        self.on_publish: Callable[[], None] = lambda: None
        self.on_results: Callable[[str, int, int, str], None] = lambda *_: None
        self.on_replayed: Callable[[parked.SetAside], None] = lambda _one: None
        self._agenda = agenda
        self._engines = engines
        self._vault = vault
        self._rng = rng
        self._tidied_ms = agenda.now_ms
        self.stumbles = False  # this version of the cloud trips over some operations
        self.era = 0  # how often it went back to a backup
        self.untold = False
        self.ran_untold = False
        self.never_told = False  # nobody will run mark-restored
        self.unmarked = False  # it did, and mark-restored has not been run
        self.up = False
        self.conn = self._look()
        self.start()

    def start(self) -> None:
        """Power on."""
        self.conn.disk = self.disk
        self.cloud = start_cloud(self.conn, self._engines, self._vault, self.clock, self._rng)
        self.cloud.database.on_publish(lambda _feeds: self.on_publish())
        self.up = True
        if self.unmarked and not self.untold:
            self.mark_restored()

    def go_back(self, image: bytes, *, untold: bool) -> None:
        """The machine is lost and comes back with what a backup had."""
        self.crash()
        self.disk.image = image
        self.conn = self._look()
        self.era += 1
        self.unmarked, self.untold = True, untold
        self.ran_untold |= untold

    @property
    def awaits_word(self) -> bool:
        """It runs on a backup without being told so, and somebody will tell it."""
        return self.unmarked and not self.never_told

    def mark_restored(self) -> bool:
        """The command of that name; whether it was done."""
        if self.unmarked and self.calling(lambda cloud: cloud.database.transact(feeds.next_generation)) is not None:
            self.unmarked = self.untold = False
        return not self.unmarked

    def clock(self) -> int:
        return self._agenda.now_ms

    def crash(self) -> None:
        """Power off, if it is not off already."""
        if self.up:
            self.up = False
            self.crashes += 1
            self.conn = self._look()
            self.on_crash()

    def _look(self) -> SimConnection:
        """What one finds who looks at the disk of a machine that is down, and what it starts on again: reading a schema
        of three hundred parts twice would cost two milliseconds."""
        conn = self.disk.open()
        conn.disk = None
        return conn

    def calling(self, job: Callable[[Cloud], Any]) -> Any | None:
        """Runs a piece of the cloud's work; None when the machine is down or goes down in it."""
        if not self.up:
            return None
        cloud = self.cloud
        try:
            return job(cloud)
        except Crash as crash:
            if crash.node != self.disk.node:
                raise
            if self.cloud is cloud:
                self.crash()
            return None

    def sweep(self, between: Callable[[], None]) -> None:
        """One round of the sweeper, if it would find anything; ``between`` runs after it looked, before it writes."""
        now_ms = self.clock()
        over = (now_ms - SWEEP_GRACE_MS, now_ms - NO_ACK_EXPIRE_MS, now_ms - UNREACHABLE_AFTER_MS, now_ms)
        tidies = now_ms - self._tidied_ms >= HOUSEKEEPING_EVERY_MS
        if not self.up or not (tidies or self.rows(_OVER, *over)):
            return

        def job(cloud: Cloud) -> None:
            sweep(_Interrupted(cloud.database, lambda: self._moment(cloud, between)), cloud.clock())
            if tidies:
                self._tidied_ms = now_ms
                tidy(cloud.database)
                expire_all(cloud.database)  # the product has a job for it, which is due more rarely

        self.calling(job)

    def _moment(self, cloud: Cloud, between: Callable[[], None]) -> None:
        between()
        if self.cloud is not cloud or not self.up:
            raise Crash(self.disk.node, "went down meanwhile")

    def serve(self, sent: Sent) -> Answered | None:
        """The answer; None when the machine was down or went down, and the connection with it."""
        found: Answered | None = self.calling(lambda cloud: self._answer(cloud, sent))
        return found

    def _answer(self, cloud: Cloud, sent: Sent) -> Answered:
        try:
            if len(sent.body) > PUSH_BYTES_MAX:
                raise ApiError("too_large")
            signed = SignedCall(sent.headers.get("Authorization"), sent.method, sent.target, sent.body)
            if sent.path == PUSH_PATH:
                call = authenticate(cloud.database, signed, cloud.clock(), known=cloud.known)
                return self._push(cloud, call, sent)
            call = authenticate(cloud.database, signed, cloud.clock())
            if sent.path == EPOCH_PATH:
                return _renew(cloud, call, sent)
            if sent.path == ASK_PATH:
                return _ask(cloud, call, sent)
            held = _holdings(cloud, call, sent)
            if held is not None:
                return held
            query = {name: values[0] for name, values in parse_qs(urlsplit(sent.target).query).items()}
            if sent.path.endswith("/pull"):
                return Answered.whole(200, _pull(cloud, call, query))
            generation = routes._open_stream(cloud, call)
            chunks = self._stream(cloud, call, query["cursor"], generation)
            return Answered(200, EVENTS, chunks, streams=True)
        except ApiError as error:
            body = json.dumps(error.body(request_id="simulated", english=True)).encode()
            return Answered.whole(error.problem.status, body, **error.headers)

    def _push(self, cloud: Cloud, call: DeviceCall, sent: Sent) -> Answered:
        raw = sent.body
        if sent.headers.get("Content-Encoding") == "gzip":
            raw = unzip(raw, PUSH_BYTES_MAX)
        with patch.object(push, "Applier", Stumbling if self.stumbles else Applier):
            pushed = routes._push(cloud, call, raw)
        body = json.loads(raw)  # its epoch was the device's, or the push would have been refused
        first = body["ops"][0]["seq"]
        for place, result in enumerate(pushed.results):
            self.on_results(call.device_id, body["epoch"], first + place, result)
        return Answered.whole(200, pushed.to_json())

    def _stream(self, cloud: Cloud, call: DeviceCall, cursor: str, generation: int) -> Iterator[bytes]:
        """The rows there are, those that come in the next seconds, and the end. Raises ConnectionError with the
        machine."""
        yield routes._event("hello", {"server_time_ms": cloud.clock(), "generation": generation})
        try:
            after = routes._cursor(cursor)
            for wait_ms in (0, self._rng.choice((0, 200, 2_000, 9_000))):
                self._agenda.pass_time(wait_ms)
                if cloud is not self.cloud or not self.up:
                    raise ConnectionError("the cloud went away")
                page = routes._read_page(cloud, call, after, PULL_ROWS_MAX)
                for row, behind in zip(page.rows, page.cursors, strict=True):
                    yield routes._event("row", row, behind)
                after = page.cursor
                yield b": keep\n\n"
        except ApiError as error:
            yield routes._event("reset", error.extra)

    def update(self) -> bool:
        """The version with the bug is replaced, and what it parked is applied; False when the machine is not up."""

        def job(cloud: Cloud) -> bool:
            with cloud.database.read() as conn:
                aside = parked.list_aside(conn)
            for one in aside:
                if one.status == OpStatus.PARKED:
                    cloud.database.transact(partial(parked.replay, vault=cloud.vault, aside=one))
                    self.on_replayed(one)
            return True

        self.stumbles = False
        return bool(self.calling(job))

    # --- what the simulation looks at, past all product code ---------------------------------------------------------

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds on the disk."""
        return self.conn.execute(sql, values).fetchall()

    def generation(self) -> int:
        """Rises when the cloud is told that it was restored."""
        return int(self.rows("SELECT value FROM server_state WHERE name = 'generation'")[0][0])

    def heads(self) -> dict[str, int]:
        """Rows by feed."""
        return dict(self.rows("SELECT feed_id, n FROM feed"))


def _renew(cloud: Cloud, call: DeviceCall, sent: Sent) -> Answered:
    after = routes._after(sent.body)
    renewed = cloud.database.transact(lambda work: renew(work, call, after))
    fields = {"epoch": renewed.epoch, "last_seq": renewed.last_seq, "server_time_ms": renewed.server_time_ms}
    return Answered.whole(200, json.dumps(fields).encode())


def _ask(cloud: Cloud, call: DeviceCall, sent: Sent) -> Answered:
    asked = counter_routes._ask(cloud, call, sent.body)
    return Answered.whole(201, json.dumps(asked).encode())


def _holdings(cloud: Cloud, call: DeviceCall, sent: Sent) -> Answered | None:
    if sent.path == SNAPSHOT_PATH:
        after = parse_qs(urlsplit(sent.target).query).get("after", [""])[0]
        lines = holding_routes._snapshot(cloud, call, after, gzip=False)
        return Answered(200, {"content-type": "application/x-ndjson"}, iter(lines))
    if sent.path == TALLY_PATH:
        return Answered.whole(200, json.dumps(holding_routes._tally(cloud, call)).encode())
    if sent.path == BULK_PATH:
        return Answered.whole(200, json.dumps(holding_routes._bulk(cloud, call, plain(sent))).encode())
    return None


def _pull(cloud: Cloud, call: DeviceCall, query: dict[str, str]) -> bytes:
    cloud.database.transact(lambda work: claim_nonce(work, call))
    after: Cursor = routes._cursor(query["cursor"])
    page = routes._read_page(cloud, call, after, int(query["limit"]))
    answer = json_response(
        {
            "rows": page.rows,
            "cursor": str(page.cursor),
            "has_more": page.has_more,
            "generation": page.cursor.generation,
            "server_time_ms": cloud.clock(),
        }
    )
    return bytes(answer.body)


class _Interrupted(Database):
    """The database as a sweep sees it, with a moment before each of its writes in which others come first."""

    def __init__(self, database: Database, between: Callable[[], None]) -> None:
        self.__dict__.update(database.__dict__)
        self._between = between

    def transact(self, job: Callable[[Any], Any]) -> Any:
        self._between()
        return super().transact(job)


def body_of(answer: Response) -> dict[str, Any]:
    """The JSON body of a route's answer."""
    found = json.loads(bytes(answer.body))
    if not isinstance(found, dict):
        raise Violation("shape", "a route answered without an object")
    return found


def plain(sent: Sent) -> bytes:
    """The body of a request as it was before compression."""
    return gzip.decompress(sent.body) if sent.headers.get("Content-Encoding") == "gzip" else sent.body
