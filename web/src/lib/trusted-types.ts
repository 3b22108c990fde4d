// What browsers with Trusted Types are told of texts that are safe. Nothing here makes a text safe.
interface Rules {
  createHTML?: (text: string) => string | null;
  createScriptURL?: (url: string) => string;
}
interface Policy {
  createScriptURL: (url: string) => string;
}
const { trustedTypes } = window as {
  trustedTypes?: { createPolicy: (name: string, rules: Rules) => Policy };
};

/** A text without < makes no elements: antd writes its styles like that, some sixty on the first page, and a report of
 * each takes 1 to 2 ms. Whatever holds a < is still reported. */
trustedTypes?.createPolicy("default", { createHTML: (text) => (text.includes("<") ? null : text) });

const worker = trustedTypes?.createPolicy("kehu-worker", { createScriptURL: (url) => url });

/** The address of our service worker; browsers take addresses of scripts from a policy only. */
export const workerUrl = (url: string): string => worker?.createScriptURL(url) ?? url;
