import { Table2 } from "lucide-react";
import { describe, expect, it } from "vitest";
import type { Catalog, Entity } from "@/api/types";
import { markOf, splitEntities } from "@/app/shell/places";

const entity = (key: string): Entity => ({ key, label: key, fields: [] });
const keys = (entities: Entity[]) => entities.map((one) => one.key);

describe("the side bar", () => {
  it("shows the lists of every day and those of the trade or the firm, and puts the rest behind one line", () => {
    const catalog: Catalog = {
      version: 1,
      entities: ["address", "appointment", "order", "customer", "survey"].map(entity),
    };
    const { main, more } = splitEntities(catalog);
    expect(keys(main)).toEqual(["customer", "order", "appointment"]);
    expect(keys(more)).toEqual(["address", "survey"]);
  });

  it("shows nothing of what one may not read", () => {
    const { main, more } = splitEntities({ version: 1, entities: [entity("task")] });
    expect([keys(main), keys(more)]).toEqual([[], ["task"]]);
  });

  it("marks one place: the view before the list, the board before the list, the list of an open record", () => {
    const views = [{ id: 7 }];
    const places = [{ to: "/list/customer", mark: "board:customer", icon: Table2, label: "看板" }];
    const list = { path: "/list/customer", entity: "customer" };
    expect(markOf(list, views, places)).toBe("entity:customer");
    expect(markOf({ ...list, view: 7, as: "board" }, views, places)).toBe("view:7");
    expect(markOf({ ...list, view: 9 }, views, places)).toBe("entity:customer");
    expect(markOf({ ...list, view: 0, as: "board" }, views, places)).toBe("board:customer");
    expect(markOf({ path: "/list/order", entity: "order", as: "board" }, views, places)).toBe("entity:order");
    expect(markOf({ path: "/record/customer/3", entity: "customer" }, views, places)).toBe("entity:customer");
    expect(markOf({ path: "/changesets/12" }, views, places)).toBe("/changesets/12");
    expect(markOf({ path: "/designer/customer", entity: "customer" }, views, places)).toBe("/settings");
    expect(markOf({ path: "/phone" }, views, places)).toBe("/settings");
  });
});
