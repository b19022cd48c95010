import { test } from "bun:test";
import type { Store } from "../store.ts";

/** A fresh, empty store; `reopen` closes it and opens what it left behind. */
export interface OpenedStore {
  readonly store: Store;
  reopen(): Promise<Store>;
  /** Closes and removes everything. */
  cleanup(): Promise<void>;
}

export type OpenStore = () => Promise<OpenedStore>;

/** Declares tests that each have a store of their own. */
export type Check = (title: string, body: (opened: OpenedStore) => Promise<void>) => void;

export function checkWith(open: OpenStore): Check {
  return (title, body) => {
    test(title, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.cleanup();
      }
    });
  };
}

/** The code of the StoreError that the work fails with. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  return "no error";
}
