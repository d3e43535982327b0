import { VOLUME_PURPOSES, type VolumePurpose } from '../../hub/domain/volume';
import { Empty, Meter } from '../components/amounts';
import { Field, Post, Problem } from '../components/form';
import { Time } from '../components/time';
import { bytes, type Translate } from '../i18n';
import { Layout, type Shell } from '../layout';

export interface VolumeRow {
  readonly id: string;
  readonly purpose: VolumePurpose;
  readonly generation: number;
  readonly state: 'active' | 'bin' | 'removing';
  /** null: not measured yet. */
  readonly bytes: number | null;
  readonly measured: Date | null;
  readonly inUse: boolean;
  /** Last start or stop with it; null: none that is known. */
  readonly lastSeen: Date | null;
  readonly binned: Date | null;
  /** null: it stays in the bin until somebody empties it. */
  readonly ends: Date | null;
}

export interface VolumesModel {
  readonly user: string;
  /** The viewer's own. */
  readonly own: boolean;
  readonly volumes: readonly VolumeRow[];
  readonly bytes: number;
  readonly softQuota: number | null;
  readonly over: boolean;
  /** A server runs: nothing can be reset or put back. */
  readonly running: boolean;
  readonly mayHandOver: boolean;
  readonly problem: string | undefined;
}

interface Part {
  readonly shell: Shell;
  readonly m: VolumesModel;
}

export function volumesPage(shell: Shell, m: VolumesModel) {
  const { t, urls } = shell;
  const [active, bin] = [VOLUME_PURPOSES.flatMap((purpose) => m.volumes.filter((row) => row.state === 'active' && row.purpose === purpose)), m.volumes.filter(({ state }) => state !== 'active')];
  return (
    <Layout {...shell} title={m.own ? t('volumes.title') : t('volumes.titleOf', { name: m.user })} live={['volumes', 'servers']}>
      <Problem text={m.problem} />
      {m.over && m.softQuota !== null ? <p class="note warn">{t('volumes.over', { held: bytes(m.bytes), limit: bytes(m.softQuota) })}</p> : null}
      {m.running ? <p class="note">{t('volumes.running')}</p> : null}
      {active.length === 0 ? <Empty title={t('home.noVolumes')}><p>{t('volumes.none')}</p></Empty> : <Sum shell={shell} m={m} />}
      {active.length === 0 ? null : <Active shell={shell} m={m} rows={active} />}
      {bin.length === 0 ? null : <Bin shell={shell} m={m} rows={bin} />}
      {m.mayHandOver && active.length > 0 ? <HandOver shell={shell} m={m} /> : null}
      {m.own ? null : <p><a class="button quiet" href={urls.adminUsers}>{t('sessions.back')}</a></p>}
    </Layout>
  );
}

interface HeldProps {
  readonly t: Translate;
  readonly m: { readonly volumes: readonly Pick<VolumeRow, 'bytes'>[]; readonly bytes: number; readonly softQuota: number | null };
}

/** Everything together, against what is asked for here. While nothing was measured it is not known, which is not zero. */
export function Held({ t, m: { volumes, bytes: held, softQuota } }: HeldProps) {
  const text = volumes.every((row) => row.bytes === null) ? null : softQuota === null ? bytes(held) : t('home.of', { value: bytes(held), limit: bytes(softQuota) });
  return <Meter label={t('volumes.total')} value={held} limit={softQuota} text={text} />;
}

const Sum = ({ shell: { t, urls }, m }: Part) => (
  <div class="panel">
    <Held t={t} m={m} />
    <p class="actions"><a class="button quiet" href={urls.apiVolumesArchive(m.user)}>{t('volumes.downloadAll')}</a> <span class="hint">{t('volumes.downloadHint')}</span></p>
  </div>
);

/** A choice that leads to a question; choosing alone changes nothing. */
function Active({ shell, m, rows }: Part & { readonly rows: readonly VolumeRow[] }) {
  const { t, urls } = shell;
  return (
    <form method="get" action={urls.volumesReset(m.user)}>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('volumes.columnVolume')}</th>
              <th scope="col">{t('volumes.columnHolds')}</th>
              <th scope="col">{t('volumes.columnSize')}</th>
              <th scope="col">{t('volumes.columnUsed')}</th>
              <th scope="col">{t('volumes.columnActions')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <th scope="row" class="tight"><label class="choice"><input type="checkbox" name={row.purpose} value="yes" /> {t(`volumes.${row.purpose}`)} {row.inUse ? <span class="badge ok">{t('volumes.inUse')}</span> : null}</label></th>
                <td data-label={t('volumes.columnHolds')}>{t(`volumes.${row.purpose}Holds`)}</td>
                <td data-label={t('volumes.columnSize')}><Size shell={shell} row={row} /></td>
                <td data-label={t('volumes.columnUsed')}><Used shell={shell} row={row} /></td>
                <td data-label={t('volumes.columnActions')} class="tight"><Download shell={shell} m={m} row={row} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="actions"><button type="submit" class="danger" disabled={m.running}>{t('volumes.reset')}</button></p>
    </form>
  );
}

function Bin({ shell, m, rows }: Part & { readonly rows: readonly VolumeRow[] }) {
  const { t, urls } = shell;
  const name = (row: VolumeRow): string => t('volumes.generation', { purpose: t(`volumes.${row.purpose}`), number: row.generation });
  return (
    <section class="panel" aria-labelledby="bin">
      <h2 id="bin">{t('volumes.bin')}</h2>
      <ul class="plain bin">
        {rows.map((row) => (
          <li key={row.id}>
            <p>
              <strong>{name(row)}</strong> · <Size shell={shell} row={row} /> · {t('volumes.binned')} <Time at={row.binned} none="–" />{' · '}
              {row.state === 'removing' ? t('volumes.removing') : row.ends === null ? t('volumes.staysInBin') : <>{t('volumes.ends')} <Time at={row.ends} none="–" /></>}
            </p>
            {row.state === 'removing' ? null : (
              <div class="actions">
                <Post shell={shell} action={urls.volumeUndo(m.user, row.id)} class="inline"><button type="submit" class="quiet" disabled={m.running} aria-label={`${t('volumes.undo')}: ${name(row)}`}>{t('volumes.undo')}</button></Post>
                <Download shell={shell} m={m} row={row} />
                <details>
                  <summary aria-label={`${t('volumes.remove')}: ${name(row)}`}>{t('volumes.remove')}</summary>
                  <Post shell={shell} action={urls.volumeRemove(m.user, row.id)} class="inline">
                    <p>{t('volumes.removeExplain')}</p>
                    <button type="submit" class="danger">{t('volumes.removeSubmit', { volume: name(row) })}</button>
                  </Post>
                </details>
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function HandOver({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <details>
      <summary>{t('volumes.handOver')}</summary>
      <Post shell={shell} action={urls.volumesHandOver(m.user)} class="panel">
        <p>{t('volumes.handOverExplain', { name: m.user })}</p>
        <Field id="to" label={t('volumes.handOverTo')} autoComplete="off" maxLength={255} />
        <button type="submit" class="danger">{t('volumes.handOverSubmit')}</button>
      </Post>
    </details>
  );
}

const Download = ({ shell: { t, urls }, m, row }: Part & { readonly row: VolumeRow }) =>
  row.lastSeen === null && row.bytes === null ? <span>–</span> : <a href={urls.apiVolumesArchive(m.user, row.id)} aria-label={`${t('volumes.download')}: ${t(`volumes.${row.purpose}`)}`}>{t('volumes.download')}</a>;

interface Of {
  readonly shell: Shell;
  readonly row: VolumeRow;
}

function Size({ shell: { t }, row }: Of) {
  if (row.bytes === null) return <span>{t('volumes.notMeasured')}</span>;
  return <span>{bytes(row.bytes)} <span class="hint">({t('volumes.measured')} <Time at={row.measured} none="–" relative />)</span></span>;
}

const Used = ({ shell: { t }, row }: Of) => (row.inUse ? <span>{t('volumes.inUse')}</span> : <Time at={row.lastSeen} none={t('volumes.notUsed')} relative />);

export interface ResetModel {
  readonly user: string;
  readonly volumes: readonly VolumeRow[];
  readonly back: string;
}

/** Names what each volume holds before anything happens to it. */
export function resetPage(shell: Shell, m: ResetModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('volumes.resetTitle')} width="narrow">
      <Post shell={shell} action={urls.volumesReset(m.user)} class="panel" fields={Object.fromEntries(m.volumes.map(({ purpose }) => [purpose, 'yes']))}>
        <p>{t('volumes.resetExplain')}</p>
        <ul>
          {m.volumes.map((row) => (
            <li key={row.id}>
              <strong>{t(`volumes.${row.purpose}`)}</strong>: {t(`volumes.${row.purpose}Holds`)} <Size shell={shell} row={row} />{'; '}{t('volumes.columnUsed')}: <Used shell={shell} row={row} />
            </li>
          ))}
        </ul>
        <p class="actions">
          <button type="submit" class="danger">{t('volumes.resetSubmit')}</button>
          <a class="button quiet" href={m.back}>{t('action.cancel')}</a>
        </p>
      </Post>
    </Layout>
  );
}
