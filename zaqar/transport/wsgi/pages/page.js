"use strict";
(() => {
  const main = document.querySelector("main");
  const link = main.dataset;
  if (!link.signature) return;

  const PATIENCE = 30000; // milliseconds
  const progress = document.getElementById("progress");
  const problem = document.getElementById("problem");
  const problems = {
    404: "This link is good no more: its time is over, or another one was sent since, or the subscription has ended. " +
      "Ask whoever subscribed you to do it again; then you are sent another link.",
    503: "The service cannot do it just now. Nothing has changed; please try again in a minute.",
  };

  // crypto.randomUUID is only there over HTTPS and on the machine itself.
  function clientId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function put(confirmed, signal) {
    // The service is where the page is, with whatever prefix a proxy in front of both has.
    return fetch(new URL("." + link.paths, location.href), {
      method: "PUT",
      redirect: "error",
      signal,
      headers: {
        "URL-Signature": link.signature,
        "URL-Methods": link.methods,
        "URL-Paths": link.paths,
        "URL-Expires": link.expires,
        "X-Project-ID": link.project,
        "Client-ID": clientId(),
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ confirmed }),
    });
  }

  function show(name, { focus }) {
    for (const section of main.querySelectorAll("section")) section.hidden = section.id !== name;
    const heading = document.querySelector(`#${name} h1`);
    document.title = heading.textContent;
    if (focus) heading.focus();
  }

  async function answer(confirmed) {
    const patience = new AbortController();
    const over = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const { ok, status } = await put(confirmed, patience.signal);
      if (ok) show(confirmed ? "confirmed" : "unsubscribed", { focus: true });
      else problem.textContent = problems[status] ?? `The service has refused it (${status}). Please tell whoever operates it.`;
    } catch {
      problem.textContent = "The service does not answer. Look whether you are online, then try again.";
    } finally {
      clearTimeout(over);
    }
  }

  const buttons = main.querySelectorAll("button");
  for (const button of buttons) {
    button.disabled = false;
    button.addEventListener("click", async () => {
      for (const each of buttons) each.disabled = true;
      problem.textContent = "";
      progress.textContent = "Just a moment …";
      await answer(button.dataset.confirmed === "true");
      progress.textContent = "";
      for (const each of buttons) each.disabled = false;
    });
  }
})();
