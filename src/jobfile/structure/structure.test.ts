import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GroupJobSpec } from "../decode/jobs.ts";
import { nomadJson } from "../nomad/jobs.ts";
import { readJob } from "../readJob.ts";
import { readText } from "../testRead.ts";
import type { PlainValue } from "../tree.ts";
import { plainTree } from "./plainTree.ts";
import { readStructure, structureForm } from "./readStructure.ts";

const OPTIONS = { cronCheck: null, validators: null };

function specOf(value: PlainValue): GroupJobSpec {
  const structure = readStructure(plainTree(value));
  if (structure === null) throw new Error("no job of groups");
  const { spec, findings } = readJob(structure.body, OPTIONS);
  if (spec === null || structure.findings.length > 0) {
    throw new Error(JSON.stringify([...structure.findings, ...findings]));
  }
  return spec;
}

function hclSpec(text: string): GroupJobSpec {
  const { spec, findings } = readText(text, OPTIONS);
  if (spec === null) throw new Error(JSON.stringify(findings));
  return spec;
}

const FULL = `job "full" {
  type        = "service"
  datacenters = ["dc1", "dc2"]
  priority    = 70
  meta { owner = "ops" }
  constraint { distinct_hosts = true }
  spread {
    attribute = "$\${node.datacenter}"
    target "dc1" { percent = 70 }
  }
  group "web" {
    count = 2
    network {
      port "http" { to = 80 }
      port "admin" { static = 9000 }
    }
    volume "data" {
      source          = "fast"
      access_mode     = "single-node-multi-writer"
      attachment_mode = "file-system"
      per_alloc       = true
    }
    volume "read" {
      source    = "slow"
      read_only = true
    }
    affinity {
      attribute = "$\${node.class}"
      value     = "large"
      weight    = -20
    }
    disconnect { lost_after = "1h" }
    service {
      port = "http"
      tags = ["a"]
      check {
        type     = "http"
        path     = "/health"
        interval = "5s"
        timeout  = "2s"
        header { Accept = ["text/plain"] }
        check_restart { limit = 2 }
      }
    }
    task "init" {
      driver = "exec"
      config { command = "true" }
      lifecycle { hook = "prestart" }
      resources { cpu = 200 }
    }
    task "web" {
      driver      = "docker"
      leader      = true
      kill_signal = "SIGTERM"
      config {
        image = "web:1"
        ports = ["http"]
        mount {
          type   = "bind"
          target = "/data"
          source = "local"
        }
      }
      env { LEVEL = "debug" }
      artifact {
        source  = "http://example.com/a.tgz"
        options { checksum = "sha256:${"0".repeat(64)}" }
      }
      template {
        data        = "x"
        destination = "local/x"
        change_mode = "signal"
      }
      volume_mount {
        volume      = "data"
        destination = "/v"
      }
      logs { max_files = 2 }
    }
  }
}
`;

describe("Nomad's own JSON", () => {
  test("is read back to the same job", () => {
    const spec = hclSpec(FULL);
    expect(specOf({ Job: nomadJson(spec) })).toEqual(spec);
    expect(specOf(nomadJson(spec))).toEqual(spec);
  });

  test("of a switched off update and of each other type is read back too", () => {
    for (const type of ["service", "batch", "system", "sysbatch"]) {
      const update = type === "service" ? "update { max_parallel = 0 }" : "";
      const spec = hclSpec(`job "j" {
        type = "${type}"
        group "g" {
          ${update}
          task "t" {
            driver = "java"
            config { jar_path = "local/a.jar" }
          }
        }
      }`);
      expect(specOf(nomadJson(spec))).toEqual(spec);
    }
  });

  test("of checks of each type and of templates is read back too", () => {
    const spec = hclSpec(`job "j" {
      group "g" {
        network {
          port "db" {}
        }
        task "t" {
          driver = "docker"
          config { image = "redis:3.2" }
          service {
            name = "s"
            port = "db"
            check {
              type     = "tcp"
              interval = "10s"
              timeout  = "2s"
            }
            check {
              type     = "http"
              protocol = "https"
              path     = "/"
              interval = "10s"
              timeout  = "2s"
            }
            check {
              type     = "script"
              command  = "/bin/true"
              interval = "10s"
              timeout  = "2s"
            }
          }
          template {
            data          = "a"
            destination   = "local/a"
            change_mode   = "signal"
            change_signal = "SIGHUP"
          }
          template {
            data        = "b"
            destination = "local/b"
          }
          artifact { source = "http://127.0.0.1/a.tar.gz" }
        }
      }
    }`);
    expect(specOf(nomadJson(spec))).toEqual(spec);
  });

  test("may have null, empty text and what a server answers beside the job", () => {
    const job = {
      ...nomadJson(hclSpec(FULL)),
      Status: "running",
      CreateIndex: 7,
      Multiregion: null,
      VaultToken: "",
      Update: { MaxParallel: 0, AutoRevert: false, HealthCheck: "" },
    };
    expect(specOf({ Job: job })).toEqual(hclSpec(FULL));
  });

  test("with a field that nobody knows is refused by the path of the field", () => {
    const job = { ID: "j", TaskGroups: [{ Name: "g", Conut: 2, Tasks: [] }] };
    expect(readStructure(plainTree({ Job: job }))?.findings).toMatchObject([
      {
        code: "unsupported_attribute",
        message: "group has no field Conut.",
        fix: "Did you mean Count?",
        range: { file: "Job.TaskGroups[0].Conut" },
      },
    ]);
  });

  test("keeps every duration of whole milliseconds", () => {
    const base = hclSpec(FULL);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (shutdownDelayMs) => {
        const [group] = base.groups.groups;
        if (group === undefined) throw new Error("no group");
        const groups = { ...base.groups, groups: [{ ...group, shutdownDelayMs }] };
        const read = specOf(nomadJson({ ...base, groups }));
        expect(read.groups.groups[0]?.shutdownDelayMs).toBe(shutdownDelayMs);
      }),
    );
  });
});

describe("the blocks of HCL as YAML or JSON", () => {
  const task = { driver: "raw_exec", config: { command: "/x", args: ["-p", `\${NOMAD_PORT_a}`] } };

  test("are the same job", () => {
    const spec = hclSpec(
      `job "j" {
      constraint {
        attribute = "$\${attr.kernel.name}"
        value     = "linux"
      }
      constraint { distinct_hosts = true }
      group "g" {
        network {
          port "a" { }
        }
        restart { attempts = 1 }
        task "t" {
          driver = "raw_exec"
          config {
            command = "/x"
            args    = ["-p", "$\${NOMAD_PORT_a}"]
          }
          env { A = 1 }
        }
      }
    }`.replaceAll("$${", `\${`),
    );
    const constraint = [
      { attribute: `\${attr.kernel.name}`, value: "linux" },
      { distinct_hosts: true },
    ];
    const group = {
      g: {
        network: { port: { a: null } },
        restart: { attempts: 1 },
        task: { t: { ...task, env: { A: 1 } } },
      },
    };
    expect(specOf({ job: { j: { constraint, group } } })).toEqual(spec);
    const lists = { job: [{ j: [{ constraint, group: [group] }] }] };
    expect(specOf(lists)).toEqual(spec);
  });

  test("are refused like those of HCL, by the path of the field", () => {
    const value = {
      job: { j: { group: { g: { task: { t: task }, retries: { n: 3 }, conut: 2 } } } },
    };
    const body = readStructure(plainTree(value))?.body;
    if (body === undefined) throw new Error("no job of groups");
    const { findings } = readJob(body, OPTIONS);
    expect(findings).toMatchObject([
      { code: "unsupported_attribute", range: { file: "job.j.group.g.conut" } },
      { code: "unsupported_block", range: { file: "job.j.group.g.retries" } },
    ]);
  });
});

test("a batch job is told from jobs of groups", () => {
  expect(structureForm(plainTree({ id: "a", poolInfo: { poolId: "p" }, tasks: [] }))).toBeNull();
  expect(structureForm(plainTree({ job: {} }))).toBe("hcl");
  expect(structureForm(plainTree({ ID: "a", TaskGroups: [] }))).toBe("nomad");
  expect(structureForm(plainTree([]))).toBeNull();
});
