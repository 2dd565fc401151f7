"""Owns a running counter without its windows: the agent's services on a real file, its worker on a real line."""

from __future__ import annotations

from agent.bootstrap import Agent
from agent.earn.types import SubmitOutcome
from agent.keys import StoreKeys
from agent.launch import AgentSettings
from printers.capture.spool import CapturedDocument
from rules.receipts import approval_tag
from simulation.kills.ground import CounterPlace
from sync.clock import Clock, SystemClock
from sync.ids import SystemIds
from sync.secrets import FieldCipher
from sync.signing import RequestSigner
from sync.store import Store
from sync.transport import HttpTransport, Timeouts
from sync.worker import SyncWorker


class RunningCounter:
    """Works from its making to ``close``, or to the end of its process."""

    def __init__(
        self, place: CounterPlace, url: str, *, clock: Clock | None = None, timeouts: Timeouts | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self._place = place
        ids = SystemIds(self.clock)
        self.store = Store.open(place.folder, clock=self.clock)
        self.agent = Agent(AgentSettings(folder=place.folder), self.store, self.clock, ids)
        cipher = FieldCipher(place.secrets.field_key)
        self.agent.keyring.install(StoreKeys(place.secrets.store_key, cipher))
        signer = RequestSigner(place.identity.device_id, place.secrets.signing_key(), clock=self.clock, ids=ids)
        self.worker = SyncWorker(
            store=self.store,
            transport=HttpTransport(url, signer=signer, clock=self.clock, timeouts=timeouts),
            appliers=self.agent.appliers(),
            on_result=self.agent.on_result,
            clock=self.clock,
            ids=ids,
            on_change=lambda: None,
            cipher=cipher,
        )
        self.agent.link.attach(self.worker)
        self.worker.start()
        self.agent.approval.ask_again()

    def close(self) -> None:
        self.agent.link.attach(None)
        self.worker.stop()
        self.agent.close()

    def sell(self, number: str, paid_won: int, phone: str) -> SubmitOutcome:
        """The till prints a receipt, a customer types a number."""
        self.agent.earn.ingest(self._document(number, "sale", paid_won))
        return self.agent.earn.submit_phone(self.agent.earn.open_entry(), phone)

    def cancel(self, number: str, paid_won: int) -> None:
        """The till prints the cancel slip of that sale."""
        self.agent.earn.ingest(self._document(number, "cancel", -paid_won))

    def cursor(self) -> tuple[int, ...]:
        """How far the feeds were read: generation, store, brand."""
        with self.store.read() as conn:
            return tuple(conn.execute("SELECT generation, store_n, brand_n FROM inbox_cursor").fetchone())

    def _document(self, number: str, kind: str, amount_won: int) -> CapturedDocument:
        cancels = kind == "cancel"
        return CapturedDocument(
            document_id=f"{kind}-{number}",
            captured_wall_ms=self.clock.wall_ms(),
            source="pos",
            reading={
                "kind": kind,
                "total": amount_won,
                "paid": amount_won,
                "receipt_no": f"C-{number}" if cancels else number,
                "till": "01",
                "time": "2026-09-21T14:03:22",
            },
            approval_tags=(approval_tag(self._place.secrets.store_key, number),),
            original_approval_tags=(),
            original_receipt_no=number if cancels else None,
            text_digest=f"{kind}-{number}",
            lines=("느린오후 커피",),
        )
