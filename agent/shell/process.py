"""The running process: one Qt application, its windows first, everything heavy on threads after the first paint."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QSocketNotifier, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from agent.bootstrap import Agent
from agent.console import complain, say
from agent.enroll.types import Enrolled, EnrollRefused
from agent.errors import AgentError
from agent.joining import LOG_FOLDER, redeem_code, tell_refusal
from agent.launch import AgentSettings
from agent.logbook import open_log, topic
from agent.settings.service import SettingsService
from agent.shell.dispatcher import QtDispatcher
from agent.shell.screens import Screens
from agent.shell.tray import Tray
from sync.errors import StoreBusy, SyncError

if TYPE_CHECKING:  # imported after the first paint
    from agent.shell.host import LanHost

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BUSY = 3
log = topic("agent")
ui_log = topic("ui")


def run_agent(settings: AgentSettings, *, version: str) -> int:
    """Run until the window is closed or the process is told to end. 0 ended, 1 the store code was refused, 3 another
    agent has the folder. Raises what the store raises when its file cannot be used."""
    try:
        agent = Agent.open(replace(settings, version=version))
    except StoreBusy as busy:
        from agent.shell.host import summon

        summon(settings.folder)
        complain(busy.user_message, busy.user_message_en)
        return EXIT_BUSY
    except SyncError as problem:
        _tell_in_a_window(settings, problem)
        raise
    try:
        open_log(settings.folder / LOG_FOLDER, "agent")
        _log_what_nobody_caught()
        _tell_of_a_broken_file(agent)
        qInstallMessageHandler(_qt_said)
        app = QApplication.instance() or QApplication(["withfom"])
        assert isinstance(app, QApplication)
        app.setApplicationName("WithFoM")
        return AgentProcess(app, agent, version).run()
    finally:
        agent.close()


class AgentProcess:
    """Glue of one run: windows, tray, LAN API, background threads, and a clean way out."""

    def __init__(self, app: QApplication, agent: Agent, version: str) -> None:
        self._app, self._agent = app, agent
        self._dispatcher = QtDispatcher()
        self._exit_code = EXIT_OK
        self._quitting = threading.Event()
        chosen = _remembered(agent.settings, SettingsService(agent.settings.folder))
        has_tray = not agent.settings.headless and Tray.available()
        app.setQuitOnLastWindowClosed(False)
        self._screens = Screens(agent, self._dispatcher, chosen, version=version, tray=has_tray)
        self._screens.on_quit = self.quit
        self._tray: Tray | None = None
        if has_tray:
            self._tray = Tray(
                self._screens.theme,
                self._screens.texts,
                on_open=self._screens.bring_forward,
                on_quit=self.quit,
            )
        self._version = version
        self._host: LanHost | None = None
        self._starter = threading.Thread(target=self._start_rest, name="starter", daemon=True)

    def run(self) -> int:
        """Blocks until the program ends."""
        with _signals_end(self.quit):
            self._screens.open()
            self._app.processEvents()  # the counter stands on the screen before anything heavy is imported
            self._screens.open_rest()
            if self._tray is not None:
                self._tray.show()
                self._follow_link(self._tray)
            self._starter.start()
            if not self._quitting.is_set():
                self._app.exec()
            self._end()
        return self._exit_code

    def quit(self) -> None:
        """From any thread and from signals; twice is fine."""
        if not self._quitting.is_set():
            self._quitting.set()
            self._dispatcher.post(self._app.quit)

    def _end(self) -> None:
        self._dispatcher.end()
        self._screens.close()
        if self._tray is not None:
            self._tray.hide()
        self._starter.join(5)
        if self._host is not None:
            self._host.stop()

    # --- after the first paint, on a thread ------------------------------------------------------------------------

    def _start_rest(self) -> None:
        try:
            self._agent.background.start()
            if self._agent.settings.enroll_code and not self._join():
                return
            port = self._open_lan()
        except AgentError as problem:
            self._give_up(problem.user_message, problem.user_message_en)
            return
        except OSError as problem:
            self._give_up(f"태블릿 연결을 열 수 없어요: {problem}", f"The port for tablets cannot be opened: {problem}")
            return
        except Exception:
            if not self._quitting.is_set():  # a store that closes under a late start is no news
                log.failure("start_failed")
                self._give_up("시작하지 못했어요. 기록을 고객센터에 보내 주세요.", "The start failed; see the log.")
            return
        log.event("ready", port=port)
        say(f"준비됐어요 · ready http://127.0.0.1:{port}")

    def _open_lan(self) -> int:
        from agent.shell.host import LanHost

        self._host = LanHost(self._agent, self._dispatcher, self._screens, version=self._version)
        return self._host.start()

    def _join(self) -> bool:
        """Redeem the code of the command line, unless this device belongs to a store already."""
        if isinstance(self._agent.enroll.state(), Enrolled):
            return True
        outcome = redeem_code(self._agent)
        if isinstance(outcome, EnrollRefused):
            tell_refusal(outcome)
            self._exit_code = EXIT_FAILED
            self.quit()
            return False
        self._dispatcher.ask(self._open_shop, timeout_s=30.0)
        return True

    def _open_shop(self) -> None:
        self._screens.open_shop()
        self._screens.open_rest()

    def _give_up(self, korean: str, english: str) -> None:
        complain(korean, english)
        self._exit_code = EXIT_FAILED
        self.quit()

    def _follow_link(self, tray: Tray) -> None:
        def follow() -> None:
            link, shell = self._screens.link_vm, self._screens.shell_vm
            if link is not None and shell is not None:
                tray.say(link.state, shell.state.bell)

        self._agent.link.listeners.subscribe(lambda: self._dispatcher.post(follow))
        follow()


def _tell_in_a_window(settings: AgentSettings, problem: SyncError) -> None:
    """Who starts the program with a double click has no console to read."""
    if settings.headless:
        return
    from PySide6.QtWidgets import QMessageBox

    app = QApplication.instance() or QApplication(["withfom"])
    QMessageBox.critical(None, "WithFoM", f"{problem.user_message}\n\n{problem.user_message_en}")
    del app


def _tell_of_a_broken_file(agent: Agent) -> None:
    aside = agent.store.set_aside
    if aside is not None:
        log.warning("store_was_set_aside", file=aside.path.name, reason=aside.reason)
        report = agent.store.restored()
        complain(
            f"{report.user_message if report else '손상된 파일을 따로 보관했어요.'} 손상된 파일: {aside.path}",
            f"{report.user_message_en if report else 'A damaged file was set aside.'} The damaged file: {aside.path}",
        )


def _log_what_nobody_caught() -> None:
    """A bug in a button must leave a trace for support and let the counter go on."""

    def log_it(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        logging.getLogger("withfom.agent").error("not_caught", exc_info=(kind, problem, trace))

    sys.excepthook = log_it
    threading.excepthook = lambda args: log_it(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)


def _qt_said(kind: QtMsgType, _where: QMessageLogContext, text: str) -> None:
    """What Qt has to say goes to the log, not to the console of a shop; its last words go there as well (UXR-18)."""
    if kind is QtMsgType.QtFatalMsg:  # Qt ends the process after this call
        complain(
            "화면을 열 수 없어서 끝냈어요. 화면이 있는 곳에서 다시 시작하거나, 창 없이 쓰려면 --headless를 붙이세요.",
            "The screen cannot be opened. Start again where there is one, or add --headless to do without windows.",
        )
    if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
        ui_log.warning("qt_said", text=text)
    else:
        ui_log.event("qt_said", text=text)


def _remembered(settings: AgentSettings, service: SettingsService) -> SettingsService:
    """What the command line chose is kept for the next start."""
    chosen = {"language": settings.language, "theme": settings.theme}
    values = {name: value for name, value in chosen.items() if value is not None}
    if values:
        try:
            service.change(**values)
        except OSError as problem:
            log.warning("settings_not_kept", problem=type(problem).__name__)
    return service


@contextlib.contextmanager
def _signals_end(quit_now: Callable[[], None]) -> Iterator[None]:
    """Inside, SIGINT and SIGTERM ask for a clean end.

    Python runs signal handlers between bytecodes, and an idle event loop runs none: a socket wakes it.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)

    def woken() -> None:
        with contextlib.suppress(BlockingIOError):
            ours.recv(64)

    def ended(_signal: int, _frame: FrameType | None) -> None:
        quit_now()

    notifier.activated.connect(woken)
    wakeup_before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, ended) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup_before)
        notifier.setEnabled(False)
        ours.close()
        theirs.close()
