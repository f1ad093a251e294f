// Lengths of time as people read them. Pure.

import { reader } from "../browser/locale.js";
import { words } from "./words.js";

/** Seconds in the two largest units: "9 s", "3 min 12 s", "2 h 5 min", "3 d 4 h". */
export function span(seconds) {
  const { units } = words();
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} ${units.s}`;
  if (s < 3600) return join(Math.floor(s / 60), units.min, s % 60, units.s);
  if (s < 86_400) return join(Math.floor(s / 3600), units.h, Math.floor((s % 3600) / 60), units.min);
  return join(Math.floor(s / 86_400), units.d, Math.floor((s % 86_400) / 3600), units.h);
}

function join(big, bigUnit, small, smallUnit) {
  return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

/** A latency: hundredths below ten seconds, a span above. */
export function latency(seconds) {
  return seconds < 9.995 ? `${new Intl.NumberFormat(reader().locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(Math.max(0, seconds))} ${words().units.s}` : span(seconds);
}
