/* Follows a start and shows its stages; without this file the page reloads itself every few seconds. */
(() => {
  const panel = document.querySelector('[data-progress]');
  if (!panel || !('EventSource' in window)) return;
  const bar = panel.querySelector('progress');
  const line = panel.querySelector('[data-message]');
  const list = panel.querySelector('.stages');
  const reload = () => window.location.reload();
  const timeOf = (iso) => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' }).format(new Date(iso));

  const begin = (row, at) => {
    row.classList.remove('next');
    row.querySelector('time').dateTime = at;
    row.querySelector('time').textContent = timeOf(at);
    // What came before it has ended now, and this long it took.
    const before = [...list.querySelectorAll('li:not(.next)')].filter((other) => other !== row && other.querySelector('time').dateTime).pop();
    const first = list.querySelector('li.next');
    if (first && row.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_PRECEDING) first.before(row);
    const took = before?.querySelector('.took');
    if (took && took.textContent === '') took.textContent = list.dataset.took.replace('{seconds}', ((new Date(at) - new Date(before.querySelector('time').dateTime)) / 1000).toFixed(1));
    if (row.dataset.stage === 'started') document.dispatchEvent(new CustomEvent('started'));
  };

  const make = (stage) => {
    const row = document.createElement('li');
    row.dataset.stage = stage;
    row.className = 'next';
    const took = document.createElement('span');
    took.className = 'took';
    row.append(document.createElement('span'), took, document.createElement('time'));
    list.append(row);
    return row;
  };

  const download = (row, { received_bytes: received, total_bytes: total }) => {
    if (!total) return;
    let part = row.querySelector('progress');
    if (!part) {
      part = document.createElement('progress');
      row.append(part);
    }
    part.max = total;
    part.value = received;
    part.setAttribute('aria-label', row.firstElementChild.textContent);
  };

  const show = (event) => {
    if (typeof event.progress === 'number') bar.value = event.progress;
    line.textContent = event.message;
    if (!event.stage || !event.at) return;
    // A remark on a stage is true for as long as that lasts.
    for (const remark of panel.querySelectorAll('[data-while]')) remark.hidden = remark.dataset.while !== event.stage;
    const row = list.querySelector(`li[data-stage="${CSS.escape(event.stage)}"]`) ?? make(event.stage);
    row.firstElementChild.textContent = event.message;
    if (row.classList.contains('next')) {
      if (!row.querySelector('.took')) row.querySelector('time').before(Object.assign(document.createElement('span'), { className: 'took' }));
      begin(row, event.at);
    }
    row.classList.toggle('warn', event.outcome === 'missing' || event.outcome === 'failed');
    if (event.stage === 'pulling') download(row, event);
  };

  for (const time of list.querySelectorAll('time[datetime]')) time.textContent = timeOf(time.dateTime);
  let failures = 0;
  const source = new EventSource(panel.dataset.progress);
  source.addEventListener('message', (message) => {
    const event = JSON.parse(message.data);
    failures = 0;
    show(event);
    if (!event.ready && !event.failed) return;
    source.close();
    reload();
  });
  // A reload would come before the answer to Cancel, and leave its page out.
  panel.addEventListener('submit', () => source.close());
  source.addEventListener('error', () => {
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < 5) return;
    source.close();
    setTimeout(reload, 3000);
  });
})();
