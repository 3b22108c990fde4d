import { createContext, useContext } from "react";

/** What lies over a page. The shell shows it; pages only ask for it. */
export type Layer = "palette" | "keys" | "quick-entry" | "notices" | "places";

export const OpenLayer = createContext<(layer: Layer) => void>(() => undefined);

/** Asks the shell to show a layer. */
export function useOpenLayer(): (layer: Layer) => void {
  return useContext(OpenLayer);
}
