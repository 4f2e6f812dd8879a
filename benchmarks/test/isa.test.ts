import { beforeAll, describe, expect, it } from "vitest";
import { kindOf, MARK, type Pipeline, readAssembly } from "../src/isa/assembly.js";
import { renderIsa } from "../src/isa/page.js";
import { compileFor, whyNotHere } from "../src/isa/run.js";
import { rowsOf, tableOf } from "../src/isa/table.js";

/** What the driver prints of a product with a k loop of 32 multiply-adds in a loop over slabs. */
const PRINTED = `
noise
${MARK}conv2d_64x64 | {"BATCH":4}
Compute Shader
disasm:
BB0:
	s_mov_b32 s0, 0                                             ; be800080
BB1:
	buffer_load_b128 v[8:11], v1, s[4:7], 0 offen               ; e05c1000
	v_add_nc_u32_e32 v2, 1, v2
	s_waitcnt lgkmcnt(0)
BB2:
	v_add_lshl_u32 v3, s0, v0, 4
	ds_load_b128 v[12:15], v3 offset:128
${"	v_fmac_f32_e32 v20, v12, v13\n".repeat(30)}	v_dual_fmac_f32 v21, v12, v13 :: v_dual_fmac_f32 v22, v14, v15
	s_cbranch_scc0 BB2                                          ; bfa1ffa7
BB3:
	v_cndmask_b32_e64 v4, 0, v9, s[6:7]
	ds_store_b128 v5, v[8:11]
	s_branch BB1
BB4:
	s_endpgm

*** SHADER STATS ***
SGPRs: 128
VGPRs: 96
Spilled SGPRs: 1
Spilled VGPRs: 2
LDS size: 8192
Scratch size: 0
Subgroups per SIMD: 16
Instructions: 44
Inverse Throughput: 77
********************
${MARK}end
`;

describe("reading what RADV prints", () => {
  const [pipeline, ...others] = readAssembly(PRINTED);

  it("finds each pipeline with its statistics", () => {
    expect(others).toEqual([]);
    expect(pipeline).toMatchObject({
      label: "conv2d_64x64",
      constants: '{"BATCH":4}',
      registers: 96,
      spills: 3,
      lds: 8192,
      scratch: 0,
      waves: 16,
      instructions: 44,
      inverseThroughput: 77,
    });
  });

  it("counts the k loop and the loop around it, and both halves of dual instructions", () => {
    const { inner, around, turns, share } = pipeline!.product!;
    expect(inner).toMatchObject({ fma: 32, valu: 1, lds: 1, vmem: 0, salu: 1 });
    expect(around).toMatchObject({ fma: 0, valu: 2, lds: 1, vmem: 1, salu: 1, wait: 1 });
    expect(turns).toBe(32);
    expect(share).toBeCloseTo((32 * 32) / (32 * 33 + 2), 12);
  });

  it("measures from a load to its first use, with the k loop in full", () => {
    // The add and the wait, 32 turns of 35, then the select that reads v9.
    expect(pipeline!.product!.distance).toBe(2 + 32 * 35);
  });

  it("knows the instructions of all families", () => {
    const kinds = {
      v_fma_f32: "fma",
      v_mac_f32_e32: "fma",
      v_fmac_f32_e32: "fma",
      v_pk_fma_f16: "fma",
      v_mad_u32_u24: "valu",
      v_wmma_f32_16x16x16_f16: "matrix",
      ds_read_b128: "lds",
      global_load_b128: "vmem",
      tbuffer_load_format_x: "vmem",
      s_load_b128: "smem",
      s_buffer_load_dword: "smem",
      s_waitcnt: "wait",
      s_add_u32: "salu",
      v_cndmask_b32_e64: "valu",
    };
    for (const [name, kind] of Object.entries(kinds)) expect(kindOf(name), name).toBe(kind);
  });

  it("puts equal forms into one row, in text and on a page", () => {
    const twice = readAssembly(PRINTED + PRINTED.replace('"BATCH":4', '"BATCH":8'));
    expect(twice).toHaveLength(2);
    const rows = rowsOf(twice);
    expect(rows).toHaveLength(1);
    expect(tableOf(rows)).toMatch(/conv2d_64x64 +2 +96 +3 +8192 +16 +32× 32 fma 1 valu 1 lds 1 salu/);
    const page = renderIsa({ family: "navi31", width: 64, batch: 4, precision: "f32", pipelines: 2 }, rows);
    expect(page).toContain("<td>conv2d_64x64</td>");
  });
});

const missing = await whyNotHere();

/** Multiply-adds among the vector instructions of the middle layers, by core. */
const LEAST_SHARE: Readonly<Record<string, number>> = { "64x64": 0.9, "128x128": 0.89 };

describe.skipIf(missing !== undefined)(
  `a training and a completion step on navi31${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let pipelines: readonly Pipeline[];
    beforeAll(async () => {
      ({ pipelines } = await compileFor("navi31", { width: 64, batch: 64, precision: "f32" }));
    });
    const products = () => pipelines.filter(({ product }) => product);
    const withChannels = (test: (channels: number) => boolean) =>
      products().filter(({ label, constants }) => {
        const sizes = JSON.parse(constants) as Record<string, number>;
        return /^conv/.test(label) && test(Math.min(sizes.FINE_CHANNELS ?? 0, sizes.COARSE_CHANNELS ?? 0));
      });

    it("compiles every pipeline without spilling a register, and without scratch memory", () => {
      expect(pipelines.length).toBeGreaterThan(100);
      for (const { label, constants, spills, scratch } of pipelines) {
        expect({ spills, scratch }, `${label} ${constants}`).toEqual({ spills: 0, scratch: 0 });
      }
    });

    it("multiplies in nine of ten vector instructions of the middle layers", () => {
      const middle = withChannels((channels) => channels >= 64);
      expect(middle.length).toBeGreaterThan(20);
      for (const { label, constants, product } of middle) {
        const [, core = ""] = /_(\d+x\d+)$/.exec(label) ?? [];
        expect(product!.share, `${label} ${constants}`).toBeGreaterThanOrEqual(LEAST_SHARE[core]!);
      }
    });

    it("spends no address arithmetic that offsets can do: two additions for 256 multiply-adds", () => {
      for (const { label, constants, product } of withChannels((channels) => channels >= 64)) {
        const { fma, valu, lds } = product!.inner;
        expect({ fma, lds }, `${label} ${constants}`).toEqual({ fma: 256, lds: 16 });
        expect(valu, `${label} ${constants}`).toBeLessThanOrEqual(2);
      }
    });

    it("keeps eight subgroups on a SIMD in all products", () => {
      for (const { label, constants, waves } of products()) {
        expect(waves, `${label} ${constants}`).toBeGreaterThanOrEqual(8);
      }
    });
  },
);
