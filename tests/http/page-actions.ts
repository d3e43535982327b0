/** An act on a server: the default one has an address of its own in the API. */
const both = (path: string, one: readonly string[], named: readonly string[]): Readonly<Record<string, readonly string[]>> => ({ [path]: one, [`${path}/:server`]: named });

/**
 * What every row takes that a form of a page can be sent to, and the operations of the API that do the same. A new form needs an entry; what
 * the API cannot do yet needs an operation first.
 */
export const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  '/hub/account': ['changeAccount'],
  '/hub/sessions/end': ['endSessions'],
  '/hub/sessions/:session/end': ['endSession'],
  '/hub/token': ['createToken'],
  '/hub/token/:token/revoke': ['revokeToken'],
  '/hub/accept-share': ['acceptShareCode'],

  '/hub/servers': ['createNamedServer', 'startNamedServer'],
  '/hub/servers/:user/:server/remove': ['stopNamedServer'],
  '/hub/spawn': ['startServer'],
  // A template that is chosen while the server runs is copied into it.
  ...both('/hub/spawn/:user', ['startServer', 'copyTemplate'], ['startNamedServer', 'copyTemplateIntoNamedServer']),
  ...both('/hub/stop/:user', ['stopServer'], ['stopNamedServer']),
  ...both('/hub/restart/:user', ['restartServer'], ['restartNamedServer']),
  ...both('/hub/recreate/:user', ['recreateServer'], ['recreateNamedServer']),
  ...both('/hub/profile/:user', ['changeServer'], ['changeNamedServer']),
  ...both('/hub/extend/:user', ['extendServer'], ['extendNamedServer']),

  '/hub/volumes/:user/reset': ['resetVolumes'],
  '/hub/volumes/:user/hand-over': ['handOverVolumes'],
  '/hub/volumes/:user/:volume/undo': ['undoVolumeReset'],
  '/hub/volumes/:user/:volume/remove': ['removeVolume'],

  '/hub/notifications': ['broadcastNotification', 'previewNotification'],
  '/hub/notifications/clear': ['clearNotifications'],
  '/hub/notifications/:notice/expire': ['expireNotification'],
  '/hub/notifications/:notice/delete': ['deleteNotification'],
  '/hub/notifications/:notice/dismiss': ['dismissNotification'],

  '/hub/admin/users': ['createUser'],
  '/hub/admin/add-users': ['changeUsers'],
  '/hub/admin/bulk-users': ['changeUsers'],
  '/hub/admin/users/:id/approve': ['approveUser'],
  '/hub/admin/users/:id/discard': ['discardUser'],
  '/hub/admin/users/:id/reset': ['resetPassword'],
  '/hub/admin/users/:id/disable': ['disableUser'],
  '/hub/admin/users/:id/enable': ['enableUser'],
  '/hub/admin/users/:id/rename': ['changeUser'],
  '/hub/admin/users/:id/admin-on': ['changeUser'],
  '/hub/admin/users/:id/admin-off': ['changeUser'],
  '/hub/admin/users/:id/researcher-on': ['giveRole'],
  '/hub/admin/users/:id/researcher-off': ['takeRole'],
  '/hub/admin/users/:id/role': ['giveRole', 'takeRole'],
  '/hub/admin/users/:id/join-group': ['addGroupUsers'],
  '/hub/admin/users/:id/leave-group': ['removeGroupUsers'],
  '/hub/admin/users/:id/revoke': ['revokeToken'],
  '/hub/admin/users/:id/delete': ['deleteUser'],
  '/hub/admin/users/:id/sessions/end': ['endSessions'],
  '/hub/admin/users/:id/sessions/:session/end': ['endSession'],
  '/hub/admin/bulk-servers': ['changeServers'],

  '/hub/admin/groups': ['createGroup'],
  '/hub/admin/groups/:name/move': ['setGroupOrder'],
  '/hub/admin/groups/:name/policy': ['setGroupPolicy', 'previewGroupPolicy'],
  '/hub/admin/groups/:name/members': ['addGroupUsers'],
  '/hub/admin/groups/:name/remove': ['removeGroupUsers'],
  '/hub/admin/groups/:name/delete': ['deleteGroup'],
  '/hub/admin/groups-import': ['importGroups'],
  '/hub/admin/groups-export': ['exportGroups'],

  '/hub/admin/audit/export': ['exportAudit'],
  '/hub/admin/health': ['checkHealth'],
  '/hub/admin/health/dismiss': ['dismissWarning', 'recallWarning'],
  '/hub/admin/backups': ['makeBackup'],
  '/hub/admin/settings': ['changeSettings'],
  '/hub/admin/settings/reset': ['changeSettings'],
  '/hub/admin/queue/jump': ['jumpServer', 'jumpNamedServer'],
  '/hub/admin/maintenance': ['announceMaintenance'],
  '/hub/admin/maintenance/end': ['endMaintenance'],
  '/hub/admin/maintenance/restore': ['restoreServers'],
};

const WHO_ENTERS = 'Confirms in this browser that one means to look at what is somebody else\'s; a token that may is not asked, and its visit is recorded.';

/** What belongs to a browser alone, and why. */
export const ONLY_ON_PAGES: Readonly<Record<string, string>> = {
  '/hub/login': 'Signs a browser in; a program presents a token.',
  '/hub/logout': 'Signs this browser out; sessions by their ids are ended through the API.',
  '/hub/signup': 'Asks for an account, by somebody who has none and so cannot call the API.',
  '/hub/bootstrap': 'Makes the first administrator, before whom nobody can call the API.',
  '/hub/password': 'Changes one\'s own password by showing the old one: no token shall ever be worth a password.',
  '/hub/reauth': 'Shows the password of a session once more; a token has none to show.',
  '/hub/theme': 'The theme of this browser; that of an account is in the API.',
  '/hub/language': 'The language of this browser; that of an account is in the API.',
  '/hub/api/oauth2/authorize': 'The answer of a person who is asked whether an application may act for them.',
  '/hub/files/:user': WHO_ENTERS,
  '/hub/access/:user': WHO_ENTERS,
  '/hub/access/:user/:server': WHO_ENTERS,
};

/** Rows whose forms say in a field what to do; `elsewhere`: what leads to another page, with the operation that is behind that one. */
export const SEVERAL: Readonly<Record<string, { readonly elsewhere: Readonly<Record<string, string>> }>> = {
  '/hub/admin/bulk-users': { elsewhere: {} },
  '/hub/admin/bulk-servers': { elsewhere: { message: 'broadcastNotification' } },
};
