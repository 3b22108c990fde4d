import { expect, test } from "vitest";
import type { Entity, Finding, ImportColumn, ImportJob, ImportSheet } from "@/api/types";
import { columnsOf, viewName } from "@/features/importing/as-imported";
import {
  decided,
  withCells,
  withDecisions,
  withField,
  withFilled,
  withNewField,
  withoutRows,
  withRow,
} from "@/features/importing/decisions";
import { grouped, mendable, otherWords, pairsOf, together, toLookAt } from "@/features/importing/findings";

const column = (source: string, letters = "A", field: string | null = null): ImportColumn => ({
  index: 0,
  letters,
  source,
  field,
  confidence: 1,
});
const finding = (code: string, count = 1): Finding => ({ code, count, message: code, examples: [] });

test("a column that is decided leaves the others to what was proposed", () => {
  const options = withField(
    { map: { 电话: "mobile" }, create_fields: ["仓库要求"] },
    column("仓库要求"),
    null,
  );
  expect(options).toEqual({ map: { 电话: "mobile", 仓库要求: null }, create_fields: [] });
  expect(withNewField(options, column("仓库要求"))).toEqual({
    map: { 电话: "mobile" },
    create_fields: ["仓库要求"],
  });
  expect(withNewField({ create_fields: true }, column("口味")).create_fields).toEqual(["口味"]);
});

test("names that rows leave open are filled in the sheets that it is said of", () => {
  expect(withFilled({ fill_down: { 订单: true } }, ["客户", undefined], false)).toEqual({
    fill_down: { 订单: true, 客户: false },
  });
});

test("cells and rows that were decided before stay decided", () => {
  const mended = withCells(
    { cells: { 客户: { B3: "1" }, 产品: { A1: "x" } } },
    { 客户: { C4: "2", B3: "3" } },
  );
  expect(mended.cells).toEqual({ 客户: { B3: "3", C4: "2" }, 产品: { A1: "x" } });
  const out = withRow({ leave_out: { 客户: [9, 3] } }, "客户", 5, true);
  expect(out.leave_out).toEqual({ 客户: [3, 5, 9] });
  expect(withRow(out, "客户", 3, false).leave_out).toEqual({ 客户: [5, 9] });
  expect(decided({ ...mended, ...out })).toEqual({ cells: 3, rows: 3, decided: 0 });
  expect(decided(withFilled({}, ["客户"], false))).toEqual({ cells: 0, rows: 0, decided: 1 });
});

test("a column that is decided forgets its cells, a cell that is decided later goes before its column", () => {
  const before = { decide: { 客户: { B3: "take", C3: "keep" } } } as const;
  const { decide } = withDecisions(before, { 客户: { B: "keep" } });
  expect(decide).toEqual({ 客户: { B: "keep", C3: "keep" } });
  expect(withDecisions({ decide }, { 客户: { B9: "take" } }).decide.客户).toEqual({
    B: "keep",
    B9: "take",
    C3: "keep",
  });
});

test("findings that stop rows come first, and what only tells is not counted as work", () => {
  const findings = [
    finding("import.left_out.total", 2),
    finding("date.invalid", 4),
    finding("row.without_name"),
  ];
  expect(grouped(findings).map((one) => one.group)).toEqual(["rejected", "unread", "told"]);
  expect(toLookAt(findings)).toBe(5);
});

test("a row without a name is mended in the cell of the name", () => {
  const sheets: ImportSheet[] = [
    { name: "客户", header_rows: 1, columns: [column("编号", "A", "code"), column("单位", "B", "name")] },
  ];
  const place = { sheet: "客户", row: 8 };
  expect(mendable(place, "row.without_name", sheets, ["name"])).toEqual({ sheet: "客户", cell: "B8" });
  expect(mendable(place, "value.taken", sheets, ["name"])).toBeNull();
  const sales: ImportSheet[] = [
    {
      name: "客户",
      header_rows: 1,
      columns: [column("客户", "A", "name"), column("日期", "B", "orders.ordered_on")],
    },
  ];
  expect(mendable(place, "row.without_day", sales, ["name"])).toEqual({ sheet: "客户", cell: "B8" });
  const cases: ImportSheet[] = [{ name: "案件", header_rows: 1, columns: [column("案号", "C", "code")] }];
  const case_ = { sheet: "案件", row: 3 };
  expect(mendable(case_, "row.without_number", cases, ["name"])).toEqual({ sheet: "案件", cell: "C3" });
  expect(mendable({ sheet: "客户", row: 8, cell: "C8" }, "date.invalid", sheets, [])).toEqual({
    sheet: "客户",
    cell: "C8",
  });
  expect(otherWords({ sheet: "客户", column: "金额", kept: "1.24", exact: "1.235" })).toBe("1.24 → 1.235");
});

test("the same text of the same field is mended once for all its cells", () => {
  const cell = (at: string, text: string, field = "owner") => ({
    sheet: "客户",
    cell: at,
    row: 4,
    text,
    field,
  });
  const examples = [
    cell("F4", "小周"),
    cell("F5", "老陈"),
    cell("F6", "小周"),
    cell("G4", "小周", "service_owner"),
  ];
  const finding = { code: "relation.unmatched", count: 4, message: "", examples } satisfies Finding;
  expect(together(finding).map((places) => places.map((one) => one.cell))).toEqual([
    ["F4", "F6"],
    ["F5"],
    ["G4"],
  ]);
  const phones = { ...finding, code: "phone.several" };
  expect(together(phones).map((places) => places.length)).toEqual([1, 1, 1, 1]);
});

test("rows of a pair find each other, and what is chosen leaves out one of them", () => {
  const double: Finding = {
    ...finding("duplicate.in_file"),
    examples: [{ sheet: "客户", row: 9, text: "甲", other: { sheet: "客户", row: 4, text: "乙" } }],
  };
  const pairs = pairsOf([double], "客户");
  expect(pairs.get(9)).toEqual([{ table: "客户", row: 4 }]);
  expect(pairs.get(4)).toEqual([{ table: "客户", row: 9 }]);
  expect(pairsOf([double], "名单").size).toBe(0);
  expect(withoutRows({ leave_out: { 客户: [12] } }, [{ table: "客户", row: 4 }])).toEqual({
    leave_out: { 客户: [4, 12] },
  });
});

test("the columns of a file are those of the list, in its order, each where the ledger shows its values", () => {
  const fields = ["name", "total_amount", "primary_contact_name", "main_address", "c_gift"];
  const entity = { key: "customer", fields: fields.map((key) => ({ key })) } as unknown as Entity;
  const columns = [
    "c_gift",
    "contacts.name",
    "name",
    "opening_amount",
    null,
    "addresses.detail",
    "orders.code",
  ].map((field, at) => column(String(at), "A", field));
  const job = {
    sheets: [{ name: "客户", header_rows: 1, entity: "customer", columns }],
  } as unknown as ImportJob;
  expect(columnsOf(job, entity)).toEqual([
    "c_gift",
    "primary_contact_name",
    "name",
    "total_amount",
    "main_address",
  ]);
  expect(viewName("客户台账 2026.11.xlsx")).toBe("客户台账 2026.11");
});
