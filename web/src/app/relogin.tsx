import { Suspense, useEffect, useRef, useState } from "react";
import { onForeignToken, onSessionEnd } from "@/api/client";
import { begin, leave, renewToken } from "@/api/session";
import type { Session } from "@/api/types";
import { late } from "@/ui/late";

const ReloginDialog = late(() =>
  import("@/features/accounts/relogin-dialog").then((part) => part.ReloginDialog),
);

/** What the one typed must not be saved as the other's, who may not even see this page: all of it goes. */
function goToOther(): false {
  window.location.assign("/");
  return false;
}

/** Asks for the password over the open page when the session has ended: nothing that was typed is lost. */
export function Relogin({ user }: Pick<Session, "user">) {
  const [open, setOpen] = useState(false);
  const waiting = useRef<((again: boolean) => void)[]>([]);
  useEffect(() => {
    onSessionEnd(
      () =>
        new Promise((resolve) => {
          waiting.current.push(resolve);
          setOpen(true);
        }),
    );
    onForeignToken(async () => (await renewToken()) || goToOther());
    return () => {
      onSessionEnd(null);
      onForeignToken(null);
    };
  }, []);
  const settle = (again: boolean) => {
    setOpen(false);
    for (const resolve of waiting.current.splice(0)) resolve(again);
  };
  return (
    <Suspense>
      {open ? (
        <ReloginDialog
          name={user.name}
          onLogin={async (who, password) => {
            const session = await begin(who, password);
            if (session.user.id === user.id) return settle(true);
            goToOther();
          }}
          onCancel={() => {
            settle(false);
            void leave();
          }}
        />
      ) : null}
    </Suspense>
  );
}
