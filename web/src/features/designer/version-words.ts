// What changed in a version of the catalog, in plain words.
import { t } from "@lingui/core/macro";
import type { CatalogVersion, Label } from "@/api/types";
import { typeName } from "@/fields/type-names";
import { textOf } from "@/i18n";

type Moved = CatalogVersion["changes"][number];

export function changeText(moved: Moved): string {
  const of = textOf(moved.of);
  const name = textOf(moved.label ?? "");
  const [before, after] = [moved.before, moved.after];
  const [then, now] = [textOf((before ?? "") as Label), textOf((after ?? "") as Label)];
  const options = (moved.options ?? []).map(textOf).join(t`、`);
  switch (moved.kind) {
    case "entity.new":
      return t`新建对象「${name}」`;
    case "entity.hide":
      return t`收起对象「${name}」`;
    case "entity.show":
      return t`恢复对象「${name}」`;
    case "entity.label":
      return t`对象「${then}」改叫「${now}」`;
    case "field.new":
      return t`「${of}」加字段「${name}」`;
    case "field.hide":
      return t`「${of}」收起字段「${name}」`;
    case "field.show":
      return t`「${of}」恢复字段「${name}」`;
    case "field.label":
      return t`「${of}」的「${then}」改叫「${now}」`;
    case "field.type": {
      const [old, next] = [typeName(String(before)), typeName(String(after))];
      return old === next ? t`「${of}」的「${name}」换了存法` : t`「${of}」的「${name}」从${old}改成${next}`;
    }
    case "field.section":
      return t`「${of}」的「${name}」移到「${now}」`;
    case "field.required":
      return after ? t`「${of}」的「${name}」改为必填` : t`「${of}」的「${name}」不再必填`;
    case "field.unique":
      return after ? t`「${of}」的「${name}」不许重复` : t`「${of}」的「${name}」可以重复`;
    case "field.order":
      return t`「${of}」调了字段的顺序`;
    case "options.new":
      return t`「${of}」的「${name}」加选项：${options}`;
    case "options.hide":
      return t`「${of}」的「${name}」不再能选：${options}`;
    case "options.show":
      return t`「${of}」的「${name}」又能选：${options}`;
    case "options.label":
      return t`「${of}」的「${name}」选项改名：${options}`;
    case "options.order":
      return t`「${of}」的「${name}」调了选项的顺序`;
    case "entity.purge":
    case "field.purge":
    case "options.purge":
      return t`「${of}」的「${name || options}」彻底删除`;
    default:
      return name ? t`「${of}」的「${name}」改了设置` : t`「${of}」改了设置`;
  }
}
