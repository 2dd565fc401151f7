"""``withfom simulate``: counters and cloud in a simulated world with faults, many seeds, every invariant."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.campaign import Report
    from simulation.kills.campaign import KillReport
    from simulation.run import Outcome

EXIT_VIOLATED, EXIT_UNUSABLE = 1, 2
SEEDS = 100
SEEDS_WITHOUT_END = 1_000_000
WRITTEN_EVERY = 20
TAIL = 40


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "simulate",
        help="동기화 시뮬레이션 · run counters and cloud in a simulated world with faults",
        description="Runs the agent and the cloud in one process with a virtual clock and a line that fails. The same "
        "seed does exactly the same. 위반이 있으면 종료 상태는 1이에요.",
    )
    parser.add_argument("--seeds", type=_positive, default=None, metavar="N", help="how many seeds (100)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="S", help="the first seed (0)")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="J", help="processes at once (1)")
    parser.add_argument("--minutes", type=_positive, default=None, metavar="M", help="stop after so many minutes")
    parser.add_argument("--report", type=Path, metavar="FILE", help="keep the sums there; goes on where FILE ends")
    parser.add_argument("--add", type=Path, nargs="+", metavar="FILE", help="only add up reports of earlier runs")
    parser.add_argument("--trace", action="store_true", help="print everything that happened, for every seed")
    parser.add_argument("--mutants", nargs="*", metavar="NAME", help="plant known mistakes; each must be found")
    parser.add_argument(
        "--kills",
        type=_positive,
        metavar="N",
        help="instead: real processes, and N times kill -9 · 실제 프로세스를 N번 강제 종료",
    )
    parser.add_argument(
        "--database",
        default="sqlite",
        metavar="KIND",
        help="with --kills: sqlite, postgresql (a server of its own), or the address of an empty one",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def run(args: argparse.Namespace) -> int:
    """0 when every invariant held (or every mutant was found), 1 otherwise, 2 when a file cannot be used."""
    if args.kills is not None:
        return _kills(args)
    try:
        if args.mutants is not None:
            return _mutants(args)
        report = _added(args.add) if args.add else _campaign(args)
    except (OSError, ValueError) as error:
        print(f"simulate: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    _print_report(report)
    return EXIT_VIOLATED if report.violations else 0


def _added(paths: list[Path]) -> Report:
    from simulation.campaign import Report

    whole = Report()
    for path in paths:
        whole.include(Report.read(path))
    return whole


def _campaign(args: argparse.Namespace) -> Report:
    from simulation.campaign import Report, run_seeds

    report = Report(first=args.first)
    if args.report is not None and args.report.exists():
        report = Report.read(args.report)
    wanted = args.seeds or (SEEDS_WITHOUT_END if args.minutes else SEEDS)
    ends = time.monotonic() + args.minutes * 60 if args.minutes else None
    runs = run_seeds(report.first + report.seeds, max(wanted - report.seeds, 0), args.jobs)
    for outcome, cpu_s in runs:
        report.add(outcome, cpu_s)
        if args.trace:
            _print_trace(outcome, len(outcome.trace))
        elif outcome.violation is not None:
            _print_trace(outcome, TAIL)
        over = ends is not None and time.monotonic() >= ends
        if args.report is not None and (over or report.seeds % WRITTEN_EVERY == 0 or outcome.violation is not None):
            report.write(args.report)
        if over:
            break
    runs.close()
    if args.report is not None:
        report.write(args.report)
    return report


def _print_trace(outcome: Outcome, lines: int) -> None:
    for line in outcome.trace[-lines:]:
        print(line)
    print(f"seed {outcome.seed}: {outcome.violation or 'ok'} (digest {outcome.digest:08x})", flush=True)
    if outcome.violation is not None:
        print(f"  다시 보기 · again: withfom simulate --from {outcome.seed} --seeds 1 --trace", flush=True)


def _print_report(report: Report) -> None:
    faults = sum(report.faults.values())
    seeds = max(report.seeds, 1)
    print(
        f"seeds {report.seeds} · commits {report.commits} ({report.commits / seeds:.0f} a seed)"
        f" · faults {faults} ({faults / seeds:.0f} a seed) · operations {report.operations}"
        f" · simulated {report.virtual_ms / 3_600_000:.1f} h"
        f" · {report.seeds / max(report.cpu_s, 0.001):.1f} seeds/s/core"
    )
    print("faults: " + ", ".join(f"{kind} {count}" for kind, count in report.faults.most_common()))
    points = ", ".join(f"{where} {count}" for where, count in report.crash_points.most_common())
    print(f"crash points: {len(report.crash_points)} kinds: {points}" if points else "crash points: none")
    found = ", ".join(str(seed) for seed in sorted(report.violations))
    print(f"위반 · violations: {len(report.violations)}" + (f" (seeds {found})" if found else ""))


def _mutants(args: argparse.Namespace) -> int:
    from simulation.campaign import hunt_all
    from simulation.mutants import MUTANTS

    unknown = set(args.mutants) - {mutant.name for mutant in MUTANTS}
    if unknown:
        raise ValueError(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = tuple(mutant for mutant in MUTANTS if not args.mutants or mutant.name in args.mutants)
    survivors = []
    for found in hunt_all(args.first, args.jobs, chosen):
        took = f"{found.tried:>3} seeds {found.seconds:>6.1f} s"
        if found.seed is None:
            survivors.append(found.mutant)
            print(f"SURVIVED  {found.mutant:<26} {took}", flush=True)
        else:
            print(f"killed    {found.mutant:<26} {took}  by {found.seed}: {(found.violation or '')[:90]}", flush=True)
    print(f"mutants {len(chosen)} · killed {len(chosen) - len(survivors)} · survived {len(survivors)}")
    return EXIT_VIOLATED if survivors else 0


def _kills(args: argparse.Namespace) -> int:
    from simulation.kills.campaign import run_kills

    report = run_kills(args.kills, args.database, seed=args.first)
    _print_kills(report)
    return 0 if report.audit.sound else EXIT_VIOLATED


def _print_kills(report: KillReport) -> None:
    audit = report.audit
    victims = ", ".join(f"{who} {count}" for who, count in sorted(report.kills.items()))
    print(
        f"kill -9 cycles {report.cycles} on {report.database} ({victims}; {report.starting} while starting)"
        f" · {report.took_s:.0f} s · {report.cycles / max(report.took_s, 0.001):.1f} a second"
    )
    print(
        f"confirmed {audit.confirmed} · committed but not yet confirmed {audit.unconfirmed}"
        f" · requests {audit.requests} · entries of the book {audit.entries}"
    )
    print(f"잃음 · lost {len(audit.lost)} · 두 번 · doubled {len(audit.doubled)} · otherwise wrong {len(audit.wrong)}")
    for line in [*audit.lost, *audit.doubled, *audit.wrong][:TAIL]:
        print(f"  {line}")
