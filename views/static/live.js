/* Keeps what the page shows up to date; without this file it shows what was when it was opened. */
(() => {
  const main = document.querySelector('main[data-live]');
  const pulse = document.getElementById('pulse');
  if (!main || !pulse || !('EventSource' in window) || !window.Idiomorph) return;
  const { live, events, xsrf, lost, connected } = main.dataset;
  const RETRY_MS = 5000;
  let source = null;
  let lostAt = null;
  let retry = 0;
  let busy = false;
  let again = false;

  /* What somebody is typing, has opened or has ticked stays as it is. */
  const beforeNodeMorphed = (old, fresh) => {
    if (!(old instanceof Element) || !(fresh instanceof Element)) return true;
    if (old.id === 'flashes' || old.hasAttribute('data-keep')) return false;
    if (old instanceof HTMLDetailsElement) fresh.toggleAttribute('open', old.open);
    if (old instanceof HTMLDialogElement && old.open) return false;
    if (old instanceof HTMLFormElement && old.dataset.touched === 'yes') return false;
    // A field may belong to a form that stands elsewhere, as the boxes of a table do.
    if (old.form instanceof HTMLFormElement && old.form.dataset.touched === 'yes') return false;
    return true;
  };

  const show = (text) => {
    const page = new DOMParser().parseFromString(text, 'text/html');
    const fresh = page.querySelector('main');
    if (!fresh) return;
    document.dispatchEvent(new CustomEvent('fresh', { detail: fresh }));
    window.Idiomorph.morph(main, fresh, { morphStyle: 'outerHTML', ignoreActiveValue: true, callbacks: { beforeNodeMorphed } });
    document.title = page.title;
    document.dispatchEvent(new CustomEvent('refreshed'));
  };

  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await ask();
    } finally {
      busy = false;
      if (again) {
        again = false;
        refresh();
      }
    }
  };

  const ask = async () => {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html', 'X-XSRFToken': xsrf }, credentials: 'same-origin', cache: 'no-store' }).catch(() => null);
    // The stream notices it too, and says so.
    if (answer === null) return;
    // Signed out, or no longer allowed: the page says so itself.
    if (answer.redirected || answer.status === 401 || answer.status === 403) location.reload();
    else if (answer.ok) show(await answer.text());
  };

  const tellLost = () => {
    if (lostAt === null) return;
    pulse.hidden = false;
    pulse.classList.add('lost');
    const seconds = Math.round((Date.now() - lostAt) / 1000);
    pulse.title = String(seconds);
    // Said aloud once; the seconds beside it are for the eye.
    if (pulse.firstChild?.nodeValue !== lost) pulse.textContent = lost;
    pulse.dataset.seconds = ` · ${seconds} s`;
  };

  const open = () => {
    clearTimeout(retry);
    if (source || document.hidden) return;
    source = new EventSource(`${events}?topics=${encodeURIComponent(live)}&_xsrf=${encodeURIComponent(xsrf)}`);
    source.addEventListener('open', () => {
      const wasLost = lostAt !== null;
      lostAt = null;
      pulse.hidden = false;
      pulse.classList.remove('lost');
      delete pulse.dataset.seconds;
      if (pulse.textContent !== connected) pulse.textContent = connected;
      if (wasLost) refresh();
    });
    source.addEventListener('message', (message) => {
      if (JSON.parse(message.data).topics.length > 0) refresh();
    });
    source.addEventListener('error', () => {
      lostAt ??= Date.now();
      tellLost();
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      retry = setTimeout(open, RETRY_MS);
      // Refused, not lost: perhaps nobody is signed in any more.
      refresh();
    });
  };

  /* A browser has few connections for one hub: pages that nobody looks at hold none. */
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      open();
      refresh();
      return;
    }
    source?.close();
    source = null;
  });
  document.addEventListener('input', (event) => {
    const form = event.target.form;
    if (form?.closest('main')) form.dataset.touched = 'yes';
  });
  /* A stream may take minutes to notice that nothing comes any more. The browser knows at once when its network changes, and a new stream finds out what that means for the hub. */
  const tryAgain = () => {
    lostAt ??= Date.now();
    source?.close();
    source = null;
    open();
  };
  window.addEventListener('offline', tryAgain);
  window.addEventListener('online', tryAgain);
  setInterval(tellLost, 1000);
  open();
})();
