import type { Page } from 'playwright-core';
import type { HubProcess } from './hub-process';

/** The hub's pages as a person uses them: by what they read on them. */
export const PASSWORD = 'correct horse battery staple';

const submit = async (page: Page, button: string): Promise<void> => {
  await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('button', { name: button, exact: true }).click()]);
  await page.waitForLoadState();
};

/** Follows the one-time link, chooses a password, and is on the home page as the administrator. */
export async function becomeAdmin(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password, again').fill(PASSWORD);
  await submit(page, 'Set the password and sign in');
}

export async function signUp(page: Page, hub: Pick<HubProcess, 'url'>, name: string): Promise<void> {
  await page.goto(`${hub.url}/hub/signup`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password, again').fill(PASSWORD);
  await submit(page, 'Sign up');
}

export async function signIn(page: Page, hub: Pick<HubProcess, 'url'>, name: string): Promise<void> {
  await page.goto(`${hub.url}/hub/login`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await submit(page, 'Sign in');
}

/** As the administrator, on the users page. */
export async function approve(page: Page, hub: HubProcess, name: string): Promise<void> {
  await page.goto(`${hub.url}/hub/admin/users`);
  await submit(page, `Approve ${name}`);
}

/** From the home page to the moment at which the browser is sent to the server. */
export async function launch(page: Page, hub: HubProcess, name: string): Promise<void> {
  await page.goto(`${hub.url}/hub/home`);
  await page.getByRole('button', { name: 'Start Default server' }).click();
  await page.waitForURL(`${hub.url}/user/${name}/**`, { timeout: 60_000, waitUntil: 'commit' });
}

/** What a program needs to speak for this browser: the value of its `Cookie` header. */
export async function cookieOf(page: Page, hub: HubProcess): Promise<string> {
  return (await page.context().cookies(`${hub.url}/hub/`)).map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** A token of the account that this browser is signed in with, got as a page of the hub would get it. */
export async function tokenOf(page: Page, hub: HubProcess, name: string): Promise<string> {
  await page.goto(`${hub.url}/hub/home`);
  const xsrf = (await page.context().cookies(`${hub.url}/hub/`)).find((cookie) => cookie.name === '_xsrf')?.value ?? '';
  const answer = await page.request.post(`${hub.url}/hub/api/users/${name}/tokens`, { headers: { 'X-XSRFToken': xsrf, Origin: hub.url }, data: { note: 'test' } });
  const { token } = (await answer.json()) as { readonly token: string };
  return token;
}
