// Keeps the page alive: replaces the parts that the stream sends. Everything works without it.
(() => {
  const d = document, $ = (id) => d.getElementById(id), body = d.body;
  const offered = () => localStorage.getItem("single-keys") !== "off";
  const plain = (t) => t.replace(/\d+/g, "");
  let lost = 0, shown = "", told = 0, sentence = $("answer")?.querySelector("h1")?.textContent ?? "";

  const marked = new Set();
  const boxOf = (e) => e?.closest("tr, li.row") ?? e?.closest("main .row");
  const rowName = (box) => box.dataset.copy ?? box.querySelector("a")?.href ?? box.href;
  const dress = (part) => { for (const b of [part, ...part.querySelectorAll("tr, .row")]) if (marked.size && boxOf(b) === b && marked.has(rowName(b))) b.classList.add("picked"); };
  const put = (id, html, whole) => {
    const old = $(id);
    if (!old) return;
    const box = d.createElement("template");
    box.innerHTML = html.trim();
    const next = box.content.firstElementChild;
    if (next) dress(next);
    if (!next || old.isEqualNode(next)) return;
    const held = old.contains(d.activeElement) ? [...old.querySelectorAll("a,button,input,summary,[tabindex]")].indexOf(d.activeElement) : -2;
    if (held > -1 && d.activeElement.matches("input,textarea,select")) return;
    for (const o of old.querySelectorAll("details[open][id]")) next.querySelector("#" + CSS.escape(o.id))?.setAttribute("open", "");
    if (!whole && id !== "clock" && id !== "live" && (old.className !== next.className || plain(old.textContent) !== plain(next.textContent))) next.classList.add("new");
    old.replaceWith(next);
    if (held === -1) next.focus({ preventScroll: true });
    if (held > -1) [...next.querySelectorAll("a,button,input,summary,[tabindex]")][held]?.focus({ preventScroll: true });
  };
  const say = () => {
    const now = $("answer")?.querySelector("h1")?.textContent ?? "";
    if (plain(now) === plain(sentence) || Date.now() - told < 20000) return;
    told = Date.now();
    sentence = $("said").textContent = now;
  };
  const withhold = (on) => {
    body.classList.toggle("adrift", on);
    for (const b of d.querySelectorAll("main button, main input[type=submit], .say .btn")) {
      if (on) b.setAttribute("aria-disabled", "true");
      else b.removeAttribute("aria-disabled");
    }
  };
  const spell = (s) => (s < 60 ? s + "\u00a0s" : Math.floor(s / 60) + "\u00a0m\u00a0" + String(s % 60).padStart(2, "0") + "\u00a0s");
  const tell = () => {
    if (!lost) return;
    const bar = $("lost"), live = $("live");
    bar.hidden = false;
    bar.innerHTML = '<svg class="g blind" viewBox="-6 -6 12 12" aria-hidden="true"><use href="#seen"/></svg><b class="blind"></b><span></span><a class="btn">Load again</a>';
    bar.querySelector("b").textContent = `this page lost its stream ${spell(Math.round((performance.now() - lost) / 1000))} ago.`;
    bar.querySelector("span").textContent = `Below is ${shown || $("clock").textContent.replace(/\s.*/, "")}.`;
    bar.querySelector("a").href = location.href;
    if (live) live.textContent = "stream lost";
    withhold(true);
  };
  const take = (whole) => (event) => {
    const said = JSON.parse(event.data);
    if (lost) { lost = 0; $("lost").hidden = true; withhold(false); }
    for (const [id, html] of Object.entries(said.parts)) put(id, html, whole);
    d.title = said.title;
    shown = said.moment.replace(/\s.*/, "");
    say();
  };
  if (body.dataset.live && window.EventSource) {
    const stream = new EventSource("/live?at=" + encodeURIComponent(body.dataset.at));
    stream.addEventListener("whole", take(true));
    stream.addEventListener("parts", take(false));
    stream.addEventListener("reload", () => location.reload());
    stream.onerror = () => { lost = lost || performance.now(); tell(); };
    setInterval(tell, 1000);
    addEventListener("pagehide", () => stream.close());
    addEventListener("pageshow", (e) => e.persisted && location.reload());
  }
  d.addEventListener("click", (e) => { if (e.target.closest("[aria-disabled=true]")) e.preventDefault(); }, true);
  d.addEventListener("submit", (e) => { if (body.classList.contains("adrift") && e.target.method === "post" && e.target.closest("main")) e.preventDefault(); }, true);

  const rows = () => [...d.querySelectorAll("a.row, tr[data-href] a, tr[data-href], li.row a")].filter((r) => r.matches("a") || !r.querySelector("a"));
  const step = (by) => { const all = rows(), at = all.indexOf(d.activeElement); (all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by] ?? all[at])?.focus(); };
  const go = (selector, then = "") => { const a = (d.activeElement?.closest("tr,.row,section,article") ?? d).querySelector(selector) ?? d.querySelector("main " + selector); if (a) location = a.href + then; };
  const mark = () => {
    const box = rows().includes(d.activeElement) && boxOf(d.activeElement), name = box && rowName(box);
    if (!name) return;
    box.classList.toggle("picked", !marked.delete(name) && !!marked.add(name));
    $("said").textContent = marked.size + (marked.size === 1 ? " row is marked" : " rows are marked");
  };
  const act = (field) => {
    if ($(field)) $(field).focus();
    else if ($("acts")) $("acts").scrollIntoView();
    else go('a[href^="/incidents/"]', "#" + field);
  };
  const places = { o: "/", i: "/incidents", m: "/messages", c: "/chains", r: "/runs", w: "/oncall", p: "/plans" };
  const keys = {
    "/": () => $("find")?.focus(), "?": () => $("keys").showModal(), T: () => d.querySelector(".thm")?.click(),
    j: () => step(1), k: () => step(-1), a: () => (d.querySelector("#approval button, #approval a") ?? d.querySelector(".say .btn") ?? d.querySelector("main .ask button"))?.focus(),
    i: () => go('a[href^="/incidents/"]'), "[": () => go("a[rel=up]"), "]": () => go("a[rel=down]"), f: () => d.activeElement?.closest("td,th,.row")?.querySelector("a[data-filter]")?.click(),
    t: () => (d.activeElement?.closest("details") ?? d.querySelector("main details"))?.toggleAttribute("open"),
    x: mark, n: () => act("note"), h: () => act("hand-over"), s: () => act("silence"),
    y: () => navigator.clipboard?.writeText(marked.size ? [...marked].join("\n") : d.activeElement?.closest("[data-copy]")?.dataset.copy ?? location.href),
    Escape: () => (d.activeElement !== body ? d.activeElement.blur() : history.length > 1 && history.back()),
  };
  let g = 0;
  d.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open) return;
    if (e.target.matches("input,textarea,select")) { if (e.key === "Escape") e.target.blur(); return; }
    if (!offered() && e.key !== "?") return;
    const went = g && performance.now() - g < 1500 && d.querySelector(`.nav a[href="${places[e.key]}"]`);
    g = e.key === "g" ? performance.now() : 0;
    if (went) { location = went.href; return; }
    if (keys[e.key]) { if (e.key !== "Escape") e.preventDefault(); keys[e.key](); }
  });
  const off = $("single");
  off.checked = !offered();
  off.onchange = () => localStorage.setItem("single-keys", off.checked ? "off" : "on");
})();
