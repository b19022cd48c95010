import { expect, test } from "bun:test";
import { findingsOf, readText } from "./testRead.ts";

/** A job with the text in a template of its task, which begins on line 5. */
function inTemplate(text: string): string {
  return `job "j" {
  group "g" {
    task "t" {
      template {
${text}
        destination = "local/x"
      }
      driver = "raw_exec"
      config { command = "/x" }
    }
  }
}
`;
}

/** What is found, with the reason only. */
function mistakesIn(text: string): string[] {
  return readText(inTemplate(text)).findings.map(({ range, message }) => {
    const { line, column } = range?.start ?? { line: 0, column: 0 };
    return `${line}:${column} ${message.replace(/^.*?: /, "")}`;
  });
}

test("all mistakes of a template are told where they stand in the job file", () => {
  const { findings, spec } = readText(
    inTemplate(
      'data = <<EOT\nA={{ env "A" }}\n  B={{ secret "x" }} {{ toUper "x" }}\n{{ if }}\nEOT',
    ),
  );
  expect(spec).toBeNull();
  expect(findings).toMatchObject([
    {
      code: "template_invalid",
      message:
        "Expected a template that a node can render: in its line 2, column 8, the function secret is not supported.",
      fix: expect.stringMatching(/^Templates have env, .*base64Decode\.$/),
      range: { file: "job.hcl", start: { line: 7, column: 8 } },
    },
    { fix: "Did you mean toUpper?", range: { start: { line: 7, column: 25 } } },
    { range: { start: { line: 8, column: 1 } } },
  ]);
  expect(findings[2]?.message).toEndWith("column 1, expected a value, and the action ends.");
});

test.each([
  // The indent that is taken off, characters of two units, escapes and values before the place.
  ["data = <<-EOT\n    a\n      {{ no }}\n    EOT", "7:10"],
  ["data = <<EOT\n\u{1F600} {{ no }}\nEOT", "6:6"],
  [`data = <<EOT\n\${NOMAD_TASK_NAME}\n a {{ no }} \${NOMAD_DC}\nEOT`, "7:7"],
  [`data = <<EOT\n\n\${NOMAD_DC} {{ no }}\nEOT`, "7:1"],
  [`data = <<EOT\n\n $\${HOME} {{ no }}\nEOT`, "7:1"],
  ['data = "{{ no }}"', "5:12"],
  // What is computed has no place of its own.
  ['data = "a\\n{{ no }}"', "5:8"],
  ['data = upper("{{ no }}")', "5:8"],
  [`data = <<EOT\n\${join("\\n", ["a", "b"])}\n{{ no }}\nEOT`, "5:8"],
])("%j is told at %s", (text, place) => {
  expect(findingsOf(inTemplate(text))).toEqual([`template_invalid ${place}`]);
});

test.each([
  ['{{ env "A" "B" }}', "env: expected 1 argument, got 2"],
  ["{{ env 5 }}", "env: expected a name in quotes as argument 1, got 5"],
  ['{{ add "x" 1 }}', 'add: expected a number as argument 1, got "x"'],
  ['{{ "a" | join "," }}', 'join: expected a list as argument 2, got "a"'],
  ['{{ key "a" | toUpper "b" }}', "toUpper: expected 1 argument, got 2"],
  ['{{ env "A" | (env "B") }}', "expected a function behind |"],
  ["{{ printf }}", "printf: expected 1 argument or more, got 0"],
  ["{{ if true }}{{ $a := 1 }}{{ end }}{{ $a }}", "there is no variable $a"],
  ["{{ range $i, $v := . }}{{ else }}{{ $v }}{{ end }}", "there is no variable $v"],
  ["{{ $a = 1 }}", "there is no variable $a"],
])("%s: %s", (text, reason) => {
  expect(mistakesIn(`data = <<EOT\n${text}\nEOT`)).toMatchObject([expect.stringContaining(reason)]);
});

test.each([
  [
    '{{ if }}a{{ end }} {{ foo "x" }} {{ env "A }}\n{{ service "db" }}',
    ["the action ends", "function foo", "text is not closed", "function service"],
  ],
  ["{{ ~ }} {{ no }} {{ }} {{ env 5 ~ }}", ["unexpected", "function no", "empty", "unexpected"]],
  ['{{ env "A" {{ no }} {{ env "B"', ["unexpected", "function no", "not closed"]],
  // Blocks begin and end, and variables are known, although something in their action is wrong.
  ["{{ if ) }}{{ else if ~ }}{{ else }}{{ end }}{{ no }}", ["unexpected", "unexpected", "no is"]],
  ["{{ range $v := ) }}{{ $v }}{{ end 1 }}{{ $v }}", ['")"', '"1"', "variable $v"]],
  ['{{ $a := "x }}{{ $b := ( }}{{ $a }}{{ $b }}', ["not closed", "the action ends"]],
  ["{{ with $a := 1 }}{{ $a }}{{ end }}", ["with makes no variable"]],
  ['{{ define "x" }}a{{ end }}{{ template "x" }}{{ no }}', ["define", "template", "no is"]],
  // What one mistake makes of blocks is not told as another.
  ["{{ fi true }}a{{ else }}b{{ end }}", ["function fi"]],
  ["{{ range $v := . }}{{ fi . }}{{ end }}{{ $v }}{{ end }}", ["function fi"]],
  ["{{ rnage $v := . }}{{ $v }}{{ end }}", ["function rnage"]],
  ["{{ if true }}a{{ edn }}", ["function edn"]],
  ["{{ %if true }}a{{ end }}", ["unexpected"]],
  ["{{ else if true }}a{{ end }}{{ ) }}", ["an else without an if", "unexpected"]],
  ["{{ end }}a{{ end }}{{ no }}", ["an end without a beginning", "no is"]],
  ["{{ if ) }}", ["the if has no end", "unexpected"]],
])("%s: all of it is told, and nothing that only follows from it", (text, expected) => {
  const reasons = expected.map((part) => expect.stringContaining(part));
  expect(mistakesIn(`data = <<EOT\n${text}\nEOT`)).toEqual(reasons);
});

test("delimiters are the template's own, and empty ones the usual", () => {
  const own = 'left_delimiter = "[["\nright_delimiter = "]]"\n';
  expect(mistakesIn(`${own}data = "{{ no }} [[ env \\"A\\" ]]"`)).toEqual([]);
  expect(mistakesIn(`${own}data = "[[ no ]]"`)).toHaveLength(1);
  const { spec, findings } = readText(
    inTemplate('left_delimiter = ""\ndata = "{{ env \\"A\\" }} }}"'),
  );
  expect(findings).toEqual([]);
  expect(spec?.groups.groups[0]?.members[0]?.templates[0]?.leftDelimiter).toBe("{{");
});

test("what is only known on the node is left to it", () => {
  expect(mistakesIn('source = "local/x.tpl"\n left_delimiter = "{{"')).toEqual([]);
  const values = `\${NOMAD_ALLOC_INDEX}`;
  expect(
    mistakesIn(`data = "{{ add ${values} \\"${values}\\" }} {{ env \\"${values}\\" }}"`),
  ).toEqual([]);
  const { findings } = readText(inTemplate('data = "{{ no }}"'), { refuses: false });
  expect(findings).toEqual([]);
});

test("what is nested without end is refused, not followed", () => {
  const many = 100_000;
  for (const text of [
    `{{ ${"(".repeat(many)} }}`,
    "{{ if true }}".repeat(many),
    `{{ 1${" | not".repeat(many)} }}`,
  ]) {
    expect(mistakesIn(`data = <<EOT\n${text}\nEOT`)).toMatchObject([
      expect.stringContaining("more than 200"),
    ]);
  }
  for (const wrong of ["{{ no }}", "{{ ) }}", "{{ ~ }}", '{{ "', "{{ if ) }}"]) {
    expect(mistakesIn(`data = <<EOT\n${wrong.repeat(many)}\nEOT`)).toHaveLength(20);
  }
});
