// Opening without a network: whether this device may, wishes to, and what it then keeps. The work is done by
// public/sw.js; here it is switched on and off. It needs a secure connection, so not on plain-http addresses.
import { recall, remember } from "./storage";
import { workerUrl } from "./trusted-types";

const SEEN = "kehu-seen"; // as in sw.js

export const canBeOffline = (): boolean =>
  window.isSecureContext && "serviceWorker" in navigator && "caches" in window;

/** Somebody put the app on this device's home screen, so the device is somebody's own. */
const isInstalled = (): boolean => window.matchMedia("(display-mode: standalone)").matches;

export const wantsOffline = (): boolean => canBeOffline() && (recall<boolean>("offline") ?? isInstalled());

/** Keeps from now on what this person sees. `again` runs once, when answers begin to be kept. */
export async function keepSeen(again: () => void): Promise<void> {
  const seen = await caches.open(SEEN);
  const was = navigator.serviceWorker.controller;
  // Somebody has just signed in: what the page asked before is asked once more, to be kept.
  if (was && (await seen.keys()).length === 0) again();
  if (!was) navigator.serviceWorker.addEventListener("controllerchange", again, { once: true });
  const build = document.querySelector<HTMLScriptElement>("script[type=module]")?.src.split("/").at(-1) ?? "";
  await navigator.serviceWorker.register(workerUrl(`/sw.js?build=${encodeURIComponent(build)}`));
}

/** Removes what was seen here; it is kept again when somebody signs in. */
export async function forgetSeen(): Promise<void> {
  if (canBeOffline()) await caches.delete(SEEN);
}

/** The person's own choice for this device. */
export async function chooseOffline(on: boolean, again: () => void): Promise<void> {
  remember("offline", on);
  if (on) return keepSeen(again);
  const registered = await navigator.serviceWorker.getRegistration("/");
  await registered?.unregister();
  for (const name of await caches.keys()) if (name.startsWith("kehu-")) await caches.delete(name);
}
