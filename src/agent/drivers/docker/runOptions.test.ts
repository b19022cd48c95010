import { expect, test } from "bun:test";
import { readRunOptions } from "./runOptions.ts";

test("options of docker create become the driver's configuration", () => {
  const text =
    "--rm --network=host -v /a:/b:ro -v c:/d --env 'A=two words' -e B -m 512m --cpus 1.5 -u 1000:1000 " +
    "--workdir /x --shm-size 64m --label k=v --init";
  expect(readRunOptions(text)).toEqual({
    config: {
      network_mode: "host",
      volumes: ["/a:/b:ro", "c:/d"],
      work_dir: "/x",
      shm_size: String(64 * 2 ** 20),
      labels: { k: "v" },
      init: "true",
    },
    env: { A: "two words", B: "" },
    user: "1000:1000",
    memoryBytes: 512 * 2 ** 20,
    cpuCores: 1.5,
  });
});

test.each([
  ["--gpus all", /got --gpus\.$/],
  ["--network", /^Expected a value behind --network/],
  ["-m much", /^Expected --memory as 512m/],
  ["'open", /balanced quotes/],
])("%s is refused", (text, reason) => {
  expect(readRunOptions(text)).toMatch(reason);
});
