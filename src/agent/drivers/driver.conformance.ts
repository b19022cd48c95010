import { afterAll, beforeAll, describe, test } from "bun:test";
import {
  Bench,
  type BenchOptions,
  type ConformanceSubject,
  TIMEOUT_MS,
} from "./conformance/bench.ts";
import { ENDS } from "./conformance/ends.ts";
import { ENTERS } from "./conformance/enters.ts";
import { STARTS } from "./conformance/starts.ts";

/** What every driver does alike. `subjectOf` is called once, before the first test. */
export function testDriver(
  name: string,
  subjectOf: () => ConformanceSubject,
  options: BenchOptions = {},
): void {
  describe(`driver ${name}`, () => {
    let subject: ConformanceSubject;
    let bench: Bench;
    beforeAll(() => {
      subject = subjectOf();
      bench = new Bench(subject, options);
    });
    afterAll(() => bench[Symbol.asyncDispose]());
    for (const [behaviour, run] of Object.entries({ ...STARTS, ...ENDS, ...ENTERS })) {
      test(behaviour, () => run(bench, subject), TIMEOUT_MS);
    }
  });
}
