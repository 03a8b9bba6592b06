/**
 * One websocket for every job a page follows: it reconnects by itself and asks for what it missed.
 * @module socket
 */

import { apiPath } from "./http.js";

const FIRST_WAIT = 400; // ms
const LONGEST_WAIT = 10_000; // ms
const FAILURES_TO_GIVE_UP = 3; // in a row, before any frame ever came
const STABLE = 5000; // ms a connection must live to count as a success

/**
 * A message of the server: which event, its place in the job's stream, when, and what it says of the job.
 * @typedef {{event: string, id?: string | null, at?: string, jobId?: string} & Record<string, any>} Frame
 */

/**
 * @param {string} text JSON: ``{event, id, at, data}``
 * @returns {Frame}
 */
export function readFrame(text) {
  const { data, ...head } = JSON.parse(text);
  return { ...data, ...head };
}

/** A socket that outlives its connections. */
export class EventSocket {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, string>} job id → id of the last event seen */ #jobs = new Map();
  #heard = false; // on any connection
  #live = false; // on this one
  #openedAt = 0;
  #failures = 0;
  #timer = 0;
  #handlers;

  /** @param {{onFrame: (frame: Frame) => void, onState: (state: "live" | "lost" | "refused") => void}} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    addEventListener("online", () => this.#hurry());
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
  }

  /**
   * @param {string} jobId
   * @param {string} lastEventId events after this one are sent again; "0-0" for all there are
   */
  subscribe(jobId, lastEventId) {
    this.#jobs.set(jobId, lastEventId);
    if (this.#open) this.#send({ event: "subscribe", jobId, lastEventId });
    else this.#connect();
  }

  /** @param {string} jobId */
  unsubscribe(jobId) {
    if (!this.#jobs.delete(jobId)) return;
    if (this.#open) this.#send({ event: "unsubscribe", jobId });
    if (!this.#jobs.size) this.#close();
  }

  get #open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** @param {object} message */
  #send(message) {
    this.#socket?.send(JSON.stringify(message));
  }

  #connect() {
    if (this.#socket || this.#timer) return;
    const url = new URL(apiPath("/ws"), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = Date.now();
      for (const [jobId, lastEventId] of this.#jobs) this.#send({ event: "subscribe", jobId, lastEventId });
    };
    socket.onmessage = (message) => this.#receive(readFrame(message.data));
    socket.onclose = () => this.#socket === socket && this.#lost();
  }

  /** @param {Frame} frame */
  #receive(frame) {
    if (!this.#live) this.#handlers.onState("live");
    this.#heard = this.#live = true;
    if (frame.id && this.#jobs.has(frame.jobId)) this.#jobs.set(frame.jobId, frame.id);
    this.#handlers.onFrame(frame);
  }

  #lost() {
    const stable = this.#live && Date.now() - this.#openedAt >= STABLE;
    this.#socket = null;
    this.#live = false;
    if (!this.#jobs.size) return;
    this.#failures = stable ? 1 : this.#failures + 1;
    if (!this.#heard && this.#failures >= FAILURES_TO_GIVE_UP) {
      this.#handlers.onState("refused");
      return;
    }
    this.#handlers.onState("lost");
    const wait = Math.min(FIRST_WAIT * 2 ** (this.#failures - 1), LONGEST_WAIT);
    this.#timer = setTimeout(() => this.#again(), wait * (0.5 + Math.random()));
  }

  #again() {
    this.#timer = 0;
    if (this.#jobs.size) this.#connect();
  }

  /** The network or the reader is back: no need to wait. */
  #hurry() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#again();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
