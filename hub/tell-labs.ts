import { notify } from '../spawner/lab-api';
import type { Logger } from './domain/runtime';
import { labAddressOf, type LabAddressDeps } from './lab-address';
import { createLabNotice, type LabNotice } from './services/lab-notice';

const NOTICE_MS = 5_000;

/** Messages for the people in running labs, over the labs' own API. */
export const createTellLabs = ({ log, ...access }: LabAddressDeps & { readonly log: Logger }): LabNotice =>
  createLabNotice({ log, send: async (record, message) => notify(labAddressOf(record, AbortSignal.timeout(NOTICE_MS), access), { message, type: 'warning' }) });
