import fs from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config';
import { HubError } from '../domain/errors';
import type { Io } from './io';

interface Watch {
  /** Called with what happens right now. */
  readonly log: (line: string) => void;
}

/** What the bootstrap knows about images; plain JavaScript, because it also runs before anything is compiled. */
export interface ImageScripts {
  /** Images that the checkout describes, by name. */
  readonly IMAGES: Readonly<Record<string, { readonly tag: string }>>;
  build(what: { readonly which: string } & Watch): Promise<{ readonly tag: string }>;
  pull(ref: string, watch: Watch): Promise<void>;
  push(ref: string, watch: Watch): Promise<void>;
}

/** `berth images …`: images that servers run. */
export function addImages(program: Command, io: Io, scripts: () => ImageScripts = bootstrapScripts): void {
  const images = program.command('images').description('Images that servers run.');
  const watch: Watch = { log: (line) => io.note(line) };
  images
    .command('build')
    .argument('[name]', 'which of the images of this checkout', (name: string) => known(scripts(), name), 'notebook')
    .description('Build an image, from a registry\'s base or from distribution packages.')
    .addHelpText('after', '\nExample:\n  berth images build notebook')
    .action(async (name: string) => io.out(`${(await scripts().build({ which: name, ...watch })).tag} is built.`));
  images
    .command('pull')
    .argument('[reference]', 'which image (default: the one of the default profile)')
    .description('Fetch an image from its registry.')
    .addHelpText('after', '\nExample:\n  berth images pull registry.example.org/lab/notebook:2026.1')
    .action((ref: string | undefined) => transfer(io, ref, { done: 'is here', run: (image) => scripts().pull(image, watch) }));
  images
    .command('push')
    .argument('[reference]', 'which image (default: the one of the default profile)')
    .description('Send an image to its registry, with what `docker login` stored.')
    .addHelpText('after', '\nExample:\n  berth images push registry.example.org/lab/notebook:2026.1')
    .action((ref: string | undefined) => transfer(io, ref, { done: 'is in its registry', run: (image) => scripts().push(image, watch) }));
}

function known({ IMAGES }: ImageScripts, name: string): string {
  if (Object.hasOwn(IMAGES, name)) return name;
  throw new InvalidArgumentError(`This checkout describes ${Object.keys(IMAGES).join(', ')}.`);
}

async function transfer(io: Io, ref: string | undefined, act: { readonly done: string; readonly run: (image: string) => Promise<void> }): Promise<void> {
  const image = ref ?? loadConfig(io.env, io.cwd).config.image.notebook;
  await act.run(image);
  io.out(`${image} ${act.done}.`);
}

/** Beside `package.json`, wherever this file was compiled to. */
function bootstrapScripts(): ImageScripts {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json')) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  const file = path.join(folder, 'scripts', 'bootstrap', 'images.cjs');
  if (!fs.existsSync(file)) throw new HubError('not-found', `${file} is missing: images are built from a checkout of the project.`);
  return require(file) as ImageScripts;
}
