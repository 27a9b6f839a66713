"use strict";
(() => {
const $ = id => document.getElementById(id);
const data = JSON.parse($("data").textContent);
// All text of attackers enters the page here, and as text alone.
const el = (name, cls, text) => {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
};
const add = (parent, ...children) => { for (const c of children) if (c) parent.appendChild(c); return parent; };
const two = n => String(n).padStart(2, "0");
const moment = s => {
  if (!s) return "";
  const d = new Date(s * 1000);
  return d.getUTCFullYear() + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate()) + " " + two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
};
const grouped = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const techniqueID = i => data.techniques[i][0];
const chips = (list, most) => {
  const td = el("td", "chips");
  add(td, el("b", "", String(list.length)), document.createTextNode(" "));
  for (const i of list.slice(0, most)) {
    const c = add(td, el("span", "chip", techniqueID(i))).lastChild;
    c.title = data.techniques[i][1];
  }
  if (list.length > most) add(td, el("span", "faint", "+" + (list.length - most)));
  return td;
};
const later = (f, ms) => { let t; return () => { clearTimeout(t); t = setTimeout(f, ms); }; };
const page = 40;

// Attackers: name, country, sessions, tags, techniques, first, last.
const attackers = () => {
  const table = $("attacker-table");
  if (!table || !data.attackers.length) return;
  const search = $("attacker-search"), found = $("attacker-found"), more = $("attacker-more"), body = table.tBodies[0];
  const place = {name: 0, country: 1, sessions: 2, tags: 3, techniques: 4, first: 5, last: 6};
  const rows = data.attackers.map((a, i) => ({a, i, text: (a[0] + " " + a[1] + " " + a[4].map(techniqueID).join(" ")).toLowerCase()}));
  const order = new Intl.Collator("en", {numeric: true});
  let by = "", down = true, shown = page;
  const compare = (x, y) => {
    const p = place[by], a = x.a[p], b = y.a[p];
    const c = p < 2 ? order.compare(a, b) : p === 4 ? a.length - b.length : a - b;
    return (down ? -c : c) || x.i - y.i;
  };
  const draw = () => {
    const asked = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const list = rows.filter(r => asked.every(w => r.text.includes(w)));
    if (by) list.sort(compare);
    body.replaceChildren(...list.slice(0, shown).map(({a}) => {
      const tr = el("tr"), th = add(el("th"), el("code", "", a[0]));
      th.scope = "row";
      add(tr, th);
      if (data.countries) add(tr, el("td", "", a[1]));
      return add(tr, el("td", "num", grouped(a[2])), el("td", "num", grouped(a[3])), chips(a[4], 8), el("td", "time", moment(a[5])), el("td", "time", moment(a[6])));
    }));
    found.textContent = asked.length ? grouped(list.length) + " of " + grouped(rows.length) : "";
    more.hidden = list.length <= shown;
  };
  for (const th of table.tHead.rows[0].cells) {
    const key = th.dataset.sort, b = el("button", "sort", th.textContent);
    b.type = "button";
    th.replaceChildren(b);
    b.addEventListener("click", () => {
      down = by === key ? !down : place[key] > 1;
      by = key;
      for (const o of table.tHead.rows[0].cells) o.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      draw();
    });
  }
  search.hidden = false;
  search.addEventListener("input", later(() => { shown = page; draw(); }, 80));
  more.addEventListener("click", () => { shown += 10 * page; draw(); });
  draw();
};

// Panels: without a script they open by :target.
let opened = null, before = null;
const close = () => {
  if (!opened) return;
  opened.classList.remove("open");
  $("shade").hidden = true;
  opened = null;
  if (before) before.focus({preventScroll: true});
};
const open = panel => {
  close();
  before = document.activeElement;
  opened = panel;
  panel.classList.add("open");
  panel.scrollTop = 0;
  $("shade").hidden = false;
  panel.focus({preventScroll: true});
};
const panels = () => {
  document.addEventListener("click", e => {
    const a = e.target.closest("a");
    if (!a) return;
    if (a.classList.contains("cell")) { e.preventDefault(); open($(a.hash.slice(1))); }
    if (a.classList.contains("close")) { e.preventDefault(); close(); if (location.hash.startsWith("#t-")) location.hash = "#matrix"; }
  });
  document.addEventListener("keydown", e => { if (e.key === "Escape") close(); });
  $("shade").addEventListener("click", close);
};

// A session: every line as it was typed, with what it would do and its tags.
const offset = s => {
  if (s < 0) return "";
  if (s < 3600) return Math.floor(s / 60) + ":" + two(s % 60);
  return Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
};
const transcript = s => {
  const panel = $("session-panel"), shut = el("a", "close", "Close");
  shut.href = "#sessions";
  panel.replaceChildren(shut, el("p", "brand", "Session"), add(el("h3"), document.createTextNode(s.attacker + " "), el("code", "", s.id)));
  const facts = el("dl", "made");
  for (const [k, v] of s.facts) add(facts, add(el("div"), el("dt", "", k), el("dd", "", v)));
  const list = el("ol"), figure = add(el("figure", "transcript"), list);
  for (const l of s.lines) {
    const li = el("li", l.command ? "command" : "other"), code = el("code", "", l.text);
    if (l.cut) add(code, el("span", "faint", " … " + grouped(l.cut) + " more bytes"));
    add(li, add(el("div", "typed"), el("span", "at", offset(l.at)), code));
    if (l.tags) {
      const tags = el("div", "tags");
      for (const [i, rule, confidence] of l.tags) {
        const c = el("span", "chip", techniqueID(i));
        c.title = data.techniques[i][1] + ", " + rule + ", confidence " + confidence;
        add(tags, c);
      }
      add(li, tags);
    }
    if (l.effects) add(li, add(el("ul", "effects"), ...l.effects.map(t => el("li", "", t))));
    add(list, li);
  }
  if (s.left) add(figure, el("p", "faint", grouped(s.left) + " more lines are not shown."));
  add(panel, facts, figure);
  open(panel);
};
const sessions = () => {
  const table = $("session-table");
  if (!table || !data.sessions.length) return;
  const search = $("session-search"), found = $("session-found"), more = $("session-more"), body = table.tBodies[0];
  const rows = data.sessions.map(s => ({s, text: [s.id, s.attacker, ...s.techniques.map(techniqueID), ...s.lines.map(l => l.text)].join(" ").toLowerCase()}));
  let shown = 12;
  const draw = () => {
    const asked = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const list = rows.filter(r => asked.every(w => r.text.includes(w)));
    body.replaceChildren(...list.slice(0, shown).map(({s}) => {
      const tr = el("tr", "opens"), b = add(el("button", "open"), el("code", "", s.id)), th = add(el("th"), b);
      b.type = "button";
      th.scope = "row";
      tr.addEventListener("click", e => { e.preventDefault(); transcript(s); });
      return add(tr, th, add(el("td"), el("code", "", s.attacker)), el("td", "time", moment(s.start)), el("td", "num", grouped(s.count)), chips(s.techniques, 8), el("td", "num", s.like ? grouped(s.like) : ""));
    }));
    found.textContent = asked.length ? grouped(list.length) + " of " + grouped(rows.length) : "";
    more.hidden = list.length <= shown;
  };
  search.hidden = false;
  search.addEventListener("input", later(() => { shown = 12; draw(); }, 80));
  more.addEventListener("click", () => { shown += 100; draw(); });
  draw();
};

// Copying: the clipboard where there is one, else a selection.
const copy = async text => {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* not allowed here, as on file: in some browsers */ }
  const area = el("textarea");
  area.value = text;
  document.body.appendChild(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};
const copying = () => {
  const said = $("copied");
  const say = (ok, what) => { said.textContent = ok ? what : "This browser does not let pages copy."; };
  for (const b of document.querySelectorAll("button.copy")) {
    b.hidden = false;
    b.addEventListener("click", async () => {
      const text = b.parentNode.querySelector(".ioc").textContent;
      const ok = await copy(text);
      b.textContent = ok ? "Copied" : "Copy";
      say(ok, "");
    });
  }
  const all = $("copy-all");
  if (!all) return;
  all.hidden = false;
  all.addEventListener("click", async () => {
    const list = [...document.querySelectorAll(".ioc")].map(c => c.textContent);
    say(await copy(list.join("\n")), grouped(list.length) + " copied");
  });
};

panels();
attackers();
sessions();
copying();
document.documentElement.dataset.ready = "yes";
})();
