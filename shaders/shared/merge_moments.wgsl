// Merges the moments of a group's PARTS parts of PART_ROWS rows in a fixed order (Chan, Golub and LeVeque 1979):
// mean = a.mean + δ·n_b/n, M2 = a.M2 + b.M2 + δ²·n_a·n_b/n, δ = b.mean − a.mean.
// parts [GROUPS·PARTS, ROW] of (mean, M2)
override PARTS: u32;
override PART_ROWS: u32;

struct Moments {
  mean: Element,
  m2: Element,
}

fn merge(group: u32, at: u32) -> Moments {
  var count = 0.0;
  var merged = Moments();
  for (var part = 0u; part < PARTS; part++) {
    let i = 2u * ((group * PARTS + part) * ROW + at);
    let rows = f32(min(PART_ROWS, GROUP_ROWS - part * PART_ROWS));
    let total = count + rows;
    let delta = parts[i] - merged.mean;
    merged.mean += delta * (rows / total);
    merged.m2 += parts[i + 1u] + delta * delta * (count * rows / total);
    count = total;
  }
  return merged;
}
