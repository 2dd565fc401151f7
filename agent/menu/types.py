"""What the menu service answers with."""

from __future__ import annotations

from dataclasses import dataclass

from rules.menu import NotOnSale, SoldOutKind


@dataclass(frozen=True)
class CategoryView:
    category_id: str
    name: str


@dataclass(frozen=True)
class ItemView:
    """An item as screens show it: the cloud's word, and this counter's own unanswered one on top of it.

    ``why`` None: it can be ordered now. ``until_ms``: when a mark of today ends. ``unsent``: the cloud does not know
    what stands here yet."""

    menu_id: str
    category_id: str
    name: str
    name_en: str
    price_won: int
    why: NotOnSale | None
    sold_out: SoldOutKind | None = None
    until_ms: int | None = None
    unsent: bool = False


@dataclass(frozen=True)
class MenuView:
    """In the order of the menu."""

    categories: tuple[CategoryView, ...] = ()
    items: tuple[ItemView, ...] = ()


@dataclass(frozen=True)
class Marked:
    """It stands so here, and is on its way. ``kind`` None: on sale again."""

    menu_id: str
    kind: SoldOutKind | None


@dataclass(frozen=True)
class NotOnMenu:
    menu_id: str


MarkOutcome = Marked | NotOnMenu
