// What to call a camera that sends no pictures now. Pure.

/** Links of health that are about the camera; what fails elsewhere is not the camera's doing. */
const OF_THE_CAMERA = ["source", "fragments"];

/**
 * unchanged: its pictures come, and were the same when they were last looked at.
 * frozen: and have been so for longer than health has patience.
 * away: it sends nothing any more. halted: it may, but is not recorded.
 * starting: its first picture is waited for. again: the same of a camera with a history.
 * absent: it has been waited for in vain.
 * @typedef {"live"|"unchanged"|"frozen"|"away"|"halted"|"starting"|"again"|"absent"|"ended"} Condition
 */

/**
 * @param {import("../server/json.js").Camera} camera
 * @returns {Condition}
 */
export function condition({ state, reason, health, window }) {
  if (state === "live") return moves((health ?? []).find((l) => l.code === "motion"));
  const link = reason && (health ?? []).find((l) => l.reason?.code === reason.code);
  const halted = Boolean(link && !OF_THE_CAMERA.includes(link.code));
  if (state === "away") return halted ? "halted" : "away";
  if (state !== "starting") return state;
  if (link?.reported && link.severity === "error") return halted ? "halted" : "absent";
  return window ? "again" : "starting";
}

/**
 * @param {import("../server/json.js").HealthLink} [motion]
 * @returns {Condition}
 */
function moves(motion) {
  if (motion?.reported) return "frozen";
  return motion?.state === "failing" ? "unchanged" : "live";
}

/**
 * Nothing is green of what does not move as far as is known.
 * @param {import("../server/json.js").Camera} camera
 */
export const stands = (camera) => ["unchanged", "frozen"].includes(condition(camera));
