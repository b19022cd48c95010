import { NODE_GROUP, NODE_GROUP_ITEM } from "../answer/nodeGroup.ts";
import { rowsOf } from "../answer/user.ts";
import { ATTRIBUTE_PUT, NODE_GROUP_COPY } from "../nodeGroup.ts";
import { GROUP_ADD, GROUP_PATCH, GROUPS_QUERY, MEMBER_ADD } from "../userGroup.ts";
import { created, endpoints, json, nothing } from "./endpoint.ts";

export const NODE_GROUP_ENDPOINTS = endpoints({
  "POST /node-groups": {
    summary: "Create a node group; the caller owns it",
    action: "read",
    body: GROUP_ADD,
    answer: created(NODE_GROUP),
  },
  "GET /node-groups": {
    summary: "List node groups",
    action: "read",
    query: GROUPS_QUERY,
    answer: json(rowsOf(NODE_GROUP_ITEM)),
  },
  "GET /node-groups/{nodeGroupId}": {
    summary: "Get a node group with its nodes and attributes",
    action: "read",
    answer: json(NODE_GROUP),
  },
  "PATCH /node-groups/{nodeGroupId}": {
    summary: "Change a node group, or give it to another owner",
    action: "read",
    body: GROUP_PATCH,
    answer: json(NODE_GROUP),
  },
  "DELETE /node-groups/{nodeGroupId}": {
    summary: "Delete a node group that is no target of a task",
    action: "read",
    answer: nothing(),
  },
  "POST /node-groups/{nodeGroupId}/copy": {
    summary: "Make another group of the same nodes and attributes; the caller owns it",
    action: "read",
    body: NODE_GROUP_COPY,
    answer: created(NODE_GROUP),
  },
  "POST /node-groups/{nodeGroupId}/nodes": {
    summary: "Put a node into a group",
    action: "read",
    body: MEMBER_ADD,
    answer: json(NODE_GROUP),
  },
  "DELETE /node-groups/{nodeGroupId}/nodes/{nodeId}": {
    summary: "Take a node out of a group",
    action: "read",
    answer: nothing(),
  },
  "PUT /node-groups/{nodeGroupId}/attributes/{key}": {
    summary: "Set an attribute, new or not",
    action: "read",
    body: ATTRIBUTE_PUT,
    answer: json(NODE_GROUP),
  },
  "DELETE /node-groups/{nodeGroupId}/attributes/{key}": {
    summary: "Remove an attribute",
    action: "read",
    answer: nothing(),
  },
});
