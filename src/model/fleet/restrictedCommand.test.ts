import { expect, test } from "bun:test";
import { findRestricted, restrictedWordMistake, scriptWords } from "./restrictedCommand.ts";

const RM = [{ id: "rm", class: "forbidden" }] as const;

/** Lines and columns at which `rm` is found. */
function places(script: string): string[] {
  return findRestricted(script, RM).map(({ line, column }) => `${line}:${column}`);
}

const FOUND: readonly (readonly [string, string, string])[] = [
  ["at the beginning", "rm -r x", "1:1"],
  ["behind other words", "sudo nice rm x", "1:11"],
  ["behind operators", "true;rm x", "1:6"],
  ["behind others", "a|rm&&rm||(rm)", "1:3 1:7 1:12"],
  ["in substitutions", "x=$(rm y) `rm z`", "1:5 1:12"],
  ["with its path", "/bin/rm x", "1:1"],
  ["assigned", "CMD=/usr/bin/rm", "1:1"],
  ["in quotes, for a shell", "sh -c 'cd x; rm -r y' \"rm z\"", "1:14 1:23"],
  ["with quotes in it", "r'm' x; \"r\"m", "1:1 1:9"],
  ["with an escape in it", "r\\m x", "1:1"],
  ["over two lines", "r\\\nm x", "1:1"],
  ["on a line that goes on", "find . \\\n  -exec rm {} +", "2:9"],
  ["in braces", "{rm,-r,x}; { rm x; }", "1:2 1:14"],
  ["in a list of Python", 'subprocess.run(["rm", "-r"])', "1:17"],
  ["behind a quote that is a letter", 'echo "don\'t"; rm x', "1:15"],
  ["behind a sign that is no comment", "echo a#b $# ${x#y}; rm x", "1:21"],
  ["behind a comment", "# it's no 'rm\nrm x # rm\n", "2:1"],
  ["in a here-document", "sh <<EOF\nit's # rm\nEOF\n# rm\nrm", "2:8 5:1"],
  ["in one that is quoted", "sh <<-'E O'\n\trm x\n\tE O\necho 'rm'", "2:2 4:6"],
  ["behind two", "a <<A <<B\nA\nrm 'x\nB\nrm", "3:1 5:1"],
  ["in a here-string", "sh <<< 'rm x'", "1:8"],
  ["on lines that end as those of Windows", "echo\r\nrm\r\n", "2:1"],
  ["behind letters of several units", "echo '😀가'; rm", "1:12"],
  ["last, in quotes that do not end", "echo 'rm", "1:6"],
];

test.each(FOUND)("rm is found %s", (_, script, expected) => {
  expect(places(script)).toEqual(expected.split(" "));
});

const ELSEWHERE = [
  "rmdir x",
  "my-rm rm.txt rm-old",
  "docker run --rm x",
  "echo $rm ${rm}",
  "RM",
  "# rm -r /",
  "  # rm",
  "true # rm",
  "true;# rm",
  "rm=1",
  "/var/rm/x",
  "",
];

test.each(ELSEWHERE)("rm is not found in %p", (script) => {
  expect(places(script)).toEqual([]);
});

test("words are found with their classes, in the order of the script", () => {
  const restricted = [
    { id: "dd", class: "risk" },
    { id: "rm", class: "forbidden" },
    { id: "삭제", class: "risk" },
  ] as const;
  expect(findRestricted("rm\ndd 삭제", restricted)).toEqual([
    { word: "rm", class: "forbidden", line: 1, column: 1 },
    { word: "dd", class: "risk", line: 2, column: 1 },
    { word: "삭제", class: "risk", line: 2, column: 4 },
  ]);
  expect(findRestricted("rm", [])).toEqual([]);
});

test("only what can be a word of a script is registered", () => {
  for (const word of ["rm", "mkfs.ext4", "삭제", "g++", "a@b", ":"]) {
    expect(restrictedWordMistake(word)).toBeNull();
    expect([...scriptWords(`x ${word} y`)].map(({ text }) => text)).toContain(word);
  }
  for (const word of ["", "rm -r", "/bin/rm", "a;b", "a'b", "#a", "$a", "a=b", "a".repeat(65)]) {
    expect(restrictedWordMistake(word)).toContain("Expected one word");
  }
});
