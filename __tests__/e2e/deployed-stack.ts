import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PresetName } from '../../config/presets.ts';
import { documentedCommand } from './documented-command.ts';
import { providerOverride } from './override.ts';
import { stackFolder, stackOf, workspace } from './workspace.ts';

export const outputsSchema = z.object({
  upload_bucket_name: z.string(),
  processed_bucket_name: z.string().optional(),
  function_name: z.string(),
  function_arn: z.string(),
  function_alias_arn: z.string(),
  metadata_table_name: z.string(),
  notification_topic_arn: z.string(),
  alarm_topic_arn: z.string(),
  dead_letter_queue_url: z.string(),
  dashboard_url: z.string(),
});
export type Outputs = z.infer<typeof outputsSchema>;

/** A change to the deployment. */
export interface Change {
  /** Terraform variables besides `notification_email`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Resource arguments, by type and name, as a changed setting would synthesize them. */
  readonly resources?: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** A Terraform plan. */
export interface Plan {
  /** Exit code with `-detailed-exitcode`: 0 for no changes, 1 for an error, 2 for changes. */
  readonly exitCode: number;
  /** Such as `update aws_lambda_function.processor`. */
  readonly changes: readonly string[];
  readonly errors: readonly string[];
}

/** One preset, deployed, planned and destroyed with the same commands as a user's. */
export class DeployedStack {
  readonly id: string;
  /** Folder of its JSON. */
  readonly folder: string;
  readonly #preset: PresetName;
  readonly #url: string;

  /** @param url of the emulated AWS */
  constructor(preset: PresetName, url: string) {
    this.#preset = preset;
    this.id = stackOf(preset);
    this.folder = stackFolder(workspace().folder, preset);
    this.#url = url;
  }

  /** Path of the zip that Terraform uploads. */
  async packagePath(): Promise<string> {
    const [zip = '', ...more] = await readdir(join(this.folder, 'assets'));
    if (more.length > 0) throw new Error(`more than one package in ${this.folder}: ${more}`);
    return join(this.folder, 'assets', zip);
  }

  /** Deploys the stack, with variables besides the documented ones, and returns the content of `--outputs-file`. */
  async deploy(variables: Readonly<Record<string, string>> = {}): Promise<Outputs> {
    const outputsFile = join(workspace().folder, `${this.id}-outputs.json`);
    await this.#writeOverride('emulator', providerOverride(this.#url));
    const more = Object.entries(variables)
      .map(([name, value]) => `--var ${name}=${value}`)
      .join(' ');
    await this.#cdktf(this.#documentedDeployment(), `--skip-provider-lock --outputs-file ${outputsFile} ${more}`);
    const outputs = z.record(z.string(), outputsSchema).parse(JSON.parse(await readFile(outputsFile, 'utf8')))[this.id];
    if (outputs === undefined) throw new Error(`no outputs of ${this.id} in ${outputsFile}`);
    return outputs;
  }

  async destroy(): Promise<void> {
    const ofPhotoSharing = documentedCommand('npx cdktf destroy photo-sharing-dev');
    await this.#cdktf(ofPhotoSharing.replace(stackOf('photo-sharing'), this.id), '');
  }

  /** Plans the deployed stack, optionally with a change. */
  async plan({ variables = {}, resources }: Change = {}): Promise<Plan> {
    if (resources !== undefined) await this.#writeOverride('change', { resource: resources });
    try {
      const options = ['-json', '-detailed-exitcode', '-input=false', ...this.#variableOptions(variables)];
      const { exitCode, output } = await execute('terraform', ['plan', ...options], this.folder);
      return { exitCode, ...readPlan(output) };
    } finally {
      await rm(this.#overridePath('change'), { force: true });
    }
  }

  #documentedDeployment(): string {
    return documentedCommand(`npx cdktf deploy ${this.#preset}-dev`);
  }

  /** Returns the variables of the documented deployment and any others. */
  #variableOptions(variables: Readonly<Record<string, string>>): string[] {
    const documented = [...this.#documentedDeployment().matchAll(/--var (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
    return Object.entries({ ...Object.fromEntries(documented), ...variables }).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
  }

  /** Skips synthesis, which was done before the run, and the approval prompt. */
  async #cdktf(documented: string, options: string): Promise<void> {
    const command = `${documented} --skip-synth --auto-approve ${options}`;
    const { exitCode, output } = await execute('bash', ['-c', command], workspace().folder);
    if (exitCode !== 0) throw new Error(`${command} failed:\n${output.slice(-10_000)}`);
  }

  async #writeOverride(name: string, override: object): Promise<void> {
    await writeFile(this.#overridePath(name), JSON.stringify(override));
  }

  #overridePath(name: string): string {
    return join(this.folder, `${name}_override.tf.json`);
  }
}

export function execute(command: string, args: readonly string[], cwd: string): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, maxBuffer: 100e6 }, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : Number(error !== null), output: stdout + stderr });
    });
  });
}

/** Lines of `terraform plan -json` (https://developer.hashicorp.com/terraform/internals/machine-readable-ui). */
const changeSchema = z.object({
  type: z.literal('planned_change'),
  change: z.object({ action: z.string(), resource: z.object({ addr: z.string() }) }),
});
const errorSchema = z.object({
  type: z.literal('diagnostic'),
  diagnostic: z.object({ severity: z.literal('error'), summary: z.string(), detail: z.string() }),
});

export function readPlan(output: string): Pick<Plan, 'changes' | 'errors'> {
  const messages: unknown[] = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return {
    changes: messages.flatMap((message) => {
      const { change } = changeSchema.safeParse(message).data ?? {};
      return change === undefined ? [] : [`${change.action} ${change.resource.addr}`];
    }),
    errors: messages.flatMap((message) => {
      const { diagnostic } = errorSchema.safeParse(message).data ?? {};
      return diagnostic === undefined ? [] : [`${diagnostic.summary}: ${diagnostic.detail}`];
    }),
  };
}
