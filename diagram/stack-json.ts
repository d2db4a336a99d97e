import { Testing } from 'cdktf';
import { z } from 'zod';
import { PRESETS, type PresetName } from '../config/presets.ts';
import { parseSettings, stackId } from '../config/settings.ts';
import { ImagePipelineStack } from '../stacks/image-pipeline-stack.ts';

const attributes = z.record(z.string(), z.unknown());

const stackSchema = z.object({
  provider: z.object({ aws: z.tuple([z.object({ region: z.string() })]) }),
  variable: z.record(z.string(), z.object({ default: z.unknown().optional() })),
  resource: z.record(z.string(), z.record(z.string(), attributes)),
});

/** A resource with its attributes, as Terraform reads them. */
export interface Resource {
  readonly type: string;
  /** Such as `aws_s3_bucket.uploads`. */
  readonly address: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The Terraform JSON of one stack, with the queries that a drawing needs. */
export class StackJson {
  readonly region: string;
  readonly resources: readonly Resource[];
  readonly #defaults: ReadonlyMap<string, unknown>;

  /** @param text content of `cdk.tf.json` */
  constructor(text: string) {
    const { provider, variable, resource } = stackSchema.parse(JSON.parse(text));
    this.region = provider.aws[0].region;
    this.resources = Object.entries(resource).flatMap(([type, labelled]) =>
      Object.entries(labelled)
        // One per value of the variable, which is empty by default.
        .filter(([, found]) => !('for_each' in found))
        .map(([label, found]) => ({ type, address: `${type}.${label}`, attributes: found })),
    );
    this.#defaults = new Map(Object.entries(variable).map(([name, { default: value }]) => [name, value]));
  }

  /** The resources of a type, optionally only those that refer to another resource. */
  of(type: string, about?: string): Resource[] {
    return this.resources.filter((found) => found.type === type && (about === undefined || this.referencesOf(found).includes(about)));
  }

  /** Addresses of the resources that an attribute or a whole resource refers to. */
  referencesOf(value: unknown): string[] {
    return [...new Set(JSON.stringify(value).match(/aws_\w+\.\w+(?=\.\w)/g) ?? [])];
  }

  /** The resource that an expression refers to. */
  oneIn(value: unknown): string {
    const [found, ...more] = this.referencesOf(value);
    if (found === undefined || more.length > 0) throw new Error(`The diagram expects one resource in ${JSON.stringify(value)}`);
    return found;
  }

  /** A readable form of an expression: variables have their defaults, and the account is `{account}`. */
  read(value: unknown): string {
    return String(value)
      .replaceAll(/\$\{data\.aws_caller_identity\.\w+\.account_id\}/g, '{account}')
      .replaceAll(/\$\{coalesce\(var\.\w+, "([^"]+)"\)\}/g, '$1')
      .replaceAll(/\$\{var\.(\w+)\}/g, (_, name: string) => String(this.#defaults.get(name)));
  }

  /** The names of the variables in an expression. */
  variablesIn(value: unknown): string[] {
    return [...JSON.stringify(value).matchAll(/var\.(\w+)/g)].map(([, name = '']) => name);
  }

  /** Default of a variable. */
  defaultOf(variable: string): unknown {
    return this.#defaults.get(variable);
  }
}

/** Synthesizes a preset without the overrides of a deployment. */
export function synthesizedPreset(preset: PresetName): StackJson {
  const settings = parseSettings({ ...PRESETS[preset]('dev'), environmentSuffix: 'dev', architecture: 'arm64' });
  return new StackJson(Testing.synth(new ImagePipelineStack(Testing.app(), stackId(settings), settings)));
}
