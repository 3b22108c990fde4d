export function ChangesetsPage() {
  return null;
}
