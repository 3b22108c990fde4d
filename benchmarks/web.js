// Runs inside the measured pages: tells when frames came, when rows of the grid were drawn empty and when filled, and
// how long something took from the key that asked for it. Watches from outside (canvas, fetch, the document) and knows
// nothing of the app but its test ids. Must not change what the page does.
(() => {
  const ACROSS_NUMBERS = 56; // the column of row numbers
  const CLOSE = 8; // texts of one row stand so near to each other
  const PATIENCE = 60_000;
  const probe = { intervals: null, blank: new Map(), filled: [], answers: new Map(), patched: 0, shift: 0 };
  window.kehuProbe = probe;
  const inTime = (work) =>
    new Promise((tell, fail) => {
      setTimeout(() => fail(new Error("it never came")), PATIENCE);
      work(tell);
    });
  let tellDrawn;
  /** When the first row stood on the sheet with its name. */
  probe.drawn = inTime((tell) => {
    tellDrawn = tell;
  });
  probe.drawn.catch(() => undefined); // pages without a sheet are not asked

  let numbers = [];
  let names = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    if (x < ACROSS_NUMBERS) {
      if (/^\d+$/.test(text)) numbers.push([Number(text), y]);
    } else if (x < ACROSS_NUMBERS + 24 && text) names.push(y);
    return write.call(this, text, x, y, ...rest);
  };

  let before = null;
  const frame = (now) => {
    if (before !== null) probe.intervals?.push(now - before);
    before = now;
    for (const [number, y] of numbers) {
      if (names.some((at) => Math.abs(at - y) < CLOSE)) {
        tellDrawn(performance.now());
        const since = probe.blank.get(number);
        if (since !== undefined) probe.filled.push(now - since);
        probe.blank.delete(number);
      } else if (!probe.blank.has(number)) probe.blank.set(number, now);
    }
    numbers = [];
    names = [];
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  try {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) probe.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  } catch {
    // An empty page of an old browser has none.
  }

  const ask = window.fetch;
  window.fetch = async (input, options) => {
    const answer = await ask(input, options);
    const method = options?.method ?? input.method ?? "GET";
    const url = new URL(input.url ?? input, location.href);
    if (method === "PATCH" && answer.ok) probe.patched = performance.now();
    if (url.pathname.endsWith("/search")) {
      const { hits } = await answer.clone().json();
      probe.answers.set(url.searchParams.get("q"), hits[0]?.title ?? "");
    }
    return answer;
  };

  const shown = (id) => document.querySelector(`[data-testid=${id}]`)?.textContent ?? "";
  const CONDITIONS = {
    idle: () => shown("answer") !== "",
    record: (_, title) =>
      shown("record-title") === title && document.querySelector("[data-testid=history] > li") !== null,
    palette: (_, text) => {
      const title = probe.answers.get(text);
      return title !== undefined && shown("palette-hit").includes(title);
    },
    cell: (start) => probe.patched > start && shown("toast") !== "",
  };

  /** Milliseconds from the next event of this type to the frame that shows what the condition tells. */
  probe.time = (type, condition, given) => {
    probe.took = inTime((tell) => {
      const began = (event) => {
        const start = event.timeStamp;
        const look = () => {
          if (!CONDITIONS[condition](start, given)) return requestAnimationFrame(look);
          // A task after this frame runs once it has been laid out and painted.
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => tell(performance.now() - start);
          port2.postMessage(null);
        };
        requestAnimationFrame(look);
      };
      window.addEventListener(type, began, { capture: true, once: true });
    });
  };
})();
