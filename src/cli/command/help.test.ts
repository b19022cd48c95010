import { expect, test } from "bun:test";
import { action } from "./action.ts";
import { actionHelp, objectHelp, rootHelp, usage } from "./help.ts";
import { flag, list, number, required, text, withDefault, word } from "./option.ts";

const LIST = action({
  summary: "List users",
  options: {
    id: text("id", "substring", "Part of the id"),
    role: word("ro", { 0: "Administrator", 1: "Manager" }, "What they may do"),
    email: required(text("ea", "email-address", "Where they are reached")),
    nodeId: list("ni", "node-id", "Their nodes", "commas"),
    limit: withDefault(number("lm", "number", "Rows to print"), 30),
    follow: flag("f", "Go on"),
  },
  operands: ["email"],
  load: () => Promise.resolve(() => Promise.resolve(0)),
});
const OBJECTS = { user: { summary: "People", actions: { list: LIST } } };

test("the help of an action has usage lines of 80 columns, its sentence and its options", () => {
  expect(actionHelp("user", "list", LIST, { json: flag("js", "Print JSON") })).toBe(`
usage: stint user list [-id <substring>] [-ro <0|1>] [-ea] <email-address>
       [-ni <node-id>...] [-lm <number>] [-f]

List users
  -id,--id <substring>           Part of the id
  -ro,--role <word>              What they may do
                                 * 0 : Administrator
                                 * 1 : Manager
  -ea,--email <email-address>    Where they are reached
  -ni,--nodeid <node-id>         Their nodes
  -lm,--limit <number>           Rows to print
  -f,--follow                    Go on
  -js,--json                     Print JSON`);
});

test("no usage line is wider than 80 columns", () => {
  const lines = usage("user", "list", LIST).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("the help of an object lists its actions", () => {
  expect(objectHelp("user", OBJECTS.user)).toBe(`
usage: stint user <action> [<arguments>|help]

[actions]
        list          List users`);
});

test("the help of the program lists objects and what else it is", () => {
  const help = rootHelp(OBJECTS);
  expect(help).toStartWith(`
usage: stint <object> <action> [<arguments>|help]

[objects]
        user          People

[server]
        dev           A server with two local nodes, data in ./.stint
`);
  expect(help).toContain("\n[others]\n        completion    ");
});
