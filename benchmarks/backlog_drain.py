"""A counter that was offline for weeks comes back: 50,000 earns through its own sync worker, over HTTP, to a cloud."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from agent.bootstrap import Agent
from agent.earn import repository
from agent.earn.documents import DocumentFacts
from benchmarks._report import Report
from benchmarks._shop import enrolled_agent, wait_for
from benchmarks.push_throughput import command, cpu_s, database, serving
from rules.receipts import DocumentVerdict
from sync import outbox
from sync.outbox import NewOp
from sync.protocol import OpKind, canonical_json

OPS = 50_000
SECONDS = 60.0
BYTES = 200.0
MEMBERS = 3_000
SALE_EVERY_MS = 60_000
LOOK_EVERY_S = 0.25  # looking counts the whole queue, so seldom


class _Joining:
    """What ``enrolled_agent`` needs of a cloud."""

    def __init__(self, url: str, code: str) -> None:
        self.url = url
        self.code = code


def fill(agent: Agent, ops: int) -> None:
    """Earns as the counter writes them, in one transaction: the worker sees nothing of them before all are there."""
    keys = agent.keyring.keys
    assert keys is not None
    with agent.store.transaction() as conn:
        for number in range(ops):
            _earn(conn, agent, keys.cipher, number)


def _earn(conn: sqlite3.Connection, agent: Agent, cipher: Any, number: int) -> None:
    phone = f"+8210{20_000_000 + number * 7_919 % MEMBERS}"
    happened_ms = agent.clock.wall_ms() - (OPS - number) * SALE_EVERY_MS
    earn_id, document_id, fingerprint = agent.ids.uuid7(), f"backlog-{number}", agent.ids.token(32)
    facts = DocumentFacts(
        document_id=document_id,
        captured_ms=happened_ms,
        source="1",
        kind="sale",
        total_won=4_500,
        paid_won=4_500,
        receipt_no=f"{number:06d}",
        till="1",
        printed_at=None,
        approval_tags=(),
        original_approval_tags=(),
        original_receipt_no=None,
        text_digest=fingerprint,
        verdict=DocumentVerdict.EARN,
    )
    repository.insert_document(
        conn, facts, fingerprint=fingerprint, fingerprint_date=None, outcome="earned", reading={}, lines=[]
    )
    receipt: dict[str, Any] = {
        "fingerprint": fingerprint,
        "approval_tags": [],
        "receipt_no": facts.receipt_no,
        "till": facts.till,
        "kind": facts.kind,
    }
    terms = {"paid_won": 4_500, "points": 45, "rate_bp": 100}
    body = {
        "earn_id": earn_id,
        "receipt": receipt,
        **terms,
        "policy_version": 1,
        "source": "receipt_auto",
        "occurred_ms": happened_ms,
    }
    op = NewOp(OpKind.EARN, body, "tablet", {"phone": phone})
    sent = outbox.append(conn, op, clock=agent.clock, ids=agent.ids, cipher=cipher)
    earn = repository.NewEarn(
        earn_id=earn_id,
        op_id=sent.op_id,
        seq=sent.seq,
        masked="010-****-0000",
        fingerprint=fingerprint,
        document_id=document_id,
        reasons_json="[]",
        created_ms=happened_ms,
        late=False,
        stamps=None,
        stamp_lookup=None,
        **terms,
    )
    repository.insert_earn(conn, earn)


def pending(agent: Agent) -> int:
    with agent.store.read() as conn:
        return outbox.counts(conn).pending


def gzipped_bytes(agent: Agent) -> float:
    """Of one operation in the next batch, as the transport packs it."""
    keys = agent.keyring.keys
    assert keys is not None
    with agent.store.read() as conn:
        batch = outbox.next_batch(conn, keys.cipher)
    assert batch is not None
    return len(gzip.compress(canonical_json(batch.to_wire()), compresslevel=6, mtime=0)) / len(batch.ops)


def measure(report: Report, kind: str, ops: int) -> None:
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="withfom-bench-")))
        url, database_pid = stack.enter_context(database(kind, place))
        named = ["--database", url, "--folder", str(place)]
        made = command("create-store", *named, "--name", "느린오후 커피", "--brand", "느린오후", "--json")
        code = command("enrollment-code", *named, "--store", json.loads(made)["store_id"])
        address, pid = stack.enter_context(serving(url, place))
        agent = stack.enter_context(enrolled_agent(place, _Joining(address, code)))
        wait_for(lambda: pending(agent) == 0, "nothing waits")
        fill(agent, ops)
        report.goal("gzipped bytes an operation", gzipped_bytes(agent), at_most=BYTES, unit="bytes")
        before, begun = (time.process_time(), *cpu_s(pid, database_pid)), time.perf_counter()
        first = pending(agent)
        while pending(agent):
            if time.perf_counter() - begun > SECONDS * 10:
                raise SystemExit("the backlog does not drain")
            time.sleep(LOOK_EVERY_S)
        took, spent_s = time.perf_counter() - begun, (time.process_time(), *cpu_s(pid, database_pid))
        spent = [after - was for was, after in zip(before, spent_s, strict=True)]
        with agent.store.read() as conn:
            kept = outbox.counts(conn)
            posted = conn.execute("SELECT count(*) FROM earn WHERE status = 'posted'").fetchone()[0]
        if kept.needs_attention or posted != ops:
            raise SystemExit(f"not everything was booked: {kept}, {posted} earns posted")
        report.figure(f"{kind}: drained", f"{first:,} operations in {took:.1f} s, {first / took:,.0f} a second")
        report.figure(
            "processor time of agent / cloud / PostgreSQL",
            " / ".join(f"{seconds / first * 1e6:.0f}" for seconds in spent) + " us an operation",
        )
        report.goal(f"{kind}: seconds for {OPS:,} operations", took * OPS / first, at_most=SECONDS, unit="s")


def main() -> int:
    """1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--ops", type=int, default=OPS)
    options = parser.parse_args()
    report = Report("backlog_drain")
    measure(report, options.database, options.ops)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
