/** Puts text on the clipboard; tells whether it worked. Plain-http addresses have no clipboard interface. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed here: the old way may still work
    }
  }
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "visually-hidden";
  document.body.appendChild(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}
