// Work on the columns of a matrix [GROUPS · GROUP_ROWS, CHANNELS]: one invocation takes an element of WIDTH neighbouring
// channels of CHUNK_ROWS rows, so that neighbours read neighbours and what belongs to a channel is loaded once. No chunk
// straddles a group.
override GROUPS: u32 = 1u;
override GROUP_ROWS: u32;
override CHANNELS: u32;
override CHUNK_ROWS: u32;
override CHUNKS: u32;
// Elements of a row.
override ROW: u32 = CHANNELS / WIDTH;

struct Column {
  valid: bool,
  // Its number among those of all chunks.
  index: u32,
  // Its place in a row.
  at: u32,
  group: u32,
  begin: u32,
  end: u32,
}

fn column(index: u32) -> Column {
  let chunk = index / ROW;
  let group = chunk / CHUNKS;
  let first = (chunk % CHUNKS) * CHUNK_ROWS;
  let base = group * GROUP_ROWS;
  return Column(
    index < GROUPS * CHUNKS * ROW,
    index,
    index % ROW,
    group,
    base + first,
    base + min(first + CHUNK_ROWS, GROUP_ROWS),
  );
}
