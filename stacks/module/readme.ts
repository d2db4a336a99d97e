import type { PipelineSettings } from '../../config/settings.ts';
import type { ModuleInterface } from './terraform-module.ts';

/** How to use a module, with all its variables and outputs. */
export function readmeOf(settings: PipelineSettings, { variable, output }: ModuleInterface, name: string): string {
  const variables = Object.entries(variable).map(([variableName, { description, default: value }]) => [
    `\`${variableName}\``,
    value === undefined ? 'required' : `\`${JSON.stringify(value)}\``,
    description,
  ]);
  const outputs = Object.entries(output).map(([outputName, { description }]) => [`\`${outputName}\``, description]);
  return `# ${settings.preset}, ${settings.environmentSuffix}

A Terraform module of the image pipeline, written by \`npm run module -- --preset ${settings.preset}\`. It is plain Terraform JSON: nothing else of that project
is needed to plan, apply or destroy it.

\`\`\`hcl
provider "aws" {
  region = "${settings.region}"
}

module "${name.replaceAll('-', '_')}" {
  source             = "./${name}"
  notification_email = "you@example.com"
}
\`\`\`

The backend, the provider's region, the account and a role to assume are the root module's to choose. The names of the resources contain
\`${settings.environmentSuffix}\`; write the module again with another \`ENVIRONMENT_SUFFIX\` for a second environment.

## Variables

${table(['variable', 'default', 'description'], variables)}
| \`tags\` | \`{}\` | Tags of every resource, besides those of the module. |

## Outputs

${table(['output', 'description'], outputs)}

To take over what \`cdktf deploy\` made, use its state as the state of the root module, with a \`moved\` block for each resource, such as from
\`aws_s3_bucket.uploads\` to \`module.${name.replaceAll('-', '_')}.aws_s3_bucket.uploads\`.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
