// A proxy that wants a password by HTTP authentication (RFC 9110, 11) has the browser ask
// for it, and no request ends meanwhile. Who gives no credentials is told so at once:
// then the browser asks nobody.

const SOON = 2000; // ms

/**
 * @param {string} path relative to the page
 * @param {RequestCredentials} credentials
 */
const ask = (path, credentials) => fetch(path, { credentials, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(SOON) }).catch(() => null);

/**
 * Reports whether the browser is why a request does not end.
 * @param {string} path of that request
 */
export async function isChallenged(path) {
  const without = await ask(path, "omit");
  without?.body?.cancel();
  if (without?.status !== 401) return false;
  // Where the page itself comes by a password that the browser knows, it is the server that hangs.
  const [page, stranger] = await Promise.all([ask(".", "same-origin"), ask(".", "omit")]);
  for (const response of [page, stranger]) response?.body?.cancel();
  return !(page?.ok && stranger?.status === 401);
}
