import { createCache, StyleProvider } from "@ant-design/cssinjs";
import { theme as antTheme, ConfigProvider, type ThemeConfig } from "antd";
import enUS from "antd/es/locale/en_US";
import zhCN from "antd/es/locale/zh_CN";
import dayjs from "dayjs";
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import "dayjs/locale/zh-cn";
import { currentLocale, type Locale } from "@/i18n";
import { recall, remember } from "@/lib/storage";
import { type Density, dark, fontOf, light, SIZES, type Sizes, type Tokens } from "./tokens";

/** antd's Chinese, with our wording where it asks. */
const chinese: typeof zhCN = {
  ...zhCN,
  global: { ...zhCN.global, placeholder: "选一项" },
  DatePicker: zhCN.DatePicker && {
    ...zhCN.DatePicker,
    lang: {
      ...zhCN.DatePicker.lang,
      placeholder: "选日期",
      yearPlaceholder: "选年份",
      quarterPlaceholder: "选季度",
      monthPlaceholder: "选月份",
      weekPlaceholder: "选周",
      rangePlaceholder: ["从", "到"],
    },
    timePickerLocale: {
      ...zhCN.DatePicker.timePickerLocale,
      placeholder: "选时间",
      rangePlaceholder: ["从", "到"],
    },
  },
  TimePicker: { ...zhCN.TimePicker, placeholder: "选时间", rangePlaceholder: ["从", "到"] },
};

export type Appearance = "auto" | "light" | "dark";

interface Look {
  tokens: Tokens;
  sizes: Sizes;
  isDark: boolean;
  appearance: Appearance;
  setAppearance: (appearance: Appearance) => void;
  density: Density;
  setDensity: (density: Density) => void;
}

const LookContext = createContext<Look | null>(null);

export function useLook(): Look {
  const look = use(LookContext);
  if (!look) throw new Error("no theme around this component");
  return look;
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

// In the body itself dialogs would lock its scrolling with a style element that the page's policy refuses.
const popups = (): HTMLElement => document.getElementById("popups") ?? document.body;

/** antd forgets the styles of a component when its last one leaves the page: whoever opens one record after the other
 * has all of them made, written and applied anew each time. Here each is held from its first use on. */
function lastingStyles() {
  const cache = createCache();
  const update = cache.opUpdate.bind(cache);
  cache.opUpdate = (key, change) =>
    update(key, (before) => {
      const after = change(before);
      return before === undefined && after ? [after[0] + 1, after[1]] : after; // one user more than there are
    });
  return cache;
}

const styles = lastingStyles();

/** Colours, fonts and texts of all components below; follows the system's light and dark unless told. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [appearance, setAppearance] = useState<Appearance>(() => recall<Appearance>("appearance") ?? "auto");
  const [density, setDensity] = useState<Density>(() => recall<Density>("density") ?? "compact");
  const system = useMedia("(prefers-color-scheme: dark)");
  const hasFingers = useMedia("(pointer: coarse)");
  const wantsContrast = useMedia("(prefers-contrast: more)");
  const isDark = appearance === "auto" ? system : appearance === "dark";
  const base = isDark ? dark : light;
  // Who asks for more contrast gets stronger lines, and inputs the border of a checkbox.
  const tokens = useMemo(
    () => (wantsContrast ? { ...base, line: base.line2, line2: base.ctl } : base),
    [base, wantsContrast],
  );
  const room = hasFingers ? "touch" : density;
  const sizes = SIZES[room];
  const locale = currentLocale();
  dayjs.locale(locale === "zh-CN" ? "zh-cn" : "en");

  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = isDark ? "dark" : "light";
    root.style.colorScheme = isDark ? "dark" : "light";
    for (const [name, value] of Object.entries(tokens)) root.style.setProperty(`--${name}`, value);
    for (const [name, value] of Object.entries(sizes)) root.style.setProperty(`--${name}`, `${value}px`);
    root.style.setProperty("--font", fontOf(locale));
  }, [isDark, tokens, sizes, locale]);

  const look: Look = {
    tokens,
    sizes,
    isDark,
    appearance,
    setAppearance: (next) => {
      remember("appearance", next);
      setAppearance(next);
    },
    density,
    setDensity: (next) => {
      remember("density", next);
      setDensity(next);
    },
  };
  return (
    <LookContext value={look}>
      <StyleProvider cache={styles}>
        <ConfigProvider
          csp={nonce ? { nonce } : undefined}
          locale={locale === "zh-CN" ? chinese : enUS}
          getPopupContainer={popups}
          button={{ autoInsertSpace: false }}
          theme={{
            ...antdTheme(tokens, sizes, room, isDark, locale),
            // Styles last, so every look needs its own.
            cssVar: {
              key: [
                "kehu",
                locale,
                isDark ? "dark" : "light",
                room,
                ...(wantsContrast ? ["contrast"] : []),
              ].join("-"),
            },
          }}
        >
          {children}
        </ConfigProvider>
      </StyleProvider>
    </LookContext>
  );
}

function useMedia(query: string): boolean {
  const [media] = useState(() => window.matchMedia(query));
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const follow = () => setMatches(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [media]);
  return matches;
}

const SHADOWS = {
  light: "0 6px 20px rgba(27,30,39,.11), 0 1px 3px rgba(27,30,39,.06)",
  dark: "0 6px 20px rgba(0,0,0,.5)",
};

function antdTheme(
  t: Tokens,
  sizes: Sizes,
  room: Density | "touch",
  isDark: boolean,
  locale: Locale,
): ThemeConfig {
  // In the dark a shadow is not seen; the line around a popup is.
  const shadow = `0 0 0 1px ${t.line2}, ${isDark ? SHADOWS.dark : SHADOWS.light}`;
  return {
    hashed: false,
    // The algorithm shades its seeds, in the dark above all; the colours of the tokens stand as they are.
    algorithm: [
      isDark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
      (seed, map = antTheme.defaultAlgorithm(seed)) => ({
        ...map,
        colorPrimary: t.acc,
        colorInfo: t.acc,
        colorError: t.red,
        colorWarning: t.amb,
        colorSuccess: t.grn,
      }),
    ],
    token: {
      colorPrimary: t.acc,
      colorInfo: t.acc,
      colorPrimaryHover: t.accH,
      colorLink: t.accT,
      colorText: t.ink1,
      colorTextSecondary: t.ink2,
      colorTextTertiary: t.ink3,
      colorTextDescription: t.ink3,
      colorTextPlaceholder: t.ink3,
      colorTextDisabled: t.ink4,
      colorTextQuaternary: t.ink3,
      colorBgLayout: t.desk,
      colorBgContainer: t.sheet,
      colorBgElevated: t.raised,
      colorBorder: t.line2,
      colorBorderSecondary: t.line,
      colorError: t.red,
      colorWarning: t.amb,
      colorSuccess: t.grn,
      borderRadius: 6,
      borderRadiusSM: 4,
      borderRadiusLG: 8,
      fontSize: 14,
      controlHeight: sizes.control,
      controlHeightSM: sizes.small,
      controlHeightLG: sizes.large,
      controlItemBgHover: t.press,
      controlItemBgActive: t.press,
      controlOutline: t.accL,
      boxShadow: shadow,
      boxShadowSecondary: shadow,
      sizeUnit: 4,
      sizeStep: 3.5,
      fontFamily: fontOf(locale),
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
    },
    components: {
      Menu: { itemSelectedBg: t.press, itemSelectedColor: t.ink1 },
      Segmented: { trackBg: t.press, itemSelectedBg: t.sheet, itemColor: t.ink2 },
      Checkbox: { colorBorder: t.ctl },
      Radio: { colorBorder: t.ctl },
      Switch: { colorTextQuaternary: t.ctl, colorTextTertiary: t.ctl },
      Button: {
        contentFontSize: room === "touch" ? 14 : 13,
        contentFontSizeSM: room === "touch" ? 14 : 13,
        contentFontSizeLG: room === "touch" ? 16 : 14,
        colorError: t.redT,
        colorErrorHover: t.redT,
        colorErrorActive: t.redT,
        colorErrorBgHover: t.redS,
        primaryShadow: "none",
        defaultShadow: "none",
        dangerShadow: "none",
        defaultHoverColor: t.accT,
        defaultHoverBorderColor: t.acc,
        defaultActiveColor: t.accT,
        defaultActiveBorderColor: t.acc,
      },
      Dropdown: { colorPrimary: t.accT, colorError: t.redT },
      Table: {
        headerBg: t.sheet2,
        headerColor: t.ink3,
        headerSplitColor: "transparent",
        cellPaddingBlockSM: 7,
      },
      Select: { optionSelectedBg: t.press, optionActiveBg: t.press, multipleItemBg: t.press },
      Modal: { titleFontSize: 18 },
      Form: { colorError: t.redT, itemMarginBottom: 16, verticalLabelPadding: "0 0 4px" },
    },
  };
}
