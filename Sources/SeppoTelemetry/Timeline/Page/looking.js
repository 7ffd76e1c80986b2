// MARK: Looking

function at(x, y) {
  const time = toTime(x);
  if (y < top_ && y >= 0) {
    const call = [...data.calls.values()].find(call => call.began <= time && time <= (call.ended ?? data.last));
    return call ? "call " + call.number + ": " + titleOf(call) + "\n" + duration((call.ended ?? data.last) - call.began) + (call.error ? "\n" + call.error : "") : null;
  }
  const row = data.rows[Math.floor(toRow(y))];
  if (!row || x < left) return null;
  const head = rowName(row) + " on " + data.job.hosts[row.rank] + "\n";
  const mark = data.marks.find(mark => mark.rank === row.rank && Math.abs(toX(mark.time) - x) < 6);
  if (mark) return head + (mark.kind === "died" ? "" : mark.kind + ": ") + mark.text;
  let low = 0, high = row.work.length;
  while (low < high) { const middle = (low + high) >> 1; if (row.work[middle][BEGAN] <= time) low = middle + 1; else high = middle; }
  const near = row.work[low - 1], next = row.work[low];
  const reach = 1.5 / scale().px;
  if (near && time <= near[ENDED] + reach) return head + describe(near);
  if (next && next[BEGAN] - time <= reach) return head + describe(next);
  const died = data.deaths.get(row.rank);
  if (died !== undefined && time > died) return head + "dead";
  const held = data.unfinished.find(held => held.rank === row.rank && held.since <= time && time <= (data.calls.get(held.call)?.ended ?? data.last));
  if (held && held.first === null) return head + "not known: no results came after this";
  if (held) return head + (held.end - held.first === 1 ? "item " + count(held.first) : "items " + count(held.first) + " to " + count(held.end - 1)) + ": not finished";
  if (time > data.last || time < 0) return null;
  const call = [...data.calls.values()].find(call => call.began <= time && time <= (call.ended ?? data.last));
  return head + (call ? "waiting in call " + call.number : "between calls, in the program's own code");
}

function tell(x, y) {
  const text = at(x, y), tip = $("tip");
  tip.style.display = text ? "block" : "none";
  if (!text) return;
  tip.textContent = text;
  tip.style.left = Math.max(0, Math.min(x + 14, size.width - tip.offsetWidth - 4)) + "px";
  tip.style.top = y + 16 + "px";
}

// MARK: Moving

let pending = false;
function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; draw(); });
}

function limit() {
  const whole = data.last * 1.02, least = 1;
  const width = Math.min(Math.max(view.x1 - view.x0, least), whole), height = Math.min(Math.max(view.y1 - view.y0, 1), Math.max(1, data.rows.length));
  view.x0 = Math.min(Math.max(view.x0, -whole * 0.01), whole - width);
  view.x1 = view.x0 + width;
  view.y0 = Math.min(Math.max(view.y0, 0), Math.max(1, data.rows.length) - height);
  view.y1 = view.y0 + height;
  redraw();
}
function zoom(factor, time = (view.x0 + view.x1) / 2) {
  view.x0 = time - (time - view.x0) * factor; view.x1 = time + (view.x1 - time) * factor;
  limit();
}
function zoomRows(factor, row = (view.y0 + view.y1) / 2) {
  view.y0 = row - (row - view.y0) * factor; view.y1 = row + (view.y1 - row) * factor;
  limit();
}
function move(dx, dy) {
  view.x0 += dx; view.x1 += dx; view.y0 += dy; view.y1 += dy;
  limit();
}
function showAll() {
  Object.assign(view, { x0: 0, x1: data.last * 1.02, y0: 0, y1: Math.max(1, data.rows.length) });
  limit();
}

function choose(row, index) {
  chosen.row = Math.min(Math.max(row, 0), Math.max(0, data.rows.length - 1));
  const works = data.rows[chosen.row]?.work ?? [];
  chosen.index = Math.min(Math.max(index, works.length ? 0 : -1), works.length - 1);
  if (chosen.row < view.y0) move(0, chosen.row - view.y0);
  if (chosen.row + 1 > view.y1) move(0, chosen.row + 1 - view.y1);
  const w = works[chosen.index];
  if (w && (w[ENDED] < view.x0 || w[BEGAN] > view.x1)) move((w[BEGAN] + w[ENDED]) / 2 - (view.x0 + view.x1) / 2, 0);
  $("status").textContent = data.rows[chosen.row] ? rowName(data.rows[chosen.row]) + " on " + data.job.hosts[data.rows[chosen.row].rank] + ": " + (w ? describe(w).replaceAll("\n", "; ") : "no batch") : "";
  redraw();
}

function listen() {
  const plot = $("plot");
  let drag = null;
  const place = event => { const box = plot.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  plot.addEventListener("wheel", event => {
    event.preventDefault();
    const [x, y] = place(event), factor = Math.exp((event.deltaY || event.deltaX) / 400);
    if (event.shiftKey) zoomRows(factor, toRow(y)); else zoom(factor, toTime(x));
  }, { passive: false });
  plot.addEventListener("pointerdown", event => { drag = place(event); plot.setPointerCapture(event.pointerId); plot.focus({ preventScroll: true }); });
  plot.addEventListener("pointermove", event => {
    const [x, y] = place(event);
    if (drag) {
      const { px, py } = scale();
      move((drag[0] - x) / px, (drag[1] - y) / py);
      drag = [x, y];
    }
    tell(x, y);
  });
  for (const end of ["pointerup", "pointercancel"]) plot.addEventListener(end, () => { drag = null; });
  plot.addEventListener("pointerleave", () => { $("tip").style.display = "none"; });
  plot.addEventListener("dblclick", showAll);
  plot.addEventListener("focus", redraw);
  plot.addEventListener("blur", redraw);
  plot.addEventListener("keydown", event => {
    const width = (view.x1 - view.x0) / 8, height = Math.max(1, (view.y1 - view.y0) / 8);
    const action = {
      "+": () => zoom(1 / 1.4), "=": () => zoom(1 / 1.4), "-": () => zoom(1.4), Home: showAll,
      ArrowLeft: () => move(-width, 0), ArrowRight: () => move(width, 0), ArrowUp: () => move(0, -height), ArrowDown: () => move(0, height),
      "[": () => choose(chosen.row - 1, 0), "]": () => choose(chosen.row + 1, 0),
      "<": () => choose(chosen.row, chosen.index - 1), ">": () => choose(chosen.row, chosen.index + 1),
      ",": () => choose(chosen.row, chosen.index - 1), ".": () => choose(chosen.row, chosen.index + 1),
    }[event.key];
    if (action && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); action(); }
  });
  $("in").onclick = () => zoom(1 / 1.6);
  $("out").onclick = () => zoom(1.6);
  $("all").onclick = showAll;
  new ResizeObserver(redraw).observe($("figure"));
  const restyle = () => { hatch = null; draw(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
  addEventListener("beforeprint", () => { document.documentElement.className = "print"; restyle(); });
  addEventListener("afterprint", () => { document.documentElement.className = ""; restyle(); });
}
