/**
 * What a float64 twin may differ from a golden by. The inputs are the same numbers and both sides compute in float64, but
 * the golden is stored as the nearest float32: half a unit in the last place, 2⁻²⁴ = 5.97e-8 of the element (or 2⁻¹⁵⁰
 * where float32 is subnormal). `rel` leaves room for the order of float64 sums where an element cancels to almost nothing.
 */
import type { CloseOptions } from "../close.js";

/** Elementwise formulas: rounding alone. */
export const ROUNDED: CloseOptions = { rtol: 6e-8, atol: 1e-45 };

/** Sums of products: rounding, and the order of summation. */
export const SUMMED: CloseOptions = { rtol: 6e-8, atol: 1e-45, rel: 1e-12 };
