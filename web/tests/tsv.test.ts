import { describe, expect, it } from "vitest";
import { formatTsv, parseTsv } from "@/lib/tsv";

describe("the clipboard of spreadsheets", () => {
  it.each([
    [
      "宏远\t138\r\n澄光\t139\r\n",
      [
        ["宏远", "138"],
        ["澄光", "139"],
      ],
    ],
    [
      "宏远\t138\n澄光\t139",
      [
        ["宏远", "138"],
        ["澄光", "139"],
      ],
    ],
    ['"两行\n地址"\t"他说""好"""', [["两行\n地址", '他说"好"']]],
    ["a\t\tb", [["a", "", "b"]]],
    ["\n", [[""]]],
    ["", []],
    ['5" 管', [['5" 管']]],
  ])("reads %j", (text, rows) => expect(parseTsv(text)).toEqual(rows));

  it("reads back what it writes", () => {
    const rows = [
      ["上海宏远贸易有限公司", "86,400.00", ""],
      ['含"引号"', "两\n行", "制\t表"],
    ];
    expect(parseTsv(formatTsv(rows))).toEqual(rows);
  });
});
