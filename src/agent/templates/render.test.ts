import { expect, test } from "bun:test";
import fc from "fast-check";
import { fillReferences } from "../../model/template/references.ts";
import { render, type TemplateData } from "./render.ts";

const BRACES = { left: "{{", right: "}}" };
const DATA: TemplateData = {
  environment: { NAME: "web", EMPTY: "", LIST: "a,b,c", "node.datacenter": "dc1" },
  meta: { team: "blue" },
  key: (path) => ({ known: "value", none: null })[path],
};

function rendered(text: string, delimiters = BRACES) {
  const result = render(text, delimiters, DATA);
  return result.outcome === "rendered" ? result.text : result;
}

test.each([
  ["plain", "plain"],
  ['{{ env "NAME" }}!', "web!"],
  ['{{env "NONE"}}', ""],
  ['{{ env "node.datacenter" }}', "dc1"],
  ['{{ meta "team" }}', "blue"],
  ['{{ key "known" }}', "value"],
  ['{{ keyOrDefault "none" "other" }}', "other"],
  ['{{ keyExists "none" }}', "false"],
  ['{{ envOrDefault "EMPTY" "x" }}', "x"],
  ['{{ env "NAME" | toUpper }}', "WEB"],
  ['{{ "  a " | trim | printf "%s-%d" "n" }}', { outcome: "failed", reason: expect.any(String) }],
  ['{{ printf "%s-%03d" (env "NAME") 7 }}', "web-007"],
  ['{{ env "EMPTY" | default "none" }}', "none"],
  ['{{ if env "NAME" }}yes{{ else }}no{{ end }}', "yes"],
  ['{{ if eq (env "NAME") "db" }}a{{ else if env "EMPTY" }}b{{ else }}c{{ end }}', "c"],
  ['{{ range split "," (env "LIST") }}[{{ . }}]{{ end }}', "[a][b][c]"],
  ['{{ range $i, $v := split "," (env "LIST") }}{{ $i }}={{ $v }};{{ end }}', "0=a;1=b;2=c;"],
  ['{{ range split "," (env "EMPTY") }}x{{ else }}none{{ end }}', "none"],
  ['{{ with env "NAME" }}{{ . }}{{ end }}', "web"],
  ["{{ $a := 1 }}{{ if true }}{{ $a = 2 }}{{ end }}{{ $a }}", "2"],
  ["{{ $a := 1 }}{{ if true }}{{ $a := 2 }}{{ $a }}{{ end }}{{ $a }}", "21"],
  ["a \n {{- /* nothing */ -}} \n b", "ab"],
  ['a {{- env "NAME" -}} b', "awebb"],
  ["{{ len `abc` }}{{ add 1 2 }}", "33"],
  ['{{ (parseJSON "{\\"a\\":[1,2]}").a }}', { outcome: "failed", reason: expect.any(String) }],
  [
    '{{ $m := parseJSON `{"b":{"c":5},"a":1}` }}{{ $m.b.c }}{{ range $k, $v := $m }}{{ $k }}{{ end }}',
    "5ab",
  ],
  ['{{ index (split "," "x,y") 1 }}', "y"],
  ['{{ and (env "NAME") (not (env "EMPTY")) }}', "true"],
] as const)("%s becomes %s", (text, wanted) => {
  expect(rendered(text)).toEqual(wanted);
});

test("delimiters may be others", () => {
  expect(rendered('{{ x }} [[ env "NAME" ]]', { left: "[[", right: "]]" })).toBe("{{ x }} web");
});

test.each([
  ['one\ntwo {{ secret "x" }}', "line 2, column 8: the function secret is not supported"],
  ["{{ if true }}", "line 1, column 4: the if has no end"],
  ["\n{{ end }}", "line 2, column 4: an end without a beginning"],
  ["{{ else }}", "line 1, column 4: an else without an if"],
  ['{{ env "NAME }}', "line 1, column 8: the text is not closed"],
  ["{{ env", "line 1, column 1: the action is not closed"],
  ["{{ define `x` }}", "line 1, column 4: define is not supported"],
  ["{{ $none }}", "line 1, column 4: there is no variable $none"],
  ["ab {{ toUpper }}", "line 1, column 7: toUpper: expected 1 argument, got 0"],
  ["{{ (env `A` }}", "line 1, column 4: the parenthesis is not closed"],
  ["{{ }}", "line 1, column 1: expected a value, got an empty action"],
  ["{{ 1 ! }}", 'line 1, column 6: unexpected "!"'],
])("%s is refused where it stands", (text, reason) => {
  expect(rendered(text)).toEqual({ outcome: "failed", reason });
});

test("a key that nobody has looked for is asked for, one that is not there is waited for", () => {
  expect(rendered('{{ key "unknown" }}')).toEqual({ outcome: "keyWanted", path: "unknown" });
  expect(rendered('{{ key "none" }}')).toEqual({ outcome: "keyMissing", path: "none" });
});

test("a loop without end in sight is refused", () => {
  const many = `[${"1,".repeat(999)}1]`;
  const text = `{{ $l := parseJSON \`${many}\` }}{{ range $l }}{{ range $l }}x{{ end }}{{ end }}`;
  expect(rendered(text)).toMatchObject({ outcome: "failed" });
});

test("references to the allocation and its node are filled in, those of a shell are not", () => {
  const values = new Map([
    ["NOMAD_PORT_http", "80"],
    ["meta.rack", "r1"],
  ]);
  const text = `\${NOMAD_PORT_http} \${ meta.rack } \${HOME} \${NOMAD_NONE} $NOMAD_PORT_http`;
  expect(fillReferences(text, (name) => values.get(name))).toBe(
    `80 r1 \${HOME} \${NOMAD_NONE} $NOMAD_PORT_http`,
  );
});

test("whatever a template is, it is rendered or refused", () => {
  const parts = fc.constantFrom(
    ...["{{", "}}", "if", "range", "else", "end", "env", '"NAME"', "|", "(", ")", ".", "$x", ":="],
    ...[" ", "\n", "-", "/*", "*/", "1", "text", "toUpper", "`", '"'],
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 25 }), (words) => {
      const { outcome } = render(words.join(" "), BRACES, DATA);
      expect(["rendered", "failed"]).toContain(outcome);
    }),
    { numRuns: 2_000 },
  );
});
