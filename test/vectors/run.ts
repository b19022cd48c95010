// `npm run vectors -- DIR`: runs every vector file in DIR (default: this folder) through its area's driver.
import type { Mismatch } from "./area.ts";
import { type Area, readAreas, runCase } from "./suite.ts";

interface Counts {
  passed: number;
  failed: number;
}

function print(id: string, mismatches: readonly Mismatch[]): void {
  console.log(`${id}: failed`);
  for (const { what, expected, got } of mismatches) {
    console.log(`  ${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
}

async function runAreas(areas: readonly Area[]): Promise<Map<string, Counts>> {
  const counts = new Map<string, Counts>();
  for (const { name, cases } of areas) {
    const count = counts.get(name) ?? { passed: 0, failed: 0 };
    counts.set(name, count);
    for (const vector of cases) {
      const mismatches = await runCase(name, vector);
      if (mismatches.length === 0) count.passed += 1;
      else {
        count.failed += 1;
        print(vector.id, mismatches);
      }
    }
  }
  return counts;
}

async function main(folder: string): Promise<number> {
  const total: Counts = { passed: 0, failed: 0 };
  for (const [area, { passed, failed }] of await runAreas(readAreas(folder))) {
    console.log(`${area}: ${passed} passed, ${failed} failed`);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv[2] ?? import.meta.dir);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
