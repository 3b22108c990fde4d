// What the page that one goes to is to do when it opens: said by the step of the history, and done once.
import { useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The list opens with the form of a new record. */
    creating?: boolean;
    /** The record opens with the cursor where a follow-up is written. */
    writing?: boolean;
    /** The record opens with the choice of the next date. */
    dating?: boolean;
  }
}

/** Does what was asked for as soon as the page is ready; whoever comes back or reloads asks for nothing. */
export function useWish(name: "creating" | "writing" | "dating", isReady: boolean, fulfil: () => void): void {
  const router = useRouter();
  const isAsked = useRouterState({ select: ({ location }) => location.state[name] === true });
  useEffect(() => {
    if (!isAsked || !isReady) return;
    const { href, state } = router.state.location;
    router.history.replace(href, { ...state, [name]: undefined });
    fulfil();
  }, [isAsked, isReady, name, router, fulfil]);
}
