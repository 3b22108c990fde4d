import { lingui, linguiTransformerBabelPreset } from "@lingui/vite-plugin";
import babel from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The server that `npm run dev` forwards API calls to.
const backend = process.env.KEHU_DEV_SERVER ?? "http://127.0.0.1:8086";

// The grid asks for the frame of a cell's editor at the first cell that is opened. Without a network then, React would
// throw that import at the whole page; the frame has 4 kB and comes with the grid.
const overlayWithGrid = {
  name: "kehu-overlay-with-grid",
  transform(code: string, id: string) {
    if (!/glide-data-grid\/dist\/esm\/data-editor\/data-editor\.js$/.test(id)) return null;
    const asked = /const (DataGridOverlayEditor) = React\.lazy\(async \(\) => await import\(("[^"]+")\)\);/;
    if (!asked.test(code)) throw new Error("the grid asks for the frame of its editors in another way");
    return { code: code.replace(asked, "import $1 from $2;"), map: null };
  },
};

export default defineConfig({
  plugins: [overlayWithGrid, react(), lingui(), babel({ presets: [linguiTransformerBabelPreset()] })],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  // The table of divisions is shared with the server and lies outside this folder.
  server: { proxy: { "/api": backend }, fs: { allow: [".", "../src/kehu/base/common/data"] } },
  preview: { proxy: { "/api": backend } },
  build: {
    manifest: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    // What several pages need lies in few files: alone, each of 70 small ones costs a request of the first page and
    // compresses worse (18 kB on the first route).
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "base", test: /web\/src\/(ui|lib|api)\/.*\.tsx?$|@tanstack/, minShareCount: 8 },
            { name: "icons", test: /lucide-react|@ant-design\/icons/, minShareCount: 2 },
            { name: "parts", test: /web\/src\//, minShareCount: 3, maxModuleSize: 3_000 },
            { name: "rows", test: /web\/src\/records\/(grid|list)\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
  test: { environment: "happy-dom", isolate: false, include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"] },
});
