// Tabs of this browser with the same page: the one that is seen says so, for they
// share six connections to the server (HTTP/1.1).

const CHANNEL = "lookback";

/**
 * Tells the other tabs whenever this one is seen.
 * @param {() => void} otherSeen another one is seen, while this one is hidden
 */
export function listenToTabs(otherSeen) {
  if (!("BroadcastChannel" in globalThis)) return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", () => {
    if (document.hidden) otherSeen();
  });
  const tell = () => {
    if (!document.hidden) channel.postMessage("seen");
  };
  document.addEventListener("visibilitychange", tell);
  tell();
}
