// Packages the function for every deployment that will be synthesized, unless its package is up to date.
import { relative } from 'node:path';
import { architectureNamed } from '../asset/architecture.ts';
import { createPackage, freshPackage, packagePath } from '../asset/create-package.ts';
import { PackageError, PROJECT_ROOT } from '../asset/packaged-file.ts';
import { deploymentsFrom } from '../config/deployments.ts';
import { type PipelineSettings, SettingsError } from '../config/settings.ts';

try {
  const deployments = deploymentsFrom(process.env);
  const byPath = new Map(
    deployments.map((settings) => [packagePath(PROJECT_ROOT, architectureNamed(settings.architecture), settings), settings]),
  );
  for (const settings of byPath.values()) await packageFor(settings);
} catch (error) {
  if (!(error instanceof PackageError || error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function packageFor(settings: PipelineSettings): Promise<void> {
  const architecture = architectureNamed(settings.architecture);
  const fresh = await freshPackage(architecture, PROJECT_ROOT, settings);
  const { path, bytes, sha256 } = fresh ?? (await createPackage(architecture, PROJECT_ROOT, settings));
  const note = fresh === undefined ? '' : ' is up to date';
  console.log(`${relative(process.cwd(), path)}${note}: ${(bytes / 1e6).toFixed(2)} MB, SHA-256 ${sha256}`);
}
