import type { GroupJobSpec } from "../../jobfile/decode/jobs.ts";
import { readJob } from "../../jobfile/readJob.ts";
import { plainTree } from "../../jobfile/structure/plainTree.ts";
import { readStructure } from "../../jobfile/structure/readStructure.ts";
import type { Finding, PlainValue } from "../../jobfile/tree.ts";
import { cronMistake, isTimeZone } from "../../schedule/cron.ts";
import { refuse } from "../routes/refusal.ts";
import { SPEC_VALIDATORS } from "./jobRules.ts";

/** A job of groups that was sent, checked in the same way as where its file was read. */
export interface Submission {
  readonly spec: GroupJobSpec;
  readonly warnings: readonly string[];
}

/** Reads a job in Nomad's JSON form; throws a refusal that tells everything that is wrong with it. */
export function readSubmission(job: Readonly<Record<string, unknown>>): Submission {
  const structure = readStructure(plainTree(job as PlainValue, ""));
  if (structure === null) {
    throw refuse(
      "InvalidRequestBody",
      "Expected a job of groups in Nomad's JSON form (ID, TaskGroups, ...), and got something else.",
      "Send what `stint job inspect` prints, or what the CLI makes of a job file.",
      { field: "job" },
    );
  }
  const reading = readJob(structure.body, {
    cronCheck: { expression: cronMistake, isTimeZone },
    validators: SPEC_VALIDATORS,
  });
  const findings = [...structure.findings, ...reading.findings];
  const errors = findings.filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (first !== undefined || reading.spec === null) {
    throw refuse(
      "InvalidPropertyValue",
      errors.map(textOf).join("\n") || "The job could not be read.",
      first?.fix ?? "Correct the job, and submit it again.",
      { field: placeOf(first) },
    );
  }
  const warnings = findings.filter(({ severity }) => severity === "warning").map(textOf);
  return { spec: reading.spec, warnings };
}

/** What came over the API has the path of its field in place of a file. */
function placeOf(finding: Finding | undefined): string {
  const path = finding?.range?.file ?? "";
  return path === "" ? "job" : `job.${path}`;
}

function textOf(finding: Finding): string {
  return `${placeOf(finding)}: ${finding.message}`;
}
