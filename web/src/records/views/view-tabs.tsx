import { t } from "@lingui/core/macro";
import { Button, Input } from "antd";
import { CalendarDays, ChevronDown, Plus, SquareKanban, Users } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/api/session";
import type { Entity, View } from "@/api/types";
import { pluralOf } from "@/i18n";
import { copyText } from "@/lib/clipboard";
import { DropMenu } from "@/ui/drop-menu";
import { DropPanel } from "@/ui/drop-panel";
import { Panel } from "@/ui/focus";
import { toast } from "@/ui/toast";
import { paramsOfView, viewOfParams } from "../list/params";
import type { ListState } from "../list/use-list";
import { changeView, createView, deleteView } from "./use-views";
import "./views.css";

interface Props {
  entity: Entity;
  views: View[];
  list: ListState;
  /** Opens the field for a new name; also the filter builder asks for it. */
  naming: boolean;
  onNaming: (open: boolean) => void;
}

export const mayShare = (permissions: string[] | undefined): boolean =>
  permissions?.includes("ledger:views_shared") ?? false;

/** The saved views of a list as tabs; a changed one shows a dot and how to keep the change. */
export function ViewTabs({ entity, views, list, naming, onNaming }: Props) {
  const { view, changed } = list;
  const save = () =>
    view &&
    changeView(view, { data: viewOfParams(list.params) }, t`已存到视图「${view.name}」`).then(
      (ok) => ok && list.open(view),
    );
  const plainChanged =
    !view && Object.keys(list.params).some((key) => ["where", "group", "rules", "as", "sort"].includes(key));
  return (
    <div className="view-tabs">
      <nav className="view-tabs-list" aria-label={t`视图`}>
        <button
          type="button"
          className="view-tab underlined-tab"
          aria-current={view ? undefined : "page"}
          data-testid="view-plain"
          onClick={() => list.open(null)}
        >
          {t`全部${pluralOf(entity.label)}`}
        </button>
        {views.map((one) => (
          <span key={one.id} className="view-tab-box" data-current={one.id === view?.id || undefined}>
            <button
              type="button"
              className="view-tab underlined-tab"
              aria-current={one.id === view?.id ? "page" : undefined}
              data-testid={`view-${one.id}`}
              title={one.shared ? t`${one.name}（大家共用）` : one.name}
              onClick={() => list.open(one)}
            >
              <ViewIcon view={one} />
              <span className="view-name">{one.name}</span>
              {one.shared ? <Users size={12} className="view-shared" aria-label={t`大家共用`} /> : null}
              {one.id === view?.id && changed ? <i className="view-dot" title={t`有没存的改动`} /> : null}
            </button>
            {one.id === view?.id ? <ViewMenu view={one} list={list} /> : null}
          </span>
        ))}
        <DropPanel
          open={naming}
          onOpenChange={onNaming}
          placement="bottomLeft"
          content={
            <Panel>
              <NameForm entity={entity} list={list} onDone={() => onNaming(false)} />
            </Panel>
          }
        >
          <button
            type="button"
            className="view-tab underlined-tab"
            aria-label={t`存为新视图`}
            data-testid="view-new"
          >
            <Plus size={14} />
          </button>
        </DropPanel>
      </nav>
      {view && changed ? (
        <span className="view-save">
          <Button size="small" data-testid="view-save" onClick={() => void save()}>{t`存`}</Button>
          <Button size="small" type="text" onClick={() => onNaming(true)}>{t`另存`}</Button>
          <Button size="small" type="text" onClick={() => list.open(view)}>{t`还原`}</Button>
        </span>
      ) : plainChanged ? (
        <span className="view-save">
          <Button
            size="small"
            type="text"
            data-testid="view-save-as"
            onClick={() => onNaming(true)}
          >{t`存为视图`}</Button>
        </span>
      ) : null}
    </div>
  );
}

function ViewIcon({ view }: { view: View }) {
  const kind = paramsOfView(view).as;
  if (kind === "board") return <SquareKanban size={14} strokeWidth={1.75} aria-label={t`看板`} />;
  if (kind === "calendar") return <CalendarDays size={14} strokeWidth={1.75} aria-label={t`日历`} />;
  return null;
}

function NameForm({ entity, list, onDone }: { entity: Entity; list: ListState; onDone: () => void }) {
  const session = useSession().data;
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [shared, setShared] = useState(false);
  const save = async () => {
    const wanted = name.trim();
    if (!wanted) return toast(t`给视图起个名字`);
    setBusy(true);
    const view = await createView(entity.key, wanted, viewOfParams(list.params), shared);
    setBusy(false);
    if (!view) return;
    onDone();
    list.open(view);
  };
  return (
    <form
      className="stack view-form"
      data-testid="view-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Input
        autoFocus
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder={t`比如：7 天内要跟进`}
        aria-label={t`视图的名字`}
        data-testid="view-name"
      />
      {mayShare(session?.permissions) ? (
        <label className="line">
          <input
            type="checkbox"
            checked={shared}
            onChange={(event) => setShared(event.target.checked)}
            data-testid="view-shared"
          />
          {t`大家都能看到`}
        </label>
      ) : null}
      <Button type="primary" htmlType="submit" loading={busy} data-testid="view-create">{t`存视图`}</Button>
    </form>
  );
}

function ViewMenu({ view, list }: { view: View; list: ListState }) {
  const session = useSession().data;
  const [renaming, setRenaming] = useState(false);
  const [name, setName] = useState(view.name);
  const share = mayShare(session?.permissions);
  const may = view.own || share;
  const link = () => {
    const address = window.location.href;
    void copyText(address).then((ok) => toast(ok ? t`链接已复制` : address));
  };
  const run = (key: string) => {
    if (key === "rename") setRenaming(true);
    else if (key === "link") link();
    else if (key === "share")
      void changeView(
        view,
        { shared: !view.shared },
        view.shared ? t`「${view.name}」只有你能看到了` : t`「${view.name}」大家都能看到了`,
      );
    else if (key === "standard")
      void changeView(
        view,
        { standard: !view.standard },
        view.standard ? t`打开时不再先看「${view.name}」` : t`以后打开先看「${view.name}」`,
      );
    else if (key === "delete") void deleteView(view).then((ok) => ok && list.open(null));
  };
  return (
    <DropPanel
      open={renaming}
      onOpenChange={(open) => !open && setRenaming(false)}
      placement="bottomLeft"
      content={
        <Panel>
          <form
            className="stack view-form"
            onSubmit={(event) => {
              event.preventDefault();
              const wanted = name.trim();
              if (wanted)
                void changeView(view, { name: wanted }, t`视图改名为「${wanted}」`).then(
                  (ok) => ok && setRenaming(false),
                );
            }}
          >
            <Input
              autoFocus
              maxLength={60}
              value={name}
              onChange={(event) => setName(event.target.value)}
              aria-label={t`视图的名字`}
            />
            <Button type="primary" htmlType="submit">{t`改名`}</Button>
          </form>
        </Panel>
      }
    >
      <DropMenu
        trigger={["click"]}
        menu={{
          items: [
            { key: "link", label: t`复制链接` },
            ...(may ? [{ key: "rename", label: t`改名…` }] : []),
            ...(share ? [{ key: "share", label: view.shared ? t`只给自己用` : t`给大家用` }] : []),
            ...(may
              ? [{ key: "standard", label: view.standard ? t`打开时不再先看它` : t`打开时先看它` }]
              : []),
            ...(may
              ? [{ type: "divider" as const }, { key: "delete", label: t`删除视图`, danger: true }]
              : []),
          ],
          onClick: ({ key }) => run(key),
        }}
      >
        <button
          type="button"
          className="view-menu"
          aria-label={t`视图「${view.name}」的操作`}
          data-testid="view-menu"
        >
          <ChevronDown size={14} />
        </button>
      </DropMenu>
    </DropPanel>
  );
}
