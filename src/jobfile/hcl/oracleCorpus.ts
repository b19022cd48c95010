/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: HCL, not JavaScript */
// Texts for the comparison with the oracle. Heredocs stand flush left, as their indents matter.

/** Read by both, alike. */
export const CORPUS: Readonly<Record<string, string>> = {
  "an empty file": "",
  "a file of comments": "# one\n// two\n/* three\nfour */\n",
  "an attribute without a last newline": "a = 1",
  numbers: "a = 1\nb = 1.50\nc = 1e3\nd = 2.5E-2\ne = 007\nf = 0\n",
  "negative numbers": "a = -5\nb = -1.5\n",
  "booleans and null": "a = true\nb = false\nc = null\nd = !true\n",
  "names with dashes, underscores and accents": "_x = 1\na-b = 2\né = 3\nx9 = 4\n",
  "comments between tokens": "/* c */ a = 1 // x\n# y\nb /* d */ = /* e */ 2 # z\n",
  "CRLF line ends": "a = 1\r\nb {\r\n  c = 2\r\n}\r\n",
  "escapes in strings": 'a = "\\n \\r \\t \\" \\\\ \\u00e9 \\U0001F600"\n',
  "literal dollar and percent signs": 'a = "$"\nb = "%"\nc = "$$"\nd = "100%"\ne = "a$b"\n',
  "escaped template openings": 'a = "$${x}"\nb = "%%{x}"\nc = "$$${x}"\nd = "$${"\n',
  "an empty string": 'a = ""\n',
  "a string of other scripts": 'a = "서버 🚀 é"\n',
  "a comment sign in a string": 'a = "# no // comment /* here */"\n',
  templates: 'a = "x ${y} z"\nb = "${x}${y}"\nc = "a${b.c}"\n',
  "a lone interpolation": 'a = "${x}"\nb = "${x.y[0]}"\n',
  "trims in templates": 'a = "a ${~ x ~} b"\nb = "${~ x ~}"\n',
  "an interpolated literal": 'a = "${"b"}"\nb = "${1}"\nc = "${[1]}"\n',
  "strings in interpolations": 'a = "x ${f("a}b", "c\\"d")} y"\n',
  "objects in interpolations": 'a = "x ${ {a = 1}.a } y"\n',
  "if in a template": 'a = "%{ if a }yes%{ else }no%{ endif }"\nb = "%{ if a }yes%{ endif }"\n',
  "for in a template":
    'a = "%{ for x in y }${x},%{ endfor }"\nb = "%{ for k, v in m }${k}%{ endfor }"\n',
  "directives in directives": 'a = "%{ for x in y }%{ if x }${x}%{ endif }%{ endfor }"\n',
  "a heredoc": "a = <<EOT\n one\n  two\nEOT\n",
  "an empty heredoc": "a = <<EOT\nEOT\n",
  "a heredoc with an indented marker": "a = <<EOT\nx\n  EOT\n",
  "a heredoc keeps backslashes and quotes": 'a = <<EOT\n\\n "q" \\\nEOT\n',
  "a heredoc with CRLF": "a = <<EOT\r\nfoo\r\nEOT\r\n",
  "an indented heredoc": "a = <<-EOT\n    one\n      two\n    EOT\n",
  "an indented heredoc with empty lines": "a = <<-EOT\n   x\n\n \n   y\n  EOT\n",
  "an indented heredoc of tabs": "a = <<-EOT\n\tx\n\t  y\n\tEOT\n",
  "an indented heredoc with templates": "a = <<-EOT\n  x\n ${y}\n  EOT\n",
  "a heredoc with directives": "a = <<EOT\n%{ if x ~}\nyes\n%{ else ~}\nno\n%{ endif ~}\nEOT\n",
  "a heredoc with the marker in a line": "a = <<EOT\nEOT x\nxEOT\nEOT\n",
  "a heredoc in a list": "a = [<<EOT\nx\nEOT\n  , 2]\n",
  "a heredoc in an object": "a = {\n  b = <<EOT\nx\nEOT\n  c = 1\n}\n",
  "escapes in a heredoc": "a = <<EOT\n$${x} %%{y}\nEOT\n",
  lists: 'a = []\nb = [1, "x", true, null]\nc = [\n  1,\n  2,\n]\nd = [[], [1]]\n',
  objects: "a = {}\nb = { c = 1 }\nd = {\n  e = 1\n  f = 2, g = 3\n\n}\n",
  "objects with colons": 'a = {"b": 1, c: 2}\nd = {"x": 1\n"y": 2}\n',
  "object keys": 'a = { "y z" = 2, (x) = 1, "a${b}" = 3, 1 = 4, true = 5, null = 6, if = 7 }\n',
  "objects in lists": "a = [{b=1}\n,2, {\n  c = [3]\n}]\n",
  arithmetic: "a = 1 + 2 * 3\nb = 5 % 3\nc = (1 + 2) * 3\nd = 7 / 2 - 1\n",
  "comparisons and logic": "a = x == 1 && y != 2 || !z\nb = x <= 1\nc = x > y\n",
  conditionals: "a = x ? 1 : 2\nb = c ? d : e ? f : g\n",
  "lines in parentheses": "a = (\n  1 +\n  2\n)\nb = f(\n  1,\n  2,\n)\n",
  references: 'a = b\nc = d.e.f\ng = h[0].i["j"]\nk = l.0\n',
  splats: "a = x.*.y\nb = x[*].y[0].z\nc = x.*\n",
  calls: "a = f()\nb = f(1, g(2))\nc = f(x...)\n",
  "for lists": "a = [for x in y : x]\nb = [for k, v in y : v if k > 1]\n",
  "for objects": "a = {for x in y : x => 1}\nb = {for k, v in y : v => k... if v != 1}\n",
  blocks: "a {}\nb {\n}\nc {\n  d = 1\n}\n",
  "blocks on one line": 'a { b = 1 }\nc "d" { e = "x" }\n',
  labels: 'a "b" {}\nc "d" "e" {}\nf g {}\nh "i j" k {}\n',
  "escapes in labels": 'a "b\\"c" {}\n',
  "repeated blocks": 'a { b = "x" }\na { b = "y" }\na {}\n',
  "repeated blocks with labels": 'a "b" { c = 1 }\na "b" { c = 2 }\na "d" {}\n',
  "blocks in blocks": 'a "b" {\n  c "d" {\n    e {\n      f = 1\n    }\n  }\n}\n',
  "blocks and attributes mixed": "a {\n  b = 1\n  c {\n    d = 2\n  }\n  e = 3\n}\n",
  "a dynamic block":
    'a {\n  dynamic "b" {\n    for_each = [1, 2]\n    content {\n      c = b.value\n    }\n  }\n}\n',
  variables:
    'variable "x" {\n  type = list(string)\n  default = ["a"]\n}\nlocals {\n  y = var.x\n}\n',
  "a job": `job "example" {
  datacenters = ["dc1"]
  type        = "service"

  constraint {
    attribute = "\${attr.kernel.name}"
    value     = "linux"
  }

  group "cache" {
    count = 1
    restart {
      attempts = 10
      interval = "5m"
      delay    = "25s"
      mode     = "delay"
    }
    network {
      port "db" { to = 6379 }
    }
    task "redis" {
      driver = "docker"
      config {
        image = "redis:\${var.tag}"
        ports = ["db"]
        args  = ["--port", "\${NOMAD_PORT_db}"]
      }
      env = {
        "dotted.key" = "1"
        PLAIN        = 2
      }
      template {
        data        = <<EOH
bind {{ env "NOMAD_IP_db" }}
dir $\${HOME}
EOH
        destination = "local/redis.conf"
      }
      resources {
        cpu    = 500 # MHz
        memory = 256 // MB
      }
    }
  }
}
`,
};

/** Refused by both. */
export const REFUSED_CORPUS: Readonly<Record<string, string>> = {
  "a number that begins with a dot": "a = .5",
  "a number that ends with a dot": "a = 1.",
  "a quoted attribute name": '"a" = 1',
  "an open heredoc": "a = <<EOT\nx\n",
  "a string over two lines": 'a = "x\ny"',
  "an open string": 'a = "x',
  "an open interpolation": 'a = "${x"',
  "two attributes in a block of one line": "a { b = 1 c = 2 }",
  "a block in a block of one line": "a { b {} }",
  "a lone name": "a {\n}\nb",
  "two attributes on a line": "a = 1 b = 2",
  "an attribute that stands twice": "a = 1\na = 2",
  "two commas in an object": "a = {b = 1,,}",
  "two commas in a list": "a = [1,,2]",
  "a list without commas": "a = [1 2]",
  "an object without separators": "a = {b = 1 c = 2}",
  "single quotes": "a = 'x'",
  "an unknown escape": 'a = "\\x"',
  "half of a surrogate pair": 'a = "\\ud83d"',
  "for as a key": "a = {for = 1}",
  "an operator at the end of a line": "a = 1 +\n 2",
  "a block behind a block": "a {\n} b {}",
  "a key and its sign on two lines": "a = { b\n= 1}",
  "a label on an attribute": 'a "x" = 1',
  "a brace on the next line": "a\n{\n}",
  "two strings": 'a = "a" "b"',
  "a semicolon": "a = 1;",
  "an open block": "a {",
  "a stray brace": "}",
  "an open comment": "a = 1 /* x",
  "endif without if": 'a = "%{ endif }"',
  "if without endif": 'a = "%{ if x }"',
  "else twice": 'a = "%{ if x }%{ else }%{ else }%{ endif }"',
  "an unknown directive": 'a = "%{ while x }"',
  "a template as label": 'a "${x}" {}',
};
