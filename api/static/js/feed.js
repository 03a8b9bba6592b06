/**
 * A job's events, by the best way that works here: the socket; where none opens, Server-Sent Events; where
 * those fail too, asking every two seconds.
 * @module feed
 */

import { apiPath, get } from "./http.js";
import { EventSocket, readFrame } from "./socket.js";

/** @typedef {import("./socket.js").Frame} Frame */
/** @typedef {"live" | "lost" | "asking"} Connection */
/** @typedef {{frame: (frame: Frame) => void, connection: (state: Connection) => void}} Listener */

const EVENTS = [
  "subscribed",
  "job-progress",
  "job-notice",
  "partial-result",
  "enrichment",
  "job-completed",
  "job-failed",
  "job-cancelled",
];
const ASK_EVERY = 2000; // ms

/** Follows any number of jobs. */
export class Feed {
  /** @type {Map<string, {listener: Listener, stop: () => void}>} */ #followed = new Map();
  #socket = new EventSocket({ onFrame: (frame) => this.#deliver(frame), onState: (state) => this.#turn(state) });
  #refused = false;

  /**
   * Sends the listener everything of this job from the start of its stream on.
   * @param {string} jobId
   * @param {Listener} listener
   * @returns {() => void} ends it
   */
  follow(jobId, listener) {
    this.#followed.set(jobId, { listener, stop: () => this.#socket.unsubscribe(jobId) });
    if (this.#refused) this.#fallBack(jobId);
    else this.#socket.subscribe(jobId, "0-0");
    return () => {
      this.#followed.get(jobId)?.stop();
      this.#followed.delete(jobId);
    };
  }

  /** @param {Frame} frame */
  #deliver(frame) {
    this.#followed.get(frame.jobId)?.listener.frame(frame);
  }

  /** @param {"live" | "lost" | "refused"} state */
  #turn(state) {
    this.#refused = state === "refused";
    for (const [jobId, { listener }] of this.#followed) {
      if (this.#refused) this.#fallBack(jobId);
      else listener.connection(state === "live" ? "live" : "lost");
    }
  }

  /** @param {string} jobId */
  #fallBack(jobId) {
    const entry = this.#followed.get(jobId);
    const { listener } = entry;
    const source = new EventSource(apiPath(`/jobs/${jobId}/events?after=0-0`));
    for (const name of EVENTS) {
      source.addEventListener(name, (message) => {
        listener.connection("live");
        listener.frame({ jobId, ...readFrame(message.data) });
      });
    }
    source.onerror = () => {
      listener.connection("lost");
      if (source.readyState === EventSource.CLOSED && this.#followed.get(jobId) === entry)
        entry.stop = ask(jobId, listener);
    };
    entry.stop = () => source.close();
  }
}

/**
 * Asks for the job again and again; each answer is a snapshot.
 * @param {string} jobId
 * @param {Listener} listener
 * @returns {() => void}
 */
function ask(jobId, listener) {
  let timer = 0;
  let stopped = false;
  const once = async () => {
    try {
      const job = await get(`/jobs/${jobId}`);
      if (stopped) return;
      listener.connection("asking");
      listener.frame({ ...job, event: "subscribed", jobId, at: new Date().toISOString() });
    } catch {
      listener.connection("lost");
    }
    if (!stopped) timer = setTimeout(once, ASK_EVERY);
  };
  once();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
