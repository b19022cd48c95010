import { readHcl } from "../../../src/jobfile/hcl/readHcl.ts";
import { nomadJson } from "../../../src/jobfile/nomad/jobs.ts";
import { readDuration } from "../../../src/jobfile/read/duration.ts";
import { readJob } from "../../../src/jobfile/readJob.ts";
import type { Finding } from "../../../src/jobfile/tree.ts";
import { type Mismatch, unknownKind, type Vector } from "../area.ts";
import { type Fields, isFields, matches } from "../compare.ts";

/** Facts are compared of what we refuse, too, so nothing is. */
const OPTIONS = { cronCheck: null, validators: null, refuses: false };
const NANOSECONDS_PER_MS = 1e6;

export function driveJobspec(vector: Vector): readonly Mismatch[] {
  if (vector["kind"] !== "parse") unknownKind(vector);
  const { hcl, expect } = vector;
  if (typeof hcl !== "string" || !isFields(expect)) throw new Error("expected hcl and expect");
  const { job, findings } = read(hcl, isFields(vector["variables"]) ? vector["variables"] : {});
  const isOk = job !== null;
  const codes = findings.map(({ code, message }) => code ?? message);
  if (expect["ok"] !== isOk) return [{ what: "ok", expected: expect["ok"], got: codes }];
  if (!isOk) {
    const { error } = expect;
    return codes.some((code) => code === error)
      ? []
      : [{ what: "error", expected: error, got: codes }];
  }
  const facts = Array.isArray(expect["facts"]) ? expect["facts"].filter(isFields) : [];
  return facts.flatMap((fact) => factMismatch(fact, job));
}

function read(hcl: string, variables: Fields) {
  const { body, findings } = readHcl(hcl, "vector.hcl", {
    variables: Object.entries(variables).map(([name, value]) => ({
      name,
      given: { kind: "text", text: String(value) },
      origin: "-var",
      range: null,
      mustBeDeclared: true,
    })),
    now: 0,
    random: () => 0,
    readFile: null,
    workingDirectory: null,
    homeDirectory: null,
    digest: null,
    bcrypt: null,
    yaml: null,
  });
  const errors = findings.filter(({ severity }) => severity === "error");
  if (body === null || errors.length > 0) return { job: null, findings: errors };
  const { spec, findings: more } = readJob(body, OPTIONS);
  return { job: spec === null ? null : nomadJson(spec), findings: more.filter(isError) };
}

function isError({ severity }: Finding): boolean {
  return severity === "error";
}

function factMismatch(fact: Fields, job: Fields): Mismatch[] {
  const what = String(fact["path"]);
  const got = at(job, what);
  if (fact["absent"] === true) {
    return got === undefined || got === null ? [] : [{ what, expected: "absent", got }];
  }
  if (typeof fact["duration"] === "string") {
    const wanted = readDuration(fact["duration"]);
    const isSame = wanted.ok && got === wanted.ms * NANOSECONDS_PER_MS;
    return isSame ? [] : [{ what, expected: fact["duration"], got }];
  }
  return matches(fact["value"], got) ? [] : [{ what, expected: fact["value"], got }];
}

/** `TaskGroups[0].Name`; keys of Env and Meta have no dots in vectors. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.replace(/\[(\d+)\]/g, ".$1").split(".")) {
    if (Array.isArray(found)) found = found[Number(key)];
    else found = isFields(found) ? found[key] : undefined;
  }
  return found;
}
