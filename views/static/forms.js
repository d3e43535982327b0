/* Small helps that every page works without. */
(() => {
  const language = document.documentElement.lang;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60]];
  const WEEK = 7 * 86400;

  const ago = (at) => {
    const seconds = Math.round((at - Date.now()) / 1000);
    if (Math.abs(seconds) > WEEK) return exact.format(at);
    const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
    return relative.format(Math.trunc(seconds / size), unit);
  };

  /* Everybody reads times as their own; how long ago stands beside the exact time. */
  const tellTimes = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      // The stages of a start have a format of their own.
      if (time.closest('[data-progress]')) continue;
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const text = 'relative' in time.dataset ? ago(at) : exact.format(at);
      if (time.textContent !== text) time.textContent = text;
      time.title = 'relative' in time.dataset ? exact.format(at) : time.dateTime;
    }
  };

  const countDown = (root) => {
    for (const part of root.querySelectorAll('[data-countdown]')) {
      const minutes = Math.max(0, Math.ceil((new Date(part.dataset.countdown) - Date.now()) / 60000));
      const text = part.dataset.text.replace('{minutes}', String(minutes));
      // Said aloud when it changes, and only then.
      if (part.textContent !== text) part.textContent = text;
    }
  };

  const tell = (root) => {
    tellTimes(root);
    countDown(root);
  };
  tell(document);
  setInterval(() => tell(document), 10000);
  document.addEventListener('fresh', (event) => tell(event.detail));

  document.addEventListener('submit', (event) => {
    const form = event.target;
    // After a file the page is still there, and nothing would say that the next press counts again.
    if ('file' in form.dataset) return;
    if (form.dataset.sent === 'yes') {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-busy', 'true');
  });
  window.addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
  document.addEventListener('change', (event) => {
    if (event.target.matches?.('select[data-submit]')) event.target.form.requestSubmit();
  });
  /* One tick for all of a list. */
  document.addEventListener('change', (event) => {
    const name = event.target.dataset?.all;
    // Boxes of a table may belong to a form that stands elsewhere.
    if (name) for (const box of event.target.form.elements) if (box.type === 'checkbox' && box.name === name) box.checked = event.target.checked;
  });
  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('button[data-copy]');
    if (!button) return;
    const text = document.getElementById(button.dataset.copy)?.textContent ?? '';
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = button.dataset.copied;
    } catch {
      window.getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
  });
})();
