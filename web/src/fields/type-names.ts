// The kinds of fields in words, for every page that makes or tells of fields.
import { t } from "@lingui/core/macro";

/** The kinds of fields that a person may add, in words. */
export const typeNames = (): Record<string, string> => ({
  text: t`单行文字`,
  long_text: t`多行文字`,
  number: t`数字`,
  integer: t`整数`,
  money: t`金额`,
  percent: t`百分比`,
  date: t`日期`,
  datetime: t`日期和时间`,
  select: t`单选`,
  multi_select: t`多选`,
  tags: t`标签`,
  boolean: t`是否`,
  cn_mobile: t`手机`,
  phone: t`电话`,
  email: t`邮箱`,
  url: t`网址`,
  region: t`省市区`,
  rating: t`打分`,
  user: t`人员`,
});

/** What a type is called; its own word when nobody has named it. */
export function typeName(type: string): string {
  const others: Record<string, string> = {
    relation: t`关联`,
    autonumber: t`自动编号`,
    address: t`地址`,
    cn_credit_code: t`信用代码`,
    cn_id_card: t`身份证号`,
    bank_account: t`银行账号`,
    formula: t`公式`,
    rollup: t`汇总`,
    lookup: t`引用`,
    file: t`附件`,
    birthday: t`生日`,
  };
  return typeNames()[type] ?? others[type] ?? type;
}
