// Compiles every .sol beside this file into one JSON: {Name: {abi, bytecode, deployedBytecode}}.
// Usage: node compile.js OUT.json
"use strict";

const fs = require("fs");
const path = require("path");
const solc = require("solc");

function sourcesOf(folder) {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".sol"));
  const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
  return Object.fromEntries(names.sort().map((name) => [name, { content: read(name) }]));
}

function compile(sources) {
  const input = {
    language: "Solidity",
    sources,
    settings: {
      evmVersion: "paris",
      optimizer: { enabled: true, runs: 200 },
      viaIR: true,
      metadata: { bytecodeHash: "none" },
      outputSelection: {
        "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const problems = (output.errors || []).filter((one) => one.severity === "error");
  if (problems.length > 0) {
    throw new Error(problems.map((one) => one.formattedMessage).join("\n"));
  }
  return output.contracts;
}

function flatten(contracts) {
  const found = {};
  for (const file of Object.values(contracts)) {
    for (const [name, one] of Object.entries(file)) {
      const isInterface = one.evm.bytecode.object === "";
      if (isInterface) continue;
      found[name] = {
        abi: one.abi,
        bytecode: "0x" + one.evm.bytecode.object,
        deployedBytecode: "0x" + one.evm.deployedBytecode.object,
      };
    }
  }
  return found;
}

const out = process.argv[2];
if (!out) {
  throw new Error("usage: node compile.js OUT.json");
}
fs.mkdirSync(path.dirname(path.resolve(out)), { recursive: true });
fs.writeFileSync(out, JSON.stringify(flatten(compile(sourcesOf(__dirname)))) + "\n");
