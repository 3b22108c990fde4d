// Asks the server for what every page begins with while the code of the page is still on its way; `api/client.ts` takes
// the answers. It runs before everything else, so it is small and needs nothing.
(() => {
  const paths = ["/ready", "/me"];
  if (document.documentElement.dataset.session === "yes") paths.push("/catalog", "/views");
  let locale = null;
  try {
    locale = JSON.parse(localStorage.getItem("kehu.locale"));
  } catch {
    // no storage here: the browser's own language
  }
  const headers = { Accept: "application/json", "Accept-Language": locale ?? navigator.languages.join(",") };
  window.kehuAsked = {};
  for (const path of paths) {
    const asked = fetch(`/api/v1${path}`, { headers, credentials: "same-origin" });
    // Read to its end even when nobody takes it: an answer that is not holds a connection.
    const answer = asked.then(async (got) => new Response(await got.arrayBuffer(), got));
    answer.catch(() => undefined); // who takes the answer sees the error
    window.kehuAsked[path] = answer;
  }
})();
