/* What htmx leaves to a page: how far an upload is, how long one waits for a plan, which step is chosen, and that the connection is lost. */
"use strict";
(function () {
  const trouble = document.getElementById("trouble");
  function tell(words) {
    trouble.textContent = words;
    trouble.hidden = !words;
  }
  document.addEventListener("htmx:xhr:progress", function (event) {
    const bar = event.target.querySelector("progress"), said = event.target.querySelector("output");
    if (!bar || !event.detail.lengthComputable) return;
    const whole = event.detail.loaded >= event.detail.total;
    bar.hidden = false;
    if (whole) bar.removeAttribute("value");
    else bar.value = event.detail.loaded / event.detail.total;
    said.textContent = whole ? "It is here; now it is read." : Math.round(100 * bar.value) + " % sent";
  });
  /* A model takes a while for a plan: meanwhile a page says so, and again nothing when one comes back to it. */
  document.addEventListener("submit", function (event) {
    const said = event.target.querySelector("[data-waits]");
    if (!said) return;
    const began = Date.now();
    const tick = setInterval(function () {
      said.textContent = "Looking for a plan: " + Math.round((Date.now() - began) / 1000) + " s";
    }, 1000);
    addEventListener("pagehide", function () {
      clearInterval(tick);
      said.textContent = "";
    }, { once: true });
  });
  /* A step is chosen in the drawing: its page is the whole run, and the inspector shows it alone. */
  /* The row of a step that is not shown yet: all of them are, first. */
  document.addEventListener("click", function (event) {
    const href = event.target.closest(".drawing a")?.getAttribute("href");
    const all = document.getElementById("all-steps");
    if (!href || href[0] !== "#" || !all || document.getElementById(href.slice(1))) return;
    document.addEventListener("htmx:afterSettle", () => document.getElementById(href.slice(1))?.scrollIntoView(), { once: true });
    all.click();
  });
  document.addEventListener("click", function (event) {
    const box = event.target.closest(".drawing a"), inspector = document.getElementById("inspector");
    if (!box || !inspector || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const to = new URL(box.getAttribute("href"), location.href);
    const path = encodeURIComponent(to.searchParams.get("step"));
    htmx.ajax("GET", to.pathname + "/steps?path=" + path, { target: inspector, swap: "innerHTML" });
    document.querySelectorAll(".drawing a[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
    box.setAttribute("aria-current", "true");
  });
  /* A large drawing is fetched when the page has been painted; in a window that nobody sees, a little later. */
  function draw() {
    const drawing = document.querySelector("#drawing[hx-get]:not(.asked)");
    if (!drawing) return;
    drawing.classList.add("asked");
    htmx.trigger(drawing, "draw");
  }
  addEventListener("load", function () {
    requestAnimationFrame(() => setTimeout(draw));
    setTimeout(draw, 1000);
  });
  document.addEventListener("htmx:afterSettle", draw);
  /* Boxes of a drawing, each in place of the one of its id. Those that come before the drawing wait for it. */
  let early = [];
  function redraw(event) {
    const drawing = document.getElementById("drawing");
    if (drawing.hasAttribute("hx-get") && !drawing.querySelector("[data-head]")) early.push(event);
    else put(event.data);
  }
  function put(boxes) {
    const came = document.createElement("template");
    came.innerHTML = "<svg>" + boxes + "</svg>";
    for (const box of came.content.querySelectorAll("a[id]")) {
      const before = document.getElementById(box.id);
      if (!before) continue;
      const chosen = before.hasAttribute("aria-current"), held = before === document.activeElement;
      if (chosen) box.setAttribute("aria-current", "true");
      before.replaceWith(box);
      if (held) box.focus();
    }
  }
  htmx.createEventSource = function (address) {
    const source = new EventSource(address);
    source.addEventListener("boxes", redraw);
    return source;
  };
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id === "inspector" && innerWidth < 960) event.target.scrollIntoView();
    if (event.target.id === "drawing") {
      const head = Number(event.target.querySelector("[data-head]")?.dataset.head);
      for (const one of early) if (Number(one.lastEventId) > head) put(one.data);
      early = [];
    }
    if (event.target.id === "plan") document.getElementById("part")?.focus();
  });
  /* Who stands on a link or a button by keyboard stays there when the part of the page around it is put anew. */
  const pressed = "main a[href], main button, main summary";
  const known = (one) => one.tagName + (one.getAttribute("href") || one.value || "") + one.textContent;
  let held = "";
  function hold() {
    const one = document.activeElement;
    held = one && one.matches(pressed) ? known(one) : "";
  }
  function stay() {
    if (!held || document.activeElement !== document.body) return;
    [...document.querySelectorAll(pressed)].find((one) => known(one) === held)?.focus({ preventScroll: true });
  }
  for (const before of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) document.addEventListener(before, hold);
  for (const after of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(after, stay);
  document.addEventListener("htmx:oobAfterSwap", function (event) {
    const title = document.getElementById("run-head")?.dataset.title;
    if (title && event.detail.target.id === "run-head") document.title = title;
  });
  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    tell(status === 401 ? "You are not signed in any more: load the page again."
      : status === 403 ? "Your key does not allow that."
      : status === 413 ? "That is too large to be taken in."
      : "That did not work (" + status + "). Load the page again.");
  });
  document.addEventListener("htmx:sendError", () => tell("The server does not answer."));
  document.addEventListener("htmx:sseError", () => tell("The connection is lost; this page tries again by itself."));
  document.addEventListener("htmx:sseOpen", () => tell(""));
})();
