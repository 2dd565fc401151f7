"""Why a store declines a campaign that was matched with it (CUP-25)."""

from __future__ import annotations

from enum import StrEnum


class RefusalGroup(StrEnum):
    STAFFING = "staffing"
    STOCK = "stock"
    SCHEDULE = "schedule"
    COST = "cost"
    CONDITIONS = "conditions"
    DESIGN = "design"
    SYSTEM = "system"


class RefusalReason(StrEnum):
    """The reasons of the form. ``OTHER`` needs a text."""

    TOO_FEW_PEOPLE = "too_few_people"
    PEAK_TOO_BUSY = "peak_too_busy"
    NEW_STAFF = "new_staff"
    NO_STORAGE = "no_storage"
    DELIVERY_LATE = "delivery_late"
    SIZE_DOES_NOT_FIT = "size_does_not_fit"
    CONSUMABLES_CHANGED = "consumables_changed"
    CLOSED_FOR_A_WHILE = "closed_for_a_while"
    SEASON_OR_EVENT = "season_or_event"
    FEWER_VISITORS = "fewer_visitors"
    TOO_MANY_VISITORS = "too_many_visitors"
    DEPOSIT_OR_COST = "deposit_or_cost"
    SETTLEMENT_METHOD = "settlement_method"
    TAX_INVOICE = "tax_invoice"
    PERIOD_OR_QUANTITY = "period_or_quantity"
    DISTRIBUTION_METHOD = "distribution_method"
    REACTION_TO_REWARD = "reaction_to_reward"
    REPORTING_RULES = "reporting_rules"
    BRAND_IMAGE = "brand_image"
    TEXT_OR_VISUAL = "text_or_visual"
    CONTENT_POLICY = "content_policy"
    QR_OR_ORDER_TROUBLE = "qr_or_order_trouble"
    NO_CONTACT_PERSON = "no_contact_person"
    OTHER = "other"


_R = RefusalReason
REASONS: dict[RefusalGroup, tuple[RefusalReason, ...]] = {
    RefusalGroup.STAFFING: (_R.TOO_FEW_PEOPLE, _R.PEAK_TOO_BUSY, _R.NEW_STAFF),
    RefusalGroup.STOCK: (_R.NO_STORAGE, _R.DELIVERY_LATE, _R.SIZE_DOES_NOT_FIT, _R.CONSUMABLES_CHANGED),
    RefusalGroup.SCHEDULE: (_R.CLOSED_FOR_A_WHILE, _R.SEASON_OR_EVENT, _R.FEWER_VISITORS, _R.TOO_MANY_VISITORS),
    RefusalGroup.COST: (_R.DEPOSIT_OR_COST, _R.SETTLEMENT_METHOD, _R.TAX_INVOICE),
    RefusalGroup.CONDITIONS: (
        _R.PERIOD_OR_QUANTITY,
        _R.DISTRIBUTION_METHOD,
        _R.REACTION_TO_REWARD,
        _R.REPORTING_RULES,
    ),
    RefusalGroup.DESIGN: (_R.BRAND_IMAGE, _R.TEXT_OR_VISUAL, _R.CONTENT_POLICY),
    RefusalGroup.SYSTEM: (_R.QR_OR_ORDER_TROUBLE, _R.NO_CONTACT_PERSON, _R.OTHER),
}


def group_of(reason: RefusalReason) -> RefusalGroup:
    """The group under which the form shows the reason."""
    return next(group for group, reasons in REASONS.items() if reason in reasons)


def refusal_valid(reason: RefusalReason, text: str) -> bool:
    """The free reason needs its text."""
    return reason is not RefusalReason.OTHER or bool(text.strip())
