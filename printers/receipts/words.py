"""Owns the vocabulary of Korean receipts: which label means what. Labels are written without spaces, in capitals."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """What the amount behind a label is."""

    DUE = "due"  # what the customer has to pay, after everything
    TOTAL = "total"  # a sum; may stand before or after discounts and VAT
    AMOUNT = "amount"  # may be net of VAT or the total: only arithmetic can tell
    SUBTOTAL = "subtotal"
    SUPPLY = "supply"
    EXEMPT = "exempt"
    VAT = "vat"
    SERVICE = "service"
    DISCOUNT = "discount"
    DEPOSIT = "deposit"
    FEE = "fee"
    TENDER = "tender"
    RECEIVED = "received"
    CHANGE = "change"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    ORIGINAL = "original"
    REMAINDER = "remainder"
    UNPAID = "unpaid"
    POINTS_USED = "points_used"
    COUNT = "count"
    IGNORED = "ignored"
    UNNAMED = "unnamed"  # a label that no rule knows; only arithmetic can tell what it is


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EXACT: dict[str, Role] = {
    label: role
    for role, labels in {
        Role.DUE: """
            결제금액 총결제금액 결제하실금액 결제할금액 결제예정금액 결제요청금액 받을금액 받으실금액 받을돈
            청구금액 총청구금액 최종결제금액 최종금액 최종합계 실결제금액 실결제액 실결제 결제액 총결제액
            결제합계 결제총액 총지불금액 지불금액 지불하실금액 지불액 납부금액 내실금액 내실돈 청구액 총청구액
            요금합계 받을액 총받을금액 순결제금액 AMOUNTDUE BALANCEDUE GRANDTOTAL TOTALDUE 최종결제 판매총액
            총판매금액
        """,
        Role.TOTAL: """
            합계 합계금액 총합계 총합계금액 총액 총금액 총계 총합 합 계 총 합계액 매출합계 판매합계 판매합계금액
            구매합계 구매금액 총구매금액 총구매액 TOTAL 총매출액 총매출금액 총판매액 소비자합계 계산금액
            영수금액 영수액 요금 매출금액합계 TOTALAMOUNT 총액합계 AMOUNT 금액합계 금액계 합계TOTAL TOTAL합계
            총이용금액 이용금액합계 현재합계 전체합계 거래합계 총매출
        """,
        Role.AMOUNT: """
            금액 거래금액 판매금액 매출금액 이용금액 거래액 판매액 사용금액 주문금액 총주문금액 주문합계
            주문총액 결제대상금액 승인요청금액
        """,
        Role.SUBTOTAL: """
            소계 상품합계 상품금액 총상품금액 품목합계 메뉴합계 상품합계금액 상품총액 상품계 메뉴금액 SUBTOTAL
            SUB-TOTAL 정상가합계 정가합계 할인전금액 할인전합계 정상금액 총상품합계 상품소계 음식값 음식금액
            할인대상금액 과면세합계 판매소계
        """,
        Role.SUPPLY: """
            과세물품가액 공급가액 공급가 과세금액 과세공급가액 물품가액 과세 과세매출 과세물품 과세물품금액
            과세물품합계 과세대상금액 과세합계 과세계 공급금액 과세공급가 공급대가제외 과세품목 과세매출액
            TAXABLE 봉사료제외금액 순매출액 물품금액 과세가액
        """,
        Role.EXEMPT: """
            면세 면세물품가액 면세금액 비과세 면세공급가액 면세물품 면세합계 비과세금액 면세매출 면세계
            면세물품금액 영세 면세공급가 비과세물품가액
        """,
        Role.VAT: """
            부가세 부가가치세 부가세액 부가가치세액 세금 세액 VAT TAX 부가세합계 V.A.T 부과세 부가세금액
            부가가치세합계
        """,
        Role.SERVICE: "봉사료 서비스료 팁 TIP 서비스차지 SERVICECHARGE S/C 봉사료금액 서비스요금 객실봉사료",
        Role.DISCOUNT: """
            할인 할인금액 총할인 총할인금액 할인합계 할인계 할인액 총할인액 쿠폰할인 쿠폰 쿠폰금액 쿠폰사용
            멤버십할인 멤버쉽할인 회원할인 제휴할인 제휴카드할인 통신사할인 직원할인 임직원할인 에누리 절사
            끝전할인 끝전 단수차이 단수절사 단수조정 절사금액 자투리할인 DC D/C 할인쿠폰 즉시할인 포인트할인
            텀블러할인 개인컵할인 카드할인 전체할인 품목할인 상품할인 행사할인 이벤트할인 프로모션할인 프로모션
            특별할인 자동할인 DISCOUNT 앱할인 생일할인 세트할인 현장할인 시간할인 서비스할인 서비스금액 등급할인
            첫구매할인 할인(-) 가격할인 수동할인 결제할인 청구할인 쿠폰할인금액 복지할인 KT할인 SKT할인 LGU+할인
        """,
        Role.DEPOSIT: """
            보증금 컵보증금 일회용컵보증금 1회용컵보증금 자원순환보증금 용기보증금 보증금합계 공병보증금
            보증금액
        """,
        Role.FEE: """
            배달료 배달팁 배달비 배송비 배송료 포장비 포장료 포장용기 봉투 봉투값 쇼핑백 종이봉투 비닐봉투
            수수료 배달대행료 배달요금 쇼핑백금액 봉투금액 서비스이용료 이용수수료 추가금액 추가요금
        """,
        Role.RECEIVED: """
            받은금액 받은돈 받은액 받은현금 현금받은금액 내신금액 내신돈 투입금액 투입액 현금투입 현금수령
            수령액 수납금액 수취금액 RECEIVED CASHRECEIVED TENDERED 지급받은금액 입금액 고객지불 총받은금액
            받은총액 받음 수령금액 CASHTENDERED
        """,
        Role.CHANGE: """
            거스름돈 거스름 잔돈 거스름액 거스름금액 거스름돈금액 CHANGE 반환금액 반환액 거슬러준돈 현금거스름
            CHANGEDUE 거스름현금
        """,
        Role.APPROVED: "승인금액 카드승인금액 승인액 승인금 신용승인금액 카드승인액 총승인금액 승인합계",
        Role.CANCELLED: """
            취소금액 환불금액 반품금액 취소합계 환불합계 반품합계 총환불금액 총취소금액 취소승인금액
            승인취소금액 환불액 취소액 반품액 부분취소금액 결제취소금액 부분환불금액 카드취소금액 환불예정금액
        """,
        Role.ORIGINAL: """
            원거래금액 원승인금액 원금액 원결제금액 원매출금액 당초금액 당초승인금액 취소전금액 원판매금액
            최초거래금액 최초승인금액 최초결제금액 원합계
        """,
        Role.REMAINDER: """
            잔여금액 취소후금액 취소후잔액 남은승인금액 부분취소후금액 취소후잔여금액 잔여승인금액 환불후금액
            취소가능금액 잔여결제금액 유효금액
        """,
        Role.UNPAID: """
            남은금액 미수금 미수금액 외상 외상금액 잔금 미결제금액 미결제 미납금액 남은돈 미지급금 외상매출
            결제할잔액 부족금액 추가결제금액 후불
        """,
        Role.POINTS_USED: """
            포인트사용 사용포인트 포인트결제 포인트사용금액 마일리지사용 포인트사용액 마일리지결제 적립금사용
            포인트차감 포인트 마일리지 적립금 멤버십포인트사용 OK캐쉬백사용 OK캐시백사용 포인트지불 스탬프사용
            H포인트사용 L포인트사용 L.POINT사용 마일리지사용금액
        """,
        Role.COUNT: """
            수량 총수량 합계수량 수량합계 총건수 품목수 총품목수 건수 상품수 총개수 합계건수 객수 고객수 인원
            인원수 총매수 총수 품목 개수 총주문수량 총갯수 QTY 거래건수 총상품수
        """,
        Role.IGNORED: """
            객단가 잔액 카드잔액 사용전잔액 사용후잔액 결제전잔액 결제후잔액 현재잔액 이전잔액 거래전잔액
            거래후잔액 충전잔액 선불잔액 포인트잔액 잔여포인트 누적포인트 적립포인트 가용포인트 발생포인트
            이번적립 금회적립 총포인트 현재포인트 이전포인트 누적금액 누계 적립금액 적립예정 적립예정포인트
            사용가능포인트 소멸예정포인트 현금시재 준비금 전일이월 단가 가격 할부개월 할부 원산지 예상적립
            금회포인트 발생마일리지 잔여마일리지 환율 이용한도 한도 잔여한도 월누적금액 당월누적 이번달누적
            충전금액 적립 금회적립포인트 거래전포인트 거래후포인트 보유포인트 이월금액 최소주문금액 1인당금액
            인당금액 1/N금액 더치페이금액 할인율 쿠폰번호 적립기준금액 적립대상금액 포인트적립대상금액
            현금영수증대상금액 절약금액 절약하신금액 아낀금액
        """,
    }.items()
    for label in labels.split()
}  # fmt: skip

# How a sale was paid. The values are the methods of our readings.
_TENDERS: dict[str, str] = {
    label: method
    for method, labels in {
        "card": """
            신용카드 카드 카드결제 카드금액 신용 체크카드 직불카드 체크 카드결제금액 신용카드결제 신용카드금액
            신용카드매출 카드매출 CARD CREDIT CREDITCARD 카드합계 신용결제 해외카드 법인카드 카드지불 IC카드
            IC신용 카드승인 신용승인 신용카드승인 카드사용 신용카드지불 신용판매 카드사용금액 카드입금 복지카드
        """,
        "cash": """
            현금 현금결제 현금금액 현금결제금액 현금매출 CASH 현금지불 현금합계 단순현금 현금(영수증)
            현금영수증결제 현금영수증 현금입금 현금사용 일반현금 현금판매 현금액 현금결제액
        """,
        "easy_pay": """
            간편결제 카카오페이 네이버페이 삼성페이 토스페이 토스 제로페이 페이코 PAYCO 애플페이 APPLEPAY
            SAMSUNGPAY KAKAOPAY NAVERPAY 알리페이 ALIPAY 위챗페이 WECHATPAY QR결제 바코드결제 페이결제 L페이
            LPAY SSG페이 SSGPAY 서울페이 서울PAY 지역페이 스마일페이 카카오 네이버 간편결제금액 간편결제액
            모바일결제 TOSSPAY 쿠팡페이 배민페이 스마트결제 비플페이 엘페이 TOSS 휴대폰결제 모바일페이 간편페이
            앱카드 QR페이
        """,
        "prepaid": """
            선불카드 선불결제 충전카드 충전금 충전금사용 예치금 선불금 스타벅스카드 멤버십카드 교통카드 티머니
            T-MONEY 캐시비 선불 선불충전 충전결제 선불전자 충전금결제
        """,
        "giftcard": """
            상품권 기프트카드 상품권결제 상품권금액 종이상품권 문화상품권 백화점상품권 지류상품권 온누리상품권
            지역상품권 지역사랑상품권 모바일상품권 기프트 GIFTCARD 자사상품권
        """,
        "voucher": """
            교환권 모바일쿠폰 모바일교환권 기프티콘 기프티쇼 식권 모바일식권 식권대장 쿠폰결제 바우처 VOUCHER
            모바일식권결제 금액권 이용권 상품교환권
        """,
        "transfer": """
            계좌이체 계좌 이체 무통장 계좌결제 계좌입금 무통장입금 이체금액 통장입금 송금 계좌송금
        """,
        "app_prepaid": """
            앱결제 선결제 앱선결제 배달앱결제 배민선결제 온라인결제 앱주문결제 사전결제 온라인선결제 배달의민족
            요기요 쿠팡이츠 배달앱 바로결제 미리결제 배달의민족선결제 요기요선결제 쿠팡이츠선결제 땡겨요 배민
            스마트오더
        """,
    }.items()
    for label in labels.split()
}  # fmt: skip

# A longer label may end in one of these ("고객 결제금액"), unless it begins with a word that changes its meaning.
_DUE_ENDING = re.compile(
    r"(?:(?:결제|지불|청구|납부)(?:하실|하신|할|될|한)?(?:총)?(?:금액|액|대금|합계|총계)|받을금액|받으실금액|내실금액|합계금액|총금액)$"
)
_TOTAL_ENDING = re.compile(r"(?<!소)(?:총합계|합계|총계|총액|합산금액|합산액)$")
# First come first served: what is more special stands above.
_STEMS: tuple[tuple[re.Pattern[str], Role], ...] = tuple(
    (re.compile(pattern), role)
    for pattern, role in (
        (r"잔액$|적립$|적립금$|시재$|누계$|한도$|(?:^|적립|잔여|누적|발생|가용|사용가능|소멸예정|보유|현재)(?:포인트|마일리지)$",
         Role.IGNORED),
        (r"(?:포인트|마일리지|적립금|캐[쉬시]백)(?:로)?(?:사용|결제|차감|할인|지불)(?:금액|액)?$|^사용(?:포인트|마일리지|적립금)",
         Role.POINTS_USED),
        (r"포인트$|마일리지$", Role.IGNORED),
        (r"^할인[-_:]|할인(?:금액|액|합계|계|쿠폰|총액|액계)?$|쿠폰(?:할인|사용|금액|차감)?$|^D/?C(?:금액|액|합계)?$|^DISCOUNT|에누리$",
         Role.DISCOUNT),
        (r"^(?:분할|더치|나눠|각자|1/\d)", Role.UNPAID),
        (r"보증금(?:액|합계)?$", Role.DEPOSIT),
        (r"^고객(?:지불|제공|투입|현금)(?:액|금액)?$", Role.RECEIVED),
        (r"^(?:현금)?거스|잔돈$|^CHANGE", Role.CHANGE),
        (r"^(?:현금)?(?:받은|받음|내신|투입|지불하신|주신)(?:돈|금액|액|현금|총액)?$|^현금(?:받음|투입액?|수납)$|^(?:CASH)?(?:RECEIVED|TENDERED)",
         Role.RECEIVED),
        (r"^(?:총)?(?:부가가?치?세|부가세|VAT|TAX)(?:액|금액|합계|계)?$", Role.VAT),
        (r"^(?:과세)?(?:공급가액?|순금액|과세[가-힣]{0,4}액)$|^NET(?:AMOUNT)?$", Role.SUPPLY),
        (r"^(?:면세|비과세)[가-힣]{0,5}$", Role.EXEMPT),
        (r"^(?:봉사료|서비스료|SERVICE(?:CHARGE|FEE)?)(?:액|금액|합계)?$", Role.SERVICE),
        (r"수량$|건수$|개수$|갯수$|매수$", Role.COUNT),
    )
)  # fmt: skip
LABEL_LETTERS_MAX = 14
LABELS_KEPT = 1_024  # a till prints the same labels all day
_NUMBERED = re.compile(r"\d{1,2}$")
_SPOILING = re.compile(
    r"할인|취소|환불|반품|미결제|예상|누적|월|전일|이전|적립|포인트|면세|과세|기타|건당|평균|이번달|원래|당초|최소|최대|배달|전회|카드|현금|페이|상품권|선불|잔여|"
    r"충전|남은|부가|봉사|보증|수수료|추가|개인|1인|인당|외화|달러|제외|대상|매출|수량|건수|전표|계좌|쿠폰|분할|나눠|회차"
)
_ISSUER = re.compile(r"[가-힣A-Z0-9]{1,8}(?:카드|CARD)")
_NOT_ISSUER = re.compile(
    r"기프트|선불|멤버|포인트|적립|교통|잔액|할인|충전|번호|회원|쿠폰|스탬프|카드사|생일|엽서|신용카드전표|사원|출입|현금|상품|매수"
)
_TENDER_START = re.compile(r"(신용카드|체크카드|카드결제|신용|카드)[-_/:]?([가-힣A-Z]{0,8})")
_PAYMENT_HEAD = re.compile(
    r"^(?:받은금액|내신금액|결제수단|결제방법|결제방식|지불수단|지불방법|결제구분|결제내역|결제|지불)[:\-]?"
)
_PAYMENT_TAIL = re.compile(r"(?:결제|사용|지불|차감|수납|납부|매출|승인)?(?:금액|액)?(?:/일시불)?$")
_TENDER_TAIL_OK = re.compile(
    r"(일시불|할부|결제|승인|금액|합계|[가-힣A-Z]{1,6}카드|비씨|BC|국민|KB|신한|삼성|현대|롯데|하나|우리|농협|NH|씨티|카카오|토스|케이|IC|체크|매출|지불|판매|매입)?"
)


@lru_cache(maxsize=LABELS_KEPT)
def role_of(label: str, inner: str = "") -> tuple[Role, str | None] | None:
    """What an amount with this label is, and for tenders the method; None for words that are no known label."""
    plain = _NUMBERED.sub("", label) if len(label) > 2 else label
    for form in (label, plain, plain.replace(" ", "")):
        if form in _EXACT:
            return _refined(_EXACT[form], inner), None
        if form in _TENDERS:
            return Role.TENDER, _TENDERS[form]
    role = _by_stem(plain) if len(plain) <= LABEL_LETTERS_MAX else None
    if role is not None:
        return _refined(role, inner), None
    method = _tender_by_shape(plain)
    if method is None:
        bare = _PAYMENT_HEAD.sub("", plain)
        core = _PAYMENT_TAIL.sub("", bare)
        method = _TENDERS.get(bare) or _TENDERS.get(core) or (_tender_by_shape(bare) if bare != plain else None)
    return (Role.TENDER, method) if method else None


def _by_stem(label: str) -> Role | None:
    """What a label means that nobody listed, from the part of it that carries the meaning."""
    for pattern, role in _STEMS:
        if pattern.search(label):
            return role
    ending = _DUE_ENDING.search(label)
    if ending and not _SPOILING.search(label[: ending.start()]):
        return Role.DUE
    ending = _TOTAL_ENDING.search(label)
    return Role.TOTAL if ending and not _SPOILING.search(label[: ending.start()]) else None


def _refined(role: Role, inner: str) -> Role:
    """Brackets behind a label may change it."""
    if role in (Role.TOTAL, Role.DUE, Role.AMOUNT):
        if any(word in inner for word in ("USD", "JPY", "CNY", "EUR", "$", "달러", "엔화")):
            return Role.IGNORED
        if any(word in inner for word in ("수량", "건수", "개수")):
            return Role.COUNT
        if any(word in inner for word in ("별도", "제외", "할인전")):
            return Role.SUBTOTAL
    return role


def _tender_by_shape(label: str) -> str | None:
    """신용카드-한빛, 누리카드, 카카오페이(머니) and the like."""
    started = _TENDER_START.fullmatch(label)
    if started and _TENDER_TAIL_OK.fullmatch(started.group(2)):
        return "card"
    if _ISSUER.fullmatch(label) and not _NOT_ISSUER.search(label):
        return "card"
    if label.endswith(("페이", "PAY")) and len(label) <= 8:
        return "easy_pay"
    if label.endswith("상품권") and len(label) <= 10:
        return "giftcard"
    return None


def is_exact(label: str) -> bool:
    """Whether the label is in the vocabulary as it stands."""
    return label in _EXACT or is_exact_tender(label)


def is_exact_tender(label: str) -> bool:
    """
    Whether the label is a tender by name, not only by its shape (an item may be called 엽서카드).
    """
    return _NUMBERED.sub("", label) in _TENDERS


COLUMN_WORDS = word_set(
    """
            상품명 품명 메뉴 메뉴명 상품 품목 단가 가격 수량 금액 할인 내역 제품명 품목명 상품코드 판매가 QTY
            PRICE AMOUNT ITEM 항목 NO. NO 옵션 주문내역 주문메뉴 합계 비고 코드 메뉴코드 상품(코드) 단가(원)
            금액(원) 개수 소계 바코드 순번 DC
        """
)
