import { resetPage, volumesPage } from '../../../views/pages/volumes';
import { can, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import type { VolumeId } from '../../domain/ids';
import type { User } from '../../domain/user';
import { VOLUME_PURPOSES, type VolumePurpose } from '../../domain/volume';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';

/** What somebody keeps, what lies in the bin, and what can be done about it. Files themselves come from the API's archives. */
export function volumePageRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services } = kit.deps;
  const { volumes } = services;
  const ownerAt = (x: Exchange): User => ownerOf(kit.deps, x, x.params['user']);

  const page = (x: Exchange, owner: User, status: number, problem?: string): Reply => {
    const report = volumes.report(actorOf(x), owner);
    const mayHandOver = can(actorOf(x), 'admin:users', HUB);
    return kit.page(x, status, (shell) => volumesPage(shell, { ...report, user: owner.name, own: owner.id === x.caller.user?.id, mayHandOver, problem }));
  };

  const after = (x: Exchange, owner: User, text: string): Reply => {
    kit.flash(x, { tone: 'ok', text });
    return seeOther(urls.volumes(owner.id === x.caller.user?.id ? undefined : owner.name));
  };

  /** What the sender can correct is said above the list; whoever may not see the list gets the error itself. */
  const act = (work: (x: Exchange, owner: User) => Promise<Reply>) => (x: Exchange): Promise<Reply> => {
    const owner = ownerAt(x);
    volumes.report(actorOf(x), owner);
    return orCorrect(x, () => work(x, owner), (status, problem) => page(x, owner, status, problem));
  };

  const confirm = (x: Exchange): Reply => {
    const owner = ownerAt(x);
    const report = volumes.report(actorOf(x), owner);
    const chosen = report.volumes.filter(({ purpose, state }) => state === 'active' && x.query.get(purpose) === 'yes');
    if (chosen.length === 0) return page(x, owner, 400, x.t('volumes.chooseOne'));
    if (report.running) return page(x, owner, 400, x.t('volumes.running'));
    return kit.page(x, 200, (shell) => resetPage(shell, { user: owner.name, volumes: chosen, back: urls.volumes(owner.name) }));
  };

  const reset = act(async (x, owner) => {
    const purposes = VOLUME_PURPOSES.filter((purpose: VolumePurpose) => x.form.one(purpose) === 'yes');
    if (purposes.length === 0) throw new HubError('invalid-input', x.t('volumes.chooseOne'));
    await volumes.reset(actorOf(x), owner, purposes);
    return after(x, owner, x.t('volumes.resetDone'));
  });

  const undo = act(async (x, owner) => {
    volumes.undo(actorOf(x), owner, x.params['volume'] as VolumeId);
    return after(x, owner, x.t('volumes.undone'));
  });

  const remove = act(async (x, owner) => {
    await volumes.remove(actorOf(x), owner, x.params['volume'] as VolumeId);
    return after(x, owner, x.t('volumes.removed'));
  });

  const handOver = act(async (x, owner) => {
    const to = services.accounts.find(actorOf(x), (x.form.one('to') ?? '').trim());
    if (to === undefined) throw new HubError('invalid-input', x.t('volumes.noSuchUser'));
    await volumes.handOver(actorOf(x), { from: owner }, to);
    return after(x, owner, x.t('volumes.handedOver', { name: to.name }));
  });

  const at = '/hub/volumes/:user';
  return [
    { method: 'get', path: '/hub/volumes', kind: 'page', needs: ['read:servers'], handle: (x) => page(x, ownerOf(kit.deps, x, undefined), 200) },
    { method: 'get', path: at, kind: 'page', needs: ['read:servers'], handle: (x) => page(x, ownerAt(x), 200) },
    { method: 'get', path: `${at}/reset`, kind: 'page', needs: ['delete:servers'], handle: confirm },
    { method: 'post', path: `${at}/reset`, kind: 'page', needs: ['delete:servers'], handle: reset },
    { method: 'post', path: `${at}/hand-over`, kind: 'page', needs: ['admin:users'], reauth: true, handle: handOver },
    { method: 'post', path: `${at}/:volume/undo`, kind: 'page', needs: ['delete:servers'], handle: undo },
    { method: 'post', path: `${at}/:volume/remove`, kind: 'page', needs: ['delete:servers'], reauth: true, handle: remove },
  ];
}
