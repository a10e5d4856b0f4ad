// What has the focus: its place among all that can have it, in the order of the page, and whether that can be seen.
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")]
    .filter((other) => other.tabIndex >= 0 && other.checkVisibility({ visibilityProperty: true }));
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const marked = style.outlineStyle !== "none" || one.id === "menu"; // its button is marked in its place
  return { at: all.indexOf(one), of: all.length, seen: inside && marked, what: one.outerHTML.slice(0, 120) };
}
