import { translator } from '../../../views/i18n';
import { accountPage } from '../../../views/pages/account';
import { activityPage } from '../../../views/pages/activity';
import { ACCOUNT_LANGUAGES, ACCOUNT_THEMES, LOG_KINDS, type AccountDetails } from '../../domain/account';
import { HubError } from '../../domain/errors';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';

const PAGE = 50;

/** Who somebody is here, and what they did: one's own account, for a person. */
export function ownAccountRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services, directory } = kit.deps;

  const page = (x: Exchange, status: number, more: Partial<AccountDetails> & { readonly problem?: string } = {}): Reply => {
    const { id, name, created, admin } = ownerOf(kit.deps, x, undefined);
    const details = services.accountInfo.details(actorOf(x), ownerOf(kit.deps, x, undefined));
    return kit.page(x, status, (shell) => accountPage(shell, { ...details, problem: undefined, ...more, name, created, admin, groups: directory.groupsOf(id) }));
  };

  const save = (x: Exchange): Promise<Reply> => {
    const asked = askedOf(x);
    return orCorrect(x, async () => {
      const { theme } = services.accountInfo.change(actorOf(x), ownerOf(kit.deps, x, undefined), asked);
      kit.chooseLanguage(x, asked.language);
      kit.chooseTheme(x, theme ?? 'auto');
      // On the next page, which is in the language that was chosen just now.
      const t = asked.language === null ? x.t : translator(asked.language);
      kit.flash(x, { tone: 'ok', text: t('account.saved') });
      return seeOther(urls.account);
    }, (status, problem) => page(x, status, { ...asked, problem }));
  };

  const activity = (x: Exchange): Reply => {
    const owner = ownerOf(kit.deps, x, undefined);
    const kind = LOG_KINDS.find((one) => one === x.query.get('kind'));
    const asked = Number(x.query.get('before') ?? NaN);
    const before = Number.isSafeInteger(asked) && asked > 0 ? asked : undefined;
    const { entries, next } = services.accountInfo.log(actorOf(x), owner, { kind, before, limit: PAGE });
    return kit.page(x, 200, (shell) => activityPage(shell, { user: owner.name, entries, kind, next, first: before === undefined }));
  };

  return [
    { method: 'get', path: '/hub/account', kind: 'page', needs: ['read:users'], handle: (x) => page(x, 200) },
    { method: 'post', path: '/hub/account', kind: 'page', needs: ['read:users'], handle: save },
    { method: 'get', path: '/hub/activity', kind: 'page', needs: ['read:users'], handle: activity },
  ];
}

const SHOWN = 512;

/** All that the form has; an empty language is the browser's. Throws `invalid-input` for a choice that is not offered. */
function askedOf(x: Exchange): AccountDetails {
  const given = (name: string): string => (x.form.one(name) ?? '').slice(0, SHOWN);
  const language = ACCOUNT_LANGUAGES.find((one) => one === given('language')) ?? null;
  const theme = ACCOUNT_THEMES.find((one) => one === given('theme'));
  if (theme === undefined) throw new HubError('invalid-input', x.t('theme.unknown'));
  return { realName: given('realName'), email: given('email'), language, theme };
}
