/** An ONNX model under construction: nodes, constants, inputs and outputs. Knows nothing of our graph. */
import type { Shape } from "@kintsugi/autodiff";
import {
  ATTRIBUTE,
  type AttributeProto,
  encodeModel,
  FLOAT,
  INT64,
  type NodeProto,
  type TensorProto,
} from "./proto.js";

/** Name of a value of the model. */
export type Name = string;

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** The operator set: the lowest in which all that is written here means what it means now. */
const OPSET = 18;
/** The file format that came with it. */
const IR_VERSION = 8;

export class Model {
  readonly #nodes: NodeProto[] = [];
  readonly #constants = new Map<string, TensorProto>();
  readonly #inputs: { name: Name; shape: Shape }[] = [];
  readonly #outputs: { name: Name; shape: Shape }[] = [];
  #count = 0;

  constructor(readonly name: string) {}

  input(name: Name, shape: Shape): Name {
    this.#inputs.push({ name, shape });
    return name;
  }

  /** Declares that the value `from` leaves the model under the name `to`. */
  output(from: Name, to: Name, shape: Shape): void {
    this.#push("Identity", [from], [to], {});
    this.#outputs.push({ name: to, shape });
  }

  /** A value that is part of the model, under a name. */
  weight(name: Name, values: Float32Array, shape: Shape): Name {
    this.#constants.set(name, { dims: shape, dataType: FLOAT, name, rawData: bytesOf(values) });
    return name;
  }

  /** One node with one result. An empty name among `inputs` is an optional input left out. */
  node(op: string, inputs: readonly Name[], attributes: Readonly<Record<string, AttributeValue>> = {}): Name {
    const output = `${op}#${this.#count++}`;
    this.#push(op, inputs, [output], attributes);
    return output;
  }

  /** A float32 constant; equal small ones are stored once. */
  floats(values: Float32Array | readonly number[], shape: Shape = [values.length]): Name {
    return this.#constant(FLOAT, shape, bytesOf(values instanceof Float32Array ? values : Float32Array.from(values)));
  }

  /** A float32 scalar. */
  scalar(value: number): Name {
    return this.floats([value], []);
  }

  /** An int64 vector, as shapes, axes and offsets are. */
  ints(values: readonly number[]): Name {
    return this.#constant(INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  /** The bytes of the `.onnx` file. */
  encode(): Uint8Array {
    const described = ({ name, shape }: { name: Name; shape: Shape }) => ({
      name,
      type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
    });
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: "kintsugi",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: this.name,
        node: this.#nodes,
        initializer: [...this.#constants.values()],
        input: this.#inputs.map(described),
        output: this.#outputs.map(described),
      },
    });
  }

  #push(
    opType: string,
    input: readonly Name[],
    output: readonly Name[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    this.#nodes.push({ opType, input, output, name: output[0]!, domain: "", attribute });
  }

  #constant(dataType: number, dims: Shape, rawData: Uint8Array): Name {
    const key = rawData.length <= 64 ? `${dataType} ${dims} ${rawData}` : `large ${this.#count++}`;
    const found = this.#constants.get(key);
    if (found) return found.name;
    const name = `constant#${this.#constants.size}`;
    this.#constants.set(key, { dims, dataType, name, rawData });
    return name;
  }
}

/** Tensors are little-endian in the file, as they are on every machine that this runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function encodeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "number") return { name, type: ATTRIBUTE.int, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE.string, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: ATTRIBUTE.float, f: value.float };
  return { name, type: ATTRIBUTE.ints, ints: value };
}
