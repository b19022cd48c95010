import { expect, test } from "bun:test";
import type { VolumeSpec } from "../model/group.ts";
import { nodeKind } from "./nodeKind.ts";
import { placeGroup } from "./placeGroup.ts";
import { aNode, aRequest, chance, type TestNode } from "./testGroup.ts";
import type { HostVolumes } from "./volumes.ts";
import { explainNodes } from "./whyNot.ts";

const VOLUME: VolumeSpec = {
  name: "v",
  type: "host",
  source: "data",
  readOnly: false,
  accessMode: null,
  attachmentMode: null,
  perAlloc: false,
};

function node(number: number, hostVolumes: HostVolumes): TestNode {
  const { kind: _, ...rest } = aNode(number);
  return { ...rest, hostVolumes, kind: nodeKind(rest.traits, rest.drivers, hostVolumes) };
}

const NONE = node(1, {});
const READ = node(2, { data: { path: "/srv/data", readOnly: true } });
const WRITE = node(3, { data: { path: "/srv/data", readOnly: false } });

function placedOn(volume: VolumeSpec, nodes: readonly TestNode[], index = 0) {
  const request = { ...aRequest({ volumes: [volume] }), index };
  const placement = placeGroup(request, nodes, chance());
  return placement.kind === "placed" ? placement.node : placement.metrics.exclusions;
}

test("a node without the volume, or that lets nobody write to it, is filtered under Nomad's words", () => {
  expect(placedOn(VOLUME, [NONE, READ, WRITE])).toBe(3);
  expect(placedOn({ ...VOLUME, readOnly: true }, [NONE, READ])).toBe(2);
  expect(placedOn(VOLUME, [NONE, READ])).toEqual([
    expect.objectContaining({
      code: "volumes",
      label: "missing compatible host volumes",
      nodeCount: 2,
    }),
  ]);
});

test("people are told what each node lacks", () => {
  const verdicts = explainNodes(aRequest({ volumes: [VOLUME] }), [NONE, READ, WRITE]);
  expect(verdicts.map((verdict) => ("message" in verdict ? verdict.message : ""))).toEqual([
    "It has no host volume data.",
    "Its host volume data can only be read, and the job wants to write there.",
    "",
  ]);
});

test("per_alloc looks for the volume of the execution's index", () => {
  const own = node(4, { "data[1]": { path: "/srv/1", readOnly: false } });
  const volume = { ...VOLUME, perAlloc: true };
  expect(placedOn(volume, [WRITE, own], 1)).toBe(4);
  expect(placedOn(volume, [WRITE, own], 0)).toEqual([expect.objectContaining({ nodeCount: 2 })]);
});
