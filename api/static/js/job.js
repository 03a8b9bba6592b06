/**
 * What is known of one job, as a value: each event makes the next one.
 * @module job
 */

import { fromFrame } from "./enrichment.js";
import { moment } from "./times.js";

/** @typedef {import("./socket.js").Frame} Frame */
/** @typedef {{code: string, message: string}} Notice */

/**
 * ``reached`` tells when each percent was first passed (server time, ms); a retry takes back what it repeats.
 * @typedef {object} Job
 * @property {string} jobId
 * @property {string} status
 * @property {number} progress 0 to 100
 * @property {string} message
 * @property {Record<string, number>} counts
 * @property {number | null} etaSeconds
 * @property {number | null} queuePosition
 * @property {number} attempts
 * @property {number} maxAttempts
 * @property {boolean} cancelling
 * @property {Notice[]} notices
 * @property {{wallet: any, coverage: any, expected: number | null} | null} partial figures while older history loads
 * @property {[number, number][]} reached
 * @property {{code: string, detail: string} | null} error
 * @property {number | null} took ms
 * @property {import("./enrichment.js").Enrichment | null} enrichment
 * @property {number} skew this clock minus the server's, ms
 */

const OVER = new Set(["completed", "failed", "cancelled"]);

/** @param {string} jobId @param {Partial<Job>} [known] @returns {Job} */
export function newJob(jobId, known = {}) {
  return {
    jobId,
    status: "queued",
    progress: 0,
    message: "",
    counts: {},
    etaSeconds: null,
    queuePosition: null,
    attempts: 0,
    maxAttempts: 0,
    cancelling: false,
    notices: [],
    partial: null,
    reached: [],
    error: null,
    took: null,
    enrichment: null,
    skew: 0,
    ...known,
  };
}

/** @param {Job} job */
export function isOver(job) {
  return OVER.has(job.status);
}

/** @param {Job} job @param {Frame} frame @returns {Job} */
export function next(job, frame) {
  switch (frame.event) {
    case "subscribed":
      return withSnapshot(job, frame);
    case "job-progress":
      return withProgress(job, frame);
    case "job-notice":
      return withNotice(job, frame);
    case "partial-result":
      return { ...job, partial: provisional(frame) };
    case "enrichment":
      return { ...job, enrichment: fromFrame(frame) };
    case "job-completed":
      return {
        ...ended(job, "completed", frame),
        progress: 100,
        took: frame.processingTimeMs ?? job.took,
        error: null,
      };
    case "job-failed":
      return withFailure(job, frame);
    case "job-cancelled":
      return ended(job, "cancelled", frame);
    default:
      return job;
  }
}

/** @param {Job} job @param {Frame} frame @returns {Job} */
function withSnapshot(job, frame) {
  const created = moment(frame.createdAt)?.getTime();
  const start = created === undefined || job.reached.some(([percent]) => percent === 0) ? [] : [[0, created]];
  const at = moment(frame.at)?.getTime();
  return {
    ...job,
    ...common(job, frame),
    ...begun(frame),
    partial: frame.partialResult ? provisional(frame.partialResult) : null,
    reached: [...start, ...job.reached],
    skew: at === undefined ? job.skew : Date.now() - at,
  };
}

/** @param {Record<string, any>} told @returns {NonNullable<Job["partial"]>} */
function provisional({ wallet, coverage, expected }) {
  return { wallet, coverage, expected };
}

/** @param {Frame} frame */
function begun(frame) {
  const started = moment(frame.startedAt)?.getTime();
  const over = moment(frame.endedAt)?.getTime();
  return started !== undefined && over !== undefined ? { took: over - started } : {};
}

/** @param {Job} job @param {Frame} frame @returns {Job} */
function withProgress(job, frame) {
  const known = common(job, frame);
  const at = moment(frame.at)?.getTime();
  if (isOver(job)) return at === undefined ? job : { ...job, reached: [...job.reached, [known.progress, at]] }; // replayed
  const kept = job.reached.filter(([percent]) => percent <= known.progress);
  const isNew = at !== undefined && !kept.some(([percent]) => percent === known.progress);
  return { ...job, ...known, reached: isNew ? [...kept, [known.progress, at]] : kept };
}

/** @param {Job} job @param {Frame} frame */
function common(job, frame) {
  const progress = Number(frame.progress);
  return {
    status: frame.status ?? job.status,
    progress: Number.isFinite(progress) ? Math.min(Math.max(progress, 0), 100) : job.progress,
    message: frame.counts && Object.keys(frame.counts).length ? "" : (frame.message ?? ""), // the counts say it
    counts: { ...job.counts, ...(frame.counts ?? {}) },
    etaSeconds: frame.etaSeconds ?? null,
    queuePosition: frame.queuePosition ?? null,
    attempts: frame.attempts ?? job.attempts,
    maxAttempts: frame.maxAttempts ?? job.maxAttempts,
    cancelling: frame.cancelling ?? job.cancelling,
    error: frame.error ?? job.error,
  };
}

/** @param {Job} job @param {Frame} frame @returns {Job} */
function withNotice(job, frame) {
  const others = job.notices.filter((notice) => notice.code !== frame.code);
  return { ...job, notices: [...others, { code: frame.code, message: frame.message }] };
}

/** @param {Job} job @param {Frame} frame @returns {Job} */
function withFailure(job, frame) {
  if (frame.willRetry) return isOver(job) ? job : { ...job, status: "retrying", error: frame.error ?? null };
  return { ...ended(job, "failed", frame), error: frame.error ?? job.error };
}

/** @param {Job} job @param {string} status @param {Frame} frame @returns {Job} */
function ended(job, status, frame) {
  const at = moment(frame.at)?.getTime();
  const last = status === "completed" && at !== undefined ? [[100, at]] : [];
  return {
    ...job,
    status,
    etaSeconds: null,
    queuePosition: null,
    message: "",
    reached: [...job.reached.filter(([percent]) => percent < 100), ...last],
  };
}

/**
 * The stages a reader sees. Each is done when the job's percent passes its mark (jobs: checkpoints 5 … 100).
 * @type {{name: string, until: number}[]}
 */
export const STAGES = [
  { name: "Queue", until: 5 },
  { name: "Check", until: 15 },
  { name: "Transactions", until: 50 },
  { name: "Profit and loss", until: 65 },
  { name: "Behavior", until: 80 },
  { name: "Finish", until: 100 },
];

/**
 * Each stage with its state and, where known, how long it took or has taken (seconds).
 * @param {Job} job
 * @param {number} [now] milliseconds
 */
export function stages(job, now = Date.now()) {
  const passed = (mark) =>
    job.reached
      .filter(([percent]) => percent >= mark)
      .map(([, at]) => at)
      .sort((a, b) => a - b)[0];
  const current = STAGES.findIndex(({ until }) => job.progress < until);
  return STAGES.map(({ name, until }, index) => {
    const state =
      current === -1 || index < current ? "done" : index > current ? "waiting" : isOver(job) ? "stopped" : "now";
    const from = index ? passed(STAGES[index - 1].until) : passed(0);
    const to = state === "done" ? passed(until) : state === "now" ? now - job.skew : undefined;
    const known = from !== undefined && to !== undefined && state !== "waiting";
    return { name, state, seconds: known ? Math.max(0, (to - from) / 1000) : null };
  });
}
