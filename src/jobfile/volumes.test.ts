import { expect, test } from "bun:test";
import { findingsOf, readText } from "./testRead.ts";

/** The volume's text is on line 6, the mount's on line 12. */
function job(volume: string, mount: string, driver = "docker", type = "service"): string {
  return `job "j" {
  type = "${type}"
  group "g" {
    volume "v" {
      type = "host"
      ${volume}
    }
    task "t" {
      driver = "${driver}"
      config { ${driver === "docker" ? "image" : "command"} = "/x" }
      volume_mount {
        ${mount}
      }
    }
  }
}
`;
}

const SOURCE = 'source = "data"';
const MOUNT = 'volume = "v"\n destination = "/data"';

test("a volume and its mount are read with all that they say", () => {
  const text = job(
    'source = "data"\n access_mode = "single-node-reader-only"\n attachment_mode = "file-system"\n per_alloc = true\n read_only = true',
    `${MOUNT}\n read_only = true`,
  );
  const [group] = readText(text).spec?.groups.groups ?? [];
  expect(group?.volumes).toEqual([
    {
      name: "v",
      type: "host",
      source: "data",
      readOnly: true,
      accessMode: "single-node-reader-only",
      attachmentMode: "file-system",
      perAlloc: true,
    },
  ]);
  expect(group?.members[0]?.volumeMounts).toEqual([
    { volume: "v", destination: "/data", readOnly: true },
  ]);
});

test.each([
  ["of no source", "", MOUNT, "volume_source_missing 4:5"],
  ["of the type csi", `${SOURCE}\n type = "csi"`, MOUNT, "value_invalid 7:9"],
  [
    "whose source differs by node",
    `source = "$\${node.unique.name}"`,
    MOUNT,
    "volume_source_interpolated 6:16",
  ],
  [
    "that only one execution writes to",
    `${SOURCE}\n access_mode = "single-node-single-writer"`,
    MOUNT,
    "value_invalid 7:16",
  ],
  [
    "that is a block device",
    `${SOURCE}\n attachment_mode = "block-device"`,
    MOUNT,
    "value_invalid 7:20",
  ],
  [
    "for readers that write",
    `${SOURCE}\n access_mode = "single-node-reader-only"`,
    MOUNT,
    "volume_access_mode_contradiction 7:16",
  ],
  [
    "for writers that only read",
    `${SOURCE}\n read_only = true\n access_mode = "single-node-writer"`,
    MOUNT,
    "volume_access_mode_contradiction 8:16",
  ],
  ["mounted without a volume", SOURCE, 'destination = "/data"', "volume_mount_volume_missing 11:7"],
  ["of another name", SOURCE, 'volume = "w"\n destination = "/d"', "volume_undefined 12:18"],
  [
    "mounted at a relative path",
    SOURCE,
    'volume = "v"\n destination = "data"',
    "volume_mount_destination_invalid 13:16",
  ],
  [
    "mounted beside its path",
    SOURCE,
    'volume = "v"\n destination = "/data/../etc"',
    "volume_mount_destination_invalid 13:16",
  ],
  [
    "mounted over the task's own",
    SOURCE,
    'volume = "v"\n destination = "/local/"',
    "volume_mount_destination_invalid 13:16",
  ],
  [
    "mounted twice at one place",
    SOURCE,
    `${MOUNT}\n }\n volume_mount {\n volume = "v"\n destination = "/data/"`,
    "volume_mount_duplicate 17:16",
  ],
])("a volume %s is refused where it stands", (_, volume, mount, expected) => {
  // A type is written already.
  const text = job(volume, mount).replace(/type = "host"\n(?= *source = "data"\n type)/, "\n");
  expect(findingsOf(text)).toEqual([expected]);
  expect(readText(text).spec).toBeNull();
});

test("processes that see the node as it is have no mounts; Nomad leaves them out", () => {
  for (const driver of ["java", "raw_exec"]) {
    const text = job(SOURCE, MOUNT, driver).replace(
      "command",
      driver === "java" ? "class" : "command",
    );
    expect(findingsOf(text)).toEqual(["volume_mount_driver 11:7"]);
  }
  for (const driver of ["docker", "exec"]) {
    expect(findingsOf(job(SOURCE, MOUNT, driver))).toEqual([]);
  }
});

test("a job that runs on every node has no index to tell volumes apart by", () => {
  const text = job(`${SOURCE}\n per_alloc = true`, MOUNT, "docker", "system");
  expect(findingsOf(text)).toEqual(["per_alloc_job_type 7:14"]);
});

test("a canary has the index of another, and no volume of its own", () => {
  const text = job(`${SOURCE}\n per_alloc = true`, MOUNT).replace(
    'task "t"',
    'update { canary = 1 }\n task "t"',
  );
  expect(findingsOf(text)).toEqual(["per_alloc_with_canaries 7:14"]);
});

test("a path of the task's own environment is a destination", () => {
  const mount = `volume = "v"\n destination = "$\${NOMAD_TASK_DIR}/data"`;
  expect(findingsOf(job(SOURCE, mount))).toEqual([]);
});
