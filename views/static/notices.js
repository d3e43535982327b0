/* Counts what is written, shows what it will look like, and says who would get it. */
(() => {
  const text = document.querySelector('[data-notice-text]');
  if (!text) return;
  const { form } = text;
  const part = (name) => form.querySelector(`[data-notice-${name}]`);
  let waiting = 0;
  let asked = 0;

  const look = () => {
    const count = part('count');
    count.textContent = `${text.value.length}/${count.dataset.noticeCount}`;
    const box = part('look');
    box.textContent = text.value.trim() || box.dataset.noticeLook;
    box.className = `note ${part('variant').selectedOptions[0].dataset.tone}`;
  };

  const ticked = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map(({ value }) => value);
  const some = (list) => (list.length === 0 ? undefined : list);
  const recipients = () => form.elements.users.value.split(/[,\n]/).map((name) => name.trim()).filter(Boolean);

  const reach = async () => {
    const place = part('reach');
    if (!place) return;
    const mine = (asked += 1);
    const body = JSON.stringify({ recipients: some(recipients()), groups: some(ticked('groups')), states: some(ticked('states')) });
    const answer = await fetch(place.dataset.noticeReach, { method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/json', 'X-XSRFToken': place.dataset.xsrf }, body }).catch(() => null);
    if (answer === null || mine !== asked) return;
    const told = await answer.json().catch(() => ({}));
    const words = told.total === 0 ? place.dataset.nobody : place.dataset.some;
    place.firstElementChild.textContent = answer.ok ? words.replace(/\{(\w+)\}/g, (_, key) => told[key]) : (told.message ?? '');
    // The list is of what the page was made with.
    part('who')?.toggleAttribute('hidden', true);
  };

  form.addEventListener('input', (event) => {
    look();
    if (!['users', 'groups', 'states'].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(reach, 300);
  });
  look();
})();
