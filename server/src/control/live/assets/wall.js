// The wall of flags: each flag flashes by what came of the newest request for it or for its metadata.

import { byId, element, setText } from "./page.js";

const FRESH_MS = 450;

export class Wall {
  constructor() {
    this.cells = new Map();
    this.fresh = [];
  }

  /** Makes the wall. */
  setFlags(codes) {
    const wall = byId("wall");
    this.cells = new Map();
    for (const code of codes) {
      const picture = element("img", {
        src: `/live/${code}.gif`,
        alt: "",
        loading: "lazy",
        decoding: "async",
      });
      const cell = element("div", { class: "flag", title: code.toUpperCase() }, picture);
      this.cells.set(code, { cell, id: 0, result: "" });
    }
    wall.replaceChildren(...[...this.cells.values()].map(({ cell }) => cell));
  }

  /** Changes only the flags that have a newer request, or one that has ended. */
  update(flags) {
    for (const cell of this.fresh) cell.classList.remove("fresh");
    this.fresh = [];
    // A reset empties the journal.
    if (Object.keys(flags).length === 0) this.clear();
    let changed = 0;
    for (const [code, { id, result }] of Object.entries(flags)) {
      const known = this.cells.get(code);
      if (!known || (known.id === id && known.result === result)) continue;
      known.id = id;
      known.result = result;
      known.cell.dataset.result = result;
      known.cell.classList.add("seen", "fresh");
      this.fresh.push(known.cell);
      changed += 1;
    }
    const fresh = this.fresh;
    if (changed > 0) {
      setTimeout(() => fresh.forEach((cell) => cell.classList.remove("fresh")), FRESH_MS);
    }
    this.describe();
  }

  clear() {
    for (const known of this.cells.values()) {
      if (known.result === "") continue;
      known.id = 0;
      known.result = "";
      delete known.cell.dataset.result;
      known.cell.classList.remove("seen");
    }
  }

  describe() {
    const counts = {};
    for (const { result } of this.cells.values()) {
      if (result !== "") counts[result] = (counts[result] ?? 0) + 1;
    }
    for (const mark of byId("wall-legend").children) {
      setText(mark.querySelector("b"), String(counts[mark.dataset.result] ?? 0));
    }
  }
}
