import { describe, expect, it } from "vitest";
import {
  type Affine,
  alignFace,
  alignment,
  fitAffine,
  fitSimilarity,
  ImageError,
  invertAffine,
  type Landmarks,
  type Point,
  parseFacePoints,
  parseFaceTemplate,
  parseLandmarkJson,
  parseLandmarkLines,
  parsePts,
  pointPairs,
  sampleCubic,
  templateFor,
  transformPoint,
  warp,
} from "../src/index.js";

/** 68 landmarks at different places; those that templates use are where the spec's mean face has them, in 64 pixels. */
const AT_64: Record<number, Point> = {
  36: [12.426049, 10.833083],
  39: [23.282237, 11.388599],
  42: [39.613642, 11.0578],
  45: [50.486985, 10.122953],
  33: [31.676858, 32.924247],
  57: [32.013056, 48.037405],
};
const face = (move: (point: Point) => Point): Landmarks =>
  Array.from({ length: 68 }, (_, i) => move(AT_64[i] ?? [(i * 37) % 64, (i * 23) % 64]));

const distance = (p: Point, q: Point) => Math.hypot(p[0] - q[0], p[1] - q[1]);
const quarterTurn: Affine = [0, -2, 100, 2, 0, 30];
const skewed: Affine = [1.9, 0.4, 12, -0.3, 2.6, 5];

describe("transforms", () => {
  it("finds the affine map that three points went through, and the way back", () => {
    const from: Point[] = [
      [3, 4],
      [50, 6],
      [20, 44],
    ];
    const found = fitAffine(
      from,
      from.map((point) => transformPoint(skewed, point)),
    );
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(skewed[i]!, 10);
    });
    const back = transformPoint(invertAffine(skewed), transformPoint(skewed, [7, 9]));
    expect(distance(back, [7, 9])).toBeLessThan(1e-9);
  });

  it("finds a similarity exactly where there is one, and the nearest where there is none", () => {
    const from: Point[] = [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
    ];
    const through = (map: Affine) => from.map((point) => transformPoint(map, point));
    fitSimilarity(from, through(quarterTurn)).forEach((value, i) => {
      expect(value).toBeCloseTo(quarterTurn[i]!, 10);
    });
    // Any similarity nearby is further off.
    const to = through(skewed);
    const miss = (map: Affine) => from.reduce((sum, p, i) => sum + distance(transformPoint(map, p), to[i]!) ** 2, 0);
    const best = fitSimilarity(from, to);
    for (const [da, dd, dc] of [
      [0.01, 0, 0],
      [0, 0.01, 0],
      [0, 0, 0.1],
      [-0.01, -0.01, 0],
    ] as const) {
      const [a, , c, d, , f] = best;
      expect(miss([a + da, -d - dd, c + dc, d + dd, a + da, f])).toBeGreaterThan(miss(best));
    }
  });

  it("says what is wrong with points on a line and points at one place", () => {
    const line: Point[] = [
      [0, 0],
      [1, 1],
      [2, 2],
    ];
    expect(() => fitAffine(line, line)).toThrow(/lie on a line/);
    const one: Point[] = [
      [5, 5],
      [5, 5],
    ];
    expect(() => fitSimilarity(one, line.slice(0, 2))).toThrow(ImageError);
  });
});

describe("templates", () => {
  it.each(["innerEyesAndBottomLip", "outerEyesAndNose", "similarity"] as const)(
    "%s puts landmarks where OpenFace's has them, to a hundredth of a pixel",
    (template) => {
      // Turned and scaled, as every template undoes it; affine ones undo shear too.
      for (const moved of template === "similarity" ? [quarterTurn] : [quarterTurn, skewed]) {
        const landmarks = face((point) => transformPoint(moved, point));
        const map = alignment(landmarks, { size: 64, template });
        const used = { innerEyesAndBottomLip: [39, 42, 57], outerEyesAndNose: [36, 45, 33], similarity: [36, 39, 33] };
        for (const i of used[template])
          expect(distance(transformPoint(map, landmarks[i]!), AT_64[i]!)).toBeLessThan(0.01);
      }
    },
  );

  it("scales with the size: the numbers at 96 pixels", () => {
    const { to } = pointPairs(
      face((p) => p),
      "innerEyesAndBottomLip",
      96,
    );
    expect(distance(to[0]!, [34.923356, 17.082899])).toBeLessThan(0.001);
    expect(distance(to[2]!, [48.019584, 72.056107])).toBeLessThan(0.001);
  });

  it("takes five points by similarity only", () => {
    const five: Landmarks = [
      [69, 109],
      [106, 113],
      [77, 142],
      [73, 152],
      [108, 154],
    ];
    expect(templateFor(five)).toBe("similarity");
    const map = alignment(five, { size: 64, template: "similarity" });
    const [left, right, , mouthLeft] = five.map((point) => transformPoint(map, point));
    expect(left![0]).toBeLessThan(right![0]);
    expect(mouthLeft![1]).toBeGreaterThan(left![1] + 20);
    expect(() => pointPairs(five, "outerEyesAndNose", 64)).toThrow(/five landmarks.*similarity/);
    expect(() => pointPairs(five.slice(1), "similarity", 64)).toThrow(/4 landmarks/);
  });
});

describe("warp", () => {
  const ramp = { width: 8, height: 4, channels: 1, bytes: Uint8Array.from({ length: 32 }, (_, i) => 10 * (i % 8)) };

  it("keeps bytes under the identity, interpolates between pixels, and is black outside", () => {
    const same = warp(ramp, [1, 0, 0, 0, 1, 0], 4);
    expect([...same.subarray(0, 4)]).toEqual([0, 10, 20, 30]);
    expect([...warp(ramp, [1, 0, 2.5, 0, 1, 0], 2)]).toEqual([25, 35, 25, 35]);
    expect([...warp(ramp, [1, 0, 6.5, 0, 1, 0], 3).subarray(0, 3)]).toEqual([65, 35, 0]);
  });

  it("moves a marked picture so that the marks are at the template's places", () => {
    // White dots of 5×5 where the landmarks are, seen sideways.
    const [width, height] = [260, 260];
    const bytes = new Uint8Array(width * height);
    const marks = [39, 42, 57];
    const turned: Affine = [0, -2, 200, 2, 0, 60];
    const landmarks = face((point) => transformPoint(turned, point).map(Math.round) as unknown as Point);
    for (const i of marks)
      for (let y = -2; y <= 2; y++)
        for (let x = -2; x <= 2; x++) bytes[(landmarks[i]![1] + y) * width + landmarks[i]![0] + x] = 255;
    const size = 64;
    const options = { size, template: "innerEyesAndBottomLip" } as const;
    const out = alignFace({ width, height, channels: 1, bytes }, landmarks, options);
    for (const i of marks) {
      const [u, v] = AT_64[i]!;
      let [mass, x, y] = [0, 0, 0];
      for (let q = Math.round(v) - 4; q <= Math.round(v) + 4; q++)
        for (let p = Math.round(u) - 4; p <= Math.round(u) + 4; p++) {
          const value = out[q * size + p]!;
          [mass, x, y] = [mass + value, x + value * p, y + value * q];
        }
      expect(mass).toBeGreaterThan(255);
      expect(distance([x / mass, y / mass], [u, v])).toBeLessThan(0.15);
    }
  });

  it("averages stripes that shrink to a quarter, unless asked not to", () => {
    const side = 256;
    const bytes = Uint8Array.from({ length: side * side }, (_, i) => ((i % side) % 2 === 0 ? 0 : 200));
    const landmarks = face(([x, y]) => [4 * x, 4 * y]);
    const options = { size: 64, template: "innerEyesAndBottomLip" } as const;
    const middle = (out: Uint8Array) => [...out.subarray(32 * 64 + 20, 32 * 64 + 28)];
    const smooth = middle(alignFace({ width: side, height: side, channels: 1, bytes }, landmarks, options));
    expect(smooth).toEqual(smooth.map(() => 100));
    const plain = { ...options, smooth: false };
    const sharp = middle(alignFace({ width: side, height: side, channels: 1, bytes }, landmarks, plain));
    expect(sharp).not.toEqual(smooth);
  });
});

describe("landmark lists", () => {
  const numbers = "165 184 244 176 196 249 194 271 266 260";
  const celeba = `2\nlefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y\n000001.jpg  ${numbers}\n000002.jpg 140 204 220 204 168 254 146 289 226 289\n`;

  it("reads CelebA's list", () => {
    const list = parseLandmarkLines(celeba, "list.txt");
    expect([...list.keys()]).toEqual(["000001.jpg", "000002.jpg"]);
    expect(list.get("000001.jpg")?.[0]?.slice(0, 2)).toEqual([
      [165, 184],
      [244, 176],
    ]);
  });

  it("reads CSV with and without names of columns, and more than one face of a picture", () => {
    const row = `a/1.png,${numbers.replaceAll(" ", ",")}`;
    const named = parseLandmarkLines(`image_id,lefteye_x,lefteye_y\r\n${row}\r\n`, "l.csv");
    expect(named).toEqual(parseLandmarkLines(`${row}\n`, "l.csv"));
    expect(parseLandmarkLines(`${row}\n${row}\n`, "l.csv").get("a/1.png")).toHaveLength(2);
  });

  it("reads JSON as an object or a list, points as pairs or x and y", () => {
    const points = face((p) => p);
    const asObject = parseLandmarkJson(JSON.stringify({ "a.png": points, "b.png": [points, points] }), "l.json");
    expect(asObject.get("a.png")).toEqual([points]);
    expect(asObject.get("b.png")).toHaveLength(2);
    const named = [{ file: "a.png", landmarks: points.map(([x, y]) => ({ x, y })) }];
    expect(parseLandmarkJson(JSON.stringify(named), "l.json").get("a.png")).toEqual([points]);
  });

  it("reads .pts, whose pixels count from 1", () => {
    const points = face(([x, y]) => [Math.round(x), Math.round(y)]);
    const text = `version: 1\nn_points:  68\n{\n${points.map(([x, y]) => `${x + 1}.0 ${y + 1}.0`).join("\n")}\n}\n`;
    expect(parsePts(text, "a.pts")).toEqual(points);
  });

  it("reads long lists in time proportional to their length", () => {
    // Each of these took minutes where names were looked through, or blanks retried, for every line.
    const points = "1 2 ".repeat(5);
    const many = Array.from({ length: 100_000 }, () => `same.png ${points}`).join("\n");
    expect(parseLandmarkLines(many, "l.txt").get("same.png")).toHaveLength(100_000);
    const blanks = `a.png${" ".repeat(2_000_000)}x, 1`;
    expect(() => parseLandmarkLines(`h\nh\n${blanks}`, "l.csv")).toThrow(/l\.csv:3: not 5 or 68 points/);
    expect(() => parsePts("{".repeat(1_000_000), "a.pts")).toThrow(/no \{ points \}/);
  });

  it("refuses JSON that is no list of points in one line", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const text of ["null", "1", '"x"', '{"a":null}', '[{"file":1}]', deep, `{"a":${deep}}`, '{"a":[[1,"2"]]}']) {
      expect(() => parseLandmarkJson(text, "l.json")).toThrow(ImageError);
      expect(() => parseLandmarkJson(text, "l.json")).toThrow(/^l\.json: .{0,200}$/);
    }
  });

  it("names the line or entry that is wrong", () => {
    expect(() => parseLandmarkLines(`${celeba}000003.jpg 1 2 3\n`, "list.txt")).toThrow(/list\.txt:5: not 5 or 68/);
    expect(() => parseLandmarkLines(celeba.replace("271", "x"), "list.txt")).toThrow(/list\.txt:3/);
    expect(() => parseLandmarkJson("{", "l.json")).toThrow(/l\.json: not JSON/);
    expect(() => parseLandmarkJson('{"a.png": [[1, 2]]}', "l.json")).toThrow(/l\.json: a\.png/);
    expect(() => parsePts("68", "a.pts")).toThrow(/a\.pts/);
  });
});

describe("faces elsewhere than in the templates", () => {
  const points = parseFacePoints("0.3, 0.4, 0.7,0.4,0.5,0.65,0.35,0.8,0.65,0.8");

  it("takes 68 landmarks and five to five points of one's own", () => {
    const five = points.map(([x, y]): Point => transformPoint(quarterTurn, [32 * x, 32 * y]));
    const all = face((point) => point).map((point, i): Point => {
      // The corners of an eye lie beside its middle.
      const [eye, part] = [{ 36: -1, 39: 1, 42: -1, 45: 1 }[i], { 36: 0, 39: 0, 42: 1, 45: 1, 30: 2, 48: 3, 54: 4 }[i]];
      if (part === undefined) return point;
      return [five[part]![0], five[part]![1] + 3 * (eye ?? 0)];
    });
    for (const landmarks of [five, all]) {
      const map = alignment(landmarks, { size: 32, template: points });
      for (const [i, point] of five.entries()) {
        expect(distance(transformPoint(map, point), [32 * points[i]![0], 32 * points[i]![1]])).toBeLessThan(1e-9);
      }
    }
    expect(() => alignment(five.slice(1), { size: 32, template: points })).toThrow("4 landmarks");
    for (const wrong of ["", "1,2", "0,0,0,0,0,0,0,0,0,x", "9,0,0,0,0,0,0,0,0,0"])
      expect(() => parseFacePoints(wrong)).toThrow(ImageError);
    expect(parseFaceTemplate("similarity")).toBe("similarity");
    expect(parseFaceTemplate(String(points))).toEqual(points);
    expect(() => parseFaceTemplate("similar")).toThrow(/give innerEyesAndBottomLip, .*, or points/);
  });

  it("samples cubics exactly, its own pixels, and the border beyond it", () => {
    const shape = [6, 7, 2] as const;
    const at = (x: number, y: number, c: number) => (c === 0 ? x * x - 2 * y : 3 - x * y);
    const values = Float64Array.from({ length: 6 * 7 * 2 }, (_, i) => at((i >> 1) % 7, Math.floor(i / 14), i % 2));
    const out = new Float64Array(2);
    for (const [x, y] of [
      [2.25, 3.5],
      [4, 2],
      [3.9, 1.1],
    ] as const) {
      sampleCubic(values, shape, x, y, out);
      expect(out[0]).toBeCloseTo(at(x, y, 0), 10);
      expect(out[1]).toBeCloseTo(at(x, y, 1), 10);
    }
    sampleCubic(values, shape, 40, -3, out);
    expect([...out]).toEqual([at(6, 0, 0), at(6, 0, 1)]);
  });
});
