// Calls of the control plane, and the forms that make them.

import { setAttribute, setText } from "./page.js";

/** Calls an operation; fails with the sentence of the problem. */
export async function call(method, path, type, body) {
  const headers = { Accept: type === "application/toml" ? type : "application/json" };
  if (body !== undefined) headers["Content-Type"] = type;
  let response;
  try {
    response = await fetch(path, { method, headers, body });
  } catch {
    throw new Error("the control plane does not answer");
  }
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(detail(text) ?? `${response.status} ${response.statusText}`);
}

function detail(text) {
  try {
    return JSON.parse(text).detail;
  } catch {
    return undefined;
  }
}

/** The path of the profile, or of the table of one listener. */
export const profilePath = (key) =>
  key === undefined ? "/profile" : `/profile?listener=${encodeURIComponent(key)}`;

/** Changes the profile by a JSON Merge Patch. */
export const patch = (key, change) =>
  call("PATCH", profilePath(key), "application/merge-patch+json", JSON.stringify(change));

/**
 * Runs `action` when the form is submitted, and shows its result, or its error, in `message`. `fields` are marked as invalid
 * after an error.
 */
export function onSubmit(form, message, fields, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // A disabled button would lose the focus, so the form refuses.
    if (form.dataset.busy) return;
    form.dataset.busy = "true";
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((button) => setAttribute(button, "aria-disabled", "true"));
    try {
      report(message, "done", await action(event.submitter));
      fields.forEach((field) => field.removeAttribute("aria-invalid"));
    } catch (error) {
      report(message, "error", error.message);
      fields.forEach((field) => setAttribute(field, "aria-invalid", "true"));
    }
    delete form.dataset.busy;
    buttons.forEach((button) => button.removeAttribute("aria-disabled"));
  });
}

function report(message, kind, text) {
  setAttribute(message, "data-kind", kind);
  // The same sentence twice is read twice.
  message.textContent = "";
  setText(message, text);
}

/** A field that follows the server until the user types, and again when what was typed has been applied. */
export class FollowingField {
  constructor(field) {
    this.field = field;
    this.known = field.value;
  }

  /** The server has this value. */
  update(value) {
    const isUnchanged = this.field.value === this.known;
    // The value of a field is text; a latency of 0 is a number.
    this.known = String(value);
    if (isUnchanged) this.field.value = this.known;
  }

  /** What was typed has been sent. */
  applied() {
    this.known = this.field.value;
  }
}
