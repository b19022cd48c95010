import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAgentConfiguration } from "./configuration.ts";

const directory = mkdtempSync(join(tmpdir(), "stint-configuration-"));
afterAll(() => rmSync(directory, { recursive: true }));

function configuration(text: string): string {
  const path = join(directory, "agent.yaml");
  writeFileSync(path, text);
  return path;
}

test("YAML and JSON are read, with defaults for what is left out", () => {
  const yaml = "serverUrl: https://server:7878\nslots: 8\nallowedUsers:\n  admin: true\n";
  expect(readAgentConfiguration(configuration(yaml))).toEqual({
    serverUrl: "https://server:7878",
    slots: 8,
    allowedUsers: { admin: true, accounts: null, named: [] },
  });
  expect(readAgentConfiguration(configuration('{"name":"n1","cgroups":"off"}'))).toEqual({
    name: "n1",
    cgroups: "off",
  });
  expect(readAgentConfiguration(configuration(""))).toEqual({});
});

test.each([
  [
    "slots: 0",
    /agent\.yaml: Expected a whole number from 1 to 256 as slots and got 0\. Correct it\.$/,
  ],
  [
    "slots: many",
    /: Expected a whole number from 1 to 256 as slots and got "many"\. Correct it\.$/,
  ],
  [
    "serverurl: x",
    /: Expected only the fields serverUrl, .* and got serverurl\. Remove or rename it\.$/,
  ],
  ["- a", /: Expected an object of serverUrl, .* and got \["a"\]\. Correct it\.$/],
  ["name: ''", /: Expected text that is not empty as name and got ""\. Correct it\.$/],
  ["cgroups: on", /: Expected auto or off as cgroups and got /],
  [
    "allowedUsers: {named: root}",
    /: Expected a list of names as allowedUsers\.named and got "root"/,
  ],
  ["allowedUsers: {acounts: 1}", /as allowedUsers and got allowedUsers\.acounts\. Remove/],
  [
    "allowedUsers: {accounts: {firstUid: 60000}}",
    /Expected a whole number from 1 to 65536 as allowedUsers\.accounts\.count and got nothing/,
  ],
  ["serverUrl: [", /is neither YAML nor JSON/],
])("a mistake is told in one line: %s", (text, message) => {
  const path = configuration(text);
  expect(() => readAgentConfiguration(path)).toThrow(message);
});

test("a file that is not there is named", () => {
  expect(() => readAgentConfiguration("/no/such/file")).toThrow(
    /Expected a configuration in \/no\/such\/file/,
  );
});
