"""The fixed story of ``withfom demo --script``: one busy quarter of an hour at a counter, every figure checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.channels import OrderChannel, Wanted, open_menu
from demo.processes import wait_until
from demo.slips import Sale
from demo.world import DemoWorld, WorldSettings, require_clean_exit

MINA = "01048215678"
JUNHO = "01073310912"
SORA = "01029947731"
SPENT_POINTS, SPEND_PAYMENT_WON = 50, 5_000
RATE_DIVISOR = 100  # the demo brand gives 1 %


@dataclass
class Ledger:
    """What the story expects the cloud to hold in the end, counted by the story itself."""

    first_sale: Sale | None = None
    issued: int = 0
    reversed: int = 0
    coupons_used: int = 0
    spent: int = 0
    checks: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def sale(self) -> Sale:
        """The sale that is reprinted and cancelled later in the story."""
        assert self.first_sale is not None, "the first scene prints it"
        return self.first_sale

    def check(self, claim: str, found: Any, expected: Any) -> None:
        """Print one line; a wrong figure is remembered and the story goes on, so that all are seen at once."""
        self.checks += 1
        if found == expected:
            print(f"   ✓ {claim}: {found}", flush=True)
            return
        self.failures.append(f"{claim}: {found!r} instead of {expected!r}")
        print(f"   ✗ {claim}: {found!r}, expected {expected!r}", flush=True)


def play(settings: WorldSettings) -> int:
    """Play the story in a fresh world. Answers 0 only when every figure was right and everything ended cleanly."""
    started = time.monotonic()
    print(f"WithFoM 체험 대본 · demo story · {settings.folder}", flush=True)
    print(f"자동 승인 · auto-approval: {settings.request_timeout_s} s", flush=True)
    ledger = Ledger()
    world = DemoWorld.open(settings)
    try:
        world.wait_online()
        for title, scene in _SCENES:
            print(f"\n· {title}", flush=True)
            scene(world, ledger)
        _save_pictures(world, settings.folder / "pictures")
    finally:
        codes = world.close()
    require_clean_exit(codes)
    elapsed_s = time.monotonic() - started
    if ledger.failures:
        print(f"\n{len(ledger.failures)} of {ledger.checks} figures are wrong:", flush=True)
        for failure in ledger.failures:
            print(f"   ✗ {failure}", flush=True)
        return 1
    print(f"\n모두 맞아요 · all {ledger.checks} figures are right, {elapsed_s:.0f} s", flush=True)
    return 0


# --- the customer's screen -------------------------------------------------------------------------------------


def _tap(world: DemoWorld, name: str) -> None:
    wait_until(lambda: world.agent.tap(name), what=f"{name} can be pressed")


def _type_number(world: DemoWorld, phone: str, then: str = "tablet.submit") -> None:
    _tap(world, "tablet.start")
    for digit in phone.removeprefix("010"):
        _tap(world, f"tablet.key.{digit}")
    _tap(world, then)


def _type_sum(world: DemoWorld, amount: int) -> None:
    for digit in str(amount):
        _tap(world, f"tablet.sum.{digit}")
    _tap(world, "tablet.go_on")


def _tablet(world: DemoWorld) -> dict[str, Any]:
    found: dict[str, Any] = world.agent.screen_state()["tablet"]
    return found


def _wait_result(world: DemoWorld, points: int) -> None:
    wait_until(
        lambda: (tablet := _tablet(world)).get("page") == "earned" and tablet.get("points") == points,
        what=f"the tablet shows +{points}P",
    )
    _tap(world, "tablet.done")
    wait_until(lambda: _tablet(world).get("page") == "idle", what="the tablet is idle again")


def _documents(world: DemoWorld) -> int:
    return len(world.agent.get("/v1/receipts", limit="200")["receipts"])


def _outcome(world: DemoWorld, before: int, count: int) -> list[str]:
    """Wait for ``count`` more captured documents and answer their outcomes, oldest first."""

    def arrived() -> list[Any] | None:
        found = world.agent.get("/v1/receipts", limit="200")["receipts"]
        return found if len(found) >= before + count else None

    newest = wait_until(arrived, what=f"{count} documents are captured")[:count]
    return [row["outcome"] for row in reversed(newest)]


def _balance(world: DemoWorld, phone: str) -> int:
    member = world.cloud.find_member(phone)
    return 0 if member is None else int(member["points_balance"])


# --- scenes ----------------------------------------------------------------------------------------------------


def _number_first(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-07, PNT-08: the number is typed first, the receipt follows."""
    _type_number(world, MINA)
    wait_until(lambda: _tablet(world).get("page") == "waiting", what="the tablet waits for the receipt")
    before = _documents(world)
    sale = world.pos.print_sale("card42")
    ledger.first_sale = sale
    points = sale.paid_won // RATE_DIVISOR
    _wait_result(world, points)
    ledger.issued += points
    ledger.check("receipt outcome", _outcome(world, before, 1), ["earned"])
    world.wait_online()
    ledger.check(f"cloud balance after {sale.paid_won} won", _balance(world, MINA), points)


def _reprints(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-09: neither the marked reprint nor the unmarked duplicate earns again."""
    before = _documents(world)
    points = ledger.sale.paid_won // RATE_DIVISOR
    world.pos.reprint(ledger.sale)
    world.pos.print_duplicate(ledger.sale)
    ledger.check("reprint and duplicate", _outcome(world, before, 2), ["duplicate", "duplicate"])
    world.wait_online()
    ledger.check("cloud balance unchanged", _balance(world, MINA), points)


def _receipt_first(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-08: the receipt is printed first; the tablet offers its amount. Several makes of POS."""
    for style, phone in (("vat48", JUNHO), ("cat40", SORA)):
        before = _documents(world)
        sale = world.pos.print_sale(style)
        points = sale.paid_won // RATE_DIVISOR
        ledger.check(f"{style} is read and waits", _outcome(world, before, 1), ["waiting"])
        offer = wait_until(lambda: _tablet(world).get("offer"), what="the tablet offers the receipt")
        ledger.check(f"{style}: amount on the tablet", (offer["paid_won"], offer["points"]), (sale.paid_won, points))
        _type_number(world, phone)
        _wait_result(world, points)
        ledger.issued += points
        world.wait_online()
        ledger.check(f"{style}: cloud balance", _balance(world, phone), points)


def _cancel(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-09, PNT-16: the cancel receipt takes back exactly what its sale gave."""
    before = _documents(world)
    world.pos.cancel(ledger.sale)
    ledger.check("cancel receipt", _outcome(world, before, 1), ["reversed"])
    world.wait_online()
    ledger.reversed += ledger.sale.paid_won // RATE_DIVISOR
    ledger.check("cloud balance after the cancel", _balance(world, MINA), 0)


def _papers_that_do_nothing(world: DemoWorld, ledger: Ledger) -> None:
    """A kitchen ticket, a bill and a daily report are printed and change nothing."""
    before = _documents(world)
    world.pos.print_kitchen()
    world.pos.print_bill()
    world.pos.print_daily_report()
    ledger.check("kitchen ticket, bill, daily report", _outcome(world, before, 3), ["ignored"] * 3)


def _card(world: DemoWorld, request_id: str) -> dict[str, Any] | None:
    cards: list[dict[str, Any]] = world.agent.screen_state()["popups"]["cards"]
    return next((card for card in cards if card["request_id"] == request_id), None)


def _wait_card(world: DemoWorld, request_id: str) -> None:
    wait_until(
        lambda: (card := _card(world, request_id)) and card["remaining_ms"],
        what="the pop-up counts down",
    )


def _wait_state(world: DemoWorld, request_id: str, state: str) -> None:
    wait_until(
        lambda: world.cloud.request(request_id)["state"] == state,
        what=f"the cloud says {state}",
        timeout_s=world.settings.request_timeout_s + 20,
    )


def _printed(world: DemoWorld, *texts: str) -> str:
    """Wait for a slip that holds all these texts, and answer its text."""

    def found() -> str | None:
        for page in world.printer.pages():
            if all(text in page.text for text in texts):
                return str(page.text)
        return None

    slip: str = wait_until(found, what=f"a printed slip with {texts}")
    return slip


def _coupons(world: DemoWorld, ledger: Ledger) -> None:
    """APR-01, 07, 08, 10: approved by a tap, approved by time, rejected with a reason."""
    member = world.cloud.join(MINA, "김민아")
    free_americano = world.cloud.define_coupon("아메리카노 1잔 무료", "1장", 4_500)
    half_bread = world.cloud.define_coupon("소금빵 50% 할인", "1장", 1_750)
    coupons = [world.cloud.give_coupon(member, free_americano) for _ in range(2)]
    coupons.append(world.cloud.give_coupon(member, half_bread))

    tapped = world.cloud.ask_coupon(member, coupons[0])
    ledger.check("coupon while the store decides", world.cloud.coupon_state(member, coupons[0]), "pending")
    _wait_card(world, tapped)
    (world.settings.folder / "pictures").mkdir(exist_ok=True)
    (world.settings.folder / "pictures" / "popup.png").write_bytes(world.agent.picture("popups"))
    _tap(world, "card.approve")
    _wait_state(world, tapped, "approved")
    ledger.coupons_used += 1
    ledger.check("approved by a tap", world.cloud.coupon_state(member, coupons[0]), "used")
    slip = _printed(world, "아메리카노", "쿠폰 사용 승인", "4,500원 할인 입력")
    ledger.check("the slip carries a QR", "[QR" in slip, True)

    left_alone = world.cloud.ask_coupon(member, coupons[1])
    _wait_card(world, left_alone)
    _wait_state(world, left_alone, "auto_approved")
    ledger.coupons_used += 1
    ledger.check("left alone", world.cloud.coupon_state(member, coupons[1]), "used")

    refused = world.cloud.ask_coupon(member, coupons[2])
    _wait_card(world, refused)
    _tap(world, "card.reject")
    _tap(world, "card.reason.out_of_stock")
    _tap(world, "card.reject_confirm")
    _wait_state(world, refused, "rejected")
    ledger.check("why", world.cloud.request(refused)["reason"], "out_of_stock")
    ledger.check("the refused coupon is free again", world.cloud.coupon_state(member, coupons[2]), "available")


def _coupon_on_paper(world: DemoWorld, ledger: Ledger) -> None:
    """CPN-15, CPN-18: a slip for a member without a phone; its QR code is read with the scanner, used once."""
    member = world.cloud.join(SORA, "이소라")
    definition = world.cloud.define_coupon("마들렌 1개 무료", "음료와 함께", 2_800)
    coupon = world.cloud.give_coupon(member, definition, on_paper=True)
    _tap(world, "nav.receipts")
    _tap(world, "receipts.chip.coupons")
    _tap(world, f"receipts.row.coupon:{coupon}")
    _tap(world, "receipts.answer.print_coupon")
    slip = _printed(world, "마들렌 1개 무료", "[QR withfom:coupon:")
    qr = slip.split("[QR ")[1].split("]")[0]

    _scan(world, qr)
    wait_until(lambda: world.cloud.coupon_state(member, coupon) == "pending", what="the coupon is held")
    _tap(world, "rewards.use")
    wait_until(lambda: world.cloud.coupon_state(member, coupon) == "used", what="the coupon is used")
    ledger.coupons_used += 1
    _printed(world, "마들렌", "쿠폰 사용 승인", "2,800원 할인 입력")
    _scan(world, qr)
    said = "이 매장에서 이미 쓴 쿠폰이에요."
    wait_until(lambda: _paper_says(world) == said, what="a copy of the slip gives nothing")
    ledger.check("a copy of the slip", _paper_says(world), said)


def _scan(world: DemoWorld, text: str) -> None:
    """A hand scanner types into the field that has the keyboard on the page of coupons."""
    _tap(world, "nav.rewards")
    wait_until(lambda: world.agent.type("rewards.code", text), what="the field of codes is there")
    _tap(world, "rewards.check")


def _paper_says(world: DemoWorld) -> str:
    paper = world.agent.screen_state()["counter"]["paper"] or {}
    return str((paper.get("card") or {}).get("title", ""))


def _order(world: DemoWorld, ledger: Ledger) -> None:
    """ORD-04, ORD-05, ORD-16, ORD-21: an app order pops up, is approved, its ticket is printed; ready, it earns."""
    open_menu(world.cloud)
    member = world.cloud.join(JUNHO, "박준호")
    wanted = (Wanted("카페라떼(ICE)", 2, ("연하게",)), Wanted("소금빵"))
    placed = OrderChannel(world.cloud, "app_order").order(member, wanted, "5분 뒤에 찾으러 갈게요")
    request_id, order_id = placed["request"]["request_id"], placed["order"]["order_id"]
    _wait_card(world, request_id)
    _tap(world, "card.approve")
    _wait_state(world, request_id, "approved")
    ledger.check("the order is in preparation", world.cloud.order_state(order_id), "preparing")
    _printed(world, "카페라떼(ICE)", "소금빵", "13,500", placed["order"]["number"])
    tickets = [page for page in world.printer.pages() if "주문서" in page.text and "5분 뒤에" in page.text]
    ledger.check("tickets printed for it", len(tickets), 1)
    balance, points = _balance(world, JUNHO), placed["order"]["paid_won"] // RATE_DIVISOR
    _tap(world, "nav.orders")
    _tap(world, "orders.step")
    wait_until(lambda: world.cloud.order_state(order_id) == "ready", what="the order is ready")
    ledger.issued += points
    ledger.check("what the ready order earned", _balance(world, JUNHO) - balance, points)


def _sold_out(world: DemoWorld, ledger: Ledger) -> None:
    """MNU-09, ORD-07, ORD-15: the last one is gone after the order was accepted; its customer cancels."""
    member = world.cloud.join(JUNHO, "박준호")
    coupon = world.cloud.give_coupon(member, world.cloud.define_coupon("콜드브루 1,000원 할인", "1장", 1_000))
    app = OrderChannel(world.cloud, "app_order")
    placed = app.order(member, [Wanted("콜드브루")], coupon_id=coupon)
    order_id = placed["order"]["order_id"]
    _wait_card(world, placed["request"]["request_id"])
    _tap(world, "card.approve")
    _wait_state(world, placed["request"]["request_id"], "approved")
    ledger.check("the order used its coupon", world.cloud.coupon_state(member, coupon), "used")

    _tap(world, "orders.menu")
    _tap(world, f"menu.today.{placed['order']['items'][0]['menu_id']}")
    wait_until(lambda: "콜드브루" not in app.on_sale(), what="the apps know that it is sold out")
    _tap(world, "menu.close")
    _tap(world, "orders.filter.preparing")
    _tap(world, "orders.row")
    _tap(world, "orders.cancel")
    _tap(world, "orders.cancel_confirm")
    wait_until(lambda: world.cloud.show_order(order_id)["sold_out"] == "asked", what="the customer is told")
    ledger.check("nobody cancels but the customer", world.cloud.order_state(order_id), "preparing")
    cancelled = world.cloud.cancel_order(order_id)
    ledger.check("the money goes back", (cancelled["state"], cancelled["refund_won"]), ("cancelled", 4_000))
    ledger.check("and so does the coupon", world.cloud.coupon_state(member, coupon), "available")

    figures = world.cloud.order_figures()
    found = (figures["completed"], figures["sales_won"], figures["cancelled"], figures["cancelled_won"])
    ledger.check("orders of the day", found, (1, 13_500, 1, 5_000))


def _spend(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-06, PNT-10: points used at the tablet; staff confirm, the slip says what to key in, the rest earns."""
    balance = _balance(world, JUNHO)
    _type_number(world, JUNHO, then="tablet.use_points")
    _type_sum(world, SPEND_PAYMENT_WON)
    _tap(world, "tablet.choice.own")
    _type_sum(world, SPENT_POINTS)
    _tap(world, "tablet.use")
    card = wait_until(
        lambda: next(iter(world.agent.get("/v1/requests")["requests"]), None), what="the card of the points"
    )
    _wait_card(world, card["request_id"])
    _tap(world, "card.approve")
    wait_until(lambda: _tablet(world).get("page") == "spent", what="the tablet says what is left to pay")
    _tap(world, "tablet.done")
    _wait_state(world, card["request_id"], "approved")
    ledger.spent += SPENT_POINTS
    ledger.check("points of the customer", _balance(world, JUNHO), balance - SPENT_POINTS)
    _printed(world, "포인트", f"{SPENT_POINTS}원 할인 입력")
    sale = world.pos.print_sale("card42")
    points = sale.paid_won // RATE_DIVISOR
    _wait_result(world, points)
    ledger.issued += points
    world.wait_online()
    ledger.check("and the rest earned", _balance(world, JUNHO), balance - SPENT_POINTS + points)


def _cloud_dies(world: DemoWorld, ledger: Ledger) -> None:
    """The cloud is killed; earning goes on; it comes back; everything arrives once."""
    balances = {phone: _balance(world, phone) for phone in (MINA, JUNHO, SORA)}
    world.programs["cloud"].kill()
    wait_until(lambda: not world.agent.status()["online"], what="the agent says offline", timeout_s=40)
    for style, phone in (("card42", MINA), ("columns", JUNHO), ("utf8", SORA)):
        before = _documents(world)
        sale = world.pos.print_sale(style)
        _outcome(world, before, 1)
        _type_number(world, phone)
        points = sale.paid_won // RATE_DIVISOR
        _wait_result(world, points)
        balances[phone] += points
        ledger.issued += points
    ledger.check("operations waiting", world.agent.status()["queued"], 3)
    world.start_cloud()
    world.wait_online()
    for phone, points in balances.items():
        ledger.check(f"cloud balance of …{phone[-4:]}", _balance(world, phone), points)


def _printer_is_set_up(world: DemoWorld, ledger: Ledger) -> None:
    """The printer doctor: an address is typed, one strip comes out, four taps say what is on it."""
    _tap(world, "nav.printing")
    _tap(world, "printing.set_up")
    _tap(world, "rooms.set_up.receipt")
    # The search for printers ends after some seconds; the field is there from then on.
    address = f"127.0.0.1:{world.printer.port}"
    wait_until(lambda: world.agent.type("doctor.address", address), what="an address can be typed", timeout_s=60)
    _tap(world, "doctor.try")
    strip = _printed(world, "== WithFoM ==")
    ledger.check("one strip tries three ways of Hangul", strip.count("느린오후 커피") >= 2, True)
    for answer in (0, 2, 0, 0):  # line 1 reads well, 48 columns fit, QR by the printer, knife and drawer
        _tap(world, f"doctor.option.{answer}")
        _tap(world, "doctor.main")
    _tap(world, "doctor.main")
    page = _printed(world, "시험 출력", "(48칸)")
    _tap(world, "rooms.back")
    ruler = [line for line in page.splitlines() if line.startswith("1234567890")]
    ledger.check("the test page is as wide as the paper", [len(line) for line in ruler], [48])


def _slip_of_a_receipt(world: DemoWorld, ledger: Ledger) -> None:
    """PNT-09, AGT-12: nobody left a number; the slip's letters and a number earn the receipt, once."""
    before, balance = _documents(world), _balance(world, SORA)
    sale = world.pos.print_sale("card42")
    ledger.check("a receipt that meets no number", _outcome(world, before, 1), ["waiting"])
    newest = world.agent.get("/v1/receipts", limit="1")["receipts"][0]
    code = world.agent.post(f"/v1/receipts/{newest['document_id']}/claim", {})["code"]
    points = sale.paid_won // RATE_DIVISOR
    _printed(world, f"{code[:4]}-{code[4:]}", f"{points:,}P 받아 가십시오")
    _tap(world, "tablet.slip")
    for letter in code:
        _tap(world, f"tablet.letter.{letter}")
    _tap(world, "tablet.slip_go_on")
    for digit in SORA.removeprefix("010"):
        _tap(world, f"tablet.key.{digit}")
    _tap(world, "tablet.submit")
    _wait_result(world, points)
    ledger.issued += points
    world.wait_online()
    ledger.check("the slip's points in the cloud", _balance(world, SORA), balance + points)


def _closing(world: DemoWorld, ledger: Ledger) -> None:
    """AGT-12: the owner's slip at the end of the day opens with what was lost."""
    _tap(world, "printing.closing")
    slip = _printed(world, "마감 전표")
    rows = [line.split() for line in slip.splitlines()]
    ledger.check("lost today, says the closing slip", "오늘 잃은 것 0건" in slip, True)
    ledger.check("slips that did not print", ["인쇄", "실패", "0건"] in rows, True)


def _sums(world: DemoWorld, ledger: Ledger) -> None:
    """The books of the cloud, the queue of the agent and the story's own count agree."""
    sums = world.cloud.sums()
    ledger.check("points issued", sums["points_issued"], ledger.issued)
    ledger.check("points taken back", sums["points_reversed"], ledger.reversed)
    ledger.check("points used", sums["points_captured"], ledger.spent)
    ledger.check("coupons used", sums["coupons_used"], ledger.coupons_used)
    ledger.check("all entries sum to", sums["entries_sum"], 0)
    status = world.agent.status()
    ledger.check("the agent's queue", (status["queued"], status["needs_attention"]), (0, 0))
    ledger.check("operations on both sides", sum(sums["ops_by_device"].values()), status["synced"])
    ledger.check("bytes from the POS reached the printer", _pos_bytes_arrived(world), True)


def _pos_bytes_arrived(world: DemoWorld) -> bool:
    """Every stream of the POS stands in what the printer received, byte for byte and in order."""
    received = world.printer.received()
    position = 0
    for stream in world.pos.sent:
        found = received.find(stream, position)
        if found < 0:
            return False
        position = found + len(stream)
    return True


def _save_pictures(world: DemoWorld, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for window in ("counter", "tablet"):
        (folder / f"{window}.png").write_bytes(world.agent.picture(window))


_SCENES: tuple[tuple[str, Callable[[DemoWorld, Ledger], None]], ...] = (
    ("번호 먼저, 영수증 나중 · number first, receipt after", _number_first),
    ("다시 찍은 영수증 · reprint and unmarked duplicate", _reprints),
    ("영수증 먼저, 번호 나중 · receipt first, number after", _receipt_first),
    ("취소 영수증 · cancel receipt", _cancel),
    ("적립과 상관없는 종이 · papers that do nothing", _papers_that_do_nothing),
    ("번호 없이 받은 적립 전표 · a claim slip", _slip_of_a_receipt),
    ("쿠폰 세 장 · three coupons", _coupons),
    ("종이 쿠폰 · a coupon on paper", _coupon_on_paper),
    ("앱 주문 · an app order", _order),
    ("품절 · sold out", _sold_out),
    ("포인트 쓰기 · points used at the tablet", _spend),
    ("클라우드가 죽었다 살아남 · the cloud dies and comes back", _cloud_dies),
    ("프린터 맞추기 · the printer doctor", _printer_is_set_up),
    ("마감 전표 · the closing slip", _closing),
    ("합계 · the sums", _sums),
)
