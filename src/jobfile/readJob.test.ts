import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findingsOf, inGroup, inTask, OK_CHECK, readText, TASK } from "./testRead.ts";

test("policies go over one another from the job to the task, attribute by attribute", () => {
  const { spec } = readText(`job "j" {
  reschedule { delay = "10s" }
  update { max_parallel = 3 }
  group "g" {
    restart { attempts = 5 }
    reschedule { delay_function = "fibonacci" }
    update { min_healthy_time = "1s" }
    task "t" {
      driver = "raw_exec"
      config { command = "/x" }
      restart { delay = "1s" }
    }
  }
}
`);
  const [group] = spec?.groups.groups ?? [];
  expect(group?.restart).toMatchObject({ attempts: 5, delayMs: 15_000, intervalMs: 1_800_000 });
  expect(group?.members[0]?.restart).toMatchObject({ attempts: 5, delayMs: 1000 });
  expect(group?.reschedule).toMatchObject({
    delayMs: 10_000,
    delayFunction: "fibonacci",
    unlimited: true,
  });
  expect(group?.update).toMatchObject({ maxParallel: 3, minHealthyTimeMs: 1000, canary: 0 });
});

test("canaries go over one another like any update, and are promoted by themselves in all groups or none", () => {
  const group = (name: string, text: string) =>
    `group "${name}" {\n update { ${text} }\n task "t" {\n driver = "raw_exec"\n config { command = "/x" }\n }\n}\n`;
  const inJob = (inner: string) => `job "j" {\n update { canary = 2 }\n ${inner}\n}\n`;
  const { spec, findings } = readText(
    inJob(`${group("a", "auto_promote = true")}${group("b", "canary = 0")}`),
  );
  expect(findings).toEqual([]);
  expect(spec?.groups.groups).toMatchObject([
    { update: { canary: 2, autoPromote: true } },
    { update: { canary: 0, autoPromote: false } },
  ]);
  const mixed = readText(inJob(`${group("a", "auto_promote = true")}${group("b", "")}`));
  expect(mixed.spec).not.toBeNull();
  expect(mixed.findings).toMatchObject([
    { severity: "warning", code: "auto_promote_not_in_all", range: { start: { line: 11 } } },
  ]);
});

test("a task directly in the job has a group of its name", () => {
  const { spec } = readText(`job "j" {\n  ${TASK}\n}`);
  expect(spec?.groups.groups).toMatchObject([{ name: "t", count: 1, members: [{ name: "t" }] }]);
});

test("an update of no executions at once is switched off", () => {
  const { spec } = readText(inGroup("update { max_parallel = 0 }"));
  expect(spec?.groups.groups[0]?.update).toBeNull();
});

test("check_restart of the service holds for its checks, each of which may write its own", () => {
  const { spec } = readText(
    inGroup(`service {
      port = "80"
      check_restart {
        limit = 3
        grace = "90s"
      }
      check {
        ${OK_CHECK}
      }
      check {
        ${OK_CHECK}
        check_restart { limit = 1 }
      }
    }`),
  );
  const [service] = spec?.groups.groups[0]?.services ?? [];
  expect(service?.checks.map(({ checkRestart }) => checkRestart)).toEqual([
    { limit: 3, graceMs: 90_000, ignoreWarnings: false },
    { limit: 1, graceMs: 90_000, ignoreWarnings: false },
  ]);
});

test("older forms of disconnect are read as the block", () => {
  const text = 'max_client_disconnect = "1h"\n    prevent_reschedule_on_lost = true';
  expect(readText(inGroup(text)).spec?.groups.groups[0]?.disconnect).toEqual({
    lostAfterMs: 3_600_000,
    replace: false,
    reconcile: "best_score",
    stopOnClientAfterMs: null,
  });
  expect(findingsOf(inGroup(`${text}\n    disconnect { }`))).toEqual(["disconnect_conflict 6:5"]);
});

test("values of env and meta become text, as a map and as blocks", () => {
  const { spec } = readText(inTask('env {\n A = 1\n B = true\n}\nmeta = { "a.b" = 2.5 }'));
  expect(spec?.groups.groups[0]?.members[0]).toMatchObject({
    env: { A: "1", B: "true" },
    meta: { "a.b": "2.5" },
  });
});

test("settings of a driver keep their names; blocks that may stand often are a list", () => {
  const { spec, findings } = readText(
    inTask("")
      .replace("raw_exec", "docker")
      .replace(
        'config { command = "/x" }',
        `config {
          image = "redis:7"
          image_pull_timeout = "90s"
          labels { a = 1 }
          mount {
            type   = "bind"
            target = "/data"
            source = "local"
          }
          auth { username = "u" }
        }`,
      ),
  );
  expect(findings).toEqual([]);
  expect(spec?.groups.groups[0]?.members[0]?.config).toEqual({
    image: "redis:7",
    image_pull_timeout: "1m30s",
    labels: { a: "1" },
    mounts: [{ type: "bind", target: "/data", source: "local" }],
    auth: { username: "u" },
  });
});

test("cron expressions are looked at by whom the caller names", () => {
  const periodic =
    'periodic {\n crons = ["* * * * *",\n "every day"]\n time_zone = "Mars"\n}\n  group';
  const text = inGroup("", "batch").replace("group", periodic);
  const cronCheck = {
    expression: (cron: string) => (cron === "every day" ? "too few fields" : null),
    isTimeZone: () => false,
  };
  const { findings } = readText(text, { cronCheck });
  expect(findings).toMatchObject([
    {
      code: "periodic_cron_invalid",
      message: 'Expected a cron expression and got "every day": too few fields.',
      range: { start: { line: 5 } },
    },
    { code: "periodic_time_zone_invalid", range: { start: { line: 6 } } },
  ]);
});

test("what validators of other parts say is told at the line of what they speak of", () => {
  const none = () => [];
  const validators = {
    restart: () => [{ code: "interval_below_minimum", message: "interval is too short" }],
    reschedule: none,
    disconnect: none,
    checkRestart: none,
    constraint: () => [{ code: "operator_unknown", message: '"~" is no operator' }],
    affinity: none,
    spread: none,
  };
  const text = inGroup('restart { interval = "1s" }\n    constraint { operator = "~" }');
  expect(findingsOf(text, { validators })).toEqual([
    "interval_below_minimum 4:5",
    "operator_unknown 5:5",
  ]);
  expect(readText(text, { validators }).spec).toBeNull();
});

test("places are known of what is written, and of what it would be in for the rest", () => {
  const { placeOf } = readText(inGroup('restart { mode = "fail" }'));
  expect(placeOf("groups[0].restart.mode")?.start).toEqual({ line: 4, column: 22 });
  expect(placeOf("groups[0].restart.delayMs")?.start).toEqual({ line: 4, column: 5 });
  expect(placeOf("groups[0].migrate")?.start).toEqual({ line: 3, column: 3 });
});

test("the example of the article is a job without mistakes", () => {
  const path = join(import.meta.dir, "../../examples/redis.nomad.hcl");
  const { spec, findings } = readText(readFileSync(path, "utf8"));
  expect(findings).toEqual([]);
  expect(spec?.groups.groups[0]?.members[0]?.config).toMatchObject({ image: "redis:3.2" });
});

test.each(["exec", "java"])("%s has no namespaces of processes to promise", (driver) => {
  const withMode = (mode: string) =>
    readText(
      inTask("")
        .replace("raw_exec", driver)
        .replace(
          'config { command = "/x" }',
          driver === "java"
            ? `config {\njar_path = "x.jar"\npid_mode = "${mode}"\n}`
            : `config {\ncommand = "/x"\npid_mode = "${mode}"\n}`,
        ),
    ).findings;
  expect(withMode("host")).toEqual([]);
  expect(withMode("private")[0]?.message).toContain("docker isolates them");
});

test("settings of a driver may be written as maps, and what asks for nothing is left out", () => {
  const { spec, findings } = readText(
    inTask("")
      .replace("raw_exec", "docker")
      .replace(
        'config { command = "/x" }',
        `config {
          image          = "redis:7"
          auth_soft_fail = true
          tty            = false
          pid_mode       = "private"
          mounts = [{ type = "tmpfs", target = "/t" }, { type = "tmpfs", target = "/u" }]
          auth   = { username = "u" }
        }`,
      ),
  );
  expect(findings).toEqual([]);
  expect(spec?.groups.groups[0]?.members[0]?.config).toEqual({
    image: "redis:7",
    mounts: [
      { type: "tmpfs", target: "/t" },
      { type: "tmpfs", target: "/u" },
    ],
    auth: { username: "u" },
  });
});
