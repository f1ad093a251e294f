// Blocking playlist reload (RFC 8216bis 6.2.5.2): how a live playlist is asked for, so that the server holds
// the request until there is news. Pure but for the loader it is given.

/** The server holds a request for three target durations (RFC 8216bis 6.2.5.2): the connection of one that it does not answer then is dead. */
const PATIENCE = 3.5;

/**
 * Makes a loader of playlists for hls.js that waits with the server.
 *
 * hls.js (seen with 1.7.4) gives up a blocking request after little more than a
 * target duration, and then asks once a second without blocking until the
 * playlist goes on. So it would learn up to a second late that a camera is back.
 * It also takes the time for which it was held for the playlist's age, and asks
 * for parts as far in the future.
 *
 * @typedef {import("hls.js").PlaylistLoaderContext} Context
 * @typedef {import("hls.js").LoaderConfiguration} Configuration
 * @typedef {import("hls.js").LoaderCallbacks<Context>} Callbacks
 *
 * @param {new (config: any) => import("hls.js").Loader<any>} Loader hls.js' own
 * @param {() => import("hls.js").LevelDetails|null} latest what is known of the playlist that is followed at its edge; null: none is
 * @param {() => boolean} parts whether each part is waited for, or each whole segment
 * @returns {import("hls.js").PlaylistLoaderConstructor} for the setting pLoader
 */
export function blockingLoader(Loader, latest, parts = () => true) {
  return class {
    /** @param {import("hls.js").HlsConfig} config */
    constructor(config) {
      this.config = config;
      this.loader = new Loader(config);
      /** @type {Context|null} */
      this.context = null;
    }

    get stats() {
      return this.loader.stats;
    }

    /**
     * @param {Context} context
     * @param {Configuration} config
     * @param {Callbacks} callbacks
     */
    load(context, config, callbacks) {
      this.context = context;
      const details = latest();
      const url = context.type === "level" && details ? blocking(context, details, parts()) : null;
      if (!details || !url) return this.loader.load(context, config, callbacks);
      const patience = PATIENCE * details.targetduration * 1000;
      const loadPolicy = { ...config.loadPolicy, maxTimeToFirstByteMs: patience, maxLoadTimeMs: patience };
      this.loader.load({ ...context, url }, { ...config, loadPolicy, timeout: patience }, {
        ...callbacks,
        onSuccess: (response, stats, _, network) => {
          stats.loading.start = stats.loading.first;
          callbacks.onSuccess(response, stats, context, network);
        },
        // There was no news, or it is not the playlist that it was: as it is now, then.
        onError: (error, _, network, stats) => {
          if (error.code === 503 || error.code === 400) this.#withoutBlocking(context, config, callbacks);
          else callbacks.onError(error, context, network, stats);
        },
        onTimeout: (stats, _, network) => callbacks.onTimeout(stats, context, network),
        onAbort: callbacks.onAbort && ((stats, _, network) => callbacks.onAbort?.(stats, context, network)),
      });
    }

    #withoutBlocking(context, config, callbacks) {
      this.loader.destroy();
      this.loader = new Loader(this.config);
      this.loader.load(context, config, callbacks);
    }

    abort() {
      this.loader.abort();
    }

    destroy() {
      this.loader.destroy();
    }

    getCacheAge() {
      return this.loader.getCacheAge?.() ?? null;
    }

    /** @param {string} name */
    getResponseHeader(name) {
      return this.loader.getResponseHeader?.(name) ?? null;
    }
  };
}

/**
 * The address with which the server holds the request until a part, or a whole segment, comes that is not in the playlist yet; null: it can't.
 * @param {Context} context
 * @param {import("hls.js").LevelDetails} details
 * @param {boolean} parts
 */
function blocking({ url, deliveryDirectives }, { canBlockReload, partTarget, endSN, lastPartSn, lastPartIndex }, parts) {
  if (deliveryDirectives?.msn !== undefined) return url;
  if (!canBlockReload || !partTarget) return null;
  const open = lastPartIndex >= 0 && lastPartSn !== endSN;
  const next = `${url}${url.includes("?") ? "&" : "?"}_HLS_msn=`;
  if (!parts) return `${next}${endSN + 1}`;
  const [msn, part] = open ? [lastPartSn, lastPartIndex + 1] : [endSN + 1, 0];
  return `${next}${msn}&_HLS_part=${part}`;
}
