import type { ConflictField } from "./types";

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
  row?: number;
  cell?: string;
}

interface ProblemDocument {
  title?: string;
  detail?: string;
  code?: string;
  errors?: FieldProblem[];
  conflicts?: ConflictField[];
}

/** An answer of the server that is not a success, or no answer at all (status 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | null;
  readonly errors: FieldProblem[];
  readonly conflicts: ConflictField[];

  constructor(status: number, body: ProblemDocument) {
    const first = body.errors?.find((item) => item.message)?.message;
    super(body.detail || first || body.title || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "network" : `http.${status}`);
    this.detail = body.detail ?? null;
    this.errors = body.errors ?? [];
    this.conflicts = body.conflicts ?? [];
  }
}

/** Reads the problem document of a failed answer; a body that is none still gives a Problem. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null)
      return new Problem(response.status, body as ProblemDocument);
  } catch {
    // not JSON: a proxy in between answered; its page is of no use to the reader
  }
  return new Problem(response.status, {});
}

/** True when nothing came back: the network is down or the server is not running. */
export function isOffline(error: unknown): boolean {
  return error instanceof Problem && error.status === 0;
}

/** True when one has to sign in first: the session is over. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}
