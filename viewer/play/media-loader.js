// How hls.js loads media: as the browser does it, from its cache where that has them. After a decode error past
// every cache, since what is in one may be the fault. Pure but for the loaders it is given.

/**
 * Makes a loader of media for hls.js. It is made for each piece.
 *
 * @typedef {import("hls.js").HlsConfig} Config
 * @typedef {new (config: Config) => import("hls.js").Loader<any>} Loader
 *
 * @param {Loader} Usual
 * @param {Loader} Fetching one that takes the setting fetchSetup
 * @param {() => boolean} anew whether caches are passed by
 * @returns {import("hls.js").FragmentLoaderConstructor} for the setting fLoader
 */
export function mediaLoader(Usual, Fetching, anew) {
  return /** @type {any} */ (class {
    /** @param {Config} config */
    constructor(config) {
      // What a constructor returns is what new gives.
      return anew() ? new Fetching({ ...config, fetchSetup: reload }) : new Usual(config);
    }
  });
}

/**
 * The request of hls.js, which the server itself is to answer. What comes replaces what caches have.
 * @param {{url: string}} context
 * @param {RequestInit} how
 */
const reload = ({ url }, how) => new Request(url, { ...how, cache: "reload" });

/**
 * Has hls.js load the init sections again that it keeps.
 * @param {import("hls.js").LevelDetails|null} details
 */
export function forgetInits(details) {
  if (!details) return;
  for (const fragment of [...details.fragments, details.fragmentHint]) if (fragment?.initSegment) fragment.initSegment.data = undefined;
}
