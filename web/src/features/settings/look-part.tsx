import { t } from "@lingui/core/macro";
import { Segmented, Switch } from "antd";
import { useState } from "react";
import { lettersOn, setLetters } from "@/lib/letters";
import { type Appearance, useLook } from "@/ui/theme";
import type { Density } from "@/ui/tokens";
import { useMedia } from "@/ui/use-media";

/** How the pages look on this computer. */
export function LookPart() {
  const { appearance, setAppearance, density, setDensity } = useLook();
  // Where there is only a finger there are no keys.
  const isTouch = useMedia("(hover: none) and (pointer: coarse)");
  // Fingers have sizes of their own, whatever is chosen.
  const hasFingers = useMedia("(pointer: coarse)");
  const [letters, setOn] = useState(lettersOn);
  return (
    <section>
      <h2>{t`外观`}</h2>
      <div className="setting">
        <span>{t`明暗`}</span>
        <span>
          <Segmented<Appearance>
            aria-label={t`明暗`}
            value={appearance}
            onChange={setAppearance}
            options={[
              { value: "auto", label: t`跟随系统` },
              { value: "light", label: t`浅色` },
              { value: "dark", label: t`深色` },
            ]}
          />
        </span>
      </div>
      {hasFingers ? null : (
        <div className="setting">
          <span>{t`疏密`}</span>
          <span>
            <Segmented<Density>
              aria-label={t`疏密`}
              value={density}
              onChange={setDensity}
              options={[
                { value: "compact", label: t`紧凑` },
                { value: "comfortable", label: t`宽松` },
              ]}
            />
          </span>
        </div>
      )}
      {isTouch ? null : (
        <div className="setting">
          <span>{t`单字母键`}</span>
          <span className="line">
            <Switch
              aria-label={t`单字母键`}
              checked={letters}
              onChange={(on) => {
                setLetters(on);
                setOn(on);
              }}
            />
            <span className="quiet small">{t`N 快速录入、F 写跟进、? 看所有按键`}</span>
          </span>
        </div>
      )}
    </section>
  );
}
