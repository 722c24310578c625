// Checks the live pages while something happens on them. Usage: live.mjs FLAGPOLE; exit code 1 if there are problems.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, launch, open } from "./browser.mjs";
import { end, serving, start } from "./processes.mjs";

const [flagpole] = process.argv.slice(2);

async function checkServer(browser) {
  const { live, processes } = await serving(flagpole, "--profile", "book");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await page.waitForFunction("document.querySelector('#charts path[d*=L]') && document.querySelector('#requests tr')");
  const found = [...(await inspect(page)), ...errors];
  const repeated = await page.$$eval("#charts svg", (charts) =>
    charts.map((chart) => [...chart.querySelectorAll("text[text-anchor=end]")].map((label) => label.textContent))
      .filter((labels) => new Set(labels).size < labels.length));
  if (repeated.length > 0) found.push(`an axis has a label twice: ${repeated[0].join(", ")}`);
  await page.close();
  for (const child of processes) await end(child);
  return found;
}

/** What a card says: the profile that its listener follows, and its name in an error. */
async function checkCard(browser) {
  const { live, processes } = await serving(flagpole, "--profile", "wan");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  const shown = (selector, key) => page.$eval(selector, (field, name) => field[name], key);
  const found = [];
  const expect = async (what, selector, key, expected) => {
    const isShown = (field, name, value) => document.querySelector(field)?.[name] === value;
    const becomes = page.waitForFunction(isShown, {}, selector, key, expected);
    await becomes.catch(async () => found.push(`${what}: ${await shown(selector, key)}, expected ${expected}`));
  };
  await expect("profile at the start", "#listener-0-profile", "value", "wan");
  await page.select("#listener-0-profile", "clean");
  await page.click("form.row.card-form button");
  await expect("latency after a change of the profile", "#listener-0-latency", "value", "0");
  await expect("profile after a change", "#listener-0-profile", "value", "clean");
  await page.$eval("#listener-0-latency", (field) => { field.value = "7ms"; });
  await page.click(".card-form button.primary");
  await expect("profile of own values", "#listener-0-profile", "value", "");
  if (errors.length > 0) found.push(...errors);
  await page.$eval("#listener-0-latency", (field) => { field.value = "fast"; });
  await page.click(".card-form button.primary");
  await page.waitForSelector("#listener-0-message[data-kind=error]");
  const name = await shown("#listeners h3", "textContent");
  const message = await shown("#listener-0-message", "textContent");
  if (!message.startsWith(`${name}: latency: `)) found.push(`an error says: ${message}`);
  await page.close();
  for (const child of processes) await end(child);
  return found;
}

/** A name that would end an element, or change the direction of writing, is only text. */
async function checkHostileName(browser) {
  const folder = await mkdtemp(join(tmpdir(), "flagpole-"));
  const profile = join(folder, "hostile.toml");
  const name = "</script><img src=x onerror=boom()>\"'\u202e";
  await writeFile(profile, `[[listener]]\nname = ${JSON.stringify(name)}\nport = 0\nlatency = "1ms"\n`);
  const { live, processes } = await serving(flagpole, "--profile", profile);
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await page.waitForSelector("#listeners h3");
  const found = [...(await inspect(page)), ...errors];
  const shown = await page.$eval("#listeners h3", (heading) => heading.textContent);
  if (shown !== name) found.push(`the name is shown as ${shown}`);
  await page.close();
  for (const child of processes) await end(child);
  await rm(folder, { recursive: true });
  return found;
}

/** The page of a run while it goes on, and the report that it becomes. */
const checkRun = (...options) => async (browser) => {
  const [child, [live]] = await start(flagpole, "stderr", /http:\S+/, ...options, "--live", "127.0.0.1:0");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await page.waitForSelector("tbody tr");
  const found = await inspect(page);
  const isReport = page.waitForFunction("location.pathname === '/report' && document.readyState === 'complete'");
  if (new URL(page.url()).pathname !== "/") found.push("the run has ended before its page was checked");
  child.kill("SIGINT");
  await isReport;
  found.push(...(await inspect(page)).map((problem) => `report: ${problem}`), ...errors);
  await page.close();
  await end(child);
  return found;
};

const pages = {
  "serve --control": checkServer,
  "serve --control, its cards": checkCard,
  "serve --control, with a hostile name": checkHostileName,
  "load --live": checkRun("load", "/flags/br/br.gif", "--latency", "lognormal:p50=5ms,p99=40ms", "--fault", "500@5%", "-c", "5", "-z", "60s"),
  "compare --live": checkRun("compare", "--flags", "20", "--latency", "20ms", "--rounds", "200"),
};

const browser = await launch();
let wrong = 0;
for (const [name, check] of Object.entries(pages)) {
  const found = await check(browser);
  for (const problem of new Set(found)) console.log(`${name}: ${problem}`);
  wrong += found.length > 0;
}
await browser.close();
console.log(`pages: ${Object.keys(pages).length} live pages, ${wrong} with problems`);
process.exitCode = wrong > 0 ? 1 : 0;
