import { Problem } from "./problem";
import type { Job } from "./types";

const DONE = ["done", "ready", "finished", "applied", "succeeded", "complete", "completed"];

export const isDone = (job: Job): boolean => DONE.includes(job.state);

/** Asks again until the job has ended; throws its error. */
export async function waitForJob<T extends Job>(job: T, again: () => Promise<T>): Promise<T> {
  let now = job;
  let pause = 200;
  while (!isDone(now)) {
    if (now.state === "failed") throw new Problem(500, { code: now.error?.code, detail: now.error?.message });
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 1.5, 2_000);
    now = await again();
  }
  return now;
}

/** Starts the browser's download of an address. */
export function saveFile(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  document.body.appendChild(link);
  link.click();
  link.remove();
}
