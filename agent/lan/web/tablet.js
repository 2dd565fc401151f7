// The customer's screen in a browser: a thin client of the agent's LAN API. Shapes: README.md beside this file.
"use strict";
{
const { Bill, DOT, Scanner, TEXTS, TypedCode, TypedNumber, fill, minutes, percent, points, refusedSlip, spendWords, won } =
  typeof require === "undefined"
    ? window.withfom : { ...require("./texts.js"), ...require("./number.js"), ...require("./spend.js"), ...require("./slip.js") };

const RESULT_MS = 5000; // what the customer came for stays this long
const TOUCH_MS = 15000; // a screen somebody walked away from is wiped after this
const SPEND_TOUCH_MS = 30000; // reading a sum off the till, or letters off a slip, takes longer than typing a number
const ASKING_MS = 660000; // a request that nobody answers has ended by then
const ASK_MS = 15000; // the cloud may take its time before this counter decides by itself
const FOLLOW_MS = 500;
const RESULT_PAGES = ["earned", "no_number", "spent"];
const SUM_PAGES = ["payment", "own"];
const SPEND_PAGES = [...SUM_PAGES, "amount"];
const UNHURRIED_PAGES = [...SPEND_PAGES, "slip"];
const SCAN_PAGES = ["idle", "slip", "no_slip", "keypad"];

// -- what is on the screen; no document, no network of its own ----------------------------------------------------------

class Tablet {
  // `call(method, path, body)` answers {status, body} or throws; `now()` is a clock that only goes forward.
  constructor({ call, now, onChange }) {
    Object.assign(this, { call, now, onChange });
    Object.assign(this, { page: "idle", shop: "", rateBp: 0, online: true, home: "ko", language: "ko", offer: null });
    Object.assign(this, { number: new TypedNumber(), entryId: null, busy: false, result: null, refusal: null });
    Object.assign(this, { bill: null, spend: null, spendRefusal: null, takingBack: false, followedAt: -1e9 });
    Object.assign(this, { code: new TypedCode(), slip: null, slipProblem: null, takesSlips: false, scanner: new Scanner() });
    Object.assign(this, { pendingId: null, pendingUntil: 0, openedAt: now(), touchedAt: now(), askedAt: -1e9, turn: 0 });
  }

  async refresh() {
    this.askedAt = this.now();
    let state;
    try { state = (await this.checked("GET", "/v1/tablet/state")).body; } catch { return false; }
    this.shop = state.shop || "";
    this.rateBp = state.rate_bp || 0;
    this.online = state.online !== false;
    if (!this.slip) this.offer = state.offer || null;
    this.takesSlips = state.slips === true;
    if (state.language && state.language !== this.home) { this.home = state.language; this.language = state.language; }
    this.onChange();
    return true;
  }

  async checked(method, path, body, ms) {
    const answer = await this.call(method, path, body, ms);
    if (answer.status >= 400 && answer.status !== 429) throw new Error(`status ${answer.status}`);
    if (answer.body === null || typeof answer.body !== "object") throw new Error("not an answer");
    return answer;
  }

  async start() {
    if (this.busy || this.page === "keypad") return;
    this.busy = true;
    const turn = ++this.turn;
    try {
      const opened = (await this.checked("POST", "/v1/tablet/entries", { till: "1" })).body;
      if (turn !== this.turn) return;
      this.entryId = opened.entry_id;
      this.offer = opened.offer || null;
      this.show("keypad");
    } catch { this.show("trouble"); } finally { this.busy = false; }
  }

  edit(change) {
    if (this.page === "slip") { this.code = change(this.code); this.touch(); return; }
    if (SUM_PAGES.includes(this.page)) { this.setBill(change(this.bill)); return; }
    if (this.page !== "keypad" || this.busy) return;
    const changed = change(this.number);
    if (changed !== this.number) this.refusal = null;
    this.number = changed;
    this.touch();
  }

  press(key) { this.edit((typed) => typed.press(key, this.now())); }
  back() { this.edit((typed) => typed.back()); }
  clear() { this.edit((typed) => (typed instanceof TypedNumber ? new TypedNumber() : typed.clear())); }
  paste(text) { if (["keypad", "slip"].includes(this.page)) this.edit((typed) => typed.paste(text)); }

  // From a keyboard or a scanner at the tablet.
  key(text) { if (!this.scanner.key(text, this.now())) this.press(text); }

  async submit() {
    if (this.page !== "keypad" || this.busy || !this.number.canSubmit || this.refusal) return;
    await this.earnWith(this.number.digits);
  }

  async earnWith(digits) {
    this.busy = true;
    const [turn, id] = [this.turn, this.entryId];
    this.onChange();
    try {
      if (this.slip) { await this.redeem(digits, turn); return; }
      const answer = await this.checked("POST", `/v1/tablet/entries/${id}/phone`, { digits });
      if (turn === this.turn) this.take(id, answer.body);
    } catch { if (turn === this.turn) this.show("trouble"); } finally { this.busy = false; this.onChange(); }
  }

  take(id, outcome) {
    if (outcome.outcome === "refused") { this.refusal = outcome.problem || "not_mobile"; this.touch(); return; }
    this.result = outcome;
    if (outcome.outcome === "waiting") {
      this.pendingId = id;
      this.pendingUntil = this.now() + outcome.remaining_ms;
    }
    const known = ["earned", "waiting", "expired", "too_many"];
    this.show(known.includes(outcome.outcome) ? outcome.outcome : "trouble");
  }

  async skip() {
    if (this.page !== "keypad" || this.busy) return;
    if (this.slip) { this.goHome(); return; } // the slip is as good as before
    const id = this.entryId;
    this.show("no_number"); // The customer gave nothing: whether the till hears of it does not hold anybody up.
    try { await this.checked("POST", `/v1/tablet/entries/${id}/skip`, {}); } catch { /* the entry ends by itself */ }
  }

  // -- claim slips: the letters or a scan, then the number (PNT-09) -------------------------------------------------------

  bringSlip() {
    if (this.page !== "idle") return;
    this.openSlip();
  }

  openSlip() {
    Object.assign(this, { code: new TypedCode(), slip: null, slipProblem: null, offer: null });
    this.show("slip");
  }

  // A scanner's Enter ends what it read; false when it was no scan of ours.
  takeScan() {
    const text = this.scanner.take();
    if (!text || this.busy || !SCAN_PAGES.includes(this.page)) return Boolean(text);
    const left = this.page === "keypad" && !this.slip ? this.entryId : null;
    this.takeSlip(text);
    // The receipt that stood on the screen stays offered to the next one.
    if (left) this.checked("POST", `/v1/tablet/entries/${left}/skip`, {}).catch(() => {});
    return true;
  }

  async takeSlip(text) {
    this.busy = true;
    const turn = ++this.turn;
    try {
      const { status, body } = await this.call("POST", "/v1/tablet/claims/offer", { slip: text });
      if (turn !== this.turn) return;
      if (status >= 400) { this.slipRefused(status, body); return; }
      Object.assign(this, { slip: text, offer: body });
      this.show("keypad");
    } catch { if (turn === this.turn) this.show("trouble"); } finally { this.busy = false; this.onChange(); }
  }

  async redeem(digits, turn) {
    const { status, body } = await this.call("POST", "/v1/tablet/claims", { slip: this.slip, digits });
    if (turn !== this.turn) return;
    if (status < 400) this.take(null, body);
    else if (status === 422) { this.refusal = body.problem || "not_mobile"; this.touch(); } else this.slipRefused(status, body);
  }

  slipRefused(status, body) {
    this.slip = null;
    if (status === 429) { this.result = { outcome: "too_many", retry_after_ms: body.retry_after_ms }; this.show("too_many"); return; }
    this.slipProblem = body.code;
    this.show(refusedSlip(TEXTS[this.language], body.code) ? "no_slip" : "trouble");
  }

  // -- using points (PNT-10, 15): number, sum on the till, how many, staff ----------------------------------------------

  async usePoints() {
    if (this.page !== "keypad" || this.busy || this.slip || !this.number.canSubmit || this.refusal) return;
    this.busy = true;
    const [turn, digits] = [this.turn, this.number.digits];
    try {
      const terms = (await this.checked("POST", "/v1/tablet/spends", {})).body;
      if (turn !== this.turn) return;
      Object.assign(this, { bill: new Bill({ digits, id: terms.spend_id, terms }), spend: null, takingBack: false });
      this.spendRefusal = terms.possible ? null : "switched_off";
      this.show(terms.possible ? "payment" : "not_spent");
    } catch { if (turn === this.turn) this.show("trouble"); } finally { this.busy = false; this.onChange(); }
  }

  setBill(bill) { this.bill = bill; this.touch(); }

  goOn() {
    if (this.page === "slip" && this.code.whole && !this.busy) { this.takeSlip(this.code.letters); return; }
    if (this.page === "payment" && this.bill.canGoOn) this.bill = this.bill.paid();
    else if (this.page === "own" && this.bill.allows(this.bill.typed)) this.bill = this.bill.chosenOwn();
    else return;
    this.show("amount");
  }

  choose(choice) {
    if (this.page !== "amount" || !this.bill.offers(choice)) return;
    if (choice !== "own") { this.setBill(this.bill.with({ choice })); return; }
    this.bill = this.bill.clear();
    this.show("own");
  }

  // Out of using points, with the number that is typed already.
  async earnOnly() {
    if (!SPEND_PAGES.includes(this.page) || this.busy) return;
    await this.earnWith(this.bill.digits);
    if (this.refusal) this.show("trouble");
  }

  async ask() {
    if (this.page !== "amount" || !this.bill.ready) return;
    const bill = this.bill;
    Object.assign(this, { spend: null, takingBack: false });
    this.show("asking");
    const body = { digits: bill.digits, points: bill.points, payment_won: bill.payment };
    let answer;
    try { answer = (await this.checked("POST", `/v1/tablet/spends/${bill.id}/ask`, body, ASK_MS)).body; } catch { answer = {}; }
    // The customer may have left; staff have the card, if there is one.
    if (this.bill !== bill || this.page !== "asking") return;
    if (answer.outcome === "asked") { await this.followSpend(); return; }
    this.spendRefusal = answer.outcome === "refused" ? answer.why || "balance" : null;
    if (!this.spendRefusal) this.bill = null;
    this.show("not_spent");
  }

  // The customer thinks better of it while staff have not answered: exactly one of the two counts (APR-14).
  async takeBack() {
    if (this.page !== "asking" || this.takingBack) return;
    this.takingBack = true;
    this.onChange();
    await this.followSpend();
  }

  async followSpend() {
    const bill = this.bill, path = `/v1/tablet/spends/${bill.id}`;
    this.followedAt = this.now();
    let outcome;
    try {
      outcome = (await (this.takingBack ? this.checked("POST", `${path}/withdraw`, {}) : this.checked("GET", path))).body;
    } catch { return; } // asked again with the next tick
    if (this.bill !== bill || this.page !== "asking") return;
    this.spend = outcome;
    if (outcome.outcome === "spent") {
      this.show("spent");
      this.bill = null;
      await this.awaitReceipt(bill.digits);
    } else if (outcome.outcome === "not_spent") { this.bill = null; this.show("not_spent"); } else this.onChange();
  }

  // What is left to pay earns with the receipt to come, without typing again.
  async awaitReceipt(digits) {
    const id = this.entryId;
    let answer;
    try { answer = (await this.checked("POST", `/v1/tablet/entries/${id}/phone`, { digits })).body; } catch { return; }
    if (answer.outcome === "waiting") Object.assign(this, { pendingId: id, pendingUntil: this.now() + answer.remaining_ms });
  }

  // The second button of an outcome.
  again() {
    if (this.page === "asking") return this.takeBack();
    if (this.page === "not_spent" && this.spendRefusal && this.bill) return this.show("amount");
    if (this.page === "no_slip") return this.openSlip();
    return this.start();
  }

  done() { if (this.page !== "idle" && this.page !== "keypad") this.goHome(); }
  touch() { this.touchedAt = this.now(); this.onChange(); }
  toggleLanguage() { this.language = this.language === "ko" ? "en" : "ko"; this.touch(); }

  show(page) {
    this.turn += 1;
    Object.assign(this, { page, number: new TypedNumber(), refusal: null, openedAt: this.now() });
    this.touch();
  }

  goHome() {
    Object.assign(this, { language: this.home, entryId: null, result: null, offer: null });
    Object.assign(this, { bill: null, spend: null, spendRefusal: null, takingBack: false });
    Object.assign(this, { code: new TypedCode(), slip: null, slipProblem: null });
    this.show("idle");
  }

  get closesAt() {
    if (RESULT_PAGES.includes(this.page)) return this.openedAt + RESULT_MS;
    if (this.page === "asking") return this.openedAt + ASKING_MS;
    return this.touchedAt + (UNHURRIED_PAGES.includes(this.page) ? SPEND_TOUCH_MS : TOUCH_MS);
  }

  // Seconds in the ring and of how many; while staff decide it is their minute, and none before it has begun.
  get ring() {
    if (this.page !== "asking") {
      const whole = RESULT_PAGES.includes(this.page) ? RESULT_MS : TOUCH_MS;
      return { left: Math.max(0, Math.ceil((this.closesAt - this.now()) / 1000)), whole: whole / 1000 };
    }
    const left = this.spend && this.spend.remaining_ms;
    return { left: typeof left === "number" ? Math.ceil(left / 1000) : null, whole: 60 };
  }

  // Called four times a second. Asks for the receipt of a waiting number and for the offer while somebody types.
  async tick() {
    const now = this.now();
    const foreign = this.page === "idle" && this.language !== this.home;
    if ((this.page !== "idle" || foreign) && now >= this.closesAt && !this.busy) this.goHome();
    else this.onChange();
    if (this.page === "asking" && this.bill && now - this.followedAt >= FOLLOW_MS) await this.followSpend();
    const pause = this.page === "keypad" || this.pendingId ? 1000 : 15000;
    if (now - this.askedAt < pause || this.asking) return;
    this.asking = true;
    try {
      await this.refresh();
      if (this.pendingId) await this.askPending();
    } finally { this.asking = false; }
  }

  async askPending() {
    const id = this.pendingId;
    let outcome;
    try { outcome = (await this.checked("GET", `/v1/tablet/entries/${id}`)).body; } catch { return; }
    if (id !== this.pendingId) return;
    if (outcome.outcome === "waiting") { this.pendingUntil = this.now() + outcome.remaining_ms; return; }
    this.pendingId = null;
    if (outcome.outcome === "earned" && (this.page === "waiting" || this.page === "idle")) this.take(id, outcome);
    else if (this.page === "waiting") this.show("expired");
    else this.onChange();
  }

  // The words of the page, ready to be put into the document.
  words() {
    const t = TEXTS[this.language], result = this.result || {};
    const say = (key, values = {}) => fill(t[key], values);
    const paid = won(this.language, result.paid_won || 0), left = minutes(this.pendingUntil - this.now());
    const { bill, spend, spendRefusal: refusal, takingBack } = this;
    const spending = spendWords(this.page, this.language, { bill, spend, refusal, takingBack });
    if (spending) return spending;
    switch (this.page) {
      case "idle": return {
        headline: this.rateBp > 0 ? say("headline", { rate: percent(this.rateBp) }) : this.rateBp < 0 ? t.headline_stamps : t.headline_plain,
        quiet: this.pendingId ? say("pending", { time: left }) : "" };
      case "keypad": return {
        title: this.offer ? say(this.slip ? "slip_paid" : "paid", { paid: won(this.language, this.offer.paid_won) }) : t.type_first,
        line: this.offer ? this.offerLine(t, say) : t.with_receipt,
        problem: this.problem, hint: this.problem ? t[this.problem === "self_issue" ? "self_issue" : "not_mobile"] : t.covered };
      case "slip": return {};
      case "no_slip": return refusedSlip(t, this.slipProblem);
      case "earned": return Number.isInteger(result.stamps) ? {
          look: result.stamps ? "solid" : "green", icon: "check", figure: (result.stamps ? "+" : "") + say("stamps", { n: result.stamps }),
          headline: result.stamps ? t.stamped : t.no_stamp, line: say("paid_line", { paid, masked: result.masked }),
          quiet: this.online || !result.stamps ? "" : t.offline }
        : result.points > 0
        ? { look: "solid", icon: "check", figure: "+" + points(result.points), headline: t.earned, quiet: this.online ? "" : t.offline,
            line: say("reason", { rate: percent(result.rate_bp), paid, masked: result.masked }) }
        : { look: "green", icon: "check", figure: points(0), headline: t.nothing, line: say("paid_line", { paid, masked: result.masked }) };
      case "waiting": return { look: "green", icon: "receipt", headline: t.waiting, line: say("waiting_line", { masked: result.masked, time: left }), quiet: t.waiting_quiet };
      case "too_many": return { look: "amber", icon: "alert", headline: t.too_many, quiet: t.too_many_quiet,
        line: say("too_many_line", { n: Math.max(1, Math.ceil((result.retry_after_ms || 0) / 60000)) }) };
      case "expired": return { look: "amber", icon: "timer", headline: t.expired, line: t.expired_line, again: t.type_number };
      case "no_number": return { look: "green", icon: "coffee", headline: t.no_number, line: t.no_number_line, again: t.type_number };
      default: return { look: "amber", icon: "alert", headline: t.trouble, line: t.trouble_line };
    }
  }

  // What a number typed now would earn; the shop gives points or stamps, never both (PNT-02).
  offerLine(t, say) {
    const { stamps } = this.offer;
    if (!Number.isInteger(stamps)) return say("earns", { points: points(this.offer.points) });
    return stamps ? say("earns", { points: say("stamps", { n: stamps }) }) : t.offer_no_stamp;
  }

  get problem() { return this.refusal || this.number.problem; }
}

const exported = { Tablet };
if (typeof module !== "undefined") module.exports = exported;
else window.withfom = Object.assign(window.withfom || {}, exported);
}
