import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Commands } from './commands.ts';
import { stackFolders } from './workspace.ts';

const LOCK_FILE = '.terraform.lock.hcl';

const stackSchema = z.object({ terraform: z.object({ required_providers: z.unknown() }) });

/**
 * Downloads the provider in the project's lock file, and no other, into a shared cache. The presets are initialized concurrently, which is only
 * safe once the cache is filled.
 * @returns the environment with that cache, or with the user's own
 */
export async function lockProviders(folder: string, commands: Commands, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const [first = ''] = stackFolders(folder);
  const { terraform } = stackSchema.parse(JSON.parse(await readFile(join(first, 'cdk.tf.json'), 'utf8')));
  const cwd = join(folder, 'providers');
  const env = { TF_PLUGIN_CACHE_DIR: join(folder, 'provider-cache'), ...environment };
  await Promise.all([mkdir(cwd), mkdir(env.TF_PLUGIN_CACHE_DIR, { recursive: true })]);
  await writeFile(join(cwd, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: terraform.required_providers } }));
  await copyFile(join(first, LOCK_FILE), join(cwd, LOCK_FILE));
  await commands.run('terraform', ['init', '-input=false', '-no-color', '-lockfile=readonly'], { cwd, env });
  return env;
}
