// The shapes of the line icons, for places where no component can stand: the canvas of the grid.

/** On a grid of 24; `lucide.d.ts` says which icons are used so. */
export interface IconData {
  node: [tag: string, attributes: Record<string, string>][];
}
