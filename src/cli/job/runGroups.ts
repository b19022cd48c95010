import { ApiError } from "../../client/apiError.ts";
import { nomadJson } from "../../jobfile/nomad/jobs.ts";
import { CliError } from "../failure.ts";
import { checkedSpec } from "../groupFile/findings.ts";
import { type JobFileForm, readGroupFile } from "../groupFile/groupFile.ts";
import type { GivenVariables } from "../groupFile/variables.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { watchGroups } from "./watchGroups.ts";

export interface RunGroupsOptions extends GivenVariables {
  readonly file: string;
  readonly detach: boolean;
  readonly checkIndex: number | undefined;
}

/** Registers a job of groups; without `detach` watches until it is deployed, or placed. */
export async function runGroups(
  session: Session,
  form: Extract<JobFileForm, { kind: "groups" }>,
  options: RunGroupsOptions,
): Promise<number> {
  const { file, checkIndex, detach } = options;
  const read = await readGroupFile(session, file, form, options);
  const spec = await checkedSpec(session, read);
  const client = await session.client();
  const submission = { job: { ...nomadJson(spec) } };
  const answer = await client.groups
    .register(checkIndex === undefined ? submission : { ...submission, checkIndex })
    .catch((error: unknown) => {
      throw checkIndex === undefined ? error : withPlanHint(error, file);
    });
  const { jobId, version } = answer;
  // The server finds again what has been said with its line.
  const warnings = read.findings.length > 0 ? [] : answer.warnings;
  for (const warning of warnings) await session.note(`warning: ${warning}`);
  const sentence =
    answer.note ?? `${jobId} has been registered successfully as version ${version}.`;
  const { periodic, parameterized } = spec.groups;
  if (detach || periodic !== null || parameterized !== null) {
    return await printDone(session, sentence, answer);
  }
  await session.note(sentence);
  const isUnchanged = answer.note !== undefined;
  return await watchGroups(session, client, { jobId, version, isUnchanged });
}

/** A job that has changed since its plan was made is planned again. */
function withPlanHint(error: unknown, file: string): unknown {
  const CONFLICT = [409, 412];
  if (!(error instanceof ApiError) || !CONFLICT.includes(error.status)) return error;
  const fix = `See what it would change now with \`stint job plan ${file}\`.`;
  return new CliError(`${error.message} (${error.code})`, { fix, cause: error });
}
