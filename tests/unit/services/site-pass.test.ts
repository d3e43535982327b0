import { newId, type SessionId } from '../../../hub/domain/ids';
import { createSitePass } from '../../../hub/services/site-pass';
import { openStore } from '../../../hub/store/create-store';
import { createFakeClock } from '../../support/fake-clock';

const SITE = 'u-aaaaaaaaaaaaaaaaaaaa';
const OTHER = 'u-bbbbbbbbbbbbbbbbbbbb';

function world() {
  const clock = createFakeClock();
  const store = openStore(':memory:');
  const pass = createSitePass({ store, clock });
  const session = newId<SessionId>();
  const { nonce, mark } = pass.newNonce();
  return { clock, store, pass, session, nonce, fresh: () => pass.ticket(session, { site: SITE, mark }), at: { site: SITE, nonce } };
}

test('B02: a ticket is good once', () => {
  const { pass, session, fresh, at, store } = world();
  const ticket = fresh();
  expect(pass.redeem(ticket, at)).toMatchObject({ session });
  expect(pass.redeem(ticket, at)).toBeUndefined();
  store.close();
});

test('a ticket is good on one site and in one browser, and is spent wherever it is shown', () => {
  const { pass, fresh, at, store } = world();
  for (const wrong of [{ ...at, site: OTHER }, { ...at, nonce: pass.newNonce().nonce }, { ...at, nonce: '' }]) {
    const ticket = fresh();
    expect(pass.redeem(ticket, wrong)).toBeUndefined();
    expect(pass.redeem(ticket, at)).toBeUndefined();
  }
  store.close();
});

test('B02: a ticket that somebody made for browsers without a nonce is good in none', () => {
  const { pass, session, store } = world();
  expect(pass.redeem(pass.ticket(session, { site: SITE, mark: pass.markOf('') }), { site: SITE, nonce: '' })).toBeUndefined();
  store.close();
});

test('a ticket is good for a minute, whatever the wall clock does, and not in the next process', () => {
  const { pass, clock, fresh, at, store } = world();
  const [early, late, foreign] = [fresh(), fresh(), fresh()];
  clock.advance(60_000);
  expect(pass.redeem(early, at)).toBeDefined();
  clock.advance(2);
  expect(pass.redeem(late, at)).toBeUndefined();
  expect(createSitePass({ store, clock: createFakeClock() }).redeem(foreign, at)).toBeUndefined();
  store.close();
});

test('a ticket cannot be made or changed', () => {
  const { pass, fresh, at, store } = world();
  const [id, session, until, signature] = fresh().split('.');
  for (const forged of ['', 'x', [newId(), session, until, signature].join('.'), [id, newId(), until, signature].join('.'), [id, session, `${until}0`, signature].join('.'), `${fresh()}.x`]) {
    expect(pass.redeem(forged, at)).toBeUndefined();
  }
  store.close();
});

test('a pass says from which session it was made, for its site alone, also after a restart', () => {
  const { pass, session, fresh, at, store } = world();
  const { cookie = '' } = pass.redeem(fresh(), at) ?? {};
  expect(pass.sessionOf(cookie, SITE)).toBe(session);
  expect(pass.sessionOf(cookie, OTHER)).toBeUndefined();
  expect(createSitePass({ store, clock: createFakeClock() }).sessionOf(cookie, SITE)).toBe(session);
  const elsewhere = openStore(':memory:');
  expect(createSitePass({ store: elsewhere, clock: createFakeClock() }).sessionOf(cookie, SITE)).toBeUndefined();
  for (const forged of ['', `${cookie}x`, cookie.replace(session, newId()), cookie.slice(5)]) expect(pass.sessionOf(forged, SITE)).toBeUndefined();
  elsewhere.close();
  store.close();
});
