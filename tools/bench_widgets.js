// Measured inside the page, so that nothing but JupyterLab stands between a key and its picture.
// All times are milliseconds.

const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

// Resolves with the time of the first frame after `output`'s picture has changed to what is wanted.
function changed(output, wanted = () => true) {
  const picture = output.querySelector(".widget-html-content");
  return new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (!wanted(picture)) return;
      observer.disconnect();
      resolve(frame());
    });
    observer.observe(picture, { subtree: true, childList: true, attributes: true });
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
  const controls = [...output.querySelectorAll(".noUi-handle, input[type=range], .mnistlab-matrix")];
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
  const picture = changed(output, (one) => one.innerHTML.includes(text));
  const start = performance.now();
  button.click();
  return (await picture) - start;
}

// Listens while a mouse draws on the pad: how long each move takes until its ink is on the paper,
// and when the answers changed last.
function listen(output) {
  const heard = { inks: [], moved: 0, answered: 0 };
  let start = 0;
  window.addEventListener("pointermove", () => { start = performance.now(); }, true);
  window.addEventListener("pointermove", () => {
    heard.moved = performance.now();
    heard.inks.push(heard.moved - start);
  });
  const watch = new MutationObserver(async () => { heard.answered = await frame(); });
  watch.observe(output.querySelector(".widget-html-content"), { subtree: true, childList: true });
  return heard;
}

window.bench = { presses, click, listen };
