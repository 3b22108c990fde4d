// How cells look on the canvas beyond plain text: grades, stages, tags, people, days, faulty cells. Every form also
// says it in words; the colours are those of the tokens.
import {
  type DrawCellCallback,
  getMiddleCenterBias,
  measureTextCached,
  type Theme,
} from "@glideapps/glide-data-grid";
import { __iconData as down } from "lucide-react/icons/chevron-down";
import { __iconData as right } from "lucide-react/icons/chevron-right";
import { __iconData as rise } from "lucide-react/icons/chevrons-up";
import { __iconData as check } from "lucide-react/icons/circle-check";
import { __iconData as dashed } from "lucide-react/icons/circle-dashed";
import { __iconData as question } from "lucide-react/icons/circle-question-mark";
import { __iconData as cross } from "lucide-react/icons/circle-x";
import { __iconData as clock } from "lucide-react/icons/clock-3";
import { __iconData as contract } from "lucide-react/icons/file-clock";
import { __iconData as moon } from "lucide-react/icons/moon";
import { __iconData as alert } from "lucide-react/icons/octagon-exclamation-point";
import { __iconData as back } from "lucide-react/icons/rotate-ccw";
import { __iconData as fall } from "lucide-react/icons/trending-down";
import { __iconData as gone } from "lucide-react/icons/user-x";
import type { IconData } from "@/lib/icon-data";
import { FLAGS } from "@/ui/marks";
import type { Tokens } from "@/ui/tokens";
import { MOST_AROUND } from "../crowd";

/** What is drawn in place of the text. */
export type Look =
  | { kind: "grade"; key: string; text: string }
  | { kind: "stage"; key: string; text: string }
  | { kind: "tags"; tags: Tag[] }
  | { kind: "person"; text: string }
  | { kind: "late"; text: string }
  | { kind: "fault"; text: string };

/** A tag, or a flag by its key. */
interface Tag {
  text: string;
  flag?: string;
}

const paths = new Map<IconData, Path2D>();

/** The outline of an icon on its grid of 24. */
function outline(icon: IconData): Path2D {
  const known = paths.get(icon);
  if (known) return known;
  const path = new Path2D();
  for (const [tag, attributes] of icon.node) {
    const number = (name: string) => Number(attributes[name] ?? 0);
    if (tag === "path") path.addPath(new Path2D(String(attributes.d)));
    else if (tag === "circle") {
      const circle = new Path2D();
      circle.arc(number("cx"), number("cy"), number("r"), 0, 2 * Math.PI);
      path.addPath(circle);
    } else if (tag === "line") {
      path.moveTo(number("x1"), number("y1"));
      path.lineTo(number("x2"), number("y2"));
    }
  }
  paths.set(icon, path);
  return path;
}

function drawIcon(
  ctx: CanvasRenderingContext2D,
  icon: IconData,
  x: number,
  y: number,
  size: number,
  color: string,
  stroke = 1.75 * (16 / size),
) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(size / 24, size / 24);
  ctx.strokeStyle = color;
  ctx.lineWidth = stroke;
  ctx.lineCap = "round";
  ctx.lineJoin = "round";
  ctx.stroke(outline(icon));
  ctx.restore();
}

export const drawChevron = (
  ctx: CanvasRenderingContext2D,
  folded: boolean,
  x: number,
  y: number,
  color: string,
): void => drawIcon(ctx, folded ? right : down, x, y, 16, color);

const STAGES: Record<string, IconData> = {
  potential: dashed,
  customer: check,
  dormant: moon,
  lost: cross,
  won_back: back,
};
const FLAG_ICONS: Record<string, IconData> = {
  follow_up_due: clock,
  needs_escalation: rise,
  complaint: alert,
  churn_risk: fall,
  lost: gone,
  contract_expiring: contract,
  data_to_verify: question,
  no_recent_business: moon,
};
const FLAG_STROKE = 2.1;
const GAP = 6;

/** The font of a cell as the grid names it, too. */
const fontOf = (theme: Pick<Theme, "baseFontStyle" | "fontFamily">): string =>
  `${theme.baseFontStyle} ${theme.fontFamily}`;

/** Draws a cell that has a look of its own; false when the grid shall draw it. */
export function drawLook(look: Look, args: Parameters<DrawCellCallback>[0], t: Tokens): boolean {
  const { ctx, rect, theme } = args;
  const left = rect.x + theme.cellHorizontalPadding;
  const middle = rect.y + rect.height / 2;
  const end = rect.x + rect.width - theme.cellHorizontalPadding;
  ctx.save();
  ctx.beginPath();
  ctx.rect(rect.x, rect.y, rect.width, rect.height);
  ctx.clip();
  const font = fontOf(theme);
  ctx.font = font;
  ctx.textAlign = "start";
  const write = (text: string, x: number, color: string) => {
    ctx.fillStyle = color;
    ctx.fillText(short(ctx, font, text, end - x), x, middle + getMiddleCenterBias(ctx, font));
  };
  if (look.kind === "grade") {
    drawGrade(ctx, look.key, look.text, left, middle - 10, theme, t);
    write(look.text, left + 20 + GAP, t.ink1);
  } else if (look.kind === "stage") {
    drawIcon(ctx, STAGES[look.key] ?? dashed, left, middle - 7, 14, t.ink1);
    write(look.text, left + 14 + GAP, t.ink1);
  } else if (look.kind === "person") {
    drawAvatar(ctx, look.text, left, middle, theme, t);
    write(look.text, left + 20 + GAP, t.ink1);
  } else if (look.kind === "tags") drawTags(ctx, look.tags, left, end, middle, theme, t);
  else if (look.kind === "late") write(look.text, left, t.redT);
  else {
    write(look.text, left, t.redT);
    ctx.fillStyle = t.red;
    ctx.beginPath();
    ctx.moveTo(rect.x + rect.width - 9, rect.y + 1);
    ctx.lineTo(rect.x + rect.width, rect.y + 1);
    ctx.lineTo(rect.x + rect.width, rect.y + 10);
    ctx.fill();
  }
  ctx.restore();
  return true;
}

/** The text, cut with … where it would leave its room. */
function short(ctx: CanvasRenderingContext2D, font: string, text: string, room: number): string {
  if (room <= 0) return "";
  // Measured through the grid's memory, by which it also finds the links under the pointer.
  if (measureTextCached(text, ctx, font).width <= room) return text;
  let [fits, over] = [0, text.length];
  while (over - fits > 1) {
    const end = (fits + over) >> 1;
    if (ctx.measureText(`${text.slice(0, end)}…`).width <= room) fits = end;
    else over = end;
  }
  // Not through the middle of a character that takes two places.
  return `${text.slice(0, fits).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The text as far as a cell has room for it. */
export const shortIn = (
  { ctx, rect, theme }: Pick<Parameters<DrawCellCallback>[0], "ctx" | "rect" | "theme">,
  text: string,
): string => short(ctx, fontOf(theme), text, rect.width - 2 * theme.cellHorizontalPadding);

export function drawGrade(
  ctx: CanvasRenderingContext2D,
  key: string,
  label: string,
  x: number,
  y: number,
  theme: Pick<Theme, "fontFamily">,
  t: Tokens,
): void {
  const forms: Record<string, [fill: string | null, edge: string | null, letter: string]> = {
    a: [t.gradeA, null, t.gradeAT],
    b: [t.gradeB, null, t.gradeBT],
    c: [null, t.gradeCL, t.gradeCT],
  };
  const [fill, edge, letter] = forms[key] ?? [null, t.gradeDL, t.gradeDT];
  ctx.save();
  ctx.beginPath();
  const inset = edge ? 0.75 : 0;
  ctx.roundRect(x + inset, y + inset, 20 - 2 * inset, 20 - 2 * inset, 5);
  if (fill) {
    ctx.fillStyle = fill;
    ctx.fill();
  }
  if (edge) {
    if (!forms[key]) ctx.setLineDash([3, 2]);
    ctx.strokeStyle = edge;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }
  const font = `${forms[key] ? "600 " : ""}12px ${theme.fontFamily}`;
  ctx.font = font;
  ctx.textAlign = "center";
  ctx.fillStyle = letter;
  ctx.fillText(label.trim().slice(0, 1).toUpperCase(), x + 10, y + 10 + getMiddleCenterBias(ctx, font));
  ctx.restore();
}

function drawAvatar(
  ctx: CanvasRenderingContext2D,
  name: string,
  x: number,
  middle: number,
  theme: Pick<Theme, "fontFamily">,
  t: Tokens,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.arc(x + 10, middle, 9.5, 0, 2 * Math.PI);
  ctx.fillStyle = t.slaS;
  ctx.fill();
  ctx.strokeStyle = t.line2;
  ctx.stroke();
  const font = `11px ${theme.fontFamily}`;
  ctx.font = font;
  ctx.textAlign = "center";
  ctx.fillStyle = t.slaT;
  ctx.fillText(name.trim().slice(0, 1).toUpperCase(), x + 10, middle + getMiddleCenterBias(ctx, font));
  ctx.restore();
}

/** The surnames of those who have a record open, at the end of its name. */
export function drawAround(
  ctx: CanvasRenderingContext2D,
  rect: { x: number; y: number; width: number; height: number },
  people: string[],
  theme: Pick<Theme, "fontFamily" | "bgCell">,
  t: Tokens,
): void {
  const shown = people.slice(0, MOST_AROUND);
  const left = rect.x + rect.width - 6 - shown.length * 20;
  const middle = rect.y + rect.height / 2;
  ctx.save();
  // A long name ends before them.
  ctx.fillStyle = theme.bgCell;
  ctx.fillRect(left - 4, rect.y + 1, rect.x + rect.width - left + 3, rect.height - 2);
  ctx.restore();
  shown.forEach((name, at) => {
    drawAvatar(ctx, name, left + at * 20, middle, theme, t);
  });
}

/** The line of a group: its grade where it has one, its name, how many it has. */
export function drawGroup(
  { ctx, rect, theme }: Parameters<DrawCellCallback>[0],
  grade: string,
  label: string,
  count: string,
  t: Tokens,
): void {
  const font = fontOf(theme);
  const middle = rect.y + rect.height / 2;
  const bias = getMiddleCenterBias(ctx, font);
  let x = rect.x + theme.cellHorizontalPadding;
  if (grade) {
    drawGrade(ctx, grade, label, x, middle - 10, theme, t);
    x += 20 + GAP;
  }
  ctx.save();
  ctx.beginPath();
  ctx.rect(rect.x, rect.y, rect.width, rect.height);
  ctx.clip();
  ctx.textAlign = "start";
  ctx.font = font.replace(/^600 /, "");
  const rest = ctx.measureText(count).width + GAP + theme.cellHorizontalPadding;
  ctx.font = font;
  const name = short(ctx, font, label, rect.x + rect.width - rest - x);
  ctx.fillStyle = t.ink1;
  ctx.fillText(name, x, middle + bias);
  x += ctx.measureText(name).width + GAP;
  ctx.font = font.replace(/^600 /, "");
  ctx.fillStyle = t.ink3;
  ctx.fillText(count, x, middle + bias);
  ctx.restore();
}

/** As many tags as there is room for, then how many more. */
function drawTags(
  ctx: CanvasRenderingContext2D,
  tags: Tag[],
  left: number,
  end: number,
  middle: number,
  theme: Pick<Theme, "fontFamily">,
  t: Tokens,
): void {
  const font = `12px ${theme.fontFamily}`;
  ctx.font = font;
  const bias = getMiddleCenterBias(ctx, font);
  let x = left;
  for (const [at, { text, flag = "" }] of tags.entries()) {
    const icon = FLAG_ICONS[flag];
    const before = icon ? 5 + 12 + 4 : 6;
    const width = ctx.measureText(text).width + before + 6;
    const more = tags.length - at;
    const rest = more > 1 ? ctx.measureText(`+${more - 1}`).width + GAP : 0;
    if (at > 0 && x + width + rest > end) {
      ctx.fillStyle = t.ink3;
      ctx.fillText(`+${more}`, x, middle + bias);
      return;
    }
    const room = Math.min(width, end - x);
    const family = FLAGS[flag]?.[0] ?? "sla";
    ctx.fillStyle = t[`${family}S`];
    ctx.beginPath();
    ctx.roundRect(x, middle - 10, room, 20, 4);
    ctx.fill();
    if (icon) drawIcon(ctx, icon, x + 5, middle - 6, 12, t[`${family}T`], FLAG_STROKE);
    ctx.fillStyle = t[`${family}T`];
    ctx.fillText(short(ctx, font, text, room - before - 6), x + before, middle + bias);
    x += room + 4;
  }
}

const BAR_WIDTH = 3;
const BAR_GAP = 3;

/** The bar of a rule: of the first in one part, of the second in two, so that they differ without their colours. */
export function drawParts(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  height: number,
  parts: number,
): void {
  const each = (height - BAR_GAP * (parts - 1)) / parts;
  for (let at = 0; at < parts; at++) ctx.fillRect(left, top + at * (each + BAR_GAP), BAR_WIDTH, each);
}
