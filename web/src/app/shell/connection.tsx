import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { queryClient } from "@/api/catalog";
import { onConnection } from "@/api/client";
import { hasDraft } from "@/lib/drafts";

/** A line at the top while the server cannot be reached. What is typed stays in this browser meanwhile. */
export function ConnectionLine() {
  const [isOn, setOn] = useState(true);
  useEffect(() => {
    let was = true;
    return onConnection((now) => {
      setOn(now);
      if (now && !was) void queryClient.invalidateQueries(); // what others have changed meanwhile
      was = now;
      // Cells that were written out of reach, also before a reload.
      if (now && hasDraft("cells")) void import("@/records/grid/edit").then((grid) => grid.sendHeld());
    });
  }, []);
  return (
    <div role="status" className="connection">
      {isOn ? null : (
        <span data-testid="offline">{t`连不上服务器，这里是上次看到的内容。写的先存在这台设备上，连上后再保存`}</span>
      )}
    </div>
  );
}
