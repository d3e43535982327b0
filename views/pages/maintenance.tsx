import type { Maintenance, MaintenancePhase } from '../../hub/domain/maintenance';
import { Post, Problem } from '../components/form';
import { Time } from '../components/time';
import { Layout, type Shell } from '../layout';

interface View extends Maintenance {
  readonly phase: MaintenancePhase;
  readonly servers: Readonly<Record<'stopping' | 'stopped' | 'starting' | 'started' | 'refused', number>>;
}

export interface MaintenanceModel {
  /** null: none is announced, and none was. */
  readonly view: View | null;
  readonly now: Date;
  readonly mayAct: boolean;
  readonly problem: string | undefined;
}

const AGAIN_SECONDS = 5;

export function maintenancePage(shell: Shell, { view, now, mayAct, problem }: MaintenanceModel) {
  const { t } = shell;
  const busy = view !== null && view.servers.stopping + view.servers.starting > 0;
  return (
    <Layout {...shell} title={t('maintenance.title')} live={['maintenance', 'servers']} {...(busy ? { refreshSeconds: AGAIN_SECONDS } : {})}>
      <Problem text={problem} />
      {view === null ? <p>{t('maintenance.none')}</p> : <Present shell={shell} view={view} mayAct={mayAct} />}
      {mayAct && view?.phase !== 'active' ? <Announce shell={shell} now={now} /> : null}
    </Layout>
  );
}

function Present({ shell, view, mayAct }: { readonly shell: Shell; readonly view: View; readonly mayAct: boolean }) {
  const { t, urls } = shell;
  const { servers } = view;
  const again = servers.stopped + servers.refused;
  return (
    <section class="panel">
      <p role="status"><strong>{t(`maintenance.phase.${view.phase}`)}</strong></p>
      <dl>
        <div><dt>{t('maintenance.from')}</dt><dd><Time at={view.from} none="" /></dd></div>
        <div><dt>{t('maintenance.until')}</dt><dd><Time at={view.until} none={t('maintenance.open')} /></dd></div>
        <div><dt>{t('maintenance.by')}</dt><dd>{view.by}</dd></div>
        {view.message === '' ? null : <div><dt>{t('maintenance.message')}</dt><dd>{view.message}</dd></div>}
        {view.began === null ? null : <div><dt>{t('maintenance.servers')}</dt><dd>{t('maintenance.counts', { stopping: servers.stopping, stopped: servers.stopped, starting: servers.starting, started: servers.started, refused: servers.refused })}</dd></div>}
      </dl>
      {mayAct && view.phase !== 'over' ? <Post shell={shell} action={urls.adminMaintenanceEnd} class="inline"><button type="submit">{t(view.phase === 'active' ? 'maintenance.end' : 'maintenance.cancel')}</button></Post> : null}
      {mayAct && view.phase === 'over' && again > 0 ? <Post shell={shell} action={urls.adminMaintenanceRestore} class="inline"><button type="submit">{t('maintenance.restore', { count: again })}</button></Post> : null}
    </section>
  );
}

function Announce({ shell, now }: { readonly shell: Shell; readonly now: Date }) {
  const { t, urls } = shell;
  const local = now.toISOString().slice(0, 16);
  return (
    <section aria-labelledby="announce">
      <h2 id="announce">{t('maintenance.announce')}</h2>
      <p>{t('maintenance.explain')}</p>
      <Post shell={shell} action={urls.adminMaintenance} class="panel">
        <div class="field"><label for="from">{t('maintenance.fromUtc')}</label><input id="from" name="from" type="datetime-local" required min={local} aria-describedby="now" /></div>
        <div class="field"><label for="until">{t('maintenance.untilUtc')}</label><input id="until" name="until" type="datetime-local" min={local} /></div>
        <p class="hint" id="now">{t('maintenance.now', { time: `${local.replace('T', ' ')} UTC` })}</p>
        <div class="field"><label for="message">{t('maintenance.message')}</label><input id="message" name="message" type="text" maxLength={500} /></div>
        <p><button type="submit">{t('maintenance.announce')}</button></p>
      </Post>
    </section>
  );
}
