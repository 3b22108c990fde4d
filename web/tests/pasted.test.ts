import { expect, test } from "vitest";
import type { Recognised } from "@/api/types";
import { blocksOf, rowsOf, tableOf } from "@/features/importing/pasted";

const find = (entity: string, field: string, value: string): Recognised => ({
  entity,
  field,
  value,
  label: field,
  start: 0,
  end: 0,
  sure: true,
});

test("a copied range is a table, also from a page that gives only HTML; a message is none", () => {
  const range = "客户名称\t手机号\r\n澄光食品\t13800000002\r\n";
  expect(tableOf(range, "<table><tr><td>x</td></tr></table>")).toBe(range);
  const html =
    "<p>表</p><table><tr><th>客户名称</th><th>备注</th></tr><tr><td>澄光食品</td><td>月\t结</td></tr></table>";
  expect(tableOf("客户名称\n备注\n澄光食品\n月结", html)).toBe('客户名称\t备注\r\n澄光食品\t"月\t结"');
  expect(tableOf("沈亦舟 13800000001\n上海宏远贸易有限公司", "")).toBeNull();
});

test("messages are parted by empty lines, without who sent them and when", () => {
  const text =
    "沈亦舟:\n上海宏远贸易有限公司\n电话 13800000001\n\n林晓岚 2026/3/5 10:20\n林晓岚 13800000008\n\n\n";
  expect(blocksOf(text)).toEqual(["上海宏远贸易有限公司\n电话 13800000001", "林晓岚 13800000008"]);
});

test("each message becomes a row; who names no firm is the customer himself; what is left stands in the remark", () => {
  const made = rowsOf([
    {
      found: [
        find("customer", "name", "上海宏远贸易有限公司"),
        find("contact", "name", "沈亦舟"),
        find("customer", "mobile", "13800000001"),
        find("task", "due_at", "2026-03-06"),
      ],
      rest: ["要三箱"],
    },
    {
      found: [
        find("contact", "name", "林晓岚"),
        find("address", "detail", "文三路 9 号"),
        find("address", "region", "330106"),
      ],
      rest: [],
    },
    { found: [find("customer", "mobile", "13800000002")], rest: [] },
    { found: [], rest: ["收到"] },
  ]);
  expect(made).toEqual({
    targets: ["name", "mobile", "contacts.name", "addresses.detail", "remark"],
    rows: [
      ["上海宏远贸易有限公司", "13800000001", "沈亦舟", "", "要三箱；2026-03-06"],
      ["林晓岚", "", "", "文三路 9 号", ""],
      ["", "13800000002", "", "", ""],
    ],
  });
  expect(rowsOf([{ found: [], rest: ["收到"] }])).toBeNull();
});
