/* The timeline as a tool: filters, histogram, permalinks; the filter of the findings, theme
 * and keys. */
(() => {
  const GRAVE = evidence.SEVERITIES.indexOf("high");
  const { $, el, data, S, SEVERITIES, n, nanos, F, row, byId, str, what, stamp, time, terms,
    openDrawer, exhibitNodes, openEvent, onEvent } = evidence;

  /* -- timeline ------------------------------------------------------------------------ */
  const state = { sources: new Set(), severity: 0, actor: "", kind: "", text: "", from: -Infinity, to: Infinity };
  let shown = new Uint32Array(0), selected = -1;
  const ROW = 30, BARS = 140;
  let rowsBox, space, status, svg, brush, axis, search, controls = {};

  /* Each string is searched once, however many rows have it: lower-case when first asked
   * for. Which strings have the word; then, which rows have such a string. */
  let lower = null;
  function stringsWith(word) {
    lower = lower || S.map((s) => s.toLowerCase());
    const found = new Uint8Array(lower.length);
    for (let k = 0; k < lower.length; k++) if (lower[k].includes(word)) found[k] = 1;
    return found;
  }
  const hasWord = (r, found) => found[r[F.message]] || found[r[F.actor]] || found[r[F.action]] ||
    found[r[F.object]] || found[r[F.kind]] || found[r[F.source]] || (r[F.findings] || []).some((s) => found[s]);
  function matches(i, words) {
    const r = row(i);
    if (state.sources.size && !state.sources.has(r[F.source])) return false;
    if (r[F.severity] < state.severity) return false;
    if (state.actor !== "" && r[F.actor] !== state.actor) return false;
    if (state.kind !== "" && r[F.kind] !== state.kind) return false;
    if (state.from !== -Infinity || state.to !== Infinity) {
      const t = time(i);
      if (nanos[i] < 0 || t < state.from || t > state.to) return false;
    }
    for (const found of words) if (!hasWord(r, found)) return false;
    return true;
  }
  function filter() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean).map(stringsWith);
    const found = new Uint32Array(n);
    let k = 0;
    for (let i = 0; i < n; i++) if (matches(i, words)) found[k++] = i;
    shown = found.subarray(0, k);
    space.style.height = k * ROW + "px";
    status.textContent = k === n ? n + " events" : k + " of " + n + " events";
    if (data.events > n) status.textContent += "; the first " + n + " of " + data.events + " are in this page";
    drawBars();
    paint();
    remember();
  }
  function paint() {
    const first = Math.max(0, Math.floor(rowsBox.scrollTop / ROW) - 8);
    const last = Math.min(shown.length, first + Math.ceil(rowsBox.clientHeight / ROW) + 16);
    const list = [];
    for (let k = first; k < last; k++) {
      const i = shown[k], r = row(i), div = el("div", "row" + (r[F.severity] >= GRAVE ? " marked" : ""));
      div.style.top = k * ROW + "px";
      div.setAttribute("role", "option");
      div.id = "row" + r[F.id];
      div.setAttribute("aria-selected", k === selected ? "true" : "false");
      div.setAttribute("aria-posinset", k + 1);
      div.setAttribute("aria-setsize", shown.length);
      div.dataset.k = k;
      const w = what(i), cell = el("span", "what", w);
      cell.title = w;
      const worst = el("span", "worst");
      if (r[F.severity]) worst.append(el("span", "badge " + SEVERITIES[r[F.severity]], SEVERITIES[r[F.severity]]));
      div.append(el("time", "", stamp(i)), el("span", "source", str(i, "source")), cell, worst);
      list.push(div);
    }
    space.replaceChildren(...list);
    if (selected >= 0 && selected < shown.length) rowsBox.setAttribute("aria-activedescendant", "row" + row(shown[selected])[F.id]);
  }
  function select(k, open) {
    if (!shown.length) return;
    selected = Math.max(0, Math.min(shown.length - 1, k));
    const top = selected * ROW;
    if (top < rowsBox.scrollTop) rowsBox.scrollTop = top;
    else if (top + ROW > rowsBox.scrollTop + rowsBox.clientHeight) rowsBox.scrollTop = top + ROW - rowsBox.clientHeight;
    paint();
    if (open) openEvent(shown[selected]);
  }
  function goTo(id) {
    const i = byId(id);
    if (i < 0) return;
    let k = shown.indexOf(i);
    if (k < 0) { clearFilters(); k = shown.indexOf(i); }
    $("timeline").scrollIntoView();
    rowsBox.scrollTop = Math.max(0, k * ROW - rowsBox.clientHeight / 2);
    select(k, true);
  }

  /* The histogram spans what most events span: a file's mtime of years ago would press
   * the incident into one bar. */
  let known = 0;
  const times = new Float64Array(n);
  for (let i = 0; i < n; i++) if (nanos[i] >= 0) times[known++] = time(i);
  times.fill(Infinity, known).sort();
  const quantile = (q) => times[Math.min(known - 1, Math.floor(q * known))];
  let low = quantile(0.02), high = quantile(0.98);
  if (known) {
    const slack = Math.max((high - low) * 0.25, 1);
    low = Math.max(times[0], low - slack);
    high = Math.min(times[known - 1], high + slack);
    if (high <= low) high = low + 1;
  }
  const NS = "http://www.w3.org/2000/svg";
  const shape = (name, attributes) => {
    const e = document.createElementNS(NS, name);
    for (const a in attributes) e.setAttribute(a, attributes[a]);
    return e;
  };
  const bar = (t) => Math.min(BARS - 1, Math.floor((t - low) / (high - low) * BARS));
  const allBars = new Uint32Array(BARS);
  for (let i = 0; i < n; i++) if (nanos[i] >= 0 && time(i) >= low && time(i) <= high) allBars[bar(time(i))]++;
  function drawBars() {
    const kept = new Uint32Array(BARS), alarm = new Uint32Array(BARS);
    for (const i of shown) {
      const t = time(i);
      if (nanos[i] < 0 || t < low || t > high) continue;
      kept[bar(t)]++;
      if (row(i)[F.severity] >= 4) alarm[bar(t)]++;
    }
    const top = Math.max(1, ...allBars), height = (c) => c ? Math.max(2, Math.sqrt(c / top) * 90) : 0;
    const parts = [];
    for (let b = 0; b < BARS; b++) {
      for (const [counts, name] of [[allBars, "bar"], [kept, "bar kept"], [alarm, "bar alarm"]]) {
        const h = height(counts[b]);
        if (h) parts.push(shape("rect", { class: name, x: b, width: 0.86, y: 96 - h, height: h }));
      }
    }
    if (state.from !== -Infinity || state.to !== Infinity) {
      const x0 = Math.max(0, (Math.max(state.from, low) - low) / (high - low) * BARS);
      const x1 = Math.min(BARS, (Math.min(state.to, high) - low) / (high - low) * BARS);
      parts.push(shape("rect", { class: "brush", x: x0, width: Math.max(0.2, x1 - x0), y: 0, height: 96 }));
    }
    svg.replaceChildren(...parts);
  }
  const iso = (t) => new Date(t * 1000).toISOString().replace("T", " ").slice(0, 23);
  function setUpBrush() {
    let start = null;
    const timeAt = (e) => {
      const box = svg.getBoundingClientRect();
      return low + Math.max(0, Math.min(1, (e.clientX - box.left) / box.width)) * (high - low);
    };
    svg.addEventListener("pointerdown", (e) => { start = timeAt(e); svg.setPointerCapture(e.pointerId); });
    svg.addEventListener("pointermove", (e) => {
      if (start === null) return;
      const t = timeAt(e);
      state.from = Math.min(start, t);
      state.to = Math.max(start, t);
      drawBars();
    });
    svg.addEventListener("pointerup", (e) => {
      if (start === null) return;
      const width = Math.abs(timeAt(e) - start) / (high - low);
      if (width < 0.004) { state.from = -Infinity; state.to = Infinity; }
      start = null;
      showRange();
      filter();
    });
  }
  function showRange() {
    controls.from.value = state.from === -Infinity ? "" : iso(state.from);
    controls.to.value = state.to === Infinity ? "" : iso(state.to);
  }
  function readRange() {
    const parse = (v, none) => {
      const text = v.trim().replace(" ", "T");
      if (!text) return none;
      const t = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : text + "Z");
      return isNaN(t) ? none : t / 1000;
    };
    state.from = parse(controls.from.value, -Infinity);
    state.to = parse(controls.to.value, Infinity);
    filter();
  }
  function clearFilters() {
    state.sources.clear();
    Object.assign(state, { severity: 0, actor: "", kind: "", text: "", from: -Infinity, to: Infinity });
    search.value = "";
    controls.actor.value = controls.kind.value = "";
    controls.severity.value = "0";
    for (const c of document.querySelectorAll(".chip")) c.setAttribute("aria-pressed", "false");
    showRange();
    filter();
  }
  /* What is shown can be linked to: #timeline?q=…&source=… */
  function remember() {
    const q = new URLSearchParams();
    if (state.text) q.set("q", state.text);
    if (state.sources.size) q.set("source", [...state.sources].map((s) => S[s]).join(","));
    if (state.actor !== "") q.set("actor", S[state.actor]);
    if (state.kind !== "") q.set("kind", S[state.kind]);
    if (state.severity) q.set("severity", SEVERITIES[state.severity]);
    if (state.from !== -Infinity) q.set("from", state.from.toFixed(3));
    if (state.to !== Infinity) q.set("to", state.to.toFixed(3));
    const text = q.toString();
    if (text) history.replaceState(null, "", "#timeline?" + text);
    else if (location.hash.startsWith("#timeline?")) history.replaceState(null, "", "#timeline");
  }
  function recall() {
    const h = location.hash;
    if (/^#t\d+$/.test(h)) { filter(); goTo(Number(h.slice(2))); return; }
    if (/^#e\d+$/.test(h) && $(h.slice(1))) openDrawer("Evidence", [exhibitNodes($(h.slice(1)))]);
    if (!h.startsWith("#timeline?")) { filter(); return; }
    const q = new URLSearchParams(h.slice(10)), number = (text) => S.indexOf(text);
    state.text = search.value = q.get("q") || "";
    for (const s of (q.get("source") || "").split(",").filter(Boolean)) {
      state.sources.add(number(s));
      for (const c of document.querySelectorAll(".chip")) if (c.dataset.s === s) c.setAttribute("aria-pressed", "true");
    }
    if (q.get("actor")) { state.actor = number(q.get("actor")); controls.actor.value = String(state.actor); }
    if (q.get("kind")) { state.kind = number(q.get("kind")); controls.kind.value = String(state.kind); }
    state.severity = Math.max(0, SEVERITIES.indexOf(q.get("severity") || ""));
    controls.severity.value = String(state.severity);
    if (q.get("from")) state.from = Number(q.get("from"));
    if (q.get("to")) state.to = Number(q.get("to"));
    showRange();
    filter();
    $("timeline").scrollIntoView();
  }
  function counted(field) {
    const counts = new Map();
    for (let i = 0; i < n; i++) {
      const v = row(i)[F[field]];
      if (S[v]) counts.set(v, (counts.get(v) || 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1] || (S[a[0]] < S[b[0]] ? -1 : 1));
  }
  function chooser(label, field) {
    const s = el("select");
    s.setAttribute("aria-label", label);
    s.append(new Option("any " + label, ""));
    for (const [v, c] of counted(field).slice(0, 500)) s.append(new Option(S[v].slice(0, 80) + " (" + c + ")", String(v)));
    s.addEventListener("change", () => { state[field] = s.value === "" ? "" : Number(s.value); filter(); });
    controls[field] = s;
    return s;
  }
  function buildTimeline() {
    const app = $("timeline-app");
    const bar1 = el("div", "controls"), chips = el("div", "chips");
    search = el("input");
    search.type = "search";
    search.placeholder = "Search actor, action, object, text, rule ( / )";
    search.setAttribute("aria-label", "Search the timeline");
    let timer = 0;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { state.text = search.value; filter(); }, 60);
    });
    const severity = el("select");
    severity.setAttribute("aria-label", "Severity");
    [["0", "all events"], ["1", "with a finding"], ["3", "medium and worse"], ["4", "high and worse"], ["5", "critical"]]
      .forEach(([v, t]) => severity.append(new Option(t, v)));
    severity.addEventListener("change", () => { state.severity = Number(severity.value); filter(); });
    controls.severity = severity;
    const clear = el("button", "", "Clear");
    clear.type = "button";
    clear.addEventListener("click", clearFilters);
    bar1.append(search, severity, chooser("actor", "actor"), chooser("kind", "kind"));
    for (const name of ["from", "to"]) {
      const input = el("input");
      input.type = "search";
      input.className = "range";
      input.size = 24;
      input.placeholder = name + " (UTC)";
      input.setAttribute("aria-label", "Time " + name);
      input.addEventListener("change", readRange);
      controls[name] = input;
      bar1.append(input);
    }
    bar1.append(clear);
    for (const [v, c] of counted("source")) {
      const chip = el("button", "chip", S[v] + " " + c);
      chip.type = "button";
      chip.dataset.s = S[v];
      chip.setAttribute("aria-pressed", "false");
      chip.addEventListener("click", () => {
        if (!state.sources.delete(v)) state.sources.add(v);
        chip.setAttribute("aria-pressed", String(state.sources.has(v)));
        filter();
      });
      chips.append(chip);
    }
    svg = shape("svg", { class: "histogram", viewBox: "0 0 " + BARS + " 96", preserveAspectRatio: "none", role: "img",
      "aria-label": "Events over time; drag to choose a span, or use the fields from and to" });
    axis = el("div", "axis");
    axis.append(el("span", "", iso(low)), el("span", "", iso((low + high) / 2)), el("span", "", iso(high)));
    status = el("p", "status");
    status.setAttribute("role", "status");
    rowsBox = el("div", "rows");
    rowsBox.tabIndex = 0;
    rowsBox.setAttribute("role", "listbox");
    rowsBox.setAttribute("aria-label", "Events; arrow keys to move, Enter to open the evidence");
    space = el("div", "space");
    rowsBox.append(space);
    let waiting = false;
    rowsBox.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; paint(); });
    });
    rowsBox.addEventListener("click", (e) => {
      const r = e.target.closest(".row");
      if (r) select(Number(r.dataset.k), true);
    });
    rowsBox.addEventListener("keydown", (e) => {
      const page = Math.floor(rowsBox.clientHeight / ROW) - 1;
      const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -n, End: n }[e.key];
      if (step) { e.preventDefault(); select(selected + step, false); }
      else if (e.key === "Enter" && selected >= 0) { e.preventDefault(); select(selected, true); }
    });
    app.append(bar1, chips, svg, axis, status, rowsBox);
    app.hidden = false;
    $("timeline-plain").hidden = true;
    setUpBrush();
    recall();
    new ResizeObserver(paint).observe(rowsBox);
  }

  /* -- findings, theme, keys ------------------------------------------------------------ */
  function buildFindingFilter() {
    const box = $("finding-filter"), all = [...document.querySelectorAll(".finding")];
    if (!box || all.length < 2) return;
    for (const s of [...[...SEVERITIES].reverse().filter(Boolean), "not decidable"]) {
      const mine = all.filter((f) => f.dataset.severity === s);
      if (!mine.length) continue;
      const label = el("label"), check = el("input");
      check.type = "checkbox";
      check.checked = true;
      check.addEventListener("change", () => mine.forEach((f) => { f.hidden = !check.checked; }));
      const acts = mine.reduce((sum, f) => sum + Number(f.dataset.acts), 0);
      label.append(check, " " + s + " (" + acts + ")");
      box.append(label);
    }
    const fold = el("button", "", "Fold all");
    fold.type = "button";
    fold.addEventListener("click", () => {
      const open = all.some((f) => f.open);
      all.forEach((f) => { f.open = !open; });
      fold.textContent = open ? "Unfold all" : "Fold all";
    });
    box.append(fold);
    box.hidden = false;
  }
  function buildTools() {
    const themes = ["auto", "light", "dark"], theme = $("theme");
    let now = 0;
    theme.addEventListener("click", () => {
      now = (now + 1) % 3;
      if (now) document.documentElement.dataset.theme = themes[now];
      else delete document.documentElement.dataset.theme;
      theme.textContent = "Theme: " + themes[now];
    });
    $("print").addEventListener("click", () => print());
    const keys = [["/", "search the timeline"], ["j k ↑ ↓", "move in the timeline"], ["Enter", "open the evidence"],
      ["Esc", "close it"], ["f", "first finding"], ["?", "these keys"]];
    const showKeys = () => openDrawer("Keys", [terms(keys.map(([k, t]) => [k, t]))]);
    $("keys").addEventListener("click", showKeys);
    document.querySelector(".tools").hidden = false;
    document.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || /INPUT|SELECT|TEXTAREA/.test(e.target.tagName)) return;
      if (e.key === "/" && search) { e.preventDefault(); $("timeline").scrollIntoView(); search.focus(); }
      else if (e.key === "?") showKeys();
      else if (e.key === "f") { const f = document.querySelector(".finding summary"); if (f) { f.scrollIntoView(); f.focus(); } }
    });
    /* Printing shows what is folded as well. */
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = [...document.querySelectorAll("details:not([open])")];
      folded.forEach((d) => { d.open = true; });
    });
    addEventListener("afterprint", () => folded.forEach((d) => { d.open = false; }));
  }
  function buildContents() {
    const links = new Map([...document.querySelectorAll("#contents a")].map((a) => [a.getAttribute("href").slice(1), a]));
    const seen = new IntersectionObserver((entries) => {
      for (const e of entries) {
        if (!e.isIntersecting) continue;
        links.forEach((a) => a.removeAttribute("aria-current"));
        links.get(e.target.id).setAttribute("aria-current", "true");
      }
    }, { rootMargin: "0px 0px -75% 0px" });
    document.querySelectorAll("main > section").forEach((s) => seen.observe(s));
  }
  /* A checklist is ticked in the page only; nothing is stored. */
  buildTools();
  buildContents();
  buildFindingFilter();
  onEvent(goTo);
  if (n) buildTimeline();
  addEventListener("hashchange", () => { if (n) recall(); });
  document.documentElement.dataset.ready = "true";
})();
