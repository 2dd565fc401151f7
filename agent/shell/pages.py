"""Builds the pages of the counter: their view-models now, each view when its page is first opened."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from agent.approval.viewmodel import ApprovalViewModel
from agent.bootstrap import Agent
from agent.home.viewmodel import HomeViewModel
from agent.menu.viewmodel import MenuViewModel
from agent.orders.viewmodel import OrdersViewModel
from agent.printing.capture import capture_state
from agent.printing.doctor.viewmodel import DoctorViewModel
from agent.printing.editor.viewmodel import SlipEditorViewModel, SlipPictures
from agent.printing.listening.viewmodel import ListeningViewModel
from agent.printing.rooms.viewmodel import RoomsViewModel
from agent.printing.viewmodel import PrintingViewModel
from agent.receipts.viewmodel import ReceiptsViewModel
from agent.rewards.boards.viewmodel import BoardsViewModel
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.rewards.uses.viewmodel import UsesViewModel
from agent.settings.service import SettingsService
from agent.settings.viewmodel import SettingsViewModel
from agent.shell.dispatcher import QtDispatcher
from agent.shell.main_window import Page
from agent.staff.people.viewmodel import PeopleViewModel
from agent.staff.viewmodel import PinViewModel
from agent.stock.viewmodel import StockViewModel
from agent.texts import Texts, mark
from agent.ui.theme import Theme


@dataclass(frozen=True)
class Look:
    """What every view is built with."""

    theme: Theme
    texts: Texts
    dispatcher: QtDispatcher
    version: str


def shop_pages(
    agent: Agent,
    settings: SettingsService,
    approval: ApprovalViewModel,
    home: HomeViewModel,
    paper: PaperViewModel,
    pin: PinViewModel,
    look: Look,
) -> tuple[Page, ...]:
    """The side bar, from top to bottom."""

    def home_page() -> QWidget:
        from agent.home.view import HomeView

        return HomeView(home, look.theme, look.texts)

    return (
        Page("home", mark("Home"), mark("Home"), "house", home_page, home.refresh),
        _orders(agent, approval, look),
        _receipts(agent, look),
        _rewards(agent, paper, look),
        _stock(agent, pin, look),
        _printing(agent, look),
        _people(agent, pin, look),
        _settings(agent, settings, look),
    )


def _orders(agent: Agent, approval: ApprovalViewModel, look: Look) -> Page:
    vm = OrdersViewModel(
        orders=agent.orders,
        decider=approval,
        clock=agent.clock,
        dispatcher=look.dispatcher,
        texts=look.texts,
        actor=agent.staff.actor,
        online=agent.link.online,
    )
    menu = MenuViewModel(
        menu=agent.menu,
        online=agent.link.online,
        clock=agent.clock,
        dispatcher=look.dispatcher,
        texts=look.texts,
        actor=agent.staff.actor,
    )

    def build() -> QWidget:
        from agent.orders.view import OrdersView

        return OrdersView(vm, look.theme, look.texts, menu)

    def refresh() -> None:
        vm.refresh()
        menu.refresh()

    return Page("orders", mark("Orders"), mark("Orders"), "shopping-bag", build, refresh)


def _receipts(agent: Agent, look: Look) -> Page:
    vm = ReceiptsViewModel(
        receipts=agent.receipts,
        texts=look.texts,
        clock=agent.clock,
        dispatcher=look.dispatcher,
        lessons=agent.lessons,
        late=agent.late_earns,
        copies=agent.receipt_copies,
        coupons=agent.coupons,
        actor=agent.staff.actor,
    )

    def build() -> QWidget:
        from agent.receipts.view import ReceiptsView

        return ReceiptsView(vm, theme=look.theme, texts=look.texts)

    return Page("receipts", mark("Receipts"), mark("Receipts"), "receipt-text", build, vm.refresh)


def _rewards(agent: Agent, paper: PaperViewModel, look: Look) -> Page:
    clock, dispatcher, texts = agent.clock, look.dispatcher, look.texts
    uses = UsesViewModel(
        reports=agent.reward_reports, clock=clock, dispatcher=dispatcher, texts=texts, name_of=agent.staff.known_as
    )
    boards = BoardsViewModel(reports=agent.reward_reports, clock=clock, dispatcher=dispatcher, texts=texts)

    def build() -> QWidget:
        from agent.rewards.view import RewardsPage

        return RewardsPage(paper, uses, boards, look.theme, look.texts)

    def refresh() -> None:
        for vm in (paper, uses, boards):
            vm.refresh()

    return Page("rewards", mark("Coupons"), mark("Coupons"), "ticket", build, refresh)


def _stock(agent: Agent, pin: PinViewModel, look: Look) -> Page:
    vm = StockViewModel(
        stock=agent.stock,
        door=pin,
        has_owner=lambda: agent.staff.owner() is not None,
        online=agent.link.online,
        clock=agent.clock,
        dispatcher=look.dispatcher,
        texts=look.texts,
        actor=agent.staff.actor,
    )

    def build() -> QWidget:
        from agent.stock.view import StockPage

        return StockPage(vm, look.theme, look.texts)

    return Page("stock", mark("Cup holders"), mark("Holders"), "cup-soda", build, vm.refresh)


def _printing(agent: Agent, look: Look) -> Page:
    vm = PrintingViewModel(
        printing=agent.printing,
        capture=lambda: capture_state(
            agent.settings.spool_folder, agent.settings.capture_file, agent.receipts.read_since, agent.clock
        ),
        texts=look.texts,
        clock=agent.clock,
        dispatcher=look.dispatcher,
    )

    doctor = DoctorViewModel(doctor=agent.printer_doctor, texts=look.texts, dispatcher=look.dispatcher)
    rooms = RoomsViewModel(printing=agent.printing, texts=look.texts, dispatcher=look.dispatcher)
    listening = ListeningViewModel(
        setup=agent.capture_setup, texts=look.texts, clock=agent.clock, dispatcher=look.dispatcher
    )
    editor = SlipEditorViewModel(
        templates=agent.slip_templates, picture=SlipPictures(), texts=look.texts, profile=agent.printing.profile
    )

    def build() -> QWidget:
        from agent.printing.page.view import PrintersPage

        return PrintersPage(vm, editor, doctor, rooms, listening, look.theme, look.texts)

    return Page("printing", mark("Printers & devices"), mark("Printers"), "printer", build, vm.refresh)


def _people(agent: Agent, pin: PinViewModel, look: Look) -> Page:
    vm = PeopleViewModel(
        staff=agent.staff,
        rights=agent.rights,
        notices=agent.notices,
        door=pin,
        online=agent.link.online,
        clock=agent.clock,
        dispatcher=look.dispatcher,
        texts=look.texts,
    )

    def build() -> QWidget:
        from agent.staff.people.view import PeopleView

        return PeopleView(vm, look.theme, look.texts)

    return Page("people", mark("People"), mark("People"), "users", build, vm.refresh)


def _settings(agent: Agent, service: SettingsService, look: Look) -> Page:
    vm = SettingsViewModel(
        service=service,
        dispatcher=look.dispatcher,
        texts=look.texts,
        version=look.version,
        leaving=agent.leaving,
        alerts=agent.order_alerts,
        till=agent.lessons,
    )
    vm.on_left = QCoreApplication.quit  # the next start asks for a code

    def build() -> QWidget:
        from agent.settings.view import SettingsView

        return SettingsView(vm, look.theme, look.texts)

    return Page("settings", mark("Settings"), mark("Settings"), "settings", build, vm.refresh)
