import type { GroupJobSpec } from "../../jobfile/decode/jobs.ts";
import type { Finding } from "../../jobfile/tree.ts";
import { counted } from "../../model/counted.ts";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { type GroupFile, isError } from "./groupFile.ts";

/** `FILE:LINE:COLUMN: error: what was expected`, and on a line of its own what to write instead. */
export function findingText(name: string, { severity, message, range, fix }: Finding): string {
  const place = range === null ? name : `${range.file}:${range.start.line}:${range.start.column}`;
  const line = `${place}: ${severity}: ${message}`;
  return fix === undefined ? line : `${line}\n  fix: ${fix}`;
}

/** Says everything that was found; answers the job. Throws CliError where something of it is an error. */
export async function checkedSpec(session: Session, file: GroupFile): Promise<GroupJobSpec> {
  const { name, spec, findings } = file;
  for (const finding of findings) await session.note(findingText(name, finding));
  if (spec !== null) return spec;
  throw new CliError(`${name} has ${countsText(findings)}.`, {
    fix: "Correct the file, then run it again: nothing was sent.",
  });
}

export function countsText(findings: readonly Finding[]): string {
  const errors = findings.filter(isError).length;
  const warnings = findings.length - errors;
  const parts = [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  return parts.join(" and ");
}
