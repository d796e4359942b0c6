// A network in ONNX Runtime; answers lines of seconds (turns.py).
//   peer_onnx.js MODULES check FOLDER THREADS
//   peer_onnx.js MODULES serve FOLDER BATCH THREADS
// MODULES is the node_modules folder that holds onnxruntime-node.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const [modules, job, folder, ...numbers] = process.argv.slice(2);
const ort = require(path.join(path.resolve(modules), "onnxruntime-node"));
const side = JSON.parse(fs.readFileSync(path.join(folder, "graph.json"))).side;

function open(threads) {
  return ort.InferenceSession.create(path.join(folder, "model.onnx"), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
}

function read(name) {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function input(values, count) {
  return { images: new ort.Tensor("float32", values, [count, 3, side, side]) };
}

async function check(threads) {
  const session = await open(threads);
  const ours = read("features.raw");
  const { features } = await session.run(input(read("images.raw"), 16));
  let off = 0, norm = 0;
  features.data.forEach((v, i) => {
    off += (v - ours[i]) ** 2;
    norm += v ** 2;
  });
  console.log(Math.sqrt(off / norm));
}

async function serve(batch, threads) {
  const session = await open(threads);
  const values = new Float32Array(batch * 3 * side * side).map(() => Math.random() * 4 - 2);
  const images = input(values, batch);
  await session.run(images);
  console.log("ready");
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const begin = process.hrtime.bigint();
    let done = 0, seconds = 0;
    while (done === 0 || seconds < Number(line)) {
      await session.run(images);
      done += batch;
      seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    }
    console.log(done, seconds);
  }
}

const jobs = { check, serve };
jobs[job](...numbers.map(Number)).catch((error) => {
  console.error(String(error));
  process.exit(2);
});
