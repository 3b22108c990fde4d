import { defineConfig } from "@lingui/cli";
import { formatter } from "@lingui/format-po";

const areas = ["app", "features", "fields", "records", "ui"];

// Source texts are Chinese and stand in the code; one catalogue per area and language.
export default defineConfig({
  sourceLocale: "zh-CN",
  locales: ["zh-CN", "en"],
  format: formatter({ origins: false, lineNumbers: false }),
  catalogs: areas.map((area) => ({
    path: `<rootDir>/src/i18n/{locale}/${area}`,
    include: [`<rootDir>/src/${area}`],
  })),
});
