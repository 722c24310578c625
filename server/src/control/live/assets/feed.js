// The stream of events, and the snapshots of the last five minutes.

import { byId, setAttribute, setText } from "./page.js";

const MAX_SNAPSHOTS = 600;
const RECONNECT_MS = 2000;

/** The event at which the page of a run becomes the report. It does not wait for the end of a pause. */
const END = "end";

/**
 * Connects to the stream, and again whenever it is lost. `handlers` has a function for each event; the function of
 * `snapshots` is called with all snapshots, oldest first, when there is a new one. While the display is paused, or the page
 * hidden, events wait: afterwards the last one of each name is handled. Those of `whilePaused` are called at once for an
 * event that waits. The element `connection` shows the state.
 */
export function follow(handlers, whilePaused = {}) {
  let snapshots = [];
  const waiting = new Map();
  const isPaused = pauseButton(() => {
    const events = [...waiting];
    waiting.clear();
    for (const [name, data] of events) handlers[name](data);
  });
  const handle = (name, data) => {
    if (!isPaused() || name === END) return handlers[name](data);
    // Deleted first, so that the order is that in which the last ones came.
    waiting.delete(name);
    waiting.set(name, data);
    whilePaused[name]?.(data);
  };
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
      handle("snapshots", snapshots);
    });
    on("snapshot", (snapshot) => {
      snapshots.push(snapshot);
      if (snapshots.length > MAX_SNAPSHOTS) snapshots.shift();
      handle("snapshots", snapshots);
    });
    for (const name of Object.keys(handlers)) {
      if (name !== "snapshots") on(name, (data) => handle(name, data));
    }
    on("stop", () => {
      if (END in handlers) {
        // The page of a run does not come again.
        source.close();
        show("lost", "This page has ended");
      } else {
        show("lost", "The server has stopped");
      }
    });
  };
  connect();
}

function show(state, text) {
  const status = byId("connection");
  setAttribute(status, "data-state", state);
  setText(status, text);
}

/** Makes the button `pause` work; returns a function that says whether the display is paused or the page hidden. */
function pauseButton(onResume) {
  const button = byId("pause");
  let isPaused = false;
  const isStill = () => isPaused || document.hidden;
  const resume = () => {
    if (!isStill()) onResume();
  };
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.setAttribute("aria-pressed", String(isPaused));
    resume();
  });
  document.addEventListener("visibilitychange", resume);
  return isStill;
}
