import { errorPage } from '../pages/confirm';
import { bootstrapPage, signedUpPage, signInPage, signUpPage } from '../pages/sign-in';
import type { Exhibit } from './exhibit';

export const entranceExhibits: readonly Exhibit[] = [
  { id: 'sign-in', title: 'Sign in', viewer: 'nobody', page: (shell) => signInPage(shell, { username: '', next: undefined, problem: undefined, maySignUp: true }) },
  { id: 'sign-in-wrong', title: 'Sign in, refused', viewer: 'nobody', page: (shell) => signInPage(shell, { username: 'alice', next: undefined, problem: 'Name or password is wrong.', maySignUp: true }) },
  { id: 'sign-up', title: 'Sign up', viewer: 'nobody', page: (shell) => signUpPage(shell, { username: '', problem: undefined, needsApproval: true }) },
  { id: 'signed-up', title: 'Signed up, waits for approval', viewer: 'nobody', page: (shell) => signedUpPage(shell, { status: 'pending' }) },
  { id: 'bootstrap', title: 'The first administrator', viewer: 'nobody', page: (shell) => bootstrapPage(shell, { name: 'admin', link: 'x', problem: undefined }) },
  { id: 'error', title: 'An error', viewer: 'user', page: (shell) => errorPage(shell, { title: shell.t('error.title'), message: 'No such user, or not one that you may see.', requestId: '7d0c1f', retry: undefined }) },
];
