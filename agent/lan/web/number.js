// Numbers on the customer's screen: the phone number as it is typed, and figures as people write them.
"use strict";
{
const REVEAL_MS = 1000;
const PREFIX = "010";
const DIGITS_MAX = 11;
const DOT = "•";

// -- the number line: the same rules as agent/tablet/number.py and rules/phone.py -------------------------------------

function readPhone(text) {
  let digits = text.trim().replace(/[ .()-]/g, "");
  if (digits.startsWith("+82")) digits = "0" + digits.slice(3).replace(/^0/, "");
  if (!/^[0-9]+$/.test(digits)) return { problem: "not_digits" };
  if (digits === "0100001234" || digits === "01000001234") return { problem: "self_issue" };
  if (digits.length > DIGITS_MAX) return { problem: "too_long" };
  if (!digits.startsWith("01")) return { problem: "not_mobile" };
  if (digits.length < 10 || (digits.startsWith("010") && digits.length < 11)) return { problem: "too_short" };
  return /^01[016789][0-9]{7,8}$/.test(digits) ? { digits } : { problem: "not_mobile" };
}

class TypedNumber {
  constructor(digits = PREFIX, revealUntil = 0) { this.digits = digits; this.revealUntil = revealUntil; }

  press(digit, now) {
    if (!/^[0-9]$/.test(digit)) return this;
    if (this.digits.length < DIGITS_MAX) return new TypedNumber(this.digits + digit, now + REVEAL_MS);
    // Begun with 010 although it stood there already.
    if (this.digits.startsWith(PREFIX + PREFIX)) return new TypedNumber(this.digits.slice(3) + digit, now + REVEAL_MS);
    return this;
  }

  back() { return this.digits.length <= 2 ? this : new TypedNumber(this.digits.slice(0, -1)); }

  paste(text) { const read = readPhone(text); return read.digits ? new TypedNumber(read.digits) : this; }

  get canSubmit() { return readPhone(this.digits).digits !== undefined; }

  get problem() {
    if (this.digits.startsWith(PREFIX) && this.digits.length < DIGITS_MAX) return null;
    const problem = readPhone(this.digits).problem;
    return problem === undefined || problem === "too_short" ? null : problem;
  }

  shown(now) {
    const last = this.digits.length - 1;
    const cells = [...this.digits].map((digit, i) => (i < 3 || (i === last && now < this.revealUntil) ? digit : DOT));
    const middle = cells.length === 10 && !this.digits.startsWith(PREFIX) ? 6 : 7;
    let out = cells.slice(0, 3).join("");
    if (cells.length >= 3) out += "-" + cells.slice(3, middle).join("");
    if (cells.length >= middle) out += "-" + cells.slice(middle).join("");
    return out;
  }
}

// -- figures as people write them --------------------------------------------------------------------------------------

const grouped = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const won = (language, amount) => (language === "ko" ? `${grouped(amount)}원` : `₩${grouped(amount)}`);
const points = (amount) => `${grouped(amount)}P`;
const percent = (rateBp) => `${Math.floor(rateBp / 100)}.${String(rateBp % 100).padStart(2, "0")}`.replace(/0+$/, "").replace(/\.$/, "") + "%";
const minutes = (ms) => { const s = Math.max(0, Math.ceil(ms / 1000)); return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`; };

const exported = { DOT, TypedNumber, readPhone, grouped, won, points, percent, minutes };
if (typeof module !== "undefined") module.exports = exported;
else window.withfom = Object.assign(window.withfom || {}, exported);
}
