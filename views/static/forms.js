/* Small helps that every form works without. */
(() => {
  for (const time of document.querySelectorAll('time[datetime]')) {
    // The stages of a start have a format of their own.
    if (time.closest('[data-progress]')) continue;
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
    time.title = time.dateTime;
  }
  const countDown = () => {
    for (const part of document.querySelectorAll('[data-countdown]')) {
      const minutes = Math.max(0, Math.ceil((new Date(part.dataset.countdown) - Date.now()) / 60000));
      const text = part.dataset.text.replace('{minutes}', String(minutes));
      // Said aloud when it changes, and only then.
      if (part.textContent !== text) part.textContent = text;
    }
  };
  countDown();
  setInterval(countDown, 10000);
  document.addEventListener('submit', (event) => {
    const form = event.target;
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
  for (const select of document.querySelectorAll('select[data-submit]')) select.addEventListener('change', () => select.form.requestSubmit());
})();
