import { EXIT } from "../failure.ts";
import { checkedSpec, countsText } from "../groupFile/findings.ts";
import { type GroupFile, isError, readForm, readGroupFile } from "../groupFile/groupFile.ts";
import type { GivenVariables } from "../groupFile/variables.ts";
import { printJson } from "../output/json.ts";
import type { Session } from "../session.ts";
import { jobOf } from "./jobFile.ts";

export interface JobValidateOptions extends GivenVariables {
  readonly file: string;
}

export async function run(session: Session, options: JobValidateOptions): Promise<number> {
  const form = await readForm(session, options.file);
  if (form.kind === "tasks") {
    jobOf(form.source, { id: undefined, poolId: undefined });
    return await printValid(session, { name: form.source.name, spec: null, findings: [] });
  }
  const file = await readGroupFile(session, options.file, form, options);
  if (session.form === "json") return await printFindings(session, file);
  await checkedSpec(session, file);
  return await printValid(session, file);
}

async function printFindings(session: Session, { spec, findings }: GroupFile): Promise<number> {
  await printJson(session, { isValid: spec !== null, findings });
  return findings.some(isError) ? EXIT.failed : EXIT.ok;
}

async function printValid(session: Session, { findings }: GroupFile): Promise<number> {
  if (session.form === "json") return await printJson(session, { isValid: true, findings });
  const warnings = findings.length === 0 ? "" : ` with ${countsText(findings)}`;
  await session.print(`Job validation successful${warnings}`);
  return EXIT.ok;
}
