import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { type ReactElement, useState } from "react";
import type { Reference } from "@/api/types";
import { findReferences } from "@/fields/references";
import { DropMenu } from "@/ui/drop-menu";
import { Avatar } from "@/ui/marks";

interface Props {
  label: string;
  onChoose: (person: Reference) => void;
  children: ReactElement;
}

/** Colleagues to hand something to. */
export function PersonMenu({ label, onChoose, children }: Props) {
  const [open, setOpen] = useState(false);
  const people = useQuery({
    queryKey: ["references", "user", ""],
    queryFn: ({ signal }) => findReferences("user", "", signal),
    enabled: open,
    staleTime: 60_000,
  });
  const found = people.data ?? [];
  return (
    <DropMenu
      trigger={["click"]}
      onOpenChange={setOpen}
      menu={{
        items: [
          { key: "label", type: "group", label },
          ...found.map((person) => ({
            key: person.id,
            // The menu leaves its distance by a class, which an avatar does not take.
            icon: (
              <span>
                <Avatar name={person.label} />
              </span>
            ),
            label: person.label,
            onClick: () => onChoose(person),
          })),
          ...(people.isSuccess && found.length === 0
            ? [{ key: "none", disabled: true, label: t`还没有别的同事` }]
            : []),
        ],
      }}
    >
      {children}
    </DropMenu>
  );
}
