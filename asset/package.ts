import { relative } from 'node:path';
import { Command } from 'commander';
import { architectureNamed } from './architecture.ts';
import { createPackage, type FunctionPackage, freshPackage } from './create-package.ts';
import { PackageError, PROJECT_ROOT } from './packaged-file.ts';

interface Options {
  readonly architecture: string;
  readonly heic: boolean;
  readonly ifStale: boolean;
}

const program = new Command('npm run package --')
  .description('Package the bundled handler and sharp for Lambda as dist/image-processor-<architecture>.zip, with a bill of materials.')
  .option(
    '--architecture <architecture>',
    'CPU architecture, arm64 or x86_64; the environment variable LAMBDA_ARCHITECTURE sets the default',
    process.env.LAMBDA_ARCHITECTURE || 'arm64',
  )
  .option('--heic', 'with the decoder for HEIC, as image-processor-<architecture>-heic.zip', false)
  .option('--if-stale', 'do nothing if the package is up to date', false)
  .allowExcessArguments(false)
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PackageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function run({ architecture: name, heic, ifStale }: Options): Promise<void> {
  const architecture = architectureNamed(name);
  const fresh = ifStale ? await freshPackage(architecture, PROJECT_ROOT, { heic }) : undefined;
  if (fresh !== undefined) return report(fresh, ' is up to date');
  report(await createPackage(architecture, PROJECT_ROOT, { heic }), '');
}

function report({ path, bytes, sha256 }: FunctionPackage, note: string): void {
  console.log(`${relative(process.cwd(), path)}${note}: ${(bytes / 1e6).toFixed(2)} MB, SHA-256 ${sha256}`);
}
