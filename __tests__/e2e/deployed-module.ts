import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { PipelineSettings } from '../../config/settings.ts';
import { writeModule } from '../../stacks/module/terraform-module.ts';
import { execute, readPlan } from './deployed-stack.ts';
import type { EmulatedAws } from './emulated-aws.ts';
import { providerOverride } from './override.ts';
import { remains } from './remains.ts';
import { workspace } from './workspace.ts';

/** A Terraform module of ours, used by a root module that is written by hand. */
export class DeployedModule {
  readonly folder: string;

  /** @param name name of the folder of the root module */
  constructor(name: string) {
    this.folder = join(workspace().folder, name);
  }

  /** @param services endpoints of services that the emulator does not serve by default, by name */
  async init(
    settings: PipelineSettings,
    rootModule: string,
    aws: EmulatedAws,
    services: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    writeModule(settings, join(this.folder, settings.preset));
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, 'main.tf'), rootModule);
    await writeFile(join(this.folder, 'emulator_override.tf.json'), JSON.stringify(providerOverride(aws.url, services)));
    await this.terraform('init', '-input=false', '-no-color');
  }

  async apply(): Promise<void> {
    await this.terraform('apply', '-input=false', '-auto-approve', '-no-color');
  }

  async terraform(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await execute('terraform', args, this.folder);
    if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output.slice(-10_000)}`);
    return output;
  }

  /** Adds the tests with which each deployment ends. */
  itEnds(aws: () => EmulatedAws): void {
    test('has not drifted', async () => {
      const { exitCode, output } = await execute('terraform', ['plan', '-json', '-detailed-exitcode', '-input=false'], this.folder);

      expect({ exitCode, ...readPlan(output) }).toEqual({ exitCode: 0, changes: [], errors: [] });
    });

    test('is destroyed and leaves nothing', async () => {
      await this.terraform('destroy', '-input=false', '-auto-approve', '-no-color');

      expect(await remains(aws())).toEqual([]);
    }, 300_000);
  }
}
