// Every word that the page says, in each of its languages. What the controller
// says (what is wrong with a camera, how it is recorded) comes as it is.

import { reader } from "../browser/locale.js";

/** What stands in index.html, by the keys that its attributes data-say, data-label, data-title and data-hint have. */
const PAGE_EN = {
  cameras: "Cameras", all: "All cameras", allKey: "All cameras (A)", details: "Details", connecting: "Connecting", play: "Play", pause: "Pause",
  unsupported: "This browser can’t play live video of this kind. A current Firefox, Chrome, Edge or Safari can.",
  time: "Time", timeline: "Timeline", back: "Back 10 seconds", forward: "Forward 10 seconds",
  more: "Show more time", moreKey: "Show more time (−)", whole: "Show the whole window", wholeKey: "Show the whole window (0)", less: "Show less time, larger", lessKey: "Show less time, larger (+)",
  goTo: "Go to a time", goToKey: "Go to a time (G)", share: "Copy a link to this moment", shareKey: "Copy a link to this moment (C)",
  live: "Live", fullscreen: "Fullscreen", to: "Go to", go: "Go", example: "14:05", others: "Switch camera", picture: "Camera picture",
};

const EN = {
  page: PAGE_EN,
  badge: { connecting: "Connecting", live: "Live", behind: "Behind", rewound: "Replay", paused: "Paused", stalled: "Stalled", away: "Away", starting: "Starting", ended: "Ended", unreachable: "Offline", error: "Reconnecting" },
  units: { s: "s", min: "min", h: "h", d: "d" },
  ago: (span) => `${span} ago`,
  behind: (latency) => `${latency} behind the camera`,
  slow: (span) => `${span} behind: slow connection`,
  tooSlow: (has, needs) => `connection too slow: ${has} of ${needs} Mbit/s`,
  lastPicture: (span) => `last picture ${span} ago`,
  zone: { local: "Time of this device", utc: "Universal time (UTC)", camera: (name) => `Time of the camera (${name})` },
  accepted: "Try 14:05, yesterday 14:05, mon 2 pm, 2026-11-22 14:05:30, 8:30 UTC, 10m, +30s, or paste a time or a link.",
  notUnderstood: (typed) => `“${typed}” is no time that this page knows.`,
  meantLive: "= live",
  meant: (when, span) => `= ${when}, ${span} ago`,
  flaw: { standstill: "no new picture came", late: "pictures came late", sparse: "few pictures came" },
  blind: (codec) => `This browser can’t show ${codec}`,
  blindAdvice: "Another browser or device may. A camera that is not copied is encoded so that every browser can.",
  away: (since) => `The camera is away${since ? ` since ${since}` : ""}`,
  starting: "Waiting for the camera’s first picture",
  ended: "This camera is no longer recorded",
  endedAdvice: (last) => `What was recorded is on the timeline until it has grown old.${last ? ` Its last picture is from ${last}.` : ""}`,
  lost: "The picture was lost",
  lostAdvice: "Getting it back…",
  server: { title: "The server doesn’t answer", advice: "Is this device still on the network? The page keeps trying and goes on by itself." },
  controller: { title: "The controller is away", advice: "Recording may be restarting. The page keeps trying and goes on by itself." },
  stillToCome: (asked) => `${asked} is still to come. This is live.`,
  nothingSince: (asked) => `Nothing was recorded from ${asked} on. This is live.`,
  lastBefore: (asked, got) => `Nothing was recorded from ${asked} on. This is the last picture before, from ${got}.`,
  tooOld: (asked, got) => `${asked} is longer ago than is kept. This is the oldest picture, from ${got}.`,
  nextAfter: (asked, got) => `Nothing was recorded at ${asked}. This is the next picture, from ${got}.`,
  copied: "The link to this moment is copied.",
  copyThis: (url) => `The link to this moment: ${url}`,
  rows: { picture: "Picture", treatment: "Treatment", why: "Why", source: "Source", kept: "Kept", disk: "Disk", segments: "Segments" },
  frames: (size, rate, codecs) => `${size}, ${rate} frames a second (${codecs})`,
  kept: (since, span, bytes) => `since ${since}: ${span}, ${bytes}`,
  anHour: (bytes) => `${bytes} an hour`,
  segments: (seconds, part) => `${seconds} s, in parts of up to ${part} ms`,
  tile: { live: "Live", offline: "Offline", away: "Away", ended: "Ended", starting: "Starting", endedLine: "No longer recorded", startingLine: "Waiting for its first picture", nothing: "Nothing recorded then", awaySince: (since) => `Away since ${since}` },
  count: { live: (n) => `${n} live`, away: (n) => `${n} away`, ended: (n) => `${n} ended` },
};

/** @typedef {typeof EN} Words */

/** @type {Words} */
const DE = {
  page: {
    cameras: "Kameras", all: "Alle Kameras", allKey: "Alle Kameras (A)", details: "Einzelheiten", connecting: "Verbindet", play: "Abspielen", pause: "Anhalten",
    unsupported: "Dieser Browser kann solches Video nicht abspielen. Ein aktueller Firefox, Chrome, Edge oder Safari kann es.",
    time: "Zeit", timeline: "Zeitleiste", back: "10 Sekunden zurück", forward: "10 Sekunden vor",
    more: "Mehr Zeit zeigen", moreKey: "Mehr Zeit zeigen (−)", whole: "Alles Aufgezeichnete zeigen", wholeKey: "Alles Aufgezeichnete zeigen (0)", less: "Weniger Zeit zeigen, größer", lessKey: "Weniger Zeit zeigen, größer (+)",
    goTo: "Zu einer Zeit gehen", goToKey: "Zu einer Zeit gehen (G)", share: "Link zu diesem Moment kopieren", shareKey: "Link zu diesem Moment kopieren (C)",
    live: "Live", fullscreen: "Vollbild", to: "Gehe zu", go: "Los", example: "14:05", others: "Kamera wechseln", picture: "Bild der Kamera",
  },
  badge: { connecting: "Verbindet", live: "Live", behind: "Verspätet", rewound: "Aufnahme", paused: "Angehalten", stalled: "Stockt", away: "Weg", starting: "Beginnt", ended: "Beendet", unreachable: "Offline", error: "Verbindet neu" },
  units: { s: "s", min: "min", h: "h", d: "T" },
  ago: (span) => `vor ${span}`,
  behind: (latency) => `${latency} hinter der Kamera`,
  slow: (span) => `${span} verspätet: langsame Verbindung`,
  tooSlow: (has, needs) => `Verbindung zu langsam: ${has} von ${needs} Mbit/s`,
  lastPicture: (span) => `letztes Bild vor ${span}`,
  zone: { local: "Zeit dieses Geräts", utc: "Weltzeit (UTC)", camera: (name) => `Zeit der Kamera (${name})` },
  accepted: "Etwa 14:05, gestern 14:05, mo 14 Uhr, 22.11.2026 14:05:30, 8:30 UTC, 10m, +30s, oder eine Zeit oder einen Link einfügen.",
  notUnderstood: (typed) => `„${typed}“ ist keine Zeit, die diese Seite kennt.`,
  meantLive: "= live",
  meant: (when, span) => `= ${when}, vor ${span}`,
  flaw: { standstill: "es kam kein neues Bild", late: "Bilder kamen spät", sparse: "es kamen wenige Bilder" },
  blind: (codec) => `Dieser Browser kann ${codec} nicht zeigen`,
  blindAdvice: "Ein anderer Browser oder ein anderes Gerät kann es vielleicht. Eine Kamera, die nicht kopiert wird, wird so kodiert, dass jeder Browser es kann.",
  away: (since) => `Die Kamera ist weg${since ? `, seit ${since}` : ""}`,
  starting: "Das erste Bild der Kamera wird erwartet",
  ended: "Diese Kamera wird nicht mehr aufgezeichnet",
  endedAdvice: (last) => `Das Aufgezeichnete bleibt auf der Zeitleiste, bis es zu alt ist.${last ? ` Das letzte Bild ist von ${last}.` : ""}`,
  lost: "Das Bild ging verloren",
  lostAdvice: "Es wird zurückgeholt …",
  server: { title: "Der Server antwortet nicht", advice: "Ist dieses Gerät noch im Netz? Die Seite versucht es weiter und macht von selbst weiter." },
  controller: { title: "Die Aufzeichnung antwortet nicht", advice: "Vielleicht startet sie neu. Die Seite versucht es weiter und macht von selbst weiter." },
  stillToCome: (asked) => `${asked} kommt erst noch. Das hier ist live.`,
  nothingSince: (asked) => `Seit ${asked} wurde nichts aufgezeichnet. Das hier ist live.`,
  lastBefore: (asked, got) => `Seit ${asked} wurde nichts aufgezeichnet. Das hier ist das letzte Bild davor, von ${got}.`,
  tooOld: (asked, got) => `${asked} ist länger her, als aufgehoben wird. Das hier ist das älteste Bild, von ${got}.`,
  nextAfter: (asked, got) => `Um ${asked} wurde nichts aufgezeichnet. Das hier ist das nächste Bild, von ${got}.`,
  copied: "Der Link zu diesem Moment ist kopiert.",
  copyThis: (url) => `Der Link zu diesem Moment: ${url}`,
  rows: { picture: "Bild", treatment: "Behandlung", why: "Warum", source: "Quelle", kept: "Aufgehoben", disk: "Platte", segments: "Segmente" },
  frames: (size, rate, codecs) => `${size}, ${rate} Bilder pro Sekunde (${codecs})`,
  kept: (since, span, bytes) => `seit ${since}: ${span}, ${bytes}`,
  anHour: (bytes) => `${bytes} pro Stunde`,
  segments: (seconds, part) => `${seconds} s, in Teilen von bis zu ${part} ms`,
  tile: { live: "Live", offline: "Offline", away: "Weg", ended: "Beendet", starting: "Beginnt", endedLine: "Nicht mehr aufgezeichnet", startingLine: "Das erste Bild wird erwartet", nothing: "Da wurde nichts aufgezeichnet", awaySince: (since) => `Weg seit ${since}` },
  count: { live: (n) => `${n} live`, away: (n) => `${n} weg`, ended: (n) => `${n} beendet` },
};

/** @type {Record<import("../browser/locale.js").Language, Words>} */
export const LANGUAGES = { en: EN, de: DE };

/** The words in the reader's language. */
export const words = () => LANGUAGES[reader().language];
