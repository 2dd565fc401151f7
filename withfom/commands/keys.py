"""``withfom keys renew``: gives this device new keys, at the cloud and for what lies on its disk."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXIT_FAILED = 1


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "keys",
        help="기기 키 바꾸기 · new keys for this device",
        description="기기의 서명 키와 저장 키를 새로 만들어요. Makes a new signing key and a new key for sealed cells. "
        "The agent must not be running. Called again, it goes on where it was cut off.",
    )
    parser.add_argument("action", choices=("renew",))
    parser.add_argument("--folder", type=Path, metavar="DIR", help="the agent's folder; its usual place when left out")


def run(args: argparse.Namespace) -> int:
    """0 when everything is under the new keys, 1 when the cloud did not take them or a cell does not open."""
    from agent.launch import default_folder
    from sync import keychange
    from sync.clock import SystemClock
    from sync.ids import SystemIds
    from sync.outcomes import Denied, Unavailable
    from sync.secrets import DeviceVault
    from sync.store import Store

    folder: Path = (args.folder or default_folder()).absolute()
    if not (folder / "agent.sqlite3").exists():
        return _say_error(f"에이전트 폴더가 아니에요: {folder}", f"No agent's folder: {folder}")
    clock = SystemClock()
    ids = SystemIds(clock)
    with Store.open(folder, clock=clock) as store:
        done = keychange.renew(store, DeviceVault(folder), ids=ids, open_line=keychange.http_line(clock, ids))
    if isinstance(done, Unavailable):
        return _say_error(
            "클라우드에 연결되지 않았어요. 지금 키를 계속 써요. 다시 실행하면 이어서 해요.",
            f"The cloud was not reached ({done.reason.value}); the keys in use stay. Call again to go on.",
        )
    if isinstance(done, Denied):
        return _say_error(
            f"클라우드가 새 키를 받지 않았어요: {done.code}", f"The cloud refused the new key: {done.code}"
        )
    assert isinstance(done, keychange.Renewed)
    print(f"새 키를 써요. 저장된 번호 {done.cells}개를 다시 잠갔어요.")
    print(f"New keys are in use; {done.cells} cells were sealed anew.")
    if done.unreadable:
        return _say_error(
            f"{done.unreadable}개는 열리지 않아 그대로 두었어요.", f"{done.unreadable} do not open and stay."
        )
    return 0


def _say_error(korean: str, english: str) -> int:
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return EXIT_FAILED
