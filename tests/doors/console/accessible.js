// What a page has to be for those who do not see it, or use no mouse: a list of what is wrong with it.
() => {
  const wrong = [];
  const named = (one) => (one.getAttribute("aria-label") || "").trim()
    || (one.labels && one.labels.length ? one.labels[0].textContent.trim() : "")
    || one.textContent.trim() || one.getAttribute("title");
  for (const one of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea:not([hidden]), summary, [tabindex]"))
    if (!one.closest("[hidden]") && one.tabIndex >= 0 && !named(one)) wrong.push("no name: " + one.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push("twice: #" + id);
  for (const what of ["main", "h1"])
    if (document.querySelectorAll(what).length !== 1) wrong.push("not one " + what);
  for (const one of document.querySelectorAll("[for]"))
    if (!document.getElementById(one.getAttribute("for"))) wrong.push("a label of nothing: " + one.textContent);
  for (const one of document.querySelectorAll("[aria-describedby]"))
    for (const id of one.getAttribute("aria-describedby").split(" "))
      if (!document.getElementById(id)) wrong.push("described by nothing: " + id);
  for (const one of document.querySelectorAll("th:not([scope])")) wrong.push("no scope: " + one.textContent);
  for (const one of document.querySelectorAll("th")) if (!one.textContent.trim()) wrong.push("an empty head of a column");
  for (const one of document.querySelectorAll("pre[aria-label], div[aria-label], span[aria-label], p[aria-label]"))
    if (!one.getAttribute("role")) wrong.push("a name that nobody hears: " + one.getAttribute("aria-label"));
  // Contrast, as WCAG 2 reckons it.
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  for (const one of document.querySelectorAll("p, a, span, td, th, button, b, h1, h2, h3, label, dt, dd, summary, li, code, legend")) {
    const speaks = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!one.offsetParent || one.closest("svg") || !speaks) continue;
    const [a, b] = [parts(getComputedStyle(one).color).slice(0, 3), behind(one).slice(0, 3)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.push("contrast " + ratio.toFixed(2) + ": " + one.textContent.trim().slice(0, 40));
  }
  return wrong;
}
