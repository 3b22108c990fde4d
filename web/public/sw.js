// Lets the app open without a network, with what this person saw last on this device. Registered only where somebody
// installed the app or switched it on (src/lib/offline.ts), so a shared computer keeps nothing.
//
// Two stores: the files of one build, and what was seen. What was seen exists only while the page has opened that store;
// it goes at sign-in, sign-out, 401 and after twelve hours, as a session does. It must never keep files, exports, tokens,
// people, searches or anything of another person.
const FILES = `kehu-files-${new URL(self.location.href).searchParams.get("build")}`;
const SEEN = "kehu-seen";
const HOURS = 12;
const MOST = 400;
const LARGEST = 1_000_000;
const PAGE_MS = 4_000;
const ANSWER_MS = 8_000;
const READ =
  /^\/api\/v1\/(me|ready|catalog|views|workdays|trash|changesets(\/\d+)?|records\/\w+\/\d+(\/history)?)$/;
const ASKED = /^\/api\/v1\/records\/\w+\/(query|aggregate)$/;

// Grows whenever what was seen goes: an answer that was asked for before is not kept after.
let turn = 0;

self.addEventListener("install", (event) => event.waitUntil(fetchFiles()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname === "/api/v1/session") event.respondWith(changePerson(request));
  else if (
    request.method === "GET" ? READ.test(url.pathname) : request.method === "POST" && ASKED.test(url.pathname)
  )
    event.respondWith(answer(request));
  else if (url.pathname.startsWith("/api/")) return;
  else if (request.mode === "navigate") event.respondWith(page(request));
  else if (request.method === "GET" && (url.pathname.startsWith("/assets/") || url.pathname === "/first.js"))
    event.respondWith(file(request));
});

async function fetchFiles() {
  const parts = Object.values(await (await fetch("/.vite/manifest.json")).json());
  const names = parts.flatMap((part) => [part.file, ...(part.css ?? []), ...(part.assets ?? [])]);
  const cache = await caches.open(FILES);
  await cache.addAll(["/", "/favicon.svg", "/first.js", ...new Set(names.map((name) => `/${name}`))]);
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys())
    if (name.startsWith("kehu-files-") && name !== FILES) await caches.delete(name);
  await dropOld();
  await self.clients.claim();
}

/** The page: from the server if it answers soon. */
async function page(request) {
  const fresh = fetch(request);
  const kept = await caches.match("/", { cacheName: FILES });
  if (!kept) return fresh;
  try {
    return await soon(fresh, PAGE_MS);
  } catch {
    await dropOld();
    return kept;
  }
}

async function file(request) {
  return (await caches.match(request, { cacheName: FILES, ignoreVary: true })) ?? fetch(request);
}

/** Signing in and out: what was seen goes, whatever the server says. */
async function changePerson(request) {
  await forget(request.method !== "DELETE");
  return fetch(request);
}

/** An answer of the server; without one, what was seen last. */
async function answer(request) {
  if (!(await caches.has(SEEN))) return fetch(request);
  const mine = turn;
  const key = await keyOf(request.clone());
  const fresh = fetch(request).then(async (response) => {
    if (response.status === 401) await forget(true);
    else if (response.status === 200) await keep(key, response.clone(), mine);
    return response;
  });
  const kept = await caches.match(key, { cacheName: SEEN });
  if (!kept || isOld(kept)) return fresh;
  try {
    return await soon(fresh, ANSWER_MS);
  } catch {
    return mine === turn ? kept : fresh;
  }
}

async function keep(key, response, mine) {
  const body = await response.arrayBuffer();
  if (body.byteLength > LARGEST || mine !== turn || !(await caches.has(SEEN))) return;
  const headers = { "Content-Type": "application/json", "X-Kehu-Seen": new Date().toISOString() };
  const cache = await caches.open(SEEN);
  await cache.put(key, new Response(body, { headers }));
  if (mine !== turn) await forget(true);
  const keys = await cache.keys();
  for (const one of keys.slice(0, Math.max(0, keys.length - MOST))) await cache.delete(one);
}

/** Removes what was seen; with `on` an empty store stays, so that new answers are kept. */
async function forget(on) {
  turn += 1;
  const there = await caches.delete(SEEN);
  if (there && on) await caches.open(SEEN);
}

async function dropOld() {
  if (!(await caches.has(SEEN))) return;
  const cache = await caches.open(SEEN);
  for (const key of await cache.keys()) {
    const kept = await cache.match(key);
    if (kept && isOld(kept)) await cache.delete(key);
  }
}

const isOld = (kept) => Date.now() - Date.parse(kept.headers.get("X-Kehu-Seen")) > HOURS * 3_600_000;

/** The address of what is asked; a question in a body becomes part of it. */
async function keyOf(request) {
  if (request.method === "GET") return request.url;
  const hash = await crypto.subtle.digest("SHA-256", await request.arrayBuffer());
  const text = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${request.url}?asked=${text}`;
}

/** The promise, or an error when it takes too long: a phone on another network waits minutes for a refusal. */
function soon(promise, ms) {
  promise.catch(() => undefined);
  return Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error("late")), ms))]);
}
