/**
 * The wallet page: what is known of the wallet, and the job that is finding out more.
 * @module wallet
 */

import { drawBehavior } from "./behaviorblock.js";
import { button, emptyState, failure, skeleton } from "./callout.js";
import { fill } from "./element.js";
import { Evidence } from "./evidence.js";
import { fromFrame, lastEnrichment, missingText } from "./enrichment.js";
import { Feed } from "./feed.js";
import { get, post, remove } from "./http.js";
import { isOver, newJob, next } from "./job.js";
import { JobPanel } from "./jobpanel.js";
import { keepTime } from "./times.js";
import { TokenTable } from "./tokentable.js";
import { drawHead } from "./wallethead.js";
import { drawSummary } from "./walletsummary.js";

const REFRESH_EVERY = 1500; // ms, while enrichment comes in
const WATCH_EVERY = 4000; // ms between looks at an enrichment that runs

/** One wallet on one page. */
class WalletPage {
  #address;
  #places;
  /** @type {any | null} */ #wallet = null;
  /** @type {import("./job.js").Job | null} */ #job = null;
  #loading = true;
  #starting = false;
  #forced = false; // what was asked for last: another try asks for the same
  #followed = ""; // the job whose events come in
  #stop = () => {};
  #timer = 0;
  #watch = 0;
  /** @type {import("./enrichment.js").Enrichment | null} */ #enrichment = null;
  #feed = new Feed();
  #panel;
  #table;

  /** @param {string} address @param {Record<string, HTMLElement>} places */
  constructor(address, places) {
    this.#address = address;
    this.#places = places;
    this.#table = new TokenTable(places.tokens, address);
    const evidence = new Evidence(address, () => ({}));
    for (const place of [places.summary, places.tokens])
      place.addEventListener("click", ({ target }) => {
        const { figure, label, mint, name } = target.closest("[data-figure]")?.dataset ?? {};
        if (figure) evidence.open({ figure, label, mint, name });
      });
    this.#panel = new JobPanel(places.job, {
      cancel: () => remove(`/jobs/${this.#job.jobId}`),
      again: () => this.start(this.#forced),
    });
  }

  /** Shows what is stored and attaches to the job that runs, if one does. */
  async open() {
    this.#loading = true;
    this.#head();
    fill(this.#places.summary, skeleton(4));
    await this.#load();
  }

  /**
   * Starts an analysis, or attaches to the one that runs.
   * @param {boolean} forceRefresh
   */
  async start(forceRefresh) {
    if (this.#starting || this.#running) return;
    this.#starting = true;
    this.#forced = forceRefresh;
    this.#head();
    try {
      const { jobId } = await post("/analyses/wallets/dashboard-analysis", {
        walletAddress: this.#address,
        forceRefresh,
        attach: true,
      });
      this.#follow(jobId);
    } catch (problem) {
      if (problem.jobId) this.#follow(problem.jobId);
      else this.#panel.refuse(problem);
    } finally {
      this.#starting = false;
      this.#head();
    }
  }

  /** The reader is back: another tab may have started something. */
  async look() {
    if (this.#running || this.#loading || this.#starting) return;
    await this.#load();
  }

  get #running() {
    return this.#job !== null && !isOver(this.#job);
  }

  /** Reads where the wallet stands and what is stored of it, and attaches to the job that runs. */
  async #load() {
    try {
      const {
        statuses: [{ lastAnalyzedAt, runningJobId }],
      } = await post("/analyses/wallets/status", { walletAddresses: [this.#address] });
      this.#wallet = lastAnalyzedAt ? await get(`/wallets/${this.#address}`) : null;
      this.#loading = false;
      if (runningJobId && runningJobId !== this.#job?.jobId) this.#follow(runningJobId);
      await this.#show();
    } catch (problem) {
      this.#loading = false;
      fill(
        this.#places.summary,
        failure("This wallet could not be read", problem, [button("Try again", () => this.open())]),
      );
    }
    this.#head();
  }

  async #show() {
    if (!this.#wallet?.pnl) {
      this.#empty();
      return;
    }
    drawSummary(this.#places.summary, this.#wallet);
    await Promise.all([this.#table.load(), this.#showBehavior(), this.#watchEnrichment()]);
  }

  /** What enrichment owes, and, while it runs, its events: even if the analysis was over before this page opened. */
  async #watchEnrichment() {
    clearTimeout(this.#watch);
    const last = await lastEnrichment(this.#address).catch(() => null);
    if (this.#running) return;
    if (last && !last.enrichment.over) {
      if (last.analysisId !== this.#followed) this.#listen(last.analysisId);
      this.#watch = setTimeout(() => this.#watchEnrichment(), WATCH_EVERY); // a failure of it brings no event
    }
    if (last?.enrichment.over || !this.#enrichment) this.#enrichment = last?.enrichment ?? null;
    this.#sayMissing();
  }

  #leave() {
    this.#stop();
    this.#followed = "";
    this.#enrichment = null;
  }

  /** @param {string} analysisId of which only the enrichment still goes on */
  #listen(analysisId) {
    this.#stop();
    this.#followed = analysisId;
    this.#stop = this.#feed.follow(analysisId, {
      frame: (frame) => frame.event === "enrichment" && this.#enrich(frame),
      connection: () => {},
    });
  }

  async #showBehavior() {
    try {
      drawBehavior(this.#places.behavior, await get(`/wallets/${this.#address}/behavior`));
    } catch (problem) {
      fill(this.#places.behavior, failure("The behavior could not be read", problem));
    }
  }

  #empty() {
    const text = this.#running
      ? "Profit and loss, tokens and behavior appear here when the analysis is through."
      : "An analysis fetches the wallet’s transactions and works out profit and loss and behavior. The first one takes minutes.";
    fill(
      this.#places.summary,
      emptyState(
        this.#running ? "The first analysis is running" : "Not analyzed yet",
        text,
        ...(this.#job ? [] : [button("Analyze", () => this.start(false), "main")]),
      ),
    );
    this.#table.clear();
    fill(this.#places.behavior);
  }

  #head() {
    drawHead(this.#places.head, {
      address: this.#address,
      wallet: this.#wallet,
      running: this.#running || this.#starting,
      loading: this.#loading,
      start: (force) => this.start(force),
    });
  }

  /** @param {string} jobId */
  #follow(jobId) {
    this.#stop();
    this.#followed = jobId;
    this.#enrichment = null;
    this.#job = newJob(jobId);
    this.#panel.show(this.#job);
    this.#head();
    if (!this.#wallet?.pnl) this.#empty();
    this.#stop = this.#feed.follow(jobId, {
      frame: (frame) => this.#receive(frame),
      connection: (state) => this.#panel.connection(state),
    });
  }

  /** @param {import("./socket.js").Frame} frame */
  #receive(frame) {
    const before = this.#job;
    this.#job = next(before, frame);
    if (frame.event === "enrichment") this.#enrich(frame);
    if (!isOver(before)) this.#panel.show(this.#job);
    if (isOver(before) || !isOver(this.#job)) return;
    if (this.#job.status !== "completed") this.#leave(); // its enrichment says nothing of the figures on show
    this.#load();
  }

  /** @param {import("./socket.js").Frame} frame */
  #enrich(frame) {
    this.#enrichment = fromFrame(frame);
    this.#table.enrich(frame.tokens ?? []);
    this.#sayMissing();
    if (this.#wallet?.pnl && !this.#timer) this.#timer = setTimeout(() => this.#refresh(), REFRESH_EVERY);
  }

  /** Prices have come in: what rests on them is asked anew, quietly. */
  async #refresh() {
    this.#timer = 0;
    try {
      this.#wallet = await get(`/wallets/${this.#address}`);
      drawSummary(this.#places.summary, this.#wallet);
      await this.#table.load();
    } catch {
      // What is on show stays; the next event asks again.
    }
  }

  #sayMissing() {
    const { text, tone } = missingText(this.#enrichment);
    this.#table.missing(text, tone);
  }
}

const places = Object.fromEntries(
  ["head", "job", "summary", "tokens", "behavior"].map((id) => [id, document.getElementById(id)]),
);
const page = new WalletPage(document.getElementById("main").dataset.address, places);
keepTime();
page.open();
addEventListener("visibilitychange", () => document.visibilityState === "visible" && page.look());
