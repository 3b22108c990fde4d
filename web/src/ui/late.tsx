// Parts of a page whose code comes when they are first needed. A part that does not come leaves the page as it is.
import { t } from "@lingui/core/macro";
import { Button } from "antd";
import { type ComponentType, type FunctionComponent, use, useEffect, useReducer, useRef } from "react";
import { api } from "@/api/calls";
import { Empty } from "./page";

export type LateComponent<P extends object> = ComponentType<P> & {
  /** Fetches the code ahead of its use; what does not come now is asked for again when it is needed. */
  fetch: () => Promise<void>;
};

/** The code of one part, on its way, there, or refused. */
class Source<P extends object> {
  part: ComponentType<P> | null = null;
  failed = false;
  private pending: Promise<void> | null = null;
  private awaited: Promise<void> | null = null;

  constructor(private readonly load: () => Promise<ComponentType<P>>) {}

  fetch = (): Promise<void> => {
    if (this.part) return Promise.resolve();
    this.pending ??= this.load()
      .then((found) => {
        this.part = found;
      })
      .finally(() => {
        this.pending = null;
      });
    return this.pending;
  };

  /** What a page that needs the part waits for; never refused. */
  wait = (): Promise<void> => {
    this.awaited ??= this.follow(this.fetch());
    return this.awaited;
  };

  forget = (): void => {
    this.failed = false;
  };

  /** Whoever waits from now on has it asked for anew: an attempt under way began without a network and may yet fail. */
  askAnew = (): void => {
    this.forget();
    if (this.pending) this.awaited = this.follow(this.pending.catch(this.fetch));
  };

  private follow(attempt: Promise<void>): Promise<void> {
    const awaited = attempt
      .catch(() => {
        if (this.awaited === awaited) this.failed = true; // else it has been asked for anew since
      })
      .finally(() => {
        if (this.awaited === awaited) this.awaited = null;
      });
    return awaited;
  }
}

/**
 * A component behind `import()`. React's own `lazy` keeps a failed import for ever and throws it at the whole page;
 * this one says so in its place and asks again: at once when told to, else when it is shown anew or the network is back.
 */
export function late<P extends object>(load: () => Promise<ComponentType<P>>): LateComponent<P> {
  const source = new Source(load);
  return Object.assign((props: P) => <Slot source={source} given={props} />, { fetch: source.fetch });
}

/** A page behind `import()`: the router waits for its code, and shows the page that says so when it does not come. */
export function latePage(
  load: () => Promise<ComponentType>,
): FunctionComponent & { preload: () => Promise<void> } {
  const source = new Source<object>(load);
  return Object.assign(() => <Slot source={source} given={{}} isPage />, { preload: source.wait });
}

interface SlotProps<P extends object> {
  source: Source<P>;
  given: P;
  isPage?: boolean;
}

function Slot<P extends object>({ source, given, isPage = false }: SlotProps<P>) {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const Part = source.part;
  if (Part) return <Part {...given} />;
  if (!source.failed) use(source.wait());
  const again = () => {
    source.askAnew();
    draw();
  };
  if (isPage) return <MissingPage source={source} again={again} />;
  return (
    <Missing
      hasFocus={"autoFocus" in given && given.autoFocus === true}
      again={again}
      forget={source.forget}
    />
  );
}

/** Asks again when the network is back; what has failed is forgotten when it is shown no longer. */
function useAgainOnline(again: () => void, forget: () => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: both stay what they are for one part
  useEffect(() => {
    window.addEventListener("online", again);
    return () => {
      window.removeEventListener("online", again);
      forget();
    };
  }, []);
}

function MissingPage<P extends object>({ source, again }: { source: Source<P>; again: () => void }) {
  useAgainOnline(again, source.forget);
  const retry = async () => {
    // Asked before the file: a network that came back only after the file had failed is no reason to reload.
    const answers = await api.ready().catch(() => null);
    await source.wait();
    // A server that answers and has no such file runs another version: its page names the files it has.
    if (answers && !source.part) window.location.reload();
    else again();
  };
  return (
    <Empty title={t`连不上服务器，这一页还没有载入`}>
      <span className="quiet">{t`别处写过的内容还在，网络通了再试`}</span>
      <Button type="primary" onClick={() => void retry()}>{t`再试一次`}</Button>
    </Empty>
  );
}

function Missing({ hasFocus, again, forget }: { hasFocus: boolean; again: () => void; forget: () => void }) {
  useAgainOnline(again, forget);
  // It stands where an input was to take the focus; Escape then leaves it.
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (hasFocus) button.current?.focus();
  }, [hasFocus]);
  return (
    <span className="late-missing" role="alert">
      {t`没有载入，网络通了再试`}{" "}
      <button ref={button} type="button" className="link-button" onClick={again}>
        {t`再试一次`}
      </button>
    </span>
  );
}

/** Fetches parts one after the other while the page has nothing else to do. Returns what stops it. */
export function fetchWhenIdle(parts: (() => Promise<unknown>)[]): () => void {
  const rest = [...parts];
  let stopped = false;
  const later: (run: () => void) => void =
    "requestIdleCallback" in window
      ? (run) => window.requestIdleCallback(run, { timeout: 5_000 })
      : (run) => setTimeout(run, 200);
  const next = () => {
    const part = rest.shift();
    if (stopped || !part) return;
    // One that fails is asked for again when it is needed.
    part()
      .then(undefined, () => undefined)
      .finally(() => later(next));
  };
  later(next);
  return () => {
    stopped = true;
  };
}
