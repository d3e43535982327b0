import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Lang, MessageKey, Translate } from '../i18n';
import { refusal } from '../i18n/refusals';

/** The language of the page around; `Layout` sets it. */
export const PageLanguage = createContext<Lang>('en');

/** What a service said, for this reader: every refusal and every reason that was not written for the page goes through here. */
export function Said({ text }: { readonly text: string }) {
  const said = refusal(useContext(PageLanguage), text);
  return said.lang === undefined ? <>{said.text}</> : <span lang={said.lang}>{said.text}</span>;
}

/** A translated sentence with such a text in its hole `{reason}`. */
export function Because({ t, text, reason }: { readonly t: Translate; readonly text: MessageKey; readonly reason: string }) {
  const [before = '', after = ''] = t(text).split('{reason}');
  return <>{before}<Said text={reason} />{after}</>;
}
