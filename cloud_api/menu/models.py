"""Tables of the menu. What belongs to a brand has no store; a store sees it beside its own (MNU-12)."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table
from rules.menu import Composition

_CODED = "code <> '' AND removed_ms IS NULL"


def _one_code(name: str, owner: str, where: str) -> Index:
    """A code names one product of its owner."""
    condition = text(f"{_CODED} AND {where}")
    return Index(name, owner, "code", unique=True, sqlite_where=condition, postgresql_where=condition)


class MenuCategory(SQLModel, table=True):
    """MNU-03."""

    __tablename__ = "menu_category"

    category_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id", index=True)
    store_id: str | None = Field(default=None, foreign_key="store.store_id")
    name: str
    visible: bool
    position: int
    version: int
    removed_ms: int | None = Field(default=None, sa_type=Big)


class MenuItemRow(SQLModel, table=True):
    """MNU-05. ``options``, ``sale_times``, ``rewards`` and ``services`` are JSON, as ``menu.service`` writes them."""

    __tablename__ = "menu_item"
    # What a store has beside its brand's products it counts for itself (MNU-15).
    __table_args__ = (
        _one_code("menu_item_brand_code", "brand_id", "store_id IS NULL"),
        _one_code("menu_item_store_code", "store_id", "store_id IS NOT NULL"),
    )

    menu_id: str = Field(primary_key=True)
    brand_id: str = Field(foreign_key="brand.brand_id", index=True)
    store_id: str | None = Field(default=None, foreign_key="store.store_id")
    category_id: str = Field(foreign_key="menu_category.category_id")
    name: str
    name_en: str
    description: str
    price_won: int = Field(sa_type=Big)
    options: str
    sale_times: str
    rewards: str
    visible: bool
    position: int
    version: int
    changed_ms: int = Field(sa_type=Big)
    removed_ms: int | None = Field(default=None, sa_type=Big)
    # What head office keeps of a product (MNU-15); empty services: ordered in any way.
    code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    composition: str = Field(
        default=Composition.SINGLE.value, sa_column_kwargs={"server_default": Composition.SINGLE.value}
    )
    services: str = Field(default="[]", sa_column_kwargs={"server_default": "[]"})
    sale_first: str | None = None
    sale_last: str | None = None
    stopped: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    manager: str = Field(default="", sa_column_kwargs={"server_default": ""})


class MenuHere(SQLModel, table=True):
    """How one store has an item: whether at all, and whether it is sold out (MNU-09, MNU-10)."""

    __tablename__ = "menu_here"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    menu_id: str = Field(primary_key=True, foreign_key="menu_item.menu_id")
    available: bool
    sold_out: str | None = None
    sold_out_ms: int | None = Field(default=None, sa_type=Big)
    # When somebody last said whether it is sold out: of two counters the later word stands (AGT-10).
    said_ms: int = Field(sa_type=Big)
    version: int


class TimeTemplate(SQLModel, table=True):
    """A named range of a store, to pick from (MNU-08)."""

    __tablename__ = "menu_time_template"

    store_id: str = Field(primary_key=True, foreign_key="store.store_id")
    name: str = Field(primary_key=True)
    sale_times: str


menu_category = table(MenuCategory)
menu_item = table(MenuItemRow)
menu_here = table(MenuHere)
menu_time_template = table(TimeTemplate)
