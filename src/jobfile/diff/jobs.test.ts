import { expect, test } from "bun:test";
import type { GroupJobSpec } from "../decode/jobs.ts";
import { readJob } from "../readJob.ts";
import { plainTree } from "../structure/plainTree.ts";
import { readStructure } from "../structure/readStructure.ts";
import type { PlainValue } from "../tree.ts";
import type { GroupUpdates } from "./diff.ts";
import { jobDiff } from "./jobs.ts";
import { renderDiff } from "./render.ts";

type Fields = Readonly<Record<string, PlainValue>>;

function job(group: Fields = {}, task: Fields = {}, fields: Fields = {}): GroupJobSpec {
  const member = { driver: "docker", config: { image: "redis:3.2" }, ...task };
  const value = {
    job: { example: { ...fields, group: { cache: { task: { redis: member }, ...group } } } },
  };
  const body = readStructure(plainTree(value))?.body;
  const spec =
    body === undefined ? null : readJob(body, { cronCheck: null, validators: null }).spec;
  if (spec === null) throw new Error("no job");
  return spec;
}

function lines(
  old: GroupJobSpec | null,
  now: GroupJobSpec | null,
  options: { readonly isVerbose?: boolean; readonly updates?: Record<string, GroupUpdates> } = {},
): string[] {
  const diff = jobDiff(old, now, options.updates);
  return renderDiff(diff, options.isVerbose ?? false).map(({ text }) => text);
}

test("a new job is told with its groups and tasks", () => {
  expect(lines(null, job())).toEqual([
    '+ Job: "example"',
    '+ Task Group: "cache" (1 create)',
    '  + Task: "redis" (forces create)',
  ]);
});

test("a job that goes is told likewise", () => {
  expect(lines(job(), null)).toEqual([
    '- Job: "example"',
    '- Task Group: "cache" (1 destroy)',
    '  - Task: "redis" (forces destroy)',
  ]);
});

test("a higher count makes executions, the others run on", () => {
  expect(lines(job(), job({ count: 3 }))).toEqual([
    '+/- Job: "example"',
    '+/- Task Group: "cache" (2 create, 1 in-place update)',
    '  +/- Count: "1" => "3" (forces create)',
    '      Task: "redis"',
  ]);
});

test("a lower count ends executions", () => {
  expect(lines(job({ count: 3 }), job({ count: 1 }))).toEqual([
    '+/- Job: "example"',
    '+/- Task Group: "cache" (2 destroy, 1 in-place update)',
    '  +/- Count: "3" => "1" (forces destroy)',
    '      Task: "redis"',
  ]);
});

test("what a process sees replaces it", () => {
  const env = { A: "1" };
  expect(
    lines(job({}, { env }), job({}, { env: { A: "2" }, config: { image: "redis:7" } })),
  ).toEqual([
    '+/- Job: "example"',
    '+/- Task Group: "cache" (1 create/destroy update)',
    '  +/- Task: "redis" (forces create/destroy update)',
    '    +/- Env[A]: "1" => "2"',
    "    +/- Config {",
    '      +/- image: "redis:3.2" => "redis:7"',
    "        }",
  ]);
});

test("canaries try what would be replaced, which runs on", () => {
  const update = { update: { canary: 1 } };
  const env = { env: { A: "1" } };
  expect(lines(job({ ...update, count: 3 }), job({ ...update, count: 2 }, env))[1]).toBe(
    '+/- Task Group: "cache" (1 canary, 1 destroy, 2 ignore)',
  );
  expect(lines(job(), job(update))).toContain('+/- Task Group: "cache" (1 in-place update)');
});

test("a policy of the server changes in place; durations are shown as people write them", () => {
  const before = job({ reschedule: { delay: "30s" } });
  const after = job({ reschedule: { delay: "1m" } });
  expect(lines(before, after)).toEqual([
    '+/- Job: "example"',
    '+/- Task Group: "cache" (1 in-place update)',
    "  +/- ReschedulePolicy {",
    '    +/- Delay: "30s" => "1m0s"',
    "      }",
    '      Task: "redis"',
  ]);
});

test("meta of the job reaches its processes, so they are replaced", () => {
  expect(lines(job(), job({}, {}, { meta: { owner: "ops" } }))).toEqual(
    [
      '+/- Job: "example"',
      '+ Meta[owner]: "ops"',
      '+/- Task Group: "cache" (1 create/destroy update)',
      '      Task: "redis"',
    ].map((line) => line.replace("+ Meta", "+   Meta").replace("      Task", "  Task")),
  );
});

test("nothing is changed", () => {
  expect(jobDiff(job(), job()).kind).toBe("None");
  expect(lines(job(), job())).toEqual([
    'Job: "example"',
    'Task Group: "cache" (1 ignore)',
    '  Task: "redis"',
  ]);
});

test("checks and constraints are told as what was added and what is gone", () => {
  const constraint = (value: string) => ({ constraint: [{ attribute: `\${node.class}`, value }] });
  const check = { type: "tcp", interval: "10s", timeout: "2s" };
  const service = (checks: PlainValue) => ({ service: { port: "80", check: checks } });
  const { groups } = jobDiff(
    job({ ...constraint("a"), ...service([{ ...check, name: "x" }]) }),
    job({
      ...constraint("b"),
      ...service([
        { ...check, name: "x" },
        { ...check, name: "y" },
      ]),
    }),
  );
  expect(groups[0]?.objects).toMatchObject([
    { kind: "Edited", name: "Constraint", fields: [{ name: "RTarget", old: "a", now: "b" }] },
    { kind: "Edited", name: "Service", objects: [{ kind: "Added", name: "Check" }] },
  ]);
});

test("what the scheduler found goes before what would be", () => {
  const updates = { cache: { create: 1, migrate: 2 } };
  expect(lines(job(), job({ count: 2 }), { updates })[1]).toBe(
    '+/- Task Group: "cache" (1 create, 2 migrate)',
  );
});

test("a volume is told of as its own block, and replaces what mounts it", () => {
  const volume = (source: string) => ({ volume: { data: { source } } });
  expect(lines(job(), job(volume("fast"))).slice(1, 7)).toEqual([
    '+/- Task Group: "cache" (1 create/destroy update)',
    "  + Volume {",
    '    + Name:     "data"',
    '    + PerAlloc: "false"',
    '    + ReadOnly: "false"',
    '    + Source:   "fast"',
  ]);
  expect(lines(job(volume("fast")), job(volume("slow")))).toEqual([
    '+/- Job: "example"',
    '+/- Task Group: "cache" (1 create/destroy update)',
    "  +/- Volume {",
    '    +/- Source: "fast" => "slow"',
    "      }",
    '      Task: "redis"',
  ]);
});
