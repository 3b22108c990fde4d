import type { Session } from "@/api/types";

// What to offer to whom. The server decides anyway; this only keeps useless buttons away.
const has = (session: Session, ...roles: string[]): boolean =>
  session.roles.some((role) => roles.includes(role));

export const mayImport = (session: Session): boolean => has(session, "admin", "owner", "manager", "sales");
export const mayBackUp = (session: Session): boolean => has(session, "admin");
