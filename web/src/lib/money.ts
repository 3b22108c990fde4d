// Money travels as decimal text in 元. It is never turned into a float: only grouped and padded.

/** "-12800.5" → "−12,800.50"; text that is no number comes back as it is. */
export function formatMoney(text: string): string {
  const match = /^([-−]?)(\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) return text;
  const [, sign, whole, fraction = ""] = match;
  return `${sign ? "−" : ""}${group(whole as string)}.${fraction.padEnd(2, "0")}`;
}

/** Groups the digits of a number's text by thousands; the fraction stays as it is. */
export function formatNumber(value: string | number): string {
  const match = /^([-−]?)(\d+)(\.\d+)?$/.exec(String(value).trim());
  if (!match) return String(value);
  const [, sign, whole, fraction = ""] = match;
  return `${sign ? "−" : ""}${group(whole as string)}${fraction}`;
}

const FACTORS: Record<string, number> = { 元: 0, 块: 0, 万: 4, 万元: 4, 亿: 8, 亿元: 8 };

/**
 * What a person typed → the text that the server takes: "1.28万" → "12800", "￥1,280.50 元" → "1280.50",
 * "１２００" → "1200". Null when it is no number.
 */
export function parseNumber(typed: string): string | null {
  const text = typed
    .normalize("NFKC")
    .replace(/[\s,，¥]/g, "")
    .replace(/^(RMB|CNY)/i, "")
    .replace(/−/g, "-");
  const match = /^([-+]?)(\d+)(?:\.(\d+))?(元|块|万元|万|亿元|亿)?$/.exec(text);
  if (!match) return null;
  const [, sign, whole = "", fraction = "", unit] = match;
  const shift = unit ? (FACTORS[unit] ?? 0) : 0;
  const digits = whole + fraction.slice(0, shift).padEnd(shift, "0");
  const rest = fraction.slice(shift);
  const number = digits.replace(/^0+(?=\d)/, "") + (rest ? `.${rest}` : "");
  return (sign === "-" ? "-" : "") + number;
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Moves the decimal point of a number's text: ("0.1250", 2) → "12.5". Other text comes back as it is. */
export function shiftPoint(text: string, places: number): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) return text;
  const [, sign = "", whole = "", fraction = ""] = match;
  const point = whole.length + places;
  const digits = (whole + fraction).padStart(whole.length + fraction.length + Math.max(0, 1 - point), "0");
  const at = Math.max(point, 1);
  const left = digits
    .slice(0, at)
    .padEnd(at, "0")
    .replace(/^0+(?=\d)/, "");
  const right = digits.slice(at).replace(/0+$/, "");
  return `${sign}${left}${right ? `.${right}` : ""}`;
}
