// The live page of running servers.

import { Chart, MAX_SERIES, seriesByLabel } from "./chart.js";
import { FollowingField, call, onSubmit, profilePath } from "./controls.js";
import { follow } from "./feed.js";
import { rate, short, time } from "./format.js";
import { ListenerCard } from "./listeners.js";
import { byId, element, isolated, setText } from "./page.js";
import { updateRequests } from "./requests.js";
import { Wall } from "./wall.js";

const TOML = "application/toml";
const ALL = -1;

const wall = new Wall();
const seed = new FollowingField(byId("seed"));
const profileText = new FollowingField(byId("profile"));
let cards = [];
let profiles = [];
let keys = [];
let newest = [];
/** The index of the listener whose figures are shown, or `ALL`. */
let scope = ALL;

const charts = {
  requests: new Chart("Requests", "per second", rate),
  inProgress: new Chart("In progress", "requests at the moment", short),
  lateness: new Chart("Lateness", "of delayed responses", time, { end: 1000 }),
  status: new Chart("By status", "responses per second", rate),
  cause: new Chart("By cause", "requests per second", rate),
  connections: new Chart("Connections", "open at the moment", short),
};
byId("charts").append(...Object.values(charts).map((chart) => chart.figure));

const handlers = {
  site(site) {
    profiles = site.profiles;
    wall.setFlags(site.flags);
    keys = [];
  },
  state(state) {
    showState(state);
  },
  requests(requests) {
    updateRequests(requests.rows);
    wall.update(requests.flags);
  },
  snapshots(snapshots) {
    newest = snapshots;
    cards.forEach((card) => card.setSnapshots(snapshots));
    drawCharts();
  },
};

// A form replaces the configuration that the listener has now, also during a pause.
follow(handlers, {
  state({ listeners }) {
    listeners.forEach(({ profile }, index) => cards[index]?.keep(profile));
  },
});

function showState(state) {
  setText(byId("about"), `${state.about ? `${state.about} · ` : ""}version ${state.version}`);
  seed.update(state.seed);
  const nextKeys = state.listeners.map(({ key }) => key);
  if (nextKeys.join("\n") !== keys.join("\n")) {
    keys = nextKeys;
    const single = profiles.filter(({ listeners }) => listeners.length === 1);
    cards = keys.map((key, index) => new ListenerCard(index, key, single));
    byId("listeners").replaceChildren(...cards.map(({ card }) => card));
    fillScope();
    fillBuiltIn();
    drawCharts();
  }
  if (byId("profile-details").open) readProfile();
  state.listeners.forEach((listener, index) => cards[index].setState(listener));
  cards.forEach((card) => card.setSnapshots(newest));
}

function fillScope() {
  const fieldset = byId("scope");
  fieldset.hidden = keys.length < 2;
  scope = ALL;
  const choice = (value, label) => {
    const input = element("input", { type: "radio", name: "scope", value: String(value) });
    input.checked = value === scope;
    input.addEventListener("change", () => {
      scope = value;
      drawCharts();
    });
    return element("label", {}, input, isolated(label));
  };
  const choices = keys.map((key, index) => choice(index, key));
  fieldset.replaceChildren(fieldset.firstElementChild, choice(ALL, "all listeners"), ...choices);
}

const secondsOf = (snapshot) => Math.max(snapshot.length_ms, 1) / 1000;

function drawCharts() {
  if (keys.length === 0) return;
  const times = newest.map((snapshot) => snapshot.at_ms);
  const ofEach = (valueOf) =>
    keys.map((name, index) => ({
      name,
      values: newest.map((snapshot) => valueOf(snapshot.listeners[index], snapshot)),
    }));
  const requests = ofEach((listener, snapshot) => listener.requests / secondsOf(snapshot));
  charts.requests.draw(times, atMost(requests));
  charts.inProgress.draw(times, atMost(ofEach((listener) => listener.in_progress)));
  charts.connections.draw(times, atMost(ofEach((listener) => listener.open_connections)));
  const chosen = (snapshot) =>
    scope === ALL ? snapshot.listeners : [snapshot.listeners[scope]];
  charts.status.draw(times, seriesByLabel(newest, (snapshot) => sum(chosen(snapshot), "by_status"), secondsOf));
  charts.cause.draw(times, seriesByLabel(newest, (snapshot) => sum(chosen(snapshot), "by_cause"), secondsOf));
  const lateness = (name, key) => ({
    name: scope === ALL && keys.length > 1 ? `${name}, latest listener` : name,
    values: newest.map((snapshot) => largest(chosen(snapshot).map((listener) => listener.lateness[key]))),
  });
  charts.lateness.draw(times, [lateness("p50", "p50_us"), lateness("p99", "p99_us")]);
}

/** The series of the first listeners, and one for the others together. */
function atMost(series) {
  if (series.length <= MAX_SERIES) return series;
  const others = series.slice(MAX_SERIES - 1);
  const values = others[0].values.map((_, at) => others.reduce((total, one) => total + one.values[at], 0));
  return [...series.slice(0, MAX_SERIES - 1), { name: `${others.length} others`, values }];
}

function sum(listeners, key) {
  const total = {};
  for (const listener of listeners) {
    for (const [label, number] of Object.entries(listener[key])) {
      total[label] = (total[label] ?? 0) + number;
    }
  }
  return total;
}

function largest(values) {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

// What changes all listeners.

onSubmit(byId("seed-form"), byId("all-message"), [byId("seed")], async () => {
  // As text: a script cannot hold every whole number.
  await call("PATCH", profilePath(), "application/merge-patch+json", JSON.stringify({ seed: byId("seed").value.trim() }));
  seed.applied();
  return "Applied; requests follow the new seed from now on";
});

onSubmit(byId("reset-form"), byId("all-message"), [], async () => {
  await call("POST", "/reset");
  return "Reset: request numbers start at 1, counts at 0";
});

onSubmit(byId("profile-form"), byId("profile-message"), [byId("profile")], async () => {
  const applied = await call("PUT", profilePath(), TOML, byId("profile").value);
  profileText.applied();
  profileText.update(applied);
  byId("built-in").value = "";
  return "Applied; requests follow it from now on";
});

byId("profile-details").addEventListener("toggle", () => {
  if (byId("profile-details").open) readProfile();
});

byId("built-in").addEventListener("change", () => {
  const chosen = profiles.find(({ name }) => name === byId("built-in").value);
  if (chosen) {
    byId("profile").value = chosen.toml;
  } else {
    profileText.applied();
    readProfile();
  }
});

async function readProfile() {
  try {
    profileText.update(await call("GET", profilePath(), TOML));
  } catch (error) {
    setText(byId("profile-message"), error.message);
  }
}

function fillBuiltIn() {
  const option = (value, label) => element("option", { value }, label);
  // The number of listeners cannot change.
  const fitting = profiles.filter(({ listeners }) => listeners.length === keys.length);
  const options = fitting.map(({ name, about }) => option(name, about ? `${name}: ${about}` : name));
  byId("built-in").replaceChildren(option("", "the profile that the servers follow"), ...options);
  byId("built-in-field").hidden = fitting.length === 0;
}
