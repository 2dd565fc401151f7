"""Every screen and card state of the counter as a widget or a picture, with the sample shop in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from agent.approval import notices, words
from agent.approval.card.view import CardFace
from agent.approval.cards import CardState, Notice, Phase, Reasons, Ring
from agent.approval.types import RejectReason, RequestKind, RequestState
from agent.approval.view import StackView
from agent.approval.viewmodel import ApprovalViewModel
from agent.dispatch import ImmediateDispatcher
from agent.home.view import HomeView
from agent.home.viewmodel import HomeViewModel
from agent.link.troubles import Trouble, TroubleWord
from agent.link.viewmodel import LinkViewModel
from agent.menu.types import MenuView
from agent.menu.viewmodel import MenuViewModel
from agent.notices.words import urgent_warnings
from agent.orders.view import OrdersView
from agent.orders.viewmodel import OrdersViewModel
from agent.rewards.boards.viewmodel import BoardsViewModel
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.rewards.uses.view import UsesView
from agent.rewards.uses.viewmodel import UsesViewModel
from agent.rewards.view import RewardsPage
from agent.settings.service import SettingsService
from agent.settings.view import SettingsView
from agent.settings.viewmodel import SettingsViewModel
from agent.shell.main_window import MainWindow, Page
from agent.shell.viewmodel import ShellViewModel, Staff
from agent.staff.view import PinDialog
from agent.staff.viewmodel import PinViewModel
from agent.stock.types import Refused, StockView
from agent.stock.view import StockPage
from agent.stock.viewmodel import StockViewModel
from agent.texts import Language, Texts
from agent.ui.controls import Ground
from agent.ui.paint import Shadow
from agent.ui.theme import Mode, Theme
from rules.orders import SOLD_OUT_UNANSWERED_MS, SoldOutWord
from rules.requests import AtZero
from sync.clock import FakeClock
from tests.agent.screens import rewards, sample

NOTHING_LEFT = StockView(0, 0, 0, 0, None, None, False, 0, 1_000, ((100, 1_000), (150, 2_000), (200, 2_000)), (), True)


class _NoDoor:
    """Nobody is asked for a PIN."""

    def ask_owner(self, _heading: str, _then: object) -> None:
        return


@dataclass
class World:
    """The sample shop behind real view-models."""

    theme: Theme
    texts: Texts
    folder: Path
    approvals: sample.Approvals
    orders: sample.Orders
    earn: sample.Earn
    link: sample.Link
    notices: sample.Notices
    cups: sample.Stock
    papers: rewards.Papers
    clock: FakeClock
    stack: ApprovalViewModel
    shell_vm: ShellViewModel
    window: MainWindow

    def vm_of_home(self) -> HomeViewModel:
        home = self.window.page("home")
        assert isinstance(home, HomeView)
        return home._vm


def make_world(
    folder: Path,
    mode: Mode,
    language: Language,
    *,
    offline: bool = False,
    quiet: bool = False,
    troubled: bool = False,
    told: bool = False,
) -> World:
    theme, texts = Theme(mode, animations=False), Texts(language)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_to(app)
    clock = FakeClock(wall_ms=sample.NOW_MS)
    approvals = sample.Approvals(sample.OFFLINE if offline else () if quiet else sample.BUSY)
    if quiet:
        approvals.decisions = ()
    orders = sample.Orders(() if quiet else sample.ORDERS)
    earn = sample.Earn(sample.EarnFigures(0, 0, 0, 0, 0, 0) if quiet else sample.Earn().figures)
    link = sample.Link(sample.OFFLINE_STATUS if offline else sample.Status())
    dispatcher = ImmediateDispatcher()
    stack = ApprovalViewModel(
        service=approvals, clock=clock, dispatcher=dispatcher, texts=texts, actor=lambda: "이지은", hotkey="F9"
    )
    cups = sample.Stock(
        sample.reported(nothing=quiet),
        NOTHING_LEFT if quiet else sample.LEFT,
        complaints=(Refused("op-1", sample.STOCK_DAY, 84, "report_read_only", sample.NOW_MS),) if troubled else (),
    )
    stock_page = StockViewModel(
        stock=cups,
        door=_NoDoor(),
        has_owner=lambda: True,
        online=lambda: not offline,
        clock=clock,
        dispatcher=dispatcher,
        texts=texts,
        actor=lambda: "이지은",
    )
    papers = rewards.Papers(offline=offline)
    paper = PaperViewModel(
        papers=papers,
        decider=stack,
        online=lambda: not offline,
        clock=clock,
        dispatcher=dispatcher,
        texts=texts,
    )
    reports = rewards.Reports(offline=offline, quiet=quiet)
    uses = UsesViewModel(reports=reports, clock=clock, dispatcher=dispatcher, texts=texts, name_of=lambda actor: actor)
    boards = BoardsViewModel(reports=reports, clock=clock, dispatcher=dispatcher, texts=texts)
    told_behind = sample.Notices(sample.TOLD if told else ())
    home = HomeViewModel(
        approvals=approvals,
        orders=orders,
        earn=earn,
        link=link,
        decider=stack,
        clock=clock,
        dispatcher=dispatcher,
        texts=texts,
        troubles=lambda: (
            (Trouble(TroubleWord.RECORDS_LOST, sample.NOW_MS, 2), Trouble(TroubleWord.DISK_LOW, None, 120))
            if troubled
            else ()
        ),
        told=lambda: urgent_warnings(texts, told_behind.bell()[:1]),
    )
    order_page = OrdersViewModel(
        orders=orders,
        decider=stack,
        clock=clock,
        dispatcher=dispatcher,
        texts=texts,
        actor=lambda: "이지은",
        online=lambda: not offline,
    )
    menu = MenuViewModel(
        menu=sample.Menu(MenuView() if quiet else sample.MENU),
        online=lambda: not offline,
        clock=clock,
        dispatcher=dispatcher,
        texts=texts,
        actor=lambda: "이지은",
    )
    settings = SettingsViewModel(
        service=SettingsService(folder),
        dispatcher=dispatcher,
        texts=texts,
        version="0.1.0",
        leaving=sample.Leaving(12 if troubled else 0),
        alerts=sample.Alerts(),
        till=sample.Till(),
    )
    shell = ShellViewModel(
        approvals=approvals,
        link=link,
        dispatcher=dispatcher,
        texts=texts,
        notices=told_behind,
        stock=cups,
        actor=lambda: "직원",
        staff=lambda: Staff("이지은", texts._("Staff")),
    )
    link_vm = LinkViewModel(link=link, clock=clock, dispatcher=dispatcher, texts=texts)
    empty = lambda: Ground(theme, "bg")  # noqa: E731 - pages of other folders have their own pictures
    pages = [
        Page("home", "Home", "Home", "house", lambda: HomeView(home, theme, texts), home.refresh),
        Page(
            "orders",
            "Orders",
            "Orders",
            "shopping-bag",
            lambda: OrdersView(order_page, theme, texts, menu),
            order_page.refresh,
        ),
        Page("receipts", "Receipts", "Receipts", "receipt-text", empty),
        Page("rewards", "Coupons", "Coupons", "ticket", lambda: RewardsPage(paper, uses, boards, theme, texts)),
        Page(
            "stock",
            "Cup holders",
            "Holders",
            "cup-soda",
            lambda: StockPage(stock_page, theme, texts),
            stock_page.refresh,
        ),
        Page("printing", "Printers & devices", "Printers", "printer", empty),
        Page(
            "settings",
            "Settings",
            "Settings",
            "settings",
            lambda: SettingsView(settings, theme, texts),
            settings.refresh,
        ),
    ]
    window = MainWindow(theme, texts, pages, shell=shell, link=link_vm, version="0.1.0")
    home.on_page = window.open_page
    return World(
        theme, texts, folder, approvals, orders, earn, link, told_behind, cups, papers, clock, stack, shell, window
    )


def show_page(world: World, page: str, size: tuple[int, int]) -> MainWindow:
    world.window.resize(*size)
    world.window.open_page(page)
    world.window.show()
    QApplication.processEvents()
    return world.window


# -- cards ----------------------------------------------------------------------------------------------------------


class CardBoard(Ground):
    """All states of one card on paper, each with its shadow."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.faces: list[CardFace] = []
        self._shadow = Shadow(theme)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        painter = QPainter(self)
        for face in self.faces:
            self._shadow.paint(painter, face.geometry())


def card_states(t: Texts) -> dict[str, CardState]:
    """One state of each kind, named after the picture."""
    base = CardState(
        "x",
        Phase.OPEN,
        icon="ticket",
        kind=words.kind(t, RequestKind.COUPON),
        time="14:32",
        title="아메리카노 1잔 무료",
        nickname="김*수",
        meta="1장 · 오늘 쿠폰 한도 안",
        left_s=43,
        keycap="F9",
    )
    points = replace(
        base,
        icon="coins",
        kind=words.kind(t, RequestKind.POINTS),
        title="3,000P 사용",
        nickname="이*민",
        meta=words.meta(t, sample.POINTS),
    )
    offline = replace(base, ring=Ring.QUIET, flag_icon="cloud-off", flag=t._("Offline"), left_s=41)
    own = replace(points, ring=Ring.QUIET, flag_icon="cloud-off", flag=t._("Offline"), left_s=41, hint_icon="monitor")
    note = words.kept(t, RequestKind.COUPON)
    elsewhere = words.elsewhere(t, RequestState.APPROVED, "박서준", sample.at(14, 32, 41))
    auto = notices.auto_approved(t, sample.COUPON, sample.at(14, 33), may_cancel=True)
    left = t.n("{time} left", time="4:52")
    reason = RejectReason.CONDITION_MISMATCH
    rejected = notices.rejected(t, sample.COUPON, reason, "이지은", sample.at(14, 32))
    waits = replace(notices.recovery_waits(t, 60), left_s=47)
    approved = notices.approved(t, sample.POINTS, 3_000, "이지은", sample.at(14, 32))

    def said(notice: Notice) -> CardState:
        return replace(base, phase=Phase.NOTICE, notice=notice)

    return {
        "1-normal": base,
        "2-soon": replace(
            points,
            left_s=8,
            ring=Ring.AMBER,
            urgent=True,
            flag_icon="timer",
            flag=t._("Approved soon"),
            hint_icon="monitor",
            hint=(words.pos_hint(t, 3_000),),
        ),
        "3-reasons": replace(base, phase=Phase.REASONS, left_s=31, reasons=Reasons(reason, note=note)),
        "3-reasons-text": replace(
            base, phase=Phase.REASONS, left_s=31, reasons=Reasons(RejectReason.OTHER, "기계 점검 중", note)
        ),
        "4-working": replace(base, phase=Phase.WORKING, left_s=None, ring=Ring.WORKING),
        "5-offline": replace(offline, hint_icon="info", hint=words.offline_hint(t, sample.at(14, 33), AtZero.APPROVE)),
        "5-offline-unseen": replace(
            offline, left_s=None, hint_icon="info", hint=words.offline_hint(t, None, AtZero.APPROVE)
        ),
        "5-own": replace(own, hint=words.own_hint(t, sample.POINTS, sample.at(14, 33))),
        "5-own-by-hand": replace(own, left_s=None, hint=words.own_hint(t, sample.POINTS, None)),
        "6-elsewhere": replace(base, phase=Phase.ELSEWHERE, hint_icon="circle-check", hint=(elsewhere,)),
        "7-approved-pos": said(approved),
        "7-approved": said(notices.approved(t, sample.COUPON, None, "이지은", sample.at(14, 32))),
        "8-auto": said(replace(auto, line=words.join(left, auto.line))),
        "8-rejected": said(rejected),
        "9-recovery-waits": said(waits),
        "9-returned": said(notices.returned(t, sample.COUPON, sample.at(14, 34))),
    }


_PLACES = {
    "1-normal": (48, 60),
    "2-soon": (491, 60),
    "3-reasons": (934, 60),
    "4-working": (48, 270),
    "5-offline": (491, 318),
    "6-elsewhere": (48, 476),
    "3-reasons-text": (934, 440),
    "5-offline-unseen": (491, 590),
    "7-approved-pos": (48, 676),
    "7-approved": (48, 834),
    "8-auto": (491, 862),
    "8-rejected": (491, 962),
    "9-recovery-waits": (934, 876),
    "9-returned": (934, 962),
    "5-own": (48, 1080),
    "5-own-by-hand": (491, 1080),
}


def card_board(theme: Theme, texts: Texts) -> CardBoard:
    board = CardBoard(theme)
    board.resize(1366, 1340)
    for name, state in card_states(texts).items():
        face = CardFace(theme, texts, board)
        face.render_card(state)
        face.move(*_PLACES[name])
        board.faces.append(face)
    board.show()
    QApplication.processEvents()
    return board


# -- the stack over a till ------------------------------------------------------------------------------------------


def stack_over_pos(world: World, size: tuple[int, int]) -> QPixmap:
    """The floating windows as they would stand over a POS program, put together from their own pictures."""
    stack = StackView(world.stack, world.theme, world.texts)
    stack._area = QRect(0, 0, size[0], size[1] - 40)
    world.stack.set_room(size[1] - 40 - 24)
    stack.render_stack()
    QApplication.processEvents()
    picture = QPixmap(*size)
    picture.fill(QColor("#D5DAE1"))
    painter = QPainter(picture)
    _paint_till(painter, size)
    pieces: list[QWidget] = [stack.shadow, *stack.faces.values()]
    if stack.pill.isVisible():
        pieces.append(stack.pill)
    for piece in pieces:
        painter.drawPixmap(piece.pos(), piece.grab())
    painter.end()
    stack.close_all()
    return picture


def _paint_till(painter: QPainter, size: tuple[int, int]) -> None:
    painter.fillRect(0, 0, size[0], 36, QColor("#34475F"))
    painter.fillRect(8, 44, 560, size[1] - 260, QColor("#FFFFFF"))
    for row in range(4):
        for column in range(4):
            box = QRect(QPoint(576 + column * 197, 96 + row * 135), QPoint(766 + column * 197, 224 + row * 135))
            painter.fillRect(box, QColor("#F4F6FA"))
    painter.fillRect(0, size[1] - 40, size[0], 40, QColor("#E9EBEF"))


# -- all of it ------------------------------------------------------------------------------------------------------

SIZES = ((1366, 768), (1024, 600), (1920, 1080))
LOOKS: tuple[tuple[Mode, Language], ...] = (("light", "ko"), ("dark", "ko"), ("light", "en"), ("dark", "en"))


def _ask_reject(world: World) -> None:
    world.vm_of_home().ask_reject("r2")
    world.vm_of_home().choose_reason(RejectReason.OUT_OF_STOCK)


def _ask_recover(world: World) -> None:
    world.vm_of_home().ask_recover("d1")


def _choose_order(world: World) -> None:
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._vm.choose("a67")


def _new_order(world: World) -> None:
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._vm.choose("a69")


def _for_later(world: World) -> None:
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._vm.choose_state("reserved")
    view._vm.choose("a70")


def _open_menu(world: World) -> None:
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._menu.open()


def _what_is_sold_out(world: World) -> None:
    _open_menu(world)
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._menu.choose("sold_out")


def _ask_sold_out(world: World) -> None:
    _choose_order(world)
    view = world.window.page("orders")
    assert isinstance(view, OrdersView)
    view._vm.ask_cancel("a67")


def _said_sold_out(world: World) -> None:
    """The customer does not answer; of another order the customer keeps it."""
    rewards = {"coupon_won": 3_000, "points": 500}
    kept = {"sold_out": SoldOutWord.KEPT, "sold_out_ms": sample.NOW_MS}
    told = {"sold_out": SoldOutWord.ASKED, "sold_out_ms": sample.NOW_MS - SOLD_OUT_UNANSWERED_MS}
    changes = {"a67": rewards | told, "a66": kept}
    world.orders.orders = tuple(replace(one, **changes.get(one.order_id, {})) for one in world.orders.orders)
    world.orders.listeners.notify()
    _choose_order(world)


def vm_of_stock(world: World) -> StockViewModel:
    view = world.window.page("stock")
    assert isinstance(view, StockPage)
    return view._vm


def _save_number(world: World) -> None:
    vm_of_stock(world).type("104")
    vm_of_stock(world).save()


def _odd_number(world: World) -> None:
    vm_of_stock(world).type("1040")
    vm_of_stock(world).save()


def _wrong_number(world: World) -> None:
    vm_of_stock(world).type("백 개")
    vm_of_stock(world).save()


def _day_before(world: World) -> None:
    vm_of_stock(world).choose("2026-11-15")
    vm_of_stock(world).type("12")


def _ask_order(world: World) -> None:
    vm_of_stock(world).ask_order()


def _ask_off(world: World) -> None:
    vm_of_stock(world).ask_off()


def _wrong_off(world: World) -> None:
    vm_of_stock(world).ask_off()
    vm_of_stock(world).type_off("1,990", "20")
    vm_of_stock(world).confirm_off()


def _wrong_order(world: World) -> None:
    vm_of_stock(world).ask_order()
    vm_of_stock(world).type_quantity("2,500")
    vm_of_stock(world).confirm_order()


def vm_of_paper(world: World) -> PaperViewModel:
    return page_of_rewards(world).paper._vm


def _read_paper(world: World) -> None:
    vm_of_paper(world).type(rewards.PAPER_CODE)
    vm_of_paper(world).submit()


def _held_paper(world: World) -> None:
    world.papers.stand(rewards.WAITS)
    _read_paper(world)


def _used_paper(world: World) -> None:
    world.papers.stand(rewards.USED)
    _read_paper(world)


def _paper_of_before(world: World) -> None:
    world.papers.outcome = rewards.USED_BEFORE
    _read_paper(world)


def _wrong_paper(world: World) -> None:
    vm_of_paper(world).type("0123-4567")
    vm_of_paper(world).submit()


def page_of_rewards(world: World) -> RewardsPage:
    view = world.window.page("rewards")
    assert isinstance(view, RewardsPage)
    return view


def _uses(world: World) -> None:
    page_of_rewards(world).open_part("uses")


def _uses_by_customer(world: World) -> None:
    _uses(world)
    page_of_rewards(world).findChild(UsesView)._vm.choose_by("customer")


def _boards(world: World) -> None:
    page_of_rewards(world).open_part("boards")


def _ask_leave(world: World) -> None:
    view = world.window.page("settings")
    assert isinstance(view, SettingsView)
    view._vm.ask_leave()


def _pin(world: World) -> PinViewModel:
    """The question for a PIN over the page; its answers come at once."""
    staff = sample.People()
    vm = PinViewModel(staff=staff, dispatcher=ImmediateDispatcher(), texts=world.texts, run=lambda job: job())
    PinDialog(vm, world.theme, world.texts, world.window)
    return vm


def _pin_duty(world: World) -> None:
    vm = _pin(world)
    vm.open_duty()
    vm.digit("9")
    vm.digit("0")


def _pin_wrong(world: World) -> None:
    vm = _pin(world)
    vm.ask_owner(world.texts._("Owner: cancel the approval"), lambda _actor, _key: None)
    for _ in range(6):
        vm.digit("1")


def _pin_answer(world: World) -> None:
    t, vm = world.texts, _pin(world)
    choices = (("recover", t._("Give it back now")), ("keep", t._("The approval stands")))
    vm.ask_owner(t._("Owner: recovery"), lambda _actor, _key: None, choices)
    for digit in sample.RIGHT_PIN:
        vm.digit(digit)


def _nothing(_world: World) -> None:
    """As it is."""


@dataclass(frozen=True)
class Scene:
    name: str
    page: str
    prepare: Callable[[World], None] = _nothing
    offline: bool = False
    quiet: bool = False
    troubled: bool = False
    told: bool = False

    @property
    def shop(self) -> dict[str, bool]:
        """What kind of day it is, for ``make_world``."""
        return {"offline": self.offline, "quiet": self.quiet, "troubled": self.troubled, "told": self.told}


SCENES = (
    Scene("home", "home"),
    Scene("home-offline", "home", offline=True),
    Scene("home-quiet", "home", quiet=True),
    Scene("home-troubled", "home", troubled=True),
    Scene("home-told", "home", told=True),
    Scene("home-reject", "home", _ask_reject),
    Scene("home-recover", "home", _ask_recover),
    Scene("pin-duty", "home", _pin_duty),
    Scene("pin-wrong", "home", _pin_wrong),
    Scene("pin-answer", "home", _pin_answer),
    Scene("orders", "orders", _choose_order),
    Scene("orders-new", "orders", _new_order),
    Scene("orders-quiet", "orders", quiet=True),
    Scene("orders-later", "orders", _for_later),
    Scene("orders-sold-out", "orders", _ask_sold_out),
    Scene("orders-told", "orders", _said_sold_out),
    Scene("menu", "orders", _open_menu),
    Scene("menu-offline", "orders", _what_is_sold_out, offline=True),
    Scene("menu-empty", "orders", _open_menu, quiet=True),
    Scene("stock", "stock"),
    Scene("stock-saved", "stock", _save_number),
    Scene("stock-odd", "stock", _odd_number),
    Scene("stock-wrong", "stock", _wrong_number),
    Scene("stock-before", "stock", _day_before),
    Scene("stock-offline", "stock", _save_number, offline=True),
    Scene("stock-quiet", "stock", quiet=True),
    Scene("stock-troubled", "stock", troubled=True),
    Scene("stock-order", "stock", _ask_order),
    Scene("stock-order-wrong", "stock", _wrong_order),
    Scene("stock-off", "stock", _ask_off),
    Scene("stock-off-wrong", "stock", _wrong_off),
    Scene("rewards", "rewards"),
    Scene("rewards-held", "rewards", _held_paper),
    Scene("rewards-used", "rewards", _used_paper),
    Scene("rewards-used-before", "rewards", _paper_of_before),
    Scene("rewards-wrong", "rewards", _wrong_paper),
    Scene("rewards-offline", "rewards", _read_paper, offline=True),
    Scene("uses", "rewards", _uses),
    Scene("uses-by-customer", "rewards", _uses_by_customer),
    Scene("uses-offline", "rewards", _uses, offline=True),
    Scene("uses-quiet", "rewards", _uses, quiet=True),
    Scene("boards", "rewards", _boards),
    Scene("boards-offline", "rewards", _boards, offline=True),
    Scene("boards-quiet", "rewards", _boards, quiet=True),
    Scene("settings", "settings"),
    Scene("settings-leave", "settings", _ask_leave),
    Scene("settings-leave-blocked", "settings", _ask_leave, troubled=True),
)


@contextmanager
def opened(world: World) -> Iterator[World]:
    try:
        yield world
    finally:
        world.window.hide()
        world.window.deleteLater()
        QApplication.processEvents()


def settle() -> None:
    """A page that scrolls gives room to a sentence that broke a round after it was set."""
    for _round in range(3):
        QApplication.processEvents()


def render_all(out: Path, scratch: Path, *, few: bool = False) -> Iterator[Path]:
    """Every picture in every look and size, or in one of each; yields what was written."""
    out.mkdir(parents=True, exist_ok=True)
    for mode, language in LOOKS[:1] if few else LOOKS:
        look = f"{language}-{mode}"
        theme, texts = Theme(mode, animations=False), Texts(language)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply_to(app)
        board = card_board(theme, texts)
        yield _save(board.grab(), out / f"cards_{look}.png")
        board.deleteLater()
        for size in SIZES[:1] if few else SIZES:
            name = f"{look}_{size[0]}x{size[1]}.png"
            with opened(make_world(scratch, mode, language)) as world:
                yield _save(stack_over_pos(world, size), out / f"stack_{name}")
            for scene in SCENES:
                with opened(make_world(scratch, mode, language, **scene.shop)) as world:
                    window = show_page(world, scene.page, size)
                    scene.prepare(world)
                    settle()
                    yield _save(window.grab(), out / f"{scene.name}_{name}")


def _save(picture: QPixmap, path: Path) -> Path:
    if not picture.save(str(path)):
        raise OSError(f"cannot write {path}")
    return path
