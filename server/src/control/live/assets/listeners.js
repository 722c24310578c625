// A card for each listener: what it does now, and how to change that.

import { FollowingField, onSubmit, patch } from "./controls.js";
import { count, rate, time } from "./format.js";
import { element, isolated, setText } from "./page.js";

/** Keys of a listener that have a field of their own, or that cannot change. */
const SHOWN_ELSEWHERE = new Set(["name", "port", "latency", "faults", "rule"]);

/** The average of the last second is shown: a half second has few requests. */
const SNAPSHOTS_OF_RATE = 2;

export class ListenerCard {
  /** `profiles` are those with one listener. */
  constructor(index, key, profiles) {
    this.index = index;
    this.key = key;
    this.profiles = profiles;
    const id = (name) => `listener-${index}-${name}`;
    this.link = element("a", { class: "code" });
    this.serving = element("span", { class: "badge" });
    this.tiles = Object.fromEntries(
      ["requests", "in progress", "late (p99)", "since reset"].map((name) => [name, element("dd")]),
    );
    this.latency = element("input", { id: id("latency"), autocomplete: "off", spellcheck: "false", "aria-describedby": id("message") });
    this.faults = element("textarea", { id: id("faults"), rows: "2", autocomplete: "off", spellcheck: "false", "aria-describedby": id("message") });
    this.select = element("select", { id: id("profile") });
    this.message = element("p", { class: "message", id: id("message"), role: "status" });
    this.limits = element("dl", { class: "values" });
    this.rules = element("ul", { class: "rules" });
    this.ruleSummary = element("summary");
    this.ruleDetails = element("details", {}, this.ruleSummary, this.rules);
    this.following = [new FollowingField(this.latency), new FollowingField(this.faults)];
    this.card = this.build(id);
    this.listenToForms();
  }

  build(id) {
    const tiles = Object.entries(this.tiles).map(([name, value]) =>
      element("div", {}, element("dt", {}, name), value),
    );
    const label = (name, text) => element("label", { for: id(name) }, text);
    const field = (...children) => element("div", { class: "field" }, ...children);
    this.values = element(
      "form",
      {},
      field(label("latency", "Latency"), this.latency),
      field(label("faults", "Faults, one a line"), this.faults),
      element("div", { class: "actions" }, element("button", { class: "primary" }, "Apply"), this.message),
    );
    const options = this.profiles.map(({ name, about }) =>
      element("option", { value: name }, about ? `${name}: ${about}` : name),
    );
    this.select.append(element("option", { value: "" }, "none of them"), ...options);
    this.chosen = new FollowingField(this.select);
    this.built = element(
      "form",
      { class: "row" },
      field(label("profile", "Built-in profile"), this.select),
      element("button", {}, "Use"),
    );
    this.built.hidden = this.profiles.length === 0;
    for (const form of [this.values, this.built]) form.classList.add("card-form");
    const heading = element("h3", { id: id("title") }, isolated(this.key));
    return element(
      "article",
      { class: "card panel", "aria-labelledby": id("title") },
      element("div", { class: "card-head" }, heading, this.link, this.serving),
      element("dl", { class: "tiles" }, ...tiles),
      this.values,
      this.built,
      this.limits,
      this.ruleDetails,
    );
  }

  listenToForms() {
    onSubmit(this.values, this.message, [this.latency, this.faults], async () => {
      const faults = this.faults.value.split("\n").map((line) => line.trim());
      const change = { latency: this.latency.value.trim(), faults: faults.filter((line) => line !== "") };
      await this.patch(change);
      this.following.forEach((field) => field.applied());
      return "Applied; requests follow it from now on";
    });
    onSubmit(this.built, this.message, [], async () => {
      const chosen = this.profiles.find((profile) => profile.name === this.select.value);
      if (!chosen) throw new Error("choose a profile first");
      const { name, listeners } = chosen;
      // Null removes what the profile does not have; name and port stay.
      const keys = Object.keys(this.profile).filter((key) => key !== "name" && key !== "port");
      await this.patch({ ...Object.fromEntries(keys.map((key) => [key, null])), ...valuesOf(listeners[0]) });
      this.chosen.applied();
      return `Follows the profile ${name} from now on`;
    });
  }

  /** Changes the listener; an error names it as the page does. */
  async patch(change) {
    try {
      await patch(this.key, change);
    } catch (error) {
      throw new Error(error.message.replaceAll(`listener[${this.index}].`, `${this.key}: `));
    }
  }

  /** The configuration has changed, which need not be shown yet. */
  keep(profile) {
    this.profile = profile;
  }

  /** The configuration has changed. */
  setState({ url, is_serving: isServing, profile }) {
    this.keep(profile);
    setText(this.link, url);
    this.link.setAttribute("href", `${url}flags/`);
    setText(this.serving, isServing ? "serving" : "stopped");
    const [latency, faults] = this.following;
    latency.update(profile.latency);
    faults.update(profile.faults.join("\n"));
    const followed = this.profiles.find(({ listeners }) => isSame(valuesOf(listeners[0]), valuesOf(profile)));
    this.chosen.update(followed?.name ?? "");
    this.faults.rows = Math.min(8, Math.max(2, profile.faults.length));
    this.showLimits(profile);
    this.showRules(profile.rule ?? []);
  }

  showLimits(profile) {
    const others = Object.entries(profile).filter(([name]) => !SHOWN_ELSEWHERE.has(name));
    const items = others.flatMap(([name, value]) => [
      element("dt", {}, name.replaceAll("_", " ")),
      element("dd", { class: "code" }, isolated(text(value))),
    ]);
    if (items.length === 0) items.push(element("dt", {}, "Limits"), element("dd", {}, "none"));
    this.limits.replaceChildren(...items);
  }

  showRules(rules) {
    this.ruleDetails.hidden = rules.length === 0;
    setText(this.ruleSummary, rules.length === 1 ? "1 rule" : `${rules.length} rules`);
    const items = rules.map((rule) => {
      const values = Object.entries(rule).map(([name, value]) => `${name}: ${text(value)}`);
      return element("li", { class: "code" }, isolated(values.join("; ")));
    });
    this.rules.replaceChildren(...items);
  }

  /** There are new counts. */
  setSnapshots(snapshots) {
    const recent = snapshots.slice(-SNAPSHOTS_OF_RATE);
    const last = recent.at(-1)?.listeners[this.index];
    if (!last) return;
    const seconds = recent.reduce((sum, snapshot) => sum + snapshot.length_ms, 0) / 1000;
    const requests = recent.reduce((sum, { listeners }) => sum + listeners[this.index].requests, 0);
    const late = snapshots.slice(-10).findLast(({ listeners }) => listeners[this.index].lateness.count > 0);
    setText(this.tiles.requests, rate(requests / seconds));
    setText(this.tiles["in progress"], count(last.in_progress));
    setText(this.tiles["late (p99)"], time(late?.listeners[this.index].lateness.p99_us));
    setText(this.tiles["since reset"], count(last.total));
  }
}

/** What a profile says of a listener, but for its identity. */
function valuesOf({ name: _name, port: _port, ...values }) {
  return values;
}

/** Whether two values have the same JSON, whatever the order of their keys. */
const isSame = (one, other) => canonical(one) === canonical(other);

const canonical = (value) =>
  JSON.stringify(value, (_key, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );

function text(value) {
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
