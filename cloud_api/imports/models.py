"""Tables of imports: the file while it is needed, its rows until they are booked, and whose points came in (MEM-28)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


class ImportState(StrEnum):
    RECEIVING = "receiving"
    CHECKING = "checking"
    CHECKED = "checked"  # waits for somebody who confirms its sums
    REFUSED = "refused"  # the file as a whole cannot be read
    IMPORTING = "importing"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # nobody confirmed it


class Verdict(StrEnum):
    """What a row would do; rows with a problem are not kept, their problem is."""

    NEW = "new"
    KNOWN = "known"
    BEFORE = "before"  # this member's points came in with an earlier import of the same source


class MemberImport(SQLModel, table=True):
    """One file, how it was read and how far it is."""

    __tablename__ = "member_import"
    __table_args__ = (
        Index("member_import_state", "state"),
        Index("member_import_same", "store_id", "content_hash"),
    )

    import_id: str = Field(primary_key=True)
    store_id: str = Field(foreign_key="store.store_id")
    brand_id: str
    source: str  # the service that the members come from; a member's points come in once from each
    actor: str
    state: str
    wanted: str  # JSON: which column is what, as far as the caller named them
    content_hash: str = ""
    size_bytes: int = Field(default=0, sa_type=Big)
    parts: int = 0
    format: str | None = None
    columns: str = "{}"  # JSON: what each column was called that is read
    problem: str | None = None
    problem_line: int | None = None
    read_line: int = 0
    rows: int = 0
    new_members: int = 0
    known_members: int = 0
    imported_before: int = 0
    duplicates: int = 0
    row_errors: int = 0
    points: int = Field(default=0, sa_type=Big)
    stamps: int = Field(default=0, sa_type=Big)
    done_line: int = 0
    done_rows: int = 0
    members_made: int = 0
    points_booked: int = Field(default=0, sa_type=Big)
    stamps_booked: int = Field(default=0, sa_type=Big)
    skipped: int = 0
    grades: str = "[]"  # JSON: what the other service called its grades, how many members, what they become
    graded: int = 0  # members who have a higher grade by it
    created_ms: int = Field(sa_type=Big)
    checked_ms: int | None = Field(default=None, sa_type=Big)
    confirmed_ms: int | None = Field(default=None, sa_type=Big)
    confirmed_by: str | None = None
    finished_ms: int | None = Field(default=None, sa_type=Big)


class ImportPart(SQLModel, table=True):
    """A piece of the file, sealed; gone when the file was read."""

    __tablename__ = "import_part"

    import_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    sealed: bytes


class ImportRow(SQLModel, table=True):
    """A row that can be imported: ``sealed`` is number and name. Gone when the import is over."""

    __tablename__ = "import_row"
    __table_args__ = (UniqueConstraint("import_id", "phone_lookup", name="import_row_once"),)

    import_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    phone_lookup: str
    sealed: bytes
    points: int = Field(sa_type=Big)
    stamps: int
    joined_ms: int | None = Field(default=None, sa_type=Big)
    grade: str
    verdict: str


class ImportProblem(SQLModel, table=True):
    """Why a line is left out. Nothing of the line itself is kept."""

    __tablename__ = "import_problem"

    import_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    field: str
    code: str
    other_line: int | None = None


class ImportedMember(SQLModel, table=True):
    """What came in with a member, once for each source; the import's posting leads back to it.

    ``grade`` is what the other service called it; what it became is in the member's moves (``grades.taking_over``).
    """

    __tablename__ = "imported_member"
    __table_args__ = (UniqueConstraint("posting_id", name="imported_member_posting"),)

    brand_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    member_id: str = Field(primary_key=True)
    import_id: str
    line: int
    points: int = Field(sa_type=Big)
    stamps: int
    grade: str
    posting_id: str | None = None
    booked_ms: int = Field(sa_type=Big)


member_import = table(MemberImport)
import_part = table(ImportPart)
import_row = table(ImportRow)
import_problem = table(ImportProblem)
imported_member = table(ImportedMember)
