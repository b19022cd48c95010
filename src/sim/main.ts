import { describeFaults, drawFaults } from "./faults.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { type Outcome, World } from "./world.ts";

const USAGE = `Usage: npm run sim -- [--seeds A..B | --seed N] [--mutants] [--verbose]

  --seeds A..B   run these seeds (default 1..200); each line begins with the seed and its faults
  --seed N       run one seed
  --mutants      run seeded bugs, each on the seeds until a checker finds it
  --verbose      print everything that happens`;

/** Seeds within which a seeded bug has to be found. */
const MUTANT_SEEDS = 200;

interface Options {
  readonly first: number;
  readonly last: number;
  readonly mutants: boolean;
  readonly verbose: boolean;
}

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(1);
}

function parse(words: readonly string[]): Options {
  let range = { first: 1, last: MUTANT_SEEDS };
  let mutants = false;
  let verbose = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === "--mutants") mutants = true;
    else if (word === "--verbose") verbose = true;
    else if (word === "--seeds" || word === "--seed") {
      index += 1;
      range = rangeOf(words[index] ?? "");
    } else if (word === "--help") {
      console.log(USAGE);
      process.exit(0);
    } else fail(`Expected an option, given ${word}.`);
  }
  return { ...range, mutants, verbose };
}

function rangeOf(text: string): { first: number; last: number } {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (match === null) fail(`Expected seeds as A..B or N, given ${text || "nothing"}.`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (last < first) fail(`Expected seeds as A..B with A not above B, given ${text}.`);
  return { first, last };
}

function report(seed: number, { violation, durationMs, steps, traceHash }: Outcome): void {
  if (violation === null) return;
  console.log(
    `  VIOLATION of ${violation.checker} at ${durationMs} ms, step ${steps}, trace ${traceHash}:`,
  );
  console.log(`  ${violation.message}`);
  console.log(`  Again, with everything that happens: npm run sim -- --seed ${seed} --verbose`);
}

function runSeeds({ first, last, verbose }: Options): number {
  let failed = 0;
  for (let seed = first; seed <= last; seed += 1) {
    console.log(`seed ${seed}: ${describeFaults(drawFaults(seed))}`);
    const world = new World(seed, verbose ? { onTrace: (line) => console.log(line) } : {});
    const outcome = world.run();
    report(seed, outcome);
    if (outcome.violation !== null) failed += 1;
    else if (verbose)
      console.log(`  settled at ${outcome.durationMs} ms, trace ${outcome.traceHash}`);
  }
  console.log(`${last - first + 1 - failed} passed, ${failed} failed`);
  return failed;
}

/** Whether some seed finds it; says which, and what found it. */
function isCaught(mutant: Mutant, first: number, last: number): boolean {
  for (let seed = first; seed <= last; seed += 1) {
    const { violation } = new World(seed, { hooks: mutant.hooks() }).run();
    if (violation === null) continue;
    const [line] = violation.message.split("\n");
    console.log(`${mutant.name}: seed ${seed}, ${violation.checker}: ${line}`);
    return true;
  }
  console.log(`${mutant.name}: NOT FOUND by seeds ${first}..${last}`);
  return false;
}

function runMutants({ first, last }: Options): number {
  const caught = MUTANTS.filter((mutant) => isCaught(mutant, first, last)).length;
  console.log(`${caught} passed, ${MUTANTS.length - caught} failed`);
  return MUTANTS.length - caught;
}

const options = parse(process.argv.slice(2));
process.exit((options.mutants ? runMutants(options) : runSeeds(options)) > 0 ? 1 : 0);
