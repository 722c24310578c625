// The stream of events, and the snapshots of the last five minutes.

import { byId, setAttribute, setText } from "./page.js";

const MAX_SNAPSHOTS = 600;
const RECONNECT_MS = 2000;

/**
 * Connects to the stream, and again whenever it is lost. `handlers` has a function for each event; the function of
 * `snapshots` is called with all snapshots, oldest first, when there is a new one. The element `connection` shows the state.
 */
export function follow(handlers) {
  let snapshots = [];
  const isPaused = pauseButton(() => handlers.snapshots(snapshots));
  const connect = () => {
    const source = new EventSource("/live/events");
    const on = (name, action) => {
      source.addEventListener(name, (event) => action(JSON.parse(event.data)));
    };
    source.onopen = () => show("live", "Live");
    source.onerror = () => {
      show("lost", "Connection lost; trying again");
      // A browser tries again by itself, unless the answer was an error.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RECONNECT_MS);
    };
    on("history", (history) => {
      snapshots = history;
      handlers.snapshots(snapshots);
    });
    on("snapshot", (snapshot) => {
      snapshots.push(snapshot);
      if (snapshots.length > MAX_SNAPSHOTS) snapshots.shift();
      if (!isPaused()) handlers.snapshots(snapshots);
    });
    for (const [name, action] of Object.entries(handlers)) {
      if (name !== "snapshots") on(name, (data) => action(data, isPaused()));
    }
    if (!handlers.stop) on("stop", () => show("lost", "The server has stopped"));
  };
  connect();
}

function show(state, text) {
  const status = byId("connection");
  setAttribute(status, "data-state", state);
  setText(status, text);
}

/** Makes the button `pause` work; returns a function that says whether the display is paused. */
function pauseButton(onResume) {
  const button = byId("pause");
  let isPaused = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    if (!isPaused) onResume();
  });
  return () => isPaused || document.hidden;
}
