// The page around pad.js, prepare.js and network.js: draw, read, show. `NETWORK` is what web.py
// wrote: {layers, weights}.

const layers = unpack(NETWORK.layers, NETWORK.weights);
const PAUSE = 120; // milliseconds without a new point, after which the votes are counted
let due = null;

// The pad speaks to a model as Jupyter's widgets have it; this one lives in the page.
function follow(render) {
  const values = { strokes: [], brush: 22, sent: 0, answered: 0 };
  const model = {
    get: (name) => values[name],
    set: (name, value) => (values[name] = value),
    save_changes() {
      show(values.strokes);
      values.answered = values.sent;
    },
    on() {},
    off() {},
  };
  render({ model, el: document.getElementById("paper") });
}

function show(strokes) {
  clearTimeout(due);
  const image = strokes.length ? prepare(picture(strokes)) : null;
  const outputs = image && Array.from(answer(layers, image).outputs).slice(0, 10);
  const digit = outputs && outputs.indexOf(Math.max(...outputs));
  bars(outputs ?? new Array(10).fill(0), digit);
  const seen = image ? "The digit as the network gets it." : "Nothing is drawn.";
  paint("seen", seen, image ?? new Array(784).fill(0), "--text", "--text", 1);
  document.getElementById("votes").hidden = !image;
  say(image ? `This is ${digit === 8 ? "an" : "a"} ${digit}.` : "The paper is empty.");
  if (image) due = setTimeout(count, PAUSE, image, digit);
}

function say(text) {
  const said = document.getElementById("said");
  if (said.textContent !== text) said.textContent = text; // a screen reader tells changes only
}

function bars(outputs, digit) {
  const rows = outputs.map((output, place) => {
    const row = document.createElement("tr"), bar = document.createElement("div");
    row.className = place === digit ? "best" : "";
    bar.className = "bar";
    bar.style.width = `${100 * output}%`;
    const cells = ["th", "td", "td"].map((name) => document.createElement(name));
    cells[0].textContent = place;
    cells[0].scope = "row";
    cells[1].append(bar);
    cells[2].className = "number";
    cells[2].textContent = output.toFixed(3);
    row.append(...cells);
    return row;
  });
  document.querySelector("#bars tbody").replaceChildren(...rows);
}

function count(image, digit) {
  const each = votes(layers, image, digit);
  const most = Math.max(...each.map(Math.abs)) || 1;
  const [pro, contra] = [1, -1].map((sign) => each.filter((vote) => sign * vote > 0).length);
  const alt = `${pro} pixels speak for the ${digit}, ${contra} against it.`;
  paint("votes", alt, each, "--for", "--against", most);
}

// Each number as a pixel of one colour or, below 0, the other; the stronger, the fuller.
function paint(id, alt, values, above, below, most) {
  const canvas = document.getElementById(id), brush = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  canvas.setAttribute("aria-label", alt);
  brush.clearRect(0, 0, 28, 28);
  values.forEach((value, pixel) => {
    brush.globalAlpha = Math.min(1, Math.abs(value) / most);
    brush.fillStyle = style.getPropertyValue(value > 0 ? above : below);
    brush.fillRect(pixel % 28, Math.floor(pixel / 28), 1, 1);
  });
}

follow(pad.render);
show([]);
