/** Tokens, scopes, and signing in to servers and services. */
export const tokenRefusals: Readonly<Record<string, string>> = {
  'A token expires after {seconds} seconds at most; only administrators may make one that never does.': '令牌的有效期最长 {seconds} 秒；只有管理员可以创建永不过期的令牌。',
  'token expires_in must be null or integer': '令牌的 expires_in 须为 null 或整数。',
  'token expires_in must be between 1 and {most} seconds': '令牌的 expires_in 须在 1 至 {most} 秒之间。',
  'Not assigning requested scopes {scopes} not held by User {name}': '无法授予权限 {scopes}：用户 {name} 自己没有这些权限。',
  '{name} has {count} tokens already. Revoke some that are no longer used.': '{name} 已有 {count} 个令牌，请撤销一些不再使用的令牌。',
  'Scope too long: {scope}': '权限名称过长：{scope}',
  'Unknown scope: {scope}': '未知的权限：{scope}',
  'Unknown filter in scope: {scope}': '权限中的限定条件未知：{scope}',
  'A group filter needs a name: {scope}': '限定组时须写明组名：{scope}',
  'Malformed filter in scope: {scope}': '权限中的限定条件格式不正确：{scope}',
  'Invalid client_id parameter value.': 'client_id 参数的值无效。',
  'Missing client_id parameter.': '缺少 client_id 参数。',
  'Mismatching redirect URI.': '重定向地址不匹配。',
  'Repeated {name} parameter.': '参数 {name} 重复出现。',
  'Only users sign in to servers and services.': '只有用户可以登录服务器和服务。',
  'You do not have permission to access this server or service.': '您无权访问此服务器或服务。',
};
