import type { ApiBody, ApiQuery } from "../protocol/api/endpoint/table.ts";
import type { Transport } from "./transport.ts";

type UsersQuery = NonNullable<ApiQuery<"GET /users">>;
type UserGroupsQuery = NonNullable<ApiQuery<"GET /user-groups">>;
type AccessKeysQuery = NonNullable<ApiQuery<"GET /access-keys">>;

export function peopleCalls(transport: Transport) {
  return {
    /** Accounts, and the sessions of those who log in. */
    users: userCalls(transport),
    userGroups: userGroupCalls(transport),
    accessKeys: {
      create: (body: ApiBody<"POST /access-keys">) => transport.call("POST /access-keys", { body }),
      list: (query: AccessKeysQuery = {}) => transport.call("GET /access-keys", { query }),
      delete: (keyId: string) =>
        transport.call("DELETE /access-keys/{keyId}", { parameters: { keyId } }),
    },
  };
}

function userCalls(transport: Transport) {
  const at = (userId: string) => ({ parameters: { userId } });
  return {
    create: (body: ApiBody<"POST /users">) => transport.call("POST /users", { body }),
    list: (query: UsersQuery = {}) => transport.call("GET /users", { query }),
    get: (userId: string) => transport.call("GET /users/{userId}", at(userId)),
    edit: (userId: string, body: ApiBody<"PATCH /users/{userId}">) =>
      transport.call("PATCH /users/{userId}", { ...at(userId), body }),
    delete: (userId: string) => transport.call("DELETE /users/{userId}", at(userId)),
    setPassword: (userId: string, password: string) =>
      transport.call("PUT /users/{userId}/password", { ...at(userId), body: { password } }),
    login: (id: string, password: string) =>
      transport.call("POST /login", { body: { id, password } }),
    /** Ends the session whose token the client has. */
    logout: () => transport.call("POST /logout", {}),
  };
}

function userGroupCalls(transport: Transport) {
  const at = (userGroupId: string) => ({ parameters: { userGroupId } });
  return {
    create: (body: ApiBody<"POST /user-groups">) => transport.call("POST /user-groups", { body }),
    list: (query: UserGroupsQuery = {}) => transport.call("GET /user-groups", { query }),
    get: (userGroupId: string) => transport.call("GET /user-groups/{userGroupId}", at(userGroupId)),
    edit: (userGroupId: string, body: ApiBody<"PATCH /user-groups/{userGroupId}">) =>
      transport.call("PATCH /user-groups/{userGroupId}", { ...at(userGroupId), body }),
    delete: (userGroupId: string) =>
      transport.call("DELETE /user-groups/{userGroupId}", at(userGroupId)),
    addUser: (userGroupId: string, userId: string) =>
      transport.call("POST /user-groups/{userGroupId}/users", {
        ...at(userGroupId),
        body: { id: userId },
      }),
    removeUser: (userGroupId: string, userId: string) =>
      transport.call("DELETE /user-groups/{userGroupId}/users/{userId}", {
        parameters: { userGroupId, userId },
      }),
  };
}
