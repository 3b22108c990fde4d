import { theme as antTheme, ConfigProvider, type ThemeConfig } from "antd";
import enUS from "antd/es/locale/en_US";
import zhCN from "antd/es/locale/zh_CN";
import dayjs from "dayjs";
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import "dayjs/locale/zh-cn";
import { currentLocale } from "@/i18n";
import { recall, remember } from "@/lib/storage";
import { dark, FONT, light, type Tokens } from "./tokens";

export type Appearance = "auto" | "light" | "dark";

interface Look {
  tokens: Tokens;
  isDark: boolean;
  appearance: Appearance;
  setAppearance: (appearance: Appearance) => void;
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

/** Colours, fonts and texts of all components below; follows the system's light and dark unless told. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [appearance, setAppearance] = useState<Appearance>(() => recall<Appearance>("appearance") ?? "auto");
  const system = useSystemDark();
  const isDark = appearance === "auto" ? system : appearance === "dark";
  const tokens = isDark ? dark : light;
  const locale = currentLocale();
  dayjs.locale(locale === "zh-CN" ? "zh-cn" : "en");

  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = isDark ? "dark" : "light";
    root.style.colorScheme = isDark ? "dark" : "light";
    for (const [name, value] of Object.entries(tokens)) root.style.setProperty(`--${name}`, value);
  }, [isDark, tokens]);

  const choose = (next: Appearance) => {
    remember("appearance", next);
    setAppearance(next);
  };
  return (
    <LookContext value={{ tokens, isDark, appearance, setAppearance: choose }}>
      <ConfigProvider
        csp={nonce ? { nonce } : undefined}
        locale={locale === "zh-CN" ? zhCN : enUS}
        getPopupContainer={popups}
        button={{ autoInsertSpace: false }}
        theme={antdTheme(tokens, isDark)}
      >
        {children}
      </ConfigProvider>
    </LookContext>
  );
}

function useSystemDark(): boolean {
  const [media] = useState(() => window.matchMedia("(prefers-color-scheme: dark)"));
  const [isDark, setDark] = useState(media.matches);
  useEffect(() => {
    const follow = () => setDark(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [media]);
  return isDark;
}

function antdTheme(t: Tokens, isDark: boolean): ThemeConfig {
  return {
    cssVar: {},
    hashed: false,
    algorithm: isDark ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
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
      controlHeight: 30,
      controlHeightSM: 26,
      controlHeightLG: 38,
      sizeUnit: 4,
      sizeStep: 3.5,
      fontFamily: FONT,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
    },
    components: {
      Button: { primaryShadow: "none", defaultShadow: "none", dangerShadow: "none" },
      Table: {
        headerBg: t.sheet2,
        headerColor: t.ink3,
        headerSplitColor: "transparent",
        cellPaddingBlockSM: 7,
      },
      Select: { optionSelectedBg: t.press, optionActiveBg: t.press },
      Modal: { titleFontSize: 18 },
      Form: { itemMarginBottom: 16, verticalLabelPadding: "0 0 4px" },
    },
  };
}
