// Makes further results of those that results.sh made: verdicts that a short run on any machine does not have, and hostile
// texts. Usage: derive.mjs FOLDER

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const HOSTILE = {
  sequential: "</script><script>document.title = 'harm'</script>",
  threads: "\"'><img src=x onerror=\"document.title = 'harm'\"> ]]> --> &lt;",
  async: "\u202Eevitcelfer\u2066 \u0000\u0007 a name that is much longer than the names of strategies usually are",
};

const read = async (name) => JSON.parse(await readFile(join(folder, `${name}.json`), "utf8"));
const write = (name, result) => writeFile(join(folder, `${name}.json`), JSON.stringify(result));

/** A copy in which `change` has replaced texts. */
function withTexts(value, change) {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTexts(item, change)]));
}

const verdict = (validity) => ({
  validity,
  reasons: [1, 2, 3].map((number) => ({
    severity: validity, label: "server_late", message: `reason ${number}: a text that takes more than one line; do this or that`,
  })),
  unchecked: ["lost processor time: this system does not report it"],
});

for (const [validity, suffix] of [["VALID", "valid"], ["SUSPECT", "suspect"], ["INVALID", "invalid"]]) {
  const comparison = await read("compare-plain");
  for (const cell of comparison.cells) cell.verdict = verdict(validity);
  if (validity === "VALID") comparison.cells.forEach((cell) => { cell.verdict.reasons = []; });
  await write(`compare-${suffix}`, comparison);
}
const load = await read("load-closed");
await write("load-invalid", { ...load, verdict: verdict("INVALID") });

const hostileMessage = (text) => (/[ ;]/.test(text) ? `${text} ${HOSTILE.sequential} ${HOSTILE.threads}` : text);
const comparison = await read("compare-failures");
const { experiment, ...rest } = comparison;
const renamed = withTexts(rest, (text) => HOSTILE[text] ?? hostileMessage(text));
await write("compare-hostile", { ...renamed, experiment: { ...experiment, about: HOSTILE.sequential } });
const { targets, verdict: judged, ...others } = load;
const hostileTargets = targets.map((target) => target + HOSTILE.sequential + HOSTILE.threads + HOSTILE.async);
const hostileVerdict = withTexts({ ...judged, ...verdict("SUSPECT") }, hostileMessage);
await write("load-hostile", { ...others, targets: hostileTargets, verdict: hostileVerdict });
const merged = await read("load-merged");
const many = Array.from({ length: 1000 }, (_, number) => ({
  ...merged.processes[number % merged.processes.length], process: `${HOSTILE.async} ${number}${HOSTILE.sequential}`,
}));
await write("load-many-processes", { ...merged, processes: many });
