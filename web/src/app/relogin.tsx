import { Suspense, useEffect, useRef, useState } from "react";
import { onSessionEnd } from "@/api/client";
import { begin, end } from "@/api/session";
import { late } from "@/ui/late";

const ReloginDialog = late(() =>
  import("@/features/accounts/relogin-dialog").then((part) => part.ReloginDialog),
);

/** Asks for the password over the open page when the session has ended: nothing that was typed is lost. */
export function Relogin({ name }: { name: string }) {
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
    return () => onSessionEnd(null);
  }, []);
  const settle = (again: boolean) => {
    setOpen(false);
    for (const resolve of waiting.current.splice(0)) resolve(again);
  };
  return (
    <Suspense>
      {open ? (
        <ReloginDialog
          name={name}
          onLogin={async (who, password) => {
            await begin(who, password);
            settle(true);
          }}
          onCancel={() => {
            settle(false);
            void end();
          }}
        />
      ) : null}
    </Suspense>
  );
}
