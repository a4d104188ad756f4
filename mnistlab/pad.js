// The drawing pad's paper. It only collects strokes, [{size, points: [[x, y], …]}, …] on a square
// of SIDE units, and sends them to Python, which prepares the image and asks the networks.

const SIDE = 280;
const STEP = 7; // units that an arrow key moves the pen
const PATIENCE = 1000; // milliseconds after which a missing answer is no longer waited for

function button(text, title, action) {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "mnistlab-pad-button";
  one.textContent = text;
  one.title = title;
  one.addEventListener("click", action);
  return one;
}

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.className = "mnistlab-pad-paper";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute(
    "aria-label",
    "Drawing pad. Arrow keys move the pen, with Shift in small steps. Space puts the pen down " +
      "or lifts it. Delete clears, Control and Z take back the last stroke.",
  );
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * scale;
  const paper = canvas.getContext("2d");
  paper.scale(scale, scale);
  paper.lineCap = paper.lineJoin = "round";

  const status = document.createElement("span");
  status.className = "mnistlab-pad-status";
  status.setAttribute("aria-live", "polite");

  let strokes = structuredClone(model.get("strokes"));
  let current = null; // the stroke that is being drawn
  let pen = [SIDE / 2, SIDE / 2]; // of the keyboard
  let keyed = false; // whether the keyboard's pen is down
  let byKeys = true; // whether its place is shown: not while a mouse or finger draws
  let due = null; // set while Python works on earlier strokes, and there are newer ones

  // Python gets the newest strokes as soon as it has answered those before: never a queue of them.
  function send() {
    if (model.get("answered") < model.get("sent")) due ??= setTimeout(sendNow, PATIENCE);
    else sendNow();
  }
  function sendNow() {
    clearTimeout(due);
    due = null;
    model.set("strokes", structuredClone(strokes));
    model.set("sent", model.get("sent") + 1);
    model.save_changes();
  }
  const goOn = () => due && sendNow();

  function ink(stroke, from) {
    const { points, size = 22 } = stroke; // as in pad.py
    paper.strokeStyle = paper.fillStyle = "#111";
    paper.lineWidth = size;
    paper.beginPath();
    if (points.length === 1) {
      paper.arc(points[0][0], points[0][1], size / 2, 0, 2 * Math.PI);
      paper.fill();
      return;
    }
    paper.moveTo(...points[Math.max(0, from - 1)]);
    for (const point of points.slice(Math.max(1, from))) paper.lineTo(...point);
    paper.stroke();
  }
  function redraw() {
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of strokes) ink(stroke, 0);
    if (byKeys && document.activeElement === canvas) cross();
  }
  function cross() {
    paper.strokeStyle = keyed ? "#B34700" : "#0072B2";
    paper.lineWidth = keyed ? 4 : 2;
    paper.beginPath();
    for (const [x, y] of [[9, 0], [0, 9]]) {
      paper.moveTo(pen[0] - x, pen[1] - y);
      paper.lineTo(pen[0] + x, pen[1] + y);
    }
    paper.stroke();
  }

  function begin(point) {
    current = { size: model.get("brush"), points: [point] };
    strokes.push(current);
    ink(current, 0);
    send();
  }
  function extend(points) {
    const from = current.points.length;
    current.points.push(...points);
    ink(current, from);
    send();
  }
  function finish() {
    current = null;
    send();
  }
  function clear() {
    strokes = [];
    current = null;
    keyed = false;
    status.textContent = "The paper is empty.";
    redraw();
    send();
  }
  function undo() {
    strokes.pop();
    current = null;
    keyed = false;
    status.textContent = `Strokes left: ${strokes.length}.`;
    redraw();
    send();
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    const y = ((event.clientY - box.top) / box.height) * SIDE;
    return [x, y].map((value) => Math.round(10 * Math.min(SIDE, Math.max(0, value))) / 10);
  }
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    byKeys = false;
    status.textContent = "";
    canvas.focus({ preventScroll: true });
    redraw();
    canvas.setPointerCapture(event.pointerId);
    keyed = false;
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current || keyed) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend((all.length ? all : [event]).map(place));
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(name, () => current && !keyed && finish());
  }

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 2 : STEP;
    if (moves[event.key]) {
      const limit = (value) => Math.min(SIDE, Math.max(0, value));
      pen = pen.map((value, axis) => limit(value + step * moves[event.key][axis]));
      if (keyed) extend([pen]);
      status.textContent = `Pen ${keyed ? "down" : "up"} at ${pen[0]} across, ${pen[1]} down.`;
    } else if (event.key === " ") {
      keyed = !keyed;
      if (keyed) begin(pen);
      else finish();
      status.textContent = `Pen ${keyed ? "down" : "up"}.`;
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      undo();
    } else {
      return; // Tab and all else stay the browser's
    }
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab would act on the key too
    byKeys = true;
    redraw();
  });
  canvas.addEventListener("focus", redraw);
  canvas.addEventListener("blur", () => {
    if (keyed) finish();
    keyed = false;
    redraw();
  });

  const brush = document.createElement("input");
  Object.assign(brush, { type: "range", min: 8, max: 48, step: 2, value: model.get("brush") });
  brush.addEventListener("input", () => {
    model.set("brush", Number(brush.value));
    model.save_changes();
  });
  const label = document.createElement("label");
  label.append("brush ", brush);

  const bar = document.createElement("div");
  bar.className = "mnistlab-pad-bar";
  bar.append(button("Undo", "Take back the last stroke", undo), button("Clear", "", clear), label);
  const all = document.createElement("div");
  all.className = "mnistlab-pad";
  all.append(canvas, bar, status);
  el.append(all);
  redraw();

  const follow = () => {
    if (JSON.stringify(model.get("strokes")) === JSON.stringify(strokes) || current) return;
    strokes = structuredClone(model.get("strokes"));
    redraw();
  };
  model.on("change:strokes", follow);
  model.on("change:answered", goOn);
  return () => {
    clearTimeout(due);
    model.off("change:strokes", follow);
    model.off("change:answered", goOn);
  };
}

export default { render };
