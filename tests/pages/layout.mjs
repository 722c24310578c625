// What is wrong with the layout of a page. `problems` is run within the page, so it refers to nothing outside of itself.

export function problems() {
  const found = [];
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (svg) => svg.querySelector("title")?.textContent.slice(0, 60) ?? "svg without a title";
  const text = (element) => JSON.stringify(element.textContent.trim().slice(0, 40));

  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].find((element) => {
      return element.getBoundingClientRect().right > innerWidth + 1 && !element.closest("svg, [tabindex='0']");
    });
    const cause = wide ? `<${wide.localName} class="${wide.className}">` : "an unknown element";
    found.push(`the page is ${width} px wide, because of ${cause}`);
  }

  // In pixels. Two boxes may share some: boxes of text are higher than its letters.
  const SMALLEST = 9, shared = 2;
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((element) => visible(element) && element.textContent.trim());
    const boxes = texts.map((element) => [element, element.getBoundingClientRect()]);
    for (const [element, box] of boxes) {
      const size = parseFloat(getComputedStyle(element).fontSize) * Math.abs(element.getScreenCTM().a);
      if (size < SMALLEST) found.push(`${name(svg)}: ${text(element)} is ${size.toFixed(1)} px high`);
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        found.push(`${name(svg)}: ${text(element)} is cut off at the edge`);
      }
    }
    boxes.sort(([, a], [, b]) => a.left - b.left);
    boxes.forEach(([element, box], index) => {
      for (const [other, next] of boxes.slice(index + 1)) {
        if (next.left > box.right - shared) break;
        if (next.top < box.bottom - shared && next.bottom > box.top + shared) {
          found.push(`${name(svg)}: ${text(element)} overlaps ${text(other)}`);
        }
      }
    });
  }
  return found;
}
