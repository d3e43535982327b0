import { isActivity } from './activity';
import type { MessageKey } from './index';

/** Actions of the audit log that are nobody's own, in words; the others are those of everybody's activity. */
const ACTIONS = {
  'audit.export': ['Exported the audit log', '导出了审计日志'],
  'audit.pruned': ['Removed entries that were kept long enough', '清除了超过保留期的记录'],
  'audit.suppressed': ['Left out entries of a flood of requests', '省略了大量重复请求的记录'],
  'backup.made': ['Made a backup', '创建了备份'],
  'backup.failed': ['Could not make a backup', '备份失败'],
  'backup.restored': ['Went on from a backup', '从备份恢复运行'],
  'checks.failed': ['A required check failed', '必需的检查失败'],
  'checks.hold': ['All required checks hold again', '所有必需的检查再次通过'],
  'group.add': ['Added members to a group', '向组添加了成员'],
  'group.remove': ['Took members out of a group', '从组移除了成员'],
  'group.create': ['Made a group', '创建了组'],
  'group.delete': ['Deleted a group', '删除了组'],
  'group.import': ['Imported groups', '导入了组'],
  'group.order': ['Changed the order of groups', '更改了组的顺序'],
  'group.policy': ['Changed the policy of a group', '更改了组策略'],
  'group.properties': ['Changed the properties of a group', '更改了组属性'],
  'health.check': ['Asked for a check', '发起了检查'],
  'health.dismiss': ['Put a warning aside', '暂不处理一条警告'],
  'health.recall': ['Brought a warning back', '恢复显示一条警告'],
  'hub.shutdown': ['Shut the hub down', '关闭了 Hub'],
  'import.jupyterhub': ['Imported from another hub', '从其他 Hub 导入'],
  'isolation.failed': ['Isolation is not proven any more', '隔离不再得到证明'],
  'isolation.proven': ['Isolation is proven again', '隔离再次得到证明'],
  'isolation.repaired': ['Put the rules of the firewall back', '恢复了防火墙规则'],
  'maintenance.announce': ['Announced a maintenance', '宣布了维护'],
  'maintenance.begin': ['A maintenance began', '维护开始'],
  'maintenance.cancel': ['Called a maintenance off', '取消了维护'],
  'maintenance.end': ['Ended a maintenance', '结束了维护'],
  'maintenance.missed': ['Missed the time of a maintenance', '错过了维护时间'],
  'maintenance.restore': ['Started again what a maintenance had stopped', '重新启动了维护中停止的服务器'],
  'notice.send': ['Sent a message', '发送了通知'],
  'notice.schedule': ['Wrote a message that is sent later', '写好了稍后发送的通知'],
  'notice.expire': ['Ended a message', '结束了通知'],
  'notice.delete': ['Removed a message', '删除了通知'],
  'notice.clear': ['Removed all messages', '清除了所有通知'],
  'notice.dismiss': ['Closed a message', '关闭了通知'],
  'request.denied': ['Was refused', '被拒绝'],
  'service.create': ['Added a service', '添加了服务'],
  'service.remove': ['Removed a service', '移除了服务'],
  'setting.change': ['Changed a setting', '更改了设置'],
  'setting.reset': ['Reset a setting', '恢复了设置'],
} as const;

type Action = keyof typeof ACTIONS;
const isAction = (action: string): action is Action => Object.hasOwn(ACTIONS, action);

/** What was done, in words; undefined: nobody has words for it. */
export const deedKey = (action: string): MessageKey | undefined => (isAction(action) ? `audit.did.${action}` : isActivity(action) ? `activity.did.${action}` : undefined);

type Words = Readonly<Record<`audit.did.${Action}`, string>>;
const did = (language: 0 | 1): Words => Object.fromEntries(Object.entries(ACTIONS).map(([action, words]) => [`audit.did.${action}`, words[language]])) as Words;

/** Texts of the audit log. */
export const auditEn = {
  ...did(0),
  'audit.search': 'Who, what or whom',
  'audit.more': 'More filters',
  'audit.range': 'Time',
  'audit.range.all': 'All',
  'audit.range.today': 'Today (UTC)',
  'audit.range.7d': '7 days',
  'audit.range.30d': '30 days',
  'audit.kinds': 'Kinds',
  'audit.kind.all': 'Everything',
  'audit.kind.sign-in': 'Sign-in',
  'audit.kind.users': 'Users',
  'audit.kind.groups': 'Groups',
  'audit.kind.servers': 'Servers',
  'audit.kind.volumes': 'Volumes',
  'audit.kind.tokens': 'Tokens',
  'audit.kind.shares': 'Sharing',
  'audit.kind.refused': 'Refused',
  'audit.kind.hub': 'Hub',
  'audit.who.hub': 'The hub',
  'audit.who.local': 'Command line',
  'audit.who.anonymous': 'Nobody who was signed in',
  'audit.noneExplain': 'Choose more time, another kind, or fewer words.',
} as const;

export const auditZh: Readonly<Record<keyof typeof auditEn, string>> = {
  ...did(1),
  'audit.search': '操作者、操作或对象',
  'audit.more': '更多筛选',
  'audit.range': '时间',
  'audit.range.all': '全部',
  'audit.range.today': '今天（UTC）',
  'audit.range.7d': '7 天',
  'audit.range.30d': '30 天',
  'audit.kinds': '类别',
  'audit.kind.all': '全部类别',
  'audit.kind.sign-in': '登录',
  'audit.kind.users': '用户',
  'audit.kind.groups': '组',
  'audit.kind.servers': '服务器',
  'audit.kind.volumes': '存储卷',
  'audit.kind.tokens': '令牌',
  'audit.kind.shares': '共享',
  'audit.kind.refused': '被拒绝',
  'audit.kind.hub': 'Hub 自身',
  'audit.who.hub': 'Hub 自身',
  'audit.who.local': '命令行',
  'audit.who.anonymous': '未登录者',
  'audit.noneExplain': '请选择更长的时间、其他类别，或减少关键词。',
};
