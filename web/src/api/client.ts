import { Problem, problemOf } from "./problem";

const BASE = "/api/v1";

declare global {
  interface Window {
    /** Answers that `public/first.js` has asked for before this code was here. */
    kehuAsked?: Record<string, Promise<Response>>;
  }
}
const EARLY_MS = 10_000;

let csrf = "";
let language = "zh-CN";
let renewSession: (() => Promise<boolean>) | null = null;

/** The token that the server wants to see on everything that changes something. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** The language in which the server words its answers. */
export function setApiLanguage(locale: string): void {
  language = locale;
}

/**
 * What to do when the session has ended: ask for the password over the page that is open, so that nothing
 * typed is lost. Resolves to true when the call may be tried again.
 */
export function onSessionEnd(ask: (() => Promise<boolean>) | null): void {
  renewSession = ask;
}

let renewToken: (() => Promise<boolean>) | null = null;

/**
 * What to do when the token is that of another session: somebody has signed in anew in another window. Resolves to true
 * when the call may be tried again.
 */
export function onForeignToken(ask: (() => Promise<boolean>) | null): void {
  renewToken = ask;
}

type ConnectionWatcher = (isOn: boolean) => void;
const connectionWatchers = new Set<ConnectionWatcher>();
let connected = true;
let checking: ReturnType<typeof setInterval> | undefined;

/** Tells when the server gets out of reach and when it is back; returns the way to stop. */
export function onConnection(watcher: ConnectionWatcher): () => void {
  connectionWatchers.add(watcher);
  watcher(connected);
  return () => connectionWatchers.delete(watcher);
}

function setConnected(isOn: boolean): void {
  if (isOn === connected) return;
  connected = isOn;
  clearInterval(checking);
  if (!isOn)
    checking = setInterval(() => void fetch(`${BASE}/health`).then(() => setConnected(true), noop), 3_000);
  for (const watcher of connectionWatchers) watcher(isOn);
}
const noop = (): void => undefined;

export interface CallOptions {
  body?: unknown;
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Do not ask for a new login on 401: the caller wants to know. */
  anonymous?: boolean;
}

/** One call; the answer's JSON, or undefined for 204. Throws Problem. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>("GET", path, { signal });
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
  call<T>("POST", path, { body: body ?? {}, signal });

/** POST that must not happen twice: a retry after a lost answer gets the first answer, also later under the same key. */
export async function create<T>(path: string, body: unknown, key: string = randomKey()): Promise<T> {
  const headers = { "Idempotency-Key": key };
  try {
    return await call<T>("POST", path, { body, headers });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 0) throw error;
    return call<T>("POST", path, { body, headers });
  }
}

/** Fetches a file and hands it to the browser's download. */
export function downloadUrl(path: string): string {
  return BASE + path;
}

/** The answer to the first question of a page, where `first.js` has it. A write makes all of them old. */
async function asked(method: string, path: string): Promise<Response | undefined> {
  const early = performance.now() < EARLY_MS ? window.kehuAsked?.[path] : undefined;
  if (method !== "GET") window.kehuAsked = undefined;
  if (method !== "GET" || !early) return undefined;
  delete window.kehuAsked?.[path];
  const answer = await early.catch(() => undefined);
  return answer?.ok ? answer : undefined;
}

async function send(method: string, path: string, options: CallOptions, again = false): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": language,
    ...options.headers,
  };
  if (method !== "GET" && csrf) headers["X-Kehu-CSRF"] = csrf;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response =
      (await asked(method, path)) ??
      (await fetch(BASE + path, {
        method,
        headers,
        body: options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
        signal: options.signal,
        credentials: "same-origin",
      }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    setConnected(false);
    throw new Problem(0, {});
  }
  setConnected(!response.headers.has("X-Kehu-Seen"));
  if (response.ok) return response;
  const problem = await problemOf(response);
  const isOver = problem.status === 401 && !options.anonymous;
  const renew = isOver ? renewSession : problem.code === "csrf.wrong" ? renewToken : null;
  if (!again && renew && (await renew())) return send(method, path, options, true);
  throw problem;
}

/** 128 random bits; `crypto.randomUUID` does not exist on plain-http addresses. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
