// Chromium, and what is wrong with the pages that it opens.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";
import { problems } from "./layout.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = ["serious", "critical"];
export const WIDTHS = [400, 1400];
export const SCHEMES = ["light", "dark"];

export const launch = () => puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"],
});

/** Opens an address; gives the page, and the list of errors and of foreign requests, which grows as they happen. */
export async function open(browser, url, isOwn, width = WIDTHS[1], scheme = SCHEMES[0]) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) errors.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => isOwn(request.url()) || errors.push(`request of ${request.url().slice(0, 100)}`));
  await appear(page, width, scheme);
  await page.goto(url, { waitUntil: "load" });
  return { page, errors };
}

export async function appear(page, width, scheme) {
  await page.setViewport({ width, height: 1000 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  // What a page does after a change of its size, it does in the next frame.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

/** What axe-core finds to be serious or critical. */
export async function inaccessible(page) {
  const violations = await page.evaluate(`${axe}; axe.run({ resultTypes: ["violations"] }).then((it) => it.violations)`);
  const serious = violations.filter((violation) => SERIOUS.includes(violation.impact));
  return serious.map(({ id, nodes }) => {
    const [{ target, any, all }] = nodes;
    return `axe ${id}: ${nodes.length} x, such as ${target.join(" ")}: ${[...any, ...all][0]?.message ?? ""}`;
  });
}

/**
 * The problems of an open page with each width and colour scheme; axe-core is asked once for each scheme and width. What is
 * folded is unfolded for the second scheme.
 */
export async function inspect(page) {
  const found = [];
  for (const [index, scheme] of SCHEMES.entries()) {
    await page.evaluate(`for (const it of document.querySelectorAll("details")) it.open = ${index > 0};`);
    for (const width of WIDTHS) {
      await appear(page, width, scheme);
      const here = await page.evaluate(problems);
      if (width === WIDTHS[index]) here.push(...(await inaccessible(page)));
      found.push(...here.map((problem) => `${width} px, ${scheme}: ${problem}`));
    }
  }
  return found;
}
