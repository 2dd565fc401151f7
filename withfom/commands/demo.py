"""``withfom demo``: the whole product on one machine, with a virtual printer, a virtual POS and virtual customers."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

EXIT_INTERRUPTED = 130


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "demo",
        help="체험하기 · everything virtual on this machine, nothing is kept",
        description="Starts a cloud, an agent, a capture proxy, a virtual printer, a virtual POS and virtual customers "
        "on loopback in a temporary folder. 체험용이며 실제 매장 자료는 쓰지 않아요.",
    )
    parser.add_argument(
        "--script",
        action="store_true",
        help="정해진 이야기와 검산 · play a fixed story, check every figure, exit 0 or 1",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="이 폴더에 남기기 · keep everything here instead of a temporary folder",
    )
    parser.add_argument(
        "--request-timeout-s",
        type=int,
        metavar="S",
        help="자동 승인까지 몇 초 · seconds until an unanswered request is approved (default 60; --script: 8)",
    )
    parser.add_argument("--language", choices=("ko", "en"), default="ko", help="화면 언어 · language of the screens")
    parser.add_argument(
        "--headless", action="store_true", help="창 없이 · no windows, as on a machine without a display"
    )
    parser.add_argument(
        "--replay", type=Path, metavar="DIR", help="폴더의 *.bin 인쇄 · print every *.bin of a folder through the proxy"
    )


def run(args: argparse.Namespace) -> int:
    if args.request_timeout_s is not None and not 3 <= args.request_timeout_s <= 600:
        print("자동 승인 시간은 3초에서 600초 사이여야 해요.", file=sys.stderr)
        print("--request-timeout-s must be between 3 and 600.", file=sys.stderr)
        return 2
    if args.replay is not None and not args.replay.is_dir():
        print(f"폴더를 찾을 수 없어요: {args.replay}", file=sys.stderr)
        print(f"No such folder: {args.replay}", file=sys.stderr)
        return 2
    from demo.life import live
    from demo.processes import DemoFailure
    from demo.story import play
    from demo.world import WorldSettings

    with _told_to_end(), _folder(args.folder) as folder:
        settings = WorldSettings(
            folder=folder,
            request_timeout_s=args.request_timeout_s or (8 if args.script else 60),
            language=args.language,
            headless=args.headless or args.script or not _has_display(),
        )
        try:
            return play(settings) if args.script else live(settings, replay=args.replay)
        except DemoFailure as failure:
            print(f"체험을 계속할 수 없어요: {failure}", file=sys.stderr)
            print(f"The demo cannot go on: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED if args.script else 0


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def _told_to_end() -> Iterator[None]:
    """Inside, `kill` and a closed terminal end the demo as Ctrl-C does: its programs stop, its folder goes."""

    def ended(_signal: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # the end itself is not interrupted
        raise KeyboardInterrupt

    ends = [signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else [])]
    before = {number: signal.signal(number, ended) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    from agent.errors import BadSettings
    from agent.launch import check_folder

    if chosen is not None:
        folder = check_folder(chosen.resolve())
        if (
            folder / "agent"
        ).exists():  # its counter belongs to the shop of that time; requests of a new one never come
            raise BadSettings(
                f"체험을 이미 한 폴더예요. 새 폴더를 알려 주세요: {folder}",
                f"A demo ran in this folder already; name a new one: {folder}",
            )
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="withfom-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)
