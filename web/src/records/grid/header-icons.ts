// The signs of the field types in the head of the grid, drawn from the same set of line icons as the rest.
import { sprites } from "@glideapps/glide-data-grid";
import { __iconData as calendar } from "lucide-react/icons/calendar";
import { __iconData as hash } from "lucide-react/icons/hash";
import { __iconData as link } from "lucide-react/icons/link";
import { __iconData as list } from "lucide-react/icons/list";
import { __iconData as pin } from "lucide-react/icons/map-pin";
import { __iconData as phone } from "lucide-react/icons/phone";
import { __iconData as check } from "lucide-react/icons/square-check";
import { __iconData as tag } from "lucide-react/icons/tag";
import { __iconData as text } from "lucide-react/icons/type";
import { __iconData as person } from "lucide-react/icons/user";
import type { Field } from "@/api/types";

const icons = { calendar, check, hash, link, list, pin, phone, tag, text, person };
type IconName = keyof typeof icons;

const BY_TYPE: Record<string, IconName> = {
  integer: "hash",
  number: "hash",
  money: "hash",
  percent: "hash",
  date: "calendar",
  datetime: "calendar",
  birthday: "calendar",
  boolean: "check",
  select: "list",
  tags: "tag",
  multi_select: "tag",
  user: "person",
  relation: "link",
  region: "pin",
  address: "pin",
  cn_mobile: "phone",
  phone: "phone",
};

const svg =
  (name: IconName) =>
  ({ bgColor }: { bgColor: string }): string => {
    const shapes = icons[name].node
      .map(([tag, attributes]) => {
        const shown = Object.entries(attributes).filter(([key]) => key !== "key");
        return `<${tag} ${shown.map(([key, value]) => `${key}="${value}"`).join(" ")}/>`;
      })
      .join("");
    return `<svg width="20" height="20" viewBox="-3 -3 30 30" fill="none" stroke="${bgColor}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" xmlns="http://www.w3.org/2000/svg">${shapes}</svg>`;
  };

export const headerSprites = {
  ...sprites,
  ...Object.fromEntries((Object.keys(icons) as IconName[]).map((name) => [`kehu-${name}`, svg(name)])),
};

export const headerIcon = (field: Field): string =>
  `kehu-${BY_TYPE[field.value_type ?? field.type] ?? "text"}`;
