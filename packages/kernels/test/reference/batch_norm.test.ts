import { describe, expect, it } from "vitest";
import { batchMoments, batchNorm, batchNormTrain, updateRunning } from "../../reference/batch_norm.js";
import "../close.js";
import { centralDifference, dot, sampleIndices } from "../finite_differences.js";
import { fullGoldens, type Goldens, goldens, hasFullGoldens } from "../goldens.js";
import { SUMMED } from "./tolerance.js";

const ACTIVATIONS = [
  ["", 1],
  ["_lrelu", 0.2],
  ["_relu", 0],
] as const;

function check(file: Goldens): void {
  it.each(file.cases)("forward, %s", (name) => {
    const { shape } = file.tensor(`${name}/x`);
    const [x, gamma, beta] = ["x", "gamma", "beta"].map((key) => file.values(`${name}/${key}`)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const runningMean = file.values(`${name}/running_mean`);
    const runningVariance = file.values(`${name}/running_var`);
    const { mean, variance } = batchMoments(x, { shape });
    // A constant channel has variance 0 exactly, so that only the others carry rounding.
    expect(mean).toBeAllClose(file.values(`${name}/mean`), SUMMED);
    expect(variance).toBeAllClose(file.values(`${name}/var`), SUMMED);
    expect(updateRunning(runningMean, mean)).toBeAllClose(file.values(`${name}/new_running_mean`), SUMMED);
    expect(updateRunning(runningVariance, variance)).toBeAllClose(file.values(`${name}/new_running_var`), SUMMED);
    for (const [tag, slope] of ACTIVATIONS) {
      expect(batchNormTrain(x, { shape }, gamma, beta, { slope })).toBeAllClose(file.values(`${name}/train${tag}_y`), {
        ...SUMMED,
        shape,
      });
      const running = { mean: runningMean, variance: runningVariance };
      expect(batchNorm(x, { shape }, running, gamma, beta, { slope })).toBeAllClose(
        file.values(`${name}/infer${tag}_y`),
        { ...SUMMED, shape },
      );
    }
  });
}

describe("twin = golden", () => {
  const file = goldens("batch_norm");
  check(file);

  // What stands in for a backward twin must meet the goldens' gradients. A channel of zero variance is out: there the
  // slope is 1/√eps ≈ 316 with a curvature that no step h resolves.
  it.each(file.cases.filter((name) => name !== "constant"))("differences of the twin = the gradients, %s", (name) => {
    const { shape } = file.tensor(`${name}/x`);
    const x = Float64Array.from(file.values(`${name}/x`));
    const gamma = Float64Array.from(file.values(`${name}/gamma`));
    const beta = Float64Array.from(file.values(`${name}/beta`));
    const dy = file.values(`${name}/dy`);
    const sampled = sampleIndices(x.length, 12);
    for (const [tag, slope] of ACTIVATIONS) {
      const loss = () => dot(batchNormTrain(x, { shape }, gamma, beta, { slope }), dy);
      const pick = (key: string, at: Iterable<number>) =>
        Array.from(at, (index) => file.values(`${name}/train${tag}_${key}`)[index]!);
      // h = 1e-6: a curvature of the order of 1/variance = 100 (case offset) against 1e-10 of rounding.
      expect(centralDifference(loss, x, 1e-6, sampled)).toBeAllClose(pick("dx", sampled), { rtol: 1e-5, atol: 1e-6 });
      expect(centralDifference(loss, gamma, 1e-6)).toBeAllClose(pick("dgamma", gamma.keys()), {
        rtol: 1e-5,
        atol: 1e-6,
      });
      expect(centralDifference(loss, beta, 1e-6)).toBeAllClose(pick("dbeta", beta.keys()), { rtol: 1e-5, atol: 1e-6 });
    }
  });
});

describe.skipIf(!hasFullGoldens("batch_norm"))("twin = the full goldens", () => {
  if (hasFullGoldens("batch_norm")) check(fullGoldens("batch_norm"));
  else it("needs the full golden files", () => {});
});

describe("groups", () => {
  const shape = [4, 3, 2, 5];
  const x = Float64Array.from({ length: 120 }, (_, at) => Math.sin(3 * at) + at / 50);
  const gamma = [1, 2, 0.5, -1, 1.5];
  const beta = [0, 0.1, -0.2, 0.3, 1];

  it("two groups are two batches", () => {
    const halves = [x.slice(0, 60), x.slice(60)].map((half) => batchMoments(half, { shape: [2, 3, 2, 5] }));
    const { mean, variance } = batchMoments(x, { shape, groups: 2 });
    expect(mean).toBeAllClose(halves.flatMap((half) => [...half.mean]));
    expect(variance).toBeAllClose(halves.flatMap((half) => [...half.variance]));
    const alone = batchNormTrain(x.slice(60), { shape: [2, 3, 2, 5] }, gamma, beta, { slope: 0.2 });
    expect(batchNormTrain(x, { shape, groups: 2 }, gamma, beta, { slope: 0.2 }).slice(60)).toBeAllClose(alone);
  });

  it("updates the running statistics group after group", () => {
    expect(updateRunning([1, 2], [3, 4, 5, 6], 0.5)).toBeAllClose([3.5, 4.5]);
  });

  it("refuses a batch that the groups do not divide", () => {
    expect(() => batchMoments(x, { shape, groups: 3 })).toThrow("3 groups do not divide a batch of 4");
  });
});
