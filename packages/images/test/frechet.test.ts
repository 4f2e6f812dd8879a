/** The Fréchet distance against what is known of normal distributions. */
import { expect, it } from "vitest";
import { frechetDistance, type Moments, momentsOf } from "../src/index.js";

const diagonal = (mean: number[], variances: number[]): Moments => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from({ length: mean.length ** 2 }, (_, i) =>
    i % (mean.length + 1) === 0 ? variances[Math.floor(i / mean.length)]! : 0,
  ),
});

it("of independent numbers is Σ (μ₁ − μ₂)² + (σ₁ − σ₂)²", () => {
  const [a, b] = [diagonal([1, 2, 3], [4, 9, 0]), diagonal([0, 2, 5], [1, 16, 0])];
  expect(frechetDistance(a, b)).toBeCloseTo(1 + 4 + 1 + 1, 10);
});

it("does not depend on the axes, and is symmetric", () => {
  // The same two, turned by 30° in the first two numbers.
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const turned = ({ mean, covariance: [p, , , q] }: Moments): Moments => ({
    mean: Float64Array.of(c * mean[0]! - s * mean[1]!, s * mean[0]! + c * mean[1]!),
    covariance: Float64Array.of(
      ...[c * c * p! + s * s * q!, c * s * (p! - q!), c * s * (p! - q!), s * s * p! + c * c * q!],
    ),
  });
  const [a, b] = [diagonal([1, 2], [4, 9]), diagonal([0, 3], [25, 1])];
  const expected = 1 + 1 + 9 + 4;
  expect(frechetDistance(turned(a), turned(b))).toBeCloseTo(expected, 10);
  expect(frechetDistance(turned(b), turned(a))).toBeCloseTo(expected, 10);
});

it("of covariances that do not commute is that of the closed form in two dimensions", () => {
  // tr (AB)^½ = √(tr AB + 2·√det AB).
  const [a, b] = [Float64Array.of(2, 1, 1, 3), Float64Array.of(5, -2, -2, 1)];
  const trace = 2 * 5 + 2 * -2 + 3 * 1;
  const expected = 2 + 3 + 5 + 1 - 2 * Math.sqrt(trace + 2 * Math.sqrt(5 * 1));
  const mean = new Float64Array(2);
  expect(frechetDistance({ mean, covariance: a }, { mean, covariance: b })).toBeCloseTo(expected, 10);
});

it("takes moments as statistics has them", () => {
  const { mean, covariance } = momentsOf([1, 2, 3, 6, 5, 10], 3);
  expect([...mean]).toEqual([3, 6].map((value) => expect.closeTo(value, 12)));
  expect([...covariance]).toEqual([4, 8, 8, 16].map((value) => expect.closeTo(value, 12)));
  expect(() => momentsOf([1, 2, 3], 2)).toThrow("3 numbers are no 2 vectors");
});
