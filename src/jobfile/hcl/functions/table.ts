import { COLLECTION_FUNCTIONS } from "./collections.ts";
import { DIGEST_FUNCTIONS } from "./digests.ts";
import { ENCODING_FUNCTIONS } from "./encoding.ts";
import { FILE_FUNCTIONS } from "./files.ts";
import { FORMAT_FUNCTIONS } from "./format.ts";
import type { HclFunction } from "./given.ts";
import { NETWORK_FUNCTIONS } from "./network.ts";
import { NUMBER_FUNCTIONS } from "./numbers.ts";
import { REGEX_FUNCTIONS } from "./regex.ts";
import { SET_FUNCTIONS } from "./sets.ts";
import { STRING_FUNCTIONS } from "./strings.ts";
import { TIME_FUNCTIONS } from "./times.ts";

/** All functions but `try`, `can` and `convert`, whose arguments are not evaluated before. */
export const FUNCTIONS: ReadonlyMap<string, HclFunction> = new Map(
  Object.entries({
    ...NUMBER_FUNCTIONS,
    ...STRING_FUNCTIONS,
    ...FORMAT_FUNCTIONS,
    ...REGEX_FUNCTIONS,
    ...COLLECTION_FUNCTIONS,
    ...SET_FUNCTIONS,
    ...ENCODING_FUNCTIONS,
    ...TIME_FUNCTIONS,
    ...FILE_FUNCTIONS,
    ...NETWORK_FUNCTIONS,
    ...DIGEST_FUNCTIONS,
  }),
);

/** Signature and meaning of those that the evaluator has itself. */
export const SPECIAL_FUNCTIONS: ReadonlyMap<
  string,
  Pick<HclFunction, "signature" | "does">
> = new Map([
  ["can", { signature: "can(value)", does: "whether the value can be computed" }],
  ["convert", { signature: "convert(value, type)", does: "the value as of the type" }],
  ["try", { signature: "try(value...)", does: "the first that can be computed" }],
]);

/** What other programs that read HCL offer and this one does not, with the reason. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ["consul_key", "Consul is not read; use a variable, or a template block"],
  ["vault", "Vault is not read; use a variable"],
  ["env", "the environment is not read; set NOMAD_VAR_name for a variable"],
  ["filebase64", "only files of text are read; use base64encode(file(path))"],
  ["fileset", "folders are not listed; name the files"],
  ["filemd5", "use md5(file(path))"],
  ["filesha256", "use sha256(file(path))"],
  ["templatefile", "use file(path) or a heredoc with templates"],
  ["rsadecrypt", "private keys do not belong in job files"],
  ["base64gzip", "compress before, and use file(path)"],
  ["uuidv5", "name the UUID in a variable"],
  ["sensitive", "values in job files are not marked; keep secrets out of them"],
  ["nonsensitive", "values in job files are not marked"],
]);
