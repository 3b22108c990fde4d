import { t } from "@lingui/core/macro";
import { Calendar, Dropdown } from "antd";
import dayjs from "dayjs";
import { type ReactElement, useState } from "react";
import { ledgerDay } from "@/lib/dates";
import { sayDay, weekdayName } from "@/ui/days";
import { useProposals } from "@/ui/use-proposals";

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
    <Dropdown
      trigger={["click"]}
      open={open}
      onOpenChange={show}
      popupRender={(menu) =>
        picking ? (
          <div className="calendar-popup">
            <Calendar
              fullscreen={false}
              disabledDate={(date) => date.format("YYYY-MM-DD") < ledgerDay()}
              onSelect={(date, info) => info.source === "date" && choose(date.format("YYYY-MM-DD"))}
              defaultValue={dayjs(ledgerDay())}
            />
          </div>
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
                  label: t`${skipped.map((day) => sayDay(day).slice(-5)).join("、")} 休息，已跳过`,
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
    </Dropdown>
  );
}

/** The menu closes on a click; the calendar opens in its place. */
function openCalendar(setOpen: (open: boolean) => void, setPicking: (picking: boolean) => void): void {
  setPicking(true);
  setOpen(true);
}
