// How loud what is on the screen is. Nothing else is heard.

export class Loudness {
  /** Muted at first: browsers let nothing play by itself that is heard. volume: 0 to 1 */
  sound = { muted: true, volume: 1 };

  /**
   * @param {{muted: boolean, volume: number}} sound
   * @param {HTMLVideoElement|null} video on the screen
   */
  set(sound, video) {
    this.sound = sound;
    this.apply(video);
  }

  /** @param {HTMLVideoElement|null} video that is on the screen from now on */
  apply(video) {
    if (!video) return;
    const played = !video.paused;
    Object.assign(video, this.sound);
    if (!played || !video.paused) return;
    // The browser wants a gesture first, and pauses: better silent than still.
    this.sound = { ...this.sound, muted: true };
    video.muted = true;
    video.play().catch(() => {});
  }
}
