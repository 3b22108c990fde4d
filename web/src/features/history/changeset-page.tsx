export function ChangesetPage() {
  return null;
}
