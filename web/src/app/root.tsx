import { t } from "@lingui/core/macro";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Button } from "antd";
import { createContext, Suspense, use, useEffect, useState } from "react";
import { api } from "@/api/calls";
import { queryClient } from "@/api/catalog";
import { begin, useSession } from "@/api/session";
import { activate, chooseLocale, currentLocale, type Locale, preferredLocale } from "@/i18n";
import { keepSeen, wantsOffline } from "@/lib/offline";
import { sentenceOf } from "@/ui/errors";
import { late } from "@/ui/late";
import { Empty } from "@/ui/page";
import { ThemeProvider } from "@/ui/theme";
import { ToastArea, toast } from "@/ui/toast";
import { Relogin } from "./relogin";
import { router } from "./router";

const LoginPage = late(() => import("@/features/accounts/login-page").then((part) => part.LoginPage));
const SetupPage = late(() => import("@/features/accounts/setup-page").then((part) => part.SetupPage));

const LanguageContext = createContext<(locale: Locale) => void>(() => undefined);

/** Changes the language of the page. */
export const useSetLanguage = () => use(LanguageContext);

/** The whole page. Another language builds it anew: every text is read again. */
export function Root() {
  const [locale, setLocale] = useState<Locale>(currentLocale);
  const follow = async (next: Locale, chosen: boolean) => {
    await (chosen ? chooseLocale(next) : activate(next));
    void queryClient.invalidateQueries();
    setLocale(next);
  };
  return (
    <LanguageContext
      value={(next) => {
        void follow(next, true);
        // The choice holds on this computer at once; the server keeps it for the others.
        void api.setLocale(next).catch((error) => toast(sentenceOf(error)));
      }}
    >
      <QueryClientProvider client={queryClient}>
        <ThemeProvider key={locale}>
          <Suspense>
            <Gate onLocale={async (next) => void (next !== currentLocale() && (await follow(next, false)))} />
          </Suspense>
          <ToastArea />
        </ThemeProvider>
      </QueryClientProvider>
    </LanguageContext>
  );
}

/** First run, login or the ledger. */
function Gate({ onLocale }: { onLocale: (locale: Locale) => Promise<void> }) {
  const ready = useQuery({ queryKey: ["ready"], queryFn: api.ready, staleTime: Number.POSITIVE_INFINITY });
  const isOpen = ready.data?.status === "ok";
  const session = useSession();
  const wished = session.data ? preferredLocale(session.data.locale) : null;
  // The page appears once, in the language of the person: what had been begun in another one would be thrown away
  // with it, such as the choice of a file. When that language cannot be read, the other one has to do.
  const [waits, setWaits] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new person brings another language
  useEffect(() => {
    if (wished)
      void onLocale(wished)
        .catch(() => undefined)
        .finally(() => setWaits(false));
  }, [wished]);

  const person = session.data?.user.id;
  useEffect(() => {
    if (person && wantsOffline()) void keepSeen(() => void queryClient.invalidateQueries());
  }, [person]);

  const failure = ready.error ?? (isOpen ? session.error : null);
  if (failure)
    return (
      <Empty title={sentenceOf(failure)}>
        <Button
          onClick={() => {
            void ready.refetch();
            void session.refetch();
          }}
        >{t`再试一次`}</Button>
      </Empty>
    );
  if (!ready.data) return null;
  if (!isOpen)
    return (
      <SetupPage onDone={(name, password, to) => openLedger(name, password, to, () => ready.refetch())} />
    );
  if (session.data === undefined) return null;
  if (session.data === null)
    return <LoginPage onLogin={async (name, password) => void (await begin(name, password))} />;
  if (waits && wished !== currentLocale()) return null;
  return (
    <>
      <RouterProvider router={router} />
      <Relogin user={session.data.user} />
    </>
  );
}

async function openLedger(
  name: string,
  password: string,
  to: string,
  recheck: () => Promise<unknown>,
): Promise<void> {
  window.history.replaceState(null, "", to);
  await recheck();
  await begin(name, password);
}
