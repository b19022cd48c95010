import type { HclOptions, VariableInput } from "../../jobfile/hcl/options.ts";
import { readVariableFile } from "../../jobfile/hcl/variableFile.ts";
import type { Finding } from "../../jobfile/tree.ts";
import { nameValues } from "../command/keyValue.ts";
import { readText } from "../job/jobFile.ts";
import type { Session } from "../session.ts";

/** Values for variables of a job file, as the command line gives them. */
export interface GivenVariables {
  readonly var: readonly string[];
  readonly varFile: readonly string[];
}

export interface ReadVariables {
  readonly inputs: readonly VariableInput[];
  readonly findings: readonly Finding[];
}

const ENVIRONMENT = /^(?:NOMAD|STINT)_VAR_(.+)$/;

/** All values; of several for one variable the last counts: environment, then files, then options. */
export async function readVariables(
  session: Session,
  given: GivenVariables,
  options: HclOptions,
): Promise<ReadVariables> {
  const files = await Promise.all(
    given.varFile.map(async (path) => {
      const { name, text } = await readText(session, path);
      return readVariableFile(text, name, options);
    }),
  );
  const written = nameValues(given.var, "NAME=VALUE", "-var").map(({ name, value }) =>
    textInput(name, value, "-var", true),
  );
  return {
    inputs: [...environmentInputs(session), ...files.flatMap(({ inputs }) => inputs), ...written],
    findings: files.flatMap(({ findings }) => findings),
  };
}

/** Ours behind Nomad's, so that they count where both are set. */
function environmentInputs({ io }: Session): VariableInput[] {
  return Object.entries(io.env)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([origin, value]) => {
      const name = ENVIRONMENT.exec(origin)?.[1];
      return name === undefined || value === undefined
        ? []
        : [textInput(name, value, origin, false)];
    });
}

function textInput(
  name: string,
  text: string,
  origin: string,
  mustBeDeclared: boolean,
): VariableInput {
  return { name, given: { kind: "text", text }, origin, range: null, mustBeDeclared };
}
