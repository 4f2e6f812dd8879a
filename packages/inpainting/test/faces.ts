/** Pictures of which a small network can learn something: a soft disc on a slope, each its own. */
export function discs(count: number, size: number, seed = 0): Float32Array {
  const images = new Float32Array(count * size * size);
  for (let n = 0; n < count; n++) {
    const turn = 2.4 * (n + seed);
    const [x0, y0] = [size * (0.5 + 0.15 * Math.cos(turn)), size * (0.5 + 0.15 * Math.sin(1.3 * turn))];
    for (let p = 0; p < size * size; p++) {
      const [y, x] = [Math.floor(p / size), p % size];
      const inside = Math.hypot(x - x0, y - y0) < size / 4;
      images[n * size * size + p] = inside ? 0.8 : (0.6 * x) / size - 0.5;
    }
  }
  return images;
}
