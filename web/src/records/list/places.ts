// Where lists were left, so that coming back finds the same rows. Kept for as long as the page is open.
const tops = new Map<string, number>();

export const placeOf = (key: string): number => tops.get(key) ?? 0;
export const keepPlace = (key: string, line: number): void => void tops.set(key, line);
