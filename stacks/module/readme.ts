import type { PipelineSettings } from '../../config/settings.ts';
import type { ModuleInterface } from './terraform-module.ts';

/** Renders the README of a module: how to use it, and all its variables and outputs. */
export function readmeOf(settings: PipelineSettings, { variable, output }: ModuleInterface, name: string): string {
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
