// Measured inside the page, so that nothing but JupyterLab stands between a key and its picture.
// All times are milliseconds.

const frame = () =>
  new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

function watch(output, observer) {
  for (const picture of output.querySelectorAll(".widget-html-content")) {
    observer.observe(picture, { subtree: true, childList: true, attributes: true });
  }
}

// Resolves with the time of the first frame after an output's pictures show what is wanted.
function changed(output, wanted = "") {
  return new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (!output.innerHTML.includes(wanted)) return;
      observer.disconnect();
      resolve(frame());
    });
    watch(output, observer);
    setTimeout(() => reject(new Error("nothing changed for 20 seconds")), 20000);
  });
}

// The keys that move a control there and back again.
function keys(control) {
  if (control.matches(".mnistlab-matrix")) return ["ArrowUp", "ArrowDown"];
  const last = control.ariaValueNow !== null && control.ariaValueNow === control.ariaValueMax;
  return last ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
}

// From a key on a slider or the matrix to the picture: one time for each press, over all controls.
async function presses(output, count) {
  const kinds = ".noUi-handle, input[type=range], .mnistlab-matrix";
  const controls = [...output.querySelectorAll(kinds)];
  const moves = controls.map(keys);
  const times = [];
  for (let i = 0; i < count; i++) {
    const at = i % controls.length;
    const key = moves[at][Math.floor(i / controls.length) % 2];
    const picture = changed(output);
    const start = performance.now();
    const press = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    controls[at].dispatchEvent(press);
    times.push((await picture) - start);
    await pause(100);
  }
  return times;
}

// From a click on one of the playground's buttons to a picture that holds a text.
async function click(output, name, text) {
  const buttons = [...output.querySelectorAll("button")];
  const button = buttons.find((one) => one.textContent.trim() === name);
  const picture = changed(output, text);
  const start = performance.now();
  button.click();
  return (await picture) - start;
}

// Listens while a mouse draws on the pad: how long each move takes until its ink is on the paper,
// and when the answers changed last.
function listen(output) {
  const heard = { inks: [], moved: NaN, answered: NaN };
  let start = 0;
  const before = () => { start = performance.now(); };
  const after = () => {
    heard.moved = performance.now();
    heard.answered = NaN;
    heard.inks.push(heard.moved - start);
  };
  window.addEventListener("pointermove", before, true);
  window.addEventListener("pointermove", after);
  watch(output, new MutationObserver(async () => { heard.answered = await frame(); }));
  return heard;
}

window.bench = { presses, click, listen };
