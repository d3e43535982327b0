/* Follows a start and shows its stages; without this file the page reloads itself every few seconds. */
(() => {
  const panel = document.querySelector('[data-progress]');
  if (!panel || !('EventSource' in window)) return;
  const bar = panel.querySelector('progress');
  const line = panel.querySelector('[data-message]');
  const list = panel.querySelector('.stages');
  const reload = () => window.location.reload();
  const timeOf = (iso) => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'medium' }).format(new Date(iso));

  const show = (event) => {
    if (typeof event.progress === 'number') bar.value = event.progress;
    line.textContent = event.message;
    if (!event.stage || !event.at) return;
    const id = event.stage;
    let row = list.querySelector(`li[data-stage="${CSS.escape(id)}"]`);
    if (!row) {
      row = document.createElement('li');
      row.dataset.stage = id;
      row.append(document.createElement('span'), document.createElement('time'));
      list.append(row);
      row.lastChild.dateTime = event.at;
      row.lastChild.textContent = timeOf(event.at);
    }
    row.firstChild.textContent = event.message;
  };

  for (const time of list.querySelectorAll('time')) time.textContent = timeOf(time.dateTime);
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
  source.addEventListener('error', () => {
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < 5) return;
    source.close();
    setTimeout(reload, 3000);
  });
})();
