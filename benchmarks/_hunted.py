"""Owns what a hunt found: its sums, the numbers of the inputs they stand for, and the file that keeps them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

KEPT_MAX = 20  # inputs of one fault that are kept; their count goes on
Range = tuple[int, int]  # the first number, and the one behind the last


@dataclass
class Hunted:
    """Sums over the inputs of `ranges`. `faults` counts what must not happen; `inputs_of` keeps some such inputs."""

    ranges: list[Range] = field(default_factory=list)
    inputs: int = 0
    size_bytes: int = 0
    cpu_s: float = 0.0
    slowest_ms: float = 0.0
    slowest: str = ""
    documents: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    inputs_of: dict[str, list[str]] = field(default_factory=dict)

    def fault(self, name: str, stream: bytes) -> None:
        self.faults[name] += 1
        kept = self.inputs_of.setdefault(name, [])
        if len(kept) < KEPT_MAX:
            kept.append(stream.hex())

    def include(self, other: Hunted) -> None:
        """Adds another part. Raises ValueError when it counts inputs that are counted here already."""
        self.ranges = _joined([*self.ranges, *other.ranges])
        self.inputs += other.inputs
        self.size_bytes += other.size_bytes
        self.cpu_s += other.cpu_s
        if other.slowest_ms > self.slowest_ms:
            self.slowest_ms, self.slowest = other.slowest_ms, other.slowest
        self.documents.update(other.documents)
        self.faults.update(other.faults)
        for name, kept in other.inputs_of.items():
            self.inputs_of[name] = [*self.inputs_of.get(name, []), *kept][:KEPT_MAX]

    def missing(self, whole: Range, step: int) -> list[Range]:
        """The parts of `whole`, `step` inputs each, that are not counted yet."""
        parts = [(at, min(at + step, whole[1])) for at in range(whole[0], whole[1], step)]
        return [part for part in parts if not any(begin < part[1] and part[0] < end for begin, end in self.ranges)]

    def write(self, path: Path) -> None:
        """Replaces the file at once, so that a hunt that is stopped can go on."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(vars(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(path)

    @staticmethod
    def read(path: Path) -> Hunted:
        """Raises OSError, or ValueError for another kind of file."""
        try:
            found = Hunted(**json.loads(path.read_text(encoding="utf-8")))
            found.ranges = [(begin, end) for begin, end in found.ranges]
            found.documents, found.faults = Counter(found.documents), Counter(found.faults)
        except (TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no report of a hunt") from error
        return found


def _joined(ranges: Sequence[Range]) -> list[Range]:
    """In order, neighbours as one."""
    joined: list[Range] = []
    for begin, end in sorted(ranges):
        if joined and begin < joined[-1][1]:
            raise ValueError(f"inputs {begin:,} to {min(end, joined[-1][1]):,} would count twice")
        if joined and begin == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined
