"""Owns a counter for tests: the agent's real services on a real store, an enrolled device, a clock that obeys."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.bootstrap import Agent
from agent.keys import StoreKeys
from agent.launch import AgentSettings
from printers.capture.spool import CapturedDocument
from rules.pin import hash_pin
from rules.receipts import approval_tag
from sync.clock import FakeClock
from sync.exchange import LinkStatus
from sync.inbox import RowContext
from sync.protocol import FeedRow, OpResult
from tests.helpers.devices import SECRETS, Bench, enrolled

STORE_KEY = SECRETS.store_key
_numbers = itertools.count(1)


@dataclass
class LinkStub:
    """Stands in for the line to the cloud: says what it is told to say."""

    online: bool = True

    def status(self) -> LinkStatus:
        return LinkStatus(self.online, None if self.online else 1, 0, None, 0, None, None)


@dataclass
class Counter:
    """One counter whose background threads do not run: every step is a call of the test."""

    bench: Bench
    agent: Agent
    link: LinkStub = field(default_factory=LinkStub)

    @property
    def clock(self) -> FakeClock:
        return self.bench.clock

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.bench.rows(sql, *values)

    def ops(self, kind: str | None = None) -> list[tuple[str, dict[str, Any]]]:
        """(kind, body as sent, secrets included) of the operations in the outbox."""
        from sync import outbox

        with self.bench.store.read() as conn:
            batch = outbox.next_batch(conn, self.bench.cipher)
        found = [(op.kind, op.body) for op in batch.ops] if batch else []
        return [op for op in found if kind in (None, op[0])]

    def feed(self, applier: Callable[..., None], kind: str, body: dict[str, Any], *, generation: int = 1) -> None:
        """A row arrives from the cloud now."""
        context = RowContext(self.clock.mono_ms(), self.clock.boot_id, self.clock.wall_ms(), generation)
        with self.bench.store.transaction() as conn:
            applier(conn, FeedRow("store", next(_numbers), kind, body), context)

    def employ(self, name: str, role: str = "staff", *, pin: str = "904731", **changes: Any) -> str:
        """The cloud told us of an employee; answers how operations name them."""
        employee_id = str(changes.pop("employee_id", f"e-{name}"))
        made = hash_pin(pin, employee_id=employee_id, store_key=STORE_KEY, salt=b"salt" * 4)
        body = {
            "employee_id": employee_id,
            "version": 1,
            "name": name,
            "role": role,
            "pin_salt": base64.urlsafe_b64encode(made.salt).decode().rstrip("="),
            "pin_verifier": base64.urlsafe_b64encode(made.verifier).decode().rstrip("="),
            "may_recover": True,
            "suspended": False,
            "counted_from_ms": 0,
            "removed": False,
        }
        self.feed(self.agent.appliers()["employee"], "employee", body | changes)
        return f"{role}:{employee_id}"

    def answer(self, kind: str, status: str, body: dict[str, Any] | None = None, code: str | None = None) -> None:
        """The cloud answers the oldest operation of this kind that waits."""
        seq, op_id = self.rows(
            "SELECT seq, op_id FROM outbox WHERE kind = ? AND status = 'pending' ORDER BY seq LIMIT 1", kind
        )[0]
        with self.bench.store.transaction() as conn:
            self.agent.on_result(conn, OpResult(seq, op_id, status, code, body), kind)
            conn.execute("UPDATE outbox SET status = ? WHERE op_id = ?", (status, op_id))


@contextmanager
def counter(folder: Path, **settings: Any) -> Iterator[Counter]:
    """An enrolled counter on a fresh folder, whose name decides its ids."""
    bench = enrolled(folder)
    agent = Agent(AgentSettings(folder=folder, **settings), bench.store, bench.clock, bench.ids)
    agent.keyring.install(StoreKeys(SECRETS.store_key, bench.cipher))
    found = Counter(bench, agent)
    agent.link.attach(found.link)
    try:
        yield found
    finally:
        agent.close()


def captured(
    clock: FakeClock,
    kind: str = "sale",
    total: int | None = 17_800,
    *,
    paid: int | None = None,
    approvals: tuple[str, ...] = ("30127744",),
    original_approvals: tuple[str, ...] = (),
    receipt_no: str | None = "20261120-01-0057",
    original_receipt_no: str | None = None,
    till: str | None = "01",
    time: str | None = "2026-09-21T14:03:22",
    digest: str = "",
    document_id: str = "",
    source: str = "pos",
    age_ms: int = 0,
    read: dict[str, Any] | None = None,
) -> CapturedDocument:
    """A document as the capture hands it over; ``read`` is what else was read on it."""
    number = next(_numbers)
    return CapturedDocument(
        document_id=document_id or f"doc-{number:05d}",
        captured_wall_ms=clock.wall_ms() - age_ms,
        source=source,
        reading={
            "kind": kind,
            "total": total,
            "paid": total if paid is None else paid,
            "receipt_no": receipt_no,
            "till": till,
            "time": time,
            **(read or {}),
        },
        approval_tags=tuple(approval_tag(STORE_KEY, number) for number in approvals),
        original_approval_tags=tuple(approval_tag(STORE_KEY, number) for number in original_approvals),
        original_receipt_no=original_receipt_no,
        text_digest=digest or f"digest-{number}",
        lines=("느린오후 커피", "합계 17,800"),
    )
