/** Reads a `.onnx` file back, with protobufjs's own reader: what our writer wrote must be what others read. */
import protobuf from "protobufjs/light.js";
import { MESSAGES, type ModelProto } from "../src/proto.js";

const Model = protobuf.Root.fromJSON({ nested: MESSAGES }).lookupType("Model");

export function decodeModel(bytes: Uint8Array): ModelProto {
  return Model.toObject(Model.decode(bytes), { longs: Number, arrays: true, defaults: true }) as ModelProto;
}
