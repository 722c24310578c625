// Checks the live pages while something happens on them. Usage: live.mjs FLAGPOLE; exit code 1 if there are problems.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, launch, open } from "./browser.mjs";
import { end, serving, sleep, start } from "./processes.mjs";

const [flagpole] = process.argv.slice(2);

async function checkServer(browser) {
  const { live, processes } = await serving(flagpole, "--profile", "book");
  const { page, errors } = await open(browser, live, (url) => url.startsWith(live));
  await sleep(3);
  const found = [...(await inspect(page)), ...errors];
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
  await sleep(2);
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
  await sleep(2);
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
