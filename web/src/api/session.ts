import { useQuery } from "@tanstack/react-query";
import { api } from "@/api/calls";
import { expectCatalog, queryClient } from "@/api/catalog";
import { setCsrf } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Session } from "@/api/types";
import { forgetDrafts } from "@/lib/drafts";
import { forgetSeen } from "@/lib/offline";
import { forget, recall, remember } from "@/lib/storage";

const KEY = ["me"];

/** Who is logged in; null when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: KEY,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Session | null> => {
      try {
        const session = await api.me();
        setCsrf(session.csrf);
        belong(session);
        void expectCatalog();
        return session;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** Takes over a fresh login. */
export async function begin(name: string, password: string): Promise<Session> {
  const answer = await api.login(name, password);
  setCsrf(answer.csrf);
  // The answer of the login need not hold everything that `me` tells.
  const session = answer.roles ? answer : await api.me();
  belong(session);
  queryClient.setQueryData(KEY, session);
  return session;
}

/** Drafts and what was opened last belong to one person: another one finds nothing of it. */
function belong(session: Session): void {
  const before = recall<number>("person");
  if (before !== session.user.id) forgetMine();
  if (before !== null && before !== session.user.id) void forgetSeen();
  remember("person", session.user.id);
}

const leaving: (() => void)[] = [];

/** Calls back when what a window keeps of one person must not be found by the next. */
export const onPersonChange = (forget: () => void): void => void leaving.push(forget);

function forgetMine(): void {
  for (const forget of leaving) forget();
  forgetDrafts();
  forget("recent");
  forget("person");
}

/** Another window has signed in anew: the same person goes on with the new token, of another one it is false. */
export async function renewToken(): Promise<boolean> {
  const now = await api.me();
  if (now.user.id !== queryClient.getQueryData<Session>(KEY)?.user.id) return false;
  setCsrf(now.csrf);
  return true;
}

/** Signs out. */
export async function end(): Promise<void> {
  try {
    await api.logout();
  } catch (error) {
    // It was over already.
    if (!(error instanceof Problem) || error.status !== 401) throw error;
  } finally {
    forgetMine();
    await leave();
  }
}

/** The session is over. Drafts stay for the one who comes back: whoever else signs in finds nothing of them. */
export async function leave(): Promise<void> {
  setCsrf("");
  await forgetSeen();
  queryClient.setQueryData(KEY, null);
  // Nothing that the one saw may be left for the next; `ready` belongs to nobody.
  queryClient.removeQueries({
    predicate: ({ queryKey }) => !["me", "ready", "divisions"].includes(String(queryKey[0])),
  });
}
