"""Small helpers that the models of every noun share, and the one list of all tables."""

from __future__ import annotations

from typing import cast

from sqlalchemy import BigInteger, Index, MetaData, Table, text
from sqlmodel import SQLModel

# Milliseconds, won and points exceed 32 bits; SQLite stores every integer in as many bytes as it needs.
Big = BigInteger


def table(model: type[SQLModel]) -> Table:
    """The Core table behind a model; hot paths write statements instead of loading objects."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def partial(name: str, columns: str | tuple[str, ...], where: str) -> Index:
    """An index of the few rows that are looked for."""
    return Index(
        name,
        *([columns] if isinstance(columns, str) else columns),
        sqlite_where=text(where),
        postgresql_where=text(where),
    )


def all_tables() -> MetaData:
    """Imports every model, so that the metadata is complete."""
    import cloud_api.claims.models
    import cloud_api.coupons.models
    import cloud_api.devices.models
    import cloud_api.earns.models
    import cloud_api.gateway.models
    import cloud_api.grades.models
    import cloud_api.imports.models
    import cloud_api.integrators.models
    import cloud_api.jobs.models
    import cloud_api.layouts.models
    import cloud_api.ledger.models
    import cloud_api.members.models
    import cloud_api.members.person_models
    import cloud_api.menu.models
    import cloud_api.monitors.models
    import cloud_api.notices.models
    import cloud_api.orders.models
    import cloud_api.requests.models
    import cloud_api.rewards.models
    import cloud_api.shares.models
    import cloud_api.staff.models
    import cloud_api.stamps.models
    import cloud_api.stock.models
    import cloud_api.stores.models
    import cloud_api.webhooks.models  # noqa: F401

    return SQLModel.metadata
