// The table of the last requests.

import { byId, element, setAttribute, setText } from "./page.js";
import { bytes, time, timeOfDay } from "./format.js";

const RESULTS = {
  "in-progress": "in progress",
  ok: "ok",
  fault: "fault",
  failed: "failed",
  rejected: "rejected",
};

const COLUMNS = [
  (row) => timeOfDay(row.unix_ms),
  (row) => row.listener ?? "–",
  (row) => `${row.method} ${row.path}`,
  (row) => (row.n === null ? "–" : String(row.n)),
  null,
  (row) => (row.status === null ? "–" : String(row.status)),
  (row) => (row.end === null || row.end === "completed" ? row.cause : `${row.cause}; ${row.end}`),
  (row) => (row.planned_us === 0 ? "–" : time(row.planned_us)),
  (row) => time(row.lateness_us),
  (row) => time(row.duration_us),
  (row) => (row.bytes === null ? "–" : bytes(row.bytes)),
];

const NUMBERS = new Set([3, 7, 8, 9, 10]);

export function updateRequests(rows) {
  const body = byId("requests");
  byId("no-requests").hidden = rows.length > 0;
  while (body.childElementCount > rows.length) body.lastElementChild.remove();
  while (body.childElementCount < rows.length) body.append(emptyRow());
  rows.forEach((row, index) => fill(body.children[index], row));
}

function emptyRow() {
  const cells = COLUMNS.map((column, index) => {
    if (column === null) return element("td", {}, element("span", { class: "mark" }));
    const kind = index === 2 ? "path" : NUMBERS.has(index) ? "number" : "";
    return element("td", { class: kind }, element("bdi"));
  });
  return element("tr", {}, ...cells);
}

function fill(tableRow, row) {
  COLUMNS.forEach((column, index) => {
    const cell = tableRow.children[index].firstElementChild;
    if (column === null) {
      setAttribute(cell, "data-result", row.result);
      setText(cell, RESULTS[row.result] ?? row.result);
    } else {
      const text = column(row);
      setText(cell, text);
      if (index === 2) setAttribute(cell, "title", text);
    }
  });
}
