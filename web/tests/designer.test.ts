import { expect, test } from "vitest";
import type { CatalogAnswer, Entity } from "@/api/types";
import { withKeys, withPreview } from "@/features/designer/draft";
import { labelOf } from "@/features/designer/names";

const field = (key: string, label: string) => ({ key, label, type: "text" });
const entity = (key: string, label: string, ...fields: object[]): Entity =>
  ({ key, label, fields, may: [] }) as unknown as Entity;
const customer = entity("customer", "客户", field("name", "名称"));
const shop = entity("shop", "门店");

test("a draft shows entities as they would be, new ones last and hidden ones not at all", () => {
  const effects = [
    {
      kind: "entity.hide",
      entity: "shop",
      field: null,
      rows: 0,
      at_least: false,
      not_converted: 0,
      examples: [],
    },
  ];
  const answer: CatalogAnswer = {
    catalog_version: 1,
    changeset: null,
    preview: { effects },
    entities: [entity("customer", "客户", field("size", "尺码")), entity("car", "车辆")],
  };
  const would = withPreview([customer, shop], answer);
  expect(would.map((one) => one.key)).toEqual(["customer", "car"]);
  expect(would[0]?.fields[0]?.key).toBe("size");
  expect(withPreview([customer, shop], undefined)).toEqual([customer, shop]);
});

test("what a draft adds keeps the key that the server would give, two of one name included", () => {
  const before = [customer];
  const after = [
    entity("customer", "客户", field("name", "名称"), field("size", "尺码"), field("size_2", "尺码")),
    entity("car", "车辆"),
  ];
  const add = { op: "field.add", entity: "customer", label: "尺码", type: "text" };
  const made = { op: "entity.add", label: { "zh-CN": "车辆", en: "车辆" } };
  const drop = { op: "field.drop", entity: "customer", key: "name" };
  expect(withKeys([add, add, made, drop], before, after).map((one) => one.key)).toEqual([
    "size",
    "size_2",
    "car",
    "name",
  ]);
});

test("an entity keeps its English plural until its English name is another", () => {
  const before = { "zh-CN": "客户", en: "Customer", many: "Customers" };
  expect(labelOf({ chinese: "主顾", english: "Customer" }, before)).toEqual({ ...before, "zh-CN": "主顾" });
  expect(labelOf({ chinese: "客户", english: "Client" }, before)).toEqual({ "zh-CN": "客户", en: "Client" });
});
