/**
 * The home page: jobs that run now, with live bars, and wallets analyzed lately.
 * @module home
 */

import { shortElement } from "./address.js";
import { progressBar } from "./bar.js";
import { button, emptyState, failure, skeleton } from "./callout.js";
import { element, fill, say } from "./element.js";
import { Feed } from "./feed.js";
import { exactSol, sol } from "./figures.js";
import { sign } from "./decimal.js";
import { get } from "./http.js";
import { isOver, newJob, next } from "./job.js";
import { keepTime, timeElement } from "./times.js";

const LOOK_EVERY = 5000; // ms between looks for new jobs
const LIVE = ["processing", "retrying", "queued"];

const feed = new Feed();
/** @type {Map<string, {node: HTMLElement, stop: () => void}>} job id → its line */
const lines = new Map();
const running = document.getElementById("running");
const recent = document.getElementById("recent");

async function showRunning() {
  try {
    const pages = await Promise.all(
      LIVE.map((status) => get("/jobs", { status, type: "dashboard-wallet-analysis", limit: 10 })),
    );
    const live = new Map(pages.flatMap(({ items }) => items).map((job) => [job.jobId, job]));
    for (const jobId of lines.keys()) if (!live.has(jobId)) drop(jobId);
    for (const [jobId, job] of live) if (!lines.has(jobId)) add(job);
    drawRunning();
  } catch (problem) {
    fill(running, failure("Running jobs could not be read", problem));
  }
}

function drawRunning() {
  if (lines.size)
    fill(
      running,
      element(
        "ul",
        { class: "lines" },
        [...lines.values()].map(({ node }) => node),
      ),
    );
  else fill(running, emptyState("Nothing is running", "Open a wallet and start an analysis."));
}

/** @param {any} known the job as listed */
function add(known) {
  let job = newJob(known.jobId, { status: known.status, progress: known.progress ?? 0 });
  const bar = progressBar(`Analysis of ${known.walletAddress}`);
  const state = element("span", { class: "muted" });
  const node = element(
    "li",
    {},
    element(
      "a",
      { class: "line", href: `/wallets/${known.walletAddress}` },
      shortElement(known.walletAddress),
      bar.node,
      state,
    ),
  );
  const draw = () => {
    bar.set(Math.floor(job.progress), job.status);
    say(state, job.status === "processing" ? `${Math.floor(job.progress)} %` : job.status);
  };
  const stop = feed.follow(known.jobId, {
    frame: (frame) => {
      const before = job;
      job = next(job, frame);
      draw();
      if (!isOver(before) && isOver(job)) setTimeout(refresh, 800);
    },
    connection: () => {},
  });
  draw();
  lines.set(known.jobId, { node, stop });
}

/** @param {string} jobId */
function drop(jobId) {
  lines.get(jobId)?.stop();
  lines.delete(jobId);
}

async function showRecent() {
  try {
    const { items } = await get("/wallets");
    if (items.length) fill(recent, element("ul", { class: "lines" }, items.map(recentLine)));
    else fill(recent, emptyState("No wallet yet", "Wallets you analyze are listed here."));
  } catch (problem) {
    fill(recent, failure("Recent wallets could not be read", problem, [button("Try again", showRecent)]));
  }
}

/** @param {any} wallet */
function recentLine({ walletAddress, status, lastAnalyzedAt, realizedSol }) {
  return element(
    "li",
    {},
    element(
      "a",
      { class: "line", href: `/wallets/${walletAddress}` },
      element("span", { class: "status status-bare", "data-status": status, title: status }),
      shortElement(walletAddress),
      element("span", { class: "muted" }, timeElement(lastAnalyzedAt, "ago")),
      realizedSol !== undefined &&
        element(
          "span",
          { class: "line-figure", "data-sign": sign(realizedSol), title: exactSol(realizedSol) },
          sol(realizedSol, true),
          element("span", { class: "unit" }, "SOL"),
        ),
    ),
  );
}

function refresh() {
  return Promise.all([showRunning(), showRecent()]);
}

fill(running, skeleton(2));
fill(recent, skeleton(4));
keepTime();
refresh();
setInterval(() => document.visibilityState === "visible" && showRunning(), LOOK_EVERY);
