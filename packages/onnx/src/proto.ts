/**
 * The messages of an ONNX file, as far as they are used here: a subset of onnx.proto with its field numbers.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import protobuf from "protobufjs/minimal.js";

export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name: string;
  readonly rawData: Uint8Array;
}

export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly attribute: readonly AttributeProto[];
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly { dimValue: number }[] };
    };
  };
}

export interface ModelProto {
  readonly irVersion: number;
  readonly producerName: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly NodeProto[];
    readonly initializer: readonly TensorProto[];
    readonly input: readonly ValueInfoProto[];
    readonly output: readonly ValueInfoProto[];
  };
}

/** TensorProto.DataType. */
export const FLOAT = 1;
export const INT64 = 7;

/** AttributeProto.AttributeType. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

interface Field {
  readonly id: number;
  readonly type: string;
  readonly rule?: "repeated";
}

function message(fields: Readonly<Record<string, readonly [id: number, type: string, rule?: "repeated"]>>): {
  readonly fields: Readonly<Record<string, Field>>;
} {
  const described = Object.entries(fields).map(([name, [id, type, rule]]) => {
    return [name, { id, type, ...(rule ? { rule } : {}) }] as const;
  });
  return { fields: Object.fromEntries(described) };
}

/** The messages by name, as protobufjs describes them in JSON. */
export const MESSAGES: Readonly<Record<string, ReturnType<typeof message>>> = {
  OperatorSetId: message({ domain: [1, "string"], version: [2, "int64"] }),
  Tensor: message({
    dims: [1, "int64", "repeated"],
    dataType: [2, "int32"],
    name: [8, "string"],
    rawData: [9, "bytes"],
  }),
  Attribute: message({
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    ints: [8, "int64", "repeated"],
    type: [20, "int32"],
  }),
  Node: message({
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "Attribute", "repeated"],
    domain: [7, "string"],
  }),
  Dimension: message({ dimValue: [1, "int64"] }),
  Shape: message({ dim: [1, "Dimension", "repeated"] }),
  TensorType: message({ elemType: [1, "int32"], shape: [2, "Shape"] }),
  Type: message({ tensorType: [1, "TensorType"] }),
  ValueInfo: message({ name: [1, "string"], type: [2, "Type"] }),
  Graph: message({
    node: [1, "Node", "repeated"],
    name: [2, "string"],
    initializer: [5, "Tensor", "repeated"],
    input: [11, "ValueInfo", "repeated"],
    output: [12, "ValueInfo", "repeated"],
  }),
  Model: message({
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    graph: [7, "Graph"],
    opsetImport: [8, "OperatorSetId", "repeated"],
  }),
};

/** How each scalar type is written: its wire type, and the writer's method. */
const SCALARS = { int32: 0, int64: 0, string: 2, bytes: 2, float: 5 } as const;
const DELIMITED = 2;

/**
 * The bytes of a `.onnx` file. Walks the description above: protobufjs would compile it to JavaScript, which a page's
 * Content-Security-Policy forbids.
 */
export function encodeModel(model: ModelProto): Uint8Array {
  const writer = protobuf.Writer.create();
  write(writer, "Model", model as unknown as Readonly<Record<string, unknown>>);
  return writer.finish();
}

function write(writer: protobuf.Writer, name: string, from: Readonly<Record<string, unknown>>): void {
  for (const [field, { id, type, rule }] of Object.entries(MESSAGES[name]!.fields)) {
    const value = from[field];
    if (value === undefined) continue;
    for (const each of rule ? (value as readonly unknown[]) : [value]) {
      if (type in SCALARS) {
        const scalar = type as keyof typeof SCALARS;
        writer.uint32((id << 3) | SCALARS[scalar]);
        (writer[scalar] as (value: unknown) => protobuf.Writer).call(writer, each);
      } else {
        writer.uint32((id << 3) | DELIMITED).fork();
        write(writer, type, each as Readonly<Record<string, unknown>>);
        writer.ldelim();
      }
    }
  }
}
