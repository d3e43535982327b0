import { confirmPage } from '../../../views/pages/confirm';
import { filePage, filesPage, folderPage, type FilesOwner, type PlaceModel } from '../../../views/pages/files';
import { HubError } from '../../domain/errors';
import type { User } from '../../domain/user';
import { isUntouched } from '../../domain/volume';
import type { Where, WhereAsk } from '../../services/files-contract';
import { endOf } from '../api/files';
import { found, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** What people look for first comes first. */
const SHOWN = ['workspace', 'home', 'cache'] as const;
const ROWS = 200;
/** More than any folder has that is ever looked at. */
const MOST_OFFSET = 10_000_000;

/** Folders and files of volumes, to be looked at; they come out through the API. */
export function filePageRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services } = kit.deps;
  const { volumes } = services;
  const { files } = volumes;
  const ownerAt = (x: Exchange): User => ownerOf(kit.deps, x, x.params['user']);
  const isOwn = (x: Exchange, owner: User): boolean => owner.id === x.caller.user?.id;
  const about = (x: Exchange, owner: User): FilesOwner => ({ user: owner.name, own: isOwn(x, owner), running: kit.deps.directory.serversOf(owner.id).some(({ state }) => state.kind === 'ready') });

  const overview = (x: Exchange): Reply => {
    const owner = ownerAt(x);
    if (files.mustConfirm(actorOf(x), owner)) return ask(x, owner);
    const all = volumes.report(actorOf(x), owner).volumes.flatMap(({ state, ...volume }) => (state === 'removing' ? [] : [{ ...volume, state }]));
    const open = [...SHOWN.flatMap((purpose) => all.filter((one) => one.state === 'active' && one.purpose === purpose)), ...all.filter(({ state }) => state === 'bin')];
    return kit.page(x, 200, (shell) => filesPage(shell, { ...about(x, owner), volumes: open }));
  };

  const ask = (x: Exchange, { name }: User): Reply => kit.page(x, 200, (shell) =>
    confirmPage(shell, { title: x.t('files.confirmTitle', { name }), text: x.t('files.confirmText', { name }), submit: x.t('files.confirmSubmit', { name }), action: urls.files(name), back: urls.volumes(name), backText: x.t('action.cancel') }));

  const confirm = (x: Exchange): Reply => {
    const owner = ownerAt(x);
    files.confirm(actorOf(x), owner);
    return seeOther(urls.files(owner.name));
  };

  const whereAt = (x: Exchange): WhereAsk => ({ volume: x.params['volume'] ?? '', path: x.query.get('path') ?? '' });
  const place = (x: Exchange, owner: User, where: Where): PlaceModel => ({ ...about(x, owner), purpose: where.volume.purpose, address: { user: owner.name, volume: x.params['volume'] ?? '', path: where.path } });

  const folder = async (x: Exchange): Promise<Reply> => {
    const owner = ownerAt(x);
    const where = files.locate(actorOf(x), owner, whereAt(x));
    if (files.mustConfirm(actorOf(x), owner)) return found(urls.files(owner.name));
    const offset = offsetOf(x);
    const page = isUntouched(where.volume) ? null : await files.list(actorOf(x), owner, { ...whereAt(x), offset, limit: ROWS }, endOf(x));
    return kit.page(x, 200, (shell) => folderPage(shell, { ...place(x, owner, where), page, offset, limit: ROWS }));
  };

  const view = async (x: Exchange): Promise<Reply> => {
    const owner = ownerAt(x);
    const where = files.locate(actorOf(x), owner, whereAt(x));
    if (files.mustConfirm(actorOf(x), owner)) return found(urls.files(owner.name));
    const { bytes, modified, ...file } = await files.preview(actorOf(x), owner, whereAt(x), endOf(x));
    return kit.page(x, 200, (shell) => filePage(shell, { ...place(x, owner, where), bytes, modified, file }));
  };

  const row = { method: 'get', kind: 'page', needs: ['access:servers'] } as const;
  return [
    { ...row, path: '/hub/files', handle: overview },
    { ...row, path: '/hub/files/:user', handle: overview },
    { ...row, method: 'post', path: '/hub/files/:user', reauth: true, handle: confirm },
    { ...row, path: '/hub/files/:user/:volume', handle: folder },
    { ...row, path: '/hub/files/:user/:volume/view', handle: view },
  ];
}

function offsetOf(x: Exchange): number {
  const text = x.query.get('offset') ?? '0';
  if (!/^\d{1,8}$/.test(text)) throw new HubError('invalid-input', 'The page begins at a number.');
  return Math.min(Number(text), MOST_OFFSET);
}
