// hls.js as far as a deck sees it: the test says what is loaded and appended.

import { EventEmitter } from "node:events";

export class FakeHls extends EventEmitter {
  asked = []; // ["startLoad", 12], …
  lowLatencyMode = true;

  constructor(config) {
    super();
    this.config = config;
    FakeHls.last = this;
  }

  trigger(event, data) {
    return this.emit(event, event, data);
  }
  attachMedia(media) {
    this.media = media;
  }
  loadSource(url) {
    this.asked.push(["loadSource", url]);
  }
  startLoad(at) {
    this.asked.push(["startLoad", at]);
  }
  stopLoad() {
    this.asked.push(["stopLoad"]);
  }
  recoverMediaError() {
    this.asked.push(["recoverMediaError"]);
  }
  destroy() {
    this.asked.push(["destroy"]);
  }
}
