import { z } from 'zod';
import { demand } from '../../domain/access';
import { DEFAULT_SERVER } from '../../domain/ids';
import type { Template } from '../../domain/template';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { serverAt, unknownServer } from './servers';

const TemplateModel = z.strictObject({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  groups: z.array(z.string()).describe('Whose members are offered it; empty: everybody.'),
});
const PreviewModel = TemplateModel.extend({
  language: z.string().describe('Of its code; empty: it does not say.'),
  cells: z.array(z.strictObject({ kind: z.enum(['markdown', 'code', 'raw']), source: z.string() })).describe('The first 200; outputs are left out.'),
  more: z.int().describe('Cells beyond those.'),
});
const Ask = z.strictObject({ template: z.string().max(512).describe('Slug of a template.') });
const CopyModel = z.strictObject({ path: z.string().describe('Of the copy, as Jupyter calls it.'), url: z.string().describe('Opens it.') });

/** Starter notebooks: which there are, how they look, and a copy into a server that runs. A start takes one in `user_options`. */
export function templateRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { templates } = deps.services;

  const list = (x: Exchange): Reply => json(200, templates.list(actorOf(x)).map(model));
  const show = (x: Exchange): Reply => {
    const { cells, language, more, ...about } = templates.preview(actorOf(x), x.params['slug'] ?? '');
    return json(200, { ...model(about), language, cells, more });
  };
  const copy = async (x: Exchange, { body }: Given<typeof Ask>): Promise<Reply> => {
    const { owner, name, raw } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    if (name !== DEFAULT_SERVER && !deps.directory.serversOf(owner.id).some((record) => record.name === name)) throw unknownServer(owner, raw);
    const { path } = await templates.copy(actorOf(x), owner, name, body().template);
    return json(201, { path, url: deps.urls.serverFile(owner.name, name, path) });
  };

  const row = { needs: ['start:servers'], feature: 'launcher' } as const;
  const into = (path: string, id: string, which: string): HubRoute => operation({
    ...row, method: 'post', path: `${path}/template`, handle: copy,
    doc: {
      id, tag: 'Servers', summary: `Copy a template into ${which}`, body: Ask,
      description: 'The server has to run (400). What is in its workspace is never replaced: a second copy gets a new name. An unknown template is 400, one whose notebook is missing 404.',
      answers: { 201: { description: 'Where the copy is.', model: CopyModel }, 502: 'The server did not take the copy.' },
    },
  });
  return [
    operation({ ...row, method: 'get', path: '/hub/api/templates', handle: list, doc: { id: 'listTemplates', tag: 'Servers', summary: 'List the templates that one may see', answers: { 200: { description: 'By slug.', model: z.array(TemplateModel) } } } }),
    operation({ ...row, method: 'get', path: '/hub/api/templates/:slug', handle: show, doc: { id: 'previewTemplate', tag: 'Servers', summary: 'Show the cells of a template', answers: { 200: { description: 'The template.', model: PreviewModel } } } }),
    into('/hub/api/users/:name/server', 'copyTemplate', 'the default server'),
    into('/hub/api/users/:name/servers/:sname', 'copyTemplateIntoNamedServer', 'a named server'),
  ];
}

const model = ({ slug, title, description, groups }: Template): z.input<typeof TemplateModel> => ({ slug, title, description, groups: [...groups] });
