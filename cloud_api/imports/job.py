"""Works on what is to be checked and booked, a portion at a time, for the server's runner and for the command."""

from __future__ import annotations

from sqlalchemy import select

from cloud_api.clock import Clock
from cloud_api.database import Database
from cloud_api.imports import service
from cloud_api.imports.booking import book_some
from cloud_api.imports.checking import Reading, check_some, open_reading
from cloud_api.imports.models import ImportState, member_import
from cloud_api.vault import Vault


class Importer:
    """One portion a call. Between two portions of a check it keeps the file open; who starts anew reads it again."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._reading: Reading | None = None

    def portion(self, database: Database, clock: Clock) -> int:
        """Does some of the oldest import that wants something; returns how many rows, 0 when there is nothing to do."""
        with database.read() as conn:
            found = conn.execute(
                select(member_import.c.import_id, member_import.c.state)
                .where(member_import.c.state.in_([ImportState.CHECKING.value, ImportState.IMPORTING.value]))
                .order_by(member_import.c.import_id)
                .limit(1)
            ).one_or_none()
        if found is None:
            database.transact(service.expire_waiting)
            return 0
        return self.work_on(database, clock, found.import_id, ImportState(found.state))

    def work_on(self, database: Database, clock: Clock, import_id: str, state: ImportState) -> int:
        """The next portion of one import; at least 1, also where it only came to its end."""
        if state is ImportState.IMPORTING:
            return max(database.transact(lambda work: book_some(work, self._vault, import_id)), 1)
        if self._reading is None or self._reading.import_id != import_id:
            self._reading = open_reading(database, self._vault, import_id, clock())
        done = 0 if self._reading is None else check_some(database, self._vault, self._reading)
        if not done:
            self._reading = None
        return max(done, 1)
