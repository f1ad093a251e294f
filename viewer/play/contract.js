// What every deck offers and what it tells: the contract between those that
// play (deck.js, native-deck.js, lane-deck.js, lane-codec-deck.js) and those that have
// something played (player.js, live-tiles.js); and what the player tells. Types only.

/**
 * @typedef {object} DeckOptions
 * @property {string} url media playlist
 * @property {boolean} live a playlist that goes on
 * @property {number|null} at where to begin (ms since 1970); null: the live edge
 * @property {boolean} [after] begin with the first segment that follows `at`, where another one ended
 * @property {boolean} [eager] show the first frame there is, even if it is not yet the right one
 * @property {boolean} [whole] load whole segments, as the deck's `whole`
 * @property {string|null} [lane] where the same comes frame by frame, if it is to be played so
 * @property {boolean} hold stay paused on the first frame
 * @property {HTMLElement} parent where the video element goes
 */

/**
 * @typedef {object} DeckError
 * @property {boolean} media the media is what failed, not a request
 * @property {number} status of the HTTP answer; 0: there was none
 * @property {string} text
 */

/**
 * What a deck tells its owner.
 * @typedef {object} DeckEvents
 * @property {() => void} ready there is a picture to see
 * @property {(error: DeckError) => void} fatal it plays no more
 * @property {() => void} missing the playlist does not list `at`
 * @property {(at: number) => void} frame a frame was shown at `at` (monotonic ms), where the browser tells of each. Never told inside the browser's own callback: media may be taken down now
 * @property {() => void} ended
 * @property {() => void} over a live playlist goes on no more: its last list has come. The deck plays it to its end and is no longer live
 * @property {(load: import("./rates.js").Load) => void} loaded a part or a segment was loaded
 * @property {(seconds: number, end: number) => void} part a part, or what takes its place, was appended: monotonic s, media time of its end (s)
 * @property {(seconds: number) => void} stall the picture stood for so long, and goes on
 * @property {() => void} discontinuity the next run begins
 * @property {() => void} change the video element changed its state
 */

/**
 * One video element with one player on it, from creation to destruction. Knows
 * media time and wall clock; knows nothing of modes, cameras and retries.
 * @typedef {object} PlaybackDeck
 * @property {HTMLVideoElement} video
 * @property {{currentTime: number, seeking: boolean}} playhead by which it is seen that the picture goes on: s, of any clock
 * @property {boolean} native the browser plays by itself: it can't be steered
 * @property {boolean} steersItself it holds itself at the live edge, frame by frame
 * @property {boolean} tellsFrames each frame that is shown is told; else the playhead is all there is to see that it moves
 * @property {boolean} live a playlist that goes on, as far as is known
 * @property {boolean} ready there has been a picture
 * @property {boolean} known its playlist has been read
 * @property {string|null} source absolute URL that the playlist came from at first, behind redirects; null: it has not been read, or that is not known
 * @property {boolean} following kept at the live edge: the playlist is read once a part, not once a segment
 * @property {boolean} whole whole segments are loaded instead of parts, and the playlist is read once for each
 * @property {boolean} travelling on the way to an instant that was asked for
 * @property {boolean} suspended loads nothing
 * @property {boolean} holding paused since it is not its turn, and not because somebody paused it
 * @property {number} recoveries how often a media error was recovered from in place
 * @property {number} stalls how often the picture stood for want of data
 * @property {number} stalledSeconds how long altogether
 * @property {import("./rates.js").Coming|null} coming the part or segment that is on its way; null: none is, or it is not known
 * @property {number|null} partTarget of the playlist, s
 * @property {number|null} segmentTarget the longest that a segment of the playlist may be, s
 * @property {number} staleness monotonic ms since the playlist was last read; Infinity before
 * @property {number|null} position wall clock (ms) of the playhead; on the way to an instant, that instant
 * @property {number|null} shown wall clock (ms) of the picture on the screen
 * @property {{start: number, end: number}|null} listed wall clock (ms) of first and last moment of the playlist
 * @property {number} buffer s of picture ahead of the playhead
 * @property {number} left s until the end of a playlist that has one; Infinity while it goes on
 * @property {number} edge s from the playhead to the newest announced picture that can be loaded
 * @property {() => void} play
 * @property {() => void} hold pause until play is called
 * @property {(date: number) => boolean} seekToDate to an instant (ms); false when the playlist doesn't have it
 * @property {(distance: number) => void} seekToEdge to so many seconds before the newest announced picture
 * @property {(distance: number) => void} jumpToEdge the same as a correction on the way: the picture counts meanwhile
 * @property {() => void} suspend load nothing more; the picture stays
 * @property {() => void} resume
 * @property {() => void} recover from a media error, in place
 * @property {() => void} destroy
 */

/**
 * What the player tells the page, and asks of it.
 * @typedef {object} PlayerEvents
 * @property {() => void} over what plays goes on no more: the API is to say now whether the camera has other URLs
 * @property {(url: string) => Promise<import("../server/api.js").Who|null>} doubt media of a playlist don't come: the API is to say whether anybody is there, and else who answers instead; null: that is not known
 * @property {() => void} changed anything worth showing has changed
 * @property {(at: number) => void} nothingRecorded there is no picture at an instant (ms)
 * @property {() => Promise<import("./key-frames.js").Picture|null>} newestPicture the camera's newest still
 * @property {(at: number) => Promise<number|null>} nextPicture the first instant with a picture from there on (ms)
 */

export {};
