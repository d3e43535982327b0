import type { MessageKey } from '../i18n';
import { Layout, type Shell } from '../layout';

/** A piece of the name of a type; `model` is the model that it links to. */
export interface TypePart {
  readonly text: string;
  readonly model?: string;
}

export interface FieldView {
  readonly name: string;
  /** Of a parameter; absent: a field of a body or a model. */
  readonly where?: 'path' | 'query';
  readonly required: boolean;
  readonly type: readonly TypePart[];
  readonly description: string | undefined;
}

export interface OperationView {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string | undefined;
  /** Scopes any one of which is needed. */
  readonly access: 'anyone' | 'identified' | readonly string[];
  readonly parameters: readonly FieldView[];
  readonly body: { readonly required: boolean; readonly type: readonly TypePart[]; readonly fields: readonly FieldView[] } | undefined;
  readonly answers: readonly { readonly status: string; readonly description: string; readonly type: readonly TypePart[] }[];
}

export interface ApiDocsModel {
  /** Tag of the chapter that is shown whole, or `models`; undefined: what there is, a line each. */
  readonly chapter: string | undefined;
  readonly description: string;
  readonly chapters: readonly { readonly tag: string; readonly operations: readonly OperationView[] }[];
  readonly models: readonly { readonly name: string; readonly description: string | undefined; readonly type: readonly TypePart[]; readonly fields: readonly FieldView[] }[];
}

/** The API for people, a chapter at a time: all of it at once takes long on a slow line. What it says is the description itself, in English; only the words around it are translated. */
export function apiDocsPage(shell: Shell, m: ApiDocsModel) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('apiDocs.title')}>
      <p lang="en"><Words text={m.description} /></p>
      <p><a href={urls.openApi}>{t('apiDocs.document')}</a></p>
      <nav aria-label={t('apiDocs.chapters')}>
        <ul class="chapters">
          {m.chapters.map(({ tag }) => <li key={tag}><a href={urls.apiDocs(tag)} lang="en" aria-current={m.chapter === tag ? 'page' : undefined}>{tag}</a></li>)}
          <li><a href={urls.apiDocs(MODELS)} aria-current={m.chapter === MODELS ? 'page' : undefined}>{t('apiDocs.models')}</a></li>
        </ul>
      </nav>
      {m.chapters.filter(({ tag }) => m.chapter === undefined || m.chapter === tag).map(({ tag, operations }) => (
        <section key={tag} id={tag}>
          <h2 lang="en">{tag}</h2>
          {m.chapter === undefined ? <Lines shell={shell} tag={tag} operations={operations} /> : operations.map((op) => <Operation key={op.id} t={t} op={op} at={urls.apiDocs(MODELS)} />)}
        </section>
      ))}
      {m.chapter === MODELS ? <Models t={t} models={m.models} /> : null}
    </Layout>
  );
}

/** Address and name of the chapter of models; no tag is written like this. */
export const MODELS = 'models';

const Lines = ({ shell: { urls }, tag, operations }: { readonly shell: Shell; readonly tag: string; readonly operations: readonly OperationView[] }) => (
  <ul class="plain" lang="en">{operations.map((op) => <li key={op.id}><a href={`${urls.apiDocs(tag)}#${op.id}`}><code><b>{op.method}</b> {op.path}</code></a> {op.summary}</li>)}</ul>
);

const Models = ({ t, models }: { readonly t: T; readonly models: ApiDocsModel['models'] }) => (
  <section id={MODELS}>
    <h2>{t('apiDocs.models')}</h2>
    {models.map((model) => (
      <div class="panel" key={model.name} id={`model-${model.name}`} lang="en">
        <h3><code>{model.name}</code></h3>
        <p><Words text={model.description} /></p>
        {model.fields.length === 0 ? <p><Type parts={model.type} at="" /></p> : <Fields t={t} fields={model.fields} at="" optionalToo />}
      </div>
    ))}
  </section>
);

type T = Shell['t'];

/** `at`: address of the page with the models. */
function Operation({ t, op, at }: { readonly t: T; readonly op: OperationView; readonly at: string }) {
  return (
    <details class="panel operation" id={op.id}>
      <summary><code><b>{op.method}</b> {op.path}</code> <span lang="en">{op.summary}</span></summary>
      {op.description === undefined ? null : <p lang="en"><Words text={op.description} /></p>}
      <p>{t('apiDocs.needs')} <Access t={t} access={op.access} /></p>
      {op.parameters.length === 0 ? null : <><h3>{t('apiDocs.parameters')}</h3><Fields t={t} fields={op.parameters} at={at} /></>}
      {op.body === undefined ? null : (
        <>
          <h3>{t('apiDocs.body')}</h3>
          <p>{t(op.body.required ? 'apiDocs.required' : 'apiDocs.optional')}: <Type parts={op.body.type} at={at} /></p>
          <Fields t={t} fields={op.body.fields} at={at} />
        </>
      )}
      <h3>{t('apiDocs.answers')}</h3>
      <dl class="fields" lang="en">
        {op.answers.map((answer) => (
          <div key={answer.status}><dt><b>{answer.status}</b> <Type parts={answer.type} at={at} /></dt><dd><Words text={answer.description} /></dd></div>
        ))}
      </dl>
    </details>
  );
}

function Access({ t, access }: { readonly t: T; readonly access: OperationView['access'] }) {
  if (access === 'anyone') return <>{t('apiDocs.anyone')}</>;
  if (access === 'identified') return <>{t('apiDocs.identified')}</>;
  return <>{access.map((scope, i) => <span key={scope}>{i === 0 ? '' : ` ${t('apiDocs.or')} `}<code>{scope}</code></span>)}</>;
}

const WHERE: Readonly<Record<'path' | 'query', MessageKey>> = { path: 'apiDocs.path', query: 'apiDocs.query' };

/** `optionalToo`: a field that may be missing is marked; else one that may not. */
function Fields({ t, fields, at, optionalToo = false }: { readonly t: T; readonly fields: readonly FieldView[]; readonly at: string; readonly optionalToo?: boolean }) {
  const mark = (field: FieldView): string => (optionalToo ? (field.required ? '' : t('apiDocs.optional')) : field.required ? t('apiDocs.required') : '');
  return (
    <dl class="fields">
      {fields.map((field) => (
        <div key={`${field.where} ${field.name}`}>
          <dt><code><b>{field.name}</b></code> <Type parts={field.type} at={at} /> <small>{[field.where === undefined ? '' : t(WHERE[field.where]), mark(field)].filter((text) => text !== '').join(', ')}</small></dt>
          <dd lang="en"><Words text={field.description} /></dd>
        </div>
      ))}
    </dl>
  );
}

const Type = ({ parts, at }: { readonly parts: readonly TypePart[]; readonly at: string }) => (
  <span lang="en">{parts.map(({ text, model }, i) => (model === undefined ? <span key={i}>{text}</span> : <a key={i} href={`${at}#model-${model}`}>{text}</a>))}</span>
);

/** What stands between backticks is code. */
const Words = ({ text = '' }: { readonly text: string | undefined }) => <>{text.split('`').map((part, i) => (i % 2 === 0 ? part : <code key={i}>{part}</code>))}</>;
