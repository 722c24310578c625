// Starts a test on the page of a Locust master, watches it, and stops it. Usage: page.mjs URL [PICTURE]

import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(new URL("../pages/package.json", import.meta.url));
const { default: puppeteer } = await import(require.resolve("puppeteer-core"));

const [url, picture] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
});
const page = await browser.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.setViewport({ width: 1400, height: 1000 });
await page.goto(url, { waitUntil: "load" });

/** Clicks on what has exactly this text. */
async function click(text) {
  const found = await page.waitForFunction((wanted) => {
    const all = [...document.querySelectorAll("button, [role=tab], [role=button], a")];
    return all.find((element) => element.textContent.trim().toLowerCase() === wanted);
  }, { timeout: 30_000 }, text.toLowerCase());
  await found.click();
}

async function fill(name, value) {
  const field = await page.waitForSelector(`input[name="${name}"]`, { timeout: 30_000 });
  await field.click({ clickCount: 3 });
  await field.type(value);
}

await fill("userCount", "60");
await fill("spawnRate", picture ? "4" : "30");
await click("Start");
// The statistics of both endpoints.
await page.waitForFunction(() => /br\.gif/.test(document.body.textContent) && /metadata\.json/.test(document.body.textContent), { timeout: 60_000 });
await page.waitForFunction(() => /running/i.test(document.body.textContent), { timeout: 60_000 });
await sleep(picture ? 40_000 : 3000);
await click("Workers");
await page.waitForFunction(() => (document.body.textContent.match(/running/gi) ?? []).length >= 3, { timeout: 30_000 });
if (picture) {
  await click("Charts");
  await sleep(2000);
  await page.screenshot({ path: picture });
}
await click("Stop");
// It may show "stopping" from then on, as it asks no more.
await page.waitForFunction(() => /stopped|stopping/i.test(document.body.textContent), { timeout: 60_000 });
await browser.close();
if (errors.length > 0) throw new Error(errors.join("\n"));
