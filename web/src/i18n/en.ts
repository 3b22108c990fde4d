// All texts of one language in one file, so that the first page asks for one and not for five.
import type { Messages } from "@lingui/core";

const areas = import.meta.glob<{ messages: Messages }>("./en/*.po", { eager: true });
export const messages: Messages = Object.assign({}, ...Object.values(areas).map((area) => area.messages));
