// Checks the live pages while something happens on them. Usage: live.mjs FLAGPOLE; exit code 1 if there are problems.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { inspect, launch, open } from "./browser.mjs";

const [flagpole] = process.argv.slice(2);
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

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

async function checkServer(browser) {
  const { live, processes } = await serving(flagpole, "--profile", "book");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await sleep(3);
  const found = [...(await inspect(page)), ...errors];
  await page.close();
  for (const process of processes) await end(process);
  return found;
}

/** A run that goes on for longer than the check; then its end, and the report that the page becomes. */
async function checkRun(browser, ...options) {
  const [run, [, live]] = await start(flagpole, "stderr", /live page at (\S+)/, ...options, "--live", "127.0.0.1:0");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await sleep(3);
  const found = await inspect(page);
  const becomesReport = page.waitForFunction(() => location.pathname === "/report" && document.title !== "");
  const exited = run.exitCode ?? once(run, "exit");
  run.kill("SIGINT");
  await becomesReport.catch((error) => found.push(`no report: ${error.message}`));
  await exited;
  await page.close();
  return [...found, ...errors];
}

const browser = await launch();
const pages = {
  "serve --control": checkServer,
  "load --live": (browser) =>
    checkRun(browser, "load", "--latency", "uniform:1ms..50ms", "--fault", "503@10%", "--rate", "100/s", "-z", "10m", "--no-tui"),
  "compare --live": (browser) =>
    checkRun(browser, "compare", "--latency", "20ms,50ms", "--strategy", "threads,async", "--rounds", "1000"),
};
let wrong = 0;
for (const [name, check] of Object.entries(pages)) {
  const found = await check(browser);
  for (const problem of new Set(found)) console.log(`${name}: ${problem}`);
  wrong += found.length > 0;
}
await browser.close();
console.log(`pages: ${Object.keys(pages).length} live pages, ${wrong} with problems`);
process.exitCode = wrong > 0 ? 1 : 0;
