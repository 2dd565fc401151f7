"""``withfom simulate``: counters and cloud in a simulated world with faults, many seeds, every invariant."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulation.campaign import Report
    from simulation.kills.campaign import KillReport
    from simulation.run import Outcome

EXIT_VIOLATED = 1
TAIL = 40


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "simulate",
        help="동기화 시뮬레이션 · run counters and cloud in a simulated world with faults",
        description="Runs the agent and the cloud in one process with a virtual clock and a line that fails. The same "
        "seed does exactly the same. 위반이 있으면 종료 상태는 1이에요.",
    )
    parser.add_argument("--seeds", type=_positive, default=100, metavar="N", help="how many seeds (100)")
    parser.add_argument("--from", type=int, default=0, dest="first", metavar="S", help="the first seed (0)")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="J", help="processes at once (1)")
    parser.add_argument("--trace", action="store_true", help="print everything that happened, for every seed")
    parser.add_argument("--mutants", action="store_true", help="plant known mistakes; each must be found")
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
    """0 when every invariant held (or every mutant was found), 1 otherwise."""
    if args.kills is not None:
        return _kills(args)
    if args.mutants:
        return _mutants(args)
    from simulation.campaign import Report, run_seeds

    report = Report()
    for outcome, cpu_s in run_seeds(args.first, args.seeds, args.jobs):
        report.add(outcome, cpu_s)
        if args.trace:
            _print_trace(outcome, len(outcome.trace))
        elif outcome.violation is not None:
            _print_trace(outcome, TAIL)
    _print_report(report)
    return EXIT_VIOLATED if report.violations else 0


def _print_trace(outcome: Outcome, lines: int) -> None:
    for line in outcome.trace[-lines:]:
        print(line)
    print(f"seed {outcome.seed}: {outcome.violation or 'ok'} (digest {outcome.digest:08x})", flush=True)
    if outcome.violation is not None:
        print(f"  다시 보기 · again: withfom simulate --from {outcome.seed} --seeds 1 --trace", flush=True)


def _print_report(report: Report) -> None:
    faults = sum(report.faults.values())
    print(
        f"seeds {report.seeds} · commits {report.commits} ({report.commits / report.seeds:.0f} a seed)"
        f" · faults {faults} ({faults / report.seeds:.0f} a seed) · operations {report.operations}"
        f" · simulated {report.virtual_ms / 3_600_000:.1f} h"
        f" · {report.seeds / max(report.cpu_s, 0.001):.1f} seeds/s/core"
    )
    print("faults: " + ", ".join(f"{kind} {count}" for kind, count in report.faults.most_common()))
    seeds = ", ".join(str(outcome.seed) for outcome in report.violations)
    print(f"위반 · violations: {len(report.violations)}" + (f" (seeds {seeds})" if seeds else ""))


def _mutants(args: argparse.Namespace) -> int:
    from simulation.campaign import hunt_all

    survivors = []
    count = 0
    for found in hunt_all(args.first, args.jobs):
        count += 1
        if found.seed is None:
            survivors.append(found.mutant)
            print(f"SURVIVED  {found.mutant:<26} {found.tried} seeds", flush=True)
        else:
            print(f"killed    {found.mutant:<26} seed {found.seed:<4} {(found.violation or '')[:110]}", flush=True)
    print(f"mutants {count} · killed {count - len(survivors)} · survived {len(survivors)}")
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
