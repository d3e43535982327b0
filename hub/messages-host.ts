import { notify } from '../spawner/lab-api';
import type { Config } from './config';
import { labAddressOf, type LabAddressDeps } from './lab-address';
import { createLabNotice, createTellLab, type LabNotice } from './services/lab-notice';
import { createNotices, type NoticesDeps, type NoticesService } from './services/notices';
import type { SignInHost } from './sign-in-host';

interface MessagesHostDeps extends Omit<NoticesDeps, 'tellLab'> {
  readonly config: Pick<Config, 'basePath'>;
  readonly signIn: Pick<SignInHost, 'signsIn' | 'visitors'>;
}

/** Messages for the people in running labs, over the labs' own API: what the hub says itself, and what administrators write. */
export function createMessages({ config, signIn, ...deps }: MessagesHostDeps): { readonly tellLabs: LabNotice; readonly notices: NoticesService } {
  const { store, log } = deps;
  const access: LabAddressDeps = { store, base: config.basePath, signsIn: signIn.signsIn, tokenFor: signIn.visitors.briefly };
  const tellLab = createTellLab({ log, ownerOf: ({ owner }) => store.users.byId(owner)?.name ?? '', send: async (record, text, signal) => notify(labAddressOf(record, signal, access), text) });
  return { tellLabs: createLabNotice(tellLab, log), notices: createNotices({ ...deps, tellLab }) };
}
