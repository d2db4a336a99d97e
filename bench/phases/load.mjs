// Loads a module as Lambda's runtime does and prints the milliseconds from the start of Node to this point, and from here until the module is loaded.
import { pathToFileURL } from 'node:url';

const started = performance.now();
await import(pathToFileURL(process.argv[2] ?? '').href);
console.log(JSON.stringify({ start: started, load: performance.now() - started }));
process.exit();
