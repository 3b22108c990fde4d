// The colours of paper, ink and seal, and the sizes of a density. CSS reads them as variables, the grid and antd from
// these objects; no other file names a colour.

import type { Locale } from "@/i18n";

export interface Tokens {
  desk: string;
  sheet: string;
  sheet2: string;
  raised: string;
  hover: string;
  press: string;
  line: string;
  line2: string;
  ctl: string;
  ink1: string;
  ink2: string;
  ink3: string;
  ink4: string;
  acc: string;
  accH: string;
  accT: string;
  accS: string;
  accL: string;
  toast: string;
  toastT: string;
  red: string;
  redT: string;
  redS: string;
  redL: string;
  amb: string;
  ambT: string;
  ambS: string;
  ambL: string;
  grn: string;
  grnT: string;
  grnS: string;
  grnL: string;
  blu: string;
  bluT: string;
  bluS: string;
  bluL: string;
  pur: string;
  purT: string;
  purS: string;
  purL: string;
  sla: string;
  slaT: string;
  slaS: string;
  slaL: string;
  /** Grades: one green in four amounts of ink. */
  gradeA: string;
  gradeAT: string;
  gradeB: string;
  gradeBT: string;
  gradeCL: string;
  gradeCT: string;
  gradeDL: string;
  gradeDT: string;
}

export const light: Tokens = {
  desk: "#F5F4F1",
  sheet: "#FFFFFF",
  sheet2: "#FAF9F7",
  raised: "#FFFFFF",
  hover: "#F4F3F0",
  press: "#EBE9E4",
  line: "#E9E7E2",
  line2: "#D9D6CF",
  ctl: "#85837C",
  ink1: "#1B1E27",
  ink2: "#4A4F5B",
  ink3: "#60656F",
  ink4: "#A3A5AB",
  acc: "#3A4CCB",
  accH: "#2F3FB0",
  accT: "#3343BD",
  accS: "#EDEFFC",
  accL: "#C3CAF4",
  toast: "#23262F",
  toastT: "#FFFFFF",
  red: "#C8372D",
  redT: "#B3261E",
  redS: "#FCECEA",
  redL: "#F2C7C2",
  amb: "#C07A12",
  ambT: "#85510A",
  ambS: "#FCF2DF",
  ambL: "#EBD3A2",
  grn: "#2A8C5F",
  grnT: "#1B6B45",
  grnS: "#E7F4EC",
  grnL: "#B8DCC7",
  blu: "#2F7AC6",
  bluT: "#1D5B9B",
  bluS: "#E7F1FB",
  bluL: "#BCD6F0",
  pur: "#8557BE",
  purT: "#6A3E9F",
  purS: "#F2ECFA",
  purL: "#D9C8EE",
  sla: "#7B808B",
  slaT: "#4F5563",
  slaS: "#F0EFEE",
  slaL: "#D8D6D2",
  gradeA: "#0E6654",
  gradeAT: "#FFFFFF",
  gradeB: "#D2EAE2",
  gradeBT: "#0B5443",
  gradeCL: "#689F8F",
  gradeCT: "#22685A",
  gradeDL: "#A9A7A1",
  gradeDT: "#60656F",
};

export const dark: Tokens = {
  desk: "#0E0F12",
  sheet: "#15171B",
  sheet2: "#191B20",
  raised: "#1E2027",
  hover: "#1F2228",
  press: "#292C35",
  line: "#25282F",
  line2: "#373B45",
  ctl: "#747986",
  ink1: "#E6E7EB",
  ink2: "#B3B7C1",
  ink3: "#9296A2",
  ink4: "#5F646F",
  acc: "#5766EE",
  accH: "#4A59DB",
  accT: "#A3AEFF",
  accS: "#212544",
  accL: "#3B437E",
  toast: "#E6E7EB",
  toastT: "#1B1E27",
  red: "#F0695D",
  redT: "#FF9E94",
  redS: "#381D1C",
  redL: "#5E2E2A",
  amb: "#D9962E",
  ambT: "#EDBB68",
  ambS: "#30260F",
  ambL: "#55431C",
  grn: "#46B37F",
  grnT: "#79D0A1",
  grnS: "#142C20",
  grnL: "#26523B",
  blu: "#5199E0",
  bluT: "#8CBFF5",
  bluS: "#15283D",
  bluL: "#26486B",
  pur: "#9F78DA",
  purT: "#C7A8F5",
  purS: "#291F3B",
  purL: "#4A3769",
  sla: "#868B97",
  slaT: "#B3B7C1",
  slaS: "#24272E",
  slaL: "#3A3E48",
  gradeA: "#55C4A8",
  gradeAT: "#062A21",
  gradeB: "#1C3F36",
  gradeBT: "#93DEC9",
  gradeCL: "#417869",
  gradeCT: "#86CBB8",
  gradeDL: "#5F646F",
  gradeDT: "#9CA0AB",
};

const HAN =
  '"PingFang SC", "HarmonyOS Sans SC", "MiSans", "Microsoft YaHei UI", "Microsoft YaHei", "Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC"';
const LATIN = '"Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial';

/** The fonts of a language. Chinese fonts draw the quotes and dashes of English a full square wide, so there they come last. */
export const fontOf = (locale: Locale): string =>
  locale === "en"
    ? `-apple-system, ${LATIN}, ${HAN}, system-ui, sans-serif`
    : `-apple-system, ${HAN}, system-ui, sans-serif`;

export type Density = "compact" | "comfortable";

/** Heights in pixels, by density; a finger needs more than a mouse. */
export interface Sizes {
  control: number;
  small: number;
  large: number;
  /** Entries of the side bar and of menus. */
  item: number;
  /** Rows, header and group rows of the grid. */
  row: number;
  header: number;
  group: number;
  gridFont: number;
}

export const SIZES: Record<Density | "touch", Sizes> = {
  compact: { control: 30, small: 26, large: 38, item: 30, row: 34, header: 34, group: 36, gridFont: 13 },
  comfortable: { control: 34, small: 28, large: 40, item: 34, row: 42, header: 38, group: 42, gridFont: 14 },
  touch: { control: 44, small: 36, large: 48, item: 48, row: 44, header: 38, group: 44, gridFont: 14 },
};
