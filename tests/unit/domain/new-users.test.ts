import { parseNewUsers } from '../../../hub/domain/new-users';

const of = (text: string) => parseNewUsers(text).map(({ line, name, admin, groups, unclear }) => [line, name, admin, groups.join('+'), unclear]);

describe('what somebody pasted as new accounts', () => {
  it('is one name per line, empty lines passed over, with the number of each line', () => {
    expect(of('ada\r\n\r\n  grace \nlinus')).toEqual([[1, 'ada', false, '', null], [3, 'grace', false, '', null], [4, 'linus', false, '', null]]);
  });

  it.each([
    ['commas', 'name,admin,groups\nada,yes,lab|night\ngrace,,'],
    ['semicolons', 'Username;Admin;Groups\nada;true;lab|night\ngrace;no;'],
    ['tabs, with a mark in front', '\uFEFFname\tadmin\tgroups\nada\tx\tlab;night\ngrace\t0\t'],
    ['Chinese heads and words', '用户名,管理员,组\nada,是,lab|night\ngrace,否,'],
  ])('is CSV with %s', (_what, text) => {
    expect(of(text)).toEqual([[2, 'ada', true, 'lab+night', null], [3, 'grace', false, '', null]]);
  });

  it('may be quoted, and what is not closed ends with its line', () => {
    expect(of('"a,da",no,"the ""lab"""\n"grace,no\nlinus,no,x')).toEqual([[1, 'a,da', false, 'the "lab"', null], [2, 'grace,no', false, '', null], [3, 'linus', false, 'x', null]]);
  });

  it('is unclear where it says neither yes nor no, or more than there is a meaning for', () => {
    expect(of('ada,perhaps\ngrace,no,lab,more')).toEqual([[1, 'ada', false, '', 'admin'], [2, 'grace', false, 'lab', 'columns']]);
  });
});
