import type { PlainValue } from "../../tree.ts";
import { isList, isObject, sortedEntries, type Value } from "../value.ts";
import { decodeCsv } from "./csv.ts";
import type { Given, HclFunction } from "./given.ts";
import { ForeignValueError, fromForeign, jsonText } from "./json.ts";

function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function decodeBase64(given: Given): Value {
  try {
    const bytes = Uint8Array.from(atob(given.text(0)), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return given.fail(0, "expected base64 of a text in UTF-8");
  }
}

/** As Go escapes a query: a space becomes `+`. */
function encodeUrl(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function decodeWith(given: Given, name: string, parse: (text: string) => unknown): Value {
  try {
    return fromForeign(parse(given.text(0)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const what = error instanceof ForeignValueError ? reason : `expected ${name}: ${reason}`;
    return given.fail(0, what.split("\n")[0] ?? what);
  }
}

function plainOf(value: Value): PlainValue {
  if (isList(value)) return value.map(plainOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, plainOf(item)]));
}

export const ENCODING_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  base64decode: {
    signature: "base64decode(text)",
    does: "the text that was encoded",
    least: 1,
    most: 1,
    apply: decodeBase64,
  },
  base64encode: {
    signature: "base64encode(text)",
    does: "base64 of the text in UTF-8",
    least: 1,
    most: 1,
    apply: (given) => encodeBase64(given.text(0)),
  },
  csvdecode: {
    signature: "csvdecode(text)",
    does: "a list of objects; the first line has their keys",
    least: 1,
    most: 1,
    apply: decodeCsv,
  },
  jsondecode: {
    signature: "jsondecode(text)",
    does: "the value that the JSON is",
    least: 1,
    most: 1,
    apply: (given) => decodeWith(given, "JSON", (text) => JSON.parse(text)),
  },
  jsonencode: {
    signature: "jsonencode(value)",
    does: "the value as JSON",
    least: 1,
    most: 1,
    keepsReferences: true,
    apply: (given) => jsonText(given.value(0)),
  },
  urlencode: {
    signature: "urlencode(text)",
    does: "the text for the query of a URL",
    least: 1,
    most: 1,
    apply: (given) => encodeUrl(given.text(0)),
  },
  yamldecode: {
    signature: "yamldecode(text)",
    does: "the value that the YAML is",
    least: 1,
    most: 1,
    apply: (given) => {
      const yaml = given.port(given.options.yaml, "YAML");
      return decodeWith(given, "YAML", yaml.parse);
    },
  },
  yamlencode: {
    signature: "yamlencode(value)",
    does: "the value as YAML",
    least: 1,
    most: 1,
    apply: (given) => given.port(given.options.yaml, "YAML").print(plainOf(given.value(0))),
  },
};
