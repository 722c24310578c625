// The live page of a load run.

import { Chart, seriesByLabel } from "./chart.js";
import { follow } from "./feed.js";
import { bytes, clock, count, rate, short, time } from "./format.js";
import { byId, element, setText } from "./page.js";
import { fillRows, showReport } from "./run.js";

const PHASES = {
  "warm-up": "Warm-up",
  running: "Running",
  paused: "Paused",
  ending: "Waiting for the last responses",
};

const PERCENTILES = [
  ["p50", "50%"],
  ["p90", "90%"],
  ["p99", "99%"],
  ["p999", "99.9%"],
  ["max", "maximum"],
];

const TILES = {
  rate: "requests",
  in_flight: "in flight",
  p50: "median, last second",
  p99: "99%, last second",
  failures: "failed",
  bytes: "received",
};

const tiles = {};
for (const [key, name] of Object.entries(TILES)) {
  tiles[key] = { value: element("span"), note: element("span", { class: "note" }) };
  const { value, note } = tiles[key];
  byId("tiles").append(element("div", {}, element("dt", {}, name), element("dd", {}, value, note)));
}

const charts = {
  rate: new Chart("Rate", "requests that ended per second", rate),
  latency: new Chart("Response time", "of successes", time, { end: 1000 }),
  inFlight: new Chart("In flight", "requests at the moment", short),
  outcomes: new Chart("Outcomes", "requests per second", rate),
  lateness: new Chart("Lateness", "how late the client began requests", time, { end: 1000 }),
  received: new Chart("Received", "bytes of bodies per second", bytes, { end: 1024, base: 1024 }),
};
byId("charts").append(...Object.values(charts).map((chart) => chart.figure));

let run = {};

follow({
  state(state) {
    run = state;
    setText(byId("title"), state.title);
    setText(byId("model"), state.model);
    document.title = `flagpole: ${state.title}`;
  },
  snapshots(snapshots) {
    const last = snapshots.at(-1);
    if (last === undefined) return;
    showProgress(last);
    showTiles(last);
    drawCharts(snapshots);
    const row = ([key, name]) => [name, time(last.last[key]), time(last.all[key])];
    fillRows(byId("times"), PERCENTILES.map(row));
    const share = (number) => `${((100 * number) / Math.max(last.requests, 1)).toFixed(2)}%`;
    const outcomes = Object.entries(last.outcomes).sort((one, other) => other[1] - one[1]);
    fillRows(byId("outcomes"), outcomes.map(([reason, number]) => [reason, count(number), share(number)]));
  },
  end: showReport,
});

function showProgress({ phase, elapsed_ms: elapsed, requests }) {
  setText(byId("phase"), PHASES[phase] ?? phase);
  const { duration_ms: duration, requests: wanted } = run;
  const texts = [clock(elapsed)];
  const bar = byId("progress");
  bar.hidden = duration === null && wanted === null;
  if (duration !== null && duration !== undefined) {
    texts.push(`of ${clock(duration)}`);
    bar.max = duration;
    bar.value = Math.min(elapsed, duration);
  } else if (wanted !== null && wanted !== undefined) {
    texts.push(`${count(requests)} of ${count(wanted)} requests`);
    bar.max = wanted;
    bar.value = Math.min(requests, wanted);
  } else {
    texts.push("until it is interrupted");
  }
  setText(byId("clock"), texts.join(" "));
}

function showTiles(last) {
  const show = (key, value, note = "") => {
    setText(tiles[key].value, value);
    setText(tiles[key].note, note);
  };
  show("rate", rate(last.rate), run.asked_rate ? `of ${rate(run.asked_rate)} asked` : `${count(last.requests)} so far`);
  show("in_flight", count(last.in_flight));
  show("p50", time(last.last.p50), `${time(last.all.p50)} in the whole run`);
  show("p99", time(last.last.p99), `${time(last.all.p99)} in the whole run`);
  show("failures", count(last.failures), `of ${count(last.requests)}`);
  show("bytes", `${bytes(last.bytes_per_s)}/s`);
}

function drawCharts(snapshots) {
  const times = snapshots.map(({ at_ms: at }) => at);
  const series = (name, valueOf) => ({ name, values: snapshots.map(valueOf) });
  const rates = [series("reached", (one) => one.rate)];
  if (run.asked_rate) rates.push(series("asked", () => run.asked_rate));
  charts.rate.draw(times, rates);
  const bands = PERCENTILES.filter(([key]) => key !== "p999");
  charts.latency.draw(times, bands.map(([key, name]) => series(name, (one) => one.last[key])));
  charts.inFlight.draw(times, [series("in flight", (one) => one.in_flight)]);
  charts.lateness.draw(times, [series("99%", (one) => one.lateness_p99)]);
  charts.received.draw(times, [series("received", (one) => one.bytes_per_s)]);
  charts.outcomes.draw(times, seriesByLabel(snapshots, (one) => one.last_outcomes, () => 1));
}
