// MARK: Tables

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
}

function table(title, rows, isOpen, parent) {
  const box = element("details", undefined, parent);
  box.open = isOpen;
  element("summary", title, box);
  const body = element("table", undefined, box);
  for (const [name, value] of rows) {
    const row = element("tr", undefined, body);
    if (name === "advice") row.className = "advice";
    element("th", name, row).scope = "row";
    element("td", value, row);
  }
}

// What the records say of calls that have no summary.
function recorded(calls) {
  const numbers = new Set(calls.map(call => call.number)), done = data.work.filter(w => numbers.has(w[CALL]));
  const sum = field => done.reduce((sum, w) => sum + w[field], 0);
  return [["items", plural(sum(ITEMS), "item") + ", computing " + duration(sum(BUSY))], ...(sum(FAILURES) ? [["failures", plural(sum(FAILURES), "attempt") + " failed"]] : [])];
}

function fill() {
  const { job, calls, marks, places, end, resolution } = data;
  const hosts = new Set(job.hosts), ended = [...calls.values()].filter(call => call.summary).length + places.reduce((sum, place) => sum + place.calls, 0);
  document.title = "Timeline of " + job.program;
  $("title").textContent = job.program;
  $("facts").textContent = [new Date(job.began).toLocaleString(), plural(job.hosts.length, "rank") + " on " + (hosts.size === 1 ? [...hosts][0] : plural(hosts.size, "host")),
    plural(Math.max(calls.size, ended), "call"), duration(data.last), end ? end.text : ""].filter(Boolean).join(" · ");
  const notes = [];
  if (!end) notes.push("The job has not written an end: it is still running, or it was killed. This page shows what happened until " + duration(data.last) + ".");
  if (resolution) notes.push("There were very many batches: from some time on, the batches of a rank within " + duration(resolution) + " are shown as one.");
  if (ended > calls.size) notes.push("There were very many calls: only the first " + count(calls.size) + " are shown above the ranks.");
  $("note").textContent = notes.join(" ");
  const shown = [...calls.values()].filter(call => call.summary || call.ended === null).sort((a, b) => ((b.ended ?? data.last) - b.began) - ((a.ended ?? data.last) - a.began));
  shown.slice(0, 100).sort((a, b) => a.number - b.number).forEach((call, place) => {
    const rows = call.summary ? call.summary.rows : [["not finished", duration(data.last - call.began)], ...recorded([call])];
    if (call.error) rows.push(["error", call.error]);
    table("call " + call.number + ": " + titleOf(call), rows, place < 3, $("calls"));
  });
  // A job that was killed has not written what its short calls have done.
  const brief = new Map();
  for (const call of end ? [] : calls.values()) {
    if (call.ended !== null && !call.summary) brief.set(titleOf(call), brief.get(titleOf(call)) ?? []).get(titleOf(call)).push(call);
  }
  for (const [title, group] of brief) places.push({ title, calls: group.length, rows: recorded(group) });
  for (const place of places) table((place.calls === 1 ? "" : plural(place.calls, "call") + ": ") + place.title, place.rows, places.length === 1, $("calls"));
  if (shown.length > 100) element("p", "The 100 longest of " + count(shown.length) + " calls.", $("calls"));
  if (marks.length) {
    element("h2", "Events", $("events"));
    const list = element("ul", undefined, $("events"));
    list.id = "marks";
    for (const mark of marks.slice(0, 1000)) element("li", duration(mark.time) + ", rank " + mark.rank + ": " + (mark.kind === "died" ? "" : mark.kind + ": ") + mark.text, list);
    if (marks.length > 1000) element("p", "The first 1,000 of " + count(marks.length) + " events.", $("events"));
  }
}

addEventListener("DOMContentLoaded", () => {
  Object.assign(data, arrange(parse($("data").textContent)));
  fill();
  listen();
  showAll();
  draw();
});
