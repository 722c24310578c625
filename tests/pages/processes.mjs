// Processes of flagpole whose pages are opened.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/** Starts flagpole; gives the process, which `end` ends, and the first line of a stream that `pattern` matches. */
export async function start(flagpole, stream, pattern, ...options) {
  const child = spawn(flagpole, options, { stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: child[stream] });
  child[stream === "stdout" ? "stderr" : "stdout"].resume();
  for await (const line of lines) {
    const match = pattern.exec(line);
    if (match) {
      child[stream].resume();
      return [child, match];
    }
  }
  throw new Error(`flagpole ${options.join(" ")}: no line like ${pattern}`);
}

export async function end(child) {
  const exited = child.exitCode ?? child.signalCode ?? once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/** A server with its live page, and a load that it serves. */
export async function serving(flagpole, ...options) {
  const [server, [line]] = await start(
    flagpole, "stdout", /.*"ready".*/, "serve", "--port", "0", "--control", "127.0.0.1:0", "--format", "json", ...options);
  const { live, listeners } = JSON.parse(line);
  const urls = listeners.flatMap(({ url }) => ["br", "us", "jp", "de", "in"].map((code) => `${url}flags/${code}/${code}.gif`));
  const load = spawn(flagpole, ["load", "--quiet", ...urls, "-c", "8", "-z", "60s"], { stdio: "ignore" });
  return { live, processes: [load, server] };
}
