import type { GroupJobSpec } from "../../jobfile/decode/jobs.ts";
import { readHcl } from "../../jobfile/hcl/readHcl.ts";
import { partialFindings } from "../../jobfile/partialJob.ts";
import { inOrder, readJob } from "../../jobfile/readJob.ts";
import { readStructure, structureForm } from "../../jobfile/structure/readStructure.ts";
import type { Body, Finding, TreeValue } from "../../jobfile/tree.ts";
import { UsageError } from "../failure.ts";
import { type NamedText, parseSource, readText, type Source } from "../job/jobFile.ts";
import type { Session } from "../session.ts";
import { hclOptions } from "./hclPorts.ts";
import { type GivenVariables, readVariables } from "./variables.ts";

/** A job of groups as its file has it. */
export interface GroupFile {
  /** As people know it, `stdin` for `-`. */
  readonly name: string;
  /** Null: there are errors. */
  readonly spec: GroupJobSpec | null;
  readonly findings: readonly Finding[];
}

/** A job file by what is in it. */
export type JobFileForm =
  /** A job of tasks, as the API takes it. */
  | { readonly kind: "tasks"; readonly source: Source }
  | { readonly kind: "groups"; readonly text: NamedText; readonly tree: TreeValue | null };

const HCL_NAME = /\.(?:nomad|hcl)$/i;
const STRUCTURE_NAME = /\.(?:ya?ml|json)$/i;
/** Where a name says nothing, a block of a job file at the beginning of a line does. */
const HCL_TEXT = /^[ \t]*(?:(?:job|variable)[ \t]+"?[^":\n]+"?|locals|variables)[ \t]*\{/m;

/** Reads a file, or stdin for `-`, as far as its form needs. Throws CliError where it is no file, YAML or JSON. */
export async function readForm(session: Session, path: string): Promise<JobFileForm> {
  const named = await readText(session, path);
  const isHcl = HCL_NAME.test(path) || (!STRUCTURE_NAME.test(path) && HCL_TEXT.test(named.text));
  if (isHcl) return { kind: "groups", text: named, tree: null };
  const source = parseSource(named);
  const tree = source.document.tree(named.name);
  if (structureForm(tree) === null) return { kind: "tasks", source };
  return { kind: "groups", text: named, tree };
}

type GroupsForm = Extract<JobFileForm, { kind: "groups" }>;

/** Reads the job with everything that is wrong with it. Throws UsageError for variables that nothing can take. */
export async function readGroupFile(
  session: Session,
  path: string,
  form: GroupsForm,
  given: GivenVariables,
): Promise<GroupFile> {
  const { name } = form.text;
  const { body, partialBody, findings } =
    form.tree === null
      ? await hclBody(session, path, form.text, given)
      : structureBody(form.tree, given);
  const rules = (await session.io.loadJobRules?.()) ?? { cronCheck: null, validators: null };
  if (body === null) {
    const more = partialBody === null ? [] : partialFindings(partialBody, rules);
    return { name, spec: null, findings: together(findings, more, name) };
  }
  const reading = readJob(body, rules);
  const all = together(findings, reading.findings, name);
  return { name, spec: all.some(isError) ? null : reading.spec, findings: all };
}

/** What is about other places (variables from outside) first, then the file from its beginning to its end. */
function together(
  findings: readonly Finding[],
  more: readonly Finding[],
  name: string,
): readonly Finding[] {
  const isInFile = ({ range }: Finding) => range?.file === name;
  const all = [...findings, ...more];
  return [...all.filter((found) => !isInFile(found)), ...inOrder(all.filter(isInFile))];
}

export function isError({ severity }: Finding): boolean {
  return severity === "error";
}

interface FoundBody {
  /** Null: there are errors. */
  readonly body: Body | null;
  /** Then what could be read all the same; null: nothing. */
  readonly partialBody: Body | null;
  readonly findings: readonly Finding[];
}

async function hclBody(
  session: Session,
  path: string,
  { name, text }: NamedText,
  given: GivenVariables,
): Promise<FoundBody> {
  const ports = hclOptions(session, path, []);
  const variables = await readVariables(session, given, ports);
  const read = readHcl(text, name, { ...ports, variables: variables.inputs });
  const findings = [...variables.findings, ...read.findings];
  const isRead = !findings.some(isError);
  return {
    body: isRead ? read.body : null,
    partialBody: isRead ? null : (read.partialBody ?? read.body),
    findings,
  };
}

function structureBody(tree: TreeValue, given: GivenVariables): FoundBody {
  if (given.var.length + given.varFile.length > 0) {
    throw new UsageError(
      "Expected -var and -var-file only with a job file in HCL, which has them.",
    );
  }
  return { partialBody: null, ...(readStructure(tree) ?? { body: null, findings: [] }) };
}
