import { i18n } from "@lingui/core";
import { beforeAll, describe, expect, it } from "vitest";
import { filledFrom, recordFrom } from "@/features/quick-entry/parts";
import { groupTasks, type Task } from "@/features/today/groups";
import { closeUp, proposeDays, sayDay } from "@/ui/days";

beforeAll(() => i18n.loadAndActivate({ locale: "zh-CN", messages: {} }));

const FRIDAY = "2026-11-20";
const NONE: ReadonlySet<string> = new Set();

describe("days as people say them", () => {
  it("names near days and next week", () => {
    expect(sayDay("2026-11-20", FRIDAY)).toBe("今天");
    expect(sayDay("2026-11-21", FRIDAY)).toBe("明天");
    expect(sayDay("2026-11-23", FRIDAY)).toBe("下周一 11-23");
    expect(sayDay("2026-11-30", FRIDAY)).toBe("11-30");
    expect(sayDay("2025-11-23", FRIDAY)).toBe("2025-11-23");
  });
  it("parts a day from the words before it only where it begins with a digit", () => {
    const said = (day: string) => closeUp(`林晓岚 写于 ${sayDay(day, FRIDAY)}`);
    expect(["2026-11-20", "2026-11-23", "2025-11-23"].map(said)).toEqual([
      "林晓岚 写于今天",
      "林晓岚 写于下周一 11-23",
      "林晓岚 写于 2025-11-23",
    ]);
    expect(closeUp("Put off to Tomorrow")).toBe("Put off to Tomorrow");
  });
  it("proposes days that are worked, each once", () => {
    const rest = new Set(["2026-11-21", "2026-11-22", "2026-11-28", "2026-11-29"]);
    expect(proposeDays(FRIDAY, rest).map((one) => [one.label, one.day])).toEqual([
      ["下周一 11-23", "2026-11-23"],
      ["下周五 11-27", "2026-11-27"],
      ["月底", "2026-11-30"],
    ]);
    expect(proposeDays("2026-11-30", NONE).at(-1)?.day).toBe("2026-12-31");
    const festival = new Set(Array.from({ length: 9 }, (_, at) => `2026-02-${15 + at}`));
    expect(proposeDays("2026-02-14", festival)[0]?.day).toBe("2026-02-24");
  });
});

describe("today", () => {
  const task = (id: number, due: string): Task => ({
    id,
    revision: 1,
    title: "回访",
    due,
    type: "follow_up",
    customer: null,
    grade: "",
    mobile: "",
    lastContact: "",
    flags: [],
    assignee: "",
  });
  it("groups by the day on the ledger's clock", () => {
    const groups = groupTasks(
      [
        task(1, "2026-11-19T16:30:00Z"),
        task(2, "2026-11-19T15:30:00Z"),
        task(3, "2026-11-22T02:00:00Z"),
        task(4, "2026-11-23T02:00:00Z"),
      ],
      FRIDAY,
    );
    expect(groups.map((group) => [group.key, group.tasks.map((one) => one.id)])).toEqual([
      ["late", [2]],
      ["today", [1]],
      ["week", [3]],
      ["next", [4]],
    ]);
  });
});

describe("quick entry", () => {
  const find = (entity: string, field: string, value: string) => ({
    entity,
    field,
    value,
    label: "",
    start: 0,
    end: 0,
    sure: true,
  });
  it("gives a firm its person, and the numbers to the person", () => {
    const filled = filledFrom([
      find("customer", "name", "宏远贸易"),
      find("contact", "name", "沈若川"),
      find("customer", "mobile", "19900006621"),
      find("safety_note", "items", "花生、芒果"),
    ]);
    const { customer, followUp } = recordFrom(filled, "原文");
    expect(customer).toEqual({
      name: "宏远贸易",
      kind: "enterprise",
      contacts: [{ name: "沈若川", mobile: "19900006621" }],
      safety_notes: [{ type: "allergy", items: ["花生", "芒果"] }],
    });
    expect(followUp?.content).toBe("原文");
  });
  it("makes a person alone a customer", () => {
    const filled = filledFrom([find("contact", "name", "江映雪"), find("customer", "mobile", "19900007745")]);
    expect(recordFrom(filled, "").customer).toEqual({
      name: "江映雪",
      kind: "person",
      mobile: "19900007745",
    });
  });
});
