"use strict";
const $ = id => document.getElementById(id);

// MARK: Reading

function parse(text) {
  const job = { program: "", hosts: [], began: 0, zero: 0 };
  const calls = new Map(), marks = [], running = [], places = [];
  const work = [];
  let end = null, resolution = 0, last = 0, damaged = 0;
  const seen = time => { if (time > last) last = time; };
  for (const line of text.split("\n")) {
    const death = /^died (\d+) (\d+) (\S+) (.*)$/.exec(line);
    if (death) {
      const here = death[3] === job.hosts[0];
      const time = here ? Math.max(0, (Number(death[2]) - job.zero) / 1000) : last;
      seen(time);
      marks.push({ kind: "died", call: null, time, rank: Number(death[1]), text: death[4] });
      continue;
    }
    if (line === "") continue;
    let record;
    try { record = JSON.parse(line); } catch { damaged += 1; continue; }
    const [kind, a, b, c, d, e] = record;
    switch (kind) {
    case "job": Object.assign(job, a); break;
    case "call": calls.set(a, { number: a, began: b, ended: null, name: c, place: d, label: e, error: null, summary: null }); seen(b); break;
    case "called": { const call = calls.get(a); if (call) Object.assign(call, { ended: b, error: c, summary: d }); seen(b); break; }
    case "place": places.push(a); break;
    case "running": running.push({ call: a, rank: b, since: c, first: d, end: e }); break;
    case "mark": marks.push({ kind: a, call: b, time: c, rank: d, text: e }); seen(c); break;
    case "resolution": resolution = a; break;
    case "end": end = { time: a, text: b }; seen(a); break;
    default: if (typeof kind === "number") { work.push(record); seen(record[4]); }
    }
  }
  return { job, calls, marks, running, places, work, end, resolution, damaged, last: Math.max(last, 1) };
}

// Names of the fields of a record of work.
const CALL = 0, RANK = 1, THREAD = 2, BEGAN = 3, ENDED = 4, BUSY = 5, ENCODING = 6, FIRST = 7, END = 8, ITEMS = 9, FAILURES = 10, CHUNKS = 11;

function arrange(data) {
  const threads = data.job.hosts.map(() => 1);
  for (const w of data.work) if (w[THREAD] >= threads[w[RANK]]) threads[w[RANK]] = w[THREAD] + 1;
  const rows = [], firstRow = [];
  threads.forEach((count, rank) => {
    firstRow.push(rows.length);
    for (let thread = 0; thread < count; thread += 1) rows.push({ rank, thread, threads: count, work: [] });
  });
  for (const w of data.work) rows[firstRow[w[RANK]] + w[THREAD]]?.work.push(w);
  for (const row of rows) row.work.sort((a, b) => a[BEGAN] - b[BEGAN]);
  data.deaths = new Map(data.marks.filter(mark => mark.kind === "died").map(mark => [mark.rank, mark.time]));
  // A chunk that was running and has no record was never finished.
  data.unfinished = data.running.filter(held => {
    const rank = threads[held.rank];
    for (let thread = 0; thread < rank; thread += 1) {
      if (rows[firstRow[held.rank] + thread].work.some(w => w[CALL] === held.call && w[FIRST] < held.end && held.first < w[END])) return false;
    }
    return true;
  });
  // Without an end, nobody knows what the ranks did after their last results.
  const open = data.end ? undefined : [...data.calls.values()].find(call => call.ended === null);
  if (open) data.job.hosts.forEach((_, rank) => {
    if (data.unfinished.some(held => held.rank === rank)) return;
    const last = rows[firstRow[rank]].work.at(-1);
    data.unfinished.push({ call: open.number, rank, since: Math.max(open.began, last ? last[ENDED] : 0), first: null, end: null });
  });
  return Object.assign(data, { rows, firstRow });
}

// MARK: Words

function duration(us) {
  if (us < 1) return Math.round(us * 1000) + " ns";
  if (us < 1000) return Math.round(us) + " µs";
  if (us < 1e6) return (us / 1000).toFixed(us < 1e4 ? 2 : 1) + " ms";
  const s = us / 1e6;
  if (s < 100) return s.toFixed(s < 10 ? 2 : 1) + " s";
  const whole = Math.round(s);
  if (whole < 3600) return Math.floor(whole / 60) + " min " + whole % 60 + " s";
  if (whole < 86400) return Math.floor(whole / 3600) + " h " + Math.floor(whole % 3600 / 60) + " min";
  return Math.floor(whole / 86400) + " d " + Math.floor(whole % 86400 / 3600) + " h";
}
// Times on the axis: no more digits than the step between them needs.
function tickText(time, tick) {
  const s = Math.round(time / 1e6), days = Math.floor(s / 86400), two = value => String(value).padStart(2, "0");
  if (tick >= 1e6 && s >= 3600) return (days ? days + " d " : "") + Math.floor(s % 86400 / 3600) + ":" + two(Math.floor(s % 3600 / 60)) + ":" + two(s % 60);
  if (tick >= 1e6 && s >= 100) return Math.floor(s / 60) + " min" + (s % 60 ? " " + s % 60 + " s" : "");
  const [unit, name] = tick < 1000 ? [1, "µs"] : tick < 1e6 ? [1000, "ms"] : [1e6, "s"];
  return time === 0 ? "0" : Number((time / unit).toFixed(tick < 1 ? 2 : 0)).toLocaleString("en") + " " + name;
}
const count = value => value.toLocaleString("en");
const plural = (value, thing) => count(value) + " " + thing + (value === 1 ? "" : "s");
const titleOf = call => (call.label ? call.label + ", " : "") + call.name + (call.place ? " at " + call.place : "");
const label = row => row.threads > 1 ? row.rank + "." + row.thread : "rank " + row.rank;
const rowName = row => "rank " + row.rank + (row.threads > 1 ? ", thread " + row.thread : "");

function describe(w) {
  const call = data.calls.get(w[CALL]);
  const range = w[END] - w[FIRST] === 1 ? "item " + count(w[FIRST]) : "items " + count(w[FIRST]) + " to " + count(w[END] - 1);
  const lines = [range + (w[CHUNKS] > 1 ? ": " + plural(w[ITEMS], "item") + " in " + plural(w[CHUNKS], "batch").replace("batchs", "batches") : ""),
    duration(w[ENDED] - w[BEGAN]) + (w[CHUNKS] > 1 ? ", computing " + duration(w[BUSY]) : "") + ", from " + duration(w[BEGAN])];
  if (w[ENCODING] * 100 > w[BUSY]) lines.push("encoding results: " + duration(w[ENCODING]));
  if (w[FAILURES]) lines.push(plural(w[FAILURES], "item") + " failed");
  if (call) lines.push("call " + call.number + ": " + titleOf(call));
  return lines.join("\n");
}
