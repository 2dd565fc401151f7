"""What the cloud takes and gives.

Made by `python -m installers.client` from docs/openapi.json; change the cloud, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict

CODES = (
    "above_platform",
    "address_refused",
    "adjustment_unknown",
    "already_decided",
    "already_received",
    "application_refused",
    "application_unchecked",
    "application_unknown",
    "bad_encoding",
    "bad_json",
    "bad_proof",
    "bad_signature",
    "brand_unknown",
    "business_taken",
    "busy",
    "card_deleted",
    "card_invalid",
    "card_taken",
    "card_unknown",
    "category_not_empty",
    "category_unknown",
    "claim_expired",
    "claim_unknown",
    "claim_used",
    "code_expired",
    "code_taken",
    "code_unknown",
    "conditions_unmet",
    "consent_unknown",
    "coupon_code_invalid",
    "coupon_expired",
    "coupon_not_available",
    "coupon_not_here",
    "coupon_not_issued_now",
    "coupon_sold_out",
    "coupon_taken",
    "coupon_unknown",
    "coupon_used",
    "coupon_waiting",
    "cursor_reset",
    "data_request_unknown",
    "day_total_reached",
    "definition_unknown",
    "device_revoked",
    "device_suspended",
    "device_unknown",
    "dispute_unknown",
    "due_refused",
    "duplicate_member",
    "earn_unknown",
    "earning_refused",
    "employee_unknown",
    "event_unknown",
    "grade_unknown",
    "group_unknown",
    "hours_refused",
    "idempotency_conflict",
    "import_empty",
    "import_not_ready",
    "import_refused",
    "import_under_way",
    "import_unknown",
    "insufficient_points",
    "internal",
    "invalid",
    "invitation_code",
    "invitation_expired",
    "invitation_unknown",
    "job_unknown",
    "key_restricted",
    "key_unknown",
    "limit_reached",
    "member_day_reached",
    "member_gone",
    "member_unknown",
    "menu_not_on_sale",
    "menu_unknown",
    "merge_refused",
    "method_not_allowed",
    "no_grades",
    "no_stamps_here",
    "not_allowed",
    "not_found",
    "nothing_asked",
    "notice_needed",
    "notice_unknown",
    "options_refused",
    "order_stands",
    "order_unknown",
    "orders_not_taken",
    "out_of_hours",
    "overlap_refused",
    "owner_exists",
    "owner_first",
    "owner_needed",
    "phone_invalid",
    "phone_taken",
    "pin_refused",
    "plan_needed",
    "points_exceed_payment",
    "points_exceed_share",
    "points_not_in_units",
    "possession_unchecked",
    "profile_incomplete",
    "rate_limited",
    "receipt_used",
    "referral_refused",
    "rejoin_blocked",
    "replayed",
    "report_not_yet",
    "report_quantity",
    "report_read_only",
    "request_unknown",
    "rewards_not_taken",
    "rewards_off",
    "rewards_refused",
    "round_unknown",
    "rule_unknown",
    "scope_fixed",
    "scope_missing",
    "second_person_needed",
    "skew",
    "span_refused",
    "stale_epoch",
    "stamps_by_payment",
    "state_not_allowed",
    "stock_quantity",
    "store_not_open",
    "store_unknown",
    "sums_differ",
    "too_large",
    "too_many_employees",
    "too_many_tries",
    "total_differs",
    "unauthorized",
    "under_age",
    "unknown_device",
    "upgrade_needed",
    "webhook_exists",
    "webhook_unknown",
    "webhooks_full",
    "withdrawal_blocked",
    "withdrawal_refused",
    "wrong_content_type",
)  # of Refused


class AdjustmentsWaitingAnswer(TypedDict):
    adjustments: list[AdjustmentsWaitingAnswerAdjustmentsItem]


class AdjustmentsWaitingAnswerAdjustmentsItem(TypedDict):
    adjustment_id: str
    decided_by: Any
    decided_ms: Any
    member_id: str
    points: int
    posting_id: Any
    proposed_by: str
    proposed_ms: int
    reason: str | None
    state: str
    store_id: str | None


class AdjustmentsConfirmAnswer(TypedDict):
    adjustment_id: str
    decided_by: str | None
    decided_ms: int | None
    member_id: str
    points: int
    posting_id: str | None
    proposed_by: str
    proposed_ms: int
    reason: str | None
    state: str
    store_id: str | None


class AdjustmentsRefuseAnswer(TypedDict):
    adjustment_id: str
    decided_by: str | None
    decided_ms: int | None
    member_id: str
    points: int
    posting_id: Any
    proposed_by: str
    proposed_ms: int
    reason: str | None
    state: str
    store_id: str | None


class ApplicationsListedAnswer(TypedDict):
    applications: list[ApplicationsListedAnswerApplicationsItem]


class ApplicationsListedAnswerApplicationsItem(TypedDict):
    application_id: str
    decided_by: Any
    decided_ms: Any
    name: str
    reason: str | None
    state: str
    store_id: Any
    submitted_ms: int
    version: int


class Hours(TypedDict):
    always_open: NotRequired[bool]
    holidays: NotRequired[Sequence[str]]
    weekly: Sequence[Sequence[Any] | None]


class ApplicationsLookAnswer(TypedDict):
    application_id: str
    decided_by: Any
    decided_ms: Any
    form: ApplicationsLookAnswerForm
    name: str
    reason: str | None
    state: str
    store_id: Any
    submitted_ms: int
    version: int


class ApplicationsLookAnswerForm(TypedDict):
    account: str
    address: str
    ads: str
    age_percents: ApplicationsLookAnswerFormAgePercents
    brand_name: str
    business_no: str
    daily_cup_holders: int
    districts: list[str]
    documents: list[str]
    female_percent: int
    groups: list[str]
    hours: ApplicationsLookAnswerFormHours
    male_percent: int
    name: str
    owner: str
    phone: str
    photos: int
    prices_won: list[int]
    registration_scan: bool
    school_level: Any
    service_type: str


ApplicationsLookAnswerFormAgePercents = TypedDict(
    "ApplicationsLookAnswerFormAgePercents", {"10s": "int", "20s": "int", "30s": "int", "40s": "int", "50_up": "int"}
)


class ApplicationsLookAnswerFormHours(TypedDict):
    always_open: bool
    holidays: list[str]
    weekly: list[list[int] | None]


class ApplicationsApproveAnswer(TypedDict):
    application_id: str
    decided_by: Any
    decided_ms: Any
    enrollment: ApplicationsApproveAnswerEnrollment
    name: str
    owner: ApplicationsApproveAnswerOwner
    owner_pin: str
    reason: str | None
    state: str
    store_id: Any
    submitted_ms: int
    version: int


class ApplicationsApproveAnswerEnrollment(TypedDict):
    code: str | None
    expires_ms: int


class ApplicationsApproveAnswerOwner(TypedDict):
    employee_id: str
    may_recover: bool
    name: str
    removed_ms: Any
    role: str
    suspended_for: Any
    suspended_ms: Any


class AuditLogAuditLogAnswer(TypedDict):
    entries: list[AuditLogAuditLogAnswerEntriesItem]


class AuditLogAuditLogAnswerEntriesItem(TypedDict):
    action: str
    actor_name: str
    address: str
    after: Any
    at_ms: int
    before: Any
    employee_id: Any
    key_id: str
    log_id: str
    program: str | None
    reason: str | None
    store_id: Any
    target: str


class BrandsOfAdvertiserAnswer(TypedDict):
    day_max_won: int
    use_max_won: int


class BrandsListedCouponRulesAnswer(TypedDict):
    rules: list[BrandsListedCouponRulesAnswerRulesItem]


class BrandsListedCouponRulesAnswerRulesItem(TypedDict):
    brand_id: str
    count: int | None
    definition_id: str | None
    ended_ms: Any
    from_ms: int
    kind: str
    rule_id: str


class BrandsEndAnswer(TypedDict):
    brand_id: str
    count: int | None
    definition_id: str | None
    ended_ms: int
    from_ms: int
    kind: str
    rule_id: str


class BrandsDownloadAnswer(TypedDict):
    coupons: list[BrandsDownloadAnswerCouponsItem]


class BrandsDownloadAnswerCouponsItem(TypedDict):
    condition: str | None
    definition_id: str | None
    left: int | None
    name: str
    store_id: Any
    take_max: int
    valid_days: int | None
    value_won: int | None


class BrandsOfBrandEarningAnswer(TypedDict):
    active: bool
    program: BrandsOfBrandEarningAnswerProgram | None


class BrandsOfBrandEarningAnswerProgram(TypedDict):
    bonus_bp: dict[str, Any]
    card: BrandsOfBrandEarningAnswerProgramCard | None
    day_starts_minute: int
    grades: list[Any]
    limits: BrandsOfBrandEarningAnswerProgramLimits
    method: str
    rate_bp: Any
    rewards: list[Any]
    scope: Any
    stamps: BrandsOfBrandEarningAnswerProgramStamps | None
    version: int


class BrandsOfBrandEarningAnswerProgramCard(TypedDict):
    name: str
    per_board: int
    template: int
    tiers: list[int]
    valid_days: int | None


class BrandsOfBrandEarningAnswerProgramLimits(TypedDict):
    member_day_max_points: int
    payment_max_percent: Any
    store_day_max_points: Any


class BrandsOfBrandEarningAnswerProgramStamps(TypedDict):
    basis: str
    day_max: int | None
    minimum_won: int


class CardBody(TypedDict):
    boards_max: NotRequired[int | None]
    first_day: NotRequired[str | None]
    last_day: NotRequired[str | None]
    name: NotRequired[str]
    per_board: int
    template: NotRequired[int]
    tiers: Sequence[int]
    valid_days: NotRequired[int | None]


class GradeRow(TypedDict):
    assigned: NotRequired[bool]
    benefit: NotRequired[str]
    bonus_points: NotRequired[int]
    card_image: NotRequired[str]
    code: str
    coupon: NotRequired[str | None]
    image: NotRequired[str]
    min_orders: NotRequired[int]
    min_points: NotRequired[int]
    name: str
    rate_bp: int


class LimitsBody(TypedDict):
    member_day_max_points: NotRequired[int]
    payment_max_percent: NotRequired[int | None]
    store_day_max_points: NotRequired[int | None]


class StampRulesBody(TypedDict):
    basis: NotRequired[Literal["order", "items", "condition_items", "amount"]]
    channels: NotRequired[Sequence[Literal["offline", "web", "app"]] | None]
    coupon_items: NotRequired[bool]
    day_max: NotRequired[int | None]
    grades: NotRequired[Sequence[str] | None]
    means: NotRequired[
        Sequence[Literal["card", "prepaid", "cash", "payco", "mobile_voucher", "local_currency", "other"]] | None
    ]
    minimum_won: NotRequired[int]
    payment_max: NotRequired[int | None]
    per_won: NotRequired[int]
    products: NotRequired[Sequence[str] | None]
    services: NotRequired[Sequence[Literal["in_store", "pickup", "delivery", "parcel", "other"]] | None]
    stores: NotRequired[Sequence[str] | None]
    with_coupon: NotRequired[bool]


class Bought(TypedDict):
    days: int
    paid_won: NotRequired[int]
    visits: NotRequired[int]


class BrandsMakeAnswer(TypedDict):
    bought: Any
    brand_id: str
    group_id: str
    made_ms: int
    members: int
    name: str
    purpose: str
    segment: bool


class BrandsSetTermsAnswer(TypedDict):
    dormant_months: int
    rejoin_block_days: int


class BrandsShowAnswer(TypedDict):
    benefit: str
    brand_id: str
    grade: str
    level: int
    member_id: str
    moves: list[BrandsShowAnswerMovesItem]
    name: str
    next: BrandsShowAnswerNext | None
    orders: int
    points: int
    rate_bp: int
    since_ms: int | None


class BrandsShowAnswerMovesItem(TypedDict):
    actor: str
    before: str
    cause: str | None
    code: str | None
    moved_ms: int
    orders: int
    points: int


class BrandsShowAnswerNext(TypedDict):
    grade: str
    min_orders: int
    min_points: int


class BrandsListedProductsAnswer(TypedDict):
    products: list[BrandsListedProductsAnswerProductsItem]


class BrandsListedProductsAnswerProductsItem(TypedDict):
    category_id: str
    code: str | None
    composition: str
    manager: str
    menu_id: str
    name: str
    price_won: int
    sale_first: str | None
    sale_last: Any
    sale_state: str
    services: list[str]
    stopped: bool
    store_id: Any
    version: int
    visible: bool


class Whose(TypedDict):
    member_id: str


class BrandsReferAnswer(TypedDict):
    member: int
    referred_by: int


class BrandsSettleAnswer(TypedDict):
    stores: list[BrandsSettleAnswerStoresItem]
    totals: BrandsSettleAnswerTotals


class BrandsSettleAnswerStoresItem(TypedDict):
    expired: int
    issued: int
    name: str
    net: int
    stamps: int | None
    store_id: str | None
    taken_back: int
    used: int


class BrandsSettleAnswerTotals(TypedDict):
    expired: int
    issued: int
    net: int
    stamps: int | None
    taken_back: int
    used: int


class BrandsRatiosAnswer(TypedDict):
    brand: BrandsRatiosAnswerBrand | None
    stores: list[BrandsRatiosAnswerStoresItem]


class BrandsRatiosAnswerBrand(TypedDict):
    coupon_bp: int
    from_ms: int
    stamp_bp: int


class BrandsRatiosAnswerStoresItem(TypedDict):
    coupon_bp: int
    from_ms: int
    stamp_bp: int
    store_id: str | None


class BrandsOfBrandSharesSettlementAnswer(TypedDict):
    stores: list[BrandsOfBrandSharesSettlementAnswerStoresItem]
    totals: BrandsOfBrandSharesSettlementAnswerTotals


class BrandsOfBrandSharesSettlementAnswerStoresItem(TypedDict):
    coupon: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon
    hq_won: int
    name: str
    stamp: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon
    store_id: str | None


class BrandsOfBrandSharesSettlementAnswerStoresItemCoupon(TypedDict):
    hq_won: int
    store_won: int
    uses: int
    value_won: int | None


class BrandsOfBrandSharesSettlementAnswerTotals(TypedDict):
    coupon: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon
    hq_won: int
    stamp: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon


class BrandsSearchAnswer(TypedDict):
    trades: list[BrandsSearchAnswerTradesItem]


class BrandsSearchAnswerTradesItem(TypedDict):
    booked_ms: int
    earn_id: str
    member_id: str
    occurred_ms: int
    paid_won: int
    points: int
    rate_bp: int
    receipt_no: str | None
    source: str
    status: str
    store_id: str | None
    store_name: str
    till: str | None


class ClaimsUseAnswer(TypedDict):
    earn_id: str
    paid_won: int
    points: int
    store_id: str | None


class ConsentsWordingsAnswer(TypedDict):
    wordings: list[ConsentsWordingsAnswerWordingsItem]


class ConsentsWordingsAnswerWordingsItem(TypedDict):
    code: str | None
    effective: str
    grouped: str
    in_use: bool
    name: str
    required: bool
    version: int
    wording: str
    written_ms: int


class ConsentsWriteWordingAnswer(TypedDict):
    code: str | None
    effective: str
    grouped: str
    name: str
    required: bool
    version: int
    wording: str
    written_ms: int


class ConsentsUseAnswer(TypedDict):
    code: str | None
    in_use: bool


class OneBenefit(TypedDict):
    kind: Literal["amount", "rate"]
    max_won: NotRequired[int | None]
    value: int


class Conditions(TypedDict):
    categories: NotRequired[Sequence[str] | None]
    channels: NotRequired[Sequence[Literal["offline", "web", "app"]] | None]
    customers: NotRequired[Sequence[Literal["new", "regular"]] | None]
    first_day: NotRequired[str | None]
    grades: NotRequired[Sequence[str] | None]
    last_day: NotRequired[str | None]
    max_won: NotRequired[int | None]
    means: NotRequired[
        Sequence[Literal["card", "prepaid", "cash", "payco", "mobile_voucher", "local_currency", "other"]] | None
    ]
    min_won: NotRequired[int | None]
    products: NotRequired[Sequence[str] | None]
    regions: NotRequired[Sequence[str] | None]
    services: NotRequired[Sequence[Literal["in_store", "pickup", "delivery", "parcel", "other"]] | None]
    stores: NotRequired[Sequence[str] | None]
    times: NotRequired[Sequence[Sequence[Any]]]
    uses_per_member: NotRequired[int | None]
    weekdays: NotRequired[Sequence[int] | None]


class CouponDefinitionsDefineAnswer(TypedDict):
    definition_id: str | None


class CouponDefinitionsMakeCodesAnswer(TypedDict):
    codes: list[str]


class CouponDefinitionsIssueToManyAnswer(TypedDict):
    issued: int
    members: list[CouponDefinitionsIssueToManyAnswerMembersItem]


class CouponDefinitionsIssueToManyAnswerMembersItem(TypedDict):
    coupon_ids: list[str]
    member_id: str


class DataRequestsWaitingAnswer(TypedDict):
    requests: list[DataRequestsWaitingAnswerRequestsItem]


class DataRequestsWaitingAnswerRequestsItem(TypedDict):
    answer: Any
    answered_by: Any
    answered_ms: Any
    asked_ms: int
    data_request_id: str
    due_ms: int
    kind: str
    member_id: str
    overdue: bool
    text: str


class DataRequestsGiveAnswerAnswer(TypedDict):
    answer: Any
    answered_by: Any
    answered_ms: Any
    asked_ms: int
    data_request_id: str
    due_ms: int
    kind: str
    member_id: str
    text: str


class Bought2(TypedDict):
    channel: NotRequired[Literal["offline", "web", "app"] | None]
    coupon_used: NotRequired[bool]
    items: NotRequired[Sequence[BoughtItem]]
    means: NotRequired[Literal["card", "prepaid", "cash", "payco", "mobile_voucher", "local_currency", "other"] | None]
    service: NotRequired[Literal["in_store", "pickup", "delivery", "parcel", "other"] | None]


class BoughtItem(TypedDict):
    by_coupon: NotRequired[bool]
    product_id: str
    quantity: NotRequired[int]


class EarnsEarnAnswer(TypedDict):
    booked_ms: int
    earn_id: str
    member_id: str
    occurred_ms: int
    paid_won: int
    points: int
    points_balance: int
    receipt_no: str | None
    status: str
    store_id: str | None
    till: str | None


class EarnsCancelAnswer(TypedDict):
    booked_ms: int
    debt_points: int
    earn_id: str
    member_id: str
    occurred_ms: int
    paid_won: int
    points: int
    points_balance: int
    points_taken_back: int
    receipt_no: str | None
    status: str
    store_id: str | None
    till: str | None


class HqListedAnswer(TypedDict):
    disputes: list[HqListedAnswerDisputesItem]


class HqListedAnswerDisputesItem(TypedDict):
    created_ms: int
    decided_by: Any
    decided_ms: Any
    decision: Any
    dispute_id: str
    member_id: str
    note: Any
    request_id: str | None
    store_id: str | None
    text: str


class HqWarnedAnswer(TypedDict):
    stores: list[HqWarnedAnswerStoresItem]


class HqWarnedAnswerStoresItem(TypedDict):
    figures: list[str]
    store_id: str | None


class HqOfHqAnswer(TypedDict):
    notices: list[HqOfHqAnswerNoticesItem]
    unread: int


class HqOfHqAnswerNoticesItem(TypedDict):
    acked_by: Any
    acked_ms: Any
    at_ms: int
    count: int | None
    created_ms: int
    details: Any
    expires_ms: int
    for_owner: bool
    kind: str
    notice_id: str
    priority: str
    read_ms: int | None
    store_id: str | None
    version: int


class ImportsImportsAnswer(TypedDict):
    imports: list[ImportsImportsAnswerImportsItem]


class ImportsImportsAnswerImportsItem(TypedDict):
    checked_ms: Any
    columns: dict[str, Any]
    confirmed_by: Any
    confirmed_ms: Any
    created_ms: int
    duplicates: int
    finished_ms: Any
    format: Any
    grades: list[ImportsImportsAnswerImportsItemGradesItem]
    import_id: str
    imported_before: int
    known_members: int
    new_members: int
    problem: Any
    progress: ImportsImportsAnswerImportsItemProgress
    row_errors: int
    rows_read: int
    size_bytes: int
    source: str
    state: str
    store_id: str | None
    sums: ImportsImportsAnswerImportsItemSums


class ImportsImportsAnswerImportsItemGradesItem(TypedDict):
    grade: str | None
    members: int
    word: str


class ImportsImportsAnswerImportsItemProgress(TypedDict):
    graded: int
    members_made: int
    percent: int
    points: int
    rows: int
    skipped: int
    stamps: int | None


class ImportsImportsAnswerImportsItemSums(TypedDict):
    points: int
    rows: int
    stamps: int | None


class GradeWord(TypedDict):
    grade: str | None
    word: str


class ImportsProblemsOfAnswer(TypedDict):
    problems: list[ImportsProblemsOfAnswerProblemsItem]


class ImportsProblemsOfAnswerProblemsItem(TypedDict):
    code: str | None
    column: str
    en: str
    field: str
    ko: str
    line: int
    other_line: Any


class JobsJobsAnswer(TypedDict):
    jobs: list[JobsJobsAnswerJobsItem]


class JobsJobsAnswerJobsItem(TypedDict):
    done: int
    error: Any
    failures: int
    finished_ms: int
    name: str
    next_ms: int
    running: bool
    started_ms: int


class JobsRunAnswer(TypedDict):
    name: str


class LayoutsRulesAnswer(TypedDict):
    rules: list[LayoutsRulesAnswerRulesItem]


class LayoutsRulesAnswerRulesItem(TypedDict):
    label: str
    meaning: str | None
    pos_model: str
    version: int


class Lesson(TypedDict):
    label: str
    meaning: Literal["due", "card", "cash", "easy_pay", "prepaid", "giftcard", "voucher", "transfer"]


class MemberGroupsShowAnswer(TypedDict):
    bought: Any
    brand_id: str
    group_id: str
    made_ms: int
    member_ids: list[str]
    members: int
    name: str
    purpose: str
    segment: bool


class MemberSearchesSearchesAnswer(TypedDict):
    searches: list[MemberSearchesSearchesAnswerSearchesItem]


class MemberSearchesSearchesAnswerSearchesItem(TypedDict):
    at_ms: int
    by: str
    found: list[str]
    key_id: str
    reason: str | None
    search_id: str
    searched: str
    store_id: Any


class MembersListedAnswer(TypedDict):
    members: list[MembersListedAnswerMembersItem]
    next: Any


class MembersListedAnswerMembersItem(TypedDict):
    changed_ms: int
    joined_ms: int
    member_id: str
    merged_into: Any
    status: str


class MembersJoinAnswer(TypedDict):
    member_id: str
    merged_into: Any
    nickname: str
    phone_masked: str
    status: str


class MembersFindAnswer(TypedDict):
    coupons: list[MembersFindAnswerCouponsItem]
    coupons_usable: int
    debt: int
    grades: dict[str, Any]
    member_id: str
    merged_into: Any
    nickname: str
    phone_masked: str
    points_balance: int
    points_expiring: int
    points_expiring_ms: int | None
    points_held: int
    stamp_cards: list[MembersFindAnswerStampCardsItem]
    status: str


class MembersFindAnswerCouponsItem(TypedDict):
    coupon_id: str | None
    expires_ms: int
    name: str
    state: str
    value_won: int | None


class MembersFindAnswerStampCardsItem(TypedDict):
    on_full_boards: int
    on_open_board: int
    opened_ms: int
    place_id: str


class ByTail(TypedDict):
    after: NotRequired[str]
    by: str
    key: Literal["last_four"]
    limit: NotRequired[int]
    reason: str
    store_id: NotRequired[str | None]
    value: str
    verification: NotRequired[Literal["verified", "sms_possession", "unverified"] | None]


class ByPhone(TypedDict):
    after: NotRequired[str]
    by: str
    key: Literal["phone"]
    limit: NotRequired[int]
    phone: str
    reason: str
    store_id: NotRequired[str | None]
    verification: NotRequired[Literal["verified", "sms_possession", "unverified"] | None]


class ById(TypedDict):
    after: NotRequired[str]
    by: str
    key: Literal["member_id"]
    limit: NotRequired[int]
    reason: str
    store_id: NotRequired[str | None]
    value: str
    verification: NotRequired[Literal["verified", "sms_possession", "unverified"] | None]


class ByCard(TypedDict):
    after: NotRequired[str]
    by: str
    key: Literal["card"]
    limit: NotRequired[int]
    reason: str
    store_id: NotRequired[str | None]
    value: str
    verification: NotRequired[Literal["verified", "sms_possession", "unverified"] | None]


class ByNickname(TypedDict):
    after: NotRequired[str]
    by: str
    key: Literal["nickname"]
    limit: NotRequired[int]
    reason: str
    store_id: NotRequired[str | None]
    value: str
    verification: NotRequired[Literal["verified", "sms_possession", "unverified"] | None]


class MembersLookForAnswer(TypedDict):
    members: list[MembersLookForAnswerMembersItem]
    next: Any


class MembersLookForAnswerMembersItem(TypedDict):
    earns: int
    join_channel: str
    join_detail: Any
    join_store_id: str | None
    joined_ms: int
    member_id: str
    nickname: str
    online: bool
    phone_masked: str
    points_balance: int
    special: str
    status: str
    verification: str


class MembersShowAnswer(TypedDict):
    coupons: list[MembersFindAnswerCouponsItem]
    debt: int
    member_id: str
    nickname: str
    phone_masked: str
    points_balance: int
    points_held: int


class MembersOwnCardsAnswer(TypedDict):
    cards: list[MembersOwnCardsAnswerCardsItem]


class MembersOwnCardsAnswerCardsItem(TypedDict):
    added_ms: int
    changed_ms: int
    member_id: str
    nickname: str
    number: str
    physical: bool
    state: str


class MembersAgreedAnswer(TypedDict):
    asked: list[MembersAgreedAnswerAskedItem]
    given: dict[str, Any]
    history: list[MembersAgreedAnswerHistoryItem]
    missing: list[str]


class MembersAgreedAnswerAskedItem(TypedDict):
    code: str | None
    required: bool
    version: int


class MembersAgreedAnswerHistoryItem(TypedDict):
    agreed: bool
    booked_ms: int
    channel: str
    code: str | None
    given_id: str
    member_id: str
    said_ms: int
    store_id: str | None
    version: int


class MembersOfMemberCouponsHistoryAnswer(TypedDict):
    history: list[MembersOfMemberCouponsHistoryAnswerHistoryItem]


class MembersOfMemberCouponsHistoryAnswerHistoryItem(TypedDict):
    at_ms: int
    coupon_id: str | None
    event_id: str
    member_id: str
    name: str
    request_id: str | None
    store_id: str | None
    what: str


class MembersUseAnswer(TypedDict):
    coupon_id: str | None
    discount_won: int
    state: str


class MembersDataAnswer(TypedDict):
    cards: list[MembersOwnCardsAnswerCardsItem]
    consents: MembersAgreedAnswer
    events: list[Any]
    items: list[MembersDataAnswerItemsItem]
    join_channel: str
    joined_ms: int
    member_id: str
    messages: MembersDataAnswerMessages
    profile: dict[str, Any]
    regulars: list[MembersDataAnswerRegularsItem]
    requests: list[DataRequestsGiveAnswerAnswer]
    retention_days_after_withdrawal: int
    third_parties: list[Any]


class MembersDataAnswerItemsItem(TypedDict):
    item: str
    purpose: str
    retention: str


class MembersDataAnswerMessages(TypedDict):
    channel: str
    switched_off: list[str]


class MembersDataAnswerRegularsItem(TypedDict):
    since_ms: int | None
    store_id: str | None


class MembersEntriesAnswer(TypedDict):
    entries: list[MembersEntriesAnswerEntriesItem]


class MembersEntriesAnswerEntriesItem(TypedDict):
    account: str
    actor: str
    amount: int
    at_ms: int
    fingerprint: Any
    kind: str
    op_id: Any
    posting_id: str | None
    request_id: Any
    reverses_id: Any
    store_id: str | None


class MembersHappenedAnswer(TypedDict):
    events: list[MembersHappenedAnswerEventsItem]


class MembersHappenedAnswerEventsItem(TypedDict):
    at_ms: int
    by: str
    detail: Any
    event_id: str
    kind: str
    member_id: str
    reason: str | None


class MembersExplainedAnswer(TypedDict):
    debt: int
    entries: list[Any]
    member_id: str
    opening: dict[str, Any]
    points_balance: int
    points_expired: int
    points_held: int
    sums: dict[str, Any]
    totals: dict[str, Any]


class MembersHeldAnswer(TypedDict):
    held: MembersHeldAnswerHeld
    problems: list[str]


class MembersHeldAnswerHeld(TypedDict):
    coupons: int
    coupons_waiting: int
    orders_open: int
    points: int
    prepaid_won: int
    stamps: int | None


class MembersMergeAnswer(TypedDict):
    after: MembersMergeAnswerAfter
    at_ms: int
    before: MembersMergeAnswerAfter
    merge_id: str
    source_id: str
    target_id: str


class MembersMergeAnswerAfter(TypedDict):
    source: MembersMergeAnswerAfterSource
    target: MembersMergeAnswerAfterSource


class MembersMergeAnswerAfterSource(TypedDict):
    coupons_available: int
    coupons_expired: int
    coupons_pending: int
    coupons_used: int
    debt: int
    held: int
    lots: int
    points: int
    stamps: int | None
    stamps_on_full_boards: int


class Items(TypedDict):
    address: NotRequired[str | None]
    birth_date: NotRequired[str | None]
    ci: NotRequired[str | None]
    di: NotRequired[str | None]
    domestic: NotRequired[str | None]
    email: NotRequired[str | None]
    gender: NotRequired[str | None]
    login: NotRequired[str | None]
    name: NotRequired[str | None]
    password: NotRequired[str | None]


class MembersSetProfileAnswer(TypedDict):
    items: dict[str, Any]
    member_id: str


class MembersCallRegularAnswer(TypedDict):
    regular: bool
    stamp_card: Any
    store_id: str | None


class MembersOfMemberStampsAnswer(TypedDict):
    cards: list[Any]
    history: list[MembersOfMemberStampsAnswerHistoryItem]


class MembersOfMemberStampsAnswerHistoryItem(TypedDict):
    actor: str
    at_ms: int
    cause: str | None
    medium: str | None
    menu: Any
    move: str
    posting_id: str | None
    reason: str | None
    stamps: int | None
    store_id: str | None


class MembersWithdrawAnswer(TypedDict):
    member_id: str
    purge_ms: int
    rejoin_from_ms: int
    status: str
    withdrawn_ms: int


class MenuAddCategoryAnswer(TypedDict):
    category_id: str
    name: str
    position: int
    removed: bool
    version: int
    visible: bool


class Group(TypedDict):
    group_id: str
    least: NotRequired[int]
    most: NotRequired[int]
    options: Sequence[OneOption]


class OneOption(TypedDict):
    extra_won: NotRequired[int]
    option_id: str


class Times(TypedDict):
    times: NotRequired[Sequence[Sequence[Any]]]
    weekdays: NotRequired[Sequence[int]]


class MenuAddItemAnswer(TypedDict):
    category_id: str
    code: str | None
    composition: str
    description: str
    menu_id: str
    name: str
    name_en: str
    options: list[MenuAddItemAnswerOptionsItem]
    position: int
    price_won: int
    removed: bool
    rewards: list[str]
    sale_first: str | None
    sale_last: Any
    sale_times: MenuAddItemAnswerSaleTimes
    services: list[str]
    stopped: bool
    version: int
    visible: bool


class MenuAddItemAnswerOptionsItem(TypedDict):
    group_id: str
    least: int
    most: int
    options: list[MenuAddItemAnswerOptionsItemOptionsItem]


class MenuAddItemAnswerOptionsItemOptionsItem(TypedDict):
    extra_won: int
    option_id: str


class MenuAddItemAnswerSaleTimes(TypedDict):
    times: list[list[int]]
    weekdays: list[int]


class NoticesNoticesAnswer(TypedDict):
    cursor: str
    has_more: bool
    notices: list[NoticesNoticesAnswerNoticesItem]


class NoticesNoticesAnswerNoticesItem(TypedDict):
    created_ms: int
    kind: str
    member_id: str | None
    request_id: str | None
    state: str
    store_id: str | None


class Item(TypedDict):
    menu_id: str
    options: NotRequired[Sequence[str]]
    qty: NotRequired[int]


class OrdersTakeInAnswer(TypedDict):
    order: OrdersTakeInAnswerOrder
    request: OrdersTakeInAnswerRequest


class OrdersTakeInAnswerOrder(TypedDict):
    channel: str
    coupon_won: int
    created_ms: int
    due_ms: Any
    items: list[OrdersTakeInAnswerOrderItemsItem]
    nickname: str
    note: str | None
    number: str
    order_id: str | None
    paid_won: int
    payment: str
    points: int
    refund_won: int
    request_id: str | None
    sold_out: Any
    sold_out_items: list[Any]
    sold_out_ms: Any
    state: str
    take_out: bool
    total_won: int
    version: int


class OrdersTakeInAnswerOrderItemsItem(TypedDict):
    amount_won: int | None
    category_id: str
    menu_id: str
    name: str
    options: list[str]
    qty: int
    rewards: list[str]


class OrdersTakeInAnswerRequest(TypedDict):
    amount_won: int | None
    at_zero: str
    condition: str | None
    created_ms: int
    decided_by: Any
    decided_ms: Any
    kind: str
    nickname: str
    order_id: Any
    pos_discount_won: int | None
    print_device: Any
    reason: Any
    reason_text: Any
    recovery_by: Any
    remaining_ms: int | None
    request_id: str | None
    slip_code: str | None
    state: str
    title: str
    version: int


class OrdersFiguresAnswer(TypedDict):
    before: OrdersFiguresAnswerBefore
    by: str
    first: str
    last: str
    open: int
    parts: list[OrdersFiguresAnswerPartsItem]
    total: OrdersFiguresAnswerTotal


class OrdersFiguresAnswerBefore(TypedDict):
    difference_won: int
    rate_bp: int | None
    sales_won: int


class OrdersFiguresAnswerPartsItem(TypedDict):
    amount_won: int | None
    key: str
    name: str
    quantity: int


class OrdersFiguresAnswerTotal(TypedDict):
    cancelled: int
    cancelled_won: int
    completed: int
    coupon_won: int
    order_won: int
    points: int
    sales_won: int
    take_out: int
    take_out_rate_bp: int


class OrdersWaitingListAnswer(TypedDict):
    counts: OrdersWaitingListAnswerCounts
    page: int
    pages: int
    rows: list[OrdersWaitingListAnswerRowsItem]
    tab: str


class OrdersWaitingListAnswerCounts(TypedDict):
    making: int
    new: int
    reserved: int
    waiting: int


class OrdersWaitingListAnswerRowsItem(TypedDict):
    address: Any
    amount_won: int | None
    channel: str
    created_ms: int
    delivery_won: int
    due_ms: Any
    has_note: bool
    menus: int
    new: bool
    number: str
    order_id: str | None
    state: str
    waits_minutes: int


class OrdersKeepAnswer(TypedDict):
    channel: str
    coupon_won: int
    created_ms: int
    due_ms: Any
    items: list[OrdersTakeInAnswerOrderItemsItem]
    nickname: str
    note: str | None
    number: str
    order_id: str | None
    paid_won: int
    payment: str
    points: int
    refund_won: int
    request_id: str | None
    sold_out: str | None
    sold_out_items: list[Any]
    sold_out_ms: Any
    state: str
    take_out: bool
    total_won: int
    version: int


class UseCoupon(TypedDict):
    coupon_id: str
    idempotency_key: str
    kind: Literal["coupon"]
    member_id: str
    payment_ref: NotRequired[str | None]
    sale: NotRequired[SaleSeen | None]
    store_id: str


class SaleSeen(TypedDict):
    channel: NotRequired[Literal["offline", "web", "app"]]
    items: NotRequired[Sequence[SoldItem]]
    means: NotRequired[Literal["card", "prepaid", "cash", "payco", "mobile_voucher", "local_currency", "other"]]
    payment_won: int
    service: NotRequired[Literal["in_store", "pickup", "delivery", "parcel", "other"]]


class SoldItem(TypedDict):
    category_id: NotRequired[str | None]
    product_id: str
    quantity: NotRequired[int]


class UsePoints(TypedDict):
    idempotency_key: str
    kind: Literal["points"]
    member_id: str
    payment_won: int
    points: int
    store_id: str


class WantStamp(TypedDict):
    idempotency_key: str
    kind: Literal["stamp"]
    member_id: str
    payment_won: NotRequired[int | None]
    store_id: str


class RequestsAskAnswer(TypedDict):
    amount_won: int | None
    at_zero: str
    condition: str | None
    created_ms: int
    decided_by: Any
    decided_ms: Any
    kind: str
    nickname: str
    order_id: Any
    pos_discount_won: int | None
    print_device: Any
    reason: Any
    reason_text: Any
    recovery_by: Any
    remaining_ms: Any
    request_id: str | None
    slip_code: str | None
    state: str
    title: str
    version: int


class RequestsShowAnswer(TypedDict):
    amount_won: int | None
    at_zero: str
    condition: str | None
    created_ms: int
    decided_by: Any
    decided_ms: Any
    kind: str
    message: RequestsShowAnswerMessage | None
    nickname: str
    order_id: Any
    pos_discount_won: int | None
    print_device: Any
    reason: Any
    reason_text: Any
    recovery_by: Any
    remaining_ms: int | None
    request_id: str | None
    slip_code: str | None
    state: str
    store_unreachable: bool
    title: str
    version: int


class RequestsShowAnswerMessage(TypedDict):
    en: str
    ko: str


class StoresStoresAnswer(TypedDict):
    after: Any
    stores: list[StoresStoresAnswerStoresItem]


class StoresStoresAnswerStoresItem(TypedDict):
    brand_name: str
    devices: int
    districts: list[str]
    grade: str
    low: bool
    name: str
    owner: Any
    plan: str
    report_rate_bp: int
    service_type: str
    silent_devices: int
    state: str
    stock: int
    store_id: str | None


class StoresProfileAnswer(TypedDict):
    alert_mode: str
    brand_name: str
    grade: str
    name: str
    opens_minute: Any
    plan: str
    service_type: str
    state: str
    state_reason: str
    store_id: str | None


class StoresAttendAnswer(TypedDict):
    board: int
    on_board: int
    per_board: int
    reason: str | None
    stamps: int | None
    tiers: list[Any]


class StoresOfStoreBoardsAnswer(TypedDict):
    points: StoresOfStoreBoardsAnswerPoints
    stamps: StoresOfStoreBoardsAnswerPoints | None


class StoresOfStoreBoardsAnswerPoints(TypedDict):
    expired: int
    issued: int
    issued_today: int
    top: list[Any]
    usable: int
    used: int
    used_today: int


class StoresBoardAnswer(TypedDict):
    expired: int
    issued: int
    issued_today: int
    log: list[MembersOfMemberCouponsHistoryAnswerHistoryItem]
    top: list[StoresBoardAnswerTopItem]
    unused: int
    used: int
    used_today: int


class StoresBoardAnswerTopItem(TypedDict):
    definition_id: str | None
    name: str
    rate_bp: int
    used: int


class StoresReadDetailsAnswer(TypedDict):
    details: Any


class StoresWriteDetailsAnswer(TypedDict):
    ads: str
    age_percents: ApplicationsLookAnswerFormAgePercents
    detail_address: str
    districts: list[str]
    female_percent: int
    groups: list[str]
    latitude_e6: Any
    longitude_e6: Any
    male_percent: int
    name: str
    phone: str
    road_address: str
    school_level: Any
    version: int


class StoresDevicesAnswer(TypedDict):
    devices: list[StoresDevicesAnswerDevicesItem]


class StoresDevicesAnswerDevicesItem(TypedDict):
    clock_off: bool
    clock_offset_ms: Any
    device_id: str
    disk_full: bool
    enrolled_ms: int
    kind: str
    label: str
    needs_attention: Any
    oldest_pending_ms: Any
    pending: Any
    policy_version: Any
    printers: list[StoresDevicesAnswerDevicesItemPrintersItem]
    prints: bool
    reported_ms: Any
    revoked_ms: Any
    seen_ago_ms: Any
    seen_ms: Any
    silent_ms: Any
    store_id: str | None
    suspended_ms: Any
    version: str


class StoresDevicesAnswerDevicesItemPrintersItem(TypedDict):
    queued: int
    status: str


class StoresDrawsAnswer(TypedDict):
    draws: list[StoresDrawsAnswerDrawsItem]


class StoresDrawsAnswerDrawsItem(TypedDict):
    coupon_id: Any
    draw_id: str
    drawn_ms: int
    member_id: str
    place: int | None
    posting_id: Any
    roll_bp: int
    version: int


class StoresPlayAnswer(TypedDict):
    coupon_id: Any
    draw_id: str
    drawn_ms: int
    member_id: str
    place: int | None
    posting_id: Any
    reward: StoresPlayAnswerReward | None
    roll_bp: int
    store_id: str | None
    version: int


class StoresPlayAnswerReward(TypedDict):
    budget_won: int
    condition: str | None
    definition_id: str | None
    given: int
    kind: str
    minimum_won: int
    name: str
    place: int | None
    probability_bp: int
    quantity: int
    sales_won: int
    valid_days: int | None
    value_won: int | None


class StoreProgram(TypedDict):
    bonus_bp: NotRequired[dict[str, Any]]
    card: NotRequired[CardBody | None]
    day_starts_minute: NotRequired[int]
    limits: NotRequired[LimitsBody]
    method: Literal["point", "stamp"]
    rate_bp: NotRequired[int | None]
    rewards: NotRequired[Sequence[str]]
    scope: NotRequired[Literal["integrated", "individual"] | None]
    stamps: NotRequired[StampRulesBody | None]


class StoresEmployeesAnswer(TypedDict):
    employees: list[ApplicationsApproveAnswerOwner]


class StoresInviteAnswer(TypedDict):
    code: str | None
    expires_ms: int
    invitation_id: str
    phone_masked: str


class StoresMenuAnswer(TypedDict):
    categories: list[StoresMenuAnswerCategoriesItem]
    items: list[StoresMenuAnswerItemsItem]
    summary: StoresMenuAnswerSummary


class StoresMenuAnswerCategoriesItem(TypedDict):
    category_id: str
    name: str
    position: int
    visible: bool


class StoresMenuAnswerItemsItem(TypedDict):
    available: bool
    category_id: str
    code: str | None
    composition: str
    description: str
    menu_id: str
    name: str
    name_en: str
    not_on_sale: str | None
    options: list[MenuAddItemAnswerOptionsItem]
    position: int
    price_won: int
    removed: bool
    rewards: list[str]
    sale_first: str | None
    sale_last: Any
    sale_times: MenuAddItemAnswerSaleTimes
    services: list[str]
    sold_out: str | None
    sold_out_until_ms: int | None
    stopped: bool
    version: int
    visible: bool


class StoresMenuAnswerSummary(TypedDict):
    all: int
    hidden: int
    on_sale: int
    reward_eligible: int
    reward_excluded: int
    with_times: int


class Line(TypedDict):
    menu_id: str
    options: NotRequired[Sequence[str]]
    quantity: NotRequired[int]


class StoresCartAnswer(TypedDict):
    can_be_ordered: bool
    lines: list[StoresCartAnswerLinesItem]
    total_won: int


class StoresCartAnswerLinesItem(TypedDict):
    amount_won: int | None
    base_won: int
    can_be_ordered: bool
    menu_id: str
    missing: list[str]
    name: str
    not_on_sale: Any
    options: list[MenuAddItemAnswerOptionsItemOptionsItem]
    quantity: int
    too_many: list[Any]
    unknown: list[Any]


class StoresPriceAnswer(TypedDict):
    total_won: int


class StoresTemplateAnswer(TypedDict):
    name: str
    sale_times: MenuAddItemAnswerSaleTimes


class StoresAvailableAnswer(TypedDict):
    available: bool
    menu_id: str
    sold_out: str | None
    sold_out_ms: int | None
    version: int


class StoresOfStoreMonitorsAnswer(TypedDict):
    figures: list[StoresOfStoreMonitorsAnswerFiguresItem]
    flagged_coupons: list[str]
    rejections: StoresOfStoreMonitorsAnswerRejections


class StoresOfStoreMonitorsAnswerFiguresItem(TypedDict):
    count: int | None
    level: str
    name: str
    of: int
    since: str


class StoresOfStoreMonitorsAnswerRejections(TypedDict):
    condition_mismatch: int
    other: int
    out_of_hours: int
    out_of_stock: int


class StoresReadSettingAnswer(TypedDict):
    advance_orders: bool
    switched_off: list[str]
    version: int


class StoresLogAnswer(TypedDict):
    entries: list[StoresLogAnswerEntriesItem]


class StoresLogAnswerEntriesItem(TypedDict):
    action: str
    actor_id: str | None
    actor_name: str
    actor_type: str
    at_ms: int
    detail: Any
    device_id: str
    log_id: str
    op_id: str
    request_id: str | None
    store_id: str | None


class StoresDeclineAnswer(TypedDict):
    group: str
    refusal_id: str


class StoresListReportsAnswer(TypedDict):
    rate_bp: int
    reports: list[StoresListReportsAnswerReportsItem]


class StoresListReportsAnswerReportsItem(TypedDict):
    actor: str
    day: str
    editable_until_ms: int
    late: bool
    pieces: int
    version: int
    written_ms: int


class StoresReportAnswer(TypedDict):
    oddities: list[str]
    report: StoresListReportsAnswerReportsItem


class StoresAgainstTakeOutAnswer(TypedDict):
    days: list[StoresAgainstTakeOutAnswerDaysItem]


class StoresAgainstTakeOutAnswerDaysItem(TypedDict):
    day: str
    gap: int
    reported: int
    take_out: int


class StoresUsedAnswer(TypedDict):
    by: str
    coupons: list[StoresUsedAnswerCouponsItem]
    first: str
    last: str
    page: int
    pages: int
    rows: list[StoresUsedAnswerRowsItem]
    total: int


class StoresUsedAnswerCouponsItem(TypedDict):
    definition_id: str | None
    name: str


class StoresUsedAnswerRowsItem(TypedDict):
    at_ms: int
    decided_by: str | None
    definition_id: str | None
    member_id: str
    name: str
    nickname: str
    request_id: str | None
    reward: str | None
    uses: int
    won: int


class StoresReadAnswer(TypedDict):
    active: bool
    board: StoresReadAnswerBoard
    played: bool
    rewards: list[StoresPlayAnswerReward]
    store_id: str | None
    version: int


class StoresReadAnswerBoard(TypedDict):
    budget_won: int
    probability_bp: int
    rewards: int
    sales_won: int


class OneReward(TypedDict):
    condition: str
    kind: NotRequired[
        Literal[
            "product_discount",
            "free_gift",
            "shop_points",
            "sample_kit",
            "size_up",
            "free_drink",
            "dessert",
            "store_points",
            "store_coupon",
            "stamp_reward",
        ]
    ]
    minimum_won: NotRequired[int]
    name: str
    probability_bp: NotRequired[int]
    quantity: int
    valid_days: int
    value_won: int


class StoresRewardSummaryAnswer(TypedDict):
    coupons: StoresRewardSummaryAnswerCoupons
    points: StoresRewardSummaryAnswerCoupons
    stamps: Any


class StoresRewardSummaryAnswerCoupons(TypedDict):
    given: int
    given_today: int
    used: int
    used_today: int


class StoresOfStoreSharesSettlementAnswer(TypedDict):
    coupon: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon
    hq_won: int
    rewards: list[StoresOfStoreSharesSettlementAnswerRewardsItem]
    stamp: BrandsOfBrandSharesSettlementAnswerStoresItemCoupon


class StoresOfStoreSharesSettlementAnswerRewardsItem(TypedDict):
    definition_id: str | None
    good: str
    hq_won: int
    name: str
    store_won: int
    uses: int
    value_won: int | None


class StoresOpenCardAnswer(TypedDict):
    board: int
    boards_max: Any
    next_expiry_ms: int | None
    on_board: int
    opened: bool
    per_board: int
    rewards: list[StoresOpenCardAnswerRewardsItem]
    store_id: str | None
    template: int
    tiers: list[int]
    total: int


class StoresOpenCardAnswerRewardsItem(TypedDict):
    board: int
    coupon_id: str | None
    stamps: int | None


class StoresStockAnswer(TypedDict):
    consumption_rate_bp: int
    contracted: int
    cycle_days: int
    daily_average: int | None
    expected_daily: int
    expected_days: int | None
    low: bool
    over_reported: int
    proposed_order: int
    quick_orders: list[int]
    received: int | None
    reported: int
    rounding: str
    rounds: list[StoresStockAnswerRoundsItem]
    stock: int
    stock_after_receipt: int
    stock_rate_bp: int
    threshold_percent: int
    version: int


class StoresStockAnswerRoundsItem(TypedDict):
    collected: int
    number: int
    order_id: str | None
    ordered: int
    ordered_by: str
    ordered_ms: int
    received: int | None
    received_ms: int | None
    soiled: int


class StoresSumsAnswer(TypedDict):
    coupons_used: int
    earns: int
    entries_sum: int
    offline_loss_points: int
    ops_by_device: dict[str, Any]
    points_captured: int
    points_issued: int
    points_returned: int
    points_reversed: int
    reversals: int


class StoresSetLimitsAnswer(TypedDict):
    day_count: int | None
    day_value_won: int | None
    different: bool
    member_day_count: int | None
    outside_hours: bool
    payment_count: int | None
    payment_value_won: int | None
    same: bool


class StoresLeftAnswer(TypedDict):
    count: int | None
    value_won: int | None


class StoresVisitsAnswer(TypedDict):
    visits: list[StoresVisitsAnswerVisitsItem]


class StoresVisitsAnswerVisitsItem(TypedDict):
    delegate: bool
    findings: str
    passed: bool
    store_id: str | None
    visit_id: str
    visited_by: str
    visited_ms: int


class WebhooksListAllAnswer(TypedDict):
    webhooks: list[WebhooksListAllAnswerWebhooksItem]


class WebhooksListAllAnswerWebhooksItem(TypedDict):
    created_ms: int
    endpoint_id: str
    kinds: list[str]
    old_until_ms: Any
    state: str
    succeeded_ms: Any
    url: str


class WebhooksRegisterAnswer(TypedDict):
    created_ms: int
    endpoint_id: str
    kinds: list[str]
    old_until_ms: Any
    secret: str
    state: str
    succeeded_ms: Any
    url: str


class WebhooksShowAnswer(TypedDict):
    created_ms: int
    endpoint_id: str
    failing_since_ms: Any
    kinds: list[str]
    old_until_ms: Any
    rows_behind: int
    state: str
    succeeded_ms: Any
    url: str


class WebhooksAttemptsAnswer(TypedDict):
    attempts: list[WebhooksAttemptsAnswerAttemptsItem]


class WebhooksAttemptsAnswerAttemptsItem(TypedDict):
    answered: int | None
    error: Any
    event_id: str
    kind: str
    outcome: str
    took_ms: int
    tried_ms: int


class WebhooksRemoveAnswer(TypedDict):
    endpoint_id: str


class WebhooksReplayAnswer(TypedDict):
    created_ms: int
    endpoint_id: str
    kinds: list[str]
    old_until_ms: Any
    rows_again: int
    state: str
    succeeded_ms: Any
    url: str


class WebhooksChangeSecretAnswer(TypedDict):
    created_ms: int
    endpoint_id: str
    kinds: list[str]
    old_until_ms: int | None
    secret: str
    state: str
    succeeded_ms: Any
    url: str
