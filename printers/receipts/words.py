"""Owns the vocabulary of Korean receipts: which label means what. Labels are written without spaces, in capitals."""

from __future__ import annotations

import re
from enum import StrEnum


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


def _set(text: str) -> frozenset[str]:
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
            총이용금액 이용금액합계 현재합계 전체합계 거래합계
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
_DUE_ENDINGS = ("결제금액", "받을금액", "청구금액", "결제하실금액", "합계금액", "총금액")
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
_TENDER_TAIL_OK = re.compile(
    r"(일시불|할부|결제|승인|금액|합계|[가-힣A-Z]{1,6}카드|비씨|BC|국민|KB|신한|삼성|현대|롯데|하나|우리|농협|NH|씨티|카카오|토스|케이|IC|체크|매출|지불|판매|매입)?"
)


def role_of(label: str, inner: str = "") -> tuple[Role, str | None] | None:
    """What an amount with this label is, and for tenders the method; None for words that are no known label."""
    plain = re.sub(r"\d{1,2}$", "", label) if len(label) > 2 else label
    for form in (label, plain):
        if form in _EXACT:
            return _refined(_EXACT[form], inner), None
        if form in _TENDERS:
            return Role.TENDER, _TENDERS[form]
    if plain.startswith(("할인-", "할인_", "할인:")) or (plain.endswith("할인") and len(plain) <= 12):
        return Role.DISCOUNT, None
    if plain.endswith(("보증금", "보증금액")) and len(plain) <= 12:
        return Role.DEPOSIT, None
    if plain.endswith(("잔액", "적립", "포인트", "적립금", "마일리지", "시재", "누계", "한도")):
        return Role.IGNORED, None
    if plain.endswith(_DUE_ENDINGS) and not _SPOILING.search(plain[:-4]) and len(plain) <= 14:
        return Role.DUE, None
    method = _tender_by_shape(plain)
    if method is None:
        bare = _PAYMENT_HEAD.sub("", plain)
        method = _TENDERS.get(bare) or (_tender_by_shape(bare) if bare != plain else None)
    return (Role.TENDER, method) if method else None


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
    return re.sub(r"\d{1,2}$", "", label) in _TENDERS


# Words that make a row a heading. A heading consists of nothing else.
KIND_WORDS: dict[str, frozenset[str]] = {
    "test": _set("연습 연습용 연습모드 교육용 훈련용 견본 샘플 SAMPLE") | _set("""
            테스트 시험 TEST 테스트페이지 자가진단 시험출력 테스트인쇄 테스트출력 SELFTEST 인쇄테스트
            프린터테스트 출력테스트 프린트테스트 TESTPRINT TESTPAGE
        """),
    "settlement": _set(
        """
            정산서 정산 정산표 정산지 마감 마감정산 일마감 일일마감 마감표 마감전표 마감보고서 시재 시재점검
            매출집계 매출집계표 집계표 매출현황 매출보고서 판매현황 영업일보 일보 매출일보 일계표 정산보고서
            마감리포트 리포트 보고서 영업마감 영업종료 영업개시 교대 교대정산 중간정산 담당자정산 계산원정산
            매출마감 입출금 입출금전표 일일매출 매출요약 상품별매출 시간대별매출 메뉴별매출 일별매출 월마감
            월매출 집계 Z-REPORT X-REPORT ZREPORT XREPORT CLOSING REPORT 일정산 매출정산 카드매출집계 현금시재
            정산영수증 마감내역 매출내역 판매집계 판매집계표 결제집계 정산내역
        """
    ),
    "bill": _set(
        """
            계산서 중간계산서 가계산서 예비계산서 임시계산서 결제전 주문내역서 주문내역 청구서 빌지 BILL 미결제
            미결제전표 견적서 견적 주문확인서 주문확인 테이블계산서 선계산서 영수증아님 중간계산 거래명세서
            거래명세 세금계산서 가영수증 계산전 결제대기 주문계산서 계산전표 미수 CHECK GUESTCHECK 결제예정
            지불전
        """
    ),
    "kitchen": _set("""
            주방 주방용 주방주문서 주방전표 주방주문 주방주문표 조리 조리용 조리지시서 홀주문 바 BAR KITCHEN
            주문서 주문표 주문전표 주문지 오더 오더지 ORDER 제조 제조지 제조용 음료제조 추가주문 신규주문
            주문변경 주방프린터 커피바 제조표
        """),
    "order_ticket": _set("""
            주문번호 주문번호표 주문접수증 주문접수 주문증 호출번호 주문확인증 주문번호안내 픽업번호 픽업대
            수령번호 주문교환증 진동벨번호
        """),
    "queue_ticket": _set("""
            대기표 대기번호 대기번호표 번호표 순번대기표 순번표 웨이팅 대기순번 입장대기 대기접수증 WAITING
            대기접수
        """),
    "exchange_slip": _set("""
            교환권 상품교환권 메뉴교환권 식권 교환증 음료교환권 인환증 교환전표 커피교환권 교환쿠폰
            무료음료교환권 수령증
        """),
    "delivery": _set(
        """
            배달 배달의민족 배민 배민1 요기요 쿠팡이츠 땡겨요 배달주문 배달주문서 배달전표 배달용 딜리버리
            DELIVERY 라이더 라이더용 배달특급 배민배달 알뜰배달 한집배달 배달영수증 배달주문전표 가게배달
            배민1플러스 먹깨비 위메프오 배달접수 배달주문접수
        """
    ),
    "cancel": _set("""
            취소 승인취소 거래취소 결제취소 매출취소 판매취소 취소영수증 취소전표 카드취소 신용취소 당일취소
            전체취소 VOID CANCEL CANCELLED 승인취소전표 주문취소 전취소 취소거래 취소승인 현금취소 취소매출전표
            취소내역 전체취소영수증 CANCELED 망취소
        """),
    "refund": _set("""
            반품 환불 반품영수증 환불영수증 REFUND RETURN 매출반품 판매반품 반품전표 교환반품 전체환불 전체반품
            환불전표 반품처리 카드환불 현금환불
        """),
    "partial": _set("""
            부분취소 부분환불 부분반품 일부취소 일부환불 일부반품 PARTIAL 부분 일부 부분승인취소 부분취소영수증
            부분반품영수증 부분환불영수증
        """),
    "reprint": _set("""
            재발행 재출력 재인쇄 사본 재교부 재발급 REPRINT DUPLICATE COPY 영수증재발행 영수증재출력
            재발행영수증 재출력영수증 복사본 재영수증 재발행분 REPRINTED 재출력분
        """),
    "sale": _set(
        """
            영수증 매출전표 간이영수증 현금영수증 카드영수증 신용카드매출전표 카드매출전표 매출표 신용승인 신용
            승인 신용카드 카드 현금 체크카드 매출 판매 전표 결제 결제완료 RECEIPT 승인전표 신용판매 카드승인
            영수 판매영수증 구매영수증 결제영수증 주문영수증 매출영수증 신용카드전표 카드전표 거래승인 신용구매
            IC신용승인 IC신용구매 소득공제 지출증빙 일반영수증 SALE 정상승인 정상 전자서명전표 매출전표영수증
            카드결제 고객영수증 신용카드영수증 현금매출 무서명 무서명거래 자진발급 간편결제 완료 지출증빙용
            소득공제용 현금소득공제 현금지출증빙 거래 체크 삼성페이 카카오페이 네이버페이 제로페이 신용카드승인
            신용매출 매출전표용
        """
    ),
    "customer": _set("""
            고객용 고객보관용 고객 회원용 소비자용 고객전표 CUSTOMER CUSTOMERCOPY 손님용 고객님용 구매자용
            고객교부용 회원보관용
        """),
    "merchant": _set("""
            가맹점용 가맹점보관용 매장용 상점용 업소용 점포용 판매자용 MERCHANT MERCHANTCOPY 매장보관용
            상점보관용 점주용 업주용 가게용 카드사용 카드사보관용 은행용
        """),
    "filler": _set("""
            KIOSK 키오스크 POS 포스 셀프 매장 포장 픽업 테이크아웃 신규 추가 주문 음료 용 및 겸 [ ] NO 서비스 IC
            앱 APP 모바일 전자 표 서 내역 테이블 홀 영수 분 본 재 완료 OKPOS EASYPOS
        """),
}  # fmt: skip

RECEIPT_PROOF = ("승인번호", "사업자", "영수증", "합계", "매출전표", "카드번호", "부가세")
SETTLEMENT_LABELS = _set(
    """
            객수 객단가 현금시재 순매출 총매출 실매출 반품건수 시재금 준비금 시재과부족 과부족 총건수 영업일자
            개점시재 매출건수 순매출액 총매출액
        """
)
DELIVERY_LABELS = _set(
    """
            배달주소 배달지 배송지 배달요청사항 라이더요청사항 배달요청 배달지주소 배송주소 안심번호
            배달예정시간 도착지 라이더님께 주문매체 배달료
        """
)
CANCEL_LABELS = _set(
    """
            원승인번호 원거래일 원거래일자 원거래일시 원승인일 원승인일자 원승인일시 원영수증번호 취소일시
            취소일자 취소금액 취소승인번호 원거래번호 원전표번호 당초승인일 원매출일 원판매일 환불금액 환불일시
            반품금액 원거래승인번호 취소승인금액 원거래금액
        """
)
KIND_LABELS = _set(
    """
            거래구분 거래종류 거래유형 구분 판매구분 매출구분 승인구분 처리구분 거래상태 상태 전표구분
            영수증구분 결제구분 거래형태 전문구분 업무구분
        """
)
COLUMN_WORDS = _set(
    """
            상품명 품명 메뉴 메뉴명 상품 품목 단가 가격 수량 금액 할인 내역 제품명 품목명 상품코드 판매가 QTY
            PRICE AMOUNT ITEM 항목 NO. NO 옵션 주문내역 주문메뉴 합계 비고 코드 메뉴코드 상품(코드) 단가(원)
            금액(원) 개수 소계 바코드 순번 DC
        """
)
