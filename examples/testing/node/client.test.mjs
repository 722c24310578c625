// How a client takes faults, by Node's own test runner: node --test
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";

const options = "serve --port 0 --control 0 --format json --exit-with-parent --quiet".split(" ");
let server, url, control;

before(async () => {
  server = spawn("flagpole", options, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await Promise.race([
    once(createInterface(server.stdout), "line"), // fails if there is no program `flagpole`
    once(server, "exit").then(() => Promise.reject(new Error("flagpole did not start"))),
  ]);
  const ready = JSON.parse(line);
  ({ control, listeners: [{ url }] } = ready);
});

after(() => server.kill());

beforeEach(() => call("POST", "reset"));

async function call(method, path, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(control + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

const setListener = (listener) => call("PUT", "profile", { listener: [listener] });

// The requests of this test, as soon as `wait` of them are over.
async function journal(wait) {
  const text = await call("GET", `journal?event=end&wait=${wait}&timeout=60s`);
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

// The client under test: GETs, with at most two retries after a 503.
async function download(url, timeout = 60_000, retries = 2) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeout) });
  const body = await response.arrayBuffer();
  return response.status === 503 && retries > 0 ? download(url, timeout, retries - 1) : body;
}

test("retries until the server recovers", async () => {
  await setListener({ rule: [{ first: 2, faults: ["503"] }] });
  assert.equal((await download(url + "flags/br/br.gif")).byteLength, 11059);
  assert.deepEqual((await journal(3)).map((request) => request.status), [503, 503, 200]);
});

test("does not wait for a server that hangs", async () => {
  await setListener({ faults: ["hang:700"] });
  await assert.rejects(download(url + "flags/br/br.gif", 500), { name: "TimeoutError" });
  assert.deepEqual((await journal(1)).map((request) => request.fault), ["hang:700"]);
});

test("asks once for a file without faults", async () => {
  await setListener({ latency: "5ms" });
  await download(url + "flags/in/in.gif");
  await call("POST", "verify", { request: { method: "GET", path: "/flags/in/*.gif" }, count: 1 });
});
