// Using points on the customer's screen: the same steps as agent/tablet/spending.py. Nothing here knows what anybody
// has: sums are offered without a balance, and "all" shows a figure only afterwards (R9).
"use strict";
{
const { TEXTS, fill, grouped, won, points: inPoints } =
  typeof require === "undefined" ? window.withfom : { ...require("./texts.js"), ...require("./number.js") };
const SUM_DIGITS_MAX = 7; // 9,999,999 won; more is no bill of a cafe
const FIXED = { little: 1000, more: 2000 };
const CHOICES = ["little", "more", "all", "own"];

// One customer's way to a spend (PNT-10). `typed` is the sum on the keypad now, for the payment or for own points.
class Bill {
  constructor(fields) { Object.assign(this, { payment: 0, typed: 0, choice: "all", own: 0 }, fields); }

  with(fields) { return new Bill({ ...this, ...fields }); }

  press(digit) {
    const longer = `${this.typed || ""}${digit}`;
    return /^[0-9]$/.test(digit) && longer.length <= SUM_DIGITS_MAX ? this.with({ typed: Number(longer) }) : this;
  }

  back() { return this.with({ typed: Math.floor(this.typed / 10) }); }
  clear() { return this.with({ typed: 0 }); }

  // What nobody can pass: the payment and, without a line, what the shop allows; in whole units.
  get mostPoints() {
    const { most_points: most, use_unit: unit, payment_max_percent: percent = 100 } = this.terms;
    const share = Math.floor((this.payment * percent) / 100); // PNT-12
    const bound = Math.max(0, most === null ? share : Math.min(share, most));
    return bound - (bound % unit);
  }

  allows(points) { return points > 0 && points <= this.mostPoints && points % this.terms.use_unit === 0; }
  offers(choice) { return choice in FIXED ? this.allows(FIXED[choice]) : this.mostPoints > 0; }

  // What is asked for; null: as many as possible.
  get points() { return this.choice === "all" ? null : this.choice === "own" ? this.own : FIXED[this.choice]; }
  get ready() { return this.points === null ? this.mostPoints > 0 : this.allows(this.points); }
  get canGoOn() { return this.typed >= this.terms.use_unit; }

  paid() { return this.with({ payment: this.typed, typed: 0, choice: "all", own: 0 }); }
  chosenOwn() { return this.allows(this.typed) ? this.with({ own: this.typed, choice: "own", typed: 0 }) : this; }
}

function choiceWords(t, language, bill, choice) {
  const common = { choice, chosen: bill.choice === choice, possible: bill.offers(choice) };
  const sum = choice === "own" ? bill.own : FIXED[choice];
  if (choice === "all") return { ...common, title: t.all, line: t.all_line };
  if (!sum) return { ...common, title: t.own, line: fill(t.own_line, { points: inPoints(bill.terms.use_unit) }) };
  return { ...common, title: inPoints(sum), line: fill(t.off, { won: won(language, sum) }) };
}

function amountWords(t, language, bill) {
  const asked = bill.points, left = bill.payment - (asked || 0), most = bill.terms.most_points;
  const { use_unit: unit, payment_max_percent: percent = 100 } = bill.terms;
  const usual = percent < 100 ? fill(t.share, { n: percent }) : fill(t.units, { unit: inPoints(unit) });
  const gain = Math.floor((left * bill.terms.rate_bp) / 10000);
  return {
    choices: CHOICES.map((choice) => choiceWords(t, language, bill, choice)),
    toPay: won(language, bill.payment),
    points: asked === null ? t.at_counter : won(language, asked).replace(/^/, "−"),
    left: asked === null ? "–" : won(language, left),
    gain: asked === null ? "" : "+" + inPoints(gain),
    press: asked === null ? t.use_all : fill(t.use_some, { points: inPoints(asked) }),
    note: most === null ? usual : fill(t.offline_most, { points: inPoints(most) }),
    ready: bill.ready,
  };
}

// Why points cannot be used: the same words whatever a number has (R9). No reason: it cannot be done now at all.
function refusedWords(t, why) {
  const look = { look: "amber", icon: "hand" };
  if (!why) return { ...look, headline: t.ask_staff, line: t.ask_staff_line };
  if (why === "store_day") return { ...look, headline: t.not_now, line: t.store_day };
  if (why === "day_total") return { ...look, headline: t.not_now, line: t.day_total };
  if (why === "switched_off" || why === "snapshot_stale") return { ...look, headline: t.not_now, line: t.internet_back };
  return { ...look, headline: t.this_many, line: t.this_many_line, again: t.choose_again };
}

// The words of the spending pages; null for every other page.
function spendWords(page, language, { bill, spend, refusal, takingBack }) {
  const t = TEXTS[language];
  switch (page) {
    case "payment": return { caption: t.bill_question, typed: bill.typed ? won(language, bill.typed) : "", hint: t.staff_check,
      problem: false, canGoOn: bill.canGoOn };
    case "own": return { caption: t.how_many, typed: bill.typed ? inPoints(bill.typed) : "", canGoOn: bill.allows(bill.typed),
      hint: fill(t.up_to, { points: inPoints(bill.mostPoints), unit: bill.terms.use_unit }),
      problem: bill.typed > 0 && !bill.allows(bill.typed) };
    case "amount": return amountWords(t, language, bill);
    case "asking": return takingBack
      ? { look: "green", icon: "coffee", headline: t.taking_back, line: t.asking_early }
      : { look: "green", icon: "coffee", headline: t.asking, line: spend ? t.asking_line : t.asking_early, again: t.take_back };
    case "spent": return { look: "solid", icon: "check", figure: "−" + inPoints(spend.points), headline: t.spent,
      line: fill(t.spent_line, { won: won(language, spend.left_won) }), quiet: t.spent_quiet };
    case "not_spent": {
      if (!spend) return refusedWords(t, refusal);
      const words = { look: "amber", icon: "hand", again: t.type_number };
      return spend.taken_back
        ? { ...words, look: "green", icon: "coffee", headline: t.taken_back, line: t.taken_back_line }
        : { ...words, headline: t.not_spent, line: t.not_spent_line };
    }
    default: return null;
  }
}

const exported = { Bill, CHOICES, spendWords };
if (typeof module !== "undefined") module.exports = exported;
else window.withfom = Object.assign(window.withfom || {}, exported);
}
