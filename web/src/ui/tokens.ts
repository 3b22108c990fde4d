// The colours of paper, ink and seal. CSS reads them as variables, the grid and antd from these objects.

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
  slaT: string;
  slaS: string;
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
  slaT: "#4F5563",
  slaS: "#F0EFEE",
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
  slaT: "#B3B7C1",
  slaS: "#24272E",
};

export const FONT =
  '-apple-system, "PingFang SC", "HarmonyOS Sans SC", "MiSans", "Microsoft YaHei UI", "Microsoft YaHei", "Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif';
