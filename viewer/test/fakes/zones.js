// Zones for tests, wherever the machine is.

/** @returns {import("../../time/zone.js").Zone} */
export function zoneOf(timeZone) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  return {
    offset(ms) {
      const p = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
      return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(ms / 1000) * 1000;
    },
  };
}

export const berlin = zoneOf("Europe/Berlin");
export const newYork = zoneOf("America/New_York");
export const utc = zoneOf("UTC");
