import { type BlockSchema, block, choice, text, truth, whole } from "./schema.ts";

const TARGET = `a target, as \`\${attr.kernel.name}\``;
const LEFT_SIDE = `left side, mostly ${TARGET}`;
const SHORT = "short for `operator` and `value`";

const SHORT_FORMS = {
  version: text(SHORT),
  semver: text(SHORT),
  regexp: text(SHORT),
  set_contains: text(SHORT),
  set_contains_all: text(SHORT),
  set_contains_any: text(SHORT),
};

export const CONSTRAINT = {
  name: "constraint",
  about: "Where executions may run: nodes for which it does not hold are left out.",
  label: null,
  attributes: {
    attribute: text(LEFT_SIDE, { json: "LTarget", default: '""' }),
    operator: text(
      "`=` `==` `is` `!=` `not` `<` `<=` `>` `>=` `regexp` `version` `semver` `set_contains` `set_contains_all` `set_contains_any` `is_set` `is_not_set` `distinct_hosts` `distinct_property`",
      { json: "Operand", default: '"="' },
    ),
    value: text("right side", { json: "RTarget", default: '""' }),
    ...SHORT_FORMS,
    distinct_hosts: truth("no two executions of the job (or group) on one node"),
    distinct_property: text("target that may have each value only `value` times"),
  },
  blocks: {},
} satisfies BlockSchema;

export const AFFINITY = {
  name: "affinity",
  about: "Where executions should rather run.",
  label: null,
  attributes: {
    attribute: text(LEFT_SIDE, { json: "LTarget", default: '""' }),
    operator: text("as of `constraint`, without `distinct_...`", {
      json: "Operand",
      default: '"="',
    }),
    value: text("right side", { json: "RTarget", default: '""' }),
    weight: whole("negative: rather not; not 0", { min: -100, max: 100, default: "50" }),
    ...SHORT_FORMS,
  },
  blocks: {},
} satisfies BlockSchema;

export const SPREAD_TARGET = {
  name: "target",
  about: "Share of executions for one value.",
  label: "VALUE",
  attributes: {
    value: text("the value, in place of the label"),
    percent: whole("of the group's count", { max: 100, default: "0" }),
  },
  blocks: {},
} satisfies BlockSchema;

export const SPREAD = {
  name: "spread",
  about: "Executions are spread over the values of an attribute; without targets evenly.",
  label: null,
  attributes: {
    attribute: text(TARGET),
    weight: whole("against other spreads", { max: 100, default: "50" }),
  },
  blocks: {
    target: block(() => SPREAD_TARGET, "SpreadTarget", { many: true, label: "Value" }),
  },
} satisfies BlockSchema;

/** What job, group and task have in common. */
export const WISHES = {
  constraint: block(() => CONSTRAINT, "Constraints", { many: true }),
  affinity: block(() => AFFINITY, "Affinities", { many: true }),
};

export const SPREADS = { spread: block(() => SPREAD, "Spreads", { many: true }) };

export const HEALTH_CHECKS = ["checks", "task_states", "manual"] as const;

/** Of `update` and `migrate`. */
export function healthCheck(about: string) {
  const schema = choice(HEALTH_CHECKS, about, { default: '"checks"' });
  const fine = ["checks", "task_states"];
  const fix = "Write `checks` or `task_states`.";
  return { ...schema, refusal: { reason: "nobody says by hand what is healthy", fix, fine } };
}
