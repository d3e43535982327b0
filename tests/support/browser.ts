import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium; `npm test` installs it where it is missing and says where it is. The flags keep it from talking to anybody but the page. */
export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROME ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  });
}
