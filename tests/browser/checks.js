// What the tests ask of a page. Each function takes an element and returns what is there or amiss.

const PICTURES = "img, svg[role=img]";
const TEXTS = "pre, .widget-html-content";

function told(picture) {
  return picture.getAttribute("alt") ?? picture.getAttribute("aria-label") ?? "";
}

// What of an output follows its controls: [what is seen, what is told of it] for each picture,
// then the texts.
function shown(output) {
  const seen = (picture) => picture.getAttribute("src") ?? picture.innerHTML;
  const pictures = [...output.querySelectorAll(PICTURES)].map((one) => [seen(one), told(one)]);
  const texts = [...output.querySelectorAll(TEXTS)].map((one) => one.textContent);
  return { pictures, texts };
}

// A colour of CSS as [red, green, blue, opacity], each from 0 to 1.
// One pixel to read colours from.
const dot = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function colour(css) {
  dot.clearRect(0, 0, 1, 1);
  dot.fillStyle = css;
  dot.fillRect(0, 0, 1, 1);
  return [...dot.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
}

function over([red, green, blue, opacity], below) {
  return [red, green, blue].map((value, i) => opacity * value + (1 - opacity) * below[i]);
}

function background(element) {
  if (!element) return [1, 1, 1];
  const own = colour(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own.slice(0, 3) : over(own, background(element.parentElement));
}

function luminance(rgb) {
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const [red, green, blue] = rgb.map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// Contrast of an element's text with what is behind it, as WCAG 2 defines it.
function contrast(element) {
  const style = getComputedStyle(element);
  const text = colour(element instanceof SVGElement ? style.fill : style.color);
  for (let one = element; one; one = one.parentElement) text[3] *= getComputedStyle(one).opacity;
  const behind = background(element);
  const [low, high] = [luminance(over(text, behind)), luminance(behind)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function textual(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = new Set(root.querySelectorAll("select, input:not([type=range])"));
  while (walker.nextNode()) {
    if (walker.currentNode.data.trim()) found.add(walker.currentNode.parentElement);
  }
  return [...found].filter((one) => one.getClientRects().length && !one.closest(":disabled"));
}

// Texts with less than the contrast that WCAG 2 AA asks of text of any size.
function faint(root) {
  const name = (one) => (one.textContent || one.tagName).trim().slice(0, 40);
  return textual(root)
    .map((one) => [name(one), contrast(one)])
    .filter(([, ratio]) => ratio < 4.5)
    .map(([text, ratio]) => `${text}: ${ratio.toFixed(2)}`);
}

// Elements that reach beyond the right edge of the output they stand in.
function overflowing(output) {
  const edge = output.getBoundingClientRect().right + 1;
  return [...output.querySelectorAll("*")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > edge)
    .map((one) => {
      const beyond = Math.round(one.getBoundingClientRect().right - edge + 1);
      return `${one.tagName} ${one.getAttribute("class") ?? ""}: ${beyond} px`;
    });
}

// Whether there is ink at a point of the pad's paper, in the units of its strokes.
function inked(canvas, [x, y]) {
  const scale = canvas.width / 280;
  dot.drawImage(canvas, x * scale, y * scale, 1, 1, 0, 0, 1, 1);
  return dot.getImageData(0, 0, 1, 1).data[0] < 128;
}

window.checks = { shown, faint, overflowing, inked };
