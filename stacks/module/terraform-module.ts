import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App } from 'cdktf';
import { z } from 'zod';
import { type PipelineSettings, stackId } from '../../config/settings.ts';
import { ImagePipelineStack } from '../image-pipeline-stack.ts';

const blocks = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())));

/** The parts of a synthesized stack that go into a module. */
const stackSchema = z.object({
  terraform: z.object({ required_providers: z.unknown(), required_version: z.string() }),
  provider: z.object({ aws: z.tuple([z.object({ default_tags: z.tuple([z.object({ tags: z.record(z.string(), z.string()) })]) })]) }),
  variable: z.record(z.string(), z.looseObject({ description: z.string(), default: z.unknown().optional() })),
  output: z.record(z.string(), z.looseObject({ description: z.string() })),
  data: blocks,
  resource: blocks,
});
type StackJson = z.infer<typeof stackSchema>;
type ModuleInterface = Pick<StackJson, 'variable' | 'output'>;

/** The resource types used here that accept tags. The module tags them itself, because the root module owns the provider's default tags. */
const TAGGED = [
  ...['aws_cloudwatch_event_rule', 'aws_cloudwatch_log_group', 'aws_cloudwatch_metric_alarm', 'aws_dynamodb_table', 'aws_iam_role'],
  ...['aws_lambda_function', 'aws_s3_bucket', 'aws_sns_topic', 'aws_sqs_queue'],
];

/**
 * Writes a deployment as a Terraform module that needs neither this project nor cdktf: `main.tf.json` without backend and provider, the function's zip,
 * the runbook and a README.
 * @param folder replaced if it exists
 * @throws {MissingPackageError} if the function has not been packaged
 */
export function writeModule(settings: PipelineSettings, folder: string): void {
  const outdir = mkdtempSync(join(tmpdir(), 'image-pipeline-module-'));
  try {
    const app = new App({ outdir });
    new ImagePipelineStack(app, stackId(settings), settings);
    app.synth();
    const stackFolder = join(outdir, 'stacks', stackId(settings));
    const stack = stackSchema.parse(JSON.parse(readFileSync(join(stackFolder, 'cdk.tf.json'), 'utf8')));
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(stackFolder, 'assets'), join(folder, 'assets'), { recursive: true });
    // Every alarm's description refers to its entry in the runbook.
    mkdirSync(join(folder, 'docs'));
    copyFileSync(join('docs', 'runbook.md'), join(folder, 'docs', 'runbook.md'));
    writeFileSync(join(folder, 'main.tf.json'), `${JSON.stringify(moduleOf(stack, settings), null, 2)}\n`);
    writeFileSync(join(folder, 'README.md'), readmeOf(settings, stack, basename(folder)));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function moduleOf({ terraform, provider, variable, output, data, resource }: StackJson, { region }: PipelineSettings): object {
  const tags = provider.aws[0].default_tags[0].tags;
  const { required_providers, required_version } = terraform;
  return {
    terraform: { required_providers, required_version },
    variable: { ...variable, tags: TAGS_VARIABLE },
    locals: { tags: { ...tags, ManagedBy: 'terraform' } },
    data: { ...data, aws_region: { current: { lifecycle: { postcondition: [isRegion(region)] } } } },
    resource: mapResources(resource, (type, attributes) => inModule(TAGGED.includes(type) ? tagged(attributes) : attributes)),
    output,
  };
}

const TAGS_VARIABLE = {
  type: 'map(string)',
  nullable: false,
  default: {},
  description: "Tags to add to every resource, besides the module's own.",
};

/** Checks the provider's region: the dashboard is written for one region, but the root module configures the provider. */
function isRegion(region: string): object {
  return {
    condition: `\${self.id == "${region}"}`,
    error_message: `This module was written for the region ${region}, but the provider is configured for another: write it again with --region.`,
  };
}

type Attributes = Readonly<Record<string, unknown>>;

function mapResources(resource: StackJson['resource'], map: (type: string, attributes: Attributes) => unknown): object {
  return Object.fromEntries(
    Object.entries(resource).map(([type, byName]) => [
      type,
      Object.fromEntries(Object.entries(byName).map(([name, attributes]) => [name, map(type, attributes)])),
    ]),
  );
}

function tagged({ tags = {}, ...attributes }: Attributes): Attributes {
  const own = Object.entries(z.record(z.string(), z.string()).parse(tags)).map(
    ([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}`,
  );
  return { ...attributes, tags: `\${merge(local.tags, {${own.join(', ')}}, var.tags)}` };
}

/** Makes asset paths relative to the module, because Terraform runs in the root module's folder. */
function inModule(attributes: Attributes): unknown {
  return JSON.parse(JSON.stringify(attributes).replaceAll('assets/', '${path.module}/assets/'));
}

/** Renders the README of a module: how to use it, and all its variables and outputs. */
function readmeOf(settings: PipelineSettings, { variable, output }: ModuleInterface, name: string): string {
  const variables = Object.entries(variable).map(([variableName, { description, default: value }]) => [
    `\`${variableName}\``,
    value === undefined ? 'required' : `\`${JSON.stringify(value)}\``,
    description,
  ]);
  const outputs = Object.entries(output).map(([outputName, { description }]) => [`\`${outputName}\``, description]);
  return `# ${settings.preset}, ${settings.environmentSuffix}

A Terraform module of the image pipeline, written by \`npm run module -- --preset ${settings.preset}\`. It is plain Terraform JSON: planning, applying and destroying
it need nothing else from that project.

\`\`\`hcl
provider "aws" {
  region = "${settings.region}"
}

module "${name.replaceAll('-', '_')}" {
  source             = "./${name}"
  notification_email = "you@example.com"
}
\`\`\`

The root module chooses the backend, the provider's region, the account and any role to assume. Resource names contain
\`${settings.environmentSuffix}\`; for a second environment, write the module again with another \`ENVIRONMENT_SUFFIX\`.

## Variables

${table(['variable', 'default', 'description'], variables)}
| \`tags\` | \`{}\` | Tags to add to every resource, besides the module's own. |

## Outputs

${table(['output', 'description'], outputs)}

To take over resources that \`cdktf deploy\` created, use its state as the root module's state and add a \`moved\` block for each resource, for example from
\`aws_s3_bucket.uploads\` to \`module.${name.replaceAll('-', '_')}.aws_s3_bucket.uploads\`.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
