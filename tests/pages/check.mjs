// Checks reports in files. Usage: check.mjs FILE.html...; exit code 1 if there are problems.

import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect, launch, open } from "./browser.mjs";

/** A report in a file asks for nothing but itself, and has no script. */
async function check(browser, file) {
  const url = pathToFileURL(resolve(file)).href;
  const { page, errors } = await open(browser, url, (requested) => requested === url);
  const found = [...(await inspect(page)), ...errors];
  const scripts = await page.evaluate("document.scripts.length");
  if (scripts > 0) found.push(`${scripts} scripts`);
  await page.close();
  return found;
}

const files = process.argv.slice(2).values();
const browser = await launch();
let count = 0, wrong = 0;
async function loop() {
  for (const file of files) {
    const found = await check(browser, file);
    for (const problem of new Set(found)) console.log(`${basename(file)}: ${problem}`);
    count += 1;
    wrong += found.length > 0;
  }
}
await Promise.all([loop(), loop()]);
await browser.close();
console.log(`pages: ${count} reports, ${wrong} with problems`);
process.exitCode = wrong > 0 ? 1 : 0;
