/** Which precisions this machine's adapter offers, found out by trying each. */

import {
  ALLOWED_ERROR,
  deviceClass,
  expectOffered,
  PRECISION_FEATURES,
  PRECISIONS,
  type Precision,
  selfTest,
  worstOf,
} from "@kintsugi/backend-webgpu";
import { UnsupportedError } from "@kintsugi/gpu";
import { openNodeDevice } from "@kintsugi/gpu/node";

/** What became of one: whether it can be used, and what the self-test found, or what is missing. */
export interface PrecisionFinding {
  readonly precision: Precision;
  readonly works: boolean;
  /** The largest error of the self-test in the magnitude of a sum's terms, where it was run, and what is allowed. */
  readonly error?: number;
  readonly allowed?: number;
  readonly report: string;
}

/** Tries all, one after the other, each on a device of its own. Throws `NoAdapterError`. */
export async function probePrecisions(): Promise<PrecisionFinding[]> {
  const findings: PrecisionFinding[] = [];
  for (const precision of PRECISIONS) findings.push(await probe(precision));
  return findings;
}

async function probe(precision: Precision): Promise<PrecisionFinding> {
  try {
    const device = await openNodeDevice([], PRECISION_FEATURES[precision]);
    try {
      expectOffered(device.adapter, precision);
      const { error, product, core } = worstOf(await selfTest(device, deviceClass(device.adapter, precision)));
      const works = error <= ALLOWED_ERROR;
      const found = `largest error ${error.toExponential(1)} of ${ALLOWED_ERROR.toExponential(1)} allowed (${product} by ${core})`;
      const report = works ? `self-test passed: ${found}` : `does not work: self-test failed: ${found}`;
      return { precision, works, error, allowed: ALLOWED_ERROR, report };
    } finally {
      device.destroy();
    }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { precision, works: false, report: `not offered: ${error.message}` };
  }
}
