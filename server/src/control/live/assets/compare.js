// The live page of a comparison.

import { follow } from "./feed.js";
import { count, short, time } from "./format.js";
import { byId, element, isolated, setText, svgElement } from "./page.js";
import { showReport } from "./run.js";

/** The height of the wall times of a contender, in pixels. */
const HEIGHT = 24;

/** The section of each cell, by its conditions. */
const sections = new Map();

follow({
  state: show,
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
  state.cells.forEach(showCell);
}

/** Changes the section of a cell, so that it keeps focus and scroll; the newest is the first: that is the one that changes. */
function showCell(cell) {
  const { conditions, contenders } = cell;
  if (!sections.has(conditions)) {
    sections.set(conditions, section(conditions));
    byId("cells").prepend(sections.get(conditions).section);
  }
  const { notes, scale, rows } = sections.get(conditions);
  const longest = ({ walls_us: walls, stalled_walls_us: stalled, median_us: median }) => Math.max(...walls, ...stalled, median ?? 0);
  const max = Math.max(...contenders.map(longest), 1);
  setText(notes, notesOf(cell));
  setText(scale, `wall times from 0 to ${time(max)}`);
  rows.replaceChildren(...contenders.map((contender, index) => row(contender, index, max)));
}

const remainingText = (seconds) =>
  seconds < 100 ? `${short(Math.floor(seconds))} s` : `${short(Math.floor(seconds / 60))} min`;

function section(conditions) {
  const notes = element("p", { class: "muted" });
  const scale = element("th", { scope: "col" });
  const rows = element("tbody");
  const columns = [
    element("th", { scope: "col" }, "contender"),
    element("th", { scope: "col", class: "number" }, "median"),
    scale,
  ];
  const label = `Wall times: ${conditions}`;
  const caption = element("caption", { class: "visually-hidden" }, label);
  const table = element("table", {}, caption, element("thead", {}, element("tr", {}, ...columns)), rows);
  const made = element(
    "section",
    { class: "panel" },
    element("div", { class: "section-head" }, element("h2", {}, isolated(conditions)), notes),
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, table),
  );
  return { section: made, notes, scale, rows };
}

function notesOf({ wanted, contenders }) {
  const rounds = Math.min(...contenders.map((contender) => contender.rounds));
  const stalled = Math.max(...contenders.map((contender) => contender.stalled_rounds));
  if (stalled === 0) return `${count(rounds)} of ${count(wanted)} rounds`;
  const done = `${count(rounds + stalled)} rounds done, ${count(wanted)} wanted`;
  return `${done}; the machine stalled in ${count(stalled)} (crosses), which are repeated unless too many stall`;
}

function row(contender, index, max) {
  const { name, rounds, median_us: median, is_running: isRunning } = contender;
  const head = element("th", { scope: "row" }, isolated(name));
  if (isRunning) head.append(" ", element("span", { class: "badge" }, "running"));
  const label = `${count(rounds)} rounds${median === null ? "" : `, median ${time(median)}`}`;
  return element(
    "tr",
    {},
    head,
    element("td", { class: "number" }, time(median)),
    element("td", { class: "strip-cell" }, strip(contender, index, max, label)),
  );
}

/** Positions are parts of the width, so that marks keep their size on every screen. */
function strip({ walls_us: walls, stalled_walls_us: stalled, median_us: median }, index, max, label) {
  const at = (part) => `${(2 + 96 * part).toFixed(2)}%`;
  const middle = HEIGHT / 2;
  const colour = `s${index % 7}`;
  const parts = [svgElement("line", { x1: at(0), x2: at(1), y1: middle, y2: middle })];
  for (const wall of walls) {
    parts.push(svgElement("circle", { class: colour, cx: at(wall / max), cy: middle, r: 4.5 }));
  }
  for (const wall of stalled) {
    const cross = svgElement("path", { class: `cross ${colour}`, d: "M-4 -4l8 8m0 -8l-8 8" });
    parts.push(svgElement("svg", { x: at(wall / max), y: middle, overflow: "visible" }, cross));
  }
  if (median !== null) {
    const x = at(median / max);
    parts.push(svgElement("line", { class: "median", x1: x, x2: x, y1: 2, y2: HEIGHT - 2 }));
  }
  return svgElement("svg", { class: "strip", height: HEIGHT, role: "img", "aria-label": label }, ...parts);
}
