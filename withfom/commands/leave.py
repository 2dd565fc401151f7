"""``withfom leave``: ends this computer's membership of a store; blocked while anything is unsent."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.leaving import Unsent

EXIT_FAILED = 1


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "leave",
        help="이 컴퓨터를 매장에서 해제 · leave the store",
        description="이 컴퓨터를 매장에서 해제하고 고객 정보와 열쇠를 지워요. 전송하지 못한 기록이 있으면 멈춰요. "
        "Leaves the store and removes keys and customers from this computer. It stops while records are unsent. The "
        "agent must not be running. An uninstaller asks with --check first.",
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="the agent's folder; its usual place when left out")
    parser.add_argument("--check", action="store_true", help="물어보기만 해요 · only ask whether something is unsent")
    parser.add_argument(
        "--give-up", type=int, default=0, metavar="N", help="버릴 미전송 기록의 수 · lose exactly N unsent records"
    )


def run(args: argparse.Namespace) -> int:
    """0 when it was done or nothing stands in the way, 1 when unsent records do."""
    from agent.launch import default_folder
    from sync.clock import SystemClock
    from sync.ids import SystemIds
    from sync.leaving import Blocked, farewell, leave, unsent
    from sync.secrets import DeviceVault
    from sync.store import FILE_NAME, Store

    folder: Path = (args.folder or default_folder()).absolute()
    if not (folder / FILE_NAME).exists():
        print(f"이 폴더에는 등록된 매장이 없어요: {folder}")
        print(f"No store is joined in this folder: {folder}")
        return 0
    with Store.open(folder, clock=SystemClock()) as store:
        if args.check:
            with store.read() as conn:
                found = unsent(conn)
            return _blocked(found) if found.count else _say_nothing_unsent()
        vault, clock = DeviceVault(folder), SystemClock()
        tell_cloud = farewell(store, vault, clock=clock, ids=SystemIds(clock))
        done = leave(store, vault, give_up=args.give_up)
    if isinstance(done, Blocked):
        return _blocked(done.unsent)
    heard = tell_cloud()
    lost, lost_en = (f" 기록 {done.given_up}건을 버렸어요.", f" {done.given_up} lost.") if done.given_up else ("", "")
    print(f"매장에서 해제했어요.{lost}")
    print(f"This computer has left the store.{lost_en}")
    if not heard:
        print("서버에는 알리지 못했어요. 본사에서 이 기기를 해지해 주세요.")
        print("The server could not be told; have headquarters revoke this device.")
    return 0


def _say_nothing_unsent() -> int:
    print("모두 전송됐어요. 해제해도 돼요.")
    print("Everything is sent; leaving loses nothing.")
    return 0


def _blocked(found: Unsent) -> int:
    from rules.calendar import local_time

    oldest = f"{local_time(found.oldest_wall_ms or 0):%Y-%m-%d %H:%M}"
    print(found.message(oldest), file=sys.stderr)
    print(found.message_en(oldest), file=sys.stderr)
    return EXIT_FAILED
