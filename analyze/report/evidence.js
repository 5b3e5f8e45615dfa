"use strict";
/* Evidence beside the text: the rows of the timeline as records, and the drawer that
 * shows what a statement rests on. Builds no markup from text (textContent only) and asks
 * nothing of any network. */
const evidence = (() => {
  const $ = (id) => document.getElementById(id);
  const el = (tag, className, text) => {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const data = JSON.parse($("data").textContent);
  const S = data.strings;
  const SEVERITIES = ["", "info", "low", "medium", "high", "critical"];

  /* -- rows: arrays of numbers, one per column ---------------------------------------- */
  const n = data.rows.length;
  const seconds = new Float64Array(n), nanos = new Int32Array(n);
  for (let i = 0, at = 0; i < n; i++) {
    at += data.rows[i][0];
    seconds[i] = at;
    nanos[i] = data.rows[i][1];
  }
  const F = { precision: 2, source: 3, kind: 4, actor: 5, action: 6, object: 7, message: 8,
    item: 9, offset: 10, length: 11, severity: 12, id: 13, findings: 14, also: 15, moved: 16 };
  const row = (i) => data.rows[i];
  /* Rows stand in order of their ids; -1 for one that is not in this page. */
  function byId(id) {
    let from = 0, to = n - 1;
    while (from <= to) {
      const mid = (from + to) >> 1, found = row(mid)[F.id];
      if (found === id) return mid;
      if (found < id) from = mid + 1;
      else to = mid - 1;
    }
    return -1;
  }
  const str = (i, f) => S[row(i)[F[f]]];
  /* A claim must not read like a record of an act. */
  const what = (i) => (str(i, "kind") === "statement" ? "somebody wrote: " : "") + said(i);
  const said = (i) => str(i, "message") ||
    ["actor", "action", "object"].map((f) => str(i, f)).filter(Boolean).join(" ") || str(i, "kind");
  const DIGITS = [9, 9, 6, 3, 0, 0, 0];
  function stamp(i) {
    if (nanos[i] < 0) return "time not stated";
    const p = row(i)[F.precision];
    const d = new Date(seconds[i] * 1000).toISOString();
    if (p === 6) return d.slice(0, 10);
    const digits = DIGITS[p];
    return d.slice(0, 19) + (digits ? "." + String(nanos[i]).padStart(9, "0").slice(0, digits) : "") + "Z";
  }
  const time = (i) => seconds[i] + Math.max(nanos[i], 0) / 1e9;
  /* -- drawer -------------------------------------------------------------------------- */
  const drawer = $("drawer"), body = $("drawer-body");
  let opener = null;
  function openDrawer(title, nodes) {
    $("drawer-title").textContent = title;
    body.replaceChildren(...nodes);
    if (!drawer.open) { opener = document.activeElement; drawer.showModal(); }
    drawer.scrollTop = 0;
  }
  $("drawer-close").addEventListener("click", () => drawer.close());
  drawer.addEventListener("click", (e) => { if (e.target === drawer) drawer.close(); });
  drawer.addEventListener("close", () => { if (opener && opener.focus) opener.focus(); });
  function withCopy(command) {
    const p = el("p", "command"), b = el("button", "", "Copy command");
    p.append(el("code", "", command), " ", b);
    b.type = "button";
    b.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(command); b.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(p.firstChild); b.textContent = "Selected"; }
    });
    return p;
  }
  function exhibitNodes(article) {
    const copy = article.cloneNode(true);
    copy.removeAttribute("id");
    const command = copy.querySelector(".command");
    if (command) command.replaceWith(withCopy(command.textContent));
    return copy;
  }
  const exhibits = new Map(data.exhibits.map((e, i) => [e.join("/"), i + 1]));
  function terms(pairs) {
    const dl = el("dl", "terms");
    for (const [name, value] of pairs) {
      if (value === "" || value === undefined || value === null) continue;
      const div = el("div"), dd = el("dd");
      dd.append(value);
      div.append(el("dt", "", name), dd);
      dl.append(div);
    }
    return dl;
  }
  /* One record: from Annex A where it stands there, else its place alone. */
  function placeNodes(item, offset, length) {
    const number = exhibits.get([item[0], offset, length].join("/"));
    const article = number && $("e" + number);
    if (article) return [exhibitNodes(article)];
    const plain = /^[A-Za-z0-9/._+:,=][A-Za-z0-9/._+:,=-]*$/.test(item[1]) && !/^[0-9]+$/.test(item[1]);
    return [terms([["Item", item[1]], ["Bytes", offset + " to " + (offset + length)],
      ["SHA-256 of the item", item[2] || "not computed"], ["Verdict of the item", item[3]]]),
      withCopy("exhibit show " + (item[4] || data.package) + " " + (plain ? item[1] : item[0]) + "@" + offset + "+" + length)];
  }
  function openEvent(i) {
    const r = row(i);
    const findings = el("span");
    for (const f of r[F.findings] || []) findings.append(el("span", "word", S[f]), " ");
    const link = el("a", "", "#t" + r[F.id]);
    link.href = "#t" + r[F.id];
    const moved = r[F.moved];
    const nodes = [el("p", "", what(i)), terms([
      ["Time", stamp(i)],
      ["Order", moved ? "placed " + Math.abs(moved) + " seconds " + (moved < 0 ? "earlier" : "later") + " by the reference clock (see Clocks)" : ""],
      ["Source", str(i, "source")], ["Kind", str(i, "kind")],
      ["Actor", str(i, "actor")], ["Action", str(i, "action")], ["Object", str(i, "object")],
      ["Findings", (r[F.findings] || []).length ? findings : ""], ["Permalink", link]]),
      ...placeNodes(data.items[r[F.item]], r[F.offset], r[F.length])];
    const also = r[F.also] || [];
    if (also.length) nodes.push(el("h3", "", "Also recorded here"));
    for (const [k, offset, length] of also) nodes.push(...placeNodes(data.items[k], offset, length));
    openDrawer("Event " + r[F.id], nodes);
  }
  document.addEventListener("click", (e) => {
    const a = e.target.closest && e.target.closest("a[href^='#']");
    if (!a) return;
    const id = a.getAttribute("href").slice(1);
    if (/^e\d+$/.test(id) && $(id)) {
      e.preventDefault();
      openDrawer("Evidence", [exhibitNodes($(id))]);
    } else if (/^t\d+$/.test(id)) {
      e.preventDefault();
      history.replaceState(null, "", "#" + id);
      showEvent(Number(id.slice(1)));
    }
  });

  /* What #t17 does is the timeline's to say. */
  let showEvent = () => {};
  const onEvent = (show) => { showEvent = show; };
  return { $, el, data, S, SEVERITIES, n, nanos, F, row, byId, str, what, stamp, time, terms,
    openDrawer, exhibitNodes, openEvent, onEvent };
})();
