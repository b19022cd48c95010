import { rowsOf } from "../answer/user.ts";
import { USER_GROUP, USER_GROUP_ITEM } from "../answer/userGroup.ts";
import { GROUP_ADD, GROUP_PATCH, GROUPS_QUERY, MEMBER_ADD } from "../userGroup.ts";
import { created, endpoints, json, nothing } from "./endpoint.ts";

export const USER_GROUP_ENDPOINTS = endpoints({
  "POST /user-groups": {
    summary: "Create a user group; the caller owns it",
    action: "read",
    body: GROUP_ADD,
    answer: created(USER_GROUP),
  },
  "GET /user-groups": {
    summary: "List user groups",
    action: "read",
    query: GROUPS_QUERY,
    answer: json(rowsOf(USER_GROUP_ITEM)),
  },
  "GET /user-groups/{userGroupId}": {
    summary: "Get a user group with its users",
    action: "read",
    answer: json(USER_GROUP),
  },
  "PATCH /user-groups/{userGroupId}": {
    summary: "Change a user group, or give it to another owner",
    action: "read",
    body: GROUP_PATCH,
    answer: json(USER_GROUP),
  },
  "DELETE /user-groups/{userGroupId}": {
    summary: "Delete a user group that may run no task",
    action: "read",
    answer: nothing(),
  },
  "POST /user-groups/{userGroupId}/users": {
    summary: "Put a user into a group",
    action: "read",
    body: MEMBER_ADD,
    answer: json(USER_GROUP),
  },
  "DELETE /user-groups/{userGroupId}/users/{userId}": {
    summary: "Take a user out of a group",
    action: "read",
    answer: nothing(),
  },
});
