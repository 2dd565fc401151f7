"""Tables of the menu. What belongs to a brand has no store; a store sees it beside its own (MNU-12)."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from cloud_api.tables import Big, table


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
    """MNU-05. ``options``, ``sale_times`` and ``rewards`` are JSON, as ``menu.service`` writes them."""

    __tablename__ = "menu_item"

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
