// The controller's JSON as docs/api.md describes it. Types only. Instants are RFC 3339.

/** @typedef {"live"|"away"|"starting"|"ended"} CameraState ended: no longer named in the settings, its history is still here */

/** @typedef {{code: string, title: string, advice: string}} Reason */

/**
 * @typedef {object} HealthLink
 * @property {string} code
 * @property {string} title
 * @property {"ok"|"failing"|"unknown"} state
 * @property {"error"|"warning"} severity
 * @property {boolean} reported it has failed for longer than its patience
 * @property {Reason|null} reason
 */

/** @typedef {{codecs: string, width: number, height: number, frame_rate: number}} Video */

/**
 * @typedef {object} Camera
 * @property {string} name
 * @property {string} title
 * @property {string|null} time_zone where it stands, by the IANA database; null: nobody has said so
 * @property {CameraState} state
 * @property {string} since
 * @property {Reason|null} reason null when live
 * @property {HealthLink[]} health
 * @property {string} source
 * @property {string} plan
 * @property {string[]} plan_reasons
 * @property {{start: string, end: string, seconds: number, bytes: number, bytes_per_hour: number}|null} window
 * @property {{edge: string, edge_age_seconds: number, part_target_seconds: number, target_duration_seconds: number, segment_seconds: number}|null} live
 * @property {Video|null} video
 * @property {{live: string, window: string}} urls relative to the page
 * @property {{at: string, url: string}|null} picture the newest still, or that of the instant asked for
 * @property {{sentence: string, hours_fit: number, bound_by: string}|null} forecast how much history will fit, and the setting that ends it
 */

/** @typedef {"standstill"|"late"|"sparse"} FlawKind */

export {};
