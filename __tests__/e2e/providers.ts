import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Commands } from './commands.ts';
import { stackFolders } from './workspace.ts';

const LOCK_FILE = '.terraform.lock.hcl';

const stackSchema = z.object({ terraform: z.object({ required_providers: z.unknown() }) });

/**
 * Has Terraform fetch the provider that the project's lock file names, and nothing else, into a common cache. The presets find it there when they
 * are initialized side by side, which is not safe while the cache is still empty.
 * @returns the environment with that cache, unless the user has one
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
