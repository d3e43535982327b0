/** Invitations to servers. */
export const shareRefusals: Readonly<Record<string, string>> = {
  'Only people can accept an invitation.': '只有用户可以接受邀请。',
  'This invitation does not exist, or has expired. Ask for a new one.': '此邀请不存在或已过期，请索取新的邀请。',
  'This is your own server: you need no invitation.': '这是您自己的服务器，无需邀请。',
  'There is no such server, user or group.': '没有此服务器、用户或组。',
};
