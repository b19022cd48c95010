import { expect, test } from "bun:test";
import { readFailures } from "./failures.ts";

test("each kind of failure is read with its parameters and defaults", () => {
  const { failures, mistakes } = readFailures([
    "process:after=90s,exit=0,member=web",
    "check:p=0.5/d,for=1m",
    "start:p=0.1",
    "node:mtbf=30d",
    "link:at=2h,for=5m,count=3",
  ]);
  expect(mistakes).toEqual([]);
  expect(failures).toEqual([
    { kind: "process", member: "web", ratePerMs: 0, afterMs: 90_000, exitCode: 0 },
    { kind: "check", ratePerMs: Math.LN2 / 86_400_000, lengthMs: 60_000 },
    { kind: "start", chance: 0.1 },
    { kind: "node", meanMs: 30 * 86_400_000, repairMs: 600_000 },
    { kind: "linkOnce", atMs: 7_200_000, lengthMs: 300_000, count: 3 },
  ]);
});

test.each([
  [
    "disk:p=1/h",
    'Expected what fails, one of process, check, start, node, link, before a colon and got "disk".',
  ],
  ["process:", "Expected one of p=RATE/h and after=DURATION of process."],
  [
    "process:p=0.02",
    'Expected p as a probability below 1 for each hour or day, as 0.02/h, and got "0.02".',
  ],
  ["process:p=2/h", 'Expected p as a probability from 0 to 1 and got "2".'],
  ["process:p=0.1/h,exit=300", 'Expected an exit code from 0 to 255 and got "300".'],
  ["process:q=1", 'Expected p=..., after=..., exit=..., member=... of process and got "q=1".'],
  ["node:mtbf=soon", 'Expected mtbf as a duration, as 90s, 10m or 30d, and got "soon".'],
  ["node:mtbf=1d,for=5m", "Expected mttr beside mtbf and got for."],
  ["node:mtbf=1d,mtbf=2d", "Expected mtbf once and got it twice."],
  ["check:for=5m", "Expected p=... of check and got none."],
])("%s is refused with what was expected", (given, message) => {
  expect(readFailures([given]).mistakes).toEqual([{ given, message }]);
});
