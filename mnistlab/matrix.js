// A table that Python drew, of which one cell is chosen: by click, or by the arrow keys.

function render({ model, el }) {
  const all = document.createElement("div");
  all.className = "mnistlab-matrix";
  all.innerHTML = model.get("html");
  all.style.cssText = "width: max-content; max-width: 100%; overflow-x: auto; cursor: pointer";
  all.tabIndex = 0;
  all.setAttribute("role", "application");
  const hint = document.createElement("div");
  hint.textContent = "Click a cell, or choose one with the arrow keys.";
  el.append(all, hint);

  function mark() {
    const [truth, read] = model.get("value");
    for (const cell of all.querySelectorAll("[data-cell]")) {
      const chosen = cell.dataset.cell === `${truth},${read}`;
      cell.style.outline = chosen ? "2px solid currentcolor" : "";
      cell.style.outlineOffset = "-2px";
      cell.style.fontWeight = chosen ? "bold" : "";
      if (chosen) cell.setAttribute("aria-selected", "true");
      else cell.removeAttribute("aria-selected");
    }
    const count = all.querySelector(`[data-cell="${truth},${read}"]`)?.textContent;
    all.setAttribute(
      "aria-label",
      `Confusion matrix. Arrow keys choose a cell. Chosen: ${count} images of ${truth} read as ${read}.`,
    );
  }
  function choose(value) {
    model.set("value", value);
    model.save_changes();
  }

  all.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-cell]");
    if (cell) choose(cell.dataset.cell.split(",").map(Number));
  });
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  all.addEventListener("keydown", (event) => {
    if (!moves[event.key]) return; // Tab and all else stay the browser's
    event.preventDefault();
    event.stopPropagation(); // else JupyterLab would act on the key too
    choose(model.get("value").map((at, i) => Math.min(9, Math.max(0, at + moves[event.key][i]))));
  });
  model.on("change:value", mark);
  mark();
  return () => model.off("change:value", mark);
}

export default { render };
