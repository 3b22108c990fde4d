import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FLAGS } from "@/ui/marks";

describe("flags", () => {
  it("have a colour and a sign for every one that the catalog gives customers", () => {
    const kit = readFileSync("../src/kehu/plugins/kits/general.toml", "utf-8");
    const options = kit.split("[entity.customer.field.flags]")[1]?.split("default =")[0] ?? "";
    const keys = [...options.matchAll(/^ {2}\["(\w+)"/gm)].map((found) => found[1]);
    expect(keys).toContain("complaint");
    expect(keys.filter((key) => !FLAGS[key ?? ""])).toEqual([]);
  });
});
