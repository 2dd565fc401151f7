// A claim slip on the customer's screen: its letters, or a scanner's text; the same as agent/tablet/slips.py.
"use strict";
{
const CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ", CODE_LENGTH = 8, PREFIX = "WFC1.", LETTERS_MAX = 1000;
const SCAN_GAP_MS = 100; // a scanner types faster than any person

// The letters so far. An edit that makes no sense gives the same value.
class TypedCode {
  constructor(letters = "") { this.letters = letters; }

  press(key) {
    const letter = key.toUpperCase();
    const fits = letter.length === 1 && CODE_LETTERS.includes(letter) && !this.whole;
    return fits ? new TypedCode(this.letters + letter) : this;
  }

  back() { return new TypedCode(this.letters.slice(0, -1)); }
  clear() { return new TypedCode(); }

  paste(text) {
    const letters = text.replace(/[-\s]/g, "").toUpperCase();
    const whole = letters.length === CODE_LENGTH && [...letters].every((letter) => CODE_LETTERS.includes(letter));
    return whole ? new TypedCode(letters) : this;
  }

  get whole() { return this.letters.length === CODE_LENGTH; }
}

// Tells a scanner, which types like a keyboard, from fingers: fast, and beginning as our codes begin.
class Scanner {
  constructor() { Object.assign(this, { text: "", typedAt: -SCAN_GAP_MS }); }

  key(text, now) {
    if (now - this.typedAt >= SCAN_GAP_MS) this.text = "";
    this.text = (this.text + text).slice(0, LETTERS_MAX + 1);
    this.typedAt = now;
    return this.text.startsWith(PREFIX);
  }

  take() {
    const text = this.text;
    this.text = "";
    return text.startsWith(PREFIX) ? text : "";
  }
}

// Why a slip earns nothing; null when the answer says something else.
function refusedSlip(t, code) {
  const look = { look: "amber", icon: "receipt" };
  if (code === "claim_unknown") return { ...look, headline: t.slip_unknown, line: t.slip_unknown_line, again: t.slip_again };
  if (code === "claim_expired") return { ...look, headline: t.slip_expired, line: t.slip_expired_line };
  if (code === "claim_used") return { ...look, headline: t.slip_used, line: t.slip_used_line };
  return null;
}

const exported = { CODE_LETTERS, CODE_LENGTH, TypedCode, Scanner, refusedSlip };
if (typeof module !== "undefined") module.exports = exported;
else window.withfom = Object.assign(window.withfom || {}, exported);
}
