// Adds the sums of a group's PARTS parts in a fixed order. parts [GROUPS·PARTS, ROW] of (Σ dz, Σ dz·x̂), and then
// [GROUPS, ROW] of what is known of the group's channels: mean, rstd, gamma·rstd, beta.
override PARTS: u32;

struct Sums {
  dz: Element,
  dzx: Element,
}

fn merge(group: u32, at: u32) -> Sums {
  var sums = Sums();
  for (var part = 0u; part < PARTS; part++) {
    let i = 2u * ((group * PARTS + part) * ROW + at);
    sums.dz += parts[i];
    sums.dzx += parts[i + 1u];
  }
  return sums;
}

// Where what is known begins.
fn known_at(group: u32, at: u32) -> u32 {
  return 2u * GROUPS * PARTS * ROW + 4u * (group * ROW + at);
}
