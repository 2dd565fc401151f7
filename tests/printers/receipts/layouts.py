"""Invented receipts in the layouts of many makes of POS, each with what a careful person reads on it.

`kind total paid` come first; `None` for what nobody can know. Titles marked ^ are printed in double size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Layout:
    name: str
    text: str
    kind: str
    total: int | None
    paid: int | None
    more: dict[str, Any] = field(default_factory=dict)


LAYOUTS: list[Layout] = []


def layout(name: str, kind: str, total: int | None, paid: int | None = -1, *, text: str, **more: Any) -> None:
    LAYOUTS.append(Layout(name, text.strip("\n"), kind, total, total if paid == -1 else paid, more))


layout(
    "okpos discount before total",
    "sale",
    13_050,
    approval_numbers=["41200881"],
    receipt_no="0031-00012",
    text="""
^영 수 증
[매장명] 봄날의 커피
[사업자] 312-81-00417
[대표자] 정다온   [TEL] 031-555-0177
[매출일] 2026-11-21 09:12:44
[영수번호] 0031-00012
==========================================
상 품 명          단 가  수량       금 액
------------------------------------------
아메리카노        4,500     2       9,000
 ICE
카페라떼          5,500     1       5,500
------------------------------------------
합계수량/금액           3           14,500
할 인 금 액                         -1,450
==========================================
결제대상금액                        13,050
과세매출                            11,864
부 가 세                             1,186
------------------------------------------
신용카드                            13,050
------------------------------------------
*** 신용승인정보(고객용) [1] ***
[카 드 종 류] 한빛카드
[카 드 번 호] 5409-26**-****-1188
[승 인 금 액] 13,050
[승 인 번 호] 41200881
[승 인 일 시] 2026-11-21 09:12:45
==========================================
""",
)

layout(
    "easypos two-line goods, vat inside",
    "sale",
    21_000,
    receipt_no="20261121-02-00077",
    items=["콜드브루", "크로와상샌드위치"],
    text="""
        [ 영  수  증 ]
상호 : 물결커피   사업자번호 : 605-22-01934
주소 : 부산 수영구 파도길 9
판매시간: 2026-11-21(토) 10:22:31
영수증NO: 20261121-02-00077  POS: 02
------------------------------------------
No 상품명
      단가       수량      금액
------------------------------------------
01 콜드브루
     5,500         2       11,000
02 크로와상 샌드위치
    10,000         1       10,000
------------------------------------------
과 세 금 액 :                    19,091
부 가 세 액 :                     1,909
합 계 금 액 :                    21,000
------------------------------------------
받 을 금 액 :                    21,000
현      금 :                     30,000
거 스 름 돈 :                      9,000
------------------------------------------
""",
    payments=[{"method": "cash", "amount": 21_000}],
)

layout(
    "split card and cash with change",
    "sale",
    25_000,
    approval_numbers=["77120034"],
    text="""
영수증
느루 카페 128-11-00925
2026-11-21 12:01:09   NO.0007
브런치세트          1      19,000
자몽에이드          1       6,000
------------------------------------------
합 계                          25,000
신용카드                       15,000
현금                           20,000
거스름돈                       10,000
승인번호 : 77120034
""",
    payments=[{"method": "card", "amount": 15_000, "approval_no": "77120034"}, {"method": "cash", "amount": 10_000}],
)

layout(
    "two cards, two approvals",
    "sale",
    30_000,
    approval_numbers=["11002233", "A0112234"],
    text="""
영수증
거래일시 2026-11-21 13:00:00
전표번호 000812
파스타                 2       30,000
--------------------------------
합계                         30,000
신용카드                     20,000
신용카드                     10,000
--------------------------------
승인금액 20,000  승인번호 11002233
승인금액 10,000  승인번호 A0112234
""",
)

layout(
    "two cards of one amount",
    "sale",
    10_000,
    text="""
영수증
2026-11-21 13:00:00
빙수   1   10,000
합계       10,000
카드        5,000
카드        5,000
승인번호 11002233
승인번호 11002234
""",
)

layout(
    "service charge and vat on top",
    "sale",
    24_200,
    text="""
영 수 증
2026-11-21 19:20:11  No.88
애프터눈티     1     20,000
----------------------------
합계                 20,000
봉사료(10%)           2,000
부가세(10%)           2,200
총액                 24,200
신용카드             24,200
승인번호  90112233
""",
)

layout(
    "received looks bigger than the total",
    "sale",
    7_300,
    text="""
영수증
2026-11-21 08:00
라떼 1            4,800
쿠키 1            2,500
합계              7,300
받은금액         50,000
거스름           42,700
현금             50,000
""",
    payments=[{"method": "cash", "amount": 7_300}],
)

layout(
    "easy pay with points earned elsewhere",
    "sale",
    9_000,
    text="""
영수증
결제일시 2026.11.21 11:11:11
주문번호 A-12
------------------------------
초코라떼   6,000   1    6,000
마들렌     3,000   1    3,000
------------------------------
총 결제금액             9,000원
카카오페이              9,000원
------------------------------
적립포인트                 90P
누적포인트              4,560P
카드잔액               34,000
""",
    payments=[{"method": "easy_pay", "amount": 9_000}],
)

layout(
    "amount on the next row",
    "sale",
    12_300,
    text="""
영수증
2026-11-21 17:05:44
치즈케이크 1      6,800
플랫화이트 1      5,500
------------------------
결제금액
                12,300원
신용카드
                12,300원
승인번호
                 30990011
""",
    approval_numbers=["30990011"],
)

layout(
    "amounts without commas",
    "sale",
    12500,
    text="""
영수증
일시 2026-11-21 17:05:44
품명        단가   수량   금액
모카        5500      1   5500
베이글      3500      2   7000
합계                     12500
카드                     12500
승인번호 04455667
""",
    items=["모카", "베이글"],
)

layout(
    "won signs, stars and trailing minus",
    "sale",
    8_100,
    text="""
영수증
2026-11-21 17:05:44
유자차        \\5,000
스콘          \\4,000
할인             900-
합계         *8,100
결제금액    ₩ 8,100
현금         W8,100
""",
)

layout(
    "triangles for discounts",
    "sale",
    18_000,
    text="""
영수증
2026-11-21 17:05:44
세트A   1   20,000
쿠폰할인   △2,000
합계금액   18,000
체크카드   18,000
승인번호   12345678
""",
)

layout(
    "spaced digits",
    "sale",
    12_500,
    text="""
영수증
2026-11-21 17:05:44
세트B     1      12,500
합 계 :    1 2 , 5 0 0 원
현 금 :    1 2 , 5 0 0 원
""",
)

layout(
    "gift card and card",
    "sale",
    40_000,
    text="""
영수증
2026-11-21 17:05:44
원두 1kg   1   40,000
합계           40,000
상품권         30,000
신용카드       10,000
승인번호   12345678
""",
)

layout(
    "cash receipt block",
    "sale",
    6_600,
    approval_numbers=["G12345678"],
    text="""
영수증
2026-11-21 17:05:44
레몬티  1   6,600
합계        6,600
현금        6,600
------------------------
[현금영수증(소득공제)]
신분확인번호 010-****-5678
현금영수증 승인번호 G12345678
""",
    payments=[{"method": "cash", "amount": 6_600}],
)

layout(
    "refund words in the footer only",
    "sale",
    4_500,
    text="""
영수증
2026-11-21 17:05:44
아메리카노  1   4,500
합계            4,500
신용카드        4,500
승인번호   12345678
------------------------
*교환/환불/취소는 7일 이내 영수증과 카드를 지참해 주세요*
*재발행 영수증은 환불이 불가합니다*
""",
)

layout(
    "a shop called kitchen",
    "sale",
    4_500,
    text="""
영수증
오월의 주방
2026-11-21 17:05:44
아메리카노  1   4,500
합계            4,500
신용카드        4,500
승인번호   12345678
""",
)

layout(
    "a cancelled row inside a sale",
    "sale",
    5_000,
    text="""
영수증
2026-11-21 17:05:44
상품명      수량    금액
아메리카노     1   4,500
아메리카노    -1  -4,500
카페라떼       1   5,000
합계               5,000
신용카드           5,000
승인번호   12345678
""",
)

layout(
    "vat only proves a terminal slip",
    "sale",
    33_000,
    receipt_no="000913",
    text="""
신용카드 매출전표
(고객용)
상호 소담커피 601-55-00219
거래일시  2026/11/21 18:10:33
카드번호  9490-13**-****-7021
판매금액            30,000원
부가세               3,000원
합계                33,000원
승인번호  :  00981123
전표번호  :  000913
""",
    approval_numbers=["00981123"],
    copy="customer",
)

layout(
    "a terminal slip with one amount",
    "sale",
    15_000,
    text="""
[신용승인]
카드번호  9490-13**-****-7021
거래일시  2026/11/21 18:10:33
승인금액     15,000원
승인번호  981123
""",
)

layout(
    "split slip whose amount is part of a bigger bill",
    "sale",
    15_000,
    text="""
신용카드매출전표
카드번호  9490-13**-****-7021
거래일시  2026/11/21 18:10:33
공급가액     13,636
부가세        1,364
결제금액     15,000
승인번호  98112344
""",
)

layout(
    "points spent before paying",
    "sale",
    9_000,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
포인트사용    -1,000
결제금액       9,000
신용카드       9,000
승인번호   12345678
""",
)

layout(
    "points as a tender leave the total open",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
포인트사용     1,000
신용카드       9,000
승인번호   12345678
""",
)

layout(
    "unpaid rest",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
현금           4,000
미수금         6,000
""",
)

layout(
    "payments that do not add up",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
신용카드       9,000
승인번호   12345678
""",
)

layout(
    "two totals nobody explains",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
총액          13,700
승인번호   12345678
""",
)

layout(
    "approval of another amount",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
브런치    1   10,000
합계          10,000
신용카드      10,000
승인금액      12,000
승인번호   12345678
""",
)

layout(
    "a lone total",
    "unknown",
    None,
    text="""
보통의 커피
2026-11-21 17:05:44
합계          10,000
""",
)

layout(
    "foreign currency beside won",
    "sale",
    13_200,
    text="""
영수증
2026-11-21 17:05:44
세트C      1   13,200
합계           13,200
합계(USD)      $ 9.87
신용카드       13,200
승인번호   12345678
""",
)

layout(
    "cup deposit inside the goods",
    "sale",
    5_300,
    text="""
영수증
2026-11-21 17:05:44 No.0091
아이스티 1          5,000
컵보증금 1            300
합계                5,300
신용카드            5,300
승인번호   12345678
""",
    deposit=300,
)

layout(
    "options with prices and free ones",
    "sale",
    11_500,
    text="""
영수증
2026-11-21 17:05:44 No.0092
아메리카노      1      4,500
 + 샷추가       1        500
 + 연하게       1          0
 카페라떼       1      6,500
합계                  11,500
신용카드              11,500
승인번호   12345678
""",
    items=["아메리카노", "카페라떼"],
)

layout(
    "quantity before the price",
    "sale",
    14_000,
    text="""
영수증
2026-11-21 17:05:44
메뉴           수량     단가     금액
와플             2    7,000   14,000
합계                          14,000
간편결제                      14,000
""",
    items=["와플"],
)

layout(
    "total row in one line with quantity",
    "sale",
    9_900,
    text="""
영수증
2026-11-21 17:05:44
녹차   3,300   3   9,900
총 수량 : 3   총 금액 : 9,900원
카드결제 : 9,900원
승인번호 : 12345678
""",
)

layout(
    "reprint stamped in brackets",
    "reprint",
    4_500,
    text="""
영수증 [재발행]
2026-11-21 17:05:44
아메리카노  1   4,500
합계            4,500
신용카드        4,500
승인번호   12345678
""",
)

layout(
    "reprint of a cancel stays a cancel",
    "cancel",
    -4_500,
    text="""
[재발행]
[취소] 영수증
2026-11-21 17:05:44
아메리카노  -1  -4,500
합계            -4,500
신용카드        -4,500
승인번호   12345678
""",
    reprint=True,
)

layout(
    "cancel in brackets",
    "cancel",
    -4_500,
    text="""
승인취소
카드번호  9490-13**-****-7021
거래일시  2026/11/21 18:10:33
원거래일자 2026/11/20
공급가액     (4,091)
부가세         (409)
합계         (4,500)
승인번호  98112344
""",
)

layout(
    "cancel by kind row",
    "cancel",
    -22_000,
    text="""
카드 매출전표
거래구분 : 신용취소
카드번호  9490-13**-****-7021
거래일시  2026/11/21 18:10:33
금액         20,000
세금          2,000
합계         22,000
승인번호  98112344
원거래일  2026/11/20
""",
)

layout(
    "refund of goods",
    "refund",
    -12_000,
    text="""
반품 영수증
2026-11-21 17:05:44
영수증번호 0101
원영수증번호 0088
텀블러   1   12,000
합계         12,000
현금         12,000
""",
    original_receipt_no="0088",
)

layout(
    "partial refund",
    "partial_refund",
    -5_000,
    text="""
부분취소 영수증
2026-11-21 17:05:44
원거래금액     20,000
취소금액        5,000
잔여금액       15,000
신용카드        5,000
원승인번호   12345678
승인번호     12345999
""",
    original_approval="12345678",
)

layout(
    "negative without a heading",
    "cancel",
    -4_500,
    text="""
느린 카페
2026-11-21 17:05:44
아메리카노  -1  -4,500
합계            -4,500
신용카드        -4,500
승인번호   12345678
""",
)

layout(
    "cancelled only at the bottom",
    "unknown",
    None,
    text="""
영수증
2026-11-21 17:05:44
아메리카노  1   4,500
합계            4,500
부가세            409
과세금액        4,091
신용카드        4,500
승인번호   12345678
감사합니다
** 거래취소 **
""",
)

layout(
    "kitchen ticket with prices",
    "kitchen",
    None,
    text="""
[주방] 주문서
테이블 3
2026-11-21 17:05:44
----------------
파스타  1  17,000
샐러드  2  18,000
합계       35,000
""",
)

layout(
    "kitchen cancel",
    "kitchen_cancel",
    None,
    text="""
^[주방] 주문취소
테이블 3
2026-11-21 17:05:44
----------------
파스타  -1
""",
)

layout(
    "queue ticket",
    "queue_ticket",
    None,
    text="""
^대기번호표
^012
2026-11-21 17:05:44
현재 대기 5명
""",
)

layout(
    "exchange slip",
    "exchange_slip",
    None,
    text="""
^교환권
아메리카노 1
2026-11-21 17:05:44
주문번호 A-31
""",
)

layout(
    "order number slip",
    "order_ticket",
    None,
    text="""
^주문번호
^0031
2026-11-21 17:05:44
""",
)

layout(
    "kiosk receipt with a big order number",
    "sale",
    4_500,
    text="""
^주문번호
^0031
영수증
2026-11-21 17:05:44
아메리카노  1   4,500
합계            4,500
신용카드        4,500
승인번호   12345678
""",
)

layout(
    "delivery order paid in the app",
    "delivery_order",
    23_000,
    text="""
[배달] 주문전표
주문번호 B11M00
주문일시 2026-11-21 17:05:44
배달주소 : 서울 마포구 어딘가 1
연락처 : 0504-1234-5678
--------------------------------
돈까스      1     10,000
우동        1     10,000
배달팁             3,000
합계              23,000
선결제            23,000
""",
    payments=[{"method": "app_prepaid", "amount": 23_000}],
)

layout(
    "interim bill",
    "bill",
    47_000,
    None,
    text="""
중간계산서
테이블 4   2026-11-21 17:05
파스타  2   34,000
에이드  2   13,000
합계        47,000
받을금액    47,000
""",
)

layout(
    "bill that lists prices only",
    "bill",
    20_000,
    None,
    text="""
주문내역서
테이블 4   2026-11-21 17:05
파스타  1   15,000
에이드  1    5,000
합계        20,000
""",
)

layout(
    "closing report with payments",
    "settlement",
    1_100_000,
    None,
    text="""
^일일 마감 정산서
2026-11-21 23:00:00
총매출       1,100,000
신용카드 (90건) 1,000,000
현금 (12건)     100,000
객수            102
합계         1,100,000
""",
)

layout(
    "closing report without a heading",
    "settlement",
    900_000,
    None,
    text="""
느린오후
영업일자 2026-11-21
순매출        900,000
객단가          8,900
현금시재      200,000
합계          900,000
""",
)

layout(
    "test print",
    "test_page",
    None,
    text="""
프린터 테스트
ABCDEFGHIJK
합계 12,345
""",
)

layout(
    "english receipt",
    "sale",
    9_500,
    text="""
RECEIPT
2026-11-21 17:05:44
Flat White   1    5,500
Cookie       1    4,000
SUBTOTAL          9,500
TOTAL             9,500
CARD              9,500
""",
)

layout(
    "loyalty block that speaks of a total",
    "sale",
    6_000,
    text="""
영수증
2026-11-21 17:05:44
허브티      1    6,000
합계             6,000
신용카드         6,000
승인번호   12345678
--------------------
사용전잔액      50,000
사용후잔액      44,000
누적금액       128,000
""",
)

layout(
    "advertising with a price",
    "sale",
    6_000,
    text="""
영수증
2026-11-21 17:05:44
허브티      1    6,000
합계             6,000
신용카드         6,000
승인번호   12345678
--------------------
오늘의 특가 세트 합계 9,900원!
다음 결제금액 3,000원 할인
""",
)

layout(
    "exempt goods and rounding",
    "sale",
    17_990,
    text="""
영수증
2026-11-21 17:05:44
꽃다발    1   10,000
라떼      1    8,000
소계          18,000
단수차이         -10
과세물품가액   7,264
부가세           726
면세물품가액  10,000
합계          17,990
신용카드      17,990
승인번호   12345678
""",
)

layout(
    "two copies without a cut",
    "sale",
    8_400,
    text="""
신용카드 매출전표
(고객용)
거래일시 2026-11-21 11:22:33
거래금액   7,636원
부가세       764원
합계       8,400원
승인번호   60028811
--------------------
신용카드 매출전표
(가맹점용)
거래일시 2026-11-21 11:22:33
거래금액   7,636원
부가세       764원
합계       8,400원
승인번호   60028811
""",
)

layout(
    "two different sales without a cut",
    "unknown",
    None,
    text="""
영수증
2026-11-21 11:22:33
라떼   1    5,000
합계        5,000
현금        5,000
영수증
2026-11-21 11:25:33
모카   1    6,000
합계        6,000
현금        6,000
""",
)

layout(
    "delivery order paid at the door",
    "delivery_order",
    20_000,
    None,
    text="""
배달의민족 주문전표
주문번호 B11M00
주문일시 2026-11-21 17:05:44
배달주소 : 서울 마포구 어딘가 1
--------------------------------
돈까스      1     10,000
우동        1     10,000
총 결제금액       20,000
결제방식 : 만나서 카드결제
""",
)

layout(
    "delivery order paid before",
    "delivery_order",
    20_000,
    text="""
요기요
주문번호 B11M00
주문일시 2026-11-21 17:05:44
배달지 : 서울 마포구 어딘가 1
--------------------------------
돈까스      1     10,000
우동        1     10,000
총 결제금액       20,000
결제방식 : 앱결제 완료
""",
    payments=[{"method": "app_prepaid", "amount": 20_000}],
)

layout(
    "tender named behind a heading",
    "sale",
    9_900,
    text="""
영수증
2026-11-21 17:05:44
녹차   3,300   3   9,900
결제금액 9,900원
결제수단 : 신용카드 9,900원
승인번호 : 1234 5678
""",
    approval_numbers=["12345678"],
)

layout(
    "net amount alone",
    "unknown",
    None,
    text="""
신용카드 매출전표
카드번호  9490-13**-****-7021
거래일시  2026/11/21 18:10:33
판매금액            20,000원
승인번호  :  00981123
""",
)

layout(
    "vat still to be added",
    "unknown",
    None,
    text="""
영수증
2026-11-21 19:20:11  No.88
애프터눈티     1     20,000
합계                 20,000
부가세(10%)           2,000
승인번호  90112233
""",
)

layout(
    "label before the amount in the same cell",
    "sale",
    12_000,
    text="""
영수증
2026-11-21 19:20:11
1.밀크티 x 2          12,000
합계:12,000원(부가세1,091원포함)
카드:12,000원
승인번호:90112233
""",
)

layout(
    "paid with points only",
    "unknown",
    None,
    text="""
영수증
2026-11-20 14:03
라떼 1 5,000
합계 5,000
포인트결제 5,000
""",
)

layout(
    "voucher and card",
    "sale",
    10_000,
    text="""
영수증
2026-11-20 14:03
라떼 2 10,000
합계 10,000
모바일쿠폰 4,500
신용카드 5,500
승인번호 30127744
""",
    payments=[
        {"method": "voucher", "amount": 4_500},
        {"method": "card", "amount": 5_500, "approval_no": "30127744"},
    ],
)

layout(
    "payment of a kind nobody knew",
    "sale",
    10_000,
    text="""
영수증
2026-11-20 14:03
라떼 2 10,000
합계 10,000
달나라머니 10,000
""",
)

layout(
    "receipt without any payment",
    "unknown",
    None,
    text="""
영수증
2026-11-20 14:03
라떼 2 10,000
합계 10,000
""",
)

layout(
    "practice mode",
    "test_page",
    None,
    text="""
** 연습용 영수증 **
2026-11-20 14:03
라떼 2 10,000
합계 10,000
신용카드 10,000
승인번호 30127744
""",
)

layout(
    "statement for a company",
    "bill",
    10_000,
    None,
    text="""
거래명세서
2026-11-20 14:03
원두 2 10,000
합계 10,000
""",
)

layout(
    "easy pay slip of a terminal",
    "sale",
    10_000,
    text="""
카카오페이 매출전표
거래일시 2026/11/20 14:03:22
거래금액 9,091원
부가세 909원
총액 10,000원
승인번호 30127744
""",
    payments=[{"method": "easy_pay", "amount": 10_000, "approval_no": "30127744"}],
)

layout(
    "android till with options",
    "sale",
    9_000,
    items=["아메리카노(ICE)"],
    text="""
느린오후 커피
2026-11-20 14:03
주문번호 #12
아메리카노 (ICE)
2 x 4,500원                  9,000원
 ㄴ 샷 추가 2 x 500원        1,000원
할인 (10%)                  -1,000원
--------------------
총 금액                     10,000원
할인 금액                   -1,000원
결제 금액                    9,000원
 카드 (누리)                 9,000원
부가세 포함                    818원
승인번호 30127744
""",
)

layout(
    "discount without a final sum",
    "sale",
    9_000,
    text="""
영수증
2026-11-20 14:03:22
라떼 2 10,000
합계 10,000
쿠폰할인 1,000
신용카드 9,000
승인번호 30127744
""",
)

layout(
    "exchange of goods",
    "sale",
    3_000,
    text="""
영수증
2026-11-20 14:03:22
텀블러 -1 -12,000
텀블러L 1 15,000
합계 3,000
신용카드 3,000
승인번호 30127744
""",
)
