import { spawnSync } from 'node:child_process';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { nodeOf } from '../../bench/node-runtime.ts';
import { settingsShape } from '../../config/settings-shape.ts';

/** What runs on Lambda: the handler's own tests, and its faults. */
const SUITES = ['__tests__/lambda-src', '__tests__/faults'];

const machine = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch);
if (process.platform !== 'linux' || machine === undefined) {
  console.error('Lambda runs Linux on x64 and arm64: the runtimes cannot be run on this machine.');
  process.exit(1);
}

// Each in the Node that Lambda has, and one after the other: both would use every core.
for (const runtime of settingsShape.shape.runtime.unwrap().options) {
  const node = await nodeOf(runtime, machine);
  console.log(`${runtime}: Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--silent'];
  const { status } = spawnSync(node, [...jest, ...SUITES, ...process.argv.slice(2)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
