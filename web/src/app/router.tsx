import { t } from "@lingui/core/macro";
import { createRootRoute, createRoute, createRouter, Link, redirect } from "@tanstack/react-router";
import { readNarrow } from "@/features/history/narrow";
import { readTodaySearch } from "@/features/today/conditions";
import { readListSearch } from "@/records/list/params";
import { latePage } from "@/ui/late";
import { Empty } from "@/ui/page";
import { Crash } from "./errors";
import { Shell } from "./shell/shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty title={t`没有这个页面`}>
      <Link to="/today">{t`回到今日`}</Link>
    </Empty>
  ),
  errorComponent: Crash,
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/today", replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/today",
    validateSearch: readTodaySearch,
    component: latePage(() => import("@/features/today/today-page").then((part) => part.TodayPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/list/$entity",
    validateSearch: readListSearch,
    component: latePage(() => import("@/records/list/list-page").then((part) => part.ListPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/record/$entity/$id",
    component: latePage(() => import("@/records/detail/record-page").then((part) => part.RecordPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/import",
    component: latePage(() => import("@/features/importing/start-page").then((part) => part.ImportStartPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/import/$id",
    validateSearch: (search: Record<string, unknown>): { step?: string; table?: string; row?: number } => ({
      ...(typeof search.step === "string" ? { step: search.step } : {}),
      ...(typeof search.table === "string" ? { table: search.table } : {}),
      ...(typeof search.row === "number" ? { row: search.row } : {}),
    }),
    component: latePage(() => import("@/features/importing/import-page").then((part) => part.ImportPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/changesets",
    validateSearch: readNarrow,
    component: latePage(() =>
      import("@/features/history/changesets-page").then((part) => part.ChangesetsPage),
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/changesets/$id",
    component: latePage(() => import("@/features/history/changeset-page").then((part) => part.ChangesetPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/trash",
    component: latePage(() => import("@/features/history/trash-page").then((part) => part.TrashPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/merge/$entity",
    component: latePage(() => import("@/features/merging/merge-page").then((part) => part.MergePage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/designer/$entity",
    component: latePage(() => import("@/features/designer/designer-page").then((part) => part.DesignerPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: latePage(() => import("@/features/settings/settings-page").then((part) => part.SettingsPage)),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/phone",
    component: latePage(() => import("@/features/settings/phone-page").then((part) => part.PhonePage)),
  }),
  // Old addresses of a ledger that has been set up since, and bookmarks of the login.
  ...["/setup", "/login"].map((path) =>
    createRoute({
      getParentRoute: () => root,
      path,
      beforeLoad: () => {
        throw redirect({ to: "/" });
      },
    }),
  ),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultErrorComponent: Crash,
  scrollRestoration: true,
});
