// MARK: Drawing

const data = { job: { hosts: [] }, rows: [], work: [], calls: new Map(), marks: [], last: 1 };
const view = { x0: 0, x1: 1, y0: 0, y1: 1 };
const top_ = 34, bottom = 24;
const chosen = { row: -1, index: -1 };
let left = 64, size = { width: 800, height: 180 }, hatch = null;

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rgb = name => [1, 3, 5].map(place => parseInt(style(name).slice(place, place + 2), 16));

// The least of 1, 2, 5, 10, 20, … that is not below the value.
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(factor => factor * power).find(one => one >= value * 0.9999);
}
const scale = () => ({ px: (size.width - left) / (view.x1 - view.x0), py: (size.height - top_ - bottom) / (view.y1 - view.y0) });
const toX = time => left + (time - view.x0) * scale().px;
const toTime = x => view.x0 + (x - left) / scale().px;
const toRow = y => view.y0 + (y - top_) / scale().py;

// How much of each pixel's time was spent on computing and on encoding: exact at any zoom.
function coverage(columns, lines) {
  const computing = new Float32Array(columns * lines), encoding = new Float32Array(columns * lines), weight = new Float32Array(lines);
  const perColumn = (view.x1 - view.x0) / columns, perLine = (view.y1 - view.y0) / lines;
  const firstRow = Math.max(0, Math.floor(view.y0)), lastRow = Math.min(data.rows.length, Math.ceil(view.y1));
  for (let index = firstRow; index < lastRow; index += 1) {
    const from = Math.max(0, Math.floor((index - view.y0) / perLine));
    const to = Math.min(lines, Math.max(from + 1, Math.floor((index + 1 - view.y0) / perLine)));
    for (let line = from; line < to; line += 1) weight[line] += 1;
    for (const w of data.rows[index].work) {
      if (w[ENDED] <= view.x0 || w[BEGAN] >= view.x1) continue;
      const time = Math.max(1, w[ENDED] - w[BEGAN]);
      const share = Math.min(1, Math.max(w[BUSY], 1) / time), coded = Math.min(share, w[ENCODING] / time);
      const begin = (w[BEGAN] - view.x0) / perColumn, end = (w[BEGAN] + time - view.x0) / perColumn;
      for (let column = Math.max(0, Math.floor(begin)); column < Math.min(columns, end); column += 1) {
        const part = Math.min(end, column + 1) - Math.max(begin, column);
        for (let line = from; line < to; line += 1) {
          computing[line * columns + column] += part * (share - coded);
          encoding[line * columns + column] += part * coded;
        }
      }
    }
  }
  return { computing, encoding, weight };
}

// How much of each column's time lies in calls.
function callCover(columns) {
  const cover = new Float32Array(columns), perColumn = (view.x1 - view.x0) / columns;
  for (const call of data.calls.values()) {
    const begin = (call.began - view.x0) / perColumn, end = ((call.ended ?? data.last) - view.x0) / perColumn;
    for (let column = Math.max(0, Math.floor(begin)); column < Math.min(columns, end); column += 1) {
      cover[column] = Math.min(1, cover[column] + Math.min(end, column + 1) - Math.max(begin, column));
    }
  }
  return cover;
}

function draw() {
  const plot = $("plot"), context = plot.getContext("2d");
  size = { width: plot.clientWidth || 800, height: Math.min(640, Math.max(280, top_ + bottom + data.rows.length * 26)) };
  const { width, height } = size, ratio = document.documentElement.className ? 2 : window.devicePixelRatio || 1;
  plot.style.height = height + "px";
  plot.width = Math.round(width * ratio);
  plot.height = Math.round(height * ratio);
  context.font = "12px system-ui, sans-serif";
  left = data.rows.length ? Math.max(64, Math.ceil(context.measureText(label(data.rows[data.rows.length - 1])).width) + 16) : 64;
  const { px, py } = scale();
  const columns = Math.max(1, Math.round((width - left) * ratio)), lines = Math.max(1, Math.round((height - top_ - bottom) * ratio));
  const back = rgb("--back"), waiting = rgb("--waiting"), computing = rgb("--computing"), sending = rgb("--sending"), stopped = rgb("--stopped");
  context.fillStyle = style("--back");
  context.fillRect(0, 0, plot.width, plot.height);
  const image = context.createImageData(columns, lines), cells = coverage(columns, lines), cover = callCover(columns);
  const gap = py >= 6, perLine = (view.y1 - view.y0) / lines;
  for (let line = 0; line < lines; line += 1) {
    const place = view.y0 + (line + 0.5) * perLine, row = data.rows[Math.floor(place)];
    const inGap = gap && (place % 1) * py < 1.5;
    const death = row ? data.deaths.get(row.rank) : undefined;
    for (let column = 0; column < columns; column += 1) {
      const offset = (line * columns + column) * 4, time = view.x0 + (column + 0.5) / columns * (view.x1 - view.x0);
      let a = 0, b = 0, c = 0, ground = back;
      if (row && !inGap) {
        if (time > (death ?? data.last)) ground = time > data.last ? back : stopped;
        else {
          a = Math.min(1, cells.computing[line * columns + column] / (cells.weight[line] || 1));
          b = Math.min(1 - a, cells.encoding[line * columns + column] / (cells.weight[line] || 1));
          c = Math.min(1 - a - b, cover[column]);
        }
      }
      for (let part = 0; part < 3; part += 1) image.data[offset + part] = computing[part] * a + sending[part] * b + waiting[part] * c + ground[part] * (1 - a - b - c);
      image.data[offset + 3] = 255;
    }
  }
  context.putImageData(image, Math.round(left * ratio), Math.round(top_ * ratio));
  context.scale(ratio, ratio);
  context.textBaseline = "middle";
  drawBatches(context, px, py);
  drawUnfinished(context, px, py);
  drawMarks(context, py);
  drawCalls(context, width);
  drawAxes(context, width, height, py);
  if (document.activeElement === plot) drawChosen(context, py);
  plot.setAttribute("aria-label", "Timeline of " + plural(data.job.hosts.length, "rank") + ", from " + duration(Math.max(0, view.x0)) + " to " + duration(view.x1));
}

const visibleRows = () => data.rows.map((row, index) => [row, index]).slice(Math.max(0, Math.floor(view.y0)), Math.ceil(view.y1));

// Where batches are wide enough to be seen, lines divide them.
function drawBatches(context, px, py) {
  if (py < 8) return;
  context.fillStyle = style("--back");
  for (const [row, index] of visibleRows()) {
    const y = top_ + (index - view.y0) * py;
    for (const w of row.work) {
      if (w[ENDED] < view.x0 || w[BEGAN] > view.x1 || (w[ENDED] - w[BEGAN]) * px < 4) continue;
      const x = toX(w[ENDED]);
      if (x > left) context.fillRect(x - 1, y, 1, py);
    }
  }
}

function drawUnfinished(context, px, py) {
  if (!hatch) {
    const tile = Object.assign(document.createElement("canvas"), { width: 6, height: 6 });
    const pen = tile.getContext("2d");
    Object.assign(pen, { strokeStyle: style("--stopped"), lineWidth: 2 });
    pen.beginPath();
    for (const shift of [-6, 0, 6]) { pen.moveTo(shift, 6); pen.lineTo(shift + 6, 0); }
    pen.stroke();
    hatch = context.createPattern(tile, "repeat");
  }
  context.fillStyle = hatch;
  for (const held of data.unfinished) {
    const until = Math.min(data.deaths.get(held.rank) ?? data.last, data.calls.get(held.call)?.ended ?? data.last);
    const x = Math.max(left, toX(held.since)), y = top_ + (data.firstRow[held.rank] - view.y0) * py;
    if (y >= top_ - py) context.fillRect(x, Math.max(top_, y + 1), Math.max(2, toX(until) - x), Math.max(1, py - 2));
  }
}

function drawMarks(context, py) {
  for (const mark of data.marks) {
    const row = data.firstRow[mark.rank];
    const x = toX(mark.time), y = top_ + ((row ?? 0) + 0.5 - view.y0) * py;
    if (row === undefined || x < left || y < top_ || toRow(y) > view.y1) continue;
    context.fillStyle = context.strokeStyle = style(mark.kind === "retried" ? "--retried" : "--failed");
    context.beginPath();
    if (mark.kind === "died") {
      context.lineWidth = 2.5;
      for (const side of [-5, 5]) { context.moveTo(x - side, y - 5); context.lineTo(x + side, y + 5); }
      context.stroke();
    } else {
      context.arc(x, y, Math.min(4, Math.max(2, py / 3)), 0, 7);
      context.fill();
    }
  }
}

function clip(context, ...box) { context.save(); context.beginPath(); context.rect(...box); context.clip(); }

function drawCalls(context, width) {
  clip(context, left, 0, width - left, top_);
  for (const call of data.calls.values()) {
    const from = toX(call.began), to = toX(call.ended ?? data.last);
    if (to < left || from > width) continue;
    context.fillStyle = style(call.error ? "--failed" : "--band");
    context.fillRect(from, 6, Math.max(1, to - from - 1), top_ - 12);
    const start = Math.max(from, left) + 5;
    if (to - start < 30) continue;
    clip(context, from, 0, to - from - 4, top_);
    context.fillStyle = call.error ? "#fff" : style("--band-text");
    context.fillText(call.number + ": " + titleOf(call), start, top_ / 2);
    context.restore();
  }
  context.restore();
}

function drawAxes(context, width, height, py) {
  context.fillStyle = style("--back");
  context.fillRect(0, 0, left, height);
  context.fillStyle = style("--soft");
  context.textAlign = "right";
  const every = Math.max(1, round(14 / py));
  for (let index = Math.floor(view.y0 / every) * every; index < Math.min(data.rows.length, view.y1); index += every) {
    const y = top_ + (index + 0.5 - view.y0) * py;
    if (y > top_ && y < height - bottom) context.fillText(label(data.rows[index]), left - 8, y);
  }
  context.textAlign = "center";
  const step = room => {
    const rough = (view.x1 - view.x0) / Math.max(2, (width - left) / room);
    return rough > 1e6 && [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400].map(s => s * 1e6).find(value => value >= rough) || round(rough);
  };
  let tick = step(110);
  tick = step(Math.max(110, context.measureText(tickText(view.x1, tick)).width + 20));
  for (let time = Math.ceil(view.x0 / tick) * tick; time <= view.x1; time += tick) {
    const x = toX(time);
    context.fillRect(x, height - bottom, 1, 5);
    const text = tickText(time, tick), half = context.measureText(text).width / 2 + 2;
    const inside = Math.min(Math.max(x, left + half), width - half);
    if (Math.abs(inside - x) < 10) context.fillText(text, inside, height - bottom + 14);
  }
  context.textAlign = "left";
}

function drawChosen(context, py) {
  const y = top_ + (chosen.row - view.y0) * py, w = data.rows[chosen.row]?.work[chosen.index];
  if (chosen.row < 0) return;
  context.strokeStyle = style("--text");
  context.lineWidth = 2;
  if (w) context.strokeRect(Math.max(left, toX(w[BEGAN])), y + 1, Math.max(3, toX(w[ENDED]) - Math.max(left, toX(w[BEGAN]))), Math.max(2, py - 2));
  else context.strokeRect(left - 3, y + 1, 2, Math.max(2, py - 2));
}
