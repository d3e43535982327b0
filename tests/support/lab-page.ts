import type { Locator, Page } from 'playwright-core';

/** JupyterLab as a person uses it. */
export interface LabPage {
  readonly page: Page;
  /** From the launcher. Resolves when its kernel waits for work. */
  newNotebook(): Promise<void>;
  /** Waits until the kernel is connected and idle, types into the last cell, runs it, and resolves with what it prints; an empty string when it prints nothing. */
  run(code: string): Promise<string>;
  /** The first time, JupyterLab asks for a name. */
  saveAs(name: string): Promise<void>;
  save(): Promise<void>;
}

const LAUNCHER_MS = 60_000;
/** Longer than JupyterLab takes to find a kernel again after a connection broke (10 to 31 s). */
const KERNEL_MS = 60_000;

export async function labPage(page: Page): Promise<LabPage> {
  const launcher = page.locator('.jp-LauncherCard[data-category="Notebook"]').first();
  await launcher.waitFor({ timeout: LAUNCHER_MS });
  const notebook = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  const last = (): Locator => notebook.locator('.jp-CodeCell').last();
  // The notebook's own indicator says idle before it has a kernel, and what is run then is lost.
  const idle = (): Promise<void> => page.locator('#jp-main-statusbar').getByText(/\| Idle$/).waitFor({ timeout: KERNEL_MS });
  const written = () => page.waitForResponse((res) => res.request().method() === 'PUT' && res.url().includes('/api/contents/') && res.ok(), { timeout: KERNEL_MS });

  // While the hub is away JupyterLab says so once, on top of everything; a person presses the button and goes on.
  const lost = page.getByRole('dialog').filter({ hasText: 'Server Connection Error' });
  await page.addLocatorHandler(lost, async () => lost.getByRole('button').last().click());

  return {
    page,
    async newNotebook() {
      await launcher.click();
      await idle();
    },
    async run(code) {
      await idle();
      const cell = notebook.locator('.jp-CodeCell').nth((await notebook.locator('.jp-CodeCell').count()) - 1);
      await last().locator('.cm-content').click();
      await page.keyboard.insertText(code);
      await page.keyboard.press('Shift+Enter');
      // `[1]:` where `[ ]:` and `[*]:` were: it ran.
      await cell.locator('.jp-InputPrompt', { hasText: /\[\d+\]:/ }).waitFor({ timeout: KERNEL_MS });
      return (await cell.locator('.jp-OutputArea-output').allTextContents()).join('').trim();
    },
    async saveAs(name) {
      await page.keyboard.press('Control+s');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox').fill(name);
      await Promise.all([written(), dialog.getByRole('button', { name: 'Rename' }).click()]);
    },
    async save() {
      await Promise.all([written(), page.keyboard.press('Control+s')]);
    },
  };
}
