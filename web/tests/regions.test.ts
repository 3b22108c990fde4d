import { beforeAll, describe, expect, it } from "vitest";
import { divisionName, divisionPath, divisionTree, likeliest, loadDivisions } from "@/fields/regions";

describe("administrative divisions", () => {
  beforeAll(loadDivisions);

  it("names a code with what stands above it", () => {
    expect(divisionName("330106")).toBe("浙江省杭州市西湖区");
    expect(divisionName("330100")).toBe("浙江省杭州市");
    expect(divisionName("310115")).toBe("上海市浦东新区");
    expect(divisionName("330102"), "and not by what it was before").toBe("浙江省杭州市上城区");
    expect(divisionName("652923"), "dissolved, without its successor's code").toMatch(/库车县$/);
    expect(divisionName("east_china")).toBe("华东");
    expect(divisionName("没有的地方")).toBe("没有的地方");
  });

  it("finds the way from the province and offers a tree", () => {
    expect(divisionPath("330106")).toEqual(["330000", "330100", "330106"]);
    const zhejiang = divisionTree().find((node) => node.value === "330000");
    const hangzhou = zhejiang?.children?.find((node) => node.value === "330100");
    expect(hangzhou?.children?.map((node) => node.label)).toContain("西湖区");
  });

  it("proposes first what one most likely means", () => {
    const first = (typed: string) => {
      const path = likeliest(divisionTree(), typed);
      return path?.map((one) => one.label).join("");
    };
    expect(first("海南"), "the province, not the district of 乌海").toBe("海南省");
    expect(first("杭州")).toBe("浙江省杭州市");
    expect(first("西湖")).toBe("浙江省杭州市西湖区");
    expect(first("浦东")).toBe("上海市浦东新区");
    expect(first("没有的地方")).toBeUndefined();
  });
});
