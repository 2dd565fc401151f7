"""How long an owner waits for the counter, and what it costs while it stands there: against an empty Qt window."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from agent.bootstrap import Agent
from benchmarks._programs import running
from benchmarks._report import Report, median
from benchmarks._shop import Cloud, ShiftedClock, cloud, enrolled_agent, folder, sale, wait_for

STARTS = 9
ORDERS = 40
EARNS = 60
BETWEEN_CUSTOMERS_MS = 30_000
REST_S = 3.0  # background threads, pop-ups and the customer's screen come after the first paint
RINGS = 5
RINGS_S = 15.0
ADDED_S = 0.7
RINGS_CPU_PERCENT = 5.0
MEMORY_ADDED_MB = 80.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def a_day_of_work(where: Cloud, agent: Agent, clock: ShiftedClock) -> None:
    """Orders and earns as a counter has them in the afternoon, all of them settled with the cloud."""
    member = where.client.join("01048215678", "김민아")
    for _ in range(ORDERS):
        where.order(member)
    for number in range(EARNS):
        clock.shift_ms += BETWEEN_CUSTOMERS_MS
        agent.earn.ingest(sale(number, clock.wall_ms()))
        agent.earn.submit_phone(agent.earn.open_entry(), f"010{number + 20_000_000:08d}")
    wait_for(lambda: len(agent.approval.pending()) == ORDERS, "every request has arrived")
    for card in agent.approval.pending():
        agent.approval.approve(card.request_id, "bench")
    clock.shift_ms = 0  # signatures are only taken near the cloud's own time
    wait_for(lambda: agent.link.status().pending == 0, "everything is settled", seconds=60)


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def cpu_s(pid: int) -> float:
    """Processor time a process has used so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def one_start(*arguments: str) -> tuple[float, float]:
    """Seconds from the command to the end of the first painting, and memory after a moment of rest."""
    begun = time.monotonic_ns()
    with running("benchmarks._first_paint", *arguments) as (program, painted_ns):
        time.sleep(REST_S)
        return (int(painted_ns) - begun) / 1e9, memory_mb(program.pid)


def rings_cpu_percent(where: Cloud, *arguments: str) -> float:
    """Processor share of one core while five countdowns run, without what the agent uses at rest."""
    member = where.client.join("01073310912", "박준호")
    with running("benchmarks._first_paint", *arguments) as (program, _):
        time.sleep(REST_S)
        at_rest = _share(program.pid)
        for _ in range(RINGS):
            where.order(member)
        time.sleep(REST_S)
        return _share(program.pid) - at_rest


def _share(pid: int) -> float:
    before = cpu_s(pid)
    time.sleep(RINGS_S)
    return (cpu_s(pid) - before) / RINGS_S * 100


def main() -> int:
    """Nine starts of each in turn, then the countdowns; 1 when a goal is missed."""
    report = Report("agent_start")
    clock = ShiftedClock()
    with folder() as place, cloud(place) as where:
        with enrolled_agent(place, where, clock) as agent:
            a_day_of_work(where, agent, clock)
        counter = ["agent", "--headless", "--folder", str(place / "agent")]
        pairs = [(one_start("hello"), one_start(*counter)) for _ in range(STARTS + 1)][1:]  # the first fills caches
        rings = rings_cpu_percent(where, *counter)
    empty_s, empty_mb = (median([pair[0][n] for pair in pairs]) for n in (0, 1))
    agent_s, agent_mb = (median([pair[1][n] for pair in pairs]) for n in (0, 1))
    report.figure("empty window painted, memory", f"{empty_s:.2f} s, {empty_mb:.0f} MB")
    report.figure("home painted with a day's work, memory", f"{agent_s:.2f} s, {agent_mb:.0f} MB")
    report.goal("home after the empty window", agent_s - empty_s, at_most=ADDED_S, unit="s")
    report.goal("memory above the empty window", agent_mb - empty_mb, at_most=MEMORY_ADDED_MB, unit="MB")
    report.goal("five countdowns, share of one core", rings, at_most=RINGS_CPU_PERCENT, unit="%")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
