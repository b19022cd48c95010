import { machineLine, watchSteal } from "./machine.ts";
import { type Figure, printFigures } from "./report.ts";

/** `npm run bench -- NAME [--json]`; without a name, all of them one after the other. */
const BENCHES: Readonly<
  Record<string, () => Promise<{ run: () => Promise<Figure[]> | Figure[] }>>
> = {
  engine: () => import("./engine.ts"),
  fanout: () => import("./fanout.ts"),
  scale: () => import("./scale.ts"),
  throughput: () => import("./throughput.ts"),
  latency: () => import("./latency.ts"),
  restart: () => import("./restart.ts"),
  idle: () => import("./idle.ts"),
  execRoot: () => import("./execRoot.ts"),
};

const words = process.argv.slice(2);
const isJson = words.includes("--json");
const names = words.filter((word) => !word.startsWith("--"));
const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`Expected ${Object.keys(BENCHES).join(", ")}, got ${unknown.join(", ")}.`);
  process.exit(2);
}
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const steal = watchSteal();
  const bench = await BENCHES[name]?.();
  const figures = (await bench?.run()) ?? [];
  const stealPercent = steal();
  if (isJson)
    console.log(JSON.stringify({ bench: name, machine: machineLine(), stealPercent, figures }));
  else {
    printFigures(name, figures);
    console.log(`  ${machineLine()}; steal ${stealPercent.toFixed(1)} %`);
  }
}
process.exit(0);
