// Tables on the clipboard: as text with tabs for spreadsheets, as HTML for letters and chats.
import { formatTsv, parseTsv } from "./tsv";

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] as string);

export interface CopiedTable {
  head: string[];
  rows: string[][];
  /** Columns whose cells stand at the right. */
  right: boolean[];
}

/** The table with its head, so that it can be read where it is pasted. */
export function tableHtml({ head, rows, right }: CopiedTable): string {
  const edge = "border:1px solid #d9d6cf;padding:4px 8px";
  const cell = (tag: string, text: string, at: number) =>
    `<${tag} style="${edge};text-align:${right[at] ? "right" : "left"};mso-number-format:'\\@'">${escaped(text).replaceAll("\n", "<br>")}</${tag}>`;
  const line = (tag: string, cells: string[]) =>
    `<tr>${cells.map((text, at) => cell(tag, text, at)).join("")}</tr>`;
  const body = rows.map((cells) => line("td", cells)).join("");
  // Spreadsheets prefer this over the plain text: what they take must not have a head that was not copied.
  const top = head.length ? `<thead>${line("th", head)}</thead>` : "";
  return `<table style="border-collapse:collapse">${top}<tbody>${body}</tbody></table>`;
}

export function writeTable(clipboard: DataTransfer, table: CopiedTable): void {
  clipboard.setData("text/plain", formatTsv(table.rows));
  clipboard.setData("text/html", tableHtml(table));
}

/** The table that lies on the clipboard: its text, or of a table without text its HTML. */
export function readTable(clipboard: DataTransfer): string[][] {
  const text = clipboard.getData("text/plain");
  if (text) return parseTsv(text);
  const html = clipboard.getData("text/html");
  if (!html) return [];
  const page = new DOMParser().parseFromString(html, "text/html");
  return [...page.querySelectorAll("tr")].map((row) =>
    [...row.querySelectorAll("td,th")].map((cell) => cell.textContent?.trim() ?? ""),
  );
}
