import { rowsOf, SESSION, USER } from "../answer/user.ts";
import { LOGIN, PASSWORD_PUT, USER_ADD, USER_PATCH, USERS_QUERY } from "../user.ts";
import { created, endpoints, json, nothing } from "./endpoint.ts";

export const USER_ENDPOINTS = endpoints({
  "POST /users": {
    summary: "Make an account: disabled, and of a guest, until an administrator changes that",
    action: "ask",
    namesCaller: true,
    body: USER_ADD,
    answer: created(USER),
  },
  "GET /users": {
    summary: "List users",
    action: "read",
    query: USERS_QUERY,
    answer: json(rowsOf(USER)),
  },
  "GET /users/{userId}": { summary: "Get a user", action: "read", answer: json(USER) },
  "PATCH /users/{userId}": {
    summary: "Change a user; role and status are for administrators",
    action: "read",
    body: USER_PATCH,
    answer: json(USER),
  },
  "DELETE /users/{userId}": { summary: "Delete a user", action: "read", answer: nothing() },
  "PUT /users/{userId}/password": {
    summary: "Set a user's password; all sessions of the user end",
    action: "read",
    body: PASSWORD_PUT,
    answer: nothing(),
  },
  "POST /login": {
    summary: "Begin a session with a password",
    action: "ask",
    body: LOGIN,
    answer: json(SESSION),
  },
  "POST /logout": { summary: "End the session of the token", action: "read", answer: nothing() },
});
