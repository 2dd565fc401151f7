"""A point of sale of somebody else's make: prints Korean receipts in several styles, or replays recorded streams. As a
make that knows our API it reports its sales to the cloud itself.

Deterministic for a seed and a clock. As a program: `python -m demo.virtual_pos --port 9100 --style card42`, or
`python -m demo.virtual_pos --cloud http://127.0.0.1:8000 --key wfk_… --store ID --phone 010-1234-5678`.
"""

from __future__ import annotations

import argparse
import random
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from client import Cloud, Refused
from client.transport import Unreachable
from demo.slips import STYLES, Sale, SoldItem, bill, cancel_slip, daily_report, kitchen_ticket, sale_slip, stamped

SEOUL = timezone(timedelta(hours=9))  # Korea keeps no summer time; a fixed offset needs no time zone files
ANSWER_S = 1.0  # how long a POS waits for the printer's status before it prints all the same
GOODBYE_S = 5.0
STATUS_REQUEST = b"\x10\x04\x01"

MENU: tuple[tuple[str, int], ...] = (
    ("아메리카노(ICE)", 4_500),
    ("카페라떼(HOT)", 5_000),
    ("바닐라라떼", 5_500),
    ("콜드브루", 5_200),
    ("유자차", 5_800),
    ("말차라떼", 5_900),
    ("플레인 스콘", 3_800),
    ("바스크 치즈케이크", 6_800),
    ("소금빵", 3_500),
    ("휘낭시에", 2_900),
)


def seoul_now() -> datetime:
    return datetime.now(SEOUL)


@dataclass
class VirtualPos:
    """One till. Every method prints on a connection of its own and raises OSError when the printer cannot be reached.

    `sent` holds what was printed, one stream a document, in order.
    """

    host: str
    port: int
    seed: int = 7
    shop: str = "느린오후 커피"
    till: str = "01"
    now: Callable[[], datetime] = seoul_now
    sent: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._numbers = 0

    # -- what a till prints -------------------------------------------------------------------------------------

    def print_sale(self, style: str = "card42", *, items: Sequence[tuple[str, int, int]] | None = None) -> Sale:
        """Sell something and print its receipt. `items` are (name, price, quantity). Raises ValueError for a style."""
        if style not in STYLES:
            raise ValueError(f"unknown style {style!r}; known: {', '.join(STYLES)}")
        sold = tuple(SoldItem(*item) for item in items) if items else self._order()
        sale = self._sale(style, sold)
        self.print_raw(sale_slip(sale))
        return sale

    def reprint(self, sale: Sale) -> bytes:
        """The same receipt once more, stamped as a reprint."""
        return self.print_raw(stamped(sale, self.now()))

    def print_duplicate(self, sale: Sale) -> bytes:
        """The same receipt once more, byte for byte: nothing on it says so."""
        return self.print_raw(sale_slip(sale))

    def cancel(self, sale: Sale) -> bytes:
        """The receipt that takes a sale back."""
        return self.print_raw(cancel_slip(sale, self._number(), self.now()))

    def print_kitchen(self) -> bytes:
        return self.print_raw(kitchen_ticket(self._order(), self._dice.randint(1, 999), self.now()))

    def print_bill(self) -> bytes:
        return self.print_raw(bill(self._order(), self._dice.randint(1, 20), self.now()))

    def print_daily_report(self) -> bytes:
        return self.print_raw(daily_report(self.shop, self._dice.randint(40, 200), self.now()))

    def print_raw(self, slip: bytes) -> bytes:
        """Ask the printer how it is, as tills do, then print; answers what was sent."""
        stream = STATUS_REQUEST + slip
        with socket.create_connection((self.host, self.port), timeout=ANSWER_S * 3) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.sendall(STATUS_REQUEST)
            line.settimeout(ANSWER_S)
            try:
                if not line.recv(64):
                    raise ConnectionAbortedError("the printer hung up")
            except TimeoutError:
                pass  # a printer without a voice; a till prints all the same
            line.settimeout(GOODBYE_S)
            line.sendall(slip)
            line.shutdown(socket.SHUT_WR)
            try:
                while line.recv(1_024):
                    pass
            except TimeoutError:
                pass  # the printer keeps the line open
        self.sent.append(stream)
        return stream

    def replay(self, folder: Path) -> int:
        """Print every *.bin of a folder, by name; answers how many."""
        paths = sorted(folder.glob("*.bin"))
        for path in paths:
            self.print_raw(path.read_bytes())
        return len(paths)

    # -- what a till that knows our API says ---------------------------------------------------------------------

    def report(self, api: Cloud, store_id: str, phone: str, *, style: str = "card42") -> str:
        """Sell something and have the customer earn for it; the earn's id. Raises Refused or Unreachable."""
        sale = self._sale(style, self._order())
        earned = api.earns.earn(
            store_id=store_id,
            phone=phone,
            paid_won=sale.paid_won,
            receipt_no=sale.receipt_no,
            till=sale.till,
            approval_nos=[sale.approval_no] if sale.approval_no else [],
            occurred_ms=int(sale.at.timestamp() * 1_000),
            idempotency_key=f"{sale.till}-{sale.receipt_no}",
        )
        return earned["earn_id"]

    def take_back(self, api: Cloud, earn_id: str) -> int:
        """The sale was cancelled; how many points it had earned. Raises Refused or Unreachable."""
        return api.earns.cancel(earn_id)["points_taken_back"]

    # -- inventing ----------------------------------------------------------------------------------------------

    def _order(self) -> tuple[SoldItem, ...]:
        chosen = self._dice.sample(MENU, self._dice.randint(1, 3))
        return tuple(SoldItem(name, price, self._dice.choice((1, 1, 1, 2))) for name, price in chosen)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _sale(self, style: str, items: tuple[SoldItem, ...]) -> Sale:
        number, at = self._number(), self.now()
        return Sale(
            style=style,
            shop=self.shop,
            till=self.till,
            receipt_no=f"{at:%Y%m%d}-{self.till}-{number:04d}",
            approval_no="" if style == "cash_wide" else f"{self._dice.randint(10_000_000, 99_999_999)}",
            at=at.replace(microsecond=0),
            items=items,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.virtual_pos", description="가상 포스 · a virtual POS")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="where to print to")
    parser.add_argument("--cloud", metavar="URL", help="report sales here instead of printing them")
    parser.add_argument("--key", help="the POS maker's key")
    parser.add_argument("--store", help="store id")
    parser.add_argument("--phone", help="who earns")
    parser.add_argument("--style", choices=STYLES, default="card42")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--replay", type=Path, metavar="DIR", help="print every *.bin of this folder instead")
    args = parser.parse_args(arguments)
    if args.cloud:
        if not (args.key and args.store and args.phone):
            parser.error("--cloud needs --key, --store and --phone")
        return _report(args)
    if args.port is None:
        parser.error("--port or --cloud is needed")
    pos = VirtualPos(args.host, args.port, seed=args.seed)
    try:
        if args.replay is not None:
            print(f"{pos.replay(args.replay)} streams")
            return 0
        for _ in range(args.count):
            sale = pos.print_sale(args.style)
            print(f"{sale.receipt_no} {sale.paid_won:,}원")
    except OSError as error:
        print(f"프린터에 인쇄할 수 없어요: {args.host}:{args.port} ({error})", file=sys.stderr)
        print(f"Cannot print to {args.host}:{args.port} ({error})", file=sys.stderr)
        return 1
    return 0


def _report(args: argparse.Namespace) -> int:
    pos, api = VirtualPos(args.host, 0, seed=args.seed), Cloud(args.cloud, args.key)
    try:
        for _ in range(args.count):
            earned = api.earns.show(pos.report(api, args.store, args.phone, style=args.style))
            print(f"{earned['receipt_no']} {earned['paid_won']:,}원 +{earned['points']}P")
    except (Refused, Unreachable) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        api.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
