/**
 * A running job, live: its stages with times, bar, counts, notices and cancel; and how it ended.
 * @module jobpanel
 */

import { progressBar } from "./bar.js";
import { button, callout, failure } from "./callout.js";
import { element, fill, icon, say } from "./element.js";
import { count, counted, sol } from "./figures.js";
import { STAGES, isOver, stages } from "./job.js";
import { duration, roughly } from "./times.js";

/** @typedef {import("./job.js").Job} Job */
/** @typedef {import("./feed.js").Connection} Connection */

const TICK = 200; // ms
/** Notices that mean nothing once the job is over. */
const PASSING = new Set(["rate_limited", "waiting_for_provider", "sync_plan", "route_not_offered"]);
const CONNECTIONS = {
  live: "Live",
  lost: "Connection lost, reconnecting…",
  asking: "Live connection not possible here; checking every 2 s",
};

/** The place on the page where one job shows itself. */
export class JobPanel {
  #place;
  #actions;
  /** @type {Job | null} */ #job = null;
  #connection = "live";
  #cancelling = false;
  #timer = 0;
  #parts = liveParts(() => this.#cancel());

  /**
   * @param {HTMLElement} place
   * @param {{cancel: () => Promise<void>, again: () => void}} actions
   */
  constructor(place, actions) {
    this.#place = place;
    this.#actions = actions;
  }

  /** @param {Job} job */
  show(job) {
    if (job.jobId !== this.#job?.jobId) this.#cancelling = false;
    this.#job = job;
    if (isOver(job)) this.#end(job);
    else this.#live();
  }

  /** @param {Connection} connection */
  connection(connection) {
    this.#connection = connection;
    if (this.#job && !isOver(this.#job)) this.#draw();
  }

  /** Nothing to show. */
  clear() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#job = null;
    fill(this.#place);
  }

  /**
   * The job could not be started.
   * @param {import("./http.js").Problem} problem
   */
  refuse(problem) {
    this.clear();
    fill(this.#place, failure("The analysis was not started", problem, [button("Try again", this.#actions.again)]));
  }

  #live() {
    if (this.#parts.root.parentNode !== this.#place) fill(this.#place, this.#parts.root);
    if (!this.#timer) this.#timer = setInterval(() => this.#draw(), TICK);
    this.#draw();
  }

  #draw() {
    const job = this.#job;
    if (!job) return;
    const parts = this.#parts;
    const cancelling = this.#cancelling || job.cancelling;
    say(parts.title, cancelling ? "Cancelling…" : title(job));
    say(parts.percent, `${Math.floor(job.progress)} %`);
    parts.bar.set(Math.floor(job.progress), job.status);
    say(parts.line, line(job));
    say(parts.connection, CONNECTIONS[this.#connection]);
    parts.connection.dataset.state = this.#connection;
    parts.cancel.disabled = cancelling;
    stages(job).forEach((stage, index) => drawStage(parts.stages[index], stage));
    drawNotices(parts.notices, notices(job));
  }

  /** @param {Job} job */
  #end(job) {
    clearInterval(this.#timer);
    this.#timer = 0;
    fill(
      this.#place,
      endOf(job, this.#actions.again, () => this.clear()),
    );
  }

  async #cancel() {
    this.#cancelling = true;
    this.#draw();
    try {
      await this.#actions.cancel();
    } catch {
      this.#cancelling = false;
      this.#draw();
    }
  }
}

/** @param {() => void} cancel */
function liveParts(cancel) {
  const parts = {
    title: element("h2", { class: "job-title" }),
    percent: element("span", { class: "job-percent" }),
    bar: progressBar("Progress of the analysis"),
    line: element("p", { class: "job-line" }),
    connection: element("span", { class: "job-connection" }),
    cancel: button("Cancel", cancel),
    stages: STAGES.map(({ name }) =>
      element(
        "li",
        { class: "stage" },
        element("span", { class: "stage-mark" }, icon("check")),
        element("span", { class: "stage-name" }, name),
        element("span", { class: "stage-time" }),
      ),
    ),
    notices: element("ul", { class: "notices", "aria-live": "polite" }),
  };
  const head = element("header", { class: "job-head" }, parts.title, parts.connection, parts.percent, parts.cancel);
  const list = element("ol", { class: "stages" }, parts.stages);
  return {
    ...parts,
    root: element(
      "section",
      { class: "job", "aria-label": "Running analysis" },
      head,
      parts.bar.node,
      parts.line,
      list,
      parts.notices,
    ),
  };
}

/** @param {HTMLElement} node @param {{state: string, seconds: number | null}} stage */
function drawStage(node, { state, seconds }) {
  node.dataset.state = state;
  if (state === "now") node.setAttribute("aria-current", "step");
  else node.removeAttribute("aria-current");
  say(node.lastElementChild, seconds === null ? "" : duration(seconds));
}

/** @param {HTMLElement} list @param {{code: string, message: string}[]} notices */
function drawNotices(list, notices) {
  const key = notices.map(({ code, message }) => code + message).join();
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  fill(
    list,
    notices.map(({ message }) => element("li", {}, icon("info"), element("span", {}, message))),
  );
}

/** @param {Job} job */
function notices(job) {
  const told = job.partial ? [...job.notices, { code: "provisional", message: provisional(job.partial) }] : job.notices;
  if (job.status !== "retrying" || !job.error) return told;
  return [...told, { code: job.error.code, message: `The last attempt failed: ${job.error.detail}` }];
}

/** @param {NonNullable<Job["partial"]>} partial */
function provisional({ wallet, coverage, expected }) {
  const of = expected ? ` of ${count(expected)}` : "";
  return `Provisional: ${sol(wallet.realizedPnlSol, true)} SOL realized; covers the newest ${count(coverage.transactions)}${of}`;
}

/** @param {Job} job */
function title(job) {
  if (job.status === "retrying")
    return job.maxAttempts ? `Trying again (attempt ${job.attempts + 1} of ${job.maxAttempts})` : "Trying again";
  if (job.status !== "queued") return "Analyzing";
  return job.queuePosition ? `Waiting: ${counted(job.queuePosition, "job")} ahead` : "Waiting for a worker";
}

/** @param {Job} job */
function line(job) {
  const { expected = 0, ...known } = job.counts;
  const counts = Object.entries(known).map(([name, value]) => {
    const of = name === "transactions" && expected > value ? ` of ${count(expected)}` : "";
    return `${count(value)}${of} ${name}`;
  });
  const names =
    job.enrichment && `names and prices ${count(job.enrichment.enriched)} of ${count(job.enrichment.total)}`;
  const left = typeof job.etaSeconds === "number" && job.etaSeconds > 0 ? `about ${roughly(job.etaSeconds)} left` : "";
  return [job.message, ...counts, names, left].filter(Boolean).join(" · ");
}

/** @param {Job} job @param {() => void} again @param {() => void} dismiss */
function endOf(job, again, dismiss) {
  if (job.status === "failed")
    return failure("The analysis failed", job.error ?? {}, [button("Try again", again, "main")]);
  if (job.status === "cancelled") {
    return callout({
      title: "The analysis was cancelled",
      text: "Transactions fetched so far are kept; the next analysis goes on from them.",
      actions: [button("Analyze again", again)],
    });
  }
  const took = job.took === null ? "" : ` in ${duration(job.took / 1000)}`;
  const lasting = job.notices.filter(({ code }) => !PASSING.has(code)).map(({ message }) => message);
  const lines = [line({ ...job, message: "", enrichment: null }), ...lasting];
  return callout({
    tone: "good",
    title: `Analysis completed${took}`,
    text: lines.filter(Boolean).join(" · "),
    actions: [button("Dismiss", dismiss, "quiet")],
  });
}
