'use strict';
// Finds pages by their words: those of the title count most. Text from the index only
// ever becomes text.
(() => {
  const field = document.getElementById('search'), found = document.getElementById('found');
  const up = document.body.dataset.up;
  let pages = null;
  if (matchMedia('(max-width: 50rem)').matches) document.querySelector('nav details').open = false;

  async function load() {
    if (pages) return;
    pages = [];
    const list = await (await fetch(up + 'index.json')).json();
    pages = list.map(p => ({ ...p, low: (p.t + ' ' + p.w).toLowerCase(), title: p.t.toLowerCase() }));
    show();
  }

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = !words.length || !pages ? [] : pages.filter(p => words.every(w => p.low.includes(w)));
    const inTitle = p => words.filter(w => p.title.includes(w)).length;
    hits.sort((a, b) => inTitle(b) - inTitle(a) || (a.n < b.n ? -1 : 1));
    found.replaceChildren(...hits.slice(0, 30).map(p => {
      const item = document.createElement('li'), link = document.createElement('a'), more = document.createElement('small');
      link.href = up + p.n;
      link.textContent = p.t;
      const at = Math.max(0, Math.min(...words.map(w => p.w.toLowerCase().indexOf(w)).filter(i => i >= 0), p.w.length) - 30);
      more.textContent = at && at < p.w.length - 31 ? '…' + p.w.slice(at, at + 200) : p.w.slice(0, 200);
      link.append(more);
      item.append(link);
      return item;
    }));
    if (pages && words.length && !hits.length) {
      const none = document.createElement('li');
      none.textContent = 'No page has all of these words.';
      found.append(none);
    }
    found.hidden = !found.hasChildNodes();
  }

  field.addEventListener('focus', load);
  field.addEventListener('input', () => { load(); show(); });
  field.addEventListener('keydown', e => {
    const first = found.querySelector('a');
    if (e.key === 'Enter' && first) first.click();
    if (e.key === 'ArrowDown' && first) { e.preventDefault(); first.focus(); }
  });
  found.addEventListener('keydown', e => {
    const links = [...found.querySelectorAll('a')], step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    (links[links.indexOf(document.activeElement) + step] || field).focus();
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape') found.hidden = true;
    if (e.key === '/' && document.activeElement !== field) { e.preventDefault(); field.focus(); }
  });
})();
