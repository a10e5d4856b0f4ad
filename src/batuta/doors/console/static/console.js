/* What htmx leaves to a page: how far an upload is, which step is chosen, and that the connection is lost. */
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
  /* A step is chosen in the drawing: its page is the whole run, and the inspector shows it alone. */
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
  /* Boxes of a drawing, each in place of the one of its id. */
  function redraw(event) {
    const came = document.createElement("template");
    came.innerHTML = "<svg>" + event.data + "</svg>";
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
    if (event.target.id === "plan") document.getElementById("part")?.focus();
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
