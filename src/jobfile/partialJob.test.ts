import { expect, test } from "bun:test";
import { read } from "./hcl/testReader.ts";
import { partialFindings } from "./partialJob.ts";

const none = () => [];
const validators = {
  restart: ({ attempts }: { attempts: number }) =>
    attempts === 5 ? [{ code: "attempts_do_not_fit_interval", message: "too many attempts" }] : [],
  reschedule: none,
  disconnect: none,
  checkRestart: none,
  constraint: none,
  affinity: none,
  spread: none,
};

/** `code line` of what is found beside what could not be evaluated, of which each has its own line. */
function besides(text: string): { unread: string[]; found: string[] } {
  const { body, partialBody, findings } = read(text);
  expect(body).toBeNull();
  if (partialBody === null) throw new Error(JSON.stringify(findings));
  const more = partialFindings(partialBody, { cronCheck: null, validators });
  return {
    unread: findings.map(({ range }) => String(range?.start.line)),
    found: more.map(({ code, range }) => `${code} ${range?.start.line}`),
  };
}

const TASK = 'task "t" { driver = "raw_exec" }';

test("a group that is known is checked with all rules beside one that is not", () => {
  const text = `job "j" {
  group "a" {
    count = var.none
    contraint {}
    task "t" {
      driver = "raw_exec"
      config { commandd = "/x" }
      resources { cpu = "x" }
    }
  }
  group "b" {
    restart {
      attempts = 5
      interval = "1s"
    }
    service {
      port = "http"
    }
    task "t" {
      driver = "raw_exec"
      config { command = "/x" }
    }
  }
}
`;
  const { unread, found } = besides(text);
  expect(unread).toEqual(["3"]);
  expect(found).toEqual([
    "unsupported_block 4",
    "config_command_missing 7",
    "unsupported_attribute 7",
    "value_invalid 8",
    "attempts_do_not_fit_interval 12",
    "port_undefined 17",
  ]);
});

test.each([
  // What is missing only because it could not be evaluated is not told of.
  [`job "j" {\n group "g" {\n task "t" { driver = var.none }\n }\n}`, []],
  [
    `job "j" {\n group "g" {\n dynamic "task" {\n for_each = var.none\n labels = [task.value]\n content {}\n }\n }\n}`,
    [],
  ],
  [`job "j" {\n type = var.none\n group "g" {\n update {}\n ${TASK}\n }\n}`, []],
  [
    `job "j" {\n group "g" {\n network {\n port "a" { static = var.none }\n }\n service { port = "a" }\n }\n}`,
    [],
  ],
  // A name that is not known is not, whatever its value.
  [`job "j" {\n typ = var.none\n group "g" {\n ${TASK}\n }\n}`, ["unsupported_attribute 2"]],
  [
    `x = var.none\njob "j" {\n priority = "x"\n}`,
    ["unsupported_attribute 1", "priority_out_of_range 3"],
  ],
])("%s: %j", (text, wanted) => {
  const { unread, found } = besides(text);
  expect(unread.length).toBeGreaterThan(0);
  expect(found).toEqual(wanted);
});
