/** What is used of ONNX Runtime. `onnxruntime-node` and `onnxruntime-web` both are one. */
import type * as ort from "onnxruntime-common";

export interface Runtime {
  readonly InferenceSession: Pick<typeof ort.InferenceSession, "create">;
  readonly Tensor: typeof ort.Tensor;
}

export type Session = ort.InferenceSession;
export type SessionOptions = ort.InferenceSession.SessionOptions;
export type Float32Tensor = ort.TypedTensor<"float32">;
