// What the page says, in plain words. Pure.

import { instant, latency, span } from "./format.js";

/** The badge for each state of state.js. */
export const BADGE = {
  connecting: "Connecting",
  live: "Live",
  behind: "Behind",
  rewound: "Replay",
  paused: "Paused",
  stalled: "Stalled",
  away: "Away",
  starting: "Starting",
  unreachable: "Offline",
  error: "Reconnecting",
};

/** How far from now, for the line beside the clock. */
export function distance(state, seconds) {
  if (seconds === null) return "";
  if (state === "live" || state === "behind") return `${latency(seconds)} behind the camera`;
  if (state === "rewound" || state === "paused") return `${span(seconds)} ago`;
  if (state === "away" || state === "unreachable") return `last picture ${span(seconds)} ago`;
  return "";
}

/**
 * The sentence over the picture when it stands, or null.
 * @param {string} state
 * @param {object|null} camera as the API describes it
 * @param {"server"|"controller"|null} away who doesn't answer
 * @param {number} now ms
 * @returns {{title: string, advice: string}|null}
 */
export function notice(state, camera, away, now) {
  if (state === "unreachable") return UNREACHABLE[away ?? "server"];
  const since = camera?.since ? instant(Date.parse(camera.since), now) : null;
  const reason = camera?.reason;
  if (state === "away") {
    return { title: `The camera is away${since ? ` since ${since}` : ""}`, advice: because(reason) };
  }
  if (state === "starting") {
    return { title: "Waiting for the camera’s first picture", advice: because(reason) };
  }
  if (state === "error") {
    return { title: "The picture was lost", advice: "Getting it back…" };
  }
  return null;
}

const because = (reason) => (reason ? [reason.title, reason.advice].filter(Boolean).map(sentence).join(" ") : "");

const sentence = (text) => (/[.?!…]$/.test(text) ? text : `${text}.`);

const UNREACHABLE = {
  server: { title: "The server doesn’t answer", advice: "Is this device still on the network? The page keeps trying and goes on by itself." },
  controller: { title: "The controller is away", advice: "Recording may be restarting. The page keeps trying and goes on by itself." },
};
