// The live page of a comparison.

import { follow } from "./feed.js";
import { count, short, time } from "./format.js";
import { byId, element, isolated, setText, svgElement } from "./page.js";
import { showReport } from "./run.js";

const WIDTH = 640;
const HEIGHT = 24;

follow({
  state(state, isPaused) {
    if (!isPaused) show(state);
  },
  snapshots() {},
  end: showReport,
});

function show(state) {
  setText(byId("title"), state.title);
  setText(byId("phase"), state.current ?? "Starting");
  const remaining = state.remaining_s === null ? "" : `, ${remainingText(state.remaining_s)} left`;
  setText(byId("clock"), `${count(state.done)} of ${count(state.trials)} runs${remaining}`);
  byId("progress").max = Math.max(state.trials, 1);
  byId("progress").value = state.done;
  // The newest first: that is the one that changes.
  byId("cells").replaceChildren(...state.cells.toReversed().map(cell));
}

const remainingText = (seconds) =>
  seconds < 100 ? `${short(Math.floor(seconds))} s` : `${short(Math.floor(seconds / 60))} min`;

function cell({ conditions, rounds, wanted, repeated, strategies }) {
  const title = element("h2", {}, isolated(conditions));
  const notes = [`${count(rounds)} of ${count(wanted)} rounds`];
  if (repeated > 0) notes.push(`${count(repeated)} repeated, because the machine stalled`);
  const max = Math.max(...strategies.flatMap(({ walls_us: walls }) => walls), 1);
  const head = element("tr", {}, ...["strategy", "median", "wall times from 0"].map(
    (text, index) => element("th", { scope: "col", class: index === 1 ? "number" : "" }, text),
  ));
  head.lastElementChild.append(` to ${time(max)}`);
  const rows = strategies.map((strategy, index) => row(strategy, index, max));
  const caption = element("caption", { class: "visually-hidden" }, `Wall times: ${conditions}`);
  const table = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...rows));
  return element(
    "section",
    { class: "panel" },
    element("div", { class: "section-head" }, title, element("p", { class: "muted" }, notes.join("; "))),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Wall times: ${conditions}` }, table),
  );
}

function row({ name, walls_us: walls, is_running: isRunning }, index, max) {
  const head = element("th", { scope: "row" }, isolated(name));
  if (isRunning) head.append(" ", element("span", { class: "badge" }, "running"));
  const middle = median(walls);
  const label = `${count(walls.length)} rounds${walls.length > 0 ? `, median ${time(middle)}` : ""}`;
  return element(
    "tr",
    {},
    head,
    element("td", { class: "number" }, walls.length === 0 ? "–" : time(middle)),
    element("td", { class: "strip-cell" }, strip(walls, middle, index, max, label)),
  );
}

function strip(walls, middle, index, max, label) {
  const x = (micros) => 8 + ((WIDTH - 16) * micros) / max;
  const parts = [svgElement("line", { x1: 8, x2: WIDTH - 8, y1: HEIGHT / 2, y2: HEIGHT / 2 })];
  for (const wall of walls) {
    parts.push(svgElement("circle", { class: `s${index % 7}`, cx: x(wall).toFixed(1), cy: HEIGHT / 2, r: 4.5 }));
  }
  if (walls.length > 0) {
    parts.push(svgElement("line", { class: "median", x1: x(middle), x2: x(middle), y1: 2, y2: HEIGHT - 2 }));
  }
  return svgElement(
    "svg",
    { class: "strip", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ...parts,
  );
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
