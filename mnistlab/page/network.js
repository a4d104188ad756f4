// A network's forward pass. An array is {shape, data}; a layer is what web.py wrote of it.

const ACTIVATIONS = {
  linear: (data) => data,
  relu: (data) => data.map((z) => Math.max(z, 0)),
  sigmoid: (data) => data.map((z) => 1 / (1 + Math.exp(-z))),
  tanh: (data) => data.map(Math.tanh),
  softmax(data) {
    const most = Math.max(...data);
    const powers = data.map((z) => Math.exp(z - most));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  },
};

const LAYERS = {
  reshape: (layer, { data }) => ({ shape: layer.shape, data }),

  // Each number of the last axis becomes itself times `scale` plus `shift`.
  scale(layer, { shape, data }) {
    const n = layer.scale.length;
    return { shape, data: data.map((x, i) => x * layer.scale[i % n] + layer.shift[i % n]) };
  },

  // The last axis (…, before) times the kernel (before, after).
  dense(layer, { shape, data }) {
    const before = shape.at(-1), after = layer.bias.length;
    const rows = data.length / before, out = new Float32Array(rows * after);
    for (let row = 0; row < rows; row++) {
      const sums = out.subarray(row * after, (row + 1) * after);
      sums.set(layer.bias);
      for (let i = 0; i < before; i++) {
        const x = data[row * before + i];
        if (x === 0) continue; // most pixels are paper
        for (let j = 0; j < after; j++) sums[j] += x * layer.kernel[i * after + j];
      }
    }
    return { shape: [...shape.slice(0, -1), after], data: out };
  },

  // Windows that fit whole, `step` places apart; kernel (height, width, before, after).
  conv(layer, { shape: [rows, columns, before], data }) {
    const { step, bias, kernel } = layer, [high, wide] = layer.window, after = bias.length;
    const shape = places(rows, columns, layer);
    const out = new Float32Array(shape[0] * shape[1] * after);
    for (let place = 0; place < shape[0] * shape[1]; place++) {
      const top = Math.floor(place / shape[1]) * step[0], left = (place % shape[1]) * step[1];
      const sums = out.subarray(place * after, (place + 1) * after);
      sums.set(bias);
      for (let spot = 0; spot < high * wide; spot++) {
        const row = top + Math.floor(spot / wide), column = left + (spot % wide);
        for (let i = 0; i < before; i++) {
          const x = data[(row * columns + column) * before + i];
          if (x === 0) continue;
          const from = (spot * before + i) * after;
          for (let j = 0; j < after; j++) sums[j] += x * kernel[from + j];
        }
      }
    }
    return { shape: [...shape, after], data: out };
  },

  // The largest number of each window, channel by channel.
  pool(layer, { shape: [rows, columns, channels], data }) {
    const shape = places(rows, columns, layer), [high, wide] = layer.window;
    const out = new Float32Array(shape[0] * shape[1] * channels).fill(-Infinity);
    for (let i = 0; i < out.length; i++) {
      const channel = i % channels, place = (i - channel) / channels;
      const top = Math.floor(place / shape[1]) * layer.step[0];
      const left = (place % shape[1]) * layer.step[1];
      for (let spot = 0; spot < high * wide; spot++) {
        const row = top + Math.floor(spot / wide), column = left + (spot % wide);
        out[i] = Math.max(out[i], data[(row * columns + column) * channels + channel]);
      }
    }
    return { shape: [...shape, channels], data: out };
  },

  crop(layer, { shape: [rows, columns, channels], data }) {
    const [[top, bottom], [left, right]] = layer.off;
    const kept = [];
    for (let row = top; row < rows - bottom; row++) {
      const start = (row * columns + left) * channels;
      kept.push(...data.subarray(start, start + (columns - left - right) * channels));
    }
    const shape = [rows - top - bottom, columns - left - right, channels];
    return { shape, data: Float32Array.from(kept) };
  },

  // Rows become columns.
  turn(layer, { shape: [rows, columns], data }) {
    const out = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
    return { shape: [columns, rows], data: out };
  },
};

function places(rows, columns, { window, step }) {
  return [(rows - window[0]) / step[0], (columns - window[1]) / step[1]].map((n) => Math.floor(n) + 1);
}

// What comes out for one image of 784 numbers, and what stood before the last activation.
function answer(layers, image) {
  let now = { shape: [28, 28], data: image }, logits;
  for (const layer of layers) {
    now = LAYERS[layer.kind](layer, now);
    logits = now.data;
    now = { shape: now.shape, data: ACTIVATIONS[layer.activation](logits) };
  }
  return { outputs: now.data, logits };
}

// For each pixel: by how much the logit of `digit` falls when that pixel becomes paper.
function votes(layers, image, digit) {
  const whole = answer(layers, image).logits[digit];
  return image.map((ink, pixel) => {
    if (ink === 0) return 0;
    const without = image.slice();
    without[pixel] = 0;
    return whole - answer(layers, without).logits[digit];
  });
}

// Layers as they stand in the page: each array is [where it begins, its length] in a text of
// base64, three bytes a number: float32 without its last byte.
function unpack(layers, text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return layers.map((layer) => {
    const whole = { ...layer };
    for (const name of ["kernel", "bias", "scale", "shift"]) {
      if (layer[name]) whole[name] = numbers(bytes, ...layer[name]);
    }
    return whole;
  });
}

function numbers(bytes, start, length) {
  const bits = Uint32Array.from({ length }, (_, i) => {
    const [low, middle, high] = bytes.subarray(start + 3 * i);
    return (low << 8) | (middle << 16) | (high << 24);
  });
  return new Float32Array(bits.buffer);
}
