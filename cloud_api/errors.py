"""Every refusal that the cloud answers with: its code, its status and its words.

CloudError
├── ApiError          an answer to a caller; the catalogue below has its status and texts
└── StartError        the server cannot start; carries one line for the operator
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class CloudError(Exception):
    """Root of the tree."""


class StartError(CloudError):
    """Why the server or a command cannot run, in one Korean and English line."""


@dataclass(frozen=True)
class Problem:
    """One line of the catalogue."""

    status: int
    korean: str
    english: str


CATALOGUE: dict[str, Problem] = {
    # The call itself
    "bad_json": Problem(400, "JSON을 읽을 수 없습니다.", "The body is not strict JSON."),
    "bad_encoding": Problem(400, "압축된 본문을 읽을 수 없습니다.", "The compressed body cannot be read."),
    "not_found": Problem(404, "없는 주소입니다.", "There is nothing at this address."),
    "method_not_allowed": Problem(405, "허용되지 않는 요청 방식입니다.", "This method is not allowed here."),
    "too_large": Problem(413, "요청이 너무 큽니다.", "The request is too large."),
    "wrong_content_type": Problem(415, "JSON 본문만 받습니다.", "Only application/json is accepted."),
    "invalid": Problem(422, "입력값을 확인해 주세요.", "A value is missing or not valid."),
    "internal": Problem(
        500, "서버 오류입니다. 잠시 후 다시 시도해 주세요.", "The server failed. Please try again later."
    ),
    "busy": Problem(503, "잠시 후 다시 시도해 주세요.", "The server is busy. Please try again shortly."),
    # Who calls
    "unauthorized": Problem(401, "인증이 필요합니다.", "Authentication is needed."),
    "bad_signature": Problem(401, "기기 서명이 올바르지 않습니다.", "The device's signature is not valid."),
    "skew": Problem(401, "기기 시각이 서버와 다릅니다.", "The device's clock is too far from the server's."),
    "replayed": Problem(401, "이미 사용된 요청입니다.", "This signed request was used before."),
    "unknown_device": Problem(401, "등록되지 않은 기기입니다.", "This device is not enrolled."),
    "device_revoked": Problem(401, "등록이 해지된 기기입니다.", "This device's enrollment was revoked."),
    "stale_epoch": Problem(401, "기기를 다시 등록해 주세요.", "The device speaks of an older enrollment."),
    "scope_missing": Problem(403, "이 키로는 할 수 없는 요청입니다.", "The key's scopes do not allow this call."),
    "key_restricted": Problem(
        403, "한 브랜드나 매장의 키로는 할 수 없는 요청입니다.", "A key of one brand or store cannot make this call."
    ),
    "rate_limited": Problem(
        429, "호출 한도를 넘었습니다. 잠시 후 다시 해 주세요.", "The key's calls are used up. Please wait."
    ),
    "webhook_unknown": Problem(404, "없는 웹훅입니다.", "There is no such webhook."),
    "event_unknown": Problem(404, "없는 이벤트입니다.", "There is no such event any more."),
    "webhook_exists": Problem(409, "이미 등록한 주소입니다.", "This key has a webhook at this address."),
    "webhooks_full": Problem(409, "웹훅을 더 등록할 수 없습니다.", "This key has as many webhooks as it may."),
    "address_refused": Problem(
        422, "웹훅은 공개된 https 주소로만 보낼 수 있습니다.", "Webhooks go to public https addresses only."
    ),
    "key_unknown": Problem(404, "없는 연동 키입니다.", "There is no such key."),
    # Enrollment
    "code_unknown": Problem(404, "등록 코드가 올바르지 않습니다.", "The enrollment code is not valid."),
    "code_expired": Problem(410, "등록 코드의 시간이 지났습니다.", "The enrollment code has expired."),
    "bad_proof": Problem(422, "기기 키를 확인할 수 없습니다.", "The proof of the device's key is not valid."),
    "too_many_tries": Problem(429, "시도가 너무 많습니다. 잠시 후 다시 해 주세요.", "Too many tries. Please wait."),
    # Feeds
    "cursor_reset": Problem(410, "처음부터 다시 받아야 합니다.", "The cursor cannot be used any more; start again."),
    # Things
    "member_unknown": Problem(404, "없는 회원입니다.", "There is no such member."),
    "member_gone": Problem(
        410, "탈퇴했거나 다른 회원과 합쳐진 회원입니다.", "This member has left, or is another member now."
    ),
    "store_unknown": Problem(404, "없는 매장입니다.", "There is no such store."),
    "brand_unknown": Problem(404, "없는 브랜드입니다.", "There is no such brand."),
    "definition_unknown": Problem(404, "없는 쿠폰 종류입니다.", "There is no such coupon definition."),
    "claim_unknown": Problem(404, "확인할 수 없는 적립 전표입니다.", "This claim slip is not known."),
    "claim_expired": Problem(410, "적립 전표의 기한이 지났습니다.", "The time for this claim slip is over."),
    "claim_used": Problem(409, "이미 적립했거나 취소된 결제입니다.", "This payment earned already, or was cancelled."),
    "earn_unknown": Problem(404, "없는 적립입니다.", "There is no such earn."),
    "receipt_used": Problem(409, "이미 적립한 영수증입니다.", "This receipt earned already."),
    "coupon_unknown": Problem(404, "없는 쿠폰입니다.", "There is no such coupon."),
    "request_unknown": Problem(404, "없는 요청입니다.", "There is no such request."),
    "adjustment_unknown": Problem(404, "없는 조정입니다.", "There is no such adjustment."),
    "order_unknown": Problem(404, "없는 주문입니다.", "There is no such order."),
    "employee_unknown": Problem(404, "없는 직원입니다.", "There is no such employee."),
    "pin_refused": Problem(
        422,
        "추측하기 쉬운 PIN입니다. 생년월일이나 연속·반복 숫자가 아닌 6자리로 정해 주세요.",
        "This PIN is easy to guess. Choose six digits that are no date, run or repetition.",
    ),
    "owner_exists": Problem(409, "대표 계정은 매장에 하나입니다.", "A store has one owner."),
    "too_many_employees": Problem(
        409, "이 요금제에서 둘 수 있는 직원 수를 넘었습니다.", "The plan has no room for another employee."
    ),
    "owner_first": Problem(409, "대표 계정을 먼저 만들어야 합니다.", "A store needs its owner before anybody else."),
    "owner_needed": Problem(
        409,
        "대표 계정은 삭제할 수 없습니다. 먼저 대표를 바꿔 주세요.",
        "A store keeps its owner; hand the role over first.",
    ),
    "not_allowed": Problem(403, "이 작업을 할 권한이 없습니다.", "This person may not do that."),
    "invitation_unknown": Problem(404, "초대를 확인할 수 없습니다.", "This invitation is not known."),
    "invitation_expired": Problem(410, "초대 시간이 지났습니다.", "The time for this invitation is over."),
    "invitation_code": Problem(409, "인증번호가 다릅니다.", "This is not the code that was sent."),
    "application_unknown": Problem(404, "없는 입점 신청입니다.", "There is no such application."),
    "application_refused": Problem(422, "입점 신청 내용을 확인해 주세요.", "The application has gaps."),
    "application_unchecked": Problem(
        422, "확인하지 않은 항목이 있습니다.", "Not everything has been checked that an approval needs."
    ),
    "business_taken": Problem(
        409, "이미 신청했거나 입점한 사업자입니다.", "This business has applied or joined already."
    ),
    "store_not_open": Problem(409, "지금 이용할 수 없는 매장입니다.", "This store does not work with us now."),
    "rewards_off": Problem(409, "리워드를 쓰지 않는 매장입니다.", "This store has no rewards."),
    "state_not_allowed": Problem(409, "매장 상태를 그렇게 바꿀 수 없습니다.", "The store cannot go to that state."),
    "withdrawal_blocked": Problem(
        409, "처리하지 않은 것이 남아 해지할 수 없습니다.", "Something unfinished keeps the store from leaving."
    ),
    "device_unknown": Problem(404, "없는 기기입니다.", "There is no such device."),
    "hours_refused": Problem(422, "영업시간을 확인해 주세요.", "These opening hours cannot be kept."),
    "round_unknown": Problem(404, "없는 발주 회차입니다.", "There is no such round."),
    "already_received": Problem(
        409, "이미 다른 수량으로 입고된 회차입니다.", "This round was received with another quantity."
    ),
    "stock_quantity": Problem(
        422, "수량을 확인해 주세요. 발주는 1,000개 단위입니다.", "Check the quantity; orders are in thousands."
    ),
    "report_quantity": Problem(422, "수량을 확인해 주세요.", "This is not a number of pieces."),
    "report_read_only": Problem(
        409, "수정할 수 있는 시간이 지났습니다.", "The time in which this day could be changed is over."
    ),
    "report_not_yet": Problem(409, "아직 시작되지 않은 영업일입니다.", "This business day has not begun."),
    "job_unknown": Problem(404, "없는 작업입니다.", "There is no such job."),
    "import_unknown": Problem(404, "없는 가져오기입니다.", "There is no such import."),
    "import_refused": Problem(422, "가져올 수 없는 파일입니다.", "This file cannot be imported."),
    "import_not_ready": Problem(
        409, "지금 상태에서는 할 수 없습니다.", "The import is not in the state in which this can be done."
    ),
    "import_under_way": Problem(
        409, "이 브랜드의 다른 가져오기가 진행 중입니다.", "Another import of this brand is under way."
    ),
    "import_empty": Problem(409, "가져올 회원이 없습니다.", "There is nobody to import."),
    "sums_differ": Problem(409, "합계가 미리보기와 다릅니다.", "The sums are not those of the dry run."),
    "category_unknown": Problem(404, "없는 메뉴 분류입니다.", "There is no such category."),
    "category_not_empty": Problem(409, "메뉴가 남아 있는 분류입니다.", "There are still items in this category."),
    "menu_unknown": Problem(404, "없는 메뉴입니다.", "There is no such item on the menu."),
    "menu_not_on_sale": Problem(409, "지금 주문할 수 없는 메뉴입니다.", "This item cannot be ordered now."),
    "code_taken": Problem(409, "다른 메뉴가 쓰는 상품 코드입니다.", "Another item has this product code."),
    "options_refused": Problem(422, "옵션을 확인해 주세요.", "These options do not fit the item."),
    "orders_not_taken": Problem(409, "주문을 받지 않는 매장입니다.", "This store takes no orders."),
    "out_of_hours": Problem(409, "지금은 영업시간이 아닙니다.", "The store is closed now."),
    "due_refused": Problem(
        422,
        "예약할 수 없는 시각입니다. 30일 안의 시각이어야 합니다.",
        "It cannot be ordered for then: within thirty days.",
    ),
    "total_differs": Problem(
        409, "주문 금액이 바뀌었습니다. 금액을 다시 확인해 주세요.", "The order costs something else; see the figures."
    ),
    "rewards_not_taken": Problem(
        409, "이 매장 주문에는 쿠폰과 포인트를 쓸 수 없습니다.", "This store's orders take no coupons and no points."
    ),
    "order_stands": Problem(
        409, "이미 접수되어 취소할 수 없는 주문입니다.", "The order was accepted and cannot be cancelled."
    ),
    "span_refused": Problem(422, "기간을 확인해 주세요.", "This is not a span of days that can be shown."),
    "nothing_asked": Problem(409, "매장에서 보낸 품절 안내가 없습니다.", "The store has not said that it is sold out."),
    "under_age": Problem(409, "만 14세 이상만 가입할 수 있습니다.", "Only people of 14 and older can join."),
    "rejoin_blocked": Problem(
        409, "탈퇴 후 다시 가입할 수 있는 기간이 지나지 않았습니다.", "Whoever left may not join again yet."
    ),
    "possession_unchecked": Problem(
        409, "새 번호로 본인 확인이 필요합니다.", "It has to be checked first that the new number is the member's."
    ),
    "phone_taken": Problem(409, "다른 회원의 번호입니다.", "This is another member's number."),
    "profile_incomplete": Problem(422, "빠진 항목이 있습니다.", "Something that is needed is missing."),
    "duplicate_member": Problem(409, "이미 가입한 분입니다.", "This person is a member already."),
    "consent_unknown": Problem(404, "없는 동의 문구입니다.", "There is no such wording of a consent."),
    "group_unknown": Problem(404, "없는 회원 그룹입니다.", "There is no such group."),
    "card_unknown": Problem(404, "없는 카드입니다.", "There is no such card."),
    "card_invalid": Problem(422, "카드 번호를 확인해 주세요.", "This is not the number of a card."),
    "card_taken": Problem(
        409, "다른 회원이 등록했거나 삭제된 카드입니다.", "This card is somebody else's, or was deleted."
    ),
    "card_deleted": Problem(409, "삭제된 카드입니다.", "This card was deleted."),
    "data_request_unknown": Problem(404, "없는 요청입니다.", "There is no such request."),
    "merge_refused": Problem(409, "지금은 합칠 수 없는 회원입니다.", "These members cannot be merged as they are."),
    "withdrawal_refused": Problem(
        409, "탈퇴 전에 정리할 것이 남아 있습니다.", "Something has to be settled before the member can leave."
    ),
    "phone_invalid": Problem(422, "휴대폰 번호를 확인해 주세요.", "This is not a Korean mobile number."),
    # Rules
    "idempotency_conflict": Problem(
        409, "같은 중복방지 키로 다른 내용이 왔습니다.", "This idempotency key came with another body before."
    ),
    "coupon_not_available": Problem(409, "지금 쓸 수 없는 쿠폰입니다.", "This coupon cannot be used now."),
    "coupon_used": Problem(409, "이미 사용한 쿠폰입니다.", "This coupon was used already."),
    "coupon_waiting": Problem(
        409, "지금 승인을 기다리는 쿠폰입니다.", "This coupon is part of a request that waits for an answer."
    ),
    "coupon_expired": Problem(409, "기한이 지난 쿠폰입니다.", "The time for this coupon is over."),
    "coupon_not_here": Problem(409, "이 매장에서 쓸 수 없는 쿠폰입니다.", "This coupon is not valid at this store."),
    "conditions_unmet": Problem(409, "쿠폰 사용 조건에 맞지 않습니다.", "The coupon's conditions are not met."),
    "overlap_refused": Problem(
        409, "함께 쓸 수 없는 혜택입니다.", "These rewards cannot be used together in one payment."
    ),
    "limit_reached": Problem(409, "오늘 쓸 수 있는 한도를 넘었습니다.", "The store's limit would be passed."),
    "above_platform": Problem(409, "플랫폼 한도를 넘습니다.", "The platform allows less than that."),
    "rule_unknown": Problem(404, "없는 자동 발급입니다.", "There is no such rule of issue."),
    "referral_refused": Problem(
        409,
        "추천인으로 등록할 수 없습니다.",
        "A member says it once, soon after joining, of another.",
    ),
    "coupon_sold_out": Problem(409, "준비한 쿠폰이 모두 나갔습니다.", "All of these coupons are gone."),
    "coupon_not_issued_now": Problem(409, "지금은 받을 수 없는 쿠폰입니다.", "This coupon is not issued on this day."),
    "coupon_taken": Problem(409, "이미 받은 쿠폰입니다.", "The member has this coupon already."),
    "coupon_code_invalid": Problem(409, "사용할 수 없는 쿠폰 번호입니다.", "This coupon code cannot be used."),
    "rewards_refused": Problem(422, "리워드 설정을 확인해 주세요.", "These rewards cannot be kept."),
    "earning_refused": Problem(422, "적립 설정을 확인해 주세요.", "This way of earning cannot be kept."),
    "scope_fixed": Problem(
        409,
        "이미 적립된 포인트가 있어 사용 범위를 바꿀 수 없습니다.",
        "Where points are good cannot change once some were given.",
    ),
    "stamps_by_payment": Problem(
        409, "주문·결제하면 스탬프가 자동으로 적립되는 매장입니다.", "This store gives stamps with the order itself."
    ),
    "no_grades": Problem(409, "등급을 운영하지 않는 브랜드입니다.", "This brand has no grades."),
    "grade_unknown": Problem(404, "없는 등급입니다.", "There is no such grade."),
    "no_stamps_here": Problem(409, "스탬프를 운영하지 않는 매장입니다.", "This store gives no stamps."),
    "insufficient_points": Problem(409, "포인트가 부족합니다.", "There are not enough points."),
    "points_exceed_payment": Problem(
        409, "결제 금액보다 많은 포인트를 쓸 수 없습니다.", "More points than the payment cannot be used."
    ),
    "upgrade_needed": Problem(
        426,
        "프로그램 업데이트가 필요합니다. 기록은 계속 전송됩니다.",
        "This needs another version of the program. Records are taken all the same.",
    ),
    "points_exceed_share": Problem(
        409, "한 번 결제에 쓸 수 있는 포인트 비율을 넘었습니다.", "Points may cover only a part of one payment."
    ),
    "day_total_reached": Problem(
        409, "오늘 이 매장에서 쓸 수 있는 포인트를 다 썼습니다.", "This store's points for today are used up."
    ),
    "member_day_reached": Problem(
        409,
        "오늘 이 매장에서 쓸 수 있는 포인트를 모두 사용했습니다.",
        "The member has used what one may use here today.",
    ),
    "points_not_in_units": Problem(
        409, "포인트 사용 단위에 맞지 않습니다.", "Points are spent in multiples of the use unit."
    ),
    "device_suspended": Problem(
        403, "확인이 필요한 기기입니다. 매장에 알려 주세요.", "This device is suspended until somebody looks at it."
    ),
    "second_person_needed": Problem(
        409, "다른 담당자의 확인이 필요합니다.", "Somebody other than who proposed it has to confirm it."
    ),
    "notice_unknown": Problem(404, "없는 알림입니다.", "There is no such notice."),
    "notice_needed": Problem(409, "긴급 알림은 끌 수 없습니다.", "Urgent notices cannot be switched off."),
    "plan_needed": Problem(409, "이 요금제에서 쓸 수 없는 기능입니다.", "The store's plan does not include this."),
    "dispute_unknown": Problem(404, "없는 이의 신청입니다.", "There is no such dispute."),
    "already_decided": Problem(409, "이미 처리된 요청입니다.", "This request is already decided."),
}


class ApiError(CloudError):
    """An answer with a code of the catalogue; ``extra`` joins the body, ``headers`` the response."""

    def __init__(
        self, code: str, *, extra: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.problem = CATALOGUE[code]
        self.extra = extra or {}
        self.headers = headers or {}

    def body(self, *, request_id: str, english: bool) -> dict[str, Any]:
        """The JSON body: code, message in the caller's language, request id."""
        message = self.problem.english if english else self.problem.korean
        return {"code": self.code, "message": message, "request_id": request_id, **self.extra}
