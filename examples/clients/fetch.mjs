// Downloads with the fetch of Node: as many loops as requests may be in flight take URLs from one list.
//
// Usage: fetch.mjs FILES CONCURRENCY DEST

import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

const [files, concurrency, dest] = process.argv.slice(2);
const urls = (await readFile(files, "utf8")).split("\n").filter(Boolean);
const remaining = urls.values();
let answered = 0;

/** Saves the body whatever the status is. */
async function download(url) {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(30_000) });
  const body = Buffer.from(await response.arrayBuffer());
  await writeFile(join(dest, basename(new URL(url).pathname)), body);
}

async function loop() {
  for (const url of remaining) {
    try {
      await download(url);
      answered += 1;
    } catch (error) {
      console.error(`${url}: ${error.cause ?? error}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(concurrency) }, loop));
console.log(`${answered} of ${urls.length} answered`);
process.exitCode = answered < urls.length ? 1 : 0;
