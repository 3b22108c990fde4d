import { t } from "@lingui/core/macro";
import { type ReactElement, Suspense, useState } from "react";
import { sayDay, weekdayName } from "@/ui/days";
import { DropMenu } from "@/ui/drop-menu";
import { Panel } from "@/ui/focus";
import { late } from "@/ui/late";
import { useProposals } from "@/ui/use-proposals";

const DayPicker = late(() => import("@/ui/day-picker").then((part) => part.DayPicker));

interface Props {
  label: string;
  onChoose: (day: string) => void;
  children: ReactElement;
}

/** The days one may move something to: near working days first, any other from a calendar. */
export function DateMenu({ label, onChoose, children }: Props) {
  const { proposals, skipped } = useProposals();
  const [open, setOpen] = useState(false);
  const [picking, setPicking] = useState(false);
  const choose = (day: string) => {
    setOpen(false);
    setPicking(false);
    onChoose(day);
  };
  const show = (next: boolean) => {
    setOpen(next);
    if (!next) setPicking(false);
  };
  return (
    <DropMenu
      trigger={["click"]}
      open={open}
      onOpenChange={show}
      popupRender={(menu) =>
        picking ? (
          <Suspense>
            <Panel>
              <DayPicker value={null} onChoose={choose} />
            </Panel>
          </Suspense>
        ) : (
          menu
        )
      }
      menu={{
        items: [
          { key: "label", type: "group", label },
          ...proposals.map((proposal) => ({
            key: proposal.day,
            label: (
              <span className="menu-day">
                <span>{proposal.label}</span>
                <span className="quiet">
                  {proposal.label.includes(proposal.day.slice(5))
                    ? ""
                    : `${proposal.day.slice(5)} ${weekdayName(proposal.day)}`}
                </span>
              </span>
            ),
            onClick: () => choose(proposal.day),
          })),
          { key: "pick", label: t`选日期…` },
          ...(skipped.length > 0
            ? [
                { type: "divider" as const },
                {
                  key: "skipped",
                  type: "group" as const,
                  label: t`${skipped.map((day) => sayDay(day).slice(-5)).join(t`、`)} 休息，已跳过`,
                },
              ]
            : []),
        ],
        onClick: ({ key }) => {
          if (key === "pick") setTimeout(() => openCalendar(setOpen, setPicking), 0);
        },
      }}
    >
      {children}
    </DropMenu>
  );
}

/** The menu closes on a click; the calendar opens in its place. */
function openCalendar(setOpen: (open: boolean) => void, setPicking: (picking: boolean) => void): void {
  setPicking(true);
  setOpen(true);
}
