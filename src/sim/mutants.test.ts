import { expect, test } from "bun:test";
import { MUTANTS } from "./mutants.ts";
import { World } from "./world.ts";

/** Far above what it takes anywhere: nothing here fails for being slow. */
const TIMEOUT_MS = 300_000;

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "found: %s",
  (_, mutant) => {
    let caughtBy: string | null = null;
    for (let seed = 1; seed <= 200 && caughtBy === null; seed += 1) {
      caughtBy = new World(seed, { hooks: mutant.hooks() }).run().violation?.checker ?? null;
    }
    expect(caughtBy).not.toBeNull();
  },
  TIMEOUT_MS,
);
