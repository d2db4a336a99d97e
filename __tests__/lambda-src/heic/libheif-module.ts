import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

let compiled: WebAssembly.Module | undefined;

/** Returns libheif.wasm as installed, compiled once. */
export function libheifModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm')));
  return compiled;
}
