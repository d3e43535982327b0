/** What is asked before somebody gets access: to a name, to a server that is shared, to a server by office. */
export const consentEn = {
  'authorize.title': '{client} asks who you are',
  'authorize.explain': 'If you agree, {client} may do this in your name:',
  'authorize.submit': 'Agree',
  'authorize.refuse': 'No, do not tell it',
  'share.title': 'Open a server of {owner}',
  'share.explain': '{owner} invites you into a server: {server}.',
  'share.warning': 'Its pages run in your browser and may do there what you may do on this site. Agree only if you trust {owner}.',
  'share.scopes': 'You would get:',
  'share.submit': 'Accept',
  'access.title': 'Open the server of {user}?',
  'access.explain': 'You are about to enter another person’s server, with access to their files and running code. This is written to the audit log and shown to {user}.',
  'access.submit': 'Open the server',
} as const;

export const consentZh: Readonly<Record<keyof typeof consentEn, string>> = {
  'authorize.title': '{client} 想知道您的身份',
  'authorize.explain': '如果您同意，{client} 可以您的名义执行以下操作：',
  'authorize.submit': '同意',
  'authorize.refuse': '不，不要告诉它',
  'share.title': '打开 {owner} 的服务器',
  'share.explain': '{owner} 邀请您使用一个服务器：{server}。',
  'share.warning': '它的页面会在您的浏览器中运行，并可以在本站点上执行您能执行的操作。只有信任 {owner} 时才接受。',
  'share.scopes': '您将获得：',
  'share.submit': '接受',
  'access.title': '要打开 {user} 的服务器吗？',
  'access.explain': '您即将进入他人的服务器，可访问其文件和正在运行的代码。此操作会记入审计日志并告知 {user}。',
  'access.submit': '打开服务器',
};
