// The job and the policies of a widely read article on how tasks recover, as its readers type them: the snippets leave
// out (`...`) what the whole job has.
import { expect, test } from "bun:test";
import type { GroupSpec } from "../model/group.ts";
import { readText } from "./testRead.ts";

const KERNEL = `\${attr.kernel.name}`;

const JOB = `job "example" {
  datacenters = ["dc1"]
  type = "service"

  constraint {
    attribute = "${KERNEL}"
    value     = "linux"
  }
  group "cache" {
    count = 1

    task "redis" {
      driver = "docker"

      config {
        image = "redis:3.2"
      }
      resources {
        cpu    = 500 # 500 MHz
        memory = 256 # 256MB
      }
    }
  }
}
`;

function groupOf(text: string): GroupSpec {
  const { spec, findings } = readText(text);
  const [group] = spec?.groups.groups ?? [];
  if (group === undefined) throw new Error(JSON.stringify(findings));
  return group;
}

const inGroup = (snippet: string) => JOB.replace("    count = 1\n", `    count = 1\n${snippet}`);
const inTask = (snippet: string) => JOB.replace("      resources", `${snippet}      resources`);

test("the redis job", () => {
  const { spec, findings } = readText(JOB);
  expect(findings).toEqual([]);
  expect(spec).toMatchObject({
    id: "example",
    type: "service",
    groups: {
      datacenters: ["dc1"],
      constraints: [{ attribute: KERNEL, operator: "=", value: "linux" }],
    },
  });
  expect(groupOf(JOB)).toMatchObject({
    name: "cache",
    count: 1,
    members: [
      {
        name: "redis",
        driver: "docker",
        config: { image: "redis:3.2" },
        resources: { cpuMhz: 500, memoryMb: 256 },
      },
    ],
  });
});

test("restart: twice in half an hour, then no more", () => {
  const text = inGroup(`
    restart {
      attempts = 2
      interval = "30m"
      delay = "15s"
      mode = "fail"
    }
`);
  expect(readText(text).findings).toEqual([]);
  const restart = { attempts: 2, intervalMs: 1_800_000, delayMs: 15_000, mode: "fail" };
  expect(groupOf(text)).toMatchObject({ restart, members: [{ restart }] });
});

const CHECK_RESTART = `
      service {
        check_restart {
          limit = 3
          grace = "90s"
          ignore_warnings = false
        }
      }
`;

test("check_restart as it stands there has no check, which is said and no mistake", () => {
  const { spec, findings } = readText(inTask(CHECK_RESTART));
  expect(spec).not.toBeNull();
  expect(findings).toMatchObject([{ severity: "warning", code: "check_restart_without_check" }]);
});

test("check_restart with a check restarts after three failures in a row", () => {
  const check = `port = 6379
        check {
          type = "tcp"
          interval = "10s"
          timeout = "2s"
        }
`;
  const text = inTask(CHECK_RESTART.replace("check_restart", `${check}check_restart`));
  expect(readText(text).findings).toEqual([]);
  expect(groupOf(text).members[0]?.services).toMatchObject([
    {
      name: "example-cache-redis",
      port: "6379",
      member: "redis",
      checks: [{ checkRestart: { limit: 3, graceMs: 90_000, ignoreWarnings: false } }],
    },
  ]);
});

const RESCHEDULE = `
    reschedule {
      delay          = "30s"
      delay_function = "exponential"
      max_delay      = "1hr"
      unlimited      = true
    }
`;

test("reschedule without end; its 1hr is read as an hour, and said to be", () => {
  const text = inGroup(RESCHEDULE);
  expect(readText(text).findings).toMatchObject([
    { severity: "warning", code: "duration_unit", range: { start: { line: 15, column: 24 } } },
  ]);
  expect(groupOf(text).reschedule).toEqual({
    attempts: 0,
    intervalMs: 0,
    delayMs: 30_000,
    delayFunction: "exponential",
    maxDelayMs: 3_600_000,
    unlimited: true,
  });
});

test("reschedule is switched off by no attempts and not unlimited", () => {
  const text = inGroup("\n    reschedule {\n      attempts = 0\n      unlimited = false\n    }\n");
  expect(groupOf(text).reschedule).toMatchObject({ attempts: 0, unlimited: false });
});
