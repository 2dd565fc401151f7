// Puts the customer's screen into the document: draws what tablet.js says, hands every touch to it.
"use strict";
{
const { CHOICES, CODE_LENGTH, CODE_LETTERS, DOT, TEXTS, Tablet } = window.withfom;
const REST_MS = 300; // a finger hammering on "earn" must not press what appears under it
const CALL_MS = 5000;
const PLACES = { idle: "idle", keypad: "keypad", payment: "sum", own: "sum", amount: "choose", slip: "slip" };

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

  async function call(method, path, body, ms = CALL_MS) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ms);
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
  for (let box = 0; box < CODE_LENGTH; box += 1) $("tablet.code").append(document.createElement("i"));
  for (const letter of CODE_LETTERS) {
    const key = document.createElement("button");
    Object.assign(key, { type: "button", id: `tablet.letter.${letter}`, textContent: letter });
    $("slip.keys").insertBefore(key, $("tablet.slip.clear"));
  }
  let shownPage = null, shownNumber = null, shownLanguage = null;

  function render() {
    const words = tablet.words(), place = PLACES[tablet.page] || "outcome";
    if (shownLanguage !== tablet.language) {
      shownLanguage = tablet.language;
      document.documentElement.lang = tablet.language;
      for (const node of document.querySelectorAll("[data-text]")) put(node, TEXTS[tablet.language][node.dataset.text]);
      $("tablet.slip.back").setAttribute("aria-label", TEXTS[tablet.language].back_letter);
      for (const id of ["tablet.back", "tablet.sum.back"]) $(id).setAttribute("aria-label", TEXTS[tablet.language].back);
    }
    for (const node of document.querySelectorAll(".shop")) put(node, tablet.shop);
    for (const node of document.querySelectorAll(".disc")) put(node, [...tablet.shop][0] || "");
    ({ idle: renderIdle, keypad: renderKeypad, sum: renderSum, choose: renderChoose, slip: renderSlip, outcome: renderOutcome })[place](words);
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
    $("tablet.slip").hidden = !tablet.takesSlips;
  }

  function renderKeypad(words) {
    put($("receipt.title"), words.title);
    putMarked($("receipt.line"), words.line);
    $("keypad.receipt").classList.toggle("known", Boolean(tablet.offer));
    put($("keypad.hint").querySelector("span"), words.hint);
    icon($("keypad.hint"), words.problem ? "alert" : "shield");
    $("keypad.hint").classList.toggle("problem", Boolean(words.problem));
    for (const id of ["tablet.submit", "tablet.use_points"])
      $(id).disabled = tablet.busy || !tablet.number.canSubmit || Boolean(tablet.refusal);
    $("tablet.use_points").hidden = Boolean(tablet.slip);
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

  function renderSlip() {
    const { letters, whole } = tablet.code;
    $("tablet.code").setAttribute("aria-label", letters);
    [...$("tablet.code").children].forEach((box, at) => {
      put(box, letters[at] || "");
      box.className = letters[at] ? "full" : "";
    });
    $("tablet.slip.go_on").disabled = !whole || tablet.busy;
  }

  function renderSum(words) {
    put($("sum.caption"), words.caption);
    put($("tablet.sum"), words.typed || "–");
    $("tablet.sum").className = words.problem ? "sum wrong" : words.typed ? "sum" : "sum none";
    put($("sum.hint").querySelector("span"), words.hint);
    icon($("sum.hint"), words.problem ? "alert" : "info");
    $("sum.hint").classList.toggle("problem", words.problem);
    $("tablet.go_on").disabled = !words.canGoOn;
  }

  function renderChoose(words) {
    for (const choice of words.choices) {
      const button = $(`tablet.choice.${choice.choice}`);
      put(button.querySelector("b"), choice.title);
      put(button.querySelector("span"), choice.line);
      button.disabled = !choice.possible;
      button.setAttribute("aria-pressed", String(choice.chosen));
    }
    for (const name of ["note", "toPay", "points", "left", "gain"]) put($(`choose.${name}`), words[name]);
    $("choose.gains").hidden = !words.gain;
    $("choose.points").classList.toggle("green", Boolean(words.gain));
    put($("tablet.use"), words.press);
    $("tablet.use").disabled = !words.ready;
  }

  function renderOutcome(words) {
    const { left, whole } = tablet.ring, asking = tablet.page === "asking", t = TEXTS[tablet.language];
    $("outcome.closing").hidden = left === null;
    put($("closing.words"), asking ? t.answering : t.closing);
    put($("ring.number"), String(left));
    $("ring.arc").setAttribute("stroke-dasharray", `${Math.min(100, (100 * left) / whole)} 100`);
    put($("tablet.done"), asking ? t.home : t.done);
    $("tablet.done").className = asking ? "second" : "main";
    $("outcome.mark").className = `mark big ${words.look}`;
    icon($("outcome.mark"), words.icon);
    put($("tablet.result"), words.figure || "");
    $("tablet.result").hidden = !words.figure;
    $("tablet.result").classList.toggle("none", Boolean(words.figure) && !words.figure.startsWith("+"));
    putMarked($("outcome.headline"), words.headline);
    putMarked($("outcome.line"), words.line);
    put($("outcome.quiet").querySelector("span"), words.quiet || "");
    $("outcome.quiet").hidden = !words.quiet;
    put($("tablet.again").querySelector("span"), words.again || "");
    $("tablet.again").hidden = !words.again;
  }

  const onClick = (id, act) => $(id).addEventListener("click", act);
  onClick("tablet.start", () => tablet.start());
  onClick("tablet.slip", () => tablet.bringSlip());
  onClick("tablet.slip.go_on", () => tablet.goOn());
  onClick("tablet.slip.leave", () => tablet.done());
  onClick("tablet.again", () => tablet.again());
  onClick("tablet.use_points", () => tablet.usePoints());
  onClick("tablet.go_on", () => tablet.goOn());
  for (const id of ["tablet.earn_only", "tablet.earn_instead"]) onClick(id, () => tablet.earnOnly());
  for (const choice of CHOICES) onClick(`tablet.choice.${choice}`, () => tablet.choose(choice));
  onClick("tablet.use", () => tablet.ask());
  onClick("tablet.submit", () => tablet.submit());
  onClick("tablet.skip", () => tablet.skip());
  onClick("tablet.done", () => tablet.done());
  onClick("tablet.language", () => tablet.toggleLanguage());
  // Keys answer to the press, not the release, and to every finger: two thumbs may overlap.
  const onPress = (id, act) => {
    $(id).addEventListener("pointerdown", (event) => { event.preventDefault(); act(); });
    $(id).addEventListener("click", (event) => { if (event.detail === 0) act(); }); // keyboard and screen readers
  };
  for (const keys of ["key", "sum"])
    for (const digit of "0123456789") onPress(`tablet.${keys}.${digit}`, () => tablet.press(digit));
  for (const letter of CODE_LETTERS) onPress(`tablet.letter.${letter}`, () => tablet.press(letter));
  for (const id of ["tablet.back", "tablet.sum.back", "tablet.slip.back"]) onPress(id, () => tablet.back());
  for (const id of ["tablet.clear", "tablet.sum.clear", "tablet.slip.clear"]) onPress(id, () => tablet.clear());
  document.addEventListener("pointerdown", () => { if (tablet.page !== "idle") tablet.touch(); });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  document.addEventListener("paste", (event) => tablet.paste(event.clipboardData.getData("text")));
  document.addEventListener("keydown", (event) => {
    if (/^[!-~]$/.test(event.key) && !event.ctrlKey && !event.metaKey) tablet.key(event.key);
    else if (event.key === "Backspace") tablet.back();
    else if (event.key === "Enter" && tablet.takeScan()) event.preventDefault();
    else if (event.key === "Enter" && event.target === document.body) tablet.goOn();
    else if (event.key === "Escape") { if (tablet.page === "keypad") tablet.skip(); else tablet.done(); }
  });
  setInterval(() => tablet.tick(), 250);
  render();
  tablet.refresh();
  return tablet;
}

bind(document, window);
}
