import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { onConnection } from "@/api/client";

/** A line at the top while the server cannot be reached. What is typed stays in this browser meanwhile. */
export function ConnectionLine() {
  const [isOn, setOn] = useState(true);
  useEffect(() => onConnection(setOn), []);
  return (
    <div role="status" className="connection">
      {isOn ? null : (
        <span data-testid="offline">{t`连不上服务器。写的内容先存在这台电脑上，连上后再保存`}</span>
      )}
    </div>
  );
}
