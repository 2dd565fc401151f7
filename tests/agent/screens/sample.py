"""An invented shop on an invented afternoon, as the services would tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from agent.approval.types import (
    Decided,
    DecisionOutcome,
    DecisionRecord,
    Recovering,
    RecoverOutcome,
    RejectReason,
    RequestCard,
    RequestKind,
    RequestState,
)
from agent.dispatch import Listeners
from agent.earn.types import EarnFigures
from agent.link.types import StoreProfile
from agent.menu.types import CategoryView, ItemView, Marked, MarkOutcome, MenuView
from agent.notices.types import Told
from agent.orders.types import Advanced, AdvanceOutcome, OrderItem, OrderView, SaidSoldOut, SoldOutOutcome
from agent.settings.leaving import Blocked, Left, Unsent
from agent.staff.types import Employee, PinOutcome, PinRight, PinWrong, Role
from agent.stock.known import Known
from agent.stock.repository import Number
from agent.stock.types import (
    Board,
    InUse,
    NotTakenOff,
    Ordered,
    OrderOutcome,
    Refused,
    Reported,
    ReportOutcome,
    RoundView,
    StockView,
    TakenOff,
    TakeOffOutcome,
)
from rules.calendar import local_day
from rules.cupholders import taken_off_valid
from rules.hours import DayHours, StoreHours
from rules.menu import NotOnSale, SoldOutKind
from rules.notices import Priority
from rules.orders import SoldOutWord
from rules.requests import OrderState

NOW_MS = 1_795_152_737_000  # 2026-11-20 14:32:17 in Seoul
MINUTE_MS = 60_000


def at(hour: int, minute: int, second: int = 0) -> int:
    """A time of that day."""
    return NOW_MS + ((hour - 14) * 3600 + (minute - 32) * 60 + second - 17) * 1000


def card(
    request_id: str,
    kind: RequestKind,
    title: str,
    nickname: str,
    *,
    condition: str = "",
    amount_won: int | None = None,
    discount_won: int | None = None,
    left_s: int | None = 43,
    offline: bool = False,
    order_id: str | None = None,
) -> RequestCard:
    return RequestCard(
        request_id=request_id,
        kind=kind,
        state=RequestState.SEEN,
        title=title,
        nickname=nickname,
        condition=condition,
        amount_won=amount_won,
        pos_discount_won=discount_won,
        created_ms=at(14, 32),
        remaining_ms=None if left_s is None else left_s * 1000,
        order_id=order_id,
        offline=offline,
        local_decision=None,
    )


POINTS = card(
    "r1",
    RequestKind.POINTS,
    "3,000P 사용",
    "이*민",
    condition="한도 30% 안",
    amount_won=18_000,
    discount_won=3_000,
    left_s=8,
)
COUPON = card("r2", RequestKind.COUPON, "아메리카노 1잔 무료", "김*수", condition="1장 · 오늘 쿠폰 한도 안", left_s=43)
STAMP = card(
    "r3", RequestKind.STAMP, "스탬프 1개 적립", "박*현", condition="기준 5,000원 충족", amount_won=6_000, left_s=52
)
BREAD = card("r4", RequestKind.COUPON, "소금빵 50% 할인", "최*아", condition="1장 · 오늘 쿠폰 한도 안", left_s=57)
LATTE = card("r5", RequestKind.COUPON, "라떼 사이즈업", "윤*아", condition="1장", left_s=59)
ORDER_A = card(
    "o1",
    RequestKind.ORDER,
    "카페라떼(ICE) 외 2개",
    "송*은",
    condition="A-068 · 테이크아웃",
    amount_won=13_500,
    left_s=37,
    order_id="a68",
)
ORDER_B = card(
    "o2",
    RequestKind.ORDER,
    "바닐라라떼 1개",
    "조*빈",
    condition="A-069 · 매장",
    amount_won=4_500,
    left_s=55,
    order_id="a69",
)
BUSY = (POINTS, ORDER_A, COUPON, STAMP, ORDER_B, BREAD, LATTE)
OFFLINE = (
    card(
        "r4",
        RequestKind.COUPON,
        "소금빵 50% 할인",
        "최*아",
        condition="1장 · 오늘 쿠폰 한도 안",
        left_s=41,
        offline=True,
    ),
    card(
        "r6", RequestKind.POINTS, "2,000P 사용", "강*희", amount_won=9_000, discount_won=2_000, left_s=49, offline=True
    ),
)


def _decision(
    request_id: str,
    kind: RequestKind,
    title: str,
    nickname: str,
    state: RequestState,
    by: str | None,
    decided_ms: int,
    reason: RejectReason | None = None,
    discount_won: int | None = None,
) -> DecisionRecord:
    can = state is RequestState.APPROVED
    return DecisionRecord(request_id, kind, title, nickname, state, by, decided_ms, reason, discount_won, can)


_S = RequestState
_K = RequestKind
DECISIONS = (
    _decision("d1", _K.POINTS, "3,000P 사용", "이*민", _S.APPROVED, "이지은", at(14, 31), discount_won=3_000),
    _decision("d2", _K.COUPON, "소금빵 50% 할인", "정*우", _S.AUTO_APPROVED, None, at(14, 24)),
    _decision("d3", _K.STAMP, "스탬프 1개 적립", "한*서", _S.APPROVED, "박서준", at(14, 19)),
    _decision("d4", _K.COUPON, "라떼 1잔 무료", "오*진", _S.REJECTED, "이지은", at(14, 2), RejectReason.OUT_OF_STOCK),
    _decision("d5", _K.COUPON, "아메리카노 1잔 무료", "윤*아", _S.APPROVED, "이지은", at(13, 57)),
    *(
        _decision(
            f"e{n}",
            _K.STAMP if n % 3 else _K.POINTS,
            "이전 처리",
            "문*호",
            _S.APPROVED,
            "이지은",
            at(11, n),
            discount_won=1_500,
        )
        for n in range(19)
    ),
)


def _order(
    number: int,
    state: OrderState,
    channel: str,
    created_ms: int,
    items: Sequence[OrderItem],
    payment: str = "prepaid",
    nickname: str = "김*수",
    note: str = "",
    request_id: str | None = None,
) -> OrderView:
    total = sum(item.amount_won for item in items)
    return OrderView(
        f"a{number}",
        f"A-{number:03}",
        state,
        channel,
        tuple(items),
        total,
        payment,
        nickname,
        note,
        created_ms,
        request_id,
    )


_O = OrderState
AMERICANO = OrderItem("아메리카노(HOT)", 2, 9_000, ("연하게", "개인 컵 1개"))
BUN = OrderItem("소금빵", 1, 3_500, ("데워 주세요",))
ORDERS = (
    _order(69, _O.NEW, "in_store", at(14, 31), [OrderItem("바닐라라떼", 1, 4_500)], nickname="조*빈", request_id="o2"),
    _order(
        68,
        _O.NEW,
        "take_out",
        at(14, 30),
        [OrderItem("카페라떼(ICE)", 1, 5_000), OrderItem("소금빵", 1, 3_500), OrderItem("콜드브루", 1, 5_000)],
        nickname="송*은",
        request_id="o1",
    ),
    _order(67, _O.PREPARING, "take_out", at(14, 24), [AMERICANO, BUN], note="5분 뒤에 찾으러 갈게요"),
    _order(66, _O.PREPARING, "in_store", at(14, 21), [OrderItem("콜드브루", 3, 15_000)], "postpaid", "문*호"),
    _order(65, _O.PREPARING, "app_order", at(14, 18), [OrderItem("자몽에이드", 1, 6_000)], nickname="배*린"),
    _order(64, _O.READY, "take_out", at(14, 12), [OrderItem("말차라떼", 1, 5_800)], nickname="서*진"),
    _order(63, _O.CANCELLED, "app_order", at(14, 5), [OrderItem("치즈케이크", 1, 6_500)], nickname="임*수"),
    *(
        _order(
            n,
            _O.READY,
            "take_out" if n % 5 else "in_store",
            at(9, n),
            [OrderItem("아메리카노(ICE)", 1, 5_900)],
            nickname="권*아",
        )
        for n in range(1, 63)
    ),
)


CAKE = OrderItem("홀케이크 2호", 1, 35_000)
FOR_LATER = (
    replace(_order(58, _O.PREPARING, "app_order", at(9, 40), [CAKE], nickname="한*주"), due_ms=at(18, 0)),
    replace(_order(70, _O.PREPARING, "app_order", at(11, 5), [CAKE, BUN]), due_ms=at(10, 30) + 86_400_000),
)


@dataclass
class Approvals:
    cards: tuple[RequestCard, ...] = BUSY
    decisions: tuple[DecisionRecord, ...] = DECISIONS
    shown: list[str] = field(default_factory=list)
    said: list[tuple[str, ...]] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)

    def pending(self) -> tuple[RequestCard, ...]:
        return self.cards

    def recent(self, limit: int = 5) -> tuple[DecisionRecord, ...]:
        return self.decisions[:limit]

    def withdrawn(self, _request_ids: Sequence[str]) -> frozenset[str]:
        return frozenset()

    def mark_shown(self, request_ids: Sequence[str]) -> None:
        self.shown.extend(request_ids)

    def approve(self, request_id: str, actor: str) -> DecisionOutcome:
        decided = self._take(request_id, actor)
        return Decided(request_id, RequestState.APPROVED, decided.pos_discount_won, None)

    def reject(self, request_id: str, reason: RejectReason, text: str, actor: str) -> DecisionOutcome:
        self._take(request_id, actor, reason, text)
        return Decided(request_id, RequestState.REJECTED, None, None)

    def recover(self, request_id: str, actor: str) -> RecoverOutcome:
        self.said.append((request_id, actor))
        return Recovering(request_id)

    def _take(self, request_id: str, *said: str) -> RequestCard:
        self.said.append((request_id, *said))
        taken = next(c for c in self.cards if c.request_id == request_id)
        self.cards = tuple(c for c in self.cards if c.request_id != request_id)
        self.listeners.notify()
        return taken


@dataclass
class Orders:
    orders: tuple[OrderView, ...] = ORDERS
    later: tuple[OrderView, ...] = FOR_LATER
    said: list[tuple[str, str]] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)

    def list(
        self,
        day: date | None = None,
        state: OrderState | None = None,
        channel: str | None = None,
        search: str = "",
        *,
        through: date | None = None,
    ) -> tuple[OrderView, ...]:
        return tuple(
            order
            for order in self.orders
            if (day is None or day <= local_day(order.created_ms) <= (through or day))
            and (state is None or order.state is state)
            and (channel is None or order.channel == channel)
            and (search in order.number or search in order.nickname)
        )

    def for_later(self) -> tuple[OrderView, ...]:
        return self.later

    def say_sold_out(self, order_id: str, actor: str) -> SoldOutOutcome:
        self.said.append((order_id, actor))
        told = {"sold_out": SoldOutWord.ASKED, "sold_out_ms": NOW_MS}
        self.orders = tuple(replace(o, **told) if o.order_id == order_id else o for o in self.orders)
        self.listeners.notify()
        return SaidSoldOut(order_id)

    def advance(self, order_id: str, to: OrderState, actor: str) -> AdvanceOutcome:
        self.said.append((order_id, actor))
        self.orders = tuple(replace(o, state=to) if o.order_id == order_id else o for o in self.orders)
        self.listeners.notify()
        return Advanced(order_id, to)


def _item(name: str, name_en: str, price_won: int, category: str, **changes: Any) -> ItemView:
    return ItemView(f"m-{name_en}", category, name, name_en, price_won, **{"why": None, **changes})


MENU = MenuView(
    (CategoryView("coffee", "커피"), CategoryView("ade", "에이드·티"), CategoryView("bread", "빵·디저트")),
    (
        _item("아메리카노", "Americano", 4_500, "coffee"),
        _item("카페라떼", "Caffe latte", 5_000, "coffee"),
        _item(
            *("바닐라라떼", "Vanilla latte", 5_500, "coffee"),
            why=NotOnSale.SOLD_OUT,
            sold_out=SoldOutKind.TODAY,
            until_ms=NOW_MS + 3_600_000,
        ),
        _item("콜드브루", "Cold brew", 5_000, "coffee"),
        _item(
            *("자몽에이드", "Grapefruit ade", 6_000, "ade"),
            why=NotOnSale.SOLD_OUT,
            sold_out=SoldOutKind.UNTIL_RELEASED,
            unsent=True,
        ),
        _item("말차라떼", "Matcha latte", 5_800, "ade"),
        _item("소금빵", "Salt bread", 3_500, "bread"),
        _item("점심 샌드위치", "Lunch sandwich", 7_900, "bread", why=NotOnSale.TIME),
        _item("크리스마스 케이크", "Christmas cake", 35_000, "bread", why=NotOnSale.HIDDEN),
    ),
)


@dataclass
class Menu:
    found: MenuView = MENU
    said: list[tuple[str, SoldOutKind | None, str]] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)

    def menu(self) -> MenuView:
        return self.found

    def mark(self, menu_id: str, kind: SoldOutKind | None, actor: str) -> MarkOutcome:
        self.said.append((menu_id, kind, actor))
        why = None if kind is None else NotOnSale.SOLD_OUT
        marked = {"sold_out": kind, "why": why, "unsent": True}
        items = tuple(replace(one, **marked) if one.menu_id == menu_id else one for one in self.found.items)
        self.found = replace(self.found, items=items)
        self.listeners.notify()
        return Marked(menu_id, kind)


@dataclass
class Earn:
    figures: EarnFigures = field(default_factory=lambda: EarnFigures(41, 1_845, 45, 68, 24, 3))
    listeners: Listeners = field(default_factory=Listeners)

    def today(self) -> EarnFigures:
        return self.figures


@dataclass(frozen=True)
class Status:
    online: bool = True
    offline_since_wall_ms: int | None = None
    pending: int = 0
    needs_attention: int = 0
    last_synced_wall_ms: int | None = NOW_MS
    last_error: str | None = None


@dataclass
class Link:
    current: Status = field(default_factory=Status)
    profile: StoreProfile | None = field(
        default_factory=lambda: StoreProfile(
            store_id="s1",
            name="느린오후 커피",
            brand_name="느린오후",
            plan="plus",
            service_type="composite",
            grade="gold",
        )
    )
    listeners: Listeners = field(default_factory=Listeners)

    def status(self) -> Status:
        return self.current

    def store_profile(self) -> StoreProfile | None:
        return self.profile


OFFLINE_STATUS = Status(False, at(14, 2), 37, 0, at(14, 2))


class Till:
    """What staff say the POS is."""

    def __init__(self) -> None:
        self.said = "OKPOS"

    def pos_model(self) -> str:
        return self.said

    def pos_models(self) -> tuple[str, ...]:
        return ("달무리 포스 3",)

    def set_pos_model(self, name: str) -> None:
        self.said = name.strip()


class Alerts:
    """The counter follows its store."""

    def __init__(self) -> None:
        self.mode = ""

    def own(self) -> str:
        return self.mode

    def choose(self, mode: str) -> None:
        self.mode = mode


class Leaving:
    """So many records are unsent."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.left = 0

    def unsent(self) -> Unsent:
        return Unsent(self.count, NOW_MS - 7_200_000 if self.count else None)

    def leave(self) -> Left | Blocked:
        if self.count:
            return Blocked(self.unsent())
        self.left += 1
        return Left(0)


RIGHT_PIN = "904731"


class People:
    """Four people of the roster; one PIN fits."""

    def __init__(self) -> None:
        self._people = (
            Employee("e-1", "이지은", Role.STAFF, True, False),
            Employee("e-2", "박서준", Role.STAFF, True, False),
            Employee("e-3", "최하늘", Role.STAFF, True, False),
            Employee("e-4", "정민아", Role.OWNER, True, False),
        )

    def roster(self) -> tuple[Employee, ...]:
        return self._people

    def on_duty(self) -> Employee | None:
        return self._people[0]

    def sign_out(self) -> None:
        """Nobody looks."""

    def sign_in(self, employee_id: str, pin: str) -> PinOutcome:
        return self.check(employee_id, pin)

    def check(self, employee_id: str, pin: str) -> PinOutcome:
        if pin != RIGHT_PIN:
            return PinWrong(3)
        return PinRight(next(one for one in self._people if one.employee_id == employee_id))


TOLD = (
    Told("n-1", "report_missing", Priority.HIGH, 2, at(0, 0), {"day": "2026-11-19", "stage": 2}),
    Told("n-2", "low_stock", Priority.MEDIUM, 1, at(9, 10), {"stock": 540, "proposed_order": 2_000}),
    Told("n-3", "auto_approved", Priority.LOW, 3, at(13, 5), {"day": "2026-11-20"}),
)


@dataclass
class Notices:
    """What the store was told; an acknowledged one is gone."""

    told: tuple[Told, ...] = ()
    seen: list[tuple[str, str]] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)

    def bell(self) -> tuple[Told, ...]:
        return self.told

    def acknowledge(self, notice_id: str, actor: str) -> bool:
        self.seen.append((notice_id, actor))
        self.told = tuple(one for one in self.told if one.notice_id != notice_id)
        self.listeners.notify()
        return True


STOCK_DAY = date(2026, 11, 20)  # the day of NOW_MS
_CAFE = StoreHours((DayHours(480, 1_320),) * 7, frozenset({date(2026, 11, 15)}))
_ROUNDS = (
    RoundView(3, 2_000, at(9, 0) - 86_400_000),
    RoundView(2, 2_000, at(9, 0) - 12 * 86_400_000, 2_000, at(9, 0) - 10 * 86_400_000),
    RoundView(1, 1_000, at(9, 0) - 30 * 86_400_000, 1_000, at(9, 0) - 28 * 86_400_000),
)
LEFT = StockView(
    3_000,
    2_260,
    740,
    2_466,
    118,
    6,
    True,
    0,
    2_000,
    ((100, 2_000), (150, 3_000), (200, 4_000)),
    _ROUNDS,
    True,
    InUse(2, 2_000, 0, 0),
)


def reported(*, today: int | None = None, unsent: bool = False, nothing: bool = False) -> dict[date, Number]:
    """Four weeks of a cafe with a forgotten day, a late one, and a holiday."""
    found: dict[date, Number] = {}
    if not nothing:
        for back in range(1, 27):
            day = STOCK_DAY - timedelta(days=back)
            if back not in (5, 8):
                found[day] = Number(90 + (back * 37) % 55, late=back == 12)
    if today is not None:
        found[STOCK_DAY] = Number(today, late=False, written_ms=NOW_MS if unsent else None)
    return found


@dataclass
class Stock:
    """The rules over numbers in memory."""

    numbers: dict[date, Number] = field(default_factory=reported)
    left: StockView = LEFT
    complaints: tuple[Refused, ...] = ()
    owner_orders: bool = False
    said: list[tuple[str, int, str]] = field(default_factory=list)
    listeners: Listeners = field(default_factory=Listeners)
    now_ms: int = NOW_MS

    def _known(self) -> Known:
        unsent = frozenset(day for day, one in self.numbers.items() if one.written_ms is not None)
        return Known(_CAFE, self.now_ms, self.numbers, unsent)

    def board(self, first: date, last: date) -> Board:
        return self._known().board(first, last)

    def due(self) -> tuple[date, ...]:
        return self._known().due()

    def stock(self) -> StockView:
        return self.left

    def refused(self) -> tuple[Refused, ...]:
        return self.complaints

    def report(self, day: date, pieces: int, actor: str, *, sure: bool = False) -> ReportOutcome:
        outcome = self._known().judge(day, pieces, sure=sure)
        if isinstance(outcome, Reported):
            self.said.append((day.isoformat(), pieces, actor))
            self.numbers = {**self.numbers, day: Number(pieces, outcome.late, self.now_ms)}
            self.listeners.notify()
        return outcome

    def order(self, pieces: int, actor: str) -> OrderOutcome:
        self.said.append(("order", pieces, actor))
        new = RoundView(None, pieces, self.now_ms)
        self.left = replace(self.left, rounds=(new, *self.left.rounds))
        self.listeners.notify()
        return Ordered("o-1", pieces)

    def take_off(self, collected: int, soiled: int, actor: str) -> TakeOffOutcome:
        now = self.left.in_use
        if now is None or not taken_off_valid(now.received, collected, soiled):
            return NotTakenOff(0 if now is None else now.received)
        self.said.append(("off", collected + soiled, actor))
        self.left = replace(self.left, in_use=InUse(now.number, now.received, collected, soiled))
        self.listeners.notify()
        return TakenOff(InUse(now.number, now.received, collected, soiled))

    def needs_owner(self, actor: str) -> bool:
        return self.owner_orders and not actor.startswith("owner:")

    def seen(self, op_id: str) -> None:
        self.complaints = tuple(one for one in self.complaints if one.op_id != op_id)
