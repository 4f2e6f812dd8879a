/**
 * State dicts out of pickles, for PyTorch's files. A pickle is a program; this runs the few instructions that a state dict takes, on
 * values of our own making, calls nothing, and refuses every other instruction and name. Source: Python's `pickletools`,
 * torch/serialization.py.
 */
import { ModelError } from "@kintsugi/dcgan";

/** Where a tensor lies: items `offset` and on of a storage, by strides. */
export interface StoredTensor {
  readonly kind: "tensor";
  /** The name of the storage's type, such as FloatStorage. */
  readonly storage: string;
  /** The name of the storage's file. */
  readonly key: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

type Named = { readonly kind: "name"; readonly name: string };
type Storage = { readonly kind: "storage"; readonly type: string; readonly key: string };
type Dict = Map<unknown, unknown>;

const TENSOR = ["torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor"];
const PARAMETER = ["torch._utils _rebuild_parameter"];
const DICT = ["collections OrderedDict"];
/** Other names that stand beside tensors in checkpoints, and stand for nothing here. */
const STORAGE = /^torch (\w+)Storage$/;

/** Instructions of one pickle. */
const LIMIT = 2_000_000;

const MARK = Symbol("mark");

/** The two lines that convert, for a file that its owner trusts. */
export const CONVERT =
  'convert it in Python, if you trust it: weights = torch.load("IN.pth", map_location="cpu"); ' +
  'safetensors.torch.save_file(weights, "OUT.safetensors")';

const refuse = (what: string): never => {
  throw new ModelError(`it holds more than a state dict (${what.slice(0, 60)}), which is never run here; ${CONVERT}`);
};

/** What the pickle builds: dictionaries as maps, tensors by where they lie. Throws ModelError. */
export function readPickle(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new ModelError("its pickle is cut short; copy or download it again");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const number = (length: 1 | 2 | 4) => {
    take(length);
    return length === 1
      ? view.getUint8(at - 1)
      : length === 2
        ? view.getUint16(at - 2, true)
        : view.getUint32(at - 4, true);
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end - at > 200) return refuse("a long name");
    const text = decoder.decode(take(end - at));
    at++;
    return text;
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === MARK) throw new ModelError("its pickle is damaged");
    return stack.pop();
  };
  const toMark = (): unknown[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) throw new ModelError("its pickle is damaged");
    const items = stack.splice(mark + 1);
    stack.pop();
    return items;
  };
  const setItems = (items: readonly unknown[]) => {
    const dict = stack.at(-1);
    if (!(dict instanceof Map)) return refuse("a value set in an object");
    for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const append = (items: readonly unknown[]) => {
    const list = stack.at(-1);
    if (!Array.isArray(list)) return refuse("a list of another kind");
    for (const item of items) list.push(item);
  };
  for (let steps = 0; steps < LIMIT; steps++) {
    const code = String.fromCharCode(number(1));
    switch (code) {
      case "\x80": // PROTO
        if (number(1) > 5) refuse("a pickle of a later protocol");
        break;
      case "\x95": // FRAME
        take(8);
        break;
      case ".": // STOP
        return pop();
      case "c": // GLOBAL
        stack.push({ kind: "name", name: `${line()} ${line()}` } satisfies Named);
        break;
      case "\x93": {
        // STACK_GLOBAL
        const [name, module] = [pop(), pop()];
        stack.push({ kind: "name", name: `${String(module)} ${String(name)}` } satisfies Named);
        break;
      }
      case "R": {
        // REDUCE
        const [args, callee] = [pop(), pop()];
        stack.push(made(callee, args));
        break;
      }
      case "b": {
        // BUILD: an OrderedDict's `_metadata`, which says versions
        pop();
        if (!(stack.at(-1) instanceof Map)) refuse("an object with a state");
        break;
      }
      case "Q": // BINPERSID
        stack.push(storage(pop()));
        break;
      case "q":
        memo.set(number(1), stack.at(-1));
        break;
      case "r":
        memo.set(number(4), stack.at(-1));
        break;
      case "\x94":
        memo.set(memo.size, stack.at(-1));
        break;
      case "h":
        stack.push(memo.get(number(1)));
        break;
      case "j":
        stack.push(memo.get(number(4)));
        break;
      case "(":
        stack.push(MARK);
        break;
      case "0":
        pop();
        break;
      case "1":
        toMark();
        break;
      case ")":
      case "]":
        stack.push([]);
        break;
      case "}":
        stack.push(new Map() satisfies Dict);
        break;
      case "t":
      case "l":
        stack.push(toMark());
        break;
      case "\x85":
        stack.push([pop()]);
        break;
      case "\x86":
        stack.push([pop(), pop()].reverse());
        break;
      case "\x87":
        stack.push([pop(), pop(), pop()].reverse());
        break;
      case "u":
        setItems(toMark());
        break;
      case "s":
        setItems([pop(), pop()].reverse());
        break;
      case "a":
        append([pop()]);
        break;
      case "e":
        append(toMark());
        break;
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break;
      case "\x89":
        stack.push(false);
        break;
      case "K":
        stack.push(number(1));
        break;
      case "M":
        stack.push(number(2));
        break;
      case "J":
        take(4);
        stack.push(view.getInt32(at - 4, true));
        break;
      case "\x8a": {
        // LONG1: little-endian, two's complement
        const long = take(number(1));
        let value = 0;
        for (let i = long.length - 1; i >= 0; i--) value = value * 256 + long[i]!;
        stack.push(long.length > 0 && long.at(-1)! >= 128 ? value - 256 ** long.length : value);
        break;
      }
      case "G":
        take(8);
        stack.push(view.getFloat64(at - 8));
        break;
      case "X":
        stack.push(decoder.decode(take(number(4))));
        break;
      case "\x8c":
        stack.push(decoder.decode(take(number(1))));
        break;
      default:
        refuse(`instruction ${code.charCodeAt(0)}`);
    }
  }
  return refuse("a program without an end");
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every((one) => Number.isSafeInteger(one) && one >= 0);

function storage(id: unknown): Storage {
  const [word, type, key] = Array.isArray(id) ? (id as unknown[]) : [];
  const name = (type as Named | undefined)?.name ?? "";
  if (word !== "storage" || !STORAGE.test(name) || typeof key !== "string")
    return refuse("a reference of another kind");
  return { kind: "storage", type: STORAGE.exec(name)![1]!, key };
}

function made(callee: unknown, args: unknown): unknown {
  const { name = "a value that is called" } = (callee ?? {}) as Partial<Named>;
  if (!Array.isArray(args)) return refuse(name);
  if (DICT.includes(name) && args.length === 0) return new Map() satisfies Dict;
  if (PARAMETER.includes(name)) return (args as unknown[])[0];
  if (!TENSOR.includes(name)) return refuse(name);
  const [from, offset, shape, strides] = args as unknown[];
  const { kind, type, key } = (from ?? {}) as Partial<Storage>;
  if (kind !== "storage" || !isNumbers(shape) || !isNumbers(strides) || !isNumbers([offset]))
    return refuse("a tensor of another kind");
  if (strides.length !== shape.length) throw new ModelError("its pickle is damaged");
  return { kind: "tensor", storage: type!, key: key!, offset: offset as number, shape, strides } satisfies StoredTensor;
}
