/** On every built page: has the browser keep the site. Where it cannot (no https, a private window), every visit needs the network. */
if (isSecureContext && "serviceWorker" in navigator) {
  // Not before the page has what it needs itself.
  addEventListener("load", () => void navigator.serviceWorker.register("./sw.js").catch(() => {}));
}
