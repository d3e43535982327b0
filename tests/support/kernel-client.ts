import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';

interface Message {
  readonly msg_type?: string;
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: { readonly text?: string; readonly execution_state?: string; readonly evalue?: string };
}

/** The program's side of a kernel's WebSocket, through the hub. */
export interface KernelClient {
  /** Runs code; resolves with what it printed, or the text of its error. */
  execute(code: string): Promise<string>;
  /** Resolves with the close code when the other side closes. */
  readonly closed: Promise<number>;
  close(): void;
}

/** `credential`: a token, or the headers that say who asks. */
export async function connectKernel(server: string, kernel: string, credential: string | Readonly<Record<string, string>>): Promise<KernelClient> {
  const socket = new WebSocket(`${server.replace(/^http/, 'ws')}api/kernels/${kernel}/channels`, { headers: typeof credential === 'string' ? { Authorization: `token ${credential}` } : credential });
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => socket.terminate());

  const execute = (code: string): Promise<string> => {
    const id = randomUUID();
    const header = { msg_id: id, msg_type: 'execute_request', session: id, username: '', version: '5.3', date: new Date().toISOString() };
    const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false, stop_on_error: true };
    return new Promise((resolve, reject) => {
      let printed = '';
      const look = (data: WebSocket.RawData): void => {
        const message = JSON.parse((data as Buffer).toString('utf8')) as Message;
        if (message.parent_header.msg_id !== id) return;
        printed += message.content.text ?? message.content.evalue ?? '';
        if (message.header.msg_type === 'status' && message.content.execution_state === 'idle') {
          socket.off('message', look);
          resolve(printed.trim());
        }
      };
      socket.on('message', look);
      void closed.then((why) => reject(new Error(`the connection closed with ${why} while the kernel worked`)));
      socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: 'shell', buffers: [] }));
    });
  };

  return { execute, closed, close: () => socket.close() };
}
