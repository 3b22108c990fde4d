import { CompactSelection, type GridSelection } from "@glideapps/glide-data-grid";

export const NOTHING: GridSelection = { columns: CompactSelection.empty(), rows: CompactSelection.empty() };
