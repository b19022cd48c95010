import { describe, expect, test } from "bun:test";
import { SCRIPT_MAX_BYTES } from "../limits.ts";
import { interpreterOf, scriptSourceOf } from "./script.ts";

const HASH = "a".repeat(64);

function mistake(name: string, script: string): string {
  const made = scriptSourceOf(name, script, HASH);
  return made.ok ? "" : made.error.message;
}

describe("what runs a script", () => {
  test("is its #! line, whatever its name", () => {
    for (const name of ["a.py", "a", "a.sh", "a.ps1"]) {
      expect(interpreterOf(name, "#! /usr/bin/env -S x y\nrest")).toEqual({
        ok: true,
        interpreter: { by: "line", path: "/usr/bin/env" },
      });
    }
  });

  test("is the shell for .sh without such a line", () => {
    for (const name of ["a.sh", "A.SH"]) {
      const found = interpreterOf(name, "echo\n");
      expect(found).toEqual({ ok: true, interpreter: { by: "shell" } });
    }
  });

  test("is nothing where the name does not tell, or tells of Windows", () => {
    expect(mistake("a.py", "print(1)\n")).toInclude("names the interpreter");
    expect(mistake("sh", "echo\n")).toInclude("ends in .sh");
    for (const ending of ["bat", "CMD", "ps1", "vbs"]) {
      expect(mistake(`a.${ending}`, "echo\n")).toInclude("Nodes run Linux");
    }
  });

  test("is not a program in the folder that happens to be current, nor half of a long path", () => {
    expect(mistake("a", "#!python\n")).toInclude('found "python"');
    expect(mistake("a", "#!\n")).toInclude('found ""');
    expect(mistake("a", `#!/bin/${"x".repeat(260)}\n`)).toInclude("at most 255 bytes");
  });

  test("line ends of Windows in the first line are refused; further down they may be data", () => {
    expect(mistake("a.sh", "echo\r\necho\r\n")).toInclude("CR LF");
    expect(mistake("a", "#!/bin/sh\r\n")).toInclude("CR LF");
    expect(mistake("a", "#!/bin/sh\r")).toInclude("CR LF");
    expect(mistake("a", "#!/bin/sh\nprintf 'a\r\n'")).toBe("");
  });

  test("a byte order mark is refused, as the kernel would not see the #! behind it", () => {
    expect(mistake("a", "\u00ef\u00bb\u00bf#!/bin/sh\n")).toInclude("byte order mark");
  });
});

describe("an upload", () => {
  test("is known by its hash, its size and each key in it once", () => {
    const script = "#!/bin/sh\necho @OPM_ATTR.HOME@ @STINT.NODE_ID@ @STINT.HOME@ \u00ff";
    expect(scriptSourceOf("a b.sh", script, HASH)).toEqual({
      ok: true,
      source: {
        name: "a b.sh",
        sha256: HASH,
        sizeBytes: script.length,
        words: ["HOME", "NODE_ID"],
      },
    });
  });

  test("with a reserved word that means nothing is refused with its line", () => {
    const message = mistake("a.sh", "echo\necho @STINT.FILE_TOKEN/25H@\n");
    expect(message).toStartWith("a.sh, line 2: Expected FILE_TOKEN/nM");
  });

  test("with file tokens of very many times is refused", () => {
    const words = (count: number) =>
      Array.from({ length: count }, (_, index) => `@STINT.FILE_TOKEN/${index + 1}M@`).join(" ");
    expect(mistake("a.sh", words(16))).toBe("");
    expect(mistake("a.sh", words(17))).toInclude("at most 16 different times, and found 17");
  });

  test("needs a name that is one file's, and content within bounds", () => {
    for (const name of ["", ".", "..", "a/b.sh", "a\n.sh", "a\0.sh", `${"ä".repeat(127)}.sh`]) {
      expect(mistake(name, "echo")).toInclude("Expected a file name");
    }
    expect(mistake(`${"ä".repeat(126)}.sh`, "echo")).toBe("");
    expect(mistake("a.sh", "")).toInclude("empty");
    expect(mistake("a.sh", "x".repeat(SCRIPT_MAX_BYTES))).toBe("");
    expect(mistake("a.sh", "x".repeat(SCRIPT_MAX_BYTES + 1))).toInclude("1048576");
  });
});
