// ipywidgets' sliders have a label that is seen, but none that a screen reader finds. This gives
// each slider beside it the name that stands there.

function render({ el }) {
  el.hidden = true;
  const observer = new MutationObserver(name);
  function name() {
    for (const handle of el.parentElement.querySelectorAll(".noUi-handle")) {
      const label = handle.closest(".widget-inline-hbox")?.querySelector("label");
      if (label) handle.setAttribute("aria-label", label.textContent);
    }
  }
  let waiting = requestAnimationFrame(function begin() {
    if (el.isConnected) {
      name();
      observer.observe(el.parentElement, { childList: true, subtree: true });
    } else {
      waiting = requestAnimationFrame(begin);
    }
  });
  return () => {
    cancelAnimationFrame(waiting);
    observer.disconnect();
  };
}

export default { render };
