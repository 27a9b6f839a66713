'use strict';
// Finds pages by the words of their titles, headings and first sentences. Text from the
// index only ever becomes text.
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
      more.textContent = p.w;
      link.append(more);
      item.append(link);
      return item;
    }));
    found.hidden = !hits.length;
  }

  field.addEventListener('focus', load);
  field.addEventListener('input', () => { load(); show(); });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape') found.hidden = true;
    if (e.key === '/' && document.activeElement !== field) { e.preventDefault(); field.focus(); }
  });
})();
