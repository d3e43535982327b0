/* Draws what the API tells of the past; without this file the numbers of the last day are in a table. */
(() => {
  if (!window.uPlot) return;
  const AGAIN_MS = 60000;
  const HEIGHT = 190;
  const plots = new Map();
  const asked = new Map();
  const exact = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: 'numeric', month: 'short' });
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });

  const ask = (address, xsrf) => {
    const kept = asked.get(address);
    if (kept && Date.now() - kept.at < AGAIN_MS) return kept.answer;
    const answer = fetch(address, { headers: { Accept: 'application/json', 'X-XSRFToken': xsrf }, credentials: 'same-origin', cache: 'no-store' }).then((reply) => {
      if (!reply.ok) throw new Error(String(reply.status));
      return reply.json();
    });
    asked.set(address, { at: Date.now(), answer });
    return answer;
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /* A colour of the style sheet as the canvas understands it, in the theme that is on. */
  const resolved = (element, name) => {
    const probe = element.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color || colour(name);
  };

  /* The first moment of a day that an axis shows is told as that day. */
  const startsDay = (tick, before) => new Date(tick * 1000).getHours() === 0 && new Date(tick * 1000).getMinutes() === 0 && (before === undefined || day.format(before * 1000) !== day.format(tick * 1000));

  const draw = (element, history) => {
    const { columns, names, scale } = element.dataset;
    const values = columns.split(',').map((column) => history.columns[column].map((value) => (value === null ? null : value * Number(scale))));
    const data = [history.at, ...values];
    const known = plots.get(element);
    if (known) return known.plot.setData(data);
    const [line, accent, other, muted] = ['--line', '--accent', '--warn', '--muted'].map((name) => resolved(element, name));
    const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: '12px system-ui' };
    const series = names.split('|').map((label, i) => ({ label, stroke: i === 0 ? accent : other, width: 1.5, points: { show: values[i].filter((value) => value !== null).length < 3 }, value: (_, value) => (value === null ? '–' : number.format(value)) }));
    element.textContent = '';
    const options = { width: element.clientWidth, height: HEIGHT, legend: { live: true }, cursor: { y: false }, scales: { y: { range: (_, min, max) => [0, max > 0 ? max * 1.05 : 1] } }, axes: [{ ...axis, values: (_, ticks) => ticks.map((tick, i) => (startsDay(tick, ticks[i - 1]) ? day : time).format(tick * 1000)) }, { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => number.format(tick)) }], series: [{ label: element.dataset.time, value: (_, at) => (at === null ? '–' : exact.format(at * 1000)) }, ...series] };
    plots.set(element, { plot: new window.uPlot(options, data, element) });
  };

  const show = async () => {
    for (const element of document.querySelectorAll('[data-chart]')) {
      try {
        const { chart, xsrf, history } = element.dataset;
        draw(element, history ? JSON.parse(history) : (await ask(chart, xsrf)).history);
      } catch {
        if (!plots.has(element)) element.textContent = element.dataset.failed;
      }
    }
  };

  const forget = () => {
    for (const { plot } of plots.values()) plot.destroy();
    plots.clear();
  };
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const [element, { plot }] of plots) plot.setSize({ width: element.clientWidth, height: HEIGHT });
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    forget();
    show();
  });
  document.addEventListener('refreshed', show);
  show();
})();
