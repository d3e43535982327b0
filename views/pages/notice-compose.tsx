import { LONGEST_NOTICE, NOTICE_STATES, NOTICE_TYPES, type NoticeState, type NoticeType } from '../../hub/domain/notice';
import { Post, Problem } from '../components/form';
import { TONES } from '../components/notices';
import type { Shell } from '../layout';

/** Choices of when a lab closes a message by itself, as the form sends them: milliseconds, or one of two words. */
export const CLOSINGS = ['never', 'few', '30000', '60000', '600000', '1800000', '3600000'] as const;
export type Closing = (typeof CLOSINGS)[number];

/** The form as it was filled in. */
export interface ComposeFields {
  readonly message: string;
  readonly variant: NoticeType;
  readonly closing: Closing;
  readonly users: string;
  readonly groups: readonly string[];
  readonly states: readonly NoticeState[];
  readonly from: string;
  readonly until: string;
}

export interface ComposeModel {
  readonly fields: ComposeFields;
  /** Every group there is, as far as a page can list them. */
  readonly groups: readonly string[];
  /** Who would get it; null: that cannot be said of what was filled in. */
  readonly reach: { readonly now: number; readonly later: number; readonly users: readonly { readonly name: string; readonly now: boolean }[] } | null;
  readonly now: Date;
  readonly problem: string | undefined;
}

interface Props {
  readonly shell: Shell;
  readonly m: ComposeModel;
}

/** Works without the script, which counts, shows what it looks like, and keeps the number of recipients true. */
export function Compose({ shell, m }: Props) {
  const { t, urls } = shell;
  return (
    <section aria-labelledby="compose">
      <h2 id="compose">{t('notices.sendTitle')}</h2>
      <Post shell={shell} action={urls.notices} class="panel">
        <Problem text={m.problem} />
        <Text shell={shell} m={m} />
        <To shell={shell} m={m} />
        <When shell={shell} m={m} />
        <Reach shell={shell} m={m} />
        <p class="actions">
          <button type="submit" name="act" value="send">{t('notices.send')}</button>
          <button type="submit" name="act" value="preview" class="quiet" formnovalidate>{t('notices.preview')}</button>
        </p>
      </Post>
    </section>
  );
}

const CLOSING_TEXTS = { never: 'notices.close.never', few: 'notices.close.few', 30000: 'notices.close.seconds', 60000: 'notices.close.minute', 600000: 'notices.close.ten', 1800000: 'notices.close.half', 3600000: 'notices.close.hour' } as const;

function Text({ shell: { t }, m: { fields } }: Props) {
  const { message, variant, closing } = fields;
  return (
    <>
      <div class="field">
        <label for="message">{t('notices.message')}</label>
        <textarea id="message" name="message" required maxLength={LONGEST_NOTICE} rows={3} aria-describedby="message-hint" data-notice-text>{message}</textarea>
        <p class="hint" id="message-hint">{t('notices.messageHint')} <output for="message" data-notice-count={LONGEST_NOTICE}>{`${message.length}/${LONGEST_NOTICE}`}</output></p>
      </div>
      <div class="pair">
        <div class="field">
          <label for="variant">{t('notices.variant')}</label>
          <select id="variant" name="variant" data-notice-variant>{NOTICE_TYPES.map((type) => <option key={type} value={type} selected={type === variant} data-tone={TONES[type]}>{t(`notices.variant.${type}`)}</option>)}</select>
        </div>
        <div class="field">
          <label for="closing">{t('notices.close')}</label>
          <select id="closing" name="closing">{CLOSINGS.map((one) => <option key={one} value={one} selected={one === closing}>{t(CLOSING_TEXTS[one])}</option>)}</select>
        </div>
      </div>
      <p class="hint">{t('notices.look')}</p>
      <p class={`note ${TONES[variant]}`} data-notice-look={t('notices.lookEmpty')}>{message === '' ? t('notices.lookEmpty') : message}</p>
    </>
  );
}

function To({ shell: { t }, m: { fields, groups } }: Props) {
  return (
    <fieldset>
      <legend>{t('notices.to')}</legend>
      <p class="hint">{t('notices.toHint')}</p>
      <div class="field">
        <label for="users">{t('notices.users')}</label>
        <input id="users" name="users" type="text" value={fields.users} autocapitalize="none" spellcheck={false} aria-describedby="users-hint" />
        <p class="hint" id="users-hint">{t('notices.usersHint')}</p>
      </div>
      {groups.length === 0 ? null : <Ticks title={t('notices.groups')} name="groups" options={groups.map((name) => ({ value: name, text: name, chosen: fields.groups.includes(name) }))} />}
      <Ticks title={t('notices.states')} name="states" options={NOTICE_STATES.map((state) => ({ value: state, text: t(`notices.state.${state}`), chosen: fields.states.includes(state) }))} />
    </fieldset>
  );
}

interface TicksProps {
  readonly title: string;
  readonly name: string;
  readonly options: readonly { readonly value: string; readonly text: string; readonly chosen: boolean }[];
}

function Ticks({ title, name, options }: TicksProps) {
  return (
    <div class="field" role="group" aria-label={title}>
      <p class="hint">{title}</p>
      <div class="ticks">{options.map(({ value, text, chosen }) => <label key={value}><input type="checkbox" name={name} value={value} checked={chosen} /> {text}</label>)}</div>
    </div>
  );
}

function When({ shell: { t }, m: { fields, now } }: Props) {
  const local = now.toISOString().slice(0, 16);
  return (
    <details open={fields.from !== '' || fields.until !== ''}>
      <summary>{t('notices.when')}</summary>
      <div>
        <div class="pair">
          <div class="field"><label for="from">{t('notices.from')}</label><input id="from" name="from" type="datetime-local" value={fields.from} aria-describedby="now" /></div>
          <div class="field"><label for="until">{t('notices.until')}</label><input id="until" name="until" type="datetime-local" value={fields.until} /></div>
        </div>
        <p class="hint" id="now">{t('notices.now', { time: `${local.replace('T', ' ')} UTC` })}</p>
      </div>
    </details>
  );
}

function Reach({ shell: { t, urls, xsrf }, m: { reach } }: Props) {
  if (reach === null) return null;
  const total = reach.now + reach.later;
  const words = { 'data-notice-reach': urls.apiNoticesPreview, 'data-xsrf': xsrf, 'data-some': t('notices.reach'), 'data-nobody': t('notices.reachNobody') };
  return (
    <>
      <p role="status" {...words}><strong>{total === 0 ? t('notices.reachNobody') : t('notices.reach', { now: reach.now, total, later: reach.later })}</strong></p>
      {reach.users.length === 0 ? null : (
        <details data-notice-who>
          <summary>{t('notices.who')}</summary>
          <ul class="chips">
            {reach.users.map(({ name, now }) => <li key={name} class="badge"><bdi>{name}</bdi>: {t(now ? 'notices.toLab' : 'notices.toNext')}</li>)}
            {total > reach.users.length ? <li>{t('notices.whoMore', { count: total - reach.users.length })}</li> : null}
          </ul>
        </details>
      )}
    </>
  );
}
