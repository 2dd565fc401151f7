"""Owns how a benchmark counts, compares with its goal and reports: figures, machine, verdict, exit status."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


def percentile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: a value that was really measured, never one between two."""
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * round(share * 1000) // 1000))
    return ordered[min(rank, len(ordered)) - 1]


def median(samples: Sequence[float]) -> float:
    """The middle sample (the lower one of two)."""
    return percentile(samples, 0.5)


def machine() -> str:
    """What the figures were measured on; without it a figure says nothing."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores, {model}, {platform.system()}, Python {platform.python_version()}"


@dataclass
class Report:
    """Collects lines and goals; `close()` prints the verdict and gives the exit status."""

    name: str
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        print(f"{self.name}: {today}, {machine()}", flush=True)

    def figure(self, what: str, text: str) -> None:
        """One measured line without a goal."""
        print(f"  {what:<46}{text}", flush=True)

    def goal(self, what: str, value: float, at_most: float, unit: str) -> None:
        """One measured line with its limit; a value above it fails the run."""
        met = value <= at_most
        print(f"  {what:<46}{value:.2f} {unit}   goal <= {at_most:g} {unit}   {'met' if met else 'MISSED'}", flush=True)
        if not met:
            self.missed.append(what)

    def close(self) -> int:
        """0 when every goal was met, else 1."""
        print(f"{self.name}: " + ("every goal met" if not self.missed else "missed: " + ", ".join(self.missed)))
        return 1 if self.missed else 0
