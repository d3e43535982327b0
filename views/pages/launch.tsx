import type { Limits } from '../../hub/domain/profile';
import { sized, type Size } from '../../hub/domain/size';
import type { Template, TemplatePreview } from '../../hub/domain/template';
import { Empty } from '../components/amounts';
import { Post, Problem } from '../components/form';
import { DockerWarning } from '../components/policy';
import { Notebook } from '../components/notebook';
import { OpenWarning, type ProfileChoice } from '../components/server';
import { bytes, type Translate } from '../i18n';
import { Layout, type Shell } from '../layout';
import type { Which } from './spawn';

export interface LaunchProfile extends ProfileChoice {
  readonly description: string;
  readonly limits: Pick<Limits, 'cpus' | 'memoryBytes'>;
}

export interface LaunchModel extends Which {
  /** It runs: nothing is started, and a template is copied into it. */
  readonly running: boolean;
  readonly mayStart: boolean;
  /** Groups that give this server the Docker socket; empty or absent: it does not get it. */
  readonly dockerFrom?: readonly string[];
  readonly profiles: readonly LaunchProfile[];
  readonly chosen: string | null;
  /** What was ticked; absent: all that the profile has. */
  readonly size: Size;
  readonly templates: readonly Template[];
  /** Slug of the one that is ticked; null: none. */
  readonly template: string | null;
  /** What the address asked for besides profile and template: shown, and sent only when the person presses the button (C16). */
  readonly options: readonly (readonly [string, string])[];
  readonly next: string | undefined;
  readonly problem: string | undefined;
  /** It follows the server. */
  readonly live: boolean;
}

/** The one place where a start is chosen: the usual in one click, or profile and template. */
export function launchPage(shell: Shell, m: LaunchModel) {
  const { t } = shell;
  const title = m.server !== '' ? t('launch.titleNamed', { name: m.server }) : m.own ? t('launch.title') : t('launch.titleFor', { user: m.user });
  return (
    <Layout {...shell} title={title} {...(m.live ? { live: ['servers'] as const } : {})}>
      <Problem text={m.problem} />
      <DockerWarning shell={shell} docker={(m.dockerFrom ?? []).length === 0 ? null : { name: m.own ? null : m.user, groups: m.dockerFrom ?? [] }} />
      {m.running ? <Running shell={shell} m={m} /> : m.mayStart ? <Stopped shell={shell} m={m} /> : <p class="note warn">{t('launch.mayNot')}</p>}
    </Layout>
  );
}

interface Part {
  readonly shell: Shell;
  readonly m: LaunchModel;
}

function Running({ shell, m }: Part) {
  const { t, urls } = shell;
  return (
    <>
      <section class="panel">
        <p class="lead">{m.own ? t('launch.running') : t('launch.runningFor', { user: m.user })}</p>
        <p class="actions"><a class="button" href={m.own ? urls.server(m.user, m.server) : urls.access(m.user, m.server)}>{t('launch.open')}</a></p>
        <p class="hint">{t('launch.profileLater')}</p>
      </section>
      {m.templates.length === 0 ? <NoTemplates t={t} /> : (
        <Post shell={shell} action={urls.spawn(m.user, m.server)} class="panel">
          <h2>{t('launch.copyTitle')}</h2>
          <Templates shell={shell} m={{ ...m, template: m.template ?? m.templates[0]?.slug ?? null }} optional={false} />
          <p class="actions"><button type="submit" class="quiet">{t('launch.copySubmit')}</button></p>
        </Post>
      )}
    </>
  );
}

function Stopped({ shell, m }: Part) {
  const { t, urls } = shell;
  const usual = m.profiles.find(({ slug }) => slug === m.chosen) ?? m.profiles[0];
  const asked = m.options.length > 0;
  const action = urls.spawn(m.user, m.server);
  return (
    <>
      {asked || usual === undefined ? null : (
        <Post shell={shell} action={action} class="panel" fields={{ next: m.next, profile: usual.slug }}>
          <h2>{t('launch.usual')}</h2>
          <p>{t('launch.usualText', { profile: usual.title })} <span class="hint">{limitsText(sized(usual, { size: m.size }), t)}</span></p>
          <OpenWarning profile={usual} t={t} />
          <p class="actions"><button type="submit">{t('launch.usualSubmit')}</button></p>
        </Post>
      )}
      <Post shell={shell} action={action} class="panel" fields={{ next: m.next, ...Object.fromEntries(m.options.map(([k, v]) => [`opt-${k}`, v])) }}>
        {asked ? <Options t={t} options={m.options} /> : <h2>{t('launch.choose')}</h2>}
        <Profiles t={t} profiles={m.profiles} chosen={usual?.slug ?? null} />
        <Sizes t={t} profiles={m.profiles} size={m.size} />
        {m.templates.length === 0 ? <NoTemplates t={t} /> : <Templates shell={shell} m={m} optional />}
        <p class="actions">
          <button type="submit" class={asked ? undefined : 'quiet'}>{asked ? t('launch.usualSubmit') : t('launch.submit')}</button>
          <a class="button quiet" href={urls.home}>{t('action.cancel')}</a>
        </p>
      </Post>
    </>
  );
}

function Options({ t, options }: { readonly t: Translate; readonly options: LaunchModel['options'] }) {
  return (
    <>
      <p class="note warn">{t('spawn.confirm')}</p>
      <h2>{t('spawn.options')}</h2>
      <dl class="facts">{options.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}><code>{value}</code></dd>])}</dl>
    </>
  );
}

/** What a server of this profile may use. */
export function limitsText({ limits: { cpus, memoryBytes } }: Pick<LaunchProfile, 'limits'>, t: Translate): string {
  const processors = cpus === null ? t('launch.anyCpus') : cpus === 1 ? t('launch.cpu') : t('launch.cpus', { count: cpus });
  return `${processors} · ${memoryBytes === null ? t('launch.anyMemory') : bytes(memoryBytes)}`;
}

function Profiles({ t, profiles, chosen }: { readonly t: Translate; readonly profiles: readonly LaunchProfile[]; readonly chosen: string | null }) {
  if (profiles.length < 2) return <OpenWarning profile={profiles[0]} t={t} />;
  return (
    <fieldset>
      <legend>{t('launch.profile')}</legend>
      <div class="cards">
        {profiles.map((p) => (
          <label class="card" key={p.slug}>
            <input type="radio" name="profile" value={p.slug} checked={p.slug === chosen} />
            <strong>{p.title}</strong> <span class="hint">{limitsText(p, t)}</span>
            {p.description === '' ? null : <p class="hint">{p.description}</p>}
            <OpenWarning profile={p} t={t} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const CPU_STEPS = [0.5, 1, 2, 4, 8, 16, 32, 64];
const GIB = 1024 ** 3;
const MEMORY_STEPS = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256].map((gib) => gib * GIB);

/** Steps below the largest of the profiles, which is what one gets without a choice. */
function stepsBelow(steps: readonly number[], limits: readonly (number | null)[]): readonly number[] {
  const most = limits.includes(null) ? Infinity : Math.max(0, ...limits.map((limit) => limit ?? 0));
  return steps.filter((step) => step < most);
}

function Sizes({ t, profiles, size }: { readonly t: Translate; readonly profiles: readonly LaunchProfile[]; readonly size: Size }) {
  const cpus = stepsBelow(CPU_STEPS, profiles.map(({ limits }) => limits.cpus));
  const memory = stepsBelow(MEMORY_STEPS, profiles.map(({ limits }) => limits.memoryBytes));
  if (cpus.length === 0 && memory.length === 0) return null;
  return (
    <fieldset>
      <legend>{t('launch.size')}</legend>
      <p class="hint">{t('launch.sizeHint')}</p>
      <div class="filters">
        <Step id="cpus" label={t('launch.sizeCpus')} all={t('launch.sizeAll')} options={cpus.map((value) => ({ value, text: value === 1 ? t('launch.cpu') : t('launch.cpus', { count: value }) }))} chosen={size.cpus} />
        <Step id="memory" label={t('launch.sizeMemory')} all={t('launch.sizeAll')} options={memory.map((value) => ({ value, text: bytes(value) }))} chosen={size.memory} />
      </div>
    </fieldset>
  );
}

interface StepProps {
  readonly id: string;
  readonly label: string;
  readonly all: string;
  readonly options: readonly { readonly value: number; readonly text: string }[];
  readonly chosen: number | undefined;
}

function Step({ id, label, all, options, chosen }: StepProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={id}>
        <option value="">{all}</option>
        {options.map(({ value, text }) => <option key={value} value={value} selected={value === chosen}>{text}</option>)}
      </select>
    </div>
  );
}

function Templates({ shell: { t, urls }, m, optional }: Part & { readonly optional: boolean }) {
  return (
    <fieldset>
      <legend>{t('launch.template')}</legend>
      <p class="hint">{t('launch.templateHint')}</p>
      <div class="cards">
        {optional ? (
          <label class="card">
            <input type="radio" name="template" value="" checked={m.template === null} />
            <strong>{t('launch.noTemplate')}</strong>
            <p class="hint">{t('launch.noTemplateText')}</p>
          </label>
        ) : null}
        {m.templates.map(({ slug, title, description }) => (
          <label class="card" key={slug}>
            <input type="radio" name="template" value={slug} checked={slug === m.template} />
            <strong>{title}</strong>
            <p class="hint">{description}</p>
            <a href={urls.template(slug)} aria-label={t('launch.previewNamed', { title })}>{t('launch.preview')}</a>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const NoTemplates = ({ t }: { readonly t: Translate }) => <Empty title={t('launch.noTemplates')}><p>{t('launch.noTemplatesText')}</p></Empty>;

export interface TemplateModel {
  readonly template: TemplatePreview;
  /** Of the viewer's own default server; null: the viewer has none, or may not start it. */
  readonly user: string | null;
  readonly running: boolean;
}

/** How a template looks, before anything is started. */
export function templatePage(shell: Shell, { template, user, running }: TemplateModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('template.title', { title: template.title })}>
      <div class="panel">
        <p class="lead">{template.description}</p>
        <p class="hint">{t('template.file', { file: `${template.slug}.ipynb` })} {t('launch.templateHint')}</p>
        <div class="actions">
          {user === null ? null : (
            <Post shell={shell} action={urls.spawn(user)} class="inline" fields={{ template: template.slug }}>
              <button type="submit">{running ? t('template.open') : t('template.start')}</button>
            </Post>
          )}
          <a class="button quiet" href={`${urls.launch()}?template=${encodeURIComponent(template.slug)}`}>{t('template.back')}</a>
        </div>
      </div>
      <section class="panel"><Notebook notebook={template} t={t} /></section>
    </Layout>
  );
}
