// Changes of the catalog: told beforehand, made at once, taken back by Ctrl Z like every other.
import { plural, t } from "@lingui/core/macro";
import { api } from "@/api/calls";
import { cachedCatalog, refreshCatalog } from "@/api/catalog";
import type { CatalogEffect, Entity } from "@/api/types";
import { textOf } from "@/i18n";
import { recordChange } from "@/records/undo";

export type Change = { op: string; entity?: string } & Record<string, unknown>;

/** What changes would do, as sentences. */
export async function foretell(changes: Change[]): Promise<string[]> {
  const answer = await api.changeCatalog(changes, true);
  return effectTexts(answer.preview?.effects ?? [], cachedCatalog()?.entities ?? []);
}

export async function makeChanges(changes: Change[], told: string): Promise<void> {
  const answer = await api.changeCatalog(changes, false);
  await refreshCatalog();
  recordChange(told, [answer.changeset]);
}

/** What several changes would do, as sentences that name the field where there are more than one. */
export function effectTexts(effects: CatalogEffect[], entities: Entity[]): string[] {
  const added = effects.filter((one) => one.kind === "field.new").length;
  const others = effects.filter((one) => one.kind !== "field.new" && effectText(one) !== "");
  const lines = others.map((one) => {
    const named = entities.filter((item) => item.key === one.entity);
    const field = named.flatMap((item) => item.fields).find((item) => item.key === one.field);
    const name = textOf(field?.label ?? named[0]?.label);
    const text = effectText(one);
    return name && effects.length > 1 ? t`「${name}」：${text}` : text;
  });
  if (added > 0)
    lines.unshift(
      plural(added, { other: "新增 # 个字段，不动已有的数据。导入、导出、表格和接口里会同时出现" }),
    );
  return lines;
}

function effectText(effect: CatalogEffect): string {
  switch (effect.kind) {
    case "entity.new":
      return t`新增 1 个对象，不动已有的数据。左边的台账、表单、筛选、导入、导出和接口里会同时出现，随时能撤销`;
    case "entity.hide":
      return effect.rows
        ? plural(effect.rows, { other: "里面有 # 条记录，会一起收起来，撤销后还在" })
        : t`里面没有记录`;
    case "entity.show":
      return effect.rows
        ? plural(effect.rows, { other: "收起的对象又出现，里面有 # 条记录" })
        : t`收起的对象又出现，里面没有记录`;
    case "field.show":
      return effect.rows
        ? plural(effect.rows, { other: "收起的字段又出现，# 条记录在里面有内容" })
        : t`收起的字段又出现，里面没有内容`;
    case "field.hide":
      return effect.rows
        ? plural(effect.rows, { other: "# 条记录在这个字段里有内容，会一起收起来，恢复后还在" })
        : t`这个字段里没有内容`;
    case "field.required":
      return plural(effect.rows, { other: "# 条记录还没填，下次改到时要补上" });
    case "field.unique":
      return plural(effect.rows, { other: "# 条记录的值有重复，要先改开" });
    case "field.rules": {
      if (!effect.rows)
        return effect.at_least ? t`看过的值都合新规则；记录多，没有全看` : t`已有的值都合新规则`;
      const said = effect.at_least
        ? plural(effect.rows, {
            other: "至少 # 条记录的值不合新规则（记录多，没有全看），先不动，下次改到这一项时要改对",
          })
        : plural(effect.rows, { other: "# 条记录的值不合新规则，先不动，下次改到这一项时要改对" });
      const few = effect.examples
        .slice(0, 3)
        .map((one) => one.value)
        .join(t`、`);
      return few ? t`${said}。比如 ${few}` : said;
    }
    case "field.type":
      return plural(effect.rows, { other: `# 个值要换算，其中 ${effect.not_converted} 个换不了，会留空` });
    case "options.hide":
      return plural(effect.rows, { other: "# 条记录正用着这个选项，值还在，只是不再能选" });
    default:
      return "";
  }
}

/** Lines of text → options; the server makes their keys. */
export const optionsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n、，,；;]/)
      .map((line) => line.trim())
      .filter(Boolean),
  ),
];
