// What the list shows and in which order: the menus at the right of the sentence.

import { t } from "@lingui/core/macro";
import { Button } from "antd";
import {
  ArrowUpDown,
  CalendarDays,
  Columns3,
  type LucideIcon,
  PaintBucket,
  Rows3,
  SquareKanban,
  Table2,
} from "lucide-react";
import { type ReactNode, Suspense, useState } from "react";
import type { Entity, Field, Sort } from "@/api/types";
import { textOf } from "@/i18n";
import { Choices } from "@/ui/choices";
import { DropPanel } from "@/ui/drop-panel";
import { Panel } from "@/ui/focus";
import { late } from "@/ui/late";
import { listable } from "./columns";
import type { Kind, RowRule } from "./params";

const panels = () => import("./list-panels");
const GroupPanel = late(() => panels().then((part) => part.GroupPanel));
const SortPanel = late(() => panels().then((part) => part.SortPanel));
const RulesPanel = late(() => panels().then((part) => part.RulesPanel));
const ColumnPanel = late(() => panels().then((part) => part.ColumnPanel));

export function KindSwitch({
  kind,
  kinds,
  onChange,
}: {
  kind: Kind;
  kinds: Kind[];
  onChange: (kind: Kind) => void;
}) {
  const all = {
    grid: { icon: Table2, label: t`表格` },
    board: { icon: SquareKanban, label: t`看板` },
    calendar: { icon: CalendarDays, label: t`日历` },
  };
  return (
    <Choices<Kind>
      label={t`怎么看`}
      name="kind"
      value={kind}
      choices={kinds.map((one) => ({ value: one, ...all[one] }))}
      onChange={onChange}
    />
  );
}

export function GroupMenu({
  entity,
  group,
  onChange,
}: {
  entity: Entity;
  group: Field | undefined;
  onChange: (key: string) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <PanelButton
      icon={Rows3}
      label={group ? t`分组：${textOf(group.label)}` : t`分组`}
      testid="group-button"
      open={open}
      onOpen={setOpen}
    >
      <GroupPanel
        entity={entity}
        group={group}
        onPick={(key) => {
          setOpen(false);
          onChange(key);
        }}
      />
    </PanelButton>
  );
}

interface PanelButtonProps {
  icon: LucideIcon;
  label: string;
  testid: string;
  children: ReactNode;
  /** Where a choice inside closes the panel. */
  open?: boolean;
  onOpen?: (open: boolean) => void;
}

/** A quiet button that opens a panel below itself. */
function PanelButton({ icon: Icon, label, testid, children, open, onOpen }: PanelButtonProps) {
  return (
    <DropPanel
      open={open}
      onOpenChange={onOpen}
      placement="bottomRight"
      content={
        <Suspense>
          <Panel>{children}</Panel>
        </Suspense>
      }
    >
      <Button type="text" size="small" icon={<Icon size={14} />} data-testid={testid}>
        {label}
      </Button>
    </DropPanel>
  );
}

export function SortMenu(props: { entity: Entity; sort: Sort[]; onChange: (sort: string) => void }) {
  const count = props.sort.length;
  return (
    <PanelButton icon={ArrowUpDown} label={count > 0 ? t`排序 ${count}` : t`排序`} testid="sort-button">
      <SortPanel {...props} />
    </PanelButton>
  );
}

export function RulesMenu(props: { entity: Entity; rules: RowRule[]; onChange: (rules: RowRule[]) => void }) {
  const count = props.rules.length;
  return (
    <PanelButton icon={PaintBucket} label={count > 0 ? t`行色 ${count}` : t`行色`} testid="rules-button">
      <RulesPanel {...props} />
    </PanelButton>
  );
}

export function ColumnMenu(props: {
  entity: Entity;
  shown: string[];
  onChange: (keys: string[] | null) => void;
}) {
  const all = props.entity.fields.filter(listable).length;
  return (
    <PanelButton icon={Columns3} label={t`列 ${props.shown.length}/${all}`} testid="column-button">
      <ColumnPanel {...props} />
    </PanelButton>
  );
}
