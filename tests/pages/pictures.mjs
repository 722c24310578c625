// Takes the pictures of docs/pictures. Usage: pictures.mjs FLAGPOLE REPORTS PICTURES

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { appear, launch, open, WIDTHS } from "./browser.mjs";
import { end, serving, sleep, start } from "./processes.mjs";

const [flagpole, reports, pictures] = process.argv.slice(2);
const [narrow, wide] = WIDTHS;
const browser = await launch();

/** Takes a picture of the page from `top`, a height or the heading of a figure, at most this high. */
async function take(page, name, height, heading) {
  const top = await page.evaluate((text) => {
    const found = [...document.querySelectorAll("h2, h3")].find((element) => text && element.textContent.startsWith(text));
    return found ? found.getBoundingClientRect().top + scrollY - 24 : 0;
  }, heading);
  const { width } = page.viewport();
  const end = await page.evaluate("document.documentElement.scrollHeight");
  const clip = { x: 0, y: top, width, height: Math.min(height, end - top) };
  await page.screenshot({ path: join(pictures, `${name}.png`), clip, captureBeyondViewport: true });
}

const report = async (name) => (await open(browser, pathToFileURL(resolve(reports, `${name}.html`)).href, () => true)).page;

const comparison = await report("comparison");
await take(comparison, "comparison", 1250);
await take(comparison, "waterfall", 1000, "Attempts of the median round");
await appear(comparison, narrow, "light");
await take(comparison, "comparison-narrow", 1300);
const programs = await report("programs");
await take(programs, "programs", 1250);
const grid = await report("concurrency");
await take(grid, "concurrency", 1000, "Overview of all cells");
const load = await report("load");
await take(load, "load", 1300, "Over time");

const { live, processes } = await serving(flagpole, "--profile", "book");
const { page } = await open(browser, live, () => true, wide);
await sleep(20);
await take(page, "live", 1300);
for (const child of processes) await end(child);

const [run, [address]] = await start(
  flagpole, "stderr", /http:\S+/, "load", "/flags/br/br.gif", "--latency", "lognormal:p50=5ms,p99=40ms", "--fault", "500@2%",
  "--rate", "300/s", "-z", "60s", "--live", "127.0.0.1:0");
const running = await open(browser, address, () => true, wide);
await sleep(20);
await take(running.page, "live-load", 1000);
await end(run);
await browser.close();
