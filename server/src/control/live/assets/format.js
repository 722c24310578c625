// Numbers as text, for people.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number: `12,345`. */
export const count = (number) => grouped.format(number);

/** A number with about three digits: `0.42`, `17.3`, `1,234`. */
export function short(number) {
  const size = Math.abs(number);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(number);
}

/** Requests per second: `1,234/s`. */
export const rate = (perSecond) => `${short(perSecond)}/s`;

/** A time in microseconds: `83 µs`, `1.25 ms`, `3.1 s`; `–` without a value. */
export function time(micros) {
  if (micros === null || micros === undefined) return "–";
  if (micros < 1000) return `${micros < 10 ? short(micros) : Math.round(micros)} µs`;
  if (micros < 1e6) return `${short(micros / 1000)} ms`;
  return `${short(micros / 1e6)} s`;
}

/** Bytes: `900 B`, `12.3 KiB`. */
export function bytes(number) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let index = 0;
  while (number >= 1024 && index < units.length - 1) {
    number /= 1024;
    index += 1;
  }
  return `${short(number)} ${units[index]}`;
}

/** A duration in milliseconds as minutes and seconds: `4:05`. */
export function clock(millis) {
  const seconds = Math.floor(millis / 1000);
  const pad = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0
    ? `${hours}:${pad(minutes % 60)}:${pad(seconds % 60)}`
    : `${minutes}:${pad(seconds % 60)}`;
}

/** The time of day of a moment in milliseconds since the Unix epoch: `14:05:07.123`. */
export function timeOfDay(unixMillis) {
  const date = new Date(unixMillis);
  const pad = (number, digits) => String(number).padStart(digits, "0");
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${parts.map((part) => pad(part, 2)).join(":")}.${pad(date.getMilliseconds(), 3)}`;
}
