// The customer's screen in a browser: a thin client of the agent's LAN API. Shapes: README.md beside this file.
"use strict";

const RESULT_MS = 5000; // what the customer came for stays this long
const TOUCH_MS = 15000; // a screen somebody walked away from is wiped after this
const REST_MS = 300; // a finger hammering on "earn" must not press what appears under it
const REVEAL_MS = 1000;
const CALL_MS = 5000;
const PREFIX = "010";
const DIGITS_MAX = 11;
const DOT = "•";

const TEXTS = {
  ko: {
    headline: "번호만 누르면\n결제금액의 [{rate}]가 쌓여요", headline_plain: "번호만 누르면\n[포인트]가 쌓여요",
    first_time: "처음이어도 바로 시작해요", type_number: "번호 입력", privacy: "번호는 포인트 적립에만 써요",
    other_language: "English", pending: "영수증을 기다리고 있어요 · {time}",
    mobile_number: "휴대폰 번호", earn: "적립하기", without: "번호 없이 진행", clear: "모두\n지우기", back: "한 자리 지우기",
    paid: "방금 결제 {paid}", earns: "번호를 누르면 [{points}]가 쌓여요",
    type_first: "번호를 먼저 눌러도 돼요", with_receipt: "영수증이 나오면 바로 쌓여요",
    covered: "다른 사람에게 보이지 않게 가렸어요", self_issue: "현금영수증용 번호예요. 내 번호를 눌러 주세요.",
    not_mobile: "휴대폰 번호가 아니에요. 다시 확인해 주세요.",
    earned: "쌓였어요, 고맙습니다", reason: "결제 {paid}의 {rate} · {masked}", nothing: "이번에는 쌓을 포인트가 없어요",
    paid_line: "결제 {paid} · {masked}", offline: "지금은 인터넷이 끊겨 있어요. 적립은 저장했고, 연결되면 바로 보내요",
    waiting: "영수증이 나오면\n바로 쌓여요", waiting_line: "{masked} · [{time}] 안에 결제하면 돼요", waiting_quiet: "화면 앞에서 기다리지 않아도 돼요",
    expired: "영수증이 나오지 않아\n쌓지 못했어요", expired_line: "번호는 지웠어요. 결제한 뒤 다시 눌러 주세요.",
    too_many: "직원에게 말씀해 주세요", too_many_line: "번호가 이어서 많이 들어와 {n}분 동안 쉬고 있어요.", too_many_quiet: "결제는 그대로예요. 적립만 잠시 기다려요",
    no_number: "고맙습니다,\n맛있게 드세요", no_number_line: "결제는 그대로예요. 번호는 다음에 눌러도 돼요.",
    trouble: "지금은 포인트를 쌓을 수 없어요", trouble_line: "결제는 그대로예요. 영수증을 직원에게 보여 주세요.",
    done: "확인", closing: "초 뒤 처음 화면으로",
  },
  en: {
    headline: "Just your number:\n[{rate}] back in points", headline_plain: "Just your number:\n[points] every visit",
    first_time: "First time here? You can start right away", type_number: "Type a number", privacy: "Your number is used for points only",
    other_language: "한국어", pending: "Waiting for your receipt · {time}",
    mobile_number: "Mobile number", earn: "Earn points", without: "Go on without a number", clear: "Clear\nall", back: "Delete the last digit",
    paid: "Just paid {paid}", earns: "Your number earns [{points}]",
    type_first: "You can type first", with_receipt: "Points come with your receipt",
    covered: "Covered, so that nobody else can read it", self_issue: "This is the cash receipt number. Please type your own.",
    not_mobile: "This is not a mobile number. Please check it.",
    earned: "Earned, thank you", reason: "{rate} of {paid} · {masked}", nothing: "No points this time, thank you",
    paid_line: "Paid {paid} · {masked}", offline: "No internet right now: saved here, and sent when it is back",
    waiting: "Points arrive as soon as\nyour receipt prints", waiting_line: "{masked} · [{time}] left to pay", waiting_quiet: "You need not stay here: your number waits by itself",
    expired: "No receipt came,\nso nothing was earned", expired_line: "Your number was forgotten. After paying, simply type it again.",
    too_many: "Please ask at the counter", too_many_line: "Many numbers came one after another, so this screen rests for {n} min.", too_many_quiet: "Your payment is complete; only the points wait",
    no_number: "Thank you,\nenjoy your drink", no_number_line: "Your payment is complete. You can type a number next time.",
    trouble: "Points cannot be saved right now", trouble_line: "Your payment is complete. Please show your receipt at the counter.",
    done: "Done", closing: "s until the first screen",
  },
};

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

// -- what is on the screen; no document, no network of its own ----------------------------------------------------------

class Tablet {
  // `call(method, path, body)` answers {status, body} or throws; `now()` is a clock that only goes forward.
  constructor({ call, now, onChange }) {
    Object.assign(this, { call, now, onChange });
    Object.assign(this, { page: "idle", shop: "", rateBp: 0, online: true, home: "ko", language: "ko", offer: null });
    Object.assign(this, { number: new TypedNumber(), entryId: null, busy: false, result: null, refusal: null });
    Object.assign(this, { pendingId: null, pendingUntil: 0, openedAt: now(), touchedAt: now(), askedAt: -1e9, turn: 0 });
  }

  async refresh() {
    this.askedAt = this.now();
    let state;
    try { state = (await this.checked("GET", "/v1/tablet/state")).body; } catch { return false; }
    this.shop = state.shop || "";
    this.rateBp = state.rate_bp || 0;
    this.online = state.online !== false;
    this.offer = state.offer || null;
    if (state.language && state.language !== this.home) { this.home = state.language; this.language = state.language; }
    this.onChange();
    return true;
  }

  async checked(method, path, body) {
    const answer = await this.call(method, path, body);
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
    if (this.page !== "keypad" || this.busy) return;
    const changed = change(this.number);
    if (changed !== this.number) this.refusal = null;
    this.number = changed;
    this.touch();
  }

  press(digit) { this.edit((number) => number.press(digit, this.now())); }
  back() { this.edit((number) => number.back()); }
  clear() { this.edit(() => new TypedNumber()); }
  paste(text) { this.edit((number) => number.paste(text)); }

  async submit() {
    if (this.page !== "keypad" || this.busy || !this.number.canSubmit || this.refusal) return;
    this.busy = true;
    const [turn, id, digits] = [this.turn, this.entryId, this.number.digits];
    this.onChange();
    try {
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
    const id = this.entryId;
    this.show("no_number"); // The customer gave nothing: whether the till hears of it does not hold anybody up.
    try { await this.checked("POST", `/v1/tablet/entries/${id}/skip`, {}); } catch { /* the entry ends by itself */ }
  }

  done() { if (this.page !== "idle" && this.page !== "keypad") this.goHome(); }
  touch() { this.touchedAt = this.now(); this.onChange(); }
  toggleLanguage() { this.language = this.language === "ko" ? "en" : "ko"; this.touch(); }

  show(page) {
    this.turn += 1;
    Object.assign(this, { page, number: new TypedNumber(), refusal: null, openedAt: this.now() });
    this.touch();
  }

  goHome() { Object.assign(this, { language: this.home, entryId: null, result: null, offer: null }); this.show("idle"); }

  get closesAt() {
    return this.page === "earned" || this.page === "no_number" ? this.openedAt + RESULT_MS : this.touchedAt + TOUCH_MS;
  }

  // Called four times a second. Asks for the receipt of a waiting number and for the offer while somebody types.
  async tick() {
    const now = this.now();
    const foreign = this.page === "idle" && this.language !== this.home;
    if ((this.page !== "idle" || foreign) && now >= this.closesAt && !this.busy) this.goHome();
    else this.onChange();
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
    const say = (key, values = {}) => t[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
    const paid = won(this.language, result.paid_won || 0), left = minutes(this.pendingUntil - this.now());
    switch (this.page) {
      case "idle": return {
        headline: this.rateBp > 0 ? say("headline", { rate: percent(this.rateBp) }) : t.headline_plain,
        quiet: this.pendingId ? say("pending", { time: left }) : "" };
      case "keypad": return {
        title: this.offer ? say("paid", { paid: won(this.language, this.offer.paid_won) }) : t.type_first,
        line: this.offer ? say("earns", { points: points(this.offer.points) }) : t.with_receipt,
        problem: this.problem, hint: this.problem ? t[this.problem === "self_issue" ? "self_issue" : "not_mobile"] : t.covered };
      case "earned": return result.points > 0
        ? { look: "solid", icon: "check", figure: "+" + points(result.points), headline: t.earned, quiet: this.online ? "" : t.offline,
            line: say("reason", { rate: percent(result.rate_bp), paid, masked: result.masked }) }
        : { look: "green", icon: "check", figure: points(0), headline: t.nothing, line: say("paid_line", { paid, masked: result.masked }) };
      case "waiting": return { look: "green", icon: "receipt", headline: t.waiting, line: say("waiting_line", { masked: result.masked, time: left }), quiet: t.waiting_quiet };
      case "too_many": return { look: "amber", icon: "alert", headline: t.too_many, quiet: t.too_many_quiet,
        line: say("too_many_line", { n: Math.max(1, Math.ceil((result.retry_after_ms || 0) / 60000)) }) };
      case "expired": return { look: "amber", icon: "timer", headline: t.expired, line: t.expired_line, again: true };
      case "no_number": return { look: "green", icon: "coffee", headline: t.no_number, line: t.no_number_line, again: true };
      default: return { look: "amber", icon: "alert", headline: t.trouble, line: t.trouble_line };
    }
  }

  get problem() { return this.refusal || this.number.problem; }
}

// -- the document ------------------------------------------------------------------------------------------------------

function bind(document, window) {
  const $ = (id) => document.getElementById(id);
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const icon = (node, name) => node.querySelector("use").setAttribute("href", `#i-${name}`);

  // `[…]` is set off; built from nodes, so that nothing from outside is ever read as markup.
  function putMarked(node, text) {
    if (node.dataset.said === text) return;
    node.dataset.said = text;
    node.replaceChildren(...text.split(/(\[[^\]]*\])/).filter(Boolean).map((part) => {
      if (!part.startsWith("[")) return document.createTextNode(part);
      const marked = document.createElement("em");
      marked.textContent = part.slice(1, -1);
      return marked;
    }));
  }

  async function call(method, path, body) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), CALL_MS);
    try {
      const response = await window.fetch(path, {
        method, signal: stop.signal, credentials: "same-origin", cache: "no-store",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      // The till computer was restarted: the page fetches a session of the new one. Only from the greeting.
      if (response.status === 401 && tablet.page === "idle") window.location.reload();
      return { status: response.status, body: await response.json() };
    } finally { clearTimeout(timer); }
  }

  const tablet = new Tablet({ call, now: () => window.performance.now(), onChange: () => render() });
  let shownPage = null, shownNumber = null, shownLanguage = null;

  function render() {
    const words = tablet.words(), place = ["idle", "keypad"].includes(tablet.page) ? tablet.page : "outcome";
    if (shownLanguage !== tablet.language) {
      shownLanguage = tablet.language;
      document.documentElement.lang = tablet.language;
      for (const node of document.querySelectorAll("[data-text]")) put(node, TEXTS[tablet.language][node.dataset.text]);
      $("tablet.back").setAttribute("aria-label", TEXTS[tablet.language].back);
    }
    for (const node of document.querySelectorAll(".shop")) put(node, tablet.shop);
    for (const node of document.querySelectorAll(".disc")) put(node, [...tablet.shop][0] || "");
    ({ idle: renderIdle, keypad: renderKeypad, outcome: renderOutcome })[place](words);
    if (shownPage !== tablet.page) { shownPage = tablet.page; turnTo(place); }
  }

  function turnTo(place) {
    for (const page of document.querySelectorAll(".page")) page.hidden = page.id !== place;
    if (place !== "outcome") return;
    const buttons = [$("tablet.done"), $("tablet.again")];
    for (const button of buttons) button.classList.add("resting");
    setTimeout(() => { for (const button of buttons) button.classList.remove("resting"); }, REST_MS);
  }

  function renderIdle(words) {
    putMarked($("idle.headline"), words.headline);
    put($("idle.waiting").querySelector("span"), words.quiet);
    $("idle.waiting").hidden = !words.quiet;
  }

  function renderKeypad(words) {
    put($("receipt.title"), words.title);
    putMarked($("receipt.line"), words.line);
    $("keypad.receipt").classList.toggle("known", Boolean(tablet.offer));
    put($("keypad.hint").querySelector("span"), words.hint);
    icon($("keypad.hint"), words.problem ? "alert" : "shield");
    $("keypad.hint").classList.toggle("problem", Boolean(words.problem));
    $("tablet.submit").disabled = tablet.busy || !tablet.number.canSubmit || Boolean(tablet.refusal);
    const shown = tablet.number.shown(tablet.now());
    if (shown === shownNumber) return;
    shownNumber = shown;
    $("tablet.number").setAttribute("aria-label", shown);
    $("tablet.number").replaceChildren(...[...shown].map((glyph) => {
      const cell = document.createElement("i");
      if (glyph === "-") cell.className = "dash";
      else if (glyph === DOT) cell.className = "dot";
      else cell.textContent = glyph;
      return cell;
    }));
  }

  function renderOutcome(words) {
    const left = Math.max(0, Math.ceil((tablet.closesAt - tablet.now()) / 1000));
    const whole = tablet.page === "earned" || tablet.page === "no_number" ? RESULT_MS / 1000 : TOUCH_MS / 1000;
    put($("ring.number"), String(left));
    $("ring.arc").setAttribute("stroke-dasharray", `${Math.min(100, (100 * left) / whole)} 100`);
    $("outcome.mark").className = `mark big ${words.look}`;
    icon($("outcome.mark"), words.icon);
    put($("tablet.result"), words.figure || "");
    $("tablet.result").hidden = !words.figure;
    $("tablet.result").classList.toggle("none", words.figure === "0P");
    putMarked($("outcome.headline"), words.headline);
    putMarked($("outcome.line"), words.line);
    put($("outcome.quiet").querySelector("span"), words.quiet || "");
    $("outcome.quiet").hidden = !words.quiet;
    $("tablet.again").hidden = !words.again;
  }

  const onClick = (id, act) => $(id).addEventListener("click", act);
  onClick("tablet.start", () => tablet.start());
  onClick("tablet.again", () => tablet.start());
  onClick("tablet.submit", () => tablet.submit());
  onClick("tablet.skip", () => tablet.skip());
  onClick("tablet.done", () => tablet.done());
  onClick("tablet.language", () => tablet.toggleLanguage());
  // Keys answer to the press, not the release, and to every finger: two thumbs may overlap.
  const onPress = (id, act) => {
    $(id).addEventListener("pointerdown", (event) => { event.preventDefault(); act(); });
    $(id).addEventListener("click", (event) => { if (event.detail === 0) act(); }); // keyboard and screen readers
  };
  for (const digit of "0123456789") onPress(`tablet.key.${digit}`, () => tablet.press(digit));
  onPress("tablet.back", () => tablet.back());
  onPress("tablet.clear", () => tablet.clear());
  document.addEventListener("pointerdown", () => { if (tablet.page !== "idle") tablet.touch(); });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("paste", (event) => tablet.paste(event.clipboardData.getData("text")));
  document.addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) tablet.press(event.key);
    else if (event.key === "Backspace") tablet.back();
    else if (event.key === "Escape") { if (tablet.page === "keypad") tablet.skip(); else tablet.done(); }
  });
  setInterval(() => tablet.tick(), 250);
  render();
  tablet.refresh();
  return tablet;
}

if (typeof module !== "undefined") module.exports = { Tablet, TypedNumber, TEXTS, readPhone, percent, minutes, bind };
else bind(document, window);
