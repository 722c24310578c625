// The end of a run: its page becomes the report.

import { byId, element, setText } from "./page.js";

/** Shows the report instead of this page. */
export function showReport() {
  setText(byId("phase"), "The run has ended; opening the report");
  location.replace("/report");
}

/** Makes the rows of a table body have these texts; the first cell of each is its head. */
export function fillRows(body, rows) {
  while (body.childElementCount > rows.length) body.lastElementChild.remove();
  while (body.childElementCount < rows.length) {
    const cells = rows[0].slice(1).map(() => element("td", { class: "number" }));
    const head = element("th", { scope: "row" }, element("bdi"));
    body.append(element("tr", {}, head, ...cells));
  }
  rows.forEach(([head, ...texts], index) => {
    const [first, ...cells] = body.children[index].children;
    setText(first.firstElementChild, head);
    texts.forEach((text, at) => setText(cells[at], text));
  });
}
