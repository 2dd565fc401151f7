"""Every state of the customer's screen, first run, receipts and printers as a widget, with invented shops and people.

`python -m tests.agent.screens.customer --out DIR` writes all pictures.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget

from agent.coupons.service import PaperCoupon
from agent.dispatch import ImmediateDispatcher, Listeners
from agent.earn.late import SlipOffer
from agent.earn.types import Earned, EntryOutcome, Expired, ReceiptOffer, SubmitOutcome, TooManyEntries, Waiting
from agent.enroll.types import Enrolled, EnrollOutcome, EnrollRefused
from agent.enroll.view import EnrollView
from agent.enroll.viewmodel import EnrollViewModel
from agent.link.types import StoreProfile
from agent.printing.doctor.service import Tried
from agent.printing.doctor.strip import strip_picture
from agent.printing.doctor.view import DoctorView
from agent.printing.doctor.viewmodel import DoctorViewModel
from agent.printing.editor.view import SlipEditorView
from agent.printing.editor.viewmodel import SlipEditorViewModel, SlipPictures
from agent.printing.places import FRONT, PLACES
from agent.printing.rooms.view import RoomsView
from agent.printing.rooms.viewmodel import RoomsViewModel
from agent.printing.types import JobKind, JobState, PrinterAddress, PrinterState, PrinterWord, PrintJob
from agent.printing.view import PrintingView
from agent.printing.viewmodel import CaptureState, PrintingViewModel
from agent.printing.words import CaptureWord
from agent.receipts.copies import Copies
from agent.receipts.lessons import Answered, Lesson
from agent.receipts.types import DocumentOutcome, ReceiptDetail, ReceiptFilter, ReceiptRow
from agent.receipts.view import ReceiptsView
from agent.receipts.viewmodel import Chip as ReceiptChip
from agent.receipts.viewmodel import ReceiptsViewModel
from agent.spend.types import (
    AskedOutcome,
    NotSpent,
    SpendAsked,
    SpendNotNow,
    SpendOutcome,
    SpendRefused,
    SpendTerms,
    SpendWaiting,
    Spent,
)
from agent.tablet.spending import Choice
from agent.tablet.view import TabletView
from agent.tablet.viewmodel import TabletViewModel
from agent.texts import Language, Texts
from agent.ui.theme import Mode, Theme
from printers.devices.address import WayKind
from printers.devices.port import Outcome, PaperOut, Printed
from printers.discovery import Found
from printers.errors import BadDocument
from printers.profiles import PROFILES, PrinterProfile
from printers.receipts.learned import Guess, Meaning
from printers.slip_kinds import bundled_text, read_template
from rules.claims import ClaimProblem
from rules.spending import SpendLimit
from sync.clock import FakeClock
from sync.errors import StoreFull

NOW_MS = 1_795_152_737_000  # 2026-11-20 14:32:17 in Seoul
MINUTE_MS = 60_000
LANGUAGES: tuple[Language, ...] = ("ko", "en")
MODES: tuple[Mode, ...] = ("light", "dark")
TABLET_SIZES = ((1280, 800), (800, 1280), (1024, 600))
COUNTER_SIZES = ((1366, 768), (1024, 600), (1920, 1080))
MASKED = "010-****-5678"
WAITING = Waiting(MASKED, 180_000)


@dataclass
class Look:
    """One language and theme."""

    mode: Mode
    language: Language
    clock: FakeClock = field(default_factory=lambda: FakeClock(wall_ms=NOW_MS))

    def __post_init__(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme = Theme(self.mode, animations=False)
        self.theme.apply_to(app)
        self.texts = Texts(self.language)


# -- the customer's screen ------------------------------------------------------------------------------------------


@dataclass
class Earn:
    answer: SubmitOutcome = field(default_factory=lambda: Earned("earn-1", 45, 4_500, 100, MASKED))
    outcome: EntryOutcome = None
    receipt: ReceiptOffer | None = None
    broken: bool = False
    listeners: Listeners = field(default_factory=Listeners)

    def open_entry(self, _till: str = "1") -> str:
        return "entry-1"

    def offer(self, _till: str = "1") -> ReceiptOffer | None:
        return self.receipt

    def submit_phone(self, _entry_id: str, _digits: str) -> SubmitOutcome:
        if self.broken:
            raise OSError("disk")
        return self.answer

    def entry_outcome(self, _entry_id: str) -> EntryOutcome:
        return self.outcome

    def skip(self, _entry_id: str) -> None:
        return


@dataclass
class Spends:
    """Answers every question about points with what the scene wants to show."""

    asked: AskedOutcome = field(default_factory=lambda: SpendAsked("spend-1", 3_000, 18_000, offline=False))
    result: SpendOutcome = field(default_factory=lambda: SpendWaiting(3_000, 47_000))
    most_points: int | None = None
    possible: bool = True

    def terms(self) -> SpendTerms:
        return SpendTerms(possible=self.possible, use_unit=1, most_points=self.most_points, rate_bp=100)

    def new_id(self) -> str:
        return "spend-1"

    def ask(self, _spend_id: str, _digits: str, _points: int | None, _payment_won: int) -> AskedOutcome:
        return self.asked

    def outcome(self, _spend_id: str) -> SpendOutcome:
        return self.result


@dataclass
class TabletScene:
    view: TabletView
    vm: TabletViewModel
    clock: FakeClock

    def type(self, keys: str = "12345678") -> None:
        self.vm.start()
        for key in keys:
            self.vm.press_digit(key)

    def submit(self) -> None:
        self.type()
        self.vm.submit()
        self.wait(1_000)

    def pay(self, won: str = "18000") -> None:
        """To the choice of points."""
        self.type()
        self.vm.use_points()
        for key in won:
            self.vm.press_digit(key)
        self.vm.go_on()

    def use(self, choice: Choice = Choice.MORE) -> None:
        self.pay()
        self.vm.choose(choice)
        self.vm.ask()
        self.wait(1_000)

    def wait(self, ms: int) -> None:
        self.clock.advance(ms)
        self.vm.tick()


@dataclass
class Slips:
    """Takes every slip, or none, as the scene wants."""

    answer: SlipOffer | ClaimProblem = field(default_factory=lambda: SlipOffer(4_500, 45))
    known: bool = True

    def has_slips(self) -> bool:
        return self.known

    def offer(self, _text: str) -> SlipOffer | ClaimProblem:
        return self.answer

    def redeem(self, _text: str, _digits: str, _actor: str) -> Earned:
        return Earned("earn-1", 45, 4_500, 100, MASKED)


def tablet(
    look: Look,
    earn: Earn,
    *,
    online: bool = True,
    rate_bp: int = 100,
    spend: Spends | None = None,
    late: Slips | None = None,
) -> TabletScene:
    texts = {"ko": Texts("ko"), "en": Texts("en")}
    vm = TabletViewModel(
        earn=earn,
        shop=lambda: "느린오후 커피" if look.language == "ko" else "Slow Afternoon Coffee",
        rate_bp=lambda: rate_bp,
        online=lambda: online,
        texts=texts[look.language],
        other_texts=texts["en" if look.language == "ko" else "ko"],
        clock=look.clock,
        dispatcher=ImmediateDispatcher(),
        spend=spend or Spends(),
        late=late or Slips(known=False),
        background=lambda job: job(),
    )
    return TabletScene(TabletView(vm, look.theme), vm, look.clock)


def _tablet_states() -> dict[str, Callable[[Look], QWidget]]:
    def scene(
        act: Callable[[TabletScene], None], earn: Callable[[], Earn] = Earn, **options: Any
    ) -> Callable[[Look], QWidget]:
        def build(look: Look) -> QWidget:
            made = tablet(look, earn(), **options)
            act(made)
            return made.view

        return build

    def skip(made: TabletScene) -> None:
        made.vm.start()
        made.vm.skip()

    def wait_at_idle(made: TabletScene) -> None:
        made.submit()
        made.wait(15_000)

    def typing_the_sum(made: TabletScene) -> None:
        made.type()
        made.vm.use_points()
        for key in "18000":
            made.vm.press_digit(key)

    def own(keys: str, *, taken: bool = False) -> Callable[[TabletScene], None]:
        def act(made: TabletScene) -> None:
            made.pay()
            made.vm.choose(Choice.OWN)
            for key in keys:
                made.vm.press_digit(key)
            if taken:
                made.vm.go_on()

        return act

    def choosing(choice: Choice) -> Callable[[TabletScene], None]:
        def act(made: TabletScene) -> None:
            made.pay()
            made.vm.choose(choice)

        return act

    def slip(letters: str, *, on: bool = True, number: str = "") -> Callable[[TabletScene], None]:
        def act(made: TabletScene) -> None:
            made.vm.bring_slip()
            for letter in letters:
                made.vm.press_letter(letter)
            if on:
                made.vm.go_on()
            for digit in number:
                made.vm.press_digit(digit)

        return act

    sale = ReceiptOffer("doc-1", 4_500, 45)
    return {
        "12-idle": scene(lambda _made: None),
        "12-idle-receipt-awaited": scene(wait_at_idle, lambda: Earn(answer=WAITING, outcome=Waiting(MASKED, 165_000))),
        "13-keypad": scene(TabletScene.type, lambda: Earn(receipt=sale)),
        "13-keypad-first": scene(lambda made: made.type("")),
        "13-keypad-wrong": scene(lambda made: made.type("00001234")),
        "14-earned": scene(TabletScene.submit),
        "14-earned-offline": scene(TabletScene.submit, online=False),
        "14-earned-much": scene(TabletScene.submit, lambda: Earn(Earned("e", 123_456, 12_345_678, 100, MASKED))),
        "14-earned-nothing": scene(TabletScene.submit, lambda: Earn(Earned("e", 0, 90, 100, MASKED))),
        "14-waiting": scene(TabletScene.submit, lambda: Earn(answer=WAITING, outcome=WAITING)),
        "14-expired": scene(TabletScene.submit, lambda: Earn(answer=Expired())),
        "14-too-many": scene(TabletScene.submit, lambda: Earn(answer=TooManyEntries(421_000))),
        "14-trouble": scene(TabletScene.submit, lambda: Earn(broken=True)),
        "15-payment": scene(typing_the_sum),
        "15-amount": scene(choosing(Choice.MORE)),
        "15-amount-all": scene(TabletScene.pay),
        "15-amount-offline": scene(choosing(Choice.LITTLE), online=False, spend=Spends(most_points=1_500)),
        "15-own": scene(own("3000")),
        "15-own-too-many": scene(own("19000")),
        "15-amount-own": scene(own("3000", taken=True)),
        "15-asking": scene(TabletScene.use),
        "15-asking-cloud": scene(TabletScene.use, spend=Spends(result=None)),
        "15-spent": scene(TabletScene.use, lambda: Earn(answer=WAITING), spend=Spends(result=Spent(3_000, 15_000))),
        "15-not-spent": scene(TabletScene.use, spend=Spends(result=NotSpent())),
        "15-refused": scene(TabletScene.use, spend=Spends(asked=SpendRefused(SpendLimit.BALANCE))),
        "15-refused-today": scene(TabletScene.use, spend=Spends(asked=SpendRefused(SpendLimit.STORE_DAY))),
        "15-not-now": scene(TabletScene.use, spend=Spends(asked=SpendNotNow())),
        "15-switched-off": scene(TabletScene.pay, spend=Spends(possible=False)),
        "16-no-number": scene(skip),
        "17-idle-slip": scene(lambda _made: None, late=Slips()),
        "17-slip": scene(slip("BCDF", on=False), late=Slips()),
        "17-slip-whole": scene(slip("BCDFGHJK", on=False), late=Slips()),
        "17-slip-number": scene(slip("BCDFGHJK", number="1234"), late=Slips()),
        "17-slip-unknown": scene(slip("BCDFGHJK"), late=Slips(ClaimProblem.UNKNOWN)),
        "17-slip-expired": scene(slip("BCDFGHJK"), late=Slips(ClaimProblem.EXPIRED)),
        "17-slip-used": scene(slip("BCDFGHJK"), late=Slips(ClaimProblem.USED)),
    }


TABLET_STATES = _tablet_states()


# -- first run ------------------------------------------------------------------------------------------------------

SHOP = StoreProfile(
    store_id="store-1",
    name="느린오후 커피",
    brand_name="느린오후",
    service_type="COMPOSITE",
    plan="plus",
    grade="GOLD",
)
UNKNOWN_CODE = EnrollRefused(
    "code_unknown",
    "이 코드를 찾을 수 없어요. 여덟 글자를 다시 확인하거나 새 코드를 받아 주세요.",
    "This code is not known. Check the eight letters or ask for a new code.",
)


class Cloud:
    """Answers when the scene says so."""

    def __init__(self) -> None:
        self.answer: Callable[[EnrollOutcome], None] = lambda _outcome: None

    def redeem(self, _base_url: str, _code: str, on_result: Callable[[EnrollOutcome], None]) -> None:
        self.answer = on_result


def _enroll(act: Callable[[EnrollViewModel, Cloud], None]) -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        cloud = Cloud()
        vm = EnrollViewModel(
            enroll=cloud,
            address="https://cloud.slow-afternoon.example",
            texts=look.texts,
            dispatcher=ImmediateDispatcher(),
            on_enrolled=lambda: None,
        )
        view = EnrollView(vm, look.theme, look.texts)
        act(vm, cloud)
        return view

    return build


def _type_wrong(vm: EnrollViewModel, _cloud: Cloud) -> None:
    vm.set_address("http://cloud.slow-afternoon.example")
    vm.type_text("BCD")
    vm.type_text("7")


def _redeem(answer: EnrollOutcome | None) -> Callable[[EnrollViewModel, Cloud], None]:
    def act(vm: EnrollViewModel, cloud: Cloud) -> None:
        vm.paste("BCDF-GHJK")
        vm.redeem()
        if answer is not None:
            cloud.answer(answer)

    return act


ENROLL_STATES = {
    "09-code-empty": _enroll(lambda _vm, _cloud: None),
    "09-code-wrong": _enroll(_type_wrong),
    "09-code-asking": _enroll(_redeem(None)),
    "09-code-refused": _enroll(_redeem(UNKNOWN_CODE)),
    "09-code-found": _enroll(_redeem(Enrolled(SHOP))),
}


# -- receipts -------------------------------------------------------------------------------------------------------

RULE = "-" * 34
PAPER = (
    "          느린오후 커피",
    "  사업자 000-00-00000  대표 홍**",
    RULE,
    "아메리카노(HOT)      1       4,500",
    "샷추가               1         500",
    RULE,
    "합    계                     5,000",
    "텀블러할인                    -500",
    "받을금액                     4,500",
    "  과세물품가액               4,091",
    "  부가세                       409",
    RULE,
    "카드승인                     4,500",
    "승인번호                  ********",
    RULE,
    "POS 01  전표 0042         14:31:08",
    "     감사합니다. 또 뵙겠습니다",
)


def row(
    number: int,
    outcome: DocumentOutcome,
    paid_won: int | None,
    *,
    kind: str = "sale",
    minutes: int = 0,
    points: int | None = None,
    masked: str | None = None,
    status: str | None = None,
) -> ReceiptRow:
    captured_ms = NOW_MS - minutes * MINUTE_MS
    no = f"{number:04}"
    return ReceiptRow(
        f"doc-{number}", captured_ms, "pos", kind, paid_won, paid_won, no, outcome, points, masked, status
    )


ROWS = (
    row(42, DocumentOutcome.ASK, None, masked=MASKED),
    row(41, DocumentOutcome.EARNED, 13_500, minutes=3, points=135, masked="010-****-0912", status="posted"),
    row(40, DocumentOutcome.UNMATCHED, 8_000, minutes=7),
    row(39, DocumentOutcome.EARNED, 6_000, minutes=12, points=60, masked="010-****-7731", status="provisional"),
    row(38, DocumentOutcome.REVERSED, -5_800, kind="cancel", minutes=19, points=58),
    row(36, DocumentOutcome.DUPLICATE, 6_500, kind="reprint", minutes=21),
    row(37, DocumentOutcome.WAITING, 15_000, minutes=1),
    row(35, DocumentOutcome.IGNORED, None, kind="kitchen", minutes=30),
    row(34, DocumentOutcome.REVERSAL_WAITING, -4_500, kind="cancel", minutes=31),
    *(
        row(33 - i, DocumentOutcome.EARNED, 4_500, minutes=40 + i, points=45, masked="010-****-1200", status="posted")
        for i in range(12)
    ),
)


@dataclass
class Receipts:
    rows: tuple[ReceiptRow, ...] = ROWS
    listeners: Listeners = field(default_factory=Listeners)
    asked: int = 0

    def list(self, limit: int = 100, filter: ReceiptFilter = ReceiptFilter.ALL) -> tuple[ReceiptRow, ...]:
        self.asked += 1
        return self.rows[:limit] if filter is ReceiptFilter.ALL else ()

    def get(self, document_id: str) -> ReceiptDetail | None:
        found = next((row for row in self.rows if row.document_id == document_id), None)
        if found is None:
            return None
        payments = [{"method": "card", "amount": found.paid_won or 4_500}]
        reading = {"payments": payments, "till": "01", "time": "2026-11-20T14:31:08", "items": [1, 2]}
        return ReceiptDetail(found, PAPER, reading)


UNREAD = row(43, DocumentOutcome.ASK, None, kind="unknown", minutes=1)
LESSONS = (
    Lesson("실수납액", Meaning.DUE, "", "counter", NOW_MS),
    Lesson("모아비씨", Meaning.CARD, "달POS 3", "file", NOW_MS),
)


@dataclass
class Lessons:
    """What was taught, and the answers that were given."""

    rules: tuple[Lesson, ...] = LESSONS
    given: list[str] = field(default_factory=list)

    def question(self, _document_id: str) -> tuple[Guess, ...]:
        return (Guess(4_500, ("받을금액", "카드승인")), Guess(5_000, ("합계",)), Guess(4_091, ("과세물품가액",)))

    def answer(self, document_id: str, paid_won: int) -> Answered | None:
        self.given.append(f"{document_id} {paid_won}")
        return Answered(None, 0)

    def not_a_payment(self, document_id: str) -> bool:
        self.given.append(f"{document_id} nothing")
        return True

    def lessons(self) -> tuple[Lesson, ...]:
        return self.rules

    def change(self, label: str, meaning: Meaning) -> int:
        self.given.append(f"{label} means {meaning}")
        return 0

    def forget(self, label: str) -> None:
        self.given.append(f"{label} forgotten")


COUPON_ID = "0198c5c0-7a11-7d46-b52e-93d1c8f0a65e"


@dataclass
class Copier:
    """Printers that could print a receipt again, and what was pressed."""

    printers: tuple[str, ...] = (FRONT,)
    found: Copies = field(default_factory=Copies)
    pressed: list[str] = field(default_factory=list)

    def places(self) -> tuple[str, ...]:
        return self.printers

    def of(self, _document_id: str) -> Copies:
        return self.found

    def print_again(self, document_id: str, place: str, actor: str) -> bool:
        self.pressed.append(f"{document_id} {place} {actor}")
        self.found = Copies(self.found.made + 1, under_way=True)
        return True


@dataclass
class Coupons:
    """Coupons that may be given on paper, and which were asked for."""

    pressed: list[str] = field(default_factory=list)

    def newest(self) -> tuple[PaperCoupon, ...]:
        day_ms = 86_400_000
        found = (COUPON_ID, "아이스 바닐라 크림 콜드브루 1잔 무료", "매장에서만, 8,000원 이상 결제할 때")
        return (
            PaperCoupon(*found, NOW_MS + 30 * day_ms, NOW_MS - 60_000, "stamp_tier", "010-****-0912"),
            PaperCoupon(
                COUPON_ID[:-1] + "f", "쿠키", "", NOW_MS + day_ms, NOW_MS - 120_000, "staff", None, JobState.PRINTED
            ),
        )

    def paper(self, found: PaperCoupon) -> tuple[str, ...]:
        return (
            "         느린오후 커피",
            "",
            found.name,
            "-" * 32,
            "유효기간              2026-12-20",
            "[QR]",
            found.code,
        )

    def print_slip(self, coupon_id: str, actor: str) -> bool:
        self.pressed.append(f"{coupon_id} {actor}")
        return True


def receipts(
    document_id: str = "",
    rows: tuple[ReceiptRow, ...] = ROWS,
    *,
    chip: ReceiptChip = ReceiptChip.TODAY,
    copier: Copier | None = None,
    coupons: Coupons | None = None,
) -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        vm = ReceiptsViewModel(
            receipts=Receipts(rows),
            texts=look.texts,
            clock=look.clock,
            dispatcher=ImmediateDispatcher(),
            lessons=Lessons(),
            copies=copier or Copier(),
            coupons=coupons or (Coupons() if chip is ReceiptChip.COUPONS else None),
        )
        vm.show()
        vm.choose_chip(chip)
        vm.choose(document_id)
        return ReceiptsView(vm, look.theme, look.texts)

    return build


RECEIPT_STATES = {
    "08-receipts-to-check": receipts("doc-42"),
    "08-receipts-question": receipts("doc-43", (UNREAD, *ROWS)),
    "08-receipts-learned": receipts("rule:실수납액", chip=ReceiptChip.LEARNED),
    "08-receipts-earned": receipts("doc-41"),
    "08-receipts-three-printers": receipts("doc-41", copier=Copier(PLACES, Copies(2))),
    "08-receipts-copy-under-way": receipts("doc-41", copier=Copier(PLACES, Copies(1, under_way=True))),
    "08-receipts-without-number": receipts("doc-40"),
    "08-receipts-cancelled": receipts("doc-38"),
    "08-receipts-coupons": receipts(f"coupon:{COUPON_ID}", chip=ReceiptChip.COUPONS),
    "08-receipts-none": receipts(rows=()),
}


# -- printers -------------------------------------------------------------------------------------------------------

JOBS = (
    ("slip", JobState.QUEUED, 0),
    ("order_ticket", JobState.PRINTING, 1),
    ("slip", JobState.UNKNOWN, 1),
    ("slip", JobState.FAILED, 3),
    ("test_page", JobState.PRINTED, 1),
    ("order_ticket", JobState.PRINTED, 1),
    ("slip", JobState.CANCELLED, 0),
)


@dataclass
class Printing:
    word: PrinterWord | None = PrinterWord.READY
    job_kinds: tuple[tuple[str, JobState, int], ...] = JOBS
    listeners: Listeners = field(default_factory=Listeners)
    pressed: list[str] = field(default_factory=list)

    def printers(self) -> tuple[PrinterState, ...]:
        if self.word is None:
            return ()
        queued = 0 if self.word in (PrinterWord.READY, PrinterWord.UNKNOWN) else 3
        return (PrinterState("receipt", self.word, "192.168.0.31:9100", queued),)

    def jobs(self, limit: int = 50) -> tuple[PrintJob, ...]:
        return tuple(
            PrintJob(f"job-{i}", kind, "receipt", state, tries, 0, None, NOW_MS - i * 3 * MINUTE_MS, NOW_MS)
            for i, (kind, state, tries) in enumerate(self.job_kinds[:limit])
        )

    def retry(self, job_id: str) -> bool:
        self.pressed.append(f"retry {job_id}")
        return True

    def reprint(self, job_id: str) -> bool:
        self.pressed.append(f"reprint {job_id}")
        return True

    def print_closing(self) -> str:
        self.pressed.append("closing")
        return "job-closing"

    def print_test(self) -> str:
        self.pressed.append("test")
        return "job-test"


@dataclass
class Rooms:
    """A counter with printers at these places."""

    words: dict[str, PrinterWord] = field(default_factory=lambda: {"receipt": PrinterWord.READY})
    routes: dict[str, str] = field(default_factory=dict)
    listeners: Listeners = field(default_factory=Listeners)
    pressed: list[str] = field(default_factory=list)
    full: bool = False

    def printers(self) -> tuple[PrinterState, ...]:
        return tuple(
            PrinterState(place, word, f"192.168.0.{31 + i}:9100", 0)
            for i, (place, word) in enumerate(self.words.items())
        )

    def route(self, kind: JobKind) -> str:
        return self.routes.get(kind.value, "receipt")

    def set_route(self, kind: JobKind, place: str) -> None:
        if self.full:
            raise StoreFull
        self.routes[kind.value] = place

    def set_address(self, address: PrinterAddress | None, place: str) -> None:
        assert address is None, "the screen takes printers away, the doctor sets them up"
        self.words.pop(place)

    def print_test(self, place: str) -> str:
        self.pressed.append(f"test {place}")
        return "job-test"


def rooms(work: Rooms, *, route: str = "") -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        vm = RoomsViewModel(printing=work, texts=look.texts, dispatcher=ImmediateDispatcher())
        view = RoomsView(vm, look.theme, look.texts)
        vm.show()
        if route:
            vm.choose(JobKind.ORDER_TICKET.value, route)
        return view

    return build


def printers(
    word: PrinterWord | None,
    capture: CaptureWord = CaptureWord.LISTENING,
    jobs: tuple[tuple[str, JobState, int], ...] = JOBS,
) -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        last = None if capture is CaptureWord.NOT_SET_UP else NOW_MS - 4 * MINUTE_MS
        vm = PrintingViewModel(
            printing=Printing(word, jobs),
            capture=lambda: CaptureState(capture, last, 68 if last else 0),
            texts=look.texts,
            clock=look.clock,
            dispatcher=ImmediateDispatcher(),
        )
        return PrintingView(vm, look.theme, look.texts)

    return build


@dataclass
class SlipTexts:
    """The templates of a shop, kept in memory."""

    own: dict[str, str] = field(default_factory=dict)
    logo: bytes | None = None
    by_itself: set[str] = field(default_factory=lambda: {"points"})

    def text(self, kind: str) -> str:
        return self.own.get(kind) or bundled_text(kind)

    def is_own(self, kind: str) -> bool:
        return kind in self.own

    def save(self, kind: str, text: str) -> None:
        read_template(kind, text)
        self.own[kind] = text

    def reset(self, kind: str) -> None:
        self.own.pop(kind, None)

    def set_logo(self, picture: bytes | None) -> None:
        if picture == b"":
            raise BadDocument("no picture")
        self.logo = picture

    def prints_by_itself(self, kind: str) -> bool:
        return kind in self.by_itself

    def set_prints_by_itself(self, kind: str, on: bool) -> None:
        self.by_itself = self.by_itself | {kind} if on else self.by_itself - {kind}


def slip_editor(look: Look, templates: SlipTexts) -> SlipEditorViewModel:
    return SlipEditorViewModel(
        templates=templates, picture=SlipPictures(), texts=look.texts, profile=lambda: PROFILES["generic-80"]
    )


def slips(kind: str, typed: str = "", *, saved: bool = False) -> Callable[[Look], QWidget]:
    def build(look: Look) -> QWidget:
        vm = slip_editor(look, SlipTexts())
        view = SlipEditorView(vm, look.theme, look.texts)
        vm.show()
        vm.choose(kind)
        if typed:
            vm.type(typed)
        if saved:
            vm.save()
        return view

    return build


FOUND = (
    Found(PrinterAddress("/dev/usb/lp0", 0, WayKind.USB), "SAM4S ELLIX30"),
    Found(PrinterAddress("192.168.0.31", 9100), "192.168.0.31"),
    Found(PrinterAddress("Receipt", 0, WayKind.CUPS), "Receipt"),
    Found(PrinterAddress("/dev/ttyUSB0", 9600, WayKind.SERIAL), "USB-Serial Controller D"),
)


@dataclass
class Doctor:
    """Finds what it is told to find and prints on imaginary paper."""

    found: tuple[Found, ...] = FOUND
    outcome: Outcome = field(default_factory=Printed)
    model: str = "SAM4S ELLIX30"
    known: PrinterProfile | None = None
    silent: bool = False  # answers nothing: the screen waits
    tried: list[PrinterAddress] = field(default_factory=list)
    kept: list[tuple[PrinterAddress, PrinterProfile, str]] = field(default_factory=list)

    def find(self, done: Callable[[list[Found]], None]) -> None:
        if not self.silent:
            done(list(self.found))

    def try_printer(self, address: PrinterAddress, done: Callable[[Tried], None]) -> None:
        self.tried.append(address)
        if not self.silent:
            done(Tried(self.outcome, self.model, self.known))

    def keep(self, address: PrinterAddress, profile: PrinterProfile, model: str, _place: str) -> None:
        self.kept.append((address, profile, model))


def doctor(work: Doctor, *answers: str) -> Callable[[Look], QWidget]:
    """The screen after these answers were tapped and taken."""

    def build(look: Look) -> QWidget:
        vm = DoctorViewModel(doctor=work, texts=look.texts, dispatcher=ImmediateDispatcher())
        view = DoctorView(vm, look.theme, look.texts, strip_picture)
        view.ensurePolished()
        vm.show()
        vm.show = lambda: None  # type: ignore[method-assign]  # being shown would begin anew
        for answer in answers:
            vm.choose(answer)
            vm.go_on()
        return view

    return build


USB = str(FOUND[0].address)
DOCTOR_STATES = {
    "07-doctor-searching": doctor(Doctor(silent=True)),
    "07-doctor-found": doctor(Doctor()),
    "07-doctor-nothing": doctor(Doctor(found=())),
    "07-doctor-no-paper": doctor(Doctor(outcome=PaperOut()), USB),
    "07-doctor-text": doctor(Doctor(), USB),
    "07-doctor-width": doctor(Doctor(), USB, "1"),
    "07-doctor-code": doctor(Doctor(), USB, "1", "6"),
    "07-doctor-ends": doctor(Doctor(), USB, "1", "6", "7"),
    "07-doctor-done": doctor(Doctor(), USB, "1", "6", "7", "cut drawer"),
}
SLIP_STATES = {
    "17-slips-claim": slips("claim"),
    "17-slips-points": slips("points", "^# {points}\n손님 | {phone}\n[CUT]", saved=True),
    "17-slips-wrong": slips("closing", "오늘 | {lost}\n{dya}"),
}

PRINTER_STATES = {
    **{f"07-printer-{word.value}": printers(word) for word in PrinterWord},
    "07-printer-none": printers(None, CaptureWord.NOT_SET_UP, ()),
    "07-rooms-one": rooms(Rooms()),
    "07-rooms-two": rooms(Rooms({"receipt": PrinterWord.READY, "kitchen": PrinterWord.PAPER_OUT}), route="kitchen"),
    "07-rooms-three": rooms(
        Rooms({"receipt": PrinterWord.READY, "kitchen": PrinterWord.UNKNOWN, "bar": PrinterWord.NOT_ANSWERING})
    ),
    "07-capture-stopped": printers(PrinterWord.READY, CaptureWord.STOPPED),
    **SLIP_STATES,
    **DOCTOR_STATES,
}


def page_size(window: tuple[int, int]) -> tuple[int, int]:
    """What the counter window leaves for a page: side bar or rail, and the header."""
    return window[0] - (184 if window[0] >= 1280 else 72), window[1] - 56


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.agent.screens.customer")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--few", action="store_true", help="one look and one size of each")
    chosen = parser.parse_args()
    out: Path = chosen.out
    most = 1 if chosen.few else None
    out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    assert app is not None
    from tests.agent.screens.looks import gone, on_screen, picture
    from tests.agent.screens.people import PEOPLE_STATES

    pages = {**RECEIPT_STATES, **PRINTER_STATES, **PEOPLE_STATES}
    scenes = [(name, build, size) for name, build in TABLET_STATES.items() for size in TABLET_SIZES[:most]]
    scenes += [(name, build, size) for name, build in ENROLL_STATES.items() for size in COUNTER_SIZES[:most]]
    scenes += [(name, build, page_size(size)) for name, build in pages.items() for size in COUNTER_SIZES[:most]]
    for name, build, size in scenes:
        for mode in MODES[:most]:
            for language in LANGUAGES[:most]:
                host = on_screen(build(Look(mode, language)), size)
                picture(host).save(str(out / f"{name}-{size[0]}x{size[1]}-{language}-{mode}.png"))
                gone(host)
    sys.stdout.write(f"{len(scenes) * len(MODES[:most]) * len(LANGUAGES[:most])} pictures in {out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
