/**
 * What a driver's compiler made of the kernels, read from the text that Mesa's RADV prints under RADV_DEBUG=asm,shaderstats:
 * of what the innermost loop of a product consists, and the loop around it that loads its slabs. Knows text, and no device.
 */

/** What an instruction is for. */
export const KINDS = ["fma", "matrix", "valu", "lds", "vmem", "smem", "salu", "wait"] as const;
export type InstructionKind = (typeof KINDS)[number];
export type Counts = Readonly<Record<InstructionKind, number>>;

export interface Pipeline {
  /** The kernel and its core. */
  readonly label: string;
  /** Its overrides, as JSON. */
  readonly constants: string;
  /** Vector registers of an invocation. */
  readonly registers: number;
  /** Vector and scalar registers that did not fit. */
  readonly spills: number;
  /** Bytes of workgroup memory, and of memory that stands in for registers. */
  readonly lds: number;
  readonly scratch: number;
  /** Subgroups that a SIMD holds at a time. */
  readonly waves: number;
  /** All instructions of the code, once each. */
  readonly instructions: number;
  /** The compiler's estimate of cycles a subgroup takes where others hide its waits; the scale is its own. */
  readonly inverseThroughput: number;
  /** The k loop of a product; left out where there is none. */
  readonly product?: ProductLoops;
}

export interface ProductLoops {
  /** One turn of the innermost loop. */
  readonly inner: Counts;
  /** Turns of it for each turn of the loop around it. */
  readonly turns: number;
  /** One turn of the loop around it, without the innermost. */
  readonly around: Counts;
  /** Multiply-adds (matrix instructions included) among all vector instructions of the two loops. */
  readonly share: number;
  /** Instructions issued between a slab's load from memory and its first use: the least, the innermost loop counted in full. */
  readonly distance: number;
}

interface Instruction {
  readonly name: string;
  readonly operands: string;
}

interface Loop {
  readonly first: number;
  readonly last: number;
}

/** Marks what follows as the code of one pipeline: the program that compiles writes this line before each. */
export const MARK = "@@@ ";

/** Reads everything that was printed. The code of the same pipeline that is printed twice counts once. */
export function readAssembly(text: string): Pipeline[] {
  const found = new Map<string, Pipeline>();
  for (const part of text.split(`\n${MARK}`).slice(1)) {
    const [head = "", ...rest] = part.split("\n");
    const [label = "", constants = "{}"] = head.split(" | ");
    const body = rest.join("\n");
    for (const code of body.split(/^disasm:$/m).slice(1)) {
      const pipeline = readPipeline(label.trim(), constants.trim(), code);
      if (pipeline) found.set(JSON.stringify(pipeline), pipeline);
    }
  }
  return [...found.values()];
}

function readPipeline(label: string, constants: string, code: string): Pipeline | undefined {
  const [assembly = "", statistics] = code.split("*** SHADER STATS ***");
  if (statistics === undefined) return undefined;
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(statistics)?.[1] ?? 0);
  const product = readProduct(readBlocks(assembly));
  return {
    label,
    constants,
    registers: number("VGPRs"),
    spills: number("Spilled VGPRs") + number("Spilled SGPRs"),
    lds: number("LDS size"),
    scratch: number("Scratch size"),
    waves: number("Subgroups per SIMD"),
    instructions: number("Instructions"),
    inverseThroughput: number("Inverse Throughput"),
    ...(product ? { product } : {}),
  };
}

/** The basic blocks by their numbers; two operations that one instruction issues together count as two. */
function readBlocks(assembly: string): Map<number, Instruction[]> {
  const blocks = new Map<number, Instruction[]>();
  let present: Instruction[] | undefined;
  for (const line of assembly.split("\n")) {
    const head = /^BB(\d+):/.exec(line);
    if (head) {
      present = [];
      blocks.set(Number(head[1]), present);
      continue;
    }
    for (const half of line.replace(/;.*$/, "").split(" :: ")) {
      const [, name, operands = ""] = /^\s*([a-z]\w+)(?:\s+(.*))?$/.exec(half) ?? [];
      if (name !== undefined) present?.push({ name, operands: operands.trim() });
    }
  }
  return blocks;
}

/** A loop is what a branch back encloses. */
function loopsOf(blocks: ReadonlyMap<number, readonly Instruction[]>): Loop[] {
  return [...blocks].flatMap(([last, instructions]) =>
    instructions.flatMap(({ name, operands }) => {
      const target = name.includes("branch") ? /BB(\d+)/.exec(operands) : undefined;
      const first = Number(target?.[1] ?? Number.POSITIVE_INFINITY);
      return first <= last ? [{ first, last }] : [];
    }),
  );
}

/** Multiply-adds that an innermost loop must have to be that of a product: a block of 4×4 and more. */
const PRODUCT = 16;
/** Multiply-adds of an invocation for a slab, in the cores 64x64 and 128x128: 16 k of 8×8 elements. */
const SLAB = 16 * 64;

function readProduct(blocks: ReadonlyMap<number, readonly Instruction[]>): ProductLoops | undefined {
  const inside = ({ first, last }: Loop) =>
    [...blocks].filter(([at]) => first <= at && at <= last).flatMap(([, instructions]) => instructions);
  const within = (a: Loop, b: Loop) => a !== b && b.first <= a.first && a.last <= b.last;
  const loops = loopsOf(blocks);
  const hot = loops.filter((loop) => {
    const { fma, matrix } = count(inside(loop));
    return fma >= PRODUCT || matrix > 0;
  });
  const innermost = hot.find((loop) => !hot.some((other) => within(other, loop)));
  if (!innermost) return undefined;
  const inner = count(inside(innermost));
  const enclosing = loops
    .filter((loop) => within(innermost, loop))
    .sort((a, b) => a.last - a.first - (b.last - b.first))[0];
  // A core without a loop around its k loop loads as it goes.
  const body = enclosing ? inside(enclosing) : inside(innermost);
  const around = enclosing ? minus(count(body), inner) : count([]);
  // What is left of a slab's products is turns: those of matrices are written out.
  const turns = inner.matrix > 0 || !enclosing ? 1 : Math.max(1, Math.round(SLAB / inner.fma));
  const useful = turns * (inner.fma + inner.matrix) + around.fma + around.matrix;
  const vector = useful + turns * inner.valu + around.valu;
  const distance = leastDistance(body, inside(innermost), enclosing ? turns : 1);
  return { inner, turns, around, share: useful / vector, distance };
}

/** What a name stands for: AMD's instruction sets from GCN3 to RDNA3, as LLVM and ACO spell them. */
export function kindOf(name: string): InstructionKind {
  if (/^v_(wmma|mfma|swmmac)/.test(name)) return "matrix";
  if (/^v_(pk_|dual_)?(fma|fmac|mac|mad|fmamk|fmaak)_/.test(name) && !/_[iu]\d/.test(name)) return "fma";
  if (name.startsWith("ds_")) return "lds";
  if (/^(buffer|tbuffer|global|flat|scratch|image)_/.test(name)) return "vmem";
  if (/^s_(buffer_)?load/.test(name)) return "smem";
  if (/^s_(waitcnt|wait_|delay|nop|clause|barrier|sleep)/.test(name)) return "wait";
  return name.startsWith("s_") ? "salu" : "valu";
}

function count(instructions: readonly Instruction[]): Counts {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<InstructionKind, number>;
  for (const { name } of instructions) counts[kindOf(name)]++;
  return counts;
}

function minus(a: Counts, b: Counts): Counts {
  return Object.fromEntries(KINDS.map((kind) => [kind, a[kind] - b[kind]])) as Record<InstructionKind, number>;
}

/**
 * The least number of instructions from a load to the first that reads what it loaded, over two turns of a loop; those of the
 * innermost count as often as it turns. 0 where nothing is loaded.
 */
function leastDistance(body: readonly Instruction[], innermost: readonly Instruction[], turns: number): number {
  const hot = new Set(innermost);
  const weight = (instruction: Instruction) => (hot.has(instruction) && turns > 1 ? turns : 1);
  const twice = [...body, ...body];
  const distances = body.flatMap((load, at) => {
    if (kindOf(load.name) !== "vmem" || !/_load_/.test(load.name)) return [];
    const [target = ""] = load.operands.split(",");
    const loaded = new Set(registersIn(target));
    let between = 0;
    for (const next of twice.slice(at + 1, at + body.length)) {
      const sources = /^(ds_store|ds_write|buffer_store|global_store)/.test(next.name)
        ? next.operands
        : next.operands.split(",").slice(1).join(",");
      if (registersIn(sources).some((register) => loaded.has(register))) return [between];
      between += weight(next);
    }
    return [];
  });
  return distances.length > 0 ? Math.min(...distances) : 0;
}

/** v7 and v[8:11]. */
function registersIn(operands: string): number[] {
  return [...operands.matchAll(/\bv(?:(\d+)|\[(\d+):(\d+)\])/g)].flatMap(([, one, from, to]) => {
    if (one !== undefined) return [Number(one)];
    const first = Number(from);
    return Array.from({ length: Number(to) - first + 1 }, (_, i) => first + i);
  });
}
