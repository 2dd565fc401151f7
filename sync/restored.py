"""Owns the report of a store that had to be restored: from what, what was saved, what is missing, in words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from sync.meta import get_meta, set_meta

KEY = "sync.restored"
CLOUD_WENT_BACK = "cloud_went_back"  # a reason: nothing was wrong here
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class RestoreReport:
    """What is known about the last time that this store did not come up as it was left.

    ``salvaged`` operations were only in the broken file and are to be sent; ``history`` ones had been sent already.
    ``missing`` are numbers, first to last, that neither file had. ``end_known`` says whether the broken file still
    named its last number. The last three are known once the cloud has given a new epoch.
    """

    at_wall_ms: int
    reason: str
    aside: str | None = None
    backup: str | None = None
    backup_wall_ms: int | None = None
    salvaged: int = 0
    history: int = 0
    unreadable: int = 0
    missing: Ranges = ()
    end_known: bool = True
    device_id: str | None = None
    epoch: int | None = None
    cloud_has: int | None = None
    carried_over: int | None = None
    unsound: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the cloud's new epoch is still to come."""
        return self.epoch is not None and self.cloud_has is None

    @property
    def lost(self) -> Ranges:
        """Missing numbers that the cloud does not have either; before it was asked, all that are missing."""
        reached = self.cloud_has or 0
        return tuple((max(first, reached + 1), last) for first, last in self.missing if last > reached)

    @property
    def lost_ops(self) -> int:
        return sum(last - first + 1 for first, last in self.lost) + self.unsound

    @property
    def user_message(self) -> str:
        if self.reason == CLOUD_WENT_BACK:
            return "서버가 백업에서 복원되어, 서버에 없는 기록을 다시 보내요. 이 기기의 기록은 그대로예요."
        if self.device_id is None:
            return "저장된 데이터를 열 수 없고 백업도 없어 새로 시작했어요. 기기를 다시 등록해 주세요."
        source = "최근 백업에서" if self.backup else "남은 기록에서"
        saved = f"저장된 데이터가 손상되어 {source} 복구했어요. 되살린 미전송 기록 {self.salvaged}건."
        if self.waiting:
            gap = f" 서버 확인 전: 빠진 기록 최대 {self.lost_ops}건." if self.lost_ops else ""
            return saved + gap + " 서버에 연결되면 이어서 전송해요."
        gap = f" 빠진 기록 {self.lost_ops}건(번호 {_numbers(self.lost)})." if self.lost_ops else " 빠진 기록 없음."
        return saved + (gap if self.end_known else gap + " 마지막 기록 일부는 확인할 수 없어요.")

    @property
    def user_message_en(self) -> str:
        if self.reason == CLOUD_WENT_BACK:
            return "The cloud was restored from a backup; what it has lost is sent again. Nothing is wrong here."
        if self.device_id is None:
            return "The stored data could not be read and there is no backup; please enroll this device again."
        source = "the newest backup" if self.backup else "what could be read"
        saved = f"The stored data was damaged and restored from {source}; {self.salvaged} unsent records were saved."
        if self.waiting:
            gap = f" Up to {self.lost_ops} records are missing, to be checked with the cloud." if self.lost_ops else ""
            return saved + gap + " Sending goes on once the cloud is reached."
        gap = f" {self.lost_ops} are lost (numbers {_numbers(self.lost)})." if self.lost_ops else " None is lost."
        return saved + (gap if self.end_known else gap + " The very last ones cannot be told.")

    def settled(self, *, cloud_has: int, carried_over: int, unsound: int) -> RestoreReport:
        """After the cloud told how much of the broken chain it has."""
        return replace(self, cloud_has=cloud_has, carried_over=carried_over, unsound=unsound)


def _numbers(ranges: Ranges) -> str:
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges) or "-"


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Sorted numbers as runs."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return tuple((first, last) for first, last in runs)


def read_report(conn: sqlite3.Connection) -> RestoreReport | None:
    """None for a store that never had to be restored."""
    text = get_meta(conn, KEY)
    if text is None:
        return None
    fields = json.loads(text)
    return RestoreReport(**{**fields, "missing": tuple((first, last) for first, last in fields["missing"])})


def write_report(conn: sqlite3.Connection, report: RestoreReport) -> None:
    set_meta(conn, KEY, json.dumps(asdict(report), ensure_ascii=False))
