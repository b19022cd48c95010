import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mismatch, Vector } from "./area.ts";
import { type Fields, isFields } from "./compare.ts";
import { DRIVERS } from "./drivers.ts";

export interface Area {
  readonly name: string;
  readonly file: string;
  readonly cases: readonly Vector[];
}

function isVector(value: unknown): value is Vector {
  return isFields(value) && typeof value["id"] === "string";
}

function parse(file: string, text: string): Fields {
  try {
    const content: unknown = JSON.parse(text);
    if (isFields(content)) return content;
  } catch (error) {
    throw new Error(`${file}: expected JSON: ${String(error)}`, { cause: error });
  }
  throw new Error(`${file}: expected an object with area and cases`);
}

function readArea(folder: string, file: string): Area {
  const { area, cases } = parse(file, readFileSync(join(folder, file), "utf8"));
  if (typeof area !== "string") throw new Error(`${file}: expected a text in "area"`);
  if (!Array.isArray(cases)) throw new Error(`${file}: expected a list in "cases"`);
  const wrong = cases.findIndex((item) => !isVector(item));
  if (wrong >= 0) throw new Error(`${file}: expected cases[${wrong}] to be an object with an id`);
  return { name: area, file, cases: cases.filter(isVector) };
}

/** Every *.json directly in the folder. Throws where there is none, or one is not of the form of vectors. */
export function readAreas(folder: string): readonly Area[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  if (files.length === 0)
    throw new Error(`${folder}: expected *.json files of vectors, found none`);
  return files.sort().map((file) => readArea(folder, file));
}

/** No mismatch: it passed. */
export async function runCase(area: string, vector: Vector): Promise<readonly Mismatch[]> {
  const driver = Object.hasOwn(DRIVERS, area) ? DRIVERS[area] : undefined;
  if (driver === undefined) {
    const known = Object.keys(DRIVERS).join(", ");
    return [{ what: "area", expected: `one of ${known}`, got: area }];
  }
  try {
    return await driver(vector);
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    return [{ what: "driver", expected: vector["expect"] ?? "a result", got }];
  }
}
