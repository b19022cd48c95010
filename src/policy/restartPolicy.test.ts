import { expect, test } from "bun:test";
import fc from "fast-check";
import { resolveRestart, validateRestart } from "./restartPolicy.ts";

const VALID = { attempts: 2, intervalMs: 1_800_000, delayMs: 15_000, mode: "fail" };

const ROWS: readonly (readonly [string, Partial<typeof VALID>, readonly string[]])[] = [
  ["the default", {}, []],
  ["no attempts and mode fail", { attempts: 0 }, []],
  ["no attempts and mode delay", { attempts: 0, mode: "delay" }, ["zero_attempts_ambiguous"]],
  ["an unknown mode", { mode: "retry" }, ["mode_invalid"]],
  ["an interval of 5s", { intervalMs: 5_000, delayMs: 2_500 }, []],
  ["a shorter one", { intervalMs: 4_999, delayMs: 1 }, ["interval_below_minimum"]],
  ["attempts that just fit", { attempts: 2, intervalMs: 30_000 }, []],
  ["attempts that do not", { attempts: 2, intervalMs: 29_999 }, ["attempts_do_not_fit_interval"]],
  ["negative attempts", { attempts: -1 }, ["attempts_negative"]],
  ["a negative delay", { delayMs: -1 }, ["delay_negative"]],
  [
    "everything at once",
    { attempts: 3, intervalMs: 2_000, mode: "x" },
    ["mode_invalid", "interval_below_minimum", "attempts_do_not_fit_interval"],
  ],
];

for (const [name, change, codes] of ROWS) {
  test(`${name}: ${codes.join(", ") || "valid"}`, () => {
    expect(validateRestart({ ...VALID, ...change }).map(({ code }) => code)).toEqual([...codes]);
  });
}

test("a finding says what was given", () => {
  const [found] = validateRestart({ ...VALID, intervalMs: 20_000 });
  expect(found?.message).toBe("restart: 2 attempts with a delay of 15s do not fit in interval 20s");
  expect(found?.field).toBe("intervalMs");
});

test("a field of a member goes over the group's, and that over the default", () => {
  const field = fc.option(fc.nat(9), { nil: undefined });
  fc.assert(
    fc.property(field, field, (ofGroup, ofMember) => {
      const group = ofGroup === undefined ? null : { attempts: ofGroup };
      const member = ofMember === undefined ? null : { attempts: ofMember };
      const resolved = resolveRestart("batch", group, member);
      expect(resolved.group.attempts).toBe(ofGroup ?? 3);
      expect(resolved.member.attempts).toBe(ofMember ?? ofGroup ?? 3);
      expect(resolved.member.intervalMs).toBe(86_400_000);
    }),
  );
});
