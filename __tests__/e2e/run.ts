import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHITECTURES } from '../../asset/architecture.ts';
import { PackageError, PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { nodeOf } from '../../bench/node-runtime.ts';
import { CommandError, Commands } from './commands.ts';
import { hermeticEnvironment } from './hermetic-environment.ts';
import { ARM64_RUNS_HERE, AWS_CLI_IS_HERE, obstacle } from './prerequisites.ts';
import { lockProviders } from './providers.ts';
import { ENVIRONMENT_SUFFIX, handOver } from './workspace.ts';

const NOTE = `Four presets are applied concurrently, each to its own emulated AWS (moto). The emulator does not evaluate conditions
in bucket policies, so DenyInsecureTransport would deny every upload: the policies are removed while photos are
uploaded. It does not run functions: meanwhile, notifications are copied to a queue and passed to the package in
Node 22 processes. Both changes are reverted before the plan is compared.`;

/** Project files that are not linked into a run's folder, which has its own. */
const LEFT_OUT = ['cdktf.json', 'cdktf.out', 'out', '.git'];

const prevented = obstacle();
if (prevented === undefined) {
  process.exitCode = await runTests(process.argv.slice(2));
} else {
  console.log(`The end-to-end tests were not run: ${prevented}.`);
  process.exitCode = isContinuousIntegration() ? 1 : 0;
}

/** CI must not pass without running the tests. */
function isContinuousIntegration(): boolean {
  return !['', '0', 'false', undefined].includes(process.env.CI);
}

/** Creates a folder for the run, runs jest in it and leaves neither the folder nor a process behind. */
async function runTests(jestArguments: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'image-pipeline-e2e-'));
  const commands = new Commands();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => commands.interrupt());
  try {
    const environment = await prepare(folder, commands);
    console.log(NOTE);
    if (!AWS_CLI_IS_HERE) console.log('The AWS CLI is not on the PATH: the documented commands that use it are skipped.');
    if (!ARM64_RUNS_HERE) console.log('apt-get is not on the PATH: the package for arm64 is not tested.');
    const leftOut = ARM64_RUNS_HERE ? [] : ['--testPathIgnorePatterns', 'arm64'];
    const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
    return await commands.show(process.execPath, [...jest, '--config', 'jest.e2e.config.js', ...leftOut, ...jestArguments], {
      cwd: PROJECT_ROOT,
      env: environment,
    });
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof PackageError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Synthesizes all presets for this machine's CPU and returns the environment for the tests. */
async function prepare(folder: string, commands: Commands): Promise<NodeJS.ProcessEnv> {
  const architecture = ARCHITECTURES.find(({ nodeCpu }) => nodeCpu === process.arch);
  if (architecture === undefined) throw new PackageError(`Lambda offers no ${process.arch} CPU, so the package cannot run here.`);
  const node = await nodeOf('nodejs22.x', architecture);
  const environment = hermeticEnvironment({ ENVIRONMENT_SUFFIX, LAMBDA_ARCHITECTURE: architecture.name, ...handOver({ folder, node }) });
  console.log('Packaging the function and synthesizing the presets ...');
  await commands.run('npm', ['run', '--silent', 'synth', '--', '--output', join(folder, 'cdktf.out')], {
    cwd: PROJECT_ROOT,
    env: environment,
  });
  await makeItLookLikeTheProject(folder);
  return lockProviders(folder, commands, environment);
}

/** Links the project's files into the folder, so that documented commands run there unchanged. */
async function makeItLookLikeTheProject(folder: string): Promise<void> {
  const names = (await readdir(PROJECT_ROOT)).filter((name) => !LEFT_OUT.includes(name) && !name.includes('.tfstate'));
  await Promise.all(names.map((name) => symlink(join(PROJECT_ROOT, name), join(folder, name))));
  // cdktf must run in the folder of its cdktf.json.
  await copyFile(join(PROJECT_ROOT, 'cdktf.json'), join(folder, 'cdktf.json'));
}
