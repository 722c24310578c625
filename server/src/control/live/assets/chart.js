// A chart of lines over the last minute, two or five, as SVG.

import { element, isolated, setAttribute, setText, svgElement } from "./page.js";

/** The lengths of the time axis, and the steps of its labels, in seconds. */
const WINDOWS = [
  { length: 60, step: 15 },
  { length: 120, step: 30 },
  { length: 300, step: 60 },
];
const HEIGHT = 168;
const TOP = 8;
const BOTTOM = 22;
const LEFT = 52;
const RIGHT = 10;

/** Series beyond these are added up or left out by the caller: more lines cannot be told apart. */
export const MAX_SERIES = 6;

/** The longest time between two snapshots without a gap in the line. */
const MAX_GAP_MS = 3000;

export class Chart {
  /**
   * `format` turns a value into text. `draw` is given the series: names and values, one for each snapshot, `null` for
   * none. The axis of values that are all 0 ends at `end`; `base` is the factor between two units of `format`.
   */
  constructor(title, about, format, { end = 10, base = 1000 } = {}) {
    this.format = format;
    this.maxOf = (series) => niceMax(largest(series), base) || end;
    this.title = title;
    this.svg = svgElement("svg", { role: "img" });
    this.grid = svgElement("g");
    this.lines = svgElement("g");
    this.svg.append(this.grid, this.lines);
    this.legend = element("ul", { class: "legend" });
    const heading = element("h3", {}, title);
    const caption = element("figcaption", {}, heading, element("span", { class: "muted" }, about));
    this.empty = element("p", { class: "muted empty" }, "nothing so far");
    this.figure = element("figure", { class: "chart panel" }, caption, this.svg, this.legend, this.empty);
    this.drawn = [[], []];
    // Texts keep their size when the width changes.
    new ResizeObserver(() => this.draw(...this.drawn)).observe(this.svg);
  }

  /** `times` are in milliseconds; the last one is at the right edge. */
  draw(times, series) {
    this.drawn = [times, series];
    const width = Math.max(240, this.svg.clientWidth || 400);
    setAttribute(this.svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
    const max = this.maxOf(series);
    const end = times.at(-1) ?? 0;
    const span = (end - (times[0] ?? end)) / 1000;
    const window = WINDOWS.find(({ length }) => span <= length) ?? WINDOWS.at(-1);
    const x = (time) => LEFT + (width - LEFT - RIGHT) * (1 - (end - time) / 1000 / window.length);
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / max);
    this.drawGrid(width, max, window, x, y, end);
    this.drawLines(times, series, x, y);
    this.drawLegend(series);
  }

  drawGrid(width, max, { length, step }, x, y, end) {
    const key = `${width} ${max} ${length}`;
    if (key === this.gridKey) return;
    this.gridKey = key;
    const parts = [];
    for (const part of [0, 0.5, 1]) {
      const at = y(max * part);
      const kind = part === 0 ? "axis-line" : "grid-line";
      parts.push(svgElement("line", { class: kind, x1: LEFT, x2: width - RIGHT, y1: at, y2: at }));
      const label = svgElement("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" });
      label.textContent = this.format(max * part);
      parts.push(label);
    }
    const every = width < 380 ? 2 * step : step;
    for (let seconds = 0; seconds < length; seconds += every) {
      const at = x(end - seconds * 1000);
      const label = svgElement("text", { x: at, y: HEIGHT - 6, "text-anchor": seconds === 0 ? "end" : "middle" });
      label.textContent = ago(seconds, length);
      parts.push(svgElement("line", { class: "axis-line", x1: at, x2: at, y1: y(0), y2: y(0) + 4 }));
      parts.push(label);
    }
    this.grid.replaceChildren(...parts);
  }

  drawLines(times, series, x, y) {
    while (this.lines.childElementCount < series.length) {
      const index = this.lines.childElementCount;
      this.lines.append(svgElement("path", { class: `series s${index}` }));
    }
    [...this.lines.children].forEach((line, index) => {
      const values = series[index]?.values ?? [];
      setAttribute(line, "d", path(times, values, x, y));
    });
  }

  drawLegend(series) {
    this.legend.hidden = series.length === 0;
    this.empty.hidden = series.length > 0;
    while (this.legend.childElementCount > series.length) this.legend.lastElementChild.remove();
    while (this.legend.childElementCount < series.length) {
      const index = this.legend.childElementCount;
      const line = svgElement("line", { class: `series s${index}`, x1: 0, x2: 22, y1: 4, y2: 4 });
      const swatch = svgElement("svg", { viewBox: "0 0 22 8", "aria-hidden": "true" }, line);
      this.legend.append(element("li", {}, swatch, isolated(""), element("b")));
    }
    const texts = series.map(({ name, values }, index) => {
      const last = values.at(-1);
      const text = last === null || last === undefined ? "–" : this.format(last);
      const [, label, value] = this.legend.children[index].children;
      setText(label, name);
      setText(value, text);
      return `${name} ${text}`;
    });
    setAttribute(this.svg, "aria-label", `${this.title}, now: ${texts.join(", ") || "nothing"}`);
  }
}

/** How long ago: `−15 s`, `−2 min`. */
function ago(seconds, length) {
  if (seconds === 0) return "now";
  return length <= 120 ? `−${seconds} s` : `−${seconds / 60} min`;
}

function path(times, values, x, y) {
  let text = "";
  let previous = null;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null || value === undefined) {
      previous = null;
      continue;
    }
    const time = times[index];
    const isNew = previous === null || time - previous > MAX_GAP_MS;
    const nextIsGap = values[index + 1] === null || values[index + 1] === undefined;
    text += `${isNew ? "M" : "L"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
    // A point without neighbours would be invisible.
    if (isNew && nextIsGap) text += "h1.5";
    previous = time;
  }
  return text;
}

function largest(series) {
  let max = 0;
  for (const { values } of series) for (const value of values) if (value > max) max = value;
  return max;
}

/** The next number with one or two digits and zeros, in its unit; 0 of 0. */
function niceMax(max, base) {
  if (!(max > 0)) return 0;
  let unit = 1;
  while (max / unit >= base) unit *= base;
  const power = 10 ** Math.floor(Math.log10(max / unit)) * unit;
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= max * 0.999) * power;
}

/**
 * Series of counts by label, as values per second: the largest get a line of their own in a stable order, the others one
 * together. `rowsOf` gives the counts of a snapshot.
 */
export function seriesByLabel(snapshots, rowsOf, secondsOf) {
  const sums = new Map();
  const rows = snapshots.map(rowsOf);
  for (const row of rows) {
    for (const [label, number] of Object.entries(row)) {
      sums.set(label, (sums.get(label) ?? 0) + number);
    }
  }
  const labels = [...sums.keys()].sort((one, other) => sums.get(other) - sums.get(one));
  const own = labels.length > MAX_SERIES ? labels.slice(0, MAX_SERIES - 1) : labels;
  const others = labels.slice(own.length);
  const perSecond = (numberOf) => rows.map((row, index) => numberOf(row) / secondsOf(snapshots[index]));
  const series = own.sort().map((name) => ({ name, values: perSecond((row) => row[name] ?? 0) }));
  if (others.length > 0) {
    const sum = (row) => others.reduce((total, label) => total + (row[label] ?? 0), 0);
    series.push({ name: `${others.length} others`, values: perSecond(sum) });
  }
  return series;
}
