import { describe, expect, test } from "bun:test";
import { findingsOf, inCheck, inGroup, inTask, OK_CHECK, readText } from "./testRead.ts";

test("a list of what is taken has nothing that is refused", () => {
  const [found] = readText(inGroup("xyzzyxyzzy = 1")).findings;
  expect(found?.fix).toStartWith("It takes count, ");
  expect(found?.fix).toContain("network");
  expect(found?.fix).not.toContain("scaling");
});

test("a name that is not known is told with its line and the one that was meant", () => {
  const { findings } = readText(inGroup("contraint { }\n    countt = 2"));
  expect(findings).toMatchObject([
    {
      code: "unsupported_block",
      message: "group has no block contraint.",
      fix: "Did you mean constraint?",
      range: { file: "job.hcl", start: { line: 4, column: 5 } },
    },
    {
      code: "unsupported_attribute",
      message: "group has no attribute countt.",
      fix: "Did you mean count?",
      range: { start: { line: 5, column: 5 } },
    },
  ]);
});

test("all mistakes are told together, in the order of the file", () => {
  const text = `job "my job" {
  priority = 300
  group "g" {
    count = -1
    task "a" {
      driver = "podman"
    }
    task "a" {
      driver = "raw_exec"
      kill_timeout = "ten"
    }
  }
}
`;
  expect(findingsOf(text)).toEqual(
    [
      "id_has_space 1:5",
      "priority_out_of_range 2:14",
      "count_negative 4:13",
      "driver_unknown 6:16",
      "task_duplicate 8:10",
      "config_command_missing 8:5",
      "duration_invalid 10:22",
    ].sort((a, b) => lineOf(a) - lineOf(b)),
  );
});

function lineOf(text: string): number {
  const [line = 0, column = 0] = (text.split(" ")[1] ?? "").split(":").map(Number);
  return line * 1000 + column;
}

test("an unknown driver is told with the four that are known", () => {
  const { findings } = readText(inTask("").replace('"raw_exec"', '"qemu"'));
  expect(findings[0]?.message).toBe(
    'Expected driver to be one of docker, exec, java, raw_exec and got "qemu".',
  );
});

describe("a job file is refused", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["without a job", "", ["job_missing 1:1"]],
    ["with something else beside it", `${inGroup("")}task "x" { }`, ["unsupported_block 11:1"]],
    ["without groups", 'job "j" {\n}\n', ["groups_missing 1:1"]],
    ["with a group without tasks", 'job "j" {\n  group "g" { }\n}', ["tasks_missing 2:3"]],
    ["with a block as an attribute", inGroup("restart = { attempts = 1 }"), ["block_expected 4:5"]],
    ["with a block that is one again", inGroup("restart { }\nrestart { }"), ["block_repeated 5:1"]],
    ["with an attribute as a block", inGroup("count { }"), ["attribute_expected 4:5"]],
    ["with a name where there is none", inGroup('restart "x" { }'), ["label_unexpected 4:13"]],
    ["with text as a number", inGroup('count = "many"'), ["count_negative 4:13"]],
    ["with a vault", inTask("vault { }"), ["not_supported 4:7"]],
    ["with a sidecar proxy", inGroup("service {\n connect { }\n}"), ["not_supported 5:2"]],
    ["with canaries below 0", inGroup("update { canary = -1 }"), ["value_invalid 4:23"]],
    [
      "with a promotion of no canaries",
      inGroup("update { auto_promote = true }"),
      ["auto_promote_without_canary 4:29"],
    ],
    [
      "with canaries and no deployment",
      inGroup("update {\n canary = 1\n max_parallel = 0\n}"),
      ["canary_without_deployment 5:11"],
    ],
    [
      "with a CSI volume",
      inGroup('volume "v" {\n type = "csi"\n source = "x"\n}'),
      ["value_invalid 5:9"],
    ],
    ["with ports in its resources", inTask("resources {\n network { }\n}"), ["not_supported 5:2"]],
    [
      "with bridged processes",
      inGroup('network {\n mode = "bridge"\n}'),
      ["network_mode_not_supported 5:9"],
    ],
    ["with CNI networks", inGroup('network {\n mode = "cni/x"\n}'), ["value_invalid 5:9"]],
    [
      "rescheduled on each node",
      inGroup("reschedule { }", "system"),
      ["reschedule_not_allowed_for_job_type 4:5"],
    ],
    [
      "with canaries of a system job",
      inGroup("update { canary = 1 }", "system"),
      ["canary_job_type 4:23"],
    ],
    ["updated in batches", inGroup("update { }", "batch"), ["update_job_type 4:5"]],
    ["migrated in batches", inGroup("migrate { }", "batch"), ["migrate_job_type 4:5"]],
    ["several times on each node", inGroup("count = 2", "system"), ["system_count 4:13"]],
    [
      "with a bound of its run",
      inGroup('max_run_duration = "1h"'),
      ["max_run_duration_job_type 4:24"],
    ],
    [
      "spread over all nodes",
      inGroup(`spread { attribute = "\${node.class}" }`, "system"),
      ["system_spread 4:5"],
    ],
    [
      "with two operators",
      inGroup('constraint {\n regexp = "a"\n version = "1"\n}'),
      ["constraint_conflict 4:5"],
    ],
    ["with a port nobody has", inCheck(`${OK_CHECK}\nport = "db"`), ["port_undefined 10:8"]],
    ["with a service at no port", inCheck(OK_CHECK, 'port = "db"'), ["port_undefined 5:14"]],
    ["with a check at no port", inCheck(OK_CHECK, ""), ["check_port_missing 6:7"]],
    [
      "with a bad service name",
      inCheck(OK_CHECK, 'name = "a_b"\nport = "80"'),
      ["service_name_invalid 5:14"],
    ],
    [
      "with a check too often",
      inCheck(OK_CHECK.replace("10s", "999ms")),
      ["interval_below_minimum 8:12"],
    ],
    [
      "with an http check of no path",
      inCheck(OK_CHECK.replace("tcp", "http")),
      ["http_path_missing 6:7"],
    ],
    [
      "with a script of no command",
      inCheck(OK_CHECK.replace("tcp", "script")),
      ["script_command_missing 6:7"],
    ],
    ["with a check of a stranger", inCheck(`${OK_CHECK}\ntask = "x"`), ["task_undefined 10:8"]],
    [
      "with two ports of a name",
      inGroup('network {\n port "a" { }\n port "a" { }\n}'),
      ["port_duplicate 6:2"],
    ],
    [
      "with a port twice",
      inGroup('network {\n port "a" { static = 80 }\n port "b" { static = 80 }\n}'),
      ["port_static_collision 6:2"],
    ],
    [
      "with more logs than disk",
      inTask("logs { max_file_size = 30 }"),
      ["logs_do_not_fit_disk 4:7"],
    ],
    ["with cpu and cores", inTask("resources {\n cpu = 100\n cores = 1\n}"), ["not_supported 6:2"]],
    ["with cores of its own", inTask("resources { cores = 1 }"), ["not_supported 4:19"]],
    [
      "with a path of a tcp check",
      inCheck(`${OK_CHECK}\npath = "/"\nargs = ["a"]`),
      ["not_supported_for_check_type 10:8", "not_supported_for_check_type 11:8"],
    ],
    [
      "with a command of an http check",
      inCheck(`${OK_CHECK.replace("tcp", "http")}\npath = "/"\ncommand = "/x"`),
      ["not_supported_for_check_type 11:11"],
    ],
    [
      "with a method of a script",
      inCheck(`${OK_CHECK.replace("tcp", "script")}\ncommand = "/x"\nmethod = "PUT"`),
      ["not_supported_for_check_type 11:10"],
    ],
    [
      "with a script at a port nobody has",
      inCheck(`${OK_CHECK.replace("tcp", "script")}\ncommand = "/x"\nport = "db"`),
      ["port_undefined 11:8"],
    ],
    [
      "with a signal that no template sends",
      inTask('template {\n data = "x"\n destination = "local/a"\n change_signal = "SIGHUP"\n}'),
      ["change_signal_without_mode 7:18"],
    ],
    ["with more memory at most", inTask("resources { memory_max = 1000 }"), ["not_supported 4:19"]],
    ["with a hook that is none", inTask('lifecycle { hook = "boot" }'), ["value_invalid 4:26"]],
    [
      "with an empty template",
      inTask('template { destination = "local/a" }'),
      ["template_source_missing 4:7"],
    ],
    [
      "with a template outside",
      inTask('template {\n data = "x"\n destination = "../../a"\n}'),
      ["template_destination_outside 6:16"],
    ],
    ["with a signal that is none", inTask('kill_signal = "TERM"'), ["signal_invalid 4:21"]],
  ];
  test.each(cases)("%s", (_, text, expected) => {
    expect(findingsOf(text)).toEqual([...expected]);
    expect(readText(text).spec).toBeNull();
  });
});

test("what is empty, false or 0 asks for nothing and is not refused", () => {
  const text = inTask('kind = ""\nartifact {\n source = "http://x/y"\n insecure = false\n}');
  expect(findingsOf(text)).toEqual([]);
});

test("a duration of no Go unit is read with a warning, or refused", () => {
  const policy = inGroup('reschedule {\n max_delay = "1hr"\n}');
  const { spec, findings } = readText(policy);
  expect(spec?.groups.groups[0]?.reschedule?.maxDelayMs).toBe(3_600_000);
  expect(findings).toMatchObject([{ severity: "warning", code: "duration_unit" }]);
  expect(findings[0]?.message).toContain('which is read as "1h"');
  expect(findingsOf(policy.replace("1hr", "1d"))).toEqual(["duration_invalid 5:14"]);
});

test("a kill_timeout that a node cuts short is read with a warning", () => {
  const { spec, findings } = readText(inTask('kill_timeout = "31s"'));
  expect(spec?.groups.groups[0]?.members[0]?.killTimeoutMs).toBe(31_000);
  expect(findings).toMatchObject([{ severity: "warning", code: "kill_timeout_capped" }]);
  expect(findingsOf(inTask('kill_timeout = "30s"'))).toEqual([]);
});

test("a number as a duration is one of nanoseconds", () => {
  const { spec } = readText(inGroup("shutdown_delay = 3000000000"));
  expect(spec?.groups.groups[0]?.shutdownDelayMs).toBe(3000);
});
