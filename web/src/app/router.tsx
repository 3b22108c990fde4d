import { t } from "@lingui/core/macro";
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { readNarrow } from "@/features/history/narrow";
import { readListSearch } from "@/records/list/params";
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
    component: lazyRouteComponent(() => import("@/features/today/today-page"), "TodayPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/list/$entity",
    validateSearch: readListSearch,
    component: lazyRouteComponent(() => import("@/records/list/list-page"), "ListPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/record/$entity/$id",
    component: lazyRouteComponent(() => import("@/records/detail/record-page"), "RecordPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/import",
    component: lazyRouteComponent(() => import("@/features/importing/start-page"), "ImportStartPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/import/$id",
    validateSearch: (search: Record<string, unknown>): { step?: string; table?: string; row?: number } => ({
      ...(typeof search.step === "string" ? { step: search.step } : {}),
      ...(typeof search.table === "string" ? { table: search.table } : {}),
      ...(typeof search.row === "number" ? { row: search.row } : {}),
    }),
    component: lazyRouteComponent(() => import("@/features/importing/import-page"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/changesets",
    validateSearch: readNarrow,
    component: lazyRouteComponent(() => import("@/features/history/changesets-page"), "ChangesetsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/changesets/$id",
    component: lazyRouteComponent(() => import("@/features/history/changeset-page"), "ChangesetPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/trash",
    component: lazyRouteComponent(() => import("@/features/history/trash-page"), "TrashPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/merge/$entity",
    component: lazyRouteComponent(() => import("@/features/merging/merge-page"), "MergePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/designer/$entity",
    component: lazyRouteComponent(() => import("@/features/designer/designer-page"), "DesignerPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/settings",
    component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/phone",
    component: lazyRouteComponent(() => import("@/features/settings/phone-page"), "PhonePage"),
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
