"""Builds the windows of the counter from the services: main window, pop-ups, the customer's screen, first run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from agent.approval.viewmodel import ApprovalViewModel
from agent.bootstrap import Agent
from agent.dispatch import Coalesced
from agent.enroll.types import Enrolled
from agent.home.state import Warn
from agent.home.viewmodel import HomeViewModel
from agent.link.troubles import troubles
from agent.link.viewmodel import LinkViewModel
from agent.notices.words import urgent_warnings
from agent.rewards.paper.viewmodel import PaperViewModel
from agent.settings.service import SettingsService
from agent.shell.dispatcher import QtDispatcher
from agent.shell.main_window import MainWindow
from agent.shell.pages import Look, shop_pages
from agent.shell.viewmodel import ShellViewModel, Staff
from agent.staff.people.viewmodel import people_warnings
from agent.staff.types import Role
from agent.staff.viewmodel import PinViewModel
from agent.stock.words import missing_warnings
from agent.texts import Texts
from agent.ui.theme import Mode, Theme

if TYPE_CHECKING:  # these are imported when they are needed, after the first paint
    from agent.approval.view import StackView
    from agent.enroll.viewmodel import EnrollViewModel
    from agent.staff.view import PinDialog
    from agent.tablet.view import TabletView
    from agent.tablet.viewmodel import TabletViewModel

COUNTER_SIZE = (1366, 768)
TABLET_SIZE = (1280, 800)
FRAME = QSize(16, 48)  # what a desktop's borders and title bar take at most; how much is known only later


class Screens:
    """Every window of this process. All methods belong to the screens' thread."""

    def __init__(
        self, agent: Agent, dispatcher: QtDispatcher, settings: SettingsService, *, version: str, tray: bool
    ) -> None:
        self._agent, self._dispatcher, self._settings = agent, dispatcher, settings
        self._version, self._tray = version, tray
        chosen = settings.current
        self.texts = Texts(chosen.language)
        self.theme = Theme(_mode(chosen.theme), animations=chosen.animations and not agent.settings.headless)
        self.counter: QWidget | None = None
        self.main: MainWindow | None = None
        self.tablet: TabletView | None = None
        self.popups: StackView | None = None
        self.approval_vm: ApprovalViewModel | None = None
        self.home_vm: HomeViewModel | None = None
        self.paper_vm: PaperViewModel | None = None
        self.pin_vm: PinViewModel | None = None
        self.link_vm: LinkViewModel | None = None
        self.shell_vm: ShellViewModel | None = None
        self.pin: PinDialog | None = None
        self.tablet_vm: TabletViewModel | None = None
        self.enroll_vm: EnrollViewModel | None = None
        self.on_quit: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Show what this device needs first: its shop, or the question for the store code."""
        app = QApplication.instance()
        assert isinstance(app, QApplication), "screens need a QApplication"
        self.theme.apply_to(app)
        if isinstance(self._agent.enroll.state(), Enrolled):
            self.open_shop()
        else:
            self._open_first_run()

    def _open_first_run(self) -> None:
        from agent.enroll.view import EnrollView
        from agent.enroll.viewmodel import EnrollViewModel

        self.enroll_vm = EnrollViewModel(
            enroll=self._agent.enroll,
            address=self._agent.settings.cloud_url or "",
            texts=self.texts,
            dispatcher=self._dispatcher,
            on_enrolled=self._joined,
            under_way=self._agent.settings.enroll_code or "",
        )
        view = EnrollView(self.enroll_vm, theme=self.theme, texts=self.texts)
        view.setWindowTitle("WithFoM")
        self._show_counter(view)

    def _joined(self) -> None:
        """The first day needs its pop-ups and its customer's screen as every other day does."""
        self.open_shop()
        self.open_rest()

    def open_shop(self) -> None:
        """The counter of an enrolled device; replaces the first run."""
        if self.main is not None:
            return
        agent, dispatcher, texts = self._agent, self._dispatcher, self.texts
        self.link_vm = LinkViewModel(link=agent.link, clock=agent.clock, dispatcher=dispatcher, texts=texts)
        self.pin_vm = PinViewModel(staff=agent.staff, dispatcher=dispatcher, texts=texts)
        self.approval_vm = ApprovalViewModel(
            service=agent.approval,
            clock=agent.clock,
            dispatcher=dispatcher,
            texts=texts,
            actor=agent.staff.actor,
            actor_name=self._actor_name,
            owner=self.pin_vm,
            hotkey=self._settings.current.hotkey,
            shows_orders=agent.order_alerts.shows_orders,
        )
        # Whether a card may be decided offline, or has to wait for the cloud's word, depends on the line.
        agent.link.listeners.subscribe(Coalesced(dispatcher, self.approval_vm.reload))
        self.home_vm = HomeViewModel(
            approvals=agent.approval,
            orders=agent.orders,
            earn=agent.earn,
            link=agent.link,
            decider=self.approval_vm,
            clock=agent.clock,
            dispatcher=dispatcher,
            texts=texts,
            printers=agent.printing.printers,
            troubles=partial(troubles, agent.store, agent.clock),
            people=lambda: people_warnings(texts, agent.staff.roster()),
            told=self._told,
        )
        self.paper_vm = PaperViewModel(
            papers=agent.papers,
            decider=self.approval_vm,
            online=agent.link.online,
            clock=agent.clock,
            dispatcher=dispatcher,
            texts=texts,
        )
        agent.link.listeners.subscribe(Coalesced(dispatcher, self.paper_vm.refresh))
        look = Look(self.theme, texts, dispatcher, self._version)
        self._settings.listeners.subscribe(lambda: dispatcher.post(self._settings_changed))
        shell = self.shell_vm = ShellViewModel(
            approvals=agent.approval,
            link=agent.link,
            dispatcher=dispatcher,
            texts=texts,
            notices=agent.notices,
            stock=agent.stock,
            actor=agent.staff.actor,
            staff=self._staff_shown,
        )
        self.main = MainWindow(
            self.theme,
            texts,
            shop_pages(agent, self._settings, self.approval_vm, self.home_vm, self.paper_vm, self.pin_vm, look),
            shell=shell,
            link=self.link_vm,
            version=self._version,
            # Whoever tries the demo is told that closing the window ends it, tray or not.
            close_hides=self._tray and not agent.settings.demo,
        )
        self.main.closed.connect(lambda: self.on_quit())
        self.home_vm.on_page = self.main.open_page
        self.main.header.staff_pressed.connect(self.pin_vm.open_duty)
        self.pin_vm.on_open = self._open_pin
        first_run = self.counter
        self._show_counter(self.main)
        if first_run is not None:
            first_run.close()
            first_run.deleteLater()

    def _open_pin(self) -> None:
        """The question stands in the counter's window; it may have been asked by a card above another program."""
        assert self.main is not None, "the shop is open"
        assert self.pin_vm is not None, "the shop is open"
        if self.pin is None:
            from agent.staff.view import PinDialog

            self.pin = PinDialog(self.pin_vm, self.theme, self.texts, self.main)
        self.main.bring_forward()

    def _told(self) -> tuple[Warn, ...]:
        """What is urgent, by the cloud's word and by this counter's own clock."""
        urgent = self._agent.notices.urgent()
        due = missing_warnings(self.texts, self._agent.stock.due(), urgent)
        return (*urgent_warnings(self.texts, urgent), *due)

    def _actor_name(self) -> str:
        found = self._agent.staff.on_duty()
        return self._agent.staff.actor() if found is None else found.name

    def _staff_shown(self) -> Staff:
        """The capsule in the header; as long as nobody is set up there is nobody to show."""
        if not self._agent.staff.roster():
            return Staff()
        found = self._agent.staff.on_duty()
        if found is None:
            return Staff(self.texts._("Who is on duty?"))
        return Staff(found.name, self.texts._("Owner") if found.role is Role.OWNER else self.texts._("Staff"))

    def open_rest(self) -> None:
        """What may appear a moment after the counter: pop-ups and the customer's screen."""
        if self.main is None or self.popups is not None:
            return
        from agent.approval.view import StackView

        assert self.approval_vm is not None, "the shop is open"
        self.popups = StackView(self.approval_vm, self.theme, self.texts)
        self.approval_vm.on_arrival = self._arrived
        self.approval_vm.on_more = self.main.bring_forward
        if self._agent.settings.tablet:
            self._open_tablet()

    def _open_tablet(self) -> None:
        from agent.tablet.view import TabletView
        from agent.tablet.viewmodel import TabletViewModel

        agent = self._agent
        other = Texts("en" if self.texts.language == "ko" else "ko")
        self.tablet_vm = TabletViewModel(
            earn=agent.earn,
            shop=agent.link.shop,
            rate_bp=agent.link.told_rate_bp,
            online=agent.link.online,
            texts=self.texts,
            other_texts=other,
            clock=agent.clock,
            dispatcher=self._dispatcher,
            spend=agent.spend,
            late=agent.late_earns,
        )
        agent.link.listeners.subscribe(lambda: self._dispatcher.post(self._refresh_tablet))
        self.tablet = TabletView(self.tablet_vm, theme=self.theme)
        self.tablet.setWindowTitle("WithFoM · " + self.texts._("Customer screen"))
        assert self.main is not None, "the customer's screen follows the counter"
        _place_tablet(self.tablet, self.main, headless=agent.settings.headless)

    def _refresh_tablet(self) -> None:
        if self.tablet_vm is not None:
            self.tablet_vm.refresh()

    # --- changes while running -------------------------------------------------------------------------------------

    def _settings_changed(self) -> None:
        chosen = self._settings.current
        if _mode(chosen.theme) != self.theme.mode:
            self.theme.set_mode(_mode(chosen.theme))
        self.theme.animations = chosen.animations and not self._agent.settings.headless
        if self.approval_vm is not None:
            self.approval_vm.hotkey = chosen.hotkey
        if chosen.language != self.texts.language:
            self.texts.set_language(chosen.language)
            if self.main is not None:
                self.main.retext()
            if self.popups is not None:
                self.popups.retext()
            if self.tablet is not None:
                self.tablet.setWindowTitle("WithFoM · " + self.texts._("Customer screen"))
            self._refresh_tablet()

    def _arrived(self) -> None:
        if self._settings.current.sound and not self._agent.settings.headless:
            QApplication.beep()

    def bring_forward(self) -> None:
        """Somebody started the program a second time, or asked through the tray."""
        if self.main is not None:
            self.main.bring_forward()
        elif self.counter is not None:
            self.counter.show()
            self.counter.raise_()

    def close(self) -> None:
        """Nothing stays floating."""
        if self.popups is not None:
            self.popups.close_all()
        for window in (self.tablet, self.counter):
            if window is not None:
                window.hide()

    def _show_counter(self, window: QWidget) -> None:
        self.counter = window
        if self._agent.settings.headless:
            window.resize(*COUNTER_SIZE)
            window.show()
            return
        area = QGuiApplication.primaryScreen().availableGeometry()
        size = fitting(COUNTER_SIZE, area)
        window.resize(size)
        if size == QSize(*COUNTER_SIZE):
            window.show()
        else:  # a small monitor is the counter's alone
            window.showMaximized()


def _place_tablet(window: QWidget, counter: QWidget, *, headless: bool) -> None:
    """The whole of a second monitor if there is one; otherwise a window behind the counter that staff may move."""
    screens = QGuiApplication.screens()
    if headless:
        window.resize(*TABLET_SIZE)
        window.show()
    elif len(screens) > 1:
        window.setGeometry(screens[1].geometry())
        window.showFullScreen()
    else:
        window.resize(fitting(TABLET_SIZE, screens[0].availableGeometry()))
        window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        window.show()
        counter.raise_()


def fitting(wanted: tuple[int, int], area: QRect) -> QSize:
    """The size of a window with a frame that lies within ``area`` as a whole."""
    return QSize(*wanted).boundedTo(area.size() - FRAME)


def _mode(chosen: str) -> Mode:
    """Light or dark, also when the choice is the system's."""
    if chosen == "system":
        dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return "dark" if dark else "light"
    return "dark" if chosen == "dark" else "light"
