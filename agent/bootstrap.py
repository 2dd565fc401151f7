"""The one composition root of the agent: builds the services on a store and starts what works in the background."""

from __future__ import annotations

import sqlite3
import threading
from functools import partial
from typing import TYPE_CHECKING

from agent.approval import slips
from agent.approval.alerts import OrderAlerts
from agent.approval.repository import RequestRow
from agent.approval.repository import find as find_request
from agent.approval.service import ApprovalService
from agent.coupons.service import PaperCoupons
from agent.coupons.using import PaperUse
from agent.earn import slips as earn_slips
from agent.earn.late import ClaimSlip, LateEarns
from agent.earn.repository import DocumentRow
from agent.earn.service import EarnService
from agent.earn.types import Earned
from agent.enroll.service import EnrollService
from agent.keys import KeyRing, StoreKeys
from agent.launch import AgentSettings
from agent.link.health import Health
from agent.link.service import LinkService, shop_name
from agent.logbook import topic
from agent.menu.service import MenuService
from agent.notices.service import NoticeService
from agent.notifying import AfterCommit
from agent.operations import Operations, sent_op
from agent.orders.service import OrdersService
from agent.printing.capture import with_capture
from agent.printing.doctor.service import PrinterDoctor
from agent.printing.listening.keeper import CaptureKeeper
from agent.printing.listening.service import CaptureSetup
from agent.printing.places import FRONT
from agent.printing.service import PrintingService
from agent.printing.templates import SlipTemplates
from agent.printing.types import JobKind, PrinterAddress, PrinterWord
from agent.receipts.copies import ReceiptCopies
from agent.receipts.lessons import LessonsService
from agent.receipts.service import ReceiptsService
from agent.receipts.watcher import SpoolWatcher
from agent.rewards.reports import RewardReports
from agent.settings.leaving import LeaveService
from agent.spend.book import SpendBook
from agent.spend.service import SpendService
from agent.staff.rights import RightsService
from agent.staff.service import StaffService
from agent.stock.service import StockService
from printers.capture.shadow import load_shadow
from printers.capture.spool import CapturedDocument
from printers.devices.address import open_way
from printers.devices.port import Way
from printers.document import Document
from printers.profiles import PrinterProfile
from rules.calendar import day_bounds_ms, local_day, local_time
from sync.clock import Clock, SystemClock
from sync.earning import apply_earning_row
from sync.errors import NotEnrolled, StoreClosed, SyncError
from sync.ids import IdSource, SystemIds
from sync.inbox import Applier
from sync.leaving import farewell
from sync.outcomes import KeyChanged
from sync.profile import OWN_APPLIERS
from sync.protocol import FeedKind, OpKind, OpResult
from sync.secrets import DeviceVault
from sync.store import Store
from sync.upkeep import Upkeep

if TYPE_CHECKING:
    from printers.discovery import Found
    from sync.enroll import Device
    from sync.transport import HttpTransport
    from sync.worker import SyncWorker

log = topic("agent")
TICK_S = 1.0
DECISIONS_A_DAY_MAX = 2_000  # more than any counter decides
ASK_S = 3.0  # a customer waits for this answer; without one the counter goes on without a line
KEY_CHANGE_AGAIN_S = 60.0
_Feature = EarnService | OrdersService | MenuService | StockService | ApprovalService  # what hears of answers
_WELL = frozenset({PrinterWord.READY, PrinterWord.PAPER_LOW, PrinterWord.UNKNOWN})  # it has said nothing yet
VAULT_AGAIN_MS = 15_000  # a locked keyring may ask the person for a password each time


class Agent:
    """Every service of one counter. `open` is quick and touches only the local store; `start` does the rest."""

    def __init__(self, settings: AgentSettings, store: Store, clock: Clock, ids: IdSource) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.ids = ids
        self.keyring = KeyRing()
        self._after_commit = AfterCommit(store.after_commit)
        operations = Operations(clock=clock, ids=ids, keyring=self.keyring)
        self.link = LinkService(store=store)
        self.slip_templates = SlipTemplates(store)
        self.printing = PrintingService(
            store=store,
            clock=clock,
            ids=ids,
            test_page=self._test_page,
            closing=self._closing,
            left_by_pos=lambda: load_shadow(settings.spool_folder),
            open_device=self._way_to,
        )
        self.printer_doctor = PrinterDoctor(
            find=_find_printers,
            open_way=self._way_to,
            left_by_pos=lambda: load_shadow(settings.spool_folder),
            profile_of_model=self.printing.profile_of_model,
            keep=self.printing.set_printer,
            print_test=self.printing.print_test,
        )
        self.menu = MenuService(store=store, clock=clock, operations=operations)
        self.orders = OrdersService(
            store=store, clock=clock, operations=operations, sold_out_among=self.menu.sold_out_among
        )
        self.spend_book = SpendBook(operations=operations, keyring=self.keyring)
        self.staff = StaffService(store=store, clock=clock, store_key=lambda: self.keyring.keys.store_key)
        self.rights = RightsService(store=store, clock=clock, operations=operations, staff=self.staff)
        self.stock = StockService(store=store, clock=clock, ids=ids, operations=operations, staff=self.staff)
        self.notices = NoticeService(
            store=store,
            clock=clock,
            operations=operations,
            staff=self.staff,
            is_reported=self.stock.has_report,
        )
        self.order_alerts = OrderAlerts(store=store, can_print=self._can_print)
        self.approval = ApprovalService(
            store=store,
            clock=clock,
            operations=operations,
            enqueue_slip=self._enqueue_slip,
            order_decided=self.orders.decided,
            online=self.link.online,
            staff=self.staff,
            counter_born=self.spend_book,
            alert_mode=self.order_alerts.mode_in,
        )
        self.spend = SpendService(
            store=store,
            clock=clock,
            ids=ids,
            keyring=self.keyring,
            online=self.link.online,
            open_request=self.approval.open_at_counter,
            find_request=find_request,
            withdraw_request=self.approval.withdraw,
            changed=self.approval.listeners.notify,
            listeners=self.approval.listeners,
        )
        self.papers = PaperUse(
            store=store,
            clock=clock,
            ids=ids,
            online=self.link.online,
            find_request=find_request,
            withdraw=self.approval.withdraw,
            listeners=self.approval.listeners,
        )
        self.reward_reports = RewardReports(store=store, clock=clock, online=self.link.online)
        self.approval.started()
        self.earn = EarnService(
            store=store,
            clock=clock,
            ids=ids,
            operations=operations,
            keyring=self.keyring,
            missing_on_receipt=self.spend_book.missing_on_receipt,
            print_earned=self._print_earned,
        )
        self.late_earns = LateEarns(
            store=store,
            clock=clock,
            ids=ids,
            keyring=self.keyring,
            earn=self.earn,
            print_claim=self._print_claim,
            offers_slips=lambda: self.slip_templates.prints_by_itself("claim"),
        )
        self.receipts = ReceiptsService(store=store)
        self.receipt_copies = ReceiptCopies(
            store=store,
            clock=clock,
            find=self.receipts.get,
            printing=self.printing,
            shop=shop_name,
            templates=lambda: self.slip_templates.current,
        )
        self.coupons = PaperCoupons(
            store=store,
            clock=clock,
            printing=self.printing,
            shop=shop_name,
            templates=lambda: self.slip_templates.current,
            by_itself=lambda: self.slip_templates.prints_by_itself("coupon"),
        )
        self.capture_keeper = CaptureKeeper(
            settings.capture_file, settings.spool_folder, clock, program=settings.version
        )
        self.capture_setup = CaptureSetup(
            settings_file=settings.capture_file,
            spool=settings.spool_folder,
            clock=clock,
            keeper=self.capture_keeper,
            find=self.printer_doctor.find,
            newest=lambda: next(iter(self.receipts.list(1)), None),
            print_card=self.printing.print_way_back,
            own_printer=self.printing.address,
            use_printer=self.printing.set_address,
        )
        self.lessons = LessonsService(store=store, clock=clock, ingest=partial(self.earn.ingest, again=True))
        self.vault = DeviceVault(settings.folder)
        self.enroll = EnrollService(
            store=store,
            vault=self.vault,
            clock=clock,
            ids=ids,
            label=settings.label,
            on_enrolled=self._enrolled,
        )
        self.health = Health(
            store=store,
            clock=clock,
            ids=ids,
            link=self.link,
            printers=self.printing.printers,
            version=settings.version,
        )
        self._tell_each_other()
        self.background = Background(self)
        self.leaving = LeaveService(
            store=store,
            vault=self.vault,
            stop=self.background.disconnect,
            go_on=self.background.connect,
            farewell=lambda: farewell(store, self.vault, clock=clock, ids=ids, cloud_url=settings.cloud_url),
        )

    @staticmethod
    def open(settings: AgentSettings, *, clock: Clock | None = None, ids: IdSource | None = None) -> Agent:
        """Raises what Store.open raises (StoreBusy for a second agent on the folder). Nothing runs yet."""
        own_clock = clock or SystemClock()
        store = Store.open(settings.folder, clock=own_clock)
        try:
            agent = Agent(settings, store, own_clock, ids or SystemIds(own_clock))
            if settings.printer is not None and settings.printer != agent.printing.address():
                agent.printing.set_address(settings.printer)
            if agent.link.store_profile() is not None:
                agent.keyring.expect()  # read on a worker's thread; a tap before that waits for them
            return agent
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Stop every thread and give the folder back. May be called twice."""
        self.background.stop()
        self.store.close()

    def _tell_each_other(self) -> None:
        """What one feature changes and another shows."""
        self.earn.listeners.subscribe(self.receipts.listeners.notify)
        self.lessons.listeners.subscribe(self.receipts.listeners.notify)
        self.coupons.listeners.subscribe(self.receipts.listeners.notify)
        self.printing.listeners.subscribe(self.receipts.listeners.notify)
        for source in (self.earn, self.approval, self.orders, self.menu):
            source.listeners.subscribe(self.link.listeners.notify)
        self.approval.listeners.subscribe(self.orders.listeners.notify)
        self.order_alerts.listeners.subscribe(self.approval.listeners.notify)
        self.printing.listeners.subscribe(self.order_alerts.listeners.notify)
        self.staff.listeners.subscribe(self.rights.listeners.notify)
        self.rights.listeners.subscribe(self.approval.listeners.notify)
        # Who is on duty decides what the bell shows.
        self.staff.listeners.subscribe(self.notices.listeners.notify)
        self.stock.listeners.subscribe(self.notices.listeners.notify)  # a day that was reported is missing no more
        self.notices.listeners.subscribe(self.link.listeners.notify)

    def _enrolled(self) -> None:
        self.background.connect()
        self.link.listeners.notify()

    # --- what prints -------------------------------------------------------------------------------------------------

    def _enqueue_slip(self, conn: sqlite3.Connection, row: RequestRow, actor: str) -> str:
        shop = shop_name(conn)
        if row.order_id is not None:
            order = self.orders.find_in(conn, row.order_id)
            document = slips.order_document(row, order, shop=shop, templates=self.slip_templates.current)
        else:
            now_ms = row.decided_ms or self.clock.wall_ms()
            document = slips.reward_document(
                row,
                shop=shop,
                decided_by=self.staff.name_of(conn, actor),
                decided_ms=now_ms,
                templates=self.slip_templates.current,
            )
        self.printing.enqueue(conn, slips.job_id(row), slips.job_kind(row), document)
        return slips.job_id(row)

    def _can_print(self) -> bool:
        """Whether paper would come out now, as far as the printer has said."""
        return any(printer.status in _WELL for printer in self.printing.printers())

    def _way_to(self, address: PrinterAddress) -> Way:
        return with_capture(self.settings.spool_folder, str(address), open_way(address), self.clock)

    def _print_earned(self, conn: sqlite3.Connection, earned: Earned, sale: DocumentRow) -> None:
        """A slip for the customer where the shop wants one (AGT-12). Points are on paper, the balance never."""
        if not self.slip_templates.prints_by_itself("points"):
            return
        document = earn_slips.earned_document(
            earned,
            sale,
            shop=shop_name(conn),
            earned_ms=self.clock.wall_ms(),
            provisional=not self.link.online(),
            templates=self.slip_templates.current,
        )
        self.printing.enqueue(conn, earn_slips.job_id(earned), JobKind.POINTS, document)

    def _print_claim(self, conn: sqlite3.Connection, slip: ClaimSlip) -> None:
        document = earn_slips.claim_document(slip, shop=shop_name(conn), templates=self.slip_templates.current)
        self.printing.enqueue(conn, earn_slips.claim_job_id(slip), JobKind.CLAIM, document)

    def _closing(self) -> Document:
        """The slip that ends a day, with the day's figures so far."""
        from agent.printing.closing import closing_document, failed_prints

        now_ms = self.clock.wall_ms()
        start_ms, end_ms = day_bounds_ms(local_day(now_ms))
        status, report, on_duty = self.link.status(), self.store.restored(), self.staff.on_duty()
        with self.store.read() as conn:
            failures = failed_prints(conn, start_ms, end_ms)
        return closing_document(
            now_ms=now_ms,
            shop=self.link.shop(),
            closed_by=on_duty.name if on_duty is not None else "",
            templates=self.slip_templates.current,
            earned=self.earn.today(),
            decisions=[found for found in self.approval.recent(DECISIONS_A_DAY_MAX) if found.decided_ms >= start_ms],
            orders=self.orders.list(local_day(now_ms)),
            lost=report.lost_ops if report is not None and report.at_wall_ms >= start_ms else 0,
            unsent=status.pending,
            print_failures=failures,
        )

    def _test_page(self, profile: PrinterProfile) -> Document:
        from printers.slips import test_page

        when = f"{local_time(self.clock.wall_ms()):%Y-%m-%d %H:%M}"
        return test_page(profile, shop=self.link.shop(), printer_name=FRONT, printed_at=when)

    # --- what the till printed ---------------------------------------------------------------------------------------

    def take_document(self, document: CapturedDocument) -> None:
        """Books what the capture handed over, read with what this shop has taught. Raises as ``EarnService.ingest``."""
        self.earn.ingest(self.lessons.taught(document))

    # --- what the cloud says -----------------------------------------------------------------------------------------

    def appliers(self) -> dict[str, Applier]:
        """One applier a feed kind; each tells its feature's screens after the commit."""
        telling = self._after_commit.telling
        return {
            FeedKind.REQUEST.value: telling(self.approval.apply_request_row, self.approval.listeners),
            FeedKind.EMPLOYEE.value: telling(self.staff.apply_employee_row, self.staff.listeners),
            FeedKind.NOTICE.value: telling(self.notices.apply_notice_row, self.notices.listeners),
            FeedKind.NOTICE_SETTING.value: telling(self.notices.apply_setting_row, self.notices.listeners),
            FeedKind.ORDER.value: telling(self.orders.apply_order_row, self.orders.listeners),
            FeedKind.MENU_CATEGORY.value: telling(self.menu.apply_category_row, self.menu.listeners),
            FeedKind.MENU.value: telling(self.menu.apply_item_row, self.menu.listeners),
            FeedKind.MENU_HERE.value: telling(self.menu.apply_here_row, self.menu.listeners),
            FeedKind.REPORT.value: telling(self.stock.apply_report_row, self.stock.listeners),
            FeedKind.STOCK.value: telling(self.stock.apply_stock_row, self.stock.listeners),
            FeedKind.EARN.value: telling(self.earn.apply_earn_row, self.earn.listeners),
            FeedKind.COUPON.value: telling(self.coupons.apply_coupon_row, self.coupons.listeners),
            FeedKind.LAYOUT.value: telling(self.lessons.apply_layout_row, self.lessons.listeners),
            FeedKind.EARNING.value: telling(apply_earning_row, self.link.listeners),
            **{kind: telling(applier, self.link.listeners) for kind, applier in OWN_APPLIERS.items()},
        }

    def on_result(self, conn: sqlite3.Connection, result: OpResult, kind: str) -> None:
        """The cloud answered an operation: the feature that made it books the answer in the same transaction."""
        sent = sent_op(conn, result.op_id)
        noun = kind.partition(".")[0]
        if kind in (OpKind.POINTS_SPEND, OpKind.REQUEST_DECIDE):
            self.spend_book.on_result(conn, result, sent)
        if kind == OpKind.EMPLOYEE_RIGHT:
            self._after_commit.mark(self.rights.listeners)  # the row that follows says what it is now
            return
        if kind == OpKind.NOTICE_ACK:
            self.notices.on_result(conn, result, sent.body)
            self._after_commit.mark(self.notices.listeners)
            return
        features: dict[str, _Feature] = {
            "earn": self.earn,
            "order": self.orders,
            "menu": self.menu,
            "report": self.stock,
            "stock": self.stock,
        }
        feature = features.get(noun, self.approval)
        feature.on_result(conn, result, sent)
        self._after_commit.mark(feature.listeners)


def _find_printers() -> list[Found]:
    """Imported when somebody looks for printers, not at every start."""
    from printers.discovery import find_printers

    return find_printers()


class Background:
    """The threads of a running agent: keys, the line to the cloud, printing, the spool and a slow tick."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._worker: SyncWorker | None = None
        self._asks: HttpTransport | None = None
        self._spool: SpoolWatcher | None = None
        self._upkeep = Upkeep(store=agent.store, clock=agent.clock)
        self._ticker: threading.Thread | None = None
        self._vault_again_ms: int | None = None
        self._key_change: threading.Thread | None = None

    def start(self) -> None:
        """Start everything; heavy imports happen here, so call it on a thread that nobody looks at."""
        agent = self._agent
        agent.printing.start()
        self._upkeep.start()
        self._ticker = threading.Thread(target=self._tick, name="tick", daemon=True)
        self._ticker.start()
        self.connect()

    def connect(self, *, again: bool = False) -> None:
        """Read the keys and go online, if this device is enrolled. Called anew after an enrollment, and ``again``
        while the vault is locked: then taps get the last answer instead of waiting for the next one."""
        from sync.enroll import load_device

        agent = self._agent
        with self._lock:
            if self._stopping.is_set():
                return
            if not again:
                agent.keyring.expect()
            try:
                device = load_device(agent.store, agent.vault)
            except SyncError as problem:
                log.warning("keys_not_loaded", problem=type(problem).__name__)
                self._vault_again_ms = agent.clock.mono_ms() + VAULT_AGAIN_MS if problem.retryable else None
                agent.keyring.refuse(problem)
                return
            self._vault_again_ms = None
            if device is None:
                agent.keyring.refuse(NotEnrolled("no identity yet"))
                return
            agent.keyring.install(StoreKeys(device.secrets.store_key, device.cipher))
            self._disconnect()
            self._start_worker(device)
            self._start_spool(device.secrets.store_key)
        agent.approval.ask_again()
        self._finish_key_change()

    def _finish_key_change(self) -> None:
        """A change of this device's keys that was cut off: the cloud may soon take only the new one."""
        from sync import keychange

        agent = self._agent
        if not keychange.pending(agent.store) or (self._key_change is not None and self._key_change.is_alive()):
            return

        def finish() -> None:
            line = keychange.http_line(agent.clock, agent.ids, agent.settings.cloud_url)
            while not self._stopping.is_set() and keychange.pending(agent.store):
                try:
                    done = keychange.change_key(agent.store, agent.vault, ids=agent.ids, open_line=line)
                    if isinstance(done, KeyChanged):
                        self.connect(again=True)
                        keychange.reseal(agent.store, agent.vault)
                        return
                except SyncError as problem:
                    log.warning("key_change_not_finished", problem=type(problem).__name__)
                self._stopping.wait(KEY_CHANGE_AGAIN_S)

        self._key_change = threading.Thread(target=finish, name="key-change", daemon=True)
        self._key_change.start()

    def _start_worker(self, device: Device) -> None:
        from sync.signing import RequestSigner
        from sync.transport import HttpTransport, Timeouts
        from sync.worker import SyncWorker

        agent = self._agent
        identity = device.identity
        signer = RequestSigner(identity.device_id, device.secrets.signing_key(), clock=agent.clock, ids=agent.ids)
        self._worker = SyncWorker(
            store=agent.store,
            transport=HttpTransport(agent.settings.cloud_url or identity.base_url, signer=signer, clock=agent.clock),
            appliers=agent.appliers(),
            on_result=agent.on_result,
            clock=agent.clock,
            ids=agent.ids,
            on_change=agent.link.listeners.notify,
            cipher=device.cipher,
        )
        self._worker.start()
        agent.link.attach(self._worker)
        self._asks = HttpTransport(
            agent.settings.cloud_url or identity.base_url,
            signer=signer,
            clock=agent.clock,
            timeouts=Timeouts(ASK_S, ASK_S),
        )
        agent.spend.attach(self._asks)
        agent.papers.attach(self._asks)
        agent.reward_reports.attach(self._asks)

    def _start_spool(self, store_key: bytes) -> None:
        from printers.capture.tags import write_key

        agent = self._agent
        folder = agent.settings.spool_folder
        try:
            write_key(folder, store_key)  # capture tags approval numbers with the key that the rules use
        except OSError as problem:
            log.warning("capture_key_not_written", problem=type(problem).__name__)
        self._spool = SpoolWatcher(folder=folder, ingest=agent.take_document, on_taken=agent.receipts.listeners.notify)
        self._spool.start()

    def disconnect(self) -> None:
        """Nothing works for the store from here on: it is being left."""
        with self._lock:
            self._disconnect()
            self._agent.keyring.refuse(NotEnrolled("leaving the store"))

    def _disconnect(self) -> None:
        if self._spool is not None:
            self._spool.stop()
            self._spool = None
        if self._asks is not None:
            self._agent.spend.attach(None)
            self._agent.papers.attach(None)
            self._agent.reward_reports.attach(None)
            self._asks.close()
            self._asks = None
        if self._worker is not None:
            self._agent.link.attach(None)
            self._worker.stop()
            self._worker = None

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_S):
            try:
                self._agent.approval.tick()
                self._agent.earn.tick()
                self._agent.late_earns.tick()
                self._agent.lessons.tick()
                self._agent.stock.tick()
                self._agent.health.tick()
                self._agent.capture_keeper.tick()
                if self._vault_again_ms is not None and self._agent.clock.mono_ms() >= self._vault_again_ms:
                    self.connect(again=True)
            except StoreClosed:
                return
            except SyncError as problem:  # a full disk: the next second may be better, and screens say so themselves
                log.warning("tick_failed", problem=type(problem).__name__)
            except Exception:  # a bug here must not stop countdowns from being asked again
                log.failure("tick_failed")

    def stop(self) -> None:
        """Ends every thread within two seconds or so. What was booked stays, what waits is sent by the next start."""
        self._stopping.set()
        with self._lock:
            self._disconnect()
        self._agent.printing.stop()
        self._upkeep.stop()
        if self._ticker is not None:
            self._ticker.join(2)
