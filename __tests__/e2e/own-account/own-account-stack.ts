import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'cdktf';
import { z } from 'zod';
import { type PipelineSettings, stackId } from '../../../config/settings.ts';
import { ImagePipelineStack } from '../../../stacks/image-pipeline-stack.ts';
import { type Change, execute, type Outputs, outputsSchema, type Plan, readPlan } from '../deployed-stack.ts';
import { providerOverride } from '../override.ts';
import { workspace } from '../workspace.ts';
import { STATE } from './prepared-account.ts';

const PREFIX = 'images/';
const outputSchema = z.record(z.string(), z.object({ value: z.string() }));

/** A stack with its own settings, synthesized for this test, with its state in S3. Runs Terraform without cdktf's command line. */
export class OwnAccountStack {
  readonly id: string;
  readonly folder: string;
  readonly stateKey: string;
  readonly #endpoints: { readonly aws: string; readonly cloudControl: string };

  constructor(settings: PipelineSettings, endpoints: { aws: string; cloudControl: string }) {
    this.id = stackId(settings);
    const outdir = join(workspace().folder, `own-account-${settings.region}`);
    this.folder = join(outdir, 'stacks', this.id);
    this.stateKey = `${PREFIX}${this.id}.tfstate`;
    this.#endpoints = endpoints;
    const app = new App({ outdir });
    new ImagePipelineStack(app, this.id, settings, { kind: 's3', bucket: STATE, region: 'us-west-2', prefix: PREFIX });
    app.synth();
  }

  async init(): Promise<void> {
    const override = providerOverride(this.#endpoints.aws, {
      events: this.#endpoints.aws,
      kms: this.#endpoints.aws,
      cloudcontrol: this.#endpoints.cloudControl,
    });
    await writeFile(join(this.folder, 'emulator_override.tf.json'), JSON.stringify(override));
    const backend = `endpoints = { s3 = "${this.#endpoints.aws}" }
      access_key = "emulated"
      secret_key = "emulated"
      use_path_style = true
      skip_credentials_validation = true
      skip_requesting_account_id = true
      skip_metadata_api_check = true
      skip_s3_checksum = true`;
    await writeFile(join(this.folder, 'emulator.tfbackend'), backend);
    await this.#terraform('init', '-input=false', '-lockfile=readonly', '-backend-config=emulator.tfbackend');
  }

  async apply(): Promise<Outputs> {
    await this.#terraform('apply', '-input=false', '-auto-approve', ...VARIABLES);
    const outputs = outputSchema.parse(JSON.parse(await this.#terraform('output', '-json')));
    return outputsSchema.loose().parse(Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])));
  }

  async plan({ variables = {}, resources }: Change = {}): Promise<Plan> {
    const change = join(this.folder, 'change_override.tf.json');
    if (resources !== undefined) await writeFile(change, JSON.stringify({ resource: resources }));
    const more = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
    const { exitCode, output } = await execute(
      'terraform',
      ['plan', '-json', '-detailed-exitcode', '-input=false', ...VARIABLES, ...more],
      this.folder,
    );
    await rm(change, { force: true });
    return { exitCode, ...readPlan(output) };
  }

  async destroy(): Promise<void> {
    await this.#terraform('destroy', '-input=false', '-auto-approve', ...VARIABLES);
  }

  async packagePath(): Promise<string> {
    const [zip = ''] = await readdir(join(this.folder, 'assets'));
    return join(this.folder, 'assets', zip);
  }

  /** Whether there is a local state file, which should not exist. */
  async hasLocalState(): Promise<boolean> {
    return (await readdir(this.folder)).some((name) => name.endsWith('.tfstate'));
  }

  async #terraform(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await execute('terraform', [args[0] ?? '', '-no-color', ...args.slice(1)], this.folder);
    if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output.slice(-10_000)}`);
    return output;
  }
}

const VARIABLES = ['-var', 'notification_email=you@example.com'];
