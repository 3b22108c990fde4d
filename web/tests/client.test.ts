import { afterEach, describe, expect, it, vi } from "vitest";
import { call, create, onForeignToken, onSessionEnd, setCsrf } from "@/api/client";
import { Problem } from "@/api/problem";

const answer = (status: number, body: unknown, type = "application/json") =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "Content-Type": type },
  });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  onSessionEnd(null);
  onForeignToken(null);
  setCsrf("");
});

function server(...answers: (Response | Error)[]) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => {
    const next = answers.shift();
    if (!next) throw new Error("one call too many");
    if (next instanceof Error) throw next;
    return next;
  });
  vi.stubGlobal("fetch", fetch);
  return fetch;
}
/** So long the page is open, however long the tests have run. */
const openSince = (milliseconds: number) => vi.spyOn(performance, "now").mockReturnValue(milliseconds);
const headersOf = (fetch: ReturnType<typeof server>, at: number) =>
  (fetch.mock.calls[at]?.[1].headers ?? {}) as Record<string, string>;

describe("the client", () => {
  it("sends the CSRF token on writes only", async () => {
    setCsrf("token");
    const fetch = server(answer(200, {}), answer(200, {}));
    await call("GET", "/catalog");
    await call("POST", "/session", { body: {} });
    expect(headersOf(fetch, 0)["X-Kehu-CSRF"]).toBeUndefined();
    expect(headersOf(fetch, 1)["X-Kehu-CSRF"]).toBe("token");
    expect(fetch.mock.calls[1]?.[0]).toBe("/api/v1/session");
  });

  it("turns problem documents into Problem with fields and conflicts", async () => {
    server(
      answer(409, {
        title: "冲突",
        status: 409,
        code: "revision.stale",
        conflicts: [{ field: "mobile", base: "1", theirs: "2", yours: "3" }],
      }),
      answer(422, {
        code: "input.bad",
        errors: [{ field: "mobile", code: "mobile.short", message: "手机少 1 位" }],
      }),
      answer(502, "<html>bad gateway</html>", "text/html"),
    );
    const conflict = await call("PATCH", "/records/customer/1").catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(Problem);
    expect(conflict).toMatchObject({ status: 409, code: "revision.stale", conflicts: [{ field: "mobile" }] });
    const input = await call("POST", "/records/customer").catch((error: unknown) => error);
    expect(input).toMatchObject({ message: "手机少 1 位", errors: [{ field: "mobile" }] });
    expect(await call("GET", "/me").catch((error: unknown) => error)).toMatchObject({
      status: 502,
      code: "http.502",
    });
  });

  it("takes an answer that was asked for before its code was here, once, and none that was refused", async () => {
    openSince(900);
    window.kehuAsked = {
      "/catalog": Promise.resolve(answer(200, { version: 1 })),
      "/me": Promise.resolve(answer(401, { code: "session.ended" })),
      "/ready": Promise.reject(new TypeError("Failed to fetch")),
    };
    const fetch = server(answer(200, { version: 2 }), answer(200, { id: 7 }), answer(200, { status: "ok" }));
    await expect(call("GET", "/catalog")).resolves.toEqual({ version: 1 });
    expect(fetch).not.toHaveBeenCalled();
    await expect(call("GET", "/catalog")).resolves.toEqual({ version: 2 });
    await expect(call("GET", "/me")).resolves.toEqual({ id: 7 });
    await expect(call("GET", "/ready")).resolves.toEqual({ status: "ok" });
  });

  it("asks anew for what was asked for long ago", async () => {
    openSince(10_001);
    window.kehuAsked = { "/catalog": Promise.resolve(answer(200, { version: 1 })) };
    server(answer(200, { version: 2 }));
    await expect(call("GET", "/catalog")).resolves.toEqual({ version: 2 });
  });

  it("asks anew for what was asked for before a write", async () => {
    openSince(900);
    window.kehuAsked = { "/views": Promise.resolve(answer(200, { items: [] })) };
    server(answer(201, {}), answer(200, { items: [1] }));
    await call("POST", "/views", { body: {} });
    await expect(call("GET", "/views")).resolves.toEqual({ items: [1] });
  });

  it("says that the server cannot be reached", async () => {
    server(new TypeError("Failed to fetch"));
    await expect(call("GET", "/me")).rejects.toMatchObject({ status: 0, code: "network" });
  });

  it("logs in again over the page and repeats the call with the new token", async () => {
    const fetch = server(answer(401, { code: "session.ended" }), answer(200, { id: 7 }));
    onSessionEnd(async () => {
      setCsrf("fresh");
      return true;
    });
    const body = { name: "宏远" };
    await expect(call("POST", "/records/customer", { body })).resolves.toEqual({ id: 7 });
    expect(fetch.mock.calls[1]?.[1].body).toBe(JSON.stringify(body));
    expect(headersOf(fetch, 1)["X-Kehu-CSRF"]).toBe("fresh");
  });

  it("takes the new token when somebody has signed in anew in another window, if he is the same", async () => {
    const fetch = server(answer(403, { code: "csrf.wrong" }), answer(200, { id: 7 }));
    onForeignToken(async () => {
      setCsrf("fresh");
      return true;
    });
    await expect(call("POST", "/records/customer", { body: {} })).resolves.toEqual({ id: 7 });
    expect(headersOf(fetch, 1)["X-Kehu-CSRF"]).toBe("fresh");
    server(answer(403, { code: "csrf.wrong" }));
    onForeignToken(async () => false);
    await expect(call("POST", "/records/customer", { body: {} })).rejects.toMatchObject({ status: 403 });
  });

  it("gives the 401 back when the person does not log in, and to anonymous calls", async () => {
    server(answer(401, {}), answer(401, {}));
    onSessionEnd(async () => false);
    await expect(call("GET", "/catalog")).rejects.toMatchObject({ status: 401 });
    onSessionEnd(() => Promise.reject(new Error("must not ask")));
    await expect(call("GET", "/me", { anonymous: true })).rejects.toMatchObject({ status: 401 });
  });

  it("repeats a create whose answer was lost under the same key", async () => {
    const fetch = server(new TypeError("network"), answer(201, { id: 1 }));
    await expect(create("/records/customer", {})).resolves.toEqual({ id: 1 });
    const key = headersOf(fetch, 0)["Idempotency-Key"];
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(headersOf(fetch, 1)["Idempotency-Key"]).toBe(key);
  });

  it("does not repeat a create that was refused", async () => {
    const fetch = server(answer(422, { code: "input.bad" }));
    await expect(create("/records/customer", {})).rejects.toMatchObject({ status: 422 });
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
