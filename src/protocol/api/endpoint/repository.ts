import { REPOSITORY_ITEM } from "../answer/repository.ts";
import { rowsOf } from "../answer/user.ts";
import { CONTENT_PUT_QUERY, CONTENT_QUERY, FOLDER_QUERY } from "../repository.ts";
import { bytes, created, endpoints, json } from "./endpoint.ts";

// Paths are in the query: programs resolve `..` and `%2e%2e` of a URL's path before they send it.

export const REPOSITORY_ENDPOINTS = endpoints({
  "GET /repository": {
    summary: "List a folder of the temporary repository, one level",
    action: "read",
    takesFileToken: true,
    query: FOLDER_QUERY,
    answer: json(rowsOf(REPOSITORY_ITEM)),
  },
  "GET /repository/content": {
    summary: "Read a file of the temporary repository, with its checksum in Repr-Digest",
    action: "read",
    takesFileToken: true,
    query: CONTENT_QUERY,
    answer: bytes(),
  },
  "PUT /repository/content": {
    summary: "Write a file of the temporary repository; its folders are made",
    action: "read",
    takesFileToken: true,
    query: CONTENT_PUT_QUERY,
    takesBytes: true,
    answer: created(REPOSITORY_ITEM),
  },
});
