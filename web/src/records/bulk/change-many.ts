import { plural } from "@lingui/core/macro";
import { api, type BulkBody } from "@/api/calls";
import { announce } from "@/api/events";
import { waitForJob } from "@/api/jobs";
import type { BulkAnswer, Entity } from "@/api/types";
import { toast } from "@/ui/toast";
import { faultOf } from "../fault";
import { recordChange } from "../undo";

/** Changes, or deletes, the selected records as one change-set that the toast takes back. */
export async function changeMany(
  entity: Entity,
  body: BulkBody,
  said: (count: number) => string,
): Promise<boolean> {
  try {
    const answer = await api.bulk(entity.key, body);
    announce(entity.key);
    if (answer.state === "applying") await untilApplied(answer);
    announce(entity.key);
    recordChange(said(answer.affected), [answer.changeset]);
    return true;
  } catch (error) {
    toast(faultOf(error));
    return false;
  }
}

/** A large change goes on in the background: it is over when its change-set says so. */
async function untilApplied(answer: BulkAnswer): Promise<void> {
  const id = answer.changeset;
  if (id === null) return;
  toast(plural(answer.affected, { other: "正在改 # 条，可以继续做别的" }));
  const state = async () => ({ id, state: (await api.changeset(id)).state ?? "applied" });
  await waitForJob({ id, state: "applying" }, state);
}
