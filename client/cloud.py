"""One method for each route of the cloud.

Made by `python -m installers.client` from docs/openapi.json; change the cloud, not this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from client.shapes import (
    AdjustmentsConfirmAnswer,
    AdjustmentsRefuseAnswer,
    AdjustmentsWaitingAnswer,
    AdjustmentsWaitingAnswerAdjustmentsItem,
    ApplicationsApproveAnswer,
    ApplicationsApproveAnswerEnrollment,
    ApplicationsApproveAnswerOwner,
    ApplicationsListedAnswer,
    ApplicationsListedAnswerApplicationsItem,
    ApplicationsLookAnswer,
    ApplicationsLookAnswerFormHours,
    AuditLogAuditLogAnswer,
    Bought,
    Bought2,
    BrandsDownloadAnswer,
    BrandsEndAnswer,
    BrandsListedCouponRulesAnswer,
    BrandsListedCouponRulesAnswerRulesItem,
    BrandsListedProductsAnswer,
    BrandsMakeAnswer,
    BrandsOfAdvertiserAnswer,
    BrandsOfBrandEarningAnswer,
    BrandsOfBrandSharesSettlementAnswer,
    BrandsRatiosAnswer,
    BrandsRatiosAnswerBrand,
    BrandsReferAnswer,
    BrandsSearchAnswer,
    BrandsSetTermsAnswer,
    BrandsSettleAnswer,
    BrandsShowAnswer,
    ByCard,
    ById,
    ByNickname,
    ByPhone,
    ByTail,
    CardBody,
    ClaimsUseAnswer,
    Conditions,
    ConsentsUseAnswer,
    ConsentsWordingsAnswer,
    ConsentsWriteWordingAnswer,
    CouponDefinitionsDefineAnswer,
    CouponDefinitionsIssueToManyAnswer,
    CouponDefinitionsMakeCodesAnswer,
    DataRequestsGiveAnswerAnswer,
    DataRequestsWaitingAnswer,
    EarnsCancelAnswer,
    EarnsEarnAnswer,
    GradeRow,
    GradeWord,
    Group,
    Hours,
    HqListedAnswer,
    HqListedAnswerDisputesItem,
    HqOfHqAnswer,
    HqOfHqAnswerNoticesItem,
    HqWarnedAnswer,
    ImportsImportsAnswer,
    ImportsImportsAnswerImportsItem,
    ImportsProblemsOfAnswer,
    Item,
    Items,
    JobsJobsAnswer,
    JobsRunAnswer,
    LayoutsRulesAnswer,
    Lesson,
    LimitsBody,
    Line,
    MemberGroupsShowAnswer,
    MembersAgreedAnswer,
    MembersCallRegularAnswer,
    MembersDataAnswer,
    MembersDataAnswerMessages,
    MemberSearchesSearchesAnswer,
    MembersEntriesAnswer,
    MembersExplainedAnswer,
    MembersFindAnswer,
    MembersFindAnswerCouponsItem,
    MembersHappenedAnswer,
    MembersHeldAnswer,
    MembersJoinAnswer,
    MembersListedAnswer,
    MembersLookForAnswer,
    MembersMergeAnswer,
    MembersOfMemberCouponsHistoryAnswer,
    MembersOfMemberStampsAnswer,
    MembersOwnCardsAnswer,
    MembersOwnCardsAnswerCardsItem,
    MembersSetProfileAnswer,
    MembersShowAnswer,
    MembersUseAnswer,
    MembersWithdrawAnswer,
    MenuAddCategoryAnswer,
    MenuAddItemAnswer,
    NoticesNoticesAnswer,
    OneBenefit,
    OneReward,
    OrdersFiguresAnswer,
    OrdersKeepAnswer,
    OrdersTakeInAnswer,
    OrdersTakeInAnswerOrder,
    OrdersWaitingListAnswer,
    RequestsAskAnswer,
    RequestsShowAnswer,
    StampRulesBody,
    StoreProgram,
    StoresAgainstTakeOutAnswer,
    StoresAttendAnswer,
    StoresAvailableAnswer,
    StoresBoardAnswer,
    StoresCartAnswer,
    StoresDeclineAnswer,
    StoresDevicesAnswer,
    StoresDevicesAnswerDevicesItem,
    StoresDrawsAnswer,
    StoresEmployeesAnswer,
    StoresInviteAnswer,
    StoresLeftAnswer,
    StoresListReportsAnswer,
    StoresLogAnswer,
    StoresMenuAnswer,
    StoresOfStoreBoardsAnswer,
    StoresOfStoreMonitorsAnswer,
    StoresOfStoreSharesSettlementAnswer,
    StoresOpenCardAnswer,
    StoresPlayAnswer,
    StoresPriceAnswer,
    StoresProfileAnswer,
    StoresReadAnswer,
    StoresReadDetailsAnswer,
    StoresReadSettingAnswer,
    StoresReportAnswer,
    StoresRewardSummaryAnswer,
    StoresSetLimitsAnswer,
    StoresStockAnswer,
    StoresStoresAnswer,
    StoresSumsAnswer,
    StoresTemplateAnswer,
    StoresUsedAnswer,
    StoresVisitsAnswer,
    StoresVisitsAnswerVisitsItem,
    StoresWriteDetailsAnswer,
    Times,
    UseCoupon,
    UsePoints,
    WantStamp,
    WebhooksAttemptsAnswer,
    WebhooksChangeSecretAnswer,
    WebhooksListAllAnswer,
    WebhooksListAllAnswerWebhooksItem,
    WebhooksRegisterAnswer,
    WebhooksRemoveAnswer,
    WebhooksReplayAnswer,
    WebhooksShowAnswer,
    Whose,
)
from client.transport import Transport


def _set(**fields: Any) -> dict[str, Any]:
    """A body of the fields that somebody set."""
    return {name: value for name, value in fields.items() if value is not None}


def _part(value: str | int) -> str:
    """A part of an address, whatever is in it."""
    return quote(str(value), safe="")


class Adjustments:
    """Adjustments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def waiting(self) -> AdjustmentsWaitingAnswer:
        """Corrections that wait for a second person.

        All that still can be confirmed or refused.

        Scope: adjustments:read.
        """
        found: AdjustmentsWaitingAnswer = self._transport.call("GET", "/v1/adjustments")
        return found

    def propose(
        self, *, by: str, idempotency_key: str, member_id: str, points: int, reason: str, store_id: str
    ) -> AdjustmentsWaitingAnswerAdjustmentsItem:
        """Correct a member's points by hand.

        Up to the brand's limit a person and day it is booked at once; above it waits for a second person for a
        week.

        Scope: adjustments:write.
        """
        found: AdjustmentsWaitingAnswerAdjustmentsItem = self._transport.call(
            "POST",
            "/v1/adjustments",
            body=_set(
                by=by,
                idempotency_key=idempotency_key,
                member_id=member_id,
                points=points,
                reason=reason,
                store_id=store_id,
            ),
        )
        return found

    def show(self, adjustment_id: str) -> AdjustmentsWaitingAnswerAdjustmentsItem:
        """A correction.

        The correction with who proposed and who decided.

        Scope: adjustments:read.
        """
        found: AdjustmentsWaitingAnswerAdjustmentsItem = self._transport.call(
            "GET", f"/v1/adjustments/{_part(adjustment_id)}"
        )
        return found

    def confirm(self, adjustment_id: str, *, by: str) -> AdjustmentsConfirmAnswer:
        """Confirm a correction as the second person.

        Books it; somebody else than who proposed. A repetition gets the same answer.

        Scope: adjustments:write.
        """
        found: AdjustmentsConfirmAnswer = self._transport.call(
            "POST", f"/v1/adjustments/{_part(adjustment_id)}/confirm", body=_set(by=by)
        )
        return found

    def refuse(self, adjustment_id: str, *, by: str) -> AdjustmentsRefuseAnswer:
        """Refuse a correction.

        Nothing is booked. A repetition gets the same answer.

        Scope: adjustments:write.
        """
        found: AdjustmentsRefuseAnswer = self._transport.call(
            "POST", f"/v1/adjustments/{_part(adjustment_id)}/refuse", body=_set(by=by)
        )
        return found


class Applications:
    """Applications."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def listed(
        self,
        *,
        state: Literal["pending", "approved", "rejected", "suspected_closed", "suspended", "withdrawing", "closed"]
        | None = None,
        limit: int | None = None,
    ) -> ApplicationsListedAnswer:
        """Applications.

        Without the forms.

        Scope: applications:read.
        """
        found: ApplicationsListedAnswer = self._transport.call(
            "GET", "/v1/applications", query={"state": state, "limit": limit}
        )
        return found

    def submit(
        self,
        *,
        account: str,
        address: str,
        age_percents: dict[str, Any],
        brand_name: str,
        business_no: str,
        daily_cup_holders: int,
        districts: Sequence[str],
        female_percent: int,
        groups: Sequence[str],
        hours: Hours,
        male_percent: int,
        name: str,
        owner: str,
        phone: str,
        photos: int,
        prices_won: Sequence[int],
        registration_scan: bool,
        ads: Literal["all", "collab_only"] | None = None,
        documents: Sequence[str] | None = None,
        school_level: str | None = None,
        service_type: Literal["reward", "order", "composite"] | None = None,
    ) -> ApplicationsListedAnswerApplicationsItem:
        """Apply for a store.

        `application_refused` names everything that is to be mended in `problems`.

        Scope: applications:write.
        """
        found: ApplicationsListedAnswerApplicationsItem = self._transport.call(
            "POST",
            "/v1/applications",
            body=_set(
                account=account,
                address=address,
                ads=ads,
                age_percents=age_percents,
                brand_name=brand_name,
                business_no=business_no,
                daily_cup_holders=daily_cup_holders,
                districts=districts,
                documents=documents,
                female_percent=female_percent,
                groups=groups,
                hours=hours,
                male_percent=male_percent,
                name=name,
                owner=owner,
                phone=phone,
                photos=photos,
                prices_won=prices_won,
                registration_scan=registration_scan,
                school_level=school_level,
                service_type=service_type,
            ),
        )
        return found

    def look(self, application_id: str) -> ApplicationsLookAnswer:
        """An application with its form.

        The form names people and an account.

        Scope: applications:read.
        """
        found: ApplicationsLookAnswer = self._transport.call("GET", f"/v1/applications/{_part(application_id)}")
        return found

    def again(
        self,
        application_id: str,
        *,
        account: str,
        address: str,
        age_percents: dict[str, Any],
        brand_name: str,
        business_no: str,
        daily_cup_holders: int,
        districts: Sequence[str],
        female_percent: int,
        groups: Sequence[str],
        hours: Hours,
        male_percent: int,
        name: str,
        owner: str,
        phone: str,
        photos: int,
        prices_won: Sequence[int],
        registration_scan: bool,
        ads: Literal["all", "collab_only"] | None = None,
        documents: Sequence[str] | None = None,
        school_level: str | None = None,
        service_type: Literal["reward", "order", "composite"] | None = None,
    ) -> ApplicationsListedAnswerApplicationsItem:
        """Submit a rejected application again.

        Replaces the form.

        Scope: applications:write.
        """
        found: ApplicationsListedAnswerApplicationsItem = self._transport.call(
            "POST",
            f"/v1/applications/{_part(application_id)}",
            body=_set(
                account=account,
                address=address,
                ads=ads,
                age_percents=age_percents,
                brand_name=brand_name,
                business_no=business_no,
                daily_cup_holders=daily_cup_holders,
                districts=districts,
                documents=documents,
                female_percent=female_percent,
                groups=groups,
                hours=hours,
                male_percent=male_percent,
                name=name,
                owner=owner,
                phone=phone,
                photos=photos,
                prices_won=prices_won,
                registration_scan=registration_scan,
                school_level=school_level,
                service_type=service_type,
            ),
        )
        return found

    def approve(
        self, application_id: str, *, checked: Sequence[Literal["business", "photos", "prices", "address"]]
    ) -> ApplicationsApproveAnswer:
        """Approve an application.

        All four must have been checked. Makes the store, its owner and a code for its first counter.

        Scope: applications:write.
        """
        found: ApplicationsApproveAnswer = self._transport.call(
            "POST", f"/v1/applications/{_part(application_id)}/approve", body=_set(checked=checked)
        )
        return found

    def reject(self, application_id: str, *, reason: str) -> ApplicationsListedAnswerApplicationsItem:
        """Reject an application.

        The shop reads the reason and may submit again.

        Scope: applications:write.
        """
        found: ApplicationsListedAnswerApplicationsItem = self._transport.call(
            "POST", f"/v1/applications/{_part(application_id)}/reject", body=_set(reason=reason)
        )
        return found


class AuditLog:
    """Audit log."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def audit_log(
        self, *, store_id: str | None = None, before_ms: int | None = None, limit: int | None = None
    ) -> AuditLogAuditLogAnswer:
        """What was changed by whom.

        Head office's. `before_ms` goes on to older ones.

        Scope: audit-log:read.
        """
        found: AuditLogAuditLogAnswer = self._transport.call(
            "GET", "/v1/audit-log", query={"store_id": store_id, "before_ms": before_ms, "limit": limit}
        )
        return found


class Brands:
    """Brands."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def of_advertiser(self, brand_id: str) -> BrandsOfAdvertiserAnswer:
        """What an advertiser's rewards may come to.

        Its own word within the platform's.

        Scope: brands:read.
        """
        found: BrandsOfAdvertiserAnswer = self._transport.call("GET", f"/v1/brands/{_part(brand_id)}/advertiser-limits")
        return found

    def set_advertiser(
        self, brand_id: str, *, day_max_won: int, reason: str, use_max_won: int
    ) -> BrandsOfAdvertiserAnswer:
        """Change what an advertiser's rewards may come to.

        Not more than the platform allows.

        Scope: brands:write.
        """
        found: BrandsOfAdvertiserAnswer = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/advertiser-limits",
            body=_set(day_max_won=day_max_won, reason=reason, use_max_won=use_max_won),
        )
        return found

    def listed_coupon_rules(self, brand_id: str) -> BrandsListedCouponRulesAnswer:
        """Which coupons come by themselves.

        For joining, a first purchase, a birthday, a recommendation.

        Scope: brands:read.
        """
        found: BrandsListedCouponRulesAnswer = self._transport.call("GET", f"/v1/brands/{_part(brand_id)}/coupon-rules")
        return found

    def add(
        self,
        brand_id: str,
        *,
        definition_id: str,
        kind: Literal["join", "first_purchase", "birthday", "referral"],
        count: int | None = None,
    ) -> BrandsListedCouponRulesAnswerRulesItem:
        """Issue a coupon by itself.

        For joining and for a first purchase within a minute or two, for a birthday in the morning, each once; for a
        recommendation when the new member says it. The member is told.

        Scope: brands:write.
        """
        found: BrandsListedCouponRulesAnswerRulesItem = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/coupon-rules",
            body=_set(count=count, definition_id=definition_id, kind=kind),
        )
        return found

    def end(self, brand_id: str, rule_id: str) -> BrandsEndAnswer:
        """Issue it no more.

        Doing it twice changes nothing.

        Scope: brands:write.
        """
        found: BrandsEndAnswer = self._transport.call(
            "POST", f"/v1/brands/{_part(brand_id)}/coupon-rules/{_part(rule_id)}/end"
        )
        return found

    def download(self, brand_id: str) -> BrandsDownloadAnswer:
        """Coupons that members can take.

        What is issued today and of which some are left; `POST /v1/members/{member_id}/coupons/take` takes one.

        Scope: brands:read.
        """
        found: BrandsDownloadAnswer = self._transport.call("GET", f"/v1/brands/{_part(brand_id)}/coupons/download")
        return found

    def of_brand_earning(self, brand_id: str) -> BrandsOfBrandEarningAnswer:
        """How a brand's stores earn.

        `program` is null for a brand that gives points at one rate and nothing else.

        Scope: brands:read.
        """
        found: BrandsOfBrandEarningAnswer = self._transport.call("GET", f"/v1/brands/{_part(brand_id)}/earning")
        return found

    def set_brand(
        self,
        brand_id: str,
        *,
        method: Literal["point", "stamp"],
        bonus_bp: dict[str, Any] | None = None,
        card: CardBody | None = None,
        day_starts_minute: int | None = None,
        grades: Sequence[GradeRow] | None = None,
        limits: LimitsBody | None = None,
        lot_valid_days: int | None = None,
        minimum_payment_won: int | None = None,
        rate_bp: int | None = None,
        rewards: Sequence[str] | None = None,
        scope: Literal["integrated", "individual"] | None = None,
        stamps: StampRulesBody | None = None,
        use_unit: int | None = None,
    ) -> BrandsOfBrandEarningAnswer:
        """Set how a brand's stores earn.

        A new version; earlier ones are kept, and what was earned by them stays.

        Scope: brands:write.
        """
        found: BrandsOfBrandEarningAnswer = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/earning",
            body=_set(
                bonus_bp=bonus_bp,
                card=card,
                day_starts_minute=day_starts_minute,
                grades=grades,
                limits=limits,
                lot_valid_days=lot_valid_days,
                method=method,
                minimum_payment_won=minimum_payment_won,
                rate_bp=rate_bp,
                rewards=rewards,
                scope=scope,
                stamps=stamps,
                use_unit=use_unit,
            ),
        )
        return found

    def make(
        self,
        brand_id: str,
        *,
        name: str,
        bought: Bought | None = None,
        purpose: str | None = None,
        segment: bool | None = None,
    ) -> BrandsMakeAnswer:
        """Make a group or a segment of members.

        Empty, or of those who paid so much, so often, within so many days in the brand's stores.

        Scope: brands:write.
        """
        found: BrandsMakeAnswer = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/member-groups",
            body=_set(bought=bought, name=name, purpose=purpose, segment=segment),
        )
        return found

    def set_terms(self, brand_id: str, *, dormant_months: int, rejoin_block_days: int) -> BrandsSetTermsAnswer:
        """Set when a brand's members sleep and how soon one may be back.

        For who leaves from now on, and for the next nights' look at who was not here.

        Scope: brands:write.
        """
        found: BrandsSetTermsAnswer = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/member-terms",
            body=_set(dormant_months=dormant_months, rejoin_block_days=rejoin_block_days),
        )
        return found

    def show(self, brand_id: str, member_id: str) -> BrandsShowAnswer:
        """A member's grade in a brand.

        `orders` and `points` are those of the last thirty days.

        Scope: brands:read.
        """
        found: BrandsShowAnswer = self._transport.call(
            "GET", f"/v1/brands/{_part(brand_id)}/members/{_part(member_id)}/grade"
        )
        return found

    def give(self, brand_id: str, member_id: str, *, by: str, grade: str) -> BrandsShowAnswer:
        """Give a member a grade by hand.

        A grade for staff or family stays until a person changes it; others are reviewed like those that were
        reached.

        Scope: brands:write.
        """
        found: BrandsShowAnswer = self._transport.call(
            "POST", f"/v1/brands/{_part(brand_id)}/members/{_part(member_id)}/grade", body=_set(by=by, grade=grade)
        )
        return found

    def listed_products(
        self,
        brand_id: str,
        *,
        state: Literal["before", "on_sale", "ended", "stopped"] | None = None,
        composition: Literal["single", "set", "one_plus_one", "with_gift"] | None = None,
        service: Literal["in_store", "pickup", "delivery", "parcel", "other"] | None = None,
        manager: str | None = None,
        words: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> BrandsListedProductsAnswer:
        """Products of a brand.

        Code, name, price, composition, ways to order, state and days of sale, manager. `words` stand in the name or
        are the code; `after` is the last `menu_id` of the page before.

        Scope: brands:read.
        """
        found: BrandsListedProductsAnswer = self._transport.call(
            "GET",
            f"/v1/brands/{_part(brand_id)}/products",
            query={
                "state": state,
                "composition": composition,
                "service": service,
                "manager": manager,
                "words": words,
                "after": after,
                "limit": limit,
            },
        )
        return found

    def refer(self, brand_id: str, *, member_id: str, referred_by: Whose) -> BrandsReferAnswer:
        """Say who recommended a brand.

        Once, within thirty days of joining. Both get what the brand gives for it.

        Scope: brands:write.
        """
        found: BrandsReferAnswer = self._transport.call(
            "POST", f"/v1/brands/{_part(brand_id)}/referrals", body=_set(member_id=member_id, referred_by=referred_by)
        )
        return found

    def settle(
        self,
        brand_id: str,
        *,
        since: str | None = None,
        days: int | None = None,
        form: Literal["json", "csv"] | None = None,
    ) -> BrandsSettleAnswer:
        """How points flowed between a brand's stores.

        `net` above zero: the others owe the store points that it took in.

        Scope: brands:read.
        """
        found: BrandsSettleAnswer = self._transport.call(
            "GET", f"/v1/brands/{_part(brand_id)}/settlement", query={"since": since, "days": days, "form": form}
        )
        return found

    def ratios(self, brand_id: str) -> BrandsRatiosAnswer:
        """What stores bear of rewards.

        Of the brand, and of the stores that have their own.

        Scope: brands:read.
        """
        found: BrandsRatiosAnswer = self._transport.call("GET", f"/v1/brands/{_part(brand_id)}/shares")
        return found

    def say(
        self, brand_id: str, *, coupon_bp: int, reason: str, stamp_bp: int, store_id: str | None = None
    ) -> BrandsRatiosAnswerBrand:
        """Say what stores bear of rewards.

        Of the brand's coupons, and of the rewards of stamp cards. A coupon of one store alone is that store's.

        Scope: brands:write.
        """
        found: BrandsRatiosAnswerBrand = self._transport.call(
            "POST",
            f"/v1/brands/{_part(brand_id)}/shares",
            body=_set(coupon_bp=coupon_bp, reason=reason, stamp_bp=stamp_bp, store_id=store_id),
        )
        return found

    def of_brand_shares_settlement(
        self, brand_id: str, *, since: str | None = None, days: int | None = None
    ) -> BrandsOfBrandSharesSettlementAnswer:
        """What rewards cost stores and head office.

        `days` from `since` on, by the day on which a reward was used; one that was taken back counts against the
        day on which it was. `hq_won` is what head office credits the store with.

        Scope: brands:read.
        """
        found: BrandsOfBrandSharesSettlementAnswer = self._transport.call(
            "GET", f"/v1/brands/{_part(brand_id)}/shares/settlement", query={"since": since, "days": days}
        )
        return found

    def search(
        self,
        brand_id: str,
        *,
        since: str | None = None,
        days: int | None = None,
        store_id: str | None = None,
        receipt_no: str | None = None,
        trade: str | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> BrandsSearchAnswer:
        """Trades of a brand.

        `days` from `since` on; by store, by the order number on the receipt, or by the trade's own number (an earn
        id). `before` is an earn id of the same search, for paging.

        Scope: brands:read.
        """
        found: BrandsSearchAnswer = self._transport.call(
            "GET",
            f"/v1/brands/{_part(brand_id)}/trades",
            query={
                "since": since,
                "days": days,
                "store_id": store_id,
                "receipt_no": receipt_no,
                "trade": trade,
                "limit": limit,
                "before": before,
            },
        )
        return found


class Claims:
    """Claims."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def use(self, *, idempotency_key: str, phone: str, slip: str) -> ClaimsUseAnswer:
        """Earn with a claim slip.

        `slip` is the text of its QR code. It is good once, here or at a counter of the store, until the day that is
        printed on it. An unknown number becomes a member.

        Scope: claims:write.
        """
        found: ClaimsUseAnswer = self._transport.call(
            "POST", "/v1/claims", body=_set(idempotency_key=idempotency_key, phone=phone, slip=slip)
        )
        return found


class Consents:
    """Consents."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def wordings(self) -> ConsentsWordingsAnswer:
        """Every wording of every consent.

        Also those that are asked no more.

        Scope: consents:read.
        """
        found: ConsentsWordingsAnswer = self._transport.call("GET", "/v1/consents")
        return found

    def write_wording(
        self, *, code: str, effective: str, grouped: str, name: str, required: bool, wording: str
    ) -> ConsentsWriteWordingAnswer:
        """Write a new wording of a consent.

        Asked from its day on; earlier wordings stay readable.

        Scope: consents:write.
        """
        found: ConsentsWriteWordingAnswer = self._transport.call(
            "POST",
            "/v1/consents",
            body=_set(code=code, effective=effective, grouped=grouped, name=name, required=required, wording=wording),
        )
        return found

    def use(self, code: str, *, in_use: bool) -> ConsentsUseAnswer:
        """Ask a consent, or ask it no more.

        What was agreed to stays.

        Scope: consents:write.
        """
        found: ConsentsUseAnswer = self._transport.call(
            "POST", f"/v1/consents/{_part(code)}/use", body=_set(in_use=in_use)
        )
        return found


class CouponDefinitions:
    """Coupon definitions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def define(
        self,
        *,
        name: str,
        pos_discount_won: int,
        value_won: int,
        alone: bool | None = None,
        benefit: OneBenefit | None = None,
        brand_id: str | None = None,
        condition: str | None = None,
        conditions: Conditions | None = None,
        issue_first: str | None = None,
        issue_last: str | None = None,
        kind: Literal[
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
        | None = None,
        quantity: int | None = None,
        store_id: str | None = None,
        take_max: int | None = None,
        valid_days: int | None = None,
    ) -> CouponDefinitionsDefineAnswer:
        """Define a coupon.

        Valid in one store, or in every store of a brand.

        Scope: coupon-definitions:write.
        """
        found: CouponDefinitionsDefineAnswer = self._transport.call(
            "POST",
            "/v1/coupon-definitions",
            body=_set(
                alone=alone,
                benefit=benefit,
                brand_id=brand_id,
                condition=condition,
                conditions=conditions,
                issue_first=issue_first,
                issue_last=issue_last,
                kind=kind,
                name=name,
                pos_discount_won=pos_discount_won,
                quantity=quantity,
                store_id=store_id,
                take_max=take_max,
                valid_days=valid_days,
                value_won=value_won,
            ),
        )
        return found

    def make_codes(self, definition_id: str, *, count: int) -> CouponDefinitionsMakeCodesAnswer:
        """Make codes for a coupon.

        Each gives one coupon, once. Keep them: what the server keeps does not tell them again.

        Scope: coupon-definitions:write.
        """
        found: CouponDefinitionsMakeCodesAnswer = self._transport.call(
            "POST", f"/v1/coupon-definitions/{_part(definition_id)}/codes", body=_set(count=count)
        )
        return found

    def issue_to_many(
        self,
        definition_id: str,
        *,
        idempotency_key: str,
        members: Sequence[Whose],
        count: int | None = None,
        kind: Literal["target", "promotion", "event", "personal", "api"] | None = None,
    ) -> CouponDefinitionsIssueToManyAnswer:
        """Issue a coupon to a list of members.

        All of them or nobody: a member who is none refuses the list. Of a limited coupon the first get what there
        is, and the lists of the others are empty.

        Scope: coupon-definitions:write.
        """
        found: CouponDefinitionsIssueToManyAnswer = self._transport.call(
            "POST",
            f"/v1/coupon-definitions/{_part(definition_id)}/issue",
            body=_set(count=count, idempotency_key=idempotency_key, kind=kind, members=members),
        )
        return found


class DataRequests:
    """Data requests."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def waiting(self) -> DataRequestsWaitingAnswer:
        """What has to be answered.

        `overdue`: the legal term is over.

        Scope: data-requests:read.
        """
        found: DataRequestsWaitingAnswer = self._transport.call("GET", "/v1/data-requests")
        return found

    def give_answer(self, data_request_id: str, *, answer: str, by: str) -> DataRequestsGiveAnswerAnswer:
        """Answer a member.

        Once; the same again is fine.

        Scope: data-requests:write.
        """
        found: DataRequestsGiveAnswerAnswer = self._transport.call(
            "POST", f"/v1/data-requests/{_part(data_request_id)}/answer", body=_set(answer=answer, by=by)
        )
        return found


class Earns:
    """Earns."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def earn(
        self,
        *,
        idempotency_key: str,
        occurred_ms: int,
        paid_won: int,
        receipt_no: str,
        store_id: str,
        approval_nos: Sequence[str] | None = None,
        member_id: str | None = None,
        phone: str | None = None,
        sale: Bought2 | None = None,
        till: str | None = None,
        total_won: int | None = None,
    ) -> EarnsEarnAnswer:
        """Earn points for a payment.

        A receipt earns once, here or at a counter of the store; `receipt_used` names the earn that there is. An
        unknown number becomes a member. Where a store gives stamps, `stamps` says how many; `points_balance` is
        what the member can spend there.

        Scope: earns:write.
        """
        found: EarnsEarnAnswer = self._transport.call(
            "POST",
            "/v1/earns",
            body=_set(
                approval_nos=approval_nos,
                idempotency_key=idempotency_key,
                member_id=member_id,
                occurred_ms=occurred_ms,
                paid_won=paid_won,
                phone=phone,
                receipt_no=receipt_no,
                sale=sale,
                store_id=store_id,
                till=till,
                total_won=total_won,
            ),
        )
        return found

    def show(self, earn_id: str) -> EarnsEarnAnswer:
        """An earn.

        One that came through this API, with what its member has now.

        Scope: earns:read.
        """
        found: EarnsEarnAnswer = self._transport.call("GET", f"/v1/earns/{_part(earn_id)}")
        return found

    def cancel(self, earn_id: str) -> EarnsCancelAnswer:
        """Take back what a cancelled payment earned.

        The whole payment was cancelled. What the member spent meanwhile becomes a debt that later earns repay. A
        second call changes nothing and answers the same.

        Scope: earns:write.
        """
        found: EarnsCancelAnswer = self._transport.call("POST", f"/v1/earns/{_part(earn_id)}/cancel")
        return found


class Enrollments:
    """Enrollments."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def issue_code(
        self, *, store_id: str, device_kind: Literal["agent", "tablet"] | None = None, label: str | None = None
    ) -> ApplicationsApproveAnswerEnrollment:
        """A code for one new device.

        Eight letters that somebody types into the new device.

        Scope: enrollments:write.
        """
        found: ApplicationsApproveAnswerEnrollment = self._transport.call(
            "POST", "/v1/enrollments", body=_set(device_kind=device_kind, label=label, store_id=store_id)
        )
        return found


class Hq:
    """Hq."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def platform(self) -> BrandsOfAdvertiserAnswer:
        """What advertisers' rewards may come to.

        3,000 won a use and 5,000 won a day until head office raised it.

        Scope: hq:read.
        """
        found: BrandsOfAdvertiserAnswer = self._transport.call("GET", "/v1/hq/advertiser-limits")
        return found

    def set_platform(self, *, day_max_won: int, reason: str, use_max_won: int) -> BrandsOfAdvertiserAnswer:
        """Change what advertisers' rewards may come to.

        No advertiser goes beyond it, whatever it has set for itself.

        Scope: hq:write.
        """
        found: BrandsOfAdvertiserAnswer = self._transport.call(
            "POST",
            "/v1/hq/advertiser-limits",
            body=_set(day_max_won=day_max_won, reason=reason, use_max_won=use_max_won),
        )
        return found

    def listed(self, *, open: bool | None = None, limit: int | None = None) -> HqListedAnswer:
        """Disputes.

        With `open=true` those that nobody has decided.

        Scope: hq:read.
        """
        found: HqListedAnswer = self._transport.call("GET", "/v1/hq/disputes", query={"open": open, "limit": limit})
        return found

    def decide(
        self, dispute_id: str, *, by: str, decision: Literal["upheld", "refused"], note: str | None = None
    ) -> HqListedAnswerDisputesItem:
        """Head office decides a dispute.

        What follows from it (a correction, a word with the store) is done by people.

        Scope: hq:write.
        """
        found: HqListedAnswerDisputesItem = self._transport.call(
            "POST", f"/v1/hq/disputes/{_part(dispute_id)}/decide", body=_set(by=by, decision=decision, note=note)
        )
        return found

    def warned(self) -> HqWarnedAnswer:
        """Stores that were warned of.

        Which figures of which stores passed their bound.

        Scope: hq:read.
        """
        found: HqWarnedAnswer = self._transport.call("GET", "/v1/hq/monitors")
        return found

    def of_hq(
        self, *, open: bool | None = None, before_ms: int | None = None, limit: int | None = None
    ) -> HqOfHqAnswer:
        """What head office has been told.

        As the list of a store; `store_id` says which one it is about.

        Scope: hq:read.
        """
        found: HqOfHqAnswer = self._transport.call(
            "GET", "/v1/hq/notices", query={"open": open, "before_ms": before_ms, "limit": limit}
        )
        return found

    def ack_by_hq(self, notice_id: str, *, by: str) -> HqOfHqAnswerNoticesItem:
        """Head office acknowledges a notice.

        What the store was told about the same thing stays as it is.

        Scope: hq:write.
        """
        found: HqOfHqAnswerNoticesItem = self._transport.call(
            "POST", f"/v1/hq/notices/{_part(notice_id)}/ack", body=_set(by=by)
        )
        return found

    def read_by_hq(self, notice_id: str) -> HqOfHqAnswerNoticesItem:
        """Head office looked at a notice.

        It still waits for somebody to acknowledge it.

        Scope: hq:write.
        """
        found: HqOfHqAnswerNoticesItem = self._transport.call("POST", f"/v1/hq/notices/{_part(notice_id)}/read")
        return found


class Imports:
    """Imports."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def imports(self, *, store_id: str | None = None, limit: int | None = None) -> ImportsImportsAnswer:
        """Imports of a store.

        Also those that are over.

        Scope: imports:read.
        """
        found: ImportsImportsAnswer = self._transport.call(
            "GET", "/v1/imports", query={"store_id": store_id, "limit": limit}
        )
        return found

    def upload(
        self,
        content: bytes,
        *,
        store_id: str | None = None,
        source: str | None = None,
        phone: str | None = None,
        points: str | None = None,
        stamps: str | None = None,
        name: str | None = None,
        joined: str | None = None,
        grade: str | None = None,
    ) -> ImportsImportsAnswerImportsItem:
        """Upload a list of members of another service.

        Changes no member: it is looked at first (`checking`, `checked`). Columns are found by their names; each can
        be named by its title or its number from 1, and `-` leaves it out. `source` is the other service: a member's
        points come in once from each. The same file again is the same import.

        Scope: imports:write.
        """
        found: ImportsImportsAnswerImportsItem = self._transport.call(
            "POST",
            "/v1/imports",
            query={
                "store_id": store_id,
                "source": source,
                "phone": phone,
                "points": points,
                "stamps": stamps,
                "name": name,
                "joined": joined,
                "grade": grade,
            },
            content=content,
        )
        return found

    def show(self, import_id: str) -> ImportsImportsAnswerImportsItem:
        """How an import is.

        `sums` is what would come in, to be confirmed; `progress` what has come in. `problem` says why a file as a
        whole was refused.

        Scope: imports:read.
        """
        found: ImportsImportsAnswerImportsItem = self._transport.call("GET", f"/v1/imports/{_part(import_id)}")
        return found

    def cancel(self, import_id: str) -> ImportsImportsAnswerImportsItem:
        """Give up an import before it is confirmed.

        The file and its rows are removed.

        Scope: imports:write.
        """
        found: ImportsImportsAnswerImportsItem = self._transport.call("POST", f"/v1/imports/{_part(import_id)}/cancel")
        return found

    def confirm(
        self, import_id: str, *, by: str, points: int, rows: int, stamps: int, grades: Sequence[GradeWord] | None = None
    ) -> ImportsImportsAnswerImportsItem:
        """Import what was checked.

        Only with the sums of the dry run. It goes on by itself, also after a crash; confirming twice imports once.
        A member gets the grade that the dry run shows beside the word, unless it is below the one they have; it
        stays for thirty days, then what they do here decides.

        Scope: imports:write.
        """
        found: ImportsImportsAnswerImportsItem = self._transport.call(
            "POST",
            f"/v1/imports/{_part(import_id)}/confirm",
            body=_set(by=by, grades=grades, points=points, rows=rows, stamps=stamps),
        )
        return found

    def problems_of(
        self, import_id: str, *, after: int | None = None, limit: int | None = None
    ) -> ImportsProblemsOfAnswer:
        """Lines that are left out.

        `after` is the last line that is known already. What stands in the lines is not repeated.

        Scope: imports:read.
        """
        found: ImportsProblemsOfAnswer = self._transport.call(
            "GET", f"/v1/imports/{_part(import_id)}/problems", query={"after": after, "limit": limit}
        )
        return found

    def problems_file(self, import_id: str) -> bytes:
        """Lines that are left out, for a spreadsheet.

        All of them; no cell of it is a formula.

        Scope: imports:read.
        """
        found: bytes = self._transport.call("GET", f"/v1/imports/{_part(import_id)}/problems.csv", raw=True)
        return found


class Invitations:
    """Invitations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def accept(self, invitation_id: str, *, code: str, pin: str) -> ApplicationsApproveAnswerOwner:
        """Join a store.

        With the code that reached the number, and a PIN of their own.

        Scope: invitations:write.
        """
        found: ApplicationsApproveAnswerOwner = self._transport.call(
            "POST", f"/v1/invitations/{_part(invitation_id)}/accept", body=_set(code=code, pin=pin)
        )
        return found


class Jobs:
    """Jobs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def jobs(self) -> JobsJobsAnswer:
        """What is done by the hour and the day.

        `done` is how much the last finished run did; `error` what the last failed one said.

        Scope: jobs:read.
        """
        found: JobsJobsAnswer = self._transport.call("GET", "/v1/jobs")
        return found

    def run(self, name: str) -> JobsRunAnswer:
        """Make a job due now.

        One process does it within seconds, unless one is at it already.

        Scope: jobs:write.
        """
        found: JobsRunAnswer = self._transport.call("POST", f"/v1/jobs/{_part(name)}/run")
        return found


class Layouts:
    """Layouts."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def rules(self, *, brand_id: str | None = None, pos_model: str | None = None) -> LayoutsRulesAnswer:
        """What a brand's counters are told of their receipts.

        Withdrawn labels have no meaning. `pos_model`: only those that shops with this POS have taught.

        Scope: layouts:read.
        """
        found: LayoutsRulesAnswer = self._transport.call(
            "GET", "/v1/layouts", query={"brand_id": brand_id, "pos_model": pos_model}
        )
        return found

    def approve(self, *, brand_id: str, lessons: Sequence[Lesson], pos_model: str | None = None) -> LayoutsRulesAnswer:
        """Give the lessons of one shop to all.

        Every counter of the brand uses them below the shop's own lessons. Repeating it changes nothing.

        Scope: layouts:write.
        """
        found: LayoutsRulesAnswer = self._transport.call(
            "POST", "/v1/layouts/approve", body=_set(brand_id=brand_id, lessons=lessons, pos_model=pos_model)
        )
        return found

    def withdraw(self, *, brand_id: str, labels: Sequence[str]) -> LayoutsRulesAnswer:
        """Take lessons back from all counters.

        What a shop has taught itself stays. Repeating it changes nothing.

        Scope: layouts:write.
        """
        found: LayoutsRulesAnswer = self._transport.call(
            "POST", "/v1/layouts/withdraw", body=_set(brand_id=brand_id, labels=labels)
        )
        return found


class MemberGroups:
    """Member groups."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def show(self, group_id: str, *, limit: int | None = None, after: str | None = None) -> MemberGroupsShowAnswer:
        """A group and who belongs to it.

        `after` is the last id of the page before.

        Scope: member-groups:read.
        """
        found: MemberGroupsShowAnswer = self._transport.call(
            "GET", f"/v1/member-groups/{_part(group_id)}", query={"limit": limit, "after": after}
        )
        return found

    def place(self, group_id: str, *, member_id: str, belongs: bool | None = None) -> BrandsMakeAnswer:
        """Put a member into a group, or take one out.

        Doing it twice is fine.

        Scope: member-groups:write.
        """
        found: BrandsMakeAnswer = self._transport.call(
            "POST", f"/v1/member-groups/{_part(group_id)}/members", body=_set(belongs=belongs, member_id=member_id)
        )
        return found


class MemberSearches:
    """Member searches."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def searches(self, *, limit: int | None = None, before: str | None = None) -> MemberSearchesSearchesAnswer:
        """Who looked for whom, and why.

        `before` is a search id, for paging.

        Scope: member-searches:read.
        """
        found: MemberSearchesSearchesAnswer = self._transport.call(
            "GET", "/v1/member-searches", query={"limit": limit, "before": before}
        )
        return found


class Members:
    """Members."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def listed(
        self,
        *,
        status: Literal["dormant", "withdrawn", "merged"] | None = None,
        limit: int | None = None,
        before: str | None = None,
    ) -> MembersListedAnswer:
        """Dormant or former members.

        Each list by itself; `next` is the `before` of the following page.

        Scope: members:read.
        """
        found: MembersListedAnswer = self._transport.call(
            "GET", "/v1/members", query={"status": status, "limit": limit, "before": before}
        )
        return found

    def join(
        self,
        *,
        phone: str,
        age_confirmed: bool | None = None,
        channel: Literal["tablet", "pos", "pc_web", "mobile_web", "app", "channelling", "telephone"] | None = None,
        detail: str | None = None,
        nickname: str | None = None,
        store_id: str | None = None,
    ) -> MembersJoinAnswer:
        """Join, or find the member of this number.

        Same phone, same member. A nickname that comes with the number replaces the old one.

        Scope: members:write.
        """
        found: MembersJoinAnswer = self._transport.call(
            "POST",
            "/v1/members",
            body=_set(
                age_confirmed=age_confirmed,
                channel=channel,
                detail=detail,
                nickname=nickname,
                phone=phone,
                store_id=store_id,
            ),
        )
        return found

    def find(self, *, phone: str) -> MembersFindAnswer:
        """Find a member by number.

        A number never stands in an address; it is posted.

        Scope: members:read.
        """
        found: MembersFindAnswer = self._transport.call("POST", "/v1/members/find", body=_set(phone=phone))
        return found

    def look_for(self, body: ByTail | ByPhone | ById | ByCard | ByNickname) -> MembersLookForAnswer:
        """Look for members.

        By four digits, a number, an id or a nickname; with a reason, which is kept with who asked and who was
        found. A store sees only who was there. Thirty times in ten minutes for one person; `next` is the `after` of
        the next page.

        Scope: members:write.
        """
        found: MembersLookForAnswer = self._transport.call("POST", "/v1/members/search", body=body)
        return found

    def show(self, member_id: str, *, store_id: str | None = None) -> MembersShowAnswer:
        """A member's wallet.

        Points, those that end within thirty days, what waits for a store's decision, debt, stamp cards, and coupons
        that can be used, wait, or changed within ninety days; of these a restricted key sees its brand's. With
        `store_id` also what can be spent there, which is not the same where points are kept by brand or store.

        Scope: members:read.
        """
        found: MembersShowAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}", query={"store_id": store_id}
        )
        return found

    def own_cards(self, member_id: str) -> MembersOwnCardsAnswer:
        """A member's cards.

        Without those that were deleted.

        Scope: members:read.
        """
        found: MembersOwnCardsAnswer = self._transport.call("GET", f"/v1/members/{_part(member_id)}/cards")
        return found

    def add_card(
        self, member_id: str, *, nickname: str | None = None, number: str | None = None
    ) -> MembersOwnCardsAnswerCardsItem:
        """Register or make a card.

        As many as one likes; a number is one member's for ever.

        Scope: members:write.
        """
        found: MembersOwnCardsAnswerCardsItem = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/cards", body=_set(nickname=nickname, number=number)
        )
        return found

    def change_card(
        self,
        member_id: str,
        number: str,
        *,
        nickname: str | None = None,
        state: Literal["active", "suspended", "deleted"] | None = None,
    ) -> MembersOwnCardsAnswerCardsItem:
        """Name, suspend or delete a card.

        A deleted card stays deleted.

        Scope: members:write.
        """
        found: MembersOwnCardsAnswerCardsItem = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/cards/{_part(number)}", body=_set(nickname=nickname, state=state)
        )
        return found

    def agreed(self, member_id: str) -> MembersAgreedAnswer:
        """What a member agreed to.

        `missing` are required ones in their wording of today; earning needs none of them that is optional.

        Scope: members:read.
        """
        found: MembersAgreedAnswer = self._transport.call("GET", f"/v1/members/{_part(member_id)}/consents")
        return found

    def say(
        self,
        member_id: str,
        *,
        agreed: bool,
        channel: Literal["tablet", "pos", "pc_web", "mobile_web", "app", "channelling", "telephone"],
        code: str,
        version: int,
        said_ms: int | None = None,
        store_id: str | None = None,
    ) -> MembersAgreedAnswer:
        """Keep what a member says to a consent.

        Yes or no to one wording. Nothing is ever agreed to by silence, and no answer is ever changed.

        Scope: members:write.
        """
        found: MembersAgreedAnswer = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/consents",
            body=_set(agreed=agreed, channel=channel, code=code, said_ms=said_ms, store_id=store_id, version=version),
        )
        return found

    def issue(
        self, member_id: str, *, definition_id: str, idempotency_key: str, print_at: str | None = None
    ) -> MembersFindAnswerCouponsItem:
        """Issue a coupon to a member.

        The same idempotency key gives the same coupon, and one paper of it.

        Scope: members:write.
        """
        found: MembersFindAnswerCouponsItem = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/coupons",
            body=_set(definition_id=definition_id, idempotency_key=idempotency_key, print_at=print_at),
        )
        return found

    def redeem_code(self, member_id: str, *, code: str) -> MembersFindAnswerCouponsItem:
        """Get a coupon for a code.

        The same code again gives the same member the same coupon. Five wrong ones, and the member waits ten
        minutes.

        Scope: members:write.
        """
        found: MembersFindAnswerCouponsItem = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/coupons/code", body=_set(code=code)
        )
        return found

    def of_member_coupons_history(
        self, member_id: str, *, before: str | None = None, limit: int | None = None
    ) -> MembersOfMemberCouponsHistoryAnswer:
        """What became of a member's coupons.

        Issued, asked for, used, given back, over; `before` is the last `event_id` of the page before.

        Scope: members:read.
        """
        found: MembersOfMemberCouponsHistoryAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}/coupons/history", query={"before": before, "limit": limit}
        )
        return found

    def take(self, member_id: str, *, definition_id: str, idempotency_key: str) -> MembersFindAnswerCouponsItem:
        """Take a coupon that is there for everybody.

        Of a limited one never more than there are, and to one member never more than each may take.

        Scope: members:write.
        """
        found: MembersFindAnswerCouponsItem = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/coupons/take",
            body=_set(definition_id=definition_id, idempotency_key=idempotency_key),
        )
        return found

    def use(
        self, member_id: str, coupon_id: str, *, idempotency_key: str, payment_ref: str, payment_won: int
    ) -> MembersUseAnswer:
        """Use an advertiser's reward.

        At once, without a store. One in a payment, so much a use, so much a day. A store's reward is asked for with
        `POST /v1/requests` instead.

        Scope: members:write.
        """
        found: MembersUseAnswer = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/coupons/{_part(coupon_id)}/use",
            body=_set(idempotency_key=idempotency_key, payment_ref=payment_ref, payment_won=payment_won),
        )
        return found

    def data(self, member_id: str) -> MembersDataAnswer:
        """Everything that is kept of a member.

        For the member: what is collected, what for, for how long, and who else gets it. Secrets are named, not
        told.

        Scope: members:read.
        """
        found: MembersDataAnswer = self._transport.call("GET", f"/v1/members/{_part(member_id)}/data")
        return found

    def ask(
        self,
        member_id: str,
        *,
        kind: Literal["access", "correction", "deletion", "stop", "marketing_opt_out", "withdrawal"],
        text: str | None = None,
    ) -> DataRequestsGiveAnswerAnswer:
        """A member asks about their data.

        Access, correction, deletion, a stop, no more marketing, or leaving; answered within ten days.

        Scope: members:write.
        """
        found: DataRequestsGiveAnswerAnswer = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/data-requests", body=_set(kind=kind, text=text)
        )
        return found

    def entries(self, member_id: str, *, limit: int | None = None, before: str | None = None) -> MembersEntriesAnswer:
        """A member's entries.

        Newest first; each leads back to its operation, request and receipt. `before` is a posting id, for paging. A
        key of one brand or store gets what happened there.

        Scope: members:read.
        """
        found: MembersEntriesAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}/entries", query={"limit": limit, "before": before}
        )
        return found

    def happened(self, member_id: str, *, limit: int | None = None) -> MembersHappenedAnswer:
        """What was done to a membership.

        By whom and why; never with a number or a name.

        Scope: members:read.
        """
        found: MembersHappenedAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}/events", query={"limit": limit}
        )
        return found

    def explained(self, member_id: str, *, limit: int | None = None) -> MembersExplainedAnswer:
        """Why a balance is what it is.

        The newest entries, oldest first, each with its operation, receipt, request, person and lots, and the
        balance after it; `opening` plus the amounts is what each account has, and so are `sums`.

        Scope: members:read.
        """
        found: MembersExplainedAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}/explain", query={"limit": limit}
        )
        return found

    def held(self, member_id: str) -> MembersHeldAnswer:
        """What a member would lose by leaving.

        For the screen on which the member confirms; `problems` are in the way of leaving.

        Scope: members:read.
        """
        found: MembersHeldAnswer = self._transport.call("GET", f"/v1/members/{_part(member_id)}/held")
        return found

    def merge(self, member_id: str, *, by: str, into: str, reason: str) -> MembersMergeAnswer:
        """Two members are one person.

        This member is the other one from now on, and its number finds the other. Nothing gets more or less.

        Scope: members:write.
        """
        found: MembersMergeAnswer = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/merge", body=_set(by=by, into=into, reason=reason)
        )
        return found

    def read(self, member_id: str) -> MembersDataAnswerMessages:
        """How a member is told what they have.

        Of points, stamps and coupons. What becomes of a request is told in any case.

        Scope: members:read.
        """
        found: MembersDataAnswerMessages = self._transport.call("GET", f"/v1/members/{_part(member_id)}/messages")
        return found

    def choose(
        self,
        member_id: str,
        *,
        channel: Literal["push", "alimtalk", "sms", "email", "none"] | None = None,
        switched_off: Sequence[
            Literal[
                "approval_request",
                "payment_request",
                "auto_approved",
                "recovered",
                "anomaly",
                "low_stock",
                "report_missing",
                "settlement",
                "delivery",
                "coupon_expiry",
                "campaign_result",
                "campaign_match",
                "data_deletion",
                "grade_change",
                "report_rate",
                "recovery_day_limit",
                "recovery_week_limit",
                "recovery_share_limit",
                "slow_approval",
                "many_rejections",
                "many_recoveries",
                "many_cancels",
                "same_coupon",
                "disputes",
                "complaint",
                "points_expiry",
                "coupon_issued",
                "points_earned",
                "points_used",
                "points_taken_back",
                "points_expired",
                "stamps_earned",
                "stamps_taken_back",
                "stamps_expired",
                "stamp_reward",
                "stamps_expiry",
                "member_grade",
                "device_silent",
                "suspected_closure",
                "order_due",
                "coupon_used",
                "coupon_expired",
            ]
        ]
        | None = None,
    ) -> MembersDataAnswerMessages:
        """Choose how a member is told what they have.

        Each notice says the channel; whoever sends it keeps to that.

        Scope: members:write.
        """
        found: MembersDataAnswerMessages = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/messages", body=_set(channel=channel, switched_off=switched_off)
        )
        return found

    def change_phone(self, member_id: str, *, by: str, checked: bool, phone: str, reason: str) -> MembersJoinAnswer:
        """Correct or change a member's number.

        The old number is nobody's afterwards. `phone_taken` names whose the new one is: the two may be one person.

        Scope: members:write.
        """
        found: MembersJoinAnswer = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/phone",
            body=_set(by=by, checked=checked, phone=phone, reason=reason),
        )
        return found

    def set_profile(
        self,
        member_id: str,
        *,
        by: str,
        items: Items,
        verification: Literal["verified", "sms_possession", "unverified"],
        special: Literal["none", "employee", "foreigner"] | None = None,
    ) -> MembersSetProfileAnswer:
        """Say who a member is.

        What is needed depends on the verification; `profile_incomplete` names what is `missing`. One person is one
        member, by the CI.

        Scope: members:write.
        """
        found: MembersSetProfileAnswer = self._transport.call(
            "POST",
            f"/v1/members/{_part(member_id)}/profile",
            body=_set(by=by, items=items, special=special, verification=verification),
        )
        return found

    def call_regular(self, member_id: str, *, store_id: str, regular: bool | None = None) -> MembersCallRegularAnswer:
        """A member calls a store their own.

        Opens the store's stamp card where there is one; `regular` false takes the word back, the card stays.

        Scope: members:write.
        """
        found: MembersCallRegularAnswer = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/regulars", body=_set(regular=regular, store_id=store_id)
        )
        return found

    def of_member_stamps(
        self, member_id: str, *, limit: int | None = None, before: str | None = None
    ) -> MembersOfMemberStampsAnswer:
        """A member's stamps and their history.

        `before` is a posting id, for paging.

        Scope: members:read.
        """
        found: MembersOfMemberStampsAnswer = self._transport.call(
            "GET", f"/v1/members/{_part(member_id)}/stamps", query={"limit": limit, "before": before}
        )
        return found

    def withdraw(self, member_id: str, *, confirmed: bool, reason: str, by: str | None = None) -> MembersWithdrawAnswer:
        """A member leaves.

        At once nobody's number; who it was is forgotten at `purge_ms`, and may join again from `rejoin_from_ms`.

        Scope: members:write.
        """
        found: MembersWithdrawAnswer = self._transport.call(
            "POST", f"/v1/members/{_part(member_id)}/withdraw", body=_set(by=by, confirmed=confirmed, reason=reason)
        )
        return found


class Menu:
    """Menu."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def add_category(
        self,
        *,
        idempotency_key: str,
        name: str,
        brand_id: str | None = None,
        position: int | None = None,
        store_id: str | None = None,
        visible: bool | None = None,
    ) -> MenuAddCategoryAnswer:
        """Add a category to a menu.

        Of one store, or of a brand for all its stores.

        Scope: menu:write.
        """
        found: MenuAddCategoryAnswer = self._transport.call(
            "POST",
            "/v1/menu/categories",
            body=_set(
                brand_id=brand_id,
                idempotency_key=idempotency_key,
                name=name,
                position=position,
                store_id=store_id,
                visible=visible,
            ),
        )
        return found

    def change_category(
        self,
        category_id: str,
        *,
        name: str,
        brand_id: str | None = None,
        position: int | None = None,
        store_id: str | None = None,
        visible: bool | None = None,
    ) -> MenuAddCategoryAnswer:
        """Change a category.

        All of it is replaced.

        Scope: menu:write.
        """
        found: MenuAddCategoryAnswer = self._transport.call(
            "POST",
            f"/v1/menu/categories/{_part(category_id)}",
            body=_set(brand_id=brand_id, name=name, position=position, store_id=store_id, visible=visible),
        )
        return found

    def remove_category(
        self, category_id: str, *, brand_id: str | None = None, store_id: str | None = None
    ) -> MenuAddCategoryAnswer:
        """Remove a category.

        Only an empty one.

        Scope: menu:write.
        """
        found: MenuAddCategoryAnswer = self._transport.call(
            "POST", f"/v1/menu/categories/{_part(category_id)}/remove", body=_set(brand_id=brand_id, store_id=store_id)
        )
        return found

    def add_item(
        self,
        *,
        category_id: str,
        idempotency_key: str,
        name: str,
        price_won: int,
        brand_id: str | None = None,
        code: str | None = None,
        composition: Literal["single", "set", "one_plus_one", "with_gift"] | None = None,
        description: str | None = None,
        manager: str | None = None,
        name_en: str | None = None,
        options: Sequence[Group] | None = None,
        position: int | None = None,
        rewards: Sequence[Literal["coupon", "point", "stamp"]] | None = None,
        sale_first: str | None = None,
        sale_last: str | None = None,
        sale_times: Times | None = None,
        services: Sequence[Literal["in_store", "pickup", "delivery", "parcel", "other"]] | None = None,
        stopped: bool | None = None,
        store_id: str | None = None,
        visible: bool | None = None,
    ) -> MenuAddItemAnswer:
        """Add an item to a menu.

        Of one store, or of a brand for all its stores.

        Scope: menu:write.
        """
        found: MenuAddItemAnswer = self._transport.call(
            "POST",
            "/v1/menu/items",
            body=_set(
                brand_id=brand_id,
                category_id=category_id,
                code=code,
                composition=composition,
                description=description,
                idempotency_key=idempotency_key,
                manager=manager,
                name=name,
                name_en=name_en,
                options=options,
                position=position,
                price_won=price_won,
                rewards=rewards,
                sale_first=sale_first,
                sale_last=sale_last,
                sale_times=sale_times,
                services=services,
                stopped=stopped,
                store_id=store_id,
                visible=visible,
            ),
        )
        return found

    def change_item(
        self,
        menu_id: str,
        *,
        category_id: str,
        name: str,
        price_won: int,
        brand_id: str | None = None,
        code: str | None = None,
        composition: Literal["single", "set", "one_plus_one", "with_gift"] | None = None,
        description: str | None = None,
        manager: str | None = None,
        name_en: str | None = None,
        options: Sequence[Group] | None = None,
        position: int | None = None,
        rewards: Sequence[Literal["coupon", "point", "stamp"]] | None = None,
        sale_first: str | None = None,
        sale_last: str | None = None,
        sale_times: Times | None = None,
        services: Sequence[Literal["in_store", "pickup", "delivery", "parcel", "other"]] | None = None,
        stopped: bool | None = None,
        store_id: str | None = None,
        visible: bool | None = None,
    ) -> MenuAddItemAnswer:
        """Change an item.

        All of it is replaced.

        Scope: menu:write.
        """
        found: MenuAddItemAnswer = self._transport.call(
            "POST",
            f"/v1/menu/items/{_part(menu_id)}",
            body=_set(
                brand_id=brand_id,
                category_id=category_id,
                code=code,
                composition=composition,
                description=description,
                manager=manager,
                name=name,
                name_en=name_en,
                options=options,
                position=position,
                price_won=price_won,
                rewards=rewards,
                sale_first=sale_first,
                sale_last=sale_last,
                sale_times=sale_times,
                services=services,
                stopped=stopped,
                store_id=store_id,
                visible=visible,
            ),
        )
        return found

    def remove_item(
        self, menu_id: str, *, brand_id: str | None = None, store_id: str | None = None
    ) -> MenuAddItemAnswer:
        """Remove an item.

        Orders that name it keep their words.

        Scope: menu:write.
        """
        found: MenuAddItemAnswer = self._transport.call(
            "POST", f"/v1/menu/items/{_part(menu_id)}/remove", body=_set(brand_id=brand_id, store_id=store_id)
        )
        return found


class Notices:
    """Notices."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def notices(self, *, cursor: str | None = None, limit: int | None = None) -> NoticesNoticesAnswer:
        """What consumers have to be told.

        In commit order and without gaps; keep the cursor and ask again. Without one: from the oldest kept.

        Scope: notices:read.
        """
        found: NoticesNoticesAnswer = self._transport.call(
            "GET", "/v1/notices", query={"cursor": cursor, "limit": limit}
        )
        return found


class Orders:
    """Orders."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def take_in(
        self,
        *,
        channel: Literal["in_store", "take_out", "app_order"],
        idempotency_key: str,
        items: Sequence[Item],
        payment: Literal["prepaid", "postpaid"],
        store_id: str,
        total_won: int,
        coupon_id: str | None = None,
        due_ms: int | None = None,
        member_id: str | None = None,
        nickname: str | None = None,
        note: str | None = None,
        paid_won: int | None = None,
        points: int | None = None,
        take_out: bool | None = None,
    ) -> OrdersTakeInAnswer:
        """Send an order to a store.

        Priced from the store's menu. A total that differs is refused with the right figures. Coupon and points are
        held with the order and go back with it.

        Scope: orders:write.
        """
        found: OrdersTakeInAnswer = self._transport.call(
            "POST",
            "/v1/orders",
            body=_set(
                channel=channel,
                coupon_id=coupon_id,
                due_ms=due_ms,
                idempotency_key=idempotency_key,
                items=items,
                member_id=member_id,
                nickname=nickname,
                note=note,
                paid_won=paid_won,
                payment=payment,
                points=points,
                store_id=store_id,
                take_out=take_out,
                total_won=total_won,
            ),
        )
        return found

    def figures(
        self,
        *,
        store_id: str | None = None,
        first: str | None = None,
        last: str | None = None,
        by: Literal["day", "hour", "channel", "menu"] | None = None,
    ) -> OrdersFiguresAnswer:
        """Figures of a store's finished orders.

        By business day, hour, channel or menu. `sales_won` is what the menu asked for less coupons; `before` is the
        span of as many days that ends where this one begins. At most 366 days.

        Scope: orders:read.
        """
        found: OrdersFiguresAnswer = self._transport.call(
            "GET", "/v1/orders/figures", query={"store_id": store_id, "first": first, "last": last, "by": by}
        )
        return found

    def waiting_list(
        self,
        *,
        store_id: str | None = None,
        tab: Literal["waiting", "making", "reserved", "past"] | None = None,
        page: int | None = None,
        days: int | None = None,
    ) -> OrdersWaitingListAnswer:
        """A store's orders, tab by tab.

        What waits for somebody to accept it, what is being made, what is for later, and the past of so many `days`.
        `new`: no counter has shown it yet. A page behind the last is the last. An accepted order for later is made
        from half an hour before its time on.

        Scope: orders:read.
        """
        found: OrdersWaitingListAnswer = self._transport.call(
            "GET", "/v1/orders/waiting", query={"store_id": store_id, "tab": tab, "page": page, "days": days}
        )
        return found

    def show(self, order_id: str) -> OrdersTakeInAnswerOrder:
        """An order.

        The order as it stands now.

        Scope: orders:read.
        """
        found: OrdersTakeInAnswerOrder = self._transport.call("GET", f"/v1/orders/{_part(order_id)}")
        return found

    def cancel(self, order_id: str) -> OrdersTakeInAnswerOrder:
        """The customer cancels an order.

        Until the store accepts it, and afterwards once the store has said that it is sold out. Coupon and points
        are back at once; `refund_won` is what the caller gives back of the money.

        Scope: orders:write.
        """
        found: OrdersTakeInAnswerOrder = self._transport.call("POST", f"/v1/orders/{_part(order_id)}/cancel")
        return found

    def keep(self, order_id: str) -> OrdersKeepAnswer:
        """The customer keeps an order that is sold out.

        The answer to a sold-out message: make what there is. Cancelling stays possible until the order is ready.

        Scope: orders:write.
        """
        found: OrdersKeepAnswer = self._transport.call("POST", f"/v1/orders/{_part(order_id)}/keep")
        return found


class Requests:
    """Requests."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, body: UseCoupon | UsePoints | WantStamp) -> RequestsAskAnswer:
        """Ask a store to accept a coupon or points, or for stamps.

        What is to be used is held until the store decides, the time runs out, or the request is withdrawn.

        Scope: requests:write.
        """
        found: RequestsAskAnswer = self._transport.call("POST", "/v1/requests", body=body)
        return found

    def show(self, request_id: str) -> RequestsShowAnswer:
        """A request.

        The request as it stands now; `message` is what its consumer reads when the store said no, else null.

        Scope: requests:read.
        """
        found: RequestsShowAnswer = self._transport.call("GET", f"/v1/requests/{_part(request_id)}")
        return found

    def dispute(self, request_id: str, *, text: str) -> HqListedAnswerDisputesItem:
        """A consumer disputes a request.

        The owner is told; of the third one of the same consumer head office too. Once for each request.

        Scope: requests:write.
        """
        found: HqListedAnswerDisputesItem = self._transport.call(
            "POST", f"/v1/requests/{_part(request_id)}/dispute", body=_set(text=text)
        )
        return found

    def withdraw(self, request_id: str) -> RequestsAskAnswer:
        """Take a request back.

        Possible while nobody decided; what was held goes back.

        Scope: requests:write.
        """
        found: RequestsAskAnswer = self._transport.call("POST", f"/v1/requests/{_part(request_id)}/withdraw")
        return found


class Stores:
    """Stores."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def stores(
        self,
        *,
        state: Literal["pending", "approved", "rejected", "suspected_closed", "suspended", "withdrawing", "closed"]
        | None = None,
        grade: str | None = None,
        district: str | None = None,
        low: bool | None = None,
        report_rate_below_bp: int | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> StoresStoresAnswer:
        """Stores.

        What head office watches: state, grade, reports, stock, counters.

        Scope: stores:read.
        """
        found: StoresStoresAnswer = self._transport.call(
            "GET",
            "/v1/stores",
            query={
                "state": state,
                "grade": grade,
                "district": district,
                "low": low,
                "report_rate_below_bp": report_rate_below_bp,
                "after": after,
                "limit": limit,
            },
        )
        return found

    def profile(self, store_id: str) -> StoresProfileAnswer:
        """A store.

        Also its hours, once somebody has set them.

        Scope: stores:read.
        """
        found: StoresProfileAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}")
        return found

    def alerts(self, store_id: str, *, alert_mode: Literal["popup_sound", "print", "both"]) -> StoresProfileAnswer:
        """How a store's counters tell of an order.

        On the screen with a sound, on paper, or both.

        Scope: stores:write.
        """
        found: StoresProfileAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/alerts", body=_set(alert_mode=alert_mode)
        )
        return found

    def attend(self, store_id: str, *, member_id: str) -> StoresAttendAnswer:
        """A stamp for coming by.

        One a business day, however often it is asked.

        Scope: stores:write.
        """
        found: StoresAttendAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/attendance", body=_set(member_id=member_id)
        )
        return found

    def of_store_boards(self, store_id: str) -> StoresOfStoreBoardsAnswer:
        """A store's boards of points and stamps.

        Names are masked. `stamps` is null where the store has no card.

        Scope: stores:read.
        """
        found: StoresOfStoreBoardsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/boards")
        return found

    def board(self, store_id: str, *, days: int | None = None, definition_id: str | None = None) -> StoresBoardAnswer:
        """A store's coupons in figures.

        Of all kinds or one; `log` has the latest twenty steps.

        Scope: stores:read.
        """
        found: StoresBoardAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/coupons/board", query={"days": days, "definition_id": definition_id}
        )
        return found

    def of_store_coupons_history(
        self, store_id: str, *, what: str | None = None, before: str | None = None, limit: int | None = None
    ) -> MembersOfMemberCouponsHistoryAnswer:
        """What happened to coupons at a store.

        With `what` one kind of step only.

        Scope: stores:read.
        """
        found: MembersOfMemberCouponsHistoryAnswer = self._transport.call(
            "GET",
            f"/v1/stores/{_part(store_id)}/coupons/history",
            query={"what": what, "before": before, "limit": limit},
        )
        return found

    def read_details(self, store_id: str) -> StoresReadDetailsAnswer:
        """What a store says of itself.

        For maps and for the store's own page.

        Scope: stores:read.
        """
        found: StoresReadDetailsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/details")
        return found

    def write_details(
        self,
        store_id: str,
        *,
        age_percents: dict[str, Any],
        districts: Sequence[str],
        female_percent: int,
        groups: Sequence[str],
        male_percent: int,
        phone: str,
        road_address: str,
        ads: Literal["all", "collab_only"] | None = None,
        detail_address: str | None = None,
        latitude_e6: int | None = None,
        longitude_e6: int | None = None,
        name: str | None = None,
        school_level: str | None = None,
    ) -> StoresWriteDetailsAnswer:
        """Change what a store says of itself.

        Replaces all of it; the pin may be moved away from where the address says.

        Scope: stores:write.
        """
        found: StoresWriteDetailsAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/details",
            body=_set(
                ads=ads,
                age_percents=age_percents,
                detail_address=detail_address,
                districts=districts,
                female_percent=female_percent,
                groups=groups,
                latitude_e6=latitude_e6,
                longitude_e6=longitude_e6,
                male_percent=male_percent,
                name=name,
                phone=phone,
                road_address=road_address,
                school_level=school_level,
            ),
        )
        return found

    def devices(self, store_id: str) -> StoresDevicesAnswer:
        """A store's devices.

        When each was last heard of, what it last said about itself, whether its clock is off.

        Scope: stores:read.
        """
        found: StoresDevicesAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/devices")
        return found

    def change_devices(
        self, store_id: str, device_id: str, *, label: str | None = None, prints: bool | None = None
    ) -> StoresDevicesAnswerDevicesItem:
        """Name a device, or let it print for the store.

        Null leaves it. Without a printing device, whichever shows a request first prints its slip.

        Scope: stores:write.
        """
        found: StoresDevicesAnswerDevicesItem = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/devices/{_part(device_id)}", body=_set(label=label, prints=prints)
        )
        return found

    def revoke(self, store_id: str, device_id: str, *, reason: str) -> StoresDevicesAnswerDevicesItem:
        """Shut a device out.

        For good; it would have to join anew. What it had not sent stays on it.

        Scope: stores:write.
        """
        found: StoresDevicesAnswerDevicesItem = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/devices/{_part(device_id)}/revoke", body=_set(reason=reason)
        )
        return found

    def draws(self, store_id: str) -> StoresDrawsAnswer:
        """The newest draws of a store.

        Each with its number of chance, so that anybody can check what it came to.

        Scope: stores:read.
        """
        found: StoresDrawsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/draws")
        return found

    def play(self, store_id: str, *, idempotency_key: str, member_id: str) -> StoresPlayAnswer:
        """Draw one of a store's rewards for a member.

        `roll_bp` is the number of chance below 10,000: rewards share it in their order by their probabilities. One
        that is gone is followed by the next that is left.

        Scope: stores:write.
        """
        found: StoresPlayAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/draws",
            body=_set(idempotency_key=idempotency_key, member_id=member_id),
        )
        return found

    def of_store_earning(self, store_id: str) -> BrandsOfBrandEarningAnswer:
        """How a store earns.

        The store's own programme before its brand's. `active` is false where the plan has no stamps: settings are
        kept and work from Plus on.

        Scope: stores:read.
        """
        found: BrandsOfBrandEarningAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/earning")
        return found

    def set_store(self, store_id: str, *, program: StoreProgram | None) -> BrandsOfBrandEarningAnswer:
        """Set how a store earns.

        A new version of the store's own programme; null goes back to its brand's. Grades are its brand's.

        Scope: stores:write.
        """
        found: BrandsOfBrandEarningAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/earning", body=_set(program=program)
        )
        return found

    def employees(self, store_id: str) -> StoresEmployeesAnswer:
        """Who works at a store.

        Removed ones too, with the time of it.

        Scope: stores:read.
        """
        found: StoresEmployeesAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/employees")
        return found

    def employ(
        self, store_id: str, *, idempotency_key: str, name: str, pin: str, role: Literal["owner", "staff"]
    ) -> ApplicationsApproveAnswerOwner:
        """Set up an owner or an employee.

        The owner comes first. The PIN is kept as a hash only, and no answer ever repeats it.

        Scope: stores:write.
        """
        found: ApplicationsApproveAnswerOwner = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/employees",
            body=_set(idempotency_key=idempotency_key, name=name, pin=pin, role=role),
        )
        return found

    def change_employees(
        self,
        store_id: str,
        employee_id: str,
        *,
        lift: bool | None = None,
        may_recover: bool | None = None,
        pin: str | None = None,
    ) -> ApplicationsApproveAnswerOwner:
        """Change an employee's PIN or right to recover.

        `lift` gives back a right that a limit suspended; what was counted before is not counted again.

        Scope: stores:write.
        """
        found: ApplicationsApproveAnswerOwner = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/employees/{_part(employee_id)}",
            body=_set(lift=lift, may_recover=may_recover, pin=pin),
        )
        return found

    def hand_over(self, store_id: str, employee_id: str) -> ApplicationsApproveAnswerOwner:
        """Make an employee the owner.

        A store has one owner at any moment.

        Scope: stores:write.
        """
        found: ApplicationsApproveAnswerOwner = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/employees/{_part(employee_id)}/hand-over"
        )
        return found

    def remove(self, store_id: str, employee_id: str) -> ApplicationsApproveAnswerOwner:
        """Take an employee off.

        What they did stays in the log with their name.

        Scope: stores:write.
        """
        found: ApplicationsApproveAnswerOwner = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/employees/{_part(employee_id)}/remove"
        )
        return found

    def read_hours(self, store_id: str) -> ApplicationsLookAnswerFormHours:
        """When a store is open.

        Monday first, null where closed; what passes 1,440 is after midnight. A store that has set none never
        closes.

        Scope: stores:read.
        """
        found: ApplicationsLookAnswerFormHours = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/hours")
        return found

    def write_hours(
        self,
        store_id: str,
        *,
        weekly: Sequence[Sequence[Any] | None],
        always_open: bool | None = None,
        holidays: Sequence[str] | None = None,
    ) -> ApplicationsLookAnswerFormHours:
        """Set when a store is open.

        Replaces hours and holidays.

        Scope: stores:write.
        """
        found: ApplicationsLookAnswerFormHours = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/hours",
            body=_set(always_open=always_open, holidays=holidays, weekly=weekly),
        )
        return found

    def invite(self, store_id: str, *, name: str, phone: str) -> StoresInviteAnswer:
        """Invite an employee.

        The number is not kept. The code is good for ten minutes and five tries.

        Scope: stores:write.
        """
        found: StoresInviteAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/invitations", body=_set(name=name, phone=phone)
        )
        return found

    def menu(self, store_id: str) -> StoresMenuAnswer:
        """A store's menu as it is now.

        `not_on_sale` is null for what can be ordered now, else why not: stopped, hidden, period, not_here,
        sold_out, time.

        Scope: stores:read.
        """
        found: StoresMenuAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/menu")
        return found

    def cart(
        self,
        store_id: str,
        *,
        lines: Sequence[Line],
        service: Literal["in_store", "pickup", "delivery", "parcel", "other"] | None = None,
    ) -> StoresCartAnswer:
        """What a cart comes to while it is filled.

        The total as it changes with every option that is chosen. `missing` and `too_many` name groups of options.

        Scope: stores:write.
        """
        found: StoresCartAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/menu/cart", body=_set(lines=lines, service=service)
        )
        return found

    def price(
        self, store_id: str, *, menu_id: str, options: Sequence[str] | None = None, quantity: int | None = None
    ) -> StoresPriceAnswer:
        """What a line of an order costs now.

        Refused when it cannot be ordered, or when the options do not fit their groups.

        Scope: stores:write.
        """
        found: StoresPriceAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/menu/price",
            body=_set(menu_id=menu_id, options=options, quantity=quantity),
        )
        return found

    def template(self, store_id: str, *, name: str, sale_times: Times) -> StoresTemplateAnswer:
        """Keep a named time of sale.

        The same name again replaces it.

        Scope: stores:write.
        """
        found: StoresTemplateAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/menu/time-templates", body=_set(name=name, sale_times=sale_times)
        )
        return found

    def available(self, store_id: str, menu_id: str, *, available: bool) -> StoresAvailableAnswer:
        """Say whether a store has an item at all.

        For items of the brand that this store does not make.

        Scope: stores:write.
        """
        found: StoresAvailableAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/menu/{_part(menu_id)}/available", body=_set(available=available)
        )
        return found

    def sold_out(
        self, store_id: str, menu_id: str, *, kind: Literal["today", "until_released"] | None
    ) -> StoresAvailableAnswer:
        """Mark an item sold out at a store.

        `today` ends at midnight in Korea, `until_released` when somebody says so; null: on sale again.

        Scope: stores:write.
        """
        found: StoresAvailableAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/menu/{_part(menu_id)}/sold-out", body=_set(kind=kind)
        )
        return found

    def of_store_monitors(self, store_id: str) -> StoresOfStoreMonitorsAnswer:
        """Approvals, rejections and recoveries of a store.

        Shares are of the last thirty days, recoveries of today. `of` is 0 where a figure is no share; `level` is
        `normal`, `watch` or `notify`.

        Scope: stores:read.
        """
        found: StoresOfStoreMonitorsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/monitors")
        return found

    def read_setting(self, store_id: str) -> StoresReadSettingAnswer:
        """What a store wants in its bell.

        Kinds that are switched off are kept in the list all the same.

        Scope: stores:read.
        """
        found: StoresReadSettingAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/notice-settings")
        return found

    def write_setting(
        self,
        store_id: str,
        *,
        advance_orders: bool | None = None,
        switched_off: Sequence[
            Literal[
                "approval_request",
                "payment_request",
                "auto_approved",
                "recovered",
                "anomaly",
                "low_stock",
                "report_missing",
                "settlement",
                "delivery",
                "coupon_expiry",
                "campaign_result",
                "campaign_match",
                "data_deletion",
                "grade_change",
                "report_rate",
                "recovery_day_limit",
                "recovery_week_limit",
                "recovery_share_limit",
                "slow_approval",
                "many_rejections",
                "many_recoveries",
                "many_cancels",
                "same_coupon",
                "disputes",
                "complaint",
                "points_expiry",
                "coupon_issued",
                "points_earned",
                "points_used",
                "points_taken_back",
                "points_expired",
                "stamps_earned",
                "stamps_taken_back",
                "stamps_expired",
                "stamp_reward",
                "stamps_expiry",
                "member_grade",
                "device_silent",
                "suspected_closure",
                "order_due",
                "coupon_used",
                "coupon_expired",
            ]
        ]
        | None = None,
    ) -> StoresReadSettingAnswer:
        """Choose what a store wants in its bell.

        What is urgent cannot be switched off; advance notices of orders come with Plus.

        Scope: stores:write.
        """
        found: StoresReadSettingAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/notice-settings",
            body=_set(advance_orders=advance_orders, switched_off=switched_off),
        )
        return found

    def of_store_notices(
        self, store_id: str, *, open: bool | None = None, before_ms: int | None = None, limit: int | None = None
    ) -> HqOfHqAnswer:
        """What a store has been told.

        Newest first, kept for a year; with `open=true` what nobody has acknowledged, urgent ones first.

        Scope: stores:read.
        """
        found: HqOfHqAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/notices", query={"open": open, "before_ms": before_ms, "limit": limit}
        )
        return found

    def ack_by_store(self, store_id: str, notice_id: str, *, by: str) -> HqOfHqAnswerNoticesItem:
        """A store acknowledges a notice.

        The first one's name stays; the same thing happening again is a new notice.

        Scope: stores:write.
        """
        found: HqOfHqAnswerNoticesItem = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/notices/{_part(notice_id)}/ack", body=_set(by=by)
        )
        return found

    def read_by_store(self, store_id: str, notice_id: str) -> HqOfHqAnswerNoticesItem:
        """A store looked at a notice.

        It still waits for somebody to acknowledge it.

        Scope: stores:write.
        """
        found: HqOfHqAnswerNoticesItem = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/notices/{_part(notice_id)}/read"
        )
        return found

    def log(self, store_id: str, *, limit: int | None = None) -> StoresLogAnswer:
        """What people did about requests.

        Approvals, rejections and recoveries with who made them; an employee sees their own.

        Scope: stores:read.
        """
        found: StoresLogAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/operation-log", query={"limit": limit}
        )
        return found

    def decline(
        self,
        store_id: str,
        *,
        actor: str,
        campaign: str,
        idempotency_key: str,
        reason: Literal[
            "too_few_people",
            "peak_too_busy",
            "new_staff",
            "no_storage",
            "delivery_late",
            "size_does_not_fit",
            "consumables_changed",
            "closed_for_a_while",
            "season_or_event",
            "fewer_visitors",
            "too_many_visitors",
            "deposit_or_cost",
            "settlement_method",
            "tax_invoice",
            "period_or_quantity",
            "distribution_method",
            "reaction_to_reward",
            "reporting_rules",
            "brand_image",
            "text_or_visual",
            "content_policy",
            "qr_or_order_trouble",
            "no_contact_person",
            "other",
        ],
        reason_text: str | None = None,
    ) -> StoresDeclineAnswer:
        """Decline a campaign.

        One of the form's reasons; `other` says which in `reason_text`.

        Scope: stores:write.
        """
        found: StoresDeclineAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/refusals",
            body=_set(
                actor=actor, campaign=campaign, idempotency_key=idempotency_key, reason=reason, reason_text=reason_text
            ),
        )
        return found

    def list_reports(
        self, store_id: str, *, since: str | None = None, days: int | None = None
    ) -> StoresListReportsAnswer:
        """Daily reports.

        `days` of them from `since` on. `rate_bp`: share of business days of six months with a report in time.

        Scope: stores:read.
        """
        found: StoresListReportsAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/reports", query={"since": since, "days": days}
        )
        return found

    def report(self, store_id: str, *, actor: str, day: str, pieces: int) -> StoresReportAnswer:
        """Report the cup holders of a day.

        `oddities` name what a person should look at; none of them refuses a number. The same number again changes
        nothing.

        Scope: stores:write.
        """
        found: StoresReportAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/reports", body=_set(actor=actor, day=day, pieces=pieces)
        )
        return found

    def against_take_out(
        self, store_id: str, *, since: str | None = None, days: int | None = None
    ) -> StoresAgainstTakeOutAnswer:
        """Daily reports beside take-out orders.

        `gap`: pieces that were reported beyond the take-out orders paid through us; for people to look at.

        Scope: stores:read.
        """
        found: StoresAgainstTakeOutAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/reports/take-out", query={"since": since, "days": days}
        )
        return found

    def used(
        self,
        store_id: str,
        *,
        period: Literal["day", "week", "month"] | None = None,
        on: str | None = None,
        by: Literal["use", "customer", "reward"] | None = None,
        definition_id: str | None = None,
        page: int | None = None,
    ) -> StoresUsedAnswer:
        """Rewards that were used at a store.

        Coupons and points of the day, week or month of `on` (without it: today), one by one, by customer or by
        reward. Twenty rows a page and at most five pages; `total` says how many there are in all. With
        `definition_id` one coupon alone.

        Scope: stores:read.
        """
        found: StoresUsedAnswer = self._transport.call(
            "GET",
            f"/v1/stores/{_part(store_id)}/reward-uses",
            query={"period": period, "on": on, "by": by, "definition_id": definition_id, "page": page},
        )
        return found

    def read(self, store_id: str) -> StoresReadAnswer:
        """A store's rewards.

        `played` is false while there are none or the function is off.

        Scope: stores:read.
        """
        found: StoresReadAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/rewards")
        return found

    def write(self, store_id: str, *, rewards: Sequence[OneReward], active: bool | None = None) -> StoresReadAnswer:
        """Set a store's rewards.

        Replaces all of them by a new version; coupons that were won before stay what they were.

        Scope: stores:write.
        """
        found: StoresReadAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/rewards", body=_set(active=active, rewards=rewards)
        )
        return found

    def reward_summary(self, store_id: str) -> StoresRewardSummaryAnswer:
        """A store's rewards in three boxes.

        Coupons issued and used, points earned and used, stamps given and their rewards used: today, and in all.

        Scope: stores:read.
        """
        found: StoresRewardSummaryAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/rewards/summary")
        return found

    def of_store_shares_settlement(
        self, store_id: str, *, since: str | None = None, days: int | None = None
    ) -> StoresOfStoreSharesSettlementAnswer:
        """What rewards cost a store.

        The store's own line, with the rewards that it is made of; for its owner.

        Scope: stores:read.
        """
        found: StoresOfStoreSharesSettlementAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/shares/settlement", query={"since": since, "days": days}
        )
        return found

    def open_card(self, store_id: str, *, member_id: str) -> StoresOpenCardAnswer:
        """Open a member's stamp card.

        For whoever marks the store as regular; the first stamp opens a card as well. Doing it twice changes
        nothing.

        Scope: stores:write.
        """
        found: StoresOpenCardAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/stamp-cards", body=_set(member_id=member_id)
        )
        return found

    def card(self, store_id: str, member_id: str) -> StoresOpenCardAnswer:
        """A member's stamp card.

        `next_expiry_ms` is when the first stamps of the board that is being filled lapse; full boards do not.

        Scope: stores:read.
        """
        found: StoresOpenCardAnswer = self._transport.call(
            "GET", f"/v1/stores/{_part(store_id)}/stamp-cards/{_part(member_id)}"
        )
        return found

    def state(
        self, store_id: str, *, reason: str, to: Literal["approved", "suspected_closed", "suspended"]
    ) -> StoresProfileAnswer:
        """Close a store for a while, or open it again.

        A suspended store takes no new request and no new number; what happened before is booked whenever it
        arrives.

        Scope: stores:write.
        """
        found: StoresProfileAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/state", body=_set(reason=reason, to=to)
        )
        return found

    def stay(self, store_id: str, *, reason: str | None = None) -> StoresProfileAnswer:
        """Take a withdrawal back.

        Within the thirty days.

        Scope: stores:write.
        """
        found: StoresProfileAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/stay", body=_set(reason=reason)
        )
        return found

    def stock(self, store_id: str) -> StoresStockAnswer:
        """A store's cup holders.

        Everything in pieces.

        Scope: stores:read.
        """
        found: StoresStockAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/stock")
        return found

    def order(self, store_id: str, *, actor: str, idempotency_key: str, pieces: int) -> StoresStockAnswer:
        """Order cup holders.

        In thousands; the next round of the store.

        Scope: stores:write.
        """
        found: StoresStockAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/stock/orders",
            body=_set(actor=actor, idempotency_key=idempotency_key, pieces=pieces),
        )
        return found

    def receive(self, store_id: str, number: int, *, pieces: int) -> StoresStockAnswer:
        """Book the delivery of a round.

        Once; the same quantity again changes nothing.

        Scope: stores:write.
        """
        found: StoresStockAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/stock/rounds/{_part(number)}/receive", body=_set(pieces=pieces)
        )
        return found

    def take_off(
        self, store_id: str, number: int, *, collected: int | None = None, soiled: int | None = None
    ) -> StoresStockAnswer:
        """Book pieces that are gone unused.

        The totals of the round: collected and soiled pieces count in no settlement.

        Scope: stores:write.
        """
        found: StoresStockAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/stock/rounds/{_part(number)}/take-off",
            body=_set(collected=collected, soiled=soiled),
        )
        return found

    def settings(
        self,
        store_id: str,
        *,
        contracted: int | None = None,
        cycle_days: int | None = None,
        expected_daily: int | None = None,
        rounding: Literal["half_up", "ceil"] | None = None,
        threshold_percent: int | None = None,
    ) -> StoresStockAnswer:
        """Set how a store orders cup holders.

        The threshold is 20 to 40 percent of the stock after the last delivery.

        Scope: stores:write.
        """
        found: StoresStockAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/stock/settings",
            body=_set(
                contracted=contracted,
                cycle_days=cycle_days,
                expected_daily=expected_daily,
                rounding=rounding,
                threshold_percent=threshold_percent,
            ),
        )
        return found

    def sums(self, store_id: str) -> StoresSumsAnswer:
        """A store's sums.

        Sums over the book's entries; `entries_sum` is zero or the book is broken.

        Scope: stores:read.
        """
        found: StoresSumsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/sums")
        return found

    def terms(
        self,
        store_id: str,
        *,
        reason: str,
        grade: str | None = None,
        plan: str | None = None,
        service_type: Literal["reward", "order", "composite"] | None = None,
    ) -> StoresProfileAnswer:
        """Change a store's services, plan or grade.

        With a reason, which is kept with who changed it.

        Scope: stores:write.
        """
        found: StoresProfileAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/terms",
            body=_set(grade=grade, plan=plan, reason=reason, service_type=service_type),
        )
        return found

    def set_limits(
        self,
        store_id: str,
        *,
        day_count: int | None = None,
        day_value_won: int | None = None,
        different: bool | None = None,
        member_day_count: int | None = None,
        outside_hours: bool | None = None,
        payment_count: int | None = None,
        payment_value_won: int | None = None,
        same: bool | None = None,
    ) -> StoresSetLimitsAnswer:
        """Limit what a store accepts of coupons.

        For a payment and for the store's business day; requests that wait count as used.

        Scope: stores:write.
        """
        found: StoresSetLimitsAnswer = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/use-limits",
            body=_set(
                day_count=day_count,
                day_value_won=day_value_won,
                different=different,
                member_day_count=member_day_count,
                outside_hours=outside_hours,
                payment_count=payment_count,
                payment_value_won=payment_value_won,
                same=same,
            ),
        )
        return found

    def left(self, store_id: str) -> StoresLeftAnswer:
        """What a store still accepts today.

        Of the store's business day; requests that wait count as used.

        Scope: stores:read.
        """
        found: StoresLeftAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/use-limits/left")
        return found

    def visits(self, store_id: str) -> StoresVisitsAnswer:
        """Unannounced visits.

        Head office's.

        Scope: stores:read.
        """
        found: StoresVisitsAnswer = self._transport.call("GET", f"/v1/stores/{_part(store_id)}/visits")
        return found

    def record_visit(
        self, store_id: str, *, passed: bool, visited_by: str, delegate: bool | None = None, findings: str | None = None
    ) -> StoresVisitsAnswerVisitsItem:
        """Record an unannounced visit.

        By head office or somebody it sends.

        Scope: stores:write.
        """
        found: StoresVisitsAnswerVisitsItem = self._transport.call(
            "POST",
            f"/v1/stores/{_part(store_id)}/visits",
            body=_set(delegate=delegate, findings=findings, passed=passed, visited_by=visited_by),
        )
        return found

    def withdraw(self, store_id: str, *, reason: str | None = None) -> StoresProfileAnswer:
        """Leave for good.

        Works on for thirty days; then it is closed, and what names people is gone.

        Scope: stores:write.
        """
        found: StoresProfileAnswer = self._transport.call(
            "POST", f"/v1/stores/{_part(store_id)}/withdraw", body=_set(reason=reason)
        )
        return found


class Webhooks:
    """Webhooks."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_all(self) -> WebhooksListAllAnswer:
        """Where this key is told.

        Every endpoint of the calling key, without secrets.

        Scope: webhooks:read.
        """
        found: WebhooksListAllAnswer = self._transport.call("GET", "/v1/webhooks")
        return found

    def register(self, *, kinds: Sequence[str], url: str) -> WebhooksRegisterAnswer:
        """Be told what happens.

        Everything that happens from now on is posted there, signed. The key needs the read scope of each kind, and
        a key of one brand or store is told what happens there.

        Scope: webhooks:write.
        """
        found: WebhooksRegisterAnswer = self._transport.call("POST", "/v1/webhooks", body=_set(kinds=kinds, url=url))
        return found

    def show(self, endpoint_id: str) -> WebhooksShowAnswer:
        """How an endpoint is.

        `rows_behind` counts what was not looked at yet, `failing_since_ms` is since when an event does not get
        through. `state` is active, paused, gone (it answered 410) or failing (nothing got through for three days).

        Scope: webhooks:read.
        """
        found: WebhooksShowAnswer = self._transport.call("GET", f"/v1/webhooks/{_part(endpoint_id)}")
        return found

    def attempts(self, endpoint_id: str, *, limit: int | None = None) -> WebhooksAttemptsAnswer:
        """How the newest calls of an endpoint went.

        `outcome` is delivered, failed (tried again later), dead (given up after three days) or gone; kept for 30
        days. `answered` is the status; without one, `error` says why.

        Scope: webhooks:read.
        """
        found: WebhooksAttemptsAnswer = self._transport.call(
            "GET", f"/v1/webhooks/{_part(endpoint_id)}/attempts", query={"limit": limit}
        )
        return found

    def pause(self, endpoint_id: str) -> WebhooksListAllAnswerWebhooksItem:
        """Tell nothing for a while.

        Events wait, for up to 90 days.

        Scope: webhooks:write.
        """
        found: WebhooksListAllAnswerWebhooksItem = self._transport.call(
            "POST", f"/v1/webhooks/{_part(endpoint_id)}/pause"
        )
        return found

    def remove(self, endpoint_id: str) -> WebhooksRemoveAnswer:
        """Be told nothing any more.

        Its attempts are gone as well.

        Scope: webhooks:write.
        """
        found: WebhooksRemoveAnswer = self._transport.call("POST", f"/v1/webhooks/{_part(endpoint_id)}/remove")
        return found

    def replay(
        self, endpoint_id: str, *, from_event_id: str | None = None, since_ms: int | None = None
    ) -> WebhooksReplayAnswer:
        """Be told again.

        Everything since then comes again, each event with the id that it had; up to 90 days back.

        Scope: webhooks:write.
        """
        found: WebhooksReplayAnswer = self._transport.call(
            "POST",
            f"/v1/webhooks/{_part(endpoint_id)}/replay",
            body=_set(from_event_id=from_event_id, since_ms=since_ms),
        )
        return found

    def resume(self, endpoint_id: str) -> WebhooksListAllAnswerWebhooksItem:
        """Go on telling.

        Where it stopped, whatever the reason was; at once.

        Scope: webhooks:write.
        """
        found: WebhooksListAllAnswerWebhooksItem = self._transport.call(
            "POST", f"/v1/webhooks/{_part(endpoint_id)}/resume"
        )
        return found

    def change_secret(self, endpoint_id: str, *, old_hours: int | None = None) -> WebhooksChangeSecretAnswer:
        """Change an endpoint's secret.

        For `old_hours` events carry two signatures, one of each secret.

        Scope: webhooks:write.
        """
        found: WebhooksChangeSecretAnswer = self._transport.call(
            "POST", f"/v1/webhooks/{_part(endpoint_id)}/secret", body=_set(old_hours=old_hours)
        )
        return found


class Cloud:
    """Everything that a key can call, by noun."""

    def __init__(self, base_url: str, key: str, *, transport: Transport | None = None) -> None:
        self.transport = transport or Transport(base_url, key)
        self.adjustments = Adjustments(self.transport)
        self.applications = Applications(self.transport)
        self.audit_log = AuditLog(self.transport)
        self.brands = Brands(self.transport)
        self.claims = Claims(self.transport)
        self.consents = Consents(self.transport)
        self.coupon_definitions = CouponDefinitions(self.transport)
        self.data_requests = DataRequests(self.transport)
        self.earns = Earns(self.transport)
        self.enrollments = Enrollments(self.transport)
        self.hq = Hq(self.transport)
        self.imports = Imports(self.transport)
        self.invitations = Invitations(self.transport)
        self.jobs = Jobs(self.transport)
        self.layouts = Layouts(self.transport)
        self.member_groups = MemberGroups(self.transport)
        self.member_searches = MemberSearches(self.transport)
        self.members = Members(self.transport)
        self.menu = Menu(self.transport)
        self.notices = Notices(self.transport)
        self.orders = Orders(self.transport)
        self.requests = Requests(self.transport)
        self.stores = Stores(self.transport)
        self.webhooks = Webhooks(self.transport)

    def close(self) -> None:
        self.transport.close()
