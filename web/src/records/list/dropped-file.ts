// A workbook that was dropped on a list or at the first run, on its way to the import page.
let waiting: { file: File; entity?: string } | null = null;

export function leaveFile(file: File, entity?: string): void {
  waiting = { file, entity };
}

export function takeFile(): { file: File; entity?: string } | null {
  const taken = waiting;
  waiting = null;
  return taken;
}
