/* Follows the log of a server; without this file the page shows it as it was when it was opened. */
(() => {
  const box = document.querySelector('pre[data-log]');
  const state = document.querySelector('[data-log-state]');
  if (!box || !state || !('EventSource' in window)) return;
  const MOST = 2000;
  const lines = [];
  let due = false;

  const show = () => {
    due = false;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    box.textContent = lines.join('\n');
    if (atEnd) box.scrollTop = box.scrollHeight;
  };

  const follow = () => {
    const source = new EventSource(box.dataset.log);
    source.addEventListener('open', () => {
      // A stream that is opened again begins with the last lines again.
      lines.length = 0;
      state.textContent = state.dataset.live;
    });
    source.addEventListener('message', (message) => {
      const event = JSON.parse(message.data);
      if (event.lines) lines.push(...event.lines);
      if (lines.length > MOST) lines.splice(0, lines.length - MOST);
      if (!due) {
        due = true;
        requestAnimationFrame(show);
      }
      if (!event.ended) return;
      source.close();
      state.textContent = event.message || state.dataset.ended;
    });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) state.textContent = state.dataset.ended;
    });
  };

  /* A start has nothing to follow until its container runs. */
  const { after } = box.dataset;
  if (!after || document.querySelector(`.stages li:not(.next)[data-stage="${CSS.escape(after)}"]`)) follow();
  else document.addEventListener(after, follow, { once: true });
})();
