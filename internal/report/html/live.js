// Of the page that a server keeps up to date. What it shows comes of the server's
// own page, parsed without running anything, and of hits, put in as text alone.
const status = $("live-status"), dot = $("live-dot");
const say = (text, mood) => { status.textContent = text; dot.className = "dot-live " + mood; };
const ask = (method, address, body, done) => {
  const x = new XMLHttpRequest();
  x.open(method, address);
  x.responseType = "document";
  x.timeout = 60000;
  x.onloadend = () => done(x.status, x.response, x.responseURL);
  x.send(body);
};

// Pieces of the page that a new one replaces, and what stays of the old ones.
const pieces = "header.top, main > section, #data, footer";
const nameOf = e => e.id || e.tagName;
const counts = () => new Map([...document.querySelectorAll(".cell")].map(c => [c.textContent, c]));
const swap = fresh => {
  const typed = ["attacker-search", "session-search", "rule-search"].map($).filter(Boolean).map(i => [i.id, i.value, i === document.activeElement]);
  const sorted = $("attacker-table") && sortedBy;
  const open = [...document.querySelectorAll("main > section details[open]")].map(d => [d.closest("section").id, [...d.closest("section").querySelectorAll("details")].indexOf(d)]);
  const aside = [...document.querySelectorAll(".matrix, .scroll, .chart")].map(e => e.scrollLeft);
  const before = counts();
  const old = new Map([...document.querySelectorAll(pieces)].map(e => [nameOf(e), e]));
  for (const e of fresh.querySelectorAll(pieces)) {
    const was = old.get(nameOf(e));
    if (was && !was.isEqualNode(e)) was.replaceWith(document.adoptNode(e));
  }
  for (const k of Object.keys(data)) delete data[k];
  Object.assign(data, JSON.parse($("data").textContent));
  ready();
  for (const [text, cell] of counts()) if (!before.has(text)) heat(cell);
  for (const [id, i] of open) { const d = $(id) && $(id).querySelectorAll("details")[i]; if (d) d.open = true; }
  [...document.querySelectorAll(".matrix, .scroll, .chart")].forEach((e, i) => { if (aside[i]) e.scrollLeft = aside[i]; });
  if (sorted) for (let n = sorted[1]; n > 0; n--) document.querySelectorAll("#attacker-table button.sort")[sorted[0]].click();
  for (const [id, value, focused] of typed) {
    const i = $(id);
    if (!i || !value && !focused) continue;
    i.value = value;
    i.dispatchEvent(new Event("input"));
    if (focused) i.focus({preventScroll: true});
  }
};
const heat = cell => { cell.classList.add("hot"); setTimeout(() => cell.classList.remove("hot"), 5000); };

// The column that attackers are sorted by, and how often it was asked for.
let sortedBy = null;
document.addEventListener("click", e => {
  const b = e.isTrusted && e.target.closest("#attacker-table button.sort");
  if (!b) return;
  const i = [...document.querySelectorAll("#attacker-table button.sort")].indexOf(b);
  sortedBy = [i, sortedBy && sortedBy[0] === i ? sortedBy[1] % 2 + 1 : 1];
});

const rules = () => {
  const search = $("rule-search");
  if (!search) return;
  search.hidden = false;
  search.addEventListener("input", later(() => {
    const asked = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const tr of $("rule-table").tBodies[0].rows) tr.hidden = !asked.every(w => tr.textContent.toLowerCase().includes(w));
  }, 80));
};
const ready = () => { attackers(); sessions(); copying(); rules(); };

// A new page is taken when there is one, nobody is in the middle of something, and
// the last one is long enough ago for what it cost.
let wanted = false, asking = false, next = 0;
const renew = () => {
  if (!wanted || asking || out || opened || document.hidden || Date.now() < next || !getSelection().isCollapsed) return;
  asking = true;
  ask("GET", "/live/body", null, (code, page) => {
    asking = false;
    next = Date.now() + 3000;
    if (code === 401) return ended();
    if (code !== 200 || !page) return;
    wanted = false;
    const began = performance.now();
    swap(page);
    next = Date.now() + Math.max(2000, 20 * (performance.now() - began));
  });
};
setInterval(renew, 500);

const hits = news => {
  if (news.tags && $("n-tags")) $("n-tags").textContent = grouped(news.tags);
  const table = $("hits-table");
  if (!table) { wanted = true; return; }
  for (const h of news.hits) {
    const technique = add(el("td", "tech"), el("span", "chip", h.technique), document.createTextNode(" " + h.name));
    table.tBodies[0].prepend(add(el("tr", "fresh"), el("td", "time", h.at), technique, add(el("td", "who"), el("code", "", h.attacker)), add(el("td", "rule"), el("code", "", h.rule)), add(el("td", "what"), el("code", "", h.text))));
    for (const c of document.querySelectorAll(".cell")) if (c.querySelector("small").firstChild.data === h.technique) heat(c);
  }
  while (table.tBodies[0].rows.length > 8) table.tBodies[0].deleteRow(-1);
};

// Who is signed out asks no more until he looks at the page anew.
let stream = null, again = 0, out = false;
const ended = () => {
  out = true;
  clearTimeout(again);
  if (stream) stream.close();
  stream = null;
  say("Signed out: ", "off");
  const a = add(status, el("a", "", "sign in again")).lastChild;
  a.href = "/sign-in";
};
const follow = () => {
  clearTimeout(again);
  if (stream || out || document.hidden) return;
  stream = new EventSource("/live/events");
  stream.addEventListener("open", () => say("Live", "on"));
  stream.addEventListener("page", e => { if (e.data !== $("hits").dataset.rev) wanted = true; });
  stream.addEventListener("hits", e => hits(JSON.parse(e.data)));
  stream.addEventListener("error", () => {
    say("Not connected: what is shown may be old", "off");
    if (stream && stream.readyState !== EventSource.CLOSED) return; // it tries again by itself
    stream = null;
    wanted = true;
    again = setTimeout(() => { renew(); follow(); }, 5000);
  });
};
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    out = false;
    return follow();
  }
  if (stream) stream.close();
  stream = null;
});

// A rule opens beside the report; without a script its page does the same.
const rule = (method, address, body) => ask(method, address, body, (code, page, from) => {
  const part = page && page.getElementById("switch"), panel = $("rule-panel");
  if (!part) { if (code) location.assign(from); return; }
  panel.replaceChildren(document.adoptNode(part));
  if (opened !== panel) open(panel);
  if (method === "POST") wanted = true;
});
document.addEventListener("click", e => {
  const a = e.target.closest("a.switch");
  if (!a || e.metaKey || e.ctrlKey || e.shiftKey) return;
  e.preventDefault();
  rule("GET", a.href, null);
});
document.addEventListener("submit", e => {
  if (!e.target.matches("#rule-panel form")) return;
  e.preventDefault();
  rule("POST", e.target.action, new URLSearchParams(new FormData(e.target)));
});
rules();
follow();
