import { describe, expect, test } from "bun:test";
import { findingsOf, readText } from "./testRead.ts";

/** A job with text in its group from line 4 on, and in its task. */
function inGroup(text: string, inTask = ""): string {
  return `job "j" {
  type = "service"
  group "g" {
    ${text}
    task "t" {
      ${inTask}
      driver = "raw_exec"
      config { command = "/x" }
    }
  }
}
`;
}

/** An artifact on line 6, its source on line 7, its text on line 8. */
function inArtifact(text: string, source = "http://x/y"): string {
  return inGroup("", `artifact {\n source = "${source}"\n ${text}\n}`);
}

describe("a job file is refused", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "with an artifact of git",
      inArtifact("", "git::https://x/y"),
      ["artifact_source_not_supported 7:11"],
    ],
    [
      "with an artifact of ftp",
      inArtifact("", "ftp://x/y"),
      ["artifact_source_not_supported 7:11"],
    ],
    [
      "with an artifact of s3",
      inArtifact("", "s3::https://x/y"),
      ["artifact_source_not_supported 7:11"],
    ],
    ["with a relative artifact", inArtifact("", "./y"), ["artifact_source_not_supported 7:11"]],
    [
      "with a short checksum in an address",
      inArtifact("", "http://x/y?checksum=md5:0"),
      ["artifact_checksum_invalid 7:11"],
    ],
    [
      "with an option of artifacts nobody reads",
      inArtifact('options = { depth = "1" }'),
      ["artifact_option_not_supported 8:12"],
    ],
    [
      "with an archive that is none",
      inArtifact('options = { archive = "rar" }'),
      ["artifact_archive_invalid 8:12"],
    ],
    [
      "with a short checksum",
      inArtifact('options = { checksum = "sha256:00" }'),
      ["artifact_checksum_invalid 8:12"],
    ],
    [
      "with a healthy time as long as its deadline",
      inGroup('update {\n min_healthy_time = "5m"\n}'),
      ["min_healthy_time_not_below_healthy_deadline 5:21"],
    ],
    [
      "with a deadline below the default healthy time",
      inGroup('migrate {\n healthy_deadline = "9s"\n}'),
      ["min_healthy_time_not_below_healthy_deadline 5:21"],
    ],
    [
      "with a healthy deadline behind that of progress",
      inGroup('update {\n progress_deadline = "5m"\n}'),
      ["healthy_deadline_not_below_progress_deadline 5:22"],
    ],
    [
      "with a healthy time below 0",
      inGroup('update { min_healthy_time = "-1s" }'),
      ["duration_negative 4:33"],
    ],
    [
      "with no time between the steps of a system job",
      inGroup("update { stagger = 0 }"),
      ["stagger_not_positive 4:24"],
    ],
  ];
  test.each(cases)("%s", (_, text, expected) => {
    expect(findingsOf(text)).toEqual([...expected]);
    expect(readText(text).spec).toBeNull();
  });
});

test("artifacts that a node can fetch are accepted", () => {
  const sum = `sha256:${"0".repeat(64)}`;
  for (const source of ["server:a/b", "/srv/a", "example.com/a.zip", "https::https://x/y?v=1"]) {
    const options = `options = { checksum = "${sum}", archive = "false", filename = "a" }`;
    expect(findingsOf(inArtifact(options, source))).toEqual([]);
  }
  expect(findingsOf(inArtifact("", `\${attr.stint.mirror}/y`))).toEqual([]);
});

test("a migrate may wait for as long as its deadline", () => {
  const text = 'migrate {\n min_healthy_time = "1m"\n healthy_deadline = "1m"\n}';
  expect(findingsOf(inGroup(text))).toEqual([]);
});

test("a progress_deadline of 0 is none, which no healthy_deadline exceeds", () => {
  expect(findingsOf(inGroup("update { progress_deadline = 0 }"))).toEqual([]);
});
