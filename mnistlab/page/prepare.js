// A drawing becomes an image like MNIST's. Step by step the same as pad.picture and images.prepare
// in Python, whose comments say why; a test compares both on the same strokes.

const PAPER = 140; // pixels a side of a drawing
const MIN_CONTRAST = 0.08, PEN = 0.1, THIN = 0.07, SPECK = 0.12, INK = 0.3;

// Strokes as they stand on a paper of 280 units: 0 for paper to 1 for ink, {height, width, data}.
function picture(strokes) {
  const fine = 4 * PAPER, dots = new Uint8Array(fine * fine);
  for (const { size = 22, points } of strokes) {
    points.forEach((point, i) => line(dots, fine, points[Math.max(0, i - 1)], point, size));
  }
  return grid(PAPER, PAPER, (row, column) => {
    let sum = 0;
    for (let i = 0; i < 16; i++) sum += dots[(4 * row + (i >> 2)) * fine + 4 * column + (i & 3)];
    return sum / 16;
  });
}

// All dots within `reach` of the line between two points, whose ends are round.
function line(dots, side, from, to, reach) {
  const [x0, y0, x1, y1] = [...from, ...to].map((value) => 2 * value);
  const [dx, dy] = [x1 - x0, y1 - y0], length = dx * dx + dy * dy;
  const first = (a, b) => Math.max(0, Math.ceil(Math.min(a, b) - reach));
  const last = (a, b) => Math.min(side - 1, Math.floor(Math.max(a, b) + reach));
  for (let y = first(y0, y1); y <= last(y0, y1); y++) {
    for (let x = first(x0, x1); x <= last(x0, x1); x++) {
      const along = length ? ((x - x0) * dx + (y - y0) * dy) / length : 0;
      const t = Math.min(1, Math.max(0, along));
      const [a, b] = [x - x0 - t * dx, y - y0 - t * dy];
      if (a * a + b * b <= reach * reach) dots[y * side + x] = 1;
    }
  }
}

// The image that the network takes, 784 numbers; null where nothing is drawn.
function prepare(drawing) {
  const ink = inked(drawing);
  if (ink === null) return null;
  const clean = withoutSpecks(ink);
  return centre(fit(widen(crop(clean)))).data;
}

function grid(height, width, value) {
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / width), i % width);
  return { height, width, data };
}

function inked(drawing) {
  const { height, width } = drawing, grey = drawing.data.map((x) => 1 - x);
  if (Math.max(...grey) - Math.min(...grey) < MIN_CONTRAST) return null;
  const border = otsu(grey), light = grey.map((x) => x > border);
  const edge = [];
  for (let i = 0; i < width; i++) edge.push(light[i], light[(height - 1) * width + i]);
  for (let i = 0; i < height; i++) edge.push(light[i * width], light[(i + 1) * width - 1]);
  const lightIsPaper = mean(light) + mean(edge) > 1;
  const isPaper = (_, i) => Boolean(light[i]) === lightIsPaper;
  const paper = median(grey.filter(isPaper));
  const ink = median(grey.filter((x, i) => !isPaper(x, i)));
  if (Math.abs(paper - ink) < MIN_CONTRAST) return null;
  return grid(height, width, (row, column) => {
    const share = (grey[row * width + column] - paper) / (ink - paper);
    return Math.min(1, Math.max(0, share));
  });
}

function otsu(grey) {
  const counts = new Array(256).fill(0);
  for (const x of grey) counts[Math.min(255, Math.floor(256 * x))]++;
  const sum = counts.reduce((all, n, i) => all + (n * (i + 1)) / 256, 0) / grey.length;
  let best = 0, most = -1, share = 0, part = 0;
  counts.forEach((count, i) => {
    share += count / grey.length;
    part += (count * (i + 1)) / 256 / grey.length;
    const spread = (sum * share - part) ** 2 / Math.max(share * (1 - share), 1e-12);
    if (spread > most) [best, most] = [i, spread];
  });
  return (best + 1) / 256;
}

function withoutSpecks({ height, width, data }) {
  const piece = new Int32Array(data.length), sizes = [0];
  for (let start = 0; start < data.length; start++) {
    if (!(data[start] > INK) || piece[start]) continue;
    const open = [start];
    piece[start] = sizes.push(0) - 1;
    while (open.length) {
      const here = open.pop(), row = Math.floor(here / width), column = here % width;
      sizes[piece[here]]++;
      for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
          const next = y * width + x;
          if (!(data[next] > INK) || piece[next]) continue;
          piece[next] = piece[here];
          open.push(next);
        }
      }
    }
  }
  const least = SPECK * Math.max(...sizes);
  return { height, width, data: data.map((x, i) => (piece[i] && sizes[piece[i]] < least ? 0 : x)) };
}

function crop({ height, width, data }) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  data.forEach((x, i) => {
    if (!(x > INK)) return;
    const row = Math.floor(i / width), column = i % width;
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
  });
  return grid(bottom - top, right - left, (row, column) => data[(top + row) * width + left + column]);
}

function framed({ height, width, data }, by) {
  return grid(height + 2 * by, width + 2 * by, (row, column) => {
    const [y, x] = [row - by, column - by];
    return y >= 0 && y < height && x >= 0 && x < width ? data[y * width + x] : 0;
  });
}

function widen(ink) {
  const longest = Math.max(ink.height, ink.width);
  const digit = framed(ink, 1).data.map((x) => x > INK);
  const inner = distances(ink.height + 2, ink.width + 2, digit).filter((_, i) => digit[i]);
  const width = 4 * (mean(inner) - 0.5);
  if (width > THIN * longest) return ink;
  const reach = (PEN * longest - width) / 2, wide = framed(ink, Math.floor(reach) + 1);
  const outside = wide.data.map((x) => !(x > INK));
  const distance = distances(wide.height, wide.width, outside);
  return { ...wide, data: distance.map((d) => Math.min(1, Math.max(0, reach + 1 - d))) };
}

// For each place that is set: how far the nearest one is that is not; 0 for the others. First
// along each column, then the least over each row.
function distances(height, width, set) {
  const column = new Float32Array(set.length);
  for (let i = 0; i < set.length; i++) {
    column[i] = set[i] ? (i >= width ? column[i - width] + 1 : Infinity) : 0;
  }
  for (let i = set.length - width - 1; i >= 0; i--) {
    column[i] = Math.min(column[i], column[i + width] + 1);
  }
  return column.map((_, i) => {
    const start = i - (i % width);
    let least = Infinity;
    for (let x = 0; x < width; x++) {
      least = Math.min(least, column[start + x] ** 2 + (start + x - i) ** 2);
    }
    return Math.sqrt(least);
  });
}

function fit(ink) {
  const scale = 20 / Math.max(ink.height, ink.width);
  const [height, width] = [ink.height, ink.width].map((n) => Math.max(1, even(n * scale)));
  return turned(shrunk(turned(shrunk(ink, width)), height));
}

// To a new width, each column the mean of those around it: nearer ones count more, as in Pillow.
function shrunk(from, width) {
  const scale = from.width / width, reach = Math.max(1, scale);
  const columns = Array.from({ length: width }, (_, to) => {
    const middle = (to + 0.5) * scale;
    const first = Math.max(0, Math.floor(middle - reach + 0.5));
    const last = Math.min(from.width, Math.floor(middle + reach + 0.5));
    const weights = [];
    for (let x = first; x < last; x++) {
      weights.push(Math.max(0, 1 - Math.abs((x - middle + 0.5) / reach)));
    }
    const sum = weights.reduce((a, b) => a + b);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
  return grid(from.height, width, (row, column) => {
    const { first, weights } = columns[column];
    return weights.reduce((sum, w, i) => sum + w * from.data[row * from.width + first + i], 0);
  });
}

function turned({ height, width, data }) {
  return grid(width, height, (row, column) => data[column * width + row]);
}

function centre({ height, width, data }) {
  let [sum, down, right] = [0, 0, 0];
  data.forEach((x, i) => {
    sum += x;
    down += x * Math.floor(i / width);
    right += x * (i % width);
  });
  const [top, left] = [[down, height], [right, width]].map(([moment, side]) =>
    Math.min(28 - side, Math.max(0, even(14 - moment / sum))),
  );
  return grid(28, 28, (row, column) => {
    const [y, x] = [row - top, column - left];
    return y >= 0 && y < height && x >= 0 && x < width ? data[y * width + x] : 0;
  });
}

// To the nearest whole number; halves to the even one, as Python rounds.
function even(number) {
  const down = Math.floor(number);
  return number - down === 0.5 ? down + (down % 2) : Math.round(number);
}
function mean(values) {
  let sum = 0;
  for (const value of values) sum += Number(value);
  return sum / values.length;
}
function median(values) {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
