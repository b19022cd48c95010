import { describeFaults, drawFaults } from "./faults.ts";
import { World } from "./world.ts";

const range = process.argv.find((word) => /^\d+(\.\.\d+)?$/.test(word)) ?? "1..10";
const [a, b] = range.split("..");
const first = Number(a),
  last = Number(b ?? a);
const verbose = process.argv.includes("--verbose");
let failed = 0;
for (let seed = first; seed <= last; seed += 1) {
  const world = new World(seed, verbose ? { onTrace: (line) => console.log(line) } : {});
  const t = performance.now();
  const out = world.run();
  const ms = performance.now() - t;
  if (out.violation !== null) {
    failed += 1;
    console.log(`seed ${seed} ${describeFaults(drawFaults(seed))}`);
    console.log(
      `  ${out.violation.checker} at ${world.agenda.now}: ${out.violation.message.slice(0, 1500)}`,
    );
  } else if (last - first < 40)
    console.log(
      `seed ${seed} ok ${out.traceHash} ${out.durationMs} ${out.steps} events ${ms.toFixed(0)} ms`,
    );
}
console.log(`${last - first + 1 - failed} passed, ${failed} failed`);
