import type { Value } from "@/api/types";
import { labelOf } from "@/fields/options";
import { FLAGS, Flag } from "@/ui/marks";

const MOST = 2;

/** The flags of a customer beside its name; what is normal needs none. */
export function Flags({ value }: { value: Value }) {
  const keys = Array.isArray(value) ? value.map(String).filter((key) => key !== "normal") : [];
  return (
    <>
      {keys.slice(0, MOST).map((key) => {
        const [family, icon] = FLAGS[key] ?? [];
        return (
          <Flag key={key} family={family ?? "sla"} icon={icon} text={labelOf("customer", "flags", key)} />
        );
      })}
      {keys.length > MOST ? <span className="quiet small">+{keys.length - MOST}</span> : null}
    </>
  );
}
