// Work on the columns of a matrix [GROUPS · GROUP_ROWS, CHANNELS]: one invocation takes one channel of CHUNK_ROWS rows,
// so that neighbours read neighbouring channels and what belongs to a channel is loaded once. No chunk straddles a group.
override GROUPS: u32 = 1u;
override GROUP_ROWS: u32;
override CHANNELS: u32;
override CHUNK_ROWS: u32;
override CHUNKS: u32;

struct Column {
  valid: bool,
  channel: u32,
  // Row of `partials` [GROUPS · CHUNKS, CHANNELS].
  chunk: u32,
  // Row of the statistics [GROUPS, CHANNELS].
  group: u32,
  begin: u32,
  end: u32,
}

fn column(index: u32) -> Column {
  let chunk = index / CHANNELS;
  let group = chunk / CHUNKS;
  let first = (chunk % CHUNKS) * CHUNK_ROWS;
  let base = group * GROUP_ROWS;
  return Column(
    index < GROUPS * CHUNKS * CHANNELS,
    index % CHANNELS,
    chunk,
    group,
    base + first,
    base + min(first + CHUNK_ROWS, GROUP_ROWS),
  );
}
